/* SPDX-License-Identifier: MIT
 * IKE SAs and Child SAs: their records, where they are kept, and how they are
 * found. A record holds what every SA needs; what only a setup needs lives in a
 * setup record beside it, requests of ours in tasks (task.h), octets of
 * messages and keys in the store. */
#ifndef IKE_V2_SA_H
#define IKE_V2_SA_H

#include "ike/ike.h"
#include "ike/pool.h"

struct ike_engine;

/* Named by what is true. */
enum ike_state {
    S_NONE,
    S_INIT_SENT,  /* initiator: IKE_SA_INIT asked */
    S_KEYED,      /* responder: keys exist, or may (late.h), IKE_AUTH is awaited. Half-open. */
    S_AUTH_SENT,  /* initiator: IKE_AUTH asked */
    S_PART_KEYED, /* responder: more key exchanges were agreed on and are awaited. Half-open. */
    S_ADDKE_SENT, /* initiator: one of them is asked, in IKE_INTERMEDIATE */
    S_EAP,        /* EAP authenticates the initiator. Half-open at the responder, */
    S_EAP_DONE,   /* as is this: EAP has succeeded, the last AUTH is awaited */
    S_AGAIN, /* another authentication of the initiator is awaited (rounds.h). Half-open as well */
    S_HELD,  /* a message waits for answers from outside (hold.h) */
    S_RESUME_SENT, /* initiator: IKE_SESSION_RESUME asked */
    S_RESUMED,     /* responder: keys come of a ticket, IKE_AUTH is awaited. Half-open. */
    S_PROOF_SENT,  /* initiator: IKE_AUTH asked, with those keys alone */
    S_AWAY, /* responder: the initiator was sent elsewhere before it showed who it is. Half-open */
    S_ESTABLISHED,
    S_DELETING,  /* our Delete of the IKE SA is under way */
    S_FRESH,     /* ours, to replace another; its CREATE_CHILD_SA awaits the response */
    S_RIVAL,     /* the peer's, made while we rekey the same SA: which one stays is not known yet */
    S_REDUNDANT, /* lost that contest: its maker deletes it (RFC 7296 2.8.2) */
    S_REPLACED,  /* rekeyed: all its Child SAs have gone to another; whoever rekeyed deletes it */
    S_STATES
};

/* Where a NAT was seen, or that we pretend there is one (RFC 7296 2.23). */
enum ike_nat { NAT_HERE = 1, NAT_THERE = 2, NAT_FORCED = 4 };

/* "ESTABLISHED"; "-" for S_NONE. */
const char *ike_state_name(uint8_t state);

struct ike_sa {
    uint64_t number; /* serial << 24 | place in the pool */
    uint64_t spi_i;
    uint64_t spi_r;
    uint64_t began_ns;
    uint64_t heard_ns;   /* the last authenticated message of the peer */
    uint64_t seal_count; /* messages sealed, for the IVs of counter modes */
    uint64_t due_ns;     /* when it is to be rekeyed, or closed when it is `overdue` */
    uint64_t life_ns;    /* the first such time of it and its Child SAs */
    union {
        uint64_t request_digest; /* of the IKE_SA_INIT request that made it, at a responder; */
        uint64_t rekeyed_from;   /* or number of the SA it was to replace, when `rekeyed` */
    };
    const struct ike_policy *policy;
    struct ike_addr local;
    struct ike_addr remote;
    struct ike_blob keys;          /* SK_d to SK_pr, as ike_keys_view reads them */
    struct ike_blob response;      /* our last, for retransmitted requests */
    struct ike_blob init_request;  /* octets of IKE_SA_INIT, for AUTH; */
    struct ike_blob init_response; /* gone when established */
    struct ike_blob peer_id;       /* type and data */
    uint32_t tag;
    uint32_t setup;   /* until it is up; 0: none */
    uint32_t child;   /* first of its Child SAs */
    uint32_t task;    /* the newest of our requests under way or waiting */
    uint32_t send_id; /* message id of our next request */
    uint32_t take_id; /* message id of the peer's next request */
    uint16_t resends; /* messages sent again, in all */
    uint8_t state;    /* enum ike_state */
    uint8_t cookies;
    uint8_t groups;
    uint8_t peer_window; /* requests the peer lets us have under way; 0 is 1 */
    bool initiator;
    bool client;    /* ours asked for the IKE SA that this one comes from, whoever rekeyed it */
    bool overdue;   /* rekeying was due, and has been asked for */
    bool rekeyed;   /* made by CREATE_CHILD_SA, not by IKE_SA_INIT */
    uint8_t nat;    /* enum ike_nat bits: any, and ESP goes in UDP */
    bool fragments; /* both ends take messages in fragments (RFC 7383 2.3) */
    bool redirects; /* the peer goes where it is sent (RFC 5685 3) */
    bool nobody;    /* the peer came without authentication (RFC 7619 2) */
    bool spoilt;    /* half-open, and its keys did not open something that came for it */
    uint8_t work;   /* bits of the puzzle without whose solution nothing is opened (RFC 8019 7.2);
                       0: none */
    bool tcp;       /* goes by TCP (tcp.h) */
    struct ike_suite suite;
};

/* The redirects that led to a gateway: REDIRECTED_FROM, and how often (RFC 5685 7). */
struct ike_trail {
    struct ike_addr from; /* the last gateway that sent us on */
    uint64_t began_ns;    /* when the first did */
    uint8_t count;        /* 0: none did */
};

/* What is offered and not answered yet, in IKE_SA_INIT or CREATE_CHILD_SA. */
struct ike_setup {
    struct ike_kex kex;
    struct ike_id id;
    const struct ike_credential *credential; /* of this attempt alone; NULL: the policy's */
    struct ike_packet trigger;
    bool has_trigger;
    bool alone; /* the trigger's selectors are all that is asked for (RFC 7296 2.9) */
    bool has_kex;
    bool childless; /* the peer takes IKE_AUTH without a Child SA, and we want none */
    uint8_t group;  /* row of the group under way; 0: none */
    uint8_t nonce[IKE_NONCE_OURS];
    uint8_t cookie[IKE_COOKIE_MAX];
    uint8_t cookie_len;
    uint8_t solution[16]; /* of the puzzle that came with it */
    uint8_t solution_len;
    uint8_t work[16]; /* solution of the puzzle for IKE_AUTH */
    uint8_t work_len;
    struct ike_trail trail;              /* of redirects, up to this attempt */
    uint8_t groups_tried[IKE_OFFER_MAX]; /* rows refused already */
    uint8_t groups_tried_count;
    uint16_t refused; /* the error notify that came, unauthenticated; 0: none */
    uint32_t eap;     /* struct ike_eap_side; 0: none */
    const struct ike_policy *first_policy; /* once another has taken its place (rounds.h) */
    struct ike_blob asked;  /* responder: what the first request asks for, until it is granted */
    struct ike_blob reauth; /* struct ike_reauth: what it is to replace; empty: nothing */
    struct ike_blob resume; /* what the owner gave back of a session (resume.h); empty: nothing */
    uint32_t hold;          /* struct ike_hold; 0: none */
    uint32_t mix;           /* struct ike_mix: additional key exchanges; 0: none */
    /* Last, for it is long, public, and written before it is read: neither zeroed nor wiped. */
    uint8_t share[IKE_SHARE_MAX];
};

struct ike_child {
    uint64_t due_ns; /* when it is to be rekeyed, or closed when it is `overdue` */
    uint64_t bytes;  /* that went through it, both ways */
    uint64_t packets;
    uint64_t
        stray_ns; /* not before this is the peer told of one that strayed (invalid_selectors.h) */
    uint32_t spi_in;
    uint32_t spi_out;
    uint32_t next;
    struct ike_suite suite;
    bool up; /* false while the answer that makes it is awaited */
    bool overdue;
    bool transport;
    bool fragments; /* non-first fragments go through it */
    bool no_tfc;    /* the peer takes no padded packets */
    uint8_t policy; /* which of the policy's */
    uint8_t fate; /* enum ike_why: why it is to go, when that is known already: WHY_REKEYED, … */
    struct ike_blob keys;      /* KEYMAT, RFC 7296 2.17 */
    struct ike_blob selectors; /* ours then theirs, struct ike_selector each */
    uint8_t local_count;
    uint8_t remote_count;
    uint16_t
        cpi_out; /* of IPComp, to the peer (RFC 7296 3.10.1); 0: none. Ours is ike_ipcomp_cpi */
    bool asked;  /* the exchange that made it was ours */
    bool heard;  /* something has come by it */
    bool worn;   /* it has carried all that it may */
};

/* Chained hash of SA places over reserved address space. */
struct ike_index {
    uint32_t *heads;
    uint32_t *next; /* by place */
    uint32_t mask;
    uint32_t max;
};

bool ike_index_open(struct ike_index *index, uint32_t max);
void ike_index_close(struct ike_index *index);
void ike_index_add(struct ike_index *index, uint64_t digest, uint32_t place);
void ike_index_remove(struct ike_index *index, uint64_t digest, uint32_t place);
/* First place in the digest's chain, then the next one; 0: no more. */
uint32_t ike_index_first(const struct ike_index *index, uint64_t digest);
uint32_t ike_index_next(const struct ike_index *index, uint32_t place);

/* A keyed digest for the indexes; not for anything a peer must not guess. */
uint64_t ike_digest(const struct ike_engine *engine, struct ike_bytes a, struct ike_bytes b);

struct ike_sa *ike_sa_at(const struct ike_engine *engine, uint32_t place);
uint32_t ike_sa_place(const struct ike_sa *sa);
/* By the engine's own number or by the SPI we gave it; NULL: no such. */
struct ike_sa *ike_sa_numbered(const struct ike_engine *engine, uint64_t number);
struct ike_sa *ike_sa_by_spi(const struct ike_engine *engine, uint64_t spi);
/* A responder's SA that this very request made, or NULL. */
struct ike_sa *ike_sa_by_request(const struct ike_engine *engine, const struct ike_datagram *from,
                                 struct ike_bytes request, uint64_t digest);
uint32_t ike_half_open_of(const struct ike_engine *engine, const struct ike_addr *remote);

/* A new record, zeroed, with number and our SPI; NULL: the table is full. It stands in no index
 * yet. */
struct ike_sa *ike_sa_take(struct ike_engine *engine, bool initiator);
/* Another SPI of ours, by which the same SA is found. */
void ike_sa_draw_spi(struct ike_engine *engine, struct ike_sa *sa);
/* Gives back the record and all that hangs on it; says nothing to anyone. */
void ike_sa_give(struct ike_engine *engine, struct ike_sa *sa);
/* All zero, but for `share`. */
void ike_setup_clear(struct ike_setup *setup);
struct ike_setup *ike_setup_at(const struct ike_engine *engine, uint32_t place);
struct ike_setup *ike_setup_of(const struct ike_engine *engine, const struct ike_sa *sa);
/* Gives back what *place names, with its key exchange, and sets it to 0; 0 is fine. */
void ike_setup_give(struct ike_engine *engine, uint32_t *place);
/* An initiator's SA that has no answer yet to what makes it. */
bool ike_sa_is_asking(const struct ike_sa *sa);
/* A responder's SA whose initiator is not authenticated yet. */
bool ike_sa_is_half_open(const struct ike_sa *sa);
struct ike_child *ike_child_at(const struct ike_engine *engine, uint32_t place);
/* Unlinks a Child SA and gives it back. */
void ike_child_remove(struct ike_engine *engine, struct ike_sa *sa, uint32_t place);
/* The indexes of SAs by address follow one that has moved; its state, and its address, were these.
 */
void ike_sa_moved(struct ike_engine *engine, const struct ike_sa *sa, uint8_t before,
                  const struct ike_addr *from);
/* Counts and indexes follow the state: leaves `before`, enters sa->state. */
void ike_sa_entered(struct ike_engine *engine, struct ike_sa *sa, uint8_t before);
/* When the SA next wants a tick, from its state. */
uint64_t ike_sa_deadline(const struct ike_engine *engine, const struct ike_sa *sa);
struct ike_sa_keys ike_sa_view_keys(const struct ike_engine *engine, const struct ike_sa *sa);

/* An event about `sa`, filled in but for what the kind adds. */
struct ike_event ike_sa_event(const struct ike_sa *sa, enum ike_event_kind kind, enum ike_why why);
/* Ends an SA: events for its children and itself, and the record is gone. */
void ike_sa_end(struct ike_engine *engine, struct ike_sa *sa, enum ike_why why, uint16_t notify);

#endif
