/* SPDX-License-Identifier: MIT
 * An initiator that authenticates more than once before the IKE SA is up, each
 * time as the next policy says: keys, signatures or EAP in any order (RFC 4739).
 * A responder does so once. */
#ifndef IKE_V2_ROUNDS_H
#define IKE_V2_ROUNDS_H

#include "ike/v2/turn.h"

/* The initiator's MULTIPLE_AUTH_SUPPORTED, once, and ANOTHER_AUTH_FOLLOWS with each AUTH but the
 * last. */
void ike_rounds_put_support(struct ike_turn *t);
void ike_rounds_put_another(struct ike_turn *t);
/* The responder's, with IKE_SA_INIT, when a policy of its wants more than one. */
void ike_rounds_offer(struct ike_turn *t);

/* The responder has checked an AUTH: whether another is to follow. WHY_AUTH_ROUNDS: the initiator
 * says otherwise. */
enum ike_why ike_rounds_more(struct ike_turn *t, bool *more);
/* It waits for that; `asked` was kept from the first request, or is empty and is kept now. */
enum ike_why ike_rounds_await(struct ike_turn *t, struct ike_blob *asked);
/* Authentication is at its end, and the first policy counts again. */
void ike_rounds_end(struct ike_turn *t);
/* Whether this is a round after the first. */
bool ike_rounds_later(const struct ike_turn *t);

/* The initiator has announced another, so that nothing is granted yet: "The IKE_AUTH phase is
 * considered successful only if all the individual authentication exchanges complete successfully"
 * (RFC 4739 2.1). */
bool ike_rounds_left(const struct ike_turn *t);
/* So that there is no Child SA is not taken before the last round, unless there is to be no IKE SA
 * either. */
enum ike_why ike_rounds_child_refused(struct ike_turn *t);
/* The initiator's next claim, after the answer to the one before. */
enum ike_why ike_rounds_next(struct ike_turn *t);

#endif
