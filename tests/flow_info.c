/* SPDX-License-Identifier: MIT
 * INFORMATIONAL as arrows: liveness and Delete; time-outs of both roles
 * (RFC 7296 1.4, 1.4.1, 2.1, 2.4, 2.25). */
#include "tests/flow.h"
#include "tests/test.h"

#define EMPTY_REQ(n) "A>B  INFORMATIONAL   req " #n "  SK{}\n"
#define EMPTY_RSP(n) "B>A  INFORMATIONAL   rsp " #n "  SK{}\n"

static void initiator_probes(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_probe(p->end[i].engine, p->now_ns, p->end[i].sa));
}

static bool alive(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    return pair_agrees(p, 1) && pair_count(p, i, IKE_ALIVE) == 1;
}

static void test_an_empty_request_is_answered_empty(void)
{
    flow_check(&(struct flow){
        .act = initiator_probes, .trace = ARROWS_PLAIN EMPTY_REQ(2) EMPTY_RSP(2), .ended = alive});
}

static void responder_probes(struct pair *p, enum pair_side i, enum pair_side r)
{
    initiator_probes(p, r, i);
}

static bool alive_at_responder(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return alive(p, r, i);
}

/* Message ids count apart for each side (RFC 7296 2.2). */
static void test_the_responder_counts_its_own_requests_from_zero(void)
{
    flow_check(&(struct flow){.act = responder_probes,
                              .trace = ARROWS_PLAIN "B>A  INFORMATIONAL   req 0  SK{}\n"
                                                    "A>B  INFORMATIONAL   rsp 0  SK{}\n",
                              .ended = alive_at_responder});
}

static void initiator_deletes(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_delete(p->end[i].engine, p->now_ns, p->end[i].sa));
}

static bool all_gone(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_is_empty(p) && p->end[i].ends[WHY_DELETED] == 2 &&
           p->end[r].ends[WHY_PEER_DELETED] == 2;
}

static void test_deleting_the_ike_sa_takes_its_child_along(void)
{
    flow_check(&(struct flow){.act = initiator_deletes,
                              .trace = ARROWS_PLAIN "A>B  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                                                    "B>A  INFORMATIONAL   rsp 2  SK{}\n",
                              .ended = all_gone});
}

static void initiator_deletes_child(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_delete_child(p->end[i].engine, p->now_ns, p->end[i].sa, p->end[i].child));
}

static bool child_gone(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 0) && p->end[i].ends[WHY_DELETED] == 1 &&
           p->end[r].ends[WHY_PEER_DELETED] == 1;
}

static void test_deleting_a_child_is_answered_with_its_other_half(void)
{
    flow_check(&(struct flow){.act = initiator_deletes_child,
                              .trace = ARROWS_PLAIN "A>B  INFORMATIONAL   req 2  SK{D(ESP 1)}\n"
                                                    "B>A  INFORMATIONAL   rsp 2  SK{D(ESP 1)}\n",
                              .ended = child_gone});
}

static void both_delete_child(struct pair *p, enum pair_side i, enum pair_side r)
{
    initiator_deletes_child(p, i, r);
    initiator_deletes_child(p, r, i);
}

static bool child_gone_both(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(p, 0);
}

/* RFC 7296 2.25.1: deletes that cross carry no Delete in their answers. */
static void test_crossing_deletes_of_a_child_end_in_agreement(void)
{
    flow_check(&(struct flow){.act = both_delete_child,
                              .trace = ARROWS_PLAIN "A>B  INFORMATIONAL   req 2  SK{D(ESP 1)}\n"
                                                    "B>A  INFORMATIONAL   req 0  SK{D(ESP 1)}\n"
                                                    "B>A  INFORMATIONAL   rsp 2  SK{}\n"
                                                    "A>B  INFORMATIONAL   rsp 0  SK{}\n",
                              .ended = child_gone_both});
}

static void both_delete(struct pair *p, enum pair_side i, enum pair_side r)
{
    initiator_deletes(p, i, r);
    initiator_deletes(p, r, i);
}

static bool nothing_left(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_is_empty(p);
}

/* RFC 7296 2.25.2 */
static void test_crossing_deletes_of_the_ike_sa_end_it_once(void)
{
    flow_check(&(struct flow){.act = both_delete,
                              .trace = ARROWS_PLAIN "A>B  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                                                    "B>A  INFORMATIONAL   req 0  SK{D(IKE)}\n"
                                                    "B>A  INFORMATIONAL   rsp 2  SK{}\n"
                                                    "A>B  INFORMATIONAL   rsp 0  SK{}\n",
                              .ended = nothing_left});
}

static void asks_three_things_at_once(struct pair *p, enum pair_side i, enum pair_side r)
{
    initiator_probes(p, i, r);
    initiator_deletes_child(p, i, r);
    EXPECT(ike_probe(p->end[i].engine, p->now_ns, p->end[i].sa));
}

static bool one_after_another(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    return pair_agrees(p, 0) && pair_count(p, i, IKE_ALIVE) == 2;
}

/* RFC 7296 2.3: the window is one, what is asked meanwhile waits. */
static void test_requests_wait_for_the_window(void)
{
    flow_check(&(struct flow){
        .act = asks_three_things_at_once,
        .trace = ARROWS_PLAIN EMPTY_REQ(2)
            EMPTY_RSP(2) "A>B  INFORMATIONAL   req 3  SK{D(ESP 1)}\n"
                         "B>A  INFORMATIONAL   rsp 3  SK{D(ESP 1)}\n" EMPTY_REQ(4) EMPTY_RSP(4),
        .ended = one_after_another});
}

/* ---- time-outs ---- */

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};
static struct pair p;

static uint64_t sent_at_ns[8];

static bool note_time(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    if (number < 8)
        sent_at_ns[number] = pair->now_ns;
    return pair_touch_lose(pair, from, bytes, len, number);
}

/* strongSwan's schedule, measured (research: 4 s x 1.8^n): 0, 4, 11.2, 24.16, 47.488, 89.478 s. */
static void test_retransmission_backs_off_and_gives_up_on_schedule(void)
{
    static const uint64_t wanted_ms[] = {0, 4000, 11200, 24160, 47488, 89478};
    pair_init(&p, plain);
    p.end[A].config.retransmit.first_ns = UINT64_C(4000000000);
    p.end[A].config.retransmit.wait_max_ns = IKE_NEVER;
    p.end[A].config.retransmit.sends = 6;
    p.touch = note_time;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(165000000000));
    EXPECT_EQ(p.sent, 6);
    for (int i = 0; i < 6; i++)
        EXPECT_EQ(sent_at_ns[i] / 1000000, wanted_ms[i]);
    EXPECT_EQ(pair_count(&p, A, IKE_FAILED), 0);
    pair_run_for(&p, UINT64_C(100000000)); /* 165.06 s: it gives up */
    EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 1);
    EXPECT_EQ(p.end[A].events[0].sends, 5);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_jitter_only_shortens_a_wait_and_by_its_share_at_most(void)
{
    bool differs = false;
    for (uint64_t seed = 0; seed < 20; seed++) {
        pair_init(&p, plain);
        p.end[A].random = seed;
        p.end[A].config.retransmit.jitter_milli = 250;
        p.touch = note_time;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(1500000000));
        EXPECT(sent_at_ns[1] >= 750000000 && sent_at_ns[1] <= 1000000000);
        differs = differs || sent_at_ns[1] != 1000000000;
        pair_close(&p);
    }
    EXPECT(differs);
}

static bool lose_auth(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)pair;
    (void)bytes;
    (void)len;
    return from == B || number == 0;
}

static void test_a_half_open_sa_expires_at_its_time_and_not_before(void)
{
    pair_init(&p, plain);
    p.touch = lose_auth;
    p.end[A].config.retransmit.sends = 2;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(10000000) + UINT64_C(30000000000) - 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_run_for(&p, 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 0);
    EXPECT_EQ(p.end[B].ends[WHY_HALF_OPEN_EXPIRED], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static bool cut(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number < 4;
}

static void test_liveness_finds_a_dead_peer(void)
{
    pair_init(&p, plain);
    p.end[A].config.liveness_ns = UINT64_C(30000000000);
    p.touch = cut;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(29000000000));
    EXPECT_EQ(p.sent, 4);
    pair_run_for(&p, UINT64_C(60000000000));
    EXPECT_EQ(p.sent, 9); /* five sends of one empty request */
    EXPECT_EQ(pair_count(&p, A, IKE_DOWN), 1);
    EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 2);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 0);
    pair_close(&p);
}

static void test_liveness_is_quiet_while_the_peer_talks(void)
{
    pair_init(&p, plain);
    p.end[A].config.liveness_ns = UINT64_C(30000000000);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(25000000000));
    EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run_for(&p, UINT64_C(28000000000));
    EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 0);
    pair_run_for(&p, UINT64_C(5000000000));
    EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 1);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_empty_request_is_answered_empty),
        TEST(test_the_responder_counts_its_own_requests_from_zero),
        TEST(test_deleting_the_ike_sa_takes_its_child_along),
        TEST(test_deleting_a_child_is_answered_with_its_other_half),
        TEST(test_crossing_deletes_of_a_child_end_in_agreement),
        TEST(test_crossing_deletes_of_the_ike_sa_end_it_once),
        TEST(test_requests_wait_for_the_window),
        TEST(test_retransmission_backs_off_and_gives_up_on_schedule),
        TEST(test_jitter_only_shortens_a_wait_and_by_its_share_at_most),
        TEST(test_a_half_open_sa_expires_at_its_time_and_not_before),
        TEST(test_liveness_finds_a_dead_peer),
        TEST(test_liveness_is_quiet_while_the_peer_talks),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
