/* SPDX-License-Identifier: MIT
 * Populations that go by TCP (RFC 9329): what that costs in time, how they get
 * round a network without UDP, what certificates too long for a datagram do, and
 * what a backlog lets in. */
#include "models/keys.h"
#include "models/world.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct tally {
    struct sim_record head;
    int64_t clients[SIM_METRIC_COUNT], gateway[SIM_METRIC_COUNT];
    uint64_t blocked, no_connection, too_big;
    char fingerprint[33];
} tally;

static void on_metric(struct sim_record *r, const char *who, enum sim_metric metric, int64_t value)
{
    (void)r;
    if (strcmp(who, "vpn") == 0)
        tally.gateway[metric] = value;
    if (strcmp(who, "road") == 0)
        tally.clients[metric] = value;
}

static void on_series(struct sim_record *r, const char *who, enum sim_series series, uint64_t at_ns,
                      int64_t value)
{
    (void)r;
    (void)who;
    (void)series;
    (void)at_ns;
    (void)value;
}

static void on_handshake(struct sim_record *r, const struct sim_handshake *h)
{
    (void)r;
    tally.no_connection += h->why == WHY_NO_CONNECTION ? 1 : 0;
}

static void on_refusal(struct sim_record *r, const char *who, const char *reason, uint64_t count)
{
    (void)r;
    if (strcmp(who, "wan") != 0)
        return;
    if (strcmp(reason, "udp_blocked") == 0)
        tally.blocked = count;
    if (strcmp(reason, "too_big") == 0)
        tally.too_big = count;
}

static void set(struct model_world_config *config, const char *path, const char *text)
{
    char error[512];
    if (!EXPECT(model_config_set(config, path, text, error, sizeof error)))
        printf("# %s: %s\n", path, error);
}

/* Ten a second over 20 ms, for whom nothing costs time but the way. */
static struct model_world_config road(const char *transport)
{
    static struct model_world_config c;
    model_config_open(&c);
    EXPECT(model_config_add(&c, "links", "wan"));
    EXPECT(model_config_add(&c, "gateways", "vpn"));
    EXPECT(model_config_add(&c, "clients", "road"));
    set(&c, "for", "30s");
    set(&c, "links.wan.delay", "20ms");
    set(&c, "gateways.vpn.sa_max", "1024");
    set(&c, "gateways.vpn.tcp.listen", "yes");
    set(&c, "clients.road.to", "vpn");
    set(&c, "clients.road.via", "wan");
    set(&c, "clients.road.patience", "15s");
    set(&c, "clients.road.transport", transport);
    set(&c, "clients.road.retransmit.first", "1s");
    return c;
}

static size_t judge_count;

static void count(void *owner, const char *path, bool fatal, const char *text)
{
    (void)owner;
    (void)path;
    (void)text;
    judge_count += fatal ? 1000 : 1;
}

static void run(const struct model_world_config *config)
{
    static const struct sim_record_ops ops = {
        .metric = on_metric, .series = on_series, .handshake = on_handshake, .refusal = on_refusal};
    static struct model_world_config judged;
    char error[512];
    judged = *config;
    judge_count = 0;
    (void)model_world_judge(&judged, count, NULL);
    memset(&tally, 0, sizeof tally);
    tally.head.ops = &ops;
    struct model_world *const world =
        model_world_open(&judged, ike_crypto_modelled, &tally.head, error, sizeof error);
    if (!EXPECT(world != NULL)) {
        printf("# %s\n", error);
        return;
    }
    EXPECT(model_world_run(world, NULL, NULL));
    const struct sim_fingerprint f = model_world_fingerprint(world);
    sim_fingerprint_text(&f, tally.fingerprint);
    model_world_close(world);
}

static int64_t median_ns(void)
{
    return tally.clients[SIM_METRIC_SETUP_TIME_P50];
}

/* The handshake of TCP comes before: one round trip of 40 ms. What cryptography and the daemon cost
 * is the same by both ways. */
static void test_by_tcp_a_tunnel_takes_one_round_trip_more(void)
{
    struct model_world_config c = road("udp");
    run(&c);
    const int64_t udp_ns = median_ns();
    EXPECT_EQ(tally.clients[SIM_METRIC_TCP_SEGMENTS], 0);
    c = road("tcp");
    run(&c);
    EXPECT_EQ(judge_count, 0);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESS_SHARE], 1000000);
    EXPECT_EQ(tally.clients[SIM_METRIC_CONNECTION_PACKETS], 4000);
    EXPECT_EQ(tally.clients[SIM_METRIC_TCP_OPENED], tally.clients[SIM_METRIC_SUCCESSES]);
    EXPECT_EQ(tally.gateway[SIM_METRIC_TCP_OPENED], tally.clients[SIM_METRIC_SUCCESSES]);
    EXPECT_EQ(tally.gateway[SIM_METRIC_COOKIES_SENT], 0);
    EXPECT_EQ(median_ns() - udp_ns, 40000000);
}

/* RFC 9329 5.1: two sends by UDP, waits of 1 s and 1.8 s, and then all by TCP, with a key pair that
 * was made meanwhile. */
static void test_a_network_without_udp_costs_the_waits_for_it(void)
{
    struct model_world_config c = road("tcp");
    run(&c);
    const int64_t tcp_ns = median_ns();
    c = road("udp-then-tcp");
    set(&c, "links.wan.udp", "blocked");
    run(&c);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESS_SHARE], 1000000);
    EXPECT_EQ(tally.blocked, 2 * tally.clients[SIM_METRIC_ATTEMPTS]);
    EXPECT(median_ns() - tcp_ns <= 2800000000 && median_ns() - tcp_ns > 2799900000);
    c = road("udp");
    set(&c, "links.wan.udp", "blocked");
    run(&c);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESSES], 0);
}

static void test_where_udp_passes_no_connection_is_opened(void)
{
    struct model_world_config c = road("udp-then-tcp");
    run(&c);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESS_SHARE], 1000000);
    EXPECT_EQ(tally.clients[SIM_METRIC_TCP_OPENED], 0);
}

/* All get through a line that loses every tenth packet, if only later. */
static void test_a_bad_line_only_takes_time(void)
{
    struct model_world_config c = road("tcp");
    run(&c);
    const int64_t before_ns = tally.clients[SIM_METRIC_SETUP_TIME_P95];
    EXPECT_EQ(tally.clients[SIM_METRIC_TCP_RESENT], 0);
    set(&c, "links.wan.loss", "10%");
    run(&c);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESS_SHARE], 1000000);
    EXPECT(tally.clients[SIM_METRIC_TCP_RESENT] > 50);
    EXPECT(tally.clients[SIM_METRIC_SETUP_TIME_P95] >= before_ns + 1000000000);
    EXPECT_EQ(tally.clients[SIM_METRIC_IKE_RETRANSMISSIONS], 0);
}

/* RFC 9329 7.5: a stream cuts its octets itself. */
static void test_long_certificates_pass_a_link_that_is_too_narrow_for_them(void)
{
    struct model_world_config c = road("udp");
    set(&c, "clients.road.auth", "rsa4096");
    set(&c, "clients.road.certificate_chain", "2");
    run(&c);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESSES], 0);
    EXPECT(tally.too_big > 0);
    set(&c, "clients.road.transport", "tcp");
    run(&c);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESS_SHARE], 1000000);
    EXPECT_EQ(tally.too_big, 0);
    set(&c, "links.wan.mtu", "576B");
    run(&c);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESS_SHARE], 1000000);
    EXPECT_EQ(tally.too_big, 0);
}

/* A burst larger than the backlog: the SYNs beyond it are lost, and sent again a second later. */
static void test_a_backlog_lets_so_many_in_at_once(void)
{
    struct model_world_config c = road("tcp");
    set(&c, "clients.road.arrivals", "burst 50 every 1h");
    set(&c, "gateways.vpn.tcp.backlog", "30");
    run(&c);
    EXPECT_EQ(tally.gateway[SIM_METRIC_TCP_BACKLOG_DROPS], 20);
    EXPECT_EQ(tally.gateway[SIM_METRIC_TCP_HALF_OPEN_MAX], 30);
    EXPECT_EQ(tally.clients[SIM_METRIC_TCP_RESENT], 20);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESSES], 50);
    EXPECT(tally.clients[SIM_METRIC_SETUP_TIME_P95] > 1000000000);
    EXPECT(median_ns() < 200000000);
}

/* Connections are refused as fast as a packet goes, asked for again, and given up in the end. */
static void test_a_gateway_that_does_not_listen_is_told_of_and_fails_all(void)
{
    struct model_world_config c = road("tcp");
    set(&c, "gateways.vpn.tcp.listen", "no");
    set(&c, "clients.road.retransmit.sends", "3");
    set(&c, "gateways.vpn.tcp.backlog", "1");
    run(&c);
    EXPECT_EQ(judge_count, 1);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESSES], 0);
    EXPECT(tally.no_connection > 100);
    EXPECT_EQ(tally.clients[SIM_METRIC_TCP_RESENT], 0); /* each SYN was answered, by a reset */
    EXPECT_EQ(tally.clients[SIM_METRIC_TCP_OPENED], 0);
    c = road("tcp");
    set(&c, "clients.road.nat.kind", "symmetric");
    judge_count = 0;
    EXPECT_EQ(model_world_judge(&c, count, NULL), 1);
}

/* RFC 9329 10: a SYN flood shuts out all who come by TCP, and nobody else. */
static void test_a_flood_of_syns_shuts_out_those_who_come_by_tcp(void)
{
    static const char *const ways[] = {"udp", "tcp"};
    for (size_t i = 0; i < 2; i++) {
        struct model_world_config c = road(ways[i]);
        EXPECT(model_config_add(&c, "attackers", "flood"));
        set(&c, "attackers.flood.class", "syn-flood");
        set(&c, "attackers.flood.to", "vpn");
        set(&c, "attackers.flood.via", "wan");
        set(&c, "attackers.flood.rate", "200/s");
        set(&c, "attackers.flood.from", "10s");
        set(&c, "clients.road.until", "14s");
        run(&c);
        const int64_t during = tally.clients[SIM_METRIC_SUCCESS_SHARE_DURING];
        EXPECT(i == 0 ? during == 1000000 : during < 200000); /* until the backlog is full */
        EXPECT(tally.gateway[SIM_METRIC_TCP_BACKLOG_DROPS] > 3500);
        EXPECT_EQ(tally.gateway[SIM_METRIC_TCP_HALF_OPEN_MAX], 128);
        EXPECT(tally.clients[SIM_METRIC_SUCCESSES] > 80); /* those before */
    }
}

/* Those who leave close their connections, so that few are enough for many. */
static void test_connections_end_with_their_sas(void)
{
    struct model_world_config c = road("tcp");
    set(&c, "clients.road.stay", "1s");
    set(&c, "gateways.vpn.tcp.connections", "30"); /* ten a second, for a bit more than a second */
    run(&c);
    EXPECT_EQ(tally.clients[SIM_METRIC_SUCCESS_SHARE], 1000000);
    EXPECT(tally.clients[SIM_METRIC_SUCCESSES] > 100);
    EXPECT_EQ(tally.gateway[SIM_METRIC_TCP_BACKLOG_DROPS], 0);
}

static void test_the_same_world_by_tcp_is_the_same_again(void)
{
    char first[33];
    struct model_world_config c = road("udp-then-tcp");
    set(&c, "links.wan.loss", "5%");
    set(&c, "links.wan.udp", "blocked");
    run(&c);
    memcpy(first, tally.fingerprint, sizeof first);
    run(&c);
    EXPECT_STR(tally.fingerprint, first);
    c.seed = 2;
    run(&c);
    EXPECT(strcmp(tally.fingerprint, first) != 0);
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
