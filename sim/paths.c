/* SPDX-License-Identifier: MIT
 * Path MTUs by destination (paths.h). */
#include "sim/paths.h"

#include <stdlib.h>

enum { WAYS = 4, SETS = SIM_PATHS_MAX / WAYS, IPV4_LEAST = 68, IPV6_LEAST = 1280 };

#define VALID_NS (UINT64_C(600) * 1000000000)

struct known {
    struct sim_path path;
    uint32_t mtu; /* 0: none */
    uint64_t learnt_ns;
};

struct sim_paths {
    struct known sets[SETS][WAYS];
};

struct sim_paths *sim_paths_open(void)
{
    return calloc(1, sizeof(struct sim_paths));
}

void sim_paths_close(struct sim_paths *paths)
{
    free(paths);
}

static uint32_t set_of(const struct sim_path *path)
{
    const uint64_t both = ike_addr_hash(&path->from) * 31 + ike_addr_hash(&path->to);
    return (uint32_t)(both >> 32) % SETS;
}

static bool same(const struct known *known, const struct sim_path *path)
{
    return known->mtu != 0 && ike_addr_same_ip(&known->path.from, &path->from) &&
           ike_addr_same_ip(&known->path.to, &path->to);
}

void sim_paths_learn(struct sim_paths *paths, uint64_t now_ns, const struct sim_path *path,
                     uint32_t mtu)
{
    struct known *const set = paths->sets[set_of(path)];
    struct known *place = set;
    if (mtu < (path->to.family == IKE_IPV6 ? IPV6_LEAST : IPV4_LEAST) ||
        mtu >= sim_paths_mtu(paths, now_ns, path))
        return;
    for (uint32_t i = 0; i < WAYS && !same(place, path); i++)
        if (same(&set[i], path) || set[i].learnt_ns < place->learnt_ns)
            place = &set[i];
    *place = (struct known){.path = *path, .mtu = mtu, .learnt_ns = now_ns};
}

uint32_t sim_paths_mtu(const struct sim_paths *paths, uint64_t now_ns, const struct sim_path *path)
{
    const struct known *const set = paths->sets[set_of(path)];
    for (uint32_t i = 0; i < WAYS; i++)
        if (same(&set[i], path) && now_ns - set[i].learnt_ns < VALID_NS)
            return set[i].mtu;
    return UINT32_MAX;
}
