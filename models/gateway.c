/* SPDX-License-Identifier: MIT
 * A gateway: how its settings become an engine and a host, and what of it is
 * measured, sampled and told at the end. Levels are averaged over time by what
 * they were between events, not by samples. */
#include "models/gateway.h"

#include "models/abilities.h"
#include "models/backend.h"
#include "models/echo.h"
#include "models/gateway_trace.h"
#include "models/inner.h"
#include "models/policy.h"
#include "models/rounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMERS_IN_A_ROW = 4, MILLION = 1000000, THOUSAND = 1000, P99_PPM = 990000 };
enum { CHILD_MAX = 1 << 24, LIST_MAX = 2048, SERIAL = 100 };
static const uint64_t second_ns = 1000000000;

struct model_gateway_run {
    struct model_scene *scene;
    const struct model_gateway *gateway;
    struct model_provider provider;
    struct ike_policy policy;
    struct model_rounds rounds;
    struct ike_gateway elsewhere; /* where clients are sent; none: nowhere */
    struct model_inner inner;
    struct model_papers papers;
    struct model_passports passports; /* its own */
    uint8_t ticket_secret[32];
    struct model_abilities_run abilities;
    struct ike_engine *engine;
    struct sim_host *host;
    struct model_echo_run *echo; /* NULL: its clients send nothing */
    struct sim_implementation implementation;
    struct model_backend *backend; /* NULL: there is none */
    uint8_t lists[IKE_CRLS_MAX][LIST_MAX];
    struct model_trace_run *trace;
    struct sim_event sample;
    struct sim_event warm; /* the first half-open SAs may have timed out by now */
    struct sim_event attack_begin;
    struct sim_event attack_end;
    struct sim_event power; /* the next outage begins or ends, */
    uint64_t outages;       /* and so many began and ended so far, together */

    uint32_t half_open; /* since level_at_ns */
    uint64_t level_at_ns;
    uint64_t area_s, area_ns; /* half-open SAs x time: whole seconds, and the rest */
    uint32_t half_open_max;
    uint32_t established_max;
    uint64_t expired;
    uint64_t lost;
    uint64_t memory_max;
    uint64_t warm_made, warm_refused;
    uint64_t attack_begin_busy_ns, attack_end_busy_ns;
    uint64_t sample_busy_ns, sample_drops; /* at the last sample */
    uint64_t cpu_ppm, memory;              /* as they were told then */
};

/* Half-open SAs were so many until now. */
static void level_update(struct model_gateway_run *run, uint64_t now_ns)
{
    const struct ike_stats stats = ike_stats(run->engine);
    run->area_ns += run->half_open * ((now_ns - run->level_at_ns) % second_ns);
    run->area_s += run->half_open * ((now_ns - run->level_at_ns) / second_ns);
    run->area_s += run->area_ns / second_ns;
    run->area_ns %= second_ns;
    run->level_at_ns = now_ns;
    run->half_open = stats.half_open;
    if (stats.established > run->established_max)
        run->established_max = stats.established;
}

static void on_event(void *owner, uint64_t now_ns, const struct ike_event *event)
{
    struct model_gateway_run *const run = owner;
    struct ike_sa_keys keys;
    if (event->kind == IKE_KEYED) {
        if (run->trace != NULL && ike_sa_keys(run->engine, event->sa, &keys))
            model_trace_keys(run->trace, &keys);
        return; /* levels change when the core is done */
    }
    level_update(run, now_ns);
    if (event->kind == IKE_FAILED && event->why == WHY_HALF_OPEN_EXPIRED)
        run->expired++;
    if (event->kind == IKE_ASK)
        model_backend_hear(run->backend, now_ns, event);
    if (event->kind == IKE_DOWN && event->why == WHY_NO_ANSWER)
        run->lost++;
    if (event->kind == IKE_UP)
        model_abilities_up(&run->gateway->abilities, run->host, now_ns, event->sa);
    if (event->kind == IKE_UP && run->gateway->redirect.when == MODEL_IN_SESSION &&
        run->elsewhere.addr.family != 0 &&
        ike_stats(run->engine).established > run->gateway->redirect.at)
        sim_host_redirect(run->host, now_ns, event->sa, &run->elsewhere);
}

static void on_seen(void *owner, uint64_t now_ns, bool inbound, const struct ike_datagram *datagram,
                    const char *fate)
{
    const struct model_gateway_run *const run = owner;
    model_trace_seen(run->trace, now_ns, inbound, datagram, fate);
}

static void series(const struct model_gateway_run *run, uint64_t now_ns, enum sim_series which,
                   uint64_t value)
{
    model_series(run->scene, run->gateway->name, which, now_ns, value);
}

static void on_sample(void *owner, uint64_t now_ns)
{
    struct model_gateway_run *const run = owner;
    const uint64_t every_ns = run->scene->config->sample_ns;
    const struct sim_host_counts *const counts = sim_host_counts(run->host);
    const struct ike_stats stats = ike_stats(run->engine);
    const uint64_t memory = (uint64_t)stats.half_open * run->implementation.half_open_bytes +
                            (uint64_t)stats.established * run->implementation.established_bytes;
    level_update(run, now_ns);
    if (stats.half_open > run->half_open_max)
        run->half_open_max = stats.half_open;
    if (memory > run->memory_max)
        run->memory_max = memory;
    series(run, now_ns, SIM_SERIES_HALF_OPEN, stats.half_open);
    series(run, now_ns, SIM_SERIES_ESTABLISHED, stats.established);
    run->cpu_ppm =
        model_busy_ppm(counts->busy_ns - run->sample_busy_ns, run->gateway->cores, every_ns);
    run->memory = memory;
    series(run, now_ns, SIM_SERIES_CPU_SHARE, run->cpu_ppm);
    series(run, now_ns, SIM_SERIES_INBOX, counts->inbox_waiting);
    series(run, now_ns, SIM_SERIES_INBOX_DROPS, counts->inbox_dropped - run->sample_drops);
    series(run, now_ns, SIM_SERIES_COOKIES_ON, stats.cookies_on ? 1 : 0);
    series(run, now_ns, SIM_SERIES_MEMORY, memory);
    sim_fingerprint_add(&run->scene->fingerprint, SIM_TRACE_SAMPLE, now_ns,
                        (uint64_t)stats.half_open << 32 | stats.established);
    run->sample_busy_ns = counts->busy_ns;
    run->sample_drops = counts->inbox_dropped;
    sim_loop_at(run->scene->loop, &run->sample, now_ns + every_ns);
}

static uint64_t next_outage_ns(const struct model_gateway_run *run)
{
    const struct sim_outages *const all = &run->gateway->outages;
    if (run->outages / 2 >= all->count)
        return SIM_NEVER;
    return run->outages % 2 == 0 ? all->at[run->outages / 2].from_ns
                                 : all->at[run->outages / 2].until_ns;
}

/* An outage begins, or it ends. */
static void on_power(void *owner, uint64_t now_ns)
{
    struct model_gateway_run *const run = owner;
    if (run->outages++ % 2 == 0)
        sim_host_switch_off(run->host, now_ns, !run->gateway->outage_silent);
    else
        sim_host_switch_on(run->host);
    level_update(run, now_ns);
    sim_loop_at(run->scene->loop, &run->power, next_outage_ns(run));
}

static void on_warm(void *owner, uint64_t now_ns)
{
    struct model_gateway_run *const run = owner;
    const struct sim_host_counts *const counts = sim_host_counts(run->host);
    (void)now_ns;
    run->warm_made = counts->events[IKE_HALF_OPEN];
    run->warm_refused = counts->reasons[WHY_HALF_OPEN_LIMIT];
}

static void on_attack_begin(void *owner, uint64_t now_ns)
{
    struct model_gateway_run *const run = owner;
    (void)now_ns;
    run->attack_begin_busy_ns = sim_host_counts(run->host)->busy_ns;
}

static void on_attack_end(void *owner, uint64_t now_ns)
{
    struct model_gateway_run *const run = owner;
    (void)now_ns;
    run->attack_end_busy_ns = sim_host_counts(run->host)->busy_ns;
}

/* For the greediest of its clients, and one more that replaces another; two where both ends may ask
 * at once (RFC 7296 2.8.1). */
static uint32_t child_max_of(const struct model_gateway_run *run)
{
    const struct model_world_config *const config = run->scene->config;
    const bool ours = model_rekeys_children(&run->gateway->rekey);
    uint64_t each = ours ? 2 : 1;
    for (uint32_t i = 0; i < config->client_count; i++) {
        const struct model_clients *const c = &config->clients[i];
        const bool theirs = model_rekeys_children(&c->rekey);
        const uint64_t spare = ours && theirs ? 2 : 1;
        if (model_serves(config, run->gateway, c) && (c->children > 1 || theirs) &&
            c->children + spare > each)
            each = c->children + spare;
    }
    const uint64_t all = run->gateway->sa_max * each;
    return all < CHILD_MAX ? (uint32_t)all : CHILD_MAX;
}

static struct ike_config engine_config(const struct model_gateway_run *run)
{
    const struct model_gateway *const g = run->gateway;
    const uint64_t half = g->cookies_at == IKE_UNLIMITED ? 0 : (g->cookies_at + 1) / 2;
    const uint64_t off = g->cookies_off == IKE_UNLIMITED ? half : g->cookies_off;
    return (struct ike_config){
        .sa_max = (uint32_t)g->sa_max,
        .child_max = child_max_of(run),
        .cookies = {.on_at = (uint32_t)g->cookies_at,
                    .off_below = (uint32_t)off,
                    .hold_ns = g->cookies_hold_ns,
                    .secret_ns = g->cookies_secret_ns,
                    .overlap_ns = g->cookies_overlap_ns},
        .puzzles = {.on_at = (uint32_t)g->puzzles_at,
                    .bits = (uint8_t)g->puzzles_bits,
                    .bits_max = (uint8_t)g->puzzles_bits_max,
                    .legacy_ppm = (uint32_t)(g->puzzles_legacy_ppb / 1000),
                    .auth_bits = (uint8_t)g->puzzles_auth_bits,
                    .auth_ppm = (uint32_t)(g->puzzles_auth_from_ppb / 1000)},
        .half_open = {.limit = (uint32_t)g->half_open_limit,
                      .per_address = (uint32_t)g->half_open_per_address,
                      .timeout_ns = g->half_open_timeout_ns},
        .retransmit = {.first_ns = 4 * second_ns,
                       .factor_milli = 1800,
                       .sends = 6,
                       .wait_max_ns = SIM_NEVER},
        .reassembly = {.limit = (uint32_t)g->reassembly_limit,
                       .octets = (uint32_t)g->reassembly_bytes,
                       .timeout_ns = g->reassembly_timeout_ns},
        .tickets = {.kind = (uint8_t)g->tickets,
                    .secret = run->ticket_secret,
                    .key_ns = g->ticket_key_ns,
                    .lifetime_ns = g->ticket_life_ns,
                    .stored = (uint32_t)g->tickets_stored,
                    .remembered = (uint32_t)g->tickets_remembered,
                    .answer_max = (uint16_t)g->ticket_answer_max},
        .reuse_ns = g->reuse_ns,
        .derive_late = g->derive_late,
        .redirect_to =
            g->redirect.when == MODEL_IN_INIT ? run->elsewhere : (struct ike_gateway){.name = NULL},
        .redirect_at = (uint32_t)g->redirect.at,
        .redirect_grace_ns = g->redirect.grace_ns,
        .liveness_ns = g->liveness_ns,
        .epoch_s = MODEL_EPOCH_S,
        .policies = &run->policy,
        .policy_count = 1,
        .tell_keys = run->scene->config->trace_messages > 0 && run->scene->record != NULL,
    };
}

static void events_open(struct model_gateway_run *run)
{
    const struct model_scene *const scene = run->scene;
    run->sample = (struct sim_event){.rank = SIM_SAMPLE, .run = on_sample, .owner = run};
    run->warm = (struct sim_event){.rank = SIM_SAMPLE, .run = on_warm, .owner = run};
    run->attack_begin =
        (struct sim_event){.rank = SIM_SAMPLE, .run = on_attack_begin, .owner = run};
    run->attack_end = (struct sim_event){.rank = SIM_SAMPLE, .run = on_attack_end, .owner = run};
    run->power = (struct sim_event){.rank = SIM_TIMER, .run = on_power, .owner = run};
    sim_loop_at(scene->loop, &run->power, next_outage_ns(run));
    sim_loop_at(scene->loop, &run->sample, scene->config->sample_ns);
    sim_loop_at(scene->loop, &run->warm, run->gateway->half_open_timeout_ns);
    sim_loop_at(scene->loop, &run->attack_begin, scene->attack_from_ns);
    sim_loop_at(scene->loop, &run->attack_end, scene->attack_until_ns);
}

/* They outlive the engine, and differ between gateways. */
static void draw_secrets(struct model_gateway_run *run)
{
    char stream[MODEL_NAME_MAX + 24];
    struct sim_rng rng;
    (void)snprintf(stream, sizeof stream, "gateways.%s.tickets", run->gateway->name);
    sim_rng_open(&rng, run->scene->config->seed, stream);
    sim_rng_fill(&rng, run->ticket_secret, sizeof run->ticket_secret);
    (void)snprintf(stream, sizeof stream, "gateways.%s.abilities", run->gateway->name);
    model_abilities_open(&run->abilities, run->scene->config->seed, stream);
}

static bool engine_open(struct model_gateway_run *run, char *error, size_t error_max)
{
    draw_secrets(run);
    struct ike_config config = engine_config(run);
    model_abilities_configure(&run->gateway->abilities, &run->abilities, &config);
    run->engine = ike_open(&config, run->provider.meter);
    if (run->engine == NULL)
        (void)snprintf(error, error_max,
                       "gateways.%s.sa_max: no address space for %u SAs; give fewer",
                       run->gateway->name, config.sa_max);
    return run->engine != NULL;
}

/* Its keys and certificates, when it signs. */
static bool papers_open(struct model_gateway_run *run)
{
    const struct model_world_config *const config = run->scene->config;
    const enum model_auth auth = model_auth_of_gateway(config, run->gateway);
    run->policy.proof = (uint8_t)model_proof_of(auth);
    run->policy.accepts = model_accepts_of_gateway(config, run->gateway);
    const struct model_clients *const eap = model_eap_clients_of(config, run->gateway);
    if (eap != NULL) {
        run->policy.eap_only = eap->auth >= MODEL_EAP && eap->eap.only;
        model_eap_of(eap, eap->auth, run->gateway->psk, true, &run->policy.eap);
    }
    const struct model_papers_spec papers = {.name = run->gateway->name,
                                             .type =
                                                 model_key_type_of_gateway(config, run->gateway),
                                             .links = run->gateway->certificate_chain,
                                             .apart = config->network == MODEL_LIVE};
    if (!model_papers_open(&run->papers, run->provider.below, &papers))
        return false;
    if (run->papers.type == KEY_TYPE_NONE)
        return true;
    if (!model_passports_open(&run->passports, &run->papers, run->gateway->abilities.urls, 1))
        return false;
    run->policy.credential = model_passports_of(&run->passports, SERIAL, &run->policy.local_id);
    return run->policy.credential != NULL &&
           model_papers_identify(&run->papers, run->policy.credential);
}

struct model_papers *model_gateway_papers(struct model_gateway_run *run)
{
    return &run->papers;
}

const struct model_passports *model_gateway_passports(struct model_gateway_run *run)
{
    return &run->passports;
}

void model_gateway_looks_up(struct model_gateway_run *run, const struct model_passports *passports)
{
    const struct model_behind *const behind = &run->gateway->abilities.lookup;
    if (behind->latency_ns != SIM_NEVER && passports->papers != NULL)
        model_backend_serve(run->backend,
                            &(struct model_service){.passports = passports, .behind = behind});
}

bool model_gateway_lists(struct model_gateway_run *run, const struct model_papers *papers)
{
    static const char *const urls[IKE_CRLS_MAX] = {"crl 1", "crl 2"};
    const uint8_t count = model_papers_lists(papers);
    for (uint8_t i = 0; run->gateway->crl.latency_ns != SIM_NEVER && i < count; i++) {
        const uint8_t at = run->policy.crl_count++;
        struct ike_writer w = wr_open(run->lists[at], LIST_MAX);
        if (!model_papers_list(papers, i, &w))
            return false;
        run->policy.crl_urls[at] = urls[at];
        model_backend_serve(run->backend, &(struct model_service){.what = urls[at],
                                                                  .behind = &run->gateway->crl,
                                                                  .answer = wr_done(&w)});
    }
    run->policy.crl_strict = run->gateway->crl_strict;
    return true;
}

void model_gateway_ready(struct model_gateway_run *run)
{
    const struct model_clients *const first =
        model_first_clients_of(run->scene->config, run->gateway);
    run->policy.trust = run->papers.trust;
    model_papers_tls(&run->papers, &run->policy.eap.tls);
    if (first != NULL)
        model_rounds_open(
            &run->rounds, first,
            &(struct model_rounds_end){.papers = &run->papers, .password = run->gateway->psk},
            &run->policy);
}

/* Somebody will send it segments, which it resets if it does not listen. */
static bool hears_tcp(const struct model_world_config *config, const char *name)
{
    bool hears = false;
    for (uint32_t i = 0; i < config->client_count; i++)
        hears = hears || (config->clients[i].transport != TCP_NEVER &&
                          strcmp(config->clients[i].to, name) == 0);
    for (uint32_t i = 0; i < config->attacker_count; i++)
        hears = hears || (config->attackers[i].class == MODEL_SYN_FLOOD &&
                          strcmp(config->attackers[i].to, name) == 0);
    return hears;
}

static struct sim_tcp_config tcp_of(const struct model_gateway_run *run)
{
    const struct model_listen *const tcp = &run->gateway->tcp;
    if (!hears_tcp(run->scene->config, run->gateway->name))
        return (struct sim_tcp_config){.connections = 0};
    return (struct sim_tcp_config){.connections = (uint32_t)tcp->connections,
                                   .backlog = tcp->listen ? (uint32_t)tcp->backlog : 0};
}

static bool echo_open(struct model_gateway_run *run)
{
    const struct model_tunnels_parts parts = {.engine = run->engine,
                                              .crypto = run->provider.meter,
                                              .child_max = child_max_of(run),
                                              .esp = run->gateway->esp_sas};
    if (!model_gateway_has_traffic(run->scene->config, run->gateway))
        return true;
    run->echo = model_echo_open(run->scene, run->gateway->name, &parts);
    return run->echo != NULL;
}

static bool host_open(struct model_gateway_run *run)
{
    static const struct sim_host_carrier nobody;
    struct model_scene *const scene = run->scene;
    if (scene->config->trace_messages > 0 && scene->record != NULL) {
        run->trace = model_trace_open(scene, run->gateway->name, run->provider.below);
        if (run->trace == NULL)
            return false;
    }
    const struct sim_host_config host = {.name = run->gateway->name,
                                         .cores = (uint32_t)run->gateway->cores,
                                         .inbox_bytes = run->gateway->inbox_bytes,
                                         .timers_max = TIMERS_IN_A_ROW,
                                         .lists = (uint32_t)run->gateway->half_open_lists,
                                         .implementation = run->implementation,
                                         .tcp = tcp_of(run)};
    const struct sim_host_parts parts = {
        .loop = scene->loop,
        .net = scene->net,
        .engine = run->engine,
        .crypto = run->provider.meter,
        .fingerprint = &scene->fingerprint,
        .ear = {.event = on_event, .seen = run->trace != NULL ? on_seen : NULL, .owner = run},
        .carrier = run->echo != NULL ? model_echo_carrier(run->echo) : nobody};
    run->host = sim_host_open(&host, &parts);
    return run->host != NULL;
}

static void redirect_open(struct model_gateway_run *run)
{
    const struct model_redirect *const redirect = &run->gateway->redirect;
    const uint32_t index = model_gateway_named(run->scene->config, redirect->to);
    if (index == UINT32_MAX)
        return;
    run->elsewhere.addr = run->scene->places->gateways[index];
    run->policy.redirect_at = (uint32_t)redirect->at;
    if (redirect->when == MODEL_IN_AUTH)
        run->policy.redirect_to = run->elsewhere;
}

static bool backend_open(struct model_gateway_run *run)
{
    static const struct ike_bytes yes = {.at = (const uint8_t *)"yes", .len = 3};
    const struct model_gateway *const g = run->gateway;
    char stream[MODEL_NAME_MAX + 24];
    if (g->aaa.latency_ns == SIM_NEVER && g->crl.latency_ns == SIM_NEVER &&
        g->abilities.lookup.latency_ns == SIM_NEVER)
        return true;
    (void)snprintf(stream, sizeof stream, "gateways.%s.backend", g->name);
    run->backend = model_backend_open(run->scene, run->host, stream);
    if (run->backend != NULL && g->aaa.latency_ns != SIM_NEVER) {
        run->policy.eap_remote = true;
        model_backend_serve(
            run->backend, &(struct model_service){.what = "aaa", .behind = &g->aaa, .answer = yes});
    }
    return run->backend != NULL;
}

struct model_gateway_run *model_gateway_open(struct model_scene *scene,
                                             const struct model_gateway *gateway,
                                             const struct ike_addr *addr, char *error,
                                             size_t error_max)
{
    char stream[MODEL_NAME_MAX + 16];
    struct ike_costs costs;
    struct model_gateway_run *const run = calloc(1, sizeof *run);
    (void)snprintf(error, error_max, "gateways.%s: out of memory", gateway->name);
    if (run == NULL)
        return NULL;
    run->scene = scene;
    run->gateway = gateway;
    (void)snprintf(stream, sizeof stream, "gateways.%s", gateway->name);
    model_policy_of_gateway(gateway, addr, &run->policy);
    model_inner_of_gateway(gateway, &run->inner, &run->policy);
    redirect_open(run);
    const bool good =
        model_implementation_find(gateway->implementation, gateway->cost_scale_ppm,
                                  &run->implementation) &&
        model_costs_find(gateway->machine, gateway->cost_scale_ppm, &costs, error, error_max) &&
        model_provider_open(&run->provider, scene, stream, &costs) && papers_open(run) &&
        engine_open(run, error, error_max) && echo_open(run) && host_open(run) && backend_open(run);
    if (!good) {
        model_gateway_close(run);
        return NULL;
    }
    events_open(run);
    return run;
}

struct sim_port *model_gateway_port(struct model_gateway_run *run)
{
    struct sim_port *const port = sim_host_port(run->host);
    port->reassembly = &run->gateway->ip_reassembly;
    return port;
}

void model_gateway_close(struct model_gateway_run *run)
{
    if (run == NULL)
        return;
    struct sim_event *const events[] = {&run->sample, &run->warm, &run->attack_begin,
                                        &run->attack_end, &run->power};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        sim_loop_cancel(run->scene->loop, events[i]);
    model_backend_close(run->backend);
    sim_host_close(run->host);
    model_echo_close(run->echo);
    model_trace_close(run->trace);
    if (run->engine != NULL)
        ike_close(run->engine);
    model_passports_close(&run->passports);
    model_papers_close(&run->papers);
    model_provider_close(&run->provider);
    free(run);
}

void model_gateway_look(const struct model_gateway_run *run, struct model_glance *out)
{
    const struct ike_stats stats = ike_stats(run->engine);
    const struct sim_host_counts *const counts = sim_host_counts(run->host);
    out->gateways[out->gateway_count++] =
        (struct model_glance_gateway){.name = run->gateway->name,
                                      .cores = run->gateway->cores,
                                      .levels = {.established = stats.established,
                                                 .half_open = stats.half_open,
                                                 .children = stats.children,
                                                 .cookies_on = stats.cookies_on ? 1 : 0},
                                      .in_packets = counts->served + counts->inbox_waiting,
                                      .out_packets = counts->out_packets,
                                      .cpu_ppm = run->cpu_ppm,
                                      .memory_bytes = run->memory,
                                      .dropped = counts->inbox_dropped};
    model_glance_add_all(out, run->gateway->name, counts->reasons, false);
}

/* The end. */

static void report_half_open(const struct model_gateway_run *run)
{
    const struct model_scene *const scene = run->scene;
    const struct sim_host_counts *const c = sim_host_counts(run->host);
    const char *const who = run->gateway->name;
    const uint64_t made = c->events[IKE_HALF_OPEN] - run->warm_made;
    const uint64_t refused = c->reasons[WHY_HALF_OPEN_LIMIT] - run->warm_refused;
    const uint64_t for_ns = scene->config->for_ns;
    const uint64_t mean = model_mul_div(run->area_s, THOUSAND * second_ns, for_ns) +
                          model_mul_div(run->area_ns, THOUSAND, for_ns);
    model_metric(scene, who, SIM_METRIC_HALF_OPEN, ike_stats(run->engine).half_open);
    model_metric(scene, who, SIM_METRIC_HALF_OPEN_MAX, run->half_open_max);
    model_metric(scene, who, SIM_METRIC_HALF_OPEN_MEAN, mean);
    model_metric(scene, who, SIM_METRIC_HALF_OPEN_MADE, c->events[IKE_HALF_OPEN]);
    model_metric(scene, who, SIM_METRIC_HALF_OPEN_EXPIRED, run->expired);
    if (run->policy.gives != NULL)
        model_metric(scene, who, SIM_METRIC_ADDRESSES_GIVEN, ike_stats(run->engine).leases);
    if (for_ns > run->gateway->half_open_timeout_ns)
        model_metric_ratio(scene, who, SIM_METRIC_HALF_OPEN_REFUSED_SHARE,
                           (uint64_t[]){refused, MILLION, made + refused});
}

static void report_work(const struct model_gateway_run *run)
{
    const struct model_scene *const scene = run->scene;
    const struct sim_host_counts *const c = sim_host_counts(run->host);
    const char *const who = run->gateway->name;
    const uint64_t cores = run->gateway->cores;
    const uint64_t for_ns = scene->config->for_ns;
    model_metric(scene, who, SIM_METRIC_CPU_BUSY, c->busy_ns);
    model_metric(scene, who, SIM_METRIC_CPU_SHARE, model_busy_ppm(c->busy_ns, cores, for_ns));
    if (scene->attack_from_ns != SIM_NEVER)
        model_metric(scene, who, SIM_METRIC_CPU_SHARE_DURING,
                     model_busy_ppm(run->attack_end_busy_ns - run->attack_begin_busy_ns, cores,
                                    scene->attack_until_ns - scene->attack_from_ns));
    model_refused_share(scene, who, c->init_requests, c->init_accepted);
    model_metric(scene, who, SIM_METRIC_INBOX_DROPS, c->inbox_dropped);
    model_metric(scene, who, SIM_METRIC_SERVED, c->served);
    model_metric_ratio(scene, who, SIM_METRIC_WAIT_MEAN,
                       (uint64_t[]){c->wait_sum_ns, 1, c->served});
    if (c->served > 0)
        model_metric(scene, who, SIM_METRIC_WAIT_P99,
                     sim_host_wait_quantile_ns(run->host, P99_PPM));
    model_metric_ratio(scene, who, SIM_METRIC_AMPLIFICATION,
                       (uint64_t[]){c->out_bytes, THOUSAND, c->in_bytes});
}

void model_gateway_report(struct model_gateway_run *run)
{
    const struct model_scene *const scene = run->scene;
    const struct sim_host_counts *const c = sim_host_counts(run->host);
    const char *const who = run->gateway->name;
    level_update(run, scene->config->for_ns);
    model_metric_ratio(
        scene, who, SIM_METRIC_SETUP_RATE,
        (uint64_t[]){c->events[IKE_UP], THOUSAND * second_ns, scene->config->for_ns});
    model_metric(scene, who, SIM_METRIC_TUNNEL_CAPACITY, run->established_max);
    model_metric(scene, who, SIM_METRIC_ESTABLISHED, ike_stats(run->engine).established);
    model_metric(scene, who, SIM_METRIC_PEERS_LOST, run->lost);
    model_metric(scene, who, SIM_METRIC_PEERS_MOVED, c->events[IKE_MOVED]);
    model_backend_report(run->backend, scene, who);
    model_hints_report(scene, who, &run->gateway->abilities, c);
    model_invalid_selectors_report(scene, who, &run->gateway->abilities, c);
    if (run->gateway->outages.count > 0)
        model_metric(scene, who, SIM_METRIC_ICMP_REFUSED, c->refused);
    report_half_open(run);
    report_work(run);
    model_metric(scene, who, SIM_METRIC_COOKIES_SENT,
                 c->reasons[WHY_COOKIE_WANTED] + c->reasons[WHY_COOKIE_WRONG]);
    model_metric(scene, who, SIM_METRIC_MEMORY_MAX, run->memory_max);
    model_tcp_report(scene, who, sim_host_tcp_counts(run->host));
    model_echo_report(run->echo);
    model_refusals(scene, who, c->reasons);
}
