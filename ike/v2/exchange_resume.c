/* SPDX-License-Identifier: MIT
 * IKE_SESSION_RESUME in place of IKE_SA_INIT, and the IKE_AUTH that follows, both
 * roles (RFC 5723 4.3, 5.1). No key exchange is made, and nothing is signed:
 *
 *     HDR, [N(COOKIE),] Ni,
 *         N(TICKET_OPAQUE) [,N+]     -->
 *                                   <--   HDR, Nr [,N+]
 *                              or   <--   HDR, N(TICKET_NACK)
 *                              or   <--   HDR, N(COOKIE)
 *     HDR, SK {IDi, [IDr,] AUTH,
 *         SAi2, TSi, TSr}            -->
 *                                   <--   HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
 *
 * After TICKET_NACK the attempt goes on with IKE_SA_INIT, as if there had been no
 * ticket. A ticket is used when its IKE_AUTH is good, not before. */
#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/cookie.h"
#include "ike/v2/exchange_auth.h"
#include "ike/v2/exchange_eap.h"
#include "ike/v2/exchange_init.h"
#include "ike/v2/fragment.h"
#include "ike/v2/intermediate.h"
#include "ike/v2/mobike.h"
#include "ike/v2/nat.h"
#include "ike/v2/payload.h"
#include "ike/v2/proof.h"
#include "ike/v2/qcd.h"
#include "ike/v2/redirect.h"
#include "ike/v2/resume.h"
#include "ike/v2/rules.h"
#include "ike/v2/signature.h"
#include "ike/v2/vendor.h"

#include <assert.h>
#include <string.h>

static const struct ike_bytes nothing = {.at = NULL, .len = 0};

static bool is_same(const struct ike_id *a, const struct ike_id *b)
{
    return a->type == b->type && ike_bytes_equal((struct ike_bytes){.at = a->data, .len = a->len},
                                                 (struct ike_bytes){.at = b->data, .len = b->len});
}

/*  SKEYSEED = prf(SK_d_old, "Resumption" | Ni | Nr), the rest as ever.   RFC 5723 5.1 */
static enum ike_why derive(struct ike_turn *t, const struct ike_session *session,
                           struct ike_bytes nonce_i, struct ike_bytes nonce_r)
{
    static const char label[] = "Resumption"; /* without the final zero */
    const struct ike_keymat_input input = {
        .old_prf = &ike_algos[session->suite.prf],
        .old_sk_d = {.at = session->sk_d, .len = session->sk_d_len},
        .secret = {.at = (const uint8_t *)label, .len = sizeof label - 1},
        .nonce_i = nonce_i,
        .nonce_r = nonce_r,
        .spi_i = t->sa->spi_i,
        .spi_r = t->sa->spi_r,
    };
    const enum ike_why why = ike_intermediate_keys(t, &input);
    if (why == WHY_OK)
        t->keys = ike_sa_view_keys(t->engine, t->sa);
    return why;
}

/* RFC 5723 4.3.3: IDs as in the ticket, and the proof of its keys. */
static enum ike_why check_proof(struct ike_turn *t, enum ike_payload_type type,
                                const struct ike_id *wanted)
{
    const struct ike_bytes body = ike_message_body(&t->in, type);
    uint8_t right[IKE_PRF_MAX];
    struct ike_auth auth;
    struct ike_id id;
    enum ike_why why = ike_id_parse(body, &id);
    if (why == WHY_OK)
        why = ike_auth_parse(ike_message_body(&t->in, PAYLOAD_AUTH), &auth);
    if (why != WHY_OK)
        return why;
    if (!is_same(&id, wanted))
        return WHY_TICKET_IDENTITY;
    if (auth.method != AUTH_PSK)
        return WHY_AUTH_METHOD;
    const size_t len = ike_proof_resumed(t, !t->sa->initiator, body, right);
    if (auth.data.len != len || !ike_secret_equal(auth.data.at, right, len))
        return WHY_AUTHENTICATION;
    return WHY_OK;
}

/* ID and AUTH of ours. */
static void put_proof(struct ike_turn *t, struct ike_bytes id_body)
{
    uint8_t octets[IKE_PRF_MAX];
    const size_t len = ike_proof_resumed(t, t->sa->initiator, id_body, octets);
    ike_put_auth(&t->out, &t->link, AUTH_PSK, (struct ike_bytes){.at = octets, .len = len});
}

/* ---- the initiator ---- */

/* What ike_resume_begin has read before it kept it. */
static void read_resume(const struct ike_turn *t, struct ike_resume *out)
{
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    assert(setup->resume.number != 0);
    const enum ike_why why =
        ike_resume_parse(ike_store_view(&t->engine->store, setup->resume), out);
    assert(why == WHY_OK);
    (void)why;
}

static void put_request(struct ike_turn *t)
{
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    struct ike_resume resume;
    read_resume(t, &resume);
    ike_turn_ask(t, IKE_SESSION_RESUME);
    if (setup->cookie_len > 0)
        ike_put_status(&t->out, &t->link, N_COOKIE,
                       (struct ike_bytes){.at = setup->cookie, .len = setup->cookie_len});
    ike_put_nonce(&t->out, &t->link,
                  (struct ike_bytes){.at = setup->nonce, .len = sizeof setup->nonce});
    ike_put_status(&t->out, &t->link, N_TICKET_OPAQUE, resume.ticket);
    ike_secret_wipe(&resume, sizeof resume);
    if (!t->sa->policy->mobike.no_nats)
        ike_nat_put(t, t->sa->policy->force_encapsulation);
    ike_fragment_offer(t);
    ike_vendor_put(t);
    ike_redirect_offer(t);
}

/* Nobody else is resumed as; and for the algorithms that were agreed on then. */
static bool may_resume(const struct ike_turn *t, const struct ike_session *session)
{
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    const struct ike_policy *const policy = t->sa->policy;
    return ike_id_matches(&setup->id, &session->id_i) &&
           ike_id_matches(&policy->remote_id, &session->id_r) &&
           ike_resume_allows(policy, &session->suite) &&
           session->until_s > ike_ticket_now_s(t->engine, t->now_ns);
}

/* They go with the setup, made in this turn or not. */
static bool keep_octets(struct ike_turn *t, struct ike_setup *setup, struct ike_bytes octets)
{
    struct ike_store *const store = &t->engine->store;
    setup->resume = ike_store_take(store, octets.len);
    if (setup->resume.number != 0)
        memcpy(ike_store_at(store, setup->resume), octets.at, octets.len);
    return setup->resume.number != 0;
}

bool ike_resume_begin(struct ike_turn *turn, struct ike_bytes octets)
{
    struct ike_crypto *const crypto = turn->engine->crypto;
    struct ike_setup *const setup = ike_setup_of(turn->engine, turn->sa);
    struct ike_resume resume;
    if (octets.len == 0)
        return false;
    const bool good = ike_resume_parse(octets, &resume) == WHY_OK &&
                      may_resume(turn, &resume.session) && keep_octets(turn, setup, octets);
    if (good)
        setup->id = resume.session.id_i;
    ike_secret_wipe(&resume, sizeof resume);
    if (!good)
        return false;
    crypto->ops->random(crypto, setup->nonce, sizeof setup->nonce);
    turn->sa->state = S_RESUME_SENT;
    return true;
}

enum ike_why ike_resume_ask(struct ike_turn *turn)
{
    put_request(turn);
    return WHY_OK;
}

const struct ike_addr *ike_resume_inner(struct ike_turn *turn)
{
    struct ike_resume *const resume = (void *)ike_turn_scratch(turn, sizeof *resume);
    if (turn->sa->state != S_RESUME_SENT)
        return NULL;
    read_resume(turn, resume);
    return resume->inner;
}

static enum ike_why take_cookie(struct ike_turn *t, const struct ike_notify *notify)
{
    const enum ike_why why = ike_init_take_cookie(t, notify);
    if (why == WHY_OK && ike_setup_of(t->engine, t->sa)->refused == 0)
        put_request(t);
    return why;
}

/* RFC 5685 3: to a gateway that did not give the ticket. */
static enum ike_why take_redirect(struct ike_turn *t, const struct ike_notify *notify)
{
    const enum ike_why why = ike_redirect_take(t, notify);
    if (why != WHY_OK)
        return why;
    assert(ike_setup_of(t->engine, t->sa)->refused == 0); /* it is the first on this way */
    return ike_init_begin(t, true);
}

static enum ike_why resume_refused(struct ike_turn *t)
{
    const struct ike_notify *const cookie = ike_message_notify(&t->in, N_COOKIE);
    const struct ike_notify *const redirect = ike_message_notify(&t->in, N_REDIRECT);
    const struct ike_notify *const error = ike_message_error(&t->in);
    if (cookie != NULL)
        return take_cookie(t, cookie);
    if (redirect != NULL)
        return take_redirect(t, redirect);
    if (ike_message_notify(&t->in, N_TICKET_NACK) != NULL)
        return ike_init_begin(t, false); /* RFC 5723 4.3.2 */
    if (error == NULL)
        return WHY_MISSING_PAYLOAD;
    ike_init_note_refusal(t, error->type);
    return WHY_OK;
}

/* HDR, SK {IDi, [N(INITIAL_CONTACT),] [IDr,] AUTH, …   RFC 5723 4.3.3 */
static enum ike_why put_claim(struct ike_turn *t)
{
    const struct ike_policy *const policy = t->sa->policy;
    const struct ike_id id = ike_setup_of(t->engine, t->sa)->id;
    const size_t begin = t->out.len;
    ike_put_id(&t->out, &t->link, PAYLOAD_IDI, &id);
    const struct ike_bytes id_body = ike_auth_body_since(t, begin);
    if (policy->initial_contact)
        ike_put_status(&t->out, &t->link, N_INITIAL_CONTACT, nothing);
    if (policy->remote_id.type != 0)
        ike_put_id(&t->out, &t->link, PAYLOAD_IDR, &policy->remote_id);
    put_proof(t, id_body);
    ike_qcd_put(t, t->sa);
    return WHY_OK;
}

static enum ike_why resume_response(struct ike_turn *t)
{
    struct ike_sa *const sa = t->sa;
    struct ike_bytes nonce;
    struct ike_resume resume;
    enum ike_why why;
    if (t->in.head.spi_r == 0)
        return WHY_SPI_ZERO;
    if ((why = ike_nonce_parse(ike_message_body(&t->in, PAYLOAD_NONCE), &nonce)) != WHY_OK)
        return why;
    read_resume(t, &resume);
    sa->spi_r = t->in.head.spi_r;
    sa->suite = resume.session.suite;
    if ((why = ike_init_answered(t)) == WHY_OK)
        why = derive(t, &resume.session, ike_proof_nonce(t, true), nonce);
    ike_secret_wipe(&resume, sizeof resume);
    return why != WHY_OK ? why : ike_auth_ask_with(t, put_claim);
}

/* The responder is the one of the ticket; its session goes on here, on our side too. */
static enum ike_why check_responder(struct ike_turn *t)
{
    struct ike_resume resume;
    read_resume(t, &resume);
    const enum ike_why why = check_proof(t, PAYLOAD_IDR, &resume.session.id_r);
    const struct ike_sa *const old = ike_resume_find(t->engine, &resume.session);
    const bool kept = why == WHY_OK && ike_auth_keep_peer_id(t, &resume.session.id_r);
    t->sa->nobody = resume.session.method == PROOF_NULL;
    ike_secret_wipe(&resume, sizeof resume);
    if (why != WHY_OK)
        return why;
    t->resumed = old != NULL ? old->number : 0;
    return kept ? WHY_OK : WHY_SA_TABLE_FULL;
}

static enum ike_why resumed_response(struct ike_turn *t)
{
    const enum ike_why why = check_responder(t);
    return why != WHY_OK ? why : ike_auth_child_granted(t);
}

static enum ike_why resumed_without_child(struct ike_turn *t)
{
    const enum ike_why why = check_responder(t);
    if (why != WHY_OK)
        return why;
    if (ike_message_error(&t->in) != NULL)
        return ike_auth_child_refused(t);
    return ike_setup_of(t->engine, t->sa)->childless ? ike_auth_up_childless(t)
                                                     : WHY_MISSING_PAYLOAD;
}

static enum ike_why resumed_refused(struct ike_turn *t)
{
    return ike_auth_refused(t);
}

/* ---- the responder ---- */

static bool accepts_method(const struct ike_policy *policy, uint8_t method)
{
    if (policy->next_auth != NULL)
        return method == METHOD_ROUNDS;
    if (ike_eap_is_wanted(policy))
        return method == METHOD_EAP;
    return method < PROOF_KINDS && ike_policy_accepts(policy, (enum ike_proof_kind)method);
}

/* What was allowed when the ticket was given may not be any more. NULL: it is not. */
static const struct ike_policy *find_policy(const struct ike_turn *t,
                                            const struct ike_session *session)
{
    const struct ike_config *const config = &t->engine->config;
    if (session->policy >= config->policy_count)
        return NULL;
    const struct ike_policy *const policy = &config->policies[session->policy];
    const bool good = ike_id_matches(&policy->remote_id, &session->id_i) &&
                      (policy->local_id.type == 0 || is_same(&policy->local_id, &session->id_r)) &&
                      accepts_method(policy, session->method) &&
                      ike_resume_allows(policy, &session->suite);
    return good ? policy : NULL;
}

/* Who it must be in IKE_AUTH, without the keys that are spent already. */
static bool remember(struct ike_turn *t, const struct ike_session *session, uint64_t name)
{
    const struct ike_sa *const old = ike_resume_find(t->engine, session);
    struct ike_resumable *const record = ike_beside_edit(t, t->sa, BESIDE_TICKET);
    struct ike_writer w = wr_open(ike_turn_scratch(t, IKE_SESSION_MAX), IKE_SESSION_MAX);
    struct ike_session who = *session;
    ike_secret_wipe(who.sk_d, sizeof who.sk_d);
    who.sk_d_len = 0;
    ike_put_session(&w, &who);
    if (record == NULL || !ike_turn_keep(t, &record->who, wr_done(&w)))
        return false;
    record->presented = name;
    record->old = old != NULL ? old->number : 0;
    return true;
}

/* Spend: one SA and its keys. */
static enum ike_why answer(struct ike_turn *t, const struct ike_policy *policy,
                           const struct ike_session *session, struct ike_bytes nonce)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    uint8_t *const ours = ike_turn_scratch(t, IKE_NONCE_OURS);
    const struct ike_bytes nonce_r = {.at = ours, .len = IKE_NONCE_OURS};
    enum ike_why why = ike_init_add_sa(t, policy, &session->suite);
    if (why != WHY_OK)
        return why;
    crypto->ops->random(crypto, ours, IKE_NONCE_OURS);
    if ((why = derive(t, session, nonce, nonce_r)) != WHY_OK)
        return why;
    t->sa->nat = ike_nat_seen(t, policy->force_encapsulation);
    ike_keepalive_begin(t);
    ike_turn_answer(t);
    ike_put_nonce(&t->out, &t->link, nonce_r);
    if (ike_message_notify(&t->in, N_NAT_DETECTION_SOURCE_IP) != NULL && !policy->mobike.no_nats)
        ike_nat_put(t, policy->force_encapsulation);
    ike_fragment_offer(t);
    ike_vendor_put(t);
    if (policy->childless)
        ike_put_notify(
            &t->out, &t->link,
            &(struct ike_notify){.protocol = PROTOCOL_IKE, .type = N_CHILDLESS_IKEV2_SUPPORTED});
    return WHY_OK;
}

static enum ike_why resume_request(struct ike_turn *t)
{
    const struct ike_notify *const ticket = ike_message_notify(&t->in, N_TICKET_OPAQUE);
    struct ike_session session;
    struct ike_bytes nonce;
    uint64_t name = 0;
    enum ike_why why;

    assert(t->sa == NULL); /* this request is new to us */

    /* Look without touching, the cookie first (RFC 5723 9.3, RFC 8019 4.5). */
    if ((why = ike_nonce_parse(ike_message_body(&t->in, PAYLOAD_NONCE), &nonce)) != WHY_OK)
        return why;
    if (ticket == NULL)
        return WHY_MISSING_PAYLOAD;
    if ((why = ike_cookie_check(t)) != WHY_OK)
        return why;
    if ((why = ike_redirect_check(t)) != WHY_OK)
        return why;
    if ((why = ike_init_check_half_open(t)) != WHY_OK)
        return why;
    if ((why = ike_ticket_open(t, ticket->data, &session, &name)) != WHY_OK)
        return why;
    const struct ike_policy *const policy = find_policy(t, &session);
    why = policy != NULL ? answer(t, policy, &session, nonce) : WHY_TICKET_POLICY;
    if (why == WHY_OK && !remember(t, &session, name))
        why = WHY_SA_TABLE_FULL;
    ike_secret_wipe(&session, sizeof session);
    if (why != WHY_OK)
        return why;
    const struct ike_event half_open = ike_sa_event(t->sa, IKE_HALF_OPEN, WHY_OK);
    ike_event_add(t->engine, &half_open);
    ike_vendor_hear(t);
    return WHY_OK;
}

static enum ike_why read_who(const struct ike_turn *t, const struct ike_resumable *record,
                             struct ike_session *out)
{
    struct ike_reader r = rd_open(ike_store_view(&t->engine->store, record->who));
    return ike_session_parse(&r, out);
}

static enum ike_why check_initiator(struct ike_turn *t, const struct ike_session *who,
                                    uint64_t name)
{
    struct ike_id wanted;
    enum ike_why why = check_proof(t, PAYLOAD_IDI, &who->id_i);
    if (why != WHY_OK)
        return why;
    if ((t->in.there & P(PAYLOAD_IDR)) != 0) {
        if ((why = ike_id_parse(ike_message_body(&t->in, PAYLOAD_IDR), &wanted)) != WHY_OK)
            return why;
        if (!is_same(&wanted, &who->id_r))
            return WHY_TICKET_IDENTITY;
    }
    return ike_ticket_is_good(t->engine, name) ? WHY_OK : WHY_TICKET_SPENT;
}

/* The ticket is used with this turn, and its IKE SA superseded (RFC 5723 4.3.1, 4.3.4). */
static void spend(struct ike_turn *t, struct ike_resumable *record)
{
    t->ticket_done = record->presented;
    t->resumed = record->old;
    record->presented = record->old = 0;
}

static void put_own_claim(struct ike_turn *t, const struct ike_id *ours)
{
    const size_t begin = t->out.len;
    ike_put_id(&t->out, &t->link, PAYLOAD_IDR, ours);
    put_proof(t, ike_auth_body_since(t, begin));
    ike_qcd_put(t, t->sa);
}

static enum ike_why resumed_request(struct ike_turn *t)
{
    struct ike_sa *const sa = t->sa;
    struct ike_resumable *const record = ike_beside_edit(t, sa, BESIDE_TICKET);
    struct ike_session who;
    assert(record != NULL); /* the SA was made with it */
    enum ike_why why = read_who(t, record, &who);
    assert(why == WHY_OK); /* it was put there by ours */
    if ((why = ike_mobike_check(t)) != WHY_OK)
        return why;
    if ((why = check_initiator(t, &who, record->presented)) != WHY_OK)
        return why;
    if (!ike_auth_keep_peer_id(t, who.known_as.type != 0 ? &who.known_as : &who.id_i))
        return WHY_SA_TABLE_FULL;
    sa->local = t->datagram->local; /* RFC 7296 2.23 */
    sa->remote = t->datagram->remote;
    sa->nobody = who.method == PROOF_NULL;
    t->initial_contact = !sa->nobody && ike_message_notify(&t->in, N_INITIAL_CONTACT) != NULL;
    spend(t, record);
    ike_auth_tell(t, IKE_UP, WHY_OK, 0);
    ike_turn_answer(t);
    put_own_claim(t, &who.id_r);
    if ((why = ike_auth_answer_child(t)) != WHY_OK)
        return why;
    ike_mobike_answer(t);
    ike_resume_answer(t, sa, false);
    ike_auth_forget_init(t);
    return WHY_OK;
}

static enum ike_why resumed_childless(struct ike_turn *t)
{
    return t->sa->policy->childless ? resumed_request(t) : WHY_MISSING_PAYLOAD;
}

/* clang-format off */
#define MUST_ASK   (P(PAYLOAD_NONCE) | P(PAYLOAD_NOTIFY))
#define MUST_AUTH  (P(PAYLOAD_IDI) | P(PAYLOAD_AUTH) | P(PAYLOAD_SA) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define MAY_AUTH   (P(PAYLOAD_IDR) | P(PAYLOAD_CERTREQ) | P(PAYLOAD_CP))
#define MUST_SAY   (P(PAYLOAD_IDI) | P(PAYLOAD_AUTH))
#define MUST_CHILD (P(PAYLOAD_IDR) | P(PAYLOAD_AUTH) | P(PAYLOAD_SA) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define MUST_ALONE (P(PAYLOAD_IDR) | P(PAYLOAD_AUTH))
const struct ike_rule ike_resume_rules[] = {
    /* exchange           from      state          must               may            run                    then           */
    { IKE_SESSION_RESUME, REQUEST,  S_NONE,        MUST_ASK,          0,             resume_request,        S_RESUMED,     "resume_request"        },
    { IKE_SESSION_RESUME, RESPONSE, S_RESUME_SENT, P(PAYLOAD_NONCE),  0,             resume_response,       S_PROOF_SENT,  "resume_response"       },
    { IKE_SESSION_RESUME, RESPONSE, S_RESUME_SENT, P(PAYLOAD_NOTIFY), 0,             resume_refused,        S_RESUME_SENT, "resume_refused"        },
    { IKE_AUTH,           REQUEST,  S_RESUMED,     MUST_AUTH,         MAY_AUTH,      resumed_request,       S_ESTABLISHED, "resumed_request"       },
    { IKE_AUTH,           REQUEST,  S_RESUMED,     MUST_SAY,          MAY_AUTH,      resumed_childless,     S_ESTABLISHED, "resumed_childless"     },
    { IKE_AUTH,           RESPONSE, S_PROOF_SENT,  MUST_CHILD,        P(PAYLOAD_CP), resumed_response,      S_ESTABLISHED, "resumed_response"      },
    { IKE_AUTH,           RESPONSE, S_PROOF_SENT,  MUST_ALONE,        P(PAYLOAD_CP), resumed_without_child, S_ESTABLISHED, "resumed_without_child" },
    { IKE_AUTH,           RESPONSE, S_PROOF_SENT,  P(PAYLOAD_NOTIFY), 0,             resumed_refused,       S_PROOF_SENT,  "resumed_refused"       },
};
/* clang-format on */
const size_t ike_resume_rule_count = sizeof ike_resume_rules / sizeof ike_resume_rules[0];
