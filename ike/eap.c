/* SPDX-License-Identifier: MIT
 * EAP packets, and the part of a conversation that is the same with every
 * method: Identity, Notification, Nak, Success and Failure (RFC 3748 4, 5). */
#include "ike/eap_methods.h"

#include <assert.h>

enum ike_why ike_eap_parse(struct ike_bytes bytes, struct ike_eap_packet *out)
{
    struct ike_reader r = rd_open(bytes);
    *out = (struct ike_eap_packet){0};
    out->code = rd_u8(&r);
    out->id = rd_u8(&r);
    const size_t length = rd_u16(&r);
    if (r.bad || length != bytes.len)
        return WHY_EAP_SYNTAX;
    if (out->code == EAP_SUCCESS || out->code == EAP_FAILURE)
        return r.left == 0 ? WHY_OK : WHY_EAP_SYNTAX;
    out->type = rd_u8(&r);
    out->data = rd_rest(&r);
    const bool good = out->code == EAP_REQUEST || out->code == EAP_RESPONSE;
    return good && !r.bad && out->type != 0 ? WHY_OK : WHY_EAP_SYNTAX;
}

/*  Code (1) | Identifier (1) | Length (2) | Type (1) | Type-Data.   RFC 3748 4 */
static size_t packet_begin(struct ike_writer *w, uint8_t code, uint8_t id, uint8_t type)
{
    const size_t begin = w->len;
    put_u8(w, code);
    put_u8(w, id);
    put_u16(w, 0);
    if (type != 0)
        put_u8(w, type);
    return begin;
}

static void packet_end(struct ike_writer *w, size_t begin)
{
    put_u16_at(w, begin + 2, w->len - begin);
}

void ike_eap_put(struct ike_writer *w, const struct ike_eap_packet *packet)
{
    const size_t begin = packet_begin(w, packet->code, packet->id, packet->type);
    put_bytes(w, packet->data);
    packet_end(w, begin);
}

static const struct ike_eap_method *const methods[] = {
    &ike_eap_md5, &ike_eap_gtc, &ike_eap_mschapv2, &ike_eap_tls, &ike_eap_ttls,
};

const struct ike_eap_method *ike_eap_method_at(size_t index)
{
    return index < sizeof methods / sizeof methods[0] ? methods[index] : NULL;
}

const struct ike_eap_method *ike_eap_method_of(uint8_t type)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (methods[i]->type == type)
            return methods[i];
    return NULL;
}

const struct ike_eap_method *ike_eap_method_named(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i]->name, name) == 0)
            return methods[i];
    return NULL;
}

const char *ike_eap_type_title(uint8_t type)
{
    static const char *const titles[] = {
        [EAP_IDENTITY] = "Identity", [EAP_NOTIFICATION] = "Notification", [EAP_NAK] = "Nak"};
    const struct ike_eap_method *const method = ike_eap_method_of(type);
    if (type < sizeof titles / sizeof titles[0])
        return titles[type];
    return method != NULL ? method->title : NULL;
}

struct ike_bytes ike_eap_name(const struct ike_eap *eap)
{
    return (struct ike_bytes){.at = eap->name, .len = eap->name_len};
}

struct ike_bytes ike_eap_password(const struct ike_eap *eap)
{
    return (struct ike_bytes){.at = eap->config->password, .len = eap->config->password_len};
}

bool ike_eap_is_user(const struct ike_eap *eap, struct ike_bytes name)
{
    const struct ike_bytes user = {.at = eap->config->user, .len = eap->config->user_len};
    return user.len == 0 || ike_bytes_equal(user, name);
}

void ike_eap_set_name(struct ike_eap *eap, struct ike_bytes name)
{
    const size_t len = name.len < sizeof eap->name ? name.len : sizeof eap->name;
    eap->name_len = (uint8_t)len;
    if (len > 0)
        memcpy(eap->name, name.at, len);
}

void ike_eap_open(struct ike_eap *eap, const struct ike_eap_start *start)
{
    const struct ike_eap_config *const config = start->config;
    const struct ike_bytes user = {.at = config->user, .len = config->user_len};
    assert(config->fragment == 0 || config->fragment >= EAP_FRAGMENT_MIN);
    *eap = (struct ike_eap){
        .crypto = start->crypto, .config = config, .server = start->server, .phase = EAP_GOING};
    ike_eap_set_name(eap, !start->server && user.len > 0 ? user : start->name);
}

static void method_end(struct ike_eap *eap)
{
    if (eap->method != NULL && eap->method->close != NULL)
        eap->method->close(eap);
    eap->method = NULL;
    ike_secret_wipe(&eap->of, sizeof eap->of);
}

void ike_eap_close(struct ike_eap *eap)
{
    method_end(eap);
    ike_secret_wipe(eap, sizeof *eap);
}

static enum ike_why method_begin(struct ike_eap *eap, uint8_t type)
{
    method_end(eap);
    eap->method = ike_eap_method_of(type);
    if (eap->method == NULL)
        return WHY_EAP_METHOD;
    return eap->method->open != NULL ? eap->method->open(eap) : WHY_OK;
}

/* ---- the server ---- */

static enum ike_why propose(struct ike_eap *eap, uint8_t type, struct ike_writer *out)
{
    const enum ike_why why = method_begin(eap, type);
    if (why != WHY_OK)
        return why;
    eap->id++;
    const size_t begin = packet_begin(out, EAP_REQUEST, eap->id, type);
    const enum ike_why first = eap->method->first(eap, out);
    packet_end(out, begin);
    return first;
}

/* RFC 3748 5.3.1: the peer names what it would rather do, 0 for nothing; the first of ours that is
 * among it is next. */
static enum ike_why repropose(struct ike_eap *eap, struct ike_bytes wanted, struct ike_writer *out)
{
    if (eap->method == NULL || eap->begun)
        return WHY_EAP_SYNTAX;
    const uint8_t refused = eap->method->type;
    for (uint8_t i = 0; i < eap->config->method_count; i++) {
        const uint8_t type = eap->config->methods[i];
        const bool told = wanted.len > 0 && memchr(wanted.at, type, wanted.len) != NULL;
        if (told && type != refused)
            return propose(eap, type, out);
    }
    return WHY_EAP_METHOD;
}

static enum ike_why method_server(struct ike_eap *eap, const struct ike_eap_packet *in,
                                  struct ike_writer *out)
{
    eap->begun = true;
    eap->id++;
    const size_t begin = packet_begin(out, EAP_REQUEST, eap->id, eap->method->type);
    const enum ike_why why = eap->method->server(eap, in->data, out);
    packet_end(out, begin);
    if (why == WHY_OK && eap->phase == EAP_SUCCEEDED) {
        out->len = begin;
        ike_eap_put(out, &(struct ike_eap_packet){.code = EAP_SUCCESS, .id = in->id});
    }
    return why;
}

static enum ike_why server_step(struct ike_eap *eap, const struct ike_eap_packet *in,
                                struct ike_writer *out)
{
    if (in->code != EAP_RESPONSE || in->id != eap->id)
        return WHY_EAP_SYNTAX;
    if (in->type == EAP_NAK)
        return repropose(eap, in->data, out);
    if (eap->method == NULL) {
        if (in->type != EAP_IDENTITY || in->data.len > sizeof eap->name)
            return WHY_EAP_SYNTAX;
        ike_eap_set_name(eap, in->data);
        return propose(eap, eap->config->methods[0], out);
    }
    return in->type == eap->method->type ? method_server(eap, in, out) : WHY_EAP_SYNTAX;
}

enum ike_why ike_eap_begin(struct ike_eap *eap, struct ike_writer *out)
{
    assert(eap->server && eap->rounds == 0);
    eap->rounds = 1;
    eap->crypto->ops->random(eap->crypto, &eap->id, 1);
    if (eap->config->method_count == 0)
        return WHY_EAP_METHOD;
    if (!eap->config->identity)
        return propose(eap, eap->config->methods[0], out);
    ike_eap_put(out,
                &(struct ike_eap_packet){.code = EAP_REQUEST, .id = eap->id, .type = EAP_IDENTITY});
    return WHY_OK;
}

/* ---- the peer ---- */

/* RFC 3748 5.3.1: not this one; one of these. */
static void put_nak(const struct ike_eap *eap, const struct ike_eap_packet *in,
                    struct ike_writer *out)
{
    ike_eap_put(out, &(struct ike_eap_packet){
                         .code = EAP_RESPONSE,
                         .id = in->id,
                         .type = EAP_NAK,
                         .data = {.at = eap->config->methods, .len = eap->config->method_count}});
}

static bool is_ours(const struct ike_eap *eap, uint8_t type)
{
    return memchr(eap->config->methods, type, eap->config->method_count) != NULL;
}

static enum ike_why method_peer(struct ike_eap *eap, const struct ike_eap_packet *in,
                                struct ike_writer *out)
{
    if (eap->method == NULL || eap->method->type != in->type) {
        if (eap->begun)
            return WHY_EAP_SYNTAX; /* RFC 3748 2.1: one method to a conversation */
        if (!is_ours(eap, in->type)) {
            put_nak(eap, in, out);
            return WHY_OK;
        }
        const enum ike_why why = method_begin(eap, in->type);
        if (why != WHY_OK)
            return why;
    }
    eap->begun = true;
    const size_t begin = packet_begin(out, EAP_RESPONSE, in->id, in->type);
    const enum ike_why why = eap->method->peer(eap, in->data, out);
    packet_end(out, begin);
    return why;
}

static enum ike_why peer_step(struct ike_eap *eap, const struct ike_eap_packet *in,
                              struct ike_writer *out)
{
    struct ike_eap_packet answer = {.code = EAP_RESPONSE, .id = in->id, .type = in->type};
    eap->id = in->id;
    switch (in->code) {
    case EAP_SUCCESS: /* RFC 3748 4.2: only after the method has come to its end */
        if (!eap->concluded)
            return WHY_EAP_FAILED;
        eap->phase = EAP_SUCCEEDED;
        return WHY_OK;
    case EAP_REQUEST:
        break;
    case EAP_FAILURE:
        return eap->broke != WHY_OK ? (enum ike_why)eap->broke : WHY_EAP_FAILED;
    default:
        return WHY_EAP_SYNTAX;
    }
    switch (in->type) {
    case EAP_IDENTITY:
        answer.data = ike_eap_name(eap);
        ike_eap_put(out, &answer);
        return WHY_OK;
    case EAP_NOTIFICATION: /* RFC 3748 5.2: seen */
        ike_eap_put(out, &answer);
        return WHY_OK;
    case EAP_NAK: /* RFC 3748 5.3.1: never in a request */
        return WHY_EAP_SYNTAX;
    default:
        return method_peer(eap, in, out);
    }
}

/* ---- both ---- */

enum ike_why ike_eap_step(struct ike_eap *eap, struct ike_bytes packet, struct ike_writer *out)
{
    const size_t begin = out->len;
    const uint8_t rounds_max =
        eap->config->rounds_max != 0 ? eap->config->rounds_max : IKE_EAP_ROUNDS_MAX;
    struct ike_eap_packet in;
    assert(eap->phase == EAP_GOING);
    enum ike_why why = ike_eap_parse(packet, &in);
    if (why == WHY_OK)
        why = eap->server ? server_step(eap, &in, out) : peer_step(eap, &in, out);
    if (why == WHY_OK && eap->phase == EAP_GOING && eap->rounds++ == rounds_max)
        why = WHY_EAP_ROUNDS;
    if (why == WHY_OK)
        return WHY_OK;
    eap->phase = EAP_FAILED;
    out->len = begin;
    if (eap->server)
        ike_eap_put(out, &(struct ike_eap_packet){.code = EAP_FAILURE, .id = in.id});
    return why;
}
