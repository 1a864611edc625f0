/* SPDX-License-Identifier: MIT
 * Signature schemes and certificates, each on both providers: what one signs
 * the other end verifies, and every fault has its reason (RFC 7427, RFC 4754,
 * RFC 8420, RFC 5280, RFC 4945). */
#include "ike/crypto.h"
#include "ike/ike.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1700000000, YEAR_S = 31536000, PROVIDERS = 2 };

static uint64_t stream;

static void fill(void *owner, uint8_t *out, size_t len)
{
    uint64_t *const state = owner;
    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(*state >> 56);
    }
}

static struct ike_crypto *provider(int which)
{
    stream = 99;
    const struct ike_random random = {.fill = fill, .owner = &stream};
    return which == 0 ? ike_crypto_openssl(random) : ike_crypto_modelled(random);
}

/* Keys of RSA are slow to make; these were made once by tests/vectors/certs/make.sh. */
static struct ike_key *load(struct ike_crypto *c, uint8_t type)
{
    static uint8_t octets[4096];
    char path[128];
    (void)snprintf(path, sizeof path, "tests/vectors/certs/%s.key.der", ike_key_types[type].name);
    FILE *const file = fopen(path, "rb");
    if (!EXPECT(file != NULL))
        exit(1);
    const size_t len = fread(octets, 1, sizeof octets, file);
    (void)fclose(file);
    return c->ops->credentials->key_load(c, type, (struct ike_bytes){.at = octets, .len = len});
}

struct ground {
    struct ike_crypto *c;
    struct ike_key *root_key;
    struct ike_key *key;
    struct ike_trust *trust;
    uint8_t room[3][IKE_CERT_MAX];
    struct ike_bytes root;
    struct ike_bytes cert;
};

static struct ike_bytes make(struct ground *g, int place, const struct ike_cert_spec *spec,
                             const struct ike_key *key, const struct ike_issuer *issuer)
{
    struct ike_writer w = wr_open(g->room[place], IKE_CERT_MAX);
    EXPECT(g->c->ops->credentials->cert_make(g->c, spec, key, issuer, &w));
    return wr_done(&w);
}

static const struct ike_bytes name = {.at = (const uint8_t *)"gw.test", .len = 7};

static struct ike_cert_spec end_spec(void)
{
    return (struct ike_cert_spec){.name = "gateway",
                                  .id_type = ID_FQDN,
                                  .id = name,
                                  .serial = 77,
                                  .from_s = NOW_S - YEAR_S,
                                  .until_s = NOW_S + YEAR_S};
}

static void ground_open(struct ground *g, int which, uint8_t type, uint8_t root_type)
{
    *g = (struct ground){.c = provider(which)};
    g->root_key = load(g->c, root_type);
    g->key = load(g->c, type);
    EXPECT(g->key != NULL && g->root_key != NULL);
    const struct ike_cert_spec ca = {.name = "root",
                                     .serial = 1,
                                     .from_s = NOW_S - YEAR_S,
                                     .until_s = NOW_S + YEAR_S,
                                     .ca = true};
    g->root = make(g, 0, &ca, g->root_key, &(struct ike_issuer){.key = g->root_key});
    const struct ike_cert_spec spec = end_spec();
    g->cert = make(g, 1, &spec, g->key, &(struct ike_issuer){.key = g->root_key, .cert = g->root});
    g->trust = g->c->ops->credentials->trust_open(g->c);
    EXPECT(g->c->ops->credentials->trust_add(g->trust, TRUST_ANCHOR, g->root));
}

static void ground_close(struct ground *g)
{
    g->c->ops->credentials->trust_close(g->trust);
    g->c->ops->credentials->key_free(g->root_key);
    g->c->ops->credentials->key_free(g->key);
    g->c->ops->close(g->c);
}

static enum ike_why judge_at(struct ground *g, struct ike_bytes cert, uint64_t now_s,
                             struct ike_public *out)
{
    const struct ike_chain chain = {.trust = g->trust,
                                    .certs = &cert,
                                    .cert_count = 1,
                                    .id_type = ID_FQDN,
                                    .id = name,
                                    .now_s = now_s};
    return g->c->ops->judge(g->c, &chain, out);
}

static enum ike_why judge(struct ground *g, struct ike_bytes cert)
{
    struct ike_public key;
    const enum ike_why why = judge_at(g, cert, NOW_S, &key);
    g->c->ops->public_free(g->c, &key);
    return why;
}

static void check_scheme(struct ground *g, const struct ike_scheme *scheme,
                         const struct ike_public *key)
{
    const struct ike_bytes parts[] = {{.at = (const uint8_t *)"signed", .len = 6},
                                      {.at = (const uint8_t *)" octets", .len = 7}};
    const struct ike_bytes joined = {.at = (const uint8_t *)"signed octets", .len = 13};
    const struct ike_signed what = {.scheme = scheme, .parts = parts, .part_count = 2};
    const struct ike_signed same = {.scheme = scheme, .parts = &joined, .part_count = 1};
    uint8_t out[IKE_SIGNATURE_MAX];
    size_t len = 0;
    if (!EXPECT(g->c->ops->sign(g->c, g->key, &what, out, &len)))
        (void)printf("# %s with %s\n", scheme->name, ike_key_types[key->type].name);
    struct ike_bytes signature = {.at = out, .len = len};
    EXPECT(g->c->ops->verify(g->c, key, &what, signature));
    EXPECT(g->c->ops->verify(g->c, key, &same, signature));
    if (scheme->raw)
        EXPECT_EQ(len, 2 * ((ike_key_types[key->type].bits + 7U) / 8));
    else
        EXPECT(len <= ike_key_types[key->type].signature_len);
    signature.len--;
    EXPECT(!g->c->ops->verify(g->c, key, &what, signature));
    signature.len++;
    for (size_t i = 0; i < len; i += len / 3) {
        out[i] ^= 1;
        EXPECT(!g->c->ops->verify(g->c, key, &what, signature));
        out[i] ^= 1;
    }
    EXPECT(g->c->ops->verify(g->c, key, &what, signature));
    const struct ike_signed other = {.scheme = scheme, .parts = &joined, .part_count = 0};
    EXPECT(!g->c->ops->verify(g->c, key, &other, signature));
}

static void test_every_key_signs_by_every_scheme_that_fits_it_and_by_no_other(void)
{
    static struct ground g;
    uint32_t fitting = 0; /* schemes that some key fits */
    for (int which = 0; which < PROVIDERS; which++)
        for (uint8_t type = 1; type < KEY_TYPE_COUNT; type++) {
            struct ike_public key;
            ground_open(&g, which, type, KEY_TYPE_ECDSA256);
            EXPECT_EQ(judge_at(&g, g.cert, NOW_S, &key), WHY_OK);
            EXPECT_EQ(key.type, type);
            for (size_t i = 0; i < ike_scheme_count; i++) {
                const struct ike_scheme *const scheme = &ike_schemes[i];
                const struct ike_signed what = {.scheme = scheme, .parts = &name, .part_count = 1};
                uint8_t out[IKE_SIGNATURE_MAX];
                size_t len;
                fitting |= UINT32_C(1) << i & (ike_scheme_fits(scheme, type) ? UINT32_MAX : 0);
                if (ike_scheme_fits(scheme, type))
                    check_scheme(&g, scheme, &key);
                else
                    EXPECT(!g.c->ops->sign(g.c, g.key, &what, out, &len) &&
                           !g.c->ops->verify(g.c, &key, &what, name));
            }
            g.c->ops->public_free(g.c, &key);
            ground_close(&g);
        }
    EXPECT_EQ(fitting, (UINT32_C(1) << ike_scheme_count) - 1);
}

static void test_identifiers_are_read_back_and_others_are_none(void)
{
    for (size_t i = 0; i < ike_scheme_count; i++) {
        uint8_t room[128];
        struct ike_writer w = wr_open(room, sizeof room);
        struct ike_bytes signature;
        ike_scheme_put(&w, &ike_schemes[i]);
        put_bytes(&w, name);
        EXPECT(ike_scheme_parse(ike_schemes[i].method, wr_done(&w), &signature) == &ike_schemes[i]);
        EXPECT(ike_bytes_equal(signature, name));
        if (ike_schemes[i].identifier.len == 0)
            continue;
        room[5] ^= 1;
        EXPECT(ike_scheme_parse(14, wr_done(&w), &signature) == NULL);
        EXPECT(ike_scheme_parse(14, (struct ike_bytes){.at = room, .len = 5}, &signature) == NULL);
    }
}

static void test_a_stand_in_certificate_is_as_long_as_the_real_one(void)
{
    static struct ground real;
    static struct ground stand_in;
    for (uint8_t type = 1; type < KEY_TYPE_COUNT; type++)
        for (uint8_t root = 1; root < KEY_TYPE_COUNT; root++) {
            ground_open(&real, 0, type, root);
            ground_open(&stand_in, 1, type, root);
            /* ECDSA's integers are an octet or two shorter now and then. */
            const size_t slack = ike_key_types[root].kind == KEY_ECDSA ? 4 : 0;
            if (!EXPECT(real.cert.len <= stand_in.cert.len &&
                        real.cert.len + slack >= stand_in.cert.len) ||
                !EXPECT(real.root.len <= stand_in.root.len &&
                        real.root.len + slack >= stand_in.root.len))
                (void)printf("# %s by %s: %zu %zu, root %zu %zu\n", ike_key_types[type].name,
                             ike_key_types[root].name, real.cert.len, stand_in.cert.len,
                             real.root.len, stand_in.root.len);
            ground_close(&real);
            ground_close(&stand_in);
        }
}

static enum ike_why judged(struct ground *g, const struct ike_cert_spec *spec)
{
    const struct ike_issuer issuer = {.key = g->root_key, .cert = g->root};
    return judge(g, make(g, 2, spec, g->key, &issuer));
}

static void test_each_fault_of_a_certificate_has_its_reason(void)
{
    static struct ground g;
    for (int which = 0; which < PROVIDERS; which++) {
        ground_open(&g, which, KEY_TYPE_ECDSA256, KEY_TYPE_ECDSA384);
        struct ike_public key;
        struct ike_cert_spec spec = end_spec();
        EXPECT_EQ(judged(&g, &spec), WHY_OK);
        spec.until_s = NOW_S - 1;
        EXPECT_EQ(judged(&g, &spec), WHY_CERT_EXPIRED);
        spec = end_spec();
        spec.from_s = NOW_S + 1;
        EXPECT_EQ(judged(&g, &spec), WHY_CERT_NOT_YET_VALID);
        spec = end_spec();
        spec.usage = USAGE_CIPHER;
        EXPECT_EQ(judged(&g, &spec), WHY_CERT_KEY_USAGE);
        spec.usage = USAGE_SERVER;
        EXPECT_EQ(judged(&g, &spec), WHY_CERT_KEY_USAGE);
        spec = end_spec();
        spec.id.len = 6;
        EXPECT_EQ(judged(&g, &spec), WHY_CERT_NAME);
        spec = end_spec();
        spec.id_type = ID_RFC822_ADDR;
        EXPECT_EQ(judged(&g, &spec), WHY_CERT_NAME);
        /* the anchor's own time passes, too */
        EXPECT_EQ(judge_at(&g, g.cert, NOW_S + 2 * UINT64_C(31536000), &key), WHY_CERT_EXPIRED);
        spec = end_spec();
        const struct ike_issuer self = {.key = g.key};
        EXPECT_EQ(judge(&g, make(&g, 2, &spec, g.key, &self)), WHY_CERT_UNTRUSTED);
        const struct ike_issuer no_ca = {.key = g.key, .cert = g.cert};
        EXPECT(g.c->ops->credentials->trust_add(g.trust, TRUST_ANCHOR, g.cert));
        EXPECT_EQ(judge(&g, make(&g, 2, &spec, g.root_key, &no_ca)), WHY_CERT_CONSTRAINTS);
        EXPECT_EQ(judge(&g, (struct ike_bytes){.at = g.cert.at, .len = g.cert.len / 2}),
                  WHY_CERT_SYNTAX);
        ground_close(&g);
    }
}

static void test_a_tampered_certificate_is_refused(void)
{
    static struct ground g;
    for (int which = 0; which < PROVIDERS; which++) {
        ground_open(&g, which, KEY_TYPE_ED25519, KEY_TYPE_ED25519);
        for (size_t i = 0; i < g.cert.len; i++) {
            g.room[1][i] ^= 0x20;
            EXPECT(judge(&g, g.cert) != WHY_OK);
            g.room[1][i] ^= 0x20;
        }
        g.room[1][g.cert.len - 1] ^= 1;
        EXPECT_EQ(judge(&g, g.cert), WHY_CERT_SIGNATURE);
        ground_close(&g);
    }
}

static void test_revocation_is_asked_of_the_lists_there_are(void)
{
    static struct ground g;
    for (int which = 0; which < PROVIDERS; which++)
        for (int kind = 0; kind < 4; kind++) {
            static uint8_t room[1024];
            static const uint64_t serials[] = {5, 77};
            struct ike_writer w = wr_open(room, sizeof room);
            ground_open(&g, which, KEY_TYPE_ECDSA256, KEY_TYPE_ED25519);
            const struct ike_crl_spec spec = {.from_s = NOW_S - 10,
                                              .until_s = kind == 2 ? NOW_S - 5 : NOW_S + 10,
                                              .serials = serials,
                                              .serial_count = kind == 0 ? 2 : 1};
            const struct ike_issuer issuer = {.key = g.root_key, .cert = g.root};
            EXPECT(g.c->ops->credentials->crl_make(g.c, &spec, &issuer, &w));
            if (kind == 3)
                room[w.len - 1] ^= 1;
            EXPECT(g.c->ops->credentials->trust_add(g.trust, TRUST_CRL, wr_done(&w)));
            EXPECT_EQ(judge(&g, g.cert), kind == 0   ? WHY_CERT_REVOKED
                                         : kind == 1 ? WHY_OK
                                                     : WHY_CERT_STATUS);
            ground_close(&g);
        }
}

static struct ike_bytes read_cert(const char *who, uint8_t *room)
{
    char path[128];
    (void)snprintf(path, sizeof path, "tests/vectors/certs/%s.cert.der", who);
    FILE *const file = fopen(path, "rb");
    if (!EXPECT(file != NULL))
        exit(1);
    const size_t len = fread(room, 1, IKE_CERT_MAX, file);
    (void)fclose(file);
    return (struct ike_bytes){.at = room, .len = len};
}

static enum ike_why judge_files(const char *end, const char *family, uint8_t id_type,
                                const void *id, size_t id_len)
{
    static uint8_t rooms[3][IKE_CERT_MAX];
    char name_of[64];
    struct ike_crypto *const c = provider(0);
    struct ike_trust *const trust = c->ops->credentials->trust_open(c);
    struct ike_public key;
    (void)snprintf(name_of, sizeof name_of, "%s.root", family);
    EXPECT(c->ops->credentials->trust_add(trust, TRUST_ANCHOR, read_cert(name_of, rooms[0])));
    (void)snprintf(name_of, sizeof name_of, "%s.middle", family);
    const struct ike_bytes middle = read_cert(name_of, rooms[1]);
    (void)snprintf(name_of, sizeof name_of, "%s.end", end);
    const struct ike_bytes certs[] = {read_cert(name_of, rooms[2]), middle};
    const struct ike_chain chain = {.trust = trust,
                                    .certs = certs,
                                    .cert_count = 2,
                                    .id_type = id_type,
                                    .id = {.at = id, .len = id_len},
                                    .now_s = UINT64_C(4000000000)};
    const enum ike_why why = c->ops->judge(c, &chain, &key);
    if (why == WHY_OK)
        EXPECT(key.verified_count == 2 && key.verified[0] == key.verified[1]);
    c->ops->public_free(c, &key);
    c->ops->credentials->trust_close(trust);
    c->ops->close(c);
    return why;
}

/* Made by the openssl command line, with four names each. */
static void test_certificates_of_others_are_judged_by_any_of_their_names(void)
{
    static const char *const families[] = {"rsa2048", "ecdsa256", "ecdsa384", "ed25519", "ed448"};
    static const uint8_t v4[] = {192, 0, 2, 1};
    static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    static const uint8_t dn[] = {0x30, 0x28, 0x31, 0x15, 0x30, 0x13, 0x06, 0x03, 0x55, 0x04, 0x0a,
                                 0x0c, 0x0c, 'i',  'k',  'e',  'l',  'a',  'b',  ' ',  't',  'e',
                                 's',  't',  's',  0x31, 0x0f, 0x30, 0x0d, 0x06, 0x03, 0x55, 0x04,
                                 0x03, 0x0c, 0x06, 'a',  '.',  't',  'e',  's',  't'};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        const char *const f = families[i];
        EXPECT_EQ(judge_files(f, f, ID_FQDN, "A.TEST", 6), WHY_OK);
        EXPECT_EQ(judge_files(f, f, ID_RFC822_ADDR, "user@a.test", 11), WHY_OK);
        EXPECT_EQ(judge_files(f, f, ID_IPV4_ADDR, v4, sizeof v4), WHY_OK);
        EXPECT_EQ(judge_files(f, f, ID_IPV6_ADDR, v6, sizeof v6), WHY_OK);
        EXPECT_EQ(judge_files(f, f, ID_DER_ASN1_DN, dn, sizeof dn), WHY_OK);
        EXPECT_EQ(judge_files(f, f, ID_DER_ASN1_DN, dn, sizeof dn - 1), WHY_CERT_NAME);
        EXPECT_EQ(judge_files(f, f, ID_KEY_ID, "a.test", 6), WHY_CERT_NAME);
        EXPECT_EQ(judge_files(f, f, ID_IPV4_ADDR, v6, 4), WHY_CERT_NAME);
    }
}

static void test_keys_too_short_or_of_unknown_curves_are_refused(void)
{
    EXPECT_EQ(judge_files("rsa1024", "rsa2048", ID_FQDN, "a.test", 6), WHY_CERT_KEY);
    EXPECT_EQ(judge_files("secp256k1", "rsa2048", ID_FQDN, "a.test", 6), WHY_CERT_KEY);
}

/* Below a meter the same, and the work is charged: ours once, the peer's for each signature. */
static void test_a_meter_charges_for_each_signature_made_or_looked_at(void)
{
    static const struct ike_costs costs = {
        .certificate_ns = 500,
        .sign_ns = {[KEY_TYPE_ED25519] = 1000},
        .verify_ns = {[KEY_TYPE_ED25519] = 10, [KEY_TYPE_ECDSA256] = 70000}};
    static struct ground g;
    for (int which = 0; which < PROVIDERS; which++) {
        uint8_t out[IKE_SIGNATURE_MAX];
        struct ike_public key;
        size_t len;
        ground_open(&g, which, KEY_TYPE_ED25519, KEY_TYPE_ECDSA256);
        struct ike_crypto *const bare = g.c;
        struct ike_crypto *const meter = ike_crypto_meter(bare, &costs);
        struct ike_signed what = {.parts = &name, .part_count = 1};
        for (size_t i = 0; i < ike_scheme_count; i++)
            if (ike_scheme_fits(&ike_schemes[i], KEY_TYPE_ED25519))
                what.scheme = &ike_schemes[i];
        EXPECT(ike_crypto_bare(meter) == bare && ike_crypto_bare(bare) == bare);
        EXPECT(meter->ops->sign(meter, g.key, &what, out, &len));
        EXPECT_EQ(meter->spent_ns, 1000);
        g.c = meter;
        EXPECT_EQ(judge_at(&g, g.cert, NOW_S, &key), WHY_OK);
        EXPECT_EQ(meter->spent_ns, 71500);
        EXPECT(meter->ops->verify(meter, &key, &what, (struct ike_bytes){.at = out, .len = len}));
        EXPECT_EQ(meter->spent_ns, 71510);
        meter->ops->public_free(meter, &key);
        EXPECT_EQ(judge_at(&g, g.cert, NOW_S + 2 * (uint64_t)YEAR_S, &key), WHY_CERT_EXPIRED);
        g.c = bare;
        g.c->ops->credentials->trust_close(g.trust);
        g.c->ops->credentials->key_free(g.root_key);
        g.c->ops->credentials->key_free(g.key);
        meter->ops->close(meter);
    }
}

/* By what its public half is: certificates of both are the same. */
static void test_a_key_saved_and_loaded_is_the_same_key(void)
{
    static uint8_t room[2][IKE_CERT_MAX];
    static uint8_t saved[4096];
    for (int which = 0; which < PROVIDERS; which++)
        for (uint8_t type = 1; type < KEY_TYPE_COUNT; type++) {
            struct ike_crypto *const c = provider(which);
            const struct ike_credential_ops *const ops = c->ops->credentials;
            struct ike_writer w = wr_open(saved, sizeof saved);
            struct ike_key *const key = ops->key_make(c, type);
            EXPECT(ops->key_save(key, &w));
            struct ike_key *const same = ops->key_load(c, type, wr_done(&w));
            EXPECT(same != NULL && same->type == type);
            const struct ike_cert_spec spec = {.name = "x", .until_s = 1, .ca = true};
            struct ike_bytes certs[2];
            for (int i = 0; i < 2; i++) {
                struct ike_key *const subject = i == 0 ? key : same;
                w = wr_open(room[i], IKE_CERT_MAX);
                EXPECT(ops->cert_make(c, &spec, subject, &(struct ike_issuer){.key = key}, &w));
                certs[i] = wr_done(&w);
            }
            /* ECDSA's signature differs, and with it the length in the first octets */
            EXPECT(memcmp(certs[0].at + 4, certs[1].at + 4, certs[0].len / 2) == 0);
            w = wr_open(saved, 8);
            EXPECT(!ops->key_save(key, &w));
            ops->key_free(key);
            ops->key_free(same);
            c->ops->close(c);
        }
}

static void test_keys_and_signatures_repeat_with_their_stream(void)
{
    static uint8_t signatures[2][IKE_SIGNATURE_MAX];
    for (int which = 0; which < PROVIDERS; which++)
        for (uint8_t type = KEY_TYPE_ECDSA256; type < KEY_TYPE_COUNT; type++)
            for (int round = 0; round < 2; round++) {
                struct ike_crypto *const c = provider(which);
                struct ike_key *const key = c->ops->credentials->key_make(c, type);
                struct ike_signed what = {.parts = &name, .part_count = 1};
                size_t len = 0;
                for (size_t i = 0; i < ike_scheme_count && len == 0; i++) {
                    what.scheme = &ike_schemes[i];
                    if (ike_scheme_fits(what.scheme, type))
                        EXPECT(c->ops->sign(c, key, &what, signatures[round], &len));
                }
                EXPECT(round == 0 || memcmp(signatures[0], signatures[1], len) == 0);
                c->ops->credentials->key_free(key);
                c->ops->close(c);
            }
}

/* The octets of an extended key usage are another type's: no certificate without one. It is an
 * anchor, so that nobody has to sign it. */
static void test_an_extended_key_usage_that_cannot_be_read_allows_nothing(void)
{
    static const uint8_t usage[] = {0x06, 0x03, 0x55, 0x1d, 0x25, 0x04};
    static struct ground g;
    ground_open(&g, 0, KEY_TYPE_ECDSA256, KEY_TYPE_ECDSA256);
    struct ike_cert_spec spec = end_spec();
    spec.usage = USAGE_SERVER;
    const struct ike_issuer issuer = {.key = g.root_key, .cert = g.root};
    const struct ike_bytes cert = make(&g, 2, &spec, g.key, &issuer);
    size_t at = 0;
    while (at + sizeof usage < cert.len && memcmp(cert.at + at, usage, sizeof usage) != 0)
        at++;
    EXPECT(at + sizeof usage + 1 < cert.len);
    EXPECT_EQ(g.room[2][at + sizeof usage + 1], 0x30); /* SEQUENCE */
    g.room[2][at + sizeof usage + 1] = 0x31;
    EXPECT(g.c->ops->credentials->trust_add(g.trust, TRUST_ANCHOR, cert));
    EXPECT_EQ(judge(&g, cert), WHY_CERT_KEY_USAGE);
    ground_close(&g);
}

static enum ike_why judge_named(struct ground *g, const struct ike_cert_spec *spec, uint8_t id_type,
                                struct ike_bytes id)
{
    const struct ike_issuer issuer = {.key = g->root_key, .cert = g->root};
    const struct ike_bytes cert = make(g, 2, spec, g->key, &issuer);
    const struct ike_chain chain = {.trust = g->trust,
                                    .certs = &cert,
                                    .cert_count = 1,
                                    .id_type = id_type,
                                    .id = id,
                                    .now_s = NOW_S};
    struct ike_public key;
    const enum ike_why why = g->c->ops->judge(g->c, &chain, &key);
    g->c->ops->public_free(g->c, &key);
    return why;
}

/* RFC 4945 3.1, 5.1.3.6 */
static void test_a_certificate_is_for_whom_it_names(void)
{
    static const uint8_t address[16] = {10, 1, 2, 3};
    static const uint8_t upper[] = "GW.TEST";
    static const uint8_t subject[] = {0x30, 0x12, 0x31, 0x10, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x04,
                                      0x03, 0x0c, 0x07, 'g',  'a',  't',  'e',  'w',  'a',  'y'};
    static struct ground g;
    for (int which = 0; which < PROVIDERS; which++) {
        ground_open(&g, which, KEY_TYPE_ECDSA256, KEY_TYPE_ECDSA256);
        struct ike_cert_spec spec = end_spec();
        const struct ike_bytes shouted = {.at = upper, .len = 7};
        const struct ike_bytes whole = {.at = subject, .len = sizeof subject};
        const struct ike_bytes cut = {.at = subject, .len = sizeof subject - 1};
        EXPECT_EQ(judge_named(&g, &spec, ID_FQDN, shouted), WHY_OK);
        EXPECT_EQ(judge_named(&g, &spec, ID_DER_ASN1_DN, whole), WHY_OK);
        EXPECT_EQ(judge_named(&g, &spec, ID_DER_ASN1_DN, cut), WHY_CERT_NAME);
        EXPECT_EQ(judge_named(&g, &spec, ID_KEY_ID, name), WHY_CERT_NAME);
        spec.id_type = ID_RFC822_ADDR;
        EXPECT_EQ(judge_named(&g, &spec, ID_RFC822_ADDR, shouted), WHY_OK);
        EXPECT_EQ(judge_named(&g, &spec, ID_RFC822_ADDR, cut), WHY_CERT_NAME);
        EXPECT_EQ(judge_named(&g, &spec, ID_FQDN, name), WHY_CERT_NAME);
        for (int v6 = 0; v6 < 2; v6++) {
            const uint8_t type = v6 == 1 ? ID_IPV6_ADDR : ID_IPV4_ADDR;
            struct ike_bytes other = {.at = address, .len = v6 == 1 ? 16 : 4};
            spec.id_type = type;
            spec.id = other;
            EXPECT_EQ(judge_named(&g, &spec, type, other), WHY_OK);
            EXPECT_EQ(judge_named(&g, &spec, ID_FQDN, other), WHY_CERT_NAME);
            other.at = upper;
            other.len = 4;
            EXPECT_EQ(judge_named(&g, &spec, type, other), WHY_CERT_NAME);
        }
        ground_close(&g);
    }
}

/* Of the longest chain, the end entity's and `IKE_CERTS_MAX - 1` others, the last issued by the
 * anchor or, in a circle, by itself under another name. */
static enum ike_why judge_longest(struct ground *g, bool anchored)
{
    static const char *const names[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
    static uint8_t rooms[IKE_CERTS_MAX][IKE_CERT_MAX];
    struct ike_bytes certs[IKE_CERTS_MAX];
    struct ike_key *keys[IKE_CERTS_MAX];
    struct ike_issuer issuer = {.key = g->root_key, .cert = g->root};
    for (size_t i = IKE_CERTS_MAX; i-- > 0;) {
        struct ike_cert_spec spec = end_spec();
        struct ike_writer w = wr_open(rooms[i], IKE_CERT_MAX);
        keys[i] = g->c->ops->credentials->key_make(g->c, KEY_TYPE_ED25519);
        if (i > 0) {
            spec.name = names[i - 1];
            spec.id_type = 0;
            spec.ca = true;
        }
        if (i == IKE_CERTS_MAX - 1 && !anchored)
            issuer = (struct ike_issuer){.key = keys[i]};
        EXPECT(g->c->ops->credentials->cert_make(g->c, &spec, keys[i], &issuer, &w));
        certs[i] = wr_done(&w);
        issuer = (struct ike_issuer){.key = keys[i], .cert = certs[i]};
    }
    const struct ike_chain chain = {.trust = g->trust,
                                    .certs = certs,
                                    .cert_count = IKE_CERTS_MAX,
                                    .id_type = ID_FQDN,
                                    .id = name,
                                    .now_s = NOW_S};
    struct ike_public key;
    const enum ike_why why = g->c->ops->judge(g->c, &chain, &key);
    g->c->ops->public_free(g->c, &key);
    for (size_t i = 0; i < IKE_CERTS_MAX; i++)
        g->c->ops->credentials->key_free(keys[i]);
    return why;
}

static void test_the_longest_chain_is_believed_and_a_circle_is_not(void)
{
    static struct ground g;
    for (int which = 0; which < PROVIDERS; which++) {
        ground_open(&g, which, KEY_TYPE_ECDSA256, KEY_TYPE_ECDSA256);
        EXPECT_EQ(judge_longest(&g, true), WHY_OK);
        EXPECT_EQ(judge_longest(&g, false), WHY_CERT_UNTRUSTED);
        ground_close(&g);
    }
}

/* What is full takes no more, and what cannot be read or is no list is none. */
static void test_trust_takes_so_much_and_nothing_else(void)
{
    static struct ground g;
    for (int which = 0; which < PROVIDERS; which++) {
        uint8_t room[256];
        ground_open(&g, which, KEY_TYPE_ED25519, KEY_TYPE_ED25519);
        const struct ike_credential_ops *const ops = g.c->ops->credentials;
        EXPECT(!ops->trust_add(g.trust, TRUST_CRL, g.root));
        EXPECT(!ops->trust_add(g.trust, TRUST_ANCHOR, (struct ike_bytes){.at = room, .len = 0}));
        for (int i = 1; i < IKE_ANCHORS_MAX; i++)
            EXPECT(ops->trust_add(g.trust, TRUST_ANCHOR, g.cert));
        EXPECT(!ops->trust_add(g.trust, TRUST_ANCHOR, g.cert));
        EXPECT_EQ(g.trust->anchor_count, IKE_ANCHORS_MAX);
        struct ike_writer w = wr_open(room, 100);
        const struct ike_cert_spec spec = end_spec();
        EXPECT(!ops->cert_make(g.c, &spec, g.key, &(struct ike_issuer){.key = g.root_key}, &w));
        w = wr_open(room, 20);
        EXPECT(!ops->crl_make(g.c, &(struct ike_crl_spec){.until_s = NOW_S},
                              &(struct ike_issuer){.key = g.root_key, .cert = g.root}, &w));
        EXPECT(ops->key_make(g.c, KEY_TYPE_NONE) == NULL);
        EXPECT(ops->key_load(g.c, KEY_TYPE_ED25519, (struct ike_bytes){.at = room, .len = 0}) ==
               NULL);
        ground_close(&g);
    }
}

/* Stand-in certificates that say of themselves what is not so: offsets as crypto_modelled_sign.c
 * writes them. */
static void test_stand_ins_that_lie_about_themselves_are_no_certificates(void)
{
    enum { LEN = 2, TYPE = 4, ISSUER_TYPE = 62, ID_LEN = 64 };
    static struct ground g;
    static const struct {
        size_t at;
        uint8_t value;
    } lies[] = {{0, 1},
                {LEN, 0x40},
                {TYPE, KEY_TYPE_NONE},
                {TYPE, KEY_TYPE_COUNT},
                {ID_LEN, 255},
                {ISSUER_TYPE, KEY_TYPE_NONE},
                {ISSUER_TYPE, KEY_TYPE_COUNT}};
    ground_open(&g, 1, KEY_TYPE_ED25519, KEY_TYPE_ED25519);
    EXPECT_EQ(g.room[1][ISSUER_TYPE], KEY_TYPE_ED25519);
    EXPECT_EQ(g.room[1][ID_LEN], name.len);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        const uint8_t truth = g.room[1][lies[i].at];
        g.room[1][lies[i].at] = lies[i].value;
        EXPECT_EQ(judge(&g, g.cert), WHY_CERT_SYNTAX);
        g.room[1][lies[i].at] = truth;
    }
    EXPECT_EQ(judge(&g, g.cert), WHY_OK);
    ground_close(&g);
}

/* Lists of another authority, or not yet good, or too many. */
static void test_lists_count_for_their_authority_and_time(void)
{
    static struct ground g;
    static const uint64_t serials[] = {77};
    for (int which = 0; which < PROVIDERS; which++) {
        uint8_t room[1024];
        ground_open(&g, which, KEY_TYPE_ECDSA256, KEY_TYPE_ED25519);
        const struct ike_credential_ops *const ops = g.c->ops->credentials;
        const struct ike_issuer other = {.key = g.key, .cert = g.cert};
        const struct ike_issuer root = {.key = g.root_key, .cert = g.root};
        struct ike_crl_spec spec = {
            .from_s = NOW_S + 5, .until_s = NOW_S + 10, .serials = serials, .serial_count = 1};
        struct ike_writer w = wr_open(room, sizeof room);
        EXPECT(ops->crl_make(g.c, &spec, &root, &w));
        EXPECT(ops->trust_add(g.trust, TRUST_CRL, wr_done(&w)));
        EXPECT_EQ(judge(&g, g.cert), WHY_CERT_STATUS);
        ground_close(&g);
        ground_open(&g, which, KEY_TYPE_ECDSA256, KEY_TYPE_ED25519);
        spec.from_s = NOW_S - 5;
        w = wr_open(room, sizeof room);
        const struct ike_issuer own = {.key = g.key, .cert = which == 0 ? g.cert : other.cert};
        EXPECT(g.c->ops->credentials->crl_make(g.c, &spec, &own, &w));
        EXPECT(g.c->ops->credentials->trust_add(g.trust, TRUST_CRL, wr_done(&w)));
        EXPECT_EQ(judge(&g, g.cert), WHY_OK); /* it says nothing about those of the root */
        for (int i = 1; which == 1 && i < 4; i++)
            EXPECT(g.c->ops->credentials->trust_add(g.trust, TRUST_CRL, wr_done(&w)));
        if (which == 1) /* the stand-in keeps four */
            EXPECT(!g.c->ops->credentials->trust_add(g.trust, TRUST_CRL, wr_done(&w)));
        ground_close(&g);
    }
}

static void test_types_of_keys_are_found_by_name(void)
{
    for (uint8_t type = KEY_TYPE_NONE + 1; type < KEY_TYPE_COUNT; type++)
        EXPECT_EQ(ike_key_type_named(ike_key_types[type].name), type);
    EXPECT_EQ(ike_key_type_named("rsa512"), KEY_TYPE_NONE);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_every_key_signs_by_every_scheme_that_fits_it_and_by_no_other),
        TEST(test_identifiers_are_read_back_and_others_are_none),
        TEST(test_a_stand_in_certificate_is_as_long_as_the_real_one),
        TEST(test_each_fault_of_a_certificate_has_its_reason),
        TEST(test_a_tampered_certificate_is_refused),
        TEST(test_revocation_is_asked_of_the_lists_there_are),
        TEST(test_certificates_of_others_are_judged_by_any_of_their_names),
        TEST(test_keys_too_short_or_of_unknown_curves_are_refused),
        TEST(test_a_meter_charges_for_each_signature_made_or_looked_at),
        TEST(test_a_key_saved_and_loaded_is_the_same_key),
        TEST(test_keys_and_signatures_repeat_with_their_stream),
        TEST(test_an_extended_key_usage_that_cannot_be_read_allows_nothing),
        TEST(test_a_certificate_is_for_whom_it_names),
        TEST(test_the_longest_chain_is_believed_and_a_circle_is_not),
        TEST(test_trust_takes_so_much_and_nothing_else),
        TEST(test_stand_ins_that_lie_about_themselves_are_no_certificates),
        TEST(test_lists_count_for_their_authority_and_time),
        TEST(test_types_of_keys_are_found_by_name),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
