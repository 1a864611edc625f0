/* SPDX-License-Identifier: MIT
 * Addresses and prefixes: text, comparison, counting within a prefix. */
#include "ike/addr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct ike_addr ike_addr_v4(uint32_t ip, uint16_t port)
{
    struct ike_addr addr = {.family = IKE_IPV4, .port = port};
    struct ike_writer w = wr_open(addr.ip, 4);
    put_u32(&w, ip);
    return addr;
}

struct ike_bytes ike_addr_ip(const struct ike_addr *addr)
{
    const size_t len = addr->family == IKE_IPV4 ? 4 : addr->family == IKE_IPV6 ? 16 : 0;
    return (struct ike_bytes){.at = addr->ip, .len = len};
}

bool ike_addr_same_ip(const struct ike_addr *a, const struct ike_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool ike_addr_equal(const struct ike_addr *a, const struct ike_addr *b)
{
    return a->port == b->port && ike_addr_same_ip(a, b);
}

uint64_t ike_addr_hash(const struct ike_addr *addr)
{
    uint64_t hash = addr->family;
    for (uint32_t i = 0; i < sizeof addr->ip; i++)
        hash = (hash ^ addr->ip[i]) * UINT64_C(0x100000001b3);
    return hash * UINT64_C(0x9e3779b97f4a7c15);
}

bool ike_addr_parse(const char *text, struct ike_addr *out)
{
    *out = (struct ike_addr){.family = IKE_IPV4};
    if (inet_pton(AF_INET, text, out->ip) == 1)
        return true;
    out->family = IKE_IPV6;
    return inet_pton(AF_INET6, text, out->ip) == 1;
}

void ike_addr_format(const struct ike_addr *addr, char *out)
{
    const int family = addr->family == IKE_IPV6 ? AF_INET6 : AF_INET;
    memcpy(out, "-", 2);
    if (addr->family != 0)
        (void)inet_ntop(family, addr->ip, out, IKE_ADDR_TEXT);
}

static unsigned width_of(const struct ike_addr *addr)
{
    return addr->family == IKE_IPV4 ? 32 : 128;
}

/* The octet's bits that belong to a prefix of `bits`. */
static uint8_t mask_of(unsigned octet, unsigned bits)
{
    if (bits >= 8 * (octet + 1))
        return 0xff;
    if (bits <= 8 * octet)
        return 0;
    return (uint8_t)(0xff << (8 - (bits - 8 * octet)));
}

bool ike_prefix_parse(const char *text, struct ike_prefix *out)
{
    char address[IKE_ADDR_TEXT];
    const char *const slash = strchr(text, '/');
    const size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    if (!ike_addr_parse(address, &out->base))
        return false;

    unsigned long bits = width_of(&out->base);
    if (slash != NULL) {
        char *end;
        if (slash[1] < '0' || slash[1] > '9')
            return false;
        bits = strtoul(slash + 1, &end, 10);
        if (*end != '\0' || bits > width_of(&out->base))
            return false;
    }
    out->bits = (uint8_t)bits;
    for (unsigned i = 0; i < sizeof out->base.ip; i++)
        if ((out->base.ip[i] & (uint8_t)~mask_of(i, out->bits)) != 0)
            return false;
    return true;
}

bool ike_prefix_has(const struct ike_prefix *prefix, const struct ike_addr *addr)
{
    if (prefix->base.family != addr->family)
        return false;
    for (unsigned i = 0; i < sizeof addr->ip && 8 * i < prefix->bits; i++)
        if (((prefix->base.ip[i] ^ addr->ip[i]) & mask_of(i, prefix->bits)) != 0)
            return false;
    return true;
}

struct ike_addr ike_prefix_at(const struct ike_prefix *prefix, uint64_t index, uint16_t port)
{
    struct ike_addr addr = prefix->base;
    const unsigned octets = width_of(&addr) / 8;
    addr.port = port;
    for (unsigned i = octets; i-- > 0 && index > 0; index >>= 8)
        addr.ip[i] |= (uint8_t)((uint8_t)index & (uint8_t)~mask_of(i, prefix->bits));
    return addr;
}
