/* SPDX-License-Identifier: MIT
 * Pairs of addresses, and requests that go by many of them. */
#include "ike/v2/path.h"

#include "ike/engine.h"
#include "ike/v2/move.h"
#include "ike/v2/window.h"

#include <assert.h>

enum { PAIRS_MAX = (IKE_ADDRESSES_MAX + 1) * (IKE_ADDRESSES_MAX + 1) };

/* Addresses of both ends beside those in use. */
struct ends {
    const struct ike_addr *ours;
    const struct ike_addr *theirs;
    uint8_t our_count;
    uint8_t their_count;
    uint16_t their_port;
};

/* Those a request may go between; none: only the pair in use. RFC 4555 3.6: a responder makes use
 * of the initiator's other addresses only to say that its own have changed. */
static struct ends ends_of(const struct ike_engine *engine, const struct ike_sa *sa,
                           const struct ike_task *task)
{
    const struct ike_mobility *const own = &sa->policy->mobike;
    const struct ike_mobike *const m = ike_mobike_of(engine, sa);
    const struct ends none = {.our_count = 0};
    if (sa->state == S_INIT_SENT && own->on)
        return (struct ends){.ours = own->addresses,
                             .theirs = own->peers,
                             .our_count = own->address_count,
                             .their_count = own->peer_count,
                             .their_port = sa->remote.port};
    if (m == NULL || (!m->decides && task->kind != TASK_ADDRESSES))
        return none;
    return (struct ends){.ours = m->ours,
                         .theirs = m->theirs,
                         .our_count = m->our_count,
                         .their_count = m->their_count,
                         .their_port = m->decides ? sa->remote.port : sa->local.port};
}

static bool has_pair(const struct ike_path *list, uint32_t count, const struct ike_path *path)
{
    for (uint32_t i = 0; i < count; i++)
        if (ike_addr_same_ip(&list[i].local, &path->local) &&
            ike_addr_same_ip(&list[i].remote, &path->remote))
            return true;
    return false;
}

/* All pairs of one family, the one in use first. */
static uint32_t list_pairs(const struct ike_sa *sa, const struct ends *ends, struct ike_path *out)
{
    uint32_t count = 1;
    out[0] = ike_path_of(sa);
    for (uint32_t r = 0; r <= ends->their_count; r++)
        for (uint32_t l = 0; l <= ends->our_count; l++) {
            struct ike_path path = ike_path_of(sa);
            if (l > 0)
                path.local = ends->ours[l - 1];
            if (r > 0)
                path.remote = ends->theirs[r - 1];
            path.local.port = sa->local.port;
            path.remote.port = r > 0 ? ends->their_port : sa->remote.port;
            if (path.local.family != path.remote.family || has_pair(out, count, &path))
                continue;
            assert(count < PAIRS_MAX);
            out[count++] = path;
        }
    return count;
}

/* Sent so often by the usual pair before it goes by all; a test of another pair first by that. */
static uint32_t usual_sends(const struct ike_task *task)
{
    return task->kind == TASK_PATH ? 2 * IKE_PATH_SENDS : IKE_PATH_SENDS;
}

void ike_path_send(struct ike_engine *engine, const struct ike_sa *sa, struct ike_task *task)
{
    struct ike_path pairs[PAIRS_MAX];
    if (task->kind == TASK_PATH && task->sends < IKE_PATH_SENDS) {
        const struct ike_path path = ike_move_tested(engine, task);
        ike_window_put(engine, task->request, &path.local, &path.remote, 0);
        return;
    }
    ike_window_put(engine, task->request, &sa->local, &sa->remote, 0);
    if (task->sends < usual_sends(task))
        return;
    const struct ends ends = ends_of(engine, sa, task);
    const uint32_t others = list_pairs(sa, &ends, pairs) - 1;
    const uint32_t first = (task->sends - usual_sends(task)) * (IKE_PATHS_AT_ONCE - 1);
    for (uint32_t i = 0; i < others && i < IKE_PATHS_AT_ONCE - 1; i++) {
        const struct ike_path *const path = &pairs[1 + (first + i) % others];
        if (!ike_output_has_room(engine))
            return;
        ike_window_put(engine, task->request, &path->local, &path->remote, 0);
        task->spread = true;
    }
}

struct ike_path ike_path_first(const struct ike_turn *turn)
{
    if (turn->is_response)
        return (struct ike_path){.local = turn->datagram->local, .remote = turn->datagram->remote};
    assert(turn->task != NULL); /* a request is of one */
    return turn->task->kind == TASK_PATH ? ike_move_tested(turn->engine, turn->task)
                                         : ike_path_of(turn->sa);
}

/* RFC 4555 3.11: the initiator has time to find another way to the responder. By TCP each request
 * is sent once (RFC 9329 6.2). */
static bool is_patient(const struct ike_engine *engine, const struct ike_sa *sa)
{
    const struct ike_mobike *const m = ike_mobike_of(engine, sa);
    return m != NULL && !m->decides && !sa->tcp;
}

uint32_t ike_path_sends_max(const struct ike_engine *engine, const struct ike_sa *sa,
                            const struct ike_task *task)
{
    const uint32_t sends = engine->config.retransmit.sends;
    if (is_patient(engine, sa))
        return sends + IKE_PATIENCE_SENDS;
    return task->kind == TASK_PATH ? sends + IKE_PATH_SENDS : sends;
}

uint64_t ike_path_wait_ns(const struct ike_engine *engine, const struct ike_sa *sa,
                          const struct ike_task *task)
{
    const bool beyond = task->sends > engine->config.retransmit.sends;
    return beyond && is_patient(engine, sa) ? IKE_PATIENCE_NS : 0;
}

bool ike_path_take_init(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    const struct ike_path from = {.local = turn->datagram->local, .remote = turn->datagram->remote};
    struct ike_path pairs[PAIRS_MAX];
    if (!turn->task->spread)
        return ike_addr_same_ip(&sa->remote, &from.remote);
    const struct ends ends = ends_of(turn->engine, sa, turn->task);
    if (!has_pair(pairs, list_pairs(sa, &ends, pairs), &from))
        return false;
    sa->local = from.local;
    sa->remote = from.remote;
    return true;
}

enum ike_why ike_path_heard(struct ike_turn *turn)
{
    const struct ike_path path = {.local = turn->datagram->local, .remote = turn->datagram->remote};
    const struct ike_path now = ike_path_of(turn->sa);
    if ((turn->in.head.flags & FLAG_RESPONSE) == 0)
        return WHY_OK;
    assert(turn->task != NULL); /* ike_window_response */
    if (!turn->task->spread || turn->sa->state != S_ESTABLISHED)
        return WHY_OK;
    struct ike_mobike *const m = ike_mobike_edit(turn);
    assert(m != NULL); /* nothing is spread without */
    const bool same = ike_path_equal(&path, &now);
    /* An update that went by many pairs: the peer has taken the one that came first there. */
    if (m->decides)
        return same && turn->task->kind != TASK_MOVE ? WHY_OK : ike_move_to(turn, &path);
    if (!same)
        ike_move_pair(turn, m, &path);
    return WHY_OK;
}
