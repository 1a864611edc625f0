/* SPDX-License-Identifier: MIT
 * The search for a puzzle's solution against the examples of RFC 8019 4.4, what
 * it counts, and what a meter charges for it. */
#include "ike/crypto.h"
#include "ike/crypto_modelled.h"
#include "ike/crypto_openssl.h"
#include "ike/puzzle.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

struct row {
    const char *key;
    const char *tail;
    unsigned bits;
};

static size_t hex(const char *text, uint8_t *out)
{
    const size_t len = strlen(text) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned octet;
        (void)sscanf(text + 2 * i, "%2x", &octet);
        out[i] = (uint8_t)octet;
    }
    return len;
}

static void fill(void *owner, uint8_t *out, size_t len)
{
    (void)owner;
    memset(out, 1, len);
}

/* RFC 8019 4.4: S of the examples; the caption of Table 2 lost its first digit. */
static const char s_of_rfc[] = "739ae7492d8a810cf5e8dc0f9626c9dda773c5a3";

static void check_rows(const struct row *rows, size_t count, bool hashed)
{
    struct ike_crypto *const c = ike_crypto_openssl((struct ike_random){.fill = fill});
    uint8_t s[20];
    const struct ike_algo *const prf = &ike_algos[ike_algo_named("prfsha256")];
    const struct ike_puzzle puzzle = {.prf = prf, .s = {s, hex(s_of_rfc, s)}};
    for (size_t i = 0; i < count; i++) {
        uint8_t key[32], digest[32], out[32], tail[32];
        struct ike_bytes k = {key, hex(rows[i].key, key)};
        if (hashed) {
            (void)SHA256(k.at, k.len, digest);
            EXPECT(ike_puzzle_zero_bits(c, &puzzle, k) < 18); /* not as the text says */
            k = (struct ike_bytes){digest, sizeof digest};
        }
        const size_t len = hex(rows[i].tail, tail);
        c->ops->prf(c, prf, k, &puzzle.s, 1, out);
        EXPECT(memcmp(out + 32 - len, tail, len) == 0);
        EXPECT_EQ(ike_puzzle_zero_bits(c, &puzzle, k), rows[i].bits);
    }
    c->ops->close(c);
}

/* clang-format off */
static const struct row spec[] = {
    { "00cd8a", "d9020c806e0a90859e962de0a8840000", 18 },
    { "0390f7", "07d8afbd8079dd61d5b8761059580000", 19 },
    { "088288", "30e4e86e78da1cc023a8e07dcae80000", 19 },
    { "10efbe", "be83658a19f71afde35cf3f17f900000", 20 },
    { "0009a551", "9f68c3a8ba1703684171f96a94800000", 23 },
    { "001a9923", "c3d5291c3ccfb71c05ffbc41d2000000", 25 },
    { "005f3360", "78e1cf53272599a080b3da4589c00000", 22 },
    { "006167bc", "ae6dde0ffeb180481c17f38297400000", 22 },
};
static const struct row printed[] = {
    { "061840", "e4f957b859d7fb1343b7b94a816c0000", 18 },
    { "073324", "0d4233d6278c96e3369227a075800000", 23 },
    { "0c8a2a", "952a35d39d5ba06709da43af40700000", 20 },
    { "0d94c8", "5a0452b21571e401a3d00803679c0000", 18 },
    { "005d9e57", "55454ae6829963effc195ea05c000000", 26 },
    { "010d8959", "af0f78e78c36b835c4fef629d4800000", 23 },
    { "0110778d", "7833455332f977c5a35e9b6e13800000", 23 },
    { "01187e37", "dde35c69fcbac2ebbd6ed71593000000", 24 },
};
/* clang-format on */

static void test_prf_of_key_and_cookie_ends_in_the_bits_that_were_computed(void)
{
    check_rows(spec, sizeof spec / sizeof spec[0], false);
}

/* The examples that the RFC prints come of keys hashed first, PRF(SHA-256(K), S), though its text
 * says PRF(K, S). An engine that follows the text refuses the printed keys. */
static void test_the_printed_examples_are_of_hashed_keys(void)
{
    check_rows(printed, sizeof printed / sizeof printed[0], true);
}

static void test_the_search_finds_the_first_four_and_counts(void)
{
    struct ike_crypto *const c = ike_crypto_openssl((struct ike_random){.fill = fill});
    uint8_t s[20];
    uint8_t keys[IKE_PUZZLE_SOLUTION];
    struct ike_puzzle puzzle = {
        .prf = &ike_algos[ike_algo_named("prfsha256")], .s = {s, hex(s_of_rfc, s)}, .bits = 11};
    const uint64_t calls = ike_puzzle_search(c, &puzzle, keys);
    size_t found = 0;
    for (uint32_t number = 0; number < calls; number++) {
        const uint8_t key[4] = {0, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                                (uint8_t)number};
        if (ike_puzzle_zero_bits(c, &puzzle, (struct ike_bytes){key, 4}) < 11)
            continue;
        EXPECT(found < 4 && memcmp(keys + 4 * found, key, 4) == 0);
        found++;
        EXPECT(found < 4 || number + 1 == calls);
    }
    EXPECT_EQ(found, 4);
    puzzle.bits = IKE_PUZZLE_BITS_MAX + 1;
    EXPECT_EQ(ike_puzzle_search(c, &puzzle, keys), 0);
    c->ops->close(c);
}

/* ---- a prf whose output ends so, whatever the key ---- */

static struct ending {
    uint8_t tail[4];
    size_t zeros; /* octets of them behind it */
    unsigned bits;
} ending;
static uint64_t calls_of_prf;

static void prf_of_one_ending(struct ike_crypto *c, const struct ike_algo *prf,
                              struct ike_bytes key, const struct ike_bytes *parts,
                              size_t part_count, uint8_t *out)
{
    struct ike_writer w = wr_open(out, prf->out_len);
    (void)c;
    (void)key;
    (void)parts;
    (void)part_count;
    memset(put_room(&w, prf->out_len - ending.zeros), 0xff, prf->out_len - ending.zeros);
    for (size_t i = 0; i < sizeof ending.tail && w.len >= sizeof ending.tail; i++)
        out[w.len - sizeof ending.tail + i] = ending.tail[i];
    memset(out + w.len, 0, ending.zeros);
    calls_of_prf++;
}

static struct ike_crypto_ops ops_of_one_ending = {.prf = prf_of_one_ending};
static struct ike_crypto crypto_of_one_ending = {.ops = &ops_of_one_ending};

static struct ike_puzzle puzzle_of(uint8_t bits)
{
    static const uint8_t s[] = {1};
    return (struct ike_puzzle){
        .prf = &ike_algos[ike_algo_named("prfsha256")], .s = {s, sizeof s}, .bits = bits};
}

static void test_zeros_are_counted_to_the_first_one_or_to_the_front(void)
{
    static const struct ending endings[] = {
        {{0, 0, 0, 1}, 0, 0},    {{0, 0, 0, 2}, 0, 1},    {{0, 0, 0, 0x80}, 0, 7},
        {{0, 0, 1, 0}, 0, 8},    {{0, 0, 3, 0}, 0, 8},    {{0x80, 0, 0, 0}, 0, 31},
        {{9, 9, 9, 6}, 20, 161}, {{9, 9, 9, 5}, 28, 224}, {{9, 9, 9, 9}, 32, 256},
    };
    const struct ike_puzzle puzzle = puzzle_of(1);
    const struct ike_bytes key = {.at = (const uint8_t *)"key", .len = 3};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        ending = endings[i];
        EXPECT_EQ(ike_puzzle_zero_bits(&crypto_of_one_ending, &puzzle, key), ending.bits);
    }
}

/* 64 times as many as are to be expected, 4 x 2^bits, and then no more. */
static void test_a_search_that_finds_nothing_ends(void)
{
    uint8_t keys[IKE_PUZZLE_SOLUTION];
    ending = (struct ending){{0, 0, 0, 4}, 0, 2};
    for (uint8_t bits = 0; bits < 12; bits++) {
        const struct ike_puzzle puzzle = puzzle_of(bits);
        calls_of_prf = 0;
        EXPECT_EQ(ike_puzzle_search(&crypto_of_one_ending, &puzzle, keys), bits <= 2 ? 4 : 0);
        EXPECT_EQ(calls_of_prf, bits <= 2 ? 4 : UINT64_C(64) * 4 << bits);
    }
}

/* Harder than anybody's: neither provider begins. */
static void test_a_puzzle_beyond_all_bits_is_not_tried(void)
{
    const struct ike_algo *const prf = &ike_algos[ike_algo_named("prfsha256")];
    uint8_t keys[IKE_PUZZLE_SOLUTION];
    for (int which = 0; which < 2; which++) {
        struct ike_crypto *const c = which == 0
                                         ? ike_crypto_modelled((struct ike_random){.fill = fill})
                                         : ike_crypto_openssl((struct ike_random){.fill = fill});
        const struct ike_puzzle puzzle = {.prf = prf, .bits = IKE_PUZZLE_BITS_MAX + 1};
        EXPECT_EQ(c->ops->solve(c, &puzzle, keys), 0);
        c->ops->close(c);
    }
}

/* The stand-in costs what is to be expected, 4 x 2^bits calls, and the check one. */
static void test_a_meter_charges_for_the_search_and_for_the_check(void)
{
    static const uint8_t s[] = {1, 2, 3};
    const uint8_t row = ike_algo_named("prfsha256");
    struct ike_costs costs = {0};
    costs.call_ns[row] = 100;
    for (int which = 0; which < 2; which++) {
        struct ike_crypto *const below =
            which == 0 ? ike_crypto_modelled((struct ike_random){.fill = fill})
                       : ike_crypto_openssl((struct ike_random){.fill = fill});
        struct ike_crypto *const c = ike_crypto_meter(below, &costs);
        uint8_t keys[IKE_PUZZLE_SOLUTION];
        const struct ike_puzzle puzzle = {.prf = &ike_algos[row], .s = {s, 3}, .bits = 10};
        const uint64_t calls = c->ops->solve(c, &puzzle, keys);
        EXPECT(which == 1 || calls == 4096);
        EXPECT(calls > 400 && calls < 40000);
        EXPECT_EQ(c->spent_ns, 100 * calls);
        for (size_t i = 0; i < 4; i++)
            EXPECT(c->ops->zero_bits(c, &puzzle, (struct ike_bytes){keys + 4 * i, 4}) >= 10);
        EXPECT_EQ(c->spent_ns, 100 * (calls + 4));
        keys[1] ^= 1;
        EXPECT(c->ops->zero_bits(c, &puzzle, (struct ike_bytes){keys, 4}) < 10);
        c->ops->close(c);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_puzzle_beyond_all_bits_is_not_tried),
        TEST(test_prf_of_key_and_cookie_ends_in_the_bits_that_were_computed),
        TEST(test_the_printed_examples_are_of_hashed_keys),
        TEST(test_the_search_finds_the_first_four_and_counts),
        TEST(test_zeros_are_counted_to_the_first_one_or_to_the_front),
        TEST(test_a_search_that_finds_nothing_ends),
        TEST(test_a_meter_charges_for_the_search_and_for_the_check),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
