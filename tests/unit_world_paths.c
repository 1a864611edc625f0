/* SPDX-License-Identifier: MIT
 * The way to a gateway: through a NAT, where keepalives (RFC 3948 4) keep the
 * mappings by which a gateway asks, and SAs follow their clients when it starts
 * again (RFC 7296 2.23); and on from there to another gateway (RFC 5685). */
#include "tests/test.h"
#include "tests/world.h"

enum { CLIENTS = 20 };

/* Twenty clients at once at the beginning, who stay and say nothing. */
static void street(const char *kind)
{
    world_begin("home");
    set("for", "320s");
    set("gateways.vpn.sa_max", "1024");
    set("clients.home.arrivals", "burst 20 every 1h");
    set("clients.home.nat.kind", kind);
    set("clients.home.nat.timeout", "30s");
}

/* What the gateway tells of that. */
static int64_t run(enum sim_metric which)
{
    world_run(NULL);
    return metric("vpn", which);
}

static const char *const kinds[] = {"endpoint-independent", "address-dependent", "symmetric"};

/* Asks a client that was silent for a minute, and gives up after some more. */
static void ask_for_life(void)
{
    set("gateways.vpn.liveness", "60s");
}

static void rekey(void)
{
    set("gateways.vpn.rekey.child", "100s");
    set("gateways.vpn.rekey.jitter", "0%");
}

static void test_with_keepalives_what_a_gateway_asks_comes_through_the_nat(void)
{
    void (*const askings[])(void) = {ask_for_life, rekey};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 2; k++) {
            street(kinds[i]);
            askings[k]();
            EXPECT_EQ(run(SIM_METRIC_ESTABLISHED), CLIENTS);
            EXPECT_EQ(metric("vpn", SIM_METRIC_PEERS_LOST), 0);
            EXPECT_EQ(metric("vpn", SIM_METRIC_PEERS_MOVED), 0);
            EXPECT_EQ(refusals("home", "nat_filtered"), 0);
            /* every 20 s; what they answer puts one off now and then */
            EXPECT(refusals("vpn", "nat_keepalive") >= UINT64_C(10) * CLIENTS);
            EXPECT(refusals("vpn", "nat_keepalive") <= UINT64_C(15) * CLIENTS);
        }
}

static void test_without_keepalives_or_with_late_ones_it_is_lost(void)
{
    static const char *const late[] = {"off", "40s"};
    void (*const askings[])(void) = {ask_for_life, rekey};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            street(kinds[i]);
            set("clients.home.keepalive", late[k / 2]);
            askings[k % 2]();
            EXPECT_EQ(run(SIM_METRIC_ESTABLISHED), 0);
            EXPECT_EQ(metric("vpn", SIM_METRIC_PEERS_LOST), CLIENTS);
            EXPECT_EQ(refusals("home", "nat_filtered"),
                      UINT64_C(6) * CLIENTS); /* a request is sent six times */
            EXPECT_EQ(refusals("vpn", "nat_keepalive") > 0, k / 2 == 1);
        }
}

/* At 100, 200 and 300 s it forgets; clients rekey at 60, 120, … 300 s, and what comes first is a
 * keepalive, which moves nothing (RFC 3948 4). */
static void test_an_sa_follows_its_client_when_the_nat_starts_again(void)
{
    for (size_t i = 0; i < 3; i++) {
        street(kinds[i]);
        set("clients.home.nat.rebind", "100s");
        set("clients.home.rekey.child", "60s");
        set("clients.home.rekey.jitter", "0%");
        EXPECT_EQ(run(SIM_METRIC_PEERS_MOVED), 3 * CLIENTS);
        EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), CLIENTS);
        EXPECT_EQ(metric("vpn", SIM_METRIC_PEERS_LOST), 0);
    }
}

/* Each of them takes a port for IKE_SA_INIT and one for the rest. */
static void test_a_nat_with_few_ports_has_room_for_few(void)
{
    street(kinds[0]);
    set("clients.home.nat.ports", "30");
    set("clients.home.nat.timeout", "300s");
    EXPECT_EQ(run(SIM_METRIC_ESTABLISHED), 10);
    EXPECT(refusals("home", "nat_exhausted") > 0);
}

static void test_what_cannot_be_is_judged(void)
{
    street(kinds[0]);
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 0);
    set("clients.home.keepalive", "30s"); /* as long as a mapping lasts */
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 1);
    set("clients.home.nat.address", "2001:db8::1");
    EXPECT_EQ(judge(), 1);
    set("clients.home.nat.address", "192.0.2.1"); /* the gateway's */
    EXPECT_EQ(judge(), 1);
}

/* ---- to another gateway ---- */

static const char *const whens[] = {"init", "auth", "session"};

/* One client a second, to a gateway that sends them on to another. */
static void roads(const char *when)
{
    street("none");
    EXPECT(model_config_add(&config, "gateways", "spare"));
    set("for", "60s");
    set("gateways.spare.sa_max", "1024");
    set("gateways.vpn.redirect.to", "spare");
    set("gateways.vpn.redirect.when", when);
    set("clients.home.arrivals", "uniform 1/s");
    set("clients.home.count", "20");
    set("clients.home.redirects", "yes");
}

/* RFC 5685 3, 5, 6: two packets more; or a whole connection and its Delete; or all of it after the
 * client had what it wanted. */
static void test_all_clients_end_up_where_they_are_sent(void)
{
    static const int64_t packets[] = {6000, 10000, 4000};
    for (size_t i = 0; i < 3; i++) {
        roads(whens[i]);
        EXPECT_EQ(run(SIM_METRIC_ESTABLISHED), 0);
        EXPECT_EQ(metric("spare", SIM_METRIC_ESTABLISHED), CLIENTS);
        EXPECT_EQ(metric("home", SIM_METRIC_SUCCESSES), CLIENTS);
        EXPECT_EQ(metric("home", SIM_METRIC_ATTEMPTS), CLIENTS);
        EXPECT_EQ(metric("home", SIM_METRIC_CONNECTION_PACKETS), packets[i]);
    }
}

static void test_a_gateway_keeps_as_many_as_it_may(void)
{
    for (size_t i = 0; i < 3; i++) {
        roads(whens[i]);
        set("gateways.vpn.redirect.at", "5");
        EXPECT_EQ(run(SIM_METRIC_ESTABLISHED), 5);
        EXPECT_EQ(metric("spare", SIM_METRIC_ESTABLISHED), CLIENTS - 5);
        set("clients.home.redirects", "no");
        EXPECT_EQ(run(SIM_METRIC_ESTABLISHED), CLIENTS);
        EXPECT_EQ(metric("spare", SIM_METRIC_ESTABLISHED), 0);
    }
}

static void test_whoever_may_be_sent_there_can_prove_who_it_is(void)
{
    static const char *const auths[] = {"ecdsa256", "eap-mschapv2", "null"};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            roads(whens[i]);
            set("clients.home.auth", auths[k]);
            set("links.wan.mtu", "65535B");
            EXPECT_EQ(run(SIM_METRIC_ESTABLISHED), 0);
            EXPECT_EQ(metric("spare", SIM_METRIC_ESTABLISHED), CLIENTS);
        }
}

static void test_two_gateways_that_send_to_each_other_serve_nobody(void)
{
    for (size_t i = 0; i < 2; i++) {
        roads(whens[i]);
        set("gateways.spare.redirect.to", "vpn");
        set("gateways.spare.redirect.when", whens[i]);
        EXPECT_EQ(run(SIM_METRIC_ESTABLISHED), 0);
        EXPECT_EQ(metric("spare", SIM_METRIC_ESTABLISHED), 0);
        EXPECT_EQ(metric("home", SIM_METRIC_FAILURES), CLIENTS);
    }
}

static void test_a_gateway_does_not_send_to_itself_nor_to_another_family(void)
{
    roads(whens[0]);
    set("gateways.vpn.redirect.to", "vpn");
    EXPECT_EQ(judge(), 1);
    set("gateways.vpn.redirect.to", "spare");
    EXPECT_EQ(judge(), 0);
    set("gateways.spare.address", "2001:db8::1");
    EXPECT_EQ(judge(), 1);
    set("gateways.vpn.redirect.to", "nobody");
    EXPECT_EQ(judge(), 1);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_with_keepalives_what_a_gateway_asks_comes_through_the_nat),
        TEST(test_without_keepalives_or_with_late_ones_it_is_lost),
        TEST(test_an_sa_follows_its_client_when_the_nat_starts_again),
        TEST(test_a_nat_with_few_ports_has_room_for_few),
        TEST(test_what_cannot_be_is_judged),
        TEST(test_all_clients_end_up_where_they_are_sent),
        TEST(test_a_gateway_keeps_as_many_as_it_may),
        TEST(test_whoever_may_be_sent_there_can_prove_who_it_is),
        TEST(test_two_gateways_that_send_to_each_other_serve_nobody),
        TEST(test_a_gateway_does_not_send_to_itself_nor_to_another_family),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
