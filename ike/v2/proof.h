/* SPDX-License-Identifier: MIT
 * AUTH: what each side signs, and the pre-shared key method (RFC 7296 2.15). */
#ifndef IKE_V2_PROOF_H
#define IKE_V2_PROOF_H

#include "ike/v2/turn.h"

enum { IKE_PROOF_PARTS = 4 };
/* The octets that the side which has `initiator` signs, in parts; `id_hash` takes IKE_PRF_MAX and
 * is the last of them but what IKE_INTERMEDIATE added. */
void ike_proof_octets(struct ike_turn *turn, bool initiator, struct ike_bytes id_body,
                      uint8_t *id_hash, struct ike_bytes *parts);
/* prf(prf(PSK, "Key Pad for IKEv2"), octets of the side that has `initiator`), where `id_body` is
 * that side's ID payload without its header. The SA still keeps both IKE_SA_INIT messages. `out`
 * takes the PRF's output; returns its length. */
size_t ike_proof_psk(struct ike_turn *turn, const struct ike_policy *policy, bool initiator,
                     struct ike_bytes id_body, uint8_t *out);
/* The same with another secret shared: an MSK, or SK_pi and SK_pr (RFC 7296 2.16). */
size_t ike_proof_shared(struct ike_turn *turn, struct ike_bytes secret, bool initiator,
                        struct ike_bytes id_body, uint8_t *out);
/* prf(SK_pi or SK_pr, the same octets): of who resumes a session (RFC 5723 4.3.3). */
size_t ike_proof_resumed(struct ike_turn *turn, bool initiator, struct ike_bytes id_body,
                         uint8_t *out);
/* Nonces of the SA's IKE_SA_INIT exchange, views of what is kept. */
struct ike_bytes ike_proof_nonce(struct ike_turn *turn, bool initiator);

#endif
