/* SPDX-License-Identifier: MIT
 * Traffic selectors between two engines: the packet that wants to go out, which
 * stands first, and policies that want something else (RFC 7296 2.9, 2.9.2,
 * 3.13.1). */
#include "ike/engine.h"
#include "ike/v2/selector.h"
#include "tests/flow.h"
#include "tests/mangle.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

static struct ike_packet packet_to(const char *address)
{
    struct ike_packet packet = {.protocol = 6};
    EXPECT(ike_addr_parse("10.1.0.9", &packet.from));
    EXPECT(ike_addr_parse(address, &packet.to));
    packet.from.port = 40000;
    packet.to.port = 443;
    return packet;
}

static void connect_for(const struct ike_packet *packet)
{
    const struct ike_attempt attempt = {.local = p.end[A].addr,
                                        .remote = p.end[B].addr,
                                        .policy = &p.end[A].policy,
                                        .trigger = packet};
    EXPECT(ike_connect(p.end[A].engine, 0, &attempt) != 0);
    pair_run(&p);
}

/* Both sides of the newest Child SA of an end, "10.1.0.0/16 10.2.0.0/16". */
static const char *sides_of(enum pair_side side)
{
    static char text[2 * IKE_SELECTOR_TEXT];
    const struct ike_engine *const engine = p.end[side].engine;
    const struct ike_sa *const sa = ike_sa_numbered(engine, p.end[side].sa);
    if (sa == NULL || sa->child == 0)
        return "none";
    const struct ike_child *const child = ike_child_at(engine, sa->child);
    const struct ike_bytes kept = ike_store_view(&engine->store, child->selectors);
    text[0] = '\0';
    for (int i = 0; i < child->local_count + child->remote_count; i++) {
        struct ike_selector one;
        char written[IKE_SELECTOR_TEXT];
        memcpy(&one, kept.at + (size_t)i * sizeof one, sizeof one);
        ike_selector_format(&one, written);
        strncat(text, i > 0 ? " " : "", sizeof text - strlen(text) - 1);
        strncat(text, written, sizeof text - strlen(text) - 1);
    }
    return text;
}

/* ---- several policies at the responder ---- */

static void two_nets_at_b(void)
{
    struct ike_policy *const policy = &p.end[B].policy;
    policy->child[1] = policy->child[0];
    EXPECT(ike_selector_from_text("10.2.1.0/24", &policy->child[0].local[0]));
    EXPECT(ike_selector_from_text("10.2.2.0/24", &policy->child[1].local[0]));
    policy->child_count = 2;
}

/* RFC 7296 2.9: "a subset that includes the initiator's first choices", whichever policy has it. */
static void test_the_packet_chooses_among_the_responder_s_policies(void)
{
    static const char *const to[] = {"10.2.1.5", "10.2.2.5", "10.2.9.5"};
    static const char *const granted[] = {"10.2.1.0/24 10.1.0.0/16", "10.2.2.0/24 10.1.0.0/16",
                                          "10.2.1.0/24 10.1.0.0/16"};
    for (size_t i = 0; i < 3; i++) {
        const struct ike_packet packet = packet_to(to[i]);
        pair_init(&p, plain);
        two_nets_at_b();
        pair_open(&p);
        connect_for(&packet);
        EXPECT(pair_agrees(&p, 1));
        EXPECT_STR(sides_of(B), granted[i]);
        EXPECT(strstr(p.trace, "SK{IDr AUTH N(ADDITIONAL_TS_POSSIBLE) SAr2 TSi TSr}") != NULL);
        pair_close(&p);
    }
}

/* ---- one pair of addresses at a time ---- */

static void pairs_only(void)
{
    pair_init(&p, plain);
    p.end[B].policy.child[0].single_pair = true;
}

/* RFC 7296 2.9: better narrowed than refused, where the packet says to which pair. */
static void test_a_responder_that_wants_pairs_narrows_to_the_packet_s(void)
{
    const struct ike_packet packet = packet_to("10.2.3.4");
    pairs_only();
    pair_open(&p);
    connect_for(&packet);
    EXPECT_STR(p.trace, ARROWS_PLAIN);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_STR(sides_of(B), "10.2.3.4 10.1.0.9");
    EXPECT_STR(sides_of(A), "10.1.0.9 10.2.3.4");
    pair_close(&p);
}

/* RFC 7296 2.9.2: neither narrower nor refused. */
static void test_a_pair_is_rekeyed_as_it_is(void)
{
    for (int side = 0; side < 2; side++) {
        const struct ike_packet packet = packet_to("10.2.3.4");
        pairs_only();
        p.end[A].policy.child[0].single_pair = true;
        pair_open(&p);
        connect_for(&packet);
        struct pair_end *const end = &p.end[side];
        EXPECT(ike_rekey_child(end->engine, p.now_ns, end->sa, end->child));
        pair_run(&p);
        EXPECT(pair_agrees(&p, 1));
        EXPECT_EQ(end->ends[WHY_REKEYED], 1);
        EXPECT_STR(sides_of(B), "10.2.3.4 10.1.0.9");
        pair_close(&p);
    }
}

/* A packet the policy has no room for says nothing about a pair. */
static void test_a_packet_outside_policy_makes_no_pair(void)
{
    const struct ike_packet packet = packet_to("10.2.3.4");
    pairs_only();
    EXPECT(ike_selector_from_text("10.2.9.0/24", &p.end[B].policy.child[0].local[0]));
    pair_open(&p);
    connect_for(&packet);
    EXPECT(pair_agrees(&p, 0));
    EXPECT_EQ(p.end[B].ends[WHY_SINGLE_PAIR], 1);
    pair_close(&p);
}

/* The first of each list of selectors is lost on the way. */
static void without_packet(void)
{
    static const uint8_t types[] = {PAYLOAD_TSI, PAYLOAD_TSR};
    for (size_t i = 0; i < 2; i++) {
        uint8_t body[256];
        size_t len = 0;
        uint8_t *const at = mangle_body(types[i], &len);
        EXPECT(at != NULL && len == 4 + 16 + 16 && at[0] == 2);
        memcpy(body, at, len);
        memmove(body + 4, body + 20, len - 20);
        body[0] = 1;
        mangle_drop(types[i]);
        mangle_add(types[i], body, len - 16);
    }
}

/* RFC 7296 2.9: "by requesting an SA for only the specific traffic it is trying to forward". */
static void test_single_pair_required_is_obeyed_after_ike_auth(void)
{
    const struct ike_packet packet = packet_to("10.2.3.4");
    pairs_only();
    pair_open(&p);
    mangle_edit(&p, 2, without_packet);
    connect_for(&packet);
    EXPECT(mangle_done());
    EXPECT_STR(p.trace, ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ
               "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(SINGLE_PAIR_REQUIRED)}\n"
               "A>B  CREATE_CHILD_SA req 2  SK{SA Ni TSi TSr}\n"
               "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr TSi TSr}\n");
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_FAILED), 0);
    EXPECT_STR(sides_of(B), "10.2.3.4[tcp/443] 10.1.0.9[tcp/40000]");
    pair_close(&p);
}

static void test_single_pair_required_is_obeyed_in_create_child_sa(void)
{
    const struct ike_packet packet = packet_to("10.2.3.4");
    const struct ike_packet other = packet_to("10.2.3.5");
    uint32_t spi;
    pairs_only();
    pair_open(&p);
    connect_for(&packet);
    mangle_edit(&p, 4, without_packet);
    EXPECT_EQ(ike_packet_out(p.end[A].engine, p.now_ns, p.end[A].sa, &other, &spi), TRAFFIC_HELD);
    pair_run(&p);
    EXPECT(strstr(p.trace, "B>A  CREATE_CHILD_SA rsp 2  SK{N(SINGLE_PAIR_REQUIRED)}\n"
                           "A>B  CREATE_CHILD_SA req 3  SK{SA Ni TSi TSr}\n"
                           "B>A  CREATE_CHILD_SA rsp 3  SK{SA Nr TSi TSr}\n") != NULL);
    EXPECT(pair_agrees(&p, 2));
    EXPECT_EQ(ike_packet_out(p.end[A].engine, p.now_ns, p.end[A].sa, &other, &spi), TRAFFIC_PASSES);
    pair_close(&p);
}

static void refuse_again(void)
{
    static const uint8_t body[] = {0, 0, 0, N_SINGLE_PAIR_REQUIRED};
    mangle_drop(PAYLOAD_SA);
    mangle_drop(PAYLOAD_NONCE);
    mangle_drop(PAYLOAD_TSI);
    mangle_drop(PAYLOAD_TSR);
    mangle_add(PAYLOAD_NOTIFY, body, sizeof body);
}

static void test_who_asks_for_a_pair_and_is_refused_asks_no_more(void)
{
    const struct ike_packet packet = packet_to("10.2.3.4");
    pairs_only();
    pair_open(&p);
    mangle_edit(&p, 2, without_packet);
    const struct ike_attempt attempt = {.local = p.end[A].addr,
                                        .remote = p.end[B].addr,
                                        .policy = &p.end[A].policy,
                                        .trigger = &packet};
    EXPECT(ike_connect(p.end[A].engine, 0, &attempt) != 0);
    while (p.sent < 5)
        pair_run_for(&p, 1000000);
    mangle_edit(&p, 5, refuse_again);
    pair_run(&p);
    EXPECT_EQ(p.sent, 6);
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_FAILED), 1);
    pair_close(&p);
}

/* ---- protocols without ports ---- */

static uint8_t first_selector[8];

static void look_at_first(void)
{
    size_t len = 0;
    const uint8_t *const at = mangle_body(PAYLOAD_TSI, &len);
    EXPECT(at != NULL && len > 12);
    memcpy(first_selector, at + 4, sizeof first_selector);
}

/* RFC 7296 3.13.1: from 0 to 65535 where there are none; type and code of ICMP stand there. */
static void test_a_packet_s_selector_has_all_ports_where_its_protocol_has_none(void)
{
    static const struct {
        uint8_t protocol;
        uint16_t port;
        uint8_t wanted[4];
    } rows[] = {
        {0, 0, {0, 0, 0xff, 0xff}}, {47, 0, {0, 0, 0xff, 0xff}}, {6, 80, {0, 80, 0, 80}},
        {17, 53, {0, 53, 0, 53}},   {1, 0x800, {8, 0, 8, 0}},    {58, 0x8000, {0x80, 0, 0x80, 0}},
        {132, 99, {0, 99, 0, 99}},  {50, 7, {0, 0, 0xff, 0xff}}, {33, 99, {0, 99, 0, 99}},
        {136, 99, {0, 99, 0, 99}},  {135, 0x500, {5, 0, 5, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ike_packet packet = packet_to("10.2.3.4");
        packet.protocol = rows[i].protocol;
        packet.from.port = packet.to.port = rows[i].port;
        pair_init(&p, plain);
        pair_open(&p);
        mangle_edit(&p, 2, look_at_first);
        connect_for(&packet);
        EXPECT(pair_agrees(&p, 1));
        EXPECT_EQ(first_selector[1], rows[i].protocol);
        EXPECT(memcmp(first_selector + 4, rows[i].wanted, 4) == 0);
        uint32_t spi;
        EXPECT_EQ(ike_packet_out(p.end[A].engine, p.now_ns, p.end[A].sa, &packet, &spi),
                  TRAFFIC_PASSES);
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_packet_chooses_among_the_responder_s_policies),
        TEST(test_a_responder_that_wants_pairs_narrows_to_the_packet_s),
        TEST(test_a_pair_is_rekeyed_as_it_is),
        TEST(test_a_packet_outside_policy_makes_no_pair),
        TEST(test_single_pair_required_is_obeyed_after_ike_auth),
        TEST(test_single_pair_required_is_obeyed_in_create_child_sa),
        TEST(test_who_asks_for_a_pair_and_is_refused_asks_no_more),
        TEST(test_a_packet_s_selector_has_all_ports_where_its_protocol_has_none),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
