/* SPDX-License-Identifier: MIT
 * Running gnuplot: one process for all figures. Private to this room. */
#ifndef RESULTS_GNUPLOT_H
#define RESULTS_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>

enum { GNUPLOT_MAX = 64 };

struct gnuplot {
    const char *temp;               /* the folder of NAME.plt */
    const char *names[GNUPLOT_MAX]; /* figures, in order */
    size_t count;
};

/* Draws all; a figure that fails does not stop the others. False with the first failure's words. */
bool gnuplot_run(const struct gnuplot *g, char *error);

#endif
