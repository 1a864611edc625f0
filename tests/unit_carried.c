/* SPDX-License-Identifier: MIT
 * Packets that clients send within tunnels, as octets: what a kernel makes of an
 * echo request of theirs, where they go, and which of them a real daemon is not
 * to be sent. */
#include "models/carried.h"
#include "models/daemon.h"
#include "sim/packet.h"
#include "tests/test.h"
#include "tests/world.h"

#include <stdio.h>
#include <string.h>

static const struct model_carried sent = {
    .population = 3, .flow = 70000, .serial = UINT64_C(0x1122334455667788), .size = 201};

static struct ike_addr addr(const char *text)
{
    struct ike_addr out;
    EXPECT(ike_addr_parse(text, &out));
    return out;
}

static size_t head_of(bool six)
{
    return six ? 40 : 20;
}

/* Of the message with its sum, which is then none (RFC 1071 1). */
static uint16_t sum_of(struct ike_bytes packet, bool six)
{
    const struct ike_bytes message = {.at = packet.at + head_of(six),
                                      .len = packet.len - head_of(six)};
    struct sim_datagram d;
    (void)sim_packet_read(packet, &d);
    return six ? sim_transport_checksum(&d.from, &d.to, SIM_ICMP6, message) : sim_checksum(message);
}

static struct ike_bytes put(bool six, enum model_traffic_kind kind, uint8_t *room)
{
    const struct ike_addr from = addr(six ? "2001:db8::7" : "10.9.0.7");
    const struct ike_addr to = addr(six ? "2001:db8:1::1" : "192.168.0.1");
    struct model_carried carried = sent;
    carried.ends = model_carried_ends(&from, &to, kind, false);
    return model_carried_put(&carried, room);
}

/* As a kernel answers it: ends exchanged, another type, all else as it came (RFC 792, RFC 4443
 * 4.2). */
static void answer(uint8_t *packet, size_t len, bool six)
{
    const size_t width = six ? 16 : 4;
    uint8_t from[16];
    uint8_t *const ends = packet + head_of(six) - 2 * width;
    uint8_t *const message = packet + head_of(six);
    memcpy(from, ends, width);
    memcpy(ends, ends + width, width);
    memcpy(ends + width, from, width);
    message[0] = six ? 129 : 0;
    message[2] = message[3] = 0;
    const uint16_t sum = sum_of((struct ike_bytes){.at = packet, .len = len}, six);
    message[2] = (uint8_t)(sum >> 8);
    message[3] = (uint8_t)sum;
}

static bool read(struct ike_bytes packet, bool back, struct model_carried *out)
{
    static const struct sim_datagram outer;
    const struct model_opened opened = {.octets = packet};
    return model_carried_read(&opened, &outer, back, out);
}

static void test_a_kernel_answers_an_echo_request_and_its_answer_is_known(void)
{
    for (int six = 0; six < 2; six++) {
        uint8_t room[MODEL_CARRIED_MAX];
        struct sim_datagram d;
        struct model_carried got;
        const struct ike_bytes packet = put(six != 0, MODEL_TRAFFIC_ECHO, room);
        EXPECT_EQ(packet.len, sent.size);
        EXPECT(sim_packet_read(packet, &d));
        EXPECT_EQ(d.protocol, six != 0 ? SIM_ICMP6 : SIM_ICMP);
        EXPECT_EQ(d.at[0], six != 0 ? 128 : 8);
        EXPECT_EQ(d.at[1], 0);
        EXPECT_EQ(sum_of(packet, six != 0), 0);
        EXPECT(six != 0 || sim_checksum((struct ike_bytes){.at = room, .len = 20}) == 0);
        EXPECT(read(packet, false, &got));
        EXPECT(!read(packet, true, &got)); /* nobody answers with a question */
        answer(room, packet.len, six != 0);
        EXPECT(!read(packet, false, &got));
        EXPECT(read(packet, true, &got));
        EXPECT_EQ(got.population, sent.population);
        EXPECT_EQ(got.flow, sent.flow);
        EXPECT_EQ(got.serial, sent.serial);
        EXPECT_EQ(got.size, sent.size);
        EXPECT(ike_addr_same_ip(&got.ends.from, &d.to));
        room[head_of(six != 0)] = 3;
        EXPECT(!read(packet, true, &got));
    }
}

static void test_what_others_send_is_not_ours(void)
{
    uint8_t room[MODEL_CARRIED_MAX];
    struct model_carried got;
    struct ike_bytes packet = put(false, MODEL_TRAFFIC_UDP, room);
    EXPECT(read(packet, false, &got));
    EXPECT(read(packet, true, &got));
    room[9] = SIM_TCP;
    EXPECT(!read(packet, false, &got));
    packet = put(false, MODEL_TRAFFIC_ECHO, room);
    room[9] = SIM_ICMP6; /* of the other family */
    EXPECT(!read(packet, false, &got));
    packet = put(false, MODEL_TRAFFIC_ECHO, room);
    room[28] ^= 1; /* somebody's own ping */
    EXPECT(!read(packet, false, &got));
    packet = put(false, MODEL_TRAFFIC_ECHO, room);
    for (size_t len = 0; len < 20 + 8 + 16; len++)
        EXPECT(!read((struct ike_bytes){.at = room, .len = len}, false, &got));
}

/* RFC 7296 3.13.1: in transport mode ESP says what follows, and the outer header whose it is. */
static void test_in_transport_mode_esp_says_what_it_is(void)
{
    uint8_t room[MODEL_CARRIED_MAX];
    struct model_carried got;
    const struct ike_bytes packet = put(false, MODEL_TRAFFIC_ECHO, room);
    const struct sim_datagram outer = {.from = addr("10.1.0.1"), .to = addr("10.1.0.2")};
    struct model_opened opened = {.octets = {.at = room + 20, .len = packet.len - 20},
                                  .transport = true,
                                  .protocol = SIM_ICMP};
    EXPECT(model_carried_read(&opened, &outer, false, &got));
    EXPECT_EQ(got.serial, sent.serial);
    EXPECT_EQ(got.size, sent.size);
    EXPECT(ike_addr_same_ip(&got.ends.to, &outer.to));
    EXPECT_EQ(got.ends.to.port, 8 << 8);
    opened.protocol = SIM_TCP;
    EXPECT(!model_carried_read(&opened, &outer, false, &got));
}

/* ---- where they go ---- */

static void behind(const char *kind, const char *theirs, const char *own, const char *wanted)
{
    const struct ike_addr gateway = addr("198.18.0.1");
    struct ike_addr to;
    char text[IKE_ADDR_TEXT] = "nowhere";
    set("clients.staff.traffic.kind", kind);
    set("gateways.vpn.selectors", theirs);
    set("clients.staff.selectors", own);
    if (model_carried_to(&config.clients[0], &config.gateways[0], &gateway, &to))
        ike_addr_format(&to, text);
    EXPECT_STR(text, wanted);
}

static void test_they_go_where_both_ends_let_them_through(void)
{
    world_begin("staff");
    behind("udp", "192.168.0.0/16", "0.0.0.0/0", "192.168.0.0");
    behind("echo", "192.168.0.0/16", "0.0.0.0/0", "192.168.0.0");
    behind("udp", "192.168.0.0/16[icmp]", "0.0.0.0/0", "nowhere");
    behind("echo", "192.168.0.0/16[icmp]", "192.168.3.0/24", "192.168.3.0");
    behind("echo", "192.168.0.0/16", "192.168.3.0/24[udp]", "nowhere");
    behind("echo", "192.168.0.0/16[icmp/2048]", "0.0.0.0/0", "nowhere"); /* and not back */
    behind("echo", "192.168.0.0/16[icmpv6]", "0.0.0.0/0", "nowhere");
}

static void test_behind_a_daemon_they_go_where_somebody_is(void)
{
    struct ike_addr inside[MODEL_DAEMON_INSIDE_MAX];
    EXPECT_EQ(
        model_daemon_inside("10.1.0.0/16, 0.0.0.0/0, 10.2.0.0/16[icmp], 2001:db8::/32", inside), 2);
    const struct ike_addr wanted[] = {addr("10.1.0.1"), addr("2001:db8::1")};
    EXPECT(ike_addr_equal(&inside[0], &wanted[0]));
    EXPECT(ike_addr_equal(&inside[1], &wanted[1]));
    world_begin("staff");
    set("gateways.vpn.daemon", "strongswan");
    set("clients.staff.address", "ipv4");
    behind("echo", "192.168.0.0/16", "0.0.0.0/0", "192.168.0.1");
    behind("echo", "192.168.0.0/16, 10.2.0.0/24", "10.0.0.0/8[icmp]", "10.2.0.1");
    behind("echo", "192.168.0.0/16", "192.168.3.0/24", "nowhere");
    behind("echo", "0.0.0.0/0", "0.0.0.0/0", "nowhere");
    set("clients.staff.address", "ipv6");
    behind("echo", "192.168.0.0/16, 2001:db8:1::/48", "::/0", "2001:db8:1::1");
}

/* ---- what a real daemon is not to be sent ---- */

static void live_world(void)
{
    world_begin("staff");
    set("network.kind", "live");
    set("crypto", "openssl");
    set("gateways.vpn.daemon", "strongswan");
    set("gateways.vpn.pool", "10.9.0.0/16");
    set("clients.staff.address", "ipv4");
    set("clients.staff.traffic.rate", "50/s");
    set("clients.staff.traffic.kind", "echo");
}

static void refused(const char *path, const char *words)
{
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, path);
    if (!EXPECT(strstr(remarks.text, words) != NULL))
        printf("# %s: %s\n", remarks.path, remarks.text);
}

static void test_what_a_daemon_cannot_answer_is_refused(void)
{
    static const struct {
        const char *key, *value, *words;
    } rows[] = {
        {"clients.staff.traffic.kind", "udp", "answered by nobody behind gateways.vpn"},
        {"clients.staff.traffic.back", "no", "kernel answers each"},
        {"clients.staff.address", "own", "write ipv4"},
    };
    live_world();
    EXPECT_EQ(judge(), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        live_world();
        set(rows[i].key, rows[i].value);
        refused(rows[i].key, rows[i].words);
    }
    live_world();
    set("gateways.vpn.selectors", "0.0.0.0/0");
    refused("clients.staff.traffic.rate", "the first of a network there");
    live_world();
    set("gateways.vpn.daemon", "libreswan");
    refused("clients.staff.traffic.rate", "leaves ESP to its kernel");
    set("clients.staff.traffic.rate", "none");
    EXPECT_EQ(judge(), 0);
}

static void test_nobody_who_sends_is_led_on_to_a_daemon(void)
{
    live_world();
    EXPECT(model_config_add(&config, "gateways", "first"));
    set("gateways.first.redirect.to", "vpn");
    set("gateways.first.pool", "10.8.0.0/16");
    set("clients.staff.to", "first");
    EXPECT_EQ(judge(), 0);
    set("clients.staff.redirects", "yes");
    refused("clients.staff.redirects", "may lead to gateways.vpn");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_kernel_answers_an_echo_request_and_its_answer_is_known),
        TEST(test_what_others_send_is_not_ours),
        TEST(test_in_transport_mode_esp_says_what_it_is),
        TEST(test_they_go_where_both_ends_let_them_through),
        TEST(test_behind_a_daemon_they_go_where_somebody_is),
        TEST(test_what_a_daemon_cannot_answer_is_refused),
        TEST(test_nobody_who_sends_is_led_on_to_a_daemon),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
