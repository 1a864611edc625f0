/* SPDX-License-Identifier: MIT
 * Traffic of others on the same lines: on-off, datagrams of UDP at a constant
 * rate with pauses between, the same on every network; and bulk transfers by
 * TCP, which only ns-3 has. Within models only. */
#ifndef MODELS_BACKGROUND_H
#define MODELS_BACKGROUND_H

#include "models/scene.h"
#include "models/topology.h"

struct model_background_run;
struct model_judge;

/* NULL: no memory. Its ends are attached to the scene's network. */
struct model_background_run *model_background_open(struct model_scene *scene, uint32_t index,
                                                   const struct model_topology *topology);
void model_background_close(struct model_background_run *run);
void model_background_report(const struct model_background_run *run);

/* Says what is wrong with all of it; what lies beyond the end is clipped. */
void model_background_judge(struct model_judge *judge);

#endif
