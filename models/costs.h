/* SPDX-License-Identifier: MIT
 * Cost profiles as data, in two halves chosen separately: `machine`, time per
 * cryptographic primitive, and `implementation`, what a daemon spends around
 * them. Every number carries its source or is marked estimated. */
#ifndef MODELS_COSTS_H
#define MODELS_COSTS_H

#include "ike/crypto.h"
#include "sim/host.h"

struct model_machine {
    const char *name;
    const char *meaning;
    const char *source;
    struct ike_costs costs;
};

struct model_implementation {
    const char *name;
    const char *meaning;
    const char *source;
    struct sim_implementation costs;
};

extern const struct model_machine model_machines[];
extern const size_t model_machine_count;
extern const struct model_implementation model_implementations[];
extern const size_t model_implementation_count;

/* By name, NULL when there is none. */
const struct model_machine *model_machine_named(const char *name);
const struct model_implementation *model_implementation_named(const char *name);

/* One number of a machine's half: how a profile's file names it, its unit, and where it stands. */
enum { MODEL_COST_KEY_MAX = 32, MODEL_COST_ROWS_MAX = 2 * IKE_ALGOS_MAX + 2 * KEY_TYPE_COUNT + 5 };
struct model_cost_row {
    char key[MODEL_COST_KEY_MAX]; /* "derive.x25519" */
    const char *unit;             /* "ns", or "ps" for each octet */
    uint32_t *value;
};
/* Fills `rows`, MODEL_COST_ROWS_MAX of them, with views into `costs`; how many there are. */
size_t model_cost_rows(struct ike_costs *costs, struct model_cost_row *rows);

/* Reads a profile that `ikelab calibrate` printed, into *out, whose name is its path (kept by the
 * caller). On trouble false, and one line that says where and what into `error`. */
bool model_machine_read(const char *path, struct model_machine *out, char *error, size_t error_max);

#endif
