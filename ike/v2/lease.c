/* SPDX-License-Identifier: MIT
 * Leases taken and returned. */
#include "ike/v2/lease.h"

#include <assert.h>

/* ---- pools ---- */

static uint64_t size_of(const struct ike_prefix *prefix)
{
    const unsigned width = prefix->base.family == IKE_IPV4 ? 32 : 128;
    const unsigned host = width - prefix->bits;
    return host >= 40 ? UINT64_C(1) << 40 : UINT64_C(1) << host;
}

/* The first address of a network and the last of an IPv4 one are nobody's (RFC 1122 3.2.1.3,
 * RFC 4291 2.6.1), except where there are not more than two (RFC 3021 2.1, RFC 6164 4). */
static bool pool_open(struct ike_lease_pool *pool, const struct ike_prefix *prefix, uint32_t max)
{
    const uint64_t size = size_of(prefix);
    const uint64_t reserved = size <= 2 ? 0 : prefix->base.family == IKE_IPV4 ? 2 : 1;
    const uint64_t usable = size - reserved;
    *pool = (struct ike_lease_pool){.prefix = *prefix, .first = reserved > 0 ? 1 : 0};
    pool->max = usable < max ? (uint32_t)usable : max;
    pool->leases = ike_reserve((size_t)pool->max + 1, sizeof *pool->leases);
    return ike_index_open(&pool->known, pool->max) && pool->leases != NULL;
}

static bool is_same(const struct ike_prefix *a, const struct ike_prefix *b)
{
    return a->bits == b->bits && ike_addr_same_ip(&a->base, &b->base);
}

static uint8_t find_pool(const struct ike_lease_pools *pools, const struct ike_prefix *prefix)
{
    uint8_t i = 0;
    while (i < pools->count && !is_same(&pools->at[i].prefix, prefix))
        i++;
    return i;
}

static bool open_all(struct ike_lease_pools *pools, const struct ike_gives *gives, uint32_t max)
{
    for (uint8_t i = 0; i < gives->pool_count; i++) {
        if (find_pool(pools, &gives->pools[i]) < pools->count)
            continue;
        if (pools->count == IKE_LEASE_POOLS_MAX)
            return false;
        if (!pool_open(&pools->at[pools->count++], &gives->pools[i], max))
            return false;
    }
    return true;
}

bool ike_leases_open(struct ike_lease_pools *pools, const struct ike_config *config, uint32_t max)
{
    bool good = true;
    pools->count = 0;
    for (uint32_t i = 0; good && i < config->policy_count; i++)
        if (config->policies[i].gives != NULL)
            good = open_all(pools, config->policies[i].gives, max);
    return good;
}

void ike_leases_close(struct ike_lease_pools *pools)
{
    for (uint8_t i = 0; i < pools->count; i++) {
        struct ike_lease_pool *const pool = &pools->at[i];
        ike_unreserve(pool->leases, (size_t)pool->max + 1, sizeof *pool->leases);
        ike_index_close(&pool->known);
    }
    pools->count = 0;
}

uint8_t ike_lease_pool_of(const struct ike_lease_pools *pools, const struct ike_prefix *prefix)
{
    const uint8_t found = find_pool(pools, prefix);
    assert(found < pools->count);
    return found;
}

uint32_t ike_leases_held(const struct ike_lease_pools *pools)
{
    uint32_t held = 0;
    for (uint8_t i = 0; i < pools->count; i++)
        held += pools->at[i].held;
    return held;
}

/* ---- leases ---- */

struct ike_addr ike_lease_addr(const struct ike_lease_pool *pool, uint32_t number)
{
    assert(number >= 1 && number <= pool->high);
    return ike_prefix_at(&pool->prefix, pool->first + number - 1, 0);
}

/* Number of the lease of an address that has been given before; 0: it has not, or is not ours. */
static uint32_t number_of(const struct ike_lease_pool *pool, const struct ike_addr *addr)
{
    const struct ike_bytes ip = ike_addr_ip(addr);
    uint64_t offset = 0;
    if (addr->family != pool->prefix.base.family || !ike_prefix_has(&pool->prefix, addr))
        return 0;
    for (size_t i = ip.len > 8 ? ip.len - 8 : 0; i < ip.len; i++)
        offset = offset << 8 | (uint8_t)(ip.at[i] ^ pool->prefix.base.ip[i]);
    if (offset < pool->first || offset - pool->first >= pool->high)
        return 0;
    const uint32_t number = (uint32_t)(offset - pool->first) + 1;
    const struct ike_addr there = ike_lease_addr(pool, number);
    return ike_addr_same_ip(&there, addr) ? number : 0;
}

/* Out of the list of those nobody holds. */
static void unlink_free(struct ike_lease_pool *pool, uint32_t number)
{
    struct ike_lease *const lease = &pool->leases[number];
    *(lease->older != 0 ? &pool->leases[lease->older].newer : &pool->oldest) = lease->newer;
    *(lease->newer != 0 ? &pool->leases[lease->newer].older : &pool->newest) = lease->older;
    lease->older = lease->newer = 0;
}

static bool may_have(const struct ike_lease *lease, const struct ike_lease_claim *claim)
{
    if (lease->who != claim->who)
        return false;
    return lease->holders == 0 || (claim->shares != NULL && claim->shares(claim->owner, lease->sa));
}

/* One of its own: the one it asks for, else any that no SA of its own holds. */
static uint32_t own_lease(const struct ike_lease_pool *pool, const struct ike_lease_claim *claim)
{
    const uint32_t wanted = claim->wanted != NULL ? number_of(pool, claim->wanted) : 0;
    if (wanted != 0 && may_have(&pool->leases[wanted], claim))
        return wanted;
    uint32_t number = ike_index_first(&pool->known, claim->who);
    while (number != 0 &&
           (pool->leases[number].who != claim->who || pool->leases[number].holders > 0))
        number = ike_index_next(&pool->known, number);
    return number;
}

uint32_t ike_lease_take(struct ike_lease_pool *pool, const struct ike_lease_claim *claim)
{
    uint32_t number = own_lease(pool, claim);
    const bool own = number != 0;
    if (!own && pool->high < pool->max) {
        number = ++pool->high;
        pool->leases[number] = (struct ike_lease){.who = claim->who};
        ike_index_add(&pool->known, claim->who, number);
    } else if (!own && pool->oldest != 0) {
        number = pool->oldest;
        unlink_free(pool, number);
        ike_index_remove(&pool->known, pool->leases[number].who, number);
        pool->leases[number].who = claim->who;
        ike_index_add(&pool->known, claim->who, number);
    } else if (!own) {
        return 0;
    } else if (pool->leases[number].holders == 0) {
        unlink_free(pool, number);
    }
    struct ike_lease *const lease = &pool->leases[number];
    pool->held += lease->holders++ == 0 ? 1 : 0;
    lease->sa = claim->sa;
    return number;
}

void ike_lease_give(struct ike_lease_pool *pool, uint32_t number)
{
    struct ike_lease *const lease = &pool->leases[number];
    assert(number >= 1 && number <= pool->high && lease->holders > 0);
    if (--lease->holders > 0)
        return;
    pool->held--;
    lease->older = pool->newest;
    lease->newer = 0;
    *(pool->newest != 0 ? &pool->leases[pool->newest].newer : &pool->oldest) = number;
    pool->newest = number;
}
