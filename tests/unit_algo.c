/* SPDX-License-Identifier: MIT
 * algo.c: the rows are what they say, and offers are read as written. */
#include "ike/algo.h"
#include "ike/limits.h"
#include "tests/test.h"

#include <string.h>

static void test_every_row_is_found_by_its_number_and_by_its_name(void)
{
    EXPECT_EQ(ike_algo_count, ALGO_COUNT);
    EXPECT(ike_algo_count <= IKE_ALGOS_MAX);
    for (uint8_t i = 1; i < ike_algo_count; i++) {
        const struct ike_algo *const row = &ike_algos[i];
        EXPECT_EQ(ike_algo_find(row->type, row->id, row->key_bits), i);
        EXPECT_EQ(ike_algo_named(row->name), i);
        EXPECT(row->title != NULL && row->openssl != NULL && row->source[0] != '\0');
    }
}

static void test_what_is_not_there_is_row_none(void)
{
    EXPECT_EQ(ike_algos[0].type, 0);
    EXPECT_EQ(ike_algo_find(TRANSFORM_INTEG, 0, 0), 0);
    EXPECT_EQ(ike_algo_find(TRANSFORM_ENCR, 20, 0), 0);   /* AES needs its key length, */
    EXPECT_EQ(ike_algo_find(TRANSFORM_ENCR, 20, 160), 0); /* one of AES, */
    EXPECT_EQ(ike_algo_find(TRANSFORM_ENCR, 28, 256), 0); /* and ChaCha20 has none */
    EXPECT_EQ(ike_algo_find(TRANSFORM_ENCR, 23, 128), 0); /* Camellia, */
    EXPECT_EQ(ike_algo_find(TRANSFORM_KE, 1, 0), 0);      /* and MODP-768 are not known */
    EXPECT_EQ(ike_algo_named("none"), 0);
    EXPECT_EQ(ike_algo_named("aes"), 0);
    EXPECT_EQ(ike_algo_named("aes128gcm161"), 0);
    EXPECT_EQ(ike_algo_named(""), 0);
}

/* The rows' names in the enumeration are those in the table. */
static void test_rows_stand_where_their_names_say(void)
{
    static const struct {
        uint8_t row;
        const char *name;
        uint16_t id; /* IANA, Internet Key Exchange Version 2 Parameters */
    } named[] = {
        {ALGO_AES128GCM16, "aes128gcm16", 20},
        {ALGO_AES256GCM16, "aes256gcm16", 20},
        {ALGO_AES128, "aes128", 12},
        {ALGO_AES256, "aes256", 12},
        {ALGO_SHA256, "sha256", 12},
        {ALGO_SHA384, "sha384", 13},
        {ALGO_SHA512, "sha512", 14},
        {ALGO_PRFSHA256, "prfsha256", 5},
        {ALGO_PRFSHA384, "prfsha384", 6},
        {ALGO_PRFSHA512, "prfsha512", 7},
        {ALGO_X25519, "x25519", 31},
        {ALGO_ECP256, "ecp256", 19},
        {ALGO_ECP384, "ecp384", 20},
        {ALGO_MODP2048, "modp2048", 14},
        {ALGO_MODP3072, "modp3072", 15},
        {ALGO_MODP4096, "modp4096", 16},
        {ALGO_NOESN, "noesn", 0},
        {ALGO_ESN, "esn", 1},
        {ALGO_CHACHA20POLY1305, "chacha20poly1305", 28},
        {ALGO_AES192, "aes192", 12},
        {ALGO_AES128CTR, "aes128ctr", 13},
        {ALGO_AES192CTR, "aes192ctr", 13},
        {ALGO_AES256CTR, "aes256ctr", 13},
        {ALGO_AES128CCM8, "aes128ccm8", 14},
        {ALGO_AES192CCM8, "aes192ccm8", 14},
        {ALGO_AES256CCM8, "aes256ccm8", 14},
        {ALGO_AES128CCM12, "aes128ccm12", 15},
        {ALGO_AES192CCM12, "aes192ccm12", 15},
        {ALGO_AES256CCM12, "aes256ccm12", 15},
        {ALGO_AES128CCM16, "aes128ccm16", 16},
        {ALGO_AES192CCM16, "aes192ccm16", 16},
        {ALGO_AES256CCM16, "aes256ccm16", 16},
        {ALGO_AES128GCM8, "aes128gcm8", 18},
        {ALGO_AES192GCM8, "aes192gcm8", 18},
        {ALGO_AES256GCM8, "aes256gcm8", 18},
        {ALGO_AES128GCM12, "aes128gcm12", 19},
        {ALGO_AES192GCM12, "aes192gcm12", 19},
        {ALGO_AES256GCM12, "aes256gcm12", 19},
        {ALGO_AES192GCM16, "aes192gcm16", 20},
        {ALGO_3DES, "3des", 3},
        {ALGO_NULL, "null", 11},
        {ALGO_SHA1, "sha1", 2},
        {ALGO_AESXCBC, "aesxcbc", 5},
        {ALGO_AESCMAC, "aescmac", 8},
        {ALGO_MD5, "md5", 1},
        {ALGO_PRFSHA1, "prfsha1", 2},
        {ALGO_PRFAESXCBC, "prfaesxcbc", 4},
        {ALGO_PRFAESCMAC, "prfaescmac", 8},
        {ALGO_PRFMD5, "prfmd5", 1},
        {ALGO_MODP1024, "modp1024", 2},
        {ALGO_MODP1536, "modp1536", 5},
        {ALGO_MODP6144, "modp6144", 17},
        {ALGO_MODP8192, "modp8192", 18},
        {ALGO_MODP1024S160, "modp1024s160", 22},
        {ALGO_MODP2048S224, "modp2048s224", 23},
        {ALGO_MODP2048S256, "modp2048s256", 24},
        {ALGO_ECP192, "ecp192", 25},
        {ALGO_ECP224, "ecp224", 26},
        {ALGO_ECP521, "ecp521", 21},
        {ALGO_ECP224BP, "ecp224bp", 27},
        {ALGO_ECP256BP, "ecp256bp", 28},
        {ALGO_ECP384BP, "ecp384bp", 29},
        {ALGO_ECP512BP, "ecp512bp", 30},
        {ALGO_X448, "x448", 32},
        {ALGO_MLKEM512, "mlkem512", 35},
        {ALGO_MLKEM768, "mlkem768", 36},
        {ALGO_MLKEM1024, "mlkem1024", 37},
    };
    EXPECT_EQ(sizeof named / sizeof named[0], ike_algo_count - 1);
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        EXPECT_STR(ike_algos[named[i].row].name, named[i].name);
        EXPECT_EQ(ike_algos[named[i].row].id, named[i].id);
    }
}

static void test_sizes_fit_the_limits_and_each_other(void)
{
    for (uint8_t i = 1; i < ike_algo_count; i++) {
        const struct ike_algo *const row = &ike_algos[i];
        EXPECT(row->share_len <= IKE_SHARE_MAX && row->secret_len <= IKE_SECRET_MAX);
        EXPECT(row->key_len <= IKE_KEY_MAX && row->out_len <= IKE_PRF_MAX);
        EXPECT(row->answer_len <= row->share_len);
        EXPECT_EQ(row->share_len > 0, row->type == TRANSFORM_KE);
        EXPECT_EQ(row->answer_len > 0, row->type == TRANSFORM_KE);
        EXPECT(row->kem || row->answer_len == row->share_len);
        EXPECT_EQ(row->out_len > 0, row->type == TRANSFORM_PRF || row->type == TRANSFORM_INTEG);
        EXPECT_EQ(row->mac != IKE_MAC_NONE, row->out_len > 0);
        EXPECT_EQ(row->block > 0, row->type == TRANSFORM_ENCR);
        if (row->key_bits != 0)
            EXPECT_EQ(row->key_len * 8, row->key_bits);
        if (row->type == TRANSFORM_INTEG && row->id >= 12)
            EXPECT_EQ(row->icv_len * 2, row->out_len); /* RFC 4868 2.3 */
        if (row->type == TRANSFORM_INTEG && row->id < 12)
            EXPECT_EQ(row->icv_len, 12);
        EXPECT(!ike_algo_is_aead(row) || row->salt_len > 0);
        EXPECT(row->salt_len == 0 || (row->iv_len == 8 && row->block == 1));
    }
}

static void offer_is(const char *text, const uint8_t *rows, size_t count)
{
    struct ike_offer offer;
    const char *bad = text;
    EXPECT(ike_offer_parse(text, &offer, &bad));
    EXPECT(bad == NULL);
    if (EXPECT_EQ(offer.count, count))
        EXPECT(memcmp(offer.algos, rows, count) == 0);
}

static void test_offers_keep_the_order_of_their_words(void)
{
    const uint8_t aead[] = {ALGO_AES256GCM16, ALGO_PRFSHA256, ALGO_X25519};
    const uint8_t many[] = {ALGO_X25519, ALGO_ECP384,    ALGO_AES128,
                            ALGO_SHA512, ALGO_PRFSHA384, ALGO_AES256};
    const uint8_t child[] = {ALGO_AES128, ALGO_SHA256, ALGO_ESN, ALGO_NOESN};
    offer_is("aes256gcm16-prfsha256-x25519", aead, 3);
    offer_is("x25519-ecp384-aes128-sha512-prfsha384-aes256", many, 6);
    offer_is("aes128-sha256-esn-noesn", child, 4);
}

static void test_with_a_group_and_no_prf_integrity_brings_its_own(void)
{
    const uint8_t one[] = {ALGO_AES128, ALGO_SHA256, ALGO_X25519, ALGO_PRFSHA256};
    const uint8_t two[] = {ALGO_AES128, ALGO_SHA512,    ALGO_SHA256,
                           ALGO_ECP256, ALGO_PRFSHA512, ALGO_PRFSHA256};
    const uint8_t named[] = {ALGO_AES128, ALGO_SHA256, ALGO_PRFSHA512, ALGO_X25519};
    const uint8_t no_group[] = {ALGO_AES128, ALGO_SHA384};
    const uint8_t aead[] = {ALGO_AES128GCM16, ALGO_X25519};
    offer_is("aes128-sha256-x25519", one, 4);
    offer_is("aes128-sha512-sha256-ecp256", two, 6);
    offer_is("aes128-sha256-prfsha512-x25519", named, 4);
    offer_is("aes128-sha384", no_group, 2);
    offer_is("aes128gcm16-x25519", aead, 2);
    const uint8_t xcbc[] = {ALGO_AES128CTR, ALGO_AESXCBC, ALGO_X448, ALGO_PRFAESXCBC};
    const uint8_t cmac[] = {ALGO_3DES, ALGO_AESCMAC, ALGO_MODP1024, ALGO_PRFAESCMAC};
    const uint8_t sha1[] = {ALGO_AES192, ALGO_SHA1, ALGO_MODP1024S160, ALGO_PRFSHA1};
    offer_is("aes128ctr-aesxcbc-x448", xcbc, 4);
    offer_is("3des-aescmac-modp1024", cmac, 4);
    offer_is("aes192-sha1-modp1024s160", sha1, 4);
}

static void test_a_bad_word_is_pointed_at(void)
{
    static const struct {
        const char *text;
        size_t at;
    } bad_offers[] = {
        {"", 0},
        {"none", 0},
        {"aes128-", 7},
        {"-aes128", 0},
        {"aes128--sha256", 7},
        {"aes128-sha257-x25519", 7},
        {"aes128-sha256-X25519", 14},
        {"aes128-sha256 -x25519", 7},
        {"aes128-sha256-aes128", 14}, /* twice */
        {"aes128gcm16-aes256gcm16-chacha20poly1305-aes128-aes256-sha256-sha384-sha512-"
         "prfsha256-prfsha384-prfsha512-x25519-ecp256-ecp384-modp2048-modp3072-modp4096",
         145}, /* the seventeenth */
    };
    for (size_t i = 0; i < sizeof bad_offers / sizeof bad_offers[0]; i++) {
        struct ike_offer offer;
        const char *bad = NULL;
        EXPECT(!ike_offer_parse(bad_offers[i].text, &offer, &bad));
        EXPECT_EQ(bad - bad_offers[i].text, bad_offers[i].at);
    }
}

/* Sixteen words of which three integrity algorithms would bring PRFs beyond the maximum. */
static void test_an_offer_that_implied_prfs_make_too_long_is_refused(void)
{
    static const char text[] =
        "aes128gcm16-aes256gcm16-chacha20poly1305-aes128-aes256-sha256-sha384-sha512-"
        "x25519-ecp256-ecp384-modp2048-modp3072-modp4096";
    struct ike_offer offer;
    const char *bad = NULL;
    EXPECT(!ike_offer_parse(text, &offer, &bad));
    EXPECT(bad == text);
}

static const struct test_case cases[] = {
    TEST(test_every_row_is_found_by_its_number_and_by_its_name),
    TEST(test_what_is_not_there_is_row_none),
    TEST(test_rows_stand_where_their_names_say),
    TEST(test_sizes_fit_the_limits_and_each_other),
    TEST(test_offers_keep_the_order_of_their_words),
    TEST(test_with_a_group_and_no_prf_integrity_brings_its_own),
    TEST(test_a_bad_word_is_pointed_at),
    TEST(test_an_offer_that_implied_prfs_make_too_long_is_refused),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
