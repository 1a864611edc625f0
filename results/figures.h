/* SPDX-License-Identifier: MIT
 * Figures: NAME.sql and NAME.gp in a folder, drawn by gnuplot. Adding one
 * needs no C; figures/style.gp says how the two halves meet. */
#ifndef RESULTS_FIGURES_H
#define RESULTS_FIGURES_H

#include "results/limits.h"

#include <stdbool.h>
#include <stddef.h>

/* Writes STEM-NAME.png and .svg for each into the folder of the database. `names` NULL: those that
 * its experiment lists, or else all that have data. A figure without data says so in the picture.
 * False when one could not be drawn; the others are. */
bool results_plot(const char *db_path, const char *const *names, size_t name_count,
                  const char *figures_dir, char *error);
/* Names of the figures there are, for messages; one per call of `name`, by alphabet. */
void results_figures(const char *figures_dir, void (*name)(void *owner, const char *text),
                     void *owner);

#endif
