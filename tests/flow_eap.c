/* SPDX-License-Identifier: MIT
 * IKE_AUTH with EAP: each method's arrows and how many there are, with and
 * without Identity, and what goes wrong: passwords, users, methods, rounds,
 * policies that do not fit, time. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/eap_talk.h"
#include "tests/faults.h"
#include "tests/flow.h"
#include "tests/mangle.h"
#include "tests/test.h"
#include "tests/tls_certs.h"

#include <stdio.h>
#include <string.h>

static bool both_up(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 1) && pair_count(p, i, IKE_UP) == 1 && pair_count(p, r, IKE_UP) == 1 &&
           p->end[0].engine->eaps.used == 0 && p->end[1].engine->eaps.used == 0;
}

static void both_use(struct pair *p, uint8_t method)
{
    for (int side = 0; side < 2; side++) {
        struct ike_eap_config *const eap = &p->end[side].policy.eap;
        eap->methods[0] = method;
        eap->method_count = 1;
        eap->fragment = 400;
        talk_text(eap->user, &eap->user_len, "User");
        talk_text(eap->password, &eap->password_len, "clientPass");
    }
}

/* ---- each method ---- */

#define ASK      "A>B  IKE_AUTH        req 1  SK{IDi SAi2 TSi TSr}\n"
#define REQ(n)   "A>B  IKE_AUTH        req " #n "  SK{EAP(rsp "
#define RSP(n)   "B>A  IKE_AUTH        rsp " #n "  SK{EAP("
#define RSP_1    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH EAP("
#define PROVE(n) "A>B  IKE_AUTH        req " #n "  SK{AUTH}\n"
#define GRANT(n) "B>A  IKE_AUTH        rsp " #n "  SK{AUTH SAr2 TSi TSr}\n"
#define SUCCESS  "success)}\n"
#define FAILURE  "failure)}\n"
#define INIT_ASK ARROW_INIT_REQ ARROW_INIT_RSP ASK
#define IDENTITY "Identity)}\n"

static void md5(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    both_use(p, EAP_MD5);
}

static void gtc(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    both_use(p, EAP_GTC);
    p->end[r].policy.eap.user_len = 0; /* it names nobody, and IDi is another name */
}

static void mschapv2(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    both_use(p, EAP_MSCHAPV2);
}

static void mschapv2_identity(struct pair *p, enum pair_side i, enum pair_side r)
{
    mschapv2(p, i, r);
    p->end[r].policy.eap.identity = true;
}

static void test_md5_takes_four_exchanges(void)
{
    flow_check(&(struct flow){.prepare = md5,
                              .trace = INIT_ASK RSP_1 "req MD5)}\n" REQ(2) "MD5)}\n" RSP(2)
                                  SUCCESS PROVE(3) GRANT(3),
                              .ended = both_up});
}

static void test_gtc_takes_four_exchanges(void)
{
    flow_check(&(struct flow){.prepare = gtc,
                              .trace = INIT_ASK RSP_1 "req GTC)}\n" REQ(2) "GTC)}\n" RSP(2)
                                  SUCCESS PROVE(3) GRANT(3),
                              .ended = both_up});
}

static void test_mschapv2_takes_five_exchanges(void)
{
    flow_check(&(struct flow){.prepare = mschapv2,
                              .trace = INIT_ASK RSP_1 "req MSCHAPv2)}\n" REQ(2) "MSCHAPv2)}\n" RSP(
                                  2) "req MSCHAPv2)}\n" REQ(3) "MSCHAPv2)}\n" RSP(3)
                                  SUCCESS PROVE(4) GRANT(4),
                              .ended = both_up});
}

static void test_mschapv2_with_identity_takes_six_exchanges(void)
{
    flow_check(&(struct flow){.prepare = mschapv2_identity,
                              .trace = INIT_ASK RSP_1 "req Identity)}\n" REQ(2)
                                  IDENTITY RSP(2) "req MSCHAPv2)}\n" REQ(3) "MSCHAPv2)}\n" RSP(
                                      3) "req "
                                         "MSCHAPv2)}\n" REQ(4) "MSCHAPv2)}\n" RSP(4)
                                             SUCCESS PROVE(5) GRANT(5),
                              .ended = both_up});
}

/* ---- a server elsewhere: each packet waits for it ---- */

static bool server_answers;

static struct ike_bytes from_server(struct pair *p, struct ike_bytes what)
{
    static const struct ike_bytes ok = {.at = (const uint8_t *)"ok", .len = 2};
    (void)p;
    (void)what;
    return server_answers ? ok : (struct ike_bytes){.at = NULL, .len = 0};
}

static void remote(struct pair *p, enum pair_side i, enum pair_side r)
{
    mschapv2(p, i, r);
    p->end[r].policy.eap_remote = true;
    p->fetch = from_server;
    p->fetch_ns = UINT64_C(200000000);
}

static bool up_and_waited(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return both_up(p, i, r) && pair_count(p, r, IKE_ASK) == 3;
}

static void test_each_packet_waits_for_a_remote_server(void)
{
    server_answers = true;
    flow_check(&(struct flow){.prepare = remote,
                              .trace = INIT_ASK RSP_1 "req MSCHAPv2)}\n" REQ(2) "MSCHAPv2)}\n" RSP(
                                  2) "req MSCHAPv2)}\n" REQ(3) "MSCHAPv2)}\n" RSP(3)
                                  SUCCESS PROVE(4) GRANT(4),
                              .ended = up_and_waited});
}

static bool no_server(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_is_empty(p) && p->end[r].ends[WHY_EAP_SERVER] == 1;
}

static void test_a_remote_server_that_is_silent_lets_nobody_in(void)
{
    server_answers = false;
    flow_check(&(struct flow){.prepare = remote,
                              .trace = INIT_ASK
                              "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n",
                              .ended = no_server});
}

/* ---- TLS: as many rounds as pieces ---- */

/* The arrows of `rounds` requests of the method, of which all but the first answer one. */
static const char *tls_trace(const char *method, int rounds)
{
    static char trace[PAIR_TRACE_MAX];
    size_t len = (size_t)snprintf(trace, sizeof trace, "%s%sreq %s)}\n", INIT_ASK, RSP_1, method);
    int id = 2;
    for (; id <= rounds; id++)
        len += (size_t)snprintf(trace + len, sizeof trace - len,
                                "A>B  IKE_AUTH        req %d  SK{EAP(rsp %s)}\n"
                                "B>A  IKE_AUTH        rsp %d  SK{EAP(req %s)}\n",
                                id, method, id, method);
    (void)snprintf(trace + len, sizeof trace - len,
                   "A>B  IKE_AUTH        req %d  SK{EAP(rsp %s)}\n"
                   "B>A  IKE_AUTH        rsp %d  SK{EAP(success)}\n"
                   "A>B  IKE_AUTH        req %d  SK{AUTH}\n"
                   "B>A  IKE_AUTH        rsp %d  SK{AUTH SAr2 TSi TSr}\n",
                   id, method, id, id + 1, id + 1);
    return trace;
}

static uint8_t tls_version;
static uint8_t within;
static uint16_t tls_fragment;

static void tls_of(struct pair *p, uint8_t method, enum pair_side i, enum pair_side r)
{
    both_use(p, method);
    for (int side = 0; side < 2; side++) {
        struct ike_eap_config *const eap = &p->end[side].policy.eap;
        eap->fragment = tls_fragment;
        eap->tls.version = tls_version;
        eap->tls.anchors[0] = tls_root;
        eap->tls.anchor_count = 1;
    }
    p->end[r].policy.eap.tls.identity = &tls_identities[TLS_SERVER_RSA];
    if (method == EAP_TTLS)
        return;
    p->end[r].policy.eap.tls.mutual = true;
    p->end[i].policy.eap.tls.identity = &tls_identities[TLS_CLIENT_RSA];
}

static void tls(struct pair *p, enum pair_side i, enum pair_side r)
{
    tls_of(p, EAP_TLS, i, r);
}

static void ttls(struct pair *p, enum pair_side i, enum pair_side r)
{
    tls_of(p, EAP_TTLS, i, r);
}

/* Requests of the server: start; hello's answer in pieces; acknowledgements of the client's
 * pieces but the last; the last flight. */
static const struct {
    uint8_t version;
    uint16_t fragment;
    int tls_rounds;
    int ttls_rounds;
} rounds[] = {
    {TLS_1_2, 400, 9, 7},
    {TLS_1_3, 400, 9, 6},
    {TLS_1_2, 2000, 3, 4},
    {TLS_1_3, 2000, 3, 3},
};

static void test_tls_takes_as_many_exchanges_as_it_has_pieces(void)
{
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        tls_version = rounds[i].version;
        tls_fragment = rounds[i].fragment;
        flow_check(&(struct flow){
            .prepare = tls, .trace = tls_trace("TLS", rounds[i].tls_rounds), .ended = both_up});
    }
}

static void test_ttls_takes_as_many_exchanges_as_it_has_pieces(void)
{
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        tls_version = rounds[i].version;
        tls_fragment = rounds[i].fragment;
        flow_check(&(struct flow){
            .prepare = ttls, .trace = tls_trace("TTLS", rounds[i].ttls_rounds), .ended = both_up});
    }
}

/* Their Identity comes with the end of TLS 1.2 as their MS-CHAP-V2 does; then a question and an
 * answer more where the proof came before, and with MSCHAPv2 both proofs. RFC 5281 11.2.1. */
static void ttls_of_eap(struct pair *p, enum pair_side i, enum pair_side r)
{
    tls_of(p, EAP_TTLS, i, r);
    p->end[i].policy.eap.within = p->end[r].policy.eap.within = within;
}

static void test_eap_within_ttls_takes_the_exchanges_of_its_method(void)
{
    static const struct {
        uint8_t within;
        uint8_t version;
        int rounds;
    } rows[] = {{EAP_MD5, TLS_1_2, 4},
                {EAP_GTC, TLS_1_3, 3},
                {EAP_MSCHAPV2, TLS_1_2, 5},
                {EAP_MSCHAPV2, TLS_1_3, 4}};
    tls_fragment = 2000;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        within = rows[i].within;
        tls_version = rows[i].version;
        flow_check(&(struct flow){
            .prepare = ttls_of_eap, .trace = tls_trace("TTLS", rows[i].rounds), .ended = both_up});
    }
}

/* ---- what goes wrong ---- */

/* A lost EAP-Failure leaves the initiator waiting in vain. */
static bool ended_in_failure(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_is_empty(p) && p->end[r].ends[WHY_EAP_FAILED] == 1 &&
           p->end[i].ends[WHY_EAP_FAILED] + p->end[i].ends[WHY_NO_ANSWER] == 1;
}

static void wrong_password(struct pair *p, enum pair_side i, enum pair_side r)
{
    mschapv2(p, i, r);
    p->end[i].policy.eap.password[0] = 'C';
}

static void test_a_wrong_password_is_answered_with_failure(void)
{
    flow_check(&(struct flow){.prepare = wrong_password,
                              .trace = INIT_ASK RSP_1 "req MSCHAPv2)}\n" REQ(2) "MSCHAPv2)}\n" RSP(
                                  2) "req "
                                     "MSCHAPv2)}\n" REQ(3) "MSCHAPv2)}\n" RSP(3) FAILURE,
                              .ended = ended_in_failure});
}

static void other_user(struct pair *p, enum pair_side i, enum pair_side r)
{
    md5(p, i, r);
    p->end[i].policy.eap.user[0] = 'u';
}

static void test_another_user_is_answered_with_failure(void)
{
    flow_check(&(struct flow){.prepare = other_user,
                              .trace = INIT_ASK RSP_1 "req MD5)}\n" REQ(2) "MD5)}\n" RSP(2) FAILURE,
                              .ended = ended_in_failure});
}

static void two_methods(struct pair *p, enum pair_side i, enum pair_side r)
{
    mschapv2(p, i, r);
    p->end[r].policy.eap.methods[0] = EAP_GTC;
    p->end[r].policy.eap.methods[1] = EAP_MSCHAPV2;
    p->end[r].policy.eap.method_count = 2;
}

static void test_a_method_not_wanted_is_refused_with_nak_and_another_follows(void)
{
    flow_check(&(struct flow){
        .prepare = two_methods,
        .trace = INIT_ASK RSP_1 "req GTC)}\n" REQ(2) "Nak)}\n" RSP(2) "req MSCHAPv2)}\n" REQ(
            3) "MSCHAPv2)}\n" RSP(3) "req MSCHAPv2)}\n" REQ(4) "MSCHAPv2)}\n" RSP(4)
            SUCCESS PROVE(5) GRANT(5),
        .ended = both_up});
}

static void other_method(struct pair *p, enum pair_side i, enum pair_side r)
{
    mschapv2(p, i, r);
    p->end[r].policy.eap.methods[0] = EAP_GTC;
}

static bool no_method(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_is_empty(p) && p->end[r].ends[WHY_EAP_METHOD] == 1;
}

static void test_no_method_in_common_is_answered_with_failure(void)
{
    flow_check(&(struct flow){.prepare = other_method,
                              .trace = INIT_ASK RSP_1 "req GTC)}\n" REQ(2) "Nak)}\n" RSP(2) FAILURE,
                              .ended = no_method});
}

static void few_rounds(struct pair *p, enum pair_side i, enum pair_side r)
{
    tls_version = TLS_1_2;
    tls_fragment = 400;
    tls(p, i, r);
    p->end[r].policy.eap.rounds_max = 3;
}

static bool too_many_rounds(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_is_empty(p) && p->end[r].ends[WHY_EAP_ROUNDS] == 1;
}

static void test_too_many_rounds_are_answered_with_failure(void)
{
    flow_check(&(struct flow){.prepare = few_rounds,
                              .trace = INIT_ASK RSP_1
                              "req TLS)}\n" REQ(2) "TLS)}\n" RSP(2) "req TLS)}\n" REQ(
                                  3) "TLS)}\n" RSP(3) "req TLS)}\n" REQ(4) "TLS)}\n" RSP(4) FAILURE,
                              .ended = too_many_rounds});
}

static void untrusted(struct pair *p, enum pair_side i, enum pair_side r)
{
    tls_version = TLS_1_3;
    tls_fragment = 2000;
    tls(p, i, r);
    p->end[i].policy.eap.tls.anchors[0] = tls_other_root;
}

static bool tls_failed(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_is_empty(p) && p->end[r].ends[WHY_EAP_TLS] == 1 &&
           p->end[i].ends[WHY_EAP_TLS] + p->end[i].ends[WHY_NO_ANSWER] == 1;
}

static void test_a_server_certificate_nobody_vouches_for_ends_it(void)
{
    flow_check(&(struct flow){.prepare = untrusted,
                              .trace = INIT_ASK RSP_1 "req TLS)}\n" REQ(2) "TLS)}\n" RSP(
                                  2) "req TLS)}\n" REQ(3) "TLS)}\n" RSP(3) FAILURE,
                              .ended = tls_failed});
}

/* RFC 7296 2.21.2: where TLS cannot go on at the initiator, there is no packet of EAP that would
 * say so; the responder is told that it failed. */
static void test_an_initiator_whose_tls_cannot_go_on_says_so(void)
{
    static struct pair p;
    bool found = false;
    tls_version = TLS_1_2;
    tls_fragment = 2000;
    for (int fault = 0; fault < 200 && !found; fault++) {
        pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE,
                                            .faults = true});
        tls(&p, A, B);
        faults_arm(fault);
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(1000000000));
        found = p.end[A].ends[WHY_EAP_TLS] > 0 && strstr(p.trace, "EAP(failure)") == NULL;
        EXPECT(!found || strstr(p.trace, "SK{N(AUTHENTICATION_FAILED)}") != NULL);
        faults_arm(-1);
        pair_close(&p);
    }
    EXPECT(found);
}

/* ---- policies that do not fit ---- */

static void initiator_only(struct pair *p, enum pair_side i, enum pair_side r)
{
    md5(p, i, r);
    p->end[r].policy.eap.method_count = 0;
}

static void responder_only(struct pair *p, enum pair_side i, enum pair_side r)
{
    md5(p, i, r);
    p->end[i].policy.eap.method_count = 0;
}

static bool refused_method(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_is_empty(p) && p->end[r].ends[WHY_AUTH_METHOD] == 1;
}

#define ARROW_NO_AUTH "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n"

static void test_who_asks_for_eap_where_none_is_done_is_refused(void)
{
    flow_check(&(struct flow){
        .prepare = initiator_only, .trace = INIT_ASK ARROW_NO_AUTH, .ended = refused_method});
}

static void test_who_brings_auth_where_eap_is_demanded_is_refused(void)
{
    flow_check(&(struct flow){.prepare = responder_only,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_NO_AUTH,
                              .ended = refused_method});
}

static void wrong_psk(struct pair *p, enum pair_side i, enum pair_side r)
{
    md5(p, i, r);
    p->end[i].policy.psk[0] = 'S';
}

static bool responder_unproven(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    return pair_count(p, i, IKE_UP) == 0 && pair_count(p, r, IKE_UP) == 0 &&
           p->end[i].ends[WHY_AUTHENTICATION] == 1 && p->end[i].engine->eaps.used == 0;
}

static void test_a_responder_that_proves_nothing_hears_no_password(void)
{
    flow_check(&(struct flow){.prepare = wrong_psk,
                              .trace = INIT_ASK RSP_1
                              "req MD5)}\n"
                              "A>B  INFORMATIONAL   req 2  SK{N(AUTHENTICATION_FAILED)}\n"
                              "B>A  INFORMATIONAL   rsp 2  SK{}\n",
                              .ended = responder_unproven});
}

static void other_nets(struct pair *p, enum pair_side i, enum pair_side r)
{
    md5(p, i, r);
    p->end[r].policy.child[0].local[0].from.ip[0] = 99;
}

static bool ike_sa_alone(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 0) && pair_count(p, i, IKE_CHILD_FAILED) == 1 &&
           p->end[r].ends[WHY_TS_UNACCEPTABLE] == 1;
}

static void test_without_a_child_the_ike_sa_stays(void)
{
    flow_check(&(struct flow){
        .prepare = other_nets,
        .trace = INIT_ASK RSP_1 "req MD5)}\n" REQ(2) "MD5)}\n" RSP(2)
            SUCCESS PROVE(3) "B>A  IKE_AUTH        rsp 3  SK{AUTH N(TS_UNACCEPTABLE)}\n",
        .ended = ike_sa_alone});
}

/* ---- RFC 5998 ---- */

static void eap_only(struct pair *p, enum pair_side i, enum pair_side r)
{
    mschapv2(p, i, r);
    p->end[i].policy.eap_only = p->end[r].policy.eap_only = true;
    p->end[i].policy.psk[0] = 'x'; /* nobody looks at it */
}

#define ASK_ONLY "A>B  IKE_AUTH        req 1  SK{IDi N(EAP_ONLY_AUTHENTICATION) SAi2 TSi TSr}\n"
#define MSCHAPV2_FROM_2 \
    REQ(2)              \
    "MSCHAPv2)}\n" RSP(2) "req MSCHAPv2)}\n" REQ(3) "MSCHAPv2)}\n" RSP(3) SUCCESS PROVE(4) GRANT(4)

static void test_eap_alone_authenticates_both(void)
{
    flow_check(
        &(struct flow){.prepare = eap_only,
                       .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASK_ONLY
                       "B>A  IKE_AUTH        rsp 1  SK{IDr EAP(req MSCHAPv2)}\n" MSCHAPV2_FROM_2,
                       .ended = both_up});
}

static void eap_only_one_sided(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    mschapv2(p, i, r);
    p->end[i].policy.eap_only = true;
}

static void test_a_responder_that_does_not_go_alone_proves_itself_too(void)
{
    flow_check(&(struct flow){.prepare = eap_only_one_sided,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASK_ONLY RSP_1
                              "req MSCHAPv2)}\n" MSCHAPV2_FROM_2,
                              .ended = both_up});
}

static void eap_only_md5(struct pair *p, enum pair_side i, enum pair_side r)
{
    md5(p, i, r);
    p->end[i].policy.eap_only = p->end[r].policy.eap_only = true;
}

static void test_a_method_that_is_not_mutual_never_goes_alone(void)
{
    flow_check(&(struct flow){.prepare = eap_only_md5,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASK_ONLY RSP_1
                              "req MD5)}\n" REQ(2) "MD5)}\n" RSP(2) SUCCESS PROVE(3) GRANT(3),
                              .ended = both_up});
}

/* ---- half-open ---- */

static bool silent_after_two(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len,
                             int number)
{
    (void)p;
    (void)from;
    (void)bytes;
    (void)len;
    return number < 5;
}

static void test_an_initiator_that_falls_silent_is_half_open_until_its_time_is_over(void)
{
    static struct pair p;
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    mschapv2(&p, A, B);
    p.end[B].config.half_open.per_address = 5;
    p.touch = silent_after_two;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT_EQ(p.end[B].engine->eaps.used, 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_run_for(&p, UINT64_C(40000000000));
    EXPECT_EQ(p.end[B].ends[WHY_HALF_OPEN_EXPIRED], 1);
    pair_run(&p);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_engines_closed_in_the_middle_leave_nothing(void)
{
    static struct pair p;
    for (int provider = 0; provider < 2; provider++) {
        pair_init(&p, (struct pair_options){.provider = (enum pair_provider)provider,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE});
        tls_version = TLS_1_3;
        tls_fragment = 400;
        tls(&p, A, B);
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(100000000));
        EXPECT(p.end[A].engine->eaps.used == 1 && p.end[B].engine->eaps.used == 1);
        pair_close(&p);
    }
}

/* ---- a responder that proves nothing ---- */

static struct pair alone;

static void begin_alone(void (*prepare)(struct pair *p, enum pair_side i, enum pair_side r))
{
    pair_init(&alone, (struct pair_options){.provider = PAIR_MODELLED,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE});
    prepare(&alone, A, B);
    pair_open(&alone);
}

static void leave_out_auth(void)
{
    mangle_drop(PAYLOAD_AUTH);
}

/* RFC 5998 3: "MUST abort the protocol immediately", before a password is told to anyone. */
static void test_a_one_sided_method_of_a_responder_without_auth_is_not_begun(void)
{
    begin_alone(gtc);
    alone.end[A].policy.eap_only = true;
    mangle_edit(&alone, 3, leave_out_auth);
    (void)pair_connect(&alone);
    pair_run(&alone);
    EXPECT(mangle_done());
    EXPECT_STR(alone.trace, ARROW_INIT_REQ ARROW_INIT_RSP ASK_ONLY
               "B>A  IKE_AUTH        rsp 1  SK{IDr EAP(req GTC)}\n"
               "A>B  INFORMATIONAL   req 2  SK{N(AUTHENTICATION_FAILED)}\n"
               "B>A  INFORMATIONAL   rsp 2  SK{}\n");
    EXPECT_EQ(alone.end[A].ends[WHY_AUTH_METHOD], 1);
    EXPECT(pair_is_empty(&alone));
    pair_close(&alone);
}

/* RFC 7619 2.1: with EAP "the responder MUST NOT use the NULL Authentication method". */
static void test_a_responder_beside_eap_never_uses_the_null_method(void)
{
    begin_alone(md5);
    alone.end[B].policy.proof = PROOF_NULL;
    alone.end[A].policy.accepts = 1 << PROOF_NULL;
    (void)pair_connect(&alone);
    pair_run(&alone);
    EXPECT_STR(alone.trace, INIT_ASK ARROW_NO_AUTH);
    EXPECT_EQ(alone.end[B].ends[WHY_AUTH_METHOD], 1);
    pair_close(&alone);
}

static void say_null(void)
{
    size_t len = 0;
    uint8_t *const auth = mangle_body(PAYLOAD_AUTH, &len);
    EXPECT(auth != NULL);
    auth[0] = AUTH_NULL;
}

static void test_an_initiator_takes_no_null_method_beside_eap(void)
{
    begin_alone(md5);
    alone.end[A].policy.accepts = 1 << PROOF_NULL | 1 << PROOF_PSK;
    mangle_edit(&alone, 3, say_null);
    (void)pair_connect(&alone);
    pair_run(&alone);
    EXPECT_EQ(alone.end[A].ends[WHY_AUTH_METHOD], 1);
    pair_close(&alone);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_md5_takes_four_exchanges),
        TEST(test_gtc_takes_four_exchanges),
        TEST(test_mschapv2_takes_five_exchanges),
        TEST(test_mschapv2_with_identity_takes_six_exchanges),
        TEST(test_each_packet_waits_for_a_remote_server),
        TEST(test_a_remote_server_that_is_silent_lets_nobody_in),
        TEST(test_tls_takes_as_many_exchanges_as_it_has_pieces),
        TEST(test_ttls_takes_as_many_exchanges_as_it_has_pieces),
        TEST(test_eap_within_ttls_takes_the_exchanges_of_its_method),
        TEST(test_a_wrong_password_is_answered_with_failure),
        TEST(test_another_user_is_answered_with_failure),
        TEST(test_a_method_not_wanted_is_refused_with_nak_and_another_follows),
        TEST(test_no_method_in_common_is_answered_with_failure),
        TEST(test_too_many_rounds_are_answered_with_failure),
        TEST(test_a_server_certificate_nobody_vouches_for_ends_it),
        TEST(test_an_initiator_whose_tls_cannot_go_on_says_so),
        TEST(test_who_asks_for_eap_where_none_is_done_is_refused),
        TEST(test_who_brings_auth_where_eap_is_demanded_is_refused),
        TEST(test_a_responder_that_proves_nothing_hears_no_password),
        TEST(test_without_a_child_the_ike_sa_stays),
        TEST(test_eap_alone_authenticates_both),
        TEST(test_a_responder_that_does_not_go_alone_proves_itself_too),
        TEST(test_a_method_that_is_not_mutual_never_goes_alone),
        TEST(test_an_initiator_that_falls_silent_is_half_open_until_its_time_is_over),
        TEST(test_engines_closed_in_the_middle_leave_nothing),
        TEST(test_a_one_sided_method_of_a_responder_without_auth_is_not_begun),
        TEST(test_a_responder_beside_eap_never_uses_the_null_method),
        TEST(test_an_initiator_takes_no_null_method_beside_eap),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
