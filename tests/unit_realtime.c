/* SPDX-License-Identifier: MIT
 * Virtual time at the wall's pace, and an end whose kernel is a socket held by
 * the test: nothing happens too early, lateness is told, and whatever comes from
 * the other side is taken or counted. Bounds are such that a busy machine keeps
 * them. */
#include "sim/icmp.h"
#include "sim/lag.h"
#include "sim/loop.h"
#include "sim/net_links.h"
#include "sim/netns.h"
#include "sim/packet.h"
#include "sim/realtime.h"
#include "sim/rng.h"
#include "sim/tun_end.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MS = 1000000, SECOND = 1000000000, PPM = 1000000 };

static uint64_t wall(void)
{
    struct timespec now;
    EXPECT_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void rest(uint64_t ns)
{
    const struct timespec time = {.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
    (void)nanosleep(&time, NULL);
}

/* ---- lag ---- */

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static void test_percentiles_of_lag_are_those_of_a_sorted_list(void)
{
    enum { COUNT = 5000 };
    static const uint32_t asked[] = {1, 1000, 250000, 500000, 900000, 990000, 999000, PPM};
    static uint64_t all[COUNT];
    struct sim_lag lag = {.limit_ns = 1000000};
    struct sim_rng rng;
    uint64_t over = 0;
    uint64_t sum_ns = 0;
    EXPECT_EQ(sim_lag_percentile(&lag, 500000), 0);
    sim_rng_open(&rng, 1, "lag");
    for (uint32_t i = 0; i < COUNT; i++) {
        all[i] = sim_rng_between(&rng, 0, UINT64_C(1) << (i % 40));
        sim_lag_add(&lag, all[i], 1);
        over += all[i] > 1000000 ? 1 : 0;
        sum_ns += all[i];
    }
    qsort(all, COUNT, sizeof all[0], ascending);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        const uint64_t index = (uint64_t)COUNT * asked[i] / PPM;
        const uint64_t exact = all[index > 0 ? index - 1 : 0];
        const uint64_t said = sim_lag_percentile(&lag, asked[i]);
        EXPECT(said >= exact);
        EXPECT(said <= exact + exact / 8 + 1);
    }
    EXPECT_EQ(lag.over, over);
    EXPECT_EQ(lag.sum_ns, sum_ns);
    EXPECT_EQ(lag.max_ns, all[COUNT - 1]);
    EXPECT_EQ(sim_lag_percentile(&lag, PPM), all[COUNT - 1]);
}

static void test_lag_beyond_all_bins_is_still_told_apart_from_none(void)
{
    struct sim_lag lag = {.limit_ns = 1};
    sim_lag_add(&lag, UINT64_MAX / 2, 1);
    EXPECT(sim_lag_percentile(&lag, 500000) == UINT64_MAX / 2);
    EXPECT_EQ(lag.over, 1);
}

/* ---- the pace ---- */

struct beat {
    struct sim_event event;
    struct sim_loop *loop;
    uint64_t wall_ns;  /* when it ran */
    uint64_t takes_ns; /* so long it keeps the loop */
    uint64_t every_ns; /* and again; 0: not */
    uint32_t ran;
};

static void beat_run(void *owner, uint64_t now_ns)
{
    struct beat *const beat = owner;
    beat->wall_ns = wall();
    beat->ran++;
    if (beat->takes_ns > 0)
        rest(beat->takes_ns);
    if (beat->every_ns > 0)
        sim_loop_at(beat->loop, &beat->event, now_ns + beat->every_ns);
}

static void beat_at(struct beat *beat, struct sim_loop *loop, uint64_t at_ns)
{
    beat->loop = loop;
    beat->event = (struct sim_event){.rank = SIM_TIMER, .run = beat_run, .owner = beat};
    sim_loop_at(loop, &beat->event, at_ns);
}

static void test_events_run_when_their_time_has_come_and_not_before(void)
{
    enum { COUNT = 20 };
    struct beat beats[COUNT] = {{.ran = 0}};
    struct sim_loop *const loop = sim_loop_open();
    struct sim_realtime *const rt = sim_realtime_open(loop, NULL, &(struct sim_pace){0});
    sim_loop_run(loop, UINT64_C(7) * SECOND); /* it need not begin at nought */
    for (uint32_t i = 0; i < COUNT; i++)
        beat_at(&beats[i], loop, UINT64_C(7) * SECOND + (i / 2) * 3 * MS);
    const uint64_t began_ns = wall();
    EXPECT_EQ(sim_realtime_run(rt, UINT64_C(7) * SECOND + 40 * MS), SIM_REALTIME_DONE);
    const uint64_t took_ns = wall() - began_ns;
    EXPECT(took_ns >= 40 * MS);
    EXPECT(took_ns < UINT64_C(8) * SECOND);
    for (uint32_t i = 0; i < COUNT; i++) {
        EXPECT_EQ(beats[i].ran, 1);
        EXPECT(beats[i].wall_ns - began_ns >= (i / 2) * 3 * MS);
    }
    EXPECT(sim_loop_now(loop) == UINT64_C(7) * SECOND + 40 * MS);
    const struct sim_lag lag = sim_realtime_lag(rt);
    EXPECT_EQ(lag.count, COUNT);
    EXPECT_EQ(lag.limit_ns, 10 * MS);
    EXPECT(lag.max_ns <= took_ns);
    sim_realtime_close(rt);
    sim_loop_close(loop);
}

static void test_what_comes_late_is_counted_as_late_as_it_was(void)
{
    struct beat slow = {.takes_ns = 40 * MS};
    struct beat kept = {.ran = 0};
    struct sim_loop *const loop = sim_loop_open();
    struct sim_realtime *const rt =
        sim_realtime_open(loop, NULL, &(struct sim_pace){.lag_limit_ns = 15 * MS});
    beat_at(&slow, loop, 5 * MS);
    beat_at(&kept, loop, 10 * MS);
    EXPECT_EQ(sim_realtime_run(rt, 60 * MS), SIM_REALTIME_DONE);
    const struct sim_lag lag = sim_realtime_lag(rt);
    EXPECT_EQ(lag.count, 2);
    EXPECT(lag.over >= 1);
    EXPECT(lag.max_ns >= 35 * MS);
    EXPECT(sim_lag_percentile(&lag, PPM) >= 35 * MS);
    sim_realtime_close(rt);
    sim_loop_close(loop);
}

static void test_a_run_that_falls_behind_gives_up(void)
{
    struct beat slow = {.takes_ns = 10 * MS, .every_ns = MS};
    struct sim_loop *const loop = sim_loop_open();
    struct sim_realtime *const rt =
        sim_realtime_open(loop, NULL, &(struct sim_pace){.give_up_ns = 50 * MS});
    beat_at(&slow, loop, MS);
    EXPECT_EQ(sim_realtime_run(rt, 100 * (uint64_t)SECOND), SIM_REALTIME_BEHIND);
    EXPECT(slow.ran < 10);
    EXPECT(sim_loop_now(loop) < SECOND);
    sim_realtime_close(rt);
    sim_loop_close(loop);
}

static uint64_t break_down(struct sim_net *net, uint64_t limit_ns)
{
    net->trouble = limit_ns > 0 ? "it broke" : NULL;
    return sim_loop_now(net->loop);
}

static uint64_t never(struct sim_net *net)
{
    (void)net;
    return SIM_NEVER;
}

/* An event is due, and will not run: nobody waits for it. */
static void test_a_run_whose_network_is_in_trouble_ends(void)
{
    static const struct sim_net_ops ops = {
        .name = "broken", .run_until = break_down, .next = never};
    struct beat due = {.ran = 0};
    struct sim_net net = {.ops = &ops, .loop = sim_loop_open()};
    struct sim_realtime *const rt =
        sim_realtime_open(net.loop, &net, &(struct sim_pace){.give_up_ns = 100 * MS});
    sim_loop_join(net.loop, &net);
    beat_at(&due, net.loop, MS);
    EXPECT_EQ(sim_realtime_run(rt, 100 * (uint64_t)SECOND), SIM_REALTIME_DONE);
    EXPECT(net.trouble != NULL);
    EXPECT_EQ(due.ran, 0);
    EXPECT_EQ(sim_loop_now(net.loop), 0);
    sim_realtime_close(rt);
    sim_loop_close(net.loop);
}

static void test_time_between_runs_passes_or_is_left_out(void)
{
    struct sim_loop *const loop = sim_loop_open();
    struct sim_realtime *const rt = sim_realtime_open(loop, NULL, &(struct sim_pace){0});
    EXPECT_EQ(sim_realtime_run(rt, MS), SIM_REALTIME_DONE);
    rest(30 * MS);
    uint64_t began_ns = wall();
    EXPECT_EQ(sim_realtime_run(rt, 21 * MS), SIM_REALTIME_DONE); /* which is past already */
    EXPECT(wall() - began_ns < UINT64_C(5) * SECOND);
    sim_realtime_start(rt);
    began_ns = wall();
    EXPECT_EQ(sim_realtime_run(rt, 41 * MS), SIM_REALTIME_DONE);
    EXPECT(wall() - began_ns >= 20 * MS);
    sim_realtime_close(rt);
    sim_loop_close(loop);
}

static void note_nice(void *owner, uint64_t now_ns)
{
    (void)now_ns;
    *(int *)owner = getpriority(PRIO_PROCESS, 0);
}

/* Who is not root, or has no such right, may not ask. */
static void test_an_urgent_run_is_preferred_and_no_other(void)
{
    const int before = getpriority(PRIO_PROCESS, 0);
    const bool allowed = setpriority(PRIO_PROCESS, 0, -10) == 0;
    EXPECT_EQ(setpriority(PRIO_PROCESS, 0, before), 0);
    for (int urgent = 0; urgent < 2; urgent++) {
        int during = 99;
        struct sim_event note = {.rank = SIM_TIMER, .run = note_nice, .owner = &during};
        struct sim_loop *const loop = sim_loop_open();
        struct sim_realtime *const rt =
            sim_realtime_open(loop, NULL, &(struct sim_pace){.urgent = urgent == 1});
        sim_loop_at(loop, &note, MS);
        EXPECT_EQ(sim_realtime_run(rt, 2 * MS), SIM_REALTIME_DONE);
        EXPECT_EQ(during, urgent == 1 && allowed && before > -10 ? -10 : before);
        EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before);
        sim_realtime_close(rt);
        sim_loop_close(loop);
    }
}

struct talker {
    int fd;
    uint32_t reads;
};

static bool hear_nothing(void *owner, uint64_t at_ns)
{
    struct talker *const talker = owner;
    char octet = 0;
    (void)at_ns;
    talker->reads++;
    return read(talker->fd, &octet, 1) > 0;
}

/* A descriptor at its end is readable for ever. */
static void test_a_source_that_has_ended_is_not_listened_to_again(void)
{
    int ends[2];
    struct talker talker = {.reads = 0};
    struct sim_loop *const loop = sim_loop_open();
    struct sim_realtime *const rt = sim_realtime_open(loop, NULL, &(struct sim_pace){0});
    EXPECT_EQ(pipe(ends), 0);
    talker.fd = ends[0];
    sim_realtime_add(rt, (struct sim_source){ends[0], hear_nothing, &talker});
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_EQ(close(ends[1]), 0);
    EXPECT_EQ(sim_realtime_run(rt, 20 * MS), SIM_REALTIME_DONE);
    EXPECT_EQ(talker.reads, 2);
    EXPECT_EQ(close(ends[0]), 0);
    sim_realtime_close(rt);
    sim_loop_close(loop);
}

/* ---- an end ---- */

struct heard {
    uint64_t at_ns;
    uint16_t port;
    size_t len;
    uint8_t first;
};

/* near -- 5 ms -- core -- 5 ms -- the end, whose kernel is `kernel`. */
struct lab {
    struct sim_loop *loop;
    struct sim_net *net;
    struct sim_realtime *rt;
    struct sim_tun_end *end;
    int kernel;
    int ours;
    struct sim_port near;
    struct heard heard[4096];
    uint32_t heard_count;
};

static void hear(void *owner, uint64_t now_ns, const struct sim_datagram *d)
{
    struct lab *const lab = owner;
    if (lab->heard_count < 4096)
        lab->heard[lab->heard_count] =
            (struct heard){now_ns, d->from.port, d->len, d->len > 0 ? d->at[0] : 0};
    lab->heard_count++;
}

static struct ike_prefix prefix(const char *text)
{
    struct ike_prefix parsed;
    EXPECT(ike_prefix_parse(text, &parsed));
    return parsed;
}

static struct ike_addr address(const char *text, uint16_t port)
{
    struct ike_addr addr;
    EXPECT(ike_addr_parse(text, &addr));
    addr.port = port;
    return addr;
}

static const char *const near_prefixes[] = {"198.18.1.0/24", "2001:2:0:1::/64"};
static const char *const end_prefixes[] = {"198.18.2.2/32", "2001:2:0:2::2/128"};

static struct lab *lab_open(void)
{
    static const struct sim_link_config five = {.delay_ns = 5 * MS};
    char error[100];
    int ends[2];
    struct ike_prefix owned[2];
    struct lab *const lab = calloc(1, sizeof *lab);
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
    lab->ours = ends[0];
    lab->kernel = ends[1];
    lab->loop = sim_loop_open();
    lab->net = sim_net_links_open(lab->loop, 1, NULL);
    const uint32_t a = lab->net->ops->router(lab->net);
    const uint32_t b = lab->net->ops->router(lab->net);
    (void)lab->net->ops->link(lab->net, a, 0, &five);
    (void)lab->net->ops->link(lab->net, 0, b, &five);
    lab->near = (struct sim_port){.name = "near", .deliver = hear, .owner = lab};
    for (int i = 0; i < 2; i++) {
        const struct ike_prefix near = prefix(near_prefixes[i]);
        owned[i] = prefix(end_prefixes[i]);
        lab->net->ops->attach(lab->net, a, &lab->near, &near);
    }
    lab->end = sim_tun_end_open(lab->net, lab->ours, owned, 2);
    for (int i = 0; i < 2; i++)
        lab->net->ops->attach(lab->net, b, sim_tun_end_port(lab->end), &owned[i]);
    EXPECT(lab->net->ops->route(lab->net, error, sizeof error));
    lab->rt = sim_realtime_open(lab->loop, lab->net, &(struct sim_pace){0});
    sim_realtime_add(lab->rt, sim_tun_end_source(lab->end));
    return lab;
}

static uint64_t sum(const uint64_t *values)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < SIM_TUN_REFUSED_COUNT; i++)
        all += values[i];
    return all;
}

static void lab_close(struct lab *lab)
{
    const struct sim_tun_counts counts = sim_tun_end_counts(lab->end);
    const struct sim_net_totals t = lab->net->totals;
    uint64_t lost = 0;
    for (uint32_t i = 0; i < SIM_LOST_COUNT; i++)
        lost += lab->net->lost[i];
    EXPECT_EQ(counts.read, counts.entered + counts.waiting + sum(counts.in));
    EXPECT_EQ(t.sent + t.reported + t.doubled + t.cut, t.delivered + t.joined + lost + t.under_way);
    EXPECT_EQ(t.delivered, counts.written + sum(counts.out) + lab->heard_count);
    sim_realtime_close(lab->rt);
    sim_tun_end_close(lab->end);
    lab->net->ops->close(lab->net);
    sim_loop_close(lab->loop);
    (void)close(lab->ours);
    (void)close(lab->kernel);
    free(lab);
}

static struct sim_datagram to_near(bool six, uint8_t protocol, const char *text)
{
    return (struct sim_datagram){
        .from = address(six ? "2001:2:0:2::2" : "198.18.2.2", protocol == SIM_UDP ? 500 : 0),
        .to = address(six ? "2001:2:0:1::9" : "198.18.1.9", protocol == SIM_UDP ? 4500 : 0),
        .at = (const uint8_t *)text,
        .len = strlen(text),
        .protocol = protocol};
}

static void kernel_sends(struct lab *lab, const struct sim_datagram *datagram)
{
    uint8_t packet[2000];
    const size_t len = sim_packet_write(datagram, packet);
    EXPECT_EQ(send(lab->kernel, packet, len, 0), (ssize_t)len);
}

static void test_what_the_kernel_sends_comes_to_its_end_after_the_lines_delays(void)
{
    struct lab *const lab = lab_open();
    for (int i = 0; i < 4; i++) {
        const struct sim_datagram d =
            to_near(i % 2 == 1, i < 2 ? SIM_UDP : SIM_ESP, i < 2 ? "udp" : "esp.........");
        kernel_sends(lab, &d);
    }
    EXPECT_EQ(sim_realtime_run(lab->rt, 40 * MS), SIM_REALTIME_DONE);
    while (lab->heard_count < 4 && sim_loop_now(lab->loop) < UINT64_C(2) * SECOND)
        EXPECT_EQ(sim_realtime_run(lab->rt, sim_loop_now(lab->loop) + 10 * MS), SIM_REALTIME_DONE);
    EXPECT_EQ(lab->heard_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        EXPECT(lab->heard[i].at_ns >= 10 * MS);
        EXPECT_EQ(lab->heard[i].port, i < 2 ? 500 : 0);
        EXPECT_EQ(lab->heard[i].len, i < 2 ? 3 : 12);
        EXPECT_EQ(lab->heard[i].first, i < 2 ? 'u' : 'e');
    }
    lab_close(lab);
}

/* An event that takes long, and at whose end the kernel has sent something. */
static void sends_late(void *owner, uint64_t now_ns)
{
    struct lab *const lab = owner;
    const struct sim_datagram d = to_near(false, SIM_UDP, "x");
    (void)now_ns;
    rest(30 * MS);
    kernel_sends(lab, &d);
}

/* The loop's now is then far behind the wall's. */
static void test_what_comes_during_a_long_event_has_the_walls_time(void)
{
    struct lab *const lab = lab_open();
    struct sim_event late = {.rank = SIM_TIMER, .run = sends_late, .owner = lab};
    struct beat beat = {.every_ns = MS};
    sim_loop_at(lab->loop, &late, MS);
    beat_at(&beat, lab->loop, MS);
    while (lab->heard_count < 1 && sim_loop_now(lab->loop) < UINT64_C(2) * SECOND)
        EXPECT_EQ(sim_realtime_run(lab->rt, sim_loop_now(lab->loop) + 10 * MS), SIM_REALTIME_DONE);
    EXPECT_EQ(lab->heard_count, 1);
    EXPECT(lab->heard[0].at_ns >= 41 * MS);
    sim_loop_cancel(lab->loop, &beat.event);
    lab_close(lab);
}

static void send_to_end(struct lab *lab, const struct sim_datagram *reverse)
{
    struct sim_datagram d = *reverse;
    d.from = reverse->to;
    d.to = reverse->from;
    (void)lab->net->ops->send(lab->net, sim_loop_now(lab->loop), &lab->near, &d);
}

static void test_what_comes_to_the_end_is_written_as_an_ip_packet(void)
{
    struct lab *const lab = lab_open();
    uint8_t packet[200];
    struct sim_datagram got;
    for (int i = 0; i < 4; i++) {
        const struct sim_datagram d = to_near(i % 2 == 1, i < 2 ? SIM_UDP : SIM_ESP, "payload....");
        send_to_end(lab, &d);
    }
    EXPECT_EQ(recv(lab->kernel, packet, sizeof packet, 0), -1);
    EXPECT_EQ(sim_realtime_run(lab->rt, 10 * MS), SIM_REALTIME_DONE);
    for (int i = 0; i < 4; i++) {
        const ssize_t len = recv(lab->kernel, packet, sizeof packet, 0);
        EXPECT(len > 0 && sim_packet_read((struct ike_bytes){packet, (size_t)len}, &got));
        EXPECT_EQ(got.protocol, i < 2 ? SIM_UDP : SIM_ESP);
        EXPECT_EQ(got.to.family, i % 2 == 1 ? IKE_IPV6 : IKE_IPV4);
        EXPECT_EQ(got.to.port, i < 2 ? 500 : 0);
        EXPECT(got.len == 11 && memcmp(got.at, "payload....", 11) == 0);
    }
    EXPECT_EQ(recv(lab->kernel, packet, sizeof packet, 0), -1);
    EXPECT_EQ(sim_tun_end_counts(lab->end).written, 4);
    lab_close(lab);
}

/* What an exchange took at the end: from the first packet out to the last one in. */
static void test_the_first_out_and_the_last_in_since_a_mark_are_told(void)
{
    struct lab *const lab = lab_open();
    const struct sim_datagram d = to_near(false, SIM_UDP, "x");
    EXPECT_EQ(sim_tun_end_counts(lab->end).first_entered_ns, SIM_NEVER);
    EXPECT_EQ(sim_tun_end_counts(lab->end).last_written_ns, SIM_NEVER);
    for (int round = 0; round < 2; round++) {
        const uint32_t heard = lab->heard_count;
        sim_tun_end_mark(lab->end);
        const uint64_t from_ns = sim_loop_now(lab->loop);
        send_to_end(lab, &d); /* written 10 ms later, */
        for (int i = 0; i < 2; i++)
            kernel_sends(lab, &d);
        while (lab->heard_count < heard + 2 && sim_loop_now(lab->loop) < UINT64_C(2) * SECOND)
            EXPECT_EQ(sim_realtime_run(lab->rt, sim_loop_now(lab->loop) + 10 * MS),
                      SIM_REALTIME_DONE);
        const struct sim_tun_counts counts = sim_tun_end_counts(lab->end);
        EXPECT_EQ(counts.last_written_ns, from_ns + 10 * MS);
        EXPECT_EQ(lab->heard[heard].at_ns,
                  counts.first_entered_ns + 10 * MS); /* as this one comes */
        EXPECT(counts.first_entered_ns >= from_ns);
    }
    lab_close(lab);
}

static void test_tcp_and_what_the_kernel_does_not_take_are_counted(void)
{
    enum { COUNT = 2000 };
    struct lab *const lab = lab_open();
    const struct sim_datagram tcp = to_near(false, SIM_TCP, "0123456789012345");
    const struct sim_datagram udp = to_near(false, SIM_UDP, "udp");
    send_to_end(lab, &tcp);
    for (uint32_t i = 0; i < COUNT; i++) /* the socket's buffer holds some hundred */
        send_to_end(lab, &udp);
    EXPECT_EQ(sim_realtime_run(lab->rt, 10 * MS), SIM_REALTIME_DONE);
    const struct sim_tun_counts counts = sim_tun_end_counts(lab->end);
    EXPECT_EQ(counts.out[SIM_TUN_REFUSED_PROTOCOL], 1);
    EXPECT(counts.out[SIM_TUN_REFUSED_NOT_TAKEN] > 0);
    EXPECT_EQ(counts.out[SIM_TUN_REFUSED_NOT_TAKEN] + counts.written, COUNT);
    lab_close(lab);
}

static void test_parts_of_a_datagram_pass_and_are_joined_at_the_far_end(void)
{
    static uint8_t octets[3000];
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = lab_open();
        struct sim_datagram whole = to_near(six == 1, SIM_UDP, "");
        whole.at = octets;
        whole.len = sizeof octets;
        whole.fragment.id = 99;
        const uint32_t each = sim_part_max(&whole, 1500);
        uint32_t parts = 0;
        for (uint32_t at = 0; at < sim_ip_payload(&whole); at += each, parts++) {
            const struct sim_datagram part = sim_datagram_part(&whole, at, each);
            kernel_sends(lab, &part);
        }
        EXPECT_EQ(parts, 3);
        while (lab->heard_count < 1 && sim_loop_now(lab->loop) < UINT64_C(2) * SECOND)
            EXPECT_EQ(sim_realtime_run(lab->rt, sim_loop_now(lab->loop) + 10 * MS),
                      SIM_REALTIME_DONE);
        EXPECT_EQ(lab->heard_count, 1);
        EXPECT_EQ(lab->heard[0].len, sizeof octets);
        EXPECT_EQ(sim_tun_end_counts(lab->end).entered, 3);
        lab_close(lab);
    }
}

/* The kernel says by ICMP about a packet from `asked` to `missed` that nobody listens there. */
static void kernel_objects(struct lab *lab, const struct ike_addr *asked,
                           const struct ike_addr *missed)
{
    uint8_t packet[100];
    uint8_t room[SIM_ICMP_MAX];
    struct sim_datagram said;
    const struct sim_datagram about = {
        .from = *asked, .to = *missed, .at = (const uint8_t *)"x", .len = 1, .protocol = SIM_UDP};
    const struct sim_icmp what = {.kind = SIM_ICMP_PORT_CLOSED,
                                  .quoted = {packet, sim_packet_write(&about, packet)}};
    const struct sim_datagram own = to_near(missed->family == IKE_IPV6, SIM_UDP, "");
    EXPECT(sim_icmp_write(&what, &own.from, room, &said));
    said.from.port = 0;
    kernel_sends(lab, &said);
}

static void test_what_a_kernel_says_of_packets_that_came_enters_and_of_others_does_not(void)
{
    for (int six = 0; six < 2; six++) {
        struct lab *const lab = lab_open();
        const struct sim_datagram own = to_near(six == 1, SIM_UDP, "");
        kernel_objects(lab, &own.to, &own.from);
        kernel_objects(lab, &own.to, &own.to); /* nothing like it came */
        while (lab->heard_count < 1 && sim_loop_now(lab->loop) < UINT64_C(2) * SECOND)
            EXPECT_EQ(sim_realtime_run(lab->rt, sim_loop_now(lab->loop) + 10 * MS),
                      SIM_REALTIME_DONE);
        const struct sim_tun_counts counts = sim_tun_end_counts(lab->end);
        EXPECT_EQ(lab->heard_count, 1);
        EXPECT_EQ(lab->heard[0].first, six == 1 ? 1 : 3); /* RFC 4443 3.1, RFC 792 */
        EXPECT_EQ(counts.entered, 1);
        EXPECT_EQ(counts.in[SIM_TUN_REFUSED_ICMP], 1);
        lab_close(lab);
    }
}

/* ---- what is no packet for us ---- */

static void test_each_kind_of_refusal_is_counted_as_itself(void)
{
    struct lab *const lab = lab_open();
    uint8_t packet[200];
    const struct sim_datagram udp = to_near(false, SIM_UDP, "x");
    const struct sim_datagram udp6 = to_near(true, SIM_UDP, "x");
    struct sim_datagram other = udp;
    const size_t len = sim_packet_write(&udp, packet);
    EXPECT_EQ(send(lab->kernel, packet, len - 1, 0), (ssize_t)len - 1); /* shorter than it says */
    EXPECT_EQ(send(lab->kernel, packet, 19, 0), 19);
    packet[0] = 0x55;
    EXPECT_EQ(send(lab->kernel, packet, len, 0), (ssize_t)len);
    packet[0] = 0x45;
    packet[9] = 1; /* ICMP */
    EXPECT_EQ(send(lab->kernel, packet, len, 0), (ssize_t)len);
    packet[9] = 2; /* IGMP */
    EXPECT_EQ(send(lab->kernel, packet, len, 0), (ssize_t)len);
    const size_t len6 = sim_packet_write(&udp6, packet);
    packet[6] = 58;
    EXPECT_EQ(send(lab->kernel, packet, len6, 0), (ssize_t)len6);
    packet[6] = 1; /* ICMP's number, which in IPv6 is not its */
    EXPECT_EQ(send(lab->kernel, packet, len6, 0), (ssize_t)len6);
    other.from = address("198.18.2.3", 500);
    kernel_sends(lab, &other);
    other = to_near(false, SIM_TCP, "0123456789012345");
    kernel_sends(lab, &other);
    kernel_sends(lab, &udp); /* and one that is none of these */
    for (int i = 0; i < 100 && sim_tun_end_counts(lab->end).read < 10; i++)
        EXPECT_EQ(sim_realtime_run(lab->rt, sim_loop_now(lab->loop) + 10 * MS), SIM_REALTIME_DONE);
    const struct sim_tun_counts counts = sim_tun_end_counts(lab->end);
    EXPECT_EQ(counts.read, 10);
    EXPECT_EQ(counts.in[SIM_TUN_REFUSED_MALFORMED], 3);
    EXPECT_EQ(counts.in[SIM_TUN_REFUSED_ICMP], 2);
    EXPECT_EQ(counts.in[SIM_TUN_REFUSED_PROTOCOL], 3);
    EXPECT_EQ(counts.in[SIM_TUN_REFUSED_SOURCE], 1);
    EXPECT_EQ(counts.entered + counts.waiting, 1);
    EXPECT_STR(sim_tun_refused_name(SIM_TUN_REFUSED_NOT_TAKEN), "not_taken");
    lab_close(lab);
}

/* Some are random octets, some are packets of which a few octets were changed. */
static void test_random_octets_are_refused_and_counted(void)
{
    enum { COUNT = 3000, BURST = 50 };
    struct lab *const lab = lab_open();
    struct sim_rng rng;
    sim_rng_open(&rng, 1, "octets");
    for (uint32_t i = 0; i < COUNT; i++) {
        uint8_t packet[120];
        const struct sim_datagram d = to_near(i % 2 == 1, i % 4 < 2 ? SIM_UDP : SIM_ESP, "payload");
        size_t len = sim_packet_write(&d, packet);
        if (i % 3 == 0) {
            len = sim_rng_between(&rng, 1, sizeof packet);
            for (size_t at = 0; at < len; at++)
                packet[at] = (uint8_t)sim_rng_u64(&rng);
        } else {
            for (uint64_t changes = sim_rng_between(&rng, 1, 4); changes > 0; changes--)
                packet[sim_rng_between(&rng, 0, len - 1)] = (uint8_t)sim_rng_u64(&rng);
            len = sim_rng_between(&rng, 1, len);
        }
        EXPECT_EQ(send(lab->kernel, packet, len, 0), (ssize_t)len);
        while (i % BURST == BURST - 1 && sim_tun_end_counts(lab->end).read <= i &&
               sim_loop_now(lab->loop) < 20 * (uint64_t)SECOND)
            EXPECT_EQ(sim_realtime_run(lab->rt, sim_loop_now(lab->loop) + MS / 10),
                      SIM_REALTIME_DONE);
    }
    const struct sim_tun_counts counts = sim_tun_end_counts(lab->end);
    EXPECT_EQ(counts.read, COUNT);
    EXPECT(sum(counts.in) > COUNT / 2);
    EXPECT(counts.in[SIM_TUN_REFUSED_MALFORMED] > 0);
    EXPECT(counts.in[SIM_TUN_REFUSED_PROTOCOL] > 0);
    EXPECT(counts.in[SIM_TUN_REFUSED_SOURCE] > 0);
    lab_close(lab); /* where the sums are looked at */
}

/* A run in which nothing is read: the loop stands still, and the store is of bounded size. */
static void test_more_than_is_kept_is_dropped_and_counted(void)
{
    enum { COUNT = 20000, BURST = 64 };
    struct lab *const lab = lab_open();
    const struct sim_source source = sim_tun_end_source(lab->end);
    const struct sim_datagram d = to_near(false, SIM_UDP, "x");
    for (uint32_t i = 0; i < COUNT; i++) {
        kernel_sends(lab, &d);
        if (i % BURST == BURST - 1)
            EXPECT(source.read(source.owner, SECOND));
    }
    EXPECT(source.read(source.owner, SECOND));
    const struct sim_tun_counts counts = sim_tun_end_counts(lab->end);
    EXPECT_EQ(counts.read, COUNT);
    EXPECT(counts.waiting > 1000);
    EXPECT(counts.in[SIM_TUN_REFUSED_OVERRUN] > 1000);
    EXPECT_EQ(counts.waiting + counts.in[SIM_TUN_REFUSED_OVERRUN], COUNT);
    lab_close(lab);
}

/* ---- what a CPU is worth ---- */

static void test_a_cpu_is_probed_and_left_for_those_we_had(void)
{
    const uint64_t ours = sim_cpus();
    const uint64_t last = UINT64_C(1) << (63 - __builtin_clzll(ours));
    const uint64_t before = wall();
    const struct sim_cpu_probe found = sim_cpu_probe(last);
    const uint64_t took = wall() - before;
    EXPECT_EQ(sim_cpus(), ours);
    EXPECT(found.steps_ns > 100); /* no processor has one in less than 0.1 ns, */
    EXPECT(found.reads_ns > 100);
    EXPECT(2000 * found.steps_ns <= took); /* and it says what was there */
    EXPECT(65 * found.reads_ns <= took);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_cpu_is_probed_and_left_for_those_we_had),
        TEST(test_percentiles_of_lag_are_those_of_a_sorted_list),
        TEST(test_lag_beyond_all_bins_is_still_told_apart_from_none),
        TEST(test_events_run_when_their_time_has_come_and_not_before),
        TEST(test_what_comes_late_is_counted_as_late_as_it_was),
        TEST(test_a_run_that_falls_behind_gives_up),
        TEST(test_a_run_whose_network_is_in_trouble_ends),
        TEST(test_time_between_runs_passes_or_is_left_out),
        TEST(test_an_urgent_run_is_preferred_and_no_other),
        TEST(test_a_source_that_has_ended_is_not_listened_to_again),
        TEST(test_what_the_kernel_sends_comes_to_its_end_after_the_lines_delays),
        TEST(test_the_first_out_and_the_last_in_since_a_mark_are_told),
        TEST(test_what_comes_during_a_long_event_has_the_walls_time),
        TEST(test_what_comes_to_the_end_is_written_as_an_ip_packet),
        TEST(test_tcp_and_what_the_kernel_does_not_take_are_counted),
        TEST(test_parts_of_a_datagram_pass_and_are_joined_at_the_far_end),
        TEST(test_what_a_kernel_says_of_packets_that_came_enters_and_of_others_does_not),
        TEST(test_each_kind_of_refusal_is_counted_as_itself),
        TEST(test_random_octets_are_refused_and_counted),
        TEST(test_more_than_is_kept_is_dropped_and_counted),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
