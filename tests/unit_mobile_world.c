/* SPDX-License-Identifier: MIT
 * Clients of an experiment who move about (RFC 4555): their SAs stay, over a line
 * that loses, behind a NAT, while they are rekeyed and asked whether they are
 * there. */
#include "tests/test.h"
#include "tests/world.h"

#include <string.h>

enum { CLIENTS = 20, MOVES = 10 /* of each in 300 s, on average */ };

static uint64_t elsewhere; /* messages of the gateway to addresses of the second half */

/* Their prefix is 10.0.0.0/12. */
static void on_message(const struct sim_message *m)
{
    if (!m->inbound && strcmp(m->fate, "sent") == 0)
        elsewhere += m->to.ip[0] == 10 && m->to.ip[1] >= 8 ? 1 : 0;
}

/* Twenty clients at once at the beginning, who stay and move every half minute; a gateway that asks
 * for them when they are silent. */
static void office(void)
{
    world_begin("staff");
    set("for", "300s");
    set("gateways.vpn.sa_max", "1024");
    set("gateways.vpn.mobike", "yes");
    set("gateways.vpn.liveness", "20s");
    set("clients.staff.mobike", "yes");
    set("clients.staff.moves", "30s");
    set("clients.staff.arrivals", "burst 20 every 1h");
    config.trace_messages = 100000;
}

static void run(void)
{
    static const struct world_ear ear = {.message = on_message};
    elsewhere = 0;
    world_run(&ear);
}

/* Poisson with mean 200: within four deviations, and all of them are followed. */
static void all_stay_and_are_followed(void)
{
    const int64_t moved = metric("vpn", SIM_METRIC_PEERS_MOVED);
    EXPECT_EQ(metric("staff", SIM_METRIC_SUCCESSES), CLIENTS);
    EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), CLIENTS);
    EXPECT_EQ(metric("vpn", SIM_METRIC_PEERS_LOST), 0);
    EXPECT(moved > CLIENTS * MOVES - 57 && moved < CLIENTS * MOVES + 57);
}

static void test_clients_that_move_keep_their_sas(void)
{
    office();
    run();
    all_stay_and_are_followed();
    EXPECT(elsewhere > (uint64_t)(2 * metric("vpn", SIM_METRIC_PEERS_MOVED)));
    const uint64_t checked = elsewhere;
    set("gateways.vpn.routability", "no");
    run();
    all_stay_and_are_followed();
    EXPECT(elsewhere < checked); /* no COOKIE2 (RFC 4555 3.7) */
}

static void test_they_keep_them_over_a_bad_line_and_while_they_are_rekeyed(void)
{
    office();
    set("links.wan.loss", "5%");
    set("clients.staff.patience", "60s");
    set("clients.staff.retransmit.first", "500ms");
    set("clients.staff.rekey.ike", "90s");
    set("clients.staff.rekey.child", "50s");
    run();
    EXPECT_EQ(metric("staff", SIM_METRIC_SUCCESSES), CLIENTS);
    EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), CLIENTS);
    EXPECT(metric("vpn", SIM_METRIC_PEERS_MOVED) > CLIENTS * MOVES * 3 / 4);
}

static void test_they_keep_them_behind_a_nat(void)
{
    office();
    set("clients.staff.nat.kind", "symmetric");
    run();
    all_stay_and_are_followed();
    EXPECT_EQ(elsewhere, 0); /* it is the NAT that is seen */
}

static void test_what_cannot_be_is_judged(void)
{
    office();
    set("gateways.vpn.mobike", "no");
    EXPECT_EQ(judge(), 1);
    set("gateways.vpn.mobike", "yes");
    set("clients.staff.mobike", "no");
    EXPECT_EQ(judge(), 1);
    set("clients.staff.mobike", "yes");
    set("clients.staff.prefix", "10.1.2.2/31");
    EXPECT_EQ(judge(), 1);
    set("clients.staff.prefix", "10.1.2.4/30");
    EXPECT_EQ(judge(), 0);
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
