/* SPDX-License-Identifier: MIT
 * The built-in network. A direction of a link is one line of datagrams, in the
 * order they will come out: those waiting, the one being sent, those in
 * flight. As service is first come, first served, each one's times are known
 * when it joins the line, so one event, for the first in line, is enough.
 * Where a link is narrow datagrams are cut; what becomes of their parts at their
 * prefix is the same in every network (net_edge.h). */
#include "sim/net_links.h"

#include "sim/icmp.h"
#include "sim/loop.h"
#include "sim/net_edge.h"
#include "sim/packet.h"
#include "sim/slabs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NANO = 1000000000 };

/* How many may be on their way at once, by size of slab. */
static const uint32_t under_way_max[SIM_SLAB_SIZES] = {1 << 18, 1 << 15, 1 << 9};

/* A datagram on its way; its payload follows. */
struct parcel {
    struct parcel *next;
    uint64_t number;    /* of its sending, from 1 */
    uint64_t start_ns;  /* the link begins to send it */
    uint64_t arrive_ns; /* at the link's far end, or with the one before it if that is later */
    struct sim_datagram datagram;
    uint32_t size;  /* with headers, without the frames of links */
    uint16_t owned; /* the prefix it goes to */
};

/* Singly linked, first in, first out. */
struct line {
    struct parcel *first;
    struct parcel *last;
};

struct direction {
    struct links *net;
    struct sim_event arrive; /* of the first in line */
    struct line line;
    struct parcel *waiting; /* the first not known to have started */
    uint64_t waiting_packets, waiting_bytes;
    uint64_t free_ns; /* the sender has sent all */
    uint64_t rest;    /* and this many more of 1 / rate_bps ns */
    uint32_t moment;  /* of `delays`: the last that has begun, or the first */
    struct sim_impair impair;
    struct line late; /* stragglers, out of the line: all are held back equally long */
    struct sim_event release;
    struct sim_link_config config;
    struct sim_link_counts counts;
    uint16_t near_node, far_node;
};

struct links {
    struct sim_net door; /* first: the links are a sim_net */
    struct sim_slabs *slabs;
    uint64_t seed;
    struct sim_event here; /* for what is delivered where it was sent */
    struct line local;
    struct sim_routes routes;
    struct sim_edges edges;
    struct sim_icmp_pace routers[SIM_NODES_MAX]; /* who tell of lines that are down */
    uint8_t packet[SIM_IP_MAX];                  /* one that ICMP speaks of */
    struct direction directions[2 * SIM_LINKS_MAX];
};

static struct links *links_of(struct sim_net *door)
{
    return (struct links *)(void *)door; /* its first member */
}

static void line_put(struct line *line, struct parcel *parcel)
{
    parcel->next = NULL;
    if (line->first == NULL)
        line->first = parcel;
    else
        line->last->next = parcel;
    line->last = parcel;
}

static struct parcel *line_take(struct line *line)
{
    struct parcel *const parcel = line->first;
    line->first = parcel->next;
    return parcel;
}

static void parcel_lose(struct links *n, struct direction *direction, enum sim_lost lost,
                        struct parcel *p)
{
    sim_net_lose(&n->door, direction != NULL ? &direction->counts : NULL, lost, p->number);
    n->door.totals.under_way--;
    sim_slabs_give(n->slabs, p);
}

static void parcel_deliver(struct links *n, uint64_t now_ns, struct parcel *p)
{
    sim_edge_take(&n->edges, p->owned, now_ns, &(struct sim_arrival){&p->datagram, p->number});
    sim_slabs_give(n->slabs, p);
}

/* Forgets those that have begun to be sent by now. */
static void waiting_update(struct direction *d, uint64_t now_ns)
{
    while (d->waiting != NULL && d->waiting->start_ns <= now_ns) {
        d->waiting_packets--;
        d->waiting_bytes -= d->waiting->size + d->config.frame;
        d->waiting = d->waiting->next;
    }
}

static bool queue_full(const struct direction *d, uint64_t now_ns, uint64_t size)
{
    if (d->free_ns < now_ns || (d->free_ns == now_ns && d->rest == 0))
        return false;
    const struct sim_link_config *const c = &d->config;
    if (c->queue_packets != 0 && d->waiting_packets >= c->queue_packets)
        return true;
    return c->queue_bytes != 0 && d->waiting_bytes + size + c->frame > c->queue_bytes;
}

/* Why the link does not take a datagram of this size now; SIM_LOST_COUNT: it does. */
static enum sim_lost direction_refuses(struct direction *d, uint64_t now_ns, const struct parcel *p)
{
    const uint64_t size = p->size;
    if (d->config.no_udp && p->datagram.protocol == SIM_UDP)
        return SIM_LOST_UDP_BLOCKED;
    if (size > (d->config.mtu == 0 ? SIM_IP_MAX : d->config.mtu))
        return SIM_LOST_TOO_BIG;
    if (sim_impair_is_out(&d->config.impairments, now_ns))
        return SIM_LOST_OUTAGE;
    waiting_update(d, now_ns);
    return queue_full(d, now_ns, size) ? SIM_LOST_QUEUE_FULL : SIM_LOST_COUNT;
}

/* When the last bit has left, if sending starts as soon as the sender is free. What does not fill
 * a nanosecond is carried over, so a busy link keeps its rate exactly. */
static uint64_t send_time(struct direction *d, struct parcel *p, uint64_t now_ns)
{
    const uint64_t rate = d->config.rate_bps;
    if (d->free_ns < now_ns || rate == 0) {
        d->free_ns = now_ns;
        d->rest = 0;
    }
    p->start_ns = d->free_ns;
    if (rate != 0) {
        const uint64_t work = (p->size + d->config.frame) * UINT64_C(8) * NANO + d->rest;
        d->free_ns += work / rate;
        d->rest = work % rate;
    }
    return d->free_ns;
}

static void direction_push(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    const uint64_t sent_ns = send_time(d, p, now_ns);
    p->arrive_ns = sent_ns + sim_link_delay(&d->config, &d->moment, sent_ns);
    p->arrive_ns +=
        sim_impair_wait(&d->impair, &d->config.impairments, d->config.jitter_ns, p->arrive_ns);
    const bool alone = d->line.first == NULL;
    line_put(&d->line, p);
    if (p->start_ns > now_ns) {
        d->waiting_packets++;
        d->waiting_bytes += p->size + d->config.frame;
        if (d->waiting == NULL)
            d->waiting = p;
    }
    if (alone)
        sim_loop_at(d->net->door.loop, &d->arrive, p->arrive_ns);
}

/* NULL when the pool is used up. */
static struct parcel *parcel_make(struct links *n, const struct sim_datagram *datagram)
{
    struct parcel *const p = sim_slabs_take(n->slabs, sizeof *p + datagram->len);
    if (p == NULL)
        return NULL;
    uint8_t *const payload = (uint8_t *)(p + 1);
    if (datagram->len > 0)
        memcpy(payload, datagram->at, datagram->len);
    p->datagram = *datagram;
    p->datagram.at = payload;
    p->size = sim_ip_size(datagram);
    p->number = n->door.totals.sent;
    return p;
}

/* It is there already, and delivered when all that happens now has happened. */
static void stay(struct links *n, uint64_t now_ns, struct parcel *p)
{
    line_put(&n->local, p);
    if (!sim_loop_waits(&n->here))
        sim_loop_at(n->door.loop, &n->here, now_ns);
}

static bool onto(struct direction *d, uint64_t now_ns, struct parcel *p);

/* The router before the line tells who sent it why it does not go on. */
static bool report(struct direction *d, uint64_t now_ns, const struct parcel *p,
                   enum sim_icmp_kind kind)
{
    struct links *const n = d->net;
    const struct ike_addr router = sim_dummy_router(p->datagram.from.family);
    const struct ike_bytes packet = {.at = n->packet,
                                     .len = sim_packet_write(&p->datagram, n->packet)};
    const struct sim_icmp what = {
        .kind = kind, .mtu = kind == SIM_ICMP_TOO_BIG ? d->config.mtu : 0, .quoted = packet};
    uint8_t room[SIM_ICMP_MAX];
    struct sim_datagram error;
    const uint16_t owned = sim_routes_find(&n->routes, d->near_node, &p->datagram.from);
    if (owned == SIM_NO_WAY || !sim_icmp_write(&what, &router, room, &error))
        return false;
    struct parcel *const letter = parcel_make(n, &error);
    if (letter == NULL)
        return false;
    letter->owned = owned;
    n->door.totals.reported++;
    n->door.totals.under_way++;
    const uint16_t way = n->routes.ways[d->near_node][n->routes.owned[owned].node];
    if (way == SIM_ARRIVED)
        stay(n, now_ns, letter);
    else
        (void)onto(&n->directions[way], now_ns, letter);
    return true;
}

/* The same of a line that is down, so often in a second and no more. */
static void report_down(struct direction *d, uint64_t now_ns, const struct parcel *p)
{
    struct sim_icmp_pace *const router = &d->net->routers[d->near_node];
    if (sim_icmp_may_say(router, now_ns) && report(d, now_ns, p, SIM_ICMP_UNREACHABLE))
        router->said++;
}

static bool enter(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    const enum sim_lost lost = direction_refuses(d, now_ns, p);
    if (lost == SIM_LOST_TOO_BIG && d->config.oversize == SIM_OVERSIZE_REPORTED)
        (void)report(d, now_ns, p, SIM_ICMP_TOO_BIG);
    if (lost == SIM_LOST_OUTAGE && d->config.down == SIM_DOWN_UNREACHABLE)
        report_down(d, now_ns, p);
    if (lost != SIM_LOST_COUNT) {
        parcel_lose(d->net, d, lost, p);
        return false;
    }
    direction_push(d, now_ns, p);
    return true;
}

static bool is_cut(const struct direction *d, const struct parcel *p)
{
    return d->config.oversize == SIM_OVERSIZE_CUT && d->config.mtu != 0 && p->size > d->config.mtu;
}

/* Into as many fragments as it takes, each of which may be refused. False: all are lost. */
static bool parcel_cut(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    struct links *const n = d->net;
    const uint32_t payload = sim_ip_payload(&p->datagram);
    const uint32_t each = sim_part_max(&p->datagram, d->config.mtu);
    bool any = false;
    if (!sim_is_fragment(&p->datagram))
        p->datagram.fragment.id = sim_fragment_id(&n->door, p->datagram.to.family);
    for (uint32_t at = 0; at < payload; at += each) {
        const struct sim_datagram part = sim_datagram_part(&p->datagram, at, each);
        struct parcel *const piece = parcel_make(n, &part);
        n->door.totals.cut++;
        n->door.totals.under_way++;
        if (piece == NULL) {
            sim_net_lose(&n->door, &d->counts, SIM_LOST_QUEUE_FULL, p->number);
            n->door.totals.under_way--;
            continue;
        }
        piece->number = p->number;
        piece->owned = p->owned;
        any = enter(d, now_ns, piece) || any;
    }
    n->door.totals.cut--;
    n->door.totals.under_way--;
    sim_slabs_give(n->slabs, p);
    return any;
}

static bool onto(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    return is_cut(d, p) ? parcel_cut(d, now_ns, p) : enter(d, now_ns, p);
}

/* One step further from `node`: onto a link, or to the port. */
static bool forward(struct links *n, uint32_t node, uint64_t now_ns, struct parcel *p)
{
    const struct sim_owned *const o = &n->routes.owned[p->owned];
    const uint16_t way = n->routes.ways[node][o->node];
    assert(way != SIM_NO_WAY);
    if (way == SIM_ARRIVED) {
        parcel_deliver(n, now_ns, p);
        return true;
    }
    return onto(&n->directions[way], now_ns, p);
}

static void pass_on(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    d->counts.sent_packets++;
    d->counts.sent_bytes += p->size;
    (void)forward(d->net, d->far_node, now_ns, p);
}

/* What was held back has waited long enough. */
static void direction_release(void *owner, uint64_t now_ns)
{
    struct direction *const d = owner;
    while (d->late.first != NULL && d->late.first->arrive_ns <= now_ns)
        pass_on(d, now_ns, line_take(&d->late));
    if (d->late.first != NULL)
        sim_loop_at(d->net->door.loop, &d->release, d->late.first->arrive_ns);
}

static void hold_back(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    p->arrive_ns = now_ns + d->config.impairments.reorder_ns;
    if (d->late.first == NULL)
        sim_loop_at(d->net->door.loop, &d->release, p->arrive_ns);
    line_put(&d->late, p);
}

/* The same once more; NULL: no room. */
static struct parcel *twin_of(struct direction *d, const struct parcel *p)
{
    struct links *const n = d->net;
    struct parcel *const twin = parcel_make(n, &p->datagram);
    if (twin == NULL)
        return NULL;
    twin->number = p->number;
    twin->owned = p->owned;
    n->door.totals.doubled++;
    n->door.totals.under_way++;
    return twin;
}

/* At the far end the line's impairments are felt: they judge what has had its place in the queue.
 */
static void come_out(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    const struct sim_fate fate = sim_impair_judge(&d->impair, &d->config.impairments, now_ns);
    if (fate.kind != SIM_FATE_PASSES) {
        parcel_lose(d->net, d, fate.kind == SIM_FATE_OUT ? SIM_LOST_OUTAGE : SIM_LOST_LINK_LOSS, p);
        return;
    }
    struct parcel *const twin = fate.twice ? twin_of(d, p) : NULL;
    if (fate.late_ns != 0)
        hold_back(d, now_ns, p);
    else
        pass_on(d, now_ns, p);
    if (twin != NULL)
        pass_on(d, now_ns, twin);
}

/* The first in line has come out at the far end. */
static void direction_arrive(void *owner, uint64_t now_ns)
{
    struct direction *const d = owner;
    waiting_update(d, now_ns);
    while (d->line.first != NULL && d->line.first->arrive_ns <= now_ns) {
        struct parcel *const p = line_take(&d->line);
        assert(d->waiting != p);
        come_out(d, now_ns, p);
    }
    if (d->line.first != NULL)
        sim_loop_at(d->net->door.loop, &d->arrive, d->line.first->arrive_ns);
}

static void local_arrive(void *owner, uint64_t now_ns)
{
    struct links *const n = owner;
    while (n->local.first != NULL)
        parcel_deliver(n, now_ns, line_take(&n->local));
}

/* A datagram enters at a node. */
static bool come_in(struct sim_net *net, uint64_t now_ns, uint32_t node,
                    const struct sim_datagram *datagram)
{
    struct links *const n = links_of(net);
    const uint16_t owned = sim_routes_find(&n->routes, node, &datagram->to);
    if (owned == SIM_NO_WAY) {
        sim_net_lose(net, NULL, SIM_LOST_NO_ROUTE, net->totals.sent);
        return false;
    }
    const uint16_t way = n->routes.ways[node][n->routes.owned[owned].node];
    struct direction *const d = way == SIM_ARRIVED ? NULL : &n->directions[way];
    struct sim_link_counts *const counts = d != NULL ? &d->counts : NULL;
    if (sim_ip_size(datagram) > SIM_IP_MAX) {
        sim_net_lose(net, counts, SIM_LOST_TOO_BIG, net->totals.sent);
        return false;
    }
    struct parcel *const p = parcel_make(n, datagram);
    if (p == NULL) {
        sim_net_lose(net, counts, SIM_LOST_QUEUE_FULL, net->totals.sent);
        return false;
    }
    p->owned = owned;
    net->totals.under_way++;
    if (d != NULL)
        return forward(n, node, now_ns, p);
    stay(n, now_ns, p);
    return true;
}

static bool links_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                       const struct sim_datagram *datagram)
{
    return sim_edge_send(net, now_ns, port, datagram, come_in);
}

/* ---- building ---- */

static uint32_t links_router(struct sim_net *net)
{
    struct sim_routes *const r = &links_of(net)->routes;
    assert(r->node_count < SIM_NODES_MAX);
    return r->node_count++;
}

static void direction_open(struct links *n, uint32_t index, const uint16_t *ends,
                           const struct sim_link_config *config)
{
    struct direction *const d = &n->directions[index];
    *d = (struct direction){.net = n, .config = *config};
    if (index % 2 == 1 && config->rate_back_bps != 0)
        d->config.rate_bps = config->rate_back_bps;
    d->near_node = ends[index % 2];
    d->far_node = ends[1 - index % 2];
    d->arrive = (struct sim_event){.rank = SIM_DELIVER, .run = direction_arrive, .owner = d};
    d->release = (struct sim_event){.rank = SIM_DELIVER, .run = direction_release, .owner = d};
    sim_impair_open_way(&d->impair, n->seed, config->name == NULL ? "" : config->name, index);
}

static uint32_t links_link(struct sim_net *net, uint32_t a, uint32_t b,
                           const struct sim_link_config *config)
{
    struct links *const n = links_of(net);
    assert(config->oversize != SIM_OVERSIZE_CUT || config->mtu == 0 || config->mtu >= 68);
    assert(sim_outages_are_in_order(&config->impairments.outages));
    const uint32_t link = sim_routes_join(&n->routes, a, b);
    direction_open(n, 2 * link, n->routes.ends[link], config);
    direction_open(n, 2 * link + 1, n->routes.ends[link], config);
    return link;
}

static void links_attach(struct sim_net *net, uint32_t node, struct sim_port *port,
                         const struct ike_prefix *prefix)
{
    port->node = node;
    sim_routes_own(&links_of(net)->routes, node, port, prefix);
}

static bool links_route(struct sim_net *net, char *error, size_t error_max)
{
    if (error_max > 0)
        error[0] = '\0'; /* there is nothing that such a network cannot be */
    sim_routes_compute(&links_of(net)->routes);
    return true;
}

static struct sim_link_counts links_counts(const struct sim_net *net, uint32_t link,
                                           uint32_t direction)
{
    const struct links *const n = (const struct links *)(const void *)net;
    assert(link < n->routes.link_count && direction < 2);
    return n->directions[2 * link + direction].counts;
}

static void links_close(struct sim_net *net)
{
    struct links *const n = links_of(net);
    sim_loop_cancel(net->loop, &n->here);
    for (uint32_t i = 0; i < 2U * n->routes.link_count; i++) {
        sim_loop_cancel(net->loop, &n->directions[i].arrive);
        sim_loop_cancel(net->loop, &n->directions[i].release);
    }
    sim_edges_close(&n->edges);
    sim_slabs_close(n->slabs);
    free(n);
}

static const struct sim_net_ops links_ops = {
    .name = "links",
    .router = links_router,
    .link = links_link,
    .attach = links_attach,
    .route = links_route,
    .send = links_send,
    .counts = links_counts,
    .close = links_close,
};

struct sim_net *sim_net_links_open(struct sim_loop *loop, uint64_t seed,
                                   struct sim_fingerprint *fingerprint)
{
    struct links *const n = calloc(1, sizeof *n);
    if (n == NULL)
        return NULL;
    n->door = (struct sim_net){.ops = &links_ops, .loop = loop, .fingerprint = fingerprint};
    sim_edges_open(&n->edges, &n->door, &n->routes);
    n->seed = seed;
    n->here = (struct sim_event){.rank = SIM_DELIVER, .run = local_arrive, .owner = n};
    n->routes.node_count = 1;
    n->slabs = sim_slabs_open(under_way_max);
    if (n->slabs == NULL) {
        free(n);
        return NULL;
    }
    return &n->door;
}
