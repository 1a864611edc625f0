/* SPDX-License-Identifier: MIT
 * A host that carries ESP: which packets are the carrier's, when what it sends
 * leaves, what it is charged, and how much of it is held back at most. */
#include "sim/host.h"
#include "tests/fake_engine.h"
#include "tests/test.h"

#include <string.h>

enum { HERE = 0x0a000001, THERE = 0x0a010000, SENT_MAX = 1024 };

static const uint32_t cost_ns = 1000;

static struct scene {
    struct sim_net net; /* first: it is the host's network, and only listens */
    struct sim_loop *loop;
    struct ike_crypto crypto;
    struct ike_engine *engine;
    struct sim_host *host;
    uint64_t sent_ns[SENT_MAX];
    uint8_t protocols[SENT_MAX];
    uint32_t sent, taken, acted, heard;
    uint64_t heard_ns, told_ns;
} s;

static bool net_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                     const struct sim_datagram *d)
{
    (void)net;
    (void)port;
    s.sent_ns[s.sent % SENT_MAX] = now_ns;
    s.protocols[s.sent++ % SENT_MAX] = d->protocol;
    return true;
}

static const struct sim_net_ops net_ops = {.name = "listener", .send = net_send};

static void on_event(void *owner, uint64_t now_ns, const struct ike_event *event)
{
    (void)owner;
    (void)event;
    s.heard++;
    s.heard_ns = now_ns;
}

static void on_told(void *owner, uint64_t now_ns, const struct ike_event *event)
{
    (void)owner;
    (void)event;
    s.told_ns = now_ns;
}

static uint64_t on_take(void *owner, uint64_t now_ns, struct sim_host *host,
                        const struct sim_datagram *packet)
{
    const struct sim_datagram back = {.from = packet->to,
                                      .to = packet->from,
                                      .at = packet->at,
                                      .len = packet->len,
                                      .protocol = packet->protocol};
    (void)owner;
    (void)now_ns;
    s.taken++;
    s.crypto.spent_ns += cost_ns;
    sim_host_send(host, &back);
    return 1;
}

static void on_act(void *owner, uint64_t now_ns, struct sim_host *host)
{
    (void)owner;
    (void)now_ns;
    (void)host;
    s.acted++;
    s.crypto.spent_ns += cost_ns;
}

static void scene_open(uint32_t cores, bool carries)
{
    const struct sim_host_config config = {
        .name = "host", .cores = cores, .inbox_bytes = 100000000, .timers_max = 4};
    s = (struct scene){.net = {.ops = &net_ops}};
    s.loop = sim_loop_open();
    s.engine = fake_open(&s.crypto);
    struct sim_host_parts parts = {.loop = s.loop,
                                   .net = &s.net,
                                   .engine = s.engine,
                                   .crypto = &s.crypto,
                                   .ear = {.event = on_told}};
    if (carries)
        parts.carrier =
            (struct sim_host_carrier){.event = on_event, .take = on_take, .act = on_act};
    s.host = sim_host_open(&config, &parts);
}

static void scene_close(void)
{
    sim_host_close(s.host);
    fake_close(s.engine);
    sim_loop_close(s.loop);
}

/* `first`: what it begins with. */
static void arrive(uint8_t protocol, uint16_t port, uint8_t first, size_t len)
{
    uint8_t octets[64] = {first, first, first, first};
    const struct sim_datagram d = {.from = ike_addr_v4(THERE, port),
                                   .to = ike_addr_v4(HERE, port),
                                   .at = octets,
                                   .len = len,
                                   .protocol = protocol};
    struct sim_port *const to = sim_host_port(s.host);
    to->deliver(to->owner, sim_loop_now(s.loop), &d);
}

static uint32_t asked(void)
{
    uint32_t count;
    (void)fake_calls(s.engine, &count);
    return count;
}

/* RFC 3948 2: the marker is IKE's, one octet a keepalive; port 500 has no ESP. */
static void test_esp_is_the_carriers_and_ike_the_engines(void)
{
    static const struct {
        uint8_t protocol;
        uint16_t port;
        uint8_t first;
        size_t len;
        bool carried;
    } rows[] = {{SIM_ESP, 0, 1, 40, true},
                {SIM_UDP, 4500, 1, 40, true},
                {SIM_UDP, 4500, 0, 40, false},
                {SIM_UDP, 500, 1, 40, false},
                {SIM_UDP, 4500, 0xff, 1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scene_open(0, true);
        arrive(rows[i].protocol, rows[i].port, rows[i].first, rows[i].len);
        sim_loop_run(s.loop, 10 * cost_ns);
        EXPECT_EQ(s.taken, rows[i].carried ? 1 : 0);
        EXPECT_EQ(asked(), rows[i].carried ? 0 : 1);
        EXPECT(!rows[i].carried || s.protocols[0] == rows[i].protocol);
        scene_close();
    }
}

static void test_without_a_carrier_esp_in_udp_is_the_engines(void)
{
    scene_open(0, false);
    arrive(SIM_UDP, 4500, 1, 40);
    EXPECT_EQ(asked(), 1);
    arrive(SIM_ESP, 0, 1, 40);
    EXPECT_EQ(asked(), 1);
    scene_close();
}

static void test_what_it_sends_leaves_when_the_core_is_done(void)
{
    scene_open(1, true);
    arrive(SIM_ESP, 0, 1, 40);
    arrive(SIM_ESP, 0, 1, 40);
    sim_host_act(s.host, 0, 1);
    EXPECT_EQ(s.sent, 0);
    sim_loop_run(s.loop, 100 * cost_ns);
    EXPECT_EQ(s.sent, 2);
    EXPECT_EQ(s.acted, 1);
    EXPECT_EQ(s.sent_ns[0], cost_ns);
    EXPECT_EQ(s.sent_ns[1], 2 * cost_ns);
    const struct sim_host_counts *const counts = sim_host_counts(s.host);
    EXPECT_EQ(counts->busy_ns, 3 * cost_ns);
    EXPECT_EQ(counts->served, 0);
    EXPECT_EQ(counts->out_packets, 0);
    scene_close();
}

/* The model hears when the core is done; the carrier has the keys as soon as the engine. */
static void test_the_carrier_hears_at_once(void)
{
    const struct fake_order order = {.number = 7, .spent_ns = cost_ns, .up = 1};
    uint8_t octets[64] = {0};
    memcpy(octets, &order, sizeof order);
    const struct sim_datagram d = {.from = ike_addr_v4(THERE, 500),
                                   .to = ike_addr_v4(HERE, 500),
                                   .at = octets,
                                   .len = sizeof octets,
                                   .protocol = SIM_UDP};
    scene_open(1, true);
    struct sim_port *const port = sim_host_port(s.host);
    port->deliver(port->owner, 0, &d);
    sim_loop_run(s.loop, 10 * cost_ns);
    EXPECT_EQ(s.heard, 1);
    EXPECT_EQ(s.heard_ns, 0);
    EXPECT_EQ(s.told_ns, cost_ns);
    scene_close();
}

/* Five hundred turns for cores; what comes then is dropped, until there is room again. */
static void test_only_so_much_is_held_back(void)
{
    scene_open(1, true);
    for (int i = 0; i < 600; i++)
        arrive(SIM_ESP, 0, 1, 40);
    EXPECT_EQ(s.taken, 500);
    EXPECT_EQ(sim_host_counts(s.host)->carried_dropped, 100);
    sim_loop_run(s.loop, 1000 * cost_ns);
    EXPECT_EQ(s.sent, 500);
    arrive(SIM_ESP, 0, 1, 40);
    EXPECT_EQ(s.taken, 501);
    scene_close();
    scene_open(0, true); /* closed with packets held back: nothing is left */
    arrive(SIM_ESP, 0, 1, 40);
    scene_close();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_esp_is_the_carriers_and_ike_the_engines),
        TEST(test_without_a_carrier_esp_in_udp_is_the_engines),
        TEST(test_what_it_sends_leaves_when_the_core_is_done),
        TEST(test_the_carrier_hears_at_once),
        TEST(test_only_so_much_is_held_back),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
