/* SPDX-License-Identifier: MIT
 * What makes SAs come and go by themselves: lifetimes by time, octets and
 * packets (RFC 7296 2.8), packets that want to go out (2.9), and windows larger
 * than one (2.3). */
#include "ike/engine.h"
#include "ike/v2/selector.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;
static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};
static const uint64_t second_ns = UINT64_C(1000000000);

/* ---- lifetimes ---- */

static void begin(void (*prepare)(struct ike_policy *of_a, struct ike_config *b))
{
    pair_init(&p, plain);
    prepare(&p.end[A].policy, &p.end[B].config);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
}

static void child_of_a_minute(struct ike_policy *policy, struct ike_config *b)
{
    (void)b;
    policy->child[0].lifetime = (struct ike_lifetime){.rekey_ns = 60 * second_ns};
}

static void test_a_child_is_rekeyed_when_its_time_has_come(void)
{
    begin(child_of_a_minute);
    pair_run_for(&p, 58 * second_ns);
    EXPECT_EQ(p.sent, 4);
    pair_run_for(&p, 2 * second_ns);
    EXPECT_EQ(p.sent, 8);
    EXPECT_EQ(p.end[A].ends[WHY_REKEYED], 1);
    pair_run_for(&p, 180 * second_ns); /* and the new one in its turn: at 120, 180 and 240 s */
    EXPECT_EQ(p.sent, 8 + 3 * 4);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void ike_of_a_minute(struct ike_policy *policy, struct ike_config *b)
{
    (void)b;
    policy->lifetime = (struct ike_lifetime){.rekey_ns = 60 * second_ns};
}

static void test_the_ike_sa_is_rekeyed_when_its_time_has_come(void)
{
    begin(ike_of_a_minute);
    pair_run_for(&p, 150 * second_ns);
    EXPECT_EQ(pair_count(&p, A, IKE_REKEYED), 2);
    EXPECT_EQ(pair_count(&p, B, IKE_REKEYED), 2);
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_DOWN), 0);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void jittered(struct ike_policy *policy, struct ike_config *b)
{
    (void)b;
    policy->child[0].lifetime =
        (struct ike_lifetime){.rekey_ns = 60 * second_ns, .rand_ns = 30 * second_ns};
}

static void test_jitter_only_shortens_a_lifetime_and_by_its_share_at_most(void)
{
    bool early = false;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        pair_init(&p, plain);
        jittered(&p.end[A].policy, &p.end[B].config);
        p.end[A].random = seed;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, 30 * second_ns);
        EXPECT_EQ(p.sent, 4);
        pair_run_for(&p, 20 * second_ns);
        early = early || p.sent > 4;
        pair_run_for(&p, 11 * second_ns);
        EXPECT_EQ(p.sent, 8);
        pair_close(&p);
    }
    EXPECT(early);
}

static void by_octets(struct ike_policy *policy, struct ike_config *b)
{
    (void)b;
    policy->child[0].lifetime = (struct ike_lifetime){
        .rekey_bytes = 1000, .life_bytes = 1500, .rekey_packets = 100, .life_packets = 200};
}

static void test_octets_and_packets_wear_a_child_out(void)
{
    begin(by_octets);
    struct pair_end *const a = &p.end[A];
    const struct ike_use use = {.bytes = 333, .packets = 1};
    const uint32_t first = a->child;
    for (int i = 0; i < 3; i++)
        EXPECT(ike_child_used(a->engine, p.now_ns, a->sa, first, &use));
    pair_run_for(&p, second_ns);
    EXPECT_EQ(p.sent, 4); /* 999 octets */
    EXPECT(ike_child_used(a->engine, p.now_ns, a->sa, first, &use));
    pair_run_for(&p, second_ns);
    EXPECT_EQ(p.sent, 8);
    EXPECT(a->child != first);
    EXPECT(!ike_child_used(a->engine, p.now_ns, a->sa, first, &use));
    const struct ike_use many = {.bytes = 0, .packets = 100};
    EXPECT(ike_child_used(a->engine, p.now_ns, a->sa, a->child, &many));
    pair_run_for(&p, second_ns);
    EXPECT_EQ(p.sent, 12);
    const struct ike_use all = {.bytes = 1500, .packets = 1};
    EXPECT(ike_child_used(a->engine, p.now_ns, a->sa, a->child, &all));
    pair_run_for(&p, second_ns);
    EXPECT_EQ(a->ends[WHY_LIFETIME], 1); /* too late to rekey it */
    EXPECT(pair_agrees(&p, 0));
    pair_close(&p);
}

/* ---- message ids ---- */

/* As if so many requests of A had been answered. */
static void count_to(uint32_t id)
{
    ike_sa_numbered(p.end[A].engine, p.end[A].sa)->send_id = id;
    ike_sa_numbered(p.end[B].engine, p.end[B].sa)->take_id = id;
}

static void no_lifetime(struct ike_policy *policy, struct ike_config *b)
{
    (void)policy;
    (void)b;
}

static void probe(enum pair_side side)
{
    EXPECT(ike_probe(p.end[side].engine, p.now_ns, p.end[side].sa));
    pair_run(&p);
}

/* RFC 7296 2.2: "the IKE SA MUST be closed or rekeyed". */
static void test_an_ike_sa_whose_message_ids_run_out_is_rekeyed(void)
{
    begin(no_lifetime);
    count_to(IKE_IDS_REKEY - 2);
    probe(A);
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 4294901758  SK{}\n") != NULL);
    EXPECT_EQ(pair_count(&p, A, IKE_REKEYED), 0);
    probe(A);
    EXPECT_EQ(pair_count(&p, A, IKE_REKEYED), 1);
    EXPECT(pair_agrees(&p, 1));
    const char *const said = p.trace + p.trace_len;
    probe(B);
    EXPECT_STR(said, "B>A  INFORMATIONAL   req 0  SK{}\nA>B  INFORMATIONAL   rsp 0  SK{}\n");
    pair_close(&p);
}

static void test_an_ike_sa_whose_message_ids_run_out_and_cannot_be_rekeyed_is_closed(void)
{
    begin(no_lifetime);
    pair_offer(&p, B, "aes128gcm16-prfsha256-x25519", "aes256gcm16"); /* it would refuse */
    count_to(IKE_IDS_REKEY - 1);
    probe(A);
    EXPECT_EQ(pair_count(&p, A, IKE_REKEY_FAILED), 1);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
    count_to(IKE_IDS_CLOSE - 1);
    probe(A);
    EXPECT(strstr(p.trace, "SK{D(IKE)}\n") != NULL);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* Neither the last id of all, nor the first after it. */
static void test_message_ids_do_not_begin_again(void)
{
    begin(no_lifetime);
    p.end[A].config.retransmit.sends = 1;
    count_to(UINT32_MAX);
    probe(A);
    EXPECT(p.end[B].reasons[WHY_MESSAGE_ID] >= 1);
    EXPECT_EQ(p.end[B].reasons[WHY_RETRANSMITTED], 0);
    pair_close(&p);
    begin(no_lifetime);
    ike_sa_numbered(p.end[B].engine, p.end[B].sa)->take_id = UINT32_MAX - 1;
    ike_sa_numbered(p.end[A].engine, p.end[A].sa)->send_id = 0;
    probe(A);
    EXPECT(p.end[B].reasons[WHY_MESSAGE_ID] >= 1);
    pair_close(&p);
}

/* ---- liveness ---- */

/* An IKE SA that is being closed asks for nothing more, however much its Child SAs carry. */
static void test_what_is_carried_while_all_is_closed_asks_for_nothing(void)
{
    static const struct ike_use uses[] = {{.bytes = 1000, .packets = 1},
                                          {.bytes = 1500, .packets = 1}};
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        begin(by_octets);
        struct pair_end *const a = &p.end[A];
        EXPECT(ike_delete(a->engine, p.now_ns, a->sa));
        EXPECT(ike_child_used(a->engine, p.now_ns, a->sa, a->child, &uses[i]));
        pair_run_for(&p, second_ns);
        EXPECT_EQ(p.sent, 4 + 2);
        EXPECT_EQ(a->ends[WHY_LIFETIME], 0);
        EXPECT_EQ(ike_stats(a->engine).established, 0);
        pair_close(&p);
    }
}

static void watchful(struct ike_policy *policy, struct ike_config *b)
{
    (void)policy;
    (void)b;
    p.end[A].config.liveness_ns = 10 * second_ns;
}

/* RFC 7296 2.4: "on an IKE SA or any of its Child SAs". */
static void test_what_a_child_sa_brings_shows_that_the_peer_is_alive(void)
{
    begin(watchful);
    struct pair_end *const a = &p.end[A];
    for (int i = 0; i < 10; i++) {
        const struct ike_use use = {.bytes = 1000, .packets = 1, .heard = i < 5};
        pair_run_for(&p, 6 * second_ns);
        EXPECT(ike_child_used(a->engine, p.now_ns, a->sa, a->child, &use));
        EXPECT_EQ(p.sent > 4, i >= 6); /* silent from 31 s on, asked at 41 s */
    }
    pair_close(&p);
}

static void refused_by_the_peer(struct ike_policy *policy, struct ike_config *b)
{
    (void)b;
    policy->child[0].lifetime =
        (struct ike_lifetime){.rekey_ns = 60 * second_ns, .over_ns = 6 * second_ns};
    policy->lifetime = (struct ike_lifetime){.rekey_ns = 90 * second_ns, .over_ns = 9 * second_ns};
}

static void test_a_refused_rekey_ends_in_a_delete(void)
{
    begin(refused_by_the_peer);
    pair_offer(&p, B, "aes128gcm16-prfsha512-ecp384", "aes128gcm16"); /* nothing fits any more */
    pair_run_for(&p, 64 * second_ns);
    EXPECT_EQ(pair_count(&p, A, IKE_REKEY_FAILED), 1);
    EXPECT(pair_agrees(&p, 1));
    pair_run_for(&p, 4 * second_ns);
    EXPECT_EQ(p.end[A].ends[WHY_LIFETIME], 1);
    EXPECT(pair_agrees(&p, 0));
    pair_run_for(&p, 40 * second_ns);
    EXPECT_EQ(p.end[A].ends[WHY_LIFETIME], 2);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void of_a_minute_and_three_seconds(struct ike_policy *policy, struct ike_config *b)
{
    (void)b;
    policy->lifetime = (struct ike_lifetime){.rekey_ns = 60 * second_ns, .over_ns = 3 * second_ns};
}

/* The old IKE SA was to be closed for its age when the peer answered after all: the new one is not
 * as old. */
static void test_a_late_rekey_is_not_closed_for_the_age_of_the_old_ike_sa(void)
{
    begin(of_a_minute_and_three_seconds);
    pair_run_for(&p, 58 * second_ns);
    p.touch = pair_touch_lose;
    pair_run_for(&p, 5 * second_ns);
    EXPECT_EQ(pair_count(&p, A, IKE_REKEYED), 0);
    p.touch = NULL;
    pair_run_for(&p, 30 * second_ns);
    EXPECT_EQ(pair_count(&p, A, IKE_REKEYED), 1);
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_DOWN), 0);
    EXPECT_EQ(p.end[A].ends[WHY_LIFETIME], 0);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* ---- packets ---- */

enum { KINDS = 6 };

static void many_kinds(struct ike_policy *policy, enum pair_side side)
{
    for (unsigned i = 0; i < KINDS; i++) {
        char text[2][32];
        (void)snprintf(text[0], sizeof text[0], "10.1.%u.0/24", i);
        (void)snprintf(text[1], sizeof text[1], "10.2.%u.0/24", i);
        policy->child[i] = policy->child[0];
        (void)ike_selector_from_text(text[side == A ? 0 : 1], &policy->child[i].local[0]);
        (void)ike_selector_from_text(text[side == A ? 1 : 0], &policy->child[i].remote[0]);
    }
    policy->child_count = KINDS;
}

static struct ike_packet packet_of(unsigned kind)
{
    return (struct ike_packet){.from = ike_addr_v4(0x0a010005u + (kind << 8), 1000),
                               .to = ike_addr_v4(0x0a020007u + (kind << 8), 80),
                               .protocol = 6};
}

/* 4 messages for a connection with one policy, then 2 more for each (RFC 7296 1.2, 1.3.1). */
static void test_each_further_policy_costs_two_messages(void)
{
    pair_init(&p, plain);
    many_kinds(&p.end[A].policy, A);
    many_kinds(&p.end[B].policy, B);
    pair_open(&p);
    struct pair_end *const a = &p.end[A];
    const struct ike_packet first = packet_of(3);
    const struct ike_attempt attempt = {
        .local = a->addr, .remote = p.end[B].addr, .policy = &a->policy, .trigger = &first};
    (void)ike_connect(a->engine, p.now_ns, &attempt);
    pair_run_for(&p, second_ns);
    EXPECT_EQ(p.sent, 4);
    uint32_t spi;
    EXPECT_EQ(ike_packet_out(a->engine, p.now_ns, a->sa, &first, &spi), TRAFFIC_PASSES);
    EXPECT_EQ(spi, a->child);
    int wanted = 4;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        const struct ike_packet packet = packet_of(kind);
        if (kind != 3) {
            EXPECT_EQ(ike_packet_out(a->engine, p.now_ns, a->sa, &packet, &spi), TRAFFIC_HELD);
            EXPECT_EQ(ike_packet_out(a->engine, p.now_ns, a->sa, &packet, &spi), TRAFFIC_HELD);
            wanted += 2;
        }
        pair_run_for(&p, second_ns);
        EXPECT_EQ(p.sent, wanted);
        EXPECT_EQ(ike_packet_out(a->engine, p.now_ns, a->sa, &packet, &spi), TRAFFIC_PASSES);
    }
    EXPECT_EQ(wanted, 4 + 2 * (KINDS - 1));
    EXPECT(pair_agrees(&p, KINDS));
    pair_close(&p);
}

static void test_a_packet_outside_all_policies_makes_nothing(void)
{
    pair_init(&p, plain);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    const struct ike_packet stray = {
        .from = ike_addr_v4(0x0a010005u, 1), .to = ike_addr_v4(0xc0a80001u, 1), .protocol = 17};
    uint32_t spi;
    EXPECT_EQ(ike_packet_out(p.end[A].engine, p.now_ns, p.end[A].sa, &stray, &spi),
              TRAFFIC_NO_POLICY);
    pair_run_for(&p, second_ns);
    EXPECT_EQ(p.sent, 4);
    pair_close(&p);
}

/* ---- windows ---- */

static void window_of_four(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    many_kinds(&pair->end[A].policy, A);
    many_kinds(&pair->end[B].policy, B);
    pair->end[r].config.window = 4;
}

static void ask_for_all(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    for (uint8_t kind = 1; kind < KINDS; kind++)
        (void)ike_create_child(pair->end[i].engine, pair->now_ns, pair->end[i].sa, kind, NULL);
}

static bool has_all(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, KINDS);
}

#define CREATE(id)  "A>B  CREATE_CHILD_SA req " #id "  SK{SA Ni TSi TSr}\n"
#define CREATED(id) "B>A  CREATE_CHILD_SA rsp " #id "  SK{SA Nr TSi TSr}\n"

static void test_four_requests_are_under_way_when_the_peer_allows_it(void)
{
    flow_check(&(struct flow){
        .prepare = window_of_four,
        .act = ask_for_all,
        .trace = ARROWS_PLAIN "B>A  INFORMATIONAL   req 0  SK{N(SET_WINDOW_SIZE)}\n"
                              "A>B  INFORMATIONAL   rsp 0  SK{}\n" CREATE(2) CREATE(3) CREATE(4)
                                  CREATE(5) CREATED(2) CREATED(3) CREATED(4) CREATED(5) CREATE(6)
                                      CREATED(6),
        .ended = has_all,
    });
}

static void test_requests_out_of_order_are_answered_within_the_window_only(void)
{
    static uint8_t kept[4][IKE_MESSAGE_MAX];
    size_t lens[4];
    pair_init(&p, plain);
    window_of_four(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    struct pair_end *const a = &p.end[A];
    for (uint8_t kind = 1; kind < 5; kind++)
        (void)ike_create_child(a->engine, p.now_ns, a->sa, kind, NULL);
    struct ike_datagram d;
    for (int i = 0; i < 4 && EXPECT(ike_next_output(a->engine, &d)); i++) {
        lens[i] = d.bytes.len;
        memcpy(kept[i], d.bytes.at, d.bytes.len);
    }
    EXPECT_EQ(pair_inject(&p, B, kept[3], lens[3]), WHY_OK);
    EXPECT_EQ(pair_inject(&p, B, kept[1], lens[1]), WHY_OK);
    EXPECT_EQ(pair_inject(&p, B, kept[3], lens[3]), WHY_RETRANSMITTED);
    EXPECT_EQ(pair_inject(&p, B, kept[0], lens[0]), WHY_OK);
    EXPECT_EQ(pair_inject(&p, B, kept[2], lens[2]), WHY_OK);
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(pair_inject(&p, B, kept[i], lens[i]), WHY_RETRANSMITTED);
    kept[0][23] = 40; /* its message id: far beyond */
    EXPECT_EQ(pair_inject(&p, B, kept[0], lens[0]), WHY_MESSAGE_ID);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 5));
    pair_close(&p);
}

static void both_of_eight(struct pair *pair, enum pair_side i, enum pair_side r)
{
    window_of_four(pair, i, r);
    pair->end[A].config.window = pair->end[B].config.window = 8;
}

static void rekey_then_ask(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
    pair_run(pair);
    ask_for_all(pair, i, r);
}

static void test_a_rekeyed_ike_sa_sets_its_window_anew(void)
{
    pair_init(&p, plain);
    both_of_eight(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    rekey_then_ask(&p, A, B);
    pair_run(&p);
    EXPECT(pair_agrees(&p, KINDS));
    int said = 0;
    for (const char *at = p.trace; (at = strstr(at, "N(SET_WINDOW_SIZE)")) != NULL; at++)
        said++;
    EXPECT_EQ(said, 4);
    EXPECT_EQ(p.end[A].engine->besides[BESIDE_WINDOW].pool.used, 1);
    pair_close(&p);
}

/* RFC 8019 5: nobody in particular may not keep us busy with many requests at once, nor may what
 * such an SA is rekeyed to. */
static void test_a_peer_without_authentication_gets_no_larger_window(void)
{
    pair_init(&p, plain);
    both_of_eight(&p, A, B);
    p.end[A].policy.proof = PROOF_NULL;
    p.end[B].policy.accepts = 1 << PROOF_NULL;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    rekey_then_ask(&p, A, B);
    pair_run(&p);
    EXPECT(pair_agrees(&p, KINDS));
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 2  SK{N(SET_WINDOW_SIZE)}") != NULL);
    EXPECT(strstr(p.trace, "B>A  INFORMATIONAL   req 0  SK{N(SET_WINDOW_SIZE)}") == NULL);
    EXPECT_EQ(p.end[B].engine->besides[BESIDE_WINDOW].pool.used, 0);
    pair_close(&p);
}

static bool lose_auth_answer(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                             int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number != 3;
}

static void test_a_request_that_overtakes_the_answer_to_ike_auth_is_sent_again(void)
{
    pair_init(&p, plain);
    window_of_four(&p, A, B);
    p.touch = lose_auth_answer;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(p.end[A].reasons[WHY_TOO_EARLY] >= 1);
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   rsp 0  SK{}") != NULL);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_child_is_rekeyed_when_its_time_has_come),
        TEST(test_the_ike_sa_is_rekeyed_when_its_time_has_come),
        TEST(test_jitter_only_shortens_a_lifetime_and_by_its_share_at_most),
        TEST(test_octets_and_packets_wear_a_child_out),
        TEST(test_what_is_carried_while_all_is_closed_asks_for_nothing),
        TEST(test_an_ike_sa_whose_message_ids_run_out_is_rekeyed),
        TEST(test_an_ike_sa_whose_message_ids_run_out_and_cannot_be_rekeyed_is_closed),
        TEST(test_message_ids_do_not_begin_again),
        TEST(test_what_a_child_sa_brings_shows_that_the_peer_is_alive),
        TEST(test_a_refused_rekey_ends_in_a_delete),
        TEST(test_a_late_rekey_is_not_closed_for_the_age_of_the_old_ike_sa),
        TEST(test_each_further_policy_costs_two_messages),
        TEST(test_a_packet_outside_all_policies_makes_nothing),
        TEST(test_four_requests_are_under_way_when_the_peer_allows_it),
        TEST(test_requests_out_of_order_are_answered_within_the_window_only),
        TEST(test_a_rekeyed_ike_sa_sets_its_window_anew),
        TEST(test_a_peer_without_authentication_gets_no_larger_window),
        TEST(test_a_request_that_overtakes_the_answer_to_ike_auth_is_sent_again),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
