/* SPDX-License-Identifier: MIT
 * The Configuration payload, octet by octet. */
#include "ike/v2/config.h"

#include <assert.h>
#include <string.h>

enum {
    IP4_LEN = 4,
    IP6_LEN = 16,
    IP4_NET_LEN = 8,
    NAME_MAX_LEN = 255,
    ANCHOR_MIN = 4,
    ANY_MAX = UINT16_MAX
};

/* clang-format off */
static const struct ike_attribute_row rows[] = {
    /* type                 len_min      len_max           name */
    { INTERNAL_IP4_ADDRESS, IP4_LEN,     IP4_LEN,          "INTERNAL_IP4_ADDRESS" },
    { INTERNAL_IP4_NETMASK, IP4_LEN,     IP4_LEN,          "INTERNAL_IP4_NETMASK" },
    { INTERNAL_IP4_DNS,     IP4_LEN,     IP4_LEN,          "INTERNAL_IP4_DNS"     },
    { INTERNAL_IP4_NBNS,    IP4_LEN,     IP4_LEN,          "INTERNAL_IP4_NBNS"    },
    { INTERNAL_IP4_DHCP,    IP4_LEN,     IP4_LEN,          "INTERNAL_IP4_DHCP"    },
    { APPLICATION_VERSION,  0,           ANY_MAX,          "APPLICATION_VERSION"  },
    { INTERNAL_IP6_ADDRESS, IP6_LEN + 1, IP6_LEN + 1,      "INTERNAL_IP6_ADDRESS" },
    { INTERNAL_IP6_DNS,     IP6_LEN,     IP6_LEN,          "INTERNAL_IP6_DNS"     },
    { INTERNAL_IP6_DHCP,    IP6_LEN,     IP6_LEN,          "INTERNAL_IP6_DHCP"    },
    { INTERNAL_IP4_SUBNET,  IP4_NET_LEN, IP4_NET_LEN,      "INTERNAL_IP4_SUBNET"  },
    { SUPPORTED_ATTRIBUTES, 0,           ANY_MAX,          "SUPPORTED_ATTRIBUTES" },
    { INTERNAL_IP6_SUBNET,  IP6_LEN + 1, IP6_LEN + 1,      "INTERNAL_IP6_SUBNET"  },
    { INTERNAL_DNS_DOMAIN,  0,           NAME_MAX_LEN,     "INTERNAL_DNS_DOMAIN"  },
    { INTERNAL_DNSSEC_TA,   ANCHOR_MIN,  ANY_MAX,          "INTERNAL_DNSSEC_TA"   },
};
/* clang-format on */

const struct ike_attribute_row *ike_attribute_at(size_t index)
{
    return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}

const struct ike_attribute_row *ike_attribute_row(uint16_t type)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

/* ---- reading ---- */

static bool length_fits(const struct ike_attribute_row *row, size_t len)
{
    if (row->type == SUPPORTED_ATTRIBUTES)
        return len % 2 == 0;
    return len == 0 || (len >= row->len_min && len <= row->len_max);
}

bool ike_attribute_take(struct ike_reader *list, struct ike_attribute *out)
{
    out->type = rd_u16(list) & 0x7fff; /* RFC 7296 3.15.1: the first bit is reserved */
    const uint16_t len = rd_u16(list);
    out->value = rd_bytes(list, len);
    return !list->bad;
}

enum ike_why ike_cp_parse(struct ike_bytes body, struct ike_cp *out)
{
    struct ike_reader r = rd_open(body);
    out->type = rd_u8(&r);
    out->count = 0;
    rd_skip(&r, 3);
    while (r.left > 0) {
        struct ike_attribute next;
        if (!ike_attribute_take(&r, &next))
            break;
        const struct ike_attribute_row *const row = ike_attribute_row(next.type);
        if (row == NULL)
            continue;
        if (!length_fits(row, next.value.len))
            return WHY_SYNTAX;
        if (out->count == IKE_ATTRIBUTES_MAX)
            return WHY_TOO_MANY;
        out->attributes[out->count++] = next;
    }
    return r.bad ? WHY_SYNTAX : WHY_OK;
}

const struct ike_attribute *ike_cp_find(const struct ike_cp *cp, uint16_t type)
{
    for (uint8_t i = 0; i < cp->count; i++)
        if (cp->attributes[i].type == type)
            return &cp->attributes[i];
    return NULL;
}

/* ---- writing ---- */

size_t ike_begin_cp(struct ike_writer *w, size_t *link, uint8_t type)
{
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_CP);
    put_u8(w, type);
    put_uint(w, 0, 3);
    return begin;
}

void ike_put_attribute(struct ike_writer *w, uint16_t type, struct ike_bytes value)
{
    put_u16(w, type);
    put_u16(w, (uint16_t)value.len);
    put_bytes(w, value);
}

static void put_empty(struct ike_writer *w, bool wanted, uint16_t type)
{
    if (wanted)
        ike_put_attribute(w, type, (struct ike_bytes){.at = NULL, .len = 0});
}

static void put_netmask(struct ike_writer *w, uint8_t bits)
{
    put_u32(w, bits == 0 ? 0 : UINT32_MAX << (32 - bits));
}

/* An IPv6 address and a prefix length, as one value. */
static void put_ip6(struct ike_writer *w, uint16_t type, const struct ike_addr *addr, uint8_t bits)
{
    put_u16(w, type);
    put_u16(w, IP6_LEN + 1);
    put_bytes(w, ike_addr_ip(addr));
    put_u8(w, bits);
}

void ike_put_wants(struct ike_writer *w, size_t *link, const struct ike_wants *wants)
{
    const size_t begin = ike_begin_cp(w, link, CFG_REQUEST);
    if (wants->ip4)
        ike_put_attribute(w, INTERNAL_IP4_ADDRESS, ike_addr_ip(&wants->last4));
    put_empty(w, wants->ip4 && wants->netmask, INTERNAL_IP4_NETMASK);
    put_empty(w, wants->ip4 && wants->dns, INTERNAL_IP4_DNS);
    put_empty(w, wants->ip4 && wants->subnets, INTERNAL_IP4_SUBNET);
    if (wants->ip6 && wants->last6.family == IKE_IPV6)
        put_ip6(w, INTERNAL_IP6_ADDRESS, &wants->last6, 128);
    put_empty(w, wants->ip6 && wants->last6.family != IKE_IPV6, INTERNAL_IP6_ADDRESS);
    put_empty(w, wants->ip6 && wants->dns, INTERNAL_IP6_DNS);
    put_empty(w, wants->ip6 && wants->subnets, INTERNAL_IP6_SUBNET);
    put_empty(w, wants->domains, INTERNAL_DNS_DOMAIN);
    put_empty(w, wants->domains, INTERNAL_DNSSEC_TA);
    put_empty(w, wants->version, APPLICATION_VERSION);
    put_empty(w, wants->supported, SUPPORTED_ATTRIBUTES);
    ike_end_payload(w, begin);
}

/* RFC 7296 3.15.3: IPv6 has a prefix length and no netmask */
void ike_put_inner(struct ike_writer *w, const struct ike_addr *addr, uint8_t bits, bool netmask)
{
    if (addr->family == IKE_IPV6) {
        put_ip6(w, INTERNAL_IP6_ADDRESS, addr, bits);
        return;
    }
    ike_put_attribute(w, INTERNAL_IP4_ADDRESS, ike_addr_ip(addr));
    if (netmask) {
        put_u16(w, INTERNAL_IP4_NETMASK);
        put_u16(w, IP4_LEN);
        put_netmask(w, bits);
    }
}

static bool put_servers(struct ike_writer *w, const struct ike_gives *gives,
                        const struct ike_cp *asked)
{
    bool any = false;
    for (uint8_t i = 0; i < gives->dns_count; i++) {
        const uint16_t type =
            gives->dns[i].family == IKE_IPV4 ? INTERNAL_IP4_DNS : INTERNAL_IP6_DNS;
        if (ike_cp_find(asked, type) == NULL)
            continue;
        ike_put_attribute(w, type, ike_addr_ip(&gives->dns[i]));
        any = true;
    }
    return any;
}

/* RFC 7296 3.15.2 */
static void put_subnet(struct ike_writer *w, const struct ike_prefix *subnet,
                       const struct ike_cp *asked)
{
    if (subnet->base.family == IKE_IPV6) {
        if (ike_cp_find(asked, INTERNAL_IP6_SUBNET) != NULL)
            put_ip6(w, INTERNAL_IP6_SUBNET, &subnet->base, subnet->bits);
        return;
    }
    if (ike_cp_find(asked, INTERNAL_IP4_SUBNET) == NULL)
        return;
    put_u16(w, INTERNAL_IP4_SUBNET);
    put_u16(w, IP4_NET_LEN);
    put_bytes(w, ike_addr_ip(&subnet->base));
    put_netmask(w, subnet->bits);
}

/* RFC 8598 3: each domain, and right after it what vouches for it. */
static void put_domains(struct ike_writer *w, const struct ike_gives *gives,
                        const struct ike_cp *asked)
{
    const bool anchors = ike_cp_find(asked, INTERNAL_DNSSEC_TA) != NULL;
    for (uint8_t i = 0; i < gives->domain_count; i++) {
        const struct ike_domain *const domain = &gives->domains[i];
        ike_put_attribute(
            w, INTERNAL_DNS_DOMAIN,
            (struct ike_bytes){.at = (const uint8_t *)domain->name, .len = strlen(domain->name)});
        if (anchors && domain->anchor.len > 0)
            ike_put_attribute(w, INTERNAL_DNSSEC_TA, domain->anchor);
    }
}

static void put_supported(struct ike_writer *w)
{
    const struct ike_attribute_row *row;
    put_u16(w, SUPPORTED_ATTRIBUTES);
    put_u16(w, 2 * sizeof rows / sizeof rows[0]);
    for (size_t i = 0; (row = ike_attribute_at(i)) != NULL; i++)
        put_u16(w, row->type);
}

void ike_put_version(struct ike_writer *w, const char *version, const struct ike_cp *asked)
{
    const char *const text = version != NULL ? version : "";
    if (ike_cp_find(asked, APPLICATION_VERSION) != NULL)
        ike_put_attribute(w, APPLICATION_VERSION,
                          (struct ike_bytes){.at = (const uint8_t *)text, .len = strlen(text)});
}

void ike_put_gives(struct ike_writer *w, const struct ike_gives *gives, const struct ike_cp *asked)
{
    const bool named = put_servers(w, gives, asked);
    for (uint8_t i = 0; i < gives->subnet_count; i++)
        put_subnet(w, &gives->subnets[i], asked);
    if (named && ike_cp_find(asked, INTERNAL_DNS_DOMAIN) != NULL)
        put_domains(w, gives, asked);
    if (ike_cp_find(asked, SUPPORTED_ATTRIBUTES) != NULL)
        put_supported(w);
}

/* ---- what a client makes of the reply ---- */

static struct ike_addr addr_of(uint8_t family, struct ike_bytes octets)
{
    struct ike_addr out = {.family = family};
    memcpy(out.ip, octets.at, family == IKE_IPV4 ? IP4_LEN : IP6_LEN);
    return out;
}

static uint8_t mask_bits(struct ike_bytes octets)
{
    uint8_t bits = 0;
    while (bits < 32 && (octets.at[bits / 8] & 0x80 >> bits % 8) != 0)
        bits++;
    return bits;
}

typedef void take_fn(struct ike_given *out, struct ike_bytes value);

static void take_ip4(struct ike_given *out, struct ike_bytes value)
{
    out->ip4 = addr_of(IKE_IPV4, value);
}

static void take_netmask(struct ike_given *out, struct ike_bytes value)
{
    out->bits4 = mask_bits(value);
}

static void take_ip6(struct ike_given *out, struct ike_bytes value)
{
    out->ip6 = addr_of(IKE_IPV6, value);
    out->bits6 = value.at[IP6_LEN];
}

static void take_server(struct ike_given *out, struct ike_bytes value)
{
    if (out->dns_count < IKE_SERVERS_MAX)
        out->dns[out->dns_count++] = addr_of(value.len == IP4_LEN ? IKE_IPV4 : IKE_IPV6, value);
}

static void take_subnet(struct ike_given *out, struct ike_bytes value)
{
    const bool four = value.len == IP4_NET_LEN;
    const struct ike_bytes mask = {.at = value.at + IP4_LEN, .len = IP4_LEN};
    if (out->subnet_count == IKE_SUBNETS_MAX)
        return;
    out->subnets[out->subnet_count++] = (struct ike_prefix){
        .base = addr_of(four ? IKE_IPV4 : IKE_IPV6, value),
        .bits = four ? mask_bits(mask) : value.at[IP6_LEN],
    };
}

static void take_domain(struct ike_given *out, struct ike_bytes value)
{
    if (out->domain_count < IKE_DOMAINS_MAX)
        out->domains[out->domain_count++] = value;
}

static void take_anchor(struct ike_given *out, struct ike_bytes value)
{
    assert(out->domain_count > 0);
    if (out->anchors[out->domain_count - 1].len == 0)
        out->anchors[out->domain_count - 1] = value;
}

static void take_version(struct ike_given *out, struct ike_bytes value)
{
    out->version = value;
}

static void take_supported(struct ike_given *out, struct ike_bytes value)
{
    out->supported = value;
}

static const struct {
    uint16_t type;
    take_fn *take;
} takes[] = {
    {INTERNAL_IP4_ADDRESS, take_ip4},       {INTERNAL_IP4_NETMASK, take_netmask},
    {INTERNAL_IP6_ADDRESS, take_ip6},       {INTERNAL_IP4_DNS, take_server},
    {INTERNAL_IP6_DNS, take_server},        {INTERNAL_IP4_SUBNET, take_subnet},
    {INTERNAL_IP6_SUBNET, take_subnet},     {INTERNAL_DNS_DOMAIN, take_domain},
    {INTERNAL_DNSSEC_TA, take_anchor},      {APPLICATION_VERSION, take_version},
    {SUPPORTED_ATTRIBUTES, take_supported},
};

void ike_given_read(const struct ike_cp *reply, struct ike_given *out)
{
    bool anchored = false; /* the attribute before is a domain that was taken, or an anchor of it */
    *out = (struct ike_given){0};
    for (uint8_t i = 0; i < reply->count; i++) {
        const struct ike_attribute *const a = &reply->attributes[i];
        if (a->type == INTERNAL_DNSSEC_TA && !anchored)
            continue;
        anchored =
            a->type == INTERNAL_DNSSEC_TA || (a->type == INTERNAL_DNS_DOMAIN && a->value.len > 0 &&
                                              out->domain_count < IKE_DOMAINS_MAX);
        for (size_t k = 0; a->value.len > 0 && k < sizeof takes / sizeof takes[0]; k++)
            if (takes[k].type == a->type)
                takes[k].take(out, a->value);
    }
    if (out->dns_count == 0)
        out->domain_count = 0;
}
