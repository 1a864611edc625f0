/* SPDX-License-Identifier: MIT
 * costs.c and costs_file.c: the profiles that come with the program are
 * complete, and one read from a file is what the file says, or refused. */
#include "models/costs.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 8192 };

static void test_every_machine_has_every_number_and_a_source(void)
{
    for (size_t i = 0; i < model_machine_count; i++) {
        struct model_cost_row rows[MODEL_COST_ROWS_MAX];
        struct model_machine machine = model_machines[i];
        const size_t count = model_cost_rows(&machine.costs, rows);
        /* KE, ENCR, INTEG, PRF, kinds of keys; SHA-1, random and certificates */
        EXPECT_EQ(count, 2 * (24 + 26 + 7 + 7 + 8) + 5);
        for (size_t j = 0; j < count; j++)
            EXPECT(*rows[j].value > 0);
        EXPECT(strlen(machine.source) > 10 && strlen(machine.meaning) > 10);
        EXPECT(model_machine_named(machine.name) == &model_machines[i]);
    }
    EXPECT(model_machine_count >= 3);
    EXPECT(model_machine_named("") == NULL);
}

/* RFC 8019 4.4, Table 2: 506,000 PRF/s over a cookie of 20 octets. */
static void test_the_i5_does_the_published_prfs_a_second(void)
{
    const struct ike_costs *const c = &model_machine_named("i5-2013")->costs;
    const uint64_t prf_ps =
        (uint64_t)c->call_ns[ALGO_PRFSHA256] * 1000 + 20U * c->byte_ps[ALGO_PRFSHA256];
    const uint64_t rate = UINT64_C(1000000000000) / prf_ps;
    EXPECT(rate >= 505000 && rate <= 507000);
}

/* The figures the profile was fitted to: cryptography of epyc-2024 and the parts together. */
static void test_steady_strongswan_costs_what_was_measured(void)
{
    const struct ike_costs *const c = &model_machine_named("epyc-2024")->costs;
    const struct sim_implementation *const s =
        &model_implementation_named("strongswan-5.9-steady")->costs;
    const uint64_t crypto_ns =
        (uint64_t)c->kex_generate_ns[ALGO_X25519] + c->kex_derive_ns[ALGO_X25519];
    const uint64_t both_ns = (uint64_t)s->datagram_ns + s->answer_ns;
    EXPECT(crypto_ns + both_ns + s->half_open_ns >= 600000);
    EXPECT(crypto_ns + both_ns + s->half_open_ns <= 800000);
    EXPECT(both_ns + s->refused_ns >= 20000 && both_ns + s->refused_ns <= 100000);
    EXPECT_EQ(s->half_open_bytes, 10 * 1024);
    EXPECT_EQ(s->established_bytes, 17 * 1024);
}

static void test_implementations_are_found_by_name(void)
{
    EXPECT(model_implementation_named("ikelab") != NULL);
    EXPECT(model_implementation_named("bare") != NULL);
    EXPECT(model_implementation_named("ikela") == NULL);
    for (size_t i = 0; i < model_implementation_count; i++)
        EXPECT(strlen(model_implementations[i].source) > 5);
    EXPECT_EQ(model_implementation_named("bare")->costs.datagram_ns, 0);
}

/* A profile's text with each number its row's own, `skip` left out. */
static size_t profile_text(char *out, size_t skip)
{
    struct ike_costs costs;
    struct model_cost_row rows[MODEL_COST_ROWS_MAX];
    const size_t count = model_cost_rows(&costs, rows);
    int len = snprintf(out, TEXT_MAX, "# a comment\nprofile: machine\nsource: here: and there\n\n");
    for (size_t i = 0; i < count; i++) {
        if (i != skip)
            len += snprintf(out + len, TEXT_MAX - (size_t)len, "%s: %zu   # %s\r\n", rows[i].key,
                            i * 1000 + 7, rows[i].unit);
    }
    return (size_t)len;
}

static bool text_read(const char *text, size_t len, struct model_machine *out, char *error)
{
    char path[] = "/tmp/ikelab-unit-costs-XXXXXX";
    const int file = mkstemp(path);
    bool done = false;
    error[0] = '\0';
    if (EXPECT(file >= 0 && write(file, text, len) == (ssize_t)len)) {
        done = model_machine_read(path, out, error, 200);
        /* What is wrong begins with where, which is another name each time. */
        if (!done && EXPECT(strncmp(error, path, strlen(path)) == 0))
            memmove(error, error + strlen(path), strlen(error) - strlen(path) + 1);
    }
    (void)close(file);
    (void)unlink(path);
    return done;
}

static void test_a_profile_is_read_as_it_is_written(void)
{
    char text[TEXT_MAX];
    char error[200];
    struct model_machine machine;
    struct model_cost_row rows[MODEL_COST_ROWS_MAX];
    EXPECT(text_read(text, profile_text(text, SIZE_MAX), &machine, error));
    EXPECT_STR(error, "");
    const size_t count = model_cost_rows(&machine.costs, rows);
    for (size_t i = 0; i < count; i++)
        EXPECT_EQ(*rows[i].value, i * 1000 + 7);
    EXPECT_EQ(machine.costs.byte_ps[ALGO_AES128GCM16], 1007);
}

static void test_each_missing_number_is_named(void)
{
    struct ike_costs costs;
    struct model_cost_row rows[MODEL_COST_ROWS_MAX];
    const size_t count = model_cost_rows(&costs, rows);
    for (size_t i = 0; i < count; i++) {
        char text[TEXT_MAX];
        char error[200];
        struct model_machine machine;
        EXPECT(!text_read(text, profile_text(text, i), &machine, error));
        EXPECT(strstr(error, rows[i].key) != NULL && strstr(error, "missing") != NULL);
    }
}

static void test_a_bad_profile_is_refused_with_the_line_and_what_would_be_right(void)
{
    static const struct {
        const char *line; /* after a complete profile of 153 lines */
        const char *error;
    } bad[] = {
        {"call.sha1: 5\n", ":154: \"call.sha1\" is said twice: leave one of the two lines"},
        {"call.sha2: 5\n", ":154: \"call.sha2\" is no key of a machine's profile: see what "
                           "`ikelab calibrate` prints"},
        {"\ncall\n", ":155: \"call\" has no colon: write it like derive.x25519: 40000"},
    };
    static const char *const numbers[] = {"", "-1", "1.5", "4294967296", "12x", "0x10", "1e3"};
    char text[TEXT_MAX];
    char error[200];
    struct model_machine machine;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const size_t len = profile_text(text, SIZE_MAX);
        (void)snprintf(text + len, TEXT_MAX - len, "%s", bad[i].line);
        EXPECT(!text_read(text, strlen(text), &machine, error));
        EXPECT_STR(error, bad[i].error);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)snprintf(text, TEXT_MAX, "call.sha1: %s\n", numbers[i]);
        EXPECT(!text_read(text, strlen(text), &machine, error));
        EXPECT(strstr(error, ":1: ") == error && strstr(error, "is no number") != NULL);
    }
}

static void test_what_is_no_profile_at_all_is_refused(void)
{
    static char text[TEXT_MAX];
    char error[200];
    struct model_machine machine;
    EXPECT(!text_read(text, 0, &machine, error)); /* empty */
    EXPECT(strstr(error, "missing") != NULL);
    EXPECT(!text_read(text, sizeof text, &machine, error)); /* zeros */
    memset(text, 'a', sizeof text);
    EXPECT(!text_read(text, sizeof text, &machine, error)); /* one line without end */
    EXPECT(strstr(error, "too much") != NULL);
    memset(text, '\n', sizeof text);
    EXPECT(!text_read(text, sizeof text, &machine, error)); /* lines without end */
    EXPECT(strstr(error, "too much") != NULL);
    EXPECT(!model_machine_read("/", &machine, error, sizeof error));
    EXPECT(strstr(error, "cannot be read") != NULL);
    EXPECT(!model_machine_read("no-such-machine", &machine, error, sizeof error));
    EXPECT_STR(error, "no-such-machine: no machine of that name and no file that can be opened");
}

static const struct test_case cases[] = {
    TEST(test_every_machine_has_every_number_and_a_source),
    TEST(test_the_i5_does_the_published_prfs_a_second),
    TEST(test_steady_strongswan_costs_what_was_measured),
    TEST(test_implementations_are_found_by_name),
    TEST(test_a_profile_is_read_as_it_is_written),
    TEST(test_each_missing_number_is_named),
    TEST(test_a_bad_profile_is_refused_with_the_line_and_what_would_be_right),
    TEST(test_what_is_no_profile_at_all_is_refused),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
