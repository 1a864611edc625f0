/* SPDX-License-Identifier: MIT
 * Rounds out of the descriptions of clients. */
#include "models/rounds.h"

#include "models/papers.h"
#include "models/policy.h"

#include <assert.h>

size_t model_round_count(const struct model_clients *clients)
{
    size_t count = 1;
    while (count < MODEL_ROUNDS_MAX && clients->more[count - 1] != MODEL_NO_AUTH)
        count++;
    return count;
}

enum model_auth model_auth_of_round(const struct model_clients *clients, size_t index)
{
    assert(index < MODEL_ROUNDS_MAX);
    return index == 0 ? clients->auth : clients->more[index - 1];
}

bool model_rounds_equal(const struct model_clients *a, const struct model_clients *b)
{
    const size_t count = model_round_count(a);
    bool equal = count == model_round_count(b);
    for (size_t i = 1; equal && i < count; i++)
        equal = model_auth_of_round(a, i) == model_auth_of_round(b, i);
    return equal;
}

bool model_rounds_have_eap(const struct model_clients *clients)
{
    bool has = false;
    for (size_t i = 0; i < model_round_count(clients); i++)
        has = has || model_auth_of_round(clients, i) >= MODEL_EAP;
    return has;
}

bool model_rounds_have_tls(const struct model_clients *clients)
{
    bool has = false;
    for (size_t i = 0; i < model_round_count(clients); i++) {
        const uint8_t method = model_eap_method_of(model_auth_of_round(clients, i));
        has = has || method == EAP_TLS || method == EAP_TTLS;
    }
    return has;
}

bool model_rounds_have_signature(const struct model_clients *clients)
{
    bool has = false;
    for (size_t i = 0; i < model_round_count(clients); i++)
        has = has || model_key_type_of(model_auth_of_round(clients, i)) != KEY_TYPE_NONE;
    return has;
}

bool model_rounds_share(const struct model_clients *clients)
{
    bool share = false;
    for (size_t i = 0; i < model_round_count(clients); i++) {
        const enum model_auth auth = model_auth_of_round(clients, i);
        share = share || model_eap_method_of(auth) == EAP_TLS ||
                (i > 0 && model_key_type_of(auth) != KEY_TYPE_NONE);
    }
    return share;
}

uint8_t model_rounds_key(const struct model_clients *clients)
{
    uint8_t key = KEY_TYPE_NONE;
    for (size_t i = 0; i < model_round_count(clients); i++) {
        const enum model_auth auth = model_auth_of_round(clients, i);
        const bool by_tls = model_eap_method_of(auth) == EAP_TLS;
        const uint8_t one = by_tls ? (uint8_t)clients->eap.certificates : model_key_type_of(auth);
        if (one == KEY_TYPE_NONE || one == key)
            continue;
        key = key == KEY_TYPE_NONE ? one : (uint8_t)KEY_TYPE_COUNT;
    }
    return key;
}

bool model_rounds_have_secret(const struct model_clients *clients)
{
    bool has = false;
    for (size_t i = 0; i < model_round_count(clients); i++) {
        const enum model_auth auth = model_auth_of_round(clients, i);
        has =
            has || auth == MODEL_PSK || (auth >= MODEL_EAP && model_eap_method_of(auth) != EAP_TLS);
    }
    return has;
}

void model_rounds_open(struct model_rounds *rounds, const struct model_clients *clients,
                       const struct model_rounds_end *end, struct ike_policy *first)
{
    struct ike_policy *before = first;
    for (size_t i = 1; i < model_round_count(clients); i++) {
        const enum model_auth auth = model_auth_of_round(clients, i);
        struct ike_policy *const policy = &rounds->more[i - 1];
        *policy = *first;
        policy->next_auth = NULL;
        if (end->id != NULL) {
            policy->proof = (uint8_t)model_proof_of(auth);
            policy->local_id = *end->id;
            policy->credential = end->credential;
        } else {
            policy->accepts = (uint8_t)(1 << model_proof_of(auth));
        }
        model_eap_of(clients, auth, end->password, end->id == NULL, &policy->eap);
        model_papers_tls(end->papers, &policy->eap.tls);
        before->next_auth = policy;
        before = policy;
    }
}
