/* SPDX-License-Identifier: MIT
 * The window of one request each way, and what is sent again. */
#include "ike/v2/window.h"

#include "ike/engine.h"

#include <assert.h>
#include <string.h>

void ike_window_put(struct ike_engine *engine, struct ike_blob message,
                    const struct ike_addr *local, const struct ike_addr *remote)
{
    struct ike_writer w = ike_output_begin(engine);
    put_bytes(&w, ike_store_view(&engine->store, message));
    assert(!w.bad);
    ike_output_commit(engine, local, remote, w.len);
}

enum ike_why ike_window_request(struct ike_turn *turn)
{
    const struct ike_sa *const sa = turn->sa;
    const uint32_t id = turn->in.head.id;
    if (id == sa->take_id)
        return WHY_OK;
    if (id + 1 != sa->take_id || sa->response.number == 0)
        return WHY_MESSAGE_ID; /* RFC 7296 2.3 */
    ike_window_put(turn->engine, sa->response, &turn->datagram->local, &turn->datagram->remote);
    return WHY_RETRANSMITTED;
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
        const enum ike_why why =
            ike_header_parse(ike_store_view(&engine->store, task->request), &asked);
        assert(why == WHY_OK);
        if (why != WHY_OK || asked.exchange != turn->in.head.exchange)
            return WHY_NOT_AWAITED;
        turn->task = task;
        turn->task_before = *task;
        return WHY_OK;
    }
    return WHY_NOT_AWAITED;
}

/* RFC 7296 2.4: back-off, so that a peer in trouble is not buried; jitter, so that many are not in
 * step. `sends` counts those made, the one just now included. */
static uint64_t wait_ns(struct ike_engine *engine, uint8_t sends)
{
    const struct ike_retransmit_config *const c = &engine->config.retransmit;
    uint64_t wait = c->first_ns;
    for (uint8_t i = 1; i < sends && wait < c->wait_max_ns; i++)
        wait = wait / 1000 * c->factor_milli + wait % 1000 * c->factor_milli / 1000;
    if (wait > c->wait_max_ns)
        wait = c->wait_max_ns;
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
    task->sends = 1;
    task->at_ns = turn->now_ns + wait_ns(turn->engine, 1);
}

void ike_window_overdue(struct ike_engine *engine, struct ike_sa *sa, struct ike_task *task,
                        uint64_t now_ns)
{
    /* An error came, unauthenticated; nothing better did in the time since (RFC 7296 2.21.1). */
    const uint16_t refused = sa->setup != 0 ? ike_setup_of(engine, sa)->refused : 0;
    if (refused != 0) {
        const bool cookies = sa->cookies > engine->config.cookies_max;
        const bool groups = sa->groups > engine->config.groups_max;
        ike_sa_end(engine, sa,
                   cookies  ? WHY_COOKIE_LOOP
                   : groups ? WHY_GROUP_LOOP
                            : WHY_PEER_REFUSED,
                   refused);
        return;
    }
    if (task->sends >= engine->config.retransmit.sends) {
        ike_sa_end(engine, sa, task->kind == TASK_DELETE ? WHY_DELETED : WHY_NO_ANSWER, 0);
        return;
    }
    ike_window_put(engine, task->request, &sa->local, &sa->remote);
    task->sends++;
    sa->resends++;
    task->at_ns = now_ns + wait_ns(engine, task->sends);
    ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
}
