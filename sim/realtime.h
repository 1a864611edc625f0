/* SPDX-License-Identifier: MIT
 * Virtual time at the pace of the clock on the wall (CLOCK_MONOTONIC), so that
 * real programs can take part in it. Events run when their time has come; until
 * then descriptors are listened to. How late they ran, the *lag*, is a result: a
 * run whose lag was beyond a limit has not been in real time, and says so.
 *
 * Nothing that runs in real time repeats. */
#ifndef SIM_REALTIME_H
#define SIM_REALTIME_H

#include "sim/lag.h"
#include "sim/loop.h"
#include "sim/net.h"

struct sim_realtime;

enum { SIM_SOURCES_MAX = 64 };

/* A descriptor from which something may come into the world. */
struct sim_source {
    int fd;
    /* It is readable, or in trouble: reads some of it, a bounded number, without blocking. `at_ns`
     * is the wall's clock in virtual time, never before the loop's now, maybe after it: what is to
     * happen is to be scheduled then. False: nothing more will come, it is not listened to again.
     */
    bool (*read)(void *owner, uint64_t at_ns);
    void *owner;
};

struct sim_pace {
    uint64_t lag_limit_ns; /* an event later than this is counted as such; 0: 10 ms */
    uint64_t give_up_ns;   /* the run ends when it lags so far behind; 0: 10 s */
    bool urgent;           /* while it runs the kernel is to prefer us (nice -10), if it lets us */
};

enum sim_realtime_end {
    SIM_REALTIME_DONE,
    SIM_REALTIME_BEHIND, /* it lagged by give_up_ns; where it stopped, the loop's now says */
};

/* The clock on the wall, by which all waits for real programs are bounded. */
uint64_t sim_wall_ns(void);

/* The loop's network, whose clock is its own, if it has one; NULL: the loop has none. NULL: no
 * memory. */
struct sim_realtime *sim_realtime_open(struct sim_loop *loop, struct sim_net *net,
                                       const struct sim_pace *pace);
void sim_realtime_close(struct sim_realtime *rt);
/* At most SIM_SOURCES_MAX. */
void sim_realtime_add(struct sim_realtime *rt, struct sim_source source);
/* The loop's now is the wall's now from here on. The first run does it, if nobody has. Time between
 * two runs passes, unless this is called again: then it is left out. */
void sim_realtime_start(struct sim_realtime *rt);
/* As sim_loop_run, but for the pace: done, too, when the network is in trouble. Takes until_ns -
 * now and at most give_up_ns more, unless one event takes longer than that. */
enum sim_realtime_end sim_realtime_run(struct sim_realtime *rt, uint64_t until_ns);
struct sim_lag sim_realtime_lag(const struct sim_realtime *rt);

#endif
