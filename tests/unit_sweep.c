/* SPDX-License-Identifier: MIT
 * Points of a sweep, against nested loops written out. */
#include "experiments/sweep.h"
#include "tests/test.h"

#include <string.h>

static struct sweep_value letters[] = {{"a", {"", 0, 0}}, {"b", {"", 0, 0}}, {"c", {"", 0, 0}}};
static struct sweep_value digits[] = {{"1", {"", 0, 0}}, {"2", {"", 0, 0}}};
static struct sweep_value signs[] = {{"+", {"", 0, 0}}, {"-", {"", 0, 0}}, {"*", {"", 0, 0}}};

static void add(struct sweep *sweep, const char *path, struct sweep_value *values, uint32_t count,
                uint32_t group)
{
    sweep->axes[sweep->axis_count++] =
        (struct sweep_axis){.path = path, .values = values, .value_count = count, .group = group};
    sweep->group_count = group + 1;
}

static void test_without_axes_there_is_one_point(void)
{
    const struct sweep sweep = {.axis_count = 0};
    EXPECT_EQ(sweep_points(&sweep), 1);
}

static void test_the_first_axis_of_a_grid_is_the_slowest(void)
{
    struct sweep sweep = {.axis_count = 0};
    add(&sweep, "letter", letters, 3, 0);
    add(&sweep, "digit", digits, 2, 1);
    EXPECT_EQ(sweep_points(&sweep), 6);
    uint32_t point = 0;
    for (uint32_t i = 0; i < 3; i++)
        for (uint32_t k = 0; k < 2; k++, point++) {
            EXPECT_STR(sweep_value_at(&sweep, 0, point)->text, letters[i].text);
            EXPECT_STR(sweep_value_at(&sweep, 1, point)->text, digits[k].text);
        }
}

static void test_zipped_axes_move_together_within_a_grid(void)
{
    struct sweep sweep = {.axis_count = 0};
    add(&sweep, "digit", digits, 2, 0);
    add(&sweep, "letter", letters, 3, 1);
    add(&sweep, "sign", signs, 3, 1);
    EXPECT_EQ(sweep_points(&sweep), 6);
    uint32_t point = 0;
    for (uint32_t i = 0; i < 2; i++)
        for (uint32_t k = 0; k < 3; k++, point++) {
            EXPECT_STR(sweep_value_at(&sweep, 0, point)->text, digits[i].text);
            EXPECT_STR(sweep_value_at(&sweep, 1, point)->text, letters[k].text);
            EXPECT_STR(sweep_value_at(&sweep, 2, point)->text, signs[k].text);
        }
}

static void test_too_many_points_are_counted_no_further(void)
{
    struct sweep sweep = {.axis_count = 0};
    for (uint32_t i = 0; i < SWEEP_AXES_MAX; i++)
        add(&sweep, "letter", letters, 3, i);
    EXPECT_EQ(sweep_points(&sweep), SWEEP_POINTS_MAX + 1);
}

static void test_an_axis_is_found_by_its_path(void)
{
    struct sweep sweep = {.axis_count = 0};
    add(&sweep, "digit", digits, 2, 0);
    add(&sweep, "letter", letters, 3, 1);
    EXPECT(sweep_axis_of(&sweep, "letter") == &sweep.axes[1]);
    EXPECT(sweep_axis_of(&sweep, "lette") == NULL);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_without_axes_there_is_one_point),
        TEST(test_the_first_axis_of_a_grid_is_the_slowest),
        TEST(test_zipped_axes_move_together_within_a_grid),
        TEST(test_too_many_points_are_counted_no_further),
        TEST(test_an_axis_is_found_by_its_path),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
