/* SPDX-License-Identifier: MIT
 * The macs on AES-128, which OpenSSL has in part (CMAC) or not at all (XCBC):
 * both are a CBC-MAC whose last block is changed by one of two further keys
 * (RFC 3566 4, RFC 4493 2.4). They differ in how those keys are made. */
#include "ike/crypto_openssl.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/evp.h>

enum { BLOCK = 16 };

struct openssl_mac {
    EVP_CIPHER *aes;
    EVP_CIPHER_CTX *ctx;   /* AES-128-ECB with the key of the moment */
    uint8_t whole[BLOCK];  /* goes onto a last block that is full, */
    uint8_t padded[BLOCK]; /* and onto one that was padded */
};

/* What goes through the CBC-MAC, and how far it came. The last block waits for its key. */
struct chain {
    uint8_t block[BLOCK];
    size_t filled;
};

static void aes_key(struct openssl_mac *m, const uint8_t *key)
{
    const int keyed = EVP_EncryptInit_ex(m->ctx, m->aes, NULL, key, NULL);
    const int done = EVP_CIPHER_CTX_set_padding(m->ctx, 0);
    assert(keyed == 1);
    assert(done == 1);
    (void)keyed;
    (void)done;
}

static void aes_block(struct openssl_mac *m, const uint8_t *in, uint8_t *out)
{
    int len;
    const int done = EVP_EncryptUpdate(m->ctx, out, &len, in, BLOCK);
    assert(done == 1 && len == BLOCK);
    (void)done;
}

/* RFC 3566 4: three keys, each the encryption of a block of one octet. */
static void xcbc_keys(struct openssl_mac *m, const uint8_t *key)
{
    uint8_t keys[3][BLOCK];
    aes_key(m, key);
    for (uint8_t i = 0; i < 3; i++) {
        memset(keys[i], i + 1, BLOCK);
        aes_block(m, keys[i], keys[i]);
    }
    aes_key(m, keys[0]);
    memcpy(m->whole, keys[1], BLOCK);
    memcpy(m->padded, keys[2], BLOCK);
    ike_secret_wipe(keys, sizeof keys);
}

/* Times x in GF(2^128) (RFC 4493 2.3). */
static void doubled(const uint8_t *in, uint8_t *out)
{
    const unsigned over = in[0] >> 7;
    for (size_t i = 0; i + 1 < BLOCK; i++)
        out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
    out[BLOCK - 1] = (uint8_t)((unsigned)in[BLOCK - 1] << 1 ^ over * 0x87);
}

static void cmac_keys(struct openssl_mac *m, const uint8_t *key)
{
    uint8_t zeros[BLOCK] = {0};
    aes_key(m, key);
    aes_block(m, zeros, zeros);
    doubled(zeros, m->whole);
    doubled(m->whole, m->padded);
    ike_secret_wipe(zeros, sizeof zeros);
}

static void chain_add(struct openssl_mac *m, struct chain *chain, struct ike_bytes part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (chain->filled == BLOCK) {
            aes_block(m, chain->block, chain->block);
            chain->filled = 0;
        }
        chain->block[chain->filled++] ^= part.at[i];
    }
}

static void chain_end(struct openssl_mac *m, struct chain *chain, uint8_t *out)
{
    const bool full = chain->filled == BLOCK;
    if (!full)
        chain->block[chain->filled] ^= 0x80;
    for (size_t i = 0; i < BLOCK; i++)
        chain->block[i] ^= full ? m->whole[i] : m->padded[i];
    aes_block(m, chain->block, out);
}

static void mac_of(struct openssl_mac *m, const struct ike_algo *algo, const uint8_t *key)
{
    if (algo->mac == IKE_MAC_XCBC)
        xcbc_keys(m, key);
    else
        cmac_keys(m, key);
}

/* A key of 16 octets. XCBC pads a shorter one with zeros (RFC 4434 2); all else is the mac of it
 * with a key of zeros (RFC 4434 2, RFC 4615 3). */
static void key_of(struct openssl_mac *m, const struct ike_algo *algo, struct ike_bytes key,
                   uint8_t *out)
{
    struct chain chain = {.filled = 0};
    memset(out, 0, BLOCK);
    if (key.len == BLOCK || (key.len < BLOCK && algo->mac == IKE_MAC_XCBC)) {
        if (key.len > 0)
            memcpy(out, key.at, key.len);
        return;
    }
    mac_of(m, algo, out);
    chain_add(m, &chain, key);
    chain_end(m, &chain, out);
}

/* NOLINTNEXTLINE(readability-function-size): a view, its count and an output, each by itself */
void openssl_mac_prf(struct openssl_mac *m, const struct ike_algo *algo, struct ike_bytes key,
                     const struct ike_bytes *parts, size_t part_count, uint8_t *out)
{
    struct chain chain = {.filled = 0};
    uint8_t whole_key[BLOCK];
    assert(algo->mac == IKE_MAC_XCBC || algo->mac == IKE_MAC_CMAC);
    key_of(m, algo, key, whole_key);
    mac_of(m, algo, whole_key);
    for (size_t i = 0; i < part_count; i++)
        chain_add(m, &chain, parts[i]);
    chain_end(m, &chain, out);
    ike_secret_wipe(whole_key, sizeof whole_key);
}

struct openssl_mac *openssl_mac_open(void)
{
    struct openssl_mac *const m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->aes = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    m->ctx = EVP_CIPHER_CTX_new();
    if (m->aes == NULL || m->ctx == NULL) {
        openssl_mac_close(m);
        return NULL;
    }
    return m;
}

void openssl_mac_close(struct openssl_mac *m)
{
    if (m == NULL)
        return;
    EVP_CIPHER_CTX_free(m->ctx);
    EVP_CIPHER_free(m->aes);
    ike_secret_wipe(m, sizeof *m);
    free(m);
}
