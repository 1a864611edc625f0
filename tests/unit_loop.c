/* SPDX-License-Identifier: MIT
 * The event queue against a plain list that is searched for its first, under
 * hundreds of thousands of random calls and every spread of times. */
#include "sim/loop.h"
#include "sim/net.h"
#include "sim/rng.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 3000 };

/* What the loop should do: pending events in no order, the first found by looking at all. */
struct pending {
    uint64_t at_ns;
    uint64_t serial; /* 0: does not wait */
    uint8_t rank;
};

struct trial;
struct thing {
    struct sim_event event;
    struct trial *trial;
};

struct trial {
    struct sim_loop *loop;
    struct sim_rng rng;
    uint64_t (*ahead)(struct sim_rng *rng); /* the spread of times */
    uint64_t serial;
    uint64_t ran;
    uint64_t wrong;
    uint64_t now_ns;
    uint32_t things;
    uint32_t calls_each; /* of things that an event does when it runs */
    struct pending pending[EVENTS_MAX];
    struct thing thing[EVENTS_MAX];
};

static uint32_t first_pending(const struct trial *t)
{
    uint32_t first = EVENTS_MAX;
    for (uint32_t i = 0; i < t->things; i++) {
        const struct pending *const p = &t->pending[i];
        if (p->serial == 0)
            continue;
        if (first == EVENTS_MAX) {
            first = i;
            continue;
        }
        const struct pending *const q = &t->pending[first];
        if (p->at_ns != q->at_ns ? p->at_ns < q->at_ns
            : p->rank != q->rank ? p->rank < q->rank
                                 : p->serial < q->serial)
            first = i;
    }
    return first;
}

static void schedule(struct trial *t, uint32_t which, uint64_t at_ns)
{
    if (at_ns < t->now_ns) /* wrapped round */
        at_ns = t->now_ns;
    sim_loop_at(t->loop, &t->thing[which].event, at_ns);
    if (at_ns == SIM_NEVER)
        t->pending[which].serial = 0;
    else
        t->pending[which] = (struct pending){at_ns, ++t->serial, t->thing[which].event.rank};
}

/* One random call: mostly schedules, of an event that may wait already. */
static void any_call(struct trial *t)
{
    const uint32_t which = (uint32_t)sim_rng_below(&t->rng, t->things);
    if (sim_rng_below(&t->rng, 10) == 0) {
        sim_loop_cancel(t->loop, &t->thing[which].event);
        t->pending[which].serial = 0;
        return;
    }
    schedule(t, which, t->now_ns + t->ahead(&t->rng));
}

static void thing_runs(void *owner, uint64_t now_ns)
{
    struct thing *const thing = owner;
    struct trial *const t = thing->trial;
    const uint32_t first = first_pending(t);
    const bool right = first < EVENTS_MAX && &t->thing[first] == thing &&
                       t->pending[first].at_ns == now_ns && sim_loop_now(t->loop) == now_ns &&
                       !sim_loop_waits(&thing->event);
    t->wrong += right ? 0 : 1;
    t->ran++;
    t->now_ns = now_ns;
    t->pending[thing - t->thing].serial = 0;
    for (uint32_t i = 0; i < t->calls_each; i++)
        any_call(t);
}

static void run_to(struct trial *t, uint64_t until_ns)
{
    sim_loop_run(t->loop, until_ns);
    t->now_ns = until_ns;
    const uint32_t first = first_pending(t);
    if (first < EVENTS_MAX && t->pending[first].at_ns <= until_ns)
        t->wrong++;
    if (sim_loop_now(t->loop) != until_ns)
        t->wrong++;
}

static void trial_open(struct trial *t, uint64_t (*ahead)(struct sim_rng *rng), uint32_t things)
{
    memset(t, 0, sizeof *t);
    t->loop = sim_loop_open();
    t->ahead = ahead;
    t->things = things;
    sim_rng_open(&t->rng, 7, "trial");
    for (uint32_t i = 0; i < things; i++) {
        t->thing[i].trial = t;
        t->thing[i].event.run = thing_runs;
        t->thing[i].event.owner = &t->thing[i];
        t->thing[i].event.rank = (uint8_t)sim_rng_below(&t->rng, SIM_SAMPLE + 1);
    }
}

/* `rounds` times: some calls from outside, then the loop runs for a while, or not at all. */
static void trial_run(uint64_t (*ahead)(struct sim_rng *rng), uint32_t things, uint32_t rounds)
{
    struct trial *const t = malloc(sizeof *t);
    trial_open(t, ahead, things);
    for (uint32_t round = 0; round < rounds; round++) {
        const uint64_t calls = sim_rng_below(&t->rng, UINT64_C(2) * things);
        for (uint64_t i = 0; i < calls; i++)
            any_call(t);
        for (uint32_t i = 0; i < things; i++) {
            if (sim_loop_waits(&t->thing[i].event) != (t->pending[i].serial != 0))
                t->wrong++;
        }
        const uint64_t until_ns = t->now_ns + t->ahead(&t->rng);
        t->calls_each = (uint32_t)sim_rng_below(&t->rng, 2);
        const uint64_t ran = t->ran;
        if (until_ns >= t->now_ns && until_ns != SIM_NEVER)
            run_to(t, until_ns);
        t->calls_each = 0; /* or all-equal times would never end */
        EXPECT(t->ran - ran <= UINT32_MAX);
    }
    EXPECT_EQ(t->wrong, 0);
    EXPECT(t->ran > rounds);
    EXPECT_EQ(sim_loop_count(t->loop), t->ran);
    sim_loop_close(t->loop);
    free(t);
}

static uint64_t ahead_scattered(struct sim_rng *rng)
{
    return sim_rng_below(rng, 1000000000);
}
static uint64_t ahead_dense(struct sim_rng *rng)
{
    return sim_rng_below(rng, 40);
}
static uint64_t ahead_wide(struct sim_rng *rng)
{
    return sim_rng_u64(rng) >> (2 + sim_rng_below(rng, 62)) >> 16;
}
static uint64_t ahead_clustered(struct sim_rng *rng)
{
    return sim_rng_below(rng, 5) * 1000000000000 + sim_rng_below(rng, 3);
}
static uint64_t ahead_timers(struct sim_rng *rng)
{
    return sim_rng_below(rng, 4) == 0 ? 30000000000 : sim_rng_below(rng, 2000);
}
static uint64_t ahead_gaps(struct sim_rng *rng)
{
    return UINT64_C(1) << sim_rng_below(rng, 50);
}
static uint64_t ahead_none(struct sim_rng *rng)
{
    return sim_rng_below(rng, 60) == 0 ? 1 : 0;
}

static void test_order_is_that_of_a_sorted_list_scattered(void)
{
    trial_run(ahead_scattered, 600, 300);
}
static void test_order_is_that_of_a_sorted_list_dense(void)
{
    trial_run(ahead_dense, 600, 300);
}
static void test_order_is_that_of_a_sorted_list_over_all_scales(void)
{
    trial_run(ahead_wide, 600, 300);
}
static void test_order_is_that_of_a_sorted_list_clustered(void)
{
    trial_run(ahead_clustered, 600, 300);
}
static void test_order_is_that_of_a_sorted_list_timers_and_packets(void)
{
    trial_run(ahead_timers, 600, 300);
}
static void test_order_is_that_of_a_sorted_list_powers_of_two(void)
{
    trial_run(ahead_gaps, 600, 300);
}
static void test_order_is_that_of_a_sorted_list_all_at_one_instant(void)
{
    trial_run(ahead_none, 300, 100);
}
static void test_order_is_that_of_a_sorted_list_with_few_events(void)
{
    trial_run(ahead_scattered, 3, 20000);
    trial_run(ahead_wide, 2, 20000);
}
static void test_order_is_that_of_a_sorted_list_with_many_events(void)
{
    trial_run(ahead_timers, EVENTS_MAX, 12);
    trial_run(ahead_dense, EVENTS_MAX, 12);
}

/* Small direct facts. */

struct log {
    uint32_t said[64];
    uint32_t count;
};
struct speaker {
    struct sim_event event;
    struct log *log;
    uint32_t name;
};

static void speak(void *owner, uint64_t now_ns)
{
    struct speaker *const s = owner;
    (void)now_ns;
    if (s->log->count < 64)
        s->log->said[s->log->count++] = s->name;
}

static struct speaker speaker(uint32_t name, enum sim_rank rank, struct log *log)
{
    return (struct speaker){
        .event = {.run = speak, .rank = (uint8_t)rank}, .log = log, .name = name};
}

static void test_at_one_instant_rank_goes_first_then_the_order_of_scheduling(void)
{
    struct log log = {.count = 0};
    struct sim_loop *const loop = sim_loop_open();
    struct speaker s[6];
    static const enum sim_rank ranks[6] = {SIM_SAMPLE, SIM_TIMER,   SIM_DELIVER,
                                           SIM_TIMER,  SIM_ARRIVAL, SIM_CPU};
    static const uint32_t wanted[6] = {2, 5, 1, 3, 4, 0};
    for (uint32_t i = 0; i < 6; i++) {
        s[i] = speaker(i, ranks[i], &log);
        s[i].event.owner = &s[i];
        sim_loop_at(loop, &s[i].event, 1000);
    }
    sim_loop_run(loop, 1000);
    EXPECT_EQ(log.count, 6);
    for (uint32_t i = 0; i < 6; i++)
        EXPECT_EQ(log.said[i], wanted[i]);
    sim_loop_close(loop);
}

static void test_the_limit_is_included_and_then_it_is_now(void)
{
    struct log log = {.count = 0};
    struct sim_loop *const loop = sim_loop_open();
    struct speaker a = speaker(1, SIM_TIMER, &log);
    struct speaker b = speaker(2, SIM_TIMER, &log);
    a.event.owner = &a;
    b.event.owner = &b;
    sim_loop_at(loop, &a.event, 500);
    sim_loop_at(loop, &b.event, 501);
    sim_loop_run(loop, 500);
    EXPECT_EQ(log.count, 1);
    EXPECT_EQ(sim_loop_now(loop), 500);
    EXPECT(!sim_loop_waits(&a.event));
    EXPECT(sim_loop_waits(&b.event));
    sim_loop_run(loop, 1000000);
    EXPECT_EQ(log.count, 2);
    EXPECT_EQ(sim_loop_now(loop), 1000000);
    EXPECT_EQ(sim_loop_count(loop), 2);
    sim_loop_close(loop);
}

static void test_scheduling_again_moves_and_takes_a_new_place_in_line(void)
{
    struct log log = {.count = 0};
    struct sim_loop *const loop = sim_loop_open();
    struct speaker a = speaker(1, SIM_TIMER, &log);
    struct speaker b = speaker(2, SIM_TIMER, &log);
    a.event.owner = &a;
    b.event.owner = &b;
    sim_loop_at(loop, &a.event, 500);
    sim_loop_at(loop, &b.event, 500);
    sim_loop_at(loop, &a.event, 500);
    sim_loop_run(loop, 499);
    EXPECT_EQ(log.count, 0);
    sim_loop_run(loop, 500);
    EXPECT_EQ(log.count, 2);
    EXPECT_EQ(log.said[0], 2);
    EXPECT_EQ(log.said[1], 1);
    sim_loop_at(loop, &a.event, 600);
    sim_loop_at(loop, &a.event, SIM_NEVER);
    EXPECT(!sim_loop_waits(&a.event));
    sim_loop_cancel(loop, &a.event);
    sim_loop_run(loop, 1000);
    EXPECT_EQ(log.count, 2);
    sim_loop_close(loop);
}

static void test_a_cancelled_event_may_be_freed_at_once(void)
{
    struct sim_loop *const loop = sim_loop_open();
    struct log log = {.count = 0};
    for (uint32_t round = 0; round < 200; round++) {
        struct speaker *kept[20];
        for (uint32_t i = 0; i < 20; i++) {
            kept[i] = malloc(sizeof *kept[i]);
            *kept[i] = speaker(i, SIM_TIMER, &log);
            kept[i]->event.owner = kept[i];
            sim_loop_at(loop, &kept[i]->event, sim_loop_now(loop) + 1 + i * 997 % (round + 1));
        }
        sim_loop_run(loop, sim_loop_now(loop) + 3);
        for (uint32_t i = 0; i < 20; i++) {
            sim_loop_cancel(loop, &kept[i]->event);
            memset(kept[i], 0xa5, sizeof *kept[i]);
            free(kept[i]);
        }
    }
    EXPECT(log.count > 0);
    sim_loop_close(loop);
}

/* A timer that is moved with every packet must not leave its old places behind. */
static void test_moving_a_far_timer_ten_million_times_takes_no_memory(void)
{
    struct sim_loop *const loop = sim_loop_open();
    struct log log = {.count = 0};
    struct speaker far = speaker(1, SIM_TIMER, &log);
    far.event.owner = &far;
    for (uint64_t i = 0; i < 10000000; i++)
        sim_loop_at(loop, &far.event, 30000000000 + i * 1000);
    sim_loop_run(loop, 30000000000 + 9999999 * UINT64_C(1000));
    EXPECT_EQ(log.count, 1); /* the queue would have asserted at its maximum, 2^25 or 2^21 */
    sim_loop_close(loop);
}

/* A network with its own clock: says "delivered" at the times of a list. */
struct clocked {
    struct sim_net net;
    struct sim_loop *loop;
    uint64_t now_ns;
    uint64_t step_ns;
    uint64_t last_ns;
    uint64_t breaks_ns; /* 0: it does not */
    struct speaker heard;
    uint64_t wrong;
};

static uint64_t clocked_run_until(struct sim_net *net, uint64_t limit_ns)
{
    struct clocked *const c = (struct clocked *)(void *)net;
    if (limit_ns < c->now_ns)
        c->wrong++;
    if (c->breaks_ns != 0 && limit_ns >= c->breaks_ns) {
        net->trouble = "it broke";
        return sim_loop_now(c->loop);
    }
    const uint64_t next_ns = (c->now_ns / c->step_ns + 1) * c->step_ns;
    if (next_ns > limit_ns || next_ns > c->last_ns) {
        c->now_ns = limit_ns;
        return limit_ns;
    }
    c->now_ns = next_ns;
    sim_loop_at(c->loop, &c->heard.event, next_ns);
    return next_ns;
}

static uint64_t clocked_next(struct sim_net *net)
{
    const struct clocked *const c = (const struct clocked *)(const void *)net;
    const uint64_t next_ns = (c->now_ns / c->step_ns + 1) * c->step_ns;
    return next_ns > c->last_ns ? SIM_NEVER : next_ns;
}

static const struct sim_net_ops clocked_ops = {
    .name = "clocked", .run_until = clocked_run_until, .next = clocked_next};

static void test_a_network_with_its_own_clock_is_never_overtaken(void)
{
    struct log log = {.count = 0};
    struct clocked c = {.net = {.ops = &clocked_ops},
                        .loop = sim_loop_open(),
                        .step_ns = 300,
                        .last_ns = 3000,
                        .heard = speaker(7, SIM_DELIVER, &log)};
    c.heard.event.owner = &c.heard;
    sim_loop_join(c.loop, &c.net);
    struct speaker a = speaker(1, SIM_TIMER, &log);
    struct speaker b = speaker(2, SIM_TIMER, &log);
    struct speaker d = speaker(3, SIM_TIMER, &log);
    a.event.owner = &a;
    b.event.owner = &b;
    d.event.owner = &d;
    sim_loop_at(c.loop, &a.event, 600);
    sim_loop_at(c.loop, &b.event, 1000);
    sim_loop_at(c.loop, &d.event, 1000000);
    sim_loop_run(c.loop, 1300);
    static const uint32_t wanted[] = {7, 7, 1, 7, 2, 7};
    EXPECT_EQ(log.count, 6);
    for (uint32_t i = 0; i < 6; i++)
        EXPECT_EQ(log.said[i], wanted[i]);
    EXPECT_EQ(sim_loop_now(c.loop), 1300);
    sim_loop_run(c.loop, 2000000);
    EXPECT_EQ(log.count, 13);
    EXPECT_EQ(log.said[12], 3);
    EXPECT_EQ(c.wrong, 0);
    sim_loop_close(c.loop);
}

/* Nothing is run on its way there, nor afterwards, whether or not an event is due. */
static void test_a_network_in_trouble_ends_the_loop_where_it_is(void)
{
    struct log log = {.count = 0};
    struct clocked c = {.net = {.ops = &clocked_ops},
                        .loop = sim_loop_open(),
                        .step_ns = 300,
                        .last_ns = 3000,
                        .breaks_ns = 600,
                        .heard = speaker(7, SIM_DELIVER, &log)};
    struct speaker due = speaker(1, SIM_TIMER, &log);
    struct speaker later = speaker(2, SIM_TIMER, &log);
    c.heard.event.owner = &c.heard;
    due.event.owner = &due;
    later.event.owner = &later;
    sim_loop_join(c.loop, &c.net);
    sim_loop_run(c.loop, 500);
    EXPECT_EQ(log.count, 1);
    EXPECT(c.net.trouble == NULL);
    sim_loop_at(c.loop, &due.event, 500);
    sim_loop_at(c.loop, &later.event, 1000);
    sim_loop_run(c.loop, 2000);
    EXPECT(c.net.trouble != NULL);
    EXPECT_EQ(log.count, 2);
    EXPECT_EQ(sim_loop_now(c.loop), 500);
    sim_loop_at(c.loop, &due.event, 500);
    sim_loop_run(c.loop, 3000);
    EXPECT_EQ(log.count, 2);
    EXPECT_EQ(sim_loop_now(c.loop), 500);
    sim_loop_close(c.loop);
}

/* Walks from one `next` to the other, which is how real time is kept: nothing happens before it,
 * and not many steps are in vain. */
static void test_the_next_is_never_after_what_happens_next(void)
{
    enum { COUNT = 2000 };
    static struct speaker speakers[COUNT];
    struct log log = {.count = 0};
    struct sim_rng rng;
    struct sim_loop *const loop = sim_loop_open();
    uint32_t steps = 0;
    uint64_t last_ns = 0;
    EXPECT(sim_loop_next(loop) == SIM_NEVER);
    sim_rng_open(&rng, 1, "next");
    for (uint32_t i = 0; i < COUNT; i++) {
        speakers[i] = speaker(i, SIM_TIMER, &log);
        speakers[i].event.owner = &speakers[i];
        const uint64_t at_ns = sim_rng_between(&rng, 1, UINT64_C(1) << (i % 40));
        sim_loop_at(loop, &speakers[i].event, at_ns);
        last_ns = at_ns > last_ns ? at_ns : last_ns;
    }
    for (uint64_t next_ns = sim_loop_next(loop); next_ns != SIM_NEVER; steps++) {
        const uint64_t ran = sim_loop_count(loop);
        if (next_ns > sim_loop_now(loop))
            sim_loop_run(loop, next_ns - 1);
        EXPECT_EQ(sim_loop_count(loop), ran);
        sim_loop_run(loop, next_ns);
        next_ns = sim_loop_next(loop);
    }
    EXPECT_EQ(sim_loop_count(loop), COUNT);
    EXPECT_EQ(sim_loop_now(loop), last_ns);
    EXPECT(steps < 2 * COUNT);
    sim_loop_close(loop);
}

static void test_the_next_of_a_network_counts_as_well(void)
{
    struct log log = {.count = 0};
    struct clocked c = {.net = {.ops = &clocked_ops},
                        .loop = sim_loop_open(),
                        .step_ns = 300,
                        .last_ns = 600,
                        .heard = speaker(7, SIM_DELIVER, &log)};
    struct speaker a = speaker(1, SIM_TIMER, &log);
    c.heard.event.owner = &c.heard;
    a.event.owner = &a;
    sim_loop_join(c.loop, &c.net);
    sim_loop_at(c.loop, &a.event, 450);
    EXPECT(sim_loop_next(c.loop) <= 300);
    sim_loop_run(c.loop, 299);
    EXPECT_EQ(log.count, 0);
    EXPECT_EQ(sim_loop_next(c.loop), 300);
    sim_loop_run(c.loop, 450);
    EXPECT_EQ(log.count, 2);
    EXPECT_EQ(sim_loop_next(c.loop), 600);
    sim_loop_run(c.loop, 600);
    EXPECT(sim_loop_next(c.loop) == SIM_NEVER);
    EXPECT_EQ(log.count, 3);
    sim_loop_close(c.loop);
}

static const struct test_case cases[] = {
    TEST(test_order_is_that_of_a_sorted_list_scattered),
    TEST(test_order_is_that_of_a_sorted_list_dense),
    TEST(test_order_is_that_of_a_sorted_list_over_all_scales),
    TEST(test_order_is_that_of_a_sorted_list_clustered),
    TEST(test_order_is_that_of_a_sorted_list_timers_and_packets),
    TEST(test_order_is_that_of_a_sorted_list_powers_of_two),
    TEST(test_order_is_that_of_a_sorted_list_all_at_one_instant),
    TEST(test_order_is_that_of_a_sorted_list_with_few_events),
    TEST(test_order_is_that_of_a_sorted_list_with_many_events),
    TEST(test_at_one_instant_rank_goes_first_then_the_order_of_scheduling),
    TEST(test_the_limit_is_included_and_then_it_is_now),
    TEST(test_scheduling_again_moves_and_takes_a_new_place_in_line),
    TEST(test_a_cancelled_event_may_be_freed_at_once),
    TEST(test_moving_a_far_timer_ten_million_times_takes_no_memory),
    TEST(test_a_network_with_its_own_clock_is_never_overtaken),
    TEST(test_the_next_is_never_after_what_happens_next),
    TEST(test_a_network_in_trouble_ends_the_loop_where_it_is),
    TEST(test_the_next_of_a_network_counts_as_well),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
