/* SPDX-License-Identifier: MIT
 * Leases: which address is given to whom, and when there is none. */
#include "ike/v2/lease.h"
#include "tests/test.h"

static struct ike_lease_pools pools;
static struct ike_gives gives;
static struct ike_policy policy;

static struct ike_lease_pool *open_pool(const char *prefix, uint32_t max)
{
    const struct ike_config config = {.policies = &policy, .policy_count = 1};
    gives = (struct ike_gives){.pool_count = 1};
    policy.gives = &gives;
    EXPECT(ike_prefix_parse(prefix, &gives.pools[0]));
    EXPECT(ike_leases_open(&pools, &config, max));
    return &pools.at[ike_lease_pool_of(&pools, &gives.pools[0])];
}

static uint32_t take(struct ike_lease_pool *pool, uint64_t who)
{
    const struct ike_lease_claim claim = {.who = who, .sa = who};
    return ike_lease_take(pool, &claim);
}

static const char *text_of(const struct ike_lease_pool *pool, uint32_t number)
{
    static char text[IKE_ADDR_TEXT];
    const struct ike_addr addr = ike_lease_addr(pool, number);
    ike_addr_format(&addr, text);
    return text;
}

static void test_addresses_are_given_from_the_first_host_of_the_network_on(void)
{
    struct ike_lease_pool *const pool = open_pool("10.9.0.0/16", 1000);
    const uint32_t first = take(pool, 1);
    EXPECT_STR(text_of(pool, first), "10.9.0.1");
    EXPECT_STR(text_of(pool, take(pool, 2)), "10.9.0.2");
    for (uint64_t who = 3; who <= 256; who++)
        (void)take(pool, who);
    EXPECT_STR(text_of(pool, take(pool, 257)), "10.9.1.1");
    EXPECT_EQ(pool->held, 257);
    EXPECT_EQ(ike_leases_held(&pools), 257);
    ike_leases_close(&pools);
}

static void test_network_and_broadcast_address_are_nobodys(void)
{
    struct ike_lease_pool *pool = open_pool("192.0.2.0/30", 1000);
    EXPECT_EQ(pool->max, 2);
    EXPECT_STR(text_of(pool, take(pool, 1)), "192.0.2.1");
    EXPECT_STR(text_of(pool, take(pool, 2)), "192.0.2.2");
    EXPECT_EQ(take(pool, 3), 0);
    ike_leases_close(&pools);
    pool = open_pool("192.0.2.0/31", 1000);
    EXPECT_EQ(pool->max, 2);
    EXPECT_STR(text_of(pool, take(pool, 1)), "192.0.2.0");
    ike_leases_close(&pools);
    pool = open_pool("192.0.2.7/32", 1000);
    EXPECT_EQ(pool->max, 1);
    EXPECT_STR(text_of(pool, take(pool, 1)), "192.0.2.7");
    ike_leases_close(&pools);
    pool = open_pool("2001:db8::/126", 1000);
    EXPECT_EQ(pool->max, 3);
    EXPECT_STR(text_of(pool, take(pool, 1)), "2001:db8::1");
    ike_leases_close(&pools);
}

static void test_an_exhausted_pool_gives_nothing_until_something_returns(void)
{
    struct ike_lease_pool *const pool = open_pool("10.0.0.0/8", 3);
    const uint32_t first = take(pool, 1);
    (void)take(pool, 2);
    (void)take(pool, 3);
    EXPECT_EQ(take(pool, 4), 0);
    ike_lease_give(pool, first);
    EXPECT_EQ(pool->held, 2);
    EXPECT_EQ(take(pool, 4), first);
    EXPECT_EQ(take(pool, 1), 0);
    ike_leases_close(&pools);
}

static void test_an_identity_gets_the_address_it_had(void)
{
    struct ike_lease_pool *const pool = open_pool("10.0.0.0/8", 4);
    const uint32_t mine = take(pool, 1);
    const uint32_t other = take(pool, 2);
    ike_lease_give(pool, mine);
    ike_lease_give(pool, other);
    EXPECT_EQ(take(pool, 2), other);
    EXPECT_EQ(take(pool, 1), mine);
    ike_leases_close(&pools);
}

static void test_new_addresses_come_before_those_of_others_and_the_oldest_of_these_first(void)
{
    struct ike_lease_pool *const pool = open_pool("10.0.0.0/8", 3);
    const uint32_t a = take(pool, 1);
    const uint32_t b = take(pool, 2);
    ike_lease_give(pool, b);
    ike_lease_give(pool, a);
    const uint32_t c = take(pool, 3);
    EXPECT(c != a && c != b);
    EXPECT_EQ(take(pool, 4), b);
    EXPECT_EQ(take(pool, 2), a); /* its own is another's now */
    ike_leases_close(&pools);
}

static bool always(const void *owner, uint64_t holder)
{
    return *(const uint64_t *)owner == holder;
}

static void test_a_held_address_is_shared_only_with_the_same_peer_who_asks_for_it(void)
{
    struct ike_lease_pool *const pool = open_pool("10.0.0.0/8", 8);
    const uint64_t holder = 1;
    const uint32_t mine = take(pool, 1);
    const struct ike_addr addr = ike_lease_addr(pool, mine);
    struct ike_lease_claim claim = {.who = 1, .sa = 2, .wanted = &addr};
    const uint32_t refused = ike_lease_take(pool, &claim);
    EXPECT(refused != mine);
    claim.shares = always;
    claim.owner = &holder;
    EXPECT_EQ(ike_lease_take(pool, &claim), mine);
    EXPECT_EQ(pool->held, 2);
    ike_lease_give(pool, mine);
    EXPECT_EQ(pool->held, 2); /* the other SA holds it still */
    claim.who = 9;            /* another's, however politely it asks */
    claim.sa = 9;
    EXPECT(ike_lease_take(pool, &claim) != mine);
    ike_lease_give(pool, mine);
    EXPECT_EQ(pool->held, 2);
    ike_leases_close(&pools);
}

static void test_an_address_outside_the_pool_is_not_given(void)
{
    struct ike_lease_pool *const pool = open_pool("2001:db8::/32", 8);
    static const char *const wishes[] = {"2001:db9::1", "10.0.0.1", "2001:db8::", "2001:db8::9",
                                         "2001:db8:1::1"};
    (void)take(pool, 1);
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        struct ike_addr wish;
        EXPECT(ike_addr_parse(wishes[i], &wish));
        const struct ike_lease_claim claim = {.who = 2, .sa = 2, .wanted = &wish};
        const uint32_t got = ike_lease_take(pool, &claim);
        EXPECT_STR(text_of(pool, got), "2001:db8::2");
        ike_lease_give(pool, got);
    }
    ike_leases_close(&pools);
}

static void test_policies_share_a_pool_of_the_same_prefix(void)
{
    static struct ike_gives many[3];
    struct ike_policy policies[3] = {{.gives = &many[0]}, {.gives = &many[1]}, {.gives = NULL}};
    const struct ike_config config = {.policies = policies, .policy_count = 3};
    (void)ike_prefix_parse("10.0.0.0/8", &many[0].pools[0]);
    (void)ike_prefix_parse("10.0.0.0/8", &many[1].pools[0]);
    (void)ike_prefix_parse("2001:db8::/64", &many[1].pools[1]);
    many[0].pool_count = 1;
    many[1].pool_count = 2;
    EXPECT(ike_leases_open(&pools, &config, 8));
    EXPECT_EQ(pools.count, 2);
    EXPECT_EQ(ike_lease_pool_of(&pools, &many[1].pools[0]), 0);
    EXPECT_EQ(ike_lease_pool_of(&pools, &many[1].pools[1]), 1);
    ike_leases_close(&pools);
}

static void test_more_pools_than_there_is_room_for_are_refused(void)
{
    static struct ike_gives many[3];
    struct ike_policy policies[3] = {{.gives = &many[0]}, {.gives = &many[1]}, {.gives = &many[2]}};
    const struct ike_config config = {.policies = policies, .policy_count = 3};
    for (uint32_t i = 0; i < 3 * IKE_POOLS_MAX; i++) {
        struct ike_gives *const g = &many[i / IKE_POOLS_MAX];
        g->pools[g->pool_count++] =
            (struct ike_prefix){.base = ike_addr_v4(0x0a000000u + (i << 8), 0), .bits = 24};
    }
    EXPECT(!ike_leases_open(&pools, &config, 8));
    ike_leases_close(&pools);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_addresses_are_given_from_the_first_host_of_the_network_on),
        TEST(test_network_and_broadcast_address_are_nobodys),
        TEST(test_an_exhausted_pool_gives_nothing_until_something_returns),
        TEST(test_an_identity_gets_the_address_it_had),
        TEST(test_new_addresses_come_before_those_of_others_and_the_oldest_of_these_first),
        TEST(test_a_held_address_is_shared_only_with_the_same_peer_who_asks_for_it),
        TEST(test_an_address_outside_the_pool_is_not_given),
        TEST(test_policies_share_a_pool_of_the_same_prefix),
        TEST(test_more_pools_than_there_is_room_for_are_refused),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
