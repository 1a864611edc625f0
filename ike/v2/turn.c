/* SPDX-License-Identifier: MIT
 * Turns: begun, ended well or undone; what is written in one goes out, and a
 * reason becomes an answer. */
#include "ike/v2/turn.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/exchange_auth.h"
#include "ike/v2/fragment.h"
#include "ike/v2/hold.h"
#include "ike/v2/lifetime.h"
#include "ike/v2/move.h"
#include "ike/v2/nat.h"
#include "ike/v2/path.h"
#include "ike/v2/payload.h"
#include "ike/v2/protect.h"
#include "ike/v2/qcd.h"
#include "ike/v2/redirect.h"
#include "ike/v2/resume.h"
#include "ike/v2/sync.h"
#include "ike/v2/tcp.h"
#include "ike/v2/window.h"

#include <assert.h>
#include <string.h>

struct ike_turn *ike_turn_begin(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa)
{
    struct ike_turn *const turn = &engine->turn;
    assert(turn->scratch_used == 0); /* turns do not nest */
    turn->engine = engine;
    turn->now_ns = now_ns;
    turn->datagram = NULL;
    turn->rule = NULL;
    turn->sa = sa;
    turn->added = false;
    turn->puzzle = 0;
    turn->puzzles_solved = 0;
    turn->work = (struct ike_bytes){0};
    turn->task = NULL;
    turn->task_done = false;
    turn->tasks_made_count = 0;
    turn->setup_made = 0;
    turn->fresh_made = 0;
    turn->heir = turn->heir_of = 0;
    turn->stirred = 0;
    turn->edit_count = 0;
    turn->delete_old = turn->connect = turn->give_up = turn->uncounted = false;
    turn->child_doomed = 0;
    turn->child_reserved = turn->fresh_reserved = turn->task_spent = 0;
    turn->out = (struct ike_writer){0};
    turn->sealed = 0;
    turn->sealed_open = turn->cut = false;
    turn->reassembly = 0;
    turn->events_tail = engine->events_ring.tail;
    turn->made_count = 0;
    turn->dropped_count = 0;
    turn->child_made = 0;
    turn->child_gone_count = 0;
    turn->end = WHY_OK;
    turn->end_notify = 0;
    turn->initial_contact = turn->rerouted = false;
    turn->ticket_done = turn->resumed = 0;
    turn->ask_count = 0;
    turn->in.there = 0;
    if (sa != NULL) {
        turn->before = *sa;
        turn->keys = ike_sa_view_keys(engine, sa);
    }
    return turn;
}

enum ike_why ike_turn_add_sa(struct ike_turn *turn, bool initiator)
{
    assert(turn->sa == NULL);
    turn->sa = ike_sa_take(turn->engine, initiator);
    if (turn->sa == NULL)
        return WHY_SA_TABLE_FULL;
    turn->before = *turn->sa;
    turn->added = true;
    turn->sa->began_ns = turn->now_ns;
    turn->sa->heard_ns = turn->now_ns;
    return WHY_OK;
}

struct ike_sa *ike_turn_add_fresh(struct ike_turn *turn, bool initiator)
{
    assert(turn->fresh_made == 0);
    struct ike_sa *const fresh = ike_sa_take(turn->engine, initiator);
    if (fresh == NULL)
        return NULL;
    turn->fresh_made = ike_sa_place(fresh);
    fresh->state = S_FRESH;
    fresh->rekeyed = true;
    fresh->rekeyed_from = turn->sa->number;
    fresh->began_ns = turn->now_ns;
    fresh->heard_ns = turn->now_ns;
    return fresh;
}

bool ike_turn_add_setup(struct ike_turn *turn, uint32_t *slot)
{
    assert(turn->setup_made == 0 && *slot == 0);
    turn->setup_made = ike_pool_take(&turn->engine->setups);
    if (turn->setup_made == 0)
        return false;
    ike_setup_clear(ike_setup_at(turn->engine, turn->setup_made));
    *slot = turn->setup_made;
    return true;
}

void ike_turn_inherit(struct ike_turn *turn, uint64_t from, uint64_t to)
{
    turn->heir_of = from;
    turn->heir = to;
}

uint8_t *ike_turn_scratch(struct ike_turn *turn, size_t len)
{
    const size_t rounded = (len + 15) & ~(size_t)15;
    assert(rounded <= IKE_SCRATCH - turn->scratch_used);
    uint8_t *const at = turn->engine->scratch + turn->scratch_used;
    turn->scratch_used += rounded;
    return at;
}

void ike_turn_drop(struct ike_turn *turn, struct ike_blob *slot)
{
    if (slot->number != 0) {
        assert(turn->dropped_count < IKE_TURN_BLOBS);
        turn->dropped[turn->dropped_count++] = *slot;
    }
    *slot = (struct ike_blob){0};
}

uint8_t *ike_turn_room(struct ike_turn *turn, struct ike_blob *slot, size_t len)
{
    const struct ike_blob blob = ike_store_take(&turn->engine->store, len);
    if (blob.number == 0)
        return NULL;
    assert(turn->made_count < IKE_TURN_BLOBS);
    turn->made[turn->made_count++] = blob;
    ike_turn_drop(turn, slot);
    *slot = blob;
    return ike_store_at(&turn->engine->store, blob);
}

bool ike_turn_keep(struct ike_turn *turn, struct ike_blob *slot, struct ike_bytes bytes)
{
    uint8_t *const room = ike_turn_room(turn, slot, bytes.len);
    if (room != NULL)
        memcpy(room, bytes.at, bytes.len);
    return room != NULL;
}

/* Header of a message of ours, and the start of its SK payload where there is one. */
static void begin_message(struct ike_turn *turn, const struct ike_header *head, bool sealed)
{
    turn->out = ike_output_begin(turn->engine);
    turn->link = 16; /* the header's "next payload", RFC 7296 3.1 */
    turn->sealed = 0;
    turn->cut = false;
    turn->is_response = (head->flags & FLAG_RESPONSE) != 0;
    ike_put_header(&turn->out, head);
    if (sealed) {
        const struct ike_seal_keys keys = ike_keys_of(&turn->keys, turn->sa->initiator);
        ike_puzzle_put_solution(turn, turn->work);
        turn->sealed = ike_begin_sealed(&turn->out, &turn->link, &keys);
    }
}

void ike_turn_answer(struct ike_turn *turn)
{
    struct ike_header head = turn->in.head;
    const bool init = ike_exchange_makes_sa(head.exchange);
    head.version = IKE_VERSION_2;
    head.flags = FLAG_RESPONSE | ((head.flags & FLAG_INITIATOR) != 0 ? 0 : FLAG_INITIATOR);
    if (turn->sa != NULL)
        head.spi_r = turn->sa->spi_r;
    begin_message(turn, &head, turn->sa != NULL && !init);
}

void ike_turn_ask(struct ike_turn *turn, uint8_t exchange)
{
    const struct ike_sa *const sa = turn->sa;
    const bool init = ike_exchange_makes_sa(exchange);
    const struct ike_header head = {
        .spi_i = sa->spi_i,
        .spi_r = init ? 0 : sa->spi_r,
        .version = IKE_VERSION_2,
        .exchange = exchange,
        .flags = sa->initiator ? FLAG_INITIATOR : 0,
        .id = init || turn->uncounted ? 0 : sa->send_id,
    };
    begin_message(turn, &head, !init);
}

/* Lengths, padding and checksum. */
static void finish_message(struct ike_turn *turn)
{
    if (turn->sealed != 0 && ike_fragment_is_needed(turn)) {
        ike_fragment_seal(turn);
    } else if (turn->sealed != 0) {
        assert(turn->sa != NULL); /* its keys seal */
        const struct ike_seal_keys keys = ike_keys_of(&turn->keys, turn->sa->initiator);
        ike_end_sealed(&turn->out, turn->sealed, &keys, turn->engine->crypto,
                       turn->sa->seal_count++);
    } else {
        ike_end_message(&turn->out);
    }
}

/* What was written becomes the answer kept, or the request under way. */
static enum ike_why keep_message(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    finish_message(turn);
    if (turn->out.bad)
        return WHY_TOO_LONG;
    assert(sa != NULL); /* what is said without one is a refusal */
    struct ike_blob *const slot = !turn->is_response  ? &turn->task->request
                                  : turn->uncounted   ? ike_sync_slot(turn)
                                  : turn->sealed != 0 ? ike_window_slot(turn)
                                                      : &sa->init_response;
    if (!ike_turn_keep(turn, slot, wr_done(&turn->out)))
        return WHY_SA_TABLE_FULL;
    if (!turn->is_response) {
        const bool zero = turn->sealed == 0 || turn->uncounted; /* RFC 7296 2.6, RFC 6311 5.1 */
        turn->task->id = zero ? 0 : sa->send_id;
        sa->send_id = turn->uncounted ? sa->send_id : turn->task->id + 1;
        ike_window_asked(turn);
    } else if (!turn->uncounted) {
        ike_window_took(turn);
    }
    ike_lifetime_ids(turn);
    return WHY_OK;
}

/* RFC 7296 2.11: an answer goes back the way its request came. A request for which no connection
 * stands is sent when one does. */
static void put_out(struct ike_turn *turn)
{
    const struct ike_path path = ike_path_first(turn);
    uint32_t stream = turn->is_response ? turn->datagram->stream : 0;
    if (!turn->is_response && turn->sa->tcp &&
        (stream = ike_tcp_stream(turn->engine, turn->sa)) == 0)
        return;
    if (turn->sa != NULL)
        ike_keepalive_sent(turn->engine, turn->sa, turn->now_ns);
    if (turn->cut)
        ike_output_put(turn->engine, wr_done(&turn->out), &path.local, &path.remote, stream);
    else
        ike_output_commit(turn->engine, &path.local, &path.remote, stream, turn->out.len);
}

/* RFC 7296 2.4: the peer says it has no other SA with us. */
static void forget_others(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    const struct ike_bytes id = ike_store_view(&engine->store, turn->sa->peer_id);
    const uint64_t digest = ike_digest(engine, id, (struct ike_bytes){.at = NULL, .len = 0});
    uint32_t place = ike_index_first(&engine->identities, digest);
    while (place != 0) {
        struct ike_sa *const other = ike_sa_at(engine, place);
        place = ike_index_next(&engine->identities, place);
        if (other != turn->sa && ike_auth_same_ends(engine, turn->sa, other))
            ike_sa_end(engine, other, WHY_INITIAL_CONTACT, 0);
    }
}

static void came_up(struct ike_turn *turn, struct ike_sa *sa)
{
    ike_lifetime_begin(turn->engine, sa, turn->now_ns);
    ike_window_open(turn->engine, sa, turn->now_ns);
    if (sa->tcp)
        ike_tcp_came_up(turn->engine, sa, turn->now_ns);
}

static void move_children(struct ike_engine *engine, struct ike_sa *from, struct ike_sa *to)
{
    for (uint32_t *link = &from->child; *link != 0;) {
        const uint32_t place = *link;
        struct ike_child *const child = ike_child_at(engine, place);
        if (!child->up) { /* still being made: its task ends with the old SA */
            link = &child->next;
            continue;
        }
        *link = child->next;
        child->next = to->child;
        to->child = place;
    }
}

/* RFC 7296 2.8: the new IKE SA inherits the old one's Child SAs, and is used for all that comes. */
static void inherit(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    struct ike_sa *const from = ike_sa_numbered(engine, turn->heir_of);
    struct ike_sa *const to = ike_sa_numbered(engine, turn->heir);
    if (from == NULL || to == NULL || from->state != S_ESTABLISHED)
        return;
    const uint8_t before = to->state;
    move_children(engine, from, to);
    ike_besides_move(engine, from, to);
    ike_mobike_inherit(engine, turn->now_ns, from, to);
    ike_sync_inherit(engine, turn->now_ns, from, to);
    ike_tasks_move(engine, from, to);
    from->state = S_REPLACED;
    to->state = S_ESTABLISHED;
    ike_sa_entered(engine, from, S_ESTABLISHED);
    ike_sa_entered(engine, to, before);
    came_up(turn, to);
    struct ike_event event = ike_sa_event(to, IKE_REKEYED, WHY_OK);
    event.was = from->number;
    ike_event_add(engine, &event);
    if (turn->delete_old)
        (void)ike_task_put(engine, from, TASK_DELETE, turn->now_ns);
}

static void set_timer(struct ike_engine *engine, uint64_t number)
{
    const struct ike_sa *const sa = number != 0 ? ike_sa_numbered(engine, number) : NULL;
    if (sa != NULL)
        ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
}

void ike_turn_inherit_now(struct ike_turn *turn, uint64_t from)
{
    ike_turn_inherit(turn, from, turn->sa->number);
    inherit(turn);
    set_timer(turn->engine, from);
    turn->events_tail = turn->engine->events_ring.tail;
    turn->before = *turn->sa;
}

static void commit(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    struct ike_sa *const sa = turn->sa;
    if (turn->out.len > 0)
        put_out(turn);
    for (uint8_t i = 0; i < turn->dropped_count; i++)
        ike_store_give(&engine->store, turn->dropped[i]);
    assert(sa != NULL);
    if (!turn->added)
        ike_sa_moved(engine, sa, turn->before.state, &turn->before.remote);
    ike_sa_entered(engine, sa, turn->added ? S_NONE : turn->before.state);
    if (sa->state == S_ESTABLISHED && sa->setup != 0) {
        ike_reauth_up(turn);
        ike_redirect_up(turn);
        ike_setup_give(engine, &sa->setup);
    }
    if (sa->state == S_ESTABLISHED && turn->before.state != S_ESTABLISHED)
        came_up(turn, sa);
    if (!sa->tcp && turn->before.tcp)
        ike_beside_give(engine, sa, BESIDE_TCP);
    if (turn->connect)
        ike_tcp_connect(engine, sa, turn->now_ns);
    if (turn->task_done)
        ike_task_remove(engine, sa, ike_task_place(engine, turn->task));
    if (turn->give_up)
        ike_tasks_give_up(engine, sa, turn->now_ns);
    if (turn->task_spent != 0) {
        struct ike_task *const spent = ike_task_at(engine, turn->task_spent);
        spent->child = spent->fresh = 0;
        ike_task_remove(engine, sa, turn->task_spent);
    }
    if (sa->state == S_DELETING && turn->before.state != S_DELETING)
        ike_tasks_forget(engine, sa); /* nothing matters after that */
    for (uint8_t i = 0; i < turn->child_gone_count; i++)
        ike_child_remove(engine, sa, turn->child_gone[i]);
    ike_resume_commit(turn);
    ike_move_commit(turn);
    if (turn->initial_contact)
        forget_others(turn);
    if (turn->heir != 0) {
        inherit(turn);
        set_timer(engine, turn->heir);
        set_timer(engine, turn->heir_of);
    }
    set_timer(engine, turn->stirred);
    if (turn->fresh_made != 0)
        set_timer(engine, ike_sa_at(engine, turn->fresh_made)->number);
    if (turn->end != WHY_OK)
        ike_sa_end(engine, sa, turn->end, turn->end_notify);
    else
        ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
    const uint64_t memory = ike_memory(engine);
    if (memory > engine->memory_max)
        engine->memory_max = memory;
}

/* A record taken in this turn, with no octets of its own any more. */
static void release(struct ike_engine *engine, struct ike_sa *sa)
{
    const struct ike_blob none = {0};
    sa->keys = sa->response = sa->init_request = sa->init_response = sa->peer_id = none;
    sa->task = sa->child = sa->setup = 0;
    ike_sa_give(engine, sa);
}

/* Tasks, setup, Child SA taken in this turn; their octets were among those made. */
static void undo_records(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    if (turn->task != NULL)
        *turn->task = turn->task_before;
    for (uint8_t i = 0; i < turn->tasks_made_count; i++) {
        *ike_task_at(engine, turn->tasks_made[i]) = (struct ike_task){0};
        ike_pool_give(&engine->tasks, turn->tasks_made[i]);
    }
    ike_setup_give(engine, &turn->setup_made);
    if (turn->child_made != 0) {
        *ike_child_at(engine, turn->child_made) = (struct ike_child){0};
        ike_pool_give(&engine->children, turn->child_made);
    }
    if (turn->fresh_made != 0)
        release(engine, ike_sa_at(engine, turn->fresh_made));
    if (turn->child_reserved != 0) {
        struct ike_child *const child = ike_child_at(engine, turn->child_reserved);
        child->keys = child->selectors = (struct ike_blob){0};
        child->up = false;
    }
    if (turn->fresh_reserved != 0) {
        struct ike_sa *const fresh = ike_sa_at(engine, turn->fresh_reserved);
        fresh->keys = fresh->peer_id = (struct ike_blob){0};
        fresh->state = S_FRESH;
        fresh->tcp = false;
    }
}

/* Back to what was before the turn: records, octets, events; what was written is not sent. */
static void undo(struct ike_turn *turn, uint32_t events_tail)
{
    struct ike_engine *const engine = turn->engine;
    engine->events_ring.tail = events_tail;
    for (uint8_t i = 0; i < turn->made_count; i++)
        ike_store_give(&engine->store, turn->made[i]);
    if (turn->sa == NULL)
        return;
    for (uint8_t i = 0; i < turn->child_gone_count; i++)
        ike_child_at(engine, turn->child_gone[i])->up = true;
    if (turn->child_doomed != 0)
        ike_child_at(engine, turn->child_doomed)->fate = WHY_OK;
    ike_besides_undo(turn);
    undo_records(turn);
    if (turn->added) {
        release(engine, turn->sa);
        turn->sa = NULL;
    } else {
        *turn->sa = turn->before;
        turn->keys = ike_sa_view_keys(engine, turn->sa); /* what was derived is no more */
    }
}

/* Data that goes with the notify of a refusal. */
static void put_refusal(struct ike_turn *turn, enum ike_why why)
{
    uint8_t data[2] = {turn->in.unknown_critical, 0};
    struct ike_bytes view = {.at = data, .len = 0};
    if (ike_why_row(why)->notify == N_COOKIE || ike_why_row(why)->notify == N_PUZZLE) {
        ike_cookie_put(turn, &turn->out, &turn->link);
        return;
    }
    if (why == WHY_REDIRECTED) {
        ike_redirect_put(turn);
        return;
    }
    if (why == WHY_UNKNOWN_SPI) {
        ike_qcd_put_unknown(turn);
        return;
    }
    if (why == WHY_CHILD_NOT_FOUND) { /* RFC 7296 2.25: the SPI as it was asked */
        struct ike_notify not_found = *ike_message_notify(&turn->in, N_REKEY_SA);
        not_found.type = N_CHILD_SA_NOT_FOUND;
        ike_put_notify(&turn->out, &turn->link, &not_found);
        return;
    }
    if (why == WHY_CRITICAL_PAYLOAD)
        view.len = 1; /* RFC 7296 2.5 */
    if (why == WHY_WRONG_GROUP) {
        struct ike_writer w = wr_open(data, sizeof data);
        put_u16(&w, turn->wanted_group); /* RFC 7296 1.2, 3.10.1 */
        view = wr_done(&w);
    }
    ike_put_status(&turn->out, &turn->link, ike_why_row(why)->notify, view);
}

/* What the turn undone would have done for other records. */
static void forget_turn(struct ike_turn *turn)
{
    turn->dropped_count = turn->made_count = 0;
    turn->child_gone_count = turn->tasks_made_count = 0;
    turn->task_done = false;
    turn->heir = turn->stirred = 0;
    turn->fresh_made = turn->task_spent = 0;
    turn->ticket_done = turn->resumed = 0;
    turn->initial_contact = turn->rerouted = false;
}

/* RFC 7296 2.21.2: an initiator that cannot accept the response says so in an exchange of its own.
 * The SA is gone at once, so nothing is awaited. */
static void say_once(struct ike_turn *turn, enum ike_why why)
{
    forget_turn(turn);
    ike_turn_ask(turn, INFORMATIONAL);
    put_refusal(turn, why);
    finish_message(turn);
    assert(!turn->out.bad);
    put_out(turn);
    turn->out.len = 0;
    turn->end = why;
    commit(turn);
}

/* RFC 7296 2.21, 2.21.3: after that, a response is not answered with an error; an SA of which the
 * two ends think differently is closed like any other. */
static void close_for(struct ike_turn *turn, enum ike_why why)
{
    forget_turn(turn);
    const bool closing = turn->task->kind == TASK_DELETE;
    ike_task_done(turn);
    struct ike_task *const close =
        closing ? NULL : ike_task_add(turn, TASK_DELETE, 0, turn->now_ns);
    if (close != NULL)
        close->why = (uint8_t)why;
    else
        turn->end = why;
    commit(turn);
}

static void answer_sealed(struct ike_turn *turn, enum ike_why why, bool fatal)
{
    forget_turn(turn);
    turn->task = NULL;
    turn->end = fatal ? why : WHY_OK;
    turn->end_notify = 0;
    turn->sa->heard_ns = turn->now_ns;
    ike_nat_follow(turn);
    ike_turn_answer(turn);
    put_refusal(turn, why);
    ike_move_echo(turn);
    const enum ike_why kept = keep_message(turn);
    if (kept == WHY_OK)
        commit(turn);
}

/* RFC 7296 2.21.4: only what was sealed is of an IKE SA. */
static bool is_of_an_sa(struct ike_turn *turn)
{
    return turn->in.head.exchange > IKE_SA_INIT &&
           ike_message_parse(turn->bytes, &turn->in) == WHY_OK &&
           (turn->in.there & (P(PAYLOAD_SK) | P(PAYLOAD_SKF))) != 0;
}

/* Nobody vouches for a message of another version or of no SA: answered only so often. */
static bool may_answer(struct ike_turn *turn, enum ike_why why)
{
    struct ike_engine *const engine = turn->engine;
    if (why != WHY_MAJOR_VERSION && why != WHY_UNKNOWN_SPI)
        return true;
    if (why == WHY_UNKNOWN_SPI && (!engine->config.tell_unknown || !is_of_an_sa(turn)))
        return false;
    if (turn->now_ns - engine->clear_answers_ns >= UINT64_C(1000000000)) {
        engine->clear_answers_ns = turn->now_ns;
        engine->clear_answers = 0;
    }
    return engine->clear_answers++ < IKE_CLEAR_ANSWERS;
}

/* What the row says of a message that was opened. A payload that must be understood ends no SA that
 * is up, but none is made with it, and no response is answered (RFC 7296 2.5, 2.21.2). For whom
 * there is no room is told so once it is up (2.21.3). */
static enum ike_action sealed_action(const struct ike_turn *turn, enum ike_why why)
{
    const bool request = (turn->in.head.flags & FLAG_RESPONSE) == 0;
    const bool stays = request && turn->sa->state >= S_ESTABLISHED;
    if (why == WHY_CRITICAL_PAYLOAD && !stays)
        return ACTION_FATAL;
    const bool put_off = stays && turn->in.head.exchange != INFORMATIONAL;
    return why == WHY_SA_TABLE_FULL && !put_off ? ACTION_DROP : ike_why_row(why)->sealed;
}

/* The one place where a reason becomes an answer. */
static void refuse(struct ike_turn *turn, enum ike_why why)
{
    const bool opened = turn->sa != NULL && turn->sealed_open;
    const enum ike_action action = opened ? sealed_action(turn, why) : ike_why_row(why)->clear;
    const bool request = (turn->in.head.flags & FLAG_RESPONSE) == 0;

    if (opened && action == ACTION_FATAL && !request) {
        if (turn->sa->state >= S_ESTABLISHED)
            close_for(turn, why);
        else
            say_once(turn, why);
    } else if (opened && request && (action == ACTION_FATAL || action == ACTION_REFUSE)) {
        answer_sealed(turn, why, action == ACTION_FATAL);
    } else if (!opened && request && action == ACTION_REFUSE && turn->sa == NULL &&
               may_answer(turn, why)) {
        /* No state: the answer is all there is (RFC 7296 2.6, 2.21.1). */
        ike_turn_answer(turn);
        put_refusal(turn, why);
        finish_message(turn);
        assert(!turn->out.bad);
        put_out(turn);
    }
}

enum ike_why ike_turn_finish(struct ike_turn *turn, enum ike_why why)
{
    const uint32_t events_tail = turn->events_tail;
    if (why == WHY_OK && turn->out.len > 0)
        why = keep_message(turn);
    if (why == WHY_OK) {
        commit(turn);
    } else {
        undo(turn, events_tail);
        turn->out.len = 0;
        if (why == WHY_ANSWER_AWAITED)
            ike_hold_begin(turn);
        else if (turn->datagram != NULL)
            refuse(turn, why);
    }
    struct ike_engine *const engine = turn->engine;
    ike_cookies_update(&engine->cookies, &engine->config.cookies, engine->half_open, turn->now_ns);
    ike_fragment_end(turn);
    ike_secret_wipe(engine->scratch, turn->scratch_used);
    turn->scratch_used = 0;
    return why;
}

enum ike_why ike_turn_end(struct ike_turn *turn, enum ike_why why)
{
    struct ike_engine *const engine = turn->engine;
    const uint64_t now_ns = turn->now_ns;
    const uint64_t sa = turn->sa != NULL ? turn->sa->number : 0;
    const uint64_t others[] = {turn->heir, turn->heir_of, turn->stirred};
    const enum ike_why end = ike_turn_finish(turn, why);
    ike_tasks_pump(engine, now_ns, sa);
    for (size_t i = 0; end == WHY_OK && i < sizeof others / sizeof others[0]; i++)
        if (others[i] != sa)
            ike_tasks_pump(engine, now_ns, others[i]);
    ike_reauth_resume(engine, now_ns);
    return end;
}
