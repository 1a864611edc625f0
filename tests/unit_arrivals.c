/* SPDX-License-Identifier: MIT
 * Arrival processes: counted against what the rate summed over time says. */
#include "models/arrivals.h"
#include "models/keys.h"
#include "models/quantity.h"
#include "models/scene.h"
#include "tests/test.h"

#include <inttypes.h>
#include <stdio.h>

static const uint64_t second = 1000000000;

static struct model_attacker flood_of(const char *rate, enum model_shape shape,
                                      enum model_process process)
{
    struct model_attacker a = {.shape = shape, .process = process, .until_ns = SIM_NEVER};
    EXPECT(model_rate_parse(rate, &a.rate));
    return a;
}

/* How many come after from_s and by until_s. */
static uint64_t count_between(const struct model_attacker *a, uint64_t seed, uint64_t from_s,
                              uint64_t until_s)
{
    struct model_gaps gaps = {.carry = 0};
    uint64_t count = 0;
    uint64_t before_ns = 0;
    sim_rng_open(&gaps.rng, seed, "test");
    for (uint64_t at_ns = model_flood_next(a, &gaps, 0, until_s * second + 1); at_ns != SIM_NEVER;
         at_ns = model_flood_next(a, &gaps, at_ns, until_s * second + 1)) {
        EXPECT(at_ns >= before_ns && at_ns <= until_s * second);
        count += at_ns > from_s * second ? 1 : 0;
        before_ns = at_ns;
    }
    return count;
}

static void test_even_gaps_make_exactly_what_the_rate_says(void)
{
    struct model_attacker a = flood_of("7/s", MODEL_STEPS, MODEL_UNIFORM);
    EXPECT_EQ(count_between(&a, 1, 0, 1000), 7000);
    a = flood_of("0.3/s", MODEL_STEPS, MODEL_UNIFORM);
    EXPECT_EQ(count_between(&a, 1, 0, 1000), 300);
    a = flood_of("[[0s, 0/s], [10s, 2000/s], [20s, 8000/s]]", MODEL_STEPS, MODEL_UNIFORM);
    EXPECT_EQ(count_between(&a, 1, 0, 10), 0);
    EXPECT_EQ(count_between(&a, 1, 0, 20), 20000);
    EXPECT_EQ(count_between(&a, 1, 20, 30), 80000);
}

static void test_a_ramp_makes_the_area_under_it(void)
{
    const struct model_attacker up =
        flood_of("[[0s, 0/s], [10s, 1000/s], [20s, 0/s]]", MODEL_RAMP, MODEL_UNIFORM);
    const uint64_t rising = count_between(&up, 1, 0, 10);
    EXPECT(rising >= 4999 && rising <= 5001);
    const uint64_t both = count_between(&up, 1, 0, 20);
    EXPECT(both >= 9999 && both <= 10001);
    EXPECT_EQ(count_between(&up, 1, 20, 40), 0);
    EXPECT_EQ(model_flood_rate(&up, 5 * second), 500000000);
    EXPECT_EQ(model_flood_rate(&up, 15 * second), 500000000);
}

/* Counts of a Poisson process have their mean for variance. */
static void expect_poisson(const struct model_attacker *a, uint64_t from_s, uint64_t until_s,
                           uint64_t mean)
{
    enum { RUNS = 400 };
    uint64_t sum = 0;
    uint64_t squares = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        const uint64_t count = count_between(a, seed, from_s, until_s);
        sum += count;
        squares += (count > mean ? count - mean : mean - count) *
                   (count > mean ? count - mean : mean - count);
    }
    /* the sum's deviation is sqrt(400 mean): five of them; the variance's is about 7 % */
    const uint64_t expected = RUNS * mean;
    const uint64_t off = sum > expected ? sum - expected : expected - sum;
    if (!EXPECT(off * off < 25 * expected) ||
        !EXPECT(squares / RUNS > mean * 7 / 10 && squares / RUNS < mean * 13 / 10))
        printf("# mean %" PRIu64 ", not %" PRIu64 "; variance %" PRIu64 "\n", sum / RUNS, mean,
               squares / RUNS);
}

static void test_random_gaps_make_poisson_counts_under_steps_and_ramps(void)
{
    struct model_attacker a = flood_of("50/s", MODEL_STEPS, MODEL_POISSON);
    expect_poisson(&a, 0, 10, 500);
    a = flood_of("0.5/s", MODEL_STEPS, MODEL_POISSON);
    expect_poisson(&a, 0, 200, 100);
    a = flood_of("[[1s, 100/s], [2s, 0/s], [3s, 200/s]]", MODEL_STEPS, MODEL_POISSON);
    expect_poisson(&a, 0, 4, 300);
    expect_poisson(&a, 3, 4, 200);
    a = flood_of("[[0s, 0/s], [10s, 100/s], [20s, 0/s]]", MODEL_RAMP, MODEL_POISSON);
    expect_poisson(&a, 0, 20, 1000);
    expect_poisson(&a, 8, 12, 360);
}

static void test_the_span_of_a_flood_is_where_it_has_a_rate(void)
{
    uint64_t from_ns = 0;
    uint64_t until_ns = 0;
    struct model_attacker a = flood_of(
        "[[0s, 0/s], [10s, 5/s], [20s, 0/s], [30s, 5/s], [40s, 0/s]]", MODEL_STEPS, MODEL_POISSON);
    EXPECT(model_flood_span(&a, 60 * second, &from_ns, &until_ns));
    EXPECT_EQ(from_ns, 10 * second);
    EXPECT_EQ(until_ns, 40 * second);
    a.from_ns = 12 * second;
    a.until_ns = 35 * second;
    EXPECT(model_flood_span(&a, 33 * second, &from_ns, &until_ns));
    EXPECT_EQ(from_ns, 12 * second);
    EXPECT_EQ(until_ns, 33 * second);
    a = flood_of("0/s", MODEL_STEPS, MODEL_POISSON);
    EXPECT(!model_flood_span(&a, 60 * second, &from_ns, &until_ns));
}

static uint64_t clients_by(const char *text, uint64_t until_ns)
{
    struct model_arrivals arrivals;
    struct model_gaps gaps = {.carry = 0};
    uint64_t count = 0;
    EXPECT(model_arrivals_parse(text, &arrivals));
    sim_rng_open(&gaps.rng, 7, "test");
    for (uint64_t at_ns = model_arrival_first(&arrivals, &gaps, 0); at_ns < until_ns;
         at_ns = model_arrival_next(&arrivals, &gaps, at_ns))
        count += arrivals.process == MODEL_BURST ? arrivals.burst : 1;
    EXPECT(count <= model_arrival_bound(&arrivals, until_ns));
    return count;
}

static void test_clients_come_as_their_process_says(void)
{
    EXPECT_EQ(clients_by("uniform 3/s", 100 * second), 300);
    EXPECT_EQ(clients_by("burst 100 every 10s", 30 * second), 300);
    EXPECT_EQ(clients_by("burst 100 every 10s", 30 * second + 1), 400);
    EXPECT_EQ(clients_by("poisson 0/s", 100 * second), 0);
    EXPECT_EQ(clients_by("uniform 0/s", 100 * second), 0);
    const uint64_t many = clients_by("poisson 1000/s", 100 * second);
    EXPECT(many > 98500 && many < 101500);
}

static void expect_most(const char *text, uint64_t span_ns, uint64_t most)
{
    struct model_arrivals arrivals;
    EXPECT(model_arrivals_parse(text, &arrivals));
    EXPECT_EQ(model_arrival_most(&arrivals, span_ns), most);
}

/* Of bursts those within the span, its end left out. */
static void test_the_most_that_come_within_a_span_are_known(void)
{
    const struct sim_moment times[] = {{.at_ns = 0},
                                       {.at_ns = second},
                                       {.at_ns = 2 * second},
                                       {.at_ns = 2 * second},
                                       {.at_ns = 9 * second}};
    const struct model_arrivals traced = {.process = MODEL_TRACED, .at = times, .count = 5};
    expect_most("uniform 20/s", second, 20);
    expect_most("poisson 0.5/s", 60 * second, 30);
    expect_most("burst 100 every 10s", second, 100);
    expect_most("burst 100 every 10s", 10 * second, 100);
    expect_most("burst 100 every 10s", 10 * second + 1, 200);
    expect_most("burst 100 every 10ms", second, 10000);
    EXPECT_EQ(model_arrival_most(&traced, second), 2);
    EXPECT_EQ(model_arrival_most(&traced, second + 1), 3);
    EXPECT_EQ(model_arrival_most(&traced, 3 * second), 4);
    EXPECT_EQ(model_arrival_most(&traced, 10 * second), 5);
}

static void test_products_wider_than_64_bits_are_divided_right(void)
{
    uint64_t x = 1;
    for (int i = 0; i < 2000; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const uint64_t a = x >> (i % 40);
        const uint64_t c = (x >> 17) + 1;
        const uint64_t k = x % 1000 + 1;
        EXPECT_EQ(model_mul_div(a, c, c), a);
        EXPECT_EQ(model_mul_div(c, a, c), a);
        /* (a c + c - 1) / c is a: with c k for the product's other half and c k for the divisor */
        if (c < UINT64_MAX / k)
            EXPECT_EQ(model_mul_div(a, c * k, c * k), a);
        if (a < UINT64_MAX / k)
            EXPECT_EQ(model_mul_div(a, k, 1), a * k);
    }
    EXPECT_EQ(model_mul_div(UINT64_MAX, UINT64_MAX - 1, UINT64_MAX), UINT64_MAX - 1);
    EXPECT_EQ(model_mul_div(UINT64_C(10000000000000000000), 3, 4), UINT64_C(7500000000000000000));
    EXPECT_EQ(model_mul_div(UINT64_C(1000000007), UINT64_C(1000000000000000003), 1000000009),
              UINT64_C(999999998000000020)); /* by arbitrary-precision arithmetic */
}

static void test_a_trace_is_followed_to_its_end(void)
{
    static const struct sim_moment times[] = {{0, 0}, {5, 0}, {5, 0}, {9, 0}};
    static const uint64_t froms[] = {0, 5, 6, 10};
    static const uint32_t firsts[] = {0, 1, 3, 4};
    const struct model_arrivals traced = {.process = MODEL_TRACED, .at = times, .count = 4};
    EXPECT_EQ(model_arrival_bound(&traced, second), 4);
    for (size_t i = 0; i < 4; i++) {
        struct model_gaps gaps = {.carry = 0};
        uint64_t at_ns = model_arrival_first(&traced, &gaps, froms[i]);
        for (uint32_t k = firsts[i]; k < 4; k++) {
            EXPECT_EQ(at_ns, times[k].at_ns);
            at_ns = model_arrival_next(&traced, &gaps, at_ns);
        }
        EXPECT_EQ(at_ns, SIM_NEVER);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_even_gaps_make_exactly_what_the_rate_says),
        TEST(test_the_most_that_come_within_a_span_are_known),
        TEST(test_a_trace_is_followed_to_its_end),
        TEST(test_a_ramp_makes_the_area_under_it),
        TEST(test_random_gaps_make_poisson_counts_under_steps_and_ramps),
        TEST(test_the_span_of_a_flood_is_where_it_has_a_rate),
        TEST(test_clients_come_as_their_process_says),
        TEST(test_products_wider_than_64_bits_are_divided_right),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
