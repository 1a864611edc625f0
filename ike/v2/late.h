/* SPDX-License-Identifier: MIT
 * A responder's keys that are derived when the first message under them comes,
 * not with IKE_SA_INIT: until then it keeps its own key pair, and what the peer
 * sent is kept for AUTH anyway. Who never comes back costs it no secret of the
 * exchange (config.derive_late). */
#ifndef IKE_V2_LATE_H
#define IKE_V2_LATE_H

#include "ike/v2/turn.h"

/* Beside such an SA, until it has keys. */
struct ike_late {
    uint32_t pair; /* reuse.h */
};

/* Not with a KEM: it answers with what it has derived. */
bool ike_late_is_wanted(const struct ike_turn *turn, const struct ike_algo *group);
/* In IKE_SA_INIT. `group` is a row; `share` takes our public value. */
enum ike_why ike_late_begin(struct ike_turn *turn, uint8_t group, struct ike_bytes peer_share,
                            uint8_t *share);
/* The turn's SA has no keys, and may have. */
bool ike_late_awaits(const struct ike_turn *turn);
/* Derives them for good, whatever becomes of the turn, so that messages that are not the peer's
 * have it derive once. A peer's value that is none of the group ends the SA. */
enum ike_why ike_late_derive(struct ike_turn *turn);

void ike_late_give(struct ike_engine *engine, void *record);
void ike_late_undo(struct ike_engine *engine, const void *record, const void *before);

#endif
