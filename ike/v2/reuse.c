/* SPDX-License-Identifier: MIT
 * Key pairs kept between exchanges (reuse.h). */
#include "ike/v2/reuse.h"

#include "ike/engine.h"

#include <string.h>

static void drop(struct ike_engine *engine, struct ike_reused *kept)
{
    if (kept->group != 0)
        engine->crypto->ops->kex_free(engine->crypto, &ike_algos[kept->group], &kept->kex);
    ike_secret_wipe(kept, sizeof *kept);
}

void ike_reuse_close(struct ike_engine *engine)
{
    for (size_t i = 0; i < IKE_REUSED_MAX; i++)
        drop(engine, &engine->reused[i]);
}

/* The one of the group, or the place for it: an empty one, or the one that ends first. */
static struct ike_reused *place_for(struct ike_engine *engine, uint8_t group)
{
    struct ike_reused *first = &engine->reused[0];
    for (size_t i = 0; i < IKE_REUSED_MAX; i++) {
        struct ike_reused *const kept = &engine->reused[i];
        if (kept->group == group)
            return kept;
        if (kept->until_ns < first->until_ns)
            first = kept;
    }
    return first;
}

/* A key pair of the group that may still be used; NULL: the provider failed. */
static struct ike_reused *kept_for(struct ike_turn *t, uint8_t group)
{
    struct ike_engine *const engine = t->engine;
    struct ike_crypto *const crypto = engine->crypto;
    struct ike_reused *const kept = place_for(engine, group);
    if (kept->group == group && t->now_ns < kept->until_ns)
        return kept;
    drop(engine, kept);
    if (!crypto->ops->kex_begin(crypto, &ike_algos[group], &kept->kex, kept->share))
        return NULL;
    kept->group = group;
    kept->until_ns = t->now_ns + engine->config.reuse_ns;
    return kept;
}

bool ike_reuse_answer(struct ike_turn *turn, uint8_t group, struct ike_bytes peer_share,
                      uint8_t *share, uint8_t *secret)
{
    struct ike_crypto *const crypto = turn->engine->crypto;
    const struct ike_algo *const algo = &ike_algos[group];
    if (turn->engine->config.reuse_ns == 0 || algo->kem)
        return crypto->ops->kex_answer(crypto, algo, peer_share, share, secret);
    struct ike_reused *const kept = kept_for(turn, group);
    if (kept == NULL)
        return false;
    memcpy(share, kept->share, algo->answer_len);
    return crypto->ops->kex_end(crypto, algo, &kept->kex, peer_share, secret);
}
