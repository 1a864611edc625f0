/* SPDX-License-Identifier: MIT
 * One deadline for each of many numbered things, the earliest first; equal
 * deadlines by number. A 4-ary heap over reserved address space. */
#ifndef IKE_TIMER_H
#define IKE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct ike_timer_entry {
    uint64_t at_ns;
    uint32_t number;
};

struct ike_timers {
    struct ike_timer_entry *heap;
    uint32_t *place; /* of each number in the heap, from 1; 0: not there */
    uint32_t count;
    uint32_t max;
};

bool ike_timers_open(struct ike_timers *timers, uint32_t max);
void ike_timers_close(struct ike_timers *timers);
/* IKE_NEVER takes it out. Setting what is set moves it. */
void ike_timers_set(struct ike_timers *timers, uint32_t number, uint64_t at_ns);
/* The earliest, number 0 when there is none. */
struct ike_timer_entry ike_timers_first(const struct ike_timers *timers);

#endif
