/* SPDX-License-Identifier: MIT
 * IKE_FOLLOWUP_KE, both roles (RFC 9370 2.2.4):
 *
 *     HDR, SK {KEi(n), N(ADDITIONAL_KEY_EXCHANGE)}   -->
 *                                   <--   HDR, SK {KEr(n), [N(ADDITIONAL_KEY_EXCHANGE)]}
 *                              or   <--   HDR, SK {N(STATE_NOT_FOUND)}
 */
#include "ike/engine.h"
#include "ike/v2/collision.h"
#include "ike/v2/followup.h"
#include "ike/v2/rules.h"

#include <assert.h>
#include <string.h>

#define PATIENCE_NS UINT64_C(20000000000) /* RFC 9370 2.2.4: 5 to 20 seconds */

bool ike_followup_is_next(const struct ike_engine *engine, const struct ike_task *task)
{
    return task->setup != 0 && ike_setup_at(engine, task->setup)->mix != 0;
}

/* Of a task that has one. */
static struct ike_mix *mix_of(const struct ike_engine *engine, const struct ike_task *task)
{
    assert(ike_followup_is_next(engine, task));
    return ike_pool_at(&engine->mixes, ike_setup_at(engine, task->setup)->mix);
}

/* It lasts as long as the record, whatever becomes of the turn; nothing for what is empty. */
static bool keep(struct ike_engine *engine, struct ike_blob *slot, struct ike_bytes bytes)
{
    ike_store_give(&engine->store, *slot);
    *slot = (struct ike_blob){0};
    if (bytes.len == 0)
        return true;
    *slot = ike_store_take(&engine->store, bytes.len);
    if (slot->number == 0)
        return false;
    memcpy(ike_store_at(&engine->store, *slot), bytes.at, bytes.len);
    return true;
}

/* The message at hand and SK(0). */
static struct ike_mix *begin(struct ike_turn *t, struct ike_setup *setup,
                             const struct ike_choice *choice,
                             const struct ike_create_secrets *secrets)
{
    struct ike_mix *const mix = ike_mix_open(t, setup, choice);
    if (mix == NULL)
        return NULL;
    mix->first_next = t->in.sealed_next;
    return keep(t->engine, &mix->first, t->in.text) &&
                   keep(t->engine, &mix->secrets[0], secrets->secret)
               ? mix
               : NULL;
}

enum ike_why ike_followup_secrets(struct ike_turn *turn, const struct ike_task *task,
                                  struct ike_create_secrets *out)
{
    const struct ike_store *const store = &turn->engine->store;
    const struct ike_setup *const setup = ike_setup_at(turn->engine, task->setup);
    const struct ike_mix *const mix = mix_of(turn->engine, task);
    const struct ike_bytes ours = {.at = setup->nonce, .len = sizeof setup->nonce};
    const bool asked = task->kind != TASK_FOLLOWUP;
    size_t len = 0;
    struct ike_bytes theirs;
    const enum ike_why why = ike_nonce_parse(ike_message_body(&turn->in, PAYLOAD_NONCE), &theirs);
    assert(why == WHY_OK); /* it was read when it came */
    for (uint8_t i = 1; i <= mix->count; i++)
        len += mix->secrets[i].len;
    struct ike_writer w = wr_open(ike_turn_scratch(turn, len), len);
    for (uint8_t i = 1; i <= mix->count; i++)
        put_bytes(&w, ike_store_view(store, mix->secrets[i]));
    *out = (struct ike_create_secrets){.nonce_i = asked ? ours : theirs,
                                       .nonce_r = asked ? theirs : ours,
                                       .secret = ike_store_view(store, mix->secrets[0]),
                                       .more = wr_done(&w)};
    return WHY_OK;
}

/* The peer's CREATE_CHILD_SA message as if it were the one at hand. */
static enum ike_why recall(struct ike_turn *t, const struct ike_mix *mix)
{
    const struct ike_bytes kept = ike_store_view(&t->engine->store, mix->first);
    uint8_t *const copy = ike_turn_scratch(t, kept.len);
    memcpy(copy, kept.at, kept.len);
    ike_message_reassembled(&t->in, mix->first_next, 0);
    return ike_message_parse_sealed(&t->in, (struct ike_bytes){.at = copy, .len = kept.len});
}

static const struct ike_algo *group_of(const struct ike_mix *mix)
{
    return &ike_algos[mix->addke[mix->now.done]];
}

/* ---- the initiator ---- */

/* The task waits to be asked again, with what follows. */
static enum ike_why go_on(struct ike_turn *t, struct ike_mix *mix)
{
    const struct ike_notify *const link = ike_message_notify(&t->in, N_ADDITIONAL_KEY_EXCHANGE);
    if (link == NULL)
        return WHY_MISSING_PAYLOAD;
    if (!keep(t->engine, &mix->link, link->data))
        return WHY_SA_TABLE_FULL;
    ike_turn_drop(t, &t->task->request);
    t->task->sends = 0;
    t->task->at_ns = t->now_ns;
    return WHY_OK;
}

enum ike_why ike_followup_begin(struct ike_turn *turn, const struct ike_choice *choice,
                                const struct ike_create_secrets *secrets)
{
    const struct ike_task *const task = turn->task;
    if (task->rival != 0 && ike_collision_lost(turn, secrets->nonce_i, secrets->nonce_r))
        return ike_create_yield(turn);
    struct ike_mix *const mix =
        begin(turn, ike_setup_at(turn->engine, task->setup), choice, secrets);
    return mix != NULL ? go_on(turn, mix) : WHY_SA_TABLE_FULL;
}

enum ike_why ike_followup_next(struct ike_turn *turn)
{
    struct ike_setup *const setup = ike_setup_at(turn->engine, turn->task->setup);
    const struct ike_mix *const mix = mix_of(turn->engine, turn->task);
    const struct ike_algo *const group = group_of(mix);
    const uint8_t *const share = ike_mix_offer(turn, setup, mix);
    if (share == NULL)
        return WHY_KEY_EXCHANGE;
    ike_turn_ask(turn, IKE_FOLLOWUP_KE);
    ike_put_ke(&turn->out, &turn->link, group->id,
               (struct ike_bytes){.at = share, .len = group->share_len});
    ike_put_status(&turn->out, &turn->link, N_ADDITIONAL_KEY_EXCHANGE,
                   ike_store_view(&turn->engine->store, mix->link));
    return WHY_OK;
}

static enum ike_why followup_response(struct ike_turn *t)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    struct ike_mix *const mix = mix_of(t->engine, t->task); /* it asked, so it has one */
    struct ike_ke peer;
    struct ike_setup *const setup = ike_setup_at(t->engine, t->task->setup);
    ike_mix_begin(mix, t->in.head.id);
    const struct ike_algo *const group = group_of(mix);
    enum ike_why why = ike_mix_parse_ke(t, group, &peer);
    if (why != WHY_OK)
        return why;
    uint8_t *const secret = ike_turn_scratch(t, group->secret_len);
    if (!crypto->ops->kex_end(crypto, group, &setup->kex, peer.share, secret))
        return WHY_KEY_EXCHANGE;
    if (!keep(t->engine, &mix->secrets[++mix->now.done],
              (struct ike_bytes){.at = secret, .len = group->secret_len}))
        return WHY_SA_TABLE_FULL;
    if (mix->now.done < mix->count)
        return go_on(t, mix);
    if ((why = recall(t, mix)) != WHY_OK)
        return why;
    return t->task->kind == TASK_REKEY_IKE ? ike_rekey_finish_ours(t) : ike_child_finish_ours(t);
}

/* ---- the responder ---- */

enum ike_why ike_followup_await(struct ike_turn *turn, const struct ike_choice *choice,
                                const struct ike_create_secrets *secrets,
                                const struct ike_followup_of *of)
{
    struct ike_task *const task = ike_task_add(turn, TASK_FOLLOWUP, 0, turn->now_ns + PATIENCE_NS);
    if (task == NULL || !ike_turn_add_setup(turn, &task->setup))
        return WHY_SA_TABLE_FULL;
    struct ike_setup *const setup = ike_setup_at(turn->engine, task->setup);
    assert(secrets->nonce_r.len == sizeof setup->nonce);
    memcpy(setup->nonce, secrets->nonce_r.at, sizeof setup->nonce);
    if (begin(turn, setup, choice, secrets) == NULL)
        return WHY_SA_TABLE_FULL;
    task->child = of->child;
    task->fresh = of->fresh;
    task->id = turn->in.head.id; /* what the link says */
    return WHY_OK;
}

void ike_followup_put_link(struct ike_turn *turn)
{
    uint8_t room[4];
    struct ike_writer w = wr_open(room, sizeof room);
    put_u32(&w, turn->in.head.id);
    ike_put_status(&turn->out, &turn->link, N_ADDITIONAL_KEY_EXCHANGE, wr_done(&w));
}

/* Nothing came in time. */
enum ike_why ike_ask_followup(struct ike_turn *turn)
{
    (void)turn;
    return WHY_STATE_NOT_FOUND;
}

static struct ike_task *linked(const struct ike_turn *t)
{
    const struct ike_notify *const notify = ike_message_notify(&t->in, N_ADDITIONAL_KEY_EXCHANGE);
    if (notify == NULL)
        return NULL;
    struct ike_reader r = rd_open(notify->data);
    const uint32_t link = rd_u32(&r);
    const bool good = !r.bad && r.left == 0;
    for (uint32_t place = t->sa->task; good && place != 0;) {
        struct ike_task *const task = ike_task_at(t->engine, place);
        if (task->kind == TASK_FOLLOWUP && task->id == link)
            return task;
        place = task->next;
    }
    return NULL;
}

/* The last one has come: what CREATE_CHILD_SA asked for is made. */
static enum ike_why finish(struct ike_turn *t, const struct ike_task *task)
{
    const enum ike_why why = recall(t, mix_of(t->engine, task));
    assert(why == WHY_OK); /* it was read when it came */
    (void)why;
    t->task_spent = ike_task_place(t->engine, task);
    return task->fresh != 0 ? ike_rekey_finish(t, task) : ike_child_finish(t, task);
}

static enum ike_why followup_request(struct ike_turn *t)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    struct ike_task *const task = linked(t);
    struct ike_ke peer;
    if (task == NULL)
        return WHY_STATE_NOT_FOUND;
    struct ike_mix *const mix = mix_of(t->engine, task);
    ike_mix_begin(mix, t->in.head.id);
    const struct ike_algo *const group = group_of(mix);
    uint8_t *const share = ike_turn_scratch(t, group->answer_len);
    uint8_t *const secret = ike_turn_scratch(t, group->secret_len);
    enum ike_why why = ike_mix_parse_ke(t, group, &peer);
    if (why != WHY_OK)
        return why;
    if (!crypto->ops->kex_answer(crypto, group, peer.share, share, secret))
        return WHY_KEY_EXCHANGE;
    if (!keep(t->engine, &mix->secrets[++mix->now.done],
              (struct ike_bytes){.at = secret, .len = group->secret_len}))
        return WHY_SA_TABLE_FULL;
    const bool last = mix->now.done == mix->count;
    if (last && (why = finish(t, task)) != WHY_OK)
        return why;
    ike_turn_answer(t);
    ike_put_ke(&t->out, &t->link, group->id,
               (struct ike_bytes){.at = share, .len = group->answer_len});
    if (last)
        return WHY_OK;
    t->task = task;
    t->task_before = *task;
    task->id = t->in.head.id;
    task->at_ns = t->now_ns + PATIENCE_NS;
    ike_followup_put_link(t);
    return WHY_OK;
}

static enum ike_why followup_too_late(struct ike_turn *t)
{
    (void)t;
    return WHY_STATE_NOT_FOUND;
}

/* clang-format off */
#define MUST_FOLLOW (P(PAYLOAD_KE) | P(PAYLOAD_NOTIFY))
const struct ike_rule ike_followup_rules[] = {
    /* exchange         from      state          must                may             run                 then */
    { IKE_FOLLOWUP_KE,  REQUEST,  S_ESTABLISHED, MUST_FOLLOW,        0,              followup_request,   S_ESTABLISHED, "followup_request"   },
    { IKE_FOLLOWUP_KE,  RESPONSE, S_ESTABLISHED, P(PAYLOAD_KE),      0,              followup_response,  S_ESTABLISHED, "followup_response"  },
    { IKE_FOLLOWUP_KE,  RESPONSE, S_ESTABLISHED, P(PAYLOAD_NOTIFY),  0,              ike_create_refused, S_ESTABLISHED, "ike_create_refused" },
    { IKE_FOLLOWUP_KE,  REQUEST,  S_DELETING,    0,                  P(PAYLOAD_KE),  followup_too_late,  S_DELETING,    "followup_too_late"  },
    { IKE_FOLLOWUP_KE,  REQUEST,  S_REPLACED,    0,                  P(PAYLOAD_KE),  followup_too_late,  S_REPLACED,    "followup_too_late"  },
    { IKE_FOLLOWUP_KE,  REQUEST,  S_REDUNDANT,   0,                  P(PAYLOAD_KE),  followup_too_late,  S_REDUNDANT,   "followup_too_late"  },
};
/* clang-format on */
const size_t ike_followup_rule_count = sizeof ike_followup_rules / sizeof ike_followup_rules[0];
