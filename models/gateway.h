/* SPDX-License-Identifier: MIT
 * A gateway in a world: an engine behind a host with cores and an inbox, and
 * what is measured of it. Within models only. */
#ifndef MODELS_GATEWAY_H
#define MODELS_GATEWAY_H

#include "models/glance.h"
#include "models/papers.h"
#include "models/passports.h"
#include "models/scene.h"

struct model_gateway_run;

/* NULL on failure, with a line in `error`. */
struct model_gateway_run *model_gateway_open(struct model_scene *scene,
                                             const struct model_gateway *gateway,
                                             const struct ike_addr *addr, char *error,
                                             size_t error_max);
struct sim_port *model_gateway_port(struct model_gateway_run *run);
struct model_papers *model_gateway_papers(struct model_gateway_run *run);
const struct model_passports *model_gateway_passports(struct model_gateway_run *run);
/* Will fetch certificates of `passports`, if it fetches any. */
void model_gateway_looks_up(struct model_gateway_run *run, const struct model_passports *passports);
/* Will ask for the revocation lists of `papers`, if it asks for any. False: they cannot be made. */
bool model_gateway_lists(struct model_gateway_run *run, const struct model_papers *papers);
/* After papers were exchanged with all its clients. */
void model_gateway_ready(struct model_gateway_run *run);
/* How it stands (glance.h). */
void model_gateway_look(const struct model_gateway_run *run, struct model_glance *out);
void model_gateway_report(struct model_gateway_run *run);
void model_gateway_close(struct model_gateway_run *run);

#endif
