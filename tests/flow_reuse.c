/* SPDX-License-Identifier: MIT
 * Exponentials used again (RFC 7296 2.12): the same public value for a while, and
 * other keys each time. */
#include "ike/engine.h"
#include "ike/v2/message.h"
#include "ike/v2/payload.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;

static void reuse(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    pair->end[r].config.reuse_ns = UINT64_C(10000000000);
}

static bool both_up(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1);
}

static void test_the_arrows_are_the_same(void)
{
    flow_check(&(struct flow){.prepare = reuse, .trace = ARROWS_PLAIN, .ended = both_up});
}

/* ---- the values, handshake after handshake ---- */

enum { HANDSHAKES = 4 };
static uint8_t values[HANDSHAKES][IKE_SHARE_MAX];
static uint8_t keys[HANDSHAKES][IKE_PRF_MAX];
static int count;

static bool see(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    static struct ike_message m;
    struct ike_ke ke;
    (void)pair;
    (void)number;
    if (from != B || bytes[18] != IKE_SA_INIT || count == HANDSHAKES)
        return true;
    EXPECT_EQ(ike_message_parse((struct ike_bytes){bytes, *len}, &m), WHY_OK);
    EXPECT_EQ(ike_ke_parse(ike_message_body(&m, PAYLOAD_KE), &ke), WHY_OK);
    memcpy(values[count++], ke.share.at, ke.share.len);
    return true;
}

/* The third of four handshakes comes after the time. */
static void four(enum pair_provider provider, const char *ike, uint64_t reuse_ns)
{
    struct ike_sa_keys k;
    pair_init(&p, (struct pair_options){
                      .provider = provider, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    pair_offer(&p, A, ike, "aes256gcm16");
    pair_offer(&p, B, ike, "aes256gcm16");
    p.end[B].config.reuse_ns = reuse_ns;
    p.touch = see;
    count = 0;
    memset(values, 0, sizeof values);
    pair_open(&p);
    for (int i = 0; i < HANDSHAKES; i++) {
        if (i == 2)
            pair_run_for(&p, UINT64_C(5000000000));
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(1000000000));
        EXPECT(ike_sa_keys(p.end[B].engine, p.end[B].sa, &k));
        memcpy(keys[i], k.sk_d.at, k.sk_d.len);
    }
    EXPECT_EQ(ike_stats(p.end[A].engine).established, HANDSHAKES);
    pair_close(&p);
}

static bool same(int a, int b)
{
    return memcmp(values[a], values[b], IKE_SHARE_MAX) == 0;
}

static void test_a_value_is_used_again_until_its_time_and_keys_never_are(void)
{
    static const char *const groups[] = {"x25519", "ecp256", "modp2048", "x448"};
    for (int provider = PAIR_OPENSSL; provider <= PAIR_MODELLED; provider++)
        for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
            char ike[64];
            (void)snprintf(ike, sizeof ike, "aes256gcm16-prfsha256-%s", groups[i]);
            four((enum pair_provider)provider, ike, UINT64_C(4000000000));
            EXPECT(same(0, 1));
            EXPECT(!same(1, 2));
            EXPECT(same(2, 3));
            for (int k = 1; k < HANDSHAKES; k++)
                EXPECT(memcmp(keys[k - 1], keys[k], 32) != 0);
        }
}

static void test_without_the_setting_none_is(void)
{
    four(PAIR_OPENSSL, "aes256gcm16-prfsha256-x25519", 0);
    EXPECT(!same(0, 1) && !same(1, 2) && !same(2, 3));
}

static void test_a_kem_has_nothing_to_use_again(void)
{
    four(PAIR_MODELLED, "aes256gcm16-prfsha256-mlkem768", UINT64_C(4000000000));
    EXPECT(!same(0, 1) && !same(1, 2) && !same(2, 3));
}

/* RFC 6989 2.2: a value that is none of the group is refused all the same. */
static void test_a_value_of_no_group_is_refused_with_one_kept(void)
{
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    reuse(&p, A, B);
    p.touch = pair_touch_value;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000));
    EXPECT_EQ(p.end[B].reasons[WHY_KEY_EXCHANGE], 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 0);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_arrows_are_the_same),
        TEST(test_a_value_is_used_again_until_its_time_and_keys_never_are),
        TEST(test_without_the_setting_none_is),
        TEST(test_a_kem_has_nothing_to_use_again),
        TEST(test_a_value_of_no_group_is_refused_with_one_kept),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
