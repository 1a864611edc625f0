/* SPDX-License-Identifier: MIT
 * The short table that `run` prints: the swept values, and the columns of the
 * view `answer_of_points` that say most about such a study. */
#ifndef EXPERIMENTS_ANSWER_H
#define EXPERIMENTS_ANSWER_H

#include "experiments/study.h"

/* A SELECT; it lives as long as the study. `marked`: with what is to be known of points (the view
 * `marks`). */
const char *answer_sql(struct study *study, bool marked);

#endif
