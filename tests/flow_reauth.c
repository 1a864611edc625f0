/* SPDX-License-Identifier: MIT
 * Authentication repeated: told by the responder or by policy, the new IKE SA
 * first or the old one's end first, and what happens to who does not
 * (RFC 4478, RFC 7296 2.8.3). */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

#define SECONDS(n) (UINT64_C(1000000000) * (n))
enum { LIFE_S = 100 };

static struct pair p;
static struct ike_wants wants;
static struct ike_gives gives;

static void init(enum ike_reauth_way way)
{
    pair_init(&p, (struct pair_options){
                      .provider = PAIR_MODELLED, .initiator = A, .lose = -1, .twice = -1});
    p.end[A].policy.reauth = (uint8_t)way;
    p.end[B].policy.auth_lifetime_s = LIFE_S;
}

static void connect(void)
{
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, SECONDS(1));
}

static int ended(enum pair_side side, enum ike_why why)
{
    int count = 0;
    for (int i = 0; i < p.end[side].event_count; i++)
        count += p.end[side].events[i].kind == IKE_DOWN && p.end[side].events[i].why == why;
    return count;
}

/* ---- as arrows ---- */

#define TOLD "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr N(AUTH_LIFETIME)}\n"
#define CLOSED                                 \
    "A>B  INFORMATIONAL   req 2  SK{D(IKE)}\n" \
    "B>A  INFORMATIONAL   rsp 2  SK{}\n"

static void make_first(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.reauth = REAUTH_MAKE_FIRST;
    pair->end[i].policy.initial_contact = true;
    pair->end[r].policy.auth_lifetime_s = LIFE_S;
}

static void break_first(struct pair *pair, enum pair_side i, enum pair_side r)
{
    make_first(pair, i, r);
    pair->end[i].policy.reauth = REAUTH_BREAK_FIRST;
}

static void waits(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    pair_run_for(pair, SECONDS(60));
}

static bool once_more(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_UP) == 2 &&
           pair_count(pair, r, IKE_UP) == 2 && pair_count(pair, i, IKE_DOWN) == 1 &&
           pair->end[i].ends[WHY_REAUTHENTICATED] == 2;
}

#define ASKED_FIRST "A>B  IKE_AUTH        req 1  SK{IDi N(INITIAL_CONTACT) AUTH SAi2 TSi TSr}\n"

/* RFC 7296 2.4: no INITIAL_CONTACT the second time, there is another SA. */
static void test_the_new_sa_is_made_before_the_old_one_is_closed(void)
{
    flow_check(&(struct flow){.prepare = make_first,
                              .act = waits,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASKED_FIRST TOLD ARROW_INIT_REQ
                                  ARROW_INIT_RSP ARROW_AUTH_REQ TOLD CLOSED,
                              .settle_ns = SECONDS(25),
                              .ended = once_more});
}

static void test_the_old_sa_is_closed_before_the_new_one_is_made(void)
{
    flow_check(&(struct flow){.prepare = break_first,
                              .act = waits,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASKED_FIRST TOLD CLOSED
                                  ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ TOLD,
                              .settle_ns = SECONDS(25),
                              .ended = once_more});
}

/* ---- when ---- */

static uint64_t up_at(enum pair_side side, int which)
{
    for (int i = 0; i < p.end[side].event_count; i++)
        if (p.end[side].events[i].kind == IKE_UP && which-- == 0)
            return p.end[side].events[i].began_ns;
    return 0;
}

static void test_it_begins_a_tenth_before_the_time_told(void)
{
    init(REAUTH_MAKE_FIRST);
    connect();
    pair_run_for(&p, SECONDS(88));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 1);
    pair_run_for(&p, SECONDS(2));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    EXPECT(up_at(A, 1) >= SECONDS(90) && up_at(A, 1) < SECONDS(91));
    EXPECT_EQ(p.end[A].events[0].was, 0);
    pair_close(&p);
}

static void test_a_policy_of_its_own_may_be_earlier_and_needs_no_telling(void)
{
    init(REAUTH_MAKE_FIRST);
    p.end[A].policy.reauth_ns = SECONDS(50);
    connect();
    pair_run_for(&p, SECONDS(51));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    pair_close(&p);
    init(REAUTH_BREAK_FIRST);
    p.end[A].policy.reauth_ns = SECONDS(50);
    p.end[B].policy.auth_lifetime_s = 0;
    connect();
    pair_run_for(&p, SECONDS(51));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* And later than told it is of no use. */
static void test_a_policy_of_its_own_that_is_later_gives_way(void)
{
    init(REAUTH_MAKE_FIRST);
    p.end[A].policy.reauth_ns = 2 * SECONDS(LIFE_S);
    connect();
    pair_run_for(&p, SECONDS(LIFE_S - LIFE_S / 10 - 2));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 1);
    pair_run_for(&p, SECONDS(5));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    pair_close(&p);
}

/* RFC 4478 3: it is the original initiator whom it is told. */
static void test_a_lifetime_told_to_the_responder_means_nothing(void)
{
    static const uint8_t seconds[4] = {0, 0, 0, 5};
    const struct ike_note note = {.type = N_AUTH_LIFETIME, .data = {.at = seconds, .len = 4}};
    init(REAUTH_NEVER);
    p.end[B].policy.auth_lifetime_s = 0;
    p.end[B].policy.reauth = REAUTH_MAKE_FIRST;
    connect();
    EXPECT(ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa,
                      &(struct ike_inform){.notes = &note, .note_count = 1}));
    pair_run_for(&p, SECONDS(60));
    EXPECT_EQ(pair_count(&p, B, IKE_UP), 1);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void test_who_does_not_is_closed_by_the_responder(void)
{
    init(REAUTH_NEVER);
    connect();
    pair_run_for(&p, SECONDS(LIFE_S + 3));
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 1);
    pair_run_for(&p, SECONDS(3));
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(ended(B, WHY_AUTH_LIFETIME), 1);
    EXPECT_EQ(ended(A, WHY_PEER_DELETED), 1);
    pair_close(&p);
}

/* RFC 4478 2: if the IKE SA is rekeyed, the limit applies to the new one. */
static void test_rekeying_is_no_authentication(void)
{
    init(REAUTH_NEVER);
    connect();
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, SECONDS(50));
    EXPECT(pair_agrees(&p, 1));
    pair_run_for(&p, SECONDS(LIFE_S));
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(ended(B, WHY_AUTH_LIFETIME), 1);
    pair_close(&p);
    init(REAUTH_MAKE_FIRST);
    connect();
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, SECONDS(95));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void test_the_responder_may_tell_at_any_time(void)
{
    init(REAUTH_MAKE_FIRST);
    p.end[B].policy.auth_lifetime_s = 0;
    connect();
    EXPECT(!ike_limit(p.end[A].engine, p.now_ns, p.end[A].sa, 10)); /* only the responder */
    EXPECT(ike_limit(p.end[B].engine, p.now_ns, p.end[B].sa, 10));
    pair_run_for(&p, SECONDS(8));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 1);
    pair_run_for(&p, SECONDS(2));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    EXPECT(ike_limit(p.end[B].engine, p.now_ns, p.end[B].sa, 0)); /* at once */
    pair_run_for(&p, SECONDS(1));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 3);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void test_a_lifetime_that_is_none_is_a_syntax_error(void)
{
    static const struct ike_note note = {.type = N_AUTH_LIFETIME,
                                         .data = {.at = (const uint8_t *)"abc", .len = 3}};
    init(REAUTH_MAKE_FIRST);
    connect();
    EXPECT(ike_inform(p.end[B].engine, p.now_ns, p.end[B].sa,
                      &(struct ike_inform){.notes = &note, .note_count = 1}));
    pair_run_for(&p, SECONDS(1));
    EXPECT_EQ(p.end[A].reasons[WHY_SYNTAX], 1);
    pair_close(&p);
}

/* ---- what the new SA has ---- */

static void test_all_child_sas_are_made_again(void)
{
    init(REAUTH_MAKE_FIRST);
    connect();
    EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL));
    EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL));
    pair_run_for(&p, SECONDS(1));
    EXPECT(pair_agrees(&p, 3));
    pair_run_for(&p, SECONDS(90));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    EXPECT(pair_agrees(&p, 3));
    pair_close(&p);
}

static int of_second_kind(enum pair_side side)
{
    const struct ike_engine *const engine = p.end[side].engine;
    const struct ike_sa *const sa = ike_sa_numbered(engine, p.end[side].sa);
    int count = 0;
    for (uint32_t at = sa->child; at != 0; at = ike_child_at(engine, at)->next)
        count += ike_child_at(engine, at)->policy == 1;
    return count;
}

static void test_child_sas_of_each_kind_are_made_again(void)
{
    init(REAUTH_MAKE_FIRST);
    for (int side = 0; side < 2; side++) {
        struct ike_policy *const policy = &p.end[side].policy;
        policy->child[1] = policy->child[0];
        EXPECT(ike_selector_from_text(side == A ? "10.11.0.0/16" : "10.12.0.0/16",
                                      &policy->child[1].local[0]));
        EXPECT(ike_selector_from_text(side == A ? "10.12.0.0/16" : "10.11.0.0/16",
                                      &policy->child[1].remote[0]));
        policy->child_count = 2;
    }
    connect();
    for (uint8_t i = 0; i < 3; i++)
        EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, i > 0, NULL));
    pair_run_for(&p, SECONDS(1));
    EXPECT(pair_agrees(&p, 4));
    pair_run_for(&p, SECONDS(90));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    EXPECT(pair_agrees(&p, 4));
    EXPECT_EQ(of_second_kind(A), 2);
    EXPECT_EQ(of_second_kind(B), 2);
    pair_close(&p);
}

static void test_the_inner_address_stays(void)
{
    for (int way = REAUTH_MAKE_FIRST; way <= REAUTH_BREAK_FIRST; way++) {
        init((enum ike_reauth_way)way);
        wants = (struct ike_wants){.ip4 = true, .ip6 = true};
        gives = (struct ike_gives){.pool_count = 2};
        (void)ike_prefix_parse("10.9.0.0/24", &gives.pools[0]);
        (void)ike_prefix_parse("2001:db8::/64", &gives.pools[1]);
        p.end[A].policy.wants = &wants;
        p.end[B].policy.gives = &gives;
        p.end[A].policy.child[0].local_count = 0;
        p.end[B].policy.child[0].remote_count = 0;
        connect();
        pair_run_for(&p, SECONDS(94));
        EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
        EXPECT_EQ(pair_count(&p, A, IKE_ADDRESS), 4);
        EXPECT_EQ(ike_stats(p.end[B].engine).leases, 2);
        EXPECT_EQ(p.end[B].engine->leases.at[0].high, 1);
        EXPECT_EQ(p.end[B].engine->leases.at[1].high, 1);
        pair_close(&p);
    }
}

static void test_an_identity_of_the_attempt_alone_stays(void)
{
    struct ike_id id;
    init(REAUTH_BREAK_FIRST);
    (void)ike_id_from_text("client-7.test", &id);
    (void)ike_id_from_text("client-7.test", &p.end[B].policy.remote_id);
    pair_open(&p);
    (void)ike_connect(p.end[A].engine, p.now_ns,
                      &(struct ike_attempt){.local = p.end[A].addr,
                                            .remote = p.end[B].addr,
                                            .policy = &p.end[A].policy,
                                            .local_id = &id,
                                            .tag = 9});
    pair_run_for(&p, SECONDS(94));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    EXPECT_EQ(p.end[A].events[p.end[A].event_count - 1].tag, 9);
    pair_close(&p);
}

/* Whoever rekeys an IKE SA is its initiator then (RFC 7296 1.3.2), but not who authenticates. */
static void test_a_responder_that_rekeys_stays_the_one_who_limits(void)
{
    for (int way = REAUTH_NEVER; way <= REAUTH_BREAK_FIRST; way++) {
        init((uint8_t)way);
        connect();
        EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
        pair_run_for(&p, SECONDS(95));
        EXPECT_EQ(pair_count(&p, A, IKE_UP), way == REAUTH_NEVER ? 1 : 2);
        EXPECT(!ike_limit(p.end[A].engine, p.now_ns, p.end[A].sa, 1));
        EXPECT(pair_agrees(&p, 1));
        pair_run_for(&p, SECONDS(15));
        EXPECT_EQ(ended(B, WHY_AUTH_LIFETIME), way == REAUTH_NEVER ? 1 : 0);
        EXPECT_EQ(pair_is_empty(&p), way == REAUTH_NEVER);
        pair_close(&p);
    }
    init(REAUTH_MAKE_FIRST);
    p.end[B].policy.auth_lifetime_s = 0;
    connect();
    EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run_for(&p, SECONDS(5));
    EXPECT(ike_limit(p.end[B].engine, p.now_ns, p.end[B].sa, 10));
    pair_run_for(&p, SECONDS(10));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* The old SA stays when the new one cannot be had. */
static void test_an_attempt_that_fails_leaves_the_old_sa_to_its_time(void)
{
    init(REAUTH_MAKE_FIRST);
    connect();
    p.end[B].policy.psk[0] = 'x';
    pair_run_for(&p, SECONDS(95));
    EXPECT_EQ(pair_count(&p, A, IKE_FAILED), 1);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
    pair_run_for(&p, SECONDS(15));
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(ended(B, WHY_AUTH_LIFETIME), 1);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_new_sa_is_made_before_the_old_one_is_closed),
        TEST(test_the_old_sa_is_closed_before_the_new_one_is_made),
        TEST(test_it_begins_a_tenth_before_the_time_told),
        TEST(test_a_policy_of_its_own_may_be_earlier_and_needs_no_telling),
        TEST(test_a_policy_of_its_own_that_is_later_gives_way),
        TEST(test_a_lifetime_told_to_the_responder_means_nothing),
        TEST(test_who_does_not_is_closed_by_the_responder),
        TEST(test_rekeying_is_no_authentication),
        TEST(test_the_responder_may_tell_at_any_time),
        TEST(test_a_lifetime_that_is_none_is_a_syntax_error),
        TEST(test_all_child_sas_are_made_again),
        TEST(test_child_sas_of_each_kind_are_made_again),
        TEST(test_the_inner_address_stays),
        TEST(test_an_identity_of_the_attempt_alone_stays),
        TEST(test_a_responder_that_rekeys_stays_the_one_who_limits),
        TEST(test_an_attempt_that_fails_leaves_the_old_sa_to_its_time),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
