/* SPDX-License-Identifier: MIT
 * Vendor ids, sent with IKE_SA_INIT and known again in it (RFC 7296 3.12). Nothing
 * here depends on them: the owner is told. */
#ifndef IKE_V2_VENDOR_H
#define IKE_V2_VENDOR_H

#include "ike/v2/turn.h"

/* Those of ours that are to be sent. */
void ike_vendor_put(struct ike_turn *t);
/* An IKE_VENDOR event for each that we know; turn->sa is there. */
void ike_vendor_hear(struct ike_turn *t);

#endif
