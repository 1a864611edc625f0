/* SPDX-License-Identifier: MIT
 * The ESP SAs of a host, which follow the Child SAs of its engine as esp.h says:
 * what goes out is sealed and sent, what comes in is opened, and the engine hears
 * of both. One pair of them is made at IKE_CHILD_UP; at IKE_CHILD_DOWN its inbound
 * SA lingers for what is still on its way. Within models only. */
#ifndef MODELS_TUNNELS_H
#define MODELS_TUNNELS_H

#include "ike/esp.h"
#include "models/scene.h"
#include "sim/host.h"

struct model_tunnels;

struct model_tunnels_parts {
    struct ike_engine *engine;
    struct ike_crypto *crypto; /* the meter */
    uint32_t child_max;
    struct model_esp esp;
};

/* NULL: no address space. */
struct model_tunnels *model_tunnels_open(const struct model_tunnels_parts *parts);
void model_tunnels_close(struct model_tunnels *tunnels);

/* As the engine tells it, at once. */
void model_tunnels_hear(struct model_tunnels *tunnels, uint64_t now_ns,
                        const struct ike_event *event);
/* An IKE SA was forgotten, of which no event tells. */
void model_tunnels_forget(struct model_tunnels *tunnels, uint64_t now_ns, uint64_t sa);

/* An inner packet wants to go out by an IKE SA; within a turn of the host's carrier. False: it
 * cannot, there is no Child SA for it. */
struct model_going {
    uint64_t sa;
    struct ike_packet ends;
    struct ike_bytes octets; /* IP header and all */
};
bool model_tunnels_send(struct model_tunnels *tunnels, uint64_t now_ns, struct sim_host *host,
                        const struct model_going *going);

struct model_opened {
    struct ike_bytes octets; /* a view, until the next packet is taken */
    bool transport;          /* they are what follows an IP header, which is the outer one, */
    uint8_t protocol;        /* and what they are then */
    uint64_t sa;             /* its IKE SA, 0 when it is gone, or not known */
};
enum ike_esp_why model_tunnels_take(struct model_tunnels *tunnels, uint64_t now_ns,
                                    const struct sim_datagram *packet, struct model_opened *out);

/* What `who` refused, by reason; and into the sums of the scene. */
void model_tunnels_report(const struct model_tunnels *tunnels, struct model_scene *scene,
                          const char *who);

#endif
