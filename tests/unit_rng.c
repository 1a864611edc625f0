/* SPDX-License-Identifier: MIT
 * Chance: the generator against its published step, samplers against libm and
 * against the laws they claim, and the numbers themselves, which must be the
 * same on every machine. */
#include "sim/rng.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t turned(uint64_t value, unsigned int by)
{
    return value << by | value >> (64 - by);
}

/* A stream whose next draw is `wanted`: the output's scrambling, turned back. */
static struct sim_rng rng_about_to_say(uint64_t wanted)
{
    const uint64_t ninth = UINT64_C(0x8e38e38e38e38e39); /* x 9 is 1 modulo 2^64 */
    const uint64_t fifth = UINT64_C(0xcccccccccccccccd);
    return (struct sim_rng){.state = {1, turned(wanted * ninth, 57) * fifth, 2, 3}};
}

static void test_the_generator_is_xoshiro256_starstar(void)
{
    /* From state 1, 2, 3, 4: the first outputs of the authors' reference program. */
    static const uint64_t wanted[] = {
        11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600};
    struct sim_rng rng = {.state = {1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        EXPECT(sim_rng_u64(&rng) == wanted[i]);
}

static void test_a_stream_depends_on_seed_name_and_index_and_on_nothing_else(void)
{
    static const char *const names[] = {"", "a", "b", "ab", "ba", "flood", "flood "};
    uint64_t seen[7 * 3 * 3];
    size_t count = 0;
    for (size_t n = 0; n < 7; n++) {
        for (uint64_t seed = 0; seed < 3; seed++) {
            for (uint64_t index = 0; index < 3; index++) {
                struct sim_rng rng;
                sim_rng_open_at(&rng, seed, names[n], index);
                seen[count] = sim_rng_u64(&rng);
                for (size_t i = 0; i < count; i++)
                    EXPECT(seen[i] != seen[count]);
                count++;
            }
        }
    }
    struct sim_rng one;
    struct sim_rng two;
    sim_rng_open(&one, 42, "flood");
    sim_rng_open_at(&two, 42, "flood", 0);
    EXPECT(memcmp(&one, &two, sizeof one) == 0);
}

static void test_the_numbers_are_the_same_on_every_machine(void)
{
    struct sim_rng rng;
    uint64_t hash = 0;
    sim_rng_open(&rng, 1, "golden");
    for (uint32_t i = 0; i < 10000; i++) {
        hash = (hash ^ sim_rng_u64(&rng)) * UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ sim_rng_below(&rng, i + 1)) * UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ sim_rng_below(&rng, UINT64_MAX - i)) * UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ sim_rng_exponential(&rng, 1 + (uint64_t)i * i * i * i)) *
               UINT64_C(0x9e3779b97f4a7c15);
        hash =
            (hash ^ (sim_rng_chance_ppb(&rng, i * 100000) ? 1 : 0)) * UINT64_C(0x9e3779b97f4a7c15);
    }
    EXPECT_EQ(hash, UINT64_C(4903308104464873685));
}

static void test_below_is_uniform(void)
{
    enum { CELLS = 7, DRAWS = 700000 };
    struct sim_rng rng;
    uint32_t count[CELLS] = {0};
    const double each = (double)DRAWS / CELLS;
    double chi = 0;
    sim_rng_open(&rng, 1, "below");
    for (uint32_t i = 0; i < DRAWS; i++)
        count[sim_rng_below(&rng, CELLS)]++;
    for (uint32_t i = 0; i < CELLS; i++)
        chi += pow((double)count[i] - each, 2) / each;
    EXPECT(chi < 22.46); /* chi squared, 6 degrees, 0.1 % */
}

/* With a bound of 3 x 2^62 a plain product would give every third result twice as often. */
static void test_below_has_no_bias_where_it_would_be_largest(void)
{
    enum { DRAWS = 300000 };
    const uint64_t bound = UINT64_C(3) << 62;
    struct sim_rng rng;
    uint32_t thirds[3] = {0};
    sim_rng_open(&rng, 1, "bias");
    for (uint32_t i = 0; i < DRAWS; i++) {
        const uint64_t drawn = sim_rng_below(&rng, bound);
        EXPECT(drawn < bound);
        thirds[drawn % 3]++;
    }
    for (uint32_t i = 0; i < 3; i++)
        EXPECT(fabs((double)thirds[i] - DRAWS / 3.0) < 4 * sqrt(DRAWS * 2.0 / 9));
}

static void test_below_takes_the_high_half_of_the_product(void)
{
    static const uint64_t values[] = {
        0, 1, UINT64_C(0x123456789abcdef0), UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct sim_rng rng = rng_about_to_say(values[i]);
        EXPECT_EQ(sim_rng_below(&rng, UINT64_C(1) << 32), values[i] >> 32);
        rng = rng_about_to_say(values[i]);
        EXPECT_EQ(sim_rng_below(&rng, UINT64_C(1) << 63), values[i] >> 1);
        rng = rng_about_to_say(values[i]);
        EXPECT_EQ(sim_rng_below(&rng, 1), 0);
    }
}

static void test_between_includes_both_ends(void)
{
    struct sim_rng rng;
    bool low = false;
    bool high = false;
    sim_rng_open(&rng, 1, "between");
    for (uint32_t i = 0; i < 1000; i++) {
        const uint64_t drawn = sim_rng_between(&rng, 10, 13);
        EXPECT(drawn >= 10 && drawn <= 13);
        low = low || drawn == 10;
        high = high || drawn == 13;
    }
    EXPECT(low && high);
    EXPECT_EQ(sim_rng_between(&rng, 5, 5), 5);
    struct sim_rng full = rng_about_to_say(UINT64_MAX);
    EXPECT(sim_rng_between(&full, 0, UINT64_MAX) == UINT64_MAX);
}

static void test_chance_is_exact_in_parts_per_billion(void)
{
    enum { DRAWS = 1000000 };
    struct sim_rng rng;
    uint32_t hits = 0;
    sim_rng_open(&rng, 1, "chance");
    for (uint32_t i = 0; i < DRAWS; i++) {
        hits += sim_rng_chance_ppb(&rng, 1000000) ? 1 : 0;
        EXPECT(!sim_rng_chance_ppb(&rng, 0));
        EXPECT(sim_rng_chance_ppb(&rng, 1000000000));
    }
    EXPECT(fabs((double)hits - 1000) < 4 * sqrt(999.0));
}

/* The logarithm alone, at a mean of 2^56, so that nothing is lost to rounding. */
static double log_error(uint64_t drawn)
{
    struct sim_rng rng = rng_about_to_say(drawn);
    const uint64_t got = sim_rng_exponential(&rng, UINT64_C(1) << 56);
    const long double u = ldexpl((long double)drawn + 1, -64);
    return (double)fabsl(ldexpl((long double)got, -56) + logl(u));
}

static void test_the_logarithm_is_that_of_libm_to_32_bits(void)
{
    const double allowed = ldexp(1, -36); /* sixteen times better than promised */
    struct sim_rng rng;
    double worst = 0;
    sim_rng_open(&rng, 1, "logarithm");
    for (uint32_t i = 0; i < 1000000; i++)
        worst = fmax(worst, log_error(sim_rng_u64(&rng) >> sim_rng_below(&rng, 64)));
    /* Around every power of two, every edge of the table's rows, and both ends. */
    for (uint32_t bit = 5; bit < 64; bit++) {
        for (uint64_t row = 16; row < 32; row++) {
            const uint64_t edge = row << (bit - 5) << 1;
            for (uint64_t near = 0; near < 6; near++)
                worst = fmax(worst, log_error(edge + near - 3));
        }
    }
    for (uint64_t i = 0; i < 5000; i++) {
        worst = fmax(worst, log_error(i));
        worst = fmax(worst, log_error(UINT64_MAX - i));
    }
    EXPECT(worst < allowed);
    EXPECT(worst > 0);
}

static void test_an_exponential_ends_at_44_means_and_rounds_to_nearest(void)
{
    struct sim_rng rng = rng_about_to_say(0);
    EXPECT_EQ(sim_rng_exponential(&rng, 1000000), 44361420); /* 64 ln 2 */
    rng = rng_about_to_say(UINT64_MAX);
    EXPECT_EQ(sim_rng_exponential(&rng, UINT64_MAX), 0);
    rng = rng_about_to_say(0);
    EXPECT(sim_rng_exponential(&rng, UINT64_MAX) == UINT64_MAX); /* more than there is: the most */
    rng = rng_about_to_say((UINT64_C(1) << 63) - 1);
    EXPECT_EQ(sim_rng_exponential(&rng, 1000), 693); /* ln 2: 693.15 */
    rng = rng_about_to_say((UINT64_C(1) << 63) - 1);
    EXPECT_EQ(sim_rng_exponential(&rng, 5), 3); /* 3.47 */
    rng = rng_about_to_say((UINT64_C(1) << 63) - 1);
    EXPECT_EQ(sim_rng_exponential(&rng, 4), 3); /* 2.77 */
    rng = rng_about_to_say(12345);
    EXPECT_EQ(sim_rng_exponential(&rng, 0), 0);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static void test_exponentials_have_their_mean_variance_and_law(void)
{
    enum { DRAWS = 200000 };
    double *const drawn = malloc(DRAWS * sizeof *drawn);
    const double mean = 1e9;
    struct sim_rng rng;
    double sum = 0;
    double squares = 0;
    double farthest = 0;
    sim_rng_open(&rng, 1, "exponential");
    for (uint32_t i = 0; i < DRAWS; i++) {
        drawn[i] = (double)sim_rng_exponential(&rng, 1000000000) / mean;
        sum += drawn[i];
        squares += drawn[i] * drawn[i];
    }
    EXPECT(fabs(sum / DRAWS - 1) < 3.29 / sqrt(DRAWS)); /* 99.9 % */
    /* The second moment is 2, and its own variance E[x^4] - 4 = 20. */
    EXPECT(fabs(squares / DRAWS - 2) < 3.29 * sqrt(20.0 / DRAWS));
    qsort(drawn, DRAWS, sizeof *drawn, compare);
    for (uint32_t i = 0; i < DRAWS; i++) { /* Kolmogorov and Smirnov */
        const double law = -expm1(-drawn[i]);
        farthest = fmax(farthest, fmax(law - (double)i / DRAWS, (double)(i + 1) / DRAWS - law));
    }
    EXPECT(farthest < 1.95 / sqrt(DRAWS)); /* 99.9 % */
    free(drawn);
}

static void test_filling_octets_is_the_stream_least_significant_first(void)
{
    struct sim_rng one;
    struct sim_rng two;
    uint8_t out[21];
    sim_rng_open(&one, 1, "fill");
    two = one;
    const struct ike_random random = sim_rng_random(&one);
    out[20] = 0xa5;
    random.fill(random.owner, out, 20);
    EXPECT_EQ(out[20], 0xa5);
    for (uint32_t i = 0; i < 20; i += 8) {
        const uint64_t word = sim_rng_u64(&two);
        for (uint32_t k = 0; k < 8 && i + k < 20; k++)
            EXPECT_EQ(out[i + k], (uint8_t)(word >> (8 * k)));
    }
    EXPECT(memcmp(&one, &two, sizeof one) == 0);
}

static const struct test_case cases[] = {
    TEST(test_the_generator_is_xoshiro256_starstar),
    TEST(test_a_stream_depends_on_seed_name_and_index_and_on_nothing_else),
    TEST(test_the_numbers_are_the_same_on_every_machine),
    TEST(test_below_is_uniform),
    TEST(test_below_has_no_bias_where_it_would_be_largest),
    TEST(test_below_takes_the_high_half_of_the_product),
    TEST(test_between_includes_both_ends),
    TEST(test_chance_is_exact_in_parts_per_billion),
    TEST(test_the_logarithm_is_that_of_libm_to_32_bits),
    TEST(test_an_exponential_ends_at_44_means_and_rounds_to_nearest),
    TEST(test_exponentials_have_their_mean_variance_and_law),
    TEST(test_filling_octets_is_the_stream_least_significant_first),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
