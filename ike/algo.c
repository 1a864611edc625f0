/* SPDX-License-Identifier: MIT
 * The table of transforms, how a row is found, and how a proposal of ours is
 * read from text. What a row's numbers are for is said in algo.h. */
#include "ike/algo.h"

#include "ike/limits.h"

#include <string.h>

/* The columns of each kind of row. Counter modes and AEAD: a salt after the key, an IV of 8. */
#define SALTED(num, bits, salt, icv, word, title_, lib, rfc)                             \
    {                                                                                    \
        .type = TRANSFORM_ENCR, .id = (num), .key_bits = (bits), .name = (word),         \
        .title = (title_), .key_len = (bits) == 0 ? 32 : (bits) / 8, .salt_len = (salt), \
        .iv_len = 8, .block = 1, .icv_len = (icv), .openssl = (lib), .source = (rfc)     \
    }
#define AEAD(num, bits, word, title_, lib, rfc) SALTED(num, bits, 4, 16, word, title_, lib, rfc)
#define GCM(icv, num, bits, lib) \
    SALTED(num, bits, 4, icv, "aes" #bits "gcm" #icv, "ENCR_AES_GCM_" #icv, lib, RFC_GCM)
#define CCM(icv, num, bits, lib) \
    SALTED(num, bits, 3, icv, "aes" #bits "ccm" #icv, "ENCR_AES_CCM_" #icv, lib, RFC_CCM)
#define CTR(num, bits, lib) \
    SALTED(num, bits, 4, 0, "aes" #bits "ctr", "ENCR_AES_CTR", lib, "RFC 5930 2; RFC 3686 4")
#define CBC(num, bits, word, title_, lib, rfc)                                                 \
    {                                                                                          \
        .type = TRANSFORM_ENCR, .id = (num), .key_bits = (bits), .name = (word),               \
        .title = (title_), .key_len = (bits) / 8, .iv_len = 16, .block = 16, .openssl = (lib), \
        .source = (rfc)                                                                        \
    }
#define INTEG(num, out, icv, word, title_, lib, rfc)                                               \
    {                                                                                              \
        .type = TRANSFORM_INTEG, .id = (num), .name = (word), .title = (title_), .key_len = (out), \
        .icv_len = (icv), .out_len = (out), .mac = IKE_MAC_HMAC, .openssl = (lib), .source = (rfc) \
    }
#define PRF(num, out, word, title_, lib, rfc)                                                    \
    {                                                                                            \
        .type = TRANSFORM_PRF, .id = (num), .name = (word), .title = (title_), .key_len = (out), \
        .out_len = (out), .mac = IKE_MAC_HMAC, .openssl = (lib), .source = (rfc)                 \
    }
/* Macs on AES, with a key and an output of one block. */
#define AES_INTEG(num, kind, word, title_, lib, rfc)                                            \
    {                                                                                           \
        .type = TRANSFORM_INTEG, .id = (num), .name = (word), .title = (title_), .key_len = 16, \
        .icv_len = 12, .out_len = 16, .mac = (kind), .openssl = (lib), .source = (rfc)          \
    }
#define AES_PRF(num, kind, word, title_, lib, rfc)                                            \
    {                                                                                         \
        .type = TRANSFORM_PRF, .id = (num), .name = (word), .title = (title_), .key_len = 16, \
        .out_len = 16, .nonce_len = 8, .mac = (kind), .openssl = (lib), .source = (rfc)       \
    }
#define KEM(num, share, answer, word, title_, lib, rfc)                              \
    {                                                                                \
        .type = TRANSFORM_KE, .id = (num), .name = (word), .title = (title_),        \
        .share_len = (share), .answer_len = (answer), .secret_len = 32, .kem = true, \
        .openssl = (lib), .source = (rfc)                                            \
    }
#define KE(num, share, secret, word, title_, lib, rfc)                                         \
    {                                                                                          \
        .type = TRANSFORM_KE, .id = (num), .name = (word), .title = (title_),                  \
        .share_len = (share), .answer_len = (share), .secret_len = (secret), .openssl = (lib), \
        .source = (rfc)                                                                        \
    }
#define ESN(num, word, title_, rfc)                                                           \
    {                                                                                         \
        .type = TRANSFORM_ESN, .id = (num), .name = (word), .title = (title_), .openssl = "", \
        .source = (rfc)                                                                       \
    }
#define RFC_GCM "RFC 4106 3, 8.1; RFC 5282 4"
#define RFC_CCM "RFC 4309 3, 4, 8.1; RFC 5282 4"
#define RFC_BP  "RFC 6954 2.1, 2.3"
#define RFC_KEM "FIPS 203 8; draft-ietf-ipsecme-ikev2-mlkem 2"

/* clang-format off */
/* DEVIATION: RFC 7296 3.3.4 would let administrators add groups. A group is a row here, with its
 * arithmetic and its vectors. */
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
    [ALGO_AES192] = CBC( 12, 192, "aes192",
        "ENCR_AES_CBC",                   "AES-192-CBC",         "RFC 3602 2; RFC 7296 3.14"),
    [ALGO_AES128CTR]   = CTR(13, 128, "AES-128-CTR"),
    [ALGO_AES192CTR]   = CTR(13, 192, "AES-192-CTR"),
    [ALGO_AES256CTR]   = CTR(13, 256, "AES-256-CTR"),
    [ALGO_AES128CCM8]  = CCM( 8, 14, 128, "AES-128-CCM"),
    [ALGO_AES192CCM8]  = CCM( 8, 14, 192, "AES-192-CCM"),
    [ALGO_AES256CCM8]  = CCM( 8, 14, 256, "AES-256-CCM"),
    [ALGO_AES128CCM12] = CCM(12, 15, 128, "AES-128-CCM"),
    [ALGO_AES192CCM12] = CCM(12, 15, 192, "AES-192-CCM"),
    [ALGO_AES256CCM12] = CCM(12, 15, 256, "AES-256-CCM"),
    [ALGO_AES128CCM16] = CCM(16, 16, 128, "AES-128-CCM"),
    [ALGO_AES192CCM16] = CCM(16, 16, 192, "AES-192-CCM"),
    [ALGO_AES256CCM16] = CCM(16, 16, 256, "AES-256-CCM"),
    [ALGO_AES128GCM8]  = GCM( 8, 18, 128, "AES-128-GCM"),
    [ALGO_AES192GCM8]  = GCM( 8, 18, 192, "AES-192-GCM"),
    [ALGO_AES256GCM8]  = GCM( 8, 18, 256, "AES-256-GCM"),
    [ALGO_AES128GCM12] = GCM(12, 19, 128, "AES-128-GCM"),
    [ALGO_AES192GCM12] = GCM(12, 19, 192, "AES-192-GCM"),
    [ALGO_AES256GCM12] = GCM(12, 19, 256, "AES-256-GCM"),
    [ALGO_AES192GCM16] = GCM(16, 20, 192, "AES-192-GCM"),
    [ALGO_3DES] = {.type = TRANSFORM_ENCR, .id = 3, .name = "3des", .title = "ENCR_3DES",
        .key_len = 24, .iv_len = 8, .block = 8, .openssl = "DES-EDE3-CBC", .source = "RFC 2451 2"},
    [ALGO_NULL] = {.type = TRANSFORM_ENCR, .id = 11, .name = "null", .title = "ENCR_NULL",
        .block = 1, .openssl = "", .source = "RFC 2410 2; not for IKE: RFC 7296 3.3.2"},
    [ALGO_SHA1] = INTEG( 2, 20, 12, "sha1",
        "AUTH_HMAC_SHA1_96",              "SHA1",                "RFC 2404 2"),
    [ALGO_AESXCBC] = AES_INTEG(5, IKE_MAC_XCBC, "aesxcbc",
        "AUTH_AES_XCBC_96",               "AES-XCBC",            "RFC 3566 4"),
    [ALGO_AESCMAC] = AES_INTEG(8, IKE_MAC_CMAC, "aescmac",
        "AUTH_AES_CMAC_96",               "AES-CMAC",            "RFC 4494 2, 3"),
    [ALGO_MD5] = INTEG( 1, 16, 12, "md5",
        "AUTH_HMAC_MD5_96",               "MD5",                 "RFC 2403 2"),
    [ALGO_PRFSHA1] = PRF(  2, 20, "prfsha1",
        "PRF_HMAC_SHA1",                  "SHA1",                "RFC 2104 2; RFC 7296 2.13"),
    [ALGO_PRFAESXCBC] = AES_PRF(4, IKE_MAC_XCBC, "prfaesxcbc",
        "PRF_AES128_XCBC",                "AES-XCBC",            "RFC 4434 2; RFC 7296 2.14"),
    [ALGO_PRFAESCMAC] = AES_PRF(8, IKE_MAC_CMAC, "prfaescmac",
        "PRF_AES128_CMAC",                "AES-CMAC",            "RFC 4615 3; RFC 7296 2.14"),
    [ALGO_PRFMD5] = PRF(  1, 16, "prfmd5",
        "PRF_HMAC_MD5",                   "MD5",                 "RFC 2104 2; RFC 7296 2.13"),
    [ALGO_MODP1024] = KE(  2, 128, 128, "modp1024",
        "1024-bit MODP Group",            "modp_1024",           "RFC 2409 6.2; RFC 7296 B.2"),
    [ALGO_MODP1536] = KE(  5, 192, 192, "modp1536",
        "1536-bit MODP Group",            "modp_1536",           "RFC 3526 2"),
    [ALGO_MODP6144] = KE( 17, 768, 768, "modp6144",
        "6144-bit MODP Group",            "modp_6144",           "RFC 3526 6"),
    [ALGO_MODP8192] = KE( 18, 1024, 1024, "modp8192",
        "8192-bit MODP Group",            "modp_8192",           "RFC 3526 7"),
    [ALGO_MODP1024S160] = KE(22, 128, 128, "modp1024s160",
        "1024-bit MODP Group with 160-bit Prime Order Subgroup", "dh_1024_160", "RFC 5114 2.1"),
    [ALGO_MODP2048S224] = KE(23, 256, 256, "modp2048s224",
        "2048-bit MODP Group with 224-bit Prime Order Subgroup", "dh_2048_224", "RFC 5114 2.2"),
    [ALGO_MODP2048S256] = KE(24, 256, 256, "modp2048s256",
        "2048-bit MODP Group with 256-bit Prime Order Subgroup", "dh_2048_256", "RFC 5114 2.3"),
    [ALGO_ECP192] = KE( 25,  48,  24, "ecp192",
        "192-bit Random ECP Group",       "P-192",               "RFC 5114 2.4"),
    [ALGO_ECP224] = KE( 26,  56,  28, "ecp224",
        "224-bit Random ECP Group",       "P-224",               "RFC 5114 2.5"),
    [ALGO_ECP521] = KE( 21, 132,  66, "ecp521",
        "521-bit random ECP group",       "P-521",               "RFC 5903 3.3, 7"),
    [ALGO_ECP224BP] = KE( 27,  56,  28, "ecp224bp",
        "brainpoolP224r1",                "brainpoolP224r1",     RFC_BP),
    [ALGO_ECP256BP] = KE( 28,  64,  32, "ecp256bp",
        "brainpoolP256r1",                "brainpoolP256r1",     RFC_BP),
    [ALGO_ECP384BP] = KE( 29,  96,  48, "ecp384bp",
        "brainpoolP384r1",                "brainpoolP384r1",     RFC_BP),
    [ALGO_ECP512BP] = KE( 30, 128,  64, "ecp512bp",
        "brainpoolP512r1",                "brainpoolP512r1",     RFC_BP),
    [ALGO_X448] = KE( 32,  56,  56, "x448",
        "Curve448",                       "X448",                "RFC 8031 2"),
    [ALGO_MLKEM512] = KEM(35, 800, 768, "mlkem512",
        "ml-kem-512",                     "ML-KEM-512",          RFC_KEM),
    [ALGO_MLKEM768] = KEM(36, 1184, 1088, "mlkem768",
        "ml-kem-768",                     "ML-KEM-768",          RFC_KEM),
    [ALGO_MLKEM1024] = KEM(37, 1568, 1568, "mlkem1024",
        "ml-kem-1024",                    "ML-KEM-1024",         RFC_KEM),
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

bool ike_algo_is_null(const struct ike_algo *encr)
{
    return encr->type == TRANSFORM_ENCR && encr->key_len == 0;
}

uint8_t ike_offer_type(const struct ike_offer *offer, uint8_t index)
{
    const uint8_t addke = offer->addke[index];
    return addke != 0 ? (uint8_t)(TRANSFORM_ADDKE1 - 1 + addke)
                      : ike_algos[offer->algos[index]].type;
}

bool ike_offer_has(const struct ike_offer *offer, uint8_t type)
{
    for (uint8_t i = 0; i < offer->count; i++)
        if (ike_offer_type(offer, i) == type)
            return true;
    return false;
}

bool ike_offer_adds(const struct ike_offer *offer)
{
    for (uint8_t i = 0; i < offer->count; i++)
        if (offer->addke[i] != 0)
            return true;
    return false;
}

static bool offer_add(struct ike_offer *offer, uint8_t algo, uint8_t addke)
{
    for (size_t i = 0; i < offer->count; i++) {
        if (offer->algos[i] == algo && offer->addke[i] == addke)
            return false;
    }
    if ((algo == 0 && addke == 0) || offer->count >= IKE_OFFER_MAX)
        return false;
    offer->addke[offer->count] = addke;
    offer->algos[offer->count++] = algo;
    return true;
}

/* "mlkem768", or "ke1_mlkem768" and "ke1_none" as strongSwan spells them. */
static bool offer_add_word(struct ike_offer *offer, const char *word, size_t len)
{
    enum { PREFIX = 4 };
    const bool adds = len > PREFIX && strncmp(word, "ke", 2) == 0 && word[2] >= '1' &&
                      word[2] <= '0' + IKE_ADDKE_MAX && word[3] == '_';
    if (!adds)
        return offer_add(offer, algo_spelt(word, len), 0);
    const uint8_t algo = algo_spelt(word + PREFIX, len - PREFIX);
    const bool none = len == PREFIX + 4 && strncmp(word + PREFIX, "none", 4) == 0;
    if (!none && ike_algos[algo].type != TRANSFORM_KE)
        return false;
    return offer_add(offer, algo, (uint8_t)(word[2] - '0'));
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
            if (same_hash && !offer_add(offer, (uint8_t)j, 0))
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
        if (!offer_add_word(out, word, len))
            return false;
        word += len;
        if (*word == '\0')
            break;
    }
    *bad = text;
    if (ike_offer_has(out, TRANSFORM_KE) && !ike_offer_has(out, TRANSFORM_PRF) &&
        !offer_imply_prfs(out))
        return false;
    *bad = NULL;
    return true;
}
