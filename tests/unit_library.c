/* SPDX-License-Identifier: MIT
 * Of all the calls that may fail in an operation, of OpenSSL and for memory, one
 * does, each in turn. Then the operation says that it cannot be done, or has done
 * it all the same and right; it never comes to another result, and what was
 * reserved is given back. Linked in by wrapping the calls. */
#include "ike/crypto.h"
#include "ike/ike.h"
#include "ike/tls.h"
#include "ike/v2/selector.h"
#include "tests/library_calls.h"
#include "tests/test.h"
#include "tests/tls_certs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

enum { NOW_S = 1700000000, FAILURES_MAX = 5000, OUT_MAX = 4096 };

static long armed = -1; /* the allocation of this number fails, from 0 */
static long seen;
static long mapped; /* pieces of address space held */

static bool fails(void)
{
    return seen++ == armed;
}

/* ---- allocators ---- */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
/* What mmap is called where offsets have 64 bits, as the build has it. */
void *__real_mmap64(void *at, size_t len, int protection, int flags, int file, off_t offset);
void *__wrap_mmap64(void *at, size_t len, int protection, int flags, int file, off_t offset);
int __real_munmap(void *at, size_t len);
int __wrap_munmap(void *at, size_t len);

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

/* NOLINTNEXTLINE(readability-function-size): the system's */
void *__wrap_mmap64(void *at, size_t len, int protection, int flags, int file, off_t offset)
{
    if (fails())
        return MAP_FAILED;
    mapped++;
    return __real_mmap64(at, len, protection, flags, file, offset);
}

int __wrap_munmap(void *at, size_t len)
{
    mapped--;
    return __real_munmap(at, len);
}

/* ---- calls of the library ---- */

/* clang-format off */
#define WRAPPED(T, name, parameters, arguments)                  \
    T __real_##name parameters;                                   \
    T __wrap_##name parameters;                                   \
    T __wrap_##name parameters                                    \
    {                                                             \
        return fails() ? (T)0 : __real_##name arguments;          \
    }
#define CALL0(T, name) WRAPPED(T, name, (void), ())
#define CALL1(T, name, TA) WRAPPED(T, name, (TA a), (a))
#define CALL2(T, name, TA, TB) WRAPPED(T, name, (TA a, TB b), (a, b))
#define CALL3(T, name, TA, TB, TC) WRAPPED(T, name, (TA a, TB b, TC c), (a, b, c))
#define CALL4(T, name, TA, TB, TC, TD) WRAPPED(T, name, (TA a, TB b, TC c, TD d), (a, b, c, d))
#define CALL5(T, name, TA, TB, TC, TD, TE) WRAPPED(T, name, (TA a, TB b, TC c, TD d, TE e), (a, b, c, d, e))
#define CALL6(T, name, TA, TB, TC, TD, TE, TF) WRAPPED(T, name, (TA a, TB b, TC c, TD d, TE e, TF f), (a, b, c, d, e, f))
#define CALL7(T, name, TA, TB, TC, TD, TE, TF, TG) WRAPPED(T, name, (TA a, TB b, TC c, TD d, TE e, TF f, TG g), (a, b, c, d, e, f, g))
#define CALL8(T, name, TA, TB, TC, TD, TE, TF, TG, TH) WRAPPED(T, name, (TA a, TB b, TC c, TD d, TE e, TF f, TG g, TH h), (a, b, c, d, e, f, g, h))
LIBRARY_CALLS
/* clang-format on */

/* ---- an operation, again and again ---- */

static uint64_t stream;
static struct ike_writer out; /* what came of it */
static uint8_t room[OUT_MAX];

static void fill(void *owner, uint8_t *at, size_t len)
{
    uint64_t *const state = owner;
    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        at[i] = (uint8_t)(*state >> 56);
    }
}

static struct ike_crypto *provider(bool real)
{
    const struct ike_random random = {.fill = fill, .owner = &stream};
    stream = 99;
    return real ? ike_crypto_openssl(random) : ike_crypto_modelled(random);
}

static void give(const uint8_t *at, size_t len)
{
    put_bytes(&out, (struct ike_bytes){.at = at, .len = len});
}

typedef bool operation_fn(void);

static bool run(operation_fn *operation, long failure)
{
    out = wr_open(room, sizeof room);
    seen = 0;
    armed = failure;
    const bool done = operation();
    armed = -1;
    return done && !out.bad;
}

/* Each call fails once. */
static void check_all(operation_fn *operation)
{
    static uint8_t right[OUT_MAX];
    long failure = 0;
    long refused = 0;
    (void)run(operation, -1); /* what is made once is made now */
    if (!EXPECT(run(operation, -1)))
        return;
    const size_t right_len = out.len;
    const long held = mapped;
    memcpy(right, room, right_len);
    do {
        const bool done = run(operation, failure);
        const bool same = out.len == right_len && memcmp(room, right, right_len) == 0;
        if (!EXPECT(!done || same) || !EXPECT_EQ(mapped, held))
            (void)printf("# with failure %ld\n", failure);
        refused += done ? 0 : 1;
        failure++;
    } while (seen >= failure && failure < FAILURES_MAX);
    EXPECT(failure < FAILURES_MAX);
    EXPECT(refused > 0 && refused < failure);
}

/* ---- engines ---- */

static struct ike_gives gives;

static bool open_engine(void)
{
    static struct ike_policy policy;
    const struct ike_config config = {.sa_max = 64, .policies = &policy, .policy_count = 1};
    struct ike_crypto *const c = provider(false);
    if (c == NULL)
        return false;
    policy.gives = &gives;
    struct ike_engine *const engine = ike_open(&config, c);
    if (engine != NULL)
        ike_close(engine);
    c->ops->close(c);
    return engine != NULL;
}

static void test_an_engine_without_room_is_none(void)
{
    gives = (struct ike_gives){.pool_count = 2};
    EXPECT(ike_prefix_parse("10.9.0.0/24", &gives.pools[0]));
    EXPECT(ike_prefix_parse("2001:db8::/64", &gives.pools[1]));
    check_all(open_engine);
}

static bool open_metered(void)
{
    static const struct ike_costs costs;
    struct ike_crypto *const c = provider(false);
    if (c == NULL)
        return false;
    struct ike_crypto *const m = ike_crypto_meter(c, &costs);
    if (m == NULL)
        c->ops->close(c);
    else
        m->ops->close(m);
    return m != NULL;
}

static void test_a_meter_without_memory_is_none(void)
{
    check_all(open_metered);
}

/* ---- the provider itself ---- */

static bool open_provider(void)
{
    struct ike_crypto *const c = provider(true);
    bool complete = c != NULL;
    for (size_t i = 1; complete && i < 20; i++) /* what was not to be had is not there */
        complete = ike_crypto_has(c, ALGO_AES256GCM16) && ike_crypto_has(c, ALGO_PRFSHA256);
    if (c != NULL)
        c->ops->close(c);
    return complete;
}

static void test_a_provider_without_memory_is_none_or_has_less(void)
{
    check_all(open_provider);
}

static uint8_t group_at_hand;

/* Both ends of one key exchange, as the initiator's provider and the responder's. */
static bool exchange_keys(void)
{
    const struct ike_algo *const group = &ike_algos[group_at_hand];
    uint8_t share[2][IKE_SHARE_MAX];
    uint8_t secret[2][IKE_SECRET_MAX];
    struct ike_kex kex;
    const long failure = armed;
    armed = -1;
    struct ike_crypto *const c = provider(true);
    armed = failure;
    seen = 0;
    bool done = c->ops->kex_begin(c, group, &kex, share[0]);
    if (done) {
        done = c->ops->kex_answer(c, group,
                                  (struct ike_bytes){.at = share[0], .len = group->share_len},
                                  share[1], secret[1]) &&
               c->ops->kex_end(c, group, &kex,
                               (struct ike_bytes){.at = share[1], .len = group->answer_len},
                               secret[0]);
        c->ops->kex_free(c, group, &kex);
    }
    if (done) {
        give(share[0], group->share_len);
        give(secret[0], group->secret_len);
        give(secret[1], group->secret_len);
    }
    c->ops->close(c);
    return done;
}

/* Whoever has the group first of all answers by it, or not. */
static bool answer_at_once(void)
{
    const struct ike_algo *const group = &ike_algos[group_at_hand];
    uint8_t share[2][IKE_SHARE_MAX];
    uint8_t secret[IKE_SECRET_MAX];
    struct ike_kex kex;
    const long failure = armed;
    armed = -1;
    struct ike_crypto *const other = provider(true);
    struct ike_crypto *const c = provider(true);
    bool done = other->ops->kex_begin(other, group, &kex, share[0]);
    other->ops->kex_free(other, group, &kex);
    armed = failure;
    seen = 0;
    done = done &&
           c->ops->kex_answer(c, group, (struct ike_bytes){.at = share[0], .len = group->share_len},
                              share[1], secret);
    const bool has = ike_crypto_has(c, group_at_hand);
    EXPECT(has || !done);
    if (done)
        give(secret, group->secret_len);
    c->ops->close(c);
    other->ops->close(other);
    return done;
}

static bool has_at_once(void)
{
    static const uint8_t one = 1;
    const long failure = armed;
    armed = -1;
    struct ike_crypto *const c = provider(true);
    armed = failure;
    seen = 0;
    const bool has = ike_crypto_has(c, group_at_hand);
    if (has)
        give(&one, 1);
    c->ops->close(c);
    return has;
}

static void test_key_exchanges_without_memory_fail_or_agree(void)
{
    static const uint8_t groups[] = {ALGO_X25519,   ALGO_X448,     ALGO_ECP256,      ALGO_ECP521,
                                     ALGO_MODP1024, ALGO_MODP2048, ALGO_MODP2048S224};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        group_at_hand = groups[i];
        check_all(exchange_keys);
        check_all(answer_at_once);
        if (groups[i] >= ALGO_ECP256 && groups[i] != ALGO_X448)
            check_all(has_at_once);
    }
}

static bool use_des(void)
{
    static const uint8_t key[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t made[8];
    const long failure = armed;
    armed = -1;
    struct ike_crypto *const c = provider(true);
    armed = failure;
    seen = 0;
    const bool done = c->ops->des(c, key, key, made);
    if (done)
        give(made, sizeof made);
    c->ops->close(c);
    return done;
}

/* What MSCHAPv2 is made of, with the library's old algorithms. */
static bool use_old_algorithms(void)
{
    static const uint8_t key[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const struct ike_bytes part = {.at = key, .len = sizeof key};
    uint8_t made[20];
    const long failure = armed;
    armed = -1;
    struct ike_crypto *const c = provider(true);
    armed = failure;
    seen = 0;
    bool done = c->ops->digest(c, DIGEST_MD4, &part, 1, made);
    if (done)
        give(made, 16);
    done = done && c->ops->des(c, key, key, made);
    if (done)
        give(made, 8);
    c->ops->close(c);
    return done;
}

static void test_old_algorithms_without_memory_fail_or_are_right(void)
{
    check_all(use_old_algorithms);
    check_all(use_des);
}

/* ---- certificates ---- */

static bool provider_is_real;
static uint8_t key_type;
static int elsewhere;       /* what is done first, see certify_elsewhere */
static bool raw_signatures; /* r | s of fixed length (RFC 4754 7) */

struct ground {
    struct ike_crypto *c;
    struct ike_key *root_key;
    struct ike_key *key;
    struct ike_trust *trust;
    struct ike_public judged;
    uint8_t rooms[3][IKE_CERT_MAX];
    struct ike_bytes root;
    struct ike_bytes cert;
    struct ike_bytes list;
};

static const struct ike_bytes name = {.at = (const uint8_t *)"gw.test", .len = 7};

static const struct ike_cert_spec root_spec = {
    .name = "root", .serial = 1, .from_s = NOW_S - 9, .until_s = NOW_S + 9, .ca = true};

static bool make_certificates(struct ground *g)
{
    static const uint64_t serials[] = {5, 6};
    const struct ike_credential_ops *const ops = g->c->ops->credentials;
    const struct ike_cert_spec end = {.name = "gateway",
                                      .id_type = ID_FQDN,
                                      .id = name,
                                      .serial = 77,
                                      .from_s = NOW_S - 9,
                                      .until_s = NOW_S + 9};
    struct ike_cert_spec server = end;
    server.usage = USAGE_SERVER;
    const struct ike_crl_spec list = {
        .from_s = NOW_S - 9, .until_s = NOW_S + 9, .serials = serials, .serial_count = 2};
    struct ike_writer w = wr_open(g->rooms[0], IKE_CERT_MAX);
    if (!ops->cert_make(g->c, &root_spec, g->root_key, &(struct ike_issuer){.key = g->root_key},
                        &w))
        return false;
    g->root = wr_done(&w);
    const struct ike_issuer issuer = {.key = g->root_key, .cert = g->root};
    w = wr_open(g->rooms[1], IKE_CERT_MAX);
    if (!ops->cert_make(g->c, &end, g->key, &issuer, &w))
        return false;
    g->cert = wr_done(&w);
    w = wr_open(g->rooms[2], IKE_CERT_MAX);
    if (!ops->cert_make(g->c, &server, g->key, &issuer, &w))
        return false;
    w = wr_open(g->rooms[2], IKE_CERT_MAX);
    if (!ops->crl_make(g->c, &list, &issuer, &w))
        return false;
    g->list = wr_done(&w);
    return true;
}

static const struct ike_scheme *scheme_for(uint8_t type)
{
    size_t i = 0;
    while (!ike_scheme_fits(&ike_schemes[i], type) || ike_schemes[i].never_signs ||
           ike_schemes[i].raw != raw_signatures)
        i++;
    return &ike_schemes[i];
}

static bool judge_and_verify(struct ground *g)
{
    const struct ike_scheme *const scheme = scheme_for(key_type);
    const struct ike_signed what = {.scheme = scheme, .parts = &name, .part_count = 1};
    const struct ike_chain chain = {.trust = g->trust,
                                    .certs = &g->cert,
                                    .cert_count = 1,
                                    .crls = &g->list,
                                    .crl_count = 1,
                                    .id_type = ID_FQDN,
                                    .id = name,
                                    .now_s = NOW_S};
    uint8_t signature[IKE_SIGNATURE_MAX];
    size_t len = 0;
    if (!g->c->ops->sign(g->c, g->key, &what, signature, &len))
        return false;
    const enum ike_why why = g->c->ops->judge(g->c, &chain, &g->judged);
    if (why != WHY_OK)
        return false;
    give(signature, len);
    return g->c->ops->verify(g->c, &g->judged, &what,
                             (struct ike_bytes){.at = signature, .len = len});
}

static bool keep_key(struct ground *g)
{
    uint8_t octets[2048];
    struct ike_writer w = wr_open(octets, sizeof octets);
    if (!g->c->ops->credentials->key_save(g->key, &w))
        return false;
    struct ike_key *const again = g->c->ops->credentials->key_load(g->c, key_type, wr_done(&w));
    g->c->ops->credentials->key_free(again);
    return again != NULL;
}

/* Keys of RSA are slow to make; these were made once by tests/vectors/certs/make.sh. */
static struct ike_key *load(struct ike_crypto *c, uint8_t type)
{
    static uint8_t octets[4096];
    static size_t len;
    char path[128];
    (void)snprintf(path, sizeof path, "tests/vectors/certs/%s.key.der", ike_key_types[type].name);
    if (len == 0) {
        FILE *const file = fopen(path, "rb");
        if (!EXPECT(file != NULL))
            exit(1);
        len = fread(octets, 1, sizeof octets, file);
        (void)fclose(file);
    }
    return c->ops->credentials->key_load(c, type, (struct ike_bytes){.at = octets, .len = len});
}

static bool certify(void)
{
    struct ground g = {.c = NULL};
    const long failure = armed;
    armed = -1;
    g.c = provider(provider_is_real);
    armed = failure;
    seen = 0;
    const struct ike_credential_ops *const ops = g.c->ops->credentials;
    g.root_key = ops->key_make(g.c, KEY_TYPE_ED25519);
    g.key = ike_key_types[key_type].kind == KEY_RSA ? load(g.c, key_type)
                                                    : ops->key_make(g.c, key_type);
    g.trust = ops->trust_open(g.c);
    const bool done = g.root_key != NULL && g.key != NULL && g.trust != NULL && keep_key(&g) &&
                      make_certificates(&g) && ops->trust_add(g.trust, TRUST_ANCHOR, g.root) &&
                      ops->trust_add(g.trust, TRUST_CRL, g.list) && judge_and_verify(&g);
    if (done)
        give(g.cert.at, g.cert.len);
    g.c->ops->public_free(g.c, &g.judged);
    if (g.trust != NULL)
        ops->trust_close(g.trust);
    ops->key_free(g.key);
    ops->key_free(g.root_key);
    g.c->ops->close(g.c);
    return done;
}

static void test_certificates_without_memory_are_not_made_or_believed(void)
{
    static const struct {
        uint8_t type;
        bool raw;
    } kinds[] = {{KEY_TYPE_ED25519, false},
                 {KEY_TYPE_ECDSA256, false},
                 {KEY_TYPE_ECDSA256, true},
                 {KEY_TYPE_RSA2048, false}};
    for (int real = 0; real < 2; real++)
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            provider_is_real = real == 1;
            key_type = kinds[i].type;
            raw_signatures = kinds[i].raw;
            check_all(certify);
        }
}

/* What a provider does with what another has made is the first it needs the library for. */
static bool first_of_all(struct ground *g, const struct ike_issuer *issuer, struct ike_writer *w)
{
    const struct ike_credential_ops *const ops = g->c->ops->credentials;
    const struct ike_crl_spec list = {.from_s = NOW_S - 9, .until_s = NOW_S + 9};
    const struct ike_signed what = {
        .scheme = scheme_for(KEY_TYPE_ED25519), .parts = &name, .part_count = 1};
    uint8_t saved[256];
    struct ike_writer s = wr_open(saved, sizeof saved);
    struct ike_key *loaded;
    if (elsewhere == 0)
        return ops->cert_make(g->c, &root_spec, g->root_key,
                              &(struct ike_issuer){.key = g->root_key}, w);
    if (elsewhere == 1)
        return ops->crl_make(g->c, &list, issuer, w);
    if (elsewhere == 2) {
        g->trust = ops->trust_open(g->c);
        return g->trust != NULL;
    }
    if (elsewhere == 3) {
        uint8_t *const at = put_room(w, IKE_SIGNATURE_MAX);
        return g->c->ops->sign(g->c, g->root_key, &what, at, &w->len);
    }
    const bool done = ops->key_save(g->root_key, &s);
    loaded = done ? ops->key_load(g->c, KEY_TYPE_ED25519, wr_done(&s)) : NULL;
    ops->key_free(loaded);
    return loaded != NULL;
}

static bool certify_elsewhere(void)
{
    struct ground g = {.c = NULL};
    const long failure = armed;
    armed = -1;
    raw_signatures = false;
    struct ike_crypto *const other = provider(true);
    g.root_key = other->ops->credentials->key_make(other, KEY_TYPE_ED25519);
    struct ike_writer w = wr_open(g.rooms[0], IKE_CERT_MAX);
    const struct ike_issuer self = {.key = g.root_key};
    EXPECT(other->ops->credentials->cert_make(other, &root_spec, g.root_key, &self, &w));
    const struct ike_issuer issuer = {.key = g.root_key, .cert = wr_done(&w)};
    g.c = provider(true);
    armed = failure;
    seen = 0;
    w = wr_open(g.rooms[1], IKE_CERT_MAX);
    const bool done = first_of_all(&g, &issuer, &w);
    if (done)
        give(g.rooms[1], w.len);
    if (g.trust != NULL)
        g.c->ops->credentials->trust_close(g.trust);
    other->ops->credentials->key_free(g.root_key);
    g.c->ops->close(g.c);
    other->ops->close(other);
    return done;
}

static void test_a_provider_without_its_library_makes_nothing(void)
{
    for (elsewhere = 0; elsewhere < 5; elsewhere++)
        check_all(certify_elsewhere);
}

/* ---- TLS ---- */

static uint8_t tls_version_at_hand;

/* What one end has to say goes to the other. */
static bool pass_flight(struct ike_crypto *c, struct ike_tls *from, struct ike_tls *to)
{
    static uint8_t flight[OUT_MAX * 4];
    const size_t len = c->ops->tls->waiting(c, from);
    if (len > sizeof flight)
        return false;
    if (len == 0)
        return true;
    c->ops->tls->take(c, from, flight, len);
    return c->ops->tls->put(c, to, (struct ike_bytes){.at = flight, .len = len});
}

static bool shake_hands(struct ike_crypto *c, struct ike_tls ends[2])
{
    static const struct ike_tls_export what = {.label = "test"};
    enum ike_tls_state states[2] = {TLS_GOING, TLS_GOING};
    uint8_t keys[2][32];
    states[1] = c->ops->tls->run(c, &ends[1]);
    for (int i = 0; i < 6 && (states[0] == TLS_GOING || states[1] == TLS_GOING); i++) {
        const int to = i % 2;
        if (!pass_flight(c, &ends[1 - to], &ends[to]))
            return false;
        states[to] = c->ops->tls->run(c, &ends[to]);
    }
    if (states[0] != TLS_DONE || states[1] != TLS_DONE)
        return false;
    for (int i = 0; i < 2; i++)
        if (!c->ops->tls->export(c, &ends[i], &what, keys[i], sizeof keys[i]))
            return false;
    EXPECT(memcmp(keys[0], keys[1], sizeof keys[0]) == 0);
    return true;
}

static bool speak_tls(void)
{
    struct ike_tls_identity server = tls_identities[TLS_SERVER_EC];
    struct ike_tls_config configs[2] = {{.identity = &server, .mutual = true},
                                        {.identity = &tls_identities[TLS_CLIENT_EC]}};
    struct ike_tls ends[2];
    bool open[2] = {false, false};
    const long failure = armed;
    armed = -1;
    struct ike_crypto *const c = provider(provider_is_real);
    armed = failure;
    seen = 0;
    server.chain[1] = tls_root; /* sent along, though it need not be */
    server.chain_count = 2;
    for (int i = 0; i < 2; i++) {
        configs[i].version = tls_version_at_hand;
        configs[i].anchors[0] = tls_root;
        configs[i].anchor_count = 1;
        open[i] = c->ops->tls->open(c, &configs[i], i == 0, &ends[i]);
    }
    const bool done = open[0] && open[1] && shake_hands(c, ends);
    for (int i = 0; i < 2; i++)
        if (open[i])
            c->ops->tls->close(c, &ends[i]);
    c->ops->close(c);
    return done;
}

static void test_tls_without_memory_ends_or_agrees(void)
{
    for (int real = 0; real < 2; real++)
        for (uint8_t version = TLS_1_2; version <= TLS_1_3; version++) {
            provider_is_real = real == 1;
            tls_version_at_hand = version;
            check_all(speak_tls);
        }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_engine_without_room_is_none),
        TEST(test_a_meter_without_memory_is_none),
        TEST(test_a_provider_without_memory_is_none_or_has_less),
        TEST(test_key_exchanges_without_memory_fail_or_agree),
        TEST(test_old_algorithms_without_memory_fail_or_are_right),
        TEST(test_certificates_without_memory_are_not_made_or_believed),
        TEST(test_a_provider_without_its_library_makes_nothing),
        TEST(test_tls_without_memory_ends_or_agrees),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
