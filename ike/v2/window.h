/* SPDX-License-Identifier: MIT
 * Message ids, windows, retransmission and the answers remembered for it
 * (RFC 7296 2.1 to 2.4). */
#ifndef IKE_V2_WINDOW_H
#define IKE_V2_WINDOW_H

#include "ike/v2/turn.h"

/* A window larger than 1: the answers kept, and what came before its turn (RFC 7296 2.3). */
struct ike_window {
    struct ike_blob kept[IKE_WINDOW_MAX]; /* by message id modulo size */
    uint32_t ids[IKE_WINDOW_MAX];
    uint32_t seen; /* bit n: request take_id + n is answered */
    uint8_t size;
};

/* NULL: the SA's is of one request. */
struct ike_window *ike_window_of(const struct ike_engine *engine, const struct ike_sa *sa);
/* For beside.c: the answers kept go. */
void ike_window_give(struct ike_engine *engine, void *record);

/* Which copy of a request is this? WHY_OK: the one awaited; WHY_RETRANSMITTED: an answer is
 * remembered, and has been put out again; WHY_MESSAGE_ID: neither. */
enum ike_why ike_window_request(struct ike_turn *turn);
/* Where the answer to the request at hand is kept; and when it is, that request is taken. */
struct ike_blob *ike_window_slot(struct ike_turn *turn);
void ike_window_took(struct ike_turn *turn);
/* One more than the highest id of a request that the peer is known to have sent. */
uint32_t ike_window_next(const struct ike_turn *turn);
/* No answer is kept any more, and nothing has come before its turn. */
void ike_window_forget(struct ike_turn *turn);
/* An SA is up: from now on its peer may have as many requests under way as config.window says, and
 * is to be told so. */
void ike_window_open(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns);
/* Obeys a SET_WINDOW_SIZE in the message at hand, if there is one. */
enum ike_why ike_window_heard(struct ike_turn *turn);
/* WHY_OK when the response in the turn is to a request under way, whose task becomes the turn's;
 * else WHY_NOT_AWAITED. */
enum ike_why ike_window_response(struct ike_turn *turn);
/* The finished request of the turn's task is under way. */
void ike_window_asked(struct ike_turn *turn);
/* A request is overdue: sends it again, or ends the SA with WHY_NO_ANSWER. */
void ike_window_overdue(struct ike_engine *engine, struct ike_sa *sa, struct ike_task *task,
                        uint64_t now_ns);
/* Puts a kept message out, to the SA's peer or, for an answer, to where the request came from. */
void ike_window_put(struct ike_engine *engine, struct ike_blob message,
                    const struct ike_addr *local, const struct ike_addr *remote, uint32_t stream);
/* How long to wait after so many sends, and after all of them together, without what is random. */
uint64_t ike_window_wait_ns(const struct ike_engine *engine, uint32_t sends);
uint64_t ike_window_patience_ns(const struct ike_engine *engine);
/* Why an attempt ends that was refused with this notify. */
enum ike_why ike_window_refused(const struct ike_engine *engine, const struct ike_sa *sa,
                                uint16_t notify);

#endif
