/* SPDX-License-Identifier: MIT
 * A real program at the end of the built-in network, in real time. Skipped where
 * namespaces cannot be had. */
#include "sim/net_links.h"
#include "tests/live_lab.h"
#include "tests/test.h"

static struct sim_net *links_open(struct sim_loop *loop, char *error, size_t error_max)
{
    (void)error;
    (void)error_max;
    return sim_net_links_open(loop, 1, NULL);
}

static void test_a_real_program_answers_through_two_lines_of_5_ms(void)
{
    live_ping_pong(links_open);
}

static void test_two_thousand_packets_come_back_and_are_accounted_for(void)
{
    live_bulk(links_open);
}

static void test_large_datagrams_go_whole_and_come_back_in_parts(void)
{
    live_large_datagrams(links_open);
}

static void test_esp_passes_and_what_the_kernel_says_itself_is_counted(void)
{
    live_esp_and_refusals(links_open);
}

static void test_what_a_full_socket_has_no_room_for_is_known(void)
{
    live_full_socket(links_open);
}

static void test_a_kernel_learns_how_narrow_the_way_is(void)
{
    live_path_mtu(links_open);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_real_program_answers_through_two_lines_of_5_ms),
        TEST(test_two_thousand_packets_come_back_and_are_accounted_for),
        TEST(test_large_datagrams_go_whole_and_come_back_in_parts),
        TEST(test_esp_passes_and_what_the_kernel_says_itself_is_counted),
        TEST(test_a_kernel_learns_how_narrow_the_way_is),
        TEST(test_what_a_full_socket_has_no_room_for_is_known),
    };
    int status = 0;
    if (live_role(argc, argv, &status))
        return status;
    return live_skipped() ? 0 : test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
