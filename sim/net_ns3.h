/* SPDX-License-Identifier: MIT
 * A C interface to libns3 (https://www.nsnam.org, 3.37): nodes with the whole
 * IP stack, lines between them, and ends at which packets pass from C into the
 * simulated network and back. Handles are opaque and numbers; no C++ type and
 * no exception crosses it. ns-3 has one simulator to a process, so there is one
 * `struct ns3_net` at a time. Time is virtual, in nanoseconds.
 *
 * The module is loaded on demand: it exports one symbol, `ns3_api`, a table of
 * the calls. A whole program, which sends a packet over a slow line:
 *
 *     #include "sim/net_ns3.h"
 *     #include <dlfcn.h>
 *     #include <stdio.h>
 *
 *     static void got(void *owner, uint64_t now_ns, const uint8_t *packet, size_t len)
 *     {
 *         printf("%zu octets to 192.0.2.%d after %.3f ms\n", len, packet[19], now_ns / 1e6);
 *         *(int *)owner = 1;
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *         void *const module = dlopen(argv[argc - 1], RTLD_NOW | RTLD_LOCAL);
 *         const struct ns3_api *const ns3 = module ? dlsym(module, "ns3_api") : NULL;
 *         if (ns3 == NULL || ns3->version != NS3_API_VERSION)
 *             return 2;
 *         char error[200];
 *         const struct ns3_options options = {.seed = 1};
 *         struct ns3_net *const n = ns3->open(&options, error, sizeof error);
 *         const struct ns3_line line = {.rate_bps = 1000000, .delay_ns = 20000000};
 *         const struct ns3_prefix far = {.ip = {192, 0, 2, 0}, .family = 4, .bits = 24};
 *         static const uint8_t packet[28] = {0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 198, 51,
 *                                            100, 1, 192, 0, 2, 7, 0, 9, 0, 9, 0, 8};
 *         int arrived = 0;
 *         const int a = ns3->node(n);
 *         const int b = ns3->node(n);
 *         const int link = ns3->line(n, a, b, &line);
 *         const int from = ns3->end(n, a, got, &arrived);
 *         const int to = ns3->end(n, b, got, &arrived);
 *         if (!ns3->route_by_link(n, a, &far, link) || !ns3->route_to_end(n, &far, to))
 *             return 1;
 *         ns3->send(n, from, 5000000, packet, sizeof packet);
 *         while (!arrived && ns3->run(n, 1000000000) < 1000000000)
 *             continue;
 *         ns3->close(n);
 *         return arrived ? 0 : 1;
 *     }
 */
#ifndef SIM_NET_NS3_H
#define SIM_NET_NS3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NS3_API_VERSION 8
#define NS3_BROKEN      UINT64_MAX /* no time that run reaches */

struct ns3_net;

/* In what ns-3 keeps its events. They happen in one order whichever it is; the first is the
 * fastest. */
enum ns3_scheduler {
    NS3_PRIORITY_QUEUE,
    NS3_HEAP,
    NS3_MAP,
    NS3_CALENDAR,
    NS3_LIST,
    NS3_SCHEDULERS /* how many there are */
};

struct ns3_options {
    uint64_t seed; /* of all of ns-3's random streams */
    enum ns3_scheduler scheduler;
};

/* How a queue is kept short: not at all; RED (Floyd and Jacobson 1993); CoDel (RFC 8289 4); a
 * CoDel for each flow (RFC 8290 4). */
enum ns3_aqm { NS3_DROP_TAIL, NS3_RED, NS3_CODEL, NS3_FQ_CODEL };

/* A line of its own each way; or one medium for both, Ethernet without a switch (CSMA, backing off
 * when it is busy), or Wi-Fi (802.11a, ad hoc, at one place and one rate, without fading). Ends of
 * shared media know each other's addresses, nobody asks by ARP. */
enum ns3_medium { NS3_POINT_TO_POINT, NS3_CSMA, NS3_WIFI };

/* One direction and the other are alike, but for the rate. */
struct ns3_line {
    enum ns3_medium medium;
    uint64_t rate_bps;      /* 0: no limit, of a line only. PPP's two octets are added to every
                               packet on a line, on a medium the frame's: Ethernet's are 18.
                               Wi-Fi: 6, 9, 12, 18, 24, 36, 48 or 54 Mbit/s */
    uint64_t rate_back_bps; /* from b to a, of a line only; 0: the same */
    uint64_t delay_ns;      /* one way; a medium has none */
    uint32_t queue_packets; /* waiting behind the one being sent; 0: as many as may be */
    uint64_t queue_bytes;   /* the same in octets, with the frames'; of Wi-Fi there is none. Of both
                               limits each holds by itself. What a line at rest is given passes,
                               however long it is */
    uint32_t mtu;           /* octets of an IP packet; 0: 65,535, on Ethernet 1,500 and on Wi-Fi
                               2,296, which are the most there. What is longer is cut in IPv4, and
                               in IPv6 lost, with an ICMPv6 Packet Too Big to its sender */
    enum ns3_aqm aqm;  /* other than drop-tail: on a line, with a limit in packets, 1,000 if none is
                          given,  and a rate */
    uint32_t loss_ppb; /* lost at random at a line's far end, parts per billion */
    bool judged;       /* who asked for on_crossing decides about each packet, too */
};

struct ns3_prefix {
    uint8_t ip[16]; /* network order; IPv4 uses the first 4 */
    uint8_t family; /* 4, 6 */
    uint8_t bits;
};

struct ns3_counts {
    uint64_t arrived_packets, arrived_bytes; /* at the far end, PPP's octets not counted */
    uint64_t queue_drops;
    uint64_t losses;
};

/* A packet that the network lost. */
enum ns3_lost { NS3_LOST_QUEUE, NS3_LOST_LINE, NS3_LOST_NO_ROUTE, NS3_LOST_HOPS, NS3_LOST_OTHER };
enum { NS3_LOST_OCTETS = 88 }; /* an ICMPv6 error and the header of the packet it is about */
struct ns3_loss {
    uint64_t now_ns;
    enum ns3_lost why;
    int link; /* -1: at a node */
    int direction;
    const uint8_t *packet; /* its first octets, NS3_LOST_OCTETS at most */
    size_t len;
};
typedef void ns3_lost_fn(void *owner, const struct ns3_loss *loss);

/* A packet that crosses a line which is judged: enters it, before its queue; has come to its far
 * end; has been held there as long as was said, to be asked about again. */
enum ns3_stage { NS3_ENTERS, NS3_ARRIVES, NS3_HELD };
struct ns3_crossing {
    uint64_t now_ns;
    enum ns3_stage stage;
    int link, direction;
    const uint8_t *packet; /* its first octets, NS3_LOST_OCTETS at most */
    size_t len;
};
/* All nought: it goes on at once. Where it enters there are only the first two; that it is lost
 * nobody else is told. */
struct ns3_fate {
    bool lost;
    bool told;        /* who sent it is, by the node before the line, by ICMP: there is no way */
    bool twice;       /* another one like it goes on at once */
    uint64_t hold_ns; /* it waits at the far end, whoever passes it by; */
    bool again;       /* then it is asked about once more */
};
typedef struct ns3_fate ns3_judge_fn(void *owner, const struct ns3_crossing *crossing);

/* An IP packet has come to an end: a view, valid for the call. No other call may be made from here.
 */
typedef void ns3_packet_fn(void *owner, uint64_t now_ns, const uint8_t *packet, size_t len);

/* Nodes have addresses in 240.0.0.0/8, which are nobody's (RFC 1112 4), and in fd00::/8. */
enum { NS3_OWN_NETWORK = 240 };

/* What two nodes send each other beside our packets: on and off at a constant rate by UDP, or as
 * fast as TCP can, in segments of 1,448 octets with windows to 4 MiB. */
struct ns3_traffic {
    int from, to; /* nodes */
    bool bulk;    /* TCP; what follows but for the times is of UDP */
    uint64_t rate_bps;
    uint32_t size;          /* octets of a datagram */
    uint64_t on_ns, off_ns; /* means, exponential; off 0: always on */
    uint64_t from_ns, until_ns;
};

/* Numbers are from 0 on. A call that fails gives a negative one (node, line, end, traffic), false
 * (route_by_link, route_to_end, address, send) or NS3_BROKEN (run), and error() says why until the
 * next one fails. The others do not fail, but for open, which says itself why it gives NULL. */
struct ns3_api {
    uint32_t version; /* NS3_API_VERSION */
    struct ns3_net *(*open)(const struct ns3_options *options, char *error, size_t error_max);
    const char *(*error)(const struct ns3_net *n); /* the last one; "" */
    int (*node)(struct ns3_net *n);                /* a router, IPv4 and IPv6 */
    int (*line)(struct ns3_net *n, int a, int b, const struct ns3_line *line);
    /* Where packets enter the network at a node, as from a wire, whatever their source; and leave
     * it, for the prefixes that are routed to it. */
    int (*end)(struct ns3_net *n, int node, ns3_packet_fn *deliver, void *owner);
    bool (*route_by_link)(struct ns3_net *n, int node, const struct ns3_prefix *to, int link);
    bool (*route_to_end)(struct ns3_net *n, const struct ns3_prefix *to, int end);
    /* The address of a node itself at a link of its, of a family; -1: at its first. The routes to
     * it are to be made as any. */
    bool (*address)(struct ns3_net *n, int node, int link, uint8_t family, struct ns3_prefix *out);
    /* Goes to the receiver's address at its first link, from the sender's at the link it leaves by.
     */
    int (*traffic)(struct ns3_net *n, const struct ns3_traffic *traffic);
    uint64_t (*received)(const struct ns3_net *n, int traffic); /* octets, by its receiver so far */
    void (*on_lost)(struct ns3_net *n, ns3_lost_fn *lost, void *owner);
    void (*on_crossing)(struct ns3_net *n, ns3_judge_fn *judge, void *owner);
    /* An IP packet at a time that is not past. It is copied. */
    bool (*send)(struct ns3_net *n, int end, uint64_t at_ns, const uint8_t *packet, size_t len);
    /* Runs to `until_ns`, or to the end of the first instant in which a packet came to an end: the
     * time reached. NS3_BROKEN: something was thrown on the way, as when there is no memory. Then
     * nothing happens any more, no packet is taken, and error() stays; the network can still be
     * asked, and closed. */
    uint64_t (*run)(struct ns3_net *n, uint64_t until_ns);
    uint64_t (*next)(struct ns3_net *n); /* when something happens next; UINT64_MAX: nothing will */
    uint64_t (*events)(const struct ns3_net *n); /* run so far */
    struct ns3_counts (*counts)(const struct ns3_net *n, int link,
                                int direction); /* 0: from a to b */
    void (*close)(struct ns3_net *n);
    const char *(*release)(void); /* of ns-3: "3.37"; "" when its libraries do not tell */
};

#ifdef __cplusplus
}
#endif

#endif
