/* SPDX-License-Identifier: MIT
 * Machine-readable lines on standard output, for --json: one object a line,
 * each with "ikelab", the version of this contract, and "kind". */
#ifndef EXPERIMENTS_JSON_H
#define EXPERIMENTS_JSON_H

#include <stdbool.h>
#include <stdint.h>

enum { JSON_CONTRACT = 1 };

/* Kinds: start, run, check, note, figure, end. Between open and close any of the others. */
void json_open(const char *kind);
void json_text(const char *name, const char *text);
void json_count(const char *name, uint64_t value);
void json_number(const char *name, double value); /* null when it is none */
void json_bool(const char *name, bool value);
void json_close(void);

#endif
