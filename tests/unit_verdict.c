/* SPDX-License-Identifier: MIT
 * What OpenSSL finds wrong with a path of certificates, and which reason we give
 * for it: faults that ike_cert_spec has no words for, made with the library
 * itself (RFC 5280 4.1, 4.2, 6.1, 6.3). */
#include "ike/crypto.h"
#include "ike/ike.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum { NOW_S = 1700000000, YEAR_S = 31536000, ROOT = 0, MIDDLE, END, CERTS };

/* Of one certificate; NULL: the extension is not there. */
struct made {
    const char *constraints;
    const char *usage;
    const char *names;   /* nameConstraints */
    const char *unknown; /* of a type that nobody knows */
    bool old_hash;       /* it is signed with SHA-1 */
    bool spoilt;         /* its key cannot be read */
    const char *key;     /* NULL: "ecdsa256" */
};

struct fault {
    const char *what;
    enum ike_why why;
    bool list; /* the root's revocation list is there */
    struct made certs[CERTS];
};

#define AUTHORITY .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign"
#define SIGNER    .usage = "digitalSignature"

/* clang-format off */
static const struct fault faults[] = {
    {"none", WHY_OK, false, {{AUTHORITY}, {AUTHORITY}, {SIGNER}}},
    {"none, and a list", WHY_OK, true, {{AUTHORITY}, {AUTHORITY}, {SIGNER}}},
    {"an authority too many", WHY_CERT_CONSTRAINTS, false,
     {{.constraints = "critical,CA:TRUE,pathlen:0"}, {AUTHORITY}, {SIGNER}}},
    {"an authority that says it is none", WHY_CERT_CONSTRAINTS, false,
     {{AUTHORITY}, {.constraints = "CA:FALSE"}, {SIGNER}}},
    {"an authority that may not certify", WHY_CERT_CONSTRAINTS, false,
     {{AUTHORITY}, {.constraints = "critical,CA:TRUE", .usage = "cRLSign"}, {SIGNER}}},
    {"something unknown that must be understood", WHY_CERT_CONSTRAINTS, false,
     {{AUTHORITY}, {AUTHORITY}, {SIGNER, .unknown = "critical,ASN1:NULL"}}},
    {"something unknown", WHY_OK, false, {{AUTHORITY}, {AUTHORITY}, {SIGNER, .unknown = "ASN1:NULL"}}},
    {"a name outside those of the authority", WHY_CERT_CONSTRAINTS, false,
     {{AUTHORITY}, {AUTHORITY, .names = "permitted;DNS:else.test"}, {SIGNER}}},
    {"a name within those of the authority", WHY_OK, false,
     {{AUTHORITY}, {AUTHORITY, .names = "permitted;DNS:gw.test"}, {SIGNER}}},
    {"a name that is not for the authority", WHY_CERT_CONSTRAINTS, false,
     {{AUTHORITY}, {AUTHORITY, .names = "excluded;DNS:gw.test"}, {SIGNER}}},
    {"a key that cannot be read", WHY_CERT_KEY, false, {{AUTHORITY}, {AUTHORITY}, {SIGNER, .spoilt = true}}},
    {"an authority's key that cannot be read", WHY_CERT_UNTRUSTED, false,
     {{AUTHORITY}, {AUTHORITY, .spoilt = true}, {SIGNER}}},
    {"a key too short", WHY_CERT_KEY, false, {{AUTHORITY}, {AUTHORITY}, {SIGNER, .key = "rsa768"}}},
    {"an authority's key too short", WHY_CERT_KEY, false, {{AUTHORITY}, {AUTHORITY, .key = "rsa768"}, {SIGNER}}},
    {"a key for RSASSA-PSS alone", WHY_OK, false, {{AUTHORITY}, {AUTHORITY}, {SIGNER, .key = "rsapss2048"}}},
    {"one too short", WHY_CERT_KEY, false, {{AUTHORITY}, {AUTHORITY}, {SIGNER, .key = "rsapss1024"}}},
    {"a signature with SHA-1", WHY_CERT_KEY, false, {{AUTHORITY}, {AUTHORITY}, {SIGNER, .old_hash = true}}},
    {"a list of who may make none", WHY_CERT_STATUS, true,
     {{.constraints = "critical,CA:TRUE", .usage = "keyCertSign"}, {AUTHORITY}, {SIGNER}}},
    {"no list of who may make none", WHY_OK, false,
     {{.constraints = "critical,CA:TRUE", .usage = "keyCertSign"}, {AUTHORITY}, {SIGNER}}},
};
/* clang-format on */

static uint8_t rooms[CERTS][IKE_CERT_MAX];

static struct ike_bytes read_key(const char *name)
{
    static uint8_t octets[2048];
    char path[128];
    (void)snprintf(path, sizeof path, "tests/vectors/certs/%s.key.der", name);
    FILE *const file = fopen(path, "rb");
    if (!EXPECT(file != NULL))
        exit(1);
    const size_t len = fread(octets, 1, sizeof octets, file);
    (void)fclose(file);
    return (struct ike_bytes){.at = octets, .len = len};
}

static EVP_PKEY *load(const char *name)
{
    const struct ike_bytes octets = read_key(name);
    const uint8_t *at = octets.at;
    EVP_PKEY *const key = d2i_AutoPrivateKey(NULL, &at, (long)octets.len);
    EXPECT(key != NULL);
    return key;
}

static void extend(X509 *cert, const char *type, const char *text)
{
    X509V3_CTX ctx;
    if (text == NULL)
        return;
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *const extension = X509V3_EXT_nconf(NULL, &ctx, type, text);
    EXPECT(extension != NULL && X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void set_name(X509_NAME *name, int place)
{
    static const char *const names[] = {"root", "middle", "end"};
    EXPECT_EQ(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                         (const unsigned char *)names[place], -1, -1, 0),
              1);
}

/* A point of P-256 is written 04, x, y: other than that there is none of that length. */
static void spoil(uint8_t *octets, size_t len)
{
    static const uint8_t head[] = {0x03, 0x42, 0x00, 0x04};
    size_t at = 0;
    while (at + sizeof head < len && memcmp(octets + at, head, sizeof head) != 0)
        at++;
    EXPECT(at + sizeof head < len);
    octets[at + 3] = 0x05;
}

static struct ike_bytes make(int place, const struct made *made, EVP_PKEY *key, EVP_PKEY *issuer)
{
    X509 *const cert = X509_new();
    uint8_t *out = rooms[place];
    EXPECT_EQ(X509_set_version(cert, 2), 1);
    EXPECT_EQ(ASN1_INTEGER_set(X509_get_serialNumber(cert), place + 1), 1);
    EXPECT(ASN1_TIME_set(X509_getm_notBefore(cert), NOW_S - YEAR_S) != NULL);
    EXPECT(ASN1_TIME_set(X509_getm_notAfter(cert), NOW_S + YEAR_S) != NULL);
    set_name(X509_get_subject_name(cert), place);
    set_name(X509_get_issuer_name(cert), place == ROOT ? ROOT : place - 1);
    EXPECT_EQ(X509_set_pubkey(cert, key), 1);
    extend(cert, "basicConstraints", made->constraints);
    extend(cert, "keyUsage", made->usage);
    extend(cert, "nameConstraints", made->names);
    extend(cert, "1.2.3.4", made->unknown);
    extend(cert, "subjectAltName", place == END ? "DNS:gw.test" : NULL);
    EXPECT(X509_sign(cert, issuer, made->old_hash ? EVP_sha1() : EVP_sha256()) > 0);
    const int len = i2d_X509(cert, NULL);
    EXPECT(len > 0 && len <= IKE_CERT_MAX);
    EXPECT_EQ(i2d_X509(cert, &out), len);
    X509_free(cert);
    if (made->spoilt)
        spoil(rooms[place], (size_t)len);
    return (struct ike_bytes){.at = rooms[place], .len = (size_t)len};
}

static void fill(void *owner, uint8_t *out, size_t len)
{
    uint64_t *const state = owner;
    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(*state >> 56);
    }
}

static struct ike_bytes list_of(struct ike_crypto *c, struct ike_bytes root)
{
    static uint8_t room[1024];
    struct ike_writer w = wr_open(room, sizeof room);
    struct ike_key *const key =
        c->ops->credentials->key_load(c, KEY_TYPE_ECDSA256, read_key("ecdsa256"));
    const struct ike_crl_spec spec = {.from_s = NOW_S - 10, .until_s = NOW_S + 10};
    const struct ike_issuer issuer = {.key = key, .cert = root};
    EXPECT(c->ops->credentials->crl_make(c, &spec, &issuer, &w));
    c->ops->credentials->key_free(key);
    return wr_done(&w);
}

static enum ike_why judge(const struct fault *fault)
{
    uint64_t stream = 7;
    const struct ike_random random = {.fill = fill, .owner = &stream};
    struct ike_crypto *const c = ike_crypto_openssl(random);
    const struct ike_credential_ops *const ops = c->ops->credentials;
    struct ike_trust *const trust = ops->trust_open(c);
    EVP_PKEY *keys[CERTS];
    struct ike_bytes certs[CERTS];
    struct ike_public public;
    for (int i = 0; i < CERTS; i++) {
        keys[i] = load(fault->certs[i].key != NULL ? fault->certs[i].key : "ecdsa256");
        certs[i] = make(i, &fault->certs[i], keys[i], keys[i == ROOT ? ROOT : i - 1]);
    }
    EXPECT(ops->trust_add(trust, TRUST_ANCHOR, certs[ROOT]));
    if (fault->list)
        EXPECT(ops->trust_add(trust, TRUST_CRL, list_of(c, certs[ROOT])));
    const struct ike_bytes shown[] = {certs[END], certs[MIDDLE]};
    const struct ike_chain chain = {.trust = trust,
                                    .certs = shown,
                                    .cert_count = 2,
                                    .id_type = ID_FQDN,
                                    .id = {.at = (const uint8_t *)"gw.test", .len = 7},
                                    .now_s = NOW_S};
    const enum ike_why why = c->ops->judge(c, &chain, &public);
    c->ops->public_free(c, &public);
    for (int i = 0; i < CERTS; i++)
        EVP_PKEY_free(keys[i]);
    ops->trust_close(trust);
    c->ops->close(c);
    return why;
}

static void test_each_finding_of_the_library_has_its_reason(void)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const enum ike_why why = judge(&faults[i]);
        if (!EXPECT_EQ(why, faults[i].why))
            (void)printf("# %s: %s\n", faults[i].what, ike_why_row(why)->name);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_each_finding_of_the_library_has_its_reason),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
