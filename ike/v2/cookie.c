/* SPDX-License-Identifier: MIT
 * Cookie = version of the secret | info | prf(secret, Ni | IPi | SPIi | info),
 * RFC 7296 2.6; with a puzzle info says which it is (RFC 8019 7.1.1.3). */
#include "ike/v2/cookie.h"

#include "ike/engine.h"
#include "ike/v2/payload.h"

#include <assert.h>
#include <string.h>

void ike_cookies_update(struct ike_cookies *cookies, const struct ike_cookie_config *config,
                        uint32_t half_open, uint64_t now_ns)
{
    if (!cookies->on) {
        cookies->on = config->on_at != IKE_UNLIMITED && half_open >= config->on_at;
        cookies->below_since_ns = IKE_NEVER;
    }
    if (!cookies->on || config->on_at == 0)
        return;
    if (half_open >= config->off_below)
        cookies->below_since_ns = IKE_NEVER;
    else if (cookies->below_since_ns == IKE_NEVER)
        cookies->below_since_ns = now_ns;
    if (cookies->below_since_ns != IKE_NEVER && now_ns - cookies->below_since_ns >= config->hold_ns)
        cookies->on = false;
}

/* A new secret when the old one has served its time; the old one stays good for the overlap. */
static void rotate(struct ike_engine *engine, uint64_t now_ns)
{
    struct ike_cookies *const c = &engine->cookies;
    const uint64_t life_ns = engine->config.cookies.secret_ns;
    if (c->has_now && now_ns - c->born_ns < life_ns)
        return;
    /* Only a secret that ended just now can still be good. */
    c->has_before = c->has_now && now_ns - c->born_ns < 2 * life_ns;
    memcpy(c->before, c->now, sizeof c->before);
    engine->crypto->ops->random(engine->crypto, c->now, sizeof c->now);
    c->version++;
    c->born_ns = c->has_before ? c->born_ns + life_ns : now_ns;
    c->has_now = true;
}

static void compute(struct ike_turn *t, const uint8_t *secret, struct ike_bytes info, uint8_t *out)
{
    uint8_t spi[8];
    struct ike_writer w = wr_open(spi, sizeof spi);
    put_u64(&w, t->in.head.spi_i);
    const struct ike_bytes parts[] = {
        ike_message_body(&t->in, PAYLOAD_NONCE),
        ike_addr_ip(&t->datagram->remote),
        wr_done(&w),
        info,
    };
    static const char prf_name[] = "prfsha256";
    const struct ike_algo *const prf = &ike_algos[ike_algo_named(prf_name)];
    assert(prf->out_len == IKE_COOKIE_LEN - 1);
    t->engine->crypto->ops->prf(t->engine->crypto, prf,
                                (struct ike_bytes){.at = secret, .len = IKE_COOKIE_SECRET}, parts,
                                info.len > 0 ? 4 : 3, out);
}

enum ike_why ike_cookie_check(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    const struct ike_cookies *const c = &engine->cookies;
    const bool puzzles = ike_puzzle_is_due(turn);
    if (!c->on && !ike_puzzles_on(engine))
        return WHY_OK;
    if (!puzzles && turn->datagram->stream != 0) /* RFC 9329 6.3: the connection shows as much */
        return WHY_OK;
    rotate(engine, turn->now_ns);

    const struct ike_notify *const notify = ike_message_notify(&turn->in, N_COOKIE);
    if (notify == NULL)
        return puzzles ? WHY_PUZZLE_WANTED : WHY_COOKIE_WANTED;
    struct ike_reader r = rd_open(notify->data);
    const uint8_t version = rd_u8(&r);
    const size_t info_len = r.left == IKE_COOKIE_LEN - 1 + IKE_PUZZLE_INFO ? IKE_PUZZLE_INFO : 0;
    const struct ike_bytes info = rd_bytes(&r, info_len);
    const struct ike_bytes given = rd_rest(&r);
    const bool old = version == (uint8_t)(c->version - 1) && c->has_before &&
                     turn->now_ns - c->born_ns < engine->config.cookies.overlap_ns;
    if (r.bad || given.len != IKE_COOKIE_LEN - 1 || (version != c->version && !old))
        return WHY_COOKIE_WRONG;

    uint8_t good[IKE_COOKIE_LEN - 1];
    compute(turn, old ? c->before : c->now, info, good);
    if (!ike_secret_equal(given.at, good, sizeof good))
        return WHY_COOKIE_WRONG;
    return ike_puzzle_check(turn, notify->data, info);
}

void ike_cookie_put(struct ike_turn *turn, struct ike_writer *w, size_t *link)
{
    uint8_t cookie[IKE_COOKIE_LEN + IKE_PUZZLE_INFO];
    uint8_t *const info = cookie + 1;
    const bool puzzle = ike_puzzle_is_due(turn) && ike_puzzle_make(turn, info);
    const size_t info_len = puzzle ? IKE_PUZZLE_INFO : 0;
    cookie[0] = turn->engine->cookies.version;
    compute(turn, turn->engine->cookies.now, (struct ike_bytes){.at = info, .len = info_len},
            info + info_len);
    ike_put_status(w, link, N_COOKIE,
                   (struct ike_bytes){.at = cookie, .len = IKE_COOKIE_LEN + info_len});
    if (puzzle)
        ike_puzzle_put(turn, info);
}
