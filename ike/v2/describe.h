/* SPDX-License-Identifier: MIT
 * One line of text for one message, as the drawings of RFC 7296 write it:
 *
 *     IKE_SA_INIT     req 0  SAi1 KEi Ni N(NAT_DETECTION_SOURCE_IP) …
 *
 * Flow tests compare these lines, the ladder prints them. */
#ifndef IKE_V2_DESCRIBE_H
#define IKE_V2_DESCRIBE_H

#include "ike/crypto.h"
#include "ike/ike.h"

enum { IKE_DESCRIBE_TEXT = 1024, IKE_DETAILS_TEXT = 4096 };

/* `bytes` is a UDP payload, with or without the non-ESP marker (`port_nat` says). With `keys` and
 * `crypto` what is sealed is opened (in a copy) and named too, else "SK{…}" stands for it. Payloads
 * in order: SA KE Nonce as "SAi1 KEi Ni" / "SAr1 KEr Nr" in IKE_SA_INIT, "SAi2"/"SAr2" in IKE_AUTH;
 * IDi IDr AUTH TSi TSr D(ESP 1) D(IKE) N(NAME) V; SKF(1/3) for the first fragment of three; sealed
 * ones within "SK{" and "}". Never fails: bad bytes give "malformed (syntax)" and the like. `out`
 * takes IKE_DESCRIBE_TEXT bytes. Returns the length. */
size_t ike_describe(struct ike_bytes bytes, bool port_nat, const struct ike_sa_keys *keys,
                    struct ike_crypto *crypto, char *out);

/* One line per payload with what stands in it, each ended by a newline: proposals by name, groups,
 * lengths, identities, selectors. `out` takes IKE_DETAILS_TEXT bytes; empty when there is nothing.
 */
size_t ike_describe_details(struct ike_bytes bytes, bool port_nat, const struct ike_sa_keys *keys,
                            struct ike_crypto *crypto, char *out);

#endif
