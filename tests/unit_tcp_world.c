/* SPDX-License-Identifier: MIT
 * Populations that go by TCP (RFC 9329): what that costs in time, how they get
 * round a network without UDP, what certificates too long for a datagram do, and
 * what a backlog lets in. */
#include "tests/test.h"
#include "tests/world.h"

#include <string.h>

static uint64_t no_connection; /* attempts that ended so */

static void on_handshake(const struct sim_handshake *h)
{
    no_connection += h->why == WHY_NO_CONNECTION ? 1 : 0;
}

/* Ten a second over 20 ms, for whom nothing costs time but the way. */
static void road(const char *transport)
{
    world_begin("road");
    set("for", "30s");
    set("gateways.vpn.sa_max", "1024");
    set("gateways.vpn.tcp.listen", "yes");
    set("clients.road.patience", "15s");
    set("clients.road.transport", transport);
    set("clients.road.retransmit.first", "1s");
}

static void run(void)
{
    static const struct world_ear ear = {.handshake = on_handshake};
    no_connection = 0;
    world_run(&ear);
}

static int64_t median_ns(void)
{
    return metric("road", SIM_METRIC_SETUP_TIME_P50);
}

/* The handshake of TCP comes before: one round trip of 40 ms. What cryptography and the daemon cost
 * is the same by both ways. */
static void test_by_tcp_a_tunnel_takes_one_round_trip_more(void)
{
    road("udp");
    run();
    const int64_t udp_ns = median_ns();
    EXPECT(!was_told("road", SIM_METRIC_TCP_SEGMENTS));
    road("tcp");
    run();
    EXPECT_EQ(remarks.warnings, 0);
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESS_SHARE), 1000000);
    EXPECT_EQ(metric("road", SIM_METRIC_CONNECTION_PACKETS), 4000);
    EXPECT_EQ(metric("road", SIM_METRIC_TCP_OPENED), metric("road", SIM_METRIC_SUCCESSES));
    EXPECT_EQ(metric("vpn", SIM_METRIC_TCP_OPENED), metric("road", SIM_METRIC_SUCCESSES));
    EXPECT_EQ(metric("vpn", SIM_METRIC_COOKIES_SENT), 0);
    EXPECT_EQ(median_ns() - udp_ns, 40000000);
}

/* RFC 9329 5.1: two sends by UDP, waits of 1 s and 1.8 s, and then all by TCP, with a key pair that
 * was made meanwhile. */
static void test_a_network_without_udp_costs_the_waits_for_it(void)
{
    road("tcp");
    run();
    const int64_t tcp_ns = median_ns();
    road("udp-then-tcp");
    set("links.wan.udp", "blocked");
    run();
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESS_SHARE), 1000000);
    EXPECT_EQ(refusals("wan", "udp_blocked"), 2 * metric("road", SIM_METRIC_ATTEMPTS));
    EXPECT(median_ns() - tcp_ns <= 2800000000 && median_ns() - tcp_ns > 2799900000);
    road("udp");
    set("links.wan.udp", "blocked");
    run();
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESSES), 0);
}

static void test_where_udp_passes_no_connection_is_opened(void)
{
    road("udp-then-tcp");
    run();
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESS_SHARE), 1000000);
    EXPECT_EQ(metric("road", SIM_METRIC_TCP_OPENED), 0);
}

/* All get through a line that loses every tenth packet, if only later. */
static void test_a_bad_line_only_takes_time(void)
{
    road("tcp");
    run();
    const int64_t before_ns = metric("road", SIM_METRIC_SETUP_TIME_P95);
    EXPECT_EQ(metric("road", SIM_METRIC_TCP_RESENT), 0);
    set("links.wan.loss", "10%");
    run();
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESS_SHARE), 1000000);
    EXPECT(metric("road", SIM_METRIC_TCP_RESENT) > 50);
    EXPECT(metric("road", SIM_METRIC_SETUP_TIME_P95) >= before_ns + 1000000000);
    EXPECT_EQ(metric("road", SIM_METRIC_IKE_RETRANSMISSIONS), 0);
}

/* RFC 9329 7.5: a stream cuts its octets itself. */
static void test_long_certificates_pass_a_link_that_is_too_narrow_for_them(void)
{
    road("udp");
    set("clients.road.auth", "rsa4096");
    set("clients.road.certificate_chain", "2");
    run();
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESSES), 0);
    EXPECT(refusals("wan", "too_big") > 0);
    set("clients.road.transport", "tcp");
    run();
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESS_SHARE), 1000000);
    EXPECT_EQ(refusals("wan", "too_big"), 0);
    set("links.wan.mtu", "576B");
    run();
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESS_SHARE), 1000000);
    EXPECT_EQ(refusals("wan", "too_big"), 0);
}

/* A burst larger than the backlog: the SYNs beyond it are lost, and sent again a second later. */
static void test_a_backlog_lets_so_many_in_at_once(void)
{
    road("tcp");
    set("clients.road.arrivals", "burst 50 every 1h");
    set("gateways.vpn.tcp.backlog", "30");
    run();
    EXPECT_EQ(metric("vpn", SIM_METRIC_TCP_BACKLOG_DROPS), 20);
    EXPECT_EQ(metric("vpn", SIM_METRIC_TCP_HALF_OPEN_MAX), 30);
    EXPECT_EQ(metric("road", SIM_METRIC_TCP_RESENT), 20);
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESSES), 50);
    EXPECT(metric("road", SIM_METRIC_SETUP_TIME_P95) > 1000000000);
    EXPECT(median_ns() < 200000000);
}

/* Connections are refused as fast as a packet goes, asked for again, and given up in the end. */
static void test_a_gateway_that_does_not_listen_is_told_of_and_fails_all(void)
{
    road("tcp");
    set("gateways.vpn.tcp.listen", "no");
    set("clients.road.retransmit.sends", "3");
    set("gateways.vpn.tcp.backlog", "1");
    run();
    EXPECT_EQ(remarks.warnings, 1);
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESSES), 0);
    EXPECT(no_connection > 100);
    EXPECT_EQ(metric("road", SIM_METRIC_TCP_RESENT), 0); /* each SYN was answered, by a reset */
    EXPECT_EQ(metric("road", SIM_METRIC_TCP_OPENED), 0);
    road("tcp");
    set("clients.road.nat.kind", "symmetric");
    EXPECT_EQ(judge(), 1);
}

/* RFC 9329 10: a SYN flood shuts out all who come by TCP, and nobody else. */
static void test_a_flood_of_syns_shuts_out_those_who_come_by_tcp(void)
{
    static const char *const ways[] = {"udp", "tcp"};
    for (size_t i = 0; i < 2; i++) {
        road(ways[i]);
        EXPECT(model_config_add(&config, "attackers", "flood"));
        set("attackers.flood.class", "syn-flood");
        set("attackers.flood.to", "vpn");
        set("attackers.flood.via", "wan");
        set("attackers.flood.rate", "200/s");
        set("attackers.flood.from", "10s");
        set("clients.road.until", "14s");
        run();
        const int64_t during = metric("road", SIM_METRIC_SUCCESS_SHARE_DURING);
        EXPECT(i == 0 ? during == 1000000 : during < 200000); /* until the backlog is full */
        EXPECT(metric("vpn", SIM_METRIC_TCP_BACKLOG_DROPS) > 3500);
        EXPECT_EQ(metric("vpn", SIM_METRIC_TCP_HALF_OPEN_MAX), 128);
        EXPECT(metric("road", SIM_METRIC_SUCCESSES) > 80); /* those before */
    }
}

/* Those who leave close their connections, so that few are enough for many. */
static void test_connections_end_with_their_sas(void)
{
    road("tcp");
    set("clients.road.stay", "1s");
    set("gateways.vpn.tcp.connections", "30"); /* ten a second, for a bit more than a second */
    run();
    EXPECT_EQ(metric("road", SIM_METRIC_SUCCESS_SHARE), 1000000);
    EXPECT(metric("road", SIM_METRIC_SUCCESSES) > 100);
    EXPECT_EQ(metric("vpn", SIM_METRIC_TCP_BACKLOG_DROPS), 0);
}

static void test_the_same_world_by_tcp_is_the_same_again(void)
{
    char first[33];
    road("udp-then-tcp");
    set("links.wan.loss", "5%");
    set("links.wan.udp", "blocked");
    run();
    memcpy(first, fingerprint, sizeof first);
    run();
    EXPECT_STR(fingerprint, first);
    config.seed = 2;
    run();
    EXPECT(strcmp(fingerprint, first) != 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_by_tcp_a_tunnel_takes_one_round_trip_more),
        TEST(test_a_network_without_udp_costs_the_waits_for_it),
        TEST(test_where_udp_passes_no_connection_is_opened),
        TEST(test_a_bad_line_only_takes_time),
        TEST(test_long_certificates_pass_a_link_that_is_too_narrow_for_them),
        TEST(test_a_backlog_lets_so_many_in_at_once),
        TEST(test_a_gateway_that_does_not_listen_is_told_of_and_fails_all),
        TEST(test_a_flood_of_syns_shuts_out_those_who_come_by_tcp),
        TEST(test_connections_end_with_their_sas),
        TEST(test_the_same_world_by_tcp_is_the_same_again),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
