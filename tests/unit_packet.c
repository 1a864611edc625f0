/* SPDX-License-Identifier: MIT
 * IP packets as octets: what is written is read again, and what is cut short is
 * refused. Their checksums are judged by tshark, in captures. */
#include "sim/packet.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t octets[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static struct ike_addr address(const char *text, uint16_t port)
{
    struct ike_addr addr;
    EXPECT(ike_addr_parse(text, &addr));
    addr.port = port;
    return addr;
}

static struct sim_datagram datagram(bool six, uint8_t protocol)
{
    const uint16_t ports = protocol == SIM_ESP ? 0 : 1;
    return (struct sim_datagram){
        .from = address(six ? "2001:db8::1" : "10.1.2.3", (uint16_t)(ports * 500)),
        .to = address(six ? "2001:db8::2" : "192.0.2.1", (uint16_t)(ports * 4500)),
        .at = octets,
        .len = 24,
        .protocol = protocol};
}

static void expect_read_again(const struct sim_datagram *d)
{
    uint8_t packet[128];
    struct sim_datagram got;
    const size_t len = sim_packet_write(d, packet);
    EXPECT_EQ(len, sim_ip_size(d));
    EXPECT(sim_packet_read((struct ike_bytes){packet, len}, &got));
    EXPECT(ike_addr_same_ip(&got.from, &d->from) && ike_addr_same_ip(&got.to, &d->to));
    EXPECT_EQ(got.protocol, d->protocol);
    EXPECT_EQ(got.fragment.at, d->fragment.at);
    EXPECT_EQ(got.fragment.more, d->fragment.more);
    if (d->fragment.at == 0) {
        EXPECT_EQ(got.from.port, d->from.port);
        EXPECT_EQ(got.to.port, d->to.port);
    }
    if (sim_is_fragment(d))
        EXPECT_EQ(got.fragment.id, d->fragment.id);
    EXPECT_EQ(got.len, d->len);
    EXPECT(memcmp(got.at, d->at, d->len) == 0);
}

static const uint8_t protocols[] = {SIM_UDP, SIM_TCP, SIM_ESP};

static void test_what_is_written_is_read_again(void)
{
    for (int six = 0; six < 2; six++)
        for (size_t i = 0; i < sizeof protocols; i++) {
            struct sim_datagram d = datagram(six == 1, protocols[i]);
            expect_read_again(&d);
            d.fragment = (struct sim_fragment){.id = 77, .at = 0, .more = true};
            expect_read_again(&d);
            d.fragment = (struct sim_fragment){.id = 77, .at = 1480, .more = true};
            expect_read_again(&d);
            d.fragment = (struct sim_fragment){.id = 77, .at = 2960, .more = false};
            expect_read_again(&d);
        }
}

/* Each length is a block of its own, so that a sanitizer sees what is read beyond it. */
static void test_what_is_cut_short_is_refused(void)
{
    uint8_t packet[128];
    struct sim_datagram got;
    for (int six = 0; six < 2; six++)
        for (size_t i = 0; i < sizeof protocols; i++) {
            const struct sim_datagram d = datagram(six == 1, protocols[i]);
            const size_t whole = sim_packet_write(&d, packet);
            for (size_t len = 0; len < whole; len++) {
                uint8_t *const cut = malloc(len + 1);
                memcpy(cut + 1, packet, len);
                EXPECT(!sim_packet_read((struct ike_bytes){cut + 1, len}, &got));
                free(cut);
            }
        }
}

static void test_a_checksum_over_itself_is_nought(void)
{
    uint8_t packet[128];
    const struct sim_datagram d = datagram(false, SIM_UDP);
    const size_t len = sim_packet_write(&d, packet);
    EXPECT_EQ(sim_checksum((struct ike_bytes){packet, 20}), 0);
    EXPECT_EQ(
        sim_transport_checksum(&d.from, &d.to, SIM_UDP, (struct ike_bytes){packet + 20, len - 20}),
        0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_is_written_is_read_again),
        TEST(test_what_is_cut_short_is_refused),
        TEST(test_a_checksum_over_itself_is_nought),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
