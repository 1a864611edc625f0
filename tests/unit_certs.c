/* SPDX-License-Identifier: MIT
 * Certificates and lists of revoked ones that are longer than may be, cut where
 * it hurts, or of another than they should be, on both providers. */
#include "ike/crypto.h"
#include "ike/ike.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { NOW_S = 1700000000, DAY_S = 86400, PROVIDERS = 2, ROOM = IKE_CERT_MAX + 64 };

static uint64_t stream;
static struct ike_crypto *c;
static const struct ike_credential_ops *ops;
static struct ike_key *root_key, *key, *other_key;
static struct ike_trust *trust;
static uint8_t rooms[6][ROOM];
static struct ike_bytes root;

static const struct ike_bytes name = {.at = (const uint8_t *)"gw.test", .len = 7};
static const struct ike_cert_spec end = {.name = "gateway",
                                         .id_type = ID_FQDN,
                                         .id = {.at = (const uint8_t *)"gw.test", .len = 7},
                                         .serial = 77,
                                         .from_s = NOW_S - DAY_S,
                                         .until_s = NOW_S + DAY_S};
static const struct ike_cert_spec authority = {
    .name = "root", .serial = 1, .from_s = NOW_S - DAY_S, .until_s = NOW_S + DAY_S, .ca = true};

static void fill(void *owner, uint8_t *out, size_t len)
{
    uint64_t *const state = owner;
    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(*state >> 56);
    }
}

static struct ike_bytes make(int place, const struct ike_cert_spec *spec, const struct ike_key *of,
                             const struct ike_issuer *by)
{
    struct ike_writer w = wr_open(rooms[place], ROOM);
    EXPECT(ops->cert_make(c, spec, of, by, &w));
    return wr_done(&w);
}

static void begin(int which)
{
    stream = 5;
    const struct ike_random random = {.fill = fill, .owner = &stream};
    c = which == 0 ? ike_crypto_openssl(random) : ike_crypto_modelled(random);
    ops = c->ops->credentials;
    root_key = ops->key_make(c, KEY_TYPE_ED25519);
    key = ops->key_make(c, KEY_TYPE_ED25519);
    other_key = ops->key_make(c, KEY_TYPE_ED25519);
    root = make(0, &authority, root_key, &(struct ike_issuer){.key = root_key});
    trust = ops->trust_open(c);
    EXPECT(ops->trust_add(trust, TRUST_ANCHOR, root));
}

static void finish(void)
{
    ops->trust_close(trust);
    ops->key_free(root_key);
    ops->key_free(key);
    ops->key_free(other_key);
    c->ops->close(c);
}

static enum ike_why judge(const struct ike_bytes *certs, size_t count, uint8_t id_type,
                          struct ike_bytes id)
{
    const struct ike_chain chain = {.trust = trust,
                                    .certs = certs,
                                    .cert_count = count,
                                    .id_type = id_type,
                                    .id = id,
                                    .now_s = NOW_S};
    struct ike_public judged;
    const enum ike_why why = c->ops->judge(c, &chain, &judged);
    c->ops->public_free(c, &judged);
    return why;
}

static struct ike_issuer by_root(void)
{
    return (struct ike_issuer){.key = root_key, .cert = root};
}

static void test_certificates_longer_than_are_kept_are_none(void)
{
    for (int which = 0; which < PROVIDERS; which++) {
        begin(which);
        const struct ike_issuer issuer = by_root();
        struct ike_bytes cert = make(1, &end, key, &issuer);
        EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), WHY_OK);
        cert.len = IKE_CERT_MAX + 1;
        rooms[1][2] = (IKE_CERT_MAX + 1) >> 8; /* the stand-in's own length */
        rooms[1][3] = (IKE_CERT_MAX + 1) & 0xff;
        EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), WHY_CERT_SYNTAX);
        finish();
    }
}

/* What is said of a stand-in's length is true, and its last octets are of its ID or its name. */
static void test_a_stand_in_whose_signature_begins_too_early_is_none(void)
{
    begin(1);
    const struct ike_issuer issuer = by_root();
    struct ike_bytes cert = make(1, &end, key, &issuer);
    const size_t said = 66 + end.id.len + strlen(end.name);
    cert.len = said + ike_key_types[KEY_TYPE_ED25519].signature_len - 1;
    rooms[1][2] = (uint8_t)(cert.len >> 8);
    rooms[1][3] = (uint8_t)cert.len;
    EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), WHY_CERT_SYNTAX);
    rooms[1][3]++;
    cert.len++;
    EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), WHY_CERT_SIGNATURE); /* one it might be */
    finish();
}

/* RFC 5280 A.1: a common name has 64 characters. */
static void test_a_stand_in_with_a_longer_name_has_no_subject(void)
{
    static const uint8_t id[] = {0x30, 0x12, 0x31, 0x10, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x04,
                                 0x03, 0x0c, 0x07, 'g',  'a',  't',  'e',  'w',  'a',  'y'};
    begin(1);
    const struct ike_issuer issuer = by_root();
    const struct ike_bytes cert = make(1, &end, key, &issuer);
    EXPECT_EQ(judge(&cert, 1, ID_DER_ASN1_DN, (struct ike_bytes){.at = id, .len = sizeof id}),
              WHY_OK);
    EXPECT(ops->trust_add(trust, TRUST_ANCHOR, cert));
    EXPECT_EQ(rooms[1][65], strlen(end.name));
    rooms[1][65] = 90;                                 /* with the padding behind it */
    EXPECT(ops->trust_add(trust, TRUST_ANCHOR, cert)); /* so that nobody has to sign it */
    EXPECT_EQ(judge(&cert, 1, ID_DER_ASN1_DN, (struct ike_bytes){.at = id, .len = sizeof id}),
              WHY_CERT_NAME);
    finish();
}

static void test_what_a_certificate_cannot_hold_is_not_made(void)
{
    static uint8_t octets[IKE_ID_MAX + 1] = {'a'};
    static char names[66];
    begin(1);
    struct ike_writer w = wr_open(rooms[2], ROOM);
    const struct ike_issuer issuer = by_root();
    struct ike_cert_spec spec = end;
    memset(names, 'n', 65);
    spec.name = names;
    EXPECT(!ops->cert_make(c, &spec, key, &issuer, &w));
    names[64] = '\0';
    EXPECT(ops->cert_make(c, &spec, key, &issuer, &w));
    spec.id = (struct ike_bytes){.at = octets, .len = sizeof octets};
    EXPECT(!ops->cert_make(c, &spec, key, &issuer, &w));
    spec =
        end; /* an ID that it does not say of itself, and that is longer than a real one's rest */
    spec.id_type = 0;
    spec.name = "x";
    spec.id = (struct ike_bytes){.at = octets, .len = IKE_ID_MAX};
    const struct ike_bytes cert = make(3, &spec, key, &issuer);
    EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), WHY_CERT_NAME);
    const struct ike_issuer no_issuer = {.key = root_key, .cert = {.at = octets, .len = 9}};
    EXPECT(!ops->cert_make(c, &end, key, &no_issuer, &w));
    finish();
}

/* What goes by no name, or by a name of a kind that nobody compares. */
static void test_a_certificate_without_that_name_is_nobodys(void)
{
    static const uint8_t other[] = {0x30, 0x12, 0x31, 0x10, 0x30, 0x0e, 0x06,
                                    0x03, 0x55, 0x04, 0x03, 0x0c, 0x07, 'g',
                                    'a',  't',  'e',  'w',  'a',  'z',  0};
    const struct ike_bytes longer = {.at = other, .len = sizeof other};
    const struct ike_bytes same_length = {.at = other, .len = sizeof other - 1};
    for (int which = 0; which < PROVIDERS; which++) {
        begin(which);
        const struct ike_issuer issuer = by_root();
        struct ike_cert_spec spec = end;
        spec.id_type = 0;
        spec.id.len = 0;
        const struct ike_bytes cert = make(1, &spec, key, &issuer);
        EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), WHY_CERT_NAME);
        EXPECT_EQ(judge(&cert, 1, ID_DER_ASN1_DN, same_length), WHY_CERT_NAME);
        EXPECT_EQ(judge(&cert, 1, ID_DER_ASN1_DN, longer), WHY_CERT_NAME);
        finish();
    }
    begin(1);
    const struct ike_issuer issuer = by_root();
    struct ike_cert_spec spec = end;
    spec.id_type = ID_KEY_ID;
    const struct ike_bytes cert = make(1, &spec, key, &issuer);
    EXPECT_EQ(judge(&cert, 1, ID_KEY_ID, name), WHY_CERT_NAME);
    finish();
}

/* Two between the end and the root, and neither may issue any. */
static void test_one_fault_of_a_chain_is_enough(void)
{
    for (int which = 0; which < PROVIDERS; which++) {
        begin(which);
        const struct ike_issuer issuer = by_root();
        struct ike_cert_spec spec = end;
        spec.name = "upper";
        struct ike_bytes certs[3];
        certs[2] = make(1, &spec, other_key, &issuer);
        spec.name = "lower";
        certs[1] = make(2, &spec, key, &(struct ike_issuer){.key = other_key, .cert = certs[2]});
        certs[0] = make(3, &end, key, &(struct ike_issuer){.key = key, .cert = certs[1]});
        EXPECT_EQ(judge(certs, 3, ID_FQDN, name), WHY_CERT_CONSTRAINTS);
        finish();
    }
}

/* A list has an end; and there may be several. */
static void test_lists_of_revoked_certificates_are_whole_and_may_be_many(void)
{
    static const uint64_t serials[] = {5, 77};
    for (int which = 0; which < PROVIDERS; which++) {
        begin(which);
        const struct ike_issuer issuer = by_root();
        const struct ike_bytes cert = make(1, &end, key, &issuer);
        for (size_t count = 1; count <= 2; count++) {
            const struct ike_crl_spec spec = {.from_s = NOW_S - DAY_S,
                                              .until_s = NOW_S + DAY_S,
                                              .serials = serials,
                                              .serial_count = count};
            struct ike_writer w = wr_open(rooms[2], ROOM);
            EXPECT(ops->crl_make(c, &spec, &issuer, &w));
            put_u8(&w, 0);
            if (which == 1)
                EXPECT(!ops->trust_add(trust, TRUST_CRL, wr_done(&w)));
            w.len--;
            EXPECT(ops->trust_add(trust, TRUST_CRL, wr_done(&w)));
        }
        EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), which == 0 ? WHY_OK : WHY_CERT_REVOKED);
        finish();
    }
}

/* RFC 4945 5.1.3.12: any of the usages will do. The octets are those of serverAuth, changed; the
 * certificate is an anchor, so that nobody has to sign it. */
static void test_an_extended_key_usage_may_be_that_of_ike(void)
{
    static const uint8_t server[] = {0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};
    begin(0);
    const struct ike_issuer issuer = by_root();
    struct ike_cert_spec spec = end;
    spec.usage = USAGE_SERVER;
    const struct ike_bytes cert = make(1, &spec, key, &issuer);
    size_t at = 0;
    while (at + sizeof server < cert.len && memcmp(cert.at + at, server, sizeof server) != 0)
        at++;
    EXPECT(at + sizeof server < cert.len);
    EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), WHY_CERT_KEY_USAGE);
    rooms[1][at + sizeof server - 1] = 17; /* id-kp-ipsecIKE */
    ops->trust_close(trust);
    trust = ops->trust_open(c);
    EXPECT(ops->trust_add(trust, TRUST_ANCHOR, cert));
    EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), WHY_OK);
    finish();
}

/* RFC 8410 3: the octets of a key for signatures, said to be one for key exchanges. */
static void test_a_key_of_another_kind_proves_nothing(void)
{
    static const uint8_t ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
    size_t at[3] = {0};
    size_t count = 0;
    begin(0);
    const struct ike_issuer issuer = by_root();
    const struct ike_bytes cert = make(1, &end, key, &issuer);
    for (size_t i = 0; i + sizeof ed25519 < cert.len; i++)
        if (memcmp(cert.at + i, ed25519, sizeof ed25519) == 0 && count < 3)
            at[count++] = i;
    EXPECT_EQ(count, 3);        /* signed by, the key's, signed by */
    rooms[1][at[1] + 4] = 0x6e; /* X25519 */
    ops->trust_close(trust);
    trust = ops->trust_open(c);
    EXPECT(ops->trust_add(trust, TRUST_ANCHOR, cert));
    EXPECT_EQ(judge(&cert, 1, ID_FQDN, name), WHY_CERT_KEY);
    finish();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_certificates_longer_than_are_kept_are_none),
        TEST(test_a_stand_in_whose_signature_begins_too_early_is_none),
        TEST(test_a_stand_in_with_a_longer_name_has_no_subject),
        TEST(test_what_a_certificate_cannot_hold_is_not_made),
        TEST(test_a_certificate_without_that_name_is_nobodys),
        TEST(test_one_fault_of_a_chain_is_enough),
        TEST(test_lists_of_revoked_certificates_are_whole_and_may_be_many),
        TEST(test_an_extended_key_usage_may_be_that_of_ike),
        TEST(test_a_key_of_another_kind_proves_nothing),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
