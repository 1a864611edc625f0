/* SPDX-License-Identifier: MIT
 * Messages as text, to the letter: flow tests and the ladder stand on it. */
#include "ike/v2/describe.h"
#include "ike/v2/message.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "ike/v2/protect.h"
#include "ike/v2/selector.h"
#include "tests/crypto_cases.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static const uint8_t zeros[512];

static struct ike_bytes octets(size_t len)
{
    return (struct ike_bytes){zeros, len};
}

/* A message under construction, after `lead` octets of marker. */
struct draft {
    uint8_t room[4200];
    struct ike_writer w;
    size_t link;
};

static struct draft draft;

static void begin(uint8_t exchange, uint8_t flags, uint32_t id)
{
    const struct ike_header head = {.spi_i = UINT64_C(0x1112131415161718),
                                    .version = IKE_VERSION_2,
                                    .exchange = exchange,
                                    .flags = flags,
                                    .id = id};
    draft.w = wr_open(draft.room, sizeof draft.room);
    draft.link = 16;
    ike_put_header(&draft.w, &head);
}

static struct ike_bytes done(void)
{
    ike_end_message(&draft.w);
    EXPECT(!draft.w.bad);
    return wr_done(&draft.w);
}

static void payload(uint8_t type, struct ike_bytes body)
{
    const size_t at = ike_begin_payload(&draft.w, &draft.link, type);
    put_bytes(&draft.w, body);
    ike_end_payload(&draft.w, at);
}

static void status(uint16_t type, size_t len)
{
    ike_put_status(&draft.w, &draft.link, type, octets(len));
}

static void offers(const char *text, uint8_t protocol)
{
    struct ike_offer offer;
    const char *bad;
    const struct ike_wish wish = {.protocol = protocol,
                                  .spi_size = protocol == PROTOCOL_IKE ? 0 : 4,
                                  .offers = &offer,
                                  .offer_count = 1,
                                  .no_ke = protocol != PROTOCOL_IKE};
    EXPECT(ike_offer_parse(text, &offer, &bad));
    ike_put_offers(&draft.w, &draft.link, &wish, octets(protocol == PROTOCOL_IKE ? 0 : 4));
}

static void expect_line(struct ike_bytes bytes, bool port_nat, const char *wanted)
{
    char text[IKE_DESCRIBE_TEXT];
    const size_t len = ike_describe(bytes, port_nat, NULL, NULL, text);
    EXPECT_STR(text, wanted);
    EXPECT_EQ(len, strlen(wanted));
}

static void init_request(void)
{
    begin(IKE_SA_INIT, FLAG_INITIATOR, 0);
    offers("aes256gcm16-prfsha256-x25519", PROTOCOL_IKE);
    ike_put_ke(&draft.w, &draft.link, 31, octets(32));
    ike_put_nonce(&draft.w, &draft.link, octets(32));
    status(N_NAT_DETECTION_SOURCE_IP, 20);
    status(N_NAT_DETECTION_DESTINATION_IP, 20);
}

static void test_ike_sa_init_reads_as_the_rfc_draws_it(void)
{
    init_request();
    expect_line(done(), false,
                "IKE_SA_INIT     req 0  SAi1 KEi Ni N(NAT_DETECTION_SOURCE_IP) "
                "N(NAT_DETECTION_DESTINATION_IP)");
    begin(IKE_SA_INIT, FLAG_RESPONSE, 0);
    offers("aes256gcm16-prfsha256-x25519", PROTOCOL_IKE);
    ike_put_ke(&draft.w, &draft.link, 31, octets(32));
    ike_put_nonce(&draft.w, &draft.link, octets(32));
    payload(PAYLOAD_CERTREQ, octets(1));
    expect_line(done(), false, "IKE_SA_INIT     rsp 0  SAr1 KEr Nr CERTREQ");
    begin(IKE_SA_INIT, FLAG_RESPONSE, 0);
    status(N_COOKIE, 24);
    expect_line(done(), false, "IKE_SA_INIT     rsp 0  N(COOKIE)");
    begin(IKE_SA_INIT, FLAG_RESPONSE, 0);
    status(N_INVALID_KE_PAYLOAD, 2);
    expect_line(done(), false, "IKE_SA_INIT     rsp 0  N(INVALID_KE_PAYLOAD)");
}

static void test_what_is_unknown_goes_by_its_number(void)
{
    begin(99, FLAG_INITIATOR, 4294967295U);
    payload(200, octets(3));
    status(40000, 0);
    payload(PAYLOAD_VENDOR, octets(8));
    payload(51, octets(0));
    expect_line(done(), false, "exchange 99     req 4294967295  ?200 N(40000) V GSA");
}

static void test_what_is_closed_stays_closed(void)
{
    begin(IKE_AUTH, FLAG_INITIATOR, 1);
    payload(PAYLOAD_SK, octets(40));
    expect_line(done(), false, "IKE_AUTH        req 1  SK{\xe2\x80\xa6}");
    begin(CREATE_CHILD_SA, FLAG_RESPONSE, 7);
    payload(PAYLOAD_VENDOR, octets(1));
    payload(PAYLOAD_SK, octets(40));
    expect_line(done(), false, "CREATE_CHILD_SA rsp 7  V SK{\xe2\x80\xa6}");
}

static void test_port_4500_carries_keepalives_esp_and_marked_ike(void)
{
    static const uint8_t keepalive[] = {0xff};
    uint8_t esp[40] = {0, 0, 1, 2};
    uint8_t marked[IKE_MESSAGE_MAX + 4] = {0};
    expect_line((struct ike_bytes){keepalive, 1}, true, "NAT-keepalive");
    expect_line((struct ike_bytes){keepalive, 1}, false, "malformed (syntax)");
    expect_line((struct ike_bytes){esp, sizeof esp}, true, "ESP");
    expect_line((struct ike_bytes){esp, 3}, true, "ESP"); /* too short for anything */
    expect_line((struct ike_bytes){esp, 1}, true, "ESP");
    esp[0] = 0xff;
    expect_line((struct ike_bytes){esp, sizeof esp}, true, "ESP");
    begin(INFORMATIONAL, 0, 2);
    status(N_INITIAL_CONTACT, 0);
    const struct ike_bytes message = done();
    memcpy(marked + 4, message.at, message.len);
    expect_line((struct ike_bytes){marked, message.len + 4}, true,
                "INFORMATIONAL   req 2  N(INITIAL_CONTACT)");
    expect_line(message, true, "ESP"); /* an SPI, where the marker should be */
}

static void test_deletes_say_of_what_and_how_many(void)
{
    begin(INFORMATIONAL, 0, 2);
    ike_put_delete(&draft.w, &draft.link, 0);
    ike_put_delete(&draft.w, &draft.link, 0x1234);
    payload(PAYLOAD_DELETE, (struct ike_bytes){(const uint8_t *)"\2\4\0\2........", 12});
    expect_line(done(), false, "INFORMATIONAL   req 2  D(IKE) D(ESP 1) D(AH 2)");
}

static void test_bad_octets_say_what_is_wrong(void)
{
    init_request();
    const struct ike_bytes whole = done();
    expect_line(octets(0), false, "malformed (syntax)");
    expect_line((struct ike_bytes){whole.at, 27}, false, "malformed (syntax)");
    expect_line((struct ike_bytes){whole.at, 60}, false,
                "IKE_SA_INIT     req 0    malformed (syntax)");
    begin(INFORMATIONAL, 0, 2);
    expect_line(done(), false, "INFORMATIONAL   req 2  ");
    init_request();
    (void)done();
    draft.room[17] = 0x30;
    expect_line(whole, false, "malformed (major_version)");
    draft.room[17] = 0x20;
    draft.room[28 + 3]--; /* the SA payload ends one octet early: the next is out of step */
    char text[IKE_DESCRIBE_TEXT];
    (void)ike_describe(whole, false, NULL, NULL, text);
    EXPECT(strstr(text, "malformed (syntax)") != NULL);
}

static void test_too_many_notifies_are_named_and_fit(void)
{
    char text[IKE_DESCRIBE_TEXT];
    begin(INFORMATIONAL, 0, 2);
    for (int i = 0; i < IKE_NOTIFIES_MAX + 1; i++)
        status(N_NAT_DETECTION_DESTINATION_IP, 0);
    (void)ike_describe(done(), false, NULL, NULL, text);
    EXPECT(strlen(text) == IKE_DESCRIBE_TEXT - 1);
    begin(INFORMATIONAL, 0, 2);
    for (int i = 0; i < IKE_NOTIFIES_MAX + 1; i++)
        status(N_COOKIE, 0);
    (void)ike_describe(done(), false, NULL, NULL, text);
    EXPECT(strstr(text, "malformed (too_many)") != NULL);
}

/* ---- what is sealed ---- */

static uint8_t key_octets[64];

static struct ike_sa_keys sealing_keys(void)
{
    for (size_t i = 0; i < sizeof key_octets; i++)
        key_octets[i] = (uint8_t)(7 + i);
    return (struct ike_sa_keys){.suite = {.encr = ALGO_AES256GCM16},
                                .sk_ei = {key_octets, 36},
                                .sk_er = {key_octets + 1, 36}};
}

static void auth_request(struct ike_crypto *crypto, const struct ike_seal_keys *seal)
{
    struct ike_id id;
    struct ike_selectors ts = {.count = 2};
    EXPECT(ike_id_from_text("client.example", &id));
    EXPECT(ike_selector_from_text("10.1.0.0/16", &ts.at[0]));
    EXPECT(ike_selector_from_text("192.0.2.1[tcp/80]", &ts.at[1]));
    begin(IKE_AUTH, FLAG_INITIATOR, 1);
    const size_t sealed = ike_begin_sealed(&draft.w, &draft.link, seal);
    ike_put_id(&draft.w, &draft.link, PAYLOAD_IDI, &id);
    status(N_INITIAL_CONTACT, 0);
    EXPECT(ike_id_from_text("192.0.2.1", &id));
    ike_put_id(&draft.w, &draft.link, PAYLOAD_IDR, &id);
    ike_put_auth(&draft.w, &draft.link, AUTH_PSK, octets(32));
    offers("aes256gcm16-aes128-sha256", PROTOCOL_ESP);
    ike_put_selectors(&draft.w, &draft.link, PAYLOAD_TSI, &ts);
    ts.count = 1;
    ike_put_selectors(&draft.w, &draft.link, PAYLOAD_TSR, &ts);
    ike_end_sealed(&draft.w, sealed, seal, crypto, 5);
}

static void test_with_keys_what_is_sealed_is_named(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const crypto = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    struct ike_sa_keys keys = sealing_keys();
    const struct ike_seal_keys seal = ike_keys_of(&keys, true);
    char text[IKE_DETAILS_TEXT];
    auth_request(crypto, &seal);
    const struct ike_bytes message = wr_done(&draft.w);
    uint8_t before[1024];
    memcpy(before, message.at, message.len);
    (void)ike_describe(message, false, &keys, crypto, text);
    EXPECT_STR(text, "IKE_AUTH        req 1  SK{IDi N(INITIAL_CONTACT) IDr AUTH SAi2 TSi TSr}");
    (void)ike_describe_details(message, false, &keys, crypto, text);
    EXPECT_STR(text, "IDi  client.example\n"
                     "N(INITIAL_CONTACT)\n"
                     "IDr  192.0.2.1\n"
                     "AUTH  method 2 (pre-shared key), 32 octets\n"
                     "SAi2  1: aes256gcm16 noesn  2: aes128 sha256 noesn\n"
                     "TSi  10.1.0.0/16, 192.0.2.1[tcp/80]\n"
                     "TSr  10.1.0.0/16\n");
    EXPECT(memcmp(before, message.at, message.len) == 0); /* opened in a copy */
    crypto->ops->close(crypto);
}

static void put_cert(uint8_t type, uint8_t encoding, const void *data, size_t len)
{
    const struct ike_cert cert = {.encoding = encoding, .data = {.at = data, .len = len}};
    ike_put_cert(&draft.w, &draft.link, type, &cert);
}

static void test_certificates_and_signatures_are_told_apart(void)
{
    static const char by_url[] = "01234567890123456789http://pki.test/a\x1b";
    struct ike_crypto *const crypto = ike_crypto_modelled((struct ike_random){.fill = NULL});
    char text[IKE_DETAILS_TEXT];
    begin(IKE_AUTH, FLAG_INITIATOR, 1);
    put_cert(PAYLOAD_CERT, CERT_X509, by_url, 30);
    put_cert(PAYLOAD_CERT, CERT_HASH_URL, by_url, sizeof by_url - 1);
    put_cert(PAYLOAD_CERT, CERT_HASH_URL_BUNDLE, by_url, sizeof by_url - 2);
    put_cert(PAYLOAD_CERT, CERT_HASH_URL, by_url, 20); /* a hash, and no URL */
    put_cert(PAYLOAD_CERT, CERT_CRL, by_url, 9);
    put_cert(PAYLOAD_CERTREQ, CERT_X509, by_url, 20);
    put_cert(PAYLOAD_CERTREQ, CERT_RAW_KEY, by_url, 0);
    ike_put_auth(&draft.w, &draft.link, AUTH_ECDSA256, octets(64));
    ike_end_message(&draft.w);
    (void)ike_describe_details(wr_done(&draft.w), false, NULL, crypto, text);
    EXPECT_STR(text, "CERT  X.509, 30 octets\n"
                     "CERT  http://pki.test/a\\x1b\n"
                     "CERT  a bundle, http://pki.test/a\n"
                     "CERT  encoding 12, 20 octets\n"
                     "CERT  encoding 7, 9 octets\n"
                     "CERTREQ  X.509, 1 authorities\n"
                     "CERTREQ  encoding 15, 0 octets\n"
                     "AUTH  method 9 (ecdsa256-old), 64 octets\n");
    crypto->ops->close(crypto);
}

static void test_keys_change_nothing_about_what_is_clear_or_bad(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const crypto = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    struct ike_sa_keys keys = sealing_keys();
    const struct ike_seal_keys seal = ike_keys_of(&keys, true);
    char with[IKE_DESCRIBE_TEXT];
    char without[IKE_DESCRIBE_TEXT];
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            init_request();
        else
            auth_request(crypto, &seal);
        const struct ike_bytes whole = i == 0 ? done() : wr_done(&draft.w);
        const struct ike_bytes message = {whole.at, i == 2 ? whole.len - 1 : whole.len};
        (void)ike_describe(message, false, &keys, i == 1 ? NULL : crypto, with);
        (void)ike_describe(message, false, NULL, NULL, without);
        EXPECT_STR(with, without);
        (void)ike_describe(message, false, NULL, crypto, with);
        EXPECT_STR(with, without);
    }
    crypto->ops->close(crypto);
}

static void test_with_wrong_keys_it_stays_closed(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const crypto = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    struct ike_sa_keys keys = sealing_keys();
    const struct ike_seal_keys seal = ike_keys_of(&keys, true);
    char text[IKE_DETAILS_TEXT];
    auth_request(crypto, &seal);
    key_octets[0] ^= 1;
    (void)ike_describe(wr_done(&draft.w), false, &keys, crypto, text);
    EXPECT_STR(text, "IKE_AUTH        req 1  SK{\xe2\x80\xa6}");
    EXPECT_EQ(ike_describe_details(wr_done(&draft.w), false, &keys, crypto, text), 0);
    crypto->ops->close(crypto);
}

/* As captures may hold it: longer than any that is opened. */
static void test_what_is_longer_than_a_message_stays_closed(void)
{
    static uint8_t octets_of_it[IKE_MESSAGE_MAX + 1];
    struct crypto_stream stream;
    struct ike_crypto *const crypto = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    const struct ike_sa_keys keys = sealing_keys();
    char text[IKE_DETAILS_TEXT];
    struct ike_writer w = wr_open(octets_of_it, sizeof octets_of_it);
    size_t link = 16;
    ike_put_header(&w, &(struct ike_header){.spi_i = 1,
                                            .spi_r = 2,
                                            .version = IKE_VERSION_2,
                                            .exchange = INFORMATIONAL,
                                            .flags = FLAG_INITIATOR,
                                            .id = 1});
    const size_t begins = ike_begin_payload(&w, &link, PAYLOAD_SK);
    EXPECT(put_room(&w, sizeof octets_of_it - w.len) != NULL);
    ike_end_payload(&w, begins);
    ike_end_message(&w);
    (void)ike_describe(wr_done(&w), false, &keys, crypto, text);
    EXPECT_STR(text, "INFORMATIONAL   req 1  SK{\xe2\x80\xa6}");
    crypto->ops->close(crypto);
}

static void test_nothing_within_is_an_empty_brace(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const crypto = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    struct ike_sa_keys keys = sealing_keys();
    const struct ike_seal_keys seal = ike_keys_of(&keys, false);
    char text[IKE_DETAILS_TEXT];
    begin(INFORMATIONAL, FLAG_RESPONSE, 3);
    const size_t sealed = ike_begin_sealed(&draft.w, &draft.link, &seal);
    ike_end_sealed(&draft.w, sealed, &seal, crypto, 5);
    (void)ike_describe(wr_done(&draft.w), false, &keys, crypto, text);
    EXPECT_STR(text, "INFORMATIONAL   rsp 3  SK{}");
    crypto->ops->close(crypto);
}

/* ---- details ---- */

static void test_details_tell_what_stands_in_each_payload(void)
{
    char text[IKE_DETAILS_TEXT];
    init_request();
    status(N_COOKIE, 24);
    payload(PAYLOAD_VENDOR, octets(16));
    payload(PAYLOAD_VENDOR, octets(9)); /* only the first of a type is kept */
    (void)ike_describe_details(done(), false, NULL, NULL, text);
    EXPECT_STR(text, "SAi1  1: aes256gcm16 prfsha256 x25519\n"
                     "KEi  x25519, 32 octets\n"
                     "Ni  32 octets\n"
                     "N(NAT_DETECTION_SOURCE_IP)  20 octets\n"
                     "N(NAT_DETECTION_DESTINATION_IP)  20 octets\n"
                     "N(COOKIE)  24 octets\n"
                     "V  16 octets\n"
                     "V\n");
}

static void test_details_name_what_they_can_of_what_is_not_ours(void)
{
    static const uint8_t sa[] = {0, 0, 0, 44, 1,  1, 0, 4, /* IKE, 4 transforms */
                                 3, 0, 0, 12, 1,  0, 0, 23, 0x80, 14, 0, 192, /* Camellia */
                                 3, 0, 0, 8,  2,  0, 0, 3,                    /* HMAC-Tiger */
                                 3, 0, 0, 8,  9,  0, 0, 5,                    /* ADDKE4 */
                                 0, 0, 0, 8,  13, 0, 0, 5};                   /* a type to come */
    char text[IKE_DETAILS_TEXT];
    begin(IKE_SA_INIT, FLAG_INITIATOR, 0);
    payload(PAYLOAD_SA, (struct ike_bytes){sa, sizeof sa});
    ike_put_ke(&draft.w, &draft.link, 1, octets(96));
    ike_put_status(&draft.w, &draft.link, N_INVALID_KE_PAYLOAD, octets(2));
    (void)ike_describe_details(done(), false, NULL, NULL, text);
    EXPECT_STR(text, "SAi1  1: ENCR=23/192 PRF=3 ke4_modp1536 ?=5\n"
                     "KEi  group 1, 96 octets\n"
                     "N(INVALID_KE_PAYLOAD)  2 octets\n");
}

static void test_details_escape_what_does_not_print(void)
{
    char text[IKE_DETAILS_TEXT];
    begin(IKE_AUTH, FLAG_INITIATOR, 1);
    payload(PAYLOAD_IDI, (struct ike_bytes){(const uint8_t *)"\x0b\0\0\0a\x1b[\n\xff", 9});
    payload(PAYLOAD_IDR, (struct ike_bytes){(const uint8_t *)"\5\0\0\0\x20\1\x0d\xb8", 8});
    (void)ike_describe_details(done(), false, NULL, NULL, text);
    EXPECT_STR(text, "IDi  a\\x1b[\\x0a\\xff\nIDr\n"); /* the second is no identity */
}

static void test_details_of_a_long_message_fit(void)
{
    char text[IKE_DETAILS_TEXT];
    uint8_t sa[2048];
    struct ike_writer w = wr_open(sa, sizeof sa);
    for (uint8_t number = 1; number <= 5; number++) { /* each of 48 unknown ciphers */
        put_u32(&w, (number < 5 ? UINT32_C(2) << 24 : 0) | (8 + 48 * 8));
        put_u32(&w, (uint32_t)number << 24 | PROTOCOL_IKE << 16 | 48);
        for (uint32_t i = 0; i < 48; i++) {
            put_u32(&w, (i < 47 ? UINT32_C(3) << 24 : 0) | 8);
            put_u32(&w, TRANSFORM_INTEG << 24 | (60000 + i));
        }
    }
    begin(IKE_SA_INIT, FLAG_INITIATOR, 0);
    payload(PAYLOAD_SA, wr_done(&w));
    for (int i = 0; i < 32; i++)
        status(N_NAT_DETECTION_DESTINATION_IP, 20);
    const size_t len = ike_describe_details(done(), false, NULL, NULL, text);
    EXPECT_EQ(len, strlen(text));
    EXPECT_EQ(len, IKE_DETAILS_TEXT - 1);
}

static void test_what_is_no_message_has_no_details(void)
{
    char text[IKE_DETAILS_TEXT] = "x";
    EXPECT_EQ(ike_describe_details(octets(0), false, NULL, NULL, text), 0);
    EXPECT_STR(text, "");
    EXPECT_EQ(ike_describe_details(octets(1), true, NULL, NULL, text), 0);
}

/* RFC 7296 3.15.1: what a client was given, and what else a gateway may say. */
static void test_details_tell_what_is_configured(void)
{
    static const uint8_t reply[] = {
        2,    0,  0, 0,                                                   /* CFG_REPLY */
        0,    1,  0, 4,  10,   9,   0,   1,                               /* INTERNAL_IP4_ADDRESS */
        0,    13, 0, 8,  10,   2,   0,   0,    255, 255, 0,   0,          /* INTERNAL_IP4_SUBNET */
        0,    8,  0, 17, 0x20, 1,   0xd, 0xb8, 0,   0,   0,   0,    0, 0, /* INTERNAL_IP6_ADDRESS */
        0,    0,  0, 0,  0,    5,   64,  0,    10,  0,   16,  0x20, 1, 0xd,
        0xb8, 0,  0, 0,  0,    0,   0,                                 /* INTERNAL_IP6_DNS */
        0,    0,  0, 0,  0,    53,  0,   7,    0,   3,   'l', 'a',  7, /* APPLICATION_VERSION */
        0,    14, 0, 4,  0,    1,   0,   8,                            /* SUPPORTED_ATTRIBUTES */
        0,    13, 0, 0,                                                /* a subnet asked for */
        0,    25, 0, 2,  'a',  'b',                                    /* INTERNAL_DNS_DOMAIN */
        0,    26, 0, 5,  1,    2,   3,   4,    5,                      /* INTERNAL_DNSSEC_TA */
        0,    3,  0, 0};                                               /* INTERNAL_IP4_DNS */
    static const uint8_t strange[] = {9, 0, 0, 0};
    static const uint8_t bad[] = {1, 0, 0, 0, 0, 1, 0, 9};
    char text[IKE_DETAILS_TEXT];
    begin(INFORMATIONAL, FLAG_RESPONSE, 3);
    payload(PAYLOAD_CP, (struct ike_bytes){reply, sizeof reply});
    payload(PAYLOAD_CP, (struct ike_bytes){strange, sizeof strange});
    payload(PAYLOAD_CP, (struct ike_bytes){bad, sizeof bad});
    (void)ike_describe_details(done(), false, NULL, NULL, text);
    EXPECT_STR(text, "CP(CFG_REPLY)  INTERNAL_IP4_ADDRESS(10.9.0.1), "
                     "INTERNAL_IP4_SUBNET(10.2.0.0/255.255.0.0), "
                     "INTERNAL_IP6_ADDRESS(2001:db8::5/64), INTERNAL_IP6_DNS(2001:db8::35), "
                     "APPLICATION_VERSION(la\\x07), SUPPORTED_ATTRIBUTES(4 octets), "
                     "INTERNAL_IP4_SUBNET(), INTERNAL_DNS_DOMAIN(ab), "
                     "INTERNAL_DNSSEC_TA(5 octets), INTERNAL_IP4_DNS()\n"
                     "CP(?)\n"
                     "CP(?)\n");
}

static void test_details_tell_who_and_how(void)
{
    static const uint8_t v4[] = {ID_IPV4_ADDR, 0, 0, 0, 10, 1, 2, 3};
    static const uint8_t v6[] = {
        ID_IPV6_ADDR, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
    static const uint8_t key[] = {AUTH_PSK, 0, 0, 0, 1, 2};
    static const uint8_t eap[] = {1, 7, 0, 5, 99};
    static const uint8_t crl[] = {7, 1, 2, 3};
    static const uint8_t url[] = {
        CERT_HASH_URL, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 'h', ':', 1};
    char text[IKE_DETAILS_TEXT];
    begin(IKE_AUTH, FLAG_INITIATOR, 1);
    payload(PAYLOAD_IDI, (struct ike_bytes){v4, sizeof v4});
    payload(PAYLOAD_IDR, (struct ike_bytes){v6, sizeof v6});
    payload(PAYLOAD_AUTH, (struct ike_bytes){key, sizeof key});
    payload(PAYLOAD_EAP, (struct ike_bytes){eap, sizeof eap});
    payload(PAYLOAD_CERT, (struct ike_bytes){crl, sizeof crl});
    payload(PAYLOAD_CERT, (struct ike_bytes){url, sizeof url});
    payload(PAYLOAD_CERT, octets(0));
    payload(PAYLOAD_CERTREQ, (struct ike_bytes){crl, sizeof crl});
    payload(PAYLOAD_CERTREQ, octets(0));
    (void)ike_describe_details(done(), false, NULL, NULL, text);
    EXPECT_STR(text, "IDi  10.1.2.3\n"
                     "IDr  2001:db8::9\n"
                     "AUTH  method 2 (pre-shared key), 2 octets\n"
                     "EAP(req 99)  5 octets\n"
                     "CERT  encoding 7, 3 octets\n"
                     "CERT  h:\\x01\n"
                     "CERT\n"
                     "CERTREQ  encoding 7, 3 octets\n"
                     "CERTREQ\n");
    begin(IKE_AUTH, FLAG_RESPONSE, 1);
    payload(PAYLOAD_AUTH, (struct ike_bytes){(const uint8_t *)"\x0d\0\0\0", 4});
    payload(PAYLOAD_KE, octets(2));
    payload(PAYLOAD_EAP, octets(3));
    payload(PAYLOAD_TSI, octets(3));
    (void)ike_describe_details(done(), false, NULL, NULL, text);
    EXPECT_STR(text, "AUTH  method 13 (none), 0 octets\nKEr\nEAP(?)  3 octets\nTSi\n");
    begin(IKE_AUTH, FLAG_RESPONSE, 1);
    payload(PAYLOAD_AUTH, octets(2));
    (void)ike_describe_details(done(), false, NULL, NULL, text);
    EXPECT_STR(text, "AUTH\n");
}

/* More than there are slots for: the last one is named, and nothing is told of what stands in it.
 */
static void test_what_has_no_slot_is_named_and_no_more(void)
{
    static const uint8_t cp[] = {1, 0, 0, 0};
    static const uint8_t gone[] = {3, 4, 0, 0};
    char line[IKE_DESCRIBE_TEXT];
    begin(INFORMATIONAL, FLAG_INITIATOR, 1);
    for (int i = 0; i < IKE_CPS_MAX + 1; i++)
        payload(PAYLOAD_CP, (struct ike_bytes){cp, sizeof cp});
    (void)ike_describe(done(), false, NULL, NULL, line);
    EXPECT_STR(line, "INFORMATIONAL   req 1  CP(CFG_REQUEST) CP(CFG_REQUEST) CP(CFG_REQUEST) "
                     "CP(CFG_REQUEST) CP  malformed (too_many)");
    begin(INFORMATIONAL, FLAG_INITIATOR, 1);
    for (int i = 0; i < IKE_DELETES_MAX + 1; i++)
        payload(PAYLOAD_DELETE, (struct ike_bytes){gone, sizeof gone});
    (void)ike_describe(done(), false, NULL, NULL, line);
    EXPECT_STR(line, "INFORMATIONAL   req 1  D(ESP 0) D(ESP 0) D(ESP 0) D(ESP 0) D  malformed "
                     "(too_many)");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_ike_sa_init_reads_as_the_rfc_draws_it),
        TEST(test_what_is_unknown_goes_by_its_number),
        TEST(test_what_is_closed_stays_closed),
        TEST(test_port_4500_carries_keepalives_esp_and_marked_ike),
        TEST(test_deletes_say_of_what_and_how_many),
        TEST(test_bad_octets_say_what_is_wrong),
        TEST(test_too_many_notifies_are_named_and_fit),
        TEST(test_with_keys_what_is_sealed_is_named),
        TEST(test_certificates_and_signatures_are_told_apart),
        TEST(test_with_wrong_keys_it_stays_closed),
        TEST(test_what_is_longer_than_a_message_stays_closed),
        TEST(test_nothing_within_is_an_empty_brace),
        TEST(test_details_tell_what_stands_in_each_payload),
        TEST(test_details_name_what_they_can_of_what_is_not_ours),
        TEST(test_details_escape_what_does_not_print),
        TEST(test_details_of_a_long_message_fit),
        TEST(test_what_is_no_message_has_no_details),
        TEST(test_details_tell_what_is_configured),
        TEST(test_details_tell_who_and_how),
        TEST(test_what_has_no_slot_is_named_and_no_more),
        TEST(test_keys_change_nothing_about_what_is_clear_or_bad),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
