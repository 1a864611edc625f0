/* SPDX-License-Identifier: MIT
 * Everything secret or random an engine can ask for. Two providers exist,
 * crypto_openssl.c and crypto_modelled.c, and one wrapper, crypto_meter.c,
 * which adds what each call would have cost to `spent_ns` and calls the one
 * below. A provider keeps and reuses its contexts; an SA keeps raw keys. */
#ifndef IKE_CRYPTO_H
#define IKE_CRYPTO_H

#include "ike/algo.h"
#include "ike/bytes.h"
#include "ike/credential.h"

struct ike_crypto;
struct ike_tls_ops; /* tls.h */

/* Digests that only EAP methods ask for, 16 octets each. */
enum ike_digest_kind { DIGEST_MD4, DIGEST_MD5 };

/* Where a provider gets its random octets: a named stream of the simulation, or the system. */
struct ike_random {
    void (*fill)(void *owner, uint8_t *out, size_t len);
    void *owner;
};

/* A key exchange begun and not ended: the provider's own pointer or stand-in. */
struct ike_kex {
    uint8_t opaque[72];
};

/* Keys of one direction of an SA; views. `salt` follows the key in `encr_key`. */
struct ike_seal_keys {
    const struct ike_algo *encr;
    const struct ike_algo *integ; /* NULL with an AEAD */
    struct ike_bytes encr_key;    /* key_len + salt_len octets */
    struct ike_bytes integ_key;   /* out_len octets, or none */
    struct ike_bytes esn_high; /* ESP: the upper half of an extended sequence number, which the ICV
                                  covers and nobody sends (RFC 4303 2.2.1); else none */
};

/* What is or was signed: the parts one after another. */
struct ike_signed {
    const struct ike_scheme *scheme;
    const struct ike_bytes *parts;
    size_t part_count;
};

/* prf+ (key, seed parts), RFC 7296 2.13. */
struct ike_prf_plus_input {
    const struct ike_algo *prf;
    struct ike_bytes key;
    const struct ike_bytes *seed;
    size_t seed_count;
};

struct ike_puzzle;

struct ike_crypto_ops {
    const char *name;
    /* Whether the provider can do a row: all of the table, less what the library lacks. The other
     * calls are for rows that it has. */
    bool (*has)(const struct ike_crypto *c, const struct ike_algo *algo);
    void (*random)(struct ike_crypto *c, uint8_t *out, size_t len);
    /* `out` takes prf->out_len octets of prf(key, parts one after another). Keys of any length. */
    void (*prf)(struct ike_crypto *c, const struct ike_algo *prf, struct ike_bytes key,
                const struct ike_bytes *parts, size_t part_count, uint8_t *out);
    /* `len` octets of prf+, for a provider that has a shorter way there than ike_prf_plus; or NULL.
     */
    void (*prf_plus)(struct ike_crypto *c, const struct ike_prf_plus_input *input, uint8_t *out,
                     size_t len);
    /* SHA-1 of the parts, 20 octets, for NAT detection and MSCHAPv2 (RFC 7296 2.23, RFC 2759 8). */
    void (*sha1)(struct ike_crypto *c, const struct ike_bytes *parts, size_t part_count,
                 uint8_t *out);
    /* An initiator's half: makes a key pair, `share` takes group->share_len octets. */
    bool (*kex_begin)(struct ike_crypto *c, const struct ike_algo *group, struct ike_kex *kex,
                      uint8_t *share);
    /* The peer's value is one of group->answer_len octets. `secret` takes group->secret_len; false
     * when the peer's value is none of the group (RFC 6989 2). The kex stays usable until kex_free.
     */
    bool (*kex_end)(struct ike_crypto *c, const struct ike_algo *group, struct ike_kex *kex,
                    struct ike_bytes peer_share, uint8_t *secret);
    void (*kex_free)(struct ike_crypto *c, const struct ike_algo *group, struct ike_kex *kex);
    /* A responder's whole: judges the peer's value, makes a key pair (or, a KEM, encapsulates),
     * gives share, of group->answer_len octets, and secret. */
    bool (*kex_answer)(struct ike_crypto *c, const struct ike_algo *group,
                       struct ike_bytes peer_share, uint8_t *share, uint8_t *secret);
    /* Seals in place a message laid out as
     *     header and SK payload header (aad_len) | IV | text (text_len) | ICV
     * where IV and text are filled in, lengths in the headers final, and ICV is room
     * (RFC 7296 3.14, RFC 5282 5.1), or an ESP packet with SPI and sequence number as its header
     * (RFC 4303 2). */
    void (*seal)(struct ike_crypto *c, const struct ike_seal_keys *keys, uint8_t *message,
                 size_t aad_len, size_t text_len);
    /* The way back, in place; false when the ICV is wrong, and then the text is undefined. */
    bool (*open)(struct ike_crypto *c, const struct ike_seal_keys *keys, uint8_t *message,
                 size_t aad_len, size_t text_len);
    /* False when the library at hand has no such digest or cipher any more. */
    bool (*digest)(struct ike_crypto *c, enum ike_digest_kind kind, const struct ike_bytes *parts,
                   size_t part_count, uint8_t *out);
    /* One block of DES with 8 octets of key, parity ignored (RFC 2759 8.6). */
    bool (*des)(struct ike_crypto *c, const uint8_t *key, const uint8_t *block, uint8_t *out);
    const struct ike_tls_ops *tls;
    /* Finds a puzzle's IKE_PUZZLE_KEYS keys, of IKE_PUZZLE_KEY octets each (puzzle.h). How many
     * calls of the PRF it took, or would have; 0: none found. */
    uint64_t (*solve)(struct ike_crypto *c, const struct ike_puzzle *puzzle, uint8_t *keys);
    /* Zero bits that the PRF of the puzzle's S ends in under a key: one call. */
    unsigned (*zero_bits)(struct ike_crypto *c, const struct ike_puzzle *puzzle,
                          struct ike_bytes key);
    /* `out` takes IKE_SIGNATURE_MAX octets. False when key and scheme do not fit each other. */
    bool (*sign)(struct ike_crypto *c, const struct ike_key *key, const struct ike_signed *what,
                 uint8_t *out, size_t *len);
    /* Judges certificates of a peer: a path to an anchor, times, revocation, usage, name. WHY_OK
     * gives the end entity's key in *out, to be freed. What was spent stands in *out always. */
    enum ike_why (*judge)(struct ike_crypto *c, const struct ike_chain *chain,
                          struct ike_public *out);
    bool (*verify)(struct ike_crypto *c, const struct ike_public *key,
                   const struct ike_signed *what, struct ike_bytes signature);
    void (*public_free)(struct ike_crypto *c, struct ike_public *key);
    void (*close)(struct ike_crypto *c);
    const struct ike_credential_ops *credentials; /* NULL: a meter's */
};

struct ike_crypto {
    const struct ike_crypto_ops *ops;
    struct ike_crypto *below; /* a meter's; NULL: a provider */
    uint64_t spent_ns; /* only crypto_meter.c adds to it; the host takes it and sets it to 0 */
};

/* Whether the provider has the row of this index (ops->has); row 0 is had by all. */
bool ike_crypto_has(const struct ike_crypto *crypto, uint8_t row);

/* `len` octets of prf+, at most 255 x the PRF's output. */
void ike_prf_plus(struct ike_crypto *crypto, const struct ike_prf_plus_input *input, uint8_t *out,
                  size_t len);

/* NULL when memory or the library fails. Closed with ops->close. */
struct ike_crypto *ike_crypto_openssl(struct ike_random random);
struct ike_crypto *ike_crypto_modelled(struct ike_random random);

/* The version text of the OpenSSL that runs, for a run's record. */
const char *ike_crypto_openssl_version(void);

/* The machine half of a cost profile: time per primitive, indexed by row of ike_algos. Byte costs
 * are picoseconds, so that integers suffice. */
struct ike_costs {
    uint32_t kex_generate_ns[IKE_ALGOS_MAX];
    uint32_t kex_derive_ns[IKE_ALGOS_MAX]; /* with the checks of the public value */
    uint32_t call_ns[IKE_ALGOS_MAX];       /* PRF, INTEG, ENCR: one call on no data */
    uint32_t byte_ps[IKE_ALGOS_MAX];       /* and each octet of data */
    uint32_t sha1_call_ns;
    uint32_t sha1_byte_ps;
    uint32_t random_call_ns;
    uint32_t random_byte_ps;
    uint32_t sign_ns[KEY_TYPE_COUNT]; /* hashing included, at the length of an AUTH payload's */
    uint32_t verify_ns[KEY_TYPE_COUNT];
    uint32_t certificate_ns; /* one read and judged, but for its signature */
};

/* Charges `costs` for each call of `below`; closing it closes `below` too. */
struct ike_crypto *ike_crypto_meter(struct ike_crypto *below, const struct ike_costs *costs);

/* True when both are equal; the time taken does not depend on where they differ. */
bool ike_secret_equal(const uint8_t *a, const uint8_t *b, size_t len);
/* Overwrites, and is never optimised away. */
void ike_secret_wipe(void *at, size_t len);

#endif
