/* SPDX-License-Identifier: MIT
 * Worlds whose links lose in bursts, double, hold back, break down and cut: what
 * clients feel of it. */
#include "tests/test.h"
#include "tests/world.h"

static void plain(void)
{
    world_begin("people");
    set("for", "60s");
    set("clients.people.arrivals", "poisson 20/s");
    set("clients.people.retransmit.first", "1s");
}

static void test_long_certificates_pass_a_narrow_link_in_ip_fragments(void)
{
    plain();
    set("clients.people.auth", "rsa4096");
    world_run(NULL);
    EXPECT_EQ(metric("people", SIM_METRIC_SUCCESSES), 0); /* IKE_AUTH is longer than 1500 octets */
    EXPECT(metric("network", SIM_METRIC_TOO_BIG) > 0);
    EXPECT_EQ(remarks.warnings, 1);
    set("links.wan.oversize", "fragment");
    world_run(NULL);
    EXPECT_EQ(remarks.warnings, 0);
    EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 0);
    EXPECT(metric("people", SIM_METRIC_SUCCESSES) > 900);
    EXPECT_EQ(metric("network", SIM_METRIC_TOO_BIG), 0);
    /* Request and answer of IKE_AUTH, two fragments each: one packet more. */
    EXPECT_EQ(metric("network", SIM_METRIC_FRAGMENTS), 2 * metric("people", SIM_METRIC_SUCCESSES));
}

static void test_who_is_told_that_the_way_is_narrow_gets_through_at_the_second_try(void)
{
    plain();
    set("clients.people.auth", "rsa4096");
    set("links.wan.oversize", "report");
    world_run(NULL);
    EXPECT_EQ(remarks.warnings, 0);
    EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 0);
    EXPECT(metric("people", SIM_METRIC_SUCCESSES) > 900);
    /* Each client's request of IKE_AUTH is lost, and when it is sent again the gateway's answer;
     * then the answer gets through in two fragments, as the request has twice. */
    const int64_t successes = metric("people", SIM_METRIC_SUCCESSES);
    EXPECT_EQ(metric("network", SIM_METRIC_TOO_BIG), 2 * successes);
    EXPECT_EQ(metric("network", SIM_METRIC_ICMP_ERRORS), 2 * successes);
    EXPECT_EQ(metric("people", SIM_METRIC_IKE_RETRANSMISSIONS), 2 * successes);
    EXPECT_EQ(metric("network", SIM_METRIC_FRAGMENTS), 3 * successes);
}

/* One lost IP fragment loses the message; of RFC 7383's fragments those that came are kept. */
static void test_under_loss_fragments_of_ike_are_sent_again_less_often_than_those_of_ip(void)
{
    plain();
    set("clients.people.auth", "rsa4096");
    set("clients.people.certificate_chain", "4");
    set("gateways.vpn.certificate_chain", "4");
    set("links.wan.loss", "10%");
    set("links.wan.oversize", "fragment");
    world_run(NULL);
    const int64_t by_ip = metric("people", SIM_METRIC_IKE_RETRANSMISSIONS);
    EXPECT(metric("network", SIM_METRIC_REASSEMBLY_TIMEOUTS) > 0);
    set("clients.people.fragment", "1280");
    set("gateways.vpn.fragment", "1280");
    world_run(NULL);
    const int64_t attempts = metric("people", SIM_METRIC_ATTEMPTS);
    const int64_t by_ike = metric("people", SIM_METRIC_IKE_RETRANSMISSIONS);
    EXPECT_EQ(metric("network", SIM_METRIC_FRAGMENTS), 0);
    EXPECT(by_ike < by_ip * 2 / 3);
    /* Seven fragments each way: all are there after m rounds with (1 - 0.1^m)^7, so the request and
     * the answer take 1.61 rounds each in the mean (the sum over m of 1 - (1 - 0.1^m)^7);
     * IKE_SA_INIT 1.23. What is sent again for the answer's sake is answered when its first
     * fragment comes. */
    EXPECT(by_ike > attempts * 13 / 10 && by_ike < attempts * 17 / 10);
    EXPECT(metric("people", SIM_METRIC_FAILURES) < attempts / 20);
}

static void test_who_connects_while_the_link_is_down_gets_through_after(void)
{
    plain();
    set("links.wan.outages", "[[20s, 25s]]");
    world_run(NULL);
    EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 0);
    EXPECT_EQ(metric("network", SIM_METRIC_OUTAGES),
              metric("people", SIM_METRIC_IKE_RETRANSMISSIONS));
    EXPECT(metric("network", SIM_METRIC_OUTAGES) > 100);
    EXPECT(metric("people", SIM_METRIC_SETUP_TIME_P99) > 3000000000);
}

static void test_bursts_of_losses_are_counted_and_borne(void)
{
    plain();
    set("links.wan.bursts.begin", "2%");
    set("links.wan.bursts.end", "20%");
    set("links.wan.duplicate", "5%");
    set("links.wan.reorder.share", "5%");
    world_run(NULL);
    EXPECT(metric("people", SIM_METRIC_SUCCESSES) > 900);
    EXPECT(metric("network", SIM_METRIC_LINK_LOSS) > 200);
    EXPECT(metric("network", SIM_METRIC_DUPLICATES) > 100);
}

static const struct test_case cases[] = {
    TEST(test_long_certificates_pass_a_narrow_link_in_ip_fragments),
    TEST(test_who_is_told_that_the_way_is_narrow_gets_through_at_the_second_try),
    TEST(test_under_loss_fragments_of_ike_are_sent_again_less_often_than_those_of_ip),
    TEST(test_who_connects_while_the_link_is_down_gets_through_after),
    TEST(test_bursts_of_losses_are_counted_and_borne),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
