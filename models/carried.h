/* SPDX-License-Identifier: MIT
 * What populations and gateways send each other within their tunnels: UDP in an IP
 * packet, or echo requests of ICMP and their answers, which any kernel gives too;
 * each says whose it is. Within models only. */
#ifndef MODELS_CARRIED_H
#define MODELS_CARRIED_H

#include "models/tunnels.h"

enum { MODEL_CARRIED_MIN = 64, MODEL_CARRIED_MAX = 9000 };

struct model_carried {
    struct ike_packet ends; /* as model_carried_ends has them */
    uint32_t population;    /* number of the clients that began it */
    uint32_t flow;          /* attempt of theirs */
    uint64_t serial;        /* within it */
    size_t size;            /* octets, IP header and all; what is beyond what it says are zeros */
};

/* Of one that goes to a gateway, or `back`. Type and code of an echo stand for its ports, as in
 * RFC 7296 3.13.1. */
struct ike_packet model_carried_ends(const struct ike_addr *from, const struct ike_addr *to,
                                     enum model_traffic_kind kind, bool back);

/* Into `room` of MODEL_CARRIED_MAX octets. */
struct ike_bytes model_carried_put(const struct model_carried *carried, uint8_t *room);
/* What has come out of a tunnel, in transport mode by this outer packet. False: it is none of ours,
 * or an echo that goes the other way. */
bool model_carried_read(const struct model_opened *opened, const struct sim_datagram *outer,
                        bool back, struct model_carried *carried);

/* Where the clients' packets go: the first address that both ends let through a tunnel, of the
 * family of their own inner addresses, and behind a real daemon one where somebody answers; in
 * transport mode the gateway itself. False: there is none. */
bool model_carried_to(const struct model_clients *clients, const struct model_gateway *gateway,
                      const struct ike_addr *gateway_addr, struct ike_addr *out);

#endif
