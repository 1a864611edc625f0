/* SPDX-License-Identifier: MIT
 * Five tests that every structure on the wire must pass: its sample is parsed;
 * is put, into room full of 0xa5, just as it was; every truncation is refused;
 * and every change of one octet is refused or put again as it came. */
#ifndef TESTS_WIRE_CASES_H
#define TESTS_WIRE_CASES_H

#include "ike/bytes.h"
#include "ike/v2/message.h"

#include <stdbool.h>

/* Parses one payload, header cut off, and puts it again, header and all; false: refused. */
typedef bool wire_again_fn(struct ike_bytes body, struct ike_writer *w, size_t *link);

struct wire_case {
    uint8_t type; /* of the payload */
    struct ike_bytes body;
    size_t body_min; /* what is shorter is refused even where the payload's length agrees */
    wire_again_fn *again;
    const uint8_t *ignored; /* offsets in `body` of reserved octets, which need not come back */
    size_t ignored_count;
};

/* All five. */
void wire_case_holds(const struct wire_case *c);

/* A message of one payload around `body`, its lengths true; how long it is. */
size_t wire_message(uint8_t type, struct ike_bytes body, uint8_t *out, size_t max);
/* Parses a copy that ends where its memory ends, so that a sanitizer sees a step too far. The copy
 * stays until wire_forget. */
enum ike_why wire_parse(struct ike_bytes message, struct ike_message *out);
void wire_forget(void);

#endif
