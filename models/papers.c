/* SPDX-License-Identifier: MIT
 * Authorities, intermediates, end entities. */
#include "models/papers.h"

#include <stdio.h>
#include <string.h>

static const uint64_t year_s = 31557600;

enum ike_proof_kind model_proof_of(enum model_auth auth)
{
    if (auth == MODEL_PSK || auth >= MODEL_EAP)
        return PROOF_PSK;
    return auth == MODEL_NULL ? PROOF_NULL : PROOF_SIGNATURE;
}

uint8_t model_key_type_of(enum model_auth auth)
{
    return model_proof_of(auth) == PROOF_SIGNATURE ? (uint8_t)auth : (uint8_t)KEY_TYPE_NONE;
}

static struct ike_cert_spec spec_of(const char *name, uint64_t serial, bool ca)
{
    return (struct ike_cert_spec){.name = name,
                                  .serial = serial,
                                  .from_s = MODEL_EPOCH_S - year_s,
                                  .until_s = MODEL_EPOCH_S + 100 * year_s,
                                  .ca = ca};
}

static bool make(struct model_papers *p, const struct ike_cert_spec *spec,
                 const struct ike_key *subject, const struct ike_issuer *issuer,
                 struct ike_writer *w)
{
    return p->crypto->ops->credentials->cert_make(p->crypto, spec, subject, issuer, w);
}

/* The issuer of end entities, after the intermediates were made one below the other. */
static bool make_chain(struct model_papers *p)
{
    const struct ike_credential_ops *const ops = p->crypto->ops->credentials;
    char name[MODEL_NAME_MAX];
    struct ike_writer w = wr_open(p->room[0], IKE_CERT_MAX);
    const struct ike_cert_spec root = spec_of(p->name, 1, true);
    struct ike_issuer issuer = {.key = p->root_key};
    if (!make(p, &root, p->root_key, &issuer, &w))
        return false;
    p->root = issuer.cert = wr_done(&w);
    for (uint8_t i = 0; i < p->links; i++) {
        (void)snprintf(name, sizeof name, "intermediate %u%s%.40s", i + 1U, p->apart ? " of " : "",
                       p->apart ? p->name : "");
        const struct ike_cert_spec spec = spec_of(name, 2 + i, true);
        w = wr_open(p->room[i + 1], IKE_CERT_MAX);
        p->link_keys[i] = ops->key_make(p->crypto, p->type);
        if (p->link_keys[i] == NULL || !make(p, &spec, p->link_keys[i], &issuer, &w))
            return false;
        issuer = (struct ike_issuer){.key = p->link_keys[i], .cert = wr_done(&w)};
        p->credential.chain[p->links - i] = issuer.cert;
    }
    return true;
}

bool model_papers_open(struct model_papers *papers, struct ike_crypto *provider,
                       const struct model_papers_spec *spec)
{
    const struct ike_credential_ops *const ops = provider->ops->credentials;
    *papers = (struct model_papers){.crypto = provider,
                                    .name = spec->name,
                                    .type = spec->type,
                                    .links = (uint8_t)spec->links,
                                    .apart = spec->apart};
    if (papers->type == KEY_TYPE_NONE)
        return true;
    papers->root_key = ops->key_make(provider, papers->type);
    papers->key = ops->key_make(provider, papers->type);
    papers->credential.key = papers->key;
    papers->credential.chain_count = (uint8_t)(papers->links + 1);
    return papers->root_key != NULL && papers->key != NULL && make_chain(papers);
}

void model_papers_close(struct model_papers *papers)
{
    if (papers->crypto == NULL)
        return;
    const struct ike_credential_ops *const ops = papers->crypto->ops->credentials;
    ops->trust_close(papers->trust);
    ops->key_free(papers->root_key);
    ops->key_free(papers->key);
    for (size_t i = 0; i < MODEL_CHAIN_MAX; i++)
        ops->key_free(papers->link_keys[i]);
    *papers = (struct model_papers){.crypto = NULL};
}

size_t model_papers_cert_max(const struct model_papers *papers)
{
    const struct ike_key_row *const row = &ike_key_types[papers->type];
    const size_t names = IKE_ID_MAX + 2 * (size_t)MODEL_NAME_MAX;
    return (size_t)row->spki_len + row->signature_len + 256 + names;
}

bool model_papers_issue(struct model_papers *papers, const struct ike_id *id, uint64_t serial,
                        struct ike_writer *room, struct ike_credential *out)
{
    struct ike_cert_spec spec = spec_of("end entity", serial, false);
    struct ike_issuer issuer = {.key = papers->root_key, .cert = papers->root};
    spec.id_type = id->type;
    spec.id = (struct ike_bytes){.at = id->data, .len = id->len};
    if (papers->links > 0)
        issuer = (struct ike_issuer){.key = papers->link_keys[papers->links - 1],
                                     .cert = papers->credential.chain[1]};
    if (!make(papers, &spec, papers->key, &issuer, room))
        return false;
    *out = papers->credential;
    out->chain[0] = wr_done(room);
    return true;
}

uint8_t model_papers_lists(const struct model_papers *papers)
{
    return papers->type == KEY_TYPE_NONE ? 0 : (uint8_t)(papers->links + 1);
}

bool model_papers_list(const struct model_papers *papers, uint8_t which, struct ike_writer *out)
{
    const struct ike_crl_spec spec = {.from_s = MODEL_EPOCH_S - year_s,
                                      .until_s = MODEL_EPOCH_S + 100 * year_s};
    struct ike_issuer issuer = {.key = papers->root_key, .cert = papers->root};
    if (which > 0)
        issuer = (struct ike_issuer){.key = papers->link_keys[which - 1],
                                     .cert = papers->credential.chain[papers->links - which + 1]};
    return papers->crypto->ops->credentials->crl_make(papers->crypto, &spec, &issuer, out);
}

bool model_papers_identify(struct model_papers *papers, const struct ike_credential *credential)
{
    struct ike_writer w = wr_open(papers->key_room, sizeof papers->key_room);
    if (!papers->crypto->ops->credentials->key_save(papers->key, &w))
        return false;
    papers->identity =
        (struct ike_tls_identity){.chain_count = credential->chain_count,
                                  .root = papers->root,
                                  .key = wr_done(&w),
                                  .signature_len = ike_key_types[papers->type].signature_len};
    memcpy(papers->identity.chain, credential->chain,
           credential->chain_count * sizeof credential->chain[0]);
    return true;
}

void model_papers_tls(const struct model_papers *papers, struct ike_tls_config *out)
{
    out->identity = papers->identity.chain_count > 0 ? &papers->identity : NULL;
    out->anchor_count = papers->anchor_count;
    memcpy(out->anchors, papers->anchors, papers->anchor_count * sizeof papers->anchors[0]);
}

static bool believe(struct model_papers *papers, const struct model_papers *other)
{
    const struct ike_credential_ops *const ops = papers->crypto->ops->credentials;
    if (other->type == KEY_TYPE_NONE)
        return true;
    if (papers->trust == NULL)
        papers->trust = ops->trust_open(papers->crypto);
    papers->anchors[papers->anchor_count++] = other->root;
    return papers->trust != NULL && ops->trust_add(papers->trust, TRUST_ANCHOR, other->root);
}

bool model_papers_exchange(struct model_papers *a, struct model_papers *b)
{
    return believe(a, b) && believe(b, a);
}
