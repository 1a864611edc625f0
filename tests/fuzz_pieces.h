/* SPDX-License-Identifier: MIT
 * What a fuzz target tells fuzz_mutator.c of its inputs. */
#ifndef TESTS_FUZZ_PIECES_H
#define TESTS_FUZZ_PIECES_H

#include <stddef.h>
#include <stdint.h>

extern const size_t fuzz_head;        /* octets before the first piece */
extern const size_t fuzz_piece_kinds; /* of pieces: below this */
/* Octets of a piece before the pieces in it; more than there are: it has none. */
size_t fuzz_piece_skips(uint8_t kind);

#endif
