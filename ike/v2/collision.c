/* SPDX-License-Identifier: MIT
 * Crossing exchanges: the table, and the contest of nonces. */
#include "ike/v2/collision.h"

#include "ike/engine.h"
#include "ike/v2/followup.h"

#include <string.h>

/* clang-format off */
const struct ike_collision ike_collisions[] = {
    /* the peer asks     while we                same   waiting  */
    { ASKS_REKEY_CHILD,  TASK_DELETE_CHILD,      true,  true,  WHY_TEMPORARY_FAILURE, "RFC 7296 2.25.1: it is being closed" },
    { ASKS_REKEY_CHILD,  TASK_REKEY_IKE,         false, false, WHY_TEMPORARY_FAILURE, "RFC 7296 2.25.2: the IKE SA is being rekeyed" },
    { ASKS_NEW_CHILD,    TASK_REKEY_IKE,         false, false, WHY_TEMPORARY_FAILURE, "RFC 7296 2.25.2: the IKE SA is being rekeyed" },
    { ASKS_REKEY_IKE,    TASK_NEW_CHILD,         false, false, WHY_TEMPORARY_FAILURE, "RFC 7296 2.25.1: a Child SA is being created" },
    { ASKS_REKEY_IKE,    TASK_REKEY_CHILD,       false, false, WHY_TEMPORARY_FAILURE, "RFC 7296 2.25.1: a Child SA is being rekeyed" },
    { ASKS_REKEY_IKE,    TASK_DELETE_CHILD,      false, false, WHY_TEMPORARY_FAILURE, "RFC 7296 2.25.1: a Child SA is being closed" },
    { ASKS_REKEY_IKE,    TASK_DELETE,            false, true,  WHY_TEMPORARY_FAILURE, "RFC 7296 2.25.2: the IKE SA is being closed" },
};
/* clang-format on */
const size_t ike_collision_count = sizeof ike_collisions / sizeof ike_collisions[0];

static bool is_going_on(const struct ike_turn *t, const struct ike_collision *row, uint32_t spi_in)
{
    for (uint32_t place = t->sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(t->engine, place);
        const bool begun = task->sends > 0 || ike_followup_is_next(t->engine, task);
        if (task->kind == row->ours && (!row->same_child || task->spi == spi_in) &&
            (row->waiting_too || begun))
            return true;
        place = task->next;
    }
    return false;
}

/* RFC 9370 2.2.4: ours was answered, and more key exchanges of it are under way. */
static bool is_followed_up(const struct ike_turn *t, enum ike_request_kind request, uint32_t spi_in)
{
    const enum ike_task_kind kind = request == ASKS_REKEY_IKE ? TASK_REKEY_IKE : TASK_REKEY_CHILD;
    const struct ike_task *const task = ike_task_find(t->engine, t->sa, kind, spi_in);
    return request != ASKS_NEW_CHILD && task != NULL && ike_followup_is_next(t->engine, task);
}

enum ike_why ike_collision_judge(const struct ike_turn *turn, enum ike_request_kind request,
                                 uint32_t spi_in)
{
    for (size_t i = 0; i < ike_collision_count; i++) {
        const struct ike_collision *const row = &ike_collisions[i];
        if (row->request == request && is_going_on(turn, row, spi_in))
            return row->why;
    }
    return is_followed_up(turn, request, spi_in) ? WHY_TEMPORARY_FAILURE : WHY_OK;
}

struct ike_bytes ike_nonce_lower(struct ike_bytes a, struct ike_bytes b)
{
    const size_t common = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < common; i++)
        if (a.at[i] != b.at[i])
            return a.at[i] < b.at[i] ? a : b;
    return a.len <= b.len ? a : b;
}

enum ike_why ike_collision_note(struct ike_turn *turn, enum ike_task_kind kind, uint32_t spi_in,
                                const struct ike_rival *rival, bool *crossing)
{
    struct ike_task *const task = ike_task_find(turn->engine, turn->sa, kind, spi_in);
    *crossing = task != NULL && task->sends > 0;
    if (!*crossing)
        return WHY_OK;
    turn->task = task;
    turn->task_before = *task;
    task->rival = rival->number;
    return ike_turn_keep(turn, &task->nonce, rival->nonce) ? WHY_OK : WHY_SA_TABLE_FULL;
}

bool ike_collision_lost(const struct ike_turn *turn, struct ike_bytes nonce_i,
                        struct ike_bytes nonce_r)
{
    const struct ike_bytes ours = ike_nonce_lower(nonce_i, nonce_r);
    const struct ike_bytes theirs = ike_store_view(&turn->engine->store, turn->task->nonce);
    return ike_nonce_lower(ours, theirs).at == ours.at;
}
