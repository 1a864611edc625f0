/* SPDX-License-Identifier: MIT
 * The stand-in for the kernel that real daemons run with, where it frames
 * messages in TCP: what they read and write, and what goes by the wire. */
#include "tests/test.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define IKE(text) "\0\0\0\0" text

static int ours, theirs; /* a daemon's end, and the wire */

static void begin(void)
{
    int ends[2] = {-1, -1};
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    ours = ends[0];
    theirs = ends[1];
    EXPECT_EQ(setsockopt(ours, IPPROTO_TCP, TCP_ULP, "espintcp", sizeof "espintcp"), 0);
}

static void end(void)
{
    (void)close(ours);
    (void)close(theirs);
}

static bool wire_says(const char *octets, size_t len)
{
    return send(theirs, octets, len, 0) == (ssize_t)len;
}

/* One read gives this message, with its marker. */
static bool reads(const char *octets, size_t len)
{
    char room[256];
    return read(ours, room, sizeof room) == (ssize_t)len && memcmp(room, octets, len) == 0;
}

static bool reads_nothing_yet(void)
{
    char room[256];
    errno = 0;
    return read(ours, room, sizeof room) == -1 && errno == EAGAIN;
}

#define READS(message)    reads(message, sizeof(message) - 1)
#define WIRE_SAYS(octets) wire_says(octets, sizeof(octets) - 1)

static void test_each_read_gives_one_message_wherever_the_stream_is_cut(void)
{
    static const char stream[] = "\0\x9" IKE("abc") "\0\x8" IKE("de") "\0\x7" IKE("f");
    for (size_t cut = 0; cut < sizeof stream; cut++) {
        begin();
        EXPECT(wire_says(stream, cut));
        EXPECT(cut >= 9 ? READS(IKE("abc")) : reads_nothing_yet());
        EXPECT(wire_says(stream + cut, sizeof stream - 1 - cut));
        EXPECT(cut >= 9 || READS(IKE("abc")));
        EXPECT(READS(IKE("de")) && READS(IKE("f")) && reads_nothing_yet());
        end();
    }
}

/* Whoever waits for the socket is to be woken for the second message. */
static void test_octets_of_the_next_message_stay_in_the_socket(void)
{
    char left[32];
    begin();
    EXPECT(WIRE_SAYS("\0\x8" IKE("ab") "\0\x8" IKE("cd")));
    EXPECT(READS(IKE("ab")));
    EXPECT_EQ(recv(ours, left, sizeof left, MSG_PEEK), 8);
    end();
}

/* RFC 9329 3, 3.2, 6.6: an empty one, ESP, a keepalive. */
static void test_what_is_not_ike_is_passed_over(void)
{
    begin();
    EXPECT(WIRE_SAYS("\0\2"
                     "\0\3\xff"
                     "\0\xa"
                     "\0\0\1\0esp!"
                     "\0\7" IKE("i")));
    EXPECT(READS(IKE("i")));
    EXPECT(reads_nothing_yet());
    end();
}

/* RFC 9329 3.1 */
static void test_a_length_of_nought_or_one_breaks_the_stream(void)
{
    char room[16];
    for (char length = 0; length < 2; length++) {
        const char octets[] = {0, length};
        begin();
        EXPECT(wire_says(octets, sizeof octets));
        errno = 0;
        EXPECT_EQ(read(ours, room, sizeof room), -1);
        EXPECT_EQ(errno, EINVAL);
        end();
    }
}

static void test_a_message_too_long_for_the_room_loses_its_rest(void)
{
    char room[6];
    begin();
    EXPECT(WIRE_SAYS("\0\xb" IKE("abcde") "\0\7" IKE("f")));
    EXPECT_EQ(read(ours, room, sizeof room), 6);
    EXPECT(memcmp(room, IKE("ab"), 6) == 0);
    EXPECT(READS(IKE("f")));
    end();
}

static void test_the_end_of_the_stream_is_told_within_a_message_too(void)
{
    for (size_t cut = 0; cut < 8; cut++) {
        char room[16];
        begin();
        EXPECT(wire_says("\0\x8" IKE("ab"), cut));
        (void)shutdown(theirs, SHUT_WR);
        EXPECT_EQ(read(ours, room, sizeof room), 0);
        end();
    }
}

static void test_each_write_is_one_message_with_its_length(void)
{
    static const char wanted[] = "\0\x9" IKE("abc") "\0\7" IKE("d");
    char room[64];
    begin();
    EXPECT_EQ(write(ours, IKE("abc"), 7), 7);
    EXPECT_EQ(write(ours, IKE("d"), 5), 5);
    EXPECT_EQ(recv(theirs, room, sizeof room, 0), sizeof wanted - 1);
    EXPECT(memcmp(room, wanted, sizeof wanted - 1) == 0);
    end();
}

enum { LONG_COUNT = 20, LONG = 60000 };

/* How many messages of LONG octets come by the wire. */
static int count_messages(void)
{
    static unsigned char room[LONG + 2];
    int count = 0;
    for (size_t got = 0; count < LONG_COUNT;) {
        const ssize_t more = recv(theirs, room + got, sizeof room - got, 0);
        if (more == 0)
            break;
        got += more > 0 ? (size_t)more : 0;
        if (got < sizeof room)
            continue;
        if (room[0] != sizeof room >> 8 || room[1] != (sizeof room & 0xff))
            break;
        count++;
        got = 0;
    }
    return count;
}

/* A message that has begun to go is seen to its end; one that cannot begin is refused whole. */
static void test_no_message_is_left_half_said_where_the_socket_is_full(void)
{
    static char message[LONG];
    int status = 0;
    begin();
    const pid_t reader = fork();
    if (reader == 0) {
        (void)close(ours);
        _exit(count_messages());
    }
    for (int sent = 0; sent < LONG_COUNT;) {
        const ssize_t done = write(ours, message, sizeof message);
        sent += done == LONG;
        if (!EXPECT(done == LONG || (done == -1 && errno == EAGAIN)))
            break;
    }
    (void)shutdown(ours, SHUT_WR);
    EXPECT(waitpid(reader, &status, 0) == reader && WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), LONG_COUNT);
    end();
}

/* Nobody reads: what begins and cannot go on is the last of the stream. */
static void test_a_message_that_stays_half_said_ends_the_stream(void)
{
    static char message[LONG];
    const int small = 8192;
    ssize_t got = 1;
    begin();
    EXPECT_EQ(setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    errno = 0;
    EXPECT_EQ(write(ours, message, sizeof message), -1);
    EXPECT_EQ(errno, EPIPE);
    while (got > 0)
        got = recv(theirs, message, sizeof message, 0);
    EXPECT_EQ(got, 0);
    end();
}

/* What cannot begin may be written later. */
static void test_a_full_socket_takes_nothing_of_a_message(void)
{
    static char message[64];
    char room[256];
    bool whole = true;
    int sent = 0;
    begin();
    while (write(ours, message, sizeof message) == sizeof message)
        sent++;
    EXPECT_EQ(errno, EAGAIN);
    for (int i = 0; i < sent; i++)
        whole = whole && recv(theirs, room, sizeof message + 2, 0) == sizeof message + 2;
    EXPECT(whole);
    EXPECT(recv(theirs, room, sizeof room, 0) == -1 && errno == EAGAIN);
    EXPECT_EQ(write(ours, message, sizeof message), sizeof message);
    end();
}

static void test_a_message_longer_than_its_length_can_say_is_refused(void)
{
    static char message[65534];
    begin();
    errno = 0;
    EXPECT_EQ(write(ours, message, sizeof message), -1);
    EXPECT_EQ(errno, EMSGSIZE);
    end();
}

/* Nor what was there of a message then. */
static void test_a_number_given_again_is_a_socket_as_any_other(void)
{
    char room[16];
    int ends[2] = {-1, -1};
    begin();
    const int was = ours;
    EXPECT(WIRE_SAYS("\0\x8"));
    EXPECT(reads_nothing_yet());
    end();
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    const int again = ends[0] == was ? ends[0] : ends[1];
    EXPECT_EQ(again, was);
    const int other = again == ends[0] ? ends[1] : ends[0];
    EXPECT_EQ(send(other, "plain", 5, 0), 5);
    EXPECT_EQ(read(again, room, sizeof room), 5);
    EXPECT_EQ(write(again, "back", 4), 4);
    EXPECT_EQ(recv(other, room, sizeof room, 0), 4);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void test_other_upper_layers_are_the_kernels_business(void)
{
    int ends[2] = {-1, -1};
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    EXPECT(setsockopt(ends[0], IPPROTO_TCP, TCP_ULP, "none", sizeof "none") != 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_each_read_gives_one_message_wherever_the_stream_is_cut),
        TEST(test_octets_of_the_next_message_stay_in_the_socket),
        TEST(test_what_is_not_ike_is_passed_over),
        TEST(test_a_length_of_nought_or_one_breaks_the_stream),
        TEST(test_a_message_too_long_for_the_room_loses_its_rest),
        TEST(test_the_end_of_the_stream_is_told_within_a_message_too),
        TEST(test_each_write_is_one_message_with_its_length),
        TEST(test_no_message_is_left_half_said_where_the_socket_is_full),
        TEST(test_a_message_that_stays_half_said_ends_the_stream),
        TEST(test_a_full_socket_takes_nothing_of_a_message),
        TEST(test_a_message_longer_than_its_length_can_say_is_refused),
        TEST(test_a_number_given_again_is_a_socket_as_any_other),
        TEST(test_other_upper_layers_are_the_kernels_business),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
