/* SPDX-License-Identifier: MIT
 * Messages made by hand, one payload after the other, in the clear or sealed with
 * the keys that a pair has agreed on, and given to an end as if from the other. */
#ifndef TESTS_CRAFT_H
#define TESTS_CRAFT_H

#include "ike/v2/payload.h"
#include "tests/pair.h"

extern struct pair p;
extern const struct pair_options plain;

struct craft {
    uint8_t bytes[IKE_MESSAGE_MAX];
    struct ike_writer w;
    size_t link;
    size_t sealed;
};

void craft_head(struct craft *c, const struct ike_header *head);
/* An IKE_SA_INIT request of a client that is nobody's engine. */
void craft_init(struct craft *c, uint64_t spi);
void craft_sa(struct craft *c);
void craft_ke(struct craft *c, const char *group, int first_octet);
void craft_nonce(struct craft *c, size_t len);
void craft_whole_init(struct craft *c, uint64_t spi);
enum ike_why give(struct craft *c, enum pair_side to);
/* A request of A inside the SA, with the message id that B awaits. */
void craft_sealed(struct craft *c, uint8_t exchange, uint32_t id);
void unknown_payload(struct craft *c, uint8_t type, bool critical);
void begin(void);
void begin_up(void);

#endif
