/* SPDX-License-Identifier: MIT
 * Worlds in which a gateway goes away and comes back: how soon its clients know,
 * by liveness checks alone, by ICMP that hints of it, by tokens; and what who
 * forges such ICMP gains. */
#include "tests/test.h"
#include "tests/world.h"

#include <string.h>

enum { CLIENTS = 10 };
static const int64_t second_ns = 1000000000;

/* Ten clients who stay, and each send two packets a second. The gateway is not there from 20 to
 * 25 s; a request is given up after 7 s: 1, 2 and 4. */
static void office(void)
{
    world_begin("staff");
    set("for", "100s");
    set("gateways.vpn.sa_max", "1024");
    set("gateways.vpn.outages", "[[20s, 25s]]");
    set("clients.staff.arrivals", "burst 10 every 1h");
    set("clients.staff.traffic.rate", "2/s");
    set("clients.staff.retransmit.first", "1s");
    set("clients.staff.retransmit.factor", "2");
    set("clients.staff.retransmit.sends", "3");
    set("clients.staff.liveness", "30s");
    set("clients.staff.reconnect", "1s");
}

static int64_t found_ns(void)
{
    world_run(NULL);
    EXPECT_EQ(metric("staff", SIM_METRIC_PEERS_LOST), CLIENTS);
    EXPECT_EQ(metric("staff", SIM_METRIC_SUCCESSES), 2 * CLIENTS); /* all come back */
    EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), CLIENTS);
    const int64_t found = metric("staff", SIM_METRIC_LOSS_FOUND_MEAN);
    const int64_t back = metric("staff", SIM_METRIC_BACK_MEAN); /* a second later, and a setup */
    EXPECT(back > found + second_ns && back < found + second_ns + second_ns / 2);
    return found;
}

/* The last answer came at 20 s; 30 s later they ask, in vain. */
static void test_by_liveness_alone_it_takes_its_time(void)
{
    office();
    const int64_t ns = found_ns();
    EXPECT(ns > 36 * second_ns && ns < 38 * second_ns);
    EXPECT(metric("vpn", SIM_METRIC_ICMP_REFUSED) >= CLIENTS * 9); /* 2/s, for 5 s */
    EXPECT_EQ(metric("staff", SIM_METRIC_ICMP_CHECKS), 0);
    EXPECT_EQ(refusals("staff", "hint_unheeded"), (uint64_t)metric("vpn", SIM_METRIC_ICMP_REFUSED));
}

/* The first packet that is refused two seconds after the last answer makes them ask. */
static void test_with_hints_it_is_found_sooner(void)
{
    office();
    set("clients.staff.hints", "2s");
    const int64_t ns = found_ns();
    EXPECT(ns > 8 * second_ns && ns < 10 * second_ns);
    EXPECT_EQ(metric("staff", SIM_METRIC_ICMP_CHECKS), CLIENTS);
    EXPECT_EQ(metric("staff", SIM_METRIC_ICMP_HINTS),
              metric("vpn", SIM_METRIC_ICMP_REFUSED)); /* none is lost on this line */
    EXPECT(refusals("staff", "hint_early") > 0 && refusals("staff", "hint_busy") > 0);
}

/* RFC 6290 4.5: and with its token they need not wait until they give up. */
static void test_with_hints_and_tokens_it_is_found_as_soon_as_it_is_back(void)
{
    office();
    set("clients.staff.hints", "2s");
    set("clients.staff.crash_tokens", "yes");
    set("gateways.vpn.crash_tokens", "yes");
    set("gateways.vpn.tell_unknown", "yes");
    const int64_t ns = found_ns();
    EXPECT(ns > 5 * second_ns && ns < 7 * second_ns);
}

static void test_who_is_without_power_gives_no_hint(void)
{
    office();
    set("clients.staff.hints", "2s");
    set("gateways.vpn.away", "silent");
    const int64_t ns = found_ns();
    EXPECT(ns > 36 * second_ns && ns < 38 * second_ns);
    EXPECT_EQ(metric("vpn", SIM_METRIC_ICMP_REFUSED), 0);
    EXPECT_EQ(metric("staff", SIM_METRIC_ICMP_HINTS), 0);
}

/* What the NAT lets out is what ICMP speaks of; and by IPv6 all is alike. */
static void test_hints_come_through_nats_and_by_ipv6(void)
{
    office();
    set("clients.staff.hints", "2s");
    const int64_t plain_ns = found_ns();
    set("clients.staff.nat.kind", "symmetric");
    const int64_t behind_ns = found_ns();
    EXPECT(behind_ns > plain_ns - second_ns && behind_ns < plain_ns + second_ns);
    office();
    set("clients.staff.hints", "2s");
    set("gateways.vpn.address", "2001:db8:1::1");
    set("clients.staff.prefix", "2001:db8:2::/64");
    set("gateways.vpn.selectors", "2001:db8:3::/48");
    set("clients.staff.selectors", "::/0");
    const int64_t six_ns = found_ns(); /* longer packets take longer */
    EXPECT(six_ns > plain_ns - second_ns / 1000 && six_ns < plain_ns + second_ns / 1000);
}

/* The line to the gateway breaks down in its place, for twelve seconds: clients whom routers tell
 * of it ask, in vain, and come anew before it is back; others do not notice. */
static void test_a_line_that_is_down_is_found_when_routers_say_so(void)
{
    static const char *const says[] = {"silent", "unreachable", "unreachable"};
    for (int i = 0; i < 3; i++) {
        const bool told = i > 0;
        office();
        set("gateways.vpn.outages", "none");
        set("links.wan.outages", "[[20s, 32s]]");
        set("links.wan.down", says[i]);
        set("clients.staff.hints", "2s");
        if (i == 2)
            set("clients.staff.nat.kind", "symmetric");
        world_run(NULL);
        const int64_t errors = metric("network", SIM_METRIC_ICMP_ERRORS);
        EXPECT_EQ(metric("staff", SIM_METRIC_SUCCESSES), told ? 2 * CLIENTS : CLIENTS);
        EXPECT(told ? errors >= CLIENTS * 2 * 9 : errors == 0); /* 2/s until they give up */
        if (told) {
            EXPECT_EQ(metric("staff", SIM_METRIC_ICMP_HINTS), errors);
            EXPECT_EQ(metric("staff", SIM_METRIC_ICMP_CHECKS), CLIENTS);
        }
    }
}

/* A request that is under way when the gateway goes is not given up any sooner: a first message
 * goes on until somebody answers it. */
static void test_nothing_under_way_is_ended_by_a_hint(void)
{
    for (int with = 0; with < 2; with++) {
        office();
        set("clients.staff.hints", with == 1 ? "1s" : "off");
        set("gateways.vpn.outages", "[[0s, 5s]]");
        set("clients.staff.patience", "10s");
        world_run(NULL);
        EXPECT_EQ(metric("staff", SIM_METRIC_ATTEMPTS), CLIENTS);
        EXPECT_EQ(metric("staff", SIM_METRIC_SUCCESSES), 0); /* sends at 0, 1, 3 s; over at 7 s */
        EXPECT_EQ(metric("vpn", SIM_METRIC_ICMP_REFUSED), 3 * CLIENTS);
        if (with == 1)
            EXPECT_EQ(refusals("staff", "hint_busy"), 3 * CLIENTS);
        set("clients.staff.retransmit.sends", "4"); /* the last at 7 s */
        world_run(NULL);
        EXPECT_EQ(metric("staff", SIM_METRIC_SUCCESSES), CLIENTS);
    }
}

/* A thousand a second say that the clients are gone; each is asked now and then, and stays. */
static void test_forged_icmp_ends_nothing(void)
{
    office();
    set("gateways.vpn.outages", "none");
    set("gateways.vpn.hints", "5s");
    set("clients.staff.traffic.rate", "none");
    set("clients.staff.liveness", "never");
    EXPECT(model_config_add(&config, "attackers", "liar"));
    set("attackers.liar.class", "forged-icmp");
    set("attackers.liar.to", "vpn");
    set("attackers.liar.about", "staff");
    set("attackers.liar.about_count", "20"); /* some of whom were never there */
    set("attackers.liar.rate", "1000/s");
    set("attackers.liar.from", "1s");
    world_run(NULL);
    const int64_t sent = metric("liar", SIM_METRIC_FLOOD_SENT);
    const int64_t checks = metric("vpn", SIM_METRIC_ICMP_CHECKS);
    EXPECT(sent > 95000);
    EXPECT_EQ(metric("vpn", SIM_METRIC_ICMP_HINTS), sent);
    EXPECT(checks > CLIENTS * 15 && checks <= CLIENTS * 20); /* every 5 s, for 100 s */
    EXPECT(refusals("vpn", "hint_unknown") > (uint64_t)sent / 2 - (uint64_t)sent / 20);
    EXPECT_EQ(checks + (int64_t)(refusals("vpn", "hint_unknown") + refusals("vpn", "hint_early") +
                                 refusals("vpn", "hint_busy")),
              sent);
    EXPECT_EQ(metric("vpn", SIM_METRIC_PEERS_LOST), 0);
    EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), CLIENTS);
    EXPECT_EQ(metric("staff", SIM_METRIC_SUCCESSES), CLIENTS);
    set("gateways.vpn.hints", "off");
    world_run(NULL);
    EXPECT_EQ(refusals("vpn", "hint_unheeded"), (uint64_t)sent);
}

/* Who begins anew while it is away is back with the first message that is heard, or by another try:
 * from when it went, not from the last try. */
static void test_it_takes_until_the_gateway_is_back_too(void)
{
    office();
    set("clients.staff.hints", "2s"); /* found after 9 s; then 10, 11 and 13 s */
    set("gateways.vpn.outages", "[[20s, 32s]]");
    world_run(NULL);
    const int64_t first = metric("staff", SIM_METRIC_BACK_MEAN);
    EXPECT(first > 12 * second_ns && first < 14 * second_ns);
    set("gateways.vpn.outages", "[[20s, 50s]]");
    set("clients.staff.refused", "retry");
    set("clients.staff.retry.wait", "5s");
    set("clients.staff.retry.max", "100");
    world_run(NULL);
    EXPECT(metric("staff", SIM_METRIC_FAILURES) >= CLIENTS);
    EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), CLIENTS);
    const int64_t later = metric("staff", SIM_METRIC_BACK_MEAN);
    EXPECT(later > 30 * second_ns && later < 50 * second_ns);
}

/* Several outages, and the levels they leave. */
static uint64_t nobody;

static void on_series(enum sim_series series, int64_t value)
{
    nobody += series == SIM_SERIES_ESTABLISHED && value == 0 ? 1 : 0;
}

static void test_each_outage_forgets_all(void)
{
    office();
    set("gateways.vpn.outages", "[[10s, 12s], [40s, 50s], [90s, 200s]]");
    set("clients.staff.hints", "1s");
    nobody = 0;
    world_run(&(struct world_ear){.series = on_series});
    EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), 0);
    EXPECT(metric("staff", SIM_METRIC_SUCCESSES) >= 3 * CLIENTS);
    EXPECT(metric("staff", SIM_METRIC_BACK_MEAN) < 13 * second_ns); /* each after its own outage */
    EXPECT(nobody >= 2 + 10 + 10 && nobody < 60);
}

static void test_what_cannot_be_is_judged(void)
{
    office();
    EXPECT_EQ(judge(), 0);
    set("clients.staff.traffic.rate", "none");
    set("clients.staff.transport", "tcp");
    set("gateways.vpn.tcp.listen", "yes");
    EXPECT_EQ(judge(), 1);
    EXPECT(strcmp(remarks.path, "gateways.vpn.outages") == 0);
    set("clients.staff.transport", "udp");
    EXPECT(model_config_add(&config, "attackers", "liar"));
    set("attackers.liar.class", "forged-icmp");
    set("attackers.liar.to", "vpn");
    EXPECT_EQ(judge(), 1);
    EXPECT(strcmp(remarks.path, "attackers.liar.about") == 0);
    set("attackers.liar.about", "staff");
    EXPECT_EQ(judge(), 0);
    set("clients.staff.nat.kind", "symmetric");
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "NAT") != NULL);
    set("clients.staff.nat.kind", "none");
    EXPECT(model_config_add(&config, "gateways", "spare"));
    set("attackers.liar.to", "spare");
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "clients of gateways.spare") != NULL);
    set("attackers.liar.to", "vpn");
    set("attackers.liar.class", "syn-flood");
    EXPECT_EQ(judge(), 1);
    EXPECT(strcmp(remarks.path, "gateways.vpn.outages") == 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_by_liveness_alone_it_takes_its_time),
        TEST(test_with_hints_it_is_found_sooner),
        TEST(test_with_hints_and_tokens_it_is_found_as_soon_as_it_is_back),
        TEST(test_who_is_without_power_gives_no_hint),
        TEST(test_hints_come_through_nats_and_by_ipv6),
        TEST(test_a_line_that_is_down_is_found_when_routers_say_so),
        TEST(test_nothing_under_way_is_ended_by_a_hint),
        TEST(test_forged_icmp_ends_nothing),
        TEST(test_it_takes_until_the_gateway_is_back_too),
        TEST(test_each_outage_forgets_all),
        TEST(test_what_cannot_be_is_judged),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
