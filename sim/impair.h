/* SPDX-License-Identifier: MIT
 * What a line does to the datagrams that cross it, beside taking time: loss in
 * bursts after Gilbert and Elliott, duplicates, stragglers that others pass,
 * outages; and how a cell of a mobile network holds them up. It judges one
 * datagram after another and knows no network. */
#ifndef SIM_IMPAIR_H
#define SIM_IMPAIR_H

#include "sim/rng.h"

enum { SIM_OUTAGES_MAX = 16 };

/* Times at which nothing goes through, each from one moment until before another: in order, and
 * apart. */
struct sim_outages {
    struct {
        uint64_t from_ns;
        uint64_t until_ns;
    } at[SIM_OUTAGES_MAX];
    uint64_t count;
};

/* A cell as its users feel it, no model of its radio: up, a datagram waits for the next of the
 * times at which it may be sent, which are `grant_ns` apart; either way each try to send it fails
 * with a chance, and it is sent again so much later, and lost when all tries have failed. Order is
 * kept. With LTE it is so (3GPP TS 36.321 5.4.2 and 5.4.4). */
struct sim_cell {
    uint64_t grant_ns;
    uint32_t errors_ppb;
    uint64_t retry_ns;
    uint32_t tries; /* 0: it is no cell */
};

/* Shares are parts per billion, each datagram. All nought: the line does nothing. */
struct sim_impairments {
    uint32_t loss_ppb; /* outside of bursts */
    /* Gilbert-Elliott (E. O. Elliott, Bell System Technical Journal 42, 1963): before each datagram
     * a burst may begin, or the one there is may end; within it so many are lost. A burst is
     * 1 / end datagrams long in the mean, and begin / (begin + end) of all fall into one. */
    uint32_t burst_begin_ppb, burst_end_ppb, burst_loss_ppb;
    uint32_t duplicate_ppb; /* come twice, one right after the other */
    uint32_t reorder_ppb;   /* come late, by: */
    uint64_t reorder_ns;
    struct sim_outages outages;
    struct sim_cell cell;
};

bool sim_impairments_are_none(const struct sim_impairments *line);

struct sim_impair {
    struct sim_rng loss, bursts, duplicates, stragglers, jitter, tries, fades;
    bool burst; /* in one now */
    bool up;    /* direction 0 */
};

/* What becomes of a datagram at the far end of a line. */
enum sim_fate_kind { SIM_FATE_PASSES, SIM_FATE_OUT, SIM_FATE_LOST };
struct sim_fate {
    enum sim_fate_kind kind;
    bool twice;       /* another one like it passes at once */
    uint64_t late_ns; /* it is held back so long */
};

/* Streams from `seed` and a line's name; `index` tells its directions apart. */
void sim_impair_open(struct sim_impair *impair, uint64_t seed, const char *name, uint64_t index);
/* The same of a link's direction: its streams go by the link's name, or without one by `way`, 2 x
 * its number + 0 or 1; so they are the same in every network. */
void sim_impair_open_way(struct sim_impair *impair, uint64_t seed, const char *name, uint32_t way);
/* Of one that has come out of the line. */
struct sim_fate sim_impair_judge(struct sim_impair *impair, const struct sim_impairments *line,
                                 uint64_t now_ns);
/* How much later than at `out_ns` one comes out: by jitter, uniform in 0 … jitter, and in a cell.
 */
uint64_t sim_impair_wait(struct sim_impair *impair, const struct sim_impairments *line,
                         uint64_t jitter_ns, uint64_t out_ns);
/* Each of these draws of its own stream, if its share is not nought: called once a datagram. */
bool sim_impair_loses(struct sim_impair *impair, const struct sim_impairments *line);
bool sim_impair_doubles(struct sim_impair *impair, const struct sim_impairments *line);
bool sim_impair_delays(struct sim_impair *impair, const struct sim_impairments *line);
bool sim_impair_is_out(const struct sim_impairments *line, uint64_t now_ns);
/* Each longer than nought, and begun after the one before has ended. */
bool sim_outages_are_in_order(const struct sim_outages *outages);

#endif
