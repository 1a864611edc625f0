/* SPDX-License-Identifier: MIT
 * The tree of a message: a line for each structure in it, with its offset in
 * the message, its length and what stands in it, and lines that explain what is
 * wrong ("!") or only odd ("?"). All reading is the engine's (ike/v2). */
#ifndef EXPERIMENTS_INSPECT_PRINT_H
#define EXPERIMENTS_INSPECT_PRINT_H

#include "ike/crypto.h"
#include "ike/ike.h"
#include "ike/v2/message.h"

#include <stdio.h>

/* Fragments of one message that came in their order (RFC 7383 2.6). */
struct inspect_joined {
    uint64_t spi_i, spi_r;
    uint32_t id;
    uint16_t number; /* of the last one taken */
    uint8_t flags;
    uint8_t next;
    size_t len;
    uint8_t octets[UINT16_MAX];
};

struct inspect_print {
    FILE *out;
    struct ike_bytes whole;         /* what offsets count from */
    const struct ike_message *m;    /* as far as it could be read */
    const struct ike_sa_keys *keys; /* NULL: none */
    struct ike_crypto *crypto;
    struct inspect_joined *joined; /* with keys */
    int depth;
    uint32_t errors;
};

/* Header and payloads of print->whole, one UDP datagram's message; print->errors counts the lines
 * with "!". */
void inspect_tree(struct inspect_print *print);

/* `at` points into print->whole, or is its end. */
__attribute__((format(printf, 3, 4))) void inspect_line(const struct inspect_print *print,
                                                        const uint8_t *at, const char *format, ...);
__attribute__((format(printf, 3, 4))) void inspect_error(struct inspect_print *print,
                                                         const uint8_t *at, const char *format,
                                                         ...);
__attribute__((format(printf, 3, 4))) void inspect_odd(const struct inspect_print *print,
                                                       const uint8_t *at, const char *format, ...);

/* What stands in one payload; errors are told, and what follows it can still be read. */
void inspect_payload(struct inspect_print *print, uint8_t type, struct ike_bytes body);

#endif
