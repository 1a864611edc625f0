/* SPDX-License-Identifier: MIT
 * What is behind a gateway: it sends back what clients send there by ESP. Within
 * models only. */
#ifndef MODELS_ECHO_H
#define MODELS_ECHO_H

#include "models/tunnels.h"

struct model_echo_run;

/* Some of its clients send any. */
bool model_gateway_has_traffic(const struct model_world_config *config,
                               const struct model_gateway *gateway);

/* NULL: no address space. */
struct model_echo_run *model_echo_open(struct model_scene *scene, const char *who,
                                       const struct model_tunnels_parts *parts);
void model_echo_close(struct model_echo_run *run);
struct sim_host_carrier model_echo_carrier(struct model_echo_run *run);
void model_echo_report(const struct model_echo_run *run);

#endif
