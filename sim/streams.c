/* SPDX-License-Identifier: MIT
 * Streams of a host, in a table by the place of their connections. */
#include "sim/streams.h"

#include "ike/pool.h"
#include "ike/stream.h"

#include <assert.h>
#include <stdlib.h>

enum { PORT_FIRST = 32768, PORTS = 28232 }; /* Linux: ip_local_port_range */

/* RFC 9329 6.1, 6.3.1: an accepted connection without an IKE SA is closed after so long; looked for
 * so often. */
static const uint64_t idle_ns = UINT64_C(10000000000);
static const uint64_t sweep_ns = UINT64_C(2000000000);

struct stream {
    struct ike_deframer in;
    uint64_t sa;       /* that asked for it */
    uint64_t heard_ns; /* the last message */
    size_t held;       /* octets that count against TCP's window, */
    size_t handed;     /* because of messages that are not served yet */
    uint32_t number;   /* 0: none */
    bool ours;
    bool open;
    bool begun; /* the prefix is sent */
};

struct sim_streams {
    struct sim_streams_parts parts;
    struct sim_tcp *tcp;
    struct sim_event sweep;
    struct stream *table;
    uint8_t *rooms; /* IKE_FRAME_MAX octets each, touched when used */
    uint32_t max;
    uint32_t high; /* places ever used */
    uint32_t port; /* the next local one, less PORT_FIRST */
    uint8_t frame[IKE_STREAM_PREFIX + IKE_FRAME_MAX];
};

static struct stream *named(struct sim_streams *s, uint32_t number)
{
    const uint32_t place = sim_tcp_place(number);
    if (number == 0 || place >= s->max || s->table[place].number != number)
        return NULL;
    return &s->table[place];
}

static struct stream *begin(struct sim_streams *s, uint64_t now_ns, uint32_t number, bool ours)
{
    const uint32_t place = sim_tcp_place(number);
    struct stream *const one = &s->table[place];
    assert(place < s->max);
    *one = (struct stream){.number = number, .ours = ours, .heard_ns = now_ns};
    ike_deframer_open(&one->in, s->rooms + (size_t)place * IKE_FRAME_MAX, IKE_FRAME_MAX, !ours);
    s->high = place >= s->high ? place + 1 : s->high;
    return one;
}

/* The engine hears that it is gone. */
static void lose(struct sim_streams *s, uint64_t now_ns, struct stream *one)
{
    const uint32_t number = one->number;
    one->number = 0;
    s->parts.down(s->parts.owner, now_ns, number);
}

/* What is not held for a message any more makes room in the window. */
static void settle(struct sim_streams *s, uint64_t now_ns, struct stream *one)
{
    const size_t target = one->handed < one->held ? one->handed : one->held;
    sim_tcp_took(s->tcp, now_ns, one->number, one->held - target);
    one->held = target;
}

static void shut_broken(struct sim_streams *s, uint64_t now_ns, struct stream *one)
{
    sim_tcp_close(s->tcp, now_ns, one->number, false);
    lose(s, now_ns, one);
}

/* ---- TCP's news ---- */

static void on_opened(void *owner, uint64_t now_ns, uint32_t number, bool ours)
{
    struct sim_streams *const s = owner;
    struct stream *const one = ours ? named(s, number) : begin(s, now_ns, number, false);
    struct ike_stream up = {.number = number};
    assert(one != NULL);
    one->open = true;
    if (!ours) {
        if (!sim_loop_waits(&s->sweep))
            sim_loop_at(s->parts.loop, &s->sweep, now_ns + sweep_ns);
        return;
    }
    const bool there = sim_tcp_ends(s->tcp, number, &up.local, &up.remote);
    assert(there);
    if (there && s->parts.up(s->parts.owner, now_ns, one->sa, &up))
        return;
    one->number = 0; /* nobody waits for it any more */
    sim_tcp_close(s->tcp, now_ns, number, false);
}

static void take_messages(struct sim_streams *s, uint64_t now_ns, uint32_t number)
{
    struct ike_datagram in = {.stream = number};
    if (!sim_tcp_ends(s->tcp, number, &in.local, &in.remote))
        return;
    for (struct stream *one; (one = named(s, number)) != NULL;) {
        if (!ike_deframer_take(&one->in, &in.bytes))
            return;
        one->heard_ns = now_ns;
        one->handed += in.bytes.len + IKE_FRAME_HEAD;
        s->parts.message(s->parts.owner, now_ns, &in);
    }
}

static void on_came(void *owner, uint64_t now_ns, uint32_t number, struct ike_bytes octets)
{
    struct sim_streams *const s = owner;
    struct ike_reader r = rd_open(octets);
    struct stream *one = named(s, number);
    assert(one != NULL);
    one->held += octets.len;
    while (one != NULL && r.left > 0 && !one->in.broken) {
        rd_skip(&r, ike_deframer_push(&one->in, (struct ike_bytes){.at = r.at, .len = r.left}));
        take_messages(s, now_ns, number);
        one = named(s, number);
    }
    if (one == NULL)
        return;
    settle(s, now_ns, one);
    if (one->in.broken)
        shut_broken(s, now_ns, one);
}

static void on_gone(void *owner, uint64_t now_ns, uint32_t number)
{
    struct sim_streams *const s = owner;
    struct stream *const one = named(s, number);
    if (one == NULL)
        return;
    if (one->open) {
        lose(s, now_ns, one);
        return;
    }
    one->number = 0;
    (void)s->parts.up(s->parts.owner, now_ns, one->sa, NULL);
}

static void on_sweep(void *owner, uint64_t now_ns)
{
    struct sim_streams *const s = owner;
    bool more = false;
    for (uint32_t i = 0; i < s->high; i++) {
        struct stream *const one = &s->table[i];
        if (one->number == 0 || one->ours)
            continue;
        if (one->handed == 0 && now_ns - one->heard_ns >= idle_ns &&
            !ike_stream_in_use(s->parts.engine, one->number)) {
            sim_tcp_close(s->tcp, now_ns, one->number, false);
            one->number = 0;
        } else {
            more = true;
        }
    }
    if (more)
        sim_loop_at(s->parts.loop, &s->sweep, now_ns + sweep_ns);
}

/* ---- the host's ---- */

void sim_streams_deliver(struct sim_streams *streams, uint64_t now_ns,
                         const struct sim_datagram *datagram)
{
    sim_tcp_deliver(streams->tcp, now_ns, datagram);
}

void sim_streams_served(struct sim_streams *streams, uint64_t now_ns, const struct ike_datagram *in,
                        enum ike_why why)
{
    struct stream *const one = named(streams, in->stream);
    if (one == NULL)
        return;
    one->handed -= in->bytes.len + IKE_FRAME_HEAD;
    settle(streams, now_ns, one);
    ike_deframer_judge(&one->in, why);
    if (one->in.broken)
        shut_broken(streams, now_ns, one);
}

void sim_streams_drop(struct sim_streams *streams, uint64_t now_ns, uint32_t stream)
{
    struct stream *const one = named(streams, stream);
    if (one == NULL)
        return;
    sim_tcp_close(streams->tcp, now_ns, stream, true);
    lose(streams, now_ns, one);
}

void sim_streams_send(struct sim_streams *streams, uint64_t now_ns, const struct ike_datagram *out)
{
    struct stream *const one = named(streams, out->stream);
    struct ike_writer w = wr_open(streams->frame, sizeof streams->frame);
    if (one == NULL)
        return;
    if (one->ours && !one->begun)
        ike_put_stream_prefix(&w);
    one->begun = true;
    ike_put_frame(&w, out->bytes);
    assert(!w.bad);
    if (!sim_tcp_send(streams->tcp, now_ns, one->number, wr_done(&w)))
        sim_streams_drop(streams, now_ns, one->number); /* its other end takes nothing */
}

static void open_one(struct sim_streams *s, uint64_t now_ns, uint64_t sa)
{
    struct ike_stream wish;
    if (!ike_sa_stream(s->parts.engine, sa, &wish))
        return;
    wish.local.port = (uint16_t)(PORT_FIRST + s->port++ % PORTS);
    const uint32_t number = sim_tcp_connect(s->tcp, now_ns, &wish.local, &wish.remote);
    if (number == 0)
        (void)s->parts.up(s->parts.owner, now_ns, sa, NULL);
    else
        begin(s, now_ns, number, true)->sa = sa;
}

void sim_streams_heed(struct sim_streams *streams, uint64_t now_ns, const struct ike_event *event)
{
    if (event->kind == IKE_STREAM_WANTED)
        open_one(streams, now_ns, event->sa);
    if (event->kind != IKE_STREAM_DONE)
        return;
    struct stream *const one = named(streams, event->stream);
    if (one == NULL)
        return;
    one->number = 0;
    sim_tcp_close(streams->tcp, now_ns, event->stream, false);
}

const struct sim_tcp_counts *sim_streams_counts(const struct sim_streams *streams)
{
    return sim_tcp_counts(streams->tcp);
}

struct sim_streams *sim_streams_open(const struct sim_tcp_config *config,
                                     const struct sim_streams_parts *parts)
{
    struct sim_streams *const s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    assert(config->connections > 0);
    s->parts = *parts;
    s->max = config->connections;
    s->sweep = (struct sim_event){.rank = SIM_TIMER, .run = on_sweep, .owner = s};
    s->tcp = sim_tcp_open(
        config, &(struct sim_tcp_parts){
                    .loop = parts->loop,
                    .net = parts->net,
                    .port = parts->port,
                    .ear = {.opened = on_opened, .came = on_came, .gone = on_gone, .owner = s}});
    s->table = ike_reserve(s->max, sizeof *s->table);
    s->rooms = ike_reserve(s->max, IKE_FRAME_MAX);
    if (s->tcp != NULL && s->table != NULL && s->rooms != NULL)
        return s;
    sim_streams_close(s);
    return NULL;
}

void sim_streams_close(struct sim_streams *streams)
{
    if (streams == NULL)
        return;
    sim_loop_cancel(streams->parts.loop, &streams->sweep);
    sim_tcp_end(streams->tcp);
    ike_unreserve(streams->table, streams->max, sizeof *streams->table);
    ike_unreserve(streams->rooms, streams->max, IKE_FRAME_MAX);
    free(streams);
}
