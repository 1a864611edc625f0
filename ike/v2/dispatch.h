/* SPDX-License-Identifier: MIT
 * Where a datagram of version 2 goes: one turn (turn.h) of the handler that a
 * rule (rules.h) names, or an end on the way there. */
#ifndef IKE_V2_DISPATCH_H
#define IKE_V2_DISPATCH_H

#include "ike/ike.h"

/* A datagram of version 2, marker cut off. */
enum ike_why ike_v2_input(struct ike_engine *engine, uint64_t now_ns, const struct ike_datagram *in,
                          struct ike_bytes message);

#endif
