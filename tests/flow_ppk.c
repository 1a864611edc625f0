/* SPDX-License-Identifier: MIT
 * Post-quantum pre-shared keys as arrows (RFC 8784): every row of its Table 1,
 * with keys, signatures being the same to it, and with EAP; and what is mixed. */
#include "ike/engine.h"
#include "ike/v2/keymat.h"
#include "tests/flow.h"
#include "tests/mangle.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#define USE      " N(USE_PPK)\n"
#define INIT_REQ "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D USE
#define INIT_RSP "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D USE
#define CHILD    " SAi2 TSi TSr}\n"
#define REQ_BOTH "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(PPK_IDENTITY) N(NO_PPK_AUTH)" CHILD
#define REQ_ONLY "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(PPK_IDENTITY)" CHILD
#define RSP_PPK  "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(PPK_IDENTITY) SAr2 TSi TSr}\n"
#define FAILED   "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n"

enum use { NONE, OPTIONAL, REQUIRED };

static struct pair p;

static void has(struct pair_end *end, enum use use, const char *id, const char *key)
{
    struct ike_policy *const policy = &end->policy;
    policy->ppk_required = use == REQUIRED;
    policy->ppk_count = use == NONE ? 0 : 2;
    for (int i = 0; i < 2; i++)
        policy->ppk[i] =
            (struct ike_ppk){.id = "another", .id_len = 7, .key = "another key", .key_len = 11};
    policy->ppk[0].id_len = (uint8_t)strlen(id);
    memcpy(policy->ppk[0].id, id, strlen(id));
    policy->ppk[0].key_len = (uint8_t)strlen(key);
    memcpy(policy->ppk[0].key, key, strlen(key));
}

/* ---- Table 1 ---- */

struct row {
    enum use i, r;
    const char *id; /* the responder's */
    const char *trace;
    enum ike_why why; /* at the responder, or the initiator when `ours` */
    bool ours;
};
static const struct row *row;

static void as_row(struct pair *pair, enum pair_side i, enum pair_side r)
{
    has(&pair->end[i], row->i, "the key", "0123456789abcdef0123456789abcdef");
    has(&pair->end[r], row->r, row->id, "0123456789abcdef0123456789abcdef");
    if (row->r != NONE) { /* the one asked for is not the first it has */
        const struct ike_ppk first = pair->end[r].policy.ppk[0];
        pair->end[r].policy.ppk[0] = pair->end[r].policy.ppk[1];
        pair->end[r].policy.ppk[1] = first;
    }
}

static bool as_wanted(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    const struct pair_end *const end = &pair->end[row->ours ? i : r];
    if (row->why == WHY_OK)
        return pair_agrees(pair, 1);
    return pair_is_empty(pair) && end->reasons[row->why] >= 1;
}

static void test_table_1_of_rfc_8784(void)
{
    static const struct row rows[] = {
        {NONE, NONE, "the key", ARROWS_PLAIN, WHY_OK, false},
        {NONE, OPTIONAL, "the key", ARROWS_PLAIN, WHY_OK, false},
        {NONE, REQUIRED, "the key", ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ FAILED,
         WHY_PPK_UNUSED, false},
        {OPTIONAL, NONE, "the key", INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP, WHY_OK,
         false},
        {OPTIONAL, OPTIONAL, "the key", INIT_REQ INIT_RSP REQ_BOTH RSP_PPK, WHY_OK, false},
        {OPTIONAL, REQUIRED, "the key", INIT_REQ INIT_RSP REQ_BOTH RSP_PPK, WHY_OK, false},
        {REQUIRED, OPTIONAL, "the key", INIT_REQ INIT_RSP REQ_ONLY RSP_PPK, WHY_OK, false},
        {REQUIRED, REQUIRED, "the key", INIT_REQ INIT_RSP REQ_ONLY RSP_PPK, WHY_OK, false},
        {OPTIONAL, OPTIONAL, "other", INIT_REQ INIT_RSP REQ_BOTH ARROW_AUTH_RSP, WHY_OK, false},
        {OPTIONAL, REQUIRED, "other", INIT_REQ INIT_RSP REQ_BOTH FAILED, WHY_PPK_UNKNOWN, false},
        {REQUIRED, OPTIONAL, "other", INIT_REQ INIT_RSP REQ_ONLY FAILED, WHY_PPK_UNKNOWN, false},
        {REQUIRED, REQUIRED, "other", INIT_REQ INIT_RSP REQ_ONLY FAILED, WHY_PPK_UNKNOWN, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        row = &rows[i];
        flow_check(&(struct flow){.prepare = as_row,
                                  .trace = row->trace,
                                  .settle_ns = UINT64_C(40000000000),
                                  .ended = as_wanted});
    }
}

static void begin(enum use i, enum use r, const char *key)
{
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    has(&p.end[A], i, "the key", "0123456789abcdef0123456789abcdef");
    has(&p.end[B], r, "the key", key);
    p.end[A].config.retransmit.sends = 2;
}

static void run(void)
{
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
}

/* RFC 8784 3: the attempt is given up; in the clear nobody is believed at once. */
static void test_a_responder_without_the_key_that_is_required_gets_no_ike_auth(void)
{
    begin(REQUIRED, NONE, "");
    run();
    EXPECT(p.end[A].reasons[WHY_PPK_UNUSED] >= 1);
    EXPECT(strstr(p.trace, "IKE_AUTH") == NULL);
    EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 1);
    pair_run_for(&p, UINT64_C(60000000000));
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_the_same_name_with_another_key_authenticates_nobody(void)
{
    begin(OPTIONAL, OPTIONAL, "0123456789abcdef0123456789abcdeF");
    run();
    EXPECT_EQ(p.end[B].reasons[WHY_AUTHENTICATION], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* ---- what one end leaves out ---- */

/* B's policy loses its key when IKE_AUTH is answered: the answer lacks N(PPK_IDENTITY). */
static bool forget_key(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                       int number)
{
    (void)bytes;
    (void)len;
    if (from == A && number == 2)
        pair->end[B].policy.ppk[0].id[0] = 'x';
    return true;
}

static bool require_late(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                         int number)
{
    (void)forget_key(pair, from, bytes, len, number);
    if (from == A && number == 2)
        pair->end[A].policy.ppk_required = true;
    return true;
}

static void test_an_initiator_that_requires_it_takes_no_answer_without(void)
{
    begin(OPTIONAL, OPTIONAL, "0123456789abcdef0123456789abcdef");
    p.touch = require_late;
    run();
    EXPECT_EQ(p.end[A].reasons[WHY_PPK_UNUSED], 1);
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 2  SK{N(AUTHENTICATION_FAILED)}") != NULL);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* A has said USE_PPK and then names none. */
static bool name_none(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)bytes;
    (void)len;
    if (from == B && number == 1)
        pair->end[A].policy.ppk_count = 0;
    return true;
}

static void test_who_agreed_to_use_one_must_name_it(void)
{
    begin(OPTIONAL, OPTIONAL, "0123456789abcdef0123456789abcdef");
    p.touch = name_none;
    run();
    EXPECT_EQ(p.end[B].reasons[WHY_PPK_IDENTITY], 1);
    EXPECT(strstr(p.trace, "rsp 1  SK{N(AUTHENTICATION_FAILED)}") != NULL);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* ---- what is mixed ---- */

static uint8_t plain[7][IKE_KEY_MAX];

static void copy_keys(const struct ike_sa_keys *k, uint8_t out[7][IKE_KEY_MAX])
{
    const struct ike_bytes all[] = {k->sk_d,  k->sk_pi, k->sk_pr, k->sk_ai,
                                    k->sk_ar, k->sk_ei, k->sk_er};
    for (size_t i = 0; i < 7; i++)
        if (all[i].len > 0)
            memcpy(out[i], all[i].at, all[i].len);
}

/*  SK_d = prf (PPK, SK_d' | 0x01), …   RFC 8784 3, where the PRF's output is as long as its key */
static void test_sk_d_sk_pi_and_sk_pr_are_mixed_and_no_other(void)
{
    static const uint8_t one[] = {1};
    const struct ike_bytes ppk = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};
    uint8_t mixed[7][IKE_KEY_MAX] = {{0}};
    uint8_t out[IKE_PRF_MAX];
    struct ike_sa_keys keys;
    begin(OPTIONAL, OPTIONAL, "0123456789abcdef0123456789abcdef");
    run();
    copy_keys(&p.all_keys[0].keys, plain); /* of IKE_SA_INIT */
    for (int side = A; side <= B; side++) {
        EXPECT(ike_sa_keys(p.end[side].engine, p.end[side].sa, &keys));
        copy_keys(&keys, mixed);
        for (size_t i = 0; i < 3; i++) {
            const struct ike_bytes parts[] = {{plain[i], 32}, {one, 1}};
            p.end[A].crypto->ops->prf(p.end[A].crypto, &ike_algos[ALGO_PRFSHA256], ppk, parts, 2,
                                      out);
            EXPECT(memcmp(out, mixed[i], 32) == 0);
            EXPECT(memcmp(plain[i], mixed[i], 32) != 0);
        }
        EXPECT(memcmp(plain[3], mixed[3], 4 * IKE_KEY_MAX) == 0);
    }
    pair_close(&p);
}

static void rekey(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
}

static void with_key(struct pair *pair, enum pair_side i, enum pair_side r)
{
    static const struct row plain_row = {OPTIONAL, OPTIONAL, "the key", "", WHY_OK, false};
    row = &plain_row;
    as_row(pair, i, r);
}

static void test_rekeying_mixes_nothing_in(void)
{
    flow_check(&(struct flow){.prepare = with_key,
                              .act = rekey,
                              .trace = INIT_REQ INIT_RSP REQ_BOTH RSP_PPK
                              "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi}\n"
                              "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr}\n"
                              "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n"
                              "B>A  INFORMATIONAL   rsp 3  SK{}\n",
                              .settle_ns = UINT64_C(40000000000),
                              .ended = as_wanted});
}

/* ---- with EAP, and after IKE_INTERMEDIATE ---- */

static void with_eap(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_key(pair, i, r);
    for (int side = A; side <= B; side++) {
        struct ike_eap_config *const eap = &pair->end[side].policy.eap;
        eap->methods[0] = EAP_MSCHAPV2;
        eap->method_count = 1;
        memcpy(eap->user, "User", 4);
        eap->user_len = 4;
        memcpy(eap->password, "clientPass", 10);
        eap->password_len = 10;
    }
}

static void test_with_eap_it_is_named_beside_the_last_auth(void)
{
    flow_check(&(struct flow){.prepare = with_eap,
                              .trace = INIT_REQ INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi SAi2 TSi TSr}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH EAP(req MSCHAPv2)}\n"
                              "A>B  IKE_AUTH        req 2  SK{EAP(rsp MSCHAPv2)}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{EAP(req MSCHAPv2)}\n"
                              "A>B  IKE_AUTH        req 3  SK{EAP(rsp MSCHAPv2)}\n"
                              "B>A  IKE_AUTH        rsp 3  SK{EAP(success)}\n"
                              "A>B  IKE_AUTH        req 4  SK{AUTH N(PPK_IDENTITY) "
                              "N(NO_PPK_AUTH)}\n"
                              "B>A  IKE_AUTH        rsp 4  SK{AUTH N(PPK_IDENTITY) SAr2 TSi "
                              "TSr}\n",
                              .ended = as_wanted});
}

static void with_more(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_key(pair, i, r);
    for (int side = A; side <= B; side++)
        pair_offer(pair, (enum pair_side)side, "aes256gcm16-prfsha512-x25519-ke1_ecp256",
                   "aes256gcm16");
}

#define MORE " N(INTERMEDIATE_EXCHANGE_SUPPORTED)"
static void test_after_more_key_exchanges_their_keys_are_mixed(void)
{
    flow_check(&(struct flow){
        .prepare = with_more,
        .trace = "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D MORE USE
                 "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " N(USE_PPK)" MORE "\n"
                 "A>B  IKE_INTERMEDIATE req 1  SK{KEi}\n"
                 "B>A  IKE_INTERMEDIATE rsp 1  SK{KEr}\n"
                 "A>B  IKE_AUTH        req 2  SK{IDi AUTH N(PPK_IDENTITY) N(NO_PPK_AUTH) SAi2 TSi "
                 "TSr}\n"
                 "B>A  IKE_AUTH        rsp 2  SK{IDr AUTH N(PPK_IDENTITY) SAr2 TSi TSr}\n",
        .ended = as_wanted});
}

/* RFC 8784 5.2.3: whoever proves nothing else of itself uses one, or there is no SA. */
static void test_without_authentication_it_is_never_optional(void)
{
    for (int i = 0; i < 4; i++) {
        begin(OPTIONAL, OPTIONAL, "0123456789abcdef0123456789abcdef");
        if (i % 2 == 1)
            p.end[B].policy.ppk[0].id[0] = 'T'; /* none of the name */
        p.end[A].policy.proof = i < 2 ? PROOF_NULL : PROOF_PSK;
        p.end[B].policy.proof = i < 2 ? PROOF_PSK : PROOF_NULL;
        p.end[A].policy.accepts = p.end[B].policy.accepts = 1 << PROOF_NULL | 1 << PROOF_PSK;
        run();
        EXPECT_EQ(strstr(p.trace, "N(NO_PPK_AUTH)") == NULL, i < 2);
        EXPECT_EQ(pair_agrees(&p, 1), i % 2 == 0);
        EXPECT(i % 2 == 0 || pair_is_empty(&p));
        pair_close(&p);
    }
}

static void without_identity(void)
{
    static const uint8_t said[] = {0, 0, N_PPK_IDENTITY >> 8, N_PPK_IDENTITY & 0xff};
    size_t len = 0;
    const uint8_t *const first = mangle_body(PAYLOAD_NOTIFY, &len);
    EXPECT(first != NULL && len == sizeof said && memcmp(first, said, len) == 0);
    mangle_drop(PAYLOAD_NOTIFY);
}

/* The same of a responder that does without: the initiator does not. */
static void test_a_responder_without_authentication_must_use_it(void)
{
    begin(OPTIONAL, OPTIONAL, "0123456789abcdef0123456789abcdef");
    p.end[B].policy.proof = PROOF_NULL;
    p.end[A].policy.accepts = 1 << PROOF_NULL;
    pair_open(&p);
    mangle_edit(&p, 3, without_identity);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(mangle_done());
    EXPECT_EQ(p.end[A].ends[WHY_PPK_UNUSED], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_table_1_of_rfc_8784),
        TEST(test_a_responder_without_the_key_that_is_required_gets_no_ike_auth),
        TEST(test_the_same_name_with_another_key_authenticates_nobody),
        TEST(test_an_initiator_that_requires_it_takes_no_answer_without),
        TEST(test_who_agreed_to_use_one_must_name_it),
        TEST(test_sk_d_sk_pi_and_sk_pr_are_mixed_and_no_other),
        TEST(test_rekeying_mixes_nothing_in),
        TEST(test_with_eap_it_is_named_beside_the_last_auth),
        TEST(test_after_more_key_exchanges_their_keys_are_mixed),
        TEST(test_without_authentication_it_is_never_optional),
        TEST(test_a_responder_without_authentication_must_use_it),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
