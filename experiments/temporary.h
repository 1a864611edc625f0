/* SPDX-License-Identifier: MIT
 * The folder where a worker keeps the rows of a run until they are taken. Its
 * name is that of its process, by id and time of beginning, so that who comes
 * later can take away what those left who were killed. */
#ifndef EXPERIMENTS_TEMPORARY_H
#define EXPERIMENTS_TEMPORARY_H

#include <stdbool.h>

enum { TEMPORARY_PATH_MAX = 512 };

/* Makes it, $TMPDIR/ikelab-PID-START-XXXXXX, locked until the process ends, and says how its two
 * files are called, but for their last digit: by turns 0 and 1 stands behind `stem`. Takes away the
 * folders of processes that are no more, with their files, unless one is locked: another container
 * has other processes. What else is there stays. False: errno says why, `stem` what was
 * tried. */
bool temporary_open(char stem[TEMPORARY_PATH_MAX]);
/* Takes away the files, and the folder unless something else is in it; twice is no harm. */
void temporary_close(const char *stem);

#endif
