/* SPDX-License-Identifier: MIT
 * The first and the last step of any network: the NAT before a port, what it
 * knows of the ways from there, the place where fragments wait for each other,
 * and the books of what became of all that was sent. Within networks only. */
#ifndef SIM_NET_EDGE_H
#define SIM_NET_EDGE_H

#include "sim/loop.h"
#include "sim/net.h"
#include "sim/net_routes.h"

struct sim_reassembly;

/* Where fragments to one prefix wait. Opened when the first one comes. */
struct sim_edge {
    struct sim_edges *edges;
    struct sim_reassembly *reassembly;
    struct sim_event overdue;
};

struct sim_edges {
    struct sim_net *net;
    const struct sim_routes *routes;
    struct sim_edge at[SIM_PREFIXES_MAX]; /* by prefix */
    /* Of ports that have learnt of a narrow way, in that order. */
    struct sim_paths *paths[SIM_PREFIXES_MAX];
    uint32_t paths_count;
};

void sim_edges_open(struct sim_edges *edges, struct sim_net *net, const struct sim_routes *routes);
void sim_edges_close(struct sim_edges *edges);

/* The network's own part of sending: one packet enters at a node. False: it is lost, and counted.
 */
typedef bool sim_carry_fn(struct sim_net *net, uint64_t now_ns, uint32_t node,
                          const struct sim_datagram *packet);
/* What is the same of every network's send: counts the datagram, takes it out through the port's
 * NAT, cuts it where the way is known to be narrow, and has it carried. */
bool sim_edge_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                   const struct sim_datagram *datagram, sim_carry_fn *carry);
/* IP's Identification for a datagram that is cut, or may be. */
uint32_t sim_fragment_id(struct sim_net *net, uint8_t family);
struct sim_arrival {
    const struct sim_datagram *datagram;
    uint64_t number; /* tells it apart in the trace */
};
/* Has come to the prefix `owned`, of those under way: delivered, kept with other fragments, or
 * lost; and so counted. */
void sim_edge_take(struct sim_edges *edges, uint16_t owned, uint64_t now_ns,
                   const struct sim_arrival *arrival);
/* Counts a loss: in `counts` too, unless NULL. What is under way remains so. */
void sim_net_lose(struct sim_net *net, struct sim_link_counts *counts, enum sim_lost lost,
                  uint64_t number);

#endif
