/* SPDX-License-Identifier: MIT
 * One limit of octets, charged as Linux does, and a line for each core and one
 * for what any core may serve. */
#include "sim/inbox.h"

#include "sim/host.h"
#include "sim/slabs.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, PAGE_EXTRA = 256 };

struct charge_row {
    size_t payload_max;
    uint64_t charge;
};

/* Measured on Linux with the default limit of 212,992: 256, 166 and 92 datagrams fit. */
static const struct charge_row charge_rows[] = {{150, 832}, {500, 1283}, {1900, 2315}};
enum { CHARGE_ROWS = sizeof charge_rows / sizeof charge_rows[0] };

struct line {
    struct sim_letter *first;
    struct sim_letter *last;
};

struct sim_inbox {
    struct sim_slabs *slabs;
    uint64_t limit;
    uint64_t used;    /* what was taken and is not free yet, too */
    uint64_t taken;   /* of it, that */
    uint32_t waiting; /* datagrams, */
    uint32_t batch;   /* and of them, what is left of those that waited when the last batch began */
    uint64_t serial;
    struct line lines[SIM_CORES_MAX + 1];
};

uint64_t sim_inbox_charge(size_t payload_len)
{
    for (size_t i = 0; i < CHARGE_ROWS; i++) {
        if (payload_len <= charge_rows[i].payload_max)
            return charge_rows[i].charge;
    }
    return ((uint64_t)payload_len + PAGE - 1) / PAGE * PAGE + PAGE_EXTRA;
}

static uint32_t smaller(uint64_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

struct sim_inbox *sim_inbox_open(uint64_t limit, uint32_t streams)
{
    struct sim_inbox *const inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL)
        return NULL;
    const uint32_t counts[SIM_SLAB_SIZES] = {smaller(limit / 832 + 1 + streams, 1 << 18),
                                             smaller(limit / 1283 + 1 + streams, 1 << 16),
                                             smaller(limit / PAGE + 1 + streams, 1 << 10)};
    inbox->limit = limit;
    inbox->slabs = sim_slabs_open(counts);
    if (inbox->slabs == NULL) {
        free(inbox);
        return NULL;
    }
    return inbox;
}

void sim_inbox_close(struct sim_inbox *inbox)
{
    if (inbox == NULL)
        return;
    sim_slabs_close(inbox->slabs);
    free(inbox);
}

bool sim_inbox_put(struct sim_inbox *inbox, uint64_t now_ns, uint32_t core,
                   const struct sim_datagram *datagram, uint32_t stream)
{
    const uint64_t charge = stream != 0 ? 0 : sim_inbox_charge(datagram->len);
    if (inbox->used + charge > inbox->limit)
        return false;
    struct sim_letter *const letter = sim_slabs_take(inbox->slabs, sizeof *letter + datagram->len);
    if (letter == NULL)
        return false;
    inbox->used += charge;
    inbox->waiting += stream != 0 ? 0 : 1;
    *letter = (struct sim_letter){.serial = ++inbox->serial,
                                  .arrived_ns = now_ns,
                                  .charge = charge,
                                  .stream = stream,
                                  .datagram = *datagram};
    uint8_t *const payload = (uint8_t *)(letter + 1);
    if (datagram->len > 0)
        memcpy(payload, datagram->at, datagram->len);
    letter->datagram.at = payload;
    struct line *const line = &inbox->lines[core];
    if (line->first == NULL)
        line->first = letter;
    else
        line->last->next = letter;
    line->last = letter;
    return true;
}

/* The line whose first is the oldest that `core` may serve. */
static struct line *line_for(struct sim_inbox *inbox, uint32_t core)
{
    struct line *const own = &inbox->lines[core];
    struct line *const any = &inbox->lines[SIM_ANY_CORE];
    if (own->first == NULL)
        return any;
    if (any->first == NULL)
        return own;
    return own->first->serial < any->first->serial ? own : any;
}

bool sim_inbox_has(const struct sim_inbox *inbox, uint32_t core)
{
    return inbox->lines[core].first != NULL || inbox->lines[SIM_ANY_CORE].first != NULL;
}

/* A reader takes what waits by batches, and room is free again when it was a quarter of all, or the
 * batch is read (measured on Linux 6.18: of 256 short datagrams 64 must be read before another one
 * fits, and then 64 do). */
static void room_free(struct sim_inbox *inbox, const struct sim_letter *letter)
{
    if (letter->stream != 0)
        return;
    if (inbox->batch == 0)
        inbox->batch = inbox->waiting;
    inbox->waiting--;
    inbox->batch--;
    inbox->taken += letter->charge;
    if (inbox->batch > 0 && inbox->taken < inbox->limit / 4)
        return;
    inbox->used -= inbox->taken;
    inbox->taken = 0;
}

struct sim_letter *sim_inbox_take(struct sim_inbox *inbox, uint32_t core)
{
    struct line *const line = line_for(inbox, core);
    struct sim_letter *const letter = line->first;
    if (letter == NULL)
        return NULL;
    line->first = letter->next;
    room_free(inbox, letter);
    return letter;
}

void sim_inbox_give(struct sim_inbox *inbox, struct sim_letter *letter)
{
    sim_slabs_give(inbox->slabs, letter);
}
