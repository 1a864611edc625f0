/* SPDX-License-Identifier: MIT
 * The table of transforms, how a row is found, and how a proposal of ours is
 * read from text. What a row's numbers are for is said in algo.h. */
#include "ike/algo.h"

#include "ike/limits.h"

#include <string.h>

/* The columns of each kind of row; a KE row's key pair needs no key length. */
#define AEAD(num, bits, word, title_, lib, rfc)                                                  \
    {                                                                                            \
        .type = TRANSFORM_ENCR, .id = (num), .key_bits = (bits), .name = (word),                 \
        .title = (title_), .key_len = (bits) == 0 ? 32 : (bits) / 8, .salt_len = 4, .iv_len = 8, \
        .block = 1, .icv_len = 16, .openssl = (lib), .source = (rfc)                             \
    }
#define CBC(num, bits, word, title_, lib, rfc)                                                 \
    {                                                                                          \
        .type = TRANSFORM_ENCR, .id = (num), .key_bits = (bits), .name = (word),               \
        .title = (title_), .key_len = (bits) / 8, .iv_len = 16, .block = 16, .openssl = (lib), \
        .source = (rfc)                                                                        \
    }
#define INTEG(num, out, icv, word, title_, lib, rfc)                                               \
    {                                                                                              \
        .type = TRANSFORM_INTEG, .id = (num), .name = (word), .title = (title_), .key_len = (out), \
        .icv_len = (icv), .out_len = (out), .openssl = (lib), .source = (rfc)                      \
    }
#define PRF(num, out, word, title_, lib, rfc)                                                    \
    {                                                                                            \
        .type = TRANSFORM_PRF, .id = (num), .name = (word), .title = (title_), .key_len = (out), \
        .out_len = (out), .openssl = (lib), .source = (rfc)                                      \
    }
#define KE(num, share, secret, word, title_, lib, rfc)                                  \
    {                                                                                   \
        .type = TRANSFORM_KE, .id = (num), .name = (word), .title = (title_),           \
        .share_len = (share), .secret_len = (secret), .openssl = (lib), .source = (rfc) \
    }
#define ESN(num, word, title_, rfc)                                                           \
    {                                                                                         \
        .type = TRANSFORM_ESN, .id = (num), .name = (word), .title = (title_), .openssl = "", \
        .source = (rfc)                                                                       \
    }

/* clang-format off */
/* AEAD, CBC: id, key bits, name; INTEG: id, output, ICV, name; PRF: id, output, name; KE: id,
 * octets of share and secret, name. Then: title, the provider's name, source. */
const struct ike_algo ike_algos[] = {
    [ALGO_NONE] = {.name = "none", .title = "NONE", .openssl = "", .source = ""},
    [ALGO_AES128GCM16] = AEAD(20, 128, "aes128gcm16",
        "ENCR_AES_GCM_16",                "AES-128-GCM",         "RFC 4106 3, 8.1; RFC 5282 4"),
    [ALGO_AES256GCM16] = AEAD(20, 256, "aes256gcm16",
        "ENCR_AES_GCM_16",                "AES-256-GCM",         "RFC 4106 3, 8.1; RFC 5282 4"),
    [ALGO_CHACHA20POLY1305] = AEAD(28,   0, "chacha20poly1305",
        "ENCR_CHACHA20_POLY1305",         "ChaCha20-Poly1305",   "RFC 7634 2"),
    [ALGO_AES128] = CBC( 12, 128, "aes128",
        "ENCR_AES_CBC",                   "AES-128-CBC",         "RFC 3602 2; RFC 7296 3.14"),
    [ALGO_AES256] = CBC( 12, 256, "aes256",
        "ENCR_AES_CBC",                   "AES-256-CBC",         "RFC 3602 2; RFC 7296 3.14"),
    [ALGO_SHA256] = INTEG(12, 32, 16, "sha256",
        "AUTH_HMAC_SHA2_256_128",         "SHA2-256",            "RFC 4868 2.3"),
    [ALGO_SHA384] = INTEG(13, 48, 24, "sha384",
        "AUTH_HMAC_SHA2_384_192",         "SHA2-384",            "RFC 4868 2.3"),
    [ALGO_SHA512] = INTEG(14, 64, 32, "sha512",
        "AUTH_HMAC_SHA2_512_256",         "SHA2-512",            "RFC 4868 2.3"),
    [ALGO_PRFSHA256] = PRF(  5, 32, "prfsha256",
        "PRF_HMAC_SHA2_256",              "SHA2-256",            "RFC 4868 2.4"),
    [ALGO_PRFSHA384] = PRF(  6, 48, "prfsha384",
        "PRF_HMAC_SHA2_384",              "SHA2-384",            "RFC 4868 2.4"),
    [ALGO_PRFSHA512] = PRF(  7, 64, "prfsha512",
        "PRF_HMAC_SHA2_512",              "SHA2-512",            "RFC 4868 2.4"),
    [ALGO_X25519] = KE( 31,  32,  32, "x25519",
        "Curve25519",                     "X25519",              "RFC 8031 2"),
    [ALGO_ECP256] = KE( 19,  64,  32, "ecp256",
        "256-bit random ECP group",       "P-256",               "RFC 5903 3.1, 7"),
    [ALGO_ECP384] = KE( 20,  96,  48, "ecp384",
        "384-bit random ECP group",       "P-384",               "RFC 5903 3.2, 7"),
    [ALGO_MODP2048] = KE( 14, 256, 256, "modp2048",
        "2048-bit MODP Group",            "modp_2048",           "RFC 3526 3; RFC 7296 3.4"),
    [ALGO_MODP3072] = KE( 15, 384, 384, "modp3072",
        "3072-bit MODP Group",            "modp_3072",           "RFC 3526 4; RFC 7296 3.4"),
    [ALGO_MODP4096] = KE( 16, 512, 512, "modp4096",
        "4096-bit MODP Group",            "modp_4096",           "RFC 3526 5; RFC 7296 3.4"),
    [ALGO_NOESN] = ESN( 0, "noesn",
        "No Extended Sequence Numbers",   "RFC 7296 3.3.2"),
    [ALGO_ESN] = ESN( 1, "esn",
        "Extended Sequence Numbers",      "RFC 7296 3.3.2"),
};
/* clang-format on */
_Static_assert(sizeof ike_algos / sizeof ike_algos[0] <= IKE_ALGOS_MAX,
               "arrays indexed like the table hold it");
const size_t ike_algo_count = sizeof ike_algos / sizeof ike_algos[0];

uint8_t ike_algo_find(uint8_t type, uint16_t id, uint16_t key_bits)
{
    for (size_t i = 1; i < ike_algo_count; i++) {
        const struct ike_algo *const row = &ike_algos[i];
        if (row->type == type && row->id == id && row->key_bits == key_bits)
            return (uint8_t)i;
    }
    return 0;
}

static uint8_t algo_spelt(const char *word, size_t len)
{
    for (size_t i = 1; i < ike_algo_count; i++) {
        if (strlen(ike_algos[i].name) == len && strncmp(ike_algos[i].name, word, len) == 0)
            return (uint8_t)i;
    }
    return 0;
}

uint8_t ike_algo_named(const char *name)
{
    return algo_spelt(name, strlen(name));
}

bool ike_algo_is_aead(const struct ike_algo *encr)
{
    return encr->type == TRANSFORM_ENCR && encr->icv_len > 0;
}

static bool offer_add(struct ike_offer *offer, uint8_t algo)
{
    for (size_t i = 0; i < offer->count; i++) {
        if (offer->algos[i] == algo)
            return false;
    }
    if (algo == 0 || offer->count >= IKE_OFFER_MAX)
        return false;
    offer->algos[offer->count++] = algo;
    return true;
}

static bool offer_has(const struct ike_offer *offer, uint8_t type)
{
    for (size_t i = 0; i < offer->count; i++) {
        if (ike_algos[offer->algos[i]].type == type)
            return true;
    }
    return false;
}

/* Adds the PRF of the hash of each integrity algorithm. */
static bool offer_imply_prfs(struct ike_offer *offer)
{
    const size_t named = offer->count;
    for (size_t i = 0; i < named; i++) {
        const struct ike_algo *const integ = &ike_algos[offer->algos[i]];
        for (size_t j = 1; integ->type == TRANSFORM_INTEG && j < ike_algo_count; j++) {
            const bool same_hash = ike_algos[j].type == TRANSFORM_PRF &&
                                   strcmp(ike_algos[j].openssl, integ->openssl) == 0;
            if (same_hash && !offer_add(offer, (uint8_t)j))
                return false;
        }
    }
    return true;
}

bool ike_offer_parse(const char *text, struct ike_offer *out, const char **bad)
{
    *out = (struct ike_offer){0};
    for (const char *word = text;; word++) {
        const size_t len = strcspn(word, "-");
        *bad = word;
        if (!offer_add(out, algo_spelt(word, len)))
            return false;
        word += len;
        if (*word == '\0')
            break;
    }
    *bad = text;
    if (offer_has(out, TRANSFORM_KE) && !offer_has(out, TRANSFORM_PRF) && !offer_imply_prfs(out))
        return false;
    *bad = NULL;
    return true;
}
