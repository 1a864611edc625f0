/* SPDX-License-Identifier: MIT
 * Tickets asked for, given, kept, taken back. */
#include "ike/v2/resume.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/exchange_auth.h"
#include "ike/v2/exchange_eap.h"
#include "ike/v2/payload.h"
#include "ike/v2/protect.h"
#include "ike/v2/signature.h"

#include <assert.h>
#include <string.h>

static const struct ike_bytes nothing = {.at = NULL, .len = 0};
static const uint64_t second_ns = 1000000000;

enum {
    OWNERS_VERSION = 1,
    NOTIFY_LEN = 8,   /* of a Notify payload without data, */
    LIFETIME_LEN = 4, /* and what comes first in TICKET_LT_OPAQUE's */
};

static struct ike_resumable *of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    return ike_beside_of(engine, sa, BESIDE_TICKET);
}

void ike_resume_give(struct ike_engine *engine, void *record)
{
    const struct ike_resumable *const r = record;
    ike_store_give(&engine->store, r->who);
    ike_store_give(&engine->store, r->told);
}

void ike_resume_undo(struct ike_engine *engine, const void *record, const void *before)
{
    const struct ike_resumable *const now = record;
    const struct ike_resumable *const was = before;
    if (now->name != was->name)
        ike_ticket_revoke(engine, now->name);
}

/* RFC 5723 6.2: with the rekeying of its IKE SA a ticket is invalid, and the client should ask for
 * another. */
void ike_resume_moved(struct ike_engine *engine, void *record, const struct ike_sa *to)
{
    struct ike_resumable *const r = record;
    const bool renewed = r->renewed;
    r->renewed = false;
    if (renewed)
        return;
    ike_ticket_revoke(engine, r->name);
    ike_store_give(&engine->store, r->told);
    r->name = 0;
    r->told = (struct ike_blob){0};
    if (r->client)
        (void)ike_task_put(engine, ike_sa_at(engine, ike_sa_place(to)), TASK_TICKET, 0);
}

static enum ike_why read_who(const struct ike_engine *engine, const struct ike_resumable *record,
                             struct ike_session *out)
{
    struct ike_reader r = rd_open(ike_store_view(&engine->store, record->who));
    return ike_session_parse(&r, out);
}

/* ---- what is known of a session ---- */

static bool keep_who(struct ike_turn *t, const struct ike_session *who)
{
    struct ike_writer w = wr_open(ike_turn_scratch(t, IKE_SESSION_MAX), IKE_SESSION_MAX);
    struct ike_resumable *const record = ike_beside_edit(t, t->sa, BESIDE_TICKET);
    ike_put_session(&w, who);
    if (record == NULL || !ike_turn_keep(t, &record->who, wr_done(&w)))
        return false;
    record->client = t->sa->initiator;
    return true;
}

/* Of the same as IDs are: no more than is kept of one. */
static struct ike_id peer_of(const struct ike_turn *t)
{
    const struct ike_bytes kept = ike_store_view(&t->engine->store, t->sa->peer_id);
    struct ike_id id = {.type = kept.at[0], .len = (uint8_t)(kept.len - 1)};
    memcpy(id.data, kept.at + 1, id.len);
    return id;
}

static bool is_same(const struct ike_id *a, const struct ike_id *b)
{
    return a->type == b->type && ike_bytes_equal((struct ike_bytes){.at = a->data, .len = a->len},
                                                 (struct ike_bytes){.at = b->data, .len = b->len});
}

/* How the other end was authenticated in the exchange that ends now. */
static uint8_t method_of(const struct ike_turn *t)
{
    const struct ike_policy *const policy = t->sa->policy;
    struct ike_auth auth;
    if (policy->next_auth != NULL)
        return METHOD_ROUNDS;
    if (ike_eap_is_wanted(policy))
        return METHOD_EAP;
    const enum ike_why why = ike_auth_parse(ike_message_body(&t->in, PAYLOAD_AUTH), &auth);
    assert(why == WHY_OK); /* it has just been judged */
    (void)why;
    return (uint8_t)ike_proof_kind_of(auth.method);
}

/* The rest, as of now: keys and names of the SA. */
static void complete(const struct ike_turn *t, const struct ike_sa *sa, struct ike_session *s)
{
    const struct ike_sa_keys keys = ike_sa_view_keys(t->engine, sa);
    assert(keys.sk_d.len <= sizeof s->sk_d);
    s->spi_i = sa->spi_i;
    s->spi_r = sa->spi_r;
    s->suite = sa->suite;
    s->sk_d_len = (uint8_t)keys.sk_d.len;
    memcpy(s->sk_d, keys.sk_d.at, keys.sk_d.len);
}

/* ---- the gateway ---- */

bool ike_resume_is_taken(const struct ike_engine *engine, uint8_t exchange)
{
    return exchange == IKE_SA_INIT ||
           (exchange == IKE_SESSION_RESUME && engine->config.tickets.kind != TICKET_NONE);
}

enum ike_why ike_resume_up(struct ike_turn *turn, struct ike_bytes id_i)
{
    struct ike_session who = {.known_as = peer_of(turn),
                              .id_r = ike_auth_own_id(turn, &turn->sa->policy->local_id),
                              .method = method_of(turn)};
    if (turn->engine->config.tickets.kind == TICKET_NONE)
        return WHY_OK;
    who.id_i = who.known_as;
    if (id_i.len > 0) {
        const enum ike_why why = ike_id_parse(id_i, &who.id_i);
        assert(why == WHY_OK); /* it has just been judged */
        (void)why;
    }
    if (is_same(&who.id_i, &who.known_as))
        who.known_as = (struct ike_id){.type = 0};
    if (!keep_who(turn, &who))
        return WHY_SA_TABLE_FULL;
    ike_resume_answer(turn, turn->sa, false);
    return WHY_OK;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* RFC 5723 6.2: no longer than the IKE SA, nor than until the client is to be authenticated anew.
 * Whole seconds; 0: not even one. */
static uint32_t lifetime_s(const struct ike_turn *t)
{
    const struct ike_lifetime *const life = &t->sa->policy->lifetime;
    const struct ike_task *const reauth = ike_task_find(t->engine, t->sa, TASK_REAUTH, 0);
    uint64_t ns = t->engine->config.tickets.lifetime_ns;
    if (ns == 0)
        ns = IKE_TICKET_LIFE_NS;
    if (life->rekey_ns != 0)
        ns = least(ns, life->rekey_ns + life->over_ns);
    if (reauth != NULL)
        ns = least(ns, reauth->at_ns > t->now_ns + IKE_REAUTH_GRACE_NS
                           ? reauth->at_ns - t->now_ns - IKE_REAUTH_GRACE_NS
                           : 0);
    return (uint32_t)least(ns / second_ns, UINT32_MAX);
}

static uint16_t policy_of(const struct ike_turn *t)
{
    const struct ike_config *const config = &t->engine->config;
    uint16_t i = 0;
    while (i < config->policy_count && t->sa->policy != &config->policies[i])
        i++;
    return i;
}

/* RFC 5723 4.1: "due to packet size limitations" */
static bool is_too_long(struct ike_turn *t, const struct ike_session *session)
{
    const uint16_t max = t->engine->config.tickets.answer_max;
    const struct ike_seal_keys keys = ike_keys_of(&t->keys, t->sa->initiator);
    const size_t text_at = t->sealed + IKE_PAYLOAD_HEAD + keys.encr->iv_len;
    if (max == 0 || t->in.head.exchange != IKE_AUTH)
        return false;
    struct ike_writer w = wr_open(ike_turn_scratch(t, IKE_SESSION_MAX), IKE_SESSION_MAX);
    ike_put_session(&w, session);
    const size_t more = NOTIFY_LEN + LIFETIME_LEN + ike_ticket_len(t->engine, w.len);
    return ike_sealed_len(&keys, text_at, t->out.len - text_at + more) > max;
}

/*  Lifetime (4) | ticket.   RFC 5723 7.1 */
static void put_ticket(struct ike_turn *t, uint32_t lifetime, struct ike_bytes ticket)
{
    struct ike_writer w =
        wr_open(ike_turn_scratch(t, LIFETIME_LEN + ticket.len), LIFETIME_LEN + ticket.len);
    put_u32(&w, lifetime);
    put_bytes(&w, ticket);
    ike_put_status(&t->out, &t->link, N_TICKET_LT_OPAQUE, wr_done(&w));
}

/* Who is at the other end, and until when a ticket given now is good; false: none may be given. */
static bool describe(const struct ike_turn *t, uint32_t lifetime, struct ike_session *out)
{
    const struct ike_resumable *const record = of(t->engine, t->sa);
    const uint16_t policy = policy_of(t);
    if (record == NULL || record->client || lifetime == 0 ||
        policy == t->engine->config.policy_count)
        return false;
    const enum ike_why why = read_who(t->engine, record, out);
    assert(why == WHY_OK); /* it was put there by ours */
    (void)why;
    out->policy = policy;
    out->until_s = ike_ticket_now_s(t->engine, t->now_ns) + lifetime;
    return true;
}

/* N_TICKET_LT_OPAQUE, and it is written, or the notify that says why it is not. */
static uint16_t grant(struct ike_turn *t, const struct ike_sa *sa, struct ike_session *session,
                      uint32_t lifetime)
{
    uint64_t name;
    complete(t, sa, session);
    if (is_too_long(t, session))
        return N_TICKET_ACK;
    struct ike_resumable *const record = ike_beside_edit(t, t->sa, BESIDE_TICKET);
    assert(record != NULL); /* `describe` has read it */
    const struct ike_bytes ticket = ike_ticket_make(t, session, &name);
    if (ticket.len == 0)
        return N_TICKET_NACK;
    if (record->name != 0) /* one at a time */
        t->ticket_done = record->name;
    record->name = name;
    record->renewed = sa != t->sa;
    put_ticket(t, lifetime, ticket);
    return N_TICKET_LT_OPAQUE;
}

void ike_resume_answer(struct ike_turn *turn, const struct ike_sa *sa, bool early)
{
    if (turn->engine->config.tickets.kind == TICKET_NONE ||
        ike_message_notify(&turn->in, N_TICKET_REQUEST) == NULL)
        return;
    const uint32_t lifetime = lifetime_s(turn);
    struct ike_session session;
    uint16_t answer = N_TICKET_NACK;
    if (describe(turn, lifetime, &session))
        answer = early ? N_TICKET_ACK : grant(turn, sa, &session, lifetime);
    ike_secret_wipe(&session, sizeof session);
    if (answer != N_TICKET_LT_OPAQUE)
        ike_put_status(&turn->out, &turn->link, answer, nothing);
}

/* ---- the client ---- */

void ike_resume_put_request(struct ike_turn *turn)
{
    if (turn->sa->policy->tickets)
        ike_put_status(&turn->out, &turn->link, N_TICKET_REQUEST, nothing);
}

void ike_resume_put_rekey(struct ike_turn *turn)
{
    const struct ike_resumable *const record = of(turn->engine, turn->sa);
    if (record != NULL && record->client)
        ike_put_status(&turn->out, &turn->link, N_TICKET_REQUEST, nothing);
}

enum ike_why ike_ask_ticket(struct ike_turn *turn)
{
    ike_turn_ask(turn, INFORMATIONAL);
    ike_put_status(&turn->out, &turn->link, N_TICKET_REQUEST, nothing);
    return WHY_OK;
}

/* One such task an SA, at its latest time. */
static void ask_later(struct ike_turn *t, uint64_t at_ns)
{
    struct ike_task *const task = ike_task_add(t, TASK_TICKET, 0, at_ns);
    if (task != NULL)
        task->at_ns = at_ns;
}

/*  version (1) | session | inner addresses (family (1), octets (16) each) | ticket */
static bool keep_told(struct ike_turn *t, struct ike_resumable *record,
                      const struct ike_session *session, struct ike_bytes ticket)
{
    const struct ike_inner *const inner = ike_beside_of(t->engine, t->sa, BESIDE_INNER);
    const struct ike_addr none = {.family = 0};
    struct ike_writer w = wr_open(ike_turn_scratch(t, IKE_RESUME_MAX), IKE_RESUME_MAX);
    put_u8(&w, OWNERS_VERSION);
    ike_put_session(&w, session);
    for (size_t i = 0; i < INNER_FAMILIES; i++) {
        const struct ike_addr *const addr = inner != NULL ? &inner->addr[i] : &none;
        put_u8(&w, addr->family);
        put_bytes(&w, (struct ike_bytes){.at = addr->ip, .len = sizeof addr->ip});
    }
    put_bytes(&w, ticket);
    assert(!w.bad); /* IKE_RESUME_MAX is all of that */
    return ike_turn_keep(t, &record->told, wr_done(&w));
}

enum ike_why ike_resume_parse(struct ike_bytes octets, struct ike_resume *out)
{
    struct ike_reader r = rd_open(octets);
    const uint8_t version = rd_u8(&r);
    const enum ike_why why = ike_session_parse(&r, &out->session);
    for (size_t i = 0; i < INNER_FAMILIES; i++) {
        out->inner[i] = (struct ike_addr){.family = rd_u8(&r)};
        const struct ike_bytes ip = rd_bytes(&r, sizeof out->inner[i].ip);
        if (ip.len > 0)
            memcpy(out->inner[i].ip, ip.at, ip.len);
    }
    out->ticket = rd_rest(&r);
    const bool good = !r.bad && why == WHY_OK && version == OWNERS_VERSION &&
                      out->session.sk_d_len > 0 && out->ticket.len > 0 &&
                      out->ticket.len <= IKE_TICKET_MAX;
    return good ? WHY_OK : WHY_TICKET_SYNTAX;
}

/* Not when it says that it is over, is longer than we keep, or there is no room: it may be accepted
 * (RFC 5723 4.2). */
static bool accept_ticket(struct ike_turn *t, const struct ike_sa *sa, uint32_t seconds,
                          struct ike_bytes ticket)
{
    struct ike_session session;
    struct ike_resumable *const record = ike_beside_edit(t, t->sa, BESIDE_TICKET);
    assert(record != NULL); /* ike_resume_hear has looked */
    if (seconds == 0 || ticket.len > IKE_TICKET_MAX)
        return false;
    const enum ike_why why = read_who(t->engine, record, &session);
    assert(why == WHY_OK); /* it was put there by ours */
    (void)why;
    complete(t, sa, &session);
    session.until_s = ike_ticket_now_s(t->engine, t->now_ns) + seconds;
    const bool kept = keep_told(t, record, &session, ticket);
    record->renewed = kept && sa != t->sa;
    ike_secret_wipe(&session, sizeof session);
    return kept;
}

enum ike_why ike_resume_hear(struct ike_turn *turn, const struct ike_sa *sa)
{
    const struct ike_notify *const given = ike_message_notify(&turn->in, N_TICKET_LT_OPAQUE);
    const struct ike_resumable *const record = of(turn->engine, turn->sa);
    if (given == NULL || record == NULL || !record->client)
        return WHY_OK;
    struct ike_reader r = rd_open(given->data);
    const uint32_t seconds = rd_u32(&r);
    const struct ike_bytes ticket = rd_rest(&r);
    if (r.bad || ticket.len == 0)
        return WHY_SYNTAX;
    if (!accept_ticket(turn, sa, seconds, ticket))
        return WHY_OK;
    const struct ike_event told = ike_sa_event(sa, IKE_TICKET, WHY_OK);
    ike_event_add(turn->engine, &told);
    if (seconds * second_ns > IKE_TICKET_RENEWED_NS) /* before it expires (RFC 5723 4.1) */
        ask_later(turn, turn->now_ns + seconds * (second_ns - second_ns / 10));
    return WHY_OK;
}

enum ike_why ike_resume_came_up(struct ike_turn *turn)
{
    const struct ike_setup *const setup = ike_setup_of(turn->engine, turn->sa);
    const struct ike_session who = {.id_i = ike_auth_own_id(turn, &setup->id),
                                    .id_r = peer_of(turn),
                                    .method = method_of(turn)};
    if (!turn->sa->policy->tickets)
        return WHY_OK;
    if (!keep_who(turn, &who))
        return WHY_OK; /* no room: then without */
    if (ike_message_notify(&turn->in, N_TICKET_ACK) != NULL)
        ask_later(turn, turn->now_ns);
    return ike_resume_hear(turn, turn->sa);
}

bool ike_want_ticket(struct ike_engine *engine, uint64_t now_ns, uint64_t sa)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    const struct ike_resumable *const record = found != NULL ? of(engine, found) : NULL;
    if (record == NULL || !record->client || found->state != S_ESTABLISHED)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    struct ike_task *const task = ike_task_add(turn, TASK_TICKET, 0, now_ns);
    if (task != NULL)
        task->at_ns = now_ns;
    return ike_turn_end(turn, task != NULL ? WHY_OK : WHY_SA_TABLE_FULL) == WHY_OK;
}

size_t ike_sa_ticket(struct ike_engine *engine, uint64_t sa, uint8_t *room)
{
    const struct ike_sa *const found = ike_sa_numbered(engine, sa);
    struct ike_resumable *const record = found != NULL ? of(engine, found) : NULL;
    if (record == NULL || record->told.number == 0)
        return 0;
    const struct ike_bytes told = ike_store_view(&engine->store, record->told);
    memcpy(room, told.at, told.len);
    ike_store_give(&engine->store, record->told);
    record->told = (struct ike_blob){0};
    return told.len;
}

/* ---- both ---- */

void ike_resume_ended(struct ike_engine *engine, const struct ike_sa *sa, enum ike_why why)
{
    const struct ike_resumable *const record = of(engine, sa);
    const bool out_of_reach = why == WHY_NO_ANSWER || why == WHY_PEER_CRASHED;
    const bool up = sa->state == S_ESTABLISHED || sa->state == S_DELETING;
    if (record != NULL && up && !out_of_reach)
        ike_ticket_revoke(engine, record->name);
}

void ike_resume_commit(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    struct ike_sa *const old = turn->resumed != 0 ? ike_sa_numbered(engine, turn->resumed) : NULL;
    ike_ticket_revoke(engine, turn->ticket_done);
    assert(old == NULL || old != turn->sa); /* that one has SPIs of its own */
    if (old != NULL)
        ike_sa_end(engine, old, WHY_RESUMED, 0);
}

static bool has_row(const struct ike_offer *offer, uint8_t row)
{
    for (uint8_t i = 0; i < offer->count; i++)
        if (offer->algos[i] == row)
            return true;
    return row == 0;
}

bool ike_resume_allows(const struct ike_policy *policy, const struct ike_suite *suite)
{
    for (uint8_t i = 0; i < policy->ike_count; i++)
        if (has_row(&policy->ike[i], suite->encr) && has_row(&policy->ike[i], suite->prf) &&
            has_row(&policy->ike[i], suite->integ))
            return true;
    return false;
}

const struct ike_sa *ike_resume_find(const struct ike_engine *engine,
                                     const struct ike_session *session)
{
    const uint64_t spis[] = {session->spi_r, session->spi_i};
    for (size_t i = 0; i < 2; i++) {
        const struct ike_sa *const sa = ike_sa_by_spi(engine, spis[i]);
        if (sa != NULL && sa->spi_i == session->spi_i && sa->spi_r == session->spi_r)
            return sa;
    }
    return NULL;
}
