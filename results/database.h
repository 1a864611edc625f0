/* SPDX-License-Identifier: MIT
 * The database of a study: made or gone on with, fed from spools, judged, and
 * closed to one file. Its tables are in schema.sql. */
#ifndef RESULTS_DATABASE_H
#define RESULTS_DATABASE_H

#include "results/limits.h"
#include "sim/record.h"

struct results_study {
    const char *experiment; /* its name */
    const char *question;
    const char *config_text; /* the file with --set applied, canonical */
    const char *config_hash;
    const char *version, *commit, *compiler, *provider, *openssl, *ns3, *daemons;
    const char *figures; /* names between blanks; NULL: none are listed */
    uint32_t points, seeds;
    uint32_t jobs;
};
struct results_db;

/* How an existing file at `path` stands to this study; decides what `run` does with it. */
enum results_state {
    RESULTS_ABSENT,
    RESULTS_COMPLETE, /* same configuration, version and provider, every run there */
    RESULTS_PARTIAL,  /* the same, some runs missing */
    RESULTS_OTHER,    /* another configuration or version */
    RESULTS_FOREIGN,  /* no database of ours, or none at all */
    RESULTS_NEWER,    /* of a newer schema */
    RESULTS_TROUBLE,  /* cannot be read; `error` says why */
};
enum results_state results_look(const char *path, const struct results_study *study, char *error);

/* The file appears, whole, with the first call that is not results_param_add: until then it has
 * another name (`path` and "-new"), so that a killed program leaves no half of a study. */
struct results_db *results_create(const char *path, const struct results_study *study, char *error);
/* Forgets the checks and curves of last time: they are judged anew. */
struct results_db *results_resume(const char *path, const struct results_study *study, char *error);
/* A parameter of a point. */
struct results_param {
    uint32_t point;
    const char *path;
    const char *text;
    double number; /* in the key's base unit; NAN when it is none */
    bool swept;
};
bool results_param_add(struct results_db *db, const struct results_param *param, char *error);
bool results_has_run(struct results_db *db, uint32_t number);
/* Moves a spool in, whole or not at all; then its file is gone. */
bool results_take(struct results_db *db, const char *spool_path, char *error);

/* A check, judged. */
struct results_check {
    const char *name;
    const char *metric;
    const char *theory; /* or the rule's text */
    uint32_t point;     /* UINT32_MAX: over several points */
    /* low..high: 95 % interval of the mean over seeds; where points are compared (`alike`), of what
     * they differ by seed by seed, added to `expected`. */
    double expected, measured, low, high;
    double tolerance; /* absolute, in the metric's unit */
    bool pass;
};
bool results_check_add(struct results_db *db, const struct results_check *check, char *error);

/* Mean over seeds of a metric at a point with its 95 % interval (Student's t); count 0: no such.
 * `who` NULL: everyone who has it, totals summed, shares and times averaged. */
struct results_mean {
    uint32_t count;
    double mean, low, high;
};
struct results_mean results_mean_of(struct results_db *db, uint32_t point, const char *who,
                                    const char *metric);

/* The mean over seeds of what the metric is at `other` less what it is at `point`, seed by seed,
 * with its 95 % interval. */
struct results_pair {
    uint32_t point, other;
    const char *who; /* as above */
    const char *metric;
};
struct results_mean results_difference_of(struct results_db *db, const struct results_pair *pair);

/* How many runs bear a mark, by the view `marks`, of how many; and the most that a metric came to
 * in any. `metric` may be NULL. */
struct results_marked {
    uint32_t runs, of;
    int64_t most;
};
struct results_marked results_marked(struct results_db *db, const char *mark, const char *metric);
/* Each metric that some run has, with who it is of, by their names. */
bool results_metrics(struct results_db *db,
                     void (*take)(void *owner, const char *who, const char *metric), void *owner,
                     char *error);

/* A predicted curve's point, for the figures. */
struct results_theory {
    uint32_t point;
    const char *theory;
    const char *metric;
    double value; /* in the metric's unit */
};
bool results_theory_add(struct results_db *db, const struct results_theory *theory, char *error);
/* Folds the WAL in; one file remains. Frees `db` in any case. */
bool results_close(struct results_db *db, char *error);

/* Reading what is there, without changing it. */

/* Prints the rows of a SELECT as an aligned table to standard output; columns that are empty in
 * every row are left out. Used for `show: table`. */
bool results_print(const char *path, const char *sql, char *error);
/* The same as comma-separated values (RFC 4180), with all columns. */
bool results_print_csv(const char *path, const char *sql, char *error);

/* A traced datagram, as `message` keeps it; views for the call. */
struct results_message {
    uint64_t at_ns;
    const char *who;
    const char *from, *to; /* addresses */
    uint16_t from_port, to_port;
    bool inbound;
    const char *fate, *text;
    struct ike_bytes bytes;
};
/* Every message of a run, in the order in which it was recorded. */
bool results_messages(const char *path, uint32_t run,
                      void (*take)(void *owner, const struct results_message *message), void *owner,
                      char *error);

#endif
