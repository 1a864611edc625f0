/* SPDX-License-Identifier: MIT
 * What is wrong with a description as a whole. Each thing is said with the
 * path it is about and what would be right; what lies beyond the end of the
 * run is clipped with a warning. */
#include "models/judge.h"

#include "models/abilities.h"
#include "models/arrivals.h"
#include "models/attempts.h"
#include "models/background.h"
#include "models/daemon.h"
#include "models/keys_value.h"
#include "models/papers.h"
#include "models/policy.h"
#include "models/quantity.h"
#include "models/rounds.h"
#include "models/scene.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SAY_MAX = 320, PATH_SAID = MODEL_NAME_MAX + 64, SAMPLES_MAX = 100000 };

void model_say(struct model_judge *j, struct model_about about, bool fatal, const char *format, ...)
{
    char path[PATH_SAID];
    char text[SAY_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)snprintf(path, sizeof path, "%s%s%s%s", about.section, about.name[0] != '\0' ? "." : "",
                   about.name, about.key);
    j->count += fatal ? 1 : 0;
    j->complain(j->owner, path, fatal, text);
}

static struct model_about client(const struct model_clients *c, const char *key)
{
    return (struct model_about){"clients", c->name, key};
}

static struct model_about attacker(const struct model_attacker *a, const char *key)
{
    return (struct model_about){"attackers", a->name, key};
}

static struct model_about gateway(const struct model_gateway *g, const char *key)
{
    return (struct model_about){"gateways", g->name, key};
}

/* Names. */

/* The names there are in a section, "vpn, backup", and the one nearest to `name`, or "". */
struct names {
    char all[MODEL_TEXT_MAX];
    char near[MODEL_NAME_MAX];
};

static void name_add(struct names *names, const char *name, const char *candidate, size_t *best)
{
    const size_t len = strlen(names->all);
    (void)snprintf(names->all + len, sizeof names->all - len, "%s%s", len > 0 ? ", " : "",
                   candidate);
    if (model_word_near(name, candidate, best))
        memcpy(names->near, candidate, strlen(candidate) + 1);
}

static void no_such(struct model_judge *j, struct model_about about, const char *kind,
                    const char *name, const struct names *names)
{
    if (name[0] == '\0')
        model_say(j, about, true, "names no %s; there is: %s", kind, names->all);
    else if (names->near[0] != '\0')
        model_say(j, about, true, "there is no %s \"%s\": did you mean %s?", kind, name,
                  names->near);
    else
        model_say(j, about, true, "there is no %s \"%s\"; there is: %s", kind, name,
                  names->all[0] != '\0' ? names->all : "none");
}

static bool judge_to(struct model_judge *j, struct model_about about, const char *to)
{
    struct names names = {"", ""};
    size_t best = SIZE_MAX;
    if (model_gateway_named(j->config, to) != UINT32_MAX)
        return true;
    for (uint32_t i = 0; i < j->config->gateway_count; i++)
        name_add(&names, to, j->config->gateways[i].name, &best);
    no_such(j, about, "gateway", to, &names);
    return false;
}

static void judge_via(struct model_judge *j, struct model_about about, const char *via)
{
    struct names names = {"", ""};
    size_t best = SIZE_MAX;
    if (model_node_via(j->config, j->topology, via) != UINT32_MAX)
        return;
    for (uint32_t i = 0; i < j->config->link_count; i++)
        name_add(&names, via, j->config->links[i].name, &best);
    no_such(j, about, "link", via, &names);
}

static void judge_at(struct model_judge *j, const struct model_gateway *g)
{
    struct names names = {"", ""};
    size_t best = SIZE_MAX;
    if (model_node_named(j->topology, g->at) != UINT32_MAX)
        return;
    for (uint32_t i = 0; i < j->topology->node_count; i++)
        name_add(&names, g->at, j->topology->nodes[i], &best);
    no_such(j, gateway(g, ".at"), "node", g->at, &names);
}

/* Whether the way from there leads to the gateway. */
static void judge_way(struct model_judge *j, struct model_about about, const char *via,
                      const char *to)
{
    uint16_t links[MODEL_LINKS_MAX];
    const struct model_gateway *const g = &j->config->gateways[model_gateway_named(j->config, to)];
    const uint32_t from = model_node_via(j->config, j->topology, via);
    const uint32_t at = model_node_named(j->topology, g->at);
    if (from != UINT32_MAX && at != UINT32_MAX &&
        model_way(j->topology, from, at, links) == UINT32_MAX)
        model_say(
            j, about, true,
            "no links lead from node %s to gateways.%s at node %s: join them by `from` and `to` of "
            "links",
            j->topology->nodes[from], g->name, g->at);
}

/* Names appear in the results beside each other: one each. */
static void judge_names(struct model_judge *j)
{
    static const char *const sections[] = {"gateways", "clients", "attackers"};
    const struct model_world_config *const c = j->config;
    for (uint32_t i = 0; i < c->client_count; i++)
        if (model_config_has(c, sections[0], c->clients[i].name))
            model_say(j, client(&c->clients[i], ""), true,
                      "a gateway has this name; choose another");
    for (uint32_t i = 0; i < c->attacker_count; i++)
        for (size_t k = 0; k < 2; k++)
            if (model_config_has(c, sections[k], c->attackers[i].name))
                model_say(j, attacker(&c->attackers[i], ""), true,
                          "one of the %s has this name; choose another", sections[k]);
}

/* Profiles given by path must be readable. */
static void judge_machine(struct model_judge *j, struct model_about about, const char *machine)
{
    char error[SAY_MAX / 2];
    struct ike_costs costs;
    if (!model_costs_find(machine, 1000000, &costs, error, sizeof error))
        model_say(j, about, true, "%s", error);
}

static void judge_secret(struct model_judge *j, struct model_about about, const char *text,
                         size_t max)
{
    const size_t len = model_secret_of(text, NULL, 0);
    if (len > max)
        model_say(j, about, true, "has %zu octets: give at most %zu", len, max);
}

static bool same_family(struct model_judge *j, struct model_about about, uint8_t family,
                        const char *to)
{
    const uint32_t index = model_gateway_named(j->config, to);
    if (family == j->places->gateways[index].family)
        return true;
    model_say(j, about, true, "is IPv%d and the gateway's address is IPv%d: they cannot talk",
              family, j->places->gateways[index].family);
    return false;
}

static void judge_redirect(struct model_judge *j, const struct model_gateway *g)
{
    const size_t index = (size_t)(g - j->config->gateways);
    const struct model_about to = gateway(g, ".redirect.to");
    if (g->redirect.to[0] == '\0' || !judge_to(j, to, g->redirect.to))
        return;
    if (strcmp(g->redirect.to, g->name) == 0)
        model_say(j, to, true, "is this gateway itself; name another");
    else
        (void)same_family(j, to, j->places->gateways[index].family, g->redirect.to);
}

/* Who is behind it is asked about clients who do EAP, or sign; about one for a few lists at most.
 */
static void judge_backends(struct model_judge *j, const struct model_gateway *g)
{
    uint64_t lists = 0;
    for (uint32_t i = 0; i < j->config->client_count; i++) {
        const struct model_clients *const c = &j->config->clients[i];
        if (model_serves(j->config, g, c) && model_rounds_have_signature(c))
            lists += c->certificate_chain + 1;
    }
    if (g->aaa.latency_ns != SIM_NEVER && model_eap_clients_of(j->config, g) == NULL)
        model_say(
            j, gateway(g, ".aaa.latency"), false,
            "none of its clients does EAP: nobody will be asked; write none, or their `auth`");
    if (g->crl.latency_ns == SIM_NEVER)
        return;
    if (lists == 0)
        model_say(
            j, gateway(g, ".crl.latency"), false,
            "none of its clients shows a certificate: no list will be fetched; write none, or "
            "their `auth`");
    if (lists > IKE_CRLS_MAX)
        model_say(j, gateway(g, ".crl.latency"), true,
                  "its clients have %" PRIu64
                  " authorities with a list each, intermediates counted: at most %d are fetched",
                  lists, IKE_CRLS_MAX);
}

/* Questions that one IKE_AUTH of these clients makes the gateway ask at once. */
static uint64_t asks_about(const struct model_clients *c)
{
    if (model_key_type_of(c->auth) == KEY_TYPE_NONE || c->abilities.urls == MODEL_NO_URLS)
        return 0;
    return c->abilities.urls == MODEL_URL_BUNDLE ? 1 : c->certificate_chain + 1;
}

/* What is looked up is somebody's; at the gateway, not more at once than one message may want. */
static void judge_lookup(struct model_judge *j, const struct model_gateway *g)
{
    const bool looks_up = g->abilities.lookup.latency_ns != SIM_NEVER;
    uint64_t lists = 0;
    uint64_t most = 0;
    for (uint32_t i = 0; i < j->config->client_count; i++) {
        const struct model_clients *const c = &j->config->clients[i];
        if (!model_serves(j->config, g, c))
            continue;
        if (model_rounds_have_signature(c))
            lists += c->certificate_chain + 1;
        most = asks_about(c) > most ? asks_about(c) : most;
        if (c->abilities.lookup.latency_ns != SIM_NEVER &&
            (g->abilities.urls == MODEL_NO_URLS ||
             model_key_type_of(model_auth_of_gateway(j->config, g)) == KEY_TYPE_NONE))
            model_say(j, client(c, ".lookup.latency"), false,
                      "gateways.%s shows no certificate by URL: nothing will be fetched; write its "
                      "certificate_urls",
                      g->name);
    }
    if (looks_up && most == 0)
        model_say(
            j, gateway(g, ".lookup.latency"), false,
            "none of its clients shows a certificate by URL: nothing will be fetched; write their "
            "certificate_urls");
    if (looks_up && g->crl.latency_ns != SIM_NEVER && lists + most > IKE_ASKS_MAX)
        model_say(j, gateway(g, ".lookup.latency"), true,
                  "a message would wait for %" PRIu64
                  " things at once, certificates and revocation lists: at most %d are fetched",
                  lists + most, IKE_ASKS_MAX);
}

/* A real daemon lives in real time and speaks real cryptography, by its own keys. */
static void judge_daemon(struct model_judge *j, const struct model_gateway *g)
{
    char path[PATH_SAID];
    if (g->daemon == 0)
        return;
    if (j->config->network != MODEL_LIVE)
        model_say(j, gateway(g, ".daemon"), true,
                  "a real daemon lives in real time: write `network: {kind: live}`");
    (void)snprintf(path, sizeof path, "gateways.%s", g->name);
    j->count +=
        model_daemon_judge(model_recipes[g->daemon - 1], j->config, path, j->complain, j->owner);
}

/* Connections outlive the processes at their ends, and here nobody resets them. */
static void judge_outages(struct model_judge *j, const struct model_gateway *g)
{
    static const char text[] =
        "are for gateways that are reached by UDP alone, and %s.%s come by TCP";
    const struct model_world_config *const c = j->config;
    if (g->outages.count == 0)
        return;
    for (uint32_t i = 0; i < c->client_count; i++)
        if (c->clients[i].transport != TCP_NEVER && strcmp(c->clients[i].to, g->name) == 0)
            model_say(j, gateway(g, ".outages"), true, text, "clients", c->clients[i].name);
    for (uint32_t i = 0; i < c->attacker_count; i++)
        if (c->attackers[i].class == MODEL_SYN_FLOOD && strcmp(c->attackers[i].to, g->name) == 0)
            model_say(j, gateway(g, ".outages"), true, text, "attackers", c->attackers[i].name);
}

static void judge_gateway(struct model_judge *j, const struct model_gateway *g)
{
    judge_daemon(j, g);
    judge_at(j, g);
    judge_backends(j, g);
    judge_lookup(j, g);
    judge_machine(j, gateway(g, ".machine"), g->machine);
    judge_secret(j, gateway(g, ".psk"), g->psk, IKE_PSK_MAX);
    judge_secret(j, gateway(g, ".ppk"), g->ppk, IKE_PPK_MAX);
    if (g->cookies_at != IKE_UNLIMITED && g->cookies_off != IKE_UNLIMITED &&
        g->cookies_off > g->cookies_at)
        model_say(j, gateway(g, ".cookies.off"), true, "is above cookies.at: give at most that");
    if (g->puzzles_at != IKE_UNLIMITED && g->puzzles_bits > g->puzzles_bits_max)
        model_say(j, gateway(g, ".puzzles.bits"), true,
                  "is above puzzles.bits_max: give at most that");
    judge_redirect(j, g);
    judge_outages(j, g);
    if (g->half_open_limit != IKE_UNLIMITED && g->half_open_limit > g->sa_max)
        model_say(j, gateway(g, ".half_open.limit"), false, "is above sa_max, which comes first");
}

/* Times. */

static const char *time_text(uint64_t ns, char *room, size_t max)
{
    model_quantity_format(KIND_TIME, ns, room, max);
    return room;
}

/* Until when clients come; false when none can. */
static bool clip_clients(struct model_judge *j, struct model_clients *c)
{
    char last[48];
    char patience[48];
    const uint64_t for_ns = j->config->for_ns;
    const uint64_t last_ns = for_ns > c->patience_ns ? for_ns - c->patience_ns : 0;
    (void)time_text(for_ns, last, sizeof last);
    (void)time_text(c->patience_ns, patience, sizeof patience);
    if (c->until_ns == SIM_NEVER) {
        c->until_ns = last_ns;
    } else if (c->until_ns > for_ns) {
        c->until_ns = last_ns > 0 ? last_ns : for_ns;
        model_say(j, client(c, ".until"), false,
                  "is beyond the end at %s: clients come until one patience (%s) before it", last,
                  patience);
    }
    if (c->from_ns >= c->until_ns) {
        model_say(
            j, client(c, c->from_ns > 0 ? ".from" : ".until"), true,
            "no client is left to come: the run ends at %s and they are patient for %s; make the "
            "run longer, or `until` later than `from`",
            last, patience);
        return false;
    }
    return true;
}

static void clip_attacker(struct model_judge *j, struct model_attacker *a)
{
    char end[48];
    const uint64_t for_ns = j->config->for_ns;
    const uint64_t points = a->rate.count;
    (void)time_text(for_ns, end, sizeof end);
    if (a->until_ns != SIM_NEVER && a->until_ns > for_ns)
        model_say(j, attacker(a, ".until"), false, "is beyond the end at %s: clipped", end);
    if (a->until_ns > for_ns)
        a->until_ns = for_ns;
    if (a->from_ns >= for_ns)
        model_say(j, attacker(a, ".from"), false, "is not before the end at %s: nothing is sent",
                  end);
    else if (a->from_ns >= a->until_ns)
        model_say(j, attacker(a, ".from"), true, "is not before `until`: nothing would be sent");
    if (points > 0 && a->rate.at[points - 1].at_ns >= for_ns)
        model_say(j, attacker(a, ".rate"), false,
                  "has points beyond the end at %s, which never come", end);
}

/* Who talks to whom. */

static bool has_group(const char *proposals, uint8_t group)
{
    struct ike_offer offers[IKE_OFFERS_MAX];
    const uint8_t count = model_offers_of(proposals, offers);
    for (uint8_t i = 0; i < count; i++)
        for (uint8_t k = 0; k < offers[i].count; k++)
            if (offers[i].algos[k] == group && offers[i].addke[k] == 0)
                return true;
    return false;
}

static void judge_group(struct model_judge *j, const struct model_clients *c)
{
    const uint8_t group = ike_algo_named(c->first_group);
    if (strcmp(c->first_group, "auto") == 0)
        return;
    if (group == 0 || ike_algos[group].type != TRANSFORM_KE)
        model_say(j, client(c, ".first_group"), true,
                  "there is no group \"%s\": write auto, x25519 or modp2048", c->first_group);
    else if (!has_group(c->proposals, group))
        model_say(j, client(c, ".first_group"), true,
                  "%s is in none of the proposals: add it there", c->first_group);
}

/* Octets of an IKE_AUTH message with certificates of that kind, about. */
static uint64_t auth_len(uint8_t type, uint64_t links)
{
    const uint64_t cert_around = 320;
    const uint64_t message_around = 450;
    const struct ike_key_row *const row = &ike_key_types[type];
    if (type == KEY_TYPE_NONE)
        return 0;
    return (links + 1) * (cert_around + row->spki_len + row->signature_len) + row->signature_len +
           message_around;
}

static void judge_mtu(struct model_judge *j, const struct model_clients *c,
                      const struct model_gateway *g)
{
    uint16_t links[MODEL_LINKS_MAX];
    const uint32_t count = model_way_of(j->config, c->via, c->to, links);
    const uint8_t theirs = model_key_type_of(model_auth_of_gateway(j->config, g));
    const uint64_t there = auth_len(model_key_type_of(c->auth), c->certificate_chain);
    const uint64_t back = auth_len(theirs, g->certificate_chain);
    for (uint32_t i = 0; i < count && count != UINT32_MAX; i++) {
        const struct model_link *const l = &j->config->links[links[i]];
        if (l->oversize == SIM_OVERSIZE_LOST && (there > l->mtu || back > l->mtu))
            model_say(
                j, (struct model_about){"links", l->name, ".mtu"}, false,
                "IKE_AUTH with these certificates takes about %" PRIu64
                " octets, and longer datagrams than the mtu are lost: give more, or `oversize: "
                "fragment`",
                there > back ? there : back);
    }
}

/* Of the keys of one end there is one kind, and one gateway asks for the same rounds of all. */
static void judge_rounds(struct model_judge *j, const struct model_clients *c,
                         const struct model_gateway *g)
{
    const struct model_clients *const first = model_first_clients_of(j->config, g);
    if (model_round_count(c) == 1 && c->more[1] != MODEL_NO_AUTH)
        model_say(j, client(c, ".third_auth"), true, "comes after the second: write `second_auth`");
    if (model_rounds_key(c) == KEY_TYPE_COUNT)
        model_say(j, client(c, ".second_auth"), true,
                  "takes keys of another kind than the other rounds: give all of them, and "
                  "eap.certificates with eap-tls, the same");
    if (!model_rounds_equal(c, first))
        model_say(
            j, client(c, ".second_auth"), true,
            "differs from clients.%s, and their gateway asks the same rounds of all (RFC 4739): "
            "give them a gateway of their own, or the same",
            first->name);
}

/* A gateway asks one thing of all. */
static void judge_eap(struct model_judge *j, const struct model_clients *c,
                      const struct model_gateway *g)
{
    const struct model_clients *const first = model_eap_clients_of(j->config, g);
    if (first == NULL)
        return;
    if (c->auth != first->auth || c->eap.only != first->eap.only ||
        c->eap.identity != first->eap.identity || c->eap.tls != first->eap.tls ||
        c->eap.within != first->eap.within || c->eap.certificates != first->eap.certificates)
        model_say(
            j, client(c, ".auth"), true,
            "differs from clients.%s, who do EAP with the same gateway, which asks the same of "
            "all: "
            "give them a gateway of their own, or the same `auth` and `eap`",
            first->name);
    else if (c->auth >= MODEL_EAP && c->eap.only &&
             !ike_eap_method_of(model_eap_method_of(c->auth))->mutual)
        model_say(
            j, client(c, ".eap.only"), true,
            "the method does not authenticate the gateway: write no, or eap-mschapv2, eap-tls or "
            "eap-ttls");
    else if (c->auth >= MODEL_EAP && (g->auth == MODEL_PSK || g->auth == MODEL_NULL))
        model_say(
            j, gateway(g, ".auth"), true,
            "clients that do EAP want a signature of the gateway (RFC 7296 2.16): write auto, or "
            "the kind of its key");
}

/* TCP is configured on both ends (RFC 9329 2), and the NATs here pass UDP alone. */
static void judge_transport(struct model_judge *j, const struct model_clients *c)
{
    const uint32_t gateway = model_gateway_named(j->config, c->to);
    if (c->transport == TCP_NEVER)
        return;
    if (gateway != UINT32_MAX && !j->config->gateways[gateway].tcp.listen)
        model_say(j, client(c, ".transport"), false,
                  "gateways.%s.tcp.listen is no: every connection will be refused", c->to);
    if (c->nat.kind != MODEL_NO_NAT)
        model_say(j, client(c, ".transport"), true,
                  "a NAT here passes UDP alone: leave out nat, or TCP");
}

/* It has one address, and knows of no other family. */
static void judge_nat(struct model_judge *j, const struct model_clients *c)
{
    const size_t index = (size_t)(c - j->config->clients);
    if (c->nat.kind == MODEL_NO_NAT)
        return;
    (void)same_family(j, client(c, ".nat.address"), j->places->outside[index].base.family, c->to);
    if (c->keepalive_ns != 0 && c->nat.timeout_ns != 0 && c->keepalive_ns >= c->nat.timeout_ns)
        model_say(j, client(c, ".keepalive"), false,
                  "is not below nat.timeout: mappings end before they are kept");
}

static void judge_moves(struct model_judge *j, const struct model_clients *c,
                        const struct model_gateway *g, const struct ike_prefix *prefix)
{
    enum { LEAST = 4 };
    if (c->moves_ns == 0)
        return;
    if (!c->mobike)
        model_say(j, client(c, ".moves"), true,
                  "is not possible without MOBIKE: write `mobike: yes`");
    else if (!g->mobike)
        model_say(j, gateway(g, ".mobike"), true,
                  "is no, and clients.%s are to move: write yes, or `moves: never` there", c->name);
    else if (model_prefix_size(prefix) < LEAST)
        model_say(j, client(c, ".prefix"), true, "has no addresses to move to: give %d at least",
                  LEAST);
}

/* Whether to ask for a Child SA after IKE_AUTH is to be known before. */
static void judge_childless(struct model_judge *j, const struct model_clients *c)
{
    const struct model_about about = client(c, ".childless");
    if (model_is_childless(j->config, c) && c->address != MODEL_OWN_ADDRESS)
        model_say(j, about, true,
                  "asks for no address in IKE_AUTH: write `address: own`, or leave childless out");
    for (uint32_t i = 0; c->abilities.childless && i < j->config->gateway_count; i++) {
        const struct model_gateway *const g = &j->config->gateways[i];
        if (model_serves(j->config, g, c) &&
            g->abilities.childless != model_is_childless(j->config, c))
            model_say(j, about, true, "differs between gateways.%s and gateways.%s", c->to,
                      g->name);
    }
}

/* A client that is a real daemon: its world lives in real time. */
static void judge_client_daemon(struct model_judge *j, const struct model_clients *c)
{
    char path[PATH_SAID];
    if (c->daemon == 0)
        return;
    if (j->config->network != MODEL_LIVE)
        model_say(j, client(c, ".daemon"), true,
                  "a real daemon lives in real time: write `network: {kind: live}`");
    (void)snprintf(path, sizeof path, "clients.%s", c->name);
    j->count +=
        model_daemon_judge(model_recipes[c->daemon - 1], j->config, path, j->complain, j->owner);
}

static void judge_clients(struct model_judge *j, struct model_clients *c,
                          const struct ike_prefix *prefix)
{
    judge_client_daemon(j, c);
    const bool known = judge_to(j, client(c, ".to"), c->to);
    judge_via(j, client(c, ".via"), c->via);
    if (known)
        judge_way(j, client(c, ".via"), c->via, c->to);
    judge_machine(j, client(c, ".machine"), c->machine);
    judge_secret(j, client(c, ".psk"), c->psk, IKE_PSK_MAX);
    judge_secret(j, client(c, ".ppk"), c->ppk, IKE_PPK_MAX);
    judge_group(j, c);
    if (clip_clients(j, c) && model_attempts_bound(c, j->config->for_ns) > MODEL_ATTEMPTS_MAX)
        model_say(j, client(c, ".arrivals"), true,
                  "could make more than %d attempts; give fewer, or a `count`", MODEL_ATTEMPTS_MAX);
    if (!known || !same_family(j, client(c, ".prefix"), prefix->base.family, c->to))
        return;
    const struct model_gateway *const g =
        &j->config->gateways[model_gateway_named(j->config, c->to)];
    judge_childless(j, c);
    judge_nat(j, c);
    judge_transport(j, c);
    judge_moves(j, c, g, prefix);
    model_traffic_judge(j, c, g);
    judge_mtu(j, c, g);
    judge_rounds(j, c, g);
    judge_eap(j, c, g);
    if (c->resume && g->tickets == TICKET_NONE)
        model_say(j, client(c, ".resume"), false,
                  "asks for tickets and gateways.%s gives none: write its tickets.kind", g->name);
    if (strcmp(c->psk, g->psk) != 0 &&
        (model_rounds_have_secret(c) || model_auth_of_gateway(j->config, g) == MODEL_PSK))
        model_say(j, client(c, ".psk"), false, "is not the gateway's: every attempt will fail");
}

/* Who forges ICMP speaks of clients of that gateway, and knows where they are. */
static void judge_about(struct model_judge *j, const struct model_attacker *a)
{
    const struct model_world_config *const c = j->config;
    const struct model_clients *about = NULL;
    for (uint32_t i = 0; i < c->client_count; i++)
        if (strcmp(c->clients[i].name, a->about) == 0)
            about = &c->clients[i];
    if (a->class != MODEL_FORGED_ICMP)
        return;
    if (about == NULL)
        model_say(j, attacker(a, ".about"), true,
                  "names no clients: give the clients of whom the forged ICMP speaks");
    else if (strcmp(about->to, a->to) != 0)
        model_say(j, attacker(a, ".about"), true,
                  "is to be clients of gateways.%s, and is those of %s", a->to, about->to);
    else if (about->nat.kind != MODEL_NO_NAT)
        model_say(j, attacker(a, ".about"), true,
                  "is to be clients without a NAT: where one is, nobody outside knows their ports");
}

static void judge_attacker(struct model_judge *j, struct model_attacker *a,
                           const struct ike_prefix *sources)
{
    const bool known = judge_to(j, attacker(a, ".to"), a->to);
    judge_via(j, attacker(a, ".via"), a->via);
    if (known)
        judge_way(j, attacker(a, ".via"), a->via, a->to);
    clip_attacker(j, a);
    judge_about(j, a);
    if (known)
        (void)same_family(j, attacker(a, ".sources"), sources->base.family, a->to);
}

/* Addresses. */

struct owner {
    struct model_about about;
    struct ike_prefix prefix;
};

static bool overlap(const struct ike_prefix *a, const struct ike_prefix *b)
{
    return ike_prefix_has(a, &b->base) || ike_prefix_has(b, &a->base);
}

static const char *nat_key(const struct model_clients *c)
{
    return c->nat.kind == MODEL_NO_NAT ? ".prefix" : ".nat.address";
}

static void judge_prefixes(struct model_judge *j)
{
    const struct model_world_config *const c = j->config;
    struct owner owners[5 * MODEL_THINGS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < c->gateway_count; i++)
        owners[count++] = (struct owner){gateway(&c->gateways[i], ".address"),
                                         model_prefix_of(&j->places->gateways[i])};
    for (uint32_t i = 0; i < c->client_count; i++)
        owners[count++] =
            (struct owner){client(&c->clients[i], nat_key(&c->clients[i])), j->places->outside[i]};
    for (uint32_t i = 0; i < c->attacker_count; i++)
        owners[count++] =
            (struct owner){attacker(&c->attackers[i], ".sources"), j->places->attackers[i]};
    for (uint32_t i = 0; i < c->background_count; i++) {
        const struct model_about about = {"background", c->backgrounds[i].name, ""};
        const struct model_background_place *const ends = &j->places->backgrounds[i];
        owners[count++] = (struct owner){about, model_prefix_of(&ends->from)};
        owners[count++] = (struct owner){about, model_prefix_of(&ends->to)};
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (overlap(&owners[i].prefix, &owners[k].prefix))
                model_say(j, owners[i].about, true,
                          "overlaps with %s.%s%s: give addresses of its own",
                          owners[k].about.section, owners[k].about.name, owners[k].about.key);
}

size_t model_world_judge(struct model_world_config *config, model_complain_fn *complain,
                         void *owner)
{
    struct model_places places = {0};
    struct model_topology topology = {0};
    struct model_judge j = {.config = config,
                            .places = &places,
                            .topology = &topology,
                            .complain = complain,
                            .owner = owner};
    const struct model_about whole = {"gateways", "", ""};
    const struct model_about sample = {"sample", "", ""};
    model_places_find(config, &places);
    if (config->gateway_count == 0)
        model_say(&j, whole, true,
                  "there is none: give at least one, like gateways: {vpn: {cores: 1}}");
    if (config->for_ns / config->sample_ns > SAMPLES_MAX)
        model_say(&j, sample, true, "makes more than %d samples of a run; sample less often",
                  SAMPLES_MAX);
    judge_names(&j);
    model_links_judge(&j);
    for (uint32_t i = 0; i < config->gateway_count; i++)
        judge_gateway(&j, &config->gateways[i]);
    for (uint32_t i = 0; i < config->client_count; i++)
        judge_clients(&j, &config->clients[i], &places.clients[i]);
    for (uint32_t i = 0; i < config->attacker_count; i++)
        judge_attacker(&j, &config->attackers[i], &places.attackers[i]);
    model_background_judge(&j);
    model_live_judge(&j);
    judge_prefixes(&j);
    return j.count;
}
