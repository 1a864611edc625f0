/* SPDX-License-Identifier: MIT
 * Headers and payload chains: read into slots, written through links. */
#include "ike/v2/message.h"

#include "ike/v2/payload.h"

#include <assert.h>

bool ike_exchange_makes_sa(uint8_t exchange)
{
    return exchange == IKE_SA_INIT || exchange == IKE_SESSION_RESUME;
}

/*  SPIi (8) | SPIr (8) | Next (1) | Version (1) | Exchange (1) | Flags (1) | Message ID (4)
 *  | Length (4).   RFC 7296 3.1 */
enum ike_why ike_header_parse(struct ike_bytes datagram, struct ike_header *out)
{
    struct ike_reader r = rd_open(datagram);
    out->spi_i = rd_u64(&r);
    out->spi_r = rd_u64(&r);
    out->next = rd_u8(&r);
    out->version = rd_u8(&r);
    out->exchange = rd_u8(&r);
    out->flags = rd_u8(&r);
    out->id = rd_u32(&r);
    out->length = rd_u32(&r);
    if (r.bad)
        return WHY_SYNTAX;
    if (out->version >> 4 > IKE_VERSION_2 >> 4)
        return WHY_MAJOR_VERSION; /* RFC 7296 2.5: what follows may mean anything */
    if (out->version >> 4 < IKE_VERSION_2 >> 4 || out->length != datagram.len)
        return WHY_SYNTAX;
    return WHY_OK;
}

static enum ike_why notify_add(struct ike_message *m, struct ike_bytes body)
{
    if (m->notify_count == IKE_NOTIFIES_MAX)
        return WHY_TOO_MANY;
    return ike_notify_parse(body, &m->notifies[m->notify_count++]);
}

static enum ike_why delete_add(struct ike_message *m, struct ike_bytes body)
{
    if (m->delete_count == IKE_DELETES_MAX)
        return WHY_TOO_MANY;
    return ike_delete_parse(body, &m->deletes[m->delete_count++]);
}

static enum ike_why view_add(struct ike_bytes *views, uint8_t *count, uint8_t max,
                             struct ike_bytes body)
{
    if (*count == max)
        return WHY_TOO_MANY;
    views[(*count)++] = body;
    return WHY_OK;
}

static enum ike_why payload_add(struct ike_message *m, uint8_t type, struct ike_bytes body)
{
    const uint32_t bit = P(type);
    if ((m->there & bit) != 0)
        m->twice |= bit;
    else
        m->body[type - PAYLOAD_FIRST] = body;
    m->there |= bit;
    if (type == PAYLOAD_NOTIFY)
        return notify_add(m, body);
    if (type == PAYLOAD_DELETE)
        return delete_add(m, body);
    if (type == PAYLOAD_CERT)
        return view_add(m->certs, &m->cert_count, IKE_CERTS_MAX, body);
    if (type == PAYLOAD_CERTREQ)
        return view_add(m->certreqs, &m->certreq_count, IKE_CERTS_MAX, body);
    if (type == PAYLOAD_VENDOR && m->vendor_count < IKE_VENDORS_MAX)
        m->vendors[m->vendor_count++] = body;
    if (type == PAYLOAD_CP)
        return view_add(m->cps, &m->cp_count, IKE_CPS_MAX, body);
    return WHY_OK;
}

/*  Fragment Number (2) | Total Fragments (2) | IV, …   RFC 7383 2.5 */
static enum ike_why fragment_parse(struct ike_message *m, struct ike_reader body)
{
    m->fragment_number = rd_u16(&body);
    m->fragment_total = rd_u16(&body);
    m->there |= P(PAYLOAD_SKF);
    m->sealed_at = (size_t)(body.at - m->whole.at);
    return body.bad ? WHY_SYNTAX : WHY_OK;
}

/*  Next Payload (1) | C, RESERVED (1) | Payload Length (2) | body.   RFC 7296 3.2 */
static inline bool payload_take(struct ike_reader *chain, struct ike_payload *out)
{
    out->next = rd_u8(chain);
    out->reserved = rd_u8(chain);
    struct ike_reader body = rd_counted(chain, IKE_PAYLOAD_HEAD);
    out->body = rd_rest(&body);
    return !chain->bad;
}

bool ike_payload_take(struct ike_reader *chain, struct ike_payload *out)
{
    return payload_take(chain, out);
}

static enum ike_why chain_parse(struct ike_message *m, struct ike_reader r, uint8_t type)
{
    while (type != PAYLOAD_NONE) {
        struct ike_payload payload;
        if (!payload_take(&r, &payload))
            return WHY_SYNTAX;
        const uint8_t next = payload.next;
        const uint8_t reserved = payload.reserved;
        if (m->type_count == IKE_PAYLOADS_MAX)
            return WHY_TOO_MANY;
        m->types[m->type_count++] = type;
        if (type == PAYLOAD_SKF && (m->there & P(PAYLOAD_SK)) == 0) {
            m->sealed_next = next;
            m->sealed_reserved = reserved;
            return r.left == 0 ? fragment_parse(m, rd_open(payload.body)) : WHY_SYNTAX;
        }
        if (type == PAYLOAD_PS && (m->there & P(PAYLOAD_SK)) == 0)
            m->solution = payload.body;
        if (type < PAYLOAD_FIRST || type > PAYLOAD_LAST) {
            if ((reserved & 0x80) != 0 && m->unknown_critical == 0 && type != PAYLOAD_PS)
                m->unknown_critical = type; /* RFC 7296 2.5 */
            type = next;
            continue;
        }
        if (type == PAYLOAD_SK && (m->there & P(PAYLOAD_SK)) != 0)
            return WHY_SYNTAX;    /* RFC 7296 3.14: nothing sealed within what is sealed */
        if (type == PAYLOAD_SK) { /* the last one; `next` is the first within (RFC 7296 3.14) */
            m->sealed_next = next;
            m->sealed_reserved = reserved;
            m->sealed_at = (size_t)(payload.body.at - m->whole.at);
        }
        const enum ike_why why = payload_add(m, type, payload.body);
        if (why != WHY_OK)
            return why;
        type = type == PAYLOAD_SK ? PAYLOAD_NONE : next;
    }
    return r.left == 0 ? WHY_OK : WHY_SYNTAX;
}

static void forget_payloads(struct ike_message *m)
{
    m->solution = (struct ike_bytes){0};
    m->there = 0;
    m->twice = 0;
    m->unknown_critical = 0;
    m->notify_count = 0;
    m->delete_count = 0;
    m->cert_count = 0;
    m->certreq_count = 0;
    m->cp_count = 0;
    m->vendor_count = 0;
    m->type_count = 0;
    m->sealed_next = PAYLOAD_NONE;
}

enum ike_why ike_message_parse(struct ike_bytes datagram, struct ike_message *out)
{
    const enum ike_why why = ike_header_parse(datagram, &out->head);
    out->whole = datagram;
    forget_payloads(out);
    out->sealed_at = 0;
    out->fragment_number = out->fragment_total = 0;
    if (why != WHY_OK)
        return why;
    struct ike_reader r = rd_open(datagram);
    rd_skip(&r, IKE_HEADER_LEN);
    return chain_parse(out, r, out->head.next);
}

enum ike_why ike_message_parse_sealed(struct ike_message *message, struct ike_bytes text)
{
    message->text = text;
    return chain_parse(message, rd_open(text), message->sealed_next);
}

void ike_message_reassembled(struct ike_message *message, uint8_t next, uint8_t reserved)
{
    forget_payloads(message);
    message->there = P(PAYLOAD_SK);
    message->types[message->type_count++] = PAYLOAD_SK;
    message->sealed_next = next;
    message->sealed_reserved = reserved;
}

struct ike_bytes ike_message_first(struct ike_bytes several)
{
    struct ike_reader r = rd_open(several);
    rd_skip(&r, IKE_HEADER_LEN - 4);
    const size_t len = rd_u32(&r);
    r = rd_open(several);
    const struct ike_bytes first = rd_bytes(&r, len);
    assert(!r.bad && len >= IKE_HEADER_LEN); /* our own */
    return first;
}

struct ike_bytes ike_message_find(struct ike_bytes message, enum ike_payload_type type)
{
    struct ike_reader r = rd_open(message);
    rd_skip(&r, 16);
    struct ike_payload payload = {.next = rd_u8(&r)};
    rd_skip(&r, IKE_HEADER_LEN - 17);
    for (uint8_t at; (at = payload.next) != PAYLOAD_NONE && payload_take(&r, &payload);)
        if (at == type)
            return payload.body;
    return (struct ike_bytes){.at = NULL, .len = 0};
}

struct ike_bytes ike_message_body(const struct ike_message *message, enum ike_payload_type type)
{
    if ((message->there & P(type)) == 0)
        return (struct ike_bytes){.at = NULL, .len = 0};
    return message->body[type - PAYLOAD_FIRST];
}

const struct ike_notify *ike_message_notify(const struct ike_message *message, uint16_t type)
{
    for (uint8_t i = 0; i < message->notify_count; i++)
        if (message->notifies[i].type == type)
            return &message->notifies[i];
    return NULL;
}

bool ike_message_deletes_ike(const struct ike_message *message)
{
    for (uint8_t i = 0; i < message->delete_count; i++)
        if (message->deletes[i].protocol == PROTOCOL_IKE)
            return true;
    return false;
}

const struct ike_notify *ike_message_error(const struct ike_message *message)
{
    for (uint8_t i = 0; i < message->notify_count; i++)
        if (message->notifies[i].type <= N_ERROR_LAST)
            return &message->notifies[i];
    return NULL;
}

bool ike_error_is_known(uint16_t type)
{
    static const uint16_t known[] = {
        N_UNSUPPORTED_CRITICAL_PAYLOAD,
        N_INVALID_IKE_SPI,
        N_INVALID_MAJOR_VERSION,
        N_INVALID_SYNTAX,
        N_INVALID_MESSAGE_ID,
        N_INVALID_SPI,
        N_NO_PROPOSAL_CHOSEN,
        N_INVALID_KE_PAYLOAD,
        N_AUTHENTICATION_FAILED,
        N_SINGLE_PAIR_REQUIRED,
        N_NO_ADDITIONAL_SAS,
        N_INTERNAL_ADDRESS_FAILURE,
        N_FAILED_CP_REQUIRED,
        N_TS_UNACCEPTABLE,
        N_INVALID_SELECTORS,
        N_TEMPORARY_FAILURE,
        N_CHILD_SA_NOT_FOUND,
        N_STATE_NOT_FOUND,
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] == type)
            return true;
    return false;
}

bool ike_error_ends(uint16_t type)
{
    return type == N_AUTHENTICATION_FAILED || type == N_INVALID_SYNTAX ||
           type == N_UNSUPPORTED_CRITICAL_PAYLOAD;
}

bool ike_message_failed(const struct ike_message *message)
{
    bool failed = false;
    for (uint8_t i = 0; i < message->notify_count; i++) {
        const uint16_t type = message->notifies[i].type;
        failed = failed || (type <= N_ERROR_LAST && !ike_error_is_known(type));
    }
    return failed && (message->head.flags & FLAG_RESPONSE) != 0;
}

void ike_put_header(struct ike_writer *w, const struct ike_header *head)
{
    put_u64(w, head->spi_i);
    put_u64(w, head->spi_r);
    put_u8(w, PAYLOAD_NONE);
    put_u8(w, head->version);
    put_u8(w, head->exchange);
    put_u8(w, head->flags);
    put_u32(w, head->id);
    put_u32(w, 0);
}

size_t ike_begin_payload(struct ike_writer *w, size_t *link, uint8_t type)
{
    const size_t begin = w->len;
    if (!w->bad)
        w->base[*link] = type;
    *link = begin; /* the payload's own "next payload" is its first octet */
    put_u8(w, PAYLOAD_NONE);
    put_u8(w, 0);
    put_u16(w, 0);
    return begin;
}

void ike_end_payload(struct ike_writer *w, size_t begin)
{
    put_u16_at(w, begin + 2, w->len - begin);
}

void ike_put_chain(struct ike_writer *w, size_t link, uint8_t first, struct ike_bytes chain)
{
    if (!w->bad)
        w->base[link] = first;
    put_bytes(w, chain);
}

void ike_end_message(struct ike_writer *w)
{
    put_u16_at(w, IKE_HEADER_LEN - 2, w->len); /* the upper half of the length is 0: limits.h */
}
