/* SPDX-License-Identifier: MIT
 * The way to a gateway: through a NAT, where keepalives (RFC 3948 4) keep the
 * mappings by which a gateway asks, and SAs follow their clients when it starts
 * again (RFC 7296 2.23); and on from there to another gateway (RFC 5685). */
#include "models/keys.h"
#include "models/world.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { CLIENTS = 20 };

static struct tally {
    struct sim_record head;
    int64_t metrics[SIM_METRIC_COUNT]; /* of the gateway, */
    int64_t spare[SIM_METRIC_COUNT];   /* of the other one, */
    int64_t home[SIM_METRIC_COUNT];    /* and of the clients */
    uint64_t keepalives, filtered, exhausted;
} tally;

static void on_metric(struct sim_record *r, const char *who, enum sim_metric metric, int64_t value)
{
    (void)r;
    if (strcmp(who, "vpn") == 0)
        tally.metrics[metric] = value;
    if (strcmp(who, "spare") == 0)
        tally.spare[metric] = value;
    if (strcmp(who, "home") == 0)
        tally.home[metric] = value;
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
    (void)h;
}

static void on_refusal(struct sim_record *r, const char *who, const char *reason, uint64_t count)
{
    (void)r;
    if (strcmp(who, "vpn") == 0 && strcmp(reason, "nat_keepalive") == 0)
        tally.keepalives = count;
    if (strcmp(who, "home") == 0 && strcmp(reason, "nat_filtered") == 0)
        tally.filtered = count;
    if (strcmp(who, "home") == 0 && strcmp(reason, "nat_exhausted") == 0)
        tally.exhausted = count;
}

static void set(struct model_world_config *config, const char *path, const char *text)
{
    char error[512];
    if (!EXPECT(model_config_set(config, path, text, error, sizeof error)))
        printf("# %s: %s\n", path, error);
}

/* Twenty clients at once at the beginning, who stay and say nothing. */
static struct model_world_config street(const char *kind)
{
    static struct model_world_config c;
    model_config_open(&c);
    EXPECT(model_config_add(&c, "links", "wan"));
    EXPECT(model_config_add(&c, "gateways", "vpn"));
    EXPECT(model_config_add(&c, "clients", "home"));
    set(&c, "for", "320s");
    set(&c, "links.wan.delay", "20ms");
    set(&c, "gateways.vpn.sa_max", "1024");
    set(&c, "clients.home.to", "vpn");
    set(&c, "clients.home.via", "wan");
    set(&c, "clients.home.arrivals", "burst 20 every 1h");
    set(&c, "clients.home.nat.kind", kind);
    set(&c, "clients.home.nat.timeout", "30s");
    return c;
}

static void ignore(void *owner, const char *path, bool fatal, const char *text)
{
    size_t *const count = owner;
    (void)path;
    (void)text;
    *count += fatal ? 1000 : 1;
}

static int64_t run(const struct model_world_config *config, enum sim_metric metric)
{
    static const struct sim_record_ops ops = {
        .metric = on_metric, .series = on_series, .handshake = on_handshake, .refusal = on_refusal};
    char error[512];
    memset(&tally, 0, sizeof tally);
    tally.head.ops = &ops;
    struct model_world *const world =
        model_world_open(config, ike_crypto_modelled, &tally.head, error, sizeof error);
    if (!EXPECT(world != NULL)) {
        printf("# %s\n", error);
        return -1;
    }
    EXPECT(model_world_run(world, NULL, NULL));
    model_world_close(world);
    return tally.metrics[metric];
}

static const char *const kinds[] = {"endpoint-independent", "address-dependent", "symmetric"};

/* Asks a client that was silent for a minute, and gives up after some more. */
static void ask_for_life(struct model_world_config *c)
{
    set(c, "gateways.vpn.liveness", "60s");
}

static void rekey(struct model_world_config *c)
{
    set(c, "gateways.vpn.rekey.child", "100s");
    set(c, "gateways.vpn.rekey.jitter", "0%");
}

static void test_with_keepalives_what_a_gateway_asks_comes_through_the_nat(void)
{
    void (*const askings[])(struct model_world_config *) = {ask_for_life, rekey};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 2; k++) {
            struct model_world_config c = street(kinds[i]);
            askings[k](&c);
            EXPECT_EQ(run(&c, SIM_METRIC_ESTABLISHED), CLIENTS);
            EXPECT_EQ(tally.metrics[SIM_METRIC_PEERS_LOST], 0);
            EXPECT_EQ(tally.metrics[SIM_METRIC_PEERS_MOVED], 0);
            EXPECT_EQ(tally.filtered, 0);
            /* every 20 s; what they answer puts one off now and then */
            EXPECT(tally.keepalives >= UINT64_C(10) * CLIENTS);
            EXPECT(tally.keepalives <= UINT64_C(15) * CLIENTS);
        }
}

static void test_without_keepalives_or_with_late_ones_it_is_lost(void)
{
    static const char *const late[] = {"off", "40s"};
    void (*const askings[])(struct model_world_config *) = {ask_for_life, rekey};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            struct model_world_config c = street(kinds[i]);
            set(&c, "clients.home.keepalive", late[k / 2]);
            askings[k % 2](&c);
            EXPECT_EQ(run(&c, SIM_METRIC_ESTABLISHED), 0);
            EXPECT_EQ(tally.metrics[SIM_METRIC_PEERS_LOST], CLIENTS);
            EXPECT_EQ(tally.filtered, UINT64_C(6) * CLIENTS); /* a request is sent six times */
            EXPECT_EQ(tally.keepalives > 0, k / 2 == 1);
        }
}

/* At 100, 200 and 300 s it forgets; clients rekey at 60, 120, … 300 s, and what comes first is a
 * keepalive, which moves nothing (RFC 3948 4). */
static void test_an_sa_follows_its_client_when_the_nat_starts_again(void)
{
    for (size_t i = 0; i < 3; i++) {
        struct model_world_config c = street(kinds[i]);
        set(&c, "clients.home.nat.rebind", "100s");
        set(&c, "clients.home.rekey.child", "60s");
        set(&c, "clients.home.rekey.jitter", "0%");
        EXPECT_EQ(run(&c, SIM_METRIC_PEERS_MOVED), 3 * CLIENTS);
        EXPECT_EQ(tally.metrics[SIM_METRIC_ESTABLISHED], CLIENTS);
        EXPECT_EQ(tally.metrics[SIM_METRIC_PEERS_LOST], 0);
    }
}

/* Each of them takes a port for IKE_SA_INIT and one for the rest. */
static void test_a_nat_with_few_ports_has_room_for_few(void)
{
    struct model_world_config c = street(kinds[0]);
    set(&c, "clients.home.nat.ports", "30");
    set(&c, "clients.home.nat.timeout", "300s");
    EXPECT_EQ(run(&c, SIM_METRIC_ESTABLISHED), 10);
    EXPECT(tally.exhausted > 0);
}

static void test_what_cannot_be_is_judged(void)
{
    struct model_world_config c = street(kinds[0]);
    size_t count = 0;
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 0);
    EXPECT_EQ(count, 0);
    set(&c, "clients.home.keepalive", "30s"); /* as long as a mapping lasts */
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 0);
    EXPECT_EQ(count, 1);
    set(&c, "clients.home.nat.address", "2001:db8::1");
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 1);
    set(&c, "clients.home.nat.address", "192.0.2.1"); /* the gateway's */
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 1);
}

/* ---- to another gateway ---- */

static const char *const whens[] = {"init", "auth", "session"};

/* One client a second, to a gateway that sends them on to another. */
static struct model_world_config roads(const char *when)
{
    static struct model_world_config c;
    c = street("none");
    EXPECT(model_config_add(&c, "gateways", "spare"));
    set(&c, "for", "60s");
    set(&c, "gateways.spare.sa_max", "1024");
    set(&c, "gateways.vpn.redirect.to", "spare");
    set(&c, "gateways.vpn.redirect.when", when);
    set(&c, "clients.home.arrivals", "uniform 1/s");
    set(&c, "clients.home.count", "20");
    set(&c, "clients.home.redirects", "yes");
    return c;
}

/* RFC 5685 3, 5, 6: two packets more; or a whole connection and its Delete; or all of it after the
 * client had what it wanted. */
static void test_all_clients_end_up_where_they_are_sent(void)
{
    static const int64_t packets[] = {6000, 10000, 4000};
    for (size_t i = 0; i < 3; i++) {
        struct model_world_config c = roads(whens[i]);
        EXPECT_EQ(run(&c, SIM_METRIC_ESTABLISHED), 0);
        EXPECT_EQ(tally.spare[SIM_METRIC_ESTABLISHED], CLIENTS);
        EXPECT_EQ(tally.home[SIM_METRIC_SUCCESSES], CLIENTS);
        EXPECT_EQ(tally.home[SIM_METRIC_ATTEMPTS], CLIENTS);
        EXPECT_EQ(tally.home[SIM_METRIC_CONNECTION_PACKETS], packets[i]);
    }
}

static void test_a_gateway_keeps_as_many_as_it_may(void)
{
    for (size_t i = 0; i < 3; i++) {
        struct model_world_config c = roads(whens[i]);
        set(&c, "gateways.vpn.redirect.at", "5");
        EXPECT_EQ(run(&c, SIM_METRIC_ESTABLISHED), 5);
        EXPECT_EQ(tally.spare[SIM_METRIC_ESTABLISHED], CLIENTS - 5);
        set(&c, "clients.home.redirects", "no");
        EXPECT_EQ(run(&c, SIM_METRIC_ESTABLISHED), CLIENTS);
        EXPECT_EQ(tally.spare[SIM_METRIC_ESTABLISHED], 0);
    }
}

static void test_whoever_may_be_sent_there_can_prove_who_it_is(void)
{
    static const char *const auths[] = {"ecdsa256", "eap-mschapv2", "null"};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            struct model_world_config c = roads(whens[i]);
            set(&c, "clients.home.auth", auths[k]);
            set(&c, "links.wan.mtu", "65535B");
            EXPECT_EQ(run(&c, SIM_METRIC_ESTABLISHED), 0);
            EXPECT_EQ(tally.spare[SIM_METRIC_ESTABLISHED], CLIENTS);
        }
}

static void test_two_gateways_that_send_to_each_other_serve_nobody(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct model_world_config c = roads(whens[i]);
        set(&c, "gateways.spare.redirect.to", "vpn");
        set(&c, "gateways.spare.redirect.when", whens[i]);
        EXPECT_EQ(run(&c, SIM_METRIC_ESTABLISHED), 0);
        EXPECT_EQ(tally.spare[SIM_METRIC_ESTABLISHED], 0);
        EXPECT_EQ(tally.home[SIM_METRIC_FAILURES], CLIENTS);
    }
}

static void test_a_gateway_does_not_send_to_itself_nor_to_another_family(void)
{
    struct model_world_config c = roads(whens[0]);
    size_t count = 0;
    set(&c, "gateways.vpn.redirect.to", "vpn");
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 1);
    set(&c, "gateways.vpn.redirect.to", "spare");
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 0);
    set(&c, "gateways.spare.address", "2001:db8::1");
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 1);
    set(&c, "gateways.vpn.redirect.to", "nobody");
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 1);
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
