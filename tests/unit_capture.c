/* SPDX-License-Identifier: MIT
 * Captures, read back by tshark: times, addresses, checksums, and messages
 * decrypted with the table beside them. */
#include "ike/ike.h"
#include "results/capture_read.h"
#include "results/datagram_read.h"
#include "results/results.h"
#include "tests/folder.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OUTPUT = 20000 };

static char error[RESULTS_ERROR_MAX];

/* What tshark prints of the capture in the folder, with the decryption table there. */
static const char *tshark(const char *arguments)
{
    static char output[OUTPUT];
    char command[2000];
    (void)snprintf(command, sizeof command,
                   "WIRESHARK_CONFIG_DIR='%s' tshark -n -r '%s/c.pcapng' %s 2>'%s/errors'",
                   folder_path(), folder_path(), arguments, folder_path());
    output[0] = '\0';
    FILE *const pipe = popen(command, "r");
    if (!EXPECT(pipe != NULL))
        return output;
    const size_t len = fread(output, 1, sizeof output - 1, pipe);
    output[len] = '\0';
    EXPECT_EQ(pclose(pipe), 0);
    return output;
}

static struct results_capture *capture_open(void)
{
    struct results_capture *const c =
        results_capture_open(in_folder("c.pcapng"), in_folder("ikev2_decryption_table"), error);
    EXPECT(c != NULL);
    return c;
}

static struct ike_addr address(const char *text, uint16_t port)
{
    struct ike_addr addr = {0};
    EXPECT(ike_addr_parse(text, &addr));
    addr.port = port;
    return addr;
}

/* An INFORMATIONAL request without payloads, in the clear: a header is enough for tshark. */
static const uint8_t header[28] = {1,  2,  3, 4,    5,  6, 7, 8, 9, 10, 11, 12, 13, 14,
                                   15, 16, 0, 0x20, 37, 8, 0, 0, 0, 5,  0,  0,  0,  28};

static void test_times_addresses_and_ports_are_those_recorded(void)
{
    struct results_capture *const c = capture_open();
    struct sim_message m = {.at_ns = 12345678901234567u,
                            .who = "vpn",
                            .from = address("192.0.2.7", 500),
                            .to = address("10.1.2.3", 501),
                            .bytes = {.at = header, .len = sizeof header},
                            .inbound = true,
                            .text = "",
                            .fate = "cookie_wanted"};
    results_capture_message(c, &m);
    m.at_ns = 1; /* earlier, told later */
    m.who = "far";
    m.from = address("2001:db8::1", 4500);
    m.to = address("2001:db8::ffff:2", 500);
    m.inbound = false;
    m.fate = "sent";
    results_capture_message(c, &m);
    EXPECT(results_capture_close(c, error));
    EXPECT_STR(tshark("-T fields -E separator=, -e frame.time_epoch -e frame.interface_name "
                      "-e ip.src -e ip.dst -e ipv6.src -e ipv6.dst -e udp.srcport -e udp.dstport "
                      "-e frame.comment -e udp.length"),
               "0.000000001,far,,,2001:db8::1,2001:db8::ffff:2,4500,500,sent,36\n"
               "12345678.901234567,vpn,192.0.2.7,10.1.2.3,,,500,501,cookie_wanted,36\n");
}

/* 0: bad, 1: good. Every length from 0 to 99, so odd ones and carries are there. */
static void test_checksums_are_right(void)
{
    static const char check[] = "-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE ";
    char arguments[300];
    uint8_t octets[100];
    struct results_capture *const c = capture_open();
    for (uint32_t i = 0; i < 200; i++) {
        const bool six = i % 2 == 1;
        memset(octets, (int)(0xff - i), sizeof octets);
        const struct sim_message m = {
            .at_ns = i,
            .who = "vpn",
            .from = six ? address("fe80::ffff:1", 9999) : address("255.254.253.252", 9999),
            .to = six ? address("2001:db8::1", 65535) : address("10.0.0.1", 65535),
            .bytes = {.at = octets, .len = i / 2},
            .text = "",
            .fate = ""};
        results_capture_message(c, &m);
    }
    EXPECT(results_capture_close(c, error));
    (void)snprintf(arguments, sizeof arguments, "%s -Y 'udp.checksum.status==1' | wc -l", check);
    EXPECT_EQ(atoi(tshark(arguments)), 200);
    (void)snprintf(arguments, sizeof arguments, "%s -Y 'ip.checksum.status==1' | wc -l", check);
    EXPECT_EQ(atoi(tshark(arguments)), 100);
}

/* The checksum tshark sees over two octets of payload. */
static unsigned checksum_over(unsigned payload)
{
    const uint8_t octets[2] = {(uint8_t)(payload >> 8), (uint8_t)payload};
    const struct sim_message m = {.who = "vpn",
                                  .from = address("fe80::1", 9999),
                                  .to = address("2001:db8::1", 9998),
                                  .bytes = {.at = octets, .len = sizeof octets},
                                  .text = "",
                                  .fate = ""};
    struct results_capture *const c = capture_open();
    results_capture_message(c, &m);
    EXPECT(results_capture_close(c, error));
    return (unsigned)strtoul(tshark("-T fields -e udp.checksum"), NULL, 16);
}

/* A payload that is the checksum of the rest makes the sum zero, which would mean "none". */
static void test_checksum_of_zero_is_sent_as_ones(void)
{
    EXPECT_EQ(checksum_over(checksum_over(0)), 0xffff);
}

static void no_random(void *owner, uint8_t *out, size_t len)
{
    (void)owner;
    memset(out, 7, len);
}

struct sealed {
    const struct ike_algo *encr, *integ;
    uint8_t spi;
    uint8_t *out; /* 256 octets */
};

/* An INFORMATIONAL request that deletes ESP SPI 0xc0ffee00 + spi; its length. */
static size_t sealed_message(struct ike_crypto *crypto, const struct sealed *s,
                             const struct ike_seal_keys *keys)
{
    const size_t content = 12;
    const size_t block = s->encr->block;
    const size_t text = (content + 1 + block - 1) / block * block;
    const size_t icv = s->integ != NULL ? s->integ->icv_len : s->encr->icv_len;
    struct ike_writer w = wr_open(s->out, 256);
    put_bytes(&w, (struct ike_bytes){.at = header, .len = 16});
    put_u8(&w, 46); /* SK */
    put_u8(&w, 0x20);
    put_u16(&w, 37 << 8 | 8);
    put_u32(&w, 5);
    put_u32(&w, (uint32_t)(28 + 4 + s->encr->iv_len + text + icv));
    put_u8(&w, 42); /* Delete */
    put_u8(&w, 0);
    put_u16(&w, (uint16_t)(4 + s->encr->iv_len + text + icv));
    for (size_t i = 0; i < s->encr->iv_len; i++)
        put_u8(&w, (uint8_t)(0x30 + i));
    put_u32(&w, 12);
    put_u32(&w, 3u << 24 | 4u << 16 | 1);
    put_u32(&w, 0xc0ffee00u + s->spi);
    for (size_t i = content; i < text; i++)
        put_u8(&w, i == text - 1 ? (uint8_t)(text - content - 1) : 0);
    memset(put_room(&w, icv), 0, icv);
    s->out[7] = s->spi;
    crypto->ops->seal(crypto, keys, s->out, 32, text);
    return w.len;
}

static void sealed_record(struct results_capture *c, struct ike_crypto *crypto, uint8_t encr,
                          uint8_t integ)
{
    uint8_t octets[128];
    uint8_t message[256];
    const struct sealed sealed = {.encr = &ike_algos[encr],
                                  .integ = integ != 0 ? &ike_algos[integ] : NULL,
                                  .spi = (uint8_t)(encr * 16 + integ),
                                  .out = message};
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(encr + 3u * integ + 5 * i);
    const size_t encr_len = (size_t)sealed.encr->key_len + sealed.encr->salt_len;
    const size_t integ_len = sealed.integ != NULL ? sealed.integ->out_len : 0;
    const struct ike_bytes key = {.at = octets, .len = encr_len};
    const struct ike_bytes mac = {.at = octets + 60, .len = integ_len};
    const struct ike_seal_keys keys = {
        .encr = sealed.encr, .integ = sealed.integ, .encr_key = key, .integ_key = mac};
    const struct ike_sa_keys named = {.spi_i = 0x0102030405060700u + sealed.spi,
                                      .spi_r = 0x090a0b0c0d0e0f10u,
                                      .suite = {.encr = encr, .integ = integ},
                                      .sk_ei = key,
                                      .sk_er = key,
                                      .sk_ai = mac,
                                      .sk_ar = mac};
    const struct sim_message m = {
        .at_ns = sealed.spi,
        .who = "vpn",
        .from = address("192.0.2.7", 500),
        .to = address("10.1.2.3", 500),
        .bytes = {.at = message, .len = sealed_message(crypto, &sealed, &keys)},
        .inbound = true,
        .text = "",
        .fate = "accepted"};
    results_capture_message(c, &m);
    results_capture_keys(c, &named);
}

static void test_table_beside_it_opens_every_cipher_wireshark_knows(void)
{
    static const uint8_t suites[][2] = {{ALGO_AES128GCM16, 0},      {ALGO_AES256GCM16, 0},
                                        {ALGO_AES128, ALGO_SHA256}, {ALGO_AES128, ALGO_SHA384},
                                        {ALGO_AES256, ALGO_SHA256}, {ALGO_AES256, ALGO_SHA512},
                                        {ALGO_CHACHA20POLY1305, 0}};
    char wanted[OUTPUT] = "";
    size_t len = 0;
    struct ike_crypto *const crypto = ike_crypto_openssl((struct ike_random){.fill = no_random});
    if (!EXPECT(crypto != NULL))
        return;
    struct results_capture *const c = capture_open();
    for (uint8_t spi = 0; spi < 255; spi++) /* in the order of time that sealed_record gives */
        for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
            if (spi == (uint8_t)(suites[i][0] * 16 + suites[i][1])) {
                const bool can = suites[i][0] != ALGO_CHACHA20POLY1305;
                sealed_record(c, crypto, suites[i][0], suites[i][1]);
                len += (size_t)snprintf(wanted + len, sizeof wanted - len,
                                        can ? "c0ffee%02x\n" : "\n", (unsigned)spi);
            }
    EXPECT(results_capture_close(c, error));
    crypto->ops->close(crypto);
    EXPECT_STR(tshark("-T fields -e isakmp.delete.spi"), wanted);
    EXPECT_STR(tshark("-Y isakmp.ikev2.integrity_checksum"), "");
    EXPECT_STR(tshark("-Y _ws.malformed"), "");
}

static void test_capture_without_packets_is_a_capture(void)
{
    struct results_capture *const c = capture_open();
    EXPECT(results_capture_close(c, error));
    EXPECT_STR(tshark(""), "");
}

static void test_capture_that_cannot_be_written_says_so(void)
{
    EXPECT(results_capture_open(in_folder("none/c.pcapng"), in_folder("t"), error) == NULL);
    EXPECT(strstr(error, "none/c.pcapng cannot be written: No such file") != NULL);
    EXPECT(results_capture_open(in_folder("d.pcapng"), in_folder("none/t"), error) == NULL);
    EXPECT(strstr(error, "none/t cannot be written: No such file") != NULL);
    struct results_capture *const c = results_capture_open("/dev/full", in_folder("t"), error);
    if (EXPECT(c != NULL)) {
        EXPECT(!results_capture_close(c, error));
        EXPECT(strstr(error, "/dev/full cannot be written: No space left") != NULL);
    }
}

/* What is read back of the capture's packets. */
static void expect_read_back(struct ike_bytes message, int count)
{
    FILE *const file = fopen(in_folder("c.pcapng"), "rb");
    struct results_reader *const reader = file != NULL ? results_reader_open(file, error) : NULL;
    struct results_packet packet;
    struct results_datagram d;
    int read = 0;
    if (!EXPECT(reader != NULL))
        return;
    while (results_reader_next(reader, &packet) == READ_PACKET) {
        results_datagram_read(&packet, &d);
        EXPECT_EQ(d.kind, DATAGRAM_UDP);
        EXPECT(ike_bytes_equal(d.bytes, message));
        EXPECT_EQ(d.from.port + d.to.port, 40000 + 4500);
        read++;
    }
    EXPECT_EQ(read, count);
    results_reader_close(reader);
    (void)fclose(file);
}

/* RFC 9329 4: the prefix before the first message of the one who opened the connection; each
 * message after its length, in a segment of its own. tshark follows the numbers and the checksums.
 */
static void test_messages_by_tcp_stand_in_segments(void)
{
    static const char *const ends[][2] = {{"192.0.2.7", "10.1.2.3"},
                                          {"2001:db8::1", "2001:db8::2"}};
    static const uint8_t message[] = {0, 0, 0, 0, 1, 2, 3};
    for (size_t i = 0; i < 2; i++) {
        struct results_capture *const c = capture_open();
        struct sim_message m = {.who = "vpn",
                                .bytes = {.at = message, .len = sizeof message},
                                .tcp = true,
                                .text = "",
                                .fate = "sent"};
        for (int k = 0; k < 4; k++) {
            m.at_ns = (uint64_t)k;
            m.inbound = k % 2 == 0;
            m.from = address(ends[i][k % 2], k % 2 == 0 ? 40000 : 4500);
            m.to = address(ends[i][1 - k % 2], k % 2 == 0 ? 4500 : 40000);
            results_capture_message(c, &m);
        }
        EXPECT(results_capture_close(c, error));
        EXPECT_STR(tshark("-o tcp.check_checksum:TRUE -o tcp.relative_sequence_numbers:FALSE "
                          "-T fields -e tcp.srcport -e tcp.dstport -e tcp.seq -e tcp.ack "
                          "-e tcp.checksum.status -e tcp.payload"),
                   "40000\t4500\t1\t1\t1\t494b45544350000900000000010203\n"
                   "4500\t40000\t1\t16\t1\t000900000000010203\n"
                   "40000\t4500\t16\t10\t1\t000900000000010203\n"
                   "4500\t40000\t10\t25\t1\t000900000000010203\n");
        EXPECT_STR(tshark("-Y tcp.analysis.flags"), "");
        expect_read_back(m.bytes, 4);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_times_addresses_and_ports_are_those_recorded),
        TEST(test_checksums_are_right),
        TEST(test_checksum_of_zero_is_sent_as_ones),
        TEST(test_messages_by_tcp_stand_in_segments),
        TEST(test_table_beside_it_opens_every_cipher_wireshark_knows),
        TEST(test_capture_without_packets_is_a_capture),
        TEST(test_capture_that_cannot_be_written_says_so),
    };
    if (system("tshark --version >/dev/null 2>&1") != 0) {
        (void)printf("1..0 # SKIP tshark not installed\n");
        return 0;
    }
    if (!folder_make("capture"))
        return 1;
    const int status = test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    folder_remove();
    return status;
}
