/* SPDX-License-Identifier: MIT
 * EAP beside an IKE SA: what either side keeps from the first IKE_AUTH message
 * to the last. It hangs on the SA's setup record and goes with it. */
#ifndef IKE_V2_EXCHANGE_EAP_H
#define IKE_V2_EXCHANGE_EAP_H

#include "ike/eap.h"
#include "ike/v2/turn.h"

enum { IKE_ID_BODY_MAX = 4 + IKE_ID_MAX };

struct ike_eap_side {
    struct ike_eap eap;
    struct ike_blob
        asked;         /* responder: what its first request holds that the last answer answers */
    uint32_t stepped;  /* id of the message whose packet was taken last */
    bool only;         /* EAP authenticates the responder too (RFC 5998 3) */
    uint8_t id_len[2]; /* bodies of IDi and IDr, which AUTH covers */
    uint8_t id[2][IKE_ID_BODY_MAX];
};

/* Gives back the record at *place, if there is one. */
void ike_eap_side_give(struct ike_engine *engine, uint32_t *place);
/* Whether the policy has the initiator authenticated by EAP. */
bool ike_eap_is_wanted(const struct ike_policy *policy);

/* Responder: EAP begins in answer to a later IDi, who `peer` is (RFC 4739 2.2). */
enum ike_why ike_eap_ask_again(struct ike_turn *t, const struct ike_id *peer);

#endif
