/* SPDX-License-Identifier: MIT
 * Hosts whose costs depend on what came before (cold memory, lists that are
 * walked, threads that sleep), and hosts whose threads share the work: who waits for whom. */
#include "sim/host.h"
#include "sim/rng.h"
#include "tests/fake_engine.h"
#include "tests/test.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t us = 1000;
static const uint64_t ms = 1000000;

struct scene {
    struct sim_net net; /* first: it is the host's network, and loses all */
    struct sim_loop *loop;
    struct ike_crypto crypto;
    struct ike_engine *engine;
    struct sim_host *host;
    const struct sim_host_counts *counts;
    struct sim_event poisson; /* `left` more datagrams like this come, this often in the mean */
    struct sim_rng rng;
    struct fake_order order;
    uint64_t mean_ns;
    uint32_t left;
};

static bool net_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                     const struct sim_datagram *d)
{
    (void)net;
    (void)now_ns;
    (void)port;
    (void)d;
    return true;
}

static const struct sim_net_ops net_ops = {.name = "nowhere", .send = net_send};

static struct scene *scene_open(const struct sim_host_config *config)
{
    struct scene *const s = calloc(1, sizeof *s);
    s->net.ops = &net_ops;
    s->loop = sim_loop_open();
    s->engine = fake_open(&s->crypto);
    const struct sim_host_parts parts = {
        .loop = s->loop, .net = &s->net, .engine = s->engine, .crypto = &s->crypto};
    s->host = sim_host_open(config, &parts);
    s->counts = sim_host_counts(s->host);
    return s;
}

static void scene_close(struct scene *s)
{
    sim_loop_cancel(s->loop, &s->poisson);
    sim_host_close(s->host);
    fake_close(s->engine);
    sim_loop_close(s->loop);
    free(s);
}

static struct sim_host_config host_of(uint32_t count,
                                      const struct sim_implementation *implementation)
{
    return (struct sim_host_config){.name = "gateway",
                                    .cores = count,
                                    .inbox_bytes = 212992,
                                    .timers_max = 4,
                                    .implementation = *implementation};
}

/* 20 us in the receiver, 300 us elsewhere, and a fifth of a busy core for the former. */
static const struct sim_implementation threads = {
    .datagram_ns = 20000, .half_open_ns = 300000, .receiver_ppm = 200000};

static const struct fake_order init = {.kind = IKE_PEEK_INIT_REQUEST, .half_open = 1};

static void arrive(struct scene *s, struct fake_order order)
{
    const struct sim_datagram d = {.from = ike_addr_v4(0x0a010000, 500),
                                   .to = ike_addr_v4(0x0a000001, 500),
                                   .at = (const uint8_t *)&order,
                                   .len = sizeof order,
                                   .protocol = SIM_UDP};
    struct sim_port *const port = sim_host_port(s->host);
    port->deliver(port->owner, sim_loop_now(s->loop), &d);
}

static void run_for(struct scene *s, uint64_t ns)
{
    sim_loop_run(s->loop, sim_loop_now(s->loop) + ns);
}

static void on_poisson(void *owner, uint64_t now_ns)
{
    struct scene *const s = owner;
    s->order.number++;
    arrive(s, s->order);
    if (--s->left > 0)
        sim_loop_at(s->loop, &s->poisson, now_ns + sim_rng_exponential(&s->rng, s->mean_ns));
}

static void flood(struct scene *s, struct fake_order order, uint64_t mean_ns, uint32_t count)
{
    s->order = order;
    s->mean_ns = mean_ns;
    s->left = count;
    sim_rng_open(&s->rng, 7, "flood");
    s->poisson = (struct sim_event){.rank = SIM_TIMER, .run = on_poisson, .owner = s};
    sim_loop_at(s->loop, &s->poisson, sim_loop_now(s->loop));
}

/* ---- what came before ---- */

static void test_the_first_turn_after_a_rest_costs_what_left_the_caches(void)
{
    const struct sim_implementation implementation = {
        .datagram_ns = 1, .cold_ns = 400000, .cold_after_ns = 10000000};
    const struct sim_host_config config = host_of(1, &implementation);
    struct scene *const s = scene_open(&config);
    uint64_t wanted = 0;
    run_for(s, 100 * ms);
    arrive(s, (struct fake_order){.number = 1});
    run_for(s, 5 * ms); /* half of all is cold again then, */
    EXPECT_EQ(s->counts->busy_ns, wanted += 1 + 400 * us);
    arrive(s, (struct fake_order){.number = 2});
    run_for(s, 2500 * us); /* and a quarter */
    EXPECT_EQ(s->counts->busy_ns, wanted += 1 + 200 * us);
    arrive(s, (struct fake_order){.number = 3});
    run_for(s, 10 * ms);
    EXPECT_EQ(s->counts->busy_ns, wanted += 1 + 100 * us);
    arrive(s, (struct fake_order){.number = 4});
    run_for(s, ms);
    EXPECT_EQ(s->counts->busy_ns, wanted += 1 + 400 * us);
    scene_close(s);
}

static void test_a_half_open_sa_costs_more_when_their_memory_is_cold(void)
{
    const struct sim_implementation implementation = {
        .half_open_ns = 50000, .half_open_cold_ns = 400000, .cold_after_ns = 10000000};
    const struct sim_host_config config = host_of(1, &implementation);
    struct scene *const s = scene_open(&config);
    uint64_t wanted = 0;
    run_for(s, 100 * ms);
    arrive(s, (struct fake_order){.half_open = 1});
    run_for(s, 4 * ms);
    EXPECT_EQ(s->counts->busy_ns, wanted += 450 * us);
    arrive(s, (struct fake_order){.number = 1}); /* makes none, so that it gets no warmer */
    run_for(s, ms);
    EXPECT_EQ(s->counts->busy_ns, wanted);
    arrive(s, (struct fake_order){.half_open = 1});
    run_for(s, ms);
    EXPECT_EQ(s->counts->busy_ns, wanted += 250 * us);
    scene_close(s);
}

static void test_lists_of_half_open_sas_are_walked_when_one_is_made_or_times_out(void)
{
    const struct sim_implementation implementation = {.datagram_each_ns = 2,
                                                      .half_open_each_ns = 100,
                                                      .expired_each_ns = 1000,
                                                      .each_cold_milli = 3000,
                                                      .cold_after_ns = 10000000};
    for (uint32_t lists = 0; lists <= 3; lists++) {
        struct sim_host_config config = host_of(1, &implementation);
        config.lists = lists;
        struct scene *const s = scene_open(&config);
        const uint64_t listed = lists > 1 ? 3000 / lists : 3000;
        uint64_t wanted = 0;
        run_for(s, 100 * ms);
        fake_stats(s->engine, &(struct ike_stats){.half_open = 3000});
        arrive(s, (struct fake_order){.half_open = 1});
        run_for(s, 4 * ms);
        EXPECT_EQ(s->counts->busy_ns, wanted += listed * (2 + 100 * 4));
        arrive(s, (struct fake_order){.number = 1}); /* walks no other, so they get no warmer */
        run_for(s, ms);
        EXPECT_EQ(s->counts->busy_ns, wanted += listed * 2);
        arrive(s, (struct fake_order){.expired = 1});
        run_for(s, 20 * ms);
        EXPECT_EQ(s->counts->busy_ns, wanted += listed * (2 + 2500));
        fake_stats(s->engine, &(struct ike_stats){.half_open = 0});
        arrive(s, (struct fake_order){.half_open = 1});
        run_for(s, 20 * ms);
        EXPECT_EQ(s->counts->busy_ns, wanted);
        scene_close(s);
    }
}

static void test_a_thread_that_sleeps_is_woken_for_what_is_not_refused(void)
{
    for (uint32_t receives = 0; receives <= 1; receives++) {
        const struct sim_implementation implementation = {.half_open_ns = 300000,
                                                          .refused_ns = 7000,
                                                          .workers = 2,
                                                          .woken_ns = 90000,
                                                          .receiver_ppm = receives * 500000};
        const struct sim_host_config config = host_of(1, &implementation);
        struct scene *const s = scene_open(&config);
        uint64_t wanted = 0;
        arrive(s, init);
        run_for(s, ms);
        EXPECT_EQ(s->counts->busy_ns, wanted += 390 * us);
        arrive(s, (struct fake_order){.why = WHY_COOKIE_WANTED});
        run_for(s, ms);
        EXPECT_EQ(s->counts->busy_ns, wanted += 7 * us);
        for (int i = 0; i < 5; i++)
            arrive(s, init);
        run_for(s, 10 * ms); /* 4, 3, 2, 1 and none wait behind them; the receiver takes the second
                                before the first is served */
        EXPECT_EQ(s->counts->busy_ns, wanted += 5 * 300 * us + 2 * 90 * us);
        scene_close(s);
    }
}

/* ---- threads that share the work ---- */

/* Numbers in the order in which the engine heard them. */
static void expect_order(const struct scene *s, const char *wanted)
{
    char order[32] = "";
    uint32_t count;
    const struct fake_call *const calls = fake_calls(s->engine, &count);
    for (uint32_t i = 0; i < count && i + 1 < sizeof order; i++)
        order[i] = (char)('a' + calls[i].number);
    EXPECT_STR(order, wanted);
}

static void test_threads_serve_ike_auth_after_all_other_requests(void)
{
    const struct sim_host_config config = host_of(1, &threads);
    struct scene *const s = scene_open(&config);
    arrive(s, (struct fake_order){.number = 0, .kind = IKE_PEEK_INIT_REQUEST, .half_open = 1});
    run_for(s, 50 * us); /* that one is served */
    arrive(s, (struct fake_order){.number = 1, .kind = IKE_PEEK_AUTH_REQUEST, .spi = 7});
    arrive(s, (struct fake_order){.number = 2, .kind = IKE_PEEK_INIT_REQUEST, .half_open = 1});
    arrive(s, (struct fake_order){.number = 3, .spi = 8});
    arrive(s, (struct fake_order){.number = 4, .kind = IKE_PEEK_AUTH_REQUEST, .spi = 9});
    run_for(s, 10 * ms);
    expect_order(s, "acdbe");
    EXPECT_EQ(s->counts->served, 5);
    EXPECT_EQ(s->counts->inbox_waiting, 0);
    EXPECT_EQ(s->counts->init_requests, 2);
    scene_close(s);
}

static void test_requests_that_get_a_cookie_wait_for_no_other_thread(void)
{
    const struct sim_host_config config = host_of(1, &threads);
    struct scene *const s = scene_open(&config);
    arrive(s, init);
    run_for(s, 50 * us);
    arrive(s, (struct fake_order){.number = 1, .spi = 8});
    run_for(s, 300 * us); /* it is in the queue now, */
    fake_stats(s->engine, &(struct ike_stats){.cookies_on = true});
    arrive(s, (struct fake_order){.number = 2, .spi = 9});
    arrive(s, (struct fake_order){.number = 3, .kind = IKE_PEEK_INIT_REQUEST});
    run_for(s, 10 * ms);
    expect_order(s, "abdc");
    scene_close(s);
}

/* 10,000 a second: the receiver would need a fifth of the core, each served takes 300 us. */
static void test_a_receiver_keeps_the_socket_empty_while_the_queue_grows(void)
{
    const struct sim_host_config config = host_of(1, &threads);
    struct scene *const s = scene_open(&config);
    flood(s, init, 100 * us, 10000);
    sim_loop_run(s->loop, 1000 * ms);
    const uint64_t came = s->order.number;
    EXPECT(came > 9700);
    EXPECT(s->counts->inbox_dropped < came / 20);
    const uint64_t served = s->counts->served;
    EXPECT(served > 2550 && served < 2700); /* (1 - 10,000 x 20 us) / 300 us: 2667 */
    EXPECT_EQ(s->counts->inbox_waiting, came - served - s->counts->inbox_dropped);
    scene_close(s);
}

/* 40,000 a second: it gets its fifth and not more, and the rest is lost at the socket. */
static void test_a_receiver_has_its_part_of_a_core_that_others_want(void)
{
    const struct sim_host_config config = host_of(1, &threads);
    struct scene *const s = scene_open(&config);
    flood(s, init, 25 * us, 40000);
    sim_loop_run(s->loop, 1000 * ms);
    const uint64_t taken = s->counts->served + s->counts->inbox_waiting;
    EXPECT(taken > 9900 && taken < 10300); /* 0.2 / 20 us, and the buffer */
    EXPECT(s->counts->served > 2640 && s->counts->served < 2680);
    scene_close(s);
}

static void test_all_that_came_is_served_or_counted_as_lost_and_waits_add_up(void)
{
    for (uint32_t cores = 1; cores <= 3; cores += 2) {
        const struct sim_host_config config = host_of(cores, &threads);
        struct scene *const s = scene_open(&config);
        flood(s, init, 40 * us, 20000);
        run_for(s, 60000 * ms);
        const struct sim_host_counts *const c = s->counts;
        EXPECT_EQ(c->served + c->inbox_dropped, 20000);
        EXPECT_EQ(c->init_requests, 20000);
        EXPECT(cores == 1 ? c->inbox_dropped > 1000 : c->inbox_dropped == 0);
        EXPECT_EQ(c->inbox_waiting, 0);
        EXPECT_EQ(c->inbox_area_ns, c->wait_sum_ns); /* Little */
        EXPECT_EQ(c->busy_ns, c->served * (20 + 300) * us);
        scene_close(s);
    }
}

/* What the receiver does not need of its part is not saved for later. */
static void test_a_receiver_saves_nothing_while_nobody_else_wants_the_core(void)
{
    const struct sim_host_config config = host_of(1, &threads);
    struct scene *const s = scene_open(&config);
    flood(s, (struct fake_order){.kind = IKE_PEEK_OTHER}, 100 * us, 5000);
    run_for(s, 1000 * ms);
    EXPECT_EQ(s->counts->served, 5000);
    flood(s, init, 25 * us, 40000);
    run_for(s, 500 * ms);
    const uint64_t served = s->counts->served - 5000;
    EXPECT(served > 1310 && served < 1350); /* 0.8 of 500 ms / 300 us */
    scene_close(s);
}

static void test_a_host_switched_off_forgets_the_queue(void)
{
    const struct sim_host_config config = host_of(1, &threads);
    struct scene *const s = scene_open(&config);
    flood(s, init, 50 * us, 2000);
    run_for(s, 60 * ms);
    EXPECT(s->counts->inbox_waiting > 500);
    sim_host_switch_off(s->host, sim_loop_now(s->loop), false);
    EXPECT_EQ(s->counts->inbox_waiting, 0);
    run_for(s, 1000 * ms);
    const uint64_t served = s->counts->served;
    sim_host_switch_on(s->host);
    arrive(s, init);
    run_for(s, 10 * ms);
    EXPECT_EQ(s->counts->served, served + 1);
    scene_close(s);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_first_turn_after_a_rest_costs_what_left_the_caches),
        TEST(test_a_half_open_sa_costs_more_when_their_memory_is_cold),
        TEST(test_lists_of_half_open_sas_are_walked_when_one_is_made_or_times_out),
        TEST(test_a_thread_that_sleeps_is_woken_for_what_is_not_refused),
        TEST(test_threads_serve_ike_auth_after_all_other_requests),
        TEST(test_requests_that_get_a_cookie_wait_for_no_other_thread),
        TEST(test_a_receiver_keeps_the_socket_empty_while_the_queue_grows),
        TEST(test_a_receiver_has_its_part_of_a_core_that_others_want),
        TEST(test_all_that_came_is_served_or_counted_as_lost_and_waits_add_up),
        TEST(test_a_receiver_saves_nothing_while_nobody_else_wants_the_core),
        TEST(test_a_host_switched_off_forgets_the_queue),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
