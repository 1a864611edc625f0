/* SPDX-License-Identifier: MIT
 * Every cipher with every integrity algorithm, every PRF and every group through
 * IKE_SA_INIT and IKE_AUTH, on both providers: the same arrows each time, equal
 * keys, one Child SA. */
#include "ike/algo.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 96 };

static struct pair p;
static const enum pair_provider providers[] = {PAIR_OPENSSL, PAIR_MODELLED};
static size_t tried;

static bool connects(enum pair_provider provider, const char *ike, const char *esp)
{
    pair_init(&p, (struct pair_options){
                      .provider = provider, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    pair_offer(&p, A, ike, esp);
    pair_offer(&p, B, ike, esp);
    pair_open(&p);
    return pair_connect(&p) != 0;
}

/* Two providers, one drawing, whatever the algorithms. */
static void each_provider(const char *ike, const char *esp)
{
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++) {
        bool good = EXPECT(connects(providers[i], ike, esp));
        pair_run(&p);
        good = EXPECT_STR(p.trace, ARROWS_PLAIN) && good;
        good = EXPECT(pair_agrees(&p, 1)) && good;
        if (!good)
            (void)printf("# with %s, provider %zu\n", ike, i);
        pair_close(&p);
        tried++;
    }
}

static void encryption_tried(const struct ike_algo *encr)
{
    char ike[TEXT_MAX];
    char esp[TEXT_MAX];
    if (ike_algo_is_aead(encr)) {
        (void)snprintf(ike, sizeof ike, "%s-prfsha256-x25519", encr->name);
        each_provider(ike, encr->name);
        return;
    }
    for (size_t i = 1; i < ike_algo_count; i++) {
        if (ike_algos[i].type != TRANSFORM_INTEG)
            continue;
        (void)snprintf(ike, sizeof ike, "%s-%s-prfsha256-x25519", encr->name, ike_algos[i].name);
        (void)snprintf(esp, sizeof esp, "%s-%s", encr->name, ike_algos[i].name);
        each_provider(ike, esp);
    }
}

static void test_every_cipher_with_every_integrity_makes_the_same_arrows(void)
{
    tried = 0;
    for (size_t i = 1; i < ike_algo_count; i++) {
        if (ike_algos[i].type == TRANSFORM_ENCR && !ike_algo_is_null(&ike_algos[i]))
            encryption_tried(&ike_algos[i]);
    }
    EXPECT_EQ(tried, 2 * (19 + 7 * 7));
}

static void test_every_prf_makes_the_same_arrows(void)
{
    char ike[TEXT_MAX];
    tried = 0;
    for (size_t i = 1; i < ike_algo_count; i++) {
        if (ike_algos[i].type != TRANSFORM_PRF)
            continue;
        (void)snprintf(ike, sizeof ike, "aes256gcm16-%s-x25519", ike_algos[i].name);
        each_provider(ike, "aes256gcm16");
    }
    EXPECT_EQ(tried, 2 * 7);
}

static void test_every_group_makes_the_same_arrows(void)
{
    char ike[TEXT_MAX];
    tried = 0;
    for (size_t i = 1; i < ike_algo_count; i++) {
        if (ike_algos[i].type != TRANSFORM_KE || ike_algos[i].kem)
            continue;
        (void)snprintf(ike, sizeof ike, "aes128gcm16-prfsha256-%s", ike_algos[i].name);
        each_provider(ike, "aes128gcm16");
    }
    EXPECT_EQ(tried, 2 * 21);
}

/* The values of a KEM differ in length: an encapsulation key and a ciphertext. A library that has
 * no ML-KEM says so before anything is sent. */
static void test_every_kem_makes_the_same_arrows_where_it_is_had(void)
{
    char ike[TEXT_MAX];
    for (uint8_t i = ALGO_MLKEM512; i <= ALGO_MLKEM1024; i++) {
        (void)snprintf(ike, sizeof ike, "aes128gcm16-prfsha256-%s", ike_algos[i].name);
        for (size_t provider = 0; provider < 2; provider++) {
            const bool began = connects(providers[provider], ike, "aes128gcm16");
            EXPECT_EQ(began, ike_crypto_has(p.end[A].crypto, i));
            EXPECT(began || providers[provider] == PAIR_OPENSSL);
            pair_run(&p);
            EXPECT_STR(p.trace, began ? ARROWS_PLAIN : "");
            EXPECT_EQ(pair_agrees(&p, 1), began);
            pair_close(&p);
        }
    }
}

/* Rekeying both, with the group as PFS, after IKE_SA_INIT with it. */
static void test_every_group_rekeys(void)
{
    char ike[TEXT_MAX];
    char esp[TEXT_MAX];
    for (size_t i = 1; i < ike_algo_count; i++) {
        if (ike_algos[i].type != TRANSFORM_KE)
            continue;
        (void)snprintf(ike, sizeof ike, "aes192ccm12-prfaesxcbc-%s", ike_algos[i].name);
        (void)snprintf(esp, sizeof esp, "aes192ccm12-%s", ike_algos[i].name);
        EXPECT(connects(PAIR_MODELLED, ike, esp));
        pair_run(&p);
        EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
        pair_run(&p);
        EXPECT(pair_agrees(&p, 1));
        EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
        pair_run(&p);
        if (!EXPECT(pair_agrees(&p, 1)))
            (void)printf("# with %s\n%s", ike, p.trace);
        EXPECT_EQ(p.sent, 12); /* two exchanges, and twice a rekey with its Delete */
        pair_close(&p);
    }
}

/* ENCR_NULL is for ESP only (RFC 7296 3.3.2): a proposal of it alone offers nothing for IKE. */
static void test_null_encryption_protects_children_and_never_the_ike_sa(void)
{
    each_provider("aes128-sha256-prfsha256-x25519", "null-sha256");
    each_provider("aes128-null-sha256-prfsha256-x25519", "null-aes128-sha256");
    EXPECT_EQ(p.keys.suite.encr, ALGO_AES128);
    (void)connects(PAIR_MODELLED, "null-sha256-prfsha256-x25519", "aes128gcm16");
    pair_run(&p);
    EXPECT(!pair_agrees(&p, 1));
    pair_close(&p);
}

static const struct test_case cases[] = {
    TEST(test_every_cipher_with_every_integrity_makes_the_same_arrows),
    TEST(test_every_prf_makes_the_same_arrows),
    TEST(test_every_group_makes_the_same_arrows),
    TEST(test_every_kem_makes_the_same_arrows_where_it_is_had),
    TEST(test_every_group_rekeys),
    TEST(test_null_encryption_protects_children_and_never_the_ike_sa),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
