/* SPDX-License-Identifier: MIT
 * Counters agreed on anew: asked, answered, taken (sync.h). IVs go on where they
 * were, so that none is used twice (RFC 6311 3.4). */
#include "ike/v2/sync.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/payload.h"
#include "ike/v2/window.h"

#include <assert.h>
#include <string.h>

static struct ike_sync *sync_of(const struct ike_turn *t)
{
    return ike_beside_of(t->engine, t->sa, BESIDE_SYNC);
}

void ike_sync_give(struct ike_engine *engine, void *record)
{
    const struct ike_sync *const sync = record;
    ike_store_give(&engine->store, sync->answer);
}

void ike_sync_moved(struct ike_engine *engine, void *record, const struct ike_sa *to)
{
    struct ike_sync *const sync = record;
    (void)to;
    ike_sync_give(engine, record);
    *sync = (struct ike_sync){.ids = sync->ids, .replay = sync->replay, .skip = sync->skip};
}

void ike_sync_inherit(struct ike_engine *engine, uint64_t now_ns, const struct ike_sa *from,
                      struct ike_sa *to)
{
    struct ike_sync *const sync = ike_beside_of(engine, to, BESIDE_SYNC);
    if (sync == NULL || sync->skip == 0)
        return;
    if (ike_task_find(engine, from, TASK_SYNC, 0) == NULL)
        sync->skip = 0; /* the peer has answered */
    else
        (void)ike_task_put(engine, to, TASK_SYNC, now_ns);
}

/* ---- in IKE_AUTH ---- */

static void put_supported(struct ike_turn *t, bool ids, bool replay)
{
    const struct ike_bytes nothing = {.at = NULL, .len = 0};
    if (ids)
        ike_put_status(&t->out, &t->link, N_IKEV2_MESSAGE_ID_SYNC_SUPPORTED, nothing);
    if (replay)
        ike_put_status(&t->out, &t->link, N_IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED, nothing);
}

void ike_sync_offer(struct ike_turn *turn)
{
    put_supported(turn, turn->sa->policy->sync_ids, turn->sa->policy->sync_replay);
}

/* What is in both the policy and the message at hand; NULL: nothing, or no room. */
static const struct ike_sync *agree(struct ike_turn *t)
{
    const struct ike_policy *const policy = t->sa->policy;
    const bool ids =
        policy->sync_ids && ike_message_notify(&t->in, N_IKEV2_MESSAGE_ID_SYNC_SUPPORTED) != NULL;
    const bool replay = policy->sync_replay &&
                        ike_message_notify(&t->in, N_IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED) != NULL;
    struct ike_sync *const sync = ids || replay ? ike_beside_edit(t, t->sa, BESIDE_SYNC) : NULL;
    if (sync != NULL)
        *sync = (struct ike_sync){.ids = ids, .replay = replay};
    return sync;
}

void ike_sync_agree(struct ike_turn *turn)
{
    const struct ike_sync *const sync = agree(turn);
    if (sync != NULL)
        put_supported(turn, sync->ids, sync->replay);
}

void ike_sync_heard(struct ike_turn *turn)
{
    (void)agree(turn);
}

/* ---- both notifies ---- */

/*  Nonce Data (4) | EXPECTED_SEND_REQ_MESSAGE_ID (4) | EXPECTED_RECV_REQ_MESSAGE_ID (4)
 *  RFC 6311 6.3 */
struct ids {
    uint8_t nonce[4];
    uint32_t send, take; /* as its sender sees them */
};

static bool same_nonce(const uint8_t *a, const uint8_t *b)
{
    return ike_bytes_equal((struct ike_bytes){.at = a, .len = 4},
                           (struct ike_bytes){.at = b, .len = 4});
}

static bool ids_read(const struct ike_notify *notify, struct ids *out)
{
    struct ike_reader r = rd_open(notify->data);
    const struct ike_bytes nonce = rd_bytes(&r, sizeof out->nonce);
    out->send = rd_u32(&r);
    out->take = rd_u32(&r);
    if (r.bad || r.left != 0)
        return false;
    memcpy(out->nonce, nonce.at, sizeof out->nonce);
    return true;
}

static void ids_put(struct ike_turn *t, const struct ids *ids)
{
    uint8_t data[12];
    struct ike_writer w = wr_open(data, sizeof data);
    put_bytes(&w, (struct ike_bytes){.at = ids->nonce, .len = sizeof ids->nonce});
    put_u32(&w, ids->send);
    put_u32(&w, ids->take);
    ike_put_status(&t->out, &t->link, N_IKEV2_MESSAGE_ID_SYNC, wr_done(&w));
}

/* RFC 6311 6.4: octets of a delta, by the ESN bit of the Child SAs; 0: they are not all alike. */
static size_t delta_len(const struct ike_turn *t)
{
    size_t len = 0;
    for (uint32_t place = t->sa->child; place != 0;) {
        const struct ike_child *const child = ike_child_at(t->engine, place);
        const size_t its = ike_algos[child->suite.esn].id == 1 ? 8 : 4;
        if (child->up && len != 0 && len != its)
            return 0;
        len = child->up ? its : len;
        place = child->next;
    }
    return len != 0 ? len : 4;
}

/* *skip is 0 when there is none, or none was agreed on. */
static enum ike_why delta_read(const struct ike_turn *t, uint64_t *skip)
{
    const struct ike_sync *const sync = sync_of(t);
    const struct ike_notify *const notify = ike_message_notify(&t->in, N_IPSEC_REPLAY_COUNTER_SYNC);
    *skip = 0;
    if (notify == NULL || sync == NULL || !sync->replay)
        return WHY_OK;
    if (notify->data.len != delta_len(t))
        return WHY_SYNC_FORM;
    struct ike_reader r = rd_open(notify->data);
    *skip = notify->data.len == 8 ? rd_u64(&r) : rd_u32(&r);
    return WHY_OK;
}

static void delta_put(struct ike_turn *t, uint64_t skip)
{
    const size_t len = delta_len(t);
    uint8_t data[8];
    struct ike_writer w = wr_open(data, sizeof data);
    if (len == 8)
        put_u64(&w, skip);
    else
        put_u32(&w, (uint32_t)(skip < UINT32_MAX ? skip : UINT32_MAX));
    if (len != 0) /* RFC 6311 6.4: else it cannot be said */
        ike_put_status(&t->out, &t->link, N_IPSEC_REPLAY_COUNTER_SYNC, wr_done(&w));
}

static void tell(struct ike_turn *t, uint64_t skip)
{
    struct ike_event event = ike_sa_event(t->sa, IKE_SYNCED, WHY_OK);
    event.send_id = t->sa->send_id;
    event.take_id = t->sa->take_id;
    event.skip = skip;
    ike_event_add(t->engine, &event);
}

/* ---- taking over ---- */

static uint32_t lower(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t higher(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* True when there is something to be said to the peer. */
static bool take_over(struct ike_turn *t, const struct ike_standby *known, enum ike_why *why)
{
    struct ike_sa *const sa = t->sa;
    const struct ike_sync *const agreed = sync_of(t);
    const bool ids = known->ids && agreed != NULL && agreed->ids;
    const bool replay = known->replay > 0 && agreed != NULL && agreed->replay;
    *why = WHY_OK;
    sa->send_id = lower(sa->send_id, known->send_id);
    sa->take_id = lower(sa->take_id, known->take_id);
    t->give_up = true;
    ike_window_forget(t);
    if (!ids && !replay)
        return false;
    struct ike_sync *const sync = ike_beside_edit(t, sa, BESIDE_SYNC);
    if (ike_task_add(t, TASK_SYNC, 0, t->now_ns) == NULL) {
        *why = WHY_SA_TABLE_FULL;
        return false;
    }
    sync->ask_ids = ids;
    sync->m1 = sa->send_id + known->missed;
    sync->p1 = sa->take_id;
    sync->skip = replay ? known->replay : 0;
    t->engine->crypto->ops->random(t->engine->crypto, sync->nonce, sizeof sync->nonce);
    return true;
}

bool ike_failed_over(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                     const struct ike_standby *known)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    enum ike_why why;
    if (found == NULL || found->state != S_ESTABLISHED)
        return false;
    const struct ike_task *const rekey = ike_task_find(engine, found, TASK_REKEY_IKE, 0);
    if (rekey != NULL && rekey->rival != 0)
        return false; /* which SA stays is not known yet: more than counters is open */
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    const bool said = take_over(turn, known, &why);
    return ike_turn_end(turn, why) == WHY_OK && said;
}

enum ike_why ike_ask_sync(struct ike_turn *turn)
{
    const struct ike_sync *const sync = sync_of(turn);
    if (sync == NULL || (!sync->ask_ids && sync->skip == 0))
        return WHY_NOT_AWAITED; /* the peer was quicker */
    turn->uncounted = sync->ask_ids;
    if (sync->ask_ids)
        turn->sa->send_id = sync->m1;
    ike_turn_ask(turn, INFORMATIONAL);
    if (sync->ask_ids) {
        struct ids ids = {.send = sync->m1, .take = sync->p1};
        memcpy(ids.nonce, sync->nonce, sizeof ids.nonce);
        ids_put(turn, &ids);
    }
    if (sync->skip > 0)
        delta_put(turn, sync->skip);
    return WHY_OK;
}

/* ---- a request ---- */

static bool is_possible(const struct ike_turn *turn)
{
    const struct ike_header *const head = &turn->in.head;
    const struct ike_sync *sync;
    return head->id == 0 && head->exchange == INFORMATIONAL && (head->flags & FLAG_RESPONSE) == 0 &&
           head->next == PAYLOAD_SK && turn->sa->state == S_ESTABLISHED &&
           (sync = sync_of(turn)) != NULL && sync->ids;
}

/* Of requests. */
static bool is_barred(const struct ike_turn *turn)
{
    const struct ike_sync *const sync = sync_of(turn);
    return sync != NULL && sync->ask_ids &&
           ike_task_find(turn->engine, turn->sa, TASK_SYNC, 0) != NULL;
}

enum ike_why ike_sync_look(struct ike_turn *turn, bool *later)
{
    *later = is_possible(turn);
    if (*later)
        return WHY_OK;
    if ((turn->in.head.flags & FLAG_RESPONSE) != 0)
        return ike_window_response(turn);
    return is_barred(turn) ? WHY_SYNC_AWAITED : ike_window_request(turn);
}

/* RFC 6311 5.1: no more than these notifies. */
static enum ike_why check_form(const struct ike_turn *t, bool request, struct ids *out)
{
    const struct ike_message *const in = &t->in;
    const struct ike_notify *const ids = ike_message_notify(in, N_IKEV2_MESSAGE_ID_SYNC);
    const bool delta = request && ike_message_notify(in, N_IPSEC_REPLAY_COUNTER_SYNC) != NULL;
    if (ids == NULL || in->there != (P(PAYLOAD_SK) | P(PAYLOAD_NOTIFY)) ||
        in->type_count != 2 + (delta ? 1 : 0))
        return WHY_SYNC_FORM;
    return ids_read(ids, out) ? WHY_OK : WHY_SYNC_FORM;
}

static bool is_a_copy(const struct ike_sync *sync, const struct ids *ids)
{
    return sync->heard && sync->heard_m1 == ids->send && sync->heard_p1 == ids->take &&
           same_nonce(sync->heard_nonce, ids->nonce);
}

enum ike_why ike_sync_sort(struct ike_turn *turn)
{
    const struct ike_sync *const sync = sync_of(turn);
    struct ids ids;
    if (ike_message_notify(&turn->in, N_IKEV2_MESSAGE_ID_SYNC) == NULL)
        return is_barred(turn) ? WHY_SYNC_AWAITED : ike_window_request(turn);
    const enum ike_why why = check_form(turn, true, &ids);
    if (why != WHY_OK)
        return why;
    if (is_a_copy(sync, &ids)) { /* RFC 7296 2.1 */
        ike_window_put(turn->engine, sync->answer, &turn->datagram->local, &turn->datagram->remote,
                       turn->datagram->stream);
        return WHY_RETRANSMITTED;
    }
    turn->uncounted = true;
    return WHY_OK;
}

struct ike_blob *ike_sync_slot(struct ike_turn *turn)
{
    struct ike_sync *const sync = ike_beside_edit(turn, turn->sa, BESIDE_SYNC);
    return &sync->answer;
}

/* RFC 6311 5.1: M1 is above all ids heard from the cluster, in whatever message. Its Appendix A.2
 * to A.4 have it lower: then it is only to be above the ones in messages of this kind, which is
 * enough to tell what is played back. */
static bool is_stale(const struct ike_turn *t, const struct ike_sync *sync, uint32_t m1)
{
    if (sync->heard && m1 <= sync->heard_m1)
        return true;
    return !t->sa->policy->sync_low && m1 < ike_window_next(t);
}

/* Both clusters have failed over: having answered the other's request we know as much as the answer
 * to ours would say, but for what ours says of replay counters. */
static bool is_crossed(struct ike_turn *t, struct ike_sync *sync)
{
    const bool crossed = sync->ask_ids && ike_task_find(t->engine, t->sa, TASK_SYNC, 0) != NULL;
    sync->ask_ids = false;
    return !crossed || sync->skip == 0 || ike_task_add(t, TASK_SYNC, 0, t->now_ns) != NULL;
}

enum ike_why ike_sync_answer(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    struct ids theirs;
    uint64_t skip;
    enum ike_why why = check_form(turn, true, &theirs);
    assert(why == WHY_OK); /* ike_sync_sort */
    if (is_stale(turn, sync_of(turn), theirs.send))
        return WHY_SYNC_STALE;
    if ((why = delta_read(turn, &skip)) != WHY_OK)
        return why;

    struct ike_sync *const sync = ike_beside_edit(turn, sa, BESIDE_SYNC);
    if (!is_crossed(turn, sync))
        return WHY_SA_TABLE_FULL;
    sync->heard = true;
    memcpy(sync->heard_nonce, theirs.nonce, sizeof theirs.nonce);
    sync->heard_m1 = theirs.send;
    sync->heard_p1 = theirs.take;

    /* RFC 6311 5.1, 9: nothing under way is waited for any more, in neither direction. */
    struct ids ours = {.send = higher(theirs.take, sa->send_id),
                       .take = higher(theirs.send, ike_window_next(turn))};
    memcpy(ours.nonce, theirs.nonce, sizeof ours.nonce);
    ike_window_forget(turn);
    sa->send_id = ours.send;
    sa->take_id = ours.take;
    turn->give_up = true;
    ike_turn_answer(turn);
    ids_put(turn, &ours);
    tell(turn, skip);
    return WHY_OK;
}

enum ike_why ike_sync_take_replay(struct ike_turn *turn)
{
    uint64_t skip;
    if (delta_read(turn, &skip) != WHY_OK)
        return WHY_SYNTAX; /* RFC 7296 2.21.3, as of any request */
    if (skip > 0)
        tell(turn, skip);
    return WHY_OK;
}

/* ---- the response to one of ours ---- */

/* RFC 6311 5.1. What has come since the request may have moved us further than the answer says. */
static enum ike_why take_ids(struct ike_turn *t, const struct ike_sync *sync)
{
    struct ike_sa *const sa = t->sa;
    struct ids theirs;
    const enum ike_why why = check_form(t, false, &theirs);
    if (why != WHY_OK)
        return why;
    if (!same_nonce(theirs.nonce, sync->nonce))
        return WHY_SYNC_NONCE;
    if (theirs.take < sync->m1 || theirs.send < sync->p1)
        return WHY_SYNC_STALE;
    sa->send_id = higher(sa->send_id, theirs.take);
    if (theirs.send > sa->take_id) {
        ike_window_forget(t);
        sa->take_id = theirs.send;
    }
    return WHY_OK;
}

enum ike_why ike_sync_answered(struct ike_turn *turn)
{
    const struct ike_sync *const sync = sync_of(turn);
    const enum ike_why why = sync != NULL && sync->ask_ids ? take_ids(turn, sync) : WHY_OK;
    if (why == WHY_OK && sync != NULL)
        tell(turn, sync->skip);
    return why;
}
