/* SPDX-License-Identifier: MIT
 * What routers and hosts say of datagrams of ours that did not arrive: ICMP,
 * which anybody may send, and which therefore is a hint and no more. The peer is
 * asked whether it is there, and that only so often (RFC 7296 2.4). */
#ifndef IKE_V2_HINT_H
#define IKE_V2_HINT_H

#include "ike/v2/sa.h"

/* Established SAs by where their peer is, as long as hints are heeded: a hint need not quote enough
 * to tell SPIs. */
struct ike_peers {
    struct ike_index index;
    uint64_t *digests; /* by place: under which the SA stands there; 0: it does not */
};

bool ike_peers_open(struct ike_engine *engine);
void ike_peers_close(struct ike_engine *engine);
/* It is established now, or has another address; and it is not any more. */
void ike_peers_enter(struct ike_engine *engine, const struct ike_sa *sa);
void ike_peers_leave(struct ike_engine *engine, const struct ike_sa *sa);

#endif
