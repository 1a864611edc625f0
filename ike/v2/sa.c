/* SPDX-License-Identifier: MIT
 * Records of IKE SAs and Child SAs: kept, found, counted, ended. */
#include "ike/v2/sa.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/exchange_eap.h"
#include "ike/v2/hold.h"
#include "ike/v2/intermediate.h"
#include "ike/v2/keymat.h"
#include "ike/v2/nat.h"
#include "ike/v2/redirect.h"
#include "ike/v2/resume.h"
#include "ike/v2/task.h"
#include "ike/v2/tcp.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum { PLACE_BITS = 24, PLACE_MASK = (1 << PLACE_BITS) - 1 };

const char *ike_state_name(uint8_t state)
{
    static const char *const names[S_STATES] = {
        [S_NONE] = "-",
        [S_INIT_SENT] = "INIT_SENT",
        [S_KEYED] = "KEYED",
        [S_AUTH_SENT] = "AUTH_SENT",
        [S_PART_KEYED] = "PART_KEYED",
        [S_ADDKE_SENT] = "ADDKE_SENT",
        [S_AGAIN] = "AGAIN",
        [S_RESUME_SENT] = "RESUME_SENT",
        [S_RESUMED] = "RESUMED",
        [S_PROOF_SENT] = "PROOF_SENT",
        [S_AWAY] = "AWAY",
        [S_ESTABLISHED] = "ESTABLISHED",
        [S_DELETING] = "DELETING",
        [S_FRESH] = "FRESH",
        [S_RIVAL] = "RIVAL",
        [S_REDUNDANT] = "REDUNDANT",
        [S_REPLACED] = "REPLACED",
    };
    return names[state];
}

bool ike_index_open(struct ike_index *index, uint32_t max)
{
    /* A chain of four when all places are taken: heads are touched at random, so few cost less. */
    uint32_t heads = 1;
    while (heads < max / 4)
        heads *= 2;
    *index = (struct ike_index){.mask = heads - 1, .max = max};
    index->heads = ike_reserve(heads, sizeof *index->heads);
    index->next = ike_reserve((size_t)max + 1, sizeof *index->next);
    if (index->heads != NULL && index->next != NULL)
        return true;
    ike_index_close(index);
    return false;
}

void ike_index_close(struct ike_index *index)
{
    ike_unreserve(index->heads, (size_t)index->mask + 1, sizeof *index->heads);
    ike_unreserve(index->next, (size_t)index->max + 1, sizeof *index->next);
    *index = (struct ike_index){0};
}

void ike_index_add(struct ike_index *index, uint64_t digest, uint32_t place)
{
    uint32_t *const head = &index->heads[digest & index->mask];
    index->next[place] = *head;
    *head = place;
}

void ike_index_remove(struct ike_index *index, uint64_t digest, uint32_t place)
{
    uint32_t *link = &index->heads[digest & index->mask];
    while (*link != place) {
        assert(*link != 0);
        link = &index->next[*link];
    }
    *link = index->next[place];
}

uint32_t ike_index_first(const struct ike_index *index, uint64_t digest)
{
    return index->heads[digest & index->mask];
}

uint32_t ike_index_next(const struct ike_index *index, uint32_t place)
{
    return index->next[place];
}

/* One multiply a step; the high half of the product is folded in by the shift. */
static uint64_t step(uint64_t state, uint64_t word)
{
    state = (state ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return state ^ state >> 29;
}

/* Words of the least octet first. */
static uint64_t mix(uint64_t state, struct ike_bytes bytes)
{
    const uint8_t *at = bytes.at;
    size_t left = bytes.len;
    for (; left >= 8; left -= 8, at += 8)
        state =
            step(state, (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
                            (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
                            (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56);
    if (left > 0) {
        uint64_t word = 0;
        for (size_t k = 0; k < left; k++)
            word |= (uint64_t)at[k] << (8 * k);
        state = step(state, word);
    }
    return (state ^ bytes.len) * UINT64_C(0xbf58476d1ce4e5b9);
}

uint64_t ike_digest(const struct ike_engine *engine, struct ike_bytes a, struct ike_bytes b)
{
    const uint64_t state = mix(mix(engine->digest_key[0], a), b) ^ engine->digest_key[1];
    return (state ^ state >> 32) * UINT64_C(0x94d049bb133111eb) >> 16;
}

struct ike_sa *ike_sa_at(const struct ike_engine *engine, uint32_t place)
{
    return ike_pool_at(&engine->sas, place);
}

uint32_t ike_sa_place(const struct ike_sa *sa)
{
    return (uint32_t)(sa->number & PLACE_MASK);
}

static struct ike_sa *sa_in(const struct ike_engine *engine, uint64_t place)
{
    if (place == 0 || place > engine->sas.high)
        return NULL;
    struct ike_sa *const sa = ike_sa_at(engine, (uint32_t)place);
    return sa->state == S_NONE ? NULL : sa;
}

struct ike_sa *ike_sa_numbered(const struct ike_engine *engine, uint64_t number)
{
    struct ike_sa *const sa = sa_in(engine, number & PLACE_MASK);
    return sa != NULL && sa->number == number ? sa : NULL;
}

struct ike_sa *ike_sa_by_spi(const struct ike_engine *engine, uint64_t spi)
{
    struct ike_sa *const sa = sa_in(engine, spi & PLACE_MASK);
    return sa != NULL && (sa->initiator ? sa->spi_i : sa->spi_r) == spi ? sa : NULL;
}

struct ike_sa *ike_sa_by_request(const struct ike_engine *engine, const struct ike_datagram *from,
                                 struct ike_bytes request, uint64_t digest)
{
    uint32_t place = ike_index_first(&engine->requests, digest);
    for (; place != 0; place = ike_index_next(&engine->requests, place)) {
        struct ike_sa *const sa = ike_sa_at(engine, place);
        if (sa->request_digest != digest)
            continue;
        /* Once established the octets are gone, the peer may be elsewhere, and the keyed digest
         * stands for both. */
        if (sa->init_request.number == 0)
            return sa;
        if (ike_addr_same_ip(&sa->remote, &from->remote) &&
            ike_bytes_equal(ike_store_view(&engine->store, sa->init_request), request))
            return sa;
    }
    return NULL;
}

static uint64_t address_digest(const struct ike_engine *engine, const struct ike_addr *remote)
{
    return ike_digest(engine, ike_addr_ip(remote), (struct ike_bytes){.at = NULL, .len = 0});
}

static bool addresses_are_counted(const struct ike_engine *engine)
{
    return engine->config.half_open.per_address != IKE_UNLIMITED;
}

uint32_t ike_half_open_of(const struct ike_engine *engine, const struct ike_addr *remote)
{
    uint32_t count = 0;
    if (!addresses_are_counted(engine))
        return 0;
    uint32_t place = ike_index_first(&engine->addresses, address_digest(engine, remote));
    for (; place != 0; place = ike_index_next(&engine->addresses, place))
        count += ike_addr_same_ip(&ike_sa_at(engine, place)->remote, remote) ? 1 : 0;
    return count;
}

/* The SPI holds the place, so that finding it again takes no table; the rest is chance. */
void ike_sa_draw_spi(struct ike_engine *engine, struct ike_sa *sa)
{
    uint8_t random[5];
    engine->crypto->ops->random(engine->crypto, random, sizeof random);
    uint64_t spi = 0;
    for (size_t i = 0; i < sizeof random; i++)
        spi = spi << 8 | random[i];
    *(sa->initiator ? &sa->spi_i : &sa->spi_r) = spi << PLACE_BITS | ike_sa_place(sa);
}

struct ike_sa *ike_sa_take(struct ike_engine *engine, bool initiator)
{
    const uint32_t place = ike_pool_take(&engine->sas);
    if (place == 0)
        return NULL;
    struct ike_sa *const sa = ike_sa_at(engine, place);
    *sa = (struct ike_sa){
        .initiator = initiator, .client = initiator, .due_ns = IKE_NEVER, .life_ns = IKE_NEVER};
    sa->number = ++engine->serial << PLACE_BITS | place;
    ike_sa_draw_spi(engine, sa);
    return sa;
}

void ike_setup_clear(struct ike_setup *setup)
{
    ike_secret_wipe(setup, offsetof(struct ike_setup, share));
}

struct ike_setup *ike_setup_at(const struct ike_engine *engine, uint32_t place)
{
    return ike_pool_at(&engine->setups, place);
}

struct ike_setup *ike_setup_of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    assert(sa->setup != 0);
    return ike_setup_at(engine, sa->setup);
}

void ike_setup_give(struct ike_engine *engine, uint32_t *place)
{
    if (*place == 0)
        return;
    struct ike_setup *const setup = ike_setup_at(engine, *place);
    if (setup->has_kex)
        engine->crypto->ops->kex_free(engine->crypto, &ike_algos[setup->group], &setup->kex);
    ike_eap_side_give(engine, &setup->eap);
    ike_hold_give(engine, &setup->hold);
    ike_store_give(&engine->store, setup->reauth);
    ike_store_give(&engine->store, setup->asked);
    ike_store_give(&engine->store, setup->resume);
    ike_mix_give(engine, &setup->mix);
    ike_setup_clear(setup);
    ike_pool_give(&engine->setups, *place);
    *place = 0;
}

struct ike_child *ike_child_at(const struct ike_engine *engine, uint32_t place)
{
    return ike_pool_at(&engine->children, place);
}

static void child_give(struct ike_engine *engine, uint32_t place)
{
    struct ike_child *const child = ike_child_at(engine, place);
    ike_store_give(&engine->store, child->keys);
    ike_store_give(&engine->store, child->selectors);
    *child = (struct ike_child){0};
    ike_pool_give(&engine->children, place);
}

void ike_child_remove(struct ike_engine *engine, struct ike_sa *sa, uint32_t place)
{
    uint32_t *link = &sa->child;
    while (*link != place) {
        assert(*link != 0);
        link = &ike_child_at(engine, *link)->next;
    }
    *link = ike_child_at(engine, place)->next;
    child_give(engine, place);
}

void ike_sa_give(struct ike_engine *engine, struct ike_sa *sa)
{
    const uint32_t place = ike_sa_place(sa);
    ike_setup_give(engine, &sa->setup);
    ike_besides_give(engine, sa);
    ike_fragments_forget(engine, sa->number);
    while (sa->task != 0)
        ike_task_remove(engine, sa, sa->task);
    while (sa->child != 0)
        ike_child_remove(engine, sa, sa->child);
    const struct ike_blob blobs[] = {sa->keys, sa->response, sa->init_request, sa->init_response,
                                     sa->peer_id};
    for (size_t i = 0; i < sizeof blobs / sizeof blobs[0]; i++)
        ike_store_give(&engine->store, blobs[i]);
    ike_timers_set(&engine->timers, place, IKE_NEVER);
    *sa = (struct ike_sa){.state = S_NONE};
    ike_pool_give(&engine->sas, place);
}

static bool is_up(uint8_t state)
{
    return state == S_ESTABLISHED || state == S_DELETING;
}

static uint64_t identity_digest(const struct ike_engine *engine, const struct ike_sa *sa)
{
    return ike_digest(engine, ike_store_view(&engine->store, sa->peer_id),
                      (struct ike_bytes){.at = NULL, .len = 0});
}

static bool is_half_open(const struct ike_sa *sa, uint8_t state)
{
    return state == S_KEYED || state == S_PART_KEYED || state == S_RESUMED || state == S_AWAY ||
           (!sa->initiator &&
            (state == S_EAP || state == S_EAP_DONE || state == S_AGAIN || state == S_HELD));
}

bool ike_sa_is_asking(const struct ike_sa *sa)
{
    return sa->state == S_INIT_SENT || sa->state == S_RESUME_SENT;
}

bool ike_sa_is_half_open(const struct ike_sa *sa)
{
    return is_half_open(sa, sa->state);
}

void ike_sa_moved(struct ike_engine *engine, const struct ike_sa *sa, uint8_t before,
                  const struct ike_addr *from)
{
    const uint32_t place = ike_sa_place(sa);
    if (is_up(before) && !ike_addr_equal(from, &sa->remote))
        ike_peers_enter(engine, sa);
    if (!addresses_are_counted(engine) || !is_half_open(sa, before) ||
        ike_addr_same_ip(from, &sa->remote))
        return;
    ike_index_remove(&engine->addresses, address_digest(engine, from), place);
    ike_index_add(&engine->addresses, address_digest(engine, &sa->remote), place);
}

void ike_sa_entered(struct ike_engine *engine, struct ike_sa *sa, uint8_t before)
{
    const uint32_t place = ike_sa_place(sa);
    const uint8_t after = sa->state;
    if (before == after)
        return;
    if (before == S_NONE && is_half_open(sa, after))
        ike_index_add(&engine->requests, sa->request_digest, place);
    if (after == S_NONE && !sa->initiator && !sa->rekeyed)
        ike_index_remove(&engine->requests, sa->request_digest, place);

    const bool opened = is_half_open(sa, after);
    if (is_half_open(sa, before) != opened) {
        engine->half_open += opened ? 1 : UINT32_MAX;
        if (addresses_are_counted(engine))
            (opened ? ike_index_add : ike_index_remove)(&engine->addresses,
                                                        address_digest(engine, &sa->remote), place);
        ike_puzzle_closed(engine, sa);
    }
    if (is_up(before) != is_up(after)) {
        engine->established += is_up(after) ? 1 : UINT32_MAX;
        (is_up(after) ? ike_index_add : ike_index_remove)(&engine->identities,
                                                          identity_digest(engine, sa), place);
        (is_up(after) ? ike_peers_enter : ike_peers_leave)(engine, sa);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t ike_sa_deadline(const struct ike_engine *engine, const struct ike_sa *sa)
{
    uint64_t at_ns = ike_tasks_deadline(engine, sa);
    if (ike_sa_is_half_open(sa))
        at_ns = sa->began_ns + engine->config.half_open.timeout_ns;
    if (sa->state == S_RIVAL || sa->state == S_REDUNDANT || sa->state == S_REPLACED)
        at_ns = earlier(at_ns, sa->heard_ns + IKE_GRACE_NS);
    if (sa->state == S_ESTABLISHED)
        at_ns = earlier(at_ns, earlier(sa->life_ns, ike_keepalive_deadline(engine, sa)));
    if (sa->state == S_ESTABLISHED && engine->config.liveness_ns != 0 &&
        ike_tasks_under_way(engine, sa) == 0)
        at_ns = earlier(at_ns, sa->heard_ns + engine->config.liveness_ns);
    if (sa->tcp)
        at_ns = earlier(at_ns, ike_tcp_deadline(engine, sa));
    return at_ns;
}

struct ike_sa_keys ike_sa_view_keys(const struct ike_engine *engine, const struct ike_sa *sa)
{
    struct ike_sa_keys keys = {.spi_i = sa->spi_i, .spi_r = sa->spi_r, .suite = sa->suite};
    if (sa->keys.number != 0)
        ike_keys_view(&keys, ike_store_at(&engine->store, sa->keys));
    return keys;
}

struct ike_event ike_sa_event(const struct ike_sa *sa, enum ike_event_kind kind, enum ike_why why)
{
    return (struct ike_event){.kind = kind,
                              .why = why,
                              .initiator = sa->initiator,
                              .tag = sa->tag,
                              .sa = sa->number,
                              .began_ns = sa->began_ns,
                              .sends = sa->resends,
                              .cookies = sa->cookies,
                              .groups = sa->groups};
}

/* What the owner hears of an SA that ends in a state; NULL row: nothing, it never was up. */
static enum ike_event_kind end_kind(uint8_t state)
{
    return state == S_ESTABLISHED || state == S_DELETING || state == S_REPLACED ? IKE_DOWN
                                                                                : IKE_FAILED;
}

static bool ends_silently(uint8_t state)
{
    return state == S_FRESH || state == S_RIVAL || state == S_REDUNDANT;
}

/* Its owner hears of the attempt in its place instead (redirect.h). */
static bool goes_on(const struct ike_sa *sa, enum ike_why why)
{
    return sa->initiator && sa->state < S_ESTABLISHED && why == WHY_REDIRECTED;
}

void ike_sa_end(struct ike_engine *engine, struct ike_sa *sa, enum ike_why why, uint16_t notify)
{
    const uint8_t before = sa->state;
    if (before == S_REPLACED)
        ike_tasks_bequeath(engine, sa);
    ike_reauth_ended(engine, sa);
    ike_resume_ended(engine, sa, why);
    ike_redirect_ended(engine, sa, why);
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(engine, place)->next) {
        if (!ike_child_at(engine, place)->up)
            continue;
        struct ike_event down = ike_sa_event(sa, IKE_CHILD_DOWN, why);
        down.child_spi = ike_child_at(engine, place)->spi_in;
        ike_event_add(engine, &down);
    }
    struct ike_event event =
        ike_sa_event(sa, end_kind(before), before == S_REPLACED ? WHY_REKEYED : why);
    event.notify = notify;
    if (!ends_silently(before) && !goes_on(sa, why))
        ike_event_add(engine, &event);
    sa->state = S_NONE;
    ike_sa_entered(engine, sa, before);
    ike_sa_give(engine, sa);
}
