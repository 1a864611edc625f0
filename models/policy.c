/* SPDX-License-Identifier: MIT
 * Policies out of texts that the keys have judged already. */
#include "models/policy.h"

#include "ike/v2/payload.h"
#include "ike/v2/selector.h"
#include "models/abilities.h"
#include "models/keys_value.h"
#include "models/papers.h"
#include "models/places.h"
#include "models/rounds.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

uint8_t model_offers_of(const char *text, struct ike_offer *out)
{
    char one[MODEL_TEXT_MAX];
    const char *bad;
    uint8_t count = 0;
    for (const char *at = text; count < IKE_OFFERS_MAX && model_list_next(&at, one, sizeof one);)
        if (ike_offer_parse(one, &out[count], &bad))
            count++;
    return count;
}

const char *model_lacking(const char *proposals, const struct ike_crypto *crypto)
{
    struct ike_offer offers[IKE_OFFERS_MAX];
    const uint8_t count = model_offers_of(proposals, offers);
    for (uint8_t i = 0; i < count; i++)
        for (uint8_t k = 0; k < offers[i].count; k++)
            if (!ike_crypto_has(crypto, offers[i].algos[k]))
                return ike_algos[offers[i].algos[k]].name;
    return NULL;
}

static uint8_t selectors_of(const char *text, struct ike_selector *out)
{
    char one[MODEL_TEXT_MAX];
    uint8_t count = 0;
    for (const char *at = text;
         count < IKE_POLICY_SELECTORS_MAX && model_list_next(&at, one, sizeof one);)
        if (ike_selector_from_text(one, &out[count]))
            count++;
    return count;
}

static void id_of(const char *text, struct ike_id *out)
{
    const bool good = ike_id_from_text(text, out);
    assert(good);
    (void)good;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *const at = c != '\0' ? strchr(digits, c) : NULL;
    return at == NULL ? -1 : (int)((at - digits) % 16);
}

size_t model_secret_of(const char *text, uint8_t *out, size_t max)
{
    const char *const digits = text + 2;
    size_t len = strlen(text);
    bool hex = len > 2 && len % 2 == 0 && text[0] == '0' && text[1] == 'x';
    for (size_t i = 0; hex && digits[i] != '\0'; i++)
        hex = hex_digit(digits[i]) >= 0;
    len = hex ? len / 2 - 1 : len;
    for (size_t i = 0; i < len && i < max; i++)
        out[i] = hex ? (uint8_t)(hex_digit(digits[2 * i]) * 16 + hex_digit(digits[2 * i + 1]))
                     : (uint8_t)text[i];
    return len;
}

/* One that was judged already. */
static uint8_t secret(const char *text, uint8_t *out, size_t max)
{
    const size_t len = model_secret_of(text, out, max);
    assert(len > 0 && len <= max);
    return (uint8_t)len;
}

static void set_psk(struct ike_policy *policy, const char *psk)
{
    policy->psk_len = secret(psk, policy->psk, sizeof policy->psk);
}

/* Both know it by the gateway's name. */
static void set_ppk(struct ike_policy *policy, const char *gateway, const char *ppk, bool required)
{
    const size_t id_len = strlen(gateway);
    if (ppk[0] == '\0' || strcmp(ppk, "none") == 0)
        return;
    assert(id_len <= IKE_PPK_MAX);
    struct ike_ppk *const one = &policy->ppk[0];
    one->key_len = secret(ppk, one->key, sizeof one->key);
    memcpy(one->id, gateway, id_len);
    one->id_len = (uint8_t)id_len;
    policy->ppk_count = 1;
    policy->ppk_required = required;
}

/* What was not replaced is closed after a tenth more. */
static struct ike_lifetime lifetime_of(uint64_t rekey_ns, uint64_t jitter_ppb)
{
    return (struct ike_lifetime){.rekey_ns = rekey_ns,
                                 .rand_ns = rekey_ns / 1000000000 * jitter_ppb +
                                            rekey_ns % 1000000000 * jitter_ppb / 1000000000,
                                 .over_ns = rekey_ns / 10};
}

static void set_lifetimes(struct ike_policy *policy, const struct model_rekey *rekey)
{
    struct ike_lifetime *const child = &policy->child[0].lifetime;
    policy->lifetime = lifetime_of(rekey->ike_ns, rekey->jitter_ppb);
    *child = lifetime_of(rekey->child_ns, rekey->jitter_ppb);
    child->rekey_bytes = rekey->octets;
    child->life_bytes = rekey->octets + rekey->octets / 10;
    child->rekey_packets = rekey->packets;
    child->life_packets = rekey->packets + rekey->packets / 10;
}

bool model_rekeys_children(const struct model_rekey *rekey)
{
    return rekey->child_ns != 0 || rekey->octets != 0 || rekey->packets != 0;
}

uint8_t model_eap_method_of(enum model_auth auth)
{
    return auth < MODEL_EAP ? 0 : ike_eap_method_at((size_t)(auth - MODEL_EAP))->type;
}

void model_eap_of(const struct model_clients *clients, enum model_auth auth, const char *password,
                  bool server, struct ike_eap_config *out)
{
    memset(out, 0, sizeof *out);
    if (auth < MODEL_EAP)
        return;
    out->password_len = secret(password, out->password, sizeof out->password);
    out->methods[0] = model_eap_method_of(auth);
    out->method_count = 1;
    out->identity = server && clients->eap.identity;
    out->fragment = (uint16_t)clients->eap.fragment;
    out->tls.version = (uint8_t)clients->eap.tls;
    out->within = (uint8_t)clients->eap.within;
    out->tls.mutual = out->methods[0] == EAP_TLS;
}

void model_policy_of_gateway(const struct model_gateway *gateway, const struct ike_addr *addr,
                             struct ike_policy *out)
{
    char id[MODEL_NAME_MAX + 8];
    memset(out, 0, sizeof *out);
    out->name = gateway->name;
    out->child_count = 1;
    out->ike_count = model_offers_of(gateway->proposals, out->ike);
    out->child[0].esp_count = model_offers_of(gateway->esp, out->child[0].esp);
    (void)snprintf(id, sizeof id, "%s.test", gateway->name);
    id_of(id, &out->local_id);
    set_psk(out, gateway->psk);
    out->child[0].local_count = selectors_of(gateway->selectors, out->child[0].local);
    if (gateway->transport_mode && out->child[0].local_count < IKE_POLICY_SELECTORS_MAX) {
        const struct ike_prefix own = {.base = *addr, .bits = addr->family == IKE_IPV4 ? 32 : 128};
        out->child[0].local[out->child[0].local_count++] = ike_selector_prefix(&own);
    }
    out->child[0].remote_count = selectors_of("0.0.0.0/0, ::/0", out->child[0].remote);
    out->child[0].transport_mode = gateway->transport_mode;
    out->mobike.on = gateway->mobike;
    out->mobike.unchecked = !gateway->routability;
    out->force_encapsulation = gateway->force_encapsulation;
    out->fragment = (uint16_t)gateway->fragment;
    set_ppk(out, gateway->name, gateway->ppk, gateway->ppk_required);
    model_abilities_policy(&gateway->abilities, out);
    set_lifetimes(out, &gateway->rekey);
}

void model_policy_of_clients(const struct model_clients *clients, struct ike_policy *out)
{
    char id[MODEL_NAME_MAX + 8];
    memset(out, 0, sizeof *out);
    out->name = clients->name;
    out->child_count = 1;
    out->ike_count = model_offers_of(clients->proposals, out->ike);
    out->child[0].esp_count = model_offers_of(clients->esp, out->child[0].esp);
    if (strcmp(clients->first_group, "auto") != 0)
        out->first_group = ike_algo_named(clients->first_group);
    out->takes_redirects = clients->redirects;
    (void)snprintf(id, sizeof id, "%s.test", clients->to);
    if (!clients->redirects) /* else: one of a group, RFC 5685 3 */
        id_of(id, &out->remote_id);
    set_psk(out, clients->psk);
    if (!clients->transport_mode) /* else: the two ends themselves */
        out->child[0].remote_count = selectors_of(clients->selectors, out->child[0].remote);
    out->child[0].transport_mode = clients->transport_mode;
    out->tcp = (uint8_t)clients->transport;
    out->udp_sends = (uint8_t)clients->udp_sends;
    out->child[0].transport_only = clients->transport_mode && clients->mode_required;
    out->mobike.on = clients->mobike;
    out->initial_contact = true;
    out->tickets = clients->resume;
    out->fragment = (uint16_t)clients->fragment;
    set_ppk(out, clients->to, clients->ppk, clients->ppk_required);
    out->eap_only = clients->eap.only;
    model_eap_of(clients, clients->auth, clients->psk, false, &out->eap);
    model_abilities_policy(&clients->abilities, out);
    set_lifetimes(out, &clients->rekey);
}

/* Along the redirects, which may go round: so many steps at most as there are gateways. */
bool model_serves(const struct model_world_config *config, const struct model_gateway *gateway,
                  const struct model_clients *clients)
{
    uint32_t at = model_gateway_named(config, clients->to);
    for (uint32_t i = 0; i < config->gateway_count && at != UINT32_MAX; i++) {
        if (&config->gateways[at] == gateway)
            return true;
        at = clients->redirects ? model_gateway_named(config, config->gateways[at].redirect.to)
                                : UINT32_MAX;
    }
    return false;
}

enum model_auth model_auth_of_gateway(const struct model_world_config *config,
                                      const struct model_gateway *gateway)
{
    if (gateway->auth != MODEL_AUTH_AUTO)
        return gateway->auth;
    for (uint32_t i = 0; i < config->client_count; i++)
        if (model_serves(config, gateway, &config->clients[i]))
            return config->clients[i].auth < MODEL_EAP
                       ? config->clients[i].auth
                       : (enum model_auth)config->clients[i].eap.certificates;
    return MODEL_PSK;
}

const struct model_clients *model_first_clients_of(const struct model_world_config *config,
                                                   const struct model_gateway *gateway)
{
    for (uint32_t i = 0; i < config->client_count; i++)
        if (model_serves(config, gateway, &config->clients[i]))
            return &config->clients[i];
    return NULL;
}

const struct model_clients *model_eap_clients_of(const struct model_world_config *config,
                                                 const struct model_gateway *gateway)
{
    for (uint32_t i = 0; i < config->client_count; i++)
        if (model_rounds_have_eap(&config->clients[i]) &&
            model_serves(config, gateway, &config->clients[i]))
            return &config->clients[i];
    return NULL;
}

/* RFC 7296 2.16: it signs for those who begin with EAP, and TLS is to have certificates. */
uint8_t model_key_type_of_gateway(const struct model_world_config *config,
                                  const struct model_gateway *gateway)
{
    const struct model_clients *const eap = model_eap_clients_of(config, gateway);
    const uint8_t type = model_key_type_of(model_auth_of_gateway(config, gateway));
    const bool wants = eap != NULL && (eap->auth >= MODEL_EAP || model_rounds_have_tls(eap));
    return type == KEY_TYPE_NONE && wants ? (uint8_t)eap->eap.certificates : type;
}

uint8_t model_accepts_of_gateway(const struct model_world_config *config,
                                 const struct model_gateway *gateway)
{
    uint8_t accepts = 0;
    for (uint32_t i = 0; i < config->client_count; i++)
        if (model_serves(config, gateway, &config->clients[i]))
            accepts = (uint8_t)(accepts | 1 << model_proof_of(config->clients[i].auth));
    return accepts;
}

void model_id_of_clients(const struct model_clients *clients, struct ike_id *out)
{
    char id[MODEL_NAME_MAX + 8];
    (void)snprintf(id, sizeof id, "%s.test", clients->name);
    id_of(id, out);
}

void model_id_of_client(const struct model_clients *clients, uint32_t client, struct ike_id *out)
{
    char id[MODEL_NAME_MAX + 32];
    (void)snprintf(id, sizeof id, "client-%u@%s.test", client, clients->name);
    id_of(id, out);
}
