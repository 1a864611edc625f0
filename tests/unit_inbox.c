/* SPDX-License-Identifier: MIT
 * The inbox beside a UDP socket of Linux 6.18 with its default buffer of 212,992
 * octets: the same numbers of datagrams filled in and read, tried on both. */
#include "sim/host.h"
#include "sim/inbox.h"
#include "tests/test.h"

#include <stdlib.h>

enum { BUFFER = 212992, SHORT = 140, LONG = 400, MANY = 300 };

static bool put(struct sim_inbox *inbox, size_t len, uint32_t stream)
{
    static const uint8_t octets[LONG];
    const struct sim_datagram d = {.at = octets, .len = len, .protocol = SIM_UDP};
    return sim_inbox_put(inbox, 0, SIM_ANY_CORE, &d, stream);
}

/* How many more of these fit. */
static uint32_t fill(struct sim_inbox *inbox, size_t len)
{
    uint32_t count = 0;
    while (count < MANY && put(inbox, len, 0))
        count++;
    return count;
}

static void take(struct sim_inbox *inbox, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        sim_inbox_give(inbox, sim_inbox_take(inbox, 0));
}

/* Room is free again by quarters: 64 of 256. */
static void test_room_is_free_again_when_it_is_on_linux(void)
{
    static const struct {
        uint32_t taken, fit;
    } steps[] = {{1, 0}, {1, 0}, {1, 0}, {5, 0}, {20, 0}, {30, 0}, {40, 64}, {64, 64}, {64, 64}};
    struct sim_inbox *const inbox = sim_inbox_open(BUFFER, 0);
    EXPECT_EQ(fill(inbox, SHORT), 256);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        take(inbox, steps[i].taken);
        EXPECT_EQ(fill(inbox, SHORT), steps[i].fit);
    }
    take(inbox, 64); /* a longer one finds as much room as short ones do, or as little */
    EXPECT(put(inbox, LONG, 0));
    EXPECT_EQ(fill(inbox, SHORT), 62);
    take(inbox, 10);
    EXPECT(!put(inbox, LONG, 0));
    EXPECT_EQ(fill(inbox, SHORT), 0);
    while (sim_inbox_has(inbox, 0))
        take(inbox, 1);
    EXPECT_EQ(fill(inbox, SHORT), 256); /* all is read, all is free */
    sim_inbox_close(inbox);
}

static void test_a_batch_that_is_read_leaves_no_room_taken(void)
{
    struct sim_inbox *const inbox = sim_inbox_open(BUFFER, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        EXPECT(put(inbox, SHORT, 0));
        EXPECT(put(inbox, LONG, 0));
        take(inbox, 2);
    }
    EXPECT_EQ(fill(inbox, SHORT), 256);
    sim_inbox_close(inbox);
}

/* They have their room elsewhere. */
static void test_messages_of_streams_take_no_room_and_free_none(void)
{
    struct sim_inbox *const inbox = sim_inbox_open(BUFFER, 2);
    EXPECT(put(inbox, LONG, 7));
    EXPECT_EQ(fill(inbox, SHORT), 256);
    EXPECT(put(inbox, LONG, 7));
    take(inbox, 1 + 63);
    EXPECT_EQ(fill(inbox, SHORT), 0);
    take(inbox, 1);
    EXPECT_EQ(fill(inbox, SHORT), 64);
    sim_inbox_close(inbox);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_room_is_free_again_when_it_is_on_linux),
        TEST(test_a_batch_that_is_read_leaves_no_room_taken),
        TEST(test_messages_of_streams_take_no_room_and_free_none),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
