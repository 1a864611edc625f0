/* SPDX-License-Identifier: MIT
 * Puzzles themselves, without a protocol (RFC 8019 4.4, 7.1.3): given octets S
 * and a PRF, find four different keys K so that each PRF(K, S) ends in so many
 * zero bits. Bits are of the big-endian number: the last octet first. */
#ifndef IKE_PUZZLE_H
#define IKE_PUZZLE_H

#include "ike/crypto.h"

enum {
    IKE_PUZZLE_KEYS = 4,
    IKE_PUZZLE_KEY = 4, /* octets of a key we find; 32 bits are enough for IKE_PUZZLE_BITS_MAX */
    IKE_PUZZLE_SOLUTION = IKE_PUZZLE_KEYS * IKE_PUZZLE_KEY,
    IKE_PUZZLE_BITS_MAX = 24, /* of a search of ours: 2^26 calls, half a minute */
};

struct ike_puzzle {
    const struct ike_algo *prf;
    struct ike_bytes s;
    uint8_t bits;
};

/* Tries the numbers from 0 on, big-endian. How many calls of the PRF it took; 0: beyond
 * IKE_PUZZLE_BITS_MAX, or not found in 64 times as many as are to be expected. */
uint64_t ike_puzzle_search(struct ike_crypto *c, const struct ike_puzzle *puzzle, uint8_t *keys);
/* Trailing zero bits of PRF(key, S). */
unsigned ike_puzzle_zero_bits(struct ike_crypto *c, const struct ike_puzzle *puzzle,
                              struct ike_bytes key);

#endif
