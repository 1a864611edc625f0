/* SPDX-License-Identifier: MIT
 * Checks, judged: measured means against closed forms, bounds, and each other. */
#include "experiments/verdict.h"

#include "experiments/json.h"
#include "results/results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Above so many comparisons of one check those that pass are told together. */
enum { TOLD_EACH_MAX = 12 };

struct judging {
    const struct study *study;
    struct results_db *db;
    bool json, quiet;
    bool many;                         /* comparisons of this check: passes are told in one line */
    bool each;                         /* of every metric: whose it is, is told too */
    struct model_world_config *config; /* of the point looked at */
    struct verdict verdict;
};

static bool chosen(const struct judging *j, const struct study_check *check)
{
    char text[1024];
    for (size_t i = 0; i < check->where_count; i++) {
        const struct study_condition *where = &check->where[i];
        bool any = false;
        if (!model_config_get(j->config, where->path, text, sizeof text))
            return false;
        for (size_t k = 0; k < where->text_count; k++)
            any = any || strcmp(where->texts[k], text) == 0;
        if (!any)
            return false;
    }
    return true;
}

static void point_config(const struct judging *j, uint32_t point)
{
    study_config(j->study, point * (uint32_t)j->study->seeds, j->config);
}

/* A value with its unit, for people: 0.0757, 52.3 %, 1.25 ms. */
static const char *shown(const struct study_check *check, double value, char *out, size_t out_max)
{
    const char *unit = "1";
    for (size_t i = 0; i < SIM_METRIC_COUNT; i++)
        if (strcmp(sim_metric_rows[i].name, check->metric) == 0)
            unit = sim_metric_rows[i].unit;
    if (!isfinite(value))
        (void)snprintf(out, out_max, "-");
    else if (strcmp(unit, "ppm") == 0)
        (void)snprintf(out, out_max, "%.3g %%", value / 1e4);
    else if (strcmp(unit, "ns") == 0 && fabs(value) < 1e6)
        (void)snprintf(out, out_max, "%.4g us", value / 1e3);
    else if (strcmp(unit, "ns") == 0)
        (void)snprintf(out, out_max, "%.4g ms", value / 1e6);
    else
        (void)snprintf(out, out_max, "%.6g", strncmp(unit, "1e-3", 4) == 0 ? value / 1e3 : value);
    return out;
}

static void told_json(const struct results_check *c)
{
    json_open("check");
    json_text("name", c->name);
    json_text("metric", c->metric);
    json_text("rule", c->theory);
    if (c->point != UINT32_MAX)
        json_count("point", c->point);
    json_number("expected", c->expected);
    json_number("measured", c->measured);
    json_number("low", c->low);
    json_number("high", c->high);
    json_number("tolerance", c->tolerance);
    json_bool("pass", c->pass);
    json_close();
}

static void judged(struct judging *j, const struct study_check *check,
                   const struct results_check *c, const char *why)
{
    char measured[40];
    char expected[40];
    char where[300] = "";
    j->verdict.judged++;
    j->verdict.failed += c->pass ? 0 : 1;
    if (!results_check_add(j->db, c, j->verdict.error))
        return;
    if (j->json)
        told_json(c);
    if ((j->quiet || j->many) && c->pass)
        return;
    if (c->point != UINT32_MAX)
        (void)study_point_text(j->study, c->point, where, sizeof where);
    (void)shown(check, c->measured, measured, sizeof measured);
    (void)shown(check, c->expected, expected, sizeof expected);
    (void)fprintf(stderr, "%s %s: %s%s%s is %s, %s", c->pass ? "pass" : "FAIL", c->name, c->metric,
                  j->each ? " of " : "", j->each ? check->who : "", measured, check->text);
    if (check->rule == CHECK_THEORY)
        (void)fprintf(stderr, " says %s", expected);
    if (check->rule == CHECK_ALIKE)
        (void)fprintf(stderr, " to %s", expected);
    if (where[0] != '\0')
        (void)fprintf(stderr, ", at %s", where);
    (void)fprintf(stderr, "%s%s\n", why[0] != '\0' ? ": " : "", why);
}

/* The larger of the two that a check may allow. */
static double tolerance_of(const struct study_check *check, double expected)
{
    const double share = fabs(expected) * check->within_share;
    return check->within_metric > share ? check->within_metric : share;
}

/* NULL: near enough, and known well enough. Else what is to be said beside the numbers, or "". */
static const char *objection(const struct results_mean *m, double expected, double tolerance)
{
    if (m->count == 0)
        return "no run has this metric";
    if (expected < m->low - tolerance || expected > m->high + tolerance)
        return "";
    if (m->high - m->mean > tolerance || m->mean - m->low > tolerance)
        return "the interval is wider than the tolerance, more seeds or a longer run would tell";
    return NULL;
}

static void theory_at(struct judging *j, const struct study_check *check, uint32_t point)
{
    char error[PROBLEM_TEXT] = "";
    double expected = 0;
    if (!check->theory->predict(j->config, &expected, error, sizeof error))
        return;
    const struct results_theory theory = {
        .point = point, .theory = check->theory->name, .metric = check->metric, .value = expected};
    if (!results_theory_add(j->db, &theory, j->verdict.error))
        return;
    const struct results_mean m = results_mean_of(j->db, point, check->who, check->metric);
    const double tolerance = tolerance_of(check, expected);
    const char *const wrong = objection(&m, expected, tolerance);
    const struct results_check c = {.name = check->name,
                                    .metric = check->metric,
                                    .theory = check->theory->name,
                                    .point = point,
                                    .expected = expected,
                                    .measured = m.count > 0 ? m.mean : (double)NAN,
                                    .low = m.low,
                                    .high = m.high,
                                    .tolerance = tolerance,
                                    .pass = wrong == NULL};
    judged(j, check, &c, wrong != NULL ? wrong : "");
}

/* Whether two points have all alike but the path, and what is zipped with it. */
static bool differ_only_in(const struct study *study, const char *path, uint32_t a, uint32_t b)
{
    const uint32_t group = sweep_axis_of(&study->sweep, path)->group;
    for (uint32_t axis = 0; axis < study->sweep.axis_count; axis++)
        if (study->sweep.axes[axis].group != group &&
            strcmp(sweep_value_at(&study->sweep, axis, a)->text,
                   sweep_value_at(&study->sweep, axis, b)->text) != 0)
            return false;
    return true;
}

static void alike_at(struct judging *j, const struct study_check *check, uint32_t point,
                     uint32_t other)
{
    const struct results_mean first = results_mean_of(j->db, point, check->who, check->metric);
    const struct results_mean there = results_mean_of(j->db, other, check->who, check->metric);
    const struct results_pair pair = {
        .point = point, .other = other, .who = check->who, .metric = check->metric};
    const struct results_mean difference = results_difference_of(j->db, &pair);
    const double tolerance = tolerance_of(check, first.mean);
    char rule[PROBLEM_TEXT];
    if (first.count == 0 && there.count == 0)
        return; /* neither has anything to compare */
    const bool paired = first.count == difference.count && there.count == difference.count;
    const char *const wrong = paired ? objection(&difference, 0, tolerance)
                                     : "some seed has this metric at one of the two only";
    (void)snprintf(rule, sizeof rule, "%s%s%s", check->text, j->each ? ", of " : "",
                   j->each ? check->who : "");
    const struct results_check c = {.name = check->name,
                                    .metric = check->metric,
                                    .theory = rule,
                                    .point = other,
                                    .expected = first.count > 0 ? first.mean : (double)NAN,
                                    .measured = there.count > 0 ? there.mean : (double)NAN,
                                    .low = first.mean + difference.low,
                                    .high = first.mean + difference.high,
                                    .tolerance = tolerance,
                                    .pass = wrong == NULL};
    judged(j, check, &c, wrong != NULL ? wrong : "");
}

/* Each point against the one with the path's first value, in one metric of one owner. */
static void alike_everywhere(struct judging *j, const struct study_check *check)
{
    const struct study *const study = j->study;
    const struct sweep_axis *const path = sweep_axis_of(&study->sweep, check->alike);
    const uint32_t axis = (uint32_t)(path - study->sweep.axes);
    const uint32_t points = study_points(study);
    const char *const first = path->values[0].text;
    for (uint32_t point = 0; point < points; point++) {
        point_config(j, point);
        if (strcmp(sweep_value_at(&study->sweep, axis, point)->text, first) != 0 ||
            !chosen(j, check))
            continue;
        for (uint32_t other = 0; other < points; other++)
            if (other != point && differ_only_in(study, check->alike, point, other))
                alike_at(j, check, point, other);
    }
}

/* Of every metric: those that some run told, each with whose it is. */
struct told {
    const struct study_check *check;
    struct owned {
        const struct sim_metric_row *row;
        char who[MODEL_NAME_MAX];
    } * list;
    size_t count, room;
    size_t metrics; /* different ones */
};

static bool is_left_out(const struct study_check *check, const char *who, const char *metric)
{
    bool out = check->who != NULL && strcmp(check->who, who) != 0;
    for (size_t i = 0; i < check->except_count; i++)
        out = out || strcmp(check->except[i], metric) == 0;
    return out;
}

static void told_take(void *owner, const char *who, const char *metric)
{
    struct told *const told = owner;
    size_t i = 0;
    while (i < SIM_METRIC_COUNT && strcmp(sim_metric_rows[i].name, metric) != 0)
        i++;
    if (i == SIM_METRIC_COUNT || is_left_out(told->check, who, metric))
        return;
    if (told->count == told->room) {
        told->room = 2 * told->room + SIM_METRIC_COUNT;
        told->list = realloc(told->list, told->room * sizeof told->list[0]);
        if (told->list == NULL)
            abort();
    }
    if (told->count == 0 || told->list[told->count - 1].row != &sim_metric_rows[i])
        told->metrics++; /* they come by their names */
    struct owned *const next = &told->list[told->count++];
    next->row = &sim_metric_rows[i];
    (void)snprintf(next->who, sizeof next->who, "%s", who);
}

/* How many metrics were compared. */
static size_t alike_in_all(struct judging *j, const struct study_check *check)
{
    struct told told = {.check = check};
    j->each = true;
    (void)results_metrics(j->db, told_take, &told, j->verdict.error);
    for (size_t i = 0; i < told.count && j->verdict.error[0] == '\0'; i++) {
        struct study_check one = *check;
        one.metric = told.list[i].row->name;
        one.who = told.list[i].who;
        alike_everywhere(j, &one);
    }
    free(told.list);
    j->each = false;
    return told.metrics;
}

static void judge_alike(struct judging *j, const struct study_check *check)
{
    const struct verdict before = j->verdict;
    const bool every = strcmp(check->metric, "*") == 0;
    char what[64];
    j->many = every || study_points(j->study) > TOLD_EACH_MAX;
    if (every)
        (void)snprintf(what, sizeof what, "each of %zu metrics", alike_in_all(j, check));
    else
        alike_everywhere(j, check);
    const size_t judged = j->verdict.judged - before.judged;
    const size_t passed = judged - (j->verdict.failed - before.failed);
    if (judged == 0)
        (void)fprintf(stderr, "note: check %s: no two points that differ in %s only have %s\n",
                      check->name, check->alike, every ? "a metric" : check->metric);
    else if (j->many && !j->quiet && passed > 0)
        (void)fprintf(stderr, "pass %s: %s is %s, in %zu of %zu comparisons\n", check->name,
                      every ? what : check->metric, check->text, passed, judged);
    j->many = false;
}

static uint32_t points_chosen(const struct judging *j, const struct study_check *check)
{
    uint32_t count = 0;
    for (uint32_t point = 0; point < study_points(j->study); point++) {
        point_config(j, point);
        count += chosen(j, check) ? 1 : 0;
    }
    return count;
}

static void judge_theory(struct judging *j, const struct study_check *check)
{
    const struct verdict before = j->verdict;
    const uint32_t points = study_points(j->study);
    j->many = points_chosen(j, check) > TOLD_EACH_MAX;
    for (uint32_t point = 0; point < points; point++) {
        point_config(j, point);
        if (chosen(j, check))
            theory_at(j, check, point);
    }
    const size_t judged = j->verdict.judged - before.judged;
    const size_t passed = judged - (j->verdict.failed - before.failed);
    if (judged == 0)
        (void)fprintf(stderr, "note: check %s: no point is one that %s speaks of\n", check->name,
                      check->theory->name);
    else if (j->many && !j->quiet && passed > 0)
        (void)fprintf(stderr, "pass %s: %s is what %s says, at %zu of %zu points\n", check->name,
                      check->metric, check->theory->name, passed, judged);
    j->many = false;
}

/* How far a mean's interval is within the bound: positive, all of it; the worse the smaller. */
static double margin(const struct study_check *check, const struct results_mean *m)
{
    return check->below ? check->bound - m->high : m->low - check->bound;
}

/* The point that decides: of `some` the best, of `all` the worst. */
static void judge_bound(struct judging *j, const struct study_check *check)
{
    const uint32_t points = study_points(j->study);
    struct results_mean decides = {0};
    uint32_t at = UINT32_MAX;
    for (uint32_t point = 0; point < points; point++) {
        point_config(j, point);
        if (!chosen(j, check))
            continue;
        const struct results_mean m = results_mean_of(j->db, point, check->who, check->metric);
        if (m.count == 0)
            continue;
        const bool better = at != UINT32_MAX && margin(check, &m) > margin(check, &decides);
        const bool worse = at != UINT32_MAX && margin(check, &m) < margin(check, &decides);
        if (at == UINT32_MAX || (check->rule == CHECK_SOME ? better : worse)) {
            decides = m;
            at = point;
        }
    }
    if (at == UINT32_MAX) {
        (void)fprintf(stderr, "note: check %s: no point is one of those it asks for\n",
                      check->name);
        return;
    }
    const struct results_check c = {.name = check->name,
                                    .metric = check->metric,
                                    .theory = check->text,
                                    .point = at,
                                    .expected = check->bound,
                                    .measured = decides.mean,
                                    .low = decides.low,
                                    .high = decides.high,
                                    .tolerance = 0,
                                    .pass = margin(check, &decides) > 0};
    judged(j, check, &c, "");
}

struct verdict verdict_judge(const struct study *study, struct results_db *db, bool json,
                             bool quiet)
{
    struct judging j = {.study = study, .db = db, .json = json, .quiet = quiet};
    j.config = malloc(sizeof *j.config);
    if (j.config == NULL)
        abort();
    for (size_t i = 0; i < study->check_count && j.verdict.error[0] == '\0'; i++)
        if (study->checks[i].rule == CHECK_THEORY)
            judge_theory(&j, &study->checks[i]);
        else if (study->checks[i].rule == CHECK_ALIKE)
            judge_alike(&j, &study->checks[i]);
        else
            judge_bound(&j, &study->checks[i]);
    free(j.config);
    return j.verdict;
}
