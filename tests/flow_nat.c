/* SPDX-License-Identifier: MIT
 * NAT traversal (RFC 7296 2.23): keepalives, SAs that follow a peer whose NAT has changed its
 * mapping, and do not follow what is old, and transport mode through one NAT or
 * two (2.23.1). */
#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/nat.h"
#include "ike/v2/payload.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

static const uint64_t second_ns = 1000000000;

static const struct ike_sa *sa_of(const struct pair *pair, enum pair_side side)
{
    return ike_sa_numbered(pair->end[side].engine, pair->end[side].sa);
}

/* The SA of `side` goes to where the other is found now. */
static bool is_found(const struct pair *pair, enum pair_side side)
{
    struct ike_addr there = pair_address(pair, side == A ? B : A);
    there.port = (uint16_t)(there.port - IKE_PORT + IKE_PORT_NAT);
    return ike_addr_equal(&sa_of(pair, side)->remote, &there);
}

/* ---- not looked for (RFC 4555 3.9) ---- */

static void not_by_the_responder(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    pair->end[r].policy.mobike.no_nats = true;
}

static bool at_port_500(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && sa_of(pair, i)->remote.port == IKE_PORT &&
           sa_of(pair, r)->remote.port == IKE_PORT && sa_of(pair, i)->nat == 0;
}

/* RFC 7296 2.23: who gets no such notify takes it that the other does not traverse NATs. */
static void test_a_responder_that_looks_for_no_nat_does_not_answer_to_that(void)
{
    flow_check(
        &(struct flow){.prepare = not_by_the_responder,
                       .trace = ARROW_INIT_REQ
                       "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr\n" ARROW_AUTH_REQ ARROW_AUTH_RSP,
                       .ended = at_port_500});
}

/* ---- a mapping that changes (RFC 7296 2.11, 2.23) ---- */

static void behind_a_nat(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair->options.nat[i] = true;
}

/* The NAT forgets, the initiator asks, and then the responder does. */
static void rebound(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair_rebind(pair, i);
    EXPECT(ike_probe(pair->end[i].engine, pair->now_ns, pair->end[i].sa));
    pair_run(pair);
    (void)ike_probe(pair->end[r].engine, pair->now_ns, pair->end[r].sa);
}

static bool followed(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_count(pair, r, IKE_MOVED) == 1 && is_found(pair, r) &&
           pair_count(pair, i, IKE_MOVED) == 0 && pair_count(pair, r, IKE_ALIVE) == 1;
}

static void test_a_responder_follows_the_initiator_to_its_new_mapping(void)
{
    flow_check(&(struct flow){.prepare = behind_a_nat,
                              .act = rebound,
                              .trace = ARROWS_PLAIN "A>B  INFORMATIONAL   req 2  SK{}\n"
                                                    "B>A  INFORMATIONAL   rsp 2  SK{}\n"
                                                    "B>A  INFORMATIONAL   req 0  SK{}\n"
                                                    "A>B  INFORMATIONAL   rsp 0  SK{}\n",
                              .ended = followed});
}

static void before_a_nat(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    pair->options.nat[r] = true;
}

static void rebound_there(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair_rebind(pair, r);
    EXPECT(ike_probe(pair->end[r].engine, pair->now_ns, pair->end[r].sa));
    pair_run(pair);
    (void)ike_probe(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
}

static bool followed_there(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return followed(pair, r, i);
}

static void test_an_initiator_follows_a_responder_behind_a_nat(void)
{
    flow_check(&(struct flow){.prepare = before_a_nat,
                              .act = rebound_there,
                              .trace = ARROWS_PLAIN "B>A  INFORMATIONAL   req 0  SK{}\n"
                                                    "A>B  INFORMATIONAL   rsp 0  SK{}\n"
                                                    "A>B  INFORMATIONAL   req 2  SK{}\n"
                                                    "B>A  INFORMATIONAL   rsp 2  SK{}\n",
                              .ended = followed_there});
}

static void rekeyed_after_a_rebinding(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair_rebind(pair, i);
    EXPECT(ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa));
    pair_run(pair);
    (void)ike_probe(pair->end[r].engine, pair->now_ns, pair->end[r].sa);
}

/* What is made by the first packet from the new address is of that address, too. */
static void test_the_ike_sa_that_replaces_it_is_at_the_new_mapping(void)
{
    flow_check(&(struct flow){.prepare = behind_a_nat,
                              .act = rekeyed_after_a_rebinding,
                              .trace = ARROWS_PLAIN "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi}\n"
                                                    "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr}\n"
                                                    "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n"
                                                    "B>A  INFORMATIONAL   rsp 3  SK{}\n"
                                                    "B>A  INFORMATIONAL   req 0  SK{}\n"
                                                    "A>B  INFORMATIONAL   rsp 0  SK{}\n",
                              .ended = followed});
}

static void refused_after_a_rebinding(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair_rebind(pair, i);
    EXPECT(ike_create_child(pair->end[i].engine, pair->now_ns, pair->end[i].sa, 0, NULL));
    pair_run(pair);
}

static void one_child_behind_a_nat(struct pair *pair, enum pair_side i, enum pair_side r)
{
    behind_a_nat(pair, i, r);
    pair->end[r].policy.children_max = 1;
}

static bool followed_although_refused(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_agrees(pair, 1) && pair_count(pair, r, IKE_MOVED) == 1 && is_found(pair, r);
}

static void test_a_request_that_is_refused_moves_it_as_well(void)
{
    flow_check(&(struct flow){.prepare = one_child_behind_a_nat,
                              .act = refused_after_a_rebinding,
                              .trace = ARROWS_PLAIN
                              "A>B  CREATE_CHILD_SA req 2  SK{SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{N(NO_ADDITIONAL_SAS)}\n",
                              .ended = followed_although_refused});
}

/* ---- keepalives (RFC 3948 2.3, 4; RFC 7296 2.23) ---- */

#define ARROW_KEEPALIVE "A>B  NAT-keepalive\n"

/* Both would send them after 20 s, but only one is behind a NAT. */
static void kept_alive(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->options.nat[i] = true;
    pair->end[i].config.keepalive_ns = pair->end[r].config.keepalive_ns = 20 * second_ns;
}

static void probed(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_probe(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
}

static bool seen_and_passed_over(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair->end[r].reasons[WHY_NAT_KEEPALIVE] > 0 &&
           pair->end[i].reasons[WHY_NAT_KEEPALIVE] == 0;
}

/* At 20 s; then at 25 s something else is sent, and it is not before 45 s that one is due again. */
static void test_who_is_behind_a_nat_and_silent_sends_keepalives(void)
{
    flow_check(&(struct flow){.prepare = kept_alive,
                              .act = probed,
                              .trace = ARROWS_PLAIN ARROW_KEEPALIVE
                              "A>B  INFORMATIONAL   req 2  SK{}\n"
                              "B>A  INFORMATIONAL   rsp 2  SK{}\n" ARROW_KEEPALIVE,
                              .ended = seen_and_passed_over});
}

static void rekeyed(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)ike_rekey(pair->end[r].engine, pair->now_ns, pair->end[r].sa);
}

static void test_the_ike_sa_that_replaces_it_sends_them_too(void)
{
    flow_check(&(struct flow){.prepare = kept_alive,
                              .act = rekeyed,
                              .trace = ARROWS_PLAIN ARROW_KEEPALIVE
                              "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                              "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}\n"
                              "B>A  INFORMATIONAL   req 1  SK{D(IKE)}\n"
                              "A>B  INFORMATIONAL   rsp 1  SK{}\n" ARROW_KEEPALIVE,
                              .ended = seen_and_passed_over});
}

static void test_without_a_nat_nothing_is_kept_alive_and_nothing_kept(void)
{
    pair_init(&p, plain);
    p.end[A].config.keepalive_ns = p.end[B].config.keepalive_ns = 20 * second_ns;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_STR(p.trace, ARROWS_PLAIN);
    EXPECT_EQ(p.end[A].engine->besides[BESIDE_KEEPALIVE].pool.used, 0);
    EXPECT_EQ(p.end[B].engine->besides[BESIDE_KEEPALIVE].pool.used, 0);
    pair_close(&p);
}

/* A NAT that is only pretended keeps no mappings. */
static void test_forced_encapsulation_is_a_nat_that_needs_no_keepalives(void)
{
    for (int side = A; side <= B; side++) {
        pair_init(&p, plain);
        p.end[side].policy.force_encapsulation = true;
        p.end[A].config.keepalive_ns = p.end[B].config.keepalive_ns = 20 * second_ns;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT_STR(p.trace, ARROWS_PLAIN);
        EXPECT(pair_agrees(&p, 1));
        EXPECT_EQ(sa_of(&p, (enum pair_side)side)->nat, NAT_FORCED);
        EXPECT_EQ(sa_of(&p, (enum pair_side)(1 - side))->nat, NAT_THERE);
        for (int i = A; i <= B; i++) {
            EXPECT_EQ(sa_of(&p, (enum pair_side)i)->local.port, IKE_PORT_NAT);
            EXPECT_EQ(sa_of(&p, (enum pair_side)i)->remote.port, IKE_PORT_NAT);
        }
        pair_close(&p);
    }
}

static uint64_t keepalives(void)
{
    return p.end[B].reasons[WHY_NAT_KEEPALIVE];
}

/* RFC 3948 4: no other packet to the peer, be it of IKE or of ESP; and a liveness probe of the peer
 * is answered, which is a packet too. */
static void test_any_other_packet_puts_a_keepalive_off(void)
{
    const struct ike_packet packet = {.from = ike_addr_v4(0x0a010001u, 0),
                                      .to = ike_addr_v4(0x0a020001u, 0)};
    uint32_t spi;
    pair_init(&p, plain);
    kept_alive(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 15 * second_ns);
    EXPECT_EQ(ike_packet_out(p.end[A].engine, p.now_ns, p.end[A].sa, &packet, &spi),
              TRAFFIC_PASSES);
    pair_run_for(&p, 15 * second_ns);
    EXPECT_EQ(keepalives(), 0);
    EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run_for(&p, 15 * second_ns);
    EXPECT_EQ(keepalives(), 0);
    pair_run_for(&p, 6 * second_ns); /* 21 s after the answer */
    EXPECT_EQ(keepalives(), 1);
    pair_run_for(&p, 20 * second_ns);
    EXPECT_EQ(keepalives(), 2);
    EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 0); /* nobody was asked for it */
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* ---- what does not move it ---- */

static uint8_t kept_bytes[2][512];
static size_t kept_len[2];
static int keep_into; /* A's next request goes there; 2: none does */
static bool keep_back;

static bool keep(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)pair;
    (void)number;
    if (from != A || keep_into > 1 || *len > sizeof kept_bytes[0])
        return true;
    memcpy(kept_bytes[keep_into], bytes, *len);
    kept_len[keep_into] = *len;
    keep_into = 2;
    return !keep_back;
}

static const struct ike_addr elsewhere = {
    .family = IKE_IPV4, .port = 4501, .ip = {198, 51, 100, 66}};

/* The message kept, to B, from where nobody is. */
static enum ike_why replay(int which, const struct ike_addr *from)
{
    const struct ike_datagram d = {.local = sa_of(&p, B)->local,
                                   .remote = *from,
                                   .bytes = {.at = kept_bytes[which], .len = kept_len[which]}};
    struct ike_datagram out;
    const enum ike_why why = ike_input(p.end[B].engine, p.now_ns, &d);
    while (ike_next_output(p.end[B].engine, &out))
        continue;
    return why;
}

static void establish(const bool nat_a, const bool nat_b)
{
    pair_init(&p, plain);
    p.options.nat[A] = nat_a;
    p.options.nat[B] = nat_b;
    p.end[A].config.window = p.end[B].config.window = 4;
    keep_into = 2;
    keep_back = false;
    p.touch = keep;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
}

static void ask(int into, bool back)
{
    keep_into = into;
    keep_back = back;
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, second_ns / 2);
}

static void test_a_replayed_packet_moves_nothing(void)
{
    establish(true, false);
    ask(0, false);
    EXPECT_EQ(replay(0, &elsewhere), WHY_RETRANSMITTED); /* the last one there was */
    for (int i = 0; i < 5; i++)
        ask(2, false);
    EXPECT_EQ(replay(0, &elsewhere), WHY_MESSAGE_ID); /* an old one */
    kept_bytes[0][kept_len[0] - 1] ^= 1;
    EXPECT(replay(0, &elsewhere) != WHY_OK);
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, B, IKE_MOVED), 0);
    EXPECT(is_found(&p, B));
    pair_close(&p);
}

/* A window of four: the second request comes first and moves the SA, the first is then late. */
static void test_a_request_that_was_overtaken_moves_nothing(void)
{
    const struct ike_addr here = ike_addr_v4(0xcb007101u, 20000 + IKE_PORT_NAT + 1);
    establish(true, false);
    ask(0, true);
    ask(1, true);
    EXPECT_EQ(replay(1, &here), WHY_OK);
    EXPECT(ike_addr_equal(&sa_of(&p, B)->remote, &here));
    EXPECT_EQ(replay(0, &elsewhere), WHY_OK); /* taken, and no more */
    EXPECT(ike_addr_equal(&sa_of(&p, B)->remote, &here));
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, B, IKE_MOVED), 1);
    pair_close(&p);
}

static void test_an_answer_that_was_awaited_moves_it_and_a_second_does_not(void)
{
    const struct ike_addr here = ike_addr_v4(0xcb007101u, 20000 + IKE_PORT_NAT + 1);
    establish(true, false);
    keep_into = 0;
    keep_back = true;
    EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run_for(&p, second_ns / 2);
    EXPECT_EQ(replay(0, &here), WHY_OK);
    EXPECT(ike_addr_equal(&sa_of(&p, B)->remote, &here));
    EXPECT_EQ(replay(0, &elsewhere), WHY_NOT_AWAITED);
    EXPECT(ike_addr_equal(&sa_of(&p, B)->remote, &here));
    pair_close(&p);
}

/* The same of two answers: the second tells more of where A is. */
static void test_an_answer_that_was_overtaken_moves_nothing(void)
{
    const struct ike_addr here = ike_addr_v4(0xcb007101u, 20000 + IKE_PORT_NAT + 1);
    establish(true, false);
    for (int i = 0; i < 2; i++) {
        keep_into = i;
        keep_back = true;
        EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
        pair_run_for(&p, second_ns / 4);
    }
    EXPECT_EQ(replay(1, &here), WHY_OK);
    EXPECT(ike_addr_equal(&sa_of(&p, B)->remote, &here));
    EXPECT_EQ(replay(0, &elsewhere), WHY_OK); /* taken, and no more */
    EXPECT(ike_addr_equal(&sa_of(&p, B)->remote, &here));
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, B, IKE_MOVED), 1);
    pair_close(&p);
}

/* RFC 7296 2.23: a host behind a NAT does not follow, nor one that saw no NAT at all. */
static void test_only_a_host_in_the_open_follows_only_one_behind_a_nat(void)
{
    for (int both = 0; both < 2; both++) {
        establish(both == 1, both == 1);
        ask(0, true);
        EXPECT_EQ(replay(0, &elsewhere), WHY_OK);
        EXPECT_EQ(pair_count(&p, B, IKE_MOVED), 0);
        EXPECT(!ike_addr_equal(&sa_of(&p, B)->remote, &elsewhere));
        pair_close(&p);
    }
}

/* ---- transport mode (RFC 7296 2.23.1) ---- */

#define ARROW_TRANSPORT_REQ \
    "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(USE_TRANSPORT_MODE) SAi2 TSi TSr}\n"
#define ARROW_TRANSPORT_RSP \
    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(USE_TRANSPORT_MODE) SAr2 TSi TSr}\n"

/* The initiator has the two ends themselves, or everything; the responder its own end for all. */
static void transport(struct pair *pair, enum pair_side i, enum pair_side r)
{
    struct ike_child_policy *const ours = &pair->end[i].policy.child[0];
    struct ike_child_policy *const theirs = &pair->end[r].policy.child[0];
    ours->transport_mode = theirs->transport_mode = true;
    ours->local_count = ours->remote_count = theirs->local_count = 0;
    EXPECT(ike_selector_from_text("0.0.0.0/0", &theirs->remote[0]));
}

static void transport_through_one(struct pair *pair, enum pair_side i, enum pair_side r)
{
    transport(pair, i, r);
    pair->options.nat[i] = true;
}

static void transport_through_two(struct pair *pair, enum pair_side i, enum pair_side r)
{
    transport_through_one(pair, i, r);
    pair->options.nat[r] = true;
}

/* A client that may speak with anyone, and asks for its own end alone. */
static void transport_of_much(struct pair *pair, enum pair_side i, enum pair_side r)
{
    struct ike_child_policy *const ours = &pair->end[i].policy.child[0];
    transport_through_two(pair, i, r);
    ours->local_count = ours->remote_count = 1;
    EXPECT(ike_selector_from_text("192.0.2.0/24", &ours->local[0]));
    EXPECT(ike_selector_from_text("0.0.0.0/0[tcp/443]", &ours->remote[0]));
}

static const struct ike_child *child_of(const struct pair *pair, enum pair_side side)
{
    return ike_child_at(pair->end[side].engine, sa_of(pair, side)->child);
}

/* The Child SA of `side` is for its own address and the one it sees there; and the peer, which has
 * others for both, has said so. */
static bool is_between(const struct pair *pair, enum pair_side side)
{
    const enum pair_side far = side == A ? B : A;
    const struct ike_child *const child = child_of(pair, side);
    const struct ike_addr there = pair_address(pair, far);
    const struct ike_addr here = pair_address(pair, side);
    struct ike_addr local, remote;
    struct ike_selector ts[2];
    if (!child->transport || child->local_count != 1 || child->remote_count != 1)
        return false;
    const struct ike_bytes kept = ike_store_view(&pair->end[side].engine->store, child->selectors);
    memcpy(ts, kept.at, sizeof ts);
    return ike_addr_same_ip(&ts[0].from, &pair->end[side].addr) &&
           ike_addr_same_ip(&ts[0].to, &pair->end[side].addr) &&
           ike_addr_same_ip(&ts[1].from, &there) && ike_addr_same_ip(&ts[1].to, &there) &&
           ike_child_seen_as(pair->end[side].engine, pair->end[side].sa, child->spi_in, &local,
                             &remote) &&
           ike_addr_same_ip(&local, &here) && ike_addr_same_ip(&remote, &pair->end[far].addr) &&
           !ike_child_seen_as(pair->end[side].engine, pair->end[side].sa, child->spi_out, &local,
                              &remote) &&
           !ike_child_seen_as(pair->end[side].engine, pair->end[side].sa + 1, child->spi_in, &local,
                              &remote);
}

static bool both_between(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && is_between(pair, i) && is_between(pair, r);
}

#define ARROWS_TRANSPORT ARROW_INIT_REQ ARROW_INIT_RSP ARROW_TRANSPORT_REQ ARROW_TRANSPORT_RSP

static void test_transport_mode_goes_through_a_nat_before_the_client(void)
{
    flow_check(&(struct flow){
        .prepare = transport_through_one, .trace = ARROWS_TRANSPORT, .ended = both_between});
}

static void test_transport_mode_goes_through_two_nats(void)
{
    flow_check(&(struct flow){
        .prepare = transport_through_two, .trace = ARROWS_TRANSPORT, .ended = both_between});
}

static bool for_one_port(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    struct ike_selector ts[2];
    const struct ike_bytes kept =
        ike_store_view(&pair->end[r].engine->store, child_of(pair, r)->selectors);
    memcpy(ts, kept.at, sizeof ts);
    return both_between(pair, i, r) && ts[0].protocol == 6 && ts[0].from.port == 443 &&
           ts[0].to.port == 443;
}

static void test_of_a_wide_policy_only_the_two_ends_are_asked_for(void)
{
    flow_check(&(struct flow){
        .prepare = transport_of_much, .trace = ARROWS_TRANSPORT, .ended = for_one_port});
}

static void rekeyed_from_there(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    EXPECT(ike_rekey_child(pair->end[r].engine, pair->now_ns, pair->end[r].sa, pair->end[r].child));
}

/* The server is the client of that exchange, and it is the other side that substitutes. */
static void test_a_server_behind_a_nat_rekeys_transport_mode(void)
{
    flow_check(&(struct flow){
        .prepare = transport_through_two,
        .act = rekeyed_from_there,
        .trace = ARROWS_TRANSPORT
        "B>A  CREATE_CHILD_SA req 0  SK{N(REKEY_SA) N(USE_TRANSPORT_MODE) SA Ni TSi TSr}\n"
        "A>B  CREATE_CHILD_SA rsp 0  SK{N(USE_TRANSPORT_MODE) SA Nr TSi TSr}\n"
        "B>A  INFORMATIONAL   req 1  SK{D(ESP 1)}\n"
        "A>B  INFORMATIONAL   rsp 1  SK{D(ESP 1)}\n",
        .ended = both_between});
}

static void transport_not_granted(struct pair *pair, enum pair_side i, enum pair_side r)
{
    transport_through_one(pair, i, r);
    pair->end[r].policy.child[0].transport_mode = false;
}

/* In tunnel mode the client's own address is what it wrote. */
static bool in_a_tunnel(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    struct ike_selector ts[2];
    struct ike_addr local, remote;
    const struct ike_child *const child = child_of(pair, r);
    const struct ike_bytes kept = ike_store_view(&pair->end[r].engine->store, child->selectors);
    memcpy(ts, kept.at, sizeof ts);
    return pair_agrees(pair, 1) && !child->transport &&
           ike_addr_same_ip(&ts[1].from, &pair->end[i].addr) &&
           !ike_child_seen_as(pair->end[r].engine, pair->end[r].sa, child->spi_in, &local, &remote);
}

static void test_without_transport_mode_the_selectors_stay_as_they_were_written(void)
{
    flow_check(
        &(struct flow){.prepare = transport_not_granted,
                       .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROW_TRANSPORT_REQ ARROW_AUTH_RSP,
                       .ended = in_a_tunnel});
}

static void transport_to_others(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->options.nat[i] = true;
    pair->end[i].policy.child[0].transport_mode = true;
    pair->end[r].policy.child[0].transport_mode = true;
}

static bool up_in_a_tunnel(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && !child_of(pair, i)->transport && !child_of(pair, r)->transport;
}

/* Two networks are not the two ends. */
static void test_a_policy_without_the_two_ends_asks_for_no_transport_mode(void)
{
    flow_check(&(struct flow){
        .prepare = transport_to_others, .trace = ARROWS_PLAIN, .ended = up_in_a_tunnel});
}

static struct ike_selectors of(const char *first, const char *second)
{
    struct ike_selectors list = {.count = 0};
    if (first != NULL)
        EXPECT(ike_selector_from_text(first, &list.at[list.count++]));
    if (second != NULL)
        EXPECT(ike_selector_from_text(second, &list.at[list.count++]));
    return list;
}

/* RFC 7296 2.23.1: of one address at either end, or they stay as they are. */
static void test_only_selectors_of_one_address_each_are_exchanged(void)
{
    static const struct {
        const char *ours[2], *theirs[2];
        bool done;
    } rows[] = {
        {{"10.0.0.1[tcp/80]", "10.0.0.1[udp]"}, {"192.0.2.7", NULL}, true},
        {{NULL, NULL}, {"192.0.2.7", NULL}, false},
        {{"10.0.0.1", NULL}, {NULL, NULL}, false},
        {{"10.0.0.1", "10.0.0.2"}, {"192.0.2.7", NULL}, false},
        {{"10.0.0.0/31", NULL}, {"192.0.2.7", NULL}, false},
        {{"10.0.0.1", NULL}, {"192.0.2.7", "192.0.2.6/31"}, false},
    };
    struct ike_sa sa = {.nat = NAT_HERE | NAT_THERE};
    EXPECT(ike_addr_parse("203.0.113.1", &sa.local) && ike_addr_parse("203.0.113.2", &sa.remote));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ike_addr was[2];
        struct ike_selectors ours = of(rows[i].ours[0], rows[i].ours[1]);
        struct ike_selectors theirs = of(rows[i].theirs[0], rows[i].theirs[1]);
        const struct ike_selectors before = ours;
        EXPECT(ike_nat_substitute(&sa, &ours, &theirs, was) == rows[i].done);
        EXPECT((memcmp(&before, &ours, sizeof ours) == 0) == !rows[i].done);
        if (!rows[i].done)
            continue;
        EXPECT(ike_addr_same_ip(&ours.at[1].from, &sa.local) && ours.at[0].to.port == 80);
        EXPECT(ike_addr_same_ip(&theirs.at[0].to, &sa.remote));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_responder_that_looks_for_no_nat_does_not_answer_to_that),
        TEST(test_a_responder_follows_the_initiator_to_its_new_mapping),
        TEST(test_an_initiator_follows_a_responder_behind_a_nat),
        TEST(test_the_ike_sa_that_replaces_it_is_at_the_new_mapping),
        TEST(test_a_request_that_is_refused_moves_it_as_well),
        TEST(test_who_is_behind_a_nat_and_silent_sends_keepalives),
        TEST(test_the_ike_sa_that_replaces_it_sends_them_too),
        TEST(test_without_a_nat_nothing_is_kept_alive_and_nothing_kept),
        TEST(test_forced_encapsulation_is_a_nat_that_needs_no_keepalives),
        TEST(test_any_other_packet_puts_a_keepalive_off),
        TEST(test_a_replayed_packet_moves_nothing),
        TEST(test_a_request_that_was_overtaken_moves_nothing),
        TEST(test_an_answer_that_was_awaited_moves_it_and_a_second_does_not),
        TEST(test_an_answer_that_was_overtaken_moves_nothing),
        TEST(test_only_a_host_in_the_open_follows_only_one_behind_a_nat),
        TEST(test_transport_mode_goes_through_a_nat_before_the_client),
        TEST(test_transport_mode_goes_through_two_nats),
        TEST(test_of_a_wide_policy_only_the_two_ends_are_asked_for),
        TEST(test_a_server_behind_a_nat_rekeys_transport_mode),
        TEST(test_without_transport_mode_the_selectors_stay_as_they_were_written),
        TEST(test_a_policy_without_the_two_ends_asks_for_no_transport_mode),
        TEST(test_only_selectors_of_one_address_each_are_exchanged),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
