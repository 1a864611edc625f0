/* SPDX-License-Identifier: MIT
 * A population of clients in a world: one engine and one host for all of them,
 * an address and an identity for each. Within models only. */
#ifndef MODELS_CLIENTS_H
#define MODELS_CLIENTS_H

#include "models/glance.h"
#include "models/papers.h"
#include "models/passports.h"
#include "models/scene.h"

struct model_clients_run;

/* Where they are and where they connect to. */
struct model_clients_place {
    struct ike_prefix prefix;
    struct ike_prefix outside; /* of the NAT before them, or the same */
    struct ike_addr gateway;
};

/* NULL on failure, with a line in `error`. */
struct model_clients_run *model_clients_open(struct model_scene *scene,
                                             const struct model_clients *clients,
                                             const struct model_clients_place *place, char *error,
                                             size_t error_max);
struct sim_port *model_clients_port(struct model_clients_run *run);
struct model_papers *model_clients_papers(struct model_clients_run *run);
const struct model_passports *model_clients_passports(struct model_clients_run *run);
/* Will fetch certificates of `passports`, if they fetch any. */
void model_clients_look_up(struct model_clients_run *run, const struct model_passports *passports);
/* After papers were exchanged with the gateway. */
void model_clients_ready(struct model_clients_run *run);
/* How they stand (glance.h). */
void model_clients_look(const struct model_clients_run *run, struct model_glance *out);
void model_clients_report(struct model_clients_run *run);
void model_clients_close(struct model_clients_run *run);

#endif
