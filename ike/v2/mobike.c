/* SPDX-License-Identifier: MIT
 * MOBIKE agreed on, and the addresses of both ends. */
#include "ike/v2/mobike.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/payload.h"

#include <string.h>

static const struct ike_bytes nothing = {.at = NULL, .len = 0};

const struct ike_mobike *ike_mobike_of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    return ike_beside_of(engine, sa, BESIDE_MOBIKE);
}

struct ike_mobike *ike_mobike_edit(struct ike_turn *t)
{
    return ike_mobike_of(t->engine, t->sa) == NULL ? NULL
                                                   : ike_beside_edit(t, t->sa, BESIDE_MOBIKE);
}

const struct ike_addr *ike_mobike_end(const struct ike_engine *engine, const struct ike_sa *sa,
                                      bool local)
{
    const struct ike_mobike *const m = ike_mobike_of(engine, sa);
    if (local)
        return m != NULL ? &m->first.local : &sa->local;
    return m != NULL ? &m->first.remote : &sa->remote;
}

bool ike_path_equal(const struct ike_path *a, const struct ike_path *b)
{
    return ike_addr_equal(&a->local, &b->local) && ike_addr_equal(&a->remote, &b->remote);
}

struct ike_path ike_path_of(const struct ike_sa *sa)
{
    return (struct ike_path){.local = sa->local, .remote = sa->remote};
}

/* ---- lists of addresses ---- */

bool ike_mobike_has(const struct ike_addr *list, uint8_t count, const struct ike_addr *addr)
{
    for (uint8_t i = 0; i < count; i++)
        if (ike_addr_same_ip(&list[i], addr))
            return true;
    return false;
}

static void add(struct ike_addr *list, uint8_t *count, const struct ike_addr *addr)
{
    if (*count < IKE_ADDRESSES_MAX && !ike_mobike_has(list, *count, addr))
        list[(*count)++] = *addr;
}

void ike_mobike_own(struct ike_mobike *m, const struct ike_addr *addresses, uint8_t count,
                    const struct ike_addr *used)
{
    m->our_count = 0;
    if (count == 0)
        return;
    add(m->ours, &m->our_count, used);
    for (uint8_t i = 0; i < count; i++)
        add(m->ours, &m->our_count, &addresses[i]);
}

uint8_t ike_mobike_put_list(struct ike_turn *t, const struct ike_addr *ours, uint8_t count)
{
    uint8_t put = 0;
    for (uint8_t i = 0; i < count && put < IKE_ADDRESSES_MAX; i++) {
        if (ike_addr_same_ip(&ours[i], &t->sa->local))
            continue; /* that one stands in the IP header */
        ike_put_status(&t->out, &t->link,
                       ours[i].family == IKE_IPV4 ? N_ADDITIONAL_IP4_ADDRESS
                                                  : N_ADDITIONAL_IP6_ADDRESS,
                       ike_addr_ip(&ours[i]));
        put++;
    }
    return put;
}

/* The address of a notify that has one; family 0: it has none. */
static struct ike_addr address_of(const struct ike_notify *n)
{
    struct ike_addr out = {.family = 0};
    const bool ip4 = n->type == N_ADDITIONAL_IP4_ADDRESS && n->data.len == 4;
    const bool ip6 = n->type == N_ADDITIONAL_IP6_ADDRESS && n->data.len == 16;
    if (!ip4 && !ip6)
        return out;
    memcpy(out.ip, n->data.at, n->data.len);
    out.family = ip4 ? IKE_IPV4 : IKE_IPV6;
    return out;
}

static bool is_address(const struct ike_notify *n)
{
    return n->type == N_ADDITIONAL_IP4_ADDRESS || n->type == N_ADDITIONAL_IP6_ADDRESS;
}

bool ike_mobike_has_list(const struct ike_turn *t)
{
    for (uint8_t i = 0; i < t->in.notify_count; i++)
        if (is_address(&t->in.notifies[i]) || t->in.notifies[i].type == N_NO_ADDITIONAL_ADDRESSES)
            return true;
    return false;
}

enum ike_why ike_mobike_look_list(const struct ike_turn *t)
{
    for (uint8_t i = 0; i < t->in.notify_count; i++)
        if (is_address(&t->in.notifies[i]) && address_of(&t->in.notifies[i]).family == 0)
            return WHY_SYNTAX;
    return WHY_OK;
}

void ike_mobike_take_list(const struct ike_turn *t, struct ike_mobike *m)
{
    m->their_count = 0;
    add(m->theirs, &m->their_count, &t->datagram->remote);
    for (uint8_t i = 0; i < t->in.notify_count; i++) {
        const struct ike_addr addr = address_of(&t->in.notifies[i]);
        if (addr.family != 0)
            add(m->theirs, &m->their_count, &addr);
    }
}

/* ---- a pair in a message ---- */

/* RFC 4555 4.2.6: both addresses, then both ports. */
static struct ike_bytes no_nats(const struct ike_path *path, uint8_t *room, size_t max)
{
    struct ike_writer w = wr_open(room, max);
    put_bytes(&w, ike_addr_ip(&path->local));
    put_bytes(&w, ike_addr_ip(&path->remote));
    put_u16(&w, path->local.port);
    put_u16(&w, path->remote.port);
    return wr_done(&w);
}

enum { NO_NATS_MAX = 36 };

static void put_no_nats(struct ike_turn *t, const struct ike_path *path)
{
    uint8_t room[NO_NATS_MAX];
    ike_put_status(&t->out, &t->link, N_NO_NATS_ALLOWED, no_nats(path, room, sizeof room));
}

void ike_mobike_put_pair(struct ike_turn *t, const struct ike_path *path)
{
    if (ike_mobike_of(t->engine, t->sa)->traverses)
        ike_nat_put_path(t, path);
    else
        put_no_nats(t, path);
}

bool ike_mobike_is_unchanged(const struct ike_turn *t)
{
    const struct ike_notify *const n = ike_message_notify(&t->in, N_NO_NATS_ALLOWED);
    const struct ike_path sent = {.local = t->datagram->remote, .remote = t->datagram->local};
    uint8_t room[NO_NATS_MAX];
    return n == NULL || ike_bytes_equal(n->data, no_nats(&sent, room, sizeof room));
}

/* ---- IKE_AUTH ---- */

/* What of IKE_SA_INIT came from the peer says that it does NAT traversal, and we do. */
static bool both_traverse(const struct ike_turn *t)
{
    const struct ike_sa *const sa = t->sa;
    const struct ike_blob init = sa->initiator ? sa->init_response : sa->init_request;
    struct ike_message theirs;
    return !sa->policy->mobike.no_nats &&
           ike_message_parse(ike_store_view(&t->engine->store, init), &theirs) == WHY_OK &&
           ike_message_notify(&theirs, N_NAT_DETECTION_DESTINATION_IP) != NULL;
}

bool ike_mobike_floats(const struct ike_turn *t)
{
    const struct ike_mobility *const own = &t->sa->policy->mobike;
    return own->on && !own->no_nats &&
           ike_message_notify(&t->in, N_NAT_DETECTION_DESTINATION_IP) != NULL;
}

void ike_mobike_put_offer(struct ike_turn *t)
{
    const struct ike_mobility *const own = &t->sa->policy->mobike;
    const struct ike_path path = ike_path_of(t->sa);
    if (!own->on)
        return;
    ike_put_status(&t->out, &t->link, N_MOBIKE_SUPPORTED, nothing);
    (void)ike_mobike_put_list(t, own->addresses, own->address_count);
    if (!both_traverse(t))
        put_no_nats(t, &path);
}

/* The peer supports it as we do: a record beside the SA. False: it does not, or there is no room.
 */
static bool open_record(struct ike_turn *t)
{
    const struct ike_mobility *const own = &t->sa->policy->mobike;
    if (!own->on || ike_message_notify(&t->in, N_MOBIKE_SUPPORTED) == NULL ||
        ike_mobike_look_list(t) != WHY_OK)
        return false;
    struct ike_mobike *const m = ike_beside_edit(t, t->sa, BESIDE_MOBIKE);
    if (m == NULL)
        return false;
    m->decides = t->sa->initiator;
    m->traverses = both_traverse(t);
    m->first = m->children = m->agreed = ike_path_of(t->sa);
    m->proven = t->sa->remote;
    ike_mobike_own(m, own->addresses, own->address_count, &t->sa->local);
    ike_mobike_take_list(t, m);
    return true;
}

void ike_mobike_agree(struct ike_turn *t)
{
    (void)open_record(t);
}

enum ike_why ike_mobike_check(struct ike_turn *t)
{
    const bool wanted =
        t->sa->policy->mobike.on && ike_message_notify(&t->in, N_MOBIKE_SUPPORTED) != NULL;
    return !wanted || ike_mobike_is_unchanged(t) ? WHY_OK : WHY_NAT_FORBIDDEN;
}

void ike_mobike_answer(struct ike_turn *t)
{
    const struct ike_mobility *const own = &t->sa->policy->mobike;
    if (!open_record(t))
        return;
    ike_put_status(&t->out, &t->link, N_MOBIKE_SUPPORTED, nothing);
    (void)ike_mobike_put_list(t, own->addresses, own->address_count);
}

/* ---- rekeying ---- */

/* Message ids begin anew. */
void ike_mobike_moved(struct ike_engine *engine, void *record, const struct ike_sa *to)
{
    struct ike_mobike *const m = record;
    (void)engine;
    (void)to;
    m->update_id = m->list_id = 0;
}

/* An update that is under way on the old SA may come too late there. */
void ike_mobike_inherit(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *from,
                        struct ike_sa *to)
{
    struct ike_mobike *const m = ike_beside_of(engine, to, BESIDE_MOBIKE);
    if (m == NULL)
        return;
    to->local = from->local;
    to->remote = from->remote;
    to->nat = from->nat;
    for (uint32_t place = from->task; place != 0; place = ike_task_at(engine, place)->next) {
        const struct ike_task *const task = ike_task_at(engine, place);
        const bool late =
            task->sends > 0 && task->kind >= TASK_MOVE && task->kind <= TASK_ADDRESSES;
        if (late)
            (void)ike_task_put(engine, to, (enum ike_task_kind)task->kind, now_ns);
    }
}

/* ---- looking in ---- */

bool ike_sa_paths(const struct ike_engine *engine, uint64_t sa, struct ike_paths *out)
{
    const struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found == NULL)
        return false;
    const struct ike_mobike *const m = ike_mobike_of(engine, found);
    out->ike = ike_path_of(found);
    out->children = m != NULL ? m->children : out->ike;
    out->nat = found->nat != 0;
    return true;
}
