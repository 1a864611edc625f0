/* SPDX-License-Identifier: MIT
 * The built-in network: routers and duplex links with rate, delay, jitter,
 * impairments, a cell's waits, a bounded queue and an MTU; routing by longest
 * prefix. Everything that is lost is counted with the stage that lost it. */
#ifndef SIM_NET_LINKS_H
#define SIM_NET_LINKS_H

#include "sim/net.h"

/* `seed` and each link's name make the streams of its chance; `fingerprint` may be NULL. NULL
 * when memory cannot be had. Closed before the loop is. */
struct sim_net *sim_net_links_open(struct sim_loop *loop, uint64_t seed,
                                   struct sim_fingerprint *fingerprint);

#endif
