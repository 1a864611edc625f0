/* SPDX-License-Identifier: MIT
 * Quick crash detection (RFC 6290): a token maker tells its peer, protected, a
 * token for each IKE SA, made from a secret that outlives a crash. When it has
 * lost the SA it answers INVALID_IKE_SPI with that token (RFC 7296 1.5), and the
 * taker, who knows it, drops the SA at once instead of retransmitting. */
#ifndef IKE_V2_QCD_H
#define IKE_V2_QCD_H

#include "ike/v2/turn.h"

enum {
    IKE_QCD_SECRET = 32, /* octets, RFC 6290 5.1 */
    IKE_QCD_TOKEN = 32,
    IKE_QCD_TOKEN_MIN = 16, /* RFC 6290 5, of the peer's */
    IKE_QCD_TOKEN_MAX = 128,
};

/* The peer's, beside the SA that it is about. */
struct ike_token {
    struct ike_blob octets;
};

/* Our token for `sa` into the message under construction; nothing unless we make tokens. */
void ike_qcd_put(struct ike_turn *turn, const struct ike_sa *sa);
/* The peer's token in the authenticated message at hand, if there is one and the policy takes them,
 * is kept beside the SA that it is about. */
void ike_qcd_heard(struct ike_turn *turn);
/* INFORMATIONAL with our token, after we rekeyed (RFC 6290 4.3). */
enum ike_why ike_ask_token(struct ike_turn *turn);
/* An answer in the clear says that the peer knows nothing of the SA: WHY_OK and the turn ends the
 * SA when it brings the token, WHY_CRASH_HINT when not. */
enum ike_why ike_qcd_judge(struct ike_turn *turn);
/* An answer to a request of an IKE SA that is not here: INVALID_IKE_SPI, and our token for it
 * unless one of its SPIs is one of ours: who holds a live SA learns nothing (RFC 6290 9.2). */
void ike_qcd_put_unknown(struct ike_turn *turn);
/* For beside.c. */
void ike_qcd_give(struct ike_engine *engine, void *record);

#endif
