/* SPDX-License-Identifier: MIT
 * ESP packets of each suite that Wireshark can open, written as a capture with
 * its table of SAs, and our own reading of each packet on standard output, one
 * line each, fields in the order oracle_esp.py asks tshark for them.
 * Arguments: the capture's path, the path of Wireshark's table esp_sa. */
#include "ike/esp.h"
#include "sim/packet.h"
#include "tests/crypto_cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024, LINKTYPE_RAW = 101, PACKETS = 12, HEAD = 8, TRAILER = 2 };

/* As Wireshark's table spells them. */
static const struct name {
    const char *ours, *theirs;
} encrs[] = {
    {"aes128gcm8", "AES-GCM with 8 octet ICV [RFC4106]"},
    {"aes256gcm8", "AES-GCM with 8 octet ICV [RFC4106]"},
    {"aes192gcm12", "AES-GCM with 12 octet ICV [RFC4106]"},
    {"aes128gcm16", "AES-GCM with 16 octet ICV [RFC4106]"},
    {"aes192gcm16", "AES-GCM with 16 octet ICV [RFC4106]"},
    {"aes256gcm16", "AES-GCM with 16 octet ICV [RFC4106]"},
    {"aes128", "AES-CBC [RFC3602]"},
    {"aes192", "AES-CBC [RFC3602]"},
    {"aes256", "AES-CBC [RFC3602]"},
    {"aes128ctr", "AES-CTR [RFC3686]"},
    {"aes192ctr", "AES-CTR [RFC3686]"},
    {"aes256ctr", "AES-CTR [RFC3686]"},
    {"3des", "TripleDES-CBC [RFC2451]"},
    {"null", "NULL"},
};
static const struct name integs[] = {
    {"sha1", "HMAC-SHA-1-96 [RFC2404]"},      {"sha256", "HMAC-SHA-256-128 [RFC4868]"},
    {"sha384", "HMAC-SHA-384-192 [RFC4868]"}, {"sha512", "HMAC-SHA-512-256 [RFC4868]"},
    {"md5", "HMAC-MD5-96 [RFC2403]"},
};
enum { ENCRS = sizeof encrs / sizeof encrs[0], INTEGS = sizeof integs / sizeof integs[0] };

static FILE *capture, *table;
static uint32_t spi = 0x01000000;
static uint32_t packet_count;

static void must(bool held)
{
    if (!held)
        abort();
}

/* ---- the capture: pcap, of IP packets ---- */

static void put_number(uint32_t value, size_t width)
{
    uint8_t octets[4];
    for (size_t i = 0; i < width; i++)
        octets[i] = (uint8_t)(value >> 8 * i);
    must(fwrite(octets, 1, width, capture) == width);
}

static void begin_capture(void)
{
    put_number(0xa1b2c3d4, 4);
    put_number(2, 2);
    put_number(4, 2);
    put_number(0, 4);
    put_number(0, 4);
    put_number(65535, 4);
    put_number(LINKTYPE_RAW, 4);
}

static void put_packet(struct ike_bytes packet)
{
    put_number(packet_count / 1000, 4);
    put_number(packet_count++ % 1000 * 1000, 4);
    put_number((uint32_t)packet.len, 4);
    put_number((uint32_t)packet.len, 4);
    must(fwrite(packet.at, 1, packet.len, capture) == packet.len);
}

/* ---- what is within, and around ---- */

static struct ike_addr address(const char *text, uint16_t port)
{
    struct ike_addr addr;
    must(ike_addr_parse(text, &addr));
    addr.port = port;
    return addr;
}

enum mode { TUNNEL_FOUR, TUNNEL_SIX, TRANSPORT, IN_UDP, MODES };

static const struct setting {
    const char *from, *to;             /* around */
    const char *inner_from, *inner_to; /* within */
    uint8_t next;
    uint16_t tfc;
} settings[MODES] = {
    [TUNNEL_FOUR] = {"192.0.2.1", "192.0.2.2", "10.1.0.1", "10.2.0.2", ESP_NEXT_IPV4, 0},
    [TUNNEL_SIX] = {"192.0.2.1", "192.0.2.2", "2001:db8:1::1", "2001:db8:2::2", ESP_NEXT_IPV6, 33},
    [TRANSPORT] = {"2001:db8::1", "2001:db8::2", "2001:db8::1", "2001:db8::2", 17, 0},
    [IN_UDP] = {"198.51.100.1", "198.51.100.2", "10.1.0.1", "10.2.0.2", ESP_NEXT_IPV4, 0},
};

static const char *family(const char *text)
{
    return strchr(text, ':') != NULL ? "IPv6" : "IPv4";
}

static void put_key(const char *end, struct ike_bytes key)
{
    (void)fprintf(table, key.len > 0 ? "\"0x" : "\"");
    for (size_t i = 0; i < key.len; i++)
        (void)fprintf(table, "%02x", key.at[i]);
    (void)fprintf(table, "\"%s", end);
}

static void put_sa(const struct setting *s, const struct ike_esp_spec *spec,
                   const struct name *encr, const struct name *integ)
{
    (void)fprintf(table, "\"%s\",\"%s\",\"%s\",\"0x%08" PRIx32 "\",\"%s\",", family(s->from),
                  s->from, s->to, spec->spi, encr->theirs);
    put_key(",", spec->encr_key);
    (void)fprintf(table, "\"%s\",", integ != NULL ? integ->theirs : "NULL");
    put_key("\n", spec->integ_key);
}

/* A packet with `len` octets of data; and what there is to read in it. */
static void put_one(enum mode mode, struct ike_esp_out *out, struct ike_crypto *crypto, size_t len)
{
    const struct setting *const s = &settings[mode];
    uint8_t data[ROOM], inner[ROOM], sealed[ROOM], whole[ROOM];
    memset(data, 0x61, sizeof data);
    const struct sim_datagram within = {.from = address(s->inner_from, 1000),
                                        .to = address(s->inner_to, 2000),
                                        .at = data,
                                        .len = len,
                                        .protocol = SIM_UDP};
    const size_t skipped = mode == TRANSPORT ? 40 : 0;
    const size_t inner_len = sim_packet_write(&within, inner);
    const struct ike_esp_inner what = {
        .octets = {inner + skipped, inner_len - skipped}, .next = s->next, .tfc = s->tfc};
    struct ike_writer w = wr_open(sealed, sizeof sealed);
    must(ike_esp_seal(out, crypto, &what, &w) == ESP_WHY_OK);
    const bool udp = mode == IN_UDP;
    const struct sim_datagram around = {.from = address(s->from, udp ? 4500 : 0),
                                        .to = address(s->to, udp ? 4500 : 0),
                                        .at = sealed,
                                        .len = w.len,
                                        .protocol = udp ? SIM_UDP : SIM_ESP};
    put_packet((struct ike_bytes){whole, sim_packet_write(&around, whole)});

    const struct ike_algo *const encr = &ike_algos[out->sa.encr];
    const size_t icv_len = out->sa.integ != 0 ? ike_algos[out->sa.integ].icv_len : encr->icv_len;
    const size_t pad = w.len - HEAD - encr->iv_len - what.octets.len - what.tfc - TRAILER - icv_len;
    (void)printf("0x%08" PRIx32 "|%" PRIu64 "|0x%02x|%zu|1|", out->sa.spi, out->sent, s->next, pad);
    if (udp)
        (void)printf("%zu,", w.len + 8);
    (void)printf("%zu|%s2000\n", len + 8, udp ? "4500," : "");
}

static void put_suite(const struct name *encr, const struct name *integ)
{
    struct crypto_stream stream;
    struct ike_crypto *const crypto = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    const uint8_t row = ike_algo_named(encr->ours);
    const uint8_t integ_row = integ != NULL ? ike_algo_named(integ->ours) : 0;
    uint8_t keys[128];
    crypto->ops->random(crypto, keys, sizeof keys);
    for (int mode = 0; mode < MODES; mode++) {
        const struct ike_esp_spec spec = {
            .spi = ++spi,
            .suite = {.encr = row, .integ = integ_row},
            .encr_key = {keys, (size_t)ike_algos[row].key_len + ike_algos[row].salt_len},
            .integ_key = {keys + 64, ike_algos[integ_row].key_len},
            .transport = mode == TRANSPORT,
        };
        struct ike_esp_out out;
        ike_esp_out_open(&out, &spec);
        put_sa(&settings[mode], &spec, encr, integ);
        for (size_t i = 0; i < PACKETS; i++)
            put_one((enum mode)mode, &out, crypto, 7 * i + i % 4);
    }
    crypto->ops->close(crypto);
}

int main(int argc, char **argv)
{
    must(argc == 3);
    capture = fopen(argv[1], "wb");
    table = fopen(argv[2], "w");
    must(capture != NULL && table != NULL);
    begin_capture();
    for (size_t i = 0; i < ENCRS; i++) {
        if (ike_algo_is_aead(&ike_algos[ike_algo_named(encrs[i].ours)]))
            put_suite(&encrs[i], NULL);
        else
            for (size_t k = 0; k < INTEGS; k++)
                put_suite(&encrs[i], &integs[k]);
    }
    const bool written = fclose(capture) == 0;
    return fclose(table) == 0 && written ? 0 : 1;
}
