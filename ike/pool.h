/* SPDX-License-Identifier: MIT
 * Fixed-size items over address space that is reserved at open: pages are
 * touched when used, so a large maximum costs nothing. And a store of octets
 * of any length up to a message, kept in pools of rounded sizes. Items are
 * named by number, from 1; 0 is none. The last one given back is the next one
 * taken, so that what happens depends on nothing but the calls made. */
#ifndef IKE_POOL_H
#define IKE_POOL_H

#include "ike/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct ike_pool {
    uint8_t *base;
    size_t item; /* octets, a multiple of 8 */
    uint32_t max;
    uint32_t high; /* the highest number ever taken */
    uint32_t free; /* head of the list of those given back */
    uint32_t used;
};

bool ike_pool_open(struct ike_pool *pool, size_t item, uint32_t max);
void ike_pool_close(struct ike_pool *pool);
/* 0 when all are taken. The item's octets are what the last owner left, but for the first 4. */
uint32_t ike_pool_take(struct ike_pool *pool);
void ike_pool_give(struct ike_pool *pool, uint32_t number);
void *ike_pool_at(const struct ike_pool *pool, uint32_t number);
uint32_t ike_pool_number(const struct ike_pool *pool, const void *item);

enum { IKE_STORE_CLASSES = 44 };

/* Octets kept: which pool, which item, how many. All zero: none. */
struct ike_blob {
    uint32_t number;
    uint16_t len;
    uint8_t class;
};

struct ike_store {
    struct ike_pool pools[IKE_STORE_CLASSES];
    uint64_t used; /* octets in items taken now, rounding included */
};

/* `max` items of each size to 4096 octets, a fifth of that of longer ones, of which an SA keeps
 * one; false when address space cannot be had. */
bool ike_store_open(struct ike_store *store, uint32_t max);
void ike_store_close(struct ike_store *store);
/* A blob of `len` octets, contents undefined; number 0 when there is no room or `len` is 0 or
 * beyond IKE_MESSAGE_MAX. */
struct ike_blob ike_store_take(struct ike_store *store, size_t len);
/* Wipes and gives back; an empty blob is fine. */
void ike_store_give(struct ike_store *store, struct ike_blob blob);
uint8_t *ike_store_at(const struct ike_store *store, struct ike_blob blob);
struct ike_bytes ike_store_view(const struct ike_store *store, struct ike_blob blob);

/* Zeroed address space for `count` items of `size`, touched when used; NULL: none to be had. */
void *ike_reserve(size_t count, size_t size);
void ike_unreserve(void *at, size_t count, size_t size);

#endif
