/* SPDX-License-Identifier: MIT
 * What is the same in every network (net_edge.h). */
#include "sim/net_edge.h"

#include "sim/fingerprint.h"
#include "sim/icmp.h"
#include "sim/nat.h"
#include "sim/paths.h"
#include "sim/reassembly.h"

#include <string.h>

/* ---- the books ---- */

static void trace(const struct sim_net *n, enum sim_trace kind, uint64_t now_ns, uint64_t value)
{
    if (n->fingerprint != NULL)
        sim_fingerprint_add(n->fingerprint, kind, now_ns, value);
}

/* Every octet that is sent is in the trace, and from whom to whom. */
static void trace_send(const struct sim_net *n, uint64_t now_ns, const struct sim_datagram *d)
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

void sim_net_lose(struct sim_net *net, struct sim_link_counts *counts, enum sim_lost lost,
                  uint64_t number)
{
    if (counts != NULL)
        counts->lost[lost]++;
    net->lost[lost]++;
    trace(net, SIM_TRACE_LOST, sim_loop_now(net->loop), number << 8 | (uint64_t)lost);
}

static void lose_waiting(struct sim_net *n, enum sim_lost lost, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        sim_net_lose(n, NULL, lost, 0);
    n->totals.under_way -= count;
}

/* ---- NAT ---- */

/* What ICMP says of a datagram that the NAT let out: to who sent it, within. */
static bool let_icmp_in(struct sim_nat *nat, uint64_t now_ns, struct sim_datagram *d, uint8_t *room)
{
    struct sim_icmp error;
    if (!sim_icmp_read(d, &error) || error.about.protocol != SIM_UDP)
        return false;
    struct ike_addr inside = error.about.from;
    return sim_nat_in(nat, now_ns, &error.about.to, &inside) &&
           sim_icmp_translate(d, &inside, room);
}

/* Through the NAT before the port, if there is one; what has to be written anew is in `room`. */
static bool let_in(const struct sim_port *port, uint64_t now_ns, struct sim_datagram *d,
                   uint8_t *room)
{
    if (port->nat == NULL)
        return true;
    if (sim_is_icmp(d))
        return let_icmp_in(port->nat, now_ns, d, room);
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

/* ---- sending ---- */

uint32_t sim_fragment_id(struct sim_net *net, uint8_t family)
{
    return family == IKE_IPV6 ? ++net->fragment_id : ++net->fragment_id % 65536;
}

/* Of the way from a host at the port, as far as it is known there. */
static uint32_t known_mtu(const struct sim_port *port, uint64_t now_ns,
                          const struct sim_datagram *datagram)
{
    const struct sim_path path = {.from = datagram->from, .to = datagram->to};
    return port->paths != NULL ? sim_paths_mtu(port->paths, now_ns, &path) : UINT32_MAX;
}

bool sim_edge_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                   const struct sim_datagram *datagram, sim_carry_fn *carry)
{
    struct sim_datagram outside = *datagram;
    net->totals.sent++;
    const enum sim_lost lost = let_out(port, now_ns, &outside);
    trace_send(net, now_ns, &outside);
    if (lost != SIM_LOST_COUNT) {
        sim_net_lose(net, NULL, lost, net->totals.sent);
        return false;
    }
    const uint32_t mtu = known_mtu(port, now_ns, datagram);
    if (sim_ip_size(&outside) <= mtu)
        return carry(net, now_ns, port->node, &outside);
    const uint32_t payload = sim_ip_payload(&outside);
    const uint32_t each = sim_part_max(&outside, mtu);
    bool any = false;
    if (!sim_is_fragment(&outside))
        outside.fragment.id = sim_fragment_id(net, outside.to.family);
    for (uint32_t at = 0; at < payload; at += each) {
        const struct sim_datagram part = sim_datagram_part(&outside, at, each);
        net->totals.cut += at != 0 ? 1 : 0;
        any = carry(net, now_ns, port->node, &part) || any;
    }
    return any;
}

/* ---- delivery ---- */

/* The port's end is told that a way is narrow. */
static void learn(struct sim_edges *edges, struct sim_port *port, uint64_t now_ns,
                  const struct sim_datagram *datagram)
{
    struct sim_icmp error;
    if (!sim_icmp_read(datagram, &error) || error.kind != SIM_ICMP_TOO_BIG)
        return;
    if (port->paths == NULL) {
        port->paths = sim_paths_open();
        if (port->paths == NULL)
            return;
        edges->paths[edges->paths_count++] = port->paths;
    }
    const struct sim_path path = {.from = error.about.from, .to = error.about.to};
    sim_paths_learn(port->paths, now_ns, &path, error.mtu);
}

static void hand_over(struct sim_edges *edges, struct sim_port *port, uint64_t now_ns,
                      const struct sim_arrival *arrival)
{
    struct sim_net *const n = edges->net;
    struct sim_datagram inside = *arrival->datagram;
    uint8_t room[SIM_ICMP_MAX];
    n->totals.under_way--;
    if (!let_in(port, now_ns, &inside, room)) {
        sim_net_lose(n, NULL, SIM_LOST_NAT_FILTERED, arrival->number);
        return;
    }
    trace(n, SIM_TRACE_DELIVER, now_ns, arrival->number);
    n->totals.delivered++;
    if (sim_is_icmp(&inside))
        learn(edges, port, now_ns, &inside);
    port->deliver(port->owner, now_ns, &inside);
}

/* ---- fragments ---- */

static void edge_expire(struct sim_edge *edge, uint64_t now_ns)
{
    lose_waiting(edge->edges->net, SIM_LOST_REASSEMBLY_TIMEOUT,
                 sim_reassembly_expire(edge->reassembly, now_ns));
}

static void edge_watch(struct sim_edge *edge)
{
    const uint64_t at_ns = sim_reassembly_deadline(edge->reassembly);
    if (at_ns != UINT64_MAX)
        sim_loop_at(edge->edges->net->loop, &edge->overdue, at_ns);
}

static void edge_overdue(void *owner, uint64_t now_ns)
{
    edge_expire(owner, now_ns);
    edge_watch(owner);
}

/* False: no memory. */
static bool edge_open(struct sim_edge *edge, struct sim_edges *edges,
                      const struct sim_reassembly_config *config)
{
    if (edge->reassembly == NULL) {
        edge->reassembly = sim_reassembly_open(config != NULL ? config : &sim_reassembly_usual);
        edge->edges = edges;
        edge->overdue = (struct sim_event){.rank = SIM_TIMER, .run = edge_overdue, .owner = edge};
    }
    return edge->reassembly != NULL;
}

/* A fragment has come to where it is joined with the others. */
static void edge_join(struct sim_edge *edge, struct sim_port *port, uint64_t now_ns,
                      const struct sim_arrival *arrival)
{
    struct sim_net *const n = edge->edges->net;
    struct sim_datagram whole;
    uint32_t dropped = 0;
    edge_expire(edge, now_ns);
    const uint32_t waited = sim_reassembly_waiting(edge->reassembly);
    const enum sim_joined joined =
        sim_reassembly_add(edge->reassembly, now_ns, arrival->datagram, &whole, &dropped);
    const bool bad = joined == SIM_JOIN_BAD || joined == SIM_JOIN_TWICE;
    const enum sim_lost lost = bad ? SIM_LOST_FRAGMENT_BAD : SIM_LOST_REASSEMBLY_FULL;
    lose_waiting(n, lost, dropped);
    if (joined == SIM_JOIN_WHOLE) {
        const uint32_t fewer = waited - dropped - sim_reassembly_waiting(edge->reassembly);
        n->totals.joined += fewer;
        n->totals.under_way -= fewer;
        hand_over(edge->edges, port, now_ns, &(struct sim_arrival){&whole, arrival->number});
    } else if (joined != SIM_JOIN_WAITS) {
        sim_net_lose(n, NULL, lost, arrival->number);
        n->totals.under_way--;
    }
    edge_watch(edge);
}

void sim_edge_take(struct sim_edges *edges, uint16_t owned, uint64_t now_ns,
                   const struct sim_arrival *arrival)
{
    struct sim_net *const net = edges->net;
    struct sim_port *const port = edges->routes->owned[owned].port;
    struct sim_edge *const edge = &edges->at[owned];
    if (!sim_is_fragment(arrival->datagram)) {
        hand_over(edges, port, now_ns, arrival);
    } else if (edge_open(edge, edges, port->reassembly)) {
        edge_join(edge, port, now_ns, arrival);
    } else {
        sim_net_lose(net, NULL, SIM_LOST_REASSEMBLY_FULL, arrival->number);
        net->totals.under_way--;
    }
}

void sim_edges_open(struct sim_edges *edges, struct sim_net *net, const struct sim_routes *routes)
{
    edges->net = net;
    edges->routes = routes;
}

void sim_edges_close(struct sim_edges *edges)
{
    for (uint32_t i = 0; i < SIM_PREFIXES_MAX; i++) {
        struct sim_edge *const edge = &edges->at[i];
        if (edge->reassembly != NULL)
            sim_loop_cancel(edges->net->loop, &edge->overdue);
        sim_reassembly_close(edge->reassembly);
    }
    for (uint32_t i = 0; i < edges->paths_count; i++)
        sim_paths_close(edges->paths[i]);
}
