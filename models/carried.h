/* SPDX-License-Identifier: MIT
 * What populations and gateways send each other within their tunnels: UDP in an IP
 * packet, which says whose it is. Within models only. */
#ifndef MODELS_CARRIED_H
#define MODELS_CARRIED_H

#include "models/world.h"

enum { MODEL_CARRIED_MIN = 64, MODEL_CARRIED_MAX = 9000 };

struct model_carried {
    struct ike_packet ends;
    uint32_t population; /* number of the clients that began it */
    uint32_t flow;       /* attempt of theirs */
    uint64_t serial;     /* within it */
    size_t size;         /* octets, IP header and all; what is beyond what it says are zeros */
};

/* Into `room` of MODEL_CARRIED_MAX octets. */
struct ike_bytes model_carried_put(const struct model_carried *carried, uint8_t *room);
/* `transport`: without an IP header, `ends` has the addresses that the outer one had. False: it is
 * none of ours. */
bool model_carried_read(struct ike_bytes octets, bool transport, struct model_carried *carried);

/* Where the clients' packets go: the first address that both ends let through a tunnel, of the
 * family of their own inner addresses; in transport mode the gateway itself. False: there is none.
 */
bool model_carried_to(const struct model_clients *clients, const struct model_gateway *gateway,
                      const struct ike_addr *gateway_addr, struct ike_addr *out);

#endif
