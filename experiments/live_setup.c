/* SPDX-License-Identifier: MIT
 * `ikelab live setup`: a daemon's Debian packages fetched and unpacked into a
 * root of its own, made under another name and given its own when it is whole. */
#include "experiments/live_setup.h"

#include "experiments/commands.h"
#include "experiments/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATH_ROOM = MODEL_DAEMON_PATH_MAX,
    ARGUMENTS_MAX = 48,
    SAID_MAX = 16384,
    SHOWN_MAX = 1200,
    FOLDER_MAX = 900
};

/* ---- where things are ---- */

void live_folder(char *out, size_t out_max)
{
    const char *const named = getenv("IKELAB_DAEMONS");
    if (named != NULL && named[0] != '\0')
        (void)snprintf(out, out_max, "%s", named);
    else
        paths_daemons(out, out_max);
}

/* The dynamic loader that this program names. */
static bool read_interpreter(FILE *self, char *out)
{
    ElfW(Ehdr) head;
    ElfW(Phdr) part = {.p_type = PT_NULL};
    if (fread(&head, sizeof head, 1, self) != 1 || fseek(self, (long)head.e_phoff, SEEK_SET) != 0)
        return false;
    for (unsigned i = 0; i < head.e_phnum && part.p_type != PT_INTERP; i++)
        if (fread(&part, sizeof part, 1, self) != 1)
            return false;
    if (part.p_type != PT_INTERP || part.p_filesz == 0 || part.p_filesz > PATH_ROOM ||
        fseek(self, (long)part.p_offset, SEEK_SET) != 0)
        return false;
    return fread(out, part.p_filesz, 1, self) == 1 && out[part.p_filesz - 1] == '\0';
}

/* The loader as programs name it, and the folder where it and the machine's libraries are. */
static bool find_loader(char *loader, char *libraries)
{
    char real[PATH_MAX];
    FILE *const self = fopen("/proc/self/exe", "re");
    const bool read = self != NULL && read_interpreter(self, loader);
    if (self != NULL)
        (void)fclose(self);
    if (!read || loader[0] != '/' || realpath(loader, real) == NULL)
        return false;
    *strrchr(real, '/') = '\0';
    (void)snprintf(libraries, PATH_ROOM, "%.1000s", real);
    return true;
}

/* "IKELAB_STRONGSWAN" */
static const char *named_root(const struct model_recipe *recipe)
{
    char variable[40];
    (void)snprintf(variable, sizeof variable, "IKELAB_%s", model_recipe_name(recipe));
    for (char *c = variable; *c != '\0'; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    const char *const root = getenv(variable);
    return root != NULL && root[0] != '\0' ? root : NULL;
}

/* The version in the first line of what `setup` has left beside the root. */
static void read_version(const char *root, char *out)
{
    char path[PATH_ROOM + 16], line[256], version[LIVE_VERSION_MAX];
    (void)snprintf(out, LIVE_VERSION_MAX, "unknown");
    (void)snprintf(path, sizeof path, "%s/../packages", root);
    FILE *const in = fopen(path, "re");
    if (in == NULL)
        return;
    if (fgets(line, sizeof line, in) != NULL && sscanf(line, "%*s %63s", version) == 1)
        (void)snprintf(out, LIVE_VERSION_MAX, "%s", version);
    (void)fclose(in);
}

bool live_find(const struct model_recipe *recipe, struct live_place *out, char *error,
               size_t error_max)
{
    char loader[PATH_ROOM], folder[PATH_ROOM], path[2 * PATH_ROOM];
    const char *const named = named_root(recipe);
    *out = (struct live_place){.named = named != NULL};
    live_folder(folder, sizeof folder);
    if (named != NULL)
        (void)snprintf(out->root, sizeof out->root, "%.1100s", named);
    else
        (void)snprintf(out->root, sizeof out->root, "%.1100s/%s/root", folder,
                       model_recipe_name(recipe));
    (void)snprintf(path, sizeof path, "%s%s", out->root, model_recipe_programs(recipe)[0]);
    if (access(path, X_OK) != 0) {
        if (named != NULL)
            (void)snprintf(error, error_max, "%.1000s is not a program", path);
        else
            (void)snprintf(error, error_max, "ikelab live setup %s", model_recipe_name(recipe));
        return false;
    }
    if (!find_loader(loader, out->libraries)) {
        (void)snprintf(error, error_max, "this program does not know where its libraries are");
        return false;
    }
    char real[PATH_MAX];
    if (realpath(out->root, real) != NULL) /* its mounts and its root are named from the top */
        (void)snprintf(out->root, sizeof out->root, "%.1100s", real);
    read_version(out->root, out->version);
    return true;
}

/* ---- files and folders ---- */

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* All folders of a path that are not there. */
static bool make_folders(const char *path)
{
    char part[2 * PATH_ROOM];
    (void)snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return mkdir(part, 0755) == 0 || errno == EEXIST;
}

static bool write_file(const char *path, const char *text)
{
    char folder[2 * PATH_ROOM];
    (void)snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    FILE *const out = make_folders(folder) ? fopen(path, "we") : NULL;
    if (out == NULL)
        return false;
    const bool good = fputs(text, out) >= 0;
    return fclose(out) == 0 && good;
}

/* What is left of setups whose program is gone. */
static void remove_leftovers(const char *folder, const char *name)
{
    struct dirent **entries = NULL;
    const size_t len = strlen(name);
    const int count = scandir(folder, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        const char *const entry = entries[i]->d_name;
        char path[2 * PATH_ROOM], process[64];
        if (entry[0] == '.' && strncmp(entry + 1, name, len) == 0 && entry[len + 1] == '-') {
            (void)snprintf(process, sizeof process, "/proc/%.20s", entry + len + 2);
            (void)snprintf(path, sizeof path, "%.1100s/%s", folder, entry);
            if (access(process, F_OK) != 0)
                remove_tree(path);
        }
        free(entries[i]);
    }
    free(entries);
}

/* ---- other programs ---- */

static volatile sig_atomic_t interrupted;

static void note(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

struct run {
    const char *arguments[ARGUMENTS_MAX + 1];
    size_t count;
    const char *folder;   /* where; NULL: here */
    const char *variable; /* of its environment, */
    const char *value;    /* NULL: none */
    char said[SAID_MAX];  /* the beginning of its output */
    int status;           /* 127: there is no such program */
};

static void run_add(struct run *run, const char *argument)
{
    if (run->count < ARGUMENTS_MAX)
        run->arguments[run->count++] = argument;
}

static void run_child(const struct run *run, int out)
{
    char *arguments[ARGUMENTS_MAX + 1];
    memcpy(arguments, run->arguments, sizeof arguments);
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)dup2(nothing, 0);
    (void)dup2(out, 1);
    (void)dup2(out, 2);
    if (run->folder != NULL && chdir(run->folder) != 0)
        _exit(126);
    (void)setenv("LC_ALL", "C", 1);
    if (run->variable != NULL)
        (void)setenv(run->variable, run->value, 1);
    (void)execvp(arguments[0], arguments);
    _exit(127);
}

/* Runs it to its end; true when it succeeded. */
static bool run_program(struct run *run)
{
    int ends[2];
    size_t len = 0;
    run->said[0] = '\0';
    run->status = 126;
    run->arguments[run->count] = NULL;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    const pid_t child = fork();
    if (child == 0)
        run_child(run, ends[1]);
    (void)close(ends[1]);
    for (char piece[1024]; child > 0;) {
        const ssize_t got = read(ends[0], piece, sizeof piece);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        for (ssize_t i = 0; i < got && len + 1 < sizeof run->said; i++)
            run->said[len++] = piece[i];
    }
    run->said[len] = '\0';
    (void)close(ends[0]);
    int ended = 0;
    while (child > 0 && waitpid(child, &ended, 0) < 0 && errno == EINTR)
        continue;
    if (child > 0)
        run->status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
    return run->status == 0 && !interrupted;
}

/* ---- one setup ---- */

struct setup {
    const struct model_recipe *recipe;
    const char *name;
    char folder[PATH_ROOM]; /* of all */
    char work[PATH_ROOM];   /* what becomes folder/name */
    char root[PATH_ROOM];
    char debs[PATH_ROOM];
    char deb[PATH_ROOM + 300]; /* of these, the one at hand */
    char loader[PATH_ROOM];
    char libraries[PATH_ROOM];
    struct run run;
};

static bool fail(const struct setup *s, const char *what, const char *why)
{
    (void)fprintf(stderr, "ikelab live setup: %s: %s%s%.*s\n", s->name, what,
                  why[0] != '\0' ? ": " : "", SHOWN_MAX, why);
    return false;
}

static bool fail_run(const struct setup *s, const char *what)
{
    char why[96];
    if (interrupted)
        return fail(s, "interrupted", "");
    if (s->run.status == 127) {
        (void)snprintf(why, sizeof why, "there is no %.40s on this machine", s->run.arguments[0]);
        return fail(s, what, why);
    }
    /* Its last words are those that matter. */
    const size_t len = strlen(s->run.said);
    return fail(s, what, s->run.said + (len > SHOWN_MAX ? len - SHOWN_MAX : 0));
}

static bool fetch(struct setup *s)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        s->run = (struct run){.folder = s->debs};
        run_add(&s->run, "apt-get");
        run_add(&s->run, "download");
        run_add(&s->run, "-q");
        for (size_t i = 0; model_recipe_packages(s->recipe)[i] != NULL; i++)
            run_add(&s->run, model_recipe_packages(s->recipe)[i]);
        if (run_program(&s->run))
            return true;
        if (attempt == 1 || interrupted || s->run.status == 127 || geteuid() != 0)
            break;
        (void)fprintf(stderr, "%s: apt-get's lists may be old, it reads them anew\n", s->name);
        struct run update = {.folder = NULL};
        run_add(&update, "apt-get");
        run_add(&update, "update");
        run_add(&update, "-qq");
        if (!run_program(&update))
            break;
    }
    return fail_run(s, "the packages cannot be fetched");
}

static int is_deb(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);
    return len > 4 && strcmp(entry->d_name + len - 4, ".deb") == 0;
}

/* "NAME VERSION" of "NAME_1%3aVERSION_amd64.deb". */
static void deb_words(const char *file, char *out, size_t out_max)
{
    size_t len = 0;
    int parts = 0;
    for (const char *c = file; *c != '\0' && parts < 2 && len + 2 < out_max; c++) {
        if (*c == '_') {
            parts++;
            out[len++] = ' ';
        } else if (strncmp(c, "%3a", 3) == 0) {
            out[len++] = ':';
            c += 2;
        } else {
            out[len++] = *c;
        }
    }
    while (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
}

static bool unpack_one(struct setup *s, const char *file, FILE *list)
{
    char words[256];
    struct stat facts;
    (void)snprintf(s->deb, sizeof s->deb, "%s/%s", s->debs, file);
    deb_words(file, words, sizeof words);
    if (stat(s->deb, &facts) != 0)
        return fail(s, s->deb, strerror(errno));
    s->run = (struct run){.folder = NULL};
    run_add(&s->run, "dpkg");
    run_add(&s->run, "-x");
    run_add(&s->run, s->deb);
    run_add(&s->run, s->root);
    if (!run_program(&s->run))
        return fail_run(s, words);
    (void)fprintf(stderr, "%s: %s, %lld KiB\n", s->name, words,
                  ((long long)facts.st_size + 1023) / 1024);
    return fprintf(list, "%s %lld\n", words, (long long)facts.st_size) > 0;
}

/* The packages in the recipe's order, the daemon's own first; a list of them is left beside. */
static bool unpack(struct setup *s)
{
    char path[PATH_ROOM + 16];
    struct dirent **entries = NULL;
    const int count = scandir(s->debs, &entries, is_deb, alphasort);
    (void)snprintf(path, sizeof path, "%s/packages", s->work);
    FILE *const list = fopen(path, "we");
    bool good = list != NULL;
    size_t done = 0, wanted = 0;
    for (size_t i = 0; good && model_recipe_packages(s->recipe)[i] != NULL; i++, wanted++) {
        const char *const package = model_recipe_packages(s->recipe)[i];
        const size_t len = strlen(package);
        for (int k = 0; good && k < count; k++)
            if (strncmp(entries[k]->d_name, package, len) == 0 && entries[k]->d_name[len] == '_') {
                good = unpack_one(s, entries[k]->d_name, list);
                done++;
            }
    }
    for (int k = 0; k < count; k++)
        free(entries[k]);
    free(entries);
    good = list != NULL && fclose(list) == 0 && good;
    if (good && done != wanted)
        return fail(s, "apt-get has not brought all packages", "");
    return good;
}

/* Everything in `from`, a folder of the root, into the folder of its own libraries. */
static bool move_libraries(const struct setup *s, const char *from)
{
    char source[2 * PATH_ROOM], path[3 * PATH_ROOM], to[3 * PATH_ROOM];
    (void)snprintf(source, sizeof source, "%s%s", s->root, from);
    struct dirent **entries = NULL;
    const int count = scandir(source, &entries, NULL, NULL);
    bool good = true;
    for (int i = 0; i < count; i++) {
        const char *const name = entries[i]->d_name;
        (void)snprintf(path, sizeof path, "%s/%s", source, name);
        (void)snprintf(to, sizeof to, "%s%s/%s", s->root, model_own_libraries, name);
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            good = rename(path, to) == 0 && good;
        free(entries[i]);
    }
    free(entries);
    return good;
}

/* /lib and /lib64 lead into /usr, as on the machine whose libraries are shown there; /var/run is
 * where some leave their number. */
static bool link_folders(const struct setup *s)
{
    static const char *const names[][2] = {
        {"lib", "usr/lib"}, {"lib64", "usr/lib64"}, {"var/run", "../run"}};
    char path[PATH_ROOM + 16];
    bool good = true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", s->root, names[i][0]);
        remove_tree(path);
        good = symlink(names[i][1], path) == 0 && good;
    }
    return good;
}

/* From a heap of packages to a root that programs run in. */
static bool settle(struct setup *s)
{
    char path[2 * PATH_ROOM], real[PATH_MAX];
    const char *file, *text;
    bool good = true;
    for (size_t i = 0; good && model_root_folders[i] != NULL; i++) {
        (void)snprintf(path, sizeof path, "%s%s", s->root, model_root_folders[i]);
        good = make_folders(path);
    }
    good = good && move_libraries(s, s->libraries);
    (void)snprintf(path, sizeof path, "%.1000s",
                   strncmp(s->libraries, "/usr", 4) == 0 ? s->libraries + 4 : "");
    good = good && (path[0] == '\0' || move_libraries(s, path));
    good = good && link_folders(s);
    (void)snprintf(path, sizeof path, "%s%s", s->root, s->libraries);
    good = good && make_folders(path);
    (void)snprintf(path, sizeof path, "%s%s", s->root, s->loader);
    good = good && realpath(s->loader, real) != NULL &&
           (access(path, F_OK) == 0 || symlink(real, path) == 0 || errno == EEXIST);
    for (size_t i = 0; good && model_recipe_root_file(s->recipe, i, &file, &text); i++) {
        (void)snprintf(path, sizeof path, "%s%s", s->root, file);
        good = write_file(path, text);
    }
    return good || fail(s, path, strerror(errno));
}

/* Each program is there and finds all its libraries. */
static bool check(struct setup *s)
{
    char where[4 * PATH_ROOM], path[2 * PATH_ROOM];
    size_t len = 0;
    const char *const libraries = model_recipe_libraries(s->recipe);
    for (const char *at = libraries; *at != '\0'; at += strcspn(at, ":"), at += *at == ':')
        len += (size_t)snprintf(where + len, sizeof where - len, "%s%.1200s%.*s",
                                len > 0 ? ":" : "", s->root, (int)strcspn(at, ":"), at);
    for (size_t i = 0; model_recipe_programs(s->recipe)[i] != NULL; i++) {
        (void)snprintf(path, sizeof path, "%s%s", s->root, model_recipe_programs(s->recipe)[i]);
        if (access(path, X_OK) != 0)
            return fail(s, model_recipe_programs(s->recipe)[i], "no package has brought it");
        s->run = (struct run){.variable = "LD_LIBRARY_PATH", .value = where};
        run_add(&s->run, s->loader);
        run_add(&s->run, "--list");
        run_add(&s->run, path);
        if (!run_program(&s->run) || strstr(s->run.said, "not found") != NULL)
            return fail_run(s, "a program does not find its libraries");
    }
    return true;
}

static bool make(struct setup *s)
{
    char whole[2 * PATH_ROOM];
    remove_leftovers(s->folder, s->name);
    if (!make_folders(s->root) || !make_folders(s->debs))
        return fail(s, s->work, strerror(errno));
    (void)fprintf(stderr, "%s: fetches Debian packages; nothing is installed on this machine\n",
                  s->name);
    if (!fetch(s) || !unpack(s) || !settle(s) || !check(s))
        return false;
    remove_tree(s->debs);
    (void)snprintf(whole, sizeof whole, "%.1100s/%s", s->folder, s->name);
    remove_tree(whole); /* what an earlier version or a hand has left of it */
    if (rename(s->work, whole) != 0)
        return fail(s, whole, strerror(errno));
    return true;
}

int live_setup(const struct model_recipe *recipe)
{
    static struct setup s;
    struct live_place place;
    char error[PATH_ROOM + 128];
    struct sigaction old, mine = {.sa_handler = note};
    s = (struct setup){.recipe = recipe, .name = model_recipe_name(recipe)};
    if (live_find(recipe, &place, error, sizeof error)) {
        (void)fprintf(stderr, "%s: %s is there, in %s\n", s.name, place.version, place.root);
        return EXIT_DONE;
    }
    live_folder(s.folder, sizeof s.folder);
    if (strlen(s.folder) > FOLDER_MAX) {
        (void)fail(&s, "the path of its folder is too long", s.folder);
        return EXIT_FAILED;
    }
    if (place.named || !find_loader(s.loader, s.libraries)) {
        (void)fail(&s, error, "");
        return EXIT_FAILED;
    }
    (void)snprintf(s.work, sizeof s.work, "%.1000s/.%s-%ld", s.folder, s.name, (long)getpid());
    (void)snprintf(s.root, sizeof s.root, "%.1100s/root", s.work);
    (void)snprintf(s.debs, sizeof s.debs, "%.1100s/debs", s.work);
    interrupted = 0;
    (void)sigaction(SIGINT, &mine, &old);
    const bool made = make(&s);
    remove_tree(s.work);
    (void)sigaction(SIGINT, &old, NULL);
    if (!made)
        return interrupted ? EXIT_INTERRUPTED : EXIT_FAILED;
    (void)live_find(recipe, &place, error, sizeof error);
    (void)fprintf(stderr, "%s: %s is ready, in %s\n", s.name, place.version, place.root);
    return EXIT_DONE;
}
