/* SPDX-License-Identifier: MIT
 * A sender of ESP with extended sequence numbers that is 2^32 packets and more
 * ahead: it is found again, and who only pretends costs little (RFC 4303 A.3). */
#include "ike/esp.h"
#include "tests/crypto_cases.h"
#include "tests/test.h"

#include <string.h>

enum { ROOM = 1024, SPI = 0x12345678 };

/* Both ends of one direction, and what is between them. */
static struct bench {
    struct crypto_stream stream;
    struct ike_crypto *crypto;
    struct ike_esp_out out;
    struct ike_esp_in in;
    uint8_t packet[ROOM];
    size_t len;
    struct ike_esp_opened opened;
} bench;

static const uint8_t inner[100] = {0x45, 0, 0, 100, 1, 2, 3, 4, 64, 17};

static const struct {
    uint8_t encr, integ;
} suites[] = {
    {ALGO_AES128GCM16, 0},      {ALGO_AES256CCM8, 0},        {ALGO_CHACHA20POLY1305, 0},
    {ALGO_AES128, ALGO_SHA256}, {ALGO_AES256CTR, ALGO_SHA1}, {ALGO_NULL, ALGO_SHA512},
};

static void bench_begin(crypto_open_fn *open, size_t suite, bool extended)
{
    static uint8_t keys[2 * IKE_KEY_MAX] = {1, 2, 3};
    const uint8_t encr = suites[suite].encr, integ = suites[suite].integ;
    const struct ike_esp_spec spec = {
        .spi = SPI,
        .suite = {.encr = encr, .integ = integ, .esn = extended ? ALGO_ESN : ALGO_NOESN},
        .encr_key = {keys, (size_t)ike_algos[encr].key_len + ike_algos[encr].salt_len},
        .integ_key = {keys + IKE_KEY_MAX, ike_algos[integ].key_len},
    };
    bench.crypto = open(crypto_stream_random(&bench.stream, 1));
    ike_esp_in_open(&bench.in, &spec, IKE_ESP_WINDOW);
    ike_esp_out_open(&bench.out, &spec);
}

static void bench_end(void)
{
    bench.crypto->ops->close(bench.crypto);
}

static enum ike_esp_why bench_open(void)
{
    return ike_esp_open(&bench.in, bench.crypto, bench.packet, bench.len, &bench.opened);
}

static void seal_at(uint64_t number)
{
    const struct ike_esp_inner what = {.octets = {inner, sizeof inner}, .next = ESP_NEXT_IPV4};
    struct ike_writer w = wr_open(bench.packet, sizeof bench.packet);
    bench.out.sent = number - 1;
    EXPECT_EQ(ike_esp_seal(&bench.out, bench.crypto, &what, &w), ESP_WHY_OK);
    bench.len = w.len;
}

/* The sender's next packets: so many are refused, and then one is not. */
static void opens_after(unsigned fails)
{
    for (unsigned i = 0; i < fails; i++) {
        seal_at(bench.out.sent + 1);
        EXPECT_EQ(bench_open(), ESP_WHY_BAD_ICV);
    }
    seal_at(bench.out.sent + 1);
    EXPECT_EQ(bench_open(), ESP_WHY_OK);
    EXPECT_EQ(bench.opened.number, bench.out.sent);
    EXPECT_EQ(bench.in.window.top, bench.out.sent);
    EXPECT(memcmp(bench.opened.octets.at, inner, sizeof inner) == 0);
}

/* RFC 4303 A.3.2: after 2^32 and more packets were lost the sender is found again, the next ones
 * are taken at once, and what came does not come again. */
static void lost_and_found(crypto_open_fn *open, size_t suite, uint64_t halves)
{
    bench_begin(open, suite, true);
    opens_after(0);
    bench.out.sent += halves << 32;
    opens_after(IKE_ESP_RESYNC_AFTER - 1);
    opens_after(0);
    seal_at(bench.in.window.top);
    EXPECT_EQ(bench_open(), ESP_WHY_REPLAYED);
    EXPECT_EQ(bench.in.sa.reasons[ESP_WHY_BAD_ICV], IKE_ESP_RESYNC_AFTER - 1);
    EXPECT_EQ(bench.in.sa.packets, 3);
    bench_end();
}

static void test_a_sender_that_is_far_ahead_is_found_again(void)
{
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        lost_and_found(ike_crypto_openssl, i, 1);
        lost_and_found(ike_crypto_openssl, i, IKE_ESP_RESYNC_TRIES);
        lost_and_found(ike_crypto_modelled, i, 1);
        lost_and_found(ike_crypto_modelled, i, IKE_ESP_RESYNC_TRIES);
    }
}

/* "The number of retries should be limited" (RFC 4303 A.3.2): by how far, and where numbers end. */
static void test_a_sender_that_is_too_far_ahead_is_not_found(void)
{
    static const uint64_t tops[] = {1, UINT64_MAX - (UINT64_C(3) << 32)};
    for (size_t i = 0; i < sizeof tops / sizeof tops[0]; i++) {
        bench_begin(ike_crypto_modelled, 0, true);
        seal_at(1);
        EXPECT_EQ(bench_open(), ESP_WHY_OK);
        if (tops[i] > 1)
            ike_esp_window_take(&bench.in.window, tops[i]);
        bench.out.sent = ((uint64_t)(IKE_ESP_RESYNC_TRIES + 1) << 32) + 1000;
        for (unsigned k = 0; k < 3 * IKE_ESP_RESYNC_AFTER; k++) {
            seal_at(bench.out.sent + 1);
            EXPECT_EQ(bench_open(), ESP_WHY_BAD_ICV);
        }
        EXPECT_EQ(bench.in.window.top, tops[i]);
        bench_end();
    }
}

/* One that is right, however it came to be so, and the count begins anew (RFC 4303 A.3.1). */
static void test_only_failures_in_a_row_count(void)
{
    bench_begin(ike_crypto_modelled, 0, true);
    opens_after(0);
    const uint64_t here = bench.in.window.top;
    for (unsigned turn = 0; turn < 3; turn++) {
        bench.out.sent = (UINT64_C(1) << 32) + 100 * (uint64_t)turn + 1000;
        for (unsigned i = 1; i < IKE_ESP_RESYNC_AFTER; i++) {
            seal_at(bench.out.sent + 1);
            EXPECT_EQ(bench_open(), ESP_WHY_BAD_ICV);
        }
        seal_at(here + 1 + turn);
        EXPECT_EQ(bench_open(), ESP_WHY_OK);
    }
    EXPECT_EQ(bench.in.window.top, here + 3);
    bench_end();
}

/* What is forged costs a bounded share more with extended numbers, none without, and nothing is
 * taken for it. */
static void test_forged_packets_cost_little(void)
{
    static struct ike_costs costs;
    const unsigned count = 10 * IKE_ESP_RESYNC_AFTER;
    costs.byte_ps[ALGO_AES128GCM16] = 1000;
    for (int extended = 0; extended < 2; extended++) {
        bench_begin(ike_crypto_modelled, 0, extended == 1);
        struct ike_crypto *const meter = ike_crypto_meter(bench.crypto, &costs);
        bench.crypto = meter;
        seal_at(1);
        const uint64_t each = meter->spent_ns;
        bench.packet[bench.len - 1] ^= 1;
        for (unsigned i = 0; i < count; i++)
            EXPECT_EQ(bench_open(), ESP_WHY_BAD_ICV);
        const uint64_t more = extended == 1 ? 10 * IKE_ESP_RESYNC_TRIES : 0;
        EXPECT_EQ(meter->spent_ns - each, (count + more) * each);
        EXPECT_EQ(bench.in.window.top, 0);
        bench_end();
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_sender_that_is_far_ahead_is_found_again),
        TEST(test_a_sender_that_is_too_far_ahead_is_not_found),
        TEST(test_only_failures_in_a_row_count),
        TEST(test_forged_packets_cost_little),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
