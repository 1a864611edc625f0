/* SPDX-License-Identifier: MIT
 * Worlds whose links lose in bursts, double, hold back, break down and cut: what
 * clients feel of it. */
#include "models/keys.h"
#include "models/world.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

/* Metrics of the clients and of the network, kept. */
struct sums {
    struct sim_record head;
    int64_t of[SIM_METRIC_COUNT];
};
static struct sums sums;

static void on_metric(struct sim_record *r, const char *who, enum sim_metric metric, int64_t value)
{
    struct sums *const s = (struct sums *)r;
    if (strcmp(who, "people") == 0 || strcmp(who, "network") == 0)
        s->of[metric] += value;
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
    (void)who;
    (void)reason;
    (void)count;
}

static const struct sim_record_ops sums_ops = {
    .metric = on_metric, .series = on_series, .handshake = on_handshake, .refusal = on_refusal};

static struct model_world_config config;
static size_t warnings;

static void set(const char *path, const char *text)
{
    char error[512];
    if (!EXPECT(model_config_set(&config, path, text, error, sizeof error)))
        printf("# %s: %s\n", path, error);
}

static void plain(void)
{
    model_config_open(&config);
    EXPECT(model_config_add(&config, "links", "wan"));
    EXPECT(model_config_add(&config, "gateways", "vpn"));
    EXPECT(model_config_add(&config, "clients", "people"));
    set("for", "60s");
    set("links.wan.delay", "20ms");
    set("clients.people.to", "vpn");
    set("clients.people.via", "wan");
    set("clients.people.arrivals", "poisson 20/s");
    set("clients.people.retransmit.first", "1s");
}

static void warn(void *owner, const char *path, bool fatal, const char *text)
{
    size_t *const count = owner;
    (*count)++;
    if (fatal)
        printf("# %s: %s\n", path, text);
}

static void run(void)
{
    char error[512];
    memset(&sums, 0, sizeof sums);
    sums.head.ops = &sums_ops;
    warnings = 0;
    EXPECT_EQ(model_world_judge(&config, warn, &warnings), 0);
    struct model_world *const world =
        model_world_open(&config, ike_crypto_modelled, &sums.head, error, sizeof error);
    if (!EXPECT(world != NULL))
        return;
    EXPECT(model_world_run(world, NULL, NULL));
    model_world_close(world);
}

static void test_long_certificates_pass_a_narrow_link_in_ip_fragments(void)
{
    plain();
    set("clients.people.auth", "rsa4096");
    run();
    EXPECT_EQ(sums.of[SIM_METRIC_SUCCESSES], 0); /* IKE_AUTH is longer than 1500 octets */
    EXPECT(sums.of[SIM_METRIC_TOO_BIG] > 0);
    EXPECT_EQ(warnings, 1);
    set("links.wan.oversize", "fragment");
    run();
    EXPECT_EQ(warnings, 0);
    EXPECT_EQ(sums.of[SIM_METRIC_FAILURES], 0);
    EXPECT(sums.of[SIM_METRIC_SUCCESSES] > 900);
    EXPECT_EQ(sums.of[SIM_METRIC_TOO_BIG], 0);
    /* Request and answer of IKE_AUTH, two fragments each: one packet more. */
    EXPECT_EQ(sums.of[SIM_METRIC_FRAGMENTS], 2 * sums.of[SIM_METRIC_SUCCESSES]);
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
    run();
    const int64_t by_ip = sums.of[SIM_METRIC_IKE_RETRANSMISSIONS];
    EXPECT(sums.of[SIM_METRIC_REASSEMBLY_TIMEOUTS] > 0);
    set("clients.people.fragment", "1280");
    set("gateways.vpn.fragment", "1280");
    run();
    const int64_t attempts = sums.of[SIM_METRIC_ATTEMPTS];
    const int64_t by_ike = sums.of[SIM_METRIC_IKE_RETRANSMISSIONS];
    EXPECT_EQ(sums.of[SIM_METRIC_FRAGMENTS], 0);
    EXPECT(by_ike < by_ip * 2 / 3);
    /* Seven fragments each way: all are there after m rounds with (1 - 0.1^m)^7, so the request and
     * the answer take 1.61 rounds each in the mean (the sum over m of 1 - (1 - 0.1^m)^7);
     * IKE_SA_INIT 1.23. What is sent again for the answer's sake is answered when its first
     * fragment comes. */
    EXPECT(by_ike > attempts * 13 / 10 && by_ike < attempts * 17 / 10);
    EXPECT(sums.of[SIM_METRIC_FAILURES] < attempts / 20);
}

static void test_who_connects_while_the_link_is_down_gets_through_after(void)
{
    plain();
    set("links.wan.outages", "[[20s, 25s]]");
    run();
    EXPECT_EQ(sums.of[SIM_METRIC_FAILURES], 0);
    EXPECT_EQ(sums.of[SIM_METRIC_OUTAGES], sums.of[SIM_METRIC_IKE_RETRANSMISSIONS]);
    EXPECT(sums.of[SIM_METRIC_OUTAGES] > 100);
    EXPECT(sums.of[SIM_METRIC_SETUP_TIME_P99] > 3000000000);
}

static void test_bursts_of_losses_are_counted_and_borne(void)
{
    plain();
    set("links.wan.bursts.begin", "2%");
    set("links.wan.bursts.end", "20%");
    set("links.wan.duplicate", "5%");
    set("links.wan.reorder.share", "5%");
    run();
    EXPECT(sums.of[SIM_METRIC_SUCCESSES] > 900);
    EXPECT(sums.of[SIM_METRIC_LINK_LOSS] > 200);
    EXPECT(sums.of[SIM_METRIC_DUPLICATES] > 100);
}

static const struct test_case cases[] = {
    TEST(test_long_certificates_pass_a_narrow_link_in_ip_fragments),
    TEST(test_under_loss_fragments_of_ike_are_sent_again_less_often_than_those_of_ip),
    TEST(test_who_connects_while_the_link_is_down_gets_through_after),
    TEST(test_bursts_of_losses_are_counted_and_borne),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
