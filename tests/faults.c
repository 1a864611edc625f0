/* SPDX-License-Identifier: MIT
 * The calls wrapped. */
#include "tests/faults.h"

#include "ike/ike.h"
#include "ike/pool.h"
#include "ike/tls.h"

#include <stdlib.h>
#include <string.h>

static int armed = -1;
static int seen;

void faults_arm(int number)
{
    armed = number;
    seen = 0;
}

int faults_seen(void)
{
    return seen;
}

static bool fails(void)
{
    return seen++ == armed;
}

/* ---- room: the linker's --wrap ---- */

uint32_t __real_ike_pool_take(struct ike_pool *pool);
uint32_t __wrap_ike_pool_take(struct ike_pool *pool);
struct ike_blob __real_ike_store_take(struct ike_store *store, size_t len);
struct ike_blob __wrap_ike_store_take(struct ike_store *store, size_t len);

uint32_t __wrap_ike_pool_take(struct ike_pool *pool)
{
    return fails() ? 0 : __real_ike_pool_take(pool);
}

struct ike_blob __wrap_ike_store_take(struct ike_store *store, size_t len)
{
    return fails() ? (struct ike_blob){0} : __real_ike_store_take(store, len);
}

/* ---- cryptography ---- */

static const struct ike_crypto_ops *real;
static struct ike_crypto_ops ops;
static struct ike_tls_ops tls;

static bool kex_begin(struct ike_crypto *c, const struct ike_algo *group, struct ike_kex *kex,
                      uint8_t *share)
{
    return !fails() && real->kex_begin(c, group, kex, share);
}

static bool kex_end(struct ike_crypto *c, const struct ike_algo *group, struct ike_kex *kex,
                    struct ike_bytes peer_share, uint8_t *secret)
{
    return !fails() && real->kex_end(c, group, kex, peer_share, secret);
}

static bool kex_answer(struct ike_crypto *c, const struct ike_algo *group,
                       struct ike_bytes peer_share, uint8_t *share, uint8_t *secret)
{
    return !fails() && real->kex_answer(c, group, peer_share, share, secret);
}

static bool open_sealed(struct ike_crypto *c, const struct ike_seal_keys *keys, uint8_t *message,
                        size_t aad_len, size_t text_len)
{
    return !fails() && real->open(c, keys, message, aad_len, text_len);
}

static bool digest(struct ike_crypto *c, enum ike_digest_kind kind, const struct ike_bytes *parts,
                   size_t part_count, uint8_t *out)
{
    return !fails() && real->digest(c, kind, parts, part_count, out);
}

static bool des(struct ike_crypto *c, const uint8_t *key, const uint8_t *block, uint8_t *out)
{
    return !fails() && real->des(c, key, block, out);
}

static bool sign(struct ike_crypto *c, const struct ike_key *key, const struct ike_signed *what,
                 uint8_t *out, size_t *len)
{
    return !fails() && real->sign(c, key, what, out, len);
}

static bool verify(struct ike_crypto *c, const struct ike_public *key,
                   const struct ike_signed *what, struct ike_bytes signature)
{
    return !fails() && real->verify(c, key, what, signature);
}

static bool tls_open(struct ike_crypto *c, const struct ike_tls_config *config, bool server,
                     struct ike_tls *t)
{
    return !fails() && real->tls->open(c, config, server, t);
}

static bool tls_put(struct ike_crypto *c, struct ike_tls *t, struct ike_bytes piece)
{
    return !fails() && real->tls->put(c, t, piece);
}

static bool tls_say(struct ike_crypto *c, struct ike_tls *t, struct ike_bytes text)
{
    return !fails() && real->tls->say(c, t, text);
}

static bool tls_export(struct ike_crypto *c, struct ike_tls *t, const struct ike_tls_export *what,
                       uint8_t *out, size_t len)
{
    return !fails() && real->tls->export(c, t, what, out, len);
}

void faults_plant(struct ike_crypto *crypto)
{
    if (crypto->ops != &ops)
        real = crypto->ops;
    ops = *real;
    tls = *real->tls;
    ops.kex_begin = kex_begin;
    ops.kex_end = kex_end;
    ops.kex_answer = kex_answer;
    ops.open = open_sealed;
    ops.digest = digest;
    ops.des = des;
    ops.sign = sign;
    ops.verify = verify;
    tls.open = tls_open;
    tls.put = tls_put;
    tls.say = tls_say;
    tls.export = tls_export;
    ops.tls = &tls;
    crypto->ops = &ops;
}

/* ---- a reason that nobody hears ---- */

enum ike_why __real_ike_input(struct ike_engine *engine, uint64_t now_ns,
                              const struct ike_datagram *in);
enum ike_why __wrap_ike_input(struct ike_engine *engine, uint64_t now_ns,
                              const struct ike_datagram *in);
bool __real_ike_next_event(struct ike_engine *engine, struct ike_event *out);
bool __wrap_ike_next_event(struct ike_engine *engine, struct ike_event *out);

static enum ike_why heard(enum ike_why why)
{
    const char *const wish = getenv("IKELAB_UNHEARD");
    return wish != NULL && strcmp(wish, ike_why_row(why)->name) == 0 ? WHY_OK : why;
}

enum ike_why __wrap_ike_input(struct ike_engine *engine, uint64_t now_ns,
                              const struct ike_datagram *in)
{
    return heard(__real_ike_input(engine, now_ns, in));
}

bool __wrap_ike_next_event(struct ike_engine *engine, struct ike_event *out)
{
    const bool there = __real_ike_next_event(engine, out);
    if (there)
        out->why = heard(out->why);
    return there;
}
