/* SPDX-License-Identifier: MIT
 * Keys and certificates of the fuzz targets. */
#include "tests/fuzz_goods.h"

#include <stdlib.h>

enum { NOW_S = 1700000000 };

static struct goods {
    struct ike_key *key;
    struct ike_trust *trust;
    struct ike_credential credential;
    struct ike_bytes list;
    uint8_t rooms[3][IKE_CERT_MAX];
} goods[2];

static void demand(bool held)
{
    if (!held)
        abort();
}

static void make_list(struct pair *pair, struct goods *g, const struct ike_issuer *issuer)
{
    static const uint64_t serials[] = {77};
    const struct ike_crl_spec list = {
        .from_s = NOW_S - 5, .until_s = 2 * (uint64_t)NOW_S, .serials = serials, .serial_count = 1};
    struct ike_writer w = wr_open(g->rooms[2], IKE_CERT_MAX);
    demand(pair->end[A].crypto->ops->credentials->crl_make(pair->end[A].crypto, &list, issuer, &w));
    g->list = wr_done(&w);
}

void fuzz_furnish(struct pair *pair, enum pair_side side)
{
    struct ike_crypto *const c = pair->end[side].crypto;
    const struct ike_credential_ops *const ops = c->ops->credentials;
    struct ike_policy *const policy = &pair->end[side].policy;
    struct goods *const g = &goods[side];
    const struct ike_cert_spec root = {
        .name = "root", .serial = 1, .until_s = 2 * (uint64_t)NOW_S, .ca = true};
    struct ike_cert_spec end = {.name = "end", .id_type = ID_FQDN, .serial = 2};
    end.until_s = root.until_s;
    end.id = (struct ike_bytes){.at = policy->local_id.data, .len = policy->local_id.len};
    struct ike_writer w = wr_open(g->rooms[0], IKE_CERT_MAX);
    struct ike_key *const root_key = ops->key_load(
        c, KEY_TYPE_ED25519, (struct ike_bytes){.at = (const uint8_t *)"r", .len = 1});
    demand(ops->cert_make(c, &root, root_key, &(struct ike_issuer){.key = root_key}, &w));
    const struct ike_issuer issuer = {.key = root_key, .cert = wr_done(&w)};
    g->key = ops->key_make(c, KEY_TYPE_ED25519);
    w = wr_open(g->rooms[1], IKE_CERT_MAX);
    demand(ops->cert_make(c, &end, g->key, &issuer, &w));
    g->credential =
        (struct ike_credential){.key = g->key, .chain = {wr_done(&w)}, .chain_count = 1};
    make_list(pair, g, &issuer);
    g->trust = ops->trust_open(c);
    demand(ops->trust_add(g->trust, TRUST_ANCHOR, issuer.cert));
    ops->key_free(root_key);
    policy->proof = PROOF_SIGNATURE;
    policy->accepts = 1 << PROOF_SIGNATURE;
    policy->credential = &g->credential;
    policy->trust = g->trust;
    policy->looks_up = true;
    policy->tell_methods = true;
    pair->end[side].config.epoch_s = NOW_S;
}

void fuzz_strip(struct pair *pair, enum pair_side side)
{
    const struct ike_credential_ops *const ops = pair->end[side].crypto->ops->credentials;
    ops->trust_close(goods[side].trust);
    ops->key_free(goods[side].key);
}

struct ike_bytes fuzz_fetch(struct pair *pair, struct ike_bytes url)
{
    const size_t side = url.len > 0 && url.at[url.len - 1] == 'a' ? A : B;
    (void)pair;
    if (url.len == 3) /* "aaa": a server of EAP, which takes part */
        return url;
    return url.len > 7 && url.at[7] == 'l' ? goods[side].list : goods[side].credential.chain[0];
}
