/* SPDX-License-Identifier: MIT
 * The header and the chain of payloads: what is read, what is put, what is
 * refused and for which reason; the numbers' names. */
#include "ike/v2/message.h"
#include "ike/v2/payload.h"
#include "ike/v2/registry.h"
#include "tests/test.h"
#include "tests/wire_cases.h"

#include <string.h>

/* What of struct ike_header is no padding. */
enum { HEAD_OCTETS = offsetof(struct ike_header, length) + sizeof(uint32_t) };

#define BYTES(array) ((struct ike_bytes){(array), sizeof(array)})

/* IKE_SA_INIT request: nonce, COOKIE, an unknown payload (200), Vendor ID twice. */
static const uint8_t sample[] = {
    /* header, RFC 7296 3.1 */
    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0, 0, 0, 0, 0, 0, 0, 0, 40, 0x20, 34, 0x08, 0,
    0, 0, 0, 0, 0, 0, 79,
    /* nonce, 16 octets */
    41, 0, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    /* N(COOKIE) */
    200, 0, 0, 11, 0, 0, 0x40, 0x06, 0xc0, 0x0c, 0x1e,
    /* unknown, not critical */
    43, 0, 0, 6, 0xff, 0xff,
    /* V, V */
    43, 0x80, 0, 6, 'a', 'b', 0, 0, 0, 8, 'c', 'd', 'e', 'f'};

static struct ike_message parsed(struct ike_bytes message, enum ike_why wanted)
{
    static struct ike_message m;
    EXPECT_EQ(wire_parse(message, &m), wanted);
    return m;
}

/* ---- header ---- */

static void test_header_shows_every_field(void)
{
    static const uint8_t bytes[28] = {1,    2,    3,    4,    5,  6,  7,  8,    9,  10,
                                      11,   12,   13,   14,   15, 16, 33, 0x2f, 37, 0x38,
                                      0xde, 0xad, 0xbe, 0xef, 0,  0,  0,  28};
    struct ike_header h;
    EXPECT_EQ(ike_header_parse(BYTES(bytes), &h), WHY_OK);
    EXPECT(h.spi_i == UINT64_C(0x0102030405060708));
    EXPECT(h.spi_r == UINT64_C(0x090a0b0c0d0e0f10));
    EXPECT_EQ(h.next, 33);
    EXPECT_EQ(h.version, 0x2f); /* the minor version is ignored, RFC 7296 2.5 */
    EXPECT_EQ(h.exchange, INFORMATIONAL);
    EXPECT_EQ(h.flags, 0x38);
    EXPECT_EQ(h.id, 0xdeadbeef);
    EXPECT_EQ(h.length, 28);
}

/* Header, empty message: what is put again is what was read. */
static bool header_again(struct ike_bytes message, uint8_t *out)
{
    struct ike_header h;
    struct ike_writer w = wr_open(out, IKE_HEADER_LEN);
    memset(out, 0xa5, IKE_HEADER_LEN + 1);
    if (ike_header_parse(message, &h) != WHY_OK)
        return false;
    ike_put_header(&w, &h);
    ike_end_message(&w);
    EXPECT(!w.bad && w.len == IKE_HEADER_LEN && out[IKE_HEADER_LEN] == 0xa5);
    return true;
}

static void test_header_passes_the_five(void)
{
    uint8_t bytes[29] = {1, 2, 3, 4, 5, 6, 7, 8, [17] = 0x20, [18] = 34, [19] = 8, [27] = 28};
    uint8_t out[29];
    for (size_t len = 0; len < 30; len++) {
        if (len == 28)
            continue;
        EXPECT(!header_again((struct ike_bytes){bytes, len < 30 ? len : 29}, out));
    }
    EXPECT(header_again((struct ike_bytes){bytes, 28}, out));
    EXPECT(memcmp(out, bytes, 28) == 0);
    for (size_t i = 0; i < 28; i++) {
        for (unsigned change = 1; change < 256; change++) {
            bytes[i] ^= (uint8_t)change;
            const bool read = header_again((struct ike_bytes){bytes, 28}, out);
            out[16] = bytes[16]; /* the first payload's type is put with that payload */
            EXPECT(!read || memcmp(out, bytes, 28) == 0);
            EXPECT(read || i == 17 || i >= 24);
            bytes[i] ^= (uint8_t)change;
        }
    }
}

static void test_major_version_above_is_named_and_below_is_no_syntax_of_ours(void)
{
    uint8_t bytes[28] = {[0] = 1, [27] = 28};
    struct ike_header h;
    for (unsigned version = 0; version < 256; version++) {
        bytes[17] = (uint8_t)version;
        const enum ike_why wanted = version >= 0x30   ? WHY_MAJOR_VERSION
                                    : version >= 0x20 ? WHY_OK
                                                      : WHY_SYNTAX;
        EXPECT_EQ(ike_header_parse(BYTES(bytes), &h), wanted);
    }
    /* A version above is told even where its length means nothing to us. */
    bytes[17] = 0x30;
    bytes[27] = 99;
    EXPECT_EQ(ike_header_parse(BYTES(bytes), &h), WHY_MAJOR_VERSION);
}

static void test_length_in_the_header_is_the_datagram_s(void)
{
    uint8_t bytes[40] = {[0] = 1, [17] = 0x20};
    struct ike_header h;
    for (unsigned length = 0; length < 64; length++) {
        bytes[27] = (uint8_t)length;
        EXPECT_EQ(ike_header_parse(BYTES(bytes), &h), length == 40 ? WHY_OK : WHY_SYNTAX);
    }
    bytes[27] = 40;
    bytes[24] = 1;
    EXPECT_EQ(ike_header_parse(BYTES(bytes), &h), WHY_SYNTAX);
}

/* ---- the chain ---- */

static void test_payloads_are_sorted_into_slots_in_their_order(void)
{
    static const uint8_t types[] = {40, 41, 200, 43, 43};
    const struct ike_message m = parsed(BYTES(sample), WHY_OK);
    EXPECT_EQ(m.type_count, 5);
    EXPECT(memcmp(m.types, types, sizeof types) == 0);
    EXPECT_EQ(m.there, P(PAYLOAD_NONCE) | P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR));
    EXPECT_EQ(m.twice, P(PAYLOAD_VENDOR));
    EXPECT_EQ(m.unknown_critical, 0);
    EXPECT_EQ(m.notify_count, 1);
    EXPECT_EQ(m.notifies[0].type, N_COOKIE);
    EXPECT(ike_bytes_equal(m.notifies[0].data, (struct ike_bytes){sample + 56, 3}));
    EXPECT(
        ike_bytes_equal(ike_message_body(&m, PAYLOAD_NONCE), (struct ike_bytes){sample + 32, 16}));
    EXPECT(ike_bytes_equal(ike_message_body(&m, PAYLOAD_VENDOR),
                           (struct ike_bytes){(const uint8_t *)"ab", 2}));
    wire_forget();
}

static void test_what_is_not_there_has_no_body(void)
{
    static struct ike_message m;
    memset(&m, 0xa5, sizeof m); /* whatever the last message left */
    EXPECT_EQ(wire_parse(BYTES(sample), &m), WHY_OK);
    for (int type = PAYLOAD_FIRST; type <= PAYLOAD_LAST; type++)
        if ((m.there & P(type)) == 0)
            EXPECT_EQ(ike_message_body(&m, (enum ike_payload_type)type).len, 0);
    EXPECT(ike_message_notify(&m, N_REKEY_SA) == NULL);
    EXPECT(ike_message_error(&m) == NULL);
    EXPECT_EQ(m.delete_count, 0);
    wire_forget();
}

/* Without parsing: the first of its type, or none, also where the chain is cut. */
static void test_a_payload_is_found_in_the_octets(void)
{
    static const uint8_t octets[IKE_HEADER_LEN + 12] = {[16] = PAYLOAD_VENDOR,
                                                        [28] = PAYLOAD_NONCE,
                                                        [31] = 6,
                                                        [32] = 'v',
                                                        [33] = 'i',
                                                        [37] = 6,
                                                        [38] = 'n',
                                                        [39] = 'o'};
    const struct ike_bytes whole = BYTES(octets);
    struct ike_bytes cut = whole;
    const struct ike_bytes nonce = ike_message_find(whole, PAYLOAD_NONCE);
    EXPECT(nonce.len == 2 && nonce.at == octets + 38);
    EXPECT_EQ(ike_message_find(whole, PAYLOAD_VENDOR).len, 2);
    EXPECT_EQ(ike_message_find(whole, PAYLOAD_KE).len, 0);
    cut.len--;
    EXPECT_EQ(ike_message_find(cut, PAYLOAD_NONCE).len, 0);
}

static void test_critical_is_remembered_for_unknown_payloads_only(void)
{
    uint8_t bytes[sizeof sample];
    for (unsigned type = 1; type < 256; type++) {
        memcpy(bytes, sample, sizeof sample);
        bytes[48] = (uint8_t)type; /* what N(COOKIE) says comes next */
        bytes[60] = 0x80;          /* and its critical bit */
        if (type == PAYLOAD_NOTIFY || type == PAYLOAD_DELETE || type == PAYLOAD_SK ||
            type == PAYLOAD_SKF)
            continue; /* two octets are none of these */
        const struct ike_message m = parsed(BYTES(bytes), WHY_OK);
        const bool known = (type >= PAYLOAD_FIRST && type <= PAYLOAD_LAST) || type == PAYLOAD_PS;
        EXPECT_EQ(m.unknown_critical, known ? 0 : type); /* RFC 7296 2.5, 3.2 */
    }
    wire_forget();
}

static void test_the_first_unknown_critical_payload_is_the_one_named(void)
{
    uint8_t room[64];
    const struct ike_header head = {.spi_i = 1, .version = IKE_VERSION_2};
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 16;
    ike_put_header(&w, &head);
    for (uint8_t i = 0; i < 3; i++) {
        const size_t begin = ike_begin_payload(&w, &link, (uint8_t)(100 + i));
        room[begin + 1] = i == 0 ? 0 : 0x80;
        ike_end_payload(&w, begin);
    }
    ike_end_message(&w);
    EXPECT_EQ(parsed(wr_done(&w), WHY_OK).unknown_critical, 101);
    wire_forget();
}

/* `count` payloads of a type, each with `body`. */
static enum ike_why many(unsigned count, uint8_t type, struct ike_bytes body)
{
    static uint8_t room[4096];
    static struct ike_message m;
    const struct ike_header head = {.spi_i = 1, .version = IKE_VERSION_2};
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 16;
    ike_put_header(&w, &head);
    for (unsigned i = 0; i < count; i++) {
        const size_t begin = ike_begin_payload(&w, &link, type);
        put_bytes(&w, body);
        ike_end_payload(&w, begin);
    }
    ike_end_message(&w);
    EXPECT(!w.bad);
    const enum ike_why why = wire_parse(wr_done(&w), &m);
    wire_forget();
    return why;
}

static void test_there_is_a_limit_to_payloads_notifies_and_deletes(void)
{
    static const uint8_t notify[] = {0, 0, 0x40, 0x00};
    static const uint8_t delete[] = {1, 0, 0, 0};
    const struct ike_bytes none = {NULL, 0};
    EXPECT_EQ(many(0, PAYLOAD_VENDOR, none), WHY_OK);
    EXPECT_EQ(many(IKE_PAYLOADS_MAX, PAYLOAD_VENDOR, none), WHY_OK);
    EXPECT_EQ(many(IKE_PAYLOADS_MAX + 1, PAYLOAD_VENDOR, none), WHY_TOO_MANY);
    EXPECT_EQ(many(IKE_PAYLOADS_MAX + 1, 200, none), WHY_TOO_MANY);
    EXPECT_EQ(many(IKE_NOTIFIES_MAX, PAYLOAD_NOTIFY, BYTES(notify)), WHY_OK);
    EXPECT_EQ(many(IKE_NOTIFIES_MAX + 1, PAYLOAD_NOTIFY, BYTES(notify)), WHY_TOO_MANY);
    EXPECT_EQ(many(IKE_DELETES_MAX, PAYLOAD_DELETE, BYTES(delete)), WHY_OK);
    EXPECT_EQ(many(IKE_DELETES_MAX + 1, PAYLOAD_DELETE, BYTES(delete)), WHY_TOO_MANY);
    EXPECT_EQ(many(IKE_CERTS_MAX, PAYLOAD_CERT, none), WHY_OK);
    EXPECT_EQ(many(IKE_CERTS_MAX + 1, PAYLOAD_CERT, none), WHY_TOO_MANY);
    EXPECT_EQ(many(IKE_CERTS_MAX + 1, PAYLOAD_CERTREQ, none), WHY_TOO_MANY);
}

static void test_every_truncation_with_a_true_header_is_refused(void)
{
    uint8_t bytes[sizeof sample];
    for (size_t len = 0; len < sizeof sample; len++) {
        memcpy(bytes, sample, sizeof sample);
        if (len >= IKE_HEADER_LEN)
            bytes[27] = (uint8_t)len;
        (void)parsed((struct ike_bytes){bytes, len}, WHY_SYNTAX);
    }
    wire_forget();
}

static void test_octets_after_the_last_payload_are_refused(void)
{
    uint8_t bytes[sizeof sample + 4] = {0};
    memcpy(bytes, sample, sizeof sample);
    for (size_t more = 1; more <= 4; more++) {
        bytes[27] = (uint8_t)(sizeof sample + more);
        (void)parsed((struct ike_bytes){bytes, sizeof sample + more}, WHY_SYNTAX);
    }
    wire_forget();
}

static void test_payload_lengths_that_lie_are_refused(void)
{
    uint8_t bytes[sizeof sample];
    memcpy(bytes, sample, sizeof sample);
    for (unsigned length = 0; length < 256; length++) {
        bytes[sizeof sample - 5] = (uint8_t)length; /* of the last one, 8 is true */
        (void)parsed(BYTES(bytes), length == 8 ? WHY_OK : WHY_SYNTAX);
    }
    wire_forget();
}

/* Changes that are read at all must change something that was seen: nothing is silently passed
 * over but reserved bits and the bodies of payloads that are skipped. */
static void test_every_change_of_one_octet_is_refused_or_seen(void)
{
    const struct ike_message before = parsed(BYTES(sample), WHY_OK);
    uint8_t bytes[sizeof sample];
    memcpy(bytes, sample, sizeof sample);
    for (size_t i = 0; i < sizeof sample; i++) {
        static struct ike_message m;
        bytes[i] ^= 0x01;
        const enum ike_why why = wire_parse(BYTES(bytes), &m);
        bytes[i] ^= 0x01;
        const bool reserved = i == 29 || i == 49 || i == 60 || i == 66 || i == 72;
        const bool skipped = i == 63 || i == 64 || i >= 75;
        const bool seen = why != WHY_OK || memcmp(&m.head, &before.head, HEAD_OCTETS) != 0 ||
                          memcmp(m.types, before.types, before.type_count) != 0 ||
                          m.notifies[0].type != N_COOKIE || m.notifies[0].protocol != 0 ||
                          m.notifies[0].spi.len != 0 || m.notifies[0].data.at[0] != 0xc0 ||
                          m.notifies[0].data.at[1] != 0x0c || m.notifies[0].data.at[2] != 0x1e ||
                          memcmp(ike_message_body(&m, PAYLOAD_NONCE).at, sample + 32, 16) != 0 ||
                          memcmp(ike_message_body(&m, PAYLOAD_VENDOR).at, "ab", 2) != 0;
        if (!EXPECT(seen || reserved || skipped))
            EXPECT_EQ(i, SIZE_MAX);
    }
    wire_forget();
}

static void test_errors_are_told_from_statuses_by_their_number(void)
{
    static const struct {
        uint8_t high, low;
        bool error;
    } rows[] = {{0, 0, true},     {0, 14, true},    {0x3f, 0xff, true},
                {0x40, 0, false}, {0x40, 6, false}, {0xff, 0xff, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[sizeof sample];
        static struct ike_message m;
        memcpy(bytes, sample, sizeof sample);
        bytes[54] = rows[i].high;
        bytes[55] = rows[i].low;
        EXPECT_EQ(wire_parse(BYTES(bytes), &m), WHY_OK);
        EXPECT_EQ(ike_message_error(&m) != NULL, rows[i].error);
        EXPECT(ike_message_notify(&m, (uint16_t)(rows[i].high << 8 | rows[i].low)) ==
               &m.notifies[0]);
    }
    wire_forget();
}

static void test_a_notify_is_found_wherever_it_stands(void)
{
    static const uint16_t types[] = {N_NAT_DETECTION_SOURCE_IP, N_NO_PROPOSAL_CHOSEN, N_COOKIE,
                                     N_INVALID_SYNTAX, N_COOKIE};
    static struct ike_message m;
    uint8_t room[128];
    const struct ike_header head = {.spi_i = 1, .version = IKE_VERSION_2};
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 16;
    ike_put_header(&w, &head);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        ike_put_status(&w, &link, types[i], (struct ike_bytes){NULL, 0});
    ike_end_message(&w);
    EXPECT_EQ(wire_parse(wr_done(&w), &m), WHY_OK);
    EXPECT(ike_message_notify(&m, N_COOKIE) == &m.notifies[2]); /* the first of two */
    EXPECT(ike_message_error(&m) == &m.notifies[1]);
    EXPECT(ike_message_notify(&m, N_REKEY_SA) == NULL);
    wire_forget();
}

/* ---- SK ---- */

static const uint8_t sealed[] = {1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 43, 0x20, 35, 0x08,
                                 0, 0, 0, 1, 0, 0, 0, 44,
                                 /* V, in the clear */
                                 46, 0, 0, 5, 'v',
                                 /* SK; the first within is IDi */
                                 35, 0, 0, 11, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x99};

static void test_sk_is_the_last_and_tells_the_first_within(void)
{
    const struct ike_message m = parsed(BYTES(sealed), WHY_OK);
    EXPECT_EQ(m.sealed_next, PAYLOAD_IDI);
    EXPECT_EQ(m.sealed_at, 37);
    EXPECT_EQ(m.there, P(PAYLOAD_VENDOR) | P(PAYLOAD_SK));
    EXPECT_EQ(ike_message_body(&m, PAYLOAD_SK).len, 7);
    wire_forget();
}

static void test_octets_after_sk_are_refused(void)
{
    uint8_t bytes[sizeof sealed + 4] = {0};
    memcpy(bytes, sealed, sizeof sealed);
    bytes[27] = sizeof bytes;
    bytes[sizeof bytes - 1] = 4; /* even where they look like a payload */
    (void)parsed(BYTES(bytes), WHY_SYNTAX);
    wire_forget();
}

static void test_what_was_sealed_joins_the_same_slots(void)
{
    static const uint8_t text[] = {43, 0, 0,   9, 2, 0, 0, 0, 'x', 41,   0,
                                   0,  5, 'w', 0, 0, 0, 8, 0, 0,   0x40, 0x00};
    static struct ike_message m;
    static const uint8_t types[] = {43, 46, 35, 43, 41};
    EXPECT_EQ(wire_parse(BYTES(sealed), &m), WHY_OK);
    EXPECT_EQ(ike_message_parse_sealed(&m, BYTES(text)), WHY_OK);
    EXPECT_EQ(m.type_count, 5);
    EXPECT(memcmp(m.types, types, sizeof types) == 0);
    EXPECT_EQ(m.twice, P(PAYLOAD_VENDOR));
    EXPECT_EQ(ike_message_body(&m, PAYLOAD_VENDOR).at[0], 'v');
    EXPECT_EQ(ike_message_body(&m, PAYLOAD_IDI).len, 5);
    EXPECT(ike_message_notify(&m, N_INITIAL_CONTACT) != NULL);
    wire_forget();
}

/* RFC 7383 2.5: a fragment is never within what is sealed; there its type is one unknown. */
static void test_a_fragment_within_sk_is_passed_over(void)
{
    static struct ike_message m;
    static const uint8_t text[] = {0, 0, 0, 8, 0, 1, 0, 1};
    uint8_t bytes[sizeof sealed];
    memcpy(bytes, sealed, sizeof sealed);
    bytes[33] = PAYLOAD_SKF;
    EXPECT_EQ(wire_parse(BYTES(bytes), &m), WHY_OK);
    bytes[33] = PAYLOAD_SKF;
    EXPECT_EQ(ike_message_parse_sealed(&m, BYTES(text)), WHY_OK);
    EXPECT_EQ(m.there & P(PAYLOAD_SKF), 0);
    wire_forget();
}

static void test_nothing_sealed_is_nothing_within(void)
{
    static struct ike_message m;
    uint8_t bytes[sizeof sealed];
    memcpy(bytes, sealed, sizeof sealed);
    bytes[33] = PAYLOAD_NONE;
    EXPECT_EQ(wire_parse(BYTES(bytes), &m), WHY_OK);
    EXPECT_EQ(ike_message_parse_sealed(&m, (struct ike_bytes){NULL, 0}), WHY_OK);
    EXPECT_EQ(m.type_count, 2);
    EXPECT_EQ(ike_message_parse_sealed(&m, (struct ike_bytes){sealed, 1}), WHY_SYNTAX);
    wire_forget();
}

static void test_sk_within_sk_is_refused(void)
{
    static const uint8_t text[] = {46, 0, 0, 4, 0, 0, 0, 4};
    static struct ike_message m;
    EXPECT_EQ(wire_parse(BYTES(sealed), &m), WHY_OK);
    EXPECT_EQ(ike_message_parse_sealed(&m, BYTES(text)), WHY_SYNTAX);
    wire_forget();
}

/* ---- putting ---- */

static void test_a_message_is_put_octet_by_octet_as_its_sample(void)
{
    uint8_t room[sizeof sample + 8];
    const struct ike_message m = parsed(BYTES(sample), WHY_OK);
    size_t at = IKE_HEADER_LEN;
    size_t link = 16;
    memset(room, 0xa5, sizeof room);
    struct ike_writer w = wr_open(room, sizeof room);
    ike_put_header(&w, &m.head);
    for (uint8_t i = 0; i < m.type_count; i++) {
        const size_t len = sample[at + 3];
        const size_t begin = ike_begin_payload(&w, &link, m.types[i]);
        put_bytes(&w, (struct ike_bytes){sample + at + 4, len - 4});
        ike_end_payload(&w, begin);
        room[begin + 1] = sample[at + 1];
        at += len;
    }
    ike_end_message(&w);
    EXPECT(ike_bytes_equal(wr_done(&w), BYTES(sample)));
    EXPECT_EQ(room[sizeof sample], 0xa5);
    wire_forget();
}

/* ---- names ---- */

static void test_notify_rows_are_in_order_and_found_by_number(void)
{
    for (uint16_t i = 0; i < ike_notify_row_count; i++) {
        const struct ike_notify_row *const row = &ike_notify_rows[i];
        EXPECT(i == 0 || ike_notify_rows[i - 1].id < row->id);
        EXPECT_STR(ike_notify_name(row->id), row->name);
        EXPECT(strncmp(row->source, "RFC ", 4) == 0);
        for (uint16_t k = 0; k < i; k++)
            EXPECT(strcmp(ike_notify_rows[k].name, row->name) != 0);
    }
}

static void test_notify_numbers_are_those_iana_gave(void)
{
    static const uint16_t errors[] = {1,  4,  5,  7,  9,  11, 14, 17, 24, 34, 35, 36, 37,
                                      38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49};
    size_t next = 0;
    for (uint32_t number = 0; number <= UINT16_MAX; number++) {
        const bool error = next < sizeof errors / sizeof errors[0] && errors[next] == number;
        next += error ? 1 : 0;
        const bool status = number >= 16384 && number <= 16446;
        EXPECT_EQ(ike_notify_name((uint16_t)number) != NULL, error || status);
    }
    EXPECT_STR(ike_notify_name(N_COOKIE), "COOKIE");
    EXPECT_STR(ike_notify_name(N_CHILD_SA_NOT_FOUND), "CHILD_SA_NOT_FOUND");
    EXPECT_STR(ike_notify_name(N_NON_FIRST_FRAGMENTS_ALSO), "NON_FIRST_FRAGMENTS_ALSO");
}

static void test_exchanges_and_payloads_have_the_names_of_the_rfc(void)
{
    unsigned exchanges = 0;
    unsigned payloads = 0;
    for (unsigned i = 0; i < 256; i++) {
        exchanges += ike_exchange_name((uint8_t)i) != NULL ? 1 : 0;
        payloads += ike_payload_name((uint8_t)i) != NULL ? 1 : 0;
    }
    EXPECT_EQ(exchanges, 7);
    EXPECT_EQ(payloads, 22);
    EXPECT_STR(ike_exchange_name(IKE_SA_INIT), "IKE_SA_INIT");
    EXPECT_STR(ike_exchange_name(CREATE_CHILD_SA), "CREATE_CHILD_SA");
    EXPECT_STR(ike_payload_name(PAYLOAD_TSI), "TSi");
    EXPECT_STR(ike_payload_name(PAYLOAD_EAP), "EAP");
}

static void test_every_reason_has_a_row_of_its_own(void)
{
    for (int i = 0; i < IKE_WHY_COUNT; i++) {
        const struct ike_why_row *const row = ike_why_row((enum ike_why)i);
        EXPECT(row->name != NULL && row->name[0] != '\0' && row->source != NULL);
        EXPECT_EQ(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(row->name));
        for (int k = 0; k < i; k++)
            EXPECT(strcmp(row->name, ike_why_row((enum ike_why)k)->name) != 0);
        /* What is answered needs a notify to answer with, and what is not has none. */
        const bool answers = row->clear == ACTION_REFUSE || row->clear == ACTION_FATAL ||
                             row->sealed == ACTION_REFUSE || row->sealed == ACTION_FATAL;
        EXPECT_EQ(row->notify != 0, answers);
        EXPECT(row->notify == 0 || ike_notify_name(row->notify) != NULL);
        /* Nothing unauthenticated ends an SA. */
        EXPECT(row->clear != ACTION_FATAL);
    }
}

/* RFC 7296 3.10.1, RFC 9370 5: those errors whose meaning is known; any other in a response to
 * IKE_AUTH or CREATE_CHILD_SA means that it has failed. */
static void test_errors_are_known_by_the_rfcs_that_define_them(void)
{
    static const uint16_t known[] = {1,  4,  5,  7,  9,  11, 14, 17, 24,
                                     34, 35, 36, 37, 38, 39, 43, 44, 47};
    size_t at = 0;
    for (uint32_t type = 0; type <= UINT16_MAX; type++) {
        const bool is = at < sizeof known / sizeof known[0] && known[at] == type;
        at += is;
        if (!EXPECT(ike_error_is_known((uint16_t)type) == is))
            EXPECT_EQ(type, -1); /* says which */
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_header_shows_every_field),
        TEST(test_header_passes_the_five),
        TEST(test_major_version_above_is_named_and_below_is_no_syntax_of_ours),
        TEST(test_length_in_the_header_is_the_datagram_s),
        TEST(test_payloads_are_sorted_into_slots_in_their_order),
        TEST(test_what_is_not_there_has_no_body),
        TEST(test_a_payload_is_found_in_the_octets),
        TEST(test_critical_is_remembered_for_unknown_payloads_only),
        TEST(test_the_first_unknown_critical_payload_is_the_one_named),
        TEST(test_there_is_a_limit_to_payloads_notifies_and_deletes),
        TEST(test_every_truncation_with_a_true_header_is_refused),
        TEST(test_octets_after_the_last_payload_are_refused),
        TEST(test_payload_lengths_that_lie_are_refused),
        TEST(test_every_change_of_one_octet_is_refused_or_seen),
        TEST(test_errors_are_told_from_statuses_by_their_number),
        TEST(test_sk_is_the_last_and_tells_the_first_within),
        TEST(test_octets_after_sk_are_refused),
        TEST(test_what_was_sealed_joins_the_same_slots),
        TEST(test_a_fragment_within_sk_is_passed_over),
        TEST(test_nothing_sealed_is_nothing_within),
        TEST(test_sk_within_sk_is_refused),
        TEST(test_a_message_is_put_octet_by_octet_as_its_sample),
        TEST(test_notify_rows_are_in_order_and_found_by_number),
        TEST(test_notify_numbers_are_those_iana_gave),
        TEST(test_exchanges_and_payloads_have_the_names_of_the_rfc),
        TEST(test_every_reason_has_a_row_of_its_own),
        TEST(test_a_notify_is_found_wherever_it_stands),
        TEST(test_errors_are_known_by_the_rfcs_that_define_them),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
