/* SPDX-License-Identifier: MIT
 * EAP conversations in memory: packets judged, each method with both providers,
 * MSCHAPv2 against the values of RFC 2759 9.2 and RFC 3079 3.5, MD5 against
 * a value of the openssl command line. */
#include "ike/eap.h"
#include "ike/mschapv2.h"
#include "tests/crypto_cases.h"
#include "tests/eap_talk.h"
#include "tests/test.h"
#include "tests/tls_certs.h"

#include <string.h>

static struct ike_crypto *crypto;

static void each_provider(void (*what)(bool real))
{
    for (int real = 0; real < 2; real++) {
        crypto = talk_provider(real == 1);
        what(real == 1);
        crypto->ops->close(crypto);
    }
}

/* ---- packets ---- */

static void test_a_packet_put_is_the_packet_parsed(void)
{
    const uint8_t data[] = {1, 2, 3};
    const struct ike_eap_packet in = {
        .code = EAP_REQUEST, .id = 9, .type = EAP_MD5, .data = {.at = data, .len = sizeof data}};
    struct ike_eap_packet out;
    uint8_t room[16];
    memset(room, 0xa5, sizeof room);
    struct ike_writer w = wr_open(room, sizeof room);
    ike_eap_put(&w, &in);
    EXPECT_EQ(w.len, 8);
    EXPECT_EQ(ike_eap_parse(wr_done(&w), &out), WHY_OK);
    EXPECT(out.code == in.code && out.id == in.id && out.type == in.type);
    EXPECT(ike_bytes_equal(in.data, out.data));
    for (size_t len = 0; len < w.len; len++)
        EXPECT_EQ(ike_eap_parse((struct ike_bytes){.at = room, .len = len}, &out), WHY_EAP_SYNTAX);
}

/* RFC 7296 3.16, RFC 3748 4 */
static void test_codes_types_and_lengths_out_of_order_are_refused(void)
{
    static const uint8_t cases[][6] = {
        {0, 1, 0, 5, 1, 0}, {5, 1, 0, 5, 1, 0}, {3, 1, 0, 5, 1, 0},
        {1, 1, 0, 5, 0, 0}, {1, 1, 0, 6, 1, 0}, {1, 1, 1, 5, 1, 0},
    };
    struct ike_eap_packet out;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        EXPECT_EQ(ike_eap_parse((struct ike_bytes){.at = cases[i], .len = 5}, &out),
                  WHY_EAP_SYNTAX);
    const uint8_t bare[] = {1, 1, 0, 4};
    EXPECT_EQ(ike_eap_parse((struct ike_bytes){.at = bare, .len = 4}, &out), WHY_EAP_SYNTAX);
    const uint8_t success[] = {3, 1, 0, 4};
    EXPECT_EQ(ike_eap_parse((struct ike_bytes){.at = success, .len = 4}, &out), WHY_OK);
}

/* ---- RFC 2759 9.2, 9.3 and RFC 3079 3.5.3 ---- */

static struct ike_mschapv2 sample(void)
{
    static uint8_t server[16];
    static uint8_t peer[16];
    (void)crypto_hex("5B5D7C7D7B3F2F3E3C2C602132262628", server, sizeof server);
    (void)crypto_hex("21402324255E262A28295F2B3A337C7E", peer, sizeof peer);
    return (struct ike_mschapv2){.server_challenge = server,
                                 .peer_challenge = peer,
                                 .user = {.at = (const uint8_t *)"User", .len = 4},
                                 .password = {.at = (const uint8_t *)"clientPass", .len = 10}};
}

static void expect_hex(const uint8_t *got, size_t len, const char *wanted)
{
    EXPECT(crypto_is_hex(got, len, wanted));
}

static void test_mschapv2_makes_the_values_of_rfc_2759(void)
{
    struct ike_mschapv2 m = sample();
    uint8_t out[64];
    crypto = talk_provider(true);
    ike_mschapv2_challenge(crypto, &m, out);
    expect_hex(out, 8, "D02E4386BCE91226");
    EXPECT(ike_mschapv2_hash(crypto, m.password, out));
    expect_hex(out, 16, "44EBBA8D5312B8D611474411F56989AE");
    EXPECT(ike_mschapv2_hash_hash(crypto, m.password, out));
    expect_hex(out, 16, "41C00C584BD2D91C4017A2A12FA59F3F");
    EXPECT(ike_mschapv2_response(crypto, &m, out));
    expect_hex(out, 24, "82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF");
    uint8_t proof[MSCHAPV2_PROOF + 1] = {0};
    EXPECT(ike_mschapv2_proof(crypto, &m, out, proof));
    EXPECT_STR((const char *)proof, "S=407A5589115FD0D6209F510FE9C04566932CDA56");
    crypto->ops->close(crypto);
}

static void test_a_domain_before_the_user_name_does_not_count(void)
{
    struct ike_mschapv2 m = sample();
    uint8_t out[24];
    m.user = (struct ike_bytes){.at = (const uint8_t *)"BIGCO\\User", .len = 10};
    crypto = talk_provider(true);
    EXPECT(ike_mschapv2_response(crypto, &m, out));
    expect_hex(out, 24, "82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF");
    crypto->ops->close(crypto);
}

static void test_des_keys_are_spread_as_rfc_2759_does(void)
{
    static const uint8_t raw[] = {0xfc, 0x15, 0x6a, 0xf7, 0xed, 0xcd, 0x6c};
    uint8_t out[8];
    ike_mschapv2_spread(raw, out);
    /* RFC 2759 9.3 prints FD0B5B5E7F6E34D9, with parity in the lowest bits. */
    expect_hex(out, 8, "FC0A5A5E7E6E34D8");
}

static void test_mschapv2_makes_the_keys_of_rfc_3079(void)
{
    const struct ike_mschapv2 m = sample();
    uint8_t response[24];
    uint8_t msk[64];
    crypto = talk_provider(true);
    EXPECT(ike_mschapv2_response(crypto, &m, response));
    EXPECT(ike_mschapv2_msk(crypto, m.password, response, msk));
    expect_hex(msk, 16, "D5F0E9521E3EA9589645E86051C82226");      /* the client's send key */
    expect_hex(msk + 16, 16, "8B7CDC149B993A1BA118CB153F56DCCB"); /* SendStartKey128 */
    for (size_t i = 32; i < 64; i++)
        EXPECT_EQ(msk[i], 0);
    crypto->ops->close(crypto);
}

/* printf '\x05clientPass\x00\x01…\x0f' | openssl md5 */
static void test_md5_is_that_of_the_openssl_command(void)
{
    uint8_t packet[] = {1, 5, 0, 22, 4, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    crypto = talk_provider(true);
    talk_begin(EAP_MD5);
    const struct ike_eap_start start = {.crypto = crypto, .config = &talk.config[1]};
    ike_eap_open(&talk.eap[1], &start);
    struct ike_writer w = wr_open(talk.room, sizeof talk.room);
    EXPECT_EQ(
        ike_eap_step(&talk.eap[1], (struct ike_bytes){.at = packet, .len = sizeof packet}, &w),
        WHY_OK);
    EXPECT_EQ(w.len, 26);
    expect_hex(talk.room + 6, 16, "1649d6110966f06492bdbe3574280b81");
    ike_eap_close(&talk.eap[1]);
    crypto->ops->close(crypto);
}

/* ---- each method ---- */

static const struct {
    uint8_t method;
    const char *said; /* types in order */
    const char *with_identity;
    const char *wrong; /* with a wrong password */
    bool msk;
} flows[] = {
    {EAP_MD5, "4 4 S ", "1 1 4 4 S ", "4 4 F ", false},
    {EAP_GTC, "6 6 S ", "1 1 6 6 S ", "6 6 F ", false},
    {EAP_MSCHAPV2, "26 26 26 26 S ", "1 1 26 26 26 26 S ", "26 26 26 26 F ", true},
};
enum { FLOWS = sizeof flows / sizeof flows[0] };

static void methods_succeed(bool real)
{
    (void)real;
    for (size_t i = 0; i < FLOWS; i++) {
        talk_begin(flows[i].method);
        talk_run(crypto);
        EXPECT_STR(talk.said, flows[i].said);
        EXPECT(talk_succeeded());
        EXPECT_EQ(talk.eap[0].has_msk, flows[i].msk);
        talk_end();
        talk_begin(flows[i].method);
        talk.config[0].identity = true;
        talk_run(crypto);
        EXPECT_STR(talk.said, flows[i].with_identity);
        EXPECT(talk_succeeded());
        talk_end();
    }
}

static void test_each_method_succeeds_in_as_many_packets_as_it_has(void)
{
    each_provider(methods_succeed);
}

static void wrong_passwords(bool real)
{
    (void)real;
    for (size_t i = 0; i < FLOWS; i++) {
        talk_begin(flows[i].method);
        talk_text(talk.config[1].password, &talk.config[1].password_len, "clientPast");
        talk_run(crypto);
        EXPECT_STR(talk.said, flows[i].wrong);
        EXPECT_EQ(talk.why[0], WHY_EAP_FAILED);
        EXPECT_EQ(talk.why[1], WHY_EAP_FAILED);
        EXPECT(!talk.eap[0].has_msk && !talk.eap[1].has_msk);
        talk_end();
    }
}

static void test_a_wrong_password_ends_in_failure(void)
{
    each_provider(wrong_passwords);
}

static void wrong_users(bool real)
{
    (void)real;
    for (size_t i = 0; i < FLOWS; i++) {
        talk_begin(flows[i].method);
        talk.config[0].identity = true; /* GTC itself names nobody */
        talk_text(talk.config[1].user, &talk.config[1].user_len, "Else");
        talk_run(crypto);
        EXPECT_EQ(talk.why[0], WHY_EAP_FAILED);
        talk_end();
    }
}

static void test_another_user_ends_in_failure(void)
{
    each_provider(wrong_users);
}

static void changed_octets(bool real)
{
    (void)real;
    for (size_t i = 0; i < FLOWS; i++)
        for (int packet = 0; packet < 5; packet++) {
            talk_begin(flows[i].method);
            talk.tamper = packet;
            talk_run(crypto);
            talk_end(); /* ends, one way or the other; a name's last octet is no secret's */
            EXPECT(talk.packets < 10);
        }
}

static void test_changed_octets_end_a_conversation_soon(void)
{
    each_provider(changed_octets);
}

/* ---- agreeing on a method ---- */

static void test_a_nak_leads_to_a_method_of_both(void)
{
    crypto = talk_provider(false);
    talk_begin(EAP_GTC);
    talk.config[0].methods[1] = EAP_MD5;
    talk.config[0].methods[2] = EAP_MSCHAPV2;
    talk.config[0].method_count = 3;
    talk.config[1].methods[0] = EAP_MSCHAPV2;
    talk.config[1].methods[1] = EAP_MD5;
    talk.config[1].method_count = 2;
    talk_run(crypto);
    EXPECT_STR(talk.said, "6 3 4 4 S "); /* the server's order counts */
    EXPECT(talk_succeeded());
    talk_end();
    crypto->ops->close(crypto);
}

static void test_no_method_in_common_is_a_reason_of_its_own(void)
{
    crypto = talk_provider(false);
    talk_begin(EAP_GTC);
    talk.config[1].methods[0] = EAP_MSCHAPV2;
    talk_run(crypto);
    EXPECT_STR(talk.said, "6 3 F ");
    EXPECT_EQ(talk.why[0], WHY_EAP_METHOD);
    EXPECT_EQ(talk.why[1], WHY_EAP_FAILED);
    talk_end();
    talk_begin(EAP_GTC);
    talk.config[0].method_count = 0;
    talk_run(crypto);
    EXPECT_EQ(talk.why[0], WHY_EAP_METHOD);
    talk_end();
    crypto->ops->close(crypto);
}

static void test_a_conversation_has_so_many_rounds_and_no_more(void)
{
    crypto = talk_provider(false);
    talk_begin(EAP_MSCHAPV2);
    talk.config[0].rounds_max = 1;
    talk_run(crypto);
    EXPECT_STR(talk.said, "26 26 F ");
    EXPECT_EQ(talk.why[0], WHY_EAP_ROUNDS);
    talk_end();
    talk_begin(EAP_MSCHAPV2);
    talk.config[0].rounds_max = 2;
    talk_run(crypto);
    EXPECT(talk_succeeded());
    talk_end();
    crypto->ops->close(crypto);
}

static enum ike_why peer_says(const uint8_t *packet, size_t len)
{
    struct ike_writer w = wr_open(talk.room, sizeof talk.room);
    return ike_eap_step(&talk.eap[1], (struct ike_bytes){.at = packet, .len = len}, &w);
}

static void test_success_before_the_end_of_the_method_is_not_believed(void)
{
    static const uint8_t success[] = {3, 1, 0, 4};
    crypto = talk_provider(false);
    talk_begin(EAP_MSCHAPV2);
    const struct ike_eap_start start = {.crypto = crypto, .config = &talk.config[1]};
    ike_eap_open(&talk.eap[1], &start);
    EXPECT_EQ(peer_says(success, sizeof success), WHY_EAP_FAILED);
    talk_end();
    crypto->ops->close(crypto);
}

static void test_a_notification_is_acknowledged(void)
{
    static const uint8_t notification[] = {1, 7, 0, 7, 2, 'h', 'i'};
    crypto = talk_provider(false);
    talk_begin(EAP_MD5);
    const struct ike_eap_start start = {.crypto = crypto, .config = &talk.config[1]};
    ike_eap_open(&talk.eap[1], &start);
    EXPECT_EQ(peer_says(notification, sizeof notification), WHY_OK);
    expect_hex(talk.room, 5, "0207000502");
    talk_end();
    crypto->ops->close(crypto);
}

/* A provider that has lost MD4, as an OpenSSL without its legacy module has. */
static bool no_digest(struct ike_crypto *c, enum ike_digest_kind kind,
                      const struct ike_bytes *parts, size_t part_count, uint8_t *out)
{
    (void)c;
    (void)kind;
    (void)parts;
    (void)part_count;
    (void)out;
    return false;
}

static void test_a_library_without_md4_is_a_reason_of_its_own(void)
{
    crypto = talk_provider(false);
    const struct ike_crypto_ops *const had = crypto->ops;
    struct ike_crypto_ops poor = *had;
    poor.digest = no_digest;
    crypto->ops = &poor;
    talk_begin(EAP_MSCHAPV2);
    talk_run(crypto);
    EXPECT_EQ(talk.why[1], WHY_EAP_PRIMITIVE);
    talk_end();
    talk_begin(EAP_MD5);
    talk_run(crypto);
    EXPECT_EQ(talk.why[1], WHY_EAP_PRIMITIVE);
    talk_end();
    crypto->ops = had;
    crypto->ops->close(crypto);
}

/* RFC 2759 8.3: the password is hashed as Unicode. The digest is the openssl command line's, of
 * iconv's UTF-16LE. An octet that begins no character, and what is cut off, stand for themselves.
 */
static void test_passwords_are_unicode_to_mschapv2(void)
{
    static const uint8_t stray[] = {0xff, 0xe2, 0x82};
    static const uint8_t wide[] = {0xff, 0, 0xe2, 0, 0x82, 0};
    static const uint8_t letters[IKE_EAP_PASSWORD_MAX + 1] = {'a'};
    const struct ike_bytes octets = {.at = wide, .len = sizeof wide};
    uint8_t out[16];
    uint8_t right[16];
    crypto = talk_provider(true);
    EXPECT(ike_mschapv2_hash(
        crypto, (struct ike_bytes){(const uint8_t *)"p\xc3\xa4ss\xe2\x82\xac", 8}, out));
    expect_hex(out, 16, "452468B2E855E49F1169698E4C086623");
    EXPECT(ike_mschapv2_hash(crypto, (struct ike_bytes){stray, sizeof stray}, out));
    EXPECT(crypto->ops->digest(crypto, DIGEST_MD4, &octets, 1, right));
    EXPECT(memcmp(out, right, sizeof out) == 0);
    EXPECT(ike_mschapv2_hash(crypto, (struct ike_bytes){letters, IKE_EAP_PASSWORD_MAX}, out));
    EXPECT(!ike_mschapv2_hash(crypto, (struct ike_bytes){letters, sizeof letters}, out));
    crypto->ops->close(crypto);
}

/* IKE_EAP_PASSWORD_MAX octets of one octet a character are the most. */
static void test_a_password_longer_than_is_kept_has_no_hash(void)
{
    uint8_t password[IKE_EAP_PASSWORD_MAX + 1] = {'a'};
    uint8_t out[16];
    crypto = talk_provider(true);
    EXPECT(ike_mschapv2_hash(crypto, (struct ike_bytes){.at = password, .len = sizeof password - 1},
                             out));
    EXPECT(!ike_mschapv2_hash(crypto, (struct ike_bytes){.at = password, .len = sizeof password},
                              out));
    crypto->ops->close(crypto);
}

static void test_a_method_that_is_none_is_not_begun(void)
{
    uint8_t room[64];
    struct ike_writer w = wr_open(room, sizeof room);
    crypto = talk_provider(false);
    talk_begin(99);
    const struct ike_eap_start start = {
        .crypto = crypto, .config = &talk.config[0], .server = true};
    ike_eap_open(&talk.eap[0], &start);
    EXPECT_EQ(ike_eap_begin(&talk.eap[0], &w), WHY_EAP_METHOD);
    talk_end();
    crypto->ops->close(crypto);
}

static void test_methods_are_found_by_name_type_and_place(void)
{
    size_t count = 0;
    for (const struct ike_eap_method *m; (m = ike_eap_method_at(count)) != NULL; count++) {
        EXPECT(ike_eap_method_named(m->name) == m);
        EXPECT(ike_eap_method_of(m->type) == m);
        EXPECT_STR(ike_eap_type_title(m->type), m->title);
    }
    EXPECT_EQ(count, 5);
    EXPECT(ike_eap_method_named("eap-sim") == NULL);
    EXPECT(ike_eap_method_of(18) == NULL);
    EXPECT(ike_eap_type_title(18) == NULL);
    EXPECT_STR(ike_eap_type_title(EAP_NAK), "Nak");
}

/* One packet out of place, of each kind, and what is said to it. */
struct misplaced {
    uint8_t method; /* of the end that takes it */
    bool server;
    bool identity; /* and a server that asks for it first */
    uint8_t type;
    uint8_t len;
    uint8_t data[12];
    enum ike_why why;
};

static const struct misplaced misplaced[] = {
    {EAP_MD5, true, false, EAP_MD5, 0, {0}, WHY_EAP_SYNTAX},
    {EAP_MD5, true, false, EAP_MD5, 3, {16, 1, 2}, WHY_EAP_SYNTAX},
    {EAP_MD5, true, false, EAP_MD5, 3, {2, 1, 2}, WHY_EAP_SYNTAX},
    {EAP_MD5, true, false, EAP_GTC, 1, {'x'}, WHY_EAP_SYNTAX},
    {EAP_MD5, true, true, EAP_NOTIFICATION, 0, {0}, WHY_EAP_SYNTAX},
    {EAP_MD5, true, true, EAP_NAK, 1, {EAP_GTC}, WHY_EAP_SYNTAX},
    {EAP_MD5, true, false, EAP_NAK, 1, {EAP_MD5}, WHY_EAP_METHOD},
    {EAP_MSCHAPV2, true, false, EAP_MSCHAPV2, 1, {2}, WHY_EAP_SYNTAX},
    {EAP_MSCHAPV2, true, false, EAP_MSCHAPV2, 4, {1, 1, 0, 4}, WHY_EAP_SYNTAX},
    {EAP_MSCHAPV2, true, false, EAP_MSCHAPV2, 5, {2, 1, 0, 5, 49}, WHY_EAP_SYNTAX},
    {EAP_MSCHAPV2, true, false, EAP_MSCHAPV2, 5, {2, 1, 0, 9, 49}, WHY_EAP_SYNTAX},
    {EAP_TLS, true, false, EAP_TLS, 0, {0}, WHY_EAP_SYNTAX},
    {EAP_TLS, true, false, EAP_TLS, 1, {0x20}, WHY_EAP_SYNTAX},
    {EAP_TLS, true, false, EAP_TLS, 3, {0x80, 0, 0}, WHY_EAP_SYNTAX},
    {EAP_TLS, true, false, EAP_TLS, 5, {0x80, 0, 1, 0, 1}, WHY_EAP_SYNTAX},
    {EAP_TLS, true, false, EAP_TLS, 1, {0}, WHY_EAP_SYNTAX},
    {EAP_TTLS, true, false, EAP_TTLS, 1, {0x20}, WHY_EAP_SYNTAX},
    {EAP_MD5, false, false, EAP_MD5, 0, {0}, WHY_EAP_SYNTAX},
    {EAP_MD5, false, false, EAP_MD5, 3, {9, 1, 2}, WHY_EAP_SYNTAX},
    {EAP_MD5, false, false, EAP_NAK, 1, {4}, WHY_EAP_SYNTAX},
    {EAP_MSCHAPV2, false, false, EAP_MSCHAPV2, 1, {1}, WHY_EAP_SYNTAX},
    {EAP_MSCHAPV2, false, false, EAP_MSCHAPV2, 5, {1, 1, 0, 5, 16}, WHY_EAP_SYNTAX},
    {EAP_MSCHAPV2, false, false, EAP_MSCHAPV2, 5, {1, 1, 0, 5, 15}, WHY_EAP_SYNTAX},
    {EAP_MSCHAPV2, false, false, EAP_MSCHAPV2, 4, {3, 1, 0, 4}, WHY_EAP_SYNTAX},
    {EAP_MSCHAPV2, false, false, EAP_MSCHAPV2, 4, {9, 1, 0, 4}, WHY_EAP_SYNTAX},
    {EAP_TLS, false, false, EAP_TLS, 0, {0}, WHY_EAP_SYNTAX},
    {EAP_TLS, false, false, EAP_TLS, 1, {0x40}, WHY_EAP_SYNTAX},
};

static void take(const struct misplaced *m)
{
    uint8_t octets[2][256];
    struct ike_eap eap;
    struct ike_writer in = wr_open(octets[0], sizeof octets[0]);
    struct ike_writer out = wr_open(octets[1], sizeof octets[1]);
    talk_begin(m->method);
    talk.config[0].identity = m->identity;
    talk.config[0].tls.identity = &tls_identities[TLS_SERVER_EC];
    const struct ike_eap_start start = {
        .crypto = crypto, .config = &talk.config[m->server ? 0 : 1], .server = m->server};
    ike_eap_open(&eap, &start);
    if (m->server)
        EXPECT_EQ(ike_eap_begin(&eap, &out), WHY_OK);
    ike_eap_put(&in, &(struct ike_eap_packet){.code = m->server ? EAP_RESPONSE : EAP_REQUEST,
                                              .id = m->server ? eap.id : 9,
                                              .type = m->type,
                                              .data = {.at = m->data, .len = m->len}});
    out.len = 0;
    EXPECT_EQ(ike_eap_step(&eap, wr_done(&in), &out), m->why);
    EXPECT_EQ(eap.phase, EAP_FAILED);
    EXPECT_EQ(out.len, m->server ? 4 : 0); /* Failure, or nothing */
    ike_eap_close(&eap);
}

static void misplaced_packets(bool real)
{
    (void)real;
    for (size_t i = 0; i < sizeof misplaced / sizeof misplaced[0]; i++)
        take(&misplaced[i]);
}

static void test_packets_out_of_place_end_the_conversation(void)
{
    each_provider(misplaced_packets);
}

/* RFC 2759 5: the proof has 42 octets, and comes after the response. */
static void test_a_proof_cut_short_is_none(void)
{
    static const uint8_t challenge[21] = {1, 7, 0, 21, 16, 5};
    static const uint8_t proof[] = {3, 7, 0, 7, 'S', '=', '0'};
    static const struct ike_bytes packets[] = {{challenge, sizeof challenge},
                                               {proof, sizeof proof}};
    uint8_t octets[2][256];
    struct ike_eap eap;
    crypto = talk_provider(true);
    talk_begin(EAP_MSCHAPV2);
    ike_eap_open(&eap, &(struct ike_eap_start){.crypto = crypto, .config = &talk.config[1]});
    for (uint8_t i = 0; i < 2; i++) {
        struct ike_writer in = wr_open(octets[0], sizeof octets[0]);
        struct ike_writer out = wr_open(octets[1], sizeof octets[1]);
        ike_eap_put(&in,
                    &(struct ike_eap_packet){
                        .code = EAP_REQUEST, .id = i, .type = EAP_MSCHAPV2, .data = packets[i]});
        EXPECT_EQ(ike_eap_step(&eap, wr_done(&in), &out), i == 0 ? WHY_OK : WHY_EAP_SYNTAX);
    }
    ike_eap_close(&eap);
    crypto->ops->close(crypto);
}

/* RFC 3748 2.1: a peer that has answered one method takes no other. */
static void test_one_method_to_a_conversation(void)
{
    static const uint8_t challenge[] = {16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    uint8_t octets[2][256];
    struct ike_eap eap;
    crypto = talk_provider(false);
    talk_begin(EAP_MD5);
    talk.config[1].methods[1] = EAP_GTC;
    talk.config[1].method_count = 2;
    ike_eap_open(&eap, &(struct ike_eap_start){.crypto = crypto, .config = &talk.config[1]});
    for (int i = 0; i < 2; i++) {
        struct ike_writer in = wr_open(octets[0], sizeof octets[0]);
        struct ike_writer out = wr_open(octets[1], sizeof octets[1]);
        ike_eap_put(&in, &(struct ike_eap_packet){.code = EAP_REQUEST,
                                                  .id = (uint8_t)i,
                                                  .type = i == 0 ? EAP_MD5 : EAP_GTC,
                                                  .data = {challenge, sizeof challenge}});
        EXPECT_EQ(ike_eap_step(&eap, wr_done(&in), &out), i == 0 ? WHY_OK : WHY_EAP_SYNTAX);
    }
    ike_eap_close(&eap);
    crypto->ops->close(crypto);
}

/* The first of the server's that the peer would take, and not the one it just refused. */
static void test_a_refused_method_is_not_proposed_again(void)
{
    static const uint8_t wanted[] = {EAP_MD5, EAP_GTC};
    uint8_t octets[2][64];
    struct ike_eap eap;
    struct ike_writer in = wr_open(octets[0], sizeof octets[0]);
    struct ike_writer out = wr_open(octets[1], sizeof octets[1]);
    crypto = talk_provider(false);
    talk_begin(EAP_MD5);
    talk.config[0].methods[1] = EAP_GTC;
    talk.config[0].method_count = 2;
    ike_eap_open(
        &eap, &(struct ike_eap_start){.crypto = crypto, .config = &talk.config[0], .server = true});
    EXPECT_EQ(ike_eap_begin(&eap, &out), WHY_OK);
    ike_eap_put(&in, &(struct ike_eap_packet){.code = EAP_RESPONSE,
                                              .id = eap.id,
                                              .type = EAP_NAK,
                                              .data = {wanted, sizeof wanted}});
    out.len = 0;
    EXPECT_EQ(ike_eap_step(&eap, wr_done(&in), &out), WHY_OK);
    EXPECT_EQ(octets[1][4], EAP_GTC);
    ike_eap_close(&eap);
    crypto->ops->close(crypto);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_packet_put_is_the_packet_parsed),
        TEST(test_codes_types_and_lengths_out_of_order_are_refused),
        TEST(test_mschapv2_makes_the_values_of_rfc_2759),
        TEST(test_a_domain_before_the_user_name_does_not_count),
        TEST(test_des_keys_are_spread_as_rfc_2759_does),
        TEST(test_passwords_are_unicode_to_mschapv2),
        TEST(test_a_password_longer_than_is_kept_has_no_hash),
        TEST(test_a_method_that_is_none_is_not_begun),
        TEST(test_methods_are_found_by_name_type_and_place),
        TEST(test_packets_out_of_place_end_the_conversation),
        TEST(test_a_proof_cut_short_is_none),
        TEST(test_one_method_to_a_conversation),
        TEST(test_a_refused_method_is_not_proposed_again),
        TEST(test_mschapv2_makes_the_keys_of_rfc_3079),
        TEST(test_md5_is_that_of_the_openssl_command),
        TEST(test_each_method_succeeds_in_as_many_packets_as_it_has),
        TEST(test_a_wrong_password_ends_in_failure),
        TEST(test_another_user_ends_in_failure),
        TEST(test_changed_octets_end_a_conversation_soon),
        TEST(test_a_nak_leads_to_a_method_of_both),
        TEST(test_no_method_in_common_is_a_reason_of_its_own),
        TEST(test_a_conversation_has_so_many_rounds_and_no_more),
        TEST(test_success_before_the_end_of_the_method_is_not_believed),
        TEST(test_a_notification_is_acknowledged),
        TEST(test_a_library_without_md4_is_a_reason_of_its_own),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
