/* SPDX-License-Identifier: MIT
 * What a real daemon that is a client is told, when, and what becomes of it
 * (live_client.h). */
#include "models/live_client.h"

#include "models/arrivals.h"
#include "models/attempts.h"
#include "models/live_daemon.h"
#include "models/live_papers.h"
#include "models/nat.h"
#include "models/outcomes.h"
#include "models/rounds.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t look_again_ns = 10000000;

/* Nothing is asked of it while it is told something: live_daemon.h. */
enum state { AWAY, CONNECTING, CONNECTED, LEAVING };

struct model_live_client {
    struct model_scene *scene;
    const struct model_clients *clients;
    struct model_live_client_place place;
    struct model_live_papers *papers;
    struct model_live_daemon *daemon; /* NULL: not started yet */
    struct sim_nat *nat;              /* before it; NULL: none */
    char gateway[IKE_ADDR_TEXT];
    struct model_gaps arrivals;
    struct sim_event arrive;
    struct sim_event next; /* it is to be asked again, or to leave */
    enum state state;
    uint64_t told_ns; /* when it was told to connect */
    enum sim_phase phase;
    uint64_t attempts;
    uint64_t resolved;
    struct model_outcomes outcomes;
    char trouble[512];
};

/* When its first packet of the attempt left, or else when it was told to connect. */
static uint64_t start_of(const struct model_live_client *run)
{
    const uint64_t first_ns =
        sim_tun_end_counts(model_live_daemon_end(run->daemon)).first_entered_ns;
    return first_ns != SIM_NEVER ? first_ns : run->told_ns;
}

static void attempt_end(struct model_live_client *run, enum sim_outcome outcome, uint64_t end_ns,
                        enum ike_why why)
{
    struct sim_record *const record = run->scene->record;
    const uint64_t start_ns = start_of(run);
    const struct sim_handshake row = {.who = run->clients->name,
                                      .client = (uint32_t)run->attempts - 1,
                                      .start_ns = start_ns,
                                      .end_ns = end_ns,
                                      .outcome = outcome,
                                      .phase = run->phase,
                                      .why = why,
                                      .patience_over = outcome == SIM_FAILED};
    run->resolved++;
    model_outcomes_add(&run->outcomes, outcome, run->phase, end_ns - start_ns);
    if (record != NULL)
        record->ops->handshake(record, &row);
}

static void next_at(struct model_live_client *run, uint64_t at_ns)
{
    if (at_ns != SIM_NEVER)
        sim_loop_at(run->scene->loop, &run->next, at_ns);
}

static bool tell(struct model_live_client *run, uint64_t now_ns, enum model_errand errand,
                 void (*done)(void *, uint64_t, const struct model_levels *, bool))
{
    const struct model_live_asked asked = {
        .done = done,
        .owner = run,
        .wait_ns = errand == ERRAND_INITIATE ? run->clients->patience_ns : 0};
    return model_live_daemon_ask(run->daemon, now_ns, errand, asked);
}

/* ---- it leaves ---- */

static void on_gone(void *owner, uint64_t now_ns, const struct model_levels *levels, bool good)
{
    struct model_live_client *const run = owner;
    (void)now_ns;
    (void)levels;
    (void)good;
    run->state = AWAY;
}

/* It may have had none left to end, or be waiting still for the other end to agree; or it hangs,
 * which a question will show. */
static void on_left(void *owner, uint64_t now_ns, const struct model_levels *levels, bool good)
{
    struct model_live_client *const run = owner;
    if (good || !tell(run, now_ns, ERRAND_LIST, on_gone))
        on_gone(run, now_ns, levels, good);
}

static void leave(struct model_live_client *run, uint64_t now_ns)
{
    run->state = LEAVING;
    if (!tell(run, now_ns, ERRAND_END, on_left))
        next_at(run, now_ns + look_again_ns);
}

/* ---- it connects ---- */

static void on_listed(void *owner, uint64_t now_ns, const struct model_levels *levels, bool good)
{
    struct model_live_client *const run = owner;
    (void)good;
    const bool up = levels->established != MODEL_UNTOLD && levels->established > 0 &&
                    levels->children != MODEL_UNTOLD && levels->children > 0;
    if (up) {
        const uint64_t last_ns =
            sim_tun_end_counts(model_live_daemon_end(run->daemon)).last_written_ns;
        attempt_end(run, SIM_SUCCEEDED, last_ns != SIM_NEVER ? last_ns : now_ns, WHY_OK);
        run->state = CONNECTED;
        next_at(run,
                run->clients->stay_ns == SIM_NEVER ? SIM_NEVER : now_ns + run->clients->stay_ns);
    } else if (now_ns - run->told_ns >= run->clients->patience_ns) {
        attempt_end(run, SIM_FAILED, now_ns, WHY_NO_ANSWER);
        leave(run, now_ns);
    } else {
        next_at(run, now_ns + look_again_ns);
    }
}

static void look(struct model_live_client *run, uint64_t now_ns)
{
    if (!tell(run, now_ns, ERRAND_LIST, on_listed))
        next_at(run, now_ns + look_again_ns);
}

static void on_told(void *owner, uint64_t now_ns, const struct model_levels *levels, bool good)
{
    (void)levels;
    (void)good; /* what it has then says whether it succeeded */
    look(owner, now_ns);
}

static void connect_it(struct model_live_client *run, uint64_t now_ns)
{
    sim_tun_end_mark(model_live_daemon_end(run->daemon));
    if (!tell(run, now_ns, ERRAND_INITIATE, on_told))
        return;
    run->state = CONNECTING;
    run->told_ns = now_ns;
    run->phase = model_phase(run->scene, now_ns);
    run->attempts++;
}

static void on_next(void *owner, uint64_t now_ns)
{
    struct model_live_client *const run = owner;
    if (model_live_client_trouble(run) != NULL)
        return;
    if (run->state == CONNECTING)
        look(run, now_ns);
    else if (run->state != AWAY)
        leave(run, now_ns);
}

/* One that is there already does not come again. */
static void on_arrive(void *owner, uint64_t now_ns)
{
    struct model_live_client *const run = owner;
    const struct model_clients *const c = run->clients;
    if (model_live_client_trouble(run) != NULL)
        return;
    if (run->state == AWAY && run->attempts < c->count_max)
        connect_it(run, now_ns);
    const uint64_t at_ns = model_arrival_next(&c->arrivals, &run->arrivals, now_ns);
    if (at_ns < c->until_ns)
        sim_loop_at(run->scene->loop, &run->arrive, at_ns);
}

/* ---- the whole ---- */

static bool begin(struct model_live_client *run)
{
    const struct model_clients *const c = run->clients;
    char stream[MODEL_NAME_MAX + 24];
    if (!model_outcomes_open(&run->outcomes,
                             model_attempts_bound(c, run->scene->config->for_ns) + 1))
        return false;
    (void)snprintf(stream, sizeof stream, "clients.%s.arrivals", c->name);
    sim_rng_open(&run->arrivals.rng, run->scene->config->seed, stream);
    run->arrive = (struct sim_event){.rank = SIM_TIMER, .run = on_arrive, .owner = run};
    run->next = (struct sim_event){.rank = SIM_TIMER, .run = on_next, .owner = run};
    const uint64_t first_ns = model_arrival_first(&c->arrivals, &run->arrivals, c->from_ns);
    if (first_ns < c->until_ns)
        sim_loop_at(run->scene->loop, &run->arrive, first_ns);
    return true;
}

static bool papers_open(struct model_live_client *run)
{
    char stream[MODEL_NAME_MAX + 16];
    const struct model_papers_spec spec = {.name = run->clients->name,
                                           .type = model_rounds_key(run->clients),
                                           .links = run->clients->certificate_chain,
                                           .apart = true};
    (void)snprintf(stream, sizeof stream, "clients.%s", run->clients->name);
    run->papers = model_live_papers_open(run->scene, stream, &spec);
    return run->papers != NULL;
}

struct model_live_client *model_live_client_open(struct model_scene *scene,
                                                 const struct model_clients *clients,
                                                 const struct model_live_client_place *place,
                                                 char *error, size_t error_max)
{
    struct model_live_client *const run = calloc(1, sizeof *run);
    (void)snprintf(error, error_max, "clients.%s: out of memory", clients->name);
    if (run == NULL)
        return NULL;
    run->scene = scene;
    run->clients = clients;
    run->place = *place;
    ike_addr_format(&place->gateway, run->gateway);
    if (!papers_open(run) || !begin(run)) {
        model_live_client_close(run);
        return NULL;
    }
    return run;
}

struct model_papers *model_live_client_papers(struct model_live_client *run)
{
    return model_live_papers_of(run->papers);
}

bool model_live_client_start(struct model_live_client *run, char *error, size_t error_max)
{
    const struct model_clients *const clients = run->clients;
    char path[2 * MODEL_NAME_MAX];
    struct model_live_spec spec = {.path = path,
                                   .host = clients->name,
                                   .daemon = (uint8_t)clients->daemon,
                                   .addr = &run->place.own};
    (void)snprintf(path, sizeof path, "clients.%s", clients->name);
    (void)snprintf(error, error_max, "%s: its papers cannot be made", path);
    model_wish_of_clients(run->scene->config, clients, &spec.wish);
    spec.wish.remote = run->gateway;
    if (model_live_papers_wish(run->papers, &spec.wish))
        run->daemon = model_live_daemon_open(run->scene, &spec, error, error_max);
    return run->daemon != NULL && model_nat_open(&clients->nat, &run->place.outside,
                                                 model_live_daemon_port(run->daemon), &run->nat);
}

struct sim_port *model_live_client_port(struct model_live_client *run)
{
    return model_live_daemon_port(run->daemon);
}

struct sim_source model_live_client_source(struct model_live_client *run)
{
    return model_live_daemon_source(run->daemon);
}

const char *model_live_client_trouble(struct model_live_client *run)
{
    const bool lives = model_live_daemon_lives(run->daemon, run->trouble, sizeof run->trouble);
    return lives ? NULL : run->trouble;
}

void model_live_client_look(const struct model_live_client *run, struct model_glance *out)
{
    const bool up = run->state == CONNECTED;
    out->clients[out->clients_count++] =
        (struct model_glance_clients){.name = run->clients->name,
                                      .attempts = run->attempts,
                                      .successes = run->outcomes.successes,
                                      .failures = run->outcomes.failures,
                                      .established = up ? 1 : 0,
                                      .children = up ? 1 : 0};
}

void model_live_client_report(struct model_live_client *run)
{
    const char *const who = run->clients->name;
    if (run->resolved < run->attempts)
        attempt_end(run, SIM_CENSORED, SIM_NEVER, WHY_OK);
    model_metric(run->scene, who, SIM_METRIC_ATTEMPTS, run->attempts);
    model_outcomes_report(run->scene, who, &run->outcomes);
    model_nat_report(run->scene, who, run->nat);
}

void model_live_client_close(struct model_live_client *run)
{
    if (run == NULL)
        return;
    sim_loop_cancel(run->scene->loop, &run->arrive);
    sim_loop_cancel(run->scene->loop, &run->next);
    model_live_daemon_close(run->daemon);
    model_live_papers_close(run->papers);
    sim_nat_close(run->nat);
    model_outcomes_close(&run->outcomes);
    free(run);
}
