/* SPDX-License-Identifier: MIT
 * The ladder: messages of a traced run drawn between client and gateway, as
 * the RFC draws them. */
#ifndef EXPERIMENTS_LADDER_H
#define EXPERIMENTS_LADDER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Of a run's `message` rows; `error` takes RESULTS_ERROR_MAX characters. */
bool ladder_print(const char *db_path, uint32_t run, FILE *out, char *error);

#endif
