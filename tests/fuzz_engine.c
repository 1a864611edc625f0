/* SPDX-License-Identifier: MIT
 * The datagram door under fuzzing: two engines with an SA between them are
 * given whatever the input says, raw, or sealed with the right keys, in both
 * roles. Nothing may crash or leak; books must balance; and what was not
 * authenticated must leave the SA between the two as it was.
 *
 * Input: pieces of an operation (1 octet), a length (1 octet, in fours) and
 * that many octets. */
#include "ike/engine.h"
#include "ike/v2/protect.h"
#include "tests/pair.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

enum operation {
    RAW_TO_B,
    RAW_TO_A,
    NAT_TO_B,
    SEALED_TO_B,
    SEALED_TO_A,
    LATER,
    CONNECT,
    PART_TO_B,
    PART_TO_A,
    OPERATIONS
};

static struct pair p;
static bool authenticated; /* the input spoke with the SA's keys: it may end it */

static void demand(bool held)
{
    if (!held)
        abort();
}

static void check_books(void)
{
    for (int i = 0; i < 2; i++) {
        const struct ike_engine *const e = p.end[i].engine;
        const struct ike_stats stats = ike_stats(e);
        demand(stats.half_open <= e->config.half_open.limit);
        demand(stats.half_open + stats.established <= e->sas.used);
        demand(stats.children <= e->config.sa_max);
        demand(e->fragments.pool.used <= e->config.reassembly.limit);
        demand(ike_deadline(e) == IKE_NEVER || e->timers.count > 0 || e->fragments.pool.used > 0);
        p.end[i].event_count = 0; /* the bench keeps only so many */
    }
    for (int i = 0; i < PAIR_FLIGHT_MAX; i++)
        p.flight[i].used = false; /* answers are not carried on */
    p.trace_len = 0;
}

/* Begins a request inside the SA, with the id that is awaited. */
static struct ike_writer request(enum pair_side to, const struct ike_sa *sa, uint8_t exchange)
{
    static uint8_t room[IKE_MESSAGE_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    authenticated = true;
    ike_put_header(&w, &(struct ike_header){.spi_i = sa->spi_i,
                                            .spi_r = sa->spi_r,
                                            .version = IKE_VERSION_2,
                                            .exchange = exchange,
                                            .flags = to == B ? FLAG_INITIATOR : 0,
                                            .id = sa->take_id});
    return w;
}

/* One whose payloads are the input's. */
static void sealed(enum pair_side to, struct ike_bytes body)
{
    const struct ike_engine *const e = p.end[to].engine;
    const struct ike_sa *const sa = ike_sa_numbered(e, p.end[to].sa);
    struct ike_reader r = rd_open(body);
    const uint8_t exchange = rd_u8(&r);
    const uint8_t first = rd_u8(&r);
    if (sa == NULL || !p.has_keys)
        return;
    struct ike_writer w = request(to, sa, exchange);
    size_t link = 16;
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, to == B);
    const size_t begin = ike_begin_sealed(&w, &link, &keys);
    w.base[begin] = first;
    put_bytes(&w, rd_rest(&r));
    ike_end_sealed(&w, begin, &keys, p.end[1 - to].crypto, 1u << 20);
    if (!w.bad)
        (void)pair_inject(&p, to, w.base, w.len);
}

/* A fragment of such a request: number and total are the input's, too (RFC 7383 2.5). */
static void part(enum pair_side to, struct ike_bytes body)
{
    const struct ike_sa *const sa = ike_sa_numbered(p.end[to].engine, p.end[to].sa);
    struct ike_reader r = rd_open(body);
    const uint8_t exchange = rd_u8(&r);
    const uint8_t next = rd_u8(&r);
    const uint8_t number = rd_u8(&r);
    const uint8_t total = rd_u8(&r);
    if (sa == NULL || !p.has_keys)
        return;
    struct ike_writer w = request(to, sa, exchange);
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, to == B);
    const struct ike_fragment_head head = {.number = number, .total = total, .next = next};
    const size_t begin = ike_begin_fragment(&w, &keys, &head);
    put_bytes(&w, rd_rest(&r));
    ike_end_fragment(&w, begin, &keys, p.end[1 - to].crypto, 1u << 21);
    if (!w.bad)
        (void)pair_inject(&p, to, w.base, w.len);
}

static void nat_to_b(struct ike_bytes bytes)
{
    struct ike_datagram d = {.local = p.end[B].addr, .remote = p.end[A].addr, .bytes = bytes};
    d.local.port = d.remote.port = IKE_PORT_NAT;
    (void)ike_input(p.end[B].engine, p.now_ns, &d);
    pair_run_for(&p, 0);
}

static void operate(enum operation operation, struct ike_bytes bytes)
{
    switch (operation) {
    case RAW_TO_B:
    case RAW_TO_A:
        (void)pair_inject(&p, operation == RAW_TO_B ? B : A, bytes.at, bytes.len);
        break;
    case NAT_TO_B:
        nat_to_b(bytes);
        break;
    case SEALED_TO_B:
    case SEALED_TO_A:
        sealed(operation == SEALED_TO_B ? B : A, bytes);
        break;
    case PART_TO_B:
    case PART_TO_A:
        part(operation == PART_TO_B ? B : A, bytes);
        break;
    case LATER:
        pair_run_for(&p, UINT64_C(100000000) * (bytes.len > 0 ? bytes.at[0] : 1));
        break;
    case CONNECT:
    case OPERATIONS:
        (void)pair_connect(&p);
        break;
    }
}

/* Of whatever gateway. */
static struct ike_bytes look_up(struct pair *pair, struct ike_bytes name)
{
    static const uint8_t found[] = {192, 0, 2, 99};
    (void)pair;
    return (struct ike_bytes){.at = found, .len = name.len % 2 == 0 ? sizeof found : 0};
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = len});
    const bool cookies = len % 2 == 1;
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                        .initiator = A,
                                        .lose = PAIR_NONE,
                                        .twice = PAIR_NONE,
                                        .quiet = true});
    p.end[A].config.sa_max = p.end[B].config.sa_max = 8;
    p.end[A].policy.takes_redirects = true;
    p.fetch = look_up;
    p.end[B].config.half_open.limit = 4;
    p.end[A].policy.fragment = p.end[B].policy.fragment = 1280;
    p.end[A].config.reassembly.limit = p.end[B].config.reassembly.limit = 2;
    p.end[A].policy.mobike.on = p.end[B].policy.mobike.on = true;
    p.end[B].config.half_open.per_address = 3;
    p.end[B].config.cookies.on_at = cookies ? 0 : IKE_UNLIMITED;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    demand(pair_agrees(&p, 1));
    const uint64_t sa = p.end[B].sa;
    const struct ike_sa before = *ike_sa_numbered(p.end[B].engine, sa);
    authenticated = false;
    check_books();
    for (int pieces = 0; r.left > 0 && pieces < 64; pieces++) {
        const uint8_t operation = rd_u8(&r);
        const size_t wanted = 4 * (size_t)rd_u8(&r);
        operate((enum operation)(operation % OPERATIONS),
                rd_bytes(&r, wanted < r.left ? wanted : r.left));
        check_books();
    }
    const struct ike_sa *const after = ike_sa_numbered(p.end[B].engine, sa);
    demand(authenticated ||
           (after != NULL && after->take_id == before.take_id && after->send_id == before.send_id &&
            after->child == before.child && after->state == before.state &&
            after->keys.number == before.keys.number));
    pair_close(&p);
    return 0;
}
