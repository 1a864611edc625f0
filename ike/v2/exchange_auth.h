/* SPDX-License-Identifier: MIT
 * What IKE_SA_INIT hands over to IKE_AUTH, and the steps of IKE_AUTH that are the
 * same whoever is authenticated how: exchange_eap.c has them too. */
#ifndef IKE_V2_EXCHANGE_AUTH_H
#define IKE_V2_EXCHANGE_AUTH_H

#include "ike/v2/turn.h"

/* Writes the initiator's IKE_AUTH request; the SA has its keys. */
enum ike_why ike_auth_ask(struct ike_turn *turn);
/* The same with who it is and its proof written by `put_claim`. */
typedef enum ike_why ike_put_claim_fn(struct ike_turn *turn);
enum ike_why ike_auth_ask_with(struct ike_turn *turn, ike_put_claim_fn *put_claim);

/* The ID payload written since `begin`, without its header: what AUTH covers. */
struct ike_bytes ike_auth_body_since(const struct ike_turn *t, size_t begin);
/* Who we say we are, by a policy's identity or another's: nobody, without authentication. */
struct ike_id ike_auth_own_id(const struct ike_turn *t, const struct ike_id *id);
/* Without an identity we are our address (RFC 7296 3.5). */
struct ike_id ike_auth_id(const struct ike_id *id, const struct ike_addr *addr);
/* Both SAs are between the same two identities (RFC 7296 2.4). */
bool ike_auth_same_ends(const struct ike_engine *engine, const struct ike_sa *a,
                        const struct ike_sa *b);
/* Type and data of the peer's identity, kept to know it again (RFC 7296 2.4). */
bool ike_auth_keep_peer_id(struct ike_turn *t, const struct ike_id *id);
/* An event about the SA. */
void ike_auth_tell(struct ike_turn *t, enum ike_event_kind kind, enum ike_why why, uint16_t notify);
/* What IKE_SA_INIT left behind is no longer needed. */
void ike_auth_forget_init(struct ike_turn *t);
/* Our AUTH, over the ID payload just written; WHY_NO_CREDENTIAL, WHY_HASH_NOT_OFFERED when we
 * cannot sign. Certificates go before it: ike_sign_put_certs. */
enum ike_why ike_auth_put_proof(struct ike_turn *t, struct ike_bytes id_body);

/* The peer's AUTH over its ID payload at hand, as the policy accepts it. */
enum ike_why ike_auth_check_proof(struct ike_turn *t, enum ike_payload_type id);
/* AUTH of the message at hand is there, and by the method that proves nothing (RFC 7619 2.1). */
bool ike_auth_is_null(const struct ike_turn *t);
/* The same of an answer without EAP, PPK and all. */
enum ike_why ike_auth_check_answer(struct ike_turn *t);

/* Responder: keeps what is asked for in the first request and answered in the last response; and
 * has it again as if it stood in the message at hand. */
bool ike_auth_keep_asked(struct ike_turn *t, struct ike_blob *slot);
enum ike_why ike_auth_recall_asked(struct ike_turn *t, struct ike_blob asked);

/* Initiator: IDr and AUTH of the answer; the responder is authenticated, or not at all. */
enum ike_why ike_auth_check_responder(struct ike_turn *t);
/* The last answer, the peer authenticated: with a Child SA, or with the notify that says why not,
 * and the IKE SA stays (RFC 7296 1.3.1, 2.21.2). */
enum ike_why ike_auth_child_granted(struct ike_turn *t);
enum ike_why ike_auth_child_refused(struct ike_turn *t);
/* No Child SA was asked for, and this was the last round; then that is all there was to agree on
 * (RFC 6023 3). */
bool ike_auth_is_childless(const struct ike_turn *t);
enum ike_why ike_auth_up_childless(struct ike_turn *t);
/* An answer that is an error notify and no more. */
enum ike_why ike_auth_refused(struct ike_turn *t);

/* Responder: the first policy for both identities and the suite chosen before they were known. */
enum ike_why ike_auth_find_policy(struct ike_turn *t, const struct ike_id *peer);
/* The last answer's second half: the Child SA asked for, or the notify that says why not; and how
 * long the IKE SA may last (RFC 4478 3). */
enum ike_why ike_auth_answer_child(struct ike_turn *t);

#endif
