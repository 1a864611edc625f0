/* SPDX-License-Identifier: MIT
 * HASH = SHA-1(SPIi | SPIr | IP | port), RFC 7296 2.23. */
#include "ike/v2/nat.h"

#include "ike/engine.h"
#include "ike/v2/payload.h"

enum { HASH_LEN = 20 };

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

void ike_nat_put(struct ike_turn *turn, bool force)
{
    const struct ike_sa *const sa = turn->sa;
    /* Our first request knows no SPI of the responder yet; its answer does. */
    const struct spis spis = {.i = sa->spi_i, .r = sa->initiator ? 0 : sa->spi_r};
    struct ike_addr source = sa->local;
    uint8_t digest[HASH_LEN];
    const struct ike_bytes view = {.at = digest, .len = sizeof digest};

    if (force)
        source = (struct ike_addr){.family = sa->local.family};
    hash(turn, spis, &source, digest);
    ike_put_status(&turn->out, &turn->link, N_NAT_DETECTION_SOURCE_IP, view);
    hash(turn, spis, &sa->remote, digest);
    ike_put_status(&turn->out, &turn->link, N_NAT_DETECTION_DESTINATION_IP, view);
}

/* Several source hashes may be there, for several addresses; one that fits is enough. */
static bool differs(struct ike_turn *t, uint16_t type, const struct ike_addr *addr)
{
    const struct spis spis = {.i = t->in.head.spi_i, .r = t->in.head.spi_r};
    const struct ike_bytes view = {.at = NULL, .len = HASH_LEN};
    uint8_t digest[HASH_LEN];
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

bool ike_nat_seen(struct ike_turn *turn)
{
    const bool source = differs(turn, N_NAT_DETECTION_SOURCE_IP, &turn->datagram->remote);
    const bool destination = differs(turn, N_NAT_DETECTION_DESTINATION_IP, &turn->datagram->local);
    return source || destination;
}
