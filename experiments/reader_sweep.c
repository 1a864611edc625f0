/* SPDX-License-Identifier: MIT
 * Reading `sweep`: every path must be a key of an entry that is there, every
 * list have values, every value be right for its key. */
#include "experiments/study.h"

#include <stdlib.h>
#include <string.h>

bool study_path_is_there(struct study *s, const char *path, struct place at)
{
    const struct model_key *key = model_key_find(path);
    if (key == NULL || key->kind == KIND_STRUCTURE) {
        char nearest[MODEL_PATH_MAX];
        for (size_t i = 0; i < study_key_count; i++)
            if (strcmp(study_keys[i].path, path) == 0) {
                problem_add(&s->problems, at,
                            "%s is the same for every point: it cannot stand here", path);
                return false;
            }
        if (model_key_nearest(path, nearest, sizeof nearest))
            problem_add(&s->problems, at, "there is no key %s: did you mean %s?", path, nearest);
        else
            problem_add(&s->problems, at, "there is no key %s: `ikelab describe keys` lists them",
                        path);
        return false;
    }
    if (strchr(key->path, '*') == NULL)
        return true;
    const char *dot = strchr(path, '.');
    const char *section = arena_copy(&s->arena, path, (size_t)(dot - path));
    const char *name = arena_copy(&s->arena, dot + 1, strcspn(dot + 1, "."));
    if (model_config_has(&s->base, section, name))
        return true;
    struct nearest nearest;
    nearest_open(&nearest, name);
    for (size_t i = 0; i < s->entry_count; i++)
        if (strncmp(s->entries[i].path, section, strlen(section)) == 0)
            nearest_try(&nearest, strchr(s->entries[i].path, '.') + 1);
    problem_add(&s->problems, at, "there is no \"%s\" among the %s%s%s%s", name, section,
                nearest.best != NULL ? ": did you mean \"" : "",
                nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "\"?" : "");
    return false;
}

static bool values_read(struct study *s, struct sweep_axis *axis, const struct tree *list)
{
    if (list->kind != TREE_LIST || list->first == NULL) {
        problem_add(&s->problems, list->at,
                    "%s: a sweep wants a list of values, like [1, 2], not %s", axis->path,
                    list->kind == TREE_LIST ? "an empty one" : tree_kind_name(list));
        return false;
    }
    struct model_world_config *scratch = malloc(sizeof *scratch);
    if (scratch == NULL)
        abort();
    const struct model_key *key = model_key_find(axis->path);
    axis->values = arena_take(&s->arena, tree_count(list) * sizeof axis->values[0]);
    for (const struct tree *item = list->first; item != NULL; item = item->next) {
        char error[PROBLEM_TEXT];
        const char *text = study_value_text(s, key, item);
        *scratch = s->base;
        if (text == NULL)
            continue;
        if (!model_config_set(scratch, axis->path, text, error, sizeof error))
            problem_add(&s->problems, item->at, "%s: %s", axis->path, error);
        axis->values[axis->value_count++] = (struct sweep_value){text, item->at};
    }
    free(scratch);
    return axis->value_count > 0;
}

static struct sweep_axis *axis_read(struct study *s, const struct tree *node)
{
    if (!study_path_is_there(s, node->key, node->key_at))
        return NULL;
    const struct sweep_axis *before = sweep_axis_of(&s->sweep, node->key);
    if (before != NULL) {
        problem_add(&s->problems, node->key_at, "%s is swept twice, first on line %u", node->key,
                    before->at.line);
        return NULL;
    }
    if (s->sweep.axis_count == SWEEP_AXES_MAX) {
        problem_add(&s->problems, node->key_at, "too many paths in a sweep: at most %d",
                    SWEEP_AXES_MAX);
        return NULL;
    }
    struct sweep_axis *axis = &s->sweep.axes[s->sweep.axis_count];
    *axis =
        (struct sweep_axis){.path = node->key, .at = node->key_at, .group = s->sweep.group_count};
    if (!values_read(s, axis, node))
        return NULL;
    s->sweep.axis_count++;
    return axis;
}

/* Lists that are walked together: one group, all of one length. */
static void zip_read(struct study *s, const struct tree *map)
{
    if (map->kind != TREE_MAP) {
        problem_add(&s->problems, map->at, "zip is a list of maps, path: [values]");
        return;
    }
    const struct sweep_axis *first = NULL;
    for (const struct tree *node = map->first; node != NULL; node = node->next) {
        const struct sweep_axis *axis = axis_read(s, node);
        if (axis != NULL && first != NULL && axis->value_count != first->value_count)
            problem_add(
                &s->problems, node->at,
                "%s has %u values and %s has %u: lists that are zipped have the same number",
                axis->path, axis->value_count, first->path, first->value_count);
        first = first == NULL ? axis : first;
    }
    s->sweep.group_count += first != NULL ? 1 : 0;
}

void study_read_sweep(struct study *study, const struct tree *sweep)
{
    if (sweep == NULL)
        return;
    if (sweep->kind != TREE_MAP) {
        problem_add(&study->problems, sweep->at, "sweep is a map, path: [values], not %s",
                    tree_kind_name(sweep));
        return;
    }
    for (const struct tree *node = sweep->first; node != NULL; node = node->next) {
        if (strcmp(node->key, "zip") != 0) {
            study->sweep.group_count += axis_read(study, node) != NULL ? 1 : 0;
            continue;
        }
        if (node->kind != TREE_LIST)
            zip_read(study, node);
        for (const struct tree *map = node->kind == TREE_LIST ? node->first : NULL; map != NULL;
             map = map->next)
            zip_read(study, map);
    }
}
