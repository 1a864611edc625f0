/* SPDX-License-Identifier: MIT
 * The recorder of one run: rows go into a small SQLite file through prepared
 * statements, in one transaction, without journal. The first failure is kept
 * and told when the spool is closed. */
#include "results/spool.h"

#include "results/sql.h"
#include "sim/loop.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One a table; `columns` says of what type each value is: i integer, t text. */
enum spool_table { METRIC, SERIES, HANDSHAKE, REFUSAL, MESSAGE, TABLES };

static const char *const inserts[TABLES] = {
    [METRIC] = "INSERT INTO metric VALUES(?,?,?)",
    [SERIES] = "INSERT INTO series VALUES(?,?,?,?)",
    [HANDSHAKE] = "INSERT INTO handshake VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [REFUSAL] = "INSERT INTO refusal VALUES(?,?,?)",
    [MESSAGE] = "INSERT INTO message VALUES(?,?,?,?,?,?,?,?,?,?,?)",
};

static const char tables[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
    "BEGIN;"
    "CREATE TABLE run(run, point, seed, fingerprint, events, wall_ns, cpu_ns);"
    "CREATE TABLE metric(who, metric, value);"
    "CREATE TABLE series(who, series, at_ns, value);"
    "CREATE TABLE handshake(number, who, client, start_ns, end_ns, outcome, phase, reason, notify,"
    " retransmissions, cookies, \"groups\", round_trips, patience_over);"
    "CREATE TABLE refusal(who, reason, count);"
    "CREATE TABLE message(number, at_ns, who, inbound, from_ip, from_port, to_ip, to_port, fate,"
    " text, bytes);";

struct results_spool {
    struct sim_record record; /* first: a record of ours is the spool */
    sqlite3 *db;
    sqlite3_stmt *insert[TABLES];
    int64_t handshakes, messages;
    bool failed;
    char error[RESULTS_ERROR_MAX];
};

static struct results_spool *spool_of(struct sim_record *record)
{
    return (struct results_spool *)(void *)record;
}

static void number(sqlite3_stmt *statement, int column, uint64_t value)
{
    (void)sqlite3_bind_int64(statement, column, (int64_t)value);
}

/* The text stays with its owner until the row is written. */
static void text(sqlite3_stmt *statement, int column, const char *value)
{
    (void)sqlite3_bind_text(statement, column, value, -1, SQLITE_STATIC);
}

static void written(struct results_spool *spool, enum spool_table table)
{
    if (!spool->failed && !sql_step_done(spool->db, spool->insert[table], spool->error))
        spool->failed = true;
}

static void spool_metric(struct sim_record *r, const char *who, enum sim_metric metric,
                         int64_t value)
{
    struct results_spool *const spool = spool_of(r);
    sqlite3_stmt *const s = spool->insert[METRIC];
    text(s, 1, who);
    text(s, 2, sim_metric_rows[metric].name);
    (void)sqlite3_bind_int64(s, 3, value);
    written(spool, METRIC);
}

static void spool_series(struct sim_record *r, const char *who, enum sim_series series,
                         uint64_t at_ns, int64_t value)
{
    struct results_spool *const spool = spool_of(r);
    sqlite3_stmt *const s = spool->insert[SERIES];
    text(s, 1, who);
    text(s, 2, sim_series_rows[series].name);
    number(s, 3, at_ns);
    (void)sqlite3_bind_int64(s, 4, value);
    written(spool, SERIES);
}

static void spool_handshake(struct sim_record *r, const struct sim_handshake *h)
{
    static const char *const phases[] = {
        [SIM_BEFORE] = "before", [SIM_DURING] = "during", [SIM_AFTER] = "after"};
    static const char *const outcomes[] = {
        [SIM_SUCCEEDED] = "succeeded", [SIM_FAILED] = "failed", [SIM_CENSORED] = "censored"};
    struct results_spool *const spool = spool_of(r);
    sqlite3_stmt *const s = spool->insert[HANDSHAKE];
    (void)sqlite3_bind_int64(s, 1, spool->handshakes++);
    text(s, 2, h->who);
    number(s, 3, h->client);
    number(s, 4, h->start_ns);
    if (h->end_ns == SIM_NEVER)
        (void)sqlite3_bind_null(s, 5);
    else
        number(s, 5, h->end_ns);
    text(s, 6, outcomes[h->outcome]);
    text(s, 7, phases[h->phase]);
    text(s, 8, ike_why_row(h->why)->name);
    number(s, 9, h->notify);
    number(s, 10, h->retransmissions);
    number(s, 11, h->cookies);
    number(s, 12, h->groups);
    number(s, 13, h->round_trips);
    number(s, 14, h->patience_over ? 1 : 0);
    written(spool, HANDSHAKE);
}

static void spool_refusal(struct sim_record *r, const char *who, const char *reason, uint64_t count)
{
    struct results_spool *const spool = spool_of(r);
    sqlite3_stmt *const s = spool->insert[REFUSAL];
    text(s, 1, who);
    text(s, 2, reason);
    number(s, 3, count);
    written(spool, REFUSAL);
}

static void spool_message(struct sim_record *r, const struct sim_message *m)
{
    char from[IKE_ADDR_TEXT];
    char to[IKE_ADDR_TEXT];
    struct results_spool *const spool = spool_of(r);
    sqlite3_stmt *const s = spool->insert[MESSAGE];
    ike_addr_format(&m->from, from);
    ike_addr_format(&m->to, to);
    (void)sqlite3_bind_int64(s, 1, spool->messages++);
    number(s, 2, m->at_ns);
    text(s, 3, m->who);
    number(s, 4, m->inbound ? 1 : 0);
    text(s, 5, from);
    number(s, 6, m->from.port);
    text(s, 7, to);
    number(s, 8, m->to.port);
    text(s, 9, m->fate);
    text(s, 10, m->text);
    (void)sqlite3_bind_blob64(s, 11, m->bytes.len > 0 ? (const void *)m->bytes.at : "",
                              m->bytes.len, SQLITE_STATIC);
    written(spool, MESSAGE);
}

/* Keys are for captures; a database that is passed around holds none. */
static void spool_keys(struct sim_record *r, const struct ike_sa_keys *keys)
{
    (void)r;
    (void)keys;
}

static const struct sim_record_ops spool_ops = {
    .metric = spool_metric,
    .series = spool_series,
    .handshake = spool_handshake,
    .refusal = spool_refusal,
    .message = spool_message,
    .keys = spool_keys,
};

static void spool_free(struct results_spool *spool)
{
    for (size_t i = 0; i < TABLES; i++)
        (void)sqlite3_finalize(spool->insert[i]);
    (void)sqlite3_close(spool->db);
    free(spool);
}

struct results_spool *results_spool_open(const char *path, char *error)
{
    struct results_spool *const spool = calloc(1, sizeof *spool);
    if (spool == NULL) {
        (void)sql_error(error, "%.300s cannot be made: no memory", path);
        return NULL;
    }
    spool->record.ops = &spool_ops;
    (void)unlink(path);
    spool->db = sql_open(path, SQL_CREATE, spool->error);
    bool good = spool->db != NULL && sql_run(spool->db, tables, spool->error);
    for (size_t i = 0; good && i < TABLES; i++) {
        spool->insert[i] = sql_prepare(spool->db, inserts[i], spool->error);
        good = spool->insert[i] != NULL;
    }
    if (good)
        return spool;
    (void)sql_error(error, "%.200s %.300s", path, spool->error);
    spool_free(spool);
    return NULL;
}

struct sim_record *results_spool_record(struct results_spool *spool)
{
    return &spool->record;
}

static bool run_written(struct results_spool *spool, const struct results_run *run)
{
    sqlite3_stmt *const s =
        sql_prepare(spool->db, "INSERT INTO run VALUES(?,?,?,?,?,?,?)", spool->error);
    if (s == NULL)
        return false;
    number(s, 1, run->number);
    number(s, 2, run->point);
    number(s, 3, run->seed);
    text(s, 4, run->fingerprint);
    number(s, 5, run->events);
    number(s, 6, run->wall_ns);
    number(s, 7, run->cpu_ns);
    const bool good = sql_step_done(spool->db, s, spool->error);
    (void)sqlite3_finalize(s);
    return good && sql_run(spool->db, "COMMIT", spool->error);
}

bool results_spool_close(struct results_spool *spool, const struct results_run *run, char *error)
{
    const bool good = !spool->failed && run_written(spool, run);
    if (!good)
        (void)sql_error(error, "the temporary file of run %u %.400s", (unsigned)run->number,
                        spool->error);
    spool_free(spool);
    return good;
}
