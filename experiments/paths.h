/* SPDX-License-Identifier: MIT
 * Where the program finds what was shipped with it: experiments and figures,
 * beside an installed program, or in the source tree it was built from. */
#ifndef EXPERIMENTS_PATHS_H
#define EXPERIMENTS_PATHS_H

#include "experiments/problems.h"

#include <stddef.h>

enum { PATHS_MAX = 1024 };

const char *paths_experiments(void);
const char *paths_figures(void);
/* The folder for real daemons, which need not be there: beside what was built, or of the user's own
 * data when the program is installed. */
void paths_daemons(char *out, size_t out_max);
/* An experiment by path or shipped name into `out`; false, with a problem, when there is none. */
bool paths_experiment(const char *name, char *out, size_t out_max, struct problems *problems);
/* The same of a topology, named at `at`: a file, or a shipped one's name. */
bool paths_topology(const char *name, char *out, size_t out_max, struct place at,
                    struct problems *problems);
/* The shipped ones in the order of the alphabet: name and path of each. */
void paths_each(void (*take)(void *owner, const char *name, const char *path), void *owner);
/* "cookie-threshold" of "experiments/cookie-threshold.yaml". */
void paths_stem(const char *path, char *out, size_t out_max);

#endif
