/* SPDX-License-Identifier: MIT
 * Cookies, the responder's side (RFC 7296 2.6): when they are asked for, how
 * they are made, and judged without any state but two secrets. */
#ifndef IKE_V2_COOKIE_H
#define IKE_V2_COOKIE_H

#include "ike/ike.h"

enum { IKE_COOKIE_SECRET = 32, IKE_COOKIE_LEN = 1 + 32 }; /* version | prf */

struct ike_turn;

struct ike_cookies {
    bool on;
    uint64_t
        below_since_ns; /* count of half-open SAs has been below off_below; IKE_NEVER: it is not */
    uint8_t version;    /* of the secret now; the one before has version - 1 */
    bool has_now;
    bool has_before;
    uint64_t born_ns; /* when the secret of now began */
    uint8_t now[IKE_COOKIE_SECRET];
    uint8_t before[IKE_COOKIE_SECRET];
};

/* Switches asking on or off by the count of half-open SAs; to be called when that or time changed.
 */
void ike_cookies_update(struct ike_cookies *cookies, const struct ike_cookie_config *config,
                        uint32_t half_open, uint64_t now_ns);

/* Judges the IKE_SA_INIT request of the turn: WHY_OK when no cookie is wanted or the one there is
 * good, else WHY_COOKIE_WANTED or WHY_COOKIE_WRONG. */
enum ike_why ike_cookie_check(struct ike_turn *turn);
/* The cookie for that request, into the turn's answer. */
void ike_cookie_put(struct ike_turn *turn, struct ike_writer *w, size_t *link);

#endif
