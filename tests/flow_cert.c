/* SPDX-License-Identifier: MIT
 * Certificates in IKE_AUTH as arrows: those that are fetched by hash and URL, and
 * every reason to refuse one, or a signature (RFC 7296 3.6, 3.7; RFC 4945;
 * RFC 5280; RFC 7427). What works is in flow_sign.c. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/mangle.h"
#include "tests/signing.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

/* ---- by hash and URL (RFC 7296 3.6) ---- */

#define LOOKS        " N(HTTP_CERT_LOOKUP_SUPPORTED)"
#define URL_INIT_RSP "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " CERTREQ" LOOKS HASHES "\n"
#define URL_AUTH_REQ \
    "A>B  IKE_AUTH        req 1  SK{IDi CERT CERT CERTREQ" LOOKS " AUTH SAi2 TSi TSr}\n"
#define URL_AUTH_RSP "B>A  IKE_AUTH        rsp 1  SK{IDr CERT CERT AUTH SAr2 TSi TSr}\n"

static void plan_urls(void)
{
    plan_both(KEY_TYPE_ECDSA256);
    for (int i = 0; i < 2; i++) {
        plan[i].urls = plan[i].looks_up = true;
        plan[i].links = 1;
    }
    server = SERVES;
    server_ns = UINT64_C(50000000);
}

/* Two certificates each were asked for, whoever lost what. */
static bool up_and_asked(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 1) && pair_count(p, i, IKE_ASK) == 2 && pair_count(p, r, IKE_ASK) == 2 &&
           p->end[A].engine->holds.used == 0 && p->end[B].engine->holds.used == 0;
}

static void test_certificates_are_fetched_by_their_urls(void)
{
    plan_urls();
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ URL_INIT_RSP URL_AUTH_REQ URL_AUTH_RSP,
                              .ended = up_and_asked});
}

static void test_a_peer_that_cannot_fetch_is_sent_them_whole(void)
{
    plan_urls();
    plan[1].looks_up = false;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ INIT_RSP URL_AUTH_REQ URL_AUTH_RSP,
                              .ended = both_up});
}

/* ---- a bundle of them ---- */

#define BUNDLE_REQ "A>B  IKE_AUTH        req 1  SK{IDi CERT CERTREQ" LOOKS " AUTH SAi2 TSi TSr}\n"
#define BUNDLE_RSP "B>A  IKE_AUTH        rsp 1  SK{IDr CERT AUTH SAr2 TSi TSr}\n"
#define REFUSED    "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n"

static void plan_bundles(enum signing_bundle bundle)
{
    plan_urls();
    for (int i = 0; i < 2; i++) {
        plan[i].bundles = true;
        plan[i].bundle = (uint8_t)bundle;
    }
}

static bool up_and_asked_once(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 1) && pair_count(p, i, IKE_ASK) == 1 && pair_count(p, r, IKE_ASK) == 1;
}

/* RFC 7296 3.6: "the two Hash and URL formats" */
static void test_a_chain_is_fetched_as_one_bundle(void)
{
    plan_bundles(BUNDLE_PLAIN);
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ URL_INIT_RSP BUNDLE_REQ BUNDLE_RSP,
                              .ended = up_and_asked_once});
}

static enum ike_why of_bundle;

static bool refused_bundle(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_is_empty(p) && p->end[r].ends[of_bundle] == 1;
}

static void test_a_bundle_may_hold_the_list_that_revokes(void)
{
    plan_bundles(BUNDLE_WITH_LIST);
    plan[0].links = plan[1].links = 0;
    plan[0].list = LIST_REVOKES; /* that of its own authority, with its own serial */
    of_bundle = WHY_CERT_REVOKED;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ URL_INIT_RSP BUNDLE_REQ REFUSED,
                              .ended = refused_bundle});
}

static void test_a_bundle_that_cannot_be_read_or_is_too_long_is_refused(void)
{
    plan_bundles(BUNDLE_BROKEN);
    of_bundle = WHY_CERT_FETCH;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ URL_INIT_RSP BUNDLE_REQ REFUSED,
                              .ended = refused_bundle});
    for (int more = BUNDLE_LONG; more <= BUNDLE_LISTS; more++) {
        plan_bundles((uint8_t)more);
        of_bundle = WHY_TOO_MANY;
        flow_check(&(struct flow){.prepare = prepare,
                                  .trace = INIT_REQ URL_INIT_RSP BUNDLE_REQ
                                  "B>A  IKE_AUTH        rsp 1  SK{N(INVALID_SYNTAX)}\n",
                                  .ended = refused_bundle});
    }
    plan_bundles(BUNDLE_ODD);
    of_bundle = WHY_CERT_FETCH;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ URL_INIT_RSP BUNDLE_REQ REFUSED,
                              .ended = refused_bundle});
}

/* The fetch takes longer than the initiator's patience for one answer: its copies are absorbed. */
static bool absorbed(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return up_and_asked(p, i, r) && p->end[r].reasons[WHY_RETRANSMITTED] >= 1 &&
           p->end[r].reasons[WHY_ANSWER_AWAITED] == 1;
}

static void test_copies_are_absorbed_while_something_is_fetched(void)
{
    plan_urls();
    server_ns = UINT64_C(1500000000);
    flow_check(&(struct flow){
        .prepare = prepare,
        .trace =
            INIT_REQ URL_INIT_RSP URL_AUTH_REQ URL_AUTH_REQ URL_AUTH_RSP URL_AUTH_REQ URL_AUTH_RSP,
        .ended = absorbed});
}

static bool not_fetched(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_is_empty(p) && p->end[r].ends[WHY_CERT_FETCH] == 1;
}

static void test_what_is_not_to_be_had_or_not_what_was_hashed_is_refused(void)
{
    plan_urls();
    for (server = HAS_NOTHING; server <= HAS_TOO_MUCH; server++)
        flow_check(&(struct flow){.prepare = prepare,
                                  .trace = INIT_REQ URL_INIT_RSP URL_AUTH_REQ
                                  "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n",
                                  .ended = not_fetched});
    server = SERVES;
}

static struct ike_bytes hashed; /* of a certificate by URL: hash, then URL */

static void hash_it(void)
{
    size_t len = 0;
    uint8_t *const body = mangle_body(PAYLOAD_CERT, &len);
    EXPECT(body != NULL && body[0] == CERT_HASH_URL);
    memcpy(body + 1, hashed.at, hashed.len);
}

static void name_nobody(void)
{
    static const uint8_t body[1 + 20 + 7] = {CERT_HASH_URL, [21] = 'h', 't', 't',
                                             'p',           ':',        '/', '/'};
    mangle_drop(PAYLOAD_CERT);
    mangle_add(PAYLOAD_CERT, body, sizeof body);
}

static void show_list(void)
{
    uint8_t body[1 + IKE_CERT_MAX] = {CERT_CRL};
    memcpy(body + 1, goods[A].list.at, goods[A].list.len);
    mangle_add(PAYLOAD_CERT, body, 1 + goods[A].list.len);
}

static void connect_with(mangle_edit_fn *edit, enum ike_why why)
{
    static struct pair p;
    pair_init(
        &p, (struct pair_options){.provider = PAIR_OPENSSL, .lose = PAIR_NONE, .twice = PAIR_NONE});
    prepare(&p, A, B);
    pair_open(&p);
    mangle_edit(&p, 2, edit);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(mangle_done());
    EXPECT(why == WHY_OK ? pair_agrees(&p, 1) : p.end[B].ends[why] == 1 && pair_is_empty(&p));
    pair_close(&p);
}

/* The hash of no octets at all is right of what is not to be had; and there is no URL of nothing.
 */
static void test_no_octets_are_no_certificate_whatever_their_hash(void)
{
    static const uint8_t none[] = {0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55,
                                   0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09};
    static const uint8_t nowhere[20 + 10] = {[20] = 'h', 't', 't', 'p', ':',
                                             '/',        '/', 'a', '/', '8'};
    plan_urls();
    server = HAS_NOTHING;
    hashed = (struct ike_bytes){.at = none, .len = sizeof none};
    connect_with(hash_it, WHY_CERT_FETCH);
    server = SERVES;
    hashed = (struct ike_bytes){.at = nowhere, .len = sizeof nowhere};
    connect_with(hash_it, WHY_CERT_FETCH);
    connect_with(name_nobody, WHY_CERT_FETCH);
}

/* RFC 7296 3.6: a list may come as a payload of its own. */
static void test_a_list_comes_as_a_payload(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[0].list = LIST_CLEAN;
    connect_with(show_list, WHY_OK);
    plan[0].list = LIST_REVOKES;
    connect_with(show_list, WHY_CERT_REVOKED);
}

/* A fetch that never ends: the responder's half-open SA expires, the initiator gives up. */
static bool nothing_left(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_is_empty(p) && p->end[r].ends[WHY_HALF_OPEN_EXPIRED] == 1 &&
           p->end[i].ends[WHY_NO_ANSWER] == 1;
}

static void wait_on(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    pair_run(p);
}

static void test_a_fetch_without_end_leaves_nothing_behind(void)
{
    plan_urls();
    server_ns = UINT64_C(1000000000000);
    flow_check(&(struct flow){
        .prepare = prepare,
        .act = wait_on,
        .trace =
            INIT_REQ URL_INIT_RSP URL_AUTH_REQ URL_AUTH_REQ URL_AUTH_REQ URL_AUTH_REQ URL_AUTH_REQ,
        .ended = nothing_left});
}

static void test_answers_that_nobody_awaits_are_told_so(void)
{
    static struct pair p;
    plan_urls();
    pair_init(&p, (struct pair_options){
                      .provider = PAIR_MODELLED, .lose = PAIR_NONE, .twice = PAIR_NONE});
    prepare(&p, A, B);
    server_ns = 0;
    p.fetch_ns = UINT64_C(500000000);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000)); /* the responder asks */
    const uint64_t sa = p.end[B].sa;
    EXPECT_EQ(pair_count(&p, B, IKE_ASK), 2);
    EXPECT(!ike_answer(p.end[B].engine, p.now_ns, sa, 0, (struct ike_bytes){.len = 0}));
    EXPECT(!ike_answer(p.end[B].engine, p.now_ns, sa, 3, (struct ike_bytes){.len = 0}));
    EXPECT(!ike_answer(p.end[B].engine, p.now_ns, sa + 1, 1, (struct ike_bytes){.len = 0}));
    EXPECT(!ike_answer(p.end[A].engine, p.now_ns, p.end[A].sa, 1, (struct ike_bytes){.len = 0}));
    EXPECT(ike_answer(p.end[B].engine, p.now_ns, sa, 1, goods[A].credential.chain[0]));
    EXPECT(!ike_answer(p.end[B].engine, p.now_ns, sa, 1, goods[A].credential.chain[0]));
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    EXPECT(!ike_answer(p.end[B].engine, p.now_ns, sa, 1, goods[A].credential.chain[0]));
    pair_close(&p);
}

/* ---- what is refused, and why ---- */

static enum ike_why expected;

/* The responder refuses; when its answer is lost, the initiator gives up. */
static bool refused_by_responder(const struct pair *p, enum pair_side i, enum pair_side r)
{
    const struct ike_event *const last = &p->end[i].events[p->end[i].event_count - 1];
    return pair_is_empty(p) && p->end[r].ends[expected] == 1 &&
           (last->why == WHY_PEER_REFUSED || last->why == WHY_NO_ANSWER);
}

static void check_refused(enum ike_why why)
{
    expected = why;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ INIT_RSP AUTH_REQ
                              "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n",
                              .ended = refused_by_responder});
}

static void test_a_key_that_the_certificate_is_not_for_is_refused(void)
{
    for (uint8_t type = KEY_TYPE_ECDSA256; type < KEY_TYPE_COUNT; type++) {
        plan_both(type);
        plan[0].other_key = true;
        check_refused(WHY_SIGNATURE);
    }
    plan_both(KEY_TYPE_RSA2048); /* the other key is Ed25519 */
    plan[0].other_key = true;
    check_refused(WHY_SIGNATURE_SCHEME);
}

static void test_an_expired_certificate_is_refused(void)
{
    plan_both(KEY_TYPE_ECDSA256);
    plan[1].clock_s = 11 * (int64_t)YEAR_S;
    check_refused(WHY_CERT_EXPIRED);
}

static void test_a_certificate_of_the_future_is_refused(void)
{
    plan_both(KEY_TYPE_ECDSA256);
    plan[1].clock_s = -11 * (int64_t)YEAR_S;
    check_refused(WHY_CERT_NOT_YET_VALID);
}

static void test_a_revoked_certificate_is_refused(void)
{
    plan_both(KEY_TYPE_ECDSA256);
    plan[1].revokes = true;
    check_refused(WHY_CERT_REVOKED);
}

/* ---- lists that are fetched (RFC 5280 6.3) ---- */

static bool up_with_list(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 1) && pair_count(p, i, IKE_ASK) == 1 && pair_count(p, r, IKE_ASK) == 1;
}

static void test_a_revocation_list_is_fetched_by_each_side(void)
{
    plan_both(KEY_TYPE_ECDSA256);
    plan[0].list = plan[1].list = LIST_CLEAN;
    server_ns = UINT64_C(50000000);
    flow_check(&(struct flow){.prepare = prepare, .trace = ARROWS, .ended = up_with_list});
}

static void test_a_list_fetched_refuses_what_it_lists(void)
{
    static const struct {
        enum signing_list list;
        enum ike_why why;
    } rows[] = {{LIST_REVOKES, WHY_CERT_REVOKED},
                {LIST_STALE, WHY_CERT_STATUS},
                {LIST_BROKEN, WHY_CERT_STATUS}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        plan_both(KEY_TYPE_ECDSA256);
        plan[1].list = (uint8_t)rows[k].list;
        check_refused(rows[k].why);
    }
    plan_both(KEY_TYPE_ECDSA256);
    plan[1].list = LIST_MISSING;
    plan[1].strict = true;
    check_refused(WHY_CERT_STATUS);
}

static void test_a_list_that_is_not_to_be_had_may_be_done_without(void)
{
    plan_both(KEY_TYPE_ECDSA256);
    plan[1].list = LIST_MISSING;
    flow_check(&(struct flow){.prepare = prepare, .trace = ARROWS, .ended = both_up});
}

/* One question each for certificates and the list, all at once. */
static bool up_and_asked_more(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 1) && pair_count(p, i, IKE_ASK) == 2 && pair_count(p, r, IKE_ASK) == 3;
}

static void test_certificates_and_lists_are_fetched_together(void)
{
    plan_urls();
    plan[1].list = LIST_CLEAN;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ URL_INIT_RSP URL_AUTH_REQ URL_AUTH_RSP,
                              .ended = up_and_asked_more});
}

static void test_a_stale_revocation_list_lets_nobody_in(void)
{
    plan_both(KEY_TYPE_ECDSA256);
    plan[1].revokes = true;
    plan[1].clock_s = 1000;
    check_refused(WHY_CERT_STATUS);
}

static void test_a_certificate_of_another_name_is_refused(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[0].name = "c.test";
    check_refused(WHY_CERT_NAME);
}

static void test_a_key_that_is_not_for_signatures_is_refused(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[0].usage = USAGE_CIPHER;
    check_refused(WHY_CERT_KEY_USAGE);
    plan[0].usage = USAGE_SERVER;
    check_refused(WHY_CERT_KEY_USAGE);
}

/* RFC 5280 6.1.4: nobody is vouched for by whoever has a certificate. */
static void test_a_certificate_by_one_that_is_no_authority_is_refused(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[0].links = 1;
    plan[0].no_ca = true;
    expected = WHY_CERT_CONSTRAINTS;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi CERT CERT CERTREQ AUTH SAi2 TSi "
                              "TSr}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n",
                              .ended = refused_by_responder});
}

static size_t read_file(const char *path, uint8_t *out, size_t max)
{
    FILE *const file = fopen(path, "rb");
    if (!EXPECT(file != NULL))
        return 0;
    const size_t len = fread(out, 1, max, file);
    (void)fclose(file);
    return len;
}

/* What stands in the place of the initiator's certificate: one of 1024 bits. */
static void show_short_key(void)
{
    static const char *const paths[] = {"tests/vectors/certs/rsa1024.end.cert.der",
                                        "tests/vectors/certs/rsa2048.middle.cert.der"};
    uint8_t body[1 + IKE_CERT_MAX] = {CERT_X509};
    mangle_drop(PAYLOAD_CERT);
    for (size_t i = 0; i < 2; i++)
        mangle_add(PAYLOAD_CERT, body, 1 + read_file(paths[i], body + 1, IKE_CERT_MAX));
}

static void (*furnish_both)(struct pair *p, enum pair_side side);

static void furnish_with_root(struct pair *p, enum pair_side side)
{
    static uint8_t root[IKE_CERT_MAX];
    furnish_both(p, side);
    const size_t len = read_file("tests/vectors/certs/rsa2048.root.cert.der", root, sizeof root);
    EXPECT(p->end[side].crypto->ops->credentials->trust_add(goods[side].trust, TRUST_ANCHOR,
                                                            (struct ike_bytes){root, len}));
}

/* RFC 8247 3.1.1: by whomever it was certified. */
static void test_a_key_that_is_too_short_is_refused(void)
{
    static struct pair p;
    plan_both(KEY_TYPE_ECDSA256);
    plan[1].clock_s = INT64_C(4000000000) - NOW_S; /* the files' certificates are younger */
    pair_init(
        &p, (struct pair_options){.provider = PAIR_OPENSSL, .lose = PAIR_NONE, .twice = PAIR_NONE});
    prepare(&p, A, B);
    furnish_both = p.furnish;
    p.furnish = furnish_with_root;
    pair_open(&p);
    mangle_edit(&p, 2, show_short_key);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(mangle_done());
    EXPECT_EQ(p.end[B].ends[WHY_CERT_KEY], 1);
    EXPECT(strstr(p.trace, "rsp 1  SK{N(AUTHENTICATION_FAILED)}\n") != NULL);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_an_unknown_authority_is_refused(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[0].other_root = true;
    check_refused(WHY_CERT_UNTRUSTED);
}

static void test_a_certificate_changed_under_way_is_refused(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[0].broken_cert = true;
    check_refused(WHY_CERT_SIGNATURE);
    plan_both(KEY_TYPE_ED25519);
    plan[0].short_cert = true;
    check_refused(WHY_CERT_SYNTAX);
}

static void test_a_signature_without_a_certificate_is_refused(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[0].send = CERT_NEVER;
    expected = WHY_CERT_MISSING;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi CERTREQ AUTH SAi2 TSi TSr}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n",
                              .ended = refused_by_responder});
}

static void test_a_method_that_is_not_accepted_is_refused(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[0].proof = PROOF_PSK;
    expected = WHY_AUTH_METHOD;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = INIT_REQ INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi CERTREQ AUTH SAi2 TSi TSr}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n",
                              .ended = refused_by_responder});
}

static void test_a_responder_that_cannot_sign_says_so(void)
{
    plan_both(KEY_TYPE_ED25519);
    plan[1].no_credential = true;
    check_refused(WHY_NO_CREDENTIAL);
    plan_both(KEY_TYPE_ED25519);
    plan[0].hashes = 1 << HASH_SHA256; /* and that is none of Ed25519's */
    plan[0].type = KEY_TYPE_ECDSA256;
    check_refused(WHY_HASH_NOT_OFFERED);
}

/* Nothing that came in the clear ends an attempt: it goes on until it gives up. */
static bool gave_up(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    return ike_stats(p->end[i].engine).established == 0 && p->end[i].reasons[expected] > 0 &&
           p->end[i].ends[WHY_NO_ANSWER] == 1;
}

static void run_alone(struct pair *p)
{
    pair_init(
        p, (struct pair_options){.provider = PAIR_OPENSSL, .lose = PAIR_NONE, .twice = PAIR_NONE});
    prepare(p, A, B);
    pair_open(p);
    (void)pair_connect(p);
    pair_run(p);
}

static void test_an_initiator_that_cannot_sign_gives_up(void)
{
    static struct pair p;
    plan_both(KEY_TYPE_ED25519);
    plan[1].hashes = 1 << HASH_SHA384;
    expected = WHY_HASH_NOT_OFFERED;
    plan[1].type = KEY_TYPE_ECDSA384;
    run_alone(&p);
    EXPECT(gave_up(&p, A, B));
    pair_close(&p);
    plan_both(KEY_TYPE_ED25519);
    plan[0].no_credential = true;
    expected = WHY_NO_CREDENTIAL;
    run_alone(&p);
    EXPECT(gave_up(&p, A, B));
    pair_close(&p);
}

/* The responder's proof is wrong: the initiator says so in an exchange of its own. */
static bool refused_by_initiator(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    return p->end[i].ends[expected] == 1 && ike_stats(p->end[i].engine).established == 0;
}

static void check_responder_refused(enum ike_why why)
{
    expected = why;
    flow_check(&(struct flow){.prepare = prepare,
                              .trace = ARROWS
                              "A>B  INFORMATIONAL   req 2  SK{N(AUTHENTICATION_FAILED)}\n"
                              "B>A  INFORMATIONAL   rsp 2  SK{}\n",
                              .ended = refused_by_initiator});
}

static void test_an_initiator_judges_the_responder_as_strictly(void)
{
    plan_both(KEY_TYPE_ECDSA256);
    plan[1].other_key = true;
    check_responder_refused(WHY_SIGNATURE);
    plan_both(KEY_TYPE_ED448);
    plan[1].other_root = true;
    check_responder_refused(WHY_CERT_UNTRUSTED);
    plan_both(KEY_TYPE_ED448);
    plan[1].name = "z.test";
    check_responder_refused(WHY_CERT_NAME);
}

/* A peer that signs with a hash we never named (RFC 7427 4): the policy changes under way. */
static bool narrow(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)bytes;
    (void)len;
    if (from == A && number == 2)
        p->end[B].policy.hashes = 1 << HASH_SHA512;
    return true;
}

static void test_a_hash_that_was_not_offered_is_refused(void)
{
    static struct pair p;
    for (int which = 0; which < 2; which++) {
        plan_both(KEY_TYPE_ECDSA256);
        pair_init(&p, (struct pair_options){.provider = which == 0 ? PAIR_OPENSSL : PAIR_MODELLED,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE});
        prepare(&p, A, B);
        p.touch = narrow;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT_EQ(p.end[B].ends[WHY_HASH_NOT_OFFERED], 1);
        EXPECT(pair_is_empty(&p));
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_certificates_are_fetched_by_their_urls),
        TEST(test_a_peer_that_cannot_fetch_is_sent_them_whole),
        TEST(test_a_chain_is_fetched_as_one_bundle),
        TEST(test_a_bundle_may_hold_the_list_that_revokes),
        TEST(test_a_bundle_that_cannot_be_read_or_is_too_long_is_refused),
        TEST(test_copies_are_absorbed_while_something_is_fetched),
        TEST(test_what_is_not_to_be_had_or_not_what_was_hashed_is_refused),
        TEST(test_no_octets_are_no_certificate_whatever_their_hash),
        TEST(test_a_list_comes_as_a_payload),
        TEST(test_a_fetch_without_end_leaves_nothing_behind),
        TEST(test_answers_that_nobody_awaits_are_told_so),
        TEST(test_a_key_that_the_certificate_is_not_for_is_refused),
        TEST(test_an_expired_certificate_is_refused),
        TEST(test_a_certificate_of_the_future_is_refused),
        TEST(test_a_revoked_certificate_is_refused),
        TEST(test_a_revocation_list_is_fetched_by_each_side),
        TEST(test_a_list_fetched_refuses_what_it_lists),
        TEST(test_a_list_that_is_not_to_be_had_may_be_done_without),
        TEST(test_certificates_and_lists_are_fetched_together),
        TEST(test_a_stale_revocation_list_lets_nobody_in),
        TEST(test_a_certificate_of_another_name_is_refused),
        TEST(test_a_key_that_is_not_for_signatures_is_refused),
        TEST(test_a_certificate_by_one_that_is_no_authority_is_refused),
        TEST(test_a_key_that_is_too_short_is_refused),
        TEST(test_an_unknown_authority_is_refused),
        TEST(test_a_certificate_changed_under_way_is_refused),
        TEST(test_a_signature_without_a_certificate_is_refused),
        TEST(test_a_method_that_is_not_accepted_is_refused),
        TEST(test_a_responder_that_cannot_sign_says_so),
        TEST(test_an_initiator_that_cannot_sign_gives_up),
        TEST(test_an_initiator_judges_the_responder_as_strictly),
        TEST(test_a_hash_that_was_not_offered_is_refused),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
