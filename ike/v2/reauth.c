/* SPDX-License-Identifier: MIT
 * Repeated authentication. */
#include "ike/v2/reauth.h"

#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "ike/v2/redirect.h"

#include <string.h>

static const uint64_t second_ns = 1000000000;

/* ---- the responder ---- */

static void put_lifetime(struct ike_turn *t, uint32_t seconds)
{
    uint8_t data[4];
    struct ike_writer w = wr_open(data, sizeof data);
    put_u32(&w, seconds);
    ike_put_status(&t->out, &t->link, N_AUTH_LIFETIME, wr_done(&w));
}

/* One such task an SA; another time takes the place of the one before. */
static struct ike_task *schedule(struct ike_turn *t, uint64_t at_ns)
{
    struct ike_task *const task = ike_task_add(t, TASK_REAUTH, 0, at_ns);
    if (task != NULL)
        task->at_ns = at_ns;
    return task;
}

/* RFC 4478 2: a Delete soon after the end. */
static uint64_t end_of(uint64_t now_ns, uint32_t seconds)
{
    return now_ns + seconds * second_ns + IKE_REAUTH_GRACE_NS;
}

void ike_reauth_put(struct ike_turn *t)
{
    const uint32_t seconds = t->sa->policy->auth_lifetime_s;
    if (seconds == 0)
        return;
    put_lifetime(t, seconds);
    (void)schedule(t, end_of(t->now_ns, seconds));
}

bool ike_reauth_close(struct ike_turn *t, uint64_t at_ns, enum ike_why why)
{
    const struct ike_task *const other = ike_task_find(t->engine, t->sa, TASK_REAUTH, 0);
    if (other != NULL && other->at_ns <= at_ns)
        return true;
    struct ike_task *const task = schedule(t, at_ns);
    if (task != NULL)
        task->why = (uint8_t)why;
    return task != NULL;
}

bool ike_limit(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t seconds)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    uint8_t data[4];
    struct ike_writer w = wr_open(data, sizeof data);
    put_u32(&w, seconds);
    const struct ike_note note = {.type = N_AUTH_LIFETIME, .data = wr_done(&w)};
    if (found == NULL || found->state != S_ESTABLISHED || found->client)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    const bool good = schedule(turn, end_of(now_ns, seconds)) != NULL;
    (void)ike_turn_end(turn, good ? WHY_OK : WHY_SA_TABLE_FULL);
    return good &&
           ike_inform(engine, now_ns, sa, &(struct ike_inform){.notes = &note, .note_count = 1});
}

/* ---- the initiator ---- */

/* Earlier than told by a tenth, so that the new SA is there in time. */
static uint64_t due_of(const struct ike_turn *t, bool told, uint32_t seconds)
{
    const uint64_t own_ns = t->sa->policy->reauth_ns;
    const uint64_t told_ns = seconds * (second_ns - second_ns / 10);
    if (!told)
        return t->now_ns + own_ns;
    return t->now_ns + (own_ns != 0 && own_ns < told_ns ? own_ns : told_ns);
}

static struct ike_reauth *reauth_at(const struct ike_engine *engine, struct ike_blob blob)
{
    return (struct ike_reauth *)(void *)ike_store_at(&engine->store, blob);
}

/* Who we were in this attempt: known as long as its setup is there. */
static bool keep_self(struct ike_turn *t, struct ike_task *task)
{
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    struct ike_reauth *const room =
        (struct ike_reauth *)(void *)ike_turn_room(t, &task->nonce, sizeof *room);
    if (room != NULL)
        *room = (struct ike_reauth){.credential = setup->credential, .id = setup->id};
    return room != NULL;
}

enum ike_why ike_reauth_hear(struct ike_turn *t)
{
    const struct ike_policy *const policy = t->sa->policy;
    const struct ike_notify *const n = ike_message_notify(&t->in, N_AUTH_LIFETIME);
    uint32_t seconds = 0;
    if (n != NULL) {
        struct ike_reader r = rd_open(n->data);
        seconds = rd_u32(&r);
        if (r.bad || r.left != 0)
            return WHY_SYNTAX;
    }
    if (!t->sa->client || policy->reauth == REAUTH_NEVER || (n == NULL && t->sa->setup == 0) ||
        (n == NULL && policy->reauth_ns == 0))
        return WHY_OK;
    struct ike_task *const task = schedule(t, due_of(t, n != NULL, seconds));
    if (task == NULL)
        return WHY_SA_TABLE_FULL;
    if (t->sa->setup == 0) /* told again, or only now: then as the policy says who we are */
        return WHY_OK;
    return keep_self(t, task) ? WHY_OK : WHY_SA_TABLE_FULL;
}

struct ike_reauth ike_reauth_describe(const struct ike_engine *engine, const struct ike_sa *sa,
                                      const struct ike_reauth *who)
{
    struct ike_reauth out = *who;
    const struct ike_inner *const inner = ike_inner_of(engine, sa);
    out.was = sa->number;
    out.why = WHY_REAUTHENTICATED;
    for (size_t i = 0; inner != NULL && i < INNER_FAMILIES; i++)
        out.inner[i] = inner->addr[i];
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(engine, place)->next) {
        const struct ike_child *const child = ike_child_at(engine, place);
        if (child->up && child->fate == WHY_OK && out.children[child->policy] < UINT8_MAX)
            out.children[child->policy]++;
    }
    return out;
}

static struct ike_reauth describe(const struct ike_engine *engine, const struct ike_sa *sa,
                                  const struct ike_task *task)
{
    const struct ike_reauth none = {.id = sa->policy->local_id};
    return ike_reauth_describe(engine, sa,
                               task->nonce.number != 0 ? reauth_at(engine, task->nonce) : &none);
}

/* The owner of the attempt hears of its new number. */
static void tell_redirected(struct ike_engine *engine, const struct ike_reauth_next *next,
                            const struct ike_sa *sa)
{
    struct ike_event event = {.kind = IKE_REDIRECTED,
                              .why = WHY_SA_TABLE_FULL,
                              .initiator = true,
                              .tag = next->tag,
                              .sa = next->was};
    if (sa != NULL)
        event = ike_sa_event(sa, IKE_REDIRECTED, WHY_OK);
    event.was = next->was;
    ike_event_add(engine, &event);
}

void ike_reauth_connect(struct ike_engine *engine, uint64_t now_ns,
                        const struct ike_reauth_next *next)
{
    const struct ike_attempt attempt = {.local = next->local,
                                        .remote = next->remote,
                                        .policy = next->policy,
                                        .local_id = &next->what.id,
                                        .credential = next->what.credential,
                                        .trigger = next->has_trigger ? &next->trigger : NULL,
                                        .tag = next->tag};
    const bool redirected = next->trail.count > 0;
    const uint64_t number =
        ike_connect_by(engine, now_ns, &attempt, redirected ? &next->trail : NULL);
    struct ike_sa *const sa = number != 0 ? ike_sa_numbered(engine, number) : NULL;
    if (redirected)
        tell_redirected(engine, next, sa);
    if (sa == NULL)
        return;
    struct ike_setup *const setup = ike_setup_of(engine, sa);
    setup->reauth = ike_store_take(&engine->store, sizeof next->what);
    if (setup->reauth.number != 0)
        memcpy(ike_store_at(&engine->store, setup->reauth), &next->what, sizeof next->what);
}

static struct ike_reauth_next next_of(const struct ike_engine *engine, const struct ike_sa *sa,
                                      const struct ike_task *task)
{
    struct ike_reauth_next next = {.is = true,
                                   .policy = sa->policy,
                                   .local = sa->local,
                                   .remote = sa->remote,
                                   .tag = sa->tag,
                                   .what = describe(engine, sa, task)};
    if (sa->tcp) /* the ports are of a connection; which way this one goes is chosen anew */
        next.local.port = next.remote.port = IKE_PORT;
    return next;
}

bool ike_reauth_begin(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa, uint32_t place)
{
    if (!sa->client || sa->policy->reauth != REAUTH_MAKE_FIRST)
        return false;
    const struct ike_reauth_next next = next_of(engine, sa, ike_task_at(engine, place));
    ike_task_remove(engine, sa, place);
    ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
    ike_reauth_connect(engine, now_ns, &next);
    return true;
}

/* The SA is closed: for good by its responder, to be made again by its initiator. */
enum ike_why ike_ask_reauth(struct ike_turn *turn)
{
    turn->task->kind = TASK_DELETE;
    if (turn->task->why == WHY_OK)
        turn->task->why = turn->sa->client ? WHY_REAUTHENTICATED : WHY_AUTH_LIFETIME;
    if (turn->sa->client) {
        const struct ike_reauth what = describe(turn->engine, turn->sa, turn->task);
        if (!ike_turn_keep(turn, &turn->task->nonce,
                           (struct ike_bytes){.at = (const uint8_t *)&what, .len = sizeof what}))
            return WHY_SA_TABLE_FULL;
    }
    return ike_ask_delete(turn);
}

void ike_reauth_ended(struct ike_engine *engine, const struct ike_sa *sa)
{
    const struct ike_task *const task = ike_task_find(engine, sa, TASK_DELETE, 0);
    if (task == NULL || task->nonce.number == 0)
        return;
    engine->reauth = next_of(engine, sa, task);
    engine->reauth.what = *reauth_at(engine, task->nonce);
}

void ike_reauth_resume(struct ike_engine *engine, uint64_t now_ns)
{
    if (!engine->reauth.is)
        return;
    const struct ike_reauth_next next = engine->reauth;
    engine->reauth.is = false;
    ike_reauth_connect(engine, now_ns, &next);
}

const struct ike_reauth *ike_reauth_of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    const struct ike_setup *const setup = sa->setup != 0 ? ike_setup_of(engine, sa) : NULL;
    return setup != NULL && setup->reauth.number != 0 ? reauth_at(engine, setup->reauth) : NULL;
}

/* The Child SAs that IKE_AUTH did not make; and the old SA is closed, at once when there are none
 * to wait for (RFC 7296 2.8.3). */
void ike_reauth_up(struct ike_turn *t)
{
    struct ike_engine *const engine = t->engine;
    const struct ike_reauth *const what = ike_reauth_of(engine, t->sa);
    uint64_t close_ns = t->now_ns;
    if (what == NULL || ike_task_find(engine, t->sa, TASK_REDIRECT, 0) != NULL)
        return; /* or what is to replace it is elsewhere */
    const bool childless = ike_setup_of(engine, t->sa)->childless; /* RFC 6023 3 */
    for (uint8_t i = 0; i < t->sa->policy->child_count; i++) {
        const unsigned made = i == 0 && !childless ? 1 : 0;
        for (unsigned k = made; k < what->children[i]; k++) {
            struct ike_task *const task = ike_task_put(engine, t->sa, TASK_NEW_CHILD, t->now_ns);
            if (task != NULL)
                task->policy = i;
            close_ns = t->now_ns + IKE_REAUTH_LINGER_NS;
        }
    }
    struct ike_sa *const old = ike_sa_numbered(engine, what->was);
    if (old == NULL || old->state != S_ESTABLISHED)
        return;
    struct ike_task *const close = ike_task_put(engine, old, TASK_DELETE, close_ns);
    if (close != NULL)
        close->why = (uint8_t)what->why;
    t->stirred = old->number;
}
