/* SPDX-License-Identifier: MIT
 * Traffic selectors: RFC 7296 3.13 read and put, and narrowing against a brute
 * force that asks of every packet whether it is in. */
#include "ike/v2/message.h"
#include "ike/v2/selector.h"
#include "tests/test.h"
#include "tests/wire_cases.h"

#include <string.h>

#define BYTES(array) ((struct ike_bytes){(array), sizeof(array)})

static struct ike_selector from_text(const char *text)
{
    struct ike_selector s = {.protocol = 0};
    if (!EXPECT(ike_selector_from_text(text, &s)))
        EXPECT_STR(text, "a selector");
    return s;
}

static struct ike_selectors list_of(const char *const *texts, uint8_t count)
{
    struct ike_selectors list = {.count = count};
    for (uint8_t i = 0; i < count; i++)
        list.at[i] = from_text(texts[i]);
    return list;
}

/* ---- the five ---- */

static bool again(struct ike_bytes body, struct ike_writer *w, size_t *link)
{
    struct ike_selectors list;
    if (ike_selectors_parse(body, &list) != WHY_OK || list.count != body.at[0])
        return false; /* or some were passed over */
    ike_put_selectors(w, link, PAYLOAD_TSI, &list);
    return true;
}

static const uint8_t ts_sample[] = {3,    0,    0,    0, /* three */
                                    7,    6,    0,    16,   0,    80,   0,    90,   10,   1,
                                    0,    0,    10,   1,    0,    255, /* TCP, 80 to 90 */
                                    7,    0,    0,    16,   0,    0,    0xff, 0xff, 192,  0,
                                    2,    1,    192,  0,    2,    1, /* all of one host */
                                    8,    17,   0,    40,   0,    0,    0xff, 0xff, 0x20, 1,
                                    0x0d, 0xb8, 0,    0,    0,    0,    0,    0,    0,    0,
                                    0,    0,    0,    0,    0x20, 1,    0x0d, 0xb8, 0,    0,
                                    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void test_selectors_pass_the_five(void)
{
    static const uint8_t reserved[] = {1, 2, 3};
    wire_case_holds(&(struct wire_case){PAYLOAD_TSI, BYTES(ts_sample), sizeof ts_sample, again,
                                        reserved, sizeof reserved});
}

static void test_selectors_sample_is_read(void)
{
    struct ike_selectors list;
    char text[IKE_SELECTOR_TEXT];
    EXPECT_EQ(ike_selectors_parse(BYTES(ts_sample), &list), WHY_OK);
    EXPECT_EQ(list.count, 3);
    ike_selector_format(&list.at[0], text);
    EXPECT_STR(text, "10.1.0.0/24[tcp/80-90]");
    ike_selector_format(&list.at[1], text);
    EXPECT_STR(text, "192.0.2.1");
    ike_selector_format(&list.at[2], text);
    EXPECT_STR(text, "2001:db8::/64[udp]");
}

static void test_a_start_beyond_its_end_is_syntax_but_for_opaque_ports(void)
{
    static const struct {
        uint16_t from, to;
        enum ike_why why;
    } rows[] = {{0, 65535, WHY_OK},    {80, 80, WHY_OK},       {81, 80, WHY_SYNTAX},
                {65535, 0, WHY_OK},    {65535, 1, WHY_SYNTAX}, {65534, 0, WHY_SYNTAX},
                {65535, 65535, WHY_OK}};
    uint8_t body[] = {1, 0, 0, 0, 7, 6, 0, 16, 0, 0, 0, 0, 10, 0, 0, 1, 10, 0, 0, 1};
    struct ike_selectors list;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        body[8] = (uint8_t)(rows[i].from >> 8);
        body[9] = (uint8_t)rows[i].from;
        body[10] = (uint8_t)(rows[i].to >> 8);
        body[11] = (uint8_t)rows[i].to;
        EXPECT_EQ(ike_selectors_parse(BYTES(body), &list), rows[i].why);
    }
    body[11] = 0xff;
    body[15] = 2; /* from 10.0.0.2 to 10.0.0.1 */
    EXPECT_EQ(ike_selectors_parse(BYTES(body), &list), WHY_SYNTAX);
}

/* RFC 7296 3.13.1 */
static void test_selectors_of_unknown_types_are_passed_over(void)
{
    static const uint8_t body[] = {2,  0, 0, 0,    9,    0,  0, 7, 1, 2,  3, 7, 0, 0,
                                   16, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 10, 0, 0, 1};
    static const uint8_t alone[] = {1, 0, 0, 0, 9, 0, 0, 4};
    static const uint8_t none[] = {0, 0, 0, 0};
    struct ike_selectors list;
    EXPECT_EQ(ike_selectors_parse(BYTES(body), &list), WHY_OK);
    EXPECT_EQ(list.count, 1);
    EXPECT_EQ(ike_selectors_parse(BYTES(alone), &list), WHY_OK);
    EXPECT_EQ(list.count, 0);
    EXPECT_EQ(ike_selectors_parse(BYTES(none), &list), WHY_SYNTAX);
}

static void test_there_is_a_limit_to_selectors(void)
{
    uint8_t body[4 + 255 * 16] = {0};
    struct ike_selectors list;
    for (size_t i = 0; i < 255; i++)
        memcpy(body + 4 + 16 * i, ts_sample + 4, 16);
    for (unsigned count = 1; count < 256; count++) {
        body[0] = (uint8_t)count;
        EXPECT_EQ(ike_selectors_parse((struct ike_bytes){body, 4 + 16 * count}, &list),
                  count <= IKE_SELECTORS_MAX ? WHY_OK : WHY_TOO_MANY);
    }
}

/* ---- brute force: packets of 10.0.0.x, a few ports, two protocols ---- */

enum { PORTS = 4, PROTOCOLS = 2, PACKETS = 256 * PORTS * PROTOCOLS };
static const uint16_t ports[PORTS] = {0, 1, 2, 65535};
static const uint8_t protocols[PROTOCOLS] = {6, 17};

static bool holds(const struct ike_selector *s, unsigned packet)
{
    const unsigned address = packet / (PORTS * PROTOCOLS);
    const uint16_t port = ports[packet / PROTOCOLS % PORTS];
    const uint8_t protocol = protocols[packet % PROTOCOLS];
    return address >= s->from.ip[3] && address <= s->to.ip[3] && port >= s->from.port &&
           port <= s->to.port && (s->protocol == 0 || s->protocol == protocol);
}

static bool any_holds(const struct ike_selectors *list, unsigned packet)
{
    for (uint8_t i = 0; i < list->count; i++)
        if (holds(&list->at[i], packet))
            return true;
    return false;
}

static uint32_t state = 7;

static uint32_t draw(uint32_t below)
{
    state = state * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)state * below) >> 32);
}

static struct ike_selector draw_selector(bool one)
{
    static const uint8_t drawn[] = {0, 6, 17};
    const uint32_t a = draw(256);
    const uint32_t b = one ? a : draw(256);
    const uint32_t p = draw(PORTS);
    const uint32_t q = draw(PORTS);
    const bool any = draw(2) == 0;
    struct ike_selector s = {.from = ike_addr_v4(0x0a000000 + (a < b ? a : b), 0),
                             .to = ike_addr_v4(0x0a000000 + (a < b ? b : a), 0),
                             .protocol = drawn[draw(3)]};
    s.from.port = any ? 0 : ports[p < q ? p : q];
    s.to.port = any ? UINT16_MAX : ports[p < q ? q : p];
    return s;
}

static void draw_list(struct ike_selectors *list)
{
    list->count = (uint8_t)(1 + draw(4));
    for (uint8_t i = 0; i < list->count; i++)
        list->at[i] = draw_selector(draw(3) == 0);
}

static void test_what_two_selectors_share_is_what_both_hold(void)
{
    for (unsigned round = 0; round < 3000; round++) {
        const struct ike_selector a = draw_selector(draw(4) == 0);
        const struct ike_selector b = draw_selector(draw(4) == 0);
        struct ike_selector both;
        const bool meet = ike_selector_meet(&a, &b, &both);
        bool some = false;
        bool within = true;
        bool right = true;
        for (unsigned packet = 0; packet < PACKETS; packet++) {
            const bool shared = holds(&a, packet) && holds(&b, packet);
            some = some || shared;
            within = within && (!holds(&a, packet) || holds(&b, packet));
            right = right && (!meet || holds(&both, packet) == shared);
        }
        EXPECT(right);
        EXPECT_EQ(meet, some);
        /* Protocol "any" holds more than the two the packets have. */
        const bool wider = a.protocol == 0 && b.protocol != 0;
        EXPECT_EQ(ike_selector_within(&a, &b), within && !wider);
    }
}

/* What must be in the answer beside the rest: the packet that comes first, if policy allows it. */
static bool is_packet(const struct ike_selectors *asked)
{
    return asked->count > 1 && ike_addr_same_ip(&asked->at[0].from, &asked->at[0].to);
}

static void check_narrowing(const struct ike_selectors *asked, const struct ike_selectors *allowed)
{
    struct ike_selectors out;
    const enum ike_why why = ike_selectors_narrow(asked, allowed, &out);
    unsigned shared = 0;
    unsigned shared_first = 0;
    unsigned first_out = 0;
    bool subset = true;
    bool rest_whole = true;
    for (unsigned packet = 0; packet < PACKETS; packet++) {
        const bool both = any_holds(asked, packet) && any_holds(allowed, packet);
        const bool first = both && holds(&asked->at[0], packet);
        const bool given = why == WHY_OK && any_holds(&out, packet);
        shared += both ? 1 : 0;
        shared_first += first ? 1 : 0;
        first_out += first && given ? 1 : 0;
        subset = subset && (!given || both);
        rest_whole = rest_whole && (given || !both || first);
    }
    EXPECT_EQ(why, shared > 0 ? WHY_OK : WHY_TS_UNACCEPTABLE);
    EXPECT(subset && rest_whole);
    if (is_packet(asked))
        EXPECT(shared_first == 0 || first_out > 0);
    else
        EXPECT_EQ(first_out, shared_first);
}

static void test_narrowing_gives_what_is_asked_and_allowed(void)
{
    unsigned packets = 0;
    for (unsigned round = 0; round < 4000; round++) {
        struct ike_selectors asked;
        struct ike_selectors allowed;
        draw_list(&asked);
        draw_list(&allowed);
        packets += is_packet(&asked) ? 1 : 0;
        check_narrowing(&asked, &allowed);
    }
    EXPECT(packets > 500);
}

/* ---- narrowing as RFC 7296 2.9 tells it ---- */

static void expect_narrowed(const struct ike_selectors *asked, const struct ike_selectors *allowed,
                            const char *wanted)
{
    struct ike_selectors out;
    char all[IKE_SELECTOR_TEXT * IKE_SELECTORS_MAX] = "";
    size_t len = 0;
    if (ike_selectors_narrow(asked, allowed, &out) != WHY_OK)
        out.count = 0;
    for (uint8_t i = 0; i < out.count; i++) {
        ike_selector_format(&out.at[i], all + len);
        len += strlen(all + len);
        all[len++] = ' ';
        all[len] = '\0';
    }
    EXPECT_STR(all, wanted);
}

static void test_the_packet_s_own_selector_is_within_the_answer(void)
{
    static const char *const asked[] = {"198.51.100.43[tcp/1024]", "198.51.100.0/24"};
    static const char *const all[] = {"198.51.0.0/16"};
    static const char *const host[] = {"198.51.100.43"};
    static const char *const other[] = {"198.51.100.66"};
    static const char *const two[] = {"198.51.100.0/25", "198.51.100.128/25"};
    static const char *const port[] = {"198.51.100.43[tcp/1024]", "198.51.100.7[udp]"};
    const struct ike_selectors a = list_of(asked, 2);
    const struct ike_selectors lists[] = {list_of(all, 1), list_of(host, 1), list_of(other, 1),
                                          list_of(two, 2), list_of(port, 2)};
    expect_narrowed(&a, &lists[0], "198.51.100.0/24 ");
    expect_narrowed(&a, &lists[1], "198.51.100.43 ");
    expect_narrowed(&a, &lists[2], "198.51.100.66 "); /* the fourth rule of RFC 7296 2.9 */
    expect_narrowed(&a, &lists[3], "198.51.100.0/25 198.51.100.128/25 ");
    expect_narrowed(&a, &lists[4], "198.51.100.43[tcp/1024] 198.51.100.7[udp] ");
    struct ike_selectors turned = lists[4];
    turned.at[0] = lists[4].at[1];
    turned.at[1] = lists[4].at[0];
    expect_narrowed(&a, &turned, "198.51.100.7[udp] 198.51.100.43[tcp/1024] ");
}

static void test_the_packet_stays_when_the_answer_is_full(void)
{
    static const char *const first[] = {"10.9.0.1[tcp/80]"};
    struct ike_selectors asked = list_of(first, 1);
    struct ike_selectors allowed = {.count = 0};
    struct ike_selectors out;
    /* Sixteen hosts asked for and allowed, and the packet, which nothing else covers. */
    for (uint8_t i = 0; i < IKE_SELECTORS_MAX - 1; i++) {
        const struct ike_addr host = ike_addr_v4(0x0a080000U + i, 0);
        asked.at[asked.count] = ike_selector_address(&host, 0);
        asked.at[asked.count].to.port = UINT16_MAX;
        asked.count++;
    }
    for (uint8_t i = 0; i < IKE_SELECTORS_MAX; i++) {
        const uint16_t low = (uint16_t)(i * 4096);
        allowed.at[allowed.count] = from_text("10.0.0.0/8");
        allowed.at[allowed.count].from.port = low;
        allowed.at[allowed.count++].to.port = (uint16_t)(low + 4095);
    }
    EXPECT_EQ(ike_selectors_narrow(&asked, &allowed, &out), WHY_OK);
    EXPECT_EQ(out.count, IKE_SELECTORS_MAX);
    const struct ike_selectors packet = list_of(first, 1);
    EXPECT(ike_selectors_within(&packet, &out));
    EXPECT(ike_selectors_within(&out, &allowed));
}

static void test_what_the_answer_covers_already_is_not_said_again(void)
{
    static const char *const asked[] = {"10.0.0.0/8"};
    static const char *const allowed[] = {"10.1.0.0/16", "10.1.2.0/24", "10.1.0.0/16[tcp]"};
    const struct ike_selectors a = list_of(asked, 1);
    const struct ike_selectors b = list_of(allowed, 3);
    expect_narrowed(&a, &b, "10.1.0.0/16 ");
}

static void test_families_do_not_meet(void)
{
    static const char *const four[] = {"0.0.0.0/0"};
    static const char *const six[] = {"::/0"};
    const struct ike_selectors a = list_of(four, 1);
    const struct ike_selectors b = list_of(six, 1);
    expect_narrowed(&a, &b, "");
    EXPECT(!ike_selector_within(&a.at[0], &b.at[0]));
}

static void test_opaque_ports_meet_any_and_opaque_only(void)
{
    struct ike_selector opaque = from_text("10.0.0.0/8[tcp]");
    const struct ike_selector any = from_text("10.0.0.0/8");
    const struct ike_selector http = from_text("10.0.0.0/8[tcp/80]");
    struct ike_selector both;
    char text[IKE_SELECTOR_TEXT];
    opaque.from.port = UINT16_MAX;
    opaque.to.port = 0;
    EXPECT(ike_selector_meet(&opaque, &any, &both));
    ike_selector_format(&both, text);
    EXPECT_STR(text, "10.0.0.0/8[tcp/opaque]");
    EXPECT(ike_selector_meet(&opaque, &opaque, &both));
    EXPECT(!ike_selector_meet(&opaque, &http, &both));
    EXPECT(!ike_selector_meet(&http, &opaque, &both));
    EXPECT(ike_selector_within(&opaque, &any) && !ike_selector_within(&any, &opaque));
}

static void test_within_a_list_each_lies_within_one(void)
{
    static const char *const outer[] = {"10.1.0.0/16", "10.2.0.0/16[udp]"};
    static const char *const good[] = {"10.1.2.3", "10.2.0.0/24[udp/53]", "10.1.0.0/16"};
    static const char *const bad[] = {"10.1.2.3", "10.2.0.0/24"};
    const struct ike_selectors o = list_of(outer, 2);
    const struct ike_selectors g = list_of(good, 3);
    const struct ike_selectors b = list_of(bad, 2);
    EXPECT(ike_selectors_within(&g, &o));
    EXPECT(!ike_selectors_within(&b, &o));
    static const char *const late[] = {"10.3.0.1", "10.1.2.3"};
    const struct ike_selectors l = list_of(late, 2);
    EXPECT(!ike_selectors_within(&l, &o));
}

static void test_one_address_is_the_same_in_all(void)
{
    static const char *const same[] = {"10.1.2.3[tcp]", "10.1.2.3[udp/53]"};
    static const char *const two[] = {"10.1.2.3", "10.1.2.4"};
    static const char *const more[] = {"10.1.2.2", "10.1.2.2/31"};
    static const char *const *const lists[] = {same, two, more};
    for (int i = 0; i < 3; i++) {
        const struct ike_selectors list = list_of(lists[i], 2);
        EXPECT(ike_selectors_one_address(&list) == (i == 0));
    }
}

/* ---- text ---- */

static void test_text_is_read_and_written_alike(void)
{
    static const char *const texts[] = {
        "10.1.0.0/16",         "0.0.0.0/0",
        "192.0.2.1",           "192.0.2.1[tcp/80]",
        "10.0.0.0/8[udp]",     "2001:db8::/32",
        "2001:db8::1[icmpv6]", "::/0",
        "10.0.0.0/8[50]",      "10.0.0.0/8[0/53]",
        "192.0.2.4/31[icmp]",  "10.0.0.0/8[tcp/0]",
        "10.0.0.0/8[9]",       "10.0.0.0/8[255/65535]",
        "10.0.0.0/8[tcp/9]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[IKE_SELECTOR_TEXT];
        const struct ike_selector s = from_text(texts[i]);
        ike_selector_format(&s, text);
        EXPECT_STR(text, texts[i]);
    }
}

static void test_what_is_no_selector_is_refused(void)
{
    static const char *const texts[] = {
        "",
        "10.0.0.1/8",
        "10.0.0.0/8[",
        "10.0.0.0/8[tcp",
        "10.0.0.0/8[]",
        "host",
        "10.0.0.0/8[tcpp]",
        "10.0.0.0/8[256]",
        "10.0.0.0/8[tcp/]",
        "[tcp]",
        "10.0.0.0/8[tcp/65536]",
        "10.0.0.0/8[tcp/-1]",
        "10.0.0.0/8[tcp/80x]",
        "10.0.0.0/8]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct ike_selector s;
        if (!EXPECT(!ike_selector_from_text(texts[i], &s)))
            EXPECT_STR(texts[i], "nothing");
    }
}

static void test_a_text_longer_than_any_selector_is_refused(void)
{
    char text[4 * IKE_SELECTOR_TEXT];
    struct ike_selector s;
    for (size_t len = IKE_SELECTOR_TEXT - 4; len < sizeof text; len++) {
        memset(text, '0', sizeof text);
        memcpy(text, "10.0.0.0/", 9); /* and then many zeros and an 8 */
        text[len - 1] = '8';
        text[len] = '\0';
        EXPECT_EQ(ike_selector_from_text(text, &s), len < IKE_SELECTOR_TEXT);
    }
}

static void test_ranges_that_are_no_prefix_are_written_as_ranges(void)
{
    static const struct {
        uint32_t from, to;
        const char *text;
    } rows[] = {{0x0a000001, 0x0a000003, "10.0.0.1-10.0.0.3"},
                {0x0a000000, 0x0a000002, "10.0.0.0-10.0.0.2"},
                {0x0a000000, 0xffffffff, "10.0.0.0-255.255.255.255"},
                {0x0a000000, 0x0a000003, "10.0.0.0/30"},
                {0x80000000, 0xffffffff, "128.0.0.0/1"},
                {0, 0xffffffff, "0.0.0.0/0"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[IKE_SELECTOR_TEXT];
        struct ike_selector s = {.from = ike_addr_v4(rows[i].from, 0),
                                 .to = ike_addr_v4(rows[i].to, UINT16_MAX)};
        ike_selector_format(&s, text);
        EXPECT_STR(text, rows[i].text);
    }
}

static void test_the_longest_text_fits(void)
{
    char text[IKE_SELECTOR_TEXT];
    struct ike_selector s = {.protocol = 255};
    s.from.family = s.to.family = IKE_IPV6;
    memset(s.from.ip, 0xee, 16);
    memset(s.to.ip, 0xef, 16);
    s.from.port = 10000;
    s.to.port = 65534;
    ike_selector_format(&s, text);
    EXPECT_STR(text, "eeee:eeee:eeee:eeee:eeee:eeee:eeee:eeee-efef:efef:efef:efef:efef:efef:efef:"
                     "efef[255/10000-65534]");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_selectors_pass_the_five),
        TEST(test_selectors_sample_is_read),
        TEST(test_a_start_beyond_its_end_is_syntax_but_for_opaque_ports),
        TEST(test_selectors_of_unknown_types_are_passed_over),
        TEST(test_there_is_a_limit_to_selectors),
        TEST(test_what_two_selectors_share_is_what_both_hold),
        TEST(test_narrowing_gives_what_is_asked_and_allowed),
        TEST(test_the_packet_s_own_selector_is_within_the_answer),
        TEST(test_the_packet_stays_when_the_answer_is_full),
        TEST(test_families_do_not_meet),
        TEST(test_opaque_ports_meet_any_and_opaque_only),
        TEST(test_within_a_list_each_lies_within_one),
        TEST(test_one_address_is_the_same_in_all),
        TEST(test_text_is_read_and_written_alike),
        TEST(test_what_is_no_selector_is_refused),
        TEST(test_ranges_that_are_no_prefix_are_written_as_ranges),
        TEST(test_the_longest_text_fits),
        TEST(test_what_the_answer_covers_already_is_not_said_again),
        TEST(test_a_text_longer_than_any_selector_is_refused),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
