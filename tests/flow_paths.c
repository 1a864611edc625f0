/* SPDX-License-Identifier: MIT
 * By which pairs of addresses requests go (RFC 4555 3.1, 3.5, 3.10, 3.11): tests
 * of a path, IKE_SA_INIT to several addresses, how long each end is patient; the
 * other ways of IKE_AUTH; and moves at random over a wire that loses, doubles
 * and delays, after which both ends know where the other one is. */
#include "ike/engine.h"
#include "ike/v2/move.h"
#include "tests/eap_talk.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

static void prepare(struct pair_options options)
{
    pair_init(&p, options);
    p.end[A].policy.mobike.on = p.end[B].policy.mobike.on = true;
    p.shows_paths = true;
}

static void begin(void)
{
    prepare(plain);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
}

static struct ike_paths paths_of(enum pair_side side)
{
    struct ike_paths out = {.nat = false};
    EXPECT(ike_sa_paths(p.end[side].engine, p.end[side].sa, &out));
    return out;
}

static bool is(const struct ike_addr *addr, enum pair_side side, unsigned number)
{
    const struct ike_addr wanted = pair_addr(side, number);
    return ike_addr_same_ip(addr, &wanted);
}

/* Both ends, IKE SA and Child SAs, go between these. */
static bool are_at(unsigned a, unsigned b)
{
    const struct ike_paths here = paths_of(A), there = paths_of(B);
    return is(&here.ike.local, A, a) && is(&here.ike.remote, B, b) &&
           ike_path_equal(&here.ike, &here.children) &&
           ike_path_equal(&there.ike, &there.children) &&
           ike_addr_equal(&here.ike.local, &there.ike.remote) &&
           ike_addr_equal(&here.ike.remote, &there.ike.local) && here.nat == there.nat;
}

static struct ike_addr dead;

static bool unless_dead(const struct pair *pair, const struct ike_addr *from,
                        const struct ike_addr *to)
{
    (void)pair;
    return !ike_addr_same_ip(from, &dead) && !ike_addr_same_ip(to, &dead);
}

static enum ike_why last_why(void)
{
    return p.end[A].events[p.end[A].event_count - 1].why;
}

/* ---- tests of a path ---- */

#define SEEN_C2 "SK{" NAT_D " N(COOKIE2)}"

/* RFC 4555 3.10; and what was proved need not be proved again when it is moved to (3.5). */
static void test_a_path_is_tested_without_being_used(void)
{
    const struct ike_addr i = {.ip = {192, 0, 2, 17}, .family = IKE_IPV4};
    const struct ike_addr r = {.ip = {192, 0, 2, 18}, .family = IKE_IPV4};
    begin();
    p.trace_len = 0;
    EXPECT(ike_test_path(p.end[A].engine, p.now_ns, p.end[A].sa, &(struct ike_path){i, r}));
    pair_run(&p);
    EXPECT_STR(p.trace, "A>B  INFORMATIONAL   req 2  " SEEN_C2 "  I2:4500>R2:4500\n"
                        "B>A  INFORMATIONAL   rsp 2  " SEEN_C2 "  R2:4500>I2:4500\n");
    EXPECT_EQ(pair_count(&p, A, IKE_PATH_TESTED), 1);
    EXPECT_EQ(last_why(), WHY_OK);
    EXPECT(are_at(1, 1));
    p.trace_len = 0;
    EXPECT(ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &i, &r));
    EXPECT_EQ(pair_count(&p, A, IKE_MOVED), 0);
    pair_run_for(&p, 15000000);
    EXPECT_EQ(pair_count(&p, A, IKE_MOVED), 1);
    EXPECT_STR(p.trace,
               "A>B  INFORMATIONAL   req 3  SK{N(UPDATE_SA_ADDRESSES) " NAT_D "}  I2:4500>R2:4500\n"
               "B>A  INFORMATIONAL   rsp 3  SK{" NAT_D "}  R2:4500>I2:4500\n"
               "B>A  INFORMATIONAL   req 0  SK{N(COOKIE2)}  R2:4500>I2:4500\n");
    pair_run(&p);
    EXPECT(are_at(2, 2) && pair_agrees(&p, 1));
    pair_close(&p);
}

#define TEST_REQ "A>B  INFORMATIONAL   req 2  " SEEN_C2

#define TEST_AGAIN "A>B  INFORMATIONAL   req 0  " SEEN_C2

/* The exchange has to end all the same: by the pair in use. */
static void test_a_path_that_is_none_is_reported_and_nothing_is_lost(void)
{
    const struct ike_path other = {pair_addr(A, 1), pair_addr(B, 2)};
    struct ike_path path = other;
    path.local.port = path.remote.port = 0;
    begin();
    dead = other.remote;
    p.carries = unless_dead;
    p.trace_len = 0;
    EXPECT(ike_test_path(p.end[A].engine, p.now_ns, p.end[A].sa, &path));
    pair_run(&p);
    EXPECT_STR(p.trace, TEST_REQ "  I1:4500>R2:4500  (lost)\n" TEST_REQ
                                 "  I1:4500>R2:4500  (lost)\n" TEST_REQ
                                 "  I1:4500>R2:4500  (lost)\n" TEST_REQ "  I1:4500>R1:4500\n"
                                 "B>A  INFORMATIONAL   rsp 2  " SEEN_C2 "  R1:4500>I1:4500\n");
    EXPECT_EQ(pair_count(&p, A, IKE_PATH_TESTED), 1);
    EXPECT_EQ(last_why(), WHY_NO_ANSWER);
    EXPECT(are_at(1, 1) && pair_agrees(&p, 1));
    pair_close(&p);
}

/* A test that waits for its answer when the peer rekeys the IKE SA and closes the old one is made
 * by the new one (RFC 7296 2.8), and its cookie and pair with it. */
static void test_a_path_is_tested_again_by_an_ike_sa_that_takes_over(void)
{
    const struct ike_path other = {pair_addr(A, 1), pair_addr(B, 2)};
    struct ike_path path = other;
    path.local.port = path.remote.port = 0;
    begin();
    dead = other.remote;
    p.carries = unless_dead;
    p.trace_len = 0;
    EXPECT(ike_test_path(p.end[A].engine, p.now_ns, p.end[A].sa, &path));
    EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run(&p);
    EXPECT_STR(p.trace, TEST_REQ "  I1:4500>R2:4500  (lost)\n"
                                 "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}  R1:4500>I1:4500\n"
                                 "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}  I1:4500>R1:4500\n"
                                 "B>A  INFORMATIONAL   req 1  SK{D(IKE)}  R1:4500>I1:4500\n"
                                 "A>B  INFORMATIONAL   rsp 1  SK{}  I1:4500>R1:4500\n" TEST_AGAIN
                                 "  I1:4500>R2:4500  (lost)\n" TEST_AGAIN
                                 "  I1:4500>R2:4500  (lost)\n" TEST_AGAIN
                                 "  I1:4500>R2:4500  (lost)\n" TEST_AGAIN "  I1:4500>R1:4500\n"
                                 "B>A  INFORMATIONAL   rsp 0  " SEEN_C2 "  R1:4500>I1:4500\n");
    EXPECT_EQ(pair_count(&p, A, IKE_PATH_TESTED), 1);
    EXPECT_EQ(last_why(), WHY_NO_ANSWER);
    EXPECT(are_at(1, 1) && pair_agrees(&p, 1));
    pair_close(&p);
}

/* And by a member of our cluster that goes on with it (RFC 6311 5): the same pair is tested. */
static void test_a_path_is_tested_again_after_a_failover(void)
{
    const struct ike_addr r = {.ip = {192, 0, 2, 18}, .family = IKE_IPV4};
    const struct ike_addr i = {.ip = {192, 0, 2, 17}, .family = IKE_IPV4};
    const struct ike_standby known = {.send_id = 2, .take_id = 0, .missed = 5, .ids = true};
    prepare(plain);
    p.end[A].policy.sync_ids = p.end[B].policy.sync_ids = true;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(ike_test_path(p.end[A].engine, p.now_ns, p.end[A].sa, &(struct ike_path){i, r}));
    p.trace_len = 0;
    EXPECT(ike_failed_over(p.end[A].engine, p.now_ns, p.end[A].sa, &known));
    pair_run(&p);
    EXPECT(strstr(p.trace, "N(COOKIE2)}  I2:4500>R2:4500\n") != NULL);
    EXPECT(strstr(p.trace, "N(COOKIE2)}  R2:4500>I2:4500\n") != NULL);
    EXPECT_EQ(pair_count(&p, A, IKE_PATH_TESTED), 1);
    EXPECT(are_at(1, 1) && pair_agrees(&p, 1));
    pair_close(&p);
}

static void test_only_who_decides_tests_paths_and_only_of_one_family(void)
{
    struct ike_path path = {pair_addr(B, 1), pair_addr(A, 2)};
    begin();
    EXPECT(!ike_test_path(p.end[B].engine, p.now_ns, p.end[B].sa, &path));
    EXPECT(!ike_test_path(p.end[A].engine, p.now_ns, 1, &path));
    (void)ike_addr_parse("2001:db8::7", &path.local);
    EXPECT(!ike_test_path(p.end[A].engine, p.now_ns, p.end[A].sa, &path));
    pair_close(&p);
}

/* More pairs than go at once: all have their turn. */
static void test_all_pairs_have_their_turn(void)
{
    static struct ike_addr ours[8], theirs[8];
    prepare(plain);
    for (unsigned i = 0; i < 8; i++) {
        ours[i] = pair_addr(A, i + 1);
        theirs[i] = pair_addr(B, i + 1);
    }
    (void)ike_addr_parse("2001:db8::7", &theirs[3]);
    p.end[A].policy.mobike.addresses = ours;
    p.end[A].policy.mobike.address_count = 8;
    p.end[B].policy.mobike.addresses = theirs;
    p.end[B].policy.mobike.address_count = 8;
    p.end[A].config.retransmit = (struct ike_retransmit_config){
        .first_ns = 1000000000, .factor_milli = 1000, .sends = 12, .wait_max_ns = UINT64_MAX};
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    p.options.lose_percent = 100;
    p.sent = 0;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, UINT64_C(7500000000));
    /* Eight addresses by seven of a family, less the pair in use: 55 others, in rounds of 15. */
    EXPECT_EQ(p.sent, 8 + 5 * 15);
    for (unsigned i = 1; i <= 8; i++)
        for (unsigned r = 1; r <= 8; r++) {
            char wanted[32];
            (void)snprintf(wanted, sizeof wanted, "I%u:4500>R%u:4500  (lost)", i, r);
            EXPECT((strstr(p.trace, wanted) != NULL) == (r != 4));
        }
    pair_close(&p);
}

/* ---- answers that say less than it seems ---- */

static struct ike_addr bare(enum pair_side side, unsigned number)
{
    struct ike_addr out = pair_addr(side, number);
    out.port = 0;
    return out;
}

/* RFC 4555 3.5: the answer to the update before says nothing about the responder's third address.
 */
static void test_an_answer_to_an_older_update_proves_nothing(void)
{
    const struct ike_addr i = bare(A, 1), second = bare(B, 2), third = bare(B, 3);
    begin();
    EXPECT(ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &i, &second));
    pair_run_for(&p, 1000000);
    dead = third;
    p.carries = unless_dead;
    EXPECT(ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &i, &third));
    pair_run_for(&p, UINT64_C(500000000));
    const struct ike_path children = paths_of(A).children;
    EXPECT(is(&children.remote, B, 1));
    EXPECT_EQ(pair_count(&p, A, IKE_MOVED), 0);
    pair_close(&p);
}

static uint32_t lost_bits; /* numbers of messages after `lost_from` */
static int lost_from;

static bool lose_some(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number < lost_from || (lost_bits >> (number - lost_from) & 1) == 0;
}

#define MOVE_REQ(id) "A>B  INFORMATIONAL   req " #id "  SK{N(UPDATE_SA_ADDRESSES) " NAT_D "}  "
#define MOVE_RSP(id) "B>A  INFORMATIONAL   rsp " #id "  SK{" NAT_D "}  "
#define LOST         "  (lost)\n"
#define TO_R1        "I2:4500>R1:4500"
#define TO_R2        "I2:4500>R2:4500"
#define OF_R1        "R1:4500>I2:4500"
#define OF_R2        "R2:4500>I2:4500"
#define MOVE_2       MOVE_REQ(2)
#define MOVE_3       MOVE_REQ(3)
#define DONE_2       MOVE_RSP(2)
#define DONE_3       MOVE_RSP(3)

/* An update that went to two addresses of the responder: it took the one, the answer came from the
 * other. So there is another update (RFC 4555 3.5). */
static void test_an_update_that_went_many_ways_is_sent_anew(void)
{
    static struct ike_addr theirs[2];
    const struct ike_addr to = bare(A, 2);
    prepare(plain);
    theirs[0] = pair_addr(B, 1);
    theirs[1] = pair_addr(B, 2);
    p.end[B].policy.mobike.addresses = theirs;
    p.end[B].policy.mobike.address_count = 2;
    p.end[B].policy.mobike.unchecked = true;
    p.touch = lose_some;
    lost_bits = 0x2f; /* all but the fifth */
    lost_from = INT32_MAX;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    lost_from = p.sent;
    p.trace_len = 0;
    EXPECT(ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &to, NULL));
    pair_run(&p);
    EXPECT_STR(p.trace,
               MOVE_2 TO_R1 LOST MOVE_2 TO_R1 LOST MOVE_2 TO_R1 LOST MOVE_2 TO_R1 LOST MOVE_2 TO_R2
               "\n" DONE_2 OF_R2 LOST MOVE_2 TO_R1 "\n" MOVE_2 TO_R2 "\n" DONE_2 OF_R1
               "\n" DONE_2 OF_R2 "\n" MOVE_3 TO_R1 "\n" DONE_3 OF_R1 "\n");
    EXPECT(are_at(2, 1) && pair_agrees(&p, 1));
    pair_close(&p);
}

/* The Delete of the IKE SA that was rekeyed goes by the new address too. */
static void test_what_is_left_of_an_sa_that_was_rekeyed_moves_along(void)
{
    const struct ike_addr to = bare(A, 2);
    begin();
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, 15000000);
    dead = pair_addr(A, 1);
    p.carries = unless_dead;
    pair_run_for(&p, 15000000);
    EXPECT_EQ(pair_count(&p, A, IKE_REKEYED), 1);
    p.trace_len = 0;
    EXPECT(ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &to, NULL));
    pair_run_for(&p, 1);
    EXPECT_STR(p.trace, MOVE_REQ(0) "I2:4500>R1:4500\n"
                                    "A>B  INFORMATIONAL   req 3  SK{D(IKE)}  I2:4500>R1:4500\n");
    pair_run(&p);
    EXPECT(are_at(2, 1) && pair_agrees(&p, 1));
    pair_close(&p);
}

/* ---- what Child SAs are about ---- */

/* RFC 4555 1.1: where a side is the end of the IKE SA itself, it stays what it was, for one that is
 * being made while the client moves and for those made after. */
static void test_selectors_stay_what_they_were(void)
{
    const struct ike_addr to = bare(A, 2);
    prepare(plain);
    for (int side = A; side <= B; side++)
        p.end[side].policy.child[0].local_count = p.end[side].policy.child[0].remote_count = 0;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
    pair_run_for(&p, 1000000);
    EXPECT(ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &to, NULL));
    pair_run(&p);
    EXPECT(ike_rekey_child(p.end[B].engine, p.now_ns, p.end[B].sa, p.end[B].child));
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1) && are_at(2, 1));
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_UP), 3);
    const struct ike_engine *const engine = p.end[B].engine;
    const struct ike_sa *const sa = ike_sa_numbered(engine, p.end[B].sa);
    struct ike_selector both[2];
    memcpy(both, ike_store_at(&engine->store, ike_child_at(engine, sa->child)->selectors),
           sizeof both);
    EXPECT(is(&both[0].from, B, 1) && is(&both[1].from, A, 1));
    pair_close(&p);
}

/* ---- by TCP ---- */

#define TCP_MOVE "A=B  INFORMATIONAL   req 2  SK{N(UPDATE_SA_ADDRESSES) " NAT_D "}\n"

/* RFC 9329 8: a connection from the new address, then the update; what was under way goes by it
 * too. */
static void test_a_move_by_tcp_takes_another_connection(void)
{
    const struct ike_addr to = bare(A, 2);
    prepare(plain);
    p.shows_paths = false;
    p.end[A].policy.tcp = TCP_ALWAYS;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    p.trace_len = 0;
    EXPECT(!ike_test_path(p.end[A].engine, p.now_ns, p.end[A].sa, &(struct ike_path){to, to}));
    EXPECT(ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &to, NULL));
    pair_run(&p);
    EXPECT_STR(p.trace,
               "A=B  closes\nA=B  opens\n" TCP_MOVE "B=A  INFORMATIONAL   rsp 2  SK{" NAT_D "}\n"
               "B=A  INFORMATIONAL   req 0  SK{N(COOKIE2)}\n"
               "A=B  INFORMATIONAL   rsp 0  SK{N(COOKIE2)}\n");
    EXPECT(pair_agrees(&p, 1) && are_at(2, 1));
    EXPECT_EQ(pair_open_streams(&p, A), 1);
    pair_close(&p);
}

/* ---- IKE_SA_INIT ---- */

#define INIT_REQ "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D

/* RFC 4555 3.1; the hashes in the request were of other addresses, so that one end sees a NAT, and
 * the other one is not to think otherwise. */
static void test_an_initiator_tries_all_addresses_it_knows_of_the_responder(void)
{
    static struct ike_addr other;
    other = pair_addr(B, 2);
    prepare(plain);
    p.end[A].policy.mobike.peers = &other;
    p.end[A].policy.mobike.peer_count = 1;
    dead = p.end[B].addr;
    p.carries = unless_dead;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_STR(p.trace,
               INIT_REQ "  I1:500>R1:500  (lost)\n" INIT_REQ "  I1:500>R1:500  (lost)\n" INIT_REQ
                        "  I1:500>R1:500  (lost)\n" INIT_REQ "  I1:500>R1:500  (lost)\n" INIT_REQ
                        "  I1:500>R2:500\n"
                        "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D "  R2:500>I1:500\n"
                        "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr N(MOBIKE_SUPPORTED)}"
                        "  I1:4500>R2:4500\n"
                        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr N(MOBIKE_SUPPORTED)}"
                        "  R2:4500>I1:4500\n");
    EXPECT(pair_agrees(&p, 1) && are_at(1, 2) && paths_of(A).nat);
    pair_close(&p);
}

/* An answer from an address that was not asked is none. */
static void test_an_answer_from_elsewhere_is_not_awaited(void)
{
    static struct ike_addr other;
    other = pair_addr(B, 2);
    prepare(plain);
    p.end[A].policy.mobike.peers = &other;
    p.end[A].policy.mobike.peer_count = 1;
    p.options.lose_percent = 100;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(7000000000)); /* it was sent to both */
    const struct ike_sa *const sa = ike_sa_at(p.end[A].engine, 1);
    uint8_t room[64];
    struct ike_writer w = wr_open(room, sizeof room);
    ike_put_header(&w, &(struct ike_header){.spi_i = sa->spi_i,
                                            .spi_r = 1,
                                            .version = IKE_VERSION_2,
                                            .exchange = IKE_SA_INIT,
                                            .flags = FLAG_RESPONSE});
    ike_end_message(&w);
    const struct ike_datagram third = {
        .local = p.end[A].addr, .remote = pair_addr(B, 3), .bytes = wr_done(&w)};
    EXPECT_EQ(ike_input(p.end[A].engine, p.now_ns, &third), WHY_NOT_AWAITED);
    const struct ike_datagram second = {
        .local = p.end[A].addr, .remote = other, .bytes = wr_done(&w)};
    EXPECT(ike_input(p.end[A].engine, p.now_ns, &second) != WHY_NOT_AWAITED);
    EXPECT(is(&sa->remote, B, 1)); /* what could not be read changes nothing */
    pair_close(&p);
}

/* ---- patience ---- */

/* RFC 4555 3.11: a responder sends for five minutes; the initiator as ever. */
static void test_a_responder_is_patient(void)
{
    begin();
    p.options.lose_percent = 100;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run_for(&p, UINT64_C(25000000000));
    EXPECT_EQ(pair_count(&p, A, IKE_DOWN), 1);
    pair_run_for(&p, UINT64_C(275000000000));
    EXPECT_EQ(pair_count(&p, B, IKE_DOWN), 0);
    pair_run_for(&p, UINT64_C(30000000000));
    EXPECT_EQ(pair_count(&p, B, IKE_DOWN), 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* ---- the other ways of IKE_AUTH ---- */

static void by_eap(void)
{
    for (int side = A; side <= B; side++) {
        struct ike_eap_config *const eap = &p.end[side].policy.eap;
        eap->methods[0] = EAP_MD5;
        eap->method_count = 1;
        eap->fragment = 400;
        talk_text(eap->user, &eap->user_len, "User");
        talk_text(eap->password, &eap->password_len, "clientPass");
    }
}

static void without_child(void)
{
    p.end[A].policy.childless = p.end[B].policy.childless = true;
}

static void in_rounds(void)
{
    static struct ike_policy more[2];
    for (int side = A; side <= B; side++) {
        more[side] = p.end[side].policy;
        memcpy(more[side].psk, "second", 6);
        more[side].mobike.on = false; /* it is the first that says so */
        p.end[side].policy.next_auth = &more[side];
    }
}

static void other_nets(void)
{
    p.end[B].policy.child[0].local[0] = p.end[B].policy.child[0].remote[0];
}

static void test_it_is_agreed_on_by_every_way_of_ike_auth(void)
{
    static const struct {
        void (*prepare)(void);
        uint32_t children;
    } ways[] = {{by_eap, 1}, {without_child, 0}, {in_rounds, 1}, {other_nets, 0}};
    const struct ike_addr to = pair_addr(A, 2);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        prepare(plain);
        ways[i].prepare();
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        struct ike_addr bare = to;
        bare.port = 0;
        EXPECT(ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &bare, NULL));
        pair_run(&p);
        EXPECT(pair_agrees(&p, ways[i].children) && are_at(2, 1));
        EXPECT_EQ(pair_count(&p, B, IKE_MOVED), 1);
        pair_close(&p);
    }
}

/* ---- at random ---- */

static unsigned draw(uint64_t *state, unsigned below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*state >> 33) % below;
}

/* One thing that may happen to the two. */
static void anything(uint64_t *state)
{
    struct ike_engine *const a = p.end[A].engine, *const b = p.end[B].engine;
    struct ike_addr i = pair_addr(A, 1 + draw(state, 3));
    struct ike_addr r = pair_addr(B, 1 + draw(state, 2));
    i.port = r.port = 0;
    switch (draw(state, 8)) {
    case 0:
        (void)ike_move(a, p.now_ns, p.end[A].sa, &i, &r);
        break;
    case 1:
        (void)ike_move(b, p.now_ns, p.end[B].sa, &r, NULL);
        break;
    case 2:
        (void)ike_rekey(draw(state, 2) == 0 ? a : b, p.now_ns, p.end[draw(state, 2)].sa);
        break;
    case 3:
        (void)ike_probe(b, p.now_ns, p.end[B].sa);
        break;
    case 4:
        (void)ike_addresses(a, p.now_ns, p.end[A].sa, &i, 1);
        break;
    case 5:
        (void)ike_test_path(a, p.now_ns, p.end[A].sa, &(struct ike_path){i, r});
        break;
    default:
        (void)ike_move(a, p.now_ns, p.end[A].sa, &i, NULL);
        break;
    }
    pair_run_for(&p, draw(state, 3000) * UINT64_C(1000000));
}

static void random_moves(unsigned seed)
{
    uint64_t state = seed;
    struct pair_options o = plain;
    o.lose_percent = o.twice_percent = o.late_percent = 15;
    prepare(o);
    for (int side = A; side <= B; side++) {
        p.end[side].config.retransmit.sends = 14;
        p.end[side].config.retransmit.wait_max_ns = UINT64_C(4000000000);
        p.end[side].config.window = seed % 3 == 0 ? 4 : 1;
    }
    p.chance = seed;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    for (unsigned i = 0; i < 12; i++) {
        p.end[A].event_count = p.end[B].event_count = 0;
        anything(&state);
    }
    p.options.lose_percent = p.options.twice_percent = p.options.late_percent = 0;
    pair_run_for(&p, UINT64_C(300000000000)); /* what is left over ends */
}

/* Both are at one place when all has come to rest, wherever that is; and then where the initiator
 * says. */
static void test_after_moves_at_random_over_a_bad_wire_both_are_at_the_same_place(void)
{
    struct ike_addr to = pair_addr(A, 5);
    to.port = 0;
    for (unsigned seed = 0; seed < 200; seed++) {
        random_moves(seed);
        const struct ike_paths there = paths_of(B);
        const struct ike_path mirrored = {there.ike.remote, there.ike.local};
        const struct ike_paths here = paths_of(A);
        bool good = pair_agrees(&p, 1) && ike_path_equal(&here.ike, &mirrored) &&
                    ike_path_equal(&here.ike, &here.children) &&
                    ike_path_equal(&there.ike, &there.children);
        good = ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &to, NULL) && good;
        pair_run(&p);
        if (!EXPECT(good && pair_agrees(&p, 1) && (are_at(5, 1) || are_at(5, 2))))
            (void)printf("# seed %u\n%s", seed, p.trace);
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_path_is_tested_without_being_used),
        TEST(test_a_path_that_is_none_is_reported_and_nothing_is_lost),
        TEST(test_a_path_is_tested_again_by_an_ike_sa_that_takes_over),
        TEST(test_a_path_is_tested_again_after_a_failover),
        TEST(test_only_who_decides_tests_paths_and_only_of_one_family),
        TEST(test_all_pairs_have_their_turn),
        TEST(test_an_answer_to_an_older_update_proves_nothing),
        TEST(test_an_update_that_went_many_ways_is_sent_anew),
        TEST(test_what_is_left_of_an_sa_that_was_rekeyed_moves_along),
        TEST(test_selectors_stay_what_they_were),
        TEST(test_a_move_by_tcp_takes_another_connection),
        TEST(test_an_initiator_tries_all_addresses_it_knows_of_the_responder),
        TEST(test_an_answer_from_elsewhere_is_not_awaited),
        TEST(test_a_responder_is_patient),
        TEST(test_it_is_agreed_on_by_every_way_of_ike_auth),
        TEST(test_after_moves_at_random_over_a_bad_wire_both_are_at_the_same_place),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
