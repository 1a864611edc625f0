/* SPDX-License-Identifier: MIT
 * The first and the last step of any network: the NAT before a port, the place
 * where fragments wait for each other, and the books of what became of all that
 * was sent. Within networks only. */
#ifndef SIM_NET_EDGE_H
#define SIM_NET_EDGE_H

#include "sim/loop.h"
#include "sim/net.h"
#include "sim/net_routes.h"

struct sim_reassembly;

/* Where fragments to one prefix wait. Opened when the first one comes. */
struct sim_edge {
    struct sim_net *net;
    struct sim_reassembly *reassembly;
    struct sim_event overdue;
};

struct sim_edges {
    struct sim_net *net;
    const struct sim_routes *routes;
    struct sim_edge at[SIM_PREFIXES_MAX]; /* by prefix */
};

void sim_edges_open(struct sim_edges *edges, struct sim_net *net, const struct sim_routes *routes);
void sim_edges_close(struct sim_edges *edges);

/* Counts what is sent, and takes it out through the port's NAT: `outside` is what the network is to
 * carry. SIM_LOST_COUNT, or why it is lost already, which has been counted. */
enum sim_lost sim_edge_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                            const struct sim_datagram *datagram, struct sim_datagram *outside);
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
