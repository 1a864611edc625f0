/* SPDX-License-Identifier: MIT
 * Reading YAML into a tree, with limits, by libyaml's events. */
#include "experiments/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

struct reading {
    yaml_parser_t parser;
    yaml_event_t event; /* the one being looked at */
    struct arena *arena;
    struct problems *problems;
    const char *source;
    uint32_t nodes;
    bool stopped; /* nothing more can be read */
};

static struct place place_of(const struct reading *r, yaml_mark_t mark)
{
    return (struct place){r->source, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

static void stop(struct reading *r, struct place at, const char *text)
{
    problem_add(r->problems, at, "%s", text);
    r->stopped = true;
}

/* Moves to the next event; what the parser cannot read ends the reading. */
static void advance(struct reading *r)
{
    yaml_event_delete(&r->event);
    if (r->stopped)
        return;
    if (yaml_parser_parse(&r->parser, &r->event) == 1)
        return;
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem != NULL ? p->problem : "not readable";
    struct place at = place_of(r, p->problem_mark);
    if (p->error == YAML_READER_ERROR) /* it has no mark, only an offset */
        at = (struct place){r->source, 0, 0};
    problem_add(r->problems, at, "not YAML: %s%s%s", problem, p->context != NULL ? ", " : "",
                p->context != NULL ? p->context : "");
    r->stopped = true;
    memset(&r->event, 0, sizeof r->event);
}

static struct tree *node_open(struct reading *r, enum tree_kind kind)
{
    const struct place at = place_of(r, r->event.start_mark);
    if (++r->nodes > TREE_NODES_MAX) {
        stop(r, at, "too much for one experiment: at most 20,000 values, lists and maps");
        return NULL;
    }
    struct tree *node = arena_take(r->arena, sizeof *node);
    node->kind = kind;
    node->at = at;
    return node;
}

/* Anchors, aliases and tags: refused, so that nothing can grow beyond what is seen. */
static bool plain_event(struct reading *r)
{
    const yaml_event_t *e = &r->event;
    const struct place at = place_of(r, e->start_mark);
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    if (e->type == YAML_ALIAS_EVENT)
        anchor = e->data.alias.anchor;
    else if (e->type == YAML_SCALAR_EVENT)
        anchor = e->data.scalar.anchor, tag = e->data.scalar.tag;
    else if (e->type == YAML_SEQUENCE_START_EVENT)
        anchor = e->data.sequence_start.anchor, tag = e->data.sequence_start.tag;
    else if (e->type == YAML_MAPPING_START_EVENT)
        anchor = e->data.mapping_start.anchor, tag = e->data.mapping_start.tag;
    if (anchor != NULL)
        stop(r, at, "anchors and aliases (& and *) are not used here: write the value out");
    else if (tag != NULL)
        problem_add(r->problems, at, "tags (!) are not used here: leave it out");
    return anchor == NULL;
}

static struct tree *node_read(struct reading *r, uint32_t depth);

static struct tree *text_read(struct reading *r)
{
    const size_t len = r->event.data.scalar.length;
    struct tree *node = node_open(r, TREE_TEXT);
    if (node == NULL)
        return NULL;
    if (len > TREE_TEXT_MAX) {
        stop(r, node->at, "this text is too long: at most 4,096 characters");
        return NULL;
    }
    node->text = arena_copy(r->arena, (const char *)r->event.data.scalar.value, len);
    if (strlen(node->text) != len)
        problem_add(r->problems, node->at, "a text with a zero in it");
    return node;
}

static void list_read(struct reading *r, struct tree *list, uint32_t depth)
{
    struct tree **end = &list->first;
    advance(r);
    while (!r->stopped && r->event.type != YAML_SEQUENCE_END_EVENT) {
        struct tree *child = node_read(r, depth + 1);
        if (child == NULL)
            return;
        *end = child;
        end = &child->next;
        advance(r);
    }
}

static void map_read(struct reading *r, struct tree *map, uint32_t depth)
{
    struct tree **end = &map->first;
    advance(r);
    while (!r->stopped && r->event.type != YAML_MAPPING_END_EVENT) {
        struct tree *key = node_read(r, depth + 1);
        if (key == NULL)
            return;
        advance(r);
        struct tree *value = node_read(r, depth + 1);
        if (value == NULL)
            return;
        advance(r);
        if (key->kind != TREE_TEXT || key->text[0] == '\0') {
            problem_add(r->problems, key->at, "a key must be a word, not %s",
                        key->kind == TREE_TEXT ? "empty" : tree_kind_name(key));
            continue;
        }
        const struct tree *before = tree_child(map, key->text);
        if (before != NULL) {
            problem_add(r->problems, key->at,
                        "\"%s\" is here twice, first on line %u: keep one of them", key->text,
                        before->key_at.line);
            continue;
        }
        value->key = key->text;
        value->key_at = key->at;
        *end = value;
        end = &value->next;
    }
}

/* The node that begins at the present event; that event, or its end, is the present one after. */
static struct tree *node_read(struct reading *r, uint32_t depth)
{
    if (r->stopped || !plain_event(r))
        return NULL;
    if (depth > TREE_DEPTH_MAX) {
        stop(r, place_of(r, r->event.start_mark), "nested too deeply: at most 16 levels");
        return NULL;
    }
    if (r->event.type == YAML_SCALAR_EVENT)
        return text_read(r);
    const bool is_list = r->event.type == YAML_SEQUENCE_START_EVENT;
    struct tree *node = node_open(r, is_list ? TREE_LIST : TREE_MAP);
    if (node == NULL)
        return NULL;
    if (is_list)
        list_read(r, node, depth);
    else
        map_read(r, node, depth);
    return r->stopped ? NULL : node;
}

static struct tree *document_read(struct reading *r)
{
    struct tree *root = NULL;
    advance(r); /* stream start */
    advance(r); /* document start, or the end */
    if (!r->stopped && r->event.type == YAML_STREAM_END_EVENT)
        stop(r, (struct place){r->source, 0, 0}, "is empty: an experiment begins with `question:`");
    advance(r);
    root = node_read(r, 1);
    advance(r); /* document end */
    advance(r);
    if (!r->stopped && r->event.type != YAML_STREAM_END_EVENT)
        stop(r, place_of(r, r->event.start_mark),
             "a second document begins here: one file, one experiment");
    return root;
}

struct tree *tree_parse(struct arena *arena, const char *source, const char *text, size_t len,
                        struct problems *problems)
{
    struct reading r = {.arena = arena, .problems = problems, .source = source};
    if (memchr(text, '\0', len) != NULL) {
        problem_add(problems, (struct place){source, 0, 0},
                    "is binary: an experiment is a YAML text");
        return NULL;
    }
    if (yaml_parser_initialize(&r.parser) != 1) {
        problem_add(problems, (struct place){source, 0, 0}, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    struct tree *root = document_read(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return root;
}

static char *load_fail(struct problems *problems, const char *path, const char *what)
{
    problem_add(problems, (struct place){path, 0, 0}, "%s", what);
    return NULL;
}

char *tree_load(struct arena *arena, const char *path, size_t *len, struct problems *problems)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return load_fail(problems, path, strerror(errno));
    struct stat facts;
    const bool known = fstat(file, &facts) == 0;
    if (!known || !S_ISREG(facts.st_mode) || facts.st_size > TREE_FILE_MAX) {
        (void)close(file);
        if (known && S_ISDIR(facts.st_mode))
            return load_fail(problems, path, "is a folder: name the experiment file in it");
        if (known && S_ISREG(facts.st_mode))
            return load_fail(problems, path, "is too large: an experiment has at most 1 MiB");
        return load_fail(problems, path, "is not a file");
    }
    char *text = arena_take(arena, (size_t)facts.st_size + 1);
    ssize_t got = 1;
    for (*len = 0; *len < (size_t)facts.st_size && got > 0; *len += got > 0 ? (size_t)got : 0)
        got = read(file, text + *len, (size_t)facts.st_size - *len);
    const int reason = errno;
    (void)close(file);
    return got < 0 ? load_fail(problems, path, strerror(reason)) : text;
}

struct tree *tree_child(const struct tree *map, const char *key)
{
    if (map == NULL || map->kind != TREE_MAP)
        return NULL;
    for (struct tree *child = map->first; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

size_t tree_count(const struct tree *node)
{
    size_t count = 0;
    for (const struct tree *child = node->first; child != NULL; child = child->next)
        count++;
    return count;
}

void tree_put(struct arena *arena, struct tree *map, const char *key, struct tree *child)
{
    struct tree **at = &map->first;
    while (*at != NULL && strcmp((*at)->key, key) != 0)
        at = &(*at)->next;
    child->next = *at != NULL ? (*at)->next : NULL;
    child->key = arena_copy(arena, key, strlen(key));
    child->key_at = child->at;
    *at = child;
}

void tree_remove(struct tree *map, const char *key)
{
    struct tree **at = &map->first;
    while (*at != NULL && strcmp((*at)->key, key) != 0)
        at = &(*at)->next;
    if (*at != NULL)
        *at = (*at)->next;
}

const char *tree_kind_name(const struct tree *node)
{
    static const char *const names[] = {"a text", "a list", "a map"};
    return names[node->kind];
}
