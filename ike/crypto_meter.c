/* SPDX-License-Identifier: MIT
 * A provider that does nothing itself: it calls the one below and adds to
 * `spent_ns` what a cost profile says the call costs. It charges for work, not
 * for time, so that a run is the same on every machine. Public values that are
 * refused cost nothing: they are judged before anything is spent. */
#include "ike/crypto.h"
#include "ike/puzzle.h"
#include "ike/tls.h"

#include <assert.h>
#include <stdlib.h>

struct meter {
    struct ike_crypto head; /* first: a meter is an ike_crypto */
    struct ike_costs costs;
    uint64_t rest_ps; /* what is not yet a nanosecond */
};

static struct meter *meter_of(struct ike_crypto *c)
{
    return (struct meter *)c;
}

static void charge(struct meter *m, uint64_t call_ns, uint64_t byte_ps, uint64_t len)
{
    m->rest_ps += byte_ps * len;
    m->head.spent_ns += call_ns + m->rest_ps / 1000;
    m->rest_ps %= 1000;
}

static void charge_row(struct meter *m, const struct ike_algo *algo, uint64_t len)
{
    const size_t row = (size_t)(algo - ike_algos);
    assert(row < IKE_ALGOS_MAX);
    charge(m, m->costs.call_ns[row], m->costs.byte_ps[row], len);
}

static uint64_t parts_len(const struct ike_bytes *parts, size_t part_count)
{
    uint64_t len = 0;
    for (size_t i = 0; i < part_count; i++)
        len += parts[i].len;
    return len;
}

static bool meter_has(const struct ike_crypto *c, const struct ike_algo *algo)
{
    return c->below->ops->has(c->below, algo);
}

static void meter_random(struct ike_crypto *c, uint8_t *out, size_t len)
{
    struct meter *const m = meter_of(c);
    charge(m, m->costs.random_call_ns, m->costs.random_byte_ps, len);
    m->head.below->ops->random(m->head.below, out, len);
}

/* NOLINTNEXTLINE(readability-function-size): a view, its count and an output, each by itself */
static void meter_prf(struct ike_crypto *c, const struct ike_algo *prf, struct ike_bytes key,
                      const struct ike_bytes *parts, size_t part_count, uint8_t *out)
{
    struct meter *const m = meter_of(c);
    charge_row(m, prf, parts_len(parts, part_count));
    m->head.below->ops->prf(m->head.below, prf, key, parts, part_count, out);
}

/* Charged as its blocks are, each a PRF of all of the one before, the seed and an octet. */
static void meter_prf_plus(struct ike_crypto *c, const struct ike_prf_plus_input *input,
                           uint8_t *out, size_t len)
{
    struct meter *const m = meter_of(c);
    const size_t block = input->prf->out_len;
    const uint64_t seed = parts_len(input->seed, input->seed_count) + 1;
    for (size_t done = 0; done < len; done += block)
        charge_row(m, input->prf, done == 0 ? seed : block + seed);
    ike_prf_plus(m->head.below, input, out, len);
}

static void meter_sha1(struct ike_crypto *c, const struct ike_bytes *parts, size_t part_count,
                       uint8_t *out)
{
    struct meter *const m = meter_of(c);
    charge(m, m->costs.sha1_call_ns, m->costs.sha1_byte_ps, parts_len(parts, part_count));
    m->head.below->ops->sha1(m->head.below, parts, part_count, out);
}

static bool meter_kex_begin(struct ike_crypto *c, const struct ike_algo *group, struct ike_kex *kex,
                            uint8_t *share)
{
    struct meter *const m = meter_of(c);
    m->head.spent_ns += m->costs.kex_generate_ns[group - ike_algos];
    return m->head.below->ops->kex_begin(m->head.below, group, kex, share);
}

static bool meter_kex_end(struct ike_crypto *c, const struct ike_algo *group, struct ike_kex *kex,
                          struct ike_bytes peer_share, uint8_t *secret)
{
    struct meter *const m = meter_of(c);
    const bool done = m->head.below->ops->kex_end(m->head.below, group, kex, peer_share, secret);
    if (done)
        m->head.spent_ns += m->costs.kex_derive_ns[group - ike_algos];
    return done;
}

static void meter_kex_free(struct ike_crypto *c, const struct ike_algo *group, struct ike_kex *kex)
{
    struct ike_crypto *const below = c->below;
    below->ops->kex_free(below, group, kex);
}

static bool meter_kex_answer(struct ike_crypto *c, const struct ike_algo *group,
                             struct ike_bytes peer_share, uint8_t *share, uint8_t *secret)
{
    struct meter *const m = meter_of(c);
    const size_t row = (size_t)(group - ike_algos);
    const bool done =
        m->head.below->ops->kex_answer(m->head.below, group, peer_share, share, secret);
    if (done) {
        m->head.spent_ns += group->kem ? 0 : m->costs.kex_generate_ns[row]; /* no pair is made */
        m->head.spent_ns += m->costs.kex_derive_ns[row];
    }
    return done;
}

static void meter_seal(struct ike_crypto *c, const struct ike_seal_keys *keys, uint8_t *message,
                       size_t aad_len, size_t text_len)
{
    struct meter *const m = meter_of(c);
    const uint64_t beside_text = (uint64_t)aad_len + keys->encr->iv_len + keys->esn_high.len;
    charge_row(m, keys->encr, keys->integ == NULL ? beside_text + text_len : text_len);
    if (keys->integ != NULL)
        charge_row(m, keys->integ, beside_text + text_len);
    m->head.below->ops->seal(m->head.below, keys, message, aad_len, text_len);
}

static bool meter_open(struct ike_crypto *c, const struct ike_seal_keys *keys, uint8_t *message,
                       size_t aad_len, size_t text_len)
{
    struct meter *const m = meter_of(c);
    const uint64_t beside_text = (uint64_t)aad_len + keys->encr->iv_len + keys->esn_high.len;
    const bool opened = m->head.below->ops->open(m->head.below, keys, message, aad_len, text_len);
    if (keys->integ != NULL)
        charge_row(m, keys->integ, beside_text + text_len);
    if (keys->integ == NULL)
        charge_row(m, keys->encr, beside_text + text_len);
    else if (opened) /* the ICV is judged before anything is decrypted */
        charge_row(m, keys->encr, text_len);
    return opened;
}

static bool meter_digest(struct ike_crypto *c, enum ike_digest_kind kind,
                         const struct ike_bytes *parts, size_t part_count, uint8_t *out)
{
    struct meter *const m = meter_of(c);
    charge(m, m->costs.sha1_call_ns, m->costs.sha1_byte_ps, parts_len(parts, part_count));
    return m->head.below->ops->digest(m->head.below, kind, parts, part_count, out);
}

static bool meter_des(struct ike_crypto *c, const uint8_t *key, const uint8_t *block, uint8_t *out)
{
    struct meter *const m = meter_of(c);
    charge(m, m->costs.sha1_call_ns, m->costs.sha1_byte_ps, 8);
    return m->head.below->ops->des(m->head.below, key, block, out);
}

/* Calls of the PRF on S are short: all cost the same. */
static void charge_calls(struct meter *m, const struct ike_puzzle *puzzle, uint64_t calls)
{
    const uint64_t before_ns = m->head.spent_ns;
    charge_row(m, puzzle->prf, puzzle->s.len);
    m->head.spent_ns = before_ns + calls * (m->head.spent_ns - before_ns);
}

static uint64_t meter_solve(struct ike_crypto *c, const struct ike_puzzle *puzzle, uint8_t *keys)
{
    struct meter *const m = meter_of(c);
    const uint64_t calls = m->head.below->ops->solve(m->head.below, puzzle, keys);
    charge_calls(m, puzzle, calls);
    return calls;
}

static unsigned meter_zero_bits(struct ike_crypto *c, const struct ike_puzzle *puzzle,
                                struct ike_bytes key)
{
    struct meter *const m = meter_of(c);
    charge_calls(m, puzzle, 1);
    return m->head.below->ops->zero_bits(m->head.below, puzzle, key);
}

/* ---- TLS: a key pair each, a shared secret each, and the octets hashed and sealed ---- */

static bool meter_tls_open(struct ike_crypto *c, const struct ike_tls_config *config, bool server,
                           struct ike_tls *tls)
{
    struct ike_crypto *const below = c->below;
    const bool opened = below->ops->tls->open(below, config, server, tls);
    tls->server = server;
    return opened;
}

static void meter_tls_close(struct ike_crypto *c, struct ike_tls *tls)
{
    struct ike_crypto *const below = c->below;
    below->ops->tls->close(below, tls);
}

static void charge_tls(struct meter *m, uint64_t len)
{
    charge_row(m, &ike_algos[ALGO_PRFSHA256], len);
    charge_row(m, &ike_algos[ALGO_AES128GCM16], len);
}

static bool meter_tls_put(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes piece)
{
    struct meter *const m = meter_of(c);
    charge_tls(m, piece.len);
    return m->head.below->ops->tls->put(m->head.below, tls, piece);
}

/* The first work of either end makes its key pair; a server's, and a client's second, the secret.
 */
static enum ike_tls_state meter_tls_run(struct ike_crypto *c, struct ike_tls *tls)
{
    struct meter *const m = meter_of(c);
    const enum ike_tls_state state = m->head.below->ops->tls->run(m->head.below, tls);
    if (tls->runs == 0)
        m->head.spent_ns += m->costs.kex_generate_ns[ALGO_X25519];
    if (tls->runs == (tls->server ? 0 : 1))
        m->head.spent_ns += m->costs.kex_derive_ns[ALGO_X25519];
    if (tls->runs < UINT8_MAX)
        tls->runs++;
    return state;
}

static size_t meter_tls_waiting(struct ike_crypto *c, struct ike_tls *tls)
{
    struct ike_crypto *const below = c->below;
    return below->ops->tls->waiting(below, tls);
}

static void meter_tls_take(struct ike_crypto *c, struct ike_tls *tls, uint8_t *out, size_t len)
{
    struct meter *const m = meter_of(c);
    charge_tls(m, len);
    m->head.below->ops->tls->take(m->head.below, tls, out, len);
}

static bool meter_tls_say(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes text)
{
    struct ike_crypto *const below = c->below;
    return below->ops->tls->say(below, tls, text);
}

static size_t meter_tls_hear(struct ike_crypto *c, struct ike_tls *tls, uint8_t *out, size_t max)
{
    struct ike_crypto *const below = c->below;
    return below->ops->tls->hear(below, tls, out, max);
}

static bool meter_tls_export(struct ike_crypto *c, struct ike_tls *tls,
                             const struct ike_tls_export *what, uint8_t *out, size_t len)
{
    struct meter *const m = meter_of(c);
    charge_row(m, &ike_algos[ALGO_PRFSHA256], len);
    return m->head.below->ops->tls->export(m->head.below, tls, what, out, len);
}

static uint8_t meter_tls_version(struct ike_crypto *c, struct ike_tls *tls)
{
    struct ike_crypto *const below = c->below;
    return below->ops->tls->version(below, tls);
}

static const struct ike_tls_ops meter_tls_ops = {
    .open = meter_tls_open,
    .close = meter_tls_close,
    .put = meter_tls_put,
    .run = meter_tls_run,
    .waiting = meter_tls_waiting,
    .take = meter_tls_take,
    .say = meter_tls_say,
    .hear = meter_tls_hear,
    .export = meter_tls_export,
    .version = meter_tls_version,
};

/* ---- signatures ---- */

static bool meter_sign(struct ike_crypto *c, const struct ike_key *key,
                       const struct ike_signed *what, uint8_t *out, size_t *len)
{
    struct meter *const m = meter_of(c);
    m->head.spent_ns += m->costs.sign_ns[key->type];
    return c->below->ops->sign(c->below, key, what, out, len);
}

/* Each certificate was read, and each signature in the chain, good or bad, looked at. */
static enum ike_why meter_judge(struct ike_crypto *c, const struct ike_chain *chain,
                                struct ike_public *out)
{
    struct meter *const m = meter_of(c);
    const enum ike_why why = c->below->ops->judge(c->below, chain, out);
    m->head.spent_ns += chain->cert_count * m->costs.certificate_ns;
    for (uint8_t i = 0; i < out->verified_count; i++)
        m->head.spent_ns += m->costs.verify_ns[out->verified[i]];
    return why;
}

static bool meter_verify(struct ike_crypto *c, const struct ike_public *key,
                         const struct ike_signed *what, struct ike_bytes signature)
{
    struct meter *const m = meter_of(c);
    m->head.spent_ns += m->costs.verify_ns[key->type];
    return c->below->ops->verify(c->below, key, what, signature);
}

static void meter_public_free(struct ike_crypto *c, struct ike_public *key)
{
    c->below->ops->public_free(c->below, key);
}

static void meter_close(struct ike_crypto *c)
{
    struct meter *const m = meter_of(c);
    m->head.below->ops->close(m->head.below);
    free(m);
}

static const struct ike_crypto_ops meter_ops = {
    .name = "meter",
    .has = meter_has,
    .random = meter_random,
    .prf = meter_prf,
    .prf_plus = meter_prf_plus,
    .sha1 = meter_sha1,
    .kex_begin = meter_kex_begin,
    .kex_end = meter_kex_end,
    .kex_free = meter_kex_free,
    .kex_answer = meter_kex_answer,
    .seal = meter_seal,
    .open = meter_open,
    .digest = meter_digest,
    .des = meter_des,
    .solve = meter_solve,
    .zero_bits = meter_zero_bits,
    .tls = &meter_tls_ops,
    .sign = meter_sign,
    .judge = meter_judge,
    .verify = meter_verify,
    .public_free = meter_public_free,
    .close = meter_close,
};

struct ike_crypto *ike_crypto_meter(struct ike_crypto *below, const struct ike_costs *costs)
{
    struct meter *const m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->head.ops = &meter_ops;
    m->head.below = below;
    m->costs = *costs;
    return &m->head;
}
