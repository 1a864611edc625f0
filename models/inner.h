/* SPDX-License-Identifier: MIT
 * Inner addresses and authentication anew, from the texts of descriptions:
 * what gateways give and clients want. Within models only. */
#ifndef MODELS_INNER_H
#define MODELS_INNER_H

#include "models/world.h"

/* Kept as long as the policy that names it. */
struct model_inner {
    struct ike_wants wants;
    struct ike_gives gives;
};

void model_inner_of_gateway(const struct model_gateway *gateway, struct model_inner *inner,
                            struct ike_policy *policy);
void model_inner_of_clients(const struct model_clients *clients, struct model_inner *inner,
                            struct ike_policy *policy);
/* Prefixes of a text, at most IKE_POOLS_MAX; how many. False in *good when one is none. */
uint8_t model_prefixes_of(const char *text, struct ike_prefix *out, bool *good);

#endif
