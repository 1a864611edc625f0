/* SPDX-License-Identifier: MIT
 * CPUs: on which we run, and what one is worth just now. A virtual machine's
 * neighbours take from it what no count of stolen time tells: turns of a core
 * that two threads share, and room in caches. So who measures a real daemon
 * measures this beside it. */
#include "sim/netns_inside.h"
#include "sim/realtime.h"
#include "sim/rng.h"

#include <sched.h>
#include <stdlib.h>

enum { LINE = 64, LINES = (4 << 20) / LINE, THOUSANDS = 2000 };

uint64_t sim_cpus(void)
{
    cpu_set_t set;
    uint64_t cpus = 0;
    CPU_ZERO(&set);
    (void)sched_getaffinity(0, sizeof set, &set);
    for (size_t i = 0; i < 64; i++)
        cpus |= CPU_ISSET(i, &set) ? UINT64_C(1) << i : 0;
    return cpus;
}

bool sim_cpus_keep(uint64_t cpus)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t i = 0; i < 64; i++)
        if ((cpus >> i & 1) != 0)
            CPU_SET(i, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

/* One cache line of the chain. */
struct link {
    uint32_t next;
    uint8_t rest[LINE - sizeof(uint32_t)];
};

/* One ring through all lines, in an order that nothing foresees; NULL: no memory. */
static struct link *chain_open(void)
{
    struct link *const links = malloc(LINES * sizeof *links);
    struct sim_rng rng;
    if (links == NULL)
        return NULL;
    sim_rng_open(&rng, 1, "cpu_probe");
    for (uint32_t i = 0; i < LINES; i++)
        links[i].next = i;
    for (uint32_t i = LINES - 1; i > 0; i--) { /* Sattolo */
        const uint32_t other = (uint32_t)sim_rng_below(&rng, i);
        const uint32_t kept = links[i].next;
        links[i].next = links[other].next;
        links[other].next = kept;
    }
    return links;
}

static uint32_t follow(const struct link *links)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < LINES; i++)
        at = links[at].next;
    return at;
}

struct sim_cpu_probe sim_cpu_probe(uint64_t cpus)
{
    const uint64_t ours = sim_cpus();
    struct link *const links = chain_open();
    struct sim_cpu_probe found = {0};
    if (links != NULL && (cpus == 0 || sim_cpus_keep(cpus))) {
        volatile uint32_t end = follow(links);
        const uint64_t first = sim_wall_ns();
        end += follow(links);
        const uint64_t second = sim_wall_ns();
        uint64_t x = end;
        for (uint32_t i = 0; i < THOUSANDS * 1000; i++)
            x = x * UINT64_C(6364136223846793005) + 1;
        end = (uint32_t)x;
        found.reads_ns = (second - first) * 1000 / LINES;
        found.steps_ns = (sim_wall_ns() - second) / THOUSANDS;
        (void)sim_cpus_keep(ours);
    }
    free(links);
    return found;
}
