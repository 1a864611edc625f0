/* SPDX-License-Identifier: MIT
 * IP packets as octets (packet.h). */
#include "sim/packet.h"

#include "ike/bytes.h"

#include <assert.h>
#include <string.h>

enum { IPV4_LEN = 20, IPV6_LEN = 40, UDP_LEN = 8, HOPS = 64, IPV6_FRAGMENT = 44 };

/* The sum of 16-bit words; an odd octet counts as the high half. */
static uint32_t sum_words(uint32_t sum, struct ike_bytes of)
{
    assert(of.at != NULL || of.len == 0);
    for (size_t i = 0; i + 1 < of.len; i += 2)
        sum += (uint32_t)of.at[i] << 8 | of.at[i + 1];
    return of.len % 2 == 0 ? sum : sum + ((uint32_t)of.at[of.len - 1] << 8);
}

static uint16_t folded(uint32_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

uint16_t sim_checksum(struct ike_bytes of)
{
    return folded(sum_words(0, of));
}

uint16_t sim_transport_checksum(const struct ike_addr *from, const struct ike_addr *to,
                                uint8_t protocol, struct ike_bytes all)
{
    const uint32_t sum = sum_words(protocol + (uint32_t)all.len, ike_addr_ip(from));
    return folded(sum_words(sum_words(sum, ike_addr_ip(to)), all));
}

static void put_ipv4(struct ike_writer *w, const struct sim_datagram *d)
{
    put_u8(w, 0x45); /* version 4, five words */
    put_u8(w, 0);
    put_u16(w, (uint16_t)sim_ip_size(d));
    put_u16(w, (uint16_t)d->fragment.id);
    put_u16(w, (uint16_t)((d->fragment.more ? 0x2000U : 0U) | d->fragment.at / 8U));
    put_u8(w, d->hops != 0 ? d->hops : HOPS);
    put_u8(w, d->protocol);
    put_u16(w, 0);
    put_bytes(w, ike_addr_ip(&d->from));
    put_bytes(w, ike_addr_ip(&d->to));
    put_u16_at(w, 10, sim_checksum(wr_done(w)));
}

static void put_ipv6(struct ike_writer *w, const struct sim_datagram *d)
{
    const bool fragment = sim_is_fragment(d);
    put_u32(w, 0x60000000);
    put_u16(w, (uint16_t)(sim_ip_size(d) - IPV6_LEN));
    put_u8(w, fragment ? IPV6_FRAGMENT : d->protocol);
    put_u8(w, d->hops != 0 ? d->hops : HOPS);
    put_bytes(w, ike_addr_ip(&d->from));
    put_bytes(w, ike_addr_ip(&d->to));
    if (!fragment)
        return;
    put_u8(w, d->protocol);
    put_u8(w, 0);
    put_u16(w, (uint16_t)(d->fragment.at | (d->fragment.more ? 1U : 0U)));
    put_u32(w, d->fragment.id);
}

static void put_udp(struct ike_writer *w, const struct sim_datagram *d)
{
    const size_t start = w->len;
    put_u16(w, d->from.port);
    put_u16(w, d->to.port);
    put_u16(w, (uint16_t)(UDP_LEN + d->len)); /* of the first fragment, its own: nobody reads it */
    put_u16(w, 0);
    put_bytes(w, (struct ike_bytes){.at = d->at, .len = d->len});
    if (sim_is_fragment(d))
        return;
    const struct ike_bytes all = {.at = w->base + start, .len = w->len - start};
    const uint16_t sum = sim_transport_checksum(&d->from, &d->to, SIM_UDP, all);
    put_u16_at(w, start + 6, sum == 0 ? 0xffff : sum); /* zero is sent as all ones (RFC 768) */
}

size_t sim_packet_write(const struct sim_datagram *datagram, uint8_t *out)
{
    assert(sim_ip_size(datagram) <= SIM_IP_MAX);
    struct ike_writer w = wr_open(out, sim_ip_size(datagram));
    if (datagram->to.family == IKE_IPV6)
        put_ipv6(&w, datagram);
    else
        put_ipv4(&w, datagram);
    if (datagram->protocol == SIM_UDP && datagram->fragment.at == 0) {
        put_udp(&w, datagram);
    } else {
        if (datagram->protocol == SIM_TCP && datagram->fragment.at == 0) {
            put_u16(&w, datagram->from.port);
            put_u16(&w, datagram->to.port);
        }
        put_bytes(&w, (struct ike_bytes){.at = datagram->at, .len = datagram->len});
    }
    assert(!w.bad && w.len == sim_ip_size(datagram));
    return w.len;
}

/* ---- reading ---- */

static struct ike_addr address(struct ike_bytes ip)
{
    struct ike_addr addr = {.family = ip.len == 4 ? IKE_IPV4 : IKE_IPV6};
    if (ip.at != NULL)
        memcpy(addr.ip, ip.at, ip.len);
    return addr;
}

/* What follows the header is `len` octets. */
static void cut(struct ike_reader *r, size_t len)
{
    if (len > r->left)
        r->bad = true;
    else
        r->left = len;
}

static void ipv4_read(struct ike_reader *r, struct sim_datagram *out)
{
    const size_t header = 4 * (size_t)(rd_u8(r) & 0x0f);
    rd_skip(r, 1);
    const size_t len = rd_u16(r);
    out->fragment.id = rd_u16(r);
    const uint16_t flags = rd_u16(r);
    rd_skip(r, 1);
    out->protocol = rd_u8(r);
    rd_skip(r, 2);
    out->from = address(rd_bytes(r, 4));
    out->to = address(rd_bytes(r, 4));
    out->fragment.at = (uint16_t)((flags & 0x1fffU) * 8);
    out->fragment.more = (flags & 0x2000) != 0;
    if (header < IPV4_LEN || len < header) {
        r->bad = true;
        return;
    }
    rd_skip(r, header - IPV4_LEN);
    cut(r, len - header);
}

static void ipv6_read(struct ike_reader *r, struct sim_datagram *out)
{
    rd_skip(r, 4);
    const size_t len = rd_u16(r);
    out->protocol = rd_u8(r);
    rd_skip(r, 1);
    out->from = address(rd_bytes(r, 16));
    out->to = address(rd_bytes(r, 16));
    cut(r, len);
    if (out->protocol != IPV6_FRAGMENT)
        return;
    out->protocol = rd_u8(r);
    rd_skip(r, 1);
    const uint16_t place = rd_u16(r);
    out->fragment.id = rd_u32(r);
    out->fragment.at = place & 0xfff8;
    out->fragment.more = (place & 1) != 0;
}

static void ports_read(struct ike_reader *r, struct sim_datagram *out)
{
    out->from.port = rd_u16(r);
    out->to.port = rd_u16(r);
    if (out->protocol != SIM_UDP)
        return;
    const size_t len = rd_u16(r);
    rd_skip(r, 2);
    if (out->fragment.more) /* the length is that of the whole datagram */
        return;
    if (len < UDP_LEN)
        r->bad = true;
    else
        cut(r, len - UDP_LEN);
}

/* What packets are known to carry, and whether ports stand first in it. */
static const struct carried {
    uint8_t protocol;
    bool ports;
} carried[] = {
    {SIM_UDP, true}, {SIM_ESP, false}, {SIM_TCP, true}, {SIM_ICMP, false}, {SIM_ICMP6, false}};

static const struct carried *carried_of(uint8_t protocol)
{
    for (size_t i = 0; i < sizeof carried / sizeof carried[0]; i++)
        if (carried[i].protocol == protocol)
            return &carried[i];
    return NULL;
}

bool sim_packet_read(struct ike_bytes packet, struct sim_datagram *out)
{
    struct ike_reader r = rd_open(packet);
    const uint8_t version = packet.len > 0 ? packet.at[0] >> 4 : 0;
    *out = (struct sim_datagram){0};
    if (version != 4 && version != 6)
        return false;
    if (version == 4)
        ipv4_read(&r, out);
    else
        ipv6_read(&r, out);
    const struct carried *const what = carried_of(out->protocol);
    if (what == NULL)
        return false;
    if (what->ports && out->fragment.at == 0)
        ports_read(&r, out);
    const struct ike_bytes rest = rd_rest(&r);
    out->at = rest.at;
    out->len = rest.len;
    if (!sim_is_fragment(out))
        out->fragment.id = 0;
    return !r.bad;
}

size_t sim_packet_header(struct ike_bytes packet)
{
    const uint8_t first = packet.len > 0 ? packet.at[0] : 0;
    const size_t len = first >> 4 == 6 ? IPV6_LEN : first >> 4 == 4 ? 4 * (size_t)(first & 15) : 0;
    return len < IPV4_LEN || len > packet.len ? 0 : len;
}

uint32_t sim_packet_size(struct ike_bytes packet)
{
    struct ike_reader r = rd_open(packet);
    const bool six = rd_u8(&r) >> 4 == 6;
    rd_skip(&r, six ? 3 : 1);
    const uint32_t len = rd_u16(&r);
    return sim_packet_header(packet) == 0 ? 0 : six ? IPV6_LEN + len : len;
}
