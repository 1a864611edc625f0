/* SPDX-License-Identifier: MIT
 * How late events were: a histogram with bins an eighth of their octave wide, so
 * that a percentile is known to 12.5 %, and what was beyond a limit. */
#ifndef SIM_LAG_H
#define SIM_LAG_H

#include <stdint.h>

enum { SIM_LAG_BINS = 8 * 48 };

struct sim_lag {
    uint64_t limit_ns;
    uint64_t count;
    uint64_t over; /* of these, later than the limit */
    uint64_t sum_ns;
    uint64_t max_ns;
    uint64_t bins[SIM_LAG_BINS];
};

void sim_lag_add(struct sim_lag *lag, uint64_t late_ns, uint64_t events);
/* Not exceeded by so many parts per million of the events: the upper edge of a bin, or the greatest
 * there was if that is less. 0: there were none. */
uint64_t sim_lag_percentile(const struct sim_lag *lag, uint32_t ppm);

#endif
