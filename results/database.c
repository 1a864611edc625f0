/* SPDX-License-Identifier: MIT
 * The database of a study, written: made, gone on with, fed from spools, and
 * closed to one file. */
#include "results/database.h"

#include "results/answer.h"
#include "results/sql.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct results_db {
    sqlite3 *sql;
    bool means_kept; /* kept_mean is there and true */
    bool fresh;      /* still under its first name, in its first transaction */
    uint32_t jobs;
    int64_t checks;
    char path[RESULTS_PATH_MAX];
    char first[RESULTS_PATH_MAX + 8]; /* path and "-new" */
};

static bool schema_write(sqlite3 *db, char *error)
{
    size_t len = 1;
    for (size_t i = 0; results_schema[i] != NULL; i++)
        len += strlen(results_schema[i]);
    char *const text = malloc(len);
    if (text == NULL)
        return sql_error(error, "cannot be made: no memory");
    char *end = text;
    for (size_t i = 0; results_schema[i] != NULL; i++)
        end = stpcpy(end, results_schema[i]);
    const bool good = sql_run(db, text, error);
    free(text);
    return good;
}

static bool study_write(sqlite3 *db, const struct results_study *study, char *error)
{
    const char *const texts[] = {study->experiment,  study->question, study->config_text,
                                 study->config_hash, study->version,  study->commit,
                                 study->compiler,    study->provider, study->openssl,
                                 study->ns3,         study->daemons};
    const int count = sizeof texts / sizeof texts[0];
    sqlite3_stmt *const row =
        sql_prepare(db, "INSERT INTO study VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", error);
    if (row == NULL)
        return false;
    for (int i = 0; i < count; i++)
        (void)sql_text(row, i + 1, texts[i]);
    (void)sqlite3_bind_int64(row, count + 1, study->points);
    (void)sqlite3_bind_int64(row, count + 2, study->seeds);
    (void)sql_text(row, count + 3, study->figures);
    const bool good = sql_step_done(db, row, error);
    (void)sqlite3_finalize(row);
    return good;
}

static bool kind_write(sqlite3 *db, sqlite3_stmt *row, const char *const *texts, char *error)
{
    for (int i = 0; texts[i] != NULL; i++)
        (void)sql_text(row, i + 1, texts[i]);
    return sql_step_done(db, row, error);
}

static bool kinds_write(sqlite3 *db, char *error)
{
    sqlite3_stmt *const metric =
        sql_prepare(db, "INSERT INTO metric_kind VALUES(?,?,?,?,?)", error);
    sqlite3_stmt *const series = sql_prepare(db, "INSERT INTO series_kind VALUES(?,?,?)", error);
    bool good = metric != NULL && series != NULL;
    for (size_t i = 0; good && i < SIM_METRIC_COUNT; i++) {
        const struct sim_metric_row *const m = &sim_metric_rows[i];
        good = kind_write(db, metric,
                          (const char *[]){m->name, m->unit, m->kind, m->who, m->meaning, NULL},
                          error);
    }
    for (size_t i = 0; good && i < SIM_SERIES_COUNT; i++) {
        const struct sim_series_row *const s = &sim_series_rows[i];
        good = kind_write(db, series, (const char *[]){s->name, s->unit, s->meaning, NULL}, error);
    }
    (void)sqlite3_finalize(metric);
    (void)sqlite3_finalize(series);
    return good;
}

/* What a killed program left under the first name is ours to remove; anything else is not. */
static bool first_name_free(const char *first, char *error)
{
    char ignored[RESULTS_ERROR_MAX];
    FILE *const file = fopen(first, "rb");
    if (file == NULL)
        return true;
    const bool empty = fgetc(file) == EOF && ferror(file) == 0;
    (void)fclose(file);
    if (empty || sql_file_look(first, ignored) == SQL_FILE_OURS)
        (void)unlink(first);
    else
        return sql_error(error, "cannot be made: %.300s is in the way", first);
    return true;
}

static struct results_db *db_open(const char *path, const struct results_study *study, char *error)
{
    struct results_db *const db = calloc(1, sizeof *db);
    if (db == NULL) {
        (void)sql_error(error, "cannot be opened: no memory");
        return NULL;
    }
    if (strlen(path) >= sizeof db->path - 16) {
        (void)sql_error(error, "has too long a name");
        free(db);
        return NULL;
    }
    db->jobs = study->jobs;
    (void)snprintf(db->path, sizeof db->path, "%s", path);
    (void)snprintf(db->first, sizeof db->first, "%s-new", path);
    return db;
}

static void db_free(struct results_db *db)
{
    (void)sqlite3_close(db->sql);
    if (db->fresh)
        (void)unlink(db->first);
    free(db);
}

struct results_db *results_create(const char *path, const struct results_study *study, char *error)
{
    struct results_db *const db = db_open(path, study, error);
    if (db == NULL)
        return NULL;
    bool good = access(path, F_OK) != 0 || sql_error(error, "is there already");
    good = good && first_name_free(db->first, error);
    if (good) {
        db->fresh = true;
        db->sql = sql_open(db->first, SQL_CREATE, error);
        good = db->sql != NULL;
    }
    if (good && sql_run(db->sql, "PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE", error) &&
        schema_write(db->sql, error) && study_write(db->sql, study, error) &&
        kinds_write(db->sql, error))
        return db;
    db_free(db);
    return NULL;
}

static bool wal_on(struct results_db *db, char *error)
{
    db->sql = sql_open(db->path, SQL_WRITE, error);
    return db->sql != NULL &&
           sql_run(db->sql, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", error);
}

/* The end of the first transaction: the file gets its name, whole. */
static bool settled(struct results_db *db, char *error)
{
    if (db->sql == NULL)
        return sql_error(error, "could not be opened");
    if (!db->fresh)
        return true;
    if (!answer_write(db->sql, error) || !sql_run(db->sql, "COMMIT", error))
        return false;
    (void)sqlite3_close(db->sql);
    db->sql = NULL;
    if (access(db->path, F_OK) == 0)
        return sql_error(error, "has come to be there meanwhile: it is left as it is");
    if (rename(db->first, db->path) != 0)
        return sql_error(error, "cannot be made: %s", strerror(errno));
    db->fresh = false;
    return wal_on(db, error);
}

struct results_db *results_resume(const char *path, const struct results_study *study, char *error)
{
    struct results_db *const db = db_open(path, study, error);
    if (db == NULL)
        return NULL;
    sqlite3 *const ours = sql_open_ours(path, SQL_WRITE, error);
    if (ours != NULL) {
        (void)sqlite3_close(ours);
        if (wal_on(db, error) &&
            sql_run(db->sql, "DELETE FROM \"check\"; DELETE FROM theory", error))
            return db;
    }
    db_free(db);
    return NULL;
}

static bool number_bind(sqlite3_stmt *row, int column, double value)
{
    return isfinite(value) ? sqlite3_bind_double(row, column, value) == SQLITE_OK
                           : sqlite3_bind_null(row, column) == SQLITE_OK;
}

bool results_param_add(struct results_db *db, const struct results_param *param, char *error)
{
    sqlite3_stmt *const row = sql_prepare(db->sql, "INSERT INTO param VALUES(?,?,?,?,?)", error);
    if (row == NULL)
        return false;
    (void)sqlite3_bind_int64(row, 1, param->point);
    (void)sql_text(row, 2, param->path);
    (void)sql_text(row, 3, param->text);
    (void)number_bind(row, 4, param->number);
    (void)sqlite3_bind_int(row, 5, param->swept ? 1 : 0);
    const bool good = sql_step_done(db->sql, row, error);
    (void)sqlite3_finalize(row);
    return good;
}

bool results_has_run(struct results_db *db, uint32_t number)
{
    char error[RESULTS_ERROR_MAX];
    char sql[80];
    (void)snprintf(sql, sizeof sql, "SELECT 1 FROM run WHERE run = %u", (unsigned)number);
    return settled(db, error) && sql_number(db->sql, sql, 0) == 1;
}

/* The last of two rows of one name counts. */
static const char move[] =
    "BEGIN IMMEDIATE;"
    "INSERT INTO main.run SELECT run, point, seed, fingerprint, events FROM spool.run;"
    "INSERT OR REPLACE INTO main.metric SELECT run, who, metric, value"
    " FROM spool.run, spool.metric ORDER BY spool.metric.rowid;"
    "INSERT OR REPLACE INTO main.series SELECT run, who, series, at_ns, value"
    " FROM spool.run, spool.series ORDER BY spool.series.rowid;"
    "INSERT INTO main.handshake SELECT run, number, who, client, start_ns, end_ns, outcome, phase,"
    " reason, notify, retransmissions, cookies, \"groups\", round_trips, patience_over"
    " FROM spool.run, spool.handshake;"
    "INSERT INTO main.refusal SELECT run, who, reason, sum(count)"
    " FROM spool.run, spool.refusal GROUP BY who, reason;"
    "INSERT INTO main.message SELECT run, number, at_ns, who, inbound, from_ip, from_port, to_ip,"
    " to_port, fate, text, bytes FROM spool.run, spool.message;";

static bool moved(struct results_db *db, const char *spool_path, char *error)
{
    char machine[160];
    if (sql_number(db->sql, "SELECT count(*) FROM spool.run", 0) != 1)
        return sql_error(error, "cannot take the run in %.300s: it is not whole", spool_path);
    if (sql_number(db->sql, "SELECT 1 FROM spool.run JOIN main.run USING (run)", 0) == 1)
        return sql_error(error, "has run %lld already: is another ikelab writing to it?",
                         (long long)sql_number(db->sql, "SELECT run FROM spool.run", 0));
    (void)snprintf(
        machine, sizeof machine,
        "INSERT INTO main.machine SELECT run, wall_ns, cpu_ns, %u FROM spool.run; COMMIT",
        (unsigned)db->jobs);
    if (sql_run(db->sql, move, error) && sql_run(db->sql, machine, error))
        return true;
    (void)sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool results_take(struct results_db *db, const char *spool_path, char *error)
{
    if (!settled(db, error))
        return false;
    if (access(spool_path, R_OK) != 0)
        return sql_error(error, "cannot take the run in %.300s: %s", spool_path, strerror(errno));
    sqlite3_stmt *const attach = sql_prepare(db->sql, "ATTACH ? AS spool", error);
    if (attach == NULL)
        return false;
    (void)sql_text(attach, 1, spool_path);
    bool good = sql_step_done(db->sql, attach, error);
    (void)sqlite3_finalize(attach);
    if (!good)
        return false;
    good = moved(db, spool_path, error);
    if (db->means_kept && sql_run(db->sql, "DROP TABLE temp.kept_mean", error))
        db->means_kept = false;
    (void)sqlite3_exec(db->sql, "DETACH spool", NULL, NULL, NULL);
    if (good)
        (void)unlink(spool_path);
    return good;
}

bool results_check_add(struct results_db *db, const struct results_check *check, char *error)
{
    const double numbers[] = {check->expected, check->measured, check->low, check->high,
                              check->tolerance};
    if (!settled(db, error))
        return false;
    sqlite3_stmt *const row =
        sql_prepare(db->sql, "INSERT INTO \"check\" VALUES(?,?,?,?,?,?,?,?,?,?,?)", error);
    if (row == NULL)
        return false;
    (void)sqlite3_bind_int64(row, 1, db->checks++);
    (void)sql_text(row, 2, check->name);
    (void)sql_text(row, 3, check->metric);
    (void)sql_text(row, 4, check->theory);
    if (check->point != UINT32_MAX)
        (void)sqlite3_bind_int64(row, 5, check->point);
    for (int i = 0; i < 5; i++)
        (void)number_bind(row, 6 + i, numbers[i]);
    (void)sqlite3_bind_int(row, 11, check->pass ? 1 : 0);
    const bool good = sql_step_done(db->sql, row, error);
    (void)sqlite3_finalize(row);
    return good;
}

bool results_theory_add(struct results_db *db, const struct results_theory *theory, char *error)
{
    if (!settled(db, error))
        return false;
    sqlite3_stmt *const row =
        sql_prepare(db->sql, "INSERT OR REPLACE INTO theory VALUES(?,?,?,?)", error);
    if (row == NULL)
        return false;
    (void)sqlite3_bind_int64(row, 1, theory->point);
    (void)sql_text(row, 2, theory->theory);
    (void)sql_text(row, 3, theory->metric);
    (void)number_bind(row, 4, theory->value);
    const bool good = sql_step_done(db->sql, row, error);
    (void)sqlite3_finalize(row);
    return good;
}

/* The view computes every mean for each that is asked: they are kept until a run comes. */
static bool means_kept(struct results_db *db, char *error)
{
    if (!db->means_kept)
        db->means_kept =
            sql_run(db->sql,
                    "CREATE TEMP TABLE kept_mean AS SELECT * FROM mean;"
                    "CREATE INDEX temp.kept_mean_place ON kept_mean(point, who, metric)",
                    error);
    return db->means_kept;
}

static struct results_mean mean_read(sqlite3_stmt *row)
{
    struct results_mean mean = {0};
    if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_int(row, 0) > 0)
        mean = (struct results_mean){.count = (uint32_t)sqlite3_column_int(row, 0),
                                     .mean = sqlite3_column_double(row, 1),
                                     .low = sqlite3_column_double(row, 2),
                                     .high = sqlite3_column_double(row, 3)};
    (void)sqlite3_finalize(row);
    return mean;
}

struct results_mean results_mean_of(struct results_db *db, uint32_t point, const char *who,
                                    const char *metric)
{
    char error[RESULTS_ERROR_MAX];
    if (!settled(db, error) || !means_kept(db, error))
        return (struct results_mean){0};
    sqlite3_stmt *const row = sql_prepare(
        db->sql,
        "SELECT seeds, mean, low, high FROM kept_mean WHERE point = ? AND who = ? AND metric = ?",
        error);
    if (row == NULL)
        return (struct results_mean){0};
    (void)sqlite3_bind_int64(row, 1, point);
    (void)sql_text(row, 2, who != NULL ? who : "*");
    (void)sql_text(row, 3, metric);
    return mean_read(row);
}

/* Of one who it is read where it stands, of everyone from the view that sums it. */
static sqlite3_stmt *difference_prepare(struct results_db *db, bool everyone, char *error)
{
    char text[1024];
    const char *const rows =
        everyone ? "value JOIN run USING (run, point)" : "metric JOIN run USING (run)";
    (void)snprintf(
        text, sizeof text,
        "WITH here AS (SELECT seed, value FROM %s"
        "              WHERE point = ?1 AND who = ?3 AND metric = ?4),"
        "there AS (SELECT seed, value FROM %s"
        "          WHERE point = ?2 AND who = ?3 AND metric = ?4),"
        "each AS (SELECT there.value - here.value AS d FROM here JOIN there USING (seed)),"
        "sums AS (SELECT count(*) AS n, avg(d) AS mean FROM each),"
        "wide AS (SELECT n, mean, iif(n < 2, 0.0,"
        "         sqrt((SELECT total((d - mean) * (d - mean)) FROM each) / (n - 1) / n)"
        "         * (SELECT t FROM student WHERE df < n ORDER BY df DESC LIMIT 1)) AS half"
        "         FROM sums)"
        "SELECT n, mean, mean - half, mean + half FROM wide",
        rows, rows);
    return sql_prepare(db->sql, text, error);
}

struct results_mean results_difference_of(struct results_db *db, const struct results_pair *pair)
{
    char error[RESULTS_ERROR_MAX];
    if (!settled(db, error))
        return (struct results_mean){0};
    sqlite3_stmt *const row = difference_prepare(db, pair->who == NULL, error);
    if (row == NULL)
        return (struct results_mean){0};
    (void)sqlite3_bind_int64(row, 1, pair->point);
    (void)sqlite3_bind_int64(row, 2, pair->other);
    (void)sql_text(row, 3, pair->who != NULL ? pair->who : "*");
    (void)sql_text(row, 4, pair->metric);
    return mean_read(row);
}

struct results_marked results_marked(struct results_db *db, const char *mark, const char *metric)
{
    static const char text[] = "SELECT total(runs), (SELECT count(*) FROM run),"
                               " (SELECT max(value) FROM metric WHERE metric = ?2)"
                               " FROM marks WHERE mark = ?1";
    char error[RESULTS_ERROR_MAX];
    struct results_marked marked = {0};
    if (!settled(db, error))
        return marked;
    sqlite3_stmt *const row = sql_prepare(db->sql, text, error);
    if (row == NULL) /* one that was made before there was such a view */
        return marked;
    (void)sql_text(row, 1, mark);
    (void)(metric != NULL ? sql_text(row, 2, metric) : true);
    if (sqlite3_step(row) == SQLITE_ROW)
        marked = (struct results_marked){.runs = (uint32_t)sqlite3_column_int(row, 0),
                                         .of = (uint32_t)sqlite3_column_int(row, 1),
                                         .most = sqlite3_column_int64(row, 2)};
    (void)sqlite3_finalize(row);
    return marked;
}

bool results_metrics(struct results_db *db,
                     void (*take)(void *owner, const char *who, const char *metric), void *owner,
                     char *error)
{
    if (!settled(db, error))
        return false;
    sqlite3_stmt *const row =
        sql_prepare(db->sql, "SELECT DISTINCT who, metric FROM metric ORDER BY metric, who", error);
    if (row == NULL)
        return false;
    int got = sqlite3_step(row);
    for (; got == SQLITE_ROW; got = sqlite3_step(row))
        take(owner, (const char *)sqlite3_column_text(row, 0),
             (const char *)sqlite3_column_text(row, 1));
    (void)sqlite3_finalize(row);
    return got == SQLITE_DONE || sql_trouble(db->sql, error);
}

/* A reader that looks on keeps the WAL; the last one to leave folds it in. */
bool results_close(struct results_db *db, char *error)
{
    bool good = settled(db, error);
    if (good) {
        (void)sqlite3_busy_timeout(db->sql, 0);
        const int got =
            sqlite3_exec(db->sql, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE",
                         NULL, NULL, NULL);
        good = got == SQLITE_OK || got == SQLITE_BUSY || got == SQLITE_LOCKED ||
               sql_trouble(db->sql, error);
    }
    db_free(db);
    return good;
}
