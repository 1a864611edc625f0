/* SPDX-License-Identifier: MIT
 * What lines do to datagrams: bursts against Gilbert and Elliott's closed
 * forms, duplicates, stragglers and outages to the nanosecond on one link. */
#include "sim/impair.h"
#include "sim/loop.h"
#include "sim/net_links.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { PERCENT = 10000000, HEARD_MAX = 64 };

/* ---- alone ---- */

/* Lengths of runs of losses, when within bursts all is lost and outside nothing: geometric. */
static void test_bursts_are_as_long_and_as_frequent_as_gilbert_and_elliott_say(void)
{
    enum { COUNT = 2000000, LONGEST = 12 };
    const struct sim_impairments line = {.burst_begin_ppb = 1 * PERCENT,
                                         .burst_end_ppb = 25 * PERCENT,
                                         .burst_loss_ppb = 100 * PERCENT};
    struct sim_impair impair;
    double runs[LONGEST + 1] = {0};
    double all = 0;
    double lost = 0;
    uint32_t run = 0;
    sim_impair_open(&impair, 1, "line", 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        if (sim_impair_loses(&impair, &line)) {
            run++;
            lost++;
        } else if (run > 0) {
            runs[run < LONGEST ? run : LONGEST]++;
            all++;
            run = 0;
        }
    }
    /* begin / (begin + end) = 1 / 26; the deviation of a share of dependent trials is that of
     * independent ones times sqrt((1 + c) / (1 - c)), c = 1 - begin - end. */
    const double share = 1.0 / 26;
    const double deviation = sqrt(share * (1 - share) / COUNT * (1 + 0.74) / (1 - 0.74));
    EXPECT(fabs(lost / COUNT - share) < 4 * deviation);
    /* Chi-square of the lengths, 1 to 11 and longer: 11 degrees, 0.999 below 31.3. */
    double chi = 0;
    for (uint32_t k = 1; k <= LONGEST; k++) {
        const double p = (k < LONGEST ? 0.25 : 1) * pow(0.75, k - 1);
        chi += (runs[k] - all * p) * (runs[k] - all * p) / (all * p);
    }
    EXPECT(chi < 31.3);
    EXPECT(all > 10000);
}

static void test_within_a_burst_its_own_share_is_lost_and_outside_the_other(void)
{
    enum { COUNT = 1000000 };
    const struct sim_impairments line = {.loss_ppb = 2 * PERCENT,
                                         .burst_begin_ppb = 10 * PERCENT,
                                         .burst_end_ppb = 10 * PERCENT,
                                         .burst_loss_ppb = 60 * PERCENT};
    struct sim_impair impair;
    double count[2] = {0};
    double lost[2] = {0};
    sim_impair_open(&impair, 2, "line", 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        const bool gone = sim_impair_loses(&impair, &line);
        count[impair.burst]++;
        lost[impair.burst] += gone ? 1 : 0;
    }
    EXPECT(fabs(lost[0] / count[0] - 0.02) < 4 * sqrt(0.02 * 0.98 / count[0]));
    EXPECT(fabs(lost[1] / count[1] - 0.60) < 4 * sqrt(0.60 * 0.40 / count[1]));
    EXPECT(count[0] > COUNT * 0.45 && count[1] > COUNT * 0.45);
}

static uint64_t losses(const struct sim_impairments *line)
{
    struct sim_impair impair;
    uint64_t pattern = 0;
    sim_impair_open(&impair, 3, "line", 0);
    for (uint32_t i = 0; i < 64; i++) {
        pattern = pattern << 1 | (sim_impair_loses(&impair, line) ? 1 : 0);
        (void)sim_impair_doubles(&impair, line);
        (void)sim_impair_delays(&impair, line);
    }
    return pattern;
}

static void test_each_impairment_has_luck_of_its_own(void)
{
    struct sim_impairments line = {.loss_ppb = 30 * PERCENT};
    const uint64_t alone = losses(&line);
    EXPECT(alone != 0 && alone != UINT64_MAX);
    line.duplicate_ppb = line.reorder_ppb = 40 * PERCENT;
    EXPECT(losses(&line) == alone);
}

static void test_outages_are_in_order_and_apart(void)
{
    struct sim_outages spans = {.count = 2};
    spans.at[0].from_ns = 10;
    spans.at[0].until_ns = 20;
    spans.at[1].from_ns = 21;
    spans.at[1].until_ns = 22;
    EXPECT(sim_outages_are_in_order(&spans));
    spans.at[1].from_ns = 20;
    EXPECT(!sim_outages_are_in_order(&spans));
    spans.at[1].from_ns = 22;
    EXPECT(!sim_outages_are_in_order(&spans));
}

/* Tries fail by themselves: waits of n retries are geometric, and errors^tries of all are lost. */
static void test_a_cell_tries_again_and_gives_up_as_often_as_its_errors_say(void)
{
    enum { COUNT = 1000000, TRIES = 3 };
    const struct sim_impairments line = {
        .cell = {.errors_ppb = 20 * PERCENT, .retry_ns = 8, .tries = TRIES}};
    struct sim_impair impair;
    double waits[TRIES] = {0};
    double lost = 0;
    sim_impair_open_way(&impair, 5, "cell", 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint64_t wait_ns = sim_impair_wait(&impair, &line, 0, i);
        EXPECT(wait_ns % 8 == 0 && wait_ns / 8 < TRIES);
        waits[wait_ns / 8]++;
        lost += sim_impair_judge(&impair, &line, i).kind == SIM_FATE_LOST ? 1 : 0;
    }
    static const double shares[TRIES] = {0.8, 0.16, 0.04};
    for (int i = 0; i < TRIES; i++)
        EXPECT(fabs(waits[i] / COUNT - shares[i]) < 4 * sqrt(shares[i] * (1 - shares[i]) / COUNT));
    EXPECT(fabs(lost / COUNT - 0.008) < 4 * sqrt(0.008 * 0.992 / COUNT));
}

/* ---- on a link ---- */

struct wire {
    struct sim_loop *loop;
    struct sim_net *links;
    struct sim_port near, far;
    struct {
        uint64_t at_ns;
        uint8_t first;
    } heard[HEARD_MAX];
    uint32_t count;
};

static void hear(void *owner, uint64_t now_ns, const struct sim_datagram *d)
{
    struct wire *const w = owner;
    if (w->count < HEARD_MAX) {
        w->heard[w->count].at_ns = now_ns;
        w->heard[w->count++].first = d->at[0];
    }
}

static void own(struct wire *w, uint32_t node, struct sim_port *port, const char *text)
{
    struct ike_prefix prefix;
    EXPECT(ike_prefix_parse(text, &prefix));
    *port = (struct sim_port){.name = text, .deliver = hear, .owner = w};
    w->links->ops->attach(w->links, node, port, &prefix);
}

static struct wire *wire_open(const struct sim_link_config *link)
{
    struct wire *const w = calloc(1, sizeof *w);
    w->loop = sim_loop_open();
    w->links = sim_net_links_open(w->loop, 4, NULL);
    const uint32_t node = w->links->ops->router(w->links);
    (void)w->links->ops->link(w->links, node, 0, link);
    own(w, node, &w->near, "10.1.0.0/16");
    own(w, 0, &w->far, "10.2.0.0/16");
    (void)w->links->ops->route(w->links, NULL, 0);
    return w;
}

static void wire_close(struct wire *w)
{
    const struct sim_net_totals t = w->links->totals;
    uint64_t lost = 0;
    for (uint32_t i = 0; i < SIM_LOST_COUNT; i++)
        lost += w->links->lost[i];
    EXPECT_EQ(t.sent + t.doubled, t.delivered + lost + t.under_way);
    w->links->ops->close(w->links);
    sim_loop_close(w->loop);
    free(w);
}

static void send_at(struct wire *w, uint64_t at_ns, uint8_t first)
{
    struct sim_datagram d = {.at = &first, .len = 1, .protocol = SIM_UDP};
    EXPECT(ike_addr_parse("10.1.0.1", &d.from) && ike_addr_parse("10.2.0.1", &d.to));
    sim_loop_run(w->loop, at_ns);
    struct sim_net *const net = w->links;
    (void)net->ops->send(net, at_ns, &w->near, &d);
}

static void test_a_duplicate_comes_right_after_and_is_on_the_books(void)
{
    const struct sim_link_config link = {
        .name = "wire", .delay_ns = 1000, .impairments.duplicate_ppb = 100 * PERCENT};
    struct wire *const w = wire_open(&link);
    send_at(w, 0, 1);
    send_at(w, 500, 2);
    sim_loop_run(w->loop, 10000);
    EXPECT_EQ(w->count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        EXPECT_EQ(w->heard[i].first, 1 + i / 2);
        EXPECT_EQ(w->heard[i].at_ns, 1000 + i / 2 * 500);
    }
    EXPECT_EQ(w->links->totals.doubled, 2);
    EXPECT_EQ(w->links->totals.sent, 2);
    wire_close(w);
}

static void test_a_straggler_is_late_by_as_much_as_it_is_held_back_and_others_pass_it(void)
{
    const struct sim_link_config link = {
        .name = "wire",
        .delay_ns = 1000,
        .impairments = {.reorder_ppb = 30 * PERCENT, .reorder_ns = 550}};
    struct wire *const w = wire_open(&link);
    enum { COUNT = 40 };
    uint32_t late = 0;
    for (uint32_t i = 0; i < COUNT; i++)
        send_at(w, i * UINT64_C(100), (uint8_t)i);
    EXPECT(w->links->totals.under_way > 0);
    sim_loop_run(w->loop, 1000000);
    EXPECT_EQ(w->count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint64_t took_ns = w->heard[i].at_ns - w->heard[i].first * UINT64_C(100);
        EXPECT(took_ns == 1000 || took_ns == 1550);
        if (took_ns == 1550 && w->heard[i].first + 5 < COUNT) {
            late++;
            EXPECT(i > w->heard[i].first); /* one at least has passed it */
        }
    }
    EXPECT(late > 4 && late < 20);
    wire_close(w);
}

static void test_an_outage_takes_what_begins_or_would_come_out_within_it(void)
{
    struct sim_link_config link = {.name = "wire", .delay_ns = 1000};
    link.impairments.outages.count = 2;
    link.impairments.outages.at[0].from_ns = 5000;
    link.impairments.outages.at[0].until_ns = 8000;
    link.impairments.outages.at[1].from_ns = 20000;
    link.impairments.outages.at[1].until_ns = 20001;
    struct wire *const w = wire_open(&link);
    static const struct {
        uint64_t at_ns;
        bool comes;
    } rows[] = {{3999, true},  {4000, false},  {4999, false}, {5000, false},
                {7999, false}, {8000, true},   {18999, true}, {19000, false},
                {19001, true}, {20000, false}, {20001, true}};
    enum { ROWS = sizeof rows / sizeof rows[0] };
    uint32_t come = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        send_at(w, rows[i].at_ns, (uint8_t)i);
        sim_loop_run(w->loop, rows[i].at_ns);
    }
    sim_loop_run(w->loop, 100000);
    for (uint32_t i = 0; i < ROWS; i++)
        if (rows[i].comes)
            EXPECT_EQ(w->heard[come++].first, i);
    EXPECT_EQ(w->count, come);
    EXPECT_EQ(w->links->lost[SIM_LOST_OUTAGE], ROWS - come);
    EXPECT_STR(sim_lost_name(SIM_LOST_OUTAGE), "outage");
    wire_close(w);
}

/* Up they wait for the next grant, several come at once, and down nobody waits. */
static void test_a_cell_lets_datagrams_up_when_it_grants_it(void)
{
    const struct sim_link_config link = {
        .name = "wire", .delay_ns = 1000, .impairments.cell = {.grant_ns = 10000, .tries = 1}};
    struct wire *const w = wire_open(&link);
    send_at(w, 0, 1);
    send_at(w, 500, 2);
    send_at(w, 9000, 3);
    send_at(w, 9001, 4);
    sim_loop_run(w->loop, 100000);
    static const uint64_t times[] = {10000, 10000, 10000, 20000};
    EXPECT_EQ(w->count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        EXPECT_EQ(w->heard[i].first, i + 1);
        EXPECT_EQ(w->heard[i].at_ns, times[i]);
    }
    struct sim_datagram d = {.at = (const uint8_t *)"5", .len = 1, .protocol = SIM_UDP};
    EXPECT(ike_addr_parse("10.2.0.1", &d.from) && ike_addr_parse("10.1.0.1", &d.to));
    (void)w->links->ops->send(w->links, 100000, &w->far, &d);
    sim_loop_run(w->loop, 200000);
    EXPECT_EQ(w->heard[4].at_ns, 101000);
    wire_close(w);
}

/* One that is sent again holds up those behind it. */
static void test_a_cell_keeps_order(void)
{
    const struct sim_link_config link = {
        .name = "wire",
        .impairments.cell = {.errors_ppb = 50 * PERCENT, .retry_ns = 8000, .tries = 20}};
    struct wire *const w = wire_open(&link);
    for (uint8_t i = 0; i < HEARD_MAX; i++)
        send_at(w, i * UINT64_C(1000), i);
    sim_loop_run(w->loop, 10000000);
    EXPECT_EQ(w->count, HEARD_MAX);
    uint32_t together = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        EXPECT_EQ(w->heard[i].first, i);
        together += i > 0 && w->heard[i].at_ns == w->heard[i - 1].at_ns ? 1 : 0;
    }
    EXPECT(together > 10);
    wire_close(w);
}

static void test_a_line_may_have_another_rate_back(void)
{
    const struct sim_link_config link = {
        .name = "wire", .rate_bps = 29000, .rate_back_bps = 290000};
    struct wire *const w = wire_open(&link);
    send_at(w, 0, 1);
    struct sim_datagram d = {.at = (const uint8_t *)"5", .len = 1, .protocol = SIM_UDP};
    EXPECT(ike_addr_parse("10.2.0.1", &d.from) && ike_addr_parse("10.1.0.1", &d.to));
    (void)w->links->ops->send(w->links, 0, &w->far, &d);
    sim_loop_run(w->loop, 10000000);
    EXPECT_EQ(w->count, 2);
    EXPECT_EQ(w->heard[0].at_ns, 800000); /* 29 octets of 290 kbit/s */
    EXPECT_EQ(w->heard[1].at_ns, 8000000);
    wire_close(w);
}

static const struct test_case cases[] = {
    TEST(test_bursts_are_as_long_and_as_frequent_as_gilbert_and_elliott_say),
    TEST(test_within_a_burst_its_own_share_is_lost_and_outside_the_other),
    TEST(test_each_impairment_has_luck_of_its_own),
    TEST(test_outages_are_in_order_and_apart),
    TEST(test_a_cell_tries_again_and_gives_up_as_often_as_its_errors_say),
    TEST(test_a_cell_lets_datagrams_up_when_it_grants_it),
    TEST(test_a_cell_keeps_order),
    TEST(test_a_line_may_have_another_rate_back),
    TEST(test_a_duplicate_comes_right_after_and_is_on_the_books),
    TEST(test_a_straggler_is_late_by_as_much_as_it_is_held_back_and_others_pass_it),
    TEST(test_an_outage_takes_what_begins_or_would_come_out_within_it),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
