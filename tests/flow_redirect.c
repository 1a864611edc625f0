/* SPDX-License-Identifier: MIT
 * Redirection in IKE_SA_INIT (RFC 5685): to another gateway, not asked for, with
 * a wrong nonce or gateway, and in a circle. The gateways are one engine with
 * several addresses. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

static struct ike_addr other(void)
{
    return ike_addr_v4(0xc0000263u, 0);
}

static void to_another(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.takes_redirects = true;
    pair->end[r].config.redirect_to.addr = other();
}

static bool agree(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_agrees(pair, 1) && pair->end[r].reasons[WHY_REDIRECTED] > 0;
}

#define ARROW_CAN  "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D " N(REDIRECT_SUPPORTED)\n"
#define ARROW_ELSE "B>A  IKE_SA_INIT     rsp 0  N(REDIRECT)\n"
#define ARROW_FROM "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D " N(REDIRECTED_FROM)\n"

static void test_an_initiator_goes_where_it_is_sent_and_says_who_did(void)
{
    flow_check(&(struct flow){
        .prepare = to_another,
        .trace = ARROW_CAN ARROW_ELSE ARROW_FROM ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP,
        .ended = agree});
}

static void to_another_with_cookies(struct pair *pair, enum pair_side i, enum pair_side r)
{
    to_another(pair, i, r);
    pair->end[r].config.cookies.on_at = 0;
}

/* The cookie is the old gateway's: the new one asks for its own. */
static void test_a_cookie_does_not_go_along(void)
{
    flow_check(&(struct flow){.prepare = to_another_with_cookies,
                              .trace = ARROW_CAN
                              "B>A  IKE_SA_INIT     rsp 0  N(COOKIE)\n"
                              "A>B  IKE_SA_INIT     req 0  N(COOKIE) SAi1 KEi Ni " NAT_D
                              " N(REDIRECT_SUPPORTED)\n" ARROW_ELSE ARROW_FROM
                              "B>A  IKE_SA_INIT     rsp 0  N(COOKIE)\n"
                              "A>B  IKE_SA_INIT     req 0  N(COOKIE) SAi1 KEi Ni " NAT_D
                              " N(REDIRECTED_FROM)\n" ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP,
                              .ended = agree});
}

static void test_who_does_not_understand_it_is_served_where_it_is(void)
{
    pair_init(&p, plain);
    p.end[B].config.redirect_to.addr = other();
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_STR(p.trace, ARROWS_PLAIN);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* An answer to the request under way, with this as its REDIRECT. */
static enum ike_why inject(const uint8_t *gateway, size_t gateway_len, int nonce_change)
{
    const struct ike_sa *const sa =
        ike_sa_numbered(p.end[A].engine, p.end[A].engine->serial << 24 | 1);
    const struct ike_setup *const setup = ike_setup_of(p.end[A].engine, sa);
    uint8_t room[512], data[320];
    struct ike_writer w = wr_open(room, sizeof room);
    struct ike_writer d = wr_open(data, sizeof data);
    size_t link = 16;
    put_bytes(&d, (struct ike_bytes){gateway, gateway_len});
    put_bytes(&d, (struct ike_bytes){setup->nonce, sizeof setup->nonce});
    if (nonce_change != 0)
        data[d.len - 1] ^= 1;
    ike_put_header(&w, &(struct ike_header){.spi_i = sa->spi_i,
                                            .version = IKE_VERSION_2,
                                            .exchange = IKE_SA_INIT,
                                            .flags = FLAG_RESPONSE});
    ike_put_status(&w, &link, N_REDIRECT, wr_done(&d));
    ike_end_message(&w);
    const struct ike_datagram in = {.local = sa->local, .remote = sa->remote, .bytes = wr_done(&w)};
    struct ike_datagram out;
    const enum ike_why why = ike_input(p.end[A].engine, p.now_ns, &in);
    while (ike_next_output(p.end[A].engine, &out))
        continue;
    return why;
}

static void begin(bool takes)
{
    pair_init(&p, plain);
    p.end[A].policy.takes_redirects = takes;
    pair_open(&p);
    (void)pair_connect(&p);
}

static void test_a_redirect_that_may_not_be_obeyed_is_passed_over(void)
{
    static const uint8_t good[] = {1, 4, 192, 0, 2, 99};
    static const uint8_t same[] = {1, 4, 192, 0, 2, 2};
    static const uint8_t name[] = {3, 4, 'v', ' ', 'n', '2'};
    static const uint8_t odd[] = {1, 3, 192, 0, 2};
    static const uint8_t ipv6[18] = {2, 16, 0x20, 1};
    static const uint8_t long_ipv4[18] = {1, 16, 192, 0, 2, 99};
    static const uint8_t short_ipv6[] = {2, 4, 192, 0, 2, 99};
    static const uint8_t unknown[] = {4, 4, 192, 0, 2, 99};
    begin(true);
    EXPECT_EQ(inject(good, sizeof good, 1), WHY_REDIRECT_NONCE);
    EXPECT_EQ(inject(same, sizeof same, 0), WHY_REDIRECT_GATEWAY);
    EXPECT_EQ(inject(name, sizeof name, 0), WHY_REDIRECT_GATEWAY);
    EXPECT_EQ(inject(odd, sizeof odd, 0), WHY_REDIRECT_GATEWAY);
    EXPECT_EQ(inject(ipv6, sizeof ipv6, 0), WHY_REDIRECT_GATEWAY);
    EXPECT_EQ(inject(long_ipv4, sizeof long_ipv4, 0), WHY_REDIRECT_GATEWAY);
    EXPECT_EQ(inject(short_ipv6, sizeof short_ipv6, 0), WHY_REDIRECT_GATEWAY);
    EXPECT_EQ(inject(unknown, sizeof unknown, 0), WHY_REDIRECT_GATEWAY);
    EXPECT_EQ(inject((const uint8_t *)"\1\377", 2, 0), WHY_SYNTAX);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
    begin(false);
    EXPECT_EQ(inject(good, sizeof good, 0), WHY_REDIRECT_GATEWAY);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* RFC 5685 6, 9.2: what is asked for is a host's name, and nothing else that a resolver, or what
 * stands behind it, could take for something of its own (RFC 1123 2.1, RFC 1035 2.3.4). */
static void test_only_names_of_hosts_are_asked_for(void)
{
    static const char good[] = "09azAZ-.";
    static const char bad[] = "/:`{@[_ \\\n\x7f\xe9%";
    uint8_t gateway[2 + 255] = {3};
    for (size_t i = 0; i < sizeof good - 1 + sizeof bad; i++) { /* bad's final zero, too */
        const bool is_good = i < sizeof good - 1;
        gateway[1] = 3;
        gateway[2] = 'v';
        gateway[3] = (uint8_t)(is_good ? good[i] : bad[i - (sizeof good - 1)]);
        gateway[4] = '2';
        begin(true);
        if (!EXPECT_EQ(inject(gateway, 5, 0), is_good ? WHY_ANSWER_AWAITED : WHY_REDIRECT_GATEWAY))
            EXPECT_EQ(gateway[3], -1); /* says which */
        pair_close(&p);
    }
    memset(gateway + 2, 'a', 255);
    for (int len = 251; len <= 255; len++) {
        gateway[1] = (uint8_t)(len == 251 ? 0 : len);
        begin(true);
        EXPECT_EQ(inject(gateway, (size_t)gateway[1] + 2, 0),
                  len >= 252 && len <= IKE_NAME_MAX ? WHY_ANSWER_AWAITED : WHY_REDIRECT_GATEWAY);
        pair_close(&p);
    }
}

/* RFC 5685 7: five, and the sixth ends the attempt if nothing better comes. */
static void test_a_circle_of_gateways_comes_to_an_end(void)
{
    uint8_t gateway[] = {1, 4, 192, 0, 2, 0};
    begin(true);
    p.flight[0].used = false;
    for (uint8_t i = 0; i < 6; i++) {
        gateway[5] = (uint8_t)(100 + i % 2);
        EXPECT_EQ(inject(gateway, sizeof gateway, 0), WHY_OK);
    }
    memset(p.flight, 0, sizeof p.flight);
    pair_run(&p);
    EXPECT_EQ(p.end[A].ends[WHY_REDIRECT_LOOP], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_initiator_goes_where_it_is_sent_and_says_who_did),
        TEST(test_a_cookie_does_not_go_along),
        TEST(test_who_does_not_understand_it_is_served_where_it_is),
        TEST(test_a_redirect_that_may_not_be_obeyed_is_passed_over),
        TEST(test_only_names_of_hosts_are_asked_for),
        TEST(test_a_circle_of_gateways_comes_to_an_end),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
