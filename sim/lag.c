/* SPDX-License-Identifier: MIT
 * How late events were (lag.h). */
#include "sim/lag.h"

#include <assert.h>

enum { PARTS = 8, MILLION = 1000000 };

/* Below 8 each value is a bin; above, each octave has 8. */
static uint32_t bin_of(uint64_t late_ns)
{
    if (late_ns < PARTS)
        return (uint32_t)late_ns;
    const uint32_t octave = 63 - (uint32_t)__builtin_clzll(late_ns); /* at least 3 */
    const uint32_t bin = PARTS * (octave - 2) + (uint32_t)(late_ns >> (octave - 3)) % PARTS;
    return bin < SIM_LAG_BINS ? bin : SIM_LAG_BINS - 1;
}

/* The greatest that lies in the bin. */
static uint64_t bin_edge(uint32_t bin)
{
    if (bin < PARTS)
        return bin;
    const uint32_t octave = bin / PARTS + 2;
    const uint64_t part = PARTS + bin % PARTS;
    return ((part + 1) << (octave - 3)) - 1;
}

void sim_lag_add(struct sim_lag *lag, uint64_t late_ns, uint64_t events)
{
    lag->count += events;
    lag->sum_ns += late_ns * events;
    lag->bins[bin_of(late_ns)] += events;
    if (late_ns > lag->limit_ns)
        lag->over += events;
    if (late_ns > lag->max_ns && events > 0)
        lag->max_ns = late_ns;
}

uint64_t sim_lag_percentile(const struct sim_lag *lag, uint32_t ppm)
{
    assert(ppm <= MILLION);
    const uint64_t wanted = lag->count / MILLION * ppm + lag->count % MILLION * ppm / MILLION;
    uint64_t below = 0;
    if (lag->count == 0)
        return 0;
    for (uint32_t bin = 0; bin < SIM_LAG_BINS - 1; bin++) {
        below += lag->bins[bin];
        if (below >= wanted && below > 0)
            return bin_edge(bin) < lag->max_ns ? bin_edge(bin) : lag->max_ns;
    }
    return lag->max_ns;
}
