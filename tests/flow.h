/* SPDX-License-Identifier: MIT
 * One flow and all its variants: on both providers with the same arrows, with
 * the roles exchanged, with each single message lost once and each duplicated
 * once. The arrows of the last two may differ, the final state may not. And with
 * each call that may fail failing once, and each payload of each message spoilt
 * by an end that has the keys: then nothing may be left behind. With IKELAB_QUICK in
 * the environment (tests/mutate.py) the arrows alone, once. */
#ifndef TESTS_FLOW_H
#define TESTS_FLOW_H

#include "tests/pair.h"

struct flow {
    /* Before the engines open; `i` connects, `r` responds. NULL: nothing. */
    void (*prepare)(struct pair *p, enum pair_side i, enum pair_side r);
    /* After the connection has settled. NULL: nothing. */
    void (*act)(struct pair *p, enum pair_side i, enum pair_side r);
    const char *trace;   /* with A as the initiator */
    const char *swapped; /* with B as the initiator; NULL: its mirror image */
    uint64_t settle_ns;  /* time after the last act until all is at rest, beyond the usual */
    bool (*ended)(const struct pair *p, enum pair_side i, enum pair_side r);
};

/* Runs every variant; each failure is reported with the variant it happened in. */
void flow_check(const struct flow *flow);

#define NAT_D          "N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)"
#define ARROW_INIT_REQ "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D "\n"
#define ARROW_INIT_RSP "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D "\n"
#define ARROW_AUTH_REQ "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr}\n"
#define ARROW_AUTH_RSP "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n"
#define ARROWS_PLAIN   ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP

#endif
