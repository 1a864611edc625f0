/* SPDX-License-Identifier: MIT
 * Messages of a pair opened with the keys it has seen: taken apart, changed at
 * will and put together again, sealed as their sender would. */
#ifndef TESTS_OPENED_H
#define TESTS_OPENED_H

#include "ike/v2/message.h"
#include "tests/pair.h"

/* A message taken apart: its payloads, in the clear. */
struct opened_part {
    uint8_t type;
    uint8_t flags;
    size_t len; /* of the body */
    uint8_t body[IKE_MESSAGE_MAX];
};
struct opened {
    struct ike_header head;
    bool is_sealed;
    struct ike_sa_keys keys; /* that opened it, a view into the pair */
    uint8_t last_next;       /* "next payload" of the last one; nought where it is right */
    size_t part_count;
    struct opened_part parts[IKE_PAYLOADS_MAX];
};
/* False: it is none, or comes in fragments, or nobody has its keys. */
bool opened_read(const struct pair *p, struct ike_bytes whole, struct opened *out);
/* Put together again, sealed with its keys as whom the header says; its octets, 0: too many. */
size_t opened_write(const struct pair *p, const struct opened *m, uint8_t *out);
/* One payload fewer, or the same once more where there is room. */
void opened_drop(struct opened *m, size_t which);
void opened_double(struct opened *m, size_t which);

#endif
