/* SPDX-License-Identifier: MIT
 * Reading captures that others wrote, from front to back: pcap of both byte
 * orders and precisions, and pcapng. One packet at a time is kept, whatever the
 * file is. What stands in a packet is said in datagram_read.h.
 *
 *     while (results_reader_next(reader, &packet) == READ_PACKET)
 *         look at it, before the next call */
#ifndef RESULTS_CAPTURE_READ_H
#define RESULTS_CAPTURE_READ_H

#include "ike/bytes.h"
#include "results/limits.h"

#include <stdio.h>

struct results_reader;

struct results_packet {
    uint64_t number;    /* from 1, as Wireshark counts */
    uint64_t at_ns;     /* since 1970, or since what the writer began with */
    uint64_t offset;    /* where in the file its first octet stands */
    uint32_t link;      /* LINKTYPE_… of its interface */
    uint32_t whole_len; /* as it was on the line; bytes.len when no more is known */
    struct ike_bytes bytes;
};

enum results_read { READ_PACKET, READ_END, READ_BROKEN };

/* `file` stays the caller's, and need not be seekable. NULL, and `error` says why, when it is no
 * capture; `error` takes RESULTS_ERROR_MAX bytes. */
struct results_reader *results_reader_open(FILE *file, char *error);
/* READ_BROKEN: the file goes on with what no capture has; the error names the byte. It is the last
 * answer, as READ_END is. */
enum results_read results_reader_next(struct results_reader *reader, struct results_packet *packet);
const char *results_reader_error(const struct results_reader *reader);
void results_reader_close(struct results_reader *reader);

#endif
