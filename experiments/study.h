/* SPDX-License-Identifier: MIT
 * A whole experiment in memory: what the file and --set say, every point of
 * its sweep, what is to be checked, drawn and shown. */
#ifndef EXPERIMENTS_STUDY_H
#define EXPERIMENTS_STUDY_H

#include "experiments/sweep.h"
#include "experiments/tree.h"
#include "models/keys.h"
#include "models/theory.h"
#include "models/world.h"

#include <stdbool.h>

enum study_limits {
    STUDY_SETTINGS_MAX = 1024, /* keys of one file */
    STUDY_FIGURES_MAX = 32,
    STUDY_CHECKS_MAX = 128, /* one for each metric of a list */
    STUDY_WHERE_MAX = 8,    /* conditions of one check */
    STUDY_SETS_MAX = 64,    /* --set of one command */
    STUDY_RUNS_MAX = 1000000,
};

enum study_show { SHOW_LADDER = 1, SHOW_TABLE = 2 };

struct study_setting {
    const char *path;
    const char *text;
    struct place at;
};

/* A check compares a metric with a theory at every point where the theory speaks, asks that some or
 * all points satisfy a bound, or that a swept path makes no difference. */
enum check_rule { CHECK_THEORY, CHECK_SOME, CHECK_ALL, CHECK_ALIKE };

struct study_condition {
    const char *path;
    const char *const *texts; /* any of these, as model_config_get writes them */
    size_t text_count;
};

struct study_check {
    const char *name;
    const char *metric;        /* a name of sim_metric_rows; "*": each that some run tells, */
    const char *const *except; /* but for these */
    size_t except_count;
    const char *who; /* "vpn", "network"; of "*" NULL: each one's by itself */
    enum check_rule rule;
    const struct model_theory *theory;
    const char *alike;    /* a swept path */
    double within_share;  /* of the expected value */
    double within_metric; /* in the metric's unit; the larger of the two counts */
    bool below;           /* else above */
    double bound;         /* in the metric's unit */
    const char *text;     /* the rule as it stands in the file */
    struct study_condition where[STUDY_WHERE_MAX];
    size_t where_count;
    struct place at;
};

struct study {
    struct arena arena;
    struct problems problems;
    const char *path; /* of the file; NULL when it came from memory */
    const char *name;
    struct tree *root; /* with --set applied */
    const char *question;
    uint64_t seeds;
    struct model_trace trace;
    uint32_t show; /* bits of enum study_show */
    const char *figures[STUDY_FIGURES_MAX];
    size_t figure_count;
    struct study_check checks[STUDY_CHECKS_MAX];
    size_t check_count;
    struct study_setting settings[STUDY_SETTINGS_MAX];
    size_t setting_count;
    struct study_setting
        entries[MODEL_LINKS_MAX + 3 * MODEL_THINGS_MAX]; /* "gateways.vpn", where it begins */
    size_t entry_count;
    struct sweep sweep;
    struct model_world_config base; /* every setting, before the sweep */
    const char *text;               /* canonical YAML, which reads back to the same study */
    char hash[33]; /* of what the rows depend on: not of question, figures, show and check */
    const char *notes[16]; /* for standard error: what --set replaced, what was clipped */
    size_t note_count;
};

/* The keys of a file beside model_keys: question, seeds, sweep and so on, for reading and
 * describing. */
extern const struct model_key study_keys[];
extern const size_t study_key_count;

/* Reads a file (or text, with `text` not NULL) and `sets`, "PATH=VALUE" each. Never NULL; whether
 * it can be run is `problems.count == 0`. */
struct study_source {
    const char *path;
    const char *text;
    size_t text_len;
    const char *name;
    const char *const *sets;
    size_t set_count;
};
struct study *study_read(const struct study_source *source);
void study_close(struct study *study);

uint32_t study_points(const struct study *study);
uint32_t study_runs(const struct study *study);
uint64_t study_seed(const struct study *study, uint32_t run);
/* The world of a run; its config is judged and complete. */
void study_config(const struct study *study, uint32_t run, struct model_world_config *out);
bool study_traced(const struct study *study, uint32_t run);
/* Some run is on ns-3. */
bool study_needs_ns3(const struct study *study);
/* Some of its runs has this real daemon, by its word in `gateways.*.daemon`, at either end. */
bool study_has_daemon(const struct study *study, const char *daemon);
/* Some run is in real time. */
bool study_is_live(const struct study *study);
/* The last two words of a swept path; all of it when another one ends so too. */
const char *study_axis_head(const struct study *study, uint32_t axis);
/* "flood.rate=500/s cookies.at=never" */
char *study_point_text(const struct study *study, uint32_t point, char *out, size_t out_max);
/* CPU time a run is expected to take, ns: for the order of runs and the time to go. */
uint64_t study_expected_ns(const struct study *study, uint32_t run);

/* Reads the parts of a file that are not in model_keys. */
void study_read_sweep(struct study *study, const struct tree *sweep);
void study_read_checks(struct study *study, const struct tree *checks);
/* Whether a path is a key of an entry of this study; if not, a problem at `at`. */
bool study_path_is_there(struct study *study, const char *path, struct place at);
/* The text of a value: itself, or a list's items with commas (selectors) or in brackets (rates). */
const char *study_value_text(struct study *study, const struct model_key *key,
                             const struct tree *value);
void study_note(struct study *study, const char *text);

#endif
