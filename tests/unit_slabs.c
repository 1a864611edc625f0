/* SPDX-License-Identifier: MIT
 * The pool of slabs: nothing overlaps, what is given back is taken again, and
 * there is an end. */
#include "sim/slabs.h"
#include "tests/test.h"

#include <string.h>

enum { SMALL = 40, MIDDLE = 10, LARGE = 3, ALL = SMALL + MIDDLE + LARGE };

static const uint32_t counts[SIM_SLAB_SIZES] = {SMALL, MIDDLE, LARGE};

static void test_there_are_as_many_as_were_asked_for_and_larger_ones_stand_in(void)
{
    struct sim_slabs *const slabs = sim_slabs_open(counts);
    void *taken[ALL];
    for (uint32_t i = 0; i < ALL; i++) {
        EXPECT((taken[i] = sim_slabs_take(slabs, 100)) != NULL);
        EXPECT_EQ(sim_slabs_taken(slabs), i + 1);
    }
    EXPECT(sim_slabs_take(slabs, 1) == NULL);
    sim_slabs_give(slabs, taken[ALL - 1]); /* a large one */
    EXPECT(sim_slabs_take(slabs, 65536) == taken[ALL - 1]);
    sim_slabs_give(slabs, taken[0]); /* a small one */
    EXPECT(sim_slabs_take(slabs, 1000) == NULL);
    EXPECT(sim_slabs_take(slabs, 100) == taken[0]);
    EXPECT(sim_slabs_take(slabs, SIM_SLAB_LARGE) == NULL);
    sim_slabs_close(slabs);
}

static void test_slabs_are_aligned_and_do_not_overlap(void)
{
    static const size_t lengths[] = {1, 496, 497, 2032, 2033, 65536};
    struct sim_slabs *const slabs = sim_slabs_open(counts);
    uint8_t *taken[6];
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 6; i++) {
            taken[i] = sim_slabs_take(slabs, lengths[i]);
            EXPECT_EQ((uintptr_t)taken[i] % 16, 0);
            memset(taken[i], (int)i + 1, lengths[i]);
        }
        for (uint32_t i = 0; i < 6; i++) {
            EXPECT_EQ(taken[i][0], i + 1);
            EXPECT_EQ(taken[i][lengths[i] - 1], i + 1);
            sim_slabs_give(slabs, taken[i]);
        }
        EXPECT_EQ(sim_slabs_taken(slabs), 0);
    }
    sim_slabs_close(slabs);
}

static void test_a_pool_of_none_gives_none(void)
{
    static const uint32_t none[SIM_SLAB_SIZES] = {0, 0, 0};
    struct sim_slabs *const slabs = sim_slabs_open(none);
    EXPECT(sim_slabs_take(slabs, 1) == NULL);
    sim_slabs_close(slabs);
    sim_slabs_close(NULL);
}

static const struct test_case cases[] = {
    TEST(test_there_are_as_many_as_were_asked_for_and_larger_ones_stand_in),
    TEST(test_slabs_are_aligned_and_do_not_overlap),
    TEST(test_a_pool_of_none_gives_none),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
