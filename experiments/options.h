/* SPDX-License-Identifier: MIT
 * Options of the commands: one table for all, each command says which it has. */
#ifndef EXPERIMENTS_OPTIONS_H
#define EXPERIMENTS_OPTIONS_H

#include "experiments/study.h"

enum options_limits { OPTIONS_WORDS_MAX = 64 };

enum option_bits {
    OPTION_SET = 1, /* --set, --seeds, --network, --crypto */
    OPTION_RUN = 2, /* --jobs, -o, --resume, --pcap */
    OPTION_JSON = 4,
    OPTION_QUIET = 8,
    OPTION_CSV = 16,
    OPTION_INSPECT = 32, /* --summary, --port, --keys */
    OPTION_ONCE = 64,
};

struct options {
    const char *words[OPTIONS_WORDS_MAX]; /* what is no option */
    size_t word_count;
    const char *sets[STUDY_SETS_MAX];
    size_t set_count;
    const char *output;
    const char *pcap;
    const char *keys;
    uint32_t jobs; /* 0: all cores */
    uint16_t port; /* 0: none besides 500 and 4500 */
    bool resume, json, quiet, csv, summary, once, help;
    char made[STUDY_SETS_MAX][300]; /* of `sets`, those made of --seeds and the like */
};

/* False after saying on standard error what is wrong; `bits` says which options the command has. */
bool options_read(struct options *options, int argc, char **argv, unsigned bits);
/* How these options are explained in a command's help. */
void options_help(unsigned bits);

#endif
