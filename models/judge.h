/* SPDX-License-Identifier: MIT
 * What those who judge a description share: what they look at, and how they say
 * what is wrong, with the path it is about. Within models only. */
#ifndef MODELS_JUDGE_H
#define MODELS_JUDGE_H

#include "models/places.h"
#include "models/topology.h"
#include "models/world.h"

struct model_judge {
    struct model_world_config *config;
    struct model_places *places;
    struct model_topology *topology;
    model_complain_fn *complain;
    void *owner;
    size_t count; /* of fatal ones */
};

/* Which setting of which entry. */
struct model_about {
    const char *section;
    const char *name; /* "" for the section itself */
    const char *key;  /* ".to", or "" for the entry itself */
};

void model_say(struct model_judge *j, struct model_about about, bool fatal, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Of a live run: what it would send too much of. */
void model_live_judge(struct model_judge *j);
/* Finds the topology, and says what is wrong with its lines. */
void model_links_judge(struct model_judge *j);

/* Of clients who send packets to what that gateway, which they name, protects. */
void model_traffic_judge(struct model_judge *j, const struct model_clients *clients,
                         const struct model_gateway *gateway);

#endif
