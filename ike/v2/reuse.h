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

struct ike_reused {
    struct ike_kex kex;
    uint64_t until_ns;
    uint8_t group; /* its row; 0: none */
    uint8_t share[IKE_SHARE_MAX];
};

/* As the provider's kex_answer, with a key pair of before where that is allowed. `group` is a row.
 */
bool ike_reuse_answer(struct ike_turn *turn, uint8_t group, struct ike_bytes peer_share,
                      uint8_t *share, uint8_t *secret);
void ike_reuse_close(struct ike_engine *engine);

#endif
