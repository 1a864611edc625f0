/* SPDX-License-Identifier: MIT
 * IKE_SA_INIT, both roles (RFC 7296 1.2, 2.6, 2.7, 2.10, 2.14):
 *
 *     HDR(A,0), SAi1, KEi, Ni        -->
 *                                   <--   HDR(A,B), SAr1, KEr, Nr
 *
 * and its refusals, each answered by asking again (RFC 7296 2.6.1):
 *
 *                                   <--   HDR(A,0), N(COOKIE)
 *                                   <--   HDR(A,0), N(INVALID_KE_PAYLOAD)
 */
#include "ike/v2/exchange_init.h"

#include "ike/engine.h"
#include "ike/v2/exchange_auth.h"
#include "ike/v2/fragment.h"
#include "ike/v2/intermediate.h"
#include "ike/v2/keymat.h"
#include "ike/v2/late.h"
#include "ike/v2/mobike.h"
#include "ike/v2/nat.h"
#include "ike/v2/payload.h"
#include "ike/v2/ppk.h"
#include "ike/v2/proposal.h"
#include "ike/v2/redirect.h"
#include "ike/v2/resume.h"
#include "ike/v2/rounds.h"
#include "ike/v2/rules.h"
#include "ike/v2/signature.h"
#include "ike/v2/tcp.h"
#include "ike/v2/vendor.h"
#include "ike/v2/window.h"

#include <assert.h>
#include <string.h>

static struct ike_wish wish_of(const struct ike_turn *t, const struct ike_policy *policy)
{
    return (struct ike_wish){.protocol = PROTOCOL_IKE,
                             .offers = policy->ike,
                             .offer_count = policy->ike_count,
                             .addke = ike_intermediate_use(t)};
}

/* ---- the responder ---- */

/* The first policy one of whose proposals fits; the policy itself is chosen by identity, later. */
static enum ike_why choose(struct ike_turn *t, const struct ike_policy **policy,
                           struct ike_choice *choice)
{
    const struct ike_bytes body = ike_message_body(&t->in, PAYLOAD_SA);
    enum ike_why why = WHY_NO_PROPOSAL;
    for (uint32_t i = 0; i < t->engine->config.policy_count; i++) {
        *policy = &t->engine->config.policies[i];
        const struct ike_wish wish = wish_of(t, *policy);
        why = ike_proposal_choose(body, &wish, choice);
        if (why != WHY_NO_PROPOSAL)
            break;
    }
    return why;
}

enum ike_why ike_init_check_half_open(const struct ike_turn *t)
{
    const struct ike_half_open_config *const limits = &t->engine->config.half_open;
    if (t->engine->half_open >= limits->limit)
        return WHY_HALF_OPEN_LIMIT;
    if (limits->per_address != IKE_UNLIMITED &&
        ike_half_open_of(t->engine, &t->datagram->remote) >= limits->per_address)
        return WHY_HALF_OPEN_ADDRESS;
    return WHY_OK;
}

/* What we put into the key exchange. */
struct ours {
    uint8_t *share;
    uint8_t nonce[IKE_NONCE_OURS];
};

/* Spend: a key exchange, and the keys unless these are derived later. */
static enum ike_why agree(struct ike_turn *t, const struct ike_ke *peer, struct ike_bytes nonce,
                          struct ours *ours)
{
    struct ike_sa *const sa = t->sa;
    const struct ike_algo *const group = &ike_algos[sa->suite.ke];
    struct ike_crypto *const crypto = t->engine->crypto;
    const bool late = ike_late_is_wanted(t, group);
    ours->share = ike_turn_scratch(t, group->answer_len);
    uint8_t *const secret = ike_turn_scratch(t, group->secret_len);
    enum ike_why why = WHY_OK;
    if (late)
        why = ike_late_begin(t, sa->suite.ke, peer->share, ours->share);
    else if (!ike_reuse_answer(t, sa->suite.ke, peer->share, ours->share, secret))
        why = WHY_KEY_EXCHANGE;
    if (why != WHY_OK)
        return why;
    crypto->ops->random(crypto, ours->nonce, sizeof ours->nonce);
    if (late)
        return WHY_OK;
    const struct ike_keymat_input input = {
        .secret = {.at = secret, .len = group->secret_len},
        .nonce_i = nonce,
        .nonce_r = {.at = ours->nonce, .len = sizeof ours->nonce},
        .spi_i = sa->spi_i,
        .spi_r = sa->spi_r,
    };
    if ((why = ike_intermediate_keys(t, &input)) == WHY_OK)
        t->keys = ike_sa_view_keys(t->engine, sa);
    return why;
}

/* Spend: one SA and one key exchange. Any failure from here drops the SA with the turn. */
static enum ike_why answer(struct ike_turn *t, const struct ike_choice *choice,
                           const struct ike_ke *peer, struct ike_bytes nonce)
{
    const struct ike_algo *const group = &ike_algos[choice->suite.ke];
    const struct ike_policy *const policy = t->sa->policy;
    struct ike_sa *const sa = t->sa;
    struct ours ours;
    const enum ike_why why = agree(t, peer, nonce, &ours);
    if (why != WHY_OK)
        return why;
    sa->nat = ike_nat_seen(t, policy->force_encapsulation);
    ike_keepalive_begin(t);

    ike_turn_answer(t);
    const struct ike_wish wish = wish_of(t, policy);
    ike_put_choice(&t->out, &t->link, &wish, choice, (struct ike_bytes){.at = NULL, .len = 0});
    ike_put_ke(&t->out, &t->link, group->id,
               (struct ike_bytes){.at = ours.share, .len = group->answer_len});
    ike_put_nonce(&t->out, &t->link,
                  (struct ike_bytes){.at = ours.nonce, .len = sizeof ours.nonce});
    if (!ike_mix_is_wanted(choice)) /* else keys come of IKE_INTERMEDIATE, before IKE_AUTH */
        ike_puzzle_put_auth(t);
    if (ike_message_notify(&t->in, N_NAT_DETECTION_SOURCE_IP) != NULL && !policy->mobike.no_nats)
        ike_nat_put(t, policy->force_encapsulation);
    ike_rounds_offer(t);
    ike_sign_put_init_response(t);
    ike_fragment_offer(t);
    ike_ppk_offer(t);
    ike_vendor_put(t);
    if (policy->childless) /* RFC 6023 3; 4: protocol 1 */
        ike_put_notify(
            &t->out, &t->link,
            &(struct ike_notify){.protocol = PROTOCOL_IKE, .type = N_CHILDLESS_IKEV2_SUPPORTED});
    return ike_intermediate_await(t, choice);
}

enum ike_why ike_init_add_sa(struct ike_turn *t, const struct ike_policy *policy,
                             const struct ike_suite *suite)
{
    enum ike_why why = ike_turn_add_sa(t, false);
    if (why != WHY_OK)
        return why;
    t->sa->spi_i = t->in.head.spi_i;
    t->sa->local = t->datagram->local;
    t->sa->remote = t->datagram->remote;
    t->sa->policy = policy;
    t->sa->suite = *suite;
    t->sa->request_digest = t->request_digest;
    t->sa->redirects = ike_redirect_is_understood(t);
    if ((why = ike_tcp_accept(t)) != WHY_OK) /* RFC 9329 6.1 */
        return why;
    return ike_turn_keep(t, &t->sa->init_request, t->bytes) ? WHY_OK : WHY_SA_TABLE_FULL;
}

static enum ike_why init_request(struct ike_turn *t)
{
    const struct ike_policy *policy = NULL;
    struct ike_choice choice;
    struct ike_bytes nonce;
    struct ike_ke peer;
    enum ike_why why;

    assert(t->sa == NULL); /* this request is new to us */

    /* Look without touching: nothing is stored for a peer that has not shown its address. */
    if ((why = ike_nonce_parse(ike_message_body(&t->in, PAYLOAD_NONCE), &nonce)) != WHY_OK)
        return why;
    if ((why = ike_cookie_check(t)) != WHY_OK) /* RFC 7296 2.6 */
        return why;
    if ((why = ike_redirect_check(t)) != WHY_OK) /* RFC 5685 3 */
        return why;
    if ((why = choose(t, &policy, &choice)) != WHY_OK)
        return why;
    if ((why = ike_ke_parse(ike_message_body(&t->in, PAYLOAD_KE), &peer)) != WHY_OK)
        return why;
    if (peer.group != ike_algos[choice.suite.ke].id) { /* RFC 7296 1.2: name the group we want */
        t->wanted_group = ike_algos[choice.suite.ke].id;
        return WHY_WRONG_GROUP;
    }
    if ((why = ike_init_check_half_open(t)) != WHY_OK)
        return why;

    if ((why = ike_init_add_sa(t, policy, &choice.suite)) != WHY_OK)
        return why;
    if ((why = answer(t, &choice, &peer, nonce)) != WHY_OK)
        return why;
    ike_puzzle_spend(t);
    const struct ike_event half_open = ike_sa_event(t->sa, IKE_HALF_OPEN, WHY_OK);
    ike_event_add(t->engine, &half_open);
    ike_vendor_hear(t);
    return WHY_OK;
}

/* ---- the initiator ---- */

/* What goes into the request; `share` may be of a key pair that is not the setup's yet. */
struct init_offer {
    struct ike_bytes cookie;
    const struct ike_algo *group;
    const uint8_t *share;
};

static void put_request(struct ike_turn *t, const struct init_offer *offer)
{
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    const struct ike_wish wish = wish_of(t, t->sa->policy);
    const struct ike_bytes no_spi = {.at = NULL, .len = 0};

    ike_turn_ask(t, IKE_SA_INIT);
    if (offer->cookie.len > 0) /* RFC 7296 2.6: the first payload, all else unchanged */
        ike_put_status(&t->out, &t->link, N_COOKIE, offer->cookie);
    ike_puzzle_put_solution(t,
                            (struct ike_bytes){.at = setup->solution, .len = setup->solution_len});
    ike_put_offers(&t->out, &t->link, &wish, no_spi);
    ike_put_ke(&t->out, &t->link, offer->group->id,
               (struct ike_bytes){.at = offer->share, .len = offer->group->share_len});
    ike_put_nonce(&t->out, &t->link,
                  (struct ike_bytes){.at = setup->nonce, .len = sizeof setup->nonce});
    if (!t->sa->policy->mobike.no_nats)
        ike_nat_put(t, t->sa->policy->force_encapsulation);
    ike_sign_put_init_request(t);
    ike_fragment_offer(t);
    ike_vendor_put(t);
    ike_intermediate_offer(t);
    ike_ppk_offer(t);
    ike_redirect_offer(t);
}

enum ike_why ike_init_ask(struct ike_turn *turn)
{
    if (turn->sa->state == S_RESUME_SENT)
        return ike_resume_ask(turn);
    const struct ike_setup *const setup = ike_setup_of(turn->engine, turn->sa);
    put_request(turn,
                &(struct init_offer){.group = &ike_algos[setup->group], .share = setup->share});
    return WHY_OK;
}

static uint8_t first_group(const struct ike_policy *policy)
{
    return policy->first_group != 0
               ? policy->first_group
               : ike_offers_first(policy->ike, policy->ike_count, TRANSFORM_KE);
}

/* All that the first request needs, but for the way it goes. */
static enum ike_why prepare(struct ike_turn *t)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    if (setup->has_kex) /* begun in a turn that was undone */
        crypto->ops->kex_free(crypto, &ike_algos[setup->group], &setup->kex);
    setup->has_kex = false;
    setup->group = first_group(t->sa->policy);
    setup->cookie_len = setup->solution_len = 0;
    crypto->ops->random(crypto, setup->nonce, sizeof setup->nonce);
    const struct ike_algo *const group = &ike_algos[setup->group];
    if (group->type != TRANSFORM_KE ||
        !crypto->ops->kex_begin(crypto, group, &setup->kex, setup->share))
        return WHY_KEY_EXCHANGE;
    setup->has_kex = true;
    t->sa->state = S_INIT_SENT;
    return WHY_OK;
}

enum ike_why ike_init_begin(struct ike_turn *t, bool elsewhere)
{
    const enum ike_why why = prepare(t);
    if (why == WHY_OK && elsewhere)
        ike_tcp_redirected(t);
    return why != WHY_OK || t->connect ? why : ike_init_ask(t);
}

static enum ike_why begin_attempt(struct ike_turn *t, const struct ike_attempt *attempt,
                                  const struct ike_trail *trail)
{
    const enum ike_why why = ike_turn_add_sa(t, true);
    if (why != WHY_OK)
        return why;
    struct ike_sa *const sa = t->sa;
    sa->local = attempt->local;
    sa->remote = attempt->remote;
    sa->policy = attempt->policy;
    sa->tag = attempt->tag;
    t->task = ike_task_add(t, TASK_CONNECT, 0, t->now_ns);
    if (t->task == NULL || !ike_turn_add_setup(t, &sa->setup))
        return WHY_SA_TABLE_FULL;
    t->task_before = *t->task;
    struct ike_setup *const setup = ike_setup_of(t->engine, sa);
    setup->id = attempt->local_id != NULL ? *attempt->local_id : attempt->policy->local_id;
    setup->credential = attempt->credential;
    if (trail != NULL)
        setup->trail = *trail;
    setup->has_trigger = attempt->trigger != NULL;
    if (setup->has_trigger)
        setup->trigger = *attempt->trigger;
    enum ike_why begun = WHY_OK;
    if (!ike_resume_begin(t, attempt->ticket))
        begun = prepare(t);
    if (begun != WHY_OK || attempt->policy->tcp != TCP_ALWAYS)
        return begun != WHY_OK ? begun : ike_init_ask(t);
    return ike_tcp_begin(t) ? WHY_OK : WHY_SA_TABLE_FULL;
}

uint64_t ike_connect(struct ike_engine *engine, uint64_t now_ns, const struct ike_attempt *attempt)
{
    return ike_connect_by(engine, now_ns, attempt, NULL);
}

uint64_t ike_connect_by(struct ike_engine *engine, uint64_t now_ns,
                        const struct ike_attempt *attempt, const struct ike_trail *trail)
{
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, NULL);
    const enum ike_why why = begin_attempt(turn, attempt, trail);
    const uint64_t number = turn->sa != NULL ? turn->sa->number : 0;
    return ike_turn_end(turn, why) == WHY_OK ? number : 0;
}

void ike_init_note_refusal(struct ike_turn *t, uint16_t notify)
{
    ike_setup_of(t->engine, t->sa)->refused = notify;
    if (!t->sa->tcp)
        return;
    t->end = ike_window_refused(t->engine, t->sa, notify);
    t->end_notify = notify;
}

static void count_up(uint8_t *count)
{
    if (*count < UINT8_MAX)
        (*count)++;
}

enum ike_why ike_init_take_cookie(struct ike_turn *t, const struct ike_notify *notify)
{
    struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    if (notify->data.len == 0 || notify->data.len > IKE_COOKIE_MAX)
        return WHY_SYNTAX;
    if (ike_bytes_equal(notify->data,
                        (struct ike_bytes){.at = setup->cookie, .len = setup->cookie_len}))
        return WHY_NOT_AWAITED; /* a late copy: this one is on its way back already */
    count_up(&t->sa->cookies);
    if (t->sa->cookies > t->engine->config.cookies_max) {
        ike_init_note_refusal(t, N_COOKIE);
        return WHY_OK;
    }
    const enum ike_why why = ike_puzzle_solve(t, notify->data);
    if (why != WHY_OK)
        return why;
    setup->refused = 0;
    setup->cookie_len = (uint8_t)notify->data.len;
    memcpy(setup->cookie, notify->data.at, notify->data.len);
    return WHY_OK;
}

static enum ike_why take_cookie(struct ike_turn *t, const struct ike_notify *notify)
{
    const enum ike_why why = ike_init_take_cookie(t, notify);
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    if (why == WHY_OK && setup->refused == 0)
        put_request(t, &(struct init_offer){.cookie = notify->data,
                                            .group = &ike_algos[setup->group],
                                            .share = setup->share});
    return why;
}

/* RFC 7296 1.2, 2.6.1: again with the group wanted, the same nonce, and the cookie if there is one,
 * so that the responder need not ask for it a second time. */
static enum ike_why take_group(struct ike_turn *t, const struct ike_notify *notify)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    struct ike_reader r = rd_open(notify->data);
    const uint16_t wanted = rd_u16(&r);
    if (r.bad || r.left != 0)
        return WHY_SYNTAX;
    const uint8_t row = ike_offers_group(t->sa->policy->ike, t->sa->policy->ike_count, wanted);
    if (row == 0)
        return WHY_GROUP_NOT_OFFERED;
    if (row == setup->group && t->sa->groups > 0)
        return WHY_NOT_AWAITED; /* a late copy: obeyed already */
    count_up(&t->sa->groups);
    if (row == setup->group || t->sa->groups > t->engine->config.groups_max) {
        ike_init_note_refusal(t, N_INVALID_KE_PAYLOAD);
        return WHY_OK;
    }
    const struct ike_algo *const group = &ike_algos[row];
    uint8_t *const share = ike_turn_scratch(t, IKE_SHARE_MAX);
    struct ike_kex kex;
    if (!crypto->ops->kex_begin(crypto, group, &kex, share))
        return WHY_KEY_EXCHANGE;
    crypto->ops->kex_free(crypto, &ike_algos[setup->group], &setup->kex);
    setup->refused = 0;
    setup->kex = kex;
    setup->group = row;
    memcpy(setup->share, share, group->share_len);
    put_request(t, &(struct init_offer){.cookie = {.at = setup->cookie, .len = setup->cookie_len},
                                        .group = group,
                                        .share = setup->share});
    return WHY_OK;
}

/* RFC 5685 3: the same request once more, to the gateway named. */
static enum ike_why take_redirect(struct ike_turn *t, const struct ike_notify *notify)
{
    const enum ike_why why = ike_redirect_take(t, notify);
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    if (why != WHY_OK)
        return why;
    if (setup->refused != 0) {
        ike_init_note_refusal(t, setup->refused);
        return WHY_OK;
    }
    ike_tcp_redirected(t);
    return t->connect ? WHY_OK : ike_init_ask(t);
}

static enum ike_why init_refused(struct ike_turn *t)
{
    const struct ike_notify *const cookie = ike_message_notify(&t->in, N_COOKIE);
    const struct ike_notify *const group = ike_message_notify(&t->in, N_INVALID_KE_PAYLOAD);
    const struct ike_notify *const redirect = ike_message_notify(&t->in, N_REDIRECT);
    const struct ike_notify *const error = ike_message_error(&t->in);
    if (cookie != NULL)
        return take_cookie(t, cookie);
    if (redirect != NULL)
        return take_redirect(t, redirect);
    if (ike_message_notify(&t->in, N_PUZZLE) != NULL)
        return WHY_PUZZLE_SYNTAX;
    if (group != NULL)
        return take_group(t, group);
    if (error == NULL)
        return WHY_MISSING_PAYLOAD;
    ike_init_note_refusal(t, error->type);
    return WHY_OK;
}

enum ike_why ike_init_answered(struct ike_turn *t)
{
    struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    struct ike_sa *const sa = t->sa;
    if (!ike_turn_keep(t, &sa->init_response, t->bytes))
        return WHY_SA_TABLE_FULL;

    /* RealMessage1 is the last request sent, cookie and all (RFC 7296 2.15). */
    sa->init_request = t->task->request;
    t->task->request = (struct ike_blob){0};
    setup->refused = 0;
    ike_fragment_heard(t);
    setup->childless =
        sa->policy->childless && ike_message_notify(&t->in, N_CHILDLESS_IKEV2_SUPPORTED) != NULL;
    ike_vendor_hear(t);
    /* RFC 4555 3.1: what went to several addresses has hashes of one of them. */
    const bool elsewhere = !ike_addr_equal(&t->before.local, &sa->local) ||
                           !ike_addr_equal(&t->before.remote, &sa->remote);
    sa->nat =
        (uint8_t)(ike_nat_seen(t, sa->policy->force_encapsulation) | (elsewhere ? NAT_THERE : 0));
    ike_keepalive_begin(t);
    /* RFC 7296 2.23: everything from here on goes by port 4500 */
    if ((sa->nat != 0 || ike_mobike_floats(t)) && !sa->tcp) {
        sa->local.port = IKE_PORT_NAT;
        sa->remote.port = IKE_PORT_NAT;
    }
    return WHY_OK;
}

static enum ike_why init_response(struct ike_turn *t)
{
    struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    const struct ike_wish wish = wish_of(t, t->sa->policy);
    struct ike_crypto *const crypto = t->engine->crypto;
    struct ike_sa *const sa = t->sa;
    struct ike_choice choice;
    struct ike_bytes nonce;
    struct ike_ke peer;
    enum ike_why why;

    if (t->in.head.spi_r == 0)
        return WHY_SPI_ZERO;
    if ((why = ike_ppk_heard(t)) != WHY_OK)
        return why;
    if ((why = ike_proposal_accept(ike_message_body(&t->in, PAYLOAD_SA), &wish, &choice)) != WHY_OK)
        return why;
    if ((why = ike_ke_parse(ike_message_body(&t->in, PAYLOAD_KE), &peer)) != WHY_OK)
        return why;
    const struct ike_algo *const group = &ike_algos[setup->group];
    if (choice.suite.ke != setup->group || peer.group != group->id)
        return WHY_CHOICE_NOT_OFFERED;
    if ((why = ike_nonce_parse(ike_message_body(&t->in, PAYLOAD_NONCE), &nonce)) != WHY_OK)
        return why;
    if ((why = ike_puzzle_solve_auth(t, nonce)) != WHY_OK)
        return why;

    uint8_t *const secret = ike_turn_scratch(t, group->secret_len);
    if (!crypto->ops->kex_end(crypto, group, &setup->kex, peer.share, secret))
        return WHY_KEY_EXCHANGE;
    sa->spi_r = t->in.head.spi_r;
    sa->suite = choice.suite;
    const struct ike_keymat_input input = {
        .secret = {.at = secret, .len = group->secret_len},
        .nonce_i = {.at = setup->nonce, .len = sizeof setup->nonce},
        .nonce_r = nonce,
        .spi_i = sa->spi_i,
        .spi_r = sa->spi_r,
    };
    if ((why = ike_intermediate_keys(t, &input)) != WHY_OK)
        return why;
    t->keys = ike_sa_view_keys(t->engine, sa);
    if ((why = ike_init_answered(t)) != WHY_OK)
        return why;
    return ike_intermediate_ask(t, &choice);
}

/* clang-format off */
#define MUST_INIT (P(PAYLOAD_SA) | P(PAYLOAD_KE) | P(PAYLOAD_NONCE))
const struct ike_rule ike_init_rules[] = {
    /* exchange     from      state        must be there      may be there        run            then         */
    { IKE_SA_INIT,  REQUEST,  S_NONE,      MUST_INIT,         P(PAYLOAD_CERTREQ), init_request,  S_KEYED,     "init_request"  },
    { IKE_SA_INIT,  RESPONSE, S_INIT_SENT, MUST_INIT,         P(PAYLOAD_CERTREQ), init_response, S_AUTH_SENT, "init_response" },
    { IKE_SA_INIT,  RESPONSE, S_INIT_SENT, P(PAYLOAD_NOTIFY), 0,                  init_refused,  S_INIT_SENT, "init_refused"  },
};
/* clang-format on */
const size_t ike_init_rule_count = sizeof ike_init_rules / sizeof ike_init_rules[0];
