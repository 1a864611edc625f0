/* SPDX-License-Identifier: MIT
 * Captures that others made (tests/vectors/tcpdump, from tcpdump's own tests),
 * read by our parser: what tcpdump and Wireshark see in a message we must see,
 * IKEv1 is refused by its version, and the hostile ones do no harm.
 *
 * ikev2pI2 is a decrypt-only vector: its key opens it, but its checksum is not
 * that of its octets, and neither its integrity algorithm (HMAC-SHA1-96) nor
 * its group is ours. So the cipher is run here, and what is within goes to our
 * parser. */
#include "ike/v2/describe.h"
#include "ike/v2/message.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define FOLDER "tests/vectors/tcpdump/"

enum { FILE_MAX = 65536, DATAGRAMS_MAX = 32, LINK_NULL = 0, LINK_ETHERNET = 1 };

struct capture {
    uint8_t bytes[FILE_MAX];
    size_t len;
    struct ike_bytes datagrams[DATAGRAMS_MAX]; /* UDP payloads, in order */
    size_t count;
};

static struct capture capture;

/* ---- reading pcap and pcapng, little-endian as these files are ---- */

static uint32_t little(struct ike_reader *r, size_t width)
{
    const struct ike_bytes got = rd_bytes(r, width);
    uint32_t value = 0;
    for (size_t i = 0; i < got.len; i++)
        value |= (uint32_t)got.at[i] << (8 * i);
    return value;
}

static void take_frame(struct capture *c, struct ike_bytes frame, uint32_t link)
{
    struct ike_reader r = rd_open(frame);
    rd_skip(&r, link == LINK_ETHERNET ? 14 : 4);
    const uint8_t first = rd_u8(&r); /* IPv4: version and header length */
    rd_skip(&r, 8);
    const uint8_t protocol = rd_u8(&r);
    rd_skip(&r, (size_t)(first & 0x0f) * 4 - 10);
    rd_skip(&r, 4); /* ports */
    const uint16_t length = rd_u16(&r);
    rd_skip(&r, 2);
    if (!EXPECT(!r.bad && first >> 4 == 4 && protocol == 17 && c->count < DATAGRAMS_MAX))
        return;
    /* What the sender's UDP said, or as much of it as was captured. */
    const size_t said = (size_t)length - 8;
    c->datagrams[c->count++] = rd_bytes(&r, said < r.left ? said : r.left);
}

static void read_pcap(struct capture *c, struct ike_reader r)
{
    rd_skip(&r, 20);
    const uint32_t link = little(&r, 4);
    while (r.left > 0) {
        rd_skip(&r, 8);
        const uint32_t len = little(&r, 4);
        rd_skip(&r, 4);
        take_frame(c, rd_bytes(&r, len), link);
    }
    EXPECT(!r.bad);
}

static void read_pcapng(struct capture *c, struct ike_reader r)
{
    uint32_t link = 0;
    while (r.left > 0) {
        const uint32_t type = little(&r, 4);
        const uint32_t len = little(&r, 4);
        struct ike_reader block = rd_open(rd_bytes(&r, (size_t)len - 8));
        if (type == 1) /* interface */
            link = little(&block, 2);
        if (type != 6) /* packet */
            continue;
        rd_skip(&block, 12);
        const uint32_t frame_len = little(&block, 4);
        rd_skip(&block, 4);
        take_frame(c, rd_bytes(&block, frame_len), link);
    }
    EXPECT(!r.bad);
}

static void open_capture(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *const file = fopen(path, "rb");
    capture.len = 0;
    capture.count = 0;
    if (!EXPECT(file != NULL))
        return;
    capture.len = fread(capture.bytes, 1, sizeof capture.bytes, file);
    (void)fclose(file);
    struct ike_reader r = rd_open((struct ike_bytes){capture.bytes, capture.len});
    if (capture.bytes[0] == 0x0a)
        read_pcapng(&capture, r);
    else
        read_pcap(&capture, r);
}

/* ---- IKEv2 between two peers, with a cookie ---- */

static void test_ikev2four_reads_as_tcpdump_and_wireshark_read_it(void)
{
    static const char *const lines[] = {
        "IKE_SA_INIT     req 0  SAi1 KEi Ni N(NAT_DETECTION_SOURCE_IP) "
        "N(NAT_DETECTION_DESTINATION_IP)",
        "IKE_SA_INIT     rsp 0  N(COOKIE)",
        "IKE_SA_INIT     req 0  N(COOKIE) SAi1 KEi Ni N(NAT_DETECTION_SOURCE_IP) "
        "N(NAT_DETECTION_DESTINATION_IP)",
        "IKE_SA_INIT     rsp 0  SAr1 KEr Nr N(NAT_DETECTION_SOURCE_IP) "
        "N(NAT_DETECTION_DESTINATION_IP)",
        "IKE_AUTH        req 1  SK{\xe2\x80\xa6}",
        "IKE_AUTH        rsp 1  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA req 2  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA req 3  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA rsp 2  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA rsp 3  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA req 4  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA req 5  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA rsp 4  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA rsp 5  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA req 6  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA req 7  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA rsp 6  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA rsp 7  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA req 8  SK{\xe2\x80\xa6}",
        "CREATE_CHILD_SA rsp 8  SK{\xe2\x80\xa6}",
        "INFORMATIONAL   req 0  SK{\xe2\x80\xa6}",
    };
    open_capture("ikev2four.pcap");
    EXPECT_EQ(capture.count, sizeof lines / sizeof lines[0]);
    for (size_t i = 0; i < capture.count; i++) {
        char text[IKE_DESCRIBE_TEXT];
        (void)ike_describe(capture.datagrams[i], false, NULL, NULL, text);
        EXPECT_STR(text, lines[i]);
    }
}

/* The contents as tcpdump prints them: twelve transforms, a group of 128 octets, a nonce of 32. */
static void test_ikev2four_shows_the_contents_that_tcpdump_shows(void)
{
    char text[IKE_DETAILS_TEXT];
    open_capture("ikev2four.pcap");
    (void)ike_describe_details(capture.datagrams[2], false, NULL, NULL, text);
    EXPECT_STR(text, "N(COOKIE)  24 octets\n"
                     "SAi1  1: aes128 aes256 aes192 3des prfsha1 prfmd5 prfaesxcbc sha1 md5 "
                     "aesxcbc modp1024 modp2048\n"
                     "KEi  modp1024, 128 octets\n"
                     "Ni  32 octets\n"
                     "N(NAT_DETECTION_SOURCE_IP)  20 octets\n"
                     "N(NAT_DETECTION_DESTINATION_IP)  20 octets\n");
    (void)ike_describe_details(capture.datagrams[3], false, NULL, NULL, text);
    EXPECT(strstr(text, "SAr1  1: aes128 prfsha1 sha1 modp1024\n") != NULL);
}

/* Nothing we have is on offer, and the whole payload was read to find that out. */
static void test_ikev2four_offers_nothing_we_accept(void)
{
    struct ike_message m;
    struct ike_offer offer;
    struct ike_choice choice;
    const char *bad;
    open_capture("ikev2four.pcap");
    EXPECT_EQ(ike_message_parse(capture.datagrams[0], &m), WHY_OK);
    EXPECT(ike_offer_parse("aes128-sha256-prfsha256-modp2048", &offer, &bad));
    const struct ike_wish wish = {.protocol = PROTOCOL_IKE, .offers = &offer, .offer_count = 1};
    EXPECT_EQ(ike_proposal_choose(ike_message_body(&m, PAYLOAD_SA), &wish, &choice),
              WHY_NO_PROPOSAL);
}

/* ---- ikev2pI2: decrypt only ---- */

/* AES-128-CBC without padding; the secrets file names the keys of both directions. */
static bool decrypt(struct ike_bytes sealed, const uint8_t *key, uint8_t *out)
{
    EVP_CIPHER_CTX *const context = EVP_CIPHER_CTX_new();
    int len = 0;
    const bool done =
        context != NULL &&
        EVP_DecryptInit_ex(context, EVP_aes_128_cbc(), NULL, key, sealed.at) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
        EVP_DecryptUpdate(context, out, &len, sealed.at + 16, (int)sealed.len - 16) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}

static const char *secret_line(char *line, size_t size, unsigned number)
{
    FILE *const file = fopen(FOLDER "ikev2pI2-secrets.txt", "r");
    if (!EXPECT(file != NULL))
        return NULL;
    const char *got = NULL;
    for (unsigned i = 0; i <= number; i++)
        got = fgets(line, (int)size, file);
    (void)fclose(file);
    return got;
}

static bool key_of(unsigned number, uint8_t *key)
{
    char line[256];
    const char *const got = secret_line(line, sizeof line, number);
    const char *at = got == NULL ? NULL : strstr(got, "aes128:0x");
    if (at == NULL)
        return false;
    at += strlen("aes128:0x");
    for (unsigned i = 0; i < 16; i++) {
        const char octet[3] = {at[2 * i], at[2 * i + 1], '\0'};
        key[i] = (uint8_t)strtoul(octet, NULL, 16);
    }
    return true;
}

/* How many of the two keys open the message to payloads that parse; the last that did is in `m`. */
static unsigned opened(struct ike_message *m, uint8_t *text)
{
    enum { ICV = 12 }; /* HMAC-SHA1-96 */
    unsigned count = 0;
    for (unsigned number = 0; number < 2; number++) {
        struct ike_message with;
        uint8_t key[16];
        uint8_t plain[1024];
        EXPECT_EQ(ike_message_parse(capture.datagrams[1], &with), WHY_OK);
        struct ike_bytes sealed = ike_message_body(&with, PAYLOAD_SK);
        sealed.len -= ICV;
        if (!EXPECT(key_of(number, key) && sealed.len % 16 == 0 && sealed.len <= sizeof plain) ||
            !EXPECT(decrypt(sealed, key, plain)))
            return 0;
        const size_t text_len = sealed.len - 16;
        const size_t pad = plain[text_len - 1];
        if (pad >= text_len || ike_message_parse_sealed(
                                   &with, (struct ike_bytes){plain, text_len - pad - 1}) != WHY_OK)
            continue;
        *m = with;
        memcpy(text, plain, text_len);
        EXPECT_EQ(ike_message_parse(capture.datagrams[1], m), WHY_OK);
        EXPECT_EQ(ike_message_parse_sealed(m, (struct ike_bytes){text, text_len - pad - 1}),
                  WHY_OK);
        count++;
    }
    return count;
}

static void test_ikev2pi2_opens_with_its_key_to_payloads_that_read(void)
{
    struct ike_message m;
    struct ike_id id;
    struct ike_auth auth;
    uint8_t text[1024];
    char line[256];
    open_capture("ikev2pI2.pcap");
    EXPECT_EQ(capture.count, 2);
    char described[IKE_DESCRIBE_TEXT];
    (void)ike_describe(capture.datagrams[0], false, NULL, NULL, described);
    EXPECT_STR(described, "IKE_SA_INIT     req 0  SAi1 KEi Ni V");
    (void)ike_describe(capture.datagrams[1], false, NULL, NULL, described);
    EXPECT_STR(described, "IKE_AUTH        req 0  SK{\xe2\x80\xa6}");
    EXPECT(secret_line(line, sizeof line, 0) != NULL);
    if (!EXPECT_EQ(opened(&m, text), 1))
        return;
    (void)printf("# ikev2pI2: decrypted; its checksum is not verified (it does not, see above)\n");
    char types[128] = "";
    for (uint8_t i = 0; i < m.type_count; i++)
        (void)snprintf(types + strlen(types), sizeof types - strlen(types), "%u ", m.types[i]);
    EXPECT_STR(types, "46 35 39 "); /* SK, IDi, AUTH */
    /* As Wireshark reads them: FQDN west, and an RSA signature of 192 octets. */
    EXPECT_EQ(ike_id_parse(ike_message_body(&m, PAYLOAD_IDI), &id), WHY_OK);
    EXPECT(id.type == ID_FQDN && id.len == 4 && memcmp(id.data, "west", 4) == 0);
    EXPECT_EQ(ike_auth_parse(ike_message_body(&m, PAYLOAD_AUTH), &auth), WHY_OK);
    EXPECT(auth.method == AUTH_RSA && auth.data.len == 192);
}

/* ---- IKEv1, and what was made to hurt ---- */

static void expect_all_refused(const char *name, size_t count)
{
    open_capture(name);
    EXPECT_EQ(capture.count, count);
    for (size_t i = 0; i < capture.count; i++) {
        struct ike_message m;
        char text[IKE_DETAILS_TEXT];
        EXPECT_EQ(ike_message_parse(capture.datagrams[i], &m), WHY_SYNTAX);
        EXPECT_EQ(ike_describe_details(capture.datagrams[i], false, NULL, NULL, text), 0);
        (void)ike_describe(capture.datagrams[i], false, NULL, NULL, text);
        EXPECT(strstr(text, "malformed (syntax)") != NULL);
        (void)ike_describe(capture.datagrams[i], true, NULL, NULL, text);
    }
}

static void test_ikev1_is_refused_by_its_version(void)
{
    expect_all_refused("ISAKMP_sa_setup.pcap", 9);
    for (size_t i = 0; i < capture.count; i++)
        EXPECT_EQ(capture.datagrams[i].at[17], 0x10);
}

static void test_hostile_captures_are_refused(void)
{
    expect_all_refused("isakmp-identification-segfault.pcap", 1);
    expect_all_refused("isakmp-no-none-np.pcapng", 1);
    expect_all_refused("isakmp-pointer-loop.pcap", 1);
}

/* The same octets, dressed as version 2 with a true length: now the chain itself is judged. */
static void test_hostile_captures_dressed_as_ours_do_no_harm(void)
{
    static const char *const names[] = {"isakmp-identification-segfault.pcap",
                                        "isakmp-no-none-np.pcapng", "isakmp-pointer-loop.pcap",
                                        "ISAKMP_sa_setup.pcap"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        open_capture(names[n]);
        for (size_t i = 0; i < capture.count; i++) {
            static uint8_t dressed[IKE_MESSAGE_MAX];
            struct ike_message m;
            char text[IKE_DETAILS_TEXT];
            const size_t len = capture.datagrams[i].len;
            if (len < IKE_HEADER_LEN || len > sizeof dressed)
                continue;
            memcpy(dressed, capture.datagrams[i].at, len);
            struct ike_writer w = wr_open(dressed, sizeof dressed);
            (void)put_room(&w, len);
            dressed[17] = IKE_VERSION_2;
            dressed[24] = dressed[25] = 0;
            ike_end_message(&w);
            for (unsigned first = 0; first < 256; first++) {
                dressed[16] = (uint8_t)first;
                (void)ike_message_parse(wr_done(&w), &m);
                EXPECT(m.type_count <= IKE_PAYLOADS_MAX);
                (void)ike_describe(wr_done(&w), false, NULL, NULL, text);
                (void)ike_describe_details(wr_done(&w), false, NULL, NULL, text);
            }
        }
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_ikev2four_reads_as_tcpdump_and_wireshark_read_it),
        TEST(test_ikev2four_shows_the_contents_that_tcpdump_shows),
        TEST(test_ikev2four_offers_nothing_we_accept),
        TEST(test_ikev2pi2_opens_with_its_key_to_payloads_that_read),
        TEST(test_ikev1_is_refused_by_its_version),
        TEST(test_hostile_captures_are_refused),
        TEST(test_hostile_captures_dressed_as_ours_do_no_harm),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
