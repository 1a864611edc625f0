/* SPDX-License-Identifier: MIT
 * From a packet as it was captured to the UDP datagram in it: link layers, IPv4
 * and IPv6 (RFC 791, RFC 8200), UDP (RFC 768). Fragments are named, not put
 * together; checksums are not looked at, since cards fill them in later. */
#ifndef RESULTS_DATAGRAM_READ_H
#define RESULTS_DATAGRAM_READ_H

#include "ike/addr.h"
#include "results/capture_read.h"

enum results_datagram_kind {
    DATAGRAM_OTHER,    /* not UDP over IP */
    DATAGRAM_UDP,      /* a whole one; or a message of a stream that a TCP segment from or to port
                          4500 holds in whole, and no other (RFC 9329 3) */
    DATAGRAM_FRAGMENT, /* a part of one: `bytes` are what follows the IP header */
    DATAGRAM_BAD,      /* a length in it is wrong, or the capture has only its beginning */
};

struct results_datagram {
    enum results_datagram_kind kind;
    struct ike_addr from, to; /* without ports in a fragment */
    struct ike_bytes bytes;   /* a view into the packet */
    uint64_t offset;          /* in the file, of `bytes`; of what is wrong */
    uint32_t fragment_at;     /* in octets, of the datagram */
    const char *error;        /* what is wrong and would be right */
};

void results_datagram_read(const struct results_packet *packet, struct results_datagram *out);

#endif
