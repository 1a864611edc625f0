/* SPDX-License-Identifier: MIT
 * Datagrams in pieces, in the order in which they began, and of each its
 * pieces in the order of their place. */
#include "sim/reassembly.h"

#include "sim/host.h"
#include "sim/slabs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024, BYTES_LIMIT = 64 << 20, CHARGE_MIN = 832 };

const struct sim_reassembly_config sim_reassembly_usual = {.bytes_max = UINT64_C(4) << 20,
                                                           .timeout_ns = UINT64_C(30000000000)};

struct piece {
    struct piece *next;
    uint32_t at;  /* in the IP payload */
    uint32_t len; /* there, transport header included */
    uint64_t charge;
    size_t data_len; /* of what follows */
};

struct pieces {
    struct pieces *next;          /* in the bucket */
    struct pieces *older, *newer; /* of all */
    struct sim_datagram head;     /* who to whom */
    struct piece *first;          /* by place */
    uint64_t expires_ns;
    uint32_t have;  /* octets of the IP payload that are there */
    uint32_t total; /* 0: the last one has not come */
    uint32_t count;
};

struct sim_reassembly {
    struct sim_slabs *slabs; /* of pieces, and of datagrams in pieces */
    struct sim_reassembly_config config;
    struct pieces *buckets[BUCKETS];
    struct pieces *oldest, *newest;
    uint64_t bytes;
    uint32_t waiting;
    uint64_t failures;
    uint8_t whole[SIM_IP_MAX];
};

struct sim_reassembly *sim_reassembly_open(const struct sim_reassembly_config *config)
{
    assert(config->bytes_max <= BYTES_LIMIT);
    struct sim_reassembly *const r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    /* A piece each, and a datagram of which it is the only one. */
    const uint32_t most = (uint32_t)(config->bytes_max / CHARGE_MIN) + 1;
    const uint32_t counts[SIM_SLAB_SIZES] = {2 * most, most, most / 64 + 1};
    r->config = *config;
    r->slabs = sim_slabs_open(counts);
    if (r->slabs == NULL) {
        free(r);
        return NULL;
    }
    return r;
}

static size_t bucket_of(const struct sim_datagram *d)
{
    uint32_t mix = d->fragment.id * UINT32_C(0x9e3779b9);
    for (size_t i = 0; i < sizeof d->from.ip; i++)
        mix = (mix ^ d->from.ip[i] ^ (uint32_t)d->to.ip[i] << 8) * UINT32_C(0x01000193);
    return (mix ^ mix >> 16) % BUCKETS;
}

static bool same_datagram(const struct sim_datagram *a, const struct sim_datagram *b)
{
    return a->fragment.id == b->fragment.id && a->protocol == b->protocol &&
           ike_addr_same_ip(&a->from, &b->from) && ike_addr_same_ip(&a->to, &b->to);
}

static struct pieces *find(const struct sim_reassembly *r, const struct sim_datagram *d)
{
    struct pieces *p = r->buckets[bucket_of(d)];
    while (p != NULL && !same_datagram(&p->head, d))
        p = p->next;
    return p;
}

static struct pieces *begin(struct sim_reassembly *r, uint64_t now_ns, const struct sim_datagram *d)
{
    struct pieces *const p = sim_slabs_take(r->slabs, sizeof *p);
    if (p == NULL)
        return NULL;
    struct pieces **const bucket = &r->buckets[bucket_of(d)];
    *p = (struct pieces){.next = *bucket, .older = r->newest, .head = *d};
    p->expires_ns = now_ns + r->config.timeout_ns;
    *bucket = p;
    *(r->newest != NULL ? &r->newest->newer : &r->oldest) = p;
    r->newest = p;
    return p;
}

/* Forgets a datagram; how many of its fragments were there. */
static uint32_t end(struct sim_reassembly *r, struct pieces *p)
{
    struct pieces **link = &r->buckets[bucket_of(&p->head)];
    const uint32_t count = p->count;
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    *(p->older != NULL ? &p->older->newer : &r->oldest) = p->newer;
    *(p->newer != NULL ? &p->newer->older : &r->newest) = p->older;
    while (p->first != NULL) {
        struct piece *const piece = p->first;
        p->first = piece->next;
        r->bytes -= piece->charge;
        sim_slabs_give(r->slabs, piece);
    }
    r->waiting -= count;
    sim_slabs_give(r->slabs, p);
    return count;
}

static uint32_t give_up(struct sim_reassembly *r, struct pieces *p)
{
    r->failures++;
    return end(r, p);
}

void sim_reassembly_close(struct sim_reassembly *r)
{
    if (r == NULL)
        return;
    sim_slabs_close(r->slabs);
    free(r);
}

static bool make_room(struct sim_reassembly *r, uint64_t charge, uint32_t *dropped)
{
    while (r->config.evict && r->oldest != NULL && r->bytes + charge > r->config.bytes_max)
        *dropped += give_up(r, r->oldest);
    return r->bytes + charge <= r->config.bytes_max;
}

static bool is_there(const struct pieces *p, const struct sim_datagram *d, uint32_t len)
{
    for (const struct piece *piece = p->first; piece != NULL; piece = piece->next)
        if (piece->at == d->fragment.at && piece->len == len)
            return d->fragment.more == (p->total != piece->at + piece->len);
    return false;
}

/* Where it goes among the pieces; false: it overlaps, or contradicts. */
static bool place(struct pieces *p, const struct sim_datagram *d, uint32_t len, struct piece ***out)
{
    const uint32_t at = d->fragment.at;
    struct piece **link = &p->first;
    if (!d->fragment.more && p->total != 0)
        return false;
    if (p->total != 0 && at + len > p->total)
        return false;
    for (; *link != NULL && (*link)->at + (*link)->len <= at; link = &(*link)->next)
        ;
    if (*link != NULL && at + len > (*link)->at)
        return false;
    if (!d->fragment.more && *link != NULL)
        return false;
    *out = link;
    return true;
}

static bool keep(struct sim_reassembly *r, struct pieces *p, const struct sim_datagram *d,
                 struct piece **link)
{
    struct piece *const piece = sim_slabs_take(r->slabs, sizeof *piece + d->len);
    if (piece == NULL)
        return false;
    *piece = (struct piece){.next = *link,
                            .at = d->fragment.at,
                            .len = sim_ip_payload(d),
                            .charge = sim_inbox_charge(d->len),
                            .data_len = d->len};
    if (d->len > 0)
        memcpy(piece + 1, d->at, d->len);
    *link = piece;
    r->bytes += piece->charge;
    r->waiting++;
    p->count++;
    p->have += piece->len;
    if (!d->fragment.more)
        p->total = piece->at + piece->len;
    return true;
}

static void join(struct sim_reassembly *r, const struct pieces *p, struct sim_datagram *whole)
{
    size_t len = 0;
    for (const struct piece *piece = p->first; piece != NULL; piece = piece->next) {
        memcpy(r->whole + len, piece + 1, piece->data_len);
        len += piece->data_len;
    }
    *whole = p->head;
    whole->fragment = (struct sim_fragment){.id = 0};
    whole->at = r->whole;
    whole->len = len;
}

enum sim_joined sim_reassembly_add(struct sim_reassembly *r, uint64_t now_ns,
                                   const struct sim_datagram *fragment, struct sim_datagram *whole,
                                   uint32_t *dropped)
{
    const uint32_t len = sim_ip_payload(fragment);
    struct piece **link = NULL;
    *dropped = 0;
    if (len == 0 || fragment->fragment.at + len > SIM_IP_MAX - sim_ip_header(fragment))
        return SIM_JOIN_BAD;
    if (!make_room(r, sim_inbox_charge(fragment->len), dropped))
        return SIM_JOIN_FULL;
    struct pieces *p = find(r, fragment);
    if (p == NULL && (p = begin(r, now_ns, fragment)) == NULL)
        return SIM_JOIN_FULL;
    if (is_there(p, fragment, len))
        return SIM_JOIN_TWICE;
    if (!place(p, fragment, len, &link)) {
        *dropped += give_up(r, p);
        return SIM_JOIN_BAD;
    }
    if (fragment->fragment.at == 0)
        p->head = *fragment; /* its ports are those that count */
    if (!keep(r, p, fragment, link)) {
        if (p->count == 0)
            (void)end(r, p);
        return SIM_JOIN_FULL;
    }
    if (p->have != p->total)
        return SIM_JOIN_WAITS;
    join(r, p, whole);
    (void)end(r, p);
    return SIM_JOIN_WHOLE;
}

uint64_t sim_reassembly_deadline(const struct sim_reassembly *r)
{
    return r->oldest == NULL ? UINT64_MAX : r->oldest->expires_ns;
}

uint32_t sim_reassembly_expire(struct sim_reassembly *r, uint64_t now_ns)
{
    uint32_t count = 0;
    while (r->oldest != NULL && r->oldest->expires_ns <= now_ns)
        count += give_up(r, r->oldest);
    return count;
}

uint32_t sim_reassembly_waiting(const struct sim_reassembly *r)
{
    return r->waiting;
}

uint64_t sim_reassembly_failures(const struct sim_reassembly *r)
{
    return r->failures;
}
