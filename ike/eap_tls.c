/* SPDX-License-Identifier: MIT
 * EAP-TLS (RFC 5216, and RFC 9190 for TLS 1.3), and how TLS goes in EAP packets,
 * which EAP-TTLS shares: flights in pieces, each acknowledged by an empty packet.
 *
 *     Flags (1): L length, M more, S start | TLS length (4) where L | octets of TLS
 */
#include "ike/eap_methods.h"

#include <assert.h>

enum flag { FLAG_L = 0x80, FLAG_M = 0x40, FLAG_S = 0x20 };
enum { AROUND = EAP_HEADER_LEN + 2 /* type and flags */, LENGTH = 4 };

static const struct ike_tls_ops *ops_of(const struct ike_eap *eap)
{
    return eap->crypto->ops->tls;
}

enum ike_why ike_eap_tls_open(struct ike_eap *eap)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    s->opened = ops_of(eap)->open(eap->crypto, &eap->config->tls, eap->server, &s->tls);
    return s->opened ? WHY_OK : WHY_EAP_PRIMITIVE;
}

void ike_eap_tls_close(struct ike_eap *eap)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    if (s->opened)
        ops_of(eap)->close(eap->crypto, &s->tls);
    s->opened = false;
}

enum ike_why ike_eap_tls_first(struct ike_eap *eap, struct ike_writer *out)
{
    (void)eap;
    put_u8(out, FLAG_S);
    return WHY_OK;
}

size_t ike_eap_tls_waiting(const struct ike_eap *eap)
{
    struct ike_tls tls = eap->of.tls.tls;
    return ops_of(eap)->waiting(eap->crypto, &tls);
}

uint8_t ike_eap_tls_version(const struct ike_eap *eap)
{
    struct ike_tls tls = eap->of.tls.tls;
    return ops_of(eap)->version(eap->crypto, &tls);
}

void ike_eap_tls_send(struct ike_eap *eap, struct ike_writer *out)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    const size_t fragment =
        eap->config->fragment != 0 ? eap->config->fragment : EAP_FRAGMENT_DEFAULT;
    const size_t waiting = ike_eap_tls_waiting(eap);
    const size_t most = out->max - out->len - 1; /* whoever carries it may have less room */
    size_t room = fragment - AROUND < most ? fragment - AROUND : most;
    uint8_t flags = waiting > room ? FLAG_M : 0;
    if (flags != 0 && !s->sending) { /* RFC 5216 3.1: the first of several says how much it is */
        flags |= FLAG_L;
        room -= LENGTH;
    }
    put_u8(out, flags);
    if ((flags & FLAG_L) != 0)
        put_u32(out, (uint32_t)waiting);
    const size_t len = waiting < room ? waiting : room;
    uint8_t *const at = put_room(out, len);
    assert(at != NULL); /* no more than `most` */
    if (len > 0)
        ops_of(eap)->take(eap->crypto, &s->tls, at, len);
    s->sending = len < waiting;
}

enum ike_why ike_eap_tls_take(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out,
                              enum ike_eap_tls_came *came)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    struct ike_reader r = rd_open(data);
    const uint8_t flags = rd_u8(&r);
    const uint32_t declared = (flags & FLAG_L) != 0 ? rd_u32(&r) : s->in_declared;
    const struct ike_bytes piece = rd_rest(&r);
    *came = CAME_PIECE;
    if (r.bad || declared > IKE_TLS_FLIGHT_MAX || s->in_len + piece.len > IKE_TLS_FLIGHT_MAX)
        return WHY_EAP_SYNTAX;
    if (s->sending) { /* RFC 5216 2.1.5: an empty packet asks for the next piece */
        if (piece.len != 0 || flags != 0)
            return WHY_EAP_SYNTAX;
        ike_eap_tls_send(eap, out);
        return WHY_OK;
    }
    s->in_declared = declared;
    s->in_len += (uint32_t)piece.len;
    if (!ops_of(eap)->put(eap->crypto, &s->tls, piece))
        return WHY_EAP_TLS;
    if ((flags & FLAG_M) != 0) {
        put_u8(out, 0);
        return piece.len > 0 ? WHY_OK : WHY_EAP_SYNTAX;
    }
    if (declared != 0 && declared != s->in_len)
        return WHY_EAP_SYNTAX;
    s->in_len = 0;
    s->in_declared = 0;
    *came = (flags & FLAG_S) != 0 ? CAME_START : CAME_FLIGHT;
    return WHY_OK;
}

enum ike_why ike_eap_tls_run(struct ike_eap *eap, enum ike_tls_state *state)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    *state = ops_of(eap)->run(eap->crypto, &s->tls);
    if (*state == TLS_DONE)
        s->done = true;
    if (*state != TLS_FAILED)
        return WHY_OK;
    s->broken = true;
    eap->broke = WHY_EAP_TLS;
    /* RFC 5216 2.1.3: our alert goes out; theirs is acknowledged, that they may say Failure. */
    return ike_eap_tls_waiting(eap) > 0 || !eap->server ? WHY_OK : WHY_EAP_TLS;
}

enum ike_why ike_eap_tls_keys(struct ike_eap *eap, const char *label)
{
    const bool is_1_3 = ike_eap_tls_version(eap) == TLS_1_3;
    const uint8_t type = eap->method->type;
    uint8_t material[2 * EAP_MSK_LEN]; /* MSK, then EMSK */
    const struct ike_tls_export what = {
        .label = is_1_3 ? "EXPORTER_EAP_TLS_Key_Material" : label,
        .context = {.at = is_1_3 ? &type : NULL, .len = is_1_3 ? 1 : 0},
    };
    eap->has_msk =
        ops_of(eap)->export(eap->crypto, &eap->of.tls.tls, &what, material, sizeof material);
    memcpy(eap->msk, material, sizeof eap->msk);
    ike_secret_wipe(material, sizeof material);
    return eap->has_msk ? WHY_OK : WHY_EAP_TLS;
}

/* ---- EAP-TLS itself ---- */

static const char label_1_2[] = "client EAP encryption"; /* RFC 5216 2.3 */

static enum ike_why tls_server(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out)
{
    struct ike_eap_tls *const s = &eap->of.tls;
    const uint8_t commitment = 0; /* RFC 9190 2.5: no more handshake will follow */
    enum ike_eap_tls_came came;
    enum ike_tls_state state;
    const bool was_done = s->done;
    enum ike_why why = ike_eap_tls_take(eap, data, out, &came);
    if (why != WHY_OK || came == CAME_PIECE)
        return why;
    if (came == CAME_START)
        return WHY_EAP_SYNTAX;
    if (s->broken)
        return WHY_EAP_TLS; /* our alert has been seen */
    if ((why = ike_eap_tls_run(eap, &state)) != WHY_OK)
        return why;
    if (was_done && state == TLS_DONE) { /* our last flight has been acknowledged */
        eap->phase = EAP_SUCCEEDED;
        return ike_eap_tls_keys(eap, label_1_2);
    }
    if (state == TLS_DONE && ike_eap_tls_version(eap) == TLS_1_3 &&
        !ops_of(eap)->say(eap->crypto, &s->tls, (struct ike_bytes){.at = &commitment, .len = 1}))
        return WHY_EAP_TLS;
    if (ike_eap_tls_waiting(eap) == 0)
        return WHY_EAP_SYNTAX; /* an acknowledgement of nothing */
    ike_eap_tls_send(eap, out);
    return WHY_OK;
}

/* TLS 1.2 ends with the server's Finished, TLS 1.3 with an octet of nought (RFC 9190 2.5). */
static bool has_concluded(struct ike_eap *eap)
{
    uint8_t heard[2];
    if (ike_eap_tls_version(eap) != TLS_1_3)
        return true;
    return ops_of(eap)->hear(eap->crypto, &eap->of.tls.tls, heard, sizeof heard) == 1 &&
           heard[0] == 0;
}

static enum ike_why tls_peer(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out)
{
    enum ike_eap_tls_came came;
    enum ike_tls_state state;
    enum ike_why why = ike_eap_tls_take(eap, data, out, &came);
    if (why != WHY_OK || came == CAME_PIECE)
        return why;
    if (eap->of.tls.broken)
        return WHY_EAP_TLS;
    why = ike_eap_tls_run(eap, &state);
    assert(why == WHY_OK); /* a peer always has something to say */
    if (state == TLS_DONE && !eap->concluded && has_concluded(eap)) {
        eap->concluded = true;
        why = ike_eap_tls_keys(eap, label_1_2);
    }
    ike_eap_tls_send(eap, out);
    return why;
}

const struct ike_eap_method ike_eap_tls = {
    .name = "eap-tls",
    .title = "TLS",
    .source = "RFC 5216 2, 3; RFC 9190 2",
    .type = EAP_TLS,
    .mutual = true,
    .makes_msk = true,
    .open = ike_eap_tls_open,
    .first = ike_eap_tls_first,
    .server = tls_server,
    .peer = tls_peer,
    .close = ike_eap_tls_close,
};
