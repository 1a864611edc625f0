/* SPDX-License-Identifier: MIT
 * The built-in network: routes against a search by hand, times to the
 * nanosecond, queues against M/D/1, losses against the binomial law, and that
 * no datagram is ever unaccounted for. */
#include "sim/fingerprint.h"
#include "sim/loop.h"
#include "sim/net_links.h"
#include "sim/net_routes.h"
#include "sim/record.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HEARD_MAX = 4096 };

struct heard {
    uint64_t at_ns;
    struct ike_addr from;
    struct ike_addr to;
    uint32_t len;
    uint8_t first;
};

/* A port that remembers what came. */
struct ear {
    struct sim_port port;
    struct heard heard[HEARD_MAX];
    uint32_t count;
    uint32_t disorder; /* deliveries whose first octet was not one more than the one before */
    uint64_t sum_ns;   /* of all delivery times */
    uint32_t sum_count;
    uint32_t recursions; /* deliveries while somebody was sending */
};

static bool sending;

static void ear_deliver(void *owner, uint64_t now_ns, const struct sim_datagram *d)
{
    struct ear *const ear = owner;
    const uint8_t first = d->len > 0 ? d->at[0] : 0;
    if (ear->count > 0 && ear->count <= HEARD_MAX &&
        first != (uint8_t)(ear->heard[ear->count - 1].first + 1))
        ear->disorder++;
    ear->sum_ns += now_ns;
    ear->sum_count++;
    ear->recursions += sending ? 1 : 0;
    if (ear->count < HEARD_MAX)
        ear->heard[ear->count++] = (struct heard){now_ns, d->from, d->to, (uint32_t)d->len, first};
}

/* A core with two arms: port `left` on router 1 by link 0, port `right` on router 2 by link 1, and
 * `centre` on the core itself. */
struct bench {
    struct sim_loop *loop;
    struct sim_net *links;
    struct sim_net *net;
    struct sim_fingerprint fingerprint;
    struct ear left, right, centre;
    uint32_t counter;
};

static struct ike_addr address(const char *text)
{
    struct ike_addr addr;
    EXPECT(ike_addr_parse(text, &addr));
    addr.port = 500;
    return addr;
}

static struct ike_prefix prefix(const char *text)
{
    struct ike_prefix out;
    EXPECT(ike_prefix_parse(text, &out));
    return out;
}

static void ear_open(struct bench *b, struct ear *ear, uint32_t node, const char *v4,
                     const char *v6)
{
    const struct ike_prefix four = prefix(v4);
    const struct ike_prefix six = prefix(v6);
    ear->port = (struct sim_port){.name = v4, .deliver = ear_deliver, .owner = ear};
    b->links->ops->attach(b->links, node, &ear->port, &four);
    b->links->ops->attach(b->links, node, &ear->port, &six);
}

static struct bench *bench_open(uint64_t seed, const struct sim_link_config *left,
                                const struct sim_link_config *right)
{
    struct bench *const b = calloc(1, sizeof *b);
    sim_fingerprint_open(&b->fingerprint, seed);
    b->loop = sim_loop_open();
    b->links = sim_net_links_open(b->loop, seed, &b->fingerprint);
    b->net = b->links;
    const uint32_t one = b->links->ops->router(b->links);
    const uint32_t two = b->links->ops->router(b->links);
    EXPECT_EQ(b->links->ops->link(b->links, one, 0, left), 0);
    EXPECT_EQ(b->links->ops->link(b->links, 0, two, right), 1);
    ear_open(b, &b->left, one, "10.1.0.0/16", "2001:db8:1::/48");
    ear_open(b, &b->right, two, "10.2.0.0/16", "2001:db8:2::/48");
    ear_open(b, &b->centre, 0, "10.3.0.0/16", "2001:db8:3::/48");
    (void)b->links->ops->route(b->links, NULL, 0);
    return b;
}

static void bench_close(struct bench *b)
{
    b->net->ops->close(b->net);
    sim_loop_close(b->loop);
    free(b);
}

static bool send_as(struct bench *b, const struct ear *from, const char *source, const char *to,
                    size_t len)
{
    static uint8_t payload[70000];
    payload[0] = (uint8_t)b->counter++;
    const struct sim_datagram d = {
        .from = address(source), .to = address(to), .at = payload, .len = len, .protocol = SIM_UDP};
    sending = true;
    const bool sent = b->net->ops->send(b->net, sim_loop_now(b->loop), &from->port, &d);
    sending = false;
    return sent;
}

static bool send_right(struct bench *b, size_t len)
{
    return send_as(b, &b->left, "10.1.0.1", "10.2.0.1", len);
}

/* sent = delivered + lost by stage + under way, at any moment. */
static void expect_conserved(const struct bench *b)
{
    const struct sim_net_totals t = b->links->totals;
    uint64_t lost = 0;
    for (uint32_t i = 0; i < SIM_LOST_COUNT; i++)
        lost += b->links->lost[i];
    EXPECT_EQ(t.sent + t.doubled, t.delivered + lost + t.under_way);
}

static const struct sim_link_config free_link = {.name = "free"};

static void test_times_are_those_of_size_rate_and_delay(void)
{
    /* 1 Mbit/s: a 972-octet payload is 1000 on the link, 8 ms; IPv6 makes 1020 of it, 8.16 ms. */
    const struct sim_link_config slow = {.name = "slow", .rate_bps = 1000000, .delay_ns = 5000000};
    struct bench *const b = bench_open(1, &slow, &free_link);
    EXPECT(send_right(b, 972));
    EXPECT(send_right(b, 972));
    EXPECT(send_as(b, &b->left, "2001:db8:1::1", "2001:db8:2::1", 972));
    sim_loop_run(b->loop, 1000000000);
    EXPECT_EQ(b->right.count, 3);
    EXPECT_EQ(b->right.heard[0].at_ns, 13000000);
    EXPECT_EQ(b->right.heard[1].at_ns, 21000000);
    EXPECT_EQ(b->right.heard[2].at_ns, 29160000);
    EXPECT_EQ(b->right.heard[2].len, 972);
    EXPECT(ike_addr_same_ip(
        &b->right.heard[2].to,
        &(struct ike_addr){.ip = {0x20, 0x01, 0x0d, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
                           .family = IKE_IPV6}));
    const struct sim_link_counts c = b->links->ops->counts(b->links, 0, 0);
    EXPECT_EQ(c.sent_packets, 3);
    EXPECT_EQ(c.sent_bytes, 3020);
    EXPECT_EQ(b->links->ops->counts(b->links, 0, 1).sent_packets, 0);
    expect_conserved(b);
    bench_close(b);
}

/* What is sent in a time takes that time's delay; before the first it is the first's, after the
 * last the last's; and who was sent later does not come sooner. */
static void test_delays_of_a_trace_hold_until_the_next(void)
{
    static const struct sim_moment delays[] = {
        {1000000000, 10000000}, {2000000000, 500000000}, {3000000000, 20000000}};
    static const struct {
        uint64_t sent_ms, came_ms;
    } rows[] = {{0, 10},      {500, 510},   {999, 1009},  {1000, 1010}, {1999, 2009}, {2000, 2500},
                {2999, 3499}, {3000, 3499}, {3100, 3499}, {3490, 3510}, {9000, 9020}};
    enum { ROWS = sizeof rows / sizeof rows[0] };
    const struct sim_link_config traced = {
        .name = "traced", .delay_ns = 77000000, .delays = delays, .delay_count = 3};
    struct bench *const b = bench_open(1, &traced, &free_link);
    for (size_t i = 0; i < ROWS; i++) {
        sim_loop_run(b->loop, rows[i].sent_ms * 1000000);
        EXPECT(send_right(b, 100));
    }
    sim_loop_run(b->loop, 20000000000);
    EXPECT_EQ(b->right.count, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        EXPECT_EQ(b->right.heard[i].at_ns, rows[i].came_ms * 1000000);
    expect_conserved(b);
    bench_close(b);
}

static void test_a_busy_link_keeps_its_rate_without_drift(void)
{
    /* No size divides a prime rate. */
    const struct sim_link_config odd = {.name = "odd", .rate_bps = 7000003};
    struct bench *const b = bench_open(1, &odd, &free_link);
    enum { COUNT = 3000, SIZE = 128 };
    for (uint32_t i = 0; i < COUNT; i++)
        EXPECT(send_right(b, SIZE - 28));
    sim_loop_run(b->loop, 10000000000);
    EXPECT_EQ(b->right.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint64_t exact = (uint64_t)(i + 1) * SIZE * 8 * 1000000000 / 7000003;
        EXPECT_EQ(b->right.heard[i].at_ns, exact);
    }
    bench_close(b);
}

static void test_links_without_limits_deliver_at_the_same_instant_but_later(void)
{
    struct bench *const b = bench_open(1, &free_link, &free_link);
    EXPECT(send_right(b, 100));
    EXPECT(send_as(b, &b->left, "10.1.0.1", "10.3.0.1", 100));
    EXPECT(send_as(b, &b->centre, "10.3.0.1", "10.3.0.2", 100));
    EXPECT(send_as(b, &b->centre, "10.3.0.1", "10.3.0.3", 100));
    EXPECT_EQ(b->right.count + b->centre.count, 0);
    EXPECT_EQ(b->links->totals.under_way, 4);
    expect_conserved(b);
    sim_loop_run(b->loop, 0);
    EXPECT_EQ(b->right.count, 1);
    EXPECT_EQ(b->centre.count, 3);
    EXPECT_EQ(b->right.heard[0].at_ns, 0);
    EXPECT_EQ(b->right.recursions + b->centre.recursions, 0);
    expect_conserved(b);
    bench_close(b);
}

static void test_a_full_queue_loses_and_the_one_being_sent_does_not_count(void)
{
    const struct sim_link_config by_packets = {
        .name = "q", .rate_bps = 1000000, .queue_packets = 5};
    struct bench *b = bench_open(1, &by_packets, &free_link);
    for (uint32_t i = 0; i < 10; i++)
        EXPECT_EQ(send_right(b, 972), i < 6);
    EXPECT_EQ(b->links->lost[SIM_LOST_QUEUE_FULL], 4);
    expect_conserved(b);
    sim_loop_run(b->loop, 7999999);
    EXPECT(!send_right(b, 972));
    sim_loop_run(b->loop, 8000000); /* one has left, the next begins: one place */
    EXPECT(send_right(b, 972));
    EXPECT(!send_right(b, 972));
    sim_loop_run(b->loop, 1000000000);
    EXPECT_EQ(b->right.count, 7);
    EXPECT_EQ(b->links->ops->counts(b->links, 0, 0).lost[SIM_LOST_QUEUE_FULL], 6);
    expect_conserved(b);
    bench_close(b);

    const struct sim_link_config by_bytes = {.name = "q", .rate_bps = 1000000, .queue_bytes = 2500};
    b = bench_open(1, &by_bytes, &free_link);
    for (uint32_t i = 0; i < 4; i++)
        EXPECT_EQ(send_right(b, 972), i < 3); /* one sent, two wait: 2000 */
    EXPECT(send_right(b, 472));               /* 500 more fit exactly */
    EXPECT(!send_right(b, 0));
    sim_loop_run(b->loop, 1000000000);
    EXPECT_EQ(b->right.count, 4);
    bench_close(b);
}

/* 38 octets around each: they take time and room, and are in no count. */
static void test_a_frame_takes_time_and_room(void)
{
    const struct sim_link_config framed = {
        .name = "q", .rate_bps = 1000000, .frame = 38, .queue_bytes = 2076};
    struct bench *const b = bench_open(1, &framed, &free_link);
    for (uint32_t i = 0; i < 4; i++)
        EXPECT_EQ(send_right(b, 972), i < 3); /* one sent, two wait: 2 x 1,038 */
    sim_loop_run(b->loop, 1038 * 8000); /* the first has left: room for one, and not for more */
    EXPECT(!send_right(b, 973));
    EXPECT(send_right(b, 972));
    sim_loop_run(b->loop, 1000000000);
    EXPECT_EQ(b->right.count, 4);
    for (uint32_t i = 0; i < 4; i++)
        EXPECT_EQ(b->right.heard[i].at_ns, (i + 1) * UINT64_C(1038) * 8000);
    EXPECT_EQ(b->links->ops->counts(b->links, 0, 0).sent_bytes, 4000);
    expect_conserved(b);
    bench_close(b);
}

static void test_too_big_for_the_link_or_for_ip_is_a_counted_loss(void)
{
    const struct sim_link_config narrow = {.name = "narrow", .mtu = 1280};
    struct bench *const b = bench_open(1, &free_link, &narrow);
    EXPECT(send_right(b, 1252));
    EXPECT(send_right(b, 1253)); /* lost at the second link, not at once */
    EXPECT(send_as(b, &b->left, "2001:db8:1::1", "2001:db8:2::1", 1232));
    EXPECT(send_as(b, &b->left, "2001:db8:1::1", "2001:db8:2::1", 1233));
    EXPECT(!send_right(b, 65508));
    EXPECT(send_as(b, &b->left, "10.1.0.1", "10.3.0.1", 65507));
    sim_loop_run(b->loop, 1000);
    EXPECT_EQ(b->right.count, 2);
    EXPECT_EQ(b->centre.count, 1);
    EXPECT_EQ(b->centre.heard[0].len, 65507);
    EXPECT_EQ(b->links->ops->counts(b->links, 1, 0).lost[SIM_LOST_TOO_BIG], 2);
    EXPECT_EQ(b->links->lost[SIM_LOST_TOO_BIG], 3);
    expect_conserved(b);
    bench_close(b);
}

static void test_esp_has_no_udp_header_on_the_link(void)
{
    struct bench *const b = bench_open(1, &free_link, &free_link);
    uint8_t payload[100] = {0};
    const struct sim_datagram d = {.from = address("10.1.0.1"),
                                   .to = address("10.2.0.1"),
                                   .at = payload,
                                   .len = 100,
                                   .protocol = SIM_ESP};
    EXPECT(b->net->ops->send(b->net, 0, &b->left.port, &d));
    sim_loop_run(b->loop, 1000);
    EXPECT_EQ(b->links->ops->counts(b->links, 0, 0).sent_bytes, 120);
    bench_close(b);
}

static void test_nobodys_address_is_a_counted_loss_and_spoofing_is_free(void)
{
    struct bench *const b = bench_open(1, &free_link, &free_link);
    EXPECT(!send_as(b, &b->left, "10.1.0.1", "192.0.2.1", 10));
    EXPECT(!send_as(b, &b->left, "10.1.0.1", "2001:db8:4::1", 10));
    /* An IPv4 address must not match an IPv6 prefix that begins with the same octets. */
    EXPECT(!send_as(b, &b->left, "10.1.0.1", "32.1.13.184", 10));
    EXPECT(send_as(b, &b->left, "203.0.113.9", "10.2.0.1", 10));
    sim_loop_run(b->loop, 1000);
    EXPECT_EQ(b->links->lost[SIM_LOST_NO_ROUTE], 3);
    EXPECT_EQ(b->right.count, 1);
    EXPECT(ike_addr_same_ip(&b->right.heard[0].from,
                            &(struct ike_addr){.ip = {203, 0, 113, 9}, .family = IKE_IPV4}));
    expect_conserved(b);
    bench_close(b);
}

static void test_every_loss_has_the_name_of_its_row(void)
{
    EXPECT_STR(sim_lost_name(SIM_LOST_LINK_LOSS), "link_loss");
    EXPECT_STR(sim_lost_name(SIM_LOST_QUEUE_FULL), "queue_full");
    EXPECT_STR(sim_lost_name(SIM_LOST_TOO_BIG), "too_big");
    EXPECT_STR(sim_lost_name(SIM_LOST_NO_ROUTE), "no_route");
    EXPECT_STR(sim_lost_name(SIM_LOST_INBOX_FULL), "inbox_full");
    for (uint32_t i = 0; i < SIM_METRIC_COUNT; i++) {
        const struct sim_metric_row *const row = &sim_metric_rows[i];
        EXPECT(*row->name != '\0' && *row->unit != '\0' && *row->kind != '\0' &&
               *row->who != '\0' && *row->meaning != '\0');
        for (uint32_t k = 0; k < i; k++)
            EXPECT(strcmp(sim_metric_rows[k].name, row->name) != 0);
    }
    for (uint32_t i = 0; i < SIM_SERIES_COUNT; i++)
        EXPECT(*sim_series_rows[i].name != '\0' && *sim_series_rows[i].meaning != '\0');
}

static void test_a_network_that_holds_all_it_can_loses_and_says_queue_full(void)
{
    const struct sim_link_config endless = {.name = "endless", .delay_ns = 1000000000};
    struct bench *const b = bench_open(1, &endless, &free_link);
    enum { SMALL = 1 << 18, MIDDLE = 1 << 15, LARGE = 1 << 9, MORE = 1000 };
    uint32_t refused = 0;
    for (uint32_t i = 0; i < SMALL + MIDDLE + LARGE + MORE; i++)
        refused += send_right(b, 100) ? 0 : 1;
    EXPECT_EQ(refused, MORE);
    EXPECT_EQ(b->links->lost[SIM_LOST_QUEUE_FULL], MORE);
    expect_conserved(b);
    sim_loop_run(b->loop, 2000000000);
    EXPECT_EQ(b->links->totals.under_way, 0);
    EXPECT(send_right(b, 100));
    expect_conserved(b);
    bench_close(b);
}

/* Chance. */

static void test_the_share_lost_lies_in_its_binomial_interval(void)
{
    const struct sim_link_config lossy = {.name = "lossy", .impairments.loss_ppb = 20000000};
    struct bench *const b = bench_open(3, &lossy, &free_link);
    enum { COUNT = 100000 };
    for (uint32_t i = 0; i < COUNT; i++) {
        EXPECT(send_right(b, 20));
        sim_loop_run(b->loop, i + 1);
    }
    /* 2 % of 100,000 is 2,000; four standard deviations are 177. */
    const uint64_t lost = b->links->lost[SIM_LOST_LINK_LOSS];
    EXPECT(lost > 1823 && lost < 2177);
    expect_conserved(b);
    bench_close(b);
}

static void test_jitter_is_uniform_and_keeps_the_order(void)
{
    const struct sim_link_config shaky = {.name = "shaky", .delay_ns = 1000, .jitter_ns = 100000};
    struct bench *const b = bench_open(3, &shaky, &free_link);
    enum { COUNT = 4000, SPARSE = COUNT / 2 };
    double sum = 0;
    uint64_t sent_ns[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        sent_ns[i] = sim_loop_now(b->loop);
        EXPECT(send_right(b, 20));
        /* Sparse at first, so that jitter is seen as it is; then dense, so that order is at stake.
         */
        sim_loop_run(b->loop, sent_ns[i] + (i < COUNT / 2 ? 200000 : 500));
    }
    sim_loop_run(b->loop, sim_loop_now(b->loop) + 1000000);
    EXPECT_EQ(b->right.count, COUNT);
    EXPECT_EQ(b->right.disorder, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint64_t took = b->right.heard[i].at_ns - sent_ns[i];
        EXPECT(took >= 1000 && took <= 101000);
        sum += i < COUNT / 2 ? (double)(took - 1000) : 0;
    }
    /* Mean 50,000; the deviation of a mean of 2,000 is 645. */
    EXPECT(fabs(sum / SPARSE - 50000) < 3 * 645.0);
    bench_close(b);
}

/* Streams belong to a link and a direction: traffic elsewhere must not shift them. */
static uint64_t losses_of_left(bool also_right, bool also_back)
{
    struct sim_link_config left = {.name = "left", .impairments.loss_ppb = 300000000};
    struct sim_link_config right = {.name = "right", .impairments.loss_ppb = 300000000};
    struct bench *const b = bench_open(9, &left, &right);
    uint64_t pattern = 0;
    for (uint32_t i = 0; i < 64; i++) {
        if (also_back)
            (void)send_as(b, &b->centre, "10.3.0.1", "10.1.0.1", 9);
        if (also_right)
            (void)send_as(b, &b->centre, "10.3.0.1", "10.2.0.1", 9);
        const uint32_t before = b->centre.count;
        (void)send_as(b, &b->left, "10.1.0.1", "10.3.0.1", 9);
        sim_loop_run(b->loop, i + 1);
        pattern = pattern << 1 | (b->centre.count - before);
    }
    bench_close(b);
    return pattern;
}

static void test_each_link_and_direction_has_luck_of_its_own(void)
{
    const uint64_t alone = losses_of_left(false, false);
    EXPECT(alone != 0 && alone != UINT64_MAX);
    EXPECT(losses_of_left(true, false) == alone);
    EXPECT(losses_of_left(false, true) == alone);
}

/* Mean wait of COUNT datagrams that come as a Poisson stream, one service time each. */
static double mean_wait_ns(uint64_t seed, uint64_t service_ns, double load, uint32_t count)
{
    const struct sim_link_config link = {.name = "mdone", .rate_bps = 10000000};
    struct bench *const b = bench_open(seed, &link, &free_link);
    const size_t payload = (size_t)(service_ns / 800 - 28); /* 10 Mbit/s: 800 ns an octet */
    struct sim_rng rng;
    uint64_t sent_sum_ns = 0;
    sim_rng_open(&rng, seed, "arrivals");
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t gap_ns = sim_rng_exponential(&rng, (uint64_t)((double)service_ns / load));
        sim_loop_run(b->loop, sim_loop_now(b->loop) + gap_ns);
        sent_sum_ns += sim_loop_now(b->loop);
        EXPECT(send_right(b, payload));
    }
    sim_loop_run(b->loop, sim_loop_now(b->loop) + 1000000000);
    EXPECT_EQ(b->right.sum_count, count);
    const double mean = (double)(b->right.sum_ns - sent_sum_ns) / count - (double)service_ns;
    bench_close(b);
    return mean;
}

static void test_a_links_queue_waits_as_m_d_1_says(void)
{
    enum { RUNS = 20, EACH = 20000 };
    const uint64_t service_ns = 100000;
    const double load = 0.7;
    double mean[RUNS];
    double all = 0;
    double variance = 0;
    for (uint32_t run = 0; run < RUNS; run++) {
        mean[run] = mean_wait_ns(run, service_ns, load, EACH);
        all += mean[run] / RUNS;
    }
    for (uint32_t run = 0; run < RUNS; run++)
        variance += (mean[run] - all) * (mean[run] - all) / (RUNS - 1);
    const double theory = load * (double)service_ns / (2 * (1 - load));
    const double half = 2.093 * sqrt(variance / RUNS); /* Student's t, 19 degrees, 95 % */
    EXPECT(fabs(all - theory) < half);
    EXPECT(half < theory * 0.05); /* so a service time wrong by 10 % would show */
}

/* Routes. */

static void any_routes(struct sim_rng *rng, struct sim_routes *r, uint32_t nodes, uint32_t links)
{
    memset(r, 0, sizeof *r);
    r->node_count = (uint16_t)nodes;
    for (uint32_t i = 0; i < links; i++) {
        const uint16_t a = (uint16_t)sim_rng_below(rng, nodes);
        const uint16_t b = (uint16_t)sim_rng_below(rng, nodes);
        if (a == b)
            continue;
        r->ends[r->link_count][0] = a;
        r->ends[r->link_count][1] = b;
        r->link_count++;
    }
    sim_routes_compute(r);
}

/* Floyd's way: all distances by relaxing over every middle. */
static void distances(const struct sim_routes *r, uint32_t far[20][20])
{
    for (uint32_t a = 0; a < r->node_count; a++) {
        for (uint32_t b = 0; b < r->node_count; b++)
            far[a][b] = a == b ? 0 : 1000;
    }
    for (uint32_t i = 0; i < r->link_count; i++)
        far[r->ends[i][0]][r->ends[i][1]] = far[r->ends[i][1]][r->ends[i][0]] = 1;
    for (uint32_t m = 0; m < r->node_count; m++) {
        for (uint32_t a = 0; a < r->node_count; a++) {
            for (uint32_t b = 0; b < r->node_count; b++) {
                if (far[a][m] + far[m][b] < far[a][b])
                    far[a][b] = far[a][m] + far[m][b];
            }
        }
    }
}

static uint16_t best_way(const struct sim_routes *r, uint32_t far[20][20], uint32_t at, uint32_t to)
{
    if (at == to)
        return SIM_ARRIVED;
    for (uint32_t d = 0; d < 2U * r->link_count; d++) {
        const uint32_t next = r->ends[d / 2][1 - d % 2];
        if (r->ends[d / 2][d % 2] == at && far[next][to] + 1 == far[at][to] && far[at][to] < 1000)
            return (uint16_t)d;
    }
    return SIM_NO_WAY;
}

static void test_ways_are_shortest_and_ties_go_to_the_lower_link(void)
{
    struct sim_routes *const r = malloc(sizeof *r);
    struct sim_rng rng;
    uint32_t far[20][20];
    uint32_t wrong = 0;
    sim_rng_open(&rng, 5, "routes");
    for (uint32_t round = 0; round < 300; round++) {
        any_routes(&rng, r, 2 + round % 19, 1 + round % 40);
        distances(r, far);
        for (uint32_t a = 0; a < r->node_count; a++) {
            for (uint32_t b = 0; b < r->node_count; b++)
                wrong += r->ways[a][b] != best_way(r, far, a, b) ? 1 : 0;
        }
    }
    EXPECT_EQ(wrong, 0);
    free(r);
}

static void test_the_longest_prefix_wins_as_a_search_bit_by_bit_says(void)
{
    struct sim_routes *const r = calloc(1, sizeof *r);
    struct sim_rng rng;
    struct ike_prefix all[60];
    struct sim_port ports[60];
    sim_rng_open(&rng, 6, "prefixes");
    any_routes(&rng, r, 1, 0);
    for (uint32_t i = 0; i < 60; i++) {
        /* Few distinct bits, so that they nest. */
        const bool six = sim_rng_below(&rng, 2) == 0;
        const uint32_t bits = (uint32_t)sim_rng_below(&rng, six ? 129 : 33);
        all[i] =
            (struct ike_prefix){.base.family = six ? IKE_IPV6 : IKE_IPV4, .bits = (uint8_t)bits};
        for (uint32_t bit = 0; bit < bits; bit++) {
            if (sim_rng_below(&rng, 8) == 0)
                all[i].base.ip[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        }
        sim_routes_own(r, 0, &ports[i], &all[i]);
    }
    uint32_t wrong = 0;
    uint32_t found = 0;
    for (uint32_t round = 0; round < 20000; round++) {
        struct ike_addr a = all[sim_rng_below(&rng, 60)].base;
        const uint32_t octets = a.family == IKE_IPV6 ? 16 : 4;
        a.ip[sim_rng_below(&rng, octets)] ^= (uint8_t)(1U << sim_rng_below(&rng, 8));
        uint32_t best = UINT32_MAX;
        for (uint32_t i = 0; i < 60; i++) {
            if (ike_prefix_has(&all[i], &a) && (best == UINT32_MAX || all[i].bits > all[best].bits))
                best = i;
        }
        const uint16_t got = sim_routes_find(r, 0, &a);
        const struct sim_port *const port = got == SIM_NO_WAY ? NULL : r->owned[got].port;
        wrong += port != (best == UINT32_MAX ? NULL : &ports[best]) ? 1 : 0;
        found += best != UINT32_MAX ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT(found > 10000);
    free(r);
}

/* Everything at once, at random; then the books must balance and repeat to the bit. */
static struct sim_fingerprint swarm(uint64_t seed, uint32_t flip)
{
    const struct sim_link_config left = {.name = "left",
                                         .rate_bps = 20000000,
                                         .delay_ns = 300000,
                                         .jitter_ns = 200000,
                                         .impairments.loss_ppb = 10000000,
                                         .queue_packets = 20};
    const struct sim_link_config right = {.name = "right",
                                          .rate_bps = 3000000,
                                          .delay_ns = 7000000,
                                          .impairments.loss_ppb = 1000000,
                                          .queue_bytes = 30000,
                                          .mtu = 1400};
    static const char *const places[] = {"10.1.0.1",      "10.2.0.1",      "10.3.0.1",
                                         "2001:db8:1::7", "2001:db8:2::7", "2001:db8:3::7",
                                         "192.0.2.1"};
    struct bench *const b = bench_open(seed, &left, &right);
    struct sim_rng rng;
    sim_rng_open(&rng, seed, "swarm");
    for (uint32_t i = 0; i < 20000; i++) {
        const struct ear *const ears[] = {&b->left, &b->right, &b->centre};
        const struct ear *const ear = ears[sim_rng_below(&rng, 3)];
        const char *const to = places[sim_rng_below(&rng, 7)];
        size_t len = 1 + (size_t)sim_rng_below(&rng, 1500);
        if (i + 1 == flip)
            len ^= 1;
        (void)send_as(b, ear, "198.51.100.1", to, len);
        sim_loop_run(b->loop, sim_loop_now(b->loop) + sim_rng_exponential(&rng, 300000));
        b->left.count = b->right.count = b->centre.count = 0;
        if (i % 1000 == 0)
            expect_conserved(b);
    }
    sim_loop_run(b->loop, sim_loop_now(b->loop) + 10000000000);
    EXPECT_EQ(b->links->totals.under_way, 0);
    for (uint32_t i = 0; i < SIM_LOST_INBOX_FULL; i++)
        EXPECT(b->links->lost[i] > 0);
    expect_conserved(b);
    const struct sim_fingerprint f = b->fingerprint;
    bench_close(b);
    return f;
}

static void test_no_datagram_is_unaccounted_for_and_runs_repeat(void)
{
    char once[33];
    char twice[33];
    const struct sim_fingerprint one = swarm(1, 0);
    const struct sim_fingerprint two = swarm(1, 0);
    const struct sim_fingerprint changed = swarm(1, 17000);
    const struct sim_fingerprint other = swarm(2, 0);
    sim_fingerprint_text(&one, once);
    sim_fingerprint_text(&two, twice);
    EXPECT_STR(once, twice);
    /* The same with every compiler, word size and optimisation. */
    EXPECT_STR(once, "481935efc1a2b6cab2a15224165d5de2");
    sim_fingerprint_text(&changed, twice);
    EXPECT(strcmp(once, twice) != 0);
    sim_fingerprint_text(&other, twice);
    EXPECT(strcmp(once, twice) != 0);
}

static const struct test_case cases[] = {
    TEST(test_times_are_those_of_size_rate_and_delay),
    TEST(test_delays_of_a_trace_hold_until_the_next),
    TEST(test_a_busy_link_keeps_its_rate_without_drift),
    TEST(test_links_without_limits_deliver_at_the_same_instant_but_later),
    TEST(test_a_full_queue_loses_and_the_one_being_sent_does_not_count),
    TEST(test_a_frame_takes_time_and_room),
    TEST(test_too_big_for_the_link_or_for_ip_is_a_counted_loss),
    TEST(test_esp_has_no_udp_header_on_the_link),
    TEST(test_nobodys_address_is_a_counted_loss_and_spoofing_is_free),
    TEST(test_every_loss_has_the_name_of_its_row),
    TEST(test_a_network_that_holds_all_it_can_loses_and_says_queue_full),
    TEST(test_the_share_lost_lies_in_its_binomial_interval),
    TEST(test_jitter_is_uniform_and_keeps_the_order),
    TEST(test_each_link_and_direction_has_luck_of_its_own),
    TEST(test_a_links_queue_waits_as_m_d_1_says),
    TEST(test_ways_are_shortest_and_ties_go_to_the_lower_link),
    TEST(test_the_longest_prefix_wins_as_a_search_bit_by_bit_says),
    TEST(test_no_datagram_is_unaccounted_for_and_runs_repeat),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
