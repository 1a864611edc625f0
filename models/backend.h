/* SPDX-License-Identifier: MIT
 * What stands behind an end: an AAA server, servers of revocation lists and
 * certificates. Its engine asks for what is outside by IKE_ASK events; the answer comes after
 * a latency, each question by itself, in whatever order that makes. Within
 * models only. */
#ifndef MODELS_BACKEND_H
#define MODELS_BACKEND_H

#include "ike/ike.h"
#include "models/passports.h"
#include "models/scene.h"
#include "sim/host.h"

struct model_backend;

enum { MODEL_SERVICES_MAX = 1 + IKE_CRLS_MAX + MODEL_THINGS_MAX };

/* What is answered when the engine asks for `what`, or for a URL of `passports`. All that is named
 * here outlives the back-end. */
struct model_service {
    const char *what; /* NULL: those URLs */
    const struct model_passports *passports;
    const struct model_behind *behind; /* how soon, and how often with nothing */
    struct ike_bytes answer;           /* to `what` */
};

struct model_backend_counts {
    uint64_t asked;
    uint64_t late;    /* nobody waited for the answer any more */
    uint64_t dropped; /* more questions at once than there is room for: never answered */
};

/* `stream` names its random numbers. NULL: out of memory. */
struct model_backend *model_backend_open(const struct model_scene *scene, struct sim_host *host,
                                         const char *stream);
void model_backend_serve(struct model_backend *backend, const struct model_service *service);
/* An IKE_ASK event of the host. */
void model_backend_hear(struct model_backend *backend, uint64_t now_ns,
                        const struct ike_event *event);
const struct model_backend_counts *model_backend_counts(const struct model_backend *backend);
/* These as metrics of `who`. NULL: nothing. */
void model_backend_report(const struct model_backend *backend, const struct model_scene *scene,
                          const char *who);
/* Before its host is closed. NULL: nothing. */
void model_backend_close(struct model_backend *backend);

#endif
