/* SPDX-License-Identifier: MIT
 * From an experiment's keys to what is wished of a daemon, and what of it the
 * daemon has no setting for. */
#include "models/daemon_recipe.h"
#include "models/keys_value.h"
#include "models/places.h"
#include "models/policy.h"

#include <stdio.h>
#include <string.h>

static void id_text(const char *name, const char *before, char *out, size_t out_max)
{
    (void)snprintf(out, out_max, "%s%.64s.test", before, name);
}

/* How the first of a gateway's clients prove themselves. */
static enum model_auth peer_auth_of(const struct model_world_config *config,
                                    const struct model_gateway *gateway)
{
    const struct model_clients *const first = model_first_clients_of(config, gateway);
    return first != NULL ? first->auth : MODEL_PSK;
}

void model_wish_of_gateway(const struct model_world_config *config,
                           const struct model_gateway *gateway, struct model_wish *out)
{
    const bool pool = gateway->pool[0] != '\0' && strcmp(gateway->pool, "none") != 0;
    const struct model_clients *const first = model_first_clients_of(config, gateway);
    const struct model_clients *const eap = model_eap_clients_of(config, gateway);
    *out = (struct model_wish){
        .psk = gateway->psk,
        .auth = model_auth_of_gateway(config, gateway),
        .peer_auth = peer_auth_of(config, gateway),
        .proposals = gateway->proposals,
        .esp = gateway->esp,
        .local_ts = gateway->selectors,
        .pool = pool ? gateway->pool : NULL,
        .cookies_at = gateway->cookies_at,
        .half_open_limit = gateway->half_open_limit,
        .half_open_per_address = gateway->half_open_per_address,
        .half_open_lists = gateway->half_open_lists,
        .half_open_timeout_ns = gateway->half_open_timeout_ns,
        .liveness_ns = gateway->liveness_ns,
        .rekey = gateway->rekey,
        .fragment = gateway->fragment,
        .eap_fragment = eap != NULL ? eap->eap.fragment : 0,
        .eap_unnamed = eap != NULL && !eap->eap.identity,
        .eap_only = eap != NULL && eap->eap.only,
        .eap_tls = eap != NULL ? eap->eap.tls : 0,
        .eap_within = eap != NULL ? eap->eap.within : 0,
        .old_signatures = gateway->abilities.old_signatures,
        .peer_old_signatures = first != NULL && first->abilities.old_signatures,
        .mobike = gateway->mobike,
        .force_encapsulation = gateway->force_encapsulation,
        .transport_mode = gateway->transport_mode,
    };
    id_text(gateway->name, "", out->local_id, sizeof out->local_id);
}

void model_wish_of_clients(const struct model_world_config *config,
                           const struct model_clients *clients, struct model_wish *out)
{
    const uint32_t to = model_gateway_named(config, clients->to);
    const struct model_gateway *const gateway = to != UINT32_MAX ? &config->gateways[to] : NULL;
    *out = (struct model_wish){
        .psk = clients->psk,
        .auth = clients->auth,
        .peer_auth = gateway != NULL ? model_auth_of_gateway(config, gateway) : MODEL_PSK,
        .proposals = clients->proposals,
        .esp = clients->esp,
        .remote_ts = clients->selectors,
        .wants_address = clients->address == MODEL_IPV4_ADDRESS,
        .wants_other_address =
            clients->address == MODEL_IPV6_ADDRESS || clients->address == MODEL_BOTH_ADDRESSES,
        .cookies_at = IKE_UNLIMITED,
        .half_open_limit = IKE_UNLIMITED,
        .half_open_per_address = IKE_UNLIMITED,
        .liveness_ns = clients->liveness_ns,
        .rekey = clients->rekey,
        .keepalive_ns = clients->keepalive_ns != 0 ? clients->keepalive_ns : UINT64_MAX,
        .fragment = clients->fragment,
        .eap_fragment = clients->eap.fragment,
        .eap_tls = clients->eap.tls,
        .eap_within = clients->eap.within,
        .eap_only = clients->eap.only,
        .old_signatures = clients->abilities.old_signatures,
        .peer_old_signatures = gateway != NULL && gateway->abilities.old_signatures,
        .retransmit_first_ns = clients->retransmit_first_ns,
        .retransmit_factor_milli = clients->retransmit_factor_milli,
        .retransmit_sends = clients->retransmit_sends,
        .mobike = clients->mobike,
        .transport_mode = clients->transport_mode,
    };
    id_text(clients->name, "client-0@", out->local_id, sizeof out->local_id);
    id_text(clients->to, "", out->remote_id, sizeof out->remote_id);
    (void)snprintf(out->peer_authority, sizeof out->peer_authority, "%s", clients->to);
}

struct judging {
    const struct model_recipe *recipe;
    struct model_wish wish;
    const char *path; /* of the entry */
    model_complain_fn *complain;
    void *owner;
    size_t count;
};

/* To the key of another entry, "clients.staff". */
static void object_to(struct judging *j, const char *entry, const char *key, const char *text)
{
    char path[3 * MODEL_NAME_MAX];
    char words[256];
    (void)snprintf(path, sizeof path, "%s.%s", entry, key);
    (void)snprintf(words, sizeof words, "%s: %s", j->recipe->title, text);
    j->complain(j->owner, path, true, words);
    j->count++;
}

static void object(struct judging *j, const char *key, const char *text)
{
    object_to(j, j->path, key, text);
}

/* Keys that describe our model of a gateway, not what it is told; and those that the world around a
 * daemon carries out: who comes when, by which way, and what papers and keys there are. */
static bool is_of_the_world(const char *key)
{
    static const char *const keys[] = {
        "address",      "cores",
        "machine",      "implementation",
        "cost_scale",   "sa_max",
        "proposals",    "esp",
        "selectors",    "psk",
        "auth",         "certificate_chain",
        "to",           "via",
        "prefix",       "nat.kind",
        "nat.address",  "nat.ports",
        "nat.timeout",  "nat.rebind",
        "arrivals",     "from",
        "until",        "count",
        "patience",     "stay",
        "at",           "daemon",
        "eap.identity", "eap.certificates",
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* What clients of ours do and a real one is never told to. */
static bool is_of_our_clients(const char *key)
{
    static const char *const keys[] = {"refused", "retry.wait", "retry.max",
                                       "leave",   "reconnect",  "moves"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static const struct recipe_key *setting_for(const struct model_recipe *recipe, const char *key)
{
    for (const struct recipe_key *row = recipe->keys; row->key != NULL; row++)
        if (strcmp(row->key, key) == 0)
            return row;
    return NULL;
}

/* NULL: the key may be as it is. */
static const char *objection_to(const struct model_recipe *recipe, const char *key,
                                const struct model_wish *wish)
{
    const struct recipe_key *const row = setting_for(recipe, key);
    return row != NULL && row->objection != NULL ? row->objection(wish) : NULL;
}

/* Some are of gateways only, or of clients. */
static bool has_key(const struct model_world_config *config, const char *path)
{
    char got[MODEL_TEXT_MAX * 4];
    return model_config_get(config, path, got, sizeof got);
}

/* Whether the key asks for something: it is not as an entry has it that says nothing. */
static bool asks(const struct model_world_config *config, const struct model_world_config *plain,
                 const char *path)
{
    char got[MODEL_TEXT_MAX * 4], usual[MODEL_TEXT_MAX * 4];
    return model_config_get(config, path, got, sizeof got) &&
           model_config_get(plain, path, usual, sizeof usual) && strcmp(got, usual) != 0;
}

static void judge_keys(struct judging *j, const struct model_world_config *config,
                       const struct model_world_config *plain, size_t section_len)
{
    char path[3 * MODEL_NAME_MAX];
    for (size_t i = 0; i < model_key_count; i++) {
        const char *const star = strstr(model_keys[i].path, ".*.");
        if (star == NULL || star != model_keys[i].path + section_len ||
            strncmp(model_keys[i].path, j->path, section_len) != 0)
            continue;
        const char *const key = star + 3;
        const struct recipe_key *const row = setting_for(j->recipe, key);
        if (row != NULL || is_of_the_world(key))
            continue;
        (void)snprintf(path, sizeof path, "%s.%s", j->path, key);
        if (asks(config, plain, path))
            object(j, key,
                   is_of_our_clients(key) ? "it comes at its arrivals and leaves after its stay, "
                                            "and does nothing of its own accord"
                                          : "there is no setting for it");
    }
    for (const struct recipe_key *row = j->recipe->keys; row->key != NULL; row++) {
        const char *const text = objection_to(j->recipe, row->key, &j->wish);
        (void)snprintf(path, sizeof path, "%s.%s", j->path, row->key);
        if (text != NULL && has_key(config, path))
            object(j, row->key, text);
    }
}

static void judge_proposals(struct judging *j, const char *key, const char *proposals, bool esp)
{
    char room[MODEL_DAEMON_FILE_MAX / 8];
    char words[192];
    const char *lacking = NULL;
    struct model_text out = {.at = room, .max = sizeof room};
    if (model_daemon_proposals(j->recipe, proposals, esp, &out, &lacking))
        return;
    if (strchr(lacking, ' ') != NULL)
        (void)snprintf(words, sizeof words, "it wants %s", lacking);
    else
        (void)snprintf(words, sizeof words, "it has no %s", lacking);
    object(j, key, words);
}

static void judge_auth(struct judging *j, const char *other_end)
{
    char words[64];
    const bool own = (j->recipe->auths >> j->wish.auth & 1) != 0;
    const bool other = (j->recipe->peer_auths >> j->wish.peer_auth & 1) != 0;
    (void)snprintf(words, sizeof words, "it does not %s by %s", own ? "let in" : "authenticate",
                   auth_word(own ? j->wish.peer_auth : j->wish.auth));
    if (!own)
        object(j, "auth", words);
    else if (!other)
        object_to(j, other_end, "auth", words);
}

/* The other end shows so many intermediates. */
static void judge_chain(struct judging *j, const char *other_end, uint64_t links)
{
    const bool shows = (AUTHS_SIGNED >> j->wish.peer_auth & 1) != 0;
    if (j->recipe->no_chains && shows && links > 0)
        object_to(j, other_end, "certificate_chain",
                  "it takes no intermediate certificates of the other end: write 0");
}

/* What clients who do EAP ask of the other end, who has one setting for all of them. */
static void judge_eap(struct judging *j, const char *entry, const struct model_clients *clients)
{
    static const char *const keys[] = {"eap.tls", "eap.only", "eap.within"};
    struct model_wish wish = j->wish;
    wish.eap_tls = clients->eap.tls;
    wish.eap_only = clients->eap.only;
    wish.eap_within = clients->eap.within;
    if (clients->auth < MODEL_EAP || setting_for(j->recipe, "eap.tls") == NULL)
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *const text = objection_to(j->recipe, keys[i], &wish);
        if (text != NULL)
            object_to(j, entry, keys[i], text);
    }
    if (strcmp(auth_word(clients->auth), "eap-tls") == 0 && !clients->eap.identity)
        object_to(j, entry, "eap.identity",
                  "it takes a certificate for whom EAP says it is, not IKE: write yes");
    const bool differs[] = {wish.eap_tls != j->wish.eap_tls, wish.eap_only != j->wish.eap_only,
                            wish.eap_within != j->wish.eap_within};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (differs[i])
            object_to(j, entry, keys[i], "all its clients are to do the same");
}

/* The first of its clients are judged with the gateway itself. */
static void judge_signatures(struct judging *j, const char *entry,
                             const struct model_clients *clients)
{
    static const char *const keys[] = {"auth", "old_signatures"};
    struct model_wish wish = j->wish;
    wish.peer_old_signatures = clients->abilities.old_signatures;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *const text = objection_to(j->recipe, keys[i], &wish);
        if (text != NULL && text != objection_to(j->recipe, keys[i], &j->wish))
            object_to(j, entry, "old_signatures", text);
    }
}

/* One connection is for all clients of a gateway. */
static void judge_populations(struct judging *j, const struct model_world_config *config,
                              const struct model_gateway *gateway)
{
    char entry[2 * MODEL_NAME_MAX];
    for (uint32_t i = 0; i < config->client_count; i++) {
        const struct model_clients *const clients = &config->clients[i];
        if (!model_serves(config, gateway, clients))
            continue;
        (void)snprintf(entry, sizeof entry, "clients.%s", clients->name);
        if (clients->auth != j->wish.peer_auth)
            object(j, "auth", "all its clients are to authenticate alike");
        if (clients->more[0] != MODEL_NO_AUTH)
            object_to(j, entry, "second_auth", "its clients are to authenticate once");
        judge_eap(j, entry, clients);
        judge_signatures(j, entry, clients);
        judge_chain(j, entry, clients->certificate_chain);
    }
}

static void judge_gateway(struct judging *j, const struct model_world_config *config,
                          const struct model_gateway *gateway)
{
    const struct model_clients *const first = model_first_clients_of(config, gateway);
    char entry[2 * MODEL_NAME_MAX];
    (void)snprintf(entry, sizeof entry, "clients.%s", first != NULL ? first->name : "");
    model_wish_of_gateway(config, gateway, &j->wish);
    judge_populations(j, config, gateway);
    judge_auth(j, entry);
}

static void judge_client(struct judging *j, const struct model_world_config *config,
                         const struct model_clients *clients)
{
    char entry[2 * MODEL_NAME_MAX];
    (void)snprintf(entry, sizeof entry, "gateways.%s", clients->to);
    model_wish_of_clients(config, clients, &j->wish);
    judge_auth(j, entry);
    const uint32_t to = model_gateway_named(config, clients->to);
    if (to != UINT32_MAX)
        judge_chain(j, entry, config->gateways[to].certificate_chain);
}

size_t model_daemon_judge(const struct model_recipe *recipe,
                          const struct model_world_config *config, const char *path,
                          model_complain_fn *complain, void *owner)
{
    struct judging j = {.recipe = recipe, .path = path, .complain = complain, .owner = owner};
    struct model_world_config plain;
    char section[16];
    const char *const dot = strchr(path, '.');
    const size_t section_len = dot != NULL ? (size_t)(dot - path) : 0;
    (void)snprintf(section, sizeof section, "%.*s", (int)section_len, path);
    model_config_open(&plain);
    if (dot == NULL || !model_config_has(config, section, dot + 1) ||
        !model_config_add(&plain, section, dot + 1))
        return 0;
    for (uint32_t i = 0; i < config->gateway_count; i++)
        if (strcmp(section, "gateways") == 0 && strcmp(config->gateways[i].name, dot + 1) == 0)
            judge_gateway(&j, config, &config->gateways[i]);
    for (uint32_t i = 0; i < config->client_count; i++)
        if (strcmp(section, "clients") == 0 && strcmp(config->clients[i].name, dot + 1) == 0)
            judge_client(&j, config, &config->clients[i]);
    judge_proposals(&j, "proposals", j.wish.proposals, false);
    judge_proposals(&j, "esp", j.wish.esp, true);
    judge_keys(&j, config, &plain, section_len);
    return j.count;
}
