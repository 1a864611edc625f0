/* SPDX-License-Identifier: MIT
 * What the benchmarks of the engine share: two ends, a handshake between them,
 * bare OpenSSL as a floor, and the meter to count how much of it there is. */
#include "tests/bench_common.h"

#include "ike/v2/selector.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

double seconds(void)
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

struct side sides[2];
void (*bench_furnish)(int side);

void open_side(int i, provider_fn *provider, const struct ike_costs *costs, uint32_t sa_max)
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
    if (bench_furnish != NULL)
        bench_furnish(i);
    s->engine = ike_open(&s->config, s->crypto);
    assert(good && s->engine != NULL);
}

/* What bench_furnish took of the provider. */
static void strip(int i)
{
    const struct ike_credential_ops *const ops = ike_crypto_bare(sides[i].crypto)->ops->credentials;
    struct ike_trust *trust;
    struct ike_key *key;
    memcpy(&trust, &sides[i].policy.trust, sizeof trust);
    memcpy(&key, &sides[i].credential.key, sizeof key);
    ops->trust_close(trust);
    ops->key_free(key);
}

void close_sides(void)
{
    for (int i = 0; i < 2; i++) {
        ike_close(sides[i].engine);
        strip(i);
        sides[i].crypto->ops->close(sides[i].crypto);
    }
}

void no_events(int i)
{
    struct ike_event e;
    while (ike_next_event(sides[i].engine, &e)) {
        if (e.kind == IKE_UP || e.kind == IKE_REKEYED)
            sides[i].sa = e.sa;
        if (e.kind == IKE_CHILD_UP)
            sides[i].child = e.child_spi;
    }
}

/* Carries one datagram from side `from`; false when there is none. `hold` > 0 keeps its octets. */
bool carry(int from, uint64_t now_ns)
{
    struct ike_datagram d;
    if (!ike_next_output(sides[from].engine, &d))
        return false;
    const struct ike_datagram in = {.local = d.remote, .remote = d.local, .bytes = d.bytes};
    (void)ike_input(sides[1 - from].engine, now_ns, &in);
    no_events(1 - from);
    return true;
}

uint64_t connect_one(uint64_t now_ns)
{
    const struct ike_attempt attempt = {
        .local = sides[0].addr, .remote = sides[1].addr, .policy = &sides[0].policy};
    const uint64_t sa = ike_connect(sides[0].engine, now_ns, &attempt);
    no_events(0);
    return sa;
}

void settle(uint64_t now_ns)
{
    while (carry(0, now_ns) || carry(1, now_ns))
        ;
}

void handshake(uint64_t now_ns)
{
    const uint64_t sa = connect_one(now_ns);
    settle(now_ns);
    assert(ike_stats(sides[0].engine).established > 0);
    ike_forget(sides[0].engine, now_ns, sa);
}

/* ---- bare OpenSSL ---- */

static struct bare {
    EVP_MAC_CTX *hmac;
    EVP_CIPHER_CTX *gcm;
    EVP_MD_CTX *sha1;
    EVP_PKEY *peer;
    uint8_t key[64];
    uint64_t random;
} bare;

void bare_open(void)
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

void bare_close(void)
{
    EVP_MAC_CTX_free(bare.hmac);
    EVP_CIPHER_CTX_free(bare.gcm);
    EVP_MD_CTX_free(bare.sha1);
    EVP_PKEY_free(bare.peer);
}

/* A key pair made of given octets, its public value, and one shared secret. */
void bare_x25519(void)
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

void bare_hmac(size_t len, bool new_key)
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

void bare_gcm(size_t len)
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

void bare_sha1(void)
{
    static const uint8_t data[22];
    uint8_t out[20];
    if (EVP_DigestInit_ex(bare.sha1, EVP_sha1(), NULL) != 1 ||
        EVP_DigestUpdate(bare.sha1, data, sizeof data) != 1 ||
        EVP_DigestFinal_ex(bare.sha1, out, NULL) != 1)
        abort();
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return values[n / 2];
}

void bench_print(const char *name, double value, double floor, const char *unit, const char *goal)
{
    (void)printf("%-34s %10.2f %-4s floor %10.2f %-4s ratio %6.3f  goal %s\n", name, value, unit,
                 floor, unit, value / floor, goal);
}

/* ---- counting what is asked of the provider, both ends ---- */

static uint64_t spent_with(const struct ike_costs *costs, const struct bench_op *op)
{
    open_side(0, ike_crypto_openssl, costs, 64);
    open_side(1, ike_crypto_openssl, costs, 64);
    if (op->prepare != NULL)
        op->prepare(1);
    sides[0].crypto->spent_ns = sides[1].crypto->spent_ns = 0;
    op->run(1);
    const uint64_t spent = sides[0].crypto->spent_ns + sides[1].crypto->spent_ns;
    close_sides();
    return spent;
}

struct counts bench_count(const struct bench_op *op)
{
    static struct ike_costs none, c;
    const uint8_t prf = ike_algo_named("prfsha256");
    const uint8_t gcm = ike_algo_named("aes256gcm16");
    uint32_t *const rows[] = {&c.call_ns[prf],          &c.byte_ps[prf],
                              &c.call_ns[gcm],          &c.byte_ps[gcm],
                              &c.sha1_call_ns,          &c.kex_derive_ns[ike_algo_named("x25519")],
                              &c.sign_ns[op->key_type], &c.verify_ns[op->key_type],
                              &c.certificate_ns};
    const bool octets[] = {false, true, false, true, false, false, false, false, false};
    uint64_t n[sizeof rows / sizeof rows[0]];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c = none;
        *rows[i] = octets[i] ? 1000 : 1;
        n[i] = spent_with(&c, op);
    }
    return (struct counts){n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]};
}

void bench_floor(const struct counts *n)
{
    for (uint64_t k = 0; k < n->kex; k++)
        bare_x25519();
    for (uint64_t k = 0; k < n->prf; k++)
        bare_hmac(n->prf_bytes / n->prf, k % 2 == 0);
    for (uint64_t k = 0; k < n->seals; k++)
        bare_gcm(n->seal_bytes / n->seals);
    for (uint64_t k = 0; k < n->sha1; k++)
        bare_sha1();
}

void bench_against(const struct bench_op *op)
{
    double ours[ROUNDS], floor[ROUNDS], ratio[ROUNDS];
    struct counts n = bench_count(op);
    n.kex -= op->kex_in_floor;
    open_side(0, ike_crypto_openssl, NULL, 1024);
    open_side(1, ike_crypto_openssl, NULL, 8192);
    if (op->prepare != NULL)
        op->prepare(1);
    for (int r = 0; r < ROUNDS; r++) {
        double t = seconds();
        for (int i = 0; i < op->loops; i++)
            op->run(1);
        ours[r] = (seconds() - t) / op->loops * 1e6;
        t = seconds();
        for (int i = 0; i < op->loops; i++) {
            bench_floor(&n);
            if (op->floor != NULL)
                op->floor(&n);
        }
        floor[r] = (seconds() - t) / op->loops * 1e6;
        ratio[r] = ours[r] / floor[r];
    }
    close_sides();
    (void)printf("# %s, both ends: %llu X25519 pairs and secrets, %llu PRF (%llu B), %llu seal or "
                 "open (%llu B), %llu SHA-1, %llu signed, %llu verified, %llu certificates read\n",
                 op->name, (unsigned long long)n.kex, (unsigned long long)n.prf,
                 (unsigned long long)n.prf_bytes, (unsigned long long)n.seals,
                 (unsigned long long)n.seal_bytes, (unsigned long long)n.sha1,
                 (unsigned long long)n.signs, (unsigned long long)n.verifies,
                 (unsigned long long)n.certs);
    bench_print(op->name, median(ours, ROUNDS), median(floor, ROUNDS), "us", "<= 1.15");
    (void)printf("#   %.0f a second of CPU time; median of the paired ratios %.3f\n",
                 1e6 / median(ours, ROUNDS), median(ratio, ROUNDS));
}

double bench_modelled_rate(const struct bench_op *op, int loops)
{
    double rate[ROUNDS];
    open_side(0, ike_crypto_modelled, NULL, 1024);
    open_side(1, ike_crypto_modelled, NULL, (uint32_t)(ROUNDS * loops + 64));
    if (op->prepare != NULL)
        op->prepare(1);
    for (int r = 0; r < ROUNDS; r++) {
        const double t = seconds();
        for (int i = 0; i < loops; i++)
            op->run(1);
        rate[r] = loops / (seconds() - t);
    }
    close_sides();
    return median(rate, ROUNDS);
}

/* Resident octets of the process, from the kernel. */
double resident(void)
{
    unsigned long long size = 0, pages = 0;
    FILE *const f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%llu %llu", &size, &pages) != 2)
        abort();
    (void)fclose(f);
    return (double)pages * 4096;
}
