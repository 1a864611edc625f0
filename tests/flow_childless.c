/* SPDX-License-Identifier: MIT
 * An IKE SA without a Child SA (RFC 6023). */
#include "ike/v2/wire.h"
#include "tests/flow.h"
#include "tests/test.h"

static void both_may(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.childless = pair->end[r].policy.childless = true;
}

static void only_the_initiator(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair->end[i].policy.childless = true;
}

static void only_the_responder(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    pair->end[r].policy.childless = true;
}

static bool without(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 0) && pair_count(pair, i, IKE_UP) == 1 &&
           pair_count(pair, r, IKE_UP) == 1 && pair_count(pair, i, IKE_CHILD_FAILED) == 0;
}

static bool with_one(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1);
}

#define ARROW_MAY "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " N(CHILDLESS_IKEV2_SUPPORTED)\n"

static void test_an_ike_sa_is_made_without_a_child(void)
{
    flow_check(&(struct flow){.prepare = both_may,
                              .trace = ARROW_INIT_REQ ARROW_MAY
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH}\n",
                              .ended = without});
}

static void then_one(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_create_child(pair->end[i].engine, pair->now_ns, pair->end[i].sa, 0, NULL));
}

static void test_a_child_comes_when_it_is_wanted(void)
{
    flow_check(&(struct flow){.prepare = both_may,
                              .act = then_one,
                              .trace = ARROW_INIT_REQ ARROW_MAY
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH}\n"
                              "A>B  CREATE_CHILD_SA req 2  SK{SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr TSi TSr}\n",
                              .ended = with_one});
}

static void test_without_consent_of_both_there_is_a_child(void)
{
    flow_check(
        &(struct flow){.prepare = only_the_initiator, .trace = ARROWS_PLAIN, .ended = with_one});
    flow_check(&(struct flow){.prepare = only_the_responder,
                              .trace = ARROW_INIT_REQ ARROW_MAY ARROW_AUTH_REQ ARROW_AUTH_RSP,
                              .ended = with_one});
}

/* Who was not told that it may is refused: the responder's mind changes after IKE_SA_INIT. */
static void test_a_message_without_its_child_is_invalid_syntax_for_others(void)
{
    static struct pair p;
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    both_may(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 15000000);
    p.end[B].policy.childless = false;
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_MISSING_PAYLOAD], 1);
    EXPECT_EQ(p.end[A].ends[WHY_PEER_REFUSED], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_ike_sa_is_made_without_a_child),
        TEST(test_a_child_comes_when_it_is_wanted),
        TEST(test_without_consent_of_both_there_is_a_child),
        TEST(test_a_message_without_its_child_is_invalid_syntax_for_others),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
