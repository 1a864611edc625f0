/* SPDX-License-Identifier: MIT
 * One turn of the engine: one datagram, one deadline or one call of the owner,
 * taken whole or not at all. Handlers look, spend, then say; a turn that does
 * not end in WHY_OK is rolled back: a new SA is released, the record is what it
 * was, octets taken are given back, the answer is replaced by what the reason's
 * row says. So no handler cleans up. */
#ifndef IKE_V2_TURN_H
#define IKE_V2_TURN_H

#include "ike/ike.h"
#include "ike/v2/message.h"
#include "ike/v2/sa.h"
#include "ike/v2/task.h"

struct ike_rule;

enum { IKE_TURN_BLOBS = 12, IKE_GONE_MAX = 16, IKE_TURN_TASKS = 4, IKE_TURN_EDITS = 8 };

/* A record beside an SA that was changed (beside.h). */
struct ike_edit {
    uint8_t kind;
    bool made;       /* there was none */
    uint32_t sa;     /* its place */
    uint8_t *before; /* what it was, in the turn's scratch */
};

struct ike_turn {
    struct ike_engine *engine;
    uint64_t now_ns;
    const struct ike_datagram *datagram; /* NULL in a tick or call */
    struct ike_bytes bytes;              /* the message, marker cut off */
    struct ike_message in;
    const struct ike_rule *rule;

    struct ike_sa *sa;
    struct ike_sa before; /* what the record was */
    bool added;           /* the SA was made in this turn */

    struct ike_task *task;       /* the one asked or answered, or NULL */
    struct ike_task task_before; /* what it was, unless it was made in this turn */
    bool task_done;              /* it is removed if the turn succeeds */
    uint32_t tasks_made[IKE_TURN_TASKS];
    uint8_t tasks_made_count;
    uint32_t setup_made; /* taken in this turn; given back if it fails */
    uint32_t fresh_made; /* IKE SA that is to replace another, taken in this turn */
    uint64_t heir; /* number of the SA that inherits all of `heir_of` with this turn; 0: none */
    uint64_t heir_of;
    uint64_t stirred; /* number of another SA that has something to ask; 0: none */
    bool rerouted;    /* the SA goes between other addresses than before */
    bool delete_old;  /* and we are to delete the one inherited from */
    bool connect;     /* with the turn the SA asks for a TCP connection */
    bool give_up;     /* requests of ours under way are, with this turn */
    bool uncounted; /* the message to be written has message id 0 and no place in a window (sync.h)
                     */

    struct ike_writer out; /* the message under construction, in an output's room */
    size_t link;           /* for ike_begin_payload */
    size_t sealed;         /* where its SK payload begins; 0: in the clear */
    bool is_response;
    bool cut;                /* `out` holds its fragments, one after another */
    bool sealed_open;        /* the message at hand was sealed, and authenticated */
    uint32_t events_tail;    /* where events of this turn begin */
    struct ike_sa_keys keys; /* of `sa`, when it has any */

    struct ike_blob made[IKE_TURN_BLOBS]; /* given back if the turn fails */
    uint8_t made_count;
    struct ike_blob dropped[IKE_TURN_BLOBS]; /* given back if it succeeds */
    uint8_t dropped_count;
    struct ike_edit edits[IKE_TURN_EDITS]; /* undone if the turn fails */
    uint8_t edit_count;
    uint32_t child_made;     /* Child SA made in this turn */
    uint32_t child_reserved; /* one from before, made in this turn: not `up` if that fails */
    uint32_t fresh_reserved; /* the same of an IKE SA that is to replace another */
    uint32_t
        task_spent; /* TASK_FOLLOWUP that is removed if the turn succeeds: it owns nothing then */
    uint32_t child_doomed; /* one that got its fate in this turn */
    uint32_t
        child_gone[IKE_GONE_MAX + 1]; /* removed if the turn succeeds; `up` is false meanwhile */
    uint8_t child_gone_count;

    uint64_t request_digest; /* of the IKE_SA_INIT request at hand */
    uint16_t wanted_group;   /* data of INVALID_KE_PAYLOAD */
    uint16_t end_notify;     /* what the peer said when `end` is PEER_REFUSED */
    enum ike_why end;        /* not WHY_OK: the SA ends with this turn, for this reason */
    uint64_t puzzle;         /* digest of the cookie whose puzzle the request solved; 0: none */
    uint8_t puzzles_solved;  /* so many in a row */
    struct ike_bytes work;   /* a solution that goes before what is sealed in the request to come */
    uint64_t ticket_done; /* name of a ticket that is good no more if the turn succeeds; 0: none */
    uint64_t resumed;     /* number of the IKE SA whose session goes on in this one; 0: none */
    bool initial_contact; /* the peer said it has no other SA */
    struct ike_bytes asks[IKE_ASKS_MAX]; /* what the message wants from outside (hold.h) */
    uint8_t ask_count;
    uint32_t reassembly; /* the message at hand came of its fragments (fragment.h); 0: it did not */
    size_t scratch_used;
};

/* Begins a turn on `sa` (NULL: none yet). */
struct ike_turn *ike_turn_begin(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa);
/* Ends it: commits when WHY_OK, else rolls back and answers as the reason's row says. What waits
 * on the SAs concerned is asked if it may be now, in turns of its own. */
enum ike_why ike_turn_end(struct ike_turn *turn, enum ike_why why);
/* The same without the last sentence. */
enum ike_why ike_turn_finish(struct ike_turn *turn, enum ike_why why);

/* Makes an SA the turn's own; WHY_SA_TABLE_FULL when there is no room. */
enum ike_why ike_turn_add_sa(struct ike_turn *turn, bool initiator);
/* Another SA of the same two peers, to replace the turn's; it is the turn's own until then. */
struct ike_sa *ike_turn_add_fresh(struct ike_turn *turn, bool initiator);
/* Takes a setup record into `slot`, zeroed; false: no room. */
bool ike_turn_add_setup(struct ike_turn *turn, uint32_t *slot);
/* With the turn, one IKE SA takes over all Child SAs and tasks of another (numbers). */
void ike_turn_inherit(struct ike_turn *turn, uint64_t from, uint64_t to);
/* The turn's SA takes over those of `from` at once, and keeps them however the turn ends. */
void ike_turn_inherit_now(struct ike_turn *turn, uint64_t from);
/* Octets that last as long as the turn. */
uint8_t *ike_turn_scratch(struct ike_turn *turn, size_t len);
/* Keeps a copy of `bytes` in the record's `slot`; what was there is dropped. False: no room. */
bool ike_turn_keep(struct ike_turn *turn, struct ike_blob *slot, struct ike_bytes bytes);
/* The same, contents to be filled in by the caller; NULL: no room. */
uint8_t *ike_turn_room(struct ike_turn *turn, struct ike_blob *slot, size_t len);
void ike_turn_drop(struct ike_turn *turn, struct ike_blob *slot);

/* Opens the answer to the request at hand, sealed when the SA has keys and it is not of an exchange
 * that makes it: IKE_SA_INIT, IKE_SESSION_RESUME. */
void ike_turn_answer(struct ike_turn *turn);
/* Opens a request of `turn->task`, of `exchange`, sealed unless that is one of those. */
void ike_turn_ask(struct ike_turn *turn, uint8_t exchange);

#endif
