/* SPDX-License-Identifier: MIT
 * Our engine as a real peer over UDP, for interoperation tests: ports 500 and
 * 4500 of one address, the real clock, OpenSSL. Prints one line per event and
 * message; leaves after its script is done or its time is up. Bounded in time,
 * and it sends only to the one address it is given. */
#include "ike/ike.h"
#include "ike/v2/describe.h"
#include "ike/v2/payload.h"
#include "ike/v2/selector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct options {
    const char *local, *remote, *psk, *id, *peer, *ike, *esp, *local_ts, *remote_ts, *script;
    const char *sync, *first_group, *seconds, *cookies, *force, *initiate, *transport, *abandon;
    const char *certs, *type, *accepts, *scheme, *old, *tells, *eap, *eap_only, *end, *childless;
    const char *fragment, *ppk, *ppk_required, *wants, *pool, *reauth, *auth_lifetime, *second;
    const char *mobike, *also, *redirect, *redirects;
};

enum { HEARD_MAX = 64, SOCKETS = 4, REBOUND_PORT = 4501 };

/* An event, for the script. */
struct heard {
    enum ike_event_kind kind;
    enum ike_why why;
    bool taken; /* a word of the script has waited for it */
};

struct peer {
    struct options o;
    struct ike_config config;
    struct ike_policy policy;
    struct ike_policy second;
    struct ike_engine *engine;
    struct ike_crypto *crypto;
    int sockets[SOCKETS]; /* for each of `ports`; and at `also` */
    bool moved;           /* to the latter */
    uint64_t sa;
    uint32_t child;
    const char *script; /* what is left of it */
    const char *until;  /* and which events end the word at hand */
    struct heard heard[HEARD_MAX];
    size_t heard_count;
    bool at_go;    /* a line of standard input ends it */
    bool gone;     /* the IKE SA: nothing can come any more */
    bool finished; /* all of the script is done */
    bool done;     /* leave */
    bool failed;
    struct ike_sa_keys keys;
    bool has_keys;
    struct ike_credential credential;
    struct ike_tls_identity identity;
    struct ike_wants wants;
    struct ike_gives gives;
    size_t root_len;
    uint8_t rooms[5][IKE_CERT_MAX]; /* key, root, intermediate, end entity, key again */
};

static const uint16_t ports[2] = {IKE_PORT, IKE_PORT_NAT};

static uint64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fill(void *owner, uint8_t *out, size_t len)
{
    (void)owner;
    for (size_t done = 0; done < len;) {
        const ssize_t got = getrandom(out + done, len - done, 0);
        if (got > 0)
            done += (size_t)got;
    }
}

static void die(const char *what)
{
    (void)fprintf(stderr, "live_peer: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* Options are NAME=VALUE, each name a member of struct options. */
static void read_options(int argc, char **argv, struct options *o)
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
        {"sync", &o->sync},     /* counters may be agreed on anew (RFC 6311 5) */
        {"mobike", &o->mobike}, /* our address may change, to that of `also` */
        {"end", &o->end},       /* which certificate: end, or tls, which TLS takes as well */
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
            die(argv[i]);
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
        die(p->o.pool);
    }
    p->policy.gives = &p->gives;
}

static void configure(struct peer *p)
{
    const struct options *const o = &p->o;
    struct ike_policy *const policy = &p->policy;
    const char *bad;
    configure_extensions(policy, o);
    configure_inner(p);
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
    };
    const bool good =
        ike_offer_parse(o->ike, &policy->ike[0], &bad) &&
        ike_offer_parse(o->esp, &policy->child[0].esp[0], &bad) &&
        ike_id_from_text(o->id, &policy->local_id) &&
        ike_id_from_text(o->peer, &policy->remote_id) &&
        (o->local_ts == NULL || ike_selector_from_text(o->local_ts, &policy->child[0].local[0])) &&
        (o->remote_ts == NULL || ike_selector_from_text(o->remote_ts, &policy->child[0].remote[0]));
    if (!good) {
        errno = EINVAL;
        die("configuration");
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
    policy->mobike.on = o->mobike != NULL;
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
        die(path);
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
        die("certificates");
    }
    p->credential.chain[1] = read_file(p, 2, "middle.cert");
    p->credential.chain[0] = read_file(p, 3, o->end != NULL ? "tls.cert" : "end.cert");
    p->credential.chain_count = 2;
    policy->proof = signs ? PROOF_SIGNATURE : PROOF_PSK;
    policy->accepts = (uint8_t)(1 << (verifies ? PROOF_SIGNATURE : PROOF_PSK));
    policy->credential = &p->credential;
    policy->trust = trust;
    policy->scheme = o->scheme;
    policy->old_signatures = o->old != NULL;
    policy->tell_methods = o->tells != NULL;
    p->config.epoch_s = (uint64_t)time(NULL) - now_ns() / UINT64_C(1000000000);
}

/* A method of EAP, with `psk` for a password. */
static void learn(struct peer *p, struct ike_eap_config *eap, const char *name)
{
    const struct ike_eap_method *const method = ike_eap_method_named(name);
    if (method == NULL) {
        errno = EINVAL;
        die(name);
    }
    eap->methods[0] = method->type;
    eap->method_count = 1;
    eap->identity = p->o.initiate == NULL;
    eap->fragment = 512;
    eap->password_len = p->policy.psk_len;
    memcpy(eap->password, p->policy.psk, p->policy.psk_len);
    eap->tls.mutual = method->type == EAP_TLS;
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

static void strip(struct peer *p)
{
    struct ike_trust *trust;
    struct ike_key *key;
    memcpy(&trust, &p->policy.trust, sizeof trust); /* both are ours to free */
    memcpy(&key, &p->credential.key, sizeof key);
    p->crypto->ops->credentials->trust_close(trust);
    p->crypto->ops->credentials->key_free(key);
}

static const char *address_of(const struct peer *p, int which)
{
    return which < 2 ? p->o.local : p->o.also;
}

static int open_socket(const char *address, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int opened = socket(AF_INET, SOCK_DGRAM, 0);
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1 || opened < 0 ||
        bind(opened, (struct sockaddr *)&at, sizeof at) != 0)
        die("socket");
    return opened;
}

static void open_sockets(struct peer *p)
{
    for (int i = 0; i < SOCKETS; i++)
        p->sockets[i] = address_of(p, i) != NULL ? open_socket(address_of(p, i), ports[i % 2]) : -1;
}

static void show(struct peer *p, const char *arrow, const struct ike_datagram *d)
{
    char line[IKE_DESCRIBE_TEXT], addr[IKE_ADDR_TEXT];
    (void)ike_describe(d->bytes, d->local.port == IKE_PORT_NAT, p->has_keys ? &p->keys : NULL,
                       p->crypto, line);
    ike_addr_format(&d->local, addr);
    if (p->o.also != NULL && strcmp(addr, p->o.also) == 0)
        (void)printf("%s %s:%u %s\n", arrow, addr, d->local.port, line);
    else
        (void)printf("%s %u %s\n", arrow, d->local.port, line);
}

/* ---- the script: words in small letters are done, words in capitals awaited ---- */

static const char *event_name(enum ike_event_kind kind)
{
    static const char *const names[IKE_EVENT_KINDS] = {
        [IKE_KEYED] = "KEYED",
        [IKE_HALF_OPEN] = "HALF_OPEN",
        [IKE_UP] = "UP",
        [IKE_FAILED] = "FAILED",
        [IKE_DOWN] = "DOWN",
        [IKE_CHILD_UP] = "CHILD_UP",
        [IKE_CHILD_FAILED] = "CHILD_FAILED",
        [IKE_CHILD_DOWN] = "CHILD_DOWN",
        [IKE_ALIVE] = "ALIVE",
        [IKE_SYNCED] = "SYNCED",
        [IKE_REKEYED] = "REKEYED",
        [IKE_REKEY_FAILED] = "REKEY_FAILED",
        [IKE_ADDRESS] = "ADDRESS",
        [IKE_INFORMED] = "INFORMED",
        [IKE_ASK] = "ASK",
        [IKE_REDIRECTED] = "REDIRECTED",
        [IKE_MOVED] = "MOVED",
        [IKE_MOVE_FAILED] = "MOVE_FAILED",
    };
    return names[kind] != NULL ? names[kind] : "OTHER";
}

static bool probe(struct peer *p)
{
    return ike_probe(p->engine, now_ns(), p->sa);
}

/* As the responder, to a member that knows of nothing since IKE_AUTH (RFC 6311 5.1). */
static bool fail_over(struct peer *p)
{
    const struct ike_standby known = {.take_id = 2, .missed = 8, .ids = true};
    return ike_failed_over(p->engine, now_ns(), p->sa, &known);
}

static bool delete_child(struct peer *p)
{
    return ike_delete_child(p->engine, now_ns(), p->sa, p->child);
}

static bool rekey_child(struct peer *p)
{
    return ike_rekey_child(p->engine, now_ns(), p->sa, p->child);
}

static bool rekey(struct peer *p)
{
    return ike_rekey(p->engine, now_ns(), p->sa);
}

static bool child(struct peer *p)
{
    return ike_create_child(p->engine, now_ns(), p->sa, 0, NULL);
}

static bool delete (struct peer *p)
{
    return ike_delete(p->engine, now_ns(), p->sa);
}

/* From one of our two addresses to the other. */
static bool move(struct peer *p)
{
    struct ike_addr to;
    p->moved = !p->moved;
    return ike_addr_parse(p->moved ? p->o.also : p->o.local, &to) &&
           ike_move(p->engine, now_ns(), p->sa, &to, NULL);
}

/* As a NAT does that has forgotten us: everything goes by another port from now on. */
static bool rebind(struct peer *p)
{
    (void)close(p->sockets[1]);
    p->sockets[1] = open_socket(p->o.local, REBOUND_PORT);
    return true;
}

static struct ike_gateway elsewhere(const struct peer *p)
{
    struct ike_gateway to = {.name = NULL};
    if (p->o.also == NULL || !ike_addr_parse(p->o.also, &to.addr)) {
        errno = EINVAL;
        die("also");
    }
    return to;
}

static bool redirect(struct peer *p)
{
    const struct ike_gateway to = elsewhere(p);
    return ike_redirect(p->engine, now_ns(), p->sa, &to);
}

/* Sends others on, or goes itself. */
static void configure_redirects(struct peer *p)
{
    p->policy.takes_redirects = p->o.redirects != NULL;
    if (p->o.redirect != NULL)
        p->config.redirect_to = elsewhere(p);
}

/* Whoever started this program does something, and then says so by a line on its standard input. */
static bool go(struct peer *p)
{
    p->at_go = true;
    (void)printf("AT go\n");
    return true;
}

/* What can be done, and the events of which one says that it is done. */
static const struct {
    const char *word;
    bool (*run)(struct peer *p);
    const char *until;
} words[] = {
    {"probe", probe, "ALIVE"},
    {"fail-over", fail_over, "SYNCED"},
    {"child", child, "CHILD_UP|CHILD_FAILED"},
    {"rekey-child", rekey_child, "CHILD_DOWN|REKEY_FAILED"},
    {"delete-child", delete_child, "CHILD_DOWN"},
    {"rekey", rekey, "DOWN:rekeyed|REKEY_FAILED"}, /* the old one is deleted after that */
    {"delete", delete, "DOWN:deleted"},
    {"rebind", rebind, ""},
    {"redirect", redirect, "CHILD_UP"},
    {"move", move, "MOVED|MOVE_FAILED"},
    {"go", go, ""},
};

/* An event by its name, or by name and reason: DOWN:rekeyed. */
static bool is_event(const char *name, size_t len, const struct heard *h)
{
    char full[64];
    const char *const kind = event_name(h->kind);
    (void)snprintf(full, sizeof full, "%s:%s", kind, ike_why_row(h->why)->name);
    return (strlen(kind) == len && strncmp(name, kind, len) == 0) ||
           (strlen(full) == len && strncmp(name, full, len) == 0);
}

/* Takes the first event heard, of those not taken yet, that one of the names between bars means.
 * So what came early is not missed, and nothing counts twice. */
static bool has_come(struct peer *p, const char *wanted)
{
    for (size_t len; (len = strcspn(wanted, "|,")) > 0; wanted += len + (wanted[len] == '|'))
        for (size_t i = 0; i < p->heard_count; i++)
            if (!p->heard[i].taken && is_event(wanted, len, &p->heard[i])) {
                p->heard[i].taken = true;
                return true;
            }
    return false;
}

/* The next word of the script is carried out; `until` is what ends it. */
static void next_step(struct peer *p)
{
    const char *const step = p->script;
    const size_t len = strcspn(step, ",");
    p->script += len + (step[len] == ',' ? 1 : 0);
    p->until = step;
    if (step[0] >= 'A' && step[0] <= 'Z')
        return;
    bool good = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].word) == len && strncmp(step, words[i].word, len) == 0) {
            p->until = words[i].until;
            good = words[i].run(p);
        }
    if (!good) {
        (void)printf("FAILED step %.*s\n", (int)len, step);
        p->failed = p->done = true;
    }
}

/* Goes on with the script as far as what has come allows; `until` points into it, so its rest can
 * be seen, too. */
static void follow_script(struct peer *p)
{
    while (!p->done && !p->at_go && (p->until[0] == '\0' || has_come(p, p->until))) {
        p->until = "";
        if (p->script[0] == '\0')
            p->done = p->finished = true;
        else
            next_step(p);
    }
    if (p->gone && !p->at_go && strstr(p->until, "UP") == NULL) /* nobody comes back */
        p->done = true;
}

static void hear(struct peer *p, const struct ike_event *e)
{
    char inner[IKE_ADDR_TEXT];
    (void)printf("EVENT %s %s %u cookies=%u groups=%u\n", event_name(e->kind),
                 ike_why_row(e->why)->name, e->notify, e->cookies, e->groups);
    if (e->kind == IKE_ADDRESS) {
        ike_addr_format(&e->inner, inner);
        (void)printf("INNER %s\n", inner);
    }
    if (p->heard_count < HEARD_MAX)
        p->heard[p->heard_count++] = (struct heard){.kind = e->kind, .why = e->why};
    if (e->kind == IKE_KEYED)
        p->has_keys = ike_sa_keys(p->engine, e->sa, &p->keys);
    if (e->kind == IKE_UP || e->kind == IKE_REKEYED) {
        p->sa = e->sa;
        p->gone = false;
    }
    if (e->kind == IKE_CHILD_UP)
        p->child = e->child_spi;
    if (e->kind == IKE_FAILED ||
        (e->kind == IKE_DOWN && e->sa == p->sa && e->why != WHY_REAUTHENTICATED)) {
        p->has_keys = false;
        p->gone = true;
        p->failed = e->kind == IKE_FAILED;
    }
}

static int socket_of(const struct peer *p, const struct ike_addr *local)
{
    struct ike_addr also;
    const bool second =
        p->o.also != NULL && ike_addr_parse(p->o.also, &also) && ike_addr_same_ip(&also, local);
    return (second ? 2 : 0) + (local->port == IKE_PORT_NAT ? 1 : 0);
}

static void drain(struct peer *p)
{
    struct ike_datagram d;
    struct ike_event e;
    while (ike_next_output(p->engine, &d)) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(d.remote.port)};
        memcpy(&to.sin_addr, d.remote.ip, 4);
        show(p, ">", &d);
        (void)sendto(p->sockets[socket_of(p, &d.local)], d.bytes.at, d.bytes.len, 0,
                     (struct sockaddr *)&to, sizeof to);
    }
    while (ike_next_event(p->engine, &e))
        hear(p, &e);
    const char *const script = p->script;
    follow_script(p);
    if (p->script != script && !p->done)
        drain(p); /* what the script did has something to send */
    (void)fflush(stdout);
}

static void take(struct peer *p, int which)
{
    static uint8_t buffer[65536];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    const ssize_t len = recvfrom(p->sockets[which], buffer, sizeof buffer, MSG_DONTWAIT,
                                 (struct sockaddr *)&from, &from_len);
    if (len <= 0)
        return;
    struct ike_datagram d = {.bytes = {.at = buffer, .len = (size_t)len}};
    (void)ike_addr_parse(address_of(p, which), &d.local);
    d.local.port = ports[which % 2];
    d.remote = ike_addr_v4(ntohl(from.sin_addr.s_addr), ntohs(from.sin_port));
    show(p, "<", &d);
    const enum ike_why why = ike_input(p->engine, now_ns(), &d);
    if (why != WHY_OK)
        (void)printf("REFUSED %s\n", ike_why_row(why)->name);
    drain(p);
}

/* A line came; an end of input counts as one. */
static void leave_go(struct peer *p)
{
    char c;
    if (read(STDIN_FILENO, &c, 1) == 0 || c == '\n')
        p->at_go = false;
}

static void run(struct peer *p)
{
    const uint64_t end = now_ns() + strtoull(p->o.seconds, NULL, 10) * UINT64_C(1000000000);
    while (!p->done && now_ns() < end) {
        const uint64_t now = now_ns();
        const uint64_t deadline = ike_deadline(p->engine);
        const uint64_t until = deadline < end ? deadline : end;
        const int wait_ms = until <= now ? 0 : (int)((until - now) / 1000000 + 1);
        struct pollfd polled[SOCKETS + 1] = {
            [SOCKETS] = {.fd = p->at_go ? STDIN_FILENO : -1, .events = POLLIN}};
        for (int i = 0; i < SOCKETS; i++)
            polled[i] = (struct pollfd){.fd = p->sockets[i], .events = POLLIN};
        (void)poll(polled, SOCKETS + 1, wait_ms);
        for (int i = 0; i < SOCKETS; i++)
            if ((polled[i].revents & POLLIN) != 0)
                take(p, i);
        if (polled[SOCKETS].revents != 0)
            leave_go(p);
        ike_tick(p->engine, now_ns());
        drain(p);
    }
}

static uint64_t connect_to(struct peer *p)
{
    struct ike_attempt attempt = {.policy = &p->policy};
    (void)ike_addr_parse(p->o.local, &attempt.local);
    (void)ike_addr_parse(p->o.remote, &attempt.remote);
    attempt.local.port = attempt.remote.port = IKE_PORT;
    return ike_connect(p->engine, now_ns(), &attempt);
}

/* Leaves a half-open SA behind at the peer: one IKE_SA_INIT request, then silence. The option may
 * name the group for it. */
static void abandon(struct peer *p)
{
    const uint8_t group = p->policy.first_group;
    p->policy.first_group = ike_algo_named(p->o.abandon);
    const uint64_t sa = connect_to(p);
    p->policy.first_group = group;
    drain(p);
    ike_forget(p->engine, now_ns(), sa);
    struct pollfd polled = {.fd = p->sockets[0], .events = POLLIN};
    (void)poll(&polled, 1, 2000);
}

int main(int argc, char **argv)
{
    static struct peer p;
    p.o = (struct options){.ike = "aes256gcm16-prfsha256-x25519",
                           .esp = "aes256gcm16",
                           .psk = "secret",
                           .seconds = "10"};
    read_options(argc, argv, &p.o);
    configure(&p);
    configure_redirects(&p);
    open_sockets(&p);
    p.crypto = ike_crypto_openssl((struct ike_random){.fill = fill});
    if (p.crypto != NULL)
        furnish(&p);
    study(&p);
    follow(&p);
    p.engine = p.crypto == NULL ? NULL : ike_open(&p.config, p.crypto);
    if (p.engine == NULL)
        die("engine");
    (void)printf("READY\n");
    (void)fflush(stdout);
    if (p.o.abandon != NULL)
        abandon(&p);
    if (p.o.initiate != NULL)
        (void)connect_to(&p);
    drain(&p);
    run(&p);
    (void)printf("END %s\n", p.failed ? "failed" : p.finished ? "done" : p.done ? "early" : "time");
    ike_close(p.engine);
    strip(&p);
    p.crypto->ops->close(p.crypto);
    return p.failed ? 1 : 0;
}
