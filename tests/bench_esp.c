/* SPDX-License-Identifier: MIT
 * ESP against the cryptography it needs: a packet sealed and opened, over bare
 * OpenSSL that encrypts and decrypts as many octets with contexts of its own, in
 * turns in one run. */
#include "ike/esp.h"
#include "tests/bench_common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { LOOPS = 20000, INNER_MAX = 1400, ROOM = 2048, TAG = 16, AAD = 8, SAS = 64 };

static uint8_t inner[INNER_MAX], packet[ROOM], keys[36] = {1, 2, 3};
static struct ike_esp_out out[SAS];
static struct ike_esp_in in[SAS];

static void must(bool held)
{
    if (!held)
        abort();
}

static void fill(void *owner, uint8_t *at, size_t len)
{
    (void)owner;
    memset(at, 1, len);
}

static void open_sas(uint8_t row)
{
    const size_t key_len = (size_t)ike_algos[row].key_len + ike_algos[row].salt_len;
    for (uint32_t i = 0; i < SAS; i++) {
        keys[0] = (uint8_t)i;
        const struct ike_esp_spec spec = {.spi = (i + 1) * 2654435761U, /* at random, as it were */
                                          .suite = {.encr = row},
                                          .encr_key = {keys, key_len},
                                          .transport = true};
        ike_esp_out_open(&out[i], &spec);
        ike_esp_in_open(&in[i], &spec, IKE_ESP_WINDOW);
    }
}

/* `sas` of them in turns. */
static void packets(struct ike_crypto *crypto, size_t len, unsigned sas)
{
    const struct ike_esp_inner what = {.octets = {inner, len}, .next = 17};
    for (unsigned i = 0; i < LOOPS; i++) {
        struct ike_writer w = wr_open(packet, sizeof packet);
        struct ike_esp_opened opened;
        must(ike_esp_seal(&out[i % sas], crypto, &what, &w) == ESP_WHY_OK);
        must(ike_esp_open(&in[i % sas], crypto, packet, w.len, &opened) == ESP_WHY_OK);
        must(opened.octets.len == len);
    }
}

/* ---- the floor ---- */

static EVP_CIPHER_CTX *ctxs[2 * SAS]; /* of each SA one that seals, and one that opens */

static void bare_begin(const char *name)
{
    EVP_CIPHER *const type = EVP_CIPHER_fetch(NULL, name, NULL);
    for (int i = 0; i < 2 * SAS; i++) {
        keys[0] = (uint8_t)(i / 2);
        ctxs[i] = EVP_CIPHER_CTX_new();
        must(EVP_CipherInit_ex(ctxs[i], type, NULL, keys, NULL, i % 2 == 0) == 1);
    }
    EVP_CIPHER_free(type);
}

static void bare_end(void)
{
    for (int i = 0; i < 2 * SAS; i++)
        EVP_CIPHER_CTX_free(ctxs[i]);
}

static void bare_packet(EVP_CIPHER_CTX *const *pair, const uint8_t *nonce, size_t text_len)
{
    uint8_t *const text = packet + AAD + 8;
    uint8_t none[TAG];
    int len;
    must(EVP_CipherInit_ex(pair[0], NULL, NULL, NULL, nonce, 1) == 1);
    must(EVP_CipherUpdate(pair[0], NULL, &len, packet, AAD) == 1);
    must(EVP_CipherUpdate(pair[0], text, &len, text, (int)text_len) == 1);
    must(EVP_CipherFinal_ex(pair[0], none, &len) == 1);
    must(EVP_CIPHER_CTX_ctrl(pair[0], EVP_CTRL_AEAD_GET_TAG, TAG, text + text_len) == 1);
    must(EVP_CipherInit_ex(pair[1], NULL, NULL, NULL, nonce, 0) == 1);
    must(EVP_CipherUpdate(pair[1], NULL, &len, packet, AAD) == 1);
    must(EVP_CipherUpdate(pair[1], text, &len, text, (int)text_len) == 1);
    must(EVP_CIPHER_CTX_ctrl(pair[1], EVP_CTRL_AEAD_SET_TAG, TAG, text + text_len) == 1);
    must(EVP_CipherFinal_ex(pair[1], none, &len) == 1);
}

static void bare_packets(size_t text_len, unsigned sas)
{
    uint8_t nonce[12] = {0};
    for (unsigned i = 0; i < LOOPS; i++) {
        memcpy(nonce, &i, sizeof i);
        bare_packet(&ctxs[2 * (size_t)(i % sas)], nonce, text_len);
    }
}

struct op {
    const char *name;
    uint8_t row;
    size_t len;
    unsigned sas;
    const char *goal;
};

static void bench_openssl(const struct op *op)
{
    double ours[ROUNDS], floor[ROUNDS], ratio[ROUNDS];
    struct ike_crypto *const crypto = ike_crypto_openssl((struct ike_random){.fill = fill});
    open_sas(op->row);
    bare_begin(ike_algos[op->row].openssl);
    const size_t around = ike_esp_len(&out[0].sa, op->len);
    for (int r = 0; r < ROUNDS; r++) {
        double t = seconds();
        packets(crypto, op->len, op->sas);
        ours[r] = (seconds() - t) / LOOPS * 1e6;
        t = seconds();
        bare_packets(around - AAD - 8 - TAG, op->sas);
        floor[r] = (seconds() - t) / LOOPS * 1e6;
        ratio[r] = ours[r] / floor[r];
    }
    bare_end();
    crypto->ops->close(crypto);
    bench_print(op->name, median(ours, ROUNDS), median(floor, ROUNDS), "us", op->goal);
    (void)printf("#   %.0f packets a second of CPU time, each sealed and opened; median of the "
                 "paired ratios %.3f\n",
                 1e6 / median(ours, ROUNDS), median(ratio, ROUNDS));
}

static void bench_modelled(void)
{
    double rates[ROUNDS];
    struct ike_crypto *const crypto = ike_crypto_modelled((struct ike_random){.fill = fill});
    open_sas(ALGO_AES128GCM16);
    for (int r = 0; r < ROUNDS; r++) {
        const double t = seconds();
        packets(crypto, INNER_MAX, 1);
        rates[r] = LOOPS / (seconds() - t);
    }
    crypto->ops->close(crypto);
    (void)printf("# esp_modelled_1400: %.0f packets a second of CPU time, each sealed and opened\n",
                 median(rates, ROUNDS));
}

int main(int argc, char **argv)
{
    static const struct op ops[] = {
        {"esp_aes128gcm16_1400", ALGO_AES128GCM16, 1400, 1, "<= 1.15"},
        {"esp_aes256gcm16_1400", ALGO_AES256GCM16, 1400, 1, "<= 1.15"},
        {"esp_chacha20poly1305_1400", ALGO_CHACHA20POLY1305, 1400, 1, "<= 1.15"},
        {"esp_aes128gcm16_64", ALGO_AES128GCM16, 64, 1, "no goal"},
        {"esp_aes128gcm16_1400_two_sas", ALGO_AES128GCM16, 1400, 2, "<= 1.20"},
        {"esp_aes128gcm16_1400_8_sas", ALGO_AES128GCM16, 1400, 8, "<= 1.20"},
        {"esp_aes128gcm16_1400_64_sas", ALGO_AES128GCM16, 1400, 64, "no goal: some keyed anew"},
    };
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (argc < 2 || strcmp(argv[1], ops[i].name) == 0)
            bench_openssl(&ops[i]);
    if (argc < 2)
        bench_modelled();
    return 0;
}
