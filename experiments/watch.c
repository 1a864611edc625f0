/* SPDX-License-Identifier: MIT
 * The file of a live run (watch.h):
 *
 *     ikelab-live 1
 *     process pid=4711 start=812345 at_ns=…
 *     experiment NAME
 *     point WHAT IS SWEPT
 *     run number=1 count=12 seed=1 passed_ns=… total_ns=… state=running
 *     gateway name=… daemon=… cores=… half_open=… …          for each
 *     clients name=… attempts=… …                            for each
 *     lag p99_ns=… max_ns=… late_ppm=…
 *     reason who=… attempts=0 count=… reason=…               for the most frequent
 *
 * A process is known by its id and the time at which it began: who was killed
 * leaves a file behind that is nobody's, and the next one takes it away. */
#include "experiments/watch.h"

#include "experiments/progress.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

/* ---- whose it is ---- */

uint64_t watch_start(long pid)
{
    char path[64];
    char text[1024];
    uint64_t start = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *const file = fopen(path, "re");
    const size_t len = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    text[len] = '\0';
    const char *at = strrchr(text, ')'); /* the program's name may have anything in it */
    if (at != NULL && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0))
        return 0; /* it has ended, and nobody has asked how */
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at != NULL)
        start = strtoull(at, NULL, 10);
    return start;
}

bool watch_is_alive(long pid, uint64_t start)
{
    return pid > 0 && start != 0 && watch_start(pid) == start;
}

/* ---- where it is ---- */

const char *watch_folder(uint32_t number, char room[WATCH_PATH_MAX])
{
    static const char roots[] = "/run/ikelab";
    const char *const named = getenv("IKELAB_RUN");
    const char *const runtime = getenv("XDG_RUNTIME_DIR");
    const bool root = geteuid() == 0;
    if (named != NULL && named[0] != '\0')
        (void)snprintf(room, WATCH_PATH_MAX, "%.400s", named);
    else if (root || number == 1)
        (void)snprintf(room, WATCH_PATH_MAX, "%s", roots); /* most live runs are root's */
    else if (runtime != NULL && runtime[0] == '/')
        (void)snprintf(room, WATCH_PATH_MAX, "%.400s/ikelab", runtime);
    else
        (void)snprintf(room, WATCH_PATH_MAX, "/dev/shm/ikelab-%lu", (unsigned long)geteuid());
    const bool only = root || (named != NULL && named[0] != '\0');
    return number < (only ? 1U : (uint32_t)WATCH_FOLDERS) ? room : NULL;
}

/* It is there, and nobody else may write into it. */
static bool folder_make(const char *folder)
{
    struct stat facts;
    (void)mkdir(folder, 0755);
    return lstat(folder, &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == geteuid() &&
           (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static uint64_t number_after(const char *line, const char *key)
{
    const char *const at = strstr(line, key);
    return at != NULL ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* What others left there who are no more. */
static void folder_clean(const char *folder)
{
    DIR *const entries = opendir(folder);
    for (const struct dirent *e = entries != NULL ? readdir(entries) : NULL; e != NULL;
         e = readdir(entries)) {
        char path[WATCH_PATH_MAX + 300];
        char line[256] = "";
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        const bool ours = strstr(e->d_name, ".state") != NULL;
        FILE *const file = ours ? fopen(path, "re") : NULL;
        if (file == NULL)
            continue;
        for (int i = 0; i < 2; i++)
            if (fgets(line, sizeof line, file) == NULL)
                line[0] = '\0';
        (void)fclose(file);
        if (!watch_is_alive((long)number_after(line, "pid="), number_after(line, "start=")))
            (void)unlink(path);
    }
    if (entries != NULL)
        (void)closedir(entries);
}

static void path_of(long pid, char path[WATCH_PATH_MAX])
{
    char folder[WATCH_PATH_MAX] = "";
    (void)watch_folder(0, folder);
    (void)snprintf(path, WATCH_PATH_MAX, "%.440s/%ld.state", folder, pid);
}

void watch_open(struct watch *watch)
{
    char folder[WATCH_PATH_MAX];
    *watch = (struct watch){.path = ""};
    if (watch_folder(0, folder) == NULL || !folder_make(folder))
        return;
    folder_clean(folder);
    path_of((long)getpid(), watch->path);
}

void watch_forget(long pid)
{
    char path[WATCH_PATH_MAX];
    path_of(pid, path);
    (void)unlink(path);
}

void watch_close(struct watch *watch)
{
    if (watch->path[0] != '\0')
        (void)unlink(watch->path);
    watch->path[0] = '\0';
}

/* ---- what it says ---- */

static void put_level(FILE *out, const char *name, uint64_t level)
{
    if (level == MODEL_UNTOLD)
        (void)fprintf(out, " %s=-", name);
    else
        (void)fprintf(out, " %s=%" PRIu64, name, level);
}

/* Of what it has counted so far, since it was last told. */
static void put_rate(FILE *out, const char *name, uint64_t counted, uint64_t span_ns)
{
    put_level(out, name, span_ns == 0 ? MODEL_UNTOLD : (counted * SECOND + span_ns / 2) / span_ns);
}

static void put_gateway(FILE *out, const struct watch *watch, const struct model_glance *glance,
                        uint32_t i, uint64_t span_ns)
{
    const struct model_glance_gateway *const g = &glance->gateways[i];
    (void)fprintf(out, "gateway name=%s daemon=%s cores=%" PRIu64, g->name,
                  g->daemon != NULL ? g->daemon : "-", g->cores);
    put_level(out, "half_open", g->levels.half_open);
    put_level(out, "established", g->levels.established);
    put_level(out, "children", g->levels.children);
    put_level(out, "cookies", g->levels.cookies_on);
    put_rate(out, "in", g->in_packets - watch->before[i].in, span_ns);
    put_rate(out, "out", g->out_packets - watch->before[i].out, span_ns);
    (void)fprintf(out, " cpu_ppm=%" PRIu64 " shares=%d memory=%" PRIu64 " dropped=%" PRIu64 "\n",
                  g->cpu_ppm, g->shares ? 1 : 0, g->memory_bytes, g->dropped);
}

static void put_facts(FILE *out, const struct watch *watch, const struct model_glance *glance,
                      uint64_t now_ns)
{
    const struct watch_run *const r = &watch->run;
    const uint64_t span_ns = watch->shown_ns != 0 ? now_ns - watch->shown_ns : 0;
    (void)fprintf(out,
                  "ikelab-live 1\nprocess pid=%ld start=%" PRIu64 " at_ns=%" PRIu64
                  "\nexperiment %s\npoint %s\nrun number=%u count=%u seed=%" PRIu64
                  " passed_ns=%" PRIu64 " total_ns=%" PRIu64 " state=%s\n",
                  (long)getpid(), watch_start(getpid()), now_ns, r->experiment, r->point, r->number,
                  r->count, r->seed, glance->now_ns, glance->for_ns,
                  glance->for_ns == 0 ? "starting" : "running");
    for (uint32_t i = 0; i < glance->gateway_count; i++)
        put_gateway(out, watch, glance, i, span_ns);
    for (uint32_t i = 0; i < glance->clients_count; i++) {
        const struct model_glance_clients *const c = &glance->clients[i];
        (void)fprintf(out,
                      "clients name=%s attempts=%" PRIu64 " successes=%" PRIu64 " failures=%" PRIu64
                      " established=%" PRIu64 " children=%" PRIu64 "\n",
                      c->name, c->attempts, c->successes, c->failures, c->established, c->children);
    }
    if (glance->real_time)
        (void)fprintf(out, "lag p99_ns=%" PRIu64 " max_ns=%" PRIu64 " late_ppm=%" PRIu64 "\n",
                      glance->lag_p99_ns, glance->lag_max_ns, glance->late_ppm);
    for (uint32_t i = 0; i < glance->reason_count; i++) {
        const struct model_glance_reason *const why = &glance->reasons[i];
        (void)fprintf(out, "reason who=%s attempts=%d count=%" PRIu64 " reason=%s\n", why->who,
                      why->attempts ? 1 : 0, why->count, why->reason);
    }
}

/* Whole, or not at all. What cannot be written is not tried again. */
static void write_whole(struct watch *watch, const struct model_glance *glance, uint64_t now_ns)
{
    char fresh[WATCH_PATH_MAX + 8];
    (void)snprintf(fresh, sizeof fresh, "%s.new", watch->path);
    FILE *const out = fopen(fresh, "we");
    if (out != NULL)
        put_facts(out, watch, glance, now_ns);
    if (out == NULL || fclose(out) != 0 || rename(fresh, watch->path) != 0) {
        (void)unlink(fresh);
        watch_close(watch);
    }
}

void watch_begin(struct watch *watch, const struct watch_run *run)
{
    static const struct model_glance nothing;
    watch->run = *run;
    watch->shown_ns = 0;
    if (watch->path[0] != '\0')
        write_whole(watch, &nothing, progress_now_ns());
}

void watch_show(struct watch *watch, const struct model_world *world)
{
    const uint64_t now_ns = progress_now_ns();
    struct model_glance glance;
    if (watch->path[0] == '\0' || (watch->shown_ns != 0 && now_ns - watch->shown_ns < SECOND))
        return;
    model_world_look(world, &glance);
    write_whole(watch, &glance, now_ns);
    watch->shown_ns = now_ns;
    for (uint32_t i = 0; i < glance.gateway_count; i++) {
        watch->before[i].in = glance.gateways[i].in_packets;
        watch->before[i].out = glance.gateways[i].out_packets;
    }
}
