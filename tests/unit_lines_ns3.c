/* SPDX-License-Identifier: MIT
 * The same datagrams on lines of the built-in network and of ns-3: what comes
 * when to whom, and what is in the books. Lines that are down and of which
 * routers tell, delays that change, queues limited in both units. Skipped where
 * ns-3 is not installed. */
#include "sim/icmp.h"
#include "sim/loop.h"
#include "sim/net_links.h"
#include "sim/net_ns3.h"
#include "sim/ns3_door.h"
#include "sim/packet.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 1000000, SECOND = 1000000000, HEARD_MAX = 6000, SEED = 4 };

struct heard {
    uint64_t at_ns;
    size_t len;
    bool error; /* a router's */
};

struct ear {
    struct sim_port port;
    uint32_t count, errors;
    size_t quoted; /* octets of the payload, by the last error */
    struct heard heard[HEARD_MAX];
};

/* near - the core - far; `hub` is at the core itself. */
struct lab {
    struct sim_loop *loop;
    struct sim_net *net;
    struct ear near, hub, far;
};

static struct ike_addr address(const char *text, uint16_t port)
{
    struct ike_addr addr;
    EXPECT(ike_addr_parse(text, &addr));
    addr.port = port;
    return addr;
}

/* An error is one of a line that is down, and its checksum is right. */
static void hear(void *owner, uint64_t now_ns, const struct sim_datagram *d)
{
    struct ear *const ear = owner;
    struct sim_icmp error;
    const bool is_error = sim_icmp_read(d, &error);
    EXPECT(!is_error || error.kind == SIM_ICMP_UNREACHABLE || error.kind == SIM_ICMP_PORT_CLOSED);
    EXPECT(!is_error || ike_addr_same_ip(&error.about.from, &d->to));
    if (is_error)
        ear->quoted = sim_icmp_payload(&error).len;
    if (ear->count < HEARD_MAX)
        ear->heard[ear->count] = (struct heard){now_ns, d->len, is_error};
    ear->errors += is_error ? 1 : 0;
    ear->count++;
}

static void attach(struct lab *lab, struct ear *ear, uint32_t node, const char *prefix)
{
    struct ike_prefix own;
    EXPECT(ike_prefix_parse(prefix, &own));
    ear->port.deliver = hear;
    ear->port.owner = ear;
    lab->net->ops->attach(lab->net, node, &ear->port, &own);
}

static struct lab *lab_open(bool ns3, const struct sim_link_config *near,
                            const struct sim_link_config *far)
{
    char error[200] = "";
    struct lab *const lab = calloc(1, sizeof *lab);
    lab->loop = sim_loop_open();
    lab->net = ns3 ? sim_net_ns3_open(lab->loop, SEED, NULL, error, sizeof error)
                   : sim_net_links_open(lab->loop, SEED, NULL);
    EXPECT_STR(error, "");
    const uint32_t one = lab->net->ops->router(lab->net);
    const uint32_t two = lab->net->ops->router(lab->net);
    (void)lab->net->ops->link(lab->net, one, 0, near);
    (void)lab->net->ops->link(lab->net, 0, two, far);
    attach(lab, &lab->near, one, "10.1.0.0/16");
    attach(lab, &lab->near, one, "2001:db8:1::/48");
    attach(lab, &lab->hub, 0, "10.3.0.0/16");
    attach(lab, &lab->hub, 0, "2001:db8:3::/48");
    attach(lab, &lab->far, two, "10.2.0.0/16");
    attach(lab, &lab->far, two, "2001:db8:2::/48");
    EXPECT(lab->net->ops->route(lab->net, error, sizeof error));
    EXPECT_STR(error, "");
    return lab;
}

static void lab_close(struct lab *lab)
{
    lab->net->ops->close(lab->net);
    sim_loop_close(lab->loop);
    free(lab);
}

/* What is sent: within it what would be an error by itself, where test_what_is_told_may_be_cut has
 * it cut: 376 octets of ICMP's 8, IP's and UDP's 28, and so on. */
enum { CUT_AT = 376 - 36 };
static const uint8_t octets[3000] = {[CUT_AT] = 3,
                                     [CUT_AT + 8] = 0x45,
                                     [CUT_AT + 11] = 24,
                                     [CUT_AT + 17] = SIM_UDP,
                                     [CUT_AT + 20] = 10,
                                     1,
                                     0,
                                     9};

/* From one of the ends to another, by name. */
static void send(struct lab *lab, struct ear *ear, bool six, size_t len)
{
    const char *const from = ear == &lab->near ? "1" : ear == &lab->hub ? "3" : "2";
    char text[2][40];
    for (int i = 0; i < 2; i++)
        (void)snprintf(text[i], sizeof text[i], six ? "2001:db8:%s::9" : "10.%s.0.9",
                       i == 0             ? from
                       : ear == &lab->far ? "1"
                                          : "2");
    const struct sim_datagram d = {.from = address(text[0], 500),
                                   .to = address(text[1], 4500),
                                   .at = octets,
                                   .len = len,
                                   .protocol = SIM_UDP};
    (void)lab->net->ops->send(lab->net, sim_loop_now(lab->loop), &ear->port, &d);
}

static void until(struct lab *lab, uint64_t at_ns)
{
    sim_loop_run(lab->loop, at_ns);
}

typedef void play_fn(struct lab *lab, bool six);

static void expect_heard(const struct ear *got, const struct ear *wanted, bool timed)
{
    EXPECT_EQ(got->count, wanted->count);
    EXPECT_EQ(got->errors, wanted->errors);
    EXPECT_EQ(got->quoted, wanted->quoted);
    for (uint32_t i = 0; timed && i < got->count && i < wanted->count; i++) {
        EXPECT_EQ(got->heard[i].at_ns, wanted->heard[i].at_ns);
        EXPECT_EQ(got->heard[i].len, wanted->heard[i].len);
        EXPECT_EQ(got->heard[i].error, wanted->heard[i].error);
    }
}

static void expect_counts(const struct sim_net *got, const struct sim_net *wanted)
{
    EXPECT_EQ(got->totals.sent, wanted->totals.sent);
    EXPECT_EQ(got->totals.reported, wanted->totals.reported);
    EXPECT_EQ(got->totals.doubled, wanted->totals.doubled);
    EXPECT_EQ(got->totals.delivered, wanted->totals.delivered);
    EXPECT_EQ(got->totals.under_way, 0);
    for (uint32_t why = 0; why < SIM_LOST_COUNT; why++)
        EXPECT_EQ(got->lost[why], wanted->lost[why]);
    for (uint32_t way = 0; way < 4; way++) {
        const struct sim_link_counts a = got->ops->counts(got, way / 2, way % 2);
        const struct sim_link_counts b = wanted->ops->counts(wanted, way / 2, way % 2);
        EXPECT_EQ(a.sent_packets, b.sent_packets);
        EXPECT_EQ(a.sent_bytes, b.sent_bytes);
        for (uint32_t why = 0; why < SIM_LOST_COUNT; why++)
            EXPECT_EQ(a.lost[why], b.lost[why]);
    }
}

/* Of ns-3's lines: what a line of ours is to have for the same times, if it has a rate. */
enum { PPP = 2 };

/* Plays the same on both, for ten seconds, by one family of addresses. What the built-in network
 * did is given back. */
static struct lab *both(play_fn *play, bool six, const struct sim_link_config *near,
                        const struct sim_link_config *far)
{
    struct lab *labs[2];
    for (int i = 0; i < 2; i++) {
        labs[i] = lab_open(i == 1, near, far);
        play(labs[i], six);
        until(labs[i], 10 * (uint64_t)SECOND);
    }
    const bool timed =
        (near->rate_bps == 0 || near->frame == PPP) && (far->rate_bps == 0 || far->frame == PPP);
    expect_heard(&labs[1]->near, &labs[0]->near, timed);
    expect_heard(&labs[1]->hub, &labs[0]->hub, timed);
    expect_heard(&labs[1]->far, &labs[0]->far, timed);
    expect_counts(labs[1]->net, labs[0]->net);
    lab_close(labs[1]);
    return labs[0];
}

static const struct sim_link_config sound = {.name = "sound", .delay_ns = 10 * MS};

/* Down from 1 to 3 s. */
static struct sim_link_config ill(enum sim_down down)
{
    return (struct sim_link_config){
        .name = "ill",
        .delay_ns = 5 * MS,
        .impairments.outages = {.at = {{SECOND, 3 * (uint64_t)SECOND}}, .count = 1},
        .down = down};
}

/* ---- lines that are down ---- */

/* Around both ends of the outage: before, on the line when it breaks, at its first and last
 * moment, and after. */
static void around(struct lab *lab, bool six)
{
    static const uint64_t times[] = {0, SECOND - 12 * MS, SECOND - 10 * MS,
                                     3 * (uint64_t)SECOND - 11 * MS,
                                     3 * (uint64_t)SECOND - 10 * MS};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        until(lab, times[i]);
        send(lab, &lab->near, six, 100 + i);
    }
}

static void test_routers_tell_of_a_line_that_is_down_alike_on_both(void)
{
    for (int i = 0; i < 4; i++) {
        const bool tells = i / 2 == 1;
        const struct sim_link_config far = ill(tells ? SIM_DOWN_UNREACHABLE : SIM_DOWN_SILENT);
        struct lab *const lab = both(around, i % 2 == 1, &sound, &far);
        EXPECT_EQ(lab->far.count, 2);
        EXPECT_EQ(lab->net->lost[SIM_LOST_OUTAGE], 3);
        EXPECT_EQ(lab->net->totals.reported, tells ? 2 : 0);
        EXPECT_EQ(lab->near.errors, tells ? 2 : 0);
        EXPECT_EQ(lab->near.quoted, tells ? 103 : 0); /* all of it */
        lab_close(lab);
    }
}

/* Who is at the router itself, and who sends more than an error quotes. */
static void at_the_router(struct lab *lab, bool six)
{
    until(lab, SECOND);
    send(lab, &lab->hub, six, 1400);
}

static void test_who_is_at_the_router_is_told_too_as_much_as_an_error_holds(void)
{
    for (int six = 0; six < 2; six++) {
        const struct sim_link_config far = ill(SIM_DOWN_UNREACHABLE);
        struct lab *const lab = both(at_the_router, six == 1, &sound, &far);
        EXPECT_EQ(lab->hub.errors, 1);
        EXPECT_EQ(lab->hub.quoted, six == 1 ? 1280 - 48 - 48 : 576 - 28 - 28);
        lab_close(lab);
    }
}

/* Two a millisecond, for a second and a half. */
static void often(struct lab *lab, bool six)
{
    for (uint64_t i = 0; i < 3000; i++) {
        until(lab, SECOND + i * MS / 2);
        send(lab, &lab->near, six, 50);
    }
}

static void test_routers_tell_so_often_and_no_more_on_both(void)
{
    for (int six = 0; six < 2; six++) {
        const struct sim_link_config far = ill(SIM_DOWN_UNREACHABLE);
        struct lab *const lab = both(often, six == 1, &sound, &far);
        EXPECT_EQ(lab->net->lost[SIM_LOST_OUTAGE], 3000);
        EXPECT_EQ(lab->near.errors, 2000);
        lab_close(lab);
    }
}

/* Errors, what nobody sent, and in IPv4 fragments but for the first. */
static void untold(struct lab *lab, bool six)
{
    uint8_t packet[200];
    uint8_t room[SIM_ICMP_MAX];
    struct sim_datagram d = {.from = address(six ? "2001:db8:1::9" : "10.1.0.9", 500),
                             .to = address(six ? "2001:db8:2::9" : "10.2.0.9", 500),
                             .at = (const uint8_t *)"sixteen octets..",
                             .len = 16,
                             .protocol = SIM_UDP};
    struct sim_datagram about = d;
    struct sim_datagram error;
    about.from = d.to;
    about.to = d.from;
    const struct sim_icmp what = {.kind = SIM_ICMP_PORT_CLOSED,
                                  .quoted = {packet, sim_packet_write(&about, packet)}};
    EXPECT(sim_icmp_write(&what, &d.from, room, &error));
    error.from.port = 0;
    until(lab, SECOND);
    (void)lab->net->ops->send(lab->net, SECOND, &lab->near.port, &error);
    d.from = address(six ? "2001:db8:9::9" : "203.0.113.7", 500);
    (void)lab->net->ops->send(lab->net, SECOND, &lab->near.port, &d);
    d.from = about.to;
    d.fragment = (struct sim_fragment){.id = 7, .at = six ? 0 : 16, .more = true};
    if (!six)
        (void)lab->net->ops->send(lab->net, SECOND, &lab->near.port, &d);
}

static void test_of_errors_and_to_nobody_nothing_is_told_on_both(void)
{
    for (int six = 0; six < 2; six++) {
        const struct sim_link_config far = ill(SIM_DOWN_UNREACHABLE);
        struct lab *const lab = both(untold, six == 1, &sound, &far);
        EXPECT_EQ(lab->net->lost[SIM_LOST_OUTAGE], six == 1 ? 2 : 3);
        EXPECT_EQ(lab->net->totals.reported, 0);
        lab_close(lab);
    }
}

/* One a millisecond, through the outage. */
static void steadily(struct lab *lab, bool six)
{
    for (uint64_t i = 0; i < 4000; i++) {
        until(lab, i * MS);
        send(lab, &lab->near, six, 60 + i % 7);
    }
}

/* What is told is lost, doubled, held up and goes down itself on its way, and is in the books. */
static void test_what_is_told_meets_what_lines_do_alike_on_both(void)
{
    for (int six = 0; six < 2; six++) {
        const struct sim_link_config far = ill(SIM_DOWN_UNREACHABLE);
        struct sim_link_config near = sound;
        near.jitter_ns = 5 * MS;
        near.impairments = (struct sim_impairments){
            .loss_ppb = 100000000,
            .duplicate_ppb = 50000000,
            .outages = {.at = {{2 * (uint64_t)SECOND, 2 * (uint64_t)SECOND + 200 * MS}},
                        .count = 1}};
        struct lab *const lab = both(steadily, six == 1, &near, &far);
        const struct sim_link_counts back = lab->net->ops->counts(lab->net, 0, 1);
        EXPECT(lab->near.errors > 1000);
        EXPECT(back.lost[SIM_LOST_LINK_LOSS] > 100);
        EXPECT(back.lost[SIM_LOST_OUTAGE] > 0);
        lab_close(lab);
    }
}

/* A line so narrow that what is told is cut: it is told once, and nothing stays under way. */
static void test_what_is_told_may_be_cut_on_its_way(void)
{
    struct sim_link_config near = sound;
    near.mtu = 400;
    near.oversize = SIM_OVERSIZE_CUT;
    const struct sim_link_config far = ill(SIM_DOWN_UNREACHABLE);
    struct lab *const lab = lab_open(true, &near, &far);
    until(lab, SECOND);
    send(lab, &lab->near, false, 372);
    send(lab, &lab->hub, false, 900);
    until(lab, 2 * (uint64_t)SECOND);
    EXPECT_EQ(lab->near.errors, 1);
    EXPECT_EQ(lab->hub.errors, 1);
    EXPECT_EQ(lab->net->totals.reported, 2);
    EXPECT_EQ(lab->net->totals.delivered, 2);
    EXPECT_EQ(lab->net->totals.under_way, 0);
    lab_close(lab);
}

/* Both parts are on the line when it goes down itself: the books know of one that was told. */
static void test_what_is_told_and_cut_is_lost_once(void)
{
    struct sim_link_config near = sound;
    const struct sim_link_config far = ill(SIM_DOWN_UNREACHABLE);
    near.mtu = 400;
    near.oversize = SIM_OVERSIZE_CUT;
    near.impairments.outages =
        (struct sim_outages){.at = {{SECOND + 15 * MS, SECOND + 30 * MS}}, .count = 1};
    struct lab *const lab = lab_open(true, &near, &far);
    until(lab, SECOND);
    send(lab, &lab->near, false, 372);
    until(lab, 2 * (uint64_t)SECOND);
    EXPECT_EQ(lab->near.count, 0);
    EXPECT_EQ(lab->net->totals.reported, 1);
    EXPECT_EQ(lab->net->ops->counts(lab->net, 1, 0).lost[SIM_LOST_OUTAGE], 1);
    EXPECT_EQ(lab->net->ops->counts(lab->net, 0, 1).lost[SIM_LOST_OUTAGE], 1);
    EXPECT_EQ(lab->net->totals.cut, 0);
    EXPECT_EQ(lab->net->totals.under_way, 0);
    lab_close(lab);
}

/* It would be too long for a line that loses such packets. */
static void test_nothing_is_told_that_would_not_get_back(void)
{
    struct sim_link_config near = sound;
    const struct sim_link_config far = ill(SIM_DOWN_UNREACHABLE);
    near.mtu = 500;
    struct lab *const lab = lab_open(true, &near, &far);
    until(lab, SECOND);
    send(lab, &lab->near, false, 472); /* it just passes */
    send(lab, &lab->near, false, 400);
    until(lab, 2 * (uint64_t)SECOND);
    EXPECT_EQ(lab->net->lost[SIM_LOST_OUTAGE], 2);
    EXPECT_EQ(lab->near.errors, 1);
    EXPECT_EQ(lab->near.quoted, 400);
    EXPECT_EQ(lab->net->totals.reported, 1);
    EXPECT_EQ(lab->net->totals.under_way, 0);
    lab_close(lab);
}

/* ---- delays that change ---- */

static const struct sim_moment moments[] = {
    {1000000000, 10000000}, {2000000000, 500000000}, {3000000000, 20000000}};

static void through_the_moments(struct lab *lab, bool six)
{
    static const uint64_t times_ms[] = {0,    500,  999,  1000, 1999, 2000,
                                        2999, 3000, 3100, 3490, 6000};
    for (size_t i = 0; i < sizeof times_ms / sizeof times_ms[0]; i++) {
        until(lab, times_ms[i] * MS);
        send(lab, &lab->near, six, 100 + i);
    }
}

static void test_delays_that_change_hold_until_the_next_on_both(void)
{
    static const uint64_t came_ms[] = {10,   510,  1009, 1010, 2009, 2500,
                                       3499, 3499, 3499, 3510, 6020};
    enum { CAME = sizeof came_ms / sizeof came_ms[0] };
    const struct sim_link_config none = {.name = "none"};
    const struct sim_link_config traced = {
        .name = "traced", .delay_ns = 77 * MS, .delays = moments, .delay_count = 3};
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = both(through_the_moments, six == 1, &traced, &none);
        EXPECT_EQ(lab->far.count, CAME);
        for (size_t i = 0; i < CAME; i++)
            EXPECT_EQ(lab->far.heard[i].at_ns, came_ms[i] * MS);
        lab_close(lab);
    }
}

static void test_a_line_that_rests_passes_all_moments_at_once(void)
{
    const struct sim_link_config traced = {.delays = moments, .delay_count = 3};
    uint32_t moment = 0;
    EXPECT_EQ(sim_link_delay(&traced, &moment, 0), 10 * MS);
    EXPECT_EQ(sim_link_delay(&traced, &moment, UINT64_C(3000000000)), 20 * MS);
    EXPECT_EQ(moment, 2);
}

/* With jitter, losses and an outage; and which are judged at the line's end. */
static void test_delays_that_change_go_with_all_else_on_both(void)
{
    struct sim_link_config traced = ill(SIM_DOWN_UNREACHABLE);
    traced.delays = moments;
    traced.delay_count = 3;
    traced.jitter_ns = 3 * MS;
    traced.impairments.loss_ppb = 50000000;
    traced.impairments.reorder_ppb = 50000000;
    traced.impairments.reorder_ns = 7 * MS;
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = both(steadily, six == 1, &sound, &traced);
        EXPECT(lab->far.count > 1000 && lab->near.errors > 1500);
        lab_close(lab);
    }
}

/* With a rate they are counted from when all of it has left: ns-3's line adds PPP's two octets. */
static void test_delays_that_change_are_of_what_has_left_its_sender(void)
{
    const struct sim_link_config none = {.name = "none"};
    const struct sim_link_config slow = {
        .name = "slow", .rate_bps = 8000, .delays = moments, .delay_count = 3};
    struct lab *const lab = lab_open(true, &slow, &none);
    until(lab, 1900 * (uint64_t)MS);
    send(lab, &lab->near, false, 170 - 28); /* it has left at 2,072 ms */
    until(lab, 4 * (uint64_t)SECOND);
    EXPECT_EQ(lab->far.count, 1);
    EXPECT_EQ(lab->far.heard[0].at_ns, 2572 * (uint64_t)MS);
    lab_close(lab);
}

/* ---- queues limited in both units ---- */

static void small_ones(struct lab *lab, bool six)
{
    for (int i = 0; i < 20; i++)
        send(lab, &lab->near, six, 20);
}

static void long_ones(struct lab *lab, bool six)
{
    for (int i = 0; i < 20; i++)
        send(lab, &lab->near, six, 400);
}

/* Where a long one finds no room, a short one still does. */
static void long_and_small_ones(struct lab *lab, bool six)
{
    for (int i = 0; i < 20; i++)
        send(lab, &lab->near, six, i % 4 == 3 ? 20 : 340);
}

static void test_a_queue_is_limited_in_both_units_on_both(void)
{
    static const struct {
        play_fn *play;
        uint32_t count; /* the one being sent, and those waiting */
    } rows[] = {{small_ones, 1 + 5}, {long_ones, 1 + 2}, {long_and_small_ones, 1 + 2 + 3}};
    const struct sim_link_config none = {.name = "none"};
    const struct sim_link_config narrow = {.name = "narrow",
                                           .rate_bps = 100000,
                                           .frame = PPP,
                                           .queue_packets = 5,
                                           .queue_bytes = 1000};
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        struct lab *const lab = both(rows[i / 2].play, i % 2 == 1, &narrow, &none);
        EXPECT_EQ(lab->far.count, rows[i / 2].count);
        EXPECT_EQ(lab->net->lost[SIM_LOST_QUEUE_FULL], 20 - rows[i / 2].count);
        lab_close(lab);
    }
}

/* Two at once, and one when the line is at rest again: 428 octets, with a frame 430. */
static void two_and_one(struct lab *lab, bool six)
{
    send(lab, &lab->near, six, 400);
    send(lab, &lab->near, six, 400);
    until(lab, SECOND);
    send(lab, &lab->near, six, 400);
}

/* For it does not wait; with one octet more of queue the second does. */
static void test_what_is_longer_than_the_queue_passes_a_line_at_rest_on_both(void)
{
    static const struct sim_link_config none = {.name = "none"};
    for (int i = 0; i < 8; i++) {
        const bool six = i % 2 == 1;
        const uint64_t size = 400 + (six ? 48 : 28) + PPP;
        const struct sim_link_config short_one = {.name = "short",
                                                  .rate_bps = 100000,
                                                  .frame = PPP,
                                                  .queue_packets = i / 4 == 0 ? 0 : 9,
                                                  .queue_bytes = i / 2 % 2 == 0 ? size - 1 : size};
        struct lab *const lab = both(two_and_one, six, &short_one, &none);
        EXPECT_EQ(lab->far.count, i / 2 % 2 == 0 ? 2 : 3);
        EXPECT_EQ(lab->far.heard[lab->far.count - 1].at_ns, SECOND + size * 80000);
        lab_close(lab);
    }
}

/* To the nanosecond, whatever the rates, and with one line behind the other; but where an octet
 * does not take whole nanoseconds. */
static void test_lines_with_the_frame_of_ppp_take_the_same_time_on_both(void)
{
    static const uint64_t rates[] = {160000, 1000000, 2000000, 10000000, 100000000, 1000000000};
    for (size_t i = 0; i < 2 * sizeof rates / sizeof rates[0]; i++) {
        const struct sim_link_config near = {.name = "near",
                                             .rate_bps = rates[i / 2],
                                             .rate_back_bps = 8000,
                                             .delay_ns = 3 * MS,
                                             .frame = PPP};
        const struct sim_link_config far = {
            .name = "far", .rate_bps = 640000, .delay_ns = MS, .frame = PPP, .queue_packets = 9};
        struct lab *const lab = both(long_and_small_ones, i % 2 == 1, &near, &far);
        EXPECT(lab->far.count >= 10);
        lab_close(lab);
    }
}

/* Ethernet's frames are 18 octets longer: of 448 two wait, and of 68 five. */
static void test_a_queue_before_ethernet_is_limited_in_both_units_too(void)
{
    const struct sim_link_config none = {.name = "none"};
    const struct sim_link_config bus = {.name = "bus",
                                        .medium = SIM_CSMA,
                                        .rate_bps = 1000000,
                                        .queue_packets = 5,
                                        .queue_bytes = 1000};
    for (int i = 0; i < 2; i++) {
        struct lab *const lab = lab_open(true, &bus, &none);
        (i == 0 ? small_ones : long_ones)(lab, false);
        until(lab, SECOND);
        EXPECT_EQ(lab->far.count, i == 0 ? 6 : 3);
        EXPECT_EQ(lab->net->lost[SIM_LOST_QUEUE_FULL], i == 0 ? 14 : 17);
        EXPECT_EQ(lab->net->totals.under_way, 0);
        lab_close(lab);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_routers_tell_of_a_line_that_is_down_alike_on_both),
        TEST(test_who_is_at_the_router_is_told_too_as_much_as_an_error_holds),
        TEST(test_routers_tell_so_often_and_no_more_on_both),
        TEST(test_of_errors_and_to_nobody_nothing_is_told_on_both),
        TEST(test_what_is_told_meets_what_lines_do_alike_on_both),
        TEST(test_what_is_told_may_be_cut_on_its_way),
        TEST(test_what_is_told_and_cut_is_lost_once),
        TEST(test_nothing_is_told_that_would_not_get_back),
        TEST(test_delays_that_change_hold_until_the_next_on_both),
        TEST(test_a_line_that_rests_passes_all_moments_at_once),
        TEST(test_delays_that_change_go_with_all_else_on_both),
        TEST(test_delays_that_change_are_of_what_has_left_its_sender),
        TEST(test_a_queue_is_limited_in_both_units_on_both),
        TEST(test_what_is_longer_than_the_queue_passes_a_line_at_rest_on_both),
        TEST(test_lines_with_the_frame_of_ppp_take_the_same_time_on_both),
        TEST(test_a_queue_before_ethernet_is_limited_in_both_units_too),
    };
    char error[300] = "";
    if (sim_ns3_api(error, sizeof error) == NULL) {
        (void)printf("1..0 # SKIP %s\n", error);
        return 0;
    }
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
