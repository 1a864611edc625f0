/* SPDX-License-Identifier: MIT
 * `ikelab check`: reads an experiment, says what it would run, and stops; and
 * the opening of an experiment that `run` shares. */
#include "experiments/commands.h"
#include "experiments/json.h"
#include "experiments/paths.h"
#include "experiments/progress.h"
#include "results/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct figure_search {
    struct nearest nearest;
    char best[128];
    bool found;
};

static void figure_try(void *owner, const char *name)
{
    struct figure_search *search = owner;
    search->found = search->found || strcmp(name, search->nearest.word) == 0;
    search->nearest.best = NULL;
    nearest_try(&search->nearest, name);
    if (search->nearest.best != NULL)
        (void)snprintf(search->best, sizeof search->best, "%s", name);
}

static void figures_judge(struct study *s)
{
    const struct tree *list = tree_child(s->root, "figures");
    if (list == NULL)
        return;
    for (const struct tree *item = list->kind == TREE_LIST ? list->first : list; item != NULL;
         item = list->kind == TREE_LIST ? item->next : NULL) {
        struct figure_search search = {.found = false};
        if (item->kind != TREE_TEXT)
            continue;
        nearest_open(&search.nearest, item->text);
        results_figures(paths_figures(), figure_try, &search);
        if (!search.found)
            problem_add(&s->problems, item->at, "there is no figure \"%s\": %s%s", item->text,
                        search.best[0] != '\0' ? "did you mean "
                                               : "`ikelab describe figures` lists them",
                        search.best);
    }
}

static struct study *opened(struct study *study, bool quiet)
{
    for (size_t i = 0; i < study->note_count && !quiet; i++)
        (void)fprintf(stderr, "%s\n", study->notes[i]);
    return study;
}

struct study *experiment_open(const struct options *options)
{
    static char path[PATHS_MAX + 300];
    static char name[256];
    static struct problems problems;
    if (!paths_experiment(options->words[0], path, sizeof path, &problems)) {
        problems_print(&problems, stderr);
        return NULL;
    }
    paths_stem(path, name, sizeof name);
    const struct study_source source = {
        .path = path, .name = name, .sets = options->sets, .set_count = options->set_count};
    struct study *study = study_read(&source);
    if (study->root != NULL)
        figures_judge(study);
    if (study->problems.count == 0)
        return opened(study, options->quiet);
    problems_print(&study->problems, stderr);
    study_close(study);
    return NULL;
}

static uint64_t expected_ns(const struct study *study, uint32_t jobs)
{
    uint64_t sum = 0;
    uint64_t longest = 0;
    const uint32_t points = study_points(study);
    for (uint32_t point = 0; point < points; point++) {
        const uint64_t run_ns = study_expected_ns(study, point * (uint32_t)study->seeds);
        sum += run_ns * study->seeds;
        longest = run_ns > longest ? run_ns : longest;
    }
    const uint64_t even = sum / (jobs > 0 ? jobs : 1);
    return even > longest ? even : longest;
}

static void print_axis(const struct sweep_axis *axis, bool zipped)
{
    (void)printf("  %s%s:", axis->path, zipped ? " (zipped)" : "");
    for (uint32_t i = 0; i < axis->value_count; i++)
        (void)printf("%s %s", i > 0 ? "," : "", axis->values[i].text);
    (void)printf("\n");
}

static void print_plan(const struct study *study, uint64_t ns, uint32_t jobs)
{
    char duration[16];
    const struct sweep *sweep = &study->sweep;
    (void)printf("%s: %s\n", study->name, study->question);
    (void)printf("%u point%s x %llu seed%s = %u runs", study_points(study),
                 study_points(study) == 1 ? "" : "s", (unsigned long long)study->seeds,
                 study->seeds == 1 ? "" : "s", study_runs(study));
    (void)printf(", about %s with %u job%s\n", progress_duration(ns, duration), jobs,
                 jobs == 1 ? "" : "s");
    for (uint32_t i = 0; i < sweep->axis_count; i++) {
        bool zipped = false;
        for (uint32_t k = 0; k < sweep->axis_count; k++)
            zipped = zipped || (k != i && sweep->axes[k].group == sweep->axes[i].group);
        print_axis(&sweep->axes[i], zipped);
    }
    for (size_t i = 0; i < study->check_count; i++)
        (void)printf("  check %s: %s, %s\n", study->checks[i].name, study->checks[i].metric,
                     study->checks[i].text);
    for (size_t i = 0; i < study->figure_count; i++)
        (void)printf("%s%s%s", i == 0 ? "  figures: " : ", ", study->figures[i],
                     i + 1 == study->figure_count ? "\n" : "");
}

static void print_help(void)
{
    (void)printf(
        "Usage: ikelab check EXPERIMENT [--set PATH=VALUE]... [--seeds N]\n\n"
        "Reads an experiment, a file or the name of a shipped one, says what it would run\n"
        "(points, seeds, expected time), and stops. Nothing is written. Exit status 0, or 2\n"
        "when something is wrong with it: every problem is told with its place.\n");
    options_help(OPTION_SET | OPTION_JSON);
}

int command_check(int argc, char **argv)
{
    struct options options;
    if (!options_read(&options, argc, argv, OPTION_SET | OPTION_JSON))
        return EXIT_USAGE;
    if (options.help) {
        print_help();
        return EXIT_DONE;
    }
    if (options.word_count != 1) {
        (void)fprintf(stderr,
                      "ikelab check: name one experiment; `ikelab list` shows the shipped ones\n");
        return EXIT_USAGE;
    }
    struct study *study = experiment_open(&options);
    if (study == NULL)
        return EXIT_USAGE;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const uint32_t jobs = cores > 0 && !study_is_live(study) ? (uint32_t)cores : 1;
    const uint64_t ns = expected_ns(study, jobs);
    if (options.json) {
        json_open("plan");
        json_text("experiment", study->name);
        json_text("question", study->question);
        json_count("points", study_points(study));
        json_count("seeds", study->seeds);
        json_count("runs", study_runs(study));
        json_count("expected_ns", ns);
        json_text("hash", study->hash);
        json_close();
    } else {
        print_plan(study, ns, jobs);
    }
    study_close(study);
    return EXIT_DONE;
}
