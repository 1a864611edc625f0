/* SPDX-License-Identifier: MIT
 * HASH = SHA-1(SPIi | SPIr | IP | port), RFC 7296 2.23; and what a NAT that was
 * seen means for an SA later. */
#include "ike/v2/nat.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/mobike.h"
#include "ike/v2/payload.h"
#include "ike/v2/window.h"

struct spis {
    uint64_t i;
    uint64_t r;
};

static void hash(struct ike_turn *t, struct spis spis, const struct ike_addr *addr, uint8_t *out)
{
    uint8_t fixed[18];
    struct ike_writer w = wr_open(fixed, sizeof fixed);
    put_u64(&w, spis.i);
    put_u64(&w, spis.r);
    put_u16(&w, addr->port);
    const struct ike_bytes parts[] = {
        {.at = fixed, .len = 16}, ike_addr_ip(addr), {.at = fixed + 16, .len = 2}};
    t->engine->crypto->ops->sha1(t->engine->crypto, parts, sizeof parts / sizeof parts[0], out);
}

/* With `force` the source is a lie. */
static void put(struct ike_turn *turn, struct spis spis, const struct ike_path *path, bool force)
{
    struct ike_addr source = path->local;
    uint8_t digest[IKE_NAT_HASH];
    const struct ike_bytes view = {.at = digest, .len = sizeof digest};

    if (force)
        source = (struct ike_addr){.family = path->local.family};
    hash(turn, spis, &source, digest);
    ike_put_status(&turn->out, &turn->link, N_NAT_DETECTION_SOURCE_IP, view);
    hash(turn, spis, &path->remote, digest);
    ike_put_status(&turn->out, &turn->link, N_NAT_DETECTION_DESTINATION_IP, view);
}

void ike_nat_put(struct ike_turn *turn, bool force)
{
    const struct ike_sa *const sa = turn->sa;
    /* Our first request knows no SPI of the responder yet; its answer does. */
    const struct spis spis = {.i = sa->spi_i, .r = sa->initiator ? 0 : sa->spi_r};
    put(turn, spis, &(struct ike_path){.local = sa->local, .remote = sa->remote}, force);
}

void ike_nat_put_path(struct ike_turn *turn, const struct ike_path *path)
{
    const struct spis spis = {.i = turn->sa->spi_i, .r = turn->sa->spi_r};
    put(turn, spis, path, turn->sa->policy->force_encapsulation);
}

void ike_nat_hash(struct ike_turn *turn, const struct ike_addr *addr, uint8_t *out)
{
    hash(turn, (struct spis){.i = turn->sa->spi_i, .r = turn->sa->spi_r}, addr, out);
}

/* Several source hashes may be there, for several addresses; one that fits is enough. */
static bool differs(struct ike_turn *t, uint16_t type, const struct ike_addr *addr)
{
    const struct spis spis = {.i = t->in.head.spi_i, .r = t->in.head.spi_r};
    const struct ike_bytes view = {.at = NULL, .len = IKE_NAT_HASH};
    uint8_t digest[IKE_NAT_HASH];
    bool there = false;
    for (uint8_t i = 0; i < t->in.notify_count; i++) {
        const struct ike_notify *const n = &t->in.notifies[i];
        if (n->type != type)
            continue;
        if (!there)
            hash(t, spis, addr, digest);
        there = true;
        if (n->data.len == view.len && ike_secret_equal(n->data.at, digest, sizeof digest))
            return false;
    }
    return there;
}

uint8_t ike_nat_seen(struct ike_turn *turn, bool force)
{
    const bool source = differs(turn, N_NAT_DETECTION_SOURCE_IP, &turn->datagram->remote);
    const bool destination = differs(turn, N_NAT_DETECTION_DESTINATION_IP, &turn->datagram->local);
    return (uint8_t)((destination ? NAT_HERE : 0) | (source ? NAT_THERE : 0) |
                     (force ? NAT_FORCED : 0));
}

/* ---- keepalives ---- */

static struct ike_keepalive *keepalive_of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    return (sa->nat & NAT_HERE) != 0 ? ike_beside_of(engine, sa, BESIDE_KEEPALIVE) : NULL;
}

void ike_keepalive_begin(struct ike_turn *turn)
{
    if (turn->sa->tcp) /* RFC 9329 6.6 */
        return;
    if ((turn->sa->nat & NAT_HERE) != 0 && turn->engine->config.keepalive_ns != 0)
        (void)ike_beside_edit(turn, turn->sa, BESIDE_KEEPALIVE);
}

void ike_keepalive_sent(struct ike_engine *engine, const struct ike_sa *sa, uint64_t now_ns)
{
    struct ike_keepalive *const k = keepalive_of(engine, sa);
    if (k != NULL)
        k->sent_ns = now_ns;
}

uint64_t ike_keepalive_deadline(const struct ike_engine *engine, const struct ike_sa *sa)
{
    const struct ike_keepalive *const k = keepalive_of(engine, sa);
    return k != NULL ? k->sent_ns + engine->config.keepalive_ns : IKE_NEVER;
}

/* RFC 3948 2.3: the same ports as everything else of the SA, which are those of ESP. */
bool ike_keepalive_due(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    if (ike_keepalive_deadline(engine, sa) > now_ns)
        return false;
    ike_output_keepalive(engine, &sa->local, &sa->remote);
    ike_keepalive_sent(engine, sa, now_ns);
    ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
    return true;
}

/* ---- a mapping that has changed ---- */

/* No request answered before is a later one; a response is that to our last request. Anything else
 * may have been kept by somebody to bring an old address back. */
static bool is_newest(const struct ike_turn *t)
{
    const struct ike_sa *const sa = t->sa;
    if ((t->in.head.flags & FLAG_RESPONSE) != 0)
        return t->task != NULL && t->task->id + 1 == sa->send_id;
    const struct ike_window *const w = ike_window_of(t->engine, sa);
    return (w != NULL ? w->seen : 0) >> (t->in.head.id - sa->take_id) == 0;
}

/* RFC 7296 2.23: not when we are behind a NAT ourselves, as then anybody on the way could lead us
 * astray with one packet. RFC 4555 3.8: nor with MOBIKE, so that a path can be tried. */
void ike_nat_follow(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    const struct ike_datagram *const from = turn->datagram;
    if (sa->tcp || sa->state < S_ESTABLISHED || (sa->nat & (NAT_HERE | NAT_THERE)) != NAT_THERE ||
        ike_addr_equal(&sa->remote, &from->remote) || !ike_addr_equal(&sa->local, &from->local) ||
        !is_newest(turn) || ike_mobike_of(turn->engine, sa) != NULL)
        return;
    sa->remote = from->remote;
    struct ike_event moved = ike_sa_event(sa, IKE_MOVED, WHY_OK);
    moved.inner = sa->remote;
    ike_event_add(turn->engine, &moved);
}

/* ---- transport mode ---- */

bool ike_nat_is_between(const struct ike_sa *sa)
{
    return (sa->nat & (NAT_HERE | NAT_THERE)) != 0;
}

/* RFC 7296 2.23.1: all entries have one and the same address. */
static bool one_address(const struct ike_selectors *list, struct ike_addr *out)
{
    if (list->count == 0)
        return false;
    *out = list->at[0].from;
    out->port = 0;
    for (uint8_t i = 0; i < list->count; i++)
        if (!ike_addr_same_ip(&list->at[i].from, out) || !ike_addr_same_ip(&list->at[i].to, out))
            return false;
    return true;
}

static void replace(struct ike_selectors *list, const struct ike_addr *addr)
{
    for (uint8_t i = 0; i < list->count; i++) {
        struct ike_addr *const ends[] = {&list->at[i].from, &list->at[i].to};
        for (size_t k = 0; k < 2; k++) {
            const uint16_t port = ends[k]->port;
            *ends[k] = *addr;
            ends[k]->port = port;
        }
    }
}

bool ike_nat_substitute(const struct ike_sa *sa, struct ike_selectors *ours,
                        struct ike_selectors *theirs, struct ike_addr was[2])
{
    if (!one_address(ours, &was[0]) || !one_address(theirs, &was[1]))
        return false;
    if ((sa->nat & NAT_HERE) != 0)
        replace(ours, &sa->local);
    if ((sa->nat & NAT_THERE) != 0)
        replace(theirs, &sa->remote);
    return true;
}
