/* SPDX-License-Identifier: MIT
 * Memory of an experiment: blocks in a chain, each filled from its front. */
#include "experiments/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024 };

struct arena_block {
    struct arena_block *before;
    size_t used, size;
    max_align_t bytes[];
};

static struct arena_block *block_open(struct arena_block *before, size_t size)
{
    struct arena_block *block = calloc(1, sizeof *block + size);
    if (block == NULL) {
        (void)fputs("ikelab: out of memory\n", stderr);
        abort();
    }
    block->before = before;
    block->size = size;
    return block;
}

void *arena_take(struct arena *arena, size_t size)
{
    const size_t room = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t);
    const size_t bytes = room * sizeof(max_align_t);
    if (arena->last == NULL || arena->last->size - arena->last->used < bytes)
        arena->last = block_open(arena->last, bytes > BLOCK_SIZE ? bytes : BLOCK_SIZE);
    void *taken = arena->last->bytes + arena->last->used / sizeof(max_align_t);
    arena->last->used += bytes;
    return taken;
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_take(arena, len + 1);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    const size_t size = len > 0 ? (size_t)len + 1 : 1;
    char *text = arena_take(arena, size);
    (void)vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

void arena_close(struct arena *arena)
{
    while (arena->last != NULL) {
        struct arena_block *before = arena->last->before;
        free(arena->last);
        arena->last = before;
    }
}
