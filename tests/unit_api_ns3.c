/* SPDX-License-Identifier: MIT
 * The C interface to ns-3 (net_ns3.h) as a program has it that has no door: what
 * its lines, queues and traffic are by themselves, and what fails. Skipped where
 * ns-3 is not installed. */
#include "sim/net_ns3.h"
#include "sim/ns3_door.h"
#include "tests/test.h"
#include "tests/thrown.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MS = 1000000, SECOND = 1000000000, ROWS = 4000 };

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

static void test_random_loss_is_binomial(void)
{
    static const uint8_t packet[28] = {0x45, 0,   0, 28,  0, 1, 0, 0, 64, 17, 0, 0, 198,
                                       51,   100, 1, 192, 0, 2, 7, 0, 9,  0,  9, 0, 8};
    const struct ns3_line line = {.delay_ns = MS, .loss_ppb = 100000000};
    const struct ns3_prefix far = {.ip = {192, 0, 2, 0}, .family = 4, .bits = 24};
    char error[200] = "";
    struct probe probe = {0};
    const struct ns3_api *const ns3 = sim_ns3_api(error, sizeof error);
    struct ns3_net *const n = ns3->open(&(struct ns3_options){.seed = 5}, error, sizeof error);
    const int a = ns3->node(n);
    const int b = ns3->node(n);
    const int link = ns3->line(n, a, b, &line);
    const int from = ns3->end(n, a, probed, &probe);
    const int to = ns3->end(n, b, probed, &probe);
    EXPECT(ns3->route_by_link(n, a, &far, link) && ns3->route_to_end(n, &far, to));
    for (int i = 0; i < ROWS; i++)
        EXPECT(ns3->send(n, from, (uint64_t)i * 1000, packet, sizeof packet));
    while (ns3->run(n, SECOND) < SECOND)
        continue;
    const struct ns3_counts counts = ns3->counts(n, link, 0);
    EXPECT(fabs((double)counts.losses - ROWS * 0.1) < 4 * sqrt(ROWS * 0.09));
    EXPECT_EQ(counts.losses + counts.arrived_packets, ROWS);
    ns3->close(n);
}

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
    uint8_t packet[28] = {0x45, 0,   0, 28,  0, 1, 0, 0, 64, 17, 0, 0, 198,
                          51,   100, 1, 192, 0, 2, 7, 0, 9,  0,  9, 0, 8};
    const struct ns3_line line = {.delay_ns = MS, .loss_ppb = 100000000};
    const struct ns3_prefix far = {.ip = {192, 0, 2, 0}, .family = 4, .bits = 24};
    char error[200] = "";
    struct probe probe = {0};
    struct lost lost = {{0}};
    const struct ns3_api *const ns3 = sim_ns3_api(error, sizeof error);
    struct ns3_net *const n = ns3->open(&(struct ns3_options){.seed = seed}, error, sizeof error);
    const int a = ns3->node(n);
    const int b = ns3->node(n);
    const int link = ns3->line(n, a, b, &line);
    const int from = ns3->end(n, a, probed, &probe);
    const int to = ns3->end(n, b, probed, &probe);
    EXPECT(ns3->route_by_link(n, a, &far, link) && ns3->route_to_end(n, &far, to));
    ns3->on_lost(n, note_lost, &lost);
    for (unsigned i = 0; i < ROWS; i++) {
        packet[4] = (uint8_t)(i >> 8);
        packet[5] = (uint8_t)i;
        EXPECT(ns3->send(n, from, (uint64_t)i * 1000, packet, sizeof packet));
    }
    while (ns3->run(n, SECOND) < SECOND)
        continue;
    EXPECT(ns3->counts(n, link, 0).losses > 0);
    ns3->close(n);
    return lost;
}

static void test_a_seed_loses_the_same_packets_and_another_seed_others(void)
{
    const struct lost five = lost_by(5);
    const struct lost six = lost_by(6);
    const struct lost again = lost_by(5);
    const struct lost high = lost_by(5 + (UINT64_C(1) << 32)); /* all of a seed counts */
    EXPECT(memcmp(&five, &again, sizeof five) == 0);
    EXPECT(memcmp(&five, &six, sizeof five) != 0);
    EXPECT(memcmp(&five, &high, sizeof five) != 0);
}

/* Octets that arrive of ten seconds of traffic over a line of 1 Mbit/s. */
static uint64_t received_of(struct ns3_traffic traffic)
{
    const struct ns3_line line = {.rate_bps = 1000000, .delay_ns = MS, .queue_packets = 50};
    char error[200] = "";
    struct ns3_prefix there;
    struct ns3_prefix back;
    const struct ns3_api *const ns3 = sim_ns3_api(error, sizeof error);
    struct ns3_net *const n = ns3->open(&(struct ns3_options){.seed = 5}, error, sizeof error);
    traffic.from = ns3->node(n);
    traffic.to = ns3->node(n);
    traffic.until_ns = 10 * (uint64_t)SECOND;
    const int link = ns3->line(n, traffic.from, traffic.to, &line);
    EXPECT(ns3->address(n, traffic.to, link, 4, &there) &&
           ns3->address(n, traffic.from, link, 4, &back));
    EXPECT(ns3->route_by_link(n, traffic.from, &there, link));
    EXPECT(ns3->route_by_link(n, traffic.to, &back, link));
    const int number = ns3->traffic(n, &traffic);
    EXPECT_EQ(number, 0);
    EXPECT_EQ(ns3->run(n, traffic.until_ns), traffic.until_ns);
    const uint64_t received = ns3->received(n, number);
    ns3->close(n);
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
    static const uint8_t packet[28] = {0x45, 0,   0, 28,  0, 1, 0, 0, 64, 17, 0, 0, 198,
                                       51,   100, 1, 192, 0, 2, 7, 0, 9,  0,  9, 0, 8};
    const struct ns3_line line = {
        .rate_bps = 1000000, .delay_ns = MS, .queue_packets = 200, .aqm = aqm};
    const struct ns3_prefix far = {.ip = {192, 0, 2, 0}, .family = 4, .bits = 24};
    char error[200] = "";
    struct probe probe = {0};
    struct ns3_prefix there;
    struct ns3_prefix back;
    const struct ns3_api *const ns3 = sim_ns3_api(error, sizeof error);
    struct ns3_net *const n = ns3->open(&(struct ns3_options){.seed = 5}, error, sizeof error);
    const int a = ns3->node(n);
    const int b = ns3->node(n);
    const int link = ns3->line(n, a, b, &line);
    const int from = ns3->end(n, a, probed, &probe);
    const int to = ns3->end(n, b, probed, &probe);
    EXPECT(ns3->address(n, b, link, 4, &there) && ns3->address(n, a, link, 4, &back));
    EXPECT(ns3->route_by_link(n, a, &there, link) && ns3->route_by_link(n, b, &back, link));
    EXPECT(ns3->route_by_link(n, a, &far, link) && ns3->route_to_end(n, &far, to));
    EXPECT_EQ(ns3->traffic(n, &(struct ns3_traffic){.from = a,
                                                    .to = b,
                                                    .bulk = true,
                                                    .until_ns = 75 * (uint64_t)SECOND}),
              0);
    for (uint64_t now = 20 * (uint64_t)SECOND; now < 70 * (uint64_t)SECOND;
         now += 3 * (uint64_t)SECOND) {
        while (ns3->run(n, now) < now)
            continue;
        probe.sent_ns = now;
        EXPECT(ns3->send(n, from, now, packet, sizeof packet));
        EXPECT(ns3->run(n, now + 3 * (uint64_t)SECOND - 1) <= now + 3 * (uint64_t)SECOND);
    }
    EXPECT(ns3->counts(n, link, 0).queue_drops > 0);
    ns3->close(n);
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
    static const uint8_t packet[28] = {0x45, 0,   0, 28,  0, 1, 0, 0, 64, 17, 0, 0, 198,
                                       51,   100, 1, 192, 0, 2, 7, 0, 9,  0,  9, 0, 8};
    const struct ns3_line line = {.delay_ns = MS};
    const struct ns3_prefix far = {.ip = {192, 0, 2, 0}, .family = 4, .bits = 24};
    char error[200] = "";
    uint32_t thrown = 0;
    const struct ns3_api *const ns3 = sim_ns3_api(error, sizeof error);
    struct ns3_net *const n = ns3->open(&(struct ns3_options){.seed = 5}, error, sizeof error);
    const int a = ns3->node(n);
    const int b = ns3->node(n);
    const int link = ns3->line(n, a, b, &line);
    const int from = ns3->end(n, a, throw_it, &thrown);
    const int to = ns3->end(n, b, throw_it, &thrown);
    EXPECT(ns3->route_by_link(n, a, &far, link) && ns3->route_to_end(n, &far, to));
    for (uint64_t i = 1; i <= 3; i++)
        EXPECT(ns3->send(n, from, i * MS, packet, sizeof packet));
    EXPECT_EQ(ns3->run(n, 2 * MS - 1), 2 * MS - 1);
    EXPECT_STR(ns3->error(n), "");
    for (int i = 0; i < 2; i++) {
        EXPECT(ns3->run(n, SECOND) == NS3_BROKEN);
        EXPECT(!ns3->send(n, from, SECOND, packet, sizeof packet));
        EXPECT_STR(ns3->error(n), "std::bad_alloc");
    }
    EXPECT(ns3->next(n) == UINT64_MAX);
    EXPECT_EQ(ns3->counts(n, link, 0).arrived_packets, 1);
    EXPECT_EQ(thrown, 1);
    ns3->close(n);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_random_loss_is_binomial),
        TEST(test_a_seed_loses_the_same_packets_and_another_seed_others),
        TEST(test_background_traffic_comes_at_its_rate_or_fills_the_line),
        TEST(test_active_queue_management_keeps_waits_short_on_a_full_line),
        TEST(test_traffic_without_a_rate_or_a_link_is_refused_with_a_sentence),
        TEST(test_a_network_that_broke_says_so_until_it_is_closed),
    };
    char error[300] = "";
    if (sim_ns3_api(error, sizeof error) == NULL) {
        (void)printf("1..0 # SKIP %s\n", error);
        return 0;
    }
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
