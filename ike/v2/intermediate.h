/* SPDX-License-Identifier: MIT
 * Between IKE_SA_INIT and IKE_AUTH: IKE_INTERMEDIATE exchanges (RFC 9242), each
 * with one additional key exchange (RFC 9370 2.2.2), and what AUTH covers of
 * them. A setup with none of that has no record here, and asks IKE_AUTH at once. */
#ifndef IKE_V2_INTERMEDIATE_H
#define IKE_V2_INTERMEDIATE_H

#include "ike/v2/keymat.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "ike/v2/turn.h"

/* How far the exchanges have come. */
struct ike_mix_state {
    uint8_t done;               /* exchanges */
    uint8_t int_i[IKE_PRF_MAX]; /* IntAuth_i, IntAuth_r of those: RFC 9242 3.3.2 */
    uint8_t int_r[IKE_PRF_MAX];
};

/* Of a setup that has more key exchanges than one. A turn that is undone undoes nothing here, so
 * the state before message `id` is kept, to begin it again from. */
struct ike_mix {
    uint8_t addke[IKE_ADDKE_MAX]; /* rows, in their order */
    uint8_t count;
    uint32_t id;
    struct ike_mix_state before;
    struct ike_mix_state now;
    /* Of those that follow CREATE_CHILD_SA (followup.h): */
    struct ike_blob first;                      /* what stood in the peer's message of it, */
    uint8_t first_next;                         /* from a payload of this type on */
    struct ike_blob link;                       /* N(ADDITIONAL_KEY_EXCHANGE) to be sent back */
    struct ike_blob secrets[IKE_ADDKE_MAX + 1]; /* SK(0), SK(1), … */
};

/* A record for what was chosen, in place of one the setup may have; NULL: no room. */
struct ike_mix *ike_mix_open(struct ike_turn *turn, struct ike_setup *setup,
                             const struct ike_choice *choice);
bool ike_mix_is_wanted(const struct ike_choice *choice);
/* Begins message `id`: from the state before it, when its turn was undone once. */
void ike_mix_begin(struct ike_mix *mix, uint32_t id);
/* The peer's KE payload; WHY_ADDKE_METHOD when it is not of the group. */
enum ike_why ike_mix_parse_ke(const struct ike_turn *turn, const struct ike_algo *group,
                              struct ike_ke *peer);
/* A key pair of the exchange that is next, in place of the setup's last; its public value lasts as
 * long as the turn. NULL: the provider failed. */
uint8_t *ike_mix_offer(struct ike_turn *turn, struct ike_setup *setup, const struct ike_mix *mix);

void ike_mix_give(struct ike_engine *engine, uint32_t *place);

/* What becomes of ADDKE transforms in the IKE_SA_INIT message at hand or to be written. */
uint8_t ike_intermediate_use(const struct ike_turn *turn); /* enum ike_addke_use */
/* Initiator, into IKE_SA_INIT: N(INTERMEDIATE_EXCHANGE_SUPPORTED), when it proposes any. */
void ike_intermediate_offer(struct ike_turn *turn);
/* Derives the seven keys into the SA's store and tells of them (RFC 7296 2.14); turn->keys are what
 * they were. */
enum ike_why ike_intermediate_keys(struct ike_turn *turn, const struct ike_keymat_input *input);
/* Responder, after its IKE_SA_INIT answer: the exchanges chosen are awaited, if there are any. */
enum ike_why ike_intermediate_await(struct ike_turn *turn, const struct ike_choice *choice);
/* Initiator, when IKE_SA_INIT is answered: asks the first of them, or IKE_AUTH. */
enum ike_why ike_intermediate_ask(struct ike_turn *turn, const struct ike_choice *choice);
/* IntAuth: what AUTH covers beside the rest, lasting as long as the turn; empty without. */
struct ike_bytes ike_intermediate_proof(struct ike_turn *turn);

#endif
