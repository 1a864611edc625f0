/* SPDX-License-Identifier: MIT
 * Features of an end, which either end may have and the other need not. */
#include "models/abilities.h"

#include "ike/v2/config.h"
#include "models/places.h"

#include <string.h>

void model_abilities_open(struct model_abilities_run *run, uint64_t seed, const char *stream)
{
    struct sim_rng rng;
    sim_rng_open(&rng, seed, stream);
    sim_rng_fill(&rng, run->crash_secret, sizeof run->crash_secret);
    for (size_t i = 0; i < IKE_VENDORS_MAX; i++) {
        sim_rng_fill(&rng, run->vendor_ids[i], MODEL_VENDOR_LEN);
        run->vendors[i] = (struct ike_vendor){
            .id = {.at = run->vendor_ids[i], .len = MODEL_VENDOR_LEN}, .send = true};
    }
}

void model_abilities_configure(const struct model_abilities *abilities,
                               const struct model_abilities_run *run, struct ike_config *out)
{
    out->window = (uint32_t)abilities->window;
    out->tell_unknown = abilities->tell_unknown;
    out->hint_ns = abilities->hints_ns;
    out->invalid_selectors_ns = abilities->invalid_selectors_ns;
    out->qcd_secret = abilities->crash_tokens ? run->crash_secret : NULL;
    out->vendors = run->vendors;
    out->rekeys = (struct ike_rate_config){.most = (uint32_t)abilities->rekeys_most,
                                           .span_ns = abilities->rekeys_span_ns};
    out->vendor_count = (uint8_t)abilities->vendor_ids;
}

void model_abilities_policy(const struct model_abilities *abilities, struct ike_policy *out)
{
    struct ike_child_policy *const child = &out->child[0];
    out->childless = abilities->childless;
    out->children_max = (uint16_t)abilities->children_max;
    out->takes_tokens = abilities->crash_tokens;
    out->old_signatures = abilities->old_signatures;
    out->tell_methods = abilities->tell_methods;
    out->hashes = abilities->hash != HASH_NONE ? (uint16_t)(1 << abilities->hash) : 0;
    out->sync_ids = abilities->sync_ids;
    out->sync_replay = abilities->sync_replay;
    out->settable = abilities->settable ? UINT64_C(1) << APPLICATION_VERSION : 0;
    out->looks_up = abilities->lookup.latency_ns != SIM_NEVER;
    child->single_pair = abilities->single_pair;
    child->ipcomp = (uint8_t)abilities->ipcomp;
    child->no_tfc = abilities->no_tfc;
    child->non_first_fragments = abilities->non_first_fragments;
}

void model_abilities_up(const struct model_abilities *abilities, struct sim_host *host,
                        uint64_t now_ns, uint64_t sa)
{
    static const struct ike_note version = {.type = APPLICATION_VERSION,
                                            .data = {.at = (const uint8_t *)"ikelab", .len = 6}};
    if (abilities->sets)
        sim_host_inform(host, now_ns, sa,
                        &(struct ike_inform){.settings = &version, .setting_count = 1});
}

bool model_is_childless(const struct model_world_config *config,
                        const struct model_clients *clients)
{
    const uint32_t gateway = model_gateway_named(config, clients->to);
    return clients->abilities.childless && gateway != UINT32_MAX &&
           config->gateways[gateway].abilities.childless;
}
