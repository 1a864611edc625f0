/* SPDX-License-Identifier: MIT
 * Attempts of clients that come, connect, lose patience, try again, stay and
 * leave. An attempt is a row; it has one deadline at a time: its patience while
 * it is tried, then the next try or the end of its stay. The engine hears of
 * nothing within its own calls: what an event leads to is done at a deadline. */
#include "models/attempts.h"

#include "ike/pool.h"
#include "ike/timer.h"
#include "ike/v2/wire.h"
#include "models/abilities.h"
#include "models/arrivals.h"
#include "models/clients.h"
#include "models/gateway_trace.h"
#include "models/outcomes.h"
#include "models/places.h"
#include "models/policy.h"
#include "models/traffic.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MILLION = 1000000, THOUSAND = 1000 };

enum attempt_state {
    TRYING,  /* deadline: patience is over */
    WAITING, /* failed; deadline: tries again */
    STAYING, /* its SA is up; deadline: moves or leaves */
    AWAY,    /* its SA is gone; deadline: comes back, in an attempt of its own */
    ENDED,
};

struct attempt {
    uint64_t sa;
    uint64_t start_ns;
    uint64_t leave_ns; /* when it is up */
    uint64_t gone_ns;  /* when the gateway went that its client has lost its SA to; SIM_NEVER */
    uint32_t client, moves;
    uint16_t tries; /* before this one */
    uint16_t sent;  /* datagrams of its address while it was tried, */
    uint16_t received;
    uint8_t children; /* Child SAs up */
    uint8_t rounds;   /* and answers the engine took */
    uint8_t cookies;
    uint8_t groups;
    uint8_t state; /* enum attempt_state */
    uint8_t phase; /* enum sim_phase */
    bool resumed;
};

/* The last ticket of an attempt's SA. */
struct keepsake {
    uint64_t sa;
    uint16_t len; /* 0: none */
    uint8_t octets[IKE_RESUME_MAX];
};

struct model_attempts_run {
    struct model_scene *scene;
    const struct model_clients *clients;
    struct model_clients_place place;
    struct ike_engine *engine;
    struct sim_host *host;
    const struct ike_policy *policy;
    struct model_passports *passports;
    struct model_backend *backend;
    struct model_traffic_run *traffic;
    struct model_gaps arrivals;
    struct sim_event arrive;
    struct sim_event due;        /* the first of `deadlines` */
    struct ike_timers deadlines; /* by attempt, from 1 */
    struct attempt *attempts;
    struct keepsake *keepsakes; /* by attempt; NULL: they resume nothing */
    uint32_t *latest;           /* attempt of each address, from 1 */
    uint32_t attempt_max;
    uint32_t attempt_count;
    uint32_t client_count;
    uint32_t address_count; /* in `latest` */

    struct model_outcomes outcomes;
    uint64_t move_count;
    uint64_t retransmissions;
    uint64_t packets;             /* of successes */
    uint64_t resumed;             /* successes */
    uint64_t lost;                /* SAs given up, for their gateway was not there; */
    uint64_t lost_ns;             /* so long after it had gone, together */
    uint64_t back, back_ns;       /* clients up again after that, likewise */
    uint64_t whys[IKE_WHY_COUNT]; /* of failures */
};

uint64_t model_attempts_bound(const struct model_clients *clients, uint64_t for_ns)
{
    const uint64_t until_ns = clients->until_ns < for_ns ? clients->until_ns : for_ns;
    const uint64_t span_ns = until_ns > clients->from_ns ? until_ns - clients->from_ns : 0;
    uint64_t bound = model_arrival_bound(&clients->arrivals, span_ns);
    if (clients->count_max != IKE_UNLIMITED && clients->count_max < bound)
        bound = clients->count_max;
    if (bound > MODEL_ATTEMPTS_MAX)
        return bound;
    if (clients->reconnect_ns != SIM_NEVER) {
        const uint64_t stay_ns = clients->stay_ns < for_ns ? clients->stay_ns : 0;
        bound *= 1 + for_ns / (stay_ns + clients->reconnect_ns);
    }
    return clients->refused == MODEL_RETRY ? bound * (1 + clients->retries) : bound;
}

/* Deadlines. */

static void due_arm(struct model_attempts_run *run)
{
    const struct ike_timer_entry first = ike_timers_first(&run->deadlines);
    sim_loop_at(run->scene->loop, &run->due, first.number == 0 ? SIM_NEVER : first.at_ns);
}

static void deadline_set(struct model_attempts_run *run, uint32_t index, uint64_t at_ns)
{
    ike_timers_set(&run->deadlines, index + 1, at_ns);
    due_arm(run);
}

/* Attempts. */

/* How an attempt ended. */
struct ending {
    enum sim_outcome outcome;
    uint64_t end_ns;
    enum ike_why why;
    uint16_t notify;
    uint16_t resent;
    bool patience_over;
};

static void count_ending(struct model_attempts_run *run, const struct attempt *a,
                         const struct ending *end)
{
    run->retransmissions += end->resent;
    model_outcomes_add(&run->outcomes, end->outcome, (enum sim_phase)a->phase,
                       end->end_ns - a->start_ns);
    if (end->outcome == SIM_FAILED)
        run->whys[end->why]++;
    if (end->outcome == SIM_SUCCEEDED) {
        run->resumed += a->resumed ? 1 : 0;
        run->packets += (uint64_t)a->sent + a->received;
    }
}

static void attempt_end(struct model_attempts_run *run, uint32_t index, const struct ending *end)
{
    const struct attempt *const a = &run->attempts[index];
    struct sim_record *const record = run->scene->record;
    const uint64_t said_ns =
        end->outcome == SIM_CENSORED ? run->scene->config->for_ns : end->end_ns;
    count_ending(run, a, end);
    sim_fingerprint_add(&run->scene->fingerprint, SIM_TRACE_OUTCOME, said_ns,
                        (uint64_t)index << 16 | (uint64_t)end->outcome << 8 | (uint64_t)end->why);
    if (record == NULL)
        return;
    const struct sim_handshake row = {.who = run->clients->name,
                                      .client = a->client,
                                      .start_ns = a->start_ns,
                                      .end_ns = end->end_ns,
                                      .outcome = end->outcome,
                                      .phase = (enum sim_phase)a->phase,
                                      .why = end->why,
                                      .notify = end->notify,
                                      .retransmissions = end->resent,
                                      .cookies = a->cookies,
                                      .groups = a->groups,
                                      .round_trips = a->rounds,
                                      .patience_over = end->patience_over};
    record->ops->handshake(record, &row);
}

/* A time of the stream "clients.NAME.what", exponential. */
static uint64_t draw_ns(struct model_attempts_run *run, const char *what, uint64_t index,
                        uint64_t mean_ns)
{
    char stream[MODEL_NAME_MAX + 16];
    struct sim_rng rng;
    (void)snprintf(stream, sizeof stream, "clients.%s.%s", run->clients->name, what);
    sim_rng_open_at(&rng, run->scene->config->seed, stream, index);
    return sim_rng_exponential(&rng, mean_ns);
}

static void attempt_failed(struct model_attempts_run *run, uint32_t index, const struct ending *end)
{
    struct attempt *const a = &run->attempts[index];
    attempt_end(run, index, end);
    a->state = ENDED;
    if (run->clients->refused != MODEL_RETRY || a->tries >= run->clients->retries) {
        deadline_set(run, index, SIM_NEVER);
        return;
    }
    a->state = WAITING;
    deadline_set(run, index, end->end_ns + draw_ns(run, "retry", index, run->clients->retry_ns));
}

static uint64_t offset_of(uint32_t client)
{
    return (uint64_t)client + 1; /* not the prefix's own address */
}

static uint32_t slot_of(const struct model_attempts_run *run, uint64_t offset)
{
    return (uint32_t)(offset % model_prefix_size(&run->place.prefix) % run->address_count);
}

/* What an attempt before this one has left: it is good once (RFC 5723 4.3.1). */
static struct ike_bytes ticket_of(struct model_attempts_run *run, uint32_t before)
{
    if (run->keepsakes == NULL || before == 0)
        return (struct ike_bytes){.at = NULL, .len = 0};
    struct keepsake *const k = &run->keepsakes[before - 1];
    const struct ike_bytes ticket = {.at = k->octets, .len = k->len};
    k->len = 0;
    return ticket;
}

/* Who comes, and as whom before. */
struct arrival {
    uint32_t client;
    uint16_t tries;  /* before this one */
    uint32_t before; /* the attempt whose SA went, from 1; 0: none */
    uint64_t gone_ns;
};

/* The client's own address is also what marks its datagrams. */
static void attempt_begin(struct model_attempts_run *run, uint64_t now_ns,
                          const struct arrival *who)
{
    const uint32_t client = who->client;
    struct ike_id id;
    if (run->attempt_count == run->attempt_max)
        return;
    const uint32_t index = run->attempt_count++;
    struct attempt *const a = &run->attempts[index];
    *a = (struct attempt){.start_ns = now_ns,
                          .gone_ns = who->gone_ns,
                          .client = client,
                          .tries = who->tries,
                          .phase = (uint8_t)model_phase(run->scene, now_ns)};
    run->latest[slot_of(run, offset_of(client))] = index + 1;
    sim_fingerprint_add(&run->scene->fingerprint, SIM_TRACE_ARRIVAL, now_ns, index);
    model_id_of_client(run->clients, client, &id);
    struct ike_attempt wish = {
        .local = ike_prefix_at(&run->place.prefix, offset_of(client), IKE_PORT),
        .remote = run->place.gateway,
        .policy = run->policy,
        .local_id = &id,
        .credential = model_passports_of(run->passports, MODEL_FIRST_SERIAL + client, &id),
        .ticket = ticket_of(run, who->before),
        .tag = index};
    wish.remote.port = IKE_PORT;
    a->sa = sim_host_connect(run->host, now_ns, &wish);
    if (a->sa == 0)
        attempt_failed(
            run, index,
            &(struct ending){.outcome = SIM_FAILED, .end_ns = now_ns, .why = WHY_SA_TABLE_FULL});
    else
        deadline_set(run, index, now_ns + run->clients->patience_ns);
}

/* Its SA is gone, or will be. */
static void go_away(struct model_attempts_run *run, uint64_t now_ns, uint32_t index)
{
    struct attempt *const a = &run->attempts[index];
    const uint64_t back_ns = run->clients->reconnect_ns;
    const bool back = back_ns < run->clients->until_ns && now_ns < run->clients->until_ns - back_ns;
    a->state = back ? AWAY : ENDED;
    model_traffic_stop(run->traffic, now_ns, index);
    deadline_set(run, index, back ? now_ns + back_ns : SIM_NEVER);
}

static void leave(struct model_attempts_run *run, uint64_t now_ns, uint32_t index)
{
    const uint64_t sa = run->attempts[index].sa;
    if (run->clients->leave == MODEL_SILENT) {
        sim_host_forget(run->host, now_ns, sa);
    } else {
        sim_host_delete(run->host, now_ns, sa);
        if (run->keepsakes != NULL) /* RFC 5723 6.2 */
            run->keepsakes[index].len = 0;
    }
    go_away(run, now_ns, index);
}

/* When a client that stays has something to do next: to go elsewhere, or to leave. */
static void stay_on(struct model_attempts_run *run, uint64_t now_ns, uint32_t index)
{
    const struct attempt *const a = &run->attempts[index];
    const uint64_t mean_ns = run->clients->moves_ns, which = (uint64_t)a->moves << 32 | index;
    const uint64_t in_ns =
        mean_ns == 0 ? SIM_NEVER - now_ns : draw_ns(run, "moves", which, mean_ns);
    deadline_set(run, index, now_ns + in_ns < a->leave_ns ? now_ns + in_ns : a->leave_ns);
}

static void move(struct model_attempts_run *run, uint64_t now_ns, uint32_t index)
{
    struct attempt *const a = &run->attempts[index];
    const struct ike_addr to = model_prefix_elsewhere(&run->place.prefix, run->move_count++);
    (void)sim_host_move(run->host, now_ns, a->sa, &to);
    a->state = STAYING;
    a->moves++;
    stay_on(run, now_ns, index);
}

static void on_due(void *owner, uint64_t now_ns)
{
    struct model_attempts_run *const run = owner;
    const struct ike_timer_entry first = ike_timers_first(&run->deadlines);
    assert(first.number != 0 && first.at_ns <= now_ns);
    const uint32_t index = first.number - 1;
    struct attempt *const a = &run->attempts[index];
    const uint8_t state = a->state;
    const uint64_t sa = a->sa;
    ike_timers_set(&run->deadlines, first.number, SIM_NEVER);
    a->state = ENDED;
    if (state == TRYING) {
        attempt_failed(run, index,
                       &(struct ending){.outcome = SIM_FAILED,
                                        .end_ns = now_ns,
                                        .why = WHY_NO_ANSWER,
                                        .resent = ike_sa_sends(run->engine, sa),
                                        .patience_over = true});
        sim_host_forget(run->host, now_ns, sa);
    } else if (state == WAITING) {
        attempt_begin(run, now_ns,
                      &(struct arrival){.client = a->client,
                                        .tries = (uint16_t)(a->tries + 1),
                                        .gone_ns = a->gone_ns});
    } else if (state == AWAY) {
        attempt_begin(
            run, now_ns,
            &(struct arrival){.client = a->client, .before = index + 1, .gone_ns = a->gone_ns});
    } else if (state == STAYING && now_ns < a->leave_ns) {
        move(run, now_ns, index);
    } else if (state == STAYING) {
        leave(run, now_ns, index);
    }
    due_arm(run);
}

static void on_arrive(void *owner, uint64_t now_ns)
{
    struct model_attempts_run *const run = owner;
    const struct model_arrivals *const arrivals = &run->clients->arrivals;
    const uint64_t many = arrivals->process == MODEL_BURST ? arrivals->burst : 1;
    for (uint64_t i = 0; i < many && run->client_count < run->clients->count_max; i++)
        attempt_begin(run, now_ns,
                      &(struct arrival){.client = run->client_count++, .gone_ns = SIM_NEVER});
    const uint64_t next_ns = model_arrival_next(arrivals, &run->arrivals, now_ns);
    const bool more = run->client_count < run->clients->count_max;
    sim_loop_at(run->scene->loop, &run->arrive,
                more && next_ns < run->clients->until_ns ? next_ns : SIM_NEVER);
}

/* What the host tells. */

static void succeeded(struct model_attempts_run *run, uint64_t now_ns,
                      const struct ike_event *event)
{
    struct attempt *const a = &run->attempts[event->tag];
    const uint64_t stay_ns = run->clients->stay_ns;
    attempt_end(
        run, event->tag,
        &(struct ending){.outcome = SIM_SUCCEEDED, .end_ns = now_ns, .resent = event->sends});
    if (a->gone_ns != SIM_NEVER) {
        run->back++;
        run->back_ns += now_ns - a->gone_ns;
        a->gone_ns = SIM_NEVER;
    }
    a->state = STAYING;
    a->leave_ns = stay_ns == SIM_NEVER ? SIM_NEVER : now_ns + stay_ns;
    stay_on(run, now_ns, event->tag);
}

/* The next one is asked for, until there are as many as wanted. */
static void child_is_up(struct model_attempts_run *run, uint64_t now_ns,
                        const struct ike_event *event)
{
    struct attempt *const a = &run->attempts[event->tag];
    if (event->child_was != 0)
        return; /* it only replaces another */
    if (++a->children < run->clients->children)
        sim_host_create_child(run->host, now_ns, a->sa, 0);
    else
        succeeded(run, now_ns, event);
}

/* Nobody was there any more. */
static bool is_lost(enum ike_why why)
{
    return why == WHY_NO_ANSWER || why == WHY_PEER_CRASHED;
}

/* RFC 5723 6.2: a ticket goes with its IKE SA, unless that was lost. */
static void mind_ticket(struct model_attempts_run *run, const struct ike_event *event)
{
    if (run->keepsakes == NULL)
        return;
    struct keepsake *const k = &run->keepsakes[event->tag];
    if ((event->kind == IKE_REKEYED && event->was == k->sa) ||
        (event->kind == IKE_DOWN && event->sa == k->sa && !is_lost(event->why)))
        k->len = 0;
    if (event->kind != IKE_TICKET)
        return;
    k->sa = event->sa;
    k->len = (uint16_t)sim_host_ticket(run->host, event->sa, k->octets);
}

/* An SA is given up. When the gateway went, if it did. */
static void count_loss(struct model_attempts_run *run, uint64_t now_ns, struct attempt *a)
{
    const struct model_world_config *const config = run->scene->config;
    const struct sim_outages *const outages =
        &config->gateways[model_gateway_named(config, run->clients->to)].outages;
    uint64_t since_ns = SIM_NEVER;
    for (uint64_t i = 0; i < outages->count && outages->at[i].from_ns <= now_ns; i++)
        since_ns = outages->at[i].from_ns;
    if (since_ns == SIM_NEVER)
        return;
    run->lost++;
    run->lost_ns += now_ns - since_ns;
    a->gone_ns = a->gone_ns == SIM_NEVER ? since_ns : a->gone_ns;
}

static void on_event(void *owner, uint64_t now_ns, const struct ike_event *event)
{
    struct model_attempts_run *const run = owner;
    if (event->kind == IKE_ASK && run->backend != NULL)
        model_backend_hear(run->backend, now_ns, event);
    if (event->kind == IKE_KEYED) /* they are asked for where a trace wants them */
        model_trace_told(run->scene, run->clients->to, run->engine, event->sa);
    if (event->tag >= run->attempt_count)
        return;
    struct attempt *const a = &run->attempts[event->tag];
    if ((event->kind == IKE_REKEYED || event->kind == IKE_UP) && event->was != 0 &&
        a->sa == event->was) /* rekeyed, or authenticated anew */
        a->sa = event->sa;
    if (event->kind == IKE_REDIRECTED && event->why == WHY_OK && a->state == TRYING &&
        a->sa == event->was) /* it goes on with another gateway */
        a->sa = event->sa;
    if (event->kind == IKE_UP)
        model_abilities_up(&run->clients->abilities, run->host, now_ns, event->sa);
    mind_ticket(run, event);
    if (event->kind == IKE_DOWN && is_lost(event->why))
        count_loss(run, now_ns, a);
    if (a->state == STAYING && event->kind == IKE_DOWN && a->sa == event->sa &&
        run->clients->reconnect_ns != SIM_NEVER)
        go_away(run, now_ns, event->tag);
    if (a->state != TRYING || a->sa != event->sa)
        return;
    a->resumed = a->resumed || event->resumed;
    const struct ending failed = {.outcome = SIM_FAILED,
                                  .end_ns = now_ns,
                                  .why = event->why,
                                  .notify = event->notify,
                                  .resent = event->sends};
    if (event->kind == IKE_UP && model_is_childless(run->scene->config, run->clients)) {
        sim_host_create_child(run->host, now_ns, a->sa, 0);
    } else if (event->kind == IKE_CHILD_UP) {
        child_is_up(run, now_ns, event);
    } else if (event->kind == IKE_FAILED || event->kind == IKE_DOWN ||
               (event->kind == IKE_REDIRECTED && event->why == WHY_SA_TABLE_FULL)) {
        attempt_failed(run, event->tag, &failed);
    } else if (event->kind == IKE_CHILD_FAILED) {
        attempt_end(run, event->tag, &failed);
        a->state = STAYING; /* an IKE SA without use: leaves at once */
        deadline_set(run, event->tag, now_ns);
    }
}

/* The attempt under way at an address of ours, or NULL: also when someone has moved there. */
static struct attempt *attempt_at(struct model_attempts_run *run, const struct ike_addr *addr)
{
    const struct ike_addr *const base = &run->place.prefix.base;
    const size_t end = addr->family == IKE_IPV4 ? 4 : 16;
    const size_t width = addr->family == IKE_IPV4 ? 4 : 8;
    struct ike_reader ours = rd_open((struct ike_bytes){addr->ip + end - width, width});
    struct ike_reader first = rd_open((struct ike_bytes){base->ip + end - width, width});
    const uint64_t offset = rd_uint(&ours, width) - rd_uint(&first, width);
    const uint32_t number = run->latest[slot_of(run, offset)];
    struct attempt *const a = &run->attempts[number != 0 ? number - 1 : 0];
    const uint64_t apart = (offset - offset_of(a->client)) % model_prefix_size(&run->place.prefix);
    return number != 0 && a->state == TRYING && apart == 0 ? a : NULL;
}

/* Answers that ask for another request are told by their first payload, a lone notify. */
static void count_answer(struct attempt *a, const struct ike_datagram *answer)
{
    struct ike_reader r = rd_open(answer->bytes);
    rd_skip(&r, 16 + (answer->stream != 0 ? 4U : 0U)); /* the marker */
    const uint8_t next = rd_u8(&r);
    rd_skip(&r, 1);
    const uint8_t exchange = rd_u8(&r);
    rd_skip(&r, IKE_HEADER_LEN - 19 + IKE_PAYLOAD_HEAD + 2);
    const uint16_t notify = rd_u16(&r);
    a->rounds++;
    if (r.bad || next != PAYLOAD_NOTIFY ||
        (exchange != IKE_SA_INIT && exchange != IKE_SESSION_RESUME))
        return;
    a->cookies = (uint8_t)(a->cookies + (notify == N_COOKIE ? 1 : 0));
    a->groups = (uint8_t)(a->groups + (notify == N_INVALID_KE_PAYLOAD ? 1 : 0));
}

static void on_seen(void *owner, uint64_t now_ns, bool inbound, const struct ike_datagram *datagram,
                    const char *fate)
{
    struct model_attempts_run *const run = owner;
    struct attempt *const a = attempt_at(run, &datagram->local);
    (void)now_ns;
    if (a == NULL)
        return;
    if (!inbound) {
        a->sent++;
        return;
    }
    a->received++;
    if (strcmp(fate, "accepted") == 0)
        count_answer(a, datagram);
}

/* Opening and closing. */

static bool reserve(struct model_attempts_run *run)
{
    const uint64_t size = model_prefix_size(&run->place.prefix);
    const uint64_t bound = model_attempts_bound(run->clients, run->scene->config->for_ns);
    assert(bound <= MODEL_ATTEMPTS_MAX);
    run->attempt_max = (uint32_t)bound + 1;
    run->address_count = size < run->attempt_max + 2 ? (uint32_t)size : run->attempt_max + 2;
    run->attempts = ike_reserve(run->attempt_max, sizeof *run->attempts);
    run->latest = ike_reserve(run->address_count, sizeof *run->latest);
    if (run->clients->resume)
        run->keepsakes = ike_reserve(run->attempt_max, sizeof *run->keepsakes);
    if (run->clients->resume && run->keepsakes == NULL)
        return false;
    return model_outcomes_open(&run->outcomes, run->attempt_max) &&
           ike_timers_open(&run->deadlines, run->attempt_max) && run->attempts != NULL &&
           run->latest != NULL;
}

struct model_attempts_run *model_attempts_open(struct model_scene *scene,
                                               const struct model_clients *clients,
                                               const struct model_clients_place *place)
{
    struct model_attempts_run *const run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    run->scene = scene;
    run->clients = clients;
    run->place = *place;
    if (!reserve(run)) {
        model_attempts_close(run);
        return NULL;
    }
    return run;
}

uint32_t model_attempts_max(const struct model_attempts_run *run)
{
    return run->attempt_max;
}

uint32_t model_attempts_addresses(const struct model_attempts_run *run)
{
    return run->address_count;
}

struct sim_host_ear model_attempts_ear(struct model_attempts_run *run)
{
    return (struct sim_host_ear){.event = on_event, .seen = on_seen, .owner = run};
}

void model_attempts_begin(struct model_attempts_run *run, const struct model_attempts_parts *parts)
{
    const struct model_scene *const scene = run->scene;
    char stream[MODEL_NAME_MAX + 24];
    run->engine = parts->engine;
    run->host = parts->host;
    run->policy = parts->policy;
    run->passports = parts->passports;
    run->backend = parts->backend;
    run->traffic = parts->traffic;
    (void)snprintf(stream, sizeof stream, "clients.%s.arrivals", run->clients->name);
    sim_rng_open(&run->arrivals.rng, scene->config->seed, stream);
    run->arrive = (struct sim_event){.rank = SIM_ARRIVAL, .run = on_arrive, .owner = run};
    run->due = (struct sim_event){.rank = SIM_TIMER, .run = on_due, .owner = run};
    const uint64_t first_ns =
        model_arrival_first(&run->clients->arrivals, &run->arrivals, run->clients->from_ns);
    sim_loop_at(scene->loop, &run->arrive,
                first_ns < run->clients->until_ns ? first_ns : SIM_NEVER);
}

void model_attempts_close(struct model_attempts_run *run)
{
    if (run == NULL)
        return;
    sim_loop_cancel(run->scene->loop, &run->arrive);
    sim_loop_cancel(run->scene->loop, &run->due);
    ike_timers_close(&run->deadlines);
    ike_unreserve(run->attempts, run->attempt_max, sizeof *run->attempts);
    ike_unreserve(run->keepsakes, run->attempt_max, sizeof *run->keepsakes);
    model_outcomes_close(&run->outcomes);
    ike_unreserve(run->latest, run->address_count, sizeof *run->latest);
    free(run);
}

void model_attempts_look(const struct model_attempts_run *run, struct model_glance *out,
                         struct model_glance_clients *clients)
{
    clients->attempts = run->attempt_count;
    clients->successes = run->outcomes.successes;
    clients->failures = run->outcomes.failures;
    model_glance_add_all(out, run->clients->name, run->whys, true);
}

/* The end. */

void model_attempts_report(struct model_attempts_run *run)
{
    const struct model_scene *const scene = run->scene;
    const char *const who = run->clients->name;
    for (uint32_t i = 0; i < run->attempt_count; i++)
        if (run->attempts[i].state == TRYING)
            attempt_end(run, i,
                        &(struct ending){.outcome = SIM_CENSORED,
                                         .end_ns = SIM_NEVER,
                                         .resent = ike_sa_sends(run->engine, run->attempts[i].sa)});
    model_metric(scene, who, SIM_METRIC_ATTEMPTS, run->attempt_count);
    model_outcomes_report(scene, who, &run->outcomes);
    model_metric(scene, who, SIM_METRIC_IKE_RETRANSMISSIONS, run->retransmissions);
    if (scene->config->gateways[model_gateway_named(scene->config, run->clients->to)]
            .outages.count > 0) {
        model_metric(scene, who, SIM_METRIC_PEERS_LOST, run->lost);
        model_metric_ratio(scene, who, SIM_METRIC_LOSS_FOUND_MEAN,
                           (uint64_t[]){run->lost_ns, 1, run->lost});
        model_metric_ratio(scene, who, SIM_METRIC_BACK_MEAN,
                           (uint64_t[]){run->back_ns, 1, run->back});
    }
    if (run->clients->resume)
        model_metric(scene, who, SIM_METRIC_RESUMED, run->resumed);
    model_metric_ratio(scene, who, SIM_METRIC_CONNECTION_PACKETS,
                       (uint64_t[]){run->packets, THOUSAND, run->outcomes.successes});
}
