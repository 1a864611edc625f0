/* SPDX-License-Identifier: MIT
 * More key exchanges after CREATE_CHILD_SA (RFC 9370 2.2.4): what was agreed on
 * there is made only when the last of the IKE_FOLLOWUP_KE exchanges has come.
 * Until then both ends keep the peer's first message and the secrets so far: the
 * initiator beside its task, the responder in a task of its own, TASK_FOLLOWUP,
 * which holds the SA that is to be and is forgotten when nothing comes in time. */
#ifndef IKE_V2_FOLLOWUP_H
#define IKE_V2_FOLLOWUP_H

#include "ike/v2/create.h"
#include "ike/v2/intermediate.h"

/* Responder, in place of making it: awaits what was chosen, holding the Child SA or the IKE SA
 * (places; one of them 0) that it will be. */
struct ike_followup_of {
    uint32_t child;
    uint32_t fresh;
};
enum ike_why ike_followup_await(struct ike_turn *turn, const struct ike_choice *choice,
                                const struct ike_create_secrets *secrets,
                                const struct ike_followup_of *of);
/* N(ADDITIONAL_KEY_EXCHANGE), the last payload of its answer. */
void ike_followup_put_link(struct ike_turn *turn);

/* Initiator, in place of making it: goes on with the next key exchange as soon as it may, or stops
 * when its rekeying has lost against the peer's. */
enum ike_why ike_followup_begin(struct ike_turn *turn, const struct ike_choice *choice,
                                const struct ike_create_secrets *secrets);
/* Its task has begun them: the next is asked by the call below. */
bool ike_followup_is_next(const struct ike_engine *engine, const struct ike_task *task);
enum ike_why ike_followup_next(struct ike_turn *turn);

/* All secrets of a series that has ended, of `task`; the peer's first message is at hand again. */
enum ike_why ike_followup_secrets(struct ike_turn *turn, const struct ike_task *task,
                                  struct ike_create_secrets *out);

/* What is made then, in the exchange's own file: `task` as above. */
enum ike_why ike_child_finish(struct ike_turn *turn, const struct ike_task *task);
enum ike_why ike_child_finish_ours(struct ike_turn *turn);
enum ike_why ike_rekey_finish(struct ike_turn *turn, const struct ike_task *task);
enum ike_why ike_rekey_finish_ours(struct ike_turn *turn);

#endif
