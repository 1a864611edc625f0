/* SPDX-License-Identifier: MIT
 * The SK payload: sealing what was written, opening what came (RFC 7296 3.14,
 * RFC 5282). The provider does the cryptography, this file the layout. */
#ifndef IKE_V2_PROTECT_H
#define IKE_V2_PROTECT_H

#include "ike/crypto.h"
#include "ike/ike.h"
#include "ike/v2/message.h"

/* Keys with which the side that has `initiator` sends. */
struct ike_seal_keys ike_keys_of(const struct ike_sa_keys *keys, bool initiator);

/* Begins an SK payload in a message under construction: payload header and room for the IV. Inner
 * payloads follow through the same `link`. Returns where it begins. */
size_t ike_begin_sealed(struct ike_writer *w, size_t *link, const struct ike_seal_keys *keys);
/* Pads, leaves room for the ICV, fixes lengths and seals. `iv_count` makes the IV of counter modes
 * and must never repeat under one key; CBC takes a random one (RFC 7296 3.14). */
void ike_end_sealed(struct ike_writer *w, size_t begin, const struct ike_seal_keys *keys,
                    struct ike_crypto *crypto, uint64_t iv_count);

/* Octets of a sealed message: `text_at` before what is sealed, `len` of that. */
size_t ike_sealed_len(const struct ike_seal_keys *keys, size_t text_at, size_t len);
/* The most that may be sealed so that the message is no longer than `max`; 0: nothing. */
size_t ike_sealed_most(const struct ike_seal_keys *keys, size_t text_at, size_t max);

/* The same for one fragment of `total`: SKF instead of SK, `next` the type of the first payload in
 * the first one (RFC 7383 2.5). */
struct ike_fragment_head {
    uint16_t number;
    uint16_t total;
    uint8_t next;
    size_t link; /* as above, when something stands between the header and it; 0: nothing does */
};
size_t ike_begin_fragment(struct ike_writer *w, const struct ike_seal_keys *keys,
                          const struct ike_fragment_head *head);
void ike_end_fragment(struct ike_writer *w, size_t begin, const struct ike_seal_keys *keys,
                      struct ike_crypto *crypto, uint64_t iv_count);

/* Opens what SK or SKF holds, in `copy`, a writable copy of message->whole; `text` is what stands
 * there without padding. WHY_BAD_ICV, WHY_SYNTAX. */
enum ike_why ike_open_text(const struct ike_message *message, const struct ike_seal_keys *keys,
                           struct ike_crypto *crypto, uint8_t *copy, struct ike_bytes *text);
/* Opens the SK payload of `copy`, a writable copy of message->whole, and parses what is within into
 * `message`. WHY_BAD_ICV, or what ike_message_parse_sealed says. */
enum ike_why ike_open_sealed(struct ike_message *message, const struct ike_seal_keys *keys,
                             struct ike_crypto *crypto, uint8_t *copy);

#endif
