/* SPDX-License-Identifier: MIT
 * The turns that models and the carrier ask for (host.h). */
#include "sim/host_inside.h"

#include <assert.h>
#include <string.h>

enum {
    BESIDE_OF_CORES = 500, /* turns of the carrier and of ICMP under way at once, */
    BESIDE_OF_MANY = 1 << 13,
};

/* What models ask for. */

uint64_t sim_host_connect(struct sim_host *host, uint64_t now_ns, const struct ike_attempt *attempt)
{
    struct sim_turn *const t = sim_turn_open(host, now_ns);
    t->local = attempt->local;
    const uint64_t sa = ike_connect(host->parts.engine, now_ns, attempt);
    sim_turn_wish(t, now_ns, sa);
    return sa;
}

void sim_host_delete(struct sim_host *host, uint64_t now_ns, uint64_t sa)
{
    struct sim_turn *const t = sim_turn_open(host, now_ns);
    (void)ike_delete(host->parts.engine, now_ns, sa);
    sim_turn_wish(t, now_ns, sa);
}

void sim_host_create_child(struct sim_host *host, uint64_t now_ns, uint64_t sa, uint8_t policy)
{
    struct sim_turn *const t = sim_turn_open(host, now_ns);
    (void)ike_create_child(host->parts.engine, now_ns, sa, policy, NULL);
    sim_turn_wish(t, now_ns, sa);
}

void sim_host_redirect(struct sim_host *host, uint64_t now_ns, uint64_t sa,
                       const struct ike_gateway *to)
{
    struct sim_turn *const t = sim_turn_open(host, now_ns);
    (void)ike_redirect(host->parts.engine, now_ns, sa, to);
    sim_turn_wish(t, now_ns, sa);
}

void sim_host_inform(struct sim_host *host, uint64_t now_ns, uint64_t sa,
                     const struct ike_inform *what)
{
    struct sim_turn *const t = sim_turn_open(host, now_ns);
    (void)ike_inform(host->parts.engine, now_ns, sa, what);
    sim_turn_wish(t, now_ns, sa);
}

bool sim_host_move(struct sim_host *host, uint64_t now_ns, uint64_t sa,
                   const struct ike_addr *local)
{
    struct sim_turn *const t = sim_turn_open(host, now_ns);
    t->local = *local;
    const bool moved = ike_move(host->parts.engine, now_ns, sa, local, NULL);
    sim_turn_wish(t, now_ns, sa);
    return moved;
}

bool sim_host_answer(struct sim_host *host, uint64_t now_ns, uint64_t sa, uint32_t question,
                     struct ike_bytes bytes)
{
    struct sim_turn *const t = sim_turn_open(host, now_ns);
    const bool wanted = ike_answer(host->parts.engine, now_ns, sa, question, bytes);
    sim_turn_wish(t, now_ns, sa);
    return wanted;
}

void sim_host_forget(struct sim_host *host, uint64_t now_ns, uint64_t sa)
{
    struct sim_turn *const t = sim_turn_open(host, now_ns);
    ike_forget(host->parts.engine, now_ns, sa);
    sim_turn_wish(t, now_ns, sa);
}

size_t sim_host_ticket(struct sim_host *host, uint64_t sa, uint8_t *room)
{
    return ike_sa_ticket(host->parts.engine, sa, room);
}

/* What the carrier does. */

struct sim_turn *sim_turn_beside(struct sim_host *h, uint64_t now_ns, uint64_t *dropped)
{
    const uint32_t most = h->config.cores > 0 ? BESIDE_OF_CORES : BESIDE_OF_MANY;
    if (h->carried >= most) {
        ++*dropped;
        return NULL;
    }
    struct sim_turn *const t = sim_turn_open(h, now_ns);
    t->carried = true;
    h->carried++;
    return t;
}

/* NULL: too much of it is under way. */
static struct sim_turn *carry_begin(struct sim_host *h, uint64_t now_ns)
{
    assert(h->carrying == NULL);
    h->carrying = sim_turn_beside(h, now_ns, &h->counts.carried_dropped);
    return h->carrying;
}

static void carry_end(struct sim_turn *t, uint64_t now_ns, uint64_t sa)
{
    t->host->carrying = NULL;
    sim_turn_wish(t, now_ns, sa);
}

void sim_host_carry(struct sim_host *h, uint64_t now_ns, const struct sim_datagram *packet)
{
    const struct sim_host_carrier *const carrier = &h->parts.carrier;
    struct sim_turn *const t = carrier->take != NULL ? carry_begin(h, now_ns) : NULL;
    if (t == NULL)
        return;
    t->local = packet->to;
    carry_end(t, now_ns, carrier->take(carrier->owner, now_ns, h, packet));
}

void sim_host_act(struct sim_host *host, uint64_t now_ns, uint64_t sa)
{
    const struct sim_host_carrier *const carrier = &host->parts.carrier;
    struct sim_turn *const t = carry_begin(host, now_ns);
    if (t == NULL)
        return;
    carrier->act(carrier->owner, now_ns, host);
    carry_end(t, now_ns, sa);
}

void sim_host_send(struct sim_host *host, const struct sim_datagram *packet)
{
    struct sim_turn *const t = host->carrying;
    assert(t != NULL);
    if (t->local.family == 0)
        t->local = packet->from;
    if (!sim_turn_packet(host, t, packet))
        host->counts.carried_dropped++;
}
