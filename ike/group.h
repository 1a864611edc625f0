/* SPDX-License-Identifier: MIT
 * Which octets are a public value of a group (RFC 6989 2). Public numbers
 * only: nothing here has to hide how long it took. */
#ifndef IKE_GROUP_H
#define IKE_GROUP_H

#include "ike/algo.h"
#include "ike/bytes.h"

/* True when an initiator may send `share` for the group:
 *   MODP    1 < y < p - 1, enough for a safe prime (RFC 6989 2.1);
 *           in subgroups (RFC 5114 2.1 to 2.3) also y^q = 1 (RFC 6989 2.2)
 *   ECP     both coordinates below p, the point on the curve (RFC 6989 2.3)
 *   X25519  not one of the points that give an all-zero secret (RFC 7748 6.1, RFC 8031 2);
 *   X448    likewise (RFC 7748 6.2)
 *   ML-KEM  an encapsulation key, every coefficient below 3329 (FIPS 203 7.2) */
bool ike_group_holds(const struct ike_algo *group, struct ike_bytes share);
/* True when a responder may. It is the same, but for a KEM: any octets of a ciphertext's length
 * (FIPS 203 7.3), a bad one gives another secret. */
bool ike_group_answers(const struct ike_algo *group, struct ike_bytes share);

#endif
