/* SPDX-License-Identifier: MIT
 * A message that cannot be judged without something from outside, such as a
 * certificate that came as a hash and URL (RFC 7296 3.6): its turn is undone with
 * WHY_ANSWER_AWAITED, the message is held beside the SA, the owner is asked by
 * IKE_ASK events, and when ike_answer has brought all of it the message is taken
 * again. Meanwhile copies of it are absorbed. */
#ifndef IKE_V2_HOLD_H
#define IKE_V2_HOLD_H

#include "ike/v2/turn.h"

struct ike_hold_ask {
    struct ike_blob what;
    struct ike_blob answer;
    bool answered; /* an empty answer: it is not to be had */
};

struct ike_hold {
    struct ike_blob message;
    struct ike_addr local;
    struct ike_addr remote;
    uint32_t stream;
    struct ike_hold_ask asks[IKE_ASKS_MAX];
    uint8_t count;
    uint8_t before; /* state it was held in */
};

/* The answer to `what`, when the turn's message was held for it: WHY_OK, empty when it is not to be
 * had. Else WHY_ANSWER_AWAITED, for the handler to return when it has asked for everything. */
enum ike_why ike_hold_need(struct ike_turn *turn, struct ike_bytes what, struct ike_bytes *answer);
/* After a turn was undone with WHY_ANSWER_AWAITED. */
void ike_hold_begin(struct ike_turn *turn);
/* Gives back the record at *place, if there is one. */
void ike_hold_give(struct ike_engine *engine, uint32_t *place);

#endif
