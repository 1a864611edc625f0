/* SPDX-License-Identifier: MIT
 * Signatures as data: the kinds of keys, and the ways to sign with them, one
 * row each (RFC 7296 3.8, RFC 4754, RFC 7427, RFC 8420). No cryptography. */
#ifndef IKE_SIGN_H
#define IKE_SIGN_H

#include "ike/bytes.h"

/* IANA's IKEv2 Hash Algorithms (RFC 7427 7, RFC 8420 2) */
enum ike_hash {
    HASH_NONE,
    HASH_SHA1 = 1,
    HASH_SHA256 = 2,
    HASH_SHA384 = 3,
    HASH_SHA512 = 4,
    HASH_IDENTITY = 5,
};

enum ike_key_kind { KEY_NONE, KEY_RSA, KEY_ECDSA, KEY_ED25519, KEY_ED448 };

/* Rows of ike_key_types, for tables indexed like it. */
enum ike_key_type {
    KEY_TYPE_NONE,
    KEY_TYPE_RSA2048,
    KEY_TYPE_RSA3072,
    KEY_TYPE_RSA4096,
    KEY_TYPE_ECDSA256,
    KEY_TYPE_ECDSA384,
    KEY_TYPE_ECDSA521,
    KEY_TYPE_ED25519,
    KEY_TYPE_ED448,
    KEY_TYPE_COUNT,
};

struct ike_key_row {
    const char *name;    /* as experiment files spell it: "ecdsa256" */
    const char *openssl; /* the provider's name of its kind, or of its curve */
    uint16_t bits;
    uint16_t spki_len;      /* octets of SubjectPublicKeyInfo in DER */
    uint16_t signature_len; /* octets of a signature, the most for ECDSA in DER */
    uint8_t kind;           /* enum ike_key_kind */
    uint8_t hash;           /* enum ike_hash that goes with it when nothing else is said */
};
extern const struct ike_key_row ike_key_types[KEY_TYPE_COUNT];

/* Row, or KEY_TYPE_NONE. */
uint8_t ike_key_type_named(const char *name);
/* The row whose costs and sizes come nearest to a key of that kind and size, from below. */
uint8_t ike_key_type_of(enum ike_key_kind kind, unsigned bits);

/* How octets become a signature. */
struct ike_scheme {
    const char *name;
    struct ike_bytes identifier; /* DER of AlgorithmIdentifier, with method 14; else empty */
    uint8_t method;              /* IANA's authentication method */
    uint8_t kind;                /* enum ike_key_kind */
    uint8_t type;                /* the only row of ike_key_types it is for; 0: any of its kind */
    uint8_t hash;                /* enum ike_hash */
    bool pss;                    /* RSASSA-PSS, salt as long as the hash */
    bool raw;                    /* ECDSA as r | s of fixed length, not in DER (RFC 4754 7) */
    bool never_signs;            /* verified when allowed, never made */
    const char *source;
};
extern const struct ike_scheme ike_schemes[];
extern const size_t ike_scheme_count;

bool ike_scheme_fits(const struct ike_scheme *scheme, uint8_t key_type);

/* A set of hashes: bit 1 << number of each. */
enum { HASHES_OURS = 1 << HASH_SHA256 | 1 << HASH_SHA384 | 1 << HASH_SHA512 | 1 << HASH_IDENTITY };

/* AUTH data of a signature: for method 14 the AlgorithmIdentifier comes first, its length before it
 * (RFC 7427 3). Gives the row and what remains; NULL: no such row. */
const struct ike_scheme *ike_scheme_parse(uint8_t method, struct ike_bytes data,
                                          struct ike_bytes *signature);
void ike_scheme_put(struct ike_writer *w, const struct ike_scheme *scheme);

#endif
