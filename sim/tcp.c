/* SPDX-License-Identifier: MIT
 * TCP's connections, and what they say. A delivery only notes what is to be said, as it may not
 * send; an event of the same instant says it. Each connection has one timer, for
 * whatever of its is due first. */
#include "sim/tcp.h"

#include "ike/pool.h"
#include "sim/tcp_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLACE_BITS = 20,
    GENERATIONS = 1 << (32 - PLACE_BITS),
    QUEUED_MAX = 1 << 18 /* octets of one connection that wait for acknowledgment */
};

static const uint32_t chunks_max[SIM_SLAB_SIZES] = {1 << 18, 1 << 15, 1 << 9};

/* ---- which connection ---- */

static uint32_t mix(uint32_t hash, const struct ike_addr *addr)
{
    for (size_t i = 0; i < sizeof addr->ip; i++)
        hash = (hash ^ addr->ip[i]) * UINT32_C(16777619);
    return (hash ^ addr->port) * UINT32_C(16777619);
}

static struct sim_tcp_conn **bucket_of(struct sim_tcp *t, const struct ike_addr *local,
                                       const struct ike_addr *remote)
{
    const uint32_t hash = mix(mix(UINT32_C(2166136261), local), remote);
    return &t->buckets[(hash ^ hash >> 15) % TCP_BUCKETS];
}

struct sim_tcp_conn *sim_tcp_find(struct sim_tcp *t, const struct ike_addr *local,
                                  const struct ike_addr *remote)
{
    struct sim_tcp_conn *c = *bucket_of(t, local, remote);
    while (c != NULL && !(ike_addr_equal(&c->local, local) && ike_addr_equal(&c->remote, remote)))
        c = c->chained;
    return c;
}

uint32_t sim_tcp_place(uint32_t stream)
{
    return stream & (SIM_TCP_CONNECTIONS_MAX - 1);
}

struct sim_tcp_conn *sim_tcp_named(const struct sim_tcp *t, uint32_t stream)
{
    const uint32_t place = sim_tcp_place(stream);
    if (place >= t->used)
        return NULL;
    struct sim_tcp_conn *const c = &t->conns[place];
    return c->state != TCP_UNUSED && c->number == stream ? c : NULL;
}

static void on_timer(void *owner, uint64_t now_ns);

static uint32_t next_number(const struct sim_tcp *t, const struct sim_tcp_conn *c)
{
    const uint32_t generation = (c->number >> PLACE_BITS) % (GENERATIONS - 1) + 1;
    return generation << PLACE_BITS | (uint32_t)(c - t->conns);
}

struct sim_tcp_conn *sim_tcp_take(struct sim_tcp *t, const struct ike_addr *local,
                                  const struct ike_addr *remote)
{
    struct sim_tcp_conn *c = t->unused;
    if (c != NULL)
        t->unused = c->chained;
    else if (t->used < t->config.connections)
        c = &t->conns[t->used++];
    else
        return NULL;
    struct sim_tcp_conn **const bucket = bucket_of(t, local, remote);
    const uint32_t mss_most = local->family == IKE_IPV6 ? 1440 : 1460;
    *c = (struct sim_tcp_conn){.tcp = t,
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

void sim_tcp_give(struct sim_tcp_conn *c)
{
    struct sim_tcp *const t = c->tcp;
    struct sim_tcp_conn **link = bucket_of(t, &c->local, &c->remote);
    t->counts.half_open -= c->state == TCP_SYN_RECEIVED ? 1 : 0;
    sim_loop_cancel(t->parts.loop, &c->timer);
    while (c->first != NULL) {
        struct sim_tcp_chunk *const chunk = c->first;
        c->first = chunk->next;
        sim_slabs_give(t->slabs, chunk);
    }
    while (*link != c)
        link = &(*link)->chained;
    *link = c->chained;
    c->state = TCP_UNUSED;
    c->chained = t->unused;
    t->unused = c;
}

void sim_tcp_lose(struct sim_tcp_conn *c, uint64_t now_ns)
{
    struct sim_tcp *const t = c->tcp;
    const uint32_t number = c->number;
    const bool told = c->told;
    sim_tcp_give(c);
    if (told)
        t->parts.ear.gone(t->parts.ear.owner, now_ns, number);
}

/* ---- saying ---- */

static void put(struct sim_tcp *t, uint64_t now_ns, const struct sim_tcp_loose *what)
{
    struct ike_writer w = wr_open(t->room, sizeof t->room);
    sim_segment_put(&w, &what->segment);
    assert(!w.bad);
    const struct sim_datagram d = {
        .from = what->local, .to = what->remote, .at = t->room, .len = w.len, .protocol = SIM_TCP};
    t->counts.segments++;
    (void)t->parts.net->ops->send(t->parts.net, now_ns, t->parts.port, &d);
}

/* The next segment. What is acknowledged by it needs no other. */
static void say(struct sim_tcp_conn *c, uint64_t now_ns, uint8_t flags, struct ike_bytes data)
{
    const bool syn = (flags & SIM_SYN) != 0;
    const struct sim_tcp_loose what = {.local = c->local,
                                       .remote = c->remote,
                                       .segment = {.seq = c->next,
                                                   .ack = (flags & SIM_ACK) != 0 ? c->awaited : 0,
                                                   .flags = flags,
                                                   .window = sim_tcp_window(c),
                                                   .mss = syn ? c->mss : 0,
                                                   .data = data}};
    const uint32_t taken = sim_segment_taken(&what.segment);
    const bool again = taken > 0 && sim_tcp_is_before(c->next, c->most);
    c->tcp->counts.resent += again ? 1 : 0;
    c->next += taken;
    if (taken > 0 && !again && !c->timed) {
        c->timed = true;
        c->timed_ns = now_ns;
        c->timed_seq = c->next;
    }
    if (sim_tcp_is_before(c->most, c->next))
        c->most = c->next;
    if ((flags & SIM_ACK) != 0) {
        c->acks = (uint8_t)(c->acks > 0 ? c->acks - 1 : 0);
        c->ack_ns = SIM_NEVER;
    }
    put(c->tcp, now_ns, &what);
}

/* Octets from `offset` on of those queued. */
static struct ike_bytes gather(struct sim_tcp_conn *c, size_t offset, size_t len)
{
    struct ike_writer w = wr_open(c->tcp->gathered, sizeof c->tcp->gathered);
    size_t skip = c->first_done + offset;
    for (const struct sim_tcp_chunk *chunk = c->first; chunk != NULL && w.len < len;
         chunk = chunk->next) {
        struct ike_reader r =
            rd_open((struct ike_bytes){.at = (const uint8_t *)(chunk + 1), .len = chunk->len});
        const size_t passed = sim_tcp_least(skip, chunk->len);
        rd_skip(&r, passed);
        skip -= passed;
        put_bytes(&w, rd_bytes(&r, sim_tcp_least(r.left, len - w.len)));
    }
    assert(!w.bad && w.len == len);
    return wr_done(&w);
}

/* One segment of data, if the windows let it. A window of nothing is asked for news with one octet
 * (RFC 9293 3.8.6.1). */
static bool say_data(struct sim_tcp_conn *c, uint64_t now_ns)
{
    const size_t under_way = c->next - c->una;
    const size_t segments = c->cautious ? 1 : TCP_INITIAL_SEGMENTS;
    size_t limit = sim_tcp_least(c->window, segments * c->mss);
    if (limit == 0 && under_way == 0)
        limit = 1;
    if (under_way >= c->queued || under_way >= limit)
        return false;
    const size_t len = sim_tcp_least(sim_tcp_least(c->queued, limit) - under_way, c->mss);
    say(c, now_ns, SIM_ACK, gather(c, under_way, len));
    return true;
}

static bool say_fin(struct sim_tcp_conn *c, uint64_t now_ns)
{
    if (!c->fin_wanted || c->fin_done || c->next - c->una != c->queued)
        return false;
    say(c, now_ns, SIM_FIN | SIM_ACK, (struct ike_bytes){.at = NULL, .len = 0});
    return true;
}

static void timer_set(struct sim_tcp_conn *c)
{
    sim_loop_at(c->tcp->parts.loop, &c->timer, c->resend_ns < c->ack_ns ? c->resend_ns : c->ack_ns);
}

/* All there is to say now, and when to say it again. */
static void speak(struct sim_tcp_conn *c, uint64_t now_ns)
{
    const struct ike_bytes nothing = {.at = NULL, .len = 0};
    if (c->state != TCP_OPEN) {
        if (c->next == c->una)
            say(c, now_ns, c->state == TCP_SYN_SENT ? SIM_SYN : SIM_SYN | SIM_ACK, nothing);
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
    struct sim_tcp_conn *c = t->listed;
    t->listed = NULL;
    while (c != NULL) {
        struct sim_tcp_conn *const next = c->listed_next;
        c->listed = false;
        if (c->state != TCP_UNUSED)
            speak(c, now_ns);
        c = next;
    }
    for (uint32_t i = 0; i < t->loose_count; i++)
        put(t, now_ns, &t->loose[i]);
    t->loose_count = 0;
}

void sim_tcp_list(struct sim_tcp_conn *c, uint64_t now_ns)
{
    struct sim_tcp *const t = c->tcp;
    if (!c->listed) {
        c->listed = true;
        c->listed_next = t->listed;
        t->listed = c;
    }
    sim_loop_at(t->parts.loop, &t->flush, now_ns);
}

void sim_tcp_list_loose(struct sim_tcp *t, uint64_t now_ns, const struct sim_tcp_loose *what)
{
    if (t->loose_count == TCP_LOOSE_MAX)
        return;
    t->loose[t->loose_count++] = *what;
    sim_loop_at(t->parts.loop, &t->flush, now_ns);
}

/* ---- time ---- */

/* RFC 6298 5.5, 5.6: twice as long, and from the first octet not acknowledged on. */
static bool back_off(struct sim_tcp_conn *c)
{
    const struct sim_tcp_config *const config = &c->tcp->config;
    const unsigned most = c->state == TCP_SYN_SENT       ? config->syn_sends
                          : c->state == TCP_SYN_RECEIVED ? config->syn_sends - 1U
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
    struct sim_tcp_conn *const c = owner;
    if (c->ack_ns <= now_ns) {
        c->ack_ns = SIM_NEVER;
        sim_tcp_owe(c);
    }
    if (c->resend_ns <= now_ns && c->fin_done) {
        sim_tcp_give(c); /* its other end never closed its side */
        return;
    }
    if (c->resend_ns <= now_ns && !back_off(c)) {
        c->tcp->counts.given_up++;
        sim_tcp_lose(c, now_ns);
        return;
    }
    speak(c, now_ns);
}

/* RFC 6298 2.2, 2.3 */
void sim_tcp_measure(struct sim_tcp_conn *c, uint64_t now_ns)
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

/* ---- the owner ---- */

uint32_t sim_tcp_connect(struct sim_tcp *tcp, uint64_t now_ns, const struct ike_addr *local,
                         const struct ike_addr *remote)
{
    if (sim_tcp_find(tcp, local, remote) != NULL)
        return 0;
    struct sim_tcp_conn *const c = sim_tcp_take(tcp, local, remote);
    if (c == NULL)
        return 0;
    c->state = TCP_SYN_SENT;
    c->ours = c->told = true;
    sim_tcp_list(c, now_ns);
    return c->number;
}

bool sim_tcp_send(struct sim_tcp *tcp, uint64_t now_ns, uint32_t stream, struct ike_bytes octets)
{
    struct sim_tcp_conn *const c = sim_tcp_named(tcp, stream);
    if (c == NULL || c->fin_wanted || c->queued + octets.len > QUEUED_MAX)
        return false;
    struct sim_tcp_chunk *const chunk = sim_slabs_take(tcp->slabs, sizeof *chunk + octets.len);
    if (chunk == NULL)
        return false;
    *chunk = (struct sim_tcp_chunk){.next = NULL, .len = octets.len};
    memcpy(chunk + 1, octets.at, octets.len);
    *(c->first == NULL ? &c->first : &c->last->next) = chunk;
    c->last = chunk;
    c->queued += octets.len;
    sim_tcp_list(c, now_ns);
    return true;
}

/* RFC 9293 3.8.6.2.2: the other end hears of room when it is worth a segment. */
void sim_tcp_took(struct sim_tcp *tcp, uint64_t now_ns, uint32_t stream, size_t len)
{
    struct sim_tcp_conn *const c = sim_tcp_named(tcp, stream);
    if (c == NULL)
        return;
    assert(len <= c->held);
    const uint16_t before = sim_tcp_window(c);
    c->held -= len;
    if (before < c->mss && sim_tcp_window(c) >= c->mss) {
        sim_tcp_owe(c);
        sim_tcp_list(c, now_ns);
    }
}

void sim_tcp_close(struct sim_tcp *tcp, uint64_t now_ns, uint32_t stream, bool reset)
{
    struct sim_tcp_conn *const c = sim_tcp_named(tcp, stream);
    if (c == NULL)
        return;
    c->told = false;
    c->held = 0; /* what comes now is nobody's */
    if (reset && c->state == TCP_OPEN) {
        const struct sim_tcp_loose what = {
            .local = c->local, .remote = c->remote, .segment = {.seq = c->next, .flags = SIM_RST}};
        sim_tcp_list_loose(tcp, now_ns, &what);
    }
    if (reset || c->state != TCP_OPEN) {
        sim_tcp_give(c);
        return;
    }
    c->fin_wanted = true;
    sim_tcp_list(c, now_ns);
}

bool sim_tcp_ends(const struct sim_tcp *tcp, uint32_t stream, struct ike_addr *local,
                  struct ike_addr *remote)
{
    const struct sim_tcp_conn *const c = sim_tcp_named(tcp, stream);
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
    c->rto_first_ns = c->rto_first_ns != 0 ? c->rto_first_ns : TCP_SECOND_NS;
    c->rto_least_ns = c->rto_least_ns != 0 ? c->rto_least_ns : TCP_SECOND_NS;
    c->rto_most_ns = c->rto_most_ns != 0 ? c->rto_most_ns : 60 * TCP_SECOND_NS;
    c->ack_delay_ns = c->ack_delay_ns != 0 ? c->ack_delay_ns : TCP_SECOND_NS / 25;
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
