/* SPDX-License-Identifier: MIT
 * What IKE_SA_INIT hands over to IKE_AUTH. */
#ifndef IKE_V2_EXCHANGE_AUTH_H
#define IKE_V2_EXCHANGE_AUTH_H

#include "ike/v2/turn.h"

/* Writes the initiator's IKE_AUTH request; the SA has its keys. */
enum ike_why ike_auth_ask(struct ike_turn *turn);

#endif
