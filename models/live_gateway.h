/* SPDX-License-Identifier: MIT
 * A gateway that is a real daemon: started by its recipe in a namespace at the
 * end of the network, asked for its levels at each sample, and measured from
 * outside, under the names of what a modelled one tells of itself. Within models
 * only. */
#ifndef MODELS_LIVE_GATEWAY_H
#define MODELS_LIVE_GATEWAY_H

#include "models/glance.h"
#include "models/papers.h"
#include "models/scene.h"
#include "sim/realtime.h"

struct model_live_run;

/* Its papers, and whoever wants to know of its messages; the daemon comes with model_live_start.
 * NULL on failure, with a line in `error`. */
struct model_live_run *model_live_open(struct model_scene *scene,
                                       const struct model_gateway *gateway, char *error,
                                       size_t error_max);
struct model_papers *model_live_papers(struct model_live_run *run);
/* After papers were exchanged with all its clients. The daemon listens when this returns, some
 * seconds later. False on failure, with a line in `error`: what failed, and the end of what the
 * daemon has said. `cpus`: those that it has to itself (netns.h); 0: it shares all with us. */
bool model_live_start(struct model_live_run *run, uint64_t cpus, char *error, size_t error_max);
/* Once it was started, as all that follows. */
struct sim_port *model_live_port(struct model_live_run *run);
struct sim_source model_live_source(struct model_live_run *run);
/* What went wrong while it ran: the daemon has ended, or hangs. NULL: nothing. */
const char *model_live_trouble(struct model_live_run *run);
/* How it stands (glance.h). */
void model_live_look(const struct model_live_run *run, struct model_glance *out);
void model_live_report(struct model_live_run *run);
/* Ends the daemon, and all that it was made of. */
void model_live_close(struct model_live_run *run);

#endif
