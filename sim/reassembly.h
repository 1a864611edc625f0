/* SPDX-License-Identifier: MIT
 * Where IP fragments wait for each other at their destination (RFC 791 3.2,
 * RFC 8200 4.5): a store of bounded size, first come first served, as every
 * host has one. Who fills it with fragments that never become whole keeps
 * others from it. It knows no network; whoever carries datagrams calls it, at
 * times that never go back. */
#ifndef SIM_REASSEMBLY_H
#define SIM_REASSEMBLY_H

#include "sim/net.h"

struct sim_reassembly;

struct sim_reassembly_config {
    uint64_t bytes_max;  /* as sim_inbox_charge counts them; at most 64 MiB */
    uint64_t timeout_ns; /* after a datagram's first fragment all that came of it is dropped */
    bool evict;          /* when it is full the oldest datagram goes, not the new fragment */
};
/* Linux: 4 MiB, 30 s, the new fragment goes. */
extern const struct sim_reassembly_config sim_reassembly_usual;

enum sim_joined {
    SIM_JOIN_WAITS, /* it is kept until the others have come */
    SIM_JOIN_WHOLE, /* it was the last one */
    SIM_JOIN_FULL,  /* no room */
    SIM_JOIN_TWICE, /* it is there already (RFC 8200 4.5: the others may stay) */
    SIM_JOIN_BAD,   /* overlaps, or beyond what a datagram may be: RFC 5722 3 drops what is there of
                       an overlapped datagram as well */
};

struct sim_reassembly *sim_reassembly_open(const struct sim_reassembly_config *config);
void sim_reassembly_close(struct sim_reassembly *r);

/* A fragment has come, and what is overdue has been given up. WHOLE: `whole` is what it was cut
 * from, valid until the next call. `dropped` is how many fragments that waited went for it:
 * evicted, or with BAD spoilt. */
enum sim_joined sim_reassembly_add(struct sim_reassembly *r, uint64_t now_ns,
                                   const struct sim_datagram *fragment, struct sim_datagram *whole,
                                   uint32_t *dropped);
/* When the oldest datagram is given up; UINT64_MAX: none waits. */
uint64_t sim_reassembly_deadline(const struct sim_reassembly *r);
/* Gives up what is overdue: how many fragments. */
uint32_t sim_reassembly_expire(struct sim_reassembly *r, uint64_t now_ns);
/* Fragments that wait. */
uint32_t sim_reassembly_waiting(const struct sim_reassembly *r);
/* Datagrams given up so far, for whatever reason. */
uint64_t sim_reassembly_failures(const struct sim_reassembly *r);

#endif
