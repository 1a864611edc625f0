/* SPDX-License-Identifier: MIT
 * The built-in network. A direction of a link is one line of datagrams, in the
 * order they will come out: those waiting, the one being sent, those in
 * flight. As service is first come, first served, each one's times are known
 * when it joins the line, so one event, for the first in line, is enough.
 * Where a link is narrow datagrams are cut; at each prefix their parts wait for
 * each other. */
#include "sim/net_links.h"

#include "sim/fingerprint.h"
#include "sim/nat.h"
#include "sim/net_routes.h"
#include "sim/reassembly.h"
#include "sim/slabs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { IP_MAX = 65535, NANO = 1000000000 };

/* How many may be on their way at once, by size of slab. */
static const uint32_t under_way_max[SIM_SLAB_SIZES] = {1 << 18, 1 << 15, 1 << 9};

/* A datagram on its way; its payload follows. */
struct parcel {
    struct parcel *next;
    uint64_t number;    /* of its sending, from 1 */
    uint64_t start_ns;  /* the link begins to send it */
    uint64_t arrive_ns; /* at the link's far end, or with the one before it if that is later */
    struct sim_datagram datagram;
    uint32_t size;  /* with headers */
    uint16_t owned; /* the prefix it goes to */
};

/* Singly linked, first in, first out. */
struct line {
    struct parcel *first;
    struct parcel *last;
};

struct direction {
    struct sim_net_links *net;
    struct sim_event arrive; /* of the first in line */
    struct line line;
    struct parcel *waiting; /* the first not known to have started */
    uint64_t waiting_packets, waiting_bytes;
    uint64_t free_ns; /* the sender has sent all */
    uint64_t rest;    /* and this many more of 1 / rate_bps ns */
    struct sim_rng jitter;
    struct sim_impair impair;
    struct line late; /* stragglers, out of the line: all are held back equally long */
    struct sim_event release;
    struct sim_link_config config;
    struct sim_link_counts counts;
    uint16_t far_node;
};

/* Where fragments to one prefix wait. Opened when the first one comes. */
struct edge {
    struct sim_net_links *net;
    struct sim_reassembly *reassembly;
    struct sim_event overdue;
};

struct sim_net_links {
    struct sim_net door;
    struct sim_loop *loop;
    struct sim_fingerprint *fingerprint;
    struct sim_slabs *slabs;
    uint64_t seed;
    struct sim_net_totals totals;
    uint64_t lost[SIM_LOST_COUNT];
    struct sim_event here; /* for what is delivered where it was sent */
    struct line local;
    struct sim_routes routes;
    struct edge edges[SIM_PREFIXES_MAX]; /* by prefix */
    uint32_t fragment_id;                /* of the last datagram cut */
    struct direction directions[2 * SIM_LINKS_MAX];
};

static struct sim_net_links *net_of(struct sim_net *door)
{
    return (struct sim_net_links *)(void *)door; /* its first member */
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

static void trace(const struct sim_net_links *n, enum sim_trace kind, uint64_t now_ns,
                  uint64_t value)
{
    if (n->fingerprint != NULL)
        sim_fingerprint_add(n->fingerprint, kind, now_ns, value);
}

/* Every octet that is sent is in the trace, and from whom to whom. */
static void trace_send(const struct sim_net_links *n, uint64_t now_ns, const struct sim_datagram *d)
{
    if (n->fingerprint == NULL)
        return;
    uint8_t ends[40];
    memcpy(ends, d->from.ip, 16);
    memcpy(ends + 16, d->to.ip, 16);
    ends[32] = (uint8_t)(d->from.port >> 8);
    ends[33] = (uint8_t)d->from.port;
    ends[34] = (uint8_t)(d->to.port >> 8);
    ends[35] = (uint8_t)d->to.port;
    ends[36] = d->from.family;
    ends[37] = d->to.family;
    ends[38] = d->protocol;
    ends[39] = sim_is_fragment(d) ? 1 : 0;
    sim_fingerprint_bytes(n->fingerprint, SIM_TRACE_SEND, now_ns, ends, sizeof ends);
    sim_fingerprint_bytes(n->fingerprint, SIM_TRACE_SEND, now_ns, d->at, d->len);
}

/* Counts a loss, at `direction` if it was on a link. */
static void lose(struct sim_net_links *n, struct direction *direction, enum sim_lost lost,
                 uint64_t number)
{
    if (direction != NULL)
        direction->counts.lost[lost]++;
    n->lost[lost]++;
    trace(n, SIM_TRACE_LOST, sim_loop_now(n->loop), number << 8 | (uint64_t)lost);
}

static void parcel_lose(struct sim_net_links *n, struct direction *direction, enum sim_lost lost,
                        struct parcel *p)
{
    lose(n, direction, lost, p->number);
    n->totals.under_way--;
    sim_slabs_give(n->slabs, p);
}

/* Through the NAT before the port, if there is one. */
static bool let_in(const struct sim_port *port, uint64_t now_ns, struct sim_datagram *d)
{
    if (port->nat == NULL)
        return true;
    return d->protocol == SIM_UDP && sim_nat_in(port->nat, now_ns, &d->from, &d->to);
}

/* SIM_LOST_COUNT: it is out, from the outside address if there is a NAT. */
static enum sim_lost let_out(const struct sim_port *port, uint64_t now_ns, struct sim_datagram *d)
{
    if (port->nat == NULL)
        return SIM_LOST_COUNT;
    const uint64_t exhausted = sim_nat_counts(port->nat).exhausted;
    if (d->protocol == SIM_UDP && sim_nat_out(port->nat, now_ns, &d->from, &d->to))
        return SIM_LOST_COUNT;
    const bool no_port = sim_nat_counts(port->nat).exhausted != exhausted;
    return no_port ? SIM_LOST_NAT_EXHAUSTED : SIM_LOST_NAT_FILTERED;
}

/* `d` is what the parcel holds, or what it was the last fragment of. */
static void hand_over(struct sim_net_links *n, uint64_t now_ns, struct parcel *p,
                      struct sim_datagram *d)
{
    const struct sim_port *const port = n->routes.owned[p->owned].port;
    if (!let_in(port, now_ns, d)) {
        parcel_lose(n, NULL, SIM_LOST_NAT_FILTERED, p);
        return;
    }
    trace(n, SIM_TRACE_DELIVER, now_ns, p->number);
    n->totals.delivered++;
    n->totals.under_way--;
    port->deliver(port->owner, now_ns, d);
    sim_slabs_give(n->slabs, p);
}

/* ---- fragments ---- */

static void lose_waiting(struct sim_net_links *n, enum sim_lost lost, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        lose(n, NULL, lost, 0);
    n->totals.under_way -= count;
}

static void edge_expire(struct edge *edge, uint64_t now_ns)
{
    lose_waiting(edge->net, SIM_LOST_REASSEMBLY_TIMEOUT,
                 sim_reassembly_expire(edge->reassembly, now_ns));
}

static void edge_watch(struct edge *edge)
{
    const uint64_t at_ns = sim_reassembly_deadline(edge->reassembly);
    if (at_ns != UINT64_MAX)
        sim_loop_at(edge->net->loop, &edge->overdue, at_ns);
}

static void edge_overdue(void *owner, uint64_t now_ns)
{
    edge_expire(owner, now_ns);
    edge_watch(owner);
}

/* NULL: no memory. */
static struct edge *edge_of(struct sim_net_links *n, uint16_t owned)
{
    struct edge *const edge = &n->edges[owned];
    const struct sim_reassembly_config *const config = n->routes.owned[owned].port->reassembly;
    if (edge->reassembly == NULL) {
        edge->reassembly = sim_reassembly_open(config != NULL ? config : &sim_reassembly_usual);
        edge->net = n;
        edge->overdue = (struct sim_event){.rank = SIM_TIMER, .run = edge_overdue, .owner = edge};
    }
    return edge->reassembly != NULL ? edge : NULL;
}

/* A fragment has come to where it is joined with the others. */
static void parcel_join(struct sim_net_links *n, uint64_t now_ns, struct parcel *p)
{
    struct edge *const edge = edge_of(n, p->owned);
    struct sim_datagram whole;
    uint32_t dropped = 0;
    if (edge == NULL) {
        parcel_lose(n, NULL, SIM_LOST_REASSEMBLY_FULL, p);
        return;
    }
    edge_expire(edge, now_ns);
    const uint32_t waited = sim_reassembly_waiting(edge->reassembly);
    const enum sim_joined joined =
        sim_reassembly_add(edge->reassembly, now_ns, &p->datagram, &whole, &dropped);
    const bool bad = joined == SIM_JOIN_BAD || joined == SIM_JOIN_TWICE;
    lose_waiting(n, bad ? SIM_LOST_FRAGMENT_BAD : SIM_LOST_REASSEMBLY_FULL, dropped);
    if (joined == SIM_JOIN_WAITS) {
        sim_slabs_give(n->slabs, p);
    } else if (joined == SIM_JOIN_WHOLE) {
        const uint32_t fewer = waited - dropped - sim_reassembly_waiting(edge->reassembly);
        n->totals.joined += fewer;
        n->totals.under_way -= fewer;
        hand_over(n, now_ns, p, &whole);
    } else {
        parcel_lose(n, NULL, bad ? SIM_LOST_FRAGMENT_BAD : SIM_LOST_REASSEMBLY_FULL, p);
    }
    edge_watch(edge);
}

static void parcel_deliver(struct sim_net_links *n, uint64_t now_ns, struct parcel *p)
{
    if (sim_is_fragment(&p->datagram))
        parcel_join(n, now_ns, p);
    else
        hand_over(n, now_ns, p, &p->datagram);
}

/* Forgets those that have begun to be sent by now. */
static void waiting_update(struct direction *d, uint64_t now_ns)
{
    while (d->waiting != NULL && d->waiting->start_ns <= now_ns) {
        d->waiting_packets--;
        d->waiting_bytes -= d->waiting->size;
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
    return c->queue_bytes != 0 && d->waiting_bytes + size > c->queue_bytes;
}

/* Why the link does not take a datagram of this size now; SIM_LOST_COUNT: it does. */
static enum sim_lost direction_refuses(struct direction *d, uint64_t now_ns, const struct parcel *p)
{
    const uint64_t size = p->size;
    if (d->config.no_udp && p->datagram.protocol == SIM_UDP)
        return SIM_LOST_UDP_BLOCKED;
    if (size > (d->config.mtu == 0 ? IP_MAX : d->config.mtu))
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
        const uint64_t work = p->size * UINT64_C(8) * NANO + d->rest;
        d->free_ns += work / rate;
        d->rest = work % rate;
    }
    return d->free_ns;
}

static void direction_push(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    p->arrive_ns = send_time(d, p, now_ns) + d->config.delay_ns;
    if (d->config.jitter_ns != 0)
        p->arrive_ns += sim_rng_between(&d->jitter, 0, d->config.jitter_ns);
    const bool alone = d->line.first == NULL;
    line_put(&d->line, p);
    if (p->start_ns > now_ns) {
        d->waiting_packets++;
        d->waiting_bytes += p->size;
        if (d->waiting == NULL)
            d->waiting = p;
    }
    if (alone)
        sim_loop_at(d->net->loop, &d->arrive, p->arrive_ns);
}

/* NULL when the pool is used up. */
static struct parcel *parcel_make(struct sim_net_links *n, const struct sim_datagram *datagram)
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
    p->number = n->totals.sent;
    return p;
}

static bool enter(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    const enum sim_lost lost = direction_refuses(d, now_ns, p);
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

/* The part of a datagram that begins `at` octets into its IP payload, of at most `len` there. */
static struct sim_datagram part_of(const struct sim_datagram *d, uint32_t at, uint32_t len)
{
    const uint32_t payload = sim_ip_payload(d);
    const uint32_t header = payload - (uint32_t)d->len;
    struct sim_datagram part = *d;
    part.fragment.at = (uint16_t)(d->fragment.at + at);
    part.fragment.more = at + len < payload || d->fragment.more;
    if (at + len > payload)
        len = payload - at;
    part.at = at == 0 ? d->at : d->at + (at - header);
    part.len = at == 0 ? len - header : len;
    return part;
}

/* Into as many fragments as it takes, each of which may be refused. False: all are lost. */
static bool parcel_cut(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    struct sim_net_links *const n = d->net;
    const bool six = p->datagram.to.family == IKE_IPV6;
    const uint32_t payload = sim_ip_payload(&p->datagram);
    const uint32_t each = (d->config.mtu - (six ? 48U : 20U)) / 8 * 8;
    bool any = false;
    if (!sim_is_fragment(&p->datagram))
        p->datagram.fragment.id = six ? ++n->fragment_id : ++n->fragment_id % 65536;
    for (uint32_t at = 0; at < payload; at += each) {
        const struct sim_datagram part = part_of(&p->datagram, at, each);
        struct parcel *const piece = parcel_make(n, &part);
        n->totals.cut++;
        n->totals.under_way++;
        if (piece == NULL) {
            lose(n, d, SIM_LOST_QUEUE_FULL, p->number);
            n->totals.under_way--;
            continue;
        }
        piece->number = p->number;
        piece->owned = p->owned;
        any = enter(d, now_ns, piece) || any;
    }
    n->totals.cut--;
    n->totals.under_way--;
    sim_slabs_give(n->slabs, p);
    return any;
}

/* One step further from `node`: onto a link, or to the port. */
static bool forward(struct sim_net_links *n, uint32_t node, uint64_t now_ns, struct parcel *p)
{
    const struct sim_owned *const o = &n->routes.owned[p->owned];
    const uint16_t way = n->routes.ways[node][o->node];
    assert(way != SIM_NO_WAY);
    if (way == SIM_ARRIVED) {
        parcel_deliver(n, now_ns, p);
        return true;
    }
    struct direction *const d = &n->directions[way];
    return is_cut(d, p) ? parcel_cut(d, now_ns, p) : enter(d, now_ns, p);
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
        sim_loop_at(d->net->loop, &d->release, d->late.first->arrive_ns);
}

static void hold_back(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    p->arrive_ns = now_ns + d->config.impairments.reorder_ns;
    if (d->late.first == NULL)
        sim_loop_at(d->net->loop, &d->release, p->arrive_ns);
    line_put(&d->late, p);
}

/* The same once more; NULL: no room, or not this time. */
static struct parcel *twin_of(struct direction *d, const struct parcel *p)
{
    struct sim_net_links *const n = d->net;
    struct parcel *const twin = sim_impair_doubles(&d->impair, &d->config.impairments)
                                    ? parcel_make(n, &p->datagram)
                                    : NULL;
    if (twin == NULL)
        return NULL;
    twin->number = p->number;
    twin->owned = p->owned;
    n->totals.doubled++;
    n->totals.under_way++;
    return twin;
}

/* At the far end the line's impairments are felt: they judge what has had its place in the queue.
 */
static void come_out(struct direction *d, uint64_t now_ns, struct parcel *p)
{
    const struct sim_impairments *const line = &d->config.impairments;
    if (sim_impair_is_out(line, now_ns)) {
        parcel_lose(d->net, d, SIM_LOST_OUTAGE, p);
        return;
    }
    if (sim_impair_loses(&d->impair, line)) {
        parcel_lose(d->net, d, SIM_LOST_LINK_LOSS, p);
        return;
    }
    struct parcel *const twin = twin_of(d, p);
    if (sim_impair_delays(&d->impair, line))
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
        sim_loop_at(d->net->loop, &d->arrive, d->line.first->arrive_ns);
}

static void local_arrive(void *owner, uint64_t now_ns)
{
    struct sim_net_links *const n = owner;
    while (n->local.first != NULL)
        parcel_deliver(n, now_ns, line_take(&n->local));
}

static bool net_route(struct sim_net_links *n, uint64_t now_ns, uint32_t node,
                      const struct sim_datagram *datagram)
{
    const uint16_t owned = sim_routes_find(&n->routes, node, &datagram->to);
    if (owned == SIM_NO_WAY) {
        lose(n, NULL, SIM_LOST_NO_ROUTE, n->totals.sent);
        return false;
    }
    const uint16_t way = n->routes.ways[node][n->routes.owned[owned].node];
    struct direction *const d = way == SIM_ARRIVED ? NULL : &n->directions[way];
    if (sim_ip_size(datagram) > IP_MAX) {
        lose(n, d, SIM_LOST_TOO_BIG, n->totals.sent);
        return false;
    }
    struct parcel *const p = parcel_make(n, datagram);
    if (p == NULL) {
        lose(n, d, SIM_LOST_QUEUE_FULL, n->totals.sent);
        return false;
    }
    p->owned = owned;
    n->totals.under_way++;
    if (d != NULL)
        return forward(n, node, now_ns, p);
    line_put(&n->local, p);
    if (!sim_loop_waits(&n->here))
        sim_loop_at(n->loop, &n->here, now_ns);
    return true;
}

static bool net_send(struct sim_net *door, uint64_t now_ns, const struct sim_port *port,
                     const struct sim_datagram *datagram)
{
    struct sim_net_links *const n = net_of(door);
    n->totals.sent++;
    struct sim_datagram outside = *datagram;
    const enum sim_lost lost = let_out(port, now_ns, &outside);
    trace_send(n, now_ns, &outside);
    if (lost != SIM_LOST_COUNT) {
        lose(n, NULL, lost, n->totals.sent);
        return false;
    }
    return net_route(n, now_ns, port->node, &outside);
}

static void net_close(struct sim_net *door)
{
    sim_net_links_close(net_of(door));
}

static const struct sim_net_ops net_ops = {.name = "links", .send = net_send, .close = net_close};

struct sim_net_links *sim_net_links_open(struct sim_loop *loop, uint64_t seed,
                                         struct sim_fingerprint *fingerprint)
{
    struct sim_net_links *const n = calloc(1, sizeof *n);
    if (n == NULL)
        return NULL;
    struct sim_rng streams;
    sim_rng_open(&streams, seed, "net_links");
    n->door.ops = &net_ops;
    n->loop = loop;
    n->fingerprint = fingerprint;
    n->seed = sim_rng_u64(&streams);
    n->here = (struct sim_event){.rank = SIM_DELIVER, .run = local_arrive, .owner = n};
    n->routes.node_count = 1;
    n->slabs = sim_slabs_open(under_way_max);
    if (n->slabs == NULL) {
        free(n);
        return NULL;
    }
    return n;
}

void sim_net_links_close(struct sim_net_links *net)
{
    if (net == NULL)
        return;
    sim_loop_cancel(net->loop, &net->here);
    for (uint32_t i = 0; i < 2U * net->routes.link_count; i++) {
        sim_loop_cancel(net->loop, &net->directions[i].arrive);
        sim_loop_cancel(net->loop, &net->directions[i].release);
    }
    for (uint32_t i = 0; i < SIM_PREFIXES_MAX; i++) {
        if (net->edges[i].reassembly != NULL)
            sim_loop_cancel(net->loop, &net->edges[i].overdue);
        sim_reassembly_close(net->edges[i].reassembly);
    }
    sim_slabs_close(net->slabs);
    free(net);
}

struct sim_net *sim_net_links_door(struct sim_net_links *net)
{
    return &net->door;
}

uint32_t sim_net_links_router(struct sim_net_links *net)
{
    assert(net->routes.node_count < SIM_NODES_MAX);
    return net->routes.node_count++;
}

static void direction_open(struct sim_net_links *n, uint32_t index, uint16_t far_node,
                           const struct sim_link_config *config)
{
    struct direction *const d = &n->directions[index];
    const char *const name = config->name == NULL ? "" : config->name;
    /* A link without a name is told from others by its number. */
    const uint64_t stream = (*name == '\0' ? index + UINT64_C(2) : index % 2) * 2;
    *d = (struct direction){.net = n, .config = *config, .far_node = far_node};
    d->arrive = (struct sim_event){.rank = SIM_DELIVER, .run = direction_arrive, .owner = d};
    d->release = (struct sim_event){.rank = SIM_DELIVER, .run = direction_release, .owner = d};
    sim_impair_open(&d->impair, n->seed, name, stream);
    sim_rng_open_at(&d->jitter, n->seed, name, stream + 1);
}

uint32_t sim_net_links_link(struct sim_net_links *net, uint32_t a, uint32_t b,
                            const struct sim_link_config *config)
{
    struct sim_routes *const r = &net->routes;
    assert(r->link_count < SIM_LINKS_MAX);
    assert(a < r->node_count && b < r->node_count && a != b);
    assert(config->oversize == SIM_OVERSIZE_LOST || config->mtu == 0 || config->mtu >= 68);
    assert(sim_outages_are_in_order(&config->impairments.outages));
    const uint32_t link = r->link_count++;
    r->ends[link][0] = (uint16_t)a;
    r->ends[link][1] = (uint16_t)b;
    direction_open(net, 2 * link, (uint16_t)b, config);
    direction_open(net, 2 * link + 1, (uint16_t)a, config);
    return link;
}

void sim_net_links_attach(struct sim_net_links *net, uint32_t node, struct sim_port *port,
                          const struct ike_prefix *prefix)
{
    port->node = node;
    sim_routes_own(&net->routes, node, port, prefix);
}

void sim_net_links_route(struct sim_net_links *net)
{
    sim_routes_compute(&net->routes);
}

struct sim_link_counts sim_net_links_counts(const struct sim_net_links *net, uint32_t link,
                                            uint32_t direction)
{
    assert(link < net->routes.link_count && direction < 2);
    return net->directions[2 * link + direction].counts;
}

uint64_t sim_net_links_lost(const struct sim_net_links *net, enum sim_lost lost)
{
    return net->lost[lost];
}

struct sim_net_totals sim_net_links_totals(const struct sim_net_links *net)
{
    return net->totals;
}
