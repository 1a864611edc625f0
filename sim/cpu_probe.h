/* SPDX-License-Identifier: MIT
 * What a CPU is worth just now: a virtual machine's neighbours take from it what
 * no count of stolen time tells, turns of a core that two threads share and room
 * in caches. So who measures a real daemon measures this beside it. */
#ifndef SIM_CPU_PROBE_H
#define SIM_CPU_PROBE_H

#include <stdint.h>

struct sim_cpu_probe {
    uint64_t steps_ns; /* 1,000 multiplications, each of what the one before gave */
    uint64_t reads_ns; /* 1,000 reads of 4 MiB, each where the one before said, at random */
};

/* Of the CPUs `cpus` (netns.h; 0: whichever we are on), some 30 ms long; zeros if that cannot be.
 */
struct sim_cpu_probe sim_cpu_probe(uint64_t cpus);

#endif
