/* SPDX-License-Identifier: MIT
 * Pools over reserved address space, and the store made of them. */
#include "ike/pool.h"

#include "ike/crypto.h"
#include "ike/limits.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

void *ike_reserve(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    void *const at = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

void ike_unreserve(void *at, size_t count, size_t size)
{
    if (at != NULL)
        (void)munmap(at, count * size);
}

bool ike_pool_open(struct ike_pool *pool, size_t item, uint32_t max)
{
    assert(item > 0 && max > 0);
    *pool = (struct ike_pool){.item = (item + 7) & ~(size_t)7, .max = max};
    pool->base = ike_reserve(max, pool->item);
    return pool->base != NULL;
}

void ike_pool_close(struct ike_pool *pool)
{
    ike_unreserve(pool->base, pool->max, pool->item);
    *pool = (struct ike_pool){0};
}

void *ike_pool_at(const struct ike_pool *pool, uint32_t number)
{
    assert(number >= 1 && number <= pool->high);
    return pool->base + (size_t)(number - 1) * pool->item;
}

uint32_t ike_pool_number(const struct ike_pool *pool, const void *item)
{
    return (uint32_t)((size_t)((const uint8_t *)item - pool->base) / pool->item) + 1;
}

uint32_t ike_pool_take(struct ike_pool *pool)
{
    uint32_t number = pool->free;
    if (number != 0) {
        memcpy(&pool->free, ike_pool_at(pool, number), sizeof pool->free);
    } else {
        if (pool->high == pool->max)
            return 0;
        number = ++pool->high;
    }
    pool->used++;
    return number;
}

void ike_pool_give(struct ike_pool *pool, uint32_t number)
{
    assert(pool->used > 0);
    memcpy(ike_pool_at(pool, number), &pool->free, sizeof pool->free);
    pool->free = number;
    pool->used--;
}

/* Sizes in steps of 16 to 512, where keys and the messages of small groups lie; coarser beyond. */
enum { FINE_STEP = 16, FINE_MAX = 512, FINE_COUNT = FINE_MAX / FINE_STEP, LONG_FROM = 4096 };

static const uint16_t coarse[IKE_STORE_CLASSES - FINE_COUNT] = {
    640, 768, 1024, 1280, 1536, 2048, 3072, LONG_FROM, 6144, 8192, 12288, IKE_MESSAGE_MAX,
};

static uint16_t size_of(size_t class)
{
    return class < FINE_COUNT ? (uint16_t)((class + 1) * FINE_STEP) : coarse[class - FINE_COUNT];
}

bool ike_store_open(struct ike_store *store, uint32_t max)
{
    *store = (struct ike_store){0};
    bool good = true;
    for (size_t i = 0; i < IKE_STORE_CLASSES; i++) {
        const uint32_t count = size_of(i) > LONG_FROM ? (max + 4) / 5 : max;
        good = ike_pool_open(&store->pools[i], size_of(i), count) && good;
    }
    if (!good)
        ike_store_close(store);
    return good;
}

void ike_store_close(struct ike_store *store)
{
    for (size_t i = 0; i < IKE_STORE_CLASSES; i++)
        ike_pool_close(&store->pools[i]);
}

static uint8_t class_of(size_t len)
{
    if (len <= FINE_MAX)
        return (uint8_t)((len + FINE_STEP - 1) / FINE_STEP - 1);
    uint8_t class = FINE_COUNT;
    while (size_of(class) < len)
        class ++;
    return class;
}

struct ike_blob ike_store_take(struct ike_store *store, size_t len)
{
    if (len == 0 || len > IKE_MESSAGE_MAX)
        return (struct ike_blob){0};
    const uint8_t class = class_of(len);
    const uint32_t number = ike_pool_take(&store->pools[class]);
    if (number == 0)
        return (struct ike_blob){0};
    store->used += size_of(class);
    return (struct ike_blob){.number = number, .len = (uint16_t)len, .class = class};
}

void ike_store_give(struct ike_store *store, struct ike_blob blob)
{
    if (blob.number == 0)
        return;
    struct ike_pool *const pool = &store->pools[blob.class];
    ike_secret_wipe(ike_pool_at(pool, blob.number), blob.len);
    ike_pool_give(pool, blob.number);
    store->used -= size_of(blob.class);
}

uint8_t *ike_store_at(const struct ike_store *store, struct ike_blob blob)
{
    return ike_pool_at(&store->pools[blob.class], blob.number);
}

struct ike_bytes ike_store_view(const struct ike_store *store, struct ike_blob blob)
{
    if (blob.number == 0)
        return (struct ike_bytes){.at = NULL, .len = 0};
    return (struct ike_bytes){.at = ike_store_at(store, blob), .len = blob.len};
}
