/* SPDX-License-Identifier: MIT
 * The built-in network: routers and duplex links with rate, delay, jitter,
 * impairments, a bounded queue and an MTU; routing by longest prefix. Everything that
 * is lost is counted with the stage that lost it. */
#ifndef SIM_NET_LINKS_H
#define SIM_NET_LINKS_H

#include "sim/impair.h"
#include "sim/loop.h"
#include "sim/net.h"

struct sim_fingerprint;
struct sim_net_links;

/* A datagram longer than the MTU is lost, or cut into IP fragments: by the router before the link
 * in IPv4, and in IPv6 as its sender would who knows the way. */
enum sim_oversize { SIM_OVERSIZE_LOST, SIM_OVERSIZE_CUT };

struct sim_link_config {
    const char *name;
    uint64_t rate_bps;      /* bits a second, IP header included; 0: no limit */
    uint64_t delay_ns;      /* one way */
    uint64_t jitter_ns;     /* added, uniform in 0 … jitter; order is kept */
    uint32_t queue_packets; /* waiting behind the one being sent; 0: not limited so. All that is in
                               the network at once is limited to some 260,000 datagrams */
    uint64_t queue_bytes;   /* 0: not limited so */
    bool no_udp;            /* a middlebox on it passes no UDP */
    uint32_t mtu;           /* octets with IP and UDP headers; 0: 65,535 */
    enum sim_oversize oversize;         /* what becomes of a longer datagram */
    struct sim_impairments impairments; /* of what has come through, at its far end */
};

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
    ROW(UDP_BLOCKED, "udp_blocked", "the link passes no UDP")

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

/* `seed` and each link's name make the streams of its chance; `fingerprint` may be NULL. NULL
 * when memory cannot be had. */
struct sim_net_links *sim_net_links_open(struct sim_loop *loop, uint64_t seed,
                                         struct sim_fingerprint *fingerprint);
/* Closed with its ops->close, or sim_net_links_close; before the loop is. */
struct sim_net *sim_net_links_door(struct sim_net_links *net);
void sim_net_links_close(struct sim_net_links *net);

/* Building, before the first send; at most 128 nodes, 128 links, 256 prefixes. Nodes are numbered
 * from 0; node 0 exists: the core. */
uint32_t sim_net_links_router(struct sim_net_links *net);
/* The link's number; direction 0 is a to b, 1 is b to a. */
uint32_t sim_net_links_link(struct sim_net_links *net, uint32_t a, uint32_t b,
                            const struct sim_link_config *config);
/* Attaches a port to a router, without cost, and gives it a prefix; may be called again for
 * more. A port behind a NAT owns the NAT's outside address; what is inside needs no prefix. */
void sim_net_links_attach(struct sim_net_links *net, uint32_t node, struct sim_port *port,
                          const struct ike_prefix *prefix);
/* Computes every router's routes to every prefix, by fewest links, ties by the lower number. */
void sim_net_links_route(struct sim_net_links *net);

struct sim_link_counts sim_net_links_counts(const struct sim_net_links *net, uint32_t link,
                                            uint32_t direction);
uint64_t sim_net_links_lost(const struct sim_net_links *net, enum sim_lost lost); /* all links */

/* Of the whole network, in IP packets. Always: sent + doubled + cut = delivered + joined + what was
 * lost + under_way. */
struct sim_net_totals {
    uint64_t sent;
    uint64_t doubled; /* duplicates that links made */
    uint64_t cut;     /* more than there were, by cutting one into several */
    uint64_t joined;  /* fewer than there were, by joining several into one */
    uint64_t delivered;
    uint64_t under_way;
};
struct sim_net_totals sim_net_links_totals(const struct sim_net_links *net);

#endif
