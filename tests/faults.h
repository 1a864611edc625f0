/* SPDX-License-Identifier: MIT
 * Faults on purpose: of all the calls that may fail, one does. Pools and stores
 * say that there is no room, providers of cryptography that it cannot be done.
 * Linked in by wrapping the calls, so the engine knows nothing of it. And a reason
 * that no test hears of, for tests/mutate.py: IKELAB_UNHEARD=too_early in the
 * environment of a test program makes it "ok". */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include "ike/crypto.h"

/* The call of this number fails, from 0; below 0: none. Counting begins anew. */
void faults_arm(int number);
/* How many calls there have been that may fail. */
int faults_seen(void);
/* A provider's calls become ones that may fail. All providers planted at once are of one kind. */
void faults_plant(struct ike_crypto *crypto);

#endif
