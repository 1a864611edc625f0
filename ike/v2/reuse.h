/* SPDX-License-Identifier: MIT
 * A responder's exponentials, used again for a while (RFC 7296 2.12): one key
 * pair of a group answers all who come in config.reuse_ns. Each answer costs one
 * multiplication less, and what was agreed on in that time stands or falls
 * together. A KEM has nothing of the kind. */
#ifndef IKE_V2_REUSE_H
#define IKE_V2_REUSE_H

#include "ike/crypto.h"
#include "ike/limits.h"

struct ike_engine;
struct ike_turn;

/* A key pair of ours, there as long as somebody holds it: who answers with it again, or an SA whose
 * keys are to be derived (late.h). In engine->pairs. */
struct ike_pair {
    uint32_t holders;
    uint8_t group; /* its row */
    struct ike_kex kex;
};

struct ike_reused {
    uint64_t until_ns;
    uint32_t pair;
    uint8_t group; /* its row; 0: none */
    uint8_t share[IKE_SHARE_MAX];
};

/* As the provider's kex_answer, with a key pair of before where that is allowed. `group` is a row.
 */
bool ike_reuse_answer(struct ike_turn *turn, uint8_t group, struct ike_bytes peer_share,
                      uint8_t *share, uint8_t *secret);
/* The key pair alone, held for the caller, and its public value; 0: there is no room, or
 * the provider failed. Not of a KEM. */
uint32_t ike_reuse_pair(struct ike_turn *turn, uint8_t group, uint8_t *share);
/* One holder less; 0 is fine. */
void ike_pair_drop(struct ike_engine *engine, uint32_t place);
void ike_reuse_close(struct ike_engine *engine);

#endif
