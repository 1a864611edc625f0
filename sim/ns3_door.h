/* SPDX-License-Identifier: MIT
 * A network of ns-3 nodes behind the door that every network has: the same
 * routes as the built-in network, real IP packets on the way. The module with
 * the C interface (net_ns3.h) is loaded when it is asked for. */
#ifndef SIM_NS3_DOOR_H
#define SIM_NS3_DOOR_H

#include "sim/net.h"

struct ns3_api;

/* The module's table of calls (net_ns3.h); NULL with a sentence: it is not there. */
const struct ns3_api *sim_ns3_api(char *error, size_t error_max);

/* The release of ns-3, "3.37"; "" where the module is not there. */
const char *sim_ns3_release(void);

/* NULL with a sentence: the module is not there, or ns-3 is in use: it has one simulator to a
 * process. The loop is joined; closed before it is. `fingerprint` may be NULL. */
struct sim_net *sim_net_ns3_open(struct sim_loop *loop, uint64_t seed,
                                 struct sim_fingerprint *fingerprint, char *error,
                                 size_t error_max);

/* A TCP connection of ns-3's own between two nodes, which sends as fast as it can. Built with the
 * rest: its number. */
struct sim_bulk {
    uint32_t from, to; /* nodes */
    uint64_t start_ns, until_ns;
};
uint32_t sim_net_ns3_bulk(struct sim_net *net, const struct sim_bulk *bulk);
/* Octets that have come to its other end so far, in order. */
uint64_t sim_net_ns3_received(const struct sim_net *net, uint32_t bulk);

/* What is wrong with a link's medium, in a sentence; NULL: nothing. */
const char *sim_medium_wrong(const struct sim_link_config *config);
/* What of a link ns-3's lines cannot be, by the name of its key; NULL: they can be all of it. */
const char *sim_net_ns3_lacks(const struct sim_link_config *config);

#endif
