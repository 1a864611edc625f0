/* SPDX-License-Identifier: MIT
 * What is seen of a real daemon that is a gateway (live_gateway.h). */
#include "models/live_gateway.h"

#include "models/gateway_trace.h"
#include "models/live_daemon.h"
#include "models/live_papers.h"
#include "models/policy.h"
#include "sim/netns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THOUSAND = 1000, TOLD_PART = 10 };

struct model_live_run {
    struct model_scene *scene;
    const struct model_gateway *gateway;
    struct model_live_papers *papers;
    struct model_live_daemon *daemon; /* NULL: not started yet */
    struct model_trace_run *trace;    /* NULL: nobody wants its messages */
    struct ike_crypto *crypto;        /* that opens them */
    struct sim_rng rng;
    struct sim_event sample, attack_begin, attack_end;
    struct sim_usage first, last; /* when it began to listen, and at the last sample */
    uint64_t cpu_ppm;             /* as it was told then */
    uint64_t attack_begin_cpu_ns, attack_end_cpu_ns;
    struct model_levels levels; /* at the last sample at which it said all */
    uint64_t answers, unanswered;
    uint64_t init_requests, init_accepted; /* of IKE_SA_INIT, as they came and went */
    uint64_t half_open_sum, half_open_max, established_max;
    struct sim_cpu_probe probe;
    bool shares; /* its CPUs with us */
    char trouble[512];
};

/* ---- while it runs ---- */

static void series(const struct model_live_run *run, uint64_t now_ns, enum sim_series which,
                   uint64_t value)
{
    model_series(run->scene, run->gateway->name, which, now_ns, value);
}

/* CPU time since then; the kernel's steps of 10 ms, and tools being left out, may have it go
 * back. */
static uint64_t cpu_since(uint64_t now_ns, uint64_t then_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

/* What it has answered to the last of its questions. */
static void levels_take(struct model_live_run *run, uint64_t now_ns, const struct model_levels *l)
{
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

static void on_told(void *owner, uint64_t now_ns, const struct model_levels *levels, bool good)
{
    (void)good;
    levels_take(owner, now_ns, levels);
}

static void on_sample(void *owner, uint64_t now_ns)
{
    struct model_live_run *const run = owner;
    const uint64_t every_ns = run->scene->config->sample_ns;
    const struct sim_usage usage = model_live_daemon_usage(run->daemon);
    run->cpu_ppm =
        model_busy_ppm(cpu_since(usage.cpu_ns, run->last.cpu_ns), run->gateway->cores, every_ns);
    series(run, now_ns, SIM_SERIES_CPU_SHARE, run->cpu_ppm);
    series(run, now_ns, SIM_SERIES_INBOX_DROPS, usage.udp_full - run->last.udp_full);
    series(run, now_ns, SIM_SERIES_MEMORY, usage.resident_bytes);
    run->last = usage;
    if (model_live_trouble(run) != NULL)
        return;
    sim_loop_at(run->scene->loop, &run->sample, now_ns + every_ns);
    /* One that is busy is asked once at a time, and nobody waits for it. */
    if (!model_live_daemon_ask(run->daemon, now_ns, ERRAND_LEVELS,
                               (struct model_live_asked){.done = on_told, .owner = run}))
        run->unanswered++;
}

static void on_attack_begin(void *owner, uint64_t now_ns)
{
    struct model_live_run *const run = owner;
    (void)now_ns;
    run->attack_begin_cpu_ns = model_live_daemon_usage(run->daemon).cpu_ns;
}

static void on_attack_end(void *owner, uint64_t now_ns)
{
    struct model_live_run *const run = owner;
    (void)now_ns;
    run->attack_end_cpu_ns = model_live_daemon_usage(run->daemon).cpu_ns;
}

static void events_open(struct model_live_run *run)
{
    const struct model_scene *const scene = run->scene;
    const uint64_t for_ns = scene->config->for_ns;
    const uint64_t until_ns = scene->attack_until_ns < for_ns ? scene->attack_until_ns : for_ns;
    run->sample = (struct sim_event){.rank = SIM_SAMPLE, .run = on_sample, .owner = run};
    run->attack_begin =
        (struct sim_event){.rank = SIM_SAMPLE, .run = on_attack_begin, .owner = run};
    run->attack_end = (struct sim_event){.rank = SIM_SAMPLE, .run = on_attack_end, .owner = run};
    sim_loop_at(scene->loop, &run->sample, scene->config->sample_ns);
    if (scene->attack_from_ns == SIM_NEVER)
        return;
    sim_loop_at(scene->loop, &run->attack_begin, scene->attack_from_ns);
    sim_loop_at(scene->loop, &run->attack_end, until_ns);
}

/* ---- its messages: what becomes of requests, and the trace ---- */

/* Whether it reads them nobody knows. */
static void on_seen(void *owner, uint64_t now_ns, bool inbound, const struct sim_datagram *d)
{
    struct model_live_run *const run = owner;
    const bool nat = (inbound ? d->to.port : d->from.port) == IKE_PORT_NAT;
    const bool ike = d->protocol == SIM_UDP && d->at != NULL && !sim_is_fragment(d) &&
                     (nat || (inbound ? d->to.port : d->from.port) == IKE_PORT);
    static const uint8_t marker[4] = {0};
    if (!ike || (nat && (d->len < sizeof marker || memcmp(d->at, marker, sizeof marker) != 0)))
        return;
    const struct ike_datagram seen = {.local = inbound ? d->to : d->from,
                                      .remote = inbound ? d->from : d->to,
                                      .bytes = {.at = d->at, .len = d->len}};
    const enum ike_peek_kind kind = ike_peek(&seen).kind;
    run->init_requests += inbound && kind == IKE_PEEK_INIT_REQUEST ? 1 : 0;
    run->init_accepted += !inbound && kind == IKE_PEEK_INIT_ACCEPTED ? 1 : 0;
    if (run->trace != NULL)
        model_trace_seen(run->trace, now_ns, inbound, &seen, inbound ? "delivered" : "sent");
}

static bool trace_open(struct model_live_run *run)
{
    struct model_scene *const scene = run->scene;
    if (scene->config->trace_messages == 0 || scene->record == NULL)
        return true;
    sim_rng_open(&run->rng, scene->config->seed, "trace");
    run->crypto = scene->provider(sim_rng_random(&run->rng));
    run->trace =
        run->crypto == NULL ? NULL : model_trace_open(scene, run->gateway->name, run->crypto);
    if (run->trace == NULL)
        return false;
    scene->traces[model_gateway_named(scene->config, run->gateway->name)] = run->trace;
    return true;
}

/* ---- the whole ---- */

static bool papers_open(struct model_live_run *run)
{
    const struct model_world_config *const config = run->scene->config;
    char stream[MODEL_NAME_MAX + 16];
    const struct model_papers_spec spec = {.name = run->gateway->name,
                                           .type = model_key_type_of_gateway(config, run->gateway),
                                           .links = run->gateway->certificate_chain,
                                           .apart = true};
    (void)snprintf(stream, sizeof stream, "gateways.%s", run->gateway->name);
    run->papers = model_live_papers_open(run->scene, stream, &spec);
    return run->papers != NULL;
}

struct model_live_run *model_live_open(struct model_scene *scene,
                                       const struct model_gateway *gateway, char *error,
                                       size_t error_max)
{
    struct model_live_run *const run = calloc(1, sizeof *run);
    (void)snprintf(error, error_max, "gateways.%s: out of memory", gateway->name);
    if (run == NULL)
        return NULL;
    run->scene = scene;
    run->gateway = gateway;
    run->levels = model_untold;
    if (!papers_open(run) || !trace_open(run)) {
        model_live_close(run);
        return NULL;
    }
    return run;
}

struct model_papers *model_live_papers(struct model_live_run *run)
{
    return model_live_papers_of(run->papers);
}

bool model_live_start(struct model_live_run *run, uint64_t cpus, char *error, size_t error_max)
{
    struct model_scene *const scene = run->scene;
    const struct model_gateway *const gateway = run->gateway;
    const uint32_t index = model_gateway_named(scene->config, gateway->name);
    char path[2 * MODEL_NAME_MAX];
    struct model_live_spec spec = {.path = path,
                                   .host = gateway->name,
                                   .daemon = (uint8_t)gateway->daemon,
                                   .addr = &scene->places->gateways[index],
                                   .selectors = gateway->selectors,
                                   .cpus = cpus};
    run->probe = sim_cpu_probe(cpus);
    run->shares = cpus == 0;
    (void)snprintf(path, sizeof path, "gateways.%s", gateway->name);
    (void)snprintf(error, error_max, "%s: its papers cannot be made", path);
    model_wish_of_gateway(scene->config, gateway, &spec.wish);
    if (model_live_papers_wish(run->papers, &spec.wish))
        run->daemon = model_live_daemon_open(scene, &spec, error, error_max);
    if (run->daemon == NULL)
        return false;
    sim_tun_end_listen(model_live_daemon_end(run->daemon),
                       (struct sim_tun_ear){.seen = on_seen, .owner = run});
    run->first = model_live_daemon_usage(run->daemon);
    run->last = run->first;
    events_open(run);
    return true;
}

struct sim_port *model_live_port(struct model_live_run *run)
{
    return model_live_daemon_port(run->daemon);
}

struct sim_source model_live_source(struct model_live_run *run)
{
    return model_live_daemon_source(run->daemon);
}

const char *model_live_trouble(struct model_live_run *run)
{
    const bool lives = model_live_daemon_lives(run->daemon, run->trouble, sizeof run->trouble);
    return lives ? NULL : run->trouble;
}

void model_live_look(const struct model_live_run *run, struct model_glance *out)
{
    const struct sim_tun_counts counts = sim_tun_end_counts(model_live_daemon_end(run->daemon));
    out->gateways[out->gateway_count++] = (struct model_glance_gateway){
        .name = run->gateway->name,
        .daemon = model_recipe_title(model_recipes[run->gateway->daemon - 1]),
        .cores = run->gateway->cores,
        .shares = run->shares,
        .levels = run->levels,
        .in_packets = counts.written,
        .out_packets = counts.entered,
        .cpu_ppm = run->cpu_ppm,
        .memory_bytes = run->last.resident_bytes,
        .dropped = run->last.udp_full - run->first.udp_full};
}

void model_live_report(struct model_live_run *run)
{
    const struct model_scene *const scene = run->scene;
    const char *const who = run->gateway->name;
    const uint64_t for_ns = scene->config->for_ns;
    const struct sim_usage usage = model_live_daemon_usage(run->daemon);
    const uint64_t cpu_ns = cpu_since(usage.cpu_ns, run->first.cpu_ns);
    model_metric(scene, who, SIM_METRIC_CPU_BUSY, cpu_ns);
    model_metric(scene, who, SIM_METRIC_CPU_SHARE,
                 model_busy_ppm(cpu_ns, run->gateway->cores, for_ns));
    if (scene->attack_from_ns != SIM_NEVER)
        model_metric(scene, who, SIM_METRIC_CPU_SHARE_DURING,
                     model_busy_ppm(cpu_since(run->attack_end_cpu_ns, run->attack_begin_cpu_ns),
                                    run->gateway->cores,
                                    scene->attack_until_ns - scene->attack_from_ns));
    model_refused_share(scene, who, run->init_requests, run->init_accepted);
    model_metric(scene, who, SIM_METRIC_HALF_OPEN_MADE, run->init_accepted);
    model_metric(scene, who, SIM_METRIC_CPUS_SHARED, run->shares ? 1 : 0);
    model_metric(scene, who, SIM_METRIC_CPU_STEPS, run->probe.steps_ns);
    model_metric(scene, who, SIM_METRIC_CPU_READS, run->probe.reads_ns);
    model_metric(scene, who, SIM_METRIC_SERVED, usage.udp_read - run->first.udp_read);
    model_metric(scene, who, SIM_METRIC_INBOX_DROPS, usage.udp_full - run->first.udp_full);
    model_metric(scene, who, SIM_METRIC_MEMORY_MAX,
                 usage.resident_max > run->first.resident_bytes
                     ? usage.resident_max - run->first.resident_bytes
                     : 0);
    model_metric(scene, who, SIM_METRIC_UNANSWERED, run->unanswered);
    model_metric(scene, who, SIM_METRIC_STAND_IN, model_live_daemon_stands_in(run->daemon) ? 1 : 0);
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
    struct sim_event *const events[] = {&run->sample, &run->attack_begin, &run->attack_end};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        sim_loop_cancel(run->scene->loop, events[i]);
    model_live_daemon_close(run->daemon);
    model_live_papers_close(run->papers);
    model_trace_close(run->trace);
    if (run->crypto != NULL)
        run->crypto->ops->close(run->crypto);
    free(run);
}
