/* SPDX-License-Identifier: MIT
 * Clients who send packets through their tunnels: what a rekey does to these, and
 * what the network does. */
#include "ike/crypto_openssl.h"
#include "tests/test.h"
#include "tests/world.h"

#include <string.h>

static const int64_t clients = 10, rate = 20, seconds = 55;

/* Ten clients at once at the beginning, who stay; 20 packets a second of each for 55 of 60 s, and
 * back again. */
static void office(void)
{
    world_begin("staff");
    set("for", "60s");
    set("gateways.vpn.sa_max", "1024");
    set("clients.staff.arrivals", "burst 10 every 1h");
    set("clients.staff.traffic.rate", "20/s");
    set("clients.staff.rekey.jitter", "30%");
}

/* All of them from some 0.1 s on. */
static void all_were_sent(void)
{
    const int64_t whole = 2 * clients * rate * seconds;
    const int64_t sent = metric("staff", SIM_METRIC_ESP_SENT);
    EXPECT_EQ(metric("staff", SIM_METRIC_SUCCESSES), clients);
    EXPECT(sent <= whole && sent > whole - whole / 200);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_HELD), 0);
}

/* What is sent comes, or the network has lost it in this way, or an end has refused it. */
static void all_lost_by(enum sim_metric which)
{
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_SENT),
              metric("staff", SIM_METRIC_ESP_RECEIVED) + metric("staff", SIM_METRIC_ESP_LOST));
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), metric("network", which));
    EXPECT_EQ(metric("run", SIM_METRIC_ESP_UNKNOWN_SPI), 0);
    EXPECT_EQ(metric("run", SIM_METRIC_ESP_REPLAYED), 0);
    EXPECT_EQ(metric("run", SIM_METRIC_ESP_SELECTORS), 0);
}

static void nothing_is_lost(void)
{
    all_were_sent();
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_RECEIVED), metric("staff", SIM_METRIC_ESP_SENT));
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), 0);
    EXPECT_EQ(metric("run", SIM_METRIC_ESP_UNKNOWN_SPI), 0);
    EXPECT_EQ(metric("run", SIM_METRIC_ESP_REPLAYED), 0);
}

static void test_who_sends_nothing_tells_nothing(void)
{
    office();
    set("clients.staff.traffic.rate", "none");
    world_run(NULL);
    EXPECT(!was_told("staff", SIM_METRIC_ESP_SENT));
    EXPECT(!was_told("run", SIM_METRIC_ESP_REPLAYED));
}

static void test_packets_go_and_come_back(void)
{
    office();
    world_run(NULL);
    nothing_is_lost();
    EXPECT_EQ(metric("staff", SIM_METRIC_CHILD_REKEYS), 0);
    const int64_t both = metric("staff", SIM_METRIC_ESP_SENT);
    set("clients.staff.traffic.back", "no");
    world_run(NULL);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_SENT), both / 2);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), 0);
}

/* Each of them is at 5 s less three tenths at random: 11 in 55 s, up to 16. */
static void each_is_rekeyed(enum sim_metric which)
{
    const int64_t rekeys = metric("staff", which);
    EXPECT(rekeys >= clients * 10 && rekeys <= clients * 17);
}

/* Without lingering: what is on its way by the old Child SA comes before the Delete (RFC 7296 2.8).
 */
static void rekeying(bool by_gateway)
{
    office();
    set("gateways.vpn.rekey.jitter", "30%");
    set("clients.staff.esp_linger", "0s");
    set("gateways.vpn.esp_linger", "0s");
    set(by_gateway ? "gateways.vpn.rekey.child" : "clients.staff.rekey.child", "5s");
}

static void test_a_rekey_of_child_sas_loses_nothing(void)
{
    for (int by_gateway = 0; by_gateway < 2; by_gateway++) {
        rekeying(by_gateway != 0);
        world_run(NULL);
        nothing_is_lost();
        each_is_rekeyed(SIM_METRIC_CHILD_REKEYS);
        EXPECT_EQ(metric("staff", SIM_METRIC_IKE_REKEYS), 0);
    }
}

static void test_a_rekey_of_ike_sas_loses_nothing(void)
{
    for (int by_gateway = 0; by_gateway < 2; by_gateway++) {
        rekeying(by_gateway != 0);
        set("clients.staff.rekey.child", "never");
        set("gateways.vpn.rekey.child", "never");
        set(by_gateway != 0 ? "gateways.vpn.rekey.ike" : "clients.staff.rekey.ike", "5s");
        world_run(NULL);
        nothing_is_lost();
        each_is_rekeyed(SIM_METRIC_IKE_REKEYS);
        EXPECT_EQ(metric("staff", SIM_METRIC_CHILD_REKEYS), 0);
    }
}

/* All of these at once, so that they collide: both ends mean to rekey after the same time. */
static void test_rekeys_that_collide_lose_nothing(void)
{
    rekeying(false);
    set("gateways.vpn.rekey.child", "5s");
    set("clients.staff.rekey.ike", "7s");
    set("gateways.vpn.rekey.ike", "7s");
    set("clients.staff.rekey.jitter", "0%");
    set("gateways.vpn.rekey.jitter", "1%");
    world_run(NULL);
    nothing_is_lost();
    EXPECT(metric("staff", SIM_METRIC_CHILD_REKEYS) >= clients * 8);
    EXPECT(metric("staff", SIM_METRIC_IKE_REKEYS) >= clients * 6);
}

/* 40 packets a second both ways, of 200 octets and as many more as ESP takes: 8 and IV 8, trailer 2
 * after padding to 4, ICV 16 (RFC 4106). What counts is the text, padding and trailer: 204. */
static void test_use_drives_lifetimes(void)
{
    office();
    set("clients.staff.rekey.packets", "200");
    world_run(NULL);
    nothing_is_lost();
    const int64_t rekeys = metric("staff", SIM_METRIC_CHILD_REKEYS);
    EXPECT(rekeys >= clients * 10 && rekeys <= clients * 11); /* each 200 of 2200 */
    set("clients.staff.rekey.packets", "never");
    set("gateways.vpn.rekey.octets", "40800B");
    world_run(NULL);
    nothing_is_lost();
    const int64_t by_octets = metric("staff", SIM_METRIC_CHILD_REKEYS);
    EXPECT(by_octets >= clients * 10 && by_octets <= clients * 11);
}

static void test_with_either_provider_the_same_is_counted(void)
{
    int64_t sent[2], rekeys[2];
    for (int openssl = 0; openssl < 2; openssl++) {
        rekeying(false);
        set("clients.staff.rekey.jitter", "0%");
        world_run_by(openssl != 0 ? ike_crypto_openssl : ike_crypto_modelled, NULL);
        nothing_is_lost();
        sent[openssl] = metric("staff", SIM_METRIC_ESP_SENT);
        rekeys[openssl] = metric("staff", SIM_METRIC_CHILD_REKEYS);
    }
    EXPECT_EQ(sent[0], sent[1]);
    EXPECT_EQ(rekeys[0], rekeys[1]);
}

/* Without it, ESP does not pass the NAT. */
static void test_behind_a_nat_it_goes_in_udp(void)
{
    rekeying(false);
    set("clients.staff.nat.kind", "symmetric");
    world_run(NULL);
    nothing_is_lost();
    rekeying(true);
    set("gateways.vpn.force_encapsulation", "yes");
    set("links.wan.udp", "blocked");
    world_run(NULL);
    EXPECT_EQ(metric("staff", SIM_METRIC_SUCCESSES), 0);
    set("links.wan.udp", "passes");
    world_run(NULL);
    nothing_is_lost();
}

static void test_modes_and_addresses_of_all_kinds(void)
{
    rekeying(false);
    set("gateways.vpn.mode", "transport");
    set("clients.staff.mode", "transport");
    world_run(NULL);
    nothing_is_lost();
    set("clients.staff.nat.kind", "symmetric"); /* RFC 7296 2.23.1 */
    world_run(NULL);
    nothing_is_lost();
    rekeying(false);
    set("gateways.vpn.pool", "172.16.0.0/16");
    set("clients.staff.address", "ipv4");
    world_run(NULL);
    nothing_is_lost();
    rekeying(false);
    set("gateways.vpn.address", "2001:db8::1");
    set("gateways.vpn.selectors", "2001:db8:1::/48");
    set("clients.staff.prefix", "2001:db8:2::/64");
    set("clients.staff.selectors", "::/0");
    set("clients.staff.esp", "aes256-sha256");
    set("gateways.vpn.esp", "aes256-sha256");
    world_run(NULL);
    nothing_is_lost();
}

/* RFC 792: echo requests, answered as a kernel does it: what goes by UDP and back goes so. */
static void test_echo_requests_go_and_are_answered(void)
{
    rekeying(false);
    world_run(NULL);
    const int64_t by_udp = metric("staff", SIM_METRIC_ESP_SENT);
    set("clients.staff.traffic.kind", "echo");
    world_run(NULL);
    nothing_is_lost();
    each_is_rekeyed(SIM_METRIC_CHILD_REKEYS);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_SENT), by_udp);
    set("gateways.vpn.selectors", "192.168.0.0/16[icmp]"); /* UDP does not pass there */
    set("clients.staff.traffic.back", "no");
    world_run(NULL);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_SENT), by_udp / 2);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), 0);
    set("clients.staff.traffic.kind", "udp");
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "that UDP is let through to") != NULL);
}

/* RFC 7296 3.13.1: and where selectors ask for type and code. */
static void test_echoes_of_all_kinds(void)
{
    rekeying(true);
    set("clients.staff.traffic.kind", "echo");
    set("gateways.vpn.mode", "transport");
    set("clients.staff.mode", "transport");
    world_run(NULL);
    nothing_is_lost();
    rekeying(true);
    set("clients.staff.traffic.kind", "echo");
    set("gateways.vpn.address", "2001:db8::1");
    set("gateways.vpn.selectors", "2001:db8:1::/48[icmpv6]");
    set("clients.staff.prefix", "2001:db8:2::/64");
    set("clients.staff.selectors", "::/0");
    world_run(NULL);
    nothing_is_lost();
    set("clients.staff.traffic.stray", "100%");
    world_run(NULL);
    EXPECT_EQ(metric("run", SIM_METRIC_ESP_SELECTORS), metric("staff", SIM_METRIC_ESP_SENT));
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_RECEIVED), 0);
}

/* While the line is down it carries nothing but ESP: what it loses then is what is lost, and
 * nothing comes back of it. */
static void test_what_the_line_loses_is_what_is_lost(void)
{
    office();
    set("links.wan.outages", "[[20s, 22s]]");
    world_run(NULL);
    all_lost_by(SIM_METRIC_OUTAGES);
    EXPECT(metric("staff", SIM_METRIC_ESP_LOST) >= clients * rate * 2);
    office();
    set("links.wan.loss", "2%");
    set("clients.staff.arrivals", "burst 1 every 1h");
    set("clients.staff.traffic.rate", "200/s");
    world_run(NULL);
    EXPECT(metric("network", SIM_METRIC_LINK_LOSS) - metric("staff", SIM_METRIC_ESP_LOST) < 3);
    EXPECT(metric("network", SIM_METRIC_LINK_LOSS) >= metric("staff", SIM_METRIC_ESP_LOST));
    const int64_t share = metric("staff", SIM_METRIC_ESP_LOST_SHARE);
    EXPECT(share > 20000 - 4000 && share < 20000 + 4000); /* four deviations of 21,780 draws */
}

/* No message of IKE is doubled but a few. */
static void test_what_comes_twice_is_refused(void)
{
    office();
    set("links.wan.duplicate", "10%");
    world_run(NULL);
    const int64_t doubled = metric("network", SIM_METRIC_DUPLICATES);
    const int64_t refused = metric("run", SIM_METRIC_ESP_REPLAYED);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_RECEIVED), metric("staff", SIM_METRIC_ESP_SENT));
    EXPECT(refused <= doubled && doubled - refused < 4 * clients && refused > 1000);
    EXPECT_EQ((int64_t)(refusals("vpn", "esp_replayed") + refusals("staff", "esp_replayed")),
              refused);
}

/* Packets held back by 30 ms let the Delete pass (RFC 7296 2.8): the old inbound SA is to stay a
 * little. */
/* RFC 4301 5.2: what is not within the selectors of its SA is refused where it comes out, though it
 * is authentic, and counted; also by an SA that lingers. */
static void test_what_claims_another_source_is_refused(void)
{
    static const char *const strays[] = {"20%", "100%"};
    for (int i = 0; i < 2; i++) {
        rekeying(true);
        set("gateways.vpn.esp_linger", "5s");
        set("links.wan.jitter", "50ms");
        set("clients.staff.traffic.stray", strays[i]);
        world_run(NULL);
        const int64_t refused = metric("run", SIM_METRIC_ESP_SELECTORS);
        EXPECT_EQ((int64_t)refusals("vpn", "esp_selectors"), refused);
        EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), refused);
        EXPECT_EQ(metric("run", SIM_METRIC_ESP_UNKNOWN_SPI), 0);
        const int64_t there = (metric("staff", SIM_METRIC_ESP_SENT) + refused) / 2;
        EXPECT(i == 1 || (refused > there / 6 && refused < there / 4));
        EXPECT(i == 0 || refused == there);
    }
}

/* RFC 7296 3.10.1: and told to whom it claims to come from no more often than the key says: at
 * once, then each 20 s of what is left of them. */
static void test_who_claims_another_source_is_told_so_seldom(void)
{
    office();
    set("gateways.vpn.invalid_selectors", "20s");
    world_run(NULL);
    EXPECT(!was_told("staff", SIM_METRIC_INVALID_SELECTORS_HEARD));
    set("clients.staff.traffic.stray", "100%");
    world_run(NULL);
    EXPECT_EQ(metric("staff", SIM_METRIC_INVALID_SELECTORS_HEARD), 3 * clients);
    EXPECT_EQ(metric("vpn", SIM_METRIC_INVALID_SELECTORS_HEARD), 0);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_RECEIVED), 0);
    EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), clients);
    set("gateways.vpn.invalid_selectors", "off");
    world_run(NULL);
    EXPECT(metric("run", SIM_METRIC_ESP_SELECTORS) > 0);
    EXPECT(!was_told("staff", SIM_METRIC_INVALID_SELECTORS_HEARD));
    EXPECT(!was_told("vpn", SIM_METRIC_INVALID_SELECTORS_HEARD));
}

static void test_late_packets_want_the_old_sa_to_linger(void)
{
    rekeying(false);
    set("links.wan.reorder.share", "20%");
    set("links.wan.reorder.by", "100ms");
    set("clients.staff.traffic.rate", "100/s");
    world_run(NULL);
    const int64_t late = metric("run", SIM_METRIC_ESP_UNKNOWN_SPI);
    EXPECT(late > 0);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), late);
    EXPECT_EQ((int64_t)(refusals("vpn", "esp_unknown_spi") + refusals("staff", "esp_unknown_spi")),
              late);
    set("clients.staff.esp_linger", "1s");
    set("gateways.vpn.esp_linger", "1s");
    world_run(NULL);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), 0);
    EXPECT_EQ(metric("run", SIM_METRIC_ESP_UNKNOWN_SPI), 0);
    set("clients.staff.esp_window", "1");
    set("gateways.vpn.esp_window", "1");
    world_run(NULL);
    EXPECT(metric("run", SIM_METRIC_ESP_REPLAYED) > 0);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), metric("run", SIM_METRIC_ESP_REPLAYED));
}

/* RFC 4478: of the two ways to authenticate anew the one that breaks first leaves a gap. */
static void test_who_breaks_before_he_makes_sends_nothing_between(void)
{
    office();
    set("gateways.vpn.auth_lifetime", "20s");
    set("clients.staff.reauth", "make-first");
    world_run(NULL);
    nothing_is_lost();
    set("clients.staff.reauth", "break-first");
    world_run(NULL);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), 0);
    EXPECT(metric("staff", SIM_METRIC_ESP_HELD) >= clients);
}

/* The gateway opens a packet and seals another; the meter says what that is. */
static void test_packets_cost_the_gateway_time(void)
{
    int64_t busy[3];
    for (int i = 0; i < 3; i++) {
        static const char *const rates[] = {"none", "20/s", "40/s"};
        office();
        set("clients.staff.traffic.rate", rates[i]);
        world_run(NULL);
        busy[i] = metric("vpn", SIM_METRIC_CPU_BUSY);
        EXPECT(i == 0 || metric("staff", SIM_METRIC_ESP_LOST) == 0);
    }
    EXPECT(busy[1] > busy[0]);
    const int64_t once = busy[1] - busy[0], twice = busy[2] - busy[0];
    EXPECT(twice > once * 2 - once / 50 && twice < once * 2 + once / 50);
}

/* Who leaves sends no more; whatever was on its way still comes. */
static void test_clients_that_leave_send_no_more(void)
{
    office();
    set("clients.staff.stay", "10s");
    world_run(NULL);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_LOST), 0);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_HELD), 0);
    const int64_t sent = metric("staff", SIM_METRIC_ESP_SENT);
    EXPECT(sent >= 2 * clients * rate * 10 && sent <= 2 * clients * (rate * 10 + 1));
    set("clients.staff.reconnect", "10s");
    set("clients.staff.leave", "silent");
    world_run(NULL);
    EXPECT(metric("staff", SIM_METRIC_SUCCESSES) == 3 * clients);
    EXPECT(metric("staff", SIM_METRIC_ESP_SENT) > 2 * sent);
    EXPECT_EQ(metric("staff", SIM_METRIC_ESP_HELD), 0);
}

static void test_what_cannot_be_is_judged(void)
{
    office();
    EXPECT_EQ(judge(), 0);
    set("gateways.vpn.tcp.listen", "yes");
    set("clients.staff.transport", "udp-then-tcp");
    EXPECT_EQ(judge(), 1);
    set("clients.staff.transport", "udp");
    set("clients.staff.selectors", "192.0.2.0/24");
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "no address in common") != NULL);
    set("clients.staff.selectors", "192.168.7.0/24");
    EXPECT_EQ(judge(), 0);
    set("clients.staff.traffic.rate", "none");
    set("clients.staff.selectors", "192.0.2.0/24");
    EXPECT_EQ(judge(), 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_who_sends_nothing_tells_nothing),
        TEST(test_packets_go_and_come_back),
        TEST(test_a_rekey_of_child_sas_loses_nothing),
        TEST(test_a_rekey_of_ike_sas_loses_nothing),
        TEST(test_rekeys_that_collide_lose_nothing),
        TEST(test_use_drives_lifetimes),
        TEST(test_with_either_provider_the_same_is_counted),
        TEST(test_behind_a_nat_it_goes_in_udp),
        TEST(test_modes_and_addresses_of_all_kinds),
        TEST(test_echo_requests_go_and_are_answered),
        TEST(test_echoes_of_all_kinds),
        TEST(test_what_the_line_loses_is_what_is_lost),
        TEST(test_what_comes_twice_is_refused),
        TEST(test_what_claims_another_source_is_refused),
        TEST(test_who_claims_another_source_is_told_so_seldom),
        TEST(test_late_packets_want_the_old_sa_to_linger),
        TEST(test_who_breaks_before_he_makes_sends_nothing_between),
        TEST(test_packets_cost_the_gateway_time),
        TEST(test_clients_that_leave_send_no_more),
        TEST(test_what_cannot_be_is_judged),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
