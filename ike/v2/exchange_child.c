/* SPDX-License-Identifier: MIT
 * CREATE_CHILD_SA for Child SAs, both roles: a new one, or one that replaces
 * another (RFC 7296 1.3.1, 1.3.3, 2.8.1):
 *
 *     HDR, SK {[N(REKEY_SA),] SA, Ni,
 *         [KEi,] TSi, TSr}           -->
 *                                   <--   HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 *                              or   <--   HDR, SK {N(NO_ADDITIONAL_SAS)}, …
 */
#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/collision.h"
#include "ike/v2/create.h"
#include "ike/v2/followup.h"
#include "ike/v2/rate.h"
#include "ike/v2/rules.h"

#include <assert.h>

/* ---- the initiator ---- */

static uint8_t first_group(const struct ike_turn *t)
{
    const struct ike_child_policy *const policy = &t->sa->policy->child[t->task->policy];
    return t->task->group != 0 ? t->task->group
                               : ike_offers_first(policy->esp, policy->esp_count, TRANSFORM_KE);
}

static enum ike_why ask(struct ike_turn *t, uint32_t rekeyed_spi)
{
    struct ike_task *const task = t->task;
    if (ike_followup_is_next(t->engine, task))
        return ike_followup_next(t);
    enum ike_why why = ike_create_offer(t, first_group(t));
    if (why != WHY_OK)
        return why;
    if ((why = ike_child_begin(t, task->policy, &task->child)) != WHY_OK)
        return why;
    ike_turn_ask(t, CREATE_CHILD_SA);
    if (rekeyed_spi != 0)
        ike_put_child_notify(&t->out, &t->link, N_REKEY_SA, rekeyed_spi);
    ike_child_put_offers(t, task->child, false);
    ike_create_put_offer(t);
    ike_child_put_wanted(t, task->child, ike_setup_at(t->engine, task->setup));
    return WHY_OK;
}

enum ike_why ike_ask_new_child(struct ike_turn *turn)
{
    return ask(turn, 0);
}

enum ike_why ike_ask_rekey_child(struct ike_turn *turn)
{
    const uint32_t place = ike_child_find(turn->engine, turn->sa, turn->task->spi, true);
    if (place == 0)
        return WHY_CHILD_NOT_FOUND;
    const struct ike_child *const old = ike_child_at(turn->engine, place);
    if (old->fate != WHY_OK)
        return old->fate; /* the peer was faster */
    turn->task->policy = old->policy;
    return ask(turn, old->spi_in);
}

/* Two Child SAs have come of crossing rekeys, or one of ours alone: one of them is to go, and the
 * one they replace (RFC 7296 2.8.1). Who initiated what stays deletes the old one. */
static void settle(struct ike_turn *t, struct ike_child *made, bool lost)
{
    const struct ike_task *const task = t->task;
    const uint32_t old = ike_child_find(t->engine, t->sa, task->spi, true);
    const uint32_t rival = ike_child_find(t->engine, t->sa, (uint32_t)task->rival, true);
    if (old != 0)
        ike_child_at(t->engine, old)->fate = WHY_REKEYED;
    if (lost) {
        made->fate = WHY_REDUNDANT;
        (void)ike_task_add(t, TASK_DELETE_CHILD, made->spi_in, t->now_ns);
        return;
    }
    if (task->rival != 0 && rival != 0)
        ike_child_at(t->engine, rival)->fate = WHY_REDUNDANT;
    if (old != 0)
        (void)ike_task_add(t, TASK_DELETE_CHILD, task->spi, t->now_ns);
}

static enum ike_why make_ours(struct ike_turn *t, struct ike_child_deal *deal,
                              const struct ike_create_secrets *secrets)
{
    struct ike_task *const task = t->task;
    const struct ike_child_seed seed = {.secret = secrets->secret,
                                        .nonce_i = secrets->nonce_i,
                                        .nonce_r = secrets->nonce_r,
                                        .more = secrets->more};
    deal->replaces = task->kind == TASK_REKEY_CHILD ? task->spi : 0;
    const enum ike_why why = ike_child_make(t, task->child, deal, &seed, true);
    if (why != WHY_OK)
        return why;
    const uint32_t place = task->child;
    struct ike_child *const made = ike_child_at(t->engine, place);
    task->child = 0;
    ike_task_done(t);
    if (task->kind == TASK_REKEY_CHILD)
        settle(t, made,
               task->rival != 0 && ike_collision_lost(t, secrets->nonce_i, secrets->nonce_r));
    if (task->gone_spi == made->spi_out)
        ike_child_end(t, place, WHY_PEER_DELETED);
    return WHY_OK;
}

static enum ike_why child_response(struct ike_turn *t)
{
    const struct ike_task *const task = t->task;
    struct ike_child_deal deal = {.no_ke = false};
    struct ike_create_secrets secrets;
    enum ike_why why;

    if (task->kind != TASK_NEW_CHILD && task->kind != TASK_REKEY_CHILD)
        return WHY_UNEXPECTED_PAYLOAD;
    const struct ike_setup *const setup = ike_setup_at(t->engine, task->setup);
    if ((why = ike_child_accept(t, task->child, setup, &deal)) != WHY_OK)
        return why;
    if ((why = ike_create_accept(t, deal.choice.suite.ke, &secrets)) != WHY_OK)
        return why;
    return ike_mix_is_wanted(&deal.choice) ? ike_followup_begin(t, &deal.choice, &secrets)
                                           : make_ours(t, &deal, &secrets);
}

enum ike_why ike_child_finish_ours(struct ike_turn *turn)
{
    const struct ike_task *const task = turn->task;
    const struct ike_setup *const setup = ike_setup_at(turn->engine, task->setup);
    struct ike_child_deal deal = {.no_ke = false};
    struct ike_create_secrets secrets;
    enum ike_why why = ike_child_accept(turn, task->child, setup, &deal);
    if (why == WHY_OK)
        why = ike_followup_secrets(turn, task, &secrets);
    return why == WHY_OK ? make_ours(turn, &deal, &secrets) : why;
}

/* ---- the responder ---- */

/* The peer may speak of a Child SA it has made for us, whose answer is late. */
static bool answer_is_awaited(const struct ike_turn *t)
{
    for (uint32_t place = t->sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(t->engine, place);
        if (task->child != 0 && task->sends > 0)
            return true;
        place = task->next;
    }
    return false;
}

/* RFC 7296 1.3.3: by the SPI the peer receives on, which is the one we send to. */
static enum ike_why find_rekeyed(struct ike_turn *t, const struct ike_notify *notify,
                                 uint32_t *place)
{
    struct ike_reader r = rd_open(notify->spi);
    const uint32_t spi = rd_u32(&r);
    if (r.bad || r.left != 0)
        return WHY_SYNTAX;
    *place = notify->protocol == PROTOCOL_ESP ? ike_child_find(t->engine, t->sa, spi, false) : 0;
    if (*place != 0)
        return WHY_OK;
    return answer_is_awaited(t) ? WHY_TEMPORARY_FAILURE : WHY_CHILD_NOT_FOUND;
}

static enum ike_why check_count(const struct ike_turn *t)
{
    uint32_t count = 0;
    for (uint32_t place = t->sa->child; place != 0; place = ike_child_at(t->engine, place)->next)
        count++;
    const uint16_t most = t->sa->policy->children_max;
    return most != 0 && count >= most ? WHY_CHILDREN_LIMIT : WHY_OK;
}

/* What is asked for, and whether it may be now. */
static enum ike_why look(struct ike_turn *t, uint32_t *old)
{
    const struct ike_notify *const rekey = ike_message_notify(&t->in, N_REKEY_SA);
    enum ike_why why;
    *old = 0;
    if (rekey == NULL) {
        why = check_count(t);
        return why != WHY_OK ? why : ike_collision_judge(t, ASKS_NEW_CHILD, 0);
    }
    if ((why = find_rekeyed(t, rekey, old)) != WHY_OK)
        return why;
    why = ike_collision_judge(t, ASKS_REKEY_CHILD, ike_child_at(t->engine, *old)->spi_in);
    return why != WHY_OK ? why : ike_rate_take(t);
}

/* The old one's replacement is made; when we are rekeying it too, it is not known yet which one
 * stays. */
static enum ike_why note_rekeyed(struct ike_turn *t, uint32_t old, uint32_t made,
                                 const struct ike_create_secrets *secrets)
{
    bool crossing;
    struct ike_child *const child = ike_child_at(t->engine, old);
    const struct ike_rival rival = {.number = ike_child_at(t->engine, made)->spi_in,
                                    .nonce = ike_nonce_lower(secrets->nonce_i, secrets->nonce_r)};
    const enum ike_why why =
        ike_collision_note(t, TASK_REKEY_CHILD, child->spi_in, &rival, &crossing);
    if (!crossing) {
        t->child_doomed = old;
        child->fate = WHY_REKEYED;
    }
    return why;
}

/* Of the responder's side: which one is asked for, of what policy, and what stands for it. */
struct asked {
    uint32_t old; /* place of the one rekeyed; 0: none */
    uint32_t place;
    struct ike_child_deal deal;
};

static enum ike_why judge(struct ike_turn *t, struct asked *asked)
{
    const uint32_t old = asked->old;
    const uint8_t only = old != 0 ? ike_child_at(t->engine, old)->policy : IKE_CHILD_POLICIES_MAX;
    asked->deal.replaces = old != 0 ? ike_child_at(t->engine, old)->spi_in : 0;
    return ike_child_judge(t, only, &asked->deal);
}

static enum ike_why make_theirs(struct ike_turn *t, struct asked *asked,
                                const struct ike_create_secrets *secrets)
{
    const uint32_t old = asked->old;
    const struct ike_child_seed seed = {.secret = secrets->secret,
                                        .nonce_i = secrets->nonce_i,
                                        .nonce_r = secrets->nonce_r,
                                        .more = secrets->more};
    const enum ike_why why = ike_child_make(t, asked->place, &asked->deal, &seed, false);
    if (why != WHY_OK || old == 0)
        return why;
    return note_rekeyed(t, old, asked->place, secrets);
}

/* More key exchanges are awaited first; when we rekey it too, the nonces decide already. */
static enum ike_why await_more(struct ike_turn *t, const struct asked *asked,
                               const struct ike_create_secrets *secrets)
{
    const struct ike_followup_of of = {.child = asked->place};
    const struct ike_rival rival = {.number = ike_child_at(t->engine, asked->place)->spi_in,
                                    .nonce = ike_nonce_lower(secrets->nonce_i, secrets->nonce_r)};
    bool crossing;
    const enum ike_why why = ike_followup_await(t, &asked->deal.choice, secrets, &of);
    if (why != WHY_OK || asked->old == 0)
        return why;
    return ike_collision_note(t, TASK_REKEY_CHILD, ike_child_at(t->engine, asked->old)->spi_in,
                              &rival, &crossing);
}

static enum ike_why child_request(struct ike_turn *t)
{
    struct asked asked = {.old = 0};
    struct ike_create_secrets secrets;
    enum ike_why why;

    if ((why = look(t, &asked.old)) != WHY_OK)
        return why;
    if ((why = judge(t, &asked)) != WHY_OK)
        return why;
    const uint8_t group = asked.deal.choice.suite.ke;
    const bool more = ike_mix_is_wanted(&asked.deal.choice);
    if ((why = ike_create_look(t, group, &secrets)) != WHY_OK)
        return why;

    if ((why = ike_child_begin(t, asked.deal.policy, &asked.place)) != WHY_OK)
        return why;
    if ((why = ike_create_spend(t, group, &secrets)) != WHY_OK)
        return why;
    why = more ? await_more(t, &asked, &secrets) : make_theirs(t, &asked, &secrets);
    if (why != WHY_OK)
        return why;

    ike_turn_answer(t);
    ike_child_put_choice(t, asked.place, &asked.deal);
    ike_create_put_answer(t, group, &secrets);
    ike_child_put_selectors(t, &asked.deal);
    if (more)
        ike_followup_put_link(t);
    return WHY_OK;
}

enum ike_why ike_child_finish(struct ike_turn *turn, const struct ike_task *task)
{
    const struct ike_notify *const rekey = ike_message_notify(&turn->in, N_REKEY_SA);
    struct asked asked = {.place = task->child};
    struct ike_create_secrets secrets;
    enum ike_why why = rekey != NULL ? find_rekeyed(turn, rekey, &asked.old) : WHY_OK;
    if (why == WHY_OK)
        why = judge(turn, &asked);
    if (why == WHY_OK)
        why = ike_followup_secrets(turn, task, &secrets);
    if (why != WHY_OK)
        return why;
    turn->child_reserved = task->child;
    return make_theirs(turn, &asked, &secrets);
}

/* ---- what the owner asks for ---- */

bool ike_rekey_child(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t child_spi)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found == NULL || found->state != S_ESTABLISHED ||
        ike_child_find(engine, found, child_spi, true) == 0)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    const bool added = ike_task_want(turn, TASK_REKEY_CHILD, child_spi) != NULL;
    (void)ike_turn_end(turn, WHY_OK);
    return added;
}

bool ike_child_want(struct ike_turn *turn, uint8_t policy, const struct ike_packet *packet,
                    bool alone)
{
    struct ike_task *const task = ike_task_add(turn, TASK_NEW_CHILD, 0, turn->now_ns);
    if (task == NULL || !ike_turn_add_setup(turn, &task->setup))
        return false;
    struct ike_setup *const setup = ike_setup_at(turn->engine, task->setup);
    task->policy = policy;
    setup->has_trigger = packet != NULL;
    setup->alone = alone;
    if (packet != NULL)
        setup->trigger = *packet;
    return true;
}

bool ike_create_child(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint8_t policy,
                      const struct ike_packet *trigger)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found == NULL || found->state != S_ESTABLISHED || policy >= found->policy->child_count)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    const bool good = ike_child_want(turn, policy, trigger, false);
    return ike_turn_end(turn, good ? WHY_OK : WHY_SA_TABLE_FULL) == WHY_OK;
}

/* clang-format off */
#define MUST_CHILD (P(PAYLOAD_SA) | P(PAYLOAD_NONCE) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define MAY_CREATE (P(PAYLOAD_KE) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define MUST_ANY   (P(PAYLOAD_SA) | P(PAYLOAD_NONCE))
const struct ike_rule ike_child_rules[] = {
    /* exchange         from      state          must be there      may be there   run                  then           */
    { CREATE_CHILD_SA,  REQUEST,  S_ESTABLISHED, MUST_CHILD,        P(PAYLOAD_KE), child_request,       S_ESTABLISHED, "child_request"    },
    { CREATE_CHILD_SA,  RESPONSE, S_ESTABLISHED, MUST_CHILD,        P(PAYLOAD_KE), child_response,      S_ESTABLISHED, "child_response"   },
    { CREATE_CHILD_SA,  RESPONSE, S_ESTABLISHED, P(PAYLOAD_NOTIFY), 0,             ike_create_refused,  S_ESTABLISHED, "ike_create_refused" },
    { CREATE_CHILD_SA,  REQUEST,  S_DELETING,    MUST_ANY,          MAY_CREATE,    ike_create_too_late, S_DELETING,    "ike_create_too_late" },
    { CREATE_CHILD_SA,  REQUEST,  S_REPLACED,    MUST_ANY,          MAY_CREATE,    ike_create_too_late, S_REPLACED,    "ike_create_too_late" },
    { CREATE_CHILD_SA,  REQUEST,  S_REDUNDANT,   MUST_ANY,          MAY_CREATE,    ike_create_too_late, S_REDUNDANT,   "ike_create_too_late" },
    { CREATE_CHILD_SA,  RESPONSE, S_REPLACED,    P(PAYLOAD_NOTIFY), 0,             ike_create_refused,  S_REPLACED,    "ike_create_refused" },
};
/* clang-format on */
const size_t ike_child_rule_count = sizeof ike_child_rules / sizeof ike_child_rules[0];
