/* SPDX-License-Identifier: MIT
 * The event queue under the hold model: the first event runs and goes back at a
 * random distance; after every tenth, another is cancelled and goes elsewhere.
 * Beside it, in the same run, a plain binary heap that does the same. */
#include "sim/loop.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct hold;
struct held {
    struct sim_event event;
    struct hold *hold;
};

struct entry {
    uint64_t at_ns;
    uint64_t key;
    struct sim_event *event;
};

struct hold {
    struct held *held;
    uint32_t count;
    uint64_t mean_ns;
    uint64_t ran;
    uint64_t now_ns; /* the heap's clock */
    uint64_t serial;
    struct sim_rng rng;
    struct sim_loop *loop;
    struct entry *heap;
    uint32_t heap_count;
    void (*put)(struct hold *h, struct sim_event *event, uint64_t at_ns);
    void (*cancel)(struct hold *h, struct sim_event *event);
};

/* What an event does when it runs, whoever keeps it. */
static void held_run(void *owner, uint64_t now_ns)
{
    struct held *const held = owner;
    struct hold *const h = held->hold;
    h->ran++;
    h->put(h, &held->event, now_ns + 1 + sim_rng_below(&h->rng, 2 * h->mean_ns));
    if (h->ran % 10 == 0) {
        struct held *const other = &h->held[sim_rng_below(&h->rng, h->count)];
        h->cancel(h, &other->event);
        h->put(h, &other->event, now_ns + 1 + sim_rng_below(&h->rng, 2 * h->mean_ns));
    }
}

static void loop_put(struct hold *h, struct sim_event *event, uint64_t at_ns)
{
    sim_loop_at(h->loop, event, at_ns);
}

static void loop_cancel(struct hold *h, struct sim_event *event)
{
    sim_loop_cancel(h->loop, event);
}

/* The heap: entries with their keys beside them, so that comparing touches no event. */

static int before(const struct entry *a, const struct entry *b)
{
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns;
    return a->key < b->key;
}

static void heap_set(struct hold *h, uint32_t where, struct entry entry)
{
    h->heap[where] = entry;
    entry.event->slot = where;
}

static void heap_rise(struct hold *h, uint32_t hole, struct entry entry)
{
    for (; hole > 0 && before(&entry, &h->heap[(hole - 1) / 2]); hole = (hole - 1) / 2)
        heap_set(h, hole, h->heap[(hole - 1) / 2]);
    heap_set(h, hole, entry);
}

static void heap_put(struct hold *h, struct sim_event *event, uint64_t at_ns)
{
    event->at_ns = at_ns;
    event->serial = ++h->serial;
    heap_rise(h, h->heap_count++, (struct entry){at_ns, event->serial, event});
}

static void heap_cancel(struct hold *h, struct sim_event *event)
{
    uint32_t hole = event->slot;
    const struct entry last = h->heap[--h->heap_count];
    if (hole == h->heap_count)
        return;
    for (uint32_t child = 2 * hole + 1; child < h->heap_count; child = 2 * hole + 1) {
        if (child + 1 < h->heap_count && before(&h->heap[child + 1], &h->heap[child]))
            child++;
        heap_set(h, hole, h->heap[child]);
        hole = child;
    }
    heap_rise(h, hole, last);
}

static void heap_until(struct hold *h, uint64_t until_ns)
{
    while (h->heap_count > 0 && h->heap[0].at_ns <= until_ns) {
        const struct entry first = h->heap[0];
        heap_cancel(h, first.event);
        h->now_ns = first.at_ns;
        first.event->run(first.event->owner, first.at_ns);
    }
}

static void loop_until(struct hold *h, uint64_t until_ns)
{
    sim_loop_run(h->loop, until_ns);
}

/* One measurement: million events a second. Each event comes round once a second of virtual time;
 * the first two let the queue take its shape. */
static double rate(struct hold *h, void (*until)(struct hold *h, uint64_t until_ns),
                   uint64_t rounds)
{
    sim_rng_open(&h->rng, 1, "hold");
    h->ran = 0;
    for (uint32_t i = 0; i < h->count; i++) {
        h->held[i] = (struct held){.event = {.rank = SIM_TIMER, .run = held_run}, .hold = h};
        h->held[i].event.owner = &h->held[i];
        h->put(h, &h->held[i].event, 1 + sim_rng_below(&h->rng, 2 * h->mean_ns));
    }
    until(h, 2 * h->mean_ns);
    const uint64_t before_ran = h->ran;
    const double begun = seconds();
    until(h, (2 + rounds) * h->mean_ns);
    return (double)(h->ran - before_ran) / (seconds() - begun) / 1e6;
}

static void compare(const char *name, uint32_t count, uint64_t rounds)
{
    struct hold h = {.count = count, .mean_ns = 1000000000};
    h.held = calloc(count, sizeof *h.held);
    h.heap = calloc(count + 1, sizeof *h.heap);
    h.loop = sim_loop_open();
    h.put = loop_put;
    h.cancel = loop_cancel;
    const double loop = rate(&h, loop_until, rounds);
    h.put = heap_put;
    h.cancel = heap_cancel;
    const double heap = rate(&h, heap_until, rounds);
    (void)printf("%s  %.2f Mevents/s  floor %.2f Mevents/s  %.2f\n", name, loop, heap, loop / heap);
    sim_loop_close(h.loop);
    free(h.heap);
    free(h.held);
}

int main(void)
{
    compare("loop_hold_1e6", 1000000, 6);
    compare("loop_hold_1e5", 100000, 60);
    compare("loop_hold_1e3", 1000, 10000);
    return 0;
}
