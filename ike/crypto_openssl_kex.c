/* SPDX-License-Identifier: MIT
 * Key exchange with OpenSSL. A key pair begun is kept as its raw octets, so no
 * object of the library lives between calls. MODP and ECP are computed on
 * numbers and points directly: that is what EVP does within, less its copies
 * and its second validation of the peer's value, which costs ten times the
 * exchange. Private values are drawn from the stream, never generated. */
#include "ike/crypto_openssl.h"
#include "ike/group.h"
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
    MODP_GENERATOR = 2,
    SCALAR_TRIES = 8, /* a draw is beyond the order once in 2^32 at most */
    POINT_MAX = 1 + 2 * 48,
};

/* A half of an exchange, as ike_kex keeps it. */
union half {
    struct {
        uint8_t private[X25519_LEN];
        uint8_t public[X25519_LEN];
    } x25519;
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

/* Exponents: 225, 275 and 325 bits, as RFC 7919 5.2, A.1 to A.3 has them for primes of these sizes;
 * RFC 3526 8 asks for at least 220, 260 and 300. */
/* clang-format off */
static const struct group_kind kinds[] = {
    /* id  bits  curve                  prime */
    { 14,  225,  NID_undef,             BN_get_rfc3526_prime_2048 },
    { 15,  275,  NID_undef,             BN_get_rfc3526_prime_3072 },
    { 16,  325,  NID_undef,             BN_get_rfc3526_prime_4096 },
    { 19,  256,  NID_X9_62_prime256v1,  NULL                      },
    { 20,  384,  NID_secp384r1,         NULL                      },
};
/* clang-format on */
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* What is made once for a group of a kind. */
struct group_tools {
    const struct group_kind *kind;
    BIGNUM *prime;
    BN_MONT_CTX *mont;
    EC_GROUP *curve;
    EC_POINT *point;
    EC_POINT *peer;
};

struct openssl_kex {
    struct ike_random random;
    struct group_tools tools[KINDS];
    EVP_PKEY_CTX *x25519; /* makes keys from octets */
    BN_CTX *scratch;
    BIGNUM *generator;
    BIGNUM *scalar;
    BIGNUM *peer;
    BIGNUM *result;
};

static bool tools_open(struct openssl_kex *x, struct group_tools *tools,
                       const struct group_kind *kind)
{
    tools->kind = kind;
    if (kind->prime != NULL) {
        tools->prime = kind->prime(NULL);
        tools->mont = BN_MONT_CTX_new();
        return tools->prime != NULL && tools->mont != NULL &&
               BN_MONT_CTX_set(tools->mont, tools->prime, x->scratch) == 1;
    }
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
    x->generator = BN_new();
    x->scalar = BN_secure_new();
    x->peer = BN_new();
    x->result = BN_secure_new();
    x->x25519 = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
    bool done = x->scratch != NULL && x->generator != NULL && x->scalar != NULL &&
                x->peer != NULL && x->result != NULL && x->x25519 != NULL &&
                BN_set_word(x->generator, MODP_GENERATOR) == 1 &&
                EVP_PKEY_fromdata_init(x->x25519) == 1;
    for (size_t i = 0; done && i < KINDS; i++)
        done = tools_open(x, &x->tools[i], &kinds[i]);
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
    for (size_t i = 0; i < KINDS; i++) {
        EC_POINT_clear_free(x->tools[i].point);
        EC_POINT_clear_free(x->tools[i].peer);
        EC_GROUP_free(x->tools[i].curve);
        BN_MONT_CTX_free(x->tools[i].mont);
        BN_free(x->tools[i].prime);
    }
    EVP_PKEY_CTX_free(x->x25519);
    BN_clear_free(x->result);
    BN_free(x->peer);
    BN_clear_free(x->scalar);
    BN_free(x->generator);
    BN_CTX_free(x->scratch);
    free(x);
}

static const struct group_tools *tools_of(const struct openssl_kex *x, const struct ike_algo *group)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].id == group->id)
            return &x->tools[i];
    }
    return NULL; /* X25519 */
}

static void half_read(union half *half, const struct ike_kex *kex)
{
    memcpy(half, kex, sizeof *half);
}

/* X25519: without `public` the library computes it. */
static EVP_PKEY *x25519_key(struct openssl_kex *x, uint8_t *private, uint8_t *public)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM params[3];
    size_t count = 0;
    if (private != NULL)
        params[count++] =
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, private, X25519_LEN);
    if (public != NULL)
        params[count++] =
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, public, X25519_LEN);
    params[count] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_fromdata(x->x25519, &key, EVP_PKEY_KEYPAIR, params) != 1)
        return NULL;
    return key;
}

static bool x25519_derive(struct openssl_kex *x, EVP_PKEY *key, struct ike_bytes peer_share,
                          uint8_t *secret)
{
    uint8_t public[X25519_LEN];
    size_t len = X25519_LEN;
    memcpy(public, peer_share.at, sizeof public);
    EVP_PKEY *const peer = x25519_key(x, NULL, public);
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    const bool done = peer != NULL && ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
                      EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
                      EVP_PKEY_derive(ctx, secret, &len) == 1 && len == X25519_LEN;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(peer);
    return done;
}

/* A new key pair; the key, or NULL. */
static EVP_PKEY *x25519_begin(struct openssl_kex *x, union half *half, uint8_t *share)
{
    size_t len = X25519_LEN;
    x->random.fill(x->random.owner, half->x25519.private, X25519_LEN);
    EVP_PKEY *const key = x25519_key(x, half->x25519.private, NULL);
    if (key == NULL || EVP_PKEY_get_raw_public_key(key, share, &len) != 1) {
        EVP_PKEY_free(key);
        return NULL;
    }
    memcpy(half->x25519.public, share, X25519_LEN);
    return key;
}

/* Draws a private number of the kind's bits; for a curve, one below its order. */
static bool scalar_draw(struct openssl_kex *x, const struct group_tools *tools, uint8_t *out)
{
    const size_t len = (tools->kind->private_bits + 7U) / 8;
    const unsigned spare = 8 * (unsigned)len - tools->kind->private_bits;
    for (int tries = 0; tries < SCALAR_TRIES; tries++) {
        x->random.fill(x->random.owner, out, len);
        out[0] &= (uint8_t)(0xff >> spare);
        if (BN_bin2bn(out, (int)len, x->scalar) == NULL)
            return false;
        const bool small =
            tools->curve == NULL || BN_cmp(x->scalar, EC_GROUP_get0_order(tools->curve)) < 0;
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
        return modp_power(x, tools, x->generator, share);
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

/* What can be judged before anything is spent; the library judges points itself, at the same cost.
 */
static bool peer_holds(const struct group_tools *tools, const struct ike_algo *group,
                       struct ike_bytes share)
{
    if (tools != NULL && tools->curve != NULL)
        return share.len == group->share_len;
    return ike_group_holds(group, share);
}

bool openssl_kex_begin(struct openssl_kex *x, const struct ike_algo *group, struct ike_kex *kex,
                       uint8_t *share)
{
    const struct group_tools *const tools = tools_of(x, group);
    union half half = {{{0}, {0}}};
    bool done;
    assert(group->type == TRANSFORM_KE);
    if (tools == NULL) {
        EVP_PKEY *const key = x25519_begin(x, &half, share);
        done = key != NULL;
        EVP_PKEY_free(key);
    } else {
        done = scalar_draw(x, tools, half.scalar) && number_share(x, tools, group, share);
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
    if (!peer_holds(tools, group, peer_share))
        return false;
    half_read(&half, kex);
    if (tools == NULL) {
        EVP_PKEY *const key = x25519_key(x, half.x25519.private, half.x25519.public);
        done = key != NULL && x25519_derive(x, key, peer_share, secret);
        EVP_PKEY_free(key);
    } else {
        done = number_peer(x, tools, peer_share) && scalar_load(x, tools, half.scalar) &&
               number_secret(x, tools, group, secret);
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
    if (!peer_holds(tools, group, peer_share))
        return false;
    if (tools == NULL) {
        EVP_PKEY *const key = x25519_begin(x, &half, share);
        done = key != NULL && x25519_derive(x, key, peer_share, secret);
        EVP_PKEY_free(key);
    } else {
        done = number_peer(x, tools, peer_share) && scalar_draw(x, tools, half.scalar) &&
               number_share(x, tools, group, share) && number_secret(x, tools, group, secret);
    }
    ike_secret_wipe(&half, sizeof half);
    return told(done);
}
