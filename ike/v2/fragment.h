/* SPDX-License-Identifier: MIT
 * IKE fragmentation (RFC 7383): a message too long for one IP datagram is sent
 * as several, each sealed on its own in an SKF payload, and put together again
 * by the peer. What has come of a message stands beside its SA, within limits:
 * only fragments that are authentic are kept, so many messages, octets and
 * fragments at most, and for so long. */
#ifndef IKE_V2_FRAGMENT_H
#define IKE_V2_FRAGMENT_H

#include "ike/pool.h"
#include "ike/v2/sa.h"
#include "ike/why.h"

struct ike_turn;

/* Messages of which some fragments have come, the first begun first. */
struct ike_fragments {
    struct ike_pool pool;   /* struct reassembly; closed until the first one is needed */
    struct ike_index index; /* by number of the SA */
    uint32_t oldest;
    uint32_t newest;
    uint32_t octets; /* of all fragments kept */
};

bool ike_fragments_open(struct ike_engine *engine);
void ike_fragments_close(struct ike_engine *engine);
/* Drops all that an SA waits for. */
void ike_fragments_forget(struct ike_engine *engine, uint64_t sa);
/* When the oldest has waited too long; and drops those that have by now. */
uint64_t ike_fragments_deadline(const struct ike_engine *engine);
void ike_fragments_expire(struct ike_engine *engine, uint64_t now_ns);

/* Into IKE_SA_INIT: N(IKEV2_FRAGMENTATION_SUPPORTED), when the policy says so and, in a response,
 * the request had it. */
void ike_fragment_offer(struct ike_turn *turn);
/* The initiator's look into the response. */
void ike_fragment_heard(struct ike_turn *turn);

/* The message written, not sealed yet, would be longer than the policy's datagram. */
bool ike_fragment_is_needed(const struct ike_turn *turn);
/* Seals it in fragments, one after another in turn->out; that is bad when they would be too many.
 */
void ike_fragment_seal(struct ike_turn *turn);

/* Of a request that was answered already, one copy of all its fragments calls for the answer
 * (RFC 7383 2.6.1). */
bool ike_fragment_stands_for_all(const struct ike_turn *turn);
/* Takes the fragment at hand. WHY_OK: it was the last one missing, and turn->in is the message.
 * WHY_FRAGMENT: kept. Else it is dropped. */
enum ike_why ike_fragment_take(struct ike_turn *turn);
/* The turn on the whole message has ended: its fragments are no longer needed, unless the message
 * is held (hold.h) and will be taken again. */
void ike_fragment_end(struct ike_turn *turn);

#endif
