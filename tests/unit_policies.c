/* SPDX-License-Identifier: MIT
 * A responder with several policies: which one is for whom, by both identities
 * and by what the initiator shows; and what it asks of certificates in all
 * (RFC 7296 2.15, 3.5, 3.7). */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/signing.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;
static struct ike_policy policies[3]; /* of the responder */

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

static void begin(uint32_t count)
{
    pair_init(&p, plain);
    for (uint32_t i = 0; i < 3; i++)
        policies[i] = p.end[B].policy;
    p.end[B].config.policies = policies;
    p.end[B].config.policy_count = count;
}

static void connect(void)
{
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
}

static const struct ike_policy *chosen(void)
{
    return ike_sa_numbered(p.end[B].engine, p.end[B].sa)->policy;
}

static void test_the_first_for_both_identities_is_taken(void)
{
    begin(3);
    EXPECT(ike_id_from_text("else.test", &policies[0].remote_id));
    EXPECT(ike_id_from_text("a.test", &policies[1].remote_id));
    connect();
    EXPECT(pair_agrees(&p, 1));
    EXPECT(chosen() == &policies[1]);
    pair_close(&p);
}

/* RFC 7296 2.15: IDr says whom the initiator wants to speak to. */
static void test_whom_the_initiator_asks_for_answers(void)
{
    begin(2);
    EXPECT(ike_id_from_text("c.test", &policies[1].local_id));
    EXPECT(ike_id_from_text("c.test", &p.end[A].policy.remote_id));
    connect();
    EXPECT(pair_agrees(&p, 1));
    EXPECT(chosen() == &policies[1]);
    pair_close(&p);
    begin(2);
    EXPECT(ike_id_from_text("nobody.test", &p.end[A].policy.remote_id));
    connect();
    EXPECT_EQ(p.end[B].reasons[WHY_PEER_UNKNOWN], 1);
    EXPECT_EQ(p.end[A].ends[WHY_PEER_REFUSED], 1);
    pair_close(&p);
}

/* The policy that accepts what is shown comes before one that does not, if there is any. */
static void test_what_is_shown_decides_between_policies(void)
{
    begin(3);
    policies[0].accepts = 1 << PROOF_NULL;
    policies[1].accepts = 1 << PROOF_PSK;
    connect();
    EXPECT(pair_agrees(&p, 1));
    EXPECT(chosen() == &policies[1]);
    pair_close(&p);
    begin(2);
    policies[0].accepts = policies[1].accepts = 1 << PROOF_NULL;
    connect();
    EXPECT_EQ(p.end[B].reasons[WHY_AUTH_METHOD], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* Who asks for EAP shows nothing yet: then the first one is taken. */
static void test_who_shows_nothing_gets_the_first(void)
{
    begin(2);
    struct ike_eap_config eap = {.methods = {EAP_MD5}, .method_count = 1};
    eap.password_len = eap.user_len = 4;
    memcpy(eap.user, "user", 4);
    memcpy(eap.password, "pass", 4);
    p.end[A].policy.eap = policies[0].eap = policies[1].eap = eap;
    policies[0].accepts = 1 << PROOF_NULL;
    connect();
    EXPECT(pair_agrees(&p, 1));
    EXPECT(chosen() == &policies[0]);
    pair_close(&p);
}

/* ---- certificates ---- */

static void (*furnish_one)(struct pair *pair, enum pair_side side);
static const struct ike_trust *other_trust; /* of the last of the responder's policies */

static void furnish_all(struct pair *pair, enum pair_side side)
{
    furnish_one(pair, side);
    for (int i = 0; side == B && i < 3; i++)
        policies[i] = pair->end[B].policy;
    if (side == B && other_trust != NULL)
        policies[2].trust = goods[A].trust;
}

static int certreqs(void)
{
    const char *const answer = strstr(p.trace, "B>A  IKE_SA_INIT");
    const char *const end = answer != NULL ? strchr(answer, '\n') : NULL;
    int count = 0;
    for (const char *at = answer; at != NULL && end != NULL; at++) {
        at = strstr(at, "CERTREQ");
        if (at == NULL || at > end)
            break;
        count++;
    }
    return count;
}

/* RFC 7296 3.7: each authority once, whatever number of policies trusts it. */
static void test_the_same_anchors_are_asked_for_once(void)
{
    static const struct ike_trust *const others[] = {NULL, (const void *)&policies};
    for (int i = 0; i < 2; i++) {
        begin(3);
        plan_both(KEY_TYPE_ED25519);
        prepare(&p, A, B);
        furnish_one = p.furnish;
        p.furnish = furnish_all;
        other_trust = others[i];
        connect();
        EXPECT(pair_agrees(&p, 1));
        EXPECT_EQ(certreqs(), 1 + i);
        pair_close(&p);
    }
}

/* Who accepts signatures and has nobody to trust asks for no certificates, and believes none. */
static void test_without_trust_there_is_no_belief(void)
{
    begin(1);
    plan_both(KEY_TYPE_ED25519);
    prepare(&p, A, B);
    furnish_one = p.furnish;
    p.furnish = furnish_all;
    other_trust = NULL;
    pair_open(&p);
    policies[0].trust = NULL;
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT_EQ(certreqs(), 0);
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 0);
    EXPECT_EQ(p.end[B].reasons[WHY_AUTH_METHOD], 1);
    pair_close(&p);
}

/* ---- RFC 9593 ---- */

static uint8_t told[64];
static size_t told_len;

static bool hear_methods(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                         int number)
{
    static struct ike_message m;
    (void)pair;
    (void)number;
    if (from != B || bytes[18] != IKE_SA_INIT)
        return true;
    EXPECT_EQ(ike_message_parse((struct ike_bytes){.at = bytes, .len = *len}, &m), WHY_OK);
    const struct ike_notify *const methods = ike_message_notify(&m, N_SUPPORTED_AUTH_METHODS);
    told_len = methods != NULL ? methods->data.len : 0;
    if (methods != NULL && told_len <= sizeof told)
        memcpy(told, methods->data.at, told_len);
    return true;
}

/* RFC 9593 3.2.1: two octets each, where a method needs no more to be said. */
static void test_keys_and_nothing_at_all_are_announced_by_two_octets(void)
{
    static const uint8_t both[] = {2, AUTH_PSK, 2, AUTH_NULL};
    begin(1);
    policies[0].tell_methods = true;
    policies[0].accepts = 1 << PROOF_PSK | 1 << PROOF_NULL;
    p.touch = hear_methods;
    connect();
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(told_len, sizeof both);
    EXPECT(memcmp(told, both, sizeof both) == 0);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_first_for_both_identities_is_taken),
        TEST(test_whom_the_initiator_asks_for_answers),
        TEST(test_what_is_shown_decides_between_policies),
        TEST(test_who_shows_nothing_gets_the_first),
        TEST(test_the_same_anchors_are_asked_for_once),
        TEST(test_without_trust_there_is_no_belief),
        TEST(test_keys_and_nothing_at_all_are_announced_by_two_octets),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
