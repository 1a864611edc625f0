/* SPDX-License-Identifier: MIT
 * The bench of the flow tests. */
#include "tests/pair.h"

#include "ike/engine.h"
#include "ike/v2/describe.h"
#include "ike/v2/selector.h"
#include "tests/faults.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { DELAY_NS = 10000000, STEPS_MAX = 100000 };

static void fill(void *owner, uint8_t *out, size_t len)
{
    uint64_t *const state = owner;
    for (size_t i = 0; i < len; i++) { /* SplitMix64, an octet at a time */
        *state += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = *state;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        out[i] = (uint8_t)(z >> 56);
    }
}

void pair_offer(struct pair *p, enum pair_side side, const char *ike, const char *esp)
{
    struct ike_policy *const policy = &p->end[side].policy;
    const char *bad;
    bool good = ike_offer_parse(ike, &policy->ike[0], &bad);
    good = ike_offer_parse(esp, &policy->child[0].esp[0], &bad) && good;
    assert(good);
    policy->ike_count = 1;
    policy->child[0].esp_count = 1;
    policy->child_count = 1;
}

struct ike_addr pair_addr(enum pair_side side, unsigned number)
{
    return ike_addr_v4(0xc0000201u + (uint32_t)side + 16 * (number - 1), IKE_PORT);
}

void pair_init(struct pair *p, struct pair_options options)
{
    static const char *const names[] = {"a.test", "b.test"};
    static const char *const nets[] = {"10.1.0.0/16", "10.2.0.0/16"};
    *p = (struct pair){.options = options};
    for (int i = 0; i < 2; i++) {
        struct pair_end *const e = &p->end[i];
        e->random = UINT64_C(1000) + (uint64_t)i;
        e->addr = pair_addr((enum pair_side)i, 1);
        e->config = (struct ike_config){
            .sa_max = 256,
            .cookies = {.on_at = IKE_UNLIMITED,
                        .hold_ns = UINT64_C(10000000000),
                        .secret_ns = UINT64_C(120000000000),
                        .overlap_ns = UINT64_C(10000000000)},
            .half_open = {.limit = IKE_UNLIMITED,
                          .per_address = IKE_UNLIMITED,
                          .timeout_ns = UINT64_C(30000000000)},
            .retransmit = {.first_ns = UINT64_C(1000000000),
                           .factor_milli = 1800,
                           .sends = 5,
                           .wait_max_ns = UINT64_C(60000000000)},
            .cookies_max = 3,
            .groups_max = 3,
            .policies = &e->policy,
            .policy_count = 1,
            .tell_keys = true,
        };
        pair_offer(p, (enum pair_side)i, "aes256gcm16-prfsha256-x25519", "aes256gcm16");
        struct ike_policy *const policy = &e->policy;
        bool good = ike_selector_from_text(nets[i], &policy->child[0].local[0]);
        good = ike_selector_from_text(nets[1 - i], &policy->child[0].remote[0]) && good;
        assert(good);
        policy->name = "pair";
        policy->child[0].local_count = 1;
        policy->child[0].remote_count = 1;
        policy->local_id = (struct ike_id){.type = ID_FQDN, .len = 6};
        memcpy(policy->local_id.data, names[i], 6);
        policy->psk_len = 6;
        memcpy(policy->psk, "secret", 6);
    }
}

void pair_open(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        struct pair_end *const e = &p->end[i];
        const struct ike_random random = {.fill = fill, .owner = &e->random};
        e->crypto = p->options.provider == PAIR_OPENSSL ? ike_crypto_openssl(random)
                                                        : ike_crypto_modelled(random);
        assert(e->crypto != NULL);
        if (p->options.faults)
            faults_plant(e->crypto);
        if (p->furnish != NULL)
            p->furnish(p, (enum pair_side)i);
        e->engine = ike_open(&e->config, e->crypto);
        assert(e->engine != NULL);
    }
}

void pair_close(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        ike_close(p->end[i].engine);
        if (p->strip != NULL)
            p->strip(p, (enum pair_side)i);
        p->end[i].crypto->ops->close(p->end[i].crypto);
    }
}

static void put_flight(struct pair *p, const struct pair_flight *like, uint64_t at_ns)
{
    for (int i = 0; i < PAIR_FLIGHT_MAX; i++)
        if (!p->flight[i].used) {
            p->flight[i] = *like;
            p->flight[i].used = true;
            p->flight[i].at_ns = at_ns;
            return;
        }
    assert(p->options.quiet);
}

/* The line of a message, opened with those of its SA's keys that open it. */
static void describe(const struct pair *p, enum pair_side from, const struct pair_flight *f,
                     char *line)
{
    struct ike_header head;
    const bool nat = f->from.port == IKE_PORT_NAT || f->stream != 0;
    const size_t marker = nat && f->len >= 4 ? 4 : 0;
    const struct ike_bytes bytes = {.at = f->bytes, .len = f->len};
    const int count = p->keys_count < PAIR_KEYS_MAX ? p->keys_count : PAIR_KEYS_MAX;
    struct ike_crypto *const crypto = p->end[from].crypto;
    (void)ike_header_parse((struct ike_bytes){.at = f->bytes + marker, .len = f->len - marker},
                           &head);
    (void)ike_describe(bytes, nat, p->has_keys ? &p->keys : NULL, crypto, line);
    for (int i = 0; i < count && strstr(line, "SK{\xe2\x80\xa6}") != NULL; i++)
        if (p->all_keys[i].keys.spi_i == head.spi_i && p->all_keys[i].keys.spi_r == head.spi_r)
            (void)ike_describe(bytes, nat, &p->all_keys[i].keys, crypto, line);
}

static void write_line(struct pair *p, const char *arrow, const char *line, const char *fate)
{
    const int wrote = snprintf(p->trace + p->trace_len, PAIR_TRACE_MAX - p->trace_len, "%s  %s%s\n",
                               arrow, line, fate);
    if (wrote > 0 && (size_t)wrote < PAIR_TRACE_MAX - p->trace_len)
        p->trace_len += (size_t)wrote;
}

static const char *arrow_of(enum pair_side from, bool tcp)
{
    if (tcp)
        return from == A ? "A=B" : "B=A";
    return from == A ? "A>B" : "B>A";
}

/* "I2:4500" */
static void name_addr(const struct pair *p, const struct ike_addr *addr, char *out, size_t max)
{
    const unsigned octet = addr->ip[3] - 1U;
    (void)snprintf(out, max, "%c%u:%u", octet % 16 == p->options.initiator ? 'I' : 'R',
                   octet / 16 + 1, addr->port);
}

static void write_trace(struct pair *p, enum pair_side from, const struct pair_flight *f,
                        const char *fate)
{
    char line[IKE_DESCRIBE_TEXT], left[32], right[32], path[96];
    describe(p, from, f, line);
    if (p->shows_paths) {
        name_addr(p, &f->from, left, sizeof left);
        name_addr(p, &f->dest, right, sizeof right);
        (void)snprintf(path, sizeof path, "  %s>%s%s", left, right, fate);
        fate = path;
    }
    write_line(p, arrow_of(from, f->stream != 0), line, fate);
}

/* That of a responder is a static one, which keeps its ports, as the initiator has to find it. */
static uint16_t lent(const struct pair *p, enum pair_side side, uint16_t port)
{
    const int first = side == p->options.initiator ? 20000 : 0;
    return (uint16_t)(port + first + p->rebound[side]);
}

struct ike_addr pair_address(const struct pair *p, enum pair_side side)
{
    if (!p->options.nat[side])
        return p->end[side].addr;
    return ike_addr_v4(0xcb007101u + (uint32_t)side, lent(p, side, p->end[side].addr.port));
}

void pair_rebind(struct pair *p, enum pair_side side)
{
    p->rebound[side]++;
}

/* An inner address and port become public ones on the way out, and public ones inner ones on the
 * way in. False: no such port is lent. */
static bool translate(const struct pair *p, enum pair_side from, struct pair_flight *f)
{
    const enum pair_side to = from == A ? B : A;
    if (p->options.nat[from]) {
        const uint16_t port = lent(p, from, f->from.port);
        f->from = ike_addr_v4(0xcb007100u + f->from.ip[3], port);
    }
    if (!p->options.nat[to])
        return true;
    for (int i = 0; i < 2; i++) {
        const uint16_t port = i == 0 ? IKE_PORT : IKE_PORT_NAT;
        if (f->dest.port != lent(p, to, port))
            continue;
        f->dest = ike_addr_v4(0xc0000200u + f->dest.ip[3], port);
        return true;
    }
    return false;
}

static bool luck(struct pair *p, uint8_t percent)
{
    uint8_t draw[2];
    fill(&p->chance, draw, sizeof draw);
    return (draw[0] << 8 | draw[1]) < percent * 65536 / 100;
}

/* A message not lost arrives after the wire's delay, or late, or twice. */
static void put_on_wire(struct pair *p, const struct pair_flight *f, int number)
{
    uint64_t delay_ns = DELAY_NS;
    uint8_t late[1];
    fill(&p->chance, late, sizeof late);
    if (luck(p, p->options.late_percent))
        delay_ns += late[0] * UINT64_C(8000000);
    put_flight(p, f, p->now_ns + delay_ns);
    if (number == p->options.twice || luck(p, p->options.twice_percent))
        put_flight(p, f, p->now_ns + delay_ns + DELAY_NS / 2);
}

/* ---- TCP ---- */

static enum pair_side other(enum pair_side side)
{
    return side == A ? B : A;
}

/* News of a stream come to an end, after all before. */
static void put_news(struct pair *p, struct pair_flight *f, uint64_t delay_ns)
{
    struct pair_stream *const s = &p->streams[f->stream - 1];
    const uint64_t at_ns = p->now_ns + delay_ns;
    s->last_ns[f->to] = at_ns > s->last_ns[f->to] ? at_ns : s->last_ns[f->to] + 1;
    put_flight(p, f, s->last_ns[f->to]);
}

static int stream_numbered(const struct pair *p, enum pair_side side, uint32_t number)
{
    for (int i = 0; i < PAIR_STREAMS_MAX; i++)
        if (p->streams[i].number[side] == number && p->streams[i].open[side])
            return i + 1;
    return 0;
}

/* One that no end and no octet knows any more. */
static int free_stream(const struct pair *p)
{
    for (int i = 0; i < PAIR_STREAMS_MAX; i++) {
        bool used = p->streams[i].open[A] || p->streams[i].open[B];
        for (int k = 0; k < PAIR_FLIGHT_MAX; k++)
            used = used || (p->flight[k].used && p->flight[k].stream == i + 1);
        if (!used)
            return i;
    }
    assert(false);
    return 0;
}

/* One round trip, and a port of its own; or as long, and nothing. */
static void open_stream(struct pair *p, enum pair_side side, uint64_t sa)
{
    struct ike_stream wish;
    if (!ike_sa_stream(p->end[side].engine, sa, &wish))
        return;
    const int index = free_stream(p);
    const int serial = p->stream_count++;
    struct pair_stream *const s = &p->streams[index];
    *s = (struct pair_stream){.opener = side, .serial = serial, .sa = sa};
    s->number[side] = 100 + (uint32_t)serial;
    s->number[other(side)] = 200 + (uint32_t)serial;
    wish.local.port = (uint16_t)(40000 + serial);
    s->own[side] = s->addr[side] = wish.local;
    s->own[other(side)] = s->addr[other(side)] = wish.remote;
    if (p->options.nat[other(side)]) {
        s->own[other(side)] = p->end[other(side)].addr;
        s->own[other(side)].port = wish.remote.port;
    }
    if (p->options.nat[side])
        s->addr[side] = pair_address(p, side);
    ike_deframer_open(&s->in[side], s->room[side], IKE_FRAME_MAX, false);
    ike_deframer_open(&s->in[other(side)], s->room[other(side)], IKE_FRAME_MAX, true);
    struct pair_flight f = {.to = side, .stream = index + 1, .news = PAIR_OPENED};
    const bool refused = p->options.refused > 0;
    p->options.refused -= refused ? 1 : 0;
    s->open[side] = s->open[other(side)] = !refused;
    write_line(p, arrow_of(side, true), "opens", refused ? "  (refused)" : "");
    put_news(p, &f, 2 * (uint64_t)DELAY_NS);
}

static void close_stream(struct pair *p, enum pair_side side, uint32_t number)
{
    struct pair_flight f = {
        .to = other(side), .stream = stream_numbered(p, side, number), .news = PAIR_CLOSED};
    if (f.stream == 0)
        return;
    p->streams[f.stream - 1].open[side] = false;
    write_line(p, arrow_of(side, true), "closes", "");
    put_news(p, &f, DELAY_NS);
}

static void send_by_stream(struct pair *p, enum pair_side from, const struct ike_datagram *d)
{
    struct pair_flight f = {.to = other(from), .stream = stream_numbered(p, from, d->stream)};
    struct pair_flight framed = f;
    if (f.stream == 0)
        return; /* it is gone, and the engine will hear of that */
    struct pair_stream *const s = &p->streams[f.stream - 1];
    const int number = p->sent++;
    assert(d->bytes.len <= sizeof f.bytes && ike_addr_equal(&d->remote, &s->addr[other(from)]));
    f.len = d->bytes.len;
    memcpy(f.bytes, d->bytes.at, d->bytes.len);
    const bool kept = p->touch == NULL || p->touch(p, from, f.bytes, &f.len, number);
    const bool late = number == p->options.lose || luck(p, p->options.lose_percent);
    write_trace(p, from, &f, !kept ? "  (lost)" : late ? "  (late)" : "");
    if (!kept)
        return;
    struct ike_writer w = wr_open(framed.bytes, sizeof framed.bytes);
    if (from == s->opener && !s->begun)
        ike_put_stream_prefix(&w);
    s->begun = s->begun || from == s->opener;
    ike_put_frame(&w, (struct ike_bytes){.at = f.bytes, .len = f.len});
    assert(!w.bad);
    framed.len = w.len;
    put_news(p, &framed, late ? (uint64_t)DELAY_NS + UINT64_C(1000000000) : DELAY_NS);
}

static void send(struct pair *p, enum pair_side from, const struct ike_datagram *d)
{
    if (d->stream != 0) {
        send_by_stream(p, from, d);
        return;
    }
    struct pair_flight f = {.to = from == A ? B : A, .from = d->local, .dest = d->remote};
    const int number = p->sent++;
    assert(d->bytes.len <= sizeof f.bytes);
    f.len = d->bytes.len;
    memcpy(f.bytes, d->bytes.at, d->bytes.len);
    const bool kept = p->touch == NULL || p->touch(p, from, f.bytes, &f.len, number);
    struct pair_flight sent = f;
    const bool passes =
        translate(p, from, &sent) && (p->carries == NULL || p->carries(p, &f.from, &f.dest));
    const bool lost = !kept || p->options.udp_blocked || number == p->options.lose ||
                      luck(p, p->options.lose_percent) || !passes;
    if (!p->options.quiet)
        write_trace(p, from, &f, lost ? "  (lost)" : "");
    if (lost)
        return;
    put_on_wire(p, &sent, number);
}

/* Copied into the next of the slots; both ends tell of the same keys. */
static void keep_keys(struct pair *p, enum pair_side side, uint64_t sa)
{
    struct ike_sa_keys keys;
    if (!ike_sa_keys(p->end[side].engine, sa, &keys))
        return;
    struct pair_keys *const slot = &p->all_keys[p->keys_count++ % PAIR_KEYS_MAX];
    const struct ike_bytes views[] = {keys.sk_d,  keys.sk_ai, keys.sk_ar, keys.sk_ei,
                                      keys.sk_er, keys.sk_pi, keys.sk_pr};
    struct ike_bytes *const copies[] = {&keys.sk_d,  &keys.sk_ai, &keys.sk_ar, &keys.sk_ei,
                                        &keys.sk_er, &keys.sk_pi, &keys.sk_pr};
    size_t used = 0;
    for (size_t i = 0; i < 7; i++) {
        assert(used + views[i].len <= sizeof slot->room);
        if (views[i].len > 0)
            memcpy(slot->room + used, views[i].at, views[i].len);
        *copies[i] = (struct ike_bytes){.at = slot->room + used, .len = views[i].len};
        used += views[i].len;
    }
    slot->keys = keys;
    p->keys = keys;
    p->has_keys = true;
}

static void fetch(struct pair *p, enum pair_side side, const struct ike_event *event)
{
    for (int i = 0; i < PAIR_FETCHES_MAX; i++)
        if (!p->fetches[i].used) {
            p->fetches[i] = (struct pair_fetch){.at_ns = p->now_ns + p->fetch_ns,
                                                .to = side,
                                                .sa = event->sa,
                                                .question = event->question,
                                                .answer = p->fetch(p, event->what),
                                                .used = true};
            return;
        }
    assert(p->options.quiet);
}

/* RFC 5723 6.2: it goes with its SA, unless that is lost. */
static void mind_ticket(struct pair_end *e, const struct ike_event *event)
{
    const bool closed = event->kind == IKE_DOWN && event->sa == e->ticket_sa &&
                        event->why != WHY_NO_ANSWER && event->why != WHY_PEER_CRASHED;
    if (closed || (event->kind == IKE_REKEYED && event->was == e->ticket_sa))
        e->ticket_len = 0;
    if (event->kind != IKE_TICKET)
        return;
    e->ticket_len = ike_sa_ticket(e->engine, event->sa, e->ticket);
    e->ticket_sa = event->sa;
}

static void drain(struct pair *p, enum pair_side side)
{
    struct pair_end *const e = &p->end[side];
    struct ike_datagram out[IKE_OUTPUTS_MAX];
    struct ike_event event;
    int count = 0;
    int told = e->event_count;
    while (ike_next_output(e->engine, &out[count]))
        count++;
    while (ike_next_event(e->engine, &event)) {
        if (p->options.quiet)
            e->event_count = 0;
        assert(e->event_count < PAIR_EVENTS_MAX);
        e->events[e->event_count++] = event;
        e->ends[event.why]++;
        if (event.kind == IKE_KEYED)
            keep_keys(p, side, event.sa);
        if (event.kind == IKE_UP || event.kind == IKE_HALF_OPEN || event.kind == IKE_REKEYED)
            e->sa = event.sa;
        if (event.kind == IKE_ASK)
            fetch(p, side, &event);
        mind_ticket(e, &event);
        if (event.kind == IKE_CHILD_UP)
            e->child = event.child_spi;
    }
    for (int i = 0; i < count; i++)
        send(p, side, &out[i]);
    for (; told < e->event_count; told++) {
        if (e->events[told].kind == IKE_STREAM_WANTED)
            open_stream(p, side, e->events[told].sa);
        if (e->events[told].kind == IKE_STREAM_DONE)
            close_stream(p, side, e->events[told].stream);
    }
}

static uint64_t connect(struct pair *p, struct ike_bytes ticket)
{
    const enum pair_side side = p->options.initiator;
    struct pair_end *const e = &p->end[side];
    const struct ike_attempt attempt = {.local = e->addr,
                                        .remote = pair_address(p, 1 - side),
                                        .policy = &e->policy,
                                        .ticket = ticket,
                                        .tag = 7};
    const uint64_t sa = ike_connect(e->engine, p->now_ns, &attempt);
    drain(p, side);
    return sa;
}

uint64_t pair_connect(struct pair *p)
{
    return connect(p, (struct ike_bytes){.at = NULL, .len = 0});
}

uint64_t pair_resume(struct pair *p)
{
    struct pair_end *const e = &p->end[p->options.initiator];
    const struct ike_bytes ticket = {.at = e->ticket, .len = e->ticket_len};
    e->ticket_len = 0;
    return connect(p, ticket);
}

static enum ike_why deliver(struct pair *p, const struct pair_flight *f)
{
    struct pair_end *const e = &p->end[f->to];
    const struct ike_datagram d = {
        .local = f->dest, .remote = f->from, .bytes = {.at = f->bytes, .len = f->len}};
    const enum ike_why why = ike_input(e->engine, p->now_ns, &d);
    e->reasons[why]++;
    drain(p, f->to);
    return why;
}

/* RFC 9329 6.1: what makes no sense closes the connection. */
static void take_octets(struct pair *p, const struct pair_flight *f)
{
    struct pair_stream *const s = &p->streams[f->stream - 1];
    struct pair_end *const e = &p->end[f->to];
    struct ike_bytes message;
    (void)ike_deframer_push(&s->in[f->to], (struct ike_bytes){.at = f->bytes, .len = f->len});
    while (s->open[f->to] && ike_deframer_take(&s->in[f->to], &message)) {
        const struct ike_datagram d = {.local = s->own[f->to],
                                       .remote = s->addr[other(f->to)],
                                       .stream = s->number[f->to],
                                       .bytes = message};
        const enum ike_why why = ike_input(e->engine, p->now_ns, &d);
        e->reasons[why]++;
        drain(p, f->to);
        ike_deframer_judge(&s->in[f->to], why);
    }
    if (!s->in[f->to].broken || !s->open[f->to])
        return;
    close_stream(p, f->to, s->number[f->to]);
    ike_stream_down(e->engine, p->now_ns, s->number[f->to]);
    drain(p, f->to);
}

static void end_down(struct pair *p, int stream, enum pair_side side)
{
    struct pair_stream *const s = &p->streams[stream - 1];
    if (!s->open[side])
        return;
    s->open[side] = false;
    ike_stream_down(p->end[side].engine, p->now_ns, s->number[side]);
    drain(p, side);
}

/* Octets for an end that knows of no connection. */
static void reset_stream(struct pair *p, const struct pair_flight *f)
{
    struct pair_flight back = {.to = other(f->to), .stream = f->stream, .news = PAIR_CLOSED};
    put_news(p, &back, DELAY_NS);
}

static void take_news(struct pair *p, const struct pair_flight *f)
{
    struct pair_stream *const s = &p->streams[f->stream - 1];
    const struct ike_stream up = {
        .number = s->number[f->to], .local = s->own[f->to], .remote = s->addr[other(f->to)]};
    if (f->news == PAIR_CLOSED)
        end_down(p, f->stream, f->to);
    if (f->news == PAIR_OCTETS && s->open[f->to])
        take_octets(p, f);
    else if (f->news == PAIR_OCTETS && s->open[other(f->to)])
        reset_stream(p, f);
    if (f->news != PAIR_OPENED)
        return;
    if (!ike_stream_up(p->end[f->to].engine, p->now_ns, s->sa, s->open[f->to] ? &up : NULL))
        close_stream(p, f->to, s->number[f->to]);
    drain(p, f->to);
}

void pair_cut_end(struct pair *p, enum pair_side side)
{
    const int before = p->stream_count; /* those opened in answer stay */
    for (int i = 0; i < PAIR_STREAMS_MAX; i++) {
        if (p->streams[i].serial >= before)
            continue;
        for (int k = 0; k < PAIR_FLIGHT_MAX; k++)
            if (p->flight[k].stream == i + 1 && p->flight[k].news != PAIR_OPENED &&
                p->streams[i].open[side])
                p->flight[k].used = false;
        end_down(p, i + 1, side);
    }
}

void pair_cut(struct pair *p)
{
    const enum pair_side first = p->options.initiator; /* it is the one to open others */
    pair_cut_end(p, other(first));
    pair_cut_end(p, first);
}

int pair_open_streams(const struct pair *p, enum pair_side side)
{
    int count = 0;
    for (int i = 0; i < PAIR_STREAMS_MAX; i++)
        count += p->streams[i].open[side] ? 1 : 0;
    return count;
}

/* The first thing fetched that comes before `at_ns`, or NULL. */
static struct pair_fetch *fetched(struct pair *p, uint64_t at_ns)
{
    struct pair_fetch *first = NULL;
    for (int i = 0; i < PAIR_FETCHES_MAX; i++)
        if (p->fetches[i].used && p->fetches[i].at_ns < at_ns) {
            first = &p->fetches[i];
            at_ns = first->at_ns;
        }
    return first;
}

static void answer(struct pair *p, struct pair_fetch *f)
{
    f->used = false;
    p->now_ns = f->at_ns > p->now_ns ? f->at_ns : p->now_ns;
    (void)ike_answer(p->end[f->to].engine, p->now_ns, f->sa, f->question, f->answer);
    drain(p, f->to);
}

/* The next thing to happen up to `until_ns`; false when there is none. */
static bool step(struct pair *p, uint64_t until_ns)
{
    int next = -1;
    uint64_t at_ns = UINT64_MAX;
    for (int i = 0; i < PAIR_FLIGHT_MAX; i++)
        if (p->flight[i].used && p->flight[i].at_ns < at_ns) {
            next = i;
            at_ns = p->flight[i].at_ns;
        }
    for (int i = 0; i < 2; i++) {
        const uint64_t deadline_ns = ike_deadline(p->end[i].engine);
        if (deadline_ns < at_ns) {
            next = PAIR_FLIGHT_MAX + i;
            at_ns = deadline_ns;
        }
    }
    struct pair_fetch *const first = fetched(p, at_ns);
    if (first != NULL && first->at_ns <= until_ns) {
        answer(p, first);
        return true;
    }
    if (next < 0 || at_ns > until_ns)
        return false;
    p->now_ns = at_ns > p->now_ns ? at_ns : p->now_ns;
    if (next < PAIR_FLIGHT_MAX) {
        const struct pair_flight f = p->flight[next];
        p->flight[next].used = false;
        if (f.stream != 0)
            take_news(p, &f);
        else
            (void)deliver(p, &f);
    } else {
        ike_tick(p->end[next - PAIR_FLIGHT_MAX].engine, p->now_ns);
        drain(p, next == PAIR_FLIGHT_MAX ? A : B);
    }
    return true;
}

void pair_run_for(struct pair *p, uint64_t ns)
{
    const uint64_t until_ns = p->now_ns + ns;
    drain(p, p->options.initiator); /* what calls made in between brought about */
    drain(p, p->options.initiator == A ? B : A);
    for (int i = 0; i < STEPS_MAX && step(p, until_ns); i++)
        ;
    p->now_ns = until_ns;
}

void pair_run(struct pair *p)
{
    pair_run_for(p, UINT64_C(25000000000)); /* an exchange gives up after 22.4 s */
}

enum ike_why pair_inject(struct pair *p, enum pair_side to, const uint8_t *bytes, size_t len)
{
    struct pair_flight f = {
        .to = to, .from = p->end[1 - to].addr, .dest = p->end[to].addr, .len = len};
    assert(len <= sizeof f.bytes);
    memcpy(f.bytes, bytes, len);
    return deliver(p, &f);
}

void pair_forget(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        struct ike_engine *const e = p->end[i].engine;
        for (uint32_t place = 1; place <= e->sas.high; place++) {
            const struct ike_sa *const sa = ike_sa_at(e, place);
            if (sa->state != S_NONE && sa->state != S_FRESH) /* those go with their task */
                ike_forget(e, p->now_ns, sa->number);
        }
        drain(p, (enum pair_side)i);
    }
}
