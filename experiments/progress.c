/* SPDX-License-Identifier: MIT
 * Progress on standard error. */
#include "experiments/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

enum { DURATION_TEXT = 16, BAR = 24 };

uint64_t progress_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

char *progress_duration(uint64_t ns, char *out)
{
    const uint64_t tenths = ns / (SECOND / 10);
    if (tenths < 100)
        (void)snprintf(out, DURATION_TEXT, "%u.%u s", (unsigned)(tenths / 10),
                       (unsigned)(tenths % 10));
    else if (tenths < 1200)
        (void)snprintf(out, DURATION_TEXT, "%u s", (unsigned)((tenths + 5) / 10));
    else if (tenths < 72000)
        (void)snprintf(out, DURATION_TEXT, "%u min", (unsigned)((tenths + 300) / 600));
    else
        (void)snprintf(out, DURATION_TEXT, "%.1f h", (double)tenths / 36000.0);
    return out;
}

void progress_open(struct progress *progress, const char *name, bool quiet)
{
    const char *term = getenv("TERM");
    *progress = (struct progress){.name = name, .quiet = quiet, .began_ns = progress_now_ns()};
    progress->terminal = isatty(STDERR_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
    progress->shown_ns = progress->began_ns;
}

void progress_clear(struct progress *progress)
{
    if (progress->terminal && !progress->quiet)
        (void)fputs("\r\033[K", stderr);
}

static void bar(char *out, uint64_t permille)
{
    for (uint64_t i = 0; i < BAR; i++)
        out[i] = i * 1000 < permille * BAR ? '=' : ' ';
    out[BAR] = '\0';
}

void progress_show(struct progress *progress, uint32_t runs_done, uint64_t weight)
{
    const uint64_t now = progress_now_ns();
    const uint64_t all = progress->weight > 0 ? progress->weight : 1;
    const uint64_t part = weight < all ? weight : all;
    const uint64_t permille = (uint64_t)((double)part / (double)all * 1000.0);
    const uint64_t spent = now - progress->began_ns;
    const uint64_t quiet_for = now - progress->shown_ns;
    const uint32_t tenth = (uint32_t)(permille / 100);
    const bool due =
        progress->terminal
            ? quiet_for >= SECOND / 10
            : quiet_for >= 10 * SECOND || (tenth > progress->shown_tenth && quiet_for >= SECOND);
    if (progress->quiet || !due || permille == 0)
        return;
    progress->shown_ns = now;
    progress->shown_tenth = tenth;

    char to_go[DURATION_TEXT];
    char drawn[BAR + 1];
    (void)progress_duration(
        (uint64_t)((double)spent * (double)(1000 - permille) / (double)permille), to_go);
    bar(drawn, permille);
    if (progress->terminal)
        (void)fprintf(stderr, "\r\033[K%s  [%s] %3u %%  %u of %u runs, about %s to go",
                      progress->name, drawn, (unsigned)(permille / 10), runs_done, progress->runs,
                      to_go);
    else
        (void)fprintf(stderr, "%s: %u %%, %u of %u runs, about %s to go\n", progress->name,
                      (unsigned)(permille / 10), runs_done, progress->runs, to_go);
    (void)fflush(stderr);
}
