/* SPDX-License-Identifier: MIT
 * Private keys and signatures with OpenSSL, in the provider's own context of
 * the library, so that whatever a signature draws comes from its stream. */
#include "ike/crypto_openssl.h"
#include "ike/limits.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum { RSA_BITS_MIN = 2048, COORDINATE_MAX = 66 };

static const char *const hash_names[] = {
    [HASH_NONE] = NULL,         [HASH_SHA1] = "SHA1",       [HASH_SHA256] = "SHA2-256",
    [HASH_SHA384] = "SHA2-384", [HASH_SHA512] = "SHA2-512", [HASH_IDENTITY] = NULL,
};

/* RFC 8247 3.1.1: shorter ones of RSA are not to be used. Of the others the curve tells. */
static const struct {
    const char *name;
    enum ike_key_kind kind;
    unsigned bits_min;
} kinds[] = {
    {"RSA", KEY_RSA, RSA_BITS_MIN}, {"RSA-PSS", KEY_RSA, RSA_BITS_MIN},
    {"EC", KEY_ECDSA, 0},           {"ED25519", KEY_ED25519, 0},
    {"ED448", KEY_ED448, 0},
};

/* Curves other than the three are not for IKE. */
static bool known_curve(const EVP_PKEY *pkey)
{
    char name[32];
    size_t len;
    if (EVP_PKEY_get_group_name(pkey, name, sizeof name, &len) != 1)
        return false;
    return strcmp(name, "prime256v1") == 0 || strcmp(name, "secp384r1") == 0 ||
           strcmp(name, "secp521r1") == 0;
}

uint8_t openssl_key_type(const EVP_PKEY *pkey)
{
    const int bits = EVP_PKEY_get_bits(pkey);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!EVP_PKEY_is_a(pkey, kinds[i].name))
            continue;
        if (bits < (int)kinds[i].bits_min)
            return KEY_TYPE_NONE;
        if (kinds[i].kind == KEY_ECDSA && !known_curve(pkey))
            return KEY_TYPE_NONE;
        return ike_key_type_of(kinds[i].kind, (unsigned)bits);
    }
    return KEY_TYPE_NONE;
}

static struct ike_key *key_wrap(EVP_PKEY *pkey, uint8_t type)
{
    struct openssl_key *const key = pkey != NULL ? calloc(1, sizeof *key) : NULL;
    if (key == NULL || openssl_key_type(pkey) != type) {
        EVP_PKEY_free(pkey);
        free(key);
        ERR_clear_error();
        return NULL;
    }
    key->head.type = type;
    key->pkey = pkey;
    return &key->head;
}

struct ike_key *openssl_key_make(struct ike_crypto *c, uint8_t type)
{
    const struct ike_key_row *const row = &ike_key_types[type];
    const struct openssl_library *const library = openssl_library_of(c);
    if (library == NULL || type == KEY_TYPE_NONE)
        return NULL;
    EVP_PKEY *pkey = NULL;
    if (row->kind == KEY_RSA)
        pkey = EVP_PKEY_Q_keygen(library->context, NULL, "RSA", (size_t)row->bits);
    else if (row->kind == KEY_ECDSA)
        pkey = EVP_PKEY_Q_keygen(library->context, NULL, "EC", row->openssl);
    else
        pkey = EVP_PKEY_Q_keygen(library->context, NULL, row->openssl);
    return key_wrap(pkey, type);
}

struct ike_key *openssl_key_load(struct ike_crypto *c, uint8_t type, struct ike_bytes from)
{
    const struct openssl_library *const library = openssl_library_of(c);
    const uint8_t *at = from.at;
    assert(from.len <= LONG_MAX);
    if (library == NULL)
        return NULL;
    return key_wrap(d2i_AutoPrivateKey_ex(NULL, &at, (long)from.len, library->context, NULL), type);
}

bool openssl_key_save(const struct ike_key *key, struct ike_writer *out)
{
    uint8_t *octets = NULL;
    const int len = i2d_PrivateKey(((const struct openssl_key *)key)->pkey, &octets);
    if (len > 0)
        put_bytes(out, (struct ike_bytes){.at = octets, .len = (size_t)len});
    OPENSSL_clear_free(octets, len > 0 ? (size_t)len : 0);
    return len > 0 && !out->bad;
}

void openssl_key_free(struct ike_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(((struct openssl_key *)key)->pkey);
    free(key);
}

/* PSS with a salt as long as the hash, and MGF1 with the same hash (RFC 7427 A.4.3). */
static bool pad(EVP_PKEY_CTX *ctx, const struct ike_scheme *scheme)
{
    if (scheme->kind != KEY_RSA)
        return true;
    if (EVP_PKEY_CTX_set_rsa_padding(ctx,
                                     scheme->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1)
        return false;
    return !scheme->pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* Ed25519 and Ed448 look at the message twice, so they want it in one piece. */
static struct ike_bytes whole(struct openssl_library *library, const struct ike_signed *what)
{
    struct ike_writer w = wr_open(library->message, sizeof library->message);
    for (size_t i = 0; i < what->part_count; i++)
        put_bytes(&w, what->parts[i]);
    assert(!w.bad);
    return wr_done(&w);
}

static bool sign_parts(struct openssl_library *library, EVP_MD_CTX *md,
                       const struct ike_signed *what, struct ike_writer *out)
{
    size_t len = out->max;
    if (what->scheme->hash == HASH_IDENTITY) {
        const struct ike_bytes message = whole(library, what);
        if (EVP_DigestSign(md, out->base, &len, message.at, message.len) != 1)
            return false;
    } else {
        for (size_t i = 0; i < what->part_count; i++)
            if (EVP_DigestSignUpdate(md, what->parts[i].at, what->parts[i].len) != 1)
                return false;
        if (EVP_DigestSignFinal(md, out->base, &len) != 1)
            return false;
    }
    out->len = len;
    return true;
}

/* From DER to r | s of the curve's length each (RFC 4754 7). */
static bool to_raw(uint8_t type, uint8_t *signature, size_t *len)
{
    const int coordinate = (ike_key_types[type].bits + 7) / 8;
    const uint8_t *at = signature;
    ECDSA_SIG *const parsed = d2i_ECDSA_SIG(NULL, &at, (long)*len);
    if (parsed == NULL)
        return false;
    const bool done =
        BN_bn2binpad(ECDSA_SIG_get0_r(parsed), signature, coordinate) == coordinate &&
        BN_bn2binpad(ECDSA_SIG_get0_s(parsed), signature + coordinate, coordinate) == coordinate;
    ECDSA_SIG_free(parsed);
    *len = 2 * (size_t)coordinate;
    return done;
}

bool openssl_sign(struct ike_crypto *c, const struct ike_key *key, const struct ike_signed *what,
                  uint8_t *out, size_t *len)
{
    struct openssl_library *const library = openssl_library_of(c);
    EVP_PKEY *const pkey = ((const struct openssl_key *)key)->pkey;
    struct ike_writer w = wr_open(out, IKE_SIGNATURE_MAX);
    EVP_PKEY_CTX *ctx = NULL; /* belongs to md */
    if (library == NULL || !ike_scheme_fits(what->scheme, key->type) ||
        EVP_PKEY_get_size(pkey) > IKE_SIGNATURE_MAX)
        return false;
    EVP_MD_CTX *const md = EVP_MD_CTX_new();
    bool done = md != NULL &&
                EVP_DigestSignInit_ex(md, &ctx, hash_names[what->scheme->hash], library->context,
                                      NULL, pkey, NULL) == 1 &&
                pad(ctx, what->scheme) && sign_parts(library, md, what, &w);
    EVP_MD_CTX_free(md);
    *len = w.len;
    if (done && what->scheme->raw)
        done = to_raw(key->type, out, len);
    ERR_clear_error();
    return done;
}

/* The way back from r | s; 0: it is not of the curve's length. */
static size_t from_raw(uint8_t type, struct ike_bytes raw, uint8_t *out)
{
    const size_t coordinate = (ike_key_types[type].bits + 7U) / 8;
    if (raw.len != 2 * coordinate)
        return 0;
    ECDSA_SIG *const signature = ECDSA_SIG_new();
    BIGNUM *const r = BN_bin2bn(raw.at, (int)coordinate, NULL);
    BIGNUM *const s = BN_bin2bn(raw.at + coordinate, (int)coordinate, NULL);
    if (signature == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
        ECDSA_SIG_free(signature);
        BN_free(r);
        BN_free(s);
        return 0;
    }
    uint8_t *at = out;
    const int len = i2d_ECDSA_SIG(signature, &at);
    ECDSA_SIG_free(signature);
    return len > 0 ? (size_t)len : 0;
}

static bool verify_parts(struct openssl_library *library, EVP_MD_CTX *md,
                         const struct ike_signed *what, struct ike_bytes signature)
{
    if (what->scheme->hash == HASH_IDENTITY) {
        const struct ike_bytes message = whole(library, what);
        return EVP_DigestVerify(md, signature.at, signature.len, message.at, message.len) == 1;
    }
    for (size_t i = 0; i < what->part_count; i++)
        if (EVP_DigestVerifyUpdate(md, what->parts[i].at, what->parts[i].len) != 1)
            return false;
    return EVP_DigestVerifyFinal(md, signature.at, signature.len) == 1;
}

bool openssl_verify(struct ike_crypto *c, const struct ike_public *key,
                    const struct ike_signed *what, struct ike_bytes signature)
{
    uint8_t der[2 * COORDINATE_MAX + 16];
    struct openssl_library *const library = openssl_library_of(c);
    EVP_PKEY_CTX *ctx = NULL; /* belongs to md */
    if (library == NULL || !ike_scheme_fits(what->scheme, key->type))
        return false;
    if (what->scheme->raw)
        signature = (struct ike_bytes){.at = der, .len = from_raw(key->type, signature, der)};
    if (signature.len == 0)
        return false;
    EVP_MD_CTX *const md = EVP_MD_CTX_new();
    const bool good =
        md != NULL &&
        EVP_DigestVerifyInit_ex(md, &ctx, hash_names[what->scheme->hash], library->context, NULL,
                                key->own.pointer, NULL) == 1 &&
        pad(ctx, what->scheme) && verify_parts(library, md, what, signature);
    EVP_MD_CTX_free(md);
    ERR_clear_error();
    return good;
}

void openssl_public_free(struct ike_crypto *c, struct ike_public *key)
{
    (void)c;
    EVP_PKEY_free(key->own.pointer);
    key->own.pointer = NULL;
}
