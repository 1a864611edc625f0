/* SPDX-License-Identifier: MIT
 * A datagram as the octets of an IP packet, and back: IPv4 (RFC 791) and IPv6
 * with a Fragment header (RFC 8200), UDP (RFC 768), ESP, TCP segments, and ICMP
 * (icmp.h). For networks that carry real packets. */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include "sim/net.h"

/* Writes sim_ip_size(datagram) octets. Whole datagrams get an Identification too: routers may cut
 * them (RFC 791 2.3). Checksums are right, but that of TCP (tcp_segment.h) and of a fragment. */
size_t sim_packet_write(const struct sim_datagram *datagram, uint8_t *out);

/* The Internet checksum (RFC 1071 1), and that of UDP and TCP with their pseudo header (RFC 768,
 * RFC 9293 3.1, RFC 8200 8.1). */
uint16_t sim_checksum(struct ike_bytes of);
uint16_t sim_transport_checksum(const struct ike_addr *from, const struct ike_addr *to,
                                uint8_t protocol, struct ike_bytes all);

/* A view of `packet`. False when it is none of the above, or cut short; what stands in its IP
 * header is in `out` all the same. */
bool sim_packet_read(struct ike_bytes packet, struct sim_datagram *out);

/* Of a packet of which `packet` is the beginning: how long it says that it is, and how long its IP
 * header is, that of fragments not counted. 0: it is none, or the header is not all there. */
uint32_t sim_packet_size(struct ike_bytes packet);
size_t sim_packet_header(struct ike_bytes packet);

#endif
