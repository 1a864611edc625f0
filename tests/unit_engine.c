/* SPDX-License-Identifier: MIT
 * What an engine refuses, and why: one crafted message for each reason that no
 * ordinary flow meets. After each refusal the engine is what it was before, or
 * ended as the reason's row says. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "ike/v2/protect.h"
#include "ike/v2/selector.h"
#include "tests/pair.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

/* ---- crafting ---- */

struct craft {
    uint8_t bytes[IKE_MESSAGE_MAX];
    struct ike_writer w;
    size_t link;
    size_t sealed;
};

static void craft_head(struct craft *c, const struct ike_header *head)
{
    c->w = wr_open(c->bytes, sizeof c->bytes);
    c->link = 16;
    c->sealed = 0;
    ike_put_header(&c->w, head);
}

/* An IKE_SA_INIT request of a client that is nobody's engine. */
static void craft_init(struct craft *c, uint64_t spi)
{
    craft_head(c, &(struct ike_header){.spi_i = spi,
                                       .version = IKE_VERSION_2,
                                       .exchange = IKE_SA_INIT,
                                       .flags = FLAG_INITIATOR});
}

static void craft_sa(struct craft *c)
{
    const struct ike_policy *const policy = &p.end[A].policy;
    const struct ike_wish wish = {
        .protocol = PROTOCOL_IKE, .offers = policy->ike, .offer_count = policy->ike_count};
    ike_put_offers(&c->w, &c->link, &wish, (struct ike_bytes){.at = NULL, .len = 0});
}

static void craft_ke(struct craft *c, const char *group, int first_octet)
{
    uint8_t share[IKE_SHARE_MAX];
    struct ike_kex kex;
    const struct ike_algo *const row = &ike_algos[ike_algo_named(group)];
    struct ike_crypto *const crypto = p.end[A].crypto;
    EXPECT(crypto->ops->kex_begin(crypto, row, &kex, share));
    crypto->ops->kex_free(crypto, row, &kex);
    if (first_octet >= 0)
        memset(share, first_octet, row->share_len);
    ike_put_ke(&c->w, &c->link, row->id, (struct ike_bytes){.at = share, .len = row->share_len});
}

static void craft_nonce(struct craft *c, size_t len)
{
    static const uint8_t nonce[IKE_NONCE_MAX + 1] = {1, 2, 3};
    ike_put_nonce(&c->w, &c->link, (struct ike_bytes){.at = nonce, .len = len});
}

static void craft_whole_init(struct craft *c, uint64_t spi)
{
    craft_init(c, spi);
    craft_sa(c);
    craft_ke(c, "x25519", -1);
    craft_nonce(c, 32);
}

static enum ike_why give(struct craft *c, enum pair_side to)
{
    if (c->sealed != 0) {
        const struct ike_seal_keys keys = ike_keys_of(&p.keys, to == B);
        ike_end_sealed(&c->w, c->sealed, &keys, p.end[1 - to].crypto, 1000 + (uint64_t)p.sent);
    } else {
        ike_end_message(&c->w);
    }
    EXPECT(!c->w.bad);
    return pair_inject(&p, to, c->bytes, c->w.len);
}

/* A request of A inside the SA, with the message id that B awaits. */
static void craft_sealed(struct craft *c, uint8_t exchange, uint32_t id)
{
    craft_head(c, &(struct ike_header){.spi_i = p.keys.spi_i,
                                       .spi_r = p.keys.spi_r,
                                       .version = IKE_VERSION_2,
                                       .exchange = exchange,
                                       .flags = FLAG_INITIATOR,
                                       .id = id});
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, true);
    c->sealed = ike_begin_sealed(&c->w, &c->link, &keys);
}

static void unknown_payload(struct craft *c, uint8_t type, bool critical)
{
    const size_t begin = ike_begin_payload(&c->w, &c->link, type);
    if (critical)
        c->bytes[begin + 1] = 0x80;
    ike_end_payload(&c->w, begin);
}

static void begin(void)
{
    pair_init(&p, plain);
    pair_open(&p);
}

static void begin_up(void)
{
    begin();
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
}

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

/* ---- inside an SA ---- */

/* B's SA is what it was: same keys, same ids awaited. */
static void expect_untouched(void)
{
    static struct craft c;
    EXPECT(pair_agrees(&p, 1));
    craft_sealed(&c, INFORMATIONAL, 2);
    EXPECT_EQ(give(&c, B), WHY_OK);
}

static void test_nothing_unauthenticated_touches_an_sa(void)
{
    static struct craft c;
    begin_up();
    craft_sealed(&c, INFORMATIONAL, 3);
    EXPECT_EQ(give(&c, B), WHY_MESSAGE_ID);
    craft_sealed(&c, INFORMATIONAL, 2);
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, true);
    ike_end_sealed(&c.w, c.sealed, &keys, p.end[A].crypto, 9999);
    for (size_t i = IKE_HEADER_LEN + 4; i < c.w.len; i++) {
        c.bytes[i] ^= 0x10;
        EXPECT_EQ(pair_inject(&p, B, c.bytes, c.w.len), WHY_BAD_ICV);
        c.bytes[i] ^= 0x10;
    }
    craft_head(&c, &(struct ike_header){.spi_i = p.keys.spi_i,
                                        .spi_r = p.keys.spi_r,
                                        .version = IKE_VERSION_2,
                                        .exchange = INFORMATIONAL,
                                        .flags = FLAG_INITIATOR,
                                        .id = 2});
    ike_put_delete(&c.w, &c.link, 0); /* in the clear */
    EXPECT_EQ(give(&c, B), WHY_MISSING_PAYLOAD);
    craft_head(&c, &(struct ike_header){.spi_i = p.keys.spi_i,
                                        .spi_r = p.keys.spi_r,
                                        .version = IKE_VERSION_2,
                                        .exchange = INFORMATIONAL,
                                        .flags = FLAG_INITIATOR | FLAG_RESPONSE,
                                        .id = 0});
    EXPECT_EQ(give(&c, B), WHY_NOT_AWAITED);
    expect_untouched();
    pair_close(&p);
}

static void test_an_unknown_critical_payload_inside_is_refused_and_the_sa_stays(void)
{
    static struct craft c;
    begin_up();
    craft_sealed(&c, INFORMATIONAL, 2);
    unknown_payload(&c, 201, true);
    EXPECT_EQ(give(&c, B), WHY_CRITICAL_PAYLOAD);
    EXPECT(strstr(p.trace, "INFORMATIONAL   rsp 2  SK{N(UNSUPPORTED_CRITICAL_PAYLOAD)}") != NULL);
    EXPECT(pair_agrees(&p, 1));
    craft_sealed(&c, INFORMATIONAL, 3);
    EXPECT_EQ(give(&c, B), WHY_OK);
    pair_close(&p);
}

/* RFC 7296 2.21.3: authenticated nonsense ends the SA. */
static void test_authenticated_nonsense_is_fatal(void)
{
    static const enum ike_why wanted[] = {WHY_EXCHANGE_TYPE, WHY_UNEXPECTED_PAYLOAD, WHY_SYNTAX,
                                          WHY_TOO_MANY};
    static struct craft c;
    for (int i = 0; i < 4; i++) {
        begin_up();
        craft_sealed(&c, i == 0 ? 250 : INFORMATIONAL, 2);
        if (i == 1)
            ike_put_nonce(&c.w, &c.link, (struct ike_bytes){.at = c.bytes, .len = 20});
        if (i == 2) { /* a Delete that says two SPIs and holds one */
            ike_put_delete(&c.w, &c.link, 0x11223344);
            c.bytes[c.w.len - 5] = 2;
        }
        for (int k = 0; i == 3 && k <= IKE_GONE_MAX; k++)
            if (k == 0) {
                const size_t begin = ike_begin_payload(&c.w, &c.link, PAYLOAD_DELETE);
                put_u32(&c.w, (uint32_t)PROTOCOL_ESP << 24 | 4u << 16 | (IKE_GONE_MAX + 1));
                for (uint32_t spi = 0; spi <= IKE_GONE_MAX; spi++)
                    put_u32(&c.w, 1000 + spi);
                ike_end_payload(&c.w, begin);
            }
        EXPECT_EQ(give(&c, B), wanted[i]);
        EXPECT(strstr(p.trace, "rsp 2  SK{N(INVALID_SYNTAX)}") != NULL);
        EXPECT_EQ(ike_stats(p.end[B].engine).established, 0);
        EXPECT_EQ(p.end[B].ends[wanted[i]], 2); /* its child, then itself */
        pair_close(&p);
    }
}

/* ---- IKE_AUTH crafted by a hostile initiator that has the keys ---- */

static bool lose_auth(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number != 2;
}

static void begin_keyed(void)
{
    pair_init(&p, plain);
    p.touch = lose_auth;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 100000000);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
}

static void craft_auth(struct craft *c, uint8_t method)
{
    static const uint8_t proof[32] = {0};
    const struct ike_policy *const policy = &p.end[A].policy;
    const struct ike_wish wish = {.protocol = PROTOCOL_ESP,
                                  .spi_size = 4,
                                  .offers = policy->child[0].esp,
                                  .offer_count = 1,
                                  .no_ke = true};
    struct ike_selectors ts = {.at = {policy->child[0].local[0]}, .count = 1};
    craft_sealed(c, IKE_AUTH, 1);
    ike_put_id(&c->w, &c->link, PAYLOAD_IDI, &policy->local_id);
    ike_put_auth(&c->w, &c->link, method, (struct ike_bytes){.at = proof, .len = sizeof proof});
    ike_put_offers(&c->w, &c->link, &wish, (struct ike_bytes){.at = proof, .len = 4});
    ike_put_selectors(&c->w, &c->link, PAYLOAD_TSI, &ts);
    ts.at[0] = policy->child[0].remote[0];
    ike_put_selectors(&c->w, &c->link, PAYLOAD_TSR, &ts);
}

static void test_another_method_and_a_wrong_proof_end_the_half_open_sa(void)
{
    static struct craft c;
    for (int i = 0; i < 2; i++) {
        begin_keyed();
        craft_auth(&c, i == 0 ? AUTH_RSA : AUTH_PSK);
        EXPECT_EQ(give(&c, B), i == 0 ? WHY_AUTH_METHOD : WHY_AUTHENTICATION);
        EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 0);
        EXPECT_EQ(p.end[B].engine->store.used, 0);
        pair_close(&p);
    }
}

static void test_a_full_table_of_children_keeps_the_ike_sa(void)
{
    pair_init(&p, plain);
    pair_open(&p);
    struct ike_pool *const children = &p.end[B].engine->children;
    while (ike_pool_take(children) != 0)
        ;
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(strstr(p.trace, "SK{IDr AUTH N(NO_ADDITIONAL_SAS)}") != NULL);
    EXPECT_EQ(p.end[B].ends[WHY_CHILD_TABLE_FULL], 1);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
    pair_close(&p);
}

/* ---- a hostile responder ---- */

/* Answers A's request itself, and B hears nothing. */
static bool deaf(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)pair;
    (void)bytes;
    (void)len;
    (void)number;
    return from == B;
}

static void craft_answer(struct craft *c)
{
    struct ike_engine *const engine = p.end[A].engine;
    craft_head(c, &(struct ike_header){.spi_i = ike_sa_at(engine, 1)->spi_i,
                                       .spi_r = 9,
                                       .version = IKE_VERSION_2,
                                       .exchange = IKE_SA_INIT,
                                       .flags = FLAG_RESPONSE});
}

static void test_an_initiator_takes_only_what_it_offered(void)
{
    static struct craft c;
    static const uint8_t group[2] = {0, 14}; /* MODP-2048 */
    pair_init(&p, plain);
    p.touch = deaf;
    pair_open(&p);
    (void)pair_connect(&p);
    const struct ike_engine *const a = p.end[A].engine;

    craft_answer(&c);
    ike_put_status(&c.w, &c.link, N_INVALID_KE_PAYLOAD, (struct ike_bytes){.at = group, .len = 2});
    EXPECT_EQ(give(&c, A), WHY_GROUP_NOT_OFFERED);

    struct ike_choice choice = {.number = 1};
    choice.suite.encr = ike_algo_named("aes128gcm16");
    choice.suite.prf = ike_algo_named("prfsha256");
    choice.suite.ke = ike_algo_named("x25519");
    const struct ike_wish wish = {.protocol = PROTOCOL_IKE};
    craft_answer(&c);
    ike_put_choice(&c.w, &c.link, &wish, &choice, (struct ike_bytes){.at = NULL, .len = 0});
    craft_ke(&c, "x25519", -1);
    craft_nonce(&c, 32);
    EXPECT_EQ(give(&c, A), WHY_CHOICE_NOT_OFFERED);

    choice.suite.encr = ike_algo_named("aes256gcm16");
    craft_answer(&c);
    ike_put_choice(&c.w, &c.link, &wish, &choice, (struct ike_bytes){.at = NULL, .len = 0});
    craft_ke(&c, "x25519", 0);
    craft_nonce(&c, 32);
    EXPECT_EQ(give(&c, A), WHY_KEY_EXCHANGE);

    EXPECT_EQ(ike_sa_at(a, 1)->state, S_INIT_SENT); /* still waiting for a good one */
    p.touch = NULL;
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* ---- selectors of the packet that wants to go out ---- */

static void connect_for(const struct ike_packet *packet)
{
    const struct ike_attempt attempt = {.local = p.end[A].addr,
                                        .remote = p.end[B].addr,
                                        .policy = &p.end[A].policy,
                                        .trigger = packet};
    EXPECT(ike_connect(p.end[A].engine, 0, &attempt) != 0);
    pair_run(&p);
}

/* The one selector of B's side of its child. */
static void expect_local_of_b(const char *wanted)
{
    const struct ike_engine *const b = p.end[B].engine;
    const struct ike_child *const child = ike_child_at(b, ike_sa_numbered(b, p.end[B].sa)->child);
    struct ike_selector s;
    char text[IKE_SELECTOR_TEXT];
    memcpy(&s, ike_store_at(&b->store, child->selectors), sizeof s);
    ike_selector_format(&s, text);
    EXPECT_EQ(child->local_count, 1);
    EXPECT_STR(text, wanted);
}

static void test_the_trigger_packet_stands_first_and_is_covered(void)
{
    struct ike_packet packet = {.protocol = 6};
    pair_init(&p, plain);
    EXPECT(ike_selector_from_text("10.2.3.0/24", &p.end[B].policy.child[0].local[0]));
    pair_open(&p);
    EXPECT(ike_addr_parse("10.1.0.9", &packet.from));
    EXPECT(ike_addr_parse("10.2.3.4", &packet.to));
    packet.from.port = 40000;
    packet.to.port = 443;
    connect_for(&packet);
    EXPECT(pair_agrees(&p, 1));
    expect_local_of_b("10.2.3.0/24"); /* narrowed to what B allows, the packet within */
    pair_close(&p);
}

/* RFC 7296 2.9: where policy refuses the packet itself, what else it allows is answered. */
static void test_a_trigger_packet_outside_policy_leaves_what_policy_allows(void)
{
    struct ike_packet packet = {.protocol = 6};
    pair_init(&p, plain);
    EXPECT(ike_selector_from_text("10.2.3.0/24", &p.end[B].policy.child[0].local[0]));
    pair_open(&p);
    EXPECT(ike_addr_parse("10.1.0.9", &packet.from));
    EXPECT(ike_addr_parse("10.2.99.4", &packet.to));
    connect_for(&packet);
    EXPECT(pair_agrees(&p, 1));
    expect_local_of_b("10.2.3.0/24");
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_is_no_ike_on_port_4500_is_told_apart),
        TEST(test_headers_that_cannot_be_are_dropped),
        TEST(test_a_higher_major_version_is_answered_with_ours),
        TEST(test_minor_versions_and_reserved_bits_are_ignored),
        TEST(test_an_unknown_critical_payload_is_named_in_the_refusal),
        TEST(test_payloads_must_be_there_once_and_be_no_others),
        TEST(test_a_request_longer_than_can_be_kept_is_dropped),
        TEST(test_nonces_have_16_to_256_octets),
        TEST(test_public_values_that_are_none_are_dropped),
        TEST(test_the_same_request_is_answered_from_memory_and_another_with_its_spi_is_new),
        TEST(test_half_open_sas_are_limited_in_all_and_by_address),
        TEST(test_a_full_table_refuses_and_a_client_is_told),
        TEST(test_a_cookie_binds_address_spi_and_nonce),
        TEST(test_a_cookie_outlives_its_secret_by_the_overlap_only),
        TEST(test_cookies_go_on_at_n_and_off_when_below_m_for_long_enough),
        TEST(test_nothing_unauthenticated_touches_an_sa),
        TEST(test_an_unknown_critical_payload_inside_is_refused_and_the_sa_stays),
        TEST(test_authenticated_nonsense_is_fatal),
        TEST(test_another_method_and_a_wrong_proof_end_the_half_open_sa),
        TEST(test_a_full_table_of_children_keeps_the_ike_sa),
        TEST(test_an_initiator_takes_only_what_it_offered),
        TEST(test_the_trigger_packet_stands_first_and_is_covered),
        TEST(test_a_trigger_packet_outside_policy_leaves_what_policy_allows),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
