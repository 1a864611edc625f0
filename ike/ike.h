/* SPDX-License-Identifier: MIT
 * The IKE engine: a pure machine. It owns no socket, no clock, no thread and
 * no random source; it is driven so, and does nothing between calls:
 *
 *     ike_input(engine, now, &datagram);            a datagram came in
 *     ike_tick(engine, now);                        ike_deadline() has passed
 *     while (ike_next_output(engine, &datagram))    send it
 *     while (ike_next_event(engine, &event))        tell the models
 *     sleep until ike_deadline(engine)
 *
 * The same calls with the same arguments give the same outputs, always. One
 * engine is initiator and responder at once, for any number of local
 * addresses: a whole population of clients may share one. */
#ifndef IKE_IKE_H
#define IKE_IKE_H

#include "ike/addr.h"
#include "ike/algo.h"
#include "ike/bytes.h"
#include "ike/crypto.h"
#include "ike/eap.h"
#include "ike/inner.h"
#include "ike/limits.h"
#include "ike/why.h"

#include <stdbool.h>
#include <stdint.h>

#define IKE_NEVER     UINT64_MAX
#define IKE_PORT      500
#define IKE_PORT_NAT  4500
#define IKE_UNLIMITED UINT32_MAX

struct ike_engine;

struct ike_datagram {
    struct ike_addr local;
    struct ike_addr remote;
    uint32_t stream;        /* 0: by UDP; else number of the TCP connection (struct ike_stream) */
    struct ike_bytes bytes; /* UDP payload, or a message of the stream with its marker. in: the
                               caller's, for the call. out: ours, until the engine is next called */
};

/* A TCP connection of the owner's (RFC 9329 6.1). The engine never opens one: it asks for it by an
 * IKE_STREAM_WANTED event, and is told by ike_stream_up and ike_stream_down. What comes in by one
 * that the peer opened is just given to ike_input. Octets and messages: ike/stream.h. */
struct ike_stream {
    uint32_t number; /* the owner's: not 0, and not soon given again */
    struct ike_addr local;
    struct ike_addr remote;
};

/* When an initiator goes by TCP (RFC 9329 5.1). */
enum ike_tcp_use {
    TCP_NEVER,
    TCP_FALLBACK, /* when UDP is not answered */
    TCP_ALWAYS
};

/* RFC 7296 3.5 */
enum ike_id_type {
    ID_IPV4_ADDR = 1,
    ID_FQDN = 2,
    ID_RFC822_ADDR = 3,
    ID_IPV6_ADDR = 5,
    ID_DER_ASN1_DN = 9,
    ID_DER_ASN1_GN = 10,
    ID_KEY_ID = 11,
    ID_NULL = 13, /* RFC 7619 2.2 */
};

struct ike_id {
    uint8_t type; /* enum ike_id_type; 0: none given, matches any */
    uint8_t len;
    uint8_t data[IKE_ID_MAX];
};

/* A traffic selector, RFC 7296 3.13.1: every packet whose protocol (0: any), port and address lie
 * within. ICMP type and code stand in the port as RFC 7296 3.13.1 says. */
struct ike_selector {
    struct ike_addr from; /* .port is the start port */
    struct ike_addr to;   /* .port is the end port */
    uint8_t protocol;
};

/* How long an SA is used (RFC 7296 2.8): rekeyed `rekey_ns` after it was made, less a random part
 * of up to rand_ns; closed over_ns after that when it has not been replaced. Octets and packets
 * count for Child SAs: rekeyed at the first figure, closed at the second. 0: no such limit. */
struct ike_lifetime {
    uint64_t rekey_ns, rand_ns, over_ns;
    uint64_t rekey_bytes, life_bytes;
    uint64_t rekey_packets, life_packets;
};

/* One kind of Child SA a connection has: a row of the security policy database (RFC 4301 4.4.1). */
struct ike_child_policy {
    struct ike_offer esp[IKE_OFFERS_MAX]; /* proposals, best first */
    uint8_t esp_count;
    uint8_t local_count;
    uint8_t remote_count;
    struct ike_selector local[IKE_POLICY_SELECTORS_MAX]; /* none: the end of the IKE SA itself */
    struct ike_selector remote[IKE_POLICY_SELECTORS_MAX];
    struct ike_lifetime lifetime;
    bool transport_mode; /* ask for it, or allow it to a peer who asks (RFC 7296 1.3.1) */
    bool transport_only; /* and close what the peer makes a tunnel of */
    bool single_pair;    /* grant one pair of addresses at a time: SINGLE_PAIR_REQUIRED (2.9) */
    bool no_tfc;         /* say that padded packets are not taken (1.3.1) */
    uint8_t ipcomp;      /* transform of IPComp to ask for, or agree to; 0: none (3.10.1) */
    bool non_first_fragments; /* ask for them, or agree to (1.3.1) */
};

/* Another gateway, by its address or by its name (RFC 5685 9.2). */
struct ike_gateway {
    struct ike_addr addr;
    const char *name; /* when the address has no family; NULL: no gateway */
};

/* How a side proves who it is. */
enum ike_proof_kind { PROOF_PSK, PROOF_SIGNATURE, PROOF_NULL, PROOF_KINDS };
enum ike_cert_sending { CERT_IF_ASKED, CERT_ALWAYS, CERT_NEVER };

/* A post-quantum pre-shared key by its name, which is a PPK_ID_FIXED (RFC 8784 5.1). */
struct ike_ppk {
    uint8_t id[IKE_PPK_MAX];
    uint8_t id_len;
    uint8_t key[IKE_PPK_MAX];
    uint8_t key_len;
};

/* Who repeats authentication, and how (RFC 7296 2.8.3): the new IKE SA before the old one is
 * closed, or after. */
enum ike_reauth_way { REAUTH_NEVER, REAUTH_MAKE_FIRST, REAUTH_BREAK_FIRST };

/* A pair of addresses between which messages go. */
struct ike_path {
    struct ike_addr local;
    struct ike_addr remote;
};

/* Addresses that may change while an IKE SA lives (RFC 4555 2.1). The initiator of the first IKE SA
 * decides which pair is used. A request of its that nobody answers goes by every pair there is
 * after a while, and where the answer comes from it moves to; so does IKE_SA_INIT (3.1, 3.5). */
struct ike_mobility {
    bool on;
    bool unchecked; /* the peer is believed to be where it says; else Child SAs follow only when it
                       has answered from there (3.7) */
    bool no_nats; /* no NAT traversal, and what a NAT has changed is refused: NO_NATS_ALLOWED (3.9);
                     an attempt ends then with the notify UNEXPECTED_NAT_DETECTED, to be tried
                     again */
    uint8_t address_count;
    uint8_t peer_count;
    uint8_t within_count;
    const struct ike_addr *addresses; /* all of ours, IKE_ADDRESSES_MAX at most (3.4); ports are
                                         those in use. None: the one in use is the only one */
    const struct ike_addr *peers; /* initiator: the responder's, as far as they are known before */
    const struct ike_prefix *within; /* where a peer may move to; none: anywhere */
};

/* What two peers are to agree on: `connection` to strongSwan and libreswan. */
struct ike_policy {
    const char *name;
    struct ike_offer ike[IKE_OFFERS_MAX]; /* proposals for the IKE SA, best first */
    uint8_t ike_count;
    uint8_t first_group; /* row of the group tried first; 0: the first of ike[0] */
    struct ike_id local_id;
    struct ike_id remote_id; /* type 0: any identity */
    uint8_t psk[IKE_PSK_MAX];
    uint8_t psk_len;
    uint8_t proof;       /* enum ike_proof_kind: ours. All zero: a pre-shared key both ways */
    uint8_t accepts;     /* 1 << enum ike_proof_kind, what the peer may come with; 0: a key */
    uint8_t send_certs;  /* enum ike_cert_sending (RFC 7296 3.7) */
    uint16_t hashes;     /* 1 << enum ike_hash, that a peer may sign with; 0: HASHES_OURS */
    bool old_signatures; /* methods 1, 9, 10, 11 of ours, not RFC 7427 3's */
    bool looks_up;       /* takes certificates by hash and URL: IKE_ASK events, ike_answer */
    const char *crl_urls[IKE_CRLS_MAX]; /* revocation lists, fetched with each authentication:
                                           IKE_ASK, ike_answer */
    uint8_t crl_count;
    bool crl_strict;    /* one that is not to be had is a refusal */
    bool tell_methods;  /* SUPPORTED_AUTH_METHODS (RFC 9593 3) */
    const char *scheme; /* row of ike_schemes to sign with, by name; NULL: the first that fits */
    const struct ike_credential *credential;               /* for PROOF_SIGNATURE */
    const struct ike_trust *trust;                         /* to accept it */
    struct ike_child_policy child[IKE_CHILD_POLICIES_MAX]; /* the first is set up with the IKE SA */
    uint8_t child_count;
    struct ike_ppk ppk[IKE_PPKS_MAX]; /* an initiator uses the first, a responder any */
    uint8_t ppk_count;
    bool ppk_required; /* no SA without one (RFC 8784 3) */
    uint16_t fragment; /* longest IP datagram sent, above that messages go in fragments; 0: never,
                          and none are taken (RFC 7383 2.5.1) */
    bool force_encapsulation; /* lie in NAT_DETECTION_SOURCE_IP, so that ESP goes in UDP */
    bool initial_contact;     /* send INITIAL_CONTACT with the first IKE_AUTH (RFC 7296 2.4) */
    bool sync_ids; /* message ids, and replay counters of ESP, may be agreed on anew when one end */
    bool sync_replay; /* has failed over to another member of its cluster (RFC 6311 5):
                         ike_failed_over */
    bool sync_low;    /* even message ids below those heard are good for that, as in Appendix A */
    struct ike_eap_config eap;    /* initiator: proves itself so; responder: asks that of it */
    bool eap_remote;              /* responder: another server does it, and each packet waits for
                                     that: IKE_ASK "aaa", ike_answer */
    bool eap_only;                /* EAP may authenticate the responder too (RFC 5998 3) */
    struct ike_lifetime lifetime; /* of the IKE SA */
    const struct ike_policy
        *next_auth;                /* what the initiator proves next, before it is let in: its
                                      identities, keys and methods (RFC 4739 2); NULL: no more */
    const struct ike_wants *wants; /* of a gateway (RFC 7296 2.19); NULL: nothing */
    uint8_t reauth;                /* enum ike_reauth_way, as an initiator */
    uint64_t reauth_ns;            /* after so long, or when the responder says; 0: only then */
    uint32_t auth_lifetime_s;      /* AUTH_LIFETIME as a responder (RFC 4478 3); 0: no limit */
    uint64_t settable; /* 1 << attribute type: what a peer may set with CFG_SET (3.15.1) */
    const struct ike_gives *gives; /* to clients; NULL: nothing. A side of a Child SA without
                                      selectors is then the address given */
    bool tickets;         /* asks for tickets, as an initiator: IKE_TICKET (RFC 5723 4.1) */
    bool takes_redirects; /* goes where a gateway sends it (RFC 5685 3) */
    struct ike_gateway redirect_to; /* those authenticated by this policy who understand it are sent
                                       there in IKE_AUTH (RFC 5685 6), */
    uint32_t redirect_at;           /* from so many established IKE SAs on; 0: always; */
    bool redirect_first;            /* who is to do EAP, before that */
    bool childless;    /* initiator: IKE_AUTH without a Child SA, if the peer lets it; responder: it
                          does (RFC 6023 3) */
    bool takes_tokens; /* a peer that shows its token has crashed (RFC 6290 4.5) */
    struct ike_mobility mobike;
    uint16_t children_max; /* Child SAs of one IKE SA; 0: no such limit; 1: NO_ADDITIONAL_SAS */
    uint8_t tcp;           /* enum ike_tcp_use, as an initiator; a responder answers by any way */
    uint8_t udp_sends;     /* TCP_FALLBACK: after so many sends by UDP without an answer; 0: after
                              all of ike_retransmit_config */
    uint16_t tcp_port;     /* of the responder; 0: 4500 */
};

/* When a responder asks for cookies (RFC 7296 2.6): on when the count of half-open SAs reaches
 * on_at (0: always, IKE_UNLIMITED: never), off when it has been below off_below for hold_ns. */
struct ike_cookie_config {
    uint32_t on_at;
    uint32_t off_below;
    uint64_t hold_ns;
    uint64_t secret_ns;  /* a new secret so often; */
    uint64_t overlap_ns; /* the one before is accepted this long after */
};

/* When a responder asks for work (RFC 8019 7.1): from `on_at` half-open SAs on, each doubling of
 * which makes the puzzle a bit harder, up to bits_max. `bits` 0: as hard as the initiator likes,
 * and who finds more bits of bits_max is served more often. Of those who solve none, legacy_ppm are
 * served all the same. Who solved one may get another one for IKE_AUTH, of auth_bits, while the
 * keys of auth_ppm or more of the half-open SAs did not open what came for them (RFC 8019 7.2). */
struct ike_puzzle_config {
    uint32_t on_at;
    uint8_t bits;
    uint8_t bits_max; /* 0: no puzzles */
    uint32_t legacy_ppm;
    uint8_t auth_bits; /* 0: none there */
    uint32_t auth_ppm; /* 0: always */
};

struct ike_half_open_config {
    uint32_t limit;       /* IKE_UNLIMITED: none */
    uint32_t per_address; /* IKE_UNLIMITED: none */
    uint64_t timeout_ns;
};

/* RFC 7296 2.4: send, wait first_ns, send again, wait factor times longer, … */
struct ike_retransmit_config {
    uint64_t first_ns;
    uint32_t factor_milli; /* 1800: each wait is 1.8 times the one before */
    uint32_t sends;        /* the first one included */
    uint64_t wait_max_ns;
    uint32_t jitter_milli; /* 100: each wait is shortened at random by up to 10 % */
};

/* What waits for the rest of its fragments (RFC 7383 2.6); 0: the limit in limits.h, half a minute.
 */
struct ike_reassembly_config {
    uint32_t limit;      /* messages at once, of all peers */
    uint32_t octets;     /* of them all */
    uint64_t timeout_ns; /* from a message's first fragment on */
};

/* Tickets that a gateway gives its clients, to resume their sessions with (RFC 5723 4). By value:
 * all that is to be known stands in the ticket, sealed. By reference: it stands in a table here,
 * and a crash forgets it. */
enum ike_ticket_kind { TICKET_NONE, TICKET_VALUE, TICKET_REFERENCE };

struct ike_ticket_config {
    uint8_t kind;          /* enum ike_ticket_kind; TICKET_NONE: none are given or taken */
    const uint8_t *secret; /* 32 octets that outlive a crash; the keys are made of them */
    const uint8_t *before; /* the ones they replace, for tickets that are out; NULL: none */
    uint64_t key_ns;       /* another key so often (RFC 5723 9.5); 0: with each lifetime */
    uint64_t lifetime_ns;  /* of a ticket, less when the IKE SA or its authentication ends sooner
                              (RFC 5723 6.2); 0: an hour */
    uint32_t stored;       /* by reference: the table's size; 0: as many as SAs */
    uint32_t remembered;   /* by value: so many that were used or revoked are known again
                              (RFC 5723 9.8); 0: none, and each is good until its time is over */
    uint16_t answer_max;   /* an IKE_AUTH answer longer than this goes without: TICKET_ACK, and it
                              is asked for later (RFC 5723 4.1); 0: any length */
};

/* How often one peer may rekey its IKE SA and Child SAs: so many times at once, and as many more in
 * each span; TEMPORARY_FAILURE beyond (RFC 8019 5). 0: as often as it likes. */
struct ike_rate_config {
    uint32_t most;
    uint64_t span_ns;
};

/* A vendor id: sent with IKE_SA_INIT, or only known when it comes (RFC 7296 3.12). */
struct ike_vendor {
    struct ike_bytes id;
    bool send;
};

struct ike_config {
    uint32_t sa_max;    /* address space is reserved for so many, pages are touched when used */
    uint32_t child_max; /* the same for Child SAs; 0: as many as SAs */
    struct ike_cookie_config cookies;
    struct ike_puzzle_config puzzles;
    struct ike_half_open_config half_open;
    struct ike_retransmit_config retransmit;
    struct ike_reassembly_config reassembly;
    struct ike_ticket_config tickets;
    struct ike_rate_config rekeys;
    uint32_t cookies_max; /* an initiator's patience with COOKIE answers in one attempt */
    uint8_t puzzle_bits;  /* an initiator solves puzzles up to so hard, IKE_PUZZLE_BITS_MAX at most;
                             0: none */
    uint32_t groups_max;  /* and with INVALID_KE_PAYLOAD */
    uint32_t window;   /* requests a peer may have under way with us, up to IKE_WINDOW_MAX: above 1
                          SET_WINDOW_SIZE is sent (RFC 7296 2.3) */
    uint64_t reuse_ns; /* a responder answers so long with one key pair of a group (RFC 7296 2.12);
                          0: each once */
    bool derive_late;  /* a responder derives keys when the first message under them comes, not with
                          IKE_SA_INIT: who never comes back costs it no secret of a key exchange */
    uint64_t liveness_ns;              /* probe a peer silent so long (RFC 7296 2.4); 0: never */
    uint64_t hint_ns;                  /* heed ICMP about a peer silent so long (2.4), ike_hint; 0:
                                          never */
    uint64_t invalid_selectors_ns;     /* a peer whose packet came by a Child SA by which it may not
                                          come is told of it, each Child SA once in so long:
                                          ike_tell_invalid_selectors; 0: never */
    uint64_t keepalive_ns;             /* behind a NAT, after so long in which nothing was sent, an
                                          octet that keeps the mapping: 20 s in RFC 3948 4; 0:
                                          never */
    const struct ike_policy *policies; /* tried in order by a responder; outlive the engine */
    uint32_t policy_count;
    const struct ike_vendor *vendors; /* sent and known (RFC 7296 3.12) */
    uint8_t vendor_count;
    uint64_t epoch_s; /* calendar time when virtual time is 0, in seconds since 1970 */
    /* 32 octets that outlive a crash, from which tokens are made (RFC 6290 5.1); NULL: none are. */
    const uint8_t *qcd_secret;
    struct ike_gateway redirect_to; /* initiators that understand it are sent there in IKE_SA_INIT,
                                       unless they came to it (RFC 5685 3, 4), */
    uint32_t redirect_at;           /* from so many established IKE SAs on; 0: always */
    uint64_t redirect_grace_ns;     /* who was sent elsewhere later than that is closed after so
                                       long (RFC 5685 5); 0: never */
    bool tell_unknown; /* requests of IKE SAs that are not here are answered (RFC 7296 2.21.4) */
    bool tell_keys;    /* IKE_KEYED events, for captures */
};

/* What a packet that wants to go out looks like, which then stands first among the selectors (RFC
 * 7296 2.9); or one that has come. Type and code of ICMP stand for either port (3.13.1). */
struct ike_packet {
    struct ike_addr from;
    struct ike_addr to;
    uint8_t protocol;
    bool part; /* a fragment that has no ports of its own: they are not known */
};

struct ike_attempt {
    struct ike_addr local;
    struct ike_addr remote;
    const struct ike_policy *policy;
    const struct ike_id *local_id;           /* NULL: the policy's */
    const struct ike_credential *credential; /* NULL: the policy's; lasts until the SA is up, and
                                                as long as it is authenticated anew */
    const struct ike_packet *trigger;        /* NULL: none */
    struct ike_bytes ticket; /* as ike_sa_ticket gave it: the session is resumed if the gateway
                                takes it, and begun anew if not (RFC 5723 4.3); empty: none */
    uint32_t tag;            /* the caller's; comes back in every event */
};

enum ike_event_kind {
    IKE_KEYED,     /* keys of an IKE SA exist: ike_sa_keys() will show them */
    IKE_HALF_OPEN, /* responder: an SA was made by IKE_SA_INIT */
    IKE_UP,        /* authenticated */
    IKE_FAILED,    /* an attempt of ours, or a half-open SA at the responder, ended short */
    IKE_DOWN,      /* an established IKE SA is gone */
    IKE_CHILD_UP,
    IKE_CHILD_FAILED, /* the IKE SA is up, the Child SA was refused */
    IKE_CHILD_DOWN,
    IKE_ALIVE,        /* a liveness exchange of ours was answered */
    IKE_REKEYED,      /* an IKE SA has taken the place of `was`, Child SAs and all */
    IKE_REKEY_FAILED, /* the peer refused to rekey the IKE SA, or its Child SA `child_spi` */
    IKE_ADDRESS,      /* an inner address is the initiator's as long as the IKE SA lives */
    IKE_VENDOR,       /* the peer sent the vendor id `question` of ike_config.vendors */
    IKE_INFORMED,     /* ike_inform was answered, or `why` not */
    IKE_SYNCED,       /* message ids, replay counters or both were agreed on anew: send_id, take_id,
                         and `skip`, by whichever end that was asked */
    IKE_ASK,          /* something from outside is wanted: ike_answer */
    IKE_STREAM_WANTED, /* a TCP connection of the ends that ike_sa_stream names: ike_stream_up */
    IKE_STREAM_DONE,   /* `stream`, which was opened for us, is of no more use: to be closed after
                          the outputs before this */
    IKE_REDIRECTED,    /* ours: `sa` goes on with what `was` began, at another gateway; or, for the
                          reason `why`, it cannot. At a responder: the peer was sent elsewhere */
    IKE_MOVED,         /* the SA and its Child SAs go between other addresses now, the peer's is
                          `inner`, ike_sa_paths tells all of it: one of the two has moved, or a NAT
                          has given it another mapping */
    IKE_MOVE_FAILED,   /* the peer refused new addresses with `notify`: back to those before */
    IKE_PATH_TESTED,   /* the pair of ike_test_path was answered, or `why` not */
    IKE_TICKET, /* the gateway has given a ticket: ike_sa_ticket. It is good for one ike_connect,
                   and to be thrown away when its SA (of this event) is rekeyed, or goes down
                   because either side closed it (RFC 5723 6.2) */
    IKE_INVALID_SELECTORS_HEARD, /* the peer has dropped a packet that came to it by Child SA
                    `child_spi`, and may not (RFC 4301 5.2): so it says, and that is all */
    IKE_EVENT_KINDS
};

struct ike_event {
    enum ike_event_kind kind;
    enum ike_why why;      /* for the FAILED and DOWN kinds, and what may not be answered */
    uint16_t notify;       /* the notify that said so, or 0 */
    bool initiator;        /* ours was the original initiator */
    uint32_t tag;          /* of ike_connect; 0 at a responder */
    uint32_t child_spi;    /* our inbound ESP SPI, when the event is about a Child SA */
    uint32_t child_was;    /* IKE_CHILD_UP: the SPI of the one it replaces, or 0 */
    struct ike_addr inner; /* IKE_ADDRESS, IKE_MOVED: this one */
    uint64_t was; /* IKE_REKEYED, IKE_REDIRECTED: number of the one replaced; IKE_UP: of the one it
                     is to replace after authentication anew, or 0 */
    uint64_t sa;  /* engine's own number, never used again */
    uint64_t began_ns; /* when the attempt began: ike_connect, or IKE_SA_INIT's arrival */
    uint16_t sends;    /* messages of ours sent again in this attempt */
    uint8_t cookies;   /* COOKIE answers reflected in it */
    uint8_t groups;    /* INVALID_KE_PAYLOAD answers obeyed in it */
    bool resumed;      /* IKE_UP: by a ticket */
    union {
        uint32_t question; /* IKE_ASK: its number within the SA, */
        uint32_t stream;   /* IKE_STREAM_DONE: that one's */
    };
    struct ike_bytes what; /* and the URL; a view, valid until the engine is next called */
    uint32_t send_id;      /* IKE_SYNCED: message ids of the next requests, ours */
    uint32_t take_id;      /* and the peer's; */
    uint64_t skip; /* and so much the counters skip by which the end that was asked sends ESP */
};

/* Keys and names of one IKE SA, all views into the engine, valid until it is next called. */
struct ike_sa_keys {
    uint64_t spi_i;
    uint64_t spi_r;
    struct ike_suite suite;
    struct ike_bytes sk_d, sk_ai, sk_ar, sk_ei, sk_er, sk_pi, sk_pr;
};

struct ike_stats {
    uint32_t half_open;
    uint32_t established; /* IKE SAs */
    uint32_t children;
    uint32_t leases;  /* addresses of the pools that are given now */
    uint32_t tickets; /* in the table, by reference */
    bool cookies_on;
    uint64_t memory;     /* octets in use by SAs now: records, keys, messages kept */
    uint64_t memory_max; /* the most there was */
};

/* NULL when address space cannot be had. `crypto` outlives the engine. */
struct ike_engine *ike_open(const struct ike_config *config, struct ike_crypto *crypto);
void ike_close(struct ike_engine *engine);

/* Starts IKE_SA_INIT; the SA's number, or 0 when the table is full. */
uint64_t ike_connect(struct ike_engine *engine, uint64_t now_ns, const struct ike_attempt *attempt);
/* Starts an INFORMATIONAL exchange with Delete of the IKE SA, or of its Child SA `child_spi`
 * (RFC 7296 1.4.1); with nothing: liveness. False when there is no such SA in a state to be asked.
 * As many requests are under way as the peer's window allows; others wait for their turn. */
bool ike_delete(struct ike_engine *engine, uint64_t now_ns, uint64_t sa);
bool ike_delete_child(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t child_spi);
bool ike_probe(struct ike_engine *engine, uint64_t now_ns, uint64_t sa);
/* Starts an INFORMATIONAL exchange with any notifies, and a Configuration payload that asks for
 * what the policy wants, or one that sets (RFC 7296 1.4, 3.15.1). */
struct ike_note {
    uint16_t type;
    struct ike_bytes data; /* of a setting: its value */
};
struct ike_inform {
    const struct ike_note *notes;
    const struct ike_note *settings; /* attributes of CFG_SET */
    uint8_t note_count;
    uint8_t setting_count;
    bool ask; /* CFG_REQUEST */
};
/* Sends the initiator to another gateway, if it understands that (RFC 5685 5); it makes an SA there
 * before it closes this one. False: there is no such SA, or it cannot be told. */
bool ike_redirect(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                  const struct ike_gateway *to);
/* Tells the initiator to authenticate again within so many seconds (RFC 4478 2). */
bool ike_limit(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t seconds);
/* Where the peer closes an IKE SA that was rekeyed before it has answered, it is asked again on the
 * one that has taken its place, and may hear it twice. */
bool ike_inform(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                const struct ike_inform *what);
/* Asks the gateway for a ticket, in INFORMATIONAL (RFC 5723 4.1); as a client alone. */
bool ike_want_ticket(struct ike_engine *engine, uint64_t now_ns, uint64_t sa);
/* What an IKE_TICKET event told of: the ticket and all that its client must know of the session,
 * keys too. At most IKE_RESUME_MAX octets, copied to `room` and forgotten here; 0: nothing. */
size_t ike_sa_ticket(struct ike_engine *engine, uint64_t sa, uint8_t *room);
/* Answers an IKE_ASK event of `sa`, whenever; nothing: what was asked for is not to be had. False:
 * nobody waits for it any more. */
bool ike_answer(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t question,
                struct ike_bytes bytes);
/* Answers an IKE_STREAM_WANTED event: the connection stands, and the SA goes by it; NULL: it is not
 * to be had, and may be asked for again later. False: nobody waits for it any more; close it. */
bool ike_stream_up(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                   const struct ike_stream *stream);
/* A connection is gone, or closed by its other end (RFC 9329 6.1); SAs outlive it. */
void ike_stream_down(struct ike_engine *engine, uint64_t now_ns, uint32_t stream);
/* Some SA goes by it; one that nobody uses for some seconds may be closed (RFC 9329 6.1, 6.3.1). */
bool ike_stream_in_use(const struct ike_engine *engine, uint32_t stream);
/* The connection an SA goes by, number 0 when none stands; the local port of one that is wanted is
 * the owner's choice. False: it goes by UDP. */
bool ike_sa_stream(const struct ike_engine *engine, uint64_t sa, struct ike_stream *out);
/* This end has failed over to a member of its cluster that knows so much: what was under way is
 * given up, and counters are agreed on with the peer (RFC 6311 5). The member's own counters for
 * ESP are the owner's business. False: there is no such SA, both ends are rekeying it, or the peer
 * cannot; then it goes on as well as it may (RFC 6311 5). */
struct ike_standby {
    uint32_t
        send_id; /* ids of the next requests, ours and the peer's, as it last heard of them; at */
    uint32_t take_id; /* most what they are */
    uint32_t missed;  /* and so many of ours may have been sent since: the size of the window or
                         more is recommended (RFC 6311 5.1) */
    uint64_t replay;  /* the peer is to skip so many packets; 0: it is told nothing of that */
    bool ids;         /* message ids are agreed on */
};
bool ike_failed_over(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                     const struct ike_standby *known);
/* Makes another Child SA, the one of the policy with this index; with `trigger` the packet's own
 * selectors stand first (RFC 7296 1.3.1, 2.9). */
bool ike_create_child(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint8_t policy,
                      const struct ike_packet *trigger);
/* Replaces a Child SA, or the IKE SA itself (RFC 7296 1.3.2, 1.3.3, 2.8); asking again while that
 * is under way asks for nothing more. */
bool ike_rekey_child(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t child_spi);
bool ike_rekey(struct ike_engine *engine, uint64_t now_ns, uint64_t sa);
/* A packet wants to go out. TRAFFIC_PASSES: through the Child SA whose inbound SPI is in
 * *child_spi; one that takes another's place at the peer's wish only when something has come by it
 * (ike_use.heard), or the other is closed (RFC 7296 2.8). TRAFFIC_HELD: one is being made for it,
 * with the packet's own selectors first (RFC 7296 2.9). TRAFFIC_NO_POLICY: the policy has nothing
 * for it. Without an IKE SA, ike_connect with the packet as trigger makes both. */
enum ike_traffic { TRAFFIC_NO_POLICY, TRAFFIC_HELD, TRAFFIC_PASSES };
enum ike_traffic ike_packet_out(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                                const struct ike_packet *packet, uint32_t *child_spi);
/* Which Child SA of the policy such a packet goes by; IKE_CHILD_POLICIES_MAX: none. */
uint8_t ike_policy_match(const struct ike_policy *policy, const struct ike_packet *packet);
/* So much went through a Child SA since the last call; it may be time to rekey it (RFC 7296 2.8).
 * False: there is no such Child SA. */
struct ike_use {
    uint64_t bytes;
    uint64_t packets;
    bool heard; /* some of it from the peer, who is alive then (2.4) and has this Child SA (2.8) */
};
bool ike_child_used(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t child_spi,
                    const struct ike_use *use);
/* The selectors of a Child SA, a view: ours, then the peer's, a struct ike_selector each, which
 * stand anywhere. */
struct ike_child_selectors {
    struct ike_bytes octets;
    uint8_t local_count;
    uint8_t remote_count;
};
/* Whether what has come by the Child SA might come by it (RFC 4301 5.2). */
bool ike_packet_within(const struct ike_child_selectors *selectors, const struct ike_packet *came);
/* A packet that has come by a Child SA, may not, and was dropped: INVALID_SELECTORS says so to the
 * peer, with the beginning of what came out (RFC 7296 3.10.1). False: it is not told, since there
 * is no such Child SA, or ike_config.invalid_selectors_ns does not let it. */
bool ike_tell_invalid_selectors(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                                uint32_t child_spi, struct ike_bytes packet);
/* What a host makes the two ESP SAs of a Child SA from (esp.h), views as those of ike_sa_keys.
 * False: there is no such Child SA, or it is not up. */
struct ike_child_sa {
    uint32_t spi_in;
    uint32_t spi_out;
    struct ike_suite suite;
    struct ike_bytes encr_in, integ_in;   /* keys by which the peer sends, salt and all, */
    struct ike_bytes encr_out, integ_out; /* and by which we do */
    struct ike_child_selectors selectors;
    uint8_t policy;
    bool asked; /* the exchange that made it was ours */
    bool transport;
    bool no_tfc; /* the peer takes no padded packets (RFC 7296 1.3.1) */
};
bool ike_child_sa(const struct ike_engine *engine, uint64_t sa, uint32_t child_spi,
                  struct ike_child_sa *out);
/* What the peer takes the two ends of a Child SA in transport mode for, when a NAT has other
 * addresses for them: checksums of what comes out of it are made good by these (RFC 3948 3.1.2,
 * RFC 7296 2.23.1). False: there is no such Child SA. */
bool ike_child_seen_as(const struct ike_engine *engine, uint64_t sa, uint32_t child_spi,
                       struct ike_addr *local, struct ike_addr *remote);
/* Our address is this one now: port 0 stands for the one in use. With `remote`, so is the peer's,
 * if we are the initiator; NULL: it stays (RFC 4555 3.5, 3.6). False: MOBIKE was not agreed on, or
 * the SA is not up. Requests under way are sent again from there; IKE_MOVED says when Child SAs
 * have followed. */
bool ike_move(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, const struct ike_addr *local,
              const struct ike_addr *remote);
/* We have these addresses now, the one in use among them or not (RFC 4555 3.6). */
bool ike_addresses(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                   const struct ike_addr *addresses, uint8_t count);
/* Whether an initiator could move to this pair (RFC 4555 3.10): IKE_PATH_TESTED. */
bool ike_test_path(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                   const struct ike_path *path);
/* Forgets an SA at once and tells the peer nothing: a crash, or a client that lost interest. */
void ike_forget(struct ike_engine *engine, uint64_t now_ns, uint64_t sa);

/* Every SA is forgotten at once and no peer is told, as when the process ends and another one
 * begins in its place: events say WHY_CRASHED. What the owner's configuration holds outlives it,
 * and the secrets of cookies. */
void ike_crash(struct ike_engine *engine, uint64_t now_ns);

enum ike_why ike_input(struct ike_engine *engine, uint64_t now_ns, const struct ike_datagram *in);
/* ICMP says that a datagram of ours did not arrive. `about` is that datagram as far as it is
 * quoted, from local to remote: of its octets perhaps none; ESP that did not go in UDP has no
 * ports. Whoever says so may lie, so nothing ends by it: the peer is asked whether it is there, if
 * it was silent for ike_config.hint_ns (RFC 7296 2.4). WHY_OK: it is; else why not. */
enum ike_why ike_hint(struct ike_engine *engine, uint64_t now_ns, const struct ike_datagram *about);
/* Serves the one deadline that is due first, if any is. */
void ike_tick(struct ike_engine *engine, uint64_t now_ns);

bool ike_next_output(struct ike_engine *engine, struct ike_datagram *out);
bool ike_next_event(struct ike_engine *engine, struct ike_event *out);
/* When ike_tick is wanted; IKE_NEVER: not. Any call but this, ike_stats and ike_sa_keys may change
 * the answer. Drain outputs, then events, then ask. */
uint64_t ike_deadline(const struct ike_engine *engine);

struct ike_stats ike_stats(const struct ike_engine *engine);
/* Messages of ours that this SA has sent again so far, as in its events. */
uint16_t ike_sa_sends(const struct ike_engine *engine, uint64_t sa);
/* Between which addresses messages of an IKE SA go, and the packets of its Child SAs. */
struct ike_paths {
    struct ike_path ike;
    struct ike_path children;
    bool nat; /* in UDP, those */
};
bool ike_sa_paths(const struct ike_engine *engine, uint64_t sa, struct ike_paths *out);
/* What the gateway of an SA of ours has given, views as above; false: nothing. */
bool ike_sa_given(const struct ike_engine *engine, uint64_t sa, struct ike_given *out);
bool ike_sa_keys(const struct ike_engine *engine, uint64_t sa, struct ike_sa_keys *out);

/* Without an engine, what the header of a datagram tells. */
enum ike_peek_kind {
    IKE_PEEK_OTHER,
    IKE_PEEK_INIT_REQUEST,  /* IKE_SA_INIT, from who begins */
    IKE_PEEK_INIT_ACCEPTED, /* the answer that makes an SA: its first payload is SA */
    IKE_PEEK_AUTH_REQUEST,
};
struct ike_peek {
    uint64_t spi; /* which SA of the receiver's it speaks of; 0: none yet, or no message at all */
    enum ike_peek_kind kind;
};
struct ike_peek ike_peek(const struct ike_datagram *in);

#endif
