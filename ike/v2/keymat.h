/* SPDX-License-Identifier: MIT
 * Key derivation: SKEYSEED, the seven SK_ keys, KEYMAT of Child SAs
 * (RFC 7296 2.14, 2.17). */
#ifndef IKE_V2_KEYMAT_H
#define IKE_V2_KEYMAT_H

#include "ike/crypto.h"
#include "ike/ike.h"

/* Octets of SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr for a suite, in this order. */
size_t ike_keys_len(const struct ike_suite *suite);
/* Points the views of `out` into `room`, which holds ike_keys_len octets in that order; suite and
 * SPIs of `out` are set by the caller. */
void ike_keys_view(struct ike_sa_keys *out, const uint8_t *room);

struct ike_keymat_input {
    const struct ike_algo *old_prf; /* when an IKE SA is rekeyed: of the old one, RFC 7296 2.18 */
    struct ike_bytes old_sk_d;
    struct ike_bytes secret; /* g^ir */
    struct ike_bytes nonce_i;
    struct ike_bytes nonce_r;
    struct ike_bytes more; /* SK(1) | SK(2) | …, with old_prf (RFC 9370 2.2.4); empty: none */
    uint64_t spi_i;
    uint64_t spi_r;
};
/* SKEYSEED = prf(Ni | Nr, g^ir), or prf(SK_d (old), g^ir | Ni | Nr) with old_prf, then prf+; fills
 * `room` with ike_keys_len octets (RFC 7296 2.14).
 */
void ike_keys_derive(struct ike_crypto *crypto, const struct ike_suite *suite,
                     const struct ike_keymat_input *input, uint8_t *room);

/* Octets of KEYMAT of one Child SA, both directions: encryption key (with salt) and integrity key
 * initiator to responder first (RFC 7296 2.17). */
size_t ike_child_keys_len(const struct ike_suite *suite);
struct ike_child_keys_input {
    const struct ike_algo *prf; /* of the IKE SA */
    struct ike_bytes sk_d;
    struct ike_bytes secret;  /* g^ir (new), empty without a key exchange */
    struct ike_bytes nonce_i; /* of the exchange that makes the child */
    struct ike_bytes nonce_r;
    struct ike_bytes more; /* as above */
};
void ike_child_keys_derive(struct ike_crypto *crypto, const struct ike_child_keys_input *input,
                           uint8_t *room, size_t len);

#endif
