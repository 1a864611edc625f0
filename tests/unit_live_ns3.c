/* SPDX-License-Identifier: MIT
 * A real program at the end of a network of ns-3 nodes, in real time. Skipped
 * where namespaces cannot be had or ns-3 is not installed. */
#include "sim/ns3_door.h"
#include "tests/live_lab.h"
#include "tests/test.h"

#include <stdio.h>

static struct sim_net *ns3_open(struct sim_loop *loop, char *error, size_t error_max)
{
    return sim_net_ns3_open(loop, 1, NULL, error, error_max);
}

static void test_a_real_program_answers_through_two_lines_of_5_ms(void)
{
    live_ping_pong(ns3_open);
}

static void test_two_thousand_packets_come_back_and_are_accounted_for(void)
{
    live_bulk(ns3_open);
}

static void test_large_datagrams_go_whole_and_come_back_in_parts(void)
{
    live_large_datagrams(ns3_open);
}

static void test_esp_passes_and_what_the_kernel_says_itself_is_counted(void)
{
    live_esp_and_refusals(ns3_open);
}

static void test_a_kernel_learns_how_narrow_the_way_is(void)
{
    live_path_mtu(ns3_open);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_real_program_answers_through_two_lines_of_5_ms),
        TEST(test_two_thousand_packets_come_back_and_are_accounted_for),
        TEST(test_large_datagrams_go_whole_and_come_back_in_parts),
        TEST(test_esp_passes_and_what_the_kernel_says_itself_is_counted),
        TEST(test_a_kernel_learns_how_narrow_the_way_is),
    };
    char error[300] = "";
    int status = 0;
    if (live_role(argc, argv, &status))
        return status;
    if (sim_ns3_api(error, sizeof error) == NULL) {
        (void)printf("1..0 # SKIP %s\n", error);
        return 0;
    }
    return live_skipped() ? 0 : test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
