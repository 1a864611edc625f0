/* SPDX-License-Identifier: MIT
 * Finding the shipped experiments and figures. */
#include "experiments/paths.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

/* The folder of data of an installed program, PREFIX/share/ikelab; false when it was not installed.
 */
static bool installed(char *out, size_t out_max)
{
    char self[PATHS_MAX];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0)
        return false;
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    (void)snprintf(out, out_max, "%.900s/../share/ikelab", self);
    return is_folder(out);
}

static const char *data(char *out, const char *in_tree, const char *in_share)
{
    char share[PATHS_MAX];
    if (out[0] != '\0')
        return out;
    if (installed(share, sizeof share))
        (void)snprintf(out, PATHS_MAX, "%.960s/%s", share, in_share);
    else
        (void)snprintf(out, PATHS_MAX, "%s/%s", IKELAB_SOURCE, in_tree);
    return out;
}

const char *paths_experiments(void)
{
    static char found[PATHS_MAX];
    return data(found, "experiments", "experiments");
}

const char *paths_figures(void)
{
    static char found[PATHS_MAX];
    return data(found, "results/figures", "figures");
}

void paths_daemons(char *out, size_t out_max)
{
    char share[PATHS_MAX], self[PATHS_MAX];
    const char *const data_home = getenv("XDG_DATA_HOME");
    const char *const home = getenv("HOME");
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = '\0';
    if (installed(share, sizeof share) || len <= 0) {
        if (data_home != NULL && data_home[0] == '/')
            (void)snprintf(out, out_max, "%s/ikelab/daemons", data_home);
        else
            (void)snprintf(out, out_max, "%s/.local/share/ikelab/daemons",
                           home != NULL ? home : "");
        return;
    }
    for (int up = 0; up < 2; up++) { /* build/experiments/ikelab */
        char *const slash = strrchr(self, '/');
        if (slash != NULL)
            *slash = '\0';
    }
    (void)snprintf(out, out_max, "%s/daemons", self);
}

void paths_stem(const char *path, char *out, size_t out_max)
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(out, out_max, "%s", slash != NULL ? slash + 1 : path);
    char *dot = strrchr(out, '.');
    if (dot != NULL && dot != out && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0))
        *dot = '\0';
}

static int is_yaml(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

/* So that `study` stands before `study-more`. */
static int by_stem(const struct dirent **a, const struct dirent **b)
{
    char left[256], right[256];
    paths_stem((*a)->d_name, left, sizeof left);
    paths_stem((*b)->d_name, right, sizeof right);
    return strcmp(left, right);
}

static void each_in(const char *folder,
                    void (*take)(void *owner, const char *name, const char *path), void *owner)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_yaml, by_stem);
    for (int i = 0; i < count; i++) {
        char path[PATHS_MAX + 300];
        char name[256];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        paths_stem(path, name, sizeof name);
        take(owner, name, path);
        free(entries[i]);
    }
    free(entries);
}

void paths_each(void (*take)(void *owner, const char *name, const char *path), void *owner)
{
    each_in(paths_experiments(), take, owner);
}

struct search {
    struct nearest nearest;
    char best[256];
    char known[300];
    size_t known_len;
};

static void consider(void *owner, const char *name, const char *path)
{
    struct search *s = owner;
    (void)path;
    s->nearest.best = NULL;
    nearest_try(&s->nearest, name);
    if (s->nearest.best != NULL)
        (void)snprintf(s->best, sizeof s->best, "%s", name);
    if (s->known_len + strlen(name) + 3 < sizeof s->known)
        s->known_len += (size_t)snprintf(s->known + s->known_len, sizeof s->known - s->known_len,
                                         "%s%s", s->known_len > 0 ? ", " : "", name);
}

bool paths_experiment(const char *name, char *out, size_t out_max, struct problems *problems)
{
    (void)snprintf(out, out_max, "%s", name);
    if (access(name, F_OK) == 0 && !(strchr(name, '/') == NULL && is_folder(name)))
        return true;
    if (strchr(name, '/') == NULL) {
        char stem[256];
        paths_stem(name, stem, sizeof stem);
        (void)snprintf(out, out_max, "%s/%s.yaml", paths_experiments(), stem);
        if (access(out, F_OK) == 0)
            return true;
    }
    if (is_folder(name)) {
        problem_add(problems, (struct place){name, 0, 0},
                    "is a folder: name the experiment file in it");
        return false;
    }
    struct search search = {.known = ""};
    nearest_open(&search.nearest, name);
    paths_each(consider, &search);
    if (search.best[0] != '\0')
        problem_add(problems, (struct place){name, 0, 0},
                    "there is no such file, and no such shipped experiment: did you mean %s?",
                    search.best);
    else
        problem_add(problems, (struct place){name, 0, 0},
                    "there is no such file; the shipped experiments are %s", search.known);
    return false;
}

bool paths_topology(const char *name, char *out, size_t out_max, struct place at,
                    struct problems *problems)
{
    char folder[PATHS_MAX];
    (void)snprintf(folder, sizeof folder, "%.990s/topologies", paths_experiments());
    (void)snprintf(out, out_max, "%s", name);
    if (access(name, F_OK) == 0 && !is_folder(name))
        return true;
    (void)snprintf(out, out_max, "%s/%.250s.yaml", folder, name);
    if (strchr(name, '/') == NULL && access(out, F_OK) == 0)
        return true;
    struct search search = {.known = ""};
    nearest_open(&search.nearest, name);
    each_in(folder, consider, &search);
    problem_add(problems, at,
                "topology: there is no file \"%.100s\", and no shipped one of that name: %s%s",
                name, search.best[0] != '\0' ? "did you mean " : "there is ",
                search.best[0] != '\0' ? search.best : search.known);
    return false;
}
