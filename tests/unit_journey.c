/* SPDX-License-Identifier: MIT
 * A datagram's whole way: a population and a gateway with scripted engines
 * over two links, every nanosecond of it accounted for. */
#include "sim/host.h"
#include "sim/loop.h"
#include "sim/net_links.h"
#include "tests/fake_engine.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 0x0a000000, GATEWAY = 0x0b000001 };

struct party {
    struct ike_crypto crypto;
    struct ike_engine *engine;
    struct sim_host *host;
};

struct journey {
    struct sim_loop *loop;
    struct sim_net *links;
    struct party clients, gateway;
    struct sim_fingerprint fingerprint;
};

static void party_open(struct journey *j, struct party *p, const struct sim_host_config *config,
                       uint32_t node, const struct ike_prefix *prefix)
{
    p->engine = fake_open(&p->crypto);
    const struct sim_host_parts parts = {.loop = j->loop,
                                         .net = j->links,
                                         .engine = p->engine,
                                         .crypto = &p->crypto,
                                         .fingerprint = &j->fingerprint};
    p->host = sim_host_open(config, &parts);
    j->links->ops->attach(j->links, node, sim_host_port(p->host), prefix);
}

static void party_close(struct party *p)
{
    sim_host_close(p->host);
    fake_close(p->engine);
}

/* A link of 1 Mbit/s and 5 ms to the clients, one of 10 Mbit/s and 1 ms to the gateway; 100 ns a
 * datagram and 10 an answer at the gateway. */
static struct journey *journey_open(uint32_t cores)
{
    static const struct sim_link_config wan = {
        .name = "wan", .rate_bps = 1000000, .delay_ns = 5000000};
    static const struct sim_link_config lan = {
        .name = "lan", .rate_bps = 10000000, .delay_ns = 1000000};
    const struct ike_prefix many = {.base = ike_addr_v4(CLIENTS, 0), .bits = 8};
    const struct ike_prefix one = {.base = ike_addr_v4(GATEWAY, 0), .bits = 32};
    const struct sim_host_config population = {.name = "clients", .timers_max = 1};
    const struct sim_host_config gateway = {
        .name = "gateway",
        .cores = cores,
        .inbox_bytes = 212992,
        .timers_max = 4,
        .implementation = {.datagram_ns = 100, .answer_ns = 10}};
    struct journey *const j = calloc(1, sizeof *j);
    sim_fingerprint_open(&j->fingerprint, 1);
    j->loop = sim_loop_open();
    j->links = sim_net_links_open(j->loop, 1, &j->fingerprint);
    const uint32_t near = j->links->ops->router(j->links);
    const uint32_t far = j->links->ops->router(j->links);
    (void)j->links->ops->link(j->links, near, 0, &wan);
    (void)j->links->ops->link(j->links, 0, far, &lan);
    party_open(j, &j->clients, &population, near, &many);
    party_open(j, &j->gateway, &gateway, far, &one);
    (void)j->links->ops->route(j->links, NULL, 0);
    return j;
}

static void journey_close(struct journey *j)
{
    party_close(&j->clients);
    party_close(&j->gateway);
    j->links->ops->close(j->links);
    sim_loop_close(j->loop);
    free(j);
}

static void connect_from(struct journey *j, uint32_t client, uint32_t cost_ns)
{
    const struct ike_attempt attempt = {.local = ike_addr_v4(CLIENTS + client, 500),
                                        .remote = ike_addr_v4(GATEWAY, 500),
                                        .tag = cost_ns};
    EXPECT(sim_host_connect(j->clients.host, sim_loop_now(j->loop), &attempt) != 0);
}

/* One datagram's time on a link: with headers, 8 bits an octet. */
static uint64_t on_wan_ns(void)
{
    return (sizeof(struct fake_order) + 28) * 8 * 1000 + 5000000;
}

static uint64_t on_lan_ns(void)
{
    return (sizeof(struct fake_order) + 28) * 8 * 100 + 1000000;
}

static void test_a_round_trip_is_the_sum_of_its_links_and_its_costs(void)
{
    enum { COST = 70000 };
    struct journey *const j = journey_open(1);
    connect_from(j, 5, COST);
    sim_loop_run(j->loop, 1000000000);
    uint32_t count;
    const struct fake_call *calls = fake_calls(j->gateway.engine, &count);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(calls[0].now_ns, COST + on_wan_ns() + on_lan_ns());
    calls = fake_calls(j->clients.engine, &count);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(calls[1].now_ns, COST + COST + 110 + 2 * (on_wan_ns() + on_lan_ns()));
    EXPECT_EQ(sim_host_counts(j->gateway.host)->busy_ns, COST + 110);
    journey_close(j);
}

/* Work that takes longer than the link needs for the next datagram queues at the gateway, and a
 * second core takes half of it. */
static uint64_t last_answer_ns(uint32_t cores, uint32_t clients, char out[33])
{
    struct journey *const j = journey_open(cores);
    for (uint32_t i = 0; i < clients; i++)
        connect_from(j, i, 2000000);
    sim_loop_run(j->loop, 10000000000);
    uint32_t count;
    const struct fake_call *const calls = fake_calls(j->clients.engine, &count);
    EXPECT_EQ(count, 2 * clients);
    const struct sim_net_totals totals = j->links->totals;
    EXPECT_EQ(totals.sent, 2 * (uint64_t)clients);
    EXPECT_EQ(totals.delivered, totals.sent);
    const uint64_t last_ns = calls[count - 1].now_ns;
    sim_fingerprint_text(&j->fingerprint, out);
    journey_close(j);
    return last_ns;
}

static void test_a_busy_gateway_is_felt_by_the_last_client_and_a_second_core_helps(void)
{
    enum { COST = 2000000, EACH = COST + 110, COUNT = 50 };
    char text[33];
    /* The first arrives after its own cost and both links; then the core never rests. */
    const uint64_t ways_ns = 2 * (on_wan_ns() + on_lan_ns());
    EXPECT_EQ(last_answer_ns(1, COUNT, text), COST + ways_ns + UINT64_C(50) * EACH);
    /* The second core begins when the second datagram has come off the slower link. */
    const uint64_t later_ns = (sizeof(struct fake_order) + 28) * 8 * 1000;
    EXPECT_EQ(last_answer_ns(2, COUNT, text), COST + ways_ns + later_ns + UINT64_C(25) * EACH);
}

static void test_a_journey_repeats_on_every_machine(void)
{
    char once[33];
    char twice[33];
    (void)last_answer_ns(2, 200, once);
    (void)last_answer_ns(2, 200, twice);
    EXPECT_STR(once, twice);
    EXPECT_STR(once, "8e2658100bfd60d16378f5e949df846d");
    (void)last_answer_ns(2, 201, twice);
    EXPECT(strcmp(once, twice) != 0);
}

static const struct test_case cases[] = {
    TEST(test_a_round_trip_is_the_sum_of_its_links_and_its_costs),
    TEST(test_a_busy_gateway_is_felt_by_the_last_client_and_a_second_core_helps),
    TEST(test_a_journey_repeats_on_every_machine),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
