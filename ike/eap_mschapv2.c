/* SPDX-License-Identifier: MIT
 * EAP-MSCHAPv2 (type 26): MS-CHAP-V2's packets within EAP's. Mutual, both sides
 * know the password; its MSK is RFC 3079's keys.
 *
 *     server                               peer
 *     Challenge (challenge, name)     -->
 *                                     <--  Response (challenge, proof, name)
 *     Success (proof)                 -->
 *                                     <--  Success
 *     or Failure (E=691)              -->
 *                                     <--  Failure
 */
#include "ike/eap_methods.h"
#include "ike/mschapv2.h"

enum opcode { OP_CHALLENGE = 1, OP_RESPONSE = 2, OP_SUCCESS = 3, OP_FAILURE = 4 };
enum stage { ST_BEGUN, ST_PROVEN, ST_REFUSED };
enum { RESERVED = 8, VALUE = MSCHAPV2_CHALLENGE + RESERVED + MSCHAPV2_RESPONSE + 1 };

/*  OpCode (1) | MS-CHAPv2-ID (1) | MS-Length (2) | …   RFC 2759 3 to 6 */
static size_t begin_op(struct ike_writer *out, enum opcode op, uint8_t id)
{
    const size_t begin = out->len;
    put_u8(out, (uint8_t)op);
    put_u8(out, id);
    put_u16(out, 0);
    return begin;
}

static void end_op(struct ike_writer *out, size_t begin)
{
    put_u16_at(out, begin + 2, out->len - begin);
}

/* The opcode, and what follows the length that must be that of all. */
static enum ike_why op_read(struct ike_bytes data, uint8_t *op, uint8_t *id, struct ike_reader *r)
{
    *r = rd_open(data);
    *op = rd_u8(r);
    *id = rd_u8(r);
    const size_t length = rd_u16(r);
    return r->bad || length != data.len ? WHY_EAP_SYNTAX : WHY_OK;
}

static struct ike_mschapv2 terms(const struct ike_eap *eap, struct ike_bytes user)
{
    const struct ike_eap_mschapv2 *const s = &eap->of.mschapv2;
    return (struct ike_mschapv2){.server_challenge = s->server_challenge,
                                 .peer_challenge = s->peer_challenge,
                                 .user = user,
                                 .password = ike_eap_password(eap)};
}

static enum ike_why keep_msk(struct ike_eap *eap)
{
    const uint8_t *const response = eap->of.mschapv2.response;
    eap->has_msk = ike_mschapv2_msk(eap->crypto, ike_eap_password(eap), response, eap->msk);
    return eap->has_msk ? WHY_OK : WHY_EAP_PRIMITIVE;
}

/* ---- the server ---- */

static enum ike_why mschapv2_first(struct ike_eap *eap, struct ike_writer *out)
{
    static const uint8_t name[] = "ikelab";
    struct ike_eap_mschapv2 *const s = &eap->of.mschapv2;
    eap->crypto->ops->random(eap->crypto, s->server_challenge, MSCHAPV2_CHALLENGE);
    const size_t begin = begin_op(out, OP_CHALLENGE, eap->id);
    put_u8(out, MSCHAPV2_CHALLENGE);
    put_bytes(out, (struct ike_bytes){.at = s->server_challenge, .len = MSCHAPV2_CHALLENGE});
    put_bytes(out, (struct ike_bytes){.at = name, .len = sizeof name - 1});
    end_op(out, begin);
    return WHY_OK;
}

static void put_refusal(struct ike_eap *eap, struct ike_writer *out)
{
    static const char message[] = "E=691 R=0 C=00000000000000000000000000000000 V=3 M=Denied";
    const size_t begin = begin_op(out, OP_FAILURE, eap->id);
    put_bytes(out, (struct ike_bytes){.at = (const uint8_t *)message, .len = sizeof message - 1});
    end_op(out, begin);
    eap->of.mschapv2.stage = ST_REFUSED;
}

static void put_proof(struct ike_eap *eap, const uint8_t *proof, struct ike_writer *out)
{
    static const char message[] = " M=Welcome";
    const size_t begin = begin_op(out, OP_SUCCESS, eap->id);
    put_bytes(out, (struct ike_bytes){.at = proof, .len = MSCHAPV2_PROOF});
    put_bytes(out, (struct ike_bytes){.at = (const uint8_t *)message, .len = sizeof message - 1});
    end_op(out, begin);
    eap->of.mschapv2.stage = ST_PROVEN;
}

/*  Value-Size (1) | Peer-Challenge (16) | Reserved (8) | NT-Response (24) | Flags (1) | Name */
static enum ike_why judge_response(struct ike_eap *eap, struct ike_reader *r,
                                   struct ike_writer *out)
{
    struct ike_eap_mschapv2 *const s = &eap->of.mschapv2;
    uint8_t right[MSCHAPV2_RESPONSE];
    uint8_t proof[MSCHAPV2_PROOF];
    const size_t size = rd_u8(r);
    const struct ike_bytes challenge = rd_bytes(r, MSCHAPV2_CHALLENGE);
    rd_skip(r, RESERVED);
    const struct ike_bytes response = rd_bytes(r, MSCHAPV2_RESPONSE);
    rd_skip(r, 1);
    const struct ike_bytes name = rd_rest(r);
    if (r->bad || size != VALUE)
        return WHY_EAP_SYNTAX;
    memcpy(s->peer_challenge, challenge.at, challenge.len);
    memcpy(s->response, response.at, response.len);
    const struct ike_mschapv2 m = terms(eap, name);
    if (!ike_mschapv2_response(eap->crypto, &m, right) ||
        !ike_mschapv2_proof(eap->crypto, &m, right, proof))
        return WHY_EAP_PRIMITIVE;
    if (!ike_secret_equal(right, s->response, sizeof right) || !ike_eap_is_user(eap, name))
        put_refusal(eap, out);
    else
        put_proof(eap, proof, out);
    ike_eap_set_name(eap, name);
    return WHY_OK;
}

static enum ike_why mschapv2_server(struct ike_eap *eap, struct ike_bytes data,
                                    struct ike_writer *out)
{
    struct ike_reader r;
    uint8_t op;
    uint8_t id;
    if (eap->of.mschapv2.stage == ST_REFUSED)
        return WHY_EAP_FAILED;
    if (eap->of.mschapv2.stage == ST_PROVEN) {
        /* Success in answer to Success is its opcode alone. */
        if (data.len < 1 || data.at[0] != OP_SUCCESS)
            return WHY_EAP_FAILED;
        eap->phase = EAP_SUCCEEDED;
        return keep_msk(eap);
    }
    const enum ike_why why = op_read(data, &op, &id, &r);
    if (why != WHY_OK || op != OP_RESPONSE)
        return WHY_EAP_SYNTAX;
    return judge_response(eap, &r, out);
}

/* ---- the peer ---- */

static enum ike_why answer_challenge(struct ike_eap *eap, uint8_t id, struct ike_reader *r,
                                     struct ike_writer *out)
{
    static const uint8_t noughts[RESERVED] = {0};
    struct ike_eap_mschapv2 *const s = &eap->of.mschapv2;
    const size_t size = rd_u8(r);
    const struct ike_bytes challenge = rd_bytes(r, MSCHAPV2_CHALLENGE);
    if (r->bad || size != MSCHAPV2_CHALLENGE)
        return WHY_EAP_SYNTAX;
    memcpy(s->server_challenge, challenge.at, challenge.len);
    eap->crypto->ops->random(eap->crypto, s->peer_challenge, MSCHAPV2_CHALLENGE);
    const struct ike_mschapv2 m = terms(eap, ike_eap_name(eap));
    if (!ike_mschapv2_response(eap->crypto, &m, s->response))
        return WHY_EAP_PRIMITIVE;
    const size_t begin = begin_op(out, OP_RESPONSE, id);
    put_u8(out, VALUE);
    put_bytes(out, (struct ike_bytes){.at = s->peer_challenge, .len = MSCHAPV2_CHALLENGE});
    put_bytes(out, (struct ike_bytes){.at = noughts, .len = RESERVED});
    put_bytes(out, (struct ike_bytes){.at = s->response, .len = MSCHAPV2_RESPONSE});
    put_u8(out, 0);
    put_bytes(out, ike_eap_name(eap));
    end_op(out, begin);
    s->stage = ST_PROVEN;
    return WHY_OK;
}

static enum ike_why check_proof(struct ike_eap *eap, struct ike_reader *r, struct ike_writer *out)
{
    const struct ike_eap_mschapv2 *const s = &eap->of.mschapv2;
    const struct ike_mschapv2 m = terms(eap, ike_eap_name(eap));
    const struct ike_bytes proof = rd_bytes(r, MSCHAPV2_PROOF);
    uint8_t right[MSCHAPV2_PROOF];
    if (s->stage != ST_PROVEN || r->bad)
        return WHY_EAP_SYNTAX;
    if (!ike_mschapv2_proof(eap->crypto, &m, s->response, right))
        return WHY_EAP_PRIMITIVE;
    if (!ike_secret_equal(proof.at, right, sizeof right))
        return WHY_EAP_FAILED;
    put_u8(out, OP_SUCCESS);
    eap->concluded = true;
    return keep_msk(eap);
}

static enum ike_why mschapv2_peer(struct ike_eap *eap, struct ike_bytes data,
                                  struct ike_writer *out)
{
    struct ike_reader r;
    uint8_t op;
    uint8_t id;
    const enum ike_why why = op_read(data, &op, &id, &r);
    if (why != WHY_OK)
        return why;
    if (op == OP_CHALLENGE && eap->of.mschapv2.stage == ST_BEGUN)
        return answer_challenge(eap, id, &r, out);
    if (op == OP_SUCCESS)
        return check_proof(eap, &r, out);
    if (op != OP_FAILURE)
        return WHY_EAP_SYNTAX;
    put_u8(out, OP_FAILURE);
    eap->of.mschapv2.stage = ST_REFUSED;
    return WHY_OK;
}

const struct ike_eap_method ike_eap_mschapv2 = {
    .name = "eap-mschapv2",
    .title = "MSCHAPv2",
    .source = "RFC 2759 3 to 8, RFC 3079 3",
    .type = EAP_MSCHAPV2,
    .mutual = true,
    .makes_msk = true,
    .first = mschapv2_first,
    .server = mschapv2_server,
    .peer = mschapv2_peer,
};
