/* SPDX-License-Identifier: MIT
 * MOBIKE (RFC 4555) as arrows, with the addresses each message goes between: the
 * protocol runs of 2.2, changes of either end's addresses, and moves in the midst
 * of other exchanges. */
#include "tests/moving.h"
#include "tests/test.h"

static struct ike_addr two[2][2]; /* of each side, the first and the second */

static bool at_other_responder(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return have_moved(pair, i, (struct at){1, 2});
}

/* ---- RFC 4555 2.2 ---- */

static void test_a_client_that_moves_is_followed_when_it_has_answered_from_there(void)
{
    flow_check(&(struct flow){.prepare = both,
                              .act = move_to_second,
                              .trace = UP INFO_A(2) UPDATE I2R RSP_B(2) SEEN RI2 INFO_B(0)
                                  COOKIE2 RI2 RSP_A(0) COOKIE2 I2R,
                              .ended = at_second});
}

static void believing(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both(pair, i, r);
    pair->end[r].policy.mobike.unchecked = true;
}

/* RFC 4555 3.7: the check may be left out. */
static void test_a_client_that_is_believed_is_followed_at_once(void)
{
    flow_check(&(struct flow){.prepare = believing,
                              .act = move_to_second,
                              .trace = UP INFO_A(2) UPDATE I2R RSP_B(2) SEEN RI2,
                              .ended = at_second});
}

static void two_gateways(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both(pair, i, r);
    two[r][0] = pair_addr(r, 1);
    two[r][1] = pair_addr(r, 2);
    pair->end[r].policy.mobike.addresses = two[r];
    pair->end[r].policy.mobike.address_count = 2;
}

static struct ike_addr dead;

static bool unless_dead(const struct pair *pair, const struct ike_addr *from,
                        const struct ike_addr *to)
{
    (void)pair;
    return !ike_addr_same_ip(from, &dead) && !ike_addr_same_ip(to, &dead);
}

static void first_gateway_dies(struct pair *pair, enum pair_side i, enum pair_side r)
{
    dead = pair_addr(r, 1);
    pair->carries = unless_dead;
    EXPECT(ike_probe(pair->end[i].engine, pair->now_ns, pair->end[i].sa));
}

#define LOST  "  I1:4500>R1:4500  (lost)\n"
#define PROBE INFO_A(2) SEEN

static void test_a_client_tries_other_addresses_when_the_gateway_is_silent(void)
{
    flow_check(&(struct flow){.prepare = two_gateways,
                              .act = first_gateway_dies,
                              .trace = INIT AUTH_REQ I1R AUTH_RSP_2 RI1 PROBE LOST PROBE LOST PROBE
                                  LOST PROBE LOST PROBE IR2 RSP_B(2) SEEN R2I INFO_A(3)
                                      UPDATE_C2 IR2 RSP_B(3) SEEN_C2 R2I,
                              .ended = at_other_responder});
}

/* ---- moves in the midst of other exchanges ---- */

static void rekey_and_move(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa));
    dead = pair_addr(i, 1);
    pair->carries = unless_dead;
    pair_run_for(pair, 1000000);
    EXPECT(move(pair, i, 2));
}

#define REKEY_REQ "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi}"
#define REKEY_RSP "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr}"

/* RFC 4555 3.5: requests under way are sent again from the new address, the update waits for the
 * window, and the new IKE SA inherits it. */
static void test_a_move_in_the_midst_of_rekeying_goes_on_with_the_new_sa(void)
{
    flow_check(&(struct flow){
        .prepare = both,
        .act = rekey_and_move,
        .trace = UP REKEY_REQ LOST REKEY_REQ I2R REKEY_RSP RI2 INFO_A(3) "SK{D(IKE)}" I2R INFO_A(0)
            UPDATE I2R RSP_B(3) EMPTY RI2 RSP_B(0) SEEN RI2 INFO_B(0) COOKIE2 RI2 RSP_A(0)
                COOKIE2 I2R,
        .ended = at_second});
}

static void they_rekey_and_we_move(struct pair *pair, enum pair_side i, enum pair_side r)
{
    dead = pair_addr(i, 1);
    pair->carries = unless_dead;
    EXPECT(ike_rekey_child(pair->end[r].engine, pair->now_ns, pair->end[r].sa, pair->end[r].child));
    pair_run_for(pair, 1000000);
    EXPECT(move(pair, i, 2));
}

#define CHILD_REQ "B>A  CREATE_CHILD_SA req 0  SK{N(REKEY_SA) SA Ni TSi TSr}"
#define CHILD_RSP "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr TSi TSr}"

/* The gateway's request was lost with the old address: it is sent to the new one at once. */
static void test_requests_of_the_gateway_follow_the_client(void)
{
    flow_check(&(struct flow){
        .prepare = both,
        .act = they_rekey_and_we_move,
        .trace = UP CHILD_REQ "  R1:4500>I1:4500  (lost)\n" INFO_A(2) UPDATE I2R RSP_B(2)
            SEEN RI2 CHILD_REQ RI2 CHILD_RSP I2R INFO_B(1) COOKIE2 RI2 RSP_A(1)
                COOKIE2 I2R INFO_B(2) "SK{D(ESP 1)}" RI2 RSP_A(2) "SK{D(ESP 1)}" I2R,
        .ended = at_second});
}

static void move_twice(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(move(pair, i, 2));
    pair_run_for(pair, 1000000);
    EXPECT(move(pair, i, 3));
}

/* RFC 4555 3.5: the answer to the first update is ignored, another one is sent; 3.7: an answer that
 * did not come from where the client is now proves nothing. */
static void test_a_second_move_while_an_update_is_under_way(void)
{
    flow_check(&(struct flow){.prepare = both,
                              .act = move_twice,
                              .trace = UP INFO_A(2) UPDATE I2R INFO_A(2) UPDATE I3R RSP_B(2)
                                  SEEN RI2 INFO_B(0) COOKIE2 RI2 RSP_B(2) SEEN RI3 INFO_A(3)
                                      UPDATE I3R RSP_A(0) COOKIE2 I2R RSP_B(3) SEEN RI3 INFO_B(1)
                                          COOKIE2 RI3 RSP_A(1) COOKIE2 I3R,
                              .ended = at_third});
}

static void wide(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both(pair, i, r);
    pair->end[r].config.window = 4;
}

static int lost_number;

static bool lose_one(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                     int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number != lost_number;
}

/* RFC 4555 3.5: with a window of more than one an update may come after a newer one. */
static void test_an_update_that_comes_after_a_newer_one_changes_nothing(void)
{
    pair_init(&p, plain);
    wide(&p, A, B);
    p.touch = lose_one;
    lost_number = PAIR_NONE;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    lost_number = p.sent;
    EXPECT(move(&p, A, 2));
    p.trace_len = 0;
    pair_run_for(&p, 1);
    EXPECT(move(&p, A, 3));
    pair_run(&p);
    EXPECT(at_third(&p, A, B));
    const struct ike_mobike *const m =
        ike_mobike_of(p.end[B].engine, ike_sa_numbered(p.end[B].engine, p.end[B].sa));
    EXPECT_EQ(m->moves, 1); /* straight from the first to the third */
    EXPECT_STR(p.trace, INFO_A(2) UPDATE "  I2:4500>R1:4500  (lost)\n" INFO_A(3)
                            UPDATE I3R INFO_A(2) UPDATE I3R RSP_B(3) SEEN RI3 INFO_B(1)
                                COOKIE2 RI3 RSP_B(2) SEEN RI3 RSP_A(1) COOKIE2 I3R);
    pair_close(&p);
}

/* ---- the addresses of both ends ---- */

/* RFC 4555 3.6: the whole list each time, and a word that there is none. */
static void new_addresses(struct pair *pair, enum pair_side i, enum pair_side r)
{
    struct ike_addr list[3] = {pair_addr(r, 1), pair_addr(r, 2), pair_addr(r, 3)};
    (void)ike_addr_parse("2001:db8::7", &list[2]);
    EXPECT(ike_addresses(pair->end[r].engine, pair->now_ns, pair->end[r].sa, list, 3));
    pair_run_for(pair, 100000000);
    EXPECT(ike_addresses(pair->end[r].engine, pair->now_ns, pair->end[r].sa, list, 1));
    pair_run_for(pair, 100000000);
    list[0] = pair_addr(i, 3);
    EXPECT(ike_addresses(pair->end[i].engine, pair->now_ns, pair->end[i].sa, list, 1));
}

static bool know_each_other(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    const struct ike_mobike *const a = known_to(pair, i);
    const struct ike_mobike *const b = known_to(pair, r);
    return still_there(pair, i, r) && a->their_count == 1 && is(&a->theirs[0], r, 1) &&
           b->their_count == 2 && is(&b->theirs[0], i, 1) && is(&b->theirs[1], i, 3);
}

static void test_each_end_tells_its_addresses_when_they_change(void)
{
    flow_check(&(struct flow){
        .prepare = both,
        .act = new_addresses,
        .trace = UP INFO_B(0) "SK{" ADDITIONAL " N(ADDITIONAL_IP6_ADDRESS)}" RI1 RSP_A(0)
            EMPTY I1R INFO_B(1) "SK{N(NO_ADDITIONAL_ADDRESSES)}" RI1 RSP_A(1)
                EMPTY I1R INFO_A(2) "SK{" ADDITIONAL "}" I1R RSP_B(2) EMPTY RI1,
        .ended = know_each_other});
}

static void gateway_moves(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    dead = pair_addr(r, 1);
    pair->carries = unless_dead;
    EXPECT(move(pair, r, 2));
}

/* RFC 4555 3.5, 3.6: the responder says it from its new address, the initiator decides. */
static void test_a_gateway_that_moves_says_so_and_the_client_follows(void)
{
    flow_check(&(struct flow){.prepare = both,
                              .act = gateway_moves,
                              .trace = UP INFO_B(0) "SK{N(NO_ADDITIONAL_ADDRESSES)}" R2I RSP_A(0)
                                  EMPTY IR2 INFO_A(2) UPDATE_C2 IR2 RSP_B(2) SEEN_C2 R2I,
                              .ended = at_other_responder});
}

static void two_clients(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    both(pair, i, r);
    two[i][0] = pair_addr(i, 2);
    two[i][1] = pair_addr(i, 1);
    pair->end[i].policy.mobike.addresses = two[i];
    pair->end[i].policy.mobike.address_count = 2;
}

static bool only_second_to_second(const struct pair *pair, const struct ike_addr *from,
                                  const struct ike_addr *to)
{
    const enum pair_side i = pair->options.initiator;
    const enum pair_side r = i == A ? B : A;
    return (is(from, i, 2) && is(to, r, 2)) || (is(from, r, 2) && is(to, i, 2));
}

static void gateway_moves_out_of_sight(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    pair->carries = only_second_to_second;
    EXPECT(move(pair, r, 2));
}

static bool at_both_second(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return have_moved(pair, i, (struct at){2, 2});
}

#define NONE_R2 INFO_B(0) "SK{N(NO_ADDITIONAL_ADDRESSES)}"
#define LOST_R2 "  R2:4500>I1:4500  (lost)\n"

/* RFC 4555 3.6: the only use a responder makes of the initiator's other addresses; as the list went
 * out by several pairs, it is sent once more. */
static void test_a_gateway_that_moves_tries_all_addresses_of_the_client(void)
{
    flow_check(&(struct flow){
        .prepare = two_clients,
        .act = gateway_moves_out_of_sight,
        .trace = INIT
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr N(MOBIKE_SUPPORTED) " ADDITIONAL
        "}" I1R AUTH_RSP RI1 NONE_R2 LOST_R2 NONE_R2 LOST_R2 NONE_R2 LOST_R2 NONE_R2 LOST_R2 NONE_R2
        "  R2:4500>I2:4500\n" RSP_A(0) EMPTY "  I2:4500>R2:4500\n" INFO_A(2) UPDATE_C2
        "  I2:4500>R2:4500\n" INFO_B(1) "SK{N(NO_ADDITIONAL_ADDRESSES)}  R2:4500>I2:4500\n" RSP_B(2)
            SEEN_C2 "  R2:4500>I2:4500\n" RSP_A(1) EMPTY "  I2:4500>R2:4500\n" INFO_B(2) COOKIE2
        "  R2:4500>I2:4500\n" RSP_A(2) COOKIE2 "  I2:4500>R2:4500\n",
        .ended = at_both_second});
}

/* ---- whose it is after rekeying ---- */

static bool rekeyed_by_the_gateway(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return at_second(pair, i, r) && pair_count(pair, r, IKE_REKEYED) == 1 &&
           known_to(pair, i)->decides && !known_to(pair, r)->decides;
}

static void gateway_rekeys_and_we_move(struct pair *pair, enum pair_side i, enum pair_side r)
{
    EXPECT(ike_rekey(pair->end[r].engine, pair->now_ns, pair->end[r].sa));
    pair_run_for(pair, 500000000);
    EXPECT(move(pair, i, 2));
}

/* RFC 4555 1.3: the initiator is who made the first IKE SA, whoever rekeyed it. */
static void test_the_client_still_decides_after_the_gateway_has_rekeyed(void)
{
    flow_check(&(struct flow){.prepare = both,
                              .act = gateway_rekeys_and_we_move,
                              .trace = UP "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}" RI1
                                          "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}" I1R INFO_B(
                                              1) "SK{D(IKE)}" RI1 RSP_A(1) EMPTY I1R INFO_A(0)
                                              UPDATE I2R RSP_B(0) SEEN RI2 INFO_B(0)
                                                  COOKIE2 RI2 RSP_A(0) COOKIE2 I2R,
                              .ended = rekeyed_by_the_gateway});
}

/* RFC 7296 2.2: message ids begin anew with the new IKE SA, and what it says first is not older
 * than what the old one said last. */
static void test_after_rekeying_news_of_addresses_are_taken_from_the_first_message_on(void)
{
    const struct ike_addr more[] = {pair_addr(A, 4), pair_addr(A, 5)};
    begin(plain, both);
    EXPECT(move(&p, A, 2));
    EXPECT(ike_addresses(p.end[A].engine, p.now_ns, p.end[A].sa, more, 1));
    pair_run(&p);
    EXPECT_EQ(known_to(&p, B)->their_count, 2);
    EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run(&p);
    EXPECT(ike_addresses(p.end[A].engine, p.now_ns, p.end[A].sa, more, 2));
    pair_run(&p);
    EXPECT_EQ(known_to(&p, B)->their_count, 3);
    EXPECT(move(&p, A, 3));
    pair_run(&p);
    EXPECT(at_third(&p, A, B));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_client_that_moves_is_followed_when_it_has_answered_from_there),
        TEST(test_a_client_that_is_believed_is_followed_at_once),
        TEST(test_a_client_tries_other_addresses_when_the_gateway_is_silent),
        TEST(test_a_move_in_the_midst_of_rekeying_goes_on_with_the_new_sa),
        TEST(test_requests_of_the_gateway_follow_the_client),
        TEST(test_a_second_move_while_an_update_is_under_way),
        TEST(test_an_update_that_comes_after_a_newer_one_changes_nothing),
        TEST(test_each_end_tells_its_addresses_when_they_change),
        TEST(test_a_gateway_that_moves_says_so_and_the_client_follows),
        TEST(test_a_gateway_that_moves_tries_all_addresses_of_the_client),
        TEST(test_the_client_still_decides_after_the_gateway_has_rekeyed),
        TEST(test_after_rekeying_news_of_addresses_are_taken_from_the_first_message_on),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
