/* SPDX-License-Identifier: MIT
 * A population's NAT: opened from its keys, and reported of. */
#include "models/nat.h"

enum { FIRST_PORT = 1024 };

bool model_nat_open(const struct model_nat *nat, const struct ike_addr *outside,
                    struct sim_port *port, struct sim_nat **out)
{
    *out = NULL;
    if (nat->kind == MODEL_NO_NAT)
        return true;
    struct sim_nat_config config = {.kind = (enum sim_nat_kind)(nat->kind - 1),
                                    .outside = *outside,
                                    .port_count = (uint32_t)nat->ports,
                                    .timeout_ns = nat->timeout_ns,
                                    .rebind_ns = nat->rebind_ns};
    config.outside.port = FIRST_PORT;
    *out = port->nat = sim_nat_open(&config);
    return *out != NULL;
}

void model_nat_report(const struct model_scene *scene, const char *who, const struct sim_nat *nat)
{
    struct sim_record *const record = scene->record;
    if (nat == NULL || record == NULL)
        return;
    const struct sim_nat_counts counts = sim_nat_counts(nat);
    if (counts.exhausted > 0)
        record->ops->refusal(record, who, sim_lost_name(SIM_LOST_NAT_EXHAUSTED), counts.exhausted);
    if (counts.filtered > 0)
        record->ops->refusal(record, who, sim_lost_name(SIM_LOST_NAT_FILTERED), counts.filtered);
}
