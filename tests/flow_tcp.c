/* SPDX-License-Identifier: MIT
 * IKE by TCP (RFC 9329): at once, or when UDP is not answered; connections that
 * break, are refused, change, and are shared by those who may; what is left out
 * there, and what is refused. Connections are "opens" and "closes", messages by
 * them A=B. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

#define SECOND_NS UINT64_C(1000000000)

#define OPENS     "A=B  opens\n"
#define CLOSES    "A=B  closes\n"
#define INIT_REQ  "A=B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D "\n"
#define INIT_RSP  "B=A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D "\n"
#define AUTH_REQ  "A=B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr}\n"
#define AUTH_RSP  "B=A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n"
#define HANDSHAKE INIT_REQ INIT_RSP AUTH_REQ AUTH_RSP
#define PROBE(id) "A=B  INFORMATIONAL   req " id "  SK{}\nB=A  INFORMATIONAL   rsp " id "  SK{}\n"

static void at_once(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair->end[i].policy.tcp = TCP_ALWAYS;
}

static bool agree(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_open_streams(pair, i) == 1 &&
           pair_open_streams(pair, r) == 1;
}

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

static void test_without_a_number_all_sends_go_by_udp_first(void)
{
    pair_init(&p, plain);
    when_blocked(&p, A, B);
    p.end[A].policy.udp_sends = 0;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 30 * SECOND_NS);
    EXPECT_STR(p.trace, LOST_REQ LOST_REQ LOST_REQ LOST_REQ LOST_REQ OPENS HANDSHAKE);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
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

/* ---- connections that break ---- */

static void cut(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    pair_cut(pair);
}

/* RFC 9329 6.1: whoever opened the connection opens another, and says so by an empty message. */
static void test_an_sa_outlives_its_connection(void)
{
    flow_check(&(struct flow){
        .prepare = at_once, .act = cut, .trace = OPENS HANDSHAKE OPENS PROBE("2"), .ended = agree});
}

static void ask_and_cut(struct pair *pair, enum pair_side i, enum pair_side r)
{
    struct pair_end *const e = &pair->end[i];
    (void)ike_rekey_child(e->engine, pair->now_ns, e->sa, e->child);
    pair_run_for(pair, 15000000); /* the request has come, its answer is under way */
    cut(pair, i, r);
}

#define REKEY_REQ "A=B  CREATE_CHILD_SA req 2  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
#define REKEY_RSP "B=A  CREATE_CHILD_SA rsp 2  SK{SA Nr TSi TSr}\n"
#define DELETES \
    "A=B  INFORMATIONAL   req 3  SK{D(ESP 1)}\nB=A  INFORMATIONAL   rsp 3  SK{D(ESP 1)}\n"

/* RFC 9329 6.2: it must be sent again by the new connection; it is answered from memory. What the
 * empty message is for waits for its turn. */
static void test_a_request_under_way_is_sent_again_by_the_next_connection(void)
{
    flow_check(&(struct flow){
        .prepare = at_once,
        .act = ask_and_cut,
        .trace = OPENS HANDSHAKE REKEY_REQ REKEY_RSP OPENS REKEY_REQ REKEY_RSP DELETES PROBE("4"),
        .ended = agree});
}

/* In each step of the handshake. */
static void test_a_connection_that_breaks_during_the_handshake_ends_nothing(void)
{
    for (uint64_t ms = 0; ms <= 80; ms += 5) {
        pair_init(&p, plain);
        at_once(&p, A, B);
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, ms * 1000000);
        pair_cut(&p);
        pair_run(&p);
        if (!EXPECT(pair_agrees(&p, 1) && pair_open_streams(&p, A) == 1))
            (void)printf("# broken after %u ms\n%s", (unsigned)ms, p.trace);
        struct ike_stream a, b;
        EXPECT(ike_sa_stream(p.end[A].engine, p.end[A].sa, &a));
        EXPECT(ike_sa_stream(p.end[B].engine, p.end[B].sa, &b));
        EXPECT_EQ(b.number, a.number + 100); /* both know of the same one */
        pair_close(&p);
    }
}

static void begin_up(void)
{
    pair_init(&p, plain);
    at_once(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    p.trace_len = 0;
}

/* RFC 9329 6.1: the responder, who does not know that the old connection is broken, goes by the new
 * one as soon as something new and authentic came by it. */
static void test_a_responder_follows_to_the_connection_it_hears_on(void)
{
    struct ike_stream b;
    begin_up();
    pair_cut_end(&p, A);
    pair_run(&p);
    EXPECT_STR(p.trace, OPENS PROBE("2"));
    EXPECT_EQ(pair_open_streams(&p, B), 2);
    EXPECT(ike_sa_stream(p.end[B].engine, p.end[B].sa, &b));
    EXPECT_EQ(b.number, p.streams[1].number[B]);
    EXPECT(!ike_stream_in_use(p.end[B].engine, p.streams[0].number[B]));
    EXPECT(ike_stream_in_use(p.end[B].engine, p.streams[1].number[B]));
    EXPECT(!ike_stream_in_use(p.end[B].engine, 0));
    p.trace_len = 0;
    EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run(&p);
    EXPECT_STR(p.trace, "B=A  INFORMATIONAL   req 0  SK{}\nA=B  INFORMATIONAL   rsp 0  SK{}\n");
    pair_close(&p);
}

/* It cannot open one, so what it asks waits for the other end to come back. */
static void test_a_request_of_the_responder_waits_for_a_connection(void)
{
    begin_up();
    p.options.refused = 1;
    pair_cut(&p);
    EXPECT(ike_rekey_child(p.end[B].engine, p.now_ns, p.end[B].sa, p.end[B].child));
    pair_run(&p);
    EXPECT_STR(p.trace, "A=B  opens  (refused)\n" OPENS "A=B  INFORMATIONAL   req 2  SK{}\n"
                        "B=A  CREATE_CHILD_SA req 0  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
                        "B=A  INFORMATIONAL   rsp 2  SK{}\n"
                        "A=B  CREATE_CHILD_SA rsp 0  SK{SA Nr TSi TSr}\n"
                        "B=A  INFORMATIONAL   req 1  SK{D(ESP 1)}\n"
                        "A=B  INFORMATIONAL   rsp 1  SK{D(ESP 1)}\n");
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* Asked for again after the waits of retransmission: 1 s, 1.8 s, … */
static void test_connections_that_are_refused_are_tried_again_and_given_up_in_the_end(void)
{
    begin_up();
    p.options.refused = 2;
    const uint64_t before_ns = p.now_ns;
    pair_cut(&p);
    pair_run_for(&p, 2900 * (SECOND_NS / 1000));
    EXPECT_STR(p.trace, "A=B  opens  (refused)\nA=B  opens  (refused)\n" OPENS PROBE("2"));
    EXPECT_EQ(p.now_ns - before_ns, 2900 * (SECOND_NS / 1000)); /* 1 + 1.8 s, and three trips */
    EXPECT(pair_agrees(&p, 1));
    p.options.refused = 100;
    pair_cut(&p);
    pair_run_for(&p, 22 * SECOND_NS);
    EXPECT_EQ(p.end[A].ends[WHY_NO_CONNECTION], 0);
    pair_run_for(&p, SECOND_NS);
    EXPECT_EQ(p.end[A].ends[WHY_NO_CONNECTION], 2);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 0);
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 1); /* it does not know */
    pair_close(&p);
}

static void test_an_attempt_without_a_connection_fails(void)
{
    struct pair_options options = plain;
    options.refused = 100;
    pair_init(&p, options);
    at_once(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(p.end[A].ends[WHY_NO_CONNECTION], 1);
    EXPECT_EQ(pair_count(&p, A, IKE_FAILED), 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* ---- rekeying, the end, and others ---- */

static void rekey_ike(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
}

#define REKEY_IKE \
    "A=B  CREATE_CHILD_SA req 2  SK{SA Ni KEi}\nB=A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr}\n"
#define REKEYS \
    REKEY_IKE "A=B  INFORMATIONAL   req 3  SK{D(IKE)}\nB=A  INFORMATIONAL   rsp 3  SK{}\n"

/* RFC 9329 6.1: for a while two IKE SAs go by one connection, which stays when the old one goes. */
static void test_a_rekeyed_sa_goes_by_the_same_connection(void)
{
    flow_check(&(struct flow){
        .prepare = at_once, .act = rekey_ike, .trace = OPENS HANDSHAKE REKEYS, .ended = agree});
}

static void rekey_by_responder(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)ike_rekey(pair->end[r].engine, pair->now_ns, pair->end[r].sa);
    pair_run(pair);
    cut(pair, i, r);
}

/* RFC 9329 1.2: whoever rekeys, the one who opened the first connection opens the next. */
static void test_the_one_who_opens_connections_stays_the_same(void)
{
    flow_check(&(struct flow){.prepare = at_once,
                              .act = rekey_by_responder,
                              .trace = OPENS HANDSHAKE
                              "B=A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                              "A=B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}\n"
                              "B=A  INFORMATIONAL   req 1  SK{D(IKE)}\n"
                              "A=B  INFORMATIONAL   rsp 1  SK{}\n" OPENS PROBE("0"),
                              .ended = agree});
}

static void rekey_and_cut(struct pair *pair, enum pair_side i, enum pair_side r)
{
    rekey_ike(pair, i, r);
    pair_run_for(pair, 15000000);
    cut(pair, i, r);
}

/* The old IKE SA is deleted while the new one says where it is. */
static void test_rekeying_outlives_the_connection(void)
{
    flow_check(&(struct flow){.prepare = at_once,
                              .act = rekey_and_cut,
                              .trace = OPENS HANDSHAKE REKEY_IKE OPENS REKEY_IKE
                              "A=B  INFORMATIONAL   req 3  SK{D(IKE)}\n"
                              "A=B  INFORMATIONAL   req 0  SK{}\n"
                              "B=A  INFORMATIONAL   rsp 3  SK{}\n"
                              "B=A  INFORMATIONAL   rsp 0  SK{}\n",
                              .ended = agree});
}

static void delete_ike(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_delete(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
}

static void delete_by_responder(struct pair *pair, enum pair_side i, enum pair_side r)
{
    delete_ike(pair, r, i);
}

static bool gone(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_is_empty(pair) && pair_open_streams(pair, i) == 0 &&
           pair_open_streams(pair, r) == 0;
}

/* RFC 9329 6.1: whoever deletes, the connection is closed by the one who opened it. */
static void test_with_its_sa_a_connection_is_closed(void)
{
    flow_check(&(struct flow){.prepare = at_once,
                              .act = delete_ike,
                              .trace = OPENS HANDSHAKE "A=B  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                                                       "B=A  INFORMATIONAL   rsp 2  SK{}\n" CLOSES,
                              .ended = gone});
    flow_check(&(struct flow){.prepare = at_once,
                              .act = delete_by_responder,
                              .trace = OPENS HANDSHAKE "B=A  INFORMATIONAL   req 0  SK{D(IKE)}\n"
                                                       "A=B  INFORMATIONAL   rsp 0  SK{}\n" CLOSES,
                              .ended = gone});
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

static void test_authentication_anew_has_a_connection_of_its_own(void)
{
    pair_init(&p, plain);
    at_once(&p, A, B);
    p.end[A].policy.reauth = REAUTH_MAKE_FIRST;
    p.end[A].policy.reauth_ns = 5 * SECOND_NS;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 7 * SECOND_NS);
    EXPECT_STR(p.trace,
               OPENS HANDSHAKE OPENS HANDSHAKE "A=B  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                                               "B=A  INFORMATIONAL   rsp 2  SK{}\n" CLOSES);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(pair_open_streams(&p, A), 1);
    pair_close(&p);
}

/* ---- anything at any time ---- */

static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

static void anything(uint64_t *state)
{
    const enum pair_side side = draw(state, 2) == 0 ? A : B;
    struct pair_end *const e = &p.end[side];
    switch (draw(state, 8)) {
    case 0:
        (void)ike_rekey(e->engine, p.now_ns, e->sa);
        break;
    case 1:
        (void)ike_rekey_child(e->engine, p.now_ns, e->sa, e->child);
        break;
    case 2:
        (void)ike_create_child(e->engine, p.now_ns, e->sa, 0, NULL);
        break;
    case 3:
        pair_cut(&p);
        break;
    case 4: /* the one who opens connections finds out, sooner than the other */
        pair_cut_end(&p, A);
        break;
    case 5:
        p.options.refused = (int)draw(state, 3);
        break;
    default:
        (void)ike_probe(e->engine, p.now_ns, e->sa);
    }
}

/* Both ends' last IKE SA is one and the same, and goes by one connection that both know. */
static bool meet(void)
{
    struct ike_sa_keys keys[2];
    struct ike_stream a, b;
    return ike_sa_keys(p.end[A].engine, p.end[A].sa, &keys[A]) &&
           ike_sa_keys(p.end[B].engine, p.end[B].sa, &keys[B]) &&
           ike_bytes_equal(keys[A].sk_d, keys[B].sk_d) &&
           ike_sa_stream(p.end[A].engine, p.end[A].sa, &a) &&
           ike_sa_stream(p.end[B].engine, p.end[B].sa, &b) && a.number != 0 &&
           a.number + 100 == b.number;
}

/* Whatever breaks while whatever is asked: as long as connections come back in time, no SA is lost,
 * and in the end nothing is left that no SA uses. */
static void test_no_sa_is_lost_whatever_breaks_at_whatever_time(void)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        uint64_t state = seed;
        pair_init(&p, plain);
        at_once(&p, A, B);
        p.end[A].policy.children_max = p.end[B].policy.children_max = 4;
        p.chance = seed;
        p.options.lose_percent = 10;
        pair_open(&p);
        (void)pair_connect(&p);
        for (int i = 0; i < 12; i++) {
            pair_run_for(&p, draw(&state, 60) * 1000000);
            anything(&state);
            if (draw(&state, 3) == 0)
                pair_run_for(&p, 3 * SECOND_NS);
        }
        p.options.refused = 0;
        p.options.lose_percent = 0;
        pair_run_for(&p, 400 * SECOND_NS);
        EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
        pair_run_for(&p, 30 * SECOND_NS);
        if (!EXPECT(meet() && ike_stats(p.end[A].engine).established == 1 &&
                    ike_stats(p.end[B].engine).established == 1 && pair_open_streams(&p, A) == 1))
            (void)printf("# seed %u\n%s", (unsigned)seed, p.trace);
        pair_forget(&p);
        pair_run_for(&p, SECOND_NS);
        EXPECT(pair_is_empty(&p));
        EXPECT_EQ(pair_open_streams(&p, A), 0);
        pair_close(&p);
    }
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
    begin_up();
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

static bool spoil_probe(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                        int number)
{
    (void)pair;
    if (from == A && number == 4)
        bytes[*len - 1] ^= 1;
    return true;
}

/* RFC 9329 6.1: a message that is forged closes the connection, and the SA outlives that too. */
static void test_a_forged_message_closes_the_connection_and_no_more(void)
{
    begin_up();
    p.touch = spoil_probe;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT_STR(p.trace, "A=B  INFORMATIONAL   req 2  SK{\xe2\x80\xa6}\nB=A  closes\n" OPENS PROBE(
                            "2") PROBE("3"));
    EXPECT_EQ(p.end[B].reasons[WHY_BAD_ICV], 1);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* An owner is told that what it brings is not wanted any more. */
static void test_a_connection_that_nobody_waits_for_is_declined(void)
{
    const struct ike_stream stream = {.number = 9};
    begin_up();
    EXPECT(!ike_stream_up(p.end[A].engine, p.now_ns, p.end[A].sa, &stream));
    EXPECT(!ike_stream_up(p.end[A].engine, p.now_ns, 12345, &stream));
    ike_stream_down(p.end[A].engine, p.now_ns, 9);
    ike_stream_down(p.end[A].engine, p.now_ns, 0);
    pair_cut(&p);
    ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
    pair_run_for(&p, SECOND_NS);
    EXPECT_STR(p.trace, OPENS CLOSES);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_initiator_that_is_told_to_goes_by_tcp_at_once),
        TEST(test_an_initiator_that_udp_does_not_answer_goes_by_tcp),
        TEST(test_without_a_number_all_sends_go_by_udp_first),
        TEST(test_an_initiator_that_udp_answers_stays_there),
        TEST(test_the_exchange_by_tcp_is_a_new_one),
        TEST(test_ports_are_those_of_the_connection),
        TEST(test_a_nat_changes_nothing),
        TEST(test_no_fragments_are_sent),
        TEST(test_cookies_are_not_asked_for_but_puzzles_are),
        TEST(test_a_request_is_sent_once_and_given_up_in_the_same_time),
        TEST(test_an_error_in_the_first_answer_ends_the_attempt_at_once),
        TEST(test_another_group_is_tried_by_the_same_connection),
        TEST(test_an_sa_outlives_its_connection),
        TEST(test_a_request_under_way_is_sent_again_by_the_next_connection),
        TEST(test_a_connection_that_breaks_during_the_handshake_ends_nothing),
        TEST(test_a_responder_follows_to_the_connection_it_hears_on),
        TEST(test_a_request_of_the_responder_waits_for_a_connection),
        TEST(test_connections_that_are_refused_are_tried_again_and_given_up_in_the_end),
        TEST(test_an_attempt_without_a_connection_fails),
        TEST(test_a_rekeyed_sa_goes_by_the_same_connection),
        TEST(test_the_one_who_opens_connections_stays_the_same),
        TEST(test_rekeying_outlives_the_connection),
        TEST(test_with_its_sa_a_connection_is_closed),
        TEST(test_who_is_sent_elsewhere_chooses_the_way_anew),
        TEST(test_authentication_anew_has_a_connection_of_its_own),
        TEST(test_no_sa_is_lost_whatever_breaks_at_whatever_time),
        TEST(test_an_sa_does_not_go_by_both_ways),
        TEST(test_a_second_sa_is_refused_on_the_same_connection),
        TEST(test_an_answer_by_a_connection_of_someone_else_is_not_awaited),
        TEST(test_a_forged_message_closes_the_connection_and_no_more),
        TEST(test_a_connection_that_nobody_waits_for_is_declined),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
