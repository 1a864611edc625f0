/* SPDX-License-Identifier: MIT
 * Redirection once there are keys (RFC 5685 5, 6, 7): in IKE_AUTH by identity or
 * by load, with EAP in the first answer or the last, in rounds; of an established
 * SA; to a gateway known by name. The gateways are one engine with several
 * addresses. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/eap_talk.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

static const uint64_t second_ns = 1000000000;

static struct ike_addr other(uint8_t last)
{
    return ike_addr_v4(0xc0000200u + last, 0);
}

#define ARROW_CAN  "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D " N(REDIRECT_SUPPORTED)\n"
#define ARROW_FROM "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D " N(REDIRECTED_FROM)\n"
#define ARROWS_CAN ARROW_CAN ARROW_INIT_RSP
#define ARROW_AWAY "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(REDIRECT)}\n"
/* To the new gateway, and the Delete to the old one, at once. */
#define ARROWS_GO(n)                                                          \
    ARROW_FROM "A>B  INFORMATIONAL   req " #n "  SK{D(IKE)}\n" ARROW_INIT_RSP \
               "B>A  INFORMATIONAL   rsp " #n "  SK{}\n"

static int count_of(const struct pair *pair, enum pair_side side, enum ike_event_kind kind,
                    enum ike_why why)
{
    int count = 0;
    for (int i = 0; i < pair->end[side].event_count; i++)
        count += pair->end[side].events[i].kind == kind && pair->end[side].events[i].why == why;
    return count;
}

static const struct ike_sa *sa_of(const struct pair *pair, enum pair_side side)
{
    return ike_sa_numbered(pair->end[side].engine, pair->end[side].sa);
}

/* One SA is left, with a gateway that is not the first one, and the owner knows. */
static bool is_elsewhere(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && count_of(pair, i, IKE_REDIRECTED, WHY_OK) == 1 &&
           !ike_addr_same_ip(&sa_of(pair, i)->remote, &pair->end[r].addr);
}

/* ---- IKE_AUTH (RFC 5685 6) ---- */

static void by_identity(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.takes_redirects = true;
    pair->end[r].policy.redirect_to.addr = other(99);
}

/* Both were authenticated, and it is for nothing but this that the SA was up. */
static bool left_after_auth(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return is_elsewhere(pair, i, r) && count_of(pair, r, IKE_REDIRECTED, WHY_REDIRECTED) == 1 &&
           pair_count(pair, i, IKE_UP) == 2 && pair_count(pair, i, IKE_CHILD_UP) == 1 &&
           count_of(pair, i, IKE_DOWN, WHY_REDIRECTED) == 1 &&
           pair_count(pair, i, IKE_CHILD_FAILED) == 0;
}

static void test_the_answer_to_ike_auth_sends_an_identity_elsewhere(void)
{
    flow_check(&(struct flow){.prepare = by_identity,
                              .trace = ARROWS_CAN ARROW_AUTH_REQ ARROW_AWAY ARROWS_GO(2)
                                  ARROW_AUTH_REQ ARROW_AUTH_RSP,
                              .ended = left_after_auth});
}

static void without_a_child(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_identity(pair, i, r);
    pair->end[i].policy.childless = pair->end[r].policy.childless = true;
}

static bool left_without_a_child(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 0) && count_of(pair, i, IKE_REDIRECTED, WHY_OK) == 1 &&
           !ike_addr_same_ip(&sa_of(pair, i)->remote, &pair->end[r].addr);
}

#define CHILDLESS_RSP \
    "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " N(CHILDLESS_IKEV2_SUPPORTED)\n"

static void test_one_that_wants_no_child_sa_is_sent_elsewhere_too(void)
{
    flow_check(&(struct flow){.prepare = without_a_child,
                              .trace = ARROW_CAN CHILDLESS_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH}\n" ARROW_AWAY ARROW_FROM
                              "A>B  INFORMATIONAL   req 2  SK{D(IKE)}\n" CHILDLESS_RSP
                              "B>A  INFORMATIONAL   rsp 2  SK{}\n"
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH}\n",
                              .ended = left_without_a_child});
}

static void test_who_does_not_say_so_is_not_sent_elsewhere(void)
{
    pair_init(&p, plain);
    by_identity(&p, A, B);
    p.end[A].policy.takes_redirects = false;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_STR(p.trace, ARROWS_PLAIN);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* The first is served, the second is one too many. */
static void test_a_full_gateway_sends_elsewhere(void)
{
    for (int in_auth = 0; in_auth < 2; in_auth++) {
        pair_init(&p, plain);
        p.end[A].policy.takes_redirects = true;
        p.end[B].policy.redirect_at = p.end[B].config.redirect_at = 1;
        *(in_auth == 1 ? &p.end[B].policy.redirect_to : &p.end[B].config.redirect_to) =
            (struct ike_gateway){.addr = other(99)};
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT(ike_addr_same_ip(&sa_of(&p, A)->remote, &p.end[B].addr));
        (void)pair_connect(&p);
        pair_run(&p);
        const struct ike_addr there = other(99);
        EXPECT(ike_addr_same_ip(&sa_of(&p, A)->remote, &there));
        EXPECT_EQ(ike_stats(p.end[A].engine).established, 2);
        EXPECT_EQ(ike_stats(p.end[A].engine).children, 2);
        pair_close(&p);
    }
}

/* ---- EAP ---- */

static void by_md5(struct ike_policy *policy)
{
    policy->eap.methods[0] = EAP_MD5;
    policy->eap.method_count = 1;
    talk_text(policy->eap.user, &policy->eap.user_len, "User");
    talk_text(policy->eap.password, &policy->eap.password_len, "clientPass");
}

static void after_eap(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_identity(pair, i, r);
    by_md5(&pair->end[i].policy);
    by_md5(&pair->end[r].policy);
}

static void before_eap(struct pair *pair, enum pair_side i, enum pair_side r)
{
    after_eap(pair, i, r);
    pair->end[r].policy.redirect_first = true;
}

#define EAP_ASK "A>B  IKE_AUTH        req 1  SK{IDi SAi2 TSi TSr}\n"
#define EAP_TALK                                              \
    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH EAP(req MD5)}\n" \
    "A>B  IKE_AUTH        req 2  SK{EAP(rsp MD5)}\n"          \
    "B>A  IKE_AUTH        rsp 2  SK{EAP(success)}\n"          \
    "A>B  IKE_AUTH        req 3  SK{AUTH}\n"

static void test_the_last_answer_after_eap_sends_elsewhere(void)
{
    flow_check(&(struct flow){.prepare = after_eap,
                              .trace = ARROWS_CAN EAP_ASK EAP_TALK
                              "B>A  IKE_AUTH        rsp 3  SK{AUTH N(REDIRECT)}\n" ARROWS_GO(4)
                                  EAP_ASK EAP_TALK
                              "B>A  IKE_AUTH        rsp 3  SK{AUTH SAr2 TSi TSr}\n",
                              .ended = left_after_auth});
}

/* RFC 5685 6: no IKE SA has come of it, and there is none to delete; the gateway's waits for copies
 * of the request until it expires. */
static bool left_before_eap(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return is_elsewhere(pair, i, r) && pair_count(pair, i, IKE_UP) == 1 &&
           pair_count(pair, i, IKE_FAILED) == 0 && pair_count(pair, i, IKE_DOWN) == 0 &&
           count_of(pair, r, IKE_FAILED, WHY_REDIRECTED) == 1;
}

static void test_the_first_answer_before_eap_sends_elsewhere(void)
{
    flow_check(&(struct flow){
        .prepare = before_eap,
        .trace = ARROWS_CAN EAP_ASK ARROW_AWAY ARROW_FROM ARROW_INIT_RSP EAP_ASK EAP_TALK
        "B>A  IKE_AUTH        rsp 3  SK{AUTH SAr2 TSi TSr}\n",
        .settle_ns = UINT64_C(60000000000),
        .ended = left_before_eap});
}

/* RFC 5685 6: nobody goes where one that is not the gateway sends it. */
static void test_the_gateway_is_verified_before_its_redirect_is_obeyed(void)
{
    pair_init(&p, plain);
    before_eap(&p, A, B);
    p.end[B].policy.psk[0] = 'x';
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    EXPECT_STR(p.trace, ARROWS_CAN EAP_ASK ARROW_AWAY
               "A>B  INFORMATIONAL   req 2  SK{N(AUTHENTICATION_FAILED)}\n"
               "B>A  INFORMATIONAL   rsp 2  SK{}\n");
    EXPECT_EQ(pair_count(&p, A, IKE_REDIRECTED), 0);
    EXPECT_EQ(count_of(&p, A, IKE_FAILED, WHY_AUTHENTICATION), 1);
    EXPECT_EQ(count_of(&p, B, IKE_FAILED, WHY_PEER_REFUSED), 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* ---- rounds (RFC 4739) ---- */

static struct ike_policy second[2];

static void after_two_keys(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_identity(pair, i, r);
    for (int side = 0; side < 2; side++) {
        memset(&second[side], 0, sizeof second[side]);
        second[side].name = "second";
        second[side].psk_len = 6;
        memcpy(second[side].psk, "second", 6);
        pair->end[side].policy.next_auth = &second[side];
    }
    (void)ike_id_from_text("user@a.test", &second[i].local_id);
    (void)ike_id_from_text("user@a.test", &second[r].remote_id);
}

#define MULTIPLE_RSP \
    "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " N(MULTIPLE_AUTH_SUPPORTED)\n"
#define TWO_KEYS                                                                                  \
    "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(MULTIPLE_AUTH_SUPPORTED) N(ANOTHER_AUTH_FOLLOWS) " \
    "SAi2 TSi TSr}\n"                                                                             \
    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH}\n"                                                  \
    "A>B  IKE_AUTH        req 2  SK{IDi AUTH}\n"

static void test_after_several_authentications_it_is_the_last_answer(void)
{
    flow_check(&(struct flow){.prepare = after_two_keys,
                              .trace = ARROW_CAN MULTIPLE_RSP TWO_KEYS
                              "B>A  IKE_AUTH        rsp 2  SK{N(REDIRECT)}\n" ARROW_FROM
                              "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n" MULTIPLE_RSP
                              "B>A  INFORMATIONAL   rsp 3  SK{}\n" TWO_KEYS
                              "B>A  IKE_AUTH        rsp 2  SK{SAr2 TSi TSr}\n",
                              .ended = left_after_auth});
}

/* ---- an established SA (RFC 5685 5) ---- */

static void takes(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair->end[i].policy.takes_redirects = true;
}

static void sent_away(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)ike_redirect(pair->end[r].engine, pair->now_ns, pair->end[r].sa,
                       &(struct ike_gateway){.addr = other(99)});
}

static bool moved_over(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return is_elsewhere(pair, i, r) && count_of(pair, i, IKE_DOWN, WHY_REDIRECTED) == 1 &&
           count_of(pair, i, IKE_CHILD_DOWN, WHY_REDIRECTED) == 1;
}

#define ARROWS_SESSION(n)                                \
    "B>A  INFORMATIONAL   req " #n "  SK{N(REDIRECT)}\n" \
    "A>B  INFORMATIONAL   rsp " #n "  SK{}\n"
#define ARROWS_THERE ARROW_FROM ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP
#define ARROWS_LEAVE                           \
    "A>B  INFORMATIONAL   req 2  SK{D(IKE)}\n" \
    "B>A  INFORMATIONAL   rsp 2  SK{}\n"

static void test_an_established_sa_is_made_there_and_then_closed_here(void)
{
    flow_check(&(struct flow){.prepare = takes,
                              .act = sent_away,
                              .trace = ARROWS_CAN ARROW_AUTH_REQ ARROW_AUTH_RSP ARROWS_SESSION(0)
                                  ARROWS_THERE ARROWS_LEAVE,
                              .ended = moved_over});
}

static void rekeyed_and_sent_away(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)ike_rekey(pair->end[r].engine, pair->now_ns, pair->end[r].sa);
    pair_run(pair);
    sent_away(pair, i, r);
}

/* RFC 5685 10: the original responder is who redirects, whoever rekeyed since. */
static void test_who_rekeyed_it_does_not_matter(void)
{
    flow_check(&(struct flow){.prepare = takes,
                              .act = rekeyed_and_sent_away,
                              .trace = ARROWS_CAN ARROW_AUTH_REQ ARROW_AUTH_RSP
                              "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                              "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}\n"
                              "B>A  INFORMATIONAL   req 1  SK{D(IKE)}\n"
                              "A>B  INFORMATIONAL   rsp 1  SK{}\n" ARROWS_SESSION(0) ARROWS_THERE
                              "A>B  INFORMATIONAL   req 0  SK{D(IKE)}\n"
                              "B>A  INFORMATIONAL   rsp 0  SK{}\n",
                              .ended = moved_over});
}

static void takes_and_goes_by_tcp(struct pair *pair, enum pair_side i, enum pair_side r)
{
    takes(pair, i, r);
    pair->end[i].policy.tcp = TCP_ALWAYS;
}

#define TCP_INIT(last)                                         \
    "A=B  opens\n"                                             \
    "A=B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D last "\n" \
    "B=A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D "\n"
#define TCP_AUTH                                              \
    "A=B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr}\n" \
    "B=A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n"

/* RFC 9329 7.2: the way there is chosen anew, and here it is again a connection. */
static void test_one_that_goes_by_tcp_opens_a_connection_to_the_new_gateway(void)
{
    flow_check(&(struct flow){.prepare = takes_and_goes_by_tcp,
                              .act = sent_away,
                              .trace = TCP_INIT(" N(REDIRECT_SUPPORTED)") TCP_AUTH
                              "B=A  INFORMATIONAL   req 0  SK{N(REDIRECT)}\n"
                              "A=B  INFORMATIONAL   rsp 0  SK{}\n" TCP_INIT(" N(REDIRECTED_FROM)")
                                  TCP_AUTH "A=B  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                                           "B=A  INFORMATIONAL   rsp 2  SK{}\n"
                                           "A=B  closes\n",
                              .ended = moved_over});
}

static void establish(void)
{
    pair_init(&p, plain);
    takes(&p, A, B);
    p.end[B].config.redirect_grace_ns = 40 * second_ns;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    EXPECT(pair_agrees(&p, 1));
}

static bool lose_new_attempts(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                              int number)
{
    (void)pair;
    (void)len;
    return from != A || number < 4 || bytes[18] != IKE_SA_INIT;
}

/* The old SA is used until there is a new one, or the gateway has waited long enough. */
static void test_where_nobody_answers_the_old_sa_stays_as_long_as_it_may(void)
{
    establish();
    p.touch = lose_new_attempts;
    sent_away(&p, A, B);
    pair_run_for(&p, 39 * second_ns);
    EXPECT_EQ(pair_count(&p, A, IKE_FAILED), 1);
    EXPECT(pair_agrees(&p, 1));
    pair_run_for(&p, 2 * second_ns);
    EXPECT_EQ(count_of(&p, B, IKE_DOWN, WHY_REDIRECTED), 1);
    EXPECT_EQ(count_of(&p, A, IKE_DOWN, WHY_PEER_DELETED), 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_only_an_initiator_that_understands_it_is_told(void)
{
    const struct ike_gateway there = {.addr = other(99)};
    const struct ike_gateway here = {.addr = other(2)};
    const struct ike_gateway nowhere = {.name = NULL};
    establish();
    EXPECT(!ike_redirect(p.end[A].engine, p.now_ns, p.end[A].sa, &there)); /* the initiator */
    EXPECT(!ike_redirect(p.end[B].engine, p.now_ns, p.end[B].sa, &here));
    EXPECT(!ike_redirect(p.end[B].engine, p.now_ns, p.end[B].sa, &nowhere));
    EXPECT(!ike_redirect(p.end[B].engine, p.now_ns, 12345, &there));
    pair_close(&p);
    pair_init(&p, plain);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(!ike_redirect(p.end[B].engine, p.now_ns, p.end[B].sa, &there));
    pair_close(&p);
}

/* What a gateway may say that leads nowhere: it is answered, the owner hears why, and all stays. */
static void test_a_redirect_that_leads_nowhere_is_answered_and_no_more(void)
{
    static const struct {
        const char *data;
        size_t len;
        enum ike_why why;
    } rows[] = {
        {"\1\4\300\0\2\2", 6, WHY_REDIRECT_GATEWAY}, /* where we are */
        {"\1\3\300\0\2", 5, WHY_REDIRECT_GATEWAY},
        {"\2\20\40\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 18, WHY_REDIRECT_GATEWAY}, /* IPv6 */
        {"\3\4v n2", 6, WHY_REDIRECT_GATEWAY},
        {"\3\0", 2, WHY_REDIRECT_GATEWAY},
        {"\7\4abcd", 6, WHY_REDIRECT_GATEWAY},
        {"\1\4\300\0\2\143nonce nonce nonce", 23, WHY_REDIRECT_NONCE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        establish();
        const struct ike_note note = {
            .type = N_REDIRECT, .data = {.at = (const uint8_t *)rows[i].data, .len = rows[i].len}};
        EXPECT(ike_inform(p.end[B].engine, p.now_ns, p.end[B].sa,
                          &(struct ike_inform){.notes = &note, .note_count = 1}));
        pair_run(&p);
        EXPECT_EQ(pair_count(&p, B, IKE_INFORMED), 1);
        EXPECT_EQ(count_of(&p, A, IKE_REDIRECTED, rows[i].why), 1);
        EXPECT_EQ(pair_count(&p, A, IKE_ASK), 0);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
}

/* ---- in a circle (RFC 5685 7) ---- */

static bool turn_round(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                       int number)
{
    struct ike_addr *const to = &pair->end[B].policy.redirect_to.addr;
    (void)len;
    (void)number;
    if (from == A && bytes[18] == IKE_AUTH)
        *to = other(to->ip[3] == 101 ? 102 : 101);
    return true;
}

/* Five, and with the sixth the attempt is over; each SA was closed. */
static void test_a_circle_of_gateways_in_ike_auth_comes_to_an_end(void)
{
    pair_init(&p, plain);
    takes(&p, A, B);
    p.touch = turn_round;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(count_of(&p, A, IKE_REDIRECTED, WHY_OK), 5);
    EXPECT_EQ(count_of(&p, A, IKE_DOWN, WHY_REDIRECT_LOOP), 1);
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_UP), 0);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_a_circle_of_established_sas_comes_to_an_end_and_may_begin_anew_later(void)
{
    establish();
    p.end[B].engine->config.redirect_grace_ns = 0;
    for (uint8_t i = 0; i < 8; i++) {
        EXPECT(ike_redirect(p.end[B].engine, p.now_ns, p.end[B].sa,
                            &(struct ike_gateway){.addr = other((uint8_t)(101 + i))}));
        pair_run_for(&p, second_ns);
        if (i == 6)
            pair_run_for(&p, 300 * second_ns);
    }
    EXPECT_EQ(count_of(&p, A, IKE_REDIRECTED, WHY_OK), 6);
    EXPECT_EQ(count_of(&p, A, IKE_REDIRECTED, WHY_REDIRECT_LOOP), 2);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* ---- a gateway known by name (RFC 5685 9.2) ---- */

static const uint8_t found[] = {192, 0, 2, 99};
static bool is_found;
static int asked;

static struct ike_bytes look_up(struct pair *pair, struct ike_bytes url)
{
    static const char wanted[] = "dns:vpn2.test";
    (void)pair;
    asked += url.len == sizeof wanted - 1 && memcmp(url.at, wanted, url.len) == 0;
    return (struct ike_bytes){.at = found, .len = is_found ? sizeof found : 0};
}

static void by_name(struct pair *pair, enum pair_side i, enum pair_side r)
{
    takes(pair, i, r);
    pair->fetch = look_up;
    pair->fetch_ns = UINT64_C(30000000);
    is_found = true;
    asked = 0;
}

static void init_by_name(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_name(pair, i, r);
    pair->end[r].config.redirect_to.name = "vpn2.test";
}

static void auth_by_name(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_name(pair, i, r);
    pair->end[r].policy.redirect_to.name = "vpn2.test";
}

static void sent_by_name(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)ike_redirect(pair->end[r].engine, pair->now_ns, pair->end[r].sa,
                       &(struct ike_gateway){.name = "vpn2.test"});
}

static bool moved_by_name(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return moved_over(pair, i, r) && asked == 1;
}

static void test_a_name_is_asked_for_before_an_established_sa_moves(void)
{
    flow_check(&(struct flow){.prepare = by_name,
                              .act = sent_by_name,
                              .trace = ARROWS_CAN ARROW_AUTH_REQ ARROW_AUTH_RSP ARROWS_SESSION(0)
                                  ARROWS_THERE ARROWS_LEAVE,
                              .ended = moved_by_name});
}

/* Who comes by a name is sent on by whoever has it, as an engine cannot know: so that is taken back
 * while the name is looked up. */
static void test_a_name_is_asked_for_in_ike_sa_init_and_in_ike_auth(void)
{
    void (*const prepares[])(struct pair *, enum pair_side, enum pair_side) = {init_by_name,
                                                                               auth_by_name};
    const struct ike_addr there = other(99);
    for (size_t i = 0; i < 2; i++) {
        pair_init(&p, plain);
        prepares[i](&p, A, B);
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(45000000));
        EXPECT_EQ(asked, 1);
        p.end[B].engine->config.redirect_to.name = NULL;
        p.end[B].policy.redirect_to.name = NULL;
        pair_run(&p);
        EXPECT_EQ(asked, 1);
        EXPECT(pair_agrees(&p, 1));
        EXPECT(ike_addr_same_ip(&sa_of(&p, A)->remote, &there));
        EXPECT_EQ(p.end[A].engine->holds.used, 0);
        pair_close(&p);
    }
}

static void test_a_name_that_is_not_found_leads_nowhere(void)
{
    pair_init(&p, plain); /* in IKE_AUTH: the SA is closed */
    auth_by_name(&p, A, B);
    is_found = false;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(count_of(&p, A, IKE_DOWN, WHY_REDIRECT_GATEWAY), 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);

    establish(); /* of an established SA: it stays, and may be told of another */
    p.fetch = look_up;
    sent_by_name(&p, A, B);
    pair_run_for(&p, second_ns);
    EXPECT_EQ(count_of(&p, A, IKE_REDIRECTED, WHY_REDIRECT_GATEWAY), 1);
    EXPECT(pair_agrees(&p, 1));
    sent_away(&p, A, B);
    pair_run_for(&p, second_ns);
    EXPECT_EQ(count_of(&p, A, IKE_REDIRECTED, WHY_OK), 1);
    pair_close(&p);
}

/* What is found is of the other family, or the gateway that it came from; and it is found twice. */
static void test_a_name_leads_to_another_gateway_or_nowhere(void)
{
    static const uint8_t six[16] = {0x20, 1, 0xd, 0xb8, [15] = 9};
    for (int variant = 0; variant < 3; variant++) {
        establish();
        p.fetch = look_up;
        p.fetch_ns = 1000 * second_ns;
        sent_by_name(&p, A, B);
        pair_run_for(&p, second_ns);
        const struct ike_addr here = sa_of(&p, A)->remote;
        const struct ike_bytes answer = {.at = variant == 0   ? six
                                               : variant == 1 ? here.ip
                                                              : found,
                                         .len = variant == 0 ? sizeof six : 4};
        const uint64_t sa = p.end[A].sa;
        EXPECT(ike_answer(p.end[A].engine, p.now_ns, sa, IKE_ASKS_MAX + 1, answer));
        EXPECT(!ike_answer(p.end[A].engine, p.now_ns, sa, IKE_ASKS_MAX + 1, answer));
        pair_run_for(&p, second_ns);
        EXPECT_EQ(count_of(&p, A, IKE_REDIRECTED, WHY_REDIRECT_GATEWAY), variant < 2 ? 1 : 0);
        EXPECT_EQ(count_of(&p, A, IKE_REDIRECTED, WHY_OK), variant < 2 ? 0 : 1);
        memset(p.fetches, 0, sizeof p.fetches);
        pair_close(&p);
    }
}

static void test_a_name_that_nobody_looks_up_is_forgotten_after_a_while(void)
{
    establish();
    p.fetch = look_up;
    p.fetch_ns = 1000 * second_ns;
    sent_by_name(&p, A, B);
    pair_run_for(&p, 29 * second_ns);
    EXPECT_EQ(pair_count(&p, A, IKE_REDIRECTED), 0);
    pair_run_for(&p, 2 * second_ns);
    EXPECT_EQ(count_of(&p, A, IKE_REDIRECTED, WHY_REDIRECT_GATEWAY), 1);
    EXPECT(!ike_answer(p.end[A].engine, p.now_ns, p.end[A].sa, IKE_ASKS_MAX + 1,
                       (struct ike_bytes){.at = found, .len = sizeof found}));
    EXPECT(pair_agrees(&p, 1));
    memset(p.fetches, 0, sizeof p.fetches);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_answer_to_ike_auth_sends_an_identity_elsewhere),
        TEST(test_one_that_wants_no_child_sa_is_sent_elsewhere_too),
        TEST(test_who_does_not_say_so_is_not_sent_elsewhere),
        TEST(test_a_full_gateway_sends_elsewhere),
        TEST(test_the_last_answer_after_eap_sends_elsewhere),
        TEST(test_the_first_answer_before_eap_sends_elsewhere),
        TEST(test_the_gateway_is_verified_before_its_redirect_is_obeyed),
        TEST(test_after_several_authentications_it_is_the_last_answer),
        TEST(test_an_established_sa_is_made_there_and_then_closed_here),
        TEST(test_who_rekeyed_it_does_not_matter),
        TEST(test_one_that_goes_by_tcp_opens_a_connection_to_the_new_gateway),
        TEST(test_where_nobody_answers_the_old_sa_stays_as_long_as_it_may),
        TEST(test_only_an_initiator_that_understands_it_is_told),
        TEST(test_a_redirect_that_leads_nowhere_is_answered_and_no_more),
        TEST(test_a_circle_of_gateways_in_ike_auth_comes_to_an_end),
        TEST(test_a_circle_of_established_sas_comes_to_an_end_and_may_begin_anew_later),
        TEST(test_a_name_is_asked_for_before_an_established_sa_moves),
        TEST(test_a_name_is_asked_for_in_ike_sa_init_and_in_ike_auth),
        TEST(test_a_name_that_is_not_found_leads_nowhere),
        TEST(test_a_name_leads_to_another_gateway_or_nowhere),
        TEST(test_a_name_that_nobody_looks_up_is_forgotten_after_a_while),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
