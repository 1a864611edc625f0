/* SPDX-License-Identifier: MIT
 * An IKE SA without a Child SA (RFC 6023). */
#include "ike/eap.h"
#include "ike/v2/message.h"
#include "ike/v2/payload.h"
#include "tests/eap_talk.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

static void both_may(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.childless = pair->end[r].policy.childless = true;
}

static void only_the_initiator(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair->end[i].policy.childless = true;
}

static void only_the_responder(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    pair->end[r].policy.childless = true;
}

static bool without(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 0) && pair_count(pair, i, IKE_UP) == 1 &&
           pair_count(pair, r, IKE_UP) == 1 && pair_count(pair, i, IKE_CHILD_FAILED) == 0;
}

static bool with_one(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1);
}

#define ARROW_MAY "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " N(CHILDLESS_IKEV2_SUPPORTED)\n"

static void test_an_ike_sa_is_made_without_a_child(void)
{
    flow_check(&(struct flow){.prepare = both_may,
                              .trace = ARROW_INIT_REQ ARROW_MAY
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH}\n",
                              .ended = without});
}

static void then_one(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_create_child(pair->end[i].engine, pair->now_ns, pair->end[i].sa, 0, NULL));
}

static void test_a_child_comes_when_it_is_wanted(void)
{
    flow_check(&(struct flow){.prepare = both_may,
                              .act = then_one,
                              .trace = ARROW_INIT_REQ ARROW_MAY
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH}\n"
                              "A>B  CREATE_CHILD_SA req 2  SK{SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr TSi TSr}\n",
                              .ended = with_one});
}

static void for_an_hour(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both_may(pair, i, r);
    pair->end[r].policy.auth_lifetime_s = 3600;
}

/* RFC 4478 3: it is the IKE SA's, with a Child SA or without. */
static void test_the_lifetime_of_authentication_is_told_without_a_child_too(void)
{
    flow_check(&(struct flow){.prepare = for_an_hour,
                              .act = then_one,
                              .trace = ARROW_INIT_REQ ARROW_MAY
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(AUTH_LIFETIME)}\n"
                              "A>B  CREATE_CHILD_SA req 2  SK{SA Ni TSi TSr}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr TSi TSr}\n",
                              .ended = with_one});
}

static void test_without_consent_of_both_there_is_a_child(void)
{
    flow_check(
        &(struct flow){.prepare = only_the_initiator, .trace = ARROWS_PLAIN, .ended = with_one});
    flow_check(&(struct flow){.prepare = only_the_responder,
                              .trace = ARROW_INIT_REQ ARROW_MAY ARROW_AUTH_REQ ARROW_AUTH_RSP,
                              .ended = with_one});
}

/* Who was not told that it may is refused: the responder's mind changes after IKE_SA_INIT. */
static void test_a_message_without_its_child_is_invalid_syntax_for_others(void)
{
    static struct pair p;
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    both_may(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 15000000);
    p.end[B].policy.childless = false;
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_MISSING_PAYLOAD], 1);
    EXPECT_EQ(p.end[A].ends[WHY_PEER_REFUSED], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void by_eap(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both_may(pair, i, r);
    for (int side = 0; side < 2; side++) {
        struct ike_eap_config *const eap = &pair->end[side].policy.eap;
        eap->methods[0] = EAP_MD5;
        eap->method_count = 1;
        talk_text(eap->user, &eap->user_len, "User");
        talk_text(eap->password, &eap->password_len, "clientPass");
    }
}

/* RFC 6023 3 draws this one. */
static void test_with_eap_it_is_made_without_a_child_too(void)
{
    flow_check(&(struct flow){.prepare = by_eap,
                              .trace = ARROW_INIT_REQ ARROW_MAY
                              "A>B  IKE_AUTH        req 1  SK{IDi}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH EAP(req MD5)}\n"
                              "A>B  IKE_AUTH        req 2  SK{EAP(rsp MD5)}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{EAP(success)}\n"
                              "A>B  IKE_AUTH        req 3  SK{AUTH}\n"
                              "B>A  IKE_AUTH        rsp 3  SK{AUTH}\n",
                              .ended = without});
}

static void for_a_time(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both_may(pair, i, r);
    pair->end[r].policy.auth_lifetime_s = 20;
}

static void waits(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    pair_run_for(pair, UINT64_C(60000000000));
}

static bool over(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_is_empty(pair) && pair_count(pair, i, IKE_DOWN) == 1 &&
           pair->end[r].ends[WHY_AUTH_LIFETIME] == 1;
}

/* RFC 4478 2: its time is told, and over, as with one. */
static void test_without_a_child_it_has_to_be_authenticated_anew_too(void)
{
    flow_check(&(struct flow){.prepare = for_a_time,
                              .act = waits,
                              .trace = ARROW_INIT_REQ ARROW_MAY
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(AUTH_LIFETIME)}\n"
                              "B>A  INFORMATIONAL   req 0  SK{D(IKE)}\n"
                              "A>B  INFORMATIONAL   rsp 0  SK{}\n",
                              .settle_ns = UINT64_C(25000000000),
                              .ended = over});
}

/* RFC 7296 2.8.3: the new IKE SA gets Child SAs like those the old one had. */
static void test_the_child_that_came_after_comes_after_the_next_ike_sa_too(void)
{
    static struct pair p;
    pair_init(&p, (struct pair_options){
                      .provider = PAIR_MODELLED, .initiator = A, .lose = -1, .twice = -1});
    for_a_time(&p, A, B);
    p.end[A].policy.reauth = REAUTH_MAKE_FIRST;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    then_one(&p, A, B);
    pair_run_for(&p, UINT64_C(30000000000));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 2);
    EXPECT_EQ(pair_count(&p, A, IKE_DOWN), 1);
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_UP), 2);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static struct ike_policy second[2];

static void in_rounds(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both_may(pair, i, r);
    for (int side = 0; side < 2; side++) {
        second[side] = (struct ike_policy){.name = "second", .psk_len = 6};
        memcpy(second[side].psk, "second", 6);
        pair->end[side].policy.next_auth = &second[side];
    }
    (void)ike_id_from_text("user@a.test", &second[i].local_id);
    (void)ike_id_from_text("user@a.test", &second[r].remote_id);
}

static void test_in_rounds_it_is_made_without_a_child_too(void)
{
    flow_check(&(struct flow){.prepare = in_rounds,
                              .trace = ARROW_INIT_REQ
                              "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D
                              " N(MULTIPLE_AUTH_SUPPORTED) N(CHILDLESS_IKEV2_SUPPORTED)\n"
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(MULTIPLE_AUTH_SUPPORTED) "
                              "N(ANOTHER_AUTH_FOLLOWS)}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH}\n"
                              "A>B  IKE_AUTH        req 2  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{}\n",
                              .ended = without});
}

static int looked;

static bool look(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    struct ike_message m;
    (void)pair;
    if (number != 1 || from != B)
        return true;
    EXPECT_EQ(ike_message_parse((struct ike_bytes){.at = bytes, .len = *len}, &m), WHY_OK);
    const struct ike_notify *const n = ike_message_notify(&m, N_CHILDLESS_IKEV2_SUPPORTED);
    EXPECT(n != NULL && n->protocol == PROTOCOL_IKE && n->spi.len == 0);
    looked++;
    return true;
}

/* RFC 6023 4 */
static void test_the_notify_speaks_of_protocol_1(void)
{
    static struct pair p;
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    both_may(&p, A, B);
    p.touch = look;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(looked, 1);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_ike_sa_is_made_without_a_child),
        TEST(test_a_child_comes_when_it_is_wanted),
        TEST(test_the_lifetime_of_authentication_is_told_without_a_child_too),
        TEST(test_without_consent_of_both_there_is_a_child),
        TEST(test_a_message_without_its_child_is_invalid_syntax_for_others),
        TEST(test_without_a_child_it_has_to_be_authenticated_anew_too),
        TEST(test_the_child_that_came_after_comes_after_the_next_ike_sa_too),
        TEST(test_with_eap_it_is_made_without_a_child_too),
        TEST(test_in_rounds_it_is_made_without_a_child_too),
        TEST(test_the_notify_speaks_of_protocol_1),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
