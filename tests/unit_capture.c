/* SPDX-License-Identifier: MIT
 * Captures, read back by tshark: times to the nanosecond, addresses, ports,
 * checksums. */
#include "results/results.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/ikelab-capture-XXXXXX";
static char pcapng[64], keys[64];

static void paths(void)
{
    if (mkdtemp(folder) == NULL)
        abort();
    (void)snprintf(pcapng, sizeof pcapng, "%s/t.pcapng", folder);
    (void)snprintf(keys, sizeof keys, "%s/ikev2_decryption_table", folder);
}

/* What the command prints, at most `max` - 1 octets. */
static void output_of(const char *command, char *out, size_t max)
{
    FILE *const p = popen(command, "r");
    const size_t got = p == NULL ? 0 : fread(out, 1, max - 1, p);
    out[got] = '\0';
    if (p != NULL)
        (void)pclose(p);
}

static struct ike_bytes request(void)
{
    static uint8_t bytes[28 + 5];
    struct ike_writer w = wr_open(bytes, sizeof bytes);
    put_u64(&w, 0x1122334455667788);
    put_u64(&w, 0);
    put_u32(&w, 43u << 24 | 0x20u << 16 | 34u << 8 | 0x08);
    put_u32(&w, 0);
    put_u32(&w, sizeof bytes);
    put_u32(&w, 5); /* a vendor id of one octet: an odd length tries the padding */
    put_u8(&w, 0xaa);
    return wr_done(&w);
}

static void test_tshark_reads_times_addresses_ports_and_checksums(void)
{
    static char out[4096], command[512];
    char error[RESULTS_ERROR_MAX] = "";
    struct results_capture *const c = results_capture_open(pcapng, keys, error);
    struct sim_message m = {.at_ns = UINT64_C(12345678901234567), .bytes = request()};
    m.from = ike_addr_v4(0xc0000201, 500);
    m.to = ike_addr_v4(0xc6336402, 40000);
    results_capture_message(c, &m);
    m.at_ns = 1;
    EXPECT(ike_addr_parse("2001:db8::1", &m.from));
    EXPECT(ike_addr_parse("2001:db8::2", &m.to));
    m.from.port = 40001;
    m.to.port = 500;
    results_capture_message(c, &m);
    EXPECT(results_capture_close(c, error));
    (void)snprintf(command, sizeof command,
                   "tshark -r %s -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -T fields -e "
                   "frame.time_epoch -e ip.src -e ip.dst -e ipv6.src -e ipv6.dst -e udp.srcport -e "
                   "udp.dstport -e ip.checksum.status -e udp.checksum.status -e isakmp.ispi "
                   "-E separator=, 2>/dev/null",
                   pcapng);
    output_of(command, out, sizeof out);
    EXPECT_STR(out, "12345678.901234567,192.0.2.1,198.51.100.2,,,500,40000,1,1,1122334455667788\n"
                    "0.000000001,,,2001:db8::1,2001:db8::2,40001,500,,1,1122334455667788\n");
}

static void test_a_folder_that_is_not_there_is_named(void)
{
    char error[RESULTS_ERROR_MAX] = "";
    EXPECT(results_capture_open("/nowhere/a.pcapng", "/nowhere/b", error) == NULL);
    EXPECT_STR(error, "/nowhere/a.pcapng: cannot be written: No such file or directory");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_tshark_reads_times_addresses_ports_and_checksums),
        TEST(test_a_folder_that_is_not_there_is_named),
    };
    if (system("tshark --version >/dev/null 2>&1") != 0) {
        (void)printf("1..0 # SKIP tshark is not installed\n");
        return 0;
    }
    paths();
    const int status = test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    (void)unlink(pcapng);
    (void)unlink(keys);
    (void)rmdir(folder);
    return status;
}
