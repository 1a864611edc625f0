/* SPDX-License-Identifier: MIT
 * NAT traversal (RFC 7296 2.23): hashes of addresses sent and compared, what
 * keeps the mapping of a NAT (RFC 3948 4), an SA that follows its peer when that
 * has changed, and the selectors of transport mode through one (2.23.1). */
#ifndef IKE_V2_NAT_H
#define IKE_V2_NAT_H

#include "ike/v2/selector.h"
#include "ike/v2/turn.h"

enum { IKE_NAT_HASH = 20 };

/* NAT_DETECTION_SOURCE_IP and _DESTINATION_IP into the turn's message, which will go from `local`
 * to `remote`. With `force` the source is a lie that makes the peer see a NAT. */
void ike_nat_put(struct ike_turn *turn, bool force);
/* The same in a message of an IKE SA whose SPIs are both known, which goes by `path` (RFC
 * 4555 3.8). */
void ike_nat_put_path(struct ike_turn *turn, const struct ike_path *path);
/* IKE_NAT_HASH octets of an address of the SA, as these notifies have them. */
void ike_nat_hash(struct ike_turn *turn, const struct ike_addr *addr, uint8_t *out);
/* enum ike_nat bits: which notifies of the message at hand do not fit where it came from and went
 * to. Absent notifies: none. With `force` NAT_FORCED is one of them. */
uint8_t ike_nat_seen(struct ike_turn *turn, bool force);

/* Beside an SA whose own end is behind a NAT: what keeps the mapping (RFC 3948 4). */
struct ike_keepalive {
    uint64_t sent_ns; /* when anything was last sent to the peer */
};

/* ike_nat_seen has told: from now on there is such a record, if there is to be one. */
void ike_keepalive_begin(struct ike_turn *turn);
/* Something was sent. */
void ike_keepalive_sent(struct ike_engine *engine, const struct ike_sa *sa, uint64_t now_ns);
/* When an established SA has been silent for too long; IKE_NEVER: it may be. */
uint64_t ike_keepalive_deadline(const struct ike_engine *engine, const struct ike_sa *sa);
/* Sends the one octet when it is time for it; false: it is not. */
bool ike_keepalive_due(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns);

/* The message at hand is authenticated: the SA follows a peer behind a NAT to where it came from,
 * if it is no older than any before (RFC 7296 2.23). */
void ike_nat_follow(struct ike_turn *turn);

/* A NAT is between the two, so that transport mode takes other selectors (RFC 7296 2.23.1). */
bool ike_nat_is_between(const struct ike_sa *sa);
/* The one address of each side of a Child SA in transport mode, as the peer wrote it, becomes the
 * one known here; `ours` is our side. What they were goes to `was`, ours first. False: not one
 * address a side. */
bool ike_nat_substitute(const struct ike_sa *sa, struct ike_selectors *ours,
                        struct ike_selectors *theirs, struct ike_addr was[2]);

#endif
