/* SPDX-License-Identifier: MIT
 * Pairs of ESP SAs in a pool, found by the inbound SPI and by the number of their
 * IKE SA; those whose Child SA is gone stand in a queue, the first to go first.
 * When the pool is used up, the one that has lingered longest makes room. */
#include "models/tunnels.h"

#include "ike/pool.h"
#include "sim/packet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096, BY_SPI = 0, BY_SA = 1, LINKS = 2 };

struct tunnel {
    uint32_t next[LINKS]; /* of its bucket */
    uint32_t after;       /* in the queue */
    bool closed;
    uint64_t sa;
    uint64_t closed_ns;
    struct ike_esp_in in;
    struct ike_esp_out out;
    struct ike_blob selectors; /* the Child SA's, which may be gone */
    uint8_t local_count, remote_count;
};

struct model_tunnels {
    struct model_tunnels_parts parts;
    struct ike_pool pool;
    struct ike_store store;
    uint32_t buckets[LINKS][BUCKETS];
    uint32_t first, last; /* of those that linger */
    uint64_t reasons[ESP_WHY_COUNT];
    uint8_t room[IKE_ESP_MAX];
    uint8_t sealed[IKE_ESP_MAX];
};

struct model_tunnels *model_tunnels_open(const struct model_tunnels_parts *parts)
{
    struct model_tunnels *const t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->parts = *parts;
    if (!ike_pool_open(&t->pool, sizeof(struct tunnel), 2 * parts->child_max) ||
        !ike_store_open(&t->store, 2 * parts->child_max)) {
        model_tunnels_close(t);
        return NULL;
    }
    return t;
}

void model_tunnels_close(struct model_tunnels *tunnels)
{
    if (tunnels == NULL)
        return;
    ike_pool_close(&tunnels->pool);
    ike_store_close(&tunnels->store);
    free(tunnels);
}

/* ---- where they are ---- */

static struct tunnel *at(const struct model_tunnels *t, uint32_t number)
{
    return ike_pool_at(&t->pool, number);
}

static uint64_t key_of(const struct tunnel *tunnel, int link)
{
    return link == BY_SPI ? tunnel->in.sa.spi : tunnel->sa;
}

static uint32_t *bucket_of(struct model_tunnels *t, int link, uint64_t key)
{
    return &t->buckets[link][(key * UINT64_C(0x9e3779b97f4a7c15)) >> 52];
}

static void link_in(struct model_tunnels *t, uint32_t number, int link)
{
    struct tunnel *const tunnel = at(t, number);
    uint32_t *const head = bucket_of(t, link, key_of(tunnel, link));
    tunnel->next[link] = *head;
    *head = number;
}

static void link_out(struct model_tunnels *t, uint32_t number, int link)
{
    uint32_t *place = bucket_of(t, link, key_of(at(t, number), link));
    while (*place != number)
        place = &at(t, *place)->next[link];
    *place = at(t, number)->next[link];
}

/* The newest comes first: an SPI may be used again while an SA that had it lingers. */
static struct tunnel *by_spi(struct model_tunnels *t, uint32_t spi)
{
    for (uint32_t number = *bucket_of(t, BY_SPI, spi); number != 0;) {
        struct tunnel *const tunnel = at(t, number);
        if (tunnel->in.sa.spi == spi)
            return tunnel;
        number = tunnel->next[BY_SPI];
    }
    return NULL;
}

/* ---- how they come and go ---- */

static void drop_first(struct model_tunnels *t)
{
    const uint32_t number = t->first;
    struct tunnel *const tunnel = at(t, number);
    t->first = tunnel->after;
    t->last = t->first == 0 ? 0 : t->last;
    link_out(t, number, BY_SPI);
    link_out(t, number, BY_SA);
    ike_esp_forget(&tunnel->in.sa);
    ike_store_give(&t->store, tunnel->selectors);
    ike_pool_give(&t->pool, number);
}

static void drop_old(struct model_tunnels *t, uint64_t now_ns)
{
    while (t->first != 0 && now_ns - at(t, t->first)->closed_ns >= t->parts.esp.linger_ns)
        drop_first(t);
}

static void close_one(struct model_tunnels *t, uint64_t now_ns, struct tunnel *tunnel)
{
    const uint32_t number = ike_pool_number(&t->pool, tunnel);
    if (tunnel->closed)
        return;
    tunnel->closed = true;
    tunnel->closed_ns = now_ns;
    tunnel->after = 0;
    ike_esp_forget(&tunnel->out.sa);
    if (t->first == 0)
        t->first = number;
    else
        at(t, t->last)->after = number;
    t->last = number;
}

static void keep_selectors(struct model_tunnels *t, struct tunnel *tunnel,
                           const struct ike_child_selectors *selectors)
{
    tunnel->selectors = ike_store_take(&t->store, selectors->octets.len);
    assert(tunnel->selectors.number != 0); /* as many as there are tunnels */
    memcpy(ike_store_at(&t->store, tunnel->selectors), selectors->octets.at, selectors->octets.len);
    tunnel->local_count = selectors->local_count;
    tunnel->remote_count = selectors->remote_count;
}

static void make(struct model_tunnels *t, const struct ike_event *event)
{
    struct ike_child_sa child;
    if (!ike_child_sa(t->parts.engine, event->sa, event->child_spi, &child))
        return; /* gone already */
    uint32_t number = ike_pool_take(&t->pool);
    if (number == 0) {
        assert(t->first != 0); /* the engine has half as many */
        drop_first(t);
        number = ike_pool_take(&t->pool);
    }
    struct tunnel *const tunnel = at(t, number);
    memset(tunnel, 0, sizeof *tunnel);
    tunnel->sa = event->sa;
    ike_esp_pair(&child, (uint32_t)t->parts.esp.window, &tunnel->in, &tunnel->out);
    keep_selectors(t, tunnel, &child.selectors);
    link_in(t, number, BY_SPI);
    link_in(t, number, BY_SA);
}

/* Each of an IKE SA: `next` is found before it is moved. */
static uint32_t next_of(struct model_tunnels *t, uint32_t number, uint64_t sa)
{
    while (number != 0 && at(t, number)->sa != sa)
        number = at(t, number)->next[BY_SA];
    return number;
}

/* All Child SAs of `was` are those of `sa` now (RFC 7296 2.8). */
static void move(struct model_tunnels *t, uint64_t was, uint64_t sa)
{
    uint32_t number = next_of(t, *bucket_of(t, BY_SA, was), was);
    while (number != 0) {
        const uint32_t next = next_of(t, at(t, number)->next[BY_SA], was);
        link_out(t, number, BY_SA);
        at(t, number)->sa = sa;
        link_in(t, number, BY_SA);
        number = next;
    }
}

static void skip(struct model_tunnels *t, uint64_t sa, uint64_t numbers)
{
    uint32_t number = next_of(t, *bucket_of(t, BY_SA, sa), sa);
    for (; number != 0; number = next_of(t, at(t, number)->next[BY_SA], sa))
        ike_esp_skip(&at(t, number)->out, numbers);
}

void model_tunnels_forget(struct model_tunnels *tunnels, uint64_t now_ns, uint64_t sa)
{
    uint32_t number = next_of(tunnels, *bucket_of(tunnels, BY_SA, sa), sa);
    for (; number != 0; number = next_of(tunnels, at(tunnels, number)->next[BY_SA], sa))
        close_one(tunnels, now_ns, at(tunnels, number));
}

void model_tunnels_hear(struct model_tunnels *tunnels, uint64_t now_ns,
                        const struct ike_event *event)
{
    struct tunnel *tunnel = NULL;
    drop_old(tunnels, now_ns);
    if (event->kind == IKE_CHILD_UP)
        make(tunnels, event);
    if (event->kind == IKE_CHILD_DOWN)
        tunnel = by_spi(tunnels, event->child_spi);
    if (tunnel != NULL)
        close_one(tunnels, now_ns, tunnel);
    if (event->kind == IKE_REKEYED)
        move(tunnels, event->was, event->sa);
    if (event->kind == IKE_SYNCED)
        skip(tunnels, event->sa, event->skip);
}

/* ---- packets ---- */

static void told(struct model_tunnels *t, uint64_t now_ns, const struct tunnel *tunnel,
                 const struct ike_use *use)
{
    (void)ike_child_used(t->parts.engine, now_ns, tunnel->sa, tunnel->in.sa.spi, use);
}

/* Where packets of the IKE SA's Child SAs go (RFC 3948 2.1 with a NAT, else as they are). */
static struct sim_datagram outer_of(const struct ike_paths *paths, struct ike_bytes sealed)
{
    struct sim_datagram d = {.from = paths->children.local,
                             .to = paths->children.remote,
                             .at = sealed.at,
                             .len = sealed.len,
                             .protocol = paths->nat ? SIM_UDP : SIM_ESP};
    if (!paths->nat)
        d.from.port = d.to.port = 0;
    return d;
}

/* In transport mode what follows its IP header. */
static struct ike_esp_inner inner_of(const struct tunnel *tunnel, const struct model_going *going)
{
    const struct ike_bytes all = going->octets;
    struct ike_esp_inner inner = {.octets = all,
                                  .next = all.at[0] >> 4 == 6 ? ESP_NEXT_IPV6 : ESP_NEXT_IPV4};
    if (tunnel->out.sa.transport) {
        const size_t header = sim_packet_header(all);
        inner.octets = (struct ike_bytes){.at = all.at + header, .len = all.len - header};
        inner.next = going->ends.protocol;
    }
    return inner;
}

bool model_tunnels_send(struct model_tunnels *tunnels, uint64_t now_ns, struct sim_host *host,
                        const struct model_going *going)
{
    struct ike_engine *const engine = tunnels->parts.engine;
    struct ike_paths paths;
    uint32_t spi;
    if (ike_packet_out(engine, now_ns, going->sa, &going->ends, &spi) != TRAFFIC_PASSES ||
        !ike_sa_paths(engine, going->sa, &paths))
        return false;
    struct tunnel *const tunnel = by_spi(tunnels, spi);
    if (tunnel == NULL || tunnel->closed)
        return false;
    const struct ike_esp_inner inner = inner_of(tunnel, going);
    struct ike_writer w = wr_open(tunnels->sealed, sizeof tunnels->sealed);
    const uint64_t before = tunnel->out.sa.octets;
    const enum ike_esp_why why = ike_esp_seal(&tunnel->out, tunnels->parts.crypto, &inner, &w);
    tunnels->reasons[why]++;
    if (why != ESP_WHY_OK)
        return false;
    const struct sim_datagram outer = outer_of(&paths, wr_done(&w));
    sim_host_send(host, &outer); /* one that is dropped there is lost on its way */
    told(tunnels, now_ns, tunnel,
         &(struct ike_use){.bytes = tunnel->out.sa.octets - before, .packets = 1});
    return true;
}

/* Of a packet whose addresses are these, where it has no others within. */
static enum ike_esp_why within(struct model_tunnels *t, struct tunnel *tunnel,
                               const struct sim_datagram *packet,
                               const struct ike_esp_opened *opened)
{
    const struct ike_packet outer = {.from = packet->from, .to = packet->to};
    const struct ike_child_selectors selectors = {.octets =
                                                      ike_store_view(&t->store, tunnel->selectors),
                                                  .local_count = tunnel->local_count,
                                                  .remote_count = tunnel->remote_count};
    return ike_esp_within(&tunnel->in, opened, &selectors, &outer);
}

static enum ike_esp_why open_one(struct model_tunnels *t, uint64_t now_ns, struct tunnel *tunnel,
                                 const struct sim_datagram *packet, struct model_opened *out)
{
    struct ike_esp_opened opened;
    const uint64_t before = tunnel->in.sa.octets;
    const enum ike_esp_why why =
        ike_esp_open(&tunnel->in, t->parts.crypto, t->room, packet->len, &opened);
    out->sa = tunnel->sa;
    if (why != ESP_WHY_OK)
        return why;
    out->octets = opened.octets;
    out->transport = tunnel->in.sa.transport;
    out->protocol = opened.next;
    told(t, now_ns, tunnel,
         &(struct ike_use){.bytes = tunnel->in.sa.octets - before, .packets = 1, .heard = true});
    const enum ike_esp_why may = within(t, tunnel, packet, &opened);
    if (may == ESP_WHY_SELECTORS)
        (void)ike_tell_invalid_selectors(t->parts.engine, now_ns, tunnel->sa, tunnel->in.sa.spi,
                                         opened.octets);
    return may;
}

enum ike_esp_why model_tunnels_take(struct model_tunnels *tunnels, uint64_t now_ns,
                                    const struct sim_datagram *packet, struct model_opened *out)
{
    const struct ike_bytes all = {.at = packet->at, .len = packet->len};
    uint32_t spi;
    *out = (struct model_opened){.sa = 0};
    drop_old(tunnels, now_ns);
    enum ike_esp_why why = all.len > sizeof tunnels->room ? ESP_WHY_LONG : ike_esp_spi(all, &spi);
    if (why == ESP_WHY_OK) {
        struct tunnel *const tunnel = by_spi(tunnels, spi);
        memcpy(tunnels->room, all.at, all.len);
        why = tunnel == NULL ? ESP_WHY_UNKNOWN_SPI : open_one(tunnels, now_ns, tunnel, packet, out);
    }
    tunnels->reasons[why]++;
    return why;
}

/* What an end refused, by reason; and into the sums of the world. */
void model_tunnels_report(const struct model_tunnels *tunnels, struct model_scene *scene,
                          const char *who)
{
    struct sim_record *const record = scene->record;
    const uint64_t *const reasons = tunnels->reasons;
    scene->esp_unknown += reasons[ESP_WHY_UNKNOWN_SPI];
    scene->esp_outside += reasons[ESP_WHY_SELECTORS];
    scene->esp_replayed += reasons[ESP_WHY_TOO_OLD] + reasons[ESP_WHY_REPLAYED];
    for (uint32_t why = 0; record != NULL && why < ESP_WHY_COUNT; why++)
        if (why != ESP_WHY_OK && reasons[why] > 0)
            record->ops->refusal(record, who, ike_esp_why_row((enum ike_esp_why)why)->name,
                                 reasons[why]);
}
