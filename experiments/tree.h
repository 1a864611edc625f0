/* SPDX-License-Identifier: MIT
 * A YAML file as a tree of texts, lists and maps, each with its place. Only
 * what experiments need of YAML 1.1: one document, no anchors, aliases, tags
 * or merge keys, no key twice. The only file that includes libyaml is tree.c. */
#ifndef EXPERIMENTS_TREE_H
#define EXPERIMENTS_TREE_H

#include "experiments/arena.h"
#include "experiments/problems.h"

enum tree_limits {
    TREE_FILE_MAX = 1024 * 1024, /* octets of a file: the shipped ones have 3,000 */
    TREE_DEPTH_MAX = 16,         /* maps and lists within each other */
    TREE_NODES_MAX = 20000,      /* texts, lists and maps */
    TREE_TEXT_MAX = 4096,        /* characters of one text */
};

enum tree_kind { TREE_TEXT, TREE_LIST, TREE_MAP };

struct tree {
    enum tree_kind kind;
    const char *text;    /* of a TEXT, else NULL */
    const char *key;     /* within a map, else NULL */
    struct place key_at; /* within a map */
    struct place at;
    struct tree *first; /* of a LIST or MAP, in the order of the file */
    struct tree *next;
};

/* Reads a whole file into the arena; NULL and one problem when that cannot be. */
char *tree_load(struct arena *arena, const char *path, size_t *len, struct problems *problems);
/* `source` is how places name it. NULL when there is nothing to go on with. */
struct tree *tree_parse(struct arena *arena, const char *source, const char *text, size_t len,
                        struct problems *problems);

struct tree *tree_child(const struct tree *map, const char *key);
size_t tree_count(const struct tree *node);
/* Adds to the end of a map, or takes the place of the child of that name. */
void tree_put(struct arena *arena, struct tree *map, const char *key, struct tree *child);
void tree_remove(struct tree *map, const char *key);
const char *tree_kind_name(const struct tree *node); /* "a list", "a map", "a text" */
/* On one line: `500/s`, `[0/s, 500/s]`, quoted where YAML needs it. */
char *tree_flow(struct arena *arena, const struct tree *node);
/* The same tree as YAML that tree_parse reads back to it. `skip` may be NULL: the keys of the root
 * it says true to are left out. */
char *tree_write(struct arena *arena, const struct tree *root, bool (*skip)(const char *key));

#endif
