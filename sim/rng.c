/* SPDX-License-Identifier: MIT
 * xoshiro256** (Blackman and Vigna, public domain algorithm) and the integer
 * samplers on top of it. */
#include "sim/rng.h"

#include <assert.h>

/* 64 x 64 bits to 128, without a type for it: 32-bit machines have none. */
struct wide {
    uint64_t high;
    uint64_t low;
};

static struct wide product(uint64_t a, uint64_t b)
{
    const uint64_t a0 = a & UINT32_MAX;
    const uint64_t a1 = a >> 32;
    const uint64_t b0 = b & UINT32_MAX;
    const uint64_t b1 = b >> 32;
    const uint64_t low = a0 * b0;
    const uint64_t middle = a1 * b0 + (low >> 32);
    const uint64_t other = a0 * b1 + (middle & UINT32_MAX);
    return (struct wide){a1 * b1 + (middle >> 32) + (other >> 32),
                         other << 32 | (low & UINT32_MAX)};
}

static uint64_t turned(uint64_t value, unsigned int by)
{
    return value << by | value >> (64 - by);
}

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Takes `value` into the hash that becomes the seed. */
static uint64_t absorbed(uint64_t hash, uint64_t value)
{
    uint64_t state = hash ^ value;
    return splitmix(&state);
}

void sim_rng_open_at(struct sim_rng *rng, uint64_t seed, const char *name, uint64_t index)
{
    uint64_t hash = absorbed(0, seed);
    for (const char *c = name; *c != '\0'; c++)
        hash = absorbed(hash, (uint8_t)*c);
    hash = absorbed(hash, UINT64_C(0x100)); /* the name's end: no octet is it */
    hash = absorbed(hash, index);
    for (unsigned int i = 0; i < 4; i++)
        rng->state[i] = splitmix(&hash); /* one to one in a counter: never four zeros */
}

void sim_rng_open(struct sim_rng *rng, uint64_t seed, const char *name)
{
    sim_rng_open_at(rng, seed, name, 0);
}

uint64_t sim_rng_u64(struct sim_rng *rng)
{
    uint64_t *const s = rng->state;
    const uint64_t result = turned(s[1] * 5, 7) * 9;
    const uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = turned(s[3], 45);
    return result;
}

/* Lemire's way: the high half of a product, and another try for the few low halves that would be
 * one too many for some results. */
uint64_t sim_rng_below(struct sim_rng *rng, uint64_t below)
{
    assert(below >= 1);
    struct wide scaled = product(sim_rng_u64(rng), below);
    if (scaled.low >= below)
        return scaled.high;
    const uint64_t surplus = (UINT64_MAX - below + 1) % below; /* 2^64 mod below */
    while (scaled.low < surplus)
        scaled = product(sim_rng_u64(rng), below);
    return scaled.high;
}

uint64_t sim_rng_between(struct sim_rng *rng, uint64_t low, uint64_t high)
{
    assert(low <= high);
    if (high - low == UINT64_MAX)
        return sim_rng_u64(rng);
    return low + sim_rng_below(rng, high - low + 1);
}

bool sim_rng_chance_ppb(struct sim_rng *rng, uint32_t ppb)
{
    return sim_rng_below(rng, 1000000000) < ppb;
}

/* Row i: a factor R / 2^16 near 1 / (1 + (i + 1/2) / 16), and -ln of it, times 2^56. */
struct log_row {
    uint32_t factor;
    uint64_t log;
};

/* clang-format off */
static const struct log_row log_rows[16] = {
    {63550, UINT64_C( 2217400407592128)}, {59919, UINT64_C( 6456789876509510)},
    {56680, UINT64_C(10461191449602629)}, {53773, UINT64_C(14255018902015337)},
    {51150, UINT64_C(17858546406063189)}, {48771, UINT64_C(21290405945709762)},
    {46603, UINT64_C(24566933718583094)}, {44620, UINT64_C(27700194461550959)},
    {42799, UINT64_C(30702650742955402)}, {41121, UINT64_C(33584651712082545)},
    {39569, UINT64_C(36356920393705462)}, {38130, UINT64_C(39026265829093197)},
    {36792, UINT64_C(41600231083968729)}, {35545, UINT64_C(44084844001652941)},
    {34380, UINT64_C(46486127252862367)}, {33288, UINT64_C(48812004310579561)},
};
/* clang-format on */
#define LN2_56 UINT64_C(49946518145322874) /* ln 2, times 2^56 */

/* ln(1 + r) times 2^40, for |r| < 1/32 given times 2^64: six terms of the series. */
static int64_t log_near_one(int64_t r)
{
    const int64_t one = INT64_C(1) << 30;
    const int64_t r30 = r / (INT64_C(1) << 34);
    const int64_t r36 = r / (INT64_C(1) << 28);
    int64_t tail = one / 5 - r30 / 6;
    tail = one / 4 - tail * r30 / one;
    tail = one / 3 - tail * r30 / one;
    tail = one / 2 - tail * r30 / one;
    const int64_t square = r36 * r36 / (INT64_C(1) << 32);
    return r / (INT64_C(1) << 24) - square * tail / one;
}

/* -ln((x + 1) / 2^64) times 2^40, within 16 of it. */
static uint64_t minus_log(uint64_t x)
{
    if (x == UINT64_MAX)
        return 0;
    const uint64_t value = x + 1;
    const unsigned int zeros = (unsigned int)__builtin_clzll(value);
    const uint64_t mantissa = value << zeros; /* 1 to 2, times 2^63 */
    const struct log_row *const row = &log_rows[mantissa >> 59 & 15];
    /* mantissa x factor - 1: the one is 2^64 and falls off. */
    const uint64_t rest = (mantissa >> 15) * row->factor;
    const int64_t near = log_near_one((int64_t)rest);
    const uint64_t whole = (zeros + 1) * LN2_56 - row->log;
    const int64_t result = (int64_t)(whole >> 16) - near;
    return result < 0 ? 0 : (uint64_t)result;
}

uint64_t sim_rng_exponential(struct sim_rng *rng, uint64_t mean)
{
    const struct wide scaled = product(mean, minus_log(sim_rng_u64(rng)));
    const uint64_t half = UINT64_C(1) << 39;
    const uint64_t low = scaled.low + half;
    const uint64_t high = scaled.high + (low < half ? 1 : 0);
    if (high >> 40 != 0)
        return UINT64_MAX;
    return high << 24 | low >> 40;
}

void sim_rng_fill(struct sim_rng *rng, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint64_t word = sim_rng_u64(rng);
        for (size_t k = 0; k < 8 && i < len; k++, word >>= 8)
            out[i++] = (uint8_t)word;
    }
}

static void fill(void *owner, uint8_t *out, size_t len)
{
    sim_rng_fill(owner, out, len);
}

struct ike_random sim_rng_random(struct sim_rng *rng)
{
    return (struct ike_random){.fill = fill, .owner = rng};
}
