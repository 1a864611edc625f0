/* SPDX-License-Identifier: MIT
 * How a real daemon comes to be a gateway, and what is seen of it
 * (live_gateway.h). It is asked by tools that take their time: one runs while
 * the world goes on, and is looked at again and again until it has answered. */
#include "models/live_gateway.h"

#include "models/daemon.h"
#include "models/keys_value.h"
#include "sim/netns.h"
#include "sim/tun_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    INNER_MAX = 8,
    MILLION = 1000000,
    THOUSAND = 1000,
    LOG_SHOWN = 240,
    ANSWER_MAX = 65536,
    TRIES = 400,
    TOLD_PART = 10
};

#define MS(n) ((n)*UINT64_C(1000000))

static const uint64_t tool_timeout_ns = MS(10000);
static const uint64_t look_again_ns = MS(5);

struct model_live_run {
    struct model_scene *scene;
    const struct model_gateway *gateway;
    const struct model_recipe *recipe;
    struct model_place place;
    struct model_wish wish;
    char own[IKE_ADDR_TEXT]; /* its address */
    uint64_t cpus;
    struct sim_netns *ns;
    struct sim_tun_end *end;
    struct sim_process *daemon;
    struct sim_process *tool; /* that is being asked; NULL: none */
    size_t tool_number;
    struct sim_event sample, look, attack_begin, attack_end;
    struct sim_usage first, last; /* when it began to listen, and at the last sample */
    uint64_t attack_begin_cpu_ns, attack_end_cpu_ns;
    struct model_levels answer; /* what it has said of them so far, of: */
    struct model_levels levels; /* at the last sample at which it said all */
    uint64_t answers, unanswered;
    uint64_t half_open_sum, half_open_max, established_max;
    char trouble[512];
};

/* ---- starting ---- */

/* The end of what a process has said, on one line. */
static void said(const struct sim_process *p, char *out, size_t out_max)
{
    uint64_t before;
    const size_t len = p != NULL ? sim_process_log(p, out, out_max, &before) : 0;
    size_t end = len;
    while (end > 0 && (out[end - 1] == '\n' || out[end - 1] == ' '))
        end--;
    out[end] = '\0';
    for (size_t i = 0; i < end; i++)
        if (out[i] == '\n')
            out[i] = '|';
}

static void daemon_said(const struct model_live_run *run, const char *what, char *error,
                        size_t error_max)
{
    char log[LOG_SHOWN];
    said(run->daemon, log, sizeof log);
    (void)snprintf(error, error_max, "gateways.%s: %s %s%s%s", run->gateway->name,
                   model_recipe_title(run->recipe), what,
                   log[0] != '\0' ? "; it says at last: " : "", log);
}

/* Number `number` of an errand's commands; false: there is no such. */
static bool command_of(const struct model_live_run *run, enum model_errand errand, size_t number,
                       struct model_words *words, struct sim_command *out)
{
    const struct model_errand_at at = {.errand = errand, .number = number};
    if (!model_daemon_command(run->recipe, &run->wish, &run->place, at, words))
        return false;
    *out = (struct sim_command){
        .argv = words->argv, .environment = words->environment, .root = run->place.root};
    return true;
}

/* One command of an errand, to its end; false, with a line, unless it succeeds. */
static bool tool_run(struct model_live_run *run, const struct sim_command *command,
                     uint64_t timeout_ns, char *error, size_t error_max)
{
    char answer[LOG_SHOWN];
    char why[400];
    struct sim_captured captured = {
        .timeout_ns = timeout_ns, .out = answer, .out_max = sizeof answer};
    if (!sim_process_capture(run->ns, command, &captured, why, sizeof why))
        (void)snprintf(error, error_max, "gateways.%s: %s", run->gateway->name, why);
    else if (captured.exit.code != 0)
        (void)snprintf(error, error_max, "gateways.%s: %s failed: %s", run->gateway->name,
                       command->argv[0], answer);
    else
        return true;
    return false;
}

static bool errand_run(struct model_live_run *run, enum model_errand errand, char *error,
                       size_t error_max)
{
    struct model_words words;
    struct sim_command command;
    for (size_t i = 0; command_of(run, errand, i, &words, &command); i++)
        if (!tool_run(run, &command, tool_timeout_ns, error, error_max))
            return false;
    return true;
}

struct writing {
    struct model_live_run *run;
    char *error;
    size_t error_max;
};

static bool file_write(void *owner, const char *path, const char *text)
{
    const struct writing *const w = owner;
    char whole[MODEL_DAEMON_PATH_MAX];
    (void)snprintf(whole, sizeof whole, "%s%s", w->run->place.root, path);
    const struct ike_bytes content = {.at = (const uint8_t *)text, .len = strlen(text)};
    return sim_netns_write(w->run->ns, whole, content, w->error, w->error_max);
}

/* The first address of each network it protects: a daemon leads its routes over it. */
static uint32_t inner_addresses(const struct model_gateway *gateway,
                                char inner[INNER_MAX][IKE_ADDR_TEXT], const char **out)
{
    char text[MODEL_TEXT_MAX];
    uint32_t count = 0;
    for (const char *at = gateway->selectors; model_list_next(&at, text, sizeof text);) {
        struct ike_prefix prefix;
        if (count == INNER_MAX || !ike_prefix_parse(text, &prefix) || prefix.bits == 0)
            continue;
        const struct ike_addr first = ike_prefix_at(&prefix, 1, 0);
        ike_addr_format(&first, inner[count]);
        out[count] = inner[count];
        count++;
    }
    return count;
}

static bool namespace_open(struct model_live_run *run, char *error, size_t error_max)
{
    char inner[INNER_MAX][IKE_ADDR_TEXT];
    const char *const outer[] = {run->own};
    const char *within[INNER_MAX];
    const uint32_t inner_count = inner_addresses(run->gateway, inner, within);
    struct model_mount mounts[MODEL_DAEMON_MOUNTS_MAX];
    struct sim_mount shown[MODEL_DAEMON_MOUNTS_MAX];
    const size_t count = model_daemon_mounts(run->recipe, &run->place, mounts);
    for (size_t i = 0; i < count; i++)
        shown[i] = (struct sim_mount){.at = mounts[i].at, .from = mounts[i].from};
    const struct sim_netns_config config = {.host = run->gateway->name,
                                            .outer = outer,
                                            .outer_count = 1,
                                            .inner = within,
                                            .inner_count = inner_count,
                                            .mounts = shown,
                                            .mount_count = (uint32_t)count};
    run->ns = sim_netns_open(&config, error, error_max);
    return run->ns != NULL;
}

static bool daemon_start(struct model_live_run *run, char *error, size_t error_max)
{
    struct model_words words;
    struct sim_command command;
    struct writing writing = {run, error, error_max};
    if (!model_daemon_files(run->recipe, &run->wish, file_write, &writing) ||
        !errand_run(run, ERRAND_PREPARE, error, error_max) ||
        !command_of(run, ERRAND_START, 0, &words, &command))
        return false;
    command.cpus = run->cpus;
    run->daemon = sim_process_start(run->ns, &command, error, error_max);
    return run->daemon != NULL;
}

/* Waits until it listens; false when it has ended, or after twenty seconds. */
static bool daemon_ready(struct model_live_run *run, char *error, size_t error_max)
{
    static const struct timespec between = {.tv_nsec = 50000000};
    struct model_words words;
    struct sim_command command;
    if (!command_of(run, ERRAND_READY, 0, &words, &command))
        return true;
    for (int try = 0; try < TRIES; try++) {
        if (sim_process_exit(run->daemon).ended) {
            daemon_said(run, "ended at its start", error, error_max);
            return false;
        }
        if (tool_run(run, &command, MS(2000), error, error_max))
            return true;
        (void)nanosleep(&between, NULL);
    }
    daemon_said(run, "does not come to listen", error, error_max);
    return false;
}

/* ---- while it runs ---- */

static void series(const struct model_live_run *run, uint64_t now_ns, enum sim_series which,
                   uint64_t value)
{
    struct sim_record *const record = run->scene->record;
    if (record != NULL)
        record->ops->series(record, run->gateway->name, which, now_ns, (int64_t)value);
}

/* CPU time since then; the kernel's steps of 10 ms, and tools being left out, may have it go
 * back. */
static uint64_t cpu_since(uint64_t now_ns, uint64_t then_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

static uint64_t share_ppm(const struct model_live_run *run, uint64_t cpu_ns, uint64_t span_ns)
{
    return span_ns == 0 ? 0 : model_mul_div(cpu_ns, MILLION, run->gateway->cores * span_ns);
}

/* What it has answered to the last of its questions. */
static void levels_take(struct model_live_run *run, uint64_t now_ns)
{
    const struct model_levels *const l = &run->answer;
    if (l->half_open == MODEL_UNTOLD || l->established == MODEL_UNTOLD) {
        run->unanswered++;
        return;
    }
    run->levels = *l;
    run->answers++;
    run->half_open_sum += l->half_open;
    run->half_open_max = l->half_open > run->half_open_max ? l->half_open : run->half_open_max;
    run->established_max =
        l->established > run->established_max ? l->established : run->established_max;
    series(run, now_ns, SIM_SERIES_HALF_OPEN, l->half_open);
    series(run, now_ns, SIM_SERIES_ESTABLISHED, l->established);
    if (l->cookies_on != MODEL_UNTOLD)
        series(run, now_ns, SIM_SERIES_COOKIES_ON, l->cookies_on);
}

/* The next of the commands that tell levels; false: there are no more. */
static bool ask(struct model_live_run *run)
{
    struct model_words words;
    struct sim_command command;
    if (!command_of(run, ERRAND_LEVELS, run->tool_number++, &words, &command))
        return false;
    command.tool = true;
    run->tool = sim_process_begin(run->ns, &command);
    return run->tool != NULL;
}

static void on_look(void *owner, uint64_t now_ns)
{
    struct model_live_run *const run = owner;
    static char answer[ANSWER_MAX];
    uint64_t before;
    if (run->tool == NULL)
        return;
    if (!sim_process_exit(run->tool).ended) {
        sim_loop_at(run->scene->loop, &run->look, now_ns + look_again_ns);
        return;
    }
    const size_t len = sim_process_log(run->tool, answer, sizeof answer, &before);
    model_daemon_read(run->recipe, ERRAND_LEVELS, answer, len, &run->answer);
    sim_process_close(run->tool);
    run->tool = NULL;
    if (ask(run))
        sim_loop_at(run->scene->loop, &run->look, now_ns + look_again_ns);
    else
        levels_take(run, now_ns);
}

static void on_sample(void *owner, uint64_t now_ns)
{
    struct model_live_run *const run = owner;
    const uint64_t every_ns = run->scene->config->sample_ns;
    const struct sim_usage usage = sim_netns_usage(run->ns);
    series(run, now_ns, SIM_SERIES_CPU_SHARE,
           share_ppm(run, cpu_since(usage.cpu_ns, run->last.cpu_ns), every_ns));
    series(run, now_ns, SIM_SERIES_INBOX_DROPS, usage.udp_full - run->last.udp_full);
    series(run, now_ns, SIM_SERIES_MEMORY, usage.resident_bytes);
    run->last = usage;
    if (sim_process_exit(run->daemon).ended) {
        daemon_said(run, "ended in the midst of the run", run->trouble, sizeof run->trouble);
        return;
    }
    sim_loop_at(run->scene->loop, &run->sample, now_ns + every_ns);
    if (run->tool != NULL) { /* it is busy: it is asked once at a time, and nobody waits for it */
        run->unanswered++;
        return;
    }
    run->tool_number = 0;
    run->answer = model_untold;
    if (ask(run))
        sim_loop_at(run->scene->loop, &run->look, now_ns + look_again_ns);
}

static void on_attack_begin(void *owner, uint64_t now_ns)
{
    struct model_live_run *const run = owner;
    (void)now_ns;
    run->attack_begin_cpu_ns = sim_netns_usage(run->ns).cpu_ns;
}

static void on_attack_end(void *owner, uint64_t now_ns)
{
    struct model_live_run *const run = owner;
    (void)now_ns;
    run->attack_end_cpu_ns = sim_netns_usage(run->ns).cpu_ns;
}

static void events_open(struct model_live_run *run)
{
    const struct model_scene *const scene = run->scene;
    const uint64_t for_ns = scene->config->for_ns;
    const uint64_t until_ns = scene->attack_until_ns < for_ns ? scene->attack_until_ns : for_ns;
    run->sample = (struct sim_event){.rank = SIM_SAMPLE, .run = on_sample, .owner = run};
    run->look = (struct sim_event){.rank = SIM_SAMPLE, .run = on_look, .owner = run};
    run->attack_begin =
        (struct sim_event){.rank = SIM_SAMPLE, .run = on_attack_begin, .owner = run};
    run->attack_end = (struct sim_event){.rank = SIM_SAMPLE, .run = on_attack_end, .owner = run};
    sim_loop_at(scene->loop, &run->sample, scene->config->sample_ns);
    if (scene->attack_from_ns == SIM_NEVER)
        return;
    sim_loop_at(scene->loop, &run->attack_begin, scene->attack_from_ns);
    sim_loop_at(scene->loop, &run->attack_end, until_ns);
}

/* ---- the whole ---- */

static void place_find(struct model_live_run *run)
{
    const struct model_world_config *const c = run->scene->config;
    const uint64_t index = run->gateway->daemon - 1;
    run->recipe = model_recipes[index];
    const bool wants = model_recipe_wants(run->recipe) != NULL && c->stand_in[0] != '\0';
    run->place = (struct model_place){.root = c->daemons[index].root,
                                      .libraries = c->daemons[index].libraries,
                                      .stand_in = wants ? c->stand_in : NULL};
}

struct model_live_run *model_live_open(struct model_scene *scene,
                                       const struct model_gateway *gateway, uint64_t cpus,
                                       char *error, size_t error_max)
{
    const uint32_t index = model_gateway_named(scene->config, gateway->name);
    const struct ike_addr *const addr = &scene->places->gateways[index];
    const struct ike_prefix own = model_prefix_of(addr);
    struct model_live_run *const run = calloc(1, sizeof *run);
    (void)snprintf(error, error_max, "gateways.%s: out of memory", gateway->name);
    if (run == NULL)
        return NULL;
    run->scene = scene;
    run->gateway = gateway;
    run->cpus = cpus;
    place_find(run);
    model_wish_of_gateway(scene->config, gateway, &run->wish);
    run->wish.quiet = true;
    ike_addr_format(addr, run->own);
    run->wish.local = run->own;
    if (!namespace_open(run, error, error_max) || !daemon_start(run, error, error_max) ||
        !daemon_ready(run, error, error_max) || !errand_run(run, ERRAND_LOAD, error, error_max)) {
        model_live_close(run);
        return NULL;
    }
    run->end = sim_tun_end_open(scene->net, sim_netns_tun(run->ns), &own, 1);
    if (run->end == NULL) {
        model_live_close(run);
        return NULL;
    }
    run->first = sim_netns_usage(run->ns);
    run->last = run->first;
    events_open(run);
    return run;
}

struct sim_port *model_live_port(struct model_live_run *run)
{
    return sim_tun_end_port(run->end);
}

struct sim_source model_live_source(struct model_live_run *run)
{
    return sim_tun_end_source(run->end);
}

const char *model_live_trouble(const struct model_live_run *run)
{
    return run->trouble[0] != '\0' ? run->trouble : NULL;
}

void model_live_report(struct model_live_run *run)
{
    const struct model_scene *const scene = run->scene;
    const char *const who = run->gateway->name;
    const uint64_t for_ns = scene->config->for_ns;
    const struct sim_usage usage = sim_netns_usage(run->ns);
    const uint64_t cpu_ns = cpu_since(usage.cpu_ns, run->first.cpu_ns);
    model_metric(scene, who, SIM_METRIC_CPU_BUSY, cpu_ns);
    model_metric(scene, who, SIM_METRIC_CPU_SHARE, share_ppm(run, cpu_ns, for_ns));
    if (scene->attack_from_ns != SIM_NEVER)
        model_metric(scene, who, SIM_METRIC_CPU_SHARE_DURING,
                     share_ppm(run, cpu_since(run->attack_end_cpu_ns, run->attack_begin_cpu_ns),
                               scene->attack_until_ns - scene->attack_from_ns));
    model_metric(scene, who, SIM_METRIC_SERVED, usage.udp_read - run->first.udp_read);
    model_metric(scene, who, SIM_METRIC_INBOX_DROPS, usage.udp_full - run->first.udp_full);
    model_metric(scene, who, SIM_METRIC_MEMORY_MAX,
                 usage.resident_max > run->first.resident_bytes
                     ? usage.resident_max - run->first.resident_bytes
                     : 0);
    model_metric(scene, who, SIM_METRIC_UNANSWERED, run->unanswered);
    model_metric(scene, who, SIM_METRIC_STAND_IN, run->place.stand_in != NULL ? 1 : 0);
    if (run->answers == 0 || run->unanswered * TOLD_PART > run->answers + run->unanswered)
        return; /* it was too busy to say: what it said in between is not what there was */
    model_metric(scene, who, SIM_METRIC_HALF_OPEN, run->levels.half_open);
    model_metric(scene, who, SIM_METRIC_ESTABLISHED, run->levels.established);
    model_metric(scene, who, SIM_METRIC_HALF_OPEN_MAX, run->half_open_max);
    model_metric(scene, who, SIM_METRIC_TUNNEL_CAPACITY, run->established_max);
    model_metric_ratio(scene, who, SIM_METRIC_HALF_OPEN_MEAN,
                       (uint64_t[]){run->half_open_sum, THOUSAND, run->answers});
}

void model_live_close(struct model_live_run *run)
{
    if (run == NULL)
        return;
    struct sim_event *const events[] = {&run->sample, &run->look, &run->attack_begin,
                                        &run->attack_end};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        sim_loop_cancel(run->scene->loop, events[i]);
    if (run->end != NULL)
        sim_tun_end_close(run->end);
    sim_netns_close(run->ns); /* and all that runs there */
    free(run);
}
