/* SPDX-License-Identifier: MIT
 * Tasks: requests of ours on an IKE SA, waiting for their turn or under way.
 * A handler never sends a request beside its answer; it adds a task, and the
 * pump asks as soon as the window lets it (RFC 7296 2.3) and nothing that is
 * going on forbids it (RFC 7296 1.3.2, 2.25). */
#ifndef IKE_V2_TASK_H
#define IKE_V2_TASK_H

#include "ike/v2/sa.h"

struct ike_turn;

/* In order of precedence, when several wait. */
enum ike_task_kind {
    TASK_CONNECT, /* IKE_SA_INIT and IKE_AUTH: one task, until the SA is up */
    TASK_SYNC,    /* counters agreed on anew (sync.h) */
    TASK_DELETE,
    TASK_MOVE,      /* UPDATE_SA_ADDRESSES (move.h) */
    TASK_ROUTABLE,  /* COOKIE2: is the peer where it says? */
    TASK_ADDRESSES, /* which addresses we have */
    TASK_WINDOW,    /* SET_WINDOW_SIZE */
    TASK_DELETE_CHILD,
    TASK_REKEY_IKE,
    TASK_REKEY_CHILD,
    TASK_NEW_CHILD,
    TASK_INFORM,   /* notifies and configuration of the owner's */
    TASK_REAUTH,   /* the time for authentication anew */
    TASK_REDIRECT, /* to another gateway, or the name of it is awaited (redirect.h) */
    TASK_PROBE,
    TASK_PATH,              /* COOKIE2, by a pair of addresses that is not in use */
    TASK_TOKEN,             /* QCD_TOKEN */
    TASK_TICKET,            /* TICKET_REQUEST */
    TASK_INVALID_SELECTORS, /* INVALID_SELECTORS (invalid_selectors.h) */
    TASK_FOLLOWUP, /* none of ours: what the peer has begun to make, and more key exchanges are
                      awaited for (followup.h); at its time it is forgotten */
    TASK_KINDS
};

struct ike_task {
    uint64_t at_ns;          /* under way: when to send it again; waiting: not before this */
    uint64_t rival;          /* the peer rekeyed the same SA meanwhile, and this came of it: number
                                of an IKE SA, or spi_in of a Child SA; 0: it did not. What the
                                owner asked for, under way on an IKE SA that was replaced: number
                                of the one that has taken its place */
    struct ike_blob request; /* octets under way */
    struct ike_blob nonce;   /* the lower nonce of the exchange that made the rival; TASK_INFORM,
                                TASK_INVALID_SELECTORS: the payloads it asks with, after the type
                                of the first; TASK_MOVE, TASK_ROUTABLE, TASK_PATH: COOKIE2 */
    uint32_t next;           /* an older one of the same SA */
    uint32_t id;             /* message id */
    uint32_t spi;      /* spi_in of the Child SA to be deleted, rekeyed or spoken of; of requests
                          about addresses: ike_mobike.moves when it was asked */
    uint32_t child;    /* place of the Child SA it is to make; 0: none */
    uint32_t fresh;    /* place of the IKE SA it is to make; 0: none */
    uint32_t gone_spi; /* the peer has deleted a Child SA by this SPI, which is none we know:
                          perhaps the one it has made for us, and the answer is late */
    uint32_t setup;    /* what CREATE_CHILD_SA offers; 0: none */
    uint16_t attempts; /* times asked and refused for the moment (TEMPORARY_FAILURE) */
    uint8_t groups;    /* and for its group (INVALID_KE_PAYLOAD) */
    uint8_t kind;
    uint8_t sends;  /* 0: it waits */
    uint8_t policy; /* TASK_NEW_CHILD: which of the policy's Child SAs */
    uint8_t why;    /* enum ike_why: what ends with TASK_DELETE and TASK_DELETE_CHILD ends so */
    uint8_t group;  /* row of the group to begin with; 0: the usual one */
    bool spread;    /* it went by other pairs of addresses too (path.h) */
};

/* "rekey a Child SA" */
const char *ike_task_name(uint8_t kind);
struct ike_task *ike_task_at(const struct ike_engine *engine, uint32_t place);
uint32_t ike_task_place(const struct ike_engine *engine, const struct ike_task *task);

/* Adds one that waits until `at_ns`, undone with the turn; one like it that waits already will do.
 * NULL: no room. It stands nowhere else: no handler needs to know whether it is under way. */
struct ike_task *ike_task_add(struct ike_turn *turn, enum ike_task_kind kind, uint32_t spi,
                              uint64_t at_ns);
/* The same for what one of is enough, under way or waiting: rekeying. */
struct ike_task *ike_task_want(struct ike_turn *turn, enum ike_task_kind kind, uint32_t spi);
/* As ike_task_add, without a turn, for what happens when one is committed; NULL when there is no
 * room. */
struct ike_task *ike_task_put(struct ike_engine *engine, struct ike_sa *sa, enum ike_task_kind kind,
                              uint64_t at_ns);
/* The task at hand has come to its end; with the turn it is removed, and with it whatever it was
 * to make and did not. */
void ike_task_done(struct ike_turn *turn);
/* The same once more, as a new task from `at_ns` on; `group`: row of the group to begin with, 0:
 * the usual one. False: no room. */
bool ike_task_again(struct ike_turn *turn, uint8_t group, uint64_t at_ns);

/* The one of `kind` about `spi`, or NULL. */
struct ike_task *ike_task_find(const struct ike_engine *engine, const struct ike_sa *sa,
                               enum ike_task_kind kind, uint32_t spi);
/* Requests under way. */
uint32_t ike_tasks_under_way(const struct ike_engine *engine, const struct ike_sa *sa);
/* When the pump, or retransmission, is next wanted. */
uint64_t ike_tasks_deadline(const struct ike_engine *engine, const struct ike_sa *sa);
/* One under way that is to be sent again, or NULL. */
struct ike_task *ike_task_overdue(const struct ike_engine *engine, const struct ike_sa *sa,
                                  uint64_t now_ns);
/* Removes one, whatever its state. */
void ike_task_remove(struct ike_engine *engine, struct ike_sa *sa, uint32_t place);
/* Removes all that wait. */
void ike_tasks_forget(struct ike_engine *engine, struct ike_sa *sa);
/* All that are under way are given up: they wait to be asked anew, as if they had never been. */
void ike_tasks_give_up(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns);
/* All that wait go from one SA to another, in their order (RFC 7296 2.8: it inherits). */
void ike_tasks_move(struct ike_engine *engine, struct ike_sa *from, struct ike_sa *to);

/* An IKE SA that was replaced ends: what the owner asked for and nobody answered is asked again on
 * the one that has taken its place, or told of. */
void ike_tasks_bequeath(struct ike_engine *engine, struct ike_sa *sa);

/* Asks what may be asked now. */
void ike_tasks_pump(struct ike_engine *engine, uint64_t now_ns, uint64_t sa_number);

/* What asks: writes the request of turn->task into the turn. Not WHY_OK: it cannot be asked, and is
 * dropped. One a kind, in the exchange's file. */
typedef enum ike_why ike_ask_fn(struct ike_turn *turn);
ike_ask_fn ike_ask_delete, ike_ask_delete_child, ike_ask_probe, ike_ask_window,
    ike_ask_inform;                                                         /* exchange_info.c */
ike_ask_fn ike_ask_move, ike_ask_routable, ike_ask_addresses, ike_ask_path; /* move.c */
ike_ask_fn ike_ask_reauth;                                                  /* reauth.c */
ike_ask_fn ike_ask_ticket;                                                  /* resume.c */
ike_ask_fn ike_ask_invalid_selectors;              /* invalid_selectors.c */
ike_ask_fn ike_ask_redirect;                       /* redirect.c */
ike_ask_fn ike_ask_new_child, ike_ask_rekey_child; /* exchange_child.c */
ike_ask_fn ike_ask_followup;                       /* exchange_followup.c */
ike_ask_fn ike_ask_rekey_ike;                      /* exchange_rekey.c */

#endif
