/* SPDX-License-Identifier: MIT
 * Inside the engine: what all versions of IKE share. Pools of SAs, the store
 * of octets, deadlines, the rings of outputs and events, the scratch arena of
 * a turn. Callers of the engine include ike.h and never this. */
#ifndef IKE_ENGINE_H
#define IKE_ENGINE_H

#include "ike/ike.h"
#include "ike/pool.h"
#include "ike/timer.h"
#include "ike/v2/beside.h"
#include "ike/v2/cookie.h"
#include "ike/v2/fragment.h"
#include "ike/v2/hint.h"
#include "ike/v2/lease.h"
#include "ike/v2/puzzle.h"
#include "ike/v2/reauth.h"
#include "ike/v2/reuse.h"
#include "ike/v2/sync.h"
#include "ike/v2/ticket.h"
#include "ike/v2/turn.h"

enum { IKE_MARKER_LEN = 4 }; /* the non-ESP marker, RFC 3948 2.2 */

struct ike_output {
    struct ike_addr local;
    struct ike_addr remote;
    uint32_t at;  /* where its octets begin, with room for the marker */
    uint16_t len; /* of the message alone */
    bool bare;    /* no message: no marker before it */
    uint32_t stream;
};

struct ike_ring {
    uint32_t head; /* next to be fetched */
    uint32_t tail; /* next to be filled */
};

struct ike_engine {
    struct ike_config config;
    struct ike_crypto *crypto;

    struct ike_pool sas;      /* struct ike_sa */
    struct ike_pool setups;   /* struct ike_setup: an initiator's extras until it is up */
    struct ike_pool tasks;    /* struct ike_task: requests under way or waiting */
    struct ike_pool holds;    /* struct ike_hold: who waits for answers from outside */
    struct ike_pool mixes;    /* struct ike_mix: who has more key exchanges than one */
    struct ike_pool eaps;     /* struct ike_eap_side: who authenticates by EAP, until it is up */
    struct ike_pool children; /* struct ike_child */
    struct ike_fragments fragments;
    struct ike_pool pairs; /* struct ike_pair: key pairs that are used again, or later */
    struct ike_reused reused[IKE_REUSED_MAX];
    struct ike_store store;
    struct ike_beside besides[BESIDE_KINDS];
    struct ike_lease_pools leases; /* of addresses on the inside */
    struct ike_timers timers;      /* by SA */
    struct ike_index requests;     /* SAs made by IKE_SA_INIT, by what that message held */
    struct ike_index addresses;    /* half-open SAs by peer address, when that is limited */
    struct ike_index identities;   /* established SAs by peer identity */
    struct ike_index streams;      /* SAs by the TCP connection they go by */
    struct ike_peers peers;        /* established SAs by peer address, when hints are heeded */
    uint64_t digest_key[2];        /* of these indexes */
    uint64_t serial;               /* of the last SA made */
    uint32_t half_open;
    uint32_t established;
    uint64_t memory_max;

    struct ike_reauth_next reauth; /* closed in this call, to be made again */
    struct ike_cookies cookies;
    struct ike_puzzles puzzles;
    struct ike_tickets tickets;
    uint64_t clear_answers_ns; /* when the second of these answers began: */
    uint32_t clear_answers;    /* to those whom nobody vouches for */

    struct ike_ring outputs_ring;
    struct ike_ring events_ring;
    struct ike_output outputs[IKE_OUTPUTS_MAX];
    uint8_t octets[IKE_OUTPUT_OCTETS]; /* of the outputs, one after another */
    uint32_t octets_used;
    struct ike_event *events; /* as many as all there is could end at once; begun anew when empty */
    uint32_t event_max;

    struct ike_turn turn;
    uint8_t scratch[IKE_SCRATCH];
};

/* The next free output's room for a message, without the marker. */
struct ike_writer ike_output_begin(struct ike_engine *engine);
/* Makes what was written the next output. */
void ike_output_commit(struct ike_engine *engine, const struct ike_addr *local,
                       const struct ike_addr *remote, uint32_t stream, size_t len);
/* The one octet that keeps the mapping of a NAT (RFC 3948 2.3). */
void ike_output_keepalive(struct ike_engine *engine, const struct ike_addr *local,
                          const struct ike_addr *remote);
/* A message that is kept, or the fragments of one, each an output. */
void ike_output_put(struct ike_engine *engine, struct ike_bytes kept, const struct ike_addr *local,
                    const struct ike_addr *remote, uint32_t stream);
/* There is room for two of the longest messages in fragments. */
bool ike_output_has_room(const struct ike_engine *engine);
void ike_event_add(struct ike_engine *engine, const struct ike_event *event);
/* Octets in use by SAs now. */
uint64_t ike_memory(const struct ike_engine *engine);

#endif
