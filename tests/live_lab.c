/* SPDX-License-Identifier: MIT
 * A real program behind a simulated router (live_lab.h). */
#include "tests/live_lab.h"

#include "sim/icmp.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MS = 1000000, SECOND = 1000000000, ECHO_PORT = 7, NEAR_PORT = 4500, BUFFER = 8 << 20 };

static const char *const outer[] = {"198.18.2.2", "2001:2:0:2::2"};
static const char *const outer_prefixes[] = {"198.18.2.2/32", "2001:2:0:2::2/128"};
static const char *const near_prefixes[] = {"198.18.1.0/24", "2001:2:0:1::/64"};
static const char *const near_addresses[] = {"198.18.1.9", "2001:2:0:1::9"};

/* ---- the program as something else ---- */

/* Answers each UDP datagram with itself; and sends ESP where one begins with "esp". */
static int echo(void)
{
    static char octets[65536];
    const int on = BUFFER;
    const int udp = socket(AF_INET6, SOCK_DGRAM, 0);
    const int esp = socket(AF_INET, SOCK_RAW, IPPROTO_ESP);
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(ECHO_PORT)};
    (void)setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &on, sizeof on);
    if (bind(udp, (const struct sockaddr *)&any, sizeof any) != 0)
        return 1;
    (void)puts("ready");
    (void)fflush(stdout);
    for (;;) {
        struct sockaddr_in6 from;
        socklen_t from_len = sizeof from;
        const ssize_t len =
            recvfrom(udp, octets, sizeof octets, 0, (struct sockaddr *)&from, &from_len);
        if (len < 0)
            return 1;
        if (len >= 3 && memcmp(octets, "esp", 3) == 0) {
            struct sockaddr_in to = {.sin_family = AF_INET};
            memcpy(&to.sin_addr, from.sin6_addr.s6_addr + 12, 4);
            (void)sendto(esp, octets, (size_t)len, 0, (const struct sockaddr *)&to, sizeof to);
        } else {
            (void)sendto(udp, octets, (size_t)len, 0, (const struct sockaddr *)&from, from_len);
        }
    }
}

/* Has a socket and never reads from it. */
static int deaf(void)
{
    const int udp = socket(AF_INET6, SOCK_DGRAM, 0);
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(ECHO_PORT)};
    if (bind(udp, (const struct sockaddr *)&any, sizeof any) != 0)
        return 1;
    (void)puts("ready");
    (void)fflush(stdout);
    return pause();
}

bool live_role(int argc, char **argv, int *status)
{
    const bool echoes = argc > 1 && strcmp(argv[1], "--echo") == 0;
    const bool is_deaf = argc > 1 && strcmp(argv[1], "--deaf") == 0;
    if (echoes || is_deaf)
        *status = echoes ? echo() : deaf();
    return echoes || is_deaf;
}

void live_program(char *out)
{
    const ssize_t len = readlink("/proc/self/exe", out, LAB_PROGRAM_MAX - 1);
    EXPECT(len > 0);
    out[len > 0 ? len : 0] = '\0';
}

bool live_skipped(void)
{
    char error[400] = "";
    const struct sim_netns_config config = {.outer = outer, .outer_count = 2};
    struct sim_netns *const ns = sim_netns_open(&config, error, sizeof error);
    if (ns == NULL)
        (void)printf("1..0 # SKIP network namespaces: %s\n", error);
    sim_netns_close(ns);
    return ns == NULL;
}

/* ---- the lab ---- */

static struct ike_addr address(const char *text, uint16_t port)
{
    struct ike_addr addr;
    EXPECT(ike_addr_parse(text, &addr));
    addr.port = port;
    return addr;
}

/* Octet n of datagram `number`, which begins with that number. */
static uint8_t octet_of(uint32_t number, size_t n)
{
    return n < 4 ? (uint8_t)(number >> (8 * n)) : (uint8_t)(number * 31 + n * 7);
}

static void hear(void *owner, uint64_t now_ns, const struct sim_datagram *d)
{
    struct live_lab *const lab = owner;
    uint32_t number = 0;
    if (sim_is_icmp(d)) {
        EXPECT(sim_icmp_read(d, &lab->hint));
        lab->hints++;
        return;
    }
    lab->answers++;
    for (size_t n = 0; n < 4 && n < d->len; n++)
        number |= (uint32_t)d->at[n] << (8 * n);
    bool right = number < LAB_PINGS_MAX && d->len >= 4 && d->from.port == ECHO_PORT;
    for (size_t n = 4; n < d->len; n++)
        right = right && d->at[n] == octet_of(number, n);
    if (right)
        lab->rtt_ns[number] = now_ns - lab->sent_ns[number];
    else
        lab->wrong++;
}

static const struct sim_link_config wide = {.name = "far", .delay_ns = 5 * MS};

static void network_build(struct live_lab *lab, live_net_fn *open,
                          const struct sim_link_config *far)
{
    static const struct sim_link_config near = {.name = "near", .delay_ns = 5 * MS};
    char error[300] = "";
    struct ike_prefix owned[2];
    lab->net = open(lab->loop, error, sizeof error);
    EXPECT_STR(error, "");
    const uint32_t a = lab->net->ops->router(lab->net);
    const uint32_t b = lab->net->ops->router(lab->net);
    (void)lab->net->ops->link(lab->net, a, 0, &near);
    (void)lab->net->ops->link(lab->net, 0, b, far);
    lab->near = (struct sim_port){.name = "near", .deliver = hear, .owner = lab};
    for (int i = 0; i < 2; i++) {
        struct ike_prefix prefix;
        EXPECT(ike_prefix_parse(near_prefixes[i], &prefix));
        EXPECT(ike_prefix_parse(outer_prefixes[i], &owned[i]));
        lab->net->ops->attach(lab->net, a, &lab->near, &prefix);
    }
    lab->end = sim_tun_end_open(lab->net, sim_netns_tun(lab->ns), owned, 2);
    for (int i = 0; i < 2; i++)
        lab->net->ops->attach(lab->net, b, sim_tun_end_port(lab->end), &owned[i]);
    EXPECT(lab->net->ops->route(lab->net, error, sizeof error));
}

static struct live_lab *lab_open(live_net_fn *open, const char *role,
                                 const struct sim_link_config *far)
{
    const char *const argv[] = {"/run/program", role, NULL};
    const struct sim_command command = {.argv = argv};
    char error[400] = "";
    char program[LAB_PROGRAM_MAX];
    live_program(program);
    const struct sim_mount mounts[] = {{.at = "/run"}, {.at = "/run/program", .from = program}};
    const struct sim_netns_config config = {
        .outer = outer, .outer_count = 2, .mounts = mounts, .mount_count = 2};
    struct live_lab *const lab = calloc(1, sizeof *lab);
    lab->ns = sim_netns_open(&config, error, sizeof error);
    EXPECT_STR(error, "");
    lab->loop = sim_loop_open();
    network_build(lab, open, far);
    lab->echo = sim_process_start(lab->ns, &command, error, sizeof error);
    EXPECT_STR(error, "");
    EXPECT(sim_process_says(lab->echo, "ready", 20 * (uint64_t)SECOND));
    lab->rt = sim_realtime_open(lab->loop, lab->net, &(struct sim_pace){0});
    sim_realtime_add(lab->rt, sim_tun_end_source(lab->end));
    return lab;
}

static uint64_t sum(const uint64_t *values, uint32_t count)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < count; i++)
        all += values[i];
    return all;
}

/* Every packet is accounted for: in the network, at its end, and in the kernel behind it. */
static void lab_close(struct live_lab *lab)
{
    const struct sim_tun_counts counts = sim_tun_end_counts(lab->end);
    const struct sim_usage usage = sim_netns_usage(lab->ns);
    const struct sim_net_totals t = lab->net->totals;
    const uint64_t lost = sum(lab->net->lost, SIM_LOST_COUNT);
    EXPECT_EQ(t.sent + t.reported + t.doubled + t.cut, t.delivered + t.joined + lost + t.under_way);
    EXPECT_EQ(counts.read, counts.entered + counts.waiting + sum(counts.in, SIM_TUN_REFUSED_COUNT));
    EXPECT_EQ(counts.written, usage.from_us_packets);
    EXPECT_EQ(counts.read, usage.to_us_packets);
    EXPECT_EQ(usage.to_us_dropped, 0);
    EXPECT(usage.udp_read + usage.udp_full + usage.udp_unheard <= counts.written);
    EXPECT(!sim_process_exit(lab->echo).ended);
    sim_realtime_close(lab->rt);
    lab->net->ops->close(lab->net);
    sim_tun_end_close(lab->end);
    sim_loop_close(lab->loop);
    sim_netns_close(lab->ns);
    free(lab);
}

/* False: it was lost at once. */
static bool ping(struct live_lab *lab, uint32_t number, bool six, size_t len)
{
    static uint8_t octets[65536];
    const uint64_t now_ns = sim_loop_now(lab->loop);
    for (size_t n = 0; n < len; n++)
        octets[n] = octet_of(number, n);
    const struct sim_datagram d = {.from = address(near_addresses[six ? 1 : 0], NEAR_PORT),
                                   .to = address(outer[six ? 1 : 0], ECHO_PORT),
                                   .at = octets,
                                   .len = len,
                                   .protocol = SIM_UDP};
    lab->sent_ns[number] = now_ns;
    return lab->net->ops->send(lab->net, now_ns, &lab->near, &d);
}

static void run_for(struct live_lab *lab, uint64_t ns)
{
    EXPECT_EQ(sim_realtime_run(lab->rt, sim_loop_now(lab->loop) + ns), SIM_REALTIME_DONE);
}

/* Until so many have been heard, or for ten seconds. */
static void run_until_heard(struct live_lab *lab, uint32_t answers)
{
    const uint64_t until_ns = sim_loop_now(lab->loop) + 10 * (uint64_t)SECOND;
    while (lab->answers < answers && sim_loop_now(lab->loop) < until_ns)
        run_for(lab, 5 * MS);
}

/* ---- what is asked ---- */

void live_ping_pong(live_net_fn *open)
{
    enum { COUNT = 40 };
    struct live_lab *const lab = lab_open(open, "--echo", &wide);
    for (uint32_t i = 0; i < COUNT; i++) {
        EXPECT(ping(lab, i, i % 2 == 1, 64));
        run_for(lab, 5 * MS);
    }
    run_until_heard(lab, COUNT);
    EXPECT_EQ(lab->answers, COUNT);
    EXPECT_EQ(lab->wrong, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        EXPECT(lab->rtt_ns[i] >= 20 * MS);
        EXPECT(lab->rtt_ns[i] < UINT64_C(10) * SECOND);
    }
    EXPECT(sim_realtime_lag(lab->rt).count >= 2 * COUNT);
    lab_close(lab);
}

void live_bulk(live_net_fn *open)
{
    enum { COUNT = 2000, EACH = 10 };
    struct live_lab *const lab = lab_open(open, "--echo", &wide);
    for (uint32_t i = 0; i < COUNT; i++) {
        EXPECT(ping(lab, i, i % 2 == 1, 100));
        if (i % EACH == EACH - 1)
            run_for(lab, MS);
    }
    run_until_heard(lab, COUNT);
    EXPECT_EQ(lab->answers, COUNT); /* the program's buffer holds them all */
    EXPECT_EQ(lab->wrong, 0);
    const struct sim_tun_counts counts = sim_tun_end_counts(lab->end);
    EXPECT_EQ(counts.written, COUNT);
    EXPECT_EQ(counts.entered, COUNT);
    EXPECT_EQ(counts.written_bytes, COUNT / 2 * (128 + 148));
    EXPECT_EQ(counts.read_bytes, COUNT / 2 * (128 + 148));
    EXPECT_EQ(lab->net->totals.sent, 2 * COUNT);
    EXPECT_EQ(lab->net->totals.delivered, 2 * COUNT);
    EXPECT_EQ(lab->net->totals.under_way, 0);
    EXPECT_EQ(sim_netns_usage(lab->ns).udp_read, COUNT);
    EXPECT_EQ(sim_netns_usage(lab->ns).udp_full, 0);
    lab_close(lab);
}

/* There they come in one piece, since we join them; back the kernel cuts them to its MTU. */
void live_large_datagrams(live_net_fn *open)
{
    static const size_t sizes[] = {1472, 1473, 9000, 60000};
    struct live_lab *const lab = lab_open(open, "--echo", &wide);
    for (uint32_t i = 0; i < 8; i++)
        EXPECT(ping(lab, i, i % 2 == 1, sizes[i / 2]));
    run_until_heard(lab, 8);
    EXPECT_EQ(lab->answers, 8);
    EXPECT_EQ(lab->wrong, 0);
    EXPECT_EQ(sim_tun_end_counts(lab->end).written, 8);
    EXPECT(sim_tun_end_counts(lab->end).entered > 8 + 2 * (9000 / 1500 + 60000 / 1500));
    lab_close(lab);
}

/* A kernel answers some things by itself: to a port where nobody listens by ICMP. */
void live_esp_and_refusals(live_net_fn *open)
{
    struct live_lab *const lab = lab_open(open, "--echo", &wide);
    const struct sim_datagram spoken = {.from = address(near_addresses[0], NEAR_PORT),
                                        .to = address(outer[0], ECHO_PORT),
                                        .at = (const uint8_t *)"esp-and-more",
                                        .len = 12,
                                        .protocol = SIM_UDP};
    struct sim_datagram unheard = spoken;
    unheard.to.port = ECHO_PORT + 1;
    run_for(lab, MS);
    EXPECT(lab->net->ops->send(lab->net, sim_loop_now(lab->loop), &lab->near, &spoken));
    EXPECT(lab->net->ops->send(lab->net, sim_loop_now(lab->loop), &lab->near, &unheard));
    run_until_heard(lab, 1);
    for (int i = 0; i < 200 && lab->hints == 0; i++)
        run_for(lab, 5 * MS);
    EXPECT_EQ(lab->answers, 1);
    EXPECT_EQ(lab->wrong, 1); /* it came from no port */
    EXPECT_EQ(lab->hints, 1);
    EXPECT_EQ(lab->hint.kind, SIM_ICMP_PORT_CLOSED);
    EXPECT_EQ(lab->hint.about.to.port, ECHO_PORT + 1);
    EXPECT_EQ(lab->hint.about.from.port, NEAR_PORT);
    EXPECT_EQ(sim_tun_end_counts(lab->end).in[SIM_TUN_REFUSED_ICMP], 0);
    EXPECT_EQ(sim_tun_end_counts(lab->end).entered, 2);
    EXPECT_EQ(sim_netns_usage(lab->ns).udp_read, 1);
    EXPECT_EQ(sim_netns_usage(lab->ns).udp_unheard, 1);
    lab_close(lab);
}

/* A full inbox, which every gateway has: of 1,000 datagrams to a program that does not read, those
 * for which its socket has no room. Linux's usual 208 KiB hold 256 of this size. */
void live_full_socket(live_net_fn *open)
{
    enum { COUNT = 1000 };
    struct live_lab *const lab = lab_open(open, "--deaf", &wide);
    for (uint32_t i = 0; i < COUNT; i++)
        EXPECT(ping(lab, i, i % 2 == 1, 100));
    for (int i = 0; i < 200 && sim_tun_end_counts(lab->end).written < COUNT; i++)
        run_for(lab, 5 * MS);
    const struct sim_usage usage = sim_netns_usage(lab->ns);
    EXPECT_EQ(usage.from_us_packets, COUNT);
    EXPECT_EQ(usage.udp_read, 0);
    EXPECT(usage.udp_full > 0 && usage.udp_full < COUNT);
    EXPECT_EQ(lab->answers, 0);
    lab_close(lab);
}

/* A real kernel is told by ICMP that a line is narrow, and cuts what it sends from then on. */
void live_path_mtu(live_net_fn *open)
{
    enum { COUNT = 30, NARROW = 1300 };
    static const struct sim_link_config narrow = {
        .name = "far", .delay_ns = 5 * MS, .mtu = NARROW, .oversize = SIM_OVERSIZE_REPORTED};
    struct live_lab *const lab = lab_open(open, "--echo", &narrow);
    for (uint32_t i = 0; i < COUNT; i++) {
        EXPECT(ping(lab, i, i % 2 == 1, 1400));
        run_for(lab, 25 * MS);
    }
    for (uint32_t i = 0; i < 100 && lab->rtt_ns[COUNT - 1] == 0; i++)
        run_for(lab, 5 * MS);
    EXPECT(lab->answers >= COUNT / 2);
    EXPECT(lab->answers < COUNT); /* the first ones are lost, either way */
    EXPECT_EQ(lab->wrong, 0);
    EXPECT(lab->rtt_ns[COUNT - 2] > 0 && lab->rtt_ns[COUNT - 1] > 0);
    EXPECT(lab->net->totals.reported >= 4);
    EXPECT_EQ(lab->net->totals.reported, lab->net->lost[SIM_LOST_TOO_BIG]);
    EXPECT(sim_tun_end_counts(lab->end).entered >= 2 * lab->answers);
    EXPECT_EQ(sim_netns_usage(lab->ns).udp_full, 0);
    lab_close(lab);
}
