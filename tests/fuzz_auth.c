/* SPDX-License-Identifier: MIT
 * Fuzzing IKE_AUTH behind the seal: a half-open SA of each role gets messages
 * whose payloads are the input's, from a peer who has the keys, and answers to
 * what it asks for. Input: pieces of an octet that says what, two octets of
 * length and so many octets. Nobody is let in without a proof: the responder
 * accepts signatures and EAP, and what signs is not in the input's hands. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "ike/v2/protect.h"
#include "tests/fuzz_goods.h"
#include "tests/fuzz_pieces.h"
#include "tests/pair.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

enum what { TO_RESPONDER, TO_INITIATOR, ANSWER, NOTHING, LATER, WHATS };

const size_t fuzz_head = 0;
const size_t fuzz_piece_kinds = WHATS;

size_t fuzz_piece_skips(uint8_t kind)
{
    (void)kind;
    return SIZE_MAX - 64;
}

static struct pair p;
static void demand(bool held)
{
    if (!held)
        abort();
}

static struct ike_bytes fetch(struct pair *pair, struct ike_bytes url)
{
    (void)pair;
    (void)url;
    return (struct ike_bytes){.at = NULL, .len = 0};
}

/* Nothing sealed arrives of itself: both stay half-open. */
static bool lose_sealed(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                        int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number < 2;
}

static void sealed(enum pair_side to, struct ike_bytes body)
{
    static uint8_t room[IKE_MESSAGE_MAX];
    const struct ike_engine *const e = p.end[to].engine;
    const struct ike_sa *const sa = e->sas.high > 0 ? ike_sa_at(e, 1) : NULL;
    struct ike_reader r = rd_open(body);
    const uint8_t first = rd_u8(&r);
    if (sa == NULL || sa->state == S_NONE || !p.has_keys)
        return;
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 16;
    ike_put_header(&w, &(struct ike_header){.spi_i = p.keys.spi_i,
                                            .spi_r = p.keys.spi_r,
                                            .version = IKE_VERSION_2,
                                            .exchange = IKE_AUTH,
                                            .flags = to == B ? FLAG_INITIATOR : FLAG_RESPONSE,
                                            .id = to == B ? sa->take_id : 1});
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, to == B);
    const size_t begin = ike_begin_sealed(&w, &link, &keys);
    room[begin] = first;
    put_bytes(&w, rd_rest(&r));
    ike_end_sealed(&w, begin, &keys, p.end[1 - to].crypto, 1u << 20);
    if (!w.bad)
        (void)pair_inject(&p, to, room, w.len);
}

static void operate(enum what what, struct ike_bytes bytes)
{
    static const struct ike_bytes none = {.at = NULL, .len = 0};
    const enum pair_side side = bytes.len > 0 && (bytes.at[0] & 1) != 0 ? A : B;
    if (what == TO_RESPONDER || what == TO_INITIATOR)
        sealed(what == TO_RESPONDER ? B : A, bytes);
    if (what == ANSWER || what == NOTHING)
        (void)ike_answer(p.end[side].engine, p.now_ns, p.end[side].sa,
                         bytes.len > 1 ? bytes.at[1] : 1U, what == ANSWER ? bytes : none);
    pair_run_for(&p, what == LATER ? UINT64_C(3000000000) : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = len});
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_MODELLED, .lose = PAIR_NONE, .twice = PAIR_NONE, .quiet = true});
    p.furnish = fuzz_furnish;
    p.strip = fuzz_strip;
    p.fetch = fetch;
    p.fetch_ns = UINT64_C(1000000000000);
    p.touch = lose_sealed;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000));
    demand(ike_stats(p.end[B].engine).half_open == 1);
    for (int pieces = 0; r.left > 0 && pieces < 16; pieces++) {
        const uint8_t what = rd_u8(&r);
        const uint16_t wanted = rd_u16(&r);
        operate((enum what)(what % WHATS), rd_bytes(&r, wanted < r.left ? wanted : r.left));
        for (int i = 0; i < 2; i++) {
            const struct ike_stats stats = ike_stats(p.end[i].engine);
            demand(stats.established == 0); /* a Child SA may be prepared */
            demand(p.end[i].engine->holds.used <= p.end[i].engine->sas.used);
            p.end[i].event_count = 0;
        }
        p.trace_len = 0;
    }
    pair_run_for(&p, UINT64_C(60000000000));
    demand(pair_is_empty(&p));
    pair_close(&p);
    return 0;
}
