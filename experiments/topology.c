/* SPDX-License-Identifier: MIT
 * Which file a topology is, and how its links come into an experiment
 * (topology.h). */
#include "experiments/topology.h"

#include "experiments/paths.h"
#include "models/world.h"

#include <string.h>

static struct tree *text_node(struct arena *arena, const char *text, struct place at)
{
    struct tree *const node = arena_take(arena, sizeof *node);
    node->kind = TREE_TEXT;
    node->text = text;
    node->at = at;
    return node;
}

static struct tree *map_node(struct arena *arena, struct place at)
{
    struct tree *const node = arena_take(arena, sizeof *node);
    node->kind = TREE_MAP;
    node->at = at;
    return node;
}

bool topology_add(struct arena *arena, struct tree *links, const struct topology_link *link)
{
    const size_t count = tree_count(links);
    if (count == MODEL_LINKS_MAX)
        return false;
    const char *const rows[][2] = {
        {"from", link->from}, {"to", link->to}, {"delay", link->delay}, {"rate", link->rate}};
    struct tree *const keys = map_node(arena, link->at);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i][1] != NULL)
            tree_put(arena, keys, rows[i][0], text_node(arena, rows[i][1], link->at));
    tree_put(arena, links, arena_format(arena, "link-%zu", count + 1), keys);
    return true;
}

/* `links` of a file in the manner of experiments, which may say what it is `about`. */
static struct tree *topology_yaml(struct arena *arena, const struct topology_text *file,
                                  struct problems *problems)
{
    struct tree *const root = tree_parse(arena, file->source, file->text, file->len, problems);
    if (root == NULL)
        return NULL;
    struct tree *const links = root->kind == TREE_MAP ? tree_child(root, "links") : NULL;
    for (const struct tree *node = root->kind == TREE_MAP ? root->first : NULL; node != NULL;
         node = node->next)
        if (strcmp(node->key, "links") != 0 && strcmp(node->key, "about") != 0)
            problem_add(problems, node->key_at,
                        "\"%s\" is no key of a topology: it has `about` and `links`", node->key);
    if (links != NULL && links->kind == TREE_MAP && links->first != NULL)
        return links;
    problem_add(problems, root->at,
                "a topology is a map with `links`, each like `name: {from: a, to: b, delay: 5ms}`");
    return NULL;
}

static const struct format {
    const char *ending;
    struct tree *(*links)(struct arena *arena, const struct topology_text *file,
                          struct problems *problems);
} formats[] = {
    {".yaml", topology_yaml},   {".yml", topology_yaml}, {".graphml", topology_graphml},
    {".xml", topology_graphml}, {"", topology_edges},
};

struct tree *topology_read(struct arena *arena, const struct topology_text *file,
                           struct problems *problems)
{
    const struct format *format = formats;
    const size_t len = strlen(file->source);
    while (strlen(format->ending) > len ||
           strcmp(file->source + len - strlen(format->ending), format->ending) != 0)
        format++;
    return format->links(arena, file, problems);
}

/* Into a map whatever it does not say itself. */
static void fill_in(struct arena *arena, struct tree *map, const struct tree *more)
{
    for (const struct tree *node = more->first; node != NULL; node = node->next) {
        if (tree_child(map, node->key) != NULL)
            continue;
        struct tree *const copy = arena_take(arena, sizeof *copy);
        *copy = *node;
        tree_put(arena, map, node->key, copy);
        tree_child(map, node->key)->key_at = node->key_at;
    }
}

static void merge(struct arena *arena, struct tree *root, const struct tree *links)
{
    struct tree *here = tree_child(root, "links");
    if (here == NULL) {
        here = map_node(arena, links->at);
        tree_put(arena, root, "links", here);
    }
    for (const struct tree *node = links->first; node != NULL && here->kind == TREE_MAP;
         node = node->next) {
        struct tree *const own = tree_child(here, node->key);
        if (own != NULL && own->kind == TREE_MAP && node->kind == TREE_MAP)
            fill_in(arena, own, node);
    }
    if (here->kind == TREE_MAP)
        fill_in(arena, here, links);
}

void topology_take(struct arena *arena, struct tree *root, struct problems *problems)
{
    char path[PATHS_MAX + 300];
    const struct tree *const named = tree_child(root, "topology");
    struct topology_text file = {0};
    if (named == NULL)
        return;
    if (named->kind != TREE_TEXT) {
        problem_add(problems, named->at, "topology is a name or a file, not %s",
                    tree_kind_name(named));
    } else if (paths_topology(named->text, path, sizeof path, named->at, problems)) {
        file.source = arena_copy(arena, path, strlen(path));
        file.text = tree_load(arena, file.source, &file.len, problems);
    }
    const struct tree *const links =
        file.text != NULL ? topology_read(arena, &file, problems) : NULL;
    if (links != NULL)
        merge(arena, root, links);
    tree_remove(root, "topology");
}
