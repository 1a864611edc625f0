/* SPDX-License-Identifier: MIT
 * Records beside those of SAs: which kinds there are, and what hangs on them. */
#include "ike/v2/beside.h"

#include "ike/engine.h"
#include "ike/v2/inner.h"
#include "ike/v2/late.h"
#include "ike/v2/mobike.h"
#include "ike/v2/nat.h"
#include "ike/v2/qcd.h"
#include "ike/v2/rate.h"
#include "ike/v2/redirect.h"
#include "ike/v2/resume.h"
#include "ike/v2/sync.h"
#include "ike/v2/tcp.h"
#include "ike/v2/window.h"

#include <assert.h>
#include <string.h>

/* clang-format off */
static const struct {
    size_t size;
    bool lasts; /* goes on with the IKE SA that replaces its own by rekeying */
    void (*give)(struct ike_engine *engine, void *record); /* what hangs on it, or NULL */
    /* Of it, what was taken since it was `before`, other than octets of the turn; or NULL. */
    void (*undo)(struct ike_engine *engine, const void *record, const void *before);
    void (*moved)(struct ike_engine *engine, void *record, const struct ike_sa *to); /* or NULL */
} rows[BESIDE_KINDS] = {
    [BESIDE_INNER]  = { sizeof(struct ike_inner),  true,  ike_inner_give,  ike_inner_undo, ike_inner_moved },
    [BESIDE_WINDOW] = { sizeof(struct ike_window), false, ike_window_give, NULL,           NULL },
    [BESIDE_MOBIKE] = { sizeof(struct ike_mobike), true,  NULL,            NULL,           ike_mobike_moved },
    [BESIDE_TOKEN]  = { sizeof(struct ike_token),  false, ike_qcd_give,    NULL,           NULL },
    [BESIDE_KEEPALIVE] = { sizeof(struct ike_keepalive), true, NULL, NULL, NULL },
    [BESIDE_SYNC]   = { sizeof(struct ike_sync),   true,  ike_sync_give,   NULL,           ike_sync_moved },
    [BESIDE_TCP]    = { sizeof(struct ike_tcp),    false, ike_tcp_give,    ike_tcp_undo,   NULL },
    [BESIDE_TICKET] = { sizeof(struct ike_resumable), true, ike_resume_give, ike_resume_undo, ike_resume_moved },
    [BESIDE_REDIRECT] = { sizeof(struct ike_redirect_self), true, NULL, NULL, NULL },
    [BESIDE_RATE] = { sizeof(struct ike_rate), true, NULL, NULL, NULL },
    [BESIDE_LATE] = { sizeof(struct ike_late), false, ike_late_give, ike_late_undo, NULL },
};
/* clang-format on */

bool ike_besides_open(struct ike_engine *engine)
{
    const uint32_t max = engine->config.sa_max;
    bool good = true;
    for (size_t i = 0; i < BESIDE_KINDS; i++) {
        struct ike_beside *const beside = &engine->besides[i];
        beside->of = ike_reserve((size_t)max + 1, sizeof *beside->of);
        good = ike_pool_open(&beside->pool, rows[i].size, max) && beside->of != NULL && good;
    }
    return good;
}

void ike_besides_close(struct ike_engine *engine)
{
    for (size_t i = 0; i < BESIDE_KINDS; i++) {
        struct ike_beside *const beside = &engine->besides[i];
        ike_pool_close(&beside->pool);
        ike_unreserve(beside->of, (size_t)engine->config.sa_max + 1, sizeof *beside->of);
    }
}

uint64_t ike_besides_memory(const struct ike_engine *engine)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < BESIDE_KINDS; i++)
        sum += (uint64_t)engine->besides[i].pool.used * engine->besides[i].pool.item;
    return sum;
}

void *ike_beside_of(const struct ike_engine *engine, const struct ike_sa *sa,
                    enum ike_beside_kind kind)
{
    const struct ike_beside *const beside = &engine->besides[kind];
    if (beside->pool.used == 0 || beside->of[ike_sa_place(sa)] == 0)
        return NULL;
    return ike_pool_at(&beside->pool, beside->of[ike_sa_place(sa)]);
}

void *ike_beside_need(struct ike_engine *engine, const struct ike_sa *sa, enum ike_beside_kind kind)
{
    struct ike_beside *const beside = &engine->besides[kind];
    uint32_t *const place = &beside->of[ike_sa_place(sa)];
    if (*place == 0) {
        *place = ike_pool_take(&beside->pool);
        if (*place == 0)
            return NULL;
        memset(ike_pool_at(&beside->pool, *place), 0, rows[kind].size);
    }
    return ike_pool_at(&beside->pool, *place);
}

void *ike_beside_edit(struct ike_turn *turn, const struct ike_sa *sa, enum ike_beside_kind kind)
{
    struct ike_engine *const engine = turn->engine;
    const uint32_t place = ike_sa_place(sa);
    for (uint8_t i = 0; i < turn->edit_count; i++)
        if (turn->edits[i].kind == kind && turn->edits[i].sa == place)
            return ike_beside_of(engine, sa, kind);
    const bool made = ike_beside_of(engine, sa, kind) == NULL;
    void *const record = ike_beside_need(engine, sa, kind);
    if (record == NULL)
        return NULL;
    assert(turn->edit_count < IKE_TURN_EDITS);
    struct ike_edit *const edit = &turn->edits[turn->edit_count++];
    *edit = (struct ike_edit){.kind = (uint8_t)kind, .made = made, .sa = place};
    edit->before = ike_turn_scratch(turn, rows[kind].size);
    memcpy(edit->before, record, rows[kind].size);
    return record;
}

/* The last edit takes the place of the one undone: each record is there once, so order is nothing.
 */
static void undo_edit(struct ike_turn *turn, uint8_t index)
{
    struct ike_engine *const engine = turn->engine;
    const struct ike_edit edit = turn->edits[index];
    struct ike_beside *const beside = &engine->besides[edit.kind];
    void *const record = ike_pool_at(&beside->pool, beside->of[edit.sa]);
    turn->edits[index] = turn->edits[--turn->edit_count];
    if (rows[edit.kind].undo != NULL)
        rows[edit.kind].undo(engine, record, edit.before);
    memcpy(record, edit.before, rows[edit.kind].size);
    if (edit.made) {
        ike_pool_give(&beside->pool, beside->of[edit.sa]);
        beside->of[edit.sa] = 0;
    }
}

void ike_beside_undo(struct ike_turn *turn, enum ike_beside_kind kind)
{
    for (uint8_t i = turn->edit_count; i > 0; i--)
        if (turn->edits[i - 1].kind == kind)
            undo_edit(turn, i - 1);
}

void ike_besides_undo(struct ike_turn *turn)
{
    while (turn->edit_count > 0)
        undo_edit(turn, turn->edit_count - 1);
}

void ike_beside_give(struct ike_engine *engine, const struct ike_sa *sa, enum ike_beside_kind kind)
{
    struct ike_beside *const beside = &engine->besides[kind];
    void *const record = ike_beside_of(engine, sa, kind);
    if (record == NULL)
        return;
    if (rows[kind].give != NULL)
        rows[kind].give(engine, record);
    ike_secret_wipe(record, rows[kind].size);
    ike_pool_give(&beside->pool, beside->of[ike_sa_place(sa)]);
    beside->of[ike_sa_place(sa)] = 0;
}

void ike_besides_give(struct ike_engine *engine, const struct ike_sa *sa)
{
    for (size_t i = 0; i < BESIDE_KINDS; i++)
        ike_beside_give(engine, sa, (enum ike_beside_kind)i);
}

void ike_besides_move(struct ike_engine *engine, const struct ike_sa *from, const struct ike_sa *to)
{
    for (size_t i = 0; i < BESIDE_KINDS; i++) {
        void *const record = ike_beside_of(engine, from, (enum ike_beside_kind)i);
        uint32_t *const of = engine->besides[i].of;
        if (record == NULL || !rows[i].lasts)
            continue;
        ike_beside_give(engine, to, (enum ike_beside_kind)i);
        of[ike_sa_place(to)] = of[ike_sa_place(from)];
        of[ike_sa_place(from)] = 0;
        if (rows[i].moved != NULL)
            rows[i].moved(engine, record, to);
    }
}
