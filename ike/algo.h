/* SPDX-License-Identifier: MIT
 * The transforms the engine knows, one row each (RFC 7296 3.3.2 and the RFC
 * each row names). An SA keeps the index of a row, never a pointer. */
#ifndef IKE_ALGO_H
#define IKE_ALGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ike_transform_type {
    TRANSFORM_ENCR = 1,
    TRANSFORM_PRF = 2,
    TRANSFORM_INTEG = 3,
    TRANSFORM_KE = 4,
    TRANSFORM_ESN = 5,
    TRANSFORM_ADDKE1 = 6, /* to ADDKE7: additional key exchanges (RFC 9370 2.2.1) */
    TRANSFORM_ADDKE7 = 12,
};
enum { IKE_ADDKE_MAX = 7 };

/* How a PRF or INTEG row is made. */
enum ike_mac {
    IKE_MAC_NONE,
    IKE_MAC_HMAC, /* RFC 2104 2 */
    IKE_MAC_XCBC, /* RFC 3566 4, as a PRF RFC 4434 2 */
    IKE_MAC_CMAC, /* RFC 4493 2.4, as a PRF RFC 4615 3 */
};

struct ike_algo {
    const char *name;    /* as experiment files and strongSwan spell it: "aes256gcm16" */
    const char *title;   /* as IANA and the RFCs spell it: "ENCR_AES_GCM_16" */
    const char *openssl; /* the provider's name for it */
    const char *source;
    uint16_t id;         /* IANA's number */
    uint16_t key_bits;   /* the key-length attribute; 0: none is sent, none accepted */
    uint16_t share_len;  /* KE: octets of an initiator's public value on the wire; */
    uint16_t answer_len; /* and of a responder's: the same, but for a KEM's ciphertext */
    uint16_t secret_len; /* KE: octets of g^ir */
    uint8_t type;        /* enum ike_transform_type */
    uint8_t key_len;     /* key octets taken from KEYMAT, without salt; a PRF's preferred length */
    uint8_t salt_len;    /* AEAD and counter mode: salt octets taken after the key */
    uint8_t iv_len;      /* octets of IV on the wire */
    uint8_t block;       /* padding goes to a multiple of this */
    uint8_t icv_len;     /* octets of checksum on the wire: AEAD's tag, INTEG's truncation */
    uint8_t out_len;     /* PRF and INTEG: octets of the full output */
    uint8_t mac;         /* PRF and INTEG: enum ike_mac */
    bool kem;            /* KE: the responder's value is a ciphertext for the initiator's */
    uint8_t nonce_len;   /* PRF: octets of each nonce that key SKEYSEED; 0: all (RFC 7296 2.14) */
};

/* The rows by name, for tables indexed like this one. */
enum ike_algo_row {
    ALGO_NONE,
    ALGO_AES128GCM16,
    ALGO_AES256GCM16,
    ALGO_CHACHA20POLY1305,
    ALGO_AES128,
    ALGO_AES256,
    ALGO_SHA256,
    ALGO_SHA384,
    ALGO_SHA512,
    ALGO_PRFSHA256,
    ALGO_PRFSHA384,
    ALGO_PRFSHA512,
    ALGO_X25519,
    ALGO_ECP256,
    ALGO_ECP384,
    ALGO_MODP2048,
    ALGO_MODP3072,
    ALGO_MODP4096,
    ALGO_NOESN,
    ALGO_ESN,
    ALGO_AES192,
    ALGO_AES128CTR,
    ALGO_AES192CTR,
    ALGO_AES256CTR,
    ALGO_AES128CCM8,
    ALGO_AES192CCM8,
    ALGO_AES256CCM8,
    ALGO_AES128CCM12,
    ALGO_AES192CCM12,
    ALGO_AES256CCM12,
    ALGO_AES128CCM16,
    ALGO_AES192CCM16,
    ALGO_AES256CCM16,
    ALGO_AES128GCM8,
    ALGO_AES192GCM8,
    ALGO_AES256GCM8,
    ALGO_AES128GCM12,
    ALGO_AES192GCM12,
    ALGO_AES256GCM12,
    ALGO_AES192GCM16,
    ALGO_3DES,
    ALGO_NULL,
    ALGO_SHA1,
    ALGO_AESXCBC,
    ALGO_AESCMAC,
    ALGO_MD5,
    ALGO_PRFSHA1,
    ALGO_PRFAESXCBC,
    ALGO_PRFAESCMAC,
    ALGO_PRFMD5,
    ALGO_MODP1024,
    ALGO_MODP1536,
    ALGO_MODP6144,
    ALGO_MODP8192,
    ALGO_MODP1024S160,
    ALGO_MODP2048S224,
    ALGO_MODP2048S256,
    ALGO_ECP192,
    ALGO_ECP224,
    ALGO_ECP521,
    ALGO_ECP224BP,
    ALGO_ECP256BP,
    ALGO_ECP384BP,
    ALGO_ECP512BP,
    ALGO_X448,
    ALGO_MLKEM512,
    ALGO_MLKEM768,
    ALGO_MLKEM1024,
    ALGO_COUNT,
};

/* Row 0 is none: index 0 means "not there", as INTEG is with an AEAD. */
extern const struct ike_algo ike_algos[];
extern const size_t ike_algo_count;
enum { IKE_ALGOS_MAX = 80 }; /* the table is shorter; for arrays indexed like it */

/* Index of the row, or 0. */
uint8_t ike_algo_find(uint8_t type, uint16_t id, uint16_t key_bits);
uint8_t ike_algo_named(const char *name);
bool ike_algo_is_aead(const struct ike_algo *encr);
/* ENCR_NULL, which an IKE SA never has (RFC 7296 3.3.2, RFC 8247 2.1). */
bool ike_algo_is_null(const struct ike_algo *encr);

/* What an SA payload came to: one index of each type, 0 where none. */
struct ike_suite {
    uint8_t encr;
    uint8_t prf;
    uint8_t integ;
    uint8_t ke;
    uint8_t esn;
};

/* A proposal of ours: transforms in order of preference, any mix of types. */
struct ike_offer {
    uint8_t algos[16]; /* IKE_OFFER_MAX indexes */
    uint8_t addke[16]; /* 1 to 7: the group stands there as that additional key exchange, row 0
                          for none of it; 0: every other transform */
    uint8_t count;
};
/* enum ike_transform_type of one of them. */
uint8_t ike_offer_type(const struct ike_offer *offer, uint8_t index);
bool ike_offer_has(const struct ike_offer *offer, uint8_t type);
/* Some additional key exchange is among them. */
bool ike_offer_adds(const struct ike_offer *offer);

/* Reads "aes256gcm16-prfsha256-x25519" or, for a Child SA, "aes128-sha256"; "ke1_mlkem768" is a
 * first additional key exchange, with "ke1_none" beside it one that may be left out. False names
 * the bad word's place in *bad: an unknown word, one said twice, or one too many. Where a group but
 * no PRF is named, each integrity algorithm brings the PRF of its hash, as in strongSwan. Whether
 * types are missing is the caller's to judge. */
bool ike_offer_parse(const char *text, struct ike_offer *out, const char **bad);

#endif
