/* SPDX-License-Identifier: MIT
 * A cluster that fails over to a member with old news: message ids and replay
 * counters are agreed on anew (RFC 6311). B is the cluster where nothing else
 * is said. */
#include "tests/syncing.h"
#include "tests/test.h"

#include <string.h>

static bool agree(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1);
}

/* ---- what is agreed on ---- */

static void test_both_say_that_they_can(void)
{
    flow_check(&(struct flow){.prepare = both_can, .trace = ARROWS_CAN, .ended = agree});
}

/* RFC 6311 5: the responder MUST NOT assert what the initiator did not. */
static void test_only_what_both_can_is_agreed_on(void)
{
    for (unsigned said = 0; said < 16; said++) {
        pair_init(&p, plain);
        p.end[A].policy.sync_ids = (said & 1) != 0;
        p.end[A].policy.sync_replay = (said & 2) != 0;
        p.end[B].policy.sync_ids = (said & 4) != 0;
        p.end[B].policy.sync_replay = (said & 8) != 0;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        const unsigned both = said & said >> 2 & 3;
        const char *const answer = strstr(p.trace, "IKE_AUTH        rsp");
        EXPECT(answer != NULL);
        EXPECT((strstr(answer, "N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED)") != NULL) == (both & 1));
        EXPECT((strstr(answer, "N(IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED)") != NULL) == both >> 1);
        for (int side = A; side <= B; side++) {
            const struct ike_sync *const sync =
                ike_beside_of(p.end[side].engine, sa_of(&p, (enum pair_side)side), BESIDE_SYNC);
            EXPECT((sync != NULL) == (both != 0));
            EXPECT(sync == NULL || (sync->ids + 2U * sync->replay) == both);
        }
        pair_close(&p);
    }
}

/* ---- failing over ---- */

/* B has answered request 2 and asked 0, of which the member that takes over knows nothing. It skips
 * the eight that it may have missed. */
static void answered_then_failed(struct pair *pair, enum pair_side i, enum pair_side r)
{
    probe(pair, i);
    probe(pair, r);
    (void)fail_over(pair, r,
                    (struct ike_standby){.send_id = 0, .take_id = 2, .missed = 8, .ids = true});
    pair_run(pair);
    probe(pair, r);
    probe(pair, i);
}

static bool goes_on(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    const struct ike_event told = synced(pair, r);
    return pair_agrees(pair, 1) && ids_agree(pair) && pair_count(pair, i, IKE_SYNCED) == 1 &&
           pair_count(pair, r, IKE_SYNCED) == 1 && told.send_id == 8 && told.take_id == 3 &&
           pair_count(pair, i, IKE_ALIVE) == 2 && pair_count(pair, r, IKE_ALIVE) == 2;
}

/* RFC 6311 5, 5.1, 9 */
static void test_a_member_that_takes_over_agrees_on_ids_with_the_peer(void)
{
    flow_check(&(struct flow){.prepare = both_can,
                              .act = answered_then_failed,
                              .trace =
                                  ARROWS_CAN REQ("A>B", 2) RSP("B>A", 2) REQ("B>A", 0) RSP("A>B", 0)
                                      SYNC_REQ("B>A", 0, SYNC_IDS) SYNC_RSP("A>B", 0, SYNC_IDS)
                                          REQ("B>A", 8) RSP("A>B", 8) REQ("A>B", 3) RSP("B>A", 3),
                              .ended = goes_on});
}

/* RFC 6311 4: without it the old ids are taken for copies, or for nothing, and both give up. */
static void test_without_it_the_sa_is_lost(void)
{
    pair_init(&p, plain);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    probe(&p, A);
    probe(&p, B);
    EXPECT(!fail_over(&p, B,
                      (struct ike_standby){.send_id = 0, .take_id = 2, .missed = 8, .ids = true}));
    EXPECT(strstr(p.trace, SYNC_IDS) == NULL);
    probe(&p, A);
    EXPECT_EQ(p.end[B].reasons[WHY_MESSAGE_ID], 5);
    EXPECT_EQ(pair_count(&p, A, IKE_DOWN), 1);
    pair_close(&p);
}

static void replay_alone(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)fail_over(pair, r, (struct ike_standby){.send_id = 9, .take_id = 9, .replay = 1000});
}

static bool skipped_1000(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && ids_agree(pair) && pair_count(pair, i, IKE_SYNCED) == 1 &&
           pair_count(pair, r, IKE_SYNCED) == 1 && synced(pair, i).skip == 1000 &&
           synced(pair, r).skip == 1000;
}

/* RFC 6311 5, case 2: an ordinary request. */
static void test_replay_counters_alone_go_by_an_ordinary_request(void)
{
    flow_check(&(struct flow){.prepare = both_can,
                              .act = replay_alone,
                              .trace = ARROWS_CAN SYNC_REQ("B>A", 0, SYNC_REPLAY) RSP("A>B", 0),
                              .ended = skipped_1000});
}

static void both_counters(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)fail_over(pair, r,
                    (struct ike_standby){.take_id = 2, .missed = 1, .replay = 1000, .ids = true});
}

/* RFC 6311 5, case 3 */
static void test_both_kinds_of_counter_go_in_one_request(void)
{
    flow_check(&(struct flow){.prepare = both_can,
                              .act = both_counters,
                              .trace = ARROWS_CAN SYNC_REQ("B>A", 0, SYNC_BOTH)
                                  SYNC_RSP("A>B", 0, SYNC_IDS),
                              .ended = skipped_1000});
}

/* RFC 6311 8.1: a member without some news gives up what it has under way; so does the peer, who
 * asks anew by the ids agreed on. */
static void under_way_at_both(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)ike_probe(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
    (void)ike_rekey_child(pair->end[r].engine, pair->now_ns, pair->end[r].sa, pair->end[r].child);
    struct ike_datagram lost;
    while (ike_next_output(pair->end[i].engine, &lost) ||
           ike_next_output(pair->end[r].engine, &lost))
        ;
    (void)fail_over(pair, r, (struct ike_standby){.take_id = 2, .missed = 8, .ids = true});
}

static bool asked_anew(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && ids_agree(pair) && pair_count(pair, i, IKE_ALIVE) == 1 &&
           pair_count(pair, r, IKE_CHILD_UP) == 2;
}

static void test_requests_under_way_are_given_up_and_asked_anew(void)
{
    flow_check(&(struct flow){
        .prepare = both_can,
        .act = under_way_at_both,
        .trace = ARROWS_CAN SYNC_REQ("B>A", 0, SYNC_IDS) SYNC_RSP("A>B", 0, SYNC_IDS)
            REQ("A>B", 3) "B>A  CREATE_CHILD_SA req 8  SK{N(REKEY_SA) SA Ni TSi TSr}\n" RSP(
                "B>A", 3) "A>B  CREATE_CHILD_SA rsp 8  SK{SA Nr TSi TSr}\n"
                          "B>A  INFORMATIONAL   req 9  SK{D(ESP 1)}\n"
                          "A>B  INFORMATIONAL   rsp 9  SK{D(ESP 1)}\n",
        .ended = asked_anew});
}

static void both_can_and_tell(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both_can(pair, i, r);
    pair->end[i].config.invalid_selectors_ns = UINT64_C(1000000000);
}

static void tells_of_a_stray(struct pair *pair, enum pair_side i, enum pair_side r)
{
    static const uint8_t strayed[] = {0x45, 0, 0, 20};
    struct ike_datagram lost;
    (void)ike_tell_invalid_selectors(pair->end[i].engine, pair->now_ns, pair->end[i].sa,
                                     pair->end[i].child,
                                     (struct ike_bytes){.at = strayed, .len = sizeof strayed});
    while (ike_next_output(pair->end[i].engine, &lost))
        ;
    (void)fail_over(pair, r, (struct ike_standby){.take_id = 2, .missed = 8, .ids = true});
}

static bool was_told(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_agrees(pair, 1) && ids_agree(pair) &&
           pair_count(pair, r, IKE_INVALID_SELECTORS_HEARD) == 1;
}

/* What it is about is kept (RFC 7296 3.10.1). */
static void test_a_word_about_a_stray_packet_that_is_given_up_is_said_anew(void)
{
    flow_check(&(struct flow){.prepare = both_can_and_tell,
                              .act = tells_of_a_stray,
                              .trace = ARROWS_CAN SYNC_REQ("B>A", 0, SYNC_IDS)
                                  SYNC_RSP("A>B", 0, SYNC_IDS)
                                      SYNC_REQ("A>B", 3, "N(INVALID_SELECTORS)") RSP("B>A", 3),
                              .ended = was_told});
}

static void rekeyed_then_failed(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
    pair_run(pair);
    (void)fail_over(pair, r, (struct ike_standby){.missed = 1, .ids = true});
    pair_run(pair);
    probe(pair, i);
    probe(pair, r);
}

static bool goes_on_from_zero(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && ids_agree(pair) && pair_count(pair, i, IKE_ALIVE) == 1 &&
           pair_count(pair, r, IKE_ALIVE) == 1 && synced(pair, r).kind == IKE_SYNCED &&
           synced(pair, r).send_id == 1 && synced(pair, r).take_id == 0;
}

/* What was agreed on goes on with the IKE SA that takes the place (RFC 7296 2.8). */
static void test_a_rekeyed_ike_sa_can_still_do_it(void)
{
    flow_check(&(struct flow){.prepare = both_can,
                              .act = rekeyed_then_failed,
                              .trace = ARROWS_CAN
                              "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr}\n"
                              "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n"
                              "B>A  INFORMATIONAL   rsp 3  SK{}\n" SYNC_REQ("B>A", 0, SYNC_IDS)
                                  SYNC_RSP("A>B", 0, SYNC_IDS) REQ("A>B", 0) RSP("B>A", 0)
                                      REQ("B>A", 1) RSP("A>B", 1),
                              .ended = goes_on_from_zero});
}

/* ---- the examples of the RFC ---- */

/* The ids of one end: it sends next, and takes next. */
struct ids {
    uint32_t send, take;
};

static void set_ids(enum pair_side side, struct ids ids)
{
    sa_of(&p, side)->send_id = ids.send;
    sa_of(&p, side)->take_id = ids.take;
}

/* RFC 6311, Appendix A.1 to A.3; the answer is (send, take) of the peer. What A.2 and A.3 show, an
 * M1 that is not above what the peer has heard, is what section 5.1 has it drop: `low` takes it. */
static void test_the_examples_of_the_rfc_come_out(void)
{
    static const struct {
        struct ids member, peer, answer;
        bool low;
    } rows[] = {
        {{0, 5}, {5, 0}, {5, 0}, false}, {{2, 3}, {4, 5}, {4, 5}, true},
        {{2, 5}, {2, 4}, {5, 4}, true},  {{5, 3}, {4, 5}, {4, 5}, false},
        {{9, 3}, {4, 5}, {4, 9}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int low = 0; low <= 1; low++) {
            connected(both_can);
            p.end[A].policy.sync_low = low == 1;
            set_ids(A, rows[i].peer);
            set_ids(B, rows[i].member);
            EXPECT(fail_over(&p, B,
                             (struct ike_standby){.send_id = rows[i].member.send,
                                                  .take_id = rows[i].member.take,
                                                  .ids = true}));
            pair_run_for(&p, 100000000);
            const bool taken = low == 1 || !rows[i].low;
            EXPECT_EQ(p.end[A].reasons[WHY_SYNC_STALE], taken ? 0 : 1);
            EXPECT_EQ(pair_count(&p, A, IKE_SYNCED), taken ? 1 : 0);
            const struct ids now = taken ? rows[i].answer : rows[i].peer;
            EXPECT_EQ(sa_of(&p, A)->send_id, now.send);
            EXPECT_EQ(sa_of(&p, A)->take_id, now.take);
            EXPECT(ids_agree(&p) == taken);
            pair_close(&p);
        }
}

/* RFC 6311, Appendix A.4: requests (4,4) and (5,5) cross; both answer (5,5), if A's is not dropped
 * for what 5.1 says. Either way both ends go on, and each is told once. */
static void test_two_clusters_that_fail_over_at_once_agree(void)
{
    for (int low = 0; low <= 1; low++)
        for (int lost = PAIR_NONE; lost < 8; lost++) {
            connected(both_can);
            p.end[A].policy.sync_low = p.end[B].policy.sync_low = low == 1;
            set_ids(A, (struct ids){4, 4});
            set_ids(B, (struct ids){5, 5});
            p.options.lose = lost == PAIR_NONE ? PAIR_NONE : p.sent + lost;
            p.trace_len = 0;
            (void)fail_over(&p, A, (struct ike_standby){.send_id = 4, .take_id = 4, .ids = true});
            (void)fail_over(&p, B, (struct ike_standby){.send_id = 5, .take_id = 5, .ids = true});
            pair_run(&p);
            if (lost == PAIR_NONE && low == 1)
                EXPECT_STR(p.trace, SYNC_REQ("A>B", 0, SYNC_IDS) SYNC_REQ("B>A", 0, SYNC_IDS)
                                        SYNC_RSP("B>A", 0, SYNC_IDS) SYNC_RSP("A>B", 0, SYNC_IDS));
            EXPECT(ids_agree(&p));
            EXPECT_EQ(sa_of(&p, A)->send_id, 5);
            EXPECT_EQ(sa_of(&p, A)->take_id, 5);
            EXPECT(pair_count(&p, A, IKE_SYNCED) >= 1 && pair_count(&p, B, IKE_SYNCED) >= 1);
            probe(&p, A);
            probe(&p, B);
            EXPECT_EQ(pair_count(&p, A, IKE_ALIVE) + pair_count(&p, B, IKE_ALIVE), 2);
            EXPECT(pair_agrees(&p, 1));
            pair_close(&p);
        }
}

/* What one wants said of replay counters is said all the same. */
static void test_replay_counters_are_not_forgotten_when_requests_cross(void)
{
    connected(both_can);
    (void)fail_over(
        &p, A,
        (struct ike_standby){.send_id = 2, .take_id = 0, .missed = 1, .replay = 77, .ids = true});
    (void)fail_over(
        &p, B,
        (struct ike_standby){.send_id = 0, .take_id = 2, .missed = 1, .replay = 88, .ids = true});
    pair_run(&p);
    EXPECT(ids_agree(&p));
    uint64_t skipped[2] = {0, 0};
    for (int side = A; side <= B; side++)
        for (int i = 0; i < p.end[side].event_count; i++) {
            const struct ike_event *const event = &p.end[side].events[i];
            if (event->kind == IKE_SYNCED && event->skip == (side == A ? 88 : 77))
                skipped[side]++;
        }
    EXPECT(skipped[A] >= 1 && skipped[B] >= 1);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void with_windows(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both_can(pair, i, r);
    pair->end[A].config.window = pair->end[B].config.window = 5;
}

static void inform(enum pair_side side)
{
    (void)ike_inform(p.end[side].engine, p.now_ns, p.end[side].sa,
                     &(struct ike_inform){.ask = false});
}

/* RFC 6311 9: of 3 to 7 all but 3 were answered; 8 is next all the same. And of the cluster's 3 to
 * 7 all but 3 have come: 8 is awaited. */
static void test_a_gap_in_the_window_is_passed_over(void)
{
    connected(with_windows);
    inform(B); /* its ids 1 and 2; 0 was SET_WINDOW_SIZE, as was the peer's 2 */
    inform(B);
    pair_run(&p);
    EXPECT_EQ(sa_of(&p, A)->send_id, 3);
    EXPECT_EQ(sa_of(&p, B)->send_id, 3);
    p.touch = lose_request_three;
    for (int i = 3; i <= 7; i++) {
        inform(A);
        inform(B);
    }
    pair_run_for(&p, 100000000);
    EXPECT_EQ(sa_of(&p, A)->take_id, 3); /* of 3 to 7 all but 3 */
    EXPECT_EQ(ike_tasks_under_way(p.end[A].engine, sa_of(&p, A)), 1);
    (void)fail_over(&p, B,
                    (struct ike_standby){.send_id = 3, .take_id = 3, .missed = 5, .ids = true});
    p.touch = NULL;
    pair_run_for(&p, 25000000); /* request and answer, and what was given up is asked as 8 */
    EXPECT(synced(&p, A).kind == IKE_SYNCED && synced(&p, A).send_id == 8 &&
           synced(&p, A).take_id == 8);
    pair_run(&p);
    EXPECT(ids_agree(&p));
    EXPECT_EQ(sa_of(&p, A)->send_id, 9);
    EXPECT_EQ(pair_count(&p, A, IKE_INFORMED), 5);
    EXPECT_EQ(pair_count(&p, B, IKE_INFORMED), 2 + 5);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* RFC 6311 8.1: what comes before is not taken; the peer asks it anew. */
static void test_requests_wait_until_ids_are_agreed_on(void)
{
    connected(both_can);
    (void)fail_over(&p, B, (struct ike_standby){.take_id = 2, .missed = 3, .ids = true});
    (void)ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa);
    pair_run_for(&p, 15000000);
    EXPECT_EQ(p.end[B].reasons[WHY_SYNC_AWAITED], 1);
    EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 0);
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 1);
    EXPECT(pair_agrees(&p, 1) && ids_agree(&p));
    pair_close(&p);
}

/* ---- amid other things ---- */

/* Whoever is closing the SA does not agree on anything any more: both ends give up, and nothing is
 * left. */
static void test_an_sa_that_is_being_closed_is_not_synchronised(void)
{
    connected(both_can);
    probe(&p, A);
    p.touch = lose_request_three;
    (void)ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa); /* its request 3 */
    (void)fail_over(&p, B,
                    (struct ike_standby){.send_id = 0, .take_id = 2, .missed = 8, .ids = true});
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_SYNCED), 0);
    EXPECT_EQ(pair_count(&p, B, IKE_SYNCED), 0);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* Both rekey the IKE SA, and the cluster fails over before an answer comes. */
static void test_a_failover_amid_colliding_rekeyings_leaves_one_sa(void)
{
    for (int lost = 0; lost < 6; lost++) {
        connected(both_can);
        p.options.lose = p.sent + lost;
        (void)ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa);
        (void)ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa);
        pair_run_for(&p, UINT64_C(5000000) * (uint64_t)lost);
        (void)fail_over(&p, B,
                        (struct ike_standby){.send_id = 0, .take_id = 2, .missed = 8, .ids = true});
        pair_run(&p);
        pair_run_for(&p, 2 * IKE_GRACE_NS);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
}

/* RFC 6311 2: another failover while the first is not settled. */
static void test_a_second_failover_follows_the_first_at_once(void)
{
    connected(both_can);
    probe(&p, B);
    for (uint32_t time = 0; time < 3; time++)
        EXPECT(fail_over(
            &p, B,
            (struct ike_standby){.send_id = 10 * time, .take_id = 2, .missed = 8, .ids = true}));
    pair_run(&p);
    EXPECT(ids_agree(&p));
    EXPECT_EQ(pair_count(&p, B, IKE_SYNCED), 1);
    probe(&p, A);
    probe(&p, B);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* What was heard is of the old keys; and with the SA it is gone. */
static void test_after_rekeying_all_begins_anew_and_nothing_is_left(void)
{
    connected(both_can);
    (void)fail_over(&p, B, (struct ike_standby){.take_id = 2, .missed = 80, .ids = true});
    pair_run(&p);
    (void)ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa);
    pair_run(&p);
    EXPECT(fail_over(&p, B, (struct ike_standby){.missed = 2, .ids = true}));
    pair_run(&p);
    EXPECT(ids_agree(&p) && pair_count(&p, A, IKE_SYNCED) == 2);
    (void)ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa);
    pair_run(&p);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_both_say_that_they_can),
        TEST(test_only_what_both_can_is_agreed_on),
        TEST(test_a_member_that_takes_over_agrees_on_ids_with_the_peer),
        TEST(test_without_it_the_sa_is_lost),
        TEST(test_replay_counters_alone_go_by_an_ordinary_request),
        TEST(test_both_kinds_of_counter_go_in_one_request),
        TEST(test_requests_under_way_are_given_up_and_asked_anew),
        TEST(test_a_word_about_a_stray_packet_that_is_given_up_is_said_anew),
        TEST(test_a_rekeyed_ike_sa_can_still_do_it),
        TEST(test_the_examples_of_the_rfc_come_out),
        TEST(test_two_clusters_that_fail_over_at_once_agree),
        TEST(test_replay_counters_are_not_forgotten_when_requests_cross),
        TEST(test_a_gap_in_the_window_is_passed_over),
        TEST(test_requests_wait_until_ids_are_agreed_on),
        TEST(test_an_sa_that_is_being_closed_is_not_synchronised),
        TEST(test_a_failover_amid_colliding_rekeyings_leaves_one_sa),
        TEST(test_a_second_failover_follows_the_first_at_once),
        TEST(test_after_rekeying_all_begins_anew_and_nothing_is_left),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
