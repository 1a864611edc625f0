/* SPDX-License-Identifier: MIT
 * The owner's calls on SAs that are not there, not far enough, or on their way
 * out: they say no, and nothing is asked of anyone; and packets that find a way
 * or none. */
#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/config.h"
#include "ike/v2/selector.h"
#include "tests/opened.h"
#include "tests/pair.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

static bool lose_auth(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number < 2;
}

static void begin(void)
{
    pair_init(&p, plain);
    p.end[A].config.invalid_selectors_ns = p.end[B].config.invalid_selectors_ns =
        UINT64_C(3600000000000);
    pair_open(&p);
}

static void begin_up(void)
{
    begin();
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT(pair_agrees(&p, 1));
}

/* ---- who may not be asked ---- */

static const struct ike_packet packet = {.from = {.family = IKE_IPV4, .ip = {10, 1, 0, 9}},
                                         .to = {.family = IKE_IPV4, .ip = {10, 2, 0, 9}}};
static const struct ike_use much = {.bytes = 1000, .packets = 10};

static bool ask_delete(struct ike_engine *e, uint64_t sa)
{
    return ike_delete(e, p.now_ns, sa);
}

static bool ask_delete_child(struct ike_engine *e, uint64_t sa)
{
    return ike_delete_child(e, p.now_ns, sa, p.end[A].child);
}

static bool ask_probe(struct ike_engine *e, uint64_t sa)
{
    return ike_probe(e, p.now_ns, sa);
}

static bool ask_inform(struct ike_engine *e, uint64_t sa)
{
    static const struct ike_inform nothing;
    return ike_inform(e, p.now_ns, sa, &nothing);
}

static bool ask_limit(struct ike_engine *e, uint64_t sa)
{
    return ike_limit(e, p.now_ns, sa, 60);
}

static bool ask_create(struct ike_engine *e, uint64_t sa)
{
    return ike_create_child(e, p.now_ns, sa, 0, NULL);
}

static bool ask_rekey(struct ike_engine *e, uint64_t sa)
{
    return ike_rekey(e, p.now_ns, sa);
}

static bool ask_rekey_child(struct ike_engine *e, uint64_t sa)
{
    return ike_rekey_child(e, p.now_ns, sa, p.end[A].child);
}

static bool ask_answer(struct ike_engine *e, uint64_t sa)
{
    return ike_answer(e, p.now_ns, sa, 1, (struct ike_bytes){.at = NULL, .len = 0});
}

static bool ask_used(struct ike_engine *e, uint64_t sa)
{
    return ike_child_used(e, p.now_ns, sa, p.end[A].child + 1, &much);
}

static bool ask_stray(struct ike_engine *e, uint64_t sa)
{
    const struct ike_bytes none = {.at = NULL, .len = 0};
    return ike_tell_invalid_selectors(e, p.now_ns, sa, p.end[e == p.end[A].engine ? A : B].child,
                                      none);
}

static bool ask_given(struct ike_engine *e, uint64_t sa)
{
    struct ike_given given;
    return ike_sa_given(e, sa, &given);
}

typedef bool ask_fn(struct ike_engine *e, uint64_t sa);

/* Says no to all, and has nothing to say to the peer. */
static void expect_no(struct ike_engine *e, uint64_t sa)
{
    static ask_fn *const asks[] = {ask_delete, ask_delete_child, ask_probe, ask_inform,
                                   ask_limit,  ask_create,       ask_rekey, ask_rekey_child,
                                   ask_answer, ask_used,         ask_given, ask_stray};
    const int sent = p.sent;
    const uint32_t tasks = e->tasks.used;
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        if (!EXPECT(!asks[i](e, sa)))
            EXPECT_EQ(i, -1); /* says which */
    pair_run_for(&p, 0);
    EXPECT_EQ(p.sent, sent);
    EXPECT_EQ(e->tasks.used, tasks);
}

static void test_of_an_sa_that_is_not_there_nothing_is_had(void)
{
    struct ike_sa_keys keys;
    uint32_t spi = 1;
    begin_up();
    struct ike_engine *const e = p.end[A].engine;
    const uint64_t gone = p.end[A].sa;
    EXPECT(ike_sa_keys(e, gone, &keys));
    ike_forget(e, p.now_ns, gone);
    const uint64_t numbers[] = {gone, 0, UINT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        expect_no(e, numbers[i]);
        EXPECT(!ike_sa_keys(e, numbers[i], &keys));
        EXPECT_EQ(ike_packet_out(e, p.now_ns, numbers[i], &packet, &spi), TRAFFIC_NO_POLICY);
        EXPECT_EQ(spi, 0);
        ike_forget(e, p.now_ns, numbers[i]);
    }
    EXPECT_EQ(e->sas.used, 0);
    pair_close(&p);
}

static void test_an_attempt_is_asked_for_nothing_but_its_end(void)
{
    struct ike_sa_keys keys;
    begin();
    p.touch = pair_touch_lose;
    const uint64_t sa = pair_connect(&p);
    expect_no(p.end[A].engine, sa);
    EXPECT(!ike_sa_keys(p.end[A].engine, sa, &keys));
    ike_forget(p.end[A].engine, p.now_ns, sa);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_half_open_sas_are_asked_for_nothing(void)
{
    uint32_t spi;
    begin();
    p.touch = lose_auth;
    const uint64_t sa = pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000));
    EXPECT_EQ(ike_sa_numbered(p.end[A].engine, sa)->state, S_AUTH_SENT);
    EXPECT_EQ(ike_sa_numbered(p.end[B].engine, p.end[B].sa)->state, S_KEYED);
    expect_no(p.end[A].engine, sa);
    expect_no(p.end[B].engine, p.end[B].sa);
    EXPECT_EQ(ike_packet_out(p.end[A].engine, p.now_ns, sa, &packet, &spi), TRAFFIC_HELD);
    EXPECT_EQ(ike_packet_out(p.end[B].engine, p.now_ns, p.end[B].sa, &packet, &spi),
              TRAFFIC_NO_POLICY);
    pair_close(&p);
}

static void test_an_sa_on_its_way_out_is_asked_for_nothing_more(void)
{
    begin_up();
    p.touch = pair_touch_lose;
    struct ike_engine *const e = p.end[A].engine;
    EXPECT(ike_delete(e, p.now_ns, p.end[A].sa));
    pair_run_for(&p, UINT64_C(100000000));
    EXPECT_EQ(ike_sa_numbered(e, p.end[A].sa)->state, S_DELETING);
    expect_no(e, p.end[A].sa);
    pair_close(&p);
}

static void test_only_a_responder_limits_and_only_known_children_are_meant(void)
{
    begin_up();
    struct ike_engine *const a = p.end[A].engine;
    struct ike_engine *const b = p.end[B].engine;
    EXPECT(!ike_limit(a, p.now_ns, p.end[A].sa, 60));
    EXPECT(ike_limit(b, p.now_ns, p.end[B].sa, 60));
    EXPECT(!ike_create_child(a, p.now_ns, p.end[A].sa, 1, NULL)); /* there is one policy */
    struct ike_stream stream;
    EXPECT(!ike_stream_up(a, p.now_ns, p.end[A].sa, NULL)); /* it goes by UDP */
    EXPECT(!ike_sa_stream(a, p.end[A].sa, &stream));
    EXPECT_EQ(ike_sa_sends(a, p.end[A].sa), 0);
    EXPECT_EQ(ike_sa_sends(a, p.end[A].sa + 1), 0);
    ike_stream_down(a, p.now_ns, 0);
    ike_stream_down(a, p.now_ns, 7);
    EXPECT(!ike_rekey_child(a, p.now_ns, p.end[A].sa, p.end[A].child + 1));
    EXPECT(!ike_delete_child(a, p.now_ns, p.end[A].sa, p.end[A].child + 1));
    EXPECT(!ike_child_used(a, p.now_ns, p.end[A].sa, p.end[A].child + 1, &much));
    EXPECT(ike_child_used(a, p.now_ns, p.end[A].sa, p.end[A].child, &much));
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* IKE_TASKS_MAX wait already: whatever is asked for then is refused, and the rest is done. */
static void test_so_many_requests_wait_and_no_more(void)
{
    begin_up();
    struct ike_engine *const e = p.end[B].engine;
    int taken = 0;
    p.touch = pair_touch_lose;
    while (taken <= IKE_TASKS_MAX && ask_inform(e, p.end[B].sa))
        taken++;
    EXPECT_EQ(taken, IKE_TASKS_MAX);
    EXPECT(!ike_limit(e, p.now_ns, p.end[B].sa, 60));
    EXPECT(!ike_probe(e, p.now_ns, p.end[B].sa));
    EXPECT(!ike_create_child(e, p.now_ns, p.end[B].sa, 0, NULL));
    EXPECT(!ike_rekey(e, p.now_ns, p.end[B].sa));
    EXPECT(!ike_rekey_child(e, p.now_ns, p.end[B].sa, p.end[B].child));
    EXPECT(!ike_delete_child(e, p.now_ns, p.end[B].sa, p.end[B].child));
    EXPECT(!ask_stray(e, p.end[B].sa));
    EXPECT_EQ(e->tasks.used, IKE_TASKS_MAX);
    p.touch = NULL;
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, B, IKE_INFORMED), IKE_TASKS_MAX);
    EXPECT(ask_stray(e, p.end[B].sa)); /* the span has not been spent */
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_INVALID_SELECTORS_HEARD), 1);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* What is too long to be kept is refused at once; what is too long for a message, in fragments or
 * not, is not said, and the SA goes on. */
static void test_notes_longer_than_a_message_are_not_said(void)
{
    static const uint8_t data[2 * IKE_MESSAGE_MAX];
    for (int fragments = 0; fragments < 2; fragments++) {
        pair_init(&p, plain);
        p.end[A].policy.fragment = p.end[B].policy.fragment = fragments == 1 ? 1280 : 0;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(1000000000));
        struct ike_note note = {.type = 50000, .data = {.at = data, .len = sizeof data}};
        const struct ike_inform inform = {.notes = &note, .note_count = 1};
        const int sent = p.sent;
        EXPECT(!ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa, &inform));
        note.data.len = IKE_MESSAGE_MAX - 20;
        EXPECT(ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa, &inform));
        pair_run_for(&p, UINT64_C(1000000000));
        note.data.len = IKE_MESSAGE_MAX - 400; /* with the heads of thirteen fragments */
        if (fragments == 1)
            EXPECT(ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa, &inform));
        pair_run_for(&p, UINT64_C(1000000000));
        EXPECT_EQ(p.sent, sent);
        EXPECT_EQ(p.end[A].engine->tasks.used, 0);
        EXPECT(ask_probe(p.end[A].engine, p.end[A].sa));
        pair_run_for(&p, UINT64_C(1000000000));
        EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 1);
        pair_close(&p);
    }
}

/* ---- attempts ---- */

static uint64_t connect_for(const struct ike_packet *trigger)
{
    const struct ike_attempt attempt = {.local = p.end[A].addr,
                                        .remote = p.end[B].addr,
                                        .policy = &p.end[A].policy,
                                        .trigger = trigger};
    const uint64_t sa = ike_connect(p.end[A].engine, p.now_ns, &attempt);
    pair_run_for(&p, UINT64_C(1000000000));
    return sa;
}

/* RFC 7296 1.2: the policy may guess another group than its first; without any there is nothing to
 * begin with. A packet that no Child SA is for has the first one made. */
static void test_an_attempt_begins_with_a_group_and_a_child(void)
{
    const struct ike_packet nowhere = {.from = {.family = IKE_IPV4, .ip = {9, 9, 9, 9}},
                                       .to = {.family = IKE_IPV4, .ip = {9, 9, 9, 8}}};
    pair_init(&p, plain);
    pair_offer(&p, A, "aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16");
    pair_offer(&p, B, "aes256gcm16-prfsha256-ecp256", "aes256gcm16");
    p.end[A].policy.first_group = ALGO_ECP256;
    pair_open(&p);
    EXPECT(connect_for(&nowhere) != 0);
    EXPECT(strstr(p.trace, "INVALID_KE_PAYLOAD") == NULL);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
    pair_close(&p);

    pair_init(&p, plain);
    p.end[A].policy.ike[0] =
        (struct ike_offer){.algos = {ALGO_AES256GCM16, ALGO_PRFSHA256}, .count = 2};
    pair_open(&p);
    EXPECT_EQ(connect_for(NULL), 0);
    EXPECT_EQ(p.sent, 0);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* ---- use ---- */

static void begin_limited(struct ike_lifetime lifetime)
{
    pair_init(&p, plain);
    p.end[A].policy.child[0].lifetime = lifetime;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
}

static bool use(uint64_t bytes, uint64_t packets)
{
    const struct ike_use used = {.bytes = bytes, .packets = packets};
    const bool known =
        ike_child_used(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child, &used);
    pair_run_for(&p, UINT64_C(1000000000));
    return known;
}

/* RFC 7296 2.8: by octets and by packets, at the first figure anew, at the second no more. */
static void test_what_was_used_up_is_replaced_and_then_closed(void)
{
    const struct ike_lifetime octets = {.rekey_bytes = 100, .life_bytes = 200};
    const struct ike_lifetime packets = {.rekey_packets = 10, .life_packets = 20};
    for (int by_packets = 0; by_packets < 2; by_packets++) {
        begin_limited(by_packets == 1 ? packets : octets);
        const uint32_t first = p.end[A].child;
        EXPECT(by_packets == 1 ? use(1000, 9) : use(99, 1000));
        EXPECT_EQ(p.end[A].child, first);
        EXPECT(by_packets == 1 ? use(0, 1) : use(1, 0));
        EXPECT(p.end[A].child != first); /* another is there */
        EXPECT(pair_agrees(&p, 1));
        EXPECT(by_packets == 1 ? use(0, 20) : use(200, 0));
        EXPECT(pair_agrees(&p, 0));
        EXPECT_EQ(p.end[A].ends[WHY_LIFETIME], 1);
        pair_close(&p);
    }
}

/* While its rekeying is under way the first figure is passed again, and nothing more is asked. */
static void test_what_is_being_replaced_is_not_asked_for_again(void)
{
    begin_limited((struct ike_lifetime){.rekey_bytes = 100});
    p.touch = pair_touch_lose;
    EXPECT(use(100, 1));
    const uint32_t tasks = p.end[A].engine->tasks.used;
    EXPECT_EQ(tasks, 1);
    EXPECT(use(100, 1));
    EXPECT_EQ(p.end[A].engine->tasks.used, tasks);
    pair_close(&p);
}

/* ---- packets ---- */

static void begin_two(void)
{
    static const char *const nets[] = {"10.11.0.0/16", "10.12.0.0/16"};
    pair_init(&p, plain);
    for (int side = 0; side < 2; side++) {
        struct ike_policy *const policy = &p.end[side].policy;
        policy->child[1] = policy->child[0];
        EXPECT(ike_selector_from_text(nets[side], &policy->child[1].local[0]));
        EXPECT(ike_selector_from_text(nets[1 - side], &policy->child[1].remote[0]));
        policy->child_count = 2;
    }
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
}

static enum ike_traffic send_packet(uint8_t from, uint8_t to, uint32_t *spi)
{
    struct ike_packet one = packet;
    one.from.ip[1] = from;
    one.to.ip[1] = to;
    return ike_packet_out(p.end[A].engine, p.now_ns, p.end[A].sa, &one, spi);
}

/* RFC 4301 5.1: by the Child SA that covers it, or one is made, once; or not at all. */
static void test_a_packet_goes_by_what_covers_it_or_has_it_made(void)
{
    uint32_t spi;
    begin_two();
    const uint32_t first = p.end[A].child;
    EXPECT_EQ(send_packet(1, 2, &spi), TRAFFIC_PASSES);
    EXPECT_EQ(spi, first);
    EXPECT_EQ(send_packet(1, 12, &spi), TRAFFIC_NO_POLICY); /* half of each */
    EXPECT_EQ(send_packet(11, 2, &spi), TRAFFIC_NO_POLICY);
    EXPECT_EQ(send_packet(9, 9, &spi), TRAFFIC_NO_POLICY);
    EXPECT_EQ(send_packet(11, 12, &spi), TRAFFIC_HELD);
    EXPECT_EQ(send_packet(11, 12, &spi), TRAFFIC_HELD);
    EXPECT_EQ(spi, 0);
    EXPECT_EQ(p.end[A].engine->tasks.used, 1);
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT(pair_agrees(&p, 2));
    EXPECT_EQ(send_packet(11, 12, &spi), TRAFFIC_PASSES);
    EXPECT_EQ(spi, p.end[A].child);
    EXPECT(spi != first);
    pair_close(&p);
}

/* A Child SA that is about to be replaced carries packets until another does. */
static void test_the_one_to_be_replaced_carries_packets_until_it_is(void)
{
    uint32_t spi;
    begin_up();
    const uint32_t old = p.end[A].child;
    EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, old));
    for (int i = 0; i < 8; i++) {
        EXPECT_EQ(send_packet(1, 2, &spi), TRAFFIC_PASSES);
        EXPECT(spi == old || spi == p.end[A].child);
        pair_run_for(&p, UINT64_C(10000000));
    }
    EXPECT(p.end[A].child != old);
    EXPECT_EQ(send_packet(1, 2, &spi), TRAFFIC_PASSES);
    EXPECT_EQ(spi, p.end[A].child);
    pair_close(&p);
}

/* Why that one of A is to go, if it is; and whether one made later has lost. */
static enum ike_why fate_of(uint32_t spi_in, bool *later_lost)
{
    const struct ike_engine *const e = p.end[A].engine;
    const struct ike_sa *const sa = ike_sa_numbered(e, p.end[A].sa);
    *later_lost = false;
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(e, place)->next) {
        const struct ike_child *const child = ike_child_at(e, place);
        if (child->spi_in == spi_in)
            return (enum ike_why)child->fate;
        *later_lost = *later_lost || (child->up && child->fate == WHY_REDUNDANT);
    }
    return WHY_CHILD_NOT_FOUND;
}

/* RFC 7296 2.8, 2.8.1: of two that take the place of one at once, the one that lost carries
 * nothing, though it was made last; the other does, or the one that both replace, as long as it
 * stands. */
static void test_a_packet_goes_by_the_one_that_stays_when_both_rekey(void)
{
    bool lost_last = false;
    for (unsigned seed = 0; seed < 4; seed++) {
        uint32_t spi;
        bool later_lost;
        begin_up();
        for (unsigned i = 0; i < seed; i++) /* other nonces */
            p.end[A].crypto->ops->random(p.end[A].crypto, (uint8_t *)&spi, sizeof spi);
        EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
        EXPECT(ike_rekey_child(p.end[B].engine, p.now_ns, p.end[B].sa, p.end[B].child));
        for (int i = 0; i < 100; i++) {
            EXPECT_EQ(send_packet(1, 2, &spi), TRAFFIC_PASSES);
            const enum ike_why fate = fate_of(spi, &later_lost);
            EXPECT(fate == WHY_OK || fate == WHY_REKEYED);
            lost_last = lost_last || later_lost;
            pair_run_for(&p, UINT64_C(5000000));
        }
        EXPECT_EQ(fate_of(spi, &later_lost), WHY_OK);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
    EXPECT(lost_last);
}

/* Each policy has one asked for, whatever is asked for the other. */
static void test_packets_of_two_policies_have_two_children_asked_for(void)
{
    uint32_t spi;
    begin_two();
    EXPECT(ike_delete_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT(pair_agrees(&p, 0));
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(send_packet(11, 12, &spi), TRAFFIC_HELD);
        EXPECT_EQ(send_packet(1, 2, &spi), TRAFFIC_HELD);
        EXPECT_EQ(p.end[A].engine->tasks.used, 2);
    }
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT(pair_agrees(&p, 2));
    pair_close(&p);
}

/* With no selectors of its own a policy takes any packet. */
static void test_a_policy_without_selectors_takes_any_packet(void)
{
    begin();
    struct ike_policy *const policy = &p.end[A].policy;
    EXPECT_EQ(ike_policy_match(policy, &packet), 0);
    struct ike_packet other = packet;
    other.to.ip[1] = 77;
    EXPECT_EQ(ike_policy_match(policy, &other), IKE_CHILD_POLICIES_MAX);
    policy->child[0].remote_count = 0;
    EXPECT_EQ(ike_policy_match(policy, &other), 0);
    other.from.ip[1] = 77;
    EXPECT_EQ(ike_policy_match(policy, &other), IKE_CHILD_POLICIES_MAX);
    policy->child[0].local_count = 0;
    EXPECT_EQ(ike_policy_match(policy, &other), 0);
    policy->child_count = 0;
    EXPECT_EQ(ike_policy_match(policy, &other), IKE_CHILD_POLICIES_MAX);
    pair_close(&p);
}

/* A request in many fragments, and others after it, while nobody fetches: what would not fit waits
 * until there is room again. */
static void test_requests_that_do_not_fit_the_outputs_wait(void)
{
    enum { NOTES = 16, REQUESTS = 8 };
    static const uint8_t octets[250];
    struct ike_note notes[NOTES];
    struct ike_datagram out;
    int taken[2] = {0, 0};
    for (int i = 0; i < NOTES; i++)
        notes[i] = (struct ike_note){.type = 40000, .data = {.at = octets, .len = sizeof octets}};
    pair_init(&p, plain);
    for (int side = 0; side < 2; side++) {
        p.end[side].policy.fragment = 300;
        p.end[side].config.window = REQUESTS;
    }
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    struct ike_engine *const e = p.end[A].engine;
    const struct ike_inform inform = {.notes = notes, .note_count = NOTES};
    for (int i = 0; i < REQUESTS; i++)
        EXPECT(ike_inform(e, p.now_ns, p.end[A].sa, &inform));
    while (ike_next_output(e, &out))
        taken[0]++;
    EXPECT(taken[0] > IKE_OUTPUTS_MAX - 2 * IKE_FRAGMENTS_MAX);
    EXPECT(taken[0] <= IKE_OUTPUTS_MAX);
    EXPECT(ike_probe(e, p.now_ns, p.end[A].sa)); /* what waits goes before it */
    while (ike_next_output(e, &out))
        taken[1]++;
    EXPECT_EQ(taken[0] % (taken[0] / 4), 0);
    EXPECT_EQ(taken[1], taken[0]);
    pair_close(&p);
}

/* Half-way through replacing the IKE SA, with keys and octets of both under way. */
static void test_an_engine_closes_with_all_that_is_under_way(void)
{
    begin_up();
    p.touch = pair_touch_lose;
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    EXPECT_EQ(p.end[A].engine->sas.used, 2);
    EXPECT_EQ(ike_sa_at(p.end[A].engine, 2)->state, S_FRESH);
    pair_close(&p);
    ike_close(NULL);
}

/* ---- waiting ---- */

/* RFC 7296 2.4: each wait 1.8 times the one before, up to the longest: 1 + 1.8 + 3 * 2 s. */
static void test_waits_grow_to_the_longest_and_no_further(void)
{
    pair_init(&p, plain);
    p.end[A].config.retransmit.wait_max_ns = UINT64_C(2000000000);
    p.touch = pair_touch_lose;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(8799000000));
    EXPECT_EQ(p.sent, 5);
    EXPECT_EQ(p.end[A].engine->sas.used, 1);
    pair_run_for(&p, UINT64_C(2000000));
    EXPECT_EQ(p.end[A].engine->sas.used, 0);
    EXPECT_EQ(p.sent, 5);
    EXPECT_EQ(pair_count(&p, A, IKE_FAILED), 1);
    pair_close(&p);
}

/* RFC 7296 1.3.1: fragments behind the first go through when both ends say so. */
static void test_later_fragments_go_through_when_both_say_so(void)
{
    for (int i = 0; i < 4; i++) {
        pair_init(&p, plain);
        p.end[A].policy.child[0].non_first_fragments = (i & 1) != 0;
        p.end[B].policy.child[0].non_first_fragments = (i & 2) != 0;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(1000000000));
        for (int side = 0; side < 2; side++) {
            const struct ike_engine *const e = p.end[side].engine;
            const struct ike_sa *const sa = ike_sa_numbered(e, p.end[side].sa);
            EXPECT_EQ(ike_child_at(e, sa->child)->fragments, i == 3);
        }
        pair_close(&p);
    }
}

/* ---- families ---- */

static uint16_t asked[8];
static size_t asked_count;

static bool see_request(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                        int number)
{
    static struct opened message;
    struct ike_cp cp;
    (void)number;
    if (from != A || bytes[18] != INFORMATIONAL ||
        !opened_read(pair, (struct ike_bytes){.at = bytes, .len = *len}, &message))
        return true;
    for (size_t i = 0; i < message.part_count; i++)
        if (message.parts[i].type == PAYLOAD_CP) {
            EXPECT_EQ(
                ike_cp_parse((struct ike_bytes){message.parts[i].body, message.parts[i].len}, &cp),
                WHY_OK);
            asked_count = cp.count;
            for (size_t k = 0; k < cp.count && k < 8; k++)
                asked[k] = cp.attributes[k].type;
        }
    return true;
}

/* RFC 8983 5: a gateway that gives addresses of one family says so; the client asks for no other
 * from then on. */
static void ask_for_other_family(bool six)
{
    static struct ike_wants wants;
    static struct ike_gives gives;
    static const struct ike_inform again = {.ask = true};
    wants = (struct ike_wants){.ip4 = six, .ip6 = !six};
    gives = (struct ike_gives){.pool_count = 1, .tell_families = true};
    EXPECT(ike_prefix_parse(six ? "2001:db8:9::/125" : "10.9.0.0/29", &gives.pools[0]));
    pair_init(&p, plain);
    p.end[A].policy.wants = &wants;
    p.end[B].policy.gives = &gives;
    p.end[A].policy.child[0].local_count = 0;
    p.end[B].policy.child[0].remote_count = 0;
    p.touch = see_request;
    asked_count = 0;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 1);
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_FAILED), 1);
    wants.ip4 = wants.ip6 = true;
    EXPECT(ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa, &again));
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT_EQ(asked_count, 1);
    EXPECT_EQ(asked[0], six ? INTERNAL_IP6_ADDRESS : INTERNAL_IP4_ADDRESS);
    pair_close(&p);
}

static void test_after_a_refusal_only_the_family_allowed_is_asked_for(void)
{
    ask_for_other_family(false);
    ask_for_other_family(true);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_of_an_sa_that_is_not_there_nothing_is_had),
        TEST(test_an_attempt_is_asked_for_nothing_but_its_end),
        TEST(test_half_open_sas_are_asked_for_nothing),
        TEST(test_an_sa_on_its_way_out_is_asked_for_nothing_more),
        TEST(test_only_a_responder_limits_and_only_known_children_are_meant),
        TEST(test_so_many_requests_wait_and_no_more),
        TEST(test_an_attempt_begins_with_a_group_and_a_child),
        TEST(test_notes_longer_than_a_message_are_not_said),
        TEST(test_what_was_used_up_is_replaced_and_then_closed),
        TEST(test_what_is_being_replaced_is_not_asked_for_again),
        TEST(test_a_packet_goes_by_what_covers_it_or_has_it_made),
        TEST(test_the_one_to_be_replaced_carries_packets_until_it_is),
        TEST(test_a_packet_goes_by_the_one_that_stays_when_both_rekey),
        TEST(test_packets_of_two_policies_have_two_children_asked_for),
        TEST(test_a_policy_without_selectors_takes_any_packet),
        TEST(test_requests_that_do_not_fit_the_outputs_wait),
        TEST(test_an_engine_closes_with_all_that_is_under_way),
        TEST(test_waits_grow_to_the_longest_and_no_further),
        TEST(test_later_fragments_go_through_when_both_say_so),
        TEST(test_after_a_refusal_only_the_family_allowed_is_asked_for),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
