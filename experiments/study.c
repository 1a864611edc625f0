/* SPDX-License-Identifier: MIT
 * Points, runs and their worlds: what a study that was read without problems
 * answers about itself. */
#include "experiments/study.h"

#include <stdio.h>
#include <string.h>

uint32_t study_points(const struct study *study)
{
    return sweep_points(&study->sweep);
}

uint32_t study_runs(const struct study *study)
{
    return study_points(study) * (uint32_t)study->seeds;
}

uint64_t study_seed(const struct study *study, uint32_t run)
{
    return run % study->seeds + 1;
}

bool study_traced(const struct study *study, uint32_t run)
{
    return run / study->seeds < study->trace.points && run % study->seeds < study->trace.seeds;
}

static void deaf(void *owner, const char *path, bool fatal, const char *text)
{
    (void)owner;
    (void)path;
    (void)fatal;
    (void)text;
}

void study_config(const struct study *study, uint32_t run, struct model_world_config *out)
{
    const uint32_t point = run / (uint32_t)study->seeds;
    char error[PROBLEM_TEXT];
    *out = study->base;
    for (uint32_t i = 0; i < study->sweep.axis_count; i++)
        (void)model_config_set(out, study->sweep.axes[i].path,
                               sweep_value_at(&study->sweep, i, point)->text, error, sizeof error);
    out->seed = study_seed(study, run);
    out->trace_messages = study_traced(study, run) ? study->trace.messages : 0;
    (void)model_world_judge(out, deaf, NULL);
}

/* A key has this value in the file, or somewhere in the sweep. */
static bool some_run_has(const struct study *study, const char *path, const char *value)
{
    const struct sweep_axis *const axis = sweep_axis_of(&study->sweep, path);
    char text[64] = "";
    if (axis == NULL)
        return model_config_get(&study->base, path, text, sizeof text) && strcmp(text, value) == 0;
    for (uint32_t i = 0; i < axis->value_count; i++)
        if (strcmp(axis->values[i].text, value) == 0)
            return true;
    return false;
}

bool study_needs_ns3(const struct study *study)
{
    return some_run_has(study, "network.kind", "ns3") ||
           (some_run_has(study, "network.kind", "live") &&
            some_run_has(study, "network.carrier", "ns3"));
}

bool study_has_daemon(const struct study *study, const char *daemon)
{
    const struct model_world_config *const c = &study->base;
    char path[3 * MODEL_NAME_MAX];
    bool has = false;
    for (uint32_t i = 0; i < c->gateway_count && !has; i++) {
        (void)snprintf(path, sizeof path, "gateways.%s.daemon", c->gateways[i].name);
        has = some_run_has(study, path, daemon);
    }
    for (uint32_t i = 0; i < c->client_count && !has; i++) {
        (void)snprintf(path, sizeof path, "clients.%s.daemon", c->clients[i].name);
        has = some_run_has(study, path, daemon);
    }
    return has;
}

bool study_is_live(const struct study *study)
{
    return some_run_has(study, "network.kind", "live");
}

const char *study_axis_head(const struct study *study, uint32_t axis)
{
    const char *path = study->sweep.axes[axis].path;
    const char *last = strrchr(path, '.');
    const char *head = last != NULL ? last : path;
    while (head > path && head[-1] != '.')
        head--;
    for (uint32_t i = 0; i < study->sweep.axis_count; i++) {
        const char *other = study->sweep.axes[i].path;
        const size_t longer = strlen(other) > strlen(head) ? strlen(other) - strlen(head) : 0;
        if (i != axis && strcmp(other + longer, head) == 0)
            return path;
    }
    return head;
}

char *study_point_text(const struct study *study, uint32_t point, char *out, size_t out_max)
{
    size_t len = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < study->sweep.axis_count && len < out_max; i++)
        len += (size_t)snprintf(out + len, out_max - len, "%s%s=%s", i > 0 ? " " : "",
                                study_axis_head(study, i),
                                sweep_value_at(&study->sweep, i, point)->text);
    return out;
}

/* Events over an interval at a rate of so many millionths a second. */
static uint64_t events_of(uint64_t rate_micro, uint64_t ns)
{
    return rate_micro / 1000 * (ns / 1000000) / 1000000;
}

static uint64_t flood_of(const struct model_attacker *a, uint64_t end_ns)
{
    const uint64_t until = a->until_ns < end_ns ? a->until_ns : end_ns;
    uint64_t events = 0;
    for (uint64_t i = 0; i < a->rate.count; i++) {
        uint64_t from = a->rate.at[i].at_ns > a->from_ns ? a->rate.at[i].at_ns : a->from_ns;
        uint64_t to = i + 1 < a->rate.count ? a->rate.at[i + 1].at_ns : until;
        to = to < until ? to : until;
        events += to > from ? events_of(a->rate.at[i].rate_micro, to - from) : 0;
    }
    return events;
}

/* Measured on one core of a recent server; only ratios matter for the order of runs. */
uint64_t study_expected_ns(const struct study *study, uint32_t run)
{
    enum {
        START_NS = 2000000,
        FLOOD_NS = 1200,
        ATTEMPT_NS = 25000,
        REAL_CRYPTO = 50,
        DAEMON_NS = 1500000000
    };
    static struct model_world_config config;
    study_config(study, run, &config);
    uint64_t flood = 0;
    uint64_t attempts = 0;
    if (config.network == MODEL_LIVE)
        return config.for_ns + DAEMON_NS;
    for (uint32_t i = 0; i < config.attacker_count; i++)
        flood += flood_of(&config.attackers[i], config.for_ns);
    for (uint32_t i = 0; i < config.background_count; i++)
        flood += model_background_datagrams(&config.backgrounds[i], config.for_ns);
    for (uint32_t i = 0; i < config.client_count; i++) {
        const struct model_clients *c = &config.clients[i];
        const uint64_t until = c->until_ns < config.for_ns ? c->until_ns : config.for_ns;
        uint64_t made =
            until > c->from_ns ? events_of(c->arrivals.rate_micro, until - c->from_ns) : 0;
        if (c->arrivals.process == MODEL_BURST)
            made = c->arrivals.every_ns > 0
                       ? (config.for_ns / c->arrivals.every_ns + 1) * c->arrivals.burst
                       : c->arrivals.burst;
        attempts += made < c->count_max ? made : c->count_max;
    }
    const uint64_t times = config.crypto == MODEL_OPENSSL ? REAL_CRYPTO : 1;
    return START_NS + times * (flood * FLOOD_NS + attempts * ATTEMPT_NS);
}
