/* SPDX-License-Identifier: MIT
 * `ikelab live`: the real daemons that experiments may run, and how the runs stand
 * that go on. */
#include "experiments/commands.h"
#include "experiments/live_page.h"
#include "experiments/live_setup.h"

#include <stdio.h>
#include <string.h>

static const struct model_recipe *recipe_of(const char *word)
{
    const struct model_recipe *const recipe = model_recipe_named(word);
    if (recipe != NULL)
        return recipe;
    struct nearest nearest;
    nearest_open(&nearest, word);
    (void)fprintf(stderr, "ikelab live: there is no daemon %s: ", word);
    for (size_t i = 0; i < MODEL_DAEMONS; i++)
        nearest_try(&nearest, model_recipe_name(model_recipes[i]));
    if (nearest.best != NULL)
        (void)fprintf(stderr, "did you mean %s?\n", nearest.best);
    else
        (void)fprintf(stderr, "there are strongswan, libreswan and openiked\n");
    return NULL;
}

/* All that are named, or all that there are. */
static int setup(const char *const *names, size_t count)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < count; i++)
        if (recipe_of(names[i]) == NULL)
            return EXIT_USAGE;
    for (size_t i = 0; status != EXIT_INTERRUPTED && i < (count > 0 ? count : MODEL_DAEMONS); i++) {
        const int one = live_setup(count > 0 ? model_recipe_named(names[i]) : model_recipes[i]);
        status = one != EXIT_DONE ? one : status;
    }
    return status;
}

static int list(const char *const *names, size_t count)
{
    if (count > 0) {
        (void)fprintf(stderr, "ikelab live list: takes no names, and got %s\n", names[0]);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < MODEL_DAEMONS; i++) {
        struct live_place place;
        char error[MODEL_DAEMON_PATH_MAX + 128];
        const char *const name = model_recipe_name(model_recipes[i]);
        const char *const wants = model_recipe_wants(model_recipes[i]);
        if (!live_find(model_recipes[i], &place, error, sizeof error))
            (void)printf("%-12s not there: %s\n", name, error);
        else
            (void)printf("%-12s %-22s %s%s%s%s\n", name, place.version, place.root,
                         place.named ? ", named by the environment" : "",
                         wants != NULL ? ", wants of the kernel: " : "",
                         wants != NULL ? wants : "");
    }
    return EXIT_DONE;
}

/* clang-format off */
static const struct {
    const char *name;
    int (*run)(const char *const *words, size_t count);
} words[] = {
    { "setup", setup },
    { "list",  list },
};
/* clang-format on */
enum { WORDS = sizeof words / sizeof words[0] };

static void print_help(void)
{
    char folder[MODEL_DAEMON_PATH_MAX];
    live_folder(folder, sizeof folder);
    (void)printf(
        "Usage: ikelab live [--once]\n"
        "       ikelab live setup [DAEMON]...\n"
        "       ikelab live list\n\n"
        "Beside a run with `network: {kind: live}`, in another shell: how it stands, anew each\n"
        "second: SAs, packets, CPU and memory of the daemon, the clients' success, what is "
        "refused\n"
        "and lost, how well real time is kept. A line a second where it is no terminal. It fails\n"
        "where nothing runs, but on a terminal, where it waits.\n\n"
        "Real daemons for experiments: strongswan, libreswan, openiked. `setup` fetches those\n"
        "named, or all, as Debian packages with apt-get and unpacks them into a folder of\n"
        "ikelab's own; nothing is installed on the machine, and who has them already keeps them.\n"
        "`list` says which are there, their versions, where, and what they want of the kernel.\n\n"
        "The folder is %s, or what $IKELAB_DAEMONS says. A daemon that is\n"
        "elsewhere may be named: $IKELAB_STRONGSWAN, $IKELAB_LIBRESWAN, $IKELAB_OPENIKED, each\n"
        "the path of a root folder like those that `setup` makes.\n",
        folder);
    options_help(OPTION_ONCE);
}

int command_live(int argc, char **argv)
{
    struct options options;
    if (!options_read(&options, argc, argv, OPTION_ONCE))
        return EXIT_USAGE;
    if (options.help) {
        print_help();
        return EXIT_DONE;
    }
    if (options.word_count == 0)
        return live_watch(options.once);
    const char *const word = options.words[0];
    for (size_t i = 0; i < WORDS; i++)
        if (strcmp(words[i].name, word) == 0)
            return words[i].run(&options.words[1], options.word_count - 1);
    struct nearest nearest;
    nearest_open(&nearest, word);
    for (size_t i = 0; i < WORDS; i++)
        nearest_try(&nearest, words[i].name);
    (void)fprintf(stderr, "ikelab live: it cannot %s%s%s\n", word,
                  nearest.best != NULL ? ": did you mean " : "",
                  nearest.best != NULL ? nearest.best : "");
    return EXIT_USAGE;
}
