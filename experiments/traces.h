/* SPDX-License-Identifier: MIT
 * Traces as data: `trace FILE`, in arrivals and in delays of links, stands for
 * the times in a file. What is recorded of an experiment has them in it, under
 * `traces`, and needs the file no more. */
#ifndef EXPERIMENTS_TRACES_H
#define EXPERIMENTS_TRACES_H

#include "experiments/tree.h"
#include "models/world.h"

enum {
    TRACE_LINES_MAX = 10000
}; /* of all traces of an experiment together; a node of the tree each */

/* Takes what `root` has in `traces` into `config`, and reads the files that it speaks of elsewhere
 * and has not, beside `path`, the experiment's own: into both. */
void traces_take(struct arena *arena, struct tree *root, const char *path,
                 struct model_world_config *config, struct problems *problems);

#endif
