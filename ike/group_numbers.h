/* SPDX-License-Identifier: MIT
 * The numbers that groups are made of: primes, subgroups, curves. For group.c,
 * which judges with them, and for a provider that computes with them. */
#ifndef IKE_GROUP_NUMBERS_H
#define IKE_GROUP_NUMBERS_H

#include "ike/bytes.h"

enum {
    IKE_PRIME_TAIL = 11,
    IKE_CURVE_LIMBS = 17, /* P-521 */
};

/* A safe prime: octets of ike_prime_head, as many as its length asks, then this tail. */
struct ike_prime {
    uint16_t group;
    uint8_t tail[IKE_PRIME_TAIL];
};
extern const uint8_t ike_prime_head[];
extern const struct ike_prime ike_primes[];
extern const size_t ike_prime_count;

/* A group of prime order within the numbers below a prime (RFC 5114 2.1 to 2.3); big-endian. */
struct ike_subgroup {
    uint16_t group;
    struct ike_bytes prime;
    struct ike_bytes order;
    struct ike_bytes generator;
};
extern const struct ike_subgroup ike_subgroups[];
extern const size_t ike_subgroup_count;
/* NULL: the group is none of these. */
const struct ike_subgroup *ike_subgroup_of(uint16_t group);

/* y^2 = x^3 + ax + b over p. Limbs of 32 bits, the lowest first. With R = 2^(32 * limbs): a and b
 * are times R mod p, Montgomery's form; r2 is R^2 mod p, which brings a number into it; clear is
 * -1/p mod 2^32. */
struct ike_curve {
    uint16_t group;
    uint8_t limbs;
    uint8_t octets; /* of one coordinate on the wire */
    uint32_t clear;
    uint32_t p[IKE_CURVE_LIMBS];
    uint32_t a[IKE_CURVE_LIMBS];
    uint32_t b[IKE_CURVE_LIMBS];
    uint32_t r2[IKE_CURVE_LIMBS];
};
extern const struct ike_curve ike_curves[];
extern const size_t ike_curve_count;

#endif
