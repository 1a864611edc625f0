/* SPDX-License-Identifier: MIT
 * Offers at their edges: full to the last transform, with additional key
 * exchanges that are left out, and NONE that says more than it may
 * (RFC 7296 3.3, RFC 9370 2.2.1). */
#include "ike/v2/message.h"
#include "ike/v2/proposal.h"
#include "tests/test.h"

#include <string.h>

static uint8_t room[1024];
static struct ike_writer w;

/* Of a proposal, transforms to follow. */
static void begin(uint8_t protocol)
{
    w = wr_open(room, sizeof room);
    put_u32(&w, 0); /* the last one; its length is filled in */
    put_u8(&w, 1);
    put_u8(&w, protocol);
    put_u8(&w, protocol == PROTOCOL_IKE ? 0 : 4);
    put_u8(&w, 0);
    if (protocol != PROTOCOL_IKE)
        put_u32(&w, 0x01020304);
}

static void add(uint8_t type, uint16_t id, uint32_t attribute)
{
    put_u8(&w, 3);
    put_u8(&w, 0);
    put_u16(&w, attribute != 0 ? 12 : 8);
    put_u8(&w, type);
    put_u8(&w, 0);
    put_u16(&w, id);
    if (attribute != 0)
        put_u32(&w, attribute);
    room[7]++;
}

static void add_row(uint8_t row)
{
    const struct ike_algo *const a = &ike_algos[row];
    add(a->type, a->id, a->key_bits != 0 ? UINT32_C(0x800e) << 16 | a->key_bits : 0);
}

static enum ike_why choose(const struct ike_wish *wish, struct ike_choice *out)
{
    size_t last = 8 + (wish->protocol == PROTOCOL_IKE ? 0U : 4U);
    for (size_t at = last; at < w.len; at += room[at + 3])
        last = at;
    room[last] = 0;
    put_u16_at(&w, 2, w.len);
    *out = (struct ike_choice){.number = 0};
    return ike_proposal_choose(wr_done(&w), wish, out);
}

/* RFC 7296 3.3.3: ESN is mandatory for ESP, and said of what does not say it where there is room.
 */
static void test_an_offer_without_room_for_esn_is_none(void)
{
    struct ike_offer offer = {.count = IKE_OFFER_MAX};
    const struct ike_wish wish = {
        .protocol = PROTOCOL_ESP, .spi_size = 4, .offers = &offer, .offer_count = 1, .no_ke = true};
    struct ike_choice choice;
    memset(offer.algos, ALGO_AES256GCM16, sizeof offer.algos);
    begin(PROTOCOL_ESP);
    add_row(ALGO_AES256GCM16);
    add_row(ALGO_NOESN);
    EXPECT(choose(&wish, &choice) != WHY_OK);
    offer.count--;
    EXPECT_EQ(choose(&wish, &choice), WHY_OK);
    EXPECT_EQ(choice.suite.encr, ALGO_AES256GCM16);
}

static const struct ike_offer with_more = {
    .algos = {ALGO_AES256GCM16, ALGO_PRFSHA256, ALGO_X25519, ALGO_ECP256},
    .addke = {0, 0, 0, 1},
    .count = 4};

static void begin_ike(void)
{
    begin(PROTOCOL_IKE);
    add_row(ALGO_AES256GCM16);
    add_row(ALGO_PRFSHA256);
    add_row(ALGO_X25519);
}

/* RFC 9370 2.2.1: to a peer that does not know of them they are not offered. */
static void test_key_exchanges_left_out_are_not_offered(void)
{
    struct ike_wish wish = {.protocol = PROTOCOL_IKE, .offers = &with_more, .offer_count = 1};
    size_t lens[2];
    for (int left_out = 0; left_out < 2; left_out++) {
        size_t link = 16;
        wish.addke = left_out == 1 ? ADDKE_LEFT_OUT : ADDKE_NEGOTIATED;
        w = wr_open(room, sizeof room);
        ike_put_offers(&w, &link, &wish, (struct ike_bytes){.at = NULL, .len = 0});
        EXPECT(!w.bad);
        lens[left_out] = w.len;
    }
    EXPECT_EQ(lens[0], lens[1] + 8);
}

/* RFC 7296 3.3.6: NONE with an attribute that nobody knows is not what is meant by NONE. */
static void test_none_that_says_more_is_something_else(void)
{
    const struct ike_wish wish = {.protocol = PROTOCOL_IKE, .offers = &with_more, .offer_count = 1};
    struct ike_choice choice;
    for (int says_more = 0; says_more < 2; says_more++) {
        begin_ike();
        add(TRANSFORM_INTEG, 0, says_more == 1 ? UINT32_C(0x80ee0001) : 0);
        EXPECT((choose(&wish, &choice) == WHY_OK) == (says_more == 0));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_offer_without_room_for_esn_is_none),
        TEST(test_key_exchanges_left_out_are_not_offered),
        TEST(test_none_that_says_more_is_something_else),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
