/* SPDX-License-Identifier: MIT
 * The spool and the database: what goes in comes out, nothing is lost or half
 * there, and no file that is not ours is touched. */
#include "results/results.h"
#include "sim/loop.h"
#include "tests/folder.h"
#include "tests/test.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

static char error[RESULTS_ERROR_MAX];

static const struct results_study study = {.experiment = "flood",
                                           .question = "What is lost?",
                                           .config_text = "for: 1s\n",
                                           .config_hash = "0123",
                                           .version = "0.1.0",
                                           .commit = "abc",
                                           .compiler = "cc",
                                           .provider = "modelled",
                                           .openssl = "OpenSSL 3",
                                           .ns3 = "",
                                           .daemons = "",
                                           .points = 2,
                                           .seeds = 3,
                                           .jobs = 2};

static void put(const char *name, const void *at, size_t len)
{
    FILE *const file = fopen(in_folder(name), "wb");
    if (EXPECT(file != NULL)) {
        EXPECT_EQ(fwrite(at, 1, len, file), len);
        EXPECT_EQ(fclose(file), 0);
    }
}

/* The first cell that `sql` gives, as text. */
static const char *ask(const char *path, const char *sql)
{
    static char answers[4][1000];
    static size_t next;
    char *const out = answers[next++ % 4];
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    (void)snprintf(out, sizeof answers[0], "none");
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        (void)snprintf(out, sizeof answers[0], "%s", (const char *)sqlite3_column_text(s, 0));
    else
        (void)snprintf(out, sizeof answers[0], "%s", sqlite3_errmsg(db));
    (void)sqlite3_finalize(s);
    (void)sqlite3_close(db);
    return out;
}

static void rows_record(struct sim_record *r, uint32_t run)
{
    static const uint8_t octets[] = {1, 2, 3, 0, 255};
    struct sim_handshake h = {.who = "honest",
                              .client = 7,
                              .start_ns = 1000 + run,
                              .end_ns = 5000,
                              .outcome = SIM_SUCCEEDED,
                              .phase = SIM_DURING,
                              .retransmissions = 1,
                              .cookies = 2,
                              .groups = 3,
                              .round_trips = 4};
    r->ops->metric(r, "honest", SIM_METRIC_SUCCESS_SHARE, 900000 + 10000 * (int64_t)run);
    r->ops->metric(r, "vpn", SIM_METRIC_HALF_OPEN_MAX, 40 + run);
    r->ops->metric(r, "far", SIM_METRIC_HALF_OPEN_MAX, 2);
    r->ops->series(r, "vpn", SIM_SERIES_HALF_OPEN, 500000000, 12);
    r->ops->series(r, "vpn", SIM_SERIES_HALF_OPEN, 1000000000, 13);
    r->ops->series(r, "vpn", SIM_SERIES_HALF_OPEN, 1000000000, 14);
    r->ops->handshake(r, &h);
    h.outcome = SIM_CENSORED;
    h.end_ns = SIM_NEVER;
    h.phase = SIM_AFTER;
    r->ops->handshake(r, &h);
    h.outcome = SIM_FAILED;
    h.end_ns = 9000;
    h.phase = SIM_BEFORE;
    h.why = WHY_NO_ANSWER;
    h.notify = 14;
    h.patience_over = true;
    r->ops->handshake(r, &h);
    r->ops->refusal(r, "vpn", "cookie_wanted", 5);
    r->ops->refusal(r, "vpn", "cookie_wanted", 6);
    const struct sim_message m = {.at_ns = 77,
                                  .who = "vpn",
                                  .from = ike_addr_v4(0xc0000201, 500),
                                  .to = ike_addr_v4(0x0a000001, 4500),
                                  .bytes = {.at = octets, .len = sizeof octets},
                                  .inbound = true,
                                  .text = "IKE_SA_INIT req 0  SA",
                                  .fate = "accepted"};
    r->ops->message(r, &m);
}

/* What live runs say of themselves: the second and the fifth were late, and of the last three the
 * daemon shared its CPUs. */
static bool marking;

static void marks_record(struct sim_record *r, uint32_t run)
{
    r->ops->metric(r, "run", SIM_METRIC_LATE, run % 3 == 1);
    r->ops->metric(r, "run", SIM_METRIC_LAG_MAX, 1000000 * (int64_t)(run + 1));
    r->ops->metric(r, "vpn", SIM_METRIC_CPUS_SHARED, run >= 3);
    r->ops->metric(r, "far", SIM_METRIC_CPUS_SHARED, run >= 3);
    r->ops->metric(r, "vpn", SIM_METRIC_STAND_IN, 0);
}

static bool spool_write(const char *path, uint32_t run)
{
    struct results_spool *const spool = results_spool_open(path, error);
    if (spool == NULL)
        return false;
    rows_record(results_spool_record(spool), run);
    if (marking)
        marks_record(results_spool_record(spool), run);
    const struct results_run facts = {.number = run,
                                      .point = run / study.seeds,
                                      .seed = run % study.seeds + 1,
                                      .fingerprint = "f00",
                                      .events = 100 + run,
                                      .wall_ns = 5,
                                      .cpu_ns = 4};
    return results_spool_close(spool, &facts, error);
}

static struct results_db *database_open(const char *path)
{
    struct results_db *const db = results_create(path, &study, error);
    if (!EXPECT(db != NULL))
        return NULL;
    for (uint32_t point = 0; point < study.points; point++) {
        const struct results_param at = {.point = point,
                                         .path = "gateways.vpn.cookies.at",
                                         .text = point == 0 ? "never" : "10",
                                         .number = point == 0 ? (double)NAN : 10,
                                         .swept = true};
        const struct results_param length = {
            .point = point, .path = "for", .text = "1s", .number = 1};
        EXPECT(results_param_add(db, &at, error));
        EXPECT(results_param_add(db, &length, error));
    }
    return db;
}

static bool run_take(struct results_db *db, uint32_t run)
{
    const char *const spool = in_folder("spool");
    return spool_write(spool, run) && results_take(db, spool, error) && access(spool, F_OK) != 0;
}

/* A database with runs first, first + step, … below 6. */
static void database_make(const char *path, const uint32_t *runs, size_t count)
{
    struct results_db *const db = database_open(path);
    for (size_t i = 0; i < count; i++)
        EXPECT(run_take(db, runs[i]));
    EXPECT(results_close(db, error));
}

static const uint32_t in_order[] = {0, 1, 2, 3, 4, 5};

static void test_rows_recorded_are_the_rows_read(void)
{
    const char *const db = in_folder("rows.db");
    database_make(db, in_order, 6);
    EXPECT_STR(ask(db, "SELECT count(*) || ' ' || sum(events) FROM run"), "6 615");
    EXPECT_STR(ask(db, "SELECT value FROM metric WHERE run = 4 AND metric = 'success_share'"),
               "940000");
    EXPECT_STR(ask(db, "SELECT group_concat(value) FROM series WHERE run = 0"), "12,14");
    EXPECT_STR(ask(db,
                   "SELECT group_concat(outcome || phase || coalesce(end_ns, '-')) FROM handshake "
                   "WHERE run = 1"),
               "succeededduring5000,censoredafter-,failedbefore9000");
    EXPECT_STR(ask(db, "SELECT reason || notify || retransmissions || cookies || \"groups\" || "
                       "round_trips || patience_over || client FROM handshake WHERE run = 1 AND "
                       "number = 2"),
               "no_answer14123417");
    EXPECT_STR(ask(db, "SELECT count FROM refusal WHERE run = 5"), "11");
    EXPECT_STR(ask(db, "SELECT from_ip || from_port || to_ip || to_port || hex(bytes) || text FROM "
                       "message WHERE run = 2"),
               "192.0.2.150010.0.0.14500"
               "01020300FFIKE_SA_INIT req 0  SA");
    EXPECT_STR(ask(db, "SELECT question || points || seeds FROM study"), "What is lost?23");
    EXPECT_STR(ask(db, "SELECT jobs || cpu_ns FROM machine WHERE run = 5"), "24");
    EXPECT_STR(ask(db, "SELECT unit FROM metric_kind WHERE metric = 'memory_max'"), "B");
}

static void test_one_file_remains_after_closing(void)
{
    const char *const db = in_folder("one.db");
    database_make(db, in_order, 6);
    EXPECT(access(db, F_OK) == 0);
    EXPECT(access(in_folder("one.db-wal"), F_OK) != 0);
    EXPECT(access(in_folder("one.db-shm"), F_OK) != 0);
    EXPECT(access(in_folder("one.db-new"), F_OK) != 0);
    EXPECT_STR(ask(db, "PRAGMA journal_mode"), "delete");
    EXPECT_STR(ask(db, "PRAGMA application_id"), "1768645996");
    EXPECT_STR(ask(db, "PRAGMA user_version"), "2");
    EXPECT_STR(ask(db, "PRAGMA integrity_check"), "ok");
}

/* The whole of `view`, cell by cell, as one number. */
static uint64_t rows_hash(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    uint64_t hash = 1469598103934665603u;
    EXPECT_EQ(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            const unsigned char *text = sqlite3_column_text(s, i);
            for (; text != NULL && *text != 0; text++)
                hash = (hash ^ *text) * 1099511628211u;
            hash = (hash ^ 1) * 1099511628211u;
        }
    (void)sqlite3_finalize(s);
    (void)sqlite3_close(db);
    return hash;
}

static void test_rows_do_not_depend_on_the_order_of_runs(void)
{
    static const uint32_t other[] = {5, 2, 0, 4, 1, 3};
    static const char *const tables[] = {"run",     "metric", "series", "handshake", "refusal",
                                         "message", "param",  "mean",   "answer"};
    char sql[100];
    const char *const a = in_folder("order-a.db");
    const char *const b = in_folder("order-b.db");
    database_make(a, in_order, 6);
    database_make(b, other, 6);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
        EXPECT(rows_hash(a, sql) == rows_hash(b, sql));
    }
}

/* 90, 91, 92 %: mean 91, standard deviation 1, t(2) = 4.302653, so the half width is
 * 4.302653 / sqrt(3) = 2.484138 points. */
static void test_mean_has_the_interval_of_students_t(void)
{
    struct results_db *const db = database_open(in_folder("mean.db"));
    for (uint32_t run = 0; run < 4; run++)
        EXPECT(run_take(db, run));
    struct results_mean m = results_mean_of(db, 0, "honest", "success_share");
    EXPECT_EQ(m.count, 3);
    EXPECT(fabs(m.mean - 910000) < 1e-6);
    EXPECT(fabs(m.high - m.mean - 24841.38) < 0.01 && fabs(m.mean - m.low - 24841.38) < 0.01);
    m = results_mean_of(db, 1, "honest", "success_share");
    EXPECT(m.count == 1 && m.low >= m.high && m.mean >= m.high); /* one seed: the value itself */
    EXPECT_EQ(results_mean_of(db, 0, "nobody", "success_share").count, 0);
    m = results_mean_of(db, 0, NULL, "half_open_max"); /* two gateways: levels are summed */
    EXPECT(fabs(m.mean - 43) < 1e-9);
    EXPECT(run_take(db, 4)); /* a run that comes counts, too */
    EXPECT_EQ(results_mean_of(db, 1, "honest", "success_share").count, 2);
    EXPECT(results_close(db, error));
}

static void test_answer_has_a_column_for_each_swept_parameter(void)
{
    const char *const db = in_folder("answer.db");
    database_make(db, in_order, 6);
    EXPECT_STR(ask(db, "SELECT group_concat(\"cookies.at\") FROM answer"), "never,10");
    EXPECT_STR(ask(db, "SELECT \"success %\" FROM answer WHERE point = 0"), "91.0");
    EXPECT_STR(ask(db, "SELECT label FROM points WHERE point = 1"), "gateways.vpn.cookies.at=10");
    EXPECT_STR(ask(db, "SELECT percent || ' ' || high FROM success WHERE point = 0"),
               "91.0 93.484");
    EXPECT_STR(ask(db, "SELECT mean_count FROM refusals WHERE point = 0"), "11.0");
    EXPECT_STR(ask(db, "SELECT mean FROM timeline WHERE at_s = 1.0"), "14.0");
}

static void expect_marked(struct results_db *db, const char *mark, uint32_t runs)
{
    const struct results_marked marked = results_marked(db, mark, "lag_max");
    EXPECT_EQ(marked.runs, runs);
    EXPECT_EQ(marked.of, 6);
    EXPECT_EQ(marked.most, 6000000);
}

static void test_marks_say_of_each_point_in_how_many_runs(void)
{
    const char *const path = in_folder("marks.db");
    struct results_db *const db = database_open(path);
    marking = true;
    for (uint32_t run = 0; run < 6; run++)
        EXPECT(run_take(db, run));
    marking = false;
    expect_marked(db, "late", 2);
    expect_marked(db, "shared CPUs", 3);
    expect_marked(db, "stand-in", 0);
    EXPECT_EQ(results_marked(db, "late", NULL).most, 0);
    EXPECT(results_close(db, error));
    EXPECT_STR(ask(path, "SELECT group_concat(marks, '; ') FROM answer"),
               "late 1/3; late 1/3, shared CPUs");
    EXPECT_STR(ask(path, "SELECT group_concat(label || ': ' || mark || ' ' || runs, '; ')"
                         " FROM marks WHERE point = 1"),
               "gateways.vpn.cookies.at=10: late 1; gateways.vpn.cookies.at=10: shared CPUs 3");
    database_make(in_folder("unmarked.db"), in_order, 6);
    EXPECT_STR(ask(in_folder("unmarked.db"), "SELECT count(*) || count(marks) FROM answer"), "20");
}

/* A study that was begun before there was such a view is gone on with. */
static void test_a_database_without_marks_has_none(void)
{
    const char *const path = in_folder("before.db");
    sqlite3 *sql = NULL;
    database_make(path, in_order, 6);
    EXPECT_EQ(sqlite3_open(path, &sql), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(sql, "DROP VIEW answer_of_points; DROP VIEW marks", NULL, NULL, NULL),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_close(sql), SQLITE_OK);
    struct results_db *const db = results_resume(path, &study, error);
    if (EXPECT(db != NULL)) {
        EXPECT_EQ(results_marked(db, "late", "lag_max").runs, 0);
        EXPECT(results_close(db, error));
    }
}

static void test_checks_and_curves_are_kept_and_judged_anew(void)
{
    struct results_check check = {.name = "blocking",
                                  .metric = "success_share",
                                  .theory = "erlang-b",
                                  .point = 1,
                                  .expected = 0.5,
                                  .measured = (double)NAN,
                                  .pass = false};
    const char *const path = in_folder("check.db");
    struct results_db *db = database_open(path);
    EXPECT(results_check_add(db, &check, error));
    check.point = UINT32_MAX;
    check.measured = 0.5;
    check.pass = true;
    EXPECT(results_check_add(db, &check, error));
    const struct results_theory theory = {
        .point = 1, .theory = "erlang-b", .metric = "half_open_refused_share", .value = 1234.5};
    EXPECT(results_theory_add(db, &theory, error));
    EXPECT(results_close(db, error));
    EXPECT_STR(
        ask(path, "SELECT group_concat(verdict || coalesce(measured, '-') || label) FROM checks"),
        "FAIL-gateways.vpn.cookies.at=10,PASS0.5");
    EXPECT_STR(ask(path, "SELECT value FROM theory"), "1234.5");
    db = results_resume(path, &study, error);
    EXPECT(db != NULL && results_close(db, error));
    EXPECT_STR(ask(path, "SELECT count(*) FROM \"check\""), "0");
    EXPECT_STR(ask(path, "SELECT count(*) FROM theory"), "0");
}

static void test_look_tells_the_states_apart(void)
{
    const char *const path = in_folder("look.db");
    struct results_study other = study;
    EXPECT_EQ(results_look(path, &study, error), RESULTS_ABSENT);
    database_make(path, in_order, 5);
    EXPECT_EQ(results_look(path, &study, error), RESULTS_PARTIAL);
    struct results_db *const db = results_resume(path, &study, error);
    if (EXPECT(db != NULL)) {
        EXPECT(results_has_run(db, 4) && !results_has_run(db, 5));
        EXPECT(run_take(db, 5));
        EXPECT(results_close(db, error));
    }
    EXPECT_EQ(results_look(path, &study, error), RESULTS_COMPLETE);
    other.config_hash = "4567";
    EXPECT_EQ(results_look(path, &other, error), RESULTS_OTHER);
    other = study;
    other.version = "0.2.0";
    EXPECT_EQ(results_look(path, &other, error), RESULTS_OTHER);
    other = study;
    other.provider = "openssl";
    EXPECT_EQ(results_look(path, &other, error), RESULTS_OTHER);
    other = study;
    other.ns3 = "3.36";
    EXPECT_EQ(results_look(path, &other, error), RESULTS_OTHER);
    other = study;
    other.question = "Another wording?";
    other.jobs = 64;
    EXPECT_EQ(results_look(path, &other, error), RESULTS_COMPLETE);
}

static bool says(const char *words)
{
    if (strstr(error, words) != NULL && strchr(error, '\n') == NULL)
        return true;
    return test_expect_str(error, words, __FILE__, __LINE__);
}

static void test_files_that_are_not_ours_are_left_alone(void)
{
    static const char poem[] =
        "a poem, longer than the header of a database, so that all of the header "
        "is there to be looked at, and is none of ours";
    sqlite3 *db = NULL;
    put("poem.db", poem, sizeof poem);
    put("empty.db", "", 0);
    EXPECT_EQ(sqlite3_open(in_folder("theirs.db"), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, "CREATE TABLE t(x)", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    static const char *const names[] = {"poem.db", "empty.db", "theirs.db"};
    for (size_t i = 0; i < 3; i++) {
        struct stat before;
        struct stat after;
        const char *const path = in_folder(names[i]);
        EXPECT_EQ(stat(path, &before), 0);
        EXPECT_EQ(results_look(path, &study, error), RESULTS_FOREIGN);
        EXPECT(results_create(path, &study, error) == NULL);
        EXPECT(says("is there already"));
        EXPECT(results_resume(path, &study, error) == NULL);
        EXPECT(says("is no database of ikelab"));
        EXPECT(!results_print(path, "SELECT 1", error));
        EXPECT(says("is no database of ikelab"));
        EXPECT_EQ(stat(path, &after), 0);
        EXPECT(before.st_size == after.st_size && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    }
    EXPECT(access(in_folder("theirs.db-journal"), F_OK) != 0);
}

static void test_bad_places_are_named_as_what_they_are(void)
{
    EXPECT_EQ(mkdir(in_folder("dir.db"), 0777), 0);
    EXPECT_EQ(results_look(in_folder("dir.db"), &study, error), RESULTS_TROUBLE);
    EXPECT(says("is a folder"));
    EXPECT(results_create(in_folder("none/x.db"), &study, error) == NULL);
    EXPECT(says("No such file or directory"));
    EXPECT_EQ(mkfifo(in_folder("pipe.db"), 0666), 0);
    EXPECT_EQ(results_look(in_folder("pipe.db"), &study, error), RESULTS_TROUBLE);
    EXPECT(says("is no regular file"));
    put("file", "", 0);
    EXPECT_EQ(results_look(in_folder("file/x.db"), &study, error), RESULTS_TROUBLE);
    EXPECT(says("cannot be read: Not a directory"));
    EXPECT_EQ(results_look("", &study, error), RESULTS_TROUBLE);
    EXPECT(says("is no name"));
    EXPECT(!results_print(in_folder("absent.db"), "SELECT 1", error));
    EXPECT(says("is not there"));
    EXPECT(results_create("/proc/ikelab.db", &study, error) == NULL);
    EXPECT(says("cannot be opened"));
}

static void test_newer_schema_is_left_alone(void)
{
    const char *const path = in_folder("newer.db");
    sqlite3 *db = NULL;
    database_make(path, in_order, 1);
    EXPECT_EQ(sqlite3_open(path, &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, "PRAGMA user_version = 3", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    EXPECT_EQ(results_look(path, &study, error), RESULTS_NEWER);
    EXPECT(results_resume(path, &study, error) == NULL);
    EXPECT(says("newer"));
}

typedef bool print_fn(const char *path, const char *sql, char *error);

/* What a printing function writes to standard output of that database. */
static const char *printed_of(const char *name, print_fn *print, const char *sql)
{
    static char out[2000];
    (void)fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    EXPECT(freopen(in_folder("printed"), "wb", stdout) != NULL);
    const bool good = print(in_folder(name), sql, error);
    (void)fflush(stdout);
    EXPECT(dup2(kept, STDOUT_FILENO) >= 0);
    (void)close(kept);

    FILE *const file = fopen(in_folder("printed"), "rb");
    out[file != NULL ? fread(out, 1, sizeof out - 1, file) : 0] = '\0';
    if (file != NULL)
        (void)fclose(file);
    if (!good)
        (void)snprintf(out, sizeof out, "error: %s", error);
    return out;
}

static void test_older_schema_is_read_and_not_added_to(void)
{
    const char *const path = in_folder("older.db");
    sqlite3 *db = NULL;
    database_make(path, in_order, 1);
    EXPECT_EQ(sqlite3_open(path, &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, "PRAGMA user_version = 1", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    EXPECT_EQ(results_look(path, &study, error), RESULTS_OTHER);
    EXPECT(results_resume(path, &study, error) == NULL);
    EXPECT(says("older"));
    EXPECT_STR(printed_of("older.db", results_print, "SELECT 1"), "1\n-\n1\n");
}

static void test_damaged_database_is_said_to_be_damaged(void)
{
    const char *const path = in_folder("damaged.db");
    database_make(path, in_order, 6);
    FILE *const file = fopen(path, "r+b");
    if (EXPECT(file != NULL)) {
        char noise[8000];
        memset(noise, 0xa5, sizeof noise);
        EXPECT_EQ(fseek(file, 100, SEEK_SET), 0);
        EXPECT_EQ(fwrite(noise, 1, sizeof noise, file), sizeof noise);
        EXPECT_EQ(fclose(file), 0);
    }
    EXPECT_EQ(results_look(path, &study, error), RESULTS_TROUBLE);
    EXPECT(says("is damaged"));
    EXPECT(results_resume(path, &study, error) == NULL);
    EXPECT(says("is damaged"));
}

static void test_spool_that_is_not_whole_is_refused(void)
{
    const char *const path = in_folder("half.db");
    struct results_db *const db = database_open(path);
    struct results_spool *const spool = results_spool_open(in_folder("half.spool"), error);
    EXPECT(spool != NULL);
    put("noise.spool", "noise", 5);
    EXPECT(!results_take(db, in_folder("half.spool"), error)); /* not closed: nothing committed */
    EXPECT(!results_take(db, in_folder("noise.spool"), error));
    EXPECT(!results_take(db, in_folder("absent.spool"), error));
    EXPECT(says("No such file"));
    EXPECT(results_spool_close(spool, &(struct results_run){.fingerprint = ""}, error));
    EXPECT(results_take(db, in_folder("half.spool"), error));
    EXPECT(spool_write(in_folder("half.spool"), 0));
    EXPECT(!results_take(db, in_folder("half.spool"), error));
    EXPECT(says("has run 0 already"));
    EXPECT(results_close(db, error));
    EXPECT_STR(ask(path, "SELECT count(*) FROM run"), "1");
    EXPECT_STR(ask(path, "SELECT count(*) FROM metric"), "0"); /* the first run 0 had none */
}

static void killed_in_the_middle(const char *path, uint32_t runs)
{
    const pid_t child = fork();
    if (child == 0) {
        struct results_db *const db = results_create(path, &study, error);
        (void)results_param_add(
            db, &(struct results_param){.path = "for", .text = "1s", .number = 1, .swept = true},
            error);
        for (uint32_t run = 0; run < runs; run++)
            (void)run_take(db, run);
        (void)kill(getpid(), SIGKILL);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFSIGNALED(status));
}

static void test_killed_program_keeps_finished_runs_and_no_half_of_a_study(void)
{
    const char *const path = in_folder("killed.db");
    killed_in_the_middle(path, 0);
    EXPECT_EQ(results_look(path, &study, error), RESULTS_ABSENT);
    killed_in_the_middle(path, 3); /* what the first left behind is not in the way */
    EXPECT_EQ(results_look(path, &study, error), RESULTS_PARTIAL);
    struct results_db *const db = results_resume(path, &study, error);
    if (!EXPECT(db != NULL))
        return;
    for (uint32_t run = 0; run < 6; run++)
        EXPECT(results_has_run(db, run) ? run < 3 : run_take(db, run));
    EXPECT(results_close(db, error));
    EXPECT_EQ(results_look(path, &study, error), RESULTS_COMPLETE);
    EXPECT_STR(ask(path, "SELECT count(*) FROM handshake"), "18");
}

/* A limit on the size of files stands in for a disk that is full. */
static void test_full_disk_is_an_error_and_keeps_finished_runs(void)
{
    const char *const path = in_folder("full.db");
    const pid_t child = fork();
    if (child == 0) {
        uint32_t taken = 0;
        const struct rlimit limit = {.rlim_cur = 300000, .rlim_max = 300000};
        (void)signal(SIGXFSZ, SIG_IGN);
        struct results_db *const db = results_create(path, &study, error);
        (void)results_has_run(db, 0);
        (void)setrlimit(RLIMIT_FSIZE, &limit);
        error[0] = '\0';
        while (taken < 1000 && run_take(db, taken))
            taken++;
        const bool said = strstr(error, "cannot be read or written: ") != NULL ||
                          strstr(error, "the disk is full") != NULL;
        _exit(said && taken > 0 && taken < 200 ? (int)taken : 255);
    }
    int status = 0;
    char wanted[16];
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) != 255);
    (void)snprintf(wanted, sizeof wanted, "%d", WEXITSTATUS(status));
    EXPECT_STR(ask(path, "SELECT count(*) FROM run"), wanted);
    EXPECT_STR(ask(path, "PRAGMA integrity_check"), "ok");
}

static void test_spool_that_cannot_be_written_says_so(void)
{
    EXPECT(results_spool_open(in_folder("none/spool"), error) == NULL);
    EXPECT(says("none/spool cannot be opened: No such file or directory"));
}

struct seen {
    int count;
    bool right;
};

static void see(void *owner, const struct results_message *m)
{
    struct seen *const seen = owner;
    seen->count++;
    seen->right = m->at_ns == 77 && strcmp(m->from, "192.0.2.1") == 0 && m->to_port == 4500 &&
                  m->bytes.len == 5 && m->bytes.at[4] == 255 && m->inbound;
}

static void test_messages_are_read_back(void)
{
    struct seen seen = {0};
    database_make(in_folder("messages.db"), in_order, 2);
    EXPECT(results_messages(in_folder("messages.db"), 1, see, &seen, error));
    EXPECT(seen.count == 1 && seen.right);
    EXPECT(results_messages(in_folder("messages.db"), 4, see, &seen, error));
    EXPECT_EQ(seen.count, 1);
}

static void print_database_make(void)
{
    (void)unlink(in_folder("print.db"));
    database_make(in_folder("print.db"), in_order, 1);
}

static const char *printed(print_fn *print, const char *sql)
{
    return printed_of("print.db", print, sql);
}

static void test_table_aligns_numbers_right_and_leaves_empty_columns_out(void)
{
    print_database_make();
    EXPECT_STR(printed(results_print, "SELECT 'µ' AS name, NULL AS gone, 7 AS n"
                                      " UNION ALL SELECT 'long', NULL, 1234"
                                      " UNION ALL SELECT 'x', NULL, NULL"),
               "name     n\n"
               "----  ----\n"
               "µ        7\n"
               "long  1234\n"
               "x        -\n");
    EXPECT_STR(printed(results_print, "SELECT NULL AS gone"), "(no rows)\n");
    EXPECT_STR(printed(results_print, "SELECT 1 AS n WHERE 0"), "(no rows)\n");
}

static void test_csv_quotes_as_rfc_4180_and_keeps_every_column(void)
{
    print_database_make();
    EXPECT_STR(printed(results_print_csv, "SELECT 'a,b' AS \"x\"\"y\", NULL AS n,"
                                          " 'say \"hi\"' AS t, 2 AS i"),
               "\"x\"\"y\",n,t,i\r\n"
               "\"a,b\",,\"say \"\"hi\"\"\",2\r\n");
}

static void test_queries_that_cannot_be_printed_say_why(void)
{
    print_database_make();
    const char *const before = ask(in_folder("print.db"), "SELECT count(*) FROM run");
    static const char select[] = "error: is only read here: give a SELECT";
    EXPECT_STR(printed(results_print, ""), select);
    EXPECT_STR(printed(results_print, "DELETE FROM run"), select);
    EXPECT_STR(printed(results_print_csv, "DELETE FROM run RETURNING run"), select);
    EXPECT_STR(printed(results_print, "SELECT * FROM nosuch"),
               "error: cannot be used: no such table: nosuch");
    EXPECT_STR(ask(in_folder("print.db"), "SELECT count(*) FROM run"), before);
    EXPECT_STR(printed(results_print,
                       "SELECT * FROM study AS a, study AS b, study AS c, study AS d,"
                       " study AS e, study AS f"),
               "error: gives over 64 columns: ask for fewer, or for CSV");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_rows_recorded_are_the_rows_read),
        TEST(test_one_file_remains_after_closing),
        TEST(test_rows_do_not_depend_on_the_order_of_runs),
        TEST(test_mean_has_the_interval_of_students_t),
        TEST(test_answer_has_a_column_for_each_swept_parameter),
        TEST(test_marks_say_of_each_point_in_how_many_runs),
        TEST(test_a_database_without_marks_has_none),
        TEST(test_checks_and_curves_are_kept_and_judged_anew),
        TEST(test_look_tells_the_states_apart),
        TEST(test_files_that_are_not_ours_are_left_alone),
        TEST(test_bad_places_are_named_as_what_they_are),
        TEST(test_newer_schema_is_left_alone),
        TEST(test_older_schema_is_read_and_not_added_to),
        TEST(test_damaged_database_is_said_to_be_damaged),
        TEST(test_spool_that_is_not_whole_is_refused),
        TEST(test_killed_program_keeps_finished_runs_and_no_half_of_a_study),
        TEST(test_full_disk_is_an_error_and_keeps_finished_runs),
        TEST(test_spool_that_cannot_be_written_says_so),
        TEST(test_messages_are_read_back),
        TEST(test_table_aligns_numbers_right_and_leaves_empty_columns_out),
        TEST(test_csv_quotes_as_rfc_4180_and_keeps_every_column),
        TEST(test_queries_that_cannot_be_printed_say_why),
    };
    if (!folder_make("results"))
        return 1;
    const int status = test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    folder_remove();
    return status;
}
