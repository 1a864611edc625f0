/* SPDX-License-Identifier: MIT
 * Runs in worker processes, rows by one writer. Workers are this program
 * started again; each is handed the study and then one run after another over
 * a pipe, and ends when that pipe closes. */
#ifndef EXPERIMENTS_RUNNER_H
#define EXPERIMENTS_RUNNER_H

#include "experiments/progress.h"
#include "experiments/study.h"

struct results_db;

struct runner {
    const struct study *study;
    struct results_db *db;
    const char *pcap; /* a folder; NULL: no captures */
    uint32_t jobs;    /* workers at most */
    bool json;
    struct progress progress;
    /* What came of it. */
    uint32_t done, failed;
    int signal;   /* that ended it early, or 0 */
    bool stopped; /* the database cannot be written: `error` says why */
    char error[512];
};

/* Does the runs, the longest first. Those whose rows the database has already are done for their
 * capture only. */
void runner_run(struct runner *runner, const uint32_t *runs, size_t count);

/* The hidden command: reads a study and run numbers from standard input, leaves the rows of each
 * run in a temporary file. When its input ends it takes that away: the parent has done, or was
 * killed. */
int worker_main(void);

#endif
