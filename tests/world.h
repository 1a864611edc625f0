/* SPDX-License-Identifier: MIT
 * The bench of tests with a world: described key by key, judged, run. The sums
 * that a run tells are kept, and asked for by name; what else it tells is heard
 * by a test that gives an ear. */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "models/keys.h"
#include "models/world.h"

extern struct model_world_config config; /* what is described; a run leaves it as it is */

/* Anew: clients of that name, who come to the gateway "vpn" by the link "wan" of 20 ms. */
void world_begin(const char *clients);
void set(const char *path, const char *text);

/* How many things are wrong with it. What lies beyond the end is clipped. */
size_t judge(void);

/* What was said when it was last judged, by a run too. */
extern struct remarks {
    size_t warnings;
    char path[128]; /* of the last one, fatal or not */
    char text[512];
} remarks;

/* NULL: not wanted. */
struct world_ear {
    void (*series)(enum sim_series series, int64_t value);
    void (*handshake)(const struct sim_handshake *handshake);
    void (*message)(const struct sim_message *message);
    void (*keys)(void);
};

/* Nothing is to be wrong with it. */
void world_run(const struct world_ear *ear); /* by the modelled provider */
void world_run_by(model_provider_fn *provider, const struct world_ear *ear);

/* Of the last run: what `who` told, and is to have told, */
int64_t metric(const char *who, enum sim_metric which);
bool was_told(const char *who, enum sim_metric which);
/* what it refused for that reason, */
uint64_t refusals(const char *who, const char *reason);
extern char fingerprint[33]; /* and what it comes down to */

#endif
