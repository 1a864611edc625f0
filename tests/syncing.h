/* SPDX-License-Identifier: MIT
 * The bench of flows in which a cluster fails over: its pair, what both ends can,
 * and the arrows. */
#ifndef TESTS_SYNCING_H
#define TESTS_SYNCING_H

#include "ike/engine.h"
#include "ike/v2/sync.h"
#include "tests/flow.h"

#define SUPPORTED "N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED) N(IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED)"
#define ARROWS_CAN                                                              \
    ARROW_INIT_REQ ARROW_INIT_RSP                                               \
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH " SUPPORTED " SAi2 TSi TSr}\n" \
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH " SUPPORTED " SAr2 TSi TSr}\n"
#define REQ(from, id)            from "  INFORMATIONAL   req " #id "  SK{}\n"
#define RSP(from, id)            from "  INFORMATIONAL   rsp " #id "  SK{}\n"
#define SYNC_IDS                 "N(IKEV2_MESSAGE_ID_SYNC)"
#define SYNC_BOTH                "N(IKEV2_MESSAGE_ID_SYNC) N(IPSEC_REPLAY_COUNTER_SYNC)"
#define SYNC_REPLAY              "N(IPSEC_REPLAY_COUNTER_SYNC)"
#define SYNC_REQ(from, id, what) from "  INFORMATIONAL   req " #id "  SK{" what "}\n"
#define SYNC_RSP(from, id, what) from "  INFORMATIONAL   rsp " #id "  SK{" what "}\n"

extern struct pair p;
extern const struct pair_options plain;

void both_can(struct pair *pair, enum pair_side i, enum pair_side r);

struct ike_sa *sa_of(const struct pair *pair, enum pair_side side);
bool fail_over(struct pair *pair, enum pair_side side, struct ike_standby known);
void probe(struct pair *pair, enum pair_side side);
/* Next ids of one are those of the other. */
bool ids_agree(const struct pair *pair);
/* The last IKE_SYNCED; all zero: there is none. */
struct ike_event synced(const struct pair *pair, enum pair_side side);
void connected(void (*prepare)(struct pair *pair, enum pair_side i, enum pair_side r));
/* The wire's `touch`: requests with id 3 are lost, but for IKE_AUTH. */
bool lose_request_three(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                        int number);

#endif
