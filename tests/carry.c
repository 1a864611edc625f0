/* SPDX-License-Identifier: MIT
 * The hosts of carry.h. */
#include "tests/carry.h"

#include "tests/test.h"

#include <assert.h>
#include <string.h>

enum { DELAY_NS = 10000000, TICK_NS = 1000000, IP_HEAD = 20, LATE_TICKS = 20 };

static uint32_t draw(struct carry *c, uint32_t below)
{
    c->chance = c->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((c->chance >> 32) % below);
}

static enum pair_side other(enum pair_side side)
{
    return side == A ? B : A;
}

void carry_begin(struct carry *c, struct pair *p)
{
    *c = (struct carry){.p = p, .window = IKE_ESP_WINDOW, .chance = 1};
}

/* ---- SAs as the engine tells of them ---- */

static struct carry_sa *by_spi(struct carry_end *e, uint32_t spi)
{
    for (size_t i = 0; i < CARRY_SAS_MAX; i++)
        if (e->sas[i].used && e->sas[i].in.sa.spi == spi)
            return &e->sas[i];
    return NULL;
}

static void make(struct carry *c, enum pair_side side, const struct ike_event *event)
{
    struct carry_end *const e = &c->end[side];
    struct ike_child_sa child;
    size_t i = 0;
    if (!ike_child_sa(c->p->end[side].engine, event->sa, event->child_spi, &child))
        return; /* gone already */
    while (i < CARRY_SAS_MAX && e->sas[i].used)
        i++;
    assert(i < CARRY_SAS_MAX);
    e->sas[i] = (struct carry_sa){.used = true, .asked = child.asked};
    ike_esp_pair(&child, c->window, &e->sas[i].in, &e->sas[i].out);
    e->made++;
    e->replaced += event->child_was != 0 ? 1 : 0;
}

static void heed(struct carry *c, enum pair_side side)
{
    const struct pair_end *const end = &c->p->end[side];
    for (; c->end[side].events < end->event_count; c->end[side].events++) {
        const struct ike_event *const event = &end->events[c->end[side].events];
        struct carry_sa *const gone = by_spi(&c->end[side], event->child_spi);
        if (event->kind == IKE_CHILD_UP)
            make(c, side, event);
        if (event->kind == IKE_CHILD_DOWN && gone != NULL)
            gone->closed_ns = c->p->now_ns;
    }
}

static void forget(struct carry *c, enum pair_side side)
{
    struct carry_end *const e = &c->end[side];
    for (size_t i = 0; i < CARRY_SAS_MAX; i++) {
        struct carry_sa *const sa = &e->sas[i];
        if (!sa->used || sa->closed_ns == 0 || c->p->now_ns - sa->closed_ns < c->linger_ns)
            continue;
        const uint64_t octets = sa->in.sa.octets + sa->out.sa.octets;
        e->octets_most = octets > e->octets_most ? octets : e->octets_most;
        for (size_t k = 0; k < ESP_WHY_COUNT; k++)
            e->reasons[k] += sa->in.sa.reasons[k];
        ike_esp_forget(&sa->in.sa);
        ike_esp_forget(&sa->out.sa);
        sa->used = false;
    }
}

/* ---- packets ---- */

static struct ike_packet selectors(const struct carry *c, enum pair_side from)
{
    static const uint32_t inner[2] = {0x0a010001, 0x0a020001};
    const enum pair_side to = other(from);
    return (struct ike_packet){.from =
                                   c->transport ? pair_addr(from, 1) : ike_addr_v4(inner[from], 0),
                               .to = c->transport ? pair_addr(to, 1) : ike_addr_v4(inner[to], 0),
                               .protocol = 17};
}

static void put_flight(struct carry *c, enum pair_side to, struct ike_bytes octets)
{
    size_t i = 0;
    while (i < CARRY_FLIGHT_MAX && c->flight[i].used)
        i++;
    assert(i < CARRY_FLIGHT_MAX && octets.len <= CARRY_PACKET_MAX);
    const bool late = c->late_percent > 0 && draw(c, 100) < c->late_percent;
    const uint64_t more = late ? (uint64_t)draw(c, LATE_TICKS) * TICK_NS : 0;
    c->flight[i].at_ns = c->p->now_ns + DELAY_NS + more;
    c->flight[i].used = true;
    c->flight[i].to = to;
    c->flight[i].len = octets.len;
    memcpy(c->flight[i].octets, octets.at, octets.len);
}

static void told(struct carry *c, enum pair_side side, uint32_t spi, uint64_t octets)
{
    const struct pair_end *const end = &c->p->end[side];
    const struct ike_use use = {.bytes = octets, .packets = 1};
    (void)ike_child_used(end->engine, c->p->now_ns, end->sa, spi, &use);
}

static void heard(struct carry *c, enum pair_side side, uint32_t spi, uint64_t octets)
{
    const struct pair_end *const end = &c->p->end[side];
    const struct ike_use use = {.bytes = octets, .packets = 1, .heard = true};
    (void)ike_child_used(end->engine, c->p->now_ns, end->sa, spi, &use);
}

/* An IPv4 packet whose data is its serial number. */
static void send_one(struct carry *c, enum pair_side from)
{
    struct carry_end *const e = &c->end[from];
    const struct pair_end *const end = &c->p->end[from];
    const struct ike_packet packet = selectors(c, from);
    uint8_t inner[CARRY_INNER] = {0x45, 0, 0, CARRY_INNER}, sealed[CARRY_PACKET_MAX];
    uint32_t spi;
    assert(e->offered < CARRY_PACKETS_MAX);
    struct ike_writer serial = wr_open(inner + IP_HEAD, 4);
    put_u32(&serial, e->offered++);
    const enum ike_traffic says = ike_packet_out(end->engine, c->p->now_ns, end->sa, &packet, &spi);
    struct carry_sa *const sa = says == TRAFFIC_PASSES ? by_spi(e, spi) : NULL;
    if (sa == NULL) {
        e->held++;
        return;
    }
    struct ike_writer w = wr_open(sealed, sizeof sealed);
    const struct ike_esp_inner what = {.octets = {inner, sizeof inner},
                                       .next = c->transport ? 17 : ESP_NEXT_IPV4};
    const uint64_t before = sa->out.sa.octets;
    if (ike_esp_seal(&sa->out, end->crypto, &what, &w) != ESP_WHY_OK)
        return;
    put_flight(c, other(from), wr_done(&w));
    if (c->twice_percent > 0 && draw(c, 100) < c->twice_percent)
        put_flight(c, other(from), wr_done(&w));
    told(c, from, spi, sa->out.sa.octets - before);
}

static void take(struct carry *c, struct carry_flight *f)
{
    struct carry_end *const e = &c->end[f->to];
    struct ike_esp_opened opened;
    uint32_t spi;
    EXPECT_EQ(ike_esp_spi((struct ike_bytes){f->octets, f->len}, &spi), ESP_WHY_OK);
    struct carry_sa *const sa = by_spi(e, spi);
    f->used = false;
    if (sa == NULL) {
        e->reasons[ESP_WHY_UNKNOWN_SPI]++;
        return;
    }
    const uint64_t before = sa->in.sa.octets;
    const enum ike_esp_why why =
        ike_esp_open(&sa->in, c->p->end[f->to].crypto, f->octets, f->len, &opened);
    if (why != ESP_WHY_OK)
        return;
    heard(c, f->to, spi, sa->in.sa.octets - before);
    struct ike_reader r = rd_open(opened.octets);
    EXPECT_EQ(opened.octets.len, CARRY_INNER);
    rd_skip(&r, IP_HEAD);
    const uint32_t serial = rd_u32(&r);
    if (!EXPECT(serial < CARRY_PACKETS_MAX))
        return;
    e->received += e->came[serial] ? 0 : 1;
    e->twice += e->came[serial] ? 1 : 0;
    e->came[serial] = true;
}

/* Those whose time has come, in the order of their times. */
static void arrive(struct carry *c)
{
    for (;;) {
        struct carry_flight *first = NULL;
        for (size_t i = 0; i < CARRY_FLIGHT_MAX; i++)
            if (c->flight[i].used && c->flight[i].at_ns <= c->p->now_ns &&
                (first == NULL || c->flight[i].at_ns < first->at_ns))
                first = &c->flight[i];
        if (first == NULL)
            return;
        take(c, first);
    }
}

static void tick(struct carry *c, bool sending)
{
    arrive(c);
    for (int side = A; side <= B && sending; side++)
        if (!c->silent[side])
            send_one(c, (enum pair_side)side);
    pair_run_for(c->p, TICK_NS);
    for (int side = A; side <= B; side++) {
        heed(c, (enum pair_side)side);
        forget(c, (enum pair_side)side);
    }
}

void carry_run(struct carry *c, unsigned ms)
{
    heed(c, A);
    heed(c, B);
    for (unsigned i = 0; i < ms; i++)
        tick(c, true);
}

void carry_rest(struct carry *c)
{
    for (unsigned i = 0; i < 2 * (DELAY_NS / TICK_NS + LATE_TICKS); i++)
        tick(c, false);
}

uint32_t carry_lost(const struct carry *c, enum pair_side from)
{
    return c->end[from].offered - c->end[other(from)].received;
}
