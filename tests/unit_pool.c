/* SPDX-License-Identifier: MIT
 * Pools, the store of octets, deadlines: against plain lists that do the same. */
#include "ike/ike.h"
#include "ike/pool.h"
#include "ike/timer.h"
#include "tests/test.h"

#include <string.h>

static uint64_t state = 1;

static uint32_t draw(uint32_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % below;
}

static void test_a_pool_gives_each_number_once_and_the_last_given_back_first(void)
{
    struct ike_pool pool;
    EXPECT(ike_pool_open(&pool, 12, 3));
    EXPECT_EQ(pool.item, 16);
    EXPECT_EQ(ike_pool_take(&pool), 1);
    EXPECT_EQ(ike_pool_take(&pool), 2);
    EXPECT_EQ(ike_pool_take(&pool), 3);
    EXPECT_EQ(ike_pool_take(&pool), 0);
    ike_pool_give(&pool, 1);
    ike_pool_give(&pool, 3);
    EXPECT_EQ(pool.used, 1);
    EXPECT_EQ(ike_pool_take(&pool), 3);
    EXPECT_EQ(ike_pool_take(&pool), 1);
    EXPECT_EQ(ike_pool_take(&pool), 0);
    ike_pool_close(&pool);
}

static void test_items_of_a_pool_do_not_touch_each_other(void)
{
    struct ike_pool pool;
    EXPECT(ike_pool_open(&pool, 24, 100));
    for (uint32_t i = 1; i <= 100; i++)
        memset(ike_pool_at(&pool, ike_pool_take(&pool)), (int)i, 24);
    for (uint32_t i = 1; i <= 100; i++) {
        const uint8_t *const at = ike_pool_at(&pool, i);
        EXPECT(at[0] == i && at[23] == i);
    }
    ike_pool_close(&pool);
}

static void test_the_store_keeps_octets_of_every_length_and_balances(void)
{
    static struct ike_store store;
    EXPECT(ike_store_open(&store, 10));
    EXPECT_EQ(ike_store_take(&store, 0).number, 0);
    EXPECT_EQ(ike_store_take(&store, IKE_MESSAGE_MAX + 1).number, 0);
    for (size_t len = 1; len <= IKE_MESSAGE_MAX; len++) {
        const struct ike_blob a = ike_store_take(&store, len);
        const struct ike_blob b = ike_store_take(&store, len);
        EXPECT(a.number != 0 && b.number != 0);
        EXPECT(store.used >= 2 * len && store.used <= 2 * len + 2 * (len / 2 + 16));
        memset(ike_store_at(&store, a), 0x5a, len);
        memset(ike_store_at(&store, b), 0xa5, len);
        EXPECT_EQ(ike_store_view(&store, a).len, len);
        EXPECT(ike_store_at(&store, a)[len - 1] == 0x5a);
        ike_store_give(&store, a);
        EXPECT(ike_store_at(&store, b)[0] == 0xa5);
        ike_store_give(&store, b);
    }
    EXPECT_EQ(store.used, 0);
    ike_store_close(&store);
}

static void test_what_is_given_back_is_wiped(void)
{
    static struct ike_store store;
    EXPECT(ike_store_open(&store, 4));
    const struct ike_blob secret = ike_store_take(&store, 40);
    memset(ike_store_at(&store, secret), 0x77, 40);
    const uint8_t *const at = ike_store_at(&store, secret);
    ike_store_give(&store, secret);
    for (size_t i = 4; i < 40; i++) /* the first 4 hold the list of those free */
        EXPECT_EQ(at[i], 0);
    ike_store_close(&store);
}

static void test_a_full_class_of_the_store_gives_none(void)
{
    static struct ike_store store;
    EXPECT(ike_store_open(&store, 2));
    EXPECT(ike_store_take(&store, 100).number != 0);
    EXPECT(ike_store_take(&store, 100).number != 0);
    EXPECT_EQ(ike_store_take(&store, 100).number, 0);
    EXPECT(ike_store_take(&store, 200).number != 0);
    ike_store_close(&store);
}

enum { NUMBERS = 200, OPERATIONS = 100000 };

static struct ike_timer_entry earliest(const uint64_t *at)
{
    struct ike_timer_entry first = {.at_ns = IKE_NEVER, .number = 0};
    for (uint32_t i = 1; i <= NUMBERS; i++)
        if (at[i] < first.at_ns)
            first = (struct ike_timer_entry){.at_ns = at[i], .number = i};
    return first;
}

static void test_deadlines_come_in_order_whatever_is_done_to_them(void)
{
    static uint64_t at[NUMBERS + 1];
    struct ike_timers timers;
    EXPECT(ike_timers_open(&timers, NUMBERS));
    for (uint32_t i = 0; i <= NUMBERS; i++)
        at[i] = IKE_NEVER;
    bool same = true;
    for (uint32_t i = 0; i < OPERATIONS && same; i++) {
        const uint32_t number = 1 + draw(NUMBERS);
        at[number] = draw(4) == 0 ? IKE_NEVER : draw(50); /* many are equal */
        ike_timers_set(&timers, number, at[number]);
        const struct ike_timer_entry wanted = earliest(at);
        const struct ike_timer_entry first = ike_timers_first(&timers);
        same = first.at_ns == wanted.at_ns && first.number == wanted.number;
    }
    EXPECT(same);
    ike_timers_close(&timers);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_pool_gives_each_number_once_and_the_last_given_back_first),
        TEST(test_items_of_a_pool_do_not_touch_each_other),
        TEST(test_the_store_keeps_octets_of_every_length_and_balances),
        TEST(test_what_is_given_back_is_wiped),
        TEST(test_a_full_class_of_the_store_gives_none),
        TEST(test_deadlines_come_in_order_whatever_is_done_to_them),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
