/* SPDX-License-Identifier: MIT
 * How a real daemon comes to stand at an end of the network (live_daemon.h). It
 * is asked by tools that take their time: one runs while the world goes on, and
 * is looked at again and again until it has answered. */
#include "models/live_daemon.h"

#include "sim/realtime.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOG_SHOWN = 240, WHY_SHOWN = 400, ANSWER_MAX = 65536 };

#define MS(n) ((n)*UINT64_C(1000000))

static const uint64_t tool_timeout_ns = MS(10000);
static const uint64_t ready_timeout_ns = MS(20000);
static const uint64_t ready_tool_timeout_ns = MS(2000);
static const uint64_t look_again_ns = MS(5);
/* Of CPU, while a tool waits for one that hangs: it is known to steps of 10 ms, and what tools have
 * used is taken out of it. */
static const uint64_t still_ns = MS(50);

struct model_live_daemon {
    struct model_scene *scene;
    const struct model_recipe *recipe;
    struct model_place place;
    struct model_wish wish;
    char path[2 * MODEL_NAME_MAX];
    char host[MODEL_NAME_MAX];
    const char *selectors;
    char own[IKE_ADDR_TEXT]; /* its address */
    uint64_t cpus;
    struct sim_netns *ns;
    struct sim_tun_end *end;
    struct sim_process *daemon;
    struct sim_process *tool;      /* that is being asked; NULL: none */
    enum model_errand errand;      /* of it, */
    size_t tool_number;            /* the next of its commands, */
    bool good;                     /* whether those before have succeeded, */
    struct model_levels levels;    /* what they have said, */
    struct model_live_asked asked; /* who wants to know, */
    uint64_t begun_ns;             /* and when the tool began, by the wall's clock, */
    uint64_t begun_cpu_ns;         /* at which CPU time of the daemon */
    char hangs[2 * WHY_SHOWN];     /* "": it does not */
    struct sim_event look;
};

/* ---- starting ---- */

static void on_one_line(char *text, size_t len)
{
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    text[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\n')
            text[i] = '|';
}

/* The end of what a process has said. */
static void said(const struct sim_process *p, char *out, size_t out_max)
{
    uint64_t before;
    on_one_line(out, p != NULL ? sim_process_log(p, out, out_max, &before) : 0);
}

static void daemon_said(const struct model_live_daemon *d, const char *what, char *error,
                        size_t error_max)
{
    char log[LOG_SHOWN];
    said(d->daemon, log, sizeof log);
    (void)snprintf(error, error_max, "%s: %s %s%s%s", d->path, model_recipe_title(d->recipe), what,
                   log[0] != '\0' ? "; it says at last: " : "", log);
}

/* Number `number` of an errand's commands; false: there is no such. */
static bool command_of(const struct model_live_daemon *d, enum model_errand errand, size_t number,
                       struct model_words *words, struct sim_command *out)
{
    const struct model_errand_at at = {.errand = errand, .number = number};
    if (!model_daemon_command(d->recipe, &d->wish, &d->place, at, words))
        return false;
    *out = (struct sim_command){
        .argv = words->argv, .environment = words->environment, .root = d->place.root};
    return true;
}

/* One command of an errand, to its end; false, with a line, unless it succeeds. */
static bool tool_run(struct model_live_daemon *d, const struct sim_command *command,
                     uint64_t timeout_ns, char *error, size_t error_max)
{
    char answer[LOG_SHOWN];
    char why[WHY_SHOWN];
    struct sim_captured captured = {
        .timeout_ns = timeout_ns, .out = answer, .out_max = sizeof answer};
    const bool ran = sim_process_capture(d->ns, command, &captured, why, sizeof why);
    on_one_line(answer, captured.len);
    if (!ran)
        (void)snprintf(error, error_max, "%s: %s", d->path, why);
    else if (captured.exit.code != 0)
        (void)snprintf(error, error_max, "%s: %s failed: %s", d->path, command->argv[0], answer);
    else
        return true;
    return false;
}

static bool errand_run(struct model_live_daemon *d, enum model_errand errand, char *error,
                       size_t error_max)
{
    struct model_words words;
    struct sim_command command;
    for (size_t i = 0; command_of(d, errand, i, &words, &command); i++)
        if (!tool_run(d, &command, tool_timeout_ns, error, error_max))
            return false;
    return true;
}

struct writing {
    struct model_live_daemon *d;
    char *error;
    size_t error_max;
};

static bool file_write(void *owner, const char *path, const char *text)
{
    const struct writing *const w = owner;
    char whole[MODEL_DAEMON_PATH_MAX];
    (void)snprintf(whole, sizeof whole, "%s%s", w->d->place.root, path);
    const struct ike_bytes content = {.at = (const uint8_t *)text, .len = strlen(text)};
    return sim_netns_write(w->d->ns, whole, content, w->error, w->error_max);
}

static uint32_t inner_addresses(const char *selectors,
                                char inner[MODEL_DAEMON_INSIDE_MAX][IKE_ADDR_TEXT],
                                const char **out)
{
    struct ike_addr inside[MODEL_DAEMON_INSIDE_MAX];
    const uint32_t count = model_daemon_inside(selectors != NULL ? selectors : "", inside);
    for (uint32_t i = 0; i < count; i++) {
        ike_addr_format(&inside[i], inner[i]);
        out[i] = inner[i];
    }
    return count;
}

static bool namespace_open(struct model_live_daemon *d, char *error, size_t error_max)
{
    char inner[MODEL_DAEMON_INSIDE_MAX][IKE_ADDR_TEXT];
    const char *const outer[] = {d->own};
    const char *within[MODEL_DAEMON_INSIDE_MAX];
    const uint32_t inner_count = inner_addresses(d->selectors, inner, within);
    struct model_mount mounts[MODEL_DAEMON_MOUNTS_MAX];
    struct sim_mount shown[MODEL_DAEMON_MOUNTS_MAX];
    const size_t count = model_daemon_mounts(d->recipe, &d->place, mounts);
    for (size_t i = 0; i < count; i++)
        shown[i] = (struct sim_mount){.at = mounts[i].at, .from = mounts[i].from};
    const struct sim_netns_config config = {.host = d->host,
                                            .outer = outer,
                                            .outer_count = 1,
                                            .inner = within,
                                            .inner_count = inner_count,
                                            .mounts = shown,
                                            .mount_count = (uint32_t)count};
    d->ns = sim_netns_open(&config, error, error_max);
    return d->ns != NULL;
}

static bool daemon_start(struct model_live_daemon *d, char *error, size_t error_max)
{
    struct model_words words;
    struct sim_command command;
    struct writing writing = {d, error, error_max};
    if (!model_daemon_files(d->recipe, &d->wish, file_write, &writing) ||
        !errand_run(d, ERRAND_PREPARE, error, error_max) ||
        !command_of(d, ERRAND_START, 0, &words, &command))
        return false;
    command.cpus = d->cpus;
    d->daemon = sim_process_start(d->ns, &command, error, error_max);
    return d->daemon != NULL;
}

/* Waits until it listens; false when it has ended, or after twenty seconds by the wall's clock, and
 * what a tool may take. */
static bool daemon_ready(struct model_live_daemon *d, char *error, size_t error_max)
{
    static const struct timespec between = {.tv_nsec = 50000000};
    const uint64_t until_ns = sim_wall_ns() + ready_timeout_ns;
    struct model_words words;
    struct sim_command command;
    char what[WHY_SHOWN];
    if (!command_of(d, ERRAND_READY, 0, &words, &command))
        return true;
    while (sim_wall_ns() < until_ns) {
        if (sim_process_exit(d->daemon).ended) {
            daemon_said(d, "ended at its start", error, error_max);
            return false;
        }
        if (tool_run(d, &command, ready_tool_timeout_ns, error, error_max))
            return true;
        (void)nanosleep(&between, NULL);
    }
    (void)snprintf(what, sizeof what, "does not come to listen: %s has asked it in vain for 20 s",
                   command.argv[0]);
    daemon_said(d, what, error, error_max);
    return false;
}

/* ---- while it runs ---- */

/* The next command of the errand; false: there are no more, or it could not be started. */
static bool tool_begin(struct model_live_daemon *d)
{
    struct model_words words;
    struct sim_command command;
    if (!command_of(d, d->errand, d->tool_number++, &words, &command))
        return false;
    command.tool = true;
    d->tool = sim_process_begin(d->ns, &command);
    d->good = d->good && d->tool != NULL;
    d->begun_ns = sim_wall_ns();
    d->begun_cpu_ns = sim_netns_usage(d->ns).cpu_ns;
    return d->tool != NULL;
}

static uint64_t tool_wait_ns(const struct model_live_daemon *d)
{
    const uint64_t wait_ns = d->asked.wait_ns;
    return wait_ns != 0 && wait_ns < tool_timeout_ns ? wait_ns : tool_timeout_ns;
}

/* These may wait for the other end; any other waits for the daemon alone. */
static bool is_exchange(enum model_errand errand)
{
    return errand == ERRAND_INITIATE || errand == ERRAND_END;
}

/* A tool has waited for so long as it may: the daemon is busy, or it hangs. */
static void tool_late(struct model_live_daemon *d)
{
    const uint64_t cpu_ns = sim_netns_usage(d->ns).cpu_ns;
    char what[WHY_SHOWN];
    sim_process_close(d->tool);
    d->tool = NULL;
    d->good = false;
    if (is_exchange(d->errand) || cpu_ns > d->begun_cpu_ns + still_ns)
        return;
    (void)snprintf(what, sizeof what,
                   "hangs in the midst of the run: for %" PRIu64
                   " s it has neither answered nor used CPU",
                   (sim_wall_ns() - d->begun_ns) / MS(1000));
    daemon_said(d, what, d->hangs, sizeof d->hangs);
}

/* A tool has ended, and the errand goes on, or is over. */
static void tool_ended(struct model_live_daemon *d, int code)
{
    static char answer[ANSWER_MAX];
    uint64_t before;
    const size_t len = sim_process_log(d->tool, answer, sizeof answer, &before);
    model_daemon_read(d->recipe, d->errand, answer, len, &d->levels);
    d->good = d->good && code == 0;
    sim_process_close(d->tool);
    d->tool = NULL;
    (void)tool_begin(d);
}

static void on_look(void *owner, uint64_t now_ns)
{
    struct model_live_daemon *const d = owner;
    if (d->tool == NULL)
        return;
    const struct sim_exit ended = sim_process_exit(d->tool);
    if (ended.ended)
        tool_ended(d, ended.code);
    else if (sim_wall_ns() - d->begun_ns >= tool_wait_ns(d))
        tool_late(d);
    if (d->tool != NULL)
        sim_loop_at(d->scene->loop, &d->look, now_ns + look_again_ns);
    else
        d->asked.done(d->asked.owner, now_ns, &d->levels, d->good);
}

bool model_live_daemon_ask(struct model_live_daemon *d, uint64_t now_ns, enum model_errand errand,
                           struct model_live_asked asked)
{
    if (d->tool != NULL)
        return false;
    d->errand = errand;
    d->tool_number = 0;
    d->good = true;
    d->levels = model_untold;
    d->asked = asked;
    if (!tool_begin(d))
        return false;
    sim_loop_at(d->scene->loop, &d->look, now_ns + look_again_ns);
    return true;
}

bool model_live_daemon_lives(const struct model_live_daemon *d, char *error, size_t error_max)
{
    const bool ended = sim_process_exit(d->daemon).ended;
    if (ended)
        daemon_said(d, "ended in the midst of the run", error, error_max);
    else if (d->hangs[0] != '\0')
        (void)snprintf(error, error_max, "%s", d->hangs);
    return !ended && d->hangs[0] == '\0';
}

struct sim_usage model_live_daemon_usage(const struct model_live_daemon *d)
{
    return sim_netns_usage(d->ns);
}

bool model_live_daemon_stands_in(const struct model_live_daemon *d)
{
    return d->place.stand_in != NULL;
}

/* ---- the whole ---- */

static void place_find(struct model_live_daemon *d, uint8_t daemon)
{
    const struct model_world_config *const c = d->scene->config;
    const uint64_t index = daemon - 1u;
    d->recipe = model_recipes[index];
    const bool wants = model_recipe_wants(d->recipe) != NULL && c->stand_in[0] != '\0';
    d->place = (struct model_place){.root = c->daemons[index].root,
                                    .libraries = c->daemons[index].libraries,
                                    .stand_in = wants ? c->stand_in : NULL};
}

struct model_live_daemon *model_live_daemon_open(struct model_scene *scene,
                                                 const struct model_live_spec *spec, char *error,
                                                 size_t error_max)
{
    const struct ike_prefix own = model_prefix_of(spec->addr);
    struct model_live_daemon *const d = calloc(1, sizeof *d);
    (void)snprintf(error, error_max, "%s: out of memory", spec->path);
    if (d == NULL)
        return NULL;
    d->scene = scene;
    d->cpus = spec->cpus;
    d->selectors = spec->selectors;
    d->look = (struct sim_event){.rank = SIM_SAMPLE, .run = on_look, .owner = d};
    (void)snprintf(d->path, sizeof d->path, "%s", spec->path);
    (void)snprintf(d->host, sizeof d->host, "%s", spec->host);
    place_find(d, spec->daemon);
    d->wish = spec->wish;
    d->wish.quiet = true;
    ike_addr_format(spec->addr, d->own);
    d->wish.local = d->own;
    if (!namespace_open(d, error, error_max) || !daemon_start(d, error, error_max) ||
        !daemon_ready(d, error, error_max) || !errand_run(d, ERRAND_LOAD, error, error_max)) {
        model_live_daemon_close(d);
        return NULL;
    }
    d->end = sim_tun_end_open(scene->net, sim_netns_tun(d->ns), &own, 1);
    if (d->end == NULL) {
        model_live_daemon_close(d);
        return NULL;
    }
    return d;
}

struct sim_port *model_live_daemon_port(struct model_live_daemon *d)
{
    return sim_tun_end_port(d->end);
}

struct sim_source model_live_daemon_source(struct model_live_daemon *d)
{
    return sim_tun_end_source(d->end);
}

struct sim_tun_end *model_live_daemon_end(const struct model_live_daemon *d)
{
    return d->end;
}

void model_live_daemon_close(struct model_live_daemon *d)
{
    if (d == NULL)
        return;
    sim_loop_cancel(d->scene->loop, &d->look);
    if (d->end != NULL)
        sim_tun_end_close(d->end);
    sim_netns_close(d->ns); /* and all that runs there */
    free(d);
}
