/* SPDX-License-Identifier: MIT
 * The one door between hosts and any network, and how a network is built and
 * asked what it did. Time is virtual, in nanoseconds. A network tells apart who
 * sends by node: a host, or a population that owns a prefix and may send with
 * any source it likes. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "ike/addr.h"
#include "sim/impair.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_protocol { SIM_ICMP = 1, SIM_TCP = 6, SIM_UDP = 17, SIM_ESP = 50, SIM_ICMP6 = 58 };

/* Which part of an IP payload a fragment is (RFC 791 3.1, RFC 8200 4.5); all nought: it is whole.
 */
struct sim_fragment {
    uint32_t id;
    uint16_t at; /* octets, a multiple of 8; the transport header stands at 0 */
    bool more;
};

struct sim_datagram {
    struct ike_addr from;
    struct ike_addr to;
    const uint8_t *at; /* UDP payload, a sim_segment, or a message of ICMP; valid for the call */
    size_t len;
    uint8_t protocol;             /* enum sim_protocol */
    uint8_t hops;                 /* routers it may pass, where they count; 0: 64 */
    struct sim_fragment fragment; /* hosts are given whole ones only; who forges may send any */
};

/* No packet is longer (RFC 791 3.1; that IPv6 has 40 octets more is nobody's need). */
enum { SIM_IP_MAX = 65535 };
/* Octets of its IP payload, transport header included; of its IP header, that of IPv6 fragments not
 * counted; and of all of it. */
uint32_t sim_ip_payload(const struct sim_datagram *datagram);
uint32_t sim_ip_header(const struct sim_datagram *datagram);
uint32_t sim_ip_size(const struct sim_datagram *datagram);
bool sim_is_fragment(const struct sim_datagram *datagram);
/* The part of a datagram that begins `at` octets into its IP payload, of at most `len` there; and
 * how long a part of it may be, where an MTU is narrow. */
struct sim_datagram sim_datagram_part(const struct sim_datagram *d, uint32_t at, uint32_t len);
uint32_t sim_part_max(const struct sim_datagram *datagram, uint32_t mtu);

struct sim_fingerprint;
struct sim_loop;
struct sim_nat;
struct sim_paths;
struct sim_reassembly_config;
struct sim_net;

/* Deliver copies what it wants to keep and schedules; it never sends. */
typedef void sim_deliver_fn(void *owner, uint64_t now_ns, const struct sim_datagram *datagram);

/* One end of the network. Filled in by its owner before sim_net_ops.attach. */
struct sim_port {
    const char *name;
    sim_deliver_fn *deliver;
    void *owner;
    uint32_t node;       /* where it is attached; given by the network */
    struct sim_nat *nat; /* stands before it, its owner's; NULL: none. Only UDP passes it, and in
                            what ICMP says of UDP */
    struct sim_paths *paths; /* how narrow ways have turned out to be; the network's own */
    /* Where fragments wait; NULL: sim_reassembly_usual. */
    const struct sim_reassembly_config *reassembly;
};

/* A datagram longer than the MTU is lost; or cut into IP fragments: by the router before the link
 * in IPv4, and in IPv6 as its sender would who knows the way; or lost and reported to its sender by
 * ICMP, who from then on cuts what he sends there (RFC 1191 3, RFC 8201 4). */
enum sim_oversize { SIM_OVERSIZE_LOST, SIM_OVERSIZE_CUT, SIM_OVERSIZE_REPORTED };

/* While a link is down, what was to go by it is lost; and its sender told by ICMP that there is no
 * way (RFC 1812 5.2.7.1, RFC 4443 3.1), by a router that knows it to be down. */
enum sim_down { SIM_DOWN_SILENT, SIM_DOWN_UNREACHABLE };

/* How a queue is kept short, beside its limit: RED, CoDel (RFC 8289 4), FQ-CoDel (RFC 8290 4). Only
 * ns-3's lines do. */
enum sim_aqm { SIM_DROP_TAIL, SIM_RED, SIM_CODEL, SIM_FQ_CODEL };

/* From a time on a line takes so long, until the next one; before the first it takes as long as
 * from that on, and after the last for ever. In order of time. */
struct sim_moment {
    uint64_t at_ns;
    uint64_t delay_ns;
};

/* What a link is made of: a line of its own each way, or a medium that its ends share, Ethernet
 * without a switch or a cell of Wi-Fi (802.11a, ad hoc), which only ns-3 has: their delay lies
 * beyond it. */
enum sim_medium { SIM_POINT_TO_POINT, SIM_CSMA, SIM_WIFI };

struct sim_link_config {
    const char *name;
    enum sim_medium medium;
    uint64_t rate_bps;               /* bits a second, IP header included; 0: no limit */
    uint64_t rate_back_bps;          /* of direction 1, where it differs; 0: the same */
    uint64_t delay_ns;               /* one way */
    const struct sim_moment *delays; /* one way, of what is sent then, in place of delay_ns; order
                                        is kept. Outlives the network */
    uint32_t delay_count;            /* 0: none */
    uint64_t jitter_ns;              /* added, uniform in 0 … jitter; order is kept */
    uint32_t queue_packets; /* waiting behind the one being sent; 0: not limited so. All that is in
                               the network at once is limited to some 260,000 datagrams */
    uint64_t queue_bytes;   /* 0: not limited so */
    uint32_t frame;         /* octets around each packet, on a line: they take their time to send
                               and their room in the queue */
    enum sim_aqm aqm;
    bool no_udp;                        /* a middlebox on it passes no UDP */
    uint32_t mtu;                       /* octets with IP and UDP headers; 0: 65,535 */
    enum sim_oversize oversize;         /* what becomes of a longer datagram */
    enum sim_down down;                 /* and of one that comes while it is down */
    struct sim_impairments impairments; /* of what has come through, at its far end */
};

/* One way, of what has left the sender at that time; times only grow. `moment` is of `delays`: the
 * last that has begun, or the first. */
uint64_t sim_link_delay(const struct sim_link_config *config, uint32_t *moment, uint64_t at_ns);

/* Why the network lost a datagram; `lost` rows and captures name it so. */
#define SIM_LOST_ROWS(ROW)                                                                 \
    ROW(LINK_LOSS, "link_loss", "the link's own random loss")                              \
    ROW(QUEUE_FULL, "queue_full", "the link's queue was full")                             \
    ROW(TOO_BIG, "too_big", "longer than the link's MTU")                                  \
    ROW(NO_ROUTE, "no_route", "nobody owns the address")                                   \
    ROW(INBOX_FULL, "inbox_full", "the host's socket buffer was full")                     \
    ROW(NAT_EXHAUSTED, "nat_exhausted", "the NAT had no free port")                        \
    ROW(NAT_FILTERED, "nat_filtered", "the NAT does not let it through")                   \
    ROW(OUTAGE, "outage", "the link was down")                                             \
    ROW(REASSEMBLY_FULL, "reassembly_full", "no room for IP fragments at the destination") \
    ROW(REASSEMBLY_TIMEOUT, "reassembly_timeout",                                          \
        "IP fragments whose others did not come in time")                                  \
    ROW(FRAGMENT_BAD, "fragment_bad",                                                      \
        "IP fragments that came twice or overlap, and those they spoilt")                  \
    ROW(UDP_BLOCKED, "udp_blocked", "the link passes no UDP")                              \
    ROW(HOPS, "hops", "it had passed as many routers as it may")

enum sim_lost {
#define ROW(id, name, meaning) SIM_LOST_##id,
    SIM_LOST_ROWS(ROW)
#undef ROW
        SIM_LOST_COUNT
};

const char *sim_lost_name(enum sim_lost lost);

struct sim_link_counts {
    /* That left the link's far end; bytes with IP and UDP headers. */
    uint64_t sent_packets, sent_bytes;
    uint64_t lost[SIM_LOST_COUNT];
};

/* Of the whole network, in IP packets. Always: sent + reported + doubled + cut = delivered + joined
 * + what was lost + under_way. */
struct sim_net_totals {
    uint64_t sent;
    uint64_t reported; /* ICMP errors that routers made */
    uint64_t doubled;  /* duplicates that links made */
    uint64_t cut;      /* more than there were, by cutting one into several */
    uint64_t joined;   /* fewer than there were, by joining several into one */
    uint64_t delivered;
    uint64_t under_way;
};

struct sim_net_ops {
    const char *name;
    /* Building, before the first send; at most 129 nodes, 128 links, 256 prefixes. Nodes are
     * numbered from 0; node 0 exists: the core. */
    uint32_t (*router)(struct sim_net *net);
    /* The link's number; direction 0 is a to b, 1 is b to a. */
    uint32_t (*link)(struct sim_net *net, uint32_t a, uint32_t b,
                     const struct sim_link_config *config);
    /* Attaches a port to a router, without cost, and gives it a prefix; may be called again for
     * more. A port behind a NAT owns the NAT's outside address; what is inside needs no prefix. */
    void (*attach)(struct sim_net *net, uint32_t node, struct sim_port *port,
                   const struct ike_prefix *prefix);
    /* The last step of building: every router's routes to every prefix, by fewest links, ties by
     * the lower number. False, with a sentence, when the network cannot be what it is to be. */
    bool (*route)(struct sim_net *net, char *error, size_t error_max);
    /* From `port`, at now_ns. The network copies. False when it was lost at once. */
    bool (*send)(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                 const struct sim_datagram *datagram);
    /* Moves the network's own clock to `limit_ns`, or to its first delivery if that is sooner, or
     * nowhere when it is in trouble; NULL when it uses the loop's queue. */
    uint64_t (*run_until)(struct sim_net *net, uint64_t limit_ns);
    /* When something of its own happens next, SIM_NEVER (loop.h): nothing. With run_until only. */
    uint64_t (*next)(struct sim_net *net);
    struct sim_link_counts (*counts)(const struct sim_net *net, uint32_t link, uint32_t direction);
    void (*close)(struct sim_net *net);
};

/* What every network has; its own follows. */
struct sim_net {
    const struct sim_net_ops *ops;
    struct sim_loop *loop;
    struct sim_fingerprint *fingerprint; /* of what is sent, lost, delivered; may be NULL */
    struct sim_net_totals totals;
    uint64_t lost[SIM_LOST_COUNT]; /* everywhere */
    uint32_t fragment_id;          /* IP's Identification, of the last that was given one */
    const char *trouble;           /* why it goes no further, and the loop with it; NULL: it does */
};

#endif
