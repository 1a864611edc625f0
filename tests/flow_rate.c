/* SPDX-License-Identifier: MIT
 * Peers that rekey too often are told to slow down, and come through when they
 * do (RFC 8019 5). */
#include "ike/engine.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)

static struct pair p;
static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

static void two_in_twenty(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    pair->end[r].config.rekeys = (struct ike_rate_config){.most = 2, .span_ns = 20 * SECOND};
}

static void rekey_child(struct pair *pair, enum pair_side side)
{
    (void)ike_rekey_child(pair->end[side].engine, pair->now_ns, pair->end[side].sa,
                          pair->end[side].child);
}

static void rekey_ike(struct pair *pair, enum pair_side side)
{
    (void)ike_rekey(pair->end[side].engine, pair->now_ns, pair->end[side].sa);
}

static void begin(void)
{
    pair_init(&p, plain);
    two_in_twenty(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
    EXPECT(pair_agrees(&p, 1));
}

/* How many of those after `from` were told of in this time. */
static int rekeyed(uint64_t ns)
{
    const int before = pair_count(&p, B, IKE_CHILD_UP) + pair_count(&p, B, IKE_REKEYED);
    pair_run_for(&p, ns);
    return pair_count(&p, B, IKE_CHILD_UP) + pair_count(&p, B, IKE_REKEYED) - before;
}

/* ---- within the limit ---- */

static void rekey_both(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    rekey_child(pair, i);
    pair_run(pair);
    rekey_ike(pair, i);
}

static bool both_up(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    const struct ike_engine *const e = pair->end[r].engine;
    return pair_agrees(pair, 1) && pair->end[r].reasons[WHY_REKEY_LIMIT] == 0 &&
           e->besides[BESIDE_RATE].pool.used <= 1;
}

static void test_as_many_as_are_allowed_are_answered(void)
{
    flow_check(&(struct flow){.prepare = two_in_twenty,
                              .act = rekey_both,
                              .trace = ARROWS_PLAIN
                              "A>B  CREATE_CHILD_SA req 2  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr TSi TSr}\n"
                              "A>B  INFORMATIONAL   req 3  SK{D(ESP 1)}\n"
                              "B>A  INFORMATIONAL   rsp 3  SK{D(ESP 1)}\n"
                              "A>B  CREATE_CHILD_SA req 4  SK{SA Ni KEi}\n"
                              "B>A  CREATE_CHILD_SA rsp 4  SK{SA Nr KEr}\n"
                              "A>B  INFORMATIONAL   req 5  SK{D(IKE)}\n"
                              "B>A  INFORMATIONAL   rsp 5  SK{}\n",
                              .ended = both_up});
}

/* ---- beyond it ---- */

static void test_one_more_is_told_to_wait_and_comes_through_then(void)
{
    begin();
    for (int i = 0; i < 2; i++) {
        rekey_child(&p, A);
        EXPECT_EQ(rekeyed(SECOND / 2), 1);
    }
    EXPECT_EQ(p.end[B].reasons[WHY_REKEY_LIMIT], 0);
    p.trace_len = 0;
    rekey_child(&p, A);
    EXPECT_EQ(rekeyed(SECOND / 2), 0);
    EXPECT_EQ(p.end[B].reasons[WHY_REKEY_LIMIT], 1);
    EXPECT_STR(p.trace, "A>B  CREATE_CHILD_SA req 6  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
                        "B>A  CREATE_CHILD_SA rsp 6  SK{N(TEMPORARY_FAILURE)}\n");
    EXPECT_EQ(rekeyed(7 * SECOND), 0); /* one share of the span is ten seconds */
    EXPECT_EQ(rekeyed(30 * SECOND), 1);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void test_what_was_had_goes_on_with_the_ike_sa_that_replaces_it(void)
{
    begin();
    rekey_ike(&p, A);
    EXPECT_EQ(rekeyed(SECOND / 2), 1);
    rekey_ike(&p, A);
    EXPECT_EQ(rekeyed(SECOND / 2), 1);
    rekey_ike(&p, A);
    EXPECT_EQ(rekeyed(SECOND / 2), 0);
    EXPECT_EQ(p.end[B].reasons[WHY_REKEY_LIMIT], 1);
    EXPECT_EQ(p.end[B].engine->besides[BESIDE_RATE].pool.used, 1);
    pair_close(&p);
}

/* What we ask is our own business, and so is another Child SA. */
static void test_only_rekeying_by_the_peer_counts(void)
{
    begin();
    for (int i = 0; i < 4; i++) {
        rekey_child(&p, B);
        pair_run_for(&p, SECOND / 2);
    }
    for (int i = 0; i < 4; i++) {
        (void)ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL);
        pair_run_for(&p, SECOND / 2);
    }
    EXPECT_EQ(p.end[B].reasons[WHY_REKEY_LIMIT] + p.end[A].reasons[WHY_REKEY_LIMIT], 0);
    EXPECT_EQ(p.end[B].engine->besides[BESIDE_RATE].pool.used, 0);
    EXPECT(pair_agrees(&p, 5));
    pair_close(&p);
}

/* Two at once, and then one in ten seconds, however long it was silent before. */
static void test_time_gives_back_no_more_than_the_limit(void)
{
    begin();
    pair_run_for(&p, 1000 * SECOND);
    int done = 0;
    for (int i = 0; i < 45; i++) { /* a second each */
        rekey_child(&p, A);
        done += rekeyed(SECOND);
    }
    EXPECT(done == 5 || done == 6); /* two, and after 10, 20, 30, 40 s as retries come */
    EXPECT(p.end[B].reasons[WHY_REKEY_LIMIT] > 0);
    pair_close(&p);
}

static void test_without_the_setting_nobody_is_told(void)
{
    pair_init(&p, plain);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
    for (int i = 0; i < 10; i++) {
        rekey_child(&p, A);
        EXPECT_EQ(rekeyed(SECOND / 10), 1);
    }
    EXPECT_EQ(p.end[B].engine->besides[BESIDE_RATE].pool.used, 0);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_as_many_as_are_allowed_are_answered),
        TEST(test_one_more_is_told_to_wait_and_comes_through_then),
        TEST(test_what_was_had_goes_on_with_the_ike_sa_that_replaces_it),
        TEST(test_only_rekeying_by_the_peer_counts),
        TEST(test_time_gives_back_no_more_than_the_limit),
        TEST(test_without_the_setting_nobody_is_told),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
