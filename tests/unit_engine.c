/* SPDX-License-Identifier: MIT
 * What an engine refuses at the door and in IKE_SA_INIT, and why: one crafted
 * message for each reason that no ordinary flow meets. After each refusal the engine
 * is what it was before. */
#include "ike/engine.h"
#include "tests/craft.h"
#include "tests/test.h"

#include <string.h>

/* ---- at the door ---- */

static enum ike_why on_port_4500(const uint8_t *bytes, size_t len)
{
    struct ike_datagram d = {
        .local = p.end[B].addr, .remote = p.end[A].addr, .bytes = {.at = bytes, .len = len}};
    d.local.port = d.remote.port = IKE_PORT_NAT;
    return ike_input(p.end[B].engine, 1, &d);
}

static void test_what_is_no_ike_on_port_4500_is_told_apart(void)
{
    static const uint8_t keepalive[] = {0xff};
    static const uint8_t esp[] = {0, 0, 1, 0, 0, 0, 0, 1};
    begin();
    EXPECT_EQ(on_port_4500(keepalive, 1), WHY_NAT_KEEPALIVE);
    EXPECT_EQ(on_port_4500(esp, 1), WHY_SYNTAX); /* one octet, and another */
    EXPECT_EQ(on_port_4500(esp, sizeof esp), WHY_ESP);
    EXPECT_EQ(on_port_4500(esp, 3), WHY_SYNTAX);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_headers_that_cannot_be_are_dropped(void)
{
    static struct craft c;
    begin();
    craft_init(&c, 0);
    EXPECT_EQ(give(&c, B), WHY_SPI_ZERO);
    craft_init(&c, 5);
    c.bytes[17] = 0x10; /* IKEv1 */
    EXPECT_EQ(give(&c, B), WHY_SYNTAX);
    craft_whole_init(&c, 5);
    EXPECT_EQ(pair_inject(&p, B, c.bytes, c.w.len), WHY_SYNTAX); /* length not filled in */
    EXPECT_EQ(pair_inject(&p, B, c.bytes, 20), WHY_SYNTAX);
    craft_head(&c, &(struct ike_header){.spi_i = 5,
                                        .spi_r = 77,
                                        .version = IKE_VERSION_2,
                                        .exchange = INFORMATIONAL,
                                        .flags = FLAG_INITIATOR});
    EXPECT_EQ(give(&c, B), WHY_UNKNOWN_SPI);
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(p.sent, 0);
    pair_close(&p);
}

/* RFC 7296 2.5: answered with the version we have in the header. */
static void test_a_higher_major_version_is_answered_with_ours(void)
{
    static struct craft c;
    begin();
    craft_whole_init(&c, 5);
    c.bytes[17] = 0x30;
    EXPECT_EQ(give(&c, B), WHY_MAJOR_VERSION);
    EXPECT_STR(p.trace, "B>A  IKE_SA_INIT     rsp 0  N(INVALID_MAJOR_VERSION)\n");
    EXPECT_EQ(p.flight[0].bytes[17], IKE_VERSION_2);
    for (int i = 0; i < 2 * IKE_CLEAR_ANSWERS; i++)
        EXPECT_EQ(pair_inject(&p, B, c.bytes, c.w.len), WHY_MAJOR_VERSION);
    EXPECT_EQ(p.sent, IKE_CLEAR_ANSWERS);
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT_EQ(pair_inject(&p, B, c.bytes, c.w.len), WHY_MAJOR_VERSION);
    EXPECT_EQ(p.sent, IKE_CLEAR_ANSWERS + 1);
    pair_close(&p);
}

static void test_minor_versions_and_reserved_bits_are_ignored(void)
{
    static struct craft c;
    begin();
    craft_whole_init(&c, 5);
    c.bytes[17] = 0x2f;
    c.bytes[19] |= 0xc7;                /* flags without a meaning */
    c.bytes[IKE_HEADER_LEN + 1] = 0xff; /* critical bit of a known payload, reserved bits */
    EXPECT_EQ(give(&c, B), WHY_OK);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_close(&p);
}

/* For whoever shares a socket: of what is shorter than a header there is none. */
static void test_what_a_header_tells_is_seen_without_taking_the_message(void)
{
    static struct craft c;
    begin();
    craft_whole_init(&c, 5);
    struct ike_datagram d = {.bytes = {.at = c.bytes, .len = c.w.len}};
    ike_end_message(&c.w);
    c.bytes[15] = 9;
    EXPECT_EQ(ike_peek(&d).spi, 9);
    EXPECT_EQ(ike_peek(&d).kind, IKE_PEEK_INIT_REQUEST);
    c.bytes[19] = FLAG_RESPONSE;
    EXPECT_EQ(ike_peek(&d).spi, 5);
    EXPECT_EQ(ike_peek(&d).kind, IKE_PEEK_INIT_ACCEPTED);
    c.bytes[16] = PAYLOAD_NOTIFY; /* as an answer that asks for a cookie begins */
    EXPECT_EQ(ike_peek(&d).kind, IKE_PEEK_OTHER);
    c.bytes[18] = IKE_AUTH;
    EXPECT_EQ(ike_peek(&d).kind, IKE_PEEK_OTHER);
    c.bytes[19] = FLAG_INITIATOR;
    EXPECT_EQ(ike_peek(&d).kind, IKE_PEEK_AUTH_REQUEST);
    d.bytes.len = IKE_HEADER_LEN - 1;
    EXPECT_EQ(ike_peek(&d).spi, 0);
    d.local.port = IKE_PORT_NAT;
    EXPECT_EQ(ike_peek(&d).spi, 0); /* no marker */
    pair_close(&p);
}

/* What is not fetched is not lost: requests wait while so many octets do. */
static void test_requests_wait_while_outputs_are_not_fetched(void)
{
    enum { SAS = 15 };
    static const uint8_t data[15000];
    const struct ike_note note = {.type = 50000, .data = {.at = data, .len = sizeof data}};
    uint64_t sas[SAS];
    begin();
    for (int i = 0; i < SAS; i++) {
        sas[i] = pair_connect(&p);
        pair_run_for(&p, UINT64_C(1000000000));
    }
    const struct ike_engine *const a = p.end[A].engine;
    const struct ike_sa *sa = NULL;
    for (int i = 0; i < SAS; i++) {
        EXPECT(ike_inform(p.end[A].engine, p.now_ns, sas[i],
                          &(struct ike_inform){.notes = &note, .note_count = 1}));
        sa = ike_sa_numbered(a, sas[i]);
        EXPECT_EQ(ike_tasks_under_way(a, sa), i < SAS - 1 ? 1 : 0);
    }
    EXPECT(!ike_output_has_room(a));
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT_EQ(pair_count(&p, A, IKE_INFORMED), SAS);
    pair_close(&p);
}

/* ---- IKE_SA_INIT ---- */

static void test_an_unknown_critical_payload_is_named_in_the_refusal(void)
{
    static struct craft c;
    struct ike_message m;
    begin();
    craft_whole_init(&c, 5);
    unknown_payload(&c, 200, false);
    EXPECT_EQ(give(&c, B), WHY_OK);
    craft_whole_init(&c, 6);
    unknown_payload(&c, 200, true);
    EXPECT_EQ(give(&c, B), WHY_CRITICAL_PAYLOAD);
    EXPECT_EQ(ike_message_parse((struct ike_bytes){p.flight[1].bytes, p.flight[1].len}, &m),
              WHY_OK);
    EXPECT_EQ(m.notifies[0].type, N_UNSUPPORTED_CRITICAL_PAYLOAD);
    EXPECT_EQ(m.notifies[0].data.len, 1);
    EXPECT_EQ(m.notifies[0].data.at[0], 200);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_close(&p);
}

static void test_payloads_must_be_there_once_and_be_no_others(void)
{
    static struct craft c;
    begin();
    craft_init(&c, 5);
    craft_sa(&c);
    craft_nonce(&c, 32);
    EXPECT_EQ(give(&c, B), WHY_MISSING_PAYLOAD);
    craft_whole_init(&c, 5);
    craft_nonce(&c, 32);
    EXPECT_EQ(give(&c, B), WHY_UNEXPECTED_PAYLOAD);
    craft_whole_init(&c, 5);
    ike_put_auth(&c.w, &c.link, AUTH_PSK, (struct ike_bytes){.at = c.bytes, .len = 32});
    EXPECT_EQ(give(&c, B), WHY_UNEXPECTED_PAYLOAD);
    craft_init(&c, 5);
    for (int i = 0; i <= IKE_NOTIFIES_MAX; i++)
        ike_put_status(&c.w, &c.link, N_COOKIE, (struct ike_bytes){.at = c.bytes, .len = 8});
    EXPECT_EQ(give(&c, B), WHY_TOO_MANY);
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(p.sent, 0);
    pair_close(&p);
}

static void test_a_request_longer_than_can_be_kept_is_dropped(void)
{
    static uint8_t bytes[IKE_MESSAGE_MAX + 4];
    struct ike_writer w = wr_open(bytes, sizeof bytes);
    begin();
    ike_put_header(&w, &(struct ike_header){.spi_i = 5,
                                            .version = IKE_VERSION_2,
                                            .exchange = IKE_SA_INIT,
                                            .flags = FLAG_INITIATOR});
    w.len = sizeof bytes;
    ike_end_message(&w);
    EXPECT_EQ(pair_inject(&p, B, bytes, sizeof bytes), WHY_TOO_LONG);
    pair_close(&p);
}

static void test_nonces_have_16_to_256_octets(void)
{
    static const size_t lens[] = {15, 16, 256, 257};
    static struct craft c;
    begin();
    for (size_t i = 0; i < 4; i++) {
        craft_init(&c, 5 + i);
        craft_sa(&c);
        craft_ke(&c, "x25519", -1);
        craft_nonce(&c, lens[i]);
        EXPECT_EQ(give(&c, B), i == 1 || i == 2 ? WHY_OK : WHY_NONCE_LENGTH);
    }
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 2);
    pair_close(&p);
}

/* RFC 6989 2.5: dropped in IKE_SA_INIT, and nothing is kept. */
static void test_public_values_that_are_none_are_dropped(void)
{
    static const struct {
        const char *offer;
        const char *group;
        int octet;
    } rows[] = {
        {"aes256gcm16-prfsha256-x25519", "x25519", 0},
        {"aes256gcm16-prfsha256-ecp256", "ecp256", 0},
        {"aes256gcm16-prfsha256-ecp384", "ecp384", 0xff},
        {"aes256gcm16-prfsha256-modp2048", "modp2048", 0},
        {"aes256gcm16-prfsha256-modp3072", "modp3072", 0xff},
        {"aes256gcm16-prfsha256-modp4096", "modp4096", 0xff},
    };
    static struct craft c;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        pair_init(&p, plain);
        p.options.provider = i % 2 == 0 ? PAIR_OPENSSL : PAIR_MODELLED;
        pair_offer(&p, A, rows[i / 2].offer, "aes256gcm16");
        pair_offer(&p, B, rows[i / 2].offer, "aes256gcm16");
        pair_open(&p);
        craft_init(&c, 5);
        craft_sa(&c);
        craft_ke(&c, rows[i / 2].group, rows[i / 2].octet);
        craft_nonce(&c, 32);
        EXPECT_EQ(give(&c, B), WHY_KEY_EXCHANGE);
        EXPECT(pair_is_empty(&p));
        EXPECT_EQ(p.sent, 0);
        pair_close(&p);
    }
}

static void test_the_same_request_is_answered_from_memory_and_another_with_its_spi_is_new(void)
{
    static struct craft c;
    begin();
    craft_whole_init(&c, 5);
    EXPECT_EQ(give(&c, B), WHY_OK);
    const struct pair_flight first = p.flight[0];
    EXPECT_EQ(pair_inject(&p, B, c.bytes, c.w.len), WHY_RETRANSMITTED);
    EXPECT_EQ(p.flight[1].len, first.len);
    EXPECT(memcmp(p.flight[1].bytes, first.bytes, first.len) == 0);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    craft_init(&c, 5);
    craft_sa(&c);
    craft_ke(&c, "x25519", -1);
    craft_nonce(&c, 33);
    EXPECT_EQ(give(&c, B), WHY_OK);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 2);
    pair_close(&p);
}

static void test_half_open_sas_are_limited_in_all_and_by_address(void)
{
    static struct craft c;
    pair_init(&p, plain);
    p.end[B].config.half_open.limit = 3;
    p.end[B].config.half_open.per_address = 2;
    pair_open(&p);
    const struct ike_addr first = p.end[A].addr;
    for (uint64_t spi = 1; spi <= 2; spi++) {
        craft_whole_init(&c, spi);
        EXPECT_EQ(give(&c, B), WHY_OK);
    }
    craft_whole_init(&c, 3);
    EXPECT_EQ(give(&c, B), WHY_HALF_OPEN_ADDRESS);
    p.end[A].addr = ike_addr_v4(0xc6336409, IKE_PORT);
    craft_whole_init(&c, 4);
    EXPECT_EQ(give(&c, B), WHY_OK);
    p.end[A].addr = ike_addr_v4(0xc633640a, IKE_PORT);
    craft_whole_init(&c, 5);
    EXPECT_EQ(give(&c, B), WHY_HALF_OPEN_LIMIT);
    p.end[A].addr = first;
    pair_run_for(&p, UINT64_C(31000000000)); /* they expire, and the counts with them */
    craft_whole_init(&c, 6);
    EXPECT_EQ(give(&c, B), WHY_OK);
    EXPECT_EQ(ike_half_open_of(p.end[B].engine, &first), 1);
    pair_close(&p);
}

static void test_where_addresses_are_not_limited_nobody_counts_them(void)
{
    static struct craft c;
    pair_init(&p, plain);
    p.end[B].config.half_open.per_address = IKE_UNLIMITED;
    pair_open(&p);
    craft_whole_init(&c, 1);
    EXPECT_EQ(give(&c, B), WHY_OK);
    EXPECT_EQ(ike_half_open_of(p.end[B].engine, &p.end[A].addr), 0);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_close(&p);
}

static void test_a_full_table_refuses_and_a_client_is_told(void)
{
    static struct craft c;
    pair_init(&p, plain);
    p.end[B].config.sa_max = 2;
    p.end[A].config.sa_max = 1;
    pair_open(&p);
    for (uint64_t spi = 1; spi <= 3; spi++) {
        craft_whole_init(&c, spi);
        EXPECT_EQ(give(&c, B), spi <= 2 ? WHY_OK : WHY_SA_TABLE_FULL);
    }
    EXPECT(pair_connect(&p) != 0);
    EXPECT_EQ(pair_connect(&p), 0);
    pair_close(&p);
}

/* ---- cookies ---- */

/* The cookie that B asks of the crafted client just now. */
static struct ike_bytes cookie_of(uint64_t spi, uint8_t *room)
{
    static struct craft c;
    struct ike_message m;
    craft_whole_init(&c, spi);
    EXPECT_EQ(give(&c, B), WHY_COOKIE_WANTED);
    for (int i = 0; i < PAIR_FLIGHT_MAX; i++)
        if (p.flight[i].used) {
            p.flight[i].used = false;
            const struct ike_bytes bytes = {p.flight[i].bytes, p.flight[i].len};
            EXPECT_EQ(ike_message_parse(bytes, &m), WHY_OK);
            const struct ike_notify *const n = ike_message_notify(&m, N_COOKIE);
            memcpy(room, n->data.at, n->data.len);
            return (struct ike_bytes){.at = room, .len = n->data.len};
        }
    return (struct ike_bytes){.at = room, .len = 0};
}

static enum ike_why with_cookie(uint64_t spi, struct ike_bytes cookie)
{
    static struct craft c;
    craft_init(&c, spi);
    ike_put_status(&c.w, &c.link, N_COOKIE, cookie);
    craft_sa(&c);
    craft_ke(&c, "x25519", -1);
    craft_nonce(&c, 32);
    return give(&c, B);
}

static void begin_cookies(void)
{
    pair_init(&p, plain);
    p.end[B].config.cookies.on_at = 0;
    pair_open(&p);
}

static void test_a_cookie_binds_address_spi_and_nonce(void)
{
    uint8_t room[IKE_COOKIE_MAX];
    begin_cookies();
    const struct ike_bytes cookie = cookie_of(5, room);
    EXPECT_EQ(cookie.len, IKE_COOKIE_LEN);
    EXPECT_EQ(ike_stats(p.end[B].engine).memory, 0); /* no state is kept */
    EXPECT_EQ(with_cookie(6, cookie), WHY_COOKIE_WRONG);
    const struct ike_addr mine = p.end[A].addr;
    p.end[A].addr = ike_addr_v4(0xc6336409, IKE_PORT);
    EXPECT_EQ(with_cookie(5, cookie), WHY_COOKIE_WRONG);
    p.end[A].addr = mine;
    for (size_t i = 0; i < cookie.len; i++) {
        room[i] ^= 1;
        EXPECT_EQ(with_cookie(5, cookie), WHY_COOKIE_WRONG);
        room[i] ^= 1;
    }
    EXPECT_EQ(with_cookie(5, (struct ike_bytes){.at = room, .len = 8}), WHY_COOKIE_WRONG);
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(with_cookie(5, cookie), WHY_OK);
    pair_close(&p);
}

static void test_a_cookie_outlives_its_secret_by_the_overlap_only(void)
{
    uint8_t room[IKE_COOKIE_MAX];
    begin_cookies();
    const struct ike_bytes cookie = cookie_of(5, room); /* the secret's first, at 0 s */
    pair_run_for(&p, UINT64_C(129000000000));           /* changed at 120 s, overlap to 130 s */
    EXPECT_EQ(with_cookie(5, cookie), WHY_OK);
    pair_close(&p);
    begin_cookies();
    const struct ike_bytes again = cookie_of(5, room);
    pair_run_for(&p, UINT64_C(131000000000));
    EXPECT_EQ(with_cookie(5, again), WHY_COOKIE_WRONG);
    pair_close(&p);
}

/* With nothing asked meanwhile its secret is two lifetimes old, and no old one is kept. */
static void test_a_cookie_of_nothing_or_of_long_ago_is_wrong(void)
{
    uint8_t room[IKE_COOKIE_MAX];
    begin_cookies();
    const struct ike_bytes cookie = cookie_of(5, room);
    EXPECT_EQ(with_cookie(5, (struct ike_bytes){.at = room, .len = 0}), WHY_COOKIE_WRONG);
    pair_run_for(&p, UINT64_C(241000000000));
    EXPECT_EQ(with_cookie(5, cookie), WHY_COOKIE_WRONG);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_cookies_go_on_at_n_and_off_when_below_m_for_long_enough(void)
{
    static struct craft c;
    pair_init(&p, plain);
    p.end[B].config.cookies.on_at = 3;
    p.end[B].config.cookies.off_below = 2;
    p.end[B].config.half_open.timeout_ns = UINT64_C(10000000000);
    pair_open(&p);
    for (uint64_t spi = 1; spi <= 3; spi++) {
        craft_whole_init(&c, spi);
        EXPECT_EQ(give(&c, B), WHY_OK);
    }
    EXPECT(ike_stats(p.end[B].engine).cookies_on);
    craft_whole_init(&c, 4);
    EXPECT_EQ(give(&c, B), WHY_COOKIE_WANTED);
    pair_run_for(&p, UINT64_C(15000000000)); /* all expired at 10 s; the hold ends at 20 s */
    craft_whole_init(&c, 5);
    EXPECT_EQ(give(&c, B), WHY_COOKIE_WANTED);
    pair_run_for(&p, UINT64_C(6000000000));
    craft_whole_init(&c, 6);
    EXPECT_EQ(give(&c, B), WHY_OK);
    EXPECT(!ike_stats(p.end[B].engine).cookies_on);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_is_no_ike_on_port_4500_is_told_apart),
        TEST(test_headers_that_cannot_be_are_dropped),
        TEST(test_a_higher_major_version_is_answered_with_ours),
        TEST(test_minor_versions_and_reserved_bits_are_ignored),
        TEST(test_what_a_header_tells_is_seen_without_taking_the_message),
        TEST(test_requests_wait_while_outputs_are_not_fetched),
        TEST(test_an_unknown_critical_payload_is_named_in_the_refusal),
        TEST(test_payloads_must_be_there_once_and_be_no_others),
        TEST(test_a_request_longer_than_can_be_kept_is_dropped),
        TEST(test_nonces_have_16_to_256_octets),
        TEST(test_public_values_that_are_none_are_dropped),
        TEST(test_the_same_request_is_answered_from_memory_and_another_with_its_spi_is_new),
        TEST(test_half_open_sas_are_limited_in_all_and_by_address),
        TEST(test_where_addresses_are_not_limited_nobody_counts_them),
        TEST(test_a_full_table_refuses_and_a_client_is_told),
        TEST(test_a_cookie_binds_address_spi_and_nonce),
        TEST(test_a_cookie_outlives_its_secret_by_the_overlap_only),
        TEST(test_a_cookie_of_nothing_or_of_long_ago_is_wrong),
        TEST(test_cookies_go_on_at_n_and_off_when_below_m_for_long_enough),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
