/* SPDX-License-Identifier: MIT
 * Layer upon layer, each a function that hands what is left to the next. */
#include "results/datagram_read.h"

#include "ike/ike.h"
#include "ike/stream.h"

enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_LINUX = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_LINUX_2 = 276,

    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_VLAN_OUTER = 0x88a8,
    ETHER_VLAN_OLD = 0x9100,

    NEXT_HOP_BY_HOP = 0,
    NEXT_TCP = 6,
    NEXT_UDP = 17,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AH = 51,
    NEXT_DESTINATION = 60,
    NEXT_MOBILITY = 135,
};

struct layers {
    const struct results_packet *packet;
    struct results_datagram *out;
    struct ike_reader r;
    bool cut; /* the capture has not all of the packet */
};

/* What is wrong, and where: at what was to be read next, or `back` octets before. */
static void wrong(struct layers *l, size_t back, const char *error)
{
    l->out->kind = DATAGRAM_BAD;
    l->out->error = l->cut ? "the capture has only the beginning of this packet" : error;
    l->out->offset = l->packet->offset + (uint64_t)(l->r.at - l->packet->bytes.at) - back;
}

/*  Ports (2, 2) | Length (2) | Checksum (2) | data */
static void udp_read(struct layers *l)
{
    struct results_datagram *const out = l->out;
    out->from.port = rd_u16(&l->r);
    out->to.port = rd_u16(&l->r);
    const size_t len = rd_u16(&l->r);
    rd_skip(&l->r, 2);
    if (l->r.bad) {
        wrong(l, 0, "UDP: less than a header, 8 octets (RFC 768)");
        return;
    }
    if (len < 8 || len - 8 > l->r.left) {
        wrong(l, 4, "UDP: its length is not that of what follows (RFC 768)");
        return;
    }
    out->kind = DATAGRAM_UDP;
    out->offset = l->packet->offset + (uint64_t)(l->r.at - l->packet->bytes.at);
    out->bytes = rd_bytes(&l->r, len - 8);
}

/* Ports (2, 2) | Sequence, Acknowledgment (4, 4) | Offset, flags (2) | 6 more | options | data.
 * What is cut or shares its segment with another is passed over. */
static void tcp_read(struct layers *l)
{
    static const char prefix[] = "IKETCP";
    struct results_datagram *const out = l->out;
    out->from.port = rd_u16(&l->r);
    out->to.port = rd_u16(&l->r);
    rd_skip(&l->r, 8);
    const size_t words = rd_u16(&l->r) >> 12;
    rd_skip(&l->r, 6);
    rd_skip(&l->r, words > 5 ? 4 * (words - 5) : 0);
    if (l->r.left >= IKE_STREAM_PREFIX && memcmp(l->r.at, prefix, IKE_STREAM_PREFIX) == 0)
        rd_skip(&l->r, IKE_STREAM_PREFIX);
    const size_t len = rd_u16(&l->r);
    if (l->r.bad || (out->from.port != IKE_PORT_NAT && out->to.port != IKE_PORT_NAT) ||
        len <= IKE_FRAME_HEAD || len - IKE_FRAME_HEAD != l->r.left)
        return;
    out->kind = DATAGRAM_UDP;
    out->offset = l->packet->offset + (uint64_t)(l->r.at - l->packet->bytes.at);
    out->bytes = rd_rest(&l->r);
}

static void fragment_read(struct layers *l, uint32_t at)
{
    l->out->kind = DATAGRAM_FRAGMENT;
    l->out->fragment_at = at;
    l->out->offset = l->packet->offset + (uint64_t)(l->r.at - l->packet->bytes.at);
    l->out->bytes = rd_rest(&l->r);
}

/* What follows the IP header is `len` octets, whatever a link has padded. */
static bool ip_cut(struct layers *l, size_t len)
{
    if (len > l->r.left) {
        wrong(l, 0, "IP: its length is more than what was captured (RFC 791 3.1, RFC 8200 3)");
        return false;
    }
    l->r.left = len;
    return true;
}

static struct ike_addr address(struct ike_bytes ip)
{
    struct ike_addr addr = {.family = ip.len == 4 ? IKE_IPV4 : IKE_IPV6};
    memcpy(addr.ip, ip.at, ip.len);
    return addr;
}

static void ipv4_read(struct layers *l)
{
    const size_t words = rd_u8(&l->r) & 0x0f;
    rd_skip(&l->r, 1);
    const size_t len = rd_u16(&l->r);
    rd_skip(&l->r, 2);
    const uint16_t fragment = rd_u16(&l->r);
    rd_skip(&l->r, 1);
    const uint8_t next = rd_u8(&l->r);
    rd_skip(&l->r, 2);
    const struct ike_bytes from = rd_bytes(&l->r, 4);
    const struct ike_bytes to = rd_bytes(&l->r, 4);
    rd_skip(&l->r, words > 5 ? 4 * (words - 5) : 0);
    if (l->r.bad || words < 5 || (len != 0 && len < 4 * words)) {
        wrong(l, 0, "IPv4: a header of less than 20 octets, or not all there (RFC 791 3.1)");
        return;
    }
    l->out->from = address(from);
    l->out->to = address(to);
    /* A length of 0 is what a card leaves that cuts datagrams itself. */
    if ((next != NEXT_UDP && next != NEXT_TCP) || (len != 0 && !ip_cut(l, len - 4 * words)))
        return;
    if (next == NEXT_TCP && (fragment & 0x3fff) == 0)
        tcp_read(l);
    if (next == NEXT_TCP)
        return;
    if ((fragment & 0x3fff) != 0)
        fragment_read(l, (fragment & 0x1fffU) * 8);
    else
        udp_read(l);
}

/* Walks the extension headers (RFC 8200 4). */
static void ipv6_next(struct layers *l, uint8_t next)
{
    while (next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_DESTINATION ||
           next == NEXT_MOBILITY || next == NEXT_FRAGMENT || next == NEXT_AH) {
        const uint8_t type = next;
        next = rd_u8(&l->r);
        const size_t len = rd_u8(&l->r);
        const uint16_t fragment = rd_u16(&l->r);
        rd_skip(&l->r, 4);
        if (type == NEXT_AH)
            rd_skip(&l->r, 4 * len); /* RFC 4302 2.2: words, two of which are read */
        else if (type != NEXT_FRAGMENT && type != NEXT_AH)
            rd_skip(&l->r, 8 * len);
        if (l->r.bad) {
            wrong(l, 0, "IPv6: an extension header is longer than what is left (RFC 8200 4)");
            return;
        }
        if (type == NEXT_FRAGMENT && (fragment & 0xfff9) != 0) {
            if (next == NEXT_UDP)
                fragment_read(l, fragment & 0xfff8U);
            return;
        }
    }
    if (next == NEXT_UDP)
        udp_read(l);
    if (next == NEXT_TCP)
        tcp_read(l);
}

static void ipv6_read(struct layers *l)
{
    rd_skip(&l->r, 4);
    const size_t len = rd_u16(&l->r);
    const uint8_t next = rd_u8(&l->r);
    rd_skip(&l->r, 1);
    const struct ike_bytes from = rd_bytes(&l->r, 16);
    const struct ike_bytes to = rd_bytes(&l->r, 16);
    if (l->r.bad) {
        wrong(l, 0, "IPv6: less than a header, 40 octets (RFC 8200 3)");
        return;
    }
    l->out->from = address(from);
    l->out->to = address(to);
    if (len == 0 || ip_cut(l, len))
        ipv6_next(l, next);
}

static void ip_read(struct layers *l)
{
    const uint8_t version = l->r.left > 0 ? l->r.at[0] >> 4 : 0;
    if (version == 4)
        ipv4_read(l);
    else if (version == 6)
        ipv6_read(l);
}

static void ether_read(struct layers *l, uint16_t type)
{
    while (type == ETHER_VLAN || type == ETHER_VLAN_OUTER || type == ETHER_VLAN_OLD) {
        rd_skip(&l->r, 2);
        type = rd_u16(&l->r);
    }
    if (type == ETHER_IPV4 || type == ETHER_IPV6)
        ip_read(l);
}

/* Where on each link the IP header begins, and where its type is told; 0: only IP is carried. */
static const struct {
    uint32_t link;
    uint8_t type_at;
    bool typed;
    uint8_t head;
} links[] = {
    {LINK_NULL, 0, false, 4},    {LINK_LOOP, 0, false, 4},        {LINK_RAW, 0, false, 0},
    {LINK_RAW_BSD, 0, false, 0}, {LINK_RAW_OPENBSD, 0, false, 0}, {LINK_IPV4, 0, false, 0},
    {LINK_IPV6, 0, false, 0},    {LINK_ETHERNET, 12, true, 14},   {LINK_LINUX, 14, true, 16},
    {LINK_LINUX_2, 0, true, 20},
};

void results_datagram_read(const struct results_packet *packet, struct results_datagram *out)
{
    *out = (struct results_datagram){.kind = DATAGRAM_OTHER, .offset = packet->offset};
    struct layers l = {.packet = packet,
                       .out = out,
                       .r = rd_open(packet->bytes),
                       .cut = packet->whole_len > packet->bytes.len};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (links[i].link != packet->link)
            continue;
        struct ike_reader type = l.r;
        rd_skip(&type, links[i].type_at);
        const uint16_t ether = rd_u16(&type);
        rd_skip(&l.r, links[i].head);
        if (links[i].typed)
            ether_read(&l, ether);
        else
            ip_read(&l);
        return;
    }
    wrong(&l, 0,
          "a link layer that is not known here; Ethernet, raw IP, Linux cooked and loopback are");
}
