/* SPDX-License-Identifier: MIT
 * Between the files of the modelled provider: what their octets are made of.
 * Nobody else includes this. */
#ifndef IKE_CRYPTO_MODELLED_H
#define IKE_CRYPTO_MODELLED_H

#include "ike/crypto.h"

/* What a digest is for, so that equal input for two uses gives unequal output. */
enum modelled_use {
    USE_PRF = 1,
    USE_SHA1,
    USE_SHARE,
    USE_POINT,
    USE_OWN,
    USE_SECRET,
    USE_STREAM,
    USE_ICV,
    USE_DIGEST,
    USE_DES,
    USE_KEY,
    USE_SIGNATURE,
    USE_PADDING,
    USE_PUZZLE,
    USE_PRF_PLUS,
};

/* Octets of any number out of a key and parts; each depends on every octet given. */
struct modelled_input {
    enum modelled_use use;
    uint64_t about;
    struct ike_bytes key;
    const struct ike_bytes *parts;
    size_t part_count;
};
void modelled_octets(const struct modelled_input *input, uint8_t *out, size_t len);
void modelled_random(struct ike_crypto *c, uint8_t *out, size_t len);

/* crypto_modelled_sign.c */
extern const struct ike_credential_ops modelled_credentials;
bool modelled_sign(struct ike_crypto *c, const struct ike_key *key, const struct ike_signed *what,
                   uint8_t *out, size_t *len);
enum ike_why modelled_judge(struct ike_crypto *c, const struct ike_chain *chain,
                            struct ike_public *out);
bool modelled_verify(struct ike_crypto *c, const struct ike_public *key,
                     const struct ike_signed *what, struct ike_bytes signature);
void modelled_public_free(struct ike_crypto *c, struct ike_public *key);

#endif
