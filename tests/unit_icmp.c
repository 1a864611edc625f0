/* SPDX-License-Identifier: MIT
 * ICMP errors: as octets, through a NAT, and what an end learns of them. What
 * ns-3 says of the same in unit_world_ns3. */
#include "sim/icmp.h"
#include "sim/loop.h"
#include "sim/nat.h"
#include "sim/net_links.h"
#include "sim/packet.h"
#include "sim/paths.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000000, MS = 1000000 };

static uint8_t payload[3000];

static struct ike_addr address(const char *text, uint16_t port)
{
    struct ike_addr addr;
    EXPECT(ike_addr_parse(text, &addr));
    addr.port = port;
    return addr;
}

static struct sim_datagram sent(bool six, size_t len)
{
    return (struct sim_datagram){.from = address(six ? "2001:db8:1::9" : "10.1.0.9", 500),
                                 .to = address(six ? "2001:db8:2::4" : "10.2.3.4", 4500),
                                 .at = payload,
                                 .len = len,
                                 .protocol = SIM_UDP};
}

/* Of a datagram; false: none is made. */
static bool error_about(const struct sim_datagram *about, enum sim_icmp_kind kind, uint32_t mtu,
                        uint8_t *room, struct sim_datagram *out)
{
    uint8_t packet[4000];
    const struct ike_addr router = sim_dummy_router(about->from.family);
    const struct sim_icmp what = {
        .kind = kind, .mtu = mtu, .quoted = {packet, sim_packet_write(about, packet)}};
    return sim_icmp_write(&what, &router, room, out);
}

static void test_octets_are_those_of_the_rfcs(void)
{
    /* Type 3, code 4, checksum, unused, MTU 1280 (RFC 1191 4); then the header and eight octets. */
    static const uint8_t four[] = {3, 4, 0x72, 0xf7, 0,    0,    5,  0, 0x45, 0, 0,  38, 0, 0,
                                   0, 0, 0x40, 0x11, 0x63, 0xb1, 10, 1, 0,    9, 10, 2,  3, 4};
    uint8_t room[SIM_ICMP_MAX];
    struct sim_datagram error;
    const struct sim_datagram d = sent(false, 10);
    EXPECT(error_about(&d, SIM_ICMP_TOO_BIG, 1280, room, &error));
    EXPECT_EQ(error.protocol, SIM_ICMP);
    EXPECT(ike_addr_same_ip(&error.to, &d.from));
    EXPECT_EQ(error.len, 8 + 38);
    for (size_t i = 4; i < sizeof four; i++)
        EXPECT(room[i] == four[i] || i == 18 || i == 19); /* IP's checksum is tested elsewhere */
    EXPECT_EQ(room[0], 3);
    EXPECT_EQ(room[1], 4);
    EXPECT_EQ(sim_checksum((struct ike_bytes){error.at, error.len}), 0);

    const struct sim_datagram six = sent(true, 10);
    EXPECT(error_about(&six, SIM_ICMP_TOO_BIG, 1280, room, &error));
    static const uint8_t too_big[] = {2, 0}; /* RFC 4443 3.2 */
    EXPECT(memcmp(room, too_big, 2) == 0);
    EXPECT_EQ(room[6] << 8 | room[7], 1280);
    EXPECT_EQ(sim_transport_checksum(&error.from, &error.to, SIM_ICMP6,
                                     (struct ike_bytes){error.at, error.len}),
              0);
}

static void test_what_is_written_is_read_again(void)
{
    static const enum sim_icmp_kind kinds[] = {SIM_ICMP_TOO_BIG, SIM_ICMP_PORT_CLOSED,
                                               SIM_ICMP_UNREACHABLE, SIM_ICMP_TIME_EXCEEDED};
    for (int six = 0; six < 2; six++)
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            uint8_t room[SIM_ICMP_MAX];
            struct sim_datagram error;
            struct sim_icmp got;
            const struct sim_datagram d = sent(six == 1, 2000);
            const uint32_t mtu = kinds[i] == SIM_ICMP_TOO_BIG ? 1400 : 0;
            EXPECT(error_about(&d, kinds[i], mtu, room, &error));
            EXPECT_EQ(sim_ip_size(&error), six ? 1280 : 576);
            EXPECT(sim_icmp_read(&error, &got));
            EXPECT_EQ(got.kind, kinds[i]);
            EXPECT_EQ(got.mtu, mtu);
            EXPECT(ike_addr_equal(&got.about.from, &d.from));
            EXPECT(ike_addr_equal(&got.about.to, &d.to));
            EXPECT_EQ(got.about.protocol, SIM_UDP);
            EXPECT_EQ(sim_packet_size(got.quoted), sim_ip_size(&d));
        }
}

static void test_of_errors_and_of_later_fragments_no_error_is_made(void)
{
    uint8_t room[SIM_ICMP_MAX];
    uint8_t again[SIM_ICMP_MAX];
    struct sim_datagram error, none;
    struct sim_datagram d = sent(false, 1000);
    EXPECT(error_about(&d, SIM_ICMP_UNREACHABLE, 0, room, &error));
    EXPECT(!error_about(&error, SIM_ICMP_UNREACHABLE, 0, again, &none));
    d.fragment = (struct sim_fragment){.id = 3, .at = 0, .more = true};
    EXPECT(error_about(&d, SIM_ICMP_UNREACHABLE, 0, room, &error));
    d.fragment.at = 800;
    EXPECT(!error_about(&d, SIM_ICMP_UNREACHABLE, 0, room, &error));
    const struct ike_addr router = sim_dummy_router(IKE_IPV4);
    const struct sim_icmp junk = {.quoted = {payload, 40}}; /* '7': of version 3 */
    EXPECT(!sim_icmp_write(&junk, &router, room, &error));
}

static void test_what_is_cut_short_or_spoilt_is_no_error(void)
{
    for (int six = 0; six < 2; six++) {
        uint8_t room[SIM_ICMP_MAX];
        struct sim_datagram error;
        struct sim_icmp got;
        const struct sim_datagram d = sent(six == 1, 100);
        EXPECT(error_about(&d, SIM_ICMP_TOO_BIG, 1280, room, &error));
        const size_t whole = error.len;
        for (error.len = 0; error.len < whole; error.len++)
            EXPECT(!sim_icmp_read(&error, &got)); /* its checksum is that of all of it */
        for (error.len = 0; error.len < 8 + (six ? 40U : 20U); error.len++)
            EXPECT(!sim_icmp_parse(&error, &got));
        error.len = whole;
        for (size_t i = 0; i < whole; i++) {
            room[i] ^= 0x10;
            EXPECT(!sim_icmp_read(&error, &got));
            room[i] ^= 0x10;
        }
        EXPECT(sim_icmp_read(&error, &got));
    }
}

static void test_a_nat_rewrites_what_is_quoted(void)
{
    for (int six = 0; six < 2; six++) {
        uint8_t room[SIM_ICMP_MAX];
        uint8_t within[SIM_ICMP_MAX];
        struct sim_datagram error;
        struct sim_icmp got;
        const struct sim_datagram d = sent(six == 1, 100);
        const struct ike_addr inside = address(six ? "fd00::7" : "192.168.1.7", 777);
        EXPECT(error_about(&d, SIM_ICMP_TOO_BIG, 1280, room, &error));
        EXPECT(sim_icmp_translate(&error, &inside, within));
        EXPECT(sim_icmp_read(&error, &got));
        EXPECT(ike_addr_equal(&got.about.from, &inside));
        EXPECT(ike_addr_equal(&got.about.to, &d.to));
        EXPECT(ike_addr_same_ip(&error.to, &inside));
        if (!six)
            EXPECT_EQ(sim_checksum((struct ike_bytes){got.quoted.at, 20}), 0);
        error.len = 8;
        EXPECT(!sim_icmp_translate(&error, &inside, within));
    }
}

static void test_a_path_is_known_for_ten_minutes_and_only_as_narrow_as_may_be(void)
{
    struct sim_paths *const paths = sim_paths_open();
    const struct sim_path path = {address("10.1.0.9", 500), address("10.2.3.4", 500)};
    const struct sim_path other = {address("10.1.0.8", 500), address("10.2.3.4", 500)};
    const struct sim_path six = {address("fd00::1", 1), address("fd00::2", 1)};
    EXPECT_EQ(sim_paths_mtu(paths, 5, &path), UINT32_MAX);
    sim_paths_learn(paths, 5, &path, 67);
    sim_paths_learn(paths, 5, &six, 1279);
    EXPECT_EQ(sim_paths_mtu(paths, 5, &path), UINT32_MAX);
    EXPECT_EQ(sim_paths_mtu(paths, 5, &six), UINT32_MAX);
    sim_paths_learn(paths, 5, &path, 1400);
    sim_paths_learn(paths, 6, &path, 1300);
    sim_paths_learn(paths, 7, &path, 1350); /* less is known already */
    EXPECT_EQ(sim_paths_mtu(paths, 8, &path), 1300);
    EXPECT_EQ(sim_paths_mtu(paths, 8, &other), UINT32_MAX);
    EXPECT_EQ(sim_paths_mtu(paths, 6 + UINT64_C(600) * SECOND - 1, &path), 1300);
    EXPECT_EQ(sim_paths_mtu(paths, 6 + UINT64_C(600) * SECOND, &path), UINT32_MAX);
    sim_paths_learn(paths, 6 + UINT64_C(600) * SECOND, &path, 1500);
    EXPECT_EQ(sim_paths_mtu(paths, 6 + UINT64_C(600) * SECOND, &path), 1500);
    sim_paths_close(paths);
}

static void test_many_paths_push_out_the_oldest_and_no_others(void)
{
    struct sim_paths *const paths = sim_paths_open();
    struct sim_path path = {address("10.1.0.9", 0), address("10.2.3.4", 0)};
    const uint32_t many = 4 * SIM_PATHS_MAX;
    uint32_t known = 0;
    for (uint32_t i = 0; i < many; i++) {
        path.to = ike_addr_v4(i, 0);
        sim_paths_learn(paths, i, &path, 1400);
        EXPECT_EQ(sim_paths_mtu(paths, i, &path), 1400);
    }
    for (uint32_t i = 0; i < many; i++) {
        path.to = ike_addr_v4(i, 0);
        known += sim_paths_mtu(paths, many, &path) == 1400 ? 1 : 0;
    }
    EXPECT_EQ(known, SIM_PATHS_MAX);
    sim_paths_close(paths);
}

/* ---- over the built-in network ---- */

struct ear {
    struct sim_port port;
    uint64_t at_ns;
    uint32_t count, errors;
    size_t len;
    struct sim_icmp said; /* the last error; what it quotes is gone */
};

static void hear(void *owner, uint64_t now_ns, const struct sim_datagram *d)
{
    struct ear *const ear = owner;
    ear->at_ns = now_ns;
    ear->len = d->len;
    ear->count += sim_is_icmp(d) ? 0 : 1;
    ear->errors += sim_is_icmp(d) ? 1 : 0;
    if (sim_is_icmp(d))
        (void)sim_icmp_read(d, &ear->said);
}

/* near - 10 ms - the core - 5 ms, narrow - far. */
struct street {
    struct sim_loop *loop;
    struct sim_net *net;
    struct ear near, far;
};

static void attach(struct street *s, struct ear *ear, uint32_t node, const char *prefix)
{
    struct ike_prefix own;
    EXPECT(ike_prefix_parse(prefix, &own));
    ear->port.deliver = hear;
    ear->port.owner = ear;
    s->net->ops->attach(s->net, node, &ear->port, &own);
}

static void street_open(struct street *s)
{
    const struct sim_link_config wide = {.name = "wide", .delay_ns = 10 * MS};
    const struct sim_link_config narrow = {
        .name = "narrow", .delay_ns = 5 * MS, .mtu = 1280, .oversize = SIM_OVERSIZE_REPORTED};
    *s = (struct street){.loop = sim_loop_open()};
    s->net = sim_net_links_open(s->loop, 1, NULL);
    const uint32_t near = s->net->ops->router(s->net);
    const uint32_t far = s->net->ops->router(s->net);
    (void)s->net->ops->link(s->net, near, 0, &wide);
    (void)s->net->ops->link(s->net, 0, far, &narrow);
    attach(s, &s->near, near, "10.1.0.0/16");
    attach(s, &s->near, near, "2001:db8:1::/48");
    attach(s, &s->far, far, "10.2.0.0/16");
    attach(s, &s->far, far, "2001:db8:2::/48");
    (void)s->net->ops->route(s->net, NULL, 0);
}

static void street_close(struct street *s)
{
    const struct sim_net_totals t = s->net->totals;
    uint64_t lost = 0;
    for (uint32_t i = 0; i < SIM_LOST_COUNT; i++)
        lost += s->net->lost[i];
    EXPECT_EQ(t.sent + t.reported + t.cut, t.delivered + t.joined + lost + t.under_way);
    s->net->ops->close(s->net);
    sim_loop_close(s->loop);
}

static void test_the_sender_is_told_after_one_round_and_then_cuts(void)
{
    for (int six = 0; six < 2; six++) {
        struct street s;
        street_open(&s);
        const struct sim_datagram d = sent(six == 1, 3000);
        EXPECT(s.net->ops->send(s.net, 0, &s.near.port, &d));
        sim_loop_run(s.loop, SECOND);
        EXPECT_EQ(s.near.errors, 1);
        EXPECT_EQ(s.near.at_ns, 20 * MS);
        EXPECT_EQ(s.far.count, 0);
        EXPECT_EQ(s.net->lost[SIM_LOST_TOO_BIG], 1);
        EXPECT(s.net->ops->send(s.net, SECOND, &s.near.port, &d));
        sim_loop_run(s.loop, 2 * (uint64_t)SECOND);
        EXPECT_EQ(s.far.count, 1);
        EXPECT_EQ(s.far.len, 3000);
        EXPECT_EQ(s.far.at_ns, SECOND + 15 * MS);
        EXPECT_EQ(s.net->totals.cut, 2);
        EXPECT_EQ(s.near.errors, 1);
        /* Another host at the same end has not been told. */
        struct sim_datagram other = d;
        other.from = address(six ? "2001:db8:1::8" : "10.1.0.8", 500);
        EXPECT(s.net->ops->send(s.net, 2 * (uint64_t)SECOND, &s.near.port, &other));
        sim_loop_run(s.loop, 3 * (uint64_t)SECOND);
        EXPECT_EQ(s.near.errors, 2);
        street_close(&s);
    }
}

static void test_who_sends_from_the_router_itself_is_told_and_never_from_within_the_call(void)
{
    struct street s;
    street_open(&s);
    struct sim_datagram d = sent(false, 3000);
    d.from = address("10.2.3.4", 500);
    d.to = address("10.1.0.9", 500);
    EXPECT(!s.net->ops->send(s.net, 0, &s.far.port, &d));
    EXPECT_EQ(s.far.errors, 0);
    sim_loop_run(s.loop, SECOND);
    EXPECT_EQ(s.far.errors, 1);
    EXPECT_EQ(s.far.at_ns, 0);
    d.from = address("203.0.113.7", 500); /* nobody owns it: nobody is told */
    EXPECT(!s.net->ops->send(s.net, SECOND, &s.far.port, &d));
    sim_loop_run(s.loop, 2 * (uint64_t)SECOND);
    EXPECT_EQ(s.net->totals.reported, 1);
    street_close(&s);
}

/* near - 10 ms - the core - 5 ms, down from 1 to 3 s - far. */
static void outage_open(struct street *s, enum sim_down down, uint32_t mtu)
{
    const struct sim_link_config sound = {
        .name = "sound", .delay_ns = 10 * MS, .mtu = mtu, .oversize = SIM_OVERSIZE_CUT};
    const struct sim_link_config ill = {
        .name = "ill",
        .delay_ns = 5 * MS,
        .impairments.outages = {.at = {{SECOND, 3 * (uint64_t)SECOND}}, .count = 1},
        .down = down};
    *s = (struct street){.loop = sim_loop_open()};
    s->net = sim_net_links_open(s->loop, 1, NULL);
    const uint32_t near = s->net->ops->router(s->net);
    const uint32_t far = s->net->ops->router(s->net);
    (void)s->net->ops->link(s->net, near, 0, &sound);
    (void)s->net->ops->link(s->net, 0, far, &ill);
    attach(s, &s->near, near, "10.1.0.0/16");
    attach(s, &s->near, near, "2001:db8:1::/48");
    attach(s, &s->far, far, "10.2.0.0/16");
    attach(s, &s->far, far, "2001:db8:2::/48");
    (void)s->net->ops->route(s->net, NULL, 0);
}

/* The router before the link says so of what comes to it meanwhile, by the error for it: not of
 * what was on the link when it broke down, nor before or after, nor if it is not to. */
static void test_a_router_tells_of_a_link_that_is_down(void)
{
    static const uint64_t times[] = {0, SECOND - 12 * MS, SECOND - 10 * MS,
                                     3 * (uint64_t)SECOND - 11 * MS,
                                     3 * (uint64_t)SECOND - 10 * MS};
    for (int six = 0; six < 2; six++)
        for (int tells = 0; tells < 2; tells++) {
            struct street s;
            const struct sim_datagram d = sent(six == 1, 100);
            outage_open(&s, tells == 1 ? SIM_DOWN_UNREACHABLE : SIM_DOWN_SILENT, 0);
            for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
                sim_loop_run(s.loop, times[i]);
                EXPECT(s.net->ops->send(s.net, times[i], &s.near.port, &d));
            }
            sim_loop_run(s.loop, 4 * (uint64_t)SECOND);
            EXPECT_EQ(s.far.count, 2); /* the first and the last */
            EXPECT_EQ(s.net->lost[SIM_LOST_OUTAGE], 3);
            EXPECT_EQ(s.net->totals.reported, tells == 1 ? 2 : 0);
            EXPECT_EQ(s.near.errors, tells == 1 ? 2 : 0);
            EXPECT(tells == 0 || s.near.at_ns == 3 * (uint64_t)SECOND + 9 * MS);
            EXPECT(tells == 0 || s.near.said.kind == SIM_ICMP_UNREACHABLE);
            EXPECT(tells == 0 || ike_addr_equal(&s.near.said.about.to, &d.to));
            street_close(&s);
        }
}

/* A thousand a second (RFC 1812 4.3.2.8, RFC 4443 2.4), and none of an error itself. */
static void test_a_router_tells_so_often_and_no_more(void)
{
    struct street s;
    struct sim_datagram d = sent(false, 100);
    outage_open(&s, SIM_DOWN_UNREACHABLE, 0);
    sim_loop_run(s.loop, SECOND);
    for (uint64_t i = 0; i < 3000; i++) {
        const uint64_t now_ns = SECOND + i * MS / 2; /* for one second and a half */
        sim_loop_run(s.loop, now_ns);
        (void)s.net->ops->send(s.net, now_ns, &s.near.port, &d);
    }
    sim_loop_run(s.loop, 4 * (uint64_t)SECOND);
    EXPECT_EQ(s.net->lost[SIM_LOST_OUTAGE], 3000);
    EXPECT_EQ(s.net->totals.reported, 2000);
    EXPECT_EQ(s.near.errors, s.net->totals.reported);
    street_close(&s);
    outage_open(&s, SIM_DOWN_UNREACHABLE, 0);
    sim_loop_run(s.loop, SECOND);
    d.protocol = SIM_ICMP;
    d.from.port = d.to.port = 0;
    (void)s.net->ops->send(s.net, SECOND, &s.near.port, &d);
    d.from = address("203.0.113.7", 0); /* nor is nobody told */
    d.protocol = SIM_ESP;
    (void)s.net->ops->send(s.net, SECOND, &s.near.port, &d);
    sim_loop_run(s.loop, 4 * (uint64_t)SECOND);
    EXPECT_EQ(s.net->lost[SIM_LOST_OUTAGE], 2);
    EXPECT_EQ(s.net->totals.reported, 0);
    street_close(&s);
}

static void test_what_a_router_tells_is_cut_where_its_way_is_narrow(void)
{
    struct street s;
    outage_open(&s, SIM_DOWN_UNREACHABLE, 300);
    const struct sim_datagram d = sent(false, 270); /* 298 octets, and 28 around them */
    sim_loop_run(s.loop, SECOND);
    EXPECT(s.net->ops->send(s.net, SECOND, &s.near.port, &d));
    sim_loop_run(s.loop, 2 * (uint64_t)SECOND);
    EXPECT_EQ(s.net->totals.reported, 1);
    EXPECT_EQ(s.net->totals.cut, 1);
    EXPECT_EQ(s.near.errors, 1);
    EXPECT_EQ(s.near.at_ns, SECOND + 20 * MS);
    EXPECT_EQ(s.net->lost[SIM_LOST_TOO_BIG], 0);
    street_close(&s);
}

int main(int argc, char **argv)
{
    memset(payload, '7', sizeof payload);
    static const struct test_case cases[] = {
        TEST(test_octets_are_those_of_the_rfcs),
        TEST(test_what_is_written_is_read_again),
        TEST(test_of_errors_and_of_later_fragments_no_error_is_made),
        TEST(test_what_is_cut_short_or_spoilt_is_no_error),
        TEST(test_a_nat_rewrites_what_is_quoted),
        TEST(test_a_path_is_known_for_ten_minutes_and_only_as_narrow_as_may_be),
        TEST(test_many_paths_push_out_the_oldest_and_no_others),
        TEST(test_the_sender_is_told_after_one_round_and_then_cuts),
        TEST(test_a_router_tells_of_a_link_that_is_down),
        TEST(test_a_router_tells_so_often_and_no_more),
        TEST(test_what_a_router_tells_is_cut_where_its_way_is_narrow),
        TEST(test_who_sends_from_the_router_itself_is_told_and_never_from_within_the_call),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
