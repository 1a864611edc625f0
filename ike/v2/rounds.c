/* SPDX-License-Identifier: MIT
 * Authentication in rounds, both roles (RFC 4739 2.2 to 2.4):
 *
 *     HDR, SK {IDi, AUTH, SA, TSi, TSr,
 *         N(MULTIPLE_AUTH_SUPPORTED),
 *         N(ANOTHER_AUTH_FOLLOWS)}   -->
 *                                   <--   HDR, SK {IDr, [CERT+], AUTH}
 *     HDR, SK {IDi, [CERT+], AUTH}   -->
 *                                   <--   HDR, SK {SA, TSi, TSr}
 *   or
 *     HDR, SK {IDi}                  -->
 *                                   <--   HDR, SK {EAP(Request)}, …
 */
#include "ike/v2/rounds.h"

#include "ike/engine.h"
#include "ike/v2/exchange_auth.h"
#include "ike/v2/exchange_eap.h"
#include "ike/v2/mobike.h"
#include "ike/v2/payload.h"
#include "ike/v2/proof.h"
#include "ike/v2/qcd.h"
#include "ike/v2/redirect.h"
#include "ike/v2/resume.h"
#include "ike/v2/rules.h"
#include "ike/v2/signature.h"
#include "ike/v2/sync.h"

#include <assert.h>

static const struct ike_bytes nothing = {.at = NULL, .len = 0};

static struct ike_setup *setup_of(const struct ike_turn *t)
{
    return ike_setup_of(t->engine, t->sa);
}

bool ike_rounds_later(const struct ike_turn *t)
{
    const struct ike_policy *const first = setup_of(t)->first_policy;
    return first != NULL && first != t->sa->policy;
}

void ike_rounds_end(struct ike_turn *t)
{
    if (ike_rounds_later(t))
        t->sa->policy = setup_of(t)->first_policy;
    if (t->sa->initiator)
        ike_sync_heard(t);
}

/* ---- the initiator ---- */

/* What the IKE_SA_INIT response says (RFC 4739 3.1). */
static bool is_supported(const struct ike_turn *t)
{
    struct ike_message init;
    const struct ike_bytes octets = ike_store_view(&t->engine->store, t->sa->init_response);
    const enum ike_why why = ike_message_parse(octets, &init);
    assert(why == WHY_OK); /* it was parsed before */
    (void)why;
    return ike_message_notify(&init, N_MULTIPLE_AUTH_SUPPORTED) != NULL;
}

bool ike_rounds_left(const struct ike_turn *t)
{
    return t->sa->policy->next_auth != NULL && is_supported(t);
}

void ike_rounds_put_support(struct ike_turn *t)
{
    if (ike_rounds_left(t))
        ike_put_status(&t->out, &t->link, N_MULTIPLE_AUTH_SUPPORTED, nothing);
}

void ike_rounds_put_another(struct ike_turn *t)
{
    if (ike_rounds_left(t))
        ike_put_status(&t->out, &t->link, N_ANOTHER_AUTH_FOLLOWS, nothing);
}

enum ike_why ike_rounds_child_refused(struct ike_turn *t)
{
    const struct ike_notify *const error = ike_message_error(&t->in);
    const bool ends = error == NULL || ike_error_ends(error->type);
    return ike_rounds_left(t) && !ends ? WHY_UNEXPECTED_PAYLOAD : ike_auth_child_refused(t);
}

/* IDi of this round, and AUTH unless that is for EAP to bring. */
enum ike_why ike_rounds_next(struct ike_turn *t)
{
    struct ike_sa *const sa = t->sa;
    struct ike_setup *const setup = setup_of(t);
    if (!ike_rounds_left(t))
        return WHY_MISSING_PAYLOAD; /* nothing was to follow: a Child SA is missing */
    if (setup->first_policy == NULL)
        setup->first_policy = sa->policy;
    setup->credential = NULL; /* that was of the first round */
    sa->policy = sa->policy->next_auth;
    sa->state = S_AGAIN;
    const struct ike_id id = ike_auth_id(&sa->policy->local_id, &sa->local);
    ike_turn_ask(t, IKE_AUTH);
    const size_t begin = t->out.len;
    ike_put_id(&t->out, &t->link, PAYLOAD_IDI, &id);
    if (ike_eap_is_wanted(sa->policy))
        return WHY_OK;
    const struct ike_bytes id_body = ike_auth_body_since(t, begin);
    if (sa->policy->proof == PROOF_SIGNATURE)
        ike_sign_put_certs(t);
    const enum ike_why why = ike_auth_put_proof(t, id_body);
    ike_rounds_put_another(t);
    return why;
}

static enum ike_why again_answered(struct ike_turn *t)
{
    if (ike_auth_is_childless(t) && !ike_eap_is_wanted(t->sa->policy))
        return ike_auth_up_childless(t);
    return ike_rounds_next(t);
}

static enum ike_why again_granted(struct ike_turn *t)
{
    return ike_rounds_left(t) || ike_eap_is_wanted(t->sa->policy) ? WHY_UNEXPECTED_PAYLOAD
                                                                  : ike_auth_child_granted(t);
}

/* The IKE SA, or only its Child SA (RFC 7296 1.2, 2.21.2). */
static enum ike_why again_refused(struct ike_turn *t)
{
    const struct ike_notify *const error = ike_message_error(&t->in);
    if (error == NULL ? !ike_redirect_is_told(t)
                      : ike_error_ends(error->type) || ike_message_failed(&t->in))
        return ike_auth_refused(t);
    if (ike_rounds_left(t) || ike_eap_is_wanted(t->sa->policy))
        return WHY_UNEXPECTED_PAYLOAD;
    t->sa->state = S_ESTABLISHED;
    return ike_auth_child_refused(t);
}

/* ---- the responder ---- */

void ike_rounds_offer(struct ike_turn *t)
{
    const struct ike_config *const config = &t->engine->config;
    for (uint32_t i = 0; i < config->policy_count; i++)
        if (config->policies[i].next_auth != NULL) {
            ike_put_status(&t->out, &t->link, N_MULTIPLE_AUTH_SUPPORTED, nothing);
            return;
        }
}

enum ike_why ike_rounds_more(struct ike_turn *t, bool *more)
{
    *more = ike_message_notify(&t->in, N_ANOTHER_AUTH_FOLLOWS) != NULL;
    return *more == (t->sa->policy->next_auth != NULL) ? WHY_OK : WHY_AUTH_ROUNDS;
}

enum ike_why ike_rounds_await(struct ike_turn *t, struct ike_blob *asked)
{
    const struct ike_blob none = {0};
    if (t->sa->setup == 0 && !ike_turn_add_setup(t, &t->sa->setup))
        return WHY_SA_TABLE_FULL;
    struct ike_setup *const setup = setup_of(t);
    if (!ike_rounds_later(t))
        setup->first_policy = t->sa->policy;
    if (setup->asked.number == 0) {
        setup->asked = *asked;
        *asked = none;
    }
    if (setup->asked.number == 0 && !ike_auth_keep_asked(t, &setup->asked))
        return WHY_SA_TABLE_FULL;
    t->sa->policy = t->sa->policy->next_auth;
    t->sa->state = S_AGAIN;
    return WHY_OK;
}

/* All that were wanted are in: the first request gets the rest of its answer. */
static enum ike_why finish(struct ike_turn *t)
{
    enum ike_why why = ike_auth_recall_asked(t, setup_of(t)->asked);
    assert(why == WHY_OK); /* it was read when it came */
    ike_rounds_end(t);
    t->initial_contact = ike_message_notify(&t->in, N_INITIAL_CONTACT) != NULL;
    ike_auth_tell(t, IKE_UP, WHY_OK, 0);
    ike_turn_answer(t);
    ike_sync_agree(t);
    ike_qcd_put(t, t->sa);
    if ((why = ike_auth_answer_child(t)) != WHY_OK)
        return why;
    if ((why = ike_resume_up(t, nothing)) != WHY_OK)
        return why;
    ike_mobike_answer(t);
    ike_auth_forget_init(t);
    t->sa->state = S_ESTABLISHED;
    return WHY_OK;
}

static enum ike_why again_asked(struct ike_turn *t)
{
    struct ike_id id;
    bool more;
    enum ike_why why = ike_id_parse(ike_message_body(&t->in, PAYLOAD_IDI), &id);
    if (why != WHY_OK)
        return why;
    if (!ike_id_matches(&t->sa->policy->remote_id, &id))
        return WHY_PEER_UNKNOWN;
    const bool by_eap = (t->in.there & P(PAYLOAD_AUTH)) == 0;
    if (by_eap != ike_eap_is_wanted(t->sa->policy))
        return WHY_AUTH_METHOD;
    if (by_eap)
        return ike_eap_ask_again(t, &id);
    if ((why = ike_auth_check_proof(t, PAYLOAD_IDI)) != WHY_OK)
        return why;
    if ((why = ike_rounds_more(t, &more)) != WHY_OK)
        return why;
    t->sa->local = t->datagram->local; /* RFC 7296 2.23 */
    t->sa->remote = t->datagram->remote;
    if (!more)
        return finish(t);
    ike_turn_answer(t);
    return ike_rounds_await(t, &(struct ike_blob){0});
}

/* clang-format off */
#define MUST_CHILD (P(PAYLOAD_SA) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define MAY_ASK    (P(PAYLOAD_AUTH) | P(PAYLOAD_CERT) | P(PAYLOAD_CERTREQ) | P(PAYLOAD_IDR))
const struct ike_rule ike_rounds_rules[] = {
    /* exchange  from      state        must               may              run             then */
    { IKE_AUTH,  REQUEST,  S_AGAIN,     P(PAYLOAD_IDI),    MAY_ASK,         again_asked,    S_AGAIN,       "again_asked"    },
    { IKE_AUTH,  RESPONSE, S_AGAIN,     MUST_CHILD,        P(PAYLOAD_CP),   again_granted,  S_ESTABLISHED, "again_granted"  },
    { IKE_AUTH,  RESPONSE, S_AGAIN,     P(PAYLOAD_NOTIFY), 0,               again_refused,  S_AGAIN,       "again_refused"  },
    { IKE_AUTH,  RESPONSE, S_AGAIN,     0,                 0,               again_answered, S_AGAIN,       "again_answered" },
};
/* clang-format on */
const size_t ike_rounds_rule_count = sizeof ike_rounds_rules / sizeof ike_rounds_rules[0];
