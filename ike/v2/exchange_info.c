/* SPDX-License-Identifier: MIT
 * INFORMATIONAL: liveness, Delete of a Child SA and of the IKE SA, and notifies
 * about the SA (RFC 7296 1.4, 1.4.1, 2.4, 2.25.2):
 *
 *     HDR, SK {[N,] [D,] ...}        -->
 *                                   <--   HDR, SK {[N,] [D], ...}
 */
#include "ike/v2/exchange_info.h"

#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/inner.h"
#include "ike/v2/invalid_selectors.h"
#include "ike/v2/move.h"
#include "ike/v2/payload.h"
#include "ike/v2/redirect.h"
#include "ike/v2/resume.h"
#include "ike/v2/rules.h"
#include "ike/v2/sync.h"
#include "ike/v2/window.h"

#include <assert.h>

/* ---- asking ---- */

enum ike_why ike_ask_delete(struct ike_turn *turn)
{
    if (turn->sa->state == S_ESTABLISHED)
        turn->sa->state = S_DELETING;
    ike_turn_ask(turn, INFORMATIONAL);
    ike_put_delete(&turn->out, &turn->link, 0);
    return WHY_OK;
}

enum ike_why ike_ask_delete_child(struct ike_turn *turn)
{
    if (ike_child_find(turn->engine, turn->sa, turn->task->spi, true) == 0)
        return WHY_CHILD_NOT_FOUND; /* the peer's own Delete was here first */
    ike_turn_ask(turn, INFORMATIONAL);
    ike_put_delete(&turn->out, &turn->link, turn->task->spi);
    return WHY_OK;
}

/* An empty message: is anyone there? RFC 7296 2.4 */
enum ike_why ike_ask_probe(struct ike_turn *turn)
{
    ike_turn_ask(turn, INFORMATIONAL);
    ike_move_put_probe(turn);
    return WHY_OK;
}

enum ike_why ike_ask_window(struct ike_turn *turn)
{
    uint8_t size[4];
    struct ike_writer w = wr_open(size, sizeof size);
    put_u32(&w, ike_window_of(turn->engine, turn->sa)->size);
    ike_turn_ask(turn, INFORMATIONAL);
    ike_put_status(&turn->out, &turn->link, N_SET_WINDOW_SIZE, wr_done(&w));
    return WHY_OK;
}

/* What the owner wants said, as it was kept. */
enum ike_why ike_ask_inform(struct ike_turn *turn)
{
    const struct ike_bytes kept = ike_store_view(&turn->engine->store, turn->task->nonce);
    struct ike_reader r = rd_open(kept);
    const uint8_t first = rd_u8(&r);
    ike_turn_ask(turn, INFORMATIONAL);
    ike_put_chain(&turn->out, turn->link, first, rd_rest(&r));
    return WHY_OK;
}

/* A chain of payloads after the type of its first. */
static bool keep_inform(struct ike_turn *t, struct ike_task *task, const struct ike_inform *what)
{
    struct ike_writer w = wr_open(ike_turn_scratch(t, IKE_MESSAGE_MAX), IKE_MESSAGE_MAX);
    size_t link = 0;
    put_u8(&w, PAYLOAD_NONE);
    for (uint8_t i = 0; i < what->note_count; i++)
        ike_put_status(&w, &link, what->notes[i].type, what->notes[i].data);
    if (what->ask)
        ike_inner_put_wants(t, &w, &link);
    if (what->setting_count > 0) {
        const size_t begin = ike_begin_cp(&w, &link, CFG_SET);
        for (uint8_t i = 0; i < what->setting_count; i++)
            ike_put_attribute(&w, what->settings[i].type, what->settings[i].data);
        ike_end_payload(&w, begin);
    }
    return !w.bad && ike_turn_keep(t, &task->nonce, wr_done(&w));
}

bool ike_inform(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                const struct ike_inform *what)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found == NULL || found->state != S_ESTABLISHED)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    struct ike_task *const task = ike_task_add(turn, TASK_INFORM, 0, now_ns);
    const bool good = task != NULL && keep_inform(turn, task, what);
    return ike_turn_end(turn, good ? WHY_OK : WHY_SA_TABLE_FULL) == WHY_OK;
}

static bool want(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa,
                 enum ike_task_kind kind, uint32_t spi)
{
    if (sa == NULL || sa->state != S_ESTABLISHED)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, sa);
    const bool added = ike_task_add(turn, kind, spi, now_ns) != NULL;
    (void)ike_turn_end(turn, WHY_OK);
    return added;
}

bool ike_delete(struct ike_engine *engine, uint64_t now_ns, uint64_t sa)
{
    return want(engine, now_ns, ike_sa_numbered(engine, sa), TASK_DELETE, 0);
}

bool ike_probe(struct ike_engine *engine, uint64_t now_ns, uint64_t sa)
{
    return want(engine, now_ns, ike_sa_numbered(engine, sa), TASK_PROBE, 0);
}

bool ike_delete_child(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t child_spi)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    return found != NULL && ike_child_find(engine, found, child_spi, true) != 0 &&
           want(engine, now_ns, found, TASK_DELETE_CHILD, child_spi);
}

/* ---- answering ---- */

/* A Delete may overtake the answer that makes what it deletes. */
static void note_unknown(struct ike_turn *t, uint32_t spi)
{
    for (uint32_t place = t->sa->task; place != 0;) {
        struct ike_task *const task = ike_task_at(t->engine, place);
        if (task->child != 0 && task->sends > 0)
            task->gone_spi = spi;
        place = task->next;
    }
}

/* Ends the Child SA the peer receives on at `spi`; ours of the pair, to be named in the answer, or
 * 0. SPIs we do not know are passed over. */
static uint32_t delete_child(struct ike_turn *t, uint32_t spi)
{
    const uint32_t place = ike_child_find(t->engine, t->sa, spi, false);
    if (place == 0) {
        note_unknown(t, spi);
        return 0;
    }
    const uint32_t spi_in = ike_child_at(t->engine, place)->spi_in;
    const struct ike_task *const ours = ike_task_find(t->engine, t->sa, TASK_DELETE_CHILD, spi_in);
    ike_child_end(t, place, WHY_PEER_DELETED);
    /* 2.25.1: when we are deleting the same pair, ours is under way and no answer names it. */
    return ours == NULL || ours->sends == 0 ? spi_in : 0;
}

/* All that the Delete payloads name, answered in one of ours (RFC 7296 1.4.1, 3.11). */
static void delete_children(struct ike_turn *t)
{
    size_t begin = 0;
    uint16_t count = 0;
    for (uint8_t i = 0; i < t->in.delete_count; i++) {
        struct ike_reader r = rd_open(t->in.deletes[i].spis);
        while (t->in.deletes[i].protocol == PROTOCOL_ESP && r.left > 0) {
            const uint32_t spi_in = delete_child(t, rd_u32(&r));
            if (spi_in == 0)
                continue;
            if (count++ == 0)
                begin = ike_begin_delete(&t->out, &t->link, PROTOCOL_ESP);
            put_u32(&t->out, spi_in);
        }
    }
    if (count > 0)
        ike_end_delete(&t->out, begin, count);
}

/* Looks before it touches: a Delete that cannot be read changes nothing. */
static enum ike_why check_deletes(const struct ike_turn *t)
{
    size_t children = 0;
    for (uint8_t i = 0; i < t->in.delete_count; i++) {
        const struct ike_delete *const d = &t->in.deletes[i];
        if (d->protocol == PROTOCOL_IKE && d->spi_count != 0)
            return WHY_SYNTAX; /* RFC 7296 3.11: the IKE SA has no SPI there */
        if (d->protocol != PROTOCOL_IKE && d->spi_size != 4)
            return WHY_SYNTAX;
        if (d->protocol == PROTOCOL_ESP)
            children += d->spi_count;
    }
    return children > IKE_GONE_MAX ? WHY_TOO_MANY : WHY_OK;
}

/* Also when we are deleting it. When we are rekeying it: had the peer rekeyed it too, what came of
 * that takes over; else our own attempt is forgotten with the SA (RFC 7296 2.8.2, 2.25.2). */
static void delete_ike(struct ike_turn *t)
{
    const struct ike_task *const ours = ike_task_find(t->engine, t->sa, TASK_REKEY_IKE, 0);
    const struct ike_sa *const rival =
        ours != NULL && ours->rival != 0 ? ike_sa_numbered(t->engine, ours->rival) : NULL;
    t->end = WHY_PEER_DELETED;
    if (rival != NULL && rival->state == S_RIVAL) /* else more key exchanges were awaited for it */
        ike_turn_inherit(t, t->sa->number, rival->number);
}

/* The peer says that the IKE SA is gone, which needs no Delete (RFC 7296 2.21.2, 2.21.3). */
static void heed_end(struct ike_turn *t)
{
    const struct ike_notify *const error = ike_message_error(&t->in);
    if (error == NULL || !ike_error_ends(error->type))
        return;
    t->end = WHY_PEER_REFUSED;
    t->end_notify = error->type;
}

static enum ike_why info_request(struct ike_turn *t)
{
    enum ike_why why;
    if (t->uncounted)
        return ike_sync_answer(t);
    if ((why = check_deletes(t)) != WHY_OK)
        return why;
    if ((why = ike_sync_take_replay(t)) != WHY_OK)
        return why;
    if ((why = ike_inner_look(t)) != WHY_OK)
        return why;
    if ((why = ike_window_heard(t)) != WHY_OK)
        return why;
    if (ike_message_notify(&t->in, N_AUTH_LIFETIME) != NULL && (why = ike_reauth_hear(t)) != WHY_OK)
        return why;
    if ((why = ike_redirect_hear(t)) != WHY_OK)
        return why;
    if ((why = ike_move_look(t)) != WHY_OK)
        return why;
    ike_turn_answer(t);
    if ((why = ike_move_answer(t)) != WHY_OK)
        return why;
    ike_inner_answer(t);
    ike_resume_answer(t, t->sa, false);
    ike_invalid_selectors_hear(t);
    if (ike_message_deletes_ike(&t->in))
        delete_ike(t);
    delete_children(t);
    /* RFC 7296 2.21.2: how an initiator says that it could not accept our IKE_AUTH. */
    if (t->end == WHY_OK)
        heed_end(t);
    return WHY_OK;
}

static enum ike_why info_response(struct ike_turn *t)
{
    const struct ike_notify *const error = ike_message_error(&t->in);
    if (t->task->kind != TASK_DELETE) /* that one goes with the SA */
        ike_task_done(t);
    if (t->task->kind == TASK_DELETE) {
        t->end = t->task->why != WHY_OK ? t->task->why : WHY_DELETED;
    } else if (t->task->kind == TASK_DELETE_CHILD) {
        const uint32_t place = ike_child_find(t->engine, t->sa, t->task->spi, true);
        if (place != 0) /* else the peer's own Delete was here first */
            ike_child_end(t, place, t->task->why != WHY_OK ? t->task->why : WHY_DELETED);
    } else if (t->task->kind == TASK_SYNC) {
        return ike_sync_answered(t);
    } else if (t->task->kind == TASK_INFORM) {
        const struct ike_event informed = ike_sa_event(t->sa, IKE_INFORMED, WHY_OK);
        ike_event_add(t->engine, &informed);
        const enum ike_why why = ike_inner_informed(t);
        if (why != WHY_OK)
            return why;
    } else if (t->task->kind == TASK_TICKET) {
        const enum ike_why why = ike_resume_hear(t, t->sa);
        if (why != WHY_OK)
            return why;
    } else if (t->task->kind == TASK_PROBE && t->sa->state == S_ESTABLISHED) {
        const struct ike_event alive = ike_sa_event(t->sa, IKE_ALIVE, WHY_OK);
        ike_event_add(t->engine, &alive);
    }
    if (error != NULL && error->type == N_INVALID_SYNTAX && t->end == WHY_OK) {
        heed_end(t); /* RFC 7296 2.21.3: fatal at both ends */
        return WHY_OK;
    }
    return t->task->kind == TASK_PROBE ? ike_move_probed(t) : ike_move_answered(t);
}

void ike_liveness_overdue(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    const bool silent = now_ns - sa->heard_ns >= engine->config.liveness_ns;
    if (!silent) { /* a Child SA has brought something since */
        ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
        return;
    }
    if (ike_probe(engine, now_ns, sa->number))
        return;
    sa->heard_ns = now_ns; /* no room to ask; later, then */
    ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
}

/* clang-format off */
#define MAY_INFO (P(PAYLOAD_NOTIFY) | P(PAYLOAD_DELETE) | P(PAYLOAD_CP))
const struct ike_rule ike_info_rules[] = {
    /* exchange       from      state          must  may       run            then           */
    { INFORMATIONAL,  REQUEST,  S_ESTABLISHED, 0,    MAY_INFO, info_request,  S_ESTABLISHED, "info_request"  },
    { INFORMATIONAL,  REQUEST,  S_DELETING,    0,    MAY_INFO, info_request,  S_DELETING,    "info_request"  },
    { INFORMATIONAL,  REQUEST,  S_RIVAL,       0,    MAY_INFO, info_request,  S_RIVAL,       "info_request"  },
    { INFORMATIONAL,  REQUEST,  S_REDUNDANT,   0,    MAY_INFO, info_request,  S_REDUNDANT,   "info_request"  },
    { INFORMATIONAL,  REQUEST,  S_REPLACED,    0,    MAY_INFO, info_request,  S_REPLACED,    "info_request"  },
    { INFORMATIONAL,  RESPONSE, S_ESTABLISHED, 0,    MAY_INFO, info_response, S_ESTABLISHED, "info_response" },
    { INFORMATIONAL,  RESPONSE, S_DELETING,    0,    MAY_INFO, info_response, S_DELETING,    "info_response" },
    { INFORMATIONAL,  RESPONSE, S_REDUNDANT,   0,    MAY_INFO, info_response, S_REDUNDANT,   "info_response" },
    { INFORMATIONAL,  RESPONSE, S_REPLACED,    0,    MAY_INFO, info_response, S_REPLACED,    "info_response" },
};
/* clang-format on */
const size_t ike_info_rule_count = sizeof ike_info_rules / sizeof ike_info_rules[0];
