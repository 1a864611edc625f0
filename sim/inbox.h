/* SPDX-License-Identifier: MIT
 * The bounded inbox of a host: one socket buffer, from which each core takes
 * the oldest datagram that it may serve; and the queue behind it, where threads
 * share the work. Private to host*.c and its tests. */
#ifndef SIM_INBOX_H
#define SIM_INBOX_H

#include "sim/net.h"

enum { SIM_CORES_MAX = 256, SIM_ANY_CORE = SIM_CORES_MAX };

struct sim_inbox;

/* A datagram that waits. Its payload is the inbox's, until it is given back. */
struct sim_letter {
    struct sim_letter *next;
    uint64_t serial; /* of its arrival */
    uint64_t arrived_ns;
    uint64_t charge;
    uint32_t stream; /* it is a message of that one; 0: a datagram */
    struct sim_datagram datagram;
};

/* `streams`: as many messages of streams may wait beside what the limit holds. */
struct sim_inbox *sim_inbox_open(uint64_t limit, uint32_t streams);
void sim_inbox_close(struct sim_inbox *inbox);
/* For `core`, or SIM_ANY_CORE. False when it is full. A message of a stream has its room in that
 * one's own buffer, which TCP's window bounds. */
bool sim_inbox_put(struct sim_inbox *inbox, uint64_t now_ns, uint32_t core,
                   const struct sim_datagram *datagram, uint32_t stream);
bool sim_inbox_has(const struct sim_inbox *inbox, uint32_t core);
/* The oldest that is for `core` or for any; NULL when there is none. Its room in the buffer is free
 * from now on, or soon: as Linux has it, by quarters. To be given back. */
struct sim_letter *sim_inbox_take(struct sim_inbox *inbox, uint32_t core);
void sim_inbox_give(struct sim_inbox *inbox, struct sim_letter *letter);

#endif
