/* SPDX-License-Identifier: MIT
 * The same world on the built-in network and on ns-3: where nothing is left to
 * chance the same sums, else the same shares. Skipped where ns-3 is not
 * installed. */
#include "sim/ns3_door.h"
#include "tests/test.h"
#include "tests/thrown.h"
#include "tests/world.h"

#include <stdio.h>
#include <string.h>

static void plain(void)
{
    world_begin("people");
    set("for", "40s");
    set("clients.people.arrivals", "poisson 20/s");
    set("clients.people.retransmit.first", "1s");
}

static const enum sim_metric sums[] = {
    SIM_METRIC_ATTEMPTS,      SIM_METRIC_SUCCESSES,           SIM_METRIC_FAILURES,
    SIM_METRIC_CENSORED,      SIM_METRIC_IKE_RETRANSMISSIONS, SIM_METRIC_SETUP_TIME_P50,
    SIM_METRIC_SETUP_TIME_P99};
enum { SUMS = sizeof sums / sizeof sums[0] };

static const enum sim_metric network_sums[] = {
    SIM_METRIC_FRAGMENTS,          SIM_METRIC_QUEUE_DROPS, SIM_METRIC_TOO_BIG,
    SIM_METRIC_ICMP_ERRORS,        SIM_METRIC_LINK_LOSS,   SIM_METRIC_OUTAGES,
    SIM_METRIC_DUPLICATES,         SIM_METRIC_NO_ROUTE,    SIM_METRIC_REASSEMBLY_FULL,
    SIM_METRIC_REASSEMBLY_TIMEOUTS};
enum { NETWORK_SUMS = sizeof network_sums / sizeof network_sums[0] };

/* Everything clients tell is the same, whichever network carries it, and what it did to them. */
static void expect_the_same(void)
{
    int64_t built_in[SUMS];
    int64_t of_links[NETWORK_SUMS];
    set("network.kind", "links");
    world_run(NULL);
    for (size_t i = 0; i < SUMS; i++)
        built_in[i] = metric("people", sums[i]);
    for (size_t i = 0; i < NETWORK_SUMS; i++)
        of_links[i] = metric("network", network_sums[i]);
    set("network.kind", "ns3");
    world_run(NULL);
    for (size_t i = 0; i < SUMS; i++)
        EXPECT_EQ(metric("people", sums[i]), built_in[i]);
    for (size_t i = 0; i < NETWORK_SUMS; i++)
        EXPECT_EQ(metric("network", network_sums[i]), of_links[i]);
    EXPECT(metric("people", SIM_METRIC_SUCCESSES) > 100);
}

static void test_a_quiet_world_is_the_same_on_both(void)
{
    plain();
    expect_the_same();
}

static void test_a_world_of_ipv6_is_the_same_on_both(void)
{
    plain();
    set("gateways.vpn.address", "2001:db8::1");
    expect_the_same();
}

static void test_clients_behind_a_nat_with_long_certificates_are_the_same_on_both(void)
{
    plain();
    set("clients.people.nat.kind", "symmetric");
    set("clients.people.auth", "rsa4096");
    set("links.wan.oversize", "fragment");
    expect_the_same();
}

/* Packets by ESP, and the rekeys that they see, in an IP network of IPv4 and IPv6. */
static void test_traffic_by_esp_is_the_same_on_both(void)
{
    static const enum sim_metric told[] = {SIM_METRIC_ESP_SENT, SIM_METRIC_ESP_RECEIVED,
                                           SIM_METRIC_ESP_HELD, SIM_METRIC_CHILD_REKEYS};
    int64_t built_in[4];
    for (int six = 0; six < 2; six++) {
        plain();
        if (six != 0) {
            set("gateways.vpn.address", "2001:db8::1");
            set("gateways.vpn.selectors", "2001:db8:1::/48");
            set("clients.people.selectors", "::/0");
        }
        set("clients.people.arrivals", "burst 5 every 1h");
        set("clients.people.traffic.rate", "20/s");
        set("clients.people.rekey.child", "5s");
        world_run(NULL);
        for (size_t i = 0; i < 4; i++)
            built_in[i] = metric("people", told[i]);
        set("network.kind", "ns3");
        world_run(NULL);
        for (size_t i = 0; i < 4; i++)
            EXPECT_EQ(metric("people", told[i]), built_in[i]);
        EXPECT_EQ(metric("people", SIM_METRIC_ESP_LOST), 0);
        EXPECT(built_in[0] > 6000 && built_in[3] > 25);
    }
}

static void expect_the_same_reports(const char *gateway)
{
    plain();
    set("gateways.vpn.address", gateway);
    set("clients.people.auth", "rsa4096");
    set("links.wan.oversize", "report");
    expect_the_same();
    EXPECT_EQ(metric("network", SIM_METRIC_ICMP_ERRORS),
              2 * metric("people", SIM_METRIC_SUCCESSES));
}

static void test_who_learns_of_a_narrow_way_by_icmp_does_so_alike_on_both(void)
{
    expect_the_same_reports("192.0.2.1");
    expect_the_same_reports("2001:db8::1");
    set("clients.people.nat.kind", "symmetric");
    set("gateways.vpn.address", "192.0.2.1");
    expect_the_same();
}

static void test_ike_by_tcp_is_the_same_on_both(void)
{
    plain();
    set("clients.people.transport", "tcp");
    set("gateways.vpn.tcp.listen", "yes");
    expect_the_same();
}

/* What a line does beside taking time: one code for both, and the same luck. */
static void test_what_lines_do_to_datagrams_is_the_same_on_both(void)
{
    static const struct {
        const char *path, *text;
        enum sim_metric sum; /* of which there is some */
    } rows[] = {
        {"links.wan.loss", "5%", SIM_METRIC_LINK_LOSS},
        {"links.wan.bursts.begin", "2%", SIM_METRIC_LINK_LOSS},
        {"links.wan.duplicate", "3%", SIM_METRIC_DUPLICATES},
        {"links.wan.reorder.share", "5%", SIM_METRIC_COUNT},
        {"links.wan.outages", "[[10s, 12s], [20s, 21s]]", SIM_METRIC_OUTAGES},
        {"links.wan.jitter", "15ms", SIM_METRIC_COUNT},
        {"links.wan.kind", "cellular", SIM_METRIC_COUNT},
    };
    int64_t calm;
    plain();
    world_run(NULL);
    calm = metric("people", SIM_METRIC_SETUP_TIME_P99);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        plain();
        set(rows[i].path, rows[i].text);
        expect_the_same();
        if (rows[i].sum != SIM_METRIC_COUNT)
            EXPECT(metric("network", rows[i].sum) > 50);
        if (rows[i].sum != SIM_METRIC_DUPLICATES)
            EXPECT(metric("people", SIM_METRIC_SETUP_TIME_P99) > calm);
    }
}

/* All of it at once, over two lines, with NATs and certificates that are cut: both families. */
static void test_all_that_lines_do_together_is_the_same_on_both(void)
{
    for (int six = 0; six < 2; six++) {
        plain();
        EXPECT(model_config_add(&config, "links", "core-line"));
        set("links.core-line.from", "core");
        set("links.core-line.to", "far");
        set("links.core-line.delay", "3ms");
        set("links.core-line.kind", "cellular");
        set("links.core-line.oversize", "fragment");
        set("links.core-line.jitter", "2ms");
        set("links.core-line.duplicate", "2%");
        set("gateways.vpn.at", "far");
        set("clients.people.auth", "rsa4096");
        if (six == 0)
            set("clients.people.nat.kind", "symmetric");
        else
            set("gateways.vpn.address", "2001:db8::1");
        set("links.wan.oversize", "fragment");
        set("links.wan.loss", "1%");
        set("links.wan.bursts.begin", "0.5%");
        set("links.wan.duplicate", "1%");
        set("links.wan.reorder.share", "2%");
        set("links.wan.jitter", "5ms");
        set("links.wan.outages", "[[10s, 11s]]");
        expect_the_same();
        EXPECT(metric("network", SIM_METRIC_FRAGMENTS) > 1000);
        EXPECT(metric("network", SIM_METRIC_DUPLICATES) > 50);
        EXPECT(metric("network", SIM_METRIC_REASSEMBLY_TIMEOUTS) > 0);
    }
}

/* Clients on a medium that their ends share, with all that can be on a line. */
static void test_clients_come_by_ethernet_and_wifi(void)
{
    static const char *const kinds[][2] = {{"csma", "10Mbit/s"}, {"wifi", "12Mbit/s"}};
    for (int i = 0; i < 2; i++) {
        char first[33];
        plain();
        set("for", "9s");
        set("clients.people.patience", "3s");
        set("network.kind", "ns3");
        world_run(NULL);
        const int64_t line = metric("people", SIM_METRIC_SETUP_TIME_P50);
        set("links.wan.kind", kinds[i][0]);
        set("links.wan.rate", kinds[i][1]);
        set("clients.people.nat.kind", i == 0 ? "symmetric" : "none");
        set("gateways.vpn.address", i == 0 ? "auto" : "2001:db8::1");
        world_run(NULL);
        EXPECT(metric("people", SIM_METRIC_SUCCESSES) > 100);
        EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 0);
        EXPECT_EQ(metric("people", SIM_METRIC_IKE_RETRANSMISSIONS), 0);
        EXPECT_EQ(metric("network", SIM_METRIC_LINK_LOSS), 0);
        /* Four frames of 200 to 400 octets more. */
        EXPECT(metric("people", SIM_METRIC_SETUP_TIME_P50) > line + 300000);
        EXPECT(metric("people", SIM_METRIC_SETUP_TIME_P50) < line + 3000000);
        /* Another's download is on it, too. */
        EXPECT(model_config_add(&config, "background", "download"));
        set("background.download.from", "core");
        set("background.download.to", "wan");
        set("background.download.kind", "bulk-tcp");
        set("links.wan.queue", "60");
        world_run(NULL);
        EXPECT(metric("download", SIM_METRIC_BACKGROUND_RECEIVED) > 4000000);
        EXPECT(metric("people", SIM_METRIC_SETUP_TIME_P50) > line + 10000000);
        EXPECT(metric("network", SIM_METRIC_QUEUE_DROPS) > 0);
        EXPECT(metric("people", SIM_METRIC_SUCCESSES) > 100);
        set("links.wan.loss", "0.1%");
        world_run(NULL);
        (void)snprintf(first, sizeof first, "%s", fingerprint);
        EXPECT(metric("network", SIM_METRIC_LINK_LOSS) > 0);
        world_run(NULL);
        EXPECT_STR(fingerprint, first);
    }
}

static void expect_no_medium(const char *path, const char *text, const char *said)
{
    plain();
    set("network.kind", "ns3");
    set("links.wan.kind", "wifi");
    set("links.wan.rate", "54Mbit/s");
    EXPECT_EQ(judge(), 0);
    set(path, text);
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, "links.wan.kind");
    EXPECT(strstr(remarks.text, said) != NULL);
}

static void test_what_a_medium_cannot_be_is_said(void)
{
    expect_no_medium("network.kind", "links", "write point-to-point or cellular");
    expect_no_medium("links.wan.rate", "55Mbit/s", "9, 12, 18");
    expect_no_medium("links.wan.rate", "unlimited", "9, 12, 18");
    expect_no_medium("links.wan.rate_back", "6Mbit/s", "leave out `rate_back`");
    expect_no_medium("links.wan.frame", "18B", "leave out `frame`");
    expect_no_medium("links.wan.aqm", "codel", "leave out `aqm`");
    expect_no_medium("links.wan.mtu", "2297B", "2296 octets at most");
    expect_no_medium("links.wan.queue_bytes", "20KiB", "limited in datagrams");
    plain();
    set("network.kind", "ns3");
    set("links.wan.kind", "csma");
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "Ethernet needs a rate") != NULL);
    set("links.wan.rate", "55Mbit/s");
    set("links.wan.queue_bytes", "20KiB");
    EXPECT_EQ(judge(), 0);
    set("links.wan.mtu", "1501B");
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "1500 octets at most") != NULL);
}

static void test_a_middlebox_that_passes_no_udp_is_the_same_on_both(void)
{
    plain();
    set("links.wan.udp", "blocked");
    set("clients.people.transport", "udp-then-tcp");
    set("gateways.vpn.tcp.listen", "yes");
    expect_the_same();
    EXPECT_EQ(refusals("wan", "udp_blocked"), 2 * (uint64_t)metric("people", SIM_METRIC_ATTEMPTS));
}

/* A flood of requests fills a slow line; with a queue to each flow, clients pass it by. */
static void test_fair_queues_let_clients_pass_a_flood(void)
{
    plain();
    set("network.kind", "ns3");
    set("gateways.vpn.cookies.at", "0");
    set("links.wan.rate", "2Mbit/s");
    set("links.wan.queue", "400");
    EXPECT(model_config_add(&config, "attackers", "flood"));
    set("attackers.flood.class", "spoofed-init");
    set("attackers.flood.via", "wan");
    set("attackers.flood.to", "vpn");
    set("attackers.flood.rate", "2000/s");
    set("attackers.flood.sources", "198.18.0.1/32");
    world_run(NULL);
    const int64_t tail = metric("people", SIM_METRIC_IKE_RETRANSMISSIONS);
    set("links.wan.aqm", "fq-codel");
    world_run(NULL);
    EXPECT(tail > 400);
    EXPECT(metric("people", SIM_METRIC_IKE_RETRANSMISSIONS) < tail / 100);
    EXPECT(metric("network", SIM_METRIC_QUEUE_DROPS) > 1000);
}

/* A gateway that goes away, what its host says by ICMP, and what clients make of it. */
static void test_an_outage_is_the_same_on_both(void)
{
    static const enum sim_metric told[] = {SIM_METRIC_PEERS_LOST, SIM_METRIC_LOSS_FOUND_MEAN,
                                           SIM_METRIC_ICMP_HINTS, SIM_METRIC_ICMP_CHECKS};
    enum { TOLD = sizeof told / sizeof told[0] };
    for (int six = 0; six < 2; six++) {
        int64_t built_in[TOLD];
        plain();
        set("gateways.vpn.outages", "[[10s, 15s]]");
        if (six == 1) {
            set("gateways.vpn.address", "2001:db8::1");
            set("gateways.vpn.selectors", "2001:db8:3::/48");
            set("clients.people.selectors", "::/0");
        }
        set("clients.people.arrivals", "burst 10 every 1h");
        set("clients.people.traffic.rate", "2/s");
        set("clients.people.retransmit.sends", "3");
        set("clients.people.reconnect", "1s");
        set("clients.people.hints", "2s");
        world_run(NULL);
        for (size_t i = 0; i < TOLD; i++)
            built_in[i] = metric("people", told[i]);
        EXPECT_EQ(built_in[0], 10);
        EXPECT_EQ(built_in[3], 10);
        set("network.kind", "ns3");
        world_run(NULL);
        for (size_t i = 0; i < TOLD; i++)
            EXPECT_EQ(metric("people", told[i]), built_in[i]);
        EXPECT_EQ(metric("people", SIM_METRIC_SUCCESSES), 20);
        EXPECT_EQ(metric("network", SIM_METRIC_ICMP_ERRORS), 0); /* no router's */
    }
}

/* A line that breaks down, what its routers say by ICMP, and what clients make of it. */
static void test_a_line_of_which_routers_tell_that_it_is_down_is_the_same_on_both(void)
{
    static const enum sim_metric told[] = {SIM_METRIC_ICMP_HINTS, SIM_METRIC_ICMP_CHECKS,
                                           SIM_METRIC_ESP_LOST, SIM_METRIC_ESP_RECEIVED};
    enum { TOLD = sizeof told / sizeof told[0] };
    for (int i = 0; i < 3; i++) {
        int64_t built_in[TOLD];
        plain();
        set("for", "60s");
        set("links.wan.outages", "[[10s, 22s]]");
        set("links.wan.down", "unreachable");
        if (i == 1) {
            set("gateways.vpn.address", "2001:db8::1");
            set("gateways.vpn.selectors", "2001:db8:3::/48");
            set("clients.people.selectors", "::/0");
        }
        if (i == 2)
            set("clients.people.nat.kind", "symmetric");
        set("clients.people.arrivals", "burst 10 every 1h");
        set("clients.people.traffic.rate", "2/s");
        set("clients.people.retransmit.factor", "2");
        set("clients.people.retransmit.sends", "3");
        set("clients.people.reconnect", "1s");
        set("clients.people.hints", "2s");
        world_run(NULL);
        for (size_t k = 0; k < TOLD; k++)
            built_in[k] = metric("people", told[k]);
        const int64_t errors = metric("network", SIM_METRIC_ICMP_ERRORS);
        const int64_t lost = metric("network", SIM_METRIC_OUTAGES);
        EXPECT(errors > 100);
        EXPECT_EQ(built_in[0], errors);
        EXPECT_EQ(built_in[1], 10);
        set("network.kind", "ns3");
        world_run(NULL);
        for (size_t k = 0; k < TOLD; k++)
            EXPECT_EQ(metric("people", told[k]), built_in[k]);
        EXPECT_EQ(metric("network", SIM_METRIC_ICMP_ERRORS), errors);
        EXPECT_EQ(metric("network", SIM_METRIC_OUTAGES), lost);
        EXPECT_EQ(metric("people", SIM_METRIC_SUCCESSES), 20);
    }
}

static void test_a_seed_repeats_on_ns3_too(void)
{
    char first[33];
    plain();
    set("network.kind", "ns3");
    set("links.wan.rate", "120kbit/s");
    set("links.wan.queue", "10");
    set("links.wan.queue_bytes", "2KiB");
    set("links.wan.loss", "5%");
    set("links.wan.outages", "[[10s, 12s]]");
    set("links.wan.down", "unreachable");
    world_run(NULL);
    EXPECT(metric("network", SIM_METRIC_QUEUE_DROPS) > 0);
    EXPECT(metric("network", SIM_METRIC_ICMP_ERRORS) > 0);
    (void)snprintf(first, sizeof first, "%s", fingerprint);
    world_run(NULL);
    EXPECT_STR(fingerprint, first);
}

/* On and off between the same nodes: the same datagrams, some of which find no room. */
static void test_others_datagrams_are_the_same_on_both(void)
{
    int64_t sent;
    int64_t received;
    plain();
    EXPECT(model_config_add(&config, "background", "video"));
    set("background.video.from", "core");
    set("background.video.to", "wan");
    set("background.video.rate", "3Mbit/s");
    set("background.video.on", "200ms");
    set("background.video.off", "300ms");
    set("background.video.start", "5s");
    set("background.video.until", "35s");
    world_run(NULL);
    sent = metric("video", SIM_METRIC_BACKGROUND_SENT);
    received = metric("video", SIM_METRIC_BACKGROUND_RECEIVED);
    expect_the_same();
    EXPECT_EQ(metric("video", SIM_METRIC_BACKGROUND_SENT), sent);
    EXPECT_EQ(metric("video", SIM_METRIC_BACKGROUND_RECEIVED), received);
    EXPECT(received > 1000000);
}

static int64_t p50(void)
{
    return metric("people", SIM_METRIC_SETUP_TIME_P50) / 1000000;
}

/* A download fills the queue of a slow line; how long clients wait then, the queue decides. */
static void test_a_bulk_transfer_fills_the_line_that_clients_share(void)
{
    const int64_t line = INT64_C(2000000) / 8 * 40 * 1448 / 1502; /* octets of its data at most */
    char first[33];
    plain();
    set("network.kind", "ns3");
    set("links.wan.rate", "2Mbit/s");
    set("links.wan.queue", "60");
    world_run(NULL);
    const int64_t alone = p50();
    EXPECT(model_config_add(&config, "background", "download"));
    set("background.download.from", "core");
    set("background.download.to", "wan");
    set("background.download.kind", "bulk-tcp");
    world_run(NULL);
    (void)snprintf(first, sizeof first, "%s", fingerprint);
    const int64_t received = metric("download", SIM_METRIC_BACKGROUND_RECEIVED);
    EXPECT(received > line / 10 * 8 && received <= line);
    EXPECT(!was_told("download", SIM_METRIC_BACKGROUND_SENT));
    /* 60 segments of 1,502 octets take 360 ms; two answers wait behind some of them. */
    EXPECT(p50() > alone + 250 && p50() < alone + 721);
    EXPECT(metric("network", SIM_METRIC_QUEUE_DROPS) > 0);
    EXPECT_EQ(metric("network", SIM_METRIC_NO_ROUTE), 0);
    world_run(NULL);
    EXPECT_STR(fingerprint, first);
    set("links.wan.aqm", "fq-codel");
    world_run(NULL);
    EXPECT(p50() < alone + 40);
    set("background.download.start", "39s");
    world_run(NULL);
    EXPECT(metric("download", SIM_METRIC_BACKGROUND_RECEIVED) < line / 30);
}

static bool thrown, reported;

/* A full inbox is told of while ns-3 runs. */
static void throw_at_a_full_inbox(struct sim_record *record, const struct sim_message *message)
{
    (void)record;
    if (thrown || strcmp(message->fate, sim_lost_name(SIM_LOST_INBOX_FULL)) != 0)
        return;
    thrown = true;
    throw_bad_alloc();
}

static void hear_no_sample(struct sim_record *record, const char *who, enum sim_series series,
                           uint64_t at_ns, int64_t value)
{
    (void)record;
    (void)who;
    (void)series;
    (void)at_ns;
    (void)value;
}

static void hear_a_report(struct sim_record *record, const char *who, enum sim_metric which,
                          int64_t value)
{
    (void)record;
    (void)who;
    (void)which;
    (void)value;
    reported = true;
}

static void hear_no_keys(struct sim_record *record, const struct ike_sa_keys *keys)
{
    (void)record;
    (void)keys;
}

/* It reports nothing: whoever runs it has a run that failed. */
static void test_a_world_ends_where_its_network_breaks_down(void)
{
    static const struct sim_record_ops ops = {.metric = hear_a_report,
                                              .series = hear_no_sample,
                                              .message = throw_at_a_full_inbox,
                                              .keys = hear_no_keys};
    struct sim_record record = {.ops = &ops};
    char error[512] = "";
    plain();
    set("network.kind", "ns3");
    set("gateways.vpn.inbox", "1KiB");
    set("clients.people.arrivals", "burst 50 every 1h");
    config.trace_messages = 1000;
    thrown = reported = false;
    EXPECT_EQ(judge(), 0);
    struct model_world *const world =
        model_world_open(&config, ike_crypto_modelled, &record, error, sizeof error);
    if (!EXPECT(world != NULL))
        return;
    EXPECT(!model_world_run(world, NULL, NULL));
    EXPECT(thrown && !reported);
    const char *const trouble = model_world_trouble(world);
    if (EXPECT(trouble != NULL))
        EXPECT_STR(trouble, "after 0.0 s the network broke down: ns-3: std::bad_alloc");
    model_world_close(world);
}

static void test_what_ns3_lacks_is_named_before_anything_runs(void)
{
    plain();
    set("network.kind", "ns3");
    set("links.wan.rate", "1Mbit/s");
    set("links.wan.queue", "10");
    set("links.wan.queue_bytes", "10KiB");
    EXPECT_EQ(judge(), 0);
    set("links.wan.aqm", "codel");
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, "links.wan");
    EXPECT(strstr(remarks.text, "have no aqm without a rate, or with queue_bytes") != NULL);
    set("links.wan.aqm", "drop-tail");
    set("links.wan.frame", "2B");
    EXPECT_EQ(judge(), 0);
    set("links.wan.frame", "38B");
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "have no frame but PPP's of 2 octets") != NULL);
}

static void test_a_line_too_narrow_for_ipv6_is_named_where_it_is_one(void)
{
    plain();
    set("gateways.vpn.address", "2001:db8::1");
    set("links.wan.mtu", "1279B");
    EXPECT_EQ(judge(), 0); /* the built-in network does not mind */
    set("network.kind", "ns3");
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, "links.wan.mtu");
    EXPECT(strstr(remarks.text, "write `mtu: 1280B` or more") != NULL);
    set("gateways.vpn.address", "192.0.2.1");
    EXPECT_EQ(judge(), 0);
    set("gateways.vpn.address", "2001:db8::1");
    set("links.wan.mtu", "1280B");
    EXPECT(model_config_add(&config, "links", "aside"));
    set("links.aside.mtu", "600B");
    EXPECT_EQ(judge(), 0); /* it is on nobody's way, */
    EXPECT(model_config_add(&config, "attackers", "flood"));
    set("attackers.flood.class", "spoofed-init");
    set("attackers.flood.to", "vpn");
    set("attackers.flood.rate", "1/s");
    set("attackers.flood.via", "wan");
    EXPECT_EQ(judge(), 0);
    set("attackers.flood.via", "aside"); /* and now it is */
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, "links.aside.mtu");
    set("attackers.flood.via", "wan");
    world_run(NULL);
    EXPECT(metric("people", SIM_METRIC_SUCCESSES) > 100);
}

static void test_what_the_built_in_network_lacks_is_named_too(void)
{
    plain();
    set("links.wan.aqm", "codel");
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, "links.wan.aqm");
    set("network.kind", "ns3");
    EXPECT_EQ(judge(), 1); /* it needs a rate */
    set("links.wan.rate", "1Mbit/s");
    EXPECT_EQ(judge(), 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_quiet_world_is_the_same_on_both),
        TEST(test_a_world_of_ipv6_is_the_same_on_both),
        TEST(test_clients_behind_a_nat_with_long_certificates_are_the_same_on_both),
        TEST(test_who_learns_of_a_narrow_way_by_icmp_does_so_alike_on_both),
        TEST(test_traffic_by_esp_is_the_same_on_both),
        TEST(test_ike_by_tcp_is_the_same_on_both),
        TEST(test_what_lines_do_to_datagrams_is_the_same_on_both),
        TEST(test_all_that_lines_do_together_is_the_same_on_both),
        TEST(test_clients_come_by_ethernet_and_wifi),
        TEST(test_what_a_medium_cannot_be_is_said),
        TEST(test_a_middlebox_that_passes_no_udp_is_the_same_on_both),
        TEST(test_fair_queues_let_clients_pass_a_flood),
        TEST(test_an_outage_is_the_same_on_both),
        TEST(test_a_line_of_which_routers_tell_that_it_is_down_is_the_same_on_both),
        TEST(test_others_datagrams_are_the_same_on_both),
        TEST(test_a_bulk_transfer_fills_the_line_that_clients_share),
        TEST(test_a_seed_repeats_on_ns3_too),
        TEST(test_a_world_ends_where_its_network_breaks_down),
        TEST(test_what_ns3_lacks_is_named_before_anything_runs),
        TEST(test_a_line_too_narrow_for_ipv6_is_named_where_it_is_one),
        TEST(test_what_the_built_in_network_lacks_is_named_too),
    };
    char error[300] = "";
    if (sim_ns3_api(error, sizeof error) == NULL) {
        (void)printf("1..0 # SKIP %s\n", error);
        return 0;
    }
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
