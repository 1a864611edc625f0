/* SPDX-License-Identifier: MIT
 * calibrate.c: what it prints is a profile that can be read back, and bad
 * options are refused before anything is measured or overwritten. */
#include "experiments/calibrate.h"
#include "models/costs.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char command[] = "calibrate";
static char seconds[] = "--seconds";
static char one[] = "1";
static char many[] = "31";
static char output[] = "-o";

static void test_a_printed_profile_is_read_back_with_every_number(void)
{
    char folder[] = "/tmp/ikelab-unit-calibrate-XXXXXX";
    char path[64];
    char error[200] = "";
    struct model_machine machine;
    struct model_cost_row rows[MODEL_COST_ROWS_MAX];
    if (!EXPECT(mkdtemp(folder) != NULL))
        return;
    (void)snprintf(path, sizeof path, "%s/profile", folder);
    char *argv[] = {command, seconds, one, output, path, NULL};
    EXPECT_EQ(experiments_calibrate(5, argv), 0);
    EXPECT(model_machine_read(path, &machine, error, sizeof error));
    EXPECT_STR(error, "");
    const size_t count = model_cost_rows(&machine.costs, rows);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].key[0] == 'g' || rows[i].key[0] == 'd')
            EXPECT(*rows[i].value > 1000); /* no key exchange in a microsecond */
    }
    EXPECT(machine.costs.kex_derive_ns[ALGO_MODP4096] > machine.costs.kex_derive_ns[ALGO_MODP2048]);
    EXPECT_EQ(experiments_calibrate(5, argv), 2); /* the file is there now */
    (void)unlink(path);
    (void)rmdir(folder);
}

static void test_bad_options_are_usage_errors(void)
{
    char *too_long[] = {command, seconds, many, NULL};
    char *no_value[] = {command, seconds, NULL};
    char *unknown[] = {command, one, NULL};
    EXPECT_EQ(experiments_calibrate(3, too_long), 2);
    EXPECT_EQ(experiments_calibrate(2, no_value), 2);
    EXPECT_EQ(experiments_calibrate(2, unknown), 2);
}

static const struct test_case cases[] = {
    TEST(test_a_printed_profile_is_read_back_with_every_number),
    TEST(test_bad_options_are_usage_errors),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
