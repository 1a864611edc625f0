/* SPDX-License-Identifier: MIT
 * EAP-TTLS version 0 (RFC 5281): the server shows a certificate, and within TLS
 * the peer shows a password in Diameter AVPs: by MS-CHAP-V2, whose challenge both
 * derive from TLS and nobody sends (RFC 5281 11.1, 11.2.4), or by EAP again (11.2.1).
 *
 *     server                                       peer
 *     … the handshake …
 *                                             <--  {User-Name, MS-CHAP-Challenge,
 * MS-CHAP2-Response} {MS-CHAP2-Success}                      -->
 *                                             <--  acknowledgement
 */
#include "ike/eap_methods.h"
#include "ike/mschapv2.h"

#include <assert.h>

/* RFC 5281 11.2.1, 11.2.4; RFC 2548 2.1.4, 2.3 */
enum avp { AVP_USER = 1, AVP_CHALLENGE = 11, AVP_RESPONSE = 25, AVP_SUCCESS = 26, AVP_EAP = 79 };
enum { INNER_MAX = 256 /* octets of a packet of a method without TLS, and its name */ };
enum { MICROSOFT = 311, AVP_VENDOR = 0x80, AVP_MANDATORY = 0x40, RESERVED = 8 };
enum stage { ST_BEGUN, ST_ASKED, ST_PROVEN };

static const struct ike_tls_ops *ops_of(const struct ike_eap *eap)
{
    return eap->crypto->ops->tls;
}

/*  Code (4) | Flags (1) | Length (3) | Vendor (4) where V | data | to a multiple of four.
 *  RFC 5281 10.1 */
static void put_avp(struct ike_writer *w, uint32_t vendor, enum avp code, struct ike_bytes data)
{
    const size_t head = vendor != 0 ? 12 : 8;
    put_u32(w, (uint32_t)code);
    put_u8(w, vendor != 0 ? AVP_VENDOR | AVP_MANDATORY : AVP_MANDATORY);
    put_uint(w, head + data.len, 3);
    if (vendor != 0)
        put_u32(w, vendor);
    put_bytes(w, data);
    put_uint(w, 0, (4 - data.len % 4) % 4);
}

struct avps {
    struct ike_bytes user;
    struct ike_bytes challenge;
    struct ike_bytes response;
    struct ike_bytes success;
    struct ike_bytes eap;
};

static struct ike_bytes *slot_of(struct avps *avps, uint32_t vendor, uint32_t code)
{
    if (vendor == 0)
        return code == AVP_USER ? &avps->user : code == AVP_EAP ? &avps->eap : NULL;
    if (vendor != MICROSOFT)
        return NULL;
    return code == AVP_CHALLENGE  ? &avps->challenge
           : code == AVP_RESPONSE ? &avps->response
           : code == AVP_SUCCESS  ? &avps->success
                                  : NULL;
}

static enum ike_why avps_parse(struct ike_bytes text, struct avps *out)
{
    struct ike_reader r = rd_open(text);
    *out = (struct avps){0};
    while (r.left > 0) {
        const uint32_t code = rd_u32(&r);
        const uint8_t flags = rd_u8(&r);
        const size_t length = (size_t)rd_uint(&r, 3);
        const size_t head = (flags & AVP_VENDOR) != 0 ? 12 : 8;
        const uint32_t vendor = (flags & AVP_VENDOR) != 0 ? rd_u32(&r) : 0;
        const struct ike_bytes data = rd_bytes(&r, length < head ? SIZE_MAX : length - head);
        const size_t pad = (4 - length % 4) % 4;
        rd_skip(&r, pad < r.left ? pad : r.left); /* the last one's may be left out */
        if (r.bad)
            return WHY_EAP_SYNTAX;
        struct ike_bytes *const slot = slot_of(out, vendor, code);
        if (slot != NULL)
            *slot = data;
        else if ((flags & AVP_MANDATORY) != 0)
            return WHY_EAP_SYNTAX; /* RFC 5281 10.1: what must be understood and is not */
    }
    return WHY_OK;
}

/* RFC 5281 11.1: the challenge and one octet of identifier; RFC 9427 2.2 the same of TLS 1.3. */
static bool implicit_challenge(struct ike_eap *eap, uint8_t *identifier)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    uint8_t derived[MSCHAPV2_CHALLENGE + 1];
    const struct ike_tls_export what = {.label = "ttls challenge", .context = {0}};
    const bool good = ops_of(eap)->export(eap->crypto, &s->tls, &what, derived, sizeof derived);
    memcpy(s->inner.server_challenge, derived, MSCHAPV2_CHALLENGE);
    *identifier = derived[MSCHAPV2_CHALLENGE];
    return good;
}

static struct ike_mschapv2 terms(const struct ike_eap *eap, struct ike_bytes user)
{
    const struct ike_eap_mschapv2 *const s = &eap->of.tls.inner;
    return (struct ike_mschapv2){.server_challenge = s->server_challenge,
                                 .peer_challenge = s->peer_challenge,
                                 .user = user,
                                 .password = ike_eap_password(eap)};
}

static enum ike_why ttls_keys(struct ike_eap *eap)
{
    return ike_eap_tls_keys(eap, "ttls keying material"); /* RFC 5281 8 */
}

static enum ike_why say(struct ike_eap *eap, const struct ike_writer *w)
{
    assert(!w->bad);
    const bool said = ops_of(eap)->say(eap->crypto, &eap->of.tls.tls, wr_done(w));
    return said ? WHY_OK : WHY_EAP_TLS;
}

static enum ike_why say_eap(struct ike_eap *eap, const struct ike_writer *packet)
{
    uint8_t room[INNER_MAX + 12];
    struct ike_writer w = wr_open(room, sizeof room);
    assert(!packet->bad);
    put_avp(&w, 0, AVP_EAP, wr_done(packet));
    return say(eap, &w);
}

/* A packet of EAP that came is answered; where it ends well no more is said. */
static enum ike_why hear_eap(struct ike_eap *eap, struct ike_bytes packet)
{
    uint8_t room[INNER_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    if (packet.len == 0)
        return WHY_EAP_METHOD; /* it does something else */
    const enum ike_why why = ike_eap_inner_step(eap, packet, &w);
    const bool ended = eap->of.tls.within.phase != EAP_GOING;
    return why != WHY_OK || ended ? why : say_eap(eap, &w);
}

/* ---- the server ---- */

/*  Ident (1) | Flags (1) | Peer-Challenge (16) | Reserved (8) | Response (24).   RFC 2548 2.3.2 */
static enum ike_why judge(struct ike_eap *eap, const struct avps *avps)
{
    struct ike_eap_mschapv2 *const s = &eap->of.tls.inner;
    uint8_t identifier;
    uint8_t right[MSCHAPV2_RESPONSE];
    if (!implicit_challenge(eap, &identifier))
        return WHY_EAP_TLS;
    struct ike_reader r = rd_open(avps->response);
    const uint8_t ident = rd_u8(&r);
    rd_skip(&r, 1);
    const struct ike_bytes challenge = rd_bytes(&r, MSCHAPV2_CHALLENGE);
    rd_skip(&r, RESERVED);
    const struct ike_bytes response = rd_bytes(&r, MSCHAPV2_RESPONSE);
    const struct ike_bytes wanted = {.at = s->server_challenge, .len = MSCHAPV2_CHALLENGE};
    if (r.bad || r.left != 0)
        return WHY_EAP_SYNTAX;
    if (ident != identifier || !ike_bytes_equal(avps->challenge, wanted))
        return WHY_EAP_FAILED; /* RFC 5281 11.2.4: it comes from another connection */
    memcpy(s->peer_challenge, challenge.at, challenge.len);
    const struct ike_mschapv2 m = terms(eap, avps->user);
    if (!ike_mschapv2_response(eap->crypto, &m, right))
        return WHY_EAP_PRIMITIVE;
    if (!ike_secret_equal(right, response.at, sizeof right) || !ike_eap_is_user(eap, avps->user))
        return WHY_EAP_FAILED;

    uint8_t value[1 + MSCHAPV2_PROOF] = {ident};
    uint8_t room[64];
    struct ike_writer w = wr_open(room, sizeof room);
    if (!ike_mschapv2_proof(eap->crypto, &m, right, value + 1))
        return WHY_EAP_PRIMITIVE;
    put_avp(&w, MICROSOFT, AVP_SUCCESS, (struct ike_bytes){.at = value, .len = sizeof value});
    s->stage = ST_PROVEN;
    ike_eap_set_name(eap, avps->user);
    return say(eap, &w);
}

static enum ike_why server_hear(struct ike_eap *eap, struct ike_bytes text)
{
    struct avps avps;
    if (eap->of.tls.inner.stage == ST_PROVEN)
        return WHY_EAP_SYNTAX;
    const enum ike_why why = avps_parse(text, &avps);
    if (why != WHY_OK)
        return why;
    return eap->config->within != 0 ? hear_eap(eap, avps.eap) : judge(eap, &avps);
}

static enum ike_why ttls_server(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    uint8_t text[IKE_TLS_TEXT_MAX];
    enum ike_eap_tls_came came;
    enum ike_tls_state state;
    enum ike_why why = ike_eap_tls_take(eap, data, out, &came);
    if (why != WHY_OK || came == CAME_PIECE)
        return why;
    if (came == CAME_START)
        return WHY_EAP_SYNTAX;
    if (s->broken)
        return WHY_EAP_TLS;
    if ((why = ike_eap_tls_run(eap, &state)) != WHY_OK)
        return why;
    if (state == TLS_DONE) {
        const size_t len = ops_of(eap)->hear(eap->crypto, &s->tls, text, sizeof text);
        if (len == 0 && s->inner.stage == ST_PROVEN) {
            eap->phase = EAP_SUCCEEDED;
            return ttls_keys(eap);
        }
        why = len > 0 ? server_hear(eap, (struct ike_bytes){.at = text, .len = len}) : WHY_OK;
        if (why == WHY_OK && s->within.phase == EAP_SUCCEEDED) {
            eap->phase = EAP_SUCCEEDED;
            return ttls_keys(eap);
        }
    }
    ike_eap_tls_send(eap, out);
    return why;
}

/* ---- the peer ---- */

static enum ike_why ask(struct ike_eap *eap)
{
    static const uint8_t noughts[RESERVED] = {0};
    struct ike_eap_mschapv2 *const s = &eap->of.tls.inner;
    const struct ike_mschapv2 m = terms(eap, ike_eap_name(eap));
    uint8_t identifier;
    uint8_t value[2 + MSCHAPV2_CHALLENGE + RESERVED + MSCHAPV2_RESPONSE];
    uint8_t room[IKE_EAP_NAME_MAX + 128];
    if (!implicit_challenge(eap, &identifier))
        return WHY_EAP_TLS;
    eap->crypto->ops->random(eap->crypto, s->peer_challenge, MSCHAPV2_CHALLENGE);
    if (!ike_mschapv2_response(eap->crypto, &m, s->response))
        return WHY_EAP_PRIMITIVE;
    struct ike_writer v = wr_open(value, sizeof value);
    put_u8(&v, identifier);
    put_u8(&v, 0);
    put_bytes(&v, (struct ike_bytes){.at = s->peer_challenge, .len = MSCHAPV2_CHALLENGE});
    put_bytes(&v, (struct ike_bytes){.at = noughts, .len = RESERVED});
    put_bytes(&v, (struct ike_bytes){.at = s->response, .len = MSCHAPV2_RESPONSE});
    struct ike_writer w = wr_open(room, sizeof room);
    put_avp(&w, 0, AVP_USER, ike_eap_name(eap));
    put_avp(&w, MICROSOFT, AVP_CHALLENGE,
            (struct ike_bytes){.at = s->server_challenge, .len = MSCHAPV2_CHALLENGE});
    put_avp(&w, MICROSOFT, AVP_RESPONSE, wr_done(&v));
    s->stage = ST_ASKED;
    return say(eap, &w);
}

static enum ike_why check_proof(struct ike_eap *eap, const struct avps *avps)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    const struct ike_mschapv2 m = terms(eap, ike_eap_name(eap));
    uint8_t right[MSCHAPV2_PROOF];
    if (!ike_mschapv2_proof(eap->crypto, &m, s->inner.response, right))
        return WHY_EAP_PRIMITIVE;
    if (avps->success.len != 1 + sizeof right ||
        !ike_secret_equal(avps->success.at + 1, right, sizeof right))
        return WHY_EAP_FAILED;
    s->inner.stage = ST_PROVEN;
    eap->concluded = true;
    return ttls_keys(eap);
}

static enum ike_why say_who(struct ike_eap *eap)
{
    uint8_t room[INNER_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    ike_eap_inner_begin(eap, &w);
    eap->of.tls.inner.stage = ST_ASKED;
    return say_eap(eap, &w);
}

static enum ike_why peer_hear(struct ike_eap *eap)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    uint8_t text[IKE_TLS_TEXT_MAX];
    struct avps avps;
    const size_t len = ops_of(eap)->hear(eap->crypto, &s->tls, text, sizeof text);
    if (len == 0)
        return WHY_OK; /* not yet */
    enum ike_why why = avps_parse((struct ike_bytes){.at = text, .len = len}, &avps);
    if (why != WHY_OK)
        return why;
    if (eap->config->within == 0)
        return check_proof(eap, &avps);
    why = hear_eap(eap, avps.eap);
    if (why != WHY_OK || !s->within.concluded || eap->concluded)
        return why;
    eap->concluded = true;
    return ttls_keys(eap);
}

static enum ike_why peer_says(struct ike_eap *eap)
{
    if (eap->of.tls.inner.stage != ST_BEGUN)
        return peer_hear(eap);
    return eap->config->within != 0 ? say_who(eap) : ask(eap);
}

static enum ike_why ttls_peer(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    enum ike_eap_tls_came came;
    enum ike_tls_state state;
    enum ike_why why = ike_eap_tls_take(eap, data, out, &came);
    if (why != WHY_OK || came == CAME_PIECE)
        return why;
    if (s->broken)
        return WHY_EAP_TLS;
    why = ike_eap_tls_run(eap, &state);
    assert(why == WHY_OK); /* a peer always has something to say */
    if (state == TLS_DONE)
        why = peer_says(eap);
    ike_eap_tls_send(eap, out);
    return why;
}

const struct ike_eap_method ike_eap_ttls = {
    .name = "eap-ttls",
    .title = "TTLS",
    .source = "RFC 5281 9, 11; RFC 9427 2.2",
    .type = EAP_TTLS,
    .mutual = true,
    .makes_msk = true,
    .open = ike_eap_tls_open,
    .first = ike_eap_tls_first,
    .server = ttls_server,
    .peer = ttls_peer,
    .close = ike_eap_tls_close,
};
