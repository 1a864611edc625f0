/* SPDX-License-Identifier: MIT
 * Windows, of one request or more each way, and what is sent again. */
#include "ike/v2/window.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/fragment.h"
#include "ike/v2/nat.h"
#include "ike/v2/path.h"
#include "ike/v2/tcp.h"

#include <assert.h>
#include <string.h>

struct ike_window *ike_window_of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    return ike_beside_of(engine, sa, BESIDE_WINDOW);
}

void ike_window_give(struct ike_engine *engine, void *record)
{
    const struct ike_window *const window = record;
    for (uint8_t i = 0; i < window->size; i++)
        ike_store_give(&engine->store, window->kept[i]);
}

void ike_window_put(struct ike_engine *engine, struct ike_blob message,
                    const struct ike_addr *local, const struct ike_addr *remote, uint32_t stream)
{
    ike_output_put(engine, ike_store_view(&engine->store, message), local, remote, stream);
}

/* The answer to request `id`, when it is kept. */
static struct ike_blob kept(const struct ike_engine *engine, const struct ike_sa *sa, uint32_t id)
{
    const struct ike_blob none = {0};
    const struct ike_window *const w = ike_window_of(engine, sa);
    if (w == NULL)
        return id + 1 == sa->take_id ? sa->response : none;
    return w->ids[id % w->size] == id ? w->kept[id % w->size] : none;
}

enum ike_why ike_window_request(struct ike_turn *turn)
{
    const struct ike_sa *const sa = turn->sa;
    const uint32_t id = turn->in.head.id;
    const struct ike_blob answer = kept(turn->engine, sa, id);
    if (answer.number != 0) {
        if (ike_fragment_stands_for_all(turn)) {
            ike_window_put(turn->engine, answer, &turn->datagram->local, &turn->datagram->remote,
                           turn->datagram->stream);
            ike_keepalive_sent(turn->engine, sa, turn->now_ns);
        }
        return WHY_RETRANSMITTED;
    }
    const struct ike_window *const w = ike_window_of(turn->engine, sa);
    const uint32_t size = w == NULL ? 1 : w->size;
    /* RFC 7296 2.3; 2.2: they do not begin again */
    return id >= sa->take_id && id - sa->take_id < size && id != UINT32_MAX ? WHY_OK
                                                                            : WHY_MESSAGE_ID;
}

struct ike_blob *ike_window_slot(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    struct ike_window *const w = ike_window_of(turn->engine, sa);
    if (w == NULL)
        return &sa->response;
    return &w->kept[turn->in.head.id % w->size];
}

void ike_window_took(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    const uint32_t id = turn->in.head.id;
    struct ike_window *const w = ike_window_of(turn->engine, sa);
    if (w == NULL) {
        sa->take_id = id + 1;
        return;
    }
    w->ids[id % w->size] = id;
    w->seen |= UINT32_C(1) << (id - sa->take_id);
    for (; (w->seen & 1) != 0; w->seen >>= 1)
        sa->take_id++;
}

uint32_t ike_window_next(const struct ike_turn *turn)
{
    const struct ike_window *const w = ike_window_of(turn->engine, turn->sa);
    uint32_t next = turn->sa->take_id;
    for (uint32_t seen = w != NULL ? w->seen : 0; seen != 0; seen >>= 1)
        next++;
    return next;
}

void ike_window_forget(struct ike_turn *turn)
{
    struct ike_window *const w = ike_window_of(turn->engine, turn->sa) != NULL
                                     ? ike_beside_edit(turn, turn->sa, BESIDE_WINDOW)
                                     : NULL;
    ike_turn_drop(turn, &turn->sa->response);
    if (w == NULL)
        return;
    w->seen = 0;
    for (uint8_t i = 0; i < w->size; i++) {
        ike_turn_drop(turn, &w->kept[i]);
        w->ids[i] = UINT32_MAX;
    }
}

void ike_window_open(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    const uint32_t wanted = engine->config.window;
    const uint32_t size = wanted < IKE_WINDOW_MAX ? wanted : IKE_WINDOW_MAX;
    assert(ike_window_of(engine, sa) == NULL); /* it comes up once */
    if (size <= 1 || sa->nobody)
        return;
    struct ike_window *const w = ike_beside_need(engine, sa, BESIDE_WINDOW);
    if (w == NULL)
        return; /* no room: nothing is promised */
    w->size = (uint8_t)size;
    for (uint32_t i = 0; i < size; i++)
        w->ids[i] = UINT32_MAX;
    if (sa->response.number != 0) {
        const uint32_t last = sa->take_id - 1;
        w->kept[last % size] = sa->response;
        w->ids[last % size] = last;
        sa->response = (struct ike_blob){0};
    }
    (void)ike_task_put(engine, sa, TASK_WINDOW, now_ns);
}

/* RFC 7296 2.3: it can only grow. */
enum ike_why ike_window_heard(struct ike_turn *turn)
{
    const struct ike_notify *const notify = ike_message_notify(&turn->in, N_SET_WINDOW_SIZE);
    if (notify == NULL)
        return WHY_OK;
    struct ike_reader r = rd_open(notify->data);
    const uint32_t size = rd_u32(&r);
    if (r.bad || r.left != 0 || size == 0)
        return WHY_SYNTAX;
    const uint8_t usable = (uint8_t)(size < IKE_WINDOW_MAX ? size : IKE_WINDOW_MAX);
    if (usable > turn->sa->peer_window)
        turn->sa->peer_window = usable;
    return WHY_OK;
}

enum ike_why ike_window_response(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    uint32_t place = turn->sa->task;
    for (; place != 0; place = ike_task_at(engine, place)->next) {
        struct ike_task *const task = ike_task_at(engine, place);
        struct ike_header asked;
        if (task->sends == 0 || task->id != turn->in.head.id)
            continue;
        const enum ike_why why = ike_header_parse(
            ike_message_first(ike_store_view(&engine->store, task->request)), &asked);
        assert(why == WHY_OK);
        (void)why;
        if (asked.exchange != turn->in.head.exchange)
            return WHY_NOT_AWAITED;
        turn->task = task;
        turn->task_before = *task;
        return WHY_OK;
    }
    return WHY_NOT_AWAITED;
}

/* RFC 7296 2.4: back-off, so that a peer in trouble is not buried. `sends` counts those made, the
 * one just now included. */
uint64_t ike_window_wait_ns(const struct ike_engine *engine, uint32_t sends)
{
    const struct ike_retransmit_config *const c = &engine->config.retransmit;
    uint64_t wait = c->first_ns;
    for (uint32_t i = 1; i < sends && wait < c->wait_max_ns; i++)
        wait = wait / 1000 * c->factor_milli + wait % 1000 * c->factor_milli / 1000;
    return wait > c->wait_max_ns ? c->wait_max_ns : wait;
}

uint64_t ike_window_patience_ns(const struct ike_engine *engine)
{
    uint64_t all = 0;
    for (uint32_t i = 1; i <= engine->config.retransmit.sends; i++)
        all += ike_window_wait_ns(engine, i);
    return all;
}

/* The same; and jitter, so that many are not in step. */
static uint64_t wait_ns(struct ike_engine *engine, uint8_t sends)
{
    const struct ike_retransmit_config *const c = &engine->config.retransmit;
    uint64_t wait = ike_window_wait_ns(engine, sends);
    if (c->jitter_milli > 0) {
        uint8_t random[4];
        engine->crypto->ops->random(engine->crypto, random, sizeof random);
        const uint64_t draw = (uint64_t)random[0] << 16 | (uint64_t)random[1] << 8 | random[2];
        wait -= (wait / 1000 * c->jitter_milli >> 24) * draw;
    }
    return wait;
}

void ike_window_asked(struct ike_turn *turn)
{
    struct ike_task *const task = turn->task;
    if (turn->sa->tcp) { /* RFC 9329 6.2: once, and the same patience */
        task->sends = (uint8_t)turn->engine->config.retransmit.sends;
        task->at_ns = turn->now_ns + ike_window_patience_ns(turn->engine);
        return;
    }
    task->sends = 1;
    task->spread = false;
    task->at_ns = turn->now_ns + wait_ns(turn->engine, 1);
}

enum ike_why ike_window_refused(const struct ike_engine *engine, const struct ike_sa *sa,
                                uint16_t notify)
{
    if (sa->cookies > engine->config.cookies_max)
        return WHY_COOKIE_LOOP;
    if (sa->groups > engine->config.groups_max)
        return WHY_GROUP_LOOP;
    return notify == N_REDIRECT ? WHY_REDIRECT_LOOP
           : notify == N_PUZZLE ? WHY_PUZZLE_HARD
                                : WHY_PEER_REFUSED;
}

void ike_window_overdue(struct ike_engine *engine, struct ike_sa *sa, struct ike_task *task,
                        uint64_t now_ns)
{
    /* An error came, unauthenticated; nothing better did in the time since (RFC 7296 2.21.1). */
    const uint16_t refused = sa->setup != 0 ? ike_setup_of(engine, sa)->refused : 0;
    if (refused != 0) {
        ike_sa_end(engine, sa, ike_window_refused(engine, sa, refused), refused);
        return;
    }
    if (ike_tcp_fall_back(engine, sa, task, now_ns))
        return;
    if (task->sends >= ike_path_sends_max(engine, sa, task)) {
        ike_sa_end(engine, sa,
                   task->kind != TASK_DELETE ? WHY_NO_ANSWER
                   : task->why != WHY_OK     ? task->why
                                             : WHY_DELETED,
                   0);
        return;
    }
    ike_path_send(engine, sa, task);
    ike_keepalive_sent(engine, sa, now_ns);
    task->sends++;
    sa->resends++;
    const uint64_t patience_ns = ike_path_wait_ns(engine, sa, task);
    task->at_ns = now_ns + (patience_ns != 0 ? patience_ns : wait_ns(engine, task->sends));
    ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
}
