/* SPDX-License-Identifier: MIT
 * A stand-in for the TCP of a host in virtual time: connections by a handshake of
 * one round trip, ordered and reliable streams over a network that loses, delays
 * and doubles, ended by FIN or RST. Its segments are packets of the network like
 * others: the payload of a SIM_TCP datagram is the TCP header from the sequence
 * number on, and data.
 *
 * What is as in RFC 9293: states, sequence numbers, windows (without scaling), MSS,
 * resets. RFC 6298: the retransmission timer. RFC 1122 4.2.3.2: delayed
 * acknowledgments. RFC 5681 3.2: the third duplicate acknowledgment resends.
 * What is left out: congestion control (ten segments may be under way, RFC 6928; one
 * after a timeout), reassembly of what overtakes (it is sent again), selective
 * acknowledgments, half-closed connections, simultaneous open, TIME-WAIT, SYN
 * cookies, and what a kernel's TCP costs its host. */
#ifndef SIM_TCP_H
#define SIM_TCP_H

#include "ike/bytes.h"
#include "sim/loop.h"
#include "sim/net.h"

struct sim_tcp;

enum { SIM_TCP_CONNECTIONS_MAX = 1 << 20, SIM_TCP_WINDOW = 65535 };

/* 0: the usual, in brackets. */
struct sim_tcp_config {
    uint32_t connections;  /* at once, of all kinds; one more is refused (1024) */
    uint32_t backlog;      /* of those, that others have begun and not acknowledged; 0: none may */
    uint16_t mss;          /* octets of a segment sent and taken (1460; 1440 by IPv6) */
    uint8_t syn_sends;     /* of a SYN, and of its answer, before it is given up (7, 6) */
    uint8_t sends;         /* of anything else (15) */
    uint64_t rto_first_ns; /* before a round trip was measured (1 s) */
    uint64_t rto_least_ns; /* (1 s) */
    uint64_t rto_most_ns;  /* (60 s) */
    uint64_t ack_delay_ns; /* (40 ms) */
};

/* What the owner hears; it may call back. A connection is named by a number that is not soon used
 * again, from `opened` on until `gone`, or sim_tcp_close. */
struct sim_tcp_ear {
    /* It stands: `ours`, when sim_tcp_connect began it. */
    void (*opened)(void *owner, uint64_t now_ns, uint32_t stream, bool ours);
    /* Octets in their order, valid for the call. They count against the window until
     * sim_tcp_took. */
    void (*came)(void *owner, uint64_t now_ns, uint32_t stream, struct ike_bytes octets);
    /* Closed by the other end, reset, given up, or never come about. */
    void (*gone)(void *owner, uint64_t now_ns, uint32_t stream);
    void *owner;
};

struct sim_tcp_parts {
    struct sim_loop *loop;
    struct sim_net *net;
    const struct sim_port *port; /* segments are sent from it */
    struct sim_tcp_ear ear;
};

/* NULL when address space cannot be had. */
struct sim_tcp *sim_tcp_open(const struct sim_tcp_config *config,
                             const struct sim_tcp_parts *parts);
/* Before the loop is closed. */
void sim_tcp_end(struct sim_tcp *tcp);

/* Begins one to `remote` from a local port; its number, or 0 when there are too many. */
uint32_t sim_tcp_connect(struct sim_tcp *tcp, uint64_t now_ns, const struct ike_addr *local,
                         const struct ike_addr *remote);
/* False: there is no such connection, or no room. */
bool sim_tcp_send(struct sim_tcp *tcp, uint64_t now_ns, uint32_t stream, struct ike_bytes octets);
/* The owner is done with so many octets of those that came. */
void sim_tcp_took(struct sim_tcp *tcp, uint64_t now_ns, uint32_t stream, size_t len);
/* Closes it after what was sent; at once, and with a reset, when `reset`. `gone` is not told. */
void sim_tcp_close(struct sim_tcp *tcp, uint64_t now_ns, uint32_t stream, bool reset);
/* A SIM_TCP datagram that came for the host; nothing is sent within the call. */
void sim_tcp_deliver(struct sim_tcp *tcp, uint64_t now_ns, const struct sim_datagram *datagram);

/* Both ends of it; false: no such. */
bool sim_tcp_ends(const struct sim_tcp *tcp, uint32_t stream, struct ike_addr *local,
                  struct ike_addr *remote);
/* Its place, below `connections`, for tables of the owner's. */
uint32_t sim_tcp_place(uint32_t stream);

struct sim_tcp_counts {
    uint64_t opened, accepted; /* that came to stand: by us, by others */
    uint64_t backlog_dropped;  /* SYNs beyond the backlog, or without room for a connection */
    uint64_t half_open, half_open_max; /* SYNs answered and not acknowledged: now, and at most */
    uint64_t refused;                  /* segments answered by a reset */
    uint64_t given_up;                 /* connections, for want of an acknowledgment */
    uint64_t segments, resent;         /* sent in all; of those, again */
};
const struct sim_tcp_counts *sim_tcp_counts(const struct sim_tcp *tcp);

#endif
