/* SPDX-License-Identifier: MIT
 * Certificates and keys of the TLS tests. */
#ifndef TESTS_TLS_CERTS_H
#define TESTS_TLS_CERTS_H

#include "ike/tls.h"

enum tls_identity_name { TLS_SERVER_RSA, TLS_SERVER_EC, TLS_CLIENT_RSA, TLS_CLIENT_EC };

extern const struct ike_bytes tls_root;       /* vouches for all four */
extern const struct ike_bytes tls_other_root; /* for none */
extern const struct ike_tls_identity tls_identities[];

#endif
