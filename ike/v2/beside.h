/* SPDX-License-Identifier: MIT
 * What only some IKE SAs need, beside their records: one record of a kind an
 * SA, taken when it is needed, given back with the SA. An SA that has none of a
 * kind pays nothing for it, and when no SA has any, neither does a look.
 *
 * A new kind is a row here and one in beside.c, and a struct in the header of
 * the file whose subject it is. */
#ifndef IKE_V2_BESIDE_H
#define IKE_V2_BESIDE_H

#include "ike/v2/turn.h"

enum ike_beside_kind {
    BESIDE_INNER,     /* struct ike_inner: addresses on the inside */
    BESIDE_WINDOW,    /* struct ike_window: of more than one request */
    BESIDE_SYNC,      /* struct ike_sync: counters may be agreed on anew */
    BESIDE_TOKEN,     /* struct ike_token: of the peer, should it crash */
    BESIDE_KEEPALIVE, /* struct ike_keepalive: behind a NAT */
    BESIDE_TCP,       /* struct ike_tcp: of an SA that goes by TCP */
    BESIDE_TICKET,    /* struct ike_resumable: whose session may be resumed */
    BESIDE_REDIRECT,  /* struct ike_redirect_self: who goes where it is sent */
    BESIDE_RATE,      /* struct ike_rate: whose peer rekeys, where that is limited */
    BESIDE_LATE,      /* struct ike_late: keys are still to be derived */
    BESIDE_MOBIKE,    /* struct ike_mobike: addresses that may change */
    BESIDE_KINDS
};

struct ike_beside {
    struct ike_pool pool;
    uint32_t *of; /* place of the record, by place of the SA; 0: none */
};

/* Room for a record of each kind for every SA; false: no address space. */
bool ike_besides_open(struct ike_engine *engine);
void ike_besides_close(struct ike_engine *engine);
/* Octets in use by records now. */
uint64_t ike_besides_memory(const struct ike_engine *engine);

/* The SA's record; NULL: it has none. */
void *ike_beside_of(const struct ike_engine *engine, const struct ike_sa *sa,
                    enum ike_beside_kind kind);
/* The same to be changed in this turn, zeroed if it is new: when the turn fails it is what it was.
 * NULL: no room. */
void *ike_beside_edit(struct ike_turn *turn, const struct ike_sa *sa, enum ike_beside_kind kind);
/* The same without a turn. */
void *ike_beside_need(struct ike_engine *engine, const struct ike_sa *sa,
                      enum ike_beside_kind kind);

/* What was changed in the turn, of one kind or of all, is undone. Octets made are not its business.
 */
void ike_beside_undo(struct ike_turn *turn, enum ike_beside_kind kind);
void ike_besides_undo(struct ike_turn *turn);
/* One is done with before its SA is; not in a turn that may fail. */
void ike_beside_give(struct ike_engine *engine, const struct ike_sa *sa, enum ike_beside_kind kind);
/* With the SA: all are given back, and what hangs on them. */
void ike_besides_give(struct ike_engine *engine, const struct ike_sa *sa);
/* One IKE SA takes the place of another (RFC 7296 2.8), and of its records those that last. */
void ike_besides_move(struct ike_engine *engine, const struct ike_sa *from,
                      const struct ike_sa *to);

#endif
