/* SPDX-License-Identifier: MIT
 * Where the real daemons are that experiments may run: in a folder of ikelab's
 * own, as `ikelab live setup` leaves them, or where an environment variable says. */
#ifndef EXPERIMENTS_LIVE_SETUP_H
#define EXPERIMENTS_LIVE_SETUP_H

#include "models/daemon.h"

enum { LIVE_VERSION_MAX = 64 };

struct live_place {
    char root[MODEL_DAEMON_PATH_MAX];
    char libraries[MODEL_DAEMON_PATH_MAX]; /* the machine's own */
    char version[LIVE_VERSION_MAX];        /* of the daemon's package; "unknown" */
    bool named;                            /* by the environment */
};

/* Where a daemon is: the root that $IKELAB_STRONGSWAN, $IKELAB_LIBRESWAN or $IKELAB_OPENIKED names,
 * or the one of the folder. False: it is not there, and `error` says what would help. */
bool live_find(const struct model_recipe *recipe, struct live_place *out, char *error,
               size_t error_max);
/* The folder: $IKELAB_DAEMONS, or beside the program's. */
void live_folder(char *out, size_t out_max);
/* Fetches, unpacks, checks; says on standard error what it does. An exit status. */
int live_setup(const struct model_recipe *recipe);

#endif
