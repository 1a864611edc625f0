/* SPDX-License-Identifier: MIT
 * The points of a sweep: axes that are walked as a grid, the first the
 * slowest, and axes zipped together that move as one. */
#ifndef EXPERIMENTS_SWEEP_H
#define EXPERIMENTS_SWEEP_H

#include "experiments/problems.h"

#include <stddef.h>
#include <stdint.h>

enum { SWEEP_AXES_MAX = 16, SWEEP_POINTS_MAX = 100000 };

struct sweep_value {
    const char *text;
    struct place at;
};

struct sweep_axis {
    const char *path;
    struct place at;
    struct sweep_value *values;
    uint32_t value_count;
    uint32_t group; /* axes of one group are zipped: they have the same number of values */
};

struct sweep {
    struct sweep_axis axes[SWEEP_AXES_MAX];
    uint32_t axis_count;
    uint32_t group_count; /* groups are numbered in the order of the axes */
};

/* Product of the lengths of the groups: 1 without axes; SWEEP_POINTS_MAX + 1 when there are more.
 */
uint32_t sweep_points(const struct sweep *sweep);
/* The value of an axis at a point. */
const struct sweep_value *sweep_value_at(const struct sweep *sweep, uint32_t axis, uint32_t point);
const struct sweep_axis *sweep_axis_of(const struct sweep *sweep, const char *path);

#endif
