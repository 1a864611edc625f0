/* SPDX-License-Identifier: MIT
 * When the next one comes: of clients at a constant rate or in bursts, and of
 * a flood whose rate changes over time. Within models only. */
#ifndef MODELS_ARRIVALS_H
#define MODELS_ARRIVALS_H

#include "models/world.h"
#include "sim/rng.h"

/* A process under way; all draws come from `rng`, fractions of a nanosecond are carried over. */
struct model_gaps {
    struct sim_rng rng;
    uint64_t carry;
    uint32_t moment; /* of a trace: the next */
};

/* Clients: the first time at or after `from_ns`; then the next one after `now_ns`. SIM_NEVER: none.
 */
uint64_t model_arrival_first(const struct model_arrivals *arrivals, struct model_gaps *gaps,
                             uint64_t from_ns);
uint64_t model_arrival_next(const struct model_arrivals *arrivals, struct model_gaps *gaps,
                            uint64_t now_ns);
/* How many come within `span_ns`, surely not more (but once in far more than 1e20 runs). */
uint64_t model_arrival_bound(const struct model_arrivals *arrivals, uint64_t span_ns);
/* The most that come within any `span_ns`, of those left to chance so many as the rate makes. */
uint64_t model_arrival_most(const struct model_arrivals *arrivals, uint64_t span_ns);

/* A flood: the next time after `now_ns`, before `until_ns`; SIM_NEVER: none. */
uint64_t model_flood_next(const struct model_attacker *attacker, struct model_gaps *gaps,
                          uint64_t now_ns, uint64_t until_ns);
/* The rate at a time, whatever `from` and `until` say: per second x 1e6. */
uint64_t model_flood_rate(const struct model_attacker *attacker, uint64_t at_ns);
/* From when until when there is any rate at all; false: never. */
bool model_flood_span(const struct model_attacker *attacker, uint64_t end_ns, uint64_t *from_ns,
                      uint64_t *until_ns);

#endif
