/* SPDX-License-Identifier: MIT
 * What is chosen of two offers, both sides together, against a choice made by
 * trying everything. */
#include "ike/v2/message.h"
#include "ike/v2/proposal.h"
#include "tests/test.h"

#include <string.h>

static const struct ike_bytes no_spi = {NULL, 0};
static uint32_t state = 1;

static uint32_t draw(uint32_t below)
{
    state = state * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)state * below) >> 32);
}

/* A draw of rows for IKE, each type with some probability, in any order within the type. */
static void draw_offer(struct ike_offer *out)
{
    static const uint8_t rows[] = {
        ALGO_AES128GCM16, ALGO_AES256GCM16, ALGO_AES128,    ALGO_AES256, ALGO_SHA256,
        ALGO_SHA512,      ALGO_PRFSHA256,   ALGO_PRFSHA512, ALGO_X25519, ALGO_ECP256};
    const uint32_t start = draw(sizeof rows);
    *out = (struct ike_offer){.count = 0};
    for (uint32_t i = 0; i < sizeof rows; i++)
        if (draw(10) < 6)
            out->algos[out->count++] = rows[(start + i) % sizeof rows];
}

static bool in(const struct ike_offer *o, uint8_t row)
{
    return row == 0 || memchr(o->algos, row, o->count) != NULL;
}

/* Is there a suite that lies in both offers and is whole? Tries all there are. */
static bool some_suite(const struct ike_offer *a, const struct ike_offer *b, struct ike_suite *only)
{
    for (uint8_t encr = ALGO_AES128GCM16; encr <= ALGO_AES256; encr++)
        for (uint8_t integ = 0; integ <= ALGO_SHA512; integ++)
            for (uint8_t prf = ALGO_PRFSHA256; prf <= ALGO_PRFSHA512; prf++)
                for (uint8_t ke = ALGO_X25519; ke <= ALGO_ECP256; ke++) {
                    const bool aead = ike_algo_is_aead(&ike_algos[encr]);
                    if ((integ != 0 && integ < ALGO_SHA256) || aead != (integ == 0))
                        continue;
                    *only = (struct ike_suite){encr, prf, integ, ke, 0};
                    if (in(a, encr) && in(a, integ) && in(a, prf) && in(a, ke) && in(b, encr) &&
                        in(b, integ) && in(b, prf) && in(b, ke))
                        return true;
                }
    return false;
}

static struct ike_bytes sa_body(const struct ike_wish *wish, uint8_t *room, size_t max)
{
    struct ike_writer w = wr_open(room, max);
    size_t link = 0;
    put_u8(&w, 0);
    ike_put_offers(&w, &link, wish, no_spi);
    EXPECT(!w.bad);
    return (struct ike_bytes){room + 1 + IKE_PAYLOAD_HEAD, w.len - 1 - IKE_PAYLOAD_HEAD};
}

static void test_a_choice_is_made_where_trying_everything_finds_one(void)
{
    unsigned agreed = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct ike_offer theirs;
        struct ike_offer ours;
        struct ike_suite some;
        struct ike_choice made;
        struct ike_choice told;
        uint8_t room[512];
        draw_offer(&theirs);
        draw_offer(&ours);
        const struct ike_wish ask = {.protocol = PROTOCOL_IKE, .offers = &theirs, .offer_count = 1};
        const struct ike_wish wish = {.protocol = PROTOCOL_IKE, .offers = &ours, .offer_count = 1};
        const struct ike_bytes body = sa_body(&ask, room, sizeof room);
        if (body.len == 0) /* nothing whole in their offer */
            continue;
        const enum ike_why why = ike_proposal_choose(body, &wish, &made);
        if (!EXPECT_EQ(why, some_suite(&theirs, &ours, &some) ? WHY_OK : WHY_NO_PROPOSAL))
            return;
        if (why != WHY_OK)
            continue;
        agreed++;
        EXPECT(in(&theirs, made.suite.encr) && in(&ours, made.suite.encr));
        /* The asker takes the answer for what it is. */
        uint8_t back[128];
        struct ike_writer w = wr_open(back, sizeof back);
        size_t link = 0;
        put_u8(&w, 0);
        ike_put_choice(&w, &link, &wish, &made, no_spi);
        const struct ike_bytes answered = {back + 5, w.len - 5};
        EXPECT_EQ(ike_proposal_accept(answered, &ask, &told), WHY_OK);
        EXPECT(memcmp(&told.suite, &made.suite, sizeof made.suite) == 0);
    }
    EXPECT(agreed > 2000);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_choice_is_made_where_trying_everything_finds_one),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
