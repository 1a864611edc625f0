/* SPDX-License-Identifier: MIT
 * How a file that is there stands to a study, without changing it. */
#include "results/database.h"
#include "results/sql.h"

#include <string.h>

static bool same(sqlite3_stmt *row, int column, const char *wanted)
{
    const char *const text = (const char *)sqlite3_column_text(row, column);
    return text != NULL && strcmp(text, wanted) == 0;
}

static enum results_state compared(sqlite3 *db, const struct results_study *study, char *error)
{
    sqlite3_stmt *const row = sql_prepare(
        db,
        "SELECT experiment, config_hash, version, provider, ns3, daemons, points, seeds,"
        " (SELECT count(*) FROM run) FROM study",
        error);
    if (row == NULL)
        return RESULTS_TROUBLE;
    enum results_state state = RESULTS_TROUBLE;
    const int got = sqlite3_step(row);
    const int64_t runs = (int64_t)study->points * study->seeds;
    if (got == SQLITE_DONE)
        (void)sql_error(error,
                        "is damaged (it names no study): move it away, or choose another file");
    else if (got != SQLITE_ROW)
        (void)sql_trouble(db, error);
    else if (!same(row, 0, study->experiment) || !same(row, 1, study->config_hash) ||
             !same(row, 2, study->version) || !same(row, 3, study->provider) ||
             !same(row, 4, study->ns3) || !same(row, 5, study->daemons) ||
             sqlite3_column_int64(row, 6) != study->points ||
             sqlite3_column_int64(row, 7) != study->seeds)
        state = RESULTS_OTHER;
    else if (sqlite3_column_int64(row, 8) < runs)
        state = RESULTS_PARTIAL;
    else
        state = RESULTS_COMPLETE;
    (void)sqlite3_finalize(row);
    return state;
}

enum results_state results_look(const char *path, const struct results_study *study, char *error)
{
    /* clang-format off */
    static const enum results_state states[] = {
        [SQL_FILE_ABSENT] = RESULTS_ABSENT,   [SQL_FILE_NEWER] = RESULTS_NEWER,
        [SQL_FILE_OLDER] = RESULTS_OTHER,
        [SQL_FILE_FOREIGN] = RESULTS_FOREIGN, [SQL_FILE_TROUBLE] = RESULTS_TROUBLE,
    };
    /* clang-format on */
    const enum sql_file file = sql_file_look(path, error);
    if (file != SQL_FILE_OURS)
        return states[file];
    sqlite3 *const db = sql_open(path, SQL_READ, error);
    if (db == NULL)
        return RESULTS_TROUBLE;
    const enum results_state state = compared(db, study, error);
    (void)sqlite3_close(db);
    return state;
}
