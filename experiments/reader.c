/* SPDX-License-Identifier: MIT
 * From a tree to a study: --set put in, keys looked up in the one table, every
 * value read where it stands, so that each problem has its place. */
#include "experiments/study.h"
#include "experiments/topology.h"
#include "experiments/traces.h"
#include "sim/fingerprint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_TEXT = 256, KNOWN_TEXT = 200 };

void study_note(struct study *study, const char *text)
{
    for (size_t i = 0; i < study->note_count; i++)
        if (strcmp(study->notes[i], text) == 0)
            return;
    if (study->note_count < sizeof study->notes / sizeof study->notes[0])
        study->notes[study->note_count++] = arena_copy(&study->arena, text, strlen(text));
}

/* What is left of a table's path when the segments of `path` are taken off its front; "*" stands
 * for any one segment. NULL when they differ, "" when nothing is left. */
static const char *rest_of(const char *pattern, const char *path)
{
    while (*path != '\0') {
        const size_t wanted = strcspn(pattern, ".");
        const size_t given = strcspn(path, ".");
        const bool any = wanted == 1 && pattern[0] == '*';
        if (!any && (wanted != given || strncmp(pattern, path, given) != 0))
            return NULL;
        pattern += wanted;
        path += given;
        if (*path != '\0' && *pattern == '\0')
            return NULL;
        pattern += *pattern == '.' ? 1 : 0;
        path += *path == '.' ? 1 : 0;
    }
    return pattern;
}

static bool leads_somewhere(const char *path)
{
    for (size_t i = 0; i < model_key_count; i++) {
        const char *rest = rest_of(model_keys[i].path, path);
        if (rest != NULL && *rest != '\0')
            return true;
    }
    return false;
}

/* Calls nearest_try for, and lists in `known`, each word that may follow `parent`. */
static void words_after(struct study *s, const char *parent, struct nearest *nearest, char *known)
{
    const char *said[64];
    size_t said_count = 0;
    size_t len = 0;
    known[0] = '\0';
    for (size_t i = 0; i < model_key_count + study_key_count; i++) {
        const struct model_key *key =
            i < model_key_count ? &model_keys[i] : &study_keys[i - model_key_count];
        const char *rest = rest_of(key->path, parent);
        if (rest == NULL || *rest == '\0')
            continue;
        const char *word = arena_copy(&s->arena, rest, strcspn(rest, "."));
        size_t k = 0;
        while (k < said_count && strcmp(said[k], word) != 0)
            k++;
        if (k < said_count || said_count == sizeof said / sizeof said[0])
            continue;
        said[said_count++] = word;
        nearest_try(nearest, word);
        if (len + strlen(word) + 3 < KNOWN_TEXT)
            len +=
                (size_t)snprintf(known + len, KNOWN_TEXT - len, "%s%s", len > 0 ? ", " : "", word);
    }
}

static void unknown_key(struct study *s, const char *parent, const struct tree *node)
{
    char known[KNOWN_TEXT];
    struct nearest nearest;
    nearest_open(&nearest, node->key);
    words_after(s, parent, &nearest, known);
    const char *where = parent[0] == '\0' ? "of an experiment" : parent;
    if (nearest.best != NULL)
        problem_add(&s->problems, node->key_at, "\"%s\" is no key %s%s: did you mean \"%s\"?",
                    node->key, parent[0] == '\0' ? "" : "of ", where, nearest.best);
    else
        problem_add(&s->problems, node->key_at, "\"%s\" is no key %s%s: it has %s", node->key,
                    parent[0] == '\0' ? "" : "of ", where, known);
}

const char *study_value_text(struct study *study, const struct model_key *key,
                             const struct tree *value)
{
    if (value->kind == TREE_TEXT)
        return value->text;
    const bool commas =
        key->kind == KIND_SELECTORS || key->kind == KIND_PROPOSALS || key->kind == KIND_PREFIXES;
    if (value->kind == TREE_LIST && (key->kind == KIND_RATE || key->kind == KIND_SPANS))
        return tree_flow(&study->arena, value);
    if (value->kind != TREE_LIST || !commas) {
        problem_add(&study->problems, value->at, "%s is one value, not %s", key->path,
                    tree_kind_name(value));
        return NULL;
    }
    const char *text = "";
    for (const struct tree *item = value->first; item != NULL; item = item->next)
        text = arena_format(&study->arena, "%s%s%s", text, *text != '\0' ? ", " : "",
                            item->kind == TREE_TEXT ? item->text : "?");
    return text;
}

static void setting_add(struct study *s, const struct model_key *key, const char *path,
                        const struct tree *node)
{
    const char *text = study_value_text(s, key, node);
    if (text == NULL)
        return;
    char error[PROBLEM_TEXT];
    if (!model_config_set(&s->base, path, text, error, sizeof error)) {
        problem_add(&s->problems, node->at, "%s: %s", path, error);
        return;
    }
    if (s->setting_count == STUDY_SETTINGS_MAX) {
        problem_add(&s->problems, node->at, "too many settings: at most %d", STUDY_SETTINGS_MAX);
        return;
    }
    s->settings[s->setting_count++] = (struct study_setting){path, text, node->at};
}

static const struct model_section *section_named(const char *name)
{
    for (size_t i = 0; i < model_section_count; i++)
        if (strcmp(model_sections[i].name, name) == 0)
            return &model_sections[i];
    return NULL;
}

/* An entry of a section, "gateways.vpn"; false when it cannot be. */
static bool entry_add(struct study *s, const struct model_section *section, const struct tree *node)
{
    if (!model_config_add(&s->base, section->name, node->key)) {
        problem_add(
            &s->problems, node->key_at,
            "\"%s\" cannot be one of the %s: a name has letters, digits, - and _, begins with "
            "a letter, and there are at most %" PRIu32 " of them",
            node->key, section->name, section->max);
        return false;
    }
    s->entries[s->entry_count++] = (struct study_setting){
        arena_format(&s->arena, "%s.%s", section->name, node->key), NULL, node->key_at};
    return true;
}

static void settings_read(struct study *s, const struct tree *map, const char *parent)
{
    const struct model_section *const section = section_named(parent);
    for (const struct tree *node = map->first; node != NULL; node = node->next) {
        const char *path =
            parent[0] == '\0' ? node->key : arena_format(&s->arena, "%s.%s", parent, node->key);
        const struct model_key *key = section != NULL ? NULL : model_key_find(path);
        if (strchr(node->key, '.') != NULL)
            problem_add(&s->problems, node->key_at,
                        "\"%s\": no dots in a key here, write one map within the other", node->key);
        else if (key != NULL)
            setting_add(s, key, path, node);
        else if (!leads_somewhere(path))
            unknown_key(s, parent, node);
        else if (node->kind != TREE_MAP)
            problem_add(&s->problems, node->at, "%s is a map of keys, not %s", path,
                        node->kind == TREE_TEXT && node->text[0] == '\0' ? "nothing"
                                                                         : tree_kind_name(node));
        else if (section == NULL || entry_add(s, section, node))
            settings_read(s, node, path);
    }
}

/* ---- the keys of a study itself */

static void read_question(struct study *s, const struct tree *node)
{
    if (node->kind != TREE_TEXT || node->text[0] == '\0')
        problem_add(&s->problems, node->at, "question is one sentence that ends with ?");
    else
        s->question = node->text;
}

static void read_count(struct study *s, const struct model_key *key, const struct tree *node)
{
    uint64_t value = 0;
    uint64_t low = 0;
    uint64_t high = 0;
    (void)model_quantity_parse(KIND_COUNT, key->low, &low);
    (void)model_quantity_parse(KIND_COUNT, key->high, &high);
    if (node->kind != TREE_TEXT || !model_quantity_parse(KIND_COUNT, node->text, &value))
        problem_add(&s->problems, node->at, "%s: %s is no count: write it like %s", key->path,
                    node->kind == TREE_TEXT ? node->text : tree_kind_name(node),
                    model_kind_example(KIND_COUNT));
    else if (value < low || value > high)
        problem_add(&s->problems, node->at, "%s: %s is out of range: from %s to %s", key->path,
                    node->text, key->low, key->high);
    else
        memcpy((char *)s + key->offset, &value, sizeof value);
}

static void read_trace(struct study *s, const struct tree *node)
{
    if (node->kind != TREE_MAP) {
        problem_add(&s->problems, node->at,
                    "trace is a map: {points: 1, seeds: 1, messages: 10000}");
        return;
    }
    for (const struct tree *child = node->first; child != NULL; child = child->next) {
        const char *path = arena_format(&s->arena, "trace.%s", child->key);
        size_t i = 0;
        while (i < study_key_count && strcmp(study_keys[i].path, path) != 0)
            i++;
        if (i < study_key_count)
            read_count(s, &study_keys[i], child);
        else
            unknown_key(s, "trace", child);
    }
}

/* One name, or a list of names; calls `take` with each. */
static void read_names(struct study *s, const struct tree *node,
                       void (*take)(struct study *s, const struct tree *item))
{
    if (node->kind == TREE_TEXT && node->text[0] != '\0') {
        take(s, node);
        return;
    }
    if (node->kind != TREE_LIST)
        problem_add(&s->problems, node->at, "%s is a list of names: [a, b]", node->key);
    for (const struct tree *item = node->kind == TREE_LIST ? node->first : NULL; item != NULL;
         item = item->next)
        if (item->kind == TREE_TEXT)
            take(s, item);
        else
            problem_add(&s->problems, item->at, "%s has names in it, not %s", node->key,
                        tree_kind_name(item));
}

static void take_figure(struct study *s, const struct tree *item)
{
    if (s->figure_count == STUDY_FIGURES_MAX)
        problem_add(&s->problems, item->at, "too many figures: at most %d", STUDY_FIGURES_MAX);
    else
        s->figures[s->figure_count++] = item->text;
}

static void take_show(struct study *s, const struct tree *item)
{
    static const char *const words[] = {"ladder", "table"};
    for (uint32_t i = 0; i < 2; i++) {
        if (strcmp(words[i], item->text) == 0) {
            s->show |= 1U << i;
            return;
        }
    }
    problem_add(&s->problems, item->at, "show: \"%s\" is none of ladder, table", item->text);
}

/* clang-format off */
const struct model_key study_keys[] = {
    { "question",       KIND_TEXT,      NULL, NULL, NULL,      "",   offsetof(struct study, question), 0,
      "what the experiment asks, in one sentence" },
    { "seeds",          KIND_COUNT,     NULL, "1",  "100000",  "10", offsetof(struct study, seeds), 8,
      "runs of each point, each with a seed of its own, from 1 on" },
    { "sweep",          KIND_STRUCTURE, NULL, NULL, NULL,      "{}", 0, 0,
      "paths and the values each takes: every combination is a point; under `zip`, a list of maps whose lists are walked together" },
    { "figures",        KIND_STRUCTURE, NULL, NULL, NULL,      "[]", 0, 0,
      "names of the figures to draw" },
    { "check",          KIND_STRUCTURE, NULL, NULL, NULL,      "[]", 0, 0,
      "what must come out: {name, metric, of, theory, within} or {name, metric, of, where, some | all}" },
    { "trace.points",   KIND_COUNT,     NULL, "0",  "100000",  "1",  offsetof(struct study, trace.points), 8,
      "points whose messages are kept, the first so many" },
    { "trace.seeds",    KIND_COUNT,     NULL, "0",  "100000",  "1",  offsetof(struct study, trace.seeds), 8,
      "seeds of each of these points, the first so many" },
    { "trace.messages", KIND_COUNT,     NULL, "0",  "10000000", "0", offsetof(struct study, trace.messages), 8,
      "messages of each such run that are kept, seen at the gateway's interface" },
    { "topology",       KIND_TEXT,      NULL, NULL, NULL,      "none", 0, 0,
      "links beside those here: star, dumbbell, hub-and-spoke, abilene, or a file: YAML with `links`, GraphML, lines of FROM TO DELAY RATE" },
    { "traces",         KIND_STRUCTURE, NULL, NULL, NULL,      "{}", 0, 0,
      "lines by name, for `trace NAME` in clients.*.arrivals and links.*.delay: a time each, or a time and a delay, like `1.5s` or "
      "`10s 80ms`; a number without a unit is of seconds. What is not here is read from a file of that name beside the experiment: a "
      "line each, separated by blanks or commas, # begins a comment; and is recorded here. Arrivals end with the last time, and the "
      "last delay holds; at most 10,000 lines" },
    { "show",           KIND_STRUCTURE, NULL, NULL, NULL,      "[]", 0, 0,
      "what `run` prints at the end: ladder, table" },
};
/* clang-format on */
const size_t study_key_count = sizeof study_keys / sizeof study_keys[0];

static bool read_study_key(struct study *s, const struct tree *node)
{
    const char *key = node->key;
    if (strcmp(key, "question") == 0)
        read_question(s, node);
    else if (strcmp(key, "seeds") == 0)
        read_count(s, &study_keys[1], node);
    else if (strcmp(key, "trace") == 0)
        read_trace(s, node);
    else if (strcmp(key, "figures") == 0)
        read_names(s, node, take_figure);
    else if (strcmp(key, "show") == 0)
        read_names(s, node, take_show);
    else
        return strcmp(key, "sweep") == 0 || strcmp(key, "check") == 0 || strcmp(key, "traces") == 0;
    return true;
}

/* ---- --set */

/* A path that is set is not swept any more. */
static bool sweep_drop(struct tree *map, const char *path)
{
    if (map == NULL || map->kind == TREE_TEXT)
        return false;
    bool dropped = false;
    if (map->kind == TREE_MAP && tree_child(map, path) != NULL) {
        tree_remove(map, path);
        dropped = true;
    }
    if (map->kind == TREE_MAP)
        return sweep_drop(tree_child(map, "zip"), path) || dropped;
    for (struct tree *item = map->first; item != NULL; item = item->next)
        dropped = sweep_drop(item, path) || dropped;
    return dropped;
}

/* The map within a sweep that has this path: the sweep itself, or one under `zip`. */
static struct tree *sweep_holder(struct tree *map, const char *path)
{
    if (map == NULL || map->kind == TREE_TEXT)
        return NULL;
    if (map->kind == TREE_MAP && tree_child(map, path) != NULL)
        return map;
    if (map->kind == TREE_MAP)
        return sweep_holder(tree_child(map, "zip"), path);
    struct tree *found = NULL;
    for (struct tree *item = map->first; item != NULL && found == NULL; item = item->next)
        found = sweep_holder(item, path);
    return found;
}

/* The map at `key` of `parent`, made when it is not there; NULL when something else is. */
static struct tree *map_at(struct study *s, struct tree *parent, const char *key, struct place at)
{
    struct tree *child = tree_child(parent, key);
    if (child == NULL) {
        child = arena_take(&s->arena, sizeof *child);
        child->kind = TREE_MAP;
        child->at = at;
        tree_put(&s->arena, parent, key, child);
    }
    return child->kind == TREE_MAP ? child : NULL;
}

static bool entry_is_there(struct study *s, const char *section, const char *name, struct place at)
{
    const struct tree *entries = tree_child(s->root, section);
    if (tree_child(entries, name) != NULL)
        return true;
    struct nearest nearest;
    nearest_open(&nearest, name);
    const char *known = "";
    for (const struct tree *e = entries != NULL && entries->kind == TREE_MAP ? entries->first
                                                                             : NULL;
         e != NULL; e = e->next) {
        nearest_try(&nearest, e->key);
        known = arena_format(&s->arena, "%s%s%s", known, *known != '\0' ? ", " : "", e->key);
    }
    problem_add(&s->problems, at, "there is no \"%s\" among the %s: %s%s", name, section,
                nearest.best != NULL ? "did you mean " : "there is ",
                nearest.best != NULL ? nearest.best
                : *known != '\0'     ? known
                                     : "none");
    return false;
}

static void set_path(struct study *s, char *path, struct tree *value)
{
    const struct place at = value->at;
    struct tree *map = s->root;
    for (char *dot = strchr(path, '.'); dot != NULL; dot = strchr(path, '.')) {
        *dot = '\0';
        const size_t name_len = strcspn(dot + 1, ".");
        if (map == s->root && section_named(path) != NULL &&
            !entry_is_there(s, path, arena_copy(&s->arena, dot + 1, name_len), at))
            return;
        map = map_at(s, map, path, at);
        if (map == NULL) {
            problem_add(&s->problems, at, "%s has no keys of its own", path);
            return;
        }
        path = dot + 1;
    }
    tree_put(&s->arena, map, path, value);
}

static void set_apply(struct study *s, const char *set)
{
    const char *source = arena_format(&s->arena, "--set %s", set);
    const char *equals = strchr(set, '=');
    if (equals == NULL || equals == set) {
        problem_add(&s->problems, (struct place){source, 0, 0}, "write it as PATH=VALUE");
        return;
    }
    char *path = arena_copy(&s->arena, set, (size_t)(equals - set));
    const char *text = equals + 1;
    struct tree *value = NULL;
    if (text[0] == '[' || text[0] == '{') {
        value = tree_parse(&s->arena, source, text, strlen(text), &s->problems);
        if (value == NULL)
            return;
    } else {
        value = arena_take(&s->arena, sizeof *value);
        value->text = arena_copy(&s->arena, text, strlen(text));
    }
    value->at = (struct place){source, 0, 0};

    static const char sweep[] = "sweep.";
    if (strncmp(path, sweep, sizeof sweep - 1) == 0) {
        const char *swept = path + sizeof sweep - 1;
        struct tree *map = map_at(s, s->root, "sweep", value->at);
        struct tree *holder = sweep_holder(map, swept);
        if (holder != NULL || map != NULL)
            tree_put(&s->arena, holder != NULL ? holder : map, swept, value);
        return;
    }
    if (sweep_drop(tree_child(s->root, "sweep"), path))
        study_note(s, arena_format(&s->arena, "%s: the sweep over it is left out", source));
    set_path(s, path, value);
}

/* ---- what only the whole can tell */

static bool is_given(const struct study *s, const char *path)
{
    for (size_t i = 0; i < s->setting_count; i++)
        if (strcmp(s->settings[i].path, path) == 0)
            return true;
    return sweep_axis_of(&s->sweep, path) != NULL;
}

static void require_keys(struct study *s)
{
    for (size_t i = 0; i < model_key_count; i++) {
        const struct model_key *key = &model_keys[i];
        const char *star = strchr(key->path, '*');
        if (key->fallback != NULL || key->kind == KIND_STRUCTURE)
            continue;
        if (star == NULL && !is_given(s, key->path))
            problem_add(&s->problems, s->root->at, "%s is missing: %s", key->path, key->meaning);
        for (size_t e = 0; star != NULL && e < s->entry_count; e++) {
            const char *entry = s->entries[e].path;
            const size_t section_len = (size_t)(star - key->path);
            if (strncmp(entry, key->path, section_len) != 0)
                continue;
            const char *path = arena_format(&s->arena, "%s%s", entry, star + 1);
            if (!is_given(s, path))
                problem_add(&s->problems, s->entries[e].at, "%s is missing: %s", path,
                            key->meaning);
        }
    }
}

/* Where the file speaks of a path: of itself, or of the longest part of it from its front. */
static struct place place_of_path(const struct study *s, const char *path)
{
    char part[PATH_TEXT];
    (void)snprintf(part, sizeof part, "%s", path);
    for (char *dot = part; dot != NULL; dot = strrchr(part, '.')) {
        if (dot != part)
            *dot = '\0';
        const struct sweep_axis *axis = sweep_axis_of(&s->sweep, part);
        if (axis != NULL)
            return axis->at;
        for (size_t i = 0; i < s->setting_count; i++)
            if (strcmp(s->settings[i].path, part) == 0)
                return s->settings[i].at;
        for (size_t i = 0; i < s->entry_count; i++)
            if (strcmp(s->entries[i].path, part) == 0)
                return s->entries[i].at;
    }
    const struct tree *section = tree_child(s->root, part);
    return section != NULL ? section->key_at : s->root->at;
}

static void complain(void *owner, const char *path, bool fatal, const char *text)
{
    struct study *s = owner;
    const struct place at = place_of_path(s, path);
    if (fatal) {
        problem_add(&s->problems, at, "%s: %s", path, text);
        return;
    }
    const char *note = at.line > 0 ? arena_format(&s->arena, "%s:%u:%u: %s: %s", at.source, at.line,
                                                  at.column, path, text)
                                   : arena_format(&s->arena, "%s: %s: %s", at.source, path, text);
    study_note(s, note);
}

static void judge(struct study *s)
{
    static struct model_world_config config;
    const uint32_t points = study_points(s);
    for (uint32_t point = 0; point < points && s->problems.count == 0; point++) {
        config = s->base;
        char error[PROBLEM_TEXT];
        for (uint32_t i = 0; i < s->sweep.axis_count; i++) {
            const struct sweep_value *value = sweep_value_at(&s->sweep, i, point);
            if (!model_config_set(&config, s->sweep.axes[i].path, value->text, error, sizeof error))
                problem_add(&s->problems, value->at, "%s: %s", s->sweep.axes[i].path, error);
        }
        (void)model_world_judge(&config, complain, s);
    }
    const uint64_t runs = (uint64_t)points * s->seeds;
    if (points > SWEEP_POINTS_MAX || runs > STUDY_RUNS_MAX)
        problem_add(&s->problems, s->root->at,
                    "%s runs are too many: at most 1,000,000 runs of 100,000 points",
                    points > SWEEP_POINTS_MAX
                        ? "these"
                        : arena_format(&s->arena, "%llu", (unsigned long long)runs));
}

/* ---- the hash: of all that the rows depend on, the contents of profile files included */

static bool not_in_rows(const char *key)
{
    static const char *const keys[] = {"question", "figures", "show", "check"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static void hash_profile(struct study *s, struct sim_fingerprint *hash, const char *path,
                         const char *text)
{
    const struct model_key *key = model_key_find(path);
    if (key == NULL || key->kind != KIND_MACHINE || strchr(text, '/') == NULL)
        return;
    size_t len = 0;
    const char *profile = tree_load(&s->arena, text, &len, &s->problems);
    if (profile != NULL)
        sim_fingerprint_bytes(hash, SIM_TRACE_ARRIVAL, 1, (const uint8_t *)profile, len);
}

static void hash(struct study *s)
{
    struct sim_fingerprint hash;
    sim_fingerprint_open(&hash, 0);
    const char *rows = tree_write(&s->arena, s->root, not_in_rows);
    sim_fingerprint_bytes(&hash, SIM_TRACE_ARRIVAL, 0, (const uint8_t *)rows, strlen(rows));
    for (size_t i = 0; i < s->setting_count; i++)
        hash_profile(s, &hash, s->settings[i].path, s->settings[i].text);
    for (uint32_t i = 0; i < s->sweep.axis_count; i++)
        for (uint32_t k = 0; k < s->sweep.axes[i].value_count; k++)
            hash_profile(s, &hash, s->sweep.axes[i].path, s->sweep.axes[i].values[k].text);
    sim_fingerprint_text(&hash, s->hash);
    s->text = tree_write(&s->arena, s->root, NULL);
}

static struct tree *root_read(struct study *s, const struct study_source *source)
{
    const char *text = source->text;
    size_t len = source->text_len;
    if (text == NULL)
        text = tree_load(&s->arena, source->path, &len, &s->problems);
    struct tree *root =
        text != NULL ? tree_parse(&s->arena, source->path, text, len, &s->problems) : NULL;
    if (root == NULL || root->kind == TREE_MAP)
        return root;
    problem_add(&s->problems, root->at, "an experiment is a map of keys, not %s",
                tree_kind_name(root));
    return NULL;
}

struct study *study_read(const struct study_source *source)
{
    static const char topology[] = "topology="; /* what is set within it is set after it */
    struct study *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    s->path = source->path;
    s->name = source->name;
    s->question = "";
    s->seeds = 10;
    s->trace = (struct model_trace){.points = 1, .seeds = 1, .messages = 0};
    model_config_open(&s->base);
    s->root = root_read(s, source);
    if (s->root == NULL)
        return s;
    for (size_t i = 0; i < source->set_count; i++)
        if (strncmp(source->sets[i], topology, sizeof topology - 1) == 0)
            set_apply(s, source->sets[i]);
    topology_take(&s->arena, s->root, &s->problems);
    for (size_t i = 0; i < source->set_count; i++)
        if (strncmp(source->sets[i], topology, sizeof topology - 1) != 0)
            set_apply(s, source->sets[i]);
    traces_take(&s->arena, s->root, source->path, &s->base, &s->problems);

    /* The keys of the study itself are taken out of a copy of the top level's chain. */
    struct tree world = *s->root;
    struct tree **end = &world.first;
    world.first = NULL;
    for (const struct tree *node = s->root->first; node != NULL; node = node->next) {
        if (read_study_key(s, node))
            continue;
        struct tree *copy = arena_take(&s->arena, sizeof *copy);
        *copy = *node;
        copy->next = NULL;
        *end = copy;
        end = &copy->next;
    }
    settings_read(s, &world, "");
    study_read_sweep(s, tree_child(s->root, "sweep"));
    require_keys(s);
    if (s->problems.count == 0)
        judge(s);
    study_read_checks(s, tree_child(s->root, "check"));
    hash(s);
    return s;
}

void study_close(struct study *study)
{
    arena_close(&study->arena);
    free(study);
}
