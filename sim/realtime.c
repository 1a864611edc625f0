/* SPDX-License-Identifier: MIT
 * Virtual time at the pace of the wall's clock (realtime.h). The loop is run
 * from one instant to the next; between them, and when many are overdue now and
 * then, descriptors are looked at. */
#include "sim/realtime.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

enum {
    NANO = 1000000000,
    LISTEN_NS = 50000, /* what has come waits no longer for overdue events */
    LAG_LIMIT_NS = 10000000,
    GIVE_UP_S = 10,
    URGENT = -10
};

struct sim_realtime {
    struct sim_loop *loop;
    const struct sim_net *net; /* NULL: its deliveries are events of the loop */
    struct sim_pace pace;
    struct sim_lag lag;
    bool started;
    uint64_t wall_ns; /* when it was `began_ns` */
    uint64_t began_ns;
    uint64_t listened_ns; /* the wall's */
    struct sim_source sources[SIM_SOURCES_MAX];
    struct pollfd polled[SIM_SOURCES_MAX];
    nfds_t source_count;
};

uint64_t sim_wall_ns(void)
{
    struct timespec now;
    const int read = clock_gettime(CLOCK_MONOTONIC, &now);
    assert(read == 0);
    (void)read;
    return (uint64_t)now.tv_sec * NANO + (uint64_t)now.tv_nsec;
}

/* The wall's clock in virtual time; never before the loop's now. */
static uint64_t virtual_now(const struct sim_realtime *rt)
{
    const uint64_t now_ns = rt->began_ns + (sim_wall_ns() - rt->wall_ns);
    const uint64_t loop_ns = sim_loop_now(rt->loop);
    return now_ns > loop_ns ? now_ns : loop_ns;
}

struct sim_realtime *sim_realtime_open(struct sim_loop *loop, struct sim_net *net,
                                       const struct sim_pace *pace)
{
    struct sim_realtime *const rt = calloc(1, sizeof *rt);
    if (rt == NULL)
        return NULL;
    rt->loop = loop;
    rt->net = net != NULL && net->ops->run_until != NULL ? net : NULL;
    rt->pace = *pace;
    if (rt->pace.lag_limit_ns == 0)
        rt->pace.lag_limit_ns = LAG_LIMIT_NS;
    if (rt->pace.give_up_ns == 0)
        rt->pace.give_up_ns = GIVE_UP_S * (uint64_t)NANO;
    rt->lag.limit_ns = rt->pace.lag_limit_ns;
    return rt;
}

void sim_realtime_close(struct sim_realtime *rt)
{
    free(rt);
}

void sim_realtime_add(struct sim_realtime *rt, struct sim_source source)
{
    assert(rt->source_count < SIM_SOURCES_MAX);
    rt->sources[rt->source_count] = source;
    rt->polled[rt->source_count++] = (struct pollfd){.fd = source.fd, .events = POLLIN};
}

void sim_realtime_start(struct sim_realtime *rt)
{
    rt->started = true;
    rt->began_ns = sim_loop_now(rt->loop);
    rt->wall_ns = sim_wall_ns();
}

/* Looks at the descriptors, and waits for them at most `wait_ns`. */
static void listen(struct sim_realtime *rt, uint64_t wait_ns)
{
    const struct timespec wait = {.tv_sec = (time_t)(wait_ns / NANO),
                                  .tv_nsec = (long)(wait_ns % NANO)};
    const int ready = ppoll(rt->polled, rt->source_count, &wait, NULL);
    for (nfds_t i = 0; ready > 0 && i < rt->source_count; i++) {
        const struct sim_source *const source = &rt->sources[i];
        if (rt->polled[i].revents != 0 && !source->read(source->owner, virtual_now(rt)))
            rt->polled[i].fd = -1; /* passed over from now on */
    }
    rt->listened_ns = sim_wall_ns();
}

/* What has been done so far: events, and deliveries by a network that is not among them. */
static uint64_t done_count(const struct sim_realtime *rt)
{
    return sim_loop_count(rt->loop) + (rt->net != NULL ? rt->net->totals.delivered : 0);
}

/* Runs what is due at `next_ns`, which is not after `now_ns`. */
static void run_due(struct sim_realtime *rt, uint64_t next_ns, uint64_t now_ns)
{
    const uint64_t done = done_count(rt);
    sim_loop_run(rt->loop, next_ns);
    sim_lag_add(&rt->lag, now_ns - next_ns, done_count(rt) - done);
}

static bool goes_on(const struct sim_realtime *rt, uint64_t until_ns)
{
    if (rt->net != NULL && rt->net->trouble != NULL)
        return false;
    return sim_loop_now(rt->loop) < until_ns || sim_loop_next(rt->loop) <= until_ns;
}

static enum sim_realtime_end run(struct sim_realtime *rt, uint64_t until_ns)
{
    while (goes_on(rt, until_ns)) {
        const uint64_t next_ns = sim_loop_next(rt->loop);
        const uint64_t target_ns = next_ns < until_ns ? next_ns : until_ns;
        const uint64_t now_ns = virtual_now(rt);
        if (target_ns > now_ns) {
            listen(rt, target_ns - now_ns);
            continue;
        }
        if (now_ns - target_ns > rt->pace.give_up_ns)
            return SIM_REALTIME_BEHIND;
        run_due(rt, target_ns, now_ns);
        if (sim_wall_ns() - rt->listened_ns > LISTEN_NS)
            listen(rt, 0);
    }
    return SIM_REALTIME_DONE;
}

enum sim_realtime_end sim_realtime_run(struct sim_realtime *rt, uint64_t until_ns)
{
    assert(until_ns >= sim_loop_now(rt->loop));
    if (!rt->started)
        sim_realtime_start(rt);
    const int nice = getpriority(PRIO_PROCESS, 0);
    const int slack = prctl(PR_GET_TIMERSLACK);
    (void)prctl(PR_SET_TIMERSLACK, 1UL); /* else it wakes up to 50 us late */
    if (rt->pace.urgent && nice > URGENT)
        (void)setpriority(PRIO_PROCESS, 0, URGENT);
    const enum sim_realtime_end end = run(rt, until_ns);
    if (rt->pace.urgent && nice > URGENT)
        (void)setpriority(PRIO_PROCESS, 0, nice);
    (void)prctl(PR_SET_TIMERSLACK, (unsigned long)(slack > 0 ? slack : 0));
    return end;
}

struct sim_lag sim_realtime_lag(const struct sim_realtime *rt)
{
    return rt->lag;
}
