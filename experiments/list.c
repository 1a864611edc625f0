/* SPDX-License-Identifier: MIT
 * `ikelab list`, `plot` and `report`: what there is, and what was found. */
#include "experiments/commands.h"
#include "experiments/paths.h"
#include "results/results.h"

#include <stdio.h>
#include <string.h>

static void list_one(void *owner, const char *name, const char *path)
{
    (void)owner;
    static struct problems problems;
    struct arena arena = {0};
    size_t len = 0;
    const char *text = tree_load(&arena, path, &len, &problems);
    const struct tree *root = text != NULL ? tree_parse(&arena, path, text, len, &problems) : NULL;
    const struct tree *question = tree_child(root, "question");
    (void)printf("%-20s %s\n", name,
                 question != NULL && question->text != NULL ? question->text : "(cannot be read)");
    arena_close(&arena);
}

int command_list(int argc, char **argv)
{
    struct options options;
    if (!options_read(&options, argc, argv, 0))
        return EXIT_USAGE;
    if (options.help)
        (void)printf("Usage: ikelab list\n\nThe shipped experiments, each with its question.\n");
    else
        paths_each(list_one, NULL);
    return EXIT_DONE;
}

int command_plot(int argc, char **argv)
{
    struct options options;
    char error[RESULTS_ERROR_MAX] = "";
    if (!options_read(&options, argc, argv, OPTION_QUIET))
        return EXIT_USAGE;
    if (options.help) {
        (void)printf(
            "Usage: ikelab plot FILE.db [FIGURE]...\n\n"
            "Draws figures from a database, as PNG and SVG beside it: those named, or those its\n"
            "experiment lists. `ikelab describe figures` names them all.\n");
        return EXIT_DONE;
    }
    if (options.word_count == 0) {
        (void)fprintf(stderr, "ikelab plot: name a database\n");
        return EXIT_USAGE;
    }
    const size_t names = options.word_count - 1;
    if (results_plot(options.words[0], names > 0 ? &options.words[1] : NULL, names, paths_figures(),
                     error))
        return EXIT_DONE;
    (void)fprintf(stderr, "ikelab: %s: %s\n", options.words[0], error);
    return EXIT_USAGE;
}

int command_report(int argc, char **argv)
{
    struct options options;
    char error[RESULTS_ERROR_MAX] = "";
    if (!options_read(&options, argc, argv, OPTION_CSV))
        return EXIT_USAGE;
    if (options.help) {
        (void)printf(
            "Usage: ikelab report FILE.db [SQL]\n\n"
            "Prints what an experiment found: its answer as a table, and its checks; or the rows\n"
            "of a SELECT of your own, such as 'SELECT * FROM setup_time'.\n");
        options_help(OPTION_CSV);
        return EXIT_DONE;
    }
    if (options.word_count < 1 || options.word_count > 2) {
        (void)fprintf(stderr, "ikelab report: name one database\n");
        return EXIT_USAGE;
    }
    static const char *const queries[] = {"SELECT * FROM answer", "SELECT * FROM checks"};
    const bool own = options.word_count == 2;
    for (size_t i = 0; i < (own ? 1 : 2); i++) {
        const char *sql = own ? options.words[1] : queries[i];
        const bool good = options.csv ? results_print_csv(options.words[0], sql, error)
                                      : results_print(options.words[0], sql, error);
        if (!good) {
            (void)fprintf(stderr, "ikelab: %s: %s\n", options.words[0], error);
            return EXIT_USAGE;
        }
    }
    return EXIT_DONE;
}
