/* SPDX-License-Identifier: MIT
 * The ways of IKE SAs by TCP. */
#include "ike/v2/tcp.h"

#include "ike/engine.h"
#include "ike/v2/move.h"
#include "ike/v2/window.h"

#include <assert.h>

/* Of an SA that goes by TCP there always is one. */
static struct ike_tcp *record_of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    struct ike_tcp *const record = ike_beside_of(engine, sa, BESIDE_TCP);
    assert(record != NULL);
    return record;
}

/* ---- which connection ---- */

/* An SA that goes by it, or NULL. */
static struct ike_sa *first_on(const struct ike_engine *engine, uint32_t stream)
{
    uint32_t place = ike_index_first(&engine->streams, stream);
    for (; place != 0; place = ike_index_next(&engine->streams, place)) {
        struct ike_sa *const sa = ike_sa_at(engine, place);
        if (record_of(engine, sa)->stream == stream)
            return sa;
    }
    return NULL;
}

bool ike_stream_in_use(const struct ike_engine *engine, uint32_t stream)
{
    return stream != 0 && first_on(engine, stream) != NULL;
}

uint32_t ike_tcp_stream(const struct ike_engine *engine, const struct ike_sa *sa)
{
    return record_of(engine, sa)->stream;
}

/* 0: by none any more. */
static void go_by(struct ike_engine *engine, struct ike_tcp *r, uint32_t stream)
{
    if (r->stream != 0)
        ike_index_remove(&engine->streams, r->stream, r->place);
    r->stream = stream;
    if (stream == 0)
        return;
    ike_index_add(&engine->streams, stream, r->place);
    r->retry_ns = r->give_up_ns = IKE_NEVER;
}

/* RFC 9329 6.1: the TCP Originator closes what it needs no more. */
static void leave(struct ike_engine *engine, struct ike_tcp *r)
{
    const uint32_t stream = r->stream;
    go_by(engine, r, 0);
    if (stream == 0 || !r->originator || ike_stream_in_use(engine, stream))
        return;
    struct ike_event done = ike_sa_event(ike_sa_at(engine, r->place), IKE_STREAM_DONE, WHY_OK);
    done.stream = stream;
    ike_event_add(engine, &done);
}

void ike_tcp_undo(struct ike_engine *engine, const void *record, const void *before)
{
    const struct ike_tcp *const was = before;
    struct ike_tcp now = *(const struct ike_tcp *)record;
    if (now.stream != was->stream)
        go_by(engine, &now, was->stream);
}

static struct ike_tcp *record_make(struct ike_turn *turn, const struct ike_sa *sa, bool originator)
{
    struct ike_tcp *const r = ike_beside_edit(turn, sa, BESIDE_TCP);
    if (r == NULL)
        return NULL;
    r->place = ike_sa_place(sa);
    r->retry_ns = r->give_up_ns = IKE_NEVER;
    r->originator = originator;
    return r;
}

enum ike_why ike_tcp_accept(struct ike_turn *turn)
{
    const uint32_t stream = turn->datagram->stream;
    if (stream == 0)
        return WHY_OK;
    if (ike_stream_in_use(turn->engine, stream))
        return WHY_STREAM_SHARED; /* RFC 9329 6.1 */
    struct ike_tcp *const r = record_make(turn, turn->sa, false);
    if (r == NULL)
        return WHY_SA_TABLE_FULL;
    turn->sa->tcp = true;
    go_by(turn->engine, r, stream);
    return WHY_OK;
}

bool ike_tcp_inherit(struct ike_turn *turn, struct ike_sa *fresh)
{
    const struct ike_tcp *const old = record_of(turn->engine, turn->sa);
    struct ike_tcp *const r = record_make(turn, fresh, old->originator);
    if (r == NULL)
        return false;
    fresh->tcp = true;
    go_by(turn->engine, r, old->stream);
    return true;
}

/* RFC 9329 6.2: what waits for an answer is sent again by a new connection, but for `answered`. */
static void ask_again(struct ike_engine *engine, struct ike_sa *sa, const struct ike_task *answered)
{
    const uint32_t stream = ike_tcp_stream(engine, sa);
    for (uint32_t place = sa->task; place != 0; place = ike_task_at(engine, place)->next) {
        const struct ike_task *const task = ike_task_at(engine, place);
        if (task->sends == 0 || task == answered || !ike_output_has_room(engine))
            continue;
        ike_window_put(engine, task->request, &sa->local, &sa->remote, stream);
        sa->resends++;
    }
}

/* An empty message, which may be part of a turn that ends. */
static void put_probe(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    const struct ike_task *const probe = ike_task_find(engine, sa, TASK_PROBE, 0);
    if (probe == NULL || probe->sends > 0)
        (void)ike_task_put(engine, sa, TASK_PROBE, now_ns);
}

/* ---- an IKE SA that has replaced another ----
 *
 * The peer has rekeyed the IKE SA and may not know the new one: our answer may have been lost with
 * the connection. So the old one, which the peer is yet to delete, leads to the next connection;
 * the new one goes along, and speaks when the old one is gone, as nothing is sent twice there. */

/* The one that leads, or NULL: `sa` may go by itself. */
static struct ike_sa *leader_of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    struct ike_sa *const old = sa->rekeyed ? ike_sa_numbered(engine, sa->rekeyed_from) : NULL;
    const bool leads = old != NULL && old->tcp && old->state == S_REPLACED &&
                       ike_task_find(engine, old, TASK_DELETE, 0) == NULL;
    return leads ? old : NULL;
}

/* Those that wait for `sa` go by its connection from now on. */
static void lead(struct ike_engine *engine, const struct ike_sa *sa)
{
    const struct ike_sa *leader = sa;
    for (uint64_t number; (number = record_of(engine, leader)->heir) != 0;) {
        struct ike_sa *const heir = ike_sa_numbered(engine, number);
        if (heir == NULL || !heir->tcp || ike_tcp_stream(engine, heir) != 0)
            return;
        go_by(engine, record_of(engine, heir), ike_tcp_stream(engine, sa));
        heir->local = sa->local;
        heir->remote = sa->remote;
        leader = heir;
    }
}

/* It has led to the end. */
static void release(struct ike_engine *engine, uint64_t number)
{
    struct ike_sa *const heir = number != 0 ? ike_sa_numbered(engine, number) : NULL;
    if (heir == NULL || !heir->tcp || ike_tcp_stream(engine, heir) == 0)
        return; /* it asks for a connection of its own when its time comes */
    ask_again(engine, heir, NULL);
    if (heir->state == S_ESTABLISHED || heir->state == S_REPLACED)
        put_probe(engine, heir, 0);
    ike_timers_set(&engine->timers, ike_sa_place(heir), ike_sa_deadline(engine, heir));
}

void ike_tcp_give(struct ike_engine *engine, void *record)
{
    struct ike_tcp *const r = record;
    if (r->stream != 0)
        lead(engine, ike_sa_at(engine, r->place));
    leave(engine, r);
    release(engine, r->heir);
}

/* RFC 9329 6.1: decrypted, authenticated, no retransmission, within the window. It stays so even if
 * the turn is undone: nothing else was said by the message than who sent it. */
void ike_tcp_heard(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    struct ike_sa *const sa = turn->sa;
    struct ike_tcp *const r = record_of(engine, sa);
    const struct ike_addr from = sa->remote;
    const uint32_t stream = turn->datagram->stream;
    r->tries = 0;
    if (r->stream == stream || (r->originator && r->stream != 0))
        return;
    go_by(engine, r, stream);
    sa->local = turn->datagram->local;
    sa->remote = turn->datagram->remote;
    ike_sa_moved(engine, sa, sa->state, &from);
    ask_again(engine, sa, turn->task);
    turn->before.local = sa->local;
    turn->before.remote = sa->remote;
    turn->before.resends = sa->resends;
}

/* ---- the initiator's choice ---- */

static void set_timer(struct ike_engine *engine, const struct ike_sa *sa)
{
    ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
}

static void bear(struct ike_engine *engine, struct ike_tcp *r, uint64_t now_ns)
{
    if (r->give_up_ns == IKE_NEVER)
        r->give_up_ns = now_ns + ike_window_patience_ns(engine);
}

static void want(struct ike_engine *engine, const struct ike_sa *sa, uint64_t now_ns)
{
    struct ike_tcp *const r = record_of(engine, sa);
    assert(r->originator && r->stream == 0 && !r->wanted);
    r->wanted = true;
    r->retry_ns = IKE_NEVER;
    bear(engine, r, now_ns);
    const struct ike_event wanted = ike_sa_event(sa, IKE_STREAM_WANTED, WHY_OK);
    ike_event_add(engine, &wanted);
}

bool ike_tcp_begin(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    if (record_make(turn, sa, true) == NULL)
        return false;
    sa->tcp = true;
    sa->local.port = 0; /* RFC 9329 2: any */
    sa->remote.port = sa->policy->tcp_port != 0 ? sa->policy->tcp_port : IKE_PORT_NAT;
    turn->connect = true;
    return true;
}

void ike_tcp_connect(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    struct ike_tcp *const r = record_of(engine, sa);
    leave(engine, r);
    r->wanted = false; /* one that was wanted before is not to this gateway */
    want(engine, sa, now_ns);
}

/* No request is under way until it can be written, with the ports of the connection. */
static void withdraw(struct ike_turn *turn)
{
    ike_turn_drop(turn, &turn->task->request);
    turn->task->sends = 0;
}

/* RFC 9329 5.1: a new IKE_SA_INIT exchange, with a new SPI; or what stands in its place. */
bool ike_tcp_fall_back(struct ike_engine *engine, struct ike_sa *sa, struct ike_task *task,
                       uint64_t now_ns)
{
    const uint32_t all = engine->config.retransmit.sends;
    const uint32_t wanted = sa->policy->udp_sends != 0 ? sa->policy->udp_sends : all;
    if (sa->tcp || !ike_sa_is_asking(sa) || sa->policy->tcp != TCP_FALLBACK ||
        (task->sends < wanted && task->sends < all))
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, sa);
    struct ike_setup *const setup = ike_setup_of(engine, sa);
    turn->task = task;
    turn->task_before = *task;
    if (!ike_tcp_begin(turn))
        return ike_turn_end(turn, WHY_SA_TABLE_FULL) == WHY_OK;
    withdraw(turn);
    ike_sa_draw_spi(engine, sa);
    setup->cookie_len = setup->solution_len = 0;
    engine->crypto->ops->random(engine->crypto, setup->nonce, sizeof setup->nonce);
    return ike_turn_end(turn, WHY_OK) == WHY_OK;
}

void ike_tcp_redirected(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    if (!sa->tcp)
        return;
    if (sa->policy->tcp == TCP_ALWAYS) {
        withdraw(turn);
        (void)ike_tcp_begin(turn); /* it has its record already */
        return;
    }
    sa->tcp = false;
    sa->local.port = sa->remote.port = IKE_PORT;
}

/* ---- the owner's answers ---- */

/* One was not to be had, or broke: the next one is asked for at once if the peer was heard since
 * the one before, else after the waits of retransmission. */
static void want_another(struct ike_engine *engine, const struct ike_sa *sa, uint64_t now_ns)
{
    struct ike_tcp *const r = record_of(engine, sa);
    const uint8_t tries = r->tries;
    r->tries = (uint8_t)(tries < UINT8_MAX ? tries + 1 : UINT8_MAX);
    if (tries == 0) {
        want(engine, sa, now_ns);
        return;
    }
    r->retry_ns = now_ns + ike_window_wait_ns(engine, tries);
    bear(engine, r, now_ns);
}

/* RFC 9329 6.1: the responder is to know where the SA is; without MOBIKE by an empty message. */
static void tell(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    record_of(engine, sa)->moved = sa->state < S_ESTABLISHED;
    if (sa->state == S_ESTABLISHED && !ike_move_along(engine, now_ns, sa->number))
        (void)ike_probe(engine, now_ns, sa->number);
}

static void first_request(struct ike_engine *engine, struct ike_sa *sa, struct ike_task *task,
                          uint64_t now_ns)
{
    const uint64_t number = sa->number;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, sa);
    turn->task = task;
    turn->task_before = *task;
    const enum ike_why why = ike_turn_end(turn, ike_init_ask(turn));
    sa = ike_sa_numbered(engine, number);
    if (why != WHY_OK && sa != NULL)
        ike_sa_end(engine, sa, why, 0);
}

bool ike_stream_up(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                   const struct ike_stream *stream)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found == NULL || !found->tcp || !record_of(engine, found)->wanted)
        return false;
    struct ike_tcp *const r = record_of(engine, found);
    r->wanted = false;
    if (stream == NULL) {
        r->tries = r->tries > 0 ? r->tries : 1;
        want_another(engine, found, now_ns);
        set_timer(engine, found);
        return true;
    }
    assert(stream->number != 0);
    leave(engine, r); /* that of another, by which the peer was heard meanwhile */
    go_by(engine, r, stream->number);
    found->local = stream->local;
    found->remote = stream->remote;
    struct ike_task *const task = ike_task_find(engine, found, TASK_CONNECT, 0);
    if (ike_sa_is_asking(found) && task->sends == 0) {
        first_request(engine, found, task, now_ns);
        return true;
    }
    lead(engine, found);
    ask_again(engine, found, NULL);
    if (found->state == S_REPLACED)
        put_probe(engine, found, now_ns);
    tell(engine, found, now_ns);
    set_timer(engine, found);
    ike_tasks_pump(engine, now_ns, sa);
    return true;
}

/* A leftover that has nothing to ask, and is not to be deleted by the peer, opens no connection. */
static bool needs_one(const struct ike_engine *engine, const struct ike_sa *sa)
{
    return sa->state <= S_ESTABLISHED || sa->state == S_REPLACED ||
           ike_tasks_under_way(engine, sa) > 0;
}

/* `sa` waits for what leads it. */
static void follow(struct ike_engine *engine, const struct ike_sa *sa, const struct ike_sa *leader,
                   uint64_t now_ns)
{
    record_of(engine, leader)->heir = sa->number;
    record_of(engine, sa)->retry_ns =
        now_ns + ike_window_patience_ns(engine); /* should that come to nothing */
}

/* Its connection is gone. */
static void go_on(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    struct ike_sa *const leader = leader_of(engine, sa);
    struct ike_tcp *const r = record_of(engine, sa);
    if (!r->originator || r->wanted)
        return;
    if (leader != NULL)
        follow(engine, sa, leader, now_ns);
    else if (needs_one(engine, sa))
        want_another(engine, sa, now_ns);
}

void ike_stream_down(struct ike_engine *engine, uint64_t now_ns, uint32_t stream)
{
    if (stream == 0)
        return;
    for (struct ike_sa *sa; (sa = first_on(engine, stream)) != NULL;) {
        go_by(engine, record_of(engine, sa), 0);
        go_on(engine, sa, now_ns);
        set_timer(engine, sa);
    }
}

bool ike_sa_stream(const struct ike_engine *engine, uint64_t sa, struct ike_stream *out)
{
    const struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found == NULL || !found->tcp)
        return false;
    *out = (struct ike_stream){
        .number = ike_tcp_stream(engine, found), .local = found->local, .remote = found->remote};
    return true;
}

/* ---- time ---- */

void ike_tcp_came_up(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    struct ike_tcp *const r = record_of(engine, sa);
    struct ike_sa *const leader = leader_of(engine, sa);
    if (r->originator && r->stream == 0) {
        assert(leader != NULL); /* a rival whose connection broke before it was known to stay */
        follow(engine, sa, leader, now_ns);
        put_probe(engine, leader, now_ns);
    }
    if (r->moved)
        (void)ike_task_put(engine, sa, TASK_PROBE, now_ns);
    r->moved = false;
}

uint64_t ike_tcp_deadline(const struct ike_engine *engine, const struct ike_sa *sa)
{
    const struct ike_tcp *const r = record_of(engine, sa);
    return r->retry_ns < r->give_up_ns ? r->retry_ns : r->give_up_ns;
}

bool ike_tcp_due(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    const struct ike_tcp *const r = record_of(engine, sa);
    if (r->give_up_ns <= now_ns) {
        ike_sa_end(engine, sa, WHY_NO_CONNECTION, 0);
        return true;
    }
    if (r->retry_ns > now_ns)
        return false;
    want(engine, sa, now_ns);
    set_timer(engine, sa);
    return true;
}
