/* SPDX-License-Identifier: MIT
 * EAP (RFC 3748): one conversation between a server, who asks, and a peer, who
 * answers, as a machine that knows nothing of what carries it. A packet goes in,
 * at most one comes out, until `phase` says how it ended:
 *
 *     ike_eap_open(&eap, &start);
 *     ike_eap_begin(&eap, &out);              the server's first request
 *     ike_eap_step(&eap, packet, &out);       and so on, until eap.phase is not EAP_GOING
 *     ike_eap_close(&eap);
 *
 * What carries it delivers each packet once and in order (RFC 7296 3.16). State
 * is in the struct; only a TLS connection is the crypto provider's. */
#ifndef IKE_EAP_H
#define IKE_EAP_H

#include "ike/bytes.h"
#include "ike/crypto.h"
#include "ike/limits.h"
#include "ike/tls.h"
#include "ike/why.h"

/* RFC 3748 4 */
enum ike_eap_code { EAP_REQUEST = 1, EAP_RESPONSE = 2, EAP_SUCCESS = 3, EAP_FAILURE = 4 };

/* RFC 3748 5 and IANA's registry; 26 is Microsoft's */
enum ike_eap_type {
    EAP_IDENTITY = 1,
    EAP_NOTIFICATION = 2,
    EAP_NAK = 3,
    EAP_MD5 = 4,
    EAP_GTC = 6,
    EAP_TLS = 13,
    EAP_TTLS = 21,
    EAP_MSCHAPV2 = 26,
};

enum { EAP_HEADER_LEN = 4, EAP_MSK_LEN = 64, EAP_FRAGMENT_MIN = 64, EAP_FRAGMENT_DEFAULT = 1024 };

struct ike_eap_packet {
    uint8_t code; /* enum ike_eap_code */
    uint8_t id;
    uint8_t type;          /* of requests and responses; 0: none */
    struct ike_bytes data; /* after the type */
};

/* RFC 3748 4: WHY_EAP_SYNTAX unless the length is the view's and the code one of four. */
enum ike_why ike_eap_parse(struct ike_bytes bytes, struct ike_eap_packet *out);
void ike_eap_put(struct ike_writer *w, const struct ike_eap_packet *packet);

/* What one side is and wants; outlives its conversations. */
struct ike_eap_config {
    uint8_t methods[IKE_EAP_METHODS_MAX]; /* enum ike_eap_type, best first: a server proposes the
                                             first, a peer takes any */
    uint8_t method_count;                 /* 0: no EAP */
    bool identity;                        /* server: asks for Identity first */
    uint8_t rounds_max;                   /* requests in one conversation; 0: IKE_EAP_ROUNDS_MAX */
    uint16_t fragment; /* octets of a packet of ours with TLS in it; 0: EAP_FRAGMENT_DEFAULT */
    uint8_t user_len;  /* 0: peer: its IKE identity; server: anyone who knows the password */
    uint8_t user[IKE_EAP_NAME_MAX];
    uint8_t within; /* enum ike_eap_type, of a method without TLS: what TTLS carries (RFC
                       5281 11.2.1); 0: MS-CHAP-V2 without EAP */
    uint8_t password_len;
    uint8_t password[IKE_EAP_PASSWORD_MAX];
    struct ike_tls_config tls;
};

struct ike_eap_md5 {
    uint8_t challenge[16];
};

struct ike_eap_mschapv2 {
    uint8_t stage;
    uint8_t server_challenge[16];
    uint8_t peer_challenge[16];
    uint8_t response[24];
};

/* A conversation of EAP within TTLS, between two packets of it; names are the outer one's. */
struct ike_eap_inner {
    uint8_t type; /* of its method; 0: not agreed on yet */
    uint8_t id;
    uint8_t rounds;
    uint8_t phase; /* enum ike_eap_phase */
    bool begun;
    bool concluded;
    union {
        struct ike_eap_md5 md5;
        struct ike_eap_mschapv2 mschapv2;
    } of;
};

struct ike_eap_tls {
    struct ike_tls tls;
    bool opened;
    bool sending; /* the first fragment of our flight is out */
    bool broken;  /* an alert of ours ended it */
    bool done;    /* the handshake is over */
    uint32_t in_len;
    uint32_t in_declared;
    struct ike_eap_mschapv2 inner; /* of TTLS, one or the other */
    struct ike_eap_inner within;
};

enum ike_eap_phase { EAP_GOING, EAP_SUCCEEDED, EAP_FAILED };

struct ike_eap_method;

struct ike_eap {
    struct ike_crypto *crypto;
    const struct ike_eap_config *config;
    const struct ike_eap_method *method; /* NULL: not agreed on yet */
    bool server;
    bool concluded; /* peer: all the method wants is done, Success may come */
    bool begun;     /* a packet of the method has been answered: too late for a Nak */
    bool has_msk;
    uint8_t phase; /* enum ike_eap_phase */
    uint8_t broke; /* enum ike_why: peer: why Failure is to be expected; WHY_OK: it is not */
    uint8_t id;    /* of the request at hand */
    uint8_t rounds;
    uint8_t name_len; /* the peer's name, as it said or as whoever carries this knows */
    uint8_t name[IKE_EAP_NAME_MAX];
    uint8_t msk[EAP_MSK_LEN];
    union {
        struct ike_eap_md5 md5;
        struct ike_eap_mschapv2 mschapv2;
        struct ike_eap_tls tls;
    } of;
};

struct ike_eap_start {
    struct ike_crypto *crypto;
    const struct ike_eap_config *config;
    struct ike_bytes name; /* the peer's, before EAP says another; longer ones are cut */
    bool server;
};

/* One method: a row of the table in eap.c. `data` is what follows the type octet; a request or
 * response of the method is written to `out` from there. */
struct ike_eap_method {
    const char *name;  /* as experiment files spell it */
    const char *title; /* as the RFCs do */
    const char *source;
    uint8_t type;
    bool mutual; /* the server is authenticated too (RFC 5998 4) */
    bool makes_msk;
    enum ike_why (*open)(struct ike_eap *eap);                          /* NULL: nothing to do */
    enum ike_why (*first)(struct ike_eap *eap, struct ike_writer *out); /* server's request */
    enum ike_why (*server)(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out);
    enum ike_why (*peer)(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out);
    void (*close)(struct ike_eap *eap); /* NULL: nothing to do */
};

/* NULL: past the last; none such. */
const struct ike_eap_method *ike_eap_method_at(size_t index);
const struct ike_eap_method *ike_eap_method_of(uint8_t type);
const struct ike_eap_method *ike_eap_method_named(const char *name);
/* "Identity", "MSCHAPv2"; NULL: none we know. */
const char *ike_eap_type_title(uint8_t type);

void ike_eap_open(struct ike_eap *eap, const struct ike_eap_start *start);
void ike_eap_close(struct ike_eap *eap);
/* WHY_EAP_METHOD when there is none to propose. */
enum ike_why ike_eap_begin(struct ike_eap *eap, struct ike_writer *out);
/* WHY_OK: what was written goes to the other side, but a peer writes nothing when `phase` is
 * EAP_SUCCEEDED. Another reason: the conversation is over for it, and a server has written an
 * EAP-Failure, a peer nothing. */
enum ike_why ike_eap_step(struct ike_eap *eap, struct ike_bytes packet, struct ike_writer *out);

#endif
