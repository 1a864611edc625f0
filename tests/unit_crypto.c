/* SPDX-License-Identifier: MIT
 * The OpenSSL provider against published vectors and the cases every provider
 * passes. */
#include "ike/crypto.h"
#include "ike/group.h"
#include "ike/limits.h"
#include "tests/crypto_cases.h"
#include "tests/test.h"

#include <openssl/bn.h>

/* clang-format off */
/* RFC 4868 2.7.1, which are RFC 4231's with all three hashes */
static const struct {
    const char *key;
    const char *data;
    const char *out[3]; /* SHA-256, SHA-384, SHA-512 */
} prf_vectors[] = {
    /* PRF-1 */
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265",
     {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
      "faea9ea9076ede7f4af152e8b2fa9cb6",
      "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
      "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"}},
    /* PRF-2 */
    {"4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     {"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
      "8e2240ca5e69e2c78b3239ecfab21649",
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
      "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"}},
    /* PRF-3 */
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "dddddddddddddddddddddddddddddddddddd",
     {"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
      "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
      "2a5ab39dc13814b94e3ab6e101a34f27",
      "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
      "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"}},
    /* PRF-4 */
    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
     {"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
      "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
      "6801dd23c4a7d679ccf8a386c674cffb",
      "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
      "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"}},
    /* PRF-5 */
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
     "65204b6579202d2048617368204b6579204669727374",
     {"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
      "0c2ef6ab4030fe8296248df163f44952",
      "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
      "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"}},
    /* PRF-6 */
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaa",
     "5468697320697320612074657374207573696e672061206c6172676572207468"
     "616e20626c6f636b2d73697a65206b657920616e642061206c61726765722074"
     "68616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
     "647320746f20626520686173686564206265666f7265206265696e6720757365"
     "642062792074686520484d414320616c676f726974686d2e",
     {"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
      "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
      "a678cc31e799176d3860e6110c46523e",
      "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
      "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"}},
};
/* clang-format on */

static void test_prf_gives_the_vectors_of_rfc_4868(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    uint8_t key[256];
    uint8_t data[256];
    uint8_t out[IKE_PRF_MAX];
    for (size_t i = 0; i < sizeof prf_vectors / sizeof prf_vectors[0]; i++) {
        const size_t key_len = crypto_hex(prf_vectors[i].key, key, sizeof key);
        const struct ike_bytes text = {data, crypto_hex(prf_vectors[i].data, data, sizeof data)};
        for (size_t hash = 0; hash < 3; hash++) {
            const struct ike_algo *const prf = &ike_algos[ALGO_PRFSHA256 + hash];
            c->ops->prf(c, prf, (struct ike_bytes){key, key_len}, &text, 1, out);
            EXPECT(crypto_is_hex(out, prf->out_len, prf_vectors[i].out[hash]));
        }
    }
    c->ops->close(c);
}

static void test_sha1_gives_the_vector_of_fips_180(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    const struct ike_bytes parts[] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"bc", 2}};
    uint8_t out[20];
    c->ops->sha1(c, parts, 2, out);
    EXPECT(crypto_is_hex(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d"));
    c->ops->close(c);
}

/* clang-format off */
static const struct {
    uint8_t row;
    const char *private_i, *share_i, *private_r, *share_r, *secret;
} kex_vectors[] = {
    {ALGO_X25519, /* RFC 7748 6.1 */
     "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
     "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {ALGO_ECP256, /* RFC 5903 8.1 */
     "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
     "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
     "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
     "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
     "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
     "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
     "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE"},
    {ALGO_ECP384, /* RFC 5903 8.2 */
     "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655"
     "E35B538041E649EE3FAEF896783AB194",
     "667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6"
     "DE3AC808ACB4BDB4C88732AEE95F41AA9482ED1FC0EEB9CAFC4984625CCFC23F"
     "65032149E0E144ADA024181535A0F38EEB9FCFF3C2C947DAE69B4C634573A81C",
     "41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942"
     "E0308312916B8ED2960E4BD55A7448FC",
     "E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D"
     "0D1AC43A0336DEF96FDA41D0774A3571DCFBEC7AACF3196472169E838430367F"
     "66EEBE3C6E70C416DD5F0C68759DD1FFF83FA40142209DFF5EAAD96DB9E6386C",
     "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4"
     "D603135569B9E9D09CF5D4A270F59746"},
};
/* clang-format on */

static void test_key_exchange_gives_the_vectors_of_rfc_7748_and_rfc_5903(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    uint8_t share[IKE_SHARE_MAX];
    uint8_t secret[IKE_SECRET_MAX];
    for (size_t i = 0; i < sizeof kex_vectors / sizeof kex_vectors[0]; i++) {
        const struct ike_algo *const g = &ike_algos[kex_vectors[i].row];
        struct ike_kex kex;
        crypto_stream_say(&stream, kex_vectors[i].private_i);
        EXPECT(c->ops->kex_begin(c, g, &kex, share));
        EXPECT(crypto_is_hex(share, g->share_len, kex_vectors[i].share_i));

        uint8_t answer[IKE_SHARE_MAX];
        crypto_stream_say(&stream, kex_vectors[i].private_r);
        EXPECT(c->ops->kex_answer(c, g, (struct ike_bytes){share, g->share_len}, answer, secret));
        EXPECT(crypto_is_hex(answer, g->share_len, kex_vectors[i].share_r));
        EXPECT(crypto_is_hex(secret, g->secret_len, kex_vectors[i].secret));

        memset(secret, 0, sizeof secret);
        EXPECT(c->ops->kex_end(c, g, &kex, (struct ike_bytes){answer, g->share_len}, secret));
        EXPECT(crypto_is_hex(secret, g->secret_len, kex_vectors[i].secret));
        c->ops->kex_free(c, g, &kex);
    }
    c->ops->close(c);
}

/* The bare numbers: share = 2^x, secret = share^x mod p, at full length, x of the size it should
 * be. */
static void test_modp_is_what_big_numbers_say(void)
{
    static const struct {
        uint8_t row;
        size_t octets;
        BIGNUM *(*prime)(BIGNUM *);
    } groups[] = {{ALGO_MODP2048, 29, BN_get_rfc3526_prime_2048},
                  {ALGO_MODP3072, 35, BN_get_rfc3526_prime_3072},
                  {ALGO_MODP4096, 41, BN_get_rfc3526_prime_4096}};
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    BN_CTX *const ctx = BN_CTX_new();
    for (size_t i = 0; i < 3; i++) {
        const struct ike_algo *const g = &ike_algos[groups[i].row];
        uint8_t drawn[48] = {0};
        uint8_t share[IKE_SHARE_MAX];
        uint8_t secret[IKE_SECRET_MAX];
        uint8_t wanted[IKE_SECRET_MAX];
        struct ike_kex kex;
        crypto_stream_say(&stream,
                          "01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14"
                          "15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29");
        memcpy(drawn, stream.script, groups[i].octets);
        EXPECT(c->ops->kex_begin(c, g, &kex, share));
        EXPECT_EQ(stream.script_at, groups[i].octets);

        BIGNUM *const p = groups[i].prime(NULL);
        BIGNUM *const x = BN_bin2bn(drawn, (int)groups[i].octets, NULL);
        BIGNUM *const y = BN_new();
        EXPECT(BN_set_word(y, 2) == 1 && BN_mod_exp(y, y, x, p, ctx) == 1);
        EXPECT_EQ(BN_bn2binpad(y, wanted, g->share_len), g->share_len);
        EXPECT(memcmp(share, wanted, g->share_len) == 0);

        /* A peer whose share is 2 gets the secret 2^x: our share. */
        uint8_t two[IKE_SHARE_MAX] = {0};
        two[g->share_len - 1] = 2;
        EXPECT(c->ops->kex_end(c, g, &kex, (struct ike_bytes){two, g->share_len}, secret));
        EXPECT(memcmp(secret, share, g->secret_len) == 0);
        /* And p - 1, p, p + 1 are refused, p - 2 is not. */
        for (int off = -2; off <= 1; off++) {
            EXPECT(BN_copy(y, p) != NULL);
            EXPECT((off < 0 ? BN_sub_word(y, (BN_ULONG)-off) : BN_add_word(y, (BN_ULONG)off)) == 1);
            EXPECT_EQ(BN_bn2binpad(y, two, g->share_len), g->share_len);
            const struct ike_bytes value = {two, g->share_len};
            EXPECT_EQ(c->ops->kex_end(c, g, &kex, value, secret), off == -2);
            EXPECT_EQ(ike_group_holds(g, value), off == -2);
        }
        BN_free(p);
        BN_free(x);
        BN_free(y);
        c->ops->kex_free(c, g, &kex);
    }
    BN_CTX_free(ctx);
    c->ops->close(c);
}

/* A point made by the library is one by our own equation; a neighbour is one for neither. */
static void test_our_curve_equation_agrees_with_the_library(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 9));
    for (size_t i = 0; i < 40; i++) {
        const struct ike_algo *const g = &ike_algos[ALGO_ECP256 + i % 2];
        uint8_t share[IKE_SHARE_MAX];
        uint8_t other[IKE_SHARE_MAX];
        uint8_t secret[IKE_SECRET_MAX];
        struct ike_kex kex;
        EXPECT(c->ops->kex_begin(c, g, &kex, share));
        EXPECT(ike_group_holds(g, (struct ike_bytes){share, g->share_len}));
        share[i * 2 % g->share_len] ^= (uint8_t)(1U << i % 8);
        const struct ike_bytes changed = {share, g->share_len};
        EXPECT(!ike_group_holds(g, changed));
        EXPECT(!c->ops->kex_answer(c, g, changed, other, secret));
        memset(share + g->share_len / 2, 0xff, g->share_len / 2U); /* y is beyond the field */
        share[i * 2 % g->share_len] ^= (uint8_t)(1U << i % 8);
        EXPECT(!ike_group_holds(g, changed));
        EXPECT(!c->ops->kex_answer(c, g, changed, other, secret));
    }
    c->ops->close(c);
}

/* clang-format off */
static const struct {
    uint8_t encr, integ;
    const char *key, *integ_key, *aad, *iv, *text, *sealed, *icv;
} seal_vectors[] = {
    /* RFC 7634 Appendix B: a whole IKE message */
    {ALGO_CHACHA20POLY1305, 0,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3", "",
     "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029", "1011121314151617",
     "0000000c000040010000000a00", "610394701f8d017f7c12924889",
     "6b71bfe25236efd7cdc67066906315b2"},
    /* McGrew and Viega, The Galois/Counter Mode of Operation, Appendix B: test cases 4 and 16 */
    {ALGO_AES128GCM16, 0, "feffe9928665731c6d6a8f9467308308 cafebabe", "",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2", "facedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {ALGO_AES256GCM16, 0,
     "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308 cafebabe", "",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2", "facedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    /* RFC 3602 4, case 1; the ICV is the HMAC of RFC 2104 over it, tested by itself above */
    {ALGO_AES128, ALGO_SHA256, "06a9214036b8a15b512e03d534120006",
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",
     "3dafba429d9eb430b422da802c9fac41", "53696e676c6520626c6f636b206d7367",
     "e353779c1079aeb82708942dbe77181a", NULL},
    /* NIST SP 800-38A F.2.5, first block */
    {ALGO_AES256, ALGO_SHA512,
     "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",
     "000102030405060708090a0b0c0d0e0f", "6bc1bee22e409f96e93d7e117393172a",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd6", NULL},
};
/* clang-format on */

static void seal_vector_tried(struct ike_crypto *c, size_t i)
{
    uint8_t key[IKE_KEY_MAX];
    uint8_t integ_key[IKE_PRF_MAX];
    uint8_t message[256];
    uint8_t icv[IKE_PRF_MAX];
    const size_t key_len = crypto_hex(seal_vectors[i].key, key, sizeof key);
    const size_t integ_len = crypto_hex(seal_vectors[i].integ_key, integ_key, sizeof integ_key);
    const size_t aad_len = crypto_hex(seal_vectors[i].aad, message, sizeof message);
    uint8_t *const iv = message + aad_len;
    uint8_t *const text = iv + crypto_hex(seal_vectors[i].iv, iv, 16);
    const size_t text_len = crypto_hex(seal_vectors[i].text, text, 128);
    const struct ike_algo *const integ = &ike_algos[seal_vectors[i].integ];
    const struct ike_seal_keys keys = {.encr = &ike_algos[seal_vectors[i].encr],
                                       .integ = seal_vectors[i].integ == 0 ? NULL : integ,
                                       .encr_key = {key, key_len},
                                       .integ_key = {integ_key, integ_len}};
    c->ops->seal(c, &keys, message, aad_len, text_len);
    EXPECT(crypto_is_hex(text, text_len, seal_vectors[i].sealed));
    if (seal_vectors[i].icv != NULL) {
        EXPECT(crypto_is_hex(text + text_len, keys.encr->icv_len, seal_vectors[i].icv));
    } else {
        const struct ike_bytes all = {message, (size_t)(text + text_len - message)};
        const uint8_t prf = (uint8_t)(seal_vectors[i].integ + ALGO_PRFSHA256 - ALGO_SHA256);
        c->ops->prf(c, &ike_algos[prf], keys.integ_key, &all, 1, icv);
        EXPECT(memcmp(text + text_len, icv, integ->icv_len) == 0);
    }
    EXPECT(c->ops->open(c, &keys, message, aad_len, text_len));
    EXPECT(crypto_is_hex(text, text_len, seal_vectors[i].text));
}

static void test_sealing_gives_published_vectors(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    for (size_t i = 0; i < sizeof seal_vectors / sizeof seal_vectors[0]; i++)
        seal_vector_tried(c, i);
    c->ops->close(c);
}

static void test_cbc_text_that_is_no_whole_block_is_refused(void)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    uint8_t octets[128] = {0};
    const struct ike_seal_keys keys = {.encr = &ike_algos[ALGO_AES128],
                                       .integ = &ike_algos[ALGO_SHA256],
                                       .encr_key = {octets, 16},
                                       .integ_key = {octets, 32}};
    EXPECT(!c->ops->open(c, &keys, octets, 32, 17));
    c->ops->close(c);
}

/* A draw beyond the curve's order is drawn again, and a stream that never gives one is no endless
 * loop. */
static void test_private_numbers_stay_below_the_order(void)
{
    static const char order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    const struct ike_algo *const g = &ike_algos[ALGO_ECP256];
    uint8_t share[IKE_SHARE_MAX];
    struct ike_kex kex;
    crypto_stream_say(&stream, order);
    memcpy(stream.script + 32, stream.script, 32);
    memset(stream.script + 64, 0, 32);
    stream.script_len = 96;
    EXPECT(c->ops->kex_begin(c, g, &kex, share));
    EXPECT_EQ(stream.script_at, 96); /* order, order, 0, then the seed's own octets */
    EXPECT(ike_group_holds(g, (struct ike_bytes){share, g->share_len}));
    c->ops->kex_free(c, g, &kex);
    c->ops->close(c);
}

static void test_openssl_what_is_sealed_opens(void)
{
    crypto_case_what_is_sealed_opens(ike_crypto_openssl);
}

static void test_openssl_any_changed_bit_is_refused(void)
{
    crypto_case_any_changed_bit_is_refused(ike_crypto_openssl);
}

static void test_openssl_wrong_keys_are_refused(void)
{
    crypto_case_wrong_keys_are_refused(ike_crypto_openssl);
}

static void test_openssl_both_ends_get_one_secret(void)
{
    crypto_case_both_ends_get_one_secret(ike_crypto_openssl);
}

static void test_openssl_bad_public_values_are_refused(void)
{
    crypto_case_bad_public_values_are_refused(ike_crypto_openssl);
}

static void test_openssl_real_public_values_are_accepted(void)
{
    crypto_case_real_public_values_are_accepted(ike_crypto_openssl);
}

static void test_openssl_one_stream_gives_one_outcome(void)
{
    crypto_case_one_stream_gives_one_outcome(ike_crypto_openssl);
}

static void test_openssl_prf_parts_are_one_text(void)
{
    crypto_case_prf_parts_are_one_text(ike_crypto_openssl);
}

static void test_openssl_prf_depends_on_each_bit(void)
{
    crypto_case_prf_depends_on_each_bit(ike_crypto_openssl);
}

static void test_openssl_many_keys_do_not_mix(void)
{
    crypto_case_many_keys_do_not_mix(ike_crypto_openssl);
}

static void test_openssl_says_its_version(void)
{
    EXPECT(strncmp(ike_crypto_openssl_version(), "OpenSSL ", 8) == 0);
}

static const struct test_case cases[] = {
    TEST(test_prf_gives_the_vectors_of_rfc_4868),
    TEST(test_sha1_gives_the_vector_of_fips_180),
    TEST(test_key_exchange_gives_the_vectors_of_rfc_7748_and_rfc_5903),
    TEST(test_modp_is_what_big_numbers_say),
    TEST(test_our_curve_equation_agrees_with_the_library),
    TEST(test_sealing_gives_published_vectors),
    TEST(test_cbc_text_that_is_no_whole_block_is_refused),
    TEST(test_private_numbers_stay_below_the_order),
    TEST(test_openssl_what_is_sealed_opens),
    TEST(test_openssl_any_changed_bit_is_refused),
    TEST(test_openssl_wrong_keys_are_refused),
    TEST(test_openssl_both_ends_get_one_secret),
    TEST(test_openssl_bad_public_values_are_refused),
    TEST(test_openssl_real_public_values_are_accepted),
    TEST(test_openssl_one_stream_gives_one_outcome),
    TEST(test_openssl_prf_parts_are_one_text),
    TEST(test_openssl_prf_depends_on_each_bit),
    TEST(test_openssl_many_keys_do_not_mix),
    TEST(test_openssl_says_its_version),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
