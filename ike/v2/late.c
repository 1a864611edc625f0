/* SPDX-License-Identifier: MIT
 * Keys when they are wanted (late.h). */
#include "ike/v2/late.h"

#include "ike/engine.h"
#include "ike/v2/keymat.h"
#include "ike/v2/payload.h"
#include "ike/v2/proof.h"

#include <assert.h>

bool ike_late_is_wanted(const struct ike_turn *turn, const struct ike_algo *group)
{
    return turn->engine->config.derive_late && !group->kem;
}

enum ike_why ike_late_begin(struct ike_turn *turn, uint8_t group, struct ike_bytes peer_share,
                            uint8_t *share)
{
    if (peer_share.len != ike_algos[group].share_len)
        return WHY_KEY_EXCHANGE; /* the rest is judged with the derivation (RFC 6989 2) */
    struct ike_late *const late = ike_beside_edit(turn, turn->sa, BESIDE_LATE);
    if (late == NULL)
        return WHY_SA_TABLE_FULL;
    late->pair = ike_reuse_pair(turn, group, share);
    return late->pair != 0 ? WHY_OK : WHY_KEY_EXCHANGE;
}

bool ike_late_awaits(const struct ike_turn *turn)
{
    return ike_beside_of(turn->engine, turn->sa, BESIDE_LATE) != NULL;
}

/* There will never be keys for it. */
static enum ike_why end(struct ike_turn *t)
{
    assert(t->edit_count == 0 && t->made_count == 0); /* the turn has only looked so far */
    ike_sa_end(t->engine, t->sa, WHY_KEY_EXCHANGE, 0);
    t->sa = NULL;
    t->events_tail = t->engine->events_ring.tail;
    return WHY_KEY_EXCHANGE;
}

static bool agree(struct ike_turn *t, const struct ike_algo *group, uint8_t *secret)
{
    struct ike_engine *const engine = t->engine;
    const struct ike_late *const late = ike_beside_of(engine, t->sa, BESIDE_LATE);
    struct ike_pair *const pair = ike_pool_at(&engine->pairs, late->pair);
    const struct ike_bytes request = ike_store_view(&engine->store, t->sa->init_request);
    struct ike_ke peer;
    const enum ike_why why = ike_ke_parse(ike_message_find(request, PAYLOAD_KE), &peer);
    assert(why == WHY_OK); /* it was parsed before */
    (void)why;
    return engine->crypto->ops->kex_end(engine->crypto, group, &pair->kex, peer.share, secret);
}

static void tell(struct ike_turn *t)
{
    const struct ike_event keyed = ike_sa_event(t->sa, IKE_KEYED, WHY_OK);
    assert(t->events_tail == t->engine->events_ring.tail);
    ike_event_add(t->engine, &keyed);
    t->events_tail = t->engine->events_ring.tail;
}

enum ike_why ike_late_derive(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    struct ike_sa *const sa = turn->sa;
    const struct ike_algo *const group = &ike_algos[sa->suite.ke];
    if ((turn->in.there & (P(PAYLOAD_SK) | P(PAYLOAD_SKF))) == 0)
        return WHY_MISSING_PAYLOAD;
    const struct ike_blob keys = ike_store_take(&engine->store, ike_keys_len(&sa->suite));
    if (keys.number == 0)
        return WHY_SA_TABLE_FULL;
    uint8_t *const secret = ike_turn_scratch(turn, group->secret_len);
    if (!agree(turn, group, secret)) {
        ike_store_give(&engine->store, keys);
        return end(turn);
    }
    const struct ike_keymat_input input = {.secret = {.at = secret, .len = group->secret_len},
                                           .nonce_i = ike_proof_nonce(turn, true),
                                           .nonce_r = ike_proof_nonce(turn, false),
                                           .spi_i = sa->spi_i,
                                           .spi_r = sa->spi_r};
    ike_keys_derive(engine->crypto, &sa->suite, &input, ike_store_at(&engine->store, keys));
    sa->keys = turn->before.keys = keys;
    turn->keys = ike_sa_view_keys(engine, sa);
    ike_beside_give(engine, sa, BESIDE_LATE);
    if (engine->config.tell_keys)
        tell(turn);
    return WHY_OK;
}

void ike_late_give(struct ike_engine *engine, void *record)
{
    const struct ike_late *const late = record;
    ike_pair_drop(engine, late->pair);
}

void ike_late_undo(struct ike_engine *engine, const void *record, const void *before)
{
    const struct ike_late *const late = record;
    const struct ike_late *const was = before;
    if (late->pair != was->pair)
        ike_pair_drop(engine, late->pair);
}
