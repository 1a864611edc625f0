/* SPDX-License-Identifier: MIT
 * SQLite with this room's errors, and what a file is before SQLite sees it. */
#include "results/sql.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { HEADER = 100, AT_VERSION = 60, AT_APPLICATION = 68, APPLICATION = 0x696b656c };
enum { BUSY_MS = 10000 };

bool sql_error(char *error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(error, RESULTS_ERROR_MAX, format, list);
    va_end(list);
    return false;
}

bool sql_trouble(sqlite3 *db, char *error)
{
    const int system = sqlite3_system_errno(db);
    const char *const reason = system != 0 ? strerror(system) : sqlite3_errmsg(db);
    switch (sqlite3_errcode(db)) {
    case SQLITE_FULL:
        return sql_error(error,
                         "cannot grow: the disk is full; make room, then go on with --resume");
    case SQLITE_READONLY:
        return sql_error(error, "cannot be written: it or its folder is read-only");
    case SQLITE_CANTOPEN:
        return sql_error(error, "cannot be opened: %.300s", reason);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return sql_error(error, "is in use: another program is writing to it; try when it is done");
    case SQLITE_IOERR:
        return sql_error(error, "cannot be read or written: %.300s", reason);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return sql_error(error, "is damaged (%.200s): move it away, or choose another file",
                         sqlite3_errmsg(db));
    default:
        return sql_error(error, "cannot be used: %.300s", sqlite3_errmsg(db));
    }
}

sqlite3 *sql_open(const char *path, enum sql_mode mode, char *error)
{
    static const int flags[] = {
        [SQL_READ] = SQLITE_OPEN_READONLY,
        [SQL_WRITE] = SQLITE_OPEN_READWRITE,
        [SQL_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    char plain[RESULTS_PATH_MAX + 2];
    sqlite3 *db = NULL;

    /* SQLite has meanings of its own for names that begin with a colon. */
    (void)snprintf(plain, sizeof plain, "%s%s", path[0] == ':' ? "./" : "", path);
    const int got = sqlite3_open_v2(
        plain, &db, flags[mode] | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (got == SQLITE_OK) {
        (void)sqlite3_busy_timeout(db, BUSY_MS);
        return db;
    }
    if (db == NULL)
        (void)sql_error(error, "cannot be opened: no memory");
    else
        (void)sql_trouble(db, error);
    (void)sqlite3_close(db);
    return NULL;
}

static uint32_t big_endian(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static enum sql_file trouble(char *error, const char *text)
{
    (void)sql_error(error, "%s", text);
    return SQL_FILE_TROUBLE;
}

static enum sql_file unreadable(char *error)
{
    (void)sql_error(error, "cannot be read: %s", strerror(errno));
    return SQL_FILE_TROUBLE;
}

enum sql_file sql_file_look(const char *path, char *error)
{
    uint8_t header[HEADER] = {0};
    struct stat facts;
    if (path[0] == '\0' || strlen(path) >= RESULTS_PATH_MAX - 16)
        return trouble(error, "is no name for a file");
    if (stat(path, &facts) != 0)
        return errno == ENOENT ? SQL_FILE_ABSENT : unreadable(error);
    if (S_ISDIR(facts.st_mode))
        return trouble(error, "is a folder: name a file in it");
    if (!S_ISREG(facts.st_mode))
        return trouble(error, "is no regular file: name one");
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        return unreadable(error);
    const size_t len = fread(header, 1, sizeof header, file);
    const bool failed = ferror(file) != 0;
    (void)fclose(file);
    if (failed)
        return unreadable(error);
    if (len < sizeof header || memcmp(header, "SQLite format 3", 16) != 0 ||
        big_endian(header + AT_APPLICATION) != APPLICATION)
        return SQL_FILE_FOREIGN;
    const uint32_t schema = big_endian(header + AT_VERSION);
    if (schema != RESULTS_SCHEMA)
        return schema > RESULTS_SCHEMA ? SQL_FILE_NEWER : SQL_FILE_OLDER;
    return SQL_FILE_OURS;
}

sqlite3 *sql_open_ours(const char *path, enum sql_mode mode, char *error)
{
    switch (sql_file_look(path, error)) {
    case SQL_FILE_OLDER:
        if (mode == SQL_READ)
            return sql_open(path, mode, error);
        (void)sql_error(error, "was written by an older ikelab, with an older schema: it is left "
                               "as it is, and can be read");
        break;
    case SQL_FILE_OURS:
        return sql_open(path, mode, error);
    case SQL_FILE_ABSENT:
        (void)sql_error(error, "is not there: name a database that `ikelab run` has made");
        break;
    case SQL_FILE_NEWER:
        (void)sql_error(error, "was written by a newer ikelab, with a newer schema: use that one");
        break;
    case SQL_FILE_FOREIGN:
        (void)sql_error(error, "is no database of ikelab: name one that `ikelab run` has made");
        break;
    case SQL_FILE_TROUBLE:
        break;
    }
    return NULL;
}

bool sql_run(sqlite3 *db, const char *sql, char *error)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || sql_trouble(db, error);
}

sqlite3_stmt *sql_prepare(sqlite3 *db, const char *sql, char *error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK)
        return statement;
    (void)sql_trouble(db, error);
    return NULL;
}

bool sql_step_done(sqlite3 *db, sqlite3_stmt *statement, char *error)
{
    const int got = sqlite3_step(statement);
    const bool good = got == SQLITE_DONE || got == SQLITE_ROW;
    if (!good)
        (void)sql_trouble(db, error);
    (void)sqlite3_reset(statement);
    return good;
}

bool sql_text(sqlite3_stmt *statement, int index, const char *text)
{
    return sqlite3_bind_text(statement, index, text != NULL ? text : "", -1, SQLITE_TRANSIENT) ==
           SQLITE_OK;
}

int64_t sql_number(sqlite3 *db, const char *sql, int64_t none)
{
    char error[RESULTS_ERROR_MAX];
    sqlite3_stmt *const statement = sql_prepare(db, sql, error);
    int64_t value = none;
    if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return value;
}
