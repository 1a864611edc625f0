/* SPDX-License-Identifier: MIT
 * IKE by TCP (RFC 9329): at once, or when UDP is not answered; what is left out
 * there, and what is refused. */
#include "ike/engine.h"
#include "tests/by_tcp.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

#define SECOND_NS UINT64_C(1000000000)

/* ---- which way ---- */

static void test_an_initiator_that_is_told_to_goes_by_tcp_at_once(void)
{
    flow_check(&(struct flow){.prepare = at_once, .trace = OPENS HANDSHAKE, .ended = agree});
}

static void when_blocked(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair->end[i].policy.tcp = TCP_FALLBACK;
    pair->end[i].policy.udp_sends = 2;
    pair->options.udp_blocked = true;
}

#define LOST_REQ "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D "  (lost)\n"

/* RFC 9329 5.1: sent again by UDP at least once. */
static void test_an_initiator_that_udp_does_not_answer_goes_by_tcp(void)
{
    flow_check(&(struct flow){
        .prepare = when_blocked, .trace = LOST_REQ LOST_REQ OPENS HANDSHAKE, .ended = agree});
}

static void test_without_a_number_or_with_more_than_there_are_all_sends_go_by_udp_first(void)
{
    static const uint8_t numbers[] = {0, 5, 6, 200};
    for (size_t i = 0; i < sizeof numbers; i++) {
        pair_init(&p, plain);
        when_blocked(&p, A, B);
        p.end[A].policy.udp_sends = numbers[i];
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, 30 * SECOND_NS);
        EXPECT_STR(p.trace, LOST_REQ LOST_REQ LOST_REQ LOST_REQ LOST_REQ OPENS HANDSHAKE);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
}

static void test_an_initiator_that_udp_answers_stays_there(void)
{
    pair_init(&p, plain);
    when_blocked(&p, A, B);
    p.options.udp_blocked = false;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_STR(p.trace, ARROWS_PLAIN);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static uint64_t first_spis[2];
static size_t spi_count;

static bool keep_spi(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                     int number)
{
    struct ike_reader r = rd_open((struct ike_bytes){.at = bytes, .len = *len});
    (void)pair;
    if (number == 2)
        rd_skip(&r, 4); /* the marker */
    if (from == A && (number == 0 || number == 2))
        first_spis[spi_count++ % 2] = rd_u64(&r);
    return true;
}

/* RFC 9329 5.1: the new exchange has a new SPI, and what answers the old one is of nobody. */
static void test_the_exchange_by_tcp_is_a_new_one(void)
{
    pair_init(&p, plain);
    when_blocked(&p, A, B);
    p.touch = keep_spi;
    spi_count = 0;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(spi_count, 2);
    EXPECT(first_spis[0] != first_spis[1]);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* Whom the connection is to, and that the hashes are of its ports (RFC 9329 2, 6.5). */
static void test_ports_are_those_of_the_connection(void)
{
    struct ike_stream stream;
    pair_init(&p, plain);
    at_once(&p, A, B);
    p.end[A].policy.tcp_port = 443;
    pair_open(&p);
    const uint64_t sa = pair_connect(&p);
    EXPECT(ike_sa_stream(p.end[A].engine, sa, &stream));
    EXPECT_EQ(stream.number, 0);
    EXPECT_EQ(stream.remote.port, 443);
    pair_run(&p);
    EXPECT(ike_sa_stream(p.end[A].engine, sa, &stream));
    EXPECT_EQ(stream.number, p.streams[0].number[A]);
    EXPECT_EQ(stream.local.port, 40000);
    EXPECT_EQ(ike_sa_numbered(p.end[A].engine, sa)->nat, 0);
    EXPECT_EQ(ike_sa_numbered(p.end[B].engine, p.end[B].sa)->nat, 0);
    EXPECT(!ike_sa_stream(p.end[A].engine, sa + 1, &stream));
    pair_close(&p);
}

/* RFC 9329 6.5: seen, and nothing changes. */
static void test_a_nat_changes_nothing(void)
{
    struct pair_options options = plain;
    options.nat[A] = true;
    pair_init(&p, options);
    at_once(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_STR(p.trace, OPENS HANDSHAKE);
    EXPECT(pair_agrees(&p, 1));
    EXPECT(ike_sa_numbered(p.end[B].engine, p.end[B].sa)->nat != 0);
    EXPECT_EQ(ike_sa_numbered(p.end[A].engine, p.end[A].sa)->local.port, 40000);
    pair_close(&p);
}

static void to_another(struct pair *pair, enum pair_side i, enum pair_side r)
{
    at_once(pair, i, r);
    pair->end[i].policy.takes_redirects = true;
    pair->end[r].config.redirect_to.addr = ike_addr_v4(0xc0000263u, 0);
}

static void to_another_when_blocked(struct pair *pair, enum pair_side i, enum pair_side r)
{
    to_another(pair, i, r);
    when_blocked(pair, i, r);
}

#define CAN  "IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D " N(REDIRECT_SUPPORTED)"
#define ELSE "B=A  IKE_SA_INIT     rsp 0  N(REDIRECT)\n"
#define FROM "IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D " N(REDIRECTED_FROM)"

/* RFC 9329 7.2: the way is chosen anew: by UDP first, unless TCP is what is told. */
static void test_who_is_sent_elsewhere_chooses_the_way_anew(void)
{
    flow_check(&(struct flow){.prepare = to_another,
                              .trace = OPENS "A=B  " CAN "\n" ELSE CLOSES OPENS "A=B  " FROM
                                             "\n" INIT_RSP AUTH_REQ AUTH_RSP,
                              .ended = agree});
    flow_check(&(struct flow){.prepare = to_another_when_blocked,
                              .trace =
                                  "A>B  " CAN "  (lost)\nA>B  " CAN "  (lost)\n" OPENS "A=B  " CAN
                                  "\n" ELSE "A>B  " FROM "  (lost)\n" CLOSES "A>B  " FROM
                                  "  (lost)\n" OPENS "A=B  " FROM "\n" INIT_RSP AUTH_REQ AUTH_RSP,
                              .ended = agree});
}

/* ---- what is left out ---- */

static void in_fragments(struct pair *pair, enum pair_side i, enum pair_side r)
{
    at_once(pair, i, r);
    pair->end[i].policy.fragment = pair->end[r].policy.fragment = 200;
}

/* RFC 9329 7.5: agreed on, and not done. */
static void test_no_fragments_are_sent(void)
{
    pair_init(&p, plain);
    in_fragments(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(strstr(p.trace, "SKF") == NULL);
    EXPECT(strstr(p.trace, AUTH_REQ AUTH_RSP) != NULL);
    EXPECT(ike_sa_numbered(p.end[A].engine, p.end[A].sa)->fragments);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void with_cookies(struct pair *pair, enum pair_side i, enum pair_side r)
{
    at_once(pair, i, r);
    pair->end[r].config.cookies.on_at = 0;
}

/* RFC 9329 6.3: a cookie shows no more than the connection has. */
static void test_cookies_are_not_asked_for_but_puzzles_are(void)
{
    flow_check(&(struct flow){.prepare = with_cookies, .trace = OPENS HANDSHAKE, .ended = agree});
    pair_init(&p, plain);
    at_once(&p, A, B);
    p.end[A].config.puzzle_bits = 8;
    p.end[B].config.puzzles = (struct ike_puzzle_config){.on_at = 0, .bits = 4, .bits_max = 8};
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(strstr(p.trace, INIT_REQ "B=A  IKE_SA_INIT     rsp 0  N(COOKIE) N(PUZZLE)\n") != NULL);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(p.stream_count, 1);
    pair_close(&p);
}

/* RFC 9329 6.2: what is not answered is asked once, and the SA ends when by UDP it would. */
static void test_a_request_is_sent_once_and_given_up_in_the_same_time(void)
{
    pair_init(&p, plain);
    at_once(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    ike_forget(p.end[B].engine, p.now_ns, p.end[B].sa);
    const int sent = p.sent;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, 22 * SECOND_NS); /* 1 + 1.8 + 3.24 + 5.832 + 10.4976 s = 22.37 s */
    EXPECT_EQ(p.sent, sent + 1);
    EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 0);
    pair_run_for(&p, SECOND_NS);
    EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 2); /* the IKE SA and its Child SA */
    EXPECT_EQ(pair_open_streams(&p, A), 0);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* RFC 9329 6.4: nothing better will come. */
static void test_an_error_in_the_first_answer_ends_the_attempt_at_once(void)
{
    pair_init(&p, plain);
    at_once(&p, A, B);
    pair_offer(&p, B, "aes128-sha256-x25519", "aes128-sha256");
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND_NS / 10);
    EXPECT_STR(p.trace,
               OPENS INIT_REQ "B=A  IKE_SA_INIT     rsp 0  N(NO_PROPOSAL_CHOSEN)\n" CLOSES);
    EXPECT_EQ(p.end[A].ends[WHY_PEER_REFUSED], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void with_another_group(struct pair *pair, enum pair_side i, enum pair_side r)
{
    at_once(pair, i, r);
    pair_offer(pair, i, "aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16");
    pair_offer(pair, r, "aes256gcm16-prfsha256-ecp256", "aes256gcm16");
}

/* RFC 9329 6.4: the request is repeated by the same connection. */
static void test_another_group_is_tried_by_the_same_connection(void)
{
    flow_check(&(struct flow){.prepare = with_another_group,
                              .trace = OPENS INIT_REQ
                              "B=A  IKE_SA_INIT     rsp 0  N(INVALID_KE_PAYLOAD)\n" HANDSHAKE,
                              .ended = agree});
}

/* ---- what is refused ---- */

static uint8_t last[IKE_MESSAGE_MAX + 4];
static size_t last_len;

static bool keep_last(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)pair;
    (void)number;
    if (from == A && *len <= sizeof last) {
        memcpy(last, bytes, *len);
        last_len = *len;
    }
    return true;
}

static enum ike_why give(uint32_t stream, const uint8_t *bytes, size_t len)
{
    const struct ike_datagram d = {.local = p.streams[0].own[B],
                                   .remote = p.streams[0].addr[A],
                                   .stream = stream,
                                   .bytes = {.at = bytes, .len = len}};
    struct ike_datagram out;
    const enum ike_why why = ike_input(p.end[B].engine, p.now_ns, &d);
    while (ike_next_output(p.end[B].engine, &out))
        continue;
    return why;
}

/* RFC 9329 5: as long as nothing else is agreed on. */
static void test_an_sa_does_not_go_by_both_ways(void)
{
    begin_up(&p);
    p.touch = keep_last;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT_EQ(give(0, last, last_len), WHY_OTHER_TRANSPORT);
    EXPECT_EQ(give(p.streams[0].number[B], last, last_len), WHY_RETRANSMITTED);
    pair_close(&p);
}

static bool keep_first(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                       int number)
{
    return number > 0 || keep_last(pair, from, bytes, len, number);
}

/* RFC 9329 6.1: a connection has one IKE SA, and those that replace it. */
static void test_a_second_sa_is_refused_on_the_same_connection(void)
{
    pair_init(&p, plain);
    at_once(&p, A, B);
    p.touch = keep_first;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    last[4] ^= 1; /* another SPIi */
    EXPECT_EQ(give(p.streams[0].number[B], last, last_len), WHY_STREAM_SHARED);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(give(999, last, last_len), WHY_OK);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_close(&p);
}

/* An answer to IKE_SA_INIT comes by the connection that was opened for it. */
static void test_an_answer_by_a_connection_of_someone_else_is_not_awaited(void)
{
    pair_init(&p, plain);
    at_once(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 35000000); /* open, asked, and the answer is under way */
    struct pair_flight *answer = NULL;
    for (int i = 0; i < PAIR_FLIGHT_MAX; i++)
        if (p.flight[i].used && p.flight[i].to == A)
            answer = &p.flight[i];
    EXPECT(answer != NULL);
    const struct ike_datagram d = {
        .local = p.streams[0].own[A],
        .remote = p.streams[0].addr[B],
        .stream = 77,
        .bytes = {.at = answer->bytes + IKE_FRAME_HEAD, .len = answer->len - IKE_FRAME_HEAD}};
    EXPECT_EQ(ike_input(p.end[A].engine, p.now_ns, &d), WHY_NOT_AWAITED);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_initiator_that_is_told_to_goes_by_tcp_at_once),
        TEST(test_an_initiator_that_udp_does_not_answer_goes_by_tcp),
        TEST(test_without_a_number_or_with_more_than_there_are_all_sends_go_by_udp_first),
        TEST(test_an_initiator_that_udp_answers_stays_there),
        TEST(test_the_exchange_by_tcp_is_a_new_one),
        TEST(test_ports_are_those_of_the_connection),
        TEST(test_a_nat_changes_nothing),
        TEST(test_no_fragments_are_sent),
        TEST(test_cookies_are_not_asked_for_but_puzzles_are),
        TEST(test_a_request_is_sent_once_and_given_up_in_the_same_time),
        TEST(test_an_error_in_the_first_answer_ends_the_attempt_at_once),
        TEST(test_another_group_is_tried_by_the_same_connection),
        TEST(test_who_is_sent_elsewhere_chooses_the_way_anew),
        TEST(test_an_sa_does_not_go_by_both_ways),
        TEST(test_a_second_sa_is_refused_on_the_same_connection),
        TEST(test_an_answer_by_a_connection_of_someone_else_is_not_awaited),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
