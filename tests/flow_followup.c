/* SPDX-License-Identifier: MIT
 * More key exchanges after CREATE_CHILD_SA as arrows (RFC 9370 2.2.4): what is
 * made when the last of them has come, what is not when it does not, and
 * rekeyings that cross. */
#include "ike/engine.h"
#include "ike/v2/intermediate.h"
#include "ike/v2/message.h"
#include "ike/v2/selector.h"
#include "tests/flow.h"
#include "tests/mangle.h"
#include "tests/opened.h"
#include "tests/test.h"

#include <string.h>

#define SUITE "aes256gcm16-prfsha256-x25519"
#define ESP   "aes256gcm16-x25519-ke1_ecp256-ke3_ecp384"

#define INT_D " N(INTERMEDIATE_EXCHANGE_SUPPORTED)\n"
#define INIT_MORE                                             \
    "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D INT_D    \
    "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D INT_D    \
    "A>B  IKE_INTERMEDIATE req 1  SK{KEi}\n"                  \
    "B>A  IKE_INTERMEDIATE rsp 1  SK{KEr}\n"                  \
    "A>B  IKE_AUTH        req 2  SK{IDi AUTH SAi2 TSi TSr}\n" \
    "B>A  IKE_AUTH        rsp 2  SK{IDr AUTH SAr2 TSi TSr}\n"
#define LINK            "N(ADDITIONAL_KEY_EXCHANGE)"
#define FOLLOW_REQ(id)  "A>B  IKE_FOLLOWUP_KE req " id "  SK{KEi " LINK "}\n"
#define FOLLOW_MORE(id) FOLLOW_REQ(id) "B>A  IKE_FOLLOWUP_KE rsp " id "  SK{KEr " LINK "}\n"
#define FOLLOW_LAST(id) FOLLOW_REQ(id) "B>A  IKE_FOLLOWUP_KE rsp " id "  SK{KEr}\n"

static struct pair p;

static void more_for_children(struct pair *pair, enum pair_side i, enum pair_side r)
{
    static const char *const nets[] = {"10.11.0.0/16", "10.12.0.0/16"};
    (void)i;
    (void)r;
    for (int side = 0; side < 2; side++) {
        struct ike_policy *const policy = &pair->end[side].policy;
        pair_offer(pair, (enum pair_side)side, SUITE, ESP);
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

static bool nothing_waits(const struct pair *pair)
{
    return pair->end[A].engine->mixes.used == 0 && pair->end[B].engine->mixes.used == 0 &&
           pair->end[A].engine->tasks.used == 0 && pair->end[B].engine->tasks.used == 0;
}

static bool agrees_on_two(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 2) && pair_count(pair, i, IKE_CHILD_UP) == 2 &&
           pair_count(pair, r, IKE_CHILD_UP) == 2 && nothing_waits(pair);
}

static void test_a_child_sa_is_made_when_the_last_has_come(void)
{
    flow_check(&(struct flow){
        .prepare = more_for_children,
        .act = make_second,
        .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr TSi TSr " LINK
                              "}\n" FOLLOW_MORE("3") FOLLOW_LAST("4"),
        .ended = agrees_on_two,
    });
}

static void rekey_child(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_rekey_child(pair->end[i].engine, pair->now_ns, pair->end[i].sa, pair->end[i].child);
}

static bool has_one_child(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1) && nothing_waits(pair) && pair_count(pair, A, IKE_CHILD_UP) == 2 &&
           pair_count(pair, B, IKE_CHILD_UP) == 2;
}

#define REKEY_REQ "A>B  CREATE_CHILD_SA req 2  SK{N(REKEY_SA) SA Ni KEi TSi TSr}\n"
#define REKEY_RSP "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr TSi TSr " LINK "}\n"
#define OLD_GONE(id)                                  \
    "A>B  INFORMATIONAL   req " id "  SK{D(ESP 1)}\n" \
    "B>A  INFORMATIONAL   rsp " id "  SK{D(ESP 1)}\n"

static void test_a_child_sa_is_replaced_when_the_last_has_come(void)
{
    flow_check(&(struct flow){
        .prepare = more_for_children,
        .act = rekey_child,
        .trace = ARROWS_PLAIN REKEY_REQ REKEY_RSP FOLLOW_MORE("3") FOLLOW_LAST("4") OLD_GONE("5"),
        .ended = has_one_child,
    });
}

static void more_for_ike(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    for (int side = 0; side < 2; side++)
        pair_offer(pair, (enum pair_side)side, SUITE "-ke1_ecp256", "aes256gcm16");
}

static void rekey_ike(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
}

static bool has_one_heir(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_REKEYED) == 1 &&
           pair_count(pair, r, IKE_REKEYED) == 1 && pair_count(pair, i, IKE_CHILD_DOWN) == 0 &&
           nothing_waits(pair);
}

static void test_an_ike_sa_takes_over_when_the_last_has_come(void)
{
    flow_check(&(struct flow){
        .prepare = more_for_ike,
        .act = rekey_ike,
        .trace = INIT_MORE "A>B  CREATE_CHILD_SA req 3  SK{SA Ni KEi}\n"
                           "B>A  CREATE_CHILD_SA rsp 3  SK{SA Nr KEr " LINK
                           "}\n" FOLLOW_LAST("4") "A>B  INFORMATIONAL   req 5  SK{D(IKE)}\n"
                                                  "B>A  INFORMATIONAL   rsp 5  SK{}\n",
        .settle_ns = IKE_GRACE_NS,
        .ended = has_one_heir,
    });
}

/* ---- crossing ---- */

#define BACK_REQ(id)  "B>A  IKE_FOLLOWUP_KE req " id "  SK{KEi " LINK "}\n"
#define BACK_MORE(id) BACK_REQ(id) "A>B  IKE_FOLLOWUP_KE rsp " id "  SK{KEr " LINK "}\n"
#define BACK_LAST(id) BACK_REQ(id) "A>B  IKE_FOLLOWUP_KE rsp " id "  SK{KEr}\n"
#define BACK_GONE(id)                                 \
    "B>A  INFORMATIONAL   req " id "  SK{D(ESP 1)}\n" \
    "A>B  INFORMATIONAL   rsp " id "  SK{D(ESP 1)}\n"

static void both_rekey_child(struct pair *pair, enum pair_side i, enum pair_side r)
{
    rekey_child(pair, i, r);
    rekey_child(pair, r, i);
}

static bool one_is_left(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1) && nothing_waits(pair);
}

#define MIRROR_PLAIN                                          \
    "B>A  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D "\n"     \
    "A>B  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D "\n"     \
    "B>A  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr}\n" \
    "A>B  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n"
#define MIRROR_MORE                                           \
    "B>A  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D INT_D    \
    "A>B  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D INT_D    \
    "B>A  IKE_INTERMEDIATE req 1  SK{KEi}\n"                  \
    "A>B  IKE_INTERMEDIATE rsp 1  SK{KEr}\n"                  \
    "B>A  IKE_AUTH        req 2  SK{IDi AUTH SAi2 TSi TSr}\n" \
    "A>B  IKE_AUTH        rsp 2  SK{IDr AUTH SAr2 TSi TSr}\n"

/* RFC 9370 2.2.4: who has the lowest nonce just stops. It is A's here, whoever connected. */
static void test_of_crossing_rekeys_of_a_child_one_goes_on(void)
{
    flow_check(&(struct flow){
        .prepare = more_for_children,
        .act = both_rekey_child,
        .trace = ARROWS_PLAIN REKEY_REQ
        "B>A  CREATE_CHILD_SA req 0  SK{N(REKEY_SA) SA Ni KEi TSi TSr}\n" REKEY_RSP
        "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr TSi TSr " LINK "}\n" BACK_MORE("1") BACK_LAST("2")
            BACK_GONE("3"),
        .swapped = MIRROR_PLAIN "B>A  CREATE_CHILD_SA req 2  SK{N(REKEY_SA) SA Ni KEi TSi TSr}\n"
                                "A>B  CREATE_CHILD_SA req 0  SK{N(REKEY_SA) SA Ni KEi TSi TSr}\n"
                                "A>B  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr TSi TSr " LINK "}\n"
                                "B>A  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr TSi TSr " LINK
                                "}\n" BACK_MORE("3") BACK_LAST("4") BACK_GONE("5"),
        .settle_ns = UINT64_C(40000000000),
        .ended = one_is_left,
    });
}

static void both_rekey_ike(struct pair *pair, enum pair_side i, enum pair_side r)
{
    rekey_ike(pair, i, r);
    rekey_ike(pair, r, i);
}

static void test_of_crossing_rekeys_of_the_ike_sa_one_goes_on(void)
{
    flow_check(&(struct flow){
        .prepare = more_for_ike,
        .act = both_rekey_ike,
        .trace = INIT_MORE "A>B  CREATE_CHILD_SA req 3  SK{SA Ni KEi}\n"
                           "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                           "B>A  CREATE_CHILD_SA rsp 3  SK{SA Nr KEr " LINK "}\n"
                           "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr " LINK
                           "}\n" BACK_LAST("1") "B>A  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                                                "A>B  INFORMATIONAL   rsp 2  SK{}\n",
        .swapped = MIRROR_MORE "B>A  CREATE_CHILD_SA req 3  SK{SA Ni KEi}\n"
                               "A>B  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                               "A>B  CREATE_CHILD_SA rsp 3  SK{SA Nr KEr " LINK "}\n"
                               "B>A  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr " LINK
                               "}\n" BACK_LAST("4") "B>A  INFORMATIONAL   req 5  SK{D(IKE)}\n"
                                                    "A>B  INFORMATIONAL   rsp 5  SK{}\n",
        .settle_ns = IKE_GRACE_NS,
        .ended = one_is_left,
    });
}

/* ---- by hand ---- */

static void begin(void)
{
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    more_for_children(&p, A, B);
}

static void connect_now(void)
{
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
}

static bool losing;
static bool lose_followups(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                           int number)
{
    (void)pair;
    (void)from;
    (void)len;
    (void)number;
    return !losing || bytes[18] != IKE_FOLLOWUP_KE;
}

/* RFC 9370 2.2.4: the responder forgets, the initiator is told and tries again from the start. */
static void test_who_comes_too_late_is_told_and_begins_anew(void)
{
    begin();
    p.touch = lose_followups;
    p.end[A].config.retransmit.first_ns = UINT64_C(25000000000);
    losing = true;
    connect_now();
    make_second(&p, A, B);
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT_EQ(p.end[B].engine->mixes.used, 1);
    pair_run_for(&p, UINT64_C(20000000000));
    EXPECT_EQ(p.end[B].engine->mixes.used, 0);
    EXPECT_EQ(p.end[B].engine->children.used, 1);
    losing = false;
    pair_run_for(&p, UINT64_C(60000000000));
    EXPECT_EQ(p.end[B].reasons[WHY_STATE_NOT_FOUND], 1);
    EXPECT(strstr(p.trace, "SK{N(STATE_NOT_FOUND)}") != NULL);
    EXPECT(agrees_on_two(&p, A, B));
    pair_close(&p);
}

/* While ours goes on, the peer's rekeying of the same is put off. */
static void test_who_asks_to_rekey_what_is_being_rekeyed_is_put_off(void)
{
    begin();
    p.touch = lose_followups;
    losing = true;
    connect_now();
    rekey_child(&p, A, B);
    pair_run_for(&p, UINT64_C(500000000));
    rekey_child(&p, B, A);
    pair_run_for(&p, UINT64_C(100000000));
    EXPECT_EQ(p.end[A].reasons[WHY_TEMPORARY_FAILURE], 1);
    losing = false;
    pair_run_for(&p, UINT64_C(60000000000));
    EXPECT(one_is_left(&p, A, B));
    pair_close(&p);
}

static bool other_method(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                         int number)
{
    (void)len;
    (void)number;
    if (from != B || bytes[18] != CREATE_CHILD_SA)
        return true;
    struct ike_engine *const engine = pair->end[B].engine;
    struct ike_mix *const mix = ike_pool_at(&engine->mixes, 1);
    mix->addke[0] = ALGO_ECP521;
    return true;
}

static void test_another_method_than_agreed_on_ends_the_ike_sa(void)
{
    begin();
    p.touch = other_method;
    connect_now();
    make_second(&p, A, B);
    pair_run_for(&p, UINT64_C(60000000000));
    EXPECT_EQ(p.end[B].reasons[WHY_ADDKE_METHOD], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_what_waits_goes_with_the_ike_sa(void)
{
    begin();
    p.touch = lose_followups;
    losing = true;
    p.end[A].config.retransmit.sends = 2;
    connect_now();
    make_second(&p, A, B);
    pair_run_for(&p, UINT64_C(500000000));
    EXPECT_EQ(p.end[A].engine->mixes.used + p.end[B].engine->mixes.used, 2);
    ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
    ike_forget(p.end[B].engine, p.now_ns, p.end[B].sa);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* Two series at once in a window of two, told apart by their links. */
static void test_two_series_at_once_are_told_apart(void)
{
    begin();
    p.end[A].config.window = p.end[B].config.window = 4;
    p.end[A].policy.child[2] = p.end[A].policy.child[1];
    p.end[B].policy.child[2] = p.end[B].policy.child[1];
    p.end[A].policy.child_count = p.end[B].policy.child_count = 3;
    connect_now();
    make_second(&p, A, B);
    make_second(&p, A, B);
    pair_run_for(&p, UINT64_C(60000000000));
    EXPECT(pair_agrees(&p, 3));
    EXPECT(nothing_waits(&p));
    pair_close(&p);
}

/* ---- what comes between ---- */

#define BACK_BEGINS                               \
    "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n" \
    "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr " LINK "}\n"

/* B rekeys the IKE SA, and what it wants besides goes out before the key exchange that follows. */
static void begin_with_gap(void)
{
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    more_for_ike(&p, A, B);
    connect_now();
    EXPECT_EQ(p.sent, 6);
    p.trace_len = 0;
    rekey_ike(&p, B, A);
    EXPECT(ike_delete_child(p.end[B].engine, p.now_ns, p.end[B].sa, p.end[B].child));
    pair_run_for(&p, UINT64_C(15000000));
}

/* RFC 7296 2.25.2: what A wants meanwhile waits for the new IKE SA. */
static void test_a_child_sa_wanted_amid_the_rekeying_of_the_ike_sa_comes_after_it(void)
{
    begin_with_gap();
    EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL));
    pair_run_for(&p, 2 * IKE_GRACE_NS);
    EXPECT_STR(p.trace, BACK_BEGINS "B>A  INFORMATIONAL   req 1  SK{D(ESP 1)}\n"
                                    "A>B  INFORMATIONAL   rsp 1  SK{D(ESP 1)}\n" BACK_LAST(
                                        "2") "A>B  CREATE_CHILD_SA req 0  SK{SA Ni TSi TSr}\n"
                                             "B>A  INFORMATIONAL   req 3  SK{D(IKE)}\n"
                                             "B>A  CREATE_CHILD_SA rsp 0  SK{SA Nr TSi TSr}\n"
                                             "A>B  INFORMATIONAL   rsp 3  SK{}\n");
    EXPECT(pair_agrees(&p, 1));
    EXPECT(nothing_waits(&p));
    pair_close(&p);
}

/* RFC 9370 2.2.4: not fatal, even where the IKE SA goes anyway. */
static void test_a_key_exchange_for_an_ike_sa_being_closed_finds_nothing(void)
{
    begin();
    connect_now();
    p.trace_len = 0;
    make_second(&p, B, A);
    pair_run_for(&p, UINT64_C(25000000));
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT_STR(p.trace, "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi TSi TSr}\n"
                        "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr TSi TSr " LINK
                        "}\n" BACK_REQ("1") "A>B  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                                            "A>B  IKE_FOLLOWUP_KE rsp 1  SK{N(STATE_NOT_FOUND)}\n"
                                            "B>A  INFORMATIONAL   rsp 2  SK{}\n");
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* A's message of this number asks for a Child SA all the same. */
static int number_turned;

static bool turn_into_create(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                             int number)
{
    static const uint8_t types[] = {PAYLOAD_SA, PAYLOAD_NONCE, PAYLOAD_TSI, PAYLOAD_TSR};
    static struct opened message;
    static uint8_t out[IKE_MESSAGE_MAX];
    (void)from;
    if (number != number_turned)
        return true;
    EXPECT(opened_read(pair, (struct ike_bytes){.at = bytes, .len = *len}, &message));
    message.head.exchange = CREATE_CHILD_SA;
    message.part_count = sizeof types;
    for (size_t i = 0; i < sizeof types; i++)
        message.parts[i] = (struct opened_part){.type = types[i], .len = 32};
    *len = opened_write(pair, &message, out);
    memcpy(bytes, out, *len);
    return true;
}

static void test_a_peer_that_does_not_wait_for_it_is_put_off(void)
{
    begin_with_gap();
    p.touch = turn_into_create;
    number_turned = 8;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, 2 * IKE_GRACE_NS);
    EXPECT_STR(p.trace, BACK_BEGINS "A>B  CREATE_CHILD_SA req 3  SK{SA Ni TSi TSr}\n"
                                    "B>A  INFORMATIONAL   req 1  SK{D(ESP 1)}\n"
                                    "B>A  CREATE_CHILD_SA rsp 3  SK{N(TEMPORARY_FAILURE)}\n"
                                    "A>B  INFORMATIONAL   rsp 1  SK{D(ESP 1)}\n" BACK_LAST(
                                        "2") "B>A  INFORMATIONAL   req 3  SK{D(IKE)}\n"
                                             "A>B  INFORMATIONAL   rsp 3  SK{}\n");
    EXPECT_EQ(p.end[B].reasons[WHY_TEMPORARY_FAILURE], 1);
    EXPECT(nothing_waits(&p));
    pair_close(&p);
}

/* The answer to one of two crossing rekeyings is spoilt, and the IKE SA is closed for it. What the
 * other was to make waits for more key exchanges, and can take over nothing. */
static void spoil(void)
{
    static const uint8_t nonce[16] = {1};
    mangle_add(PAYLOAD_NONCE, nonce, sizeof nonce);
}

static void test_an_ike_sa_closed_amid_crossing_rekeys_leaves_nothing(void)
{
    for (int number = 8; number < 10; number++) {
        pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE});
        more_for_ike(&p, A, B);
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT_EQ(p.sent, 6);
        mangle_edit(&p, number, spoil);
        both_rekey_ike(&p, A, B);
        pair_run(&p);
        EXPECT(mangle_done());
        EXPECT(strstr(p.trace, "SK{D(IKE)}\n") != NULL);
        EXPECT(pair_is_empty(&p));
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_child_sa_is_made_when_the_last_has_come),
        TEST(test_a_child_sa_is_replaced_when_the_last_has_come),
        TEST(test_an_ike_sa_takes_over_when_the_last_has_come),
        TEST(test_of_crossing_rekeys_of_a_child_one_goes_on),
        TEST(test_of_crossing_rekeys_of_the_ike_sa_one_goes_on),
        TEST(test_an_ike_sa_closed_amid_crossing_rekeys_leaves_nothing),
        TEST(test_who_comes_too_late_is_told_and_begins_anew),
        TEST(test_who_asks_to_rekey_what_is_being_rekeyed_is_put_off),
        TEST(test_another_method_than_agreed_on_ends_the_ike_sa),
        TEST(test_a_child_sa_wanted_amid_the_rekeying_of_the_ike_sa_comes_after_it),
        TEST(test_a_peer_that_does_not_wait_for_it_is_put_off),
        TEST(test_a_key_exchange_for_an_ike_sa_being_closed_finds_nothing),
        TEST(test_what_waits_goes_with_the_ike_sa),
        TEST(test_two_series_at_once_are_told_apart),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
