/* SPDX-License-Identifier: MIT
 * SA payloads: the drawings of RFC 7296 3.3 read and put, what is chosen and
 * what is refused. */
#include "ike/v2/message.h"
#include "ike/v2/proposal.h"
#include "tests/test.h"
#include "tests/wire_cases.h"

#include <string.h>

#define BYTES(array) ((struct ike_bytes){(array), sizeof(array)})

static const struct ike_bytes no_spi = {NULL, 0};

/* ---- writing by hand what a peer might ---- */

struct hand {
    uint8_t room[2048];
    struct ike_writer w;
    size_t proposal; /* where the one under construction begins */
};

static void hand_open(struct hand *h)
{
    h->w = wr_open(h->room, sizeof h->room);
}

static void hand_proposal(struct hand *h, uint8_t number, uint8_t protocol, size_t spi_len)
{
    static const uint8_t spi[8] = {0xca, 0xfe, 0xba, 0xbe, 5, 6, 7, 8};
    if (h->w.len > 0)
        h->room[h->proposal] = 2; /* the one before is not the last */
    h->proposal = h->w.len;
    put_u32(&h->w, 8);
    put_u8(&h->w, number);
    put_u8(&h->w, protocol);
    put_u8(&h->w, (uint8_t)spi_len);
    put_u8(&h->w, 0);
    put_bytes(&h->w, (struct ike_bytes){spi, spi_len});
    put_u16_at(&h->w, h->proposal + 2, h->w.len - h->proposal);
}

/* A transform with the attributes as they stand in `attributes`. */
static void hand_raw(struct hand *h, uint8_t type, uint16_t id, struct ike_bytes attributes)
{
    const size_t begin = h->w.len;
    put_u8(&h->w, 0);
    put_u8(&h->w, 0);
    put_u16(&h->w, (uint16_t)(8 + attributes.len));
    put_u8(&h->w, type);
    put_u8(&h->w, 0);
    put_u16(&h->w, id);
    put_bytes(&h->w, attributes);
    /* The one before is not the last any more: its length leads to it. */
    size_t at = h->proposal + 8 + h->room[h->proposal + 6];
    while (at < begin) {
        h->room[at] = 3;
        at += (size_t)(h->room[at + 2] << 8 | h->room[at + 3]);
    }
    h->room[h->proposal + 7]++;
    put_u16_at(&h->w, h->proposal + 2, h->w.len - h->proposal);
}

static void hand_transform(struct hand *h, uint8_t type, uint16_t id, uint16_t key_bits)
{
    const uint8_t attribute[] = {0x80, 14, (uint8_t)(key_bits >> 8), (uint8_t)key_bits};
    hand_raw(h, type, id, (struct ike_bytes){attribute, key_bits != 0 ? sizeof attribute : 0});
}

static void hand_row(struct hand *h, uint8_t row)
{
    hand_transform(h, ike_algos[row].type, ike_algos[row].id, ike_algos[row].key_bits);
}

static struct ike_offer offer(const char *text)
{
    struct ike_offer out;
    const char *bad;
    EXPECT(ike_offer_parse(text, &out, &bad));
    return out;
}

static enum ike_why choose(const struct hand *h, uint8_t protocol, const char *ours,
                           struct ike_choice *out)
{
    const struct ike_offer one = offer(ours);
    const struct ike_wish wish = {.protocol = protocol,
                                  .spi_size = protocol == PROTOCOL_IKE ? 0 : 4,
                                  .offers = &one,
                                  .offer_count = 1,
                                  .no_ke = protocol != PROTOCOL_IKE};
    *out = (struct ike_choice){.number = 0};
    return ike_proposal_choose(wr_done(&h->w), &wish, out);
}

/* ---- the five ---- */

/* Puts what was parsed, whatever it is; what is strange cannot be put, and is not chosen. */
static bool sa_again(struct ike_bytes body, struct ike_writer *w, size_t *link)
{
    struct ike_reader list = rd_open(body);
    struct ike_proposal p;
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_SA);
    do {
        if (ike_proposal_parse(&list, &p) != WHY_OK)
            return false;
        const size_t at = w->len;
        put_u32(w, p.last ? 0 : UINT32_C(2) << 24);
        put_u8(w, p.number);
        put_u8(w, p.protocol);
        put_u8(w, (uint8_t)p.spi.len);
        put_u8(w, p.transform_count);
        put_bytes(w, p.spi);
        for (uint8_t i = 0; i < p.transform_count; i++) {
            const struct ike_transform *const t = &p.transforms[i];
            if (t->strange)
                return false;
            put_u16(w, i + 1 < p.transform_count ? 3 << 8 : 0);
            put_u16(w, t->key_bits != 0 ? 12 : 8);
            put_u8(w, t->type);
            put_u8(w, 0);
            put_u16(w, t->id);
            if (t->key_bits != 0)
                put_u32(w, UINT32_C(0x800e) << 16 | t->key_bits);
        }
        put_u16_at(w, at + 2, w->len - at);
    } while (!p.last);
    ike_end_payload(w, begin);
    return list.left == 0;
}

/* RFC 7296 3.3: two proposals, the second with an SPI, key lengths in one of each. */
static const uint8_t sa_sample[] = {
    2, 0, 0, 44, 1, 1, 0, 4,                    /* proposal 1: IKE, 4 transforms */
    3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0,   /* ENCR_AES_GCM_16, 256 */
    3, 0, 0, 8,  2, 0, 0, 5,                    /* PRF_HMAC_SHA2_256 */
    3, 0, 0, 8,  4, 0, 0, 31,                   /* x25519 */
    0, 0, 0, 8,  4, 0, 0, 14,                   /* MODP 2048 */
    0, 0, 0, 32, 2, 3, 4, 2,  1,    2,  3, 4,   /* proposal 2: ESP, SPI 01020304, 2 transforms */
    3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 0, 128, /* ENCR_AES_CBC, 128 */
    0, 0, 0, 8,  5, 0, 0, 0,                    /* no ESN */
};

static void test_sa_passes_the_five(void)
{
    static const uint8_t reserved[] = {1, 9, 13, 21, 25, 29, 33, 37, 41, 45, 57, 61, 69, 73};
    wire_case_holds(&(struct wire_case){PAYLOAD_SA, BYTES(sa_sample), sizeof sa_sample, sa_again,
                                        reserved, sizeof reserved});
}

static void test_sa_sample_is_read(void)
{
    struct ike_reader list = rd_open(BYTES(sa_sample));
    struct ike_proposal p;
    EXPECT_EQ(ike_proposal_parse(&list, &p), WHY_OK);
    EXPECT(!p.last && p.number == 1 && p.protocol == PROTOCOL_IKE && p.spi.len == 0);
    EXPECT_EQ(p.transform_count, 4);
    EXPECT(p.transforms[0].type == TRANSFORM_ENCR && p.transforms[0].id == 20);
    EXPECT_EQ(p.transforms[0].key_bits, 256);
    EXPECT(p.transforms[3].type == TRANSFORM_KE && p.transforms[3].id == 14);
    EXPECT_EQ(p.transforms[3].key_bits, 0);
    EXPECT_EQ(ike_proposal_parse(&list, &p), WHY_OK);
    EXPECT(p.last && p.number == 2 && p.protocol == PROTOCOL_ESP && p.spi.len == 4);
    EXPECT_EQ(list.left, 0);
}

static void test_our_offers_are_put_as_the_rfc_draws_them(void)
{
    const struct ike_offer ours[] = {offer("aes256gcm16-aes128-sha256-prfsha256-x25519")};
    const struct ike_wish wish = {
        .protocol = PROTOCOL_IKE, .spi_size = 0, .offers = ours, .offer_count = 1};
    static const uint8_t wanted[] = {0, 0,  0,    84, 2, 0,   0, 36, 1, 1, 0, 3, 3, 0,  0, 12, 1, 0,
                                     0, 20, 0x80, 14, 1, 0,   3, 0,  0, 8, 2, 0, 0, 5,  0, 0,  0, 8,
                                     4, 0,  0,    31, 0, 0,   0, 44, 2, 1, 0, 4, 3, 0,  0, 12, 1, 0,
                                     0, 12, 0x80, 14, 0, 128, 3, 0,  0, 8, 3, 0, 0, 12, 3, 0,  0, 8,
                                     2, 0,  0,    5,  0, 0,   0, 8,  4, 0, 0, 31};
    uint8_t room[256];
    size_t link = 0;
    struct ike_writer w = wr_open(room, sizeof room);
    put_u8(&w, 0);
    ike_put_offers(&w, &link, &wish, no_spi);
    EXPECT_EQ(room[0], PAYLOAD_SA);
    EXPECT(ike_bytes_equal((struct ike_bytes){room + 1, w.len - 1}, BYTES(wanted)));
}

static void test_our_choice_is_put_as_the_rfc_draws_it(void)
{
    static const uint8_t spi[] = {0xca, 0xfe, 0xba, 0xbe};
    const struct ike_wish wish = {.protocol = PROTOCOL_ESP, .spi_size = 4, .no_ke = true};
    const struct ike_choice choice = {
        .suite = {.encr = ALGO_AES256, .integ = ALGO_SHA256, .esn = ALGO_NOESN}, .number = 7};
    static const uint8_t wanted[] = {
        0, 0,  0,    44, 0, 0, 0, 40, 7, 3, 4, 3, 0xca, 0xfe, 0xba, 0xbe, 3, 0, 0, 12, 1, 0,
        0, 12, 0x80, 14, 1, 0, 3, 0,  0, 8, 3, 0, 0,    12,   0,    0,    0, 8, 5, 0,  0, 0};
    uint8_t room[128];
    size_t link = 0;
    struct ike_writer w = wr_open(room, sizeof room);
    put_u8(&w, 0);
    ike_put_choice(&w, &link, &wish, &choice, BYTES(spi));
    EXPECT(ike_bytes_equal((struct ike_bytes){room + 1, w.len - 1}, BYTES(wanted)));
}

/* ---- choosing ---- */

static void test_the_offer_we_like_best_wins_over_the_order_of_theirs(void)
{
    struct hand h;
    struct ike_choice c;
    hand_open(&h);
    hand_proposal(&h, 1, PROTOCOL_IKE, 0);
    hand_row(&h, ALGO_AES128);
    hand_row(&h, ALGO_SHA256);
    hand_row(&h, ALGO_PRFSHA256);
    hand_row(&h, ALGO_MODP2048);
    hand_proposal(&h, 2, PROTOCOL_IKE, 0);
    hand_row(&h, ALGO_AES128GCM16);
    hand_row(&h, ALGO_AES256GCM16);
    hand_row(&h, ALGO_PRFSHA256);
    hand_row(&h, ALGO_MODP2048);
    hand_row(&h, ALGO_X25519);
    EXPECT_EQ(choose(&h, PROTOCOL_IKE, "aes256gcm16-prfsha256-x25519-modp2048", &c), WHY_OK);
    EXPECT_EQ(c.number, 2);
    EXPECT_EQ(c.suite.encr, ALGO_AES256GCM16);
    EXPECT_EQ(c.suite.ke, ALGO_X25519);
    EXPECT_EQ(c.suite.integ, 0);
    EXPECT_EQ(choose(&h, PROTOCOL_IKE, "aes128-sha256-x25519-modp2048", &c), WHY_OK);
    EXPECT_EQ(c.number, 1);
    EXPECT(c.suite.encr == ALGO_AES128 && c.suite.integ == ALGO_SHA256);
    EXPECT(c.suite.prf == ALGO_PRFSHA256 && c.suite.ke == ALGO_MODP2048);
    EXPECT_EQ(choose(&h, PROTOCOL_IKE, "aes128-sha256-x25519", &c), WHY_NO_PROPOSAL);
}

static void test_of_two_alike_the_first_of_theirs_is_taken(void)
{
    struct hand h;
    struct ike_choice c;
    hand_open(&h);
    for (uint8_t number = 1; number <= 2; number++) {
        hand_proposal(&h, number, PROTOCOL_ESP, 4);
        hand_row(&h, ALGO_AES256GCM16);
        hand_row(&h, ALGO_NOESN);
    }
    EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_OK);
    EXPECT_EQ(c.number, 1);
}

static void test_of_several_offers_the_first_that_fits_is_taken(void)
{
    const struct ike_offer ours[] = {offer("aes256gcm16-prfsha256-ecp384"),
                                     offer("aes128-sha256-x25519"),
                                     offer("chacha20poly1305-prfsha256-x25519")};
    const struct ike_wish wish = {
        .protocol = PROTOCOL_IKE, .spi_size = 0, .offers = ours, .offer_count = 3};
    struct hand h;
    struct ike_choice c;
    hand_open(&h);
    hand_proposal(&h, 1, PROTOCOL_IKE, 0);
    hand_row(&h, ALGO_CHACHA20POLY1305);
    hand_row(&h, ALGO_PRFSHA256);
    hand_row(&h, ALGO_X25519);
    EXPECT_EQ(ike_proposal_choose(wr_done(&h.w), &wish, &c), WHY_OK);
    EXPECT_EQ(c.suite.encr, ALGO_CHACHA20POLY1305);
    hand_proposal(&h, 2, PROTOCOL_IKE, 0);
    hand_row(&h, ALGO_AES128);
    hand_row(&h, ALGO_SHA256);
    hand_row(&h, ALGO_PRFSHA256);
    hand_row(&h, ALGO_X25519);
    EXPECT_EQ(ike_proposal_choose(wr_done(&h.w), &wish, &c), WHY_OK);
    EXPECT_EQ(c.suite.encr, ALGO_AES128);
    EXPECT_EQ(c.number, 2);
}

static void test_key_length_must_be_ours(void)
{
    static const uint16_t bits[] = {0, 64, 128, 192, 256, 257};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        struct hand h;
        struct ike_choice c;
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        hand_transform(&h, TRANSFORM_ENCR, 20, bits[i]);
        hand_row(&h, ALGO_NOESN);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c),
                  bits[i] == 256 ? WHY_OK : WHY_NO_PROPOSAL);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes128gcm16", &c),
                  bits[i] == 128 ? WHY_OK : WHY_NO_PROPOSAL);
    }
}

/* RFC 7296 3.3.5: a key length must not stand where the length is fixed, whatever it says. */
static void test_key_length_where_none_belongs_is_not_accepted(void)
{
    static const uint8_t zero[] = {0x80, 14, 0, 0};
    static const uint8_t full[] = {0x80, 14, 1, 0};
    for (int i = 0; i < 3; i++) {
        struct hand h;
        struct ike_choice c;
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        hand_raw(&h, TRANSFORM_ENCR, 28, i == 0 ? no_spi : i == 1 ? BYTES(zero) : BYTES(full));
        hand_row(&h, ALGO_NOESN);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "chacha20poly1305", &c),
                  i == 0 ? WHY_OK : WHY_NO_PROPOSAL);
    }
}

/* RFC 7296 3.3.6: an attribute not understood makes its transform unacceptable, not the others. */
static void test_an_unknown_attribute_spoils_its_transform_only(void)
{
    static const uint8_t short_form[] = {0x80, 14, 1, 0, 0x80, 99, 0, 1};
    static const uint8_t long_form[] = {0, 99, 0, 3, 1, 2, 3, 0x80, 14, 1, 0};
    static const uint8_t said_twice[] = {0x80, 14, 1, 0, 0x80, 14, 1, 0};
    static const uint8_t length_long[] = {0, 14, 0, 2, 1, 0};
    static const uint8_t number_zero[] = {0x80, 0, 0, 200, 0x80, 14, 1, 0};
    const struct ike_bytes all[] = {BYTES(short_form), BYTES(long_form), BYTES(said_twice),
                                    BYTES(length_long), BYTES(number_zero)};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct hand h;
        struct ike_choice c;
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        hand_raw(&h, TRANSFORM_ENCR, 20, all[i]);
        hand_row(&h, ALGO_NOESN);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_NO_PROPOSAL);
        hand_row(&h, ALGO_AES128GCM16);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16-aes128gcm16", &c), WHY_OK);
        EXPECT_EQ(c.suite.encr, ALGO_AES128GCM16);
    }
}

static void test_attributes_that_run_over_are_syntax(void)
{
    static const uint8_t half[] = {0x80, 14, 1};
    static const uint8_t stray[] = {0x80, 14, 1, 0, 0};
    static const uint8_t over[] = {0, 99, 0, 4, 1, 2, 3};
    const struct ike_bytes all[] = {BYTES(half), BYTES(over), BYTES(stray)};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct hand h;
        struct ike_choice c;
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        hand_raw(&h, TRANSFORM_ENCR, 20, all[i]);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_SYNTAX);
    }
}

/* RFC 7296 3.3.6: a type not understood makes its whole proposal unacceptable, not the others. */
static void test_an_unknown_transform_type_spoils_its_proposal_only(void)
{
    static const uint8_t types[] = {0, 6, 7, 12, 241, 255};
    for (size_t i = 0; i < sizeof types; i++) {
        struct hand h;
        struct ike_choice c;
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        hand_transform(&h, types[i], 0, 0);
        hand_row(&h, ALGO_AES256GCM16);
        hand_row(&h, ALGO_NOESN);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_NO_PROPOSAL);
        hand_proposal(&h, 2, PROTOCOL_ESP, 4);
        hand_row(&h, ALGO_AES256GCM16);
        hand_row(&h, ALGO_NOESN);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_OK);
        EXPECT_EQ(c.number, 2);
    }
}

static void test_beside_an_aead_integ_is_absent_or_none(void)
{
    for (int i = 0; i < 4; i++) {
        struct hand h;
        struct ike_choice c;
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        hand_row(&h, ALGO_AES256GCM16);
        hand_row(&h, ALGO_NOESN);
        if ((i & 1) != 0)
            hand_transform(&h, TRANSFORM_INTEG, 0, 0);
        if ((i & 2) != 0)
            hand_row(&h, ALGO_SHA256);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), i == 2 ? WHY_NO_PROPOSAL : WHY_OK);
        EXPECT_EQ(c.suite.integ, 0);
    }
}

static void test_a_cipher_without_integrity_is_never_chosen(void)
{
    struct hand h;
    struct ike_choice c;
    hand_open(&h);
    hand_proposal(&h, 1, PROTOCOL_ESP, 4);
    hand_row(&h, ALGO_AES128);
    hand_transform(&h, TRANSFORM_INTEG, 0, 0);
    hand_row(&h, ALGO_NOESN);
    EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes128-sha256", &c), WHY_NO_PROPOSAL);
    /* Not even when an offer of ours forgot it. */
    EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes128", &c), WHY_NO_PROPOSAL);
    EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16-aes128", &c), WHY_NO_PROPOSAL);
}

/* RFC 7296 3.3.3 */
static void test_a_missing_mandatory_type_spoils_the_proposal(void)
{
    static const uint8_t ike[] = {ALGO_AES128, ALGO_SHA256, ALGO_PRFSHA256, ALGO_X25519};
    static const uint8_t esp[] = {ALGO_AES128, ALGO_SHA256, ALGO_NOESN};
    for (size_t out = 0; out <= sizeof ike; out++) {
        struct hand h;
        struct ike_choice c;
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_IKE, 0);
        for (size_t i = 0; i < sizeof ike; i++)
            if (i != out)
                hand_row(&h, ike[i]);
        EXPECT_EQ(choose(&h, PROTOCOL_IKE, "aes128-sha256-x25519", &c),
                  out == sizeof ike ? WHY_OK : WHY_NO_PROPOSAL);
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        for (size_t i = 0; i < sizeof esp; i++)
            if (i != out)
                hand_row(&h, esp[i]);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes128-sha256", &c),
                  out >= sizeof esp ? WHY_OK : WHY_NO_PROPOSAL);
    }
}

static void test_esn_is_agreed_as_our_offer_says(void)
{
    static const struct {
        const char *ours;
        bool no_esn, esn;
        uint8_t wanted; /* row; 0: refused */
    } rows[] = {
        {"aes256gcm16", true, false, ALGO_NOESN},
        {"aes256gcm16", true, true, ALGO_NOESN},
        {"aes256gcm16", false, true, 0},
        {"aes256gcm16", false, false, 0},
        {"aes256gcm16-esn", false, true, ALGO_ESN},
        {"aes256gcm16-esn", true, false, 0},
        {"aes256gcm16-esn-noesn", true, true, ALGO_ESN},
        {"aes256gcm16-esn-noesn", true, false, ALGO_NOESN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hand h;
        struct ike_choice c;
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        hand_row(&h, ALGO_AES256GCM16);
        if (rows[i].no_esn)
            hand_row(&h, ALGO_NOESN);
        if (rows[i].esn)
            hand_row(&h, ALGO_ESN);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, rows[i].ours, &c),
                  rows[i].wanted != 0 ? WHY_OK : WHY_NO_PROPOSAL);
        EXPECT_EQ(c.suite.esn, rows[i].wanted);
    }
}

static void test_key_exchange_of_none_asks_for_none(void)
{
    const struct ike_offer ours = offer("aes256gcm16");
    struct ike_wish wish = {
        .protocol = PROTOCOL_ESP, .spi_size = 4, .offers = &ours, .offer_count = 1};
    struct ike_choice c;
    for (int i = 0; i < 4; i++) {
        struct hand h;
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        hand_row(&h, ALGO_AES256GCM16);
        hand_row(&h, ALGO_NOESN);
        if ((i & 1) != 0)
            hand_transform(&h, TRANSFORM_KE, 0, 0);
        if ((i & 2) != 0)
            hand_row(&h, ALGO_X25519);
        wish.no_ke = false; /* CREATE_CHILD_SA: theirs wants a group, ours has none */
        EXPECT_EQ(ike_proposal_choose(wr_done(&h.w), &wish, &c), i == 2 ? WHY_NO_PROPOSAL : WHY_OK);
        wish.no_ke = true; /* IKE_AUTH: groups mean nothing */
        EXPECT_EQ(ike_proposal_choose(wr_done(&h.w), &wish, &c), WHY_OK);
        EXPECT_EQ(c.suite.ke, 0);
    }
}

static void test_protocol_and_spi_must_be_those_wished_for(void)
{
    static const uint8_t protocols[] = {0, PROTOCOL_IKE, PROTOCOL_AH, PROTOCOL_ESP, 4};
    for (size_t i = 0; i < sizeof protocols; i++) {
        for (size_t spi_len = 0; spi_len <= 8; spi_len++) {
            struct hand h;
            struct ike_choice c;
            hand_open(&h);
            hand_proposal(&h, 1, protocols[i], spi_len);
            hand_row(&h, ALGO_AES256GCM16);
            hand_row(&h, ALGO_NOESN);
            const bool good = protocols[i] == PROTOCOL_ESP && spi_len == 4;
            EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), good ? WHY_OK : WHY_NO_PROPOSAL);
            EXPECT(!good || (c.spi.len == 4 && c.spi.at[0] == 0xca && c.spi.at[3] == 0xbe));
        }
    }
}

/* RFC 7296 3.3.1: 1, 2, 3, …; any other count would make our answer's number ambiguous. */
static void test_proposals_are_numbered_from_one_without_gaps(void)
{
    for (unsigned first = 0; first < 4; first++) {
        for (unsigned second = 0; second < 4; second++) {
            struct hand h;
            struct ike_choice c;
            hand_open(&h);
            hand_proposal(&h, (uint8_t)first, PROTOCOL_ESP, 4);
            hand_row(&h, ALGO_AES256GCM16);
            hand_row(&h, ALGO_NOESN);
            hand_proposal(&h, (uint8_t)second, PROTOCOL_ESP, 4);
            hand_row(&h, ALGO_AES128GCM16);
            hand_row(&h, ALGO_NOESN);
            EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c),
                      first == 1 && second == 2 ? WHY_OK : WHY_SYNTAX);
        }
    }
}

static void test_the_whole_payload_is_checked_even_after_a_match(void)
{
    struct hand h;
    struct ike_choice c;
    hand_open(&h);
    hand_proposal(&h, 1, PROTOCOL_ESP, 4);
    hand_row(&h, ALGO_AES256GCM16);
    hand_row(&h, ALGO_NOESN);
    hand_proposal(&h, 2, PROTOCOL_ESP, 4);
    hand_row(&h, ALGO_AES128GCM16);
    h.room[h.proposal + 7] = 2; /* says two transforms */
    EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_SYNTAX);
    h.room[h.proposal + 7] = 1;
    EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_OK);
    put_u8(&h.w, 0); /* an octet behind the last proposal */
    EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_SYNTAX);
}

static void test_there_is_a_limit_to_proposals_and_transforms(void)
{
    struct hand h;
    struct ike_choice c;
    for (unsigned count = IKE_PROPOSALS_MAX; count <= IKE_PROPOSALS_MAX + 1; count++) {
        hand_open(&h);
        for (unsigned i = 1; i <= count; i++) {
            hand_proposal(&h, (uint8_t)i, PROTOCOL_ESP, 4);
            hand_row(&h, ALGO_AES256GCM16);
            hand_row(&h, ALGO_NOESN);
        }
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c),
                  count > IKE_PROPOSALS_MAX ? WHY_TOO_MANY : WHY_OK);
    }
    for (unsigned count = IKE_TRANSFORMS_MAX; count <= IKE_TRANSFORMS_MAX + 1; count++) {
        hand_open(&h);
        hand_proposal(&h, 1, PROTOCOL_ESP, 4);
        hand_row(&h, ALGO_NOESN);
        for (unsigned i = 1; i < count; i++)
            hand_row(&h, ALGO_AES256GCM16);
        EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c),
                  count > IKE_TRANSFORMS_MAX ? WHY_TOO_MANY : WHY_OK);
    }
}

static void test_an_empty_sa_payload_is_syntax(void)
{
    struct hand h;
    struct ike_choice c;
    hand_open(&h);
    EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_SYNTAX);
    hand_proposal(&h, 1, PROTOCOL_ESP, 4);
    EXPECT_EQ(choose(&h, PROTOCOL_ESP, "aes256gcm16", &c), WHY_NO_PROPOSAL);
}

/* ---- an initiator's look at the answer ---- */

static const char *const asked_texts[] = {"aes256gcm16-aes128gcm16-prfsha256-x25519-ecp256",
                                          "aes128-sha256-sha384-prfsha256-x25519"};

static enum ike_why accept(const struct hand *h, struct ike_choice *out)
{
    const struct ike_offer ours[] = {offer(asked_texts[0]), offer(asked_texts[1])};
    const struct ike_wish wish = {
        .protocol = PROTOCOL_IKE, .spi_size = 0, .offers = ours, .offer_count = 2};
    return ike_proposal_accept(wr_done(&h->w), &wish, out);
}

static void answer(struct hand *h, uint8_t number, const uint8_t *rows, size_t count)
{
    hand_open(h);
    hand_proposal(h, number, PROTOCOL_IKE, 0);
    for (size_t i = 0; i < count; i++)
        hand_row(h, rows[i]);
}

static void test_an_answer_of_one_transform_of_each_type_is_accepted(void)
{
    static const uint8_t aead[] = {ALGO_X25519, ALGO_AES128GCM16, ALGO_PRFSHA256};
    static const uint8_t cbc[] = {ALGO_AES128, ALGO_SHA384, ALGO_PRFSHA256, ALGO_X25519};
    struct hand h;
    struct ike_choice c;
    answer(&h, 1, aead, sizeof aead);
    EXPECT_EQ(accept(&h, &c), WHY_OK);
    EXPECT(c.suite.encr == ALGO_AES128GCM16 && c.suite.integ == 0 && c.number == 1);
    hand_transform(&h, TRANSFORM_INTEG, 0, 0); /* NONE, said aloud */
    EXPECT_EQ(accept(&h, &c), WHY_OK);
    answer(&h, 2, cbc, sizeof cbc);
    EXPECT_EQ(accept(&h, &c), WHY_OK);
    EXPECT(c.suite.encr == ALGO_AES128 && c.suite.integ == ALGO_SHA384 && c.number == 2);
}

static void test_an_answer_that_was_not_offered_is_refused(void)
{
    static const struct {
        uint8_t number;
        uint8_t rows[5];
        uint8_t count;
    } bad[] = {
        {1, {ALGO_CHACHA20POLY1305, ALGO_PRFSHA256, ALGO_X25519}, 3},              /* cipher */
        {1, {ALGO_AES256GCM16, ALGO_PRFSHA512, ALGO_X25519}, 3},                   /* PRF */
        {1, {ALGO_AES256GCM16, ALGO_PRFSHA256, ALGO_MODP2048}, 3},                 /* group */
        {1, {ALGO_AES256GCM16, ALGO_PRFSHA256}, 2},                                /* no group */
        {1, {ALGO_AES256GCM16, ALGO_AES128GCM16, ALGO_PRFSHA256, ALGO_X25519}, 4}, /* two */
        {1, {ALGO_AES256GCM16, ALGO_AES256GCM16, ALGO_PRFSHA256, ALGO_X25519}, 4}, /* twice */
        {1, {ALGO_AES256GCM16, ALGO_SHA256, ALGO_PRFSHA256, ALGO_X25519}, 4},      /* AEAD, INTEG */
        {1, {ALGO_AES128, ALGO_SHA256, ALGO_PRFSHA256, ALGO_X25519}, 4},           /* of number 2 */
        {2, {ALGO_AES256GCM16, ALGO_PRFSHA256, ALGO_X25519}, 3},                   /* of number 1 */
        {2, {ALGO_AES128, ALGO_PRFSHA256, ALGO_X25519}, 3},                        /* no INTEG */
        {2, {ALGO_AES128, ALGO_SHA256, ALGO_PRFSHA256, ALGO_ECP256}, 4},           /* mixed */
        {0, {ALGO_AES256GCM16, ALGO_PRFSHA256, ALGO_X25519}, 3},                   /* number */
        {3, {ALGO_AES256GCM16, ALGO_PRFSHA256, ALGO_X25519}, 3},
        {1, {ALGO_AES256GCM16, ALGO_PRFSHA256, ALGO_X25519, ALGO_NOESN}, 4}, /* type */
        {1, {0}, 0},
    };
    struct hand h;
    struct ike_choice c;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer(&h, bad[i].number, bad[i].rows, bad[i].count);
        if (!EXPECT_EQ(accept(&h, &c), WHY_CHOICE_NOT_OFFERED))
            EXPECT_EQ(i, SIZE_MAX);
    }
}

static void test_an_answer_of_two_proposals_is_refused(void)
{
    struct hand h;
    struct ike_choice c;
    hand_open(&h);
    for (uint8_t i = 1; i <= 2; i++) {
        hand_proposal(&h, i, PROTOCOL_IKE, 0);
        hand_row(&h, ALGO_AES256GCM16);
        hand_row(&h, ALGO_PRFSHA256);
        hand_row(&h, ALGO_X25519);
    }
    EXPECT_EQ(accept(&h, &c), WHY_CHOICE_NOT_OFFERED);
    static const uint8_t one[] = {ALGO_AES256GCM16, ALGO_PRFSHA256, ALGO_X25519};
    answer(&h, 1, one, sizeof one);
    EXPECT_EQ(accept(&h, &c), WHY_OK);
    put_u8(&h.w, 0); /* or of one and something behind it */
    EXPECT_EQ(accept(&h, &c), WHY_CHOICE_NOT_OFFERED);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_sa_passes_the_five),
        TEST(test_sa_sample_is_read),
        TEST(test_our_offers_are_put_as_the_rfc_draws_them),
        TEST(test_the_offer_we_like_best_wins_over_the_order_of_theirs),
        TEST(test_of_several_offers_the_first_that_fits_is_taken),
        TEST(test_key_length_must_be_ours),
        TEST(test_key_length_where_none_belongs_is_not_accepted),
        TEST(test_an_unknown_attribute_spoils_its_transform_only),
        TEST(test_attributes_that_run_over_are_syntax),
        TEST(test_an_unknown_transform_type_spoils_its_proposal_only),
        TEST(test_beside_an_aead_integ_is_absent_or_none),
        TEST(test_a_cipher_without_integrity_is_never_chosen),
        TEST(test_a_missing_mandatory_type_spoils_the_proposal),
        TEST(test_esn_is_agreed_as_our_offer_says),
        TEST(test_key_exchange_of_none_asks_for_none),
        TEST(test_protocol_and_spi_must_be_those_wished_for),
        TEST(test_proposals_are_numbered_from_one_without_gaps),
        TEST(test_the_whole_payload_is_checked_even_after_a_match),
        TEST(test_there_is_a_limit_to_proposals_and_transforms),
        TEST(test_an_empty_sa_payload_is_syntax),
        TEST(test_an_answer_of_one_transform_of_each_type_is_accepted),
        TEST(test_an_answer_that_was_not_offered_is_refused),
        TEST(test_an_answer_of_two_proposals_is_refused),
        TEST(test_our_choice_is_put_as_the_rfc_draws_it),
        TEST(test_of_two_alike_the_first_of_theirs_is_taken),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
