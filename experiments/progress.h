/* SPDX-License-Identifier: MIT
 * How far long work is, with a time to go: one line rewritten on a terminal,
 * plain lines now and then elsewhere, nothing when quiet. On standard error. */
#ifndef EXPERIMENTS_PROGRESS_H
#define EXPERIMENTS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *name;
    bool quiet;
    bool terminal;
    uint64_t began_ns, shown_ns;
    uint32_t shown_tenth;
    uint32_t runs;   /* to do */
    uint64_t weight; /* of all runs, expected CPU time */
};

void progress_open(struct progress *progress, const char *name, bool quiet);
/* `weight` of the work that is done, of progress->weight. */
void progress_show(struct progress *progress, uint32_t runs_done, uint64_t weight);
/* Takes the line away, so that something else can be printed. */
void progress_clear(struct progress *progress);
/* "41 s", "3 min", "2.5 h" into at least 16 bytes. */
char *progress_duration(uint64_t ns, char *out);
uint64_t progress_now_ns(void);

#endif
