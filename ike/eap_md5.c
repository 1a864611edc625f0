/* SPDX-License-Identifier: MIT
 * MD5-Challenge (RFC 3748 5.4, RFC 1994 4.1): the server's octets hashed with
 * the password. Neither mutual nor a source of keys.
 *
 *     Request   Value-Size (1) | challenge | name
 *     Response  Value-Size (1) | MD5 (identifier | password | challenge) | name
 */
#include "ike/eap_methods.h"

enum { VALUE = 16 };

static bool value_make(struct ike_eap *eap, struct ike_bytes challenge, uint8_t *out)
{
    const struct ike_bytes parts[] = {{.at = &eap->id, .len = 1}, ike_eap_password(eap), challenge};
    return eap->crypto->ops->digest(eap->crypto, DIGEST_MD5, parts, 3, out);
}

static enum ike_why md5_first(struct ike_eap *eap, struct ike_writer *out)
{
    struct ike_eap_md5 *const s = &eap->of.md5;
    eap->crypto->ops->random(eap->crypto, s->challenge, VALUE);
    put_u8(out, VALUE);
    put_bytes(out, (struct ike_bytes){.at = s->challenge, .len = VALUE});
    return WHY_OK;
}

static enum ike_why md5_server(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out)
{
    const struct ike_bytes challenge = {.at = eap->of.md5.challenge, .len = VALUE};
    struct ike_reader r = rd_open(data);
    uint8_t right[VALUE];
    const size_t size = rd_u8(&r);
    const struct ike_bytes value = rd_bytes(&r, size);
    const struct ike_bytes name = rd_rest(&r);
    (void)out;
    if (r.bad || size != VALUE)
        return WHY_EAP_SYNTAX;
    eap->id--; /* the response's, which is in what was hashed */
    const bool made = value_make(eap, challenge, right);
    eap->id++;
    if (!made)
        return WHY_EAP_PRIMITIVE;
    if (!ike_secret_equal(value.at, right, VALUE) || !ike_eap_is_user(eap, name))
        return WHY_EAP_FAILED;
    ike_eap_set_name(eap, name);
    eap->phase = EAP_SUCCEEDED;
    return WHY_OK;
}

static enum ike_why md5_peer(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out)
{
    struct ike_reader r = rd_open(data);
    uint8_t value[VALUE];
    const size_t size = rd_u8(&r);
    const struct ike_bytes challenge = rd_bytes(&r, size);
    if (r.bad || size == 0)
        return WHY_EAP_SYNTAX;
    if (!value_make(eap, challenge, value))
        return WHY_EAP_PRIMITIVE;
    put_u8(out, VALUE);
    put_bytes(out, (struct ike_bytes){.at = value, .len = VALUE});
    put_bytes(out, ike_eap_name(eap));
    eap->concluded = true;
    return WHY_OK;
}

const struct ike_eap_method ike_eap_md5 = {
    .name = "eap-md5",
    .title = "MD5",
    .source = "RFC 3748 5.4",
    .type = EAP_MD5,
    .first = md5_first,
    .server = md5_server,
    .peer = md5_peer,
};
