/* SPDX-License-Identifier: MIT
 * IPv4 (RFC 791 3.1) or IPv6 (RFC 8200 3), and UDP, without checksums: nobody looks at them here.
 */
#include "models/carried.h"

#include "ike/v2/selector.h"
#include "models/keys_value.h"
#include "sim/net.h"
#include "sim/packet.h"

#include <assert.h>
#include <string.h>

enum { IPV4_HEAD = 20, IPV6_HEAD = 40, UDP_HEAD = 8, HOPS = 64, MAGIC = 0x1ab };

static void put_ip(struct ike_writer *w, const struct model_carried *c)
{
    const bool six = c->ends.from.family == IKE_IPV6;
    put_u16(w, six ? 0x6000 : 0x4500);
    put_u16(w, six ? 0 : (uint16_t)c->size);
    put_u16(w, six ? (uint16_t)(c->size - IPV6_HEAD) : 0);
    put_u8(w, six ? SIM_UDP : 0);
    put_u8(w, six ? HOPS : 0);
    if (!six) {
        put_u8(w, HOPS);
        put_u8(w, SIM_UDP);
        put_u16(w, 0);
    }
    put_bytes(w, ike_addr_ip(&c->ends.from));
    put_bytes(w, ike_addr_ip(&c->ends.to));
}

struct ike_bytes model_carried_put(const struct model_carried *carried, uint8_t *room)
{
    struct ike_writer w = wr_open(room, carried->size);
    assert(carried->size >= MODEL_CARRIED_MIN && carried->size <= MODEL_CARRIED_MAX);
    put_ip(&w, carried);
    put_u16(&w, carried->ends.from.port);
    put_u16(&w, carried->ends.to.port);
    put_u16(&w, (uint16_t)(carried->size - w.len + 4));
    put_u16(&w, 0);
    put_u16(&w, MAGIC);
    put_u16(&w, (uint16_t)carried->population);
    put_u32(&w, carried->flow);
    put_u64(&w, carried->serial);
    assert(!w.bad);
    memset(room + w.len, 0, carried->size - w.len);
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
    rd_skip(r, header - 2 * width);
    const struct ike_bytes from = rd_bytes(r, width);
    const struct ike_bytes to = rd_bytes(r, width);
    memcpy(c->ends.from.ip, from.at, width);
    memcpy(c->ends.to.ip, to.at, width);
    return true;
}

bool model_carried_read(struct ike_bytes octets, bool transport, struct model_carried *carried)
{
    struct ike_reader r = rd_open(octets);
    const bool six = carried->ends.from.family == IKE_IPV6;
    carried->size = octets.len;
    if (transport)
        carried->size += six ? IPV6_HEAD : IPV4_HEAD;
    else if (!read_ip(&r, carried))
        return false;
    carried->ends.protocol = SIM_UDP;
    carried->ends.from.port = rd_u16(&r);
    carried->ends.to.port = rd_u16(&r);
    rd_skip(&r, UDP_HEAD - 4);
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

/* The first address of both, where UDP passes. */
static bool meet(const struct ike_selector *a, const struct ike_selector *b, struct ike_addr *out)
{
    const bool later = order(&a->from, &b->from) < 0;
    const uint16_t port = a->from.port > b->from.port ? a->from.port : b->from.port;
    *out = later ? b->from : a->from;
    out->port = port;
    return a->from.family == b->from.family && order(out, &a->to) <= 0 && order(out, &b->to) <= 0 &&
           port <= a->to.port && port <= b->to.port &&
           (a->protocol == 0 || a->protocol == SIM_UDP) &&
           (b->protocol == 0 || b->protocol == SIM_UDP);
}

/* One of the list that `theirs` meets, of that family. */
static bool meets_any(const char *list, const struct ike_selector *theirs, uint8_t family,
                      struct ike_addr *out)
{
    char one[MODEL_TEXT_MAX];
    struct ike_selector own;
    for (const char *at = list; model_list_next(&at, one, sizeof one);)
        if (ike_selector_from_text(one, &own) && own.from.family == family &&
            meet(&own, theirs, out))
            return true;
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
    for (const char *at = gateway->selectors; model_list_next(&at, one, sizeof one);)
        if (ike_selector_from_text(one, &theirs) &&
            meets_any(clients->selectors, &theirs, family, out))
            return true;
    return false;
}
