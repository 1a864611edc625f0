/* SPDX-License-Identifier: MIT
 * Packets that came by a Child SA and may not: whoever carries ESP has dropped one,
 * and the peer is told of it by INVALID_SELECTORS, seldom (RFC 4301 5.2, RFC 7296
 * 3.10.1); and what comes of hearing that, whoever says it: an event, and no more. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/craft.h"
#include "tests/flow.h"
#include "tests/opened.h"
#include "tests/test.h"

#include <string.h>

static const uint64_t span_ns = UINT64_C(5000000000); /* of ike_config.invalid_selectors_ns */
static const uint64_t second_ns = UINT64_C(1000000000);

/* UDP from 10.9.9.9, where nobody is, to 10.2.0.1. */
static const uint8_t packet[] = {0x45, 0, 0,  28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9,
                                 9,    9, 10, 2,  0, 1, 0, 7, 0,  9,  0, 8, 0,  0};
static const struct ike_bytes strayed = {.at = packet, .len = sizeof packet};

static void both_tell(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].config.invalid_selectors_ns = pair->end[r].config.invalid_selectors_ns = span_ns;
}

static void begin_telling(void)
{
    pair_init(&p, plain);
    both_tell(&p, A, B);
    pair_open(&p);
}

static bool stray_of(struct pair *pair, enum pair_side side, uint32_t child_spi)
{
    return ike_tell_invalid_selectors(pair->end[side].engine, pair->now_ns, pair->end[side].sa,
                                      child_spi, strayed);
}

/* The last one told of. */
static struct ike_event heard(const struct pair *pair, enum pair_side side)
{
    const struct pair_end *const end = &pair->end[side];
    for (int i = end->event_count; i > 0; i--)
        if (end->events[i - 1].kind == IKE_INVALID_SELECTORS_HEARD)
            return end->events[i - 1];
    return (struct ike_event){.kind = IKE_EVENT_KINDS};
}

/* ---- the exchange ---- */

static void initiator_tells(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(stray_of(pair, i, pair->end[i].child));
    EXPECT(!stray_of(pair, i, pair->end[i].child));
}

static void responder_tells(struct pair *pair, enum pair_side i, enum pair_side r)
{
    initiator_tells(pair, r, i);
}

static bool has_heard(const struct pair *pair, enum pair_side from, enum pair_side to)
{
    const struct ike_event event = heard(pair, to);
    return pair_agrees(pair, 1) && pair_count(pair, to, IKE_INVALID_SELECTORS_HEARD) == 1 &&
           pair_count(pair, from, IKE_INVALID_SELECTORS_HEARD) == 0 &&
           event.sa == pair->end[to].sa && event.child_spi == pair->end[to].child &&
           event.notify == 39 && event.why == WHY_OK && pair_count(pair, from, IKE_INFORMED) == 0;
}

static bool responder_heard(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return has_heard(pair, i, r);
}

static bool initiator_heard(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return has_heard(pair, r, i);
}

static void test_who_sent_a_packet_that_strayed_is_told_of_it(void)
{
    flow_check(&(struct flow){.prepare = both_tell,
                              .act = initiator_tells,
                              .trace = ARROWS_PLAIN
                              "A>B  INFORMATIONAL   req 2  SK{N(INVALID_SELECTORS)}\n"
                              "B>A  INFORMATIONAL   rsp 2  SK{}\n",
                              .ended = responder_heard});
    flow_check(&(struct flow){.prepare = both_tell,
                              .act = responder_tells,
                              .trace = ARROWS_PLAIN
                              "B>A  INFORMATIONAL   req 0  SK{N(INVALID_SELECTORS)}\n"
                              "A>B  INFORMATIONAL   rsp 0  SK{}\n",
                              .ended = initiator_heard});
}

/* ---- what is said, octet by octet ---- */

static struct opened message; /* the last request of B's after IKE_AUTH, */
static size_t message_len;    /* and its octets */

static bool listen(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)number;
    if (from == B && bytes[18] == INFORMATIONAL && (bytes[19] & FLAG_RESPONSE) == 0) {
        EXPECT(opened_read(pair, (struct ike_bytes){.at = bytes, .len = *len}, &message));
        message_len = *len;
    }
    return true;
}

/* Body of the one notify by which B told of a packet, its SPI left out: that is as it should be. */
static struct ike_bytes told_of(struct ike_bytes came)
{
    const uint32_t spi = p.end[B].child;
    const uint8_t wire[] = {(uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8),
                            (uint8_t)spi};
    message.part_count = 0;
    EXPECT(ike_tell_invalid_selectors(p.end[B].engine, p.now_ns, p.end[B].sa, spi, came));
    pair_run_for(&p, span_ns);
    EXPECT_EQ(message.part_count, 1);
    EXPECT_EQ(message.parts[0].type, PAYLOAD_NOTIFY);
    EXPECT(message.parts[0].len >= 8 && memcmp(message.parts[0].body + 4, wire, sizeof wire) == 0);
    memset(message.parts[0].body + 4, 0xee, sizeof wire);
    return (struct ike_bytes){.at = message.parts[0].body, .len = message.parts[0].len};
}

static void begin_listening(void)
{
    begin_telling();
    p.touch = listen;
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
}

/* ESP, the SPI by which B receives, and the beginning of the packet. */
static void test_the_notify_has_the_spi_it_came_by_and_the_packets_beginning(void)
{
    static const uint8_t wanted[] = {3,  4, 0, 39, 0xee, 0xee, 0xee, 0xee, 0x45, 0, 0, 28,
                                     0,  0, 0, 0,  64,   17,   0,    0,    10,   9, 9, 9,
                                     10, 2, 0, 1,  0,    7,    0,    9,    0,    8, 0, 0};
    begin_listening();
    const struct ike_bytes said = told_of(strayed);
    EXPECT(said.len == sizeof wanted && memcmp(said.at, wanted, sizeof wanted) == 0);
    EXPECT_EQ(heard(&p, A).child_spi, p.end[A].child);
    pair_close(&p);
}

static void test_no_more_of_it_is_shown_than_fits_and_perhaps_nothing(void)
{
    static const size_t lens[] = {
        0, 1, IKE_STRAY_MAX - 1, IKE_STRAY_MAX, IKE_STRAY_MAX + 1, IKE_ESP_MAX};
    static uint8_t octets[IKE_ESP_MAX];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 7);
    begin_listening();
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        const struct ike_bytes said =
            told_of((struct ike_bytes){.at = lens[i] > 0 ? octets : NULL, .len = lens[i]});
        const size_t shown = lens[i] < IKE_STRAY_MAX ? lens[i] : IKE_STRAY_MAX;
        EXPECT_EQ(said.len, 8 + shown);
        EXPECT(said.len != 8 + shown || memcmp(said.at + 8, octets, shown) == 0);
        EXPECT(message_len <= 1280 - 40 - 8); /* RFC 8200 5 */
        EXPECT_EQ(pair_count(&p, A, IKE_INVALID_SELECTORS_HEARD), i + 1);
    }
    pair_close(&p);
}

/* ---- seldom ---- */

static void test_of_each_child_sa_the_peer_is_told_once_in_a_span(void)
{
    uint32_t spis[2];
    begin_telling();
    pair_with_two_children(&p, spis);
    const uint64_t first_ns = p.now_ns;
    EXPECT(stray_of(&p, A, spis[0]));
    pair_run_for(&p, second_ns); /* answered */
    EXPECT(!stray_of(&p, A, spis[0]));
    EXPECT(stray_of(&p, A, spis[1]));
    pair_run_for(&p, first_ns + span_ns - 1 - p.now_ns);
    EXPECT(!stray_of(&p, A, spis[0]));
    EXPECT(!stray_of(&p, A, spis[1]));
    EXPECT_EQ(pair_count(&p, B, IKE_INVALID_SELECTORS_HEARD), 2);
    pair_run_for(&p, 1);
    EXPECT(stray_of(&p, A, spis[0]));
    EXPECT(!stray_of(&p, A, spis[1]));
    pair_run_for(&p, second_ns);
    EXPECT(stray_of(&p, A, spis[1]));
    pair_run_for(&p, second_ns);
    EXPECT_EQ(pair_count(&p, B, IKE_INVALID_SELECTORS_HEARD), 4);
    EXPECT(pair_agrees(&p, 2));
    pair_close(&p);
}

static void test_a_storm_of_them_is_a_word_now_and_then(void)
{
    begin_telling();
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    for (int i = 0; i < 20000; i++) { /* 20 s */
        (void)stray_of(&p, B, p.end[B].child);
        pair_run_for(&p, second_ns / 1000);
    }
    EXPECT_EQ(pair_count(&p, A, IKE_INVALID_SELECTORS_HEARD), 4);
    pair_close(&p);
}

static void test_nobody_is_told_without_a_span_or_a_child_sa_that_it_came_by(void)
{
    begin_up(); /* ike_config.invalid_selectors_ns is 0 */
    EXPECT(!stray_of(&p, A, p.end[A].child));
    pair_close(&p);
    begin_telling();
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    const uint32_t spi = p.end[A].child;
    const int sent = p.sent;
    EXPECT(!stray_of(&p, A, spi + 1));
    EXPECT(!stray_of(&p, A, 0));
    EXPECT(!stray_of(&p, A, p.end[B].child)); /* the other way */
    EXPECT(!ike_tell_invalid_selectors(p.end[A].engine, p.now_ns, p.end[A].sa + 1, spi, strayed));
    pair_run_for(&p, second_ns);
    EXPECT_EQ(p.sent, sent);
    EXPECT(ike_delete_child(p.end[A].engine, p.now_ns, p.end[A].sa, spi));
    pair_run_for(&p, second_ns);
    EXPECT(!stray_of(&p, A, spi));
    EXPECT_EQ(p.end[A].engine->tasks.used, 0);
    pair_close(&p);
}

/* ---- behind other requests ---- */

/* A probe of A's is under way, and a word about a packet waits for its answer. */
static void begin_waiting(void)
{
    pair_init(&p, plain);
    p.end[A].config.invalid_selectors_ns = 1;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    EXPECT(stray_of(&p, A, p.end[A].child));
    pair_run_for(&p, 1);
    EXPECT(!stray_of(&p, A, p.end[A].child)); /* one at a time */
    EXPECT_EQ(p.end[A].engine->tasks.used, 2);
    p.trace_len = 0;
}

static void test_what_is_to_be_told_waits_for_the_window(void)
{
    begin_waiting();
    pair_run_for(&p, second_ns);
    EXPECT_STR(p.trace, "B>A  INFORMATIONAL   rsp 2  SK{}\n"
                        "A>B  INFORMATIONAL   req 3  SK{N(INVALID_SELECTORS)}\n"
                        "B>A  INFORMATIONAL   rsp 3  SK{}\n");
    EXPECT_EQ(pair_count(&p, B, IKE_INVALID_SELECTORS_HEARD), 1);
    EXPECT(stray_of(&p, A, p.end[A].child));
    pair_close(&p);
}

static void test_of_a_child_sa_that_is_gone_meanwhile_nothing_is_told(void)
{
    begin_waiting();
    EXPECT(ike_delete_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
    pair_run_for(&p, second_ns);
    EXPECT_STR(p.trace, "B>A  INFORMATIONAL   rsp 2  SK{}\n"
                        "A>B  INFORMATIONAL   req 3  SK{D(ESP 1)}\n"
                        "B>A  INFORMATIONAL   rsp 3  SK{D(ESP 1)}\n");
    EXPECT_EQ(pair_count(&p, B, IKE_INVALID_SELECTORS_HEARD), 0);
    EXPECT_EQ(p.end[A].engine->tasks.used, 0);
    EXPECT(pair_agrees(&p, 0));
    pair_close(&p);
}

/* RFC 7296 2.8: the Child SA is the new IKE SA's, and so is what waits. */
static void test_what_waits_is_told_by_the_ike_sa_that_takes_over(void)
{
    begin_waiting();
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, second_ns);
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 0  SK{N(INVALID_SELECTORS)}\n") != NULL);
    EXPECT_EQ(pair_count(&p, B, IKE_INVALID_SELECTORS_HEARD), 1);
    EXPECT_EQ(heard(&p, B).child_spi, p.end[B].child);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* ---- what others say ---- */

static void put_raw(struct craft *c, const uint8_t *body, size_t len, uint32_t spi)
{
    const size_t begin = ike_begin_payload(&c->w, &c->link, PAYLOAD_NOTIFY);
    put_bytes(&c->w, (struct ike_bytes){.at = body, .len = 4});
    for (size_t i = 4; i < len; i++) /* 0xa0 to 0xa3 stand for the SPI */
        put_u8(&c->w, body[i] >= 0xa0 && body[i] <= 0xa3
                          ? (uint8_t)(spi >> (8 * (3 - (body[i] - 0xa0))))
                          : body[i]);
    ike_end_payload(&c->w, begin);
}

/* A's engine has nothing to say; what B hears is made by hand. */
static const struct row {
    const char *name;
    uint8_t body[16];
    size_t len;
    bool ours;  /* the SPI is B's own inbound one */
    bool heard; /* else it is passed over */
} rows[] = {
    {"as it should be", {3, 4, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0x45}, 9, false, true},
    {"of no packet", {3, 4, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3}, 8, false, true},
    {"of something odd", {3, 4, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0xff, 0, 1}, 11, false, true},
    {"of another Child SA", {3, 4, 0, 39, 0xa0, 0xa1, 0xa2, 0xa2, 0x45}, 9, false, false},
    {"of its own outbound SPI", {3, 4, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0x45}, 9, true, false},
    {"of SPI 0", {3, 4, 0, 39, 0, 0, 0, 0, 0x45}, 9, false, false},
    {"of AH", {2, 4, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0x45}, 9, false, false},
    {"of IKE", {1, 4, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0x45}, 9, false, false},
    {"of no protocol", {0, 4, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0x45}, 9, false, false},
    {"without an SPI", {3, 0, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0x45}, 9, false, false},
    {"with nothing at all", {0, 0, 0, 39}, 4, false, false},
    {"of a short SPI", {3, 3, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0x45}, 9, false, false},
    {"of a long SPI", {3, 8, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0, 0, 0, 0}, 12, false, false},
    {"of five octets", {3, 5, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3, 0}, 9, false, false},
};

static void test_hearing_it_is_an_event_and_what_is_said_oddly_is_passed_over(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *const row = &rows[i];
        struct craft c;
        begin_up();
        const uint32_t spi = row->ours ? p.end[B].child : p.end[A].child;
        p.trace_len = 0;
        craft_sealed(&c, INFORMATIONAL, 2);
        put_raw(&c, row->body, row->len, spi);
        EXPECT_EQ(give(&c, B), WHY_OK);
        p.trace[p.trace_len] = '\0';
        EXPECT_STR(p.trace, "B>A  INFORMATIONAL   rsp 2  SK{}\n");
        if (!EXPECT_EQ(pair_count(&p, B, IKE_INVALID_SELECTORS_HEARD), row->heard ? 1 : 0))
            EXPECT_STR(row->name, ""); /* says which */
        EXPECT(!row->heard || heard(&p, B).child_spi == p.end[B].child);
        EXPECT_EQ(ike_stats(p.end[B].engine).established, 1);
        EXPECT_EQ(ike_stats(p.end[B].engine).children, 1);
        pair_close(&p);
    }
}

/* Longer than the payload: such a message is no message (RFC 7296 2.21.2). */
static void test_an_spi_beyond_the_payload_is_refused_as_in_any_notify(void)
{
    static const uint8_t body[] = {3, 200, 0, 39, 0xa0, 0xa1, 0xa2, 0xa3};
    struct craft c;
    begin_up();
    craft_sealed(&c, INFORMATIONAL, 2);
    put_raw(&c, body, sizeof body, p.end[A].child);
    EXPECT_EQ(give(&c, B), WHY_SYNTAX);
    EXPECT_EQ(pair_count(&p, B, IKE_INVALID_SELECTORS_HEARD), 0);
    pair_close(&p);
}

/* As many as one message holds, and packets go on by the Child SA they are about. */
static void test_however_often_it_is_said_the_child_sa_goes_on(void)
{
    const struct ike_packet out = {.from = {.family = IKE_IPV4, .ip = {10, 2, 0, 9}},
                                   .to = {.family = IKE_IPV4, .ip = {10, 1, 0, 9}}};
    struct craft c;
    uint32_t spi;
    begin_up();
    for (uint32_t id = 2; id < 7; id++) {
        craft_sealed(&c, INFORMATIONAL, id);
        for (int i = 0; i < IKE_NOTIFIES_MAX; i++)
            put_raw(&c, rows[0].body, rows[0].len, p.end[A].child);
        EXPECT_EQ(give(&c, B), WHY_OK);
        EXPECT_EQ(pair_count(&p, B, IKE_INVALID_SELECTORS_HEARD), (id - 1) * IKE_NOTIFIES_MAX);
    }
    EXPECT_EQ(ike_packet_out(p.end[B].engine, p.now_ns, p.end[B].sa, &out, &spi), TRAFFIC_PASSES);
    EXPECT_EQ(spi, p.end[B].child);
    pair_close(&p);
}

/* It is told of what is there when the message comes; then it goes. */
static void test_with_a_delete_of_the_same_child_sa_both_are_heeded(void)
{
    struct craft c;
    begin_up();
    craft_sealed(&c, INFORMATIONAL, 2);
    ike_put_delete(&c.w, &c.link, p.end[A].child);
    put_raw(&c, rows[0].body, rows[0].len, p.end[A].child);
    EXPECT_EQ(give(&c, B), WHY_OK);
    EXPECT_EQ(pair_count(&p, B, IKE_INVALID_SELECTORS_HEARD), 1);
    EXPECT_EQ(pair_count(&p, B, IKE_CHILD_DOWN), 1);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_who_sent_a_packet_that_strayed_is_told_of_it),
        TEST(test_the_notify_has_the_spi_it_came_by_and_the_packets_beginning),
        TEST(test_no_more_of_it_is_shown_than_fits_and_perhaps_nothing),
        TEST(test_of_each_child_sa_the_peer_is_told_once_in_a_span),
        TEST(test_a_storm_of_them_is_a_word_now_and_then),
        TEST(test_nobody_is_told_without_a_span_or_a_child_sa_that_it_came_by),
        TEST(test_what_is_to_be_told_waits_for_the_window),
        TEST(test_of_a_child_sa_that_is_gone_meanwhile_nothing_is_told),
        TEST(test_what_waits_is_told_by_the_ike_sa_that_takes_over),
        TEST(test_hearing_it_is_an_event_and_what_is_said_oddly_is_passed_over),
        TEST(test_an_spi_beyond_the_payload_is_refused_as_in_any_notify),
        TEST(test_however_often_it_is_said_the_child_sa_goes_on),
        TEST(test_with_a_delete_of_the_same_child_sa_both_are_heeded),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
