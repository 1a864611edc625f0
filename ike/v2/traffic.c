/* SPDX-License-Identifier: MIT
 * Packets that want to go out, against the security policy (RFC 4301 4.4.1,
 * RFC 7296 2.9): through the Child SA that covers them, or held while one is
 * asked for with the packet's own selectors first. */
#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/nat.h"

#include <string.h>

static bool covers(const struct ike_selector *selector, const struct ike_addr *addr,
                   uint8_t protocol)
{
    const struct ike_selector point = ike_selector_address(addr, protocol);
    return ike_selector_within(&point, selector);
}

static bool any_covers(const struct ike_selector *list, uint8_t count, const struct ike_addr *addr,
                       uint8_t protocol)
{
    for (uint8_t i = 0; i < count; i++)
        if (covers(&list[i], addr, protocol))
            return true;
    return false;
}

uint8_t ike_policy_match(const struct ike_policy *policy, const struct ike_packet *packet)
{
    for (uint8_t i = 0; i < policy->child_count; i++) {
        const struct ike_child_policy *const child = &policy->child[i];
        if ((child->local_count == 0 ||
             any_covers(child->local, child->local_count, &packet->from, packet->protocol)) &&
            (child->remote_count == 0 ||
             any_covers(child->remote, child->remote_count, &packet->to, packet->protocol)))
            return i;
    }
    return IKE_CHILD_POLICIES_MAX;
}

static bool child_covers(const struct ike_engine *engine, const struct ike_child *child,
                         const struct ike_packet *packet)
{
    struct ike_selector list[2 * IKE_SELECTORS_MAX];
    const struct ike_bytes kept = ike_store_view(&engine->store, child->selectors);
    /* The store knows no alignment; what stands behind them is not for here. */
    memcpy(list, kept.at, ((size_t)child->local_count + child->remote_count) * sizeof list[0]);
    return any_covers(list, child->local_count, &packet->from, packet->protocol) &&
           any_covers(list + child->local_count, child->remote_count, &packet->to,
                      packet->protocol);
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
