/* SPDX-License-Identifier: MIT
 * Traffic by ESP: clients that are up send packets to what is behind their gateway,
 * which sends them back (echo.h). What becomes of each is counted. Within models
 * only. */
#ifndef MODELS_TRAFFIC_H
#define MODELS_TRAFFIC_H

#include "models/scene.h"
#include "models/tunnels.h"

struct model_traffic_run; /* of a population: a flow of packets for each attempt */

/* They send any. */
bool model_has_traffic(const struct model_clients *clients);

struct model_traffic_parts {
    struct model_scene *scene;
    const struct model_clients *clients;
    struct ike_addr gateway;
    struct ike_engine *engine;
    struct ike_crypto *crypto; /* the meter */
    uint32_t child_max;
    uint32_t attempt_max;
};
/* NULL: no address space. */
struct model_traffic_run *model_traffic_open(const struct model_traffic_parts *parts);
void model_traffic_close(struct model_traffic_run *run);
struct sim_host_carrier model_traffic_carrier(struct model_traffic_run *run);
void model_traffic_begin(struct model_traffic_run *run, struct sim_host *host);
/* The client of an attempt leaves. NULL: there is no traffic. */
void model_traffic_stop(struct model_traffic_run *run, uint64_t now_ns, uint32_t attempt);
void model_traffic_report(const struct model_traffic_run *run);

/* Of the whole world, when there is traffic in it. */
void model_traffic_sums(const struct model_scene *scene);

#endif
