/* SPDX-License-Identifier: MIT
 * A real daemon at an end of the network: started by its recipe in a namespace,
 * asked by its own tools while the world goes on. What it is there for, a gateway
 * or a client, is its opener's business (live_gateway.c, live_client.c). Within
 * models only. */
#ifndef MODELS_LIVE_DAEMON_H
#define MODELS_LIVE_DAEMON_H

#include "models/daemon.h"
#include "models/scene.h"
#include "sim/netns.h"
#include "sim/realtime.h"
#include "sim/tun_end.h"

struct model_live_daemon;

struct model_live_spec {
    const char *path;            /* "gateways.vpn": errors begin with it */
    const char *host;            /* its namespace's name */
    uint8_t daemon;              /* 1 + row of model_recipes, as keys have it */
    struct model_wish wish;      /* texts live on; `local` is filled in */
    const struct ike_addr *addr; /* its own */
    const char *selectors;       /* networks it protects; it has an address in each. NULL: none */
    uint64_t cpus;               /* where it may run (netns.h) */
};

/* The daemon listens when this returns, some seconds later. NULL on failure, with a line in
 * `error`: what failed, and the end of what the daemon has said. */
struct model_live_daemon *model_live_daemon_open(struct model_scene *scene,
                                                 const struct model_live_spec *spec, char *error,
                                                 size_t error_max);
struct sim_port *model_live_daemon_port(struct model_live_daemon *d);
struct sim_source model_live_daemon_source(struct model_live_daemon *d);
struct sim_tun_end *model_live_daemon_end(const struct model_live_daemon *d);
struct sim_usage model_live_daemon_usage(const struct model_live_daemon *d);
/* There is a stand-in for its kernel. */
bool model_live_daemon_stands_in(const struct model_live_daemon *d);
/* False, with a line that says so and what it said at last: it has ended, or it hangs: a tool that
 * waits for nobody else has waited for ten seconds, and meanwhile it has used no CPU. */
bool model_live_daemon_lives(const struct model_live_daemon *d, char *error, size_t error_max);

/* All commands of an errand, one after the other, while the world goes on; then this is called
 * with what they answered (ERRAND_LEVELS, ERRAND_LIST), and whether all of them succeeded. One that
 * has not ended after ten seconds by the wall's clock, or `wait_ns` if that is less and not 0, is
 * killed, and the errand is over. */
struct model_live_asked {
    void (*done)(void *owner, uint64_t now_ns, const struct model_levels *levels, bool good);
    void *owner;
    uint64_t wait_ns;
};
/* False: it is busy with the last one, or no tool could be started. */
bool model_live_daemon_ask(struct model_live_daemon *d, uint64_t now_ns, enum model_errand errand,
                           struct model_live_asked asked);
/* Ends the daemon, and all that it was made of. */
void model_live_daemon_close(struct model_live_daemon *d);

#endif
