/* SPDX-License-Identifier: MIT
 * Problems of an experiment: kept, sorted by place, printed; and the nearest
 * known name for a misspelt one. */
#include "experiments/problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 96 };

static bool same_place(const struct place *a, const struct place *b)
{
    return a->line == b->line && a->column == b->column && strcmp(a->source, b->source) == 0;
}

void problem_add(struct problems *problems, struct place at, const char *format, ...)
{
    struct problem row = {.at = at};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(row.text, sizeof row.text, format, args);
    va_end(args);

    for (size_t i = 0; i < problems->count && i < PROBLEMS_MAX; i++)
        if (same_place(&problems->rows[i].at, &at) && strcmp(problems->rows[i].text, row.text) == 0)
            return;
    if (problems->count < PROBLEMS_MAX)
        problems->rows[problems->count] = row;
    problems->count++;
}

static int by_place(const void *left, const void *right)
{
    const struct problem *a = left;
    const struct problem *b = right;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column)
        return a->at.column < b->at.column ? -1 : 1;
    const int sources = strcmp(a->at.source, b->at.source);
    return sources != 0 ? sources : strcmp(a->text, b->text);
}

void problems_print(struct problems *problems, FILE *out)
{
    const size_t kept = problems->count < PROBLEMS_MAX ? problems->count : PROBLEMS_MAX;
    qsort(problems->rows, kept, sizeof problems->rows[0], by_place);
    for (size_t i = 0; i < kept; i++) {
        const struct problem *p = &problems->rows[i];
        if (p->at.line > 0)
            (void)fprintf(out, "%s:%u:%u: %s\n", p->at.source, p->at.line, p->at.column, p->text);
        else
            (void)fprintf(out, "%s: %s\n", p->at.source, p->text);
    }
    if (problems->count > kept)
        (void)fprintf(out, "and %zu more\n", problems->count - kept);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row of the table at a time; words longer than WORD_MAX are far away.
 */
static size_t distance(const char *a, const char *b)
{
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return SIZE_MAX;
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = least(changed, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_len];
}

void nearest_open(struct nearest *nearest, const char *word)
{
    const size_t third = (strlen(word) + 2) / 3;
    *nearest = (struct nearest){.word = word, .best = NULL, .distance = third < 3 ? third + 1 : 4};
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
    const size_t away = distance(nearest->word, candidate);
    if (away < nearest->distance) {
        nearest->distance = away;
        nearest->best = candidate;
    }
}
