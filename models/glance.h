/* SPDX-License-Identifier: MIT
 * A look at a world while it runs: how things stand, for who watches a run.
 * Looking changes nothing, and takes no longer than copying some numbers. */
#ifndef MODELS_GLANCE_H
#define MODELS_GLANCE_H

#include "models/daemon.h"
#include "models/world.h"

enum { MODEL_GLANCE_REASONS = 12 };

struct model_glance {
    uint64_t now_ns;
    uint64_t for_ns;
    uint32_t gateway_count, clients_count, reason_count;
    struct model_glance_gateway {
        const char *name;
        const char *daemon; /* NULL: our engine */
        uint64_t cores;
        bool shares; /* a real one, them with what loads it */
        struct model_levels levels;
        uint64_t in_packets, out_packets; /* so far */
        uint64_t cpu_ppm;                 /* of its cores, in the last sample's time */
        uint64_t memory_bytes;
        uint64_t dropped; /* its socket's buffer had no room */
    } gateways[MODEL_THINGS_MAX];
    struct model_glance_clients {
        const char *name;
        uint64_t attempts, successes, failures; /* so far */
        uint64_t established, children;         /* now */
    } clients[MODEL_THINGS_MAX];
    /* What was refused and lost, and attempts that failed; the most frequent first. */
    struct model_glance_reason {
        const char *who;
        const char *reason;
        uint64_t count;
        bool attempts;
    } reasons[MODEL_GLANCE_REASONS];
    bool real_time;
    uint64_t lag_p99_ns, lag_max_ns, late_ppm; /* if so */
};

void model_world_look(const struct model_world *world, struct model_glance *out);

/* Within models: one more reason, if it is among the most frequent. */
void model_glance_add(struct model_glance *glance, const struct model_glance_reason *reason);
/* Those by ike_why, WHY_OK left out. */
void model_glance_add_all(struct model_glance *glance, const char *who, const uint64_t *reasons,
                          bool attempts);

#endif
