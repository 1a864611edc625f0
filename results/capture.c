/* SPDX-License-Identifier: MIT
 * A capture for Wireshark: pcapng blocks with IP and UDP headers made up around
 * each payload, and the keys to read them. What went by TCP stands in a segment of
 * its own, framed as in the stream (RFC 9329 3), with the numbers that follow from
 * what was captured before; segments without a message are not there. Blocks are
 * little-endian, headers in network order. Packets are kept until the end, to be
 * written in order of time. Format: draft-ietf-opsawg-pcapng; RFC 791, 768, 8200,
 * 9293, 1071. */
#include "results/capture.h"

#include "ike/ike.h"
#include "ike/stream.h"
#include "results/sql.h"
#include "sim/packet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    LINKTYPE_RAW = 101, /* begins with an IPv4 or IPv6 header */
    OPTION_COMMENT = 1,
    OPTION_NAME = 2,    /* of an interface */
    OPTION_FLAGS = 2,   /* of a packet */
    OPTION_TSRESOL = 9, /* of an interface: 10^-value seconds */
    INTERFACES_MAX = 64,
    NAME_MAX_LEN = 64,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    UDP_LEN = 8,
    TCP_LEN = 20,
    TCP_PSH_ACK = 0x18,
    HOPS = 64,
    HEADERS_MAX = 40 + TCP_LEN + IKE_STREAM_PREFIX + IKE_FRAME_HEAD, /* of IPv6, and all within */
};

struct packet {
    uint64_t at_ns;
    uint32_t serial;
    uint32_t interface;
    uint32_t flags; /* 1: inbound, 2: outbound */
    uint32_t len;
    char fate[NAME_MAX_LEN];
    uint8_t *at; /* from the IP header on */
};

/* One direction of a TCP connection. */
struct way {
    struct ike_addr from, to;
    uint32_t next; /* sequence number */
};

struct results_capture {
    FILE *file, *keys;
    char path[RESULTS_PATH_MAX], keys_path[RESULTS_PATH_MAX];
    char names[INTERFACES_MAX][NAME_MAX_LEN];
    uint32_t interfaces;
    struct packet *packets;
    uint32_t count, room;
    struct way *ways;
    uint32_t way_count, way_room;
    bool no_memory;
};

static void capture_free(struct results_capture *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        free(c->packets[i].at);
    free(c->packets);
    free(c->ways);
    free(c);
}

struct results_capture *results_capture_open(const char *pcapng_path, const char *keys_path,
                                             char *error)
{
    struct results_capture *const c = calloc(1, sizeof *c);
    if (c == NULL) {
        (void)sql_error(error, "%.300s cannot be written: no memory", pcapng_path);
        return NULL;
    }
    (void)snprintf(c->path, sizeof c->path, "%s", pcapng_path);
    (void)snprintf(c->keys_path, sizeof c->keys_path, "%s", keys_path);
    c->file = fopen(pcapng_path, "wb");
    if (c->file == NULL)
        (void)sql_error(error, "%.300s cannot be written: %s", pcapng_path, strerror(errno));
    else
        c->keys = fopen(keys_path, "wb");
    if (c->file != NULL && c->keys == NULL)
        (void)sql_error(error, "%.300s cannot be written: %s", keys_path, strerror(errno));
    if (c->keys != NULL)
        return c;
    if (c->file != NULL)
        (void)fclose(c->file);
    capture_free(c);
    return NULL;
}

/* What stands within IP. */
struct inner {
    uint8_t protocol;
    size_t len;
};

static void put_ipv4(struct ike_writer *w, const struct sim_message *m, uint32_t serial,
                     const struct inner *inner)
{
    const size_t start = w->len;
    put_u8(w, 0x45); /* version 4, five words */
    put_u8(w, 0);
    put_u16(w, (uint16_t)(20 + inner->len));
    put_u16(w, (uint16_t)serial);
    put_u16(w, 0x4000); /* do not fragment */
    put_u8(w, HOPS);
    put_u8(w, inner->protocol);
    put_u16(w, 0);
    put_bytes(w, ike_addr_ip(&m->from));
    put_bytes(w, ike_addr_ip(&m->to));
    const struct ike_bytes header = {.at = w->base + start, .len = w->len - start};
    put_u16_at(w, start + 10, sim_checksum(header));
}

static void put_ipv6(struct ike_writer *w, const struct sim_message *m, const struct inner *inner)
{
    put_u32(w, 0x60000000);
    put_u16(w, (uint16_t)inner->len);
    put_u8(w, inner->protocol);
    put_u8(w, HOPS);
    put_bytes(w, ike_addr_ip(&m->from));
    put_bytes(w, ike_addr_ip(&m->to));
}

static void put_udp(struct ike_writer *w, const struct sim_message *m)
{
    const size_t start = w->len;
    put_u16(w, m->from.port);
    put_u16(w, m->to.port);
    put_u16(w, (uint16_t)(UDP_LEN + m->bytes.len));
    put_u16(w, 0);
    put_bytes(w, m->bytes);
    const struct ike_bytes all = {.at = w->base + start, .len = w->len - start};
    const uint16_t got = sim_transport_checksum(&m->from, &m->to, PROTOCOL_UDP, all);
    put_u16_at(w, start + 6, got == 0 ? 0xffff : got); /* a sum of zero is sent as all ones */
}

/* UINT32_MAX: nothing has gone that way. */
static uint32_t way_find(const struct results_capture *c, const struct ike_addr *from,
                         const struct ike_addr *to)
{
    for (uint32_t i = c->way_count; i > 0; i--)
        if (ike_addr_equal(&c->ways[i - 1].from, from) && ike_addr_equal(&c->ways[i - 1].to, to))
            return i - 1;
    return UINT32_MAX;
}

static uint32_t way_new(struct results_capture *c, const struct sim_message *m)
{
    if (c->way_count == c->way_room) {
        const uint32_t room = c->way_room == 0 ? 64 : c->way_room * 2;
        struct way *const more = realloc(c->ways, room * sizeof *more);
        if (more == NULL)
            return UINT32_MAX;
        c->ways = more;
        c->way_room = room;
    }
    c->ways[c->way_count] = (struct way){.from = m->from, .to = m->to, .next = 1};
    return c->way_count++;
}

/* Whoever is seen first has opened the connection, and says so (RFC 9329 4). */
static bool begins(const struct results_capture *c, const struct sim_message *m)
{
    return way_find(c, &m->from, &m->to) == UINT32_MAX &&
           way_find(c, &m->to, &m->from) == UINT32_MAX;
}

static void put_tcp(struct results_capture *c, struct ike_writer *w, const struct sim_message *m)
{
    const bool first = begins(c, m);
    const uint32_t back = way_find(c, &m->to, &m->from);
    uint32_t way = way_find(c, &m->from, &m->to);
    const size_t start = w->len;
    if (way == UINT32_MAX)
        way = way_new(c, m);
    if (way == UINT32_MAX) {
        c->no_memory = true;
        return;
    }
    put_u16(w, m->from.port);
    put_u16(w, m->to.port);
    put_u32(w, c->ways[way].next);
    put_u32(w, back != UINT32_MAX ? c->ways[back].next : 1);
    put_u16(w, TCP_LEN / 4 << 12 | TCP_PSH_ACK);
    put_u16(w, UINT16_MAX);
    put_u32(w, 0);
    if (first)
        ike_put_stream_prefix(w);
    ike_put_frame(w, m->bytes);
    const struct ike_bytes all = {.at = w->base + start, .len = w->len - start};
    c->ways[way].next += (uint32_t)all.len - TCP_LEN;
    put_u16_at(w, start + 16, sim_transport_checksum(&m->from, &m->to, PROTOCOL_TCP, all));
}

static struct inner inner_of(const struct results_capture *c, const struct sim_message *m)
{
    if (!m->tcp)
        return (struct inner){.protocol = PROTOCOL_UDP, .len = UDP_LEN + m->bytes.len};
    const size_t prefix = begins(c, m) ? IKE_STREAM_PREFIX : 0;
    return (struct inner){.protocol = PROTOCOL_TCP,
                          .len = TCP_LEN + prefix + IKE_FRAME_HEAD + m->bytes.len};
}

static uint32_t interface_of(struct results_capture *c, const char *who)
{
    for (uint32_t i = 0; i < c->interfaces; i++)
        if (strcmp(c->names[i], who) == 0)
            return i;
    if (c->interfaces == INTERFACES_MAX)
        return INTERFACES_MAX - 1;
    (void)snprintf(c->names[c->interfaces], NAME_MAX_LEN, "%s", who);
    return c->interfaces++;
}

static struct packet *packet_new(struct results_capture *c, size_t len)
{
    if (c->count == c->room) {
        const uint32_t room = c->room == 0 ? 256 : c->room * 2;
        struct packet *const more = realloc(c->packets, room * sizeof *more);
        if (more == NULL)
            return NULL;
        c->packets = more;
        c->room = room;
    }
    struct packet *const p = &c->packets[c->count];
    *p = (struct packet){.serial = c->count, .at = malloc(len)};
    if (p->at == NULL)
        return NULL;
    c->count++;
    return p;
}

void results_capture_message(struct results_capture *capture, const struct sim_message *message)
{
    const size_t room = HEADERS_MAX + message->bytes.len;
    struct packet *const p = packet_new(capture, room);
    if (p == NULL) {
        capture->no_memory = true;
        return;
    }
    struct ike_writer w = wr_open(p->at, room);
    const struct inner inner = inner_of(capture, message);
    if (message->from.family == IKE_IPV6)
        put_ipv6(&w, message, &inner);
    else
        put_ipv4(&w, message, p->serial, &inner);
    if (message->tcp)
        put_tcp(capture, &w, message);
    else
        put_udp(&w, message);
    p->len = (uint32_t)w.len;
    p->at_ns = message->at_ns;
    p->interface = interface_of(capture, message->who);
    p->flags = message->inbound ? 1 : 2;
    (void)snprintf(p->fate, sizeof p->fate, "%s", message->fate);
}

static void put_le(FILE *file, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        (void)fputc((int)(value >> (8 * i) & 0xff), file);
}

static size_t padded(size_t len)
{
    return (len + 3) / 4 * 4;
}

static void put_padded(FILE *file, const void *at, size_t len)
{
    (void)fwrite(at, 1, len, file);
    put_le(file, 0, padded(len) - len);
}

static void put_option(FILE *file, unsigned code, const void *at, size_t len)
{
    put_le(file, code, 2);
    put_le(file, len, 2);
    put_padded(file, at, len);
}

static void section_write(FILE *file)
{
    put_le(file, BLOCK_SECTION, 4);
    put_le(file, 28, 4);
    put_le(file, 0x1a2b3c4d, 4);
    put_le(file, 1, 2); /* version 1.0 */
    put_le(file, 0, 2);
    put_le(file, UINT64_MAX, 8); /* length not given */
    put_le(file, 28, 4);
}

static void interface_write(FILE *file, const char *name)
{
    const uint8_t nanoseconds = 9;
    const size_t len = 20 + 4 + padded(strlen(name)) + 4 + 4 + 4;
    put_le(file, BLOCK_INTERFACE, 4);
    put_le(file, len, 4);
    put_le(file, LINKTYPE_RAW, 2);
    put_le(file, 0, 2);
    put_le(file, 0, 4); /* no limit to a packet's length */
    put_option(file, OPTION_NAME, name, strlen(name));
    put_option(file, OPTION_TSRESOL, &nanoseconds, 1);
    put_le(file, 0, 4);
    put_le(file, len, 4);
}

static void packet_write(FILE *file, const struct packet *p)
{
    const uint8_t flags[4] = {(uint8_t)p->flags};
    const size_t len = 32 + padded(p->len) + 4 + padded(strlen(p->fate)) + 8 + 4;
    put_le(file, BLOCK_PACKET, 4);
    put_le(file, len, 4);
    put_le(file, p->interface, 4);
    put_le(file, p->at_ns >> 32, 4);
    put_le(file, p->at_ns & 0xffffffff, 4);
    put_le(file, p->len, 4);
    put_le(file, p->len, 4);
    put_padded(file, p->at, p->len);
    put_option(file, OPTION_COMMENT, p->fate, strlen(p->fate));
    put_option(file, OPTION_FLAGS, flags, sizeof flags);
    put_le(file, 0, 4);
    put_le(file, len, 4);
}

/* The names Wireshark has for our ciphers; it cannot decrypt ChaCha20-Poly1305. */
static const char *const encryption_names[ALGO_COUNT] = {
    [ALGO_AES128GCM16] = "AES-GCM-128 with 16 octet ICV [RFC5282]",
    [ALGO_AES256GCM16] = "AES-GCM-256 with 16 octet ICV [RFC5282]",
    [ALGO_AES128] = "AES-CBC-128 [RFC3602]",
    [ALGO_AES256] = "AES-CBC-256 [RFC3602]",
    [ALGO_AES192] = "AES-CBC-192 [RFC3602]",
    [ALGO_3DES] = "3DES [RFC2451]",
    [ALGO_AES128CTR] = "AES-CTR-128 [RFC5930]",
    [ALGO_AES192CTR] = "AES-CTR-192 [RFC5930]",
    [ALGO_AES256CTR] = "AES-CTR-256 [RFC5930]",
    [ALGO_AES128CCM8] = "AES-CCM-128 with 8 octet ICV [RFC5282]",
    [ALGO_AES192CCM8] = "AES-CCM-192 with 8 octet ICV [RFC5282]",
    [ALGO_AES256CCM8] = "AES-CCM-256 with 8 octet ICV [RFC5282]",
    [ALGO_AES128CCM12] = "AES-CCM-128 with 12 octet ICV [RFC5282]",
    [ALGO_AES192CCM12] = "AES-CCM-192 with 12 octet ICV [RFC5282]",
    [ALGO_AES256CCM12] = "AES-CCM-256 with 12 octet ICV [RFC5282]",
    [ALGO_AES128CCM16] = "AES-CCM-128 with 16 octet ICV [RFC5282]",
    [ALGO_AES192CCM16] = "AES-CCM-192 with 16 octet ICV [RFC5282]",
    [ALGO_AES256CCM16] = "AES-CCM-256 with 16 octet ICV [RFC5282]",
    [ALGO_AES128GCM8] = "AES-GCM-128 with 8 octet ICV [RFC5282]",
    [ALGO_AES192GCM8] = "AES-GCM-192 with 8 octet ICV [RFC5282]",
    [ALGO_AES256GCM8] = "AES-GCM-256 with 8 octet ICV [RFC5282]",
    [ALGO_AES128GCM12] = "AES-GCM-128 with 12 octet ICV [RFC5282]",
    [ALGO_AES192GCM12] = "AES-GCM-192 with 12 octet ICV [RFC5282]",
    [ALGO_AES256GCM12] = "AES-GCM-256 with 12 octet ICV [RFC5282]",
    [ALGO_AES192GCM16] = "AES-GCM-192 with 16 octet ICV [RFC5282]",
};

/* It knows no macs on AES, only how long they are; a row without checking takes no key. */
static const char unchecked_96[] = "ANY 96-bits of Authentication [No Checking]";
static const char *const integrity_names[ALGO_COUNT] = {
    [ALGO_NONE] = "NONE [RFC4306]",
    [ALGO_SHA256] = "HMAC_SHA2_256_128 [RFC4868]",
    [ALGO_SHA384] = "HMAC_SHA2_384_192 [RFC4868]",
    [ALGO_SHA512] = "HMAC_SHA2_512_256 [RFC4868]",
    [ALGO_SHA1] = "HMAC_SHA1_96 [RFC2404]",
    [ALGO_MD5] = "HMAC_MD5_96 [RFC2403]",
    [ALGO_AESXCBC] = unchecked_96,
    [ALGO_AESCMAC] = unchecked_96,
};

static bool name_find(const char *const *names, const char *name, uint8_t *row)
{
    for (unsigned i = 0; i < ALGO_COUNT; i++)
        if (names[i] != NULL && names[i] != unchecked_96 && strcmp(names[i], name) == 0) {
            *row = (uint8_t)i;
            return true;
        }
    return false;
}

bool results_encryption_named(const char *name, uint8_t *row)
{
    return name_find(encryption_names, name, row);
}

bool results_integrity_named(const char *name, uint8_t *row)
{
    return name_find(integrity_names, name, row);
}

static void put_hex(FILE *file, struct ike_bytes key, const char *after)
{
    if (key.len == 0)
        (void)fputs("\"\"", file);
    for (size_t i = 0; i < key.len; i++)
        (void)fprintf(file, "%02x", (unsigned)key.at[i]);
    (void)fputs(after, file);
}

void results_capture_keys(struct results_capture *capture, const struct ike_sa_keys *keys)
{
    const char *const encryption = encryption_names[keys->suite.encr];
    const char *const integrity = integrity_names[keys->suite.integ];
    if (encryption == NULL || integrity == NULL)
        return;
    (void)fprintf(capture->keys, "%016llx,%016llx,", (unsigned long long)keys->spi_i,
                  (unsigned long long)keys->spi_r);
    put_hex(capture->keys, keys->sk_ei, ",");
    put_hex(capture->keys, keys->sk_er, ",");
    (void)fprintf(capture->keys, "\"%s\",", encryption);
    const bool checked = integrity != unchecked_96;
    put_hex(capture->keys, checked ? keys->sk_ai : (struct ike_bytes){0}, ",");
    put_hex(capture->keys, checked ? keys->sk_ar : (struct ike_bytes){0}, ",");
    (void)fprintf(capture->keys, "\"%s\"\n", integrity);
}

static int by_time(const void *a, const void *b)
{
    const struct packet *const p = a;
    const struct packet *const q = b;
    if (p->at_ns != q->at_ns)
        return p->at_ns < q->at_ns ? -1 : 1;
    return p->serial < q->serial ? -1 : 1;
}

static bool file_close(FILE *file, const char *path, char *error)
{
    const bool bad = ferror(file) != 0;
    if (fclose(file) == 0 && !bad)
        return true;
    return sql_error(error, "%.300s cannot be written: %s", path, strerror(errno));
}

bool results_capture_close(struct results_capture *capture, char *error)
{
    struct results_capture *const c = capture;
    if (c->count > 0)
        qsort(c->packets, c->count, sizeof c->packets[0], by_time);
    section_write(c->file);
    for (uint32_t i = 0; i < c->interfaces; i++)
        interface_write(c->file, c->names[i]);
    for (uint32_t i = 0; i < c->count; i++)
        packet_write(c->file, &c->packets[i]);
    bool good = file_close(c->file, c->path, error);
    good = file_close(c->keys, c->keys_path, error) && good;
    if (c->no_memory)
        good = sql_error(error, "%.300s is not whole: no memory for more packets", c->path);
    capture_free(c);
    return good;
}
