/* SPDX-License-Identifier: MIT
 * Child SAs: what is offered, chosen, narrowed and keyed for one, whichever
 * exchange makes it (RFC 7296 1.2, 2.9, 2.17). */
#ifndef IKE_V2_CHILD_H
#define IKE_V2_CHILD_H

#include "ike/v2/proposal.h"
#include "ike/v2/selector.h"
#include "ike/v2/turn.h"

/* What the exchange that makes one comes to. Selectors as they stand in the answer: of the
 * exchange's initiator, then of its responder. */
struct ike_child_deal {
    struct ike_choice choice;
    struct ike_selectors i;
    struct ike_selectors r;
    uint8_t policy;    /* which of the SA's policy */
    uint32_t replaces; /* spi_in of the one it rekeys; 0: none */
    bool no_ke;        /* made by IKE_AUTH, without a key exchange of its own (RFC 7296 1.2) */
    bool transport;
    bool fragments; /* both want non-first fragments (RFC 7296 1.3.1) */
    uint16_t cpi;   /* of the peer's IPComp, when both want it; 0: they do not */
    bool more;      /* other parts of what was asked for would be granted apart (RFC 7296 2.9) */
    struct ike_addr was[2]; /* transport mode through a NAT: what the peer wrote for our side and
                               for its own (2.23.1); family 0: not that */
};

/* What its keys are made of (RFC 7296 2.17), of the exchange that makes it. */
struct ike_child_seed {
    struct ike_bytes secret; /* g^ir; empty without a key exchange */
    struct ike_bytes nonce_i;
    struct ike_bytes nonce_r;
    struct ike_bytes more; /* SK(1) | SK(2) | … of key exchanges that followed (RFC 9370 2.2.4) */
};

/* Takes a Child SA record and an SPI for it; WHY_CHILD_TABLE_FULL when there is no room. */
enum ike_why ike_child_begin(struct ike_turn *turn, uint8_t policy, uint32_t *place);

/* The initiator's request: notifies and SA; TSi and TSr, with the packet of `setup` first when
 * there is one (RFC 7296 2.9). Nonce and KE go between. */
void ike_child_put_offers(struct ike_turn *turn, uint32_t place, bool no_ke);
void ike_child_put_wanted(struct ike_turn *turn, uint32_t place, const struct ike_setup *setup);
/* Its judgement of the answer. */
enum ike_why ike_child_accept(struct ike_turn *turn, uint32_t place, const struct ike_setup *setup,
                              struct ike_child_deal *deal);

/* The responder's judgement of a request, before anything is spent: the first Child SA of the
 * policy that fits, or the one `only` names (IKE_CHILD_POLICIES_MAX: any). */
enum ike_why ike_child_judge(struct ike_turn *turn, uint8_t only, struct ike_child_deal *deal);
/* Its answer, in two halves as above. */
void ike_child_put_choice(struct ike_turn *turn, uint32_t place, const struct ike_child_deal *deal);
void ike_child_put_selectors(struct ike_turn *turn, const struct ike_child_deal *deal);

/* The Child SA is made: keys, selectors, event. `asked`: we are the exchange's initiator. Nothing
 * after it may fail. */
enum ike_why ike_child_make(struct ike_turn *turn, uint32_t place,
                            const struct ike_child_deal *deal, const struct ike_child_seed *seed,
                            bool asked);
/* The first of its selectors, ours then theirs. */
void ike_child_pair(const struct ike_engine *engine, const struct ike_child *child,
                    struct ike_selector *pair);
struct ike_child_selectors ike_child_selectors_of(const struct ike_engine *engine,
                                                  const struct ike_child *child);
/* It goes with the turn; an event says why. */
void ike_child_end(struct ike_turn *turn, uint32_t place, enum ike_why why);

/* Adds a task for one with the selectors of `packet` and, unless `alone`, the policy's. False: no
 * room. */
bool ike_child_want(struct ike_turn *turn, uint8_t policy, const struct ike_packet *packet,
                    bool alone);

/* Child SA of `sa` by either SPI; its place, or 0. */
uint32_t ike_child_find(const struct ike_engine *engine, const struct ike_sa *sa, uint32_t spi,
                        bool inbound);

#endif
