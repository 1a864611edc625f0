/* SPDX-License-Identifier: MIT
 * A gateway's tickets (RFC 5723 6): made, judged, and each good once. By value a
 * ticket is the session itself, sealed with a key that outlives a crash; what was
 * used or revoked is remembered for a while. By reference it is a place in a
 * table of bounded size, with an integrity checksum, and good as long as it
 * stands there. */
#ifndef IKE_V2_TICKET_H
#define IKE_V2_TICKET_H

#include "ike/pool.h"
#include "ike/v2/sa.h"
#include "ike/why.h"

struct ike_turn;

enum {
    IKE_TICKET_SECRET = 32,
    IKE_SESSION_MAX = 512, /* octets of one as it is written: three identities and a key */
};

/* What is "from the ticket" when a session is resumed (RFC 5723 5). */
struct ike_session {
    uint64_t spi_i; /* of the IKE SA it is the session of (Note 4) */
    uint64_t spi_r;
    uint64_t until_s;   /* seconds since 1970; good before */
    uint16_t policy;    /* gateway: which of ike_config.policies */
    uint8_t method;     /* enum ike_session_method */
    struct ike_id id_i; /* as they stand in IKE_AUTH */
    struct ike_id id_r;
    struct ike_id known_as; /* gateway: as whom the client was authenticated, when that is another
                               than IDi (Note 1); type 0: it is not */
    struct ike_suite suite;
    uint8_t sk_d_len;
    uint8_t sk_d[IKE_KEY_MAX];
};

/* How the client was authenticated: enum ike_proof_kind, or */
enum ike_session_method { METHOD_EAP = PROOF_KINDS, METHOD_ROUNDS, SESSION_METHODS };

void ike_put_session(struct ike_writer *w, const struct ike_session *session);
/* Takes one off the front; WHY_TICKET_SYNTAX when there is none, or nonsense in it. Without keys
 * the suite may be empty. */
enum ike_why ike_session_parse(struct ike_reader *r, struct ike_session *out);

/* Sessions in the table, those granted first first. */
struct ike_tickets {
    struct ike_pool pool; /* by reference: struct kept */
    uint32_t oldest;
    uint32_t newest;
    uint64_t serial;
    struct ike_index known; /* by value: used and revoked, */
    uint64_t *names;        /* by place in that index; the oldest gives way to the next */
    uint64_t remembered;    /* so many so far */
};

bool ike_tickets_open(struct ike_engine *engine);
void ike_tickets_close(struct ike_engine *engine);
/* What only the memory of a process holds: the table, and which tickets were used. */
void ike_tickets_forget(struct ike_engine *engine);
uint64_t ike_tickets_memory(const struct ike_engine *engine);

/* Seconds since 1970. */
uint64_t ike_ticket_now_s(const struct ike_engine *engine, uint64_t now_ns);
/* Octets of the ticket that a session of `len` octets gets. */
size_t ike_ticket_len(const struct ike_engine *engine, size_t len);
/* A ticket for the session, which lasts as long as the turn, and its name; empty: no room in the
 * table. Until it is given away or the turn fails, ike_ticket_revoke takes it back. */
struct ike_bytes ike_ticket_make(struct ike_turn *turn, const struct ike_session *session,
                                 uint64_t *name);
/* Judges one that was presented: whether it is ours, unused, and its time not over. */
enum ike_why ike_ticket_open(struct ike_turn *turn, struct ike_bytes ticket,
                             struct ike_session *session, uint64_t *name);
/* It has not been used nor revoked since. */
bool ike_ticket_is_good(const struct ike_engine *engine, uint64_t name);
/* It is good no more; 0 is fine. */
void ike_ticket_revoke(struct ike_engine *engine, uint64_t name);

#endif
