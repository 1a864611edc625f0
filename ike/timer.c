/* SPDX-License-Identifier: MIT
 * The heap of deadlines. */
#include "ike/timer.h"

#include "ike/ike.h"
#include "ike/pool.h"

#include <assert.h>

enum { ARITY = 4 };

bool ike_timers_open(struct ike_timers *timers, uint32_t max)
{
    *timers = (struct ike_timers){.max = max};
    timers->heap = ike_reserve(max, sizeof *timers->heap);
    timers->place = ike_reserve((size_t)max + 1, sizeof *timers->place);
    if (timers->heap != NULL && timers->place != NULL)
        return true;
    ike_timers_close(timers);
    return false;
}

void ike_timers_close(struct ike_timers *timers)
{
    ike_unreserve(timers->heap, timers->max, sizeof *timers->heap);
    ike_unreserve(timers->place, (size_t)timers->max + 1, sizeof *timers->place);
    *timers = (struct ike_timers){0};
}

static bool before(struct ike_timer_entry a, struct ike_timer_entry b)
{
    return a.at_ns != b.at_ns ? a.at_ns < b.at_ns : a.number < b.number;
}

static void put(struct ike_timers *timers, uint32_t at, struct ike_timer_entry entry)
{
    timers->heap[at] = entry;
    timers->place[entry.number] = at + 1;
}

static void rise(struct ike_timers *timers, uint32_t at, struct ike_timer_entry entry)
{
    while (at > 0 && before(entry, timers->heap[(at - 1) / ARITY])) {
        put(timers, at, timers->heap[(at - 1) / ARITY]);
        at = (at - 1) / ARITY;
    }
    put(timers, at, entry);
}

static void sink(struct ike_timers *timers, uint32_t at, struct ike_timer_entry entry)
{
    for (;;) {
        const uint32_t first = at * ARITY + 1;
        uint32_t least = first;
        for (uint32_t i = first + 1; i < first + ARITY && i < timers->count; i++)
            if (before(timers->heap[i], timers->heap[least]))
                least = i;
        if (least >= timers->count || !before(timers->heap[least], entry))
            break;
        put(timers, at, timers->heap[least]);
        at = least;
    }
    rise(timers, at, entry);
}

static void take_out(struct ike_timers *timers, uint32_t number)
{
    const uint32_t at = timers->place[number] - 1;
    timers->place[number] = 0;
    const struct ike_timer_entry last = timers->heap[--timers->count];
    if (at < timers->count)
        sink(timers, at, last);
}

void ike_timers_set(struct ike_timers *timers, uint32_t number, uint64_t at_ns)
{
    assert(number >= 1 && number <= timers->max);
    const uint32_t place = timers->place[number];
    const struct ike_timer_entry entry = {.at_ns = at_ns, .number = number};
    if (at_ns == IKE_NEVER) {
        if (place != 0)
            take_out(timers, number);
    } else if (place == 0) {
        rise(timers, timers->count++, entry);
    } else if (timers->heap[place - 1].at_ns != at_ns) {
        sink(timers, place - 1, entry);
    }
}

struct ike_timer_entry ike_timers_first(const struct ike_timers *timers)
{
    if (timers->count == 0)
        return (struct ike_timer_entry){.at_ns = IKE_NEVER, .number = 0};
    return timers->heap[0];
}
