/* SPDX-License-Identifier: MIT
 * Packets come out of tunnels, are counted, and go back at once by the IKE SA by which they came:
 * in the same turn, so that the core has opened one and sealed another when it goes. */
#include "models/echo.h"

#include "models/carried.h"
#include "models/policy.h"
#include "models/traffic.h"

#include <stdlib.h>

struct model_echo_run {
    struct model_scene *scene;
    const char *who;
    struct model_tunnels *tunnels;
    uint8_t room[MODEL_CARRIED_MAX];
};

bool model_gateway_has_traffic(const struct model_world_config *config,
                               const struct model_gateway *gateway)
{
    for (uint32_t i = 0; i < config->client_count; i++)
        if (model_has_traffic(&config->clients[i]) &&
            model_serves(config, gateway, &config->clients[i]))
            return true;
    return false;
}

/* Back to where it came from, by the same IKE SA. */
static void echo(struct model_echo_run *run, uint64_t now_ns, struct sim_host *host,
                 const struct model_carried *carried, uint64_t sa)
{
    struct model_traffic_counts *const counts = &run->scene->traffic[carried->population];
    const enum model_traffic_kind kind =
        run->scene->config->clients[carried->population].traffic.kind;
    struct model_carried back = *carried;
    back.ends = model_carried_ends(&carried->ends.to, &carried->ends.from, kind, true);
    const struct model_going going = {
        .sa = sa, .ends = back.ends, .octets = model_carried_put(&back, run->room)};
    const bool sent = model_tunnels_send(run->tunnels, now_ns, host, &going);
    counts->sent_back += sent ? 1 : 0;
    counts->held += sent ? 0 : 1;
}

static uint64_t on_echo(void *owner, uint64_t now_ns, struct sim_host *host,
                        const struct sim_datagram *packet)
{
    struct model_echo_run *const run = owner;
    struct model_opened opened;
    struct model_carried carried;
    if (model_tunnels_take(run->tunnels, now_ns, packet, &opened) != ESP_WHY_OK ||
        !model_carried_read(&opened, packet, false, &carried) ||
        carried.population >= run->scene->config->client_count)
        return opened.sa;
    run->scene->traffic[carried.population].received++;
    if (run->scene->config->clients[carried.population].traffic.back)
        echo(run, now_ns, host, &carried, opened.sa);
    return opened.sa;
}

static void on_echo_event(void *owner, uint64_t now_ns, const struct ike_event *event)
{
    const struct model_echo_run *const run = owner;
    model_tunnels_hear(run->tunnels, now_ns, event);
}

struct model_echo_run *model_echo_open(struct model_scene *scene, const char *who,
                                       const struct model_tunnels_parts *parts)
{
    struct model_echo_run *const run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    run->scene = scene;
    run->who = who;
    run->tunnels = model_tunnels_open(parts);
    if (run->tunnels == NULL) {
        free(run);
        return NULL;
    }
    return run;
}

void model_echo_close(struct model_echo_run *run)
{
    if (run == NULL)
        return;
    model_tunnels_close(run->tunnels);
    free(run);
}

struct sim_host_carrier model_echo_carrier(struct model_echo_run *run)
{
    return (struct sim_host_carrier){.event = on_echo_event, .take = on_echo, .owner = run};
}

void model_echo_report(const struct model_echo_run *run)
{
    if (run != NULL)
        model_tunnels_report(run->tunnels, run->scene, run->who);
}
