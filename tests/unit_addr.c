/* SPDX-License-Identifier: MIT
 * Addresses and prefixes, against plain integers and known texts. */
#include "ike/addr.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static uint32_t number_of(const struct ike_addr *addr)
{
    struct ike_reader r = rd_open(ike_addr_ip(addr));
    return rd_u32(&r);
}

static struct ike_addr read(const char *text)
{
    struct ike_addr addr;
    EXPECT(ike_addr_parse(text, &addr));
    return addr;
}

static struct ike_prefix prefix(const char *text)
{
    struct ike_prefix out;
    EXPECT(ike_prefix_parse(text, &out));
    return out;
}

static void test_addresses_of_both_families_are_read_and_written(void)
{
    static const char *const texts[] = {"192.0.2.1", "0.0.0.0",     "255.255.255.255",
                                        "::",        "2001:db8::1", "fe80::1:2:3:4"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[IKE_ADDR_TEXT];
        const struct ike_addr addr = read(texts[i]);
        ike_addr_format(&addr, text);
        EXPECT_STR(text, texts[i]);
        EXPECT_EQ(addr.port, 0);
        EXPECT_EQ(addr.family, strchr(texts[i], ':') != NULL ? IKE_IPV6 : IKE_IPV4);
        EXPECT_EQ(ike_addr_ip(&addr).len, addr.family == IKE_IPV4 ? 4 : 16);
    }
}

static void test_what_is_no_address_is_refused(void)
{
    static const char *const texts[] = {"",      "192.0.2",   "192.0.2.256", "1.2.3.4.5",
                                        "1:2:3", "host.name", "192.0.2.1 ",  ":::"};
    struct ike_addr addr;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        EXPECT(!ike_addr_parse(texts[i], &addr));
}

static void test_no_address_is_a_dash_and_has_no_octets(void)
{
    const struct ike_addr none = {.family = 0};
    char text[IKE_ADDR_TEXT];
    ike_addr_format(&none, text);
    EXPECT_STR(text, "-");
    EXPECT_EQ(ike_addr_ip(&none).len, 0);
}

static void test_an_integer_is_the_address_it_reads_as(void)
{
    const struct ike_addr addr = ike_addr_v4(0xc0000201, 500);
    const struct ike_addr same = read("192.0.2.1");
    EXPECT(ike_addr_same_ip(&addr, &same));
    EXPECT(!ike_addr_equal(&addr, &same));
    EXPECT_EQ(addr.port, 500);
}

static void test_addresses_differ_by_any_octet_port_or_family(void)
{
    const struct ike_addr a = read("2001:db8::1");
    for (size_t i = 0; i < sizeof a.ip; i++) {
        struct ike_addr b = a;
        b.ip[i] ^= 0x80;
        EXPECT(!ike_addr_same_ip(&a, &b) && !ike_addr_equal(&a, &b));
    }
    const struct ike_addr v4 = read("0.0.0.0");
    const struct ike_addr v6 = read("::");
    EXPECT(!ike_addr_same_ip(&v4, &v6));
}

static void test_prefixes_are_read_and_bad_ones_refused(void)
{
    static const char *const bad[] = {"10.0.0.1/8",
                                      "10.0.0.0/33",
                                      "10.0.0.0/",
                                      "10.0.0.0/-1",
                                      "10.0.0.0/:",
                                      "10.0.0.0/8x",
                                      "/8",
                                      "2001:db8::1/64",
                                      "::/129",
                                      "10.0.0.0/8/8",
                                      "10.0.0.0/99999999999999999999",
                                      "",
                                      "10.0.0.0/ 8"};
    struct ike_prefix out;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT(!ike_prefix_parse(bad[i], &out));
    EXPECT_EQ(prefix("10.0.0.0/8").bits, 8);
    EXPECT_EQ(prefix("0.0.0.0/0").bits, 0);
    EXPECT_EQ(prefix("192.0.2.1").bits, 32);
    EXPECT_EQ(prefix("2001:db8::/32").bits, 32);
    EXPECT_EQ(prefix("::1").bits, 128);
}

static void test_an_address_too_long_for_any_is_no_prefix(void)
{
    char text[200];
    struct ike_prefix out;
    memset(text, '0', sizeof text);
    memcpy(text + sizeof text - 6, "::1/8", 6);
    for (size_t at = 0; at < sizeof text - 10; at++)
        EXPECT(!ike_prefix_parse(text + at, &out));
}

static void test_host_bits_are_found_in_every_place(void)
{
    for (unsigned bits = 0; bits <= 32; bits++)
        for (unsigned bit = 0; bit < 32; bit++) {
            char address[IKE_ADDR_TEXT];
            char text[IKE_ADDR_TEXT + 4];
            struct ike_prefix out;
            const struct ike_addr addr = ike_addr_v4(UINT32_C(0x80000000) >> bit, 0);
            ike_addr_format(&addr, address);
            (void)snprintf(text, sizeof text, "%s/%u", address, bits);
            EXPECT_EQ(ike_prefix_parse(text, &out), bit < bits);
        }
}

static void test_a_prefix_has_what_its_mask_says(void)
{
    uint32_t state = 1;
    for (unsigned round = 0; round < 20000; round++) {
        state = state * 1664525 + 1013904223;
        const uint32_t bits = (state >> 8) % 33;
        const uint32_t mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
        state = state * 1664525 + 1013904223;
        const uint32_t base = state & mask;
        const uint32_t near = base ^ (UINT32_C(1) << (state >> 27));
        const struct ike_prefix p = {.base = ike_addr_v4(base, 0), .bits = (uint8_t)bits};
        const struct ike_addr addr = ike_addr_v4(near, 77);
        EXPECT_EQ(ike_prefix_has(&p, &addr), (near & mask) == base);
    }
}

static void test_a_prefix_has_nothing_of_the_other_family(void)
{
    const struct ike_prefix all4 = prefix("0.0.0.0/0");
    const struct ike_prefix all6 = prefix("::/0");
    const struct ike_addr v4 = read("192.0.2.1");
    const struct ike_addr v6 = read("2001:db8::1");
    EXPECT(ike_prefix_has(&all4, &v4) && !ike_prefix_has(&all4, &v6));
    EXPECT(ike_prefix_has(&all6, &v6) && !ike_prefix_has(&all6, &v4));
}

static void test_counting_in_a_prefix_wraps_at_its_size(void)
{
    for (unsigned bits = 0; bits <= 32; bits++) {
        const uint32_t base = bits == 0 ? 0 : UINT32_C(0xa5a5a5a5) & (UINT32_MAX << (32 - bits));
        const struct ike_prefix p = {.base = ike_addr_v4(base, 0), .bits = (uint8_t)bits};
        const uint64_t size = UINT64_C(1) << (32 - bits);
        const uint64_t indexes[] = {0, 1, 255, 256, 65535, 1000003, size - 1, size, size + 3};
        for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
            const struct ike_addr addr = ike_prefix_at(&p, indexes[i], 4500);
            EXPECT_EQ(number_of(&addr), base + (uint32_t)(indexes[i] % size));
            EXPECT_EQ(addr.port, 4500);
            EXPECT(ike_prefix_has(&p, &addr));
        }
    }
}

static void test_counting_in_a_long_prefix(void)
{
    const struct ike_prefix p = prefix("2001:db8::/60");
    char text[IKE_ADDR_TEXT];
    const struct ike_addr at = ike_prefix_at(&p, UINT64_C(0x0123456789abcdef), 0);
    ike_addr_format(&at, text);
    EXPECT_STR(text, "2001:db8::123:4567:89ab:cdef");
    const struct ike_prefix narrow = prefix("2001:db8::/124");
    const struct ike_addr wrapped = ike_prefix_at(&narrow, 0x13, 0);
    ike_addr_format(&wrapped, text);
    EXPECT_STR(text, "2001:db8::3");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_addresses_of_both_families_are_read_and_written),
        TEST(test_what_is_no_address_is_refused),
        TEST(test_no_address_is_a_dash_and_has_no_octets),
        TEST(test_an_integer_is_the_address_it_reads_as),
        TEST(test_addresses_differ_by_any_octet_port_or_family),
        TEST(test_prefixes_are_read_and_bad_ones_refused),
        TEST(test_host_bits_are_found_in_every_place),
        TEST(test_a_prefix_has_what_its_mask_says),
        TEST(test_a_prefix_has_nothing_of_the_other_family),
        TEST(test_counting_in_a_prefix_wraps_at_its_size),
        TEST(test_counting_in_a_long_prefix),
        TEST(test_an_address_too_long_for_any_is_no_prefix),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
