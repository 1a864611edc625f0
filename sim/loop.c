/* SPDX-License-Identifier: MIT
 * The event queue and the loop that drains it.
 *
 * Far events lie unsorted in a wheel of 8 levels with 256 buckets each: level
 * and bucket are the highest octet of the time that differs from `base`, and
 * that octet. Near events, those less than `span` after `base`, lie in order:
 * in `near`, sorted once when their bucket was taken, or in `late`, a binary
 * heap of those that came after that. A bucket too large to sort is spread
 * over the levels below. So an event is moved two or three times, always from
 * one array to another, and a million of them cost few cache misses.
 *
 * Always: base <= now when anyone else's code runs, so all that waits is at or
 * after `base`, and everything in the wheel is at or after base + span. */
#include "sim/loop.h"

#include "sim/net.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    LEVELS = 8,
    DIGITS = 256,
    WORDS = DIGITS / 64,
    CHUNK = 32,     /* entries of a bucket's piece: a power of two, for `slot` */
    NEAR_MAX = 48,  /* a bucket of so many is sorted, a larger one spread */
    LATE_MAX = 96,  /* more latecomers than this go back to the wheel, if it can part them */
    PREFETCH = 6,   /* entries ahead */
    NO_CHUNK = 0,   /* chunk 0 is never used */
    RANK_SHIFT = 56 /* 2^56 events take 300 years to run */
};

/* Which structure an event lies in: the two highest bits of its `slot`. */
#define IN_WHEEL   UINT32_C(0)
#define IN_NEAR    UINT32_C(0x80000000)
#define IN_LATE    UINT32_C(0xc0000000)
#define PLACE_MASK UINT32_C(0xc0000000)
#define SLOT_MASK  UINT32_C(0x3fffffff)

#define WAITING_MAX (sizeof(void *) > 4 ? UINT32_C(1) << 25 : UINT32_C(1) << 21)
#define CHUNKS_MAX  (WAITING_MAX / CHUNK + LEVELS * DIGITS + 1)

struct entry {
    uint64_t at_ns;
    uint64_t key; /* rank, then serial */
    struct sim_event *event;
};

struct chunk {
    uint32_t next;
    uint32_t bucket;
    struct entry entries[CHUNK];
};

/* Chunks are full but for the first. */
struct bucket {
    uint32_t chunk;
    uint32_t count;
};

struct sim_loop {
    uint64_t now_ns;
    uint64_t base_ns;
    uint64_t span_ns;
    uint64_t serial;
    uint64_t count;
    uint32_t near_first, near_end; /* what is left of `near` */
    uint32_t late_count;
    uint32_t waiting;
    uint32_t levels;              /* bit n: level n holds something */
    uint64_t full[LEVELS][WORDS]; /* bit n: bucket n does */
    struct entry near[NEAR_MAX];
    struct bucket buckets[LEVELS * DIGITS];
    struct entry *late;   /* WAITING_MAX; pages are touched when used */
    struct chunk *chunks; /* CHUNKS_MAX */
    uint32_t chunk_free;  /* a list through `next` */
    uint32_t chunk_fresh; /* from here on never used */
    struct sim_net *net;
};

static bool entry_before(const struct entry *a, const struct entry *b)
{
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns;
    return a->key < b->key;
}

/* The wheel. */

static uint32_t chunk_take(struct sim_loop *l)
{
    const uint32_t free = l->chunk_free;
    if (free != NO_CHUNK) {
        l->chunk_free = l->chunks[free].next;
        return free;
    }
    assert(l->chunk_fresh < CHUNKS_MAX);
    return l->chunk_fresh++;
}

static void chunk_give(struct sim_loop *l, uint32_t chunk)
{
    l->chunks[chunk].next = l->chunk_free;
    l->chunk_free = chunk;
}

static uint32_t bucket_of(const struct sim_loop *l, uint64_t at_ns)
{
    const uint64_t differs = at_ns ^ l->base_ns;
    const uint32_t level = differs == 0 ? 0 : (63 - (uint32_t)__builtin_clzll(differs)) / 8;
    return level * DIGITS + (uint32_t)(at_ns >> (8 * level)) % DIGITS;
}

static void bucket_mark(struct sim_loop *l, uint32_t bucket)
{
    const uint32_t level = bucket / DIGITS;
    const uint32_t digit = bucket % DIGITS;
    l->full[level][digit / 64] |= UINT64_C(1) << (digit % 64);
    l->levels |= UINT32_C(1) << level;
}

static void bucket_clear(struct sim_loop *l, uint32_t bucket)
{
    const uint32_t level = bucket / DIGITS;
    const uint32_t digit = bucket % DIGITS;
    uint64_t *const full = l->full[level];
    full[digit / 64] &= ~(UINT64_C(1) << (digit % 64));
    if ((full[0] | full[1] | full[2] | full[3]) == 0)
        l->levels &= ~(UINT32_C(1) << level);
}

static void wheel_put(struct sim_loop *l, const struct entry *entry)
{
    const uint32_t index = bucket_of(l, entry->at_ns);
    struct bucket *const b = &l->buckets[index];
    const uint32_t where = b->count % CHUNK;
    if (where == 0) {
        const uint32_t chunk = chunk_take(l);
        l->chunks[chunk].next = b->chunk;
        l->chunks[chunk].bucket = index;
        b->chunk = chunk;
        if (b->count == 0)
            bucket_mark(l, index);
    }
    b->count++;
    l->chunks[b->chunk].entries[where] = *entry;
    entry->event->slot = IN_WHEEL | (b->chunk * CHUNK + where);
}

/* Fills the hole with the bucket's last entry. */
static void wheel_remove(struct sim_loop *l, uint32_t slot)
{
    struct chunk *const holed = &l->chunks[slot / CHUNK];
    struct bucket *const b = &l->buckets[holed->bucket];
    const uint32_t last = --b->count % CHUNK;
    struct chunk *const first = &l->chunks[b->chunk];
    const struct entry moved = first->entries[last];
    holed->entries[slot % CHUNK] = moved;
    moved.event->slot = IN_WHEEL | slot;
    if (last > 0)
        return;
    const uint32_t emptied = b->chunk;
    b->chunk = first->next;
    if (b->count == 0)
        bucket_clear(l, first->bucket);
    chunk_give(l, emptied);
}

/* The bucket that holds the soonest of the wheel: the lowest level holds what differs from `base`
 * in the lowest octet. Its start goes to *start_ns. False when the wheel is empty. */
static bool wheel_first(const struct sim_loop *l, uint32_t *bucket, uint64_t *start_ns)
{
    if (l->levels == 0)
        return false;
    const uint32_t level = (uint32_t)__builtin_ctz(l->levels);
    uint32_t word = 0;
    while (l->full[level][word] == 0)
        word++;
    const uint32_t digit = word * 64 + (uint32_t)__builtin_ctzll(l->full[level][word]);
    const uint64_t above = level == LEVELS - 1 ? 0 : l->base_ns >> (8 * level + 8) << 8;
    *bucket = level * DIGITS + digit;
    *start_ns = (above | digit) << (8 * level);
    return true;
}

/* The heap of latecomers. */

static void late_set(struct sim_loop *l, uint32_t where, const struct entry *entry)
{
    l->late[where] = *entry;
    entry->event->slot = IN_LATE | where;
}

/* `entry` goes to `hole` or above it. */
static void late_rise(struct sim_loop *l, uint32_t hole, const struct entry *entry)
{
    const struct entry rising = *entry;
    while (hole > 0) {
        const uint32_t parent = (hole - 1) / 2;
        if (!entry_before(&rising, &l->late[parent]))
            break;
        late_set(l, hole, &l->late[parent]);
        hole = parent;
    }
    late_set(l, hole, &rising);
}

static void late_put(struct sim_loop *l, const struct entry *entry)
{
    assert(l->late_count < WAITING_MAX);
    late_rise(l, l->late_count++, entry);
}

static void late_remove(struct sim_loop *l, uint32_t hole)
{
    const uint32_t count = --l->late_count;
    const struct entry last = l->late[count];
    if (hole == count)
        return;
    for (uint32_t child = 2 * hole + 1; child < count; child = 2 * hole + 1) {
        if (child + 1 < count && entry_before(&l->late[child + 1], &l->late[child]))
            child++;
        late_set(l, hole, &l->late[child]);
        hole = child;
    }
    late_rise(l, hole, &last);
}

/* Between the two. */

static void near_sort(struct sim_loop *l)
{
    for (uint32_t i = 1; i < l->near_end; i++) {
        const struct entry moved = l->near[i];
        uint32_t to = i;
        for (; to > 0 && entry_before(&moved, &l->near[to - 1]); to--)
            l->near[to] = l->near[to - 1];
        l->near[to] = moved;
    }
    for (uint32_t i = 0; i < l->near_end; i++)
        l->near[i].event->slot = IN_NEAR | i;
}

static void near_put(struct sim_loop *l, const struct entry *entry)
{
    __builtin_prefetch(entry->event, 1);
    l->near[l->near_end++] = *entry;
}

/* Empties a bucket, giving each entry to `put`. */
static void bucket_pour(struct sim_loop *l, uint32_t index,
                        void (*put)(struct sim_loop *l, const struct entry *entry))
{
    struct bucket *const b = &l->buckets[index];
    uint32_t chunk = b->chunk;
    uint32_t left = b->count;
    *b = (struct bucket){NO_CHUNK, 0};
    bucket_clear(l, index);
    while (left > 0) {
        const struct chunk *const c = &l->chunks[chunk];
        const uint32_t filled = (left - 1) % CHUNK + 1;
        const uint32_t next = c->next;
        __builtin_prefetch(&l->chunks[next]);
        for (uint32_t i = 0; i < filled; i++) {
            if (i + PREFETCH < filled)
                __builtin_prefetch(c->entries[i + PREFETCH].event, 1);
            put(l, &c->entries[i]);
        }
        chunk_give(l, chunk);
        left -= filled;
        chunk = next;
    }
}

/* Takes the soonest bucket, which begins at start_ns, when nothing near is left. */
static void wheel_take(struct sim_loop *l, uint32_t bucket, uint64_t start_ns)
{
    const uint32_t level = bucket / DIGITS;
    assert(l->near_first == l->near_end && l->late_count == 0);
    assert(start_ns >= l->base_ns || level == 0);
    l->base_ns = start_ns;
    l->span_ns = 0;
    l->near_first = l->near_end = 0;
    if (l->buckets[bucket].count <= NEAR_MAX) {
        bucket_pour(l, bucket, near_put);
        near_sort(l);
        l->span_ns = UINT64_C(1) << (8 * level);
    } else if (level == 0) { /* one instant: nothing left to part them by */
        bucket_pour(l, bucket, late_put);
        l->span_ns = 1;
    } else {
        bucket_pour(l, bucket, wheel_put);
    }
}

/* Too many came late: a bucket was taken that is wide for how dense events are now. Puts all that
 * is near back into the wheel, `now` its new base. */
static void near_spill(struct sim_loop *l)
{
    assert(l->now_ns - l->base_ns < l->span_ns);
    l->base_ns = l->now_ns;
    l->span_ns = 0;
    for (uint32_t i = l->near_first; i < l->near_end; i++) {
        if (l->near[i].event != NULL)
            wheel_put(l, &l->near[i]);
    }
    l->near_first = l->near_end = 0;
    for (uint32_t i = 0; i < l->late_count; i++)
        wheel_put(l, &l->late[i]);
    l->late_count = 0;
}

/* The soonest of what is near; NULL when nothing is. */
static const struct entry *near_peek(struct sim_loop *l)
{
    while (l->near_first < l->near_end && l->near[l->near_first].event == NULL)
        l->near_first++;
    const bool has_late = l->late_count > 0;
    if (l->near_first == l->near_end)
        return has_late ? &l->late[0] : NULL;
    const struct entry *const near = &l->near[l->near_first];
    return has_late && entry_before(&l->late[0], near) ? &l->late[0] : near;
}

static void queue_remove(struct sim_loop *l, struct sim_event *event)
{
    const uint32_t place = event->slot & PLACE_MASK;
    const uint32_t where = event->slot & SLOT_MASK;
    assert(l->waiting > 0);
    l->waiting--;
    if (place == IN_WHEEL)
        wheel_remove(l, where);
    else if (place == IN_LATE)
        late_remove(l, where);
    else
        l->near[where].event = NULL;
    event->serial = 0;
}

/* The loop. */

static void *reserve(size_t octets)
{
    void *const at = mmap(NULL, octets, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

struct sim_loop *sim_loop_open(void)
{
    struct sim_loop *const l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->late = reserve(WAITING_MAX * sizeof *l->late);
    l->chunks = reserve(CHUNKS_MAX * sizeof *l->chunks);
    l->chunk_fresh = 1;
    if (l->late == NULL || l->chunks == NULL) {
        sim_loop_close(l);
        return NULL;
    }
    return l;
}

void sim_loop_close(struct sim_loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->late != NULL)
        (void)munmap(loop->late, WAITING_MAX * sizeof *loop->late);
    if (loop->chunks != NULL)
        (void)munmap(loop->chunks, CHUNKS_MAX * sizeof *loop->chunks);
    free(loop);
}

void sim_loop_join(struct sim_loop *loop, struct sim_net *net)
{
    loop->net = net->ops->run_until == NULL ? NULL : net;
}

uint64_t sim_loop_now(const struct sim_loop *loop)
{
    return loop->now_ns;
}

uint64_t sim_loop_count(const struct sim_loop *loop)
{
    return loop->count;
}

bool sim_loop_waits(const struct sim_event *event)
{
    return event->serial != 0;
}

void sim_loop_cancel(struct sim_loop *loop, struct sim_event *event)
{
    if (event->serial != 0)
        queue_remove(loop, event);
}

void sim_loop_at(struct sim_loop *loop, struct sim_event *event, uint64_t at_ns)
{
    struct sim_loop *const l = loop;
    if (event->serial != 0)
        queue_remove(l, event);
    if (at_ns == SIM_NEVER)
        return;
    assert(at_ns >= l->now_ns);
    assert(event->run != NULL);
    assert(l->waiting < WAITING_MAX);
    l->waiting++;
    event->at_ns = at_ns;
    event->serial = ++l->serial;
    const struct entry entry = {at_ns, (uint64_t)event->rank << RANK_SHIFT | event->serial, event};
    if (at_ns - l->base_ns >= l->span_ns) {
        wheel_put(l, &entry);
        return;
    }
    late_put(l, &entry);
    if (l->late_count > LATE_MAX && l->span_ns - (l->now_ns - l->base_ns) > 1)
        near_spill(l);
}

/* Takes an event off what is near and runs it. */
static void run_one(struct sim_loop *l, const struct entry *first)
{
    struct sim_event *const event = first->event;
    assert(first->at_ns >= l->now_ns);
    l->now_ns = first->at_ns;
    if (first == &l->late[0])
        late_remove(l, 0);
    else
        l->near_first++;
    l->waiting--;
    l->count++;
    event->serial = 0;
    event->run(event->owner, l->now_ns);
}

/* Lets a network with a clock of its own come up to `limit_ns`; false when something happened that
 * may have put an event before it, or when it goes no further. */
static bool net_agrees(struct sim_loop *l, uint64_t limit_ns)
{
    if (l->net == NULL)
        return true;
    const uint64_t serial = l->serial;
    const uint64_t reached_ns = l->net->ops->run_until(l->net, limit_ns);
    assert(reached_ns >= l->now_ns && reached_ns <= limit_ns);
    l->now_ns = reached_ns;
    return reached_ns == limit_ns && serial == l->serial && l->net->trouble == NULL;
}

/* The soonest of what waits; NULL when it lies in the wheel, in `bucket`, none of it before
 * *next_ns. */
static const struct entry *queue_peek(struct sim_loop *l, uint32_t *bucket, uint64_t *next_ns)
{
    const struct entry *const first = near_peek(l);
    *next_ns = SIM_NEVER;
    if (first != NULL)
        *next_ns = first->at_ns;
    else
        (void)wheel_first(l, bucket, next_ns);
    return first;
}

uint64_t sim_loop_next(struct sim_loop *loop)
{
    struct sim_net *const net = loop->net;
    uint32_t bucket = 0;
    uint64_t next_ns = SIM_NEVER;
    (void)queue_peek(loop, &bucket, &next_ns);
    const uint64_t theirs_ns = net != NULL ? net->ops->next(net) : SIM_NEVER;
    const uint64_t soonest_ns = theirs_ns < next_ns ? theirs_ns : next_ns;
    return soonest_ns > loop->now_ns ? soonest_ns : loop->now_ns;
}

/* One step: an event, a bucket, or a stretch of the network's. False when nothing is left to do. */
static bool run_step(struct sim_loop *l, uint64_t until_ns)
{
    uint32_t bucket = 0;
    uint64_t next_ns = SIM_NEVER;
    const struct entry *const first = queue_peek(l, &bucket, &next_ns);
    const uint64_t limit_ns = next_ns < until_ns ? next_ns : until_ns;
    if (l->net != NULL && !net_agrees(l, limit_ns > l->now_ns ? limit_ns : l->now_ns))
        return l->net->trouble == NULL;
    if (first == NULL && l->levels == 0)
        return false;
    if (next_ns > until_ns)
        return false;
    if (first != NULL)
        run_one(l, first);
    else
        wheel_take(l, bucket, next_ns);
    return true;
}

void sim_loop_run(struct sim_loop *loop, uint64_t until_ns)
{
    assert(until_ns >= loop->now_ns);
    while (run_step(loop, until_ns))
        continue;
    if (loop->net == NULL || loop->net->trouble == NULL)
        loop->now_ns = until_ns;
}
