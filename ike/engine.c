/* SPDX-License-Identifier: MIT
 * The engine's doors: opened, closed, a datagram in, a deadline served, outputs
 * and events fetched. What a message means is the business of v2/. */
#include "ike/engine.h"

#include "ike/v2/dispatch.h"
#include "ike/v2/exchange_eap.h"
#include "ike/v2/exchange_info.h"
#include "ike/v2/fragment.h"
#include "ike/v2/hold.h"
#include "ike/v2/intermediate.h"
#include "ike/v2/lifetime.h"
#include "ike/v2/nat.h"
#include "ike/v2/tcp.h"
#include "ike/v2/window.h"
#include "ike/v2/wire.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void draw_digest_key(struct ike_engine *engine)
{
    uint8_t octets[16];
    engine->crypto->ops->random(engine->crypto, octets, sizeof octets);
    struct ike_reader r = rd_open((struct ike_bytes){.at = octets, .len = sizeof octets});
    engine->digest_key[0] = rd_u64(&r);
    engine->digest_key[1] = rd_u64(&r);
}

/* Pools of as many items as `each` says for every SA there is room for. */
/* clang-format off */
#define POOL(name) offsetof(struct ike_engine, name)
static const struct {
    size_t at;
    size_t item;
    uint32_t each;
} pools[] = {
    { POOL(sas),     sizeof(struct ike_sa),       1 },
    { POOL(setups),  sizeof(struct ike_setup),    1 },
    { POOL(eaps),    sizeof(struct ike_eap_side), 1 },
    { POOL(mixes),   sizeof(struct ike_mix),      1 },
    { POOL(holds),   sizeof(struct ike_hold),     1 },
    { POOL(tasks),   sizeof(struct ike_task),     4 },
};
/* clang-format on */
enum { POOLS = sizeof pools / sizeof pools[0] };

static struct ike_pool *pool_of(struct ike_engine *engine, size_t i)
{
    return (struct ike_pool *)(void *)((uint8_t *)engine + pools[i].at);
}

struct ike_engine *ike_open(const struct ike_config *config, struct ike_crypto *crypto)
{
    const uint32_t max = config->sa_max;
    const uint32_t child_max = config->child_max > max ? config->child_max : max;
    assert(max >= 1 && max < UINT32_C(1) << 24);
    struct ike_engine *const engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->config = *config;
    engine->crypto = crypto;
    engine->cookies.below_since_ns = IKE_NEVER;
    engine->event_max = 2 * max + child_max + IKE_EVENTS_MORE;
    engine->events = ike_reserve(engine->event_max, sizeof *engine->events);
    bool good = engine->events != NULL && ike_besides_open(engine);
    for (size_t i = 0; i < POOLS; i++)
        good = ike_pool_open(pool_of(engine, i), pools[i].item, pools[i].each * max) && good;
    /* Every SA keeps at most five things of one size, every further Child SA two. */
    good = ike_pool_open(&engine->children, sizeof(struct ike_child), child_max) &&
           ike_store_open(&engine->store, 5 * max + 2 * (child_max - max)) && good;
    good = ike_pool_open(&engine->pairs, sizeof(struct ike_pair), max + IKE_REUSED_MAX) && good;
    good = ike_tickets_open(engine) && ike_fragments_open(engine) && ike_peers_open(engine) &&
           ike_index_open(&engine->streams, max) && ike_leases_open(&engine->leases, config, max) &&
           good;
    good = ike_timers_open(&engine->timers, max) && ike_index_open(&engine->requests, max) &&
           ike_index_open(&engine->addresses, max) && ike_index_open(&engine->identities, max) &&
           good;
    if (!good) {
        ike_close(engine);
        return NULL;
    }
    draw_digest_key(engine);
    return engine;
}

void ike_close(struct ike_engine *engine)
{
    if (engine == NULL)
        return;
    for (uint32_t place = 1; place <= engine->sas.high; place++) {
        struct ike_sa *const sa = ike_sa_at(engine, place);
        if (sa->state != S_NONE && sa->state != S_FRESH) /* those go with their task */
            ike_sa_give(engine, sa);
    }
    for (size_t i = 0; i < POOLS; i++)
        ike_pool_close(pool_of(engine, i));
    ike_fragments_close(engine);
    ike_index_close(&engine->streams);
    ike_peers_close(engine);
    ike_reuse_close(engine);
    ike_pool_close(&engine->pairs);
    ike_pool_close(&engine->children);
    ike_store_close(&engine->store);
    ike_timers_close(&engine->timers);
    ike_index_close(&engine->requests);
    ike_index_close(&engine->addresses);
    ike_index_close(&engine->identities);
    ike_unreserve(engine->events, engine->event_max, sizeof *engine->events);
    ike_leases_close(&engine->leases);
    ike_besides_close(engine);
    ike_puzzles_close(engine);
    ike_tickets_close(engine);
    ike_secret_wipe(engine, sizeof *engine);
    free(engine);
}

/* ---- outputs and events ---- */

struct ike_writer ike_output_begin(struct ike_engine *engine)
{
    struct ike_ring *const ring = &engine->outputs_ring;
    if (ring->head == ring->tail)
        engine->octets_used = 0;
    assert(ring->tail - ring->head < IKE_OUTPUTS_MAX); /* the caller drains between calls */
    assert(IKE_OUTPUT_OCTETS - engine->octets_used >= IKE_MARKER_LEN + IKE_MESSAGE_MAX);
    return wr_open(engine->octets + engine->octets_used + IKE_MARKER_LEN, IKE_MESSAGE_MAX);
}

void ike_output_commit(struct ike_engine *engine, const struct ike_addr *local,
                       const struct ike_addr *remote, uint32_t stream, size_t len)
{
    struct ike_output *const out = &engine->outputs[engine->outputs_ring.tail++ % IKE_OUTPUTS_MAX];
    out->local = *local;
    out->remote = *remote;
    out->stream = stream;
    out->at = engine->octets_used;
    out->len = (uint16_t)len;
    out->bare = false;
    memset(engine->octets + out->at, 0, IKE_MARKER_LEN);
    engine->octets_used += IKE_MARKER_LEN + (uint32_t)len;
}

void ike_output_keepalive(struct ike_engine *engine, const struct ike_addr *local,
                          const struct ike_addr *remote)
{
    struct ike_writer w = ike_output_begin(engine);
    const uint32_t index = engine->outputs_ring.tail % IKE_OUTPUTS_MAX;
    put_u8(&w, 0xff);
    ike_output_commit(engine, local, remote, 0, w.len);
    engine->outputs[index].bare = true;
}

void ike_output_put(struct ike_engine *engine, struct ike_bytes kept, const struct ike_addr *local,
                    const struct ike_addr *remote, uint32_t stream)
{
    struct ike_reader r = rd_open(kept);
    while (r.left > 0) {
        const struct ike_bytes one =
            ike_message_first((struct ike_bytes){.at = r.at, .len = r.left});
        struct ike_writer w = ike_output_begin(engine);
        put_bytes(&w, one);
        assert(!w.bad);
        ike_output_commit(engine, local, remote, stream, w.len);
        rd_skip(&r, one.len);
    }
}

bool ike_output_has_room(const struct ike_engine *engine)
{
    const struct ike_ring *const ring = &engine->outputs_ring;
    const uint32_t waiting = ring->tail - ring->head;
    const uint32_t used = waiting > 0 ? engine->octets_used : 0;
    return waiting + 2 * IKE_FRAGMENTS_MAX <= IKE_OUTPUTS_MAX &&
           used + 4 * IKE_MESSAGE_MAX <= IKE_OUTPUT_OCTETS;
}

bool ike_next_output(struct ike_engine *engine, struct ike_datagram *out)
{
    struct ike_ring *const ring = &engine->outputs_ring;
    if (ring->head == ring->tail)
        return false;
    const struct ike_output *const o = &engine->outputs[ring->head++ % IKE_OUTPUTS_MAX];
    const bool marked = (o->local.port == IKE_PORT_NAT || o->stream != 0) && !o->bare;
    const size_t marker = marked ? IKE_MARKER_LEN : 0;
    out->local = o->local;
    out->remote = o->remote;
    out->stream = o->stream;
    out->bytes = (struct ike_bytes){.at = engine->octets + o->at + IKE_MARKER_LEN - marker,
                                    .len = o->len + marker};
    return true;
}

void ike_event_add(struct ike_engine *engine, const struct ike_event *event)
{
    struct ike_ring *const ring = &engine->events_ring;
    assert(ring->tail < engine->event_max); /* the caller drains between calls */
    engine->events[ring->tail++] = *event;
}

bool ike_next_event(struct ike_engine *engine, struct ike_event *out)
{
    struct ike_ring *const ring = &engine->events_ring;
    if (ring->head == ring->tail) {
        *ring = (struct ike_ring){0};
        return false;
    }
    *out = engine->events[ring->head++];
    return true;
}

/* ---- time ---- */

uint64_t ike_deadline(const struct ike_engine *engine)
{
    const uint64_t at_ns = ike_timers_first(&engine->timers).at_ns;
    const uint64_t stale_ns = ike_fragments_deadline(engine);
    return stale_ns < at_ns ? stale_ns : at_ns;
}

/* Waits for nothing but the peer's Delete. */
static bool is_left_over(const struct ike_sa *sa)
{
    return sa->state == S_RIVAL || sa->state == S_REDUNDANT || sa->state == S_REPLACED;
}

void ike_tick(struct ike_engine *engine, uint64_t now_ns)
{
    const struct ike_timer_entry first = ike_timers_first(&engine->timers);
    ike_fragments_expire(engine, now_ns);
    if (first.number == 0 || first.at_ns > now_ns)
        return;
    struct ike_sa *const sa = ike_sa_at(engine, first.number);
    struct ike_task *overdue;
    if (sa->tcp && ike_tcp_due(engine, sa, now_ns))
        ;
    else if (ike_sa_is_half_open(sa))
        ike_sa_end(engine, sa, sa->state == S_AWAY ? WHY_REDIRECTED : WHY_HALF_OPEN_EXPIRED, 0);
    else if (is_left_over(sa) && sa->heard_ns + IKE_GRACE_NS <= now_ns)
        ike_sa_end(engine, sa, WHY_REDUNDANT, 0);
    else if ((overdue = ike_task_overdue(engine, sa, now_ns)) != NULL)
        ike_window_overdue(engine, sa, overdue, now_ns);
    else if (ike_tasks_deadline(engine, sa) <= now_ns)
        ike_tasks_pump(engine, now_ns, sa->number);
    else if (sa->state == S_ESTABLISHED && sa->life_ns <= now_ns)
        ike_lifetime_due(engine, sa, now_ns);
    else if (ike_sa_deadline(engine, sa) > now_ns) /* it has sent something since */
        ike_timers_set(&engine->timers, first.number, ike_sa_deadline(engine, sa));
    else if (!ike_keepalive_due(engine, sa, now_ns))
        ike_liveness_overdue(engine, sa, now_ns);
    ike_cookies_update(&engine->cookies, &engine->config.cookies, engine->half_open, now_ns);
    ike_reauth_resume(engine, now_ns);
}

/* ---- datagrams ---- */

/* DEVIATION: RFC 7296 2.21.4 would have the sender of ESP with an unknown SPI told. ESP is the
 * owner's, who can do that by ike_inform. */
/* RFC 3948 2.2, 2.3: on port 4500 four zero octets tell IKE from ESP, and one octet 0xff is
 * nothing. The same by TCP, on any port (RFC 9329 3). */
static enum ike_why strip_marker(const struct ike_datagram *in, struct ike_bytes *message)
{
    *message = in->bytes;
    if (in->local.port != IKE_PORT_NAT && in->stream == 0)
        return WHY_OK;
    struct ike_reader r = rd_open(in->bytes);
    if (in->bytes.len == 1 && in->bytes.at[0] == 0xff)
        return WHY_NAT_KEEPALIVE;
    const uint32_t marker = rd_u32(&r);
    if (r.bad)
        return WHY_SYNTAX;
    if (marker != 0)
        return WHY_ESP;
    *message = rd_rest(&r);
    return WHY_OK;
}

enum ike_why ike_input(struct ike_engine *engine, uint64_t now_ns, const struct ike_datagram *in)
{
    struct ike_bytes message;
    const enum ike_why why = strip_marker(in, &message);
    return why != WHY_OK ? why : ike_v2_input(engine, now_ns, in, message);
}

static enum ike_peek_kind peek_kind(const struct ike_header *head)
{
    const bool answer = (head->flags & FLAG_RESPONSE) != 0;
    if (head->exchange == IKE_SA_INIT && answer)
        return head->next == PAYLOAD_SA ? IKE_PEEK_INIT_ACCEPTED : IKE_PEEK_OTHER;
    if (head->exchange == IKE_SA_INIT)
        return IKE_PEEK_INIT_REQUEST;
    return head->exchange == IKE_AUTH && !answer ? IKE_PEEK_AUTH_REQUEST : IKE_PEEK_OTHER;
}

struct ike_peek ike_peek(const struct ike_datagram *in)
{
    struct ike_bytes message;
    struct ike_header head;
    if (strip_marker(in, &message) != WHY_OK || ike_header_parse(message, &head) != WHY_OK)
        return (struct ike_peek){.spi = 0};
    return (struct ike_peek){.spi = (head.flags & FLAG_INITIATOR) != 0 ? head.spi_r : head.spi_i,
                             .kind = peek_kind(&head)};
}

/* ---- looking in ---- */

uint64_t ike_memory(const struct ike_engine *engine)
{
    return (uint64_t)engine->sas.used * engine->sas.item +
           (uint64_t)engine->setups.used * engine->setups.item +
           (uint64_t)engine->eaps.used * engine->eaps.item +
           (uint64_t)engine->holds.used * engine->holds.item +
           (uint64_t)engine->mixes.used * engine->mixes.item +
           (uint64_t)engine->tasks.used * engine->tasks.item + ike_besides_memory(engine) +
           ike_tickets_memory(engine) + (uint64_t)engine->pairs.used * engine->pairs.item +
           (uint64_t)engine->fragments.pool.used * engine->fragments.pool.item +
           (uint64_t)engine->children.used * engine->children.item + engine->store.used;
}

struct ike_stats ike_stats(const struct ike_engine *engine)
{
    return (struct ike_stats){.half_open = engine->half_open,
                              .established = engine->established,
                              .children = engine->children.used,
                              .leases = ike_leases_held(&engine->leases),
                              .tickets = engine->tickets.pool.used,
                              .cookies_on = engine->cookies.on,
                              .memory = ike_memory(engine),
                              .memory_max = engine->memory_max};
}

uint16_t ike_sa_sends(const struct ike_engine *engine, uint64_t sa)
{
    const struct ike_sa *const found = ike_sa_numbered(engine, sa);
    return found != NULL ? found->resends : 0;
}

bool ike_sa_given(const struct ike_engine *engine, uint64_t sa, struct ike_given *out)
{
    const struct ike_sa *const found = ike_sa_numbered(engine, sa);
    const struct ike_inner *const inner = found != NULL ? ike_inner_of(engine, found) : NULL;
    struct ike_cp cp;
    if (inner == NULL || inner->reply.number == 0)
        return false;
    const enum ike_why why = ike_cp_parse(ike_store_view(&engine->store, inner->reply), &cp);
    assert(why == WHY_OK); /* it was before it was kept */
    (void)why;
    ike_given_read(&cp, out);
    return true;
}

bool ike_sa_keys(const struct ike_engine *engine, uint64_t sa, struct ike_sa_keys *out)
{
    const struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found == NULL || found->keys.number == 0)
        return false;
    *out = ike_sa_view_keys(engine, found);
    return true;
}

void ike_crash(struct ike_engine *engine, uint64_t now_ns)
{
    for (uint32_t place = 1; place <= engine->sas.high; place++) {
        struct ike_sa *const sa = ike_sa_at(engine, place);
        if (sa->state == S_NONE || sa->state == S_FRESH) /* those go with their task */
            continue;
        while (sa->task != 0) /* nothing is left to another SA */
            ike_task_remove(engine, sa, sa->task);
        ike_sa_end(engine, sa, WHY_CRASHED, 0);
    }
    ike_tickets_forget(engine);
    ike_cookies_update(&engine->cookies, &engine->config.cookies, engine->half_open, now_ns);
}

void ike_forget(struct ike_engine *engine, uint64_t now_ns, uint64_t sa)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found == NULL)
        return;
    const uint8_t before = found->state;
    found->state = S_NONE;
    ike_sa_entered(engine, found, before);
    ike_sa_give(engine, found);
    ike_cookies_update(&engine->cookies, &engine->config.cookies, engine->half_open, now_ns);
}
