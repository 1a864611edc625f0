/* SPDX-License-Identifier: MIT
 * Tasks: kept, chosen, asked. */
#include "ike/v2/task.h"

#include "ike/engine.h"
#include "ike/v2/qcd.h"
#include "ike/v2/redirect.h"

#include <assert.h>

#define KIND(kind) (1u << (kind))

enum {
    KINDS_CHILD = KIND(TASK_DELETE_CHILD) | KIND(TASK_REKEY_CHILD) | KIND(TASK_NEW_CHILD),
    KINDS_ALL = KIND(TASK_KINDS) - 1,
    KINDS_STAY = KIND(TASK_REKEY_IKE) | KIND(TASK_FOLLOWUP) | KIND(TASK_SYNC), /* of one IKE SA */
    KINDS_OWNER = KIND(TASK_INFORM) | KIND(TASK_PATH),       /* each an event for who asked */
    KINDS_KEPT = KINDS_OWNER | KIND(TASK_INVALID_SELECTORS), /* `nonce` is what they are about */
};

/* What may not be under way when a task is asked. RFC 7296 1.3.2: none for Child SAs beside the
 * rekeying of the IKE SA; 2.8: the Delete of the IKE SA is the last request of all. */
static const struct ike_task_row {
    ike_ask_fn *ask;
    uint32_t not_beside;
    const char *name;
} rows[TASK_KINDS] = {
    [TASK_CONNECT] = {NULL, 0, "connect"},
    [TASK_SYNC] = {ike_ask_sync, 0, "agree on counters"},
    [TASK_DELETE] = {ike_ask_delete, KINDS_ALL, "close the IKE SA"},
    [TASK_MOVE] = {ike_ask_move, 0, "move"},
    [TASK_ROUTABLE] = {ike_ask_routable, 0, "check return routability"},
    [TASK_ADDRESSES] = {ike_ask_addresses, 0, "tell addresses"},
    [TASK_PATH] = {ike_ask_path, 0, "test a path"},
    [TASK_DELETE_CHILD] = {ike_ask_delete_child, KIND(TASK_REKEY_IKE), "close a Child SA"},
    [TASK_REKEY_IKE] = {ike_ask_rekey_ike, KINDS_CHILD | KIND(TASK_REKEY_IKE), "rekey the IKE SA"},
    [TASK_REKEY_CHILD] = {ike_ask_rekey_child, KIND(TASK_REKEY_IKE), "rekey a Child SA"},
    [TASK_NEW_CHILD] = {ike_ask_new_child, KIND(TASK_REKEY_IKE), "create a Child SA"},
    [TASK_WINDOW] = {ike_ask_window, 0, "set the window"},
    [TASK_INFORM] = {ike_ask_inform, 0, "inform"},
    [TASK_REAUTH] = {ike_ask_reauth, KINDS_ALL, "authenticate anew"},
    [TASK_REDIRECT] = {ike_ask_redirect, KINDS_ALL, "go to another gateway"},
    [TASK_FOLLOWUP] = {ike_ask_followup, 0, "await a key exchange"},
    [TASK_PROBE] = {ike_ask_probe, 0, "probe"},
    [TASK_TOKEN] = {ike_ask_token, 0, "give a token"},
    [TASK_TICKET] = {ike_ask_ticket, 0, "ask for a ticket"},
    [TASK_INVALID_SELECTORS] = {ike_ask_invalid_selectors, 0, "tell of a stray packet"},
};

const char *ike_task_name(uint8_t kind)
{
    return rows[kind].name;
}

struct ike_task *ike_task_at(const struct ike_engine *engine, uint32_t place)
{
    return ike_pool_at(&engine->tasks, place);
}

uint32_t ike_task_place(const struct ike_engine *engine, const struct ike_task *task)
{
    return ike_pool_number(&engine->tasks, task);
}

static bool is_like(const struct ike_task *task, enum ike_task_kind kind, uint32_t spi)
{
    return task->kind == kind && task->spi == spi && kind != TASK_NEW_CHILD &&
           kind != TASK_INFORM && kind != TASK_FOLLOWUP && kind != TASK_PATH;
}

struct ike_task *ike_task_find(const struct ike_engine *engine, const struct ike_sa *sa,
                               enum ike_task_kind kind, uint32_t spi)
{
    for (uint32_t place = sa->task; place != 0;) {
        struct ike_task *const task = ike_task_at(engine, place);
        if (task->kind == kind && task->spi == spi)
            return task;
        place = task->next;
    }
    return NULL;
}

static struct ike_task *link_task(struct ike_engine *engine, struct ike_sa *sa, uint32_t place,
                                  const struct ike_task *like)
{
    struct ike_task *const task = ike_task_at(engine, place);
    *task = *like;
    task->next = sa->task;
    sa->task = place;
    return task;
}

struct ike_task *ike_task_add(struct ike_turn *turn, enum ike_task_kind kind, uint32_t spi,
                              uint64_t at_ns)
{
    struct ike_engine *const engine = turn->engine;
    uint32_t count = 0;
    for (uint32_t place = turn->sa->task; place != 0; count++) {
        struct ike_task *const task = ike_task_at(engine, place);
        if (is_like(task, kind, spi) && task->sends == 0)
            return task;
        place = task->next;
    }
    const uint32_t place = count < IKE_TASKS_MAX ? ike_pool_take(&engine->tasks) : 0;
    if (place == 0)
        return NULL;
    assert(turn->tasks_made_count < IKE_TURN_TASKS);
    turn->tasks_made[turn->tasks_made_count++] = place;
    return link_task(engine, turn->sa, place,
                     &(struct ike_task){.kind = (uint8_t)kind, .spi = spi, .at_ns = at_ns});
}

struct ike_task *ike_task_want(struct ike_turn *turn, enum ike_task_kind kind, uint32_t spi)
{
    struct ike_task *const task = ike_task_find(turn->engine, turn->sa, kind, spi);
    return task != NULL ? task : ike_task_add(turn, kind, spi, turn->now_ns);
}

struct ike_task *ike_task_put(struct ike_engine *engine, struct ike_sa *sa, enum ike_task_kind kind,
                              uint64_t at_ns)
{
    const uint32_t place = ike_pool_take(&engine->tasks);
    if (place == 0)
        return NULL;
    return link_task(engine, sa, place, &(struct ike_task){.kind = (uint8_t)kind, .at_ns = at_ns});
}

void ike_task_done(struct ike_turn *turn)
{
    assert(turn->task != NULL);
    turn->task_done = true;
}

bool ike_task_again(struct ike_turn *turn, uint8_t group, uint64_t at_ns)
{
    const struct ike_task *const old = turn->task;
    ike_task_done(turn);
    struct ike_task *const task = ike_task_add(turn, old->kind, old->spi, at_ns);
    if (task == NULL)
        return false;
    const bool corrected = group != old->group;
    task->policy = old->policy;
    task->group = group;
    task->groups = (uint8_t)(old->groups + (corrected ? 1 : 0));
    task->attempts = (uint16_t)(old->attempts + (corrected ? 0 : 1));
    if (task->at_ns < at_ns) /* it may be one that waited already */
        task->at_ns = at_ns;
    if (old->setup == 0 || !ike_setup_at(turn->engine, old->setup)->has_trigger)
        return true;
    if (!ike_turn_add_setup(turn, &task->setup))
        return false;
    struct ike_setup *const setup = ike_setup_at(turn->engine, task->setup);
    setup->has_trigger = true;
    setup->alone = ike_setup_at(turn->engine, old->setup)->alone;
    setup->trigger = ike_setup_at(turn->engine, old->setup)->trigger;
    return true;
}

/* ---- which one is next ---- */

static uint32_t kinds_under_way(const struct ike_engine *engine, const struct ike_sa *sa)
{
    uint32_t kinds = 0;
    for (uint32_t place = sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(engine, place);
        kinds |= task->sends > 0 ? KIND(task->kind) : 0;
        place = task->next;
    }
    return kinds;
}

uint32_t ike_tasks_under_way(const struct ike_engine *engine, const struct ike_sa *sa)
{
    uint32_t count = 0;
    for (uint32_t place = sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(engine, place);
        count += task->sends > 0 ? 1 : 0;
        place = task->next;
    }
    return count;
}

/* RFC 7296 2.3: request X waits for the answers to all up to X - N. */
static bool window_is_open(const struct ike_engine *engine, const struct ike_sa *sa)
{
    const uint32_t size = sa->peer_window > 1 ? sa->peer_window : 1;
    for (uint32_t place = sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(engine, place);
        if (task->sends > 0 && sa->send_id - task->id >= size)
            return false;
        place = task->next;
    }
    return true;
}

/* RFC 9370 2.2.4: the peer has begun to, and more key exchanges are awaited for it. */
static bool is_being_rekeyed(const struct ike_engine *engine, const struct ike_sa *sa)
{
    for (uint32_t place = sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(engine, place);
        if (task->kind == TASK_FOLLOWUP && task->fresh != 0)
            return true;
        place = task->next;
    }
    return false;
}

/* Kinds of task that may be asked now, were there one. */
static uint32_t kinds_open(const struct ike_engine *engine, const struct ike_sa *sa)
{
    uint32_t open = sa->state == S_ESTABLISHED ? KINDS_ALL
                    : sa->state == S_REPLACED  ? KIND(TASK_DELETE) | KIND(TASK_PROBE)
                    : sa->state == S_REDUNDANT ? KIND(TASK_DELETE)
                                               : 0;
    if (open == 0 || !window_is_open(engine, sa))
        return 0;
    const uint32_t going = kinds_under_way(engine, sa);
    if ((going & KIND(TASK_SYNC)) != 0) /* the next message id is not known (RFC 6311 5.1) */
        return 0;
    if (is_being_rekeyed(engine, sa)) /* RFC 7296 2.25.2: they come after it, on the new one */
        open &= ~(uint32_t)KINDS_CHILD;
    for (uint32_t kind = 0; kind < TASK_KINDS; kind++)
        if ((rows[kind].not_beside & going) != 0 || rows[kind].ask == NULL)
            open &= ~KIND(kind);
    return open;
}

/* Place of the next to be asked at `now_ns`: by precedence of its kind, then the oldest; 0: none.
 */
static uint32_t next_task(const struct ike_engine *engine, const struct ike_sa *sa, uint64_t now_ns)
{
    uint32_t best = 0;
    uint8_t kind = TASK_KINDS;
    if (sa->task == 0)
        return 0;
    const uint32_t open = kinds_open(engine, sa);
    for (uint32_t place = sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(engine, place);
        if (task->sends == 0 && (open & KIND(task->kind)) != 0 && task->at_ns <= now_ns &&
            task->kind <= kind) {
            best = place;
            kind = task->kind;
        }
        place = task->next;
    }
    return best;
}

uint64_t ike_tasks_deadline(const struct ike_engine *engine, const struct ike_sa *sa)
{
    uint64_t at_ns = IKE_NEVER;
    if (sa->task == 0)
        return at_ns;
    const uint32_t open = kinds_open(engine, sa);
    for (uint32_t place = sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(engine, place);
        if ((task->sends > 0 || (open & KIND(task->kind)) != 0) && task->at_ns < at_ns)
            at_ns = task->at_ns;
        place = task->next;
    }
    return at_ns;
}

struct ike_task *ike_task_overdue(const struct ike_engine *engine, const struct ike_sa *sa,
                                  uint64_t now_ns)
{
    for (uint32_t place = sa->task; place != 0;) {
        struct ike_task *const task = ike_task_at(engine, place);
        if (task->sends > 0 && task->at_ns <= now_ns)
            return task;
        place = task->next;
    }
    return NULL;
}

/* ---- removing ---- */

void ike_task_remove(struct ike_engine *engine, struct ike_sa *sa, uint32_t place)
{
    struct ike_task *const task = ike_task_at(engine, place);
    uint32_t *link = &sa->task;
    while (*link != place) {
        assert(*link != 0);
        link = &ike_task_at(engine, *link)->next;
    }
    *link = task->next;
    ike_store_give(&engine->store, task->request);
    ike_store_give(&engine->store, task->nonce);
    ike_setup_give(engine, &task->setup);
    if (task->child != 0)
        ike_child_remove(engine, sa, task->child);
    if (task->fresh != 0)
        ike_sa_give(engine, ike_sa_at(engine, task->fresh));
    *task = (struct ike_task){0};
    ike_pool_give(&engine->tasks, place);
}

void ike_tasks_forget(struct ike_engine *engine, struct ike_sa *sa)
{
    for (uint32_t place = sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(engine, place);
        const uint32_t next = task->next;
        if (task->sends == 0)
            ike_task_remove(engine, sa, place);
        place = next;
    }
}

/* Of a setup nothing is left but the packet that wants out. */
static void begin_setup_anew(struct ike_engine *engine, struct ike_task *task)
{
    const struct ike_setup *const old = ike_setup_at(engine, task->setup);
    const struct ike_setup kept = {
        .has_trigger = old->has_trigger, .alone = old->alone, .trigger = old->trigger};
    ike_setup_give(engine, &task->setup);
    if (kept.has_trigger)
        task->setup = ike_pool_take(&engine->setups);
    if (task->setup != 0)
        *ike_setup_at(engine, task->setup) = kept;
}

static void begin_anew(struct ike_engine *engine, struct ike_sa *sa, struct ike_task *task,
                       uint64_t now_ns)
{
    const struct ike_blob none = {0};
    ike_store_give(&engine->store, task->request);
    task->request = none;
    if ((KIND(task->kind) & KINDS_KEPT) == 0) {
        ike_store_give(&engine->store, task->nonce);
        task->nonce = none;
    }
    if (task->setup != 0)
        begin_setup_anew(engine, task);
    if (task->child != 0)
        ike_child_remove(engine, sa, task->child);
    if (task->fresh != 0)
        ike_sa_give(engine, ike_sa_at(engine, task->fresh));
    task->child = task->fresh = task->gone_spi = task->id = 0;
    task->rival = 0;
    task->sends = 0;
    task->at_ns = now_ns;
}

void ike_tasks_give_up(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    for (uint32_t place = sa->task; place != 0;) {
        struct ike_task *const task = ike_task_at(engine, place);
        const uint32_t next = task->next;
        if (task->sends > 0 && task->kind == TASK_SYNC)
            ike_task_remove(engine, sa, place);
        else if (task->sends > 0)
            begin_anew(engine, sa, task, now_ns);
        place = next;
    }
}

/* The old IKE SA was to be closed for its age, while it was being rekeyed: the new one is young. */
static bool is_for_age(const struct ike_task *task)
{
    return task->kind == TASK_DELETE && task->why == WHY_LIFETIME;
}

void ike_tasks_move(struct ike_engine *engine, struct ike_sa *from, struct ike_sa *to)
{
    uint32_t *tail = &to->task;
    while (*tail != 0)
        tail = &ike_task_at(engine, *tail)->next;
    for (uint32_t *link = &from->task; *link != 0;) {
        const uint32_t place = *link;
        struct ike_task *const task = ike_task_at(engine, place);
        if (task->sends > 0 || (KIND(task->kind) & KINDS_STAY) != 0 || is_for_age(task)) {
            if ((KIND(task->kind) & KINDS_OWNER) != 0)
                task->rival = to->number;
            link = &task->next;
            continue;
        }
        if (task->child != 0) /* more key exchanges were to come for it, and the old SA had them */
            begin_anew(engine, from, task, task->at_ns);
        *link = task->next;
        task->next = 0;
        *tail = place;
        tail = &task->next;
    }
}

static void tell_unanswered(struct ike_engine *engine, const struct ike_sa *sa,
                            const struct ike_task *task)
{
    const enum ike_event_kind kind = task->kind == TASK_PATH ? IKE_PATH_TESTED : IKE_INFORMED;
    const struct ike_event event = ike_sa_event(sa, kind, WHY_NO_ANSWER);
    ike_event_add(engine, &event);
}

/* RFC 7296 2.8: the peer may close the old IKE SA with our request unanswered, and perhaps unheard:
 * it is asked as if it had never been, so the peer may hear it twice. */
void ike_tasks_bequeath(struct ike_engine *engine, struct ike_sa *sa)
{
    for (uint32_t *link = &sa->task; *link != 0;) {
        const uint32_t place = *link;
        struct ike_task *const task = ike_task_at(engine, place);
        struct ike_sa *const heir = task->rival != 0 ? ike_sa_numbered(engine, task->rival) : NULL;
        const bool owed = (KIND(task->kind) & KINDS_OWNER) != 0;
        if (!owed || heir == NULL || heir->state != S_ESTABLISHED) {
            if (owed)
                tell_unanswered(engine, sa, task);
            link = &task->next;
            continue;
        }
        *link = task->next;
        begin_anew(engine, heir, task, engine->turn.now_ns);
        task->next = heir->task;
        heir->task = place;
        ike_timers_set(&engine->timers, ike_sa_place(heir), ike_sa_deadline(engine, heir));
    }
}

/* ---- asking ---- */

/* A Child SA that was wanted and cannot be asked for. */
static void tell_unasked(struct ike_engine *engine, const struct ike_sa *sa,
                         const struct ike_task *task, enum ike_why why)
{
    if (task->kind != TASK_NEW_CHILD)
        return;
    const struct ike_event failed = ike_sa_event(sa, IKE_CHILD_FAILED, why);
    ike_event_add(engine, &failed);
}

static bool ask_one(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa)
{
    const uint64_t number = sa->number;
    const uint32_t place = next_task(engine, sa, now_ns);
    if (place == 0)
        return false;
    if (ike_task_at(engine, place)->kind == TASK_REAUTH &&
        ike_reauth_begin(engine, now_ns, sa, place))
        return ike_sa_numbered(engine, number) != NULL;
    if (ike_task_at(engine, place)->kind == TASK_REDIRECT &&
        ike_redirect_begin(engine, now_ns, sa, place))
        return true;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, sa);
    turn->task = ike_task_at(engine, place);
    turn->task_before = *turn->task;
    const enum ike_why why = ike_turn_finish(turn, rows[turn->task->kind].ask(turn));
    struct ike_sa *const left = ike_sa_numbered(engine, number);
    if (why != WHY_OK && left != NULL) {
        tell_unasked(engine, left, ike_task_at(engine, place), why);
        ike_task_remove(engine, left, place);
        ike_timers_set(&engine->timers, ike_sa_place(left), ike_sa_deadline(engine, left));
    }
    return left != NULL;
}

void ike_tasks_pump(struct ike_engine *engine, uint64_t now_ns, uint64_t sa_number)
{
    struct ike_sa *const sa = sa_number != 0 ? ike_sa_numbered(engine, sa_number) : NULL;
    if (sa == NULL || sa->task == 0)
        return;
    for (uint32_t i = 0; i < IKE_ASKS_AT_ONCE; i++)
        if (!ike_output_has_room(engine) || !ask_one(engine, now_ns, sa))
            return;
}
