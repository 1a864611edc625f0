/* SPDX-License-Identifier: MIT
 * Edge lists: a link a line (topology.h). */
#include "experiments/topology.h"
#include "models/world.h"

#include <string.h>

enum { WORDS_MAX = 5 };

/* The words of a line, up to its end or a comment: how many, at most WORDS_MAX. */
static size_t words_of(struct arena *arena, const char *line, size_t len, const char **words)
{
    static const char blanks[] = " \t\r,;";
    size_t count = 0;
    const char *const comment = memchr(line, '#', len);
    const char *const end = comment != NULL ? comment : line + len;
    while (count < WORDS_MAX) {
        const char *from = line;
        while (from < end && strchr(blanks, *from) != NULL)
            from++;
        line = from;
        while (line < end && strchr(blanks, *line) == NULL)
            line++;
        if (line == from)
            break;
        words[count++] = arena_copy(arena, from, (size_t)(line - from));
    }
    return count;
}

struct tree *topology_edges(struct arena *arena, const struct topology_text *file,
                            struct problems *problems)
{
    struct place at = {.source = file->source, .line = 1, .column = 1};
    struct tree *const links = arena_take(arena, sizeof *links);
    const char *const end = file->text + file->len;
    links->kind = TREE_MAP;
    links->at = at;
    bool room = true;
    for (const char *line = file->text; line < end && room; at.line++) {
        const char *words[WORDS_MAX] = {NULL};
        const char *const stop = memchr(line, '\n', (size_t)(end - line));
        const size_t len = (size_t)((stop != NULL ? stop : end) - line);
        const size_t count = words_of(arena, line, len, words);
        if (count == 1 || count == WORDS_MAX)
            problem_add(problems, at,
                        "a line of an edge list is `FROM TO [DELAY [RATE]]`, like `a b 5ms "
                        "100Mbit/s`");
        else if (count > 0)
            room = topology_add(
                arena, links, &(struct topology_link){words[0], words[1], words[2], words[3], at});
        line += len + 1;
    }
    if (!room)
        problem_add(problems, at, "has more than %d links", MODEL_LINKS_MAX);
    if (links->first != NULL)
        return links;
    problem_add(problems, at, "has no links: a line of an edge list is `FROM TO [DELAY [RATE]]`");
    return NULL;
}
