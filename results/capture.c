/* SPDX-License-Identifier: MIT
 * Captures that other tools read: pcapng with nanosecond time stamps (draft-
 * ietf-opsawg-pcapng), IP and UDP headers made around each payload, and beside
 * it the rows of Wireshark's ikev2_decryption_table. */
#include "ike/ike.h"
#include "results/results.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    LINK_RAW = 101, /* the packet begins with its IP header */
    OPTION_NAME = 2,
    OPTION_RESOLUTION = 9,
    NANOSECONDS = 9,
    PACKET_MAX = 65536 + 64,
};

struct results_capture {
    FILE *packets;
    FILE *keys;
    char *packets_path;
    char *keys_path;
    bool bad;
    int cause; /* errno of the first failure */
};

static void note(struct results_capture *c, bool good)
{
    if (!good && !c->bad)
        c->cause = errno;
    c->bad = c->bad || !good;
}

/* pcapng is written in the writer's order of octets; little-endian here, on every machine. */
static void put_le(struct ike_writer *w, uint64_t value, size_t width)
{
    uint8_t *const room = put_room(w, width);
    for (size_t i = 0; room != NULL && i < width; i++)
        room[i] = (uint8_t)(value >> (8 * i));
}

static void put_padded(struct ike_writer *w, struct ike_bytes bytes)
{
    put_bytes(w, bytes);
    while (w->len % 4 != 0)
        put_u8(w, 0);
}

/* Block type (4) | total length (4) | body | total length (4) */
static void write_block(struct results_capture *c, uint32_t type, struct ike_bytes body)
{
    uint8_t head[8];
    struct ike_writer w = wr_open(head, sizeof head);
    const size_t total = body.len + 12;
    put_le(&w, type, 4);
    put_le(&w, total, 4);
    note(c, fwrite(head, sizeof head, 1, c->packets) == 1 &&
                fwrite(body.at, body.len, 1, c->packets) == 1 &&
                fwrite(head + 4, 4, 1, c->packets) == 1);
}

static void write_section(struct results_capture *c)
{
    static const char name[] = "gateway";
    uint8_t room[64];
    struct ike_writer w = wr_open(room, sizeof room);
    put_le(&w, 0x1a2b3c4d, 4);
    put_le(&w, 1, 2); /* version 1.0 */
    put_le(&w, 0, 2);
    put_le(&w, UINT64_MAX, 8); /* section length not said */
    write_block(c, BLOCK_SECTION, wr_done(&w));

    w = wr_open(room, sizeof room);
    put_le(&w, LINK_RAW, 2);
    put_le(&w, 0, 2);
    put_le(&w, 0, 4); /* no snapshot limit */
    put_le(&w, OPTION_NAME, 2);
    put_le(&w, sizeof name - 1, 2);
    put_padded(&w, (struct ike_bytes){.at = (const uint8_t *)name, .len = sizeof name - 1});
    put_le(&w, OPTION_RESOLUTION, 2);
    put_le(&w, 1, 2);
    put_le(&w, NANOSECONDS, 4); /* one octet and its padding */
    put_le(&w, 0, 4);           /* end of options */
    write_block(c, BLOCK_INTERFACE, wr_done(&w));
}

struct results_capture *results_capture_open(const char *pcapng_path, const char *keys_path,
                                             char *error)
{
    struct results_capture *const c = calloc(1, sizeof *c);
    if (c == NULL) {
        (void)snprintf(error, RESULTS_ERROR_MAX, "no memory for a capture");
        return NULL;
    }
    c->packets_path = strdup(pcapng_path);
    c->keys_path = strdup(keys_path);
    c->packets = fopen(pcapng_path, "wb");
    c->keys = c->packets == NULL ? NULL : fopen(keys_path, "w");
    if (c->keys == NULL || c->packets_path == NULL || c->keys_path == NULL) {
        (void)snprintf(error, RESULTS_ERROR_MAX, "%s: cannot be written: %s",
                       c->packets == NULL ? pcapng_path : keys_path, strerror(errno));
        if (c->packets != NULL)
            (void)fclose(c->packets);
        free(c->packets_path);
        free(c->keys_path);
        free(c);
        return NULL;
    }
    write_section(c);
    return c;
}

/* ---- IP and UDP ---- */

static uint32_t sum_of(struct ike_bytes bytes)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes.len; i++)
        sum += (uint32_t)bytes.at[i] << (i % 2 == 0 ? 8 : 0);
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* RFC 791 3.1; the checksum is put in when all else is known. */
static void put_ipv4(struct ike_writer *w, const struct sim_message *m, size_t udp_len)
{
    const size_t begin = w->len;
    put_u16(w, 0x4500);
    put_u16(w, (uint16_t)(20 + udp_len));
    put_u32(w, 0x00004000); /* identification 0, do not fragment */
    put_u16(w, 64 << 8 | 17);
    put_u16(w, 0);
    put_bytes(w, ike_addr_ip(&m->from));
    put_bytes(w, ike_addr_ip(&m->to));
    put_u16_at(w, begin + 10,
               fold(sum_of((struct ike_bytes){.at = w->base + begin, .len = w->len - begin})));
}

/* RFC 8200 3 */
static void put_ipv6(struct ike_writer *w, const struct sim_message *m, size_t udp_len)
{
    put_u32(w, 0x60000000);
    put_u16(w, (uint16_t)udp_len);
    put_u16(w, 17 << 8 | 64);
    put_bytes(w, ike_addr_ip(&m->from));
    put_bytes(w, ike_addr_ip(&m->to));
}

/* RFC 768, checksum over the pseudo-header of either family (RFC 8200 8.1). */
static void put_udp(struct ike_writer *w, const struct sim_message *m)
{
    const size_t begin = w->len;
    const size_t udp_len = 8 + m->bytes.len;
    put_u16(w, m->from.port);
    put_u16(w, m->to.port);
    put_u16(w, (uint16_t)udp_len);
    put_u16(w, 0);
    put_bytes(w, m->bytes);
    const uint32_t sum = sum_of(ike_addr_ip(&m->from)) + sum_of(ike_addr_ip(&m->to)) + 17 +
                         (uint32_t)udp_len +
                         sum_of((struct ike_bytes){.at = w->base + begin, .len = udp_len});
    const uint16_t checksum = fold(sum);
    put_u16_at(w, begin + 6, checksum == 0 ? 0xffff : checksum); /* 0 means none was made */
}

void results_capture_message(struct results_capture *capture, const struct sim_message *message)
{
    static uint8_t room[PACKET_MAX];
    const size_t udp_len = 8 + message->bytes.len;
    const size_t len = udp_len + (message->from.family == IKE_IPV4 ? 20 : 40);
    struct ike_writer w = wr_open(room, sizeof room);
    put_le(&w, 0, 4);
    put_le(&w, message->at_ns >> 32, 4);
    put_le(&w, message->at_ns & UINT32_MAX, 4);
    put_le(&w, len, 4);
    put_le(&w, len, 4);
    if (message->from.family == IKE_IPV4)
        put_ipv4(&w, message, udp_len);
    else
        put_ipv6(&w, message, udp_len);
    put_udp(&w, message);
    put_padded(&w, (struct ike_bytes){.at = NULL, .len = 0});
    if (w.bad)
        return; /* longer than an IP packet can be: no such datagram exists */
    write_block(capture, BLOCK_PACKET, wr_done(&w));
}

/* ---- keys ---- */

/* Wireshark's names of what it can open (its ikev2_decryption_table). */
static const struct {
    const char *algo;
    const char *name;
} wireshark_names[] = {
    {"aes128gcm16", "AES-GCM-128 with 16 octet ICV [RFC5282]"},
    {"aes256gcm16", "AES-GCM-256 with 16 octet ICV [RFC5282]"},
    {"aes128", "AES-CBC-128 [RFC3602]"},
    {"aes256", "AES-CBC-256 [RFC3602]"},
    {"sha256", "HMAC_SHA2_256_128 [RFC4868]"},
    {"sha384", "HMAC_SHA2_384_192 [RFC4868]"},
    {"sha512", "HMAC_SHA2_512_256 [RFC4868]"},
};

static const char *wireshark_name(uint8_t row)
{
    if (row == 0)
        return "NONE [RFC4306]";
    for (size_t i = 0; i < sizeof wireshark_names / sizeof wireshark_names[0]; i++)
        if (strcmp(wireshark_names[i].algo, ike_algos[row].name) == 0)
            return wireshark_names[i].name;
    return NULL;
}

static void write_hex(FILE *out, struct ike_bytes bytes)
{
    if (bytes.len == 0)
        (void)fputs("\"\"", out);
    for (size_t i = 0; i < bytes.len; i++)
        (void)fprintf(out, "%02x", bytes.at[i]);
}

void results_capture_keys(struct results_capture *capture, const struct ike_sa_keys *keys)
{
    const char *const encr = wireshark_name(keys->suite.encr);
    const char *const integ = wireshark_name(keys->suite.integ);
    FILE *const out = capture->keys;
    if (keys->suite.encr == 0 || encr == NULL || integ == NULL)
        return; /* Wireshark cannot open it */
    (void)fprintf(out, "%016" PRIx64 ",%016" PRIx64 ",", keys->spi_i, keys->spi_r);
    write_hex(out, keys->sk_ei);
    (void)fputc(',', out);
    write_hex(out, keys->sk_er);
    (void)fprintf(out, ",\"%s\",", encr);
    write_hex(out, keys->sk_ai);
    (void)fputc(',', out);
    write_hex(out, keys->sk_ar);
    note(capture, fprintf(out, ",\"%s\"\n", integ) > 0);
}

bool results_capture_close(struct results_capture *capture, char *error)
{
    note(capture, fclose(capture->packets) == 0);
    note(capture, fclose(capture->keys) == 0);
    const bool good = !capture->bad;
    if (!good)
        (void)snprintf(error, RESULTS_ERROR_MAX, "%s: the capture could not be written: %s",
                       capture->packets_path, strerror(capture->cause));
    free(capture->packets_path);
    free(capture->keys_path);
    free(capture);
    return good;
}
