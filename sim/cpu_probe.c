/* SPDX-License-Identifier: MIT */
#include "sim/cpu_probe.h"

#include "sim/netns.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <time.h>

enum { LINE = 64, LINES = (4 << 20) / LINE, THOUSANDS = 2000 };

/* One cache line of the chain. */
struct link {
    uint32_t next;
    uint8_t rest[LINE - sizeof(uint32_t)];
};

static uint64_t clock_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* One ring through all lines, in an order that nothing foresees. */
static void chain(struct link *links)
{
    struct sim_rng rng;
    sim_rng_open(&rng, 1, "cpu_probe");
    for (uint32_t i = 0; i < LINES; i++)
        links[i].next = i;
    for (uint32_t i = LINES - 1; i > 0; i--) { /* Sattolo */
        const uint32_t other = (uint32_t)sim_rng_below(&rng, i);
        const uint32_t kept = links[i].next;
        links[i].next = links[other].next;
        links[other].next = kept;
    }
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
    struct link *const links = malloc(LINES * sizeof *links);
    struct sim_cpu_probe found = {0};
    if (links != NULL && (cpus == 0 || sim_cpus_keep(cpus))) {
        chain(links);
        volatile uint32_t end = follow(links);
        const uint64_t first = clock_ns();
        end += follow(links);
        const uint64_t second = clock_ns();
        uint64_t x = end;
        for (uint32_t i = 0; i < THOUSANDS * 1000; i++)
            x = x * UINT64_C(6364136223846793005) + 1;
        end = (uint32_t)x;
        found.reads_ns = (second - first) * 1000 / LINES;
        found.steps_ns = (clock_ns() - second) / THOUSANDS;
        (void)sim_cpus_keep(ours);
    }
    free(links);
    return found;
}
