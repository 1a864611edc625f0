/* SPDX-License-Identifier: MIT
 * TLS by OpenSSL over two memory BIOs: what is put in is read from one, what
 * waits to be taken is in the other. The only file that includes ssl.h. Random
 * octets are OpenSSL's own here: a run that must repeat has the program set
 * OpenSSL's random hook, or uses the modelled provider. Neither tickets nor
 * resumption, which EAP counts as another method; key exchange is X25519. */
#include "ike/crypto_openssl.h"
#include "ike/tls.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* Kept contexts: the configurations of one experiment, both ends. */
enum { KEPT = 8 };

struct openssl_tls_shelf {
    struct {
        uint8_t digest[EVP_MAX_MD_SIZE]; /* of all that it was made of */
        SSL_CTX *ctx;                    /* NULL: none yet */
    } kept[KEPT];
    size_t next; /* to be replaced */
};

struct openssl_tls {
    SSL *ssl;
    BIO *in;
    BIO *out;
    size_t text_len;
    uint8_t text[IKE_TLS_TEXT_MAX + 1]; /* came in, and was not heard yet; the last is too much */
};

static struct openssl_tls *tls_of(const struct ike_tls *tls)
{
    return tls->state;
}

static void tls_close(struct ike_crypto *c, struct ike_tls *tls)
{
    struct openssl_tls *const t = tls_of(tls);
    (void)c;
    memset(tls, 0, sizeof *tls);
    if (t == NULL)
        return;
    SSL_free(t->ssl); /* and its BIOs */
    ike_secret_wipe(t, sizeof *t);
    free(t);
}

static X509 *certificate_read(struct ike_bytes der)
{
    const uint8_t *at = der.at;
    return d2i_X509(NULL, &at, (long)der.len);
}

static bool use_identity(SSL_CTX *ctx, const struct ike_tls_identity *identity)
{
    const uint8_t *at = identity->key.at;
    bool good = identity->chain_count > 0;
    for (uint8_t i = 0; good && i < identity->chain_count; i++) {
        X509 *const certificate = certificate_read(identity->chain[i]);
        good = certificate != NULL && (i == 0 ? SSL_CTX_use_certificate(ctx, certificate)
                                              : SSL_CTX_add1_chain_cert(ctx, certificate)) == 1;
        X509_free(certificate);
    }
    EVP_PKEY *const key = d2i_AutoPrivateKey(NULL, &at, (long)identity->key.len);
    good = good && key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    EVP_PKEY_free(key);
    return good;
}

static bool use_anchors(SSL_CTX *ctx, const struct ike_tls_config *config)
{
    X509_STORE *const store = SSL_CTX_get_cert_store(ctx);
    bool good = true;
    for (uint8_t i = 0; good && i < config->anchor_count; i++) {
        X509 *const anchor = certificate_read(config->anchors[i]);
        good = anchor != NULL && X509_STORE_add_cert(store, anchor) == 1;
        X509_free(anchor);
    }
    return good;
}

/* Virtual time, or none: never this machine's. */
static void use_time(SSL *ssl, uint64_t now_s)
{
    X509_VERIFY_PARAM *const param = SSL_get0_param(ssl);
    if (now_s != 0)
        X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
    else
        (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
}

static SSL_CTX *context_make(const struct ike_tls_config *config, bool server)
{
    char groups[] = "X25519:P-256:P-384"; /* a share of the first; curves of certificates */
    SSL_CTX *const ctx = SSL_CTX_new(TLS_method());
    if (ctx == NULL)
        return NULL;
    const int low = config->version == TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    const int high = config->version == TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
    bool good = SSL_CTX_set_min_proto_version(ctx, low) == 1 &&
                SSL_CTX_set_max_proto_version(ctx, high) == 1 &&
                SSL_CTX_set1_groups_list(ctx, groups) == 1 &&
                SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1 &&
                SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM+AES128") == 1 &&
                SSL_CTX_set_num_tickets(ctx, 0) == 1;
    /* EAP has no renegotiation, and there are servers that say nothing of it (RFC 5746 4.1). */
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                       SSL_OP_LEGACY_SERVER_CONNECT);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
    good = good && (config->identity == NULL ? !server : use_identity(ctx, config->identity));
    good = good && use_anchors(ctx, config);
    const int judge = SSL_VERIFY_PEER | (server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
    const bool none = server ? !config->mutual : config->trusting;
    SSL_CTX_set_verify(ctx, none ? SSL_VERIFY_NONE : judge, NULL);
    if (good)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

struct openssl_tls_shelf *openssl_tls_shelf_open(void)
{
    return calloc(1, sizeof(struct openssl_tls_shelf));
}

void openssl_tls_shelf_close(struct openssl_tls_shelf *shelf)
{
    for (size_t i = 0; shelf != NULL && i < KEPT; i++)
        SSL_CTX_free(shelf->kept[i].ctx);
    free(shelf);
}

/* Lengths are told apart, so that no two configurations are the same octets. */
static bool add(EVP_MD_CTX *md, struct ike_bytes bytes)
{
    return EVP_DigestUpdate(md, &bytes.len, sizeof bytes.len) == 1 &&
           EVP_DigestUpdate(md, bytes.at, bytes.len) == 1;
}

/* Of everything that context_make reads: octets, not where they are, for those may change. */
static bool digest_make(const struct ike_tls_config *config, bool server, uint8_t *out)
{
    const struct ike_tls_identity *const identity = config->identity;
    const uint8_t flags[] = {config->version,
                             config->mutual,
                             config->trusting,
                             server,
                             identity != NULL,
                             config->anchor_count,
                             identity != NULL ? identity->chain_count : 0};
    EVP_MD_CTX *const md = EVP_MD_CTX_new();
    bool good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
                add(md, (struct ike_bytes){.at = flags, .len = sizeof flags});
    for (uint8_t i = 0; good && i < config->anchor_count; i++)
        good = add(md, config->anchors[i]);
    for (uint8_t i = 0; good && identity != NULL && i < identity->chain_count; i++)
        good = add(md, identity->chain[i]);
    if (good && identity != NULL)
        good = add(md, identity->key);
    good = good && EVP_DigestFinal_ex(md, out, NULL) == 1;
    EVP_MD_CTX_free(md);
    return good;
}

/* One of the shelf, or a new one put there; the shelf's. NULL: it cannot be made. */
static SSL_CTX *context_find(struct openssl_tls_shelf *shelf, const struct ike_tls_config *config,
                             bool server)
{
    uint8_t digest[EVP_MAX_MD_SIZE] = {0};
    if (shelf == NULL || !digest_make(config, server, digest))
        return NULL;
    for (size_t i = 0; i < KEPT; i++)
        if (shelf->kept[i].ctx != NULL &&
            ike_secret_equal(shelf->kept[i].digest, digest, sizeof digest))
            return shelf->kept[i].ctx;
    SSL_CTX *const ctx = context_make(config, server);
    if (ctx == NULL)
        return NULL;
    const size_t at = shelf->next++ % KEPT;
    SSL_CTX_free(shelf->kept[at].ctx); /* connections that use it have it still */
    shelf->kept[at].ctx = ctx;
    memcpy(shelf->kept[at].digest, digest, sizeof digest);
    return ctx;
}

static bool tls_open(struct ike_crypto *c, const struct ike_tls_config *config, bool server,
                     struct ike_tls *tls)
{
    struct openssl_tls *const t = calloc(1, sizeof *t);
    memset(tls, 0, sizeof *tls);
    if (t == NULL)
        return false;
    tls->state = t;
    SSL_CTX *const ctx = context_find(openssl_tls_shelf_of(c), config, server);
    t->ssl = ctx != NULL ? SSL_new(ctx) : NULL;
    t->in = t->ssl != NULL ? BIO_new(BIO_s_mem()) : NULL;
    t->out = t->in != NULL ? BIO_new(BIO_s_mem()) : NULL;
    ERR_clear_error();
    if (t->out == NULL) {
        BIO_free(t->in);
        tls_close(c, tls);
        return false;
    }
    use_time(t->ssl, config->now_s);
    SSL_set_bio(t->ssl, t->in, t->out);
    if (server)
        SSL_set_accept_state(t->ssl);
    else
        SSL_set_connect_state(t->ssl);
    return true;
}

static bool tls_put(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes piece)
{
    struct openssl_tls *const t = tls_of(tls);
    (void)c;
    assert(piece.len <= IKE_TLS_FLIGHT_MAX);
    return piece.len == 0 || BIO_write(t->in, piece.at, (int)piece.len) == (int)piece.len;
}

/* Data that came with the end of the handshake or after it; an alert is among what it tells. */
static bool text_read(struct openssl_tls *t)
{
    int got;
    do {
        if (t->text_len > IKE_TLS_TEXT_MAX)
            return false;
        got = SSL_read(t->ssl, t->text + t->text_len, (int)(sizeof t->text - t->text_len));
        t->text_len += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    return SSL_get_error(t->ssl, got) == SSL_ERROR_WANT_READ;
}

static enum ike_tls_state tls_run(struct ike_crypto *c, struct ike_tls *tls)
{
    struct openssl_tls *const t = tls_of(tls);
    enum ike_tls_state state = TLS_DONE;
    (void)c;
    ERR_clear_error();
    const int done = SSL_do_handshake(t->ssl);
    if (done != 1)
        state = SSL_get_error(t->ssl, done) == SSL_ERROR_WANT_READ ? TLS_GOING : TLS_FAILED;
    else if (!text_read(t))
        state = TLS_FAILED;
    ERR_clear_error();
    return state;
}

static size_t tls_waiting(struct ike_crypto *c, struct ike_tls *tls)
{
    (void)c;
    return BIO_ctrl_pending(tls_of(tls)->out);
}

static void tls_take(struct ike_crypto *c, struct ike_tls *tls, uint8_t *out, size_t len)
{
    (void)c;
    const int got = BIO_read(tls_of(tls)->out, out, (int)len);
    assert(got == (int)len);
    (void)got;
}

static bool tls_say(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes text)
{
    (void)c;
    const int sent = SSL_write(tls_of(tls)->ssl, text.at, (int)text.len);
    ERR_clear_error();
    return sent == (int)text.len;
}

static size_t tls_hear(struct ike_crypto *c, struct ike_tls *tls, uint8_t *out, size_t max)
{
    struct openssl_tls *const t = tls_of(tls);
    const size_t len = t->text_len < max ? t->text_len : max;
    (void)c;
    memcpy(out, t->text, len);
    memmove(t->text, t->text + len, t->text_len - len);
    t->text_len -= len;
    return len;
}

static bool tls_export(struct ike_crypto *c, struct ike_tls *tls, const struct ike_tls_export *what,
                       uint8_t *out, size_t len)
{
    (void)c;
    return SSL_export_keying_material(tls_of(tls)->ssl, out, len, what->label, strlen(what->label),
                                      what->context.at, what->context.len,
                                      what->context.at != NULL) == 1;
}

static uint8_t tls_version(struct ike_crypto *c, struct ike_tls *tls)
{
    (void)c;
    return SSL_version(tls_of(tls)->ssl) == TLS1_3_VERSION ? TLS_1_3 : TLS_1_2;
}

const struct ike_tls_ops openssl_tls_ops = {
    .open = tls_open,
    .close = tls_close,
    .put = tls_put,
    .run = tls_run,
    .waiting = tls_waiting,
    .take = tls_take,
    .say = tls_say,
    .hear = tls_hear,
    .export = tls_export,
    .version = tls_version,
};
