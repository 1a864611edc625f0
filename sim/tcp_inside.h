/* SPDX-License-Identifier: MIT
 * What the stand-in for TCP is made of (tcp.h): its connections, and what they are about to say.
 * tcp.c has the connections, what they say and when; tcp_hear.c what they hear. For sim/tcp*.c
 * only. */
#ifndef SIM_TCP_INSIDE_H
#define SIM_TCP_INSIDE_H

#include "sim/slabs.h"
#include "sim/tcp.h"
#include "sim/tcp_segment.h"

enum {
    TCP_BUCKETS = 1 << 14,
    TCP_LOOSE_MAX = 256,       /* to be said at one instant; more are not */
    TCP_INITIAL_SEGMENTS = 10, /* RFC 6928 2 */
    TCP_SEGMENT_MAX = 65535
};
enum sim_tcp_state { TCP_UNUSED, TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_OPEN };

#define TCP_SECOND_NS UINT64_C(1000000000)

/* Octets that wait to be acknowledged; they follow. */
struct sim_tcp_chunk {
    struct sim_tcp_chunk *next;
    size_t len;
};

struct sim_tcp_conn {
    struct sim_tcp *tcp;
    struct sim_event timer;
    struct ike_addr local, remote;
    struct sim_tcp_conn *chained; /* the next of the same bucket, or of those unused */
    struct sim_tcp_conn *listed_next;
    struct sim_tcp_chunk *first, *last;
    size_t first_done; /* octets of the first that are acknowledged */
    size_t queued;     /* octets not acknowledged */
    size_t held;       /* octets that came and the owner has not taken */
    uint64_t resend_ns, ack_ns;
    uint64_t rto_ns, srtt_ns, rttvar_ns; /* RFC 6298 2 */
    uint64_t timed_ns;                   /* when what ends at timed_seq was sent; */
    uint32_t timed_seq;
    uint32_t number;
    uint32_t una, next, most; /* unacknowledged from here; to be sent next; most ever sent */
    uint32_t awaited;         /* of the other end */
    uint32_t window;          /* what it takes */
    uint16_t mss;
    uint8_t state;
    uint8_t sends; /* of the same without an acknowledgment, less one */
    uint8_t duplicates;
    bool timed;    /* a round trip is being measured */
    bool cautious; /* after a timeout: one segment at a time */
    bool ours, told;
    uint8_t acks; /* acknowledgments owed now: one for each that overtook */
    bool fin_wanted, fin_done, fin_came;
    bool listed;
};

/* A segment of no connection, or of one that is no more. */
struct sim_tcp_loose {
    struct ike_addr local, remote;
    struct sim_segment segment;
};

struct sim_tcp {
    struct sim_tcp_config config;
    struct sim_tcp_parts parts;
    struct sim_tcp_counts counts;
    struct sim_event flush;
    struct sim_slabs *slabs;
    struct sim_tcp_conn *conns;
    struct sim_tcp_conn *unused;
    uint32_t used; /* of conns, ever */
    uint32_t serial;
    struct sim_tcp_conn *listed; /* with something to say */
    uint32_t loose_count;
    struct sim_tcp_loose loose[TCP_LOOSE_MAX];
    struct sim_tcp_conn *buckets[TCP_BUCKETS];
    uint8_t gathered[TCP_SEGMENT_MAX]; /* data of the segment at hand, */
    uint8_t room[TCP_SEGMENT_MAX];     /* and all of it */
};

/* Sequence numbers wrap (RFC 9293 3.4). */
static inline bool sim_tcp_is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline size_t sim_tcp_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* An acknowledgment. */
static inline void sim_tcp_owe(struct sim_tcp_conn *c)
{
    c->acks = c->acks > 0 ? c->acks : 1;
}

/* Octets that it takes now. */
static inline uint16_t sim_tcp_window(const struct sim_tcp_conn *c)
{
    return (uint16_t)(c->held < SIM_TCP_WINDOW ? SIM_TCP_WINDOW - c->held : 0);
}

/* Which connection that is, or NULL. */
struct sim_tcp_conn *sim_tcp_find(struct sim_tcp *t, const struct ike_addr *local,
                                  const struct ike_addr *remote);
struct sim_tcp_conn *sim_tcp_named(const struct sim_tcp *t, uint32_t stream);

/* NULL: there is no room for one more. */
struct sim_tcp_conn *sim_tcp_take(struct sim_tcp *t, const struct ike_addr *local,
                                  const struct ike_addr *remote);
void sim_tcp_give(struct sim_tcp_conn *c);
/* It is gone, and its owner may hear of it. */
void sim_tcp_lose(struct sim_tcp_conn *c, uint64_t now_ns);

/* Something is to be said at this instant, but not within this call. */
void sim_tcp_list(struct sim_tcp_conn *c, uint64_t now_ns);
void sim_tcp_list_loose(struct sim_tcp *t, uint64_t now_ns, const struct sim_tcp_loose *what);

/* A round trip has ended. */
void sim_tcp_measure(struct sim_tcp_conn *c, uint64_t now_ns);

#endif
