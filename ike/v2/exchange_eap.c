/* SPDX-License-Identifier: MIT
 * IKE_AUTH with EAP, both roles (RFC 7296 2.16; RFC 5998 3 where the responder
 * leaves out AUTH and CERT in its first answer):
 *
 *     HDR, SK {IDi, [N(EAP_ONLY_AUTHENTICATION),]
 *         [IDr,] SAi2, TSi, TSr}     -->
 *                                   <--   HDR, SK {IDr, [CERT,] AUTH, EAP}
 *     HDR, SK {EAP}                  -->
 *                                   <--   HDR, SK {EAP (success)}   or   {EAP (failure)}
 *     HDR, SK {AUTH}                 -->
 *                                   <--   HDR, SK {AUTH, SAr2, TSi, TSr}
 */
#include "ike/v2/exchange_eap.h"

#include "ike/engine.h"
#include "ike/v2/exchange_auth.h"
#include "ike/v2/hold.h"
#include "ike/v2/mobike.h"
#include "ike/v2/payload.h"
#include "ike/v2/ppk.h"
#include "ike/v2/proof.h"
#include "ike/v2/qcd.h"
#include "ike/v2/redirect.h"
#include "ike/v2/resume.h"
#include "ike/v2/rounds.h"
#include "ike/v2/rules.h"
#include "ike/v2/sync.h"
#include "ike/v2/task.h"

#include <assert.h>

/* Octets of a packet: a message has also its header, IDr, AUTH and what seals it. */
enum { PACKET_MAX = IKE_MESSAGE_MAX - 512 };

static const struct ike_bytes nothing = {.at = NULL, .len = 0};

bool ike_eap_is_wanted(const struct ike_policy *policy)
{
    return policy->eap.method_count > 0;
}

void ike_eap_side_give(struct ike_engine *engine, uint32_t *place)
{
    if (*place == 0)
        return;
    struct ike_eap_side *const side = ike_pool_at(&engine->eaps, *place);
    ike_eap_close(&side->eap);
    ike_store_give(&engine->store, side->asked);
    ike_secret_wipe(side, sizeof *side);
    ike_pool_give(&engine->eaps, *place);
    *place = 0;
}

static struct ike_eap_side *side_of(const struct ike_turn *t)
{
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    assert(setup->eap != 0);
    return ike_pool_at(&t->engine->eaps, setup->eap);
}

/* A record, and in it a conversation; with a turn undone before it may be the second. The
 * responder's setup was made for it in this turn. NULL: no room. */
static struct ike_eap_side *side_open(struct ike_turn *t, const struct ike_id *initiator)
{
    struct ike_engine *const engine = t->engine;
    struct ike_setup *const setup = ike_setup_of(engine, t->sa);
    ike_eap_side_give(engine, &setup->eap);
    setup->eap = ike_pool_take(&engine->eaps);
    if (setup->eap == 0)
        return NULL;
    struct ike_eap_side *const side = ike_pool_at(&engine->eaps, setup->eap);
    *side = (struct ike_eap_side){0};
    ike_eap_open(&side->eap,
                 &(struct ike_eap_start){.crypto = engine->crypto,
                                         .config = &t->sa->policy->eap,
                                         .name = {.at = initiator->data, .len = initiator->len},
                                         .server = !t->sa->initiator});
    return side;
}

static void keep_id(struct ike_eap_side *side, bool initiator, struct ike_bytes body)
{
    const size_t which = initiator ? 0 : 1;
    assert(body.len <= sizeof side->id[which]);
    memcpy(side->id[which], body.at, body.len);
    side->id_len[which] = (uint8_t)body.len;
}

static struct ike_bytes id_of(const struct ike_eap_side *side, bool initiator)
{
    const size_t which = initiator ? 0 : 1;
    return (struct ike_bytes){.at = side->id[which], .len = side->id_len[which]};
}

static void put_packet(struct ike_turn *t, struct ike_bytes packet)
{
    const size_t begin = ike_begin_payload(&t->out, &t->link, PAYLOAD_EAP);
    put_bytes(&t->out, packet);
    ike_end_payload(&t->out, begin);
}

/* The peer's packet taken and ours written to `w`. What EAP has taken it cannot give back, so a
 * message that comes again after its turn was undone ends the conversation. */
static enum ike_why step(struct ike_turn *t, struct ike_eap_side *side, struct ike_writer *w)
{
    if (side->stepped == t->in.head.id)
        return WHY_EAP_FAILED;
    side->stepped = t->in.head.id;
    *w = wr_open(ike_turn_scratch(t, PACKET_MAX), PACKET_MAX);
    const enum ike_why why = ike_eap_step(&side->eap, ike_message_body(&t->in, PAYLOAD_EAP), w);
    return why == WHY_OK && w->bad ? WHY_TOO_LONG : why;
}

/* RFC 7296 2.16: by the MSK, or by SK_pi and SK_pr when the method makes none. */
static size_t proof(struct ike_turn *t, const struct ike_eap_side *side, bool initiator,
                    uint8_t *out)
{
    const struct ike_bytes msk = {.at = side->eap.msk, .len = EAP_MSK_LEN};
    const struct ike_bytes own = initiator ? t->keys.sk_pi : t->keys.sk_pr;
    return ike_proof_shared(t, side->eap.has_msk ? msk : own, initiator, id_of(side, initiator),
                            out);
}

static void put_auth(struct ike_turn *t, const struct ike_eap_side *side)
{
    uint8_t octets[IKE_PRF_MAX];
    const size_t len = proof(t, side, t->sa->initiator, octets);
    ike_put_auth(&t->out, &t->link, AUTH_PSK, (struct ike_bytes){.at = octets, .len = len});
}

static enum ike_why put_proof(struct ike_turn *t, struct ike_bytes id_body)
{
    (void)id_body; /* the side knows it */
    put_auth(t, side_of(t));
    return WHY_OK;
}

static enum ike_why check_auth(struct ike_turn *t, const struct ike_eap_side *side)
{
    uint8_t right[IKE_PRF_MAX];
    struct ike_auth auth;
    const enum ike_why why = ike_auth_parse(ike_message_body(&t->in, PAYLOAD_AUTH), &auth);
    if (why != WHY_OK)
        return why;
    if (auth.method != AUTH_PSK)
        return WHY_AUTH_METHOD;
    const size_t len = proof(t, side, !t->sa->initiator, right);
    if (auth.data.len != len || !ike_secret_equal(auth.data.at, right, len))
        return WHY_AUTHENTICATION;
    return WHY_OK;
}

/* ---- the initiator ---- */

/* A method that shows nothing of the responder: no use without its AUTH (RFC 5998 4). */
static bool is_one_sided(const struct ike_eap_packet *packet)
{
    const struct ike_eap_method *const method =
        packet->code == EAP_REQUEST ? ike_eap_method_of(packet->type) : NULL;
    return method != NULL && !method->mutual;
}

/* Our next packet; or after Success the proof; or after Failure nothing any more. */
static enum ike_why answer(struct ike_turn *t, struct ike_eap_side *side)
{
    struct ike_eap_packet packet;
    struct ike_writer w;
    enum ike_why why = ike_eap_parse(ike_message_body(&t->in, PAYLOAD_EAP), &packet);
    if (why == WHY_OK && side->only && is_one_sided(&packet))
        return WHY_AUTH_METHOD; /* RFC 5998 3: at once, before anything is told */
    if (why == WHY_OK)
        why = step(t, side, &w);
    if (why != WHY_OK && packet.code == EAP_FAILURE) {
        t->end = why; /* RFC 7296 2.21: the responder has forgotten us already */
        return WHY_OK;
    }
    if (why != WHY_OK)
        return why;
    const bool succeeded = side->eap.phase == EAP_SUCCEEDED;
    ike_turn_ask(t, IKE_AUTH);
    if (succeeded) {
        t->sa->state = S_EAP_DONE;
        why = ike_ppk_put_proof(t, id_of(side, true), put_proof);
        ike_rounds_put_another(t);
        return why;
    }
    put_packet(t, wr_done(&w));
    return WHY_OK;
}

/* RFC 5998 3: who the responder says it is; the end of EAP will show. */
static enum ike_why take_responder(struct ike_turn *t)
{
    struct ike_id id;
    const enum ike_why why = ike_id_parse(ike_message_body(&t->in, PAYLOAD_IDR), &id);
    if (why != WHY_OK)
        return why;
    if (!t->sa->policy->eap_only)
        return WHY_AUTH_METHOD;
    if (!ike_id_matches(&t->sa->policy->remote_id, &id))
        return WHY_PEER_UNKNOWN;
    return ike_auth_keep_peer_id(t, &id) ? WHY_OK : WHY_SA_TABLE_FULL;
}

/* The body of an ID payload that is not at hand, as it was sent. */
static void keep_own_id(struct ike_eap_side *side, bool initiator, const struct ike_id *id)
{
    uint8_t room[IKE_PAYLOAD_HEAD + IKE_ID_BODY_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 0;
    ike_put_id(&w, &link, PAYLOAD_IDI, id);
    keep_id(side, initiator,
            (struct ike_bytes){.at = room + IKE_PAYLOAD_HEAD, .len = w.len - IKE_PAYLOAD_HEAD});
}

/* DEVIATION: RFC 7296 2.16 demands a signature of a responder beside EAP. Here the policy says what
 * it may come with, a key as well, so that the cost of the one can be told from that of the other.
 */
static enum ike_why eap_begun(struct ike_turn *t)
{
    const bool only = (t->in.there & P(PAYLOAD_AUTH)) == 0;
    /* RFC 7619 2.1: a responder that proves nothing is no partner for EAP. */
    if (!ike_eap_is_wanted(t->sa->policy) || (!only && ike_auth_is_null(t)))
        return WHY_AUTH_METHOD;
    const enum ike_why why = only ? take_responder(t) : ike_auth_check_responder(t);
    if (why != WHY_OK)
        return why;
    const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    const struct ike_id ours = ike_auth_id(&setup->id, &t->sa->local);
    struct ike_eap_side *const side = side_open(t, &ours);
    if (side == NULL)
        return WHY_SA_TABLE_FULL;
    side->only = only;
    keep_own_id(side, true, &ours);
    keep_id(side, false, ike_message_body(&t->in, PAYLOAD_IDR));
    return answer(t, side);
}

/* In a later round the responder has shown who it is (RFC 4739 2.3). */
static enum ike_why again_begun(struct ike_turn *t)
{
    const struct ike_bytes kept = ike_store_view(&t->engine->store, t->sa->peer_id);
    const struct ike_id ours = ike_auth_id(&t->sa->policy->local_id, &t->sa->local);
    struct ike_id theirs = {.type = kept.at[0], .len = (uint8_t)(kept.len - 1)};
    if (!ike_eap_is_wanted(t->sa->policy))
        return WHY_AUTH_METHOD;
    struct ike_eap_side *const side = side_open(t, &ours);
    if (side == NULL)
        return WHY_SA_TABLE_FULL;
    memcpy(theirs.data, kept.at + 1, theirs.len);
    keep_own_id(side, true, &ours);
    keep_own_id(side, false, &theirs);
    return answer(t, side);
}

static enum ike_why eap_response(struct ike_turn *t)
{
    return answer(t, side_of(t));
}

/* The responder's last word, with the key mixed in that it may have agreed to (RFC 8784 3). */
static enum ike_why check_last(struct ike_turn *t)
{
    const enum ike_why why = ike_ppk_answered(t);
    return why != WHY_OK ? why : check_auth(t, side_of(t));
}

static enum ike_why eap_granted(struct ike_turn *t)
{
    const enum ike_why why = check_last(t);
    if (why != WHY_OK)
        return why;
    return ike_rounds_left(t) ? WHY_UNEXPECTED_PAYLOAD : ike_auth_child_granted(t);
}

static enum ike_why eap_without_child(struct ike_turn *t)
{
    const enum ike_why why = check_last(t);
    if (why != WHY_OK)
        return why;
    return ike_message_error(&t->in) == NULL && ike_auth_is_childless(t)
               ? ike_auth_up_childless(t)
               : ike_rounds_child_refused(t);
}

static enum ike_why eap_continued(struct ike_turn *t)
{
    const bool last = ike_auth_is_childless(t);
    const enum ike_why why = last ? check_last(t) : check_auth(t, side_of(t));
    if (why != WHY_OK)
        return why;
    return last ? ike_auth_up_childless(t) : ike_rounds_next(t);
}

static enum ike_why eap_refused(struct ike_turn *t)
{
    return ike_auth_refused(t);
}

/* ---- the responder ---- */

/* What is asked for in the first request and answered in the last response: kept as a chain of
 * payloads after the type of its first. */
bool ike_auth_keep_asked(struct ike_turn *t, struct ike_blob *slot)
{
    static const uint8_t types[] = {PAYLOAD_SA, PAYLOAD_TSI, PAYLOAD_TSR, PAYLOAD_CP};
    struct ike_writer w = wr_open(ike_turn_scratch(t, IKE_MESSAGE_MAX), IKE_MESSAGE_MAX);
    size_t link = 0;
    put_u8(&w, PAYLOAD_NONE);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if ((t->in.there & P(types[i])) == 0)
            continue;
        const size_t begin = ike_begin_payload(&w, &link, types[i]);
        put_bytes(&w, ike_message_body(&t->in, (enum ike_payload_type)types[i]));
        ike_end_payload(&w, begin);
    }
    const bool is_null = ike_auth_is_null(t);
    for (uint8_t i = 0; i < t->in.notify_count; i++)
        if (!is_null || t->in.notifies[i].type != N_INITIAL_CONTACT) /* RFC 7619 2.3 */
            ike_put_notify(&w, &link, &t->in.notifies[i]);
    assert(!w.bad); /* no longer than the message it came in */
    *slot = ike_store_take(&t->engine->store, w.len);
    if (slot->number == 0)
        return false;
    memcpy(ike_store_at(&t->engine->store, *slot), w.base, w.len);
    return true;
}

/* As if it stood in the message at hand. */
enum ike_why ike_auth_recall_asked(struct ike_turn *t, struct ike_blob asked)
{
    const struct ike_bytes kept = ike_store_view(&t->engine->store, asked);
    uint8_t *const copy = ike_turn_scratch(t, kept.len);
    memcpy(copy, kept.at, kept.len);
    t->in.sealed_next = copy[0];
    return ike_message_parse_sealed(&t->in,
                                    (struct ike_bytes){.at = copy + 1, .len = kept.len - 1});
}

/* RFC 5998 4: no AUTH of ours when every method we would take shows who we are. */
static bool goes_alone(const struct ike_turn *t)
{
    const struct ike_policy *const policy = t->sa->policy;
    bool alone = policy->eap_only && ike_message_notify(&t->in, N_EAP_ONLY_AUTHENTICATION) != NULL;
    for (uint8_t i = 0; alone && i < policy->eap.method_count; i++) {
        const struct ike_eap_method *const method = ike_eap_method_of(policy->eap.methods[i]);
        alone = method != NULL && method->mutual;
    }
    return alone;
}

/* The server may be elsewhere: then each packet takes its time. */
static enum ike_why await_server(struct ike_turn *t)
{
    static const struct ike_bytes aaa = {.at = (const uint8_t *)"aaa", .len = 3};
    struct ike_bytes answer = aaa;
    const enum ike_why why = t->sa->policy->eap_remote ? ike_hold_need(t, aaa, &answer) : WHY_OK;
    return why == WHY_OK && answer.len == 0 ? WHY_EAP_SERVER : why;
}

/* RFC 5685 6: to whoever the initiator says it is, the gateway shows who it is itself. */
static enum ike_why send_away(struct ike_turn *t)
{
    const struct ike_id ours = ike_auth_id(&t->sa->policy->local_id, &t->sa->local);
    ike_turn_answer(t);
    const size_t begin = t->out.len;
    ike_put_id(&t->out, &t->link, PAYLOAD_IDR, &ours);
    const enum ike_why why = ike_auth_put_proof(t, ike_auth_body_since(t, begin));
    ike_redirect_put_first(t);
    return why;
}

static enum ike_why eap_asked(struct ike_turn *t)
{
    struct ike_id peer;
    enum ike_why why = ike_id_parse(ike_message_body(&t->in, PAYLOAD_IDI), &peer);
    if (why != WHY_OK)
        return why;
    if ((why = ike_auth_find_policy(t, &peer)) != WHY_OK)
        return why;
    if (!ike_eap_is_wanted(t->sa->policy) ||
        (t->sa->policy->proof == PROOF_NULL && !goes_alone(t))) /* RFC 7619 2.1 */
        return WHY_AUTH_METHOD;
    if ((why = ike_mobike_check(t)) != WHY_OK)
        return why;
    if (t->sa->policy->redirect_first && ike_redirect_is_wanted(t))
        return send_away(t);
    if ((why = await_server(t)) != WHY_OK)
        return why;
    if (t->sa->setup == 0 && !ike_turn_add_setup(t, &t->sa->setup))
        return WHY_SA_TABLE_FULL;
    struct ike_eap_side *const side = side_open(t, &peer);
    if (side == NULL || !ike_auth_keep_asked(t, &side->asked))
        return WHY_SA_TABLE_FULL;
    side->stepped = t->in.head.id;
    side->only = goes_alone(t);
    keep_id(side, true, ike_message_body(&t->in, PAYLOAD_IDI));
    struct ike_writer w = wr_open(ike_turn_scratch(t, PACKET_MAX), PACKET_MAX);
    if ((why = ike_eap_begin(&side->eap, &w)) != WHY_OK)
        return why;

    const struct ike_id ours = ike_auth_id(&t->sa->policy->local_id, &t->sa->local);
    ike_turn_answer(t);
    const size_t begin = t->out.len;
    ike_put_id(&t->out, &t->link, PAYLOAD_IDR, &ours);
    keep_id(side, false, ike_auth_body_since(t, begin));
    if (!side->only && (why = ike_auth_put_proof(t, id_of(side, false))) != WHY_OK)
        return why;
    put_packet(t, wr_done(&w));
    return WHY_OK;
}

/* RFC 6023 3: the same without a Child SA. */
static enum ike_why childless_asked(struct ike_turn *t)
{
    return t->sa->policy->childless ? eap_asked(t) : WHY_MISSING_PAYLOAD;
}

enum ike_why ike_eap_ask_again(struct ike_turn *t, const struct ike_id *peer)
{
    enum ike_why why = await_server(t);
    if (why != WHY_OK)
        return why;
    struct ike_eap_side *const side = side_open(t, peer);
    if (side == NULL)
        return WHY_SA_TABLE_FULL;
    const struct ike_id ours =
        ike_auth_id(&ike_setup_of(t->engine, t->sa)->first_policy->local_id, &t->sa->local);
    side->stepped = t->in.head.id;
    keep_id(side, true, ike_message_body(&t->in, PAYLOAD_IDI));
    keep_own_id(side, false, &ours);
    struct ike_writer w = wr_open(ike_turn_scratch(t, PACKET_MAX), PACKET_MAX);
    if ((why = ike_eap_begin(&side->eap, &w)) != WHY_OK)
        return why;
    ike_turn_answer(t);
    put_packet(t, wr_done(&w));
    t->sa->state = S_EAP;
    return WHY_OK;
}

static enum ike_why eap_request(struct ike_turn *t)
{
    struct ike_eap_side *const side = side_of(t);
    struct ike_writer w = {0};
    enum ike_why why = await_server(t);
    if (why != WHY_OK)
        return why;
    why = step(t, side, &w);
    if (w.len == 0)
        return why;
    ike_turn_answer(t);
    put_packet(t, wr_done(&w));
    t->end = why; /* RFC 7296 2.16, 2.21: Failure is all that is said about it */
    if (side->eap.phase == EAP_SUCCEEDED)
        t->sa->state = S_EAP_DONE;
    return WHY_OK;
}

/* RFC 7296 2.16: who was authenticated is whom EAP knows, if that is another name than IDi. */
static bool keep_peer(struct ike_turn *t, const struct ike_eap_side *side)
{
    struct ike_id id;
    const enum ike_why why = ike_id_parse(id_of(side, true), &id);
    assert(why == WHY_OK); /* it was parsed before */
    (void)why;
    const struct ike_bytes name = {.at = side->eap.name, .len = side->eap.name_len};
    if (!ike_bytes_equal(name, (struct ike_bytes){.at = id.data, .len = id.len})) {
        id = (struct ike_id){.type = ID_KEY_ID, .len = (uint8_t)name.len};
        memcpy(id.data, name.at, name.len);
    }
    return ike_auth_keep_peer_id(t, &id);
}

/* All of it was proved: what the first request asked for is granted. */
static enum ike_why grant(struct ike_turn *t, struct ike_eap_side *side)
{
    const bool later = ike_rounds_later(t);
    enum ike_why why =
        ike_auth_recall_asked(t, later ? ike_setup_of(t->engine, t->sa)->asked : side->asked);
    assert(why == WHY_OK); /* it was read when it came */
    if (!later && !keep_peer(t, side))
        return WHY_SA_TABLE_FULL;
    t->initial_contact = ike_message_notify(&t->in, N_INITIAL_CONTACT) != NULL;
    ike_auth_tell(t, IKE_UP, WHY_OK, 0);
    ike_turn_answer(t);
    put_auth(t, side);
    ike_ppk_put_answer(t);
    ike_rounds_end(t);
    ike_sync_agree(t);
    ike_qcd_put(t, t->sa);
    if ((why = ike_auth_answer_child(t)) != WHY_OK)
        return why;
    if ((why = ike_resume_up(t, later ? nothing : id_of(side, true))) != WHY_OK)
        return why;
    ike_mobike_answer(t);
    ike_auth_forget_init(t);
    return WHY_OK;
}

static enum ike_why eap_proof(struct ike_turn *t)
{
    struct ike_sa *const sa = t->sa;
    struct ike_eap_side *const side = side_of(t);
    bool more;
    enum ike_why why = ike_ppk_asked(t);
    if (why != WHY_OK)
        return why;
    if ((why = check_auth(t, side)) != WHY_OK)
        return why;
    if ((why = ike_rounds_more(t, &more)) != WHY_OK)
        return why;
    sa->local = t->datagram->local; /* RFC 7296 2.23 */
    sa->remote = t->datagram->remote;
    if (!more)
        return grant(t, side);
    if (!ike_rounds_later(t) && !keep_peer(t, side))
        return WHY_SA_TABLE_FULL;
    ike_turn_answer(t);
    put_auth(t, side);
    return ike_rounds_await(t, &side->asked);
}

/* RFC 7296 2.21.2: an initiator that could not accept our last answer says so, or takes its leave.
 */
static enum ike_why eap_given_up(struct ike_turn *t)
{
    const struct ike_notify *const error = ike_message_error(&t->in);
    ike_turn_answer(t);
    if (error != NULL && ike_error_ends(error->type)) {
        t->end = WHY_PEER_REFUSED;
        t->end_notify = error->type;
    } else if ((t->in.there & P(PAYLOAD_DELETE)) != 0) {
        t->end = WHY_PEER_DELETED;
    }
    return WHY_OK;
}

/* clang-format off */
#define MUST_ASK   (P(PAYLOAD_IDI) | P(PAYLOAD_SA) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define MAY_ASK    (P(PAYLOAD_IDR) | P(PAYLOAD_CERT) | P(PAYLOAD_CERTREQ) | P(PAYLOAD_CP))
#define MUST_BEGIN (P(PAYLOAD_IDR) | P(PAYLOAD_EAP))
#define MAY_BEGIN  (P(PAYLOAD_AUTH) | P(PAYLOAD_CERT))
#define MUST_CHILD (P(PAYLOAD_AUTH) | P(PAYLOAD_SA) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define MUST_ALONE (P(PAYLOAD_AUTH) | P(PAYLOAD_NOTIFY))
const struct ike_rule ike_eap_rules[] = {
    /* exchange       from      state        must               may                run                then */
    { IKE_AUTH,      REQUEST,  S_KEYED,     MUST_ASK,          MAY_ASK,           eap_asked,         S_EAP,         "eap_asked"         },
    { IKE_AUTH,      REQUEST,  S_KEYED,     P(PAYLOAD_IDI),    MAY_ASK,           childless_asked,   S_EAP,         "childless_asked"   },
    { IKE_AUTH,      REQUEST,  S_EAP,       P(PAYLOAD_EAP),    0,                 eap_request,       S_EAP,         "eap_request"       },
    { IKE_AUTH,      REQUEST,  S_EAP_DONE,  P(PAYLOAD_AUTH),   0,                 eap_proof,         S_ESTABLISHED, "eap_proof"         },
    { INFORMATIONAL, REQUEST,  S_EAP,       0,                 P(PAYLOAD_DELETE), eap_given_up,      S_EAP,         "eap_given_up"      },
    { INFORMATIONAL, REQUEST,  S_EAP_DONE,  0,                 P(PAYLOAD_DELETE), eap_given_up,      S_EAP_DONE,    "eap_given_up"      },
    { INFORMATIONAL, REQUEST,  S_AGAIN,     0,                 P(PAYLOAD_DELETE), eap_given_up,      S_AGAIN,       "eap_given_up"      },
    { INFORMATIONAL, REQUEST,  S_AWAY,      0,                 P(PAYLOAD_DELETE), eap_given_up,      S_AWAY,        "eap_given_up"      },
    { IKE_AUTH,      RESPONSE, S_AUTH_SENT, MUST_BEGIN,        MAY_BEGIN,         eap_begun,         S_EAP,         "eap_begun"         },
    { IKE_AUTH,      RESPONSE, S_EAP,       P(PAYLOAD_EAP),    0,                 eap_response,      S_EAP,         "eap_response"      },
    { IKE_AUTH,      RESPONSE, S_EAP,       P(PAYLOAD_NOTIFY), 0,                 eap_refused,       S_EAP,         "eap_refused"       },
    { IKE_AUTH,      RESPONSE, S_EAP_DONE,  MUST_CHILD,        P(PAYLOAD_CP),     eap_granted,       S_ESTABLISHED, "eap_granted"       },
    { IKE_AUTH,      RESPONSE, S_EAP_DONE,  MUST_ALONE,        P(PAYLOAD_CP),     eap_without_child, S_ESTABLISHED, "eap_without_child" },
    { IKE_AUTH,      RESPONSE, S_AGAIN,     P(PAYLOAD_EAP),    0,                 again_begun,       S_EAP,         "again_begun"       },
    { IKE_AUTH,      RESPONSE, S_EAP_DONE,  P(PAYLOAD_AUTH),   0,                 eap_continued,     S_AGAIN,       "eap_continued"     },
    { IKE_AUTH,      RESPONSE, S_EAP_DONE,  P(PAYLOAD_NOTIFY), 0,                 eap_refused,       S_EAP_DONE,    "eap_refused"       },
};
/* clang-format on */
const size_t ike_eap_rule_count = sizeof ike_eap_rules / sizeof ike_eap_rules[0];
