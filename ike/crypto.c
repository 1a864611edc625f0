/* SPDX-License-Identifier: MIT
 * What all providers and the engine share: what a provider has, and about
 * secrets comparing them in a time that tells nothing, and wiping them for good. */
#include "ike/crypto.h"

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
