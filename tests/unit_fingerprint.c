/* SPDX-License-Identifier: MIT
 * The trace hash: every change of one bit anywhere shows, and the value is
 * the same on every machine. */
#include "sim/fingerprint.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT = 33 };

static void text_of(const struct sim_fingerprint *f, char out[TEXT])
{
    memset(out, 'x', TEXT);
    sim_fingerprint_text(f, out);
    EXPECT_EQ(strlen(out), 32);
    EXPECT_EQ(strspn(out, "0123456789abcdef"), 32);
}

/* A small run: a few events and a datagram, in one of which one thing may be other. */
static void run_text(const uint8_t *at, size_t len, uint64_t time_flip, uint64_t value_flip,
                     char out[TEXT])
{
    struct sim_fingerprint f;
    sim_fingerprint_open(&f, 1);
    sim_fingerprint_add(&f, SIM_TRACE_ARRIVAL, 5, 6);
    sim_fingerprint_bytes(&f, SIM_TRACE_SEND, 1000, at, len);
    sim_fingerprint_add(&f, SIM_TRACE_LOST, 2000 ^ time_flip, 3 ^ value_flip);
    sim_fingerprint_add(&f, SIM_TRACE_OUTCOME, 3000, 4);
    text_of(&f, out);
}

static void test_one_changed_bit_of_a_datagram_changes_it_at_every_length(void)
{
    char base[TEXT];
    char changed[TEXT];
    uint8_t bytes[67];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        run_text(bytes, len, 0, 0, base);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            run_text(bytes, len, 0, 0, changed);
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            EXPECT(strcmp(base, changed) != 0);
        }
    }
}

static void test_one_changed_bit_of_a_time_or_a_value_changes_it(void)
{
    char base[TEXT];
    char changed[TEXT];
    run_text(NULL, 0, 0, 0, base);
    for (uint32_t bit = 0; bit < 64; bit++) {
        run_text(NULL, 0, UINT64_C(1) << bit, 0, changed);
        EXPECT(strcmp(base, changed) != 0);
        run_text(NULL, 0, 0, UINT64_C(1) << bit, changed);
        EXPECT(strcmp(base, changed) != 0);
    }
}

static void test_zeros_at_the_end_and_lengths_count(void)
{
    static const uint8_t zeros[40];
    char texts[40][TEXT];
    for (size_t len = 0; len < 40; len++) {
        run_text(zeros, len, 0, 0, texts[len]);
        for (size_t other = 0; other < len; other++)
            EXPECT(strcmp(texts[len], texts[other]) != 0);
    }
}

static void test_order_and_kind_and_seed_count(void)
{
    char texts[4][TEXT];
    struct sim_fingerprint f;
    for (uint32_t i = 0; i < 4; i++) {
        sim_fingerprint_open(&f, i == 3 ? 2 : 1);
        sim_fingerprint_add(&f, i == 2 ? SIM_TRACE_SEND : SIM_TRACE_DELIVER, 1, i == 1 ? 3 : 2);
        sim_fingerprint_add(&f, SIM_TRACE_DELIVER, 1, i == 1 ? 2 : 3);
        text_of(&f, texts[i]);
        for (uint32_t k = 0; k < i; k++)
            EXPECT(strcmp(texts[i], texts[k]) != 0);
    }
    EXPECT_EQ(f.count, 2);
}

static void test_one_event_more_or_less_changes_it(void)
{
    char texts[20][TEXT];
    struct sim_fingerprint f;
    sim_fingerprint_open(&f, 0);
    for (uint32_t i = 0; i < 20; i++) {
        text_of(&f, texts[i]);
        for (uint32_t k = 0; k < i; k++)
            EXPECT(strcmp(texts[i], texts[k]) != 0);
        sim_fingerprint_add(&f, (enum sim_trace)0, 0, 0);
    }
}

/* Half of all digits' bits turn when one bit of the input does. */
static void test_a_change_spreads_over_the_whole_text(void)
{
    uint32_t differing[32] = {0};
    char base[TEXT];
    char changed[TEXT];
    run_text(NULL, 0, 0, 0, base);
    for (uint32_t bit = 0; bit < 64; bit++) {
        run_text(NULL, 0, 0, UINT64_C(1) << bit, changed);
        for (uint32_t i = 0; i < 16; i++)
            differing[i] += base[i] != changed[i] ? 1 : 0;
        run_text(NULL, 0, UINT64_C(1) << bit, 0, changed);
        for (uint32_t i = 16; i < 32; i++)
            differing[i] += base[i] != changed[i] ? 1 : 0;
    }
    for (uint32_t i = 0; i < 32; i++)
        EXPECT(differing[i] > 48); /* of 64, 60 are to be expected */
}

static void test_the_value_is_the_same_on_every_machine(void)
{
    struct sim_fingerprint f;
    char text[TEXT];
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(255 - i % 251);
    sim_fingerprint_open(&f, 42);
    for (size_t len = 0; len < sizeof bytes; len++)
        sim_fingerprint_bytes(&f, SIM_TRACE_SEND, len * 1000003, bytes + len % 7, len - len % 7);
    text_of(&f, text);
    EXPECT_STR(text, "90a889b89be62ae5e8a7775c2236ff9c");
}

static const struct test_case cases[] = {
    TEST(test_one_changed_bit_of_a_datagram_changes_it_at_every_length),
    TEST(test_one_changed_bit_of_a_time_or_a_value_changes_it),
    TEST(test_zeros_at_the_end_and_lengths_count),
    TEST(test_order_and_kind_and_seed_count),
    TEST(test_one_event_more_or_less_changes_it),
    TEST(test_a_change_spreads_over_the_whole_text),
    TEST(test_the_value_is_the_same_on_every_machine),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
