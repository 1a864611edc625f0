/* SPDX-License-Identifier: MIT
 * Worlds with traffic of others on the same lines: how much of it there is,
 * what clients feel of it, and what is wrong in its description. On ns-3:
 * unit_world_ns3. */
#include "tests/test.h"
#include "tests/world.h"

#include <math.h>
#include <string.h>

enum { HEADERS = 28 };

static void plain(void)
{
    world_begin("people");
    set("for", "40s");
    set("clients.people.arrivals", "poisson 20/s");
    set("clients.people.retransmit.first", "1s");
    EXPECT(model_config_add(&config, "background", "video"));
    set("background.video.from", "wan");
}

static int64_t sent(void)
{
    return metric("video", SIM_METRIC_BACKGROUND_SENT);
}

static int64_t received(void)
{
    return metric("video", SIM_METRIC_BACKGROUND_RECEIVED);
}

static void test_it_comes_at_its_rate(void)
{
    plain();
    set("background.video.rate", "400kbit/s");
    set("background.video.size", "500B");
    world_run(NULL);
    EXPECT_EQ(sent(), INT64_C(3999) * (500 - HEADERS)); /* every 10 ms before the end */
    EXPECT_EQ(received(),
              INT64_C(3998) * (500 - HEADERS)); /* those of the last 20 ms are under way */
    set("background.video.start", "10s");
    set("background.video.until", "20s");
    world_run(NULL);
    EXPECT_EQ(sent(), INT64_C(999) * (500 - HEADERS));
    EXPECT_EQ(received(), sent());
    EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 0);
}

/* A rate that no whole number of nanoseconds makes is kept to the datagram. */
static void test_fractions_of_a_nanosecond_are_carried_over(void)
{
    plain();
    set("background.video.rate", "7777777bit/s");
    set("background.video.size", "333B");
    world_run(NULL);
    const int64_t bits = INT64_C(7777777) * 40; /* 333 octets are 2,664, of which 305 are payload */
    EXPECT_EQ(sent(), bits / INT64_C(2664) * INT64_C(305));
}

/* On and off alike, 100 ms each in the mean: of 600 s half is on, with a standard deviation of the
 * root of 600 s x 2 x (0.1 s)^4 / (0.2 s)^3, 3.9 s. */
static void test_pauses_take_their_share(void)
{
    plain();
    set("for", "600s");
    set("background.video.rate", "400kbit/s");
    set("background.video.size", "500B");
    set("background.video.on", "100ms");
    set("background.video.off", "100ms");
    world_run(NULL);
    const double on_s = (double)sent() / (500 - HEADERS) / 100;
    EXPECT(fabs(on_s - 300) < 4 * 3.9);
    /* Gaps longer than a period are kept, too. */
    set("background.video.rate", "4kbit/s");
    world_run(NULL);
    EXPECT(fabs((double)sent() / (500 - HEADERS) - 300) < 4 * 3.9);
}

static void test_it_takes_capacity_and_room_in_the_queue(void)
{
    plain();
    set("links.wan.rate", "2Mbit/s");
    set("links.wan.queue", "20");
    set("background.video.rate", "100kbit/s");
    world_run(NULL);
    EXPECT_EQ(metric("network", SIM_METRIC_QUEUE_DROPS), 0);
    const int64_t quiet = metric("people", SIM_METRIC_SETUP_TIME_P50);
    set("background.video.rate", "2.4Mbit/s");
    world_run(NULL);
    /* 20 datagrams of 1,200 octets take 96 ms, in which a request waits, and twice. */
    EXPECT(metric("people", SIM_METRIC_SETUP_TIME_P50) > quiet + 150000000);
    EXPECT(metric("people", SIM_METRIC_IKE_RETRANSMISSIONS) > 100);
    /* What the line carries beside the clients. */
    EXPECT(received() < INT64_C(2000000) / 8 * 40 * (1200 - HEADERS) / 1200);
    EXPECT(received() > INT64_C(1700000) / 8 * 40 * (1200 - HEADERS) / 1200);
    /* The other way nothing is in its way. */
    set("background.video.from", "core");
    set("background.video.to", "wan");
    world_run(NULL);
    EXPECT(metric("people", SIM_METRIC_SETUP_TIME_P50) > quiet + 150000000);
}

static void test_an_ipv6_world_has_the_same_lines(void)
{
    plain();
    set("gateways.vpn.address", "2001:db8::1");
    set("links.wan.rate", "2Mbit/s");
    set("links.wan.queue", "20");
    set("background.video.rate", "2.4Mbit/s");
    world_run(NULL);
    EXPECT(metric("people", SIM_METRIC_IKE_RETRANSMISSIONS) > 100);
}

static void expect_refused(const char *path, const char *text, const char *about, const char *said)
{
    plain();
    set(path, text);
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, about);
    EXPECT(strstr(remarks.text, said) != NULL);
}

static void test_what_is_wrong_with_it_is_said(void)
{
    expect_refused("background.video.from", "vam", "background.video.from", "did you mean wan?");
    expect_refused("background.video.to", "elsewhere", "background.video.to",
                   "there is no node or link \"elsewhere\"");
    expect_refused("background.video.to", "wan", "background.video.to", "is where it comes from");
    expect_refused("background.video.kind", "bulk-tcp", "background.video.kind",
                   "write on-off, or `network: {kind: ns3}`");
    expect_refused("background.video.until", "0s", "background.video.start", "not before `until`");
    expect_refused("background.video.rate", "100Gbit/s", "background.video.rate",
                   "at most 100000000 are sent");
    plain();
    set("network.kind", "live");
    set("crypto", "openssl");
    set("background.video.size", "100B");
    set("background.video.rate", "10Mbit/s");
    EXPECT_EQ(judge(), 0);
    set("background.video.rate", "1Gbit/s"); /* 1.25 million a second, and 50 million in all */
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "more than a live run sends") != NULL);
    plain();
    EXPECT(model_config_add(&config, "links", "alone"));
    set("links.alone.from", "there");
    set("links.alone.to", "beyond");
    set("background.video.to", "there");
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "no links lead there from node wan") != NULL);
    plain();
    EXPECT(model_config_add(&config, "background", "people"));
    set("background.people.from", "wan");
    EXPECT_EQ(judge(), 1);
    EXPECT(strstr(remarks.text, "one of the clients has this name") != NULL);
    plain();
    set("clients.people.prefix", "203.0.113.0/24");
    EXPECT_EQ(judge(), 2); /* both of its ends */
    EXPECT_STR(remarks.path, "background.video");
}

static void test_what_is_doubtful_is_a_warning(void)
{
    plain();
    set("background.video.size", "1501B");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 1);
    EXPECT(strstr(remarks.text, "links.wan.mtu") != NULL);
    set("links.wan.oversize", "fragment");
    set("background.video.until", "50s");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 1);
    EXPECT(strstr(remarks.text, "clipped") != NULL);
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 0);
    set("background.video.start", "40s");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 1);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_it_comes_at_its_rate),
        TEST(test_fractions_of_a_nanosecond_are_carried_over),
        TEST(test_pauses_take_their_share),
        TEST(test_it_takes_capacity_and_room_in_the_queue),
        TEST(test_an_ipv6_world_has_the_same_lines),
        TEST(test_what_is_wrong_with_it_is_said),
        TEST(test_what_is_doubtful_is_a_warning),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
