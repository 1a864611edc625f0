/* SPDX-License-Identifier: MIT
 * Reading `check`: what a study must find. Names of metrics and theories,
 * bounds and tolerances are all judged here, so that a check that could never
 * be made is an error before anything runs. */
#include "experiments/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const check_words[] = {"name",   "metric", "except", "of",  "theory",
                                          "within", "where",  "some",   "all", "alike"};

static const char *text_of(struct study *s, const struct tree *entry, const char *key)
{
    const struct tree *node = tree_child(entry, key);
    if (node == NULL || node->kind == TREE_TEXT)
        return node == NULL ? NULL : node->text;
    problem_add(&s->problems, node->at, "%s is one text, not %s", key, tree_kind_name(node));
    return NULL;
}

static const struct sim_metric_row *metric_named(struct study *s, const struct tree *node)
{
    struct nearest nearest;
    nearest_open(&nearest, node->text);
    for (size_t i = 0; i < SIM_METRIC_COUNT; i++) {
        if (strcmp(sim_metric_rows[i].name, node->text) == 0)
            return &sim_metric_rows[i];
        nearest_try(&nearest, sim_metric_rows[i].name);
    }
    problem_add(&s->problems, node->at, "there is no metric \"%s\": %s%s", node->text,
                nearest.best != NULL ? "did you mean " : "`ikelab describe metrics` lists them",
                nearest.best != NULL ? nearest.best : "");
    return NULL;
}

static const struct model_theory *theory_named(struct study *s, const struct tree *node)
{
    const struct model_theory *theory = model_theory_named(node->text);
    if (theory != NULL)
        return theory;
    struct nearest nearest;
    nearest_open(&nearest, node->text);
    for (size_t i = 0; i < model_theory_count; i++)
        nearest_try(&nearest, model_theories[i].name);
    problem_add(&s->problems, node->at, "there is no theory \"%s\": %s%s", node->text,
                nearest.best != NULL ? "did you mean " : "`ikelab describe theories` lists them",
                nearest.best != NULL ? nearest.best : "");
    return NULL;
}

/* A number in a metric's own unit, from text with a unit: `50%` is 500000 of a metric in ppm. */
static bool quantity(const char *unit, const char *text, double *out)
{
    /* clang-format off */
    static const struct {
        const char *unit;
        enum model_kind kind;
        double over;
    } rows[] = {
        { "ppm",    KIND_SHARE,  1000.0 },
        { "ns",     KIND_TIME,   1.0 },
        { "B",      KIND_BYTES,  1.0 },
        { "1e-3",   KIND_FACTOR, 1.0 },
        { "1e-3/s", KIND_EVENTS, 1000.0 },
        { "1",      KIND_COUNT,  1.0 },
    };
    /* clang-format on */
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].unit, unit) != 0 || !model_quantity_parse(rows[i].kind, text, &value))
            continue;
        *out = (double)value / rows[i].over;
        return true;
    }
    return false;
}

static const char *quantity_example(const char *unit)
{
    if (strcmp(unit, "ppm") == 0)
        return model_kind_example(KIND_SHARE);
    if (strcmp(unit, "ns") == 0)
        return model_kind_example(KIND_TIME);
    return strcmp(unit, "B") == 0 ? model_kind_example(KIND_BYTES) : "a number";
}

/* `2%` is of the expected value, `50us` or `0.2pp` (percentage points) of the metric itself. */
static void tolerance_read(struct study *s, struct study_check *check, const char *unit,
                           const struct tree *node)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s", node->kind == TREE_TEXT ? node->text : "");
    const size_t len = strlen(text);
    uint64_t ppb = 0;
    double absolute = 0;
    const bool points = len > 2 && strcmp(text + len - 2, "pp") == 0 && strcmp(unit, "ppm") == 0;
    if (points)
        memcpy(text + len - 2, "%", 2);
    if (!points && len > 0 && text[len - 1] == '%' && model_quantity_parse(KIND_SHARE, text, &ppb))
        check->within_share = (double)ppb / 1e9;
    else if (unit[0] == '\0')
        problem_add(&s->problems, node->at,
                    "within: \"%s\" is no tolerance of every metric: write 2%% of what is expected",
                    node->kind == TREE_TEXT ? node->text : tree_kind_name(node));
    else if (quantity(unit, text, &absolute))
        check->within_metric = absolute;
    else
        problem_add(&s->problems, node->at,
                    "within: \"%s\" is no tolerance: write 2%% of the expected value, or %s",
                    node->kind == TREE_TEXT ? node->text : tree_kind_name(node),
                    strcmp(unit, "ppm") == 0 ? "0.5pp, percentage points" : quantity_example(unit));
}

static void within_read(struct study *s, struct study_check *check, const char *unit,
                        const struct tree *entry)
{
    const struct tree *within = tree_child(entry, "within");
    if (within == NULL)
        problem_add(&s->problems, entry->at, "%s wants a tolerance: within: 2%%",
                    check->rule == CHECK_THEORY ? "a theory" : "alike");
    else if (within->kind == TREE_LIST)
        for (const struct tree *item = within->first; item != NULL; item = item->next)
            tolerance_read(s, check, unit, item);
    else
        tolerance_read(s, check, unit, within);
}

static void rule_theory(struct study *s, struct study_check *check, const char *unit,
                        const struct tree *entry)
{
    const struct tree *theory = tree_child(entry, "theory");
    check->rule = CHECK_THEORY;
    if (theory->kind == TREE_TEXT)
        check->theory = theory_named(s, theory);
    else
        problem_add(&s->problems, theory->at, "theory is one name, not %s", tree_kind_name(theory));
    if (check->theory != NULL && strcmp(check->theory->metric, check->metric) != 0)
        problem_add(&s->problems, theory->at, "%s predicts %s, not %s", theory->text,
                    check->theory->metric, check->metric);
    check->text = theory->text;
    within_read(s, check, unit, entry);
}

static void rule_alike(struct study *s, struct study_check *check, const char *unit,
                       const struct tree *entry)
{
    const struct tree *alike = tree_child(entry, "alike");
    check->rule = CHECK_ALIKE;
    check->alike = alike->kind == TREE_TEXT ? alike->text : "";
    check->text = arena_format(&s->arena, "alike %s", check->alike);
    if (sweep_axis_of(&s->sweep, check->alike) == NULL)
        problem_add(&s->problems, alike->at,
                    "alike: \"%s\" is not swept: write a path that sweep walks", check->alike);
    within_read(s, check, unit, entry);
}

static void rule_bound(struct study *s, struct study_check *check, const char *unit,
                       const struct tree *rule)
{
    check->rule = strcmp(rule->key, "some") == 0 ? CHECK_SOME : CHECK_ALL;
    const char *text = rule->kind == TREE_TEXT ? rule->text : "";
    check->text = arena_format(&s->arena, "%s %s", rule->key, text);
    check->below = strncmp(text, "below ", 6) == 0;
    const bool worded = check->below || strncmp(text, "above ", 6) == 0;
    if (!worded || !quantity(unit, text + 6, &check->bound))
        problem_add(&s->problems, rule->at, "%s: \"%s\" is no bound: write below or above, and %s",
                    rule->key, text, quantity_example(unit));
}

/* Who has metrics, and the section with their names. */
/* clang-format off */
static const struct { const char *who, *section; } owners[] = {
    { "clients", "clients" }, { "gateway", "gateways" }, { "attacker", "attackers" },
    { "background", "background" },
};
/* clang-format on */
enum { OWNERS = sizeof owners / sizeof owners[0] };

/* Whose metric it is: `of`, or the only one of its kind. */
static void who_read(struct study *s, struct study_check *check, const struct sim_metric_row *row,
                     const struct tree *entry)
{
    const char *section = NULL;
    for (size_t i = 0; i < OWNERS; i++)
        if (strcmp(owners[i].who, row->who) == 0)
            section = owners[i].section;
    const struct tree *of = tree_child(entry, "of");
    check->who = text_of(s, entry, "of");
    if (section == NULL) { /* of the network, or of the run */
        check->who = check->who != NULL ? check->who : row->who;
        return;
    }
    const struct tree *there = tree_child(s->root, section);
    if (check->who == NULL && there != NULL && there->first != NULL && there->first->next == NULL)
        check->who = there->first->key;
    else if (check->who == NULL)
        problem_add(&s->problems, entry->at, "%s is a metric of %s: say which with of: NAME",
                    row->name, section);
    else if (!model_config_has(&s->base, section, check->who))
        problem_add(&s->problems, of->at, "there is no \"%s\" among the %s", check->who, section);
}

/* Of every metric: each one's, or those of one, whatever it is. */
static void who_of_every(struct study *s, struct study_check *check, const struct tree *entry)
{
    check->who = text_of(s, entry, "of");
    bool known =
        check->who == NULL || strcmp(check->who, "network") == 0 || strcmp(check->who, "run") == 0;
    for (size_t i = 0; i < OWNERS && !known; i++)
        known = model_config_has(&s->base, owners[i].section, check->who);
    if (!known)
        problem_add(&s->problems, tree_child(entry, "of")->at,
                    "there is no \"%s\" that has metrics: name a gateway, clients, an attacker, "
                    "background, network or run",
                    check->who);
}

/* A value as model_config_get writes it, so that 1s and 1000ms are the same. */
static const char *canonical(struct study *s, const char *path, const struct tree *node)
{
    char error[PROBLEM_TEXT];
    char text[1024];
    const struct model_key *key = model_key_find(path);
    const char *given = study_value_text(s, key, node);
    struct model_world_config *scratch = malloc(sizeof *scratch);
    if (scratch == NULL)
        abort();
    *scratch = s->base;
    const bool set = given != NULL && model_config_set(scratch, path, given, error, sizeof error);
    if (given != NULL && !set)
        problem_add(&s->problems, node->at, "%s: %s", path, error);
    const bool got = set && model_config_get(scratch, path, text, sizeof text);
    free(scratch);
    return got ? arena_copy(&s->arena, text, strlen(text)) : "";
}

static void where_read(struct study *s, struct study_check *check, const struct tree *where)
{
    if (where->kind != TREE_MAP) {
        problem_add(&s->problems, where->at, "where is a map, path: value or path: [values]");
        return;
    }
    for (const struct tree *node = where->first; node != NULL; node = node->next) {
        if (!study_path_is_there(s, node->key, node->key_at))
            continue;
        if (check->where_count == STUDY_WHERE_MAX) {
            problem_add(&s->problems, node->key_at, "where: at most %d paths", STUDY_WHERE_MAX);
            return;
        }
        const bool list = node->kind == TREE_LIST;
        const size_t count = list ? tree_count(node) : 1;
        const char **texts = arena_take(&s->arena, (count + 1) * sizeof texts[0]);
        size_t i = 0;
        for (const struct tree *item = list ? node->first : node; item != NULL;
             item = list ? item->next : NULL)
            texts[i++] = canonical(s, node->key, item);
        check->where[check->where_count++] = (struct study_condition){node->key, texts, i};
    }
}

static void words_check(struct study *s, const struct tree *entry)
{
    for (const struct tree *node = entry->first; node != NULL; node = node->next) {
        struct nearest nearest;
        nearest_open(&nearest, node->key);
        bool known = false;
        for (size_t i = 0; i < sizeof check_words / sizeof check_words[0]; i++) {
            known = known || strcmp(check_words[i], node->key) == 0;
            nearest_try(&nearest, check_words[i]);
        }
        if (!known && nearest.best != NULL)
            problem_add(&s->problems, node->key_at,
                        "\"%s\" is no key of a check: did you mean \"%s\"?", node->key,
                        nearest.best);
        else if (!known)
            problem_add(
                &s->problems, node->key_at,
                "\"%s\" is no key of a check: it has name, metric, except, of, theory, within, "
                "where, some, all, alike",
                node->key);
    }
}

/* The one rule of a check; NULL, with a problem, when it has none or more. */
static const struct tree *rule_of(struct study *s, const struct tree *entry)
{
    static const char *const rules[] = {"theory", "some", "all", "alike"};
    const struct tree *rule = NULL;
    int count = 0;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct tree *const node = tree_child(entry, rules[i]);
        count += node != NULL ? 1 : 0;
        rule = node != NULL ? node : rule;
    }
    if (count == 1)
        return rule;
    problem_add(&s->problems, entry->at,
                "a check has one of theory, some, all and alike; this has %s",
                count == 0 ? "none" : "more");
    return NULL;
}

static struct study_check *check_begin(struct study *s, const struct tree *entry)
{
    static struct study_check none;
    if (s->check_count == STUDY_CHECKS_MAX) {
        problem_add(&s->problems, entry->at,
                    "too many checks: at most %d, of a list of metrics each counts",
                    STUDY_CHECKS_MAX);
        none = (struct study_check){.name = ""};
        return &none;
    }
    struct study_check *const check = &s->checks[s->check_count++];
    const struct tree *const name = tree_child(entry, "name");
    check->at = entry->at;
    check->name = name != NULL && name->kind == TREE_TEXT ? name->text : "";
    return check;
}

static void check_of_one(struct study *s, const struct tree *entry, const struct tree *rule,
                         const struct tree *metric)
{
    const struct sim_metric_row *const row = metric_named(s, metric);
    if (row == NULL || rule == NULL)
        return;
    struct study_check *const check = check_begin(s, entry);
    check->metric = row->name;
    who_read(s, check, row, entry);
    if (strcmp(rule->key, "theory") == 0)
        rule_theory(s, check, row->unit, entry);
    else if (strcmp(rule->key, "alike") == 0)
        rule_alike(s, check, row->unit, entry);
    else
        rule_bound(s, check, row->unit, rule);
    if (tree_child(entry, "where") != NULL)
        where_read(s, check, tree_child(entry, "where"));
}

/* One mistake is told once, though each metric of a list would make it. */
static void check_of_list(struct study *s, const struct tree *entry, const struct tree *rule,
                          const struct tree *metrics)
{
    const size_t before = s->problems.count;
    if (metrics->first == NULL)
        problem_add(&s->problems, metrics->at, "metric: an empty list checks nothing");
    for (const struct tree *item = metrics->first; item != NULL && s->problems.count == before;
         item = item->next)
        if (item->kind == TREE_TEXT)
            check_of_one(s, entry, rule, item);
        else
            problem_add(&s->problems, item->at, "metric: a list is of names, not of %s",
                        tree_kind_name(item));
}

static void except_read(struct study *s, struct study_check *check, const struct tree *except)
{
    const bool list = except->kind == TREE_LIST;
    const char **const names = arena_take(&s->arena, (tree_count(except) + 1) * sizeof names[0]);
    check->except = names;
    for (const struct tree *item = list ? except->first : except; item != NULL;
         item = list ? item->next : NULL) {
        const struct sim_metric_row *const row =
            item->kind == TREE_TEXT ? metric_named(s, item) : NULL;
        if (item->kind != TREE_TEXT)
            problem_add(&s->problems, item->at, "except is a list of names, not of %s",
                        tree_kind_name(item));
        if (row != NULL)
            names[check->except_count++] = row->name;
    }
}

/* `*`: which metrics are told, and whose, is seen when the runs are done. */
static void check_of_every(struct study *s, const struct tree *entry, const struct tree *rule,
                           const struct tree *metric)
{
    if (rule == NULL)
        return;
    if (strcmp(rule->key, "alike") != 0) {
        problem_add(&s->problems, metric->at,
                    "metric: \"*\" is every metric there is: no %s holds for all, only alike does",
                    strcmp(rule->key, "theory") == 0 ? "theory" : "bound");
        return;
    }
    struct study_check *const check = check_begin(s, entry);
    check->metric = "*";
    who_of_every(s, check, entry);
    rule_alike(s, check, "", entry);
    if (tree_child(entry, "except") != NULL)
        except_read(s, check, tree_child(entry, "except"));
    if (tree_child(entry, "where") != NULL)
        where_read(s, check, tree_child(entry, "where"));
}

static void check_read(struct study *s, const struct tree *entry)
{
    words_check(s, entry);
    const struct tree *const metric = tree_child(entry, "metric");
    const struct tree *const except = tree_child(entry, "except");
    const char *const name = text_of(s, entry, "name");
    if (name == NULL || name[0] == '\0')
        problem_add(&s->problems, entry->at, "a check wants a name");
    const struct tree *const rule = rule_of(s, entry);
    const bool every =
        metric != NULL && metric->kind == TREE_TEXT && strcmp(metric->text, "*") == 0;
    if (except != NULL && !every)
        problem_add(&s->problems, except->key_at,
                    "except leaves out some of every metric: write it beside metric: \"*\"");
    if (metric == NULL || metric->kind == TREE_MAP)
        problem_add(&s->problems, entry->at, "a check wants a metric: `ikelab describe metrics`");
    else if (metric->kind == TREE_LIST)
        check_of_list(s, entry, rule, metric);
    else if (every)
        check_of_every(s, entry, rule, metric);
    else
        check_of_one(s, entry, rule, metric);
}

void study_read_checks(struct study *study, const struct tree *checks)
{
    if (checks == NULL)
        return;
    if (checks->kind != TREE_LIST) {
        problem_add(&study->problems, checks->at, "check is a list of maps, not %s",
                    tree_kind_name(checks));
        return;
    }
    for (const struct tree *entry = checks->first; entry != NULL; entry = entry->next) {
        if (entry->kind != TREE_MAP)
            problem_add(&study->problems, entry->at,
                        "a check is a map, {name: …, metric: …}, not %s", tree_kind_name(entry));
        else
            check_read(study, entry);
    }
}
