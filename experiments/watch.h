/* SPDX-License-Identifier: MIT
 * What a live run tells of itself while it goes on, for `ikelab live` in another
 * shell: a small file of facts, a line each, written whole once a second at most
 * into a folder of its own, in memory where there is one. Nobody waits for it,
 * and a run that cannot write it goes on without. */
#ifndef EXPERIMENTS_WATCH_H
#define EXPERIMENTS_WATCH_H

#include "models/glance.h"

enum { WATCH_PATH_MAX = 512, WATCH_FILE_MAX = 16384, WATCH_FOLDERS = 2 };

/* Which run it is. */
struct watch_run {
    const char *experiment, *point;
    uint32_t number, count; /* from 1 on, of so many */
    uint64_t seed;
};

struct watch {
    char path[WATCH_PATH_MAX]; /* empty: it cannot be written */
    struct watch_run run;
    uint64_t shown_ns; /* by the clock that does not jump; 0: never */
    struct {
        uint64_t in, out;
    } before[MODEL_THINGS_MAX]; /* packets of gateways, then */
};

void watch_open(struct watch *watch);
/* A run is to begin: its gateways are being started. */
void watch_begin(struct watch *watch, const struct watch_run *run);
/* Tells how it stands, if it has not for a second. */
void watch_show(struct watch *watch, const struct model_world *world);
void watch_close(struct watch *watch);
/* What a process of ours has left there that was killed. */
void watch_forget(long pid);

/* For who reads: where such files may be, NULL: no more; $IKELAB_RUN is the only place if it is
 * set. */
const char *watch_folder(uint32_t number, char room[WATCH_PATH_MAX]);
/* When a process began, in the kernel's ticks; 0: there is none. */
uint64_t watch_start(long pid);
/* Whether the process that a file names is still the one that wrote it. */
bool watch_is_alive(long pid, uint64_t start);

#endif
