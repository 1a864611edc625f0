/* SPDX-License-Identifier: MIT
 * The tables of keys and signature schemes. */
#include "ike/sign.h"

#include <string.h>

/* clang-format off */
const struct ike_key_row ike_key_types[KEY_TYPE_COUNT] = {
    /*                      name        openssl      bits spki sig  kind         hash */
    [KEY_TYPE_NONE]     = {"none",      "",             0,   0,   0, KEY_NONE,    HASH_NONE},
    [KEY_TYPE_RSA2048]  = {"rsa2048",   "RSA",       2048, 294, 256, KEY_RSA,     HASH_SHA256},
    [KEY_TYPE_RSA3072]  = {"rsa3072",   "RSA",       3072, 422, 384, KEY_RSA,     HASH_SHA256},
    [KEY_TYPE_RSA4096]  = {"rsa4096",   "RSA",       4096, 550, 512, KEY_RSA,     HASH_SHA512},
    [KEY_TYPE_ECDSA256] = {"ecdsa256",  "P-256",      256,  91,  72, KEY_ECDSA,   HASH_SHA256},
    [KEY_TYPE_ECDSA384] = {"ecdsa384",  "P-384",      384, 120, 104, KEY_ECDSA,   HASH_SHA384},
    [KEY_TYPE_ECDSA521] = {"ecdsa521",  "P-521",      521, 158, 139, KEY_ECDSA,   HASH_SHA512},
    [KEY_TYPE_ED25519]  = {"ed25519",   "ED25519",    256,  44,  64, KEY_ED25519, HASH_IDENTITY},
    [KEY_TYPE_ED448]    = {"ed448",     "ED448",      456,  69, 114, KEY_ED448,   HASH_IDENTITY},
};

#define DER(...) {.at = (const uint8_t[]){__VA_ARGS__}, .len = sizeof(const uint8_t[]){__VA_ARGS__}}
#define PKCS1(last) \
    DER(0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last, 0x05, 0x00)
#define ECDSA(last) DER(0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last)
#define EDDSA(last) DER(0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, last)
#define PSS(hash, salt)                                                                           \
    DER(0x30, 0x46, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x39, \
        0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, \
        0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, \
        0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, \
        0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, salt, 0xa3, 0x03, 0x02, 0x01, 0x01)

/* The same without trailerField, which has its default (X.690 11.5): strongSwan writes it so. */
#define PSS_SHORT(hash, salt)                                                                     \
    DER(0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x34, \
        0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, \
        0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, \
        0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, \
        0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, salt)

/* In order of preference; PSS before PKCS#1 (RFC 8247 3.2). */
const struct ike_scheme ike_schemes[] = {
    {"rsa-pss-sha256", PSS(0x01, 0x20),  14, KEY_RSA,     0, HASH_SHA256,   true,  false, false, "RFC 7427 A.4.3"},
    {"rsa-pss-sha384", PSS(0x02, 0x30),  14, KEY_RSA,     0, HASH_SHA384,   true,  false, false, "RFC 7427 A.4; RFC 4055 3.1"},
    {"rsa-pss-sha512", PSS(0x03, 0x40),  14, KEY_RSA,     0, HASH_SHA512,   true,  false, false, "RFC 7427 A.4; RFC 4055 3.1"},
    {"rsa-pss-sha256", PSS_SHORT(0x01, 0x20), 14, KEY_RSA, 0, HASH_SHA256,  true,  false, true,  "RFC 4055 3.1, in DER"},
    {"rsa-pss-sha384", PSS_SHORT(0x02, 0x30), 14, KEY_RSA, 0, HASH_SHA384,  true,  false, true,  "RFC 4055 3.1, in DER"},
    {"rsa-pss-sha512", PSS_SHORT(0x03, 0x40), 14, KEY_RSA, 0, HASH_SHA512,  true,  false, true,  "RFC 4055 3.1, in DER"},
    {"rsa-sha256",     PKCS1(0x0b),      14, KEY_RSA,     0, HASH_SHA256,   false, false, false, "RFC 7427 A.1.2"},
    {"rsa-sha384",     PKCS1(0x0c),      14, KEY_RSA,     0, HASH_SHA384,   false, false, false, "RFC 7427 A.1.3"},
    {"rsa-sha512",     PKCS1(0x0d),      14, KEY_RSA,     0, HASH_SHA512,   false, false, false, "RFC 7427 A.1.4"},
    {"rsa-sha1",       PKCS1(0x05),      14, KEY_RSA,     0, HASH_SHA1,     false, false, true,  "RFC 7427 A.1.1; RFC 8247 3.2: never made"},
    {"ecdsa-sha256",   ECDSA(0x02),      14, KEY_ECDSA,   0, HASH_SHA256,   false, false, false, "RFC 7427 A.3.2"},
    {"ecdsa-sha384",   ECDSA(0x03),      14, KEY_ECDSA,   0, HASH_SHA384,   false, false, false, "RFC 7427 A.3.3"},
    {"ecdsa-sha512",   ECDSA(0x04),      14, KEY_ECDSA,   0, HASH_SHA512,   false, false, false, "RFC 7427 A.3.4"},
    {"ed25519",        EDDSA(0x70),      14, KEY_ED25519, 0, HASH_IDENTITY, false, false, false, "RFC 8420 2, A.1"},
    {"ed448",          EDDSA(0x71),      14, KEY_ED448,   0, HASH_IDENTITY, false, false, false, "RFC 8420 2, A.2"},
    {"rsa-old",        {.at = NULL, .len = 0}, 1,  KEY_RSA,   0, HASH_SHA1,               false, false, false, "RFC 7296 2.15, 3.8"},
    {"ecdsa256-old",   {.at = NULL, .len = 0}, 9,  KEY_ECDSA, KEY_TYPE_ECDSA256, HASH_SHA256, false, true,  false, "RFC 4754 3, 7"},
    {"ecdsa384-old",   {.at = NULL, .len = 0}, 10, KEY_ECDSA, KEY_TYPE_ECDSA384, HASH_SHA384, false, true,  false, "RFC 4754 3, 7"},
    {"ecdsa521-old",   {.at = NULL, .len = 0}, 11, KEY_ECDSA, KEY_TYPE_ECDSA521, HASH_SHA512, false, true,  false, "RFC 4754 3, 7"},
};
/* clang-format on */
const size_t ike_scheme_count = sizeof ike_schemes / sizeof ike_schemes[0];

uint8_t ike_key_type_named(const char *name)
{
    for (unsigned i = 1; i < KEY_TYPE_COUNT; i++)
        if (strcmp(ike_key_types[i].name, name) == 0)
            return (uint8_t)i;
    return KEY_TYPE_NONE;
}

uint8_t ike_key_type_of(enum ike_key_kind kind, unsigned bits)
{
    uint8_t found = KEY_TYPE_NONE;
    for (unsigned i = 1; i < KEY_TYPE_COUNT; i++)
        if (ike_key_types[i].kind == kind &&
            (found == KEY_TYPE_NONE || ike_key_types[i].bits <= bits))
            found = (uint8_t)i;
    return found;
}

bool ike_scheme_fits(const struct ike_scheme *scheme, uint8_t key_type)
{
    return scheme->kind == ike_key_types[key_type].kind &&
           (scheme->type == 0 || scheme->type == key_type);
}

const struct ike_scheme *ike_scheme_parse(uint8_t method, struct ike_bytes data,
                                          struct ike_bytes *signature)
{
    struct ike_reader r = rd_open(data);
    struct ike_bytes identifier = {.at = NULL, .len = 0};
    if (method == 14)
        identifier = rd_bytes(&r, rd_u8(&r)); /* RFC 7427 3, figure 2 */
    *signature = rd_rest(&r);
    for (size_t i = 0; !r.bad && i < ike_scheme_count; i++)
        if (ike_schemes[i].method == method &&
            ike_bytes_equal(ike_schemes[i].identifier, identifier))
            return &ike_schemes[i];
    return NULL;
}

void ike_scheme_put(struct ike_writer *w, const struct ike_scheme *scheme)
{
    if (scheme->identifier.len == 0)
        return;
    put_u8(w, (uint8_t)scheme->identifier.len);
    put_bytes(w, scheme->identifier);
}
