/* SPDX-License-Identifier: MIT
 * The view `answer`, written for the parameters that this study sweeps. */
#include "results/answer.h"

#include <string.h>

/* The last two words of a path, "cookies.at", or all of it where another swept path ends so too. */
static bool tail_unique(sqlite3_stmt *paths, const char *tail)
{
    int ending = 0;
    (void)sqlite3_reset(paths);
    while (sqlite3_step(paths) == SQLITE_ROW) {
        const char *const path = (const char *)sqlite3_column_text(paths, 0);
        const size_t len = strlen(path);
        if (len >= strlen(tail) && strcmp(path + len - strlen(tail), tail) == 0)
            ending++;
    }
    return ending < 2;
}

static const char *tail_of(const char *path)
{
    const char *const last = strrchr(path, '.');
    const char *at = last;
    while (at != NULL && at > path && at[-1] != '.')
        at--;
    return at == last && last != NULL && last > path ? path : at == NULL ? path : at;
}

bool answer_write(sqlite3 *db, char *error)
{
    static const char select[] = "SELECT DISTINCT path FROM param WHERE swept ORDER BY path";
    sqlite3_stmt *const columns = sql_prepare(db, select, error);
    sqlite3_stmt *const paths = sql_prepare(db, select, error);
    sqlite3_str *const text = sqlite3_str_new(db);
    bool good = columns != NULL && paths != NULL;

    sqlite3_str_appendall(text, "CREATE VIEW answer AS SELECT");
    while (good && sqlite3_step(columns) == SQLITE_ROW) {
        const char *const path = (const char *)sqlite3_column_text(columns, 0);
        const char *const tail = tail_of(path);
        sqlite3_str_appendf(text,
                            " (SELECT text FROM param AS p WHERE p.point = a.point AND path = %Q)"
                            " AS \"%w\",",
                            path, tail_unique(paths, tail) ? tail : path);
    }
    sqlite3_str_appendall(text, " a.* FROM answer_of_points AS a");
    (void)sqlite3_finalize(columns);
    (void)sqlite3_finalize(paths);
    char *const sql = sqlite3_str_finish(text);
    good = good && sql != NULL && sql_run(db, sql, error);
    sqlite3_free(sql);
    return good;
}
