/* SPDX-License-Identifier: MIT
 * `ikelab live`, in a shell beside a live run: how that stands, anew each second
 * on a terminal; in plain lines elsewhere. */
#ifndef EXPERIMENTS_LIVE_PAGE_H
#define EXPERIMENTS_LIVE_PAGE_H

#include <stdbool.h>

/* An exit status. `once`: as it is now; fails where nothing runs. */
int live_watch(bool once);

#endif
