/* SPDX-License-Identifier: MIT
 * Memory that lives as long as the experiment that was read: taken piece by
 * piece, given back all at once. Running out of it ends the program. */
#ifndef EXPERIMENTS_ARENA_H
#define EXPERIMENTS_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *last; /* all zero: an empty arena */
};

/* Zeroed, aligned for anything. */
void *arena_take(struct arena *arena, size_t size);
/* A copy of `len` characters, with a zero behind. */
char *arena_copy(struct arena *arena, const char *text, size_t len);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_close(struct arena *arena);

#endif
