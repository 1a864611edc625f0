/* SPDX-License-Identifier: MIT
 * IPv4 (RFC 791 3.1) or IPv6 (RFC 8200 3); UDP, without checksums, since nobody looks at them here;
 * echoes of ICMP (RFC 792, RFC 4443 4.1) with them, since a kernel may. */
#include "models/carried.h"

#include "ike/v2/selector.h"
#include "models/daemon.h"
#include "models/keys_value.h"
#include "sim/net.h"
#include "sim/packet.h"

#include <assert.h>
#include <string.h>

/* Of UDP and of an echo alike. */
enum { IPV4_HEAD = 20, IPV6_HEAD = 40, HEAD = 8, HOPS = 64, MAGIC = 0x1ab };

/* Type and code, in one number. */
static const struct echo {
    uint8_t protocol;
    uint16_t request, answer;
} echoes[] = {{SIM_ICMP, 8 << 8, 0}, {SIM_ICMP6, 128 << 8, 129 << 8}};

static const struct echo *echo_of(uint8_t family)
{
    return &echoes[family == IKE_IPV6 ? 1 : 0];
}

struct ike_packet model_carried_ends(const struct ike_addr *from, const struct ike_addr *to,
                                     enum model_traffic_kind kind, bool back)
{
    struct ike_packet ends = {.from = *from, .to = *to, .protocol = SIM_UDP};
    const struct echo *const echo = echo_of(from->family);
    if (kind == MODEL_TRAFFIC_ECHO) {
        ends.protocol = echo->protocol;
        ends.from.port = ends.to.port = back ? echo->answer : echo->request;
    }
    return ends;
}

static void put_ip(struct ike_writer *w, const struct model_carried *c)
{
    const bool six = c->ends.from.family == IKE_IPV6;
    put_u16(w, six ? 0x6000 : 0x4500);
    put_u16(w, six ? 0 : (uint16_t)c->size);
    put_u16(w, six ? (uint16_t)(c->size - IPV6_HEAD) : 0);
    put_u8(w, six ? c->ends.protocol : 0);
    put_u8(w, six ? HOPS : 0);
    if (!six) {
        put_u8(w, HOPS);
        put_u8(w, c->ends.protocol);
        put_u16(w, 0);
    }
    put_bytes(w, ike_addr_ip(&c->ends.from));
    put_bytes(w, ike_addr_ip(&c->ends.to));
}

static void put_udp(struct ike_writer *w, const struct model_carried *c)
{
    put_u16(w, c->ends.from.port);
    put_u16(w, c->ends.to.port);
    put_u16(w, (uint16_t)(c->size - w->len + 4));
    put_u16(w, 0);
}

/* Identifier and sequence number come back as the rest does; here a kernel may look for them. */
static void put_echo(struct ike_writer *w, const struct model_carried *c)
{
    put_u16(w, c->ends.to.port);
    put_u16(w, 0);
    put_u16(w, (uint16_t)c->flow);
    put_u16(w, (uint16_t)c->serial);
}

/* Of the whole packet; ICMPv6 counts the addresses in (RFC 4443 2.3). */
static void sum_echo(struct ike_writer *w, const struct model_carried *c)
{
    const bool six = c->ends.from.family == IKE_IPV6;
    const size_t head = six ? IPV6_HEAD : IPV4_HEAD;
    const struct ike_bytes message = {.at = w->base + head, .len = c->size - head};
    if (!six)
        put_u16_at(w, 10, sim_checksum((struct ike_bytes){.at = w->base, .len = IPV4_HEAD}));
    put_u16_at(w, head + 2,
               six ? sim_transport_checksum(&c->ends.from, &c->ends.to, SIM_ICMP6, message)
                   : sim_checksum(message));
}

struct ike_bytes model_carried_put(const struct model_carried *carried, uint8_t *room)
{
    struct ike_writer w = wr_open(room, carried->size);
    const bool udp = carried->ends.protocol == SIM_UDP;
    assert(carried->size >= MODEL_CARRIED_MIN && carried->size <= MODEL_CARRIED_MAX);
    put_ip(&w, carried);
    if (udp)
        put_udp(&w, carried);
    else
        put_echo(&w, carried);
    put_u16(&w, MAGIC);
    put_u16(&w, (uint16_t)carried->population);
    put_u32(&w, carried->flow);
    put_u64(&w, carried->serial);
    memset(room + w.len, 0, carried->size - w.len);
    if (!udp)
        sum_echo(&w, carried);
    assert(!w.bad);
    return (struct ike_bytes){.at = room, .len = carried->size};
}

static bool read_ip(struct ike_reader *r, struct model_carried *c)
{
    const struct ike_bytes packet = {.at = r->at, .len = r->left};
    const size_t header = sim_packet_header(packet);
    if (header == 0)
        return false;
    const bool six = header == IPV6_HEAD && packet.at[0] >> 4 == 6;
    const size_t width = six ? 16 : 4;
    c->ends.from = (struct ike_addr){.family = six ? IKE_IPV6 : IKE_IPV4};
    c->ends.to = c->ends.from;
    c->ends.protocol = packet.at[six ? 6 : 9];
    rd_skip(r, header - 2 * width);
    const struct ike_bytes from = rd_bytes(r, width);
    const struct ike_bytes to = rd_bytes(r, width);
    memcpy(c->ends.from.ip, from.at, width);
    memcpy(c->ends.to.ip, to.at, width);
    return true;
}

/* False: neither UDP nor an echo that goes this way. */
static bool read_head(struct ike_reader *r, bool back, struct model_carried *c)
{
    const struct echo *const echo = echo_of(c->ends.from.family);
    const uint16_t first = rd_u16(r);
    const uint16_t second = rd_u16(r);
    const bool udp = c->ends.protocol == SIM_UDP;
    rd_skip(r, HEAD - 4);
    c->ends.from.port = first;
    c->ends.to.port = udp ? second : first;
    return udp ||
           (c->ends.protocol == echo->protocol && first == (back ? echo->answer : echo->request));
}

bool model_carried_read(const struct model_opened *opened, const struct sim_datagram *outer,
                        bool back, struct model_carried *carried)
{
    struct ike_reader r = rd_open(opened->octets);
    carried->ends =
        (struct ike_packet){.from = outer->from, .to = outer->to, .protocol = opened->protocol};
    carried->size = opened->octets.len;
    if (opened->transport)
        carried->size += outer->from.family == IKE_IPV6 ? IPV6_HEAD : IPV4_HEAD;
    else if (!read_ip(&r, carried))
        return false;
    if (!read_head(&r, back, carried))
        return false;
    const uint16_t magic = rd_u16(&r);
    carried->population = rd_u16(&r);
    carried->flow = rd_u32(&r);
    carried->serial = rd_u64(&r);
    return !r.bad && magic == MAGIC;
}

/* ---- where they go ---- */

static int order(const struct ike_addr *a, const struct ike_addr *b)
{
    return memcmp(a->ip, b->ip, sizeof a->ip);
}

static bool lets(const struct ike_selector *s, uint8_t protocol, uint16_t port)
{
    return (s->protocol == 0 || s->protocol == protocol) && s->from.port <= port &&
           port <= s->to.port;
}

/* UDP to that port; of an echo both ways. */
static bool passes(const struct ike_selector *s, enum model_traffic_kind kind, uint16_t port)
{
    const struct echo *const echo = echo_of(s->from.family);
    if (kind == MODEL_TRAFFIC_UDP)
        return lets(s, SIM_UDP, port);
    return lets(s, echo->protocol, echo->request) && lets(s, echo->protocol, echo->answer);
}

/* The first address of both, where what clients send passes; and its port, of UDP. */
static bool meet(const struct ike_selector *a, const struct ike_selector *b,
                 enum model_traffic_kind kind, struct ike_addr *out)
{
    const bool later = order(&a->from, &b->from) < 0;
    const uint16_t port = a->from.port > b->from.port ? a->from.port : b->from.port;
    *out = later ? b->from : a->from;
    out->port = kind == MODEL_TRAFFIC_UDP ? port : 0;
    return a->from.family == b->from.family && order(out, &a->to) <= 0 && order(out, &b->to) <= 0 &&
           passes(a, kind, port) && passes(b, kind, port);
}

/* One of the clients' selectors that `theirs` meets, if they are of that family. */
static bool meets_any(const struct model_clients *clients, const struct ike_selector *theirs,
                      uint8_t family, struct ike_addr *out)
{
    char one[MODEL_TEXT_MAX];
    struct ike_selector own;
    for (const char *at = clients->selectors; model_list_next(&at, one, sizeof one);)
        if (ike_selector_from_text(one, &own) && own.from.family == family &&
            meet(&own, theirs, clients->traffic.kind, out))
            return true;
    return false;
}

/* Behind a real daemon there is nobody but its own kernel. */
static bool meets_inside(const struct model_clients *clients, const struct model_gateway *gateway,
                         uint8_t family, struct ike_addr *out)
{
    struct ike_addr inside[MODEL_DAEMON_INSIDE_MAX];
    const uint32_t count = model_daemon_inside(gateway->selectors, inside);
    for (uint32_t i = 0; i < count; i++) {
        struct ike_selector theirs = {.from = inside[i], .to = inside[i]};
        theirs.to.port = UINT16_MAX;
        if (meets_any(clients, &theirs, family, out))
            return true;
    }
    return false;
}

bool model_carried_to(const struct model_clients *clients, const struct model_gateway *gateway,
                      const struct ike_addr *gateway_addr, struct ike_addr *out)
{
    char one[MODEL_TEXT_MAX];
    struct ike_selector theirs;
    uint8_t family = gateway_addr->family;
    if (clients->transport_mode) {
        *out = *gateway_addr;
        out->port = 0;
        return true;
    }
    if (clients->address != MODEL_OWN_ADDRESS)
        family = clients->address == MODEL_IPV6_ADDRESS ? IKE_IPV6 : IKE_IPV4;
    if (gateway->daemon != 0)
        return meets_inside(clients, gateway, family, out);
    for (const char *at = gateway->selectors; model_list_next(&at, one, sizeof one);)
        if (ike_selector_from_text(one, &theirs) && meets_any(clients, &theirs, family, out))
            return true;
    return false;
}
