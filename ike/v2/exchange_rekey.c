/* SPDX-License-Identifier: MIT
 * CREATE_CHILD_SA for the IKE SA itself, both roles: a new one takes over, with
 * all the Child SAs of the old one (RFC 7296 1.3.2, 2.8, 2.8.2, 2.18):
 *
 *     HDR, SK {SA, Ni, KEi}          -->
 *                                   <--   HDR, SK {SA, Nr, KEr}
 *
 * Then the one who asked deletes the old one. When both asked, three IKE SAs
 * exist for a while, and the lowest of four nonces tells which one goes.
 */
#include "ike/engine.h"
#include "ike/v2/collision.h"
#include "ike/v2/create.h"
#include "ike/v2/followup.h"
#include "ike/v2/keymat.h"
#include "ike/v2/proposal.h"
#include "ike/v2/qcd.h"
#include "ike/v2/rate.h"
#include "ike/v2/resume.h"
#include "ike/v2/rules.h"
#include "ike/v2/tcp.h"

#include <assert.h>

enum { IKE_SPI_LEN = 8 };

static struct ike_wish wish_of(const struct ike_policy *policy)
{
    return (struct ike_wish){.protocol = PROTOCOL_IKE,
                             .spi_size = IKE_SPI_LEN,
                             .offers = policy->ike,
                             .offer_count = policy->ike_count,
                             .addke = ADDKE_NEGOTIATED};
}

static struct ike_bytes spi_octets(uint64_t spi, uint8_t *room)
{
    struct ike_writer w = wr_open(room, IKE_SPI_LEN);
    put_u64(&w, spi);
    return wr_done(&w);
}

static uint64_t spi_of(const struct ike_choice *choice)
{
    struct ike_reader r = rd_open(choice->spi);
    return rd_u64(&r);
}

/* What the new one takes from the old one, but for its Child SAs, and its own keys
 * (RFC 7296 2.18). The SPIs and the suite of `fresh` are set only here. */
static enum ike_why equip(struct ike_turn *t, struct ike_sa *fresh, const struct ike_choice *choice,
                          const struct ike_create_secrets *secrets)
{
    struct ike_engine *const engine = t->engine;
    const struct ike_sa *const old = t->sa;
    struct ike_sa next = *fresh;
    *(next.initiator ? &next.spi_r : &next.spi_i) = spi_of(choice);
    next.suite = choice->suite;
    next.policy = old->policy;
    next.local = old->local;
    next.remote = old->remote;
    next.nat = old->nat;
    next.fragments = old->fragments;
    next.client = old->client;
    next.redirects = old->redirects;
    next.nobody = old->nobody;
    next.tag = old->tag;

    uint8_t *const room = ike_turn_room(t, &next.keys, ike_keys_len(&next.suite));
    if (room == NULL ||
        !ike_turn_keep(t, &next.peer_id, ike_store_view(&engine->store, old->peer_id)))
        return WHY_SA_TABLE_FULL;
    const struct ike_keymat_input input = {.old_prf = &ike_algos[old->suite.prf],
                                           .old_sk_d = t->keys.sk_d,
                                           .secret = secrets->secret,
                                           .nonce_i = secrets->nonce_i,
                                           .nonce_r = secrets->nonce_r,
                                           .more = secrets->more,
                                           .spi_i = next.spi_i,
                                           .spi_r = next.spi_r};
    ike_keys_derive(engine->crypto, &next.suite, &input, room);
    if (old->tcp && !ike_tcp_inherit(t, &next))
        return WHY_SA_TABLE_FULL;
    *fresh = next;
    if (engine->config.tell_keys) {
        const struct ike_event keyed = ike_sa_event(fresh, IKE_KEYED, WHY_OK);
        ike_event_add(engine, &keyed);
    }
    return WHY_OK;
}

/* ---- the initiator ---- */

enum ike_why ike_ask_rekey_ike(struct ike_turn *turn)
{
    const struct ike_policy *const policy = turn->sa->policy;
    const struct ike_wish wish = wish_of(policy);
    const uint8_t group = turn->task->group != 0
                              ? turn->task->group
                              : ike_offers_first(policy->ike, policy->ike_count, TRANSFORM_KE);
    uint8_t spi[IKE_SPI_LEN];
    if (ike_followup_is_next(turn->engine, turn->task))
        return ike_followup_next(turn);
    struct ike_sa *const fresh = ike_turn_add_fresh(turn, true);
    if (fresh == NULL)
        return WHY_SA_TABLE_FULL;
    const enum ike_why why = ike_create_offer(turn, group);
    if (why != WHY_OK)
        return why;
    turn->task->fresh = ike_sa_place(fresh);
    ike_turn_ask(turn, CREATE_CHILD_SA);
    ike_put_offers(&turn->out, &turn->link, &wish, spi_octets(fresh->spi_i, spi));
    ike_create_put_offer(turn);
    ike_resume_put_rekey(turn);
    return WHY_OK;
}

/* Ours is made. Alone, or with the higher nonces, it takes over, and we delete the old one; else,
 * or when the old one has been replaced meanwhile, it is ours to delete (RFC 7296 2.8.2). */
static void settle(struct ike_turn *t, struct ike_sa *fresh, bool lost)
{
    struct ike_sa *rival = t->task->rival != 0 ? ike_sa_numbered(t->engine, t->task->rival) : NULL;
    if (rival != NULL && rival->state == S_FRESH)
        rival = NULL; /* more key exchanges are awaited for it, and will not come */
    t->task->fresh = 0;
    if ((rival != NULL && lost) || t->sa->state == S_REPLACED) {
        fresh->state = S_REDUNDANT;
        (void)ike_task_put(t->engine, fresh, TASK_DELETE, t->now_ns);
        t->stirred = fresh->number;
        if (rival != NULL)
            ike_turn_inherit(t, t->sa->number, rival->number);
        return;
    }
    if (rival != NULL)
        rival->state = S_REDUNDANT; /* its maker deletes it */
    ike_turn_inherit(t, t->sa->number, fresh->number);
    t->delete_old = true;
    if (t->engine->config.qcd_secret != NULL) /* RFC 6290 4.3 */
        (void)ike_task_put(t->engine, fresh, TASK_TOKEN, t->now_ns);
}

static enum ike_why make_ours(struct ike_turn *t, const struct ike_choice *choice,
                              const struct ike_create_secrets *secrets)
{
    struct ike_sa *const fresh = ike_sa_at(t->engine, t->task->fresh);
    const enum ike_why why = equip(t, fresh, choice, secrets);
    if (why != WHY_OK)
        return why;
    ike_task_done(t);
    settle(t, fresh, ike_collision_lost(t, secrets->nonce_i, secrets->nonce_r));
    return t->heir == fresh->number ? ike_resume_hear(t, fresh) : WHY_OK;
}

static enum ike_why rekey_response(struct ike_turn *t)
{
    const struct ike_task *const task = t->task;
    const struct ike_wish wish = wish_of(t->sa->policy);
    struct ike_create_secrets secrets;
    struct ike_choice choice;
    enum ike_why why;

    if (task->kind != TASK_REKEY_IKE)
        return WHY_UNEXPECTED_PAYLOAD;
    if ((why = ike_proposal_accept(ike_message_body(&t->in, PAYLOAD_SA), &wish, &choice)) != WHY_OK)
        return why;
    if (spi_of(&choice) == 0)
        return WHY_SPI_ZERO;
    if ((why = ike_create_accept(t, choice.suite.ke, &secrets)) != WHY_OK)
        return why;
    return ike_mix_is_wanted(&choice) ? ike_followup_begin(t, &choice, &secrets)
                                      : make_ours(t, &choice, &secrets);
}

enum ike_why ike_rekey_finish_ours(struct ike_turn *turn)
{
    const struct ike_wish wish = wish_of(turn->sa->policy);
    struct ike_create_secrets secrets;
    struct ike_choice choice;
    enum ike_why why = ike_proposal_accept(ike_message_body(&turn->in, PAYLOAD_SA), &wish, &choice);
    if (why == WHY_OK)
        why = ike_followup_secrets(turn, turn->task, &secrets);
    return why == WHY_OK ? make_ours(turn, &choice, &secrets) : why;
}

/* ---- the responder ---- */

/* What the peer's rekeying comes to; when we are rekeying it too, it is not known yet which one
 * stays. */
static enum ike_why make_theirs(struct ike_turn *t, struct ike_sa *fresh,
                                const struct ike_choice *choice,
                                const struct ike_create_secrets *secrets)
{
    bool crossing;
    enum ike_why why = equip(t, fresh, choice, secrets);
    if (why != WHY_OK)
        return why;
    const struct ike_rival rival = {.number = fresh->number,
                                    .nonce = ike_nonce_lower(secrets->nonce_i, secrets->nonce_r)};
    if ((why = ike_collision_note(t, TASK_REKEY_IKE, 0, &rival, &crossing)) != WHY_OK)
        return why;
    if (crossing)
        fresh->state = S_RIVAL;
    else
        ike_turn_inherit(t, t->sa->number, fresh->number);
    return WHY_OK;
}

/* More key exchanges are awaited first; when we rekey it too, the nonces decide already. */
static enum ike_why await_more(struct ike_turn *t, const struct ike_sa *fresh,
                               const struct ike_choice *choice,
                               const struct ike_create_secrets *secrets)
{
    const struct ike_followup_of of = {.fresh = ike_sa_place(fresh)};
    const struct ike_rival rival = {.number = fresh->number,
                                    .nonce = ike_nonce_lower(secrets->nonce_i, secrets->nonce_r)};
    bool crossing;
    const enum ike_why why = ike_followup_await(t, choice, secrets, &of);
    return why != WHY_OK ? why : ike_collision_note(t, TASK_REKEY_IKE, 0, &rival, &crossing);
}

static enum ike_why look(struct ike_turn *t, struct ike_choice *choice)
{
    const struct ike_wish wish = wish_of(t->sa->policy);
    const enum ike_why why =
        ike_proposal_choose(ike_message_body(&t->in, PAYLOAD_SA), &wish, choice);
    if (why != WHY_OK)
        return why;
    return spi_of(choice) == 0 ? WHY_SYNTAX : WHY_OK;
}

static enum ike_why rekey_request(struct ike_turn *t)
{
    const struct ike_wish wish = wish_of(t->sa->policy);
    struct ike_create_secrets secrets;
    struct ike_choice choice;
    uint8_t spi[IKE_SPI_LEN];
    enum ike_why why;

    if ((why = ike_collision_judge(t, ASKS_REKEY_IKE, 0)) != WHY_OK)
        return why;
    if ((why = ike_rate_take(t)) != WHY_OK)
        return why;
    if ((why = look(t, &choice)) != WHY_OK)
        return why;
    if ((why = ike_create_look(t, choice.suite.ke, &secrets)) != WHY_OK)
        return why;

    const bool more = ike_mix_is_wanted(&choice);
    struct ike_sa *const fresh = ike_turn_add_fresh(t, false);
    if (fresh == NULL)
        return WHY_SA_TABLE_FULL;
    if ((why = ike_create_spend(t, choice.suite.ke, &secrets)) != WHY_OK)
        return why;
    why = more ? await_more(t, fresh, &choice, &secrets) : make_theirs(t, fresh, &choice, &secrets);
    if (why != WHY_OK)
        return why;

    ike_turn_answer(t);
    ike_put_choice(&t->out, &t->link, &wish, &choice, spi_octets(fresh->spi_r, spi));
    ike_create_put_answer(t, choice.suite.ke, &secrets);
    ike_resume_answer(t, fresh, t->heir != fresh->number);
    if (more)
        ike_followup_put_link(t);
    else
        ike_qcd_put(t, fresh);
    return WHY_OK;
}

enum ike_why ike_rekey_finish(struct ike_turn *turn, const struct ike_task *task)
{
    struct ike_create_secrets secrets;
    struct ike_choice choice;
    enum ike_why why = look(turn, &choice);
    if (why == WHY_OK)
        why = ike_followup_secrets(turn, task, &secrets);
    if (why != WHY_OK)
        return why;
    turn->fresh_reserved = task->fresh;
    return make_theirs(turn, ike_sa_at(turn->engine, task->fresh), &choice, &secrets);
}

bool ike_rekey(struct ike_engine *engine, uint64_t now_ns, uint64_t sa)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found == NULL || found->state != S_ESTABLISHED)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    const bool added = ike_task_want(turn, TASK_REKEY_IKE, 0) != NULL;
    (void)ike_turn_end(turn, WHY_OK);
    return added;
}

/* clang-format off */
#define MUST_REKEY (P(PAYLOAD_SA) | P(PAYLOAD_NONCE) | P(PAYLOAD_KE))
const struct ike_rule ike_rekey_rules[] = {
    /* exchange         from      state          must be there  may  run              then           */
    { CREATE_CHILD_SA,  REQUEST,  S_ESTABLISHED, MUST_REKEY,    0,   rekey_request,   S_ESTABLISHED, "rekey_request"  },
    { CREATE_CHILD_SA,  RESPONSE, S_ESTABLISHED, MUST_REKEY,    0,   rekey_response,  S_ESTABLISHED, "rekey_response" },
    { CREATE_CHILD_SA,  RESPONSE, S_REPLACED,    MUST_REKEY,    0,   rekey_response,  S_REPLACED,    "rekey_response" },
};
/* clang-format on */
const size_t ike_rekey_rule_count = sizeof ike_rekey_rules / sizeof ike_rekey_rules[0];
