/* SPDX-License-Identifier: MIT
 * Nodes by name, and ways breadth first (topology.h). */
#include "models/topology.h"

#include "models/places.h"

#include <string.h>

enum { CORE = 0, FAR = UINT16_MAX };

uint32_t model_node_named(const struct model_topology *topology, const char *name)
{
    for (uint32_t i = 0; i < topology->node_count; i++)
        if (strcmp(topology->nodes[i], name) == 0)
            return i;
    return UINT32_MAX;
}

/* The node of that name, which is there from now on; the core when there is no room. */
static uint16_t node_add(struct model_topology *t, const char *name, bool *room)
{
    const uint32_t known = model_node_named(t, name);
    if (known != UINT32_MAX)
        return (uint16_t)known;
    if (t->node_count == MODEL_NODES_MAX) {
        *room = false;
        return CORE;
    }
    t->nodes[t->node_count] = name;
    return (uint16_t)t->node_count++;
}

bool model_topology_find(const struct model_world_config *config, struct model_topology *out)
{
    bool room = true;
    *out = (struct model_topology){.nodes = {[CORE] = "core"}, .node_count = 1};
    out->link_count = config->link_count;
    for (uint32_t i = 0; i < config->link_count; i++) {
        const struct model_link *const l = &config->links[i];
        const bool own = strcmp(l->from, "auto") == 0;
        out->ends[i][0] = node_add(out, own ? l->name : l->from, &room);
        out->ends[i][1] = node_add(out, l->to, &room);
    }
    return room;
}

uint32_t model_node_via(const struct model_world_config *config,
                        const struct model_topology *topology, const char *via)
{
    const uint32_t node = model_node_named(topology, via);
    const uint32_t link = model_link_named(config, via);
    if (via[0] == '\0')
        return CORE;
    return node == UINT32_MAX && link != UINT32_MAX ? topology->ends[link][0] : node;
}

/* Each node's distance to one, in links. */
static void distances(const struct model_topology *t, uint32_t to, uint16_t far[MODEL_NODES_MAX])
{
    bool more = true;
    for (uint32_t i = 0; i < t->node_count; i++)
        far[i] = i == to ? 0 : FAR;
    for (uint16_t step = 0; more; step++) {
        more = false;
        for (uint32_t side = 0; side < 2 * t->link_count; side++) {
            const uint16_t here = t->ends[side / 2][side % 2];
            const uint16_t there = t->ends[side / 2][1 - side % 2];
            if (far[here] != step || far[there] != FAR)
                continue;
            far[there] = (uint16_t)(step + 1);
            more = true;
        }
    }
}

uint32_t model_way(const struct model_topology *topology, uint32_t from, uint32_t to,
                   uint16_t links[MODEL_LINKS_MAX])
{
    uint16_t far[MODEL_NODES_MAX];
    uint32_t count = 0;
    distances(topology, to, far);
    if (far[from] == FAR)
        return UINT32_MAX;
    while (from != to) {
        uint32_t side = 0;
        while (topology->ends[side / 2][side % 2] != from ||
               far[topology->ends[side / 2][1 - side % 2]] + 1 != far[from])
            side++;
        links[count++] = (uint16_t)(side / 2);
        from = topology->ends[side / 2][1 - side % 2];
    }
    return count;
}

uint32_t model_way_of(const struct model_world_config *config, const char *via, const char *to,
                      uint16_t links[MODEL_LINKS_MAX])
{
    struct model_topology topology;
    const uint32_t gateway = model_gateway_named(config, to);
    (void)model_topology_find(config, &topology);
    const uint32_t from = model_node_via(config, &topology, via);
    const uint32_t end = gateway == UINT32_MAX
                             ? UINT32_MAX
                             : model_node_named(&topology, config->gateways[gateway].at);
    return from == UINT32_MAX || end == UINT32_MAX ? UINT32_MAX
                                                   : model_way(&topology, from, end, links);
}
