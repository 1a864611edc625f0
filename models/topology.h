/* SPDX-License-Identifier: MIT
 * The nodes of the network by name, and the ways between them: what
 * `links.*.from`, `links.*.to`, `gateways.*.at` and `via` speak of. Node 0 is
 * the core, where everything is that is not said to be elsewhere. Within models
 * only. */
#ifndef MODELS_TOPOLOGY_H
#define MODELS_TOPOLOGY_H

#include "models/world.h"

enum { MODEL_NODES_MAX = 129 };

struct model_topology {
    const char *nodes[MODEL_NODES_MAX]; /* names: views of the config */
    uint32_t node_count;
    uint32_t link_count;
    uint16_t ends[MODEL_LINKS_MAX][2]; /* of each link: `from`, `to` */
};

/* False: there are more nodes than MODEL_NODES_MAX, and those beyond are the core. */
bool model_topology_find(const struct model_world_config *config, struct model_topology *out);
/* UINT32_MAX: there is none of that name. */
uint32_t model_node_named(const struct model_topology *topology, const char *name);
/* What `via` names: a node, or the one a link is from; "": the core. UINT32_MAX: neither. */
uint32_t model_node_via(const struct model_world_config *config,
                        const struct model_topology *topology, const char *via);
/* The links that datagrams take from one node to another, as networks route: the fewest, of equals
 * the lower number first. UINT32_MAX: there is no way. */
uint32_t model_way(const struct model_topology *topology, uint32_t from, uint32_t to,
                   uint16_t links[MODEL_LINKS_MAX]);
/* Those between whoever comes `via` a link or node and the gateway `to`, from there on. */
uint32_t model_way_of(const struct model_world_config *config, const char *via, const char *to,
                      uint16_t links[MODEL_LINKS_MAX]);

#endif
