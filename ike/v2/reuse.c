/* SPDX-License-Identifier: MIT
 * Key pairs kept between exchanges (reuse.h). */
#include "ike/v2/reuse.h"

#include "ike/engine.h"

#include <assert.h>
#include <string.h>

static struct ike_pair *pair_at(const struct ike_engine *engine, uint32_t place)
{
    return ike_pool_at(&engine->pairs, place);
}

/* With one holder; 0: there is no room, or the provider failed. */
static uint32_t pair_make(struct ike_engine *engine, uint8_t group, uint8_t *share)
{
    struct ike_crypto *const crypto = engine->crypto;
    const uint32_t place = ike_pool_take(&engine->pairs);
    if (place == 0)
        return 0;
    struct ike_pair *const pair = pair_at(engine, place);
    *pair = (struct ike_pair){.holders = 1, .group = group};
    if (crypto->ops->kex_begin(crypto, &ike_algos[group], &pair->kex, share))
        return place;
    ike_pool_give(&engine->pairs, place);
    return 0;
}

void ike_pair_drop(struct ike_engine *engine, uint32_t place)
{
    if (place == 0)
        return;
    struct ike_pair *const pair = pair_at(engine, place);
    assert(pair->holders > 0);
    if (--pair->holders > 0)
        return;
    engine->crypto->ops->kex_free(engine->crypto, &ike_algos[pair->group], &pair->kex);
    ike_secret_wipe(pair, sizeof *pair);
    ike_pool_give(&engine->pairs, place);
}

static void drop(struct ike_engine *engine, struct ike_reused *kept)
{
    ike_pair_drop(engine, kept->pair);
    *kept = (struct ike_reused){.group = 0};
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
    struct ike_reused *const kept = place_for(engine, group);
    if (kept->group == group && t->now_ns < kept->until_ns)
        return kept;
    drop(engine, kept);
    kept->pair = pair_make(engine, group, kept->share);
    if (kept->pair == 0)
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
    struct ike_pair *const pair = pair_at(turn->engine, kept->pair);
    return crypto->ops->kex_end(crypto, algo, &pair->kex, peer_share, secret);
}

uint32_t ike_reuse_pair(struct ike_turn *turn, uint8_t group, uint8_t *share)
{
    struct ike_engine *const engine = turn->engine;
    if (engine->config.reuse_ns == 0)
        return pair_make(engine, group, share);
    struct ike_reused *const kept = kept_for(turn, group);
    if (kept == NULL)
        return 0;
    memcpy(share, kept->share, ike_algos[group].answer_len);
    pair_at(engine, kept->pair)->holders++;
    return kept->pair;
}
