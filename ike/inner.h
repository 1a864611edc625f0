/* SPDX-License-Identifier: MIT
 * What a client asks a gateway for and what a gateway gives: addresses on the
 * inside, name servers, networks (RFC 7296 2.19, 3.15; RFC 8598, RFC 8983). */
#ifndef IKE_INNER_H
#define IKE_INNER_H

#include "ike/addr.h"
#include "ike/limits.h"

/* What an initiator asks for in its CFG_REQUEST. */
struct ike_wants {
    bool ip4; /* an address of the family, without which there is no use in the IKE SA */
    bool ip6;
    struct ike_addr last4; /* the one it had before and would have again; family 0: any */
    struct ike_addr last6;
    bool netmask;
    bool dns;
    bool subnets;
    bool domains;   /* INTERNAL_DNS_DOMAIN and INTERNAL_DNSSEC_TA */
    bool version;   /* APPLICATION_VERSION of the gateway */
    bool supported; /* SUPPORTED_ATTRIBUTES */
};

/* A domain whose names the gateway's servers know (RFC 8598 3), and the digest of the key that
 * signs it: key tag, algorithm, digest type, digest; empty: none. */
struct ike_domain {
    const char *name;
    struct ike_bytes anchor;
};

/* What a responder gives who asks. Addresses come from the first pool of the family that has one
 * left. */
struct ike_gives {
    struct ike_prefix pools[IKE_POOLS_MAX];
    struct ike_addr dns[IKE_SERVERS_MAX];
    struct ike_prefix subnets[IKE_SUBNETS_MAX];
    struct ike_domain domains[IKE_DOMAINS_MAX];
    uint8_t pool_count;
    uint8_t dns_count;
    uint8_t subnet_count;
    uint8_t domain_count;
    const char *version; /* NULL: none is told */
    bool required;       /* refuse who does not ask: FAILED_CP_REQUIRED */
    bool tell_families;  /* IP4_ALLOWED, IP6_ALLOWED (RFC 8983 5) */
};

/* What came of it at the initiator. */
struct ike_given {
    struct ike_addr ip4; /* family 0: none */
    struct ike_addr ip6;
    struct ike_addr dns[IKE_SERVERS_MAX];
    struct ike_prefix subnets[IKE_SUBNETS_MAX];
    struct ike_bytes domains[IKE_DOMAINS_MAX];
    struct ike_bytes
        anchors[IKE_DOMAINS_MAX]; /* of the domain of that place, the first; or empty */
    struct ike_bytes version;
    struct ike_bytes supported; /* types, two octets each */
    uint8_t dns_count;
    uint8_t subnet_count;
    uint8_t domain_count;
    uint8_t bits4; /* of the netmask; 0: none came */
    uint8_t bits6;
};

#endif
