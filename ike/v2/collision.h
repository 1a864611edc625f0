/* SPDX-License-Identifier: MIT
 * Exchanges that cross (RFC 7296 2.8.1, 2.8.2, 2.25): what a request is
 * answered while something of ours is going on, and which of two SAs made by
 * crossing rekeys stays. */
#ifndef IKE_V2_COLLISION_H
#define IKE_V2_COLLISION_H

#include "ike/v2/turn.h"

/* What the peer asks for. */
enum ike_request_kind { ASKS_NEW_CHILD, ASKS_REKEY_CHILD, ASKS_REKEY_IKE };

/* One row of RFC 7296 2.25: while a task of ours is going on, a request is refused. Whatever has no
 * row is answered as usual. */
struct ike_collision {
    enum ike_request_kind request;
    uint8_t ours;     /* enum ike_task_kind */
    bool same_child;  /* only when both are about the same Child SA */
    bool waiting_too; /* also while ours waits to be asked */
    enum ike_why why;
    const char *source;
};
extern const struct ike_collision ike_collisions[];
extern const size_t ike_collision_count;

/* WHY_OK: answer as usual. `spi_in`: of the Child SA it is about, or 0. */
enum ike_why ike_collision_judge(const struct ike_turn *turn, enum ike_request_kind request,
                                 uint32_t spi_in);

/* The lower of two nonces, octet by octet; one that is a beginning of the other is lower
 * (RFC 7296 2.8.1). */
struct ike_bytes ike_nonce_lower(struct ike_bytes a, struct ike_bytes b);

/* What came of the peer's rekeying: number of an IKE SA or spi_in of a Child SA, and the lower
 * nonce of the exchange that made it. */
struct ike_rival {
    uint64_t number;
    struct ike_bytes nonce;
};
/* The peer has rekeyed what we may be rekeying: our task of `kind` about `spi_in`, if it is under
 * way, becomes the turn's and remembers the rival. */
enum ike_why ike_collision_note(struct ike_turn *turn, enum ike_task_kind kind, uint32_t spi_in,
                                const struct ike_rival *rival, bool *crossing);
/* Our own rekeying has been answered: true when it holds the lowest of the four nonces, so that
 * what it made is to be deleted by us. */
bool ike_collision_lost(const struct ike_turn *turn, struct ike_bytes nonce_i,
                        struct ike_bytes nonce_r);

#endif
