/* SPDX-License-Identifier: MIT
 * Datagrams over two lines of ns-3, through our door and by ns-3's own
 * applications: the same lines, sizes and times, counted where they arrive. The
 * floor is the latter. */
#include "sim/loop.h"
#include "sim/net_ns3.h"
#include "sim/ns3_door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OCTETS = 300, COUNT = 200000, EVERY_NS = 3000, ROUNDS = 3 };

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

static double through_the_door(void)
{
    static const struct ike_prefix clients = {.base = {.ip = {10}, .family = IKE_IPV4}, .bits = 8};
    static const struct ike_prefix gateways = {.base = {.ip = {192, 0, 2}, .family = IKE_IPV4},
                                               .bits = 24};
    static const struct sim_link_config line = {
        .name = "line", .rate_bps = 1000000000, .delay_ns = 1000000, .queue_packets = 256};
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
    o.net->ops->close(o.net);
    sim_loop_close(o.loop);
    return COUNT / took;
}

/* ---- ns-3 alone ---- */

static double ns3_alone(const struct ns3_api *ns3)
{
    static const struct ns3_line line = {
        .rate_bps = 1000000000, .delay_ns = 1000000, .queue_packets = 256};
    char error[300] = "";
    struct ns3_net *const n = ns3->open(&(struct ns3_options){.seed = 1}, error, sizeof error);
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
    if (!ns3->address(n, far, 4, &to) || !ns3->route_by_link(n, near, &to, first) ||
        !ns3->route_by_link(n, core, &to, second))
        (void)printf("# %s\n", ns3->error(n));
    const int sent = ns3->traffic(n, &traffic);
    const double begun = seconds();
    (void)ns3->run(n, (uint64_t)COUNT * EVERY_NS + 1000000000);
    const double took = seconds() - begun;
    arrived_must_be(ns3->received(n, sent) / OCTETS);
    ns3->close(n);
    return COUNT / took;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    char error[300] = "";
    double ours[ROUNDS];
    double alone[ROUNDS];
    const struct ns3_api *const ns3 = sim_ns3_api(error, sizeof error);
    if (ns3 == NULL) {
        (void)printf("# %s\n", error);
        return 0;
    }
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = through_the_door();
        alone[i] = ns3_alone(ns3);
    }
    qsort(ours, ROUNDS, sizeof ours[0], by_size);
    qsort(alone, ROUNDS, sizeof alone[0], by_size);
    (void)printf("%-34s %10.2f /s   floor %10.2f /s   ratio %6.3f  goal >= 0.9: ns-3's own UDP\n",
                 "datagrams_by_ns3", ours[ROUNDS / 2], alone[ROUNDS / 2],
                 ours[ROUNDS / 2] / alone[ROUNDS / 2]);
    return 0;
}
