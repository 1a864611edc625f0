/* SPDX-License-Identifier: MIT
 * What all CREATE_CHILD_SA exchanges share: nonces, the key exchange each may
 * hold, and refusals (RFC 7296 1.3). */
#ifndef IKE_V2_CREATE_H
#define IKE_V2_CREATE_H

#include "ike/v2/payload.h"
#include "ike/v2/turn.h"

/* The initiator's setup for turn->task: a nonce, and a key pair of `group` (a row; 0: none). Its
 * kex is given back with the task. */
enum ike_why ike_create_offer(struct ike_turn *turn, uint8_t group);
/* Ni and KEi, out of it. */
void ike_create_put_offer(struct ike_turn *turn);

/* Nonces and secret of an exchange that both ends know now; views that last as long as the turn. */
struct ike_create_secrets {
    struct ike_bytes nonce_i;
    struct ike_bytes nonce_r;
    struct ike_bytes secret; /* empty without a key exchange */
    struct ike_bytes more;   /* SK(1) | SK(2) | … of those that followed (followup.h) */
    struct ike_bytes share;  /* the responder's own public value */
};

/* The responder's look: nonce and KE payload against the group chosen (a row; 0: none). Nothing is
 * spent. WHY_WRONG_GROUP when KE is of another group, or not there. */
enum ike_why ike_create_look(struct ike_turn *turn, uint8_t group, struct ike_create_secrets *out);
/* Its spending: nonce, key pair and secret. */
enum ike_why ike_create_spend(struct ike_turn *turn, uint8_t group, struct ike_create_secrets *out);
/* Nr and KEr. */
void ike_create_put_answer(struct ike_turn *turn, uint8_t group,
                           const struct ike_create_secrets *secrets);
/* The initiator's end: the secret out of the response, for the group chosen. */
enum ike_why ike_create_accept(struct ike_turn *turn, uint8_t group,
                               struct ike_create_secrets *out);

/* RFC 7296 2.8.1, 2.8.2: ours is given up, since what the peer has made, or is making, stays. */
enum ike_why ike_create_yield(struct ike_turn *turn);
/* A response that is an error notify and no more: asks again with another group, or later, or says
 * that it failed (RFC 7296 1.3, 2.25). */
enum ike_why ike_create_refused(struct ike_turn *turn);
/* A request on an IKE SA that is being closed or has been replaced: WHY_TEMPORARY_FAILURE. */
enum ike_why ike_create_too_late(struct ike_turn *turn);

#endif
