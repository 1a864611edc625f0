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

#endif
