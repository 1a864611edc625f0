/* SPDX-License-Identifier: MIT
 * What a gateway and its clients are to agree on, from the texts of their
 * descriptions. Within models only. */
#ifndef MODELS_POLICY_H
#define MODELS_POLICY_H

#include "models/world.h"

/* The description outlives the policy, which keeps its name. */
void model_policy_of_gateway(const struct model_gateway *gateway, const struct ike_addr *addr,
                             struct ike_policy *out);
void model_policy_of_clients(const struct model_clients *clients, struct ike_policy *out);
bool model_rekeys_children(const struct model_rekey *rekey);
/* How a gateway proves itself, `auto` resolved; and what its clients come with, as
 * ike_policy.accepts. */
enum model_auth model_auth_of_gateway(const struct model_world_config *config,
                                      const struct model_gateway *gateway);
/* They are that gateway's clients, or may be sent to it. */
bool model_serves(const struct model_world_config *config, const struct model_gateway *gateway,
                  const struct model_clients *clients);
uint8_t model_accepts_of_gateway(const struct model_world_config *config,
                                 const struct model_gateway *gateway);
/* The first of its clients, and of those who do EAP in one of their rounds; NULL: none. */
const struct model_clients *model_first_clients_of(const struct model_world_config *config,
                                                   const struct model_gateway *gateway);
const struct model_clients *model_eap_clients_of(const struct model_world_config *config,
                                                 const struct model_gateway *gateway);
/* Row of ike_key_types that its certificates are of; KEY_TYPE_NONE: it shows none. */
uint8_t model_key_type_of_gateway(const struct model_world_config *config,
                                  const struct model_gateway *gateway);
/* enum ike_eap_type; 0: not by EAP. */
uint8_t model_eap_method_of(enum model_auth auth);
/* What these clients, or the server they talk to, do of EAP with that method of theirs; nothing of
 * it: all zero. */
void model_eap_of(const struct model_clients *clients, enum model_auth auth, const char *password,
                  bool server, struct ike_eap_config *out);
/* Octets of a secret into `out`, `max` of them at most; how many it has. It is text, or 0x and two
 * digits for each (RFC 7296 2.15). */
size_t model_secret_of(const char *text, uint8_t *out, size_t max);
/* NAME.test, which stands for all of them */
void model_id_of_clients(const struct model_clients *clients, struct ike_id *out);
/* client-N@NAME.test */
void model_id_of_client(const struct model_clients *clients, uint32_t client, struct ike_id *out);
/* Proposals of a text, at most IKE_OFFERS_MAX; how many. */
uint8_t model_offers_of(const char *text, struct ike_offer *out);
/* The name of the first algorithm among proposals that the provider lacks; NULL: it has all. */
const char *model_lacking(const char *proposals, const struct ike_crypto *crypto);

#endif
