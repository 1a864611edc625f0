/* SPDX-License-Identifier: MIT
 * What an end of a world speaks beyond the least, from its description into the
 * policy and the engine's configuration. Within models only. */
#ifndef MODELS_ABILITIES_H
#define MODELS_ABILITIES_H

#include "models/world.h"
#include "sim/host.h"

enum model_vendor { MODEL_VENDOR_LEN = 16 }; /* octets: a hash, as most vendor ids are */

/* What the engine's configuration points to; lasts as long as the engine. */
struct model_abilities_run {
    uint8_t crash_secret[32];
    uint8_t vendor_ids[IKE_VENDORS_MAX][MODEL_VENDOR_LEN];
    struct ike_vendor vendors[IKE_VENDORS_MAX];
};

/* Secret and vendor ids are drawn from the run's stream of this name. */
void model_abilities_open(struct model_abilities_run *run, uint64_t seed, const char *stream);
void model_abilities_configure(const struct model_abilities *abilities,
                               const struct model_abilities_run *run, struct ike_config *out);
void model_abilities_policy(const struct model_abilities *abilities, struct ike_policy *out);
/* An IKE SA is up: what there is to be said about it. */
void model_abilities_up(const struct model_abilities *abilities, struct sim_host *host,
                        uint64_t now_ns, uint64_t sa);
/* Both ends are ready to do without a Child SA in IKE_AUTH, so these clients ask for theirs. */
bool model_is_childless(const struct model_world_config *config,
                        const struct model_clients *clients);

#endif
