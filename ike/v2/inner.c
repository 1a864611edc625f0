/* SPDX-License-Identifier: MIT
 * Inner addresses of an IKE SA, both roles. */
#include "ike/v2/inner.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/payload.h"
#include "ike/v2/resume.h"

#include <assert.h>

static const uint8_t families[INNER_FAMILIES] = {IKE_IPV4, IKE_IPV6};
static const uint16_t types[INNER_FAMILIES] = {INTERNAL_IP4_ADDRESS, INTERNAL_IP6_ADDRESS};
static const uint16_t allowed_types[INNER_FAMILIES] = {N_IP4_ALLOWED, N_IP6_ALLOWED};

/* ---- records ---- */

struct ike_inner *ike_inner_of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    return ike_beside_of(engine, sa, BESIDE_INNER);
}

static struct ike_inner *need(struct ike_turn *t)
{
    return ike_beside_edit(t, t->sa, BESIDE_INNER);
}

static void unlease(struct ike_engine *engine, const struct ike_inner *inner, size_t family)
{
    if (inner->lease[family] != 0)
        ike_lease_give(&engine->leases.at[inner->pool[family]], inner->lease[family]);
}

void ike_inner_give(struct ike_engine *engine, void *record)
{
    const struct ike_inner *const inner = record;
    for (size_t i = 0; i < INNER_FAMILIES; i++)
        unlease(engine, inner, i);
    ike_store_give(&engine->store, inner->reply);
}

void ike_inner_undo(struct ike_engine *engine, const void *record, const void *before)
{
    const struct ike_inner *const was = before;
    for (size_t i = 0; i < INNER_FAMILIES; i++)
        if (was->lease[i] == 0)
            unlease(engine, record, i);
}

void ike_inner_moved(struct ike_engine *engine, void *record, const struct ike_sa *to)
{
    const struct ike_inner *const inner = record;
    for (size_t i = 0; i < INNER_FAMILIES; i++)
        if (inner->lease[i] != 0)
            engine->leases.at[inner->pool[i]].leases[inner->lease[i]].sa = to->number;
}

/* ---- selectors ---- */

static bool wants_family(const struct ike_wants *wants, size_t family)
{
    return family == 0 ? wants->ip4 : wants->ip6;
}

static void add_any(struct ike_selectors *out, uint8_t family)
{
    const struct ike_prefix any = {.base = {.family = family}, .bits = 0};
    out->at[out->count++] = ike_selector_prefix(&any);
}

static void add_one(struct ike_selectors *out, const struct ike_addr *addr)
{
    const struct ike_prefix one = {.base = *addr, .bits = addr->family == IKE_IPV4 ? 32 : 128};
    out->at[out->count++] = ike_selector_prefix(&one);
}

bool ike_inner_side(const struct ike_turn *t, bool local, struct ike_selectors *out)
{
    const struct ike_policy *const policy = t->sa->policy;
    const struct ike_inner *const inner = ike_inner_of(t->engine, t->sa);
    out->count = 0;
    if (local ? policy->wants == NULL : policy->gives == NULL)
        return false;
    for (size_t i = 0; inner != NULL && i < INNER_FAMILIES; i++)
        if (inner->addr[i].family != 0)
            add_one(out, &inner->addr[i]);
    /* RFC 7296 2.19: before it is known, all addresses are asked for. */
    const bool ask = local && out->count == 0 && t->sa->state != S_ESTABLISHED;
    for (size_t i = 0; ask && i < INNER_FAMILIES; i++)
        if (wants_family(policy->wants, i))
            add_any(out, families[i]);
    return out->count > 0;
}

/* ---- the initiator ---- */

/* Which families it wants still, after what the gateway has said (RFC 8983 5). */
static struct ike_wants wants_now(struct ike_turn *t)
{
    struct ike_wants wants = *t->sa->policy->wants;
    const struct ike_reauth *const again = ike_reauth_of(t->engine, t->sa);
    const struct ike_addr *const had = again != NULL ? again->inner : ike_resume_inner(t);
    if (had != NULL && had[0].family != 0)
        wants.last4 = had[0];
    if (had != NULL && had[1].family != 0)
        wants.last6 = had[1];
    const struct ike_inner *const inner = ike_inner_of(t->engine, t->sa);
    if (inner != NULL && inner->told) {
        wants.ip4 = wants.ip4 && inner->allowed[0];
        wants.ip6 = wants.ip6 && inner->allowed[1];
    }
    return wants;
}

void ike_inner_put_wants(struct ike_turn *t, struct ike_writer *w, size_t *link)
{
    if (t->sa->policy->wants == NULL)
        return;
    const struct ike_wants wants = wants_now(t);
    ike_put_wants(w, link, &wants);
}

void ike_inner_hear(struct ike_turn *t)
{
    bool allowed[INNER_FAMILIES];
    for (size_t i = 0; i < INNER_FAMILIES; i++)
        allowed[i] = ike_message_notify(&t->in, allowed_types[i]) != NULL;
    if (t->sa->policy->wants == NULL || (!allowed[0] && !allowed[1]))
        return;
    struct ike_inner *const inner = need(t);
    if (inner == NULL)
        return;
    inner->told = true;
    for (size_t i = 0; i < INNER_FAMILIES; i++)
        inner->allowed[i] = allowed[i];
}

static void tell(struct ike_turn *t, const struct ike_inner *inner)
{
    for (size_t i = 0; inner != NULL && i < INNER_FAMILIES; i++) {
        struct ike_event event = ike_sa_event(t->sa, IKE_ADDRESS, WHY_OK);
        event.inner = inner->addr[i];
        if (event.inner.family != 0)
            ike_event_add(t->engine, &event);
    }
}

static enum ike_why keep_reply(struct ike_turn *t, struct ike_bytes body, const struct ike_cp *cp)
{
    struct ike_inner *const inner = need(t);
    struct ike_given given;
    if (inner == NULL || !ike_turn_keep(t, &inner->reply, body))
        return WHY_SA_TABLE_FULL;
    ike_given_read(cp, &given);
    if (given.ip4.family != 0)
        inner->addr[0] = given.ip4;
    if (given.ip6.family != 0)
        inner->addr[1] = given.ip6;
    tell(t, inner);
    return WHY_OK;
}

/* RFC 7296 3.15.4: one of the families asked for will do, none will not. */
static bool has_enough(const struct ike_turn *t)
{
    const struct ike_wants *const wants = t->sa->policy->wants;
    const struct ike_inner *const inner = ike_inner_of(t->engine, t->sa);
    bool asked = false;
    for (size_t i = 0; i < INNER_FAMILIES; i++) {
        asked = asked || wants_family(wants, i);
        if (inner != NULL && wants_family(wants, i) && inner->addr[i].family != 0)
            return true;
    }
    return !asked;
}

enum ike_why ike_inner_take(struct ike_turn *t)
{
    struct ike_cp cp;
    if (t->sa->policy->wants == NULL)
        return WHY_OK;
    ike_inner_hear(t);
    if ((t->in.there & P(PAYLOAD_CP)) != 0) {
        const struct ike_bytes body = ike_message_body(&t->in, PAYLOAD_CP);
        enum ike_why why = ike_cp_parse(body, &cp);
        if (why != WHY_OK)
            return why;
        if (cp.type == CFG_REPLY && (why = keep_reply(t, body, &cp)) != WHY_OK)
            return why;
    }
    return has_enough(t) ? WHY_OK : WHY_ADDRESS_MISSING;
}

enum ike_why ike_inner_narrow(struct ike_turn *t, struct ike_selectors *own)
{
    const struct ike_selectors granted = *own;
    struct ike_selectors mine;
    if (!ike_inner_side(t, true, &mine))
        return WHY_OK;
    own->count = 0;
    for (uint8_t i = 0; i < granted.count; i++)
        for (uint8_t k = 0; k < mine.count; k++) {
            struct ike_selector both;
            if (!ike_selector_meet(&granted.at[i], &mine.at[k], &both))
                continue;
            assert(own->count <= i); /* ours are one of a family: no two meet the same */
            own->at[own->count++] = both;
        }
    return own->count > 0 ? WHY_OK : WHY_CHOICE_NOT_OFFERED;
}

/* ---- the responder ---- */

/* RFC 7296 2.8.3: the same peer comes again before the old SA is gone. Nobody is the same as nobody
 * (RFC 7619 2.3). */
static bool is_same_peer(const void *owner, uint64_t holder)
{
    const struct ike_turn *const t = owner;
    const struct ike_engine *const engine = t->engine;
    const struct ike_sa *const other = ike_sa_numbered(engine, holder);
    const struct ike_bytes id = ike_store_view(&engine->store, t->sa->peer_id);
    assert(id.len > 0);
    if (other == NULL) /* gone, and the address is held by another one of the same digest */
        return id.at[0] != ID_NULL;
    return id.at[0] != ID_NULL &&
           ike_bytes_equal(ike_store_view(&engine->store, other->peer_id), id);
}

static bool read_wanted(const struct ike_attribute *asked, size_t family, struct ike_addr *out)
{
    struct ike_reader r = rd_open(asked->value);
    const struct ike_bytes ip = rd_bytes(&r, families[family] == IKE_IPV4 ? 4 : 16);
    if (r.bad)
        return false;
    *out = (struct ike_addr){.family = families[family]};
    for (size_t i = 0; i < ip.len; i++)
        out->ip[i] = ip.at[i];
    return true;
}

static bool has_pool(const struct ike_gives *gives, size_t family)
{
    for (uint8_t i = 0; i < gives->pool_count; i++)
        if (gives->pools[i].base.family == families[family])
            return true;
    return false;
}

/* An address of the first pool of the family that has one. */
static bool lease_one(struct ike_turn *t, struct ike_inner *inner, size_t family,
                      const struct ike_attribute *asked)
{
    struct ike_engine *const engine = t->engine;
    const struct ike_gives *const gives = t->sa->policy->gives;
    const struct ike_bytes id = ike_store_view(&engine->store, t->sa->peer_id);
    struct ike_addr wanted;
    const struct ike_lease_claim claim = {
        .who = ike_digest(engine, id, (struct ike_bytes){.at = NULL, .len = 0}),
        .sa = t->sa->number,
        .wanted = read_wanted(asked, family, &wanted) ? &wanted : NULL,
        .shares = is_same_peer,
        .owner = t};
    for (uint8_t i = 0; i < gives->pool_count && inner->lease[family] == 0; i++) {
        if (gives->pools[i].base.family != families[family])
            continue;
        const uint8_t which = ike_lease_pool_of(&engine->leases, &gives->pools[i]);
        struct ike_lease_pool *const pool = &engine->leases.at[which];
        inner->lease[family] = ike_lease_take(pool, &claim);
        if (inner->lease[family] == 0)
            continue;
        inner->pool[family] = which;
        inner->bits[family] = gives->pools[i].bits;
        inner->addr[family] = ike_lease_addr(pool, inner->lease[family]);
    }
    return inner->lease[family] != 0;
}

/* An address of each family that is asked for; one will do (RFC 7296 3.15.4, RFC 8983 5). */
static enum ike_why lease_all(struct ike_turn *t, const struct ike_cp *cp)
{
    enum ike_why why = WHY_OK;
    bool any = false;
    struct ike_inner *const inner = need(t);
    if (inner == NULL)
        return WHY_LEASES_EXHAUSTED;
    for (size_t i = 0; i < INNER_FAMILIES; i++) {
        const struct ike_attribute *const asked = ike_cp_find(cp, types[i]);
        if (asked == NULL)
            continue;
        if (inner->lease[i] != 0 || lease_one(t, inner, i, asked))
            any = true;
        else if (why == WHY_OK || has_pool(t->sa->policy->gives, i))
            why = has_pool(t->sa->policy->gives, i) ? WHY_LEASES_EXHAUSTED : WHY_ADDRESS_FAMILY;
    }
    return any ? WHY_OK : why;
}

/* The CFG_REQUEST at hand; false: there is none. */
static bool read_request(const struct ike_turn *t, struct ike_cp *cp, enum ike_why *why)
{
    *why = WHY_OK;
    if ((t->in.there & P(PAYLOAD_CP)) == 0)
        return false;
    *why = ike_cp_parse(ike_message_body(&t->in, PAYLOAD_CP), cp);
    return *why == WHY_OK && cp->type == CFG_REQUEST;
}

enum ike_why ike_inner_lease(struct ike_turn *t)
{
    const struct ike_gives *const gives = t->sa->policy->gives;
    struct ike_cp cp;
    enum ike_why why;
    if (gives == NULL)
        return WHY_OK;
    if (!read_request(t, &cp, &why))
        return why == WHY_OK && gives->required ? WHY_CONFIG_REQUIRED : why;
    return lease_all(t, &cp);
}

static bool asks_for_address(const struct ike_cp *cp)
{
    return ike_cp_find(cp, types[0]) != NULL || ike_cp_find(cp, types[1]) != NULL;
}

void ike_inner_put_families(struct ike_turn *t)
{
    const struct ike_gives *const gives = t->sa->policy->gives;
    struct ike_cp cp;
    enum ike_why why;
    if (gives == NULL || !gives->tell_families || !read_request(t, &cp, &why))
        return;
    if (!asks_for_address(&cp))
        return;
    for (size_t i = 0; i < INNER_FAMILIES; i++)
        if (has_pool(gives, i))
            ike_put_status(&t->out, &t->link, allowed_types[i],
                           (struct ike_bytes){.at = NULL, .len = 0});
}

/* Addresses leased and all else that is asked for. */
static void put_reply(struct ike_turn *t, const struct ike_cp *cp)
{
    const struct ike_gives *const gives = t->sa->policy->gives;
    const struct ike_inner *const inner = ike_inner_of(t->engine, t->sa);
    const size_t begin = ike_begin_cp(&t->out, &t->link, CFG_REPLY);
    for (size_t i = 0; inner != NULL && i < INNER_FAMILIES; i++)
        if (inner->lease[i] != 0 && ike_cp_find(cp, types[i]) != NULL)
            ike_put_inner(&t->out, &inner->addr[i], inner->bits[i],
                          ike_cp_find(cp, INTERNAL_IP4_NETMASK) != NULL);
    if (gives != NULL)
        ike_put_gives(&t->out, gives, cp);
    ike_put_version(&t->out, gives != NULL ? gives->version : NULL, cp);
    ike_end_payload(&t->out, begin);
}

void ike_inner_put_reply(struct ike_turn *t)
{
    struct ike_cp cp;
    enum ike_why why;
    if (t->sa->policy->gives == NULL || !read_request(t, &cp, &why))
        return;
    put_reply(t, &cp);
    ike_inner_put_families(t);
    tell(t, ike_inner_of(t->engine, t->sa));
}

/* ---- INFORMATIONAL ---- */

enum ike_why ike_inner_look(struct ike_turn *t)
{
    struct ike_cp cp;
    enum ike_why why = WHY_OK;
    for (uint8_t i = 0; why == WHY_OK && i < t->in.cp_count; i++)
        why = ike_cp_parse(t->in.cps[i], &cp);
    return why;
}

/* RFC 7296 3.15.1: what was accepted, without a value. */
static void put_ack(struct ike_turn *t, const struct ike_cp *cp)
{
    const uint64_t settable = t->sa->policy->settable;
    const size_t begin = ike_begin_cp(&t->out, &t->link, CFG_ACK);
    for (uint8_t i = 0; i < cp->count; i++)
        if ((settable >> cp->attributes[i].type & 1) != 0)
            ike_put_attribute(&t->out, cp->attributes[i].type,
                              (struct ike_bytes){.at = NULL, .len = 0});
    ike_end_payload(&t->out, begin);
}

static bool holds_any(const struct ike_turn *t)
{
    const struct ike_inner *const inner = ike_inner_of(t->engine, t->sa);
    return inner != NULL && (inner->lease[0] != 0 || inner->lease[1] != 0);
}

/* RFC 7296 3.15.4: who failed to get one in IKE_AUTH may try again so. */
static void answer_request(struct ike_turn *t, const struct ike_cp *cp)
{
    const bool gateway = t->sa->policy->gives != NULL && t->sa->state == S_ESTABLISHED;
    const bool had = holds_any(t);
    if (gateway && asks_for_address(cp)) {
        const enum ike_why why = lease_all(t, cp);
        if (why != WHY_OK)
            ike_put_status(&t->out, &t->link, ike_why_row(why)->notify,
                           (struct ike_bytes){.at = NULL, .len = 0});
        else if (!had)
            tell(t, ike_inner_of(t->engine, t->sa));
    }
    put_reply(t, cp);
}

void ike_inner_answer(struct ike_turn *t)
{
    struct ike_cp cp;
    for (uint8_t i = 0; i < t->in.cp_count; i++) {
        const enum ike_why why = ike_cp_parse(t->in.cps[i], &cp);
        assert(why == WHY_OK); /* ike_inner_look */
        (void)why;
        if (cp.type == CFG_REQUEST)
            answer_request(t, &cp);
        else if (cp.type == CFG_SET)
            put_ack(t, &cp);
    }
}

enum ike_why ike_inner_informed(struct ike_turn *t)
{
    struct ike_cp cp;
    const enum ike_why why = ike_inner_look(t);
    if (why != WHY_OK || t->sa->policy->wants == NULL)
        return why;
    ike_inner_hear(t);
    for (uint8_t i = 0; i < t->in.cp_count; i++) {
        const enum ike_why again = ike_cp_parse(t->in.cps[i], &cp);
        assert(again == WHY_OK); /* ike_inner_look */
        (void)again;
        if (cp.type == CFG_REPLY)
            return keep_reply(t, t->in.cps[i], &cp);
    }
    return WHY_OK;
}
