/* SPDX-License-Identifier: MIT
 * From papers to PEM (live_papers.h). */
#include "models/live_papers.h"

#include "ike/v2/payload.h"
#include "models/daemon_recipe.h"

#include <stdlib.h>

enum { SERIAL = 100, TEXTS_MAX = 2 + MODEL_AUTHORITIES_MAX, PEM_MAX = IKE_CERT_MAX / 2 * 3 };
_Static_assert((int)MODEL_AUTHORITIES_MAX >= 1 + (int)MODEL_CHAIN_MAX + (int)MODEL_THINGS_MAX,
               "its own, and one of each population");

struct model_live_papers {
    struct sim_rng rng;
    struct ike_crypto *crypto;
    struct model_papers papers;
    uint8_t cert[IKE_CERT_MAX];
    char texts[TEXTS_MAX][PEM_MAX];
    size_t count;
};

struct model_live_papers *model_live_papers_open(const struct model_scene *scene,
                                                 const char *stream,
                                                 const struct model_papers_spec *spec)
{
    struct model_live_papers *const p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    sim_rng_open(&p->rng, scene->config->seed, stream);
    p->crypto = scene->provider(sim_rng_random(&p->rng));
    if (p->crypto == NULL || !model_papers_open(&p->papers, p->crypto, spec)) {
        model_live_papers_close(p);
        return NULL;
    }
    return p;
}

void model_live_papers_close(struct model_live_papers *papers)
{
    if (papers == NULL)
        return;
    model_papers_close(&papers->papers);
    if (papers->crypto != NULL)
        papers->crypto->ops->close(papers->crypto);
    free(papers);
}

struct model_papers *model_live_papers_of(struct model_live_papers *papers)
{
    return &papers->papers;
}

/* NULL: it does not fit. */
static const char *text_of(struct model_live_papers *p, const char *label, struct ike_bytes der)
{
    char *const at = p->texts[p->count++];
    struct model_text out = {.at = at, .max = PEM_MAX};
    text_put_pem(&out, label, der);
    return out.cut ? NULL : at;
}

/* As the provider saves it: RFC 8017 A.1.2, RFC 5915 3, RFC 8410 7. */
static const char *key_label(uint8_t type)
{
    if ((AUTHS_RSA >> type & 1) != 0)
        return "RSA PRIVATE KEY";
    return (AUTHS_ECDSA >> type & 1) != 0 ? "EC PRIVATE KEY" : "PRIVATE KEY";
}

/* What it shows. */
static bool own_wish(struct model_live_papers *p, struct model_wish *wish)
{
    struct ike_writer w = wr_open(p->cert, sizeof p->cert);
    struct ike_credential credential;
    struct ike_id id;
    if (p->papers.type == KEY_TYPE_NONE)
        return true;
    if (!ike_id_from_text(wish->local_id, &id) ||
        !model_papers_issue(&p->papers, &id, SERIAL, &w, &credential) ||
        !model_papers_identify(&p->papers, &credential))
        return false;
    wish->certificate = text_of(p, "CERTIFICATE", credential.chain[0]);
    wish->key = text_of(p, key_label(p->papers.type), p->papers.identity.key);
    return wish->certificate != NULL && wish->key != NULL;
}

static bool authority_wish(struct model_live_papers *p, struct model_wish *wish,
                           struct ike_bytes cert)
{
    const char *const text = text_of(p, "CERTIFICATE", cert);
    wish->authorities[wish->authority_count++] = text;
    return text != NULL;
}

bool model_live_papers_wish(struct model_live_papers *papers, struct model_wish *wish)
{
    const struct model_papers *const p = &papers->papers;
    const bool signs = p->type != KEY_TYPE_NONE;
    papers->count = wish->authority_count = 0;
    bool done = own_wish(papers, wish) && (!signs || authority_wish(papers, wish, p->root));
    for (uint8_t i = 0; done && i < p->anchor_count; i++)
        done = authority_wish(papers, wish, p->anchors[i]);
    for (uint8_t i = 1; done && signs && i <= p->links; i++)
        done = authority_wish(papers, wish, p->credential.chain[i]);
    return done;
}
