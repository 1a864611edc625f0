/* SPDX-License-Identifier: MIT
 * The bench of flows of MOBIKE: who is where, and the arrows with the addresses
 * that each goes between. */
#ifndef TESTS_MOVING_H
#define TESTS_MOVING_H

#include "ike/engine.h"
#include "ike/v2/move.h"
#include "tests/flow.h"

#define IR  "  I1:500>R1:500\n"
#define RI  "  R1:500>I1:500\n"
#define I1R "  I1:4500>R1:4500\n"
#define RI1 "  R1:4500>I1:4500\n"
#define I2R "  I2:4500>R1:4500\n"
#define RI2 "  R1:4500>I2:4500\n"
#define I3R "  I3:4500>R1:4500\n"
#define RI3 "  R1:4500>I3:4500\n"
#define IR2 "  I1:4500>R2:4500\n"
#define R2I "  R2:4500>I1:4500\n"

#define INFO_A(id) "A>B  INFORMATIONAL   req " #id "  "
#define INFO_B(id) "B>A  INFORMATIONAL   req " #id "  "
#define RSP_A(id)  "A>B  INFORMATIONAL   rsp " #id "  "
#define RSP_B(id)  "B>A  INFORMATIONAL   rsp " #id "  "
#define UPDATE     "SK{N(UPDATE_SA_ADDRESSES) " NAT_D "}"
#define UPDATE_C2  "SK{N(UPDATE_SA_ADDRESSES) " NAT_D " N(COOKIE2)}"
#define SEEN       "SK{" NAT_D "}"
#define SEEN_C2    "SK{" NAT_D " N(COOKIE2)}"
#define COOKIE2    "SK{N(COOKIE2)}"
#define EMPTY      "SK{}"
#define ADDITIONAL "N(ADDITIONAL_IP4_ADDRESS)"
#define AUTH_REQ   "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr N(MOBIKE_SUPPORTED)}"
#define AUTH_RSP   "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr N(MOBIKE_SUPPORTED)}"
#define AUTH_RSP_2 \
    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr N(MOBIKE_SUPPORTED) " ADDITIONAL "}"
#define INIT                                            \
    "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D IR \
    "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D RI
#define UP INIT AUTH_REQ I1R AUTH_RSP RI1

extern struct pair p;
extern const struct pair_options plain;

bool is(const struct ike_addr *addr, enum pair_side side, unsigned number);
/* Both ends, IKE SA and Child SAs, go between address i of the initiator and r of the responder. */
struct at {
    unsigned i, r;
};
bool are_at(const struct pair *pair, enum pair_side i, struct at at);
bool have_moved(const struct pair *pair, enum pair_side i, struct at at);
bool at_second(const struct pair *pair, enum pair_side i, enum pair_side r);
bool at_third(const struct pair *pair, enum pair_side i, enum pair_side r);
bool still_there(const struct pair *pair, enum pair_side i, enum pair_side r);
void both(struct pair *pair, enum pair_side i, enum pair_side r);
bool move(struct pair *pair, enum pair_side i, unsigned number);
void move_to_second(struct pair *pair, enum pair_side i, enum pair_side r);
const struct ike_mobike *known_to(const struct pair *pair, enum pair_side side);
void begin(struct pair_options options,
           void (*prepare)(struct pair *pair, enum pair_side i, enum pair_side r));

#endif
