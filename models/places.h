/* SPDX-License-Identifier: MIT
 * Who has which addresses: those given, and "auto". No real public address is
 * ever made up: documentation, private and shared ranges only (RFC 5737, 1918,
 * 6598, 3849). Within models only. */
#ifndef MODELS_PLACES_H
#define MODELS_PLACES_H

#include "models/world.h"

struct model_places {
    struct ike_addr gateways[MODEL_THINGS_MAX]; /* port 0 */
    struct ike_prefix clients[MODEL_THINGS_MAX];
    struct ike_prefix outside[MODEL_THINGS_MAX]; /* where the network finds them: there, or a NAT */
    struct ike_prefix attackers[MODEL_THINGS_MAX];
    struct model_background_place {
        struct ike_addr from, to; /* port 0 */
    } backgrounds[MODEL_THINGS_MAX];
};

void model_places_find(const struct model_world_config *config, struct model_places *out);
/* Index of an entry, UINT32_MAX: there is none. */
uint32_t model_gateway_named(const struct model_world_config *config, const char *name);
uint32_t model_link_named(const struct model_world_config *config, const char *name);
/* Addresses of a prefix, at most 2^62. */
uint64_t model_prefix_size(const struct ike_prefix *prefix);
/* Of its second half, which is for those who move, the address with this number; it wraps. */
struct ike_addr model_prefix_elsewhere(const struct ike_prefix *prefix, uint64_t number);
struct ike_prefix model_prefix_of(const struct ike_addr *addr);
/* Octets of a TCP segment, as path MTU discovery would find them (RFC 9329 9.4): what the way
 * takes, without headers; 0: the usual. */
uint16_t model_mss_of(const struct model_world_config *config, const struct model_clients *clients,
                      uint8_t family);

#endif
