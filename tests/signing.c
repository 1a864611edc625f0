/* SPDX-License-Identifier: MIT
 * Keys, certificates, trust and a server of certificates for both ends. */
#include "tests/signing.h"

#include "ike/v2/bundle.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct side plan[2];
struct goods goods[2];
enum signing_server server;
uint64_t server_ns;

static struct ike_key *load(struct ike_crypto *c, uint8_t type, const char *who)
{
    static uint8_t octets[4096];
    char path[128];
    (void)snprintf(path, sizeof path, "tests/vectors/certs/%s%s.key.der", ike_key_types[type].name,
                   who);
    FILE *const file = fopen(path, "rb");
    if (!EXPECT(file != NULL))
        exit(1);
    const size_t len = fread(octets, 1, sizeof octets, file);
    (void)fclose(file);
    return c->ops->credentials->key_load(c, type, (struct ike_bytes){.at = octets, .len = len});
}

/* Keys that need not be told apart by a file are made; RSA's take their time and are not. */
static struct ike_key *another(struct ike_crypto *c, uint8_t type)
{
    return c->ops->credentials->key_make(
        c, ike_key_types[type].kind == KEY_RSA ? (uint8_t)KEY_TYPE_ED25519 : type);
}

static struct ike_bytes make(struct ike_crypto *c, uint8_t *room, const struct ike_cert_spec *spec,
                             const struct ike_key *key, const struct ike_issuer *issuer)
{
    struct ike_writer w = wr_open(room, IKE_CERT_MAX);
    EXPECT(c->ops->credentials->cert_make(c, spec, key, issuer, &w));
    return wr_done(&w);
}

static struct ike_cert_spec authority(const char *name, uint64_t serial)
{
    return (struct ike_cert_spec){.name = name,
                                  .serial = serial,
                                  .from_s = NOW_S - 10 * (uint64_t)YEAR_S,
                                  .until_s = NOW_S + 10 * (uint64_t)YEAR_S,
                                  .ca = true};
}

/* The chain from the root down, then turned round: the end entity comes first. */
static void make_chain(struct ike_crypto *c, struct goods *g, const struct side *s,
                       const struct ike_cert_spec *end)
{
    static const char *const names[] = {"one", "two", "three", "four"};
    const int root = s->other_root ? 1 : 0;
    struct ike_issuer issuer = {.key = g->roots[root]};
    const struct ike_cert_spec top = authority(root == 0 ? "root" : "other root", 1);
    issuer.cert =
        make(c, g->room[root], &top, g->roots[root], &(struct ike_issuer){.key = g->roots[root]});
    if (root == 1) {
        const struct ike_cert_spec good = authority("root", 1);
        (void)make(c, g->room[0], &good, g->roots[0], &(struct ike_issuer){.key = g->roots[0]});
    }
    for (uint8_t i = 0; i < s->links; i++) {
        struct ike_cert_spec spec = authority(names[i], 100 + i);
        spec.ca = !s->no_ca;
        g->links[i] = another(c, s->type);
        issuer.cert = make(c, g->room[2 + i], &spec, g->links[i], &issuer);
        issuer.key = g->links[i];
        g->credential.chain[s->links - i] = issuer.cert;
    }
    g->credential.chain[0] = make(c, g->room[LINKS_MAX + 2], end, g->key, &issuer);
    g->credential.chain_count = (uint8_t)(s->links + 1);
    if (s->broken_cert)
        g->room[LINKS_MAX + 2][g->credential.chain[0].len - 1] ^= 1;
    if (s->short_cert)
        g->credential.chain[0].len /= 2;
}

static void make_trust(struct ike_crypto *c, struct goods *g, const struct side *s)
{
    static const uint64_t serials[] = {4, 7};
    const struct ike_cert_spec spec = authority("root", 1);
    const struct ike_issuer self = {.key = g->roots[0]};
    const struct ike_bytes root = make(c, g->room[0], &spec, g->roots[0], &self);
    g->trust = c->ops->credentials->trust_open(c);
    EXPECT(c->ops->credentials->trust_add(g->trust, TRUST_ANCHOR, root));
    if (!s->revokes && s->list == NO_LIST)
        return;
    const struct ike_crl_spec list = {.from_s = NOW_S - 5,
                                      .until_s = s->list == LIST_STALE ? NOW_S - 1 : NOW_S + 500,
                                      .serials = serials,
                                      .serial_count = s->list == LIST_CLEAN ? 1 : 2};
    const struct ike_issuer issuer = {.key = g->roots[0], .cert = root};
    struct ike_writer w = wr_open(g->room[LINKS_MAX + 3], IKE_CERT_MAX);
    EXPECT(c->ops->credentials->crl_make(c, &list, &issuer, &w));
    g->list = wr_done(&w);
    g->list.len /= s->list == LIST_BROKEN ? 2 : 1;
    if (s->list == LIST_MISSING)
        g->list.len = 0;
    if (s->revokes)
        EXPECT(c->ops->credentials->trust_add(g->trust, TRUST_CRL, wr_done(&w)));
}

static const char *const urls[2][3] = {{"http://a/0", "http://a/1", "http://a/2"},
                                       {"http://b/0", "http://b/1", "http://b/2"}};

static void make_bundle(struct goods *g, const struct side *s, const char *url)
{
    struct ike_writer w = wr_open(g->bundle, sizeof g->bundle);
    const size_t begin = ike_bundle_begin(&w);
    for (uint8_t i = 0; i < g->credential.chain_count; i++)
        ike_bundle_put(&w, BUNDLE_CERT, g->credential.chain[i]);
    for (int i = 0; s->bundle == BUNDLE_LONG && i < IKE_CERTS_MAX; i++)
        ike_bundle_put(&w, BUNDLE_CERT, (struct ike_bytes){.at = g->bundle, .len = 20});
    for (int i = 0; s->bundle == BUNDLE_LISTS && i <= IKE_CERTS_MAX; i++)
        ike_bundle_put(&w, BUNDLE_CRL, (struct ike_bytes){.at = g->bundle, .len = 20});
    const size_t item = w.len;
    if (s->bundle == BUNDLE_ODD)
        ike_bundle_put(&w, BUNDLE_CRL, (struct ike_bytes){.at = g->bundle, .len = 20});
    if (s->bundle == BUNDLE_ODD)
        g->bundle[item] = 0xa7;
    if (s->bundle == BUNDLE_WITH_LIST)
        ike_bundle_put(&w, BUNDLE_CRL, g->list);
    ike_bundle_end(&w, begin);
    EXPECT(!w.bad);
    w.len -= s->bundle == BUNDLE_BROKEN ? 1 : 0;
    g->credential.bundle = wr_done(&w);
    g->credential.bundle_url = url;
}

static void furnish(struct pair *p, enum pair_side side)
{
    const struct side *const s = &plan[side == p->options.initiator ? 0 : 1];
    const struct side *const other = &plan[side == p->options.initiator ? 1 : 0];
    struct ike_crypto *const c = p->end[side].crypto;
    struct ike_policy *const policy = &p->end[side].policy;
    struct goods *const g = &goods[side];
    const uint8_t type = s->type != 0 ? s->type : other->type;
    const uint8_t root_type =
        plan[0].root_type != 0 ? plan[0].root_type : (uint8_t)KEY_TYPE_ECDSA256;
    struct ike_cert_spec end = authority("end entity", 7);
    *g = (struct goods){.key = load(c, type, "")};
    g->roots[0] = load(c, root_type, ike_key_types[root_type].kind == KEY_RSA ? "" : ".root");
    g->roots[1] = load(c, KEY_TYPE_ED448, ".root");
    g->wrong_key = another(c, type);
    end.ca = false;
    end.usage = s->usage;
    end.id_type = ID_FQDN;
    end.id = (struct ike_bytes){.at = policy->local_id.data, .len = policy->local_id.len};
    if (s->name != NULL)
        end.id = (struct ike_bytes){.at = (const uint8_t *)s->name, .len = strlen(s->name)};
    make_chain(c, g, s, &end);
    make_trust(c, g, s);
    g->credential.key = s->other_key ? g->wrong_key : g->key;
    policy->proof = (uint8_t)s->proof;
    policy->accepts = s->accepts;
    policy->hashes = s->hashes;
    policy->scheme = s->scheme;
    policy->old_signatures = s->old;
    policy->tell_methods = s->tells;
    policy->send_certs = s->send;
    policy->looks_up = s->looks_up;
    policy->crl_count = s->list != NO_LIST;
    policy->crl_urls[0] = side == A ? "http://list/a" : "http://list/b";
    policy->crl_strict = s->strict;
    for (uint8_t i = 0; s->urls && i < g->credential.chain_count; i++)
        g->credential.urls[i] = urls[side][i];
    if (s->bundles)
        make_bundle(g, s, side == A ? "http://a/9" : "http://b/9");
    policy->credential = s->no_credential ? NULL : &g->credential;
    policy->trust = g->trust;
    p->end[side].config.epoch_s = (uint64_t)(NOW_S + s->clock_s);
}

static void strip(struct pair *p, enum pair_side side)
{
    const struct ike_credential_ops *const ops = p->end[side].crypto->ops->credentials;
    struct goods *const g = &goods[side];
    ops->trust_close(g->trust);
    ops->key_free(g->key);
    ops->key_free(g->wrong_key);
    ops->key_free(g->roots[0]);
    ops->key_free(g->roots[1]);
    for (int i = 0; i < LINKS_MAX; i++)
        ops->key_free(g->links[i]);
}

/* "http://a/0": which side's, and which of the chain or 9, the bundle. Nothing else is to be had.
 */
static struct ike_bytes serve(struct pair *p, struct ike_bytes url)
{
    static const struct ike_bytes nothing = {.at = NULL, .len = 0};
    (void)p;
    if (url.len == 13 && url.at[7] == 'l') /* a list, of who wants it */
        return goods[url.at[12] == 'a' ? A : B].list;
    if (url.len != 10 || memcmp(url.at, "http://", 7) != 0 || url.at[9] < '0' || url.at[9] > '9')
        return nothing;
    const struct ike_credential *const credential = &goods[url.at[7] == 'a' ? A : B].credential;
    const size_t index = (size_t)(url.at[9] - '0');
    if (index == 9)
        return credential->bundle;
    static const uint8_t octets[IKE_MESSAGE_MAX + 1];
    if (server == HAS_TOO_MUCH)
        return (struct ike_bytes){.at = octets, .len = sizeof octets};
    if ((server == HAS_NOTHING && index == 0) || index >= credential->chain_count)
        return nothing;
    return credential->chain[server == HAS_ANOTHER ? 1 - index % 2 : index];
}

void prepare(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    p->fetch = serve;
    p->fetch_ns = server_ns;
    p->furnish = furnish;
    p->strip = strip;
}

void plan_both(uint8_t type)
{
    for (int i = 0; i < 2; i++)
        plan[i] = (struct side){.proof = PROOF_SIGNATURE, .accepts = BY_SIGNATURE, .type = type};
}

bool both_up(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(p, 1);
}
