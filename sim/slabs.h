/* SPDX-License-Identifier: MIT
 * Room for datagrams on their way: slabs of a few sizes from a pool that is
 * reserved at open and touched only when used. When it is used up, there is
 * none; the caller counts a loss. The limits are the same on every machine. */
#ifndef SIM_SLABS_H
#define SIM_SLABS_H

#include <stddef.h>
#include <stdint.h>

struct sim_slabs;

/* So many of the smallest, an eighth of the middle, a 512th of the largest size. NULL when address
 * space cannot be had. */
struct sim_slabs *sim_slabs_open(uint32_t count);
void sim_slabs_close(struct sim_slabs *slabs);
/* At least `len` octets, aligned for anything, not zeroed; NULL when there are none left. */
void *sim_slabs_take(struct sim_slabs *slabs, size_t len);
void sim_slabs_give(struct sim_slabs *slabs, void *slab);
uint32_t sim_slabs_taken(const struct sim_slabs *slabs);

#endif
