/* SPDX-License-Identifier: MIT
 * How often a peer may rekey (RFC 8019 5): so many times in a row, and then no
 * faster than config.rekeys says. It goes with the IKE SA, and on with the one
 * that replaces it. Without the setting there is nothing of it. */
#ifndef IKE_V2_RATE_H
#define IKE_V2_RATE_H

#include "ike/v2/turn.h"

/* Beside an SA whose peer has rekeyed something. */
struct ike_rate {
    uint64_t free_ns; /* by when all that it has had is forgotten */
};

/* The request at hand rekeys: counted with the turn, or WHY_REKEY_LIMIT. */
enum ike_why ike_rate_take(struct ike_turn *turn);

#endif
