/* SPDX-License-Identifier: MIT
 * NAT detection (RFC 7296 2.23): hashes of addresses sent and compared. */
#ifndef IKE_V2_NAT_H
#define IKE_V2_NAT_H

#include "ike/v2/turn.h"

/* NAT_DETECTION_SOURCE_IP and _DESTINATION_IP into the turn's message, which will go from `local`
 * to `remote`. With `force` the source is a lie that makes the peer see a NAT. */
void ike_nat_put(struct ike_turn *turn, bool force);
/* True when the notifies of the message at hand do not fit where it came from and went to. Absent
 * notifies: false. */
bool ike_nat_seen(struct ike_turn *turn);

#endif
