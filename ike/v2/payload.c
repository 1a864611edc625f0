/* SPDX-License-Identifier: MIT
 * KE, nonce, ID, AUTH, notify and delete: parsed and put. */
#include "ike/v2/payload.h"

#include <assert.h>
#include <string.h>

/*  Diffie-Hellman Group Num (2) | RESERVED (2) | Key Exchange Data.   RFC 7296 3.4 */
enum ike_why ike_ke_parse(struct ike_bytes body, struct ike_ke *out)
{
    struct ike_reader r = rd_open(body);
    out->group = rd_u16(&r);
    rd_skip(&r, 2);
    out->share = rd_rest(&r);
    return r.bad || out->share.len == 0 ? WHY_SYNTAX : WHY_OK;
}

void ike_put_ke(struct ike_writer *w, size_t *link, uint16_t group, struct ike_bytes share)
{
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_KE);
    put_u16(w, group);
    put_u16(w, 0);
    put_bytes(w, share);
    ike_end_payload(w, begin);
}

enum ike_why ike_nonce_parse(struct ike_bytes body, struct ike_bytes *out)
{
    *out = body;
    return body.len < IKE_NONCE_MIN || body.len > IKE_NONCE_MAX ? WHY_NONCE_LENGTH : WHY_OK;
}

void ike_put_nonce(struct ike_writer *w, size_t *link, struct ike_bytes nonce)
{
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_NONCE);
    put_bytes(w, nonce);
    ike_end_payload(w, begin);
}

/*  ID Type (1) | RESERVED (3) | Identification Data.   RFC 7296 3.5 */
enum ike_why ike_id_parse(struct ike_bytes body, struct ike_id *out)
{
    struct ike_reader r = rd_open(body);
    const uint8_t type = rd_u8(&r);
    rd_skip(&r, 3);
    const struct ike_bytes data = rd_rest(&r);
    *out = (struct ike_id){.type = 0};
    if (r.bad || type == 0)
        return WHY_SYNTAX;
    if (data.len > IKE_ID_MAX)
        return WHY_PEER_UNKNOWN; /* no policy of ours can name it */
    if ((type == ID_IPV4_ADDR && data.len != 4) || (type == ID_IPV6_ADDR && data.len != 16))
        return WHY_SYNTAX;
    if (type == ID_NULL && data.len != 0) /* RFC 7619 2.2 */
        return WHY_SYNTAX;
    out->type = type;
    out->len = (uint8_t)data.len;
    if (data.len > 0)
        memcpy(out->data, data.at, data.len);
    return WHY_OK;
}

void ike_put_id(struct ike_writer *w, size_t *link, uint8_t type, const struct ike_id *id)
{
    const size_t begin = ike_begin_payload(w, link, type);
    put_u8(w, id->type);
    put_u8(w, 0);
    put_u16(w, 0);
    put_bytes(w, (struct ike_bytes){.at = id->data, .len = id->len});
    ike_end_payload(w, begin);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

bool ike_id_matches(const struct ike_id *want, const struct ike_id *have)
{
    if (want->type == 0)
        return true;
    if (want->type != have->type || want->len != have->len)
        return false;
    const bool text = want->type == ID_FQDN || want->type == ID_RFC822_ADDR;
    for (uint8_t i = 0; i < want->len; i++)
        if (text ? lower(want->data[i]) != lower(have->data[i]) : want->data[i] != have->data[i])
            return false;
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *const at = c == '\0' ? NULL : strchr(digits, lower((uint8_t)c));
    return at == NULL ? -1 : (int)(at - digits);
}

static bool id_from_hex(const char *text, struct ike_id *out)
{
    out->type = ID_KEY_ID;
    for (; text[0] != '\0'; text += 2) {
        const int high = hex_digit(text[0]);
        const int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || out->len == IKE_ID_MAX)
            return false;
        out->data[out->len++] = (uint8_t)(high * 16 + low);
    }
    return out->len > 0;
}

bool ike_id_from_text(const char *text, struct ike_id *out)
{
    static const char key_id[] = "keyid:";
    struct ike_addr addr;
    *out = (struct ike_id){.type = 0};
    if (strncmp(text, key_id, sizeof key_id - 1) == 0)
        return id_from_hex(text + sizeof key_id - 1, out);
    struct ike_bytes data = {.at = (const uint8_t *)text, .len = strlen(text)};
    out->type = strchr(text, '@') != NULL ? ID_RFC822_ADDR : ID_FQDN;
    if (ike_addr_parse(text, &addr)) {
        out->type = addr.family == IKE_IPV4 ? ID_IPV4_ADDR : ID_IPV6_ADDR;
        data = ike_addr_ip(&addr);
    }
    if (data.len == 0 || data.len > IKE_ID_MAX)
        return false;
    out->len = (uint8_t)data.len;
    memcpy(out->data, data.at, data.len);
    return true;
}

/*  Auth Method (1) | RESERVED (3) | Authentication Data.   RFC 7296 3.8 */
enum ike_why ike_auth_parse(struct ike_bytes body, struct ike_auth *out)
{
    struct ike_reader r = rd_open(body);
    out->method = rd_u8(&r);
    rd_skip(&r, 3);
    out->data = rd_rest(&r);
    return r.bad ? WHY_SYNTAX : WHY_OK;
}

void ike_put_auth(struct ike_writer *w, size_t *link, uint8_t method, struct ike_bytes data)
{
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_AUTH);
    put_u8(w, method);
    put_u8(w, 0);
    put_u16(w, 0);
    put_bytes(w, data);
    ike_end_payload(w, begin);
}

/*  Cert Encoding (1) | Certificate Data, or Certification Authority.   RFC 7296 3.6, 3.7 */
enum ike_why ike_cert_parse(struct ike_bytes body, struct ike_cert *out)
{
    struct ike_reader r = rd_open(body);
    out->encoding = rd_u8(&r);
    out->data = rd_rest(&r);
    return r.bad ? WHY_SYNTAX : WHY_OK;
}

void ike_put_cert(struct ike_writer *w, size_t *link, uint8_t type, const struct ike_cert *cert)
{
    const size_t begin = ike_begin_payload(w, link, type);
    put_u8(w, cert->encoding);
    put_bytes(w, cert->data);
    ike_end_payload(w, begin);
}

/*  Protocol ID (1) | SPI Size (1) | Notify Message Type (2) | SPI | Data.   RFC 7296 3.10 */
enum ike_why ike_notify_parse(struct ike_bytes body, struct ike_notify *out)
{
    struct ike_reader r = rd_open(body);
    out->protocol = rd_u8(&r);
    const uint8_t spi_size = rd_u8(&r);
    out->type = rd_u16(&r);
    out->spi = rd_bytes(&r, spi_size);
    out->data = rd_rest(&r);
    return r.bad || spi_size > IKE_SPI_MAX ? WHY_SYNTAX : WHY_OK;
}

void ike_put_notify(struct ike_writer *w, size_t *link, const struct ike_notify *notify)
{
    assert(notify->spi.len <= IKE_SPI_MAX);
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_NOTIFY);
    put_u8(w, notify->protocol);
    put_u8(w, (uint8_t)notify->spi.len);
    put_u16(w, notify->type);
    put_bytes(w, notify->spi);
    put_bytes(w, notify->data);
    ike_end_payload(w, begin);
}

void ike_put_status(struct ike_writer *w, size_t *link, uint16_t type, struct ike_bytes data)
{
    const struct ike_notify notify = {.type = type, .data = data};
    ike_put_notify(w, link, &notify);
}

void ike_put_child_notify(struct ike_writer *w, size_t *link, uint16_t type, uint32_t child_spi)
{
    uint8_t octets[4];
    struct ike_writer spi = wr_open(octets, sizeof octets);
    put_u32(&spi, child_spi);
    const struct ike_notify notify = {.protocol = PROTOCOL_ESP, .type = type, .spi = wr_done(&spi)};
    ike_put_notify(w, link, &notify);
}

/*  Protocol ID (1) | SPI Size (1) | Num of SPIs (2) | SPIs.   RFC 7296 3.11 */
enum ike_why ike_delete_parse(struct ike_bytes body, struct ike_delete *out)
{
    struct ike_reader r = rd_open(body);
    out->protocol = rd_u8(&r);
    out->spi_size = rd_u8(&r);
    out->spi_count = rd_u16(&r);
    out->spis = rd_rest(&r);
    if (r.bad || out->spis.len != (size_t)out->spi_size * out->spi_count)
        return WHY_SYNTAX;
    return WHY_OK;
}

size_t ike_begin_delete(struct ike_writer *w, size_t *link, enum ike_protocol protocol)
{
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_DELETE);
    put_u8(w, (uint8_t)protocol);
    put_u8(w, protocol == PROTOCOL_IKE ? 0 : 4);
    put_u16(w, 0);
    return begin;
}

void ike_end_delete(struct ike_writer *w, size_t begin, uint16_t spi_count)
{
    put_u16_at(w, begin + IKE_PAYLOAD_HEAD + 2, spi_count);
    ike_end_payload(w, begin);
}

void ike_put_delete(struct ike_writer *w, size_t *link, uint32_t child_spi)
{
    const size_t begin = ike_begin_delete(w, link, child_spi == 0 ? PROTOCOL_IKE : PROTOCOL_ESP);
    if (child_spi != 0)
        put_u32(w, child_spi);
    ike_end_delete(w, begin, child_spi != 0 ? 1 : 0);
}
