/* SPDX-License-Identifier: MIT
 * Addresses of an IKE SA that may change (RFC 4555): agreed on in IKE_AUTH, and
 * what is known of them beside the SA. An SA whose peers have not agreed on it
 * has none of this. How they change is move.h's, how they are tried path.h's. */
#ifndef IKE_V2_MOBIKE_H
#define IKE_V2_MOBIKE_H

#include "ike/v2/nat.h"
#include "ike/v2/turn.h"

struct ike_mobike {
    bool decides;   /* ours made the first IKE SA: it says which pair is used (RFC 4555 1.3, 2.1) */
    bool traverses; /* both do NAT traversal; else NO_NATS_ALLOWED goes along (3.9) */
    bool relisted;  /* ours are others than the peer was told */
    bool has_seen;
    uint8_t tries; /* UNEXPECTED_NAT_DETECTED in a row */
    uint8_t our_count;
    uint8_t their_count;
    struct ike_addr ours[IKE_ADDRESSES_MAX]; /* the one in use among them; none: that alone */
    struct ike_addr theirs[IKE_ADDRESSES_MAX];
    struct ike_path first;      /* before any change: what Child SAs have for the two ends (1.1) */
    struct ike_path children;   /* between these go the packets of Child SAs */
    struct ike_path agreed;     /* the pair used last that the peer has taken */
    struct ike_addr proven;     /* the peer has answered from there (3.7) */
    uint32_t moves;             /* changes of the pair so far */
    uint32_t update_id;         /* one after that of the newest UPDATE_SA_ADDRESSES taken, */
    uint32_t list_id;           /* and of the newest list of addresses */
    uint8_t seen[IKE_NAT_HASH]; /* the address the peer sees us at, when a NAT is between (3.8) */
};

/* NULL: not agreed on. Then the second is what may be changed in the turn. */
const struct ike_mobike *ike_mobike_of(const struct ike_engine *engine, const struct ike_sa *sa);
struct ike_mobike *ike_mobike_edit(struct ike_turn *t);
/* The end of the IKE SA that stands for a side of its Child SAs without selectors: what is used
 * inside a tunnel does not change when that moves (RFC 4555 1.1). */
const struct ike_addr *ike_mobike_end(const struct ike_engine *engine, const struct ike_sa *sa,
                                      bool local);
/* Row of beside.c: another IKE SA has taken over (RFC 7296 2.8); and its addresses, and what is
 * under way about them. */
void ike_mobike_moved(struct ike_engine *engine, void *record, const struct ike_sa *to);
void ike_mobike_inherit(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *from,
                        struct ike_sa *to);

/* Initiator: MOBIKE_SUPPORTED and our other addresses in IKE_AUTH, and what the answer makes of it
 * (RFC 4555 3.2, 3.4). */
void ike_mobike_put_offer(struct ike_turn *t);
void ike_mobike_agree(struct ike_turn *t);
/* Responder: of the first IKE_AUTH request, whether a NAT has changed its addresses against its
 * will: WHY_NAT_FORBIDDEN (3.9); and our answer, with the Child SA's. */
enum ike_why ike_mobike_check(struct ike_turn *t);
void ike_mobike_answer(struct ike_turn *t);
/* Initiator: all of it goes by port 4500, when the responder does NAT traversal (3.3). */
bool ike_mobike_floats(const struct ike_turn *t);

/* NAT_DETECTION_* of the pair `path`, or NO_NATS_ALLOWED. */
void ike_mobike_put_pair(struct ike_turn *t, const struct ike_path *path);
/* NO_NATS_ALLOWED of the message at hand fits where it came from and went to, or is not there. */
bool ike_mobike_is_unchanged(const struct ike_turn *t);
/* ADDITIONAL_IP4_ADDRESS and _IP6_ADDRESS: all of ours but the one in use; how many there are. */
uint8_t ike_mobike_put_list(struct ike_turn *t, const struct ike_addr *ours, uint8_t count);
/* The message at hand has a list; WHY_SYNTAX: one that cannot be read. */
bool ike_mobike_has_list(const struct ike_turn *t);
enum ike_why ike_mobike_look_list(const struct ike_turn *t);
/* It becomes what is known of the peer's, with where it came from (3.6). */
void ike_mobike_take_list(const struct ike_turn *t, struct ike_mobike *m);

/* Our addresses, the one in use among them. */
void ike_mobike_own(struct ike_mobike *m, const struct ike_addr *addresses, uint8_t count,
                    const struct ike_addr *used);
bool ike_mobike_has(const struct ike_addr *list, uint8_t count, const struct ike_addr *addr);
bool ike_path_equal(const struct ike_path *a, const struct ike_path *b);
struct ike_path ike_path_of(const struct ike_sa *sa);

#endif
