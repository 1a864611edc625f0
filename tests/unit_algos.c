/* SPDX-License-Identifier: MIT
 * The algorithms one by one against what documents print: macs on AES, the old
 * hashes, counter mode, key exchanges (tests/vectors/groups.txt); and where they
 * print nothing, our own arithmetic against the library's. CCM, 3DES and the
 * short ICVs are checked by tshark, which opens them (oracle_capture.c). */
#include "ike/crypto.h"
#include "ike/group.h"
#include "ike/group_numbers.h"
#include "ike/limits.h"
#include "ike/v2/keymat.h"
#include "tests/crypto_cases.h"
#include "tests/test.h"

#include <stdio.h>

#include <openssl/bn.h>

enum { LINE_LONGEST = 3200 };

static struct crypto_stream stream;

static struct ike_crypto *provider(void)
{
    return ike_crypto_openssl(crypto_stream_random(&stream, 1));
}

/* clang-format off */
static const struct {
    uint8_t row;
    const char *key;
    size_t data_len; /* of 00 01 02 ..., or of `data` when it is there */
    const char *data, *out;
} mac_vectors[] = {
    /* RFC 3566 4.6, test cases 1 to 6 */
    {ALGO_AESXCBC, "000102030405060708090a0b0c0d0e0f",  0, NULL, "75f0251d528ac01c4573dfd584d79f29"},
    {ALGO_AESXCBC, "000102030405060708090a0b0c0d0e0f",  3, NULL, "5b376580ae2f19afe7219ceef172756f"},
    {ALGO_AESXCBC, "000102030405060708090a0b0c0d0e0f", 16, NULL, "d2a246fa349b68a79998a4394ff7a263"},
    {ALGO_AESXCBC, "000102030405060708090a0b0c0d0e0f", 20, NULL, "47f51b4564966215b8985c63055ed308"},
    {ALGO_AESXCBC, "000102030405060708090a0b0c0d0e0f", 32, NULL, "f54f0ec8d2b9f3d36807734bd5283fd4"},
    {ALGO_AESXCBC, "000102030405060708090a0b0c0d0e0f", 34, NULL, "becbb3bccdb518a30677d5481fb6b4d8"},
    /* RFC 4434 4: keys of 16, 10 and 18 octets */
    {ALGO_PRFAESXCBC, "000102030405060708090a0b0c0d0e0f", 20, NULL, "47f51b4564966215b8985c63055ed308"},
    {ALGO_PRFAESXCBC, "00010203040506070809", 20, NULL, "0fa087af7d866e7653434e602fdde835"},
    {ALGO_PRFAESXCBC, "000102030405060708090a0b0c0d0e0fedcb", 20, NULL, "8cd3c93ae598a9803006ffb67c40e9e4"},
    /* RFC 4493 4, examples 1 to 4 */
    {ALGO_AESCMAC, "2b7e151628aed2a6abf7158809cf4f3c", 0, "", "bb1d6929e95937287fa37d129b756746"},
    {ALGO_AESCMAC, "2b7e151628aed2a6abf7158809cf4f3c", 0, "6bc1bee22e409f96e93d7e117393172a",
     "070a16b46b4d4144f79bdd9dd04a287c"},
    {ALGO_AESCMAC, "2b7e151628aed2a6abf7158809cf4f3c", 0,
     "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
     "dfa66747de9ae63030ca32611497c827"},
    {ALGO_AESCMAC, "2b7e151628aed2a6abf7158809cf4f3c", 0,
     "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
     "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
     "51f0bebf7e3b9d92fc49741779363cfe"},
    /* RFC 4615 4: keys of 18, 16 and 10 octets */
    {ALGO_PRFAESCMAC, "000102030405060708090a0b0c0d0e0fedcb", 20, NULL, "84a348a4a45d235babfffc0d2b4da09a"},
    {ALGO_PRFAESCMAC, "000102030405060708090a0b0c0d0e0f", 20, NULL, "980ae87b5f4c9c5214f5b6a8455e4c2d"},
    {ALGO_PRFAESCMAC, "00010203040506070809", 20, NULL, "290d9e112edb09ee141fcf64c0b72f3d"},
    /* RFC 2202 2 and 3, test cases 1 and 2 */
    {ALGO_PRFMD5, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", 0, "4869205468657265", "9294727a3638bb1c13f48ef8158bfc9d"},
    {ALGO_MD5, "4a656665", 0, "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "750c783e6ab0b503eaa86e310a5db738"},
    {ALGO_PRFSHA1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", 0, "4869205468657265",
     "b617318655057264e28bc0b6fb378c8ef146be00"},
    {ALGO_SHA1, "4a656665", 0, "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
};
/* clang-format on */

/* RFC 4434 2: a key shorter than a block is padded with zeros, one of no octets too. */
static void test_no_key_is_one_of_zeros(void)
{
    static const uint8_t zeros[16];
    struct ike_crypto *const c = provider();
    const struct ike_algo *prf = &ike_algos[ALGO_PRFAESXCBC];
    const struct ike_bytes text = {zeros, 5};
    uint8_t out[2][IKE_PRF_MAX];
    c->ops->prf(c, prf, (struct ike_bytes){zeros, 0}, &text, 1, out[0]);
    c->ops->prf(c, prf, (struct ike_bytes){zeros, sizeof zeros}, &text, 1, out[1]);
    EXPECT(memcmp(out[0], out[1], prf->out_len) == 0);
    prf = &ike_algos[ALGO_PRFSHA256]; /* RFC 2104 2: and so are those of HMAC */
    c->ops->prf(c, prf, (struct ike_bytes){zeros, 0}, &text, 1, out[0]);
    c->ops->prf(c, prf, (struct ike_bytes){zeros, sizeof zeros}, &text, 1, out[1]);
    EXPECT(memcmp(out[0], out[1], prf->out_len) == 0);
    c->ops->close(c);
}

static void test_macs_give_published_vectors(void)
{
    struct ike_crypto *const c = provider();
    uint8_t key[64];
    uint8_t data[64];
    uint8_t out[IKE_PRF_MAX];
    for (size_t i = 0; i < sizeof mac_vectors / sizeof mac_vectors[0]; i++) {
        const struct ike_algo *const mac = &ike_algos[mac_vectors[i].row];
        const size_t key_len = crypto_hex(mac_vectors[i].key, key, sizeof key);
        size_t len = mac_vectors[i].data_len;
        for (uint8_t j = 0; j < sizeof data; j++)
            data[j] = j;
        if (mac_vectors[i].data != NULL)
            len = crypto_hex(mac_vectors[i].data, data, sizeof data);
        const struct ike_bytes text = {data, len};
        c->ops->prf(c, mac, (struct ike_bytes){key, key_len}, &text, 1, out);
        EXPECT(crypto_is_hex(out, mac->out_len, mac_vectors[i].out));
    }
    c->ops->close(c);
}

/* clang-format off */
static const struct {
    uint8_t encr, integ;
    const char *key, *iv, *text, *sealed;
    const char *icv; /* NULL: the integrity algorithm's */
} seal_vectors[] = {
    /* RFC 3686 6, test vectors 1, 4 and 7 */
    {ALGO_AES128CTR, ALGO_AESXCBC, "ae6852f8121067cc4bf7a5765577f39e 00000030", "0000000000000000",
     "53696e676c6520626c6f636b206d7367", "e4095d4fb7a7b3792d6175a3261311b8", NULL},
    {ALGO_AES192CTR, ALGO_AESCMAC, "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb78515 00000048",
     "36733c147d6d93cb", "53696e676c6520626c6f636b206d7367", "4b55384fe259c9c84e7935a003cbe928", NULL},
    {ALGO_AES256CTR, ALGO_SHA1, "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104 00000060",
     "db5672c97aa8f0b2", "53696e676c6520626c6f636b206d7367", "145ad01dbf824ec7560863dc71e3e0c0", NULL},
    /* NIST SP 800-38A F.2.3, first block */
    {ALGO_AES192, ALGO_MD5, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
     "000102030405060708090a0b0c0d0e0f", "6bc1bee22e409f96e93d7e117393172a",
     "4f021db243bc633d7178183a9fa071e8", NULL},
    /* McGrew and Viega, The Galois/Counter Mode of Operation, Appendix B: test case 10; a shorter
     * ICV is its beginning (NIST SP 800-38D 7.1) */
    {ALGO_AES192GCM16, 0, "feffe9928665731c6d6a8f9467308308feffe9928665731c cafebabe", "facedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
     "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
     "2519498e80f1478f37ba55bd6d27618c"},
    {ALGO_AES192GCM12, 0, "feffe9928665731c6d6a8f9467308308feffe9928665731c cafebabe", "facedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
     "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
     "2519498e80f1478f37ba55bd"},
};
/* clang-format on */

static void test_sealing_gives_published_vectors(void)
{
    struct ike_crypto *const c = provider();
    for (size_t i = 0; i < sizeof seal_vectors / sizeof seal_vectors[0]; i++) {
        const struct ike_algo *const integ = &ike_algos[seal_vectors[i].integ];
        const bool aead = seal_vectors[i].integ == 0;
        uint8_t message[256] = {0};
        uint8_t key[64];
        uint8_t integ_key[64] = {7};
        uint8_t icv[IKE_PRF_MAX];
        const size_t aad_len =
            aead ? crypto_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2", message, 32) : 28;
        uint8_t *const iv = message + aad_len;
        uint8_t *const text = iv + crypto_hex(seal_vectors[i].iv, iv, 16);
        const size_t len = crypto_hex(seal_vectors[i].text, text, 128);
        const struct ike_seal_keys keys = {
            .encr = &ike_algos[seal_vectors[i].encr],
            .integ = aead ? NULL : integ,
            .encr_key = {key, crypto_hex(seal_vectors[i].key, key, sizeof key)},
            .integ_key = {integ_key, integ->key_len}};
        c->ops->seal(c, &keys, message, aad_len, len);
        EXPECT(crypto_is_hex(text, len, seal_vectors[i].sealed));
        if (aead) {
            EXPECT(crypto_is_hex(text + len, keys.encr->icv_len, seal_vectors[i].icv));
        } else {
            const struct ike_bytes all = {message, (size_t)(text + len - message)};
            c->ops->prf(c, integ, keys.integ_key, &all, 1, icv);
            EXPECT(memcmp(text + len, icv, 12) == 0);
        }
        EXPECT(c->ops->open(c, &keys, message, aad_len, len));
        EXPECT(crypto_is_hex(text, len, seal_vectors[i].text));
    }
    c->ops->close(c);
}

/* One record of groups.txt. */
struct exchange {
    uint8_t row;
    char private_i[256], private_r[256], share_i[LINE_LONGEST], share_r[LINE_LONGEST],
        secret[LINE_LONGEST];
};

static bool exchange_read(FILE *file, struct exchange *x)
{
    static char line[LINE_LONGEST];
    *x = (struct exchange){.row = 0};
    while (fgets(line, sizeof line, file) != NULL) {
        char value[LINE_LONGEST];
        char word[16];
        if (sscanf(line, "%15s %3199s", word, value) != 2 || word[0] == '#')
            continue;
        if (strcmp(word, "group") == 0)
            x->row = ike_algo_named(value);
        if (strcmp(word, "private_i") == 0)
            (void)snprintf(x->private_i, sizeof x->private_i, "%.255s", value);
        if (strcmp(word, "private_r") == 0)
            (void)snprintf(x->private_r, sizeof x->private_r, "%.255s", value);
        if (strcmp(word, "share_i") == 0)
            memcpy(x->share_i, value, sizeof value);
        if (strcmp(word, "share_r") == 0)
            memcpy(x->share_r, value, sizeof value);
        if (strcmp(word, "secret") == 0) {
            memcpy(x->secret, value, sizeof value);
            return true;
        }
    }
    return false;
}

static void exchange_tried(struct ike_crypto *c, const struct exchange *x)
{
    const struct ike_algo *const g = &ike_algos[x->row];
    uint8_t share[IKE_SHARE_MAX];
    uint8_t answer[IKE_SHARE_MAX];
    uint8_t secret[IKE_SECRET_MAX];
    struct ike_kex kex;
    crypto_stream_say(&stream, x->private_i);
    EXPECT(c->ops->kex_begin(c, g, &kex, share));
    EXPECT(crypto_is_hex(share, g->share_len, x->share_i));
    EXPECT(ike_group_holds(g, (struct ike_bytes){share, g->share_len}));

    crypto_stream_say(&stream, x->private_r);
    EXPECT(c->ops->kex_answer(c, g, (struct ike_bytes){share, g->share_len}, answer, secret));
    EXPECT(crypto_is_hex(answer, g->share_len, x->share_r));
    EXPECT(crypto_is_hex(secret, g->secret_len, x->secret));
    EXPECT(ike_group_holds(g, (struct ike_bytes){answer, g->share_len}));

    memset(secret, 0, sizeof secret);
    EXPECT(c->ops->kex_end(c, g, &kex, (struct ike_bytes){answer, g->share_len}, secret));
    EXPECT(crypto_is_hex(secret, g->secret_len, x->secret));
    c->ops->kex_free(c, g, &kex);
}

/* The modelled provider takes a real value, and no neighbour of one that is to be on a curve or in
 * a subgroup. */
static void exchange_modelled(struct ike_crypto *c, const struct exchange *x)
{
    const struct ike_algo *const g = &ike_algos[x->row];
    const bool any_is_one = g->share_len == g->secret_len && ike_subgroup_of(g->id) == NULL;
    uint8_t share[IKE_SHARE_MAX];
    uint8_t answer[IKE_SHARE_MAX];
    uint8_t secret[IKE_SECRET_MAX];
    const struct ike_bytes value = {share, crypto_hex(x->share_i, share, sizeof share)};
    EXPECT_EQ(value.len, g->share_len);
    EXPECT(c->ops->kex_answer(c, g, value, answer, secret));
    share[value.len / 3] ^= 0x20;
    EXPECT_EQ(c->ops->kex_answer(c, g, value, answer, secret), any_is_one);
}

static void test_key_exchanges_give_published_vectors(void)
{
    static struct exchange x;
    struct crypto_stream other;
    struct ike_crypto *const c = provider();
    struct ike_crypto *const modelled = ike_crypto_modelled(crypto_stream_random(&other, 2));
    FILE *const file = fopen("tests/vectors/groups.txt", "r");
    size_t tried = 0;
    if (!EXPECT(file != NULL))
        return;
    while (exchange_read(file, &x)) {
        if (!EXPECT(x.row != 0))
            continue;
        exchange_tried(c, &x);
        exchange_modelled(modelled, &x);
        tried++;
    }
    (void)fclose(file);
    EXPECT_EQ(tried, 14);
    modelled->ops->close(modelled);
    c->ops->close(c);
}

/* RFC 6989 2.1 to 2.3: a value of the library's is one by our own arithmetic; with one bit changed
 * the two agree again, whatever they say (a changed number below a safe prime is a value). */
static void test_our_arithmetic_agrees_with_the_library_in_every_group(void)
{
    struct ike_crypto *const c = provider();
    for (uint8_t row = 1; row < ike_algo_count; row++) {
        const struct ike_algo *const g = &ike_algos[row];
        uint8_t share[IKE_SHARE_MAX];
        uint8_t other[IKE_SHARE_MAX];
        uint8_t secret[IKE_SECRET_MAX];
        struct ike_kex kex;
        if (g->type != TRANSFORM_KE || !ike_crypto_has(c, row))
            continue;
        EXPECT(c->ops->kex_begin(c, g, &kex, share));
        const struct ike_bytes value = {share, g->share_len};
        for (size_t i = 0; i < 6; i++) {
            EXPECT(ike_group_holds(g, value));
            share[i * 7919 % g->share_len] ^= (uint8_t)(1U << i % 8);
            EXPECT_EQ(ike_group_holds(g, value), c->ops->kex_end(c, g, &kex, value, secret));
            share[i * 7919 % g->share_len] ^= (uint8_t)(1U << i % 8);
        }
        EXPECT(c->ops->kex_answer(c, g, value, other, secret));
        c->ops->kex_free(c, g, &kex);
    }
    c->ops->close(c);
}

static void judged(struct ike_crypto *c, const struct ike_algo *g, const BIGNUM *y, bool good)
{
    uint8_t share[IKE_SHARE_MAX];
    uint8_t other[IKE_SHARE_MAX];
    uint8_t secret[IKE_SECRET_MAX];
    const struct ike_bytes value = {share, g->share_len};
    EXPECT_EQ(BN_bn2binpad(y, share, g->share_len), g->share_len);
    EXPECT_EQ(ike_group_holds(g, value), good);
    EXPECT_EQ(c->ops->kex_answer(c, g, value, other, secret), good);
}

/* 0, 1, p - 1 and p are none; 2 is one of a safe prime's; of RFC 5114's only what its order says.
 */
static void test_the_edges_of_modp_groups_are_judged_alike(void)
{
    static const struct {
        uint8_t row;
        BIGNUM *(*prime)(BIGNUM *);
    } safe[] = {{ALGO_MODP1024, BN_get_rfc2409_prime_1024},
                {ALGO_MODP1536, BN_get_rfc3526_prime_1536},
                {ALGO_MODP6144, BN_get_rfc3526_prime_6144},
                {ALGO_MODP8192, BN_get_rfc3526_prime_8192}};
    struct ike_crypto *const c = provider();
    BIGNUM *const y = BN_new();
    for (size_t i = 0; i < 4 + ike_subgroup_count; i++) {
        const struct ike_subgroup *const subgroup = i < 4 ? NULL : &ike_subgroups[i - 4];
        const struct ike_algo *const g =
            &ike_algos[i < 4 ? safe[i].row : ike_algo_find(TRANSFORM_KE, subgroup->group, 0)];
        BIGNUM *const p = i < 4 ? safe[i].prime(NULL)
                                : BN_bin2bn(subgroup->prime.at, (int)subgroup->prime.len, NULL);
        for (BN_ULONG low = 0; low <= 2; low++) {
            EXPECT(BN_set_word(y, low) == 1);
            judged(c, g, y, low == 2 && subgroup == NULL);
        }
        for (int off = -2; off <= 1; off++) {
            EXPECT(BN_copy(y, p) != NULL);
            EXPECT((off < 0 ? BN_sub_word(y, (BN_ULONG)-off) : BN_add_word(y, (BN_ULONG)off)) == 1);
            judged(c, g, y, off == -2 && subgroup == NULL);
        }
        if (subgroup != NULL) {
            EXPECT(BN_bin2bn(subgroup->generator.at, (int)subgroup->generator.len, y) != NULL);
            judged(c, g, y, true);
            EXPECT(BN_sub(y, p, y) == 1); /* of order 2q */
            judged(c, g, y, false);
        }
        BN_free(p);
    }
    BN_free(y);
    c->ops->close(c);
}

/* RFC 7296 2.14: with PRFs on AES, SKEYSEED is keyed with 64 bits of either nonce, and prf+ gets
 * all of them. With any other PRF all is all. */
static void test_skeyseed_takes_64_bits_of_each_nonce_for_prfs_on_aes(void)
{
    static const uint8_t rows[] = {ALGO_PRFAESXCBC, ALGO_PRFAESCMAC, ALGO_PRFSHA1};
    struct ike_crypto *const c = provider();
    uint8_t octets[128];
    uint8_t skeyseed[IKE_PRF_MAX];
    uint8_t room[512];
    uint8_t wanted[512];
    uint8_t key[64];
    for (uint8_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 3);
    for (size_t i = 0; i < sizeof rows; i++) {
        const struct ike_suite suite = {
            .encr = ALGO_AES128CTR, .integ = ALGO_AESXCBC, .prf = rows[i]};
        const struct ike_keymat_input input = {
            .secret = {octets + 64, 32}, .nonce_i = {octets, 32}, .nonce_r = {octets + 32, 20}};
        const size_t part = i < 2 ? 8 : 32;
        const size_t other = i < 2 ? 8 : 20;
        memcpy(key, octets, part);
        memcpy(key + part, octets + 32, other);
        c->ops->prf(c, &ike_algos[rows[i]], (struct ike_bytes){key, part + other}, &input.secret, 1,
                    skeyseed);
        const uint8_t zeros[16] = {0}; /* the SPIs */
        const struct ike_bytes seed[] = {input.nonce_i, input.nonce_r, {zeros, 16}};
        const size_t len = ike_keys_len(&suite);
        ike_prf_plus(c,
                     &(struct ike_prf_plus_input){
                         &ike_algos[rows[i]], {skeyseed, ike_algos[rows[i]].out_len}, seed, 3},
                     wanted, len);
        ike_keys_derive(c, &suite, &input, room);
        EXPECT(memcmp(room, wanted, len) == 0);
        EXPECT_EQ(len, 3U * ike_algos[rows[i]].key_len + 2 * 16 + 2 * 20);
    }
    c->ops->close(c);
}

/* FIPS 203 7.2, 7.3: a coefficient of 3329 is none; a ciphertext may be anything of its length. */
static void test_encapsulation_keys_have_small_coefficients(void)
{
    static uint8_t share[IKE_SHARE_MAX];
    for (uint8_t row = ALGO_MLKEM512; row <= ALGO_MLKEM1024; row++) {
        const struct ike_algo *const g = &ike_algos[row];
        const struct ike_bytes value = {share, g->share_len};
        memset(share, 0, sizeof share);
        EXPECT(ike_group_holds(g, value));
        for (size_t at = 0; at + 32 < g->share_len; at += 3) {
            share[at] = 0x00; /* 3328 = 0xd00 and 3329 = 0xd01, in either half of three octets */
            share[at + 1] = 0x0d;
            EXPECT(ike_group_holds(g, value));
            share[at] = 0x01;
            EXPECT(!ike_group_holds(g, value));
            share[at] = 0x00;
            share[at + 1] = 0x00;
            share[at + 2] = 0xd0;
            EXPECT(ike_group_holds(g, value));
            share[at + 1] = 0x10;
            EXPECT(!ike_group_holds(g, value));
            share[at + 1] = share[at + 2] = 0;
        }
        memset(share + g->share_len - 32, 0xff, 32); /* the seed */
        EXPECT(ike_group_holds(g, value));
        memset(share, 0xff, sizeof share);
        EXPECT(!ike_group_holds(g, value));
        EXPECT(ike_group_answers(g, (struct ike_bytes){share, g->answer_len}));
        EXPECT(!ike_group_answers(g, (struct ike_bytes){share, g->answer_len - 1U}));
    }
}

/* What the library lacks is said, and refused when used all the same. */
static void test_a_provider_says_what_it_has(void)
{
    struct ike_crypto *const real = provider();
    struct ike_crypto *const modelled = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    for (uint8_t row = 0; row < ike_algo_count; row++) {
        static uint8_t share[IKE_SHARE_MAX];
        uint8_t secret[IKE_SECRET_MAX];
        struct ike_kex kex;
        EXPECT(ike_crypto_has(modelled, row));
        EXPECT(ike_crypto_has(real, row) || ike_algos[row].kem);
        if (ike_crypto_has(real, row))
            continue;
        const struct ike_bytes value = {share, ike_algos[row].share_len};
        memset(share, 0, sizeof share);
        EXPECT(!real->ops->kex_begin(real, &ike_algos[row], &kex, share));
        memset(share, 0, sizeof share);
        EXPECT(!real->ops->kex_answer(real, &ike_algos[row], value, share, secret));
    }
    real->ops->close(real);
    modelled->ops->close(modelled);
}

static const struct test_case cases[] = {
    TEST(test_macs_give_published_vectors),
    TEST(test_sealing_gives_published_vectors),
    TEST(test_key_exchanges_give_published_vectors),
    TEST(test_our_arithmetic_agrees_with_the_library_in_every_group),
    TEST(test_the_edges_of_modp_groups_are_judged_alike),
    TEST(test_no_key_is_one_of_zeros),
    TEST(test_skeyseed_takes_64_bits_of_each_nonce_for_prfs_on_aes),
    TEST(test_encapsulation_keys_have_small_coefficients),
    TEST(test_a_provider_says_what_it_has),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
