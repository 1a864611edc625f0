/* SPDX-License-Identifier: MIT
 * Agreeing on post-quantum pre-shared keys, and mixing them in (ppk.h). Nothing
 * is remembered between messages: what was agreed on stands in the IKE_SA_INIT
 * messages, which are kept for AUTH as long as it matters. */
#include "ike/v2/ppk.h"

#include "ike/engine.h"
#include "ike/v2/exchange_auth.h"
#include "ike/v2/keymat.h"
#include "ike/v2/payload.h"

#include <assert.h>
#include <string.h>

enum { PPK_ID_FIXED = 2, AUTH_HEAD = 4 }; /* RFC 8784 5.1; RFC 7296 3.8 */

/* ---- agreeing ---- */

static const struct ike_bytes nothing = {.at = NULL, .len = 0};

/* RFC 8784 3: whether any is configured; for whom is known when the peer has said who it is. */
static bool any_policy_has(const struct ike_engine *engine)
{
    for (uint32_t i = 0; i < engine->config.policy_count; i++)
        if (engine->config.policies[i].ppk_count > 0)
            return true;
    return false;
}

void ike_ppk_offer(struct ike_turn *turn)
{
    const bool wanted = turn->sa->initiator ? turn->sa->policy->ppk_count > 0
                                            : any_policy_has(turn->engine) &&
                                                  ike_message_notify(&turn->in, N_USE_PPK) != NULL;
    if (wanted)
        ike_put_status(&turn->out, &turn->link, N_USE_PPK, nothing);
}

enum ike_why ike_ppk_heard(struct ike_turn *turn)
{
    return turn->sa->policy->ppk_required && ike_message_notify(&turn->in, N_USE_PPK) == NULL
               ? WHY_PPK_UNUSED
               : WHY_OK;
}

static bool says_use(struct ike_turn *t, struct ike_blob kept)
{
    struct ike_message *const m = (void *)ike_turn_scratch(t, sizeof *m);
    const enum ike_why why = ike_message_parse(ike_store_view(&t->engine->store, kept), m);
    assert(why == WHY_OK); /* it was parsed before, or is our own */
    (void)why;
    return ike_message_notify(m, N_USE_PPK) != NULL;
}

/* Both said USE_PPK. Only where there is something to use is it worth a look. */
static bool is_agreed(struct ike_turn *t)
{
    const struct ike_sa *const sa = t->sa;
    if (sa->initiator ? sa->policy->ppk_count == 0 : !any_policy_has(t->engine))
        return false;
    return says_use(t, sa->init_request) && says_use(t, sa->init_response);
}

/* No SA without one: as the policy says, and where one of the two proves nothing else of itself
 * (RFC 8784 5.2.3). */
static bool is_required(const struct ike_turn *t)
{
    const struct ike_policy *const policy = t->sa->policy;
    return policy->ppk_required || policy->proof == PROOF_NULL || ike_auth_is_null(t);
}

/* ---- mixing ---- */

/*  SK_d = prf+ (PPK, SK_d'), SK_pi = prf+ (PPK, SK_pi'), SK_pr = prf+ (PPK, SK_pr')
 *  RFC 8784 3. `room` takes the seven keys in their order. */
static void mix(struct ike_turn *t, const struct ike_ppk *ppk, uint8_t *room)
{
    const struct ike_sa *const sa = t->sa;
    const struct ike_sa_keys from = t->keys;
    struct ike_sa_keys to = from;
    memcpy(room, ike_store_at(&t->engine->store, sa->keys), ike_keys_len(&sa->suite));
    ike_keys_view(&to, room);
    const struct {
        struct ike_bytes from, to;
    } rows[] = {{from.sk_d, to.sk_d}, {from.sk_pi, to.sk_pi}, {from.sk_pr, to.sk_pr}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct ike_prf_plus_input plus = {.prf = &ike_algos[sa->suite.prf],
                                                .key = {.at = ppk->key, .len = ppk->key_len},
                                                .seed = &rows[i].from,
                                                .seed_count = 1};
        ike_prf_plus(t->engine->crypto, &plus, room + (rows[i].to.at - room), rows[i].to.len);
    }
    t->keys = to;
}

/* For good: the SA has the mixed keys with this turn. */
static enum ike_why keep_mixed(struct ike_turn *t, const struct ike_ppk *ppk)
{
    const size_t len = ike_keys_len(&t->sa->suite);
    uint8_t *const mixed = ike_turn_scratch(t, len);
    mix(t, ppk, mixed);
    if (!ike_turn_keep(t, &t->sa->keys, (struct ike_bytes){.at = mixed, .len = len}))
        return WHY_SA_TABLE_FULL;
    t->keys = ike_sa_view_keys(t->engine, t->sa);
    return WHY_OK;
}

/* ---- the initiator ---- */

static void put_identity(struct ike_turn *t, const struct ike_ppk *ppk)
{
    uint8_t room[1 + IKE_PPK_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    put_u8(&w, PPK_ID_FIXED);
    put_bytes(&w, (struct ike_bytes){.at = ppk->id, .len = ppk->id_len});
    ike_put_status(&t->out, &t->link, N_PPK_IDENTITY, wr_done(&w));
}

/* N(NO_PPK_AUTH): the data of another AUTH payload, which is written elsewhere first. */
static enum ike_why put_without(struct ike_turn *t, struct ike_bytes id_body, ike_put_proof_fn *put)
{
    const struct ike_writer out = t->out;
    const size_t link = t->link;
    const size_t max = IKE_SIGNATURE_MAX + 256; /* an AlgorithmIdentifier is 70 at most */
    t->out = wr_open(ike_turn_scratch(t, max), max);
    t->link = 0;
    const enum ike_why why = put(t, id_body);
    struct ike_reader r = rd_open(wr_done(&t->out));
    const bool bad = t->out.bad;
    rd_skip(&r, IKE_PAYLOAD_HEAD + AUTH_HEAD);
    t->out = out;
    t->link = link;
    if (why != WHY_OK || bad)
        return why != WHY_OK ? why : WHY_TOO_LONG;
    ike_put_status(&t->out, &t->link, N_NO_PPK_AUTH, rd_rest(&r));
    return WHY_OK;
}

enum ike_why ike_ppk_put_proof(struct ike_turn *turn, struct ike_bytes id_body,
                               ike_put_proof_fn *put)
{
    const struct ike_policy *const policy = turn->sa->policy;
    if (!is_agreed(turn))
        return put(turn, id_body);
    const struct ike_sa_keys plain = turn->keys;
    mix(turn, &policy->ppk[0], ike_turn_scratch(turn, ike_keys_len(&turn->sa->suite)));
    const enum ike_why why = put(turn, id_body);
    turn->keys = plain; /* the responder decides */
    if (why != WHY_OK)
        return why;
    put_identity(turn, &policy->ppk[0]);
    return is_required(turn) ? WHY_OK : put_without(turn, id_body, put);
}

enum ike_why ike_ppk_answered(struct ike_turn *turn)
{
    const struct ike_policy *const policy = turn->sa->policy;
    if (!is_agreed(turn))
        return WHY_OK;
    if (ike_message_notify(&turn->in, N_PPK_IDENTITY) != NULL)
        return keep_mixed(turn, &policy->ppk[0]);
    return is_required(turn) ? WHY_PPK_UNUSED : WHY_OK;
}

/* ---- the responder ---- */

/* The key that the request names, or NULL. */
static const struct ike_ppk *named(const struct ike_turn *t)
{
    const struct ike_policy *const policy = t->sa->policy;
    const struct ike_notify *const notify = ike_message_notify(&t->in, N_PPK_IDENTITY);
    if (notify == NULL)
        return NULL;
    struct ike_reader r = rd_open(notify->data);
    const uint8_t type = rd_u8(&r);
    const struct ike_bytes id = rd_rest(&r);
    for (uint8_t i = 0; type == PPK_ID_FIXED && i < policy->ppk_count; i++) {
        const struct ike_ppk *const ppk = &policy->ppk[i];
        if (ike_bytes_equal(id, (struct ike_bytes){.at = ppk->id, .len = ppk->id_len}))
            return ppk;
    }
    return NULL;
}

/* AUTH of the message at hand gets the data that is for those without the key; its method stays. */
static enum ike_why use_other_auth(struct ike_turn *t, struct ike_bytes data)
{
    struct ike_auth auth;
    const enum ike_why why = ike_auth_parse(ike_message_body(&t->in, PAYLOAD_AUTH), &auth);
    if (why != WHY_OK)
        return why;
    const size_t max = IKE_PAYLOAD_HEAD + AUTH_HEAD + data.len;
    struct ike_writer w = wr_open(ike_turn_scratch(t, max), max);
    size_t link = 0;
    ike_put_auth(&w, &link, auth.method, data);
    struct ike_reader r = rd_open(wr_done(&w));
    rd_skip(&r, IKE_PAYLOAD_HEAD);
    assert(!w.bad && !r.bad);
    t->in.body[PAYLOAD_AUTH - PAYLOAD_FIRST] = rd_rest(&r);
    return WHY_OK;
}

/* RFC 8784 3, Table 1. */
enum ike_why ike_ppk_asked(struct ike_turn *turn)
{
    const struct ike_policy *const policy = turn->sa->policy;
    const struct ike_notify *const without = ike_message_notify(&turn->in, N_NO_PPK_AUTH);
    if (!is_agreed(turn))
        return policy->ppk_required ? WHY_PPK_UNUSED : WHY_OK;
    if (ike_message_notify(&turn->in, N_PPK_IDENTITY) == NULL)
        return WHY_PPK_IDENTITY;
    const struct ike_ppk *const ppk = named(turn);
    if (ppk != NULL)
        return keep_mixed(turn, ppk);
    if (is_required(turn) || without == NULL)
        return WHY_PPK_UNKNOWN;
    return use_other_auth(turn, without->data);
}

void ike_ppk_put_answer(struct ike_turn *turn)
{
    if (any_policy_has(turn->engine) && named(turn) != NULL && is_agreed(turn))
        ike_put_status(&turn->out, &turn->link, N_PPK_IDENTITY, nothing);
}
