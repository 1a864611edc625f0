/* SPDX-License-Identifier: MIT
 * Redirection to another gateway (RFC 5685), in IKE_SA_INIT by one that keeps
 * nothing of the initiator (3, 4):
 *
 *     HDR(A,0), SAi1, KEi, Ni, N(REDIRECT_SUPPORTED)    -->
 *                                   <--   HDR(A,0), N(REDIRECT, new gateway, Ni)
 *     HDR(A,0), SAi1, KEi, Ni, N(REDIRECTED_FROM, old)  -->    to the new one
 *
 * in IKE_AUTH (6), once both know each other, or with EAP before the initiator
 * has shown who it is:
 *
 *                                   <--   HDR, SK {IDr, [CERT,] AUTH, N(REDIRECT, new gateway)}
 *     HDR, SK {D}                       -->
 *
 * and at any time later (5):
 *
 *                                   <--   HDR, SK {N(REDIRECT, new gateway)}
 *     HDR, SK {}                        -->
 *
 * What the initiator needs for that waits in a record beside the SA, and in a task. */
#ifndef IKE_V2_REDIRECT_H
#define IKE_V2_REDIRECT_H

#include "ike/v2/turn.h"

/* Beside an SA of an initiator that takes redirects: who it was in its attempt. */
struct ike_redirect_self {
    const struct ike_credential *credential;
    struct ike_id id;
    struct ike_trail trail;
};

/* ---- the responder ---- */

/* The initiator of the request at hand says that it understands. */
bool ike_redirect_is_understood(const struct ike_turn *turn);
/* WHY_REDIRECTED: this IKE_SA_INIT request is to be sent elsewhere; else WHY_OK. */
enum ike_why ike_redirect_check(const struct ike_turn *turn);
/* N(REDIRECT) for it, into the turn's answer. */
void ike_redirect_put(struct ike_turn *turn);
/* In IKE_AUTH: its policy sends such initiators elsewhere. */
bool ike_redirect_is_wanted(const struct ike_turn *turn);
/* N(REDIRECT) in place of a Child SA, and the SA is closed later if the initiator does not. */
enum ike_why ike_redirect_put_auth(struct ike_turn *turn);
/* The same in the first answer to one that is to do EAP: the SA comes to nothing. */
void ike_redirect_put_first(struct ike_turn *turn);

/* ---- the initiator ---- */

/* N(REDIRECT_SUPPORTED), or N(REDIRECTED_FROM) after a redirect, into the request. */
void ike_redirect_offer(struct ike_turn *turn);
/* The REDIRECT that came in IKE_SA_INIT: WHY_OK with setup->refused 0, and the SA's remote address
 * is the new gateway's; with N_REDIRECT there, it was one too many. */
enum ike_why ike_redirect_take(struct ike_turn *turn, const struct ike_notify *notify);
/* The answer at hand has a REDIRECT that may be obeyed. */
bool ike_redirect_is_told(const struct ike_turn *turn);
/* The last answer of IKE_AUTH, both authenticated: the SA is up, only to be closed. */
enum ike_why ike_redirect_leave(struct ike_turn *turn);
/* The first one before EAP, the responder authenticated: the SA ends with the turn. */
enum ike_why ike_redirect_leave_first(struct ike_turn *turn);
/* An INFORMATIONAL request may have one. */
enum ike_why ike_redirect_hear(struct ike_turn *turn);

/* An attempt of ours has come up, its setup still there. */
void ike_redirect_up(struct ike_turn *turn);
/* The task's time has come. True: it is done; false: the SA is to be closed by it. */
bool ike_redirect_begin(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa,
                        uint32_t place);
/* The SA ends in its turn: the next attempt waits for the end of that. */
void ike_redirect_ended(struct ike_engine *engine, const struct ike_sa *sa, enum ike_why why);
/* The address of the gateway that was told by its name; false: nobody waits for it. */
bool ike_redirect_answer(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa,
                         struct ike_bytes bytes);
/* ike_connect, after redirects; NULL: none. */
uint64_t ike_connect_by(struct ike_engine *engine, uint64_t now_ns,
                        const struct ike_attempt *attempt, const struct ike_trail *trail);

#endif
