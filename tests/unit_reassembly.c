/* SPDX-License-Identifier: MIT
 * IP fragments: cut and joined again whatever the order, one lost and all is
 * lost, a full store keeps others out for as long as the closed forms say. */
#include "sim/host.h"
#include "sim/loop.h"
#include "sim/net_links.h"
#include "sim/reassembly.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000000, PERCENT = 10000000 };

static struct ike_addr address(const char *text)
{
    struct ike_addr addr;
    EXPECT(ike_addr_parse(text, &addr));
    return addr;
}

/* ---- the store alone ---- */

static uint8_t octets[65535];

/* The part of a UDP datagram of `octets` from `at` to `end` octets of its IP payload. */
static struct sim_datagram part(uint32_t id, uint32_t at, uint32_t end, bool more)
{
    struct sim_datagram d = {.protocol = SIM_UDP};
    d.from = address("10.1.0.1");
    d.to = address("10.2.0.1");
    d.fragment = (struct sim_fragment){.id = id, .at = (uint16_t)at, .more = more};
    d.at = octets + (at == 0 ? 0 : at - 8);
    d.len = end - (at == 0 ? 8 : at);
    return d;
}

static enum sim_joined add(struct sim_reassembly *r, uint64_t now_ns, struct sim_datagram d)
{
    struct sim_datagram whole = {.len = 0};
    uint32_t dropped = 0;
    const enum sim_joined joined = sim_reassembly_add(r, now_ns, &d, &whole, &dropped);
    if (joined == SIM_JOIN_WHOLE) {
        EXPECT(!sim_is_fragment(&whole));
        EXPECT(memcmp(whole.at, octets, whole.len) == 0);
    }
    return joined;
}

static void fill_octets(void)
{
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 7 + i / 251);
}

static void test_pieces_in_any_order_become_what_was_cut(void)
{
    enum { PIECES = 7, EACH = 88, ROUNDS = 500 };
    struct sim_reassembly *const r = sim_reassembly_open(&sim_reassembly_usual);
    struct sim_rng rng;
    sim_rng_open(&rng, 1, "order");
    fill_octets();
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        uint32_t order[PIECES];
        const uint32_t payload = PIECES * EACH - (uint32_t)sim_rng_below(&rng, EACH);
        for (uint32_t i = 0; i < PIECES; i++) {
            const uint32_t k = (uint32_t)sim_rng_below(&rng, i + 1);
            order[i] = order[k];
            order[k] = i;
        }
        for (uint32_t i = 0; i < PIECES; i++) {
            const uint32_t at = order[i] * EACH;
            const bool last = order[i] == PIECES - 1;
            const struct sim_datagram d = part(round, at, last ? payload : at + EACH, !last);
            EXPECT_EQ(add(r, round, d), i == PIECES - 1 ? SIM_JOIN_WHOLE : SIM_JOIN_WAITS);
        }
        EXPECT_EQ(sim_reassembly_waiting(r), 0);
    }
    EXPECT_EQ(sim_reassembly_failures(r), 0);
    sim_reassembly_close(r);
}

static void test_what_overlaps_spoils_its_datagram_and_no_other(void)
{
    struct sim_reassembly *const r = sim_reassembly_open(&sim_reassembly_usual);
    fill_octets();
    static const struct {
        uint32_t at, end;
        bool more;
    } bad[] = {{88, 168, true}, {80, 120, true},  {168, 300, true}, {96, 104, true},
               {0, 100, true},  {96, 104, false}, {0, 96, true},    {72, 168, true}};
    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT_EQ(add(r, 0, part(1, 88, 176, true)), SIM_JOIN_WAITS);
        EXPECT_EQ(add(r, 0, part(2, 88, 176, true)), SIM_JOIN_WAITS);
        EXPECT_EQ(add(r, 0, part(1, bad[i].at, bad[i].end, bad[i].more)), SIM_JOIN_BAD);
        EXPECT_EQ(sim_reassembly_waiting(r), 1);
        EXPECT_EQ(add(r, 0, part(2, 0, 88, true)), SIM_JOIN_WAITS);
        EXPECT_EQ(add(r, 0, part(2, 176, 180, false)), SIM_JOIN_WHOLE);
    }
    /* Beyond the end that is known; an end before what is there; a second end; beyond IP's. */
    EXPECT_EQ(add(r, 0, part(3, 176, 180, false)), SIM_JOIN_WAITS);
    EXPECT_EQ(add(r, 0, part(3, 184, 192, true)), SIM_JOIN_BAD);
    EXPECT_EQ(add(r, 0, part(3, 176, 180, true)), SIM_JOIN_WAITS);
    EXPECT_EQ(add(r, 0, part(3, 88, 96, false)), SIM_JOIN_BAD);
    EXPECT_EQ(add(r, 0, part(3, 176, 180, false)), SIM_JOIN_WAITS);
    EXPECT_EQ(add(r, 0, part(3, 88, 96, false)), SIM_JOIN_BAD);
    EXPECT_EQ(add(r, 0, part(3, 65528, 65536, true)), SIM_JOIN_BAD);
    EXPECT_EQ(sim_reassembly_waiting(r), 0);
    sim_reassembly_close(r);
}

static void test_what_comes_twice_is_dropped_and_the_rest_stays(void)
{
    struct sim_reassembly *const r = sim_reassembly_open(&sim_reassembly_usual);
    fill_octets();
    EXPECT_EQ(add(r, 0, part(1, 88, 96, false)), SIM_JOIN_WAITS);
    EXPECT_EQ(add(r, 0, part(1, 88, 96, false)), SIM_JOIN_TWICE);
    EXPECT_EQ(add(r, 0, part(1, 0, 88, true)), SIM_JOIN_WHOLE);
    EXPECT_EQ(add(r, 0, part(2, 0, 88, true)), SIM_JOIN_WAITS);
    EXPECT_EQ(add(r, 0, part(2, 0, 88, true)), SIM_JOIN_TWICE);
    EXPECT_EQ(add(r, 0, part(2, 0, 88, false)), SIM_JOIN_BAD); /* now it is the last one */
    sim_reassembly_close(r);
}

/* RFC 791 3.1: a length is 16 bits, header included. Whoever writes the whole has room for no more.
 */
static void test_what_would_be_longer_than_ip_allows_is_refused(void)
{
    struct sim_reassembly *const r = sim_reassembly_open(&sim_reassembly_usual);
    struct sim_datagram whole = {.len = 0};
    uint32_t dropped = 0;
    fill_octets();
    for (uint32_t longer = 0; longer <= 1; longer++) {
        const uint32_t end = 65535 - 20 + longer;
        const struct sim_datagram first = part(1 + longer, 0, 65504, true);
        const struct sim_datagram last = part(1 + longer, 65504, end, false);
        EXPECT_EQ(sim_reassembly_add(r, 0, &first, &whole, &dropped), SIM_JOIN_WAITS);
        EXPECT_EQ(sim_reassembly_add(r, 0, &last, &whole, &dropped),
                  longer == 0 ? SIM_JOIN_WHOLE : SIM_JOIN_BAD);
        EXPECT(longer == 1 || sim_ip_size(&whole) == 65535);
    }
    struct sim_datagram six = part(3, 65480, 65535 - 40, false);
    EXPECT(ike_addr_parse("2001:db8::1", &six.from) && ike_addr_parse("2001:db8::2", &six.to));
    EXPECT_EQ(sim_reassembly_add(r, 0, &six, &whole, &dropped), SIM_JOIN_WAITS);
    six.fragment.id = 4;
    six.len++;
    EXPECT_EQ(sim_reassembly_add(r, 0, &six, &whole, &dropped), SIM_JOIN_BAD);
    sim_reassembly_close(r);
}

static void test_datagrams_are_told_apart_by_ends_protocol_and_number(void)
{
    struct sim_reassembly *const r = sim_reassembly_open(&sim_reassembly_usual);
    struct sim_datagram d[5];
    fill_octets();
    for (int i = 0; i < 5; i++)
        d[i] = part(1, 0, 88, true);
    d[1].fragment.id = 2;
    d[2].protocol = SIM_ESP;
    d[3].from = address("10.1.0.2");
    d[4].to = address("10.2.0.2");
    for (int i = 0; i < 5; i++)
        EXPECT_EQ(add(r, 0, d[i]), SIM_JOIN_WAITS);
    EXPECT_EQ(sim_reassembly_waiting(r), 5);
    for (int i = 0; i < 5; i++)
        EXPECT_EQ(add(r, 0, d[i]), SIM_JOIN_TWICE);
    EXPECT_EQ(sim_reassembly_waiting(r), 5);
    sim_reassembly_close(r);
}

static void test_a_datagram_is_given_up_a_time_after_its_first_fragment(void)
{
    const struct sim_reassembly_config config = {.bytes_max = 1 << 20, .timeout_ns = 30};
    struct sim_reassembly *const r = sim_reassembly_open(&config);
    fill_octets();
    EXPECT_EQ(sim_reassembly_deadline(r), UINT64_MAX);
    EXPECT_EQ(add(r, 100, part(1, 0, 88, true)), SIM_JOIN_WAITS);
    EXPECT_EQ(add(r, 120, part(1, 88, 96, true)), SIM_JOIN_WAITS);
    EXPECT_EQ(add(r, 125, part(2, 0, 88, true)), SIM_JOIN_WAITS);
    EXPECT_EQ(sim_reassembly_deadline(r), 130);
    EXPECT_EQ(sim_reassembly_expire(r, 129), 0);
    EXPECT_EQ(sim_reassembly_expire(r, 130), 2);
    EXPECT_EQ(sim_reassembly_deadline(r), 155);
    EXPECT_EQ(sim_reassembly_failures(r), 1);
    EXPECT_EQ(add(r, 131, part(1, 96, 100, false)), SIM_JOIN_WAITS); /* the others are gone */
    sim_reassembly_close(r);
}

static void test_a_full_store_drops_the_new_fragment_or_the_oldest_datagram(void)
{
    struct sim_reassembly_config config = {.bytes_max = 10 * sim_inbox_charge(80),
                                           .timeout_ns = SECOND};
    for (int evict = 0; evict < 2; evict++) {
        config.evict = evict != 0;
        struct sim_reassembly *const r = sim_reassembly_open(&config);
        for (uint32_t id = 1; id <= 10; id++)
            EXPECT_EQ(add(r, 0, part(id, 0, 88, true)), SIM_JOIN_WAITS);
        EXPECT_EQ(add(r, 0, part(11, 0, 88, true)), config.evict ? SIM_JOIN_WAITS : SIM_JOIN_FULL);
        EXPECT_EQ(sim_reassembly_waiting(r), 10);
        EXPECT_EQ(add(r, 0, part(1, 88, 96, false)), config.evict ? SIM_JOIN_WAITS : SIM_JOIN_FULL);
        EXPECT_EQ(sim_reassembly_failures(r), config.evict ? 2 : 0);
        sim_reassembly_close(r);
    }
}

/* Attack fragments come as a Poisson stream of rate a, an honest datagram's second fragment `gap`
 * after its first, and the store holds C: with the oldest evicted it survives when fewer than C
 * came in between, P(Poisson(a gap) < C). */
static double survivors(uint32_t c, double mean, uint32_t trials)
{
    const struct sim_reassembly_config config = {
        .bytes_max = c * sim_inbox_charge(80), .timeout_ns = UINT64_MAX / 2, .evict = true};
    struct sim_reassembly *const r = sim_reassembly_open(&config);
    struct sim_rng rng;
    uint64_t now_ns = 0;
    uint32_t attack = 1;
    double whole = 0;
    sim_rng_open(&rng, 2, "flood");
    const uint64_t gap_ns = 1000000;
    const uint64_t between_ns = (uint64_t)((double)gap_ns / mean);
    uint64_t next_ns = sim_rng_exponential(&rng, between_ns);
    for (uint32_t i = 0; i < trials; i++) {
        EXPECT_EQ(add(r, now_ns, part(i, 0, 88, true)), SIM_JOIN_WAITS);
        now_ns += gap_ns;
        for (; next_ns < now_ns; next_ns += sim_rng_exponential(&rng, between_ns)) {
            struct sim_datagram d = part(attack++, 0, 88, true);
            d.from = address("192.0.2.66");
            EXPECT_EQ(add(r, next_ns, d), SIM_JOIN_WAITS);
        }
        whole += add(r, now_ns, part(i, 88, 168, false)) == SIM_JOIN_WHOLE ? 1 : 0;
    }
    sim_reassembly_close(r);
    return whole / trials;
}

static void test_under_a_flood_of_fragments_so_many_survive_as_poisson_says(void)
{
    enum { TRIALS = 20000, C = 20 };
    static const double means[] = {10, 19, 25};
    fill_octets();
    for (size_t i = 0; i < 3; i++) {
        double p = 0;
        double term = exp(-means[i]);
        /* The honest second fragment needs a place itself: C - 1 may have come at most. */
        for (uint32_t k = 0; k < C - 1; k++, term *= means[i] / k)
            p += term;
        const double got = survivors(C, means[i], TRIALS);
        EXPECT(fabs(got - p) < 4 * sqrt(p * (1 - p) / TRIALS));
    }
}

/* ---- on links ---- */

struct wire {
    struct sim_loop *loop;
    struct sim_net *links;
    struct sim_port near, far;
    uint32_t whole, torn;
    uint64_t last_ns;
    size_t last_len;
};

static void hear(void *owner, uint64_t now_ns, const struct sim_datagram *d)
{
    struct wire *const w = owner;
    const bool good =
        !sim_is_fragment(d) && memcmp(d->at, octets, d->len) == 0 && d->to.port == 500;
    w->whole += good ? 1 : 0;
    w->torn += good ? 0 : 1;
    w->last_ns = now_ns;
    w->last_len = d->len;
}

static void own(struct wire *w, uint32_t node, struct sim_port *port, const char *text)
{
    struct ike_prefix prefix;
    EXPECT(ike_prefix_parse(text, &prefix));
    if (port->deliver == NULL)
        *port = (struct sim_port){.name = text, .deliver = hear, .owner = w};
    w->links->ops->attach(w->links, node, port, &prefix);
}

/* near - narrow - core - wide - far */
static struct wire *wire_open(const struct sim_link_config *narrow,
                              const struct sim_link_config *wide)
{
    struct wire *const w = calloc(1, sizeof *w);
    fill_octets();
    w->loop = sim_loop_open();
    w->links = sim_net_links_open(w->loop, 4, NULL);
    const uint32_t one = w->links->ops->router(w->links);
    const uint32_t two = w->links->ops->router(w->links);
    (void)w->links->ops->link(w->links, one, 0, narrow);
    (void)w->links->ops->link(w->links, 0, two, wide);
    own(w, one, &w->near, "10.1.0.0/16");
    own(w, two, &w->far, "10.2.0.0/16");
    own(w, one, &w->near, "2001:db8:1::/48");
    own(w, two, &w->far, "2001:db8:2::/48");
    (void)w->links->ops->route(w->links, NULL, 0);
    return w;
}

static void expect_conserved(const struct wire *w)
{
    const struct sim_net_totals t = w->links->totals;
    uint64_t lost = 0;
    for (uint32_t i = 0; i < SIM_LOST_COUNT; i++)
        lost += w->links->lost[i];
    EXPECT_EQ(t.sent + t.doubled + t.cut, t.delivered + t.joined + lost + t.under_way);
}

static void wire_close(struct wire *w)
{
    expect_conserved(w);
    w->links->ops->close(w->links);
    sim_loop_close(w->loop);
    free(w);
}

static void send(struct wire *w, bool six, size_t len)
{
    struct sim_datagram d = {.at = octets, .len = len, .protocol = SIM_UDP};
    d.from = address(six ? "2001:db8:1::1" : "10.1.0.1");
    d.to = address(six ? "2001:db8:2::1" : "10.2.0.1");
    d.to.port = 500;
    struct sim_net *const net = w->links;
    (void)net->ops->send(net, sim_loop_now(w->loop), &w->near, &d);
}

static void test_a_long_datagram_crosses_a_narrow_link_in_pieces_and_arrives_whole(void)
{
    /* 1480 octets of IP payload fit into 1500: 3000 + 8 make three fragments, 20 octets of header
     * each; 1 Mbit/s takes 8 us an octet. IPv6 has 40 + 8: 1448 each. */
    const struct sim_link_config narrow = {
        .name = "n", .rate_bps = 1000000, .mtu = 1500, .oversize = SIM_OVERSIZE_CUT};
    const struct sim_link_config wide = {.name = "w"};
    struct wire *const w = wire_open(&narrow, &wide);
    send(w, false, 3000);
    sim_loop_run(w->loop, SECOND);
    EXPECT_EQ(w->whole, 1);
    EXPECT_EQ(w->last_len, 3000);
    EXPECT_EQ(w->last_ns, (3008 + 3 * 20) * UINT64_C(8000));
    EXPECT_EQ(w->links->ops->counts(w->links, 0, 0).sent_packets, 3);
    EXPECT_EQ(w->links->totals.cut, 2);
    EXPECT_EQ(w->links->totals.joined, 2);
    send(w, true, 3000);
    sim_loop_run(w->loop, 2ULL * SECOND);
    EXPECT_EQ(w->whole, 2);
    EXPECT_EQ(w->last_ns, SECOND + (3008 + 3 * 48) * UINT64_C(8000));
    send(w, false, 1472); /* fits */
    sim_loop_run(w->loop, 3ULL * SECOND);
    EXPECT_EQ(w->whole, 3);
    EXPECT_EQ(w->links->totals.cut, 4);
    EXPECT_EQ(w->torn, 0);
    wire_close(w);
}

static void test_fragments_are_cut_again_where_it_is_narrower_still(void)
{
    const struct sim_link_config first = {.name = "a", .mtu = 1400, .oversize = SIM_OVERSIZE_CUT};
    const struct sim_link_config then = {.name = "b", .mtu = 300, .oversize = SIM_OVERSIZE_CUT};
    struct wire *const w = wire_open(&first, &then);
    for (int six = 0; six < 2; six++)
        for (size_t len = 1; len < 5000; len += 97)
            send(w, six != 0, len);
    send(w, false, 65507);
    sim_loop_run(w->loop, SECOND);
    EXPECT_EQ(w->whole, 2 * 52 + 1);
    EXPECT_EQ(w->torn, 0);
    EXPECT_EQ(w->links->totals.under_way, 0);
    wire_close(w);
}

static void test_one_fragment_lost_loses_the_datagram_as_often_as_the_product_says(void)
{
    /* F8: k fragments, each lost with p: (1 - p)^k are whole. */
    enum { COUNT = 20000, K = 4 };
    const struct sim_link_config narrow = {.name = "n",
                                           .mtu = 500,
                                           .oversize = SIM_OVERSIZE_CUT,
                                           .impairments.loss_ppb = 10 * PERCENT};
    const struct sim_link_config wide = {.name = "w"};
    struct wire *const w = wire_open(&narrow, &wide);
    for (uint32_t i = 0; i < COUNT; i++) {
        send(w, false, 1800); /* 1808 octets in steps of 480 */
        sim_loop_run(w->loop, i * UINT64_C(10000000));
        if (i % 1000 == 0)
            expect_conserved(w);
    }
    sim_loop_run(w->loop, UINT64_C(300) * SECOND);
    const double p = pow(0.9, K);
    EXPECT(fabs((double)w->whole / COUNT - p) < 4 * sqrt(p * (1 - p) / COUNT));
    EXPECT_EQ(w->torn, 0);
    EXPECT_EQ(w->links->totals.under_way, 0);
    EXPECT(w->links->lost[SIM_LOST_REASSEMBLY_TIMEOUT] > 0);
    EXPECT_EQ(w->links->lost[SIM_LOST_REASSEMBLY_FULL], 0);
    wire_close(w);
}

static void test_duplicates_and_stragglers_among_fragments_leave_no_torn_datagram(void)
{
    const struct sim_link_config narrow = {.name = "n",
                                           .rate_bps = 10000000,
                                           .mtu = 500,
                                           .oversize = SIM_OVERSIZE_CUT,
                                           .queue_packets = 12,
                                           .impairments = {.duplicate_ppb = 5 * PERCENT,
                                                           .reorder_ppb = 20 * PERCENT,
                                                           .reorder_ns = 3000000}};
    const struct sim_link_config wide = {.name = "w"};
    static const struct sim_reassembly_config small = {.bytes_max = 12000,
                                                       .timeout_ns = SECOND / 20};
    struct wire *const w = wire_open(&narrow, &wide);
    w->far.reassembly = &small;
    for (uint32_t i = 0; i < 5000; i++) {
        send(w, i % 3 == 0, 1 + i * 13 % 4000);
        sim_loop_run(w->loop, i * UINT64_C(1500000));
        if (i % 500 == 0)
            expect_conserved(w);
    }
    sim_loop_run(w->loop, UINT64_C(100) * SECOND);
    EXPECT(w->whole > 1000);
    EXPECT_EQ(w->torn, 0);
    EXPECT_EQ(w->links->totals.under_way, 0);
    static const enum sim_lost seen[] = {SIM_LOST_FRAGMENT_BAD, SIM_LOST_REASSEMBLY_FULL,
                                         SIM_LOST_REASSEMBLY_TIMEOUT, SIM_LOST_QUEUE_FULL};
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        EXPECT(w->links->lost[seen[i]] > 0);
    wire_close(w);
}

static const struct test_case cases[] = {
    TEST(test_pieces_in_any_order_become_what_was_cut),
    TEST(test_what_overlaps_spoils_its_datagram_and_no_other),
    TEST(test_what_comes_twice_is_dropped_and_the_rest_stays),
    TEST(test_what_would_be_longer_than_ip_allows_is_refused),
    TEST(test_datagrams_are_told_apart_by_ends_protocol_and_number),
    TEST(test_a_datagram_is_given_up_a_time_after_its_first_fragment),
    TEST(test_a_full_store_drops_the_new_fragment_or_the_oldest_datagram),
    TEST(test_under_a_flood_of_fragments_so_many_survive_as_poisson_says),
    TEST(test_a_long_datagram_crosses_a_narrow_link_in_pieces_and_arrives_whole),
    TEST(test_fragments_are_cut_again_where_it_is_narrower_still),
    TEST(test_one_fragment_lost_loses_the_datagram_as_often_as_the_product_says),
    TEST(test_duplicates_and_stragglers_among_fragments_leave_no_torn_datagram),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
