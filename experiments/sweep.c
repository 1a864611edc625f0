/* SPDX-License-Identifier: MIT
 * A sweep's points are numbers of a mixed base: one digit a group of axes, the
 * last group's the fastest. */
#include "experiments/sweep.h"

#include <assert.h>
#include <string.h>

static uint32_t group_len(const struct sweep *sweep, uint32_t group)
{
    for (uint32_t i = 0; i < sweep->axis_count; i++)
        if (sweep->axes[i].group == group)
            return sweep->axes[i].value_count;
    return 1;
}

uint32_t sweep_points(const struct sweep *sweep)
{
    uint64_t points = 1;
    for (uint32_t group = 0; group < sweep->group_count; group++) {
        points *= group_len(sweep, group);
        if (points > SWEEP_POINTS_MAX)
            return SWEEP_POINTS_MAX + 1;
    }
    return (uint32_t)points;
}

const struct sweep_value *sweep_value_at(const struct sweep *sweep, uint32_t axis, uint32_t point)
{
    assert(axis < sweep->axis_count);
    assert(point < sweep_points(sweep));
    uint32_t faster = 1;
    for (uint32_t group = sweep->axes[axis].group + 1; group < sweep->group_count; group++)
        faster *= group_len(sweep, group);
    const uint32_t digit = point / faster % sweep->axes[axis].value_count;
    return &sweep->axes[axis].values[digit];
}

const struct sweep_axis *sweep_axis_of(const struct sweep *sweep, const char *path)
{
    for (uint32_t i = 0; i < sweep->axis_count; i++)
        if (strcmp(sweep->axes[i].path, path) == 0)
            return &sweep->axes[i];
    return NULL;
}
