/* SPDX-License-Identifier: MIT
 * Leases: the addresses a gateway has to give, and who has which (RFC 7296 2.19,
 * 3.15.1). Room for them is reserved when the engine opens. An identity gets the
 * address it had last, as long as nobody else needed it meanwhile. */
#ifndef IKE_V2_LEASE_H
#define IKE_V2_LEASE_H

#include "ike/inner.h"
#include "ike/v2/sa.h"

/* Of one address. */
struct ike_lease {
    uint64_t who;   /* digest of the identity that has it, or had it last */
    uint64_t sa;    /* number of the SA that holds it; the latest, when several do */
    uint32_t older; /* among those nobody holds, in the order they were returned */
    uint32_t newer;
    uint32_t holders;
};

struct ike_lease_pool {
    struct ike_prefix prefix;
    struct ike_lease *leases; /* by number, from 1: address first + number - 1 */
    struct ike_index known;   /* leases by digest */
    uint64_t first;           /* of the prefix, that may be given */
    uint32_t max;
    uint32_t high; /* leases 1 to high have been given once */
    uint32_t oldest, newest;
    uint32_t held;
};

struct ike_lease_pools {
    struct ike_lease_pool at[IKE_LEASE_POOLS_MAX];
    uint8_t count;
};

/* Pools of all policies, each prefix once; at most `max` leases each. False: no address space, or
 * more than IKE_LEASE_POOLS_MAX prefixes. */
bool ike_leases_open(struct ike_lease_pools *pools, const struct ike_config *config, uint32_t max);
void ike_leases_close(struct ike_lease_pools *pools);
/* The pool of a prefix; it was opened. */
uint8_t ike_lease_pool_of(const struct ike_lease_pools *pools, const struct ike_prefix *prefix);
/* Held now, in all. */
uint32_t ike_leases_held(const struct ike_lease_pools *pools);

/* Who asks for an address. */
struct ike_lease_claim {
    uint64_t who; /* digest of the identity */
    uint64_t sa;
    const struct ike_addr *wanted; /* or NULL */
    /* The identity's own address although an SA holds it: a new SA of the same peer, to replace
     * that one (RFC 7296 2.8.3). NULL: never. */
    bool (*shares)(const void *owner, uint64_t holder);
    const void *owner;
};
/* Number of the lease; 0: all are held. */
uint32_t ike_lease_take(struct ike_lease_pool *pool, const struct ike_lease_claim *claim);
void ike_lease_give(struct ike_lease_pool *pool, uint32_t number);
struct ike_addr ike_lease_addr(const struct ike_lease_pool *pool, uint32_t number);

#endif
