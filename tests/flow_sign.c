/* SPDX-License-Identifier: MIT
 * IKE_AUTH with signatures as arrows: each kind of key and scheme, chains, each
 * side its own method, beside EAP (RFC 7296 2.15, 2.16; RFC 4754; RFC 7427;
 * RFC 7619; RFC 8420; RFC 9593). What is refused is in flow_cert.c. */
#include "ike/engine.h"
#include "ike/v2/describe.h"
#include "tests/mangle.h"
#include "tests/signing.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

/* ---- what works ---- */

static void check_type(uint8_t type)
{
    plan_both(type);
    flow_check(&(struct flow){.prepare = prepare, .trace = ARROWS, .ended = both_up});
}

static void test_rsa_keys_authenticate_both_sides(void)
{
    check_type(KEY_TYPE_RSA2048);
    check_type(KEY_TYPE_RSA3072);
    check_type(KEY_TYPE_RSA4096);
}

static void test_elliptic_keys_authenticate_both_sides(void)
{
    for (uint8_t type = KEY_TYPE_ECDSA256; type < KEY_TYPE_COUNT; type++)
        check_type(type);
}

static void test_every_scheme_of_digital_signature_is_understood(void)
{
    for (size_t i = 0; i < ike_scheme_count; i++) {
        const struct ike_scheme *const scheme = &ike_schemes[i];
        if (scheme->never_signs || scheme->method != 14)
            continue;
        plan_both(ike_key_type_of((enum ike_key_kind)scheme->kind, 2048));
        plan[0].scheme = plan[1].scheme = scheme->name;
        flow_check(&(struct flow){.prepare = prepare, .trace = ARROWS, .ended = both_up});
    }
}

static void test_the_old_methods_are_used_when_wished(void)
{
    static const uint8_t types[] = {KEY_TYPE_RSA2048, KEY_TYPE_ECDSA256, KEY_TYPE_ECDSA384,
                                    KEY_TYPE_ECDSA521};
    for (size_t i = 0; i < sizeof types; i++) {
        plan_both(types[i]);
        plan[0].old = plan[1].old = true;
        flow_check(&(struct flow){.prepare = prepare, .trace = ARROWS, .ended = both_up});
    }
}

static uint8_t method;

static void look_at_method(void)
{
    size_t len = 0;
    const uint8_t *const body = mangle_body(PAYLOAD_AUTH, &len);
    EXPECT(body != NULL && len > 4);
    method = body != NULL ? body[0] : 0;
}

/* RFC 7296 3.8, RFC 4754 3, RFC 7427 3 */
static void test_each_method_has_its_number_on_the_wire(void)
{
    static const struct {
        uint8_t type, method;
        bool old;
    } rows[] = {{KEY_TYPE_RSA2048, 1, true},   {KEY_TYPE_ECDSA256, 9, true},
                {KEY_TYPE_ECDSA384, 10, true}, {KEY_TYPE_ECDSA521, 11, true},
                {KEY_TYPE_RSA2048, 14, false}, {KEY_TYPE_ED25519, 14, false}};
    static struct pair p;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        plan_both(rows[i].type);
        plan[0].old = plan[1].old = rows[i].old;
        pair_init(&p, (struct pair_options){
                          .provider = PAIR_MODELLED, .lose = PAIR_NONE, .twice = PAIR_NONE});
        prepare(&p, A, B);
        pair_open(&p);
        mangle_edit(&p, 2, look_at_method);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT(pair_agrees(&p, 1));
        EXPECT_EQ(method, rows[i].method);
        pair_close(&p);
    }
}

static void test_each_side_may_have_its_own_kind_of_key(void)
{
    plan_both(KEY_TYPE_RSA2048);
    plan[1].type = KEY_TYPE_ED25519;
    plan[0].root_type = KEY_TYPE_ECDSA384;
    flow_check(&(struct flow){.prepare = prepare, .trace = ARROWS, .ended = both_up});
}

static void test_chains_of_up_to_four_intermediates_are_followed(void)
{
    static const char *const certs[] = {"CERT", "CERT CERT", "CERT CERT CERT",
                                        "CERT CERT CERT CERT", "CERT CERT CERT CERT CERT"};
    static char trace[1024];
    for (uint8_t links = 0; links <= 4; links++) {
        plan_both(KEY_TYPE_ECDSA256);
        plan[0].links = plan[1].links = links;
        (void)snprintf(trace, sizeof trace,
                       INIT_REQ INIT_RSP
                       "A>B  IKE_AUTH        req 1  SK{IDi %s CERTREQ AUTH SAi2 TSi TSr}\n"
                       "B>A  IKE_AUTH        rsp 1  SK{IDr %s AUTH SAr2 TSi TSr}\n",
                       certs[links], certs[links]);
        flow_check(&(struct flow){.prepare = prepare, .trace = trace, .ended = both_up});
    }
}

static void test_a_key_on_one_side_and_a_signature_on_the_other(void)
{
    plan_both(KEY_TYPE_ECDSA256);
    plan[0].proof = PROOF_PSK;
    plan[1].accepts = BY_KEY;
    flow_check(
        &(struct flow){.prepare = prepare,
                       .trace = INIT_REQ
                       "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D HASHES "\n"
                       "A>B  IKE_AUTH        req 1  SK{IDi CERTREQ AUTH SAi2 TSi TSr}\n" AUTH_RSP,
                       .ended = both_up});
    plan_both(KEY_TYPE_ECDSA256);
    plan[1].proof = PROOF_PSK;
    plan[0].accepts = BY_KEY;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi CERT AUTH SAi2 TSi TSr}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n",
                              .ended = both_up});
}

static void nameless(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    prepare(p, i, r);
    p->end[i].policy.local_id = (struct ike_id){.type = 0};
    p->end[i].policy.initial_contact = true;
}

static bool up_without_name(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_agrees(p, 1) && p->end[r].ends[WHY_INITIAL_CONTACT] == 0;
}

static void test_nobody_in_particular_is_served_where_that_is_allowed(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[0].proof = PROOF_NULL;
    plan[1].accepts = BY_NOTHING | BY_SIGNATURE;
    flow_check(&(struct flow){.prepare = nameless,
                              .trace = INIT_REQ INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi N(INITIAL_CONTACT) CERTREQ AUTH "
                              "SAi2 TSi TSr}\n" AUTH_RSP,
                              .ended = up_without_name});
}

static void test_methods_are_announced_when_wished(void)
{
    plan_both(KEY_TYPE_RSA2048);
    plan[0].tells = plan[1].tells = true;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ
                              "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " CERTREQ" HASHES
                              " N(SUPPORTED_AUTH_METHODS)\n"
                              "A>B  IKE_AUTH        req 1  SK{IDi CERT CERTREQ "
                              "N(SUPPORTED_AUTH_METHODS) AUTH SAi2 TSi TSr}\n" AUTH_RSP,
                              .ended = both_up});
}

/* ---- beside EAP (RFC 7296 2.16) ---- */

static void eap_and_certificate(struct pair *p, enum pair_side i, enum pair_side r)
{
    prepare(p, i, r);
    for (int side = 0; side < 2; side++) {
        struct ike_eap_config *const eap = &p->end[side].policy.eap;
        eap->methods[0] = EAP_MSCHAPV2;
        eap->method_count = 1;
        eap->user_len = 4;
        eap->password_len = 4;
        memcpy(eap->user, "user", 4);
        memcpy(eap->password, "pass", 4);
    }
}

#define EAP_ROUNDS                                        \
    "A>B  IKE_AUTH        req 2  SK{EAP(rsp MSCHAPv2)}\n" \
    "B>A  IKE_AUTH        rsp 2  SK{EAP(req MSCHAPv2)}\n" \
    "A>B  IKE_AUTH        req 3  SK{EAP(rsp MSCHAPv2)}\n" \
    "B>A  IKE_AUTH        rsp 3  SK{EAP(success)}\n"      \
    "A>B  IKE_AUTH        req 4  SK{AUTH}\n"              \
    "B>A  IKE_AUTH        rsp 4  SK{AUTH SAr2 TSi TSr}\n"

static void plan_eap(void)
{
    plan_both(KEY_TYPE_RSA2048);
    plan[0].proof = PROOF_PSK;
    plan[1].accepts = BY_KEY;
}

static void test_eap_for_the_initiator_and_a_certificate_for_the_responder(void)
{
    plan_eap();
    flow_check(&(struct flow){
        .prepare = eap_and_certificate,
        .trace =
            INIT_REQ "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D HASHES "\n"
                     "A>B  IKE_AUTH        req 1  SK{IDi CERTREQ SAi2 TSi TSr}\n"
                     "B>A  IKE_AUTH        rsp 1  SK{IDr CERT AUTH EAP(req MSCHAPv2)}\n" EAP_ROUNDS,
        .ended = both_up});
    plan[0].looks_up = plan[1].urls = true; /* it is held in the midst of that */
    flow_check(&(struct flow){
        .prepare = eap_and_certificate,
        .trace =
            INIT_REQ "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D HASHES "\n"
                     "A>B  IKE_AUTH        req 1  SK{IDi CERTREQ "
                     "N(HTTP_CERT_LOOKUP_SUPPORTED) SAi2 TSi TSr}\n"
                     "B>A  IKE_AUTH        rsp 1  SK{IDr CERT AUTH EAP(req MSCHAPv2)}\n" EAP_ROUNDS,
        .ended = both_up});
}

static void test_a_responder_beside_eap_is_judged_as_strictly(void)
{
    static struct pair p;
    plan_eap();
    plan[1].other_root = true;
    pair_init(
        &p, (struct pair_options){.provider = PAIR_OPENSSL, .lose = PAIR_NONE, .twice = PAIR_NONE});
    eap_and_certificate(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(p.end[A].ends[WHY_CERT_UNTRUSTED], 1);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 0);
    pair_close(&p);
}

/* ---- what was announced is heeded (RFC 9593 3) ---- */

static char told[2][32]; /* scheme each side signed with */

static bool look_into(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    static char text[IKE_DETAILS_TEXT];
    const struct ike_bytes message = {.at = bytes, .len = *len};
    (void)number;
    (void)ike_describe_details(message, false, p->has_keys ? &p->keys : NULL, p->end[from].crypto,
                               text);
    const char *const at = strstr(text, "AUTH  method 14 (");
    if (at != NULL)
        (void)snprintf(told[from], sizeof told[from], "%.*s", (int)strcspn(at + 17, ")"), at + 17);
    return true;
}

static void check_schemes(const char *initiator, const char *responder)
{
    static struct pair p;
    pair_init(
        &p, (struct pair_options){.provider = PAIR_OPENSSL, .lose = PAIR_NONE, .twice = PAIR_NONE});
    prepare(&p, A, B);
    p.touch = look_into;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_STR(told[A], initiator);
    EXPECT_STR(told[B], responder);
    pair_close(&p);
}

static void test_each_signs_with_what_the_other_takes(void)
{
    plan_both(KEY_TYPE_RSA2048);
    check_schemes("rsa-pss-sha256", "rsa-pss-sha256");
    plan[0].hashes = 1 << HASH_SHA512; /* the responder must, the initiator need not */
    check_schemes("rsa-pss-sha256", "rsa-pss-sha512");
    plan[1].hashes = 1 << HASH_SHA384;
    check_schemes("rsa-pss-sha384", "rsa-pss-sha512");
    plan_both(KEY_TYPE_ECDSA384); /* the hash that goes with the key comes first */
    check_schemes("ecdsa-sha384", "ecdsa-sha384");
    plan[0].tells = plan[1].tells = true;
    check_schemes("ecdsa-sha384", "ecdsa-sha384");
}

static int announced;

/* Each begins with its length, which counts itself (RFC 9593 3.2). */
static void count_announced(void)
{
    size_t len = 0;
    const uint8_t *const body = mangle_body(PAYLOAD_NOTIFY, &len);
    EXPECT(body != NULL && (body[2] << 8 | body[3]) == N_SUPPORTED_AUTH_METHODS);
    announced = 0;
    for (size_t at = 4; body != NULL && at < len && body[at] > 0; at += body[at])
        announced++;
}

/* RFC 8247 3.2: nobody is asked for SHA-1; and of two ways to write an identifier one is named. */
static void test_what_is_never_made_is_not_announced_either(void)
{
    static struct pair p;
    plan_both(KEY_TYPE_RSA2048);
    plan[0].tells = true;
    plan[0].hashes = 1 << HASH_SHA1 | 1 << HASH_SHA256 | 1 << HASH_SHA384 | 1 << HASH_SHA512;
    pair_init(
        &p, (struct pair_options){.provider = PAIR_OPENSSL, .lose = PAIR_NONE, .twice = PAIR_NONE});
    prepare(&p, A, B);
    pair_open(&p);
    mangle_edit(&p, 2, count_announced);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(announced, 3 + 3 + 3 + 1 + 3); /* PSS, PKCS #1, ECDSA; the old of RSA and ECDSA */
    pair_close(&p);
}

static uint8_t announced_first, announced_last;

static void announce_lengths(void)
{
    size_t len = 0;
    uint8_t *const body = mangle_body(PAYLOAD_NOTIFY, &len);
    size_t last = 4;
    EXPECT(body != NULL && (body[2] << 8 | body[3]) == N_SUPPORTED_AUTH_METHODS);
    for (size_t at = 4; body != NULL && at < len && body[at] > 0; at += body[at])
        last = at;
    if (body == NULL)
        return;
    body[last] = announced_last;
    body[4] = announced_first;
}

/* They are hints: who cannot read them signs as if there were none. */
static void test_announcements_of_any_length_are_survived(void)
{
    static struct pair p;
    static const uint8_t lengths[][2] = {{0, 3},  {1, 3},  {2, 3},   {255, 3},
                                         {18, 0}, {18, 1}, {18, 255}};
    plan_both(KEY_TYPE_RSA2048);
    plan[0].tells = true;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        announced_first = lengths[i][0];
        announced_last = lengths[i][1];
        pair_init(&p, (struct pair_options){
                          .provider = PAIR_OPENSSL, .lose = PAIR_NONE, .twice = PAIR_NONE});
        prepare(&p, A, B);
        pair_open(&p);
        mangle_edit(&p, 2, announce_lengths);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_rsa_keys_authenticate_both_sides),
        TEST(test_elliptic_keys_authenticate_both_sides),
        TEST(test_every_scheme_of_digital_signature_is_understood),
        TEST(test_the_old_methods_are_used_when_wished),
        TEST(test_each_method_has_its_number_on_the_wire),
        TEST(test_each_side_may_have_its_own_kind_of_key),
        TEST(test_chains_of_up_to_four_intermediates_are_followed),
        TEST(test_a_key_on_one_side_and_a_signature_on_the_other),
        TEST(test_nobody_in_particular_is_served_where_that_is_allowed),
        TEST(test_methods_are_announced_when_wished),
        TEST(test_eap_for_the_initiator_and_a_certificate_for_the_responder),
        TEST(test_a_responder_beside_eap_is_judged_as_strictly),
        TEST(test_each_signs_with_what_the_other_takes),
        TEST(test_what_is_never_made_is_not_announced_either),
        TEST(test_announcements_of_any_length_are_survived),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
