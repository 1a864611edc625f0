/* SPDX-License-Identifier: MIT
 * The common part of CREATE_CHILD_SA exchanges. */
#include "ike/v2/create.h"

#include "ike/engine.h"
#include "ike/v2/child.h"

#include <assert.h>
#include <string.h>

/* ---- key exchange and nonces ---- */

enum ike_why ike_create_offer(struct ike_turn *turn, uint8_t group)
{
    struct ike_crypto *const crypto = turn->engine->crypto;
    struct ike_task *const task = turn->task;
    if (task->setup == 0 && !ike_turn_add_setup(turn, &task->setup))
        return WHY_SA_TABLE_FULL;
    struct ike_setup *const setup = ike_setup_at(turn->engine, task->setup);
    crypto->ops->random(crypto, setup->nonce, sizeof setup->nonce);
    setup->group = group;
    if (group == 0)
        return WHY_OK;
    if (!crypto->ops->kex_begin(crypto, &ike_algos[group], &setup->kex, setup->share))
        return WHY_KEY_EXCHANGE;
    setup->has_kex = true;
    return WHY_OK;
}

void ike_create_put_offer(struct ike_turn *turn)
{
    const struct ike_setup *const setup = ike_setup_at(turn->engine, turn->task->setup);
    const struct ike_algo *const group = &ike_algos[setup->group];
    ike_put_nonce(&turn->out, &turn->link,
                  (struct ike_bytes){.at = setup->nonce, .len = sizeof setup->nonce});
    if (setup->has_kex)
        ike_put_ke(&turn->out, &turn->link, group->id,
                   (struct ike_bytes){.at = setup->share, .len = group->share_len});
}

enum ike_why ike_create_look(struct ike_turn *turn, uint8_t group, struct ike_create_secrets *out)
{
    struct ike_ke peer;
    enum ike_why why;
    *out = (struct ike_create_secrets){0};
    why = ike_nonce_parse(ike_message_body(&turn->in, PAYLOAD_NONCE), &out->nonce_i);
    if (why != WHY_OK || group == 0)
        return why;
    turn->wanted_group = ike_algos[group].id;
    if ((turn->in.there & P(PAYLOAD_KE)) == 0)
        return WHY_WRONG_GROUP; /* RFC 7296 1.3: the group chosen wants a value */
    if ((why = ike_ke_parse(ike_message_body(&turn->in, PAYLOAD_KE), &peer)) != WHY_OK)
        return why;
    return peer.group == ike_algos[group].id ? WHY_OK : WHY_WRONG_GROUP;
}

enum ike_why ike_create_spend(struct ike_turn *turn, uint8_t group, struct ike_create_secrets *out)
{
    struct ike_crypto *const crypto = turn->engine->crypto;
    uint8_t *const nonce = ike_turn_scratch(turn, IKE_NONCE_OURS);
    crypto->ops->random(crypto, nonce, IKE_NONCE_OURS);
    out->nonce_r = (struct ike_bytes){.at = nonce, .len = IKE_NONCE_OURS};
    if (group == 0)
        return WHY_OK;
    const struct ike_algo *const algo = &ike_algos[group];
    uint8_t *const share = ike_turn_scratch(turn, algo->answer_len);
    uint8_t *const secret = ike_turn_scratch(turn, algo->secret_len);
    struct ike_ke peer;
    const enum ike_why why = ike_ke_parse(ike_message_body(&turn->in, PAYLOAD_KE), &peer);
    assert(why == WHY_OK); /* who looked has parsed it */
    (void)why;
    if (!ike_reuse_answer(turn, group, peer.share, share, secret))
        return WHY_KEY_EXCHANGE;
    out->share = (struct ike_bytes){.at = share, .len = algo->answer_len};
    out->secret = (struct ike_bytes){.at = secret, .len = algo->secret_len};
    return WHY_OK;
}

void ike_create_put_answer(struct ike_turn *turn, uint8_t group,
                           const struct ike_create_secrets *secrets)
{
    ike_put_nonce(&turn->out, &turn->link, secrets->nonce_r);
    if (group != 0)
        ike_put_ke(&turn->out, &turn->link, ike_algos[group].id, secrets->share);
}

enum ike_why ike_create_accept(struct ike_turn *turn, uint8_t group, struct ike_create_secrets *out)
{
    struct ike_crypto *const crypto = turn->engine->crypto;
    struct ike_setup *const setup = ike_setup_at(turn->engine, turn->task->setup);
    const struct ike_algo *const algo = &ike_algos[group];
    struct ike_ke peer;
    enum ike_why why;

    *out = (struct ike_create_secrets){.nonce_i = {.at = setup->nonce, .len = sizeof setup->nonce}};
    why = ike_nonce_parse(ike_message_body(&turn->in, PAYLOAD_NONCE), &out->nonce_r);
    if (why != WHY_OK || group == 0)
        return why;
    if (group != setup->group)
        return WHY_CHOICE_NOT_OFFERED; /* RFC 7296 1.3: INVALID_KE_PAYLOAD would be right */
    if ((turn->in.there & P(PAYLOAD_KE)) == 0)
        return WHY_MISSING_PAYLOAD;
    if ((why = ike_ke_parse(ike_message_body(&turn->in, PAYLOAD_KE), &peer)) != WHY_OK)
        return why;
    if (peer.group != algo->id)
        return WHY_CHOICE_NOT_OFFERED;
    uint8_t *const secret = ike_turn_scratch(turn, algo->secret_len);
    if (!crypto->ops->kex_end(crypto, algo, &setup->kex, peer.share, secret))
        return WHY_KEY_EXCHANGE;
    out->secret = (struct ike_bytes){.at = secret, .len = algo->secret_len};
    return WHY_OK;
}

/* ---- refusals ---- */

enum { RETRY_NS_MIN = 1000000000 };

/* RFC 7296 2.25: not at once, and not in step with the peer: 1 to 3 seconds, twice as long each
 * time up to half a minute. */
static uint64_t retry_ns(struct ike_turn *t)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    const uint32_t doublings = t->task->attempts < 4 ? t->task->attempts : 4;
    uint8_t random[2];
    crypto->ops->random(crypto, random, sizeof random);
    const uint64_t draw = (uint64_t)random[0] << 8 | random[1];
    return t->now_ns + ((RETRY_NS_MIN + (2 * (uint64_t)RETRY_NS_MIN * draw >> 16)) << doublings);
}

static void tell_failed(struct ike_turn *t, uint16_t notify)
{
    const enum ike_event_kind kind =
        t->task->kind == TASK_NEW_CHILD ? IKE_CHILD_FAILED : IKE_REKEY_FAILED;
    struct ike_event event = ike_sa_event(t->sa, kind, WHY_PEER_REFUSED);
    event.notify = notify;
    event.child_spi = t->task->spi;
    ike_event_add(t->engine, &event);
}

/* RFC 7296 1.3: the group the peer would take, when we offered it and did not send it. */
static bool other_group(const struct ike_turn *t, const struct ike_notify *notify, uint8_t *row)
{
    const struct ike_setup *const setup = ike_setup_at(t->engine, t->task->setup);
    const struct ike_policy *const policy = t->sa->policy;
    const bool ike = t->task->kind == TASK_REKEY_IKE;
    const struct ike_child_policy *const child = &policy->child[t->task->policy];
    struct ike_reader r = rd_open(notify->data);
    const uint16_t wanted = rd_u16(&r);
    if (r.bad || r.left != 0 || t->task->groups >= t->engine->config.groups_max)
        return false;
    *row = ike_offers_group(ike ? policy->ike : child->esp,
                            ike ? policy->ike_count : child->esp_count, wanted);
    return *row != 0 && *row != setup->group;
}

/* RFC 7296 2.25: what we tried to rekey is gone over there. It goes here too, and another is made
 * from scratch. */
static enum ike_why child_is_gone(struct ike_turn *t)
{
    const uint32_t place = ike_child_find(t->engine, t->sa, t->task->spi, true);
    ike_task_done(t);
    if (place == 0)
        return WHY_OK;
    const uint8_t policy = ike_child_at(t->engine, place)->policy;
    ike_child_end(t, place, WHY_CHILD_NOT_FOUND);
    struct ike_task *const anew = ike_task_add(t, TASK_NEW_CHILD, 0, t->now_ns);
    if (anew != NULL)
        anew->policy = policy;
    return WHY_OK;
}

/* What the peer's rekeying is to make still waits for more key exchanges (RFC 9370 2.2.4). */
static bool rival_waits(const struct ike_turn *t)
{
    for (uint32_t place = t->sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(t->engine, place);
        const uint64_t number = task->fresh != 0 ? ike_sa_at(t->engine, task->fresh)->number : 0;
        const uint32_t spi_in = task->child != 0 ? ike_child_at(t->engine, task->child)->spi_in : 0;
        if (task->kind == TASK_FOLLOWUP && (number | spi_in) == t->task->rival)
            return true;
        place = task->next;
    }
    return false;
}

enum ike_why ike_create_yield(struct ike_turn *turn)
{
    const uint32_t old = ike_child_find(turn->engine, turn->sa, turn->task->spi, true);
    const bool made = !rival_waits(turn);
    if (made && turn->task->kind == TASK_REKEY_IKE)
        ike_turn_inherit(turn, turn->sa->number, turn->task->rival);
    else if (made && old != 0)
        ike_child_at(turn->engine, old)->fate = WHY_REKEYED;
    ike_task_done(turn);
    return WHY_OK;
}

/* RFC 7296 2.9: an SA for only the traffic that is to go out. */
static bool try_alone(struct ike_turn *t)
{
    const struct ike_setup *const setup = ike_setup_at(t->engine, t->task->setup);
    if (!setup->has_trigger || setup->alone ||
        !ike_child_want(t, t->task->policy, &setup->trigger, true))
        return false;
    ike_task_done(t);
    return true;
}

enum ike_why ike_create_refused(struct ike_turn *turn)
{
    const struct ike_task *const task = turn->task;
    const struct ike_notify *const error = ike_message_error(&turn->in);
    uint8_t group;
    if (error == NULL)
        return WHY_MISSING_PAYLOAD;
    assert(task->kind >= TASK_REKEY_IKE && task->kind <= TASK_NEW_CHILD); /* by its exchange */
    if (error->type == N_INVALID_SYNTAX) { /* RFC 7296 2.21.3: the responder has ended it */
        turn->end = WHY_PEER_REFUSED;
        turn->end_notify = error->type;
        return WHY_OK;
    }
    if (task->rival != 0)
        return ike_create_yield(turn);
    if (error->type == N_INVALID_KE_PAYLOAD && other_group(turn, error, &group))
        return ike_task_again(turn, group, turn->now_ns) ? WHY_OK : WHY_SA_TABLE_FULL;
    const bool passing = error->type == N_TEMPORARY_FAILURE || error->type == N_STATE_NOT_FOUND;
    if (passing && task->attempts < IKE_TEMPORARY_MAX)
        return ike_task_again(turn, task->group, retry_ns(turn)) ? WHY_OK : WHY_SA_TABLE_FULL;
    if (error->type == N_CHILD_SA_NOT_FOUND && task->kind == TASK_REKEY_CHILD)
        return child_is_gone(turn);
    if (error->type == N_SINGLE_PAIR_REQUIRED && task->kind == TASK_NEW_CHILD && try_alone(turn))
        return WHY_OK;
    tell_failed(turn, error->type);
    ike_task_done(turn);
    if (passing) /* RFC 7296 2.25, RFC 9370 2.2.4: after minutes, out of step */
        (void)ike_task_add(turn, TASK_DELETE, 0, turn->now_ns);
    return WHY_OK;
}

enum ike_why ike_create_too_late(struct ike_turn *turn)
{
    (void)turn;
    return WHY_TEMPORARY_FAILURE;
}
