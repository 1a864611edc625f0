/* SPDX-License-Identifier: MIT
 * SQLite with this room's errors: every failure becomes one line that says what
 * is wrong and what would be right. Private to this room. */
#ifndef RESULTS_SQL_H
#define RESULTS_SQL_H

#include "results/limits.h"

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

enum sql_mode { SQL_READ, SQL_WRITE, SQL_CREATE };

/* The lines of schema.sql, then NULL; made by the build. */
extern const char *const results_schema[];

/* Writes a line, as printf does; returns false, so that a caller can return it. */
bool sql_error(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What the last call on `db` said, in words. Returns false. */
bool sql_trouble(sqlite3 *db, char *error);

sqlite3 *sql_open(const char *path, enum sql_mode mode, char *error);
/* The same for a database of ours that is there: with its header looked at first. */
sqlite3 *sql_open_ours(const char *path, enum sql_mode mode, char *error);
bool sql_run(sqlite3 *db, const char *sql, char *error);
sqlite3_stmt *sql_prepare(sqlite3 *db, const char *sql, char *error);
/* One row or none; then the statement is ready for the next. */
bool sql_step_done(sqlite3 *db, sqlite3_stmt *statement, char *error);
bool sql_text(sqlite3_stmt *statement, int index, const char *text);
/* The first column of the first row; `none` when there is none. */
int64_t sql_number(sqlite3 *db, const char *sql, int64_t none);

/* What a file is by its first 100 octets. */
enum sql_file {
    SQL_FILE_ABSENT,
    SQL_FILE_OURS,
    SQL_FILE_OLDER, /* can be read */
    SQL_FILE_NEWER,
    SQL_FILE_FOREIGN,
    SQL_FILE_TROUBLE
};
enum sql_file sql_file_look(const char *path, char *error);

#endif
