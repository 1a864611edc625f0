/* SPDX-License-Identifier: MIT
 * Questions on their way, each an event of the loop in a pool of fixed size. */
#include "models/backend.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { QUESTIONS_MAX = 1 << 16, NOWHERE = 0 };

struct question {
    struct sim_event event;
    struct model_backend *backend;
    uint64_t sa;
    uint32_t number;
    uint32_t next; /* of those free */
    uint8_t service;
    uint8_t url_len;
    uint8_t url[MODEL_URL_MAX]; /* of a passport */
};

struct model_backend {
    struct sim_loop *loop;
    struct sim_host *host;
    struct sim_rng rng;
    struct model_backend_counts counts;
    struct model_service services[MODEL_SERVICES_MAX];
    uint8_t service_count;
    uint32_t free;  /* NOWHERE: none that was used before */
    uint32_t fresh; /* the first never used */
    struct question questions[QUESTIONS_MAX + 1];
};

struct model_backend *model_backend_open(const struct model_scene *scene, struct sim_host *host,
                                         const char *stream)
{
    struct model_backend *const b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->loop = scene->loop;
    b->host = host;
    b->fresh = NOWHERE + 1;
    sim_rng_open(&b->rng, scene->config->seed, stream);
    return b;
}

void model_backend_serve(struct model_backend *backend, const struct model_service *service)
{
    assert(backend->service_count < MODEL_SERVICES_MAX);
    backend->services[backend->service_count++] = *service;
}

static bool serves(const struct model_service *service, struct ike_bytes what)
{
    const char *const name = service->what != NULL ? service->what : service->passports->prefix;
    const size_t len = strlen(name);
    return (service->what != NULL ? what.len == len : what.len > len) &&
           memcmp(name, what.at, len) == 0;
}

static uint8_t service_of(const struct model_backend *b, struct ike_bytes what)
{
    uint8_t i = 0;
    while (i < b->service_count && !serves(&b->services[i], what))
        i++;
    assert(i < b->service_count); /* the policy names nothing else */
    return i;
}

static uint32_t take(struct model_backend *b)
{
    const uint32_t place = b->free;
    if (place != NOWHERE)
        b->free = b->questions[place].next;
    else if (b->fresh <= QUESTIONS_MAX)
        return b->fresh++;
    return place;
}

static struct ike_bytes answer_to(const struct question *q)
{
    const struct model_service *const service = &q->backend->services[q->service];
    const struct ike_bytes url = {.at = q->url, .len = q->url_len};
    return service->what != NULL ? service->answer : model_passports_fetch(service->passports, url);
}

static void answer(void *owner, uint64_t now_ns)
{
    struct question *const q = owner;
    struct model_backend *const b = q->backend;
    const struct model_behind *const behind = b->services[q->service].behind;
    const bool fails = sim_rng_chance_ppb(&b->rng, (uint32_t)behind->fails_ppb);
    const struct ike_bytes bytes = fails ? (struct ike_bytes){.len = 0} : answer_to(q);
    const uint64_t sa = q->sa;
    const uint32_t number = q->number;
    q->next = b->free;
    b->free = (uint32_t)(q - b->questions);
    if (!sim_host_answer(b->host, now_ns, sa, number, bytes))
        b->counts.late++;
}

void model_backend_hear(struct model_backend *backend, uint64_t now_ns,
                        const struct ike_event *event)
{
    const uint8_t service = service_of(backend, event->what);
    const struct model_behind *const behind = backend->services[service].behind;
    const uint32_t place = take(backend);
    backend->counts.asked++;
    if (place == NOWHERE) {
        backend->counts.dropped++;
        return;
    }
    struct question *const q = &backend->questions[place];
    *q = (struct question){.event = {.rank = SIM_DELIVER, .run = answer, .owner = q},
                           .backend = backend,
                           .sa = event->sa,
                           .number = event->question,
                           .service = service};
    if (backend->services[service].what == NULL && event->what.len <= sizeof q->url) {
        q->url_len = (uint8_t)event->what.len;
        memcpy(q->url, event->what.at, event->what.len);
    }
    const uint64_t jitter_ns =
        behind->jitter_ns > 0 ? sim_rng_between(&backend->rng, 0, behind->jitter_ns) : 0;
    sim_loop_at(backend->loop, &q->event, now_ns + behind->latency_ns + jitter_ns);
}

const struct model_backend_counts *model_backend_counts(const struct model_backend *backend)
{
    return &backend->counts;
}

void model_backend_report(const struct model_backend *backend, const struct model_scene *scene,
                          const char *who)
{
    if (backend == NULL)
        return;
    model_metric(scene, who, SIM_METRIC_BACKEND_ASKED, backend->counts.asked);
    model_metric(scene, who, SIM_METRIC_BACKEND_LATE, backend->counts.late);
    model_metric(scene, who, SIM_METRIC_BACKEND_DROPPED, backend->counts.dropped);
}

void model_backend_close(struct model_backend *backend)
{
    if (backend == NULL)
        return;
    for (uint32_t i = NOWHERE + 1; i < backend->fresh; i++)
        sim_loop_cancel(backend->loop, &backend->questions[i].event);
    free(backend);
}
