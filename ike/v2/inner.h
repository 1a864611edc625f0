/* SPDX-License-Identifier: MIT
 * Inner addresses of an IKE SA, beside its record: asked for, leased, answered,
 * and what they mean for its traffic selectors (RFC 7296 2.9, 2.19). An SA that
 * neither asked nor was asked has none of it. */
#ifndef IKE_V2_INNER_H
#define IKE_V2_INNER_H

#include "ike/v2/config.h"
#include "ike/v2/lease.h"
#include "ike/v2/selector.h"
#include "ike/v2/turn.h"

enum { INNER_FAMILIES = 2 }; /* IPv4, then IPv6 */

struct ike_inner {
    struct ike_addr addr[INNER_FAMILIES]; /* family 0: none */
    uint32_t lease[INNER_FAMILIES];       /* at who gave it; 0: none */
    uint8_t pool[INNER_FAMILIES];         /* which of the engine's */
    uint8_t bits[INNER_FAMILIES];         /* of the pool's prefix */
    bool told;                            /* the gateway has said which families it has: */
    bool allowed[INNER_FAMILIES];         /* (RFC 8983 5) */
    struct ike_blob reply;                /* the last CFG_REPLY's body, at who asked */
};

/* NULL: the SA has none. */
struct ike_inner *ike_inner_of(const struct ike_engine *engine, const struct ike_sa *sa);
/* For beside.c. With the SA its addresses return to their pools; */
void ike_inner_give(struct ike_engine *engine, void *record);
/* those leased since it was `before` do; */
void ike_inner_undo(struct ike_engine *engine, const void *record, const void *before);
/* and they last as long as the SA's heirs (RFC 7296 2.8, 3.15.1). */
void ike_inner_moved(struct ike_engine *engine, void *record, const struct ike_sa *to);

/* What stands for a side of a Child SA that the policy leaves open: the address on the inside, or
 * all that may be given. False: neither, the IKE SA's own ends do. */
bool ike_inner_side(const struct ike_turn *t, bool local, struct ike_selectors *out);

/* The initiator's CFG_REQUEST, when its policy wants something: of no family that the gateway has
 * said it does not give (RFC 8983 5). */
void ike_inner_put_wants(struct ike_turn *t, struct ike_writer *w, size_t *link);
/* Its taking of the answer. WHY_ADDRESS_MISSING: no address came and it wanted one. */
enum ike_why ike_inner_take(struct ike_turn *t);
/* What the answer says of families, whatever else it says (RFC 8983 5). */
void ike_inner_hear(struct ike_turn *t);
/* What an initiator was granted, cut down to its address. */
enum ike_why ike_inner_narrow(struct ike_turn *t, struct ike_selectors *own);

/* The responder's look at a CFG_REQUEST in IKE_AUTH: addresses are leased. WHY_CONFIG_REQUIRED,
 * WHY_LEASES_EXHAUSTED, WHY_ADDRESS_FAMILY; nothing asked and nothing required: WHY_OK. */
enum ike_why ike_inner_lease(struct ike_turn *t);
/* Its CFG_REPLY, and which families it has. */
void ike_inner_put_reply(struct ike_turn *t);
/* The same in INFORMATIONAL, for any number of payloads: the look, before anything is written, and
 * the answers: CFG_REPLY, CFG_ACK, INTERNAL_ADDRESS_FAILURE. */
enum ike_why ike_inner_look(struct ike_turn *t);
void ike_inner_answer(struct ike_turn *t);
/* And what the response brings to who asked; an address is no more than welcome there. */
enum ike_why ike_inner_informed(struct ike_turn *t);
/* Only the latter, beside INTERNAL_ADDRESS_FAILURE. */
void ike_inner_put_families(struct ike_turn *t);

#endif
