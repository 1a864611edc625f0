/* SPDX-License-Identifier: MIT
 * Between the files of the OpenSSL provider: digests and ciphers in
 * crypto_openssl.c, macs on AES in _mac.c, key exchange in _kex.c and, for KEMs,
 * _kem.c, signatures in _sign.c, certificates judged in _cert.c and made in
 * _make.c, the library's context in _rand.c, what EAP asks for in _eap.c and
 * _tls.c. Nobody else includes this. */
#ifndef IKE_CRYPTO_OPENSSL_H
#define IKE_CRYPTO_OPENSSL_H

#include "ike/crypto.h"
#include "ike/limits.h"

#include <openssl/types.h>

struct openssl_kex;

/* Curves, primes and the numbers computed with; NULL when memory fails. */
struct openssl_kex *openssl_kex_open(struct ike_random random);
void openssl_kex_close(struct openssl_kex *x);
/* Whether the library has the group. */
bool openssl_kex_has(struct openssl_kex *x, const struct ike_algo *group);

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
/* What connections of the same configuration share: keys and certificates read once. */
struct openssl_tls_shelf;
struct openssl_tls_shelf *openssl_tls_shelf_open(void);
void openssl_tls_shelf_close(struct openssl_tls_shelf *shelf);
/* Of a provider; opened when first asked for. NULL: memory fails. */
struct openssl_tls_shelf *openssl_tls_shelf_of(struct ike_crypto *c);

/* A context of the library that draws from a stream. */
struct openssl_library {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *stream;
    OSSL_PROVIDER *standard;
    uint8_t message[IKE_MESSAGE_MAX + 1024]; /* what Ed25519 and Ed448 sign, in one piece */
};
/* `random` stays where it is until the library is closed. */
bool openssl_library_open(struct openssl_library *library, const struct ike_random *random);
void openssl_library_close(struct openssl_library *library);
/* Of a provider; opened when first asked for, since a run without signatures does without it. NULL:
 * memory or the library fails. */
struct openssl_library *openssl_library_of(struct ike_crypto *c);

struct openssl_key {
    struct ike_key head;
    EVP_PKEY *pkey;
};
/* Row of ike_key_types for a key of the library's, or KEY_TYPE_NONE. */
uint8_t openssl_key_type(const EVP_PKEY *pkey);
struct ike_key *openssl_key_make(struct ike_crypto *c, uint8_t type);
struct ike_key *openssl_key_load(struct ike_crypto *c, uint8_t type, struct ike_bytes from);
bool openssl_key_save(const struct ike_key *key, struct ike_writer *out);
void openssl_key_free(struct ike_key *key);
bool openssl_sign(struct ike_crypto *c, const struct ike_key *key, const struct ike_signed *what,
                  uint8_t *out, size_t *len);
bool openssl_verify(struct ike_crypto *c, const struct ike_public *key,
                    const struct ike_signed *what, struct ike_bytes signature);
void openssl_public_free(struct ike_crypto *c, struct ike_public *key);

struct ike_trust *openssl_trust_open(struct ike_crypto *c);
bool openssl_trust_add(struct ike_trust *trust, enum ike_trust_kind kind, struct ike_bytes from);
void openssl_trust_close(struct ike_trust *trust);
enum ike_why openssl_judge(struct ike_crypto *c, const struct ike_chain *chain,
                           struct ike_public *out);

bool openssl_cert_make(struct ike_crypto *c, const struct ike_cert_spec *spec,
                       const struct ike_key *subject, const struct ike_issuer *issuer,
                       struct ike_writer *out);
bool openssl_crl_make(struct ike_crypto *c, const struct ike_crl_spec *spec,
                      const struct ike_issuer *issuer, struct ike_writer *out);

/* KEMs, where the library has them (3.5 and later). A half is the seed that the key is made of. */
enum { OPENSSL_KEM_SEED = 64, OPENSSL_KEM_CHANCE = 32 };
bool openssl_kem_has(const struct ike_algo *kem);
bool openssl_kem_begin(const struct ike_algo *kem, const uint8_t *seed, uint8_t *share);
bool openssl_kem_end(const struct ike_algo *kem, const uint8_t *seed, struct ike_bytes ciphertext,
                     uint8_t *secret);
/* `chance` is OPENSSL_KEM_CHANCE random octets. */
bool openssl_kem_answer(const struct ike_algo *kem, struct ike_bytes peer_share,
                        const uint8_t *chance, uint8_t *share, uint8_t *secret);

/* AES-XCBC and AES-CMAC. */
struct openssl_mac;
struct openssl_mac *openssl_mac_open(void);
void openssl_mac_close(struct openssl_mac *m);
/* `out` takes 16 octets of the row's mac of the parts. A key of any length, made into one of 16
 * octets as the row's PRF has it (RFC 4434 2, RFC 4615 3). */
void openssl_mac_prf(struct openssl_mac *m, const struct ike_algo *algo, struct ike_bytes key,
                     const struct ike_bytes *parts, size_t part_count, uint8_t *out);

#endif
