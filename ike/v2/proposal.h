/* SPDX-License-Identifier: MIT
 * SA payloads: reading proposals, choosing one, writing ours (RFC 7296 2.7, 3.3). */
#ifndef IKE_V2_PROPOSAL_H
#define IKE_V2_PROPOSAL_H

#include "ike/algo.h"
#include "ike/bytes.h"
#include "ike/limits.h"
#include "ike/why.h"

#include <stdbool.h>
#include <stdint.h>

/* RFC 7296 3.3.2, 3.3.5 */
struct ike_transform {
    uint8_t type;
    uint16_t id;
    uint16_t key_bits; /* 0: no key-length attribute */
    bool strange;      /* an attribute we do not know, or a key length of 0 or said twice: not to be
                          chosen (RFC 7296 3.3.6) */
};

/* RFC 7296 3.3.1 */
struct ike_proposal {
    bool last;
    uint8_t number;
    uint8_t protocol;
    struct ike_bytes spi;
    struct ike_transform transforms[IKE_TRANSFORMS_MAX];
    uint8_t transform_count;
};

/* Takes one transform off the front of `list`; `last` when it is marked so (RFC 7296 3.3.2). */
enum ike_why ike_transform_parse(struct ike_reader *list, struct ike_transform *out, bool *last);

/* What was chosen. */
struct ike_choice {
    struct ike_suite suite;
    uint8_t addke[IKE_ADDKE_MAX]; /* rows of additional key exchanges; 0: none there */
    uint8_t addke_none;           /* 1 << n: ADDKE n + 1 was proposed, and NONE of it chosen */
    uint8_t number;               /* of the peer's proposal */
    struct ike_bytes spi;         /* the peer's */
};

/* Takes one proposal off the front of `list`. */
enum ike_why ike_proposal_parse(struct ike_reader *list, struct ike_proposal *out);

/* What becomes of the types ADDKE1 to ADDKE7 (RFC 9370 2.2.1): ours are not proposed and the peer's
 * are types we do not know; both are negotiated; or ours are wanted of a peer who cannot have them.
 */
enum ike_addke_use { ADDKE_LEFT_OUT, ADDKE_NEGOTIATED, ADDKE_IMPOSSIBLE };

/* What the SA payload is judged against. */
struct ike_wish {
    uint8_t protocol;               /* PROTOCOL_IKE or PROTOCOL_ESP */
    uint8_t spi_size;               /* 0 in IKE_SA_INIT, 4 for ESP */
    const struct ike_offer *offers; /* ours, best first */
    uint8_t offer_count;
    uint8_t addke; /* enum ike_addke_use */
    bool no_ke; /* IKE_AUTH's Child SA: KE transforms are neither needed nor used (RFC 7296 1.2) */
};

/* A responder's choice: the first of our offers that some proposal of theirs satisfies; within it
 * our order of preference. Every transform type the proposal holds must be satisfied; with an AEAD,
 * INTEG must be absent or have NONE among its values (RFC 7296 3.3, 3.3.3). An offer of ours that
 * says nothing of ESN means "no ESN"; a proposal for ESP that says nothing lacks a mandatory type.
 * What of an offer of ours lacks one is not used. Proposals not numbered 1, 2, 3, … are WHY_SYNTAX;
 * WHY_NO_PROPOSAL when nothing fits; the whole payload is always checked for syntax. */
enum ike_why ike_proposal_choose(struct ike_bytes body, const struct ike_wish *wish,
                                 struct ike_choice *out);
/* An initiator's check of the one answer: exactly one proposal, one transform of each type it
 * needs, all of them offered under that number. WHY_CHOICE_NOT_OFFERED else. */
enum ike_why ike_proposal_accept(struct ike_bytes body, const struct ike_wish *wish,
                                 struct ike_choice *out);

/* First row of a type among our offers, or 0; the row of a group among them, by IANA's number. */
uint8_t ike_offers_first(const struct ike_offer *offers, uint8_t count,
                         enum ike_transform_type type);
uint8_t ike_offers_group(const struct ike_offer *offers, uint8_t count, uint16_t id);

/* All offers as proposals 1, 2, …; AEAD and non-AEAD are never mixed in one: an offer holding both
 * is written as two. `spi` goes into each (empty in IKE_SA_INIT). For wish->no_ke, KE rows are left
 * out; for ESP a "no ESN" transform is added when the offer has none. */
void ike_put_offers(struct ike_writer *w, size_t *link, const struct ike_wish *wish,
                    struct ike_bytes spi);
/* The chosen one, as the answer. */
void ike_put_choice(struct ike_writer *w, size_t *link, const struct ike_wish *wish,
                    const struct ike_choice *choice, struct ike_bytes spi);

#endif
