/* SPDX-License-Identifier: MIT
 * The scripted stand-in: no protocol, one order a datagram. */
#include "tests/fake_engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 65536, OUT_MAX = 16, EVENTS_MAX = 64, BYTES_MAX = 2048 };

struct timer {
    uint64_t at_ns;
    uint32_t spent_ns;
    uint32_t again;
};

struct ike_engine {
    struct ike_crypto *crypto;
    struct fake_call calls[CALLS_MAX];
    uint32_t call_count;
    struct timer timers[FAKE_TIMERS_MAX];
    uint32_t timer_count;
    struct ike_datagram out[OUT_MAX];
    uint8_t bytes[BYTES_MAX];
    uint32_t out_count;
    struct ike_event events[EVENTS_MAX];
    uint32_t event_count;
    uint64_t serial;
    struct ike_stats stats;
};

struct ike_engine *fake_open(struct ike_crypto *crypto)
{
    struct ike_engine *const e = calloc(1, sizeof *e);
    e->crypto = crypto;
    return e;
}

void fake_close(struct ike_engine *engine)
{
    free(engine);
}

void fake_timer(struct ike_engine *engine, uint64_t at_ns, uint32_t spent_ns, uint32_t again)
{
    assert(engine->timer_count < FAKE_TIMERS_MAX);
    engine->timers[engine->timer_count++] = (struct timer){at_ns, spent_ns, again};
}

void fake_stats(struct ike_engine *engine, const struct ike_stats *stats)
{
    engine->stats = *stats;
}

struct ike_stats ike_stats(const struct ike_engine *engine)
{
    return engine->stats;
}

const struct fake_call *fake_calls(const struct ike_engine *engine, uint32_t *count)
{
    *count = engine->call_count;
    return engine->calls;
}

static void called(struct ike_engine *e, uint64_t now_ns, uint32_t number)
{
    /* The host must have fetched all before it asks again. */
    assert(e->out_count == 0 && e->event_count == 0 && e->crypto->spent_ns == 0);
    if (e->call_count < CALLS_MAX)
        e->calls[e->call_count++] = (struct fake_call){now_ns, number};
}

static struct fake_order order_of(struct ike_bytes bytes)
{
    struct fake_order order = {0};
    if (bytes.len >= sizeof order)
        memcpy(&order, bytes.at, sizeof order);
    return order;
}

struct ike_peek ike_peek(const struct ike_datagram *in)
{
    const struct fake_order order = order_of(in->bytes);
    return (struct ike_peek){.spi = order.spi, .kind = (enum ike_peek_kind)order.kind};
}

enum ike_why ike_input(struct ike_engine *engine, uint64_t now_ns, const struct ike_datagram *in)
{
    const struct fake_order order = order_of(in->bytes);
    called(engine, now_ns, order.number);
    engine->crypto->spent_ns += order.spent_ns;
    assert(in->bytes.len <= BYTES_MAX && order.answers <= OUT_MAX);
    memcpy(engine->bytes, in->bytes.at, in->bytes.len);
    if (in->bytes.len >= sizeof order)
        memcpy(engine->bytes, &(struct fake_order){.number = order.number}, sizeof order);
    for (uint32_t i = 0; i < order.answers; i++)
        engine->out[engine->out_count++] = (struct ike_datagram){
            .local = in->local, .remote = in->remote, .bytes = {engine->bytes, in->bytes.len}};
    for (uint32_t i = 0; i < order.half_open; i++)
        engine->events[engine->event_count++] =
            (struct ike_event){.kind = IKE_HALF_OPEN, .tag = order.number};
    for (uint32_t i = 0; i < order.up; i++)
        engine->events[engine->event_count++] =
            (struct ike_event){.kind = IKE_UP, .tag = order.number};
    for (uint32_t i = 0; i < order.expired; i++)
        engine->events[engine->event_count++] = (struct ike_event){
            .kind = IKE_FAILED, .why = WHY_HALF_OPEN_EXPIRED, .tag = order.number};
    return (enum ike_why)order.why;
}

static uint32_t first_timer(const struct ike_engine *e)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < e->timer_count; i++) {
        if (e->timers[i].at_ns < e->timers[first].at_ns)
            first = i;
    }
    return first;
}

uint64_t ike_deadline(const struct ike_engine *engine)
{
    return engine->timer_count == 0 ? IKE_NEVER : engine->timers[first_timer(engine)].at_ns;
}

void ike_tick(struct ike_engine *engine, uint64_t now_ns)
{
    called(engine, now_ns, 0);
    if (ike_deadline(engine) > now_ns)
        return;
    struct timer *const t = &engine->timers[first_timer(engine)];
    engine->crypto->spent_ns += t->spent_ns;
    if (t->again == 0)
        *t = engine->timers[--engine->timer_count];
    else
        t->again--;
}

bool ike_next_output(struct ike_engine *engine, struct ike_datagram *out)
{
    if (engine->out_count == 0)
        return false;
    *out = engine->out[--engine->out_count];
    return true;
}

bool ike_next_event(struct ike_engine *engine, struct ike_event *out)
{
    if (engine->event_count == 0)
        return false;
    *out = engine->events[--engine->event_count];
    return true;
}

/* An attempt costs what its tag says and sends one order with that number and cost. */
uint64_t ike_connect(struct ike_engine *engine, uint64_t now_ns, const struct ike_attempt *attempt)
{
    const struct fake_order order = {
        .number = attempt->tag, .spent_ns = attempt->tag, .answers = 1};
    called(engine, now_ns, attempt->tag);
    engine->crypto->spent_ns += attempt->tag;
    memcpy(engine->bytes, &order, sizeof order);
    engine->out[engine->out_count++] = (struct ike_datagram){
        .local = attempt->local, .remote = attempt->remote, .bytes = {engine->bytes, sizeof order}};
    return ++engine->serial;
}

bool ike_delete(struct ike_engine *engine, uint64_t now_ns, uint64_t sa)
{
    (void)sa;
    called(engine, now_ns, 1);
    return false;
}

bool ike_inform(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                const struct ike_inform *what)
{
    (void)engine;
    (void)now_ns;
    (void)sa;
    (void)what;
    return false;
}

bool ike_redirect(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                  const struct ike_gateway *to)
{
    (void)sa;
    (void)to;
    called(engine, now_ns, 4);
    return false;
}

bool ike_answer(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t question,
                struct ike_bytes bytes)
{
    (void)sa;
    (void)bytes;
    called(engine, now_ns, question);
    return false;
}

bool ike_create_child(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint8_t policy,
                      const struct ike_packet *trigger)
{
    (void)sa;
    (void)policy;
    (void)trigger;
    called(engine, now_ns, 3);
    return false;
}

size_t ike_sa_ticket(struct ike_engine *engine, uint64_t sa, uint8_t *room)
{
    (void)engine;
    (void)sa;
    (void)room;
    return 0;
}

bool ike_move(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, const struct ike_addr *local,
              const struct ike_addr *remote)
{
    (void)sa;
    (void)local;
    (void)remote;
    called(engine, now_ns, 4);
    return true;
}

void ike_forget(struct ike_engine *engine, uint64_t now_ns, uint64_t sa)
{
    (void)sa;
    called(engine, now_ns, 2);
    engine->events[engine->event_count++] = (struct ike_event){.kind = IKE_DOWN, .sa = sa};
}

void ike_crash(struct ike_engine *engine, uint64_t now_ns)
{
    called(engine, now_ns, 6);
    engine->timer_count = 0;
    engine->events[engine->event_count++] = (struct ike_event){.kind = IKE_DOWN};
}

/* The order that is quoted, as if it had come. */
enum ike_why ike_hint(struct ike_engine *engine, uint64_t now_ns, const struct ike_datagram *about)
{
    const struct fake_order order = order_of(about->bytes);
    called(engine, now_ns, order.number);
    engine->crypto->spent_ns += order.spent_ns;
    return (enum ike_why)order.why;
}

/* It never asks for connections. */
bool ike_stream_up(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                   const struct ike_stream *stream)
{
    (void)sa;
    (void)stream;
    called(engine, now_ns, 4);
    return false;
}

void ike_stream_down(struct ike_engine *engine, uint64_t now_ns, uint32_t stream)
{
    (void)stream;
    called(engine, now_ns, 5);
}

bool ike_stream_in_use(const struct ike_engine *engine, uint32_t stream)
{
    (void)engine;
    (void)stream;
    return false;
}

bool ike_sa_stream(const struct ike_engine *engine, uint64_t sa, struct ike_stream *out)
{
    (void)engine;
    (void)sa;
    (void)out;
    return false;
}
