/* SPDX-License-Identifier: MIT
 * A small model checker for exchanges that cross (RFC 7296 2.8.1, 2.8.2, 2.25).
 * Two engines share an established IKE SA with a Child SA and are asked for
 * things at the same moment. From then on every order in which the messages in
 * flight can arrive is tried, and in each order every single loss, and every
 * single duplicate. An order that comes to where another has been before, with the same
 * past of each end and the same messages in flight, is not followed further.
 * When all is quiet again both ends must believe the same:
 * the same SAs with the same keys, one heir of each, and nothing left over.
 *
 *     model_collisions SCENARIO SEED CHOICE…      replays one order and prints it */
#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/describe.h"
#include "tests/pair.h"
#include "tests/test.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLIGHT_MAX = 8, DEPTH_MAX = 64, BYTES_MAX = 700, TICKS_MAX = 200 };
enum { VISITED_BITS = 22, VISITED = 1 << VISITED_BITS };

enum act { NOTHING, REKEY_CHILD, REKEY_IKE, NEW_CHILD, DELETE_CHILD, DELETE_IKE };

struct scenario {
    const char *name;
    enum act first[2]; /* what A and B begin with */
    enum act then[2];  /* and ask for right behind it */
    bool other_group;  /* the first key exchange of each is refused: INVALID_KE_PAYLOAD inside */
    uint32_t sas;      /* IKE SAs in the end, */
    uint32_t at_least; /* and Child SAs: from so many */
    uint32_t at_most;
    uint64_t seeds; /* each makes other nonces the lowest */
    bool followed;  /* each CREATE_CHILD_SA by one more key exchange (RFC 9370 2.2.4) */
};

/* clang-format off */
static const struct scenario scenarios[] = {
    {"both rekey the child", {REKEY_CHILD, REKEY_CHILD}, {0}, false, 1, 1, 1, 4, false},
    {"both rekey the child, another group", {REKEY_CHILD, REKEY_CHILD}, {0}, true, 1, 1, 1, 4, false},
    {"both rekey the IKE SA", {REKEY_IKE, REKEY_IKE}, {0}, false, 1, 1, 1, 4, false},
    {"both rekey the IKE SA, another group", {REKEY_IKE, REKEY_IKE}, {0}, true, 1, 1, 1, 4, false},
    {"rekey the child against its delete", {REKEY_CHILD, DELETE_CHILD}, {0}, false, 1, 0, 1, 4, false},
    {"both delete the child", {DELETE_CHILD, DELETE_CHILD}, {0}, false, 1, 0, 0, 4, false},
    {"rekey the IKE SA against a new child", {REKEY_IKE, NEW_CHILD}, {0}, false, 1, 2, 2, 4, false},
    {"rekey the IKE SA against the child's rekey", {REKEY_IKE, REKEY_CHILD}, {0}, false, 1, 1, 1, 4, false},
    {"rekey the IKE SA against the child's delete", {REKEY_IKE, DELETE_CHILD}, {0}, false, 1, 0, 0, 4, false},
    {"rekey the IKE SA against its delete", {REKEY_IKE, DELETE_IKE}, {0}, false, 0, 0, 0, 4, false},
    {"both delete the IKE SA", {DELETE_IKE, DELETE_IKE}, {0}, false, 0, 0, 0, 4, false},
    {"rekey the child against the IKE SA's delete", {REKEY_CHILD, DELETE_IKE}, {0}, false, 0, 0, 0, 4, false},
    {"both create a child", {NEW_CHILD, NEW_CHILD}, {0}, false, 1, 3, 3, 4, false},
    {"both rekey the IKE SA, then the child", {REKEY_IKE, REKEY_IKE}, {REKEY_CHILD, NOTHING}, false, 1, 1, 1, 1, false},
    {"both rekey the child, then one the IKE SA", {REKEY_CHILD, REKEY_CHILD}, {REKEY_IKE, NOTHING}, false, 1, 1, 1, 1, false},
    {"both rekey the child, followed up", {REKEY_CHILD, REKEY_CHILD}, {0}, false, 1, 1, 1, 2, true},
    {"both rekey the IKE SA, followed up", {REKEY_IKE, REKEY_IKE}, {0}, false, 1, 1, 1, 2, true},
    {"rekey the child against its delete, followed up", {REKEY_CHILD, DELETE_CHILD}, {0}, false, 1, 0, 1, 2, true},
    {"rekey the IKE SA against a new child, followed up", {REKEY_IKE, NEW_CHILD}, {0}, false, 1, 2, 2, 2, true},
    {"rekey the IKE SA against the child's rekey, followed up", {REKEY_IKE, REKEY_CHILD}, {0}, false, 1, 1, 1, 2, true},
    {"rekey the IKE SA against its delete, followed up", {REKEY_IKE, DELETE_IKE}, {0}, false, 0, 0, 0, 2, true},
    {"rekey the child against the IKE SA's delete, followed up", {REKEY_CHILD, DELETE_IKE}, {0}, false, 0, 0, 0, 2, true},
    {"both create a child, followed up", {NEW_CHILD, NEW_CHILD}, {0}, false, 1, 3, 3, 2, true},
};
/* clang-format on */
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

struct flight {
    enum pair_side to;
    struct ike_addr from, dest;
    uint64_t digest;
    uint16_t len;
    uint8_t bytes[BYTES_MAX];
};

/* One order: which of the options was taken at each step, and how many there were. */
struct order {
    uint8_t choice[DEPTH_MAX];
    uint8_t options[DEPTH_MAX];
    int fixed; /* choices that are given; behind them the first option is taken */
    int depth;
    bool lost;
    bool doubled;
    bool known; /* it has come to where another was */
};

static struct pair p;
static struct flight flights[FLIGHT_MAX];
static int flight_count;
static struct order order;
static uint64_t past[2]; /* digest of all that an end was told, and when */
static uint64_t visited[VISITED];
static uint32_t visited_count;
static uint64_t explored, states;
static bool shown;

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = (a ^ b) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 32)) * UINT64_C(0xbf58476d1ce4e5b9);
    return z ^ (z >> 29);
}

static uint64_t digest_of(const struct flight *f)
{
    uint64_t digest = (uint64_t)f->to + 1;
    for (uint16_t i = 0; i < f->len; i++)
        digest = mix(digest, f->bytes[i]);
    return digest;
}

/* True when it was there already. */
static bool visit(void)
{
    uint64_t key = mix(mix(past[A], past[B] + 1), (order.lost ? 1 : 0) | (order.doubled ? 2 : 0));
    uint64_t wire = 0;
    for (int i = 0; i < flight_count; i++)
        wire += flights[i].digest;
    key = mix(key, wire) | 1; /* 0 is an empty place */
    assert(visited_count < VISITED / 4 * 3);
    for (uint64_t at = key >> (64 - VISITED_BITS);; at = (at + 1) % VISITED) {
        if (visited[at] == key)
            return true;
        if (visited[at] == 0) {
            visited[at] = key;
            visited_count++;
            return false;
        }
    }
}

/* ---- the two ends ---- */

static void collect(enum pair_side side)
{
    struct pair_end *const e = &p.end[side];
    struct ike_datagram d;
    struct ike_event event;
    while (ike_next_output(e->engine, &d)) {
        struct flight *const f = &flights[flight_count++];
        assert(flight_count <= FLIGHT_MAX && d.bytes.len <= BYTES_MAX);
        *f = (struct flight){.to = side == A ? B : A, .from = d.local, .dest = d.remote};
        f->len = (uint16_t)d.bytes.len;
        memcpy(f->bytes, d.bytes.at, d.bytes.len);
        f->digest = digest_of(f);
    }
    while (ike_next_event(e->engine, &event)) {
        if (event.kind == IKE_UP || event.kind == IKE_REKEYED)
            e->sa = event.sa;
        if (event.kind == IKE_CHILD_UP && e->child == 0)
            e->child = event.child_spi;
        if (event.kind == IKE_REKEYED)
            e->event_count++; /* heirs */
    }
}

static void deliver(int number)
{
    const struct flight f = flights[number];
    for (int i = number; i + 1 < flight_count; i++) /* the order of the others stays */
        flights[i] = flights[i + 1];
    flight_count--;
    const struct ike_datagram d = {
        .local = f.dest, .remote = f.from, .bytes = {.at = f.bytes, .len = f.len}};
    past[f.to] = mix(past[f.to], mix(f.digest, p.now_ns));
    (void)ike_input(p.end[f.to].engine, p.now_ns, &d);
    collect(f.to);
}

static void act(enum pair_side side, enum act what)
{
    struct pair_end *const e = &p.end[side];
    switch (what) {
    case REKEY_CHILD:
        (void)ike_rekey_child(e->engine, p.now_ns, e->sa, e->child);
        break;
    case REKEY_IKE:
        (void)ike_rekey(e->engine, p.now_ns, e->sa);
        break;
    case NEW_CHILD:
        (void)ike_create_child(e->engine, p.now_ns, e->sa, 0, NULL);
        break;
    case DELETE_CHILD:
        (void)ike_delete_child(e->engine, p.now_ns, e->sa, e->child);
        break;
    case DELETE_IKE:
        (void)ike_delete(e->engine, p.now_ns, e->sa);
        break;
    case NOTHING:
        break;
    }
    collect(side);
}

/* Nothing is taken; the next item is the first one again. */
static void rewind_pool(struct ike_pool *pool)
{
    (void)EXPECT_EQ(pool->used, 0);
    pool->high = pool->free = 0;
}

static void rewind_pools(struct ike_engine *engine)
{
    rewind_pool(&engine->sas);
    rewind_pool(&engine->setups);
    rewind_pool(&engine->tasks);
    rewind_pool(&engine->children);
    for (size_t i = 0; i < IKE_STORE_CLASSES; i++)
        rewind_pool(&engine->store.pools[i]);
    engine->serial = 0;
}

/* Both ends as new: no SA, the same chance and the same places as in every other order. */
static void reset(uint64_t seed)
{
    for (int i = 0; i < 2; i++) {
        struct pair_end *const e = &p.end[i];
        for (uint32_t place = 1; place <= e->engine->sas.high; place++) {
            const struct ike_sa *const sa = ike_sa_at(e->engine, place);
            if (sa->state != S_NONE && sa->state != S_FRESH)
                ike_forget(e->engine, p.now_ns, sa->number);
        }
        collect(i == 0 ? A : B);
        rewind_pools(e->engine);
        e->random = seed * 1000 + (uint64_t)i;
        e->sa = 0;
        e->child = 0;
        e->event_count = 0;
        past[i] = seed;
    }
    flight_count = 0;
    p.now_ns = 0;
}

static void establish(const struct scenario *s)
{
    const struct ike_attempt attempt = {
        .local = p.end[A].addr, .remote = p.end[B].addr, .policy = &p.end[A].policy};
    (void)ike_connect(p.end[A].engine, p.now_ns, &attempt);
    collect(A);
    while (flight_count > 0)
        deliver(0);
    for (int i = 0; i < 2; i++)
        act(i == 0 ? A : B, s->first[i]);
    for (int i = 0; i < 2; i++)
        act(i == 0 ? A : B, s->then[i]);
}

/* ---- one order ---- */

static void show(const char *what, int number)
{
    char line[IKE_DESCRIBE_TEXT];
    const struct flight *const f = &flights[number];
    if (!shown)
        return;
    struct ike_header head;
    (void)ike_header_parse((struct ike_bytes){.at = f->bytes, .len = f->len}, &head);
    (void)ike_describe((struct ike_bytes){.at = f->bytes, .len = f->len}, false, NULL, NULL, line);
    (void)printf("# %s %s  %s  spi %08x %08x length %u\n", what, f->to == A ? "to A" : "to B", line,
                 (unsigned)head.spi_i, (unsigned)head.spi_r, f->len);
}

/* Takes one of `count` options: the one given, or the first. */
static int choose(int count)
{
    assert(order.depth < DEPTH_MAX && count < 256);
    const int at = order.depth++;
    if (at >= order.fixed)
        order.choice[at] = 0;
    order.options[at] = (uint8_t)count;
    return order.choice[at];
}

static void step(void)
{
    const int kinds = 1 + (order.lost ? 0 : 1) + (order.doubled ? 0 : 1);
    const int option = choose(flight_count * kinds);
    const int number = option % flight_count;
    const int kind = option / flight_count;
    if (kind == 0) {
        show("arrives", number);
        deliver(number);
    } else if (kind == 1 && !order.lost) {
        show("is lost", number);
        order.lost = true;
        for (int i = number; i + 1 < flight_count; i++)
            flights[i] = flights[i + 1];
        flight_count--;
    } else {
        show("is doubled", number);
        order.doubled = true;
        assert(flight_count < FLIGHT_MAX);
        flights[flight_count] = flights[number];
        flight_count++;
    }
    order.known = order.depth >= order.fixed && visit();
}

/* Nothing is in flight: the next deadline comes. False: there is none. */
static bool tick(void)
{
    const uint64_t a_ns = ike_deadline(p.end[A].engine);
    const uint64_t b_ns = ike_deadline(p.end[B].engine);
    const enum pair_side next = a_ns <= b_ns ? A : B;
    const uint64_t at_ns = a_ns <= b_ns ? a_ns : b_ns;
    if (at_ns == IKE_NEVER)
        return false;
    p.now_ns = at_ns > p.now_ns ? at_ns : p.now_ns;
    if (shown)
        (void)printf("# %s wakes at %.1f s\n", next == A ? "A" : "B", (double)at_ns / 1e9);
    past[next] = mix(past[next], p.now_ns);
    ike_tick(p.end[next].engine, p.now_ns);
    collect(next);
    return true;
}

static uint32_t count_children(const struct ike_engine *e, const struct ike_sa *sa)
{
    uint32_t count = 0;
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(e, place)->next)
        count++;
    return count;
}

static const char *judge_children(const struct ike_engine *e, const struct ike_sa *sa,
                                  const struct ike_engine *other, const struct ike_sa *twin)
{
    if (count_children(e, sa) != count_children(other, twin))
        return "the ends have different numbers of Child SAs";
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(e, place)->next) {
        const struct ike_child *const child = ike_child_at(e, place);
        const uint32_t match = ike_child_find(other, twin, child->spi_out, true);
        if (!child->up || match == 0 ||
            !ike_bytes_equal(ike_store_view(&e->store, child->keys),
                             ike_store_view(&other->store, ike_child_at(other, match)->keys)))
            return "a Child SA has no twin with the same keys";
    }
    return NULL;
}

static const char *judge_end(const struct scenario *s, enum pair_side side)
{
    const struct ike_engine *const e = p.end[side].engine;
    const struct ike_engine *const other = p.end[1 - side].engine;
    if (e->sas.used != s->sas || e->established != s->sas)
        return "another number of IKE SAs than there should be";
    if (e->tasks.used != 0 || e->setups.used != 0 || e->half_open != 0)
        return "a task or setup is left over";
    if (e->children.used < s->at_least || e->children.used > s->at_most)
        return "another number of Child SAs than there should be";
    if (p.end[side].event_count > 2)
        return "the IKE SA was rekeyed more than twice";
    for (uint32_t place = 1; place <= e->sas.high; place++) {
        const struct ike_sa *const sa = ike_sa_at(e, place);
        if (sa->state == S_NONE)
            continue;
        const struct ike_sa *const twin =
            ike_sa_by_spi(other, sa->initiator ? sa->spi_r : sa->spi_i);
        if (twin == NULL || !ike_bytes_equal(ike_store_view(&e->store, sa->keys),
                                             ike_store_view(&other->store, twin->keys)))
            return "an IKE SA has no twin with the same keys";
        const char *const wrong = judge_children(e, sa, other, twin);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

/* Runs the order, and says what is wrong at its end; NULL: nothing. */
static const char *run(const struct scenario *s, uint64_t seed)
{
    reset(seed);
    establish(s);
    order.depth = 0;
    order.lost = order.doubled = order.known = false;
    for (int ticks = 0; ticks < TICKS_MAX; ticks++) {
        while (flight_count > 0 && !order.known && order.depth < DEPTH_MAX)
            step();
        if (order.depth == DEPTH_MAX)
            break;
        if (order.known)
            return NULL;
        if (!tick()) {
            const char *const wrong = judge_end(s, A);
            return wrong != NULL ? wrong : judge_end(s, B);
        }
    }
    order.known = false;
    return "it does not come to rest";
}

/* ---- all orders ---- */

/* The next order in depth-first sequence; false: this was the last. */
static bool next_order(void)
{
    int at = order.depth - 1;
    while (at >= 0 && order.choice[at] + 1 >= order.options[at])
        at--;
    if (at < 0)
        return false;
    order.choice[at]++;
    order.fixed = at + 1;
    return true;
}

static void open_ends(const struct scenario *s)
{
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED});
    for (int i = 0; i < 2; i++) {
        p.end[i].config.sa_max = 16;
        p.end[i].config.tell_keys = false;
    }
    if (s->other_group) {
        pair_offer(&p, A, "aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16-ecp256-x25519");
        pair_offer(&p, B, "aes256gcm16-prfsha256-ecp256-x25519", "aes256gcm16-x25519-ecp256");
    }
    if (s->followed)
        for (int side = A; side <= B; side++)
            pair_offer(&p, (enum pair_side)side, "aes256gcm16-prfsha256-x25519-ke1_ecp256",
                       "aes256gcm16-x25519-ke1_ecp256");
    pair_open(&p);
}

static void print_order(int scenario, uint64_t seed, const char *wrong)
{
    (void)printf("# %s: %s\n#   model_collisions %d %llu", scenarios[scenario].name, wrong,
                 scenario, (unsigned long long)seed);
    for (int i = 0; i < order.depth; i++)
        (void)printf(" %u", order.choice[i]);
    (void)printf("\n");
}

static void explore(int number)
{
    const struct scenario *const s = &scenarios[number];
    uint64_t count = 0;
    int failures = 0;
    open_ends(s);
    for (uint64_t seed = 1; seed <= s->seeds && failures == 0; seed++) {
        order = (struct order){.fixed = 0};
        memset(visited, 0, sizeof visited);
        visited_count = 0;
        do {
            const char *const wrong = run(s, seed);
            count++;
            if (!EXPECT(wrong == NULL) && failures++ < 1)
                print_order(number, seed, wrong);
        } while (failures < 1 && next_order());
        states += visited_count;
    }
    pair_close(&p);
    (void)printf("# %-46s %8llu orders\n", s->name, (unsigned long long)count);
    explored += count;
}

static void test_every_order_of_crossing_exchanges_ends_in_agreement(void)
{
    for (int i = 0; i < SCENARIOS; i++)
        explore(i);
    (void)printf("# %llu orders explored, %llu states\n", (unsigned long long)explored,
                 (unsigned long long)states);
}

static int replay(int argc, char **argv)
{
    const int number = atoi(argv[1]);
    order = (struct order){.fixed = argc - 3};
    for (int i = 3; i < argc && i - 3 < DEPTH_MAX; i++)
        order.choice[i - 3] = (uint8_t)atoi(argv[i]);
    shown = true;
    open_ends(&scenarios[number]);
    const char *const wrong = run(&scenarios[number], strtoull(argv[2], NULL, 10));
    (void)printf("# %s\n", wrong != NULL ? wrong : "well");
    pair_close(&p);
    return wrong != NULL;
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_every_order_of_crossing_exchanges_ends_in_agreement)};
    if (argc > 2 && atoi(argv[1]) >= 0 && atoi(argv[1]) < SCENARIOS)
        return replay(argc, argv);
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
