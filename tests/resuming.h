/* SPDX-License-Identifier: MIT
 * The bench of flows with tickets: a gateway that gives them, a client that sleeps
 * and wakes, and the arrows. */
#ifndef TESTS_RESUMING_H
#define TESTS_RESUMING_H

#include "ike/engine.h"
#include "tests/flow.h"

#define SECOND UINT64_C(1000000000)

#define N_ASK   "N(TICKET_REQUEST)"
#define N_GIVEN "N(TICKET_LT_OPAQUE)"
#define ARROWS_TICKET                                                       \
    ARROW_INIT_REQ ARROW_INIT_RSP                                           \
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr " N_ASK "}\n" \
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr " N_GIVEN "}\n"
#define ARROW_RESUME_REQ "A>B  IKE_SESSION_RESUME req 0  Ni N(TICKET_OPAQUE) " NAT_D "\n"
#define ARROW_RESUME_RSP "B>A  IKE_SESSION_RESUME rsp 0  Nr " NAT_D "\n"
#define ARROWS_PROOF                                                    \
    "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr " N_ASK "}\n" \
    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr " N_GIVEN "}\n"
#define ARROWS_RESUMED ARROW_RESUME_REQ ARROW_RESUME_RSP ARROWS_PROOF

extern struct pair p;
extern const struct pair_options plain;

void by_value(struct pair *pair, enum pair_side i, enum pair_side r);
void by_reference(struct pair *pair, enum pair_side i, enum pair_side r);
/* Both agree on one SA, and the client has a ticket for it. */
bool agree(const struct pair *pair, enum pair_side i, enum pair_side r);
/* Whether the last SA of the client came of a ticket. */
bool is_resumed(const struct pair *pair, enum pair_side side);
bool agree_resumed(const struct pair *pair, enum pair_side i, enum pair_side r);
/* The client sleeps and wakes; nothing is left of the old SA on its side. */
void sleep_and_resume(struct pair *pair, enum pair_side i, enum pair_side r);
bool agree_anew(const struct pair *pair, enum pair_side i, enum pair_side r);

#endif
