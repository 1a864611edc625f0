/* SPDX-License-Identifier: MIT
 * Certificates and revocation lists as one thing to be fetched (RFC 7296 3.6):
 *
 *     CertificateOrCRL ::= CHOICE { cert [0] Certificate, crl [1] CertificateList }
 *     CertificateBundle ::= SEQUENCE OF CertificateOrCRL
 *
 * in DER, tags explicit. What stands within is not read here. */
#ifndef IKE_V2_BUNDLE_H
#define IKE_V2_BUNDLE_H

#include "ike/bytes.h"

#include <stdbool.h>
#include <stdint.h>

enum ike_bundle_kind { BUNDLE_CERT, BUNDLE_CRL };

/* A reader of its items; false: it is no SEQUENCE, or something follows it. */
bool ike_bundle_open(struct ike_bytes bundle, struct ike_reader *items);
/* Takes one off the front; false: it is neither kind, or longer than what is left. */
bool ike_bundle_take(struct ike_reader *items, enum ike_bundle_kind *kind, struct ike_bytes *out);

/* Begins and ends a bundle; items go between. Where it begins: it is shifted to fit its length. */
size_t ike_bundle_begin(struct ike_writer *w);
void ike_bundle_put(struct ike_writer *w, enum ike_bundle_kind kind, struct ike_bytes item);
void ike_bundle_end(struct ike_writer *w, size_t begin);

#endif
