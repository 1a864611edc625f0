/* SPDX-License-Identifier: MIT
 * TLS stood in for: the flights of OpenSSL's handshake, as many and as long,
 * and in them no more than tells a right end from a wrong one: random octets,
 * the versions, who vouches for the sender, and a digest that chains each
 * flight to those before it. A test compares every length with the real one.
 *
 *     client                               server
 *     HELLO    ClientHello            -->
 *                                     <--  SERVER  ServerHello … Finished (1.3), … Done (1.2)
 *     CLIENT   [Certificate,] Finished -->
 *                                     <--  FINAL   Finished (1.2 only)
 */
#include "ike/crypto.h"
#include "ike/tls.h"

#include <assert.h>
#include <stdlib.h>

enum {
    FLIGHT_ROOM = 16384,
    DIGEST = 16,
    ALERT = 0x15, /* first octets, as TLS has them (RFC 8446 5.1) */
    HANDSHAKE = 0x16,
    DATA = 0x17,
    ALERT_CLEAR = 7,
};

enum kind { KIND_HELLO, KIND_SERVER, KIND_CLIENT, KIND_FINAL };

struct flight {
    size_t len;
    size_t at; /* taken so far */
    uint8_t bytes[FLIGHT_ROOM];
};

struct modelled_tls {
    const struct ike_tls_config *config;
    bool server;
    uint8_t version;        /* agreed on; 0: not yet */
    uint8_t state;          /* enum ike_tls_state */
    uint8_t next;           /* enum kind of the flight awaited */
    bool mutual;            /* the server asked for a certificate */
    bool begun;             /* run before: a client has said HELLO */
    uint8_t before[DIGEST]; /* of all flights so far */
    size_t text_len;
    uint8_t text[IKE_TLS_TEXT_MAX];
    struct flight in;
    struct flight out;
};

/* Octets of the flights of OpenSSL 3.0 with what crypto_openssl_tls.c asks for, without
 * certificates and signatures. */
struct sizes {
    uint16_t hello;
    uint16_t server;
    uint16_t server_ask; /* more when a client certificate is asked for */
    uint16_t client;
    uint16_t client_shown; /* more with a client certificate */
    uint16_t client_none;  /* more when asked for and none is had */
    uint16_t certificate;  /* around each one */
    uint16_t final;
    uint16_t record; /* around data */
    uint16_t alert;  /* once keys are in use */
};

/* clang-format off */
static const struct sizes sizes_of[] = {
    [TLS_ANY] = { .hello = 221 },
    [TLS_1_2] = { .hello = 130, .server = 136, .server_ask = 57, .client = 93, .client_shown = 25, .client_none = 12,
                  .certificate = 3, .final = 51, .record = 29, .alert = 7 },
    [TLS_1_3] = { .hello = 203, .server = 279, .server_ask = 67, .client = 64, .client_shown = 60, .client_none = 30,
                  .certificate = 5, .final = 0, .record = 22, .alert = 24 },
};
/* clang-format on */

static struct modelled_tls *tls_of(const struct ike_tls *tls)
{
    return tls->state;
}

static void digest(struct ike_crypto *c, const uint8_t *key, struct ike_bytes text, uint8_t *out)
{
    uint8_t full[IKE_PRF_MAX];
    c->ops->prf(c, &ike_algos[ALGO_PRFSHA256], (struct ike_bytes){.at = key, .len = DIGEST}, &text,
                1, full);
    memcpy(out, full, DIGEST);
}

static bool tls_open(struct ike_crypto *c, const struct ike_tls_config *config, bool server,
                     struct ike_tls *tls)
{
    struct modelled_tls *const t = calloc(1, sizeof *t);
    (void)c;
    memset(tls, 0, sizeof *tls);
    if (t == NULL || (server && config->identity == NULL)) {
        free(t);
        return false;
    }
    t->config = config;
    t->server = server;
    t->next = server ? KIND_HELLO : KIND_SERVER;
    tls->state = t;
    return true;
}

static void tls_close(struct ike_crypto *c, struct ike_tls *tls)
{
    (void)c;
    free(tls_of(tls));
    memset(tls, 0, sizeof *tls);
}

static bool tls_put(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes piece)
{
    struct flight *const in = &tls_of(tls)->in;
    (void)c;
    if (piece.len > sizeof in->bytes - in->len)
        return false;
    if (piece.len > 0)
        memcpy(in->bytes + in->len, piece.at, piece.len);
    in->len += piece.len;
    return true;
}

/* ---- flights of ours ---- */

static size_t chain_len(const struct ike_tls_identity *identity, const struct sizes *sizes)
{
    size_t len = 0;
    for (uint8_t i = 0; i < identity->chain_count; i++)
        len += identity->chain[i].len + sizes->certificate;
    return len + identity->signature_len;
}

static size_t flight_len(const struct modelled_tls *t, enum kind kind)
{
    const struct ike_tls_config *const config = t->config;
    const struct sizes *const sizes = &sizes_of[t->version];
    switch (kind) {
    case KIND_HELLO:
        return sizes_of[config->version].hello;
    case KIND_SERVER:
        return sizes->server + chain_len(config->identity, sizes) +
               (config->mutual ? sizes->server_ask : 0U);
    case KIND_CLIENT:
        if (!t->mutual)
            return sizes->client;
        return config->identity == NULL
                   ? (size_t)sizes->client + sizes->client_none
                   : sizes->client + sizes->client_shown + chain_len(config->identity, sizes);
    case KIND_FINAL:
        break;
    }
    return sizes->final;
}

/*  0x16 | kind (1) | length (4) | version low, high (2) | mutual (1) | random (16) | root (16)
 *  | nought | digest (16).   The last flight is too short for all but its frame. */
static void flight_put(struct ike_crypto *c, struct modelled_tls *t, enum kind kind)
{
    static const uint8_t zeros[DIGEST] = {0};
    const size_t len = flight_len(t, kind);
    struct ike_writer w = wr_open(t->out.bytes + t->out.len, sizeof t->out.bytes - t->out.len);
    put_u8(&w, HANDSHAKE);
    put_u8(&w, (uint8_t)kind);
    put_u32(&w, (uint32_t)len);
    if (kind != KIND_FINAL) {
        const struct ike_tls_config *const config = t->config;
        const bool any = config->version == TLS_ANY;
        uint8_t random[DIGEST];
        uint8_t root[DIGEST] = {0};
        c->ops->random(c, random, sizeof random);
        if (config->identity != NULL && kind != KIND_HELLO)
            digest(c, zeros, config->identity->root, root);
        put_u8(&w, t->version != 0 ? t->version : any ? TLS_1_2 : config->version);
        put_u8(&w, t->version != 0 ? t->version : any ? TLS_1_3 : config->version);
        put_u8(&w, config->mutual ? 1 : 0);
        put_bytes(&w, (struct ike_bytes){.at = random, .len = DIGEST});
        put_bytes(&w, (struct ike_bytes){.at = root, .len = DIGEST});
    }
    assert(!w.bad && len >= w.len + DIGEST && len <= w.max);
    memset(w.base + w.len, 0, len - w.len);
    digest(c, t->before, (struct ike_bytes){.at = w.base, .len = len - DIGEST}, t->before);
    memcpy(w.base + len - DIGEST, t->before, DIGEST);
    t->out.len += len;
}

static enum ike_tls_state alert(struct modelled_tls *t, size_t len)
{
    memset(t->out.bytes, 0, len);
    t->out.bytes[0] = ALERT;
    t->out.len = len;
    t->out.at = 0;
    return TLS_FAILED;
}

/* ---- flights of the peer ---- */

static uint8_t agreed(const struct ike_tls_config *config, uint8_t low, uint8_t high)
{
    for (uint8_t version = TLS_1_3; version >= TLS_1_2; version--) {
        const bool ours = config->version == TLS_ANY || config->version == version;
        if (ours && low <= version && version <= high)
            return version;
    }
    return 0;
}

static bool is_trusted(struct ike_crypto *c, const struct ike_tls_config *config,
                       const uint8_t *root)
{
    static const uint8_t zeros[DIGEST] = {0};
    for (uint8_t i = 0; i < config->anchor_count; i++) {
        uint8_t anchor[DIGEST];
        digest(c, zeros, config->anchors[i], anchor);
        if (ike_secret_equal(anchor, root, DIGEST))
            return true;
    }
    return false;
}

/* Judges a flight whose digest is right; the frame has been read from `r`. */
static enum ike_tls_state flight_judge(struct ike_crypto *c, struct modelled_tls *t,
                                       struct ike_reader *r)
{
    const struct ike_tls_config *const config = t->config;
    const uint8_t low = rd_u8(r);
    const uint8_t high = rd_u8(r);
    const bool mutual = rd_u8(r) == 1;
    rd_skip(r, DIGEST);
    const struct ike_bytes root = rd_bytes(r, DIGEST);
    if (r->bad)
        return alert(t, ALERT_CLEAR);
    if (t->next != KIND_CLIENT)
        t->version = agreed(config, low, high);
    if (t->version == 0)
        return alert(t, ALERT_CLEAR);
    const struct sizes *const sizes = &sizes_of[t->version];
    if (t->next == KIND_SERVER) {
        t->mutual = mutual;
        if (!config->trusting && !is_trusted(c, config, root.at))
            return alert(t, ALERT_CLEAR);
    }
    if (t->next == KIND_CLIENT && config->mutual && !is_trusted(c, config, root.at))
        return alert(t, t->version == TLS_1_3 ? sizes->alert : ALERT_CLEAR);
    return TLS_GOING;
}

/* A flight is right: what we say to it, and whether that is the end. */
static enum ike_tls_state flight_answer(struct ike_crypto *c, struct modelled_tls *t)
{
    const enum kind came = (enum kind)t->next;
    t->next = (uint8_t)(came + 2);
    if (came == KIND_HELLO || came == KIND_SERVER || (came == KIND_CLIENT && t->version == TLS_1_2))
        flight_put(c, t, (enum kind)(came + 1));
    if (came == KIND_HELLO || (came == KIND_SERVER && t->version == TLS_1_2))
        return TLS_GOING;
    return TLS_DONE;
}

static enum ike_tls_state handshake(struct ike_crypto *c, struct modelled_tls *t,
                                    struct ike_reader *r)
{
    const uint8_t *const begin = r->at;
    uint8_t right[DIGEST];
    rd_skip(r, 1);
    const uint8_t kind = rd_u8(r);
    const size_t len = rd_u32(r);
    struct ike_reader body = rd_open(rd_bytes(r, len < 6 + DIGEST ? SIZE_MAX : len - 6));
    if (r->bad || t->state != TLS_GOING || kind != t->next)
        return alert(t, ALERT_CLEAR);
    digest(c, t->before, (struct ike_bytes){.at = begin, .len = len - DIGEST}, right);
    if (!ike_secret_equal(right, begin + len - DIGEST, DIGEST))
        return alert(t, t->version == TLS_1_3 ? sizes_of[TLS_1_3].alert : ALERT_CLEAR);
    memcpy(t->before, right, DIGEST);
    const enum ike_tls_state judged = kind == KIND_FINAL ? TLS_GOING : flight_judge(c, t, &body);
    return judged == TLS_GOING ? flight_answer(c, t) : judged;
}

/*  0x17 | length (2) | text | nought | digest (16) */
static enum ike_tls_state data(struct ike_crypto *c, struct modelled_tls *t, struct ike_reader *r)
{
    const size_t around = t->version != 0 ? sizes_of[t->version].record : 3U;
    const uint8_t *const begin = r->at;
    uint8_t right[DIGEST];
    rd_skip(r, 1);
    const size_t len = rd_u16(r);
    const struct ike_bytes text = rd_bytes(r, len);
    rd_skip(r, around - 3 - DIGEST);
    const struct ike_bytes digested = rd_bytes(r, DIGEST);
    if (r->bad || t->state != TLS_DONE || len > sizeof t->text - t->text_len)
        return alert(t, ALERT_CLEAR);
    digest(c, t->before, (struct ike_bytes){.at = begin, .len = len + around - DIGEST}, right);
    if (!ike_secret_equal(right, digested.at, DIGEST))
        return alert(t, sizes_of[t->version].alert);
    memcpy(t->text + t->text_len, text.at, len);
    t->text_len += len;
    return TLS_DONE;
}

static enum ike_tls_state tls_run(struct ike_crypto *c, struct ike_tls *tls)
{
    struct modelled_tls *const t = tls_of(tls);
    struct ike_reader r = rd_open((struct ike_bytes){.at = t->in.bytes, .len = t->in.len});
    if (t->out.at == t->out.len)
        t->out.at = t->out.len = 0;
    if (!t->server && !t->begun)
        flight_put(c, t, KIND_HELLO);
    t->begun = true;
    while (r.left > 0 && t->state != TLS_FAILED) {
        const uint8_t first = r.at[0];
        t->state = (uint8_t)(first == HANDSHAKE ? handshake(c, t, &r)
                             : first == DATA    ? data(c, t, &r)
                             : first == ALERT   ? TLS_FAILED
                                                : alert(t, ALERT_CLEAR));
    }
    t->in.len = 0;
    return (enum ike_tls_state)t->state;
}

static size_t tls_waiting(struct ike_crypto *c, struct ike_tls *tls)
{
    const struct flight *const out = &tls_of(tls)->out;
    (void)c;
    return out->len - out->at;
}

static void tls_take(struct ike_crypto *c, struct ike_tls *tls, uint8_t *out, size_t len)
{
    struct flight *const flight = &tls_of(tls)->out;
    (void)c;
    assert(len <= flight->len - flight->at);
    memcpy(out, flight->bytes + flight->at, len);
    flight->at += len;
}

static bool tls_say(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes text)
{
    struct modelled_tls *const t = tls_of(tls);
    if (t->state != TLS_DONE)
        return false;
    const size_t around = sizes_of[t->version].record;
    struct ike_writer w = wr_open(t->out.bytes + t->out.len, sizeof t->out.bytes - t->out.len);
    put_u8(&w, DATA);
    put_u16(&w, (uint16_t)text.len);
    put_bytes(&w, text);
    uint8_t *const rest = put_room(&w, around - 3);
    if (rest == NULL)
        return false;
    memset(rest, 0, around - 3);
    digest(c, t->before, (struct ike_bytes){.at = w.base, .len = w.len - DIGEST},
           rest + around - 3 - DIGEST);
    t->out.len += w.len;
    return true;
}

static size_t tls_hear(struct ike_crypto *c, struct ike_tls *tls, uint8_t *out, size_t max)
{
    struct modelled_tls *const t = tls_of(tls);
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
    const struct modelled_tls *const t = tls_of(tls);
    for (uint8_t block = 0; len > 0; block++) {
        uint8_t full[IKE_PRF_MAX];
        const struct ike_bytes parts[] = {
            {.at = &block, .len = 1},
            {.at = (const uint8_t *)what->label, .len = strlen(what->label)},
            what->context,
        };
        const struct ike_bytes key = {.at = t->before, .len = DIGEST};
        const size_t now = len < DIGEST ? len : DIGEST;
        c->ops->prf(c, &ike_algos[ALGO_PRFSHA256], key, parts, 3, full);
        memcpy(out, full, now);
        out += now;
        len -= now;
    }
    return t->state == TLS_DONE;
}

static uint8_t tls_version(struct ike_crypto *c, struct ike_tls *tls)
{
    (void)c;
    return tls_of(tls)->version;
}

const struct ike_tls_ops ike_modelled_tls_ops = {
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
