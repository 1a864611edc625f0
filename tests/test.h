/* SPDX-License-Identifier: MIT
 * What every test program shares: named tests in one table, an assertion that
 * says where it failed, and the closing count that meson and .ci/run read. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test_case {
    const char *name;
    void (*run)(void);
};

/* clang-format off */
#define TEST(name)        {#name, name}
#define EXPECT(condition) test_expect((condition), #condition, __FILE__, __LINE__)
#define EXPECT_EQ(a, b)   test_expect_eq((int64_t)(a), (int64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define EXPECT_STR(a, b)  test_expect_str((a), (b), __FILE__, __LINE__)
/* clang-format on */

bool test_expect(bool held, const char *what, const char *file, int line);
bool test_expect_eq(int64_t got, int64_t wanted, const char *what, const char *file, int line);
bool test_expect_str(const char *got, const char *wanted, const char *file, int line);

/* From now on what is expected need not hold, or must again: where a fault is planted, only what is
 * left afterwards counts. */
void test_mute(bool mute);

/* Runs all, or those whose name contains argv[1]; the program's exit status.
 * Prints TAP, which meson reads test by test. */
int test_main(int argc, char **argv, const struct test_case *cases, size_t count);

#endif
