/* SPDX-License-Identifier: MIT
 * Datagrams from one node to another, which nobody answers. A period that ends
 * between two of them takes the rest of the gap along into the next, so that
 * the mean rate is the one given. Bulk transfers are the network's own. */
#include "models/background.h"

#include "sim/ns3_door.h"

#include <stdio.h>
#include <stdlib.h>

enum { NANO = 1000000000, HEADERS = 28, DISCARD_PORT = 9, SOURCE_PORT = 49152 };

struct model_background_run {
    struct model_scene *scene;
    const struct model_background *config;
    struct sim_port near, far;
    struct sim_datagram datagram;
    struct sim_event send;
    struct sim_rng periods;
    uint64_t on_until_ns;    /* the period in which it sends; SIM_NEVER: for ever */
    uint64_t carry;          /* of a gap, what does not fill a nanosecond */
    uint64_t sent, received; /* octets of payload */
    uint32_t bulk;           /* the network's number of a bulk transfer */
    uint8_t payload[UINT16_MAX];
};

static uint64_t until_of(const struct model_background_run *run)
{
    const uint64_t for_ns = run->scene->config->for_ns;
    return run->config->until_ns < for_ns ? run->config->until_ns : for_ns;
}

/* When the next datagram goes, after `from_ns`. */
static uint64_t next_of(struct model_background_run *run, uint64_t from_ns)
{
    const struct model_background *const c = run->config;
    const uint64_t work = c->size * 8 * NANO + run->carry;
    uint64_t at_ns = from_ns + work / c->rate_bps;
    run->carry = work % c->rate_bps;
    while (at_ns > run->on_until_ns) {
        const uint64_t off_ns = sim_rng_exponential(&run->periods, c->off_ns);
        at_ns += off_ns;
        run->on_until_ns += off_ns + sim_rng_exponential(&run->periods, c->on_ns);
    }
    return at_ns < until_of(run) ? at_ns : SIM_NEVER;
}

static void on_send(void *owner, uint64_t now_ns)
{
    struct model_background_run *const run = owner;
    run->sent += run->datagram.len;
    (void)run->scene->net->ops->send(run->scene->net, now_ns, &run->near, &run->datagram);
    sim_loop_at(run->scene->loop, &run->send, next_of(run, now_ns));
}

static void on_arrival(void *owner, uint64_t now_ns, const struct sim_datagram *datagram)
{
    struct model_background_run *const run = owner;
    (void)now_ns;
    run->received += datagram->len;
}

/* What is said of its datagrams does not move it. */
static void on_reply(void *owner, uint64_t now_ns, const struct sim_datagram *datagram)
{
    (void)owner;
    (void)now_ns;
    (void)datagram;
}

static void on_off_open(struct model_background_run *run, const struct model_background_place *at,
                        const uint32_t nodes[2])
{
    const struct model_background *const c = run->config;
    struct sim_net *const net = run->scene->net;
    const struct ike_prefix near = model_prefix_of(&at->from);
    const struct ike_prefix far = model_prefix_of(&at->to);
    char stream[MODEL_NAME_MAX + 32];
    (void)snprintf(stream, sizeof stream, "background.%s", c->name);
    sim_rng_open(&run->periods, run->scene->config->seed, stream);
    run->near = (struct sim_port){.name = c->name, .deliver = on_reply, .owner = run};
    run->far = (struct sim_port){.name = c->name, .deliver = on_arrival, .owner = run};
    net->ops->attach(net, nodes[0], &run->near, &near);
    net->ops->attach(net, nodes[1], &run->far, &far);
    run->datagram = (struct sim_datagram){.from = at->from,
                                          .to = at->to,
                                          .at = run->payload,
                                          .len = c->size - HEADERS,
                                          .protocol = SIM_UDP};
    run->datagram.from.port = SOURCE_PORT;
    run->datagram.to.port = DISCARD_PORT;
    run->on_until_ns =
        c->off_ns == 0 ? SIM_NEVER : c->start_ns + sim_rng_exponential(&run->periods, c->on_ns);
    run->send = (struct sim_event){.rank = SIM_ARRIVAL, .run = on_send, .owner = run};
    sim_loop_at(run->scene->loop, &run->send, next_of(run, c->start_ns));
}

struct model_background_run *model_background_open(struct model_scene *scene, uint32_t index,
                                                   const struct model_topology *topology)
{
    const struct model_background *const c = &scene->config->backgrounds[index];
    struct model_background_run *const run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    run->scene = scene;
    run->config = c;
    const uint32_t nodes[2] = {model_node_via(scene->config, topology, c->from),
                               model_node_via(scene->config, topology, c->to)};
    if (c->kind == MODEL_BULK_TCP)
        run->bulk = sim_net_ns3_bulk(scene->net, &(struct sim_bulk){.from = nodes[0],
                                                                    .to = nodes[1],
                                                                    .start_ns = c->start_ns,
                                                                    .until_ns = until_of(run)});
    else
        on_off_open(run, &scene->places->backgrounds[index], nodes);
    return run;
}

void model_background_report(const struct model_background_run *run)
{
    const char *const name = run->config->name;
    uint64_t received = run->received;
    if (run->config->kind == MODEL_BULK_TCP)
        received = sim_net_ns3_received(run->scene->net, run->bulk);
    else
        model_metric(run->scene, name, SIM_METRIC_BACKGROUND_SENT, run->sent);
    model_metric(run->scene, name, SIM_METRIC_BACKGROUND_RECEIVED, received);
}

void model_background_close(struct model_background_run *run)
{
    if (run == NULL)
        return;
    sim_loop_cancel(run->scene->loop, &run->send);
    free(run);
}

uint64_t model_background_datagrams(const struct model_background *background, uint64_t for_ns)
{
    const uint64_t end_ns = background->until_ns < for_ns ? background->until_ns : for_ns;
    if (background->kind == MODEL_BULK_TCP || background->start_ns >= end_ns)
        return 0;
    const uint64_t part = model_mul_div(
        end_ns - background->start_ns, background->on_ns,
        background->off_ns == 0 ? background->on_ns : background->on_ns + background->off_ns);
    return model_mul_div(part, background->rate_bps, background->size * 8 * NANO);
}
