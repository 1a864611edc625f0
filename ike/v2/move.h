/* SPDX-License-Identifier: MIT
 * Moving between addresses in INFORMATIONAL (RFC 4555 3.5 to 3.10). The one who
 * decides:
 *
 *     HDR, SK {N(UPDATE_SA_ADDRESSES),
 *         N(NAT_DETECTION_SOURCE_IP),
 *         N(NAT_DETECTION_DESTINATION_IP),
 *         [N(COOKIE2)]}              -->
 *                                   <--   HDR, SK {N(NAT_DETECTION_SOURCE_IP),
 *                                             N(NAT_DETECTION_DESTINATION_IP),
 *                                             [N(COOKIE2)]}
 *
 * the other one, before Child SAs follow to where it has not been seen yet:
 *
 *                                   <--   HDR, SK {N(COOKIE2)}
 *     HDR, SK {N(COOKIE2)}           -->
 *
 * and each of them, when its addresses are others:
 *
 *     HDR, SK {N(ADDITIONAL_IP4_ADDRESS), ...}   -->
 *                                   <--   HDR, SK {}
 */
#ifndef IKE_V2_MOVE_H
#define IKE_V2_MOVE_H

#include "ike/v2/mobike.h"

/* A request at hand: the look, before anything is written; then what it changes, and what its
 * answer has of it. Nothing of it is there: nothing is done. */
enum ike_why ike_move_look(struct ike_turn *t);
enum ike_why ike_move_answer(struct ike_turn *t);
/* NAT_DETECTION_* and COOKIE2, which every answer in INFORMATIONAL has when its request has them,
 * but for the last one of an SA. */
void ike_move_echo(struct ike_turn *t);

/* Into a liveness request: NAT_DETECTION_*, so that a mapping that has changed is noticed; and its
 * answer (RFC 4555 3.8). */
void ike_move_put_probe(struct ike_turn *t);
enum ike_why ike_move_probed(struct ike_turn *t);
/* The answer to a request of ours about addresses. */
enum ike_why ike_move_answered(struct ike_turn *t);
/* The SA uses that pair from now on, and the peer is to be told: only by the one who decides. */
enum ike_why ike_move_to(struct ike_turn *t, const struct ike_path *path);
/* The SA uses that pair, in IKE alone. */
void ike_move_pair(struct ike_turn *t, struct ike_mobike *m, const struct ike_path *path);

/* The same with the pair in use, which has changed by itself: another TCP connection (RFC
 * 9329 6.1). False: it is not for us to say, or not agreed on. */
bool ike_move_along(struct ike_engine *engine, uint64_t now_ns, uint64_t sa);

/* If the turn, which is committed, has moved its SA: requests under way go by the new pair at once.
 */
void ike_move_commit(struct ike_turn *t);

/* The pair a TASK_PATH is about. */
struct ike_path ike_move_tested(const struct ike_engine *engine, const struct ike_task *task);

#endif
