/* SPDX-License-Identifier: MIT
 * Every maximum of the engine, with its reason. Sizes are bytes, counts are items. */
#ifndef IKE_LIMITS_H
#define IKE_LIMITS_H

#include <stdint.h>

enum ike_limits {
    IKE_MESSAGE_MAX = 16384, /* RFC 7296 2: 3000 must, more may be accepted; five RSA-4096
                                certificates and a signature take 8000 */
    IKE_PAYLOADS_MAX = 64,   /* payloads of one message, clear and sealed each; real ones have 20 */
    IKE_NOTIFIES_MAX = 32,   /* notifies of one message; strongSwan's IKE_AUTH has 10 */
    IKE_PROPOSALS_MAX = 32,  /* proposals looked at in one SA payload */
    IKE_TRANSFORMS_MAX = 64, /* transforms of one proposal; strongSwan's default has 30 */
    IKE_SELECTORS_MAX = 16,  /* selectors of one TS payload, RFC 7296 3.13 allows 255 */
    IKE_DELETES_MAX = 4,     /* Delete payloads of one message: one a protocol */
    IKE_SPI_MAX = 8,         /* an IKE SPI; ESP has 4 */
    IKE_NONCE_MIN = 16,      /* RFC 7296 2.10 */
    IKE_NONCE_MAX = 256,     /* RFC 7296 2.10 */
    IKE_NONCE_OURS = 32,     /* at least half the key size of the largest PRF */
    IKE_COOKIE_MAX = 64,     /* RFC 7296 2.6 */
    IKE_SHARE_MAX = 1568,    /* ML-KEM-1024 */
    IKE_SECRET_MAX = 1024,   /* MODP-8192 */
    IKE_PRF_MAX = 64,        /* SHA2-512 */
    IKE_KEY_MAX = 64,        /* the longest one key: HMAC-SHA2-512 */
    IKE_ID_MAX = 126,        /* identification data we keep; longer ones are refused */
    IKE_PSK_MAX = 64,        /* octets of a pre-shared key */
    IKE_REUSED_MAX = 4,      /* groups of which a key pair is kept for others */
    IKE_PPK_MAX = 64,        /* octets of a post-quantum pre-shared key, and of its name */
    IKE_PPKS_MAX = 4,        /* such keys of one policy */
    IKE_CERTS_MAX = 10,      /* CERT payloads of one message, CERTREQ payloads too: chains have 5 */
    IKE_ASKS_MAX = 5,        /* things one message may want from outside: a chain of five */
    IKE_NAME_MAX = 253,      /* octets of a host's name, RFC 1035 2.3.4 */
    IKE_URL_MAX = 256,       /* octets of a URL; longer ones are passed over */
    IKE_ANCHORS_MAX = 16,    /* trust anchors of one policy */
    IKE_CERT_MAX = 4096,     /* octets of one certificate; RSA-4096 takes 1400 */
    IKE_SIGNATURE_MAX = 1024,     /* RSA-8192 */
    IKE_OFFER_MAX = 16,           /* transforms of one proposal of ours */
    IKE_OFFERS_MAX = 4,           /* proposals of ours for one SA payload */
    IKE_POLICY_SELECTORS_MAX = 4, /* traffic selectors of one side of a policy */
    IKE_CHILD_POLICIES_MAX = 8,   /* kinds of Child SA one connection has */
    IKE_WINDOW_MAX = 8,           /* requests that may be under way at once, each direction */
    IKE_TASKS_MAX = 32,           /* requests of ours that may wait on one SA */
    IKE_SCRATCH = 98304,          /* the arena of one turn */
    IKE_OUTPUTS_MAX = 192,        /* datagrams waiting to be fetched: two messages in fragments */
    IKE_OUTPUT_OCTETS = 262144,   /* and their octets: 16 of the longest messages */
    IKE_ASKS_AT_ONCE = 8,         /* requests begun by one call */
    IKE_REDIRECTS_MAX = 5,        /* of one attempt, RFC 5685 7: MAX_REDIRECTS */
    IKE_HINT_LOOKS = 8,           /* SAs between two ends that one hint of ICMP is weighed for */
    IKE_STREAM_ODD_MAX = 8,       /* messages without sense in a row on a TCP connection, before
                                     it is given up (RFC 9329 6.1: too many) */
    IKE_FRAGMENTS_MAX = 64,       /* of one message: of the longest, at 400 octets each */
    IKE_FRAGMENT_LEAST = 64,      /* octets of content that each but the last carries at least */
    IKE_REASSEMBLIES_MAX = 1024,  /* messages of which fragments wait for others, if not said */
    IKE_REASSEMBLY_OCTETS = 4194304, /* and their octets */
    IKE_EVENTS_MORE = 64,            /* events of one turn beyond the ends of SAs and Child SAs */
    IKE_EAP_NAME_MAX = 126,          /* octets of a user name; a longer one is refused */
    IKE_EAP_PASSWORD_MAX = 64,       /* RFC 2759 8.1 allows 256 characters; people do not */
    IKE_EAP_METHODS_MAX = 4,         /* methods of one policy, best first */
    IKE_EAP_ROUNDS_MAX = 255,   /* requests of one conversation; a chain in small pieces takes 60 */
    IKE_TLS_CHAIN_MAX = 5,      /* certificates shown, the root left out */
    IKE_TLS_ANCHORS_MAX = 16,   /* roots trusted by one policy */
    IKE_TLS_FLIGHT_MAX = 65536, /* octets of one reassembled TLS message, RFC 5216 2.1.5 */
    IKE_TLS_TEXT_MAX = 1024,    /* octets of data within TLS in one flight */
    IKE_POOLS_MAX = 4,          /* address pools of one policy */
    IKE_LEASE_POOLS_MAX = 8,    /* and of all policies of an engine */
    IKE_SERVERS_MAX = 4,        /* name servers of one policy, or taken from one reply */
    IKE_SUBNETS_MAX = 8,        /* networks, the same */
    IKE_DOMAINS_MAX = 8,        /* domains of split DNS, the same */
    IKE_ATTRIBUTES_MAX = 64,    /* of one Configuration payload; many are networks */
    IKE_CPS_MAX = 4,            /* Configuration payloads of one INFORMATIONAL message */
    IKE_CRLS_MAX = 2,           /* revocation lists fetched for one policy */
    IKE_VENDORS_MAX = 16,       /* vendor ids of one message; more are passed over */
    IKE_ADDRESSES_MAX = 8,      /* of one end (RFC 4555 3.4): interfaces, and both families */
    IKE_PATHS_AT_ONCE = 16,     /* pairs of addresses one request goes by at once */
    IKE_PATH_SENDS = 3,         /* times it goes the usual way before it goes by all of them, RFC
                                   4555 3.5: "several times" */
    IKE_COOKIE2_MIN = 8,        /* RFC 4555 4.2.5 */
    IKE_COOKIE2_OURS = 16,      /* nobody guesses that */
    IKE_COOKIE2_MAX = 64,       /* RFC 4555 4.2.5 */
    IKE_PATIENCE_SENDS = 10,    /* with IKE_PATIENCE_NS the five minutes of RFC 4555 3.11 */
    IKE_CLEAR_ANSWERS = 10,     /* INVALID_MAJOR_VERSION a second, RFC 7296 2.5: anyone may ask */
    IKE_TICKET_MAX = 1024, /* octets of a gateway's ticket; a longer one is passed over, ours have
                              550 at most */
    IKE_RESUME_MAX = 1600, /* octets that the owner of a client keeps: the ticket, and what is known
                              of its session */
    IKE_STRAY_MAX = 512, /* octets shown of a packet that strayed: what is said of it fits into the
                            least MTU of IPv6, whole */
    IKE_ESP_MAX = 16384, /* octets of an ESP packet: jumbo frames have 9000 */
    IKE_ESP_WINDOW = 64, /* of the anti-replay window: RFC 4303 3.4.3 has it as the default, */
    IKE_ESP_WINDOW_MAX = 1984, /* and fast links reorder more: 31 words of 64 */
    /* A sender 2^32 packets and more ahead (RFC 4303 A.3) is looked for after so many wrong ICVs in
     * a row, in so many upper halves: a forged packet costs a quarter more, none moves the window.
     */
    IKE_ESP_RESYNC_AFTER = 64,
    IKE_ESP_RESYNC_TRIES = 16,
    IKE_ESP_KEYS_MAX = 128, /* octets of keys of one direction: 36 and 64 at most */
    IKE_TEMPORARY_MAX = 8,  /* TEMPORARY_FAILURE in a row: some three minutes, RFC 7296 2.25 */
};

/* How long an IKE SA that was replaced, or lost against another, waits for its Delete: longer than
 * the peer goes on asking (strongSwan 5.9 gives up after 165 s). */
#define IKE_GRACE_NS UINT64_C(180000000000)

/* Message ids of one IKE SA, either way, from which it is replaced and, if that fails, closed
 * (RFC 7296 2.2); the last one of all is never used. */
#define IKE_IDS_REKEY UINT32_C(0xffff0000)
#define IKE_IDS_CLOSE UINT32_C(0xffffff00)

/* Between what a responder sends again once it would give up without MOBIKE (RFC 4555 3.11). */
#define IKE_PATIENCE_NS UINT64_C(30000000000)

/* How long a gateway's name may take to be found, RFC 5685 9.2. */
#define IKE_NAME_WAIT_NS UINT64_C(30000000000)
/* RFC 5685 7: REDIRECT_LOOP_DETECT_PERIOD. */
#define IKE_REDIRECTS_NS UINT64_C(300000000000)
/* How long after the end of an AUTH_LIFETIME the responder closes the SA (RFC 4478 2: soon). */
#define IKE_REAUTH_GRACE_NS UINT64_C(5000000000)
/* Tickets that last no longer are not asked for again in time: it would never end (RFC 5723 4.1).
 */
#define IKE_TICKET_RENEWED_NS UINT64_C(60000000000)
/* RFC 5723 6.2: a finite lifetime must be there; 9.8: an hour is short. */
#define IKE_TICKET_LIFE_NS UINT64_C(3600000000000)
/* How long an SA that was authenticated anew stays when Child SAs are still to be made. */
#define IKE_REAUTH_LINGER_NS UINT64_C(1000000000)

#endif
