/* SPDX-License-Identifier: MIT
 * What the two ends of a fuzzed pair can do: a bit of the input switches each
 * feature on, at both ends. */
#ifndef TESTS_FUZZ_FEATURES_H
#define TESTS_FUZZ_FEATURES_H

#include "tests/pair.h"

enum { FUZZ_FEATURES_MAX = 24 };

/* Sets up the configurations by the bits of `mask`; `variant` chooses among methods. */
void fuzz_features(struct pair *p, uint32_t mask, uint8_t variant);

#endif
