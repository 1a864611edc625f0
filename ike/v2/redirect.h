/* SPDX-License-Identifier: MIT
 * Redirection in IKE_SA_INIT (RFC 5685 3, 4, 7): a gateway, or an anycast
 * address before it, sends an initiator that understands it elsewhere and keeps
 * nothing of it:
 *
 *     HDR(A,0), SAi1, KEi, Ni, N(REDIRECT_SUPPORTED)    -->
 *                                   <--   HDR(A,0), N(REDIRECT, new gateway, Ni)
 *     HDR(A,0), SAi1, KEi, Ni, N(REDIRECTED_FROM, old)  -->    to the new one
 */
#ifndef IKE_V2_REDIRECT_H
#define IKE_V2_REDIRECT_H

#include "ike/v2/turn.h"

/* ---- the responder ---- */

/* WHY_REDIRECTED: this request is to be sent elsewhere; else WHY_OK. */
enum ike_why ike_redirect_check(const struct ike_turn *turn);
/* N(REDIRECT) for it, into the turn's answer. */
void ike_redirect_put(struct ike_turn *turn);

/* ---- the initiator ---- */

/* N(REDIRECT_SUPPORTED), or N(REDIRECTED_FROM) after a redirect, into the request. */
void ike_redirect_offer(struct ike_turn *turn);
/* The REDIRECT that came: WHY_OK with setup->refused 0, and the SA's remote address is the new
 * gateway's; with N_REDIRECT there, it was one too many. */
enum ike_why ike_redirect_take(struct ike_turn *turn, const struct ike_notify *notify);

#endif
