/* SPDX-License-Identifier: MIT
 * Stand-ins for cryptography: the sizes, the failures and the control flow of
 * the real thing at a hundredth of its time, and no secrecy at all. One keyed
 * digest makes everything, so that changing any octet of key or message still
 * changes what comes out. Only 64-bit integer arithmetic on octets read in a
 * fixed order: the same numbers on every machine.
 *
 * Key exchange: a share is made from the random stream, the secret is a digest
 * of both shares in sorted order. A public value is judged as OpenSSL would
 * judge it (group.h), with one short cut: to make a real point of an ECP group
 * costs a square root, so a share of ours has a y that is a digest of its x,
 * and is taken for valid by that; any other value must be on the curve. Thus
 * random octets are refused here as there, and real points are accepted. RFC
 * 5114's subgroups likewise: a share's second half is a digest of its first. */
#include "ike/crypto_modelled.h"

#include "ike/group.h"
#include "ike/group_numbers.h"
#include "ike/limits.h"
#include "ike/puzzle.h"
#include "ike/tls.h"

#include <assert.h>
#include <stdlib.h>

struct modelled {
    struct ike_crypto head; /* first: a provider is an ike_crypto */
    struct ike_random random;
};

/* Two 64-bit lanes that take turns, eight octets at a time; what is short of eight waits in
 * `word`. */
struct digest {
    uint64_t a; /* whose turn it is */
    uint64_t b;
    uint64_t word;
    uint64_t len;
};

enum { WORD = 8, FINGERPRINT = 16 };

static const uint64_t odd_a = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 over the golden ratio */
static const uint64_t odd_b = UINT64_C(0xb7e151628aed2a6b); /* digits of e */

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static inline uint64_t word_load(const uint8_t *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

/* Written out, so that compilers see one store in it. */
static inline void word_store(uint64_t x, uint8_t *out)
{
    out[0] = (uint8_t)x;
    out[1] = (uint8_t)(x >> 8);
    out[2] = (uint8_t)(x >> 16);
    out[3] = (uint8_t)(x >> 24);
    out[4] = (uint8_t)(x >> 32);
    out[5] = (uint8_t)(x >> 40);
    out[6] = (uint8_t)(x >> 48);
    out[7] = (uint8_t)(x >> 56);
}

/* Up to seven octets, without a branch for each. */
static inline uint64_t rest_load(const uint8_t *at, size_t len)
{
    if (len >= 4) {
        const unsigned beyond = 8 * (unsigned)(len - 4);
        const uint8_t *const last = at + len - 4;
        const uint32_t low =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        const uint32_t high = (uint32_t)last[0] | (uint32_t)last[1] << 8 | (uint32_t)last[2] << 16 |
                              (uint32_t)last[3] << 24;
        return low | (uint64_t)high << beyond;
    }
    if (len == 0)
        return 0;
    const unsigned middle = 8 * (unsigned)(len / 2);
    const unsigned end = 8 * (unsigned)(len - 1);
    return at[0] | (uint64_t)at[len / 2] << middle | (uint64_t)at[len - 1] << end;
}

/* A step is a bijection of the lane, so one changed word never goes unseen. The next word goes to
 * the other lane, so that nothing waits for this one. */
static inline void absorb(struct digest *d, uint64_t word)
{
    const uint64_t stepped = rotate((d->a ^ word) * odd_a, 29);
    d->a = d->b;
    d->b = stepped;
}

static struct digest digest_open(enum modelled_use use, uint64_t about)
{
    return (struct digest){.a = odd_b ^ (uint64_t)use, .b = odd_a + about, .word = 0, .len = 0};
}

/* Where octets are cut into pieces makes no difference. */
static void digest_add(struct digest *d, struct ike_bytes from)
{
    const unsigned shift = 8 * (unsigned)(d->len % WORD);
    const uint8_t *at = from.at;
    size_t left = from.len;
    d->len += from.len;
    for (; shift == 0 && left >= WORD; left -= WORD, at += WORD)
        absorb(d, word_load(at));
    for (; left >= WORD; left -= WORD, at += WORD) {
        const uint64_t next = word_load(at);
        absorb(d, d->word | next << shift);
        d->word = next >> (64 - shift);
    }
    const uint64_t rest = rest_load(at, left);
    d->word |= rest << shift;
    if (shift + 8 * left >= 64) { /* then shift > 0, for left < WORD */
        absorb(d, d->word);
        d->word = rest >> (64 - shift);
    }
}

/* A key, or any first part whose end must not run into the second. */
static void digest_key(struct digest *d, struct ike_bytes key)
{
    digest_add(d, key);
    absorb(d, d->word);
    absorb(d, d->len);
    d->word = 0;
    d->len = 0;
}

static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 32) * odd_a;
    x = (x ^ x >> 29) * odd_b;
    return x ^ x >> 32;
}

static void digest_end(struct digest *d)
{
    absorb(d, d->word);
    absorb(d, d->len);
    const uint64_t a = d->a;
    d->a = mixed(a + rotate(d->b, 17));
    d->b = mixed(d->b ^ rotate(a, 23));
}

/* Word number `index` of the output of an ended digest, as long as one likes. */
static uint64_t digest_word(const struct digest *d, uint64_t index)
{
    return mixed(d->a + index * odd_b) + d->b;
}

static void digest_take(const struct digest *d, uint8_t *out, size_t len)
{
    uint8_t last[WORD];
    size_t done = 0;
    for (; len - done >= WORD; done += WORD)
        word_store(digest_word(d, done / WORD), out + done);
    if (done == len)
        return;
    word_store(digest_word(d, done / WORD), last);
    memcpy(out + done, last, len - done);
}

void modelled_random(struct ike_crypto *c, uint8_t *out, size_t len)
{
    const struct modelled *const m = (const struct modelled *)c;
    m->random.fill(m->random.owner, out, len);
}

void modelled_octets(const struct modelled_input *input, uint8_t *out, size_t len)
{
    struct digest d = digest_open(input->use, input->about);
    digest_key(&d, input->key);
    for (size_t i = 0; i < input->part_count; i++)
        digest_add(&d, input->parts[i]);
    digest_end(&d);
    digest_take(&d, out, len);
}

/* NOLINTNEXTLINE(readability-function-size): a view, its count and an output, each by itself */
static void modelled_prf(struct ike_crypto *c, const struct ike_algo *prf, struct ike_bytes key,
                         const struct ike_bytes *parts, size_t part_count, uint8_t *out)
{
    struct digest d = digest_open(USE_PRF, prf->id);
    (void)c;
    digest_key(&d, key);
    for (size_t i = 0; i < part_count; i++)
        digest_add(&d, parts[i]);
    digest_end(&d);
    digest_take(&d, out, prf->out_len);
}

/* All of T1 | T2 | … from one digest. */
static void modelled_prf_plus(struct ike_crypto *c, const struct ike_prf_plus_input *input,
                              uint8_t *out, size_t len)
{
    modelled_octets(&(struct modelled_input){.use = USE_PRF_PLUS,
                                             .about = input->prf->id,
                                             .key = input->key,
                                             .parts = input->seed,
                                             .part_count = input->seed_count},
                    out, len);
    (void)c;
}

static void modelled_sha1(struct ike_crypto *c, const struct ike_bytes *parts, size_t part_count,
                          uint8_t *out)
{
    struct digest d = digest_open(USE_SHA1, 0);
    (void)c;
    for (size_t i = 0; i < part_count; i++)
        digest_add(&d, parts[i]);
    digest_end(&d);
    digest_take(&d, out, 20);
}

static bool modelled_digest(struct ike_crypto *c, enum ike_digest_kind kind,
                            const struct ike_bytes *parts, size_t part_count, uint8_t *out)
{
    struct digest d = digest_open(USE_DIGEST, kind);
    (void)c;
    for (size_t i = 0; i < part_count; i++)
        digest_add(&d, parts[i]);
    digest_end(&d);
    digest_take(&d, out, 16);
    return true;
}

static bool modelled_des(struct ike_crypto *c, const uint8_t *key, const uint8_t *block,
                         uint8_t *out)
{
    struct digest d = digest_open(USE_DES, 0);
    (void)c;
    digest_key(&d, (struct ike_bytes){.at = key, .len = 8});
    digest_add(&d, (struct ike_bytes){.at = block, .len = 8});
    digest_end(&d);
    digest_take(&d, out, 8);
    return true;
}

/* Octets of a share that are drawn; the rest is a digest of them. */
static size_t drawn_len(const struct ike_algo *group)
{
    const bool marked =
        group->share_len == 2 * group->secret_len || ike_subgroup_of(group->id) != NULL;
    return marked ? group->share_len / 2U : group->share_len;
}

/* What of the first octet keeps a number below the prime, whichever the group. */
static uint8_t first_mask(const struct ike_algo *group)
{
    return group->secret_len == 66 ? 0x01 : 0x7f; /* P-521 begins with one bit */
}

static void mark_make(const struct ike_algo *group, const uint8_t *drawn, size_t len, uint8_t *mark)
{
    struct digest d = digest_open(USE_POINT, group->id);
    digest_add(&d, (struct ike_bytes){.at = drawn, .len = len});
    digest_end(&d);
    digest_take(&d, mark, len);
    mark[0] &= first_mask(group);
}

/* An encapsulation key: with its highest bit clear a coefficient is below 3329. */
static void kem_coefficients(uint8_t *share, size_t len)
{
    for (size_t i = 0; i + 32 < len; i += 3) {
        share[i + 1] &= 0xf7;
        share[i + 2] &= 0x7f;
    }
}

static void share_make(struct ike_crypto *c, const struct ike_algo *group, uint8_t *share,
                       size_t len)
{
    uint8_t seed[32];
    const size_t drawn = group->kem ? len : drawn_len(group);
    struct digest d = digest_open(USE_SHARE, group->id);
    modelled_random(c, seed, sizeof seed);
    digest_add(&d, (struct ike_bytes){.at = seed, .len = sizeof seed});
    digest_end(&d);
    digest_take(&d, share, drawn);
    share[0] &= first_mask(group);
    if (drawn < len)
        mark_make(group, share, drawn, share + drawn);
    if (group->kem)
        kem_coefficients(share, len);
}

static bool share_holds(const struct ike_algo *group, struct ike_bytes share)
{
    uint8_t mark[IKE_SHARE_MAX];
    const size_t drawn = drawn_len(group);
    if (share.len != group->share_len)
        return false;
    if (drawn < share.len && share.at[0] < 0x80) {
        mark_make(group, share.at, drawn, mark);
        if (memcmp(share.at + drawn, mark, drawn) == 0)
            return true;
    }
    return ike_group_holds(group, share);
}

static void share_fingerprint(const struct ike_algo *group, struct ike_bytes share, uint8_t *out)
{
    struct digest d = digest_open(USE_OWN, group->id);
    digest_add(&d, share);
    digest_end(&d);
    digest_take(&d, out, FINGERPRINT);
}

static void secret_make(const struct ike_algo *group, const uint8_t *ours, struct ike_bytes theirs,
                        uint8_t *secret)
{
    uint8_t peer[FINGERPRINT];
    struct digest d = digest_open(USE_SECRET, group->id);
    share_fingerprint(group, theirs, peer);
    const bool first = memcmp(ours, peer, FINGERPRINT) < 0;
    digest_add(&d, (struct ike_bytes){.at = first ? ours : peer, .len = FINGERPRINT});
    digest_add(&d, (struct ike_bytes){.at = first ? peer : ours, .len = FINGERPRINT});
    digest_end(&d);
    digest_take(&d, secret, group->secret_len);
}

static bool modelled_kex_begin(struct ike_crypto *c, const struct ike_algo *group,
                               struct ike_kex *kex, uint8_t *share)
{
    assert(group->type == TRANSFORM_KE);
    *kex = (struct ike_kex){{0}};
    share_make(c, group, share, group->share_len);
    share_fingerprint(group, (struct ike_bytes){.at = share, .len = group->share_len}, kex->opaque);
    return true;
}

static bool modelled_kex_end(struct ike_crypto *c, const struct ike_algo *group,
                             struct ike_kex *kex, struct ike_bytes peer_share, uint8_t *secret)
{
    (void)c;
    if (group->kem ? !ike_group_answers(group, peer_share) : !share_holds(group, peer_share))
        return false;
    secret_make(group, kex->opaque, peer_share, secret);
    return true;
}

static void modelled_kex_free(struct ike_crypto *c, const struct ike_algo *group,
                              struct ike_kex *kex)
{
    (void)c;
    (void)group;
    ike_secret_wipe(kex, sizeof *kex);
}

static bool modelled_kex_answer(struct ike_crypto *c, const struct ike_algo *group,
                                struct ike_bytes peer_share, uint8_t *share, uint8_t *secret)
{
    uint8_t ours[FINGERPRINT];
    if (!share_holds(group, peer_share))
        return false;
    share_make(c, group, share, group->answer_len);
    share_fingerprint(group, (struct ike_bytes){.at = share, .len = group->answer_len}, ours);
    secret_make(group, ours, peer_share, secret);
    return true;
}

/* The octets of a message under SK, as ops->seal lays them out. */
struct sealed {
    struct ike_bytes before_text; /* headers and IV */
    uint8_t *text;
    size_t text_len;
    uint8_t *icv;
    size_t icv_len;
};

static struct sealed sealed_parts(const struct ike_seal_keys *keys, uint8_t *message,
                                  size_t aad_len, size_t text_len)
{
    const size_t iv_end = aad_len + keys->encr->iv_len;
    return (struct sealed){
        .before_text = {.at = message, .len = iv_end},
        .text = message + iv_end,
        .text_len = text_len,
        .icv = message + iv_end + text_len,
        .icv_len = keys->integ != NULL ? keys->integ->icv_len : keys->encr->icv_len,
    };
}

static void stream_xor(const struct ike_seal_keys *keys, const struct sealed *sealed)
{
    const size_t iv_len = keys->encr->iv_len;
    struct digest d = digest_open(USE_STREAM, keys->encr->id);
    digest_key(&d, keys->encr_key);
    digest_add(&d, (struct ike_bytes){.at = sealed->text - iv_len, .len = iv_len});
    digest_end(&d);
    size_t done = 0;
    for (; sealed->text_len - done >= WORD; done += WORD) {
        uint8_t *const at = sealed->text + done;
        word_store(word_load(at) ^ digest_word(&d, done / WORD), at);
    }
    uint64_t last = digest_word(&d, done / WORD);
    for (; done < sealed->text_len; done++, last >>= 8)
        sealed->text[done] ^= (uint8_t)last;
}

static void icv_make(const struct ike_seal_keys *keys, const struct sealed *sealed, uint8_t *out)
{
    const bool aead = keys->integ == NULL;
    struct digest d = digest_open(USE_ICV, aead ? keys->encr->id : keys->integ->id);
    digest_key(&d, aead ? keys->encr_key : keys->integ_key);
    digest_add(&d, sealed->before_text);
    digest_add(&d, (struct ike_bytes){.at = sealed->text, .len = sealed->text_len});
    digest_add(&d, keys->esn_high);
    digest_end(&d);
    digest_take(&d, out, sealed->icv_len);
}

static void modelled_seal(struct ike_crypto *c, const struct ike_seal_keys *keys, uint8_t *message,
                          size_t aad_len, size_t text_len)
{
    const struct sealed sealed = sealed_parts(keys, message, aad_len, text_len);
    (void)c;
    stream_xor(keys, &sealed);
    icv_make(keys, &sealed, sealed.icv);
}

static bool modelled_open(struct ike_crypto *c, const struct ike_seal_keys *keys, uint8_t *message,
                          size_t aad_len, size_t text_len)
{
    const struct sealed sealed = sealed_parts(keys, message, aad_len, text_len);
    uint8_t icv[IKE_PRF_MAX];
    (void)c;
    icv_make(keys, &sealed, icv);
    if (!ike_secret_equal(icv, sealed.icv, sealed.icv_len))
        return false;
    stream_xor(keys, &sealed);
    return true;
}

static bool modelled_has(const struct ike_crypto *c, const struct ike_algo *algo)
{
    (void)c;
    (void)algo;
    return true;
}

static void modelled_close(struct ike_crypto *c)
{
    free(c);
}

/* A stand-in for a key found: which it is and how many bits it has (1) | digest (3). */
static void puzzle_key(const struct ike_puzzle *puzzle, uint8_t what, uint8_t *out)
{
    const struct modelled_input input = {.use = USE_PUZZLE,
                                         .about = (uint64_t)(puzzle->prf - ike_algos),
                                         .key = {.at = &what, .len = 1},
                                         .parts = &puzzle->s,
                                         .part_count = 1};
    out[0] = what;
    modelled_octets(&input, out + 1, IKE_PUZZLE_KEY - 1);
}

static uint64_t modelled_solve(struct ike_crypto *c, const struct ike_puzzle *puzzle, uint8_t *keys)
{
    (void)c;
    if (puzzle->bits > IKE_PUZZLE_BITS_MAX)
        return 0;
    for (size_t i = 0; i < IKE_PUZZLE_KEYS; i++)
        puzzle_key(puzzle, (uint8_t)(i << 6 | puzzle->bits), keys + i * IKE_PUZZLE_KEY);
    return (uint64_t)IKE_PUZZLE_KEYS << puzzle->bits; /* as many as are to be expected */
}

static unsigned modelled_zero_bits(struct ike_crypto *c, const struct ike_puzzle *puzzle,
                                   struct ike_bytes key)
{
    uint8_t good[IKE_PUZZLE_KEY];
    (void)c;
    if (key.len != sizeof good)
        return 0;
    puzzle_key(puzzle, key.at[0], good);
    return memcmp(good, key.at, sizeof good) == 0 ? key.at[0] & 0x3f : 0;
}

static const struct ike_crypto_ops modelled_ops = {
    .name = "modelled",
    .has = modelled_has,
    .random = modelled_random,
    .prf = modelled_prf,
    .prf_plus = modelled_prf_plus,
    .sha1 = modelled_sha1,
    .kex_begin = modelled_kex_begin,
    .kex_end = modelled_kex_end,
    .kex_free = modelled_kex_free,
    .kex_answer = modelled_kex_answer,
    .seal = modelled_seal,
    .open = modelled_open,
    .digest = modelled_digest,
    .des = modelled_des,
    .solve = modelled_solve,
    .zero_bits = modelled_zero_bits,
    .tls = &ike_modelled_tls_ops,
    .sign = modelled_sign,
    .judge = modelled_judge,
    .verify = modelled_verify,
    .public_free = modelled_public_free,
    .credentials = &modelled_credentials,
    .close = modelled_close,
};

struct ike_crypto *ike_crypto_modelled(struct ike_random random)
{
    struct modelled *const m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->head.ops = &modelled_ops;
    m->random = random;
    return &m->head;
}
