/* SPDX-License-Identifier: MIT
 * What a host is made of (host.h): its cores, the turns that have not ended, and what they said.
 * host.c has cores and inbox, host_turn.c what a turn says and how it is held back, host_wish.c the
 * turns that models and the carrier ask for. For sim/host*.c only. */
#ifndef SIM_HOST_INSIDE_H
#define SIM_HOST_INSIDE_H

#include "sim/host.h"

struct sim_inbox;
struct sim_slabs;
struct sim_streams;

enum {
    HOST_HELD_BUCKETS = 4096, /* of turns held back */
    HOST_WAIT_BINS = 1 + 4 * 64,
};

/* One thing that a turn said: a datagram or a packet of the carrier, its octets following, or an
 * event. */
enum sim_note_kind { NOTE_DATAGRAM, NOTE_PACKET, NOTE_EVENT };
struct sim_note {
    struct sim_note *next;
    enum sim_note_kind kind;
    union {
        struct ike_event event;
        struct ike_datagram datagram;
        struct sim_datagram packet;
    };
};

struct sim_core {
    struct sim_host *host;
    struct sim_event wake;
    uint64_t free_ns;
    uint32_t turns;  /* that have not ended */
    uint32_t timers; /* served in a row */
    uint32_t index;
};

struct sim_turn {
    struct sim_event end;
    struct sim_host *host;
    struct sim_core *core; /* NULL: a population's */
    struct sim_note *first, *last;
    uint64_t began_ns;
    uint64_t cost_ns;
    uint64_t end_ns;
    struct sim_turn *next, *prev; /* of one bucket of those held back, latest first */
    uint32_t bucket;
    bool carried; /* the carrier's */
    struct ike_addr local;
    uint32_t outputs, half_open, established;
    uint64_t out_bytes;
};

struct sim_host {
    struct sim_host_config config;
    struct sim_host_parts parts;
    struct sim_port port;
    struct sim_event timer;
    struct sim_inbox *inbox;
    struct sim_slabs *slabs;
    struct sim_streams *streams; /* NULL: no TCP */
    struct sim_turn *carrying;   /* the carrier's turn in which we are, or NULL */
    uint32_t carried;            /* turns of it that have not ended */
    struct sim_host_counts counts;
    uint64_t waits[HOST_WAIT_BINS];
    uint64_t area_at_ns;
    struct sim_turn *held[HOST_HELD_BUCKETS]; /* by core, or by address */
    struct sim_core cores[];
};

/* A turn begins. `collect` takes what the engine said, and what it cost beside `cost_ns`; `note`
 * makes room for one more thing with `len` octets that follow it, NULL: none is left; `say` lets
 * all of it out. */
struct sim_turn *sim_turn_open(struct sim_host *h, uint64_t now_ns);
void sim_turn_collect(struct sim_turn *t, uint64_t cost_ns, size_t in_bytes);
struct sim_note *sim_turn_note(struct sim_host *h, struct sim_turn *t, size_t len);
void sim_turn_say(struct sim_turn *t, uint64_t now_ns);
/* Held back until its end. */
void sim_turn_hold(struct sim_host *h, struct sim_turn *t);
void sim_turn_release(struct sim_host *h, struct sim_turn *t);
uint32_t sim_turn_bucket(const struct ike_addr *addr);
/* When a population's address is free: the end of its latest turn. */
uint64_t sim_turn_free_ns(const struct sim_host *h, const struct sim_turn *turn);

/* The end of a turn that somebody asked for: it is charged to the core of `sa`. */
void sim_turn_wish(struct sim_turn *t, uint64_t now_ns, uint64_t sa);
/* A packet of ESP has come. */
void sim_host_carry(struct sim_host *h, uint64_t now_ns, const struct sim_datagram *packet);

#endif
