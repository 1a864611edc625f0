/* SPDX-License-Identifier: MIT
 * Keys and certificates of one end of a world: an authority of its own, as many
 * intermediates as wished, end entities, and the authorities it believes. All
 * keys are of one kind and come from the end's own random stream. Within models
 * only. */
#ifndef MODELS_PAPERS_H
#define MODELS_PAPERS_H

#include "ike/ike.h"
#include "models/world.h"

enum { MODEL_CHAIN_MAX = 4, KEY_SAVED_MAX = 2560 };

/* Calendar time when a run begins: 1 January 2026, in seconds since 1970. */
#define MODEL_EPOCH_S UINT64_C(1767225600)

struct model_papers {
    struct ike_crypto *crypto; /* the provider itself; NULL: nothing was opened */
    const char *name;
    uint8_t type; /* row of ike_key_types; 0: this end signs nothing */
    uint8_t links;
    bool apart;
    struct ike_key *root_key;
    struct ike_key *link_keys[MODEL_CHAIN_MAX];
    struct ike_key *key;
    struct ike_trust *trust;
    struct ike_bytes root;
    struct ike_credential credential;           /* without the end entity until one is issued */
    struct ike_tls_identity identity;           /* empty until it is issued */
    struct ike_bytes anchors[MODEL_THINGS_MAX]; /* what `trust` believes, */
    uint8_t anchor_count;                       /* for TLS */
    uint8_t room[MODEL_CHAIN_MAX + 1][IKE_CERT_MAX];
    uint8_t key_room[KEY_SAVED_MAX];
};

/* How an end proves itself, and with which kind of key. */
enum ike_proof_kind model_proof_of(enum model_auth auth);
uint8_t model_key_type_of(enum model_auth auth);

struct model_papers_spec {
    const char *name; /* outlives it */
    uint8_t type;     /* row of ike_key_types, or 0: this end signs nothing */
    uint64_t links;   /* intermediates */
    /* No two intermediates of a world have one name: real daemons tell certificates apart by their
     * issuers' names and their serial numbers (RFC 5280 4.1.2.2). */
    bool apart;
};
/* False: the provider fails. */
bool model_papers_open(struct model_papers *papers, struct ike_crypto *provider,
                       const struct model_papers_spec *spec);
void model_papers_close(struct model_papers *papers);
/* Octets that every end entity's certificate of these papers fits in. */
size_t model_papers_cert_max(const struct model_papers *papers);
/* A certificate for `id` into `room`, and the credential with it. */
bool model_papers_issue(struct model_papers *papers, const struct ike_id *id, uint64_t serial,
                        struct ike_writer *room, struct ike_credential *out);
/* Revocation lists of these papers, one of each authority that issues, the root's first: so many.
 */
uint8_t model_papers_lists(const struct model_papers *papers);
/* That number `which`, of nobody. */
bool model_papers_list(const struct model_papers *papers, uint8_t which, struct ike_writer *out);
/* What TLS shows: such a credential, which outlives it. */
bool model_papers_identify(struct model_papers *papers, const struct ike_credential *credential);
/* Who TLS shows itself as and whom it believes. */
void model_papers_tls(const struct model_papers *papers, struct ike_tls_config *out);
/* Each takes the other's authority for good, if the other has one. */
bool model_papers_exchange(struct model_papers *a, struct model_papers *b);

#endif
