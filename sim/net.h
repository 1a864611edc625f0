/* SPDX-License-Identifier: MIT
 * The one door between hosts and any network. Time is virtual, in nanoseconds.
 * A network tells apart who sends by node: a host, or a population that owns a
 * prefix and may send with any source it likes. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "ike/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_protocol { SIM_UDP = 17, SIM_ESP = 50, SIM_TCP = 6 };

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
    const uint8_t *at; /* UDP payload, or a sim_segment; valid for the call */
    size_t len;
    uint8_t protocol;             /* enum sim_protocol */
    struct sim_fragment fragment; /* hosts are given whole ones only; who forges may send any */
};

/* Octets of its IP payload, transport header included; and of all of it, with IP header. */
uint32_t sim_ip_payload(const struct sim_datagram *datagram);
uint32_t sim_ip_size(const struct sim_datagram *datagram);
bool sim_is_fragment(const struct sim_datagram *datagram);

struct sim_nat;
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
    struct sim_nat *nat; /* stands before it, its owner's; NULL: none. Only UDP passes it */
    /* Where fragments wait; NULL: sim_reassembly_usual. */
    const struct sim_reassembly_config *reassembly;
};

struct sim_net_ops {
    const char *name;
    /* From `port`, at now_ns. The network copies. False when it was lost at once. */
    bool (*send)(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                 const struct sim_datagram *datagram);
    /* Moves the network's own clock to `limit_ns`, or to its first delivery if that is sooner;
     * NULL when it uses the loop's queue. */
    uint64_t (*run_until)(struct sim_net *net, uint64_t limit_ns);
    void (*close)(struct sim_net *net);
};

struct sim_net {
    const struct sim_net_ops *ops;
};

#endif
