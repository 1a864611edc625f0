/* SPDX-License-Identifier: MIT
 * The commands of the program. Each takes its own name as argv[0] and gives
 * the exit status: */
#ifndef EXPERIMENTS_COMMANDS_H
#define EXPERIMENTS_COMMANDS_H

#include "experiments/options.h"

enum exit_status {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,        /* a run failed, or a check did */
    EXIT_USAGE = 2,         /* bad usage or input: nothing was started or written */
    EXIT_INTERRUPTED = 130, /* Ctrl-C; what was finished is kept */
};

int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_list(int argc, char **argv);
int command_describe(int argc, char **argv);
int command_plot(int argc, char **argv);
int command_report(int argc, char **argv);
int command_inspect(int argc, char **argv);
int command_live(int argc, char **argv);

/* Reads the experiment that options->words[0] names, all its problems told on standard error; NULL
 * when there were any. */
struct study *experiment_open(const struct options *options);

#endif
