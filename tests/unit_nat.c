/* SPDX-License-Identifier: MIT
 * The NAT stage: mapping and filtering of each kind as RFC 4787 has them,
 * timeouts to the nanosecond, ports that run out, rebinding, against a plain
 * list on random traffic, and in the built-in network. */
#include "sim/loop.h"
#include "sim/nat.h"
#include "sim/net_links.h"
#include "sim/rng.h"
#include "tests/test.h"

#include <string.h>

enum { PORTS = 8, SECOND = 1000000000 };

static struct ike_addr inside(uint16_t port)
{
    return ike_addr_v4(UINT32_C(0x0a000001), port);
}

static struct ike_addr peer(uint32_t host, uint16_t port)
{
    return ike_addr_v4(UINT32_C(0xc0000200) + host, port);
}

static struct sim_nat *open_kind(enum sim_nat_kind kind, uint64_t timeout_ns, uint64_t rebind_ns)
{
    const struct sim_nat_config config = {.kind = kind,
                                          .outside = ike_addr_v4(UINT32_C(0xc6336401), 1024),
                                          .port_count = PORTS,
                                          .timeout_ns = timeout_ns,
                                          .rebind_ns = rebind_ns};
    return sim_nat_open(&config);
}

/* The outside port, 0 when the NAT has none. */
static uint16_t out(struct sim_nat *nat, uint64_t now_ns, struct ike_addr from, struct ike_addr to)
{
    return sim_nat_out(nat, now_ns, &from, &to) ? from.port : 0;
}

/* The inside port, 0 when it is not let in. */
static uint16_t in(struct sim_nat *nat, uint64_t now_ns, struct ike_addr from, uint16_t port)
{
    struct ike_addr to = ike_addr_v4(UINT32_C(0xc6336401), port);
    return sim_nat_in(nat, now_ns, &from, &to) ? to.port : 0;
}

static void test_each_kind_maps_and_filters_by_as_much_of_the_peer(void)
{
    static const struct {
        enum sim_nat_kind kind;
        bool same_for_port, same_for_host; /* the mapping */
        bool port_comes_in, host_comes_in; /* the filter */
    } rows[] = {{SIM_NAT_ENDPOINT_INDEPENDENT, true, true, true, true},
                {SIM_NAT_ADDRESS_DEPENDENT, true, false, true, false},
                {SIM_NAT_SYMMETRIC, false, false, false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_nat *const nat = open_kind(rows[i].kind, 0, 0);
        const uint16_t port = out(nat, 0, inside(500), peer(1, 500));
        EXPECT_EQ(port, 1024);
        EXPECT_EQ(in(nat, 0, peer(1, 500), port), 500);
        EXPECT_EQ(in(nat, 0, peer(1, 4500), port) == 500, rows[i].port_comes_in);
        EXPECT_EQ(in(nat, 0, peer(2, 500), port) == 500, rows[i].host_comes_in);
        EXPECT_EQ(in(nat, 0, peer(1, 500), (uint16_t)(port + 1)), 0);
        EXPECT_EQ(out(nat, 0, inside(500), peer(1, 500)), port);
        EXPECT_EQ(out(nat, 0, inside(500), peer(1, 4500)) == port, rows[i].same_for_port);
        EXPECT_EQ(out(nat, 0, inside(500), peer(2, 500)) == port, rows[i].same_for_host);
        EXPECT(out(nat, 0, inside(501), peer(1, 500)) != port);
        sim_nat_close(nat);
    }
}

static void test_a_mapping_lives_from_the_last_datagram_out(void)
{
    struct sim_nat *const nat = open_kind(SIM_NAT_SYMMETRIC, 30, 0);
    EXPECT_EQ(out(nat, 0, inside(500), peer(1, 500)), 1024);
    EXPECT_EQ(out(nat, 20, inside(500), peer(1, 500)), 1024);
    EXPECT_EQ(in(nat, 49, peer(1, 500), 1024), 500);
    EXPECT_EQ(sim_nat_mappings(nat, 49), 1);
    EXPECT_EQ(in(nat, 50, peer(1, 500), 1024), 0); /* what came in at 49 kept nothing alive */
    EXPECT_EQ(sim_nat_mappings(nat, 50), 0);
    EXPECT_EQ(out(nat, 51, inside(500), peer(1, 500)), 1025);
    EXPECT_EQ(sim_nat_counts(nat).expired, 1);
    EXPECT_EQ(sim_nat_counts(nat).mapped, 2);
    EXPECT_EQ(sim_nat_counts(nat).filtered, 1);
    sim_nat_close(nat);
}

static void test_ports_run_out_and_come_back(void)
{
    struct sim_nat *const nat = open_kind(SIM_NAT_ENDPOINT_INDEPENDENT, 30, 0);
    for (uint16_t i = 0; i < PORTS; i++)
        EXPECT_EQ(out(nat, i, inside((uint16_t)(500 + i)), peer(1, 500)), 1024 + i);
    EXPECT_EQ(out(nat, 29, inside(900), peer(1, 500)), 0);
    EXPECT_EQ(sim_nat_counts(nat).exhausted, 1);
    EXPECT_EQ(out(nat, 30, inside(900), peer(1, 500)), 1024);
    EXPECT_EQ(in(nat, 30, peer(1, 500), 1024), 900);
    sim_nat_close(nat);
}

static void test_a_rebinding_gives_another_port_and_shuts_the_old_one(void)
{
    struct sim_nat *const nat = open_kind(SIM_NAT_ENDPOINT_INDEPENDENT, 0, 0);
    EXPECT_EQ(out(nat, 0, inside(500), peer(1, 500)), 1024);
    sim_nat_rebind(nat);
    EXPECT_EQ(in(nat, 0, peer(1, 500), 1024), 0);
    EXPECT_EQ(out(nat, 0, inside(500), peer(1, 500)), 1025);
    EXPECT_EQ(sim_nat_counts(nat).rebound, 1);
    sim_nat_close(nat);
}

static void test_a_nat_that_rebinds_does_so_at_every_multiple(void)
{
    struct sim_nat *const nat = open_kind(SIM_NAT_ENDPOINT_INDEPENDENT, 0, 60);
    EXPECT_EQ(out(nat, 59, inside(500), peer(1, 500)), 1024);
    EXPECT_EQ(out(nat, 60, inside(500), peer(1, 500)), 1025);
    EXPECT_EQ(out(nat, 179, inside(500), peer(1, 500)), 1026); /* at 120 */
    EXPECT_EQ(out(nat, 180, inside(500), peer(1, 500)), 1027);
    EXPECT_EQ(sim_nat_counts(nat).rebound, 3);
    sim_nat_close(nat);
}

static void test_another_family_does_not_pass(void)
{
    struct sim_nat *const nat = open_kind(SIM_NAT_ENDPOINT_INDEPENDENT, 0, 0);
    struct ike_addr six;
    EXPECT(ike_addr_parse("2001:db8::1", &six));
    EXPECT_EQ(out(nat, 0, six, six), 0);
    EXPECT_EQ(sim_nat_counts(nat).filtered, 1);
    EXPECT_EQ(sim_nat_counts(nat).exhausted, 0);
    sim_nat_close(nat);
}

/* What the outside port belongs to, and since when, in a list that is searched from end to end. */
struct plain {
    uint64_t out_ns;
    uint16_t from, to; /* from 0: none */
};

static void plain_expire(struct plain *rows, uint64_t now_ns)
{
    for (uint32_t i = 0; i < PORTS; i++)
        if (rows[i].from != 0 && now_ns - rows[i].out_ns >= 40)
            rows[i].from = 0;
}

static void test_random_traffic_agrees_with_a_plain_list(void)
{
    struct sim_nat *const nat = open_kind(SIM_NAT_SYMMETRIC, 40, 0);
    struct plain rows[PORTS] = {{0}};
    struct sim_rng rng;
    sim_rng_open(&rng, 1, "unit_nat");
    uint64_t now_ns = 0, refused = 0;
    for (uint32_t step = 0; step < 20000; step++) {
        now_ns += sim_rng_between(&rng, 0, 5);
        const uint16_t from = (uint16_t)sim_rng_between(&rng, 1, 6);
        const uint16_t to = (uint16_t)sim_rng_between(&rng, 1, 3);
        plain_expire(rows, now_ns);
        uint32_t found = PORTS, used = 0;
        for (uint32_t i = 0; i < PORTS; i++) {
            used += rows[i].from != 0;
            if (rows[i].from == from && rows[i].to == to)
                found = i;
        }
        const uint16_t port = out(nat, now_ns, inside(from), peer(1, to));
        if (found == PORTS && used == PORTS) {
            EXPECT_EQ(port, 0);
            refused++;
            continue;
        }
        if (!EXPECT(port >= 1024 && port < 1024 + PORTS))
            break;
        if (found != PORTS)
            EXPECT_EQ(port, 1024 + found);
        else
            EXPECT_EQ(rows[port - 1024].from, 0);
        rows[port - 1024] = (struct plain){now_ns, from, to};
        EXPECT_EQ(in(nat, now_ns, peer(1, to), port), from);
    }
    const struct sim_nat_counts c = sim_nat_counts(nat);
    EXPECT(refused > 100 && c.exhausted == refused && c.expired > 100);
    EXPECT_EQ(c.mapped, c.expired + c.rebound + sim_nat_mappings(nat, now_ns));
    sim_nat_close(nat);
}

struct heard {
    struct sim_datagram last;
    uint32_t count;
};

static void hear(void *owner, uint64_t now_ns, const struct sim_datagram *datagram)
{
    struct heard *const heard = owner;
    (void)now_ns;
    heard->last = *datagram;
    heard->count++;
}

/* A client behind a NAT, a gateway in the open, and a link of 10 ns between them. */
struct street {
    struct sim_loop *loop;
    struct sim_net *links;
    struct sim_net *net;
    struct heard client, gateway;
    struct sim_port home, far;
    struct ike_prefix outside;
};

static void street_open(struct street *s)
{
    *s = (struct street){.loop = sim_loop_open()};
    s->links = sim_net_links_open(s->loop, 1, NULL);
    s->net = s->links;
    s->home = (struct sim_port){.deliver = hear, .owner = &s->client};
    s->far = (struct sim_port){.deliver = hear, .owner = &s->gateway};
    struct ike_prefix vpn;
    EXPECT(ike_prefix_parse("198.51.100.1/32", &s->outside));
    EXPECT(ike_prefix_parse("192.0.2.0/24", &vpn));
    const struct sim_link_config link = {.delay_ns = 10};
    const uint32_t node = s->links->ops->router(s->links);
    (void)s->links->ops->link(s->links, node, 0, &link);
    s->home.nat = open_kind(SIM_NAT_SYMMETRIC, SECOND, 0);
    s->links->ops->attach(s->links, node, &s->home, &s->outside);
    s->links->ops->attach(s->links, 0, &s->far, &vpn);
    (void)s->links->ops->route(s->links, NULL, 0);
}

static void street_close(struct street *s)
{
    const struct sim_net_totals totals = s->links->totals;
    uint64_t lost = 0;
    for (uint32_t i = 0; i < SIM_LOST_COUNT; i++)
        lost += s->links->lost[i];
    EXPECT_EQ(totals.sent, totals.delivered + totals.under_way + lost);
    s->links->ops->close(s->links);
    sim_nat_close(s->home.nat);
    sim_loop_close(s->loop);
}

static void test_a_port_of_the_network_stands_behind_its_nat(void)
{
    struct street s;
    street_open(&s);
    const struct sim_datagram ask = {.from = inside(500), .to = peer(1, 500), .protocol = SIM_UDP};
    EXPECT(s.net->ops->send(s.net, 0, &s.home, &ask));
    sim_loop_run(s.loop, 10);
    EXPECT_EQ(s.gateway.count, 1);
    EXPECT_EQ(s.gateway.last.from.port, 1024);
    EXPECT(ike_addr_same_ip(&s.gateway.last.from, &s.outside.base));

    struct sim_datagram answer = {.from = ask.to, .to = s.gateway.last.from, .protocol = SIM_UDP};
    EXPECT(s.net->ops->send(s.net, 10, &s.far, &answer));
    answer.from.port = 4500; /* the mapping is for port 500 */
    EXPECT(s.net->ops->send(s.net, 10, &s.far, &answer));
    sim_loop_run(s.loop, 20);
    EXPECT_EQ(s.client.count, 1);
    EXPECT_EQ(s.client.last.to.port, 500);
    EXPECT(ike_addr_same_ip(&s.client.last.to, &ask.from));
    EXPECT_EQ(s.links->lost[SIM_LOST_NAT_FILTERED], 1);
    EXPECT_STR(sim_lost_name(SIM_LOST_NAT_FILTERED), "nat_filtered");
    street_close(&s);
}

static void test_what_the_nat_refuses_the_network_counts(void)
{
    struct street s;
    street_open(&s);
    struct sim_datagram d = {.to = peer(1, 500), .protocol = SIM_UDP};
    for (uint16_t i = 0; i <= PORTS; i++) {
        d.from = inside((uint16_t)(500 + i));
        EXPECT_EQ(s.net->ops->send(s.net, 0, &s.home, &d), i < PORTS);
    }
    d.protocol = SIM_ESP;
    EXPECT(!s.net->ops->send(s.net, 0, &s.home, &d));
    d.from = peer(1, 500);
    d.to = ike_addr_v4(UINT32_C(0xc6336401), 1024);
    EXPECT(s.net->ops->send(s.net, 0, &s.far, &d)); /* lost at the far end */
    sim_loop_run(s.loop, 10);
    EXPECT_EQ(s.gateway.count, PORTS);
    EXPECT_EQ(s.client.count, 0);
    EXPECT_EQ(s.links->lost[SIM_LOST_NAT_EXHAUSTED], 1);
    EXPECT_EQ(s.links->lost[SIM_LOST_NAT_FILTERED], 2);
    EXPECT_STR(sim_lost_name(SIM_LOST_NAT_EXHAUSTED), "nat_exhausted");
    street_close(&s);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_each_kind_maps_and_filters_by_as_much_of_the_peer),
        TEST(test_a_mapping_lives_from_the_last_datagram_out),
        TEST(test_ports_run_out_and_come_back),
        TEST(test_a_rebinding_gives_another_port_and_shuts_the_old_one),
        TEST(test_a_nat_that_rebinds_does_so_at_every_multiple),
        TEST(test_another_family_does_not_pass),
        TEST(test_random_traffic_agrees_with_a_plain_list),
        TEST(test_a_port_of_the_network_stands_behind_its_nat),
        TEST(test_what_the_nat_refuses_the_network_counts),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
