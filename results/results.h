/* SPDX-License-Identifier: MIT
 * What runs leave behind: one SQLite file per `run` command. A worker spools a
 * run to a temporary file of its own; the parent moves it into the database in
 * one transaction, so a killed sweep keeps every finished run. SQLite itself
 * is included by the files of this room only. */
#ifndef RESULTS_RESULTS_H
#define RESULTS_RESULTS_H

#include "sim/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESULTS_SCHEMA = 1, RESULTS_ERROR_MAX = 512 }; /* user_version; a line of error text */

/* The spool of one run, written by a worker. The file is a small SQLite database without journal. */
struct results_spool;
struct results_spool *results_spool_open(const char *path, char *error);
struct sim_record *results_spool_record(struct results_spool *spool);
/* Facts of the finished run. */
struct results_run {
    uint32_t number; /* point x seeds + seed */
    uint32_t point;
    uint64_t seed;
    const char *fingerprint;
    uint64_t events;
    uint64_t wall_ns, cpu_ns; /* kept in `machine`, outside the rows that repeat */
};
bool results_spool_close(struct results_spool *spool, const struct results_run *run, char *error);

/* The database. */
struct results_study {
    const char *experiment;  /* its name */
    const char *question;
    const char *config_text; /* the file with --set applied, canonical */
    const char *config_hash;
    const char *version, *commit, *compiler, *provider, *openssl;
    uint32_t points, seeds;
    uint32_t jobs;
};
struct results_db;

/* How an existing file at `path` stands to this study; decides what `run` does with it. */
enum results_state {
    RESULTS_ABSENT,
    RESULTS_COMPLETE,  /* same configuration, version and provider, every run there */
    RESULTS_PARTIAL,   /* the same, some runs missing */
    RESULTS_OTHER,     /* another configuration or version */
    RESULTS_FOREIGN,   /* no database of ours, or none at all */
    RESULTS_NEWER,     /* of a newer schema */
    RESULTS_TROUBLE,   /* cannot be read; `error` says why */
};
enum results_state results_look(const char *path, const struct results_study *study, char *error);

struct results_db *results_create(const char *path, const struct results_study *study, char *error);
struct results_db *results_resume(const char *path, const struct results_study *study, char *error);
/* A parameter of a point: the swept ones have `swept` true. */
bool results_param(struct results_db *db, uint32_t point, const char *path, const char *text,
                   double number, bool swept, char *error);
bool results_has_run(struct results_db *db, uint32_t number);
bool results_take(struct results_db *db, const char *spool_path, char *error);

/* A check, judged. */
struct results_check {
    const char *name;
    const char *metric;
    const char *theory; /* or the rule's text */
    uint32_t point;     /* UINT32_MAX: over several points */
    double expected, measured, low, high; /* low..high: 95 % interval of the mean over seeds */
    double tolerance;   /* absolute, in the metric's unit */
    bool pass;
};
bool results_check_add(struct results_db *db, const struct results_check *check, char *error);
/* Mean over seeds of a metric at a point with its 95 % interval (Student's t); count 0: no such. */
struct results_mean {
    uint32_t count;
    double mean, low, high;
};
struct results_mean results_mean_of(struct results_db *db, uint32_t point, const char *who,
                                    const char *metric);
/* A predicted curve's point, for the figures. */
bool results_theory_add(struct results_db *db, uint32_t point, const char *theory, const char *metric,
                        double value, char *error);
/* Folds the WAL in; one file remains. */
bool results_close(struct results_db *db, char *error);

/* Prints the rows of a view as an aligned table; `csv` for files. Used for `show: table`. */
bool results_print(const char *path, const char *sql, char *error);

/* Figures: NAME.sql and NAME.gp in `figures` (a folder). Writes STEM-NAME.png and .svg for each into
 * the folder of `db`. `names` NULL: all that the experiment lists. */
bool results_plot(const char *db_path, const char *const *names, size_t name_count,
                  const char *figures_dir, char *error);
/* Names of the figures there are, for messages; one per call of `name`. */
void results_figures(const char *figures_dir, void (*name)(void *owner, const char *text), void *owner);

/* A capture: pcapng with nanosecond time stamps, IP and UDP headers made up, and beside it the file
 * `ikev2_decryption_table` as Wireshark reads it. */
struct results_capture;
struct results_capture *results_capture_open(const char *pcapng_path, const char *keys_path,
                                             char *error);
void results_capture_message(struct results_capture *capture, const struct sim_message *message);
void results_capture_keys(struct results_capture *capture, const struct ike_sa_keys *keys);
bool results_capture_close(struct results_capture *capture, char *error);

#endif
