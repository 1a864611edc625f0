/* SPDX-License-Identifier: MIT
 * MOBIKE (RFC 4555) where it does not go well: addresses that policy does not
 * have, NATs that are forbidden or come and go, and notifies that are none. */
#include "ike/v2/payload.h"
#include "tests/mangle.h"
#include "tests/moving.h"
#include "tests/test.h"

/* ---- refusals ---- */

static struct ike_prefix home;

static void stays_home(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both(pair, i, r);
    (void)ike_prefix_parse("192.0.2.0/28", &home); /* the first addresses */
    pair->end[r].policy.mobike.within = &home;
    pair->end[r].policy.mobike.within_count = 1;
}

static bool back_again(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && are_at(pair, i, (struct at){1, 1}) &&
           pair_count(pair, i, IKE_MOVED) == 2 && pair_count(pair, i, IKE_MOVE_FAILED) == 1 &&
           pair_count(pair, r, IKE_MOVED) == 0 && pair->end[r].reasons[WHY_MOVE_UNACCEPTABLE] == 1;
}

static void test_addresses_that_are_not_acceptable_are_given_up(void)
{
    flow_check(&(struct flow){.prepare = stays_home,
                              .act = move_to_second,
                              .trace = UP INFO_A(2)
                                  UPDATE I2R RSP_B(2) "SK{N(UNACCEPTABLE_ADDRESSES) " NAT_D "}" RI2,
                              .ended = back_again});
}

static void no_nats(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both(pair, i, r);
    pair->end[i].policy.mobike.no_nats = pair->end[r].policy.mobike.no_nats = true;
}

#define NO_NATS "N(NO_NATS_ALLOWED)"
#define PLAIN_UP                                                                              \
    "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni" IR "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr" RI \
    "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr N(MOBIKE_SUPPORTED) " NO_NATS       \
    "}" IR AUTH_RSP RI
#define I2_500 "  I2:500>R1:500\n"
#define RI_500 "  R1:500>I2:500\n"

/* RFC 4555 3.3, 3.9: without NAT traversal port 500 stays, and the addresses stand in the message.
 */
static void test_without_nat_traversal_the_addresses_are_vouched_for(void)
{
    flow_check(&(struct flow){
        .prepare = no_nats,
        .act = move_to_second,
        .trace = PLAIN_UP INFO_A(2) "SK{N(UPDATE_SA_ADDRESSES) " NO_NATS "}" I2_500 RSP_B(2)
            EMPTY RI_500 INFO_B(0) COOKIE2 RI_500 RSP_A(0) COOKIE2 I2_500,
        .ended = at_second});
}

static const struct pair_options behind_nat = {
    .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE, .nat = {true}};

static void test_a_nat_that_is_forbidden_ends_the_attempt(void)
{
    begin(behind_nat, no_nats);
    EXPECT_EQ(p.end[B].reasons[WHY_NAT_FORBIDDEN], 1);
    EXPECT_EQ(pair_count(&p, A, IKE_FAILED), 1);
    EXPECT_EQ(p.end[A].events[p.end[A].event_count - 1].notify, N_UNEXPECTED_NAT_DETECTED);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* RFC 4555 3.9: it is tried as often as a request is sent, and given up then. */
static void test_a_nat_on_the_new_path_is_found_out_and_the_old_one_kept(void)
{
    begin(plain, no_nats);
    p.options.nat[A] = true;
    EXPECT(move(&p, A, 2));
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_MOVE_NAT], 5);
    EXPECT_EQ(pair_count(&p, A, IKE_MOVE_FAILED), 1);
    p.options.nat[A] = false;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT(are_at(&p, A, (struct at){1, 1}));
    EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 1);
    pair_close(&p);
}

/* The same of a list of addresses; and one packet that was changed does no harm. */
static void test_a_list_that_a_nat_has_touched_is_sent_again(void)
{
    const struct ike_addr more = pair_addr(A, 2);
    begin(plain, no_nats);
    p.options.nat[A] = true;
    EXPECT(ike_addresses(p.end[A].engine, p.now_ns, p.end[A].sa, &more, 1));
    pair_run_for(&p, UINT64_C(1500000000));
    EXPECT_EQ(p.end[B].reasons[WHY_MOVE_NAT], 2);
    p.options.nat[A] = false;
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_MOVE_FAILED), 0);
    EXPECT_EQ(known_to(&p, B)->their_count, 2);
    p.options.nat[A] = true;
    EXPECT(ike_addresses(p.end[A].engine, p.now_ns, p.end[A].sa, NULL, 0));
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_MOVE_FAILED), 1);
    EXPECT_EQ(known_to(&p, B)->their_count, 2);
    pair_close(&p);
}

/* ---- NATs (RFC 4555 3.8) ---- */

static struct ike_paths paths_of(enum pair_side side)
{
    struct ike_paths out = {.nat = false};
    EXPECT(ike_sa_paths(p.end[side].engine, p.end[side].sa, &out));
    return out;
}

/* Into the open and behind the NAT again: ESP goes in UDP only there. */
static void test_a_move_out_from_behind_a_nat_ends_its_traversal(void)
{
    begin(behind_nat, both);
    EXPECT(paths_of(A).nat && paths_of(B).nat);
    p.options.nat[A] = false;
    EXPECT(move(&p, A, 2));
    pair_run(&p);
    EXPECT(!paths_of(A).nat && at_second(&p, A, B));
    p.options.nat[A] = true;
    EXPECT(move(&p, A, 3));
    pair_run(&p);
    EXPECT(paths_of(A).nat && paths_of(B).nat);
    const struct ike_addr outside = ike_addr_v4(0xcb007121u, IKE_PORT_NAT + 20000);
    const struct ike_path seen = paths_of(B).children;
    EXPECT(ike_addr_equal(&seen.remote, &outside));
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

#define TO_NAT "  R1:4500>I1:24501\n"

static void test_a_probe_finds_a_mapping_that_has_changed(void)
{
    begin(behind_nat, both);
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa)); /* how we are seen now */
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 1);
    pair_rebind(&p, A);
    p.trace_len = 0;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT_STR(p.trace, INFO_A(3) SEEN I1R RSP_B(3) SEEN TO_NAT INFO_A(4) UPDATE I1R RSP_B(4)
                            SEEN TO_NAT INFO_B(0) COOKIE2 TO_NAT RSP_A(0) COOKIE2 I1R);
    EXPECT_EQ(pair_count(&p, B, IKE_MOVED), 1);
    EXPECT_EQ(paths_of(B).children.remote.port, IKE_PORT_NAT + 20001);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* A NAT that comes in the way later is found by a probe as well, and a probe by itself changes
 * nothing: without MOBIKE the responder would follow (RFC 7296 2.23). */
static void test_a_probe_finds_a_nat_that_has_come_in_between(void)
{
    begin(plain, both);
    p.options.nat[A] = true;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, 15000000);
    const struct ike_path before = paths_of(B).ike;
    EXPECT(is(&before.remote, A, 1));
    pair_run(&p);
    EXPECT(paths_of(A).nat && paths_of(B).nat);
    EXPECT_EQ(paths_of(B).children.remote.port, IKE_PORT_NAT + 20000);
    pair_close(&p);
}

/* ---- what does not fit ---- */

static enum ike_why tell(uint16_t type, const uint8_t *data, size_t len)
{
    static const enum ike_why all[] = {WHY_SYNTAX, WHY_OK};
    const struct ike_note note = {.type = type, .data = {.at = data, .len = len}};
    begin(plain, both);
    EXPECT(ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa,
                      &(struct ike_inform){.notes = &note, .note_count = 1}));
    p.trace_len = 0;
    p.trace[0] = '\0';
    pair_run(&p);
    const enum ike_why why = all[p.end[B].reasons[WHY_SYNTAX] > 0 ? 0 : 1];
    EXPECT_EQ(ike_stats(p.end[B].engine).established, why == WHY_OK ? 1 : 0);
    pair_close(&p);
    return why;
}

/* RFC 4555 4.2.2, 4.2.5: an address has 4 octets or 16, COOKIE2 8 to 64. */
static void test_notifies_of_another_length_are_not_taken(void)
{
    static const uint8_t octets[65] = {0};
    EXPECT_EQ(tell(N_COOKIE2, octets, 7), WHY_SYNTAX);
    EXPECT_EQ(tell(N_COOKIE2, octets, 65), WHY_SYNTAX);
    EXPECT_EQ(tell(N_ADDITIONAL_IP4_ADDRESS, octets, 16), WHY_SYNTAX);
    EXPECT_EQ(tell(N_ADDITIONAL_IP6_ADDRESS, octets, 4), WHY_SYNTAX);
    EXPECT_EQ(tell(N_COOKIE2, octets, 64), WHY_OK);
    EXPECT_STR(p.trace, "A>B  INFORMATIONAL   req 2  SK{N(COOKIE2)}" I1R RSP_B(2) COOKIE2 RI1);
    EXPECT_EQ(tell(N_ADDITIONAL_IP6_ADDRESS, octets, 16), WHY_OK);
    EXPECT_EQ(tell(N_UPDATE_SA_ADDRESSES, octets, 3), WHY_OK); /* whatever it holds */
}

/* RFC 4555 3.7: the IKE SA is closed. */
static void test_another_cookie_than_was_sent_closes_the_sa(void)
{
    begin(plain, both);
    EXPECT(move(&p, A, 2));
    pair_run_for(&p, 15000000); /* COOKIE2 is under way */
    struct ike_engine *const engine = p.end[B].engine;
    const struct ike_task *const task =
        ike_task_find(engine, ike_sa_numbered(engine, p.end[B].sa), TASK_ROUTABLE, 1);
    if (EXPECT(task != NULL))
        ike_store_at(&engine->store, task->nonce)[3] ^= 1;
    pair_run(&p);
    EXPECT_EQ(p.end[B].ends[WHY_ROUTABILITY], 2); /* the Child SA and the IKE SA */
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void only_client(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair->end[i].policy.mobike.on = pair->shows_paths = true;
}

/* Those of one network are as good as the first, if the policy lets the peer be there. */
static void test_addresses_within_the_policys_networks_are_taken(void)
{
    static struct ike_prefix networks[2];
    begin(plain, stays_home);
    networks[0] = home;
    (void)ike_prefix_parse("192.0.2.0/24", &networks[1]);
    p.end[B].policy.mobike.within = networks;
    p.end[B].policy.mobike.within_count = 2;
    EXPECT(move(&p, A, 2));
    pair_run(&p);
    EXPECT(have_moved(&p, A, (struct at){2, 1}));
    pair_close(&p);
}

/* RFC 4555 3.6: of those that an end tells so many are kept, each once, and as many are told. */
static void test_so_many_addresses_are_told_and_no_more(void)
{
    struct ike_addr many[IKE_ADDRESSES_MAX + 3];
    begin(plain, both);
    for (unsigned i = 0; i < IKE_ADDRESSES_MAX + 2; i++)
        many[i] = pair_addr(A, 2 + i);
    many[IKE_ADDRESSES_MAX + 2] = many[0];
    EXPECT(ike_addresses(p.end[A].engine, p.now_ns, p.end[A].sa, many, IKE_ADDRESSES_MAX + 3));
    pair_run(&p);
    EXPECT_EQ(known_to(&p, A)->our_count, IKE_ADDRESSES_MAX);
    EXPECT_EQ(known_to(&p, B)->their_count, IKE_ADDRESSES_MAX);
    EXPECT(ike_addresses(p.end[A].engine, p.now_ns, p.end[A].sa, many, 1));
    pair_run(&p);
    EXPECT_EQ(known_to(&p, B)->their_count, 2); /* with the one in use */
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* RFC 4555 3.3: port 4500 all the same, as who does not say anything may support it. */
static void test_a_peer_without_it_stays_where_it_is(void)
{
    const struct ike_addr to = pair_addr(A, 2);
    begin(plain, only_client);
    EXPECT_STR(p.trace,
               INIT AUTH_REQ I1R "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}" RI1);
    EXPECT(!move(&p, A, 2) && !move(&p, B, 2));
    EXPECT(!ike_addresses(p.end[A].engine, p.now_ns, p.end[A].sa, &to, 1));
    struct ike_paths at;
    EXPECT(!ike_sa_paths(p.end[A].engine, 1, &at));
    EXPECT(ike_sa_paths(p.end[A].engine, p.end[A].sa, &at) &&
           ike_path_equal(&at.ike, &at.children));
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* Only the one who decides names the peer's address (RFC 4555 2.1), and both are of one family. */
static void test_a_move_that_cannot_be_is_refused(void)
{
    struct ike_addr six, four = pair_addr(A, 2);
    (void)ike_addr_parse("2001:db8::7", &six);
    begin(plain, both);
    EXPECT(!ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &six, NULL));
    EXPECT(!ike_move(p.end[B].engine, p.now_ns, p.end[B].sa, &six, &six));
    EXPECT(!ike_move(p.end[B].engine, p.now_ns, p.end[B].sa, &four, &four));
    EXPECT(!ike_move(p.end[A].engine, p.now_ns, 1, &four, NULL));
    EXPECT(still_there(&p, A, B));
    EXPECT(ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &six, &six));
    pair_close(&p);
}

/* RFC 4555 3.6: as many are told when the IKE SA is made, too. */
static void test_of_a_policys_addresses_so_many_are_told(void)
{
    static struct ike_addr many[IKE_ADDRESSES_MAX + 4];
    pair_init(&p, plain);
    both(&p, A, B);
    for (unsigned i = 0; i < IKE_ADDRESSES_MAX + 4; i++)
        many[i] = pair_addr(A, 2 + i);
    p.end[A].policy.mobike.addresses = many;
    p.end[A].policy.mobike.address_count = IKE_ADDRESSES_MAX + 4;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(known_to(&p, A)->our_count, IKE_ADDRESSES_MAX);
    EXPECT_EQ(known_to(&p, B)->their_count, IKE_ADDRESSES_MAX);
    EXPECT(still_there(&p, A, B));
    pair_close(&p);
}

/* An update of the pair that is in use already, which policy does not have any more: there is
 * nothing to go back to. */
static void test_the_pair_in_use_may_be_refused_and_stays(void)
{
    begin(plain, both);
    (void)ike_prefix_parse("10.0.0.0/8", &home);
    p.end[B].policy.mobike.within = &home;
    p.end[B].policy.mobike.within_count = 1;
    EXPECT(move(&p, A, 1));
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_MOVE_UNACCEPTABLE], 1);
    EXPECT_EQ(pair_count(&p, A, IKE_MOVE_FAILED), 1);
    EXPECT(still_there(&p, A, B));
    pair_close(&p);
}

/* RFC 4555 3.9: it was to be tried again in a second; another move does not wait for that. */
static void test_another_move_does_not_wait_for_one_that_is_tried_again(void)
{
    begin(plain, no_nats);
    p.options.nat[A] = true;
    EXPECT(move(&p, A, 2));
    pair_run_for(&p, 100000000);
    EXPECT_EQ(p.end[B].reasons[WHY_MOVE_NAT], 1);
    p.options.nat[A] = false;
    EXPECT(move(&p, A, 3));
    pair_run_for(&p, 100000000);
    EXPECT(at_third(&p, A, B));
    pair_close(&p);
}

static void test_a_path_is_tested_without_looking_for_nats_where_none_is_allowed(void)
{
    const struct ike_path path = {pair_addr(A, 2), pair_addr(B, 1)};
    begin(plain, no_nats);
    p.trace_len = 0;
    EXPECT(ike_test_path(p.end[A].engine, p.now_ns, p.end[A].sa, &path));
    pair_run(&p);
    EXPECT_STR(p.trace, INFO_A(2) COOKIE2 I2_500 RSP_B(2) COOKIE2 RI_500);
    EXPECT_EQ(pair_count(&p, A, IKE_PATH_TESTED), 1);
    EXPECT(still_there(&p, A, B));
    pair_close(&p);
}

static void says_how_it_sees_us(void)
{
    static const uint8_t body[4 + IKE_NAT_HASH] = {0, 0, N_NAT_DETECTION_DESTINATION_IP >> 8,
                                                   N_NAT_DETECTION_DESTINATION_IP & 0xff, 7};
    mangle_add(PAYLOAD_NOTIFY, body, sizeof body);
}

/* A hash that nobody asked for: of who allows no NAT, in answer to an update, and of the initiator,
 * in answer to the responder's probe. What has not changed is no reason to move either. */
static void test_news_of_nats_are_taken_where_they_are_asked_for(void)
{
    begin(plain, no_nats);
    mangle_edit(&p, p.sent + 1, says_how_it_sees_us);
    EXPECT(move(&p, A, 2));
    pair_run(&p);
    EXPECT(mangle_done());
    EXPECT(at_second(&p, A, B) && !paths_of(A).nat);
    pair_close(&p);

    begin(plain, both);
    mangle_edit(&p, p.sent + 1, says_how_it_sees_us);
    EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run(&p);
    EXPECT(mangle_done());
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_ALIVE) + pair_count(&p, B, IKE_ALIVE), 2);
    EXPECT(still_there(&p, A, B));
    pair_close(&p);
}

/* RFC 4555 3.10: the path tested, and then the one in use, as often as any request. */
static void test_where_nobody_answers_a_test_of_a_path_ends_too(void)
{
    const struct ike_path path = {pair_addr(A, 2), pair_addr(B, 1)};
    begin(plain, both);
    p.touch = pair_touch_lose;
    EXPECT(ike_test_path(p.end[A].engine, p.now_ns, p.end[A].sa, &path));
    pair_run_for(&p, UINT64_C(200000000000));
    EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 2);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 0);
    pair_close(&p);
}

static struct ike_addr gone;

static bool unless_gone(const struct pair *pair, const struct ike_addr *from,
                        const struct ike_addr *to)
{
    (void)pair;
    return !ike_addr_same_ip(from, &gone) && !ike_addr_same_ip(to, &gone);
}

/* The Delete of the old IKE SA was lost with the old address. */
static void test_what_closes_a_rekeyed_sa_goes_along_with_a_move(void)
{
    begin(plain, both);
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, 15000000);
    gone = pair_addr(A, 1);
    p.carries = unless_gone;
    pair_run_for(&p, 10000000); /* the answer has come or is lost, and the Delete has not arrived */
    p.carries = NULL;
    pair_run_for(&p, 0);
    p.carries = unless_gone;
    EXPECT(move(&p, A, 2));
    pair_run_for(&p, 200000000);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
    EXPECT_EQ(p.end[A].engine->sas.used, 1);
    EXPECT_EQ(p.end[B].engine->sas.used, 1);
    EXPECT(at_second(&p, A, B));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_addresses_that_are_not_acceptable_are_given_up),
        TEST(test_without_nat_traversal_the_addresses_are_vouched_for),
        TEST(test_a_nat_that_is_forbidden_ends_the_attempt),
        TEST(test_a_nat_on_the_new_path_is_found_out_and_the_old_one_kept),
        TEST(test_a_list_that_a_nat_has_touched_is_sent_again),
        TEST(test_a_move_out_from_behind_a_nat_ends_its_traversal),
        TEST(test_a_probe_finds_a_mapping_that_has_changed),
        TEST(test_a_probe_finds_a_nat_that_has_come_in_between),
        TEST(test_notifies_of_another_length_are_not_taken),
        TEST(test_another_cookie_than_was_sent_closes_the_sa),
        TEST(test_addresses_within_the_policys_networks_are_taken),
        TEST(test_so_many_addresses_are_told_and_no_more),
        TEST(test_a_peer_without_it_stays_where_it_is),
        TEST(test_a_move_that_cannot_be_is_refused),
        TEST(test_of_a_policys_addresses_so_many_are_told),
        TEST(test_the_pair_in_use_may_be_refused_and_stays),
        TEST(test_another_move_does_not_wait_for_one_that_is_tried_again),
        TEST(test_a_path_is_tested_without_looking_for_nats_where_none_is_allowed),
        TEST(test_news_of_nats_are_taken_where_they_are_asked_for),
        TEST(test_where_nobody_answers_a_test_of_a_path_ends_too),
        TEST(test_what_closes_a_rekeyed_sa_goes_along_with_a_move),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
