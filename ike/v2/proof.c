/* SPDX-License-Identifier: MIT
 * The signed octets, and the PSK method. */
#include "ike/v2/proof.h"

#include "ike/engine.h"
#include "ike/v2/intermediate.h"

#include <assert.h>

struct ike_bytes ike_proof_nonce(struct ike_turn *turn, bool initiator)
{
    const struct ike_store *const store = &turn->engine->store;
    const struct ike_blob kept = initiator ? turn->sa->init_request : turn->sa->init_response;
    const struct ike_bytes nonce = ike_message_find(ike_store_view(store, kept), PAYLOAD_NONCE);
    assert(nonce.len > 0); /* IKE_SA_INIT has one, by the rules */
    return nonce;
}

size_t ike_proof_psk(struct ike_turn *turn, const struct ike_policy *policy, bool initiator,
                     struct ike_bytes id_body, uint8_t *out)
{
    const struct ike_bytes secret = {.at = policy->psk, .len = policy->psk_len};
    return ike_proof_shared(turn, secret, initiator, id_body, out);
}

void ike_proof_octets(struct ike_turn *turn, bool initiator, struct ike_bytes id_body,
                      uint8_t *id_hash, struct ike_bytes *parts)
{
    struct ike_crypto *const crypto = turn->engine->crypto;
    const struct ike_sa *const sa = turn->sa;
    const struct ike_algo *const prf = &ike_algos[sa->suite.prf];
    const struct ike_blob message = initiator ? sa->init_request : sa->init_response;

    /* MACedIDForI = prf(SK_pi, RestOfInitIDPayload) */
    crypto->ops->prf(crypto, prf, initiator ? turn->keys.sk_pi : turn->keys.sk_pr, &id_body, 1,
                     id_hash);
    /* InitiatorSignedOctets = RealMessage1 | NonceRData | MACedIDForI, and the mirror of it */
    parts[0] = ike_store_view(&turn->engine->store, message);
    parts[1] = ike_proof_nonce(turn, !initiator);
    parts[2] = (struct ike_bytes){.at = id_hash, .len = prf->out_len};
    parts[3] = ike_intermediate_proof(turn); /* | IntAuth, RFC 9242 3.3.2 */
}

size_t ike_proof_shared(struct ike_turn *turn, struct ike_bytes secret, bool initiator,
                        struct ike_bytes id_body, uint8_t *out)
{
    static const uint8_t pad[] = "Key Pad for IKEv2"; /* without the final zero */
    struct ike_crypto *const crypto = turn->engine->crypto;
    const struct ike_algo *const prf = &ike_algos[turn->sa->suite.prf];
    struct ike_bytes octets[IKE_PROOF_PARTS];
    uint8_t id_hash[IKE_PRF_MAX];
    uint8_t key[IKE_PRF_MAX];

    const struct ike_bytes pad_view = {.at = pad, .len = sizeof pad - 1};
    crypto->ops->prf(crypto, prf, secret, &pad_view, 1, key);
    ike_proof_octets(turn, initiator, id_body, id_hash, octets);
    crypto->ops->prf(crypto, prf, (struct ike_bytes){.at = key, .len = prf->out_len}, octets,
                     IKE_PROOF_PARTS, out);
    ike_secret_wipe(key, sizeof key);
    return prf->out_len;
}

size_t ike_proof_resumed(struct ike_turn *turn, bool initiator, struct ike_bytes id_body,
                         uint8_t *out)
{
    struct ike_crypto *const crypto = turn->engine->crypto;
    const struct ike_algo *const prf = &ike_algos[turn->sa->suite.prf];
    struct ike_bytes octets[IKE_PROOF_PARTS];
    uint8_t id_hash[IKE_PRF_MAX];
    ike_proof_octets(turn, initiator, id_body, id_hash, octets);
    crypto->ops->prf(crypto, prf, initiator ? turn->keys.sk_pi : turn->keys.sk_pr, octets,
                     IKE_PROOF_PARTS, out);
    return prf->out_len;
}
