/* SPDX-License-Identifier: MIT
 * Routing by longest prefix. All routers know all prefixes, so the prefix is
 * looked up once, where a datagram enters; each router then only asks which
 * way leads to its node. */
#include "sim/net_routes.h"

#include <assert.h>
#include <string.h>

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word = 0;
    for (unsigned int i = 0; i < 8; i++)
        word = word << 8 | at[i];
    return word;
}

static uint64_t mask_of(uint32_t bits)
{
    if (bits == 0)
        return 0;
    return bits >= 64 ? UINT64_MAX : UINT64_MAX << (64 - bits);
}

uint32_t sim_routes_join(struct sim_routes *routes, uint32_t a, uint32_t b)
{
    assert(routes->link_count < SIM_LINKS_MAX);
    assert(a < routes->node_count && b < routes->node_count && a != b);
    routes->ends[routes->link_count][0] = (uint16_t)a;
    routes->ends[routes->link_count][1] = (uint16_t)b;
    return routes->link_count++;
}

void sim_routes_own(struct sim_routes *routes, uint32_t node, struct sim_port *port,
                    const struct ike_prefix *prefix)
{
    const uint32_t bits = prefix->bits;
    assert(routes->owned_count < SIM_PREFIXES_MAX);
    assert(node < routes->node_count);
    uint32_t at = 0;
    while (at < routes->owned_count && routes->owned[at].bits >= bits)
        at++;
    memmove(&routes->owned[at + 1], &routes->owned[at],
            (routes->owned_count - at) * sizeof routes->owned[0]);
    routes->owned_count++;
    routes->owned[at] = (struct sim_owned){
        .base = {word_at(prefix->base.ip), word_at(prefix->base.ip + 8)},
        .mask = {mask_of(bits), mask_of(bits > 64 ? bits - 64 : 0)},
        .family = prefix->base.family,
        .bits = prefix->bits,
        .node = (uint16_t)node,
        .port = port,
    };
}

/* Ways to one node, found breadth first from it: `order` holds the nodes seen so far. */
static void compute_to(struct sim_routes *r, uint16_t to)
{
    uint16_t order[SIM_NODES_MAX];
    uint16_t far[SIM_NODES_MAX];
    uint16_t seen = 0;
    for (uint32_t i = 0; i < r->node_count; i++) {
        r->ways[i][to] = SIM_NO_WAY;
        far[i] = UINT16_MAX;
    }
    r->ways[to][to] = SIM_ARRIVED;
    far[to] = 0;
    order[seen++] = to;
    for (uint16_t done = 0; done < seen; done++) {
        const uint16_t near = order[done];
        for (uint32_t direction = 0; direction < 2U * r->link_count; direction++) {
            const uint16_t *const ends = r->ends[direction / 2];
            const uint16_t from = ends[direction % 2];
            if (ends[1 - direction % 2] != near)
                continue;
            if (far[from] == UINT16_MAX) {
                far[from] = (uint16_t)(far[near] + 1);
                order[seen++] = from;
            } else if (far[from] != far[near] + 1 || direction >= r->ways[from][to]) {
                continue;
            }
            r->ways[from][to] = (uint16_t)direction;
        }
    }
}

void sim_routes_compute(struct sim_routes *routes)
{
    for (uint16_t to = 0; to < routes->node_count; to++)
        compute_to(routes, to);
}

uint16_t sim_routes_find(const struct sim_routes *routes, uint32_t node,
                         const struct ike_addr *addr)
{
    const uint64_t high = word_at(addr->ip);
    const uint64_t low = word_at(addr->ip + 8);
    for (uint16_t i = 0; i < routes->owned_count; i++) {
        const struct sim_owned *const o = &routes->owned[i];
        const uint64_t differs =
            ((high ^ o->base[0]) & o->mask[0]) | ((low ^ o->base[1]) & o->mask[1]);
        if (differs == 0 && o->family == addr->family && routes->ways[node][o->node] != SIM_NO_WAY)
            return i;
    }
    return SIM_NO_WAY;
}
