/* SPDX-License-Identifier: MIT
 * IKE_AUTH with signatures and certificates as arrows: each kind of key, chains,
 * each side its own method, and every reason to refuse (RFC 7296 2.15, 3.6, 3.7;
 * RFC 7427; RFC 7619; RFC 8420; RFC 9593). */
#include "ike/engine.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1700000000, YEAR_S = 31536000, LINKS_MAX = 4 };

/* What one side has, and what is wrong with it. */
struct side {
    enum ike_proof_kind proof;
    uint8_t accepts;
    uint8_t type;       /* of its key */
    uint8_t root_type;  /* of the authority's; 0: the same */
    uint8_t links;      /* intermediates */
    uint8_t send;       /* enum ike_cert_sending */
    uint8_t usage;      /* enum ike_cert_usage */
    uint16_t hashes;    /* it accepts; 0: all */
    const char *scheme; /* it signs with; NULL: as it likes */
    const char *name;   /* in its certificate; NULL: its own */
    int64_t clock_s;    /* its clock is wrong by so much */
    bool old;           /* no RFC 7427 */
    bool tells;         /* RFC 9593 */
    bool other_key;     /* signs with a key that its certificate is not for */
    bool other_root;    /* its certificate is of an authority unknown */
    bool no_credential; /* it has nothing to sign with */
    bool broken_cert;   /* the last octet of its certificate is another */
    bool short_cert;    /* half of it is missing */
    bool urls;          /* its certificates may be fetched */
    bool looks_up;      /* it fetches those of the peer */
    bool revokes;       /* has a list with the peer's serial */
};

static struct side plan[2]; /* of the initiator, of the responder */

struct goods {
    struct ike_key *key;
    struct ike_key *wrong_key;
    struct ike_key *roots[2];
    struct ike_key *links[LINKS_MAX];
    struct ike_trust *trust;
    struct ike_credential credential;
    uint8_t room[LINKS_MAX + 4][IKE_CERT_MAX];
};
static struct goods goods[2];

static struct ike_key *load(struct ike_crypto *c, uint8_t type, const char *who)
{
    static uint8_t octets[4096];
    char path[128];
    (void)snprintf(path, sizeof path, "tests/vectors/certs/%s%s.key.der", ike_key_types[type].name,
                   who);
    FILE *const file = fopen(path, "rb");
    if (!EXPECT(file != NULL))
        exit(1);
    const size_t len = fread(octets, 1, sizeof octets, file);
    (void)fclose(file);
    return c->ops->credentials->key_load(c, type, (struct ike_bytes){.at = octets, .len = len});
}

/* Keys that need not be told apart by a file are made; RSA's take their time and are not. */
static struct ike_key *another(struct ike_crypto *c, uint8_t type)
{
    return c->ops->credentials->key_make(
        c, ike_key_types[type].kind == KEY_RSA ? (uint8_t)KEY_TYPE_ED25519 : type);
}

static struct ike_bytes make(struct ike_crypto *c, uint8_t *room, const struct ike_cert_spec *spec,
                             const struct ike_key *key, const struct ike_issuer *issuer)
{
    struct ike_writer w = wr_open(room, IKE_CERT_MAX);
    EXPECT(c->ops->credentials->cert_make(c, spec, key, issuer, &w));
    return wr_done(&w);
}

static struct ike_cert_spec authority(const char *name, uint64_t serial)
{
    return (struct ike_cert_spec){.name = name,
                                  .serial = serial,
                                  .from_s = NOW_S - 10 * (uint64_t)YEAR_S,
                                  .until_s = NOW_S + 10 * (uint64_t)YEAR_S,
                                  .ca = true};
}

/* The chain from the root down, then turned round: the end entity comes first. */
static void make_chain(struct ike_crypto *c, struct goods *g, const struct side *s,
                       const struct ike_cert_spec *end)
{
    static const char *const names[] = {"one", "two", "three", "four"};
    const int root = s->other_root ? 1 : 0;
    struct ike_issuer issuer = {.key = g->roots[root]};
    const struct ike_cert_spec top = authority(root == 0 ? "root" : "other root", 1);
    issuer.cert =
        make(c, g->room[root], &top, g->roots[root], &(struct ike_issuer){.key = g->roots[root]});
    if (root == 1) {
        const struct ike_cert_spec good = authority("root", 1);
        (void)make(c, g->room[0], &good, g->roots[0], &(struct ike_issuer){.key = g->roots[0]});
    }
    for (uint8_t i = 0; i < s->links; i++) {
        const struct ike_cert_spec spec = authority(names[i], 100 + i);
        g->links[i] = another(c, s->type);
        issuer.cert = make(c, g->room[2 + i], &spec, g->links[i], &issuer);
        issuer.key = g->links[i];
        g->credential.chain[s->links - i] = issuer.cert;
    }
    g->credential.chain[0] = make(c, g->room[LINKS_MAX + 2], end, g->key, &issuer);
    g->credential.chain_count = (uint8_t)(s->links + 1);
    if (s->broken_cert)
        g->room[LINKS_MAX + 2][g->credential.chain[0].len - 1] ^= 1;
    if (s->short_cert)
        g->credential.chain[0].len /= 2;
}

static void make_trust(struct ike_crypto *c, struct goods *g, const struct side *s)
{
    static const uint64_t serials[] = {4, 7};
    const struct ike_cert_spec spec = authority("root", 1);
    const struct ike_issuer self = {.key = g->roots[0]};
    const struct ike_bytes root = make(c, g->room[0], &spec, g->roots[0], &self);
    g->trust = c->ops->credentials->trust_open(c);
    EXPECT(c->ops->credentials->trust_add(g->trust, TRUST_ANCHOR, root));
    if (!s->revokes)
        return;
    const struct ike_crl_spec list = {
        .from_s = NOW_S - 5, .until_s = NOW_S + 500, .serials = serials, .serial_count = 2};
    const struct ike_issuer issuer = {.key = g->roots[0], .cert = root};
    struct ike_writer w = wr_open(g->room[LINKS_MAX + 3], IKE_CERT_MAX);
    EXPECT(c->ops->credentials->crl_make(c, &list, &issuer, &w));
    EXPECT(c->ops->credentials->trust_add(g->trust, TRUST_CRL, wr_done(&w)));
}

static const char *const urls[2][3] = {{"http://a/0", "http://a/1", "http://a/2"},
                                       {"http://b/0", "http://b/1", "http://b/2"}};

static void furnish(struct pair *p, enum pair_side side)
{
    const struct side *const s = &plan[side == p->options.initiator ? 0 : 1];
    const struct side *const other = &plan[side == p->options.initiator ? 1 : 0];
    struct ike_crypto *const c = p->end[side].crypto;
    struct ike_policy *const policy = &p->end[side].policy;
    struct goods *const g = &goods[side];
    const uint8_t type = s->type != 0 ? s->type : other->type;
    const uint8_t root_type =
        plan[0].root_type != 0 ? plan[0].root_type : (uint8_t)KEY_TYPE_ECDSA256;
    struct ike_cert_spec end = authority("end entity", 7);
    *g = (struct goods){.key = load(c, type, "")};
    g->roots[0] = load(c, root_type, ike_key_types[root_type].kind == KEY_RSA ? "" : ".root");
    g->roots[1] = load(c, KEY_TYPE_ED448, ".root");
    g->wrong_key = another(c, type);
    end.ca = false;
    end.usage = s->usage;
    end.id_type = ID_FQDN;
    end.id = (struct ike_bytes){.at = policy->local_id.data, .len = policy->local_id.len};
    if (s->name != NULL)
        end.id = (struct ike_bytes){.at = (const uint8_t *)s->name, .len = strlen(s->name)};
    make_chain(c, g, s, &end);
    make_trust(c, g, s);
    g->credential.key = s->other_key ? g->wrong_key : g->key;
    policy->proof = (uint8_t)s->proof;
    policy->accepts = s->accepts;
    policy->hashes = s->hashes;
    policy->scheme = s->scheme;
    policy->old_signatures = s->old;
    policy->tell_methods = s->tells;
    policy->send_certs = s->send;
    policy->looks_up = s->looks_up;
    for (uint8_t i = 0; s->urls && i < g->credential.chain_count; i++)
        g->credential.urls[i] = urls[side][i];
    policy->credential = s->no_credential ? NULL : &g->credential;
    policy->trust = g->trust;
    p->end[side].config.epoch_s = (uint64_t)(NOW_S + s->clock_s);
}

static void strip(struct pair *p, enum pair_side side)
{
    const struct ike_credential_ops *const ops = p->end[side].crypto->ops->credentials;
    struct goods *const g = &goods[side];
    ops->trust_close(g->trust);
    ops->key_free(g->key);
    ops->key_free(g->wrong_key);
    ops->key_free(g->roots[0]);
    ops->key_free(g->roots[1]);
    for (int i = 0; i < LINKS_MAX; i++)
        ops->key_free(g->links[i]);
}

/* How the server that has the certificates fails. */
static enum { SERVES, HAS_NOTHING, HAS_ANOTHER } server;
static uint64_t server_ns;

static struct ike_bytes serve(struct pair *p, struct ike_bytes url)
{
    const size_t side = url.at[7] == 'a' ? A : B;
    const size_t index = (size_t)(url.at[9] - '0');
    (void)p;
    if (server == HAS_NOTHING && index == 0)
        return (struct ike_bytes){.at = NULL, .len = 0};
    return goods[side].credential.chain[server == HAS_ANOTHER ? 1 - index % 2 : index];
}

static void prepare(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    p->fetch = serve;
    p->fetch_ns = server_ns;
    p->furnish = furnish;
    p->strip = strip;
}

enum { BY_KEY = 1 << PROOF_PSK, BY_SIGNATURE = 1 << PROOF_SIGNATURE, BY_NOTHING = 1 << PROOF_NULL };

/* Both sign with keys of that type. */
static void plan_both(uint8_t type)
{
    for (int i = 0; i < 2; i++)
        plan[i] = (struct side){.proof = PROOF_SIGNATURE, .accepts = BY_SIGNATURE, .type = type};
}

static bool both_up(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(p, 1);
}

#define HASHES   " N(SIGNATURE_HASH_ALGORITHMS)"
#define INIT_REQ "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D HASHES "\n"
#define INIT_RSP "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " CERTREQ" HASHES "\n"
#define AUTH_REQ "A>B  IKE_AUTH        req 1  SK{IDi CERT CERTREQ AUTH SAi2 TSi TSr}\n"
#define AUTH_RSP "B>A  IKE_AUTH        rsp 1  SK{IDr CERT AUTH SAr2 TSi TSr}\n"
#define ARROWS   INIT_REQ INIT_RSP AUTH_REQ AUTH_RSP

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
    for (server = HAS_NOTHING; server <= HAS_ANOTHER; server++)
        flow_check(&(struct flow){.prepare = prepare,
                                  .trace = INIT_REQ URL_INIT_RSP URL_AUTH_REQ
                                  "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n",
                                  .ended = not_fetched});
    server = SERVES;
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
        TEST(test_rsa_keys_authenticate_both_sides),
        TEST(test_elliptic_keys_authenticate_both_sides),
        TEST(test_every_scheme_of_digital_signature_is_understood),
        TEST(test_the_old_methods_are_used_when_wished),
        TEST(test_each_side_may_have_its_own_kind_of_key),
        TEST(test_chains_of_up_to_four_intermediates_are_followed),
        TEST(test_a_key_on_one_side_and_a_signature_on_the_other),
        TEST(test_nobody_in_particular_is_served_where_that_is_allowed),
        TEST(test_methods_are_announced_when_wished),
        TEST(test_certificates_are_fetched_by_their_urls),
        TEST(test_a_peer_that_cannot_fetch_is_sent_them_whole),
        TEST(test_copies_are_absorbed_while_something_is_fetched),
        TEST(test_what_is_not_to_be_had_or_not_what_was_hashed_is_refused),
        TEST(test_a_fetch_without_end_leaves_nothing_behind),
        TEST(test_answers_that_nobody_awaits_are_told_so),
        TEST(test_a_key_that_the_certificate_is_not_for_is_refused),
        TEST(test_an_expired_certificate_is_refused),
        TEST(test_a_certificate_of_the_future_is_refused),
        TEST(test_a_revoked_certificate_is_refused),
        TEST(test_a_stale_revocation_list_lets_nobody_in),
        TEST(test_a_certificate_of_another_name_is_refused),
        TEST(test_a_key_that_is_not_for_signatures_is_refused),
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
