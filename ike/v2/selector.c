/* SPDX-License-Identifier: MIT
 * Selectors as boxes: a protocol, a range of ports, a range of addresses. */
#include "ike/v2/selector.h"

#include "ike/v2/message.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TS_IPV4_ADDR_RANGE = 7, TS_IPV6_ADDR_RANGE = 8 };

/*  TS Type (1) | IP Protocol ID (1) | Selector Length (2) | Start Port (2) | End Port (2)
 *  | Starting Address | Ending Address.   RFC 7296 3.13.1 */
enum ike_why ike_selector_parse(struct ike_reader *list, struct ike_selector *out, bool *known)
{
    const uint8_t type = rd_u8(list);
    const uint8_t protocol = rd_u8(list);
    struct ike_reader body = rd_counted(list, 4);
    const size_t ip_len = type == TS_IPV4_ADDR_RANGE ? 4 : 16;

    *known = type == TS_IPV4_ADDR_RANGE || type == TS_IPV6_ADDR_RANGE;
    if (!*known)
        return body.bad ? WHY_SYNTAX : WHY_OK;
    *out = (struct ike_selector){.protocol = protocol};
    out->from.family = out->to.family = type == TS_IPV4_ADDR_RANGE ? IKE_IPV4 : IKE_IPV6;
    out->from.port = rd_u16(&body);
    out->to.port = rd_u16(&body);
    const struct ike_bytes from = rd_bytes(&body, ip_len);
    const struct ike_bytes to = rd_bytes(&body, ip_len);
    if (body.bad || body.left != 0)
        return WHY_SYNTAX;
    memcpy(out->from.ip, from.at, ip_len);
    memcpy(out->to.ip, to.at, ip_len);
    const bool opaque = out->from.port == UINT16_MAX && out->to.port == 0;
    if (memcmp(out->from.ip, out->to.ip, ip_len) > 0 || (out->from.port > out->to.port && !opaque))
        return WHY_SYNTAX;
    return WHY_OK;
}

/*  Number of TSs (1) | RESERVED (3) | selectors.   RFC 7296 3.13 */
enum ike_why ike_selectors_parse(struct ike_bytes body, struct ike_selectors *out)
{
    struct ike_reader list = rd_open(body);
    const uint8_t count = rd_u8(&list);
    rd_skip(&list, 3);
    out->count = 0;
    for (uint8_t i = 0; i < count; i++) {
        struct ike_selector next;
        bool known;
        const enum ike_why why = ike_selector_parse(&list, &next, &known);
        if (why != WHY_OK)
            return why;
        if (!known)
            continue;
        if (out->count == IKE_SELECTORS_MAX)
            return WHY_TOO_MANY;
        out->at[out->count++] = next;
    }
    return list.bad || list.left != 0 || count == 0 ? WHY_SYNTAX : WHY_OK;
}

void ike_put_selectors(struct ike_writer *w, size_t *link, uint8_t type,
                       const struct ike_selectors *list)
{
    const size_t begin = ike_begin_payload(w, link, type);
    put_u8(w, list->count);
    put_u8(w, 0);
    put_u16(w, 0);
    for (uint8_t i = 0; i < list->count; i++) {
        const struct ike_selector *const s = &list->at[i];
        const struct ike_bytes from = ike_addr_ip(&s->from);
        const bool v4 = s->from.family == IKE_IPV4;
        put_u8(w, v4 ? TS_IPV4_ADDR_RANGE : TS_IPV6_ADDR_RANGE);
        put_u8(w, s->protocol);
        put_u16(w, (uint16_t)(8 + 2 * from.len));
        put_u16(w, s->from.port);
        put_u16(w, s->to.port);
        put_bytes(w, from);
        put_bytes(w, ike_addr_ip(&s->to));
    }
    ike_end_payload(w, begin);
}

/* ---- boxes ---- */

static bool any_port(const struct ike_selector *s)
{
    return s->from.port == 0 && s->to.port == UINT16_MAX;
}

/* OPAQUE (65535 to 0) is the packets whose ports cannot be seen: it meets itself and "any" only. */
static bool opaque_port(const struct ike_selector *s)
{
    return s->from.port == UINT16_MAX && s->to.port == 0;
}

static bool meet_ports(const struct ike_selector *a, const struct ike_selector *b,
                       struct ike_selector *out)
{
    if (opaque_port(a) || opaque_port(b)) {
        out->from.port = UINT16_MAX;
        out->to.port = 0;
        return (opaque_port(a) || any_port(a)) && (opaque_port(b) || any_port(b));
    }
    out->from.port = a->from.port > b->from.port ? a->from.port : b->from.port;
    out->to.port = a->to.port < b->to.port ? a->to.port : b->to.port;
    return out->from.port <= out->to.port;
}

bool ike_selector_meet(const struct ike_selector *a, const struct ike_selector *b,
                       struct ike_selector *out)
{
    if (a->from.family != b->from.family)
        return false;
    if (a->protocol != b->protocol && a->protocol != 0 && b->protocol != 0)
        return false;
    *out = *a;
    out->protocol = a->protocol != 0 ? a->protocol : b->protocol;
    if (!meet_ports(a, b, out))
        return false;
    const size_t len = sizeof a->from.ip;
    memcpy(out->from.ip, memcmp(a->from.ip, b->from.ip, len) > 0 ? a->from.ip : b->from.ip, len);
    memcpy(out->to.ip, memcmp(a->to.ip, b->to.ip, len) < 0 ? a->to.ip : b->to.ip, len);
    return memcmp(out->from.ip, out->to.ip, len) <= 0;
}

static bool same(const struct ike_selector *a, const struct ike_selector *b)
{
    return a->protocol == b->protocol && ike_addr_equal(&a->from, &b->from) &&
           ike_addr_equal(&a->to, &b->to);
}

bool ike_selector_within(const struct ike_selector *inner, const struct ike_selector *outer)
{
    struct ike_selector both;
    return ike_selector_meet(inner, outer, &both) && same(&both, inner);
}

bool ike_selectors_within(const struct ike_selectors *inner, const struct ike_selectors *outer)
{
    for (uint8_t i = 0; i < inner->count; i++) {
        bool found = false;
        for (uint8_t k = 0; k < outer->count && !found; k++)
            found = ike_selector_within(&inner->at[i], &outer->at[k]);
        if (!found)
            return false;
    }
    return true;
}

/* A part of what is allowed, unless the list has it already. */
static void add(struct ike_selectors *list, const struct ike_selector *part)
{
    for (uint8_t i = 0; i < list->count; i++)
        if (ike_selector_within(part, &list->at[i]))
            return;
    if (list->count < IKE_SELECTORS_MAX)
        list->at[list->count++] = *part;
}

static bool one_address(const struct ike_selector *s)
{
    return ike_addr_same_ip(&s->from, &s->to);
}

static void meet_all(const struct ike_selectors *asked, size_t first,
                     const struct ike_selectors *allowed, struct ike_selectors *out)
{
    struct ike_selector part;
    for (size_t i = first; i < asked->count; i++)
        for (uint8_t k = 0; k < allowed->count; k++)
            if (ike_selector_meet(&asked->at[i], &allowed->at[k], &part))
                add(out, &part);
}

/* Sees to it that the list covers `part`, at the cost of its last one when it is full. */
static void keep(struct ike_selectors *list, const struct ike_selector *part)
{
    for (uint8_t i = 0; i < list->count; i++)
        if (ike_selector_within(part, &list->at[i]))
            return;
    if (list->count == IKE_SELECTORS_MAX)
        list->count--;
    list->at[list->count++] = *part;
}

enum ike_why ike_selectors_narrow(const struct ike_selectors *asked,
                                  const struct ike_selectors *allowed, struct ike_selectors *out)
{
    struct ike_selector packet;
    out->count = 0;
    if (ike_selectors_have_packet(asked)) {
        /* The packet that wants to go out: what is answered covers it if policy allows it at all
         * (RFC 7296 2.9). */
        bool covered = false;
        for (uint8_t k = 0; k < allowed->count && !covered; k++)
            covered = ike_selector_meet(&asked->at[0], &allowed->at[k], &packet);
        if (covered) {
            meet_all(asked, 1, allowed, out);
            keep(out, &packet);
            return WHY_OK;
        }
    }
    meet_all(asked, 0, allowed, out);
    return out->count > 0 ? WHY_OK : WHY_TS_UNACCEPTABLE;
}

bool ike_selectors_have_packet(const struct ike_selectors *asked)
{
    return asked->count > 1 && one_address(&asked->at[0]);
}

bool ike_selectors_meet(const struct ike_selectors *list, const struct ike_selector *one)
{
    struct ike_selector part;
    for (uint8_t i = 0; i < list->count; i++)
        if (ike_selector_meet(&list->at[i], one, &part))
            return true;
    return false;
}

struct ike_selectors ike_selectors_at(const struct ike_selectors *list,
                                      const struct ike_selector *one)
{
    struct ike_selector address = {.from = one->from, .to = one->from};
    struct ike_selectors out = {.count = 0};
    address.from.port = 0;
    address.to.port = UINT16_MAX;
    for (uint8_t i = 0; i < list->count; i++)
        if (ike_selector_meet(&list->at[i], &address, &out.at[out.count]))
            out.count++;
    return out;
}

bool ike_selectors_one_address(const struct ike_selectors *list)
{
    for (uint8_t i = 0; i < list->count; i++)
        if (!ike_addr_same_ip(&list->at[i].from, &list->at[0].from) || !one_address(&list->at[i]))
            return false;
    return true;
}

/* ---- text ---- */

struct ike_selector ike_selector_prefix(const struct ike_prefix *prefix)
{
    struct ike_selector out = {.from = prefix->base, .to = prefix->base};
    const unsigned width = prefix->base.family == IKE_IPV4 ? 32 : 128;
    for (unsigned bit = prefix->bits; bit < width; bit++)
        out.to.ip[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
    out.from.port = 0;
    out.to.port = UINT16_MAX;
    return out;
}

/* RFC 7296 3.13.1: ports, or type and code of ICMP and Mobility Header. */
static bool has_ports(uint8_t protocol)
{
    static const uint8_t with[] = {1, 6, 17, 33, 58, 132, 135, 136};
    return memchr(with, protocol, sizeof with) != NULL;
}

struct ike_selector ike_selector_address(const struct ike_addr *addr, uint8_t protocol)
{
    struct ike_selector out = {.from = *addr, .to = *addr, .protocol = protocol};
    if (!has_ports(protocol)) {
        out.from.port = 0;
        out.to.port = UINT16_MAX;
    }
    return out;
}

static const struct {
    const char *name;
    uint8_t number;
} protocol_names[] = {{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"icmpv6", 58}};

static bool number_within(const char *text, unsigned long max, unsigned long *out)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    *out = strtoul(text, &end, 10);
    return *end == '\0' && *out <= max;
}

/* "tcp", "tcp/80", "50" */
static bool suffix_parse(char *text, struct ike_selector *out)
{
    unsigned long value = 0;
    char *const slash = strchr(text, '/');
    if (slash != NULL) {
        if (!number_within(slash + 1, UINT16_MAX, &value))
            return false;
        out->from.port = out->to.port = (uint16_t)value;
        *slash = '\0';
    }
    for (size_t i = 0; i < sizeof protocol_names / sizeof protocol_names[0]; i++)
        if (strcmp(text, protocol_names[i].name) == 0) {
            out->protocol = protocol_names[i].number;
            return true;
        }
    if (!number_within(text, UINT8_MAX, &value))
        return false;
    out->protocol = (uint8_t)value;
    return true;
}

bool ike_selector_from_text(const char *text, struct ike_selector *out)
{
    char copy[IKE_SELECTOR_TEXT];
    struct ike_prefix prefix;
    const size_t len = strlen(text);
    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len + 1);
    char *const bracket = strchr(copy, '[');
    if (bracket != NULL) {
        if (copy[len - 1] != ']')
            return false;
        copy[len - 1] = '\0';
        *bracket = '\0';
    }
    if (!ike_prefix_parse(copy, &prefix))
        return false;
    *out = ike_selector_prefix(&prefix);
    return bracket == NULL || suffix_parse(bracket + 1, out);
}

/* Bits of the prefix that the range is, or -1 when it is none. */
static int prefix_bits(const struct ike_selector *s)
{
    const int width = s->from.family == IKE_IPV4 ? 32 : 128;
    for (int bits = 0; bits <= width; bits++) {
        const struct ike_prefix none = {.base.family = s->from.family, .bits = (uint8_t)bits};
        const struct ike_selector host = ike_selector_prefix(&none); /* .to: the host bits */
        bool is_prefix = true;
        for (size_t i = 0; i < sizeof s->from.ip; i++)
            is_prefix = is_prefix && (s->from.ip[i] & host.to.ip[i]) == 0 &&
                        (s->from.ip[i] | host.to.ip[i]) == s->to.ip[i];
        if (is_prefix)
            return bits;
    }
    return -1;
}

/* "", "[tcp]", "[tcp/80]", "[17/1000-2000]", "[0/opaque]" */
static void suffix_format(const struct ike_selector *s, char *out, size_t size)
{
    char protocol[8];
    (void)snprintf(protocol, sizeof protocol, "%u", s->protocol);
    for (size_t i = 0; i < sizeof protocol_names / sizeof protocol_names[0]; i++)
        if (protocol_names[i].number == s->protocol)
            (void)snprintf(protocol, sizeof protocol, "%s", protocol_names[i].name);
    if (s->protocol == 0 && any_port(s))
        out[0] = '\0';
    else if (any_port(s))
        (void)snprintf(out, size, "[%s]", protocol);
    else if (opaque_port(s))
        (void)snprintf(out, size, "[%s/opaque]", protocol);
    else if (s->from.port == s->to.port)
        (void)snprintf(out, size, "[%s/%u]", protocol, s->from.port);
    else
        (void)snprintf(out, size, "[%s/%u-%u]", protocol, s->from.port, s->to.port);
}

void ike_selector_format(const struct ike_selector *selector, char *out)
{
    char from[IKE_ADDR_TEXT];
    char to[IKE_ADDR_TEXT];
    char suffix[24];
    const int bits = prefix_bits(selector);
    ike_addr_format(&selector->from, from);
    ike_addr_format(&selector->to, to);
    suffix_format(selector, suffix, sizeof suffix);
    if (ike_addr_same_ip(&selector->from, &selector->to))
        (void)snprintf(out, IKE_SELECTOR_TEXT, "%s%s", from, suffix);
    else if (bits >= 0)
        (void)snprintf(out, IKE_SELECTOR_TEXT, "%s/%d%s", from, bits, suffix);
    else
        (void)snprintf(out, IKE_SELECTOR_TEXT, "%.46s-%.46s%s", from, to, suffix);
}
