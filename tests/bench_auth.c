/* SPDX-License-Identifier: MIT
 * Methods of authentication, and rekeying, against the cryptography they need.
 * Certificates: one of the key at hand, its anchor of the same key. The floor
 * of a signature is a context made, and the key that the certificate holds;
 * of a certificate, reading it; of EAP-TLS, OpenSSL's two ends of TLS 1.3 in
 * memory, which read keys and certificates once for all connections. */
#include "ike/v2/payload.h"
#include "tests/bench_common.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static const char name[] = "a.test";

enum { NOW_S = 1700000000, YEAR_S = 31536000 };

static struct {
    uint8_t type;
    bool eap;
    uint8_t key[IKE_CERT_MAX];
    size_t key_len;
    uint8_t rooms[2][IKE_CERT_MAX]; /* anchor and end entity, in DER; both sides have the same */
    size_t lens[2];
    EVP_PKEY *pkey;
    SSL_CTX *tls[2];
} goods;

static struct ike_bytes kept(int i)
{
    return (struct ike_bytes){.at = goods.rooms[i], .len = goods.lens[i]};
}

static void make(struct ike_crypto *c, int i, const struct ike_cert_spec *spec,
                 const struct ike_key *key, struct ike_bytes issuer)
{
    struct ike_writer w = wr_open(goods.rooms[i], IKE_CERT_MAX);
    const struct ike_issuer by = {.key = key, .cert = issuer};
    const bool good = c->ops->credentials->cert_make(c, spec, key, &by, &w);
    assert(good);
    goods.lens[i] = good ? w.len : 0;
}

/* Once for both sides: signatures of ECDSA, and so certificates, are of varying length. */
static void make_both(struct ike_crypto *c, const struct ike_key *key)
{
    struct ike_cert_spec spec = {.name = "root",
                                 .serial = 1,
                                 .from_s = NOW_S - YEAR_S,
                                 .until_s = NOW_S + YEAR_S,
                                 .ca = true};
    make(c, 0, &spec, key, (struct ike_bytes){.at = NULL, .len = 0});
    spec.name = "end";
    spec.serial = 2;
    spec.ca = false;
    spec.id_type = ID_FQDN;
    spec.id = (struct ike_bytes){.at = (const uint8_t *)name, .len = sizeof name - 1};
    make(c, 1, &spec, key, kept(0));
}

/* For bench_furnish. */
static void furnish(int i)
{
    struct side *const s = &sides[i];
    struct ike_policy *const p = &s->policy;
    struct ike_crypto *const c = ike_crypto_bare(s->crypto);
    const struct ike_credential_ops *const ops = c->ops->credentials;
    struct ike_key *const key =
        ops->key_load(c, goods.type, (struct ike_bytes){.at = goods.key, .len = goods.key_len});
    struct ike_trust *const trust = ops->trust_open(c);
    bool good = key != NULL && trust != NULL && ike_id_from_text(name, &p->local_id);
    assert(good);
    if (goods.lens[0] == 0)
        make_both(c, key);
    good = ops->trust_add(trust, TRUST_ANCHOR, kept(0));
    assert(good);
    s->credential = (struct ike_credential){.key = key, .chain = {kept(1)}, .chain_count = 1};
    p->trust = trust;
    s->config.epoch_s = NOW_S;
    p->remote_id = p->local_id;
    if (!goods.eap) {
        p->proof = PROOF_SIGNATURE;
        p->accepts = 1 << PROOF_SIGNATURE;
        p->credential = &s->credential;
        return;
    }
    s->identity = (struct ike_tls_identity){.chain = {kept(1)},
                                            .chain_count = 1,
                                            .root = kept(0),
                                            .key = {.at = goods.key, .len = goods.key_len},
                                            .signature_len = 72};
    p->eap.methods[0] = EAP_TLS;
    p->eap.method_count = 1;
    p->eap.fragment = 4096;
    p->eap.tls.version = TLS_1_3;
    p->eap.tls.mutual = true;
    p->eap.tls.identity = &s->identity;
    p->eap.tls.anchors[0] = kept(0);
    p->eap.tls.anchor_count = 1;
    p->eap_only = true;
}

/* ---- bare OpenSSL ---- */

static X509 *cert_read(int i)
{
    const uint8_t *at = goods.rooms[i];
    return d2i_X509(NULL, &at, (long)goods.lens[i]);
}

static const EVP_MD *digest(void)
{
    return ike_key_types[goods.type].kind == KEY_ED25519 ? NULL : EVP_sha256();
}

static bool pss(EVP_PKEY_CTX *ctx)
{
    return ike_key_types[goods.type].kind != KEY_RSA ||
           (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static const uint8_t message[300]; /* an IKE_SA_INIT message, a nonce and a PRF */
static uint8_t signature[IKE_SIGNATURE_MAX];
static size_t signature_len;

static void bare_sign(void)
{
    EVP_MD_CTX *const md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx;
    signature_len = sizeof signature;
    if (EVP_DigestSignInit(md, &ctx, digest(), NULL, goods.pkey) != 1 || !pss(ctx) ||
        EVP_DigestSign(md, signature, &signature_len, message, sizeof message) != 1)
        abort();
    EVP_MD_CTX_free(md);
}

static void bare_verify(EVP_PKEY *key)
{
    EVP_MD_CTX *const md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx;
    if (EVP_DigestVerifyInit(md, &ctx, digest(), NULL, key) != 1 || !pss(ctx) ||
        EVP_DigestVerify(md, signature, signature_len, message, sizeof message) != 1)
        abort();
    EVP_MD_CTX_free(md);
}

static void floor_signatures(const struct counts *n)
{
    for (uint64_t k = 0; k < n->signs; k++)
        bare_sign();
    X509 *cert = NULL;
    for (uint64_t k = 0; k < n->certs; k++) {
        X509_free(cert);
        cert = cert_read(1);
        if (X509_get0_pubkey(cert) == NULL)
            abort();
    }
    for (uint64_t k = 0; k < n->verifies; k++)
        bare_verify(X509_get0_pubkey(cert));
    X509_free(cert);
}

static void tls_make(int i)
{
    SSL_CTX *const ctx = SSL_CTX_new(TLS_method());
    X509 *const end = cert_read(1);
    X509 *const anchor = cert_read(0);
    char group[] = "X25519";
    bool good = SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
                SSL_CTX_set1_groups_list(ctx, group) == 1 && SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
                SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1 &&
                SSL_CTX_use_certificate(ctx, end) == 1 &&
                SSL_CTX_use_PrivateKey(ctx, goods.pkey) == 1 &&
                X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), anchor) == 1;
    assert(good);
    (void)good;
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ctx), NOW_S);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    X509_free(end);
    X509_free(anchor);
    goods.tls[i] = ctx;
}

/* One handshake of TLS between two ends in memory. */
static void floor_tls(const struct counts *n)
{
    SSL *const ends[2] = {SSL_new(goods.tls[0]), SSL_new(goods.tls[1])};
    BIO *const there = BIO_new(BIO_s_mem());
    BIO *const back = BIO_new(BIO_s_mem());
    (void)n;
    (void)BIO_up_ref(there);
    (void)BIO_up_ref(back);
    SSL_set_bio(ends[0], back, there);
    SSL_set_bio(ends[1], there, back);
    SSL_set_connect_state(ends[0]);
    SSL_set_accept_state(ends[1]);
    for (int k = 0; k < 4; k++)
        (void)SSL_do_handshake(ends[k % 2]);
    if (!SSL_is_init_finished(ends[0]) || !SSL_is_init_finished(ends[1]))
        abort();
    SSL_free(ends[0]);
    SSL_free(ends[1]);
}

/* ---- methods ---- */

static void load(const char *family)
{
    char path[128];
    (void)snprintf(path, sizeof path, "tests/vectors/certs/%s.key.der", family);
    FILE *const file = fopen(path, "rb");
    goods.type = ike_key_type_named(family);
    goods.lens[0] = 0;
    goods.key_len = file == NULL ? 0 : fread(goods.key, 1, sizeof goods.key, file);
    const uint8_t *at = goods.key;
    goods.pkey = d2i_AutoPrivateKey(NULL, &at, (long)goods.key_len);
    if (file == NULL || goods.pkey == NULL) {
        (void)fprintf(stderr, "bench_auth: %s cannot be read; run from the source folder\n", path);
        exit(2);
    }
    (void)fclose(file);
    bench_furnish = furnish;
}

static void unload(void)
{
    EVP_PKEY_free(goods.pkey);
    bench_furnish = NULL;
}

static void bench_signatures(void)
{
    static const struct {
        const char *family;
        const char *name;
        int loops;
    } rows[] = {{"rsa2048", "handshake_rsa2048", 10},
                {"rsa3072", "handshake_rsa3072", 4},
                {"ecdsa256", "handshake_ecdsa256", 40},
                {"ed25519", "handshake_ed25519", 40}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        load(rows[i].family);
        bench_against(&(struct bench_op){.name = rows[i].name,
                                         .run = handshake,
                                         .floor = floor_signatures,
                                         .key_type = goods.type,
                                         .loops = rows[i].loops});
        unload();
    }
}

static void bench_eap(void)
{
    load("ecdsa256");
    goods.eap = true;
    open_side(0, ike_crypto_openssl, NULL, 64); /* makes the certificates */
    open_side(1, ike_crypto_openssl, NULL, 64);
    close_sides();
    tls_make(0);
    tls_make(1);
    bench_against(&(struct bench_op){.name = "handshake_eap_tls_ecdsa256",
                                     .run = handshake,
                                     .floor = floor_tls,
                                     .key_type = goods.type,
                                     .kex_in_floor = 2,
                                     .loops = 20});
    SSL_CTX_free(goods.tls[0]);
    SSL_CTX_free(goods.tls[1]);
    unload();
    goods.eap = false;
}

/* ---- more key exchanges, and rekeying ---- */

static void offer_hybrid(int i)
{
    const char *bad;
    const bool good =
        ike_offer_parse("aes256gcm16-prfsha256-x25519-ke1_mlkem768", &sides[i].policy.ike[0], &bad);
    assert(good);
    (void)good;
}

static void bench_hybrid(void)
{
    const struct bench_op op = {.run = handshake};
    bench_furnish = offer_hybrid;
    const double hybrid = bench_modelled_rate(&op, 2000);
    bench_furnish = NULL;
    bench_print("handshakes_hybrid_modelled", hybrid, bench_modelled_rate(&op, 2000), "/s",
                "none: X25519 and ML-KEM-768, over X25519 alone, both modelled");
}

static void keep_one(uint64_t now_ns)
{
    (void)connect_one(now_ns);
    settle(now_ns);
    assert(sides[0].sa != 0 && sides[0].child != 0);
}

static void rekey_child(uint64_t now_ns)
{
    const uint32_t before = sides[0].child;
    (void)ike_rekey_child(sides[0].engine, now_ns, sides[0].sa, before);
    settle(now_ns);
    if (sides[0].child == before || ike_stats(sides[0].engine).children != 1)
        abort();
}

static void rekey_ike(uint64_t now_ns)
{
    const uint64_t before = sides[0].sa;
    (void)ike_rekey(sides[0].engine, now_ns, before);
    settle(now_ns);
    if (sides[0].sa == before || ike_stats(sides[0].engine).established != 1)
        abort();
}

static void bench_rekey(void)
{
    const struct bench_op rows[] = {
        {.name = "rekey_child", .prepare = keep_one, .run = rekey_child, .loops = 500},
        {.name = "rekey_ike", .prepare = keep_one, .run = rekey_ike, .loops = 100}};
    static const char *const modelled[] = {"rekeys_child_modelled", "rekeys_ike_modelled"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bench_against(&rows[i]);
        bench_print(modelled[i], bench_modelled_rate(&rows[i], 2000), 60000, "/s",
                    "60000 at least");
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } benches[] = {
        {"signatures", bench_signatures},
        {"eap", bench_eap},
        {"hybrid", bench_hybrid},
        {"rekey", bench_rekey},
    };
    bare_open();
    for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
        if (argc < 2 || strcmp(argv[1], benches[i].name) == 0)
            benches[i].run();
    bare_close();
    return 0;
}
