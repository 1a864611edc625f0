/* SPDX-License-Identifier: MIT
 * Judging public values (group.h) without a big-number library: comparing
 * octets for MODP and the Montgomery curves, and arithmetic over 32-bit limbs for
 * the ECP groups' equation and RFC 5114's subgroups, so that it is the same on
 * every machine. */
#include "ike/group.h"

#include "ike/group_numbers.h"

#include <assert.h>

enum {
    GROUP_X25519 = 31,
    GROUP_X448 = 32,
    LIMBS_MAX = 64, /* 2048 bits */
    LOW_ORDER_25519 = 7,
    LOW_ORDER_448 = 5,
    KEM_SEED = 32,   /* octets after the coefficients of an encapsulation key */
    KEM_PRIME = 3329 /* FIPS 203 2.4 */
};

/* The u coordinates of small order, the most significant bit masked away: 0, 1, two of order 8,
 * p - 1, and p and p + 1, which are 0 and 1 again (RFC 7748 5, 6.1). */
static const uint8_t low_order_25519[LOW_ORDER_25519][32] = {
    {0x00},
    {0x01},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
     0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
     0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
     0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
     0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

/* 2^448 - 2^224 - 1 has ones everywhere but in bit 224. Of small order are 0, 1 and p - 1, and p
 * and p + 1, which are 0 and 1 again (RFC 7748 5, 6.2): octets 0, 1 to 27, 28 and the rest. */
static const struct {
    uint8_t first, low, middle, high;
} low_order_448[LOW_ORDER_448] = {
    {0x00, 0x00, 0x00, 0x00}, {0x01, 0x00, 0x00, 0x00}, {0xfe, 0xff, 0xfe, 0xff},
    {0xff, 0xff, 0xfe, 0xff}, {0x00, 0x00, 0xff, 0xff},
};

static bool modp_holds(const uint8_t *tail, struct ike_bytes y)
{
    const size_t head_len = y.len - IKE_PRIME_TAIL;
    size_t zeros = 0;
    while (zeros < y.len - 1 && y.at[zeros] == 0)
        zeros++;
    if (zeros == y.len - 1 && y.at[zeros] <= 1)
        return false;

    const int head = memcmp(y.at, ike_prime_head, head_len);
    if (head != 0)
        return head < 0;
    uint8_t last[IKE_PRIME_TAIL]; /* of p - 1; p is odd */
    memcpy(last, tail, sizeof last);
    last[IKE_PRIME_TAIL - 1] ^= 1;
    return memcmp(y.at + head_len, last, sizeof last) < 0;
}

static bool x25519_holds(struct ike_bytes share)
{
    uint8_t u[32];
    memcpy(u, share.at, sizeof u);
    u[31] &= 0x7f;
    for (size_t i = 0; i < LOW_ORDER_25519; i++) {
        if (memcmp(u, low_order_25519[i], sizeof u) == 0)
            return false;
    }
    return true;
}

static bool x448_holds(struct ike_bytes share)
{
    uint8_t u[56];
    for (size_t i = 0; i < LOW_ORDER_448; i++) {
        memset(u, low_order_448[i].low, 28);
        memset(u + 28, low_order_448[i].high, 28);
        u[0] = low_order_448[i].first;
        u[28] = low_order_448[i].middle;
        if (memcmp(u, share.at, sizeof u) == 0)
            return false;
    }
    return true;
}

/* Two coefficients of 12 bits in three octets, the lower bits first (FIPS 203 4.2.1). */
static bool kem_holds(struct ike_bytes share)
{
    for (size_t i = 0; i + KEM_SEED < share.len; i += 3) {
        const uint8_t *const at = share.at + i;
        const unsigned first = at[0] | (at[1] & 0x0fU) << 8;
        const unsigned second = at[1] >> 4 | (unsigned)at[2] << 4;
        if (first >= KEM_PRIME || second >= KEM_PRIME)
            return false;
    }
    return true;
}

/* Numbers of 32-bit limbs, the lowest first, modulo an odd p. */
struct limbs {
    uint32_t at[LIMBS_MAX];
};
struct field {
    const uint32_t *p;
    size_t limbs;
    uint32_t clear; /* -1/p mod 2^32 */
};

static struct limbs limbs_read(const uint8_t *at, size_t octets)
{
    struct limbs out = {{0}};
    for (size_t i = 0; i < octets; i++)
        out.at[i / 4] |= (uint32_t)at[octets - 1 - i] << 8 * (i % 4);
    return out;
}

static bool limbs_below(const uint32_t *a, const uint32_t *b, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        if (a[i] != b[i])
            return a[i] < b[i];
    }
    return false;
}

/* a - b, modulo 2^(32 * count) */
static void limbs_take(uint32_t *a, const uint32_t *b, size_t count)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < count; i++) {
        const uint64_t difference = (uint64_t)a[i] - b[i] - borrow;
        a[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
}

/* a + b mod p, into a */
static void field_add(const struct field *field, struct limbs *a, const uint32_t *b)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < field->limbs; i++) {
        carry += (uint64_t)a->at[i] + b[i];
        a->at[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0 || !limbs_below(a->at, field->p, field->limbs))
        limbs_take(a->at, field->p, field->limbs);
}

/* a * b / 2^(32 * limbs) mod p, Montgomery's product a limb at a time. */
static struct limbs field_mul(const struct field *field, const struct limbs *a, const uint32_t *b)
{
    const size_t n = field->limbs;
    uint32_t sum[LIMBS_MAX + 1] = {0};
    for (size_t i = 0; i < n; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < n; j++) {
            carry += (uint64_t)a->at[i] * b[j] + sum[j];
            sum[j] = (uint32_t)carry;
            carry >>= 32;
        }
        const uint64_t top = carry + sum[n];
        const uint64_t factor = (uint32_t)(sum[0] * field->clear);
        carry = (factor * field->p[0] + sum[0]) >> 32;
        for (size_t j = 1; j < n; j++) {
            carry += factor * field->p[j] + sum[j];
            sum[j - 1] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += top;
        sum[n - 1] = (uint32_t)carry;
        sum[n] = (uint32_t)(carry >> 32);
    }
    if (sum[n] != 0 || !limbs_below(sum, field->p, n))
        limbs_take(sum, field->p, n);

    struct limbs out = {{0}};
    memcpy(out.at, sum, n * sizeof sum[0]);
    return out;
}

/* y^2 = (x^2 + a)x + b */
static bool curve_holds(const struct ike_curve *curve, struct ike_bytes share)
{
    const struct field field = {.p = curve->p, .limbs = curve->limbs, .clear = curve->clear};
    struct limbs x = limbs_read(share.at, curve->octets);
    struct limbs y = limbs_read(share.at + curve->octets, curve->octets);
    if (!limbs_below(x.at, curve->p, curve->limbs) || !limbs_below(y.at, curve->p, curve->limbs))
        return false;

    x = field_mul(&field, &x, curve->r2);
    y = field_mul(&field, &y, curve->r2);
    const struct limbs left = field_mul(&field, &y, y.at);
    struct limbs right = field_mul(&field, &x, x.at);
    field_add(&field, &right, curve->a);
    right = field_mul(&field, &right, x.at);
    field_add(&field, &right, curve->b);
    return memcmp(left.at, right.at, curve->limbs * sizeof left.at[0]) == 0;
}

/* -1/p mod 2^32: each step doubles the bits that are right, of which 3 are to begin with. */
static uint32_t field_clear(uint32_t p)
{
    uint32_t inverse = p;
    for (int i = 0; i < 4; i++)
        inverse *= 2 - p * inverse;
    return 0 - inverse;
}

/* y^q = 1 and 1 < y < p - 1 (RFC 6989 2.2). 1 * R mod p is what doubling 1 comes to. */
static bool subgroup_holds(const struct ike_subgroup *group, struct ike_bytes share)
{
    const struct limbs p = limbs_read(group->prime.at, group->prime.len);
    const struct field field = {
        .p = p.at, .limbs = group->prime.len / 4, .clear = field_clear(p.at[0])};
    struct limbs y = limbs_read(share.at, share.len);
    struct limbs one = {{1}};
    if (!limbs_below(one.at, y.at, field.limbs) || !limbs_below(y.at, p.at, field.limbs))
        return false; /* p - 1 is in no subgroup of odd order */

    for (size_t i = 0; i < 32 * field.limbs; i++)
        field_add(&field, &one, one.at);
    struct limbs r2 = one;
    for (size_t i = 0; i < 32 * field.limbs; i++)
        field_add(&field, &r2, r2.at);
    y = field_mul(&field, &y, r2.at);
    struct limbs power = one;
    for (size_t bit = 0; bit < 8 * group->order.len; bit++) {
        power = field_mul(&field, &power, power.at);
        if ((group->order.at[bit / 8] >> (7 - bit % 8) & 1) != 0)
            power = field_mul(&field, &power, y.at);
    }
    return memcmp(power.at, one.at, sizeof one.at) == 0;
}

const struct ike_subgroup *ike_subgroup_of(uint16_t group)
{
    for (size_t i = 0; i < ike_subgroup_count; i++) {
        if (ike_subgroups[i].group == group)
            return &ike_subgroups[i];
    }
    return NULL;
}

bool ike_group_holds(const struct ike_algo *group, struct ike_bytes share)
{
    if (share.len != group->share_len)
        return false;
    if (group->id == GROUP_X25519)
        return x25519_holds(share);
    if (group->id == GROUP_X448)
        return x448_holds(share);
    if (group->kem)
        return kem_holds(share);
    for (size_t i = 0; i < ike_prime_count; i++) {
        if (ike_primes[i].group == group->id)
            return modp_holds(ike_primes[i].tail, share);
    }
    for (size_t i = 0; i < ike_curve_count; i++) {
        if (ike_curves[i].group == group->id)
            return curve_holds(&ike_curves[i], share);
    }
    const struct ike_subgroup *const subgroup = ike_subgroup_of(group->id);
    assert(subgroup != NULL);
    return subgroup_holds(subgroup, share);
}

bool ike_group_answers(const struct ike_algo *group, struct ike_bytes share)
{
    return group->kem ? share.len == group->answer_len : ike_group_holds(group, share);
}
