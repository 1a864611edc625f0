/* SPDX-License-Identifier: MIT
 * The frame of a message: header, chain of payloads, what is sealed. */
#include "experiments/inspect_print.h"
#include "ike/v2/protect.h"
#include "ike/v2/registry.h"

#include <inttypes.h>
#include <stdarg.h>

static void print_text(const struct inspect_print *p, char mark, const uint8_t *at,
                       const char *text)
{
    (void)fprintf(p->out, "  %c %5zu %*s %s\n", mark, (size_t)(at - p->whole.at), 2 * p->depth, "",
                  text);
}

enum { TEXT = 1024 };

void inspect_line(const struct inspect_print *print, const uint8_t *at, const char *format, ...)
{
    char text[TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_text(print, ' ', at, text);
}

void inspect_odd(const struct inspect_print *print, const uint8_t *at, const char *format, ...)
{
    char text[TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_text(print, '?', at, text);
}

void inspect_error(struct inspect_print *print, const uint8_t *at, const char *format, ...)
{
    char text[TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print->errors++;
    print_text(print, '!', at, text);
}

static const char *known(const char *name)
{
    return name != NULL ? name : "unknown";
}

static const char *payload_name(uint8_t type)
{
    return type == PAYLOAD_NONE ? "none" : known(ike_payload_name(type));
}

static void print_flags(const struct inspect_print *p, const struct ike_header *h)
{
    enum { FLAGS_AT = 19, VERSION_AT = 17 };
    const uint8_t all = FLAG_INITIATOR | FLAG_VERSION | FLAG_RESPONSE;
    if ((h->flags & ~all) != 0)
        inspect_odd(p, p->whole.at + FLAGS_AT,
                    "reserved flags 0x%02x are set; a sender leaves them 0 (RFC 7296 3.1)",
                    (unsigned)(h->flags & ~all));
    if ((h->flags & FLAG_VERSION) != 0)
        inspect_odd(
            p, p->whole.at + FLAGS_AT,
            "the flag for a higher major version is set; of version 2 it is 0 (RFC 7296 3.1)");
    if ((h->version & 0x0f) != 0)
        inspect_odd(p, p->whole.at + VERSION_AT,
                    "minor version %u; a sender writes 0, a receiver ignores it (RFC 7296 3.1)",
                    h->version & 0x0fU);
}

/* False when what follows the header cannot be made sense of. */
static bool print_header(struct inspect_print *p)
{
    enum { LENGTH_AT = 24, VERSION_AT = 17 };
    struct ike_header h;
    const enum ike_why why = ike_header_parse(p->whole, &h);
    if (p->whole.len < IKE_HEADER_LEN) {
        inspect_error(p, p->whole.at, "%zu octets; a header has 28 (RFC 7296 3.1)", p->whole.len);
        return false;
    }
    inspect_line(p, p->whole.at,
                 "header: length 28, SPIi %016" PRIx64 ", SPIr %016" PRIx64
                 ", next %u (%s), version %u.%u, exchange %u (%s), flags 0x%02x (%s%s), id %" PRIu32
                 ", message length %" PRIu32,
                 h.spi_i, h.spi_r, h.next, payload_name(h.next), h.version >> 4U, h.version & 0x0fU,
                 h.exchange, known(ike_exchange_name(h.exchange)), h.flags,
                 (h.flags & FLAG_INITIATOR) != 0 ? "initiator's " : "responder's ",
                 (h.flags & FLAG_RESPONSE) != 0 ? "response" : "request", h.id, h.length);
    print_flags(p, &h);
    if (h.version >> 4 != 2) {
        inspect_error(p, p->whole.at + VERSION_AT,
                      "major version %u; 2 is read here (RFC 7296 2.5, 3.1)", h.version >> 4U);
        return false;
    }
    if (why != WHY_OK)
        inspect_error(p, p->whole.at + LENGTH_AT,
                      "the message's length is said to be %" PRIu32
                      " and the datagram has %zu octets (RFC 7296 3.1)",
                      h.length, p->whole.len);
    if (h.spi_i == 0)
        inspect_error(p, p->whole.at, "the initiator's SPI is never zero (RFC 7296 3.1)");
    return true;
}

/* Why the reader could not take a payload at `at`. */
static void explain_length(struct inspect_print *p, uint8_t type, struct ike_reader r)
{
    const uint8_t *const at = r.at;
    const size_t left = r.left;
    if (left < IKE_PAYLOAD_HEAD) {
        inspect_error(p, at,
                      "%s (%u) is to follow, and %zu octets are left; its header alone has 4 "
                      "(RFC 7296 3.2)",
                      payload_name(type), type, left);
        return;
    }
    rd_skip(&r, 2);
    const unsigned len = rd_u16(&r);
    if (len < IKE_PAYLOAD_HEAD)
        inspect_error(p, at + 2,
                      "%s (%u) of length %u; its header of 4 octets counts (RFC 7296 3.2)",
                      payload_name(type), type, len);
    else
        inspect_error(p, at + 2, "%s (%u) of length %u, and %zu octets are left (RFC 7296 3.2)",
                      payload_name(type), type, len, left);
}

static void print_payload_head(struct inspect_print *p, const uint8_t *at, uint8_t type,
                               const struct ike_payload *payload)
{
    const bool critical = (payload->reserved & 0x80) != 0;
    const bool is_known = (type >= PAYLOAD_FIRST && type <= PAYLOAD_LAST) || type == PAYLOAD_SKF ||
                          type == PAYLOAD_PS;
    inspect_line(p, at, "%s (%u): length %zu, next %u (%s)%s", payload_name(type), type,
                 payload->body.len + IKE_PAYLOAD_HEAD, payload->next, payload_name(payload->next),
                 critical ? ", critical" : "");
    if ((payload->reserved & 0x7f) != 0)
        inspect_odd(p, at + 1, "reserved bits 0x%02x; a sender leaves them 0 (RFC 7296 3.2)",
                    payload->reserved & 0x7fU);
    if (critical && is_known)
        inspect_odd(p, at + 1,
                    "critical, though RFC 7296 defines this payload; ignored (RFC 7296 3.2)");
    if (critical && !is_known)
        inspect_error(p, at + 1,
                      "a critical payload that is not known: answered with "
                      "UNSUPPORTED_CRITICAL_PAYLOAD (RFC 7296 2.5)");
}

static void print_chain(struct inspect_print *p, struct ike_reader r, uint8_t type)
{
    while (type != PAYLOAD_NONE) {
        const struct ike_reader before = r;
        struct ike_payload payload;
        if (!ike_payload_take(&r, &payload)) {
            explain_length(p, type, before);
            return;
        }
        print_payload_head(p, before.at, type, &payload);
        p->depth++;
        inspect_payload(p, type, payload.body);
        p->depth--;
        type = type == PAYLOAD_SK || type == PAYLOAD_SKF ? PAYLOAD_NONE : payload.next;
    }
    if (r.left > 0)
        inspect_error(p, r.at, "%zu octets follow the last payload (RFC 7296 3.1, 3.14)", r.left);
}

/* True when `text` was the last one missing. */
static bool join(struct inspect_joined *j, const struct ike_message *m, struct ike_bytes text)
{
    const struct ike_header *const h = &m->head;
    const bool same =
        j->spi_i == h->spi_i && j->spi_r == h->spi_r && j->id == h->id && j->flags == h->flags;
    if (m->fragment_number == 1) {
        *j = (struct inspect_joined){.spi_i = h->spi_i, .spi_r = h->spi_r, .id = h->id};
        j->flags = h->flags;
        j->next = m->sealed_next;
    } else if (!same || m->fragment_number != j->number + 1) {
        return false;
    }
    if (text.len > sizeof j->octets - j->len)
        return false;
    memcpy(j->octets + j->len, text.at, text.len);
    j->len += text.len;
    j->number = m->fragment_number;
    return j->number == m->fragment_total;
}

static void print_fragment_text(struct inspect_print *p, struct ike_bytes text)
{
    struct inspect_joined *const j = p->joined;
    inspect_line(p, text.at, "opened: %zu octets of a fragment", text.len);
    if (!join(j, p->m, text))
        return;
    p->whole = (struct ike_bytes){.at = j->octets, .len = j->len};
    inspect_line(p, p->whole.at, "put together: %zu octets, from where offsets now count", j->len);
    print_chain(p, rd_open(p->whole), j->next);
}

/* The copy has all at the same offsets, so what was sealed is told where it stood. */
static void print_sealed(struct inspect_print *p)
{
    static uint8_t copy[UINT16_MAX];
    const struct ike_message *const m = p->m;
    const bool fragment = (m->there & P(PAYLOAD_SKF)) != 0;
    if (p->keys == NULL || (!fragment && (m->there & P(PAYLOAD_SK)) == 0))
        return;
    const struct ike_seal_keys keys = ike_keys_of(p->keys, (m->head.flags & FLAG_INITIATOR) != 0);
    struct ike_bytes text;
    memcpy(copy, p->whole.at, p->whole.len);
    const enum ike_why why = ike_open_text(m, &keys, p->crypto, copy, &text);
    if (why != WHY_OK) {
        inspect_error(p, p->whole.at + m->sealed_at,
                      why == WHY_BAD_ICV
                          ? "the integrity checksum is not right for these keys (RFC 7296 3.14)"
                          : "the padding is longer than what was sealed (RFC 7296 3.14)");
        return;
    }
    struct inspect_print inner = *p;
    inner.whole = (struct ike_bytes){.at = copy, .len = p->whole.len};
    inner.depth++;
    if (fragment)
        print_fragment_text(&inner, text);
    else
        print_chain(&inner, rd_open(text), m->sealed_next);
    p->errors = inner.errors;
}

void inspect_tree(struct inspect_print *print)
{
    static struct ike_message m;
    const enum ike_why why = ike_message_parse(print->whole, &m);
    print->m = &m;
    if (!print_header(print))
        return;
    struct ike_reader r = rd_open(print->whole);
    rd_skip(&r, IKE_HEADER_LEN);
    print_chain(print, r, m.head.next);
    if (why == WHY_OK)
        print_sealed(print);
    else if (print->errors == 0)
        inspect_error(print, print->whole.at, "refused: %s (%s)", ike_why_row(why)->name,
                      ike_why_row(why)->source);
}
