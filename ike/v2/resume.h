/* SPDX-License-Identifier: MIT
 * What session resumption needs of an IKE SA, both roles (RFC 5723): tickets asked
 * for and given in IKE_AUTH, with the rekeying of the IKE SA, and later in
 * INFORMATIONAL, and taken back when the SA is closed:
 *
 *     …, N(TICKET_REQUEST)           -->
 *                                   <--   …, N(TICKET_LT_OPAQUE), or N(TICKET_ACK), or
 *                                            N(TICKET_NACK)
 *
 * The exchange in which one is presented is in exchange_resume.c. */
#ifndef IKE_V2_RESUME_H
#define IKE_V2_RESUME_H

#include "ike/v2/inner.h"
#include "ike/v2/ticket.h"
#include "ike/v2/turn.h"

/* Beside an IKE SA whose session may be resumed, from the time that it is up; and beside one that
 * is resumed, from its first message on. */
struct ike_resumable {
    struct ike_blob who;  /* a session without keys: who the two are (RFC 5723 5) */
    struct ike_blob told; /* client: for the owner, until it takes it */
    uint64_t name;        /* gateway: of the ticket that is out; 0: none */
    uint64_t presented;   /* being resumed: by the ticket of this name, */
    uint64_t old;         /* and number of the IKE SA that is superseded; 0: none */
    bool client;
    bool renewed; /* a ticket was given with the rekeying under way */
};

/* The row of beside.c. */
void ike_resume_give(struct ike_engine *engine, void *record);
void ike_resume_undo(struct ike_engine *engine, const void *record, const void *before);
void ike_resume_moved(struct ike_engine *engine, void *record, const struct ike_sa *to);

/* ---- the gateway ---- */

/* Whether a request of an exchange may make an SA: who gives no tickets knows nothing of
 * resumption.
 */
bool ike_resume_is_taken(const struct ike_engine *engine, uint8_t exchange);

/* An SA of ours as a responder is up, which `id_i` is the other end of as IDi has it (body of the
 * payload; empty: as it is known); its answer is written but for what was asked of tickets. */
enum ike_why ike_resume_up(struct ike_turn *turn, struct ike_bytes id_i);
/* The answer to N(TICKET_REQUEST), if it is in the message at hand: a ticket for `sa`, or only
 * TICKET_ACK when it is too early for one. */
void ike_resume_answer(struct ike_turn *turn, const struct ike_sa *sa, bool early);

/* ---- the client ---- */

/* N(TICKET_REQUEST), when the policy wants tickets; into the first IKE_AUTH request, and into the
 * one that rekeys an IKE SA of a client. */
void ike_resume_put_request(struct ike_turn *turn);
void ike_resume_put_rekey(struct ike_turn *turn);
/* The SA is up, its setup still there: who we are is kept, and what was answered is heard. */
enum ike_why ike_resume_came_up(struct ike_turn *turn);
/* A ticket for `sa`, which is the turn's or is to take its place, is kept for the owner. */
enum ike_why ike_resume_hear(struct ike_turn *turn, const struct ike_sa *sa);

/* What an owner gave back: the octets that ike_sa_ticket gave it. */
struct ike_resume {
    struct ike_session session;
    struct ike_addr inner[INNER_FAMILIES]; /* what it had, to be asked for again (Note 5) */
    struct ike_bytes ticket;
};
enum ike_why ike_resume_parse(struct ike_bytes octets, struct ike_resume *out);
/* An attempt is to begin with IKE_SESSION_RESUME. False: there is nothing to resume, or its time is
 * over (RFC 5723 4.3.1), or the policy will not have it so any more. */
bool ike_resume_begin(struct ike_turn *turn, struct ike_bytes octets);
/* Writes that request. */
enum ike_why ike_resume_ask(struct ike_turn *turn);
/* Inner addresses that the session had, INNER_FAMILIES of them, lasting as long as the turn; NULL:
 * none is resumed. */
const struct ike_addr *ike_resume_inner(struct ike_turn *turn);

/* ---- both ---- */

/* An IKE SA ends for a reason: its ticket with it, unless the peer was only out of reach or lost
 * what it knew (RFC 5723 3, 6.2). */
void ike_resume_ended(struct ike_engine *engine, const struct ike_sa *sa, enum ike_why why);
/* The turn is good: its tickets are spent, and the SA superseded goes without a word
 * (RFC 5723 4.3.4). */
void ike_resume_commit(struct ike_turn *turn);
/* Whether a policy still has a suite among its offers. */
bool ike_resume_allows(const struct ike_policy *policy, const struct ike_suite *suite);
/* Our IKE SA of those SPIs, or NULL. */
const struct ike_sa *ike_resume_find(const struct ike_engine *engine,
                                     const struct ike_session *session);

#endif
