/* SPDX-License-Identifier: MIT
 * What a real peer is told on its command line, as policy and configuration of
 * the engine; keys and certificates from a folder. */
#include "ike/v2/payload.h"
#include "ike/v2/selector.h"
#include "tests/interop/live_peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct ike_gateway live_elsewhere(const struct peer *p)
{
    struct ike_gateway to = {.name = NULL};
    if (p->o.also == NULL || !ike_addr_parse(p->o.also, &to.addr)) {
        errno = EINVAL;
        live_die("also");
    }
    return to;
}

/* Options are NAME=VALUE, each name a member of struct options. */
void live_read_options(int argc, char **argv, struct options *o)
{
    const struct {
        const char *name;
        const char **value;
    } table[] = {
        {"local", &o->local},
        {"remote", &o->remote},
        {"psk", &o->psk},
        {"id", &o->id},
        {"peer", &o->peer},
        {"ike", &o->ike},
        {"esp", &o->esp},
        {"local_ts", &o->local_ts},
        {"remote_ts", &o->remote_ts},
        {"script", &o->script},
        {"seconds", &o->seconds},
        {"cookies", &o->cookies},
        {"force", &o->force},
        {"initiate", &o->initiate},
        {"transport", &o->transport},
        {"abandon", &o->abandon},
        {"first_group", &o->first_group},
        {"certs", &o->certs}, /* folder of keys and certificates, */
        {"type", &o->type},   /* and of which family; none: a pre-shared key */
        {"accepts",
         &o->accepts}, /* psk: from the peer, where we sign; signature: where we do not */
        {"scheme", &o->scheme},
        {"old", &o->old},
        {"tells", &o->tells},
        {"eap", &o->eap}, /* a method: as a responder we ask for it, as an initiator we do it */
        {"eap_only", &o->eap_only},
        {"within", &o->within},     /* a method: what TTLS carries */
        {"fragment", &o->fragment}, /* octets of the longest IP datagram */
        {"ppk", &o->ppk},           /* named qkd */
        {"ppk_required", &o->ppk_required},
        {"wants", &o->wants},                 /* an inner address */
        {"reauth", &o->reauth},               /* make or break: which first, when told to */
        {"pool", &o->pool},                   /* gives them from this prefix */
        {"auth_lifetime", &o->auth_lifetime}, /* seconds, to a client */
        {"also", &o->also},           /* another address of ours, to which clients are sent */
        {"redirect", &o->redirect},   /* in IKE_SA_INIT; else the word of the script */
        {"redirects", &o->redirects}, /* goes where it is sent */
        {"second", &o->second},       /* an EAP method: the initiator authenticates once more, so */
        {"childless", &o->childless},
        {"sync", &o->sync},           /* counters may be agreed on anew (RFC 6311 5) */
        {"mobike", &o->mobike},       /* our address may change, to that of `also` */
        {"pcap", &o->pcap},           /* a capture of all messages, and PCAP.keys */
        {"ping_from", &o->ping_from}, /* inner addresses of echo requests */
        {"ping_to", &o->ping_to},
        {"tcp", &o->tcp},         /* always or fallback, as an initiator; it may come, too */
        {"no_udp", &o->no_udp},   /* whatever goes by UDP is lost, both ways */
        {"nobody", &o->nobody},   /* neither end proves who it is (RFC 7619) */
        {"shows", &o->shows},     /* its certificates, asked or not */
        {"lag", &o->lag},         /* what we send is held back so many milliseconds */
        {"tokens", &o->tokens},   /* quick crash detection (RFC 6290) */
        {"tickets", &o->tickets}, /* asks for tickets (RFC 5723) */
        {"window", &o->window},   /* of so many requests (RFC 7296 2.3) */
        {"no_nats", &o->no_nats}, /* NO_NATS_ALLOWED (RFC 4555 3.9) */
        {"end", &o->end},         /* which certificate: end, or tls, which TLS takes as well */
    };
    for (int i = 1; i < argc; i++) {
        const char *const equals = strchr(argv[i], '=');
        const size_t len = equals == NULL ? 0 : (size_t)(equals - argv[i]);
        bool known = false;
        for (size_t k = 0; k < sizeof table / sizeof table[0]; k++)
            if (len > 0 && strlen(table[k].name) == len &&
                strncmp(argv[i], table[k].name, len) == 0) {
                *table[k].value = equals + 1;
                known = true;
            }
        if (!known) {
            errno = EINVAL;
            live_die(argv[i]);
        }
    }
}

/* Fragments, and the post-quantum pre-shared key. */
static void configure_extensions(struct ike_policy *policy, const struct options *o)
{
    static const char id[] = "qkd";
    if (o->fragment != NULL)
        policy->fragment = (uint16_t)strtoul(o->fragment, NULL, 10);
    if (o->reauth != NULL)
        policy->reauth = strcmp(o->reauth, "make") == 0 ? REAUTH_MAKE_FIRST : REAUTH_BREAK_FIRST;
    if (o->auth_lifetime != NULL)
        policy->auth_lifetime_s = (uint32_t)strtoul(o->auth_lifetime, NULL, 10);
    if (o->ppk == NULL || strlen(o->ppk) > IKE_PPK_MAX)
        return;
    policy->ppk_count = 1;
    policy->ppk_required = o->ppk_required != NULL;
    policy->ppk[0].id_len = sizeof id - 1;
    memcpy(policy->ppk[0].id, id, sizeof id - 1);
    policy->ppk[0].key_len = (uint8_t)strlen(o->ppk);
    memcpy(policy->ppk[0].key, o->ppk, strlen(o->ppk));
}

/* A client of theirs, or a gateway to them. */
static void configure_inner(struct peer *p)
{
    if (p->o.wants != NULL) {
        p->wants = (struct ike_wants){.ip4 = true, .dns = true, .version = true};
        p->policy.wants = &p->wants;
    }
    if (p->o.pool == NULL)
        return;
    p->gives = (struct ike_gives){.pool_count = 1, .dns_count = 1, .version = "ikelab"};
    (void)ike_addr_parse("10.1.0.53", &p->gives.dns[0]);
    if (!ike_prefix_parse(p->o.pool, &p->gives.pools[0])) {
        errno = EINVAL;
        live_die(p->o.pool);
    }
    p->policy.gives = &p->gives;
}

/* RFC 9329 5.1 */
static void configure_tcp(struct peer *p)
{
    if (p->o.tcp == NULL)
        return;
    const bool always = strcmp(p->o.tcp, "always") == 0;
    if (!always && strcmp(p->o.tcp, "fallback") != 0) {
        errno = EINVAL;
        live_die(p->o.tcp);
    }
    p->policy.tcp = always ? TCP_ALWAYS : TCP_FALLBACK;
    p->policy.udp_sends = 2;
}

/* Sends others on, or goes itself. */
static void configure_redirects(struct peer *p)
{
    p->policy.takes_redirects = p->o.redirects != NULL;
    if (p->o.redirect != NULL)
        p->config.redirect_to = live_elsewhere(p);
}

void live_configure(struct peer *p)
{
    const struct options *const o = &p->o;
    struct ike_policy *const policy = &p->policy;
    const char *bad;
    static const uint8_t secret[32] = "of tokens";
    configure_extensions(policy, o);
    configure_inner(p);
    configure_tcp(p);
    p->config = (struct ike_config){
        .sa_max = 64,
        .cookies = {.on_at = o->cookies != NULL ? 0 : IKE_UNLIMITED,
                    .secret_ns = UINT64_C(120000000000),
                    .overlap_ns = UINT64_C(10000000000)},
        .half_open = {.limit = IKE_UNLIMITED,
                      .per_address = IKE_UNLIMITED,
                      .timeout_ns = UINT64_C(30000000000)},
        .retransmit = {.first_ns = UINT64_C(500000000),
                       .factor_milli = 2000,
                       .sends = 5,
                       .wait_max_ns = UINT64_C(8000000000)},
        .cookies_max = 3,
        .groups_max = 3,
        .policies = policy,
        .policy_count = 1,
        .tell_keys = true,
        .window = o->window == NULL ? 1 : (uint32_t)strtoul(o->window, NULL, 10),
        .qcd_secret = o->tokens == NULL ? NULL : secret,
    };
    configure_redirects(p);
    const bool good =
        ike_offer_parse(o->ike, &policy->ike[0], &bad) &&
        ike_offer_parse(o->esp, &policy->child[0].esp[0], &bad) &&
        ike_id_from_text(o->id, &policy->local_id) &&
        ike_id_from_text(o->peer, &policy->remote_id) &&
        (o->local_ts == NULL || ike_selector_from_text(o->local_ts, &policy->child[0].local[0])) &&
        (o->remote_ts == NULL || ike_selector_from_text(o->remote_ts, &policy->child[0].remote[0]));
    if (!good) {
        errno = EINVAL;
        live_die("configuration");
    }
    policy->ike_count = policy->child[0].esp_count = policy->child_count = 1;
    policy->child[0].local_count = o->local_ts != NULL;
    policy->child[0].remote_count = o->remote_ts != NULL;
    policy->psk_len = (uint8_t)strlen(o->psk);
    memcpy(policy->psk, o->psk, policy->psk_len);
    policy->force_encapsulation = o->force != NULL;
    policy->child[0].transport_mode = o->transport != NULL;
    policy->initial_contact = true;
    policy->childless = o->childless != NULL;
    policy->sync_ids = o->sync != NULL;
    policy->mobike.on = o->mobike != NULL || o->no_nats != NULL;
    policy->mobike.no_nats = o->no_nats != NULL;
    policy->takes_tokens = o->tokens != NULL;
    policy->tickets = o->tickets != NULL;
    if (o->nobody != NULL) {
        policy->proof = PROOF_NULL;
        policy->accepts = 1 << PROOF_NULL;
    }
    if (o->first_group != NULL)
        policy->first_group = ike_algo_named(o->first_group);
    p->script = o->script == NULL ? "" : o->script;
    p->until = o->childless != NULL && o->initiate != NULL ? "UP" : "CHILD_UP|CHILD_FAILED";
}

static struct ike_bytes read_file(struct peer *p, int room, const char *what)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s.%s.der", p->o.certs, p->o.type, what);
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        live_die(path);
    const size_t len = fread(p->rooms[room], 1, IKE_CERT_MAX, file);
    (void)fclose(file);
    return (struct ike_bytes){.at = p->rooms[room], .len = len};
}

/* Keys and certificates of a family: root, one intermediate, a.test. */
static void furnish(struct peer *p)
{
    const struct options *const o = &p->o;
    struct ike_policy *const policy = &p->policy;
    const bool signs = o->accepts == NULL || strcmp(o->accepts, "signature") != 0;
    const bool verifies = o->accepts == NULL || strcmp(o->accepts, "psk") != 0;
    if (o->type == NULL)
        return;
    const struct ike_credential_ops *const ops = p->crypto->ops->credentials;
    struct ike_trust *const trust = ops->trust_open(p->crypto);
    const uint8_t type = ike_key_type_named(o->type);
    const struct ike_bytes root = read_file(p, 1, "root.cert");
    p->root_len = root.len;
    p->credential.key = ops->key_load(p->crypto, type, read_file(p, 0, "key"));
    if (p->credential.key == NULL || trust == NULL || !ops->trust_add(trust, TRUST_ANCHOR, root)) {
        errno = EINVAL;
        live_die("certificates");
    }
    p->credential.chain[1] = read_file(p, 2, "middle.cert");
    p->credential.chain[0] = read_file(p, 3, o->end != NULL ? "tls.cert" : "end.cert");
    p->credential.chain_count = 2;
    policy->proof = signs ? PROOF_SIGNATURE : PROOF_PSK;
    policy->accepts = (uint8_t)(1 << (verifies ? PROOF_SIGNATURE : PROOF_PSK));
    policy->credential = &p->credential;
    policy->trust = trust;
    policy->send_certs = o->shows != NULL ? CERT_ALWAYS : 0;
    policy->scheme = o->scheme;
    policy->old_signatures = o->old != NULL;
    policy->tell_methods = o->tells != NULL;
    p->config.epoch_s = (uint64_t)time(NULL) - live_now_ns() / UINT64_C(1000000000);
}

/* A method of EAP, with `psk` for a password. */
static void learn(struct peer *p, struct ike_eap_config *eap, const char *name)
{
    const struct ike_eap_method *const method = ike_eap_method_named(name);
    if (method == NULL) {
        errno = EINVAL;
        live_die(name);
    }
    eap->methods[0] = method->type;
    eap->method_count = 1;
    eap->identity = p->o.initiate == NULL;
    eap->fragment = 512;
    eap->password_len = p->policy.psk_len;
    memcpy(eap->password, p->policy.psk, p->policy.psk_len);
    eap->tls.mutual = method->type == EAP_TLS;
    if (p->o.within != NULL)
        eap->within = ike_eap_method_named(p->o.within)->type;
}

/* One more authentication of the initiator (RFC 4739 2), under the same name. */
static void follow(struct peer *p)
{
    if (p->o.second == NULL)
        return;
    const bool initiates = p->o.initiate != NULL;
    p->second.local_id = initiates ? p->policy.local_id : (struct ike_id){0};
    p->second.remote_id = initiates ? (struct ike_id){0} : p->policy.remote_id;
    learn(p, &p->second.eap, p->o.second);
    p->policy.next_auth = &p->second;
}

/* EAP; TLS shows the same certificates. */
static void study(struct peer *p)
{
    struct ike_eap_config *const eap = &p->policy.eap;
    if (p->o.eap == NULL)
        return;
    learn(p, eap, p->o.eap);
    p->policy.eap_only = p->o.eap_only != NULL;
    p->identity =
        (struct ike_tls_identity){.chain = {p->credential.chain[0], p->credential.chain[1]},
                                  .chain_count = 2,
                                  .root = {.at = p->rooms[1], .len = p->root_len},
                                  .key = read_file(p, 4, "key"),
                                  .signature_len = 256};
    eap->tls.identity = &p->identity;
    eap->tls.anchors[0] = p->identity.root;
    eap->tls.anchor_count = 1;
}

void live_furnish(struct peer *p)
{
    furnish(p);
    study(p);
    follow(p);
}

void live_strip(struct peer *p)
{
    struct ike_trust *trust;
    struct ike_key *key;
    memcpy(&trust, &p->policy.trust, sizeof trust); /* both are ours to free */
    memcpy(&key, &p->credential.key, sizeof key);
    p->crypto->ops->credentials->trust_close(trust);
    p->crypto->ops->credentials->key_free(key);
}
