/* SPDX-License-Identifier: MIT
 * Gateway Identity: its type (1) | its length (1) | address or name, and in
 * IKE_SA_INIT the initiator's nonce (RFC 5685 9.2, 9.3). */
#include "ike/v2/redirect.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/hold.h"
#include "ike/v2/payload.h"
#include "ike/v2/reauth.h"

#include <assert.h>
#include <string.h>

enum { GATEWAY_IPV4 = 1, GATEWAY_IPV6 = 2, GATEWAY_NAME = 3 };

static const char scheme[] = "dns:"; /* before a name that is asked for, RFC 4501 3 */
enum { SCHEME_LEN = sizeof scheme - 1, ASKED_MAX = SCHEME_LEN + IKE_NAME_MAX };
static const uint32_t question_of_task = IKE_ASKS_MAX + 1; /* those of a hold are below */

static bool is_set(const struct ike_gateway *gateway)
{
    return gateway->addr.family != 0 || gateway->name != NULL;
}

static void put_gateway(struct ike_writer *w, const struct ike_gateway *gateway)
{
    const struct ike_addr *const addr = &gateway->addr;
    struct ike_bytes id = {.at = (const uint8_t *)gateway->name, .len = 0};
    uint8_t type = GATEWAY_NAME;
    if (addr->family != 0) {
        id = ike_addr_ip(addr);
        type = addr->family == IKE_IPV4 ? GATEWAY_IPV4 : GATEWAY_IPV6;
    } else {
        assert(gateway->name != NULL);
        id.len = strlen(gateway->name);
    }
    put_u8(w, type);
    put_u8(w, (uint8_t)id.len);
    put_bytes(w, id);
}

/* ---- the responder ---- */

/* Not to ourselves, nor to where the initiator cannot go. */
static bool leads_elsewhere(const struct ike_gateway *to, const struct ike_addr *here)
{
    return to->addr.family == 0
               ? to->name != NULL
               : to->addr.family == here->family && !ike_addr_same_ip(&to->addr, here);
}

/* RFC 5685 3: never those who did not say so. */
bool ike_redirect_is_understood(const struct ike_turn *turn)
{
    return ike_message_notify(&turn->in, N_REDIRECT_SUPPORTED) != NULL ||
           ike_message_notify(&turn->in, N_REDIRECTED_FROM) != NULL;
}

enum ike_why ike_redirect_check(const struct ike_turn *turn)
{
    const struct ike_config *const config = &turn->engine->config;
    return turn->engine->established >= config->redirect_at &&
                   leads_elsewhere(&config->redirect_to, &turn->datagram->local) &&
                   ike_redirect_is_understood(turn)
               ? WHY_REDIRECTED
               : WHY_OK;
}

static void put_redirect(struct ike_turn *t, const struct ike_gateway *to, struct ike_bytes nonce)
{
    uint8_t room[2 + IKE_NAME_MAX + IKE_NONCE_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    put_gateway(&w, to);
    put_bytes(&w, nonce);
    ike_put_status(&t->out, &t->link, N_REDIRECT, wr_done(&w));
}

void ike_redirect_put(struct ike_turn *turn)
{
    put_redirect(turn, &turn->engine->config.redirect_to,
                 ike_message_body(&turn->in, PAYLOAD_NONCE));
}

bool ike_redirect_is_wanted(const struct ike_turn *turn)
{
    const struct ike_policy *const policy = turn->sa->policy;
    return turn->sa->redirects && turn->engine->established >= policy->redirect_at &&
           leads_elsewhere(&policy->redirect_to, &turn->datagram->local);
}

static const struct ike_bytes no_nonce = {.at = NULL,
                                          .len = 0}; /* RFC 5685 9.2: only in the clear */

/* RFC 5685 5: in sufficient time the gateway may close it itself. */
static bool close_later(struct ike_turn *t)
{
    const uint64_t grace_ns = t->engine->config.redirect_grace_ns;
    return grace_ns == 0 || ike_reauth_close(t, t->now_ns + grace_ns, WHY_REDIRECTED);
}

static void tell(struct ike_engine *engine, const struct ike_sa *sa, enum ike_why why)
{
    const struct ike_event event = ike_sa_event(sa, IKE_REDIRECTED, why);
    ike_event_add(engine, &event);
}

enum ike_why ike_redirect_put_auth(struct ike_turn *turn)
{
    put_redirect(turn, &turn->sa->policy->redirect_to, no_nonce);
    tell(turn->engine, turn->sa, WHY_REDIRECTED);
    return close_later(turn) ? WHY_OK : WHY_SA_TABLE_FULL;
}

void ike_redirect_put_first(struct ike_turn *turn)
{
    put_redirect(turn, &turn->sa->policy->redirect_to, no_nonce);
    tell(turn->engine, turn->sa, WHY_REDIRECTED);
    turn->sa->state = S_AWAY;
}

bool ike_redirect(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                  const struct ike_gateway *to)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    uint8_t room[2 + IKE_NAME_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    if (found == NULL || found->state != S_ESTABLISHED || !found->redirects || !is_set(to) ||
        !leads_elsewhere(to, &found->local))
        return false;
    put_gateway(&w, to);
    assert(!w.bad);
    const struct ike_note note = {.type = N_REDIRECT, .data = wr_done(&w)};
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    const bool good = close_later(turn);
    (void)ike_turn_end(turn, good ? WHY_OK : WHY_SA_TABLE_FULL);
    return good &&
           ike_inform(engine, now_ns, sa, &(struct ike_inform){.notes = &note, .note_count = 1});
}

/* ---- the initiator: what it is told ---- */

void ike_redirect_offer(struct ike_turn *turn)
{
    const struct ike_setup *const setup = ike_setup_of(turn->engine, turn->sa);
    uint8_t room[2 + 16];
    struct ike_writer w = wr_open(room, sizeof room);
    if (!turn->sa->policy->takes_redirects)
        return;
    if (setup->trail.count > 0)
        put_gateway(&w, &(struct ike_gateway){.addr = setup->trail.from});
    ike_put_status(&turn->out, &turn->link,
                   setup->trail.count > 0 ? N_REDIRECTED_FROM : N_REDIRECT_SUPPORTED, wr_done(&w));
}

/* A REDIRECT that came: an address, or else a name. */
struct told {
    struct ike_addr addr;
    struct ike_bytes name;
    struct ike_bytes nonce;
};

/* Letters, digits, hyphens and dots: anything else is no name of a host (RFC 1123 2.1). */
static bool is_name(struct ike_bytes id)
{
    bool good = id.len > 0 && id.len <= IKE_NAME_MAX;
    for (size_t i = 0; good && i < id.len; i++) {
        const uint8_t c = id.at[i];
        good = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
               c == '.';
    }
    return good;
}

static bool addr_of(struct ike_bytes ip, struct ike_addr *out)
{
    *out = (struct ike_addr){.family = ip.len == 4 ? IKE_IPV4 : IKE_IPV6};
    if (ip.len != 4 && ip.len != 16)
        return false;
    memcpy(out->ip, ip.at, ip.len);
    return true;
}

static enum ike_why parse(const struct ike_notify *notify, struct told *out)
{
    struct ike_reader r = rd_open(notify->data);
    const uint8_t type = rd_u8(&r);
    const uint8_t len = rd_u8(&r);
    const struct ike_bytes id = rd_bytes(&r, len);
    *out = (struct told){.nonce = rd_rest(&r)};
    if (r.bad)
        return WHY_SYNTAX;
    if (type == GATEWAY_NAME && is_name(id))
        out->name = id;
    else if (type == GATEWAY_NAME || (type != GATEWAY_IPV4 && type != GATEWAY_IPV6) ||
             len != (type == GATEWAY_IPV4 ? 4 : 16) || !addr_of(id, &out->addr))
        return WHY_REDIRECT_GATEWAY;
    return WHY_OK;
}

static struct ike_bytes asked_name(uint8_t *room, struct ike_bytes name)
{
    struct ike_writer w = wr_open(room, ASKED_MAX);
    put_bytes(&w, (struct ike_bytes){.at = (const uint8_t *)scheme, .len = SCHEME_LEN});
    put_bytes(&w, name);
    return wr_done(&w);
}

/* RFC 5685 3: from the beginning, whatever way the SA goes by now. */
static bool starts_anew(const struct ike_sa *sa)
{
    return sa->nat != 0 || sa->tcp;
}

/* Its address, and the port of the old one. A message is held until that of a name has been found.
 * WHY_REDIRECT_GATEWAY: we cannot go there. */
static enum ike_why resolve(struct ike_turn *t, const struct told *told, struct ike_addr *out)
{
    const struct ike_sa *const sa = t->sa;
    *out = told->addr;
    if (told->name.len > 0) {
        struct ike_bytes answer;
        const struct ike_bytes what = asked_name(ike_turn_scratch(t, ASKED_MAX), told->name);
        const enum ike_why why = ike_hold_need(t, what, &answer);
        if (why != WHY_OK)
            return why;
        if (!addr_of(answer, out))
            return WHY_REDIRECT_GATEWAY;
    }
    out->port = starts_anew(sa) ? IKE_PORT : sa->remote.port;
    return out->family == sa->local.family && !ike_addr_same_ip(out, &sa->remote)
               ? WHY_OK
               : WHY_REDIRECT_GATEWAY;
}

/* RFC 5685 7: so many within such a time. Else one more, by the gateway of now. */
static bool go_on(struct ike_trail *trail, const struct ike_sa *sa, uint64_t now_ns)
{
    if (trail->count == 0 || now_ns - trail->began_ns >= IKE_REDIRECTS_NS)
        *trail = (struct ike_trail){.began_ns = now_ns};
    if (trail->count >= IKE_REDIRECTS_MAX)
        return false;
    trail->count++;
    trail->from = sa->remote;
    return true;
}

enum ike_why ike_redirect_take(struct ike_turn *turn, const struct ike_notify *notify)
{
    struct ike_sa *const sa = turn->sa;
    struct ike_setup *const setup = ike_setup_of(turn->engine, sa);
    const struct ike_bytes ours = {.at = setup->nonce, .len = sizeof setup->nonce};
    struct ike_addr to;
    struct told told;
    if (!sa->policy->takes_redirects)
        return WHY_REDIRECT_GATEWAY;
    enum ike_why why = parse(notify, &told);
    if (why == WHY_SYNTAX)
        return why;
    if (!ike_bytes_equal(told.nonce, ours))
        return WHY_REDIRECT_NONCE;
    if (why == WHY_OK)
        why = resolve(turn, &told, &to);
    if (why != WHY_OK)
        return why;
    if (!go_on(&setup->trail, sa, turn->now_ns)) {
        setup->refused = N_REDIRECT;
        return WHY_OK;
    }
    setup->refused = 0;
    setup->cookie_len = setup->solution_len = 0; /* they were of the other gateway */
    sa->remote = to;
    return WHY_OK;
}

/* ---- the initiator: another attempt, from an SA that has keys ---- */

/* What waits in the task. */
struct going {
    struct ike_reauth what;
    struct ike_trail trail;
    struct ike_addr to; /* family 0: its name is being asked for */
    struct ike_packet trigger;
    bool has_trigger;
    bool leave; /* the SA was for nothing else */
};

bool ike_redirect_is_told(const struct ike_turn *turn)
{
    const struct ike_policy *const first = ike_setup_of(turn->engine, turn->sa)->first_policy;
    return (first != NULL ? first : turn->sa->policy)->takes_redirects &&
           ike_message_error(&turn->in) == NULL &&
           ike_message_notify(&turn->in, N_REDIRECT) != NULL;
}

/* RFC 5685 9.2: there may be no nonce here. */
static enum ike_why parse_sealed(const struct ike_turn *t, struct told *told)
{
    const enum ike_why why = parse(ike_message_notify(&t->in, N_REDIRECT), told);
    return why == WHY_OK && told->nonce.len > 0 ? WHY_REDIRECT_NONCE : why;
}

static struct ike_task *wait_to_go(struct ike_turn *t, const struct going *going,
                                   struct ike_bytes name)
{
    const uint64_t wait_ns = going->to.family != 0 ? 0 : IKE_NAME_WAIT_NS;
    struct ike_task *const task = ike_task_add(t, TASK_REDIRECT, 0, t->now_ns + wait_ns);
    uint8_t *const room =
        task != NULL ? ike_turn_room(t, &task->nonce, sizeof *going + name.len) : NULL;
    if (room == NULL)
        return NULL;
    memcpy(room, going, sizeof *going);
    if (name.at != NULL && name.len > 0)
        memcpy(room + sizeof *going, name.at, name.len);
    return task;
}

static struct going going_of(const struct ike_engine *engine, const struct ike_task *task)
{
    struct going going;
    memcpy(&going, ike_store_at(&engine->store, task->nonce), sizeof going);
    return going;
}

/* Where to in IKE_AUTH, and as who; the setup is there still, and what it was to replace is to be
 * replaced by what comes of the next attempt. */
static enum ike_why look_in_auth(struct ike_turn *t, struct going *out)
{
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    const struct ike_reauth *const again = ike_reauth_of(t->engine, t->sa);
    struct told told;
    enum ike_why why = parse_sealed(t, &told);
    *out = (struct going){.trail = setup->trail, .leave = true};
    if (why == WHY_OK)
        why = resolve(t, &told, &out->to);
    if (why != WHY_OK)
        return why;
    if (!go_on(&out->trail, t->sa, t->now_ns))
        return WHY_REDIRECT_LOOP;
    out->has_trigger = setup->has_trigger;
    out->trigger = setup->trigger;
    out->what = again != NULL
                    ? *again
                    : ike_reauth_describe(
                          t->engine, t->sa,
                          &(struct ike_reauth){.id = setup->id, .credential = setup->credential});
    return WHY_OK;
}

/* An authenticated message that leads nowhere, as against one that is not to be read. */
static bool leads_nowhere(enum ike_why why)
{
    return why == WHY_REDIRECT_GATEWAY || why == WHY_REDIRECT_LOOP || why == WHY_REDIRECT_NONCE;
}

enum ike_why ike_redirect_leave(struct ike_turn *turn)
{
    struct going going;
    const enum ike_why why = look_in_auth(turn, &going);
    if (why != WHY_OK && !leads_nowhere(why))
        return why;
    struct ike_task *const task =
        why == WHY_OK ? wait_to_go(turn, &going, (struct ike_bytes){.at = NULL, .len = 0})
                      : ike_task_add(turn, TASK_DELETE, 0, turn->now_ns);
    if (task == NULL)
        return WHY_SA_TABLE_FULL;
    task->why = (uint8_t)(why == WHY_OK ? WHY_REDIRECTED : why);
    turn->sa->state = S_ESTABLISHED;
    return WHY_OK;
}

enum ike_why ike_redirect_leave_first(struct ike_turn *turn)
{
    struct going going;
    const enum ike_why why = look_in_auth(turn, &going);
    if (why != WHY_OK && !leads_nowhere(why))
        return why;
    if (why == WHY_OK && wait_to_go(turn, &going, (struct ike_bytes){.at = NULL, .len = 0}) == NULL)
        return WHY_SA_TABLE_FULL;
    turn->end = why == WHY_OK ? WHY_REDIRECTED : why;
    turn->sa->state = S_EAP; /* it does not end as one that was up */
    return WHY_OK;
}

/* The name that stands behind it in the store. */
static void ask_for_name(struct ike_turn *t, const struct ike_task *task)
{
    const struct ike_bytes kept = ike_store_view(&t->engine->store, task->nonce);
    struct ike_event event = ike_sa_event(t->sa, IKE_ASK, WHY_OK);
    event.question = question_of_task;
    event.what = (struct ike_bytes){.at = kept.at + sizeof(struct going),
                                    .len = kept.len - sizeof(struct going)};
    ike_event_add(t->engine, &event);
}

/* RFC 5685 5: the new gateway first, and then the old one's end. One after the other: while a name
 * is being asked for, no other is listened to. */
static enum ike_why hear(struct ike_turn *t, struct ike_redirect_self *self)
{
    struct going going = {.trail = self->trail};
    uint8_t *const room = ike_turn_scratch(t, ASKED_MAX);
    struct ike_bytes name = {.at = NULL, .len = 0};
    struct told told;
    enum ike_why why = parse_sealed(t, &told);
    if (why == WHY_OK && told.name.len > 0)
        name = asked_name(room, told.name);
    else if (why == WHY_OK)
        why = resolve(t, &told, &going.to);
    if (why != WHY_OK)
        return why;
    if (!go_on(&going.trail, t->sa, t->now_ns))
        return WHY_REDIRECT_LOOP;
    const struct ike_reauth who = {.id = self->id, .credential = self->credential};
    going.what = ike_reauth_describe(t->engine, t->sa, &who);
    going.what.why = WHY_REDIRECTED;
    const struct ike_task *const task = wait_to_go(t, &going, name);
    if (task == NULL)
        return WHY_SA_TABLE_FULL;
    self->trail = going.trail;
    if (name.len > 0)
        ask_for_name(t, task);
    return WHY_OK;
}

enum ike_why ike_redirect_hear(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    const struct ike_sa *const sa = turn->sa;
    if (ike_message_notify(&turn->in, N_REDIRECT) == NULL || sa->state != S_ESTABLISHED ||
        ike_beside_of(engine, sa, BESIDE_REDIRECT) == NULL ||
        ike_task_find(engine, sa, TASK_REDIRECT, 0) != NULL)
        return WHY_OK;
    struct ike_redirect_self *const self = ike_beside_edit(turn, sa, BESIDE_REDIRECT);
    assert(self != NULL); /* it was there */
    const enum ike_why why = hear(turn, self);
    if (!leads_nowhere(why))
        return why;
    tell(engine, sa, why);
    return WHY_OK;
}

void ike_redirect_up(struct ike_turn *turn)
{
    const struct ike_sa *const sa = turn->sa;
    const struct ike_setup *const setup = ike_setup_of(turn->engine, sa);
    if (!sa->client || !sa->policy->takes_redirects)
        return;
    struct ike_redirect_self *const self = ike_beside_need(turn->engine, sa, BESIDE_REDIRECT);
    if (self != NULL)
        *self = (struct ike_redirect_self){
            .credential = setup->credential, .id = setup->id, .trail = setup->trail};
}

static struct ike_reauth_next next_of(const struct ike_sa *sa, const struct going *going)
{
    struct ike_reauth_next next = {.is = true,
                                   .policy = sa->policy,
                                   .local = sa->local,
                                   .remote = going->to,
                                   .tag = sa->tag,
                                   .what = going->what,
                                   .trail = going->trail,
                                   .was = sa->number,
                                   .has_trigger = going->has_trigger,
                                   .trigger = going->trigger};
    if (starts_anew(sa))
        next.local.port = IKE_PORT;
    return next;
}

bool ike_redirect_begin(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa,
                        uint32_t place)
{
    const struct going going = going_of(engine, ike_task_at(engine, place));
    const struct ike_reauth_next next = next_of(sa, &going);
    if (!going.leave) {
        ike_task_remove(engine, sa, place);
        ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
    }
    if (going.to.family == 0)
        tell(engine, sa, WHY_REDIRECT_GATEWAY); /* the name was not found in time */
    else
        ike_reauth_connect(engine, now_ns, &next);
    return !going.leave;
}

enum ike_why ike_ask_redirect(struct ike_turn *turn)
{
    turn->task->kind = TASK_DELETE;
    ike_turn_drop(turn, &turn->task->nonce);
    return ike_ask_delete(turn);
}

void ike_redirect_ended(struct ike_engine *engine, const struct ike_sa *sa, enum ike_why why)
{
    const struct ike_task *const task =
        why == WHY_REDIRECTED ? ike_task_find(engine, sa, TASK_REDIRECT, 0) : NULL;
    if (task == NULL)
        return;
    const struct going going = going_of(engine, task);
    engine->reauth = next_of(sa, &going);
}

bool ike_redirect_answer(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa,
                         struct ike_bytes bytes)
{
    struct ike_task *const task = ike_task_find(engine, sa, TASK_REDIRECT, 0);
    if (task == NULL)
        return false;
    struct going going = going_of(engine, task);
    if (going.to.family != 0)
        return false;
    struct ike_addr to = {.family = 0};
    if (addr_of(bytes, &to) && to.family == sa->local.family && !ike_addr_same_ip(&to, &sa->remote))
        going.to = to;
    going.to.port = starts_anew(sa) ? IKE_PORT : sa->remote.port;
    memcpy(ike_store_at(&engine->store, task->nonce), &going, sizeof going);
    task->at_ns = now_ns;
    ike_tasks_pump(engine, now_ns, sa->number);
    return true;
}
