/* SPDX-License-Identifier: MIT
 * Where cost enters time. An engine is called in turns: one datagram, one
 * timer, one wish of a model. A turn takes no time for the engine; what it
 * said is kept in a `turn` and let out when the core has spent its cost.
 *
 * With cores, datagrams wait in the inbox for one that is free. Without, each
 * local address is a core of its own: the engine hears at once, and an address
 * that is still busy only speaks later.
 *
 * Packets of ESP do not wait in the inbox, which is the engine's: their turns
 * follow those that are under way, as a kernel's work is not a daemon's. */
#include "sim/host_inside.h"
#include "sim/icmp.h"
#include "sim/inbox.h"
#include "sim/slabs.h"
#include "sim/streams.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MILLION = 1000000 };

/* How many turns and what they said may be held back at once, by size of slab: by cores, of which
 * there are few, and by a population. */
static const uint32_t held_by_cores[SIM_SLAB_SIZES] = {1 << 14, 1 << 10, 1 << 6};
static const uint32_t held_by_many[SIM_SLAB_SIZES] = {1 << 20, 1 << 14, 1 << 8};

/* What the inbox's waits come to. */

void sim_host_waiting(struct sim_host *h, uint64_t now_ns, int by)
{
    struct sim_host_counts *const c = &h->counts;
    c->inbox_area_ns += c->inbox_waiting * (now_ns - h->area_at_ns);
    h->area_at_ns = now_ns;
    if (by > 0)
        c->inbox_waiting++;
    else
        c->inbox_waiting--;
}

/* Bin 0: no wait. Then four an octave, by the two bits below the highest. */
static uint32_t wait_bin(uint64_t wait_ns)
{
    if (wait_ns == 0)
        return 0;
    const uint32_t octave = 63 - (uint32_t)__builtin_clzll(wait_ns);
    const uint64_t quarter = octave >= 2 ? wait_ns >> (octave - 2) : wait_ns << (2 - octave);
    return 1 + 4 * octave + (uint32_t)(quarter & 3);
}

/* What lies in the bin is less than this. */
static uint64_t wait_edge(uint32_t bin)
{
    if (bin == 0)
        return 0;
    const uint32_t octave = (bin - 1) / 4;
    const uint64_t quarters = 5 + (bin - 1) % 4;
    if (octave == 63 && quarters == 8)
        return UINT64_MAX;
    return octave >= 2 ? quarters << (octave - 2) : ((quarters << octave) + 3) >> 2;
}

uint64_t sim_host_wait_quantile_ns(const struct sim_host *host, uint32_t ppm)
{
    uint64_t below = 0;
    for (uint32_t bin = 0; bin < HOST_WAIT_BINS; bin++) {
        below += host->waits[bin];
        if (below * MILLION >= host->counts.served * ppm)
            return wait_edge(bin);
    }
    return UINT64_MAX;
}

/* Cores. */

static void core_look(struct sim_core *c, uint64_t now_ns);

static bool core_idle(const struct sim_core *c)
{
    return c->turns == 0 && !sim_loop_waits(&c->wake);
}

/* Wakes the first idle core; false when all are at work or awake. */
static bool any_core_wake(struct sim_host *h, uint64_t now_ns)
{
    for (uint32_t i = 0; i < h->config.cores; i++) {
        if (core_idle(&h->cores[i])) {
            sim_loop_at(h->parts.loop, &h->cores[i].wake, now_ns);
            return true;
        }
    }
    return false;
}

static bool any_core_idle(const struct sim_host *h)
{
    for (uint32_t i = 0; i < h->config.cores; i++) {
        if (core_idle(&h->cores[i]))
            return true;
    }
    return false;
}

/* The timer wakes an idle core; one at work looks at the deadline itself when it is free. */
static void timer_arm(struct sim_host *h, uint64_t now_ns)
{
    const uint64_t deadline_ns = ike_deadline(h->parts.engine);
    uint64_t at_ns = deadline_ns > now_ns ? deadline_ns : now_ns;
    if (h->config.cores > 0 && at_ns != SIM_NEVER && !any_core_idle(h))
        at_ns = SIM_NEVER;
    if (!sim_loop_waits(&h->timer) || h->timer.at_ns != at_ns)
        sim_loop_at(h->parts.loop, &h->timer, at_ns);
}

struct ike_datagram sim_host_heard(const struct sim_letter *letter)
{
    const struct sim_datagram *const d = &letter->datagram;
    return (struct ike_datagram){
        .local = d->to, .remote = d->from, .stream = letter->stream, .bytes = {d->at, d->len}};
}

static void turn_end(void *owner, uint64_t now_ns)
{
    struct sim_turn *const t = owner;
    struct sim_host *const h = t->host;
    struct sim_core *const core = t->core;
    h->counts.busy_ns += t->cost_ns;
    h->carried -= t->carried ? 1 : 0;
    h->receiving = h->receiving && !t->receives;
    sim_turn_release(h, t);
    sim_turn_say(t, now_ns);
    sim_slabs_give(h->slabs, t);
    if (core == NULL)
        return;
    assert(core->turns > 0);
    if (--core->turns == 0)
        core_look(core, now_ns);
}

void sim_turn_spend(struct sim_turn *t, uint64_t now_ns, struct sim_core *core)
{
    struct sim_host *const h = t->host;
    t->core = core;
    t->bucket = core != NULL ? core->index : sim_turn_bucket(&t->local);
    const uint64_t free_ns = core != NULL ? core->free_ns : sim_turn_free_ns(h, t);
    t->end_ns = (free_ns > now_ns ? free_ns : now_ns) + t->cost_ns;
    if (core == NULL && t->cost_ns == 0 && t->first == NULL) {
        h->carried -= t->carried ? 1 : 0;
        sim_slabs_give(h->slabs, t); /* nothing came of it */
        timer_arm(h, now_ns);
        return;
    }
    t->end = (struct sim_event){.rank = SIM_CPU, .run = turn_end, .owner = t};
    sim_loop_at(h->parts.loop, &t->end, t->end_ns);
    sim_turn_hold(h, t);
    if (core != NULL) {
        core->free_ns = t->end_ns;
        core->turns++;
    }
    timer_arm(h, now_ns);
}

uint64_t sim_host_serve(struct sim_host *h, uint64_t now_ns, struct sim_core *core,
                        const struct sim_letter *letter, uint64_t taken_ns)
{
    const struct sim_implementation *const i = &h->config.implementation;
    const struct ike_datagram in = sim_host_heard(letter);
    struct sim_turn *const t = sim_turn_open(h, now_ns);
    const enum ike_why why = ike_input(h->parts.engine, now_ns, &in);
    const bool refused = why != WHY_OK && why != WHY_RETRANSMITTED && why != WHY_ANSWER_AWAITED;
    const bool woken = !refused && h->counts.inbox_waiting < i->workers;
    h->counts.reasons[why]++;
    if (why != WHY_OK && h->parts.fingerprint != NULL)
        sim_fingerprint_add(h->parts.fingerprint, SIM_TRACE_REFUSED, now_ns, why);
    t->local = in.local;
    sim_turn_collect(t, taken_ns + (refused ? i->refused_ns : 0) + (woken ? i->woken_ns : 0),
                     h->jobs != NULL ? 0 : in.bytes.len);
    if (h->parts.ear.seen != NULL)
        h->parts.ear.seen(h->parts.ear.owner, letter->arrived_ns, true, &in,
                          why == WHY_OK ? "accepted" : ike_why_row(why)->name);
    const uint64_t cost_ns = t->cost_ns;
    sim_turn_spend(t, now_ns, core);
    if (in.stream != 0)
        sim_streams_served(h->streams, now_ns, &in, why);
    return cost_ns;
}

static void turn_timer(struct sim_host *h, uint64_t now_ns, struct sim_core *core)
{
    struct sim_turn *const t = sim_turn_open(h, now_ns);
    ike_tick(h->parts.engine, now_ns);
    sim_turn_collect(t, h->config.implementation.expired_ns, 0);
    sim_turn_spend(t, now_ns, core);
}

void sim_host_waited(struct sim_host *h, uint64_t now_ns, const struct sim_letter *letter)
{
    const uint64_t wait_ns = now_ns - letter->arrived_ns;
    sim_host_waiting(h, now_ns, -1);
    h->counts.served++;
    h->counts.wait_sum_ns += wait_ns;
    h->waits[wait_bin(wait_ns)]++;
}

static void core_serve(struct sim_core *c, uint64_t now_ns)
{
    struct sim_host *const h = c->host;
    struct sim_letter *const letter = sim_inbox_take(h->inbox, c->index);
    sim_host_waited(h, now_ns, letter);
    (void)sim_host_serve(h, now_ns, c, letter, sim_host_taken_ns(h));
    sim_inbox_give(h->inbox, letter);
}

/* For `core`, or for any. */
static bool work_waits(const struct sim_host *h, uint32_t core)
{
    return h->jobs != NULL ? sim_jobs_wait(h) : sim_inbox_has(h->inbox, core);
}

/* A core without work looks for some: timers first, as under a flood the inbox is never empty, but
 * only so many in a row, as after one there may always be another timer due. */
static void core_look(struct sim_core *c, uint64_t now_ns)
{
    struct sim_host *const h = c->host;
    const bool due = ike_deadline(h->parts.engine) <= now_ns;
    const bool work = work_waits(h, c->index);
    if (due && (!work || c->timers < h->config.timers_max)) {
        c->timers++;
        turn_timer(h, now_ns, c);
    } else if (work) {
        c->timers = 0;
        if (h->jobs != NULL)
            sim_jobs_turn(c, now_ns);
        else
            core_serve(c, now_ns);
    } else {
        timer_arm(h, now_ns);
        return;
    }
    if (h->counts.inbox_waiting > 0 && work_waits(h, SIM_ANY_CORE))
        (void)any_core_wake(h, now_ns);
}

static void core_wake(void *owner, uint64_t now_ns)
{
    struct sim_core *const c = owner;
    if (c->turns == 0) /* a model's wish may have been faster; then it looks at that turn's end */
        core_look(c, now_ns);
}

static void timer_due(void *owner, uint64_t now_ns)
{
    struct sim_host *const h = owner;
    if (h->config.cores > 0)
        (void)any_core_wake(h, now_ns);
    else
        turn_timer(h, now_ns, NULL);
}

static uint32_t core_for(const struct sim_host *h, uint64_t spi)
{
    return (uint32_t)((spi * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % h->config.cores;
}

void sim_host_full(struct sim_host *h, uint64_t now_ns, const struct sim_letter *letter)
{
    const struct ike_datagram in = sim_host_heard(letter);
    h->counts.inbox_dropped++;
    if (h->parts.fingerprint != NULL)
        sim_fingerprint_add(h->parts.fingerprint, SIM_TRACE_LOST, now_ns, SIM_LOST_INBOX_FULL);
    if (h->parts.ear.seen != NULL)
        h->parts.ear.seen(h->parts.ear.owner, now_ns, true, &in,
                          sim_lost_name(SIM_LOST_INBOX_FULL));
    if (letter->stream != 0)
        sim_streams_drop(h->streams, now_ns, letter->stream);
}

static void empty(struct sim_host *h, uint64_t now_ns, struct sim_inbox *inbox)
{
    for (uint32_t line = 0; line <= SIM_ANY_CORE; line++) {
        while (sim_inbox_has(inbox, line)) {
            sim_inbox_give(inbox, sim_inbox_take(inbox, line));
            sim_host_waiting(h, now_ns, -1);
        }
    }
}

void sim_host_empty(struct sim_host *h, uint64_t now_ns)
{
    empty(h, now_ns, h->inbox);
    if (h->jobs != NULL)
        empty(h, now_ns, h->jobs);
}

/* A datagram, or a message of a stream: at once, or into the inbox. */
static void host_take(struct sim_host *h, uint64_t now_ns, const struct sim_datagram *datagram,
                      uint32_t stream)
{
    const struct sim_letter letter = {
        .arrived_ns = now_ns, .stream = stream, .datagram = *datagram};
    if (h->config.cores == 0) {
        h->counts.in_bytes += datagram->len;
        (void)sim_host_serve(h, now_ns, NULL, &letter, sim_host_taken_ns(h));
        return;
    }
    const struct ike_datagram in = sim_host_heard(&letter);
    const struct ike_peek peek = ike_peek(&in);
    const uint32_t index =
        peek.spi == 0 || h->jobs != NULL ? (uint32_t)SIM_ANY_CORE : core_for(h, peek.spi);
    h->counts.init_requests += peek.kind == IKE_PEEK_INIT_REQUEST ? 1 : 0;
    if (!sim_inbox_put(h->inbox, now_ns, index, datagram, stream)) {
        sim_host_full(h, now_ns, &letter);
        return;
    }
    sim_host_waiting(h, now_ns, 1);
    h->counts.in_bytes += datagram->len;
    if (index == SIM_ANY_CORE)
        (void)any_core_wake(h, now_ns);
    else if (core_idle(&h->cores[index]))
        sim_loop_at(h->parts.loop, &h->cores[index].wake, now_ns);
}

/* Of UDP what does not begin with the marker, and is no keepalive (RFC 3948 2). */
static bool is_carried(const struct sim_host *h, const struct sim_datagram *d)
{
    static const uint8_t marker[4] = {0};
    if (h->parts.carrier.take == NULL || d->protocol == SIM_ESP)
        return d->protocol == SIM_ESP;
    return d->protocol == SIM_UDP && d->to.port == IKE_PORT_NAT && d->len > sizeof marker &&
           memcmp(d->at, marker, sizeof marker) != 0;
}

static void host_deliver(void *owner, uint64_t now_ns, const struct sim_datagram *datagram)
{
    struct sim_host *const h = owner;
    if (h->off)
        sim_host_refuse(h, now_ns, datagram);
    else if (sim_is_icmp(datagram))
        sim_host_heed(h, now_ns, datagram);
    else if (is_carried(h, datagram))
        sim_host_carry(h, now_ns, datagram);
    else if (datagram->protocol == SIM_UDP)
        host_take(h, now_ns, datagram, 0);
    else if (datagram->protocol == SIM_TCP && h->streams != NULL)
        sim_streams_deliver(h->streams, now_ns, datagram);
}

/* What models ask for: the rest is in host_wish.c. */

void sim_turn_wish(struct sim_turn *t, uint64_t now_ns, uint64_t sa)
{
    struct sim_host *const h = t->host;
    sim_turn_collect(t, 0, 0);
    sim_turn_spend(t, now_ns, h->config.cores == 0 ? NULL : &h->cores[core_for(h, sa)]);
}

/* What TCP tells. */

static void on_message(void *owner, uint64_t now_ns, const struct ike_datagram *in)
{
    const struct sim_datagram d = {.from = in->remote,
                                   .to = in->local,
                                   .at = in->bytes.at,
                                   .len = in->bytes.len,
                                   .protocol = SIM_TCP};
    host_take(owner, now_ns, &d, in->stream);
}

static bool on_stream_up(void *owner, uint64_t now_ns, uint64_t sa, const struct ike_stream *stream)
{
    struct sim_host *const h = owner;
    struct sim_turn *const t = sim_turn_open(h, now_ns);
    if (stream != NULL)
        t->local = stream->local;
    const bool wanted = ike_stream_up(h->parts.engine, now_ns, sa, stream);
    sim_turn_wish(t, now_ns, sa);
    return wanted;
}

static void on_stream_down(void *owner, uint64_t now_ns, uint32_t stream)
{
    struct sim_host *const h = owner;
    struct sim_turn *const t = sim_turn_open(h, now_ns);
    ike_stream_down(h->parts.engine, now_ns, stream);
    sim_turn_wish(t, now_ns, stream);
}

static bool streams_open(struct sim_host *h)
{
    const struct sim_streams_parts parts = {.loop = h->parts.loop,
                                            .net = h->parts.net,
                                            .port = &h->port,
                                            .engine = h->parts.engine,
                                            .message = on_message,
                                            .up = on_stream_up,
                                            .down = on_stream_down,
                                            .owner = h};
    if (h->config.tcp.connections == 0)
        return true;
    h->streams = sim_streams_open(&h->config.tcp, &parts);
    return h->streams != NULL;
}

/* Opening and closing. */

static void cores_open(struct sim_host *h)
{
    for (uint32_t i = 0; i < h->config.cores; i++) {
        struct sim_core *const c = &h->cores[i];
        *c = (struct sim_core){.host = h, .index = i};
        c->wake = (struct sim_event){.rank = SIM_CPU, .run = core_wake, .owner = c};
    }
}

struct sim_host *sim_host_open(const struct sim_host_config *config,
                               const struct sim_host_parts *parts)
{
    assert(config->cores <= SIM_CORES_MAX);
    struct sim_host *const h = calloc(1, sizeof *h + config->cores * sizeof h->cores[0]);
    if (h == NULL)
        return NULL;
    h->config = *config;
    h->parts = *parts;
    if (h->config.timers_max == 0)
        h->config.timers_max = 1;
    h->port = (struct sim_port){.name = config->name, .deliver = host_deliver, .owner = h};
    h->timer = (struct sim_event){.rank = SIM_TIMER, .run = timer_due, .owner = h};
    cores_open(h);
    h->slabs = sim_slabs_open(config->cores == 0 ? held_by_many : held_by_cores);
    h->inbox =
        sim_inbox_open(config->cores == 0 ? 0 : config->inbox_bytes, config->tcp.connections);
    const bool shared = config->cores > 0 && config->implementation.receiver_ppm > 0;
    h->jobs = shared ? sim_inbox_open(HOST_JOBS_BYTES, config->tcp.connections) : NULL;
    if (h->slabs == NULL || h->inbox == NULL || (shared && h->jobs == NULL) || !streams_open(h)) {
        sim_streams_close(h->streams);
        sim_slabs_close(h->slabs);
        sim_inbox_close(h->inbox);
        sim_inbox_close(h->jobs);
        free(h);
        return NULL;
    }
    return h;
}

void sim_host_close(struct sim_host *host)
{
    if (host == NULL)
        return;
    sim_loop_cancel(host->parts.loop, &host->timer);
    for (uint32_t i = 0; i < host->config.cores; i++)
        sim_loop_cancel(host->parts.loop, &host->cores[i].wake);
    for (uint32_t i = 0; i < HOST_HELD_BUCKETS; i++) {
        for (struct sim_turn *t = host->held[i]; t != NULL; t = t->next)
            sim_loop_cancel(host->parts.loop, &t->end);
    }
    sim_streams_close(host->streams);
    sim_slabs_close(host->slabs);
    sim_inbox_close(host->inbox);
    sim_inbox_close(host->jobs);
    free(host);
}

struct sim_port *sim_host_port(struct sim_host *host)
{
    return &host->port;
}

const struct sim_tcp_counts *sim_host_tcp_counts(const struct sim_host *host)
{
    return host->streams != NULL ? sim_streams_counts(host->streams) : NULL;
}

const struct sim_host_counts *sim_host_counts(const struct sim_host *host)
{
    return &host->counts;
}
