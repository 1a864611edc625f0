/* SPDX-License-Identifier: MIT
 * A population of one: a client that is a real daemon. At each arrival it is told
 * to connect, unless it is connected; when its stay is over, to end its SAs. Its
 * attempts are counted as those of clients of ours. A success takes the time from
 * its first packet of an attempt to the last that came to it before it said that
 * it has a Child SA; it is asked again and again, some milliseconds apart, and
 * what it does after that last packet is not seen. Within models only. */
#ifndef MODELS_LIVE_CLIENT_H
#define MODELS_LIVE_CLIENT_H

#include "models/glance.h"
#include "models/papers.h"
#include "models/scene.h"
#include "sim/realtime.h"

struct model_live_client;

struct model_live_client_place {
    struct ike_addr own;
    struct ike_addr outside; /* of the NAT before it, or the same */
    struct ike_addr gateway;
};

/* As model_live_open and model_live_start. */
struct model_live_client *model_live_client_open(struct model_scene *scene,
                                                 const struct model_clients *clients,
                                                 const struct model_live_client_place *place,
                                                 char *error, size_t error_max);
struct model_papers *model_live_client_papers(struct model_live_client *run);
bool model_live_client_start(struct model_live_client *run, char *error, size_t error_max);
struct sim_port *model_live_client_port(struct model_live_client *run);
struct sim_source model_live_client_source(struct model_live_client *run);
/* What went wrong while it ran: the daemon has ended, or hangs. NULL: nothing. */
const char *model_live_client_trouble(struct model_live_client *run);
/* How it stands (glance.h). */
void model_live_client_look(const struct model_live_client *run, struct model_glance *out);
void model_live_client_report(struct model_live_client *run);
void model_live_client_close(struct model_live_client *run);

#endif
