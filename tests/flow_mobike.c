/* SPDX-License-Identifier: MIT
 * MOBIKE (RFC 4555) as arrows, with the addresses each message goes between: the
 * protocol runs of 2.2, changes of either end's addresses, moves in the midst
 * of other exchanges, and refusals. */
#include "ike/engine.h"
#include "ike/v2/move.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

#define IR  "  I1:500>R1:500\n"
#define RI  "  R1:500>I1:500\n"
#define I1R "  I1:4500>R1:4500\n"
#define RI1 "  R1:4500>I1:4500\n"
#define I2R "  I2:4500>R1:4500\n"
#define RI2 "  R1:4500>I2:4500\n"
#define I3R "  I3:4500>R1:4500\n"
#define RI3 "  R1:4500>I3:4500\n"
#define IR2 "  I1:4500>R2:4500\n"
#define R2I "  R2:4500>I1:4500\n"

#define INFO_A(id) "A>B  INFORMATIONAL   req " #id "  "
#define INFO_B(id) "B>A  INFORMATIONAL   req " #id "  "
#define RSP_A(id)  "A>B  INFORMATIONAL   rsp " #id "  "
#define RSP_B(id)  "B>A  INFORMATIONAL   rsp " #id "  "
#define UPDATE     "SK{N(UPDATE_SA_ADDRESSES) " NAT_D "}"
#define UPDATE_C2  "SK{N(UPDATE_SA_ADDRESSES) " NAT_D " N(COOKIE2)}"
#define SEEN       "SK{" NAT_D "}"
#define SEEN_C2    "SK{" NAT_D " N(COOKIE2)}"
#define COOKIE2    "SK{N(COOKIE2)}"
#define EMPTY      "SK{}"
#define ADDITIONAL "N(ADDITIONAL_IP4_ADDRESS)"
#define AUTH_REQ   "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr N(MOBIKE_SUPPORTED)}"
#define AUTH_RSP   "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr N(MOBIKE_SUPPORTED)}"
#define AUTH_RSP_2 \
    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr N(MOBIKE_SUPPORTED) " ADDITIONAL "}"
#define INIT                                            \
    "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D IR \
    "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D RI
#define UP INIT AUTH_REQ I1R AUTH_RSP RI1

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};
static struct ike_addr two[2][2]; /* of each side, the first and the second */

static bool is(const struct ike_addr *addr, enum pair_side side, unsigned number)
{
    const struct ike_addr wanted = pair_addr(side, number);
    return ike_addr_same_ip(addr, &wanted);
}

/* Both ends, IKE SA and Child SAs, go between address i of the initiator and r of the responder. */
struct at {
    unsigned i, r;
};
static bool are_at(const struct pair *pair, enum pair_side i, struct at at)
{
    struct ike_paths a, b;
    const enum pair_side r = i == A ? B : A;
    return ike_sa_paths(pair->end[i].engine, pair->end[i].sa, &a) &&
           ike_sa_paths(pair->end[r].engine, pair->end[r].sa, &b) && is(&a.ike.local, i, at.i) &&
           is(&a.ike.remote, r, at.r) && ike_path_equal(&a.ike, &a.children) &&
           ike_path_equal(&b.ike, &b.children) && ike_addr_equal(&a.ike.local, &b.ike.remote) &&
           ike_addr_equal(&a.ike.remote, &b.ike.local) && a.nat == b.nat;
}

static bool have_moved(const struct pair *pair, enum pair_side i, struct at at)
{
    return pair_agrees(pair, 1) && are_at(pair, i, at) && pair_count(pair, i, IKE_MOVED) > 0 &&
           pair_count(pair, i == A ? B : A, IKE_MOVED) > 0;
}

static bool at_second(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return have_moved(pair, i, (struct at){2, 1});
}

static bool at_third(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return have_moved(pair, i, (struct at){3, 1});
}

static bool at_other_responder(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return have_moved(pair, i, (struct at){1, 2});
}

static bool still_there(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && are_at(pair, i, (struct at){1, 1}) &&
           pair_count(pair, i, IKE_MOVED) == 0 && pair_count(pair, r, IKE_MOVED) == 0;
}

static void both(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.mobike.on = pair->end[r].policy.mobike.on = true;
    pair->shows_paths = true;
    pair->carries = NULL;
}

static bool move(struct pair *pair, enum pair_side i, unsigned number)
{
    const struct ike_addr to = pair_addr(i, number);
    const struct ike_addr bare = ike_addr_v4(0xc0000200u + to.ip[3], 0);
    return ike_move(pair->end[i].engine, pair->now_ns, pair->end[i].sa, &bare, NULL);
}

static void move_to_second(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(move(pair, i, 2));
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

static const struct ike_mobike *known_to(const struct pair *pair, enum pair_side side)
{
    const struct ike_engine *const engine = pair->end[side].engine;
    return ike_mobike_of(engine, ike_sa_numbered(engine, pair->end[side].sa));
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

static void begin(struct pair_options options,
                  void (*prepare)(struct pair *pair, enum pair_side i, enum pair_side r))
{
    pair_init(&p, options);
    prepare(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
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
        TEST(test_the_client_still_decides_after_the_gateway_has_rekeyed),
        TEST(test_after_rekeying_news_of_addresses_are_taken_from_the_first_message_on),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
