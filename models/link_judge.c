/* SPDX-License-Identifier: MIT
 * What can be wrong with lines: where they lead, and what the network that
 * carries them has not. */
#include "models/judge.h"
#include "models/scene.h"
#include "sim/ns3_door.h"

static void judge_kind(struct model_judge *j, const struct model_link *l,
                       const struct sim_link_config *config)
{
    const struct model_about about = {"links", l->name, ".kind"};
    const char *const wrong = sim_medium_wrong(config);
    if (config->medium != SIM_POINT_TO_POINT && model_carrier(j->config) != MODEL_NS3)
        model_say(
            j, about, true,
            "the built-in network has no medium that ends share: write point-to-point or cellular, "
            "or `network: {kind: ns3}`");
    else if (wrong != NULL)
        model_say(j, about, true, "%s", wrong);
}

/* ns-3's lines are not all that ours can be, nor ours all that its can. */
void model_links_judge(struct model_judge *j)
{
    if (j->config->network == MODEL_LIVE && j->config->crypto != MODEL_OPENSSL)
        model_say(j, (struct model_about){"crypto", "", ""}, true,
                  "a real daemon understands no modelled cryptography: write `crypto: openssl`");
    const bool room = model_topology_find(j->config, j->topology);
    if (!room)
        model_say(j, (struct model_about){"links", "", ""}, true, "name more than %d nodes",
                  MODEL_NODES_MAX);
    for (uint32_t i = 0; i < j->config->link_count; i++) {
        const struct model_link *const l = &j->config->links[i];
        const struct sim_link_config config = model_link_config(l);
        const bool ns3 = model_carrier(j->config) == MODEL_NS3;
        const char *const lacking = ns3 ? sim_net_ns3_lacks(&config) : NULL;
        if (room && j->topology->ends[i][0] == j->topology->ends[i][1])
            model_say(j, (struct model_about){"links", l->name, ".from"}, true,
                      "leads from node %s to itself: a link has two ends", l->to);
        judge_kind(j, l, &config);
        if (lacking != NULL)
            model_say(j, (struct model_about){"links", l->name, ""}, true,
                      "ns-3's lines have no %s: leave it out, or write `network: {kind: links}`",
                      lacking);
        if (!ns3 && l->aqm != SIM_DROP_TAIL)
            model_say(
                j, (struct model_about){"links", l->name, ".aqm"}, true,
                "the built-in network's queues only lose what finds no room: leave it out, or "
                "write `network: {kind: ns3}`");
    }
}
