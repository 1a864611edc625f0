/* SPDX-License-Identifier: MIT
 * Key exchange with OpenSSL. A key pair begun is kept as its raw octets, so no
 * object of the library lives between calls. MODP and ECP are computed on
 * numbers and points directly: that is what EVP does within, less its copies
 * and its second validation of the peer's value, which costs ten times the
 * exchange. Private values are drawn from the stream, never generated. */
#include "ike/crypto_openssl.h"
#include "ike/group.h"
#include "ike/group_numbers.h"
#include "ike/limits.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>

enum {
    X25519_LEN = 32,
    XDH_MAX = 56,
    GROUP_X25519 = 31,
    GROUP_X448 = 32,
    MODP_GENERATOR = 2,
    SCALAR_TRIES = 64, /* less than every second draw is beyond the order */
    POINT_MAX = 1 + 2 * 66,
};

/* A half of an exchange, as ike_kex keeps it. */
union half {
    struct {
        uint8_t private[X25519_LEN];
        uint8_t public[X25519_LEN];
    } x25519;
    uint8_t x448[XDH_MAX]; /* the private value */
    uint8_t seed[OPENSSL_KEM_SEED];
    uint8_t scalar[sizeof(struct ike_kex)]; /* big-endian, group_kind.private_len octets */
};
_Static_assert(sizeof(union half) == sizeof(struct ike_kex), "a half fits its place");

struct openssl_kex;

/* How one family of groups does it. */
struct group_kind {
    uint16_t id;
    uint16_t private_bits;
    int nid;                    /* of the curve, ECP only */
    BIGNUM *(*prime)(BIGNUM *); /* MODP only */
};

/* Exponents: from 225 to 400 bits, as RFC 7919 5.2, A.1 to A.5 has them for primes of these sizes;
 * RFC 3526 8 asks for at least 220 to 310, and 180 for 1536 bits. In the subgroups (RFC 5114 2.1
 * to 2.3), of the order's length. */
/* clang-format off */
static const struct group_kind kinds[] = {
    /* id  bits  curve                  prime */
    {  2,  165,  NID_undef,             BN_get_rfc2409_prime_1024 },
    {  5,  185,  NID_undef,             BN_get_rfc3526_prime_1536 },
    { 14,  225,  NID_undef,             BN_get_rfc3526_prime_2048 },
    { 15,  275,  NID_undef,             BN_get_rfc3526_prime_3072 },
    { 16,  325,  NID_undef,             BN_get_rfc3526_prime_4096 },
    { 17,  375,  NID_undef,             BN_get_rfc3526_prime_6144 },
    { 18,  400,  NID_undef,             BN_get_rfc3526_prime_8192 },
    { 19,  256,  NID_X9_62_prime256v1,  NULL                      },
    { 20,  384,  NID_secp384r1,         NULL                      },
    { 21,  521,  NID_secp521r1,         NULL                      },
    { 22,  160,  NID_undef,             NULL                      },
    { 23,  224,  NID_undef,             NULL                      },
    { 24,  256,  NID_undef,             NULL                      },
    { 25,  192,  NID_X9_62_prime192v1,  NULL                      },
    { 26,  224,  NID_secp224r1,         NULL                      },
    { 27,  224,  NID_brainpoolP224r1,   NULL                      },
    { 28,  256,  NID_brainpoolP256r1,   NULL                      },
    { 29,  384,  NID_brainpoolP384r1,   NULL                      },
    { 30,  512,  NID_brainpoolP512r1,   NULL                      },
};
/* clang-format on */
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* What is made once for a group of a kind, when it is first used. */
struct group_tools {
    const struct group_kind *kind; /* NULL: not yet */
    BIGNUM *prime;
    BIGNUM *generator;
    BIGNUM *order; /* RFC 5114 2.1 to 2.3 */
    BN_MONT_CTX *mont;
    EC_GROUP *curve;
    EC_POINT *point;
    EC_POINT *peer;
};

struct openssl_kex {
    struct ike_random random;
    struct group_tools tools[KINDS];
    EVP_PKEY_CTX *x25519; /* makes keys from octets */
    EVP_PKEY_CTX *x448;
    BN_CTX *scratch;
    BIGNUM *scalar;
    BIGNUM *peer;
    BIGNUM *result;
};

static void tools_close(struct group_tools *tools)
{
    EC_POINT_clear_free(tools->point);
    EC_POINT_clear_free(tools->peer);
    EC_GROUP_free(tools->curve);
    BN_MONT_CTX_free(tools->mont);
    BN_free(tools->order);
    BN_free(tools->generator);
    BN_free(tools->prime);
    *tools = (struct group_tools){.kind = NULL};
}

static bool numbers_open(struct openssl_kex *x, struct group_tools *tools,
                         const struct group_kind *kind)
{
    const struct ike_subgroup *const subgroup = ike_subgroup_of(kind->id);
    tools->mont = BN_MONT_CTX_new();
    if (subgroup == NULL) {
        tools->prime = kind->prime(NULL);
        tools->generator = BN_new();
        if (tools->generator == NULL || BN_set_word(tools->generator, MODP_GENERATOR) != 1)
            return false;
    } else {
        tools->prime = BN_bin2bn(subgroup->prime.at, (int)subgroup->prime.len, NULL);
        tools->order = BN_bin2bn(subgroup->order.at, (int)subgroup->order.len, NULL);
        tools->generator = BN_bin2bn(subgroup->generator.at, (int)subgroup->generator.len, NULL);
        if (tools->order == NULL || tools->generator == NULL)
            return false;
    }
    return tools->prime != NULL && tools->mont != NULL &&
           BN_MONT_CTX_set(tools->mont, tools->prime, x->scratch) == 1;
}

static bool tools_open(struct openssl_kex *x, struct group_tools *tools,
                       const struct group_kind *kind)
{
    if (kind->nid == NID_undef)
        return numbers_open(x, tools, kind);
    tools->curve = EC_GROUP_new_by_curve_name(kind->nid);
    if (tools->curve == NULL)
        return false;
    tools->point = EC_POINT_new(tools->curve);
    tools->peer = EC_POINT_new(tools->curve);
    return tools->point != NULL && tools->peer != NULL;
}

struct openssl_kex *openssl_kex_open(struct ike_random random)
{
    struct openssl_kex *const x = calloc(1, sizeof *x);
    if (x == NULL)
        return NULL;
    x->random = random;
    x->scratch = BN_CTX_new();
    x->scalar = BN_secure_new();
    x->peer = BN_new();
    x->result = BN_secure_new();
    x->x25519 = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
    x->x448 = EVP_PKEY_CTX_new_from_name(NULL, "X448", NULL);
    const bool done = x->scratch != NULL && x->scalar != NULL && x->peer != NULL &&
                      x->result != NULL && x->x25519 != NULL && x->x448 != NULL &&
                      EVP_PKEY_fromdata_init(x->x25519) == 1 &&
                      EVP_PKEY_fromdata_init(x->x448) == 1;
    if (!done) {
        openssl_kex_close(x);
        return NULL;
    }
    return x;
}

void openssl_kex_close(struct openssl_kex *x)
{
    if (x == NULL)
        return;
    for (size_t i = 0; i < KINDS; i++)
        tools_close(&x->tools[i]);
    EVP_PKEY_CTX_free(x->x448);
    EVP_PKEY_CTX_free(x->x25519);
    BN_clear_free(x->result);
    BN_free(x->peer);
    BN_clear_free(x->scalar);
    BN_CTX_free(x->scratch);
    free(x);
}

/* The group's tools, ready; NULL for groups that are no numbers, or that the library lacks. */
static const struct group_tools *tools_of(struct openssl_kex *x, const struct ike_algo *group)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct group_tools *const tools = &x->tools[i];
        if (kinds[i].id != group->id)
            continue;
        if (tools->kind == NULL && !tools_open(x, tools, &kinds[i])) {
            tools_close(tools);
            ERR_clear_error();
            return NULL;
        }
        tools->kind = &kinds[i];
        return tools;
    }
    return NULL;
}

static bool is_xdh(const struct ike_algo *group)
{
    return group->id == GROUP_X25519 || group->id == GROUP_X448;
}

bool openssl_kex_has(struct openssl_kex *x, const struct ike_algo *group)
{
    if (group->kem)
        return openssl_kem_has(group);
    return is_xdh(group) || tools_of(x, group) != NULL;
}

static void half_read(union half *half, const struct ike_kex *kex)
{
    memcpy(half, kex, sizeof *half);
}

/* A key of either Montgomery curve: without `public` the library computes it. */
static EVP_PKEY *xdh_key(struct openssl_kex *x, const struct ike_algo *group, uint8_t *private,
                         uint8_t *public)
{
    EVP_PKEY_CTX *const maker = group->id == GROUP_X448 ? x->x448 : x->x25519;
    EVP_PKEY *key = NULL;
    OSSL_PARAM params[3];
    size_t count = 0;
    if (private != NULL)
        params[count++] =
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, private, group->secret_len);
    if (public != NULL)
        params[count++] =
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, public, group->share_len);
    params[count] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_fromdata(maker, &key, EVP_PKEY_KEYPAIR, params) != 1)
        return NULL;
    return key;
}

/* The key of a half. Deriving does not look at our public value, and a half of X448 has no room for
 * it: anything stands for it, so that it is not computed again. */
static EVP_PKEY *xdh_key_again(struct openssl_kex *x, const struct ike_algo *group,
                               union half *half)
{
    uint8_t any[XDH_MAX] = {5};
    if (group->id == GROUP_X448)
        return xdh_key(x, group, half->x448, any);
    return xdh_key(x, group, half->x25519.private, half->x25519.public);
}

static bool xdh_derive(struct openssl_kex *x, const struct ike_algo *group, EVP_PKEY *key,
                       struct ike_bytes peer_share, uint8_t *secret)
{
    uint8_t public[XDH_MAX];
    size_t len = group->secret_len;
    memcpy(public, peer_share.at, group->share_len);
    EVP_PKEY *const peer = xdh_key(x, group, NULL, public);
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    const bool done = peer != NULL && ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
                      EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
                      EVP_PKEY_derive(ctx, secret, &len) == 1;
    assert(!done || len == group->secret_len);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(peer);
    return done;
}

/* A new key pair; the key, or NULL. */
static EVP_PKEY *xdh_begin(struct openssl_kex *x, const struct ike_algo *group, union half *half,
                           uint8_t *share)
{
    const bool is_448 = group->id == GROUP_X448;
    uint8_t *const private = is_448 ? half->x448 : half->x25519.private;
    size_t len = group->share_len;
    x->random.fill(x->random.owner, private, group->secret_len);
    EVP_PKEY *const key = xdh_key(x, group, private, NULL);
    if (key == NULL || EVP_PKEY_get_raw_public_key(key, share, &len) != 1) {
        EVP_PKEY_free(key);
        return NULL;
    }
    if (!is_448)
        memcpy(half->x25519.public, share, X25519_LEN);
    return key;
}

/* The private number's limit, NULL: none. */
static const BIGNUM *order_of(const struct group_tools *tools)
{
    return tools->curve != NULL ? EC_GROUP_get0_order(tools->curve) : tools->order;
}

/* Draws a private number of the kind's bits; where the group has an order, one below it. */
static bool scalar_draw(struct openssl_kex *x, const struct group_tools *tools, uint8_t *out)
{
    const size_t len = (tools->kind->private_bits + 7U) / 8;
    const BIGNUM *const order = order_of(tools);
    const unsigned spare = 8 * (unsigned)len - tools->kind->private_bits;
    for (int tries = 0; tries < SCALAR_TRIES; tries++) {
        x->random.fill(x->random.owner, out, len);
        out[0] &= (uint8_t)(0xff >> spare);
        if (BN_bin2bn(out, (int)len, x->scalar) == NULL)
            return false;
        const bool small = order == NULL || BN_cmp(x->scalar, order) < 0;
        if (small && !BN_is_zero(x->scalar) && !BN_is_one(x->scalar))
            return true;
    }
    return false;
}

static bool scalar_load(struct openssl_kex *x, const struct group_tools *tools, const uint8_t *from)
{
    return BN_bin2bn(from, (int)((tools->kind->private_bits + 7U) / 8), x->scalar) != NULL;
}

/* base to the private number, at the prime's full length (RFC 7296 2.14, 3.4) */
static bool modp_power(struct openssl_kex *x, const struct group_tools *tools, const BIGNUM *base,
                       uint8_t *out)
{
    const int len = BN_num_bytes(tools->prime);
    return BN_mod_exp_mont_consttime(x->result, base, x->scalar, tools->prime, x->scratch,
                                     tools->mont) == 1 &&
           BN_bn2binpad(x->result, out, len) == len;
}

/* `point` as x | y (RFC 5903 7) */
static bool ecp_put(struct openssl_kex *x, const struct group_tools *tools, size_t len,
                    uint8_t *share)
{
    uint8_t octets[POINT_MAX];
    if (EC_POINT_point2oct(tools->curve, tools->point, POINT_CONVERSION_UNCOMPRESSED, octets,
                           sizeof octets, x->scratch) != 1 + len)
        return false;
    memcpy(share, octets + 1, len);
    return true;
}

/* Reads x | y into `peer`; the library refuses a point that is not on the curve. */
static bool ecp_get(struct openssl_kex *x, const struct group_tools *tools, struct ike_bytes share)
{
    uint8_t octets[POINT_MAX];
    octets[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(octets + 1, share.at, share.len);
    return EC_POINT_oct2point(tools->curve, tools->peer, octets, 1 + share.len, x->scratch) == 1;
}

/* The public value of the private number in x->scalar. */
static bool number_share(struct openssl_kex *x, const struct group_tools *tools,
                         const struct ike_algo *group, uint8_t *share)
{
    if (tools->curve == NULL)
        return modp_power(x, tools, tools->generator, share);
    return EC_POINT_mul(tools->curve, tools->point, x->scalar, NULL, NULL, x->scratch) == 1 &&
           ecp_put(x, tools, group->share_len, share);
}

/* The peer's value, judged and taken in: into `peer` of the curve, or x->peer. */
static bool number_peer(struct openssl_kex *x, const struct group_tools *tools,
                        struct ike_bytes share)
{
    if (tools->curve == NULL)
        return BN_bin2bn(share.at, (int)share.len, x->peer) != NULL;
    return ecp_get(x, tools, share);
}

/* For a curve the secret is the x coordinate (RFC 5903 7). */
static bool number_secret(struct openssl_kex *x, const struct group_tools *tools,
                          const struct ike_algo *group, uint8_t *secret)
{
    if (tools->curve == NULL)
        return modp_power(x, tools, x->peer, secret);
    return EC_POINT_mul(tools->curve, tools->point, NULL, tools->peer, x->scalar, x->scratch) ==
               1 &&
           EC_POINT_get_affine_coordinates(tools->curve, tools->point, x->result, NULL,
                                           x->scratch) == 1 &&
           BN_bn2binpad(x->result, secret, group->secret_len) == group->secret_len;
}

/* What is wrong with a peer's value stands in the return value, not in the library's queue. */
static bool told(bool done)
{
    if (!done)
        ERR_clear_error();
    return done;
}

/* 1 < y < p and y^q = 1 (RFC 6989 2.2); p - 1 is no power of odd order. Nothing secret is in it. */
static bool subgroup_holds(struct openssl_kex *x, const struct group_tools *tools,
                           struct ike_bytes share)
{
    return BN_bin2bn(share.at, (int)share.len, x->peer) != NULL && !BN_is_zero(x->peer) &&
           !BN_is_one(x->peer) && BN_cmp(x->peer, tools->prime) < 0 &&
           BN_mod_exp_mont(x->result, x->peer, tools->order, tools->prime, x->scratch,
                           tools->mont) == 1 &&
           BN_is_one(x->result);
}

/* What can be judged before anything is spent; the library judges points itself, at the same cost.
 */
static bool peer_holds(struct openssl_kex *x, const struct group_tools *tools,
                       const struct ike_algo *group, struct ike_bytes share)
{
    if (tools != NULL && tools->curve != NULL)
        return share.len == group->share_len;
    if (tools != NULL && tools->order != NULL)
        return share.len == group->share_len && subgroup_holds(x, tools, share);
    return ike_group_holds(group, share);
}

bool openssl_kex_begin(struct openssl_kex *x, const struct ike_algo *group, struct ike_kex *kex,
                       uint8_t *share)
{
    const struct group_tools *const tools = tools_of(x, group);
    union half half = {{{0}, {0}}};
    bool done;
    assert(group->type == TRANSFORM_KE);
    if (group->kem) {
        x->random.fill(x->random.owner, half.seed, sizeof half.seed);
        done = openssl_kem_begin(group, half.seed, share);
    } else if (tools != NULL) {
        done = scalar_draw(x, tools, half.scalar) && number_share(x, tools, group, share);
    } else {
        EVP_PKEY *const key = is_xdh(group) ? xdh_begin(x, group, &half, share) : NULL;
        done = key != NULL;
        EVP_PKEY_free(key);
    }
    memcpy(kex, &half, sizeof *kex);
    ike_secret_wipe(&half, sizeof half);
    return told(done);
}

bool openssl_kex_end(struct openssl_kex *x, const struct ike_algo *group, const struct ike_kex *kex,
                     struct ike_bytes peer_share, uint8_t *secret)
{
    const struct group_tools *const tools = tools_of(x, group);
    union half half;
    bool done;
    if (group->kem ? !ike_group_answers(group, peer_share)
                   : !peer_holds(x, tools, group, peer_share))
        return told(false);
    half_read(&half, kex);
    if (group->kem) {
        done = openssl_kem_end(group, half.seed, peer_share, secret);
    } else if (tools != NULL) {
        done = number_peer(x, tools, peer_share) && scalar_load(x, tools, half.scalar) &&
               number_secret(x, tools, group, secret);
    } else {
        assert(is_xdh(group)); /* of any other there would be no half */
        EVP_PKEY *const key = xdh_key_again(x, group, &half);
        done = key != NULL && xdh_derive(x, group, key, peer_share, secret);
        EVP_PKEY_free(key);
    }
    ike_secret_wipe(&half, sizeof half);
    return told(done);
}

bool openssl_kex_answer(struct openssl_kex *x, const struct ike_algo *group,
                        struct ike_bytes peer_share, uint8_t *share, uint8_t *secret)
{
    const struct group_tools *const tools = tools_of(x, group);
    union half half;
    bool done;
    if (!peer_holds(x, tools, group, peer_share))
        return told(false);
    if (group->kem) {
        x->random.fill(x->random.owner, half.seed, OPENSSL_KEM_CHANCE);
        done = openssl_kem_answer(group, peer_share, half.seed, share, secret);
    } else if (tools != NULL) {
        done = number_peer(x, tools, peer_share) && scalar_draw(x, tools, half.scalar) &&
               number_share(x, tools, group, share) && number_secret(x, tools, group, secret);
    } else {
        EVP_PKEY *const key = is_xdh(group) ? xdh_begin(x, group, &half, share) : NULL;
        done = key != NULL && xdh_derive(x, group, key, peer_share, secret);
        EVP_PKEY_free(key);
    }
    ike_secret_wipe(&half, sizeof half);
    return told(done);
}
