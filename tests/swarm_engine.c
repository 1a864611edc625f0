/* SPDX-License-Identifier: MIT
 * Many seeds: each draws what two peers ask of each other and what the wire
 * does to it. Then the wire is healed, and what the two believe must agree:
 * the same SAs with the same keys at both ends, or none, and nothing left over.
 * A failing seed is printed and can be run alone: swarm_engine SEED. */
#include "ike/engine.h"
#include "ike/v2/child.h"
#include "tests/pair.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 400, STEPS = 12 };

static struct pair p;
static uint64_t chance;
static uint32_t established_at_end;
static bool shown; /* a seed that runs alone shows its messages */

static uint32_t draw(uint32_t below)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(chance >> 33) % below;
}

static void configure(uint64_t seed)
{
    static const uint32_t thresholds[] = {IKE_UNLIMITED, IKE_UNLIMITED, 0, 1};
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                        .initiator = (enum pair_side)draw(2),
                                        .lose = PAIR_NONE,
                                        .twice = PAIR_NONE,
                                        .lose_percent = (uint8_t)draw(35),
                                        .twice_percent = (uint8_t)draw(30),
                                        .late_percent = (uint8_t)draw(30)});
    p.chance = seed;
    for (int i = 0; i < 2; i++) {
        struct pair_end *const e = &p.end[i];
        e->random = seed * 2 + (uint64_t)i;
        e->config.cookies.on_at = thresholds[draw(4)];
        e->config.liveness_ns = UINT64_C(1000000000) * (3 + draw(5));
        e->config.hint_ns = draw(2) * UINT64_C(1000000000);
        e->config.invalid_selectors_ns = UINT64_C(500000000);
        e->config.retransmit.jitter_milli = draw(2) * 200;
        e->policy.initial_contact = draw(2) == 0;
        e->policy.force_encapsulation = draw(4) == 0;
        e->config.window = draw(3) == 0 ? 2 + draw(7) : 1;
        e->policy.lifetime.rekey_ns = draw(2) * UINT64_C(1000000000) * (5 + draw(40));
        e->policy.child[0].lifetime.rekey_ns = draw(2) * UINT64_C(1000000000) * (5 + draw(20));
        e->policy.child[0].lifetime.rand_ns = UINT64_C(3000000000);
        if (draw(3) == 0)
            pair_offer(&p, (enum pair_side)i, "aes256gcm16-prfsha256-ecp256-x25519", "aes256gcm16");
    }
}

/* One thing either of them may want; what is not possible now is refused by the engine. */
static void ask(void)
{
    struct pair_end *const e = &p.end[draw(2)];
    const struct ike_datagram hint = {.local = e->addr, .remote = p.end[draw(2)].addr};
    switch (draw(11)) {
    case 0:
        (void)ike_tell_invalid_selectors(e->engine, p.now_ns, e->sa, e->child, hint.bytes);
        (void)ike_probe(e->engine, p.now_ns, e->sa);
        break;
    case 1:
        (void)ike_delete_child(e->engine, p.now_ns, e->sa, e->child);
        break;
    case 2:
        (void)ike_delete(e->engine, p.now_ns, e->sa);
        break;
    case 3:
        ike_forget(e->engine, p.now_ns, e->sa); /* a crash */
        break;
    case 4:
        (void)ike_rekey(e->engine, p.now_ns, e->sa);
        break;
    case 5:
        (void)ike_rekey_child(e->engine, p.now_ns, e->sa, e->child);
        break;
    case 6:
        (void)ike_create_child(e->engine, p.now_ns, e->sa, 0, NULL);
        break;
    case 7:
        (void)ike_hint(e->engine, p.now_ns, &hint);
        break;
    case 8:
        ike_crash(e->engine, p.now_ns);
        break;
    default:
        (void)pair_connect(&p);
        break;
    }
}

static void check_books(void)
{
    for (int i = 0; i < 2; i++) {
        const struct ike_engine *const e = p.end[i].engine;
        const struct ike_stats stats = ike_stats(e);
        EXPECT(stats.half_open + stats.established <= e->sas.used);
        EXPECT(stats.memory <= stats.memory_max || stats.memory_max == 0);
        p.end[i].event_count = 0; /* the bench keeps only so many */
    }
    if (shown)
        (void)printf("%.*s-- %.1f s\n", (int)p.trace_len, p.trace, (double)p.now_ns / 1e9);
    p.trace_len = 0;
}

/* Every Child SA of one end is the other's too, with the same keys. */
static bool children_agree(const struct ike_engine *e, const struct ike_sa *sa,
                           const struct ike_engine *other, const struct ike_sa *twin)
{
    int count = 0;
    for (uint32_t place = twin->child; place != 0; place = ike_child_at(other, place)->next)
        count--;
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(e, place)->next) {
        const struct ike_child *const child = ike_child_at(e, place);
        const uint32_t match = ike_child_find(other, twin, child->spi_out, true);
        count++;
        if (match == 0 ||
            !ike_bytes_equal(ike_store_view(&e->store, child->keys),
                             ike_store_view(&other->store, ike_child_at(other, match)->keys)))
            return false;
    }
    return count == 0;
}

/* Every established SA of one end is the other's too, with the same keys. */
static bool agree(void)
{
    for (int i = 0; i < 2; i++) {
        const struct ike_engine *const e = p.end[i].engine;
        const struct ike_engine *const other = p.end[1 - i].engine;
        if (ike_stats(e).established != ike_stats(other).established ||
            ike_stats(e).established != e->sas.used || e->setups.used != 0)
            return false;
        for (uint32_t place = 1; place <= e->sas.high; place++) {
            const struct ike_sa *const sa = ike_sa_at(e, place);
            if (sa->state == S_NONE)
                continue;
            const struct ike_sa *const twin =
                ike_sa_by_spi(other, sa->initiator ? sa->spi_r : sa->spi_i);
            if (twin == NULL || twin->initiator == sa->initiator ||
                !ike_bytes_equal(ike_store_view(&e->store, sa->keys),
                                 ike_store_view(&other->store, twin->keys)) ||
                !children_agree(e, sa, other, twin))
                return false;
        }
    }
    return true;
}

static bool run(uint64_t seed)
{
    chance = seed;
    configure(seed);
    pair_open(&p);
    (void)pair_connect(&p);
    for (int step = 0; step < STEPS; step++) {
        pair_run_for(&p, UINT64_C(100000000) * draw(60));
        check_books();
        ask();
    }
    p.options.lose_percent = p.options.twice_percent = p.options.late_percent = 0;
    for (int i = 0; i < 2; i++)
        p.end[i].policy.lifetime.rekey_ns = p.end[i].policy.child[0].lifetime.rekey_ns = 0;
    for (int quiet = 0; quiet < 150; quiet++) { /* longer than any retransmission and time-out */
        pair_run_for(&p, UINT64_C(2000000000));
        check_books();
    }
    const bool good = agree();
    established_at_end = ike_stats(p.end[A].engine).established;
    pair_close(&p);
    return good;
}

static void test_after_the_wire_is_healed_both_ends_agree(void)
{
    uint32_t up = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        if (!EXPECT(run(seed)))
            (void)printf("# seed %llu\n", (unsigned long long)seed);
        up += established_at_end;
    }
    (void)printf("# %u SAs were up at the end of %d seeds\n", up, SEEDS);
    EXPECT(up > SEEDS / 4); /* agreeing on nothing would be easy */
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {TEST(test_after_the_wire_is_healed_both_ends_agree)};
    shown = argc > 1 && atoi(argv[1]) > 0;
    if (shown)
        return run(strtoull(argv[1], NULL, 10)) ? 0 : 1;
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
