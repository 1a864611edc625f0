/* SPDX-License-Identifier: MIT
 * IKE SAs that go by TCP (RFC 9329): when an initiator takes it, the connection
 * an SA goes by now, and what happens when that is gone. What such an SA needs
 * stands beside its record. The end that made the first IKE SA opens connections,
 * whoever rekeys (RFC 9329 1.2: the TCP Originator); the other goes by the one on
 * which it heard last. Octets are the owner's business (ike/stream.h). */
#ifndef IKE_V2_TCP_H
#define IKE_V2_TCP_H

#include "ike/v2/turn.h"

struct ike_tcp {
    uint64_t heir;     /* number of the IKE SA that has replaced it and waits for it, see tcp.c */
    uint32_t place;    /* of the SA */
    uint64_t retry_ns; /* a connection was not to be had: asked for again then; */
    uint64_t
        give_up_ns;  /* and the SA ends then. IKE_NEVER: one stands, or it is not ours to open */
    uint32_t stream; /* 0: none stands */
    uint8_t tries;   /* failed in a row */
    bool originator;
    bool wanted; /* asked for */
    bool moved;  /* the peer is to hear of a new one as soon as the SA is up */
};

/* For beside.c: with the record the SA goes by no connection; with a turn undone by that of before.
 */
void ike_tcp_give(struct ike_engine *engine, void *record);
void ike_tcp_undo(struct ike_engine *engine, const void *record, const void *before);

/* ---- which connection ---- */

/* The connection a request of the SA, which goes by TCP, is put on; 0: it waits for one. */
uint32_t ike_tcp_stream(const struct ike_engine *engine, const struct ike_sa *sa);
/* A responder's new SA goes by TCP if its request came so. */
enum ike_why ike_tcp_accept(struct ike_turn *turn);
/* The message at hand is of the peer, and new: the SA, which goes by TCP, goes the way it came. */
void ike_tcp_heard(struct ike_turn *turn);
/* A new IKE SA of the same peers goes by the connection of the turn's; false: no room. */
bool ike_tcp_inherit(struct ike_turn *turn, struct ike_sa *fresh);

/* ---- the initiator's choice ---- */

/* The attempt in the turn, nothing of which is sent yet, goes by TCP: with the turn a connection is
 * asked for. False: no room. */
bool ike_tcp_begin(struct ike_turn *turn);
/* Leaves UDP for TCP if the policy wants it now that `task`, an IKE_SA_INIT request, is overdue. */
bool ike_tcp_fall_back(struct ike_engine *engine, struct ike_sa *sa, struct ike_task *task,
                       uint64_t now_ns);
/* The attempt goes to another gateway: by a connection that is asked for with the turn, or by UDP
 * if the request is written now (RFC 9329 7.2). */
void ike_tcp_redirected(struct ike_turn *turn);

/* ---- time ---- */

/* Asks for a connection of the SA's own; a turn that wants that has been committed. */
void ike_tcp_connect(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns);
/* The SA, which goes by TCP, is up. */
void ike_tcp_came_up(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns);
uint64_t ike_tcp_deadline(const struct ike_engine *engine, const struct ike_sa *sa);
/* Serves it; false: it is not its time. The SA may have ended. */
bool ike_tcp_due(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns);

/* Writes the first IKE_SA_INIT request of the turn's SA, which waited for a connection:
 * exchange_init.c. */
enum ike_why ike_init_ask(struct ike_turn *turn);

#endif
