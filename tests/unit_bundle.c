/* SPDX-License-Identifier: MIT
 * Bundles of certificates (RFC 7296 3.6): what is put is taken, what is cut
 * short or of another kind is not. */
#include "ike/v2/bundle.h"
#include "tests/test.h"

#include <string.h>

static uint8_t octets[70000];
static uint8_t made[70000];

/* Of items of these lengths, certificates and lists by turns. */
static struct ike_bytes bundle_of(const size_t *lens, size_t count)
{
    struct ike_writer w = wr_open(made, sizeof made);
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 7);
    const size_t begin = ike_bundle_begin(&w);
    for (size_t i = 0; i < count; i++)
        ike_bundle_put(&w, (enum ike_bundle_kind)(i % 2),
                       (struct ike_bytes){.at = octets, .len = lens[i]});
    ike_bundle_end(&w, begin);
    EXPECT(!w.bad);
    return wr_done(&w);
}

static size_t items_in(struct ike_bytes bundle)
{
    struct ike_reader items;
    enum ike_bundle_kind kind;
    struct ike_bytes item;
    size_t count = 0;
    if (!ike_bundle_open(bundle, &items))
        return SIZE_MAX;
    for (; items.left > 0; count++)
        if (!ike_bundle_take(&items, &kind, &item))
            return SIZE_MAX;
    return count;
}

static void test_what_is_put_is_taken(void)
{
    static const size_t lens[] = {0, 1, 127, 128, 255, 256, 65000};
    struct ike_reader items;
    EXPECT(ike_bundle_open(bundle_of(lens, 6), &items));
    for (size_t i = 0; i < 6; i++) {
        enum ike_bundle_kind kind;
        struct ike_bytes item;
        EXPECT(ike_bundle_take(&items, &kind, &item));
        EXPECT_EQ(kind, i % 2);
        EXPECT(ike_bytes_equal(item, (struct ike_bytes){.at = octets, .len = lens[i]}));
    }
    EXPECT_EQ(items.left, 0);
    EXPECT_EQ(items_in(bundle_of(lens + 6, 1)), 1);
    EXPECT_EQ(items_in(bundle_of(lens, 0)), 0);
}

/* Written by hand from the ASN.1: one certificate and one list, each an INTEGER in its place. */
static void test_the_octets_are_those_of_the_asn1(void)
{
    static const uint8_t wanted[] = {0x30, 0x0a, 0xa0, 0x03, 0x02, 0x01,
                                     0x05, 0xa1, 0x03, 0x02, 0x01, 0x06};
    struct ike_writer w = wr_open(made, sizeof made);
    const size_t begin = ike_bundle_begin(&w);
    ike_bundle_put(&w, BUNDLE_CERT, (struct ike_bytes){.at = wanted + 4, .len = 3});
    ike_bundle_put(&w, BUNDLE_CRL, (struct ike_bytes){.at = wanted + 9, .len = 3});
    ike_bundle_end(&w, begin);
    EXPECT(ike_bytes_equal(wr_done(&w), (struct ike_bytes){.at = wanted, .len = sizeof wanted}));
}

static void test_every_truncation_and_every_other_tag_is_refused(void)
{
    static const size_t lens[] = {3, 200, 300};
    const struct ike_bytes good = bundle_of(lens, 3);
    EXPECT_EQ(items_in(good), 3);
    for (size_t len = 0; len < good.len; len++)
        EXPECT_EQ(items_in((struct ike_bytes){.at = good.at, .len = len}), SIZE_MAX);
    for (int tag = 0; tag < 256; tag++) {
        made[0] = (uint8_t)tag;
        EXPECT_EQ(items_in(good), tag == 0x30 ? 3 : SIZE_MAX);
    }
    made[0] = 0x30;
    for (int tag = 0; tag < 256; tag++) {
        made[4] = (uint8_t)tag;
        EXPECT_EQ(items_in(good), tag == 0xa0 || tag == 0xa1 ? 3 : SIZE_MAX);
    }
    made[4] = 0xa0;
    made[1] = 0x80; /* of a length that is not told, which DER has not */
    EXPECT_EQ(items_in(good), SIZE_MAX);
    made[1] = 0x84;
    EXPECT_EQ(items_in(good), SIZE_MAX);
    static uint8_t longer[] = {0x30, 3, 0xa0, 2, 5}; /* an item that goes on beyond the bundle */
    EXPECT_EQ(items_in((struct ike_bytes){.at = longer, .len = sizeof longer}), SIZE_MAX);
}

static void test_more_than_fits_is_bad(void)
{
    struct ike_writer w = wr_open(made, 10);
    const size_t begin = ike_bundle_begin(&w);
    ike_bundle_put(&w, BUNDLE_CERT, (struct ike_bytes){.at = octets, .len = 20});
    ike_bundle_put(&w, BUNDLE_CRL, (struct ike_bytes){.at = octets, .len = 1}); /* nor after it */
    ike_bundle_end(&w, begin);
    EXPECT(w.bad);
    w = wr_open(made, sizeof made);
    ike_bundle_put(&w, BUNDLE_CERT, (struct ike_bytes){.at = octets, .len = 65536});
    EXPECT(w.bad);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_is_put_is_taken),
        TEST(test_the_octets_are_those_of_the_asn1),
        TEST(test_every_truncation_and_every_other_tag_is_refused),
        TEST(test_more_than_fits_is_bad),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
