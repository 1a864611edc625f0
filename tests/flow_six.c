/* SPDX-License-Identifier: MIT
 * The same by IPv6: who has no other name is named by its address, gateways are
 * told by theirs, and what is cut leaves room for the longer header
 * (RFC 7296 3.5, RFC 5685 6, RFC 7383 2.5.1). */
#include "ike/engine.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

static struct ike_addr six(uint8_t last, uint16_t port)
{
    return (struct ike_addr){.family = IKE_IPV6,
                             .port = port,
                             .ip = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}};
}

static void by_address(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    for (int side = 0; side < 2; side++) {
        p->end[side].addr = six((uint8_t)(1 + side), IKE_PORT);
        p->end[side].policy.local_id = (struct ike_id){.type = 0};
    }
}

static bool named_by_address(const struct pair *p, enum pair_side i, enum pair_side r)
{
    const struct ike_engine *const e = p->end[r].engine;
    const struct ike_sa *const sa = ike_sa_numbered(e, p->end[r].sa);
    if (sa == NULL || !pair_agrees(p, 1))
        return false;
    const struct ike_bytes id = ike_store_view(&e->store, sa->peer_id);
    return id.len == 17 && id.at[0] == ID_IPV6_ADDR &&
           memcmp(id.at + 1, p->end[i].addr.ip, 16) == 0;
}

static void test_who_has_no_name_is_named_by_its_address(void)
{
    flow_check(
        &(struct flow){.prepare = by_address, .trace = ARROWS_PLAIN, .ended = named_by_address});
}

static void to_another(struct pair *p, enum pair_side i, enum pair_side r)
{
    by_address(p, i, r);
    p->end[i].policy.takes_redirects = true;
    p->end[r].config.redirect_to.addr = six(99, 0);
}

static bool went_there(const struct pair *p, enum pair_side i, enum pair_side r)
{
    const struct ike_sa *const sa = ike_sa_numbered(p->end[i].engine, p->end[i].sa);
    return pair_agrees(p, 1) && sa->remote.ip[15] == 99 && p->end[r].reasons[WHY_REDIRECTED] > 0;
}

static void test_a_gateway_is_told_by_its_address(void)
{
    flow_check(&(struct flow){
        .prepare = to_another,
        .trace = "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D " N(REDIRECT_SUPPORTED)\n"
                 "B>A  IKE_SA_INIT     rsp 0  N(REDIRECT)\n"
                 "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D
                 " N(REDIRECTED_FROM)\n" ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP,
        .ended = went_there});
}

/* Of the other family, a gateway is not told of at all. */
static void test_nobody_is_sent_to_another_family(void)
{
    static struct pair p;
    pair_init(&p, (struct pair_options){
                      .provider = PAIR_MODELLED, .lose = PAIR_NONE, .twice = PAIR_NONE});
    to_another(&p, A, B);
    p.end[B].config.redirect_to.addr = ike_addr_v4(0xc0000263u, 0);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(p.end[B].reasons[WHY_REDIRECTED], 0);
    pair_close(&p);
}

static size_t longest;

static bool measure(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)p;
    (void)from;
    (void)bytes;
    (void)number;
    if (bytes[18] == IKE_AUTH)
        longest = *len > longest ? *len : longest;
    return true;
}

/* 20 octets less than by IPv4 in each fragment, whatever is in it. */
static void test_fragments_leave_room_for_the_longer_header(void)
{
    static struct pair p;
    size_t most[2];
    for (int v6 = 0; v6 < 2; v6++) {
        pair_init(&p, (struct pair_options){
                          .provider = PAIR_MODELLED, .lose = PAIR_NONE, .twice = PAIR_NONE});
        for (int side = 0; side < 2; side++) {
            p.end[side].policy.fragment = 200;
            if (v6 == 1)
                p.end[side].addr = six((uint8_t)(1 + side), IKE_PORT);
        }
        p.touch = measure;
        longest = 0;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT(pair_agrees(&p, 1));
        most[v6] = longest;
        pair_close(&p);
    }
    EXPECT(most[0] <= 200 - 28 && most[0] > 200 - 28 - 16);
    EXPECT(most[1] <= 200 - 48 && most[1] > 200 - 48 - 16);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_who_has_no_name_is_named_by_its_address),
        TEST(test_a_gateway_is_told_by_its_address),
        TEST(test_nobody_is_sent_to_another_family),
        TEST(test_fragments_leave_room_for_the_longer_header),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
