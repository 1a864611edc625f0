/* SPDX-License-Identifier: MIT
 * ICMP errors as octets (icmp.h). */
#include "sim/icmp.h"

#include "sim/packet.h"

#include <assert.h>
#include <string.h>

enum { SAID_MAX = 1000, SECOND = 1000000000 };
enum { ICMP_HEADER = 8, ICMP4_QUOTED_MAX = 576 - 20 - ICMP_HEADER, IPV4_CHECKSUM_AT = 10 };

/* Errors by kind and family: RFC 792, RFC 1191 4; RFC 4443 3. */
static const struct row {
    enum sim_icmp_kind kind;
    uint8_t family, type, code;
    bool only; /* other codes of the type are other errors; else they are taken as this one */
} rows[] = {
    {SIM_ICMP_TOO_BIG, IKE_IPV4, 3, 4, true},      {SIM_ICMP_PORT_CLOSED, IKE_IPV4, 3, 3, true},
    {SIM_ICMP_UNREACHABLE, IKE_IPV4, 3, 0, false}, {SIM_ICMP_TIME_EXCEEDED, IKE_IPV4, 11, 0, false},
    {SIM_ICMP_TOO_BIG, IKE_IPV6, 2, 0, false},     {SIM_ICMP_PORT_CLOSED, IKE_IPV6, 1, 4, true},
    {SIM_ICMP_UNREACHABLE, IKE_IPV6, 1, 0, false}, {SIM_ICMP_TIME_EXCEEDED, IKE_IPV6, 3, 0, false},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct row *row_of_kind(enum sim_icmp_kind kind, uint8_t family)
{
    const struct row *row = rows;
    while (row->kind != kind || row->family != family)
        row++;
    return row;
}

/* NULL: no error that is known. */
static const struct row *row_of_type(uint8_t family, uint8_t type, uint8_t code)
{
    for (const struct row *row = rows; row < rows + ROWS; row++)
        if (row->family == family && row->type == type && (row->code == code || !row->only))
            return row;
    return NULL;
}

bool sim_is_icmp(const struct sim_datagram *datagram)
{
    return datagram->protocol == SIM_ICMP || datagram->protocol == SIM_ICMP6;
}

struct ike_addr sim_dummy_router(uint8_t family)
{
    static const struct ike_addr four = {.ip = {192, 0, 0, 8}, .family = IKE_IPV4};
    static const struct ike_addr six = {.ip = {1, 0, 0, 0, 0, 0, 0, 1}, .family = IKE_IPV6};
    return family == IKE_IPV6 ? six : four;
}

bool sim_icmp_may_say(struct sim_icmp_pace *pace, uint64_t now_ns)
{
    if (pace->said == 0 || now_ns - pace->second_ns >= SECOND)
        *pace = (struct sim_icmp_pace){.second_ns = now_ns};
    return pace->said < SAID_MAX;
}

/* What belongs into the message's field while that is nought; nought of one that is right. */
static uint16_t checksum(const struct sim_datagram *d)
{
    const struct ike_bytes all = {.at = d->at, .len = d->len};
    return d->protocol == SIM_ICMP6 ? sim_transport_checksum(&d->from, &d->to, SIM_ICMP6, all)
                                    : sim_checksum(all);
}

bool sim_icmp_speaks_of(const struct sim_datagram *about)
{
    return about->from.family != 0 && !sim_is_icmp(about) &&
           (about->from.family == IKE_IPV6 || about->fragment.at == 0);
}

static size_t quoted_max(uint8_t family)
{
    return family == IKE_IPV6 ? SIM_ICMP_MAX - ICMP_HEADER : ICMP4_QUOTED_MAX;
}

uint32_t sim_icmp_size(uint8_t family, uint32_t about)
{
    const uint32_t max = (uint32_t)quoted_max(family);
    return (family == IKE_IPV6 ? 40U : 20U) + ICMP_HEADER + (about < max ? about : max);
}

bool sim_icmp_write(const struct sim_icmp *what, const struct ike_addr *router, uint8_t *room,
                    struct sim_datagram *out)
{
    struct sim_datagram about;
    (void)sim_packet_read(what->quoted, &about);
    if (!sim_icmp_speaks_of(&about))
        return false;
    const bool six = about.from.family == IKE_IPV6;
    const struct row *const row = row_of_kind(what->kind, about.from.family);
    const size_t max = quoted_max(about.from.family);
    struct ike_bytes quoted = what->quoted;
    quoted.len = quoted.len < max ? quoted.len : max;
    struct ike_writer w = wr_open(room, SIM_ICMP_MAX);
    put_u8(&w, row->type);
    put_u8(&w, row->code);
    put_u16(&w, 0);
    put_u32(&w, what->mtu); /* in IPv4 of 16 bits */
    put_bytes(&w, quoted);
    *out = (struct sim_datagram){.from = *router,
                                 .to = about.from,
                                 .at = room,
                                 .len = w.len,
                                 .protocol = six ? SIM_ICMP6 : SIM_ICMP};
    out->to.port = 0;
    put_u16_at(&w, 2, checksum(out));
    assert(!w.bad);
    return true;
}

bool sim_icmp_parse(const struct sim_datagram *datagram, struct sim_icmp *out)
{
    const uint8_t family = datagram->protocol == SIM_ICMP6 ? IKE_IPV6 : IKE_IPV4;
    struct ike_reader r = rd_open((struct ike_bytes){.at = datagram->at, .len = datagram->len});
    *out = (struct sim_icmp){0};
    if (!sim_is_icmp(datagram) || datagram->to.family != family)
        return false;
    const uint8_t type = rd_u8(&r);
    const uint8_t code = rd_u8(&r);
    const struct row *const row = row_of_type(family, type, code);
    rd_skip(&r, 2);
    const uint32_t mtu = rd_u32(&r);
    out->quoted = rd_rest(&r);
    (void)sim_packet_read(out->quoted, &out->about); /* it is cut short */
    out->about.len = 0;
    if (row == NULL || out->about.from.family != family || sim_packet_header(out->quoted) == 0)
        return false;
    out->kind = row->kind;
    if (row->kind == SIM_ICMP_TOO_BIG)
        out->mtu = family == IKE_IPV4 ? mtu & 0xffff : mtu;
    return true;
}

bool sim_icmp_read(const struct sim_datagram *datagram, struct sim_icmp *out)
{
    return sim_icmp_parse(datagram, out) && checksum(datagram) == 0;
}

struct ike_bytes sim_icmp_payload(const struct sim_icmp *error)
{
    const size_t udp = error->about.protocol == SIM_UDP ? 8 : 0;
    struct ike_reader r = rd_open(error->quoted);
    if (!sim_is_fragment(&error->about))
        rd_skip(&r, sim_packet_header(error->quoted) + udp);
    else
        r.left = 0; /* it is not all of one */
    return r.bad ? (struct ike_bytes){.at = NULL, .len = 0} : rd_rest(&r);
}

bool sim_icmp_translate(struct sim_datagram *datagram, const struct ike_addr *inside, uint8_t *room)
{
    struct ike_writer w = wr_open(room, SIM_ICMP_MAX);
    const struct ike_bytes ip = ike_addr_ip(inside);
    const bool six = datagram->protocol == SIM_ICMP6;
    put_bytes(&w, (struct ike_bytes){.at = datagram->at, .len = datagram->len});
    if (w.bad || w.len < ICMP_HEADER)
        return false;
    uint8_t *const quoted = room + ICMP_HEADER;
    const struct ike_bytes view = {.at = quoted, .len = w.len - ICMP_HEADER};
    const size_t header = sim_packet_header(view);
    if (header == 0 || view.len < header + 2)
        return false;
    memcpy(quoted + (six ? 8 : 12), ip.at, ip.len);
    quoted[header] = (uint8_t)(inside->port >> 8);
    quoted[header + 1] = (uint8_t)inside->port;
    datagram->at = room;
    datagram->to = *inside;
    datagram->to.port = 0;
    if (!six) {
        memset(quoted + IPV4_CHECKSUM_AT, 0, 2);
        put_u16_at(&w, ICMP_HEADER + IPV4_CHECKSUM_AT,
                   sim_checksum((struct ike_bytes){.at = quoted, .len = header}));
    }
    put_u16_at(&w, 2, 0);
    put_u16_at(&w, 2, checksum(datagram));
    return true;
}
