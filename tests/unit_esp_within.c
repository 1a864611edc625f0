/* SPDX-License-Identifier: MIT
 * What came out of an ESP packet, against the selectors of its SA (RFC 4301 5.2):
 * addresses, protocols behind what IPv6 puts before them, ports, fragments, types
 * of ICMP; and transport mode, where the outer header has the addresses. */
#include "ike/esp.h"
#include "ike/ike.h"
#include "ike/v2/selector.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, ESP = 50, MOBILITY = 135, ROOM = 256 };

/* What is within, from its last header on. */
struct last {
    uint8_t protocol;
    uint8_t octets[12];
    size_t len;
};
static const struct last dns = {UDP, {0x30, 0x39, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4}, 12};
static const struct last web = {TCP, {0x30, 0x39, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0}, 12};
static const struct last ping = {ICMP, {8, 0, 0, 0, 0, 1, 0, 1}, 8};
static const struct last pong = {ICMP, {0, 0, 0, 0, 0, 1, 0, 1}, 8};
static const struct last binding = {MOBILITY, {59, 0, 5, 0, 0, 0, 0, 0}, 8};
static const struct last esp = {ESP, {0xff, 0xff, 0xff, 0xff}, 4};
static const struct last cut = {UDP, {0x30, 0x39, 0}, 3};

static struct ike_esp_in in;
static uint8_t room[ROOM];

static struct ike_bytes view(const struct ike_writer *w)
{
    return (struct ike_bytes){.at = room, .len = w->len};
}

/* From 10.1.0.1 to 10.2.0.1, with so many words of options, and so far into its datagram. */
static struct ike_bytes ipv4(const struct last *last, size_t options, uint16_t place)
{
    struct ike_writer w = wr_open(room, sizeof room);
    put_u8(&w, (uint8_t)(0x45 + options));
    put_u8(&w, 0);
    put_u16(&w, (uint16_t)(20 + 4 * options + last->len));
    put_u16(&w, 7);
    put_u16(&w, place);
    put_u8(&w, 64);
    put_u8(&w, last->protocol);
    put_u16(&w, 0);
    put_u32(&w, 0x0a010001);
    put_u32(&w, 0x0a020001);
    for (size_t i = 0; i < options; i++)
        put_u32(&w, 0x01010101);
    put_bytes(&w, (struct ike_bytes){last->octets, last->len});
    return view(&w);
}

/* From 2001:db8:1::1 to 2001:db8:2::1, with these headers between; of each its number and octets.
 */
struct between {
    uint8_t protocol;
    uint8_t octets[16];
    size_t len;
};
static struct ike_bytes ipv6(const struct last *last, const struct between *between, size_t count)
{
    static const uint8_t from[] = {0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t to[] = {0x20, 1, 0x0d, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    struct ike_writer w = wr_open(room, sizeof room);
    put_u32(&w, 0x60000000);
    put_u16(&w, 100);
    put_u8(&w, count > 0 ? between[0].protocol : last->protocol);
    put_u8(&w, 64);
    put_bytes(&w, (struct ike_bytes){from, sizeof from});
    put_bytes(&w, (struct ike_bytes){to, sizeof to});
    for (size_t i = 0; i < count; i++) {
        put_u8(&w, i + 1 < count ? between[i + 1].protocol : last->protocol);
        put_bytes(&w, (struct ike_bytes){between[i].octets, between[i].len});
    }
    put_bytes(&w, (struct ike_bytes){last->octets, last->len});
    return view(&w);
}

static struct ike_selector selector(const char *text)
{
    struct ike_selector out;
    char *const hidden = strstr(text, "opaque");
    char copy[IKE_SELECTOR_TEXT];
    (void)snprintf(copy, sizeof copy, "%.*s", (int)strcspn(text, " "), text);
    EXPECT(ike_selector_from_text(copy, &out));
    if (hidden != NULL) {
        out.from.port = UINT16_MAX;
        out.to.port = 0;
    }
    return out;
}

/* `local` is the receiver's. */
static enum ike_esp_why judged(struct ike_bytes octets, uint8_t next, const char *local,
                               const char *remote)
{
    const struct ike_selector list[2] = {selector(local), selector(remote)};
    uint8_t moved[sizeof list + 1]; /* they stand anywhere */
    memcpy(moved + 1, list, sizeof list);
    const struct ike_child_selectors selectors = {
        .octets = {moved + 1, sizeof list}, .local_count = 1, .remote_count = 1};
    const struct ike_esp_opened opened = {.octets = octets, .next = next};
    const struct ike_packet outer = {.from = ike_addr_v4(0x0a010001, 4500),
                                     .to = ike_addr_v4(0x0a020001, 4500)};
    const uint64_t before = in.sa.reasons[ESP_WHY_SELECTORS];
    const enum ike_esp_why why = ike_esp_within(&in, &opened, &selectors, &outer);
    EXPECT_EQ(in.sa.reasons[ESP_WHY_SELECTORS] - before, why == ESP_WHY_SELECTORS ? 1 : 0);
    return why;
}

#define WITHIN(octets, local, remote) EXPECT_EQ(judged(octets, 4, local, remote), ESP_WHY_OK)
#define OUTSIDE(octets, local, remote) \
    EXPECT_EQ(judged(octets, 4, local, remote), ESP_WHY_SELECTORS)
#define WITHIN6(octets, local, remote) EXPECT_EQ(judged(octets, 41, local, remote), ESP_WHY_OK)
#define OUTSIDE6(octets, local, remote) \
    EXPECT_EQ(judged(octets, 41, local, remote), ESP_WHY_SELECTORS)

static void test_addresses_protocol_and_ports_are_looked_at(void)
{
    in = (struct ike_esp_in){.failures = 0};
    WITHIN(ipv4(&dns, 0, 0), "10.2.0.0/16", "10.1.0.0/16");
    OUTSIDE(ipv4(&dns, 0, 0), "10.1.0.0/16", "10.2.0.0/16"); /* the other way */
    OUTSIDE(ipv4(&dns, 0, 0), "10.2.0.0/16", "10.1.0.2");
    OUTSIDE(ipv4(&dns, 0, 0), "10.2.0.2", "10.1.0.0/16");
    OUTSIDE(ipv4(&dns, 0, 0), "::/0", "::/0");
    WITHIN(ipv4(&dns, 0, 0), "10.2.0.1[udp/53]", "10.1.0.1[udp]");
    OUTSIDE(ipv4(&dns, 0, 0), "10.2.0.1[udp/54]", "10.1.0.1[udp]");
    OUTSIDE(ipv4(&dns, 0, 0), "10.2.0.1[udp]", "10.1.0.1[udp/53]");
    OUTSIDE(ipv4(&dns, 0, 0), "10.2.0.1[tcp/53]", "10.1.0.1[tcp]");
    WITHIN(ipv4(&web, 10, 0), "10.2.0.1[tcp/80]", "10.1.0.1[tcp/12345]"); /* behind options */
    WITHIN(ipv4(&esp, 0, 0), "10.2.0.1[50]", "10.1.0.1[50]");
    WITHIN6(ipv6(&dns, NULL, 0), "2001:db8:2::/48[udp/53]", "2001:db8:1::/48");
    OUTSIDE6(ipv6(&dns, NULL, 0), "2001:db8:2::/48[udp/54]", "2001:db8:1::/48");
    OUTSIDE6(ipv6(&dns, NULL, 0), "2001:db8:2::/48", "2001:db8:3::/48");
    OUTSIDE6(ipv6(&dns, NULL, 0), "0.0.0.0/0", "0.0.0.0/0");
}

/* RFC 4301 4.4.1.1: the Next Layer Protocol is behind the extension headers. */
static void test_headers_of_ipv6_are_passed_over(void)
{
    static const struct between hop = {0, {1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 15};
    static const struct between routing = {43, {0, 4, 0, 0, 0, 0, 0}, 7};
    static const struct between options = {60, {0, 1, 4, 0, 0, 0, 0}, 7};
    static const struct between first = {44, {0, 0, 1, 0, 0, 0, 9}, 7};
    static const struct between later = {44, {0, 0, 0x08, 0, 0, 0, 9}, 7};
    static const struct between ah = {51, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, 11};
    static const struct between broken = {60, {200, 1, 4, 0, 0, 0, 0}, 7};
    in = (struct ike_esp_in){.failures = 0};
    const struct between all[] = {hop, routing, first, ah, options};
    WITHIN6(ipv6(&dns, all, 5), "::/0[udp/53]", "::/0[udp/12345]");
    OUTSIDE6(ipv6(&dns, all, 5), "::/0[udp/54]", "::/0[udp/12345]");
    for (size_t i = 0; i < 5; i++)
        WITHIN6(ipv6(&dns, &all[i], 1), "::/0[udp/53]", "::/0[udp/12345]");
    WITHIN6(ipv6(&dns, &later, 1), "::/0[udp]", "::/0[udp]");
    OUTSIDE6(ipv6(&dns, &later, 1), "::/0[udp/53]", "::/0[udp]");
    OUTSIDE6(ipv6(&dns, &later, 1), "::/0[tcp]", "::/0");
    OUTSIDE6(ipv6(&dns, &broken, 1), "::/0", "::/0");
    OUTSIDE(ipv4(&(struct last){60, {17, 0, 0, 0, 0, 0, 0, 0}, 8}, 0, 0), "0.0.0.0/0[udp]",
            "0.0.0.0/0[udp]"); /* of IPv4 it is a protocol as others are */
}

/* RFC 4301 4.4.1.1: where ports are not known they are within ANY and OPAQUE only. */
static void test_fragments_have_no_ports(void)
{
    in = (struct ike_esp_in){.failures = 0};
    WITHIN(ipv4(&dns, 0, 0x2000), "10.2.0.1[udp/53]", "10.1.0.1"); /* the first has */
    OUTSIDE(ipv4(&dns, 0, 0x2001), "10.2.0.1[udp/53]", "10.1.0.1");
    WITHIN(ipv4(&dns, 0, 0x2001), "10.2.0.1[udp]", "10.1.0.1[udp]");
    WITHIN(ipv4(&dns, 0, 1), "10.2.0.1[udp] opaque", "10.1.0.1[udp] opaque");
    OUTSIDE(ipv4(&dns, 0, 0), "10.2.0.1[udp] opaque", "10.1.0.1[udp] opaque");
    OUTSIDE(ipv4(&dns, 0, 1), "10.2.0.1[tcp]", "10.1.0.1[tcp]");
    OUTSIDE(ipv4(&dns, 0, 1), "10.2.0.2", "10.1.0.1");
    WITHIN(ipv4(&cut, 0, 0), "10.2.0.1[udp]", "10.1.0.1"); /* nor has what ends before them */
    OUTSIDE(ipv4(&cut, 0, 0), "10.2.0.1[udp]", "10.1.0.1[udp/12345]");
}

/* RFC 4301 4.4.1.3: type and code stand with who sends; with the other, the same or OPAQUE. */
static void test_types_of_icmp_stand_for_ports(void)
{
    in = (struct ike_esp_in){.failures = 0};
    WITHIN(ipv4(&ping, 0, 0), "10.2.0.1[icmp/2048]", "10.1.0.1[icmp/2048]");
    WITHIN(ipv4(&ping, 0, 0), "10.2.0.1[icmp] opaque", "10.1.0.1[icmp/2048]");
    OUTSIDE(ipv4(&ping, 0, 0), "10.2.0.1[icmp/2048]", "10.1.0.1[icmp] opaque");
    OUTSIDE(ipv4(&pong, 0, 0), "10.2.0.1[icmp] opaque", "10.1.0.1[icmp/2048]");
    OUTSIDE(ipv4(&ping, 0, 0), "10.2.0.1[icmp/0]", "10.1.0.1[icmp/2048]");
    OUTSIDE(ipv4(&dns, 0, 0), "10.2.0.1 opaque", "10.1.0.1[udp/12345]");
    WITHIN6(ipv6(&binding, NULL, 0), "::/0[135/1280]", "::/0[135/1280]");
    WITHIN6(ipv6(&binding, NULL, 0), "::/0[135] opaque", "::/0[135/1280]");
    OUTSIDE6(ipv6(&binding, NULL, 0), "::/0[135/1536]", "::/0[135/1280]");
}

static void test_transport_mode_has_the_addresses_outside(void)
{
    in = (struct ike_esp_in){.sa = {.transport = true}};
    const struct ike_bytes octets = {dns.octets, dns.len};
    EXPECT_EQ(judged(octets, UDP, "10.2.0.1[udp/53]", "10.1.0.1[udp/12345]"), ESP_WHY_OK);
    EXPECT_EQ(judged(octets, UDP, "10.2.0.1[udp/54]", "10.1.0.1"), ESP_WHY_SELECTORS);
    EXPECT_EQ(judged(octets, UDP, "10.2.0.2", "10.1.0.1"), ESP_WHY_SELECTORS);
    EXPECT_EQ(judged(octets, UDP, "10.2.0.1", "10.1.0.2"), ESP_WHY_SELECTORS);
    EXPECT_EQ(judged(octets, TCP, "10.2.0.1[udp]", "10.1.0.1"), ESP_WHY_SELECTORS);
    EXPECT_EQ(judged(octets, ESP, "10.2.0.1[50]", "10.1.0.1"), ESP_WHY_OK);
}

/* No octet of it is looked at that is not there. */
static void test_what_is_cut_short_is_outside(void)
{
    in = (struct ike_esp_in){.failures = 0};
    for (size_t len = 0; len < 20; len++) {
        struct ike_bytes octets = ipv4(&dns, 0, 0);
        octets.len = len;
        OUTSIDE(octets, "0.0.0.0/0", "0.0.0.0/0");
    }
    for (size_t len = 0; len < 40; len++) {
        struct ike_bytes octets = ipv6(&dns, NULL, 0);
        octets.len = len;
        OUTSIDE6(octets, "::/0", "::/0");
    }
    (void)ipv4(&dns, 0, 0);
    room[0] = 0x44; /* a header of 16 octets */
    OUTSIDE(((struct ike_bytes){room, 32}), "0.0.0.0/0", "0.0.0.0/0");
    (void)ipv4(&dns, 0, 0);
    room[0] = 0x4f; /* longer than all */
    OUTSIDE(((struct ike_bytes){room, 32}), "0.0.0.0/0", "0.0.0.0/0");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_addresses_protocol_and_ports_are_looked_at),
        TEST(test_headers_of_ipv6_are_passed_over),
        TEST(test_fragments_have_no_ports),
        TEST(test_types_of_icmp_stand_for_ports),
        TEST(test_transport_mode_has_the_addresses_outside),
        TEST(test_what_is_cut_short_is_outside),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
