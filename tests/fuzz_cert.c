/* SPDX-License-Identifier: MIT
 * Fuzzing what a peer sends to be believed: certificates, revocation lists and
 * signatures, with both providers. The first octet chooses: a provider, and
 *     raw: certificates as they are, each after two octets of length;
 *     patch: a good chain, changed at places (2 octets) to values (1 octet);
 *     signature: an authentication method and AUTH data for a good key;
 *     trust: an anchor or a revocation list.
 * And every input is read as a bundle of certificates, too. */
#include "ike/crypto.h"
#include "ike/ike.h"
#include "ike/v2/bundle.h"
#include "ike/v2/payload.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

enum { NOW_S = 1700000000, TYPES = 3, MIDDLE = 0, END = 1 };

struct ground {
    struct ike_crypto *c;
    struct ike_trust *trust;
    struct ike_bytes certs[2]; /* end entity, intermediate */
    uint8_t rooms[3][IKE_CERT_MAX];
    struct ike_public publics[TYPES];
};

static const uint8_t types[TYPES] = {KEY_TYPE_ECDSA256, KEY_TYPE_ED25519, KEY_TYPE_ED448};
static const struct ike_bytes name = {.at = (const uint8_t *)"a.test", .len = 6};
static struct ground grounds[2];
static uint64_t stream = 7;

static void require(bool good)
{
    if (!good)
        abort();
}

static void fill(void *owner, uint8_t *out, size_t len)
{
    uint64_t *const state = owner;
    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(*state >> 56);
    }
}

static struct ike_bytes make(struct ground *g, uint8_t *room, bool ca, const struct ike_key *key,
                             const struct ike_issuer *issuer)
{
    const struct ike_cert_spec spec = {.name = issuer->cert.len == 0 ? "root"
                                               : ca                  ? "middle"
                                                                     : "end",
                                       .id_type = ca ? 0 : ID_FQDN,
                                       .id = name,
                                       .serial = 9,
                                       .from_s = NOW_S - 1000,
                                       .until_s = NOW_S + 1000,
                                       .ca = ca};
    struct ike_writer w = wr_open(room, IKE_CERT_MAX);
    require(g->c->ops->credentials->cert_make(g->c, &spec, key, issuer, &w));
    return wr_done(&w);
}

static enum ike_why judge(const struct ground *g, const struct ike_bytes *certs, size_t count,
                          struct ike_public *key)
{
    const struct ike_chain chain = {.trust = g->trust,
                                    .certs = certs,
                                    .cert_count = count,
                                    .id_type = ID_FQDN,
                                    .id = name,
                                    .now_s = NOW_S};
    return g->c->ops->judge(g->c, &chain, key);
}

static void prepare(struct ground *g, bool modelled)
{
    const struct ike_random random = {.fill = fill, .owner = &stream};
    g->c = modelled ? ike_crypto_modelled(random) : ike_crypto_openssl(random);
    const struct ike_credential_ops *const ops = g->c->ops->credentials;
    struct ike_key *const root_key = ops->key_make(g->c, KEY_TYPE_ED25519);
    struct ike_key *const middle_key = ops->key_make(g->c, KEY_TYPE_ECDSA256);
    const struct ike_issuer self = {.key = root_key};
    const struct ike_bytes root = make(g, g->rooms[2], true, root_key, &self);
    const struct ike_issuer by_root = {.key = root_key, .cert = root};
    g->certs[1] = make(g, g->rooms[MIDDLE], true, middle_key, &by_root);
    const struct ike_issuer by_middle = {.key = middle_key, .cert = g->certs[1]};
    g->trust = ops->trust_open(g->c);
    require(ops->trust_add(g->trust, TRUST_ANCHOR, root));
    for (size_t i = 0; i < TYPES; i++) {
        struct ike_key *const key = ops->key_make(g->c, types[i]);
        g->certs[0] = make(g, g->rooms[END], false, key, &by_middle);
        require(judge(g, g->certs, 2, &g->publics[i]) == WHY_OK);
        ops->key_free(key);
    }
    ops->key_free(root_key);
    ops->key_free(middle_key);
}

static void eat_raw(const struct ground *g, struct ike_reader *r)
{
    struct ike_bytes certs[IKE_CERTS_MAX];
    struct ike_public key;
    struct ike_cert cert;
    size_t count = 0;
    while (r->left > 2 && count < IKE_CERTS_MAX) {
        const uint16_t len = rd_u16(r);
        certs[count++] = rd_bytes(r, len < r->left ? len : r->left);
        (void)ike_cert_parse(certs[count - 1], &cert);
    }
    const enum ike_why why = judge(g, certs, count, &key);
    require(why != WHY_OK || key.type != KEY_TYPE_NONE);
    require(key.verified_count <= sizeof key.verified);
    g->c->ops->public_free(g->c, &key);
}

/* Nothing changed is all that may pass, or what no signature covers: its own encoding. */
static void eat_patches(const struct ground *g, struct ike_reader *r)
{
    uint8_t copies[2][IKE_CERT_MAX];
    struct ike_bytes certs[2];
    struct ike_public key;
    for (int i = 0; i < 2; i++) {
        memcpy(copies[i], g->certs[i].at, g->certs[i].len);
        certs[i] = (struct ike_bytes){.at = copies[i], .len = g->certs[i].len};
    }
    while (r->left >= 3) {
        const uint16_t place = rd_u16(r);
        copies[place & 1][(place >> 1) % certs[place & 1].len] = rd_u8(r);
    }
    (void)judge(g, certs, 2, &key);
    g->c->ops->public_free(g->c, &key);
}

static void eat_signature(const struct ground *g, struct ike_reader *r)
{
    const struct ike_public *const key = &g->publics[rd_u8(r) % TYPES];
    struct ike_bytes signature;
    const uint8_t method = rd_u8(r);
    const struct ike_scheme *const scheme = ike_scheme_parse(method, rd_rest(r), &signature);
    const struct ike_signed what = {.scheme = scheme, .parts = &name, .part_count = 1};
    if (scheme != NULL) /* nobody here signed that */
        require(!g->c->ops->verify(g->c, key, &what, signature));
}

static void eat_trust(const struct ground *g, struct ike_reader *r)
{
    const struct ike_credential_ops *const ops = g->c->ops->credentials;
    const enum ike_trust_kind kind = (rd_u8(r) & 1) != 0 ? TRUST_CRL : TRUST_ANCHOR;
    struct ground copy = {.c = g->c, .trust = ops->trust_open(g->c)};
    struct ike_public key;
    (void)ops->trust_add(copy.trust, kind, rd_rest(r));
    (void)judge(&copy, g->certs, 2, &key);
    g->c->ops->public_free(g->c, &key);
    ops->trust_close(copy.trust);
}

/* All of it may be a bundle as well (RFC 7296 3.6). */
static void eat_bundle(struct ike_bytes all)
{
    enum ike_bundle_kind kind;
    struct ike_reader items;
    struct ike_bytes item;
    size_t within = 0;
    for (bool good = ike_bundle_open(all, &items); good && items.left > 0;) {
        good = ike_bundle_take(&items, &kind, &item);
        within += item.len;
    }
    require(within <= all.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static void (*const eaters[])(const struct ground *, struct ike_reader *) = {
        eat_raw, eat_patches, eat_signature, eat_trust};
    if (grounds[0].c == NULL) {
        prepare(&grounds[0], false);
        prepare(&grounds[1], true);
    }
    eat_bundle((struct ike_bytes){.at = at, .len = len});
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = len});
    const uint8_t what = rd_u8(&r);
    eaters[what >> 1 & 3](&grounds[what & 1], &r);
    return 0;
}
