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

enum { IPV6_MTU_MIN = 1280 }; /* RFC 8200 5 */

/* Whether who is at `via` speaks by IPv6 to a gateway over this link. */
static bool is_way_of_six(const struct model_judge *j, const char *via, const char *to,
                          uint32_t link)
{
    uint16_t links[MODEL_LINKS_MAX];
    const uint32_t gateway = model_gateway_named(j->config, to);
    if (gateway == UINT32_MAX || j->places->gateways[gateway].family != IKE_IPV6)
        return false;
    const uint32_t from = model_node_via(j->config, j->topology, via);
    const uint32_t at = model_node_named(j->topology, j->config->gateways[gateway].at);
    const uint32_t count = from == UINT32_MAX || at == UINT32_MAX
                               ? UINT32_MAX
                               : model_way(j->topology, from, at, links);
    for (uint32_t i = 0; count != UINT32_MAX && i < count; i++)
        if (links[i] == link)
            return true;
    return false;
}

/* ns-3 has no IPv6 where IPv6 is not to be: what goes there would be lost without a word. */
static void judge_six(struct model_judge *j, uint32_t link)
{
    const struct model_world_config *const c = j->config;
    bool six = false;
    if (model_link_config(&c->links[link]).mtu >= IPV6_MTU_MIN)
        return;
    for (uint32_t i = 0; i < c->client_count; i++)
        six = six || is_way_of_six(j, c->clients[i].via, c->clients[i].to, link);
    for (uint32_t i = 0; i < c->attacker_count; i++)
        six = six || is_way_of_six(j, c->attackers[i].via, c->attackers[i].to, link);
    if (six)
        model_say(j, (struct model_about){"links", c->links[link].name, ".mtu"}, true,
                  "on ns-3 IPv6 needs a line of %d octets (RFC 8200 5): write `mtu: %dB` or more, "
                  "or `network: {kind: links}`",
                  IPV6_MTU_MIN, IPV6_MTU_MIN);
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
        if (room && ns3)
            judge_six(j, i);
        if (!ns3 && l->aqm != SIM_DROP_TAIL)
            model_say(
                j, (struct model_about){"links", l->name, ".aqm"}, true,
                "the built-in network's queues only lose what finds no room: leave it out, or "
                "write `network: {kind: ns3}`");
    }
}
