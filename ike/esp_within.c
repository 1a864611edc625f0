/* SPDX-License-Identifier: MIT
 * What came out of an ESP packet, against the selectors of its SA: the addresses,
 * the protocol behind whatever IPv6 puts before it, and ports or what stands for
 * them (RFC 4301 4.4.1.1, 5.2). */
#include "ike/esp.h"
#include "ike/ike.h"

#include <string.h>

enum { IPV4_HEAD = 20, ICMP = 1, ICMPV6 = 58, MOBILITY = 135 };
enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AH = 51, DESTINATION = 60 };

static struct ike_addr addr_read(struct ike_reader *r, uint8_t family)
{
    struct ike_addr addr = {.family = family};
    const struct ike_bytes ip = rd_bytes(r, family == IKE_IPV6 ? 16 : 4);
    if (ip.len > 0)
        memcpy(addr.ip, ip.at, ip.len);
    return addr;
}

/* RFC 791 3.1 */
static void ipv4_read(struct ike_reader *r, struct ike_packet *p)
{
    const size_t header = 4 * (size_t)(rd_u8(r) & 0xf);
    rd_skip(r, 5);
    p->part = (rd_u16(r) & 0x1fff) != 0;
    rd_skip(r, 1);
    p->protocol = rd_u8(r);
    rd_skip(r, 2);
    p->from = addr_read(r, IKE_IPV4);
    p->to = addr_read(r, IKE_IPV4);
    if (header < IPV4_HEAD)
        r->bad = true;
    else
        rd_skip(r, header - IPV4_HEAD);
}

/* One header that extends IPv6's (RFC 8200 4); false: p->protocol is none. */
static bool extension_read(struct ike_reader *r, struct ike_packet *p)
{
    const uint8_t kind = p->protocol;
    if (kind != HOP_BY_HOP && kind != ROUTING && kind != FRAGMENT && kind != AH &&
        kind != DESTINATION)
        return false;
    p->protocol = rd_u8(r);
    const size_t len = rd_u8(r);
    if (kind == FRAGMENT) {
        p->part = (rd_u16(r) & 0xfff8) != 0;
        rd_skip(r, 4);
    } else if (kind == AH) {
        rd_skip(r, 4 * len + 6); /* RFC 4302 2.2 */
    } else {
        rd_skip(r, 8 * len + 6);
    }
    return !r->bad && !p->part;
}

/* RFC 8200 3 */
static void ipv6_read(struct ike_reader *r, struct ike_packet *p)
{
    rd_skip(r, 6);
    p->protocol = rd_u8(r);
    rd_skip(r, 1);
    p->from = addr_read(r, IKE_IPV6);
    p->to = addr_read(r, IKE_IPV6);
}

/* Of protocols without ports these octets are looked at by nobody (RFC 7296 3.13.1). */
static void ports_read(struct ike_reader *r, struct ike_packet *p)
{
    const uint16_t first = rd_u16(r);
    const uint16_t second = rd_u16(r);
    p->part = p->part || r->bad; /* as good as none */
    p->from.port = first;
    p->to.port = second;
    if (p->protocol == ICMP || p->protocol == ICMPV6)
        p->to.port = first;
    if (p->protocol == MOBILITY)
        p->from.port = p->to.port = second & 0xff00; /* RFC 6275 6.1.1: the type stands third */
}

/* False: it is none. */
static bool packet_read(const struct ike_esp_opened *opened, bool transport, struct ike_packet *p)
{
    struct ike_reader r = rd_open(opened->octets);
    p->part = false;
    p->protocol = opened->next;
    if (!transport && opened->next == ESP_NEXT_IPV4)
        ipv4_read(&r, p);
    else if (!transport)
        ipv6_read(&r, p);
    while (p->from.family == IKE_IPV6 && extension_read(&r, p))
        ;
    if (r.bad)
        return false;
    if (!p->part)
        ports_read(&r, p);
    return true;
}

enum ike_esp_why ike_esp_within(struct ike_esp_in *in, const struct ike_esp_opened *opened,
                                const struct ike_child_selectors *selectors,
                                const struct ike_packet *outer)
{
    struct ike_packet packet = {.from = {.family = 0}};
    if (in->sa.transport)
        packet = *outer;
    if (packet_read(opened, in->sa.transport, &packet) && ike_packet_within(selectors, &packet))
        return ESP_WHY_OK;
    in->sa.reasons[ESP_WHY_SELECTORS]++;
    return ESP_WHY_SELECTORS;
}
