/* SPDX-License-Identifier: MIT
 * NAT mappings. One row per outside port, in one of two lists: free rows,
 * longest free first, and used rows, longest silent first. As a mapping moves
 * to the end with every datagram out, those to expire stand at the front. */
#include "sim/nat.h"

#include <assert.h>
#include <stdlib.h>

#define NONE UINT32_MAX

enum { PORTS = 65536 };

struct mapping {
    struct ike_addr inside;
    struct ike_addr peer; /* as much of it as the mapping depends on; the rest is 0 */
    uint64_t out_ns;      /* the last datagram out */
    uint32_t before, after;
    uint32_t chained; /* the next of the same bucket */
    bool used;
};

struct list {
    uint32_t first, last;
};

struct sim_nat {
    struct sim_nat_config config;
    struct sim_nat_counts counts;
    uint64_t rebind_at_ns; /* of the next; meaningless when config.rebind_ns is 0 */
    struct list spare;
    struct list used;
    uint32_t used_count;
    uint32_t bucket_mask;
    uint32_t *buckets;
    struct mapping *rows; /* config.port_count of them */
};

static void list_put(struct sim_nat *n, struct list *list, uint32_t index)
{
    struct mapping *const m = &n->rows[index];
    m->before = list->last;
    m->after = NONE;
    if (list->last == NONE)
        list->first = index;
    else
        n->rows[list->last].after = index;
    list->last = index;
}

static void list_remove(struct sim_nat *n, struct list *list, uint32_t index)
{
    const struct mapping *const m = &n->rows[index];
    if (m->before == NONE)
        list->first = m->after;
    else
        n->rows[m->before].after = m->after;
    if (m->after == NONE)
        list->last = m->before;
    else
        n->rows[m->after].before = m->before;
}

static uint32_t mix(uint32_t hash, const struct ike_addr *addr)
{
    for (size_t i = 0; i < sizeof addr->ip; i++)
        hash = (hash ^ addr->ip[i]) * UINT32_C(16777619);
    hash = (hash ^ (addr->port & 255U)) * UINT32_C(16777619);
    return (hash ^ (uint32_t)(addr->port >> 8)) * UINT32_C(16777619);
}

static uint32_t *bucket_of(struct sim_nat *n, const struct ike_addr *inside,
                           const struct ike_addr *peer)
{
    const uint32_t hash = mix(mix(UINT32_C(2166136261), inside), peer);
    return &n->buckets[(hash ^ hash >> 16) & n->bucket_mask];
}

/* What of the peer's endpoint a mapping depends on, RFC 4787 4.1. */
static struct ike_addr peer_part(const struct sim_nat *n, const struct ike_addr *peer)
{
    if (n->config.kind == SIM_NAT_ENDPOINT_INDEPENDENT)
        return (struct ike_addr){0};
    struct ike_addr part = *peer;
    if (n->config.kind == SIM_NAT_ADDRESS_DEPENDENT)
        part.port = 0;
    return part;
}

static uint32_t find(struct sim_nat *n, const struct ike_addr *inside, const struct ike_addr *peer)
{
    uint32_t index = *bucket_of(n, inside, peer);
    while (index != NONE) {
        const struct mapping *const m = &n->rows[index];
        if (ike_addr_equal(&m->inside, inside) && ike_addr_equal(&m->peer, peer))
            break;
        index = m->chained;
    }
    return index;
}

static void forget(struct sim_nat *n, uint32_t index)
{
    struct mapping *const m = &n->rows[index];
    assert(m->used);
    uint32_t *link = bucket_of(n, &m->inside, &m->peer);
    while (*link != index)
        link = &n->rows[*link].chained;
    *link = m->chained;
    m->used = false;
    n->used_count--;
    list_remove(n, &n->used, index);
    list_put(n, &n->spare, index);
}

static uint32_t lend(struct sim_nat *n, const struct ike_addr *inside, const struct ike_addr *peer)
{
    const uint32_t index = n->spare.first;
    if (index == NONE)
        return index;
    list_remove(n, &n->spare, index);
    list_put(n, &n->used, index);
    struct mapping *const m = &n->rows[index];
    uint32_t *const bucket = bucket_of(n, inside, peer);
    m->inside = *inside;
    m->peer = *peer;
    m->chained = *bucket;
    m->used = true;
    *bucket = index;
    n->used_count++;
    n->counts.mapped++;
    return index;
}

static void expire(struct sim_nat *n, uint64_t now_ns)
{
    const uint64_t timeout_ns = n->config.timeout_ns;
    while (timeout_ns != 0 && n->used.first != NONE &&
           now_ns - n->rows[n->used.first].out_ns >= timeout_ns) {
        forget(n, n->used.first);
        n->counts.expired++;
    }
}

/* What time alone has ended. Within one call's reach, what expired before a rebinding and what
 * ended by it are told apart. */
static void update(struct sim_nat *n, uint64_t now_ns)
{
    if (n->config.rebind_ns != 0 && now_ns >= n->rebind_at_ns) {
        expire(n, n->rebind_at_ns);
        sim_nat_rebind(n);
        n->rebind_at_ns = now_ns - now_ns % n->config.rebind_ns + n->config.rebind_ns;
    }
    expire(n, now_ns);
}

struct sim_nat *sim_nat_open(const struct sim_nat_config *config)
{
    assert(config->port_count > 0 && config->outside.port + config->port_count <= PORTS);
    struct sim_nat *const n = calloc(1, sizeof *n);
    if (n == NULL)
        return NULL;
    uint32_t bucket_count = 1;
    while (bucket_count < config->port_count)
        bucket_count *= 2;
    n->config = *config;
    n->rebind_at_ns = config->rebind_ns;
    n->bucket_mask = bucket_count - 1;
    n->rows = calloc(config->port_count, sizeof *n->rows);
    n->buckets = calloc(bucket_count, sizeof *n->buckets);
    if (n->rows == NULL || n->buckets == NULL) {
        sim_nat_close(n);
        return NULL;
    }
    for (uint32_t i = 0; i < bucket_count; i++)
        n->buckets[i] = NONE;
    n->spare = n->used = (struct list){NONE, NONE};
    for (uint32_t i = 0; i < config->port_count; i++)
        list_put(n, &n->spare, i);
    return n;
}

void sim_nat_close(struct sim_nat *nat)
{
    if (nat == NULL)
        return;
    free(nat->rows);
    free(nat->buckets);
    free(nat);
}

bool sim_nat_out(struct sim_nat *nat, uint64_t now_ns, struct ike_addr *from,
                 const struct ike_addr *to)
{
    update(nat, now_ns);
    if (from->family != nat->config.outside.family) {
        nat->counts.filtered++;
        return false;
    }
    const struct ike_addr peer = peer_part(nat, to);
    uint32_t index = find(nat, from, &peer);
    if (index == NONE)
        index = lend(nat, from, &peer);
    if (index == NONE) {
        nat->counts.exhausted++;
        return false;
    }
    nat->rows[index].out_ns = now_ns;
    list_remove(nat, &nat->used, index);
    list_put(nat, &nat->used, index);
    *from = nat->config.outside;
    from->port = (uint16_t)(nat->config.outside.port + index);
    return true;
}

bool sim_nat_in(struct sim_nat *nat, uint64_t now_ns, const struct ike_addr *from,
                struct ike_addr *to)
{
    update(nat, now_ns);
    const uint32_t index = (uint32_t)to->port - nat->config.outside.port; /* below it: wraps */
    const struct ike_addr peer = peer_part(nat, from);
    if (!ike_addr_same_ip(to, &nat->config.outside) || index >= nat->config.port_count ||
        !nat->rows[index].used || !ike_addr_equal(&nat->rows[index].peer, &peer)) {
        nat->counts.filtered++;
        return false;
    }
    *to = nat->rows[index].inside;
    return true;
}

void sim_nat_rebind(struct sim_nat *nat)
{
    while (nat->used.first != NONE) {
        forget(nat, nat->used.first);
        nat->counts.rebound++;
    }
}

uint32_t sim_nat_mappings(struct sim_nat *nat, uint64_t now_ns)
{
    update(nat, now_ns);
    return nat->used_count;
}

struct sim_nat_counts sim_nat_counts(const struct sim_nat *nat)
{
    return nat->counts;
}
