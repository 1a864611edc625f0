/* SPDX-License-Identifier: MIT
 * A hand on the wire that knows the keys: opens a message, spoils one of its
 * payloads in one of several ways, and seals it again. For tests of what an
 * end does with a peer that is authentic and wrong. */
#ifndef TESTS_MANGLE_H
#define TESTS_MANGLE_H

#include "tests/pair.h"

/* The wire's `touch`: of message `number` the payload and the way of `variant` are spoilt, from 0:
 * payload after payload, each in all ways. */
void mangle_arm(struct pair *p, int number, int variant);
/* Whether the variant was one that the message has. */
bool mangle_done(void);

/* The same with a hand of the test's own, which changes message `number` by the calls below. */
typedef void mangle_edit_fn(void);
void mangle_edit(struct pair *p, int number, mangle_edit_fn *edit);
/* All payloads of a type go; one comes as the last, with this body. */
void mangle_drop(uint8_t type);
void mangle_add(uint8_t type, const void *body, size_t len);
/* An empty one that must be understood. */
void mangle_add_critical(uint8_t type);
/* The body of the first payload of a type, to be written over; NULL: there is none. */
uint8_t *mangle_body(uint8_t type, size_t *len);

#endif
