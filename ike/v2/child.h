/* SPDX-License-Identifier: MIT
 * Child SAs: what is offered, chosen, narrowed and keyed for one, whichever
 * exchange makes it (RFC 7296 1.2, 2.9, 2.17). */
#ifndef IKE_V2_CHILD_H
#define IKE_V2_CHILD_H

#include "ike/v2/turn.h"

/* Takes a Child SA record and an SPI for it; WHY_CHILD_TABLE_FULL when there is no room. */
enum ike_why ike_child_begin(struct ike_turn *turn);
/* The initiator's SA, TSi, TSr and notifies, for the child begun. */
void ike_child_ask(struct ike_turn *turn);
/* The responder's judgement of those, and its answer; the child is made. A refusal leaves the
 * answer untouched. `nonce_i`, `nonce_r`: of the exchange that makes the child. */
enum ike_why ike_child_answer(struct ike_turn *turn, struct ike_bytes nonce_i,
                              struct ike_bytes nonce_r);
/* The initiator's judgement of the answer; the child is made. */
enum ike_why ike_child_accept(struct ike_turn *turn, struct ike_bytes nonce_i,
                              struct ike_bytes nonce_r);
/* Gives back the record begun, when the answer refused it. */
void ike_child_abandon(struct ike_turn *turn);

/* Child SA of `sa` by either SPI; its place, or 0. */
uint32_t ike_child_find(const struct ike_engine *engine, const struct ike_sa *sa, uint32_t spi,
                        bool inbound);

#endif
