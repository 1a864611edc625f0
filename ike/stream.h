/* SPDX-License-Identifier: MIT
 * The octets of a TCP connection that carries IKE (RFC 9329 3, 4):
 *
 *     "IKETCP", once, from the end that opened the connection; then of each message
 *     Length (2, itself included) | Non-ESP Marker (4) | IKE message
 *
 * Whoever owns the connection keeps a deframer for what comes in, and hands each
 * message, with its marker, to ike_input. What comes in is anybody's: the room is
 * bounded, and after octets that cannot be of such a stream nothing more comes out
 * of it. TCP itself is not here. */
#ifndef IKE_STREAM_H
#define IKE_STREAM_H

#include "ike/bytes.h"
#include "ike/limits.h"
#include "ike/why.h"

enum {
    IKE_STREAM_PREFIX = 6,
    IKE_FRAME_HEAD = 2,
    IKE_FRAME_MAX = IKE_FRAME_HEAD + 4 + IKE_MESSAGE_MAX /* a longer one is passed over */
};

struct ike_deframer {
    uint8_t *room; /* the caller's, at least IKE_FRAME_MAX octets */
    size_t max;    /* of it, */
    size_t begin;  /* what is not taken yet begins here */
    size_t len;    /* and ends here */
    size_t skip;   /* octets still to come of a message that is passed over */
    bool prefix;   /* the stream prefix is still to come */
    bool broken;   /* RFC 9329 3, 6.1: the connection is to be closed; stays so */
    uint8_t odd;   /* messages without sense in a row */
};

/* `prefix`: the other end opened the connection, and begins with the stream prefix. */
void ike_deframer_open(struct ike_deframer *d, uint8_t *room, size_t max, bool prefix);
/* Octets that came, in their order; how many there was room for. After all messages were taken
 * there is room for at least one octet, as long as it is not broken. */
size_t ike_deframer_push(struct ike_deframer *d, struct ike_bytes octets);
/* The next message that is there in whole, a view of the room until the next push. */
bool ike_deframer_take(struct ike_deframer *d, struct ike_bytes *message);
/* What ike_input said of the last message: it may be one too many of those that make no sense. */
void ike_deframer_judge(struct ike_deframer *d, enum ike_why why);

/* What an end sends: the prefix if it opened the connection, then frames. */
void ike_put_stream_prefix(struct ike_writer *w);
void ike_put_frame(struct ike_writer *w, struct ike_bytes message);

#endif
