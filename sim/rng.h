/* SPDX-License-Identifier: MIT
 * Chance: named streams of random integers. A stream is made from the run's
 * seed and its name, so adding one does not shift another's numbers. All is
 * integer arithmetic: the same on every machine and compiler. */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include "ike/crypto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_rng {
    uint64_t state[4]; /* xoshiro256**; seeded by SplitMix64 over seed and name */
};

void sim_rng_open(struct sim_rng *rng, uint64_t seed, const char *name);
/* Stream number `index` of a family, e.g. of client `index`. */
void sim_rng_open_at(struct sim_rng *rng, uint64_t seed, const char *name, uint64_t index);
uint64_t sim_rng_u64(struct sim_rng *rng);
/* Uniform in 0 … below-1, without bias; `below` is at least 1. */
uint64_t sim_rng_below(struct sim_rng *rng, uint64_t below);
/* Uniform in low … high, both included. */
uint64_t sim_rng_between(struct sim_rng *rng, uint64_t low, uint64_t high);
/* True with probability ppb / 1,000,000,000 (parts per billion, so that 0.1 % is exact). Draws
 * whatever `ppb` is, so that runs with different shares see the same luck. */
bool sim_rng_chance_ppb(struct sim_rng *rng, uint32_t ppb);
/* Exponential with the given mean, in the mean's unit, by an integer logarithm: within 2^-32 of the
 * mean, then rounded to the nearest integer; at most 44.4 means. One draw. */
uint64_t sim_rng_exponential(struct sim_rng *rng, uint64_t mean);
void sim_rng_fill(struct sim_rng *rng, uint8_t *out, size_t len);
/* The stream as the engine's source of random octets. */
struct ike_random sim_rng_random(struct sim_rng *rng);

#endif
