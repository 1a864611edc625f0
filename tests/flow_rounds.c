/* SPDX-License-Identifier: MIT
 * Several authentications of the initiator before the IKE SA is up: keys and EAP
 * in any order, and what goes wrong (RFC 4739 2.2 to 2.4). */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "ike/v2/selector.h"
#include "tests/eap_talk.h"
#include "tests/flow.h"
#include "tests/opened.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#define INIT_RSP "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " N(MULTIPLE_AUTH_SUPPORTED)\n"
#define ASK_KEY                                                                                   \
    "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(MULTIPLE_AUTH_SUPPORTED) N(ANOTHER_AUTH_FOLLOWS) " \
    "SAi2 TSi TSr}\n"
#define WHO_WE_ARE "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH}\n"
#define FAILED(n)  "B>A  IKE_AUTH        rsp " #n "  SK{N(AUTHENTICATION_FAILED)}\n"
#define ASK_EAP    "A>B  IKE_AUTH        req 1  SK{IDi N(MULTIPLE_AUTH_SUPPORTED) SAi2 TSi TSr}\n"
#define MD5(n, next)                                      \
    "A>B  IKE_AUTH        req " #n "  SK{EAP(rsp MD5)}\n" \
    "B>A  IKE_AUTH        rsp " #n "  SK{EAP(success)}\n" next

static struct ike_policy more[2][2]; /* by side, the second and the third round */

static void set_round(struct ike_policy *policy, bool initiator, const char *name, const char *psk)
{
    memset(policy, 0, sizeof *policy);
    policy->name = name;
    (void)ike_id_from_text(name, initiator ? &policy->local_id : &policy->remote_id);
    policy->psk_len = (uint8_t)strlen(psk);
    memcpy(policy->psk, psk, policy->psk_len);
}

static void by_md5(struct ike_policy *policy)
{
    policy->eap.methods[0] = EAP_MD5;
    policy->eap.method_count = 1;
    talk_text(policy->eap.user, &policy->eap.user_len, "User");
    talk_text(policy->eap.password, &policy->eap.password_len, "clientPass");
}

static void two_keys(struct pair *p, enum pair_side i, enum pair_side r)
{
    set_round(&more[i][0], true, "user@a.test", "second");
    set_round(&more[r][0], false, "user@a.test", "second");
    p->end[i].policy.next_auth = &more[i][0];
    p->end[r].policy.next_auth = &more[r][0];
}

static void three_keys(struct pair *p, enum pair_side i, enum pair_side r)
{
    two_keys(p, i, r);
    set_round(&more[i][1], true, "role.a.test", "third");
    set_round(&more[r][1], false, "role.a.test", "third");
    more[i][0].next_auth = &more[i][1];
    more[r][0].next_auth = &more[r][1];
}

static void key_then_eap(struct pair *p, enum pair_side i, enum pair_side r)
{
    two_keys(p, i, r);
    by_md5(&more[i][0]);
    by_md5(&more[r][0]);
}

static void eap_then_key(struct pair *p, enum pair_side i, enum pair_side r)
{
    two_keys(p, i, r);
    by_md5(&p->end[i].policy);
    by_md5(&p->end[r].policy);
}

static void eap_twice(struct pair *p, enum pair_side i, enum pair_side r)
{
    eap_then_key(p, i, r);
    by_md5(&more[i][0]);
    by_md5(&more[r][0]);
    talk_text(more[i][0].eap.password, &more[i][0].eap.password_len, "another");
    talk_text(more[r][0].eap.password, &more[r][0].eap.password_len, "another");
}

static bool both_up(const struct pair *p, enum pair_side i, enum pair_side r)
{
    const struct ike_engine *const e = p->end[r].engine;
    return pair_agrees(p, 1) && pair_count(p, i, IKE_UP) == 1 && pair_count(p, r, IKE_UP) == 1 &&
           e->setups.used == 0 && e->eaps.used == 0 &&
           ike_sa_numbered(e, p->end[r].sa)->policy == &p->end[r].policy;
}

static void test_two_keys_one_after_the_other(void)
{
    flow_check(&(struct flow){.prepare = two_keys,
                              .trace = ARROW_INIT_REQ INIT_RSP ASK_KEY WHO_WE_ARE
                              "A>B  IKE_AUTH        req 2  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{SAr2 TSi TSr}\n",
                              .ended = both_up});
}

static void test_three_keys_one_after_the_other(void)
{
    flow_check(&(struct flow){.prepare = three_keys,
                              .trace = ARROW_INIT_REQ INIT_RSP ASK_KEY WHO_WE_ARE
                              "A>B  IKE_AUTH        req 2  SK{IDi AUTH N(ANOTHER_AUTH_FOLLOWS)}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{}\n"
                              "A>B  IKE_AUTH        req 3  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 3  SK{SAr2 TSi TSr}\n",
                              .ended = both_up});
}

static void test_a_key_and_then_eap(void)
{
    flow_check(&(struct flow){.prepare = key_then_eap,
                              .trace = ARROW_INIT_REQ INIT_RSP ASK_KEY WHO_WE_ARE
                              "A>B  IKE_AUTH        req 2  SK{IDi}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{EAP(req MD5)}\n" MD5(
                                  3, "A>B  IKE_AUTH        req 4  SK{AUTH}\n"
                                     "B>A  IKE_AUTH        rsp 4  SK{AUTH SAr2 TSi TSr}\n"),
                              .ended = both_up});
}

#define EAP_FIRST                                                                                  \
    ARROW_INIT_REQ INIT_RSP ASK_EAP "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH EAP(req MD5)}\n" MD5( \
        2, "A>B  IKE_AUTH        req 3  SK{AUTH N(ANOTHER_AUTH_FOLLOWS)}\n"                        \
           "B>A  IKE_AUTH        rsp 3  SK{AUTH}\n")

static void test_eap_and_then_a_key(void)
{
    flow_check(&(struct flow){.prepare = eap_then_key,
                              .trace = EAP_FIRST "A>B  IKE_AUTH        req 4  SK{IDi AUTH}\n"
                                                 "B>A  IKE_AUTH        rsp 4  SK{SAr2 TSi TSr}\n",
                              .ended = both_up});
}

static void test_eap_and_then_eap(void)
{
    flow_check(&(struct flow){.prepare = eap_twice,
                              .trace = EAP_FIRST
                              "A>B  IKE_AUTH        req 4  SK{IDi}\n"
                              "B>A  IKE_AUTH        rsp 4  SK{EAP(req MD5)}\n" MD5(
                                  5, "A>B  IKE_AUTH        req 6  SK{AUTH}\n"
                                     "B>A  IKE_AUTH        rsp 6  SK{AUTH SAr2 TSi TSr}\n"),
                              .ended = both_up});
}

/* ---- what goes wrong ---- */

static bool refused(const struct pair *p, enum pair_side r, enum ike_why why)
{
    return pair_is_empty(p) && p->end[r].ends[why] == 1 && pair_count(p, r, IKE_UP) == 0 &&
           pair_count(p, 1 - r, IKE_UP) == 0;
}

static void second_key_wrong(struct pair *p, enum pair_side i, enum pair_side r)
{
    two_keys(p, i, r);
    more[i][0].psk[0] = 'S';
}

static bool by_authentication(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return refused(p, r, WHY_AUTHENTICATION);
}

static void second_unknown(struct pair *p, enum pair_side i, enum pair_side r)
{
    two_keys(p, i, r);
    (void)ike_id_from_text("other@a.test", &more[i][0].local_id);
}

static bool by_identity(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return refused(p, r, WHY_PEER_UNKNOWN);
}

static void second_by_eap(struct pair *p, enum pair_side i, enum pair_side r)
{
    two_keys(p, i, r);
    by_md5(&more[i][0]);
}

static bool by_method(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return refused(p, r, WHY_AUTH_METHOD);
}

static void test_a_second_proof_that_fails_ends_it_all(void)
{
    static const struct {
        void (*prepare)(struct pair *p, enum pair_side i, enum pair_side r);
        bool (*ended)(const struct pair *p, enum pair_side i, enum pair_side r);
        const char *ask;
    } rows[] = {
        {second_key_wrong, by_authentication,
         ARROW_INIT_REQ INIT_RSP ASK_KEY WHO_WE_ARE
         "A>B  IKE_AUTH        req 2  SK{IDi AUTH}\n" FAILED(2)},
        {second_unknown, by_identity,
         ARROW_INIT_REQ INIT_RSP ASK_KEY WHO_WE_ARE
         "A>B  IKE_AUTH        req 2  SK{IDi AUTH}\n" FAILED(2)},
        {second_by_eap, by_method,
         ARROW_INIT_REQ INIT_RSP ASK_KEY WHO_WE_ARE
         "A>B  IKE_AUTH        req 2  SK{IDi}\n" FAILED(2)},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        flow_check(&(struct flow){
            .prepare = rows[k].prepare, .trace = rows[k].ask, .ended = rows[k].ended});
}

static void one_is_not_enough(struct pair *p, enum pair_side i, enum pair_side r)
{
    two_keys(p, i, r);
    p->end[i].policy.next_auth = NULL;
}

static bool by_rounds(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return refused(p, r, WHY_AUTH_ROUNDS);
}

static void test_fewer_than_wanted_are_refused(void)
{
    flow_check(&(struct flow){.prepare = one_is_not_enough,
                              .trace = ARROW_INIT_REQ INIT_RSP ARROW_AUTH_REQ FAILED(1),
                              .ended = by_rounds});
}

static void one_is_enough(struct pair *p, enum pair_side i, enum pair_side r)
{
    two_keys(p, i, r);
    p->end[r].policy.next_auth = NULL;
}

/* RFC 4739 2.1: both must support it. */
static void test_where_the_responder_knows_no_rounds_there_is_one(void)
{
    flow_check(&(struct flow){.prepare = one_is_enough, .trace = ARROWS_PLAIN, .ended = both_up});
}

static void one_is_enough_without_a_child(struct pair *p, enum pair_side i, enum pair_side r)
{
    one_is_enough(p, i, r);
    p->end[i].policy.childless = p->end[r].policy.childless = true;
}

static bool up_childless(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 0) && pair_count(p, i, IKE_UP) == 1 && pair_count(p, r, IKE_UP) == 1;
}

/* RFC 6023 3 */
static void test_there_one_is_enough_without_a_child_sa_too(void)
{
    flow_check(&(struct flow){
        .prepare = one_is_enough_without_a_child,
        .trace = ARROW_INIT_REQ
        "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " N(CHILDLESS_IKEV2_SUPPORTED)\n"
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH}\nB>A  IKE_AUTH        rsp 1  SK{IDr AUTH}\n",
        .ended = up_childless});
}

static void child_refused(struct pair *p, enum pair_side i, enum pair_side r)
{
    two_keys(p, i, r);
    (void)ike_selector_from_text("10.77.0.0/16", &p->end[i].policy.child[0].remote[0]);
}

static bool up_alone(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    return pair_agrees(p, 0) && pair_count(p, i, IKE_CHILD_FAILED) == 1;
}

static void test_the_child_sa_may_be_refused_at_the_end(void)
{
    flow_check(&(struct flow){.prepare = child_refused,
                              .trace = ARROW_INIT_REQ INIT_RSP ASK_KEY WHO_WE_ARE
                              "A>B  IKE_AUTH        req 2  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{N(TS_UNACCEPTABLE)}\n",
                              .ended = up_alone});
}

/* RFC 7619 2.3: what a first round without authentication says of other SAs counts for nothing. */
static void test_initial_contact_of_nobody_in_particular_ends_nothing(void)
{
    static struct pair p;
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    two_keys(&p, A, B);
    p.end[A].policy.proof = PROOF_NULL;
    p.end[A].policy.initial_contact = true;
    p.end[B].policy.accepts = 1 << PROOF_NULL;
    pair_open(&p);
    for (int i = 0; i < 2; i++) {
        (void)pair_connect(&p);
        pair_run(&p);
    }
    EXPECT(strstr(p.trace, "N(INITIAL_CONTACT)") != NULL);
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 2);
    pair_close(&p);
}

/* ---- a responder that is content too early ---- */

static struct early {
    void (*prepare)(struct pair *p, enum pair_side i, enum pair_side r);
    int number;     /* of its answer, which says something else: */
    uint16_t error; /* this, or nought: it grants a Child SA */
    enum ike_why why;
} early;
static struct pair hasty;
static struct opened asked, answer;

static bool content_too_early(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                              int number)
{
    const uint8_t error[] = {0, 0, (uint8_t)(early.error >> 8), (uint8_t)early.error};
    const struct ike_bytes whole = {.at = bytes, .len = *len};
    (void)from;
    if (number == 2)
        EXPECT(opened_read(pair, whole, &asked));
    if (number != early.number)
        return true;
    EXPECT(opened_read(pair, whole, &answer));
    if (number == 5)
        answer.part_count = 0; /* else IDr, AUTH, or AUTH after EAP, stay */
    for (size_t i = 0; early.error == 0 && i < asked.part_count; i++)
        if (asked.parts[i].type == PAYLOAD_SA || asked.parts[i].type == PAYLOAD_TSI ||
            asked.parts[i].type == PAYLOAD_TSR)
            answer.parts[answer.part_count++] = asked.parts[i];
    if (early.error != 0) {
        struct opened_part *const part = &answer.parts[answer.part_count++];
        *part = (struct opened_part){.type = PAYLOAD_NOTIFY, .len = sizeof error};
        memcpy(part->body, error, sizeof error);
    }
    *len = opened_write(pair, &answer, bytes);
    return true;
}

static void end_too_early(const struct early *one)
{
    early = *one;
    pair_init(&hasty, (struct pair_options){.provider = PAIR_MODELLED,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE});
    early.prepare(&hasty, A, B);
    hasty.touch = content_too_early;
    pair_open(&hasty);
    (void)pair_connect(&hasty);
    pair_run_for(&hasty, UINT64_C(1000000000));
    EXPECT_EQ(pair_count(&hasty, A, IKE_UP), 0);
    EXPECT_EQ(pair_count(&hasty, A, IKE_CHILD_UP), 0);
    EXPECT_EQ(ike_stats(hasty.end[A].engine).established, 0);
    if (!EXPECT_EQ(hasty.end[A].ends[early.why], 1))
        (void)printf("# answer %d\n%s", early.number, hasty.trace);
    pair_close(&hasty);
}

/* RFC 4739 2.2: the initiator has said that another authentication follows, and is not up before
 * it was done, whatever it is given. */
static void test_what_is_granted_before_the_last_round_is_not_taken(void)
{
    static const struct early rows[] = {
        {two_keys, 3, 0, WHY_UNEXPECTED_PAYLOAD},
        {two_keys, 3, N_NO_PROPOSAL_CHOSEN, WHY_UNEXPECTED_PAYLOAD},
        {three_keys, 5, 0, WHY_UNEXPECTED_PAYLOAD},
        {three_keys, 5, N_NO_PROPOSAL_CHOSEN, WHY_UNEXPECTED_PAYLOAD},
        {key_then_eap, 5, 0, WHY_UNEXPECTED_PAYLOAD},
        {key_then_eap, 5, N_NO_PROPOSAL_CHOSEN, WHY_UNEXPECTED_PAYLOAD},
        {eap_then_key, 7, 0, WHY_UNEXPECTED_PAYLOAD},
        {eap_then_key, 7, N_NO_PROPOSAL_CHOSEN, WHY_UNEXPECTED_PAYLOAD},
        /* that there is to be no IKE SA either may be said at any time (RFC 7296 2.21.2) */
        {two_keys, 3, N_AUTHENTICATION_FAILED, WHY_PEER_REFUSED},
        {three_keys, 5, N_AUTHENTICATION_FAILED, WHY_PEER_REFUSED},
        {eap_then_key, 7, N_AUTHENTICATION_FAILED, WHY_PEER_REFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        end_too_early(&rows[i]);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_two_keys_one_after_the_other),
        TEST(test_three_keys_one_after_the_other),
        TEST(test_a_key_and_then_eap),
        TEST(test_eap_and_then_a_key),
        TEST(test_eap_and_then_eap),
        TEST(test_a_second_proof_that_fails_ends_it_all),
        TEST(test_fewer_than_wanted_are_refused),
        TEST(test_where_the_responder_knows_no_rounds_there_is_one),
        TEST(test_there_one_is_enough_without_a_child_sa_too),
        TEST(test_the_child_sa_may_be_refused_at_the_end),
        TEST(test_what_is_granted_before_the_last_round_is_not_taken),
        TEST(test_initial_contact_of_nobody_in_particular_ends_nothing),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
