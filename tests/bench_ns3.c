/* SPDX-License-Identifier: MIT
 * Datagrams over two lines of ns-3, through our door and by ns-3's own
 * applications: the same lines, sizes and times, counted where they arrive, and
 * the events of ns-3 that it takes. The floor is the latter. Then the latter by
 * each of ns-3's schedulers, on those lines and on some fifty times as long: what
 * ours is chosen by. And how large a node of ns-3 with its line is, which a
 * client would be who had one. */
#include "sim/loop.h"
#include "sim/net_ns3.h"
#include "sim/ns3_door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OCTETS = 300, COUNT = 100000, EVERY_NS = 3000, ROUNDS = 5, NODES = 4000 };
/* A line's delay: with 333 datagrams under way on it, or 16,667. */
enum { SHORT_NS = 1000000, LONG_NS = 50000000 };

/* Of a second of CPU time. */
struct rates {
    double datagrams, events;
};

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void arrived_must_be(uint64_t arrived)
{
    if (arrived != COUNT)
        (void)printf("# %llu of %d arrived\n", (unsigned long long)arrived, COUNT);
}

/* ---- through our door ---- */

struct ours {
    struct sim_loop *loop;
    struct sim_net *net;
    struct sim_port client, gateway;
    struct sim_event send;
    uint8_t payload[OCTETS];
    uint64_t sent, arrived;
};

static void count(void *owner, uint64_t now_ns, const struct sim_datagram *datagram)
{
    (void)now_ns;
    (void)datagram;
    ((struct ours *)owner)->arrived++;
}

static void send_next(void *owner, uint64_t now_ns)
{
    struct ours *const o = owner;
    const struct sim_datagram datagram = {
        .from = {.ip = {10, 1, 2, 3}, .port = 500, .family = IKE_IPV4},
        .to = {.ip = {192, 0, 2, 1}, .port = 500, .family = IKE_IPV4},
        .at = o->payload,
        .len = OCTETS,
        .protocol = SIM_UDP};
    (void)o->net->ops->send(o->net, now_ns, &o->client, &datagram);
    if (++o->sent < COUNT)
        sim_loop_at(o->loop, &o->send, now_ns + EVERY_NS);
}

static struct rates through_the_door(const struct ns3_api *ns3)
{
    static const struct ike_prefix clients = {.base = {.ip = {10}, .family = IKE_IPV4}, .bits = 8};
    static const struct ike_prefix gateways = {.base = {.ip = {192, 0, 2}, .family = IKE_IPV4},
                                               .bits = 24};
    static const struct sim_link_config line = {
        .name = "line", .rate_bps = 1000000000, .delay_ns = SHORT_NS, .queue_packets = 256};
    static struct ours o;
    char error[300] = "";
    o = (struct ours){.loop = sim_loop_open()};
    o.net = sim_net_ns3_open(o.loop, 1, NULL, error, sizeof error);
    const uint32_t near = o.net->ops->router(o.net);
    const uint32_t far = o.net->ops->router(o.net);
    (void)o.net->ops->link(o.net, near, 0, &line);
    (void)o.net->ops->link(o.net, 0, far, &line);
    o.client = (struct sim_port){.name = "client", .deliver = count, .owner = &o};
    o.gateway = (struct sim_port){.name = "gateway", .deliver = count, .owner = &o};
    o.net->ops->attach(o.net, near, &o.client, &clients);
    o.net->ops->attach(o.net, far, &o.gateway, &gateways);
    if (!o.net->ops->route(o.net, error, sizeof error))
        (void)printf("# %s\n", error);
    o.send = (struct sim_event){.rank = SIM_ARRIVAL, .run = send_next, .owner = &o};
    sim_loop_at(o.loop, &o.send, 0);
    const double begun = seconds();
    sim_loop_run(o.loop, (uint64_t)COUNT * EVERY_NS + 1000000000);
    const double took = seconds() - begun;
    arrived_must_be(o.arrived);
    const double events = (double)ns3->events(NULL); /* of the one simulator there is */
    o.net->ops->close(o.net);
    sim_loop_close(o.loop);
    return (struct rates){COUNT / took, events / took};
}

/* ---- ns-3 alone ---- */

static struct rates ns3_alone(const struct ns3_api *ns3, enum ns3_scheduler scheduler,
                              uint64_t delay_ns)
{
    const struct ns3_line line = {
        .rate_bps = 1000000000, .delay_ns = delay_ns, .queue_packets = 256};
    const struct ns3_options options = {.seed = 1, .scheduler = scheduler};
    char error[300] = "";
    struct ns3_net *const n = ns3->open(&options, error, sizeof error);
    const int near = ns3->node(n);
    const int core = ns3->node(n);
    const int far = ns3->node(n);
    const int first = ns3->line(n, near, core, &line);
    const int second = ns3->line(n, core, far, &line);
    struct ns3_prefix to;
    const struct ns3_traffic traffic = {.from = near,
                                        .to = far,
                                        .rate_bps = (uint64_t)OCTETS * 8 * 1000000000 / EVERY_NS,
                                        .size = OCTETS,
                                        .until_ns = (uint64_t)(COUNT + 1) * EVERY_NS};
    if (!ns3->address(n, far, -1, 4, &to) || !ns3->route_by_link(n, near, &to, first) ||
        !ns3->route_by_link(n, core, &to, second))
        (void)printf("# %s\n", ns3->error(n));
    const int sent = ns3->traffic(n, &traffic);
    const double begun = seconds();
    (void)ns3->run(n, (uint64_t)COUNT * EVERY_NS + 1000000000);
    const double took = seconds() - begun;
    arrived_must_be(ns3->received(n, sent) / OCTETS);
    const double events = (double)ns3->events(n);
    ns3->close(n);
    return (struct rates){COUNT / took, events / took};
}

static double resident(void)
{
    unsigned long long size = 0;
    unsigned long long pages = 0;
    FILE *const f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%llu %llu", &size, &pages) != 2)
        abort();
    (void)fclose(f);
    return (double)pages * 4096;
}

/* Octets of a node with a line to the core, and its route. */
static double node_of(const struct ns3_api *ns3)
{
    static const struct ns3_line line = {
        .rate_bps = 1000000000, .delay_ns = 1000000, .queue_packets = 256};
    static const struct ns3_prefix all = {.family = 4};
    char error[300] = "";
    struct ns3_net *const n = ns3->open(&(struct ns3_options){.seed = 1}, error, sizeof error);
    const int core = ns3->node(n);
    const double start = resident();
    for (int i = 0; i < NODES; i++) {
        const int node = ns3->node(n);
        const int link = ns3->line(n, node, core, &line);
        if (!ns3->route_by_link(n, node, &all, link))
            (void)printf("# %s\n", ns3->error(n));
    }
    const double took = resident() - start;
    ns3->close(n);
    return took / NODES;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof values[0], by_size);
    return values[ROUNDS / 2];
}

static void compare(const char *name, double *ours, double *alone, const char *goal)
{
    const double value = median(ours);
    const double floor = median(alone);
    (void)printf("%-34s %10.2f /s   floor %10.2f /s   ratio %6.3f  %s\n", name, value, floor,
                 value / floor, goal);
}

static const struct {
    const char *name;
    bool is_bounded; /* what it does for an event does not grow with all that wait */
} schedulers[NS3_SCHEDULERS] = {
    [NS3_PRIORITY_QUEUE] = {"priority_queue", true},
    [NS3_HEAP] = {"heap", true},
    [NS3_MAP] = {"map", true},
    [NS3_CALENDAR] = {"calendar", true},
    [NS3_LIST] = {"list", false},
};

/* One after the other, and again: what else the machine does falls on all alike. */
static void compare_schedulers(const struct ns3_api *ns3, const char *lines, uint64_t delay_ns)
{
    double rates[NS3_SCHEDULERS][ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        for (int s = 0; s < NS3_SCHEDULERS; s++)
            if (schedulers[s].is_bounded || delay_ns == SHORT_NS)
                rates[s][i] = ns3_alone(ns3, (enum ns3_scheduler)s, delay_ns).datagrams;
    for (int s = 0; s < NS3_SCHEDULERS; s++) {
        char name[64];
        double ours[ROUNDS];
        (void)snprintf(name, sizeof name, "%s_lines_by_%s", lines, schedulers[s].name);
        memcpy(ours, rates[0], sizeof ours);
        if (schedulers[s].is_bounded || delay_ns == SHORT_NS)
            compare(name, rates[s], ours, s == 0 ? "ours" : "goal < 1: ours");
    }
}

int main(void)
{
    char error[300] = "";
    double ours[2][ROUNDS];
    double alone[2][ROUNDS];
    const struct ns3_api *const ns3 = sim_ns3_api(error, sizeof error);
    if (ns3 == NULL) {
        (void)printf("# %s\n", error);
        return 0;
    }
    const double node = node_of(ns3);
    for (int i = 0; i < ROUNDS; i++) {
        const struct rates door = through_the_door(ns3);
        const struct rates bare = ns3_alone(ns3, 0, SHORT_NS);
        ours[0][i] = door.datagrams;
        ours[1][i] = door.events;
        alone[0][i] = bare.datagrams;
        alone[1][i] = bare.events;
    }
    compare("datagrams_by_ns3", ours[0], alone[0], "goal >= 0.9: ns-3's own UDP");
    compare("events_of_ns3", ours[1], alone[1], "the same runs");
    compare_schedulers(ns3, "short", SHORT_NS);
    compare_schedulers(ns3, "long", LONG_NS);
    (void)printf("%-34s %10.2f KiB\n", "ns3_node_with_a_line", node / 1024);
    return 0;
}
