/* SPDX-License-Identifier: MIT
 * Reading `ikev2_decryption_table` as Wireshark keeps it and capture.h writes
 * it: a line for each IKE SA with its SPIs, keys and algorithms. */
#ifndef RESULTS_KEYS_READ_H
#define RESULTS_KEYS_READ_H

#include "ike/ike.h"
#include "results/limits.h"

#include <stdio.h>

struct results_keys;

/* A row without integrity checking is passed over: what is not shown authentic is not opened.
 * NULL, and `error` says in which line, when the table is not well formed, names what is not known
 * here, or has a key of another length than its algorithm's. */
struct results_keys *results_keys_open(FILE *file, char *error);
/* NULL: none for this SA. Views into the table, valid until it is closed; only ENCR and INTEG of
 * the suite, and SK_e and SK_a are there. */
const struct ike_sa_keys *results_keys_find(const struct results_keys *keys, uint64_t spi_i,
                                            uint64_t spi_r);
void results_keys_close(struct results_keys *keys);

#endif
