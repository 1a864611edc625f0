/* SPDX-License-Identifier: MIT
 * The program: one table of commands. */
#include "experiments/calibrate.h"
#include "experiments/commands.h"
#include "experiments/runner.h"
#include "experiments/version.h"

#include <stdio.h>
#include <string.h>

static int command_worker(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return worker_main();
}

/* clang-format off */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *meaning; /* NULL: not listed */
} commands[] = {
    { "run",       command_run,           "runs an experiment: ikelab run cookie-threshold" },
    { "list",      command_list,          "the shipped experiments and their questions" },
    { "check",     command_check,         "reads an experiment, says what it would run, and stops" },
    { "describe",  command_describe,      "reference: keys, metrics, figures, theories, machines, ..." },
    { "plot",      command_plot,          "draws figures from a database" },
    { "report",    command_report,        "prints what an experiment found" },
    { "inspect",   command_inspect,       "reads a capture: ikelab inspect FILE.pcap" },
    { "calibrate", experiments_calibrate, "measures this machine's cryptography as a cost profile" },
    { "live",      command_live,          "how a live run stands; real daemons for experiments: ikelab live setup" },
    { "worker",    command_worker,        NULL },
};
/* clang-format on */
enum { COMMANDS = sizeof commands / sizeof commands[0] };

/* What the launcher does itself: it stands on what is built beside the program. */
/* clang-format off */
static const struct { const char *name, *meaning; } launched[] = {
    { "test",      "runs every test; arguments are those of meson test" },
    { "interop",   "our engine and each real daemon, feature by feature: interop.html" },
};
/* clang-format on */
enum { LAUNCHED = sizeof launched / sizeof launched[0] };

static void print_help(FILE *out)
{
    (void)fprintf(out, "ikelab " IKELAB_VERSION ": experiments with IKEv2 in virtual time\n\n"
                       "Usage: ikelab COMMAND [arguments]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].meaning != NULL)
            (void)fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].meaning);
    (void)fprintf(out, "\nOf ./ikelab, the launcher in the source tree, which builds first:\n\n");
    for (size_t i = 0; i < LAUNCHED; i++)
        (void)fprintf(out, "  %-10s %s\n", launched[i].name, launched[i].meaning);
    (void)fprintf(out,
                  "\nEach command has --help. Exit status: 0 done, 1 a run or a check failed,\n"
                  "2 bad usage or input, 130 interrupted.\n");
}

static int unknown(const char *word)
{
    struct nearest nearest;
    for (size_t i = 0; i < LAUNCHED; i++)
        if (strcmp(launched[i].name, word) == 0) {
            (void)fprintf(
                stderr, "ikelab: %s is a command of the launcher: ./ikelab %s in the source tree\n",
                word, word);
            return EXIT_USAGE;
        }
    nearest_open(&nearest, word);
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].meaning != NULL)
            nearest_try(&nearest, commands[i].name);
    (void)fprintf(stderr, "ikelab: there is no command %s: %s%s\n", word,
                  nearest.best != NULL ? "did you mean " : "see `ikelab --help`",
                  nearest.best != NULL ? nearest.best : "");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (word[0] == '\0') {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(word, "--version") == 0) {
        (void)printf("ikelab " IKELAB_VERSION " (" IKELAB_COMMIT ", " IKELAB_COMPILER ")\n");
        return EXIT_DONE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, word) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return unknown(word);
}
