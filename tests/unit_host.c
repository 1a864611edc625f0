/* SPDX-License-Identifier: MIT
 * Hosts, with a scripted engine: when answers leave, who waits for whom, what
 * a full inbox loses, and that waiting is what queueing theory says. */
#include "sim/host.h"
#include "sim/inbox.h"
#include "sim/rng.h"
#include "tests/fake_engine.h"
#include "tests/test.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAID_MAX = 100000, HERE = 0x0a000001, THERE = 0x0a010000 };

/* What left the host, or was told, and when. */
struct said {
    uint64_t at_ns;
    uint32_t number;
    uint32_t place; /* the sender's address */
};

struct scene {
    struct sim_net net; /* first: it is the host's network, and only listens */
    struct sim_loop *loop;
    struct ike_crypto crypto;
    struct ike_engine *engine;
    struct sim_host *host;
    struct sim_fingerprint fingerprint;
    struct said sent[SAID_MAX];
    struct said told[SAID_MAX];
    struct said seen[SAID_MAX];
    const char *fates[SAID_MAX];
    uint32_t sent_count, told_count, seen_count;
    const struct ike_attempt *attempt; /* made when an event is told, once */
};

static uint32_t number_in(const uint8_t *at)
{
    struct fake_order order;
    memcpy(&order, at, sizeof order);
    return order.number;
}

static uint32_t place_of(const struct ike_addr *addr)
{
    return (uint32_t)addr->ip[0] << 24 | (uint32_t)addr->ip[1] << 16 | (uint32_t)addr->ip[2] << 8 |
           addr->ip[3];
}

static bool net_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                     const struct sim_datagram *d)
{
    struct scene *const s = (struct scene *)(void *)net;
    assert(port == sim_host_port(s->host) && s->sent_count < SAID_MAX);
    s->sent[s->sent_count++] = (struct said){now_ns, number_in(d->at), place_of(&d->from)};
    return true;
}

static const struct sim_net_ops net_ops = {.name = "listener", .send = net_send};

static void on_event(void *owner, uint64_t now_ns, const struct ike_event *event)
{
    struct scene *const s = owner;
    assert(s->told_count < SAID_MAX);
    s->told[s->told_count++] = (struct said){now_ns, event->tag, 0};
    const struct ike_attempt *const attempt = s->attempt;
    s->attempt = NULL;
    if (attempt != NULL)
        (void)sim_host_connect(s->host, now_ns, attempt);
}

static void on_seen(void *owner, uint64_t now_ns, bool inbound, const struct ike_datagram *datagram,
                    const char *fate)
{
    struct scene *const s = owner;
    if (s->seen_count == SAID_MAX)
        return;
    s->fates[s->seen_count] = fate;
    s->seen[s->seen_count++] =
        (struct said){now_ns, number_in(datagram->bytes.at), inbound ? 1 : 0};
}

static struct scene *scene_open(const struct sim_host_config *config)
{
    struct scene *const s = calloc(1, sizeof *s);
    s->net.ops = &net_ops;
    s->loop = sim_loop_open();
    s->engine = fake_open(&s->crypto);
    sim_fingerprint_open(&s->fingerprint, 1);
    const struct sim_host_parts parts = {.loop = s->loop,
                                         .net = &s->net,
                                         .engine = s->engine,
                                         .crypto = &s->crypto,
                                         .fingerprint = &s->fingerprint,
                                         .ear = {.event = on_event, .seen = on_seen, .owner = s}};
    s->host = sim_host_open(config, &parts);
    return s;
}

static void scene_close(struct scene *s)
{
    sim_host_close(s->host);
    fake_close(s->engine);
    sim_loop_close(s->loop);
    free(s);
}

static struct sim_host_config cores(uint32_t count)
{
    return (struct sim_host_config){
        .name = "gateway", .cores = count, .inbox_bytes = 100000000, .timers_max = 4};
}

/* Something arrives now. */
static void arrive_at(struct scene *s, uint32_t to, const struct fake_order *order, size_t len)
{
    uint8_t bytes[2048] = {0};
    memcpy(bytes, order, sizeof *order);
    const struct sim_datagram d = {.from = ike_addr_v4(THERE, 500),
                                   .to = ike_addr_v4(to, 500),
                                   .at = bytes,
                                   .len = len,
                                   .protocol = SIM_UDP};
    struct sim_port *const port = sim_host_port(s->host);
    port->deliver(port->owner, sim_loop_now(s->loop), &d);
}

static void arrive(struct scene *s, struct fake_order order)
{
    arrive_at(s, HERE, &order, sizeof order);
}

static struct fake_order work(uint32_t number, uint32_t spent_ns)
{
    return (struct fake_order){.number = number, .spent_ns = spent_ns, .answers = 1};
}

static void expect_sent(const struct scene *s, const struct said *wanted, uint32_t count)
{
    EXPECT_EQ(s->sent_count, count);
    for (uint32_t i = 0; i < count && i < s->sent_count; i++) {
        EXPECT_EQ(s->sent[i].at_ns, wanted[i].at_ns);
        EXPECT_EQ(s->sent[i].number, wanted[i].number);
    }
}

/* The inbox. */

static uint32_t fit(size_t payload)
{
    static const uint8_t bytes[8192];
    struct sim_inbox *const inbox = sim_inbox_open(212992, 0);
    const struct sim_datagram d = {.at = bytes, .len = payload, .protocol = SIM_UDP};
    uint32_t count = 0;
    while (sim_inbox_put(inbox, 0, SIM_ANY_CORE, &d, 0))
        count++;
    sim_inbox_close(inbox);
    return count;
}

static void test_as_many_datagrams_fit_as_linux_was_seen_to_hold(void)
{
    EXPECT_EQ(fit(1), 256);
    EXPECT_EQ(fit(150), 256);
    EXPECT_EQ(fit(250), 166);
    EXPECT_EQ(fit(300), 166);
    EXPECT_EQ(fit(500), 166);
    EXPECT_EQ(fit(700), 92);
    EXPECT_EQ(fit(1400), 92);
    EXPECT_EQ(fit(4000), 48);
    EXPECT_EQ(sim_inbox_charge(0), 832);
    EXPECT_EQ(sim_inbox_charge(150), 832);
    EXPECT_EQ(sim_inbox_charge(151), 1283);
    EXPECT_EQ(sim_inbox_charge(501), 2315);
    EXPECT_EQ(sim_inbox_charge(1901), 4352);
}

static void test_a_full_inbox_loses_and_counts_and_a_service_makes_room(void)
{
    struct sim_host_config config = cores(1);
    config.inbox_bytes = 2496; /* three of 832 */
    struct scene *const s = scene_open(&config);
    for (uint32_t i = 1; i <= 5; i++)
        arrive(s, work(i, 1000));
    const struct sim_host_counts *const c = sim_host_counts(s->host);
    EXPECT_EQ(c->inbox_dropped, 2);
    EXPECT_EQ(c->inbox_waiting, 3);
    EXPECT_STR(s->fates[0], "inbox_full");
    sim_loop_run(s->loop, 0); /* the first is taken: one more fits */
    arrive(s, work(6, 1000));
    arrive(s, work(7, 1000));
    sim_loop_run(s->loop, 10000);
    EXPECT_EQ(c->inbox_dropped, 3);
    EXPECT_EQ(c->served, 4);
    EXPECT_EQ(c->in_bytes, 4 * sizeof(struct fake_order));
    static const struct said wanted[] = {{1000, 1, 0}, {2000, 2, 0}, {3000, 3, 0}, {4000, 6, 0}};
    expect_sent(s, wanted, 4);
    scene_close(s);
}

/* Cores. */

static void test_one_core_answers_one_after_another(void)
{
    const struct sim_host_config config = cores(1);
    struct scene *const s = scene_open(&config);
    for (uint32_t i = 1; i <= 3; i++)
        arrive(s, work(i, 1000));
    EXPECT_EQ(s->sent_count, 0);
    sim_loop_run(s->loop, 999);
    EXPECT_EQ(s->sent_count, 0);
    sim_loop_run(s->loop, 10000);
    static const struct said wanted[] = {{1000, 1, 0}, {2000, 2, 0}, {3000, 3, 0}};
    expect_sent(s, wanted, 3);
    EXPECT_EQ(sim_host_counts(s->host)->busy_ns, 3000);
    scene_close(s);
}

static void test_cores_overlap(void)
{
    const struct sim_host_config config = cores(3);
    struct scene *const s = scene_open(&config);
    for (uint32_t i = 1; i <= 7; i++)
        arrive(s, work(i, 1000 * i));
    sim_loop_run(s->loop, 100000);
    /* 1, 2, 3 begin at 0; 4 at 1000, 5 at 2000, 6 at 3000, 7 at 5000. */
    static const struct said wanted[] = {{1000, 1, 0}, {2000, 2, 0}, {3000, 3, 0}, {5000, 4, 0},
                                         {7000, 5, 0}, {9000, 6, 0}, {12000, 7, 0}};
    expect_sent(s, wanted, 7);
    scene_close(s);
}

static void test_an_sa_is_served_by_one_core_while_others_are_free(void)
{
    const struct sim_host_config config = cores(4);
    struct scene *const s = scene_open(&config);
    for (uint32_t i = 1; i <= 3; i++) {
        struct fake_order order = work(i, 1000);
        order.spi = 77;
        arrive(s, order);
    }
    sim_loop_run(s->loop, 10000);
    static const struct said wanted[] = {{1000, 1, 0}, {2000, 2, 0}, {3000, 3, 0}};
    expect_sent(s, wanted, 3);
    scene_close(s);
}

static void test_different_sas_spread_over_the_cores(void)
{
    const struct sim_host_config config = cores(4);
    struct scene *const s = scene_open(&config);
    for (uint32_t i = 0; i < 400; i++) {
        struct fake_order order = work(i, 1000);
        order.spi = (uint16_t)(1 + i);
        arrive(s, order);
    }
    sim_loop_run(s->loop, 1000000);
    EXPECT_EQ(s->sent_count, 400);
    EXPECT(s->sent[399].at_ns < 130000); /* 100 if they spread evenly */
    scene_close(s);
}

static void test_a_free_core_takes_the_oldest_it_may_serve(void)
{
    const struct sim_host_config config = cores(1);
    struct scene *const s = scene_open(&config);
    for (uint32_t i = 1; i <= 6; i++) {
        struct fake_order order = work(i, 10);
        order.spi = i % 2 == 0 ? 5 : 0;
        arrive(s, order);
    }
    sim_loop_run(s->loop, 10000);
    for (uint32_t i = 0; i < 6; i++)
        EXPECT_EQ(s->sent[i].number, i + 1);
    scene_close(s);
}

/* New requests only: Kiefer and Wolfowitz's recursion says when each begins, on any number of
 * cores. */
static void test_waits_on_many_cores_are_those_of_the_recursion(void)
{
    enum { COUNT = 20000, CORES = 3 };
    const struct sim_host_config config = cores(CORES);
    struct scene *const s = scene_open(&config);
    struct sim_rng rng;
    uint64_t free_ns[CORES] = {0};
    uint64_t waited = 0;
    sim_rng_open(&rng, 1, "many cores");
    for (uint32_t i = 0; i < COUNT; i++) {
        sim_loop_run(s->loop, sim_loop_now(s->loop) + sim_rng_exponential(&rng, 1000));
        const uint64_t now_ns = sim_loop_now(s->loop);
        const uint32_t cost_ns = (uint32_t)sim_rng_between(&rng, 1, 5000);
        uint32_t first = 0;
        for (uint32_t k = 1; k < CORES; k++)
            first = free_ns[k] < free_ns[first] ? k : first;
        const uint64_t start_ns = free_ns[first] > now_ns ? free_ns[first] : now_ns;
        free_ns[first] = start_ns + cost_ns;
        waited += start_ns - now_ns;
        arrive(s, work(i, cost_ns));
    }
    sim_loop_run(s->loop, sim_loop_now(s->loop) + 100000000);
    EXPECT_EQ(s->sent_count, COUNT);
    EXPECT_EQ(sim_host_counts(s->host)->wait_sum_ns, waited);
    EXPECT_EQ(sim_host_counts(s->host)->inbox_area_ns, waited);
    scene_close(s);
}

/* Costs. */

static void test_every_part_of_the_implementation_profile_is_charged(void)
{
    struct sim_host_config config = cores(1);
    config.implementation = (struct sim_implementation){.datagram_ns = 1,
                                                        .answer_ns = 10,
                                                        .byte_ps = 1000,
                                                        .half_open_ns = 10000,
                                                        .established_ns = 100000,
                                                        .refused_ns = 1000000,
                                                        .expired_ns = 10000000};
    struct scene *const s = scene_open(&config);
    const uint64_t *const busy = &sim_host_counts(s->host)->busy_ns;
    const uint64_t size = sizeof(struct fake_order);
    uint64_t wanted = 0;
    arrive(s, (struct fake_order){.spent_ns = 500});
    sim_loop_run(s->loop, 100000000);
    EXPECT_EQ(*busy, wanted += 500 + 1 + size);
    arrive(s, (struct fake_order){.answers = 2, .half_open = 1, .up = 2});
    sim_loop_run(s->loop, 200000000);
    EXPECT_EQ(*busy, wanted += 1 + size + 2 * (10 + size) + 10000 + 200000);
    arrive(s, (struct fake_order){.why = WHY_COOKIE_WANTED, .answers = 1});
    sim_loop_run(s->loop, 300000000);
    EXPECT_EQ(*busy, wanted += 1 + size + 10 + size + 1000000);
    arrive(s, (struct fake_order){.why = WHY_RETRANSMITTED});
    sim_loop_run(s->loop, 350000000);
    EXPECT_EQ(*busy, wanted += 1 + size);
    arrive(s, (struct fake_order){.why = WHY_ANSWER_AWAITED}); /* held, not refused */
    sim_loop_run(s->loop, 400000000);
    EXPECT_EQ(*busy, wanted += 1 + size);
    fake_timer(s->engine, 450000000, 70, 0);
    arrive(s, (struct fake_order){.number = 9});
    sim_loop_run(s->loop, 500000000);
    EXPECT_EQ(*busy, wanted += 1 + size + 70 + 10000000);
    const struct sim_host_counts *const c = sim_host_counts(s->host);
    EXPECT_EQ(c->reasons[WHY_OK], 3);
    EXPECT_EQ(c->reasons[WHY_COOKIE_WANTED], 1);
    EXPECT_EQ(c->reasons[WHY_RETRANSMITTED], 1);
    EXPECT_EQ(c->events[IKE_HALF_OPEN], 1);
    EXPECT_EQ(c->events[IKE_UP], 2);
    EXPECT_EQ(c->out_packets, 3);
    EXPECT_EQ(c->out_bytes, 3 * size);
    scene_close(s);
}

static void test_models_hear_of_a_turn_when_the_core_is_done(void)
{
    const struct sim_host_config config = cores(1);
    struct scene *const s = scene_open(&config);
    arrive(s, (struct fake_order){.number = 3, .spent_ns = 5000, .half_open = 1});
    sim_loop_run(s->loop, 4999);
    EXPECT_EQ(s->told_count, 0);
    sim_loop_run(s->loop, 5000);
    EXPECT_EQ(s->told_count, 1);
    EXPECT_EQ(s->told[0].at_ns, 5000);
    EXPECT_EQ(s->told[0].number, 3);
    scene_close(s);
}

static void test_traces_see_arrivals_with_their_fate_and_answers_when_they_leave(void)
{
    const struct sim_host_config config = cores(1);
    struct scene *const s = scene_open(&config);
    arrive(s, work(1, 1000));
    sim_loop_run(s->loop, 400);
    arrive(s, (struct fake_order){.number = 2, .why = WHY_COOKIE_WANTED, .answers = 1});
    sim_loop_run(s->loop, 5000);
    static const struct said wanted[] = {{0, 1, 1}, {1000, 1, 0}, {400, 2, 1}, {1000, 2, 0}};
    static const char *const fates[] = {"accepted", "sent", "cookie_wanted", "sent"};
    EXPECT_EQ(s->seen_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        EXPECT_EQ(s->seen[i].at_ns, wanted[i].at_ns);
        EXPECT_EQ(s->seen[i].number, wanted[i].number);
        EXPECT_EQ(s->seen[i].place, wanted[i].place);
        EXPECT_STR(s->fates[i], fates[i]);
    }
    scene_close(s);
}

/* Timers. */

static void test_a_timer_wakes_an_idle_core_at_its_deadline(void)
{
    const struct sim_host_config config = cores(2);
    struct scene *const s = scene_open(&config);
    fake_timer(s->engine, 7000, 100, 1);
    arrive(s, (struct fake_order){.number = 5}); /* the host asks for deadlines after turns */
    sim_loop_run(s->loop, 100000);
    uint32_t count;
    const struct fake_call *const calls = fake_calls(s->engine, &count);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(calls[1].number, 0);
    EXPECT_EQ(calls[1].now_ns, 7000);
    EXPECT_EQ(calls[2].now_ns, 7000); /* the other core was free for the second */
    scene_close(s);
}

static void test_a_datagram_passed_over_for_a_timer_wakes_another_core(void)
{
    const struct sim_host_config config = cores(2);
    struct scene *const s = scene_open(&config);
    fake_timer(s->engine, 1000, 500, 0);
    sim_loop_run(s->loop, 1000);
    arrive(s, work(1, 100));
    sim_loop_run(s->loop, 10000);
    static const struct said wanted[] = {{1100, 1, 0}};
    expect_sent(s, wanted, 1);
    scene_close(s);
}

static void test_neither_timers_nor_the_inbox_starve(void)
{
    const struct sim_host_config config = cores(1);
    struct scene *const s = scene_open(&config);
    fake_timer(s->engine, 0, 10, 100); /* 101 timers, all due at once */
    for (uint32_t i = 1; i <= 50; i++)
        arrive(s, work(i, 10));
    sim_loop_run(s->loop, 100000);
    uint32_t count;
    const struct fake_call *const calls = fake_calls(s->engine, &count);
    EXPECT_EQ(count, 151);
    uint32_t row = 0;
    uint32_t timers = 0;
    for (uint32_t i = 0; i < count; i++) {
        row = calls[i].number == 0 ? row + 1 : 0;
        timers += calls[i].number == 0 ? 1 : 0;
        if (i < 120) /* while both wait: four timers, one datagram, four timers */
            EXPECT(row <= 4 && timers >= i * 4 / 5);
    }
    EXPECT_EQ(timers, 101);
    EXPECT_EQ(calls[0].number, 0); /* timers first */
    scene_close(s);
}

static void test_a_timer_under_a_flood_is_served_at_the_next_turn(void)
{
    const struct sim_host_config config = cores(1);
    struct scene *const s = scene_open(&config);
    for (uint32_t i = 1; i <= 100; i++)
        arrive(s, work(i, 1000));
    fake_timer(s->engine, 20500, 1, 0);
    sim_loop_run(s->loop, 1000000);
    uint32_t count;
    const struct fake_call *const calls = fake_calls(s->engine, &count);
    EXPECT_EQ(count, 101);
    EXPECT_EQ(calls[21].number, 0);
    EXPECT_EQ(calls[21].now_ns, 21000);
    scene_close(s);
}

/* What models ask for. */

static void test_a_wish_waits_for_the_core_and_keeps_it_busy(void)
{
    const struct sim_host_config config = cores(1);
    struct scene *const s = scene_open(&config);
    const struct ike_attempt attempt = {
        .local = ike_addr_v4(HERE, 500), .remote = ike_addr_v4(THERE, 500), .tag = 300};
    arrive(s, work(1, 1000));
    arrive(s, work(2, 1000));
    sim_loop_run(s->loop, 500);
    EXPECT(sim_host_connect(s->host, 500, &attempt) != 0);
    sim_loop_run(s->loop, 100000);
    static const struct said wanted[] = {{1000, 1, 0}, {1300, 300, 0}, {2300, 2, 0}};
    expect_sent(s, wanted, 3);
    sim_host_delete(s->host, 100000, 1);
    sim_host_forget(s->host, 100000, 1);
    EXPECT_EQ(s->told_count, 0);
    sim_loop_run(s->loop, 100000);
    EXPECT_EQ(s->told_count, 1);
    scene_close(s);
}

static void test_a_core_that_a_wish_took_first_serves_the_datagram_after_it(void)
{
    const struct sim_host_config config = cores(1);
    struct scene *const s = scene_open(&config);
    const struct ike_attempt attempt = {
        .local = ike_addr_v4(HERE, 500), .remote = ike_addr_v4(THERE, 500), .tag = 300};
    arrive(s, work(1, 1000));
    EXPECT(sim_host_connect(s->host, 0, &attempt) != 0);
    sim_loop_run(s->loop, 100000);
    static const struct said wanted[] = {{300, 300, 0}, {1300, 1, 0}};
    expect_sent(s, wanted, 2);
    EXPECT_EQ(sim_host_counts(s->host)->wait_sum_ns, 300);
    scene_close(s);
}

static void test_a_model_may_ask_for_more_while_it_is_told(void)
{
    const struct sim_host_config config = cores(1);
    struct scene *const s = scene_open(&config);
    const struct ike_attempt attempt = {
        .local = ike_addr_v4(HERE, 500), .remote = ike_addr_v4(THERE, 500), .tag = 300};
    s->attempt = &attempt;
    arrive(s, (struct fake_order){.number = 1, .spent_ns = 1000, .up = 1, .answers = 1});
    arrive(s, work(2, 1000));
    sim_loop_run(s->loop, 100000);
    static const struct said wanted[] = {{1000, 1, 0}, {1300, 300, 0}, {2300, 2, 0}};
    expect_sent(s, wanted, 3);
    scene_close(s);
}

/* Populations. */

static void test_each_address_of_a_population_is_a_core_of_its_own(void)
{
    const struct sim_host_config config = cores(0);
    struct scene *const s = scene_open(&config);
    for (uint32_t i = 1; i <= 6; i++) {
        const struct fake_order order = work(i, 1000);
        arrive_at(s, HERE + i % 2, &order, sizeof order);
    }
    uint32_t count;
    (void)fake_calls(s->engine, &count);
    EXPECT_EQ(count, 6);         /* the engine heard at once */
    EXPECT_EQ(s->sent_count, 0); /* and nothing was sent while it did */
    sim_loop_run(s->loop, 500);
    const struct fake_order order = work(7, 1000);
    arrive_at(s, HERE + 5, &order, sizeof order);
    sim_loop_run(s->loop, 100000);
    static const struct said wanted[] = {{1000, 1, 0}, {1000, 2, 0}, {1500, 7, 0}, {2000, 3, 0},
                                         {2000, 4, 0}, {3000, 5, 0}, {3000, 6, 0}};
    expect_sent(s, wanted, 7);
    scene_close(s);
}

static void test_a_large_population_never_shares_a_core(void)
{
    enum { CLIENTS = 20000 };
    const struct sim_host_config config = cores(0);
    struct scene *const s = scene_open(&config);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < CLIENTS; i++) {
            const struct fake_order order = work(i, 1000 + i);
            arrive_at(s, THERE + i, &order, sizeof order);
        }
    }
    sim_loop_run(s->loop, 1000000);
    EXPECT_EQ(s->sent_count, 2 * CLIENTS);
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < s->sent_count; i++) {
        const uint64_t cost_ns = 1000 + s->sent[i].number;
        wrong += s->sent[i].at_ns != cost_ns && s->sent[i].at_ns != 2 * cost_ns ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(sim_host_counts(s->host)->out_dropped, 0);
    scene_close(s);
}

static void test_a_populations_timers_come_one_by_one_at_their_deadlines(void)
{
    const struct sim_host_config config = cores(0);
    struct scene *const s = scene_open(&config);
    fake_timer(s->engine, 7000, 100, 2);
    fake_timer(s->engine, 9000, 100, 0);
    arrive(s, work(1, 0));
    sim_loop_run(s->loop, 100000);
    static const uint64_t wanted[] = {0, 7000, 7000, 7000, 9000};
    uint32_t count;
    const struct fake_call *const calls = fake_calls(s->engine, &count);
    EXPECT_EQ(count, 5);
    for (uint32_t i = 0; i < 5 && i < count; i++)
        EXPECT_EQ(calls[i].now_ns, wanted[i]);
    scene_close(s);
}

static void test_what_comes_to_nothing_in_a_population_holds_nothing(void)
{
    const struct sim_host_config config = cores(0);
    struct scene *const s = scene_open(&config);
    const uint64_t before = sim_loop_count(s->loop);
    for (uint32_t i = 0; i < 1000000; i++) /* more than can be held back */
        arrive(s, (struct fake_order){.number = i, .why = WHY_UNKNOWN_SPI});
    sim_loop_run(s->loop, 1000);
    EXPECT_EQ(sim_loop_count(s->loop), before);
    EXPECT_EQ(sim_host_counts(s->host)->reasons[WHY_UNKNOWN_SPI], 1000000);
    scene_close(s);
}

static void test_a_host_may_be_closed_with_answers_held_back(void)
{
    for (uint32_t k = 0; k < 3; k++) {
        const struct sim_host_config config = cores(k);
        struct scene *const s = scene_open(&config);
        for (uint32_t i = 1; i <= 100; i++)
            arrive(s, work(i, 1000000));
        sim_loop_run(s->loop, 1000);
        sim_host_close(s->host);
        sim_loop_run(s->loop, 1000000000); /* nothing of the host's is left in the queue */
        EXPECT_EQ(s->sent_count, 0);
        s->host = NULL;
        scene_close(s);
    }
}

/* Theory. */

/* Serves COUNT datagrams of a Poisson stream on one core, each for service_ns. */
static struct scene *stream(uint64_t seed, uint64_t service_ns, double load, uint32_t count)
{
    struct sim_host_config config = cores(1);
    config.implementation.datagram_ns = (uint32_t)service_ns;
    struct scene *const s = scene_open(&config);
    struct sim_rng rng;
    sim_rng_open(&rng, seed, "stream");
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t gap_ns = sim_rng_exponential(&rng, (uint64_t)((double)service_ns / load));
        sim_loop_run(s->loop, sim_loop_now(s->loop) + gap_ns);
        arrive(s, (struct fake_order){.number = i});
    }
    sim_loop_run(s->loop, sim_loop_now(s->loop) + 10000000000);
    return s;
}

static void test_waiting_is_that_of_m_d_1(void)
{
    enum { RUNS = 20, EACH = 20000 };
    const double load = 0.7;
    const uint64_t service_ns = 50000;
    double mean[RUNS];
    double all = 0;
    double variance = 0;
    for (uint32_t run = 0; run < RUNS; run++) {
        struct scene *const s = stream(run, service_ns, load, EACH);
        const struct sim_host_counts *const c = sim_host_counts(s->host);
        EXPECT_EQ(c->served, EACH);
        EXPECT_EQ(c->busy_ns, EACH * service_ns);
        mean[run] = (double)c->wait_sum_ns / EACH;
        all += mean[run] / RUNS;
        scene_close(s);
    }
    for (uint32_t run = 0; run < RUNS; run++)
        variance += (mean[run] - all) * (mean[run] - all) / (RUNS - 1);
    const double theory = load * (double)service_ns / (2 * (1 - load));
    const double half = 2.093 * sqrt(variance / RUNS); /* Student's t, 19 degrees, 95 % */
    EXPECT(fabs(all - theory) < half);
    EXPECT(half < theory * 0.05); /* so a service time wrong by 10 % would show */
}

static void test_little_s_law_holds_to_the_nanosecond(void)
{
    struct scene *const s = stream(1, 50000, 0.9, 20000);
    const struct sim_host_counts *const c = sim_host_counts(s->host);
    EXPECT_EQ(c->inbox_waiting, 0);
    EXPECT(c->wait_sum_ns > 0);
    EXPECT_EQ(c->inbox_area_ns, c->wait_sum_ns);
    scene_close(s);
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static void test_quantiles_of_waits_are_within_a_quarter_octave_above_the_true_ones(void)
{
    enum { COUNT = 20000 };
    static const uint32_t ppm[] = {100000, 400000, 500000, 900000, 990000, 999000, 1000000};
    struct scene *const s = stream(5, 50000, 0.8, COUNT);
    uint64_t *const waits = malloc(COUNT * sizeof *waits);
    uint32_t inbound = 0;
    uint32_t calls_count;
    const struct fake_call *const calls = fake_calls(s->engine, &calls_count);
    for (uint32_t i = 0; i < s->seen_count; i++) {
        if (s->seen[i].place == 1) {
            waits[inbound] = calls[inbound].now_ns - s->seen[i].at_ns;
            inbound++;
        }
    }
    EXPECT_EQ(inbound, COUNT);
    qsort(waits, COUNT, sizeof *waits, compare);
    for (uint32_t i = 0; i < 7; i++) {
        const uint64_t edge = sim_host_wait_quantile_ns(s->host, ppm[i]);
        const uint64_t exact = waits[(uint64_t)COUNT * ppm[i] / 1000000 - 1];
        if (exact == 0)
            EXPECT_EQ(edge, 0);
        else
            EXPECT(edge > exact && edge <= exact + exact / 4 + 1);
    }
    free(waits);
    scene_close(s);
}

/* Everything at once: several cores, SAs, timers, wishes, a small inbox; must repeat to the bit. */
static void swarm(uint64_t seed, char out[33])
{
    struct sim_host_config config = cores(3);
    config.inbox_bytes = 33280; /* forty of 832 */
    config.implementation = (struct sim_implementation){.datagram_ns = 900,
                                                        .answer_ns = 700,
                                                        .byte_ps = 1300,
                                                        .half_open_ns = 3000,
                                                        .established_ns = 2000,
                                                        .refused_ns = 400,
                                                        .expired_ns = 1500};
    struct scene *const s = scene_open(&config);
    struct sim_rng rng;
    sim_rng_open(&rng, seed, "swarm");
    const struct sim_host_counts *const c = sim_host_counts(s->host);
    enum { COUNT = 10000 };
    for (uint32_t i = 0; i < COUNT; i++) {
        struct fake_order order = work(i, (uint32_t)sim_rng_below(&rng, 9000));
        order.spi = (uint16_t)sim_rng_below(&rng, 5);
        order.why = (uint8_t)sim_rng_below(&rng, 3);
        order.half_open = (uint8_t)sim_rng_below(&rng, 2);
        arrive_at(s, HERE, &order, sizeof order + (size_t)sim_rng_below(&rng, 400));
        if (i % 50 == 0)
            fake_timer(s->engine, sim_loop_now(s->loop) + sim_rng_below(&rng, 100000), 500, 3);
        sim_loop_run(s->loop, sim_loop_now(s->loop) + sim_rng_exponential(&rng, 3000));
    }
    sim_loop_run(s->loop, sim_loop_now(s->loop) + 1000000000);
    EXPECT_EQ(c->served + c->inbox_dropped, COUNT);
    EXPECT(c->inbox_dropped > 0);
    EXPECT_EQ(c->inbox_area_ns, c->wait_sum_ns);
    EXPECT_EQ(c->out_packets, c->served);
    for (uint32_t i = 0; i < s->sent_count; i++)
        sim_fingerprint_add(&s->fingerprint, SIM_TRACE_SEND, s->sent[i].at_ns, s->sent[i].number);
    sim_fingerprint_text(&s->fingerprint, out);
    scene_close(s);
}

static void test_runs_repeat_on_every_machine(void)
{
    char once[33];
    char other[33];
    swarm(1, once);
    swarm(1, other);
    EXPECT_STR(once, other);
    EXPECT_STR(once, "09572eb7aaf171c75e90138114aef889");
    swarm(2, other);
    EXPECT(strcmp(once, other) != 0);
}

static const struct test_case cases[] = {
    TEST(test_as_many_datagrams_fit_as_linux_was_seen_to_hold),
    TEST(test_a_full_inbox_loses_and_counts_and_a_service_makes_room),
    TEST(test_one_core_answers_one_after_another),
    TEST(test_cores_overlap),
    TEST(test_an_sa_is_served_by_one_core_while_others_are_free),
    TEST(test_different_sas_spread_over_the_cores),
    TEST(test_a_free_core_takes_the_oldest_it_may_serve),
    TEST(test_waits_on_many_cores_are_those_of_the_recursion),
    TEST(test_every_part_of_the_implementation_profile_is_charged),
    TEST(test_models_hear_of_a_turn_when_the_core_is_done),
    TEST(test_traces_see_arrivals_with_their_fate_and_answers_when_they_leave),
    TEST(test_a_timer_wakes_an_idle_core_at_its_deadline),
    TEST(test_a_datagram_passed_over_for_a_timer_wakes_another_core),
    TEST(test_neither_timers_nor_the_inbox_starve),
    TEST(test_a_timer_under_a_flood_is_served_at_the_next_turn),
    TEST(test_a_wish_waits_for_the_core_and_keeps_it_busy),
    TEST(test_a_core_that_a_wish_took_first_serves_the_datagram_after_it),
    TEST(test_a_model_may_ask_for_more_while_it_is_told),
    TEST(test_each_address_of_a_population_is_a_core_of_its_own),
    TEST(test_a_large_population_never_shares_a_core),
    TEST(test_a_populations_timers_come_one_by_one_at_their_deadlines),
    TEST(test_what_comes_to_nothing_in_a_population_holds_nothing),
    TEST(test_a_host_may_be_closed_with_answers_held_back),
    TEST(test_waiting_is_that_of_m_d_1),
    TEST(test_little_s_law_holds_to_the_nanosecond),
    TEST(test_quantiles_of_waits_are_within_a_quarter_octave_above_the_true_ones),
    TEST(test_runs_repeat_on_every_machine),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
