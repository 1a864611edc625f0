/* SPDX-License-Identifier: MIT
 * Judging the checks of a study against the rows it left behind. */
#ifndef EXPERIMENTS_VERDICT_H
#define EXPERIMENTS_VERDICT_H

#include "experiments/study.h"

struct results_db;

struct verdict {
    size_t judged, failed; /* comparisons */
    char error[512];       /* the database could not be written */
};

/* Judges every check, stores each comparison and every theory's curve, and prints those that failed
 * (all, unless quiet; passes of a check with many points in one line) to standard error, or lines
 * of JSON to standard output.
 *
 * A theory's check is judged at every point that its conditions choose and the theory speaks of. It
 * passes when the expected value lies within the 95 % interval of the mean over seeds, widened by
 * the tolerance; and when that interval is itself no wider, to either side, than the tolerance, for
 * a study too noisy to tell right from wrong proves nothing. With one seed the interval is the
 * value.
 *
 * `alike` compares each point with the one that has the first value of the path and all else alike,
 * seed by seed: it passes as a theory does that says no difference; shares are of the value there.
 * A metric that a seed has at one of the two only is a difference. Of `*` each metric is compared
 * that some run told, of each who it is of.
 *
 * `some` passes when at one point at least, `all` when at every point chosen, the whole interval is
 * below (above) the bound. */
struct verdict verdict_judge(const struct study *study, struct results_db *db, bool json,
                             bool quiet);

#endif
