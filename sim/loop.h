/* SPDX-License-Identifier: MIT
 * Virtual time. Events run in the order (time, rank, serial): a total order
 * that depends on nothing but the calls made, so a run can be repeated. */
#ifndef SIM_LOOP_H
#define SIM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct sim_loop;
struct sim_net;

#define SIM_NEVER UINT64_MAX

/* What goes first among events of one instant. */
enum sim_rank { SIM_DELIVER, SIM_CPU, SIM_TIMER, SIM_ARRIVAL, SIM_SAMPLE };

/* Belongs to the caller, zeroed but for `rank`, `run` and `owner`, and stays put until it has run
 * or been cancelled. The rest is the loop's. */
struct sim_event {
    uint64_t at_ns;
    uint64_t serial; /* of its scheduling, never 0 while it waits */
    void (*run)(void *owner, uint64_t now_ns);
    void *owner;
    uint32_t slot; /* where the queue keeps it */
    uint8_t rank;  /* enum sim_rank */
};

/* NULL when address space cannot be had. At most some 33 million events wait at once (2 million on
 * a 32-bit machine); one more is an assertion. */
struct sim_loop *sim_loop_open(void);
void sim_loop_close(struct sim_loop *loop);
/* A network with a clock of its own (ns-3): the loop asks it to go no further than the next
 * event. */
void sim_loop_join(struct sim_loop *loop, struct sim_net *net);
uint64_t sim_loop_now(const struct sim_loop *loop);
/* Scheduling an event that is scheduled moves it; SIM_NEVER cancels it. `at_ns` in the past is an
 * assertion. */
void sim_loop_at(struct sim_loop *loop, struct sim_event *event, uint64_t at_ns);
void sim_loop_cancel(struct sim_loop *loop, struct sim_event *event);
bool sim_loop_waits(const struct sim_event *event);
/* Runs every event up to and including `until_ns`; then it is `until_ns`. When the network gets
 * into trouble (net.h) no event is run any more, and it stays what it was then. */
void sim_loop_run(struct sim_loop *loop, uint64_t until_ns);
/* Nothing happens before it, neither an event nor anything of the network's own: the time of the
 * next, or sooner when that is far. SIM_NEVER: nothing waits. Valid until the next call. */
uint64_t sim_loop_next(struct sim_loop *loop);
uint64_t sim_loop_count(const struct sim_loop *loop); /* events run so far */

#endif
