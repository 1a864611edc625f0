/* SPDX-License-Identifier: MIT
 * The rows of record.h and the names of losses, as tables one can walk. */
#include "sim/record.h"

#include "sim/net.h"

#include <assert.h>
#include <stddef.h>

const struct sim_metric_row sim_metric_rows[SIM_METRIC_COUNT] = {
#define ROW(id, name, unit, kind, who, meaning) {name, unit, #kind, who, meaning},
    SIM_METRIC_ROWS(ROW)
#undef ROW
};

const struct sim_series_row sim_series_rows[SIM_SERIES_COUNT] = {
#define ROW(id, name, unit, meaning) {name, unit, meaning},
    SIM_SERIES_ROWS(ROW)
#undef ROW
};

const char *sim_lost_name(enum sim_lost lost)
{
    static const char *const names[SIM_LOST_COUNT] = {
#define ROW(id, name, meaning) name,
        SIM_LOST_ROWS(ROW)
#undef ROW
    };
    assert((unsigned int)lost < SIM_LOST_COUNT);
    return names[lost];
}
