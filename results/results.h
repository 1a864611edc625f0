/* SPDX-License-Identifier: MIT
 * What runs leave behind: one SQLite file per `run` command. A worker spools a
 * run to a temporary file of its own; the parent moves it into the database in
 * one transaction, so a killed sweep keeps every finished run. SQLite itself
 * is included by the files of this room only.
 *
 * Every `error` has room for RESULTS_ERROR_MAX, and gets one line that begins
 * as what a sentence says of a file: "is a folder: name a file in it". */
#ifndef RESULTS_RESULTS_H
#define RESULTS_RESULTS_H

#include "results/capture.h"
#include "results/database.h"
#include "results/figures.h"
#include "results/spool.h"

#endif
