/* SPDX-License-Identifier: MIT
 * Negotiating IPComp for a Child SA: N(IPCOMP_SUPPORTED) (RFC 7296 2.22, 3.10.1).
 * One transform a policy; packets are not compressed here. */
#ifndef IKE_V2_IPCOMP_H
#define IKE_V2_IPCOMP_H

#include "ike/v2/turn.h"

/* RFC 7296 3.10.1 */
enum ike_ipcomp { IPCOMP_OUI = 1, IPCOMP_DEFLATE = 2, IPCOMP_LZS = 3, IPCOMP_LZJH = 4 };

/* Our CPI of the Child SA that receives on `spi_in`; RFC 3173 3.3: from 256 to 61439. */
uint16_t ike_ipcomp_cpi(uint32_t spi_in);
/* Writes the notify; `transform` 0: nothing. */
void ike_ipcomp_put(struct ike_turn *t, uint8_t transform, uint32_t spi_in);
/* The responder's look: *cpi is the peer's when it asks for our transform, else 0 (2.22: then
 * there is no compression). */
enum ike_why ike_ipcomp_judge(const struct ike_turn *t, uint8_t transform, uint16_t *cpi);
/* The initiator's: WHY_CHOICE_NOT_OFFERED when it is another, or was not asked for. */
enum ike_why ike_ipcomp_accept(const struct ike_turn *t, uint8_t transform, uint16_t *cpi);

#endif
