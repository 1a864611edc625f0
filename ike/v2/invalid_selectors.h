/* SPDX-License-Identifier: MIT
 * INVALID_SELECTORS: the peer hears that a packet of its came by a Child SA by
 * which it may not come, and was dropped; or we hear that of ours (RFC 4301 5.2,
 * RFC 7296 3.10.1). That is for people to read: no SA changes by it. */
#ifndef IKE_V2_INVALID_SELECTORS_H
#define IKE_V2_INVALID_SELECTORS_H

#include "ike/v2/turn.h"

/* An event for each of the peer's notifies that is about a Child SA there is; others are passed
 * over. */
void ike_invalid_selectors_hear(struct ike_turn *turn);

#endif
