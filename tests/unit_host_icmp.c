/* SPDX-License-Identifier: MIT
 * Hosts and ICMP, with a scripted engine: what comes to it as a hint, and what a
 * host that is off says in its place. */
#include "sim/host.h"
#include "sim/icmp.h"
#include "sim/packet.h"
#include "tests/fake_engine.h"
#include "tests/test.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SENT_MAX = 4096, HERE = 0x0a000001, THERE = 0x0a010000, MS = 1000000 };

static const uint64_t second_ns = 1000000000;

struct scene {
    struct sim_net net; /* first: it is the host's network, and only listens */
    struct sim_loop *loop;
    struct ike_crypto crypto;
    struct ike_engine *engine;
    struct sim_host *host;
    uint32_t sent_count, told_count;
    uint64_t sent_ns[SENT_MAX];
    struct sim_datagram sent[SENT_MAX];
    uint8_t octets[SENT_MAX][SIM_ICMP_MAX];
};

static bool net_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                     const struct sim_datagram *d)
{
    struct scene *const s = (struct scene *)(void *)net;
    assert(port == sim_host_port(s->host) && s->sent_count < SENT_MAX && d->len <= SIM_ICMP_MAX);
    memcpy(s->octets[s->sent_count], d->at, d->len);
    s->sent[s->sent_count] = *d;
    s->sent[s->sent_count].at = s->octets[s->sent_count];
    s->sent_ns[s->sent_count++] = now_ns;
    return true;
}

static const struct sim_net_ops net_ops = {.name = "listener", .send = net_send};

static void on_event(void *owner, uint64_t now_ns, const struct ike_event *event)
{
    struct scene *const s = owner;
    (void)now_ns;
    (void)event;
    s->told_count++;
}

static struct scene *scene_open(uint32_t cores)
{
    const struct sim_host_config config = {.name = "host",
                                           .cores = cores,
                                           .inbox_bytes = 100000000,
                                           .timers_max = 4,
                                           .implementation = {.datagram_ns = 7}};
    struct scene *const s = calloc(1, sizeof *s);
    s->net.ops = &net_ops;
    s->loop = sim_loop_open();
    s->engine = fake_open(&s->crypto);
    const struct sim_host_parts parts = {.loop = s->loop,
                                         .net = &s->net,
                                         .engine = s->engine,
                                         .crypto = &s->crypto,
                                         .ear = {.event = on_event, .owner = s}};
    s->host = sim_host_open(&config, &parts);
    return s;
}

static void scene_close(struct scene *s)
{
    sim_host_close(s->host);
    fake_close(s->engine);
    sim_loop_close(s->loop);
    free(s);
}

static void deliver(struct scene *s, const struct sim_datagram *d)
{
    struct sim_port *const port = sim_host_port(s->host);
    port->deliver(port->owner, sim_loop_now(s->loop), d);
}

static struct ike_addr address(bool six, uint32_t number, uint16_t port)
{
    struct ike_addr addr = ike_addr_v4(number, port);
    if (!six)
        return addr;
    EXPECT(ike_addr_parse("2001:db8::1", &addr));
    addr.ip[15] = (uint8_t)(number >> 16);
    addr.port = port;
    return addr;
}

/* What the host has sent, or is sent: an order. */
static struct sim_datagram datagram(bool six, bool out, const struct fake_order *order)
{
    const struct ike_addr here = address(six, HERE, IKE_PORT);
    const struct ike_addr there = address(six, THERE, IKE_PORT);
    return (struct sim_datagram){.from = out ? here : there,
                                 .to = out ? there : here,
                                 .at = (const uint8_t *)order,
                                 .len = sizeof *order,
                                 .protocol = SIM_UDP};
}

/* The other host, or a router, says of `about` that it did not arrive. */
static void say(struct scene *s, enum sim_icmp_kind kind, const struct sim_datagram *about)
{
    uint8_t packet[2048];
    uint8_t room[SIM_ICMP_MAX];
    struct sim_datagram icmp;
    const struct sim_icmp what = {.kind = kind,
                                  .quoted = {packet, sim_packet_write(about, packet)}};
    const struct ike_addr router = sim_dummy_router(about->from.family);
    EXPECT(sim_icmp_write(&what, &router, room, &icmp));
    deliver(s, &icmp);
}

static uint32_t calls(const struct scene *s)
{
    uint32_t count;
    (void)fake_calls(s->engine, &count);
    return count;
}

/* ---- hearing ---- */

static void test_what_did_not_arrive_is_a_hint_and_costs_its_time(void)
{
    for (uint32_t six = 0; six < 2; six++)
        for (uint32_t cores = 0; cores < 2; cores++) {
            const struct fake_order order = {.number = 5, .spent_ns = 100};
            struct scene *const s = scene_open(cores);
            const struct sim_datagram d = datagram(six == 1, true, &order);
            uint32_t count;
            say(s, SIM_ICMP_PORT_CLOSED, &d);
            EXPECT_EQ(fake_calls(s->engine, &count)[0].number, 5); /* the payload is quoted */
            sim_loop_run(s->loop, second_ns);
            EXPECT_EQ(count, 1);
            EXPECT_EQ(sim_host_counts(s->host)->busy_ns, 107);
            EXPECT_EQ(sim_host_counts(s->host)->hints, 1);
            EXPECT_EQ(sim_host_counts(s->host)->hints_heeded, 1);
            EXPECT_EQ(sim_host_counts(s->host)->reasons[WHY_OK], 0);
            say(s, SIM_ICMP_UNREACHABLE, &d);
            EXPECT_EQ(calls(s), 2);
            EXPECT_EQ(s->sent_count, 0);
            scene_close(s);
        }
}

static void test_a_hint_that_is_not_heeded_is_counted_with_its_reason(void)
{
    const struct fake_order order = {.number = 1, .why = WHY_HINT_EARLY};
    struct scene *const s = scene_open(1);
    const struct sim_datagram d = datagram(false, true, &order);
    say(s, SIM_ICMP_PORT_CLOSED, &d);
    EXPECT_EQ(sim_host_counts(s->host)->hints, 1);
    EXPECT_EQ(sim_host_counts(s->host)->hints_heeded, 0);
    EXPECT_EQ(sim_host_counts(s->host)->reasons[WHY_HINT_EARLY], 1);
    scene_close(s);
}

static void test_other_icmp_is_no_hint(void)
{
    const struct fake_order order = {.number = 1};
    struct scene *const s = scene_open(1);
    struct sim_datagram d = datagram(false, true, &order);
    uint8_t packet[256];
    uint8_t room[SIM_ICMP_MAX];
    struct sim_datagram icmp;
    say(s, SIM_ICMP_TOO_BIG, &d);
    say(s, SIM_ICMP_TIME_EXCEEDED, &d);
    const struct sim_icmp what = {.kind = SIM_ICMP_PORT_CLOSED,
                                  .quoted = {packet, sim_packet_write(&d, packet)}};
    EXPECT(sim_icmp_write(&what, &d.to, room, &icmp));
    room[9] ^= 1; /* its checksum is wrong */
    deliver(s, &icmp);
    room[9] ^= 1;
    icmp.len = 20; /* cut short */
    deliver(s, &icmp);
    EXPECT(sim_icmp_write(&what, &d.to, room, &icmp));
    icmp.to.ip[3]++; /* of what another has sent */
    deliver(s, &icmp);
    d.protocol = SIM_TCP;
    say(s, SIM_ICMP_PORT_CLOSED, &d);
    EXPECT_EQ(calls(s), 0);
    EXPECT_EQ(sim_host_counts(s->host)->hints, 0);
    icmp.to.ip[3]--;
    deliver(s, &icmp);
    EXPECT_EQ(calls(s), 1);
    scene_close(s);
}

static void test_esp_and_cut_datagrams_are_hints_without_octets(void)
{
    const struct fake_order order = {.number = 9};
    struct scene *const s = scene_open(1);
    struct sim_datagram d = datagram(false, true, &order);
    uint32_t count;
    d.fragment = (struct sim_fragment){.id = 1, .more = true};
    say(s, SIM_ICMP_PORT_CLOSED, &d);
    d.fragment.more = false;
    d.from.port = d.to.port = 0;
    d.protocol = SIM_ESP;
    say(s, SIM_ICMP_PORT_CLOSED, &d);
    EXPECT_EQ(fake_calls(s->engine, &count)[0].number, 0);
    EXPECT_EQ(fake_calls(s->engine, &count)[1].number, 9); /* of ESP its first octets */
    EXPECT_EQ(count, 2);
    scene_close(s);
}

static void test_of_a_storm_so_much_is_under_way_at_once(void)
{
    const struct fake_order order = {.number = 1, .spent_ns = 1 * MS};
    struct scene *const s = scene_open(1);
    const struct sim_datagram d = datagram(false, true, &order);
    for (int i = 0; i < 100000; i++)
        say(s, SIM_ICMP_PORT_CLOSED, &d);
    EXPECT_EQ(calls(s), 500);
    EXPECT_EQ(sim_host_counts(s->host)->hints, 100000);
    EXPECT_EQ(sim_host_counts(s->host)->hints_dropped, 100000 - 500);
    sim_loop_run(s->loop, second_ns);
    say(s, SIM_ICMP_PORT_CLOSED, &d);
    EXPECT_EQ(calls(s), 501);
    scene_close(s);
}

/* ---- off ---- */

static void test_what_a_host_was_about_to_do_goes_with_it(void)
{
    const struct fake_order order = {
        .number = 1, .spent_ns = 10 * MS, .answers = 1, .half_open = 1};
    struct scene *const s = scene_open(1);
    const struct sim_datagram d = datagram(false, false, &order);
    deliver(s, &d);
    deliver(s, &d);
    deliver(s, &d);
    sim_loop_run(s->loop, 15 * MS); /* one is done, one is served, one waits */
    EXPECT_EQ(s->sent_count, 1);
    EXPECT_EQ(s->told_count, 1);
    EXPECT_EQ(sim_host_counts(s->host)->inbox_waiting, 1);
    sim_host_switch_off(s->host, 15 * MS, false);
    EXPECT_EQ(s->told_count, 2); /* of the crash */
    EXPECT_EQ(sim_host_counts(s->host)->inbox_waiting, 0);
    sim_loop_run(s->loop, second_ns);
    EXPECT_EQ(s->sent_count, 1);
    EXPECT_EQ(s->told_count, 2);
    EXPECT_EQ(calls(s), 3); /* two orders, and the crash */
    scene_close(s);
}

static void test_who_is_off_is_silent_or_says_so(void)
{
    for (uint32_t six = 0; six < 2; six++)
        for (uint32_t refuses = 0; refuses < 2; refuses++) {
            const struct fake_order order = {.number = 77, .answers = 1};
            struct scene *const s = scene_open(2);
            struct sim_datagram d = datagram(six == 1, false, &order);
            struct sim_icmp said;
            sim_host_switch_off(s->host, 0, refuses == 1);
            const uint32_t before = calls(s);
            deliver(s, &d);
            d.protocol = SIM_ESP;
            d.from.port = d.to.port = 0;
            deliver(s, &d);
            d.protocol = SIM_TCP;
            deliver(s, &d);
            say(s, SIM_ICMP_PORT_CLOSED, &d);
            sim_loop_run(s->loop, second_ns);
            EXPECT_EQ(calls(s), before);
            EXPECT_EQ(s->sent_count, refuses == 1 ? 2 : 0);
            EXPECT_EQ(sim_host_counts(s->host)->refused, refuses == 1 ? 2 : 0);
            for (uint32_t i = 0; i < s->sent_count; i++) {
                EXPECT_EQ(s->sent_ns[i], 0);
                EXPECT(sim_icmp_read(&s->sent[i], &said));
                EXPECT_EQ(s->sent[i].at[0], six == 1 ? 1 : 3); /* RFC 4443 3.1; RFC 792 */
                EXPECT_EQ(s->sent[i].at[1], six == 1 ? 4 : 3);
                EXPECT_EQ(said.kind, SIM_ICMP_PORT_CLOSED);
                EXPECT(ike_addr_same_ip(&s->sent[i].from, &d.to));
                EXPECT(ike_addr_same_ip(&s->sent[i].to, &d.from));
                EXPECT(ike_addr_same_ip(&said.about.from, &d.from));
                EXPECT_EQ(said.about.protocol, i == 0 ? SIM_UDP : SIM_ESP);
                EXPECT_EQ(said.about.to.port, i == 0 ? IKE_PORT : 0);
                EXPECT_EQ(sim_icmp_payload(&said).len, sizeof order);
            }
            sim_host_switch_on(s->host);
            d = datagram(six == 1, false, &order);
            deliver(s, &d);
            sim_loop_run(s->loop, 2 * second_ns);
            EXPECT_EQ(s->sent[s->sent_count - 1].protocol, SIM_UDP);
            EXPECT_EQ(calls(s), before + 1);
            scene_close(s);
        }
}

/* RFC 1812 4.3.2.8, RFC 4443 2.4 f. */
static void test_it_says_so_only_so_often(void)
{
    const struct fake_order order = {.number = 1};
    struct scene *const s = scene_open(1);
    const struct sim_datagram d = datagram(false, false, &order);
    sim_host_switch_off(s->host, 0, true);
    for (uint64_t at_ns = 0; at_ns < 3 * second_ns; at_ns += second_ns / 4000) {
        sim_loop_run(s->loop, at_ns);
        deliver(s, &d);
    }
    sim_loop_run(s->loop, 3 * second_ns);
    EXPECT_EQ(s->sent_count, 3000);
    scene_close(s);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_did_not_arrive_is_a_hint_and_costs_its_time),
        TEST(test_a_hint_that_is_not_heeded_is_counted_with_its_reason),
        TEST(test_other_icmp_is_no_hint),
        TEST(test_esp_and_cut_datagrams_are_hints_without_octets),
        TEST(test_of_a_storm_so_much_is_under_way_at_once),
        TEST(test_what_a_host_was_about_to_do_goes_with_it),
        TEST(test_who_is_off_is_silent_or_says_so),
        TEST(test_it_says_so_only_so_often),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
