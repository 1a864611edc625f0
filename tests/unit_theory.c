/* SPDX-License-Identifier: MIT
 * Closed forms against published values and sums of their own, and worlds
 * against closed forms. */
#include "models/keys.h"
#include "models/theory.h"
#include "tests/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Blocking of n slots at load / slots, recomputed by others to the digits shown. */
static void test_erlang_b_gives_the_reference_values(void)
{
    static const struct {
        uint32_t slots;
        double load, blocked, digits;
    } rows[] = {
        {100, 0.8, .003992, 5e-7},  {100, 0.9, .02696, 5e-6},   {100, 1, .0757, 5e-5},
        {100, 1.1, .1361, 5e-5},    {100, 1.5, .3454, 5e-5},    {100, 2, .5048, 5e-5},
        {100, 5, .8005, 5e-5},      {1000, 0.9, 5.93e-5, 5e-8}, {1000, 1, .02481, 5e-6},
        {1000, 1.1, .09863, 5e-6},  {1000, 2, .5005, 5e-5},     {50000, 1, .00356, 5e-6},
        {50000, 1.1, .09109, 5e-6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double got = model_erlang_b(rows[i].slots, rows[i].load * rows[i].slots);
        if (!EXPECT(fabs(got - rows[i].blocked) <= rows[i].digits))
            printf("# %u slots, load %g: %g\n", rows[i].slots, rows[i].load, got);
    }
    EXPECT(fabs(model_erlang_b(1, 1) - 0.5) < 1e-12);
    EXPECT(fabs(model_erlang_b(2, 1) - 0.2) < 1e-12); /* (1/2) / (1 + 1 + 1/2) */
}

/* Lindley's recursion with integers of its own, against the formula. */
static void test_md1_wait_is_what_a_queue_of_its_own_measures(void)
{
    const double service = 1;
    const double loads[] = {0.3, 0.6, 0.8};
    for (size_t i = 0; i < 3; i++) {
        uint64_t x = 12345;
        double wait = 0;
        double sum = 0;
        const int count = 2000000;
        for (int k = 0; k < count; k++) {
            x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            const double uniform = ((double)(x >> 11) + 0.5) / 9007199254740992.0;
            wait += service + log(uniform) / loads[i];
            wait = wait > 0 ? wait : 0;
            sum += wait;
        }
        EXPECT(fabs(sum / count / model_md1_wait(loads[i], service) - 1) < 0.02);
    }
}

/* A world that keeps the gateway's metrics. */
struct kept {
    struct sim_record head;
    int64_t values[SIM_METRIC_COUNT];
};
static struct kept kept;

static void on_metric(struct sim_record *r, const char *who, enum sim_metric metric, int64_t value)
{
    struct kept *const k = (struct kept *)r;
    if (strcmp(who, "vpn") == 0)
        k->values[metric] = value;
}
static void no_series(struct sim_record *r, const char *who, enum sim_series series, uint64_t at_ns,
                      int64_t value)
{
    (void)r, (void)who, (void)series, (void)at_ns, (void)value;
}
static void no_handshake(struct sim_record *r, const struct sim_handshake *h)
{
    (void)r, (void)h;
}
static void no_refusal(struct sim_record *r, const char *who, const char *reason, uint64_t count)
{
    (void)r, (void)who, (void)reason, (void)count;
}
static const struct sim_record_ops kept_ops = {
    .metric = on_metric, .series = no_series, .handshake = no_handshake, .refusal = no_refusal};

static struct model_world_config config;

static void set(const char *path, const char *text)
{
    char error[512];
    if (!EXPECT(model_config_set(&config, path, text, error, sizeof error)))
        printf("# %s: %s\n", path, error);
}

static void clients_alone(void)
{
    model_config_open(&config);
    EXPECT(model_config_add(&config, "gateways", "vpn"));
    EXPECT(model_config_add(&config, "clients", "people"));
    set("clients.people.to", "vpn");
}

static void flood_alone(const char *for_text, const char *rate)
{
    model_config_open(&config);
    EXPECT(model_config_add(&config, "gateways", "vpn"));
    EXPECT(model_config_add(&config, "attackers", "flood"));
    set("for", for_text);
    set("attackers.flood.to", "vpn");
    set("attackers.flood.rate", rate);
    set("gateways.vpn.sa_max", "100000");
}

static void deaf(void *owner, const char *path, bool fatal, const char *text)
{
    (void)owner;
    (void)fatal;
    printf("# %s: %s\n", path, text);
}

static double measured(enum sim_metric metric)
{
    char error[512];
    memset(&kept, 0, sizeof kept);
    kept.head.ops = &kept_ops;
    struct model_world *const world =
        model_world_open(&config, ike_crypto_modelled, &kept.head, error, sizeof error);
    if (!EXPECT(world != NULL)) {
        printf("# %s\n", error);
        return 0;
    }
    EXPECT(model_world_run(world, NULL, NULL));
    model_world_close(world);
    return (double)kept.values[metric];
}

static double predicted(const char *name)
{
    char error[256] = "";
    double value = 0;
    EXPECT_EQ(model_world_judge(&config, deaf, NULL), 0);
    if (!EXPECT(model_theory_named(name)->predict(&config, &value, error, sizeof error)))
        printf("# %s: %s\n", name, error);
    return value;
}

static void expect_near(double got, double wanted, double share)
{
    if (!EXPECT(fabs(got - wanted) <= share * wanted))
        printf("# %.1f, not %.1f within %.1f %%\n", got, wanted, 100 * share);
}

static void test_a_flooded_table_blocks_as_erlang_says(void)
{
    flood_alone("400s", "110/s");
    set("gateways.vpn.half_open.limit", "100");
    set("gateways.vpn.half_open.timeout", "1s");
    expect_near(measured(SIM_METRIC_HALF_OPEN_REFUSED_SHARE), predicted("erlang-b"), 0.03);
    expect_near(predicted("erlang-b"), 136100, 0.001);
    /* and by Little's law so many slots are taken on average */
    expect_near((double)kept.values[SIM_METRIC_HALF_OPEN_MEAN], 110 * (1 - .1361) * 1000, 0.02);
}

static void test_the_table_is_pinned_from_slots_over_timeout_on(void)
{
    static const char *const rates[] = {"5/s", "9/s", "10/s", "12/s", "40/s"};
    static const double held[] = {50, 90, 100, 100, 100};
    for (size_t i = 0; i < 5; i++) {
        flood_alone("60s", rates[i]);
        set("attackers.flood.arrivals", "uniform");
        set("attackers.flood.from", "3ms"); /* not at the instant of a sample */
        set("gateways.vpn.half_open.limit", "100");
        set("gateways.vpn.half_open.timeout", "10s");
        EXPECT_EQ(predicted("pin-rate"), held[i]);
        EXPECT_EQ(measured(SIM_METRIC_HALF_OPEN_MAX), held[i]);
    }
}

static void cookie_queue(void)
{
    flood_alone("60s", "10000/s");
    set("gateways.vpn.cookies.at", "0");
    set("gateways.vpn.implementation", "strongswan-5.9-steady");
}

static void test_the_wait_for_a_cookie_is_that_of_an_md1_queue(void)
{
    cookie_queue();
    const double wait_ns = predicted("md1-wait");
    expect_near(measured(SIM_METRIC_WAIT_MEAN), wait_ns, 0.03);
    expect_near((double)kept.values[SIM_METRIC_CPU_SHARE],
                model_cookie_cost_ns(&config.gateways[0], &config.attackers[0]) * 0.01 * 1000,
                0.01);
}

static void test_a_service_time_wrong_by_a_tenth_fails_that_check(void)
{
    cookie_queue();
    const double wait_ns = predicted("md1-wait");
    set("gateways.vpn.cost_scale", "1.1");
    EXPECT(fabs(measured(SIM_METRIC_WAIT_MEAN) / wait_ns - 1) > 0.1);
    set("gateways.vpn.cost_scale", "0.9");
    EXPECT(fabs(measured(SIM_METRIC_WAIT_MEAN) / wait_ns - 1) > 0.1);
}

static void test_saturation_is_where_the_costs_put_it(void)
{
    static const char *const groups[] = {"x25519", "ecp256", "modp2048", "ecp384"};
    char proposal[64];
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        (void)snprintf(proposal, sizeof proposal, "aes128-sha256-prfsha384-%s", groups[i]);
        flood_alone("2s", "40000/s");
        set("gateways.vpn.proposals", proposal);
        set("attackers.flood.proposals", proposal);
        set("gateways.vpn.cores", "2");
        const double without = predicted("saturation-without");
        expect_near(measured(SIM_METRIC_SERVED), without, 0.01);
        set("gateways.vpn.cookies.at", "0");
        set("gateways.vpn.implementation", "strongswan-5.9-steady");
        const double with = predicted("saturation-with-cookies");
        expect_near(measured(SIM_METRIC_SERVED), with, 0.01);
    }
}

/* And higher where nothing is derived for a flood that never comes back. */
static void test_saturation_without_secrets_is_where_the_costs_put_it(void)
{
    static const char *const groups[] = {"x25519", "ecp384", "mlkem768"};
    char proposal[64];
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        (void)snprintf(proposal, sizeof proposal, "aes256gcm16-prfsha256-%s", groups[i]);
        flood_alone("1s", "200000/s");
        set("gateways.vpn.proposals", proposal);
        set("attackers.flood.proposals", proposal);
        const double at_once = predicted("saturation-without");
        set("gateways.vpn.derive", "auth");
        const double later = predicted("saturation-without");
        expect_near(measured(SIM_METRIC_SERVED), later, 0.01);
        EXPECT(i == 2 ? later == at_once : later > 1.5 * at_once); /* a KEM derives always */
    }
}

static void test_a_form_is_silent_about_worlds_it_does_not_speak_of(void)
{
    static const char *const changes[][2] = {
        {"attackers.flood.arrivals", "uniform"}, {"attackers.flood.until", "30s"},
        {"gateways.vpn.cookies.at", "10"},       {"attackers.flood.rate", "[[0s,1/s],[1s,2/s]]"},
        {"attackers.flood.rate", "100000/s"},    {"gateways.vpn.cores", "2"},
    };
    char error[256];
    double value;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        cookie_queue();
        set(changes[i][0], changes[i][1]);
        (void)model_world_judge(&config, deaf, NULL);
        error[0] = '\0';
        EXPECT(!model_theory_named("md1-wait")->predict(&config, &value, error, sizeof error));
        EXPECT(error[0] != '\0');
    }
    EXPECT(model_theory_named("astrology") == NULL);
}

/* RFC 7296 2.16, with and without asking for an identity; each further Child SA two. */
static void test_packets_are_counted_by_the_arrows(void)
{
    static const struct {
        const char *auth, *identity, *children;
        double packets;
    } rows[] = {{"psk", "yes", "1", 4},
                {"ecdsa384", "yes", "3", 8},
                {"eap-md5", "no", "1", 8},
                {"eap-gtc", "yes", "2", 12},
                {"eap-mschapv2", "yes", "1", 12}};
    char error[256];
    double value;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        clients_alone();
        set("clients.people.auth", rows[i].auth);
        set("clients.people.eap.identity", rows[i].identity);
        set("clients.people.children", rows[i].children);
        expect_near(predicted("packet-count"), 1000 * rows[i].packets, 1e-9);
    }
    set("clients.people.childless", "yes"); /* RFC 6023 3: if both are, two more */
    expect_near(predicted("packet-count"), 12000, 1e-9);
    set("gateways.vpn.childless", "yes");
    expect_near(predicted("packet-count"), 14000, 1e-9);
    set("gateways.vpn.window", "2");
    EXPECT(!model_theory_named("packet-count")->predict(&config, &value, error, sizeof error));
    set("gateways.vpn.window", "1");
    set("clients.people.auth", "eap-tls");
    EXPECT(!model_theory_named("packet-count")->predict(&config, &value, error, sizeof error));
    flood_alone("2s", "40/s");
    EXPECT(!model_theory_named("packet-count")->predict(&config, &value, error, sizeof error));
}

static void test_a_line_loses_what_it_loses(void)
{
    char error[256];
    double value;
    clients_alone();
    EXPECT(!model_theory_named("line-loss")->predict(&config, &value, error, sizeof error));
    set("clients.people.traffic.rate", "10/s");
    EXPECT(!model_theory_named("line-loss")->predict(&config, &value, error, sizeof error));
    EXPECT(model_config_add(&config, "links", "wan"));
    set("clients.people.via", "wan");
    expect_near(predicted("line-loss"), 0, 1e-9);
    set("links.wan.loss", "2.5%");
    expect_near(predicted("line-loss"), 25000, 1e-9);
    static const char *const real[][2] = {{"network.kind", "live"},
                                          {"crypto", "openssl"},
                                          {"gateways.vpn.daemon", "strongswan"},
                                          {"gateways.vpn.pool", "10.9.0.0/16"},
                                          {"clients.people.address", "ipv4"},
                                          {"clients.people.traffic.kind", "echo"}};
    const struct model_world_config virtual = config;
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++)
        set(real[i][0], real[i][1]);
    expect_near(predicted("line-loss"), 1e6 * (1 - 0.975 * 0.975), 1e-9); /* either way is one */
    config = virtual;
    set("links.wan.reorder.share", "1%");
    EXPECT(!model_theory_named("line-loss")->predict(&config, &value, error, sizeof error));
    set("links.wan.reorder.share", "0%");
    set("clients.people.traffic.size", "1400B");
    EXPECT(!model_theory_named("line-loss")->predict(&config, &value, error, sizeof error));
}

/* Clients who hear something every half second, by a line of 20 ms, and give up after 1, 2 and 4 s.
 */
static void office(const char *outage)
{
    clients_alone();
    EXPECT(model_config_add(&config, "links", "wan"));
    set("links.wan.delay", "20ms");
    set("gateways.vpn.outages", outage);
    set("clients.people.via", "wan");
    set("clients.people.traffic.rate", "2/s");
    set("clients.people.retransmit.first", "1s");
    set("clients.people.retransmit.factor", "2");
    set("clients.people.retransmit.sends", "3");
    set("clients.people.liveness", "30s");
    set("clients.people.reconnect", "1s");
}

static void tokens_given(void)
{
    set("clients.people.crash_tokens", "yes");
    set("gateways.vpn.crash_tokens", "yes");
    set("gateways.vpn.tell_unknown", "yes");
}

/* Who has heard last was heard 230 ms before it went, in the mean: half a gap, less the way here.
 */
static void test_a_loss_is_found_after_a_silence_and_all_sends(void)
{
    office("[[20s, 25s]]");
    expect_near(predicted("loss-found"), 36.77e9, 1e-9);
    expect_near(predicted("back-again"), 37.85e9, 1e-9); /* a second, and two round trips */
    set("clients.people.hints", "1900ms");               /* the fourth packet */
    expect_near(predicted("loss-found"), 8.77e9, 1e-9);
    set("gateways.vpn.away", "silent");
    expect_near(predicted("loss-found"), 36.77e9, 1e-9);
    set("gateways.vpn.away", "refuses");
    set("gateways.vpn.outages", "[[20s, 21s]]"); /* it is back before a packet is a hint */
    expect_near(predicted("loss-found"), 36.77e9, 1e-9);
    set("clients.people.hints", "40s");
    set("gateways.vpn.outages", "[[20s, 80s]]");
    expect_near(predicted("loss-found"), 36.77e9, 1e-9);
}

/* The gateway is one more link away, of 5 ms. */
static void another_link(void)
{
    office("[[20s, 25s]]");
    EXPECT(model_config_add(&config, "links", "lan"));
    set("links.lan.from", "core");
    set("links.lan.to", "rack");
    set("links.lan.delay", "5ms");
    set("gateways.vpn.at", "rack");
}

static void test_all_links_on_the_way_count(void)
{
    char error[256];
    double value;
    another_link();
    expect_near(predicted("loss-found"), 36.775e9, 1e-9);
    expect_near(predicted("back-again"), 37.875e9, 1e-9);
    set("links.lan.loss", "1%");
    EXPECT(!model_theory_named("loss-found")->predict(&config, &value, error, sizeof error));
    EXPECT(!model_theory_named("packet-count")->predict(&config, &value, error, sizeof error));
    set("links.lan.loss", "0%");
    static const struct sim_moment moments[] = {{.at_ns = 0, .delay_ns = 5000000},
                                                {.at_ns = 9000000000, .delay_ns = 6000000}};
    EXPECT(model_theory_named("loss-found")->predict(&config, &value, error, sizeof error));
    config.links[1].delay.at = moments;
    config.links[1].delay.count = 2;
    EXPECT(!model_theory_named("loss-found")->predict(&config, &value, error, sizeof error));
}

static void test_with_a_token_the_first_request_that_is_heard_is_enough(void)
{
    office("[[20s, 25s]]");
    tokens_given();
    expect_near(predicted("loss-found"), 29.81e9, 1e-9);
    set("gateways.vpn.outages", "[[20s, 52s]]"); /* not heard at 29.79 and 30.79, but 2 s later */
    expect_near(predicted("loss-found"), 32.81e9, 1e-9);
    set("gateways.vpn.outages", "[[20s, 54s]]"); /* nor then */
    expect_near(predicted("loss-found"), 36.77e9, 1e-9);
    set("clients.people.hints", "1900ms");
    set("gateways.vpn.outages", "[[20s, 24s]]"); /* sent at 1.77, 2.77 and 4.77 */
    expect_near(predicted("loss-found"), 4.81e9, 1e-9);
    expect_near(predicted("back-again"), 5.89e9, 1e-9);
    set("gateways.vpn.tell_unknown", "no");
    expect_near(predicted("loss-found"), 8.77e9, 1e-9);
}

/* Nobody is back before the gateway, and who has found it early waits longer for the next send. */
static void test_who_comes_too_early_is_heard_with_a_later_send(void)
{
    office("[[20s, 31500ms]]");
    set("clients.people.hints", "1900ms");
    expect_near(predicted("back-again"), 12.85e9, 1e-9); /* sent at 9.77, 10.77, 12.77 */
}

static void test_of_other_outages_nothing_is_said(void)
{
    static const char *const others[][2] = {
        {"gateways.vpn.outages", "[[20s, 25s], [50s, 60s]]"},
        {"gateways.vpn.outages", "none"},
        {"gateways.vpn.outages", "[[20s, 50s]]"}, /* some are heard at once, and some are not */
        {"clients.people.traffic.rate", "none"},
        {"clients.people.traffic.arrivals", "poisson"},
        {"clients.people.traffic.back", "no"},
        {"clients.people.liveness", "never"},
        {"clients.people.retransmit.jitter", "10%"},
        {"clients.people.stay", "10s"},
        {"clients.people.rekey.child", "10s"},
        {"clients.people.rekey.ike", "10s"},
        {"links.wan.loss", "1%"},
        {"links.wan.jitter", "1ms"},
    };
    char error[256];
    double value;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        office("[[20s, 25s]]");
        tokens_given();
        EXPECT(model_theory_named("loss-found")->predict(&config, &value, error, sizeof error));
        set(others[i][0], others[i][1]);
        if (!EXPECT(
                !model_theory_named("loss-found")->predict(&config, &value, error, sizeof error)))
            printf("# %s: %s\n", others[i][0], others[i][1]);
    }
    office("[[20s, 2min]]"); /* they have given up long before it is back */
    EXPECT(!model_theory_named("back-again")->predict(&config, &value, error, sizeof error));
    office("[[20s, 25s]]");
    set("clients.people.reconnect", "never");
    EXPECT(!model_theory_named("back-again")->predict(&config, &value, error, sizeof error));
}

/* Held from 20 ms after they come, for two answers of a second and six ways, or three and eight. */
static void test_half_open_sas_of_a_trace_are_counted(void)
{
    static const struct sim_moment moments[] = {
        {.at_ns = 100000000}, {.at_ns = 200000000}, {.at_ns = 300000000}, {.at_ns = 2600000000}};
    static const char *const others[][2] = {
        {"gateways.vpn.half_open.limit", "3"},
        {"gateways.vpn.half_open.per_address", "3"},
        {"gateways.vpn.cookies.at", "3"},
        {"gateways.vpn.aaa.jitter", "1ms"},
        {"gateways.vpn.aaa.latency", "none"},
        {"clients.people.auth", "ecdsa256"},
        {"clients.people.auth", "eap-tls"},
        {"clients.people.count", "3"},
        {"clients.people.from", "1s"},
        {"links.wan.loss", "1%"},
        {"clients.people.arrivals", "poisson 1/s"},
    };
    char error[256];
    double value;
    for (size_t i = 0; i <= sizeof others / sizeof others[0]; i++) {
        clients_alone();
        EXPECT(model_config_add(&config, "links", "wan"));
        set("links.wan.delay", "20ms");
        set("sample", "500ms");
        set("gateways.vpn.auth", "ecdsa256");
        set("gateways.vpn.aaa.latency", "1s");
        set("clients.people.via", "wan");
        set("clients.people.auth", "eap-md5");
        set("clients.people.eap.identity", "no");
        config.clients[0].arrivals = (struct model_arrivals){
            .process = MODEL_TRACED, .at = moments, .count = sizeof moments / sizeof moments[0]};
        expect_near(predicted("trace-held"), 3, 1e-9);
        if (i == sizeof others / sizeof others[0])
            break;
        set(others[i][0], others[i][1]);
        if (!EXPECT(
                !model_theory_named("trace-held")->predict(&config, &value, error, sizeof error)))
            printf("# %s: %s\n", others[i][0], others[i][1]);
    }
    set("clients.people.eap.identity", "yes");
    expect_near(predicted("trace-held"), 4, 1e-9); /* at 3 s */
    set("sample", "10s");
    expect_near(predicted("trace-held"), 0, 1e-9); /* nobody is seen */
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_erlang_b_gives_the_reference_values),
        TEST(test_md1_wait_is_what_a_queue_of_its_own_measures),
        TEST(test_a_flooded_table_blocks_as_erlang_says),
        TEST(test_the_table_is_pinned_from_slots_over_timeout_on),
        TEST(test_the_wait_for_a_cookie_is_that_of_an_md1_queue),
        TEST(test_a_service_time_wrong_by_a_tenth_fails_that_check),
        TEST(test_saturation_is_where_the_costs_put_it),
        TEST(test_saturation_without_secrets_is_where_the_costs_put_it),
        TEST(test_a_form_is_silent_about_worlds_it_does_not_speak_of),
        TEST(test_packets_are_counted_by_the_arrows),
        TEST(test_a_line_loses_what_it_loses),
        TEST(test_a_loss_is_found_after_a_silence_and_all_sends),
        TEST(test_all_links_on_the_way_count),
        TEST(test_with_a_token_the_first_request_that_is_heard_is_enough),
        TEST(test_who_comes_too_early_is_heard_with_a_later_send),
        TEST(test_of_other_outages_nothing_is_said),
        TEST(test_half_open_sas_of_a_trace_are_counted),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
