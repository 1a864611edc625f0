/* SPDX-License-Identifier: MIT
 * What a deadline may start among the INFORMATIONAL exchanges. */
#ifndef IKE_V2_EXCHANGE_INFO_H
#define IKE_V2_EXCHANGE_INFO_H

#include "ike/v2/sa.h"

/* The peer has been silent for too long: asks whether it is there (RFC 7296 2.4). */
void ike_liveness_overdue(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns);

#endif
