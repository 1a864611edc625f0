/* SPDX-License-Identifier: MIT
 * What IKE_SA_INIT shares with IKE_SESSION_RESUME, which is equivalent to it where
 * RFC 5723 4.3.2 does not say otherwise. */
#ifndef IKE_V2_EXCHANGE_INIT_H
#define IKE_V2_EXCHANGE_INIT_H

#include "ike/v2/turn.h"

/* ---- the responder ---- */

/* Hard limits of RFC 8019 4.2: how much state an unauthenticated peer may make us keep.
 * WHY_HALF_OPEN_LIMIT, WHY_HALF_OPEN_ADDRESS. */
enum ike_why ike_init_check_half_open(const struct ike_turn *t);
/* The SA that the request at hand makes, with the ends it came from and went to, and the request
 * itself kept. */
enum ike_why ike_init_add_sa(struct ike_turn *t, const struct ike_policy *policy,
                             const struct ike_suite *suite);

/* ---- the initiator ---- */

/* IKE_SA_INIT of an attempt that has asked nothing but to be resumed; `elsewhere`: with another
 * gateway. */
enum ike_why ike_init_begin(struct ike_turn *t, bool elsewhere);
/* The attempt has been refused by someone who may be anyone: it goes on until the next
 * retransmission is due, and ends then if nothing better came (RFC 7296 2.21.1). By TCP nothing
 * better can come (RFC 9329 6.4). */
void ike_init_note_refusal(struct ike_turn *t, uint16_t notify);
/* RFC 7296 2.6: a cookie to be reflected, at most so often. WHY_OK with setup->refused 0: it is in
 * the setup, and the request is to be written again. */
enum ike_why ike_init_take_cookie(struct ike_turn *t, const struct ike_notify *notify);
/* What the answer that made the SA brings beside keys: it is kept for AUTH, and so is the request;
 * fragments, vendor ids, NAT (RFC 7296 2.15, 2.23). */
enum ike_why ike_init_answered(struct ike_turn *t);

#endif
