/* SPDX-License-Identifier: MIT
 * bytes.h: the reader and the writer never step outside, and fail sticky. */
#include "ike/bytes.h"
#include "tests/test.h"

static const uint8_t sample[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};

static void test_reader_gives_integers_in_network_order(void)
{
    struct ike_reader r = rd_open((struct ike_bytes){sample, sizeof sample});
    EXPECT_EQ(rd_u8(&r), 0x01);
    EXPECT_EQ(rd_u16(&r), 0x0203);
    EXPECT_EQ(rd_u32(&r), 0x04050607);
    EXPECT_EQ(r.left, 1);
    EXPECT(!r.bad);
}

static void test_reader_past_the_end_is_empty_bad_and_yields_zero(void)
{
    struct ike_reader r = rd_open((struct ike_bytes){sample, 3});
    EXPECT_EQ(rd_u32(&r), 0);
    EXPECT(r.bad);
    EXPECT_EQ(r.left, 0);
    EXPECT_EQ(rd_u8(&r), 0);
}

static void test_counted_reader_refuses_a_length_shorter_than_its_own_header(void)
{
    for (uint8_t length = 0; length < 12; length++) {
        const uint8_t wire[10] = {0, 0, 0, length};
        struct ike_reader r = rd_open((struct ike_bytes){wire, sizeof wire});
        rd_skip(&r, 2);
        const struct ike_reader body = rd_counted(&r, 4);
        EXPECT_EQ(body.bad, length < 4 || length > 10);
        EXPECT_EQ(body.left, body.bad ? 0 : length - 4);
    }
}

static void test_writer_past_its_room_stores_nothing_and_stays_bad(void)
{
    uint8_t out[5] = {0xa5, 0xa5, 0xa5, 0xa5, 0xa5};
    struct ike_writer w = wr_open(out, 4);
    put_u16(&w, 0x0102);
    put_u32(&w, 0x03040506);
    EXPECT(w.bad);
    put_u8(&w, 7);
    EXPECT_EQ(w.len, 2);
    EXPECT_EQ(out[1], 2);
    EXPECT_EQ(out[2], 0xa5);
    EXPECT_EQ(out[4], 0xa5);
}

static void test_a_length_is_written_only_over_what_is_there_and_when_it_fits(void)
{
    static const struct {
        size_t where, value;
        bool good;
    } rows[] = {{0, 65535, true}, {2, 7, true},  {0, 65536, false},
                {3, 7, false},    {4, 7, false}, {SIZE_MAX, 7, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t room[4] = {1, 2, 3, 4};
        struct ike_writer w = wr_open(room, sizeof room);
        (void)put_room(&w, sizeof room);
        put_u16_at(&w, rows[i].where, rows[i].value);
        EXPECT(w.bad == !rows[i].good);
        EXPECT((memcmp(room, "\1\2\3\4", 4) == 0) == !rows[i].good);
        w.bad = true;
        memset(room, 0, sizeof room);
        put_u16_at(&w, 0, 7);
        EXPECT(w.bad && room[1] == 0);
    }
}

static void test_writer_and_reader_agree(void)
{
    uint8_t out[32];
    struct ike_writer w = wr_open(out, sizeof out);
    put_u64(&w, UINT64_C(0x1122334455667788));
    put_u16(&w, 0);
    put_u16_at(&w, 8, 10);
    struct ike_reader r = rd_open(wr_done(&w));
    EXPECT(rd_u64(&r) == UINT64_C(0x1122334455667788));
    EXPECT_EQ(rd_u16(&r), 10);
    EXPECT(!w.bad && !r.bad && r.left == 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_reader_gives_integers_in_network_order),
        TEST(test_reader_past_the_end_is_empty_bad_and_yields_zero),
        TEST(test_counted_reader_refuses_a_length_shorter_than_its_own_header),
        TEST(test_writer_past_its_room_stores_nothing_and_stays_bad),
        TEST(test_a_length_is_written_only_over_what_is_there_and_when_it_fits),
        TEST(test_writer_and_reader_agree),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
