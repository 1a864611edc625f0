/* SPDX-License-Identifier: MIT
 * Puzzles given, judged, and solved. Info = bits (1) | PRF (2) | second (4) |
 * puzzles solved before (1), RFC 8019 7.1.1.3. */
#include "ike/v2/puzzle.h"

#include "ike/engine.h"
#include "ike/puzzle.h"
#include "ike/v2/payload.h"
#include "ike/v2/proof.h"
#include "ike/v2/proposal.h"

#include <assert.h>
#include <string.h>

enum { FEW = 100 }; /* half-open SAs that make no puzzle harder */

struct info {
    uint8_t bits;
    uint16_t prf;
    uint32_t second;
    uint8_t solved; /* puzzles before this one */
};

static struct info info_read(struct ike_bytes octets)
{
    struct ike_reader r = rd_open(octets);
    struct info info;
    info.bits = rd_u8(&r);
    info.prf = rd_u16(&r);
    info.second = rd_u32(&r);
    info.solved = rd_u8(&r);
    return info;
}

/* ---- the responder ---- */

bool ike_puzzles_on(const struct ike_engine *engine)
{
    const struct ike_puzzle_config *const config = &engine->config.puzzles;
    return config->bits_max != 0 && config->on_at != IKE_UNLIMITED &&
           engine->half_open >= config->on_at;
}

bool ike_puzzle_is_due(const struct ike_turn *turn)
{
    return turn->in.head.exchange == IKE_SA_INIT && ike_puzzles_on(turn->engine);
}

/* RFC 8019 7.1.1.1: a bit more for each doubling of half-open SAs, from FEW on. 0 stays 0. */
static uint8_t bits_now(const struct ike_engine *engine)
{
    const struct ike_puzzle_config *const config = &engine->config.puzzles;
    uint8_t bits = config->bits;
    uint64_t many = 2 * (uint64_t)(config->on_at > FEW ? config->on_at : FEW);
    for (; bits != 0 && bits < config->bits_max && engine->half_open >= many; many *= 2)
        bits++;
    return bits;
}

/* RFC 8019 7.1.1.2: the first of the peer's PRFs that we have. NULL: none. */
static const struct ike_algo *common_prf(struct ike_turn *t)
{
    static struct ike_proposal proposal;
    struct ike_reader list = rd_open(ike_message_body(&t->in, PAYLOAD_SA));
    while (list.left > 0 && ike_proposal_parse(&list, &proposal) == WHY_OK)
        for (uint8_t i = 0; i < proposal.transform_count; i++) {
            const struct ike_transform *const transform = &proposal.transforms[i];
            const uint8_t row = transform->type == TRANSFORM_PRF
                                    ? ike_algo_find(TRANSFORM_PRF, transform->id, 0)
                                    : 0;
            if (row != 0 && ike_crypto_has(t->engine->crypto, row))
                return &ike_algos[row];
        }
    return NULL;
}

bool ike_puzzle_make(struct ike_turn *turn, uint8_t *info)
{
    struct ike_writer w = wr_open(info, IKE_PUZZLE_INFO);
    const struct ike_algo *const prf = common_prf(turn);
    if (prf == NULL)
        return false;
    put_u8(&w, bits_now(turn->engine));
    put_u16(&w, prf->id);
    put_u32(&w, (uint32_t)(turn->now_ns / UINT64_C(1000000000)));
    put_u8(&w, turn->puzzles_solved);
    return true;
}

/* PRF (2) | Difficulty (1), RFC 8019 8.1 */
void ike_puzzle_put(struct ike_turn *turn, const uint8_t *info)
{
    const struct info i = info_read((struct ike_bytes){.at = info, .len = IKE_PUZZLE_INFO});
    uint8_t data[3];
    struct ike_writer w = wr_open(data, sizeof data);
    put_u16(&w, i.prf);
    put_u8(&w, i.bits);
    ike_put_status(&turn->out, &turn->link, N_PUZZLE, wr_done(&w));
}

static uint64_t digest_of(const struct ike_engine *engine, struct ike_bytes cookie)
{
    return ike_digest(engine, cookie, (struct ike_bytes){.at = NULL, .len = 0}) | 1;
}

static bool is_spent(const struct ike_engine *engine, uint64_t digest)
{
    const uint64_t *const spent = engine->puzzles.spent;
    return spent != NULL && spent[(digest >> 1) % IKE_PUZZLES_REMEMBERED] == digest;
}

void ike_puzzle_spend(struct ike_turn *turn)
{
    struct ike_puzzles *const puzzles = &turn->engine->puzzles;
    if (turn->puzzle == 0)
        return;
    if (puzzles->spent == NULL)
        puzzles->spent = ike_reserve(IKE_PUZZLES_REMEMBERED, sizeof *puzzles->spent);
    if (puzzles->spent != NULL)
        puzzles->spent[(turn->puzzle >> 1) % IKE_PUZZLES_REMEMBERED] = turn->puzzle;
}

void ike_puzzles_close(struct ike_engine *engine)
{
    ike_unreserve(engine->puzzles.spent, IKE_PUZZLES_REMEMBERED, sizeof *engine->puzzles.spent);
}

/* RFC 8019 7.1.4: the smallest number of zero bits among the four; 0: it is no solution, because
 * keys are missing, too long, or the same. */
static unsigned bits_of(struct ike_turn *t, const struct ike_puzzle *puzzle)
{
    struct ike_crypto *const c = t->engine->crypto;
    const struct ike_bytes all = t->in.solution;
    const size_t len = all.len / IKE_PUZZLE_KEYS;
    unsigned least = 255;
    if (len == 0 || all.len % IKE_PUZZLE_KEYS != 0 || len > puzzle->prf->key_len)
        return 0;
    for (size_t i = 0; i < IKE_PUZZLE_KEYS; i++)
        for (size_t k = 0; k < i; k++)
            if (ike_bytes_equal((struct ike_bytes){.at = all.at + i * len, .len = len},
                                (struct ike_bytes){.at = all.at + k * len, .len = len}))
                return 0;
    for (size_t i = 0; i < IKE_PUZZLE_KEYS && least >= puzzle->bits && least > 0; i++) {
        const struct ike_bytes key = {.at = all.at + i * len, .len = len};
        const unsigned bits = c->ops->zero_bits(c, puzzle, key);
        least = bits < least ? bits : least;
    }
    return least;
}

/* RFC 8019 7.1, 7.1.5: some who cannot or will not solve puzzles are served all the same. */
static bool is_lucky(const struct ike_turn *t)
{
    const uint32_t share_ppm = t->engine->config.puzzles.legacy_ppm;
    uint8_t draw[4];
    if (share_ppm == 0)
        return false;
    t->engine->crypto->ops->random(t->engine->crypto, draw, sizeof draw);
    struct ike_reader r = rd_open((struct ike_bytes){.at = draw, .len = sizeof draw});
    return (uint64_t)rd_u32(&r) * 1000000 >> 32 < share_ppm;
}

/* Where every initiator does what it can, who does more is served more often. */
static bool did_enough(const struct ike_turn *t, unsigned bits)
{
    uint8_t draw[1];
    t->engine->crypto->ops->random(t->engine->crypto, draw, sizeof draw);
    return draw[0] * t->engine->config.puzzles.bits_max < bits * 256;
}

enum ike_why ike_puzzle_check(struct ike_turn *turn, struct ike_bytes cookie, struct ike_bytes info)
{
    const struct ike_engine *const engine = turn->engine;
    if (!ike_puzzle_is_due(turn))
        return WHY_OK;
    if (info.len == 0 || turn->in.solution.len == 0)
        return is_lucky(turn) ? WHY_OK : WHY_PUZZLE_WANTED;
    const struct info given = info_read(info);
    const uint8_t row = ike_algo_find(TRANSFORM_PRF, given.prf, 0);
    const uint64_t digest = digest_of(engine, cookie);
    assert(row != 0); /* the cookie vouches for what we have said */
    if (is_spent(engine, digest))
        return WHY_PUZZLE_SPENT;
    const struct ike_puzzle puzzle = {.prf = &ike_algos[row], .s = cookie, .bits = given.bits};
    const unsigned bits = bits_of(turn, &puzzle);
    if (bits == 0 || bits < given.bits)
        return is_lucky(turn) ? WHY_OK : WHY_PUZZLE_WRONG;
    turn->puzzle = digest;
    turn->puzzles_solved = (uint8_t)(given.solved < UINT8_MAX ? given.solved + 1 : UINT8_MAX);
    const uint8_t wanted = bits_now(engine);
    const bool enough =
        wanted == 0 ? did_enough(turn, bits) : bits + turn->puzzles_solved - 1U >= wanted;
    return enough ? WHY_OK : WHY_PUZZLE_WANTED; /* RFC 8019 7.1.5: another one */
}

/* ---- the initiator ---- */

enum ike_why ike_puzzle_solve(struct ike_turn *turn, struct ike_bytes cookie)
{
    struct ike_setup *const setup = ike_setup_of(turn->engine, turn->sa);
    const uint8_t most = turn->engine->config.puzzle_bits;
    const struct ike_notify *const notify = ike_message_notify(&turn->in, N_PUZZLE);
    setup->solution_len = 0;
    if (notify == NULL || most == 0)
        return WHY_OK;
    struct ike_reader r = rd_open(notify->data);
    const uint8_t row = ike_algo_find(TRANSFORM_PRF, rd_u16(&r), 0);
    const uint8_t bits = rd_u8(&r);
    if (r.bad || r.left != 0)
        return WHY_PUZZLE_SYNTAX;
    if (row == 0 || !ike_crypto_has(turn->engine->crypto, row) || bits > most)
        return WHY_OK; /* RFC 8019 7.1.2: too hard; the cookie alone */
    struct ike_crypto *const c = turn->engine->crypto;
    const struct ike_puzzle puzzle = {
        .prf = &ike_algos[row], .s = cookie, .bits = bits != 0 ? bits : most};
    if (c->ops->solve(c, &puzzle, setup->solution) > 0)
        setup->solution_len = IKE_PUZZLE_SOLUTION;
    return WHY_OK;
}

void ike_puzzle_put_solution(struct ike_turn *turn, struct ike_bytes solution)
{
    if (solution.len == 0)
        return;
    const size_t begin = ike_begin_payload(&turn->out, &turn->link, PAYLOAD_PS);
    put_bytes(&turn->out, solution);
    ike_end_payload(&turn->out, begin);
}

/* ---- IKE_AUTH ---- */

/* S = Nr | SPIr, RFC 8019 7.2.3; as long as the turn. */
static struct ike_bytes auth_string(struct ike_turn *t, struct ike_bytes nonce_r, uint64_t spi_r)
{
    struct ike_writer w = wr_open(ike_turn_scratch(t, nonce_r.len + 8), nonce_r.len + 8);
    put_bytes(&w, nonce_r);
    put_u64(&w, spi_r);
    return wr_done(&w);
}

/* RFC 8019 7.2.1: only who has solved one already gets another; 7.2: while too much of what comes
 * for half-open SAs cannot be opened. */
static bool auth_is_on(const struct ike_turn *t)
{
    const struct ike_engine *const engine = t->engine;
    const struct ike_puzzle_config *const config = &engine->config.puzzles;
    const uint64_t spoilt = engine->puzzles.spoilt;
    const bool attacked =
        spoilt > 0 && spoilt * 1000000 >= (uint64_t)engine->half_open * config->auth_ppm;
    return config->auth_bits != 0 && t->puzzle != 0 && (attacked || config->auth_ppm == 0);
}

/* The PRF is the one just agreed on: both have it (RFC 8019 7.2.1.2). */
void ike_puzzle_put_auth(struct ike_turn *turn)
{
    uint8_t data[3];
    struct ike_writer w = wr_open(data, sizeof data);
    if (!auth_is_on(turn))
        return;
    turn->sa->work = turn->engine->config.puzzles.auth_bits;
    put_u16(&w, ike_algos[turn->sa->suite.prf].id);
    put_u8(&w, turn->sa->work);
    ike_put_status(&turn->out, &turn->link, N_PUZZLE, wr_done(&w));
}

enum ike_why ike_puzzle_check_auth(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    if (sa->work == 0)
        return WHY_OK;
    if (turn->in.solution.len == 0)
        return WHY_WORK_WANTED;
    const struct ike_puzzle puzzle = {
        .prf = &ike_algos[sa->suite.prf],
        .s = auth_string(turn, ike_proof_nonce(turn, false), sa->spi_r),
        .bits = sa->work};
    if (bits_of(turn, &puzzle) < puzzle.bits)
        return WHY_WORK_WRONG;
    sa->work = turn->before.work = 0;
    return WHY_OK;
}

enum ike_why ike_puzzle_opened(struct ike_turn *turn, enum ike_why why)
{
    if (why != WHY_BAD_ICV || !ike_sa_is_half_open(turn->sa) || turn->sa->spoilt)
        return why;
    turn->sa->spoilt = turn->before.spoilt = true;
    turn->engine->puzzles.spoilt++;
    return why;
}

void ike_puzzle_closed(struct ike_engine *engine, struct ike_sa *sa)
{
    if (sa->spoilt)
        engine->puzzles.spoilt--;
    sa->spoilt = false;
}

enum ike_why ike_puzzle_solve_auth(struct ike_turn *turn, struct ike_bytes nonce_r)
{
    struct ike_setup *const setup = ike_setup_of(turn->engine, turn->sa);
    struct ike_crypto *const c = turn->engine->crypto;
    const uint8_t most = turn->engine->config.puzzle_bits;
    const struct ike_notify *const notify = ike_message_notify(&turn->in, N_PUZZLE);
    setup->work_len = 0;
    if (notify == NULL || most == 0)
        return WHY_OK;
    struct ike_reader r = rd_open(notify->data);
    const uint8_t row = ike_algo_find(TRANSFORM_PRF, rd_u16(&r), 0);
    const struct ike_puzzle puzzle = {.prf = &ike_algos[row],
                                      .s = auth_string(turn, nonce_r, turn->in.head.spi_r),
                                      .bits = rd_u8(&r)};
    if (r.bad || r.left != 0 || puzzle.bits == 0) /* RFC 8019 7.2.1.1: never of our own choice */
        return WHY_PUZZLE_SYNTAX;
    setup->refused = N_PUZZLE;
    if (row == 0 || !ike_crypto_has(c, row) || puzzle.bits > most ||
        c->ops->solve(c, &puzzle, setup->work) == 0)
        return WHY_PUZZLE_HARD;
    setup->refused = 0;
    setup->work_len = IKE_PUZZLE_SOLUTION;
    return WHY_OK;
}
