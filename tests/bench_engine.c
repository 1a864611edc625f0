/* SPDX-License-Identifier: MIT
 * The engine against the cryptography it needs: whole handshakes, half-open
 * SAs, refused requests, memory. The floor is bare OpenSSL doing the same
 * operations the same number of times, counted with the meter, in turns with
 * the engine in one run. Memory is what the kernel says the process touched. */
#include "ike/ike.h"
#include "ike/v2/message.h"
#include "ike/v2/selector.h"

#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

enum { ROUNDS = 9, CRYPTO_LOOPS = 200, MODEL_LOOPS = 20000, COOKIE_LOOPS = 50000, MANY = 100000 };

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void fill(void *owner, uint8_t *out, size_t len)
{
    uint64_t *const state = owner;
    for (size_t i = 0; i < len; i += 8) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const uint64_t z = *state ^ *state >> 29;
        memcpy(out + i, &z, len - i < 8 ? len - i : 8);
    }
}

struct side {
    uint64_t random;
    struct ike_config config;
    struct ike_policy policy;
    struct ike_crypto *crypto;
    struct ike_engine *engine;
    struct ike_addr addr;
};

static struct side sides[2];

typedef struct ike_crypto *provider_fn(struct ike_random random);

static void open_side(int i, provider_fn *provider, const struct ike_costs *costs, uint32_t sa_max)
{
    struct side *const s = &sides[i];
    const char *bad;
    *s = (struct side){.random = 42 + (uint64_t)i};
    s->addr = ike_addr_v4(0xc0000201u + (uint32_t)i, IKE_PORT);
    s->config = (struct ike_config){
        .sa_max = sa_max,
        .cookies = {.on_at = IKE_UNLIMITED, .secret_ns = UINT64_C(120000000000)},
        .half_open = {.limit = IKE_UNLIMITED,
                      .per_address = IKE_UNLIMITED,
                      .timeout_ns = UINT64_C(30000000000)},
        .retransmit = {.first_ns = 1000000000,
                       .factor_milli = 1800,
                       .sends = 5,
                       .wait_max_ns = IKE_NEVER},
        .cookies_max = 3,
        .groups_max = 3,
        .policies = &s->policy,
        .policy_count = 1,
    };
    struct ike_policy *const p = &s->policy;
    const bool good = ike_offer_parse("aes256gcm16-prfsha256-x25519", &p->ike[0], &bad) &&
                      ike_offer_parse("aes256gcm16", &p->child[0].esp[0], &bad) &&
                      ike_selector_from_text("10.0.0.0/8", &p->child[0].local[0]) &&
                      ike_selector_from_text("10.0.0.0/8", &p->child[0].remote[0]);
    assert(good);
    p->ike_count = p->child_count = 1;
    p->child[0].esp_count = p->child[0].local_count = p->child[0].remote_count = 1;
    p->psk_len = 6;
    memcpy(p->psk, "secret", 6);
    s->crypto = provider((struct ike_random){.fill = fill, .owner = &s->random});
    if (costs != NULL)
        s->crypto = ike_crypto_meter(s->crypto, costs);
    s->engine = ike_open(&s->config, s->crypto);
    assert(good && s->engine != NULL);
}

static void close_sides(void)
{
    for (int i = 0; i < 2; i++) {
        ike_close(sides[i].engine);
        sides[i].crypto->ops->close(sides[i].crypto);
    }
}

static void no_events(int i)
{
    struct ike_event e;
    while (ike_next_event(sides[i].engine, &e))
        ;
}

/* Carries one datagram from side `from`; false when there is none. `hold` > 0 keeps its octets. */
static bool carry(int from, uint64_t now_ns)
{
    struct ike_datagram d;
    if (!ike_next_output(sides[from].engine, &d))
        return false;
    const struct ike_datagram in = {.local = d.remote, .remote = d.local, .bytes = d.bytes};
    (void)ike_input(sides[1 - from].engine, now_ns, &in);
    no_events(1 - from);
    return true;
}

static uint64_t connect_one(uint64_t now_ns)
{
    const struct ike_attempt attempt = {
        .local = sides[0].addr, .remote = sides[1].addr, .policy = &sides[0].policy};
    const uint64_t sa = ike_connect(sides[0].engine, now_ns, &attempt);
    no_events(0);
    return sa;
}

static void handshake(uint64_t now_ns)
{
    const uint64_t sa = connect_one(now_ns);
    (void)carry(0, now_ns);
    (void)carry(1, now_ns);
    (void)carry(0, now_ns);
    (void)carry(1, now_ns);
    assert(ike_stats(sides[0].engine).established > 0);
    ike_forget(sides[0].engine, now_ns, sa);
}

/* ---- bare OpenSSL ---- */

struct bare {
    EVP_MAC_CTX *hmac;
    EVP_CIPHER_CTX *gcm;
    EVP_MD_CTX *sha1;
    EVP_PKEY *peer;
    uint8_t key[64];
    uint64_t random;
};

static struct bare bare;

static void bare_open(void)
{
    EVP_MAC *const mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    bare.hmac = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    bare.gcm = EVP_CIPHER_CTX_new();
    bare.sha1 = EVP_MD_CTX_new();
    fill(&bare.random, bare.key, sizeof bare.key);
    EVP_PKEY *const key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, bare.key, 32);
    uint8_t share[32];
    size_t len = sizeof share;
    (void)EVP_PKEY_get_raw_public_key(key, share, &len);
    bare.peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, share, 32);
    EVP_PKEY_free(key);
}

static void bare_close(void)
{
    EVP_MAC_CTX_free(bare.hmac);
    EVP_CIPHER_CTX_free(bare.gcm);
    EVP_MD_CTX_free(bare.sha1);
    EVP_PKEY_free(bare.peer);
}

/* A key pair made of given octets, its public value, and one shared secret. */
static void bare_x25519(void)
{
    uint8_t octets[32], out[32];
    size_t len = sizeof out;
    fill(&bare.random, octets, sizeof octets);
    EVP_PKEY *const key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, octets, 32);
    (void)EVP_PKEY_get_raw_public_key(key, out, &len);
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new(key, NULL);
    len = sizeof out;
    if (EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer_ex(ctx, bare.peer, 0) != 1 ||
        EVP_PKEY_derive(ctx, out, &len) != 1)
        abort();
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
}

static void bare_hmac(size_t len, bool new_key)
{
    static uint8_t data[4096];
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                 OSSL_PARAM_construct_end()};
    uint8_t out[32];
    size_t out_len;
    bare.key[0] = (uint8_t)(bare.key[0] + 1);
    if (EVP_MAC_init(bare.hmac, new_key ? bare.key : NULL, new_key ? 32 : 0,
                     new_key ? params : NULL) != 1 ||
        EVP_MAC_update(bare.hmac, data, len) != 1 ||
        EVP_MAC_final(bare.hmac, out, &out_len, sizeof out) != 1)
        abort();
}

static void bare_gcm(size_t len)
{
    static uint8_t data[4096];
    uint8_t iv[12] = {0}, tag[16];
    int out_len;
    bare.key[0] = (uint8_t)(bare.key[0] + 1);
    if (EVP_EncryptInit_ex(bare.gcm, EVP_aes_256_gcm(), NULL, bare.key, iv) != 1 ||
        EVP_EncryptUpdate(bare.gcm, NULL, &out_len, data, 32) != 1 ||
        EVP_EncryptUpdate(bare.gcm, data, &out_len, data, (int)len) != 1 ||
        EVP_EncryptFinal_ex(bare.gcm, tag, &out_len) != 1 ||
        EVP_CIPHER_CTX_ctrl(bare.gcm, EVP_CTRL_AEAD_GET_TAG, 16, tag) != 1)
        abort();
}

static void bare_sha1(void)
{
    static const uint8_t data[22];
    uint8_t out[20];
    if (EVP_DigestInit_ex(bare.sha1, EVP_sha1(), NULL) != 1 ||
        EVP_DigestUpdate(bare.sha1, data, sizeof data) != 1 ||
        EVP_DigestFinal_ex(bare.sha1, out, NULL) != 1)
        abort();
}

/* ---- counting what a handshake asks of the provider, both ends ---- */

struct counts {
    uint64_t prf, prf_bytes, seals, seal_bytes, sha1;
};

static uint64_t spent_with(const struct ike_costs *costs)
{
    open_side(0, ike_crypto_openssl, costs, 64);
    open_side(1, ike_crypto_openssl, costs, 64);
    sides[0].crypto->spent_ns = sides[1].crypto->spent_ns = 0;
    handshake(1);
    const uint64_t spent = sides[0].crypto->spent_ns + sides[1].crypto->spent_ns;
    close_sides();
    return spent;
}

static struct counts count(void)
{
    const uint8_t prf = ike_algo_named("prfsha256");
    const uint8_t gcm = ike_algo_named("aes256gcm16");
    struct ike_costs c[5] = {{.sha1_call_ns = 0}};
    c[0].call_ns[prf] = 1;
    c[1].byte_ps[prf] = 1000;
    c[2].call_ns[gcm] = 1;
    c[3].byte_ps[gcm] = 1000;
    c[4].sha1_call_ns = 1;
    return (struct counts){spent_with(&c[0]), spent_with(&c[1]), spent_with(&c[2]),
                           spent_with(&c[3]), spent_with(&c[4])};
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return values[n / 2];
}

static void print(const char *name, double value, double floor, const char *unit, const char *goal)
{
    (void)printf("%-34s %10.2f %-4s floor %10.2f %-4s ratio %6.3f  goal %s\n", name, value, unit,
                 floor, unit, value / floor, goal);
}

static void bench_handshake(void)
{
    double ours[ROUNDS], floor[ROUNDS], ratio[ROUNDS];
    const struct counts n = count();
    open_side(0, ike_crypto_openssl, NULL, 1024);
    open_side(1, ike_crypto_openssl, NULL, 4096);
    for (int r = 0; r < ROUNDS; r++) {
        double t = seconds();
        for (int i = 0; i < CRYPTO_LOOPS; i++)
            handshake((uint64_t)r + 1);
        ours[r] = (seconds() - t) / CRYPTO_LOOPS * 1e6;
        t = seconds();
        for (int i = 0; i < CRYPTO_LOOPS; i++) {
            bare_x25519();
            bare_x25519();
            for (uint64_t k = 0; k < n.prf; k++)
                bare_hmac(n.prf_bytes / n.prf, k % 2 == 0);
            for (uint64_t k = 0; k < n.seals; k++)
                bare_gcm(n.seal_bytes / n.seals);
            for (uint64_t k = 0; k < n.sha1; k++)
                bare_sha1();
        }
        floor[r] = (seconds() - t) / CRYPTO_LOOPS * 1e6;
        ratio[r] = ours[r] / floor[r];
    }
    close_sides();
    (void)printf(
        "# a handshake, both ends: 2 key pairs and 2 secrets each of X25519, %llu PRF (%llu B), "
        "%llu seal or open (%llu B), %llu SHA-1\n",
        (unsigned long long)n.prf, (unsigned long long)n.prf_bytes, (unsigned long long)n.seals,
        (unsigned long long)n.seal_bytes, (unsigned long long)n.sha1);
    print("handshake_openssl", median(ours, ROUNDS), median(floor, ROUNDS), "us", "<= 1.15");
    (void)printf("#   median of the paired ratios %.3f\n", median(ratio, ROUNDS));
}

static void bench_modelled(void)
{
    double rate[ROUNDS];
    open_side(0, ike_crypto_modelled, NULL, 1024);
    open_side(1, ike_crypto_modelled, NULL, ROUNDS * MODEL_LOOPS + 1);
    for (int r = 0; r < ROUNDS; r++) {
        const double t = seconds();
        for (int i = 0; i < MODEL_LOOPS; i++)
            handshake((uint64_t)r + 1);
        rate[r] = MODEL_LOOPS / (seconds() - t);
    }
    close_sides();
    print("handshakes_modelled", median(rate, ROUNDS), 60000, "/s", "180000/s; 60000 at least");
}

/* ---- sessions resumed (RFC 5723 4.3), each with the ticket of the one before ---- */

static struct kept_ticket {
    uint8_t octets[IKE_RESUME_MAX];
    size_t len;
} kept;

static void resume(uint64_t now_ns)
{
    const struct ike_attempt attempt = {.local = sides[0].addr,
                                        .remote = sides[1].addr,
                                        .policy = &sides[0].policy,
                                        .ticket = {.at = kept.octets, .len = kept.len}};
    const uint64_t sa = ike_connect(sides[0].engine, now_ns, &attempt);
    for (int i = 0; i < 4; i++)
        (void)carry(i % 2, now_ns);
    kept.len = ike_sa_ticket(sides[0].engine, sa, kept.octets);
    assert(kept.len > 0);
    ike_forget(sides[0].engine, now_ns, sa);
}

/* Handshakes and resumptions per CPU-second, both ends, with as many of each in turns. */
static void bench_resumed(const char *name, provider_fn *provider, int loops, const char *goal)
{
    static const uint8_t secret[32] = {1};
    double resumed[ROUNDS], whole[ROUNDS];
    open_side(0, provider, NULL, 1024);
    open_side(1, provider, NULL, (uint32_t)(ROUNDS * loops) + 64);
    ike_close(sides[1].engine);
    sides[0].policy.tickets = true;
    sides[1].config.tickets =
        (struct ike_ticket_config){.kind = TICKET_VALUE, .secret = secret, .remembered = 65536};
    sides[1].engine = ike_open(&sides[1].config, sides[1].crypto);
    kept.len = 0;
    resume(1);
    for (int r = 0; r < ROUNDS; r++) {
        double t = seconds();
        for (int i = 0; i < loops; i++)
            resume(1);
        resumed[r] = loops / (seconds() - t);
        t = seconds();
        for (int i = 0; i < loops; i++)
            handshake(1);
        whole[r] = loops / (seconds() - t);
    }
    close_sides();
    print(name, median(resumed, ROUNDS), median(whole, ROUNDS), "/s", goal);
}

static void bench_resume(void)
{
    bench_resumed("resumptions_openssl", ike_crypto_openssl, CRYPTO_LOOPS, ">= 4");
    bench_resumed("resumptions_modelled", ike_crypto_modelled, MODEL_LOOPS / 4, "no goal");
}

/* A request of one client kept, so that only the responder's work is timed. */
static size_t keep_request(uint8_t *room, uint64_t now_ns)
{
    struct ike_datagram d;
    const uint64_t sa = connect_one(now_ns);
    const bool good = ike_next_output(sides[0].engine, &d);
    assert(good && d.bytes.len < IKE_MESSAGE_MAX);
    memcpy(room, d.bytes.at, d.bytes.len);
    ike_forget(sides[0].engine, now_ns, sa);
    return good ? d.bytes.len : 0;
}

static enum ike_why give(const uint8_t *bytes, size_t len, uint32_t source)
{
    struct ike_datagram d;
    const struct ike_datagram in = {.local = sides[1].addr,
                                    .remote = ike_addr_v4(source, IKE_PORT),
                                    .bytes = {.at = bytes, .len = len}};
    const enum ike_why why = ike_input(sides[1].engine, 1, &in);
    while (ike_next_output(sides[1].engine, &d))
        ;
    no_events(1);
    return why;
}

static void bench_half_open(void)
{
    static uint8_t requests[CRYPTO_LOOPS][IKE_MESSAGE_MAX];
    size_t lens[CRYPTO_LOOPS];
    double ours[ROUNDS], floor[ROUNDS];
    open_side(0, ike_crypto_openssl, NULL, 1024);
    open_side(1, ike_crypto_openssl, NULL, ROUNDS * CRYPTO_LOOPS + 1);
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < CRYPTO_LOOPS; i++)
            lens[i] = keep_request(requests[i], 1);
        double t = seconds();
        for (int i = 0; i < CRYPTO_LOOPS; i++)
            if (give(requests[i], lens[i], 0x0a000001u) != WHY_OK)
                abort();
        ours[r] = (seconds() - t) / CRYPTO_LOOPS * 1e6;
        t = seconds();
        for (int i = 0; i < CRYPTO_LOOPS; i++)
            bare_x25519();
        floor[r] = (seconds() - t) / CRYPTO_LOOPS * 1e6;
    }
    close_sides();
    print("half_open_x25519", median(ours, ROUNDS), median(floor, ROUNDS), "us", "<= 1.2");
}

static void bench_cookie(void)
{
    static uint8_t request[IKE_MESSAGE_MAX];
    double ours[ROUNDS], floor[ROUNDS];
    open_side(0, ike_crypto_openssl, NULL, 64);
    open_side(1, ike_crypto_openssl, NULL, 64);
    close_sides();
    open_side(0, ike_crypto_openssl, NULL, 64);
    open_side(1, ike_crypto_openssl, NULL, 64);
    ike_close(sides[1].engine);
    sides[1].config.cookies.on_at = 0;
    sides[1].engine = ike_open(&sides[1].config, sides[1].crypto);
    const size_t len = keep_request(request, 1);
    bare_hmac(44, true);
    for (int r = 0; r < ROUNDS; r++) {
        double t = seconds();
        for (uint32_t i = 0; i < COOKIE_LOOPS; i++)
            if (give(request, len, 0x0a000000u + i) != WHY_COOKIE_WANTED)
                abort();
        ours[r] = (seconds() - t) / COOKIE_LOOPS * 1e9;
        t = seconds();
        for (uint32_t i = 0; i < COOKIE_LOOPS; i++)
            bare_hmac(44, false); /* Ni 32, IPi 4, SPIi 8 */
        floor[r] = (seconds() - t) / COOKIE_LOOPS * 1e9;
    }
    close_sides();
    print("cookie_refusal", median(ours, ROUNDS), median(floor, ROUNDS), "ns", "<= 3");
}

/* Resident octets of the process, from the kernel. */
static double resident(void)
{
    unsigned long long size = 0, pages = 0;
    FILE *const f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%llu %llu", &size, &pages) != 2)
        abort();
    (void)fclose(f);
    return (double)pages * 4096;
}

static void bench_memory(void)
{
    static uint8_t request[IKE_MESSAGE_MAX];
    open_side(0, ike_crypto_openssl, NULL, 64);
    open_side(1, ike_crypto_openssl, NULL, 1000000);
    struct ike_datagram d;
    double messages = 0;
    const double before = resident();
    for (uint32_t i = 0; i < MANY; i++) {
        const size_t len = keep_request(request, 1);
        const struct ike_datagram in = {.local = sides[1].addr,
                                        .remote = ike_addr_v4(0x0a000000u + i, IKE_PORT),
                                        .bytes = {.at = request, .len = len}};
        if (ike_input(sides[1].engine, 1, &in) != WHY_OK || !ike_next_output(sides[1].engine, &d))
            abort();
        messages += (double)(len + d.bytes.len);
        no_events(1);
    }
    const double each = (resident() - before) / MANY;
    print("memory_half_open_beyond_messages", each - messages / MANY, 512, "B", "512 B");
    (void)printf("#   %.0f B touched for each, of which %.0f B are its two messages\n", each,
                 messages / MANY);
    close_sides();

    open_side(0, ike_crypto_openssl, NULL, 64);
    open_side(1, ike_crypto_openssl, NULL, 1000000);
    const double start = resident();
    for (uint32_t i = 0; i < MANY; i++)
        handshake(1);
    print("memory_established_one_child", (resident() - start) / MANY, 1536, "B", "1536 B");
    close_sides();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } benches[] = {
        {"handshake", bench_handshake}, {"modelled", bench_modelled},
        {"half-open", bench_half_open}, {"cookie", bench_cookie},
        {"memory", bench_memory},       {"resume", bench_resume},
    };
    bare_open();
    for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
        if (argc < 2 || strcmp(argv[1], benches[i].name) == 0)
            benches[i].run();
    bare_close();
    return 0;
}
