/* SPDX-License-Identifier: MIT
 * What an end has learnt of the ways to others: the path MTU (RFC 1191 3, RFC
 * 8201 4), as ICMP tells it. Bounded: where many ways are narrow those learnt
 * first are forgotten. */
#ifndef SIM_PATHS_H
#define SIM_PATHS_H

#include "ike/addr.h"

#include <stdint.h>

struct sim_paths;

enum { SIM_PATHS_MAX = 4096 }; /* in sets of four by address */

struct sim_paths *sim_paths_open(void); /* NULL: no memory */
void sim_paths_close(struct sim_paths *paths);

/* Who sends to whom: an end may be many hosts, each of which learns for itself. */
struct sim_path {
    struct ike_addr from, to; /* their ports do not matter */
};

/* A packet was too long for the path, and one of `mtu` octets would have passed. Less than a host
 * has to believe (IPv4: 68, RFC 1191 3; IPv6: 1,280, RFC 8201 4) is not believed; nor is more than
 * is known already. */
void sim_paths_learn(struct sim_paths *paths, uint64_t now_ns, const struct sim_path *path,
                     uint32_t mtu);
/* The longest packet that may be sent there; UINT32_MAX: nothing is known, or it was learnt ten
 * minutes ago (RFC 1191 6.3, RFC 8201 5.3) and longer ones may be tried again. */
uint32_t sim_paths_mtu(const struct sim_paths *paths, uint64_t now_ns, const struct sim_path *path);

#endif
