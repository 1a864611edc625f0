/* SPDX-License-Identifier: MIT
 * Between the two files of the OpenSSL provider: digests and ciphers in
 * crypto_openssl.c, key exchange in crypto_openssl_kex.c. Nobody else includes
 * this. */
#ifndef IKE_CRYPTO_OPENSSL_H
#define IKE_CRYPTO_OPENSSL_H

#include "ike/crypto.h"

struct openssl_kex;

/* Curves, primes and the numbers computed with; NULL when memory fails. */
struct openssl_kex *openssl_kex_open(struct ike_random random);
void openssl_kex_close(struct openssl_kex *x);

bool openssl_kex_begin(struct openssl_kex *x, const struct ike_algo *group, struct ike_kex *kex,
                       uint8_t *share);
bool openssl_kex_end(struct openssl_kex *x, const struct ike_algo *group, const struct ike_kex *kex,
                     struct ike_bytes peer_share, uint8_t *secret);
bool openssl_kex_answer(struct openssl_kex *x, const struct ike_algo *group,
                        struct ike_bytes peer_share, uint8_t *share, uint8_t *secret);

#endif
