/* SPDX-License-Identifier: MIT
 * Trace files, and how they come into an experiment (traces.h). */
#include "experiments/traces.h"

#include "models/keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 3, WORD_LEN = 48 };

#define HOUR_NS UINT64_C(3600000000000)
static const char a_line[] = "a line of a trace is a time, like 1.5s, or a time and the delay from "
                             "then on, like `10s 80ms`";

/* What is read, and where to. */
struct reading {
    struct arena *arena;
    struct tree *root;
    const char *path; /* of the experiment */
    struct model_world_config *config;
    struct problems *problems;
};

/* A trace under way: its lines so far. */
struct lines {
    struct reading *to;
    struct sim_moment *at;
    uint32_t count, max;
    bool delays; /* its lines have */
    bool good;
};

/* Those that may still come. */
static uint32_t lines_left(const struct model_world_config *config)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < config->timeline_count; i++)
        used += config->timelines[i].count;
    return used < TRACE_LINES_MAX ? TRACE_LINES_MAX - used : 0;
}

/* ---- a line ---- */

/* Up to a comment: how many words, WORDS_MAX at most, each of which is cut if it is long. */
static size_t words_of(const char *line, size_t len, char words[WORDS_MAX][WORD_LEN])
{
    static const char blanks[] = " \t\r,;";
    size_t count = 0;
    const char *const comment = memchr(line, '#', len);
    const char *const end = comment != NULL ? comment : line + len;
    while (count < WORDS_MAX) {
        while (line < end && strchr(blanks, *line) != NULL)
            line++;
        const char *const from = line;
        while (line < end && strchr(blanks, *line) == NULL)
            line++;
        if (line == from)
            break;
        (void)snprintf(words[count++], WORD_LEN, "%.*s", (int)(line - from), from);
    }
    return count;
}

/* A number without a unit is of seconds. False after a problem. */
static bool time_read(struct lines *lines, struct place at, const char *word, uint64_t most_ns,
                      uint64_t *out)
{
    char text[WORD_LEN + 2];
    char most[32];
    struct problems *const problems = lines->to->problems;
    const bool bare = word[strspn(word, "0123456789.")] == '\0';
    (void)snprintf(text, sizeof text, "%s%s", word, bare ? "s" : "");
    model_quantity_format(KIND_TIME, most_ns, most, sizeof most);
    if (word[0] == '-') {
        problem_add(problems, at, "\"%s\" is before the beginning: times and delays are 0s or more",
                    word);
    } else if (!model_quantity_parse(KIND_TIME, text, out)) {
        problem_add(problems, at, "\"%s\" is no time: write it like 1.5s or 80ms; %s", word,
                    a_line);
    } else if (*out > most_ns) {
        problem_add(problems, at, "\"%s\" is too much: from 0s to %s", word, most);
    } else {
        return true;
    }
    return false;
}

/* It comes after the one before it; of arrivals several may come at once. */
static bool order_judge(struct lines *lines, struct place at, uint64_t at_ns)
{
    char before[32];
    if (lines->count == 0)
        return true;
    const uint64_t last_ns = lines->at[lines->count - 1].at_ns;
    if (at_ns > last_ns || (at_ns == last_ns && !lines->delays))
        return true;
    model_quantity_format(KIND_TIME, last_ns, before, sizeof before);
    problem_add(lines->to->problems, at,
                lines->delays ? "is not later than the line before it, %s: those of delays grow"
                              : "is earlier than the line before it, %s: times are in order",
                before);
    return false;
}

static bool line_judge(struct lines *lines, struct place at, size_t words)
{
    struct problems *const problems = lines->to->problems;
    if (words == WORDS_MAX) {
        problem_add(problems, at, "has more than two words: %s", a_line);
    } else if (lines->count > 0 && lines->delays != (words == 2)) {
        problem_add(problems, at, "%s a delay, and the lines above %s one: %s",
                    words == 2 ? "has" : "has not", lines->delays ? "have" : "have not", a_line);
    } else if (lines->count == lines->max) {
        problem_add(problems, at, "is one line too many: an experiment has at most %d of traces",
                    TRACE_LINES_MAX);
    } else {
        return true;
    }
    return false;
}

/* False: no more of them. */
static bool line_take(struct lines *lines, struct place at, const char *text, size_t len)
{
    char words[WORDS_MAX][WORD_LEN];
    struct sim_moment moment = {0};
    const size_t count = words_of(text, len, words);
    if (count == 0)
        return true;
    if (!line_judge(lines, at, count)) {
        lines->good = false;
        return false;
    }
    lines->delays = count == 2;
    const bool good = time_read(lines, at, words[0], 24 * HOUR_NS, &moment.at_ns) &&
                      (count == 1 || time_read(lines, at, words[1], HOUR_NS, &moment.delay_ns)) &&
                      order_judge(lines, at, moment.at_ns);
    if (good)
        lines->at[lines->count++] = moment;
    lines->good = lines->good && good;
    return true;
}

/* ---- a trace ---- */

static struct lines lines_open(struct reading *r, size_t most)
{
    const uint32_t left = lines_left(r->config);
    struct lines lines = {.to = r, .max = most < left ? (uint32_t)most : left, .good = true};
    lines.at = arena_take(r->arena, (lines.max + 1) * sizeof *lines.at);
    return lines;
}

/* False after a problem. */
static bool trace_add(struct lines *lines, const char *name, struct place at)
{
    struct model_world_config *const config = lines->to->config;
    struct problems *const problems = lines->to->problems;
    if (!lines->good)
        return false;
    if (lines->count == 0)
        problem_add(problems, at, "has no times: %s", a_line);
    else if (config->timeline_count == MODEL_TIMELINES_MAX)
        problem_add(problems, at, "is one trace too many: give at most %d", MODEL_TIMELINES_MAX);
    else if (strlen(name) >= MODEL_NAME_MAX)
        problem_add(problems, at, "\"%.80s\" is too long a name for a trace: at most %d characters",
                    name, MODEL_NAME_MAX - 1);
    if (lines->count == 0 || config->timeline_count == MODEL_TIMELINES_MAX ||
        strlen(name) >= MODEL_NAME_MAX)
        return false;
    struct model_timeline *const timeline = &config->timelines[config->timeline_count++];
    *timeline =
        (struct model_timeline){.at = lines->at, .count = lines->count, .delays = lines->delays};
    memcpy(timeline->name, name, strlen(name) + 1);
    return true;
}

/* ---- of the experiment ---- */

static void take_own(struct reading *r, const struct tree *node)
{
    struct lines lines = lines_open(r, node->kind == TREE_LIST ? tree_count(node) : 0);
    if (node->kind != TREE_LIST) {
        problem_add(r->problems, node->at, "traces.%.80s is a list of lines, not %s: %s", node->key,
                    tree_kind_name(node), a_line);
        return;
    }
    for (const struct tree *item = node->first; item != NULL; item = item->next) {
        if (item->kind != TREE_TEXT) {
            problem_add(r->problems, item->at, "is %s: %s", tree_kind_name(item), a_line);
            return;
        }
        if (!line_take(&lines, item->at, item->text, strlen(item->text)))
            return;
    }
    (void)trace_add(&lines, node->key, node->at);
}

/* ---- of a file ---- */

static struct tree *node_of(struct reading *r, enum tree_kind kind, struct place at)
{
    struct tree *const node = arena_take(r->arena, sizeof *node);
    node->kind = kind;
    node->at = at;
    return node;
}

/* As it is recorded: each moment a text. */
static void write_down(struct reading *r, const struct model_timeline *timeline, struct place at)
{
    struct tree *all = tree_child(r->root, "traces");
    struct tree *const list = node_of(r, TREE_LIST, at);
    struct tree **end = &list->first;
    if (all == NULL) {
        all = node_of(r, TREE_MAP, at);
        tree_put(r->arena, r->root, "traces", all);
    }
    for (uint32_t i = 0; i < timeline->count; i++) {
        char time[32];
        char delay[32] = "";
        model_quantity_format(KIND_TIME, timeline->at[i].at_ns, time, sizeof time);
        if (timeline->delays)
            model_quantity_format(KIND_TIME, timeline->at[i].delay_ns, delay, sizeof delay);
        *end = node_of(r, TREE_TEXT, at);
        (*end)->text = arena_format(r->arena, "%s%s%s", time, timeline->delays ? " " : "", delay);
        end = &(*end)->next;
    }
    tree_put(r->arena, all, timeline->name, list);
}

/* NULL after a problem. */
static const char *file_find(struct reading *r, const char *name, struct place at)
{
    const char *const slash = strrchr(r->path, '/');
    const int folder = slash != NULL && name[0] != '/' ? (int)(slash - r->path) + 1 : 0;
    const char *const path = arena_format(r->arena, "%.*s%s", folder, r->path, name);
    if (access(path, F_OK) == 0)
        return path;
    problem_add(r->problems, at,
                "trace: there is no file \"%.100s\"%s, and no trace of that name in `traces`", path,
                name[0] != '/' ? " (names are from the experiment's folder on)" : "");
    return NULL;
}

static bool file_read(struct reading *r, const char *name, struct place at)
{
    size_t len = 0;
    const char *const path = file_find(r, name, at);
    const char *const text = path != NULL ? tree_load(r->arena, path, &len, r->problems) : NULL;
    if (text == NULL)
        return false;
    struct place here = {.source = path, .line = 1, .column = 1};
    struct lines lines = lines_open(r, TRACE_LINES_MAX);
    const char *const end = text + len;
    for (const char *line = text; line < end; here.line++) {
        const char *const stop = memchr(line, '\n', (size_t)(end - line));
        const size_t length = (size_t)((stop != NULL ? stop : end) - line);
        if (!line_take(&lines, here, line, length))
            return false;
        line += length + 1;
    }
    here.line = 0;
    if (!trace_add(&lines, name, here))
        return false;
    write_down(r, &r->config->timelines[r->config->timeline_count - 1], here);
    return true;
}

/* ---- where they are spoken of ---- */

/* What cannot be had is said once, and `instead` stands there from then on. */
static void take_text(struct reading *r, struct tree *node, const char *instead)
{
    static const char word[] = "trace ";
    if (node->kind != TREE_TEXT || strncmp(node->text, word, sizeof word - 1) != 0)
        return;
    const char *const name =
        node->text + sizeof word - 1 + strspn(node->text + sizeof word - 1, " ");
    if (model_timeline_named(r->config, name) == NULL && !file_read(r, name, node->at))
        node->text = instead;
}

static const struct {
    const char *section, *key, *instead;
} places[] = {{"clients", "arrivals", "burst 1 every 24h"}, {"links", "delay", "0s"}};
enum { PLACES = sizeof places / sizeof places[0] };

static void take_swept(struct reading *r, struct tree *node, const char *instead)
{
    size_t at = 0;
    if (node->kind == TREE_TEXT && instead != NULL)
        take_text(r, node, instead);
    for (struct tree *child = node->first; child != NULL; child = child->next) {
        const char *const dot = child->key != NULL ? strrchr(child->key, '.') : NULL;
        for (at = 0; dot != NULL && at < PLACES && strcmp(dot + 1, places[at].key) != 0;)
            at++;
        take_swept(r, child, dot != NULL && at < PLACES ? places[at].instead : instead);
    }
}

void traces_take(struct arena *arena, struct tree *root, const char *path,
                 struct model_world_config *config, struct problems *problems)
{
    struct reading r = {
        .arena = arena, .root = root, .path = path, .config = config, .problems = problems};
    const struct tree *const own = tree_child(root, "traces");
    struct tree *const sweep = tree_child(root, "sweep");
    if (own != NULL && own->kind != TREE_MAP) {
        problem_add(problems, own->at, "traces is a map of lists, not %s", tree_kind_name(own));
        return;
    }
    for (const struct tree *node = own != NULL ? own->first : NULL; node != NULL; node = node->next)
        take_own(&r, node);
    for (size_t i = 0; i < PLACES; i++) {
        const struct tree *const section = tree_child(root, places[i].section);
        for (struct tree *entry = section != NULL && section->kind == TREE_MAP ? section->first
                                                                               : NULL;
             entry != NULL; entry = entry->next) {
            struct tree *const value = tree_child(entry, places[i].key);
            if (value != NULL)
                take_text(&r, value, places[i].instead);
        }
    }
    if (sweep != NULL)
        take_swept(&r, sweep, NULL);
}
