/* SPDX-License-Identifier: MIT
 * Clients of an experiment who move about (RFC 4555): their SAs stay, over a line
 * that loses, behind a NAT, while they are rekeyed and asked whether they are
 * there. */
#include "models/keys.h"
#include "models/world.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { CLIENTS = 20, MOVES = 10 /* of each in 300 s, on average */ };

static struct tally {
    struct sim_record head;
    int64_t metrics[SIM_METRIC_COUNT]; /* of the gateway */
    int64_t successes;
    uint64_t elsewhere; /* messages of the gateway to addresses of the second half */
} tally;

static void on_metric(struct sim_record *r, const char *who, enum sim_metric metric, int64_t value)
{
    (void)r;
    if (strcmp(who, "vpn") == 0)
        tally.metrics[metric] = value;
    if (strcmp(who, "staff") == 0 && metric == SIM_METRIC_SUCCESSES)
        tally.successes = value;
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

/* Their prefix is 10.0.0.0/12. */
static void on_message(struct sim_record *r, const struct sim_message *m)
{
    (void)r;
    if (!m->inbound && strcmp(m->fate, "sent") == 0)
        tally.elsewhere += m->to.ip[0] == 10 && m->to.ip[1] >= 8 ? 1 : 0;
}

static void on_keys(struct sim_record *r, const struct ike_sa_keys *keys)
{
    (void)r;
    (void)keys;
}

static void set(struct model_world_config *config, const char *path, const char *text)
{
    char error[512];
    if (!EXPECT(model_config_set(config, path, text, error, sizeof error)))
        printf("# %s: %s\n", path, error);
}

/* Twenty clients at once at the beginning, who stay and move every half minute; a gateway that asks
 * for them when they are silent. */
static struct model_world_config office(void)
{
    static struct model_world_config c;
    model_config_open(&c);
    EXPECT(model_config_add(&c, "links", "wan"));
    EXPECT(model_config_add(&c, "gateways", "vpn"));
    EXPECT(model_config_add(&c, "clients", "staff"));
    set(&c, "for", "300s");
    set(&c, "links.wan.delay", "20ms");
    set(&c, "gateways.vpn.sa_max", "1024");
    set(&c, "gateways.vpn.mobike", "yes");
    set(&c, "gateways.vpn.liveness", "20s");
    set(&c, "clients.staff.to", "vpn");
    set(&c, "clients.staff.via", "wan");
    set(&c, "clients.staff.mobike", "yes");
    set(&c, "clients.staff.moves", "30s");
    set(&c, "clients.staff.arrivals", "burst 20 every 1h");
    c.trace_messages = 100000;
    return c;
}

static void ignore(void *owner, const char *path, bool fatal, const char *text)
{
    size_t *const count = owner;
    (void)path;
    (void)fatal;
    (void)text;
    (*count)++;
}

static void run(struct model_world_config *c)
{
    static const struct sim_record_ops ops = {.metric = on_metric,
                                              .series = on_series,
                                              .handshake = on_handshake,
                                              .refusal = on_refusal,
                                              .message = on_message,
                                              .keys = on_keys};
    char error[512];
    size_t count = 0;
    tally = (struct tally){.head = {.ops = &ops}};
    EXPECT_EQ(model_world_judge(c, ignore, &count), 0);
    struct model_world *const world =
        model_world_open(c, ike_crypto_modelled, &tally.head, error, sizeof error);
    if (!EXPECT(world != NULL))
        return;
    EXPECT(model_world_run(world, NULL, NULL));
    model_world_close(world);
}

/* Poisson with mean 200: within four deviations, and all of them are followed. */
static void all_stay_and_are_followed(void)
{
    const int64_t moved = tally.metrics[SIM_METRIC_PEERS_MOVED];
    EXPECT_EQ(tally.successes, CLIENTS);
    EXPECT_EQ(tally.metrics[SIM_METRIC_ESTABLISHED], CLIENTS);
    EXPECT_EQ(tally.metrics[SIM_METRIC_PEERS_LOST], 0);
    EXPECT(moved > CLIENTS * MOVES - 57 && moved < CLIENTS * MOVES + 57);
}

static void test_clients_that_move_keep_their_sas(void)
{
    struct model_world_config c = office();
    run(&c);
    all_stay_and_are_followed();
    EXPECT(tally.elsewhere > (uint64_t)(2 * tally.metrics[SIM_METRIC_PEERS_MOVED]));
    const uint64_t checked = tally.elsewhere;
    set(&c, "gateways.vpn.routability", "no");
    run(&c);
    all_stay_and_are_followed();
    EXPECT(tally.elsewhere < checked); /* no COOKIE2 (RFC 4555 3.7) */
}

static void test_they_keep_them_over_a_bad_line_and_while_they_are_rekeyed(void)
{
    struct model_world_config c = office();
    set(&c, "links.wan.loss", "5%");
    set(&c, "clients.staff.patience", "60s");
    set(&c, "clients.staff.retransmit.first", "500ms");
    set(&c, "clients.staff.rekey.ike", "90s");
    set(&c, "clients.staff.rekey.child", "50s");
    run(&c);
    EXPECT_EQ(tally.successes, CLIENTS);
    EXPECT_EQ(tally.metrics[SIM_METRIC_ESTABLISHED], CLIENTS);
    EXPECT(tally.metrics[SIM_METRIC_PEERS_MOVED] > CLIENTS * MOVES * 3 / 4);
}

static void test_they_keep_them_behind_a_nat(void)
{
    struct model_world_config c = office();
    set(&c, "clients.staff.nat.kind", "symmetric");
    run(&c);
    all_stay_and_are_followed();
    EXPECT_EQ(tally.elsewhere, 0); /* it is the NAT that is seen */
}

static void test_what_cannot_be_is_judged(void)
{
    struct model_world_config c = office();
    size_t count = 0;
    set(&c, "gateways.vpn.mobike", "no");
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 1);
    set(&c, "gateways.vpn.mobike", "yes");
    set(&c, "clients.staff.mobike", "no");
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 1);
    set(&c, "clients.staff.mobike", "yes");
    set(&c, "clients.staff.prefix", "10.1.2.2/31");
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 1);
    set(&c, "clients.staff.prefix", "10.1.2.4/30");
    EXPECT_EQ(model_world_judge(&c, ignore, &count), 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_clients_that_move_keep_their_sas),
        TEST(test_they_keep_them_over_a_bad_line_and_while_they_are_rekeyed),
        TEST(test_they_keep_them_behind_a_nat),
        TEST(test_what_cannot_be_is_judged),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
