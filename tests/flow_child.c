/* SPDX-License-Identifier: MIT
 * CREATE_CHILD_SA between two engines: another Child SA, rekeying of Child SAs
 * and of the IKE SA, refusals, and exchanges that cross (RFC 7296 1.3, 2.8,
 * 2.17, 2.18, 2.25). */
#include "ike/engine.h"
#include "ike/v2/selector.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

#define MIRROR_PLAIN                                          \
    "B>A  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D "\n"     \
    "A>B  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D "\n"     \
    "B>A  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr}\n" \
    "A>B  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n"

static struct pair p;
static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

/* ---- another Child SA ---- */

/* A second kind of Child SA at both ends: 10.11.0.0/16 at A, 10.12.0.0/16 at B. */
static void two_kinds(struct pair *pair, enum pair_side i, enum pair_side r)
{
    static const char *const nets[] = {"10.11.0.0/16", "10.12.0.0/16"};
    (void)i;
    (void)r;
    for (int side = 0; side < 2; side++) {
        struct ike_policy *const policy = &pair->end[side].policy;
        policy->child[1] = policy->child[0];
        (void)ike_selector_from_text(nets[side], &policy->child[1].local[0]);
        (void)ike_selector_from_text(nets[1 - side], &policy->child[1].remote[0]);
        policy->child_count = 2;
    }
}

static void make_second(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_create_child(pair->end[i].engine, pair->now_ns, pair->end[i].sa, 1, NULL);
}

static bool agrees_on_two(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 2) && pair_count(pair, i, IKE_CHILD_UP) == 2 &&
           pair_count(pair, r, IKE_CHILD_UP) == 2;
}

static void test_a_second_child_takes_two_messages(void)
{
    flow_check(&(struct flow){
        .prepare = two_kinds,
        .act = make_second,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr TSi TSr}\n",
        .ended = agrees_on_two,
    });
}

static void make_second_from_responder(struct pair *pair, enum pair_side i, enum pair_side r)
{
    make_second(pair, r, i);
}

static void test_the_responder_may_make_one_too(void)
{
    flow_check(&(struct flow){
        .prepare = two_kinds,
        .act = make_second_from_responder,
        .trace = ARROWS_PLAIN "B>A  CREATE_CHILD_SA req 0  SK{SA Ni TSi TSr}\n"
                              "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr TSi TSr}\n",
        .ended = agrees_on_two,
    });
}

static void with_pfs(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair_offer(pair, A, "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519");
    pair_offer(pair, B, "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519");
    two_kinds(pair, i, r);
}

static void test_a_key_exchange_gives_it_forward_secrecy(void)
{
    flow_check(&(struct flow){
        .prepare = with_pfs,
        .act = make_second,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr TSi TSr}\n",
        .ended = agrees_on_two,
    });
}

static void with_other_group(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair_offer(pair, i, "aes256gcm16-prfsha256-x25519", "aes256gcm16-ecp256-x25519");
    pair_offer(pair, r, "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519");
    two_kinds(pair, i, r);
}

static void test_a_wrong_group_is_corrected_and_asked_again(void)
{
    flow_check(&(struct flow){
        .prepare = with_other_group,
        .act = make_second,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{N(INVALID_KE_PAYLOAD)}\n"
                              "A>B  CREATE_CHILD_SA req 3  SK{SA Ni KEi TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 3  SK{SA Nr KEr TSi TSr}\n",
        .ended = agrees_on_two,
    });
}

static void with_one_allowed(struct pair *pair, enum pair_side i, enum pair_side r)
{
    two_kinds(pair, i, r);
    pair->end[r].policy.children_max = 1;
}

static bool refused_and_kept(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    const uint64_t *const reasons = pair->end[r].reasons;
    return reasons[WHY_CHILDREN_LIMIT] + reasons[WHY_TS_UNACCEPTABLE] + reasons[WHY_SINGLE_PAIR] ==
               1 &&
           pair_agrees(pair, 1) && pair_count(pair, i, IKE_CHILD_FAILED) == 1 &&
           pair_count(pair, r, IKE_CHILD_UP) == 1;
}

static void test_no_additional_sas_leaves_what_there_is(void)
{
    flow_check(&(struct flow){
        .prepare = with_one_allowed,
        .act = make_second,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{N(NO_ADDITIONAL_SAS)}\n",
        .ended = refused_and_kept,
    });
}

static void with_strange_selectors(struct pair *pair, enum pair_side i, enum pair_side r)
{
    two_kinds(pair, i, r);
    (void)ike_selector_from_text("192.168.0.0/16", &pair->end[r].policy.child[1].local[0]);
}

static void test_unacceptable_selectors_leave_what_there_is(void)
{
    flow_check(&(struct flow){
        .prepare = with_strange_selectors,
        .act = make_second,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{N(TS_UNACCEPTABLE)}\n",
        .ended = refused_and_kept,
    });
}

static void with_pairs_only(struct pair *pair, enum pair_side i, enum pair_side r)
{
    two_kinds(pair, i, r);
    pair->end[r].policy.child[1].single_pair = true;
}

static void test_single_pair_required_is_said(void)
{
    flow_check(&(struct flow){
        .prepare = with_pairs_only,
        .act = make_second,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{N(SINGLE_PAIR_REQUIRED)}\n",
        .ended = refused_and_kept,
    });
}

/* ---- rekeying a Child SA ---- */

static void rekey_child(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_rekey_child(pair->end[i].engine, pair->now_ns, pair->end[i].sa, pair->end[i].child);
}

static bool child_replaced(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair->end[i].ends[WHY_REKEYED] == 1 &&
           pair->end[r].ends[WHY_REKEYED] == 1;
}

/* RFC 7296 1.3.3, 2.9.2 */
static void test_a_child_is_rekeyed_then_the_old_one_deleted(void)
{
    flow_check(&(struct flow){
        .act = rekey_child,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr TSi TSr}\n"
                              "A>B  INFORMATIONAL   req 3  SK{D(ESP 1)}\n"
                              "B>A  INFORMATIONAL   rsp 3  SK{D(ESP 1)}\n",
        .ended = child_replaced,
    });
}

/* ---- rekeying the IKE SA ---- */

static void rekey_ike(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
}

static bool ike_replaced(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_REKEYED) == 1 &&
           pair_count(pair, r, IKE_REKEYED) == 1 && pair_count(pair, i, IKE_DOWN) == 1 &&
           pair_count(pair, r, IKE_DOWN) == 1 && pair_count(pair, i, IKE_CHILD_DOWN) == 0;
}

/* RFC 7296 1.3.2, 2.18 */
static void test_the_ike_sa_is_rekeyed_and_its_child_inherited(void)
{
    flow_check(&(struct flow){
        .act = rekey_ike,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr}\n"
                              "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n"
                              "B>A  INFORMATIONAL   rsp 3  SK{}\n",
        .ended = ike_replaced,
    });
}

static void rekey_ike_and_go_on(struct pair *pair, enum pair_side i, enum pair_side r)
{
    rekey_ike(pair, r, i);
    pair_run(pair);
    rekey_child(pair, i, r);
}

static bool both_replaced(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_REKEYED) == 1 &&
           pair_count(pair, r, IKE_CHILD_DOWN) == 1;
}

static void test_the_new_ike_sa_counts_from_zero_and_carries_the_next_exchanges(void)
{
    flow_check(&(struct flow){
        .act = rekey_ike_and_go_on,
        .trace = ARROWS_PLAIN "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                              "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}\n"
                              "B>A  INFORMATIONAL   req 1  SK{D(IKE)}\n"
                              "A>B  INFORMATIONAL   rsp 1  SK{}\n"
                              "A>B  CREATE_CHILD_SA req 0  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 0  SK{SA Nr TSi TSr}\n"
                              "A>B  INFORMATIONAL   req 1  SK{D(ESP 1)}\n"
                              "B>A  INFORMATIONAL   rsp 1  SK{D(ESP 1)}\n",
        .ended = both_replaced,
    });
}

/* ---- crossing ---- */

static bool has_one_child(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1) &&
           (pair->options.lose != PAIR_NONE || pair->end[i].ends[WHY_REDUNDANT] == 1);
}

static void both_rekey_child(struct pair *pair, enum pair_side i, enum pair_side r)
{
    rekey_child(pair, i, r);
    rekey_child(pair, r, i);
}

static void test_crossing_rekeys_of_a_child_leave_one(void)
{
    flow_check(&(struct flow){
        .act = both_rekey_child,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA req 0  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr TSi TSr}\n"
                              "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr TSi TSr}\n"
                              "A>B  INFORMATIONAL   req 3  SK{D(ESP 1)}\n"
                              "B>A  INFORMATIONAL   req 1  SK{D(ESP 1)}\n"
                              "B>A  INFORMATIONAL   rsp 3  SK{D(ESP 1)}\n"
                              "A>B  INFORMATIONAL   rsp 1  SK{D(ESP 1)}\n",
        .ended = has_one_child,
    });
}

static void both_rekey_ike(struct pair *pair, enum pair_side i, enum pair_side r)
{
    rekey_ike(pair, i, r);
    rekey_ike(pair, r, i);
}

static bool has_one_heir(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_REKEYED) == 1 &&
           pair_count(pair, r, IKE_REKEYED) == 1 && pair_count(pair, i, IKE_CHILD_DOWN) == 0;
}

static const struct flow crossing_ike_rekeys = {
    .act = both_rekey_ike,
    .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi}\n"
                          "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                          "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr}\n"
                          "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}\n"
                          "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n"
                          "B>A  INFORMATIONAL   req 0  SK{D(IKE)}\n"
                          "B>A  INFORMATIONAL   rsp 3  SK{}\n"
                          "A>B  INFORMATIONAL   rsp 0  SK{}\n",
    /* The lowest nonce is the other side's: the initiator deletes what it made. */
    .swapped = MIRROR_PLAIN "B>A  CREATE_CHILD_SA req 2  SK{SA Ni KEi}\n"
                            "A>B  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                            "A>B  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr}\n"
                            "B>A  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}\n"
                            "B>A  INFORMATIONAL   req 0  SK{D(IKE)}\n"
                            "A>B  INFORMATIONAL   req 1  SK{D(IKE)}\n"
                            "A>B  INFORMATIONAL   rsp 0  SK{}\n"
                            "B>A  INFORMATIONAL   rsp 1  SK{}\n",
    .settle_ns = IKE_GRACE_NS,
    .ended = has_one_heir,
};

static void test_crossing_rekeys_of_the_ike_sa_leave_one_with_the_child(void)
{
    flow_check(&crossing_ike_rekeys);
}

static void both_rekey_ike_twice(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both_rekey_ike(pair, i, r);
    both_rekey_ike(pair, i, r);
}

static void test_a_rekey_asked_for_twice_is_made_once_and_crosses_as_one(void)
{
    struct flow twice = crossing_ike_rekeys;
    twice.act = both_rekey_ike_twice;
    flow_check(&twice);
}

static void rekey_ike_against_child(struct pair *pair, enum pair_side i, enum pair_side r)
{
    rekey_ike(pair, i, r);
    rekey_child(pair, r, i);
}

static bool all_replaced(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_REKEYED) == 1 &&
           pair_count(pair, r, IKE_CHILD_DOWN) == 1;
}

static void test_a_refusal_for_the_moment_is_tried_again_later(void)
{
    pair_init(&p, plain);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    rekey_ike_against_child(&p, A, B);
    pair_run_for(&p, UINT64_C(60000000000));
    EXPECT(all_replaced(&p, A, B));
    EXPECT(strstr(p.trace, "B>A  CREATE_CHILD_SA rsp 2  SK{N(TEMPORARY_FAILURE)}") != NULL);
    EXPECT(strstr(p.trace, "A>B  CREATE_CHILD_SA rsp 0  SK{N(TEMPORARY_FAILURE)}") != NULL);
    EXPECT(p.end[A].reasons[WHY_TEMPORARY_FAILURE] >= 1);
    pair_close(&p);
}

static void rekey_against_delete(struct pair *pair, enum pair_side i, enum pair_side r)
{
    rekey_child(pair, i, r);
    (void)ike_delete_child(pair->end[r].engine, pair->now_ns, pair->end[r].sa, pair->end[r].child);
}

static bool has_no_child(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 0);
}

static void test_a_child_being_deleted_is_not_rekeyed(void)
{
    flow_check(&(struct flow){
        .act = rekey_against_delete,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
                              "B>A  INFORMATIONAL   req 0  SK{D(ESP 1)}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{N(TEMPORARY_FAILURE)}\n"
                              "A>B  INFORMATIONAL   rsp 0  SK{D(ESP 1)}\n",
        .ended = has_no_child,
    });
}

/* The second drawing of RFC 7296 2.8.1: A's first message is lost, B has finished when it comes. */
static void test_a_rekey_that_comes_too_late_finds_no_child(void)
{
    pair_init(&p, (struct pair_options){
                      .provider = PAIR_MODELLED, .initiator = A, .lose = 4, .twice = PAIR_NONE});
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    both_rekey_child(&p, A, B);
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_CHILD_NOT_FOUND], 1);
    EXPECT(strstr(p.trace, "B>A  CREATE_CHILD_SA rsp 2  SK{N(CHILD_SA_NOT_FOUND)}") != NULL);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static bool hold_fifth(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                       int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number != 5; /* the answer that makes the second Child SA: it comes with the next send */
}

/* What B made for A and deletes or rekeys before A has its answer. */
static void test_a_child_deleted_before_its_answer_arrives_is_gone_at_both_ends(void)
{
    for (int rekeys = 0; rekeys < 2; rekeys++) {
        pair_init(&p, plain);
        two_kinds(&p, A, B);
        p.touch = hold_fifth;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        make_second(&p, A, B);
        pair_run_for(&p, UINT64_C(15000000));
        const uint32_t made = p.end[B].child;
        EXPECT(rekeys ? ike_rekey_child(p.end[B].engine, p.now_ns, p.end[B].sa, made)
                      : ike_delete_child(p.end[B].engine, p.now_ns, p.end[B].sa, made));
        pair_run(&p);
        EXPECT(pair_agrees(&p, rekeys ? 2 : 1));
        EXPECT_EQ(p.end[A].reasons[WHY_TEMPORARY_FAILURE], rekeys);
        pair_close(&p);
    }
}

/* Each has an event of its own, however many there are. */
static void test_an_ike_sa_with_many_children_ends_with_all_of_them(void)
{
    enum { MANY = 150 };
    pair_init(&p, plain);
    two_kinds(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    for (uint32_t i = 1; i < MANY; i++) {
        make_second(&p, A, B);
        pair_run(&p);
        EXPECT(pair_agrees(&p, i + 1));
        p.end[A].event_count = p.end[B].event_count = 0;
    }
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    for (int side = A; side <= B; side++) {
        EXPECT_EQ(pair_count(&p, (enum pair_side)side, IKE_CHILD_DOWN), MANY);
        EXPECT_EQ(pair_count(&p, (enum pair_side)side, IKE_DOWN), 1);
    }
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* RFC 7296 2.25: refused for the moment, and then for its group: those are two things, and neither
 * uses up the other's patience. */
static void test_a_refusal_for_the_moment_is_none_of_the_group(void)
{
    pair_init(&p, plain);
    with_other_group(&p, A, B);
    p.end[A].config.groups_max = 1;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    make_second(&p, A, B);
    EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run(&p);
    EXPECT(p.end[B].reasons[WHY_TEMPORARY_FAILURE] >= 1);
    EXPECT_EQ(p.end[B].reasons[WHY_WRONG_GROUP], 1);
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_FAILED), 0);
    EXPECT(pair_agrees(&p, 2));
    pair_close(&p);
}

/* RFC 7296 2.25: it MUST NOT immediately retry, not even when the same was wanted twice. */
static void test_what_was_wanted_twice_is_not_asked_at_once_after_a_refusal(void)
{
    pair_init(&p, plain);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
    for (int i = 0; i < 2; i++)
        EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
    pair_run_for(&p, UINT64_C(900000000));
    EXPECT_EQ(p.end[B].reasons[WHY_TEMPORARY_FAILURE], 1);
    EXPECT(strstr(p.trace, "A>B  CREATE_CHILD_SA req 3") == NULL);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_second_child_takes_two_messages),
        TEST(test_the_responder_may_make_one_too),
        TEST(test_a_key_exchange_gives_it_forward_secrecy),
        TEST(test_a_wrong_group_is_corrected_and_asked_again),
        TEST(test_no_additional_sas_leaves_what_there_is),
        TEST(test_unacceptable_selectors_leave_what_there_is),
        TEST(test_single_pair_required_is_said),
        TEST(test_a_child_is_rekeyed_then_the_old_one_deleted),
        TEST(test_the_ike_sa_is_rekeyed_and_its_child_inherited),
        TEST(test_the_new_ike_sa_counts_from_zero_and_carries_the_next_exchanges),
        TEST(test_crossing_rekeys_of_a_child_leave_one),
        TEST(test_crossing_rekeys_of_the_ike_sa_leave_one_with_the_child),
        TEST(test_a_rekey_asked_for_twice_is_made_once_and_crosses_as_one),
        TEST(test_a_refusal_for_the_moment_is_tried_again_later),
        TEST(test_a_child_being_deleted_is_not_rekeyed),
        TEST(test_a_rekey_that_comes_too_late_finds_no_child),
        TEST(test_an_ike_sa_with_many_children_ends_with_all_of_them),
        TEST(test_a_child_deleted_before_its_answer_arrives_is_gone_at_both_ends),
        TEST(test_a_refusal_for_the_moment_is_none_of_the_group),
        TEST(test_what_was_wanted_twice_is_not_asked_at_once_after_a_refusal),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
