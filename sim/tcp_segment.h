/* SPDX-License-Identifier: MIT
 * A TCP segment as the network carries it (RFC 9293 3.1): the header but for its
 * ports, which stand in the addresses of the datagram, and data. The checksum is 0:
 * nothing is spoilt on the way. */
#ifndef SIM_TCP_SEGMENT_H
#define SIM_TCP_SEGMENT_H

#include "ike/bytes.h"

enum { SIM_FIN = 1, SIM_SYN = 2, SIM_RST = 4, SIM_ACK = 16 };

struct sim_segment {
    uint32_t seq, ack;
    uint16_t window;
    uint16_t mss; /* 0: not said */
    uint8_t flags;
    struct ike_bytes data;
};

/* Sequence numbers it takes. */
uint32_t sim_segment_taken(const struct sim_segment *segment);
void sim_segment_put(struct ike_writer *w, const struct sim_segment *segment);
/* False: it is no segment. The data is a view. */
bool sim_segment_parse(struct ike_bytes bytes, struct sim_segment *out);

#endif
