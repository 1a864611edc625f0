/* SPDX-License-Identifier: MIT
 * What all providers and the engine share: what a provider has, prf+, and about
 * secrets comparing them in a time that tells nothing, and wiping them for good. */
#include "ike/crypto.h"

#include <assert.h>

enum { SEED_PARTS_MAX = 6 };

bool ike_crypto_has(const struct ike_crypto *crypto, uint8_t row)
{
    return row == ALGO_NONE || crypto->ops->has(crypto, &ike_algos[row]);
}

bool ike_secret_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint64_t difference = 0;
    size_t i = 0;
    for (; len - i >= sizeof difference; i += sizeof difference) {
        uint64_t left;
        uint64_t right;
        memcpy(&left, a + i, sizeof left);
        memcpy(&right, b + i, sizeof right);
        difference |= left ^ right;
    }
    for (; i < len; i++)
        difference |= (uint64_t)(a[i] ^ b[i]);
    /* The compiler may not know that one difference is enough. */
    __asm__ volatile("" : : "r"(&difference) : "memory");
    return difference == 0;
}

void ike_secret_wipe(void *at, size_t len)
{
    if (len == 0)
        return;
    memset(at, 0, len);
    __asm__ volatile("" : : "r"(at) : "memory");
}

struct ike_crypto *ike_crypto_bare(struct ike_crypto *crypto)
{
    while (crypto->below != NULL)
        crypto = crypto->below;
    return crypto;
}

/*  T1 = prf (K, S | 0x01), T2 = prf (K, T1 | S | 0x02), …   RFC 7296 2.13 */
void ike_prf_plus(struct ike_crypto *crypto, const struct ike_prf_plus_input *input, uint8_t *out,
                  size_t len)
{
    const struct ike_algo *const prf = input->prf;
    const size_t seed_count = input->seed_count;
    struct ike_bytes parts[SEED_PARTS_MAX + 2];
    uint8_t block[IKE_PRF_MAX];
    uint8_t counter = 0;

    assert(seed_count <= SEED_PARTS_MAX);
    assert(len <= (size_t)255 * prf->out_len);
    if (crypto->ops->prf_plus != NULL) {
        crypto->ops->prf_plus(crypto, input, out, len);
        return;
    }
    parts[0] = (struct ike_bytes){.at = block, .len = 0};
    for (size_t i = 0; i < seed_count; i++)
        parts[1 + i] = input->seed[i];
    parts[1 + seed_count] = (struct ike_bytes){.at = &counter, .len = 1};

    for (size_t done = 0; done < len; done += parts[0].len) {
        counter++;
        crypto->ops->prf(crypto, prf, input->key, parts, seed_count + 2, block);
        const size_t left = len - done;
        parts[0].len = prf->out_len;
        memcpy(out + done, block, left < prf->out_len ? left : prf->out_len);
    }
    ike_secret_wipe(block, sizeof block);
}
