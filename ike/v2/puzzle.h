/* SPDX-License-Identifier: MIT
 * Client puzzles (RFC 8019 7): with many half-open SAs a responder does not
 * only ask for its cookie back, but for work over it (7.1), and perhaps for more
 * before it opens what is sealed (7.2):
 *
 *     HDR(A,0), SAi1, KEi, Ni                    -->
 *                                   <--   HDR(A,0), N(COOKIE), N(PUZZLE)
 *     HDR(A,0), N(COOKIE), PS, SAi1, KEi, Ni     -->
 *                                   <--   HDR(A,B), SAr1, KEr, Nr, N(PUZZLE)
 *     HDR(A,B), PS, SK {IDi, AUTH, …}            -->
 *
 * A puzzle's cookie says how hard the puzzle was and when it was given, so that
 * the responder keeps nothing but a word for each of the last solved. Copies of
 * a request get the same puzzle within a second: an initiator who solved two
 * would not know which of its requests was answered (RFC 7296 2.15). */
#ifndef IKE_V2_PUZZLE_H
#define IKE_V2_PUZZLE_H

#include "ike/v2/turn.h"

enum {
    IKE_PUZZLE_INFO = 8, /* octets of a cookie that are about its puzzle */
    IKE_PUZZLES_REMEMBERED = 65536,
};

/* Of the engine: digests of cookies whose solutions have made an SA, each at its own place, until
 * another takes that. NULL: none was ever solved. */
struct ike_puzzles {
    uint64_t *spent;
    uint32_t spoilt; /* half-open SAs whose keys did not open something that came */
};

/* ---- the responder ---- */

/* Whether this request is to be answered with a puzzle were it not for what it brings. */
bool ike_puzzles_on(const struct ike_engine *engine);
/* The same of the request at hand: who presents a ticket does no work (RFC 8019 4.5). */
bool ike_puzzle_is_due(const struct ike_turn *turn);
/* A request whose cookie is good: `info` is what the cookie says of its puzzle, empty if it came
 * without one. WHY_OK: it may be served. */
enum ike_why ike_puzzle_check(struct ike_turn *turn, struct ike_bytes cookie,
                              struct ike_bytes info);
/* What the cookie for a new puzzle says of it; false: no puzzle, because no PRF is common. */
bool ike_puzzle_make(struct ike_turn *turn, uint8_t *info);
/* N(PUZZLE) for it. */
void ike_puzzle_put(struct ike_turn *turn, const uint8_t *info);
/* The SA was made: its puzzle is good for no other. */
void ike_puzzle_spend(struct ike_turn *turn);
void ike_puzzles_close(struct ike_engine *engine);

/* N(PUZZLE) into the answer that makes an SA, when that is to be: its IKE_AUTH must solve it. */
void ike_puzzle_put_auth(struct ike_turn *turn);
/* A message for an SA, before it is opened; WHY_WORK_WANTED, WHY_WORK_WRONG. Once solved, a puzzle
 * is done with, whatever becomes of the message: its keys are at hand (RFC 8019 4.6, 7.2.4). */
enum ike_why ike_puzzle_check_auth(struct ike_turn *turn);
/* What came of opening the message at hand, handed back. When the keys of the SA do not open it,
 * that stays so for the SA as long as it is half-open: ike_puzzle_closed. */
enum ike_why ike_puzzle_opened(struct ike_turn *turn, enum ike_why why);
void ike_puzzle_closed(struct ike_engine *engine, struct ike_sa *sa);

/* ---- the initiator ---- */

/* Solves the PUZZLE that came with this cookie, if there is one and it is not too hard for us, and
 * keeps the solution in the setup. WHY_PUZZLE_SYNTAX: it cannot be read. */
enum ike_why ike_puzzle_solve(struct ike_turn *turn, struct ike_bytes cookie);
/* Solves the one that came with the answer at hand, for IKE_AUTH. WHY_PUZZLE_SYNTAX, or
 * WHY_PUZZLE_HARD: the attempt ends so unless something better comes (RFC 7296 2.21.1). */
enum ike_why ike_puzzle_solve_auth(struct ike_turn *turn, struct ike_bytes nonce_r);
/* PS with a solution, if there is one. */
void ike_puzzle_put_solution(struct ike_turn *turn, struct ike_bytes solution);

#endif
