/* SPDX-License-Identifier: MIT
 * The NAT before a population, as its keys ask for it: of ours or of a real
 * daemon. Within models only. */
#ifndef MODELS_NAT_H
#define MODELS_NAT_H

#include "models/scene.h"
#include "sim/nat.h"
#include "sim/net.h"

/* Before the port, which it outlives; *out is NULL where the keys ask for none. False: no memory.
 */
bool model_nat_open(const struct model_nat *nat, const struct ike_addr *outside,
                    struct sim_port *port, struct sim_nat **out);
/* What it refused, in the network's words; NULL: there is none. */
void model_nat_report(const struct model_scene *scene, const char *who, const struct sim_nat *nat);

#endif
