/* SPDX-License-Identifier: MIT
 * Packets that want to go out, against the security policy (RFC 4301 4.4.1,
 * RFC 7296 2.9): through the Child SA that covers them, or held while one is
 * asked for with the packet's own selectors first. And those that have come by
 * one, against its selectors (RFC 4301 5.2). */
#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/nat.h"

#include <assert.h>
#include <string.h>

/* Selectors of one side. */
struct side {
    const struct ike_selector *at;
    uint8_t count;
};

static bool any_covers(const struct side *side, const struct ike_selector *point)
{
    for (uint8_t i = 0; i < side->count; i++)
        if (ike_selector_within(point, &side->at[i]))
            return true;
    return false;
}

static struct ike_selector opaque(const struct ike_selector *point)
{
    struct ike_selector out = *point;
    out.from.port = UINT16_MAX;
    out.to.port = 0;
    return out;
}

/* A fragment has no ports, and is within what any or OPAQUE ports are (RFC 4301 4.4.1.1). */
static struct ike_selector point_of(const struct ike_addr *end, const struct ike_packet *packet)
{
    const struct ike_selector point = ike_selector_address(end, packet->protocol);
    return packet->part ? opaque(&point) : point;
}

/* What ICMP and the Mobility Header have in place of a port stands with who sends it; with who is
 * sent it there may be OPAQUE (RFC 4301 4.4.1.3). */
static bool are_within(const struct side *sender, const struct side *other,
                       const struct ike_packet *packet)
{
    static const uint8_t of_one[] = {1, 58, 135};
    const struct ike_selector from = point_of(&packet->from, packet);
    const struct ike_selector to = point_of(&packet->to, packet);
    const struct ike_selector hidden = opaque(&to);
    return any_covers(sender, &from) &&
           (any_covers(other, &to) || (memchr(of_one, packet->protocol, sizeof of_one) != NULL &&
                                       any_covers(other, &hidden)));
}

/* A side of a policy that is left open covers all. */
static struct side side_of(const struct ike_selector *list, uint8_t count,
                           const struct ike_selector *all)
{
    return (struct side){.at = count == 0 ? all : list, .count = count == 0 ? 1 : count};
}

uint8_t ike_policy_match(const struct ike_policy *policy, const struct ike_packet *packet)
{
    for (uint8_t i = 0; i < policy->child_count; i++) {
        const struct ike_child_policy *const child = &policy->child[i];
        const struct ike_selector from = point_of(&packet->from, packet);
        const struct ike_selector to = point_of(&packet->to, packet);
        const struct side local = side_of(child->local, child->local_count, &from);
        const struct side remote = side_of(child->remote, child->remote_count, &to);
        if (are_within(&local, &remote, packet))
            return i;
    }
    return IKE_CHILD_POLICIES_MAX;
}

/* What stands behind them is not for others. */
struct ike_child_selectors ike_child_selectors_of(const struct ike_engine *engine,
                                                  const struct ike_child *child)
{
    const size_t count = (size_t)child->local_count + child->remote_count;
    struct ike_child_selectors out = {.octets = ike_store_view(&engine->store, child->selectors),
                                      .local_count = child->local_count,
                                      .remote_count = child->remote_count};
    assert(out.octets.len >= count * sizeof(struct ike_selector));
    out.octets.len = count * sizeof(struct ike_selector);
    return out;
}

/* By a Child SA; `came`: in, else out. */
static bool is_within(const struct ike_child_selectors *selectors, const struct ike_packet *packet,
                      bool came)
{
    struct ike_selector list[2 * IKE_SELECTORS_MAX];
    const struct side local = {list, selectors->local_count};
    const struct side remote = {list + local.count, selectors->remote_count};
    assert(selectors->octets.len <= sizeof list);
    memcpy(list, selectors->octets.at, selectors->octets.len); /* the store knows no alignment */
    return came ? are_within(&remote, &local, packet) : are_within(&local, &remote, packet);
}

bool ike_packet_within(const struct ike_child_selectors *selectors, const struct ike_packet *came)
{
    return is_within(selectors, came, true);
}

static bool child_covers(const struct ike_engine *engine, const struct ike_child *child,
                         const struct ike_packet *packet)
{
    const struct ike_child_selectors selectors = ike_child_selectors_of(engine, child);
    return is_within(&selectors, packet, false);
}

/* How well a Child SA is fit to carry packets. RFC 7296 2.8: "When rekeying an SA, the responder
 * continues to send traffic on the old SA" until it has received something on the new one, or the
 * old one is closed. Before that the initiator may not know of the new one: the answer was lost. */
static int fitness(const struct ike_child *child)
{
    if (child->fate == WHY_OK)
        return child->asked || child->heard ? 3 : 1;
    return child->fate == WHY_REKEYED ? 2 : 0;
}

/* The fittest that covers it, of those the newest; none that has reached the end of its lifetime by
 * octets or packets, which is closed as soon as the window lets it be asked (RFC 4301 4.4.2.1). */
static const struct ike_child *find_child(const struct ike_engine *engine, const struct ike_sa *sa,
                                          const struct ike_packet *packet)
{
    const struct ike_child *found = NULL;
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(engine, place)->next) {
        const struct ike_child *const child = ike_child_at(engine, place);
        if (!child->up || child->worn || !child_covers(engine, child, packet))
            continue;
        if (found == NULL || fitness(child) > fitness(found))
            found = child;
    }
    return found;
}

/* One that will cover it is being asked for, or waits to be. */
static bool is_asked_for(const struct ike_engine *engine, const struct ike_sa *sa, uint8_t policy)
{
    for (uint32_t place = sa->task; place != 0;) {
        const struct ike_task *const task = ike_task_at(engine, place);
        if (task->kind == TASK_NEW_CHILD && task->policy == policy)
            return true;
        place = task->next;
    }
    return false;
}

enum ike_traffic ike_packet_out(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                                const struct ike_packet *packet, uint32_t *child_spi)
{
    const struct ike_sa *const found = ike_sa_numbered(engine, sa);
    *child_spi = 0;
    if (found == NULL || found->policy == NULL)
        return TRAFFIC_NO_POLICY;
    const struct ike_child *const child = find_child(engine, found, packet);
    if (child != NULL) {
        *child_spi = child->spi_in;
        ike_keepalive_sent(engine, found, now_ns);
        return TRAFFIC_PASSES;
    }
    const uint8_t policy = ike_policy_match(found->policy, packet);
    if (policy == IKE_CHILD_POLICIES_MAX)
        return TRAFFIC_NO_POLICY;
    if (found->state != S_ESTABLISHED || is_asked_for(engine, found, policy))
        return TRAFFIC_HELD;
    return ike_create_child(engine, now_ns, sa, policy, packet) ? TRAFFIC_HELD : TRAFFIC_NO_POLICY;
}
