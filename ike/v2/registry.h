/* SPDX-License-Identifier: MIT
 * Names for the numbers of IKEv2, as RFCs and IANA write them. Tables and their
 * readers; no decision is made here. */
#ifndef IKE_V2_REGISTRY_H
#define IKE_V2_REGISTRY_H

#include <stdint.h>

struct ike_notify_row {
    uint16_t id;
    const char *name;
    const char *source;
};

extern const struct ike_notify_row ike_notify_rows[];
extern const uint16_t ike_notify_row_count;

/* "COOKIE"; NULL when the number is not in the table. */
const char *ike_notify_name(uint16_t type);
/* "IKE_SA_INIT"; NULL when unknown. */
const char *ike_exchange_name(uint8_t exchange);
/* "SA", "KE", "IDi", "Nonce", … as RFC 7296 1.2 writes them in its drawings; NULL when unknown. */
const char *ike_payload_name(uint8_t type);

#endif
