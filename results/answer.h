/* SPDX-License-Identifier: MIT
 * The view `answer`: the swept parameters of this study, a column each, before
 * what a point came to. Private to this room. */
#ifndef RESULTS_ANSWER_H
#define RESULTS_ANSWER_H

#include "results/sql.h"

/* Once the parameters are there. */
bool answer_write(sqlite3 *db, char *error);

#endif
