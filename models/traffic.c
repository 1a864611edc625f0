/* SPDX-License-Identifier: MIT
 * A flow begins when an attempt has its first Child SA and ends when its client
 * leaves; between, it goes by whatever IKE SA has taken the place of the first one,
 * and what finds no Child SA then is not sent, and counted so. In the last
 * `traffic.rest` of a run nothing is sent by clients: what has not come at the end
 * is lost. */
#include "models/traffic.h"

#include "ike/pool.h"
#include "ike/timer.h"
#include "models/arrivals.h"
#include "models/carried.h"
#include "models/places.h"
#include "models/policy.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { MILLION = 1000000 };

struct flow {
    struct model_gaps gaps;
    uint64_t sa;
    uint64_t serial;
    struct ike_addr inner; /* the client's */
    bool begun, ended;
};

struct model_traffic_run {
    struct model_traffic_parts parts;
    struct model_tunnels *tunnels;
    struct sim_host *host;
    struct ike_addr to;
    uint64_t until_ns;
    struct sim_event due;    /* the first of `times` */
    struct ike_timers times; /* of flows, from 1 */
    struct flow *flows;      /* by attempt */
    struct sim_rng strays;
    uint32_t acting; /* the one whose time has come, from 1 */
    uint64_t child_rekeys, ike_rekeys;
    uint8_t room[MODEL_CARRIED_MAX];
};

bool model_has_traffic(const struct model_clients *clients)
{
    return clients->traffic.arrivals.rate_micro != 0;
}

static uint32_t population_of(const struct model_traffic_run *run)
{
    return (uint32_t)(run->parts.clients - run->parts.scene->config->clients);
}

static struct model_traffic_counts *counts_of(const struct model_traffic_run *run)
{
    return &run->parts.scene->traffic[population_of(run)];
}

/* ---- when clients send ---- */

static void due_arm(struct model_traffic_run *run)
{
    const struct ike_timer_entry first = ike_timers_first(&run->times);
    sim_loop_at(run->parts.scene->loop, &run->due, first.number == 0 ? SIM_NEVER : first.at_ns);
}

static void flow_set(struct model_traffic_run *run, uint32_t attempt, uint64_t at_ns)
{
    ike_timers_set(&run->times, attempt + 1, at_ns < run->until_ns ? at_ns : SIM_NEVER);
}

static void on_due(void *owner, uint64_t now_ns)
{
    struct model_traffic_run *const run = owner;
    const struct model_arrivals *const arrivals = &run->parts.clients->traffic.arrivals;
    const struct ike_timer_entry first = ike_timers_first(&run->times);
    assert(first.number != 0 && first.at_ns <= now_ns);
    struct flow *const flow = &run->flows[first.number - 1];
    flow_set(run, first.number - 1, model_arrival_next(arrivals, &flow->gaps, now_ns));
    run->acting = first.number;
    sim_host_act(run->host, now_ns, flow->sa);
    due_arm(run);
}

/* What a liar has within: one of some packets comes from a neighbour. */
static struct ike_addr claimed(struct model_traffic_run *run, const struct ike_addr *inner)
{
    const uint64_t share_ppb = run->parts.clients->traffic.stray_ppb;
    struct ike_addr from = *inner;
    if (share_ppb != 0 && sim_rng_chance_ppb(&run->strays, (uint32_t)share_ppb))
        from.ip[from.family == IKE_IPV6 ? 15 : 3] ^= 1;
    return from;
}

static void on_act(void *owner, uint64_t now_ns, struct sim_host *host)
{
    struct model_traffic_run *const run = owner;
    struct flow *const flow = &run->flows[run->acting - 1];
    const struct model_traffic *const traffic = &run->parts.clients->traffic;
    const struct ike_addr from = claimed(run, &flow->inner);
    const struct model_carried packet = {
        .ends = model_carried_ends(&from, &run->to, traffic->kind, false),
        .population = population_of(run),
        .flow = run->acting - 1,
        .serial = flow->serial++,
        .size = traffic->size};
    const struct model_going going = {
        .sa = flow->sa,
        .ends = model_carried_ends(&flow->inner, &run->to, traffic->kind, false),
        .octets = model_carried_put(&packet, run->room)};
    const bool sent = model_tunnels_send(run->tunnels, now_ns, host, &going);
    counts_of(run)->sent += sent ? 1 : 0;
    counts_of(run)->held += sent ? 0 : 1;
}

/* ---- how flows come and go ---- */

/* What they have been given, or their own (RFC 7296 2.19). */
static struct ike_addr inner_of(const struct model_traffic_run *run, uint64_t sa)
{
    struct ike_given given;
    struct ike_paths paths = {.nat = false};
    if (run->parts.clients->address != MODEL_OWN_ADDRESS &&
        ike_sa_given(run->parts.engine, sa, &given))
        return run->to.family == IKE_IPV6 ? given.ip6 : given.ip4;
    (void)ike_sa_paths(run->parts.engine, sa, &paths);
    paths.children.local.port = 0;
    return paths.children.local;
}

static void flow_up(struct model_traffic_run *run, uint64_t now_ns, const struct ike_event *event)
{
    char stream[MODEL_NAME_MAX + 24];
    struct flow *const flow = &run->flows[event->tag];
    const struct model_arrivals *const arrivals = &run->parts.clients->traffic.arrivals;
    if (event->child_was == 0)
        flow->inner = inner_of(run, event->sa);
    if (flow->begun)
        return;
    flow->begun = true;
    flow->sa = event->sa;
    (void)snprintf(stream, sizeof stream, "clients.%s.traffic", run->parts.clients->name);
    sim_rng_open_at(&flow->gaps.rng, run->parts.scene->config->seed, stream, event->tag);
    flow_set(run, event->tag, model_arrival_first(arrivals, &flow->gaps, now_ns));
    due_arm(run);
}

static void on_event(void *owner, uint64_t now_ns, const struct ike_event *event)
{
    struct model_traffic_run *const run = owner;
    model_tunnels_hear(run->tunnels, now_ns, event);
    run->child_rekeys += event->kind == IKE_CHILD_UP && event->child_was != 0 ? 1 : 0;
    run->ike_rekeys += event->kind == IKE_REKEYED ? 1 : 0;
    if (event->tag >= run->parts.attempt_max || run->flows[event->tag].ended)
        return;
    struct flow *const flow = &run->flows[event->tag];
    const bool replaces = event->kind == IKE_REKEYED || event->kind == IKE_UP ||
                          (event->kind == IKE_REDIRECTED && event->why == WHY_OK);
    if (replaces && event->was != 0 && flow->sa == event->was)
        flow->sa = event->sa;
    if (event->kind == IKE_CHILD_UP)
        flow_up(run, now_ns, event);
}

void model_traffic_stop(struct model_traffic_run *run, uint64_t now_ns, uint32_t attempt)
{
    if (run == NULL)
        return;
    struct flow *const flow = &run->flows[attempt];
    flow->ended = true;
    flow_set(run, attempt, SIM_NEVER);
    due_arm(run);
    if (flow->begun && run->parts.clients->leave == MODEL_SILENT)
        model_tunnels_forget(run->tunnels, now_ns, flow->sa);
}

/* ---- what comes ---- */

static uint64_t on_take(void *owner, uint64_t now_ns, struct sim_host *host,
                        const struct sim_datagram *packet)
{
    struct model_traffic_run *const run = owner;
    struct model_opened opened;
    struct model_carried carried;
    (void)host;
    if (model_tunnels_take(run->tunnels, now_ns, packet, &opened) == ESP_WHY_OK &&
        model_carried_read(&opened, packet, true, &carried))
        counts_of(run)->received_back++;
    return opened.sa;
}

/* ---- opening and closing ---- */

struct model_traffic_run *model_traffic_open(const struct model_traffic_parts *parts)
{
    const struct model_world_config *const config = parts->scene->config;
    const struct model_clients *const c = parts->clients;
    const struct model_tunnels_parts tunnels = {.engine = parts->engine,
                                                .crypto = parts->crypto,
                                                .child_max = parts->child_max,
                                                .esp = c->esp_sas};
    struct model_traffic_run *const run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    char stream[MODEL_NAME_MAX + 24];
    run->parts = *parts;
    (void)snprintf(stream, sizeof stream, "clients.%s.strays", c->name);
    sim_rng_open(&run->strays, config->seed, stream);
    run->until_ns = config->for_ns > c->traffic.rest_ns ? config->for_ns - c->traffic.rest_ns : 0;
    run->due = (struct sim_event){.rank = SIM_ARRIVAL, .run = on_due, .owner = run};
    run->tunnels = model_tunnels_open(&tunnels);
    run->flows = ike_reserve(parts->attempt_max, sizeof *run->flows);
    if (!ike_timers_open(&run->times, parts->attempt_max) || run->tunnels == NULL ||
        run->flows == NULL ||
        !model_carried_to(c, &config->gateways[model_gateway_named(config, c->to)], &parts->gateway,
                          &run->to)) {
        model_traffic_close(run);
        return NULL;
    }
    return run;
}

void model_traffic_close(struct model_traffic_run *run)
{
    if (run == NULL)
        return;
    sim_loop_cancel(run->parts.scene->loop, &run->due);
    model_tunnels_close(run->tunnels);
    ike_timers_close(&run->times);
    ike_unreserve(run->flows, run->parts.attempt_max, sizeof *run->flows);
    free(run);
}

struct sim_host_carrier model_traffic_carrier(struct model_traffic_run *run)
{
    return (struct sim_host_carrier){
        .event = on_event, .take = on_take, .act = on_act, .owner = run};
}

void model_traffic_begin(struct model_traffic_run *run, struct sim_host *host)
{
    run->host = host;
}

/* ---- the end ---- */

void model_traffic_report(const struct model_traffic_run *run)
{
    if (run == NULL)
        return;
    const struct model_traffic_counts *const c = counts_of(run);
    const struct model_scene *const scene = run->parts.scene;
    const char *const who = run->parts.clients->name;
    const uint64_t sent = c->sent + c->sent_back;
    const uint64_t received = c->received + c->received_back;
    model_metric(scene, who, SIM_METRIC_ESP_SENT, sent);
    model_metric(scene, who, SIM_METRIC_ESP_RECEIVED, received);
    model_metric(scene, who, SIM_METRIC_ESP_LOST, sent - received);
    model_metric(scene, who, SIM_METRIC_ESP_HELD, c->held);
    model_metric_ratio(scene, who, SIM_METRIC_ESP_LOST_SHARE,
                       (uint64_t[]){sent - received, MILLION, sent});
    model_metric(scene, who, SIM_METRIC_CHILD_REKEYS, run->child_rekeys);
    model_metric(scene, who, SIM_METRIC_IKE_REKEYS, run->ike_rekeys);
    model_tunnels_report(run->tunnels, run->parts.scene, who);
}

void model_traffic_sums(const struct model_scene *scene)
{
    bool any = false;
    for (uint32_t i = 0; i < scene->config->client_count; i++)
        any = any || model_has_traffic(&scene->config->clients[i]);
    if (!any)
        return;
    model_metric(scene, "run", SIM_METRIC_ESP_UNKNOWN_SPI, scene->esp_unknown);
    model_metric(scene, "run", SIM_METRIC_ESP_REPLAYED, scene->esp_replayed);
    model_metric(scene, "run", SIM_METRIC_ESP_SELECTORS, scene->esp_outside);
}
