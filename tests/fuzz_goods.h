/* SPDX-License-Identifier: MIT
 * What ends of a pair sign with under fuzzing: keys, certificates, a revocation
 * list, with the modelled provider, and where to fetch them. */
#ifndef TESTS_FUZZ_GOODS_H
#define TESTS_FUZZ_GOODS_H

#include "tests/pair.h"

/* For pair.furnish and pair.strip: both sign, look certificates up, and accept signatures alone. */
void fuzz_furnish(struct pair *pair, enum pair_side side);
void fuzz_strip(struct pair *pair, enum pair_side side);
/* For pair.fetch: what the other side would find at its URLs. */
struct ike_bytes fuzz_fetch(struct pair *pair, struct ike_bytes url);

#endif
