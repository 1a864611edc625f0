/* SPDX-License-Identifier: MIT
 * What a turn says, and how it is held back (host_inside.h). */
#include "sim/host_inside.h"
#include "sim/slabs.h"
#include "sim/streams.h"

#include <assert.h>
#include <string.h>

enum { MILLION = 1000000 };

static struct sim_note *turn_note(struct sim_host *h, struct sim_turn *t, size_t len)
{
    struct sim_note *const note = sim_slabs_take(h->slabs, sizeof *note + len);
    if (note == NULL)
        return NULL;
    note->next = NULL;
    if (t->first == NULL)
        t->first = note;
    else
        t->last->next = note;
    t->last = note;
    return note;
}

bool sim_turn_packet(struct sim_host *h, struct sim_turn *t, const struct sim_datagram *packet)
{
    struct sim_note *const note = turn_note(h, t, packet->len);
    if (note == NULL)
        return false;
    uint8_t *const payload = (uint8_t *)(note + 1);
    memcpy(payload, packet->at, packet->len);
    note->kind = NOTE_PACKET;
    note->packet = *packet;
    note->packet.at = payload;
    return true;
}

static void note_output(struct sim_host *h, struct sim_turn *t, const struct ike_datagram *d)
{
    if (t->outputs++ == 0)
        t->local = d->local;
    t->out_bytes += d->bytes.len;
    struct sim_note *const note = turn_note(h, t, d->bytes.len);
    if (note == NULL) {
        h->counts.out_dropped++;
        return;
    }
    uint8_t *const payload = (uint8_t *)(note + 1);
    memcpy(payload, d->bytes.at, d->bytes.len);
    note->kind = NOTE_DATAGRAM;
    note->datagram = *d;
    note->datagram.bytes.at = payload;
}

void sim_host_tell(struct sim_host *h, uint64_t now_ns, const struct ike_event *e)
{
    h->counts.events[e->kind]++;
    if (h->streams != NULL)
        sim_streams_heed(h->streams, now_ns, e);
    if (h->parts.ear.event != NULL)
        h->parts.ear.event(h->parts.ear.owner, now_ns, e);
}

static void note_event(struct sim_host *h, struct sim_turn *t, const struct ike_event *e)
{
    if (h->parts.carrier.event != NULL)
        h->parts.carrier.event(h->parts.carrier.owner, t->began_ns, e);
    if (e->kind == IKE_KEYED) { /* in time for who looks at the message that it came with */
        sim_host_tell(h, t->began_ns, e);
        return;
    }
    t->half_open += e->kind == IKE_HALF_OPEN ? 1 : 0;
    t->established += e->kind == IKE_UP ? 1 : 0;
    t->expired += e->kind == IKE_FAILED && e->why == WHY_HALF_OPEN_EXPIRED ? 1 : 0;
    struct sim_note *const note = turn_note(h, t, e->what.len);
    assert(note != NULL);
    note->kind = NOTE_EVENT;
    note->event = *e;
    if (e->what.len == 0)
        return;
    uint8_t *const what = (uint8_t *)(note + 1); /* the engine's view does not last so long */
    memcpy(what, e->what.at, e->what.len);
    note->event.what.at = what;
}

struct sim_turn *sim_turn_open(struct sim_host *h, uint64_t now_ns)
{
    struct sim_turn *const t = sim_slabs_take(h->slabs, sizeof *t);
    assert(t != NULL);
    memset(t, 0, sizeof *t);
    t->host = h;
    t->life = h->lives;
    t->began_ns = now_ns;
    return t;
}

/* What of memory has left the caches since it was used last. */
static uint64_t cold_ppm(const struct sim_implementation *i, uint64_t now_ns, uint64_t used_ns)
{
    const uint64_t since_ns = now_ns - used_ns;
    return since_ns >= i->cold_after_ns ? MILLION : since_ns * MILLION / i->cold_after_ns;
}

/* How many half-open SAs are on one of the lists that keep them. */
static uint64_t listed(const struct sim_host *h)
{
    return ike_stats(h->parts.engine).half_open / (h->config.lists > 0 ? h->config.lists : 1);
}

uint64_t sim_host_taken_ns(const struct sim_host *h)
{
    const struct sim_implementation *const i = &h->config.implementation;
    return i->datagram_ns + (i->datagram_each_ns > 0 ? i->datagram_each_ns * listed(h) : 0);
}

/* Half-open SAs were made or timed out: that memory, and the lists walked, as they are now. */
static uint64_t half_open_ns(struct sim_turn *t)
{
    struct sim_host *const h = t->host;
    const struct sim_implementation *const i = &h->config.implementation;
    if (t->half_open == 0 && t->expired == 0)
        return 0;
    const uint64_t cold = cold_ppm(i, t->began_ns, h->half_opened_ns);
    const uint64_t each_ns =
        (uint64_t)i->half_open_each_ns * t->half_open + (uint64_t)i->expired_each_ns * t->expired;
    const uint64_t each_ppm = MILLION + i->each_cold_milli * cold / 1000;
    h->half_opened_ns = t->began_ns;
    return (uint64_t)i->half_open_ns * t->half_open +
           (t->half_open > 0 ? i->half_open_cold_ns * cold / MILLION : 0) +
           (each_ns > 0 ? each_ns * listed(h) / 1000 * each_ppm / (MILLION / 1000) : 0);
}

void sim_turn_collect(struct sim_turn *t, uint64_t cost_ns, size_t in_bytes)
{
    struct sim_host *const h = t->host;
    const struct sim_implementation *const i = &h->config.implementation;
    struct ike_datagram d;
    struct ike_event e;
    while (ike_next_output(h->parts.engine, &d))
        note_output(h, t, &d);
    while (ike_next_event(h->parts.engine, &e))
        note_event(h, t, &e);
    t->cost_ns = h->parts.crypto->spent_ns + cost_ns + (uint64_t)i->answer_ns * t->outputs +
                 half_open_ns(t) + (uint64_t)i->established_ns * t->established +
                 i->byte_ps * (in_bytes + t->out_bytes) / 1000 +
                 i->cold_ns * cold_ppm(i, t->began_ns, h->turned_ns) / MILLION;
    h->turned_ns = t->began_ns;
    h->parts.crypto->spent_ns = 0;
}

static void say_output(struct sim_host *h, uint64_t now_ns, const struct ike_datagram *d)
{
    const struct sim_datagram out = {.from = d->local,
                                     .to = d->remote,
                                     .at = d->bytes.at,
                                     .len = d->bytes.len,
                                     .protocol = SIM_UDP};
    h->counts.out_packets++;
    h->counts.out_bytes += d->bytes.len;
    if (h->config.cores > 0)
        h->counts.init_accepted += ike_peek(d).kind == IKE_PEEK_INIT_ACCEPTED ? 1 : 0;
    if (h->parts.ear.seen != NULL)
        h->parts.ear.seen(h->parts.ear.owner, now_ns, false, d, "sent");
    if (d->stream != 0) {
        sim_streams_send(h->streams, now_ns, d);
        return;
    }
    (void)h->parts.net->ops->send(h->parts.net, now_ns, &h->port, &out);
}

void sim_turn_say(struct sim_turn *t, uint64_t now_ns)
{
    struct sim_host *const h = t->host;
    for (struct sim_note *note = t->first; note != NULL;) {
        struct sim_note *const next = note->next;
        if (t->life != h->lives)
            ;
        else if (note->kind == NOTE_EVENT)
            sim_host_tell(h, now_ns, &note->event);
        else if (note->kind == NOTE_DATAGRAM)
            say_output(h, now_ns, &note->datagram);
        else
            (void)h->parts.net->ops->send(h->parts.net, now_ns, &h->port, &note->packet);
        sim_slabs_give(h->slabs, note);
        note = next;
    }
}

/* What is held back. */

uint32_t sim_turn_bucket(const struct ike_addr *addr)
{
    return (uint32_t)(ike_addr_hash(addr) >> 32) % HOST_HELD_BUCKETS;
}

uint64_t sim_turn_free_ns(const struct sim_host *h, const struct sim_turn *turn)
{
    const struct sim_turn *t = turn->local.family == 0 ? NULL : h->held[turn->bucket];
    while (t != NULL && !ike_addr_same_ip(&t->local, &turn->local))
        t = t->next;
    return t == NULL ? 0 : t->end_ns;
}

void sim_turn_hold(struct sim_host *h, struct sim_turn *t)
{
    struct sim_turn **const head = &h->held[t->bucket];
    t->next = *head;
    if (t->next != NULL)
        t->next->prev = t;
    *head = t;
}

void sim_turn_release(struct sim_host *h, struct sim_turn *t)
{
    if (t->prev != NULL)
        t->prev->next = t->next;
    else
        h->held[t->bucket] = t->next;
    if (t->next != NULL)
        t->next->prev = t->prev;
}
