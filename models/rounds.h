/* SPDX-License-Identifier: MIT
 * How clients authenticate, round after round (RFC 4739 2.2): which methods, what
 * keys these need at either end, and the policies of the rounds after the first.
 * Within models only. */
#ifndef MODELS_ROUNDS_H
#define MODELS_ROUNDS_H

#include "models/papers.h"
#include "models/world.h"

enum { MODEL_ROUNDS_MAX = 1 + MODEL_MORE_ROUNDS };

/* Rounds there are: 1 at least. */
size_t model_round_count(const struct model_clients *clients);
/* Of the round with this index. */
enum model_auth model_auth_of_round(const struct model_clients *clients, size_t index);
/* All of these go through the same. */
bool model_rounds_equal(const struct model_clients *a, const struct model_clients *b);

bool model_rounds_have_eap(const struct model_clients *clients);
bool model_rounds_have_tls(const struct model_clients *clients);
/* In one of them they sign in IKE_AUTH itself. */
bool model_rounds_have_signature(const struct model_clients *clients);
/* They show what all of them share: in EAP-TLS, or by a signature after the first round. */
bool model_rounds_share(const struct model_clients *clients);
/* Row of ike_key_types that they need keys of; KEY_TYPE_NONE: none; KEY_TYPE_COUNT: several. */
uint8_t model_rounds_key(const struct model_clients *clients);
/* Their passwords or keys have to be the gateway's. */
bool model_rounds_have_secret(const struct model_clients *clients);

/* The policies after the first, each a copy of it and then another; `first` goes on with them. */
struct model_rounds {
    struct ike_policy more[MODEL_MORE_ROUNDS];
};
/* The end they are of. */
struct model_rounds_end {
    const struct model_papers *papers;
    const char *password;    /* of EAP */
    const struct ike_id *id; /* whose all of the clients are; NULL: it is the gateway, who asks, */
    const struct ike_credential *credential; /* and what they share */
};
/* Of clients who go through them, when `first` is done. */
void model_rounds_open(struct model_rounds *rounds, const struct model_clients *clients,
                       const struct model_rounds_end *end, struct ike_policy *first);

#endif
