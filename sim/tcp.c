/* SPDX-License-Identifier: MIT
 * TCP's connections. A delivery only notes what is to be said, as it may not
 * send; an event of the same instant says it. Each connection has one timer, for
 * whatever of its is due first. */
#include "sim/tcp.h"

#include "ike/pool.h"
#include "sim/slabs.h"
#include "sim/tcp_segment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLACE_BITS = 20,
    GENERATIONS = 1 << (32 - PLACE_BITS),
    BUCKETS = 1 << 14,
    LOOSE_MAX = 256,       /* to be said at one instant; more are not */
    QUEUED_MAX = 1 << 18,  /* octets of one connection that wait for acknowledgment */
    INITIAL_SEGMENTS = 10, /* RFC 6928 2 */
    DUPLICATES = 3,        /* RFC 5681 3.2 */
    SEGMENT_MAX = 65535
};
enum state { UNUSED, SYN_SENT, SYN_RECEIVED, OPEN };

#define SECOND_NS UINT64_C(1000000000)
/* Linux: tcp_fin_timeout */
#define LINGER_NS (60 * SECOND_NS)

static const uint32_t chunks_max[SIM_SLAB_SIZES] = {1 << 18, 1 << 15, 1 << 9};

/* Octets that wait to be acknowledged; they follow. */
struct chunk {
    struct chunk *next;
    size_t len;
};

struct conn {
    struct sim_tcp *tcp;
    struct sim_event timer;
    struct ike_addr local, remote;
    struct conn *chained; /* the next of the same bucket, or of those unused */
    struct conn *listed_next;
    struct chunk *first, *last;
    size_t first_done; /* octets of the first that are acknowledged */
    size_t queued;     /* octets not acknowledged */
    size_t held;       /* octets that came and the owner has not taken */
    uint64_t resend_ns, ack_ns;
    uint64_t rto_ns, srtt_ns, rttvar_ns; /* RFC 6298 2 */
    uint64_t timed_ns;                   /* when what ends at timed_seq was sent; */
    uint32_t timed_seq;
    uint32_t number;
    uint32_t una, next, most; /* unacknowledged from here; to be sent next; most ever sent */
    uint32_t awaited;         /* of the other end */
    uint32_t window;          /* what it takes */
    uint16_t mss;
    uint8_t state;
    uint8_t sends; /* of the same without an acknowledgment, less one */
    uint8_t duplicates;
    bool timed;    /* a round trip is being measured */
    bool cautious; /* after a timeout: one segment at a time */
    bool ours, told;
    uint8_t acks; /* acknowledgments owed now: one for each that overtook */
    bool fin_wanted, fin_done, fin_came;
    bool listed;
};

/* A segment of no connection, or of one that is no more. */
struct loose {
    struct ike_addr local, remote;
    struct sim_segment segment;
};

struct sim_tcp {
    struct sim_tcp_config config;
    struct sim_tcp_parts parts;
    struct sim_tcp_counts counts;
    struct sim_event flush;
    struct sim_slabs *slabs;
    struct conn *conns;
    struct conn *unused;
    uint32_t used; /* of conns, ever */
    uint32_t serial;
    struct conn *listed; /* with something to say */
    uint32_t loose_count;
    struct loose loose[LOOSE_MAX];
    struct conn *buckets[BUCKETS];
    uint8_t gathered[SEGMENT_MAX]; /* data of the segment at hand, */
    uint8_t room[SEGMENT_MAX];     /* and all of it */
};

/* Sequence numbers wrap (RFC 9293 3.4). */
static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- which connection ---- */

static uint32_t mix(uint32_t hash, const struct ike_addr *addr)
{
    for (size_t i = 0; i < sizeof addr->ip; i++)
        hash = (hash ^ addr->ip[i]) * UINT32_C(16777619);
    return (hash ^ addr->port) * UINT32_C(16777619);
}

static struct conn **bucket_of(struct sim_tcp *t, const struct ike_addr *local,
                               const struct ike_addr *remote)
{
    const uint32_t hash = mix(mix(UINT32_C(2166136261), local), remote);
    return &t->buckets[(hash ^ hash >> 15) % BUCKETS];
}

static struct conn *find(struct sim_tcp *t, const struct ike_addr *local,
                         const struct ike_addr *remote)
{
    struct conn *c = *bucket_of(t, local, remote);
    while (c != NULL && !(ike_addr_equal(&c->local, local) && ike_addr_equal(&c->remote, remote)))
        c = c->chained;
    return c;
}

uint32_t sim_tcp_place(uint32_t stream)
{
    return stream & (SIM_TCP_CONNECTIONS_MAX - 1);
}

static struct conn *named(const struct sim_tcp *t, uint32_t stream)
{
    const uint32_t place = sim_tcp_place(stream);
    if (place >= t->used)
        return NULL;
    struct conn *const c = &t->conns[place];
    return c->state != UNUSED && c->number == stream ? c : NULL;
}

static void on_timer(void *owner, uint64_t now_ns);

static uint32_t next_number(const struct sim_tcp *t, const struct conn *c)
{
    const uint32_t generation = (c->number >> PLACE_BITS) % (GENERATIONS - 1) + 1;
    return generation << PLACE_BITS | (uint32_t)(c - t->conns);
}

static struct conn *conn_take(struct sim_tcp *t, const struct ike_addr *local,
                              const struct ike_addr *remote)
{
    struct conn *c = t->unused;
    if (c != NULL)
        t->unused = c->chained;
    else if (t->used < t->config.connections)
        c = &t->conns[t->used++];
    else
        return NULL;
    struct conn **const bucket = bucket_of(t, local, remote);
    const uint32_t mss_most = local->family == IKE_IPV6 ? 1440 : 1460;
    *c = (struct conn){.tcp = t,
                       .local = *local,
                       .remote = *remote,
                       .chained = *bucket,
                       .listed = c->listed,
                       .listed_next = c->listed_next,
                       .number = next_number(t, c),
                       .rto_ns = t->config.rto_first_ns,
                       .resend_ns = SIM_NEVER,
                       .ack_ns = SIM_NEVER,
                       .mss = (uint16_t)(t->config.mss != 0 ? t->config.mss : mss_most)};
    c->timer = (struct sim_event){.rank = SIM_TIMER, .run = on_timer, .owner = c};
    c->una = c->next = c->most = t->serial += 64000; /* not to be guessed in earnest */
    *bucket = c;
    return c;
}

static void conn_give(struct conn *c)
{
    struct sim_tcp *const t = c->tcp;
    struct conn **link = bucket_of(t, &c->local, &c->remote);
    t->counts.half_open -= c->state == SYN_RECEIVED ? 1 : 0;
    sim_loop_cancel(t->parts.loop, &c->timer);
    while (c->first != NULL) {
        struct chunk *const chunk = c->first;
        c->first = chunk->next;
        sim_slabs_give(t->slabs, chunk);
    }
    while (*link != c)
        link = &(*link)->chained;
    *link = c->chained;
    c->state = UNUSED;
    c->chained = t->unused;
    t->unused = c;
}

/* It is gone, and its owner may hear of it. */
static void end(struct conn *c, uint64_t now_ns)
{
    struct sim_tcp *const t = c->tcp;
    const uint32_t number = c->number;
    const bool told = c->told;
    conn_give(c);
    if (told)
        t->parts.ear.gone(t->parts.ear.owner, now_ns, number);
}

/* ---- saying ---- */

static void owe(struct conn *c)
{
    c->acks = c->acks > 0 ? c->acks : 1;
}

static void put(struct sim_tcp *t, uint64_t now_ns, const struct loose *what)
{
    struct ike_writer w = wr_open(t->room, sizeof t->room);
    sim_segment_put(&w, &what->segment);
    assert(!w.bad);
    const struct sim_datagram d = {
        .from = what->local, .to = what->remote, .at = t->room, .len = w.len, .protocol = SIM_TCP};
    t->counts.segments++;
    (void)t->parts.net->ops->send(t->parts.net, now_ns, t->parts.port, &d);
}

static uint16_t window_of(const struct conn *c)
{
    return (uint16_t)(c->held < SIM_TCP_WINDOW ? SIM_TCP_WINDOW - c->held : 0);
}

/* The next segment. What is acknowledged by it needs no other. */
static void say(struct conn *c, uint64_t now_ns, uint8_t flags, struct ike_bytes data)
{
    const bool syn = (flags & SIM_SYN) != 0;
    const struct loose what = {.local = c->local,
                               .remote = c->remote,
                               .segment = {.seq = c->next,
                                           .ack = (flags & SIM_ACK) != 0 ? c->awaited : 0,
                                           .flags = flags,
                                           .window = window_of(c),
                                           .mss = syn ? c->mss : 0,
                                           .data = data}};
    const uint32_t taken = sim_segment_taken(&what.segment);
    const bool again = taken > 0 && is_before(c->next, c->most);
    c->tcp->counts.resent += again ? 1 : 0;
    c->next += taken;
    if (taken > 0 && !again && !c->timed) {
        c->timed = true;
        c->timed_ns = now_ns;
        c->timed_seq = c->next;
    }
    if (is_before(c->most, c->next))
        c->most = c->next;
    if ((flags & SIM_ACK) != 0) {
        c->acks = (uint8_t)(c->acks > 0 ? c->acks - 1 : 0);
        c->ack_ns = SIM_NEVER;
    }
    put(c->tcp, now_ns, &what);
}

/* Octets from `offset` on of those queued. */
static struct ike_bytes gather(struct conn *c, size_t offset, size_t len)
{
    struct ike_writer w = wr_open(c->tcp->gathered, sizeof c->tcp->gathered);
    size_t skip = c->first_done + offset;
    for (const struct chunk *chunk = c->first; chunk != NULL && w.len < len; chunk = chunk->next) {
        struct ike_reader r =
            rd_open((struct ike_bytes){.at = (const uint8_t *)(chunk + 1), .len = chunk->len});
        const size_t passed = least(skip, chunk->len);
        rd_skip(&r, passed);
        skip -= passed;
        put_bytes(&w, rd_bytes(&r, least(r.left, len - w.len)));
    }
    assert(!w.bad && w.len == len);
    return wr_done(&w);
}

/* One segment of data, if the windows let it. A window of nothing is asked for news with one octet
 * (RFC 9293 3.8.6.1). */
static bool say_data(struct conn *c, uint64_t now_ns)
{
    const size_t under_way = c->next - c->una;
    const size_t segments = c->cautious ? 1 : INITIAL_SEGMENTS;
    size_t limit = least(c->window, segments * c->mss);
    if (limit == 0 && under_way == 0)
        limit = 1;
    if (under_way >= c->queued || under_way >= limit)
        return false;
    const size_t len = least(least(c->queued, limit) - under_way, c->mss);
    say(c, now_ns, SIM_ACK, gather(c, under_way, len));
    return true;
}

static bool say_fin(struct conn *c, uint64_t now_ns)
{
    if (!c->fin_wanted || c->fin_done || c->next - c->una != c->queued)
        return false;
    say(c, now_ns, SIM_FIN | SIM_ACK, (struct ike_bytes){.at = NULL, .len = 0});
    return true;
}

static void timer_set(struct conn *c)
{
    sim_loop_at(c->tcp->parts.loop, &c->timer, c->resend_ns < c->ack_ns ? c->resend_ns : c->ack_ns);
}

/* All there is to say now, and when to say it again. */
static void speak(struct conn *c, uint64_t now_ns)
{
    const struct ike_bytes nothing = {.at = NULL, .len = 0};
    if (c->state != OPEN) {
        if (c->next == c->una)
            say(c, now_ns, c->state == SYN_SENT ? SIM_SYN : SIM_SYN | SIM_ACK, nothing);
    } else {
        while (say_data(c, now_ns))
            continue;
        (void)say_fin(c, now_ns);
        while (c->acks > 0)
            say(c, now_ns, SIM_ACK, nothing);
    }
    if (c->next == c->una)
        c->resend_ns = c->fin_done ? c->resend_ns : SIM_NEVER;
    else if (c->resend_ns == SIM_NEVER)
        c->resend_ns = now_ns + c->rto_ns;
    timer_set(c);
}

static void on_flush(void *owner, uint64_t now_ns)
{
    struct sim_tcp *const t = owner;
    struct conn *c = t->listed;
    t->listed = NULL;
    while (c != NULL) {
        struct conn *const next = c->listed_next;
        c->listed = false;
        if (c->state != UNUSED)
            speak(c, now_ns);
        c = next;
    }
    for (uint32_t i = 0; i < t->loose_count; i++)
        put(t, now_ns, &t->loose[i]);
    t->loose_count = 0;
}

/* Something is to be said at this instant, but not within this call. */
static void list(struct conn *c, uint64_t now_ns)
{
    struct sim_tcp *const t = c->tcp;
    if (!c->listed) {
        c->listed = true;
        c->listed_next = t->listed;
        t->listed = c;
    }
    sim_loop_at(t->parts.loop, &t->flush, now_ns);
}

static void list_loose(struct sim_tcp *t, uint64_t now_ns, const struct loose *what)
{
    if (t->loose_count == LOOSE_MAX)
        return;
    t->loose[t->loose_count++] = *what;
    sim_loop_at(t->parts.loop, &t->flush, now_ns);
}

/* ---- time ---- */

/* RFC 6298 5.5, 5.6: twice as long, and from the first octet not acknowledged on. */
static bool back_off(struct conn *c)
{
    const struct sim_tcp_config *const config = &c->tcp->config;
    const unsigned most = c->state == SYN_SENT       ? config->syn_sends
                          : c->state == SYN_RECEIVED ? config->syn_sends - 1U
                                                     : config->sends;
    if (++c->sends >= most)
        return false;
    c->rto_ns = c->rto_ns < config->rto_most_ns / 2 ? 2 * c->rto_ns : config->rto_most_ns;
    c->next = c->una;
    c->timed = false; /* Karn: an answer to it would not tell to which */
    c->cautious = true;
    c->duplicates = 0;
    c->resend_ns = SIM_NEVER;
    return true;
}

static void on_timer(void *owner, uint64_t now_ns)
{
    struct conn *const c = owner;
    if (c->ack_ns <= now_ns) {
        c->ack_ns = SIM_NEVER;
        owe(c);
    }
    if (c->resend_ns <= now_ns && c->fin_done) {
        conn_give(c); /* its other end never closed its side */
        return;
    }
    if (c->resend_ns <= now_ns && !back_off(c)) {
        c->tcp->counts.given_up++;
        end(c, now_ns);
        return;
    }
    speak(c, now_ns);
}

/* RFC 6298 2.2, 2.3 */
static void measure(struct conn *c, uint64_t now_ns)
{
    const struct sim_tcp_config *const config = &c->tcp->config;
    const uint64_t r = now_ns - c->timed_ns;
    const bool first = c->srtt_ns == 0;
    const uint64_t off = r > c->srtt_ns ? r - c->srtt_ns : c->srtt_ns - r;
    c->rttvar_ns = first ? r / 2 : c->rttvar_ns - c->rttvar_ns / 4 + off / 4;
    c->srtt_ns = first ? r : c->srtt_ns - c->srtt_ns / 8 + r / 8;
    c->rto_ns = c->srtt_ns + 4 * c->rttvar_ns;
    if (c->rto_ns < config->rto_least_ns)
        c->rto_ns = config->rto_least_ns;
    if (c->rto_ns > config->rto_most_ns)
        c->rto_ns = config->rto_most_ns;
    c->timed = false;
}

/* ---- hearing ---- */

static void forget(struct conn *c, size_t len)
{
    c->queued -= len;
    c->first_done += len;
    while (c->first != NULL && c->first_done >= c->first->len) {
        struct chunk *const chunk = c->first;
        c->first_done -= chunk->len;
        c->first = chunk->next;
        sim_slabs_give(c->tcp->slabs, chunk);
    }
    if (c->first == NULL)
        c->last = NULL;
}

/* RFC 9293 3.10.7.4: the fifth check. */
static void hear_ack(struct conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    const uint32_t many = s->ack - c->una;
    if (many > c->most - c->una) {
        if (is_before(c->most, s->ack)) /* of what was never sent */
            owe(c);
        return;
    }
    if (many > 0) {
        const size_t octets = least(many, c->queued);
        c->fin_done = c->fin_done || (c->fin_wanted && many > octets);
        forget(c, octets);
        c->una = s->ack;
        if (is_before(c->next, c->una))
            c->next = c->una;
        if (c->timed && !is_before(s->ack, c->timed_seq))
            measure(c, now_ns);
        c->sends = c->duplicates = 0;
        c->cautious = false;
        c->resend_ns = c->fin_done ? now_ns + LINGER_NS : SIM_NEVER;
    } else if (c->next != c->una && s->data.len == 0 && s->window == c->window &&
               (s->flags & SIM_FIN) == 0 && ++c->duplicates == DUPLICATES) {
        c->next = c->una;
        c->timed = false;
    }
    if (c->window == 0 && s->window > 0 && many == 0) { /* what asked for it was not taken */
        c->next = c->una;
        c->timed = c->cautious = false;
        c->resend_ns = SIM_NEVER;
    }
    c->window = s->window;
}

/* What of the segment is next in order, and there is room for; the rest its sender keeps. */
static void hear_data(struct conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    struct sim_tcp *const t = c->tcp;
    const uint32_t number = c->number;
    const bool fin = (s->flags & SIM_FIN) != 0;
    const uint32_t known = c->awaited - s->seq;
    struct ike_reader r = rd_open(s->data);
    if (s->data.len == 0 && !fin)
        return;
    if (c->fin_came || known > s->data.len || (known == s->data.len && !fin)) {
        if (c->acks < INITIAL_SEGMENTS) /* it overtook another, or is old */
            c->acks++;
        return;
    }
    rd_skip(&r, known);
    const struct ike_bytes next = rd_bytes(&r, least(r.left, window_of(c)));
    c->awaited += (uint32_t)next.len;
    c->held += c->told ? next.len : 0;
    if (fin || r.left > 0 || c->ack_ns != SIM_NEVER)
        owe(c);
    c->ack_ns = now_ns + t->config.ack_delay_ns;
    if (next.len > 0 && c->told)
        t->parts.ear.came(t->parts.ear.owner, now_ns, number, next);
    if (!fin || r.left > 0 || named(t, number) == NULL)
        return;
    c->awaited++;
    c->fin_came = c->fin_wanted = true; /* both sides close together */
    if (c->told) {
        c->told = false;
        t->parts.ear.gone(t->parts.ear.owner, now_ns, number);
    }
}

static void hear_open(struct conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    struct sim_tcp *const t = c->tcp;
    const uint32_t number = c->number;
    if ((s->flags & SIM_SYN) != 0) {
        owe(c); /* RFC 9293 3.10.7.4, fourth: challenged */
    } else if ((s->flags & SIM_ACK) != 0) {
        hear_ack(c, now_ns, s);
        hear_data(c, now_ns, s);
    }
    if (named(t, number) == NULL)
        return;
    if (!c->fin_came || !c->fin_done) {
        list(c, now_ns);
        return;
    }
    if (c->acks > 0)
        list_loose(t, now_ns,
                   &(struct loose){.local = c->local,
                                   .remote = c->remote,
                                   .segment = {.seq = c->next,
                                               .ack = c->awaited,
                                               .window = window_of(c),
                                               .flags = SIM_ACK}});
    conn_give(c);
}

/* The handshake is done. */
static void open_up(struct conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    struct sim_tcp *const t = c->tcp;
    t->counts.half_open -= c->state == SYN_RECEIVED ? 1 : 0;
    *(c->ours ? &t->counts.opened : &t->counts.accepted) += 1;
    c->una = c->next = s->ack;
    c->window = s->window;
    if (c->timed)
        measure(c, now_ns);
    else if (c->sends > 0 && c->rto_ns < 3 * SECOND_NS)
        c->rto_ns = 3 * SECOND_NS; /* RFC 6298 5.7 */
    c->sends = 0;
    c->cautious = false;
    c->resend_ns = SIM_NEVER;
    c->state = OPEN;
    c->told = true;
    t->parts.ear.opened(t->parts.ear.owner, now_ns, c->number, c->ours);
}

static void take_mss(struct conn *c, const struct sim_segment *s)
{
    const uint16_t theirs = s->mss != 0 ? s->mss : 536; /* RFC 9293 3.7.1 */
    c->mss = theirs < c->mss ? theirs : c->mss;
}

/* A reset for what belongs to no connection (RFC 9293 3.10.7.1). */
static void refuse(struct sim_tcp *t, uint64_t now_ns, const struct sim_datagram *d,
                   const struct sim_segment *s)
{
    const bool ack = (s->flags & SIM_ACK) != 0;
    struct loose what = {.local = d->to, .remote = d->from};
    if ((s->flags & SIM_RST) != 0)
        return;
    what.segment = (struct sim_segment){.seq = ack ? s->ack : 0,
                                        .ack = ack ? 0 : s->seq + sim_segment_taken(s),
                                        .flags = (uint8_t)(ack ? SIM_RST : SIM_RST | SIM_ACK)};
    t->counts.refused++;
    list_loose(t, now_ns, &what);
}

static void hear_syn_sent(struct conn *c, uint64_t now_ns, const struct sim_datagram *d,
                          const struct sim_segment *s)
{
    const uint32_t number = c->number;
    struct sim_tcp *const t = c->tcp;
    const bool ours = (s->flags & SIM_ACK) != 0 && s->ack == c->most;
    if ((s->flags & SIM_ACK) != 0 && !ours) {
        refuse(t, now_ns, d, s);
    } else if ((s->flags & SIM_RST) != 0 && ours) {
        end(c, now_ns);
    } else if ((s->flags & SIM_SYN) != 0 && ours) {
        c->awaited = s->seq + 1;
        take_mss(c, s);
        owe(c);
        open_up(c, now_ns, s);
        if (named(t, number) != NULL)
            list(c, now_ns);
    }
}

static void hear_syn_received(struct conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    const uint32_t number = c->number;
    struct sim_tcp *const t = c->tcp;
    if ((s->flags & SIM_SYN) != 0) {
        c->next = c->una; /* our answer was lost */
        c->timed = false;
        list(c, now_ns);
    } else if ((s->flags & SIM_ACK) != 0 && s->ack == c->most) {
        open_up(c, now_ns, s);
        if (named(t, number) != NULL)
            hear_open(c, now_ns, s);
    }
}

/* RFC 9293 3.10.7.2. Beyond the backlog it is as if the SYN were lost. */
static void hear_listening(struct sim_tcp *t, uint64_t now_ns, const struct sim_datagram *d,
                           const struct sim_segment *s)
{
    if ((s->flags & (SIM_SYN | SIM_ACK | SIM_RST)) != SIM_SYN || t->config.backlog == 0) {
        refuse(t, now_ns, d, s);
        return;
    }
    struct conn *const c =
        t->counts.half_open < t->config.backlog ? conn_take(t, &d->to, &d->from) : NULL;
    if (c == NULL) {
        t->counts.backlog_dropped++;
        return;
    }
    c->state = SYN_RECEIVED;
    c->awaited = s->seq + 1;
    take_mss(c, s);
    if (++t->counts.half_open > t->counts.half_open_max)
        t->counts.half_open_max = t->counts.half_open;
    list(c, now_ns);
}

void sim_tcp_deliver(struct sim_tcp *tcp, uint64_t now_ns, const struct sim_datagram *datagram)
{
    struct sim_segment s;
    if (!sim_segment_parse((struct ike_bytes){.at = datagram->at, .len = datagram->len}, &s))
        return;
    struct conn *const c = find(tcp, &datagram->to, &datagram->from);
    if (c == NULL)
        hear_listening(tcp, now_ns, datagram, &s);
    else if (c->state == SYN_SENT)
        hear_syn_sent(c, now_ns, datagram, &s);
    else if ((s.flags & SIM_RST) != 0 && s.seq == c->awaited)
        end(c, now_ns);
    else if ((s.flags & SIM_RST) != 0)
        return; /* RFC 5961 3.2: not the very number */
    else if (c->state == SYN_RECEIVED)
        hear_syn_received(c, now_ns, &s);
    else
        hear_open(c, now_ns, &s);
}

/* ---- the owner ---- */

uint32_t sim_tcp_connect(struct sim_tcp *tcp, uint64_t now_ns, const struct ike_addr *local,
                         const struct ike_addr *remote)
{
    if (find(tcp, local, remote) != NULL)
        return 0;
    struct conn *const c = conn_take(tcp, local, remote);
    if (c == NULL)
        return 0;
    c->state = SYN_SENT;
    c->ours = c->told = true;
    list(c, now_ns);
    return c->number;
}

bool sim_tcp_send(struct sim_tcp *tcp, uint64_t now_ns, uint32_t stream, struct ike_bytes octets)
{
    struct conn *const c = named(tcp, stream);
    if (c == NULL || c->fin_wanted || c->queued + octets.len > QUEUED_MAX)
        return false;
    struct chunk *const chunk = sim_slabs_take(tcp->slabs, sizeof *chunk + octets.len);
    if (chunk == NULL)
        return false;
    *chunk = (struct chunk){.next = NULL, .len = octets.len};
    memcpy(chunk + 1, octets.at, octets.len);
    *(c->first == NULL ? &c->first : &c->last->next) = chunk;
    c->last = chunk;
    c->queued += octets.len;
    list(c, now_ns);
    return true;
}

/* RFC 9293 3.8.6.2.2: the other end hears of room when it is worth a segment. */
void sim_tcp_took(struct sim_tcp *tcp, uint64_t now_ns, uint32_t stream, size_t len)
{
    struct conn *const c = named(tcp, stream);
    if (c == NULL)
        return;
    assert(len <= c->held);
    const uint16_t before = window_of(c);
    c->held -= len;
    if (before < c->mss && window_of(c) >= c->mss) {
        owe(c);
        list(c, now_ns);
    }
}

void sim_tcp_close(struct sim_tcp *tcp, uint64_t now_ns, uint32_t stream, bool reset)
{
    struct conn *const c = named(tcp, stream);
    if (c == NULL)
        return;
    c->told = false;
    c->held = 0; /* what comes now is nobody's */
    if (reset && c->state == OPEN) {
        const struct loose what = {
            .local = c->local, .remote = c->remote, .segment = {.seq = c->next, .flags = SIM_RST}};
        list_loose(tcp, now_ns, &what);
    }
    if (reset || c->state != OPEN) {
        conn_give(c);
        return;
    }
    c->fin_wanted = true;
    list(c, now_ns);
}

bool sim_tcp_ends(const struct sim_tcp *tcp, uint32_t stream, struct ike_addr *local,
                  struct ike_addr *remote)
{
    const struct conn *const c = named(tcp, stream);
    if (c == NULL)
        return false;
    *local = c->local;
    *remote = c->remote;
    return true;
}

const struct sim_tcp_counts *sim_tcp_counts(const struct sim_tcp *tcp)
{
    return &tcp->counts;
}

/* ---- opening and closing ---- */

static void set_usual(struct sim_tcp_config *c)
{
    c->connections = c->connections != 0 ? c->connections : 1024;
    c->syn_sends = (uint8_t)(c->syn_sends != 0 ? c->syn_sends : 7);
    c->sends = (uint8_t)(c->sends != 0 ? c->sends : 15);
    c->rto_first_ns = c->rto_first_ns != 0 ? c->rto_first_ns : SECOND_NS;
    c->rto_least_ns = c->rto_least_ns != 0 ? c->rto_least_ns : SECOND_NS;
    c->rto_most_ns = c->rto_most_ns != 0 ? c->rto_most_ns : 60 * SECOND_NS;
    c->ack_delay_ns = c->ack_delay_ns != 0 ? c->ack_delay_ns : SECOND_NS / 25;
}

struct sim_tcp *sim_tcp_open(const struct sim_tcp_config *config, const struct sim_tcp_parts *parts)
{
    struct sim_tcp *const t = calloc(1, sizeof *t);
    assert(config->connections <= SIM_TCP_CONNECTIONS_MAX);
    if (t == NULL)
        return NULL;
    t->config = *config;
    t->parts = *parts;
    set_usual(&t->config);
    t->flush = (struct sim_event){.rank = SIM_CPU, .run = on_flush, .owner = t};
    t->slabs = sim_slabs_open(chunks_max);
    t->conns = ike_reserve(t->config.connections, sizeof *t->conns);
    if (t->slabs != NULL && t->conns != NULL)
        return t;
    sim_tcp_end(t);
    return NULL;
}

void sim_tcp_end(struct sim_tcp *tcp)
{
    if (tcp == NULL)
        return;
    sim_loop_cancel(tcp->parts.loop, &tcp->flush);
    for (uint32_t i = 0; i < tcp->used; i++)
        sim_loop_cancel(tcp->parts.loop, &tcp->conns[i].timer);
    sim_slabs_close(tcp->slabs);
    ike_unreserve(tcp->conns, tcp->config.connections, sizeof *tcp->conns);
    free(tcp);
}
