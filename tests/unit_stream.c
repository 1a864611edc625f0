/* SPDX-License-Identifier: MIT
 * Frames of a stream of octets: put, cut anywhere, found again; and what is no
 * such stream. */
#include "ike/stream.h"
#include "tests/test.h"

#include <string.h>

static uint8_t room[IKE_FRAME_MAX];
static struct ike_deframer d;

static void begin(bool prefix)
{
    ike_deframer_open(&d, room, sizeof room, prefix);
}

static size_t push(const char *octets, size_t len)
{
    return ike_deframer_push(&d, (struct ike_bytes){.at = (const uint8_t *)octets, .len = len});
}

/* The next message is this one. */
static bool comes(const char *text)
{
    struct ike_bytes message;
    return ike_deframer_take(&d, &message) && message.len == strlen(text) &&
           memcmp(message.at, text, message.len) == 0;
}

static bool nothing_comes(void)
{
    struct ike_bytes message;
    return !ike_deframer_take(&d, &message);
}

/* RFC 9329 3, 4: the length counts itself. */
static void test_what_is_put_is_prefix_and_length_and_message(void)
{
    static const char wanted[] = "IKETCP\0\5abc\0\3d";
    uint8_t out[32];
    memset(out, 0xa5, sizeof out);
    struct ike_writer w = wr_open(out, sizeof out);
    ike_put_stream_prefix(&w);
    ike_put_frame(&w, (struct ike_bytes){.at = (const uint8_t *)"abc", .len = 3});
    ike_put_frame(&w, (struct ike_bytes){.at = (const uint8_t *)"d", .len = 1});
    EXPECT(!w.bad);
    EXPECT_EQ(w.len, sizeof wanted - 1);
    EXPECT(memcmp(out, wanted, w.len) == 0);
}

static void test_messages_come_out_wherever_the_stream_is_cut(void)
{
    static const char stream[] = "IKETCP\0\5abc\0\2\0\3d\0\6efgh";
    for (size_t first = 0; first < sizeof stream; first++)
        for (size_t second = first; second < sizeof stream; second++) {
            const size_t cuts[] = {0, first, second, sizeof stream - 1};
            static const char *const wanted[] = {"abc", "d", "efgh"};
            size_t count = 0;
            begin(true);
            for (size_t i = 0; i < 3; i++) {
                struct ike_bytes m;
                const size_t len = cuts[i + 1] > cuts[i] ? cuts[i + 1] - cuts[i] : 0;
                EXPECT_EQ(push(stream + cuts[i], len), len);
                for (; ike_deframer_take(&d, &m); count++)
                    EXPECT(count < 3 && m.len == strlen(wanted[count]) &&
                           memcmp(m.at, wanted[count], m.len) == 0);
            }
            EXPECT_EQ(count, 3);
            EXPECT(!d.broken);
        }
}

static void test_the_one_who_opened_the_connection_gets_no_prefix(void)
{
    begin(false);
    (void)push("\0\3d", 3);
    EXPECT(comes("d"));
    EXPECT(nothing_comes());
}

/* RFC 9329 4, 6.1 */
static void test_a_stream_without_its_prefix_breaks_at_its_first_wrong_octet(void)
{
    begin(true);
    (void)push("IKE", 3);
    EXPECT(nothing_comes());
    EXPECT(!d.broken);
    (void)push("U", 1);
    EXPECT(nothing_comes());
    EXPECT(d.broken);
    EXPECT_EQ(push("IKETCP\0\3d", 9), 0);
    EXPECT(nothing_comes());
}

/* RFC 9329 3.1: 0 and 1 are fatal, 2 is nothing at all. */
static void test_a_length_that_does_not_count_itself_is_fatal(void)
{
    for (int length = 0; length < 4; length++) {
        const char stream[] = {0, 3, 'd', 0, (char)length, 'e', 0, 3, 'f'};
        begin(false);
        (void)push(stream, sizeof stream);
        EXPECT(comes("d"));
        if (length == 3)
            EXPECT(comes("e"));
        if (length == 3)
            EXPECT(comes("f"));
        EXPECT(nothing_comes());
        EXPECT_EQ(d.broken, length < 2);
    }
    begin(false);
    (void)push("\0\2\0\2\0\3d", 7);
    EXPECT(comes("d"));
    EXPECT(!d.broken);
}

static void test_the_longest_message_fits_and_a_longer_one_is_passed_over(void)
{
    static char long_one[IKE_FRAME_MAX + 1 + 3];
    const size_t lengths[] = {IKE_FRAME_MAX, IKE_FRAME_MAX + 1};
    for (size_t i = 0; i < 2; i++) {
        struct ike_bytes m;
        memset(long_one, 'x', sizeof long_one);
        long_one[0] = (char)(lengths[i] >> 8);
        long_one[1] = (char)lengths[i];
        memcpy(long_one + lengths[i], "\0\3d", 3);
        begin(false);
        size_t got = 0;
        for (size_t at = 0, n; at < lengths[i] + 3; at += n) {
            const size_t left = lengths[i] + 3 - at;
            n = push(long_one + at, left < 1000 ? left : 1000);
            EXPECT(n > 0);
            while (ike_deframer_take(&d, &m))
                got += m.len;
        }
        EXPECT_EQ(got, (i == 0 ? IKE_FRAME_MAX - IKE_FRAME_HEAD : 0) + 1);
        EXPECT(!d.broken);
    }
}

/* The room is all there is, whatever is pushed. */
static void test_what_does_not_fit_is_left_to_the_caller(void)
{
    static char much[2 * IKE_FRAME_MAX];
    struct ike_bytes m;
    memset(much, 'x', sizeof much);
    memcpy(much, "\0\12", 2);
    begin(false);
    EXPECT_EQ(push(much, sizeof much), IKE_FRAME_MAX);
    EXPECT_EQ(push(much, 1), 0);
    EXPECT(ike_deframer_take(&d, &m));
    EXPECT_EQ(m.len, 8);
    EXPECT_EQ(push(much, sizeof much), 10);
}

/* RFC 9329 6.1: too many in a row; a few are no reason, and a keepalive counts for nothing. */
static void test_a_stream_of_messages_without_sense_breaks(void)
{
    begin(false);
    for (int i = 1; i < IKE_STREAM_ODD_MAX; i++)
        ike_deframer_judge(&d, i % 2 == 0 ? WHY_UNKNOWN_SPI : WHY_ESP);
    EXPECT(!d.broken);
    ike_deframer_judge(&d, WHY_NAT_KEEPALIVE);
    EXPECT(!d.broken);
    ike_deframer_judge(&d, WHY_OK);
    for (int i = 1; i < IKE_STREAM_ODD_MAX; i++)
        ike_deframer_judge(&d, WHY_SYNTAX);
    ike_deframer_judge(&d, WHY_NAT_KEEPALIVE);
    EXPECT(!d.broken);
    ike_deframer_judge(&d, WHY_SYNTAX);
    EXPECT(d.broken);
    EXPECT(nothing_comes());
}

static void test_one_forged_message_breaks_the_stream(void)
{
    begin(false);
    (void)push("\0\3d\0\3e", 6);
    EXPECT(comes("d"));
    ike_deframer_judge(&d, WHY_BAD_ICV);
    EXPECT(nothing_comes());
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_is_put_is_prefix_and_length_and_message),
        TEST(test_messages_come_out_wherever_the_stream_is_cut),
        TEST(test_the_one_who_opened_the_connection_gets_no_prefix),
        TEST(test_a_stream_without_its_prefix_breaks_at_its_first_wrong_octet),
        TEST(test_a_length_that_does_not_count_itself_is_fatal),
        TEST(test_the_longest_message_fits_and_a_longer_one_is_passed_over),
        TEST(test_what_does_not_fit_is_left_to_the_caller),
        TEST(test_a_stream_of_messages_without_sense_breaks),
        TEST(test_one_forged_message_breaks_the_stream),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
