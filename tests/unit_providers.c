/* SPDX-License-Identifier: MIT
 * The modelled provider stands for the real one: a reduced cookie-threshold
 * study leaves the same rows with either, to the nanosecond. */
#include "models/keys.h"
#include "models/world.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 2000 };

struct rows {
    struct sim_record head;
    struct sim_handshake handshakes[ROWS_MAX];
    size_t count;
    int64_t metrics[SIM_METRIC_COUNT]; /* of all who have it, summed */
};
static struct rows modelled;
static struct rows real;

static void on_metric(struct sim_record *r, const char *who, enum sim_metric metric, int64_t value)
{
    (void)who;
    ((struct rows *)r)->metrics[metric] += value;
}

static void on_series(struct sim_record *r, const char *who, enum sim_series series, uint64_t at_ns,
                      int64_t value)
{
    (void)r, (void)who, (void)series, (void)at_ns, (void)value;
}

static void on_handshake(struct sim_record *r, const struct sim_handshake *h)
{
    struct rows *const rows = (struct rows *)r;
    if (EXPECT(rows->count < ROWS_MAX))
        rows->handshakes[rows->count++] = *h;
}

static void on_refusal(struct sim_record *r, const char *who, const char *reason, uint64_t count)
{
    (void)r, (void)who, (void)reason, (void)count;
}

static const struct sim_record_ops ops = {
    .metric = on_metric, .series = on_series, .handshake = on_handshake, .refusal = on_refusal};

static void run(const char *cookies_at, model_provider_fn *provider, struct rows *rows)
{
    static const char *const settings[][2] = {
        {"for", "20s"},
        {"links.wan.rate", "10Mbit/s"},
        {"links.wan.delay", "20ms"},
        {"links.wan.loss", "1%"},
        {"gateways.vpn.implementation", "strongswan-5.9"},
        {"gateways.vpn.sa_max", "10000"},
        {"clients.honest.to", "vpn"},
        {"clients.honest.via", "wan"},
        {"clients.honest.patience", "5s"},
        {"clients.honest.retransmit.first", "1s"},
        {"clients.honest.stay", "3s"},
        {"clients.honest.proposals", "aes128-sha256-ecp256, aes256gcm16-prfsha256-x25519"},
        {"attackers.flood.to", "vpn"},
        {"attackers.flood.via", "wan"},
        {"attackers.flood.rate", "1500/s"},
        {"attackers.flood.from", "3s"},
        {"attackers.flood.until", "8s"},
    };
    static struct model_world_config c;
    char error[512];
    memset(rows, 0, sizeof *rows);
    rows->head.ops = &ops;
    model_config_open(&c);
    EXPECT(model_config_add(&c, "links", "wan") && model_config_add(&c, "gateways", "vpn") &&
           model_config_add(&c, "clients", "honest") && model_config_add(&c, "attackers", "flood"));
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (!EXPECT(model_config_set(&c, settings[i][0], settings[i][1], error, sizeof error)))
            printf("# %s\n", error);
    EXPECT(model_config_set(&c, "gateways.vpn.cookies.at", cookies_at, error, sizeof error));
    struct model_world *const world =
        model_world_open(&c, provider, &rows->head, error, sizeof error);
    if (!EXPECT(world != NULL))
        return;
    EXPECT(model_world_run(world, NULL, NULL));
    model_world_close(world);
}

static void expect_same(const struct sim_handshake *a, const struct sim_handshake *b)
{
    EXPECT_EQ(a->client, b->client);
    EXPECT_EQ(a->start_ns, b->start_ns);
    EXPECT_EQ(a->end_ns, b->end_ns);
    EXPECT_EQ(a->outcome, b->outcome);
    EXPECT_EQ(a->phase, b->phase);
    EXPECT_EQ(a->why, b->why);
    EXPECT_EQ(a->retransmissions, b->retransmissions);
    EXPECT_EQ(a->cookies, b->cookies);
    EXPECT_EQ(a->groups, b->groups);
    EXPECT_EQ(a->round_trips, b->round_trips);
}

static void test_both_providers_leave_the_same_rows(void)
{
    static const char *const thresholds[] = {"never", "0", "30"};
    for (size_t i = 0; i < 3; i++) {
        run(thresholds[i], ike_crypto_modelled, &modelled);
        run(thresholds[i], ike_crypto_openssl, &real);
        EXPECT(modelled.count > 100);
        EXPECT_EQ(modelled.count, real.count);
        for (size_t k = 0; k < modelled.count && k < real.count; k++)
            expect_same(&modelled.handshakes[k], &real.handshakes[k]);
        for (size_t k = 0; k < SIM_METRIC_COUNT; k++)
            if (!EXPECT_EQ(modelled.metrics[k], real.metrics[k]))
                printf("# %s\n", sim_metric_rows[k].name);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {TEST(test_both_providers_leave_the_same_rows)};
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
