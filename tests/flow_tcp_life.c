/* SPDX-License-Identifier: MIT
 * The life of a connection that IKE goes by (RFC 9329): it breaks and is opened
 * again, is refused, passes to the SA that replaces its own, is closed. */
#include "tests/by_tcp.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

#define SECOND_NS UINT64_C(1000000000)

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

/* RFC 9329 6.1: the responder, who does not know that the old connection is broken, goes by the new
 * one as soon as something new and authentic came by it. */
static void test_a_responder_follows_to_the_connection_it_hears_on(void)
{
    struct ike_stream b;
    begin_up(&p);
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

static uint8_t last_octets[IKE_MESSAGE_MAX];
static size_t last_len;

static bool keep_last(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)pair;
    (void)from;
    (void)number;
    memcpy(last_octets, bytes, *len);
    last_len = *len;
    return false;
}

enum { HEARD_ON = 77 };

static uint32_t stream_of_a(void)
{
    struct ike_stream now;
    EXPECT(ike_sa_stream(p.end[A].engine, p.end[A].sa, &now));
    return now.number;
}

/* The initiator has lost its connection, `refused` others were not to be had, and the responder is
 * heard on one that is another's. */
static void heard_by_another(int refused)
{
    begin_up(&p);
    p.touch = keep_last;
    EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run_for(&p, 1);
    p.touch = NULL;
    p.options.refused = refused;
    p.trace_len = 0;
    pair_cut_end(&p, A);
    pair_run_for(&p, refused > 0 ? SECOND_NS / 2 : 1);
    EXPECT_EQ(stream_of_a(), 0);
    const struct ike_datagram request = {.local = p.end[A].addr,
                                         .remote = p.end[B].addr,
                                         .bytes = {last_octets, last_len},
                                         .stream = HEARD_ON};
    EXPECT_EQ(ike_input(p.end[A].engine, p.now_ns, &request), WHY_OK);
    EXPECT_EQ(stream_of_a(), HEARD_ON);
    EXPECT(ike_stream_in_use(p.end[A].engine, HEARD_ON));
}

/* What is being opened meanwhile is gone by as soon as it stands, and the other closed. */
static void test_an_initiator_goes_by_what_it_hears_on_until_its_own_connection_stands(void)
{
    heard_by_another(0);
    pair_run(&p);
    EXPECT(stream_of_a() != 0 && stream_of_a() != HEARD_ON);
    EXPECT(!ike_stream_in_use(p.end[A].engine, HEARD_ON));
    EXPECT_EQ(pair_count(&p, A, IKE_STREAM_DONE), 1);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* It breaks before the own one stands: no third one is asked for. */
static void test_a_connection_that_breaks_while_another_is_opened_is_no_loss(void)
{
    heard_by_another(0);
    ike_stream_down(p.end[A].engine, p.now_ns, HEARD_ON);
    EXPECT_EQ(stream_of_a(), 0);
    pair_run(&p);
    EXPECT(strstr(p.trace, OPENS) != NULL && strstr(strstr(p.trace, OPENS) + 1, OPENS) == NULL);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* RFC 9329 6.1: who opened the connection goes by it as long as it stands. */
static void test_an_initiator_stays_with_its_own_connection(void)
{
    begin_up(&p);
    const uint32_t own = stream_of_a();
    p.touch = keep_last;
    EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run_for(&p, 1);
    p.touch = NULL;
    const struct ike_datagram request = {.local = p.end[A].addr,
                                         .remote = p.end[B].addr,
                                         .bytes = {last_octets, last_len},
                                         .stream = HEARD_ON};
    EXPECT_EQ(ike_input(p.end[A].engine, p.now_ns, &request), WHY_OK);
    EXPECT_EQ(stream_of_a(), own);
    EXPECT(!ike_stream_in_use(p.end[A].engine, HEARD_ON));
    pair_close(&p);
}

/* None is asked for any more when none was being opened, until that one breaks, too. */
static void test_an_initiator_that_is_heard_asks_for_no_other_connection(void)
{
    heard_by_another(1);
    pair_run_for(&p, 3 * SECOND_NS);
    EXPECT_STR(p.trace, "A=B  opens  (refused)\n");
    EXPECT_EQ(stream_of_a(), HEARD_ON);
    ike_stream_down(p.end[A].engine, p.now_ns, HEARD_ON);
    pair_run(&p);
    EXPECT(strstr(p.trace, "A=B  opens  (refused)\n" OPENS) == p.trace);
    EXPECT(stream_of_a() != 0 && stream_of_a() != HEARD_ON);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* It cannot open one, so what it asks waits for the other end to come back. */
static void test_a_request_of_the_responder_waits_for_a_connection(void)
{
    begin_up(&p);
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
    begin_up(&p);
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

/* ---- rekeying, and the end ---- */

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

/* Both rekey, each has made what the other wants, and the connection breaks before either hears of
 * it: which of the two stays depends on nonces, and it has a connection in the end. */
static void test_rekeyings_that_collide_outlive_the_connection(void)
{
    int ours = 0;
    enum { TIMES = 12 };
    for (uint64_t i = 0; i < TIMES; i++) {
        begin_up(&p);
        p.end[A].random += i;
        const uint64_t before = p.end[A].sa;
        rekey_ike(&p, A, B);
        rekey_ike(&p, B, A);
        pair_run_for(&p, 15000000);
        pair_cut(&p);
        pair_run(&p);
        pair_run_for(&p, 400 * SECOND_NS); /* what lost is gone */
        if (!EXPECT(pair_agrees(&p, 1) && pair_open_streams(&p, A) == 1 && p.end[A].sa != before))
            (void)printf("# time %u\n%s", (unsigned)i, p.trace);
        ours += strstr(p.trace, "A=B  INFORMATIONAL   req 3  SK{D(IKE)}") != NULL ? 1 : 0;
        pair_close(&p);
    }
    EXPECT(ours > 0 && ours < TIMES);
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

/* ---- what else comes by it, or of it ---- */

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
    begin_up(&p);
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
    begin_up(&p);
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
        for (int side = A; seed % 3 == 0 && side <= B; side++)
            pair_offer(&p, (enum pair_side)side, "aes256gcm16-prfsha256-x25519-ke1_ecp256",
                       "aes256gcm16");
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

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_sa_outlives_its_connection),
        TEST(test_a_request_under_way_is_sent_again_by_the_next_connection),
        TEST(test_a_connection_that_breaks_during_the_handshake_ends_nothing),
        TEST(test_a_responder_follows_to_the_connection_it_hears_on),
        TEST(test_an_initiator_goes_by_what_it_hears_on_until_its_own_connection_stands),
        TEST(test_a_connection_that_breaks_while_another_is_opened_is_no_loss),
        TEST(test_an_initiator_stays_with_its_own_connection),
        TEST(test_an_initiator_that_is_heard_asks_for_no_other_connection),
        TEST(test_a_request_of_the_responder_waits_for_a_connection),
        TEST(test_connections_that_are_refused_are_tried_again_and_given_up_in_the_end),
        TEST(test_an_attempt_without_a_connection_fails),
        TEST(test_a_rekeyed_sa_goes_by_the_same_connection),
        TEST(test_the_one_who_opens_connections_stays_the_same),
        TEST(test_rekeying_outlives_the_connection),
        TEST(test_rekeyings_that_collide_outlive_the_connection),
        TEST(test_with_its_sa_a_connection_is_closed),
        TEST(test_authentication_anew_has_a_connection_of_its_own),
        TEST(test_no_sa_is_lost_whatever_breaks_at_whatever_time),
        TEST(test_a_forged_message_closes_the_connection_and_no_more),
        TEST(test_a_connection_that_nobody_waits_for_is_declined),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
