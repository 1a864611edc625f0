/* SPDX-License-Identifier: MIT
 * "auto" addresses: gateways 192.0.2.1 and on; NATs 198.51.100.1 and on;
 * populations a sixteenth of 10.0.0.0/8 each; spoofed sources a sixteenth of
 * 100.64.0.0/10 each; towards a gateway of IPv6, parts of 2001:db8::/32; ends of
 * background traffic 203.0.113.1 and on. Where real daemons are, all of them are
 * of 198.18.0.0/15 and 2001:2::/48 (RFC 2544 C.2.2, RFC 5180 8). */
#include "models/places.h"

#include "models/topology.h"

#include <stdio.h>
#include <string.h>

uint32_t model_gateway_named(const struct model_world_config *config, const char *name)
{
    for (uint32_t i = 0; i < config->gateway_count; i++)
        if (strcmp(config->gateways[i].name, name) == 0)
            return i;
    return UINT32_MAX;
}

uint32_t model_link_named(const struct model_world_config *config, const char *name)
{
    for (uint32_t i = 0; i < config->link_count; i++)
        if (strcmp(config->links[i].name, name) == 0)
            return i;
    return UINT32_MAX;
}

uint64_t model_prefix_size(const struct ike_prefix *prefix)
{
    const uint32_t free_bits = (prefix->base.family == IKE_IPV4 ? 32U : 128U) - prefix->bits;
    return UINT64_C(1) << (free_bits > 62 ? 62 : free_bits);
}

struct ike_addr model_prefix_elsewhere(const struct ike_prefix *prefix, uint64_t number)
{
    const uint64_t half = model_prefix_size(prefix) / 2;
    return ike_prefix_at(prefix, half + number % half, 0);
}

struct ike_prefix model_prefix_of(const struct ike_addr *addr)
{
    struct ike_prefix prefix = {.base = *addr, .bits = addr->family == IKE_IPV4 ? 32 : 128};
    prefix.base.port = 0;
    return prefix;
}

static struct ike_addr gateway_place(const struct model_gateway *gateway, uint32_t index, bool live)
{
    struct ike_addr addr;
    const uint32_t first = live ? UINT32_C(0xc6120001) : UINT32_C(0xc0000201);
    if (!ike_addr_parse(gateway->address, &addr))
        addr = ike_addr_v4(first + index, 0); /* 198.18.0.1, 192.0.2.1 */
    return addr;
}

/* Part `index` of the range meant for clients (half 1) or for spoofed sources (half 2). */
static struct ike_prefix made_up(uint8_t family, uint32_t half, uint32_t index, bool live)
{
    char text[IKE_ADDR_TEXT];
    struct ike_prefix prefix;
    memset(&prefix, 0, sizeof prefix);
    if (family == IKE_IPV6)
        (void)snprintf(text, sizeof text, live ? "2001:2:0:%x%02x::/64" : "2001:db8:%x:%x::/64",
                       half, index);
    else if (live && half == 1)
        (void)snprintf(text, sizeof text, "198.19.%u.0/20", 16 * index);
    else if (live)
        (void)snprintf(text, sizeof text, "198.18.%u.0/21", 128 + 8 * index);
    else if (half == 1)
        (void)snprintf(text, sizeof text, "10.%u.0.0/12", 16 * index);
    else
        (void)snprintf(text, sizeof text, "100.%u.0.0/14", 64 + 4 * index);
    (void)ike_prefix_parse(text, &prefix);
    return prefix;
}

static struct ike_addr nat_place(const struct model_clients *clients, uint32_t index, bool live)
{
    struct ike_addr addr;
    const uint32_t first = live ? UINT32_C(0xc6120101) : UINT32_C(0xc6336401);
    if (!ike_addr_parse(clients->nat.address, &addr))
        addr = ike_addr_v4(first + index, 0); /* 198.18.1.1, 198.51.100.1 */
    return addr;
}

static uint8_t family_towards(const struct model_world_config *config,
                              const struct model_places *places, const char *to)
{
    const uint32_t gateway = model_gateway_named(config, to);
    return gateway == UINT32_MAX ? (uint8_t)IKE_IPV4 : places->gateways[gateway].family;
}

void model_places_find(const struct model_world_config *config, struct model_places *out)
{
    const bool live = config->network == MODEL_LIVE;
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < config->gateway_count; i++)
        out->gateways[i] = gateway_place(&config->gateways[i], i, live);
    for (uint32_t i = 0; i < config->client_count; i++) {
        const struct model_clients *const c = &config->clients[i];
        if (!ike_prefix_parse(c->prefix, &out->clients[i]))
            out->clients[i] = made_up(family_towards(config, out, c->to), 1, i, live);
        const struct ike_addr nat = nat_place(c, i, live);
        out->outside[i] = c->nat.kind == MODEL_NO_NAT ? out->clients[i] : model_prefix_of(&nat);
    }
    for (uint32_t i = 0; i < config->attacker_count; i++) {
        const struct model_attacker *const a = &config->attackers[i];
        if (!ike_prefix_parse(a->sources, &out->attackers[i]))
            out->attackers[i] = made_up(family_towards(config, out, a->to), 2, i, live);
    }
    for (uint32_t i = 0; i < config->background_count; i++) {
        const uint32_t first = (live ? UINT32_C(0xc6120201) : UINT32_C(0xcb007101)) + 2 * i;
        out->backgrounds[i].from = ike_addr_v4(first, 0); /* 198.18.2.1, 203.0.113.1 */
        out->backgrounds[i].to = ike_addr_v4(first + 1, 0);
    }
}

uint16_t model_mss_of(const struct model_world_config *config, const struct model_clients *clients,
                      uint8_t family)
{
    uint16_t links[MODEL_LINKS_MAX];
    const uint32_t count = model_way_of(config, clients->via, clients->to, links);
    const uint64_t headers = family == IKE_IPV6 ? 60 : 40;
    uint64_t mtu = 1500;
    for (uint32_t i = 0; i < count && count != UINT32_MAX; i++)
        mtu = config->links[links[i]].mtu < mtu ? config->links[links[i]].mtu : mtu;
    return (uint16_t)(mtu >= 1500 ? 0 : mtu > headers + 8 ? mtu - headers : 8);
}
