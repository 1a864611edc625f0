/* SPDX-License-Identifier: MIT
 * What is to be known before the rows of a study are believed: runs that were
 * late, had a stand-in for a kernel, or shared the CPUs of a real daemon. */
#ifndef EXPERIMENTS_NOTES_H
#define EXPERIMENTS_NOTES_H

#include "results/results.h"

/* A line on standard error for each such mark that runs in the database bear, and where `path`
 * tells more; with `json` one on standard output. Says whether there is any. */
bool notes_say(struct results_db *db, const char *path, bool json);

#endif
