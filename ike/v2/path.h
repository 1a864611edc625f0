/* SPDX-License-Identifier: MIT
 * By which pairs of addresses a request goes: by the one in use, and when
 * nobody answers by all there are. Where the answer comes from works, and is
 * used from then on (RFC 4555 3.1, 3.5, 3.6, 3.10). */
#ifndef IKE_V2_PATH_H
#define IKE_V2_PATH_H

#include "ike/v2/turn.h"

/* How often a request is sent before the peer is given up: a responder has patience (3.11); and
 * how long it waits when it is beyond the usual, 0: as usual. */
uint32_t ike_path_sends_max(const struct ike_engine *engine, const struct ike_sa *sa,
                            const struct ike_task *task);
uint64_t ike_path_wait_ns(const struct ike_engine *engine, const struct ike_sa *sa,
                          const struct ike_task *task);
/* Sends it once more, by one pair or by all. */
void ike_path_send(struct ike_engine *engine, const struct ike_sa *sa, struct ike_task *task);
/* The pair the message of the turn goes by; an answer the way its request came. */
struct ike_path ike_path_first(const struct ike_turn *turn);

/* An IKE_SA_INIT response at hand answers a request that went to where it comes from; that pair is
 * used from then on. */
bool ike_path_take_init(struct ike_turn *turn);
/* The response at hand was taken: if its request went by many pairs, this one works. */
enum ike_why ike_path_heard(struct ike_turn *turn);

#endif
