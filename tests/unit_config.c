/* SPDX-License-Identifier: MIT
 * Configuration payloads without an engine: what is asked for by each wish, what
 * is given to each question, and what a client makes of more than it takes
 * (RFC 7296 3.15.1, RFC 8598 3). */
#include "ike/v2/config.h"
#include "ike/v2/message.h"
#include "tests/test.h"

#include <string.h>

static uint8_t room[4096];
static struct ike_writer w;
static size_t link;

static void begin(void)
{
    w = wr_open(room, sizeof room);
    link = 0;
    put_u8(&w, 0);
}

/* The body of the payload written, parsed. */
static struct ike_cp parsed(void)
{
    static const size_t head = 1 + IKE_PAYLOAD_HEAD;
    struct ike_cp cp;
    EXPECT(!w.bad && w.len >= head);
    EXPECT_EQ(ike_cp_parse((struct ike_bytes){.at = room + head, .len = w.len - head}, &cp),
              WHY_OK);
    return cp;
}

static void expect_types(const struct ike_cp *cp, const uint16_t *types, size_t count)
{
    EXPECT_EQ(cp->count, count);
    for (size_t i = 0; i < count && i < cp->count; i++)
        EXPECT_EQ(cp->attributes[i].type, types[i]);
}

static void test_each_wish_asks_for_its_own_attributes(void)
{
    static const uint16_t four[] = {INTERNAL_IP4_ADDRESS, INTERNAL_IP4_NETMASK, INTERNAL_IP4_DNS,
                                    INTERNAL_IP4_SUBNET};
    static const uint16_t six[] = {INTERNAL_IP6_ADDRESS, INTERNAL_IP6_DNS, INTERNAL_IP6_SUBNET};
    static const uint16_t rest[] = {INTERNAL_DNS_DOMAIN, INTERNAL_DNSSEC_TA, APPLICATION_VERSION,
                                    SUPPORTED_ATTRIBUTES};
    struct ike_wants wants = {.ip4 = true, .netmask = true, .dns = true, .subnets = true};
    struct ike_cp cp;
    begin();
    ike_put_wants(&w, &link, &wants);
    cp = parsed();
    expect_types(&cp, four, 4);
    EXPECT_EQ(cp.type, CFG_REQUEST);
    EXPECT_EQ(cp.attributes[0].value.len, 0);
    wants.ip4 = false;
    wants.ip6 = true;
    begin();
    ike_put_wants(&w, &link, &wants);
    cp = parsed();
    expect_types(&cp, six, 3);
    EXPECT_EQ(cp.attributes[0].value.len, 0);
    EXPECT(ike_addr_parse("2001:db8::7", &wants.last6)); /* the one it had */
    begin();
    ike_put_wants(&w, &link, &wants);
    cp = parsed();
    expect_types(&cp, six, 3);
    EXPECT_EQ(cp.attributes[0].value.len, 17);
    EXPECT_EQ(cp.attributes[0].value.at[15], 7);
    EXPECT_EQ(cp.attributes[0].value.at[16], 128);
    wants =
        (struct ike_wants){.netmask = true, .domains = true, .version = true, .supported = true};
    begin();
    ike_put_wants(&w, &link, &wants);
    cp = parsed();
    expect_types(&cp, rest, 4);
}

/* Of what there is to give, what is asked for. */
static void give(const struct ike_gives *gives, const uint16_t *asked, size_t count)
{
    struct ike_cp question = {.type = CFG_REQUEST, .count = (uint8_t)count};
    for (size_t i = 0; i < count; i++)
        question.attributes[i].type = asked[i];
    begin();
    const size_t at = ike_begin_cp(&w, &link, CFG_REPLY);
    ike_put_gives(&w, gives, &question);
    ike_end_payload(&w, at);
}

static void test_only_what_is_asked_for_is_given(void)
{
    static const uint8_t anchor[] = {1, 2, 8, 1, 3};
    static const uint16_t servers[] = {INTERNAL_IP4_DNS};
    static const uint16_t domains[] = {INTERNAL_DNS_DOMAIN, INTERNAL_DNSSEC_TA};
    static const uint16_t all[] = {INTERNAL_IP6_DNS, INTERNAL_DNS_DOMAIN, INTERNAL_IP4_SUBNET,
                                   INTERNAL_IP6_SUBNET};
    static const uint16_t given[] = {INTERNAL_IP6_DNS,    INTERNAL_IP4_SUBNET, INTERNAL_IP4_SUBNET,
                                     INTERNAL_IP6_SUBNET, INTERNAL_DNS_DOMAIN, INTERNAL_DNS_DOMAIN};
    static const uint16_t anchored[] = {INTERNAL_IP4_DNS, INTERNAL_DNS_DOMAIN, INTERNAL_DNSSEC_TA,
                                        INTERNAL_DNS_DOMAIN};
    static const uint16_t both[] = {INTERNAL_IP4_DNS, INTERNAL_DNS_DOMAIN, INTERNAL_DNSSEC_TA};
    struct ike_gives gives = {.dns_count = 2, .subnet_count = 3, .domain_count = 2};
    struct ike_cp cp;
    EXPECT(ike_addr_parse("10.2.0.53", &gives.dns[0]));
    EXPECT(ike_addr_parse("2001:db8::35", &gives.dns[1]));
    EXPECT(ike_prefix_parse("10.2.0.0/16", &gives.subnets[0]));
    EXPECT(ike_prefix_parse("0.0.0.0/0", &gives.subnets[1]));
    EXPECT(ike_prefix_parse("2001:db8:2::/48", &gives.subnets[2]));
    gives.domains[0] = (struct ike_domain){.name = "corp.test", .anchor = {anchor, sizeof anchor}};
    gives.domains[1] = (struct ike_domain){.name = "lab.test"};
    give(&gives, servers, 1);
    cp = parsed();
    expect_types(&cp, servers, 1);
    give(&gives, domains, 2); /* RFC 8598 3.1: no domain without a server */
    cp = parsed();
    EXPECT_EQ(cp.count, 0);
    give(&gives, all, 4);
    cp = parsed();
    expect_types(&cp, given, 6);
    static const uint8_t whole[] = {0, 0, 0, 0, 0, 0, 0, 0};
    EXPECT(ike_bytes_equal(cp.attributes[2].value, (struct ike_bytes){whole, sizeof whole}));
    give(&gives, both, 3);
    cp = parsed();
    expect_types(&cp, anchored, 4);
}

static void add(uint16_t type, const void *value, size_t len)
{
    ike_put_attribute(&w, type, (struct ike_bytes){.at = value, .len = len});
}

/* RFC 7296 3.15.1: attributes may come more often than a client has room for. */
static void test_a_client_takes_so_much_and_passes_over_the_rest(void)
{
    static const uint8_t server[] = {10, 2, 0, 53};
    static const uint8_t net[] = {10, 2, 0, 0, 255, 255, 0, 0};
    static const uint8_t mask[] = {255, 255, 255, 255};
    static const uint8_t anchor[] = {1, 2, 8, 1, 3};
    static const uint8_t other[] = {9, 9, 8, 1, 4};
    struct ike_given given;
    begin();
    const size_t at = ike_begin_cp(&w, &link, CFG_REPLY);
    add(INTERNAL_IP4_NETMASK, mask, sizeof mask);
    for (int i = 0; i < IKE_SERVERS_MAX + 1; i++)
        add(INTERNAL_IP4_DNS, server, sizeof server);
    for (int i = 0; i < IKE_SUBNETS_MAX + 1; i++)
        add(INTERNAL_IP4_SUBNET, net, sizeof net);
    add(INTERNAL_DNSSEC_TA, anchor, sizeof anchor); /* of no domain */
    add(INTERNAL_DNS_DOMAIN, "a", 1);
    add(INTERNAL_DNSSEC_TA, anchor, sizeof anchor);
    add(INTERNAL_DNSSEC_TA, other, sizeof other); /* the first one counts */
    add(INTERNAL_DNS_DOMAIN, NULL, 0);
    add(INTERNAL_DNSSEC_TA, other, sizeof other);
    ike_end_payload(&w, at);
    const struct ike_cp cp = parsed();
    ike_given_read(&cp, &given);
    EXPECT_EQ(given.bits4, 32);
    EXPECT_EQ(given.dns_count, IKE_SERVERS_MAX);
    EXPECT_EQ(given.subnet_count, IKE_SUBNETS_MAX);
    EXPECT_EQ(given.subnets[IKE_SUBNETS_MAX - 1].bits, 16);
    EXPECT_EQ(given.domain_count, 1);
    EXPECT(ike_bytes_equal(given.anchors[0], (struct ike_bytes){anchor, sizeof anchor}));
}

static void test_lengths_that_are_none_of_their_types_are_refused(void)
{
    static const struct {
        uint8_t type;
        uint8_t len;
        enum ike_why why;
    } cases[] = {
        {INTERNAL_IP4_ADDRESS, 0, WHY_OK},     {INTERNAL_IP4_ADDRESS, 4, WHY_OK},
        {INTERNAL_IP4_ADDRESS, 3, WHY_SYNTAX}, {INTERNAL_IP4_ADDRESS, 5, WHY_SYNTAX},
        {INTERNAL_IP6_ADDRESS, 17, WHY_OK},    {INTERNAL_IP6_ADDRESS, 16, WHY_SYNTAX},
        {INTERNAL_IP4_SUBNET, 8, WHY_OK},      {INTERNAL_IP4_SUBNET, 9, WHY_SYNTAX},
        {SUPPORTED_ATTRIBUTES, 4, WHY_OK},     {SUPPORTED_ATTRIBUTES, 5, WHY_SYNTAX},
        {APPLICATION_VERSION, 30, WHY_OK},     {99, 3, WHY_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t body[64] = {CFG_REQUEST, 0, 0, 0, 0, cases[i].type, 0, cases[i].len};
        struct ike_cp cp;
        EXPECT_EQ(ike_cp_parse((struct ike_bytes){body, 8U + cases[i].len}, &cp), cases[i].why);
        EXPECT_EQ(ike_cp_parse((struct ike_bytes){body, 7U}, &cp), WHY_SYNTAX);
    }
}

/* RFC 7296 3.15.1, RFC 8598 4.1, 4.2; one without a value is well everywhere. */
static void test_each_attribute_has_a_length_of_its_own(void)
{
    enum { ANY = UINT16_MAX };
    static const struct {
        uint16_t type, min, max;
    } rows[] = {{1, 4, 4},    {2, 4, 4},    {3, 4, 4},    {4, 4, 4},    {6, 4, 4},
                {7, 0, ANY},  {8, 17, 17},  {10, 16, 16}, {12, 16, 16}, {13, 8, 8},
                {14, 0, ANY}, {15, 17, 17}, {25, 1, 255}, {26, 4, ANY}};
    static uint8_t body[512];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        EXPECT(ike_attribute_row(rows[i].type) != NULL);
        for (uint16_t len = 0; len < 300; len++) {
            struct ike_writer out = wr_open(body, sizeof body);
            struct ike_cp cp;
            put_u32(&out, UINT32_C(1) << 24); /* CFG_REQUEST */
            put_u16(&out, rows[i].type);
            put_u16(&out, len);
            (void)put_room(&out, len);
            const bool good = rows[i].type == 14
                                  ? len % 2 == 0
                                  : len == 0 || (len >= rows[i].min && len <= rows[i].max);
            if (!EXPECT_EQ(ike_cp_parse(wr_done(&out), &cp), good ? WHY_OK : WHY_SYNTAX))
                EXPECT_EQ(rows[i].type, -len); /* says which */
            EXPECT(!good || cp.count == 1);
        }
    }
    EXPECT(ike_attribute_at(sizeof rows / sizeof rows[0]) == NULL); /* those are all */
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_each_wish_asks_for_its_own_attributes),
        TEST(test_only_what_is_asked_for_is_given),
        TEST(test_a_client_takes_so_much_and_passes_over_the_rest),
        TEST(test_lengths_that_are_none_of_their_types_are_refused),
        TEST(test_each_attribute_has_a_length_of_its_own),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
