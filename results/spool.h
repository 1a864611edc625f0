/* SPDX-License-Identifier: MIT
 * The spool of one run, written by a worker: a small SQLite file without
 * journal, that is whole once it is closed and worth nothing before. */
#ifndef RESULTS_SPOOL_H
#define RESULTS_SPOOL_H

#include "results/limits.h"
#include "sim/record.h"

struct results_spool;

/* A file that is there is replaced. NULL with a line in `error`. */
struct results_spool *results_spool_open(const char *path, char *error);
struct sim_record *results_spool_record(struct results_spool *spool);

/* Facts of the finished run. */
struct results_run {
    uint32_t number; /* point x seeds + seed */
    uint32_t point;
    uint64_t seed;
    const char *fingerprint;
    uint64_t events;
    uint64_t wall_ns, cpu_ns; /* kept in `machine`, outside the rows that repeat */
};
/* Frees the spool in any case. False when something could not be written, now or before. */
bool results_spool_close(struct results_spool *spool, const struct results_run *run, char *error);

#endif
