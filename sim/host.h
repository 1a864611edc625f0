/* SPDX-License-Identifier: MIT
 * A machine that runs an engine, and what carries ESP beside it: k cores, a bounded inbox as a
 * socket buffer is, run-to-completion service. The engine acts in no time at all; the host keeps
 * its answers back until the core has spent what the turn cost, so that a flood is felt where a
 * real one is, in the queue. */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "ike/ike.h"
#include "sim/fingerprint.h"
#include "sim/loop.h"
#include "sim/net.h"
#include "sim/record.h"
#include "sim/tcp.h"

struct sim_host;

/* The implementation half of a cost profile: what a daemon spends around its cryptography. */
struct sim_implementation {
    uint32_t datagram_ns;       /* each datagram taken: system call, parsing, dispatch */
    uint32_t answer_ns;         /* each datagram sent */
    uint32_t byte_ps;           /* each octet in or out, picoseconds */
    uint32_t half_open_ns;      /* each half-open SA made */
    uint32_t established_ns;    /* each SA authenticated */
    uint32_t refused_ns;        /* each request refused, cookie challenges included */
    uint32_t expired_ns;        /* each timer that came due and was served */
    uint32_t half_open_bytes;   /* memory */
    uint32_t established_bytes; /* memory */
    /* Half-open SAs are kept in lists, of which one is walked from end to end (0: none is): for
     * each SA on it, where a datagram is received, a half-open SA made, and one timed out. */
    uint32_t datagram_each_ns;
    uint32_t half_open_each_ns;
    uint32_t expired_each_ns;
    /* Memory that was not used for `cold_after_ns` has left the caches, and a part of it before, as
     * time went. What more that costs, at most (0: nothing): the first turn after so long, the
     * first half-open SA made, and each SA on a list that is walked to make one or time one out, in
     * thousandths. */
    uint32_t cold_after_ns;
    uint32_t cold_ns;
    uint32_t half_open_cold_ns;
    uint32_t each_cold_milli;
    /* Of so many threads that serve one sleeps while no more datagrams wait, and is woken for each
     * that is not refused: what that costs. */
    uint32_t workers;
    uint32_t woken_ns;
    /* Not 0: one thread more takes datagrams from the socket, into a queue from which those serve
     * them, IKE_AUTH last, and IKE_SA_INIT first while cookies are asked for; of a core for which
     * both wait it has this part. 0: who takes a datagram serves it. */
    uint32_t receiver_ppm;
};

struct sim_host_config {
    const char *name;
    /* 0: every local address is a core of its own, without inbox: a population. Some 500,000 of
     * them may be busy at once, more is an assertion. */
    uint32_t cores;
    uint64_t inbox_bytes; /* charged as Linux charges a socket buffer, see sim_inbox_charge */
    uint32_t timers_max;  /* timers served in a row before the inbox has its turn; at least 1 */
    uint32_t lists;       /* in which half-open SAs are kept, see sim_implementation; 0: as 1 */
    struct sim_implementation implementation;
    struct sim_tcp_config tcp; /* connections 0: no TCP */
};

/* What the model hears of: once per event, at the time the core was done; but IKE_KEYED at once,
 * before the message that it came with is seen. */
struct sim_host_ear {
    void (*event)(void *owner, uint64_t now_ns, const struct ike_event *event);
    /* A datagram seen at the interface, for traces; NULL: not wanted. `fate`: "sent", "accepted",
     * the name of the reason, or "inbox_full". An inbound one is told when it was served, with the
     * time at which it arrived: times do not only grow. */
    void (*seen)(void *owner, uint64_t now_ns, bool inbound, const struct ike_datagram *datagram,
                 const char *fate);
    void *owner;
};

/* Who carries ESP beside the engine: that no datagram but IKE's comes to the engine. It is called
 * in turns of its own, in which it may call the engine, and sends; they are charged what the meter
 * says, and nothing for system calls, copies or datagrams, which in a kernel are others. */
struct sim_host_carrier {
    /* At once, in the turn in which the engine tells: it may look at the engine, not call it. */
    void (*event)(void *owner, uint64_t now_ns, const struct ike_event *event);
    /* A packet of ESP, in UDP or not; the number of the SA on whose core it was. NULL: nobody
     * does, ESP in UDP goes to the engine and other is thrown away. */
    uint64_t (*take)(void *owner, uint64_t now_ns, struct sim_host *host,
                     const struct sim_datagram *packet);
    void (*act)(void *owner, uint64_t now_ns, struct sim_host *host); /* sim_host_act */
    void *owner;
};

struct sim_host_parts {
    struct sim_loop *loop;
    struct sim_net *net;
    struct ike_engine *engine; /* the host drives it, and does not close it */
    struct ike_crypto *crypto; /* the meter whose spent_ns is charged */
    struct sim_fingerprint *fingerprint;
    struct sim_host_ear ear;
    struct sim_host_carrier carrier; /* all zero: none */
};

/* Octets a datagram takes of the inbox: the true size Linux charges a socket buffer for (measured:
 * payload to 150: 832; to 500: 1283; to 1900: 2315; beyond, estimated: whole pages and 256). */
uint64_t sim_inbox_charge(size_t payload_len);

struct sim_host *sim_host_open(const struct sim_host_config *config,
                               const struct sim_host_parts *parts);
/* Before the loop is closed: what is held back is cancelled. */
void sim_host_close(struct sim_host *host);
struct sim_port *sim_host_port(struct sim_host *host); /* to be attached to the network */

/* Calls into the engine from models go through the host, which charges and sends what comes of
 * them. */
uint64_t sim_host_connect(struct sim_host *host, uint64_t now_ns,
                          const struct ike_attempt *attempt);
void sim_host_delete(struct sim_host *host, uint64_t now_ns, uint64_t sa);
/* Another Child SA on it, the one of its policy with this index. */
void sim_host_create_child(struct sim_host *host, uint64_t now_ns, uint64_t sa, uint8_t policy);
/* Its initiator is sent to another gateway. */
void sim_host_redirect(struct sim_host *host, uint64_t now_ns, uint64_t sa,
                       const struct ike_gateway *to);
/* An INFORMATIONAL exchange that says so. */
void sim_host_inform(struct sim_host *host, uint64_t now_ns, uint64_t sa,
                     const struct ike_inform *what);
/* Its client is at this address now (RFC 4555 3.5); false: the SA cannot move. */
bool sim_host_move(struct sim_host *host, uint64_t now_ns, uint64_t sa,
                   const struct ike_addr *local);
/* Answers an IKE_ASK event of its engine; false: nobody waits for it any more. */
bool sim_host_answer(struct sim_host *host, uint64_t now_ns, uint64_t sa, uint32_t question,
                     struct ike_bytes bytes);
void sim_host_forget(struct sim_host *host, uint64_t now_ns, uint64_t sa);
/* What an IKE_TICKET event told of: ike_sa_ticket. */
size_t sim_host_ticket(struct sim_host *host, uint64_t sa, uint8_t *room);

/* The carrier has something to do of its own: `act`, charged to the core of `sa`; and it sends, in
 * a turn of its. Where as much of it is held back as may be, neither is done, and that is counted.
 */
void sim_host_act(struct sim_host *host, uint64_t now_ns, uint64_t sa);
void sim_host_send(struct sim_host *host, const struct sim_datagram *packet);

/* Off: what it knew and was about to do is gone, as when its power or its process ends, and no peer
 * is told (ike_crash). Until it is on again nothing is served: `refuses`, it answers by ICMP that
 * nobody listens, as a host does whose daemon has ended; else not at all. With cores, and without
 * TCP. */
void sim_host_switch_off(struct sim_host *host, uint64_t now_ns, bool refuses);
void sim_host_switch_on(struct sim_host *host);

struct sim_host_counts {
    uint64_t busy_ns; /* core time spent, all cores */
    uint64_t served;  /* datagrams taken from the inbox */
    uint64_t inbox_dropped;
    uint64_t inbox_waiting; /* now */
    uint64_t inbox_area_ns; /* waiting, summed over time; by Little wait_sum_ns if none waits and
                                no queue behind it was full */
    uint64_t wait_sum_ns;   /* of those served, from arrival to start of service */
    uint64_t in_bytes, out_bytes; /* UDP payload received into the inbox, and sent */
    uint64_t out_packets;
    uint64_t out_dropped;     /* too many answers held back at once: lost; a population's only */
    uint64_t carried_dropped; /* packets and wishes of the carrier, for the same reason */
    uint64_t hints;           /* what came by ICMP about datagrams that did not arrive, */
    uint64_t hints_heeded;    /* of that, what made the engine ask; the rest is in `reasons`, */
    uint64_t hints_dropped;   /* or too much of it was under way */
    uint64_t refused;         /* said by ICMP, while it was off */
    uint64_t init_requests;   /* of IKE_SA_INIT that came, lost ones too, */
    uint64_t init_accepted;   /* and answers to such that made an SA */
    uint64_t reasons[IKE_WHY_COUNT];  /* what ike_input said, WHY_OK included */
    uint64_t events[IKE_EVENT_KINDS]; /* engine events by kind */
};
const struct sim_host_counts *sim_host_counts(const struct sim_host *host);
const struct sim_tcp_counts *sim_host_tcp_counts(const struct sim_host *host); /* NULL: no TCP */
/* Of the waits: the smallest edge of a histogram (4 bins an octave) that `ppm` parts lie below; 0
 * when so many did not wait. */
uint64_t sim_host_wait_quantile_ns(const struct sim_host *host, uint32_t ppm);

#endif
