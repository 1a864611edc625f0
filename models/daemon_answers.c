/* SPDX-License-Identifier: MIT
 * What a daemon says of itself, read line by line. The text is a stranger's: it
 * may be anything, of any length, with or without an end. */
#include "models/daemon.h"
#include "models/daemon_recipe.h"

#include <string.h>

enum { NUMBERS_MAX = 5, ROWS_MAX = 32 };

/* More than this is no count of SAs. */
static const uint64_t number_max = UINT64_C(1) << 40;

const struct model_levels model_untold = {MODEL_UNTOLD, MODEL_UNTOLD, MODEL_UNTOLD, MODEL_UNTOLD};

struct line {
    const char *at;
    size_t left;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_number(struct line *line, uint64_t *out)
{
    *out = 0;
    if (line->left == 0 || !is_digit(*line->at))
        return false;
    for (; line->left > 0 && is_digit(*line->at); line->at++, line->left--) {
        *out = *out * 10 + (uint64_t)(*line->at - '0');
        if (*out > number_max)
            return false;
    }
    return true;
}

/* Passes over what precedes the text up to the pattern's next sign. */
static bool skip_to(struct line *line, const char *pattern)
{
    const size_t len = strcspn(pattern, "#~*");
    while (line->left >= len && memcmp(line->at, pattern, len) != 0) {
        line->at++;
        line->left--;
    }
    return line->left >= len;
}

/* Whether the line begins as the pattern says; how many numbers there were. */
static bool begins(struct line line, const char *pattern, uint64_t numbers[NUMBERS_MAX],
                   size_t *count)
{
    *count = 0;
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '#') {
            if (*count == NUMBERS_MAX || !take_number(&line, &numbers[*count]))
                return false;
            *count += 1;
        } else if (*p == '*') {
            if (!skip_to(&line, p + 1))
                return false;
        } else if (line.left > 0 && (*line.at == *p || (*p == '~' && *line.at == 's'))) {
            line.at++;
            line.left--;
        } else if (*p != '~') {
            return false;
        }
    }
    return true;
}

struct sums {
    int64_t of[4]; /* established, half-open, children, whether cookies are on */
    uint8_t told;
};

static void sums_add(struct sums *sums, uint8_t parts, uint64_t number)
{
    static const struct {
        uint8_t part, sum;
        int8_t sign;
    } ways[] = {
        {ESTABLISHED, 0, 1},    {NOT_ESTABLISHED, 0, -1}, {HALF_OPEN, 1, 1},
        {NOT_HALF_OPEN, 1, -1}, {CHILDREN, 2, 1},         {COOKIES_ON, 3, 1},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if ((parts & ways[i].part) != 0) {
            sums->of[ways[i].sum] += ways[i].sign * (int64_t)number;
            sums->told = (uint8_t)(sums->told | 1U << ways[i].sum);
        }
}

static bool row_counts(const struct recipe_answer *row)
{
    return strchr(row->line, '#') == NULL;
}

/* A line with numbers is taken once: a second one is not to be believed more. */
static void line_read(const struct model_recipe *recipe, enum model_errand errand, struct line line,
                      uint32_t *seen, struct sums *sums)
{
    uint64_t numbers[NUMBERS_MAX];
    size_t count;
    for (size_t i = 0; recipe->answers[i].line != NULL; i++) {
        const struct recipe_answer *const row = &recipe->answers[i];
        const bool counts = row_counts(row);
        if (row->errand != errand || (!counts && (*seen >> i & 1) != 0) ||
            !begins(line, row->line, numbers, &count))
            continue;
        *seen |= UINT32_C(1) << i;
        if (counts)
            sums_add(sums, row->parts[0], 1);
        for (size_t k = 0; k < count; k++)
            sums_add(sums, row->parts[k], numbers[k]);
        return;
    }
}

static void tell(const struct sums *sums, size_t which, uint64_t *out)
{
    if ((sums->told >> which & 1) != 0)
        *out = sums->of[which] > 0 ? (uint64_t)sums->of[which] : 0;
}

void model_daemon_read(const struct model_recipe *recipe, enum model_errand errand,
                       const char *text, size_t len, struct model_levels *out)
{
    struct sums sums = {.told = 0};
    uint32_t seen = 0;
    for (size_t i = 0; recipe->answers[i].line != NULL; i++)
        if (recipe->answers[i].errand == errand && row_counts(&recipe->answers[i]))
            sums_add(&sums, recipe->answers[i].parts[0], 0); /* none is told by no such line */
    for (size_t at = 0; at < len;) {
        const char *const end = memchr(text + at, '\n', len - at);
        struct line line = {.at = text + at,
                            .left = end != NULL ? (size_t)(end - text) - at : len - at};
        at += line.left + 1;
        while (line.left > 0 && (*line.at == ' ' || *line.at == '\t')) {
            line.at++;
            line.left--;
        }
        line_read(recipe, errand, line, &seen, &sums);
    }
    tell(&sums, 0, &out->established);
    tell(&sums, 1, &out->half_open);
    tell(&sums, 2, &out->children);
    tell(&sums, 3, &out->cookies_on);
}
