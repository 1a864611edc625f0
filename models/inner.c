/* SPDX-License-Identifier: MIT
 * Inner addresses out of texts that the keys have judged already. */
#include "models/inner.h"

#include "models/keys_value.h"

#include <assert.h>
#include <string.h>

uint8_t model_prefixes_of(const char *text, struct ike_prefix *out, bool *good)
{
    char one[MODEL_TEXT_MAX];
    uint8_t count = 0;
    *good = true;
    if (strcmp(text, "none") == 0)
        return 0;
    for (const char *at = text; model_list_next(&at, one, sizeof one);) {
        *good = *good && count < IKE_POOLS_MAX && ike_prefix_parse(one, &out[count]);
        if (!*good)
            return count;
        count++;
    }
    *good = count > 0;
    return count;
}

/* Name servers stand at the end of 192.0.2.0/24, which is nobody's (RFC 5737 3): only how many
 * there are matters. */
static void add_servers(struct ike_gives *gives, uint64_t count)
{
    assert(count <= IKE_SERVERS_MAX);
    for (uint64_t i = 0; i < count; i++)
        gives->dns[gives->dns_count++] = ike_addr_v4((uint32_t)(0xc00002f0u + i), 0);
}

void model_inner_of_gateway(const struct model_gateway *gateway, struct model_inner *inner,
                            struct ike_policy *policy)
{
    bool good;
    policy->auth_lifetime_s = (uint32_t)(gateway->auth_lifetime_ns / 1000000000);
    inner->gives.pool_count = model_prefixes_of(gateway->pool, inner->gives.pools, &good);
    assert(good);
    (void)good;
    if (inner->gives.pool_count == 0)
        return;
    add_servers(&inner->gives, gateway->dns);
    policy->gives = &inner->gives;
    policy->child[0].remote_count = 0; /* what was given, or else the client itself */
}

void model_inner_of_clients(const struct model_clients *clients, struct model_inner *inner,
                            struct ike_policy *policy)
{
    policy->reauth = (uint8_t)clients->reauth;
    if (clients->address == MODEL_OWN_ADDRESS)
        return;
    inner->wants = (struct ike_wants){.ip4 = clients->address != MODEL_IPV6_ADDRESS,
                                      .ip6 = clients->address != MODEL_IPV4_ADDRESS,
                                      .dns = true};
    policy->wants = &inner->wants;
}
