/* SPDX-License-Identifier: MIT
 * Post-quantum pre-shared keys (RFC 8784): agreed on in IKE_SA_INIT, named by
 * the initiator beside its AUTH, mixed into SK_d, SK_pi and SK_pr before either
 * AUTH is made. Where a policy has none, nothing is done. */
#ifndef IKE_V2_PPK_H
#define IKE_V2_PPK_H

#include "ike/v2/turn.h"

/* Into IKE_SA_INIT, both roles: N(USE_PPK), when there is a key and, in a response, the request had
 * it. */
void ike_ppk_offer(struct ike_turn *turn);
/* The initiator's look into the response: WHY_PPK_UNUSED when ours is required and refused. */
enum ike_why ike_ppk_heard(struct ike_turn *turn);

/* Initiator: AUTH as `put` writes it, with the key mixed in; N(PPK_IDENTITY); and, unless the key
 * is required, N(NO_PPK_AUTH) with what AUTH would be without. Just `put` when none was agreed on.
 */
typedef enum ike_why ike_put_proof_fn(struct ike_turn *turn, struct ike_bytes id_body);
enum ike_why ike_ppk_put_proof(struct ike_turn *turn, struct ike_bytes id_body,
                               ike_put_proof_fn *put);
/* Initiator, before it checks the last AUTH: the keys from now on are mixed, if the responder did.
 * WHY_PPK_UNUSED when it did not and had to. */
enum ike_why ike_ppk_answered(struct ike_turn *turn);

/* Responder, when its policy is known and before it checks AUTH: mixes the key named, or has AUTH
 * replaced by what N(NO_PPK_AUTH) holds. WHY_PPK_UNUSED, WHY_PPK_IDENTITY, WHY_PPK_UNKNOWN. */
enum ike_why ike_ppk_asked(struct ike_turn *turn);
/* Beside its own AUTH: N(PPK_IDENTITY), when a key was mixed in. */
void ike_ppk_put_answer(struct ike_turn *turn);

#endif
