/* SPDX-License-Identifier: MIT
 * Authentication by signature: what is said about it in IKE_SA_INIT and
 * IKE_AUTH, how a scheme is chosen, how a peer's certificates and signature are
 * judged (RFC 7296 2.15, 3.6, 3.7; RFC 7427; RFC 9593). What the peer offered in
 * IKE_SA_INIT is read again from the octets kept until AUTH is done. */
#ifndef IKE_V2_SIGNATURE_H
#define IKE_V2_SIGNATURE_H

#include "ike/v2/turn.h"

/* True when a policy accepts a peer's proof of that kind. */
bool ike_policy_accepts(const struct ike_policy *policy, enum ike_proof_kind kind);
/* Kind of proof that an authentication method is; PROOF_KINDS: one we do not know. */
enum ike_proof_kind ike_proof_kind_of(uint8_t method);

/* Into an IKE_SA_INIT request: N(SIGNATURE_HASH_ALGORITHMS), when the policy has to do with
 * signatures. */
void ike_sign_put_init_request(struct ike_turn *t);
/* Into its response, for all the policies there are, since the peer is not known yet: the same, to
 * a peer who sent it; CERTREQ; N(SUPPORTED_AUTH_METHODS). */
void ike_sign_put_init_response(struct ike_turn *t);
/* Into the IKE_AUTH request: CERTREQ and N(SUPPORTED_AUTH_METHODS) of the policy. */
void ike_sign_put_auth_request(struct ike_turn *t);

/* Our certificates, as far as they are asked for. */
void ike_sign_put_certs(struct ike_turn *t);
/* AUTH with a signature; WHY_NO_CREDENTIAL, WHY_HASH_NOT_OFFERED when we cannot. */
enum ike_why ike_sign_put_auth(struct ike_turn *t, struct ike_bytes id_body);
/* The peer's certificates and signature: AUTH of the message at hand, whose identity is in the
 * payload `id`. */
enum ike_why ike_sign_check(struct ike_turn *t, enum ike_payload_type id);

#endif
