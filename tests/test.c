/* SPDX-License-Identifier: MIT
 * The runner of the C tests: prints TAP, one line per named test. */
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool failed;
static bool muted;

void test_mute(bool mute)
{
    muted = mute;
}

bool test_expect(bool held, const char *what, const char *file, int line)
{
    if (!held && !muted) {
        failed = true;
        (void)printf("# %s:%d: expected %s\n", file, line, what);
    }
    return held;
}

bool test_expect_eq(int64_t got, int64_t wanted, const char *what, const char *file, int line)
{
    if (got != wanted && !muted) {
        failed = true;
        (void)printf("# %s:%d: expected %s, but %lld is not %lld\n", file, line, what,
                     (long long)got, (long long)wanted);
    }
    return got == wanted;
}

bool test_expect_str(const char *got, const char *wanted, const char *file, int line)
{
    if (strcmp(got, wanted) == 0)
        return true;
    if (muted)
        return false;
    failed = true;
    (void)printf("# %s:%d: got\n%s\n# but wanted\n%s\n", file, line, got, wanted);
    return false;
}

int test_main(int argc, char **argv, const struct test_case *cases, size_t count)
{
    const char *const wanted = argc > 1 ? argv[1] : "";
    size_t number = 0;
    size_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        if (strstr(cases[i].name, wanted) == NULL)
            continue;
        failed = false;
        cases[i].run();
        (void)printf("%sok %zu - %s\n", failed ? "not " : "", ++number, cases[i].name);
        (void)fflush(stdout);
        bad += failed ? 1 : 0;
        if (failed && getenv("IKELAB_QUICK") != NULL) /* one is enough for tests/mutate.py */
            break;
    }
    (void)printf("1..%zu\n", number);
    return bad > 0 ? 1 : 0;
}
