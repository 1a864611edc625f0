/* SPDX-License-Identifier: MIT
 * The C interface to ns-3 (net_ns3.h) as a program has it that has no door: what
 * its lines, queues and traffic are by themselves, and what fails. Skipped where
 * ns-3 is not installed. */
#include "sim/fingerprint.h"
#include "sim/net_ns3.h"
#include "sim/ns3_door.h"
#include "tests/test.h"
#include "tests/thrown.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MS = 1000000, SECOND = 1000000000, ROWS = 4000 };

/* Two nodes, a line between them, and an end at each: 10.0.0.0/16 is at the first, 10.1.0.0/16 at
 * the other. The nodes know the way to each other. */
struct pair {
    const struct ns3_api *ns3;
    struct ns3_net *n;
    int nodes[2], ends[2], link;
};

static struct pair pair_open(const struct ns3_options *options, const struct ns3_line *line,
                             ns3_packet_fn *deliver, void *owner)
{
    const struct ns3_prefix sides[2] = {{.ip = {10, 0}, .family = 4, .bits = 16},
                                        {.ip = {10, 1}, .family = 4, .bits = 16}};
    char error[200] = "";
    const struct ns3_api *const ns3 = sim_ns3_api(error, sizeof error);
    struct pair p = {.ns3 = ns3, .n = ns3->open(options, error, sizeof error)};
    EXPECT_STR(error, "");
    for (int i = 0; i < 2; i++)
        p.nodes[i] = ns3->node(p.n);
    p.link = ns3->line(p.n, p.nodes[0], p.nodes[1], line);
    EXPECT_EQ(p.link, 0);
    for (int i = 0; i < 2; i++) {
        struct ns3_prefix own;
        p.ends[i] = ns3->end(p.n, p.nodes[i], deliver, owner);
        EXPECT(ns3->route_to_end(p.n, &sides[i], p.ends[i]));
        EXPECT(ns3->route_by_link(p.n, p.nodes[1 - i], &sides[i], p.link));
        EXPECT(ns3->address(p.n, p.nodes[i], p.link, 4, &own));
        EXPECT(ns3->route_by_link(p.n, p.nodes[1 - i], &own, p.link));
    }
    return p;
}

/* One of 28 octets, by whose number it is known again, from one end to the other. */
static bool send_number(const struct pair *p, int from, uint64_t at_ns, unsigned number)
{
    uint8_t packet[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10,
                          0,    0, 1, 10, 0, 0, 7, 0, 9,  0,  9, 0, 8};
    packet[4] = (uint8_t)(number >> 8);
    packet[5] = (uint8_t)number;
    packet[13] = (uint8_t)from;
    packet[17] = (uint8_t)(1 - from);
    return p->ns3->send(p->n, p->ends[from], at_ns, packet, sizeof packet);
}

static void run_to(const struct pair *p, uint64_t until_ns)
{
    while (p->ns3->run(p->n, until_ns) < until_ns)
        continue;
}

struct probe {
    uint64_t sent_ns, worst_ns;
};

static void probed(void *owner, uint64_t now_ns, const uint8_t *packet, size_t len)
{
    struct probe *const p = owner;
    (void)packet;
    (void)len;
    if (now_ns - p->sent_ns > p->worst_ns)
        p->worst_ns = now_ns - p->sent_ns;
}

/* ---- chance ---- */

/* Which packets a line has lost, a bit each. */
struct lost {
    uint8_t of[ROWS / 8];
};

static void note_lost(void *owner, const struct ns3_loss *loss)
{
    struct lost *const lost = owner;
    const uint32_t number = (uint32_t)loss->packet[4] << 8 | loss->packet[5];
    if (EXPECT(loss->why == NS3_LOST_LINE && number < ROWS))
        lost->of[number / 8] |= (uint8_t)(1U << number % 8);
}

static struct lost lost_by(uint64_t seed)
{
    const struct ns3_line line = {.delay_ns = MS, .loss_ppb = 100000000};
    struct probe probe = {0};
    struct lost lost = {{0}};
    const struct pair p = pair_open(&(struct ns3_options){.seed = seed}, &line, probed, &probe);
    p.ns3->on_lost(p.n, note_lost, &lost);
    for (unsigned i = 0; i < ROWS; i++)
        EXPECT(send_number(&p, 0, (uint64_t)i * 1000, i));
    run_to(&p, SECOND);
    const struct ns3_counts counts = p.ns3->counts(p.n, p.link, 0);
    EXPECT(fabs((double)counts.losses - ROWS * 0.1) < 4 * sqrt(ROWS * 0.09));
    EXPECT_EQ(counts.losses + counts.arrived_packets, ROWS);
    p.ns3->close(p.n);
    return lost;
}

static void test_a_lines_own_loss_is_binomial_and_by_the_seed(void)
{
    const struct lost five = lost_by(5);
    const struct lost six = lost_by(6);
    const struct lost again = lost_by(5);
    const struct lost high = lost_by(5 + (UINT64_C(1) << 32)); /* all of a seed counts */
    EXPECT(memcmp(&five, &again, sizeof five) == 0);
    EXPECT(memcmp(&five, &six, sizeof five) != 0);
    EXPECT(memcmp(&five, &high, sizeof five) != 0);
}

/* ---- traffic and queues ---- */

/* Octets that arrive of ten seconds of traffic over a line of 1 Mbit/s. */
static uint64_t received_of(struct ns3_traffic traffic)
{
    const struct ns3_line line = {.rate_bps = 1000000, .delay_ns = MS, .queue_packets = 50};
    struct probe probe = {0};
    const struct pair p = pair_open(&(struct ns3_options){.seed = 5}, &line, probed, &probe);
    traffic.from = p.nodes[0];
    traffic.to = p.nodes[1];
    traffic.until_ns = 10 * (uint64_t)SECOND;
    const int number = p.ns3->traffic(p.n, &traffic);
    EXPECT_EQ(number, 0);
    EXPECT_EQ(p.ns3->run(p.n, traffic.until_ns), traffic.until_ns);
    const uint64_t received = p.ns3->received(p.n, number);
    p.ns3->close(p.n);
    return received;
}

static void test_background_traffic_comes_at_its_rate_or_fills_the_line(void)
{
    const uint64_t steady = received_of((struct ns3_traffic){.rate_bps = 400000, .size = 500});
    EXPECT(steady >= 499000 && steady <= 500000);
    const uint64_t half = received_of((struct ns3_traffic){
        .rate_bps = 400000, .size = 500, .on_ns = SECOND / 100, .off_ns = SECOND / 100});
    EXPECT(half > 200000 && half < 300000);
    const uint64_t bulk = received_of((struct ns3_traffic){.bulk = true});
    /* Of a segment's 1,502 octets on the line, PPP's two included, 1,448 are data. */
    EXPECT(bulk > 1000000 && bulk < UINT64_C(1250000) * 1448 / 1502);
}

/* How long packets wait at worst on a line of 1 Mbit/s that TCP fills, from 20 s on: RED lets the
 * first window, which opens twice each round trip, run over, and needs some seconds then. */
static uint64_t worst_wait(enum ns3_aqm aqm)
{
    const struct ns3_line line = {
        .rate_bps = 1000000, .delay_ns = MS, .queue_packets = 200, .aqm = aqm};
    struct probe probe = {0};
    const struct pair p = pair_open(&(struct ns3_options){.seed = 5}, &line, probed, &probe);
    const struct ns3_traffic bulk = {
        .from = p.nodes[0], .to = p.nodes[1], .bulk = true, .until_ns = 75 * (uint64_t)SECOND};
    EXPECT_EQ(p.ns3->traffic(p.n, &bulk), 0);
    for (uint64_t now = 20 * (uint64_t)SECOND; now < 70 * (uint64_t)SECOND;
         now += 3 * (uint64_t)SECOND) {
        run_to(&p, now);
        probe.sent_ns = now;
        EXPECT(send_number(&p, 0, now, 0));
        EXPECT(p.ns3->run(p.n, now + 3 * (uint64_t)SECOND - 1) <= now + 3 * (uint64_t)SECOND);
    }
    EXPECT(p.ns3->counts(p.n, p.link, 0).queue_drops > 0);
    p.ns3->close(p.n);
    return probe.worst_ns;
}

static void test_active_queue_management_keeps_waits_short_on_a_full_line(void)
{
    const uint64_t tail = worst_wait(NS3_DROP_TAIL);
    const uint64_t red = worst_wait(NS3_RED);
    const uint64_t codel = worst_wait(NS3_CODEL);
    const uint64_t fair = worst_wait(NS3_FQ_CODEL);
    EXPECT(tail > 1000 * (uint64_t)MS); /* 200 segments of 1,502 octets take 2.4 s */
    EXPECT(red < tail / 2);
    EXPECT(codel < tail / 2);
    EXPECT(fair < 26 * (uint64_t)MS); /* a flow of its own: behind one being sent and one in the
                                         device, 12 ms each, and 1 ms on the line */
}

/* ---- what fails ---- */

static void test_traffic_without_a_rate_or_a_link_is_refused_with_a_sentence(void)
{
    char error[200] = "";
    const struct ns3_api *const ns3 = sim_ns3_api(error, sizeof error);
    struct ns3_net *const n = ns3->open(&(struct ns3_options){.seed = 5}, error, sizeof error);
    const int a = ns3->node(n);
    const int b = ns3->node(n);
    EXPECT(ns3->traffic(n, &(struct ns3_traffic){.from = a, .to = b, .bulk = true}) < 0);
    EXPECT_STR(ns3->error(n), "traffic needs two nodes with links");
    EXPECT_EQ(ns3->line(n, a, b, &(struct ns3_line){.rate_bps = 1000}), 0);
    EXPECT(ns3->traffic(n, &(struct ns3_traffic){.from = a, .to = b, .size = 100}) < 0);
    EXPECT(strstr(ns3->error(n), "a rate") != NULL);
    EXPECT(ns3->line(n, a, a, &(struct ns3_line){.rate_bps = 1000}) < 0);
    EXPECT(ns3->line(n, a, b, &(struct ns3_line){.mtu = 20}) < 0);
    EXPECT(ns3->line(n, a, b, &(struct ns3_line){.medium = NS3_WIFI, .rate_bps = 7000000}) < 0);
    EXPECT(strstr(ns3->error(n), "6, 9, 12") != NULL);
    EXPECT(ns3->line(n, a, b, &(struct ns3_line){.medium = NS3_CSMA}) < 0);
    EXPECT(ns3->line(n, a, b,
                     &(struct ns3_line){.medium = NS3_CSMA, .rate_bps = 1000, .delay_ns = 1}) < 0);
    EXPECT(ns3->line(n, a, b,
                     &(struct ns3_line){.medium = NS3_CSMA, .rate_bps = 1000, .mtu = 1501}) < 0);
    EXPECT(ns3->end(n, 7, NULL, NULL) < 0);
    EXPECT(!ns3->send(n, 3, 0, (const uint8_t *)"", 0));
    ns3->close(n);
}

static void throw_it(void *owner, uint64_t now_ns, const uint8_t *packet, size_t len)
{
    (void)now_ns;
    (void)packet;
    (void)len;
    ++*(uint32_t *)owner;
    throw_bad_alloc();
}

static void test_a_network_that_broke_says_so_until_it_is_closed(void)
{
    const struct ns3_line line = {.delay_ns = MS};
    uint32_t thrown = 0;
    const struct pair p = pair_open(&(struct ns3_options){.seed = 5}, &line, throw_it, &thrown);
    for (unsigned i = 1; i <= 3; i++)
        EXPECT(send_number(&p, 0, (uint64_t)i * MS, i));
    EXPECT_EQ(p.ns3->run(p.n, 2 * MS - 1), 2 * MS - 1);
    EXPECT_STR(p.ns3->error(p.n), "");
    for (int i = 0; i < 2; i++) {
        EXPECT(p.ns3->run(p.n, SECOND) == NS3_BROKEN);
        EXPECT(!send_number(&p, 0, SECOND, 4));
        EXPECT_STR(p.ns3->error(p.n), "std::bad_alloc");
    }
    EXPECT(p.ns3->next(p.n) == UINT64_MAX);
    EXPECT_EQ(p.ns3->counts(p.n, p.link, 0).arrived_packets, 1);
    EXPECT_EQ(thrown, 1);
    p.ns3->close(p.n);
}

/* ---- schedulers ---- */

/* What was seen, in its order. */
static void trace_arrival(void *owner, uint64_t now_ns, const uint8_t *packet, size_t len)
{
    sim_fingerprint_bytes(owner, SIM_TRACE_DELIVER, now_ns, packet, len);
}

static void trace_loss(void *owner, const struct ns3_loss *loss)
{
    sim_fingerprint_bytes(owner, SIM_TRACE_LOST, loss->now_ns, loss->packet, loss->len);
}

/* Eighty packets at each of fifty instants both ways, on a line that TCP fills and that loses, with
 * a queue that draws lots. */
static void trace_by(enum ns3_scheduler scheduler, char *text)
{
    const struct ns3_options options = {.seed = 5, .scheduler = scheduler};
    const struct ns3_line line = {.rate_bps = 10000000,
                                  .delay_ns = MS,
                                  .queue_packets = 60,
                                  .loss_ppb = 20000000,
                                  .aqm = NS3_RED};
    struct sim_fingerprint trace;
    sim_fingerprint_open(&trace, 5);
    const struct pair p = pair_open(&options, &line, trace_arrival, &trace);
    const struct ns3_traffic bulk = {
        .from = p.nodes[0], .to = p.nodes[1], .bulk = true, .until_ns = 2 * (uint64_t)SECOND};
    EXPECT_EQ(p.ns3->traffic(p.n, &bulk), 0);
    p.ns3->on_lost(p.n, trace_loss, &trace);
    for (unsigned i = 0; i < 8000; i++)
        EXPECT(send_number(&p, (int)(i % 2), (uint64_t)(i / 160 + 1) * 20 * MS, i));
    run_to(&p, 3 * (uint64_t)SECOND);
    sim_fingerprint_add(&trace, SIM_TRACE_SEND, p.ns3->received(p.n, 0), p.ns3->events(p.n));
    sim_fingerprint_text(&trace, text);
    EXPECT(p.ns3->received(p.n, 0) > 50000);
    EXPECT(p.ns3->counts(p.n, p.link, 0).queue_drops > 100);
    EXPECT(p.ns3->counts(p.n, p.link, 1).losses > 40);
    p.ns3->close(p.n);
}

static void test_events_happen_in_one_order_whatever_keeps_them(void)
{
    char first[33];
    char other[33];
    char error[200] = "";
    const struct ns3_options wrong = {.scheduler = NS3_SCHEDULERS};
    trace_by((enum ns3_scheduler)0, first);
    for (int i = 0; i < NS3_SCHEDULERS; i++) {
        trace_by((enum ns3_scheduler)i, other);
        EXPECT_STR(other, first);
    }
    EXPECT(sim_ns3_api(error, sizeof error)->open(&wrong, error, sizeof error) == NULL);
    EXPECT_STR(error, "ns-3 has no such scheduler");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_lines_own_loss_is_binomial_and_by_the_seed),
        TEST(test_background_traffic_comes_at_its_rate_or_fills_the_line),
        TEST(test_active_queue_management_keeps_waits_short_on_a_full_line),
        TEST(test_traffic_without_a_rate_or_a_link_is_refused_with_a_sentence),
        TEST(test_a_network_that_broke_says_so_until_it_is_closed),
        TEST(test_events_happen_in_one_order_whatever_keeps_them),
    };
    char error[300] = "";
    if (sim_ns3_api(error, sizeof error) == NULL) {
        (void)printf("1..0 # SKIP %s\n", error);
        return 0;
    }
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
