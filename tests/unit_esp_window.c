/* SPDX-License-Identifier: MIT
 * The anti-replay window against a set of all numbers that came, and the upper
 * half of a number against the pseudo-code of RFC 4303 A.2.3. */
#include "ike/esp_window.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 1 << 16, STEPS = 20000 };

/* The model: which numbers came, from `base` on, and the highest. */
static struct model {
    uint64_t base;
    uint64_t top;
    uint32_t size;
    bool came[NUMBERS];
} model;

static uint64_t chance;

static uint32_t draw(uint32_t below)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((chance >> 32) % below);
}

static const uint32_t sizes[] = {1,   2,   31,  32,   33,   63,   64,  65,
                                 127, 128, 129, 1000, 1024, 1983, 1984};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* Both at a number from which on others come; the window has jumped there. */
static void begin(struct ike_esp_window *w, uint32_t size, uint64_t base)
{
    model = (struct model){.base = base, .top = base, .size = size};
    model.came[0] = true;
    ike_esp_window_open(w, size);
    if (base > 0)
        ike_esp_window_take(w, base);
}

static enum ike_esp_place model_look(uint64_t number)
{
    if (number > model.top)
        return ESP_PLACE_NEW;
    if (model.top - number >= model.size)
        return ESP_PLACE_BELOW;
    return number >= model.base && model.came[number - model.base] ? ESP_PLACE_TAKEN
                                                                   : ESP_PLACE_NEW;
}

/* A number somewhere about the window; now and then far ahead. */
static uint64_t near_top(void)
{
    const uint32_t about = 3 * model.size + 10;
    const uint64_t ahead = draw(1000) == 0 ? draw(3 * IKE_ESP_WINDOW_MAX) : draw(4);
    const uint64_t behind = draw(3) == 0 ? draw(about) : draw(8);
    const uint64_t from = model.top + ahead;
    return from > behind ? from - behind : 0;
}

static void walk(uint32_t size, uint64_t base)
{
    struct ike_esp_window w;
    unsigned seen[3] = {0};
    begin(&w, size, base);
    for (int i = 0; i < STEPS; i++) {
        const uint64_t number = near_top();
        if (number < base || number - base >= NUMBERS)
            continue;
        const enum ike_esp_place place = model_look(number);
        if (!EXPECT_EQ(ike_esp_window_look(&w, number), place))
            return;
        seen[place]++;
        if (place != ESP_PLACE_NEW || draw(10) == 0)
            continue; /* some turn out not to be authentic */
        ike_esp_window_take(&w, number);
        model.came[number - base] = true;
        model.top = number > model.top ? number : model.top;
        EXPECT_EQ(w.top, model.top);
    }
    EXPECT(seen[ESP_PLACE_NEW] > 1000 && seen[ESP_PLACE_BELOW] > 100 &&
           seen[ESP_PLACE_TAKEN] > 100);
}

static void test_the_window_is_the_set_of_what_came(void)
{
    static const uint64_t bases[] = {0,
                                     1,
                                     63,
                                     64,
                                     1000,
                                     UINT32_MAX - 3000,
                                     UINT64_C(1) << 32,
                                     (UINT64_C(7) << 32) - 5000,
                                     UINT64_MAX - NUMBERS};
    chance = 1;
    for (size_t i = 0; i < SIZES; i++)
        for (size_t b = 0; b < sizeof bases / sizeof bases[0]; b++)
            walk(sizes[i], bases[b]);
}

static void test_number_0_never_comes(void)
{
    struct ike_esp_window w;
    ike_esp_window_open(&w, 64);
    EXPECT_EQ(ike_esp_window_look(&w, 0), ESP_PLACE_TAKEN);
    EXPECT_EQ(ike_esp_window_look(&w, 1), ESP_PLACE_NEW);
    ike_esp_window_take(&w, 63);
    EXPECT_EQ(ike_esp_window_look(&w, 0), ESP_PLACE_TAKEN);
    ike_esp_window_take(&w, 64);
    EXPECT_EQ(ike_esp_window_look(&w, 0), ESP_PLACE_BELOW);
    EXPECT_EQ(ike_esp_window_look(&w, 1), ESP_PLACE_NEW);
}

static void test_a_window_of_none_refuses_none(void)
{
    struct ike_esp_window w;
    ike_esp_window_open(&w, 0);
    static const uint64_t numbers[] = {5, 5, 1, 0, 100000, 99999, 5};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        EXPECT_EQ(ike_esp_window_look(&w, numbers[i]), ESP_PLACE_NEW);
        ike_esp_window_take(&w, numbers[i]);
    }
    EXPECT_EQ(w.top, 100000);
}

/* A jump as long as the ring, and as long but one: no bit of before is left. */
static void test_a_jump_forgets_what_came_before(void)
{
    static const uint64_t filled = UINT64_C(2) * IKE_ESP_WINDOW_MAX;
    for (size_t i = 0; i < SIZES; i++) {
        for (uint64_t jump = 1; jump < 5 * 64 + sizes[i]; jump++) {
            struct ike_esp_window w;
            ike_esp_window_open(&w, sizes[i]);
            for (uint64_t n = 1; n <= filled; n++)
                ike_esp_window_take(&w, n);
            const uint64_t top = filled + jump;
            ike_esp_window_take(&w, top);
            unsigned fresh = 0;
            for (uint64_t n = 1; n <= top; n++)
                fresh += ike_esp_window_look(&w, n) == ESP_PLACE_NEW ? 1 : 0;
            const uint64_t gap = jump - 1;
            if (!EXPECT_EQ(fresh, gap < sizes[i] ? gap : sizes[i] - 1))
                return;
            jump += jump > 130 ? 63 : 0;
        }
    }
}

/* Line by line RFC 4303 A.2.3: what Seqh is. */
static uint32_t pseudo_code(uint64_t top, uint32_t w, uint32_t seq_l)
{
    const uint32_t t_l = (uint32_t)top, t_h = (uint32_t)(top >> 32);
    if (t_l >= w - 1)
        return seq_l >= t_l - w + 1 ? t_h : t_h + 1;
    return seq_l >= t_l - w + 1 ? t_h - 1 : t_h;
}

static void test_the_upper_half_is_that_of_the_pseudo_code(void)
{
    static const uint32_t lows[] = {
        0,          1,          30,         31,         32,         62,         63,
        64,         65,         500,        1022,       1023,       1024,       0x7fffffff,
        0x80000000, 0xfffffbff, 0xfffffc00, 0xffffffc0, 0xffffffc1, 0xfffffffe, 0xffffffff};
    enum { LOWS = sizeof lows / sizeof lows[0] };
    struct ike_esp_window w;
    unsigned before = 0, after = 0;
    chance = 2;
    for (size_t i = 0; i < SIZES; i++) {
        for (uint32_t round = 0; round < 20 * LOWS; round++) {
            ike_esp_window_open(&w, sizes[i]);
            w.top = (uint64_t)(1 + draw(5)) << 32 |
                    (round < 10 * LOWS ? lows[round % LOWS] : draw(UINT32_MAX));
            for (size_t k = 0; k < (size_t)3 * LOWS; k++) {
                const uint32_t low = k < LOWS ? lows[k] : (uint32_t)w.top - 2048 + draw(4096);
                const uint64_t number = ike_esp_window_number(&w, low, true);
                const uint32_t high = pseudo_code(w.top, sizes[i], low);
                if (!EXPECT_EQ(number, (uint64_t)high << 32 | low))
                    return;
                before += high < w.top >> 32 ? 1 : 0;
                after += high > w.top >> 32 ? 1 : 0;
            }
        }
    }
    EXPECT(before > 100 && after > 100);
    EXPECT_EQ(ike_esp_window_number(&w, 77, false), 77);
}

/* In the first 2^32 there is nothing before 0: a number that high was skipped to. */
static void test_the_first_numbers_have_none_before_them(void)
{
    struct ike_esp_window w;
    ike_esp_window_open(&w, 64);
    EXPECT_EQ(ike_esp_window_number(&w, 1, true), 1);
    EXPECT_EQ(ike_esp_window_number(&w, UINT32_MAX, true), UINT32_MAX);
    ike_esp_window_take(&w, 62);
    EXPECT_EQ(ike_esp_window_number(&w, UINT32_MAX, true), UINT32_MAX);
    EXPECT_EQ(ike_esp_window_number(&w, 0, true), 0);
    ike_esp_window_take(&w, 64);
    EXPECT_EQ(ike_esp_window_number(&w, 0, true), UINT64_C(1) << 32);
}

/* At the end of all numbers nothing wraps to be new. */
static void test_the_last_number_of_all(void)
{
    struct ike_esp_window w;
    ike_esp_window_open(&w, 64);
    ike_esp_window_take(&w, UINT64_MAX - 1);
    EXPECT_EQ(ike_esp_window_number(&w, UINT32_MAX, true), UINT64_MAX);
    ike_esp_window_take(&w, UINT64_MAX);
    EXPECT_EQ(ike_esp_window_look(&w, UINT64_MAX), ESP_PLACE_TAKEN);
    EXPECT_EQ(ike_esp_window_look(&w, ike_esp_window_number(&w, 0, true)), ESP_PLACE_BELOW);
}

/* A sender's numbers in disorder, some lost, some twice, across 2^32: of each the lower half tells
 * the whole, as long as it is no further behind than the window. */
static void cross(uint32_t size, uint64_t from)
{
    enum { SENT = 6000 };
    static uint64_t order[SENT];
    static bool taken[SENT];
    struct ike_esp_window w;
    memset(taken, 0, sizeof taken);
    for (uint64_t i = 0; i < SENT; i++)
        order[i] = i;
    for (uint64_t i = 0; i + 1 < SENT; i++) { /* none is moved by more than size / 2 */
        const uint64_t far = i + draw(size / 4 + 1);
        const uint64_t other = far < SENT && (order[i] + size / 2 > far) ? far : i;
        const uint64_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    ike_esp_window_open(&w, size);
    ike_esp_window_take(&w, from);
    for (uint64_t i = 0; i < SENT; i++) {
        const uint64_t number = from + 1 + order[i];
        const bool below = w.top >= number && w.top - number >= size;
        if (below || draw(20) == 0)
            continue;
        if (!EXPECT_EQ(ike_esp_window_number(&w, (uint32_t)number, true), number))
            return;
        if (!EXPECT_EQ(ike_esp_window_look(&w, number),
                       taken[order[i]] ? ESP_PLACE_TAKEN : ESP_PLACE_NEW))
            return;
        if (!taken[order[i]])
            ike_esp_window_take(&w, number);
        taken[order[i]] = true;
        if (draw(10) == 0 && w.top - number < size)
            EXPECT_EQ(ike_esp_window_look(&w, number), ESP_PLACE_TAKEN);
    }
    EXPECT(w.top > from + SENT - 100);
}

static void test_numbers_are_followed_across_the_end_of_32_bits(void)
{
    chance = 3;
    for (size_t i = 0; i < SIZES; i++)
        for (uint64_t high = 1; high < 4; high++)
            cross(sizes[i], (high << 32) - 1 - draw(5000));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_window_is_the_set_of_what_came),
        TEST(test_number_0_never_comes),
        TEST(test_a_window_of_none_refuses_none),
        TEST(test_a_jump_forgets_what_came_before),
        TEST(test_the_upper_half_is_that_of_the_pseudo_code),
        TEST(test_the_first_numbers_have_none_before_them),
        TEST(test_the_last_number_of_all),
        TEST(test_numbers_are_followed_across_the_end_of_32_bits),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
