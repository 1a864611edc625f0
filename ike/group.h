/* SPDX-License-Identifier: MIT
 * Which octets are a public value of a group (RFC 6989 2). Public numbers
 * only: nothing here has to hide how long it took. */
#ifndef IKE_GROUP_H
#define IKE_GROUP_H

#include "ike/algo.h"
#include "ike/bytes.h"

/* True when a peer may send `share` for the group:
 *   MODP    1 < y < p - 1, enough for a safe prime (RFC 6989 2.1)
 *   ECP     both coordinates below p, the point on the curve (RFC 6989 2.3)
 *   X25519  not one of the points that give an all-zero secret (RFC 7748 6.1, RFC 8031 2) */
bool ike_group_holds(const struct ike_algo *group, struct ike_bytes share);

#endif
