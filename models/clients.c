/* SPDX-License-Identifier: MIT
 * A population of clients: its engine, host, papers and NAT, opened, closed and
 * reported of. What its clients do is attempts.c's. */
#include "models/clients.h"

#include "ike/v2/payload.h"
#include "models/abilities.h"
#include "models/attempts.h"
#include "models/gateway_trace.h"
#include "models/inner.h"
#include "models/nat.h"
#include "models/places.h"
#include "models/policy.h"
#include "models/rounds.h"
#include "models/traffic.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MILLION = 1000000, CHILD_MAX = 1 << 24 };

struct model_clients_run {
    struct model_scene *scene;
    const struct model_clients *clients;
    struct model_clients_place place;
    struct model_provider provider;
    struct ike_policy policy;
    struct model_rounds rounds;
    struct model_inner inner;
    struct model_abilities_run abilities;
    struct model_papers papers;
    struct ike_id name;           /* of all of them, */
    struct ike_credential shared; /* and what they share */
    uint8_t cert[IKE_CERT_MAX];
    struct model_passports passports; /* by the population's one key */
    struct model_backend *backend;    /* NULL: they fetch nothing */
    struct model_attempts_run *attempts;
    struct model_traffic_run *traffic; /* NULL: they send nothing */
    struct ike_engine *engine;
    struct sim_host *host;
    struct sim_nat *nat; /* before all of them; NULL: none */
};

/* Opening and closing. */

static bool attempts_open(struct model_clients_run *run)
{
    run->attempts = model_attempts_open(run->scene, run->clients, &run->place);
    return run->attempts != NULL;
}

/* The certificate with which every client says that it is one of them. */
static bool shared_open(struct model_clients_run *run)
{
    struct ike_writer w = wr_open(run->cert, sizeof run->cert);
    return model_papers_issue(&run->papers, &run->name, 100, &w, &run->shared) &&
           model_papers_identify(&run->papers, &run->shared);
}

static bool papers_open(struct model_clients_run *run)
{
    const struct model_world_config *const config = run->scene->config;
    const struct model_clients *const c = run->clients;
    const struct model_gateway *const gateway =
        &config->gateways[model_gateway_named(config, c->to)];
    run->policy.proof = (uint8_t)model_proof_of(c->auth);
    run->policy.accepts = (uint8_t)(1 << model_proof_of(model_auth_of_gateway(config, gateway)));
    const struct model_papers_spec papers = {.name = c->name,
                                             .type = model_rounds_key(c),
                                             .links = c->certificate_chain,
                                             .apart = config->network == MODEL_LIVE};
    if (!model_papers_open(&run->papers, run->provider.below, &papers))
        return false;
    if (model_rounds_share(c) && !shared_open(run))
        return false;
    if (model_key_type_of(c->auth) == KEY_TYPE_NONE)
        return true;
    return model_passports_open(&run->passports, &run->papers, c->abilities.urls,
                                model_attempts_addresses(run->attempts));
}

struct model_papers *model_clients_papers(struct model_clients_run *run)
{
    return &run->papers;
}

const struct model_passports *model_clients_passports(struct model_clients_run *run)
{
    return &run->passports;
}

void model_clients_look_up(struct model_clients_run *run, const struct model_passports *passports)
{
    const struct model_behind *const behind = &run->clients->abilities.lookup;
    if (run->backend != NULL && passports->papers != NULL)
        model_backend_serve(run->backend,
                            &(struct model_service){.passports = passports, .behind = behind});
}

void model_clients_ready(struct model_clients_run *run)
{
    run->policy.trust = run->papers.trust;
    model_papers_tls(&run->papers, &run->policy.eap.tls);
    model_rounds_open(&run->rounds, run->clients,
                      &(struct model_rounds_end){.papers = &run->papers,
                                                 .password = run->clients->psk,
                                                 .id = &run->name,
                                                 .credential = &run->shared},
                      &run->policy);
}

static const struct model_gateway *gateway_of(const struct model_clients_run *run)
{
    const struct model_world_config *const config = run->scene->config;
    return &config->gateways[model_gateway_named(config, run->clients->to)];
}

/* With room for one more that replaces another; and one of the gateway's that does, where both ends
 * may ask at once (RFC 7296 2.8.1). */
static uint32_t child_max_of(const struct model_clients_run *run)
{
    const struct model_clients *const c = run->clients;
    const bool both =
        model_rekeys_children(&c->rekey) && model_rekeys_children(&gateway_of(run)->rekey);
    const uint64_t each = c->children + (both ? 2 : 1);
    const uint64_t all = model_attempts_max(run->attempts) * each;
    return all < CHILD_MAX ? (uint32_t)all : CHILD_MAX;
}

/* The same of IKE SAs, where these are replaced by either end. */
static uint32_t sa_max_of(const struct model_clients_run *run)
{
    const struct model_clients *const c = run->clients;
    const uint32_t rivals =
        (gateway_of(run)->rekey.ike_ns != 0 ? 1U : 0U) + (c->rekey.ike_ns != 0 ? 1U : 0U);
    const uint32_t more = rivals == 0 && c->reauth == REAUTH_MAKE_FIRST ? 1 : rivals;
    return (1 + more) * model_attempts_max(run->attempts);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool traffic_open(struct model_clients_run *run, uint32_t child_max)
{
    const struct model_traffic_parts parts = {.scene = run->scene,
                                              .clients = run->clients,
                                              .gateway = run->place.gateway,
                                              .engine = run->engine,
                                              .crypto = run->provider.meter,
                                              .child_max = child_max,
                                              .attempt_max = model_attempts_max(run->attempts)};
    if (!model_has_traffic(run->clients))
        return true;
    run->traffic = model_traffic_open(&parts);
    return run->traffic != NULL;
}

static bool host_open(struct model_clients_run *run)
{
    char stream[MODEL_NAME_MAX + 24];
    struct model_scene *const scene = run->scene;
    const struct model_clients *const c = run->clients;
    struct ike_config config = {
        .sa_max = sa_max_of(run),
        .child_max = child_max_of(run),
        .cookies = {.on_at = IKE_UNLIMITED},
        .half_open = {.limit = IKE_UNLIMITED, .per_address = IKE_UNLIMITED},
        .retransmit = {.first_ns = c->retransmit_first_ns,
                       .factor_milli = (uint32_t)c->retransmit_factor_milli,
                       .sends = (uint32_t)c->retransmit_sends,
                       .wait_max_ns = c->retransmit_max_ns,
                       .jitter_milli = (uint32_t)c->retransmit_jitter_milli},
        .cookies_max = (uint32_t)c->cookies_max,
        .puzzle_bits = (uint8_t)c->puzzles,
        .groups_max = (uint32_t)c->groups_max,
        .tell_keys = model_trace_wants(run->scene, c->to),
        .liveness_ns = c->liveness_ns,
        .keepalive_ns = c->keepalive_ns,
        .policies = &run->policy,
        .policy_count = 1,
        .epoch_s = MODEL_EPOCH_S,
    };
    (void)snprintf(stream, sizeof stream, "clients.%s.abilities", c->name);
    model_abilities_open(&run->abilities, scene->config->seed, stream);
    model_abilities_configure(&c->abilities, &run->abilities, &config);
    run->engine = ike_open(&config, run->provider.meter);
    if (run->engine == NULL)
        return false;
    if (!traffic_open(run, config.child_max))
        return false;
    struct sim_host_config host = {.name = c->name, .cores = 0, .timers_max = 1};
    if (c->transport != TCP_NEVER) {
        host.tcp.connections =
            least(2 * model_attempts_max(run->attempts), SIM_TCP_CONNECTIONS_MAX);
        host.tcp.mss = model_mss_of(scene->config, c, run->place.gateway.family);
    }
    struct sim_host_parts parts = {.loop = scene->loop,
                                   .net = scene->net,
                                   .engine = run->engine,
                                   .crypto = run->provider.meter,
                                   .fingerprint = &scene->fingerprint,
                                   .ear = model_attempts_ear(run->attempts)};
    if (run->traffic != NULL)
        parts.carrier = model_traffic_carrier(run->traffic);
    run->host = sim_host_open(&host, &parts);
    if (run->host != NULL && run->traffic != NULL)
        model_traffic_begin(run->traffic, run->host);
    return run->host != NULL;
}

static bool backend_open(struct model_clients_run *run)
{
    char stream[MODEL_NAME_MAX + 24];
    if (run->clients->abilities.lookup.latency_ns == SIM_NEVER)
        return true;
    (void)snprintf(stream, sizeof stream, "clients.%s.backend", run->clients->name);
    run->backend = model_backend_open(run->scene, run->host, stream);
    return run->backend != NULL;
}

/* A real daemon takes who comes by EAP-TLS for whom the certificate is, which is of all of them
 * (RFC 5216 5.2). */
static void eap_name(struct model_clients_run *run)
{
    struct ike_eap_config *const eap = &run->policy.eap;
    if (gateway_of(run)->daemon == 0 || eap->methods[0] != EAP_TLS)
        return;
    assert(run->name.len <= sizeof eap->user);
    memcpy(eap->user, run->name.data, run->name.len);
    eap->user_len = (uint8_t)run->name.len;
}

struct model_clients_run *model_clients_open(struct model_scene *scene,
                                             const struct model_clients *clients,
                                             const struct model_clients_place *place, char *error,
                                             size_t error_max)
{
    char stream[MODEL_NAME_MAX + 16];
    struct ike_costs costs;
    struct model_clients_run *const run = calloc(1, sizeof *run);
    (void)snprintf(error, error_max, "clients.%s: out of memory", clients->name);
    if (run == NULL)
        return NULL;
    run->scene = scene;
    run->clients = clients;
    run->place = *place;
    (void)snprintf(stream, sizeof stream, "clients.%s", clients->name);
    model_policy_of_clients(clients, &run->policy);
    model_id_of_clients(clients, &run->name);
    eap_name(run);
    model_inner_of_clients(clients, &run->inner, &run->policy);
    if (!model_costs_find(clients->machine, MILLION, &costs, error, error_max) ||
        !model_provider_open(&run->provider, scene, stream, &costs) || !attempts_open(run) ||
        !papers_open(run) || !host_open(run) ||
        !model_nat_open(&clients->nat, &run->place.outside.base, sim_host_port(run->host),
                        &run->nat) ||
        !backend_open(run)) {
        model_clients_close(run);
        return NULL;
    }
    model_attempts_begin(run->attempts, &(struct model_attempts_parts){.engine = run->engine,
                                                                       .host = run->host,
                                                                       .policy = &run->policy,
                                                                       .passports = &run->passports,
                                                                       .backend = run->backend,
                                                                       .traffic = run->traffic});
    return run;
}

struct sim_port *model_clients_port(struct model_clients_run *run)
{
    return sim_host_port(run->host);
}

void model_clients_close(struct model_clients_run *run)
{
    if (run == NULL)
        return;
    model_backend_close(run->backend);
    sim_host_close(run->host);
    model_traffic_close(run->traffic);
    sim_nat_close(run->nat);
    if (run->engine != NULL)
        ike_close(run->engine);
    model_papers_close(&run->papers);
    model_provider_close(&run->provider);
    model_passports_close(&run->passports);
    model_attempts_close(run->attempts);
    free(run);
}

void model_clients_look(const struct model_clients_run *run, struct model_glance *out)
{
    const struct ike_stats stats = ike_stats(run->engine);
    struct model_glance_clients *const clients = &out->clients[out->clients_count++];
    *clients = (struct model_glance_clients){
        .name = run->clients->name, .established = stats.established, .children = stats.children};
    model_attempts_look(run->attempts, out, clients);
    model_glance_add_all(out, run->clients->name, sim_host_counts(run->host)->reasons, false);
}

/* The end. */

void model_clients_report(struct model_clients_run *run)
{
    const struct model_scene *const scene = run->scene;
    const char *const who = run->clients->name;
    model_attempts_report(run->attempts);
    model_tcp_report(scene, who, sim_host_tcp_counts(run->host));
    model_hints_report(scene, who, &run->clients->abilities, sim_host_counts(run->host));
    model_invalid_selectors_report(scene, who, &run->clients->abilities,
                                   sim_host_counts(run->host));
    model_refusals(scene, who, sim_host_counts(run->host)->reasons);
    model_backend_report(run->backend, scene, who);
    model_traffic_report(run->traffic);
    model_nat_report(scene, who, run->nat);
}
