/* SPDX-License-Identifier: MIT
 * Packets of all suites opened by hand: with bare OpenSSL, by the RFC of each
 * algorithm, from a table that is none of ours. */
#include "ike/esp.h"
#include "tests/crypto_cases.h"
#include "tests/test.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>

enum { ROOM = 512, SPI = 0x1abcdef0, BLOCK = 16 };

enum form { FORM_AEAD, FORM_CCM, FORM_CBC, FORM_CTR, FORM_NULL };

/* Octets of key, salt, IV and, of AEADs, ICV. */
static const struct cipher {
    const char *name, *openssl;
    enum form form;
    size_t key, salt, iv, icv;
} ciphers[] = {
    {"aes128gcm8", "aes-128-gcm", FORM_AEAD, 16, 4, 8, 8},
    {"aes192gcm8", "aes-192-gcm", FORM_AEAD, 24, 4, 8, 8},
    {"aes256gcm8", "aes-256-gcm", FORM_AEAD, 32, 4, 8, 8},
    {"aes128gcm12", "aes-128-gcm", FORM_AEAD, 16, 4, 8, 12},
    {"aes192gcm12", "aes-192-gcm", FORM_AEAD, 24, 4, 8, 12},
    {"aes256gcm12", "aes-256-gcm", FORM_AEAD, 32, 4, 8, 12},
    {"aes128gcm16", "aes-128-gcm", FORM_AEAD, 16, 4, 8, 16},
    {"aes192gcm16", "aes-192-gcm", FORM_AEAD, 24, 4, 8, 16},
    {"aes256gcm16", "aes-256-gcm", FORM_AEAD, 32, 4, 8, 16},
    {"chacha20poly1305", "chacha20-poly1305", FORM_AEAD, 32, 4, 8, 16},
    {"aes128ccm8", "aes-128-ccm", FORM_CCM, 16, 3, 8, 8},
    {"aes192ccm8", "aes-192-ccm", FORM_CCM, 24, 3, 8, 8},
    {"aes256ccm8", "aes-256-ccm", FORM_CCM, 32, 3, 8, 8},
    {"aes128ccm12", "aes-128-ccm", FORM_CCM, 16, 3, 8, 12},
    {"aes192ccm12", "aes-192-ccm", FORM_CCM, 24, 3, 8, 12},
    {"aes256ccm12", "aes-256-ccm", FORM_CCM, 32, 3, 8, 12},
    {"aes128ccm16", "aes-128-ccm", FORM_CCM, 16, 3, 8, 16},
    {"aes192ccm16", "aes-192-ccm", FORM_CCM, 24, 3, 8, 16},
    {"aes256ccm16", "aes-256-ccm", FORM_CCM, 32, 3, 8, 16},
    {"aes128", "aes-128-cbc", FORM_CBC, 16, 0, 16, 0},
    {"aes192", "aes-192-cbc", FORM_CBC, 24, 0, 16, 0},
    {"aes256", "aes-256-cbc", FORM_CBC, 32, 0, 16, 0},
    {"3des", "des-ede3-cbc", FORM_CBC, 24, 0, 8, 0},
    {"aes128ctr", "aes-128-ctr", FORM_CTR, 16, 4, 8, 0},
    {"aes192ctr", "aes-192-ctr", FORM_CTR, 24, 4, 8, 0},
    {"aes256ctr", "aes-256-ctr", FORM_CTR, 32, 4, 8, 0},
    {"null", NULL, FORM_NULL, 0, 0, 0, 0},
};
enum { CIPHERS = sizeof ciphers / sizeof ciphers[0] };

/* Octets of key and ICV; a hash's name, or none with AES. */
static const struct mac {
    const char *name, *openssl;
    size_t key, icv;
} macs[] = {
    {"sha1", "sha1", 20, 12},     {"sha256", "sha256", 32, 16}, {"sha384", "sha384", 48, 24},
    {"sha512", "sha512", 64, 32}, {"md5", "md5", 16, 12},       {"aescmac", NULL, 16, 12},
    {"aesxcbc", NULL, 16, 12},
};
enum { MACS = sizeof macs / sizeof macs[0] };

static uint8_t encr_key[64], integ_key[64];

/* RFC 3566 4: a CBC-MAC with three keys made of one. */
static void xcbc(struct ike_bytes of, uint8_t *out)
{
    EVP_CIPHER_CTX *const ctx = EVP_CIPHER_CTX_new();
    uint8_t keys[3][BLOCK], chain[BLOCK] = {0};
    int len;
    EXPECT(EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, integ_key, NULL) == 1);
    for (int i = 0; i < 3; i++) {
        memset(keys[i], i + 1, BLOCK);
        EXPECT(EVP_EncryptUpdate(ctx, keys[i], &len, keys[i], BLOCK) == 1);
    }
    EXPECT(EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, keys[0], NULL) == 1);
    for (size_t at = 0; at < of.len; at += BLOCK) {
        uint8_t block[BLOCK] = {0};
        const size_t part = of.len - at < BLOCK ? of.len - at : BLOCK;
        memcpy(block, of.at + at, part);
        if (part < BLOCK)
            block[part] = 0x80;
        for (size_t i = 0; i < BLOCK; i++) {
            const uint8_t last = keys[part < BLOCK ? 2 : 1][i];
            chain[i] ^= (uint8_t)(block[i] ^ (at + BLOCK >= of.len ? last : 0));
        }
        EXPECT(EVP_EncryptUpdate(ctx, chain, &len, chain, BLOCK) == 1);
    }
    memcpy(out, chain, BLOCK);
    EVP_CIPHER_CTX_free(ctx);
}

static void cmac(struct ike_bytes of, uint8_t *out)
{
    static char name[] = "AES-128-CBC";
    const OSSL_PARAM params[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
                                 OSSL_PARAM_END};
    EVP_MAC *const mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *const ctx = EVP_MAC_CTX_new(mac);
    size_t len;
    EXPECT(EVP_MAC_init(ctx, integ_key, BLOCK, params) == 1);
    EXPECT(EVP_MAC_update(ctx, of.at, of.len) == 1 && EVP_MAC_final(ctx, out, &len, BLOCK) == 1);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
}

static void mac_by_hand(const struct mac *mac, struct ike_bytes of, uint8_t *out)
{
    if (mac->openssl != NULL)
        EXPECT(HMAC(EVP_get_digestbyname(mac->openssl), integ_key, (int)mac->key, of.at, of.len,
                    out, NULL) != NULL);
    else if (strcmp(mac->name, "aescmac") == 0)
        cmac(of, out);
    else
        xcbc(of, out);
}

/* Header and IV, text, ICV; and what an extended number adds. */
struct parts {
    const uint8_t *packet, *iv, *text, *icv;
    size_t text_len;
    struct ike_bytes high;
};

/* AEADs: nonce of salt and IV; SPI and the whole number beside (RFC 4106 3, 4, 5; RFC 4309 4, 5;
 * RFC 7634 2). */
static bool aead_by_hand(const struct cipher *c, const struct parts *p, uint8_t *text)
{
    EVP_CIPHER_CTX *const ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *const type = EVP_get_cipherbyname(c->openssl);
    uint8_t nonce[12], aad[12];
    uint8_t icv[BLOCK];
    int len;
    memcpy(nonce, encr_key + c->key, c->salt);
    memcpy(nonce + c->salt, p->iv, c->iv);
    memcpy(aad, p->packet, 4);
    memcpy(aad + 4, p->high.at, p->high.len);
    memcpy(aad + 4 + p->high.len, p->packet + 4, 4);
    memcpy(icv, p->icv, c->icv);
    EXPECT(EVP_DecryptInit_ex(ctx, type, NULL, NULL, NULL) == 1);
    EXPECT(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)(c->salt + c->iv), NULL) == 1);
    EXPECT(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)c->icv, icv) == 1);
    EXPECT(EVP_DecryptInit_ex(ctx, NULL, NULL, encr_key, nonce) == 1);
    if (c->form == FORM_CCM)
        EXPECT(EVP_DecryptUpdate(ctx, NULL, &len, NULL, (int)p->text_len) == 1);
    EXPECT(EVP_DecryptUpdate(ctx, NULL, &len, aad, (int)(8 + p->high.len)) == 1);
    bool right = EVP_DecryptUpdate(ctx, text, &len, p->text, (int)p->text_len) == 1;
    right = right && (c->form == FORM_CCM || EVP_DecryptFinal_ex(ctx, text, &len) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return right;
}

/* CBC (RFC 3602 2) and counter mode, whose first block ends in 1 (RFC 3686 4). */
static void decrypt_by_hand(const struct cipher *c, const struct parts *p, uint8_t *text)
{
    uint8_t iv[BLOCK] = {0};
    int len;
    if (c->form == FORM_NULL) {
        memcpy(text, p->text, p->text_len);
        return;
    }
    EVP_CIPHER_CTX *const ctx = EVP_CIPHER_CTX_new();
    memcpy(iv, encr_key + c->key, c->salt);
    memcpy(iv + c->salt, p->iv, c->iv);
    if (c->form == FORM_CTR)
        iv[BLOCK - 1] = 1;
    EXPECT(EVP_DecryptInit_ex(ctx, EVP_get_cipherbyname(c->openssl), NULL, encr_key, iv) == 1);
    EXPECT(EVP_CIPHER_CTX_set_padding(ctx, 0) == 1);
    EXPECT(EVP_DecryptUpdate(ctx, text, &len, p->text, (int)p->text_len) == 1);
    EXPECT_EQ(len, p->text_len);
    EVP_CIPHER_CTX_free(ctx);
}

/* The mac is over the packet and then the upper half (RFC 4303 2.2.1). */
static bool mac_is_right(const struct mac *mac, const struct parts *p)
{
    uint8_t covered[ROOM], icv[64];
    struct ike_writer w = wr_open(covered, sizeof covered);
    put_bytes(&w, (struct ike_bytes){p->packet, (size_t)(p->icv - p->packet)});
    put_bytes(&w, p->high);
    mac_by_hand(mac, wr_done(&w), icv);
    return memcmp(icv, p->icv, mac->icv) == 0;
}

/* RFC 4303 2.4: text, 1, 2, 3, …, how many of those, and the next header. */
static bool text_is(const uint8_t *text, size_t len, struct ike_bytes inner, uint8_t next)
{
    const size_t pad = len - inner.len - 2;
    bool right =
        memcmp(text, inner.at, inner.len) == 0 && text[len - 2] == pad && text[len - 1] == next;
    for (size_t i = 0; i < pad; i++)
        right = right && text[inner.len + i] == i + 1;
    return right;
}

static void open_by_hand(const struct cipher *c, const struct mac *mac, struct ike_bytes packet,
                         uint64_t number, struct ike_bytes inner)
{
    static const uint8_t high[4] = {0, 0, 0x12, 0x34};
    const size_t icv_len = mac != NULL ? mac->icv : c->icv;
    uint8_t text[ROOM];
    const struct parts p = {
        .packet = packet.at,
        .iv = packet.at + 8,
        .text = packet.at + 8 + c->iv,
        .icv = packet.at + packet.len - icv_len,
        .text_len = packet.len - 8 - c->iv - icv_len,
        .high = {high, number >> 32 != 0 ? sizeof high : 0},
    };
    struct ike_reader r = rd_open(packet);
    EXPECT_EQ(rd_u32(&r), SPI);
    EXPECT_EQ(rd_u32(&r), (uint32_t)number);
    if (mac == NULL) {
        EXPECT(aead_by_hand(c, &p, text));
    } else {
        EXPECT(mac_is_right(mac, &p));
        decrypt_by_hand(c, &p, text);
    }
    EXPECT(text_is(text, p.text_len, inner, 17));
}

static void seal_some(const struct cipher *c, const struct mac *mac, bool extended)
{
    struct crypto_stream stream;
    struct ike_crypto *const crypto = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    const struct ike_esp_spec spec = {
        .spi = SPI,
        .suite = {.encr = ike_algo_named(c->name),
                  .integ = mac != NULL ? ike_algo_named(mac->name) : 0,
                  .esn = extended ? ALGO_ESN : ALGO_NOESN},
        .encr_key = {encr_key, c->key + c->salt},
        .integ_key = {integ_key, mac != NULL ? mac->key : 0},
        .transport = true,
    };
    struct ike_esp_out out;
    uint8_t inner[200], packet[ROOM];
    memset(inner, 0x5a, sizeof inner);
    ike_esp_out_open(&out, &spec);
    out.sent = extended ? UINT64_C(0x0000123400000041) : 0x41;
    for (size_t len = 0; len < sizeof inner; len += len < 40 ? 1 : 13) {
        struct ike_writer w = wr_open(packet, sizeof packet);
        const struct ike_esp_inner what = {.octets = {inner, len}, .next = 17};
        EXPECT_EQ(ike_esp_seal(&out, crypto, &what, &w), ESP_WHY_OK);
        open_by_hand(c, mac, wr_done(&w), out.sent, what.octets);
    }
    crypto->ops->close(crypto);
}

static void test_all_suites_are_opened_by_hand(void)
{
    for (size_t i = 0; i < sizeof encr_key; i++) {
        encr_key[i] = (uint8_t)(i * 11 + 3);
        integ_key[i] = (uint8_t)(i * 5 + 1);
    }
    for (size_t i = 0; i < CIPHERS; i++) {
        for (size_t k = 0; k < (ciphers[i].icv > 0 ? 1 : MACS); k++) {
            const struct mac *const mac = ciphers[i].icv > 0 ? NULL : &macs[k];
            seal_some(&ciphers[i], mac, false);
            seal_some(&ciphers[i], mac, true);
        }
    }
}

static void test_all_rows_are_tried(void)
{
    size_t rows = 0;
    for (size_t i = 0; i < ike_algo_count; i++)
        rows += ike_algos[i].type == TRANSFORM_ENCR || ike_algos[i].type == TRANSFORM_INTEG ? 1 : 0;
    EXPECT_EQ(rows, CIPHERS + MACS);
}

/* IVs of CBC are drawn, each anew; those of the others count. */
static void test_no_iv_comes_twice(void)
{
    enum { TIMES = 200 };
    for (size_t i = 0; i < CIPHERS; i++) {
        struct crypto_stream stream;
        struct ike_crypto *const crypto = ike_crypto_openssl(crypto_stream_random(&stream, 1));
        const bool aead = ciphers[i].icv > 0;
        const struct ike_esp_spec spec = {
            .spi = SPI,
            .suite = {.encr = ike_algo_named(ciphers[i].name), .integ = aead ? 0 : ALGO_SHA256},
            .encr_key = {encr_key, ciphers[i].key + ciphers[i].salt},
            .integ_key = {integ_key, aead ? 0 : 32},
            .transport = true,
        };
        static uint8_t ivs[TIMES][BLOCK];
        struct ike_esp_out out;
        ike_esp_out_open(&out, &spec);
        for (size_t t = 0; t < TIMES && ciphers[i].iv > 0; t++) {
            uint8_t packet[ROOM];
            struct ike_writer w = wr_open(packet, sizeof packet);
            const struct ike_esp_inner what = {.octets = {encr_key, 10}, .next = 17};
            EXPECT_EQ(ike_esp_seal(&out, crypto, &what, &w), ESP_WHY_OK);
            memcpy(ivs[t], packet + 8, ciphers[i].iv);
            for (size_t k = 0; k < t; k++)
                EXPECT(memcmp(ivs[k], ivs[t], ciphers[i].iv) != 0);
        }
        crypto->ops->close(crypto);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_all_suites_are_opened_by_hand),
        TEST(test_all_rows_are_tried),
        TEST(test_no_iv_comes_twice),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
