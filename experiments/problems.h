/* SPDX-License-Identifier: MIT
 * What is wrong with an experiment, all of it in one go, each thing with its
 * place: `file:line:column: what is wrong, what would be right`. */
#ifndef EXPERIMENTS_PROBLEMS_H
#define EXPERIMENTS_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { PROBLEMS_MAX = 64, PROBLEM_TEXT = 420 };

struct place {
    const char *source; /* a file's name, or "--set PATH=VALUE" */
    uint32_t line;      /* from 1; 0: the source as a whole */
    uint32_t column;
};

struct problem {
    struct place at;
    char text[PROBLEM_TEXT];
};

struct problems {
    struct problem rows[PROBLEMS_MAX];
    size_t count; /* may be more than PROBLEMS_MAX; those are counted only */
};

/* The same text at the same place is kept once. */
void problem_add(struct problems *problems, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* In the order of the file, one a line. */
void problems_print(struct problems *problems, FILE *out);

/* The word of `words` nearest to `word`, NULL when none is near: at most 3 letters away, and no
 * more than a third of its length rounded up. */
struct nearest {
    const char *word;
    const char *best;
    size_t distance;
};
void nearest_open(struct nearest *nearest, const char *word);
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
