/* SPDX-License-Identifier: MIT
 * What becomes of a population's attempts, counted: how many succeeded, and how
 * long they took. Within models only. */
#ifndef MODELS_OUTCOMES_H
#define MODELS_OUTCOMES_H

#include "models/scene.h"

struct model_outcomes {
    uint64_t successes, failures, censored;
    uint64_t resolved_during, successes_during; /* begun while some attacker sends */
    uint64_t *times_ns;                         /* of successes, as they came */
    uint64_t max;                               /* room for so many */
};

/* Address space for so many attempts; false: there is none. */
bool model_outcomes_open(struct model_outcomes *outcomes, uint64_t max);
void model_outcomes_close(struct model_outcomes *outcomes);
/* `took_ns` of a success. */
void model_outcomes_add(struct model_outcomes *outcomes, enum sim_outcome outcome,
                        enum sim_phase phase, uint64_t took_ns);
/* The metrics of them all, of the population `who`. */
void model_outcomes_report(const struct model_scene *scene, const char *who,
                           struct model_outcomes *outcomes);

#endif
