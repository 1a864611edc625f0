/* SPDX-License-Identifier: MIT
 * TLS as an EAP method needs it (RFC 5216, RFC 9190, RFC 5281): a handshake
 * whose flights are octets put in and taken out in pieces, keys exported from
 * it, and a little data through it. A provider implements the calls; those of
 * OpenSSL are in crypto_openssl_tls.c, the modelled ones, flights of the same
 * sizes, in crypto_modelled_tls.c. Time is an argument: a number of seconds. */
#ifndef IKE_TLS_H
#define IKE_TLS_H

#include "ike/bytes.h"
#include "ike/limits.h"

struct ike_crypto;

enum ike_tls_version { TLS_ANY = 0, TLS_1_2 = 2, TLS_1_3 = 3 };

/* What one end shows. All views outlive the connections. */
struct ike_tls_identity {
    struct ike_bytes chain[IKE_TLS_CHAIN_MAX]; /* certificates, DER, its own first, no root */
    uint8_t chain_count;
    struct ike_bytes root;  /* the certificate that vouches for it, DER: read by the stand-ins */
    struct ike_bytes key;   /* the private key, PKCS #8 or the algorithm's own DER */
    uint16_t signature_len; /* the longest signature it makes: RSA-2048 256, P-256 72 */
};

/* How one end goes about a connection; outlives it. */
struct ike_tls_config {
    uint8_t version;                               /* enum ike_tls_version: the only one, or any */
    const struct ike_tls_identity *identity;       /* NULL: none. A server must have one. */
    struct ike_bytes anchors[IKE_TLS_ANCHORS_MAX]; /* roots trusted, DER */
    uint8_t anchor_count;
    bool mutual;    /* server: the client must show a certificate that an anchor vouches for */
    bool trusting;  /* client: takes any server, as those do who were never given a root */
    uint64_t now_s; /* for validity, since 1970; 0: not judged */
};

/* A connection: the provider's own pointer or stand-in. */
struct ike_tls {
    void *state;
    uint8_t runs; /* counted by the meter */
    bool server;
};

enum ike_tls_state {
    TLS_GOING,  /* more flights are needed */
    TLS_DONE,   /* both ends have finished the handshake, as far as this one can know */
    TLS_FAILED, /* a fatal alert was sent, and waits to be taken, or was received */
};

/* What is derived from a connection: a label, and a context or none. */
struct ike_tls_export {
    const char *label;
    struct ike_bytes context; /* .at NULL: none */
};

struct ike_tls_ops {
    /* False when identity or anchors cannot be read, or memory fails. */
    bool (*open)(struct ike_crypto *c, const struct ike_tls_config *config, bool server,
                 struct ike_tls *tls);
    void (*close)(struct ike_crypto *c, struct ike_tls *tls);
    /* The next octets of the peer's flight. */
    bool (*put)(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes piece);
    /* The flight put is complete, or it is for a client to begin: works on it. */
    enum ike_tls_state (*run)(struct ike_crypto *c, struct ike_tls *tls);
    /* Octets of our flight not taken yet, and the next `len` of them, which are there. */
    size_t (*waiting)(struct ike_crypto *c, struct ike_tls *tls);
    void (*take)(struct ike_crypto *c, struct ike_tls *tls, uint8_t *out, size_t len);
    /* After the handshake: text for our next flight, and the text that came in, at most `max`
     * octets, or none. */
    bool (*say)(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes text);
    size_t (*hear)(struct ike_crypto *c, struct ike_tls *tls, uint8_t *out, size_t max);
    /* The exporter of RFC 5705 4 and RFC 8446 7.5. */
    bool (*export)(struct ike_crypto *c, struct ike_tls *tls, const struct ike_tls_export *what,
                   uint8_t *out, size_t len);
    /* The version agreed on, enum ike_tls_version, once done. */
    uint8_t (*version)(struct ike_crypto *c, struct ike_tls *tls);
};

/* The modelled one, for crypto_modelled.c. */
extern const struct ike_tls_ops ike_modelled_tls_ops;

#endif
