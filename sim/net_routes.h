/* SPDX-License-Identifier: MIT
 * Who owns which addresses, and which way leads there: the routing half of any
 * network. Within networks, and for their tests. */
#ifndef SIM_NET_ROUTES_H
#define SIM_NET_ROUTES_H

#include "sim/net.h"

enum sim_net_limits {
    SIM_NODES_MAX = 129,
    SIM_LINKS_MAX = 128,
    SIM_PREFIXES_MAX = 256,
    SIM_NO_WAY = 0xffff, /* neither a direction nor a prefix */
    SIM_ARRIVED = 0xfffe
};

/* A prefix as two words of the address and their mask, most significant first. */
struct sim_owned {
    uint64_t base[2];
    uint64_t mask[2];
    uint8_t family;
    uint8_t bits;
    uint16_t node;
    struct sim_port *port;
};

/* Link n is direction 2n from a to b, and 2n + 1 back. */
struct sim_routes {
    uint16_t node_count;
    uint16_t link_count;
    uint16_t owned_count;
    uint16_t ends[SIM_LINKS_MAX][2];
    struct sim_owned owned[SIM_PREFIXES_MAX];    /* longest first, of equals the first attached */
    uint16_t ways[SIM_NODES_MAX][SIM_NODES_MAX]; /* [at][to]: direction, or the two above */
};

/* A link between two nodes: its number. */
uint32_t sim_routes_join(struct sim_routes *routes, uint32_t a, uint32_t b);
void sim_routes_own(struct sim_routes *routes, uint32_t node, struct sim_port *port,
                    const struct ike_prefix *prefix);
/* Fewest links, ties by the lower number. */
void sim_routes_compute(struct sim_routes *routes);
/* Index of the longest prefix that has the address and can be reached from `node`, or SIM_NO_WAY.
 */
uint16_t sim_routes_find(const struct sim_routes *routes, uint32_t node,
                         const struct ike_addr *addr);

#endif
