/* SPDX-License-Identifier: MIT
 * The SK payload: the example of RFC 7634 B octet by octet, every suite there
 * and back with both providers, and what a peer may not do to it. */
#include "ike/v2/payload.h"
#include "ike/v2/protect.h"
#include "tests/crypto_cases.h"
#include "tests/test.h"

#include <string.h>

#define BYTES(array) ((struct ike_bytes){(array), sizeof(array)})

/* A suite with keys, a provider, and a message. */
struct bench {
    struct ike_crypto *crypto;
    struct crypto_stream stream;
    struct ike_seal_keys keys;
    uint8_t encr_key[IKE_KEY_MAX];
    uint8_t integ_key[IKE_PRF_MAX];
    uint8_t bytes[1024];
    size_t len;
    struct ike_message m;
    uint8_t copy[1024];
};

static struct bench bench;

static void bench_open(crypto_open_fn *open, uint8_t encr, uint8_t integ)
{
    bench = (struct bench){.len = 0};
    bench.crypto = open(crypto_stream_random(&bench.stream, 1));
    bench.keys.encr = &ike_algos[encr];
    bench.keys.integ = integ != 0 ? &ike_algos[integ] : NULL;
    memset(bench.encr_key, 0x11, sizeof bench.encr_key);
    memset(bench.integ_key, 0x22, sizeof bench.integ_key);
    bench.keys.encr_key = (struct ike_bytes){bench.encr_key, (size_t)bench.keys.encr->key_len +
                                                                 bench.keys.encr->salt_len};
    bench.keys.integ_key =
        (struct ike_bytes){bench.integ_key, integ != 0 ? ike_algos[integ].out_len : 0};
}

static void bench_close(void)
{
    bench.crypto->ops->close(bench.crypto);
}

static struct ike_header header(void)
{
    return (struct ike_header){.spi_i = 1,
                               .spi_r = 2,
                               .version = IKE_VERSION_2,
                               .exchange = INFORMATIONAL,
                               .flags = FLAG_INITIATOR,
                               .id = 3};
}

/* Seals a vendor ID in the clear and, within, one of `len` octets; -1: nothing within. */
static void bench_seal(int len)
{
    static const uint8_t text[256] = {'t', 'e', 'x', 't'};
    const struct ike_header head = header();
    struct ike_writer w = wr_open(bench.bytes, sizeof bench.bytes);
    size_t link = 16;
    ike_put_header(&w, &head);
    ike_end_payload(&w, ike_begin_payload(&w, &link, PAYLOAD_VENDOR));
    const size_t begin = ike_begin_sealed(&w, &link, &bench.keys);
    if (len >= 0) {
        const size_t inner = ike_begin_payload(&w, &link, PAYLOAD_VENDOR);
        put_bytes(&w, (struct ike_bytes){text, (size_t)len});
        ike_end_payload(&w, inner);
    }
    ike_end_sealed(&w, begin, &bench.keys, bench.crypto, 77);
    EXPECT(!w.bad);
    bench.len = w.len;
}

static enum ike_why bench_open_sealed(void)
{
    const enum ike_why why =
        ike_message_parse((struct ike_bytes){bench.bytes, bench.len}, &bench.m);
    if (why != WHY_OK)
        return why;
    memcpy(bench.copy, bench.bytes, bench.len);
    return ike_open_sealed(&bench.m, &bench.keys, bench.crypto, bench.copy);
}

typedef void suite_fn(void);

/* A cipher with what it needs beside it; NULL is never under SK. */
static bool is_suite(uint8_t encr, uint8_t integ)
{
    const struct ike_algo *const e = &ike_algos[encr];
    if (e->type != TRANSFORM_ENCR || ike_algo_is_null(e))
        return false;
    return ike_algo_is_aead(e) ? integ == 0 : ike_algos[integ].type == TRANSFORM_INTEG;
}

static void each_suite(suite_fn *run)
{
    static crypto_open_fn *const providers[] = {ike_crypto_openssl, ike_crypto_modelled};
    for (size_t p = 0; p < sizeof providers / sizeof providers[0]; p++)
        for (uint8_t encr = 1; encr < ike_algo_count; encr++)
            for (uint8_t integ = 0; integ < ike_algo_count; integ++)
                if (is_suite(encr, integ)) {
                    bench_open(providers[p], encr, integ);
                    run();
                    bench_close();
                }
}

/* ---- the published example ---- */

static void test_the_example_of_rfc_7634_is_sealed_and_opened_octet_by_octet(void)
{
    uint8_t wanted[128];
    const size_t wanted_len =
        crypto_hex("c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029"
                   "1011121314151617610394701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2",
                   wanted, sizeof wanted);
    static const uint8_t ten[] = {0, 0, 0, 10};
    const struct ike_header head = {.spi_i = UINT64_C(0xc0c1c2c3c4c5c6c7),
                                    .spi_r = UINT64_C(0xd0d1d2d3d4d5d6d7),
                                    .version = IKE_VERSION_2,
                                    .exchange = INFORMATIONAL,
                                    .id = 9};
    bench_open(ike_crypto_openssl, ALGO_CHACHA20POLY1305, 0);
    for (uint8_t i = 0; i < 32; i++)
        bench.encr_key[i] = (uint8_t)(0x80 + i);
    memcpy(bench.encr_key + 32, "\xa0\xa1\xa2\xa3", 4);

    struct ike_writer w = wr_open(bench.bytes, sizeof bench.bytes);
    size_t link = 16;
    ike_put_header(&w, &head);
    const size_t begin = ike_begin_sealed(&w, &link, &bench.keys);
    ike_put_status(&w, &link, N_SET_WINDOW_SIZE, BYTES(ten));
    ike_end_sealed(&w, begin, &bench.keys, bench.crypto, UINT64_C(0x1011121314151617));
    EXPECT(ike_bytes_equal(wr_done(&w), (struct ike_bytes){wanted, wanted_len}));

    memcpy(bench.bytes, wanted, wanted_len);
    bench.len = wanted_len;
    EXPECT_EQ(bench_open_sealed(), WHY_OK);
    const struct ike_notify *const n = ike_message_notify(&bench.m, N_SET_WINDOW_SIZE);
    EXPECT(n != NULL && ike_bytes_equal(n->data, BYTES(ten)));
    bench_close();
}

/* ---- every suite ---- */

static void what_is_sealed_opens(void)
{
    for (int len = -1; len < 70; len++) {
        bench_seal(len);
        if (!EXPECT_EQ(bench_open_sealed(), WHY_OK))
            return;
        const size_t last = bench.m.type_count - 1U;
        EXPECT_EQ(bench.m.type_count, len < 0 ? 2 : 3);
        EXPECT_EQ(bench.m.types[last], len < 0 ? PAYLOAD_SK : PAYLOAD_VENDOR);
        EXPECT(len < 0 || (bench.m.twice & P(PAYLOAD_VENDOR)) != 0);
        /* Padding of ours is zeros. */
        const size_t icv =
            bench.keys.integ != NULL ? bench.keys.integ->icv_len : bench.keys.encr->icv_len;
        const size_t pad_at = bench.len - icv - 1;
        for (size_t i = 1; i <= bench.copy[pad_at]; i++)
            EXPECT_EQ(bench.copy[pad_at - i], 0);
    }
}

static void test_what_is_sealed_opens_in_every_suite(void)
{
    each_suite(what_is_sealed_opens);
}

static void padding_ends_on_a_block_and_no_more(void)
{
    const size_t block = bench.keys.encr->block;
    const size_t icv =
        bench.keys.integ != NULL ? bench.keys.integ->icv_len : bench.keys.encr->icv_len;
    for (int len = 0; len < 40; len++) {
        bench_seal(len);
        const size_t fixed = 28 + 4 + 4 + bench.keys.encr->iv_len + icv; /* all but the text */
        const size_t text = bench.len - fixed;
        const size_t least = 4 + (size_t)len + 1;
        EXPECT_EQ(text % block, 0);
        EXPECT(text >= least && text < least + block);
        EXPECT_EQ(bench.bytes[27], bench.len & 0xff);
        EXPECT_EQ(bench.bytes[28 + 4 + 3], (bench.len - 32) & 0xff);
        EXPECT_EQ(bench.bytes[28 + 4], PAYLOAD_VENDOR); /* the first within */
    }
}

static void test_padding_ends_on_a_block_and_no_more(void)
{
    each_suite(padding_ends_on_a_block_and_no_more);
}

static void every_change_is_refused(void)
{
    bench_seal(5);
    for (size_t i = 0; i < bench.len; i++) {
        bench.bytes[i] ^= 0x10;
        const enum ike_why why = bench_open_sealed();
        EXPECT(why == WHY_BAD_ICV || (i < 37 && why != WHY_OK));
        bench.bytes[i] ^= 0x10;
    }
    EXPECT_EQ(bench_open_sealed(), WHY_OK);
}

static void test_every_change_of_header_clear_or_sealed_octets_is_refused(void)
{
    each_suite(every_change_is_refused);
}

/* Lengths in both headers made true to a message that was cut. */
static void every_truncation_is_refused(void)
{
    bench_seal(20);
    const size_t whole = bench.len;
    for (size_t len = 36; len < whole; len++) {
        bench.bytes[27] = (uint8_t)len;
        bench.bytes[35] = (uint8_t)(len - 32);
        bench.len = len;
        EXPECT_EQ(bench_open_sealed(), WHY_BAD_ICV);
        bench.len = whole;
    }
}

static void test_every_truncation_is_refused(void)
{
    each_suite(every_truncation_is_refused);
}

static void other_keys_are_refused(void)
{
    bench_seal(20);
    uint8_t *const key = bench.keys.integ != NULL ? bench.integ_key : bench.encr_key;
    key[0] ^= 1;
    EXPECT_EQ(bench_open_sealed(), WHY_BAD_ICV);
}

static void test_other_keys_are_refused(void)
{
    each_suite(other_keys_are_refused);
}

static void no_room_stores_nothing(void)
{
    bench_seal(9);
    const size_t whole = bench.len;
    const struct ike_header head = header();
    for (size_t max = 0; max < whole - 4; max++) {
        uint8_t room[512];
        memset(room, 0xa5, sizeof room);
        struct ike_writer w = wr_open(room, max);
        size_t link = 16;
        ike_put_header(&w, &head);
        const size_t begin = ike_begin_sealed(&w, &link, &bench.keys);
        ike_put_status(&w, &link, N_COOKIE, (struct ike_bytes){bench.bytes, 5});
        ike_end_sealed(&w, begin, &bench.keys, bench.crypto, 1);
        EXPECT(w.bad);
        EXPECT_EQ(room[max], 0xa5);
    }
}

static void test_a_message_without_room_is_bad_and_stays_in_its_room(void)
{
    each_suite(no_room_stores_nothing);
}

/* ---- what a peer with keys may say ---- */

/* Seals `text` as it stands, padding and pad length included. */
static void seal_raw(struct ike_bytes text, uint8_t first)
{
    const struct ike_header head = header();
    struct ike_writer w = wr_open(bench.bytes, sizeof bench.bytes);
    size_t link = 16;
    ike_put_header(&w, &head);
    const size_t begin = ike_begin_sealed(&w, &link, &bench.keys);
    bench.bytes[begin] = first;
    put_bytes(&w, text);
    (void)put_room(&w,
                   bench.keys.integ != NULL ? bench.keys.integ->icv_len : bench.keys.encr->icv_len);
    ike_end_payload(&w, begin);
    ike_end_message(&w);
    bench.crypto->ops->seal(bench.crypto, &bench.keys, bench.bytes, begin + 4, text.len);
    bench.len = w.len;
}

static void test_any_padding_that_fits_is_taken(void)
{
    uint8_t text[272];
    bench_open(ike_crypto_modelled, ALGO_AES128GCM16, 0);
    for (size_t pad = 0; pad < 256; pad++) { /* RFC 7296 3.14: any length, any contents */
        memset(text, 0xee, sizeof text);
        memcpy(text, "\0\0\0\x05v", 5);
        text[5 + pad] = (uint8_t)pad;
        seal_raw((struct ike_bytes){text, 6 + pad}, PAYLOAD_VENDOR);
        EXPECT_EQ(bench_open_sealed(), WHY_OK);
        EXPECT_EQ(ike_message_body(&bench.m, PAYLOAD_VENDOR).len, 1);
    }
    bench_close();
}

static void test_a_seal_around_nothing_at_all_is_refused(void)
{
    bench_open(ike_crypto_modelled, ALGO_AES128GCM16, 0);
    seal_raw((struct ike_bytes){NULL, 0}, PAYLOAD_NONE); /* not even a pad length */
    EXPECT_EQ(bench_open_sealed(), WHY_BAD_ICV);
    bench_close();
}

static void test_padding_longer_than_the_text_is_syntax(void)
{
    bench_open(ike_crypto_modelled, ALGO_AES128GCM16, 0);
    for (unsigned pad = 0; pad < 256; pad++) {
        uint8_t text[16] = {0};
        text[15] = (uint8_t)pad;
        seal_raw(BYTES(text), PAYLOAD_NONE);
        /* Nothing within: all but the pad length itself must be padding. */
        EXPECT_EQ(bench_open_sealed(), pad == 15 ? WHY_OK : WHY_SYNTAX);
    }
    bench_close();
}

static void test_bad_payloads_within_are_named_as_such(void)
{
    static const uint8_t short_one[] = {0, 0, 0, 3, 0};
    static const uint8_t nested[] = {0, 0, 0, 4, 0};
    bench_open(ike_crypto_modelled, ALGO_AES128GCM16, 0);
    seal_raw(BYTES(short_one), PAYLOAD_VENDOR);
    EXPECT_EQ(bench_open_sealed(), WHY_SYNTAX);
    seal_raw(BYTES(nested), PAYLOAD_SK);
    EXPECT_EQ(bench_open_sealed(), WHY_SYNTAX);
    seal_raw(BYTES(nested), 200);
    EXPECT_EQ(bench_open_sealed(), WHY_OK);
    bench_close();
}

/* ---- keys ---- */

static void test_each_side_seals_with_its_own_keys(void)
{
    static const uint8_t octets[4] = {1, 2, 3, 4};
    const struct ike_sa_keys keys = {.suite = {.encr = ALGO_AES128, .integ = ALGO_SHA256},
                                     .sk_ai = {octets, 1},
                                     .sk_ar = {octets + 1, 1},
                                     .sk_ei = {octets + 2, 1},
                                     .sk_er = {octets + 3, 1}};
    const struct ike_seal_keys i = ike_keys_of(&keys, true);
    const struct ike_seal_keys r = ike_keys_of(&keys, false);
    EXPECT(i.encr_key.at == octets + 2 && i.integ_key.at == octets);
    EXPECT(r.encr_key.at == octets + 3 && r.integ_key.at == octets + 1);
    EXPECT(i.encr == &ike_algos[ALGO_AES128] && i.integ == &ike_algos[ALGO_SHA256]);
    struct ike_sa_keys aead = keys;
    aead.suite = (struct ike_suite){.encr = ALGO_AES128GCM16};
    EXPECT(ike_keys_of(&aead, true).integ == NULL);
}

static void test_counted_ivs_differ_and_random_ones_too(void)
{
    uint8_t iv[2][16];
    const uint8_t suites[2][2] = {{ALGO_AES256GCM16, 0}, {ALGO_AES128, ALGO_SHA256}};
    for (size_t s = 0; s < 2; s++) {
        const struct ike_header head = header();
        bench_open(ike_crypto_openssl, suites[s][0], suites[s][1]);
        for (uint64_t count = 0; count < 2; count++) {
            struct ike_writer w = wr_open(bench.bytes, sizeof bench.bytes);
            size_t link = 16;
            ike_put_header(&w, &head);
            const size_t begin = ike_begin_sealed(&w, &link, &bench.keys);
            ike_end_sealed(&w, begin, &bench.keys, bench.crypto, count);
            memcpy(iv[count], bench.bytes + begin + 4, bench.keys.encr->iv_len);
        }
        EXPECT(memcmp(iv[0], iv[1], bench.keys.encr->iv_len) != 0);
        bench_close();
    }
}

static void test_where_nothing_fits_nothing_is_sealed(void)
{
    uint8_t room[IKE_HEADER_LEN + 2];
    struct ike_writer w = wr_open(room, sizeof room);
    const struct ike_fragment_head first = {.number = 1, .total = 2, .next = PAYLOAD_SA};
    bench_open(ike_crypto_modelled, ALGO_AES256GCM16, 0);
    EXPECT_EQ(ike_sealed_most(&bench.keys, 100, 50), 0);
    EXPECT_EQ(ike_sealed_most(&bench.keys, 100, 100 + 16), 0);
    EXPECT(ike_sealed_most(&bench.keys, 100, 200) > 0);
    const struct ike_header head = header();
    ike_put_header(&w, &head);
    (void)ike_begin_fragment(&w, &bench.keys, &first);
    EXPECT(w.bad);
    bench_close();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_example_of_rfc_7634_is_sealed_and_opened_octet_by_octet),
        TEST(test_what_is_sealed_opens_in_every_suite),
        TEST(test_padding_ends_on_a_block_and_no_more),
        TEST(test_every_change_of_header_clear_or_sealed_octets_is_refused),
        TEST(test_every_truncation_is_refused),
        TEST(test_other_keys_are_refused),
        TEST(test_a_message_without_room_is_bad_and_stays_in_its_room),
        TEST(test_any_padding_that_fits_is_taken),
        TEST(test_padding_longer_than_the_text_is_syntax),
        TEST(test_bad_payloads_within_are_named_as_such),
        TEST(test_each_side_seals_with_its_own_keys),
        TEST(test_counted_ivs_differ_and_random_ones_too),
        TEST(test_a_seal_around_nothing_at_all_is_refused),
        TEST(test_where_nothing_fits_nothing_is_sealed),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
