/* SPDX-License-Identifier: MIT
 * What cannot be of the packets that clients send through their tunnels: where
 * they would go, who would answer, what a real daemon takes. */
#include "models/carried.h"
#include "models/daemon.h"
#include "models/judge.h"
#include "models/policy.h"
#include "models/traffic.h"

static struct model_about about(const struct model_clients *clients, const char *key)
{
    return (struct model_about){"clients", clients->name, key};
}

/* Behind a real daemon there is its kernel, which answers echo requests and nothing else; what it
 * answers comes back by the tunnel to inner addresses alone, whose routes the daemon sets. */
static void judge_daemon(struct model_judge *j, const struct model_clients *c,
                         const struct model_gateway *g)
{
    const struct model_recipe *const recipe = model_recipes[g->daemon - 1];
    if (!model_recipe_carries(recipe)) {
        model_say(j, about(c, ".traffic.rate"), true,
                  "has nobody to answer: gateways.%s is %s, which leaves ESP to its kernel; write "
                  "`daemon: strongswan`, which has its own",
                  g->name, model_recipe_title(recipe));
        return;
    }
    if (c->traffic.kind != MODEL_TRAFFIC_ECHO)
        model_say(j, about(c, ".traffic.kind"), true,
                  "is answered by nobody behind gateways.%s, a real daemon: write echo", g->name);
    if (!c->traffic.back)
        model_say(j, about(c, ".traffic.back"), true,
                  "cannot be: a real daemon's kernel answers each, and what came to it nobody "
                  "tells; write yes");
    if (c->address == MODEL_OWN_ADDRESS)
        model_say(j, about(c, ".address"), true,
                  "is to be an inner one, which packets from behind gateways.%s find the tunnel "
                  "by: write ipv4, or ipv6",
                  g->name);
}

/* What a gateway of another kind answers is counted otherwise. */
static void judge_redirects(struct model_judge *j, const struct model_clients *c,
                            const struct model_gateway *g)
{
    for (uint32_t i = 0; i < j->config->gateway_count; i++) {
        const struct model_gateway *const other = &j->config->gateways[i];
        if (other != g && other->daemon != 0 && model_serves(j->config, other, c))
            model_say(j, about(c, ".redirects"), true,
                      "may lead to gateways.%s, a real daemon: who sends packets is to come to it "
                      "by `to`, or not at all",
                      other->name);
    }
}

/* ESP goes by UDP or by itself here. */
void model_traffic_judge(struct model_judge *j, const struct model_clients *clients,
                         const struct model_gateway *gateway)
{
    const struct ike_addr *const addr = &j->places->gateways[gateway - j->config->gateways];
    const char *const what = clients->traffic.kind == MODEL_TRAFFIC_UDP ? "UDP" : "ICMP";
    struct ike_addr to;
    if (!model_has_traffic(clients))
        return;
    if (clients->transport != TCP_NEVER)
        model_say(j, about(clients, ".traffic.rate"), true,
                  "sends no ESP by TCP: write `transport: udp`, or none here");
    if (gateway->daemon != 0)
        judge_daemon(j, clients, gateway);
    judge_redirects(j, clients, gateway);
    if (!model_carried_to(clients, gateway, addr, &to))
        model_say(
            j, about(clients, ".traffic.rate"), true,
            "has nowhere to go: `selectors` and those of gateways.%s have no address in common "
            "that %s is let through to%s",
            gateway->name, what,
            gateway->daemon != 0 ? ", which is the first of a network there" : "");
}
