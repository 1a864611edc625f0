/* SPDX-License-Identifier: MIT
 * Reading a database: tables for people, lines for programs, traced messages. */
#include "results/database.h"
#include "results/sql.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 64 };

/* All cells as text, row after row; a name's row is first. */
struct table {
    int columns;
    size_t rows, room;
    char **cells;
    bool number[COLUMNS_MAX]; /* all of the column are numbers */
    bool full[COLUMNS_MAX];   /* some of the column is there */
    size_t width[COLUMNS_MAX];
};

/* Characters, not octets, of UTF-8. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80 ? 1 : 0;
    return width;
}

/* Room for one more row, whose cells are empty. */
static bool row_room(struct table *t)
{
    if (t->rows == t->room) {
        const size_t room = t->room == 0 ? 64 : t->room * 2;
        char **const cells = realloc(t->cells, room * (size_t)t->columns * sizeof *cells);
        if (cells == NULL)
            return false;
        t->cells = cells;
        t->room = room;
    }
    for (int i = 0; i < t->columns; i++)
        t->cells[t->rows * (size_t)t->columns + (size_t)i] = NULL;
    t->rows++;
    return true;
}

/* False: no memory. */
static bool row_add(struct table *t, sqlite3_stmt *statement, bool names)
{
    if (!row_room(t))
        return false;
    char **const row = t->cells + (t->rows - 1) * (size_t)t->columns;
    for (int i = 0; i < t->columns; i++) {
        const char *const name = sqlite3_column_name(statement, i);
        const char *text = names ? name : (const char *)sqlite3_column_text(statement, i);
        const int type = names ? SQLITE_NULL : sqlite3_column_type(statement, i);
        t->full[i] = t->full[i] || type != SQLITE_NULL;
        t->number[i] = t->number[i] && type != SQLITE_TEXT && type != SQLITE_BLOB;
        if (text == NULL)
            text = names ? "" : "-";
        t->width[i] = width_of(text) > t->width[i] ? width_of(text) : t->width[i];
        row[i] = strdup(text);
        if (row[i] == NULL)
            return false;
    }
    return true;
}

static void cell_print(const struct table *t, size_t row, int column, bool last)
{
    const char *const text = t->cells[row * (size_t)t->columns + (size_t)column];
    const int pad = (int)(t->width[column] - width_of(text));
    if (t->number[column])
        (void)printf("%*s%s", pad, "", text);
    else
        (void)printf("%s%*s", text, last ? 0 : pad, "");
    (void)printf("%s", last ? "\n" : "  ");
}

static void rule_print(const struct table *t, int column, bool last)
{
    for (size_t i = 0; i < t->width[column]; i++)
        (void)putchar('-');
    (void)printf("%s", last ? "\n" : "  ");
}

static void table_print(const struct table *t)
{
    int last = -1;
    for (int i = 0; i < t->columns; i++)
        last = t->full[i] ? i : last;
    for (size_t row = 0; last >= 0 && row < t->rows; row++) {
        for (int i = 0; i <= last; i++)
            if (t->full[i])
                cell_print(t, row, i, i == last);
        for (int i = 0; row == 0 && i <= last; i++)
            if (t->full[i])
                rule_print(t, i, i == last);
    }
    if (last < 0)
        (void)printf("(no rows)\n");
}

static void csv_cell(const char *text, bool last)
{
    if (text != NULL && strpbrk(text, ",\"\r\n") == NULL) {
        (void)fputs(text, stdout);
    } else if (text != NULL) {
        (void)putchar('"');
        for (; *text != '\0'; text++)
            (void)printf("%s%c", *text == '"' ? "\"" : "", *text);
        (void)putchar('"');
    }
    (void)fputs(last ? "\r\n" : ",", stdout);
}

static void csv_row(sqlite3_stmt *statement, bool names)
{
    const int columns = sqlite3_column_count(statement);
    for (int i = 0; i < columns; i++)
        csv_cell(names ? sqlite3_column_name(statement, i)
                       : (const char *)sqlite3_column_text(statement, i),
                 i == columns - 1);
}

/* Opens for reading and prepares what must be a SELECT. */
static sqlite3_stmt *query(const char *path, const char *sql, sqlite3 **db, char *error)
{
    sqlite3_stmt *statement = NULL;
    *db = sql_open_ours(path, SQL_READ, error);
    if (*db == NULL)
        return NULL;
    if (sqlite3_prepare_v2(*db, sql, -1, &statement, NULL) != SQLITE_OK)
        (void)sql_trouble(*db, error);
    else if (statement == NULL || sqlite3_column_count(statement) == 0 ||
             !sqlite3_stmt_readonly(statement))
        (void)sql_error(error, "is only read here: give a SELECT");
    else
        return statement;
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(*db);
    return NULL;
}

/* Ends a query; `got` is what its last step said. */
static bool query_end(sqlite3 *db, sqlite3_stmt *statement, int got, char *error)
{
    const bool good = got == SQLITE_DONE || sql_trouble(db, error);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return good;
}

/* All rows; what the last step said, or SQLITE_NOMEM. */
static int rows_read(struct table *t, sqlite3_stmt *statement)
{
    int got = SQLITE_ROW;
    assert(t->columns > 0); /* query refuses what gives none */
    for (int i = 0; i < t->columns; i++)
        t->number[i] = true;
    for (bool names = true; got == SQLITE_ROW; names = false) {
        if (!row_add(t, statement, names))
            return SQLITE_NOMEM;
        got = sqlite3_step(statement);
    }
    return got;
}

bool results_print(const char *path, const char *sql, char *error)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *const statement = query(path, sql, &db, error);
    if (statement == NULL)
        return false;
    struct table table = {.columns = sqlite3_column_count(statement)};
    const bool wide = table.columns > COLUMNS_MAX;
    const int got = wide ? SQLITE_DONE : rows_read(&table, statement);
    if (got == SQLITE_DONE && !wide)
        table_print(&table);
    for (size_t i = 0; i < table.rows * (size_t)table.columns; i++)
        free(table.cells[i]);
    free(table.cells);
    bool good = query_end(db, statement, got, error);
    if (wide)
        good = sql_error(error, "gives over %d columns: ask for fewer, or for CSV", COLUMNS_MAX);
    else if (got == SQLITE_NOMEM)
        good = sql_error(error, "gives too many rows for a table: ask for fewer, or for CSV");
    return good;
}

bool results_print_csv(const char *path, const char *sql, char *error)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *const statement = query(path, sql, &db, error);
    if (statement == NULL)
        return false;
    csv_row(statement, true);
    int got;
    while ((got = sqlite3_step(statement)) == SQLITE_ROW)
        csv_row(statement, false);
    return query_end(db, statement, got, error);
}

bool results_messages(const char *path, uint32_t run,
                      void (*take)(void *owner, const struct results_message *message), void *owner,
                      char *error)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *const s =
        query(path,
              "SELECT at_ns, who, from_ip, from_port, to_ip, to_port, inbound, fate, text, bytes"
              " FROM message WHERE run = ? ORDER BY number",
              &db, error);
    if (s == NULL)
        return false;
    (void)sqlite3_bind_int64(s, 1, run);
    int got;
    while ((got = sqlite3_step(s)) == SQLITE_ROW) {
        const void *const bytes = sqlite3_column_blob(s, 9);
        const struct results_message message = {
            .at_ns = (uint64_t)sqlite3_column_int64(s, 0),
            .who = (const char *)sqlite3_column_text(s, 1),
            .from = (const char *)sqlite3_column_text(s, 2),
            .to = (const char *)sqlite3_column_text(s, 4),
            .from_port = (uint16_t)sqlite3_column_int(s, 3),
            .to_port = (uint16_t)sqlite3_column_int(s, 5),
            .inbound = sqlite3_column_int(s, 6) != 0,
            .fate = (const char *)sqlite3_column_text(s, 7),
            .text = (const char *)sqlite3_column_text(s, 8),
            .bytes = {.at = bytes, .len = (size_t)sqlite3_column_bytes(s, 9)}};
        take(owner, &message);
    }
    return query_end(db, s, got, error);
}
