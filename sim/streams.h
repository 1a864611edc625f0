/* SPDX-License-Identifier: MIT
 * The TCP connections of a host that carry IKE (RFC 9329): octets become messages
 * and messages octets, connections the engine asks for are opened, and those that
 * nobody uses are closed. Private to host.c, which takes the turns. */
#ifndef SIM_STREAMS_H
#define SIM_STREAMS_H

#include "ike/ike.h"
#include "sim/tcp.h"

struct sim_streams;

struct sim_streams_parts {
    struct sim_loop *loop;
    struct sim_net *net;
    const struct sim_port *port;
    const struct ike_engine *engine; /* only looked at */
    /* A message came by one. */
    void (*message)(void *owner, uint64_t now_ns, const struct ike_datagram *in);
    /* The engine is to be told: ike_stream_up, whose answer is returned, and ike_stream_down. */
    bool (*up)(void *owner, uint64_t now_ns, uint64_t sa, const struct ike_stream *stream);
    void (*down)(void *owner, uint64_t now_ns, uint32_t stream);
    void *owner;
};

/* NULL when address space cannot be had. */
struct sim_streams *sim_streams_open(const struct sim_tcp_config *config,
                                     const struct sim_streams_parts *parts);
void sim_streams_close(struct sim_streams *streams);

/* A SIM_TCP datagram came for the host. */
void sim_streams_deliver(struct sim_streams *streams, uint64_t now_ns,
                         const struct sim_datagram *datagram);
/* What the engine said of a message that came by one. */
void sim_streams_served(struct sim_streams *streams, uint64_t now_ns, const struct ike_datagram *in,
                        enum ike_why why);
/* A message of it was lost: a stream goes on with all of them or not at all. */
void sim_streams_drop(struct sim_streams *streams, uint64_t now_ns, uint32_t stream);
/* An output of the engine, by its stream; one that is no more takes it along. */
void sim_streams_send(struct sim_streams *streams, uint64_t now_ns, const struct ike_datagram *out);
/* The events IKE_STREAM_WANTED and IKE_STREAM_DONE. */
void sim_streams_heed(struct sim_streams *streams, uint64_t now_ns, const struct ike_event *event);

const struct sim_tcp_counts *sim_streams_counts(const struct sim_streams *streams);

#endif
