/* SPDX-License-Identifier: MIT
 * Fragments: cut, kept, put together (fragment.h). The last one to come is never
 * kept: when it is there, so is the message. The one payload that may stand in
 * the clear before SKF is the solution of a puzzle, in the first fragment
 * (RFC 7383 2.5.3, RFC 8019 7.2.2). */
#include "ike/v2/fragment.h"

#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "ike/v2/protect.h"

#include <assert.h>
#include <string.h>

enum { IPV4_UDP = 20 + 8, IPV6_UDP = 40 + 8 };
#define TIMEOUT_NS UINT64_C(30000000000)

struct reassembly {
    uint32_t id; /* of the message */
    uint64_t sa; /* 0: it is given back */
    uint64_t began_ns;
    uint32_t octets;
    uint32_t older, newer; /* places */
    uint16_t total;
    uint16_t count;
    bool response;
    uint8_t exchange;
    uint8_t next;     /* type of the first payload, */
    uint8_t reserved; /* and the octet after it, of the first fragment */
    struct ike_blob parts[IKE_FRAGMENTS_MAX];
};

static uint32_t or_else(uint32_t wanted, uint32_t otherwise)
{
    return wanted != 0 ? wanted : otherwise;
}

bool ike_fragments_open(struct ike_engine *engine)
{
    const uint32_t max = or_else(engine->config.reassembly.limit, IKE_REASSEMBLIES_MAX);
    return ike_pool_open(&engine->fragments.pool, sizeof(struct reassembly), max) &&
           ike_index_open(&engine->fragments.index, max);
}

void ike_fragments_close(struct ike_engine *engine)
{
    ike_pool_close(&engine->fragments.pool);
    ike_index_close(&engine->fragments.index);
}

static struct reassembly *at(const struct ike_engine *engine, uint32_t place)
{
    return ike_pool_at(&engine->fragments.pool, place);
}

/* ---- those that wait ---- */

static uint32_t find(const struct ike_turn *turn)
{
    const struct ike_engine *const engine = turn->engine;
    const struct ike_header *const head = &turn->in.head;
    const bool response = (head->flags & FLAG_RESPONSE) != 0;
    uint32_t place = ike_index_first(&engine->fragments.index, turn->sa->number);
    for (; place != 0; place = ike_index_next(&engine->fragments.index, place)) {
        const struct reassembly *const r = at(engine, place);
        if (r->sa == turn->sa->number && r->id == head->id && r->response == response)
            return place;
    }
    return 0;
}

static void give_parts(struct ike_engine *engine, struct reassembly *r)
{
    for (uint16_t i = 0; i < r->total; i++) {
        ike_store_give(&engine->store, r->parts[i]);
        r->parts[i] = (struct ike_blob){0};
    }
    engine->fragments.octets -= r->octets;
    r->octets = 0;
    r->count = 0;
}

static void give(struct ike_engine *engine, uint32_t place)
{
    struct ike_fragments *const all = &engine->fragments;
    struct reassembly *const r = at(engine, place);
    give_parts(engine, r);
    ike_index_remove(&all->index, r->sa, place);
    *(r->older != 0 ? &at(engine, r->older)->newer : &all->oldest) = r->newer;
    *(r->newer != 0 ? &at(engine, r->newer)->older : &all->newest) = r->older;
    r->sa = 0;
    ike_pool_give(&all->pool, place);
}

static uint32_t take(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    struct ike_fragments *const all = &engine->fragments;
    const uint32_t place = ike_pool_take(&all->pool);
    if (place == 0)
        return 0;
    struct reassembly *const r = at(engine, place);
    *r = (struct reassembly){.sa = turn->sa->number,
                             .began_ns = turn->now_ns,
                             .id = turn->in.head.id,
                             .response = (turn->in.head.flags & FLAG_RESPONSE) != 0,
                             .exchange = turn->in.head.exchange,
                             .total = turn->in.fragment_total,
                             .older = all->newest};
    *(all->newest != 0 ? &at(engine, all->newest)->newer : &all->oldest) = place;
    all->newest = place;
    ike_index_add(&all->index, r->sa, place);
    return place;
}

void ike_fragments_forget(struct ike_engine *engine, uint64_t sa)
{
    if (engine->fragments.pool.used == 0)
        return;
    uint32_t place = ike_index_first(&engine->fragments.index, sa);
    while (place != 0) {
        const uint32_t next = ike_index_next(&engine->fragments.index, place);
        if (at(engine, place)->sa == sa)
            give(engine, place);
        place = next;
    }
}

uint64_t ike_fragments_deadline(const struct ike_engine *engine)
{
    const uint64_t timeout_ns = engine->config.reassembly.timeout_ns;
    if (engine->fragments.oldest == 0)
        return IKE_NEVER;
    return at(engine, engine->fragments.oldest)->began_ns +
           (timeout_ns != 0 ? timeout_ns : TIMEOUT_NS);
}

void ike_fragments_expire(struct ike_engine *engine, uint64_t now_ns)
{
    while (ike_fragments_deadline(engine) <= now_ns)
        give(engine, engine->fragments.oldest);
}

/* ---- consent ---- */

static void put_supported(struct ike_turn *t)
{
    ike_put_status(&t->out, &t->link, N_IKEV2_FRAGMENTATION_SUPPORTED,
                   (struct ike_bytes){.at = NULL, .len = 0});
}

void ike_fragment_offer(struct ike_turn *turn)
{
    if (turn->sa->policy->fragment == 0)
        return;
    if (!turn->sa->initiator) {
        ike_fragment_heard(turn);
        if (!turn->sa->fragments)
            return;
    }
    put_supported(turn);
}

void ike_fragment_heard(struct ike_turn *turn)
{
    turn->sa->fragments = turn->sa->policy->fragment != 0 &&
                          ike_message_notify(&turn->in, N_IKEV2_FRAGMENTATION_SUPPORTED) != NULL;
}

/* ---- cutting ---- */

/* The longest message that one datagram of the policy's length holds. */
static size_t message_most(const struct ike_turn *turn)
{
    assert(!turn->is_response || turn->datagram != NULL);
    const struct ike_addr *const local =
        turn->is_response ? &turn->datagram->local : &turn->sa->local;
    const size_t udp = local->family == IKE_IPV4 ? (size_t)IPV4_UDP : (size_t)IPV6_UDP;
    const size_t around = udp + (local->port == IKE_PORT_NAT ? (size_t)IKE_MARKER_LEN : 0);
    const size_t datagram = turn->sa->policy->fragment;
    return datagram > around ? datagram - around : 0;
}

bool ike_fragment_is_needed(const struct ike_turn *turn)
{
    if (!turn->sa->fragments || turn->sa->policy->fragment == 0 || turn->out.bad)
        return false;
    if (turn->sa->tcp) /* RFC 9329 7.5 */
        return false;
    const struct ike_seal_keys keys = ike_keys_of(&turn->keys, turn->sa->initiator);
    const size_t text_at = turn->sealed + IKE_PAYLOAD_HEAD + keys.encr->iv_len;
    return ike_sealed_len(&keys, text_at, turn->out.len - text_at) > message_most(turn);
}

/* One fragment, after those before it in `all`; what stands in the clear goes into the first. */
static void put_fragment(struct ike_turn *turn, struct ike_writer *all,
                         const struct ike_fragment_head *head, struct ike_bytes text)
{
    const struct ike_seal_keys keys = ike_keys_of(&turn->keys, turn->sa->initiator);
    struct ike_writer w = wr_open(all->base + all->len, all->max - all->len);
    const size_t clear = head->number == 1 ? turn->sealed : (size_t)IKE_HEADER_LEN;
    put_bytes(&w, (struct ike_bytes){.at = turn->out.base, .len = clear});
    const size_t begin = ike_begin_fragment(&w, &keys, head);
    put_bytes(&w, text);
    ike_end_fragment(&w, begin, &keys, turn->engine->crypto, turn->sa->seal_count++);
    all->bad = all->bad || w.bad;
    all->len += w.bad ? 0 : w.len;
}

void ike_fragment_seal(struct ike_turn *turn)
{
    const struct ike_seal_keys keys = ike_keys_of(&turn->keys, turn->sa->initiator);
    const size_t iv_len = keys.encr->iv_len;
    const size_t text_at = turn->sealed + IKE_PAYLOAD_HEAD + iv_len;
    const size_t fits =
        ike_sealed_most(&keys, turn->sealed + IKE_FRAGMENT_HEAD + iv_len, message_most(turn));
    const size_t most = fits > IKE_FRAGMENT_LEAST ? fits : IKE_FRAGMENT_LEAST;
    const size_t len = turn->out.len - text_at;
    const size_t total = (len + most - 1) / most;
    const bool clear = turn->sealed > IKE_HEADER_LEN; /* one payload is */

    struct ike_writer all = wr_open(ike_turn_scratch(turn, IKE_MESSAGE_MAX), IKE_MESSAGE_MAX);
    struct ike_reader r = rd_open((struct ike_bytes){.at = turn->out.base + text_at, .len = len});
    all.bad = total > IKE_FRAGMENTS_MAX;
    struct ike_fragment_head head = {.total = (uint16_t)total,
                                     .next = turn->out.base[turn->sealed]};
    while (r.left > 0 && !all.bad) {
        head.number++;
        head.link = clear && head.number == 1 ? (size_t)IKE_HEADER_LEN : 0;
        put_fragment(turn, &all, &head, rd_bytes(&r, r.left < most ? r.left : most));
    }
    turn->out = all;
    turn->cut = true;
}

/* ---- putting together ---- */

bool ike_fragment_stands_for_all(const struct ike_turn *turn)
{
    struct ike_reader r = rd_open(turn->bytes);
    rd_skip(&r, IKE_HEADER_LEN + IKE_PAYLOAD_HEAD);
    return turn->in.head.next != PAYLOAD_SKF || rd_u16(&r) == 1;
}

/* What can be said of it before it is opened; `r` is NULL when it is the first to come. */
static enum ike_why look(const struct ike_turn *turn, const struct reassembly *r)
{
    const struct ike_message *const in = &turn->in;
    if (!turn->sa->fragments)
        return WHY_FRAGMENT_UNWANTED;
    if (in->type_count - (in->solution.len > 0 && in->fragment_number == 1 ? 1 : 0) != 1)
        return WHY_UNEXPECTED_PAYLOAD;
    if (in->whole.len > IKE_MESSAGE_MAX)
        return WHY_TOO_LONG;
    if (in->fragment_number == 0 || in->fragment_number > in->fragment_total)
        return WHY_FRAGMENT_NUMBER;
    if (in->fragment_total > IKE_FRAGMENTS_MAX)
        return WHY_FRAGMENT_LIMIT;
    if (r == NULL)
        return WHY_OK;
    if (in->fragment_total < r->total || in->head.exchange != r->exchange)
        return WHY_FRAGMENT_NUMBER;
    return in->fragment_total == r->total && r->parts[in->fragment_number - 1].number != 0
               ? WHY_FRAGMENT_TWICE
               : WHY_OK;
}

static enum ike_why open_fragment(struct ike_turn *turn, struct ike_bytes *text)
{
    const struct ike_bytes whole = turn->in.whole;
    const struct ike_seal_keys keys = ike_keys_of(&turn->keys, !turn->sa->initiator);
    uint8_t *const copy = ike_turn_scratch(turn, whole.len);
    memcpy(copy, whole.at, whole.len);
    return ike_open_text(&turn->in, &keys, turn->engine->crypto, copy, text);
}

/* It outlives the turn, which is undone as that of any message that is not taken. */
static enum ike_why keep(struct ike_turn *turn, uint32_t place, struct ike_bytes text)
{
    struct ike_engine *const engine = turn->engine;
    const uint32_t octets_max = or_else(engine->config.reassembly.octets, IKE_REASSEMBLY_OCTETS);
    const uint32_t had = place != 0 ? at(engine, place)->octets : 0;
    if (text.len == 0 || had + text.len > IKE_MESSAGE_MAX ||
        text.len > octets_max - engine->fragments.octets)
        return WHY_FRAGMENT_LIMIT;
    if (place == 0 && (place = take(turn)) == 0)
        return WHY_FRAGMENT_LIMIT;
    struct reassembly *const r = at(engine, place);
    const struct ike_blob blob = ike_store_take(&engine->store, text.len);
    if (blob.number == 0) {
        if (r->count == 0)
            give(engine, place);
        return WHY_FRAGMENT_LIMIT;
    }
    memcpy(ike_store_at(&engine->store, blob), text.at, text.len);
    r->parts[turn->in.fragment_number - 1] = blob;
    r->count++;
    r->octets += (uint32_t)text.len;
    engine->fragments.octets += (uint32_t)text.len;
    if (turn->in.fragment_number == 1) {
        r->next = turn->in.sealed_next;
        r->reserved = turn->in.sealed_reserved;
    }
    return WHY_FRAGMENT;
}

/* All of them but the one at hand were kept. */
static enum ike_why put_together(struct ike_turn *turn, uint32_t place, struct ike_bytes text)
{
    const struct ike_store *const store = &turn->engine->store;
    struct ike_message *const in = &turn->in;
    struct ike_writer w = wr_open(ike_turn_scratch(turn, IKE_MESSAGE_MAX), IKE_MESSAGE_MAX);
    uint8_t next = in->sealed_next; /* of the first one, which may be at hand */
    uint8_t reserved = in->sealed_reserved;
    if (place != 0 && in->fragment_number != 1) {
        next = at(turn->engine, place)->next;
        reserved = at(turn->engine, place)->reserved;
    }
    for (uint16_t i = 1; i <= in->fragment_total; i++)
        put_bytes(&w, i == in->fragment_number
                          ? text
                          : ike_store_view(store, at(turn->engine, place)->parts[i - 1]));
    turn->reassembly = place;
    if (w.bad)
        return WHY_TOO_LONG;
    turn->sealed_open = true;
    ike_message_reassembled(in, next, reserved);
    return ike_message_parse_sealed(in, wr_done(&w));
}

enum ike_why ike_fragment_take(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    ike_fragments_expire(engine, turn->now_ns);
    uint32_t place = find(turn);
    struct ike_bytes text;
    enum ike_why why = look(turn, place != 0 ? at(engine, place) : NULL);
    if (why != WHY_OK)
        return why;
    if ((why = open_fragment(turn, &text)) != WHY_OK)
        return why;
    if (place != 0 && at(engine, place)->total < turn->in.fragment_total) {
        give(engine, place); /* RFC 7383 2.6: cut anew, into smaller ones */
        place = 0;
    }
    const unsigned others = place != 0 ? at(engine, place)->count : 0;
    if (others + 1 < turn->in.fragment_total)
        return keep(turn, place, text);
    return put_together(turn, place, text);
}

void ike_fragment_end(struct ike_turn *turn)
{
    if (turn->reassembly == 0)
        return;
    const uint64_t number = at(turn->engine, turn->reassembly)->sa;
    const struct ike_sa *const sa = number != 0 ? ike_sa_numbered(turn->engine, number) : NULL;
    if (sa != NULL && sa->state != S_HELD)
        give(turn->engine, turn->reassembly);
}
