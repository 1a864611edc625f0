/* SPDX-License-Identifier: MIT
 * A cluster member that takes over with counters as old as its last news agrees
 * on new ones with the peer (RFC 6311), by messages that have message id 0 for
 * their own and are counted in no window:
 *
 *     HDR(0), SK {N(IKEV2_MESSAGE_ID_SYNC, nonce, M1, P1),
 *         [N(IPSEC_REPLAY_COUNTER_SYNC, delta)]}            -->
 *                             <--   HDR(0), SK {N(IKEV2_MESSAGE_ID_SYNC, nonce, P2, M2)}
 *
 * Requests under way at either end are given up, and asked anew by the ids
 * agreed on. When both ends are clusters and fail over at once, requests cross:
 * whoever answers the other's needs no answer to its own. */
#ifndef IKE_V2_SYNC_H
#define IKE_V2_SYNC_H

#include "ike/v2/turn.h"

/* Beside an SA both of whose ends said that they can. */
struct ike_sync {
    bool ids, replay;       /* of what (RFC 6311 5) */
    bool ask_ids;           /* our request: about message ids too, */
    uint8_t nonce[4];       /* and then what stands in it */
    uint32_t m1, p1;        /* RFC 6311 5.1 */
    uint64_t skip;          /* so much are the peer's replay counters to skip; 0: nothing said */
    bool heard;             /* a request of the peer's was answered; */
    uint8_t heard_nonce[4]; /* the last one was this, */
    uint32_t heard_m1, heard_p1;
    struct ike_blob answer; /* and this the answer */
};
/* For beside.c: the answer goes; and ids begin anew, but what was agreed on stays. */
void ike_sync_give(struct ike_engine *engine, void *record);
void ike_sync_moved(struct ike_engine *engine, void *record, const struct ike_sa *to);
/* What was being said of replay counters on an IKE SA when another took its place is said once more
 * on that one, which has the Child SAs now: the peer may have heard it too late, and then it means
 * nothing to it. It may thus skip twice, which is no harm. */
void ike_sync_inherit(struct ike_engine *engine, uint64_t now_ns, const struct ike_sa *from,
                      struct ike_sa *to);

/* ---- in IKE_AUTH ---- */

/* N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED) and N(IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED) of the policy, into
 * the request; into the answer those that the request had too; and the initiator's look at them. */
void ike_sync_offer(struct ike_turn *turn);
void ike_sync_agree(struct ike_turn *turn);
void ike_sync_heard(struct ike_turn *turn);

/* ---- a request ---- */

/* What its message id says of the message at hand, by the windows (window.h). `later`: it may be
 * one about message ids, and only what is sealed can tell. While ids are being agreed on no request
 * is taken, for the peer is to give it up: WHY_SYNC_AWAITED (RFC 6311 8.1). */
enum ike_why ike_sync_look(struct ike_turn *turn, bool *later);
/* Now that it is open, tells it from others, which go by their window: WHY_OK for both to be
 * handled, turn->uncounted for the one. */
enum ike_why ike_sync_sort(struct ike_turn *turn);
/* Where the answer to it is kept; NULL: no room. */
struct ike_blob *ike_sync_slot(struct ike_turn *turn);
/* Answers it. */
enum ike_why ike_sync_answer(struct ike_turn *turn);
/* N(IPSEC_REPLAY_COUNTER_SYNC) in an ordinary request, if it is there. */
enum ike_why ike_sync_take_replay(struct ike_turn *turn);

/* ---- ours, and the response to it ---- */

ike_ask_fn ike_ask_sync;
enum ike_why ike_sync_answered(struct ike_turn *turn);

#endif
