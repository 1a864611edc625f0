/* SPDX-License-Identifier: MIT
 * A worker's folder (temporary.h), and those that others left behind. */
#include "experiments/temporary.h"

#include "experiments/watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANDOM_LEN = 6 }; /* what mkdtemp puts at the end */

static const char prefix[] = "ikelab-";
static const char run_file[] = "/run";

void temporary_close(const char *stem)
{
    char path[TEMPORARY_PATH_MAX + 300];
    const char *const slash = strrchr(stem, '/');
    if (slash == NULL)
        return; /* there is none */
    for (unsigned turn = 0; turn < 2; turn++) {
        (void)snprintf(path, sizeof path, "%s%u", stem, turn);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%.*s", (int)(slash - stem), stem);
    (void)rmdir(path);
}

/* A number without a sign, and the hyphen after it; false: it is none. */
static bool number_read(const char **at, uint64_t *number)
{
    char *end = NULL;
    if (**at < '0' || **at > '9')
        return false;
    *number = strtoull(*at, &end, 10);
    if (*end != '-')
        return false;
    *at = end + 1;
    return true;
}

/* A name that one of ours has whose process is no more. */
static bool is_left_over(const char *name)
{
    uint64_t pid = 0;
    uint64_t start = 0;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *at = name + sizeof prefix - 1;
    return number_read(&at, &pid) && number_read(&at, &start) && strlen(at) == RANDOM_LEN &&
           pid > 0 && pid <= INT32_MAX && !watch_is_alive((long)pid, start);
}

/* The folder, which nobody else has by this as long as it is open; -1: it is none of this user's,
 * or somebody has it, of whom another container's processes say nothing. */
static int locked(const char *path)
{
    struct stat facts;
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder >= 0 && fstat(folder, &facts) == 0 && facts.st_uid == geteuid() &&
        flock(folder, LOCK_EX | LOCK_NB) == 0)
        return folder;
    if (folder >= 0)
        (void)close(folder);
    return -1;
}

/* What was killed with all that might have cleaned up after it. */
static void left_overs_remove(const char *base)
{
    DIR *const entries = opendir(base);
    for (const struct dirent *e = entries != NULL ? readdir(entries) : NULL; e != NULL;
         e = readdir(entries)) {
        char path[TEMPORARY_PATH_MAX + 256 + sizeof run_file];
        if (!is_left_over(e->d_name))
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", base, e->d_name);
        const int folder = locked(path);
        if (folder < 0)
            continue;
        (void)snprintf(path + strlen(path), sizeof run_file, "%s", run_file);
        temporary_close(path);
        (void)close(folder);
    }
    if (entries != NULL)
        (void)closedir(entries);
}

bool temporary_open(char stem[TEMPORARY_PATH_MAX])
{
    const char *const named = getenv("TMPDIR");
    char base[TEMPORARY_PATH_MAX - 80];
    (void)snprintf(base, sizeof base, "%s", named != NULL && named[0] != '\0' ? named : "/tmp");
    left_overs_remove(base);
    const int len = snprintf(stem, TEMPORARY_PATH_MAX, "%s/%s%ld-%" PRIu64 "-XXXXXX", base, prefix,
                             (long)getpid(), watch_start(getpid()));
    if (mkdtemp(stem) == NULL)
        return false;
    (void)locked(stem); /* until we end */
    (void)snprintf(stem + len, sizeof run_file, "%s", run_file);
    return true;
}
