/* SPDX-License-Identifier: MIT
 * What a host is made of (host.h): its cores, the turns that have not ended, and what they said.
 * host.c has cores and inbox, host_jobs.c the queue of a host whose threads share the work,
 * host_turn.c what a turn says, what it costs and how it is held back, host_wish.c the turns that
 * models and the carrier ask for, host_icmp.c what it says and hears by ICMP. For sim/host*.c
 * only. */
#ifndef SIM_HOST_INSIDE_H
#define SIM_HOST_INSIDE_H

#include "sim/host.h"
#include "sim/icmp.h"

struct sim_inbox;
struct sim_letter;
struct sim_slabs;
struct sim_streams;

enum {
    HOST_HELD_BUCKETS = 4096, /* of turns held back */
    HOST_WAIT_BINS = 1 + 4 * 64,
    HOST_JOBS_BYTES = 1 << 29, /* that wait for threads: charged like the inbox */
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
    uint32_t life; /* of the host's, in which it began */
    bool carried;  /* the carrier's, or of ICMP */
    bool receives; /* the receiving thread's */
    struct ike_addr local;
    uint32_t outputs, half_open, established, expired;
    uint64_t out_bytes;
};

struct sim_host {
    struct sim_host_config config;
    struct sim_host_parts parts;
    struct sim_port port;
    struct sim_event timer;
    struct sim_inbox *inbox;
    struct sim_inbox *jobs;             /* what the receiving thread took; NULL: there is none */
    bool receiving;                     /* it has a core */
    int64_t ahead;                      /* of its part of the time while both waited, in ns x ppm */
    uint64_t turned_ns, half_opened_ns; /* when a turn began last, and one of half-open SAs */
    struct sim_slabs *slabs;
    struct sim_streams *streams; /* NULL: no TCP */
    struct sim_turn *carrying;   /* the carrier's turn in which we are, or NULL */
    uint32_t carried;            /* turns of it that have not ended */
    bool off, refuses;
    uint32_t lives; /* times it was switched off: what it was about to say then is not said */
    struct sim_icmp_pace pace;
    struct sim_host_counts counts;
    uint64_t waits[HOST_WAIT_BINS];
    uint64_t area_at_ns;
    uint8_t packet[SIM_IP_MAX];               /* one that ICMP speaks of */
    struct sim_turn *held[HOST_HELD_BUCKETS]; /* by core, or by address */
    struct sim_core cores[];
};

/* A turn begins. `collect` takes what the engine said, and what it cost beside `cost_ns`; `packet`
 * adds one to what is to be said, false: there is no room; `say` lets all of it out. */
struct sim_turn *sim_turn_open(struct sim_host *h, uint64_t now_ns);
void sim_turn_collect(struct sim_turn *t, uint64_t cost_ns, size_t in_bytes);
bool sim_turn_packet(struct sim_host *h, struct sim_turn *t, const struct sim_datagram *packet);
void sim_turn_say(struct sim_turn *t, uint64_t now_ns);
/* Held back until its end. */
void sim_turn_hold(struct sim_host *h, struct sim_turn *t);
void sim_turn_release(struct sim_host *h, struct sim_turn *t);
uint32_t sim_turn_bucket(const struct ike_addr *addr);
/* When a population's address is free: the end of its latest turn. */
uint64_t sim_turn_free_ns(const struct sim_host *h, const struct sim_turn *turn);

/* What it costs to take a datagram from the socket. */
uint64_t sim_host_taken_ns(const struct sim_host *h);
/* A datagram taken from a queue is served, in a turn that costs `taken_ns` beside; what it costs
 * together. */
uint64_t sim_host_serve(struct sim_host *h, uint64_t now_ns, struct sim_core *core,
                        const struct sim_letter *letter, uint64_t taken_ns);
/* As the engine hears of it. */
struct ike_datagram sim_host_heard(const struct sim_letter *letter);
/* It leaves the last queue it waited in, to be served. */
void sim_host_waited(struct sim_host *h, uint64_t now_ns, const struct sim_letter *letter);
/* So many more wait. */
void sim_host_waiting(struct sim_host *h, uint64_t now_ns, int by);
/* It found no room. */
void sim_host_full(struct sim_host *h, uint64_t now_ns, const struct sim_letter *letter);

/* Threads that share the work: whether there is some, and a turn of it. */
bool sim_jobs_wait(const struct sim_host *h);
void sim_jobs_turn(struct sim_core *c, uint64_t now_ns);

/* An event is told to whom it concerns, at once. */
void sim_host_tell(struct sim_host *h, uint64_t now_ns, const struct ike_event *e);
/* The inbox is as it never had been. */
void sim_host_empty(struct sim_host *h, uint64_t now_ns);

/* The turn is over for the engine: from here on it costs time, of `core` or of the address that
 * spoke or was spoken to. */
void sim_turn_spend(struct sim_turn *t, uint64_t now_ns, struct sim_core *core);
/* The end of a turn that somebody asked for: it is charged to the core of `sa`. */
void sim_turn_wish(struct sim_turn *t, uint64_t now_ns, uint64_t sa);
/* A turn beside those of IKE, of which only so many may be under way. NULL: as many are, which is
 * counted in *dropped. */
struct sim_turn *sim_turn_beside(struct sim_host *h, uint64_t now_ns, uint64_t *dropped);
/* A packet of ESP has come; an ICMP message; anything, while the host is off. */
void sim_host_carry(struct sim_host *h, uint64_t now_ns, const struct sim_datagram *packet);
void sim_host_heed(struct sim_host *h, uint64_t now_ns, const struct sim_datagram *icmp);
void sim_host_refuse(struct sim_host *h, uint64_t now_ns, const struct sim_datagram *datagram);

#endif
