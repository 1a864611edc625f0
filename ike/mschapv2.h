/* SPDX-License-Identifier: MIT
 * MS-CHAP-V2 without its packets (RFC 2759 8), and the keys that come of it
 * (RFC 3079 3): for EAP-MSCHAPv2, and for EAP-TTLS with it inside. False: the
 * provider lacks MD4 or DES. */
#ifndef IKE_MSCHAPV2_H
#define IKE_MSCHAPV2_H

#include "ike/bytes.h"
#include "ike/crypto.h"

enum {
    MSCHAPV2_CHALLENGE = 16,
    MSCHAPV2_HASH = 16,
    MSCHAPV2_RESPONSE = 24,
    MSCHAPV2_PROOF = 42, /* "S=" and 40 digits */
    MSCHAPV2_MSK = 64,
};

struct ike_mschapv2 {
    const uint8_t *server_challenge; /* 16 octets each */
    const uint8_t *peer_challenge;
    struct ike_bytes user;     /* with or without a domain, which does not count */
    struct ike_bytes password; /* UTF-8 */
};

/* RFC 2759 8.2: 8 octets. */
void ike_mschapv2_challenge(struct ike_crypto *c, const struct ike_mschapv2 *m, uint8_t *out);
/* RFC 2759 8.3, 8.4: NtPasswordHash of the password, and its hash. */
bool ike_mschapv2_hash(struct ike_crypto *c, struct ike_bytes password, uint8_t *out);
bool ike_mschapv2_hash_hash(struct ike_crypto *c, struct ike_bytes password, uint8_t *out);
/* RFC 2759 8.6: 7 octets of key spread over 8, parity bits nought. */
void ike_mschapv2_spread(const uint8_t *raw, uint8_t *out);
/* RFC 2759 8.1: what the peer proves itself with, 24 octets. */
bool ike_mschapv2_response(struct ike_crypto *c, const struct ike_mschapv2 *m, uint8_t *out);
/* RFC 2759 8.7: what the server proves itself with, 42 characters. */
bool ike_mschapv2_proof(struct ike_crypto *c, const struct ike_mschapv2 *m, const uint8_t *response,
                        uint8_t *out);
/* RFC 3079 3.4: MasterReceiveKey and MasterSendKey of the server, then nought: the MSK as
 * everyone's EAP-MSCHAPv2 has it. */
bool ike_mschapv2_msk(struct ike_crypto *c, struct ike_bytes password, const uint8_t *response,
                      uint8_t *out);

#endif
