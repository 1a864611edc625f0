/* SPDX-License-Identifier: MIT
 * A world out of its description: a router for each node of its topology, with
 * those who are there. Then time runs, and at the end everything tells what was
 * measured. */
#include "models/world.h"

#include "models/arrivals.h"
#include "models/background.h"
#include "models/clients.h"
#include "models/flood.h"
#include "models/gateway.h"
#include "models/glance.h"
#include "models/live_client.h"
#include "models/live_gateway.h"
#include "models/places.h"
#include "models/policy.h"
#include "models/rounds.h"
#include "models/scene.h"
#include "models/topology.h"
#include "models/traffic.h"
#include "sim/net_links.h"
#include "sim/netns.h"
#include "sim/ns3_door.h"
#include "sim/realtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_STEPS = 200, LATE_MAX_PPM = 1000 };
#define STEP_MAX_NS UINT64_C(250000000) /* in real time: who watches looks once a second */

struct model_world {
    struct model_world_config config;
    struct model_scene scene;
    struct model_places places;
    struct model_topology topology; /* its nodes are the network's, by number */
    uint32_t link_numbers[MODEL_LINKS_MAX];
    struct model_gateway_run *gateways[MODEL_THINGS_MAX]; /* NULL: */
    struct model_live_run *lives[MODEL_THINGS_MAX];       /* a real one */
    struct sim_realtime *realtime;                        /* NULL: in virtual time */
    uint64_t cpus; /* ours, before daemons were given some; 0: none was */
    char trouble[512];
    struct model_clients_run *clients[MODEL_THINGS_MAX];
    struct model_live_client *live_clients[MODEL_THINGS_MAX]; /* a real one in its place */
    struct model_flood_run *floods[MODEL_THINGS_MAX];
    struct model_background_run *backgrounds[MODEL_THINGS_MAX];
};

/* When the first attacker begins, and the last one ends. */
static void find_attack(struct model_scene *scene)
{
    const struct model_world_config *const config = scene->config;
    scene->attack_from_ns = SIM_NEVER;
    scene->attack_until_ns = SIM_NEVER;
    for (uint32_t i = 0; i < config->attacker_count; i++) {
        uint64_t from_ns = 0;
        uint64_t until_ns = 0;
        if (!model_flood_span(&config->attackers[i], config->for_ns, &from_ns, &until_ns))
            continue;
        const bool first = scene->attack_from_ns == SIM_NEVER;
        if (first || from_ns < scene->attack_from_ns)
            scene->attack_from_ns = from_ns;
        if (first || until_ns > scene->attack_until_ns)
            scene->attack_until_ns = until_ns;
    }
}

struct sim_link_config model_link_config(const struct model_link *link)
{
    static const enum sim_medium media[] = {[MODEL_LINE] = SIM_POINT_TO_POINT,
                                            [MODEL_CELLULAR] = SIM_POINT_TO_POINT,
                                            [MODEL_CSMA] = SIM_CSMA,
                                            [MODEL_WIFI] = SIM_WIFI};
    struct sim_link_config config = {.name = link->name,
                                     .medium = media[link->kind],
                                     .rate_bps = link->rate_bps,
                                     .rate_back_bps = link->rate_back_bps,
                                     .delay_ns = link->delay.ns,
                                     .delays = link->delay.at,
                                     .delay_count = link->delay.count,
                                     .jitter_ns = link->jitter_ns,
                                     .impairments = link->impairments,
                                     .queue_packets = (uint32_t)link->queue_packets,
                                     .queue_bytes = link->queue_bytes,
                                     .frame = (uint32_t)link->frame,
                                     .mtu = (uint32_t)link->mtu,
                                     .oversize = link->oversize,
                                     .down = link->down,
                                     .aqm = link->aqm,
                                     .no_udp = link->no_udp};
    if (link->kind != MODEL_CELLULAR)
        config.impairments.cell = (struct sim_cell){.tries = 0};
    return config;
}

static void links_build(struct model_world *w)
{
    struct sim_net *const net = w->scene.net;
    const struct model_topology *const t = &w->topology;
    for (uint32_t i = 1; i < t->node_count; i++)
        (void)net->ops->router(net);
    for (uint32_t i = 0; i < t->link_count; i++) {
        const struct sim_link_config config = model_link_config(&w->config.links[i]);
        w->link_numbers[i] = net->ops->link(net, t->ends[i][0], t->ends[i][1], &config);
    }
}

static void attach(struct model_world *w, uint32_t node, struct sim_port *port,
                   const struct ike_prefix *prefix)
{
    struct sim_net *const net = w->scene.net;
    net->ops->attach(net, node, port, prefix);
}

/* A real daemon has the last CPUs to itself, and we keep to the others: until the world is closed,
 * as others may follow it in this process. 0: there are no others, and they are shared. */
static uint64_t cpus_part(struct model_world *w, uint64_t cores)
{
    const uint64_t all = sim_cpus();
    w->cpus = w->cpus == 0 ? all : w->cpus;
    uint64_t theirs = 0;
    for (uint64_t bit = UINT64_C(1) << 63; bit != 0 && cores > 0; bit >>= 1)
        if ((all & bit) != 0) {
            theirs |= bit;
            cores--;
        }
    if ((all & ~theirs) == 0)
        return 0;
    return sim_cpus_keep(all & ~theirs) ? theirs : 0;
}

static bool gateways_open(struct model_world *w, char *error, size_t error_max)
{
    bool done = true;
    for (uint32_t i = 0; done && i < w->config.gateway_count; i++) {
        const struct model_gateway *const g = &w->config.gateways[i];
        if (g->daemon != 0)
            w->lives[i] = model_live_open(&w->scene, g, error, error_max);
        else
            w->gateways[i] =
                model_gateway_open(&w->scene, g, &w->places.gateways[i], error, error_max);
        done = w->lives[i] != NULL || w->gateways[i] != NULL;
    }
    return done;
}

static bool clients_open(struct model_world *w, char *error, size_t error_max)
{
    bool done = true;
    for (uint32_t i = 0; done && i < w->config.client_count; i++) {
        const struct model_clients *const c = &w->config.clients[i];
        const struct ike_addr gateway = w->places.gateways[model_gateway_named(&w->config, c->to)];
        const struct ike_prefix *const outside = &w->places.outside[i];
        const struct ike_addr own = ike_prefix_at(&w->places.clients[i], 0, 0);
        const bool nat = c->nat.kind != MODEL_NO_NAT;
        const struct model_clients_place place = {w->places.clients[i], *outside, gateway};
        const struct model_live_client_place one = {own, nat ? outside->base : own, gateway};
        if (c->daemon != 0)
            w->live_clients[i] = model_live_client_open(&w->scene, c, &one, error, error_max);
        else
            w->clients[i] = model_clients_open(&w->scene, c, &place, error, error_max);
        done = w->live_clients[i] != NULL || w->clients[i] != NULL;
    }
    return done;
}

/* NULL: a daemon could not be started. */
static struct sim_port *gateway_start(struct model_world *w, uint32_t i, char *error,
                                      size_t error_max)
{
    if (w->lives[i] == NULL)
        return model_gateway_port(w->gateways[i]);
    const uint64_t cpus = cpus_part(w, w->config.gateways[i].cores);
    return model_live_start(w->lives[i], cpus, error, error_max) ? model_live_port(w->lives[i])
                                                                 : NULL;
}

static struct sim_port *clients_start(struct model_world *w, uint32_t i, char *error,
                                      size_t error_max)
{
    if (w->live_clients[i] == NULL)
        return model_clients_port(w->clients[i]);
    return model_live_client_start(w->live_clients[i], error, error_max)
               ? model_live_client_port(w->live_clients[i])
               : NULL;
}

/* Daemons are started with all papers they need, and everybody comes to the network. */
static bool ends_start(struct model_world *w, char *error, size_t error_max)
{
    for (uint32_t i = 0; i < w->config.gateway_count; i++) {
        const struct ike_prefix own = model_prefix_of(&w->places.gateways[i]);
        struct sim_port *const port = gateway_start(w, i, error, error_max);
        if (port == NULL)
            return false;
        attach(w, model_node_named(&w->topology, w->config.gateways[i].at), port, &own);
    }
    for (uint32_t i = 0; i < w->config.client_count; i++) {
        struct sim_port *const port = clients_start(w, i, error, error_max);
        if (port == NULL)
            return false;
        attach(w, model_node_via(&w->config, &w->topology, w->config.clients[i].via), port,
               &w->places.outside[i]);
    }
    return true;
}

/* A gateway and clients of it; what is looked up and fetched is so between ends of ours. */
static bool introduce(struct model_world *w, uint32_t gateway, uint32_t clients)
{
    struct model_gateway_run *const ours = w->gateways[gateway];
    struct model_clients_run *const them = w->clients[clients];
    struct model_papers *const theirs = them != NULL
                                            ? model_clients_papers(them)
                                            : model_live_client_papers(w->live_clients[clients]);
    const bool signs = model_rounds_have_signature(&w->config.clients[clients]);
    if (!model_papers_exchange(ours != NULL ? model_gateway_papers(ours)
                                            : model_live_papers(w->lives[gateway]),
                               theirs) ||
        (ours != NULL && signs && !model_gateway_lists(ours, theirs)))
        return false;
    if (ours != NULL && them != NULL) {
        model_gateway_looks_up(ours, model_clients_passports(them));
        model_clients_look_up(them, model_gateway_passports(ours));
    }
    return true;
}

/* Each gateway and its clients come to know each other's authorities. */
static bool papers_exchange(struct model_world *w)
{
    bool done = true;
    for (uint32_t i = 0; i < w->config.client_count; i++) {
        for (uint32_t k = 0; done && k < w->config.gateway_count; k++)
            if (model_serves(&w->config, &w->config.gateways[k], &w->config.clients[i]))
                done = introduce(w, k, i);
        if (w->clients[i] != NULL)
            model_clients_ready(w->clients[i]);
    }
    for (uint32_t i = 0; i < w->config.gateway_count; i++)
        if (w->gateways[i] != NULL)
            model_gateway_ready(w->gateways[i]);
    return done;
}

static struct ike_prefix about_of(const struct model_world *w, const struct model_attacker *a)
{
    for (uint32_t i = 0; i < w->config.client_count; i++)
        if (strcmp(w->config.clients[i].name, a->about) == 0)
            return w->places.clients[i];
    return (struct ike_prefix){.base = {.family = 0}};
}

static bool floods_build(struct model_world *w, char *error, size_t error_max)
{
    for (uint32_t i = 0; i < w->config.attacker_count; i++) {
        const struct model_attacker *const a = &w->config.attackers[i];
        const struct model_flood_place place = {
            w->places.attackers[i], w->places.gateways[model_gateway_named(&w->config, a->to)],
            about_of(w, a)};
        w->floods[i] = model_flood_open(&w->scene, a, &place, error, error_max);
        if (w->floods[i] == NULL)
            return false;
        attach(w, model_node_via(&w->config, &w->topology, a->via), model_flood_port(w->floods[i]),
               &place.sources);
    }
    return true;
}

static bool backgrounds_build(struct model_world *w)
{
    for (uint32_t i = 0; i < w->config.background_count; i++) {
        w->backgrounds[i] = model_background_open(&w->scene, i, &w->topology);
        if (w->backgrounds[i] == NULL)
            return false;
    }
    return true;
}

/* Whether the provider has what one proposal names; otherwise the sentence that says so. */
static bool proposals_had(const struct ike_crypto *crypto, const char *who, const char *proposals,
                          char *error, size_t error_max)
{
    const char *const lacking = model_lacking(proposals, crypto);
    if (lacking != NULL)
        (void)snprintf(error, error_max,
                       "%s: the %s provider has no %s: with `crypto: modelled` it is there", who,
                       crypto->ops->name, lacking);
    return lacking == NULL;
}

/* An older OpenSSL has no ML-KEM: that is said here, not found out in the middle of an exchange. */
static bool algorithms_had(const struct model_world *w, char *error, size_t error_max)
{
    const struct model_world_config *const c = &w->config;
    struct sim_rng rng;
    sim_rng_open(&rng, c->seed, "algorithms");
    struct ike_crypto *const crypto = w->scene.provider(sim_rng_random(&rng));
    bool had = crypto != NULL;
    for (uint32_t i = 0; had && i < c->gateway_count; i++)
        had = proposals_had(crypto, c->gateways[i].name, c->gateways[i].proposals, error,
                            error_max) &&
              proposals_had(crypto, c->gateways[i].name, c->gateways[i].esp, error, error_max);
    for (uint32_t i = 0; had && i < c->client_count; i++)
        had =
            proposals_had(crypto, c->clients[i].name, c->clients[i].proposals, error, error_max) &&
            proposals_had(crypto, c->clients[i].name, c->clients[i].esp, error, error_max);
    for (uint32_t i = 0; had && i < c->attacker_count; i++)
        had = proposals_had(crypto, c->attackers[i].name, c->attackers[i].proposals, error,
                            error_max);
    if (crypto != NULL)
        crypto->ops->close(crypto);
    return had;
}

static void deaf(void *owner, const char *path, bool fatal, const char *text)
{
    (void)owner;
    (void)path;
    (void)fatal;
    (void)text;
}

static bool realtime_open(struct model_world *w)
{
    const struct sim_pace pace = {.lag_limit_ns = w->config.lag_limit_ns, .urgent = true};
    w->realtime = sim_realtime_open(w->scene.loop, w->scene.net, &pace);
    for (uint32_t i = 0; w->realtime != NULL && i < w->config.gateway_count; i++)
        if (w->lives[i] != NULL)
            sim_realtime_add(w->realtime, model_live_source(w->lives[i]));
    for (uint32_t i = 0; w->realtime != NULL && i < w->config.client_count; i++)
        if (w->live_clients[i] != NULL)
            sim_realtime_add(w->realtime, model_live_client_source(w->live_clients[i]));
    return w->realtime != NULL;
}

static bool build(struct model_world *w, char *error, size_t error_max)
{
    struct model_scene *const scene = &w->scene;
    if (model_world_judge(&w->config, deaf, NULL) > 0) {
        (void)snprintf(error, error_max, "the description contradicts itself");
        return false;
    }
    (void)snprintf(error, error_max, "out of memory");
    find_attack(scene);
    model_places_find(&w->config, &w->places);
    (void)model_topology_find(&w->config, &w->topology);
    scene->places = &w->places;
    sim_fingerprint_open(&scene->fingerprint, w->config.seed);
    scene->loop = sim_loop_open();
    if (scene->loop == NULL)
        return false;
    scene->net =
        model_carrier(&w->config) == MODEL_NS3
            ? sim_net_ns3_open(scene->loop, w->config.seed, &scene->fingerprint, error, error_max)
            : sim_net_links_open(scene->loop, w->config.seed, &scene->fingerprint);
    if (scene->net == NULL)
        return false;
    links_build(w);
    if (!gateways_open(w, error, error_max) || !clients_open(w, error, error_max) ||
        !papers_exchange(w) || !algorithms_had(w, error, error_max) ||
        !ends_start(w, error, error_max) || !floods_build(w, error, error_max) ||
        !backgrounds_build(w))
        return false;
    return scene->net->ops->route(scene->net, error, error_max) &&
           (w->config.network != MODEL_LIVE || realtime_open(w));
}

struct model_world *model_world_open(const struct model_world_config *config,
                                     model_provider_fn *provider, struct sim_record *record,
                                     char *error, size_t error_max)
{
    struct model_world *const w = calloc(1, sizeof *w);
    if (w == NULL) {
        (void)snprintf(error, error_max, "out of memory");
        return NULL;
    }
    w->config = *config;
    w->scene.config = &w->config;
    w->scene.provider = provider;
    w->scene.record = record;
    if (!build(w, error, error_max)) {
        model_world_close(w);
        return NULL;
    }
    return w;
}

void model_world_look(const struct model_world *world, struct model_glance *out)
{
    *out = (struct model_glance){.now_ns = sim_loop_now(world->scene.loop),
                                 .for_ns = world->config.for_ns,
                                 .real_time = world->realtime != NULL};
    for (uint32_t i = 0; i < world->config.gateway_count; i++)
        if (world->lives[i] != NULL)
            model_live_look(world->lives[i], out);
        else
            model_gateway_look(world->gateways[i], out);
    for (uint32_t i = 0; i < world->config.client_count; i++)
        if (world->live_clients[i] != NULL)
            model_live_client_look(world->live_clients[i], out);
        else
            model_clients_look(world->clients[i], out);
    for (uint32_t lost = 0; lost < SIM_LOST_COUNT; lost++)
        model_glance_add(out,
                         &(struct model_glance_reason){.who = "network",
                                                       .reason = sim_lost_name((enum sim_lost)lost),
                                                       .count = world->scene.net->lost[lost]});
    if (!out->real_time)
        return;
    const struct sim_lag lag = sim_realtime_lag(world->realtime);
    out->lag_p99_ns = sim_lag_percentile(&lag, 990000);
    out->lag_max_ns = lag.max_ns;
    out->late_ppm = lag.count > 0 ? model_mul_div(lag.over, 1000000, lag.count) : 0;
}

static void report(struct model_world *w)
{
    static const struct {
        enum sim_metric metric;
        enum sim_lost lost;
    } rows[] = {{SIM_METRIC_LINK_LOSS, SIM_LOST_LINK_LOSS},
                {SIM_METRIC_QUEUE_DROPS, SIM_LOST_QUEUE_FULL},
                {SIM_METRIC_TOO_BIG, SIM_LOST_TOO_BIG},
                {SIM_METRIC_REASSEMBLY_FULL, SIM_LOST_REASSEMBLY_FULL},
                {SIM_METRIC_REASSEMBLY_TIMEOUTS, SIM_LOST_REASSEMBLY_TIMEOUT},
                {SIM_METRIC_OUTAGES, SIM_LOST_OUTAGE},
                {SIM_METRIC_NO_ROUTE, SIM_LOST_NO_ROUTE}};
    for (uint32_t i = 0; i < w->config.gateway_count; i++)
        if (w->lives[i] != NULL)
            model_live_report(w->lives[i]);
        else
            model_gateway_report(w->gateways[i]);
    for (uint32_t i = 0; i < w->config.client_count; i++)
        if (w->live_clients[i] != NULL)
            model_live_client_report(w->live_clients[i]);
        else
            model_clients_report(w->clients[i]);
    for (uint32_t i = 0; i < w->config.attacker_count; i++)
        model_flood_report(w->floods[i]);
    for (uint32_t i = 0; i < w->config.background_count; i++)
        model_background_report(w->backgrounds[i]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        model_metric(&w->scene, "network", rows[i].metric, w->scene.net->lost[rows[i].lost]);
    const struct sim_net_totals totals = w->scene.net->totals;
    model_metric(&w->scene, "network", SIM_METRIC_FRAGMENTS, totals.cut);
    model_metric(&w->scene, "network", SIM_METRIC_DUPLICATES, totals.doubled);
    model_metric(&w->scene, "network", SIM_METRIC_ICMP_ERRORS, totals.reported);
    model_traffic_sums(&w->scene);
    model_metric(&w->scene, "run", SIM_METRIC_EVENTS, sim_loop_count(w->scene.loop));
}

/* How well real time was kept. */
static void report_lag(struct model_world *w)
{
    const struct sim_lag lag = sim_realtime_lag(w->realtime);
    const uint64_t late = lag.count > 0 ? model_mul_div(lag.over, 1000000, lag.count) : 0;
    model_metric_ratio(&w->scene, "run", SIM_METRIC_LAG_MEAN,
                       (uint64_t[]){lag.sum_ns, 1, lag.count});
    model_metric(&w->scene, "run", SIM_METRIC_LAG_P99, sim_lag_percentile(&lag, 990000));
    model_metric(&w->scene, "run", SIM_METRIC_LAG_MAX, lag.max_ns);
    model_metric(&w->scene, "run", SIM_METRIC_LATE_SHARE, late);
    model_metric(&w->scene, "run", SIM_METRIC_LATE, late > LATE_MAX_PPM ? 1 : 0);
    if (late > LATE_MAX_PPM && w->config.late == MODEL_LATE_FAILS)
        (void)snprintf(w->trouble, sizeof w->trouble,
                       "real time was not kept: %.1f %% of all events were later than "
                       "network.lag_limit, the latest by %.1f ms",
                       (double)late / 10000, (double)lag.max_ns / 1e6);
}

/* What each link lost, by its name, both directions together. */
static void report_links(const struct model_world *w)
{
    struct sim_record *const record = w->scene.record;
    const struct sim_net *const net = w->scene.net;
    for (uint32_t i = 0; record != NULL && i < w->config.link_count; i++) {
        const struct sim_link_counts in = net->ops->counts(net, w->link_numbers[i], 0);
        const struct sim_link_counts out = net->ops->counts(net, w->link_numbers[i], 1);
        for (uint32_t lost = 0; lost < SIM_LOST_COUNT; lost++)
            if (in.lost[lost] + out.lost[lost] > 0)
                record->ops->refusal(record, w->config.links[i].name,
                                     sim_lost_name((enum sim_lost)lost),
                                     in.lost[lost] + out.lost[lost]);
    }
}

static void run_in_real_time(struct model_world *w, uint64_t until_ns)
{
    if (sim_realtime_run(w->realtime, until_ns) == SIM_REALTIME_BEHIND)
        (void)snprintf(w->trouble, sizeof w->trouble,
                       "real time was lost: after %.1f s of it the world is more than ten seconds "
                       "behind: less of everything, or a faster machine",
                       (double)sim_loop_now(w->scene.loop) / 1e9);
    for (uint32_t i = 0; i < w->config.gateway_count; i++)
        if (w->lives[i] != NULL && model_live_trouble(w->lives[i]) != NULL)
            (void)snprintf(w->trouble, sizeof w->trouble, "%s", model_live_trouble(w->lives[i]));
    for (uint32_t i = 0; i < w->config.client_count; i++)
        if (w->live_clients[i] != NULL && model_live_client_trouble(w->live_clients[i]) != NULL)
            (void)snprintf(w->trouble, sizeof w->trouble, "%s",
                           model_live_client_trouble(w->live_clients[i]));
}

/* Moves the world on; false: it is over before its time. */
static bool run_until(struct model_world *w, uint64_t until_ns)
{
    const struct sim_net *const net = w->scene.net;
    if (w->realtime == NULL)
        sim_loop_run(w->scene.loop, until_ns);
    else
        run_in_real_time(w, until_ns);
    if (net->trouble != NULL)
        (void)snprintf(w->trouble, sizeof w->trouble, "after %.1f s the network broke down: %s",
                       (double)sim_loop_now(w->scene.loop) / 1e9, net->trouble);
    return w->trouble[0] == '\0';
}

const char *model_world_trouble(const struct model_world *world)
{
    return world->trouble[0] != '\0' ? world->trouble : NULL;
}

bool model_world_run(struct model_world *world, model_progress_fn *progress, void *owner)
{
    const uint64_t for_ns = world->config.for_ns;
    const uint64_t often = world->realtime != NULL ? for_ns / STEP_MAX_NS + 1 : 0;
    const uint64_t steps = often > PROGRESS_STEPS ? often : PROGRESS_STEPS;
    for (uint64_t step = 1; step <= steps; step++) {
        const uint64_t until_ns = step == steps ? for_ns : for_ns / steps * step;
        if (!run_until(world, until_ns) || (progress != NULL && !progress(owner, until_ns)))
            return false;
    }
    report(world);
    report_links(world);
    if (world->realtime != NULL)
        report_lag(world);
    return world->trouble[0] == '\0';
}

struct sim_fingerprint model_world_fingerprint(const struct model_world *world)
{
    return world->scene.fingerprint;
}

void model_world_close(struct model_world *world)
{
    if (world == NULL)
        return;
    for (uint32_t i = 0; i < MODEL_THINGS_MAX; i++) {
        model_background_close(world->backgrounds[i]);
        model_flood_close(world->floods[i]);
        model_live_client_close(world->live_clients[i]);
        model_clients_close(world->clients[i]);
        model_gateway_close(world->gateways[i]);
        model_live_close(world->lives[i]);
    }
    if (world->cpus != 0)
        (void)sim_cpus_keep(world->cpus);
    sim_realtime_close(world->realtime);
    if (world->scene.net != NULL)
        world->scene.net->ops->close(world->scene.net);
    if (world->scene.loop != NULL)
        sim_loop_close(world->scene.loop);
    free(world);
}
