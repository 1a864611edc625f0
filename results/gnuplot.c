/* SPDX-License-Identifier: MIT
 * Running gnuplot. It stops at its first error, so what it prints says how far
 * it came, and it is started again behind the figure that failed. */
#include "results/gnuplot.h"

#include "results/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_FOUND = 127 };

/* Its exit status; what it says goes into a file. */
static int started(char *script, const char *said)
{
    char program[] = "gnuplot";
    char option[] = "--default-settings";
    char *const words[] = {program, option, script, NULL};
    posix_spawn_file_actions_t files;
    pid_t pid = 0;
    int status = 0;
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&files, 2, said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int failed = posix_spawnp(&pid, "gnuplot", &files, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&files);
    if (failed != 0)
        return NOT_FOUND;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* How many figures were begun; the last line that is no mark of ours is why it stopped. */
static size_t begun(const char *said, char *last, size_t last_max)
{
    char line[RESULTS_ERROR_MAX];
    size_t count = 0;
    FILE *const file = fopen(said, "r");
    last[0] = '\0';
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "figure ", 7) == 0)
            count++;
        else if (line[strspn(line, " \t")] != '\0')
            (void)snprintf(last, last_max, "%s", line);
    }
    if (file != NULL)
        (void)fclose(file);
    return count;
}

static bool script_write(const struct gnuplot *g, const char *path, size_t from)
{
    FILE *const script = fopen(path, "wb");
    if (script == NULL)
        return false;
    for (size_t i = from; i < g->count; i++)
        (void)fprintf(script, "print 'figure %s'\nload '%s/%s.plt'\n", g->names[i], g->temp,
                      g->names[i]);
    return fclose(script) == 0;
}

bool gnuplot_run(const struct gnuplot *g, char *error)
{
    char script[RESULTS_PATH_MAX];
    char said[RESULTS_PATH_MAX];
    char last[RESULTS_ERROR_MAX];
    (void)snprintf(script, sizeof script, "%s/all.gp", g->temp);
    (void)snprintf(said, sizeof said, "%s/said", g->temp);
    error[0] = '\0';
    for (size_t from = 0; from < g->count;) {
        if (!script_write(g, script, from))
            return sql_error(error, "%.300s cannot be written: %s", script, strerror(errno));
        const int status = started(script, said);
        if (status == 0)
            break;
        if (status == NOT_FOUND)
            return sql_error(error, "gnuplot is not installed: install Debian's package "
                                    "gnuplot-nox, then run `ikelab plot` on the database");
        const size_t done = begun(said, last, sizeof last);
        const size_t failed = from + (done > 0 ? done - 1 : 0);
        if (error[0] == '\0')
            (void)sql_error(error, "figure %.100s: gnuplot says: %.350s", g->names[failed], last);
        from = failed + 1;
    }
    return error[0] == '\0';
}
