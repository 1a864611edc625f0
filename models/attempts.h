/* SPDX-License-Identifier: MIT
 * The attempts of a population's clients to connect, and what becomes of them.
 * Within models only. */
#ifndef MODELS_ATTEMPTS_H
#define MODELS_ATTEMPTS_H

#include "models/backend.h"
#include "models/glance.h"
#include "models/passports.h"
#include "models/scene.h"
#include "sim/host.h"

enum { MODEL_ATTEMPTS_MAX = 4000000, MODEL_FIRST_SERIAL = 1000 };

struct model_attempts_run;
struct model_clients_place;

/* What they are made with; all of it outlives them. */
struct model_attempts_parts {
    struct ike_engine *engine;
    struct sim_host *host;
    const struct ike_policy *policy;
    struct model_passports *passports; /* of serial numbers from MODEL_FIRST_SERIAL on */
    struct model_backend *backend;     /* NULL: they ask nobody */
    struct model_traffic_run *traffic; /* NULL: they send nothing */
};

/* Attempts there will be room for; more than MODEL_ATTEMPTS_MAX is too many. */
uint64_t model_attempts_bound(const struct model_clients *clients, uint64_t for_ns);

/* NULL: there is no memory. */
struct model_attempts_run *model_attempts_open(struct model_scene *scene,
                                               const struct model_clients *clients,
                                               const struct model_clients_place *place);
/* So many there is room for, */
uint32_t model_attempts_max(const struct model_attempts_run *run);
/* of clients at so many addresses at once. */
uint32_t model_attempts_addresses(const struct model_attempts_run *run);
/* By which the host tells them. */
struct sim_host_ear model_attempts_ear(struct model_attempts_run *run);
/* Clients come from now on. */
void model_attempts_begin(struct model_attempts_run *run, const struct model_attempts_parts *parts);
/* So many so far, and why some failed (glance.h). */
void model_attempts_look(const struct model_attempts_run *run, struct model_glance *out,
                         struct model_glance_clients *clients);
/* Those under way end with the run. */
void model_attempts_report(struct model_attempts_run *run);
void model_attempts_close(struct model_attempts_run *run);

#endif
