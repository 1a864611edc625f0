/* SPDX-License-Identifier: MIT
 * Two engines and the wire between them, in virtual time: the bench on which
 * flow tests run. The trace is written by describe.c, so that what a test
 * expects is the drawing of the RFC. One message of a run can be lost, or come
 * twice, by its number. A TCP connection loses nothing: what the wire loses of it
 * comes a second later, and what follows waits; its arrows are A=B and B=A. */
#ifndef TESTS_PAIR_H
#define TESTS_PAIR_H

#include "ike/ike.h"
#include "ike/stream.h"

#include <stdbool.h>
#include <stdint.h>

enum pair_side { A, B };
enum pair_provider { PAIR_OPENSSL, PAIR_MODELLED };

enum {
    PAIR_EVENTS_MAX = 256,
    PAIR_TRACE_MAX = 16384,
    PAIR_FLIGHT_MAX = 64,
    PAIR_KEYS_MAX = 16,
    PAIR_FETCHES_MAX = 16,
    PAIR_STREAMS_MAX = 8,
    PAIR_NONE = -1
};

struct pair_end {
    struct ike_config config;
    struct ike_policy policy;
    struct ike_engine *engine;
    struct ike_crypto *crypto;
    uint64_t random; /* state of its stream */
    struct ike_addr addr;
    struct ike_event events[PAIR_EVENTS_MAX];
    int event_count;
    uint64_t sa; /* the last IKE SA told of */
    uint32_t child;
    uint8_t ticket[IKE_RESUME_MAX]; /* the last one told of; */
    size_t ticket_len;              /* 0: none, or thrown away as RFC 5723 6.2 has it */
    uint64_t ticket_sa;
    uint64_t reasons[IKE_WHY_COUNT]; /* what ike_input said */
    uint64_t ends[IKE_WHY_COUNT];    /* what events said */
};

enum pair_stream_news { PAIR_OCTETS, PAIR_OPENED, PAIR_CLOSED };

struct pair_flight {
    uint64_t at_ns;
    enum pair_side to;
    struct ike_addr from, dest;
    size_t len;
    uint8_t bytes[IKE_STREAM_PREFIX + IKE_FRAME_MAX];
    bool used;
    int stream; /* 1 and so on: of that one; 0: a datagram */
    enum pair_stream_news news;
};

/* A TCP connection, which one end has opened. */
struct pair_stream {
    enum pair_side opener;
    int serial;              /* from 0 */
    uint64_t sa;             /* of the opener, which asked for it */
    uint32_t number[2];      /* by which each end knows it */
    struct ike_addr addr[2]; /* each end as the other sees it, */
    struct ike_addr own[2];  /* and as it sees itself */
    uint64_t last_ns[2];     /* to each end: nothing arrives before what was sent before */
    struct ike_deframer in[2];
    uint8_t room[2][IKE_FRAME_MAX];
    bool open[2];
    bool begun; /* the prefix is sent */
};

/* Something an end asked for (IKE_ASK), on its way. */
struct pair_fetch {
    uint64_t at_ns;
    enum pair_side to;
    uint64_t sa;
    uint32_t question;
    struct ike_bytes answer;
    bool used;
};

struct pair_options {
    enum pair_provider provider;
    enum pair_side initiator; /* whom pair_connect lets connect */
    int lose;                 /* number of the message lost, from 0; PAIR_NONE */
    int twice;                /* number of the message that comes twice */
    bool faults;              /* calls may fail, see faults.h */
    bool nat[2];              /* a NAT stands before this end: see pair_address */
    bool udp_blocked;         /* the wire carries TCP alone */
    int refused;              /* so many connections are not to be had */
    uint8_t lose_percent;     /* of all messages, at random */
    uint8_t twice_percent;
    uint8_t late_percent; /* held back by up to two seconds, so that others pass */
    bool quiet; /* no trace is written, and what there is no room for is dropped: for fuzzers */
};

struct pair {
    struct pair_options options;
    struct pair_end end[2];
    uint64_t now_ns;
    uint64_t chance; /* of the wire */
    struct pair_flight flight[PAIR_FLIGHT_MAX];
    struct pair_fetch fetches[PAIR_FETCHES_MAX];
    uint64_t fetch_ns; /* how long that takes */
    int rebound[2];    /* how often the NAT before an end has given it another port */
    struct pair_stream streams[PAIR_STREAMS_MAX];
    int stream_count; /* so far */
    int sent;         /* messages so far */
    char trace[PAIR_TRACE_MAX];
    size_t trace_len;
    struct ike_sa_keys keys; /* of the last IKE SA keyed, copied */
    bool has_keys;
    struct pair_keys { /* of the last ones */
        struct ike_sa_keys keys;
        uint8_t room[512];
    } all_keys[PAIR_KEYS_MAX];
    int keys_count; /* so far */
    /* With this, each line of the trace ends with the addresses, as RFC 4555 names them: those of
     * the initiator I1, I2, …, of the responder R1, R2, … (pair_addr). */
    bool shows_paths;
    /* Which pairs of addresses have a connection; NULL: all. */
    bool (*carries)(const struct pair *p, const struct ike_addr *from, const struct ike_addr *to);
    /* A test's own hand on the wire: may change the message; false loses it. */
    bool (*touch)(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number);
    /* What a test loads into an end's provider before its engine opens, and frees after. */
    void (*furnish)(struct pair *p, enum pair_side side);
    void (*strip)(struct pair *p, enum pair_side side);
    /* What is found at an URL; empty: nothing. It stays where it is. */
    struct ike_bytes (*fetch)(struct pair *p, struct ike_bytes url);
};

/* Configurations ready to be changed, before pair_open. */
void pair_init(struct pair *p, struct pair_options options);
void pair_open(struct pair *p);
void pair_close(struct pair *p);

/* Where the other finds this end: behind a NAT, which then lends a port for each of its own, an
 * address of the NAT's. */
struct ike_addr pair_address(const struct pair *p, enum pair_side side);
/* The NAT before an end lends other ports from now on, and what comes to the old ones is lost. */
void pair_rebind(struct pair *p, enum pair_side side);

uint64_t pair_connect(struct pair *p);
/* The same with the ticket that the initiator has; it is used then. */
uint64_t pair_resume(struct pair *p);
/* The address of an end with this number, from 1 on. */
struct ike_addr pair_addr(enum pair_side side, unsigned number);
/* Lets things happen until nothing is in flight and no deadline comes within `idle_ns`. */
void pair_run(struct pair *p);
void pair_run_for(struct pair *p, uint64_t ns);
/* Gives raw bytes to an end, as if from the other. */
enum ike_why pair_inject(struct pair *p, enum pair_side to, const uint8_t *bytes, size_t len);
/* Each TCP connection breaks: both ends know at once, and what is under way is gone. */
void pair_cut(struct pair *p);
/* Only this end knows; the other one finds out when it sends. */
void pair_cut_end(struct pair *p, enum pair_side side);
/* TCP connections that stand at this end. */
int pair_open_streams(const struct pair *p, enum pair_side side);
int pair_count(const struct pair *p, enum pair_side side, enum ike_event_kind kind);
/* Both have one established IKE SA with equal keys, and `children` Child SAs. */
bool pair_agrees(const struct pair *p, uint32_t children);
/* Nothing is left on either side. */
bool pair_is_empty(const struct pair *p);
/* Both ends forget every SA, without a word. */
void pair_forget(struct pair *p);
/* Offers by text, "aes256gcm16-prfsha256-x25519". */
void pair_offer(struct pair *p, enum pair_side side, const char *ike, const char *esp);

/* Hands for `touch`: all is lost from now on; the initiator's, A's, public value in IKE_SA_INIT
 * becomes nought. */
bool pair_touch_lose(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number);
bool pair_touch_value(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number);
/* Connects, makes a second Child SA, and tells by which SPIs A knows the two. */
void pair_with_two_children(struct pair *p, uint32_t spis[2]);

#endif
