/* SPDX-License-Identifier: MIT
 * IKE_SA_INIT and IKE_AUTH as arrows (RFC 7296 1.2, 2.6, 2.7). */
#include "tests/pair.h"
#include "tests/test.h"

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

static void test_two_exchanges_make_an_ike_sa_and_its_first_child(void)
{
    static struct pair p;
    pair_init(&p, plain);
    pair_open(&p);
    EXPECT(pair_connect(&p) != 0);
    pair_run(&p);
    EXPECT_STR(p.trace,
               "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni N(NAT_DETECTION_SOURCE_IP) "
               "N(NAT_DETECTION_DESTINATION_IP)\n"
               "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr N(NAT_DETECTION_SOURCE_IP) "
               "N(NAT_DETECTION_DESTINATION_IP)\n"
               "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr}\n"
               "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n");
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_two_exchanges_make_an_ike_sa_and_its_first_child),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
