/* SPDX-License-Identifier: MIT
 * `ikelab run`: from an experiment to its database, figures and answer. What
 * decides where the rows go is here; how runs are run is runner.c's. */
#include "experiments/answer.h"
#include "experiments/commands.h"
#include "experiments/json.h"
#include "experiments/ladder.h"
#include "experiments/live_setup.h"
#include "experiments/notes.h"
#include "experiments/paths.h"
#include "experiments/runner.h"
#include "experiments/verdict.h"
#include "experiments/version.h"
#include "ike/crypto.h"
#include "results/results.h"
#include "sim/ns3_door.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUN_BITS = OPTION_SET | OPTION_RUN | OPTION_JSON | OPTION_QUIET, NAMES_MAX = 1000 };

struct session {
    struct options options;
    struct study *study;
    struct results_study facts;
    struct results_db *db;
    char path[PATHS_MAX]; /* of the database */
    enum results_state state;
    uint64_t began_ns;
    bool marked; /* some runs have to say something of themselves */
    char error[RESULTS_ERROR_MAX];
};

static void print_help(void)
{
    (void)printf(
        "Usage: ikelab run EXPERIMENT [options]\n\n"
        "Runs an experiment, a file or the name of a shipped one (`ikelab list`): every point of "
        "its\n"
        "sweep, every seed. Rows go into one SQLite file, figures beside it.\n\n"
        "  ./NAME.db is there, the same experiment, complete: its figures are drawn again.\n"
        "  The same, not complete: only what is missing is run. Another: NAME-2.db and so on.\n"
        "  -o FILE onto a file that is there is refused, unless with --resume and the same "
        "study.\n\n"
        "Exit status: 0 done, 1 a run or a check failed, 2 bad usage or input (nothing was "
        "started),\n"
        "130 interrupted by Ctrl-C (finished runs are kept; the same command goes on, with -o and\n"
        "--resume).\n");
    options_help(RUN_BITS);
}

/* "strongswan 5.9.8-5+deb12u6, libreswan 4.10-2": of one that is not there the run will say so. */
static const char *daemons_of(const struct session *s)
{
    const char *text = "";
    for (size_t i = 0; i < MODEL_DAEMONS; i++) {
        const char *const name = model_recipe_name(model_recipes[i]);
        struct live_place place = {.version = "unknown"};
        char error[MODEL_DAEMON_PATH_MAX + 128];
        if (!study_has_daemon(s->study, name))
            continue;
        (void)live_find(model_recipes[i], &place, error, sizeof error);
        text = arena_format(&s->study->arena, "%s%s%s %s", text, text[0] != '\0' ? ", " : "", name,
                            place.version);
    }
    return text;
}

static void facts_fill(struct session *s)
{
    const char *figures = "";
    for (size_t i = 0; i < s->study->figure_count; i++)
        figures = arena_format(&s->study->arena, "%s%s%s", figures, i > 0 ? " " : "",
                               s->study->figures[i]);
    s->facts = (struct results_study){
        .experiment = s->study->name,
        .question = s->study->question,
        .config_text = s->study->text,
        .config_hash = s->study->hash,
        .version = IKELAB_VERSION,
        .commit = IKELAB_COMMIT,
        .compiler = IKELAB_COMPILER,
        .provider = s->study->base.crypto == MODEL_OPENSSL ? "openssl" : "modelled",
        .openssl = ike_crypto_openssl_version(),
        .ns3 = study_needs_ns3(s->study) ? sim_ns3_release() : "",
        .daemons = daemons_of(s),
        .figures = figures,
        .points = study_points(s->study),
        .seeds = (uint32_t)s->study->seeds,
        .jobs = s->options.jobs,
    };
}

/* What is wrong with writing onto a file that is there, or NULL. */
static const char *refusal(enum results_state state, bool resume)
{
    if (state == RESULTS_FOREIGN)
        return "is there and is no database of ikelab: it is left as it is; choose another -o";
    if (state == RESULTS_NEWER)
        return "was written by a newer ikelab, with a newer schema: it is left as it is";
    if (state == RESULTS_OTHER)
        return "holds another experiment, configuration or version: it is left as it is; choose "
               "another -o";
    if (state == RESULTS_COMPLETE && !resume)
        return "is there, and complete: with --resume its figures are drawn again, or choose "
               "another "
               "-o";
    if (state == RESULTS_PARTIAL && !resume)
        return "is there, with some runs of this study: go on with --resume, or choose another -o";
    return NULL;
}

/* Where the rows go. False after saying why nowhere. */
static bool place_choose(struct session *s)
{
    const struct options *o = &s->options;
    if (o->output != NULL) {
        (void)snprintf(s->path, sizeof s->path, "%s", o->output);
        s->state = results_look(s->path, &s->facts, s->error);
        const char *why = s->state == RESULTS_TROUBLE ? s->error : refusal(s->state, o->resume);
        if (why != NULL)
            (void)fprintf(stderr, "ikelab: %s %s\n", s->path, why);
        return why == NULL;
    }
    for (unsigned number = 1; number < NAMES_MAX; number++) {
        if (number == 1)
            (void)snprintf(s->path, sizeof s->path, "%s.db", s->study->name);
        else
            (void)snprintf(s->path, sizeof s->path, "%s-%u.db", s->study->name, number);
        s->state = results_look(s->path, &s->facts, s->error);
        if (s->state == RESULTS_ABSENT || s->state == RESULTS_COMPLETE ||
            s->state == RESULTS_PARTIAL)
            return true;
    }
    (void)fprintf(stderr, "ikelab: %s and a thousand like it are there: name one with -o\n",
                  s->path);
    return false;
}

static double number_of(const struct model_key *key, const char *text)
{
    /* clang-format off */
    static const struct { enum model_kind kind; double over; } scales[] = {
        { KIND_TIME, 1e9 }, { KIND_DELAY, 1e9 }, { KIND_EVENTS, 1e6 }, { KIND_RATE, 1e6 }, { KIND_BITRATE, 1 }, { KIND_BYTES, 1 },
        { KIND_SHARE, 1e9 }, { KIND_COUNT, 1 }, { KIND_FACTOR, 1e3 }, { KIND_SCALE, 1e6 },
    };
    /* clang-format on */
    for (size_t i = 0; key != NULL && i < sizeof scales / sizeof scales[0]; i++) {
        const enum model_kind kind = key->kind == KIND_RATE    ? KIND_EVENTS
                                     : key->kind == KIND_DELAY ? KIND_TIME
                                                               : key->kind;
        uint64_t value = 0;
        if (scales[i].kind == key->kind && model_quantity_parse(kind, text, &value))
            return (double)value / scales[i].over;
    }
    return (double)NAN;
}

static bool param_write(struct session *s, uint32_t point, const char *path, const char *text,
                        bool swept)
{
    const struct results_param param = {.point = point,
                                        .path = path,
                                        .text = text,
                                        .number = number_of(model_key_find(path), text),
                                        .swept = swept};
    return results_param_add(s->db, &param, s->error);
}

/* Every point's parameters: what the file gives, and what the sweep says of it. */
static bool params_write(struct session *s)
{
    const struct study *study = s->study;
    for (uint32_t point = 0; point < s->facts.points; point++) {
        for (size_t i = 0; i < study->setting_count; i++) {
            const struct study_setting *set = &study->settings[i];
            if (sweep_axis_of(&study->sweep, set->path) == NULL &&
                !param_write(s, point, set->path, set->text, false))
                return false;
        }
        for (uint32_t i = 0; i < study->sweep.axis_count; i++) {
            const char *path = study->sweep.axes[i].path;
            const char *text = sweep_value_at(&study->sweep, i, point)->text;
            if (!param_write(s, point, path, text, true))
                return false;
        }
    }
    return true;
}

static bool database_open(struct session *s)
{
    if (s->state == RESULTS_ABSENT) {
        s->db = results_create(s->path, &s->facts, s->error);
        if (s->db != NULL && params_write(s))
            return true;
    } else {
        s->db = results_resume(s->path, &s->facts, s->error);
        if (s->db != NULL)
            return true;
    }
    (void)fprintf(stderr, "ikelab: %s: %s\n", s->path, s->error);
    return false;
}

static size_t runs_missing(const struct session *s, uint32_t *runs)
{
    size_t count = 0;
    const uint32_t all = study_runs(s->study);
    for (uint32_t run = 0; run < all; run++)
        if (!results_has_run(s->db, run) ||
            (s->options.pcap != NULL && study_traced(s->study, run)))
            runs[count++] = run;
    return count;
}

static const char *plural(uint32_t count)
{
    return count == 1 ? "" : "s";
}

static void say_start(const struct session *s, size_t to_do)
{
    const uint32_t all = study_runs(s->study);
    if (s->options.json) {
        json_open("start");
        json_text("experiment", s->study->name);
        json_text("question", s->study->question);
        json_text("file", s->path);
        json_text("hash", s->study->hash);
        json_count("points", s->facts.points);
        json_count("seeds", s->facts.seeds);
        json_count("runs", all);
        json_count("to_do", to_do);
        json_close();
    }
    if (s->options.quiet)
        return;
    if (s->state == RESULTS_COMPLETE)
        (void)fprintf(stderr,
                      "%s has all %u runs of this study: nothing to run again, figures and "
                      "checks anew\n",
                      s->path, all);
    else if (s->state == RESULTS_PARTIAL)
        (void)fprintf(stderr, "%s has %zu of %u runs: going on with the rest\n", s->path,
                      all - to_do < all ? all - to_do : 0, all);
    else
        (void)fprintf(stderr, "%s: %u points x %u seeds = %u runs, on %u cores, into %s\n",
                      s->study->name, s->facts.points, s->facts.seeds, all, s->options.jobs,
                      s->path);
}

static bool figures_draw(struct session *s)
{
    const struct study *study = s->study;
    if (study->figure_count == 0)
        return true;
    if (!results_plot(s->path, study->figures, study->figure_count, paths_figures(), s->error)) {
        (void)fprintf(stderr, "ikelab: figures: %s\n", s->error);
        return false;
    }
    char stem[PATHS_MAX];
    (void)snprintf(stem, sizeof stem, "%s", s->path);
    char *dot = strrchr(stem, '.');
    if (dot != NULL && strcmp(dot, ".db") == 0)
        *dot = '\0';
    for (size_t i = 0; i < study->figure_count; i++) {
        if (s->options.json) {
            char file[PATHS_MAX + 200];
            (void)snprintf(file, sizeof file, "%s-%s.png", stem, study->figures[i]);
            json_open("figure");
            json_text("name", study->figures[i]);
            json_text("file", file);
            json_close();
        } else if (!s->options.quiet) {
            (void)fprintf(stderr, "figure %s-%s.png, .svg\n", stem, study->figures[i]);
        }
    }
    return true;
}

/* The ladder and the table go to standard output, where --json keeps its lines apart from them. */
static bool answer_show(struct session *s)
{
    if (s->options.json || s->study->show == 0)
        return true;
    if (s->study->question[0] != '\0')
        (void)printf("\n%s\n", s->study->question);
    if ((s->study->show & SHOW_LADDER) != 0 && !ladder_print(s->study, s->path, stdout, s->error)) {
        (void)fprintf(stderr, "ikelab: ladder: %s\n", s->error);
        return false;
    }
    if ((s->study->show & SHOW_TABLE) == 0)
        return true;
    (void)printf("\n");
    (void)fflush(stdout);
    if (results_print(s->path, answer_sql(s->study, s->marked), s->error))
        return true;
    (void)fprintf(stderr, "ikelab: table: %s\n", s->error);
    return false;
}

static void say_end(const struct session *s, const struct runner *r, const struct verdict *v,
                    int status)
{
    char took[16];
    const uint64_t wall_ns = progress_now_ns() - s->began_ns;
    if (s->options.json) {
        json_open("end");
        json_count("status", (uint64_t)status);
        json_count("done", r->done);
        json_count("failed", r->failed);
        json_count("checks", v->judged);
        json_count("checks_failed", v->failed);
        json_text("file", s->path);
        json_count("wall_ns", wall_ns);
        json_close();
    }
    if (s->options.quiet)
        return;
    (void)fprintf(stderr, "%u run%s done", r->done, plural(r->done));
    if (r->failed > 0)
        (void)fprintf(stderr, ", %u failed", r->failed);
    if (v->judged > 0)
        (void)fprintf(stderr, ", %zu of %zu checks passed", v->judged - v->failed, v->judged);
    (void)fprintf(stderr, ", in %s: %s\n", progress_duration(wall_ns, took), s->path);
}

/* Ended early: closes the database and says how to go on. */
static int ended(struct session *s, const struct runner *r)
{
    char error[RESULTS_ERROR_MAX] = "";
    (void)results_close(s->db, error);
    if (r->signal == 0) {
        (void)fprintf(stderr, "ikelab: %s: %s; the runs finished before are kept\n", s->path,
                      r->error);
        return EXIT_FAILED;
    }
    if (!s->options.quiet)
        (void)fprintf(stderr,
                      "ikelab: interrupted; finished runs are kept in %s. The same command%s goes "
                      "on.\n",
                      s->path, s->options.output != NULL ? " with --resume" : "");
    return 128 + r->signal;
}

static int runs_and_answer(struct session *s)
{
    static struct runner r;
    uint32_t *runs = calloc(study_runs(s->study), sizeof runs[0]);
    if (runs == NULL)
        abort();
    const size_t to_do = runs_missing(s, runs);
    say_start(s, to_do);
    r = (struct runner){.study = s->study,
                        .db = s->db,
                        .pcap = s->options.pcap,
                        .jobs = s->options.jobs,
                        .json = s->options.json};
    progress_open(&r.progress, s->study->name, s->options.quiet);
    runner_run(&r, runs, to_do);
    free(runs);
    if (r.signal != 0 || r.stopped)
        return ended(s, &r);

    struct verdict verdict = {0};
    if (r.failed == 0)
        verdict = verdict_judge(s->study, s->db, s->options.json, s->options.quiet);
    bool good = verdict.error[0] == '\0';
    if (!good)
        (void)fprintf(stderr, "ikelab: %s: %s\n", s->path, verdict.error);
    s->marked = notes_say(s->db, s->path, s->options.json);
    if (!results_close(s->db, s->error)) {
        (void)fprintf(stderr, "ikelab: %s: %s\n", s->path, s->error);
        return EXIT_FAILED;
    }
    good = figures_draw(s) && good;
    good = answer_show(s) && good;
    const int status = good && r.failed == 0 && verdict.failed == 0 ? EXIT_DONE : EXIT_FAILED;
    say_end(s, &r, &verdict, status);
    return status;
}

/* All runs would fail for want of it: it is said once, and nothing is made. */
static bool ns3_is_there(const struct study *study)
{
    char error[RESULTS_ERROR_MAX];
    if (!study_needs_ns3(study) || sim_ns3_api(error, sizeof error) != NULL)
        return true;
    (void)fprintf(stderr, "ikelab: %s\n", error);
    return false;
}

static bool pcap_folder(const struct session *s)
{
    if (s->options.pcap == NULL || mkdir(s->options.pcap, 0777) == 0 || errno == EEXIST)
        return true;
    (void)fprintf(stderr, "ikelab: --pcap %s: %s\n", s->options.pcap, strerror(errno));
    return false;
}

int command_run(int argc, char **argv)
{
    static struct session s;
    s.began_ns = progress_now_ns();
    if (!options_read(&s.options, argc, argv, RUN_BITS))
        return EXIT_USAGE;
    if (s.options.help) {
        print_help();
        return EXIT_DONE;
    }
    if (s.options.word_count != 1) {
        (void)fprintf(stderr,
                      "ikelab run: name one experiment; `ikelab list` shows the shipped ones\n");
        return EXIT_USAGE;
    }
    if (s.options.jobs == 0) {
        const long cores = sysconf(_SC_NPROCESSORS_ONLN);
        s.options.jobs = cores > 0 ? (uint32_t)cores : 1;
    }
    s.study = experiment_open(&s.options);
    if (s.study == NULL)
        return EXIT_USAGE;
    if (study_is_live(s.study))
        s.options.jobs = 1; /* in real time one after the other, or they would share the time */
    int status = EXIT_USAGE;
    if (ns3_is_there(s.study)) {
        facts_fill(&s);
        if (place_choose(&s) && pcap_folder(&s) && database_open(&s))
            status = runs_and_answer(&s);
    }
    study_close(s.study);
    return status;
}
