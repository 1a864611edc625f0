/* SPDX-License-Identifier: MIT
 * What can be wrong with traffic of others (background.h). */
#include "models/background.h"
#include "models/judge.h"
#include "models/keys_value.h"
#include "models/quantity.h"

#include <inttypes.h>
#include <string.h>

enum { DATAGRAMS_MAX = 100000000 };

static struct model_about background(const struct model_background *b, const char *key)
{
    return (struct model_about){"background", b->name, key};
}

/* UINT32_MAX: there is none, and that is said. */
static uint32_t judge_node(struct model_judge *j, const struct model_background *b, const char *key,
                           const char *name)
{
    const char *near = NULL;
    size_t best = SIZE_MAX;
    const uint32_t node = model_node_via(j->config, j->topology, name);
    if (name[0] != '\0' && node != UINT32_MAX)
        return node;
    for (uint32_t i = 0; i < j->topology->node_count; i++)
        if (model_word_near(name, j->topology->nodes[i], &best))
            near = j->topology->nodes[i];
    if (near != NULL)
        model_say(j, background(b, key), true, "there is no node or link \"%s\": did you mean %s?",
                  name, near);
    else
        model_say(
            j, background(b, key), true,
            "there is no node or link \"%s\": name one of `links`, or core, where gateways are",
            name);
    return UINT32_MAX;
}

static void judge_ends(struct model_judge *j, const struct model_background *b)
{
    uint16_t links[MODEL_LINKS_MAX];
    const uint32_t from = judge_node(j, b, ".from", b->from);
    const uint32_t to = judge_node(j, b, ".to", b->to);
    if (from == UINT32_MAX || to == UINT32_MAX)
        return;
    const uint32_t count = model_way(j->topology, from, to, links);
    if (count == 0)
        model_say(j, background(b, ".to"), true, "is where it comes from: no line would carry it");
    if (count == UINT32_MAX)
        model_say(j, background(b, ".to"), true,
                  "no links lead there from node %s: join them by `from` and `to` of links",
                  j->topology->nodes[from]);
    for (uint32_t i = 0; i < count && count != UINT32_MAX; i++) {
        const struct model_link *const l = &j->config->links[links[i]];
        if (b->kind == MODEL_ON_OFF && b->size > l->mtu && l->oversize == SIM_OVERSIZE_LOST)
            model_say(j, background(b, ".size"), false,
                      "is more than links.%s.mtu: all of it will be lost there", l->name);
    }
}

static void judge_times(struct model_judge *j, struct model_background *b)
{
    char end[48];
    const uint64_t for_ns = j->config->for_ns;
    model_quantity_format(KIND_TIME, for_ns, end, sizeof end);
    if (b->until_ns != SIM_NEVER && b->until_ns > for_ns)
        model_say(j, background(b, ".until"), false, "is beyond the end at %s: clipped", end);
    if (b->until_ns > for_ns)
        b->until_ns = for_ns;
    if (b->start_ns >= for_ns)
        model_say(j, background(b, ".start"), false, "is not before the end at %s: nothing is sent",
                  end);
    else if (b->start_ns >= b->until_ns)
        model_say(j, background(b, ".start"), true, "is not before `until`: nothing would be sent");
}

static void judge_name(struct model_judge *j, const struct model_background *b)
{
    static const char *const sections[] = {"gateways", "clients", "attackers"};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (model_config_has(j->config, sections[i], b->name))
            model_say(j, background(b, ""), true, "one of the %s has this name; choose another",
                      sections[i]);
}

void model_background_judge(struct model_judge *j)
{
    struct model_world_config *const config = j->config;
    for (uint32_t i = 0; i < config->background_count; i++) {
        struct model_background *const b = &config->backgrounds[i];
        judge_name(j, b);
        judge_ends(j, b);
        judge_times(j, b);
        if (b->kind == MODEL_BULK_TCP && model_carrier(config) != MODEL_NS3)
            model_say(
                j, background(b, ".kind"), true,
                "the built-in network has no TCP that fills a line: write on-off, or `network: "
                "{kind: ns3}`");
        const uint64_t datagrams = model_background_datagrams(b, config->for_ns);
        if (b->kind == MODEL_ON_OFF && config->network == MODEL_LIVE &&
            b->rate_bps / (b->size * 8) > MODEL_LIVE_RATE_MAX)
            model_say(j, background(b, ".rate"), true,
                      "is more than a live run sends: give at most %" PRIu64 " datagrams a second",
                      (uint64_t)MODEL_LIVE_RATE_MAX);
        if (datagrams > DATAGRAMS_MAX)
            model_say(j, background(b, ".rate"), true,
                      "makes %" PRIu64 " datagrams of a run, at most %d are sent: give less, or a "
                      "greater `size`",
                      datagrams, DATAGRAMS_MAX);
    }
}
