/* SPDX-License-Identifier: MIT
 * Lifetimes: each end rekeys what it has used for long enough, and closes what
 * could not be rekeyed (RFC 7296 2.8). Nothing of it is negotiated. */
#ifndef IKE_V2_LIFETIME_H
#define IKE_V2_LIFETIME_H

#include "ike/v2/turn.h"

/* The time of an IKE SA that is up now, or of a Child SA just made, begins. */
void ike_lifetime_begin(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns);
void ike_lifetime_begin_child(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
                              uint64_t now_ns);
/* When one of them asks for something: sa->life_ns, made anew from what there is. */
void ike_lifetime_look(const struct ike_engine *engine, struct ike_sa *sa);
/* sa->life_ns has come: rekeys, or closes, what is due. */
void ike_lifetime_due(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns);

/* A message id of the SA was just used: when few are left, its time has come (RFC 7296 2.2). */
void ike_lifetime_ids(struct ike_turn *turn);

#endif
