/* SPDX-License-Identifier: MIT
 * Keys, certificates and trust, as the engine's callers have them: loaded or
 * made through a crypto provider before the engine runs, the provider's own
 * inside. The engine itself reads no file and generates no key.
 *
 * A certificate is its octets: X.509 in DER (RFC 5280) with OpenSSL, a
 * stand-in of the same size with the modelled provider. */
#ifndef IKE_CREDENTIAL_H
#define IKE_CREDENTIAL_H

#include "ike/bytes.h"
#include "ike/limits.h"
#include "ike/sign.h"
#include "ike/why.h"

struct ike_crypto;

/* A private key; the provider's own begins so. */
struct ike_key {
    _Alignas(8) uint8_t type; /* row of ike_key_types */
};

/* Whom we believe: trust anchors, revocation lists; the provider's own begins so. */
struct ike_trust {
    _Alignas(8) uint8_t anchor_count;
    uint8_t anchors[IKE_ANCHORS_MAX][20]; /* SHA-1 of SubjectPublicKeyInfo (RFC 7296 3.7) */
};

/* What one side proves itself with. */
struct ike_credential {
    const struct ike_key *key;
    struct ike_bytes chain[IKE_CERTS_MAX]; /* end entity first, no trust anchor */
    uint8_t chain_count;
    const char *urls[IKE_CERTS_MAX]; /* where each may be had ("http://…"); NULL: sent whole */
    struct ike_bytes bundle;         /* or all of it as one (RFC 7296 3.6, ike/v2/bundle.h), */
    const char *bundle_url;          /* where that may be had; NULL: there is none */
};

/* A public key that was judged good; the provider's own pointer or stand-in. */
struct ike_public {
    uint8_t type;                        /* row of ike_key_types */
    uint8_t verified[2 * IKE_CERTS_MAX]; /* types of the keys whose signatures were looked at, */
    uint8_t verified_count;              /* for whoever charges for it */
    union {
        void *pointer;
        uint8_t octets[32];
    } own;
};

/* What came from a peer. */
struct ike_chain {
    const struct ike_trust *trust;
    const struct ike_bytes *certs; /* in any order but for the first, the end entity's */
    size_t cert_count;
    const struct ike_bytes *crls; /* revocation lists for this once, beside those of `trust` */
    size_t crl_count;
    uint8_t id_type; /* who the end entity must be (RFC 7296 3.5) */
    struct ike_bytes id;
    uint64_t now_s; /* seconds since 1970 */
};

enum ike_cert_usage {
    USAGE_SIGNATURE, /* digitalSignature */
    USAGE_CIPHER,    /* keyEncipherment only: not for IKE (RFC 4945 5.1.3.2) */
    USAGE_SERVER,    /* digitalSignature, and extended: server authentication only */
};

/* A certificate to be made. */
struct ike_cert_spec {
    const char *name; /* the subject's common name */
    uint8_t id_type;  /* subjectAltName; 0: none */
    struct ike_bytes id;
    uint64_t serial;
    uint64_t from_s; /* seconds since 1970 */
    uint64_t until_s;
    bool ca;
    uint8_t usage; /* enum ike_cert_usage */
};

/* Who signs it; without a certificate it is self-signed by the subject's own key. */
struct ike_issuer {
    const struct ike_key *key;
    struct ike_bytes cert;
};

struct ike_crl_spec {
    uint64_t from_s;
    uint64_t until_s;
    const uint64_t *serials; /* revoked */
    size_t serial_count;
};

enum ike_trust_kind { TRUST_ANCHOR, TRUST_CRL };

/* Of a provider, not of a meter. NULL or false: it cannot be read or made. */
struct ike_credential_ops {
    struct ike_key *(*key_make)(struct ike_crypto *c, uint8_t type);
    /* PKCS#8 in DER; the modelled provider takes any octets. */
    struct ike_key *(*key_load)(struct ike_crypto *c, uint8_t type, struct ike_bytes from);
    /* What key_load makes the same key of. */
    bool (*key_save)(const struct ike_key *key, struct ike_writer *out);
    void (*key_free)(struct ike_key *key);
    bool (*cert_make)(struct ike_crypto *c, const struct ike_cert_spec *spec,
                      const struct ike_key *subject, const struct ike_issuer *issuer,
                      struct ike_writer *out);
    bool (*crl_make)(struct ike_crypto *c, const struct ike_crl_spec *spec,
                     const struct ike_issuer *issuer, struct ike_writer *out);
    struct ike_trust *(*trust_open)(struct ike_crypto *c);
    bool (*trust_add)(struct ike_trust *trust, enum ike_trust_kind kind, struct ike_bytes from);
    void (*trust_close)(struct ike_trust *trust);
};

/* The provider under any meters, whose credential ops are to be called with itself. */
struct ike_crypto *ike_crypto_bare(struct ike_crypto *crypto);

#endif
