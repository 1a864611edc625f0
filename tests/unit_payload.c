/* SPDX-License-Identifier: MIT
 * The small payloads: samples written by hand from the drawings of RFC 7296 3,
 * the five tests of each, and what each may not be. */
#include "ike/v2/payload.h"
#include "tests/test.h"
#include "tests/wire_cases.h"

#include <stdio.h>
#include <string.h>

#define BYTES(array) ((struct ike_bytes){(array), sizeof(array)})

static struct ike_bytes text(const char *from)
{
    return (struct ike_bytes){(const uint8_t *)from, strlen(from)};
}

/* ---- KE, RFC 7296 3.4 ---- */

static const uint8_t ke_sample[] = {0, 31, 0, 0, 0xc0, 0xff, 0xee, 0x01, 0x02};

static bool ke_again(struct ike_bytes body, struct ike_writer *w, size_t *link)
{
    struct ike_ke ke;
    if (ike_ke_parse(body, &ke) != WHY_OK)
        return false;
    ike_put_ke(w, link, ke.group, ke.share);
    return true;
}

static void test_ke_passes_the_five(void)
{
    static const uint8_t reserved[] = {2, 3};
    wire_case_holds(
        &(struct wire_case){PAYLOAD_KE, BYTES(ke_sample), 5, ke_again, reserved, sizeof reserved});
}

static void test_ke_sample_is_read(void)
{
    struct ike_ke ke;
    EXPECT_EQ(ike_ke_parse(BYTES(ke_sample), &ke), WHY_OK);
    EXPECT_EQ(ke.group, 31);
    EXPECT_EQ(ke.share.len, 5);
    EXPECT(ke.share.at == ke_sample + 4);
}

/* ---- nonce, RFC 7296 3.9 ---- */

static const uint8_t nonce_sample[32] = {0x6e, 0x6f, 0x6e, 0x63, 0x65};

static bool nonce_again(struct ike_bytes body, struct ike_writer *w, size_t *link)
{
    struct ike_bytes nonce;
    if (ike_nonce_parse(body, &nonce) != WHY_OK)
        return false;
    ike_put_nonce(w, link, nonce);
    return true;
}

static void test_nonce_passes_the_five(void)
{
    wire_case_holds(&(struct wire_case){PAYLOAD_NONCE, BYTES(nonce_sample), IKE_NONCE_MIN,
                                        nonce_again, NULL, 0});
}

static void test_nonce_has_16_to_256_octets(void)
{
    static const uint8_t zeros[300];
    for (size_t len = 0; len < sizeof zeros; len++) {
        struct ike_bytes out;
        const bool good = len >= 16 && len <= 256; /* RFC 7296 2.10 */
        EXPECT_EQ(ike_nonce_parse((struct ike_bytes){zeros, len}, &out),
                  good ? WHY_OK : WHY_NONCE_LENGTH);
    }
}

/* ---- identification, RFC 7296 3.5 ---- */

static bool id_again(struct ike_bytes body, struct ike_writer *w, size_t *link)
{
    struct ike_id id;
    if (ike_id_parse(body, &id) != WHY_OK)
        return false;
    ike_put_id(w, link, PAYLOAD_IDI, &id);
    return true;
}

static void test_ids_of_every_type_pass_the_five(void)
{
    static const uint8_t v4[] = {1, 0, 0, 0, 192, 0, 2, 1};
    static const uint8_t fqdn[] = {2, 0, 0, 0, 'v', 'p', 'n', '.', 'e', 'x'};
    static const uint8_t mail[] = {3, 0, 0, 0, 'a', '@', 'b'};
    static const uint8_t v6[20] = {5, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8, [19] = 1};
    static const uint8_t dn[] = {9, 0, 0, 0, 0x30, 0x00};
    static const uint8_t gn[] = {10, 0, 0, 0, 0x82, 0x01, 'x'};
    static const uint8_t key_id[] = {11, 0, 0, 0, 0x00, 0xff};
    static const uint8_t reserved[] = {1, 2, 3};
    const struct ike_bytes samples[] = {BYTES(v4), BYTES(fqdn), BYTES(mail),  BYTES(v6),
                                        BYTES(dn), BYTES(gn),   BYTES(key_id)};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        wire_case_holds(
            &(struct wire_case){PAYLOAD_IDI, samples[i], 4, id_again, reserved, sizeof reserved});
}

static void test_an_address_as_identity_has_its_length_and_no_other(void)
{
    uint8_t body[4 + 32] = {ID_IPV4_ADDR};
    struct ike_id id;
    for (size_t len = 0; len <= 32; len++) {
        body[0] = ID_IPV4_ADDR;
        EXPECT_EQ(ike_id_parse((struct ike_bytes){body, 4 + len}, &id),
                  len == 4 ? WHY_OK : WHY_SYNTAX);
        body[0] = ID_IPV6_ADDR;
        EXPECT_EQ(ike_id_parse((struct ike_bytes){body, 4 + len}, &id),
                  len == 16 ? WHY_OK : WHY_SYNTAX);
    }
}

static void test_an_identity_longer_than_we_keep_is_too_long(void)
{
    uint8_t body[4 + IKE_ID_MAX + 1] = {ID_KEY_ID};
    struct ike_id id;
    EXPECT_EQ(ike_id_parse((struct ike_bytes){body, 4 + IKE_ID_MAX}, &id), WHY_OK);
    EXPECT_EQ(id.len, IKE_ID_MAX);
    EXPECT_EQ(ike_id_parse(BYTES(body), &id), WHY_PEER_UNKNOWN);
}

static void test_the_form_of_a_text_tells_the_type_of_identity(void)
{
    static const struct {
        const char *text;
        uint8_t type;
        uint8_t len;
    } rows[] = {
        {"192.0.2.1", ID_IPV4_ADDR, 4},
        {"2001:db8::1", ID_IPV6_ADDR, 16},
        {"a@b.example", ID_RFC822_ADDR, 11},
        {"vpn.example", ID_FQDN, 11},
        {"keyid:00ff10", ID_KEY_ID, 3},
        {"192.0.2", ID_FQDN, 7},
        {"keyidx", ID_FQDN, 6},
        {"", 0, 0},
        {"keyid:", 0, 0},
        {"keyid:0", 0, 0},
        {"keyid:zz", 0, 0},
        {"keyid:00f", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ike_id id;
        EXPECT_EQ(ike_id_from_text(rows[i].text, &id), rows[i].type != 0);
        if (rows[i].type != 0) {
            EXPECT_EQ(id.type, rows[i].type);
            EXPECT_EQ(id.len, rows[i].len);
        }
    }
}

static void test_a_text_too_long_for_an_identity_is_refused(void)
{
    char long_text[IKE_ID_MAX + 2];
    char long_hex[6 + 2 * IKE_ID_MAX + 3] = "keyid:";
    struct ike_id id;
    memset(long_text, 'a', sizeof long_text);
    long_text[IKE_ID_MAX + 1] = '\0';
    EXPECT(!ike_id_from_text(long_text, &id));
    long_text[IKE_ID_MAX] = '\0';
    EXPECT(ike_id_from_text(long_text, &id));
    memset(long_hex + 6, '0', sizeof long_hex - 7);
    long_hex[sizeof long_hex - 1] = '\0';
    EXPECT(!ike_id_from_text(long_hex, &id));
    long_hex[sizeof long_hex - 3] = '\0';
    EXPECT(ike_id_from_text(long_hex, &id));
}

static void test_hex_after_keyid_is_the_octets_it_says(void)
{
    static const uint8_t wanted[] = {0x1f, 0xE0, 0x0a, 0xbc};
    struct ike_id id;
    EXPECT(ike_id_from_text("keyid:1fE00aBc", &id));
    EXPECT(ike_bytes_equal((struct ike_bytes){id.data, id.len}, BYTES(wanted)));
}

static bool matches(const char *want, const char *have)
{
    struct ike_id a;
    struct ike_id b;
    EXPECT(ike_id_from_text(want, &a) && ike_id_from_text(have, &b));
    return ike_id_matches(&a, &b);
}

static void test_names_match_without_case_and_octets_with_it(void)
{
    struct ike_id any = {.type = 0};
    struct ike_id some;
    EXPECT(ike_id_from_text("vpn.example", &some));
    EXPECT(ike_id_matches(&any, &some));
    EXPECT(matches("VPN.example", "vpn.Example"));
    EXPECT(matches("AZaz.example", "azAZ.example"));
    EXPECT(!matches("a@b", "a`b@")); /* beside the letters */
    EXPECT(matches("Alice@example", "alice@EXAMPLE"));
    EXPECT(!matches("vpn.example", "vpn.examples"));
    EXPECT(!matches("vpn.example", "vpm.example"));
    EXPECT(!matches("keyid:41", "keyid:61")); /* 'A' and 'a' */
    EXPECT(!matches("192.0.2.1", "192.0.2.2"));
    EXPECT(!matches("keyid:c0000201", "192.0.2.1"));
}

/* ---- AUTH, RFC 7296 3.8 ---- */

static bool auth_again(struct ike_bytes body, struct ike_writer *w, size_t *link)
{
    struct ike_auth auth;
    if (ike_auth_parse(body, &auth) != WHY_OK)
        return false;
    ike_put_auth(w, link, auth.method, auth.data);
    return true;
}

static void test_auth_passes_the_five(void)
{
    static const uint8_t sample[] = {2, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef};
    static const uint8_t reserved[] = {1, 2, 3};
    struct ike_auth auth;
    wire_case_holds(
        &(struct wire_case){PAYLOAD_AUTH, BYTES(sample), 4, auth_again, reserved, sizeof reserved});
    EXPECT_EQ(ike_auth_parse(BYTES(sample), &auth), WHY_OK);
    EXPECT_EQ(auth.method, AUTH_PSK);
    EXPECT_EQ(auth.data.len, 4);
}

/* ---- CERT and CERTREQ, RFC 7296 3.6, 3.7 ---- */

static bool cert_again(struct ike_bytes body, struct ike_writer *w, size_t *link)
{
    struct ike_cert cert;
    if (ike_cert_parse(body, &cert) != WHY_OK)
        return false;
    ike_put_cert(w, link, PAYLOAD_CERT, &cert);
    return true;
}

static void test_cert_passes_the_five(void)
{
    static const uint8_t sample[] = {4, 0x30, 0x82, 1, 2};
    struct ike_cert cert;
    wire_case_holds(&(struct wire_case){PAYLOAD_CERT, BYTES(sample), 1, cert_again, NULL, 0});
    EXPECT_EQ(ike_cert_parse(BYTES(sample), &cert), WHY_OK);
    EXPECT_EQ(cert.encoding, CERT_X509);
    EXPECT_EQ(cert.data.len, 4);
}

static void test_nobody_in_particular_has_no_name(void)
{
    static const uint8_t body[] = {ID_NULL, 0, 0, 0, 'x'};
    struct ike_id id;
    EXPECT_EQ(ike_id_parse((struct ike_bytes){body, 4}, &id), WHY_OK); /* RFC 7619 2.2 */
    EXPECT_EQ(ike_id_parse((struct ike_bytes){body, 5}, &id), WHY_SYNTAX);
}

/* ---- notify, RFC 7296 3.10 ---- */

static bool notify_again(struct ike_bytes body, struct ike_writer *w, size_t *link)
{
    struct ike_notify notify;
    if (ike_notify_parse(body, &notify) != WHY_OK)
        return false;
    ike_put_notify(w, link, &notify);
    return true;
}

static void test_notify_passes_the_five(void)
{
    static const uint8_t cookie[] = {0, 0, 0x40, 0x06, 1, 2, 3, 4, 5};
    static const uint8_t rekey[] = {3, 4, 0x40, 0x09, 0xca, 0xfe, 0xba, 0xbe};
    wire_case_holds(&(struct wire_case){PAYLOAD_NOTIFY, BYTES(cookie), 4, notify_again, NULL, 0});
    wire_case_holds(&(struct wire_case){PAYLOAD_NOTIFY, BYTES(rekey), 8, notify_again, NULL, 0});
}

static void test_notify_shows_protocol_spi_and_data(void)
{
    static const uint8_t sample[] = {3, 4, 0, 44, 0xca, 0xfe, 0xba, 0xbe, 'd'};
    struct ike_notify notify;
    EXPECT_EQ(ike_notify_parse(BYTES(sample), &notify), WHY_OK);
    EXPECT_EQ(notify.protocol, PROTOCOL_ESP);
    EXPECT_EQ(notify.type, N_CHILD_SA_NOT_FOUND);
    EXPECT(ike_bytes_equal(notify.spi, (struct ike_bytes){sample + 4, 4}));
    EXPECT(ike_bytes_equal(notify.data, text("d")));
}

static void test_a_status_is_a_notify_without_protocol_or_spi(void)
{
    static const uint8_t wanted[] = {0, 0, 0, 10, 0, 0, 0x40, 0x06, 'h', 'i'};
    uint8_t room[64];
    size_t link = 0;
    struct ike_writer w = wr_open(room, sizeof room);
    put_u8(&w, 0);
    ike_put_status(&w, &link, N_COOKIE, text("hi"));
    EXPECT_EQ(room[0], PAYLOAD_NOTIFY);
    EXPECT(ike_bytes_equal((struct ike_bytes){room + 1, w.len - 1}, BYTES(wanted)));
}

static void test_notify_with_a_longer_spi_than_there_is_is_refused(void)
{
    uint8_t body[4 + 255] = {0};
    struct ike_notify notify;
    for (unsigned size = 0; size < 256; size++) {
        body[1] = (uint8_t)size;
        EXPECT_EQ(ike_notify_parse(BYTES(body), &notify), size <= 8 ? WHY_OK : WHY_SYNTAX);
    }
}

/* ---- delete, RFC 7296 3.11 ---- */

/* Put by hand: ours names one SPI, a peer's may name many. */
static bool delete_again(struct ike_bytes body, struct ike_writer *w, size_t *link)
{
    struct ike_delete d;
    if (ike_delete_parse(body, &d) != WHY_OK)
        return false;
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_DELETE);
    put_u8(w, d.protocol);
    put_u8(w, d.spi_size);
    put_u16(w, d.spi_count);
    put_bytes(w, d.spis);
    ike_end_payload(w, begin);
    return true;
}

static void test_delete_passes_the_five(void)
{
    static const uint8_t ike[] = {1, 0, 0, 0};
    static const uint8_t esp[] = {3, 4, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8};
    wire_case_holds(&(struct wire_case){PAYLOAD_DELETE, BYTES(ike), 4, delete_again, NULL, 0});
    wire_case_holds(
        &(struct wire_case){PAYLOAD_DELETE, BYTES(esp), sizeof esp, delete_again, NULL, 0});
}

static void test_our_deletes_are_put_as_the_rfc_draws_them(void)
{
    static const uint8_t ike[] = {0, 0, 0, 8, 1, 0, 0, 0};
    static const uint8_t esp[] = {0, 0, 0, 12, 3, 4, 0, 1, 0x12, 0x34, 0x56, 0x78};
    uint8_t room[64];
    size_t link = 0;
    struct ike_writer w = wr_open(room, sizeof room);
    put_u8(&w, 0); /* stands for the octet that links */
    ike_put_delete(&w, &link, 0);
    EXPECT_EQ(room[0], PAYLOAD_DELETE);
    EXPECT(ike_bytes_equal((struct ike_bytes){room + 1, w.len - 1}, BYTES(ike)));
    w.len = 1;
    link = 0;
    ike_put_delete(&w, &link, 0x12345678);
    EXPECT(ike_bytes_equal((struct ike_bytes){room + 1, w.len - 1}, BYTES(esp)));
}

static void test_nothing_is_put_into_room_too_small(void)
{
    for (size_t max = 0; max < sizeof ke_sample + 5; max++) {
        uint8_t room[64];
        size_t link = 0;
        memset(room, 0xa5, sizeof room);
        struct ike_writer w = wr_open(room, max);
        put_u8(&w, 0);
        ike_put_ke(&w, &link, 31, (struct ike_bytes){ke_sample + 4, 5});
        EXPECT_EQ(w.bad, max < 1 + 4 + sizeof ke_sample);
        EXPECT_EQ(room[max], 0xa5);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_ke_passes_the_five),
        TEST(test_ke_sample_is_read),
        TEST(test_nonce_passes_the_five),
        TEST(test_nonce_has_16_to_256_octets),
        TEST(test_ids_of_every_type_pass_the_five),
        TEST(test_an_address_as_identity_has_its_length_and_no_other),
        TEST(test_an_identity_longer_than_we_keep_is_too_long),
        TEST(test_the_form_of_a_text_tells_the_type_of_identity),
        TEST(test_a_text_too_long_for_an_identity_is_refused),
        TEST(test_names_match_without_case_and_octets_with_it),
        TEST(test_auth_passes_the_five),
        TEST(test_cert_passes_the_five),
        TEST(test_nobody_in_particular_has_no_name),
        TEST(test_notify_passes_the_five),
        TEST(test_notify_shows_protocol_spi_and_data),
        TEST(test_notify_with_a_longer_spi_than_there_is_is_refused),
        TEST(test_delete_passes_the_five),
        TEST(test_our_deletes_are_put_as_the_rfc_draws_them),
        TEST(test_nothing_is_put_into_room_too_small),
        TEST(test_hex_after_keyid_is_the_octets_it_says),
        TEST(test_a_status_is_a_notify_without_protocol_or_spi),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
