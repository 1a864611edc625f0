/* SPDX-License-Identifier: MIT
 * Between the files of the OpenSSL provider: digests and ciphers in
 * crypto_openssl.c, key exchange in crypto_openssl_kex.c, what EAP asks for in
 * crypto_openssl_eap.c and crypto_openssl_tls.c. Nobody else includes this. */
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

struct openssl_eap;

/* NULL when memory fails. A digest or cipher the library lacks is found out when it is used. */
struct openssl_eap *openssl_eap_open(void);
void openssl_eap_close(struct openssl_eap *e);
bool openssl_eap_digest(struct openssl_eap *e, enum ike_digest_kind kind,
                        const struct ike_bytes *parts, size_t part_count, uint8_t *out);
bool openssl_eap_des(struct openssl_eap *e, const uint8_t *key, const uint8_t *block, uint8_t *out);

extern const struct ike_tls_ops openssl_tls_ops;

#endif
