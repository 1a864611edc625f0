/* SPDX-License-Identifier: MIT
 * Datagrams from a client over a router to a gateway, two links with rate and
 * delay, counted where they arrive, no engine. The floor is a copy of the same
 * octets into memory as large as what is under way. */
#include "sim/fingerprint.h"
#include "sim/loop.h"
#include "sim/net_links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OCTETS = 300, COUNT = 3000000, RING = 1 << 15 };

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct bench {
    struct sim_loop *loop;
    struct sim_net *links;
    struct sim_port client, gateway;
    struct sim_event send;
    struct sim_datagram datagram;
    uint8_t payload[OCTETS];
    uint64_t sent, arrived, arrived_octets;
};

static void count(void *owner, uint64_t now_ns, const struct sim_datagram *datagram)
{
    struct bench *const b = owner;
    (void)now_ns;
    b->arrived++;
    b->arrived_octets += datagram->len;
}

static void send_next(void *owner, uint64_t now_ns)
{
    struct bench *const b = owner;
    struct sim_net *const net = b->links;
    b->payload[b->sent % OCTETS]++;
    (void)net->ops->send(net, now_ns, &b->client, &b->datagram);
    if (++b->sent < COUNT)
        sim_loop_at(b->loop, &b->send, now_ns + 3000);
}

static double through_links(struct sim_fingerprint *fingerprint)
{
    static const struct ike_prefix clients = {.base = {.ip = {10}, .family = IKE_IPV4}, .bits = 8};
    static const struct ike_prefix gateways = {.base = {.ip = {192, 0, 2}, .family = IKE_IPV4},
                                               .bits = 24};
    static const struct sim_link_config wan = {
        .name = "wan", .rate_bps = 1000000000, .delay_ns = 20000000, .queue_packets = 256};
    static const struct sim_link_config lan = {
        .name = "lan", .rate_bps = 1000000000, .delay_ns = 100000, .queue_packets = 256};
    struct bench b = {.loop = sim_loop_open()};
    b.links = sim_net_links_open(b.loop, 1, fingerprint);
    const uint32_t near = b.links->ops->router(b.links);
    const uint32_t far = b.links->ops->router(b.links);
    (void)b.links->ops->link(b.links, near, 0, &wan);
    (void)b.links->ops->link(b.links, 0, far, &lan);
    b.client = (struct sim_port){.name = "client", .deliver = count, .owner = &b};
    b.gateway = (struct sim_port){.name = "gateway", .deliver = count, .owner = &b};
    b.links->ops->attach(b.links, near, &b.client, &clients);
    b.links->ops->attach(b.links, far, &b.gateway, &gateways);
    (void)b.links->ops->route(b.links, NULL, 0);
    b.send = (struct sim_event){.rank = SIM_ARRIVAL, .run = send_next, .owner = &b};
    b.datagram =
        (struct sim_datagram){.from = {.ip = {10, 1, 2, 3}, .port = 500, .family = IKE_IPV4},
                              .to = {.ip = {192, 0, 2, 1}, .port = 500, .family = IKE_IPV4},
                              .at = b.payload,
                              .len = OCTETS,
                              .protocol = SIM_UDP};
    sim_loop_at(b.loop, &b.send, 0);
    const double begun = seconds();
    sim_loop_run(b.loop, UINT64_C(1000000000000));
    const double took = seconds() - begun;
    if (b.arrived != COUNT || b.arrived_octets != (uint64_t)COUNT * OCTETS)
        (void)printf("# %llu of %d arrived\n", (unsigned long long)b.arrived, COUNT);
    b.links->ops->close(b.links);
    sim_loop_close(b.loop);
    return COUNT / took / 1e6;
}

static double by_copy(void)
{
    static uint8_t payload[OCTETS];
    uint8_t *const ring = malloc((size_t)RING * OCTETS);
    memset(ring, 1, (size_t)RING * OCTETS);
    uint64_t sum = 0;
    const double begun = seconds();
    for (uint32_t i = 0; i < COUNT; i++) {
        payload[i % OCTETS]++;
        uint8_t *const to = ring + (size_t)(i % RING) * OCTETS;
        memcpy(to, payload, OCTETS);
        sum += ring[(size_t)((i + 1) % RING) * OCTETS + sum % OCTETS];
    }
    const double took = seconds() - begun;
    if (sum == 1)
        (void)printf("# no copy\n");
    free(ring);
    return COUNT / took / 1e6;
}

static void compare(const char *name, double value, double floor)
{
    (void)printf("%s  %.2f Mdatagrams/s  floor %.2f Mdatagrams/s  %.3f\n", name, value, floor,
                 value / floor);
}

int main(void)
{
    struct sim_fingerprint fingerprint;
    sim_fingerprint_open(&fingerprint, 1);
    const double floor = by_copy();
    compare("links_datagrams", through_links(NULL), floor);
    compare("links_datagrams_traced", through_links(&fingerprint), floor);
    return 0;
}
