/* SPDX-License-Identifier: MIT
 * Moving: requests, answers, and what they change. */
#include "ike/v2/move.h"

#include "ike/engine.h"
#include "ike/v2/payload.h"

#include <assert.h>
#include <string.h>

static const struct ike_bytes nothing = {.at = NULL, .len = 0};

/* What a TASK_PATH keeps: its COOKIE2, and the pair it is about. Others keep the former alone. */
struct test {
    uint8_t cookie[IKE_COOKIE2_OURS];
    struct ike_path path;
};

/* ---- a pair taken into use ---- */

/* RFC 4555 3.7: it is believed to be where it says, or has answered from there. */
static bool is_proven(const struct ike_turn *t, const struct ike_mobike *m)
{
    return t->sa->policy->mobike.unchecked || ike_addr_equal(&m->proven, &t->sa->remote);
}

static void tell(struct ike_turn *t, enum ike_event_kind kind, enum ike_why why, uint16_t notify)
{
    struct ike_event event = ike_sa_event(t->sa, kind, why);
    event.notify = notify;
    event.inner = kind == IKE_MOVED ? t->sa->remote : (struct ike_addr){.family = 0};
    ike_event_add(t->engine, &event);
}

/* Child SAs follow the IKE SA. */
static void settle(struct ike_turn *t, struct ike_mobike *m)
{
    const struct ike_path path = ike_path_of(t->sa);
    const bool same = ike_path_equal(&m->children, &path) && t->sa->nat == t->before.nat;
    m->children = path;
    if (!same)
        tell(t, IKE_MOVED, WHY_OK, 0);
}

void ike_move_pair(struct ike_turn *t, struct ike_mobike *m, const struct ike_path *path)
{
    t->sa->local = path->local;
    t->sa->remote = path->remote;
    m->moves++;
    t->rerouted = !t->sa->tcp; /* by TCP all of it is sent anew when there is a connection */
}

/* An address that is not among ours takes the place of the one in use. */
static void own_address(const struct ike_turn *t, struct ike_mobike *m, const struct ike_addr *addr)
{
    if (ike_mobike_has(m->ours, m->our_count, addr))
        return;
    for (uint8_t i = 0; i < m->our_count; i++)
        if (ike_addr_same_ip(&m->ours[i], &t->sa->local)) {
            m->ours[i] = *addr;
            m->relisted = true;
        }
}

static enum ike_why want(struct ike_turn *t, enum ike_task_kind kind, uint64_t at_ns)
{
    struct ike_task *const task = ike_task_add(t, kind, 0, at_ns);
    if (task == NULL)
        return WHY_SA_TABLE_FULL;
    if (task->at_ns > at_ns)
        task->at_ns = at_ns; /* one that waited to be tried again */
    return WHY_OK;
}

enum ike_why ike_move_to(struct ike_turn *t, const struct ike_path *path)
{
    struct ike_mobike *const m = ike_mobike_edit(t);
    assert(m != NULL && m->decides);
    own_address(t, m, &path->local);
    ike_move_pair(t, m, path);
    m->tries = 0;
    if (is_proven(t, m))
        settle(t, m);
    return want(t, TASK_MOVE, t->now_ns);
}

static void resend(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa)
{
    for (uint32_t place = sa->task; place != 0;) {
        struct ike_task *const task = ike_task_at(engine, place);
        if (task->sends > 0 && task->kind != TASK_PATH) {
            task->sends = 1; /* the new pair has as many tries as any */
            task->at_ns = now_ns;
            task->spread = false;
        }
        place = task->next;
    }
    struct ike_sa *const old = sa->rekeyed ? ike_sa_numbered(engine, sa->rekeyed_from) : NULL;
    if (old == NULL || old->state != S_REPLACED)
        return;
    old->local = sa->local; /* all it waits for is its end */
    old->remote = sa->remote;
    resend(engine, now_ns, old);
    ike_timers_set(&engine->timers, ike_sa_place(old), ike_sa_deadline(engine, old));
}

void ike_move_commit(struct ike_turn *t)
{
    if (t->rerouted)
        resend(t->engine, t->now_ns, t->sa);
}

/* ---- what the owner wants ---- */

static struct ike_addr with_port(const struct ike_addr *addr, uint16_t port)
{
    struct ike_addr out = *addr;
    if (out.port == 0)
        out.port = port;
    return out;
}

static struct ike_sa *movable(const struct ike_engine *engine, uint64_t number)
{
    struct ike_sa *const sa = ike_sa_numbered(engine, number);
    return sa != NULL && sa->state == S_ESTABLISHED && ike_mobike_of(engine, sa) != NULL ? sa
                                                                                         : NULL;
}

/* RFC 4555 3.5: a responder whose address is gone goes on from another, Child SAs and all, and says
 * so; the initiator decides. */
static enum ike_why relocate(struct ike_turn *t, const struct ike_path *path)
{
    struct ike_mobike *const m = ike_mobike_edit(t);
    own_address(t, m, &path->local);
    ike_move_pair(t, m, path);
    m->children.local = path->local;
    tell(t, IKE_MOVED, WHY_OK, 0);
    return want(t, TASK_ADDRESSES, t->now_ns);
}

/* RFC 9329 8: from the new address a connection is asked for; when there is one, the responder is
 * told (ike_move_along). */
static enum ike_why reconnect(struct ike_turn *t, const struct ike_path *path)
{
    struct ike_mobike *const m = ike_mobike_edit(t);
    own_address(t, m, &path->local);
    ike_move_pair(t, m, path);
    t->sa->local.port = 0;
    t->connect = true;
    return WHY_OK;
}

bool ike_move_along(struct ike_engine *engine, uint64_t now_ns, uint64_t sa)
{
    struct ike_sa *const found = movable(engine, sa);
    if (found == NULL)
        return false;
    assert(ike_mobike_of(engine, found)->decides); /* who opens connections does */
    const struct ike_path path = ike_path_of(found);
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    return ike_turn_end(turn, ike_move_to(turn, &path)) == WHY_OK;
}

bool ike_move(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, const struct ike_addr *local,
              const struct ike_addr *remote)
{
    struct ike_sa *const found = movable(engine, sa);
    if (found == NULL)
        return false;
    const bool decides = ike_mobike_of(engine, found)->decides;
    const struct ike_path path = {
        .local = with_port(local, found->local.port),
        .remote = with_port(remote != NULL ? remote : &found->remote, found->remote.port)};
    if (path.local.family != path.remote.family || (remote != NULL && !decides))
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    const enum ike_why why = !decides     ? relocate(turn, &path)
                             : found->tcp ? reconnect(turn, &path)
                                          : ike_move_to(turn, &path);
    return ike_turn_end(turn, why) == WHY_OK;
}

bool ike_addresses(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                   const struct ike_addr *addresses, uint8_t count)
{
    struct ike_sa *const found = movable(engine, sa);
    if (found == NULL)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    ike_mobike_own(ike_mobike_edit(turn), addresses, count, &found->local);
    return ike_turn_end(turn, want(turn, TASK_ADDRESSES, now_ns)) == WHY_OK;
}

static enum ike_why begin_test(struct ike_turn *t, const struct ike_path *path)
{
    struct test test = {.path = {.local = with_port(&path->local, t->sa->local.port),
                                 .remote = with_port(&path->remote, t->sa->remote.port)}};
    struct ike_task *const task = ike_task_add(t, TASK_PATH, 0, t->now_ns);
    t->engine->crypto->ops->random(t->engine->crypto, test.cookie, sizeof test.cookie);
    const bool kept = task != NULL && ike_turn_keep(t, &task->nonce,
                                                    (struct ike_bytes){.at = (const uint8_t *)&test,
                                                                       .len = sizeof test});
    return kept ? WHY_OK : WHY_SA_TABLE_FULL;
}

bool ike_test_path(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                   const struct ike_path *path)
{
    struct ike_sa *const found = movable(engine, sa);
    if (found == NULL || found->tcp || !ike_mobike_of(engine, found)->decides ||
        path->local.family != path->remote.family)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    return ike_turn_end(turn, begin_test(turn, path)) == WHY_OK;
}

/* ---- asking ---- */

static struct ike_bytes cookie_of(const struct ike_turn *t)
{
    struct ike_bytes kept = ike_store_view(&t->engine->store, t->task->nonce);
    if (kept.len > IKE_COOKIE2_OURS)
        kept.len = IKE_COOKIE2_OURS;
    return kept;
}

/* RFC 4555 3.7: nobody answers who has not seen it. */
static enum ike_why put_cookie(struct ike_turn *t)
{
    uint8_t *const room = ike_turn_room(t, &t->task->nonce, IKE_COOKIE2_OURS);
    if (room == NULL)
        return WHY_SA_TABLE_FULL;
    t->engine->crypto->ops->random(t->engine->crypto, room, IKE_COOKIE2_OURS);
    ike_put_status(&t->out, &t->link, N_COOKIE2, cookie_of(t));
    return WHY_OK;
}

/* RFC 4555 3.5: after it a list, when that is another one. */
enum ike_why ike_ask_move(struct ike_turn *turn)
{
    const struct ike_mobike *const m = ike_mobike_of(turn->engine, turn->sa);
    const struct ike_path path = ike_path_of(turn->sa);
    assert(m != NULL); /* it moves with what there is to ask */
    turn->task->spi = m->moves;
    ike_turn_ask(turn, INFORMATIONAL);
    ike_put_status(&turn->out, &turn->link, N_UPDATE_SA_ADDRESSES, nothing);
    ike_mobike_put_pair(turn, &path);
    if (m->relisted && ike_mobike_put_list(turn, m->ours, m->our_count) == 0)
        ike_put_status(&turn->out, &turn->link, N_NO_ADDITIONAL_ADDRESSES, nothing);
    return is_proven(turn, m) ? WHY_OK : put_cookie(turn);
}

enum ike_why ike_ask_routable(struct ike_turn *turn)
{
    const struct ike_mobike *const m = ike_mobike_of(turn->engine, turn->sa);
    assert(m != NULL);
    if (is_proven(turn, m))
        return WHY_NOT_AWAITED; /* it has moved on meanwhile */
    turn->task->spi = m->moves;
    ike_turn_ask(turn, INFORMATIONAL);
    return put_cookie(turn);
}

enum ike_why ike_ask_addresses(struct ike_turn *turn)
{
    const struct ike_mobike *const m = ike_mobike_of(turn->engine, turn->sa);
    const struct ike_path path = ike_path_of(turn->sa);
    assert(m != NULL);
    turn->task->spi = m->moves;
    ike_turn_ask(turn, INFORMATIONAL);
    if (ike_mobike_put_list(turn, m->ours, m->our_count) == 0)
        ike_put_status(&turn->out, &turn->link, N_NO_ADDITIONAL_ADDRESSES, nothing);
    if (!m->traverses) /* RFC 4555 3.9 */
        ike_mobike_put_pair(turn, &path);
    return WHY_OK;
}

struct ike_path ike_move_tested(const struct ike_engine *engine, const struct ike_task *task)
{
    struct test test;
    memcpy(&test, ike_store_at(&engine->store, task->nonce), sizeof test);
    return test.path;
}

enum ike_why ike_ask_path(struct ike_turn *turn)
{
    const struct ike_mobike *const m = ike_mobike_of(turn->engine, turn->sa);
    const struct ike_path path = ike_move_tested(turn->engine, turn->task);
    assert(m != NULL);
    ike_turn_ask(turn, INFORMATIONAL);
    if (m->traverses)
        ike_nat_put_path(turn, &path);
    ike_put_status(&turn->out, &turn->link, N_COOKIE2, cookie_of(turn));
    return WHY_OK;
}

/* RFC 4555 3.8: the initiator sees by the answer whether it is seen elsewhere now. */
void ike_move_put_probe(struct ike_turn *t)
{
    const struct ike_mobike *const m = ike_mobike_of(t->engine, t->sa);
    const struct ike_path path = ike_path_of(t->sa);
    if (m != NULL && m->decides && m->traverses)
        ike_nat_put_path(t, &path);
}

/* ---- answers to us ---- */

static bool cookie_is_back(const struct ike_turn *t)
{
    const struct ike_bytes sent = cookie_of(t);
    const struct ike_notify *const n = ike_message_notify(&t->in, N_COOKIE2);
    return sent.len == 0 || (n != NULL && n->data.len == sent.len &&
                             ike_secret_equal(n->data.at, sent.at, sent.len));
}

/* RFC 4555 3.5: what was used before is used on. */
static void go_back(struct ike_turn *t, struct ike_mobike *m, uint16_t notify)
{
    const struct ike_path path = ike_path_of(t->sa);
    m->tries = 0;
    tell(t, IKE_MOVE_FAILED, WHY_PEER_REFUSED, notify);
    if (ike_path_equal(&path, &m->agreed))
        return;
    ike_move_pair(t, m, &m->agreed);
    settle(t, m);
}

/* RFC 4555 3.9: one packet changed on the way does not spoil a path. */
static bool tries_again(struct ike_turn *t, struct ike_mobike *m, uint16_t error)
{
    const struct ike_retransmit_config *const c = &t->engine->config.retransmit;
    if (error != N_UNEXPECTED_NAT_DETECTED || ++m->tries >= c->sends)
        return false;
    return want(t, (enum ike_task_kind)t->task->kind, t->now_ns + c->first_ns) == WHY_OK;
}

/* How the peer sees us, to be compared later (RFC 4555 3.8). */
static void see_nat(struct ike_turn *t, struct ike_mobike *m)
{
    const struct ike_notify *const n = ike_message_notify(&t->in, N_NAT_DETECTION_DESTINATION_IP);
    if (n == NULL || n->data.len != IKE_NAT_HASH || !m->traverses)
        return;
    t->sa->nat = ike_nat_seen(t, t->sa->policy->force_encapsulation);
    ike_keepalive_begin(t);
    m->has_seen = true;
    memcpy(m->seen, n->data.at, IKE_NAT_HASH);
}

static enum ike_why move_answered(struct ike_turn *t, struct ike_mobike *m, uint16_t error)
{
    /* RFC 4555 3.5: another update is to come, or has been sent already. */
    if (t->task->spi != m->moves || t->task->spread)
        return WHY_OK;
    if (error != 0) {
        if (!tries_again(t, m, error))
            go_back(t, m, error);
        return WHY_OK;
    }
    m->tries = 0;
    m->relisted = false;
    if (t->task->nonce.number != 0)
        m->proven = t->sa->remote;
    m->agreed = ike_path_of(t->sa);
    see_nat(t, m);
    settle(t, m);
    return WHY_OK;
}

/* RFC 4555 3.7: only one that went to a single address says that the peer is there. */
static enum ike_why routable_answered(struct ike_turn *t, struct ike_mobike *m, uint16_t error)
{
    (void)error;
    if (t->task->spi == m->moves) {
        m->proven = t->sa->remote;
        settle(t, m);
        return WHY_OK;
    }
    return is_proven(t, m) ? WHY_OK : want(t, TASK_ROUTABLE, t->now_ns);
}

/* RFC 4555 3.6: a list that was sent from several addresses is sent anew. */
static enum ike_why list_answered(struct ike_turn *t, struct ike_mobike *m, uint16_t error)
{
    if (error != 0) {
        if (!tries_again(t, m, error))
            tell(t, IKE_MOVE_FAILED, WHY_PEER_REFUSED, error);
        return WHY_OK;
    }
    m->tries = 0;
    if (t->task->spi != m->moves || t->task->spread)
        return want(t, TASK_ADDRESSES, t->now_ns);
    m->relisted = false;
    return WHY_OK;
}

static enum ike_why path_answered(struct ike_turn *t, struct ike_mobike *m, uint16_t error)
{
    const struct ike_path path = ike_move_tested(t->engine, t->task);
    const bool works = ike_addr_equal(&t->datagram->local, &path.local) &&
                       ike_addr_equal(&t->datagram->remote, &path.remote);
    (void)error;
    if (works && t->task->sends <= IKE_PATH_SENDS)
        m->proven = path.remote;
    tell(t, IKE_PATH_TESTED, works ? WHY_OK : WHY_NO_ANSWER, 0);
    return WHY_OK;
}

static const struct {
    uint8_t kind; /* enum ike_task_kind */
    enum ike_why (*take)(struct ike_turn *t, struct ike_mobike *m, uint16_t error);
} answers[] = {
    {TASK_MOVE, move_answered},
    {TASK_ROUTABLE, routable_answered},
    {TASK_ADDRESSES, list_answered},
    {TASK_PATH, path_answered},
};

enum ike_why ike_move_answered(struct ike_turn *t)
{
    const struct ike_notify *const error = ike_message_error(&t->in);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (answers[i].kind != t->task->kind)
            continue;
        if (!cookie_is_back(t))
            return WHY_ROUTABILITY;
        struct ike_mobike *const m = ike_mobike_edit(t);
        if (m != NULL) /* else another IKE SA has taken over */
            return answers[i].take(t, m, error != NULL ? error->type : 0);
    }
    return WHY_OK;
}

enum ike_why ike_move_probed(struct ike_turn *t)
{
    const struct ike_notify *const n = ike_message_notify(&t->in, N_NAT_DETECTION_DESTINATION_IP);
    const struct ike_mobike *const m = ike_mobike_of(t->engine, t->sa);
    const struct ike_path path = ike_path_of(t->sa);
    uint8_t ours[IKE_NAT_HASH];
    if (m == NULL || n == NULL || n->data.len != IKE_NAT_HASH || !m->decides || t->task->spread)
        return WHY_OK;
    ike_nat_hash(t, &t->sa->local, ours);
    const bool inside = (t->sa->nat & NAT_HERE) != 0;
    const uint8_t *const known = inside ? m->seen : ours;
    if (inside && !m->has_seen) { /* IKE_SA_INIT's was of port 500 */
        struct ike_mobike *const edit = ike_mobike_edit(t);
        edit->has_seen = true;
        memcpy(edit->seen, n->data.at, IKE_NAT_HASH);
        return WHY_OK;
    }
    return ike_secret_equal(n->data.at, known, IKE_NAT_HASH) ? WHY_OK : ike_move_to(t, &path);
}

/* ---- the peer's requests ---- */

/* RFC 4555 3.5: from the one who decides, and none is taken after a newer one. */
static bool updates(const struct ike_turn *t, const struct ike_mobike *m)
{
    return !m->decides && t->in.head.id >= m->update_id &&
           ike_message_notify(&t->in, N_UPDATE_SA_ADDRESSES) != NULL;
}

static bool lists(const struct ike_turn *t, const struct ike_mobike *m)
{
    return t->in.head.id >= m->list_id && ike_mobike_has_list(t);
}

static bool is_acceptable(const struct ike_turn *t)
{
    const struct ike_mobility *const own = &t->sa->policy->mobike;
    for (uint8_t i = 0; i < own->within_count; i++)
        if (ike_prefix_has(&own->within[i], &t->datagram->remote))
            return true;
    return own->within_count == 0;
}

enum ike_why ike_move_look(struct ike_turn *t)
{
    const struct ike_mobike *const m = ike_mobike_of(t->engine, t->sa);
    const struct ike_notify *const cookie = ike_message_notify(&t->in, N_COOKIE2);
    if (m == NULL)
        return WHY_OK;
    if (cookie != NULL &&
        (cookie->data.len < IKE_COOKIE2_MIN || cookie->data.len > IKE_COOKIE2_MAX))
        return WHY_SYNTAX;
    if (ike_mobike_look_list(t) != WHY_OK)
        return WHY_SYNTAX;
    if ((updates(t, m) || lists(t, m)) && !ike_mobike_is_unchanged(t))
        return WHY_MOVE_NAT;
    return updates(t, m) && !is_acceptable(t) ? WHY_MOVE_UNACCEPTABLE : WHY_OK;
}

/* RFC 4555 3.5: the IKE SA at once, Child SAs when the peer is known to be there. */
static enum ike_why take_update(struct ike_turn *t, struct ike_mobike *m)
{
    const struct ike_path now = ike_path_of(t->sa);
    const struct ike_path path = {.local = t->datagram->local, .remote = t->datagram->remote};
    m->update_id = t->in.head.id + 1;
    if (!ike_path_equal(&now, &path))
        ike_move_pair(t, m, &path);
    see_nat(t, m);
    if (!is_proven(t, m))
        return want(t, TASK_ROUTABLE, t->now_ns);
    settle(t, m);
    return WHY_OK;
}

/* RFC 4555 3.5, 3.6: when the responder has not the address any more that we use, to that which it
 * speaks from. */
static enum ike_why take_list(struct ike_turn *t, struct ike_mobike *m)
{
    const struct ike_path path = {.local = t->datagram->local, .remote = t->datagram->remote};
    m->list_id = t->in.head.id + 1;
    ike_mobike_take_list(t, m);
    if (!m->decides || ike_mobike_has(m->theirs, m->their_count, &t->sa->remote))
        return WHY_OK;
    return ike_move_to(t, &path);
}

void ike_move_echo(struct ike_turn *t)
{
    const struct ike_mobike *const m = ike_mobike_of(t->engine, t->sa);
    const struct ike_notify *const cookie = ike_message_notify(&t->in, N_COOKIE2);
    const struct ike_path path = {.local = t->datagram->local, .remote = t->datagram->remote};
    if (m == NULL || t->in.head.exchange != INFORMATIONAL || t->end != WHY_OK)
        return;
    if (m->traverses && ike_message_notify(&t->in, N_NAT_DETECTION_SOURCE_IP) != NULL)
        ike_nat_put_path(t, &path);
    if (cookie != NULL)
        ike_put_status(&t->out, &t->link, N_COOKIE2, cookie->data);
}

enum ike_why ike_move_answer(struct ike_turn *t)
{
    const struct ike_mobike *const m = ike_mobike_of(t->engine, t->sa);
    enum ike_why why = WHY_OK;
    if (m == NULL)
        return WHY_OK;
    const bool update = updates(t, m);
    const bool list = lists(t, m);
    struct ike_mobike *const edit = update || list ? ike_mobike_edit(t) : NULL;
    ike_move_echo(t);
    if (update)
        why = take_update(t, edit);
    if (why == WHY_OK && list)
        why = take_list(t, edit);
    return why;
}
