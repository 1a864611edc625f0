/* SPDX-License-Identifier: MIT
 * The modelled provider: the cases every provider passes, its numbers pinned
 * (they must be the same on every machine), and the meter on top of it. Links
 * no OpenSSL, and is built for 32 bits too. */
#include "ike/crypto.h"
#include "ike/group.h"
#include "ike/limits.h"
#include "tests/crypto_cases.h"
#include "tests/test.h"

static struct ike_crypto *metered(struct ike_random random)
{
    const struct ike_costs none = {.sha1_call_ns = 0};
    return ike_crypto_meter(ike_crypto_modelled(random), &none);
}

static void test_modelled_what_is_sealed_opens(void)
{
    crypto_case_what_is_sealed_opens(ike_crypto_modelled);
}

static void test_modelled_any_changed_bit_is_refused(void)
{
    crypto_case_any_changed_bit_is_refused(ike_crypto_modelled);
}

static void test_modelled_wrong_keys_are_refused(void)
{
    crypto_case_wrong_keys_are_refused(ike_crypto_modelled);
}

static void test_modelled_both_ends_get_one_secret(void)
{
    crypto_case_both_ends_get_one_secret(ike_crypto_modelled);
}

static void test_modelled_bad_public_values_are_refused(void)
{
    crypto_case_bad_public_values_are_refused(ike_crypto_modelled);
}

static void test_modelled_real_public_values_are_accepted(void)
{
    crypto_case_real_public_values_are_accepted(ike_crypto_modelled);
}

static void test_modelled_one_stream_gives_one_outcome(void)
{
    crypto_case_one_stream_gives_one_outcome(ike_crypto_modelled);
}

static void test_modelled_prf_parts_are_one_text(void)
{
    crypto_case_prf_parts_are_one_text(ike_crypto_modelled);
}

static void test_modelled_prf_depends_on_each_bit(void)
{
    crypto_case_prf_depends_on_each_bit(ike_crypto_modelled);
}

static void test_modelled_many_keys_do_not_mix(void)
{
    crypto_case_many_keys_do_not_mix(ike_crypto_modelled);
}

static void test_a_metered_provider_passes_the_same_cases(void)
{
    crypto_case_what_is_sealed_opens(metered);
    crypto_case_any_changed_bit_is_refused(metered);
    crypto_case_both_ends_get_one_secret(metered);
    crypto_case_bad_public_values_are_refused(metered);
    crypto_case_one_stream_gives_one_outcome(metered);
    crypto_case_prf_parts_are_one_text(metered);
}

/* A share that is ours by its digest is refused when any octet of it is changed. */
static void test_modelled_points_are_known_by_their_digest(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_modelled(crypto_stream_random(&stream, 6));
    for (uint8_t row = ALGO_ECP256; row <= ALGO_ECP384; row++) {
        const struct ike_algo *const g = &ike_algos[row];
        uint8_t share[IKE_SHARE_MAX];
        uint8_t answer[IKE_SHARE_MAX];
        uint8_t secret[IKE_SECRET_MAX];
        struct ike_kex kex;
        EXPECT(c->ops->kex_begin(c, g, &kex, share));
        for (size_t i = 0; i < g->share_len; i++) {
            const struct ike_bytes value = {share, g->share_len};
            share[i] ^= 0x40;
            EXPECT(!c->ops->kex_answer(c, g, value, answer, secret));
            share[i] ^= 0x40;
            EXPECT(c->ops->kex_answer(c, g, value, answer, secret));
        }
    }
    c->ops->close(c);
}

/* FNV-1a, so that a pin is one number. */
static uint64_t folded(const uint8_t *at, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void test_modelled_prfs_are_the_pinned_numbers(void)
{
    static const uint64_t pinned[] = {UINT64_C(0x807f3334f1c10760), UINT64_C(0x79542d2b3249b0d9),
                                      UINT64_C(0x978ec8e708b6e384), UINT64_C(0x7e0dfbabfc4fbd99)};
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    uint8_t text[100];
    uint8_t out[IKE_PRF_MAX];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 11);
    const struct ike_bytes parts[] = {{text, 37}, {text + 37, 63}};
    for (size_t i = 0; i < 3; i++) {
        const struct ike_algo *const prf = &ike_algos[ALGO_PRFSHA256 + i];
        c->ops->prf(c, prf, (struct ike_bytes){text, 30}, parts, 2, out);
        EXPECT_EQ(folded(out, prf->out_len), pinned[i]);
    }
    c->ops->sha1(c, parts, 2, out);
    EXPECT_EQ(folded(out, 20), pinned[3]);
    c->ops->close(c);
}

static void test_modelled_key_exchanges_are_the_pinned_numbers(void)
{
    static const uint64_t pinned[] = {UINT64_C(0x12a28711ba5bcd1d), UINT64_C(0x46c7d32e3dc6b586),
                                      UINT64_C(0x6425cd2bead5ba9d), UINT64_C(0x52f97ecd1853ee9a),
                                      UINT64_C(0xae3f1b6d5d75f960), UINT64_C(0xe6d645b5b230406d)};
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    uint8_t octets[2 * IKE_SHARE_MAX + IKE_SECRET_MAX];
    for (size_t i = 0; i < 6; i++) {
        const struct ike_algo *const g = &ike_algos[ALGO_X25519 + i];
        uint8_t *const answer = octets + g->share_len;
        struct ike_kex kex;
        EXPECT(c->ops->kex_begin(c, g, &kex, octets));
        EXPECT(c->ops->kex_answer(c, g, (struct ike_bytes){octets, g->share_len}, answer,
                                  answer + g->share_len));
        EXPECT_EQ(folded(octets, 2U * g->share_len + g->secret_len), pinned[i]);
    }
    c->ops->close(c);
}

static void test_modelled_sealed_messages_are_the_pinned_numbers(void)
{
    static const uint64_t pinned[] = {UINT64_C(0x2296a4832118f43e), UINT64_C(0xa737f3179cb73fcc),
                                      UINT64_C(0xc759bb75981575a1), UINT64_C(0xa1cbe380b2ebd476),
                                      UINT64_C(0xc5307a6c19b9fb9d)};
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    uint8_t key[IKE_KEY_MAX];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i * 13);
    for (size_t i = 0; i < 5; i++) {
        const struct ike_algo *const encr = &ike_algos[ALGO_AES128GCM16 + i];
        uint8_t message[160] = {0};
        struct ike_seal_keys keys = {.encr = encr,
                                     .encr_key = {key, (size_t)encr->key_len + encr->salt_len}};
        if (!ike_algo_is_aead(encr)) {
            keys.integ = &ike_algos[ALGO_SHA384];
            keys.integ_key = (struct ike_bytes){key, keys.integ->out_len};
        }
        c->ops->seal(c, &keys, message, 32, 80);
        EXPECT_EQ(folded(message, sizeof message), pinned[i]);
    }
    c->ops->close(c);
}

static const struct ike_costs prices = {
    .kex_generate_ns = {[ALGO_X25519] = 1000, [ALGO_ECP256] = 77, [ALGO_MLKEM768] = 3000},
    .kex_derive_ns = {[ALGO_X25519] = 20000, [ALGO_ECP256] = 99, [ALGO_MLKEM768] = 500},
    .call_ns =
        {[ALGO_PRFSHA256] = 7, [ALGO_AES128GCM16] = 11, [ALGO_AES128] = 13, [ALGO_SHA256] = 17},
    .byte_ps = {[ALGO_PRFSHA256] = 300,
                [ALGO_AES128GCM16] = 1000,
                [ALGO_AES128] = 2000,
                [ALGO_SHA256] = 3000},
    .sha1_call_ns = 5,
    .sha1_byte_ps = 500,
    .random_call_ns = 3,
    .random_byte_ps = 250,
};

static void test_meter_charges_calls_and_octets_and_keeps_the_rest(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c =
        ike_crypto_meter(ike_crypto_modelled(crypto_stream_random(&stream, 1)), &prices);
    uint8_t octets[64] = {0};
    const struct ike_bytes parts[] = {{octets, 4}, {octets, 1}};
    c->ops->prf(c, &ike_algos[ALGO_PRFSHA256], parts[0], parts, 2, octets);
    EXPECT_EQ(c->spent_ns, 7 + 1); /* 1.5 ns of octets: the half waits */
    c->ops->prf(c, &ike_algos[ALGO_PRFSHA256], parts[0], parts, 2, octets);
    EXPECT_EQ(c->spent_ns, 14 + 3);
    c->spent_ns = 0;
    c->ops->sha1(c, parts, 2, octets);
    EXPECT_EQ(c->spent_ns, 5 + 2); /* 2.5 */
    c->ops->random(c, octets, 6);
    EXPECT_EQ(c->spent_ns, 5 + 3 + 4); /* 2.5 + 1.5 */
    c->ops->close(c);
}

static void test_meter_charges_prf_plus_as_the_prf_calls_that_it_is_made_of(void)
{
    struct crypto_stream stream;
    struct ike_costs costs = prices;
    costs.byte_ps[ALGO_PRFSHA256] = 1000; /* whole nanoseconds: nothing is carried on */
    struct ike_crypto *const c =
        ike_crypto_meter(ike_crypto_modelled(crypto_stream_random(&stream, 1)), &costs);
    const struct ike_crypto_ops *const ops = c->ops;
    struct ike_crypto_ops plain = *ops;
    uint8_t octets[3 * 32 + 1] = {0};
    const struct ike_bytes seed[] = {{octets, 9}, {octets, 4}};
    const struct ike_prf_plus_input input = {
        .prf = &ike_algos[ALGO_PRFSHA256], .key = {octets, 32}, .seed = seed, .seed_count = 2};
    plain.prf_plus = NULL;
    for (size_t len = 1; len <= sizeof octets; len += 32) {
        ike_prf_plus(c, &input, octets, len);
        const uint64_t at_once = c->spent_ns;
        c->spent_ns = 0;
        c->ops = &plain;
        ike_prf_plus(c, &input, octets, len);
        EXPECT_EQ(at_once, c->spent_ns);
        EXPECT(at_once >= 7 * (1 + len / 32));
        c->spent_ns = 0;
        c->ops = ops;
    }
    c->ops->close(c);
}

static void test_meter_charges_key_exchange_unless_the_value_is_refused(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c =
        ike_crypto_meter(ike_crypto_modelled(crypto_stream_random(&stream, 1)), &prices);
    const struct ike_algo *const g = &ike_algos[ALGO_X25519];
    uint8_t share[32];
    uint8_t answer[32];
    uint8_t secret[32];
    struct ike_kex kex;
    EXPECT(c->ops->kex_begin(c, g, &kex, share));
    EXPECT_EQ(c->spent_ns, 1000);
    EXPECT(c->ops->kex_answer(c, g, (struct ike_bytes){share, 32}, answer, secret));
    EXPECT_EQ(c->spent_ns, 1000 + 21000);
    EXPECT(c->ops->kex_end(c, g, &kex, (struct ike_bytes){answer, 32}, secret));
    EXPECT_EQ(c->spent_ns, 1000 + 21000 + 20000);
    memset(answer, 0, sizeof answer);
    EXPECT(!c->ops->kex_end(c, g, &kex, (struct ike_bytes){answer, 32}, secret));
    EXPECT(!c->ops->kex_answer(c, g, (struct ike_bytes){answer, 32}, share, secret));
    EXPECT_EQ(c->spent_ns, 42000);
    c->ops->close(c);
}

/* A responder that encapsulates makes no pair. */
static void test_meter_charges_a_kem_for_what_each_end_does(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c =
        ike_crypto_meter(ike_crypto_modelled(crypto_stream_random(&stream, 1)), &prices);
    const struct ike_algo *const g = &ike_algos[ALGO_MLKEM768];
    uint8_t share[1184];
    uint8_t answer[1088];
    uint8_t secret[32];
    uint8_t other[32];
    struct ike_kex kex;
    EXPECT(c->ops->kex_begin(c, g, &kex, share));
    EXPECT_EQ(c->spent_ns, 3000);
    EXPECT(c->ops->kex_answer(c, g, (struct ike_bytes){share, sizeof share}, answer, secret));
    EXPECT_EQ(c->spent_ns, 3500);
    EXPECT(c->ops->kex_end(c, g, &kex, (struct ike_bytes){answer, sizeof answer}, other));
    EXPECT_EQ(c->spent_ns, 4000);
    EXPECT(memcmp(secret, other, 32) == 0);
    answer[700] ^= 1; /* a bad ciphertext is no error: it gives another secret (FIPS 203 6.3) */
    EXPECT(c->ops->kex_end(c, g, &kex, (struct ike_bytes){answer, sizeof answer}, other));
    EXPECT(memcmp(secret, other, 32) != 0);
    EXPECT(!c->ops->kex_end(c, g, &kex, (struct ike_bytes){share, sizeof share}, other));
    EXPECT(!c->ops->kex_answer(c, g, (struct ike_bytes){answer, sizeof answer}, share, other));
    c->ops->close(c);
}

static void test_meter_charges_sealing_and_what_of_opening_was_done(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c =
        ike_crypto_meter(ike_crypto_modelled(crypto_stream_random(&stream, 1)), &prices);
    uint8_t key[IKE_KEY_MAX] = {0};
    uint8_t m[32 + 16 + 48 + 16] = {0};
    const struct ike_seal_keys aead = {.encr = &ike_algos[ALGO_AES128GCM16], .encr_key = {key, 20}};
    c->ops->seal(c, &aead, m, 32, 48);
    EXPECT_EQ(c->spent_ns, 11 + 32 + 8 + 48);
    m[0] ^= 1;
    c->spent_ns = 0;
    EXPECT(!c->ops->open(c, &aead, m, 32, 48));
    EXPECT_EQ(c->spent_ns, 11 + 32 + 8 + 48); /* an AEAD knows only at its end */

    const struct ike_seal_keys two = {.encr = &ike_algos[ALGO_AES128],
                                      .integ = &ike_algos[ALGO_SHA256],
                                      .encr_key = {key, 16},
                                      .integ_key = {key, 32}};
    const uint64_t integ_ns = 17 + 3 * (32 + 16 + 48);
    const uint64_t encr_ns = 13 + 2 * 48;
    c->spent_ns = 0;
    c->ops->seal(c, &two, m, 32, 48);
    EXPECT_EQ(c->spent_ns, integ_ns + encr_ns);
    c->spent_ns = 0;
    EXPECT(c->ops->open(c, &two, m, 32, 48));
    EXPECT_EQ(c->spent_ns, integ_ns + encr_ns);
    c->spent_ns = 0;
    EXPECT(!c->ops->open(c, &two, m, 32, 48)); /* it is open already */
    EXPECT_EQ(c->spent_ns, integ_ns);
    c->ops->close(c);
}

static void test_secrets_compare_at_every_length_and_place(void)
{
    uint8_t a[40];
    uint8_t b[40];
    for (size_t len = 0; len <= sizeof a; len++) {
        memset(a, 0x33, sizeof a);
        memset(b, 0x33, sizeof b);
        EXPECT(ike_secret_equal(a, b, len));
        for (size_t i = 0; i < sizeof a; i++) {
            b[i] ^= 0x80;
            EXPECT_EQ(ike_secret_equal(a, b, len), i >= len);
            b[i] ^= 0x80;
        }
        ike_secret_wipe(a, len);
        for (size_t i = 0; i < sizeof a; i++)
            EXPECT_EQ(a[i], i < len ? 0 : 0x33);
    }
}

static const struct test_case cases[] = {
    TEST(test_modelled_what_is_sealed_opens),
    TEST(test_modelled_any_changed_bit_is_refused),
    TEST(test_modelled_wrong_keys_are_refused),
    TEST(test_modelled_both_ends_get_one_secret),
    TEST(test_modelled_bad_public_values_are_refused),
    TEST(test_modelled_real_public_values_are_accepted),
    TEST(test_modelled_one_stream_gives_one_outcome),
    TEST(test_modelled_prf_parts_are_one_text),
    TEST(test_modelled_prf_depends_on_each_bit),
    TEST(test_modelled_many_keys_do_not_mix),
    TEST(test_a_metered_provider_passes_the_same_cases),
    TEST(test_modelled_points_are_known_by_their_digest),
    TEST(test_modelled_prfs_are_the_pinned_numbers),
    TEST(test_modelled_key_exchanges_are_the_pinned_numbers),
    TEST(test_modelled_sealed_messages_are_the_pinned_numbers),
    TEST(test_meter_charges_calls_and_octets_and_keeps_the_rest),
    TEST(test_meter_charges_prf_plus_as_the_prf_calls_that_it_is_made_of),
    TEST(test_meter_charges_key_exchange_unless_the_value_is_refused),
    TEST(test_meter_charges_a_kem_for_what_each_end_does),
    TEST(test_meter_charges_sealing_and_what_of_opening_was_done),
    TEST(test_secrets_compare_at_every_length_and_place),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
