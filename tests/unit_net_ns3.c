/* SPDX-License-Identifier: MIT
 * The network of ns-3 nodes: times against what its lines are defined to take,
 * losses against the binomial law, parts that its routers cut, and that nothing
 * is unaccounted for. Skipped where ns-3 is not installed. */
#include "sim/fingerprint.h"
#include "sim/icmp.h"
#include "sim/loop.h"
#include "sim/nat.h"
#include "sim/ns3_door.h"
#include "sim/packet.h"
#include "tests/test.h"
#include "tests/thrown.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 1000000, SECOND = 1000000000, PPP = 2, ROWS = 4000, HEARD_MAX = 1000 };

struct heard {
    uint64_t at_ns;
    struct ike_addr from;
    uint8_t octets[2];
    size_t len;
    uint32_t count;
};

struct ear {
    struct sim_port port;
    struct heard last;
    size_t lens[HEARD_MAX]; /* of the first of all, */
    size_t count;           /* so many */
    bool throws;
};

/* Two arms of one core: `near` behind link 0, `far` behind link 1. */
struct lab {
    struct sim_loop *loop;
    struct sim_net *net;
    struct sim_fingerprint fingerprint;
    struct ear near, far;
};

static void hear(void *owner, uint64_t now_ns, const struct sim_datagram *d)
{
    struct ear *const ear = owner;
    struct heard *const last = &ear->last;
    if (ear->count < HEARD_MAX)
        ear->lens[ear->count++] = d->len;
    last->at_ns = now_ns;
    last->from = d->from;
    last->len = d->len;
    last->count++;
    if (d->len >= 2)
        memcpy(last->octets, d->at + d->len - 2, 2);
    if (ear->throws)
        throw_bad_alloc();
}

static struct ike_addr address(const char *text, uint16_t port)
{
    struct ike_addr addr;
    EXPECT(ike_addr_parse(text, &addr));
    addr.port = port;
    return addr;
}

static void attach(struct lab *lab, struct ear *ear, uint32_t node, const char *prefix)
{
    struct ike_prefix own;
    EXPECT(ike_prefix_parse(prefix, &own));
    ear->port.deliver = hear;
    ear->port.owner = ear;
    lab->net->ops->attach(lab->net, node, &ear->port, &own);
}

static struct lab *lab_open(uint64_t seed, const struct sim_link_config *near,
                            const struct sim_link_config *far)
{
    char error[200] = "";
    struct lab *const lab = calloc(1, sizeof *lab);
    sim_fingerprint_open(&lab->fingerprint, seed);
    lab->loop = sim_loop_open();
    lab->net = sim_net_ns3_open(lab->loop, seed, &lab->fingerprint, error, sizeof error);
    EXPECT_STR(error, "");
    const uint32_t one = lab->net->ops->router(lab->net);
    const uint32_t two = lab->net->ops->router(lab->net);
    EXPECT_EQ(lab->net->ops->link(lab->net, one, 0, near), 0);
    EXPECT_EQ(lab->net->ops->link(lab->net, two, 0, far), 1);
    attach(lab, &lab->near, one, "10.1.0.0/16");
    attach(lab, &lab->near, one, "2001:db8:1::/48");
    attach(lab, &lab->far, two, "10.2.0.0/16");
    attach(lab, &lab->far, two, "2001:db8:2::/48");
    EXPECT(lab->net->ops->route(lab->net, error, sizeof error));
    return lab;
}

static uint64_t lost(const struct lab *lab)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < SIM_LOST_COUNT; i++)
        all += lab->net->lost[i];
    return all;
}

static void lab_close(struct lab *lab)
{
    const struct sim_net_totals t = lab->net->totals;
    EXPECT_EQ(t.sent + t.doubled + t.cut, t.delivered + t.joined + lost(lab) + t.under_way);
    lab->net->ops->close(lab->net);
    sim_loop_close(lab->loop);
    free(lab);
}

static void send_from(struct lab *lab, const char *from, const char *to, size_t len)
{
    static uint8_t octets[9000];
    for (size_t i = 0; i < len; i++)
        octets[i] = (uint8_t)(i * 7);
    const struct sim_datagram d = {.from = address(from, 500),
                                   .to = address(to, 4500),
                                   .at = octets,
                                   .len = len,
                                   .protocol = SIM_UDP};
    (void)lab->net->ops->send(lab->net, sim_loop_now(lab->loop), &lab->near.port, &d);
}

static const struct sim_link_config fast = {.name = "fast", .delay_ns = MS};

static void test_a_datagram_takes_as_long_as_its_lines_are_defined_to_take(void)
{
    const struct sim_link_config slow = {.name = "slow", .rate_bps = 1000000, .delay_ns = 20 * MS};
    const char *const ends[][2] = {{"10.1.0.9", "10.2.3.4"}, {"2001:db8:1::9", "2001:db8:2::4"}};
    const uint64_t headers[] = {28, 48};
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = lab_open(1, &slow, &fast);
        sim_loop_run(lab->loop, 5 * MS);
        send_from(lab, ends[six][0], ends[six][1], 100);
        sim_loop_run(lab->loop, SECOND);
        EXPECT_EQ(lab->far.last.count, 1);
        EXPECT_EQ(lab->far.last.at_ns, 5 * MS + (100 + headers[six] + PPP) * 8000 + 20 * MS + MS);
        EXPECT_EQ(lab->far.last.len, 100);
        EXPECT_EQ(lab->far.last.from.port, 500);
        EXPECT_EQ(lab->far.last.from.ip[0], six == 1 ? 0x20 : 10);
        EXPECT_EQ(lab->far.last.octets[1], (uint8_t)(99 * 7));
        const struct sim_link_counts counts = lab->net->ops->counts(lab->net, 0, 0);
        EXPECT_EQ(counts.sent_packets, 1);
        EXPECT_EQ(counts.sent_bytes, 100 + headers[six]);
        lab_close(lab);
    }
}

static void send_back(struct lab *lab, const char *from, const char *to, size_t len)
{
    static const uint8_t octets[9000];
    const struct sim_datagram d = {.from = address(from, 500),
                                   .to = address(to, 4500),
                                   .at = octets,
                                   .len = len,
                                   .protocol = SIM_UDP};
    (void)lab->net->ops->send(lab->net, sim_loop_now(lab->loop), &lab->far.port, &d);
}

static void test_a_line_may_have_another_rate_back(void)
{
    const struct sim_link_config both = {
        .name = "both", .rate_bps = 1000000, .rate_back_bps = 10000000};
    struct lab *const lab = lab_open(1, &both, &fast);
    send_from(lab, "10.1.0.9", "10.2.3.4", 100);
    send_back(lab, "10.2.0.9", "10.1.3.4", 100);
    sim_loop_run(lab->loop, SECOND);
    EXPECT_EQ(lab->far.last.at_ns, (100 + 28 + PPP) * 8000 + MS);
    EXPECT_EQ(lab->near.last.at_ns, (100 + 28 + PPP) * 800 + MS);
    lab_close(lab);
}

/* Ethernet's frame is 18 octets; its wire is free, and nobody asks for addresses. The delay lies
 * beyond it, so both ways at once there is one frame on the wire at a time. */
static void test_ethernet_takes_as_long_as_its_frames(void)
{
    const struct sim_link_config wire = {
        .name = "wire", .medium = SIM_CSMA, .rate_bps = 1000000, .delay_ns = 20 * MS, .mtu = 1500};
    const char *const ends[][2] = {{"10.1.0.9", "10.2.3.4"}, {"2001:db8:1::9", "2001:db8:2::4"}};
    const uint64_t headers[] = {28, 48};
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = lab_open(1, &wire, &fast);
        const uint64_t frame_ns = (100 + headers[six] + 18) * 8000;
        send_from(lab, ends[six][0], ends[six][1], 100);
        sim_loop_run(lab->loop, SECOND);
        EXPECT_EQ(lab->far.last.count, 1);
        EXPECT_EQ(lab->far.last.at_ns, frame_ns + 20 * MS + MS);
        const struct sim_link_counts counts = lab->net->ops->counts(lab->net, 0, 0);
        EXPECT_EQ(counts.sent_packets, 1);
        EXPECT_EQ(counts.sent_bytes, 100 + headers[six]);
        send_back(lab, ends[six][1], ends[six][0], 100); /* one millisecond later at the wire */
        sim_loop_run(lab->loop, SECOND + MS);
        send_from(lab, ends[six][0], ends[six][1], 100);
        sim_loop_run(lab->loop, 2 * (uint64_t)SECOND);
        EXPECT_EQ(lab->near.last.at_ns, SECOND + MS + frame_ns + 20 * MS);
        EXPECT_EQ(lab->far.last.count, 2);
        EXPECT(lab->far.last.at_ns >= SECOND + MS + 2 * frame_ns + 20 * MS + MS);
        EXPECT(lab->far.last.at_ns < SECOND + MS + 5 * frame_ns + 20 * MS + MS);
        lab_close(lab);
    }
}

/* 802.11a's own numbers (IEEE 802.11-2016 17.3, 17.4): DIFS 34 us, preamble 20 us, symbols of 4 us
 * with 216 bits at 54 Mbit/s; 36 octets of MAC's and LLC's headers and checksum, 22 bits of its
 * own. */
static void test_wifi_takes_as_long_as_its_frames(void)
{
    const struct sim_link_config air = {
        .name = "air", .medium = SIM_WIFI, .rate_bps = 54000000, .delay_ns = 20 * MS, .mtu = 1500};
    const char *const ends[][2] = {{"10.1.0.9", "10.2.3.4"}, {"2001:db8:1::9", "2001:db8:2::4"}};
    const uint64_t headers[] = {28, 48};
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = lab_open(1, &air, &fast);
        const uint64_t bits = (1000 + headers[six] + 36) * 8 + 22;
        const uint64_t symbols = (bits + 215) / 216;
        sim_loop_run(lab->loop, SECOND);
        send_from(lab, ends[six][0], ends[six][1], 1000);
        sim_loop_run(lab->loop, 2 * (uint64_t)SECOND);
        EXPECT_EQ(lab->far.last.count, 1);
        const uint64_t took_ns = lab->far.last.at_ns - SECOND - 21 * MS;
        EXPECT(took_ns >= (20 + symbols * 4) * 1000);
        EXPECT(took_ns <= (34 + 20 + symbols * 4 + 6) * 1000 + 1000);
        EXPECT_EQ(lab->far.last.octets[1], (uint8_t)(999 * 7));
        const struct sim_link_counts counts = lab->net->ops->counts(lab->net, 0, 0);
        EXPECT_EQ(counts.sent_bytes, 1000 + headers[six]);
        lab_close(lab);
    }
}

/* Both ends fill the medium: what it carries both ways together is less than its rate, what finds
 * no room is lost, and all of it is in the books. */
static void test_ends_of_a_medium_share_it(void)
{
    struct sim_link_config medium = {.name = "medium", .queue_packets = 10, .mtu = 1500};
    for (int wifi = 0; wifi < 2; wifi++) {
        medium.medium = wifi == 0 ? SIM_CSMA : SIM_WIFI;
        medium.rate_bps = wifi == 0 ? 10000000 : 6000000;
        struct lab *const lab = lab_open(1, &medium, &fast);
        for (int i = 0; i < 5000; i++) { /* 8 Mbit/s each way */
            send_from(lab, "10.1.0.9", "10.2.3.4", 972);
            send_back(lab, "10.2.3.4", "10.1.0.9", 972);
            sim_loop_run(lab->loop, sim_loop_now(lab->loop) + MS);
        }
        sim_loop_run(lab->loop, 7 * (uint64_t)SECOND);
        const uint64_t octets = 1000 * (uint64_t)(lab->far.last.count + lab->near.last.count);
        EXPECT(octets < medium.rate_bps / 8 * 5);
        EXPECT(octets > medium.rate_bps / 8 * 5 / 2);
        EXPECT(lab->far.last.count > 800 && lab->near.last.count > 800);
        EXPECT_EQ(lost(lab), 10000 - octets / 1000);
        EXPECT_EQ(lab->net->totals.under_way, 0);
        lab_close(lab);
    }
}

static void test_a_source_of_nobody_is_carried_as_any_other(void)
{
    struct lab *const lab = lab_open(1, &fast, &fast);
    send_from(lab, "203.0.113.77", "10.2.0.1", 10);
    sim_loop_run(lab->loop, SECOND);
    EXPECT_EQ(lab->far.last.count, 1);
    EXPECT_EQ(lab->far.last.from.ip[0], 203);
    lab_close(lab);
}

static void test_what_nobody_owns_is_lost_at_its_first_router(void)
{
    struct lab *const lab = lab_open(1, &fast, &fast);
    send_from(lab, "10.1.0.1", "192.0.2.1", 10);
    send_from(lab, "2001:db8:1::1", "2001:db8:9::1", 10);
    sim_loop_run(lab->loop, SECOND);
    EXPECT_EQ(lab->net->lost[SIM_LOST_NO_ROUTE], 2);
    EXPECT_EQ(lab->net->totals.under_way, 0);
    lab_close(lab);
}

static void test_a_full_queue_loses_what_comes_on_top(void)
{
    const struct sim_link_config narrow = {
        .name = "narrow", .rate_bps = 1000000, .delay_ns = MS, .queue_packets = 5};
    struct lab *const lab = lab_open(1, &narrow, &fast);
    for (int i = 0; i < 20; i++)
        send_from(lab, "10.1.0.1", "10.2.0.1", 100);
    sim_loop_run(lab->loop, SECOND);
    EXPECT_EQ(lab->far.last.count, 6); /* one being sent, five waiting */
    EXPECT_EQ(lab->net->lost[SIM_LOST_QUEUE_FULL], 14);
    EXPECT_EQ(lab->net->ops->counts(lab->net, 0, 0).lost[SIM_LOST_QUEUE_FULL], 14);
    lab_close(lab);
}

static void test_random_loss_is_binomial(void)
{
    struct sim_link_config lossy = fast;
    lossy.impairments.loss_ppb = 100000000;
    struct lab *const lab = lab_open(3, &lossy, &fast);
    for (int i = 0; i < ROWS; i++) {
        send_from(lab, "10.1.0.1", "10.2.0.1", 20);
        sim_loop_run(lab->loop, sim_loop_now(lab->loop) + MS / 10);
    }
    sim_loop_run(lab->loop, 2 * (uint64_t)SECOND);
    const double mean = ROWS * 0.1;
    EXPECT(fabs((double)lab->net->lost[SIM_LOST_LINK_LOSS] - mean) < 4 * sqrt(mean * 0.9));
    EXPECT_EQ(lab->far.last.count + lab->net->lost[SIM_LOST_LINK_LOSS], ROWS);
    lab_close(lab);
}

static void test_jitter_keeps_order_and_stragglers_do_not(void)
{
    struct sim_link_config shaky = fast;
    shaky.jitter_ns = 50 * MS;
    for (int straggle = 0; straggle < 2; straggle++) {
        shaky.impairments.reorder_ppb = straggle == 0 ? 0 : 200000000;
        shaky.impairments.reorder_ns = 3 * MS;
        struct lab *const lab = lab_open(3, &shaky, &fast);
        uint32_t passed = 0;
        size_t last = 0;
        for (size_t i = 1; i <= 1000; i++) {
            send_from(lab, "10.1.0.1", "10.2.0.1", i);
            sim_loop_run(lab->loop, sim_loop_now(lab->loop) + MS / 4);
        }
        uint64_t now = sim_loop_now(lab->loop);
        EXPECT(lab->far.last.count > 700 && lab->far.last.count < 1000);
        sim_loop_run(lab->loop, now + SECOND);
        EXPECT_EQ(lab->far.last.count, 1000);
        for (size_t i = 1; i < lab->far.count; i++) {
            passed += lab->far.lens[i] < last ? 1 : 0;
            last = lab->far.lens[i] > last ? lab->far.lens[i] : last;
        }
        EXPECT(straggle == 0 ? passed == 0 : passed > 100);
        lab_close(lab);
    }
}

/* Fragments that a router has cut are doubled, held and lost on the next line. */
static void test_books_are_right_where_parts_that_routers_cut_are_doubled(void)
{
    struct sim_link_config narrow = fast;
    struct sim_link_config wild = fast;
    const char *const ends[][2] = {{"10.1.0.9", "10.2.3.4"}, {"2001:db8:1::9", "2001:db8:2::4"}};
    narrow.mtu = 1280;
    narrow.oversize = SIM_OVERSIZE_CUT;
    wild.impairments = (struct sim_impairments){.loss_ppb = 50000000,
                                                .duplicate_ppb = 300000000,
                                                .reorder_ppb = 100000000,
                                                .reorder_ns = 20 * MS};
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = lab_open(3, &narrow, &wild);
        for (int i = 0; i < 300; i++) {
            send_from(lab, ends[six][0], ends[six][1], 3000);
            sim_loop_run(lab->loop, sim_loop_now(lab->loop) + MS);
        }
        sim_loop_run(lab->loop, 60 * (uint64_t)SECOND);
        EXPECT(lab->net->totals.doubled > 200);
        EXPECT(lab->net->lost[SIM_LOST_FRAGMENT_BAD] > 50);
        EXPECT(lab->far.last.count > 100);
        EXPECT_EQ(lab->net->totals.cut, 600);
        EXPECT_EQ(lab->net->totals.under_way, 0);
        lab_close(lab);
    }
}

static void test_a_router_cuts_and_the_far_end_joins(void)
{
    struct sim_link_config tunnel = fast;
    tunnel.mtu = 1280;
    tunnel.oversize = SIM_OVERSIZE_CUT;
    const char *const ends[][2] = {{"10.1.0.9", "10.2.3.4"}, {"2001:db8:1::9", "2001:db8:2::4"}};
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = lab_open(1, &fast, &tunnel);
        send_from(lab, ends[six][0], ends[six][1], 3000);
        sim_loop_run(lab->loop, SECOND);
        EXPECT_EQ(lab->far.last.count, 1);
        EXPECT_EQ(lab->far.last.len, 3000);
        EXPECT_EQ(lab->far.last.octets[1], (uint8_t)(2999 * 7));
        EXPECT_EQ(lab->net->totals.cut, 2);
        EXPECT_EQ(lab->net->totals.joined, 2);
        EXPECT_EQ(lab->net->ops->counts(lab->net, 1, 1).sent_packets, 3);
        lab_close(lab);
    }
}

static void test_a_line_that_loses_what_is_too_long_does_so(void)
{
    struct sim_link_config narrow = fast;
    narrow.mtu = 1280;
    struct lab *const lab = lab_open(1, &fast, &narrow);
    send_from(lab, "10.1.0.1", "10.2.0.1", 1280 - 28 + 1);
    send_from(lab, "10.1.0.1", "10.2.0.1", 1280 - 28);
    sim_loop_run(lab->loop, SECOND);
    EXPECT_EQ(lab->far.last.count, 1);
    EXPECT_EQ(lab->net->ops->counts(lab->net, 1, 1).lost[SIM_LOST_TOO_BIG], 1);
    lab_close(lab);
}

static void test_a_nat_before_a_port_is_the_one_of_the_built_in_network(void)
{
    struct lab *const lab = lab_open(1, &fast, &fast);
    const struct sim_nat_config config = {.kind = SIM_NAT_ENDPOINT_INDEPENDENT,
                                          .outside = address("10.1.0.254", 20000),
                                          .port_count = 2,
                                          .timeout_ns = SECOND};
    lab->near.port.nat = sim_nat_open(&config);
    send_from(lab, "192.168.0.7", "10.2.0.1", 10);
    sim_loop_run(lab->loop, SECOND);
    EXPECT_EQ(lab->far.last.from.ip[3], 254);
    EXPECT_EQ(lab->far.last.from.port / 10, 2000);
    sim_nat_close(lab->near.port.nat);
    lab_close(lab);
}

static uint64_t fingerprint_of(uint64_t seed)
{
    struct sim_link_config lossy = fast;
    char text[33];
    lossy.impairments.loss_ppb = 300000000;
    struct lab *const lab = lab_open(seed, &lossy, &lossy);
    for (int i = 0; i < 200; i++) {
        send_from(lab, "10.1.0.1", "10.2.0.1", 30);
        sim_loop_run(lab->loop, sim_loop_now(lab->loop) + MS);
    }
    sim_fingerprint_text(&lab->fingerprint, text);
    lab_close(lab);
    return strtoull(text + 16, NULL, 16);
}

static void test_one_seed_gives_one_fingerprint_and_another_seed_another(void)
{
    const uint64_t first = fingerprint_of(7);
    EXPECT_EQ(first, fingerprint_of(7));
    EXPECT(first != fingerprint_of(8));
}

static void test_there_is_one_simulator_to_a_process(void)
{
    char error[200] = "";
    struct lab *const lab = lab_open(1, &fast, &fast);
    EXPECT(sim_net_ns3_open(lab->loop, 1, NULL, error, sizeof error) == NULL);
    EXPECT(strstr(error, "one simulator to a process") != NULL);
    lab_close(lab);
}

static void ring(void *owner, uint64_t now_ns)
{
    (void)now_ns;
    *(bool *)owner = true;
}

/* Nothing happens after it, all is still in the books, and ns-3 can be had anew. */
static void test_what_is_thrown_while_it_runs_ends_the_loop_and_is_told(void)
{
    struct lab *lab = lab_open(1, &fast, &fast);
    bool rang = false;
    struct sim_event later = {.rank = SIM_TIMER, .run = ring, .owner = &rang};
    sim_loop_at(lab->loop, &later, SECOND);
    lab->far.throws = true;
    send_from(lab, "10.1.0.1", "10.2.0.1", 10);
    send_from(lab, "10.1.0.1", "10.2.0.1", 10);
    sim_loop_run(lab->loop, 2 * (uint64_t)SECOND);
    if (EXPECT(lab->net->trouble != NULL))
        EXPECT_STR(lab->net->trouble, "ns-3: std::bad_alloc");
    EXPECT_EQ(lab->far.last.count, 1);
    EXPECT(!rang);
    EXPECT(sim_loop_now(lab->loop) < SECOND);
    lab->far.throws = false;
    send_from(lab, "10.1.0.1", "10.2.0.1", 10);
    sim_loop_run(lab->loop, 3 * (uint64_t)SECOND);
    EXPECT_EQ(lab->far.last.count, 1);
    EXPECT(lab->net->ops->next(lab->net) == SIM_NEVER);
    EXPECT_EQ(lab->net->totals.under_way, 2);
    lab_close(lab);

    lab = lab_open(1, &fast, &fast);
    send_from(lab, "10.1.0.1", "10.2.0.1", 10);
    sim_loop_run(lab->loop, SECOND);
    EXPECT_EQ(lab->far.last.count, 1);
    EXPECT(lab->net->trouble == NULL);
    lab_close(lab);
}

/* Its own TCP between the routers of a lossy lab: what is lost of it is in the books, and what was
 * sent by nobody is not delivered to anybody. */
static void test_what_is_lost_of_a_bulk_transfer_is_in_the_books(void)
{
    struct sim_link_config lossy = fast;
    char error[200] = "";
    lossy.rate_bps = 10000000;
    lossy.queue_packets = 10;
    lossy.impairments.loss_ppb = 1000000;
    struct lab *const lab = lab_open(3, &lossy, &fast);
    const struct sim_bulk bulk = {
        .from = lab->near.port.node, .to = lab->far.port.node, .until_ns = 9 * (uint64_t)SECOND};
    EXPECT_EQ(sim_net_ns3_bulk(lab->net, &bulk), 0);
    EXPECT(lab->net->ops->route(lab->net, error, sizeof error));
    sim_loop_run(lab->loop, 10 * (uint64_t)SECOND);
    EXPECT(sim_net_ns3_received(lab->net, 0) > 5000000);
    EXPECT(lab->net->lost[SIM_LOST_QUEUE_FULL] > 0 && lab->net->lost[SIM_LOST_LINK_LOSS] > 0);
    EXPECT_EQ(lost(lab), lab->net->totals.sent);
    EXPECT_EQ(lab->net->totals.under_way, 0);
    EXPECT_EQ(lab->far.last.count + lab->near.last.count, 0);
    lab_close(lab);
}

/* A node with many links is spoken to at the one that a connection left it by. */
static void test_a_bulk_transfer_leaves_a_node_by_any_of_its_links(void)
{
    struct sim_link_config line = fast;
    char error[200] = "";
    line.rate_bps = 10000000;
    line.queue_packets = 50;
    struct lab *const lab = lab_open(3, &line, &line);
    const uint32_t nodes[] = {0, lab->near.port.node, lab->far.port.node};
    const struct sim_bulk bulks[] = {
        {nodes[0], nodes[1], 0, SECOND}, {nodes[0], nodes[2], 0, SECOND},
        {nodes[1], nodes[0], 0, SECOND}, {nodes[2], nodes[0], 0, SECOND},
        {nodes[1], nodes[2], 0, SECOND}, {nodes[2], nodes[1], 0, SECOND}};
    for (uint32_t i = 0; i < 6; i++)
        EXPECT_EQ(sim_net_ns3_bulk(lab->net, &bulks[i]), i);
    EXPECT(lab->net->ops->route(lab->net, error, sizeof error));
    sim_loop_run(lab->loop, 2 * (uint64_t)SECOND);
    for (uint32_t i = 0; i < 6; i++)
        EXPECT(sim_net_ns3_received(lab->net, i) > 100000);
    EXPECT_EQ(lab->net->lost[SIM_LOST_NO_ROUTE], 0);
    lab_close(lab);
}

/* Sources that a flood makes up are nobody's, but they were routers' once. */
static void test_no_address_of_a_flood_is_a_routers_own(void)
{
    struct lab *const lab = lab_open(1, &fast, &fast);
    attach(lab, &lab->near, lab->near.port.node, "100.64.0.0/14");
    char error[200] = "";
    EXPECT(lab->net->ops->route(lab->net, error, sizeof error));
    for (int i = 1; i < 10; i++) {
        char to[32];
        (void)snprintf(to, sizeof to, "100.64.0.%d", i);
        send_from(lab, "10.1.0.1", to, 10);
    }
    sim_loop_run(lab->loop, SECOND);
    EXPECT_EQ(lab->near.last.count, 9);
    lab_close(lab);
}

static void test_what_its_lines_do_not_do_is_said_with_the_name_of_the_key(void)
{
    struct sim_link_config line = fast;
    char error[200] = "";
    struct sim_loop *const loop = sim_loop_open();
    struct sim_net *const net = sim_net_ns3_open(loop, 1, NULL, error, sizeof error);
    line.aqm = SIM_CODEL;
    (void)net->ops->link(net, net->ops->router(net), 0, &line);
    EXPECT(!net->ops->route(net, error, sizeof error));
    EXPECT(strstr(error, "link fast: ns-3's lines have no aqm without a rate") != NULL);
    net->ops->close(net);
    sim_loop_close(loop);
}

/* It is sent as anything else, and is none of the routers' reports; also where it is lost. */
static void test_what_a_host_says_by_icmp_is_carried_and_counted_as_sent(void)
{
    const struct sim_link_config lossy = {.name = "lossy", .impairments = {.loss_ppb = 500000000}};
    const char *const ends[][2] = {{"10.1.0.9", "10.2.3.4"}, {"2001:db8:1::9", "2001:db8:2::4"}};
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = lab_open(1, &lossy, &fast);
        uint8_t packet[200];
        uint8_t room[SIM_ICMP_MAX];
        struct sim_datagram said;
        const struct sim_datagram about = {.from = address(ends[six][1], 4500),
                                           .to = address(ends[six][0], 500),
                                           .at = (const uint8_t *)"a datagram",
                                           .len = 10,
                                           .protocol = SIM_UDP};
        const struct sim_icmp what = {.kind = SIM_ICMP_PORT_CLOSED,
                                      .quoted = {packet, sim_packet_write(&about, packet)}};
        EXPECT(sim_icmp_write(&what, &about.to, room, &said));
        said.from.port = 0;
        for (int i = 0; i < 100; i++)
            (void)lab->net->ops->send(lab->net, sim_loop_now(lab->loop), &lab->near.port, &said);
        sim_loop_run(lab->loop, SECOND);
        EXPECT_EQ(lab->net->totals.sent, 100);
        EXPECT_EQ(lab->net->totals.reported, 0);
        EXPECT_EQ(lab->net->totals.under_way, 0);
        EXPECT(lab->far.last.count > 25 && lab->far.last.count < 75);
        EXPECT_EQ(lab->net->lost[SIM_LOST_LINK_LOSS], 100 - lab->far.last.count);
        EXPECT_EQ(lab->far.last.len, said.len);
        lab_close(lab);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_a_host_says_by_icmp_is_carried_and_counted_as_sent),
        TEST(test_a_datagram_takes_as_long_as_its_lines_are_defined_to_take),
        TEST(test_a_line_may_have_another_rate_back),
        TEST(test_ethernet_takes_as_long_as_its_frames),
        TEST(test_wifi_takes_as_long_as_its_frames),
        TEST(test_ends_of_a_medium_share_it),
        TEST(test_a_source_of_nobody_is_carried_as_any_other),
        TEST(test_what_nobody_owns_is_lost_at_its_first_router),
        TEST(test_a_full_queue_loses_what_comes_on_top),
        TEST(test_random_loss_is_binomial),
        TEST(test_jitter_keeps_order_and_stragglers_do_not),
        TEST(test_books_are_right_where_parts_that_routers_cut_are_doubled),
        TEST(test_a_router_cuts_and_the_far_end_joins),
        TEST(test_a_line_that_loses_what_is_too_long_does_so),
        TEST(test_a_nat_before_a_port_is_the_one_of_the_built_in_network),
        TEST(test_one_seed_gives_one_fingerprint_and_another_seed_another),
        TEST(test_there_is_one_simulator_to_a_process),
        TEST(test_what_is_thrown_while_it_runs_ends_the_loop_and_is_told),
        TEST(test_what_is_lost_of_a_bulk_transfer_is_in_the_books),
        TEST(test_a_bulk_transfer_leaves_a_node_by_any_of_its_links),
        TEST(test_no_address_of_a_flood_is_a_routers_own),
        TEST(test_what_its_lines_do_not_do_is_said_with_the_name_of_the_key),
    };
    char error[300] = "";
    if (sim_ns3_api(error, sizeof error) == NULL) {
        (void)printf("1..0 # SKIP %s\n", error);
        return 0;
    }
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
