/* SPDX-License-Identifier: MIT
 * What routers say of packets they did not carry on: ICMP errors (RFC 792,
 * RFC 4443), with as much of the packet as lets its sender know it. To a network
 * each is a datagram of SIM_ICMP or SIM_ICMP6 whose octets are the message. */
#ifndef SIM_ICMP_H
#define SIM_ICMP_H

#include "sim/net.h"

/* UNREACHABLE: by a router, for any reason but the first; PORT_CLOSED: by the host itself. */
enum sim_icmp_kind {
    SIM_ICMP_TOO_BIG,
    SIM_ICMP_PORT_CLOSED,
    SIM_ICMP_UNREACHABLE,
    SIM_ICMP_TIME_EXCEEDED
};

struct sim_icmp {
    enum sim_icmp_kind kind;
    uint32_t mtu; /* TOO_BIG: octets of a packet that would have passed; 0: not said */
    /* The packet: what its IP header says, and its ports if they are there; no payload. */
    struct sim_datagram about;
    struct ike_bytes quoted; /* its first octets */
};

/* Octets of a message at most: with its header no more than any IPv6 line takes (RFC 4443 2.4 c).
 * In IPv4 it is 576 with its header (RFC 1812 4.3.2.3). */
enum { SIM_ICMP_MAX = 1240 };

/* Writes the error of `what->kind` and `what->mtu` about `what->quoted`, a whole packet: `out` goes
 * from `router` to who sent it, its octets in `room` (SIM_ICMP_MAX). False: of such a packet no
 * error is made: it is one itself (RFC 1122 3.2.2, RFC 4443 2.4 e), in IPv4 a fragment other than
 * the first, or no packet. */
bool sim_icmp_write(const struct sim_icmp *what, const struct ike_addr *router, uint8_t *room,
                    struct sim_datagram *out);
/* Octets of such an error's packet, of a packet of `about` octets. */
uint32_t sim_icmp_size(uint8_t family, uint32_t about);
/* A view of `datagram`. False: it is no such error, is cut short, or its checksum is wrong; at
 * which `parse` does not look. */
bool sim_icmp_read(const struct sim_datagram *datagram, struct sim_icmp *out);
bool sim_icmp_parse(const struct sim_datagram *datagram, struct sim_icmp *out);
/* An error that was read, as who is behind a NAT is to have it: of a packet that was sent by
 * `inside` (RFC 5508 4.2). The octets are in `room` (SIM_ICMP_MAX). False: it is longer. */
bool sim_icmp_translate(struct sim_datagram *datagram, const struct ike_addr *inside,
                        uint8_t *room);

/* What is quoted of the payload of the UDP datagram or ESP packet that an error is about; perhaps
 * nothing. */
struct ike_bytes sim_icmp_payload(const struct sim_icmp *error);

bool sim_is_icmp(const struct sim_datagram *datagram);
/* By which a router speaks that has no address of its own: the dummy addresses of IANA's registries
 * of special-purpose addresses (RFC 6890 2.2). */
struct ike_addr sim_dummy_router(uint8_t family);

/* How often somebody speaks by ICMP: 1000 times a second at most, as Linux's icmp_msgs_per_sec has
 * it (RFC 1812 4.3.2.8, RFC 4443 2.4). All nought: not yet. */
struct sim_icmp_pace {
    uint64_t second_ns; /* when the last second began in which something was said, */
    uint32_t said;      /* and so often it was */
};
/* Once more now; who does so adds to `said`. */
bool sim_icmp_may_say(struct sim_icmp_pace *pace, uint64_t now_ns);
/* Whether of such a packet an error is made at all. */
bool sim_icmp_speaks_of(const struct sim_datagram *about);

#endif
