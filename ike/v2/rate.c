/* SPDX-License-Identifier: MIT
 * Each rekeying takes its share of a span, and what is taken may reach one span
 * ahead: as many as are allowed at once, then one a share. */
#include "ike/v2/rate.h"

#include "ike/engine.h"

enum ike_why ike_rate_take(struct ike_turn *turn)
{
    const struct ike_rate_config *const limit = &turn->engine->config.rekeys;
    if (limit->most == 0)
        return WHY_OK;
    const uint64_t share_ns = limit->span_ns / limit->most;
    const struct ike_rate *const had = ike_beside_of(turn->engine, turn->sa, BESIDE_RATE);
    uint64_t from_ns = turn->now_ns;
    if (had != NULL && had->free_ns > from_ns)
        from_ns = had->free_ns;
    if (from_ns - turn->now_ns > limit->span_ns - share_ns)
        return WHY_REKEY_LIMIT;
    struct ike_rate *const rate = ike_beside_edit(turn, turn->sa, BESIDE_RATE);
    if (rate == NULL)
        return WHY_SA_TABLE_FULL;
    rate->free_ns = from_ns + share_ns;
    return WHY_OK;
}
