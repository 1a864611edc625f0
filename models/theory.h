/* SPDX-License-Identifier: MIT
 * Closed forms that a run is checked against. Each takes the description of a
 * run, and nothing that a run measured. Doubles are fine here: nothing in a
 * run depends on them. */
#ifndef MODELS_THEORY_H
#define MODELS_THEORY_H

#include "models/world.h"

struct model_theory {
    const char *name;    /* "erlang-b" */
    const char *metric;  /* what it predicts, a metric's name; same unit */
    const char *assumes; /* for the figure and the man page */
    const char *source;
    /* Of a judged world. False when it is not one the form speaks of, with the reason in
     * `error`. */
    bool (*predict)(const struct model_world_config *world, double *out, char *error,
                    size_t error_max);
};

extern const struct model_theory model_theories[];
extern const size_t model_theory_count;
const struct model_theory *model_theory_named(const char *name);

/* Erlang's loss formula: the share of arrivals that find all slots taken. */
double model_erlang_b(uint32_t slots, double load);
/* Mean wait in queue of M/D/1, in the unit of `service`. */
double model_md1_wait(double rate, double service);
/* Core time of one flood request answered with a cookie, and of one that makes a half-open SA, ns,
 * from the profiles alone; below 0 when the gateway would do neither. */
double model_cookie_cost_ns(const struct model_gateway *gateway,
                            const struct model_attacker *attacker);
double model_half_open_cost_ns(const struct model_gateway *gateway,
                               const struct model_attacker *attacker);

#endif
