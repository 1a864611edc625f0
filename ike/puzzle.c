/* SPDX-License-Identifier: MIT
 * The search. */
#include "ike/puzzle.h"

#include <assert.h>

enum { MANY = 64 }; /* times as many keys as are to be expected */
static_assert((uint64_t)MANY * IKE_PUZZLE_KEYS << IKE_PUZZLE_BITS_MAX <= (uint64_t)UINT32_MAX + 1,
              "each of them has its own IKE_PUZZLE_KEY octets");

static unsigned trailing_zeros(const uint8_t *octets, size_t len)
{
    unsigned bits = 0;
    while (len > 0 && octets[len - 1] == 0) {
        bits += 8;
        len--;
    }
    for (uint8_t last = len > 0 ? octets[len - 1] : 1; (last & 1) == 0; last >>= 1)
        bits++;
    return bits;
}

unsigned ike_puzzle_zero_bits(struct ike_crypto *c, const struct ike_puzzle *puzzle,
                              struct ike_bytes key)
{
    uint8_t out[IKE_PRF_MAX];
    c->ops->prf(c, puzzle->prf, key, &puzzle->s, 1, out);
    return trailing_zeros(out, puzzle->prf->out_len);
}

uint64_t ike_puzzle_search(struct ike_crypto *c, const struct ike_puzzle *puzzle, uint8_t *keys)
{
    struct ike_writer out = wr_open(keys, IKE_PUZZLE_SOLUTION);
    if (puzzle->bits > IKE_PUZZLE_BITS_MAX)
        return 0;
    const uint64_t most = (uint64_t)MANY * IKE_PUZZLE_KEYS << puzzle->bits;
    for (uint64_t number = 0; number < most; number++) {
        uint8_t key[IKE_PUZZLE_KEY];
        struct ike_writer w = wr_open(key, sizeof key);
        put_u32(&w, (uint32_t)number);
        if (ike_puzzle_zero_bits(c, puzzle, wr_done(&w)) >= puzzle->bits)
            put_bytes(&out, wr_done(&w));
        if (out.len == IKE_PUZZLE_SOLUTION)
            return number + 1;
    }
    return 0;
}
