/* SPDX-License-Identifier: MIT
 * Room for datagrams on their way: slabs of a few sizes from a pool that is
 * reserved at open and touched only when used. When it is used up, there is
 * none; the caller counts a loss. The limits are the same on every machine. */
#ifndef SIM_SLABS_H
#define SIM_SLABS_H

#include <stddef.h>
#include <stdint.h>

struct sim_slabs;

/* Octets of each size of slab less some 16: most IKE messages, most others, any datagram. */
enum {
    SIM_SLAB_SIZES = 3,
    SIM_SLAB_SMALL = 512,
    SIM_SLAB_MIDDLE = 2048,
    SIM_SLAB_LARGE = 65536 + 512
};

/* So many of each size, smallest first. NULL when address space cannot be had. */
struct sim_slabs *sim_slabs_open(const uint32_t counts[SIM_SLAB_SIZES]);
void sim_slabs_close(struct sim_slabs *slabs);
/* At least `len` octets, aligned for anything, not zeroed; NULL when there are none left. */
void *sim_slabs_take(struct sim_slabs *slabs, size_t len);
void sim_slabs_give(struct sim_slabs *slabs, void *slab);
uint32_t sim_slabs_taken(const struct sim_slabs *slabs);

#endif
