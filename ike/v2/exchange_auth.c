/* SPDX-License-Identifier: MIT
 * IKE_AUTH with keys, signatures or nothing, each side its own way, both roles,
 * and the first Child SA (RFC 7296 1.2, 2.15, 2.21.2, RFC 7427, RFC 7619):
 *
 *     HDR, SK {IDi, [CERT,] [N(INITIAL_CONTACT),]
 *         [CERTREQ,] [IDr,] AUTH,
 *         SAi2, TSi, TSr}            -->
 *                                   <--   HDR, SK {IDr, [CERT,] AUTH,
 *                                             SAr2, TSi, TSr}
 *                              or   <--   HDR, SK {IDr, AUTH, N(TS_UNACCEPTABLE)}
 *                              or   <--   HDR, SK {N(AUTHENTICATION_FAILED)}
 */
#include "ike/v2/exchange_auth.h"

#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/exchange_eap.h"
#include "ike/v2/mobike.h"
#include "ike/v2/payload.h"
#include "ike/v2/ppk.h"
#include "ike/v2/proof.h"
#include "ike/v2/qcd.h"
#include "ike/v2/redirect.h"
#include "ike/v2/resume.h"
#include "ike/v2/rounds.h"
#include "ike/v2/rules.h"
#include "ike/v2/signature.h"
#include "ike/v2/sync.h"

#include <assert.h>
#include <string.h>

/* An ID payload that was just written, without its payload header: what AUTH covers. */
struct ike_bytes ike_auth_body_since(const struct ike_turn *t, size_t begin)
{
    return (struct ike_bytes){.at = t->out.base + begin + IKE_PAYLOAD_HEAD,
                              .len = t->out.len - begin - IKE_PAYLOAD_HEAD};
}

/* What a side without authentication has instead of a secret (RFC 7619 2.1). */
static struct ike_bytes null_secret(const struct ike_turn *t, bool initiator)
{
    return initiator ? t->keys.sk_pi : t->keys.sk_pr;
}

static size_t shared_proof(struct ike_turn *t, enum ike_proof_kind kind, bool initiator,
                           struct ike_bytes id_body, uint8_t *out)
{
    const struct ike_policy *const policy = t->sa->policy;
    const struct ike_bytes psk = {.at = policy->psk, .len = policy->psk_len};
    return ike_proof_shared(t, kind == PROOF_PSK ? psk : null_secret(t, initiator), initiator,
                            id_body, out);
}

enum ike_why ike_auth_put_proof(struct ike_turn *t, struct ike_bytes id_body)
{
    const enum ike_proof_kind kind = t->sa->policy->proof;
    uint8_t proof[IKE_PRF_MAX];
    if (kind == PROOF_SIGNATURE) {
        if (!t->sa->initiator)
            ike_sign_put_certs(t);
        return ike_sign_put_auth(t, id_body);
    }
    const size_t len = shared_proof(t, kind, t->sa->initiator, id_body, proof);
    ike_put_auth(&t->out, &t->link, kind == PROOF_PSK ? AUTH_PSK : AUTH_NULL,
                 (struct ike_bytes){.at = proof, .len = len});
    return WHY_OK;
}

enum ike_why ike_auth_check_proof(struct ike_turn *t, enum ike_payload_type id)
{
    uint8_t good[IKE_PRF_MAX];
    struct ike_auth auth;
    const enum ike_why why = ike_auth_parse(ike_message_body(&t->in, PAYLOAD_AUTH), &auth);
    if (why != WHY_OK)
        return why;
    const enum ike_proof_kind kind = ike_proof_kind_of(auth.method);
    if (kind == PROOF_KINDS || !ike_policy_accepts(t->sa->policy, kind))
        return WHY_AUTH_METHOD;
    t->sa->nobody = kind == PROOF_NULL;
    if (kind == PROOF_SIGNATURE)
        return ike_sign_check(t, id);
    const size_t len = shared_proof(t, kind, !t->sa->initiator, ike_message_body(&t->in, id), good);
    if (auth.data.len != len || !ike_secret_equal(auth.data.at, good, len))
        return WHY_AUTHENTICATION;
    return WHY_OK;
}

/* Without an identity of our own we are our address (RFC 7296 3.5). */
struct ike_id ike_auth_id(const struct ike_id *id, const struct ike_addr *addr)
{
    if (id->type != 0)
        return *id;
    const struct ike_bytes ip = ike_addr_ip(addr);
    struct ike_id out = {.type = addr->family == IKE_IPV4 ? ID_IPV4_ADDR : ID_IPV6_ADDR,
                         .len = (uint8_t)ip.len};
    memcpy(out.data, ip.at, ip.len);
    return out;
}

bool ike_auth_same_ends(const struct ike_engine *engine, const struct ike_sa *a,
                        const struct ike_sa *b)
{
    const struct ike_id our_a = ike_auth_id(&a->policy->local_id, &a->local);
    const struct ike_id our_b = ike_auth_id(&b->policy->local_id, &b->local);
    return ike_id_matches(&our_a, &our_b) &&
           ike_bytes_equal(ike_store_view(&engine->store, a->peer_id),
                           ike_store_view(&engine->store, b->peer_id));
}

/* Type and data of the peer's identity, kept to know it again (RFC 7296 2.4). */
bool ike_auth_keep_peer_id(struct ike_turn *t, const struct ike_id *id)
{
    uint8_t *const room = ike_turn_room(t, &t->sa->peer_id, 1 + (size_t)id->len);
    if (room == NULL)
        return false;
    room[0] = id->type;
    memcpy(room + 1, id->data, id->len);
    return true;
}

void ike_auth_tell(struct ike_turn *t, enum ike_event_kind kind, enum ike_why why, uint16_t notify)
{
    struct ike_event event = ike_sa_event(t->sa, kind, why);
    const struct ike_reauth *const again = kind == IKE_UP ? ike_reauth_of(t->engine, t->sa) : NULL;
    event.notify = notify;
    event.was = again != NULL ? again->was : 0;
    event.resumed = kind == IKE_UP && (t->sa->state == S_RESUMED || t->sa->state == S_PROOF_SENT);
    ike_event_add(t->engine, &event);
}

/* What IKE_SA_INIT left behind is no longer needed. */
void ike_auth_forget_init(struct ike_turn *t)
{
    ike_turn_drop(t, &t->sa->init_request);
    ike_turn_drop(t, &t->sa->init_response);
}

/* ---- the initiator ---- */

/* Who we say we are: nobody, without authentication and identity (RFC 7619 2.2). */
struct ike_id ike_auth_own_id(const struct ike_turn *t, const struct ike_id *id)
{
    if (t->sa->policy->proof == PROOF_NULL && id->type == 0)
        return (struct ike_id){.type = ID_NULL};
    return ike_auth_id(id, &t->sa->local);
}

/* HDR, SK {IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, …  (RFC 7296 1.2) */
static enum ike_why put_claim(struct ike_turn *t)
{
    const struct ike_policy *const policy = t->sa->policy;
    const struct ike_id id = ike_auth_own_id(t, &ike_setup_of(t->engine, t->sa)->id);
    const size_t begin = t->out.len;
    ike_put_id(&t->out, &t->link, PAYLOAD_IDI, &id);
    const struct ike_bytes id_body = ike_auth_body_since(t, begin);
    if (policy->proof == PROOF_SIGNATURE)
        ike_sign_put_certs(t);
    if (policy->initial_contact && ike_reauth_of(t->engine, t->sa) == NULL)
        ike_put_status(&t->out, &t->link, N_INITIAL_CONTACT,
                       (struct ike_bytes){.at = NULL, .len = 0});
    ike_sign_put_auth_request(t);
    if (policy->remote_id.type != 0)
        ike_put_id(&t->out, &t->link, PAYLOAD_IDR, &policy->remote_id);
    if (policy->eap_only)
        ike_put_status(&t->out, &t->link, N_EAP_ONLY_AUTHENTICATION,
                       (struct ike_bytes){.at = NULL, .len = 0});
    enum ike_why why = WHY_OK;
    if (!ike_eap_is_wanted(policy)) /* RFC 7296 2.16: no AUTH means EAP */
        why = ike_ppk_put_proof(t, id_body, ike_auth_put_proof);
    ike_rounds_put_support(t);
    if (!ike_eap_is_wanted(policy))
        ike_rounds_put_another(t);
    ike_sync_offer(t);
    ike_qcd_put(t, t->sa);
    return why;
}

/* Which Child SA of the policy comes with IKE_AUTH: the packet's that wants to go out. */
static uint8_t policy_first(const struct ike_turn *t)
{
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    const uint8_t matched =
        setup->has_trigger ? ike_policy_match(t->sa->policy, &setup->trigger) : 0;
    return matched < IKE_CHILD_POLICIES_MAX ? matched : 0;
}

enum ike_why ike_auth_ask(struct ike_turn *turn)
{
    return ike_auth_ask_with(turn, put_claim);
}

enum ike_why ike_auth_ask_with(struct ike_turn *turn, ike_put_claim_fn *claim)
{
    const struct ike_setup *const setup = ike_setup_of(turn->engine, turn->sa);
    enum ike_why why = WHY_OK;
    if (!setup->childless)
        why = ike_child_begin(turn, policy_first(turn), &turn->task->child);
    if (why != WHY_OK)
        return why;
    turn->work = (struct ike_bytes){.at = setup->work, .len = setup->work_len};
    ike_turn_ask(turn, IKE_AUTH);
    if ((why = claim(turn)) != WHY_OK)
        return why;
    if (!setup->childless) {
        ike_inner_put_wants(turn, &turn->out, &turn->link);
        ike_child_put_offers(turn, turn->task->child, true);
        ike_child_put_wanted(turn, turn->task->child, setup);
    }
    ike_resume_put_request(turn);
    ike_mobike_put_offer(turn);
    return WHY_OK;
}

/* Authenticated or not at all: what both kinds of good answer begin with. */
enum ike_why ike_auth_check_responder(struct ike_turn *t)
{
    struct ike_id id;
    enum ike_why why = ike_id_parse(ike_message_body(&t->in, PAYLOAD_IDR), &id);
    if (why != WHY_OK)
        return why;
    if (!ike_id_matches(&t->sa->policy->remote_id, &id))
        return WHY_PEER_UNKNOWN;
    if ((why = ike_auth_check_proof(t, PAYLOAD_IDR)) != WHY_OK)
        return why;
    return ike_auth_keep_peer_id(t, &id) ? WHY_OK : WHY_SA_TABLE_FULL;
}

/* RFC 7296 3.15.4: there is no use in it without an address. */
static enum ike_why go_without(struct ike_turn *t)
{
    ike_auth_tell(t, IKE_CHILD_FAILED, WHY_ADDRESS_MISSING, 0);
    ike_auth_forget_init(t);
    ike_task_done(t);
    struct ike_task *const close = ike_task_add(t, TASK_DELETE, 0, t->now_ns);
    if (close != NULL)
        close->why = WHY_ADDRESS_MISSING;
    return WHY_OK;
}

enum ike_why ike_auth_child_granted(struct ike_turn *t)
{
    struct ike_child_deal deal = {.no_ke = true};
    const struct ike_child_seed seed = {.nonce_i = ike_proof_nonce(t, true),
                                        .nonce_r = ike_proof_nonce(t, false)};
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    enum ike_why why;
    ike_rounds_end(t);
    ike_mobike_agree(t);
    ike_auth_tell(t, IKE_UP, WHY_OK, 0);
    if ((why = ike_child_accept(t, t->task->child, setup, &deal)) != WHY_OK)
        return why;
    if ((why = ike_inner_take(t)) != WHY_OK)
        return why == WHY_ADDRESS_MISSING ? go_without(t) : why;
    if ((why = ike_inner_narrow(t, &deal.i)) != WHY_OK)
        return why;
    if ((why = ike_reauth_hear(t)) != WHY_OK)
        return why;
    if ((why = ike_resume_came_up(t)) != WHY_OK)
        return why;
    if ((why = ike_child_make(t, t->task->child, &deal, &seed, true)) != WHY_OK)
        return why;
    t->task->child = 0;
    ike_auth_forget_init(t);
    ike_task_done(t);
    return WHY_OK;
}

/* RFC 5685 6: instead of a Child SA, the way to another gateway. */
static enum ike_why up_to_leave(struct ike_turn *t)
{
    ike_rounds_end(t);
    const enum ike_why why = ike_redirect_leave(t);
    if (why != WHY_OK)
        return why;
    ike_auth_tell(t, IKE_UP, WHY_OK, 0);
    ike_auth_forget_init(t);
    ike_task_done(t);
    return WHY_OK;
}

enum ike_why ike_auth_child_refused(struct ike_turn *t)
{
    const struct ike_notify *const error = ike_message_error(&t->in);
    const bool told = ike_redirect_is_told(t);
    if (error == NULL && !told)
        return WHY_MISSING_PAYLOAD;
    if (told)
        return up_to_leave(t);
    if (ike_error_ends(error->type)) /* RFC 7296 2.21.2: there is no IKE SA either */
        return ike_auth_refused(t);
    ike_rounds_end(t);
    ike_mobike_agree(t);
    ike_auth_tell(t, IKE_UP, WHY_OK, 0);
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    const bool alone = error->type == N_SINGLE_PAIR_REQUIRED && setup->has_trigger &&
                       ike_child_want(t, policy_first(t), &setup->trigger, true);
    if (!alone) /* RFC 7296 2.9: else it is asked for again, for that packet only */
        ike_auth_tell(t, IKE_CHILD_FAILED, WHY_PEER_REFUSED, error->type);
    ike_inner_hear(t);
    ike_auth_forget_init(t);
    ike_task_done(t);
    const enum ike_why why = ike_reauth_hear(t);
    return why != WHY_OK ? why : ike_resume_came_up(t);
}

enum ike_why ike_auth_up_childless(struct ike_turn *t)
{
    ike_rounds_end(t);
    ike_mobike_agree(t);
    ike_auth_tell(t, IKE_UP, WHY_OK, 0);
    ike_auth_forget_init(t);
    ike_task_done(t);
    enum ike_why why = ike_reauth_hear(t);
    if (why == WHY_OK)
        why = ike_resume_came_up(t);
    t->sa->state = S_ESTABLISHED; /* whatever the rule would have it do next */
    return why;
}

bool ike_auth_is_childless(const struct ike_turn *t)
{
    return ike_setup_of(t->engine, t->sa)->childless && !ike_rounds_left(t);
}

/* RFC 7296 2.16: one who wants EAP has proven nothing yet, and may not be let in. */
enum ike_why ike_auth_check_answer(struct ike_turn *t)
{
    if (ike_eap_is_wanted(t->sa->policy))
        return WHY_AUTH_METHOD;
    const enum ike_why why = ike_ppk_answered(t);
    return why != WHY_OK ? why : ike_auth_check_responder(t);
}

static enum ike_why auth_response(struct ike_turn *t)
{
    const enum ike_why why = ike_auth_check_answer(t);
    if (why != WHY_OK)
        return why;
    return ike_rounds_left(t) ? WHY_UNEXPECTED_PAYLOAD : ike_auth_child_granted(t);
}

static enum ike_why auth_without_child(struct ike_turn *t)
{
    const bool told = ike_redirect_is_told(t);
    const bool first = told && ike_eap_is_wanted(t->sa->policy);
    const enum ike_why why = first ? ike_auth_check_responder(t) : ike_auth_check_answer(t);
    if (why != WHY_OK)
        return why;
    if (first)
        return ike_redirect_leave_first(t);
    if (told || ike_message_error(&t->in) != NULL)
        return ike_rounds_child_refused(t);
    return ike_auth_is_childless(t) ? ike_auth_up_childless(t) : ike_rounds_next(t);
}

enum ike_why ike_auth_refused(struct ike_turn *t)
{
    const struct ike_notify *const error = ike_message_error(&t->in);
    if (error == NULL)
        return WHY_MISSING_PAYLOAD;
    t->end = WHY_PEER_REFUSED;
    t->end_notify = error->type;
    return WHY_OK;
}

static enum ike_why auth_refused(struct ike_turn *t)
{
    return ike_auth_refused(t);
}

/* ---- the responder ---- */

/* With AUTH at hand, one that accepts its method comes before one that does not. */
static bool accepts_auth(const struct ike_turn *t, const struct ike_policy *policy)
{
    struct ike_auth auth;
    if ((t->in.there & P(PAYLOAD_AUTH)) == 0)
        return true;
    if (ike_auth_parse(ike_message_body(&t->in, PAYLOAD_AUTH), &auth) != WHY_OK)
        return true;
    const enum ike_proof_kind kind = ike_proof_kind_of(auth.method);
    return kind != PROOF_KINDS && ike_policy_accepts(policy, kind);
}

/* The first policy for both identities and the suite chosen before they were known. */
enum ike_why ike_auth_find_policy(struct ike_turn *t, const struct ike_id *peer)
{
    struct ike_id wanted = {.type = 0};
    const struct ike_policy *found = NULL;
    const struct ike_bytes idr = ike_message_body(&t->in, PAYLOAD_IDR);
    if ((t->in.there & P(PAYLOAD_IDR)) != 0) {
        const enum ike_why why = ike_id_parse(idr, &wanted);
        if (why != WHY_OK)
            return why;
    }
    for (uint32_t i = 0; i < t->engine->config.policy_count; i++) {
        const struct ike_policy *const policy = &t->engine->config.policies[i];
        const struct ike_id ours = ike_auth_id(&policy->local_id, &t->sa->local);
        if (!ike_id_matches(&policy->remote_id, peer) || !ike_id_matches(&wanted, &ours))
            continue;
        if (found == NULL || (!accepts_auth(t, found) && accepts_auth(t, policy)))
            found = policy;
    }
    if (found == NULL)
        return WHY_PEER_UNKNOWN;
    t->sa->policy = found;
    return WHY_OK;
}

static enum ike_why make_child(struct ike_turn *t)
{
    struct ike_child_deal deal = {.no_ke = true};
    const struct ike_child_seed seed = {.nonce_i = ike_proof_nonce(t, true),
                                        .nonce_r = ike_proof_nonce(t, false)};
    uint32_t place;
    enum ike_why why = ike_inner_lease(t);
    if (why != WHY_OK)
        return why;
    if ((why = ike_child_judge(t, IKE_CHILD_POLICIES_MAX, &deal)) != WHY_OK)
        return why;
    if ((why = ike_child_begin(t, deal.policy, &place)) != WHY_OK)
        return why;
    if ((why = ike_child_make(t, place, &deal, &seed, false)) != WHY_OK)
        return why;
    ike_inner_put_reply(t);
    ike_child_put_choice(t, place, &deal);
    ike_child_put_selectors(t, &deal);
    return WHY_OK;
}

/* The answer's second half: the Child SA asked for, or the notify that says why not; and how long
 * the IKE SA may last. */
enum ike_why ike_auth_answer_child(struct ike_turn *t)
{
    if (ike_redirect_is_wanted(t))
        return ike_redirect_put_auth(t);
    const bool asked = (t->in.there & P(PAYLOAD_SA)) != 0; /* RFC 6023 3 */
    const enum ike_why why = asked ? make_child(t) : WHY_OK;
    const struct ike_why_row *const row = ike_why_row(why);
    if (why == WHY_SA_TABLE_FULL || (row->sealed != ACTION_REFUSE && why != WHY_OK))
        return why;
    ike_reauth_put(t);
    if (why == WHY_OK)
        return why;
    ike_beside_undo(t, BESIDE_INNER);
    ike_put_status(&t->out, &t->link, row->notify, (struct ike_bytes){.at = NULL, .len = 0});
    ike_inner_put_families(t);
    ike_auth_tell(t, IKE_CHILD_FAILED, why, row->notify);
    return WHY_OK;
}

bool ike_auth_is_null(const struct ike_turn *t)
{
    struct ike_auth auth;
    return (t->in.there & P(PAYLOAD_AUTH)) != 0 &&
           ike_auth_parse(ike_message_body(&t->in, PAYLOAD_AUTH), &auth) == WHY_OK &&
           auth.method == AUTH_NULL;
}

/* HDR, SK {IDr, [CERT,] AUTH, …  (RFC 7296 1.2) */
static enum ike_why put_own_claim(struct ike_turn *t)
{
    const struct ike_id ours = ike_auth_own_id(t, &t->sa->policy->local_id);
    const size_t begin = t->out.len;
    ike_put_id(&t->out, &t->link, PAYLOAD_IDR, &ours);
    const enum ike_why why = ike_auth_put_proof(t, ike_auth_body_since(t, begin));
    if (why == WHY_OK)
        ike_ppk_put_answer(t);
    return why;
}

/* RFC 4739 2.3: who we are, and the rest when the initiator has shown all it wants to. */
static enum ike_why answer_first(struct ike_turn *t)
{
    ike_turn_answer(t);
    const enum ike_why why = put_own_claim(t);
    return why != WHY_OK ? why : ike_rounds_await(t, &(struct ike_blob){0});
}

static enum ike_why auth_request(struct ike_turn *t)
{
    struct ike_sa *const sa = t->sa;
    struct ike_id peer;
    bool more;
    enum ike_why why;

    if ((why = ike_id_parse(ike_message_body(&t->in, PAYLOAD_IDI), &peer)) != WHY_OK)
        return why;
    if ((why = ike_auth_find_policy(t, &peer)) != WHY_OK)
        return why;
    if (ike_eap_is_wanted(sa->policy))
        return WHY_AUTH_METHOD;
    if ((why = ike_ppk_asked(t)) != WHY_OK)
        return why;
    if ((why = ike_mobike_check(t)) != WHY_OK)
        return why;
    if ((why = ike_auth_check_proof(t, PAYLOAD_IDI)) != WHY_OK)
        return why;
    if ((why = ike_rounds_more(t, &more)) != WHY_OK)
        return why;
    if (!ike_auth_keep_peer_id(t, &peer))
        return WHY_SA_TABLE_FULL;

    /* RFC 7296 2.23: a NAT was seen, the peer has moved to port 4500, and we with it. */
    sa->local = t->datagram->local;
    sa->remote = t->datagram->remote;
    if (more)
        return answer_first(t);
    /* Nobody may speak for another's SAs without having proved to be it (RFC 7619 2.3). */
    t->initial_contact =
        !ike_auth_is_null(t) && ike_message_notify(&t->in, N_INITIAL_CONTACT) != NULL;
    ike_auth_tell(t, IKE_UP, WHY_OK, 0);

    ike_turn_answer(t);
    if ((why = put_own_claim(t)) != WHY_OK)
        return why;
    ike_sync_agree(t);
    ike_qcd_put(t, sa);
    if ((why = ike_auth_answer_child(t)) != WHY_OK)
        return why;
    if ((why = ike_resume_up(t, ike_message_body(&t->in, PAYLOAD_IDI))) != WHY_OK)
        return why;
    ike_mobike_answer(t);
    ike_auth_forget_init(t);
    return WHY_OK;
}

/* RFC 6023 3: from those only whom we told that they may. */
static enum ike_why childless_request(struct ike_turn *t)
{
    return t->sa->policy->childless ? auth_request(t) : WHY_MISSING_PAYLOAD;
}

/* clang-format off */
#define MUST_AUTH  (P(PAYLOAD_IDI) | P(PAYLOAD_AUTH) | P(PAYLOAD_SA) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define MAY_AUTH   (P(PAYLOAD_IDR) | P(PAYLOAD_CERT) | P(PAYLOAD_CERTREQ) | P(PAYLOAD_CP))
#define MUST_CHILD (P(PAYLOAD_IDR) | P(PAYLOAD_AUTH) | P(PAYLOAD_SA) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define MUST_SAY   (P(PAYLOAD_IDI) | P(PAYLOAD_AUTH))
#define MUST_ALONE (P(PAYLOAD_IDR) | P(PAYLOAD_AUTH))
const struct ike_rule ike_auth_rules[] = {
    /* exchange  from      state        must be there      may be there                        run                 then           */
    { IKE_AUTH,  REQUEST,  S_KEYED,     MUST_AUTH,         MAY_AUTH,                           auth_request,       S_ESTABLISHED, "auth_request"       },
    { IKE_AUTH,  REQUEST,  S_KEYED,     MUST_SAY,          MAY_AUTH,                           childless_request,  S_ESTABLISHED, "childless_request"  },
    { IKE_AUTH,  RESPONSE, S_AUTH_SENT, MUST_CHILD,        P(PAYLOAD_CERT) | P(PAYLOAD_CP),    auth_response,      S_ESTABLISHED, "auth_response"      },
    { IKE_AUTH,  RESPONSE, S_AUTH_SENT, MUST_ALONE,        P(PAYLOAD_CERT) | P(PAYLOAD_CP),    auth_without_child, S_ESTABLISHED, "auth_without_child" },
    { IKE_AUTH,  RESPONSE, S_AUTH_SENT, P(PAYLOAD_NOTIFY), 0,                                  auth_refused,       S_AUTH_SENT,   "auth_refused"       },
};
/* clang-format on */
const size_t ike_auth_rule_count = sizeof ike_auth_rules / sizeof ike_auth_rules[0];
