/* SPDX-License-Identifier: MIT
 * Captures read as a stream: a record or a block is brought into a room of
 * fixed size, and judged there. Formats: draft-ietf-opsawg-pcap and
 * draft-ietf-opsawg-pcapng. */
#include "results/capture_read.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET_OLD = 2,
    BLOCK_PACKET_SIMPLE = 3,
    BLOCK_PACKET = 6,
    BLOCK_AROUND = 12, /* type, length, and the length again */
    OPTION_TSRESOL = 9,
    OPTION_TSOFFSET = 14,
    PCAP_HEAD = 24,
    PCAP_RECORD = 16,
    ROOM_LEN = 1 << 19, /* of one record; capture programs stop at half of it */
    INTERFACES_MAX = 256,
};
static const uint32_t order_magic = 0x1a2b3c4d;
static const uint32_t pcap_micro = 0xa1b2c3d4;
static const uint32_t pcap_nano = 0xa1b23c4d;
static const uint64_t second_ns = UINT64_C(1000000000);

struct interface {
    uint16_t link;
    uint8_t resolution; /* 10^-n seconds, or 2^-n with the high bit */
    uint64_t offset_s;
    uint32_t snap;
};

struct results_reader {
    FILE *file;
    uint64_t offset; /* of what is read next */
    uint64_t number;
    bool swapped; /* its integers are little-endian, for readers of network order */
    bool blocks;  /* pcapng */
    bool ended;
    uint32_t fraction_ns; /* pcap: what a time stamp's second half counts */
    struct interface interfaces[INTERFACES_MAX];
    uint32_t interface_count;
    char error[RESULTS_ERROR_MAX];
    uint8_t room[ROOM_LEN];
};

__attribute__((format(printf, 2, 3))) static enum results_read broken(struct results_reader *r,
                                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->error, sizeof r->error, format, args);
    va_end(args);
    r->ended = true;
    return READ_BROKEN;
}

static uint16_t read_u16(const struct results_reader *r, struct ike_reader *from)
{
    const uint16_t value = rd_u16(from);
    return r->swapped ? __builtin_bswap16(value) : value;
}

static uint32_t read_u32(const struct results_reader *r, struct ike_reader *from)
{
    const uint32_t value = rd_u32(from);
    return r->swapped ? __builtin_bswap32(value) : value;
}

/* Brings `len` octets to `at` in the room; false when the file has ended before. */
static bool bring(struct results_reader *r, size_t at, size_t len)
{
    const size_t got = fread(r->room + at, 1, len, r->file);
    r->offset += got;
    return got == len;
}

static enum results_read cut_short(struct results_reader *r, const char *what, uint64_t began)
{
    return broken(r, "byte %" PRIu64 ": the file ends within %s that began at byte %" PRIu64,
                  r->offset, what, began);
}

/* ---- pcap ---- */

/*  Magic (4) | Version (2, 2) | Reserved (8) | Snap length (4) | Link type (4) */
static bool pcap_open(struct results_reader *r, uint32_t magic)
{
    r->swapped = magic != pcap_micro && magic != pcap_nano;
    const uint32_t native = r->swapped ? __builtin_bswap32(magic) : magic;
    if (native != pcap_micro && native != pcap_nano) {
        (void)broken(r, "byte 0: neither pcap nor pcapng begins with %08" PRIx32, magic);
        return false;
    }
    r->fraction_ns = native == pcap_nano ? 1 : 1000;
    if (!bring(r, 4, PCAP_HEAD - 4)) {
        (void)cut_short(r, "the file's header", 0);
        return false;
    }
    struct ike_reader head = rd_open((struct ike_bytes){.at = r->room, .len = PCAP_HEAD});
    rd_skip(&head, 4);
    const uint16_t version = read_u16(r, &head);
    if (version != 2) {
        (void)broken(r, "byte 4: pcap of version %u; 2 would be right", version);
        return false;
    }
    rd_skip(&head, 14);
    r->interfaces[0].link = (uint16_t)read_u32(r, &head); /* the upper half is of checksums */
    r->interface_count = 1;
    return true;
}

/*  Seconds (4) | Fraction (4) | Captured length (4) | Original length (4) | packet */
static enum results_read pcap_next(struct results_reader *r, struct results_packet *out)
{
    const uint64_t began = r->offset;
    if (!bring(r, 0, PCAP_RECORD)) {
        r->ended = true;
        return r->offset == began ? READ_END : cut_short(r, "a packet's header", began);
    }
    struct ike_reader head = rd_open((struct ike_bytes){.at = r->room, .len = PCAP_RECORD});
    const uint64_t seconds = read_u32(r, &head);
    const uint64_t fraction = read_u32(r, &head);
    const uint32_t len = read_u32(r, &head);
    out->whole_len = read_u32(r, &head);
    if (len > ROOM_LEN)
        return broken(r, "byte %" PRIu64 ": a packet of %" PRIu32 " octets; at most %d are read",
                      began + 8, len, ROOM_LEN);
    out->offset = r->offset;
    out->at_ns = seconds * second_ns + fraction * r->fraction_ns;
    out->link = r->interfaces[0].link;
    if (!bring(r, 0, len))
        return cut_short(r, "a packet", began);
    out->bytes = (struct ike_bytes){.at = r->room, .len = len};
    return READ_PACKET;
}

/* ---- pcapng ---- */

static uint64_t time_ns(const struct interface *i, uint64_t ticks)
{
    const uint64_t offset_ns = i->offset_s * second_ns;
    uint8_t power = i->resolution & 0x7f;
    if ((i->resolution & 0x80) != 0 && power < 64) {
        const uint64_t seconds = ticks >> power;
        uint64_t rest = ticks - (seconds << power);
        for (; power > 32; power--)
            rest >>= 1;
        return offset_ns + seconds * second_ns + (rest * second_ns >> power);
    }
    for (; power < 9; power++)
        ticks *= 10;
    for (; power > 9 && ticks > 0; power--)
        ticks /= 10;
    return offset_ns + ticks;
}

/*  Link type (2) | Reserved (2) | Snap length (4) | options */
static enum results_read interface_read(struct results_reader *r, struct ike_reader body,
                                        uint64_t began)
{
    if (r->interface_count == INTERFACES_MAX)
        return broken(r, "byte %" PRIu64 ": more than %d interfaces", began, INTERFACES_MAX);
    struct interface *const i = &r->interfaces[r->interface_count++];
    *i = (struct interface){.resolution = 6};
    i->link = read_u16(r, &body);
    rd_skip(&body, 2);
    i->snap = read_u32(r, &body);
    if (body.bad)
        return broken(r, "byte %" PRIu64 ": an interface of too few octets", began);
    while (body.left > 0) {
        const uint16_t code = read_u16(r, &body);
        const uint16_t len = read_u16(r, &body);
        struct ike_bytes value = rd_bytes(&body, len);
        rd_skip(&body, (4 - len % 4u) % 4);
        if (body.bad)
            return broken(r, "byte %" PRIu64 ": an interface's options do not end with it", began);
        struct ike_reader of = rd_open(value);
        if (code == OPTION_TSRESOL && len == 1)
            i->resolution = rd_u8(&of);
        if (code == OPTION_TSOFFSET && len == 8)
            i->offset_s = r->swapped ? __builtin_bswap64(rd_u64(&of)) : rd_u64(&of);
        if (code == 0)
            break;
    }
    return READ_END;
}

/*  Interface (4) | Time (4, 4) | Captured length (4) | Original length (4) | packet | options.
 *  Of the old kind the interface has two octets, and two say what was lost; the simple kind has
 *  nothing but the original length. */
static enum results_read packet_read(struct results_reader *r, uint32_t type,
                                     struct ike_reader body, struct results_packet *out)
{
    const uint64_t began = out->offset;
    const uint8_t *const base = body.at;
    uint32_t index = 0;
    uint64_t ticks = 0;
    if (type == BLOCK_PACKET)
        index = read_u32(r, &body);
    if (type == BLOCK_PACKET_OLD) {
        index = read_u16(r, &body);
        rd_skip(&body, 2);
    }
    if (index >= r->interface_count)
        return broken(r,
                      "byte %" PRIu64 ": a packet of interface %" PRIu32 "; %" PRIu32
                      " are described before it",
                      began, index, r->interface_count);
    const struct interface *const i = &r->interfaces[index];
    size_t len = 0;
    if (type == BLOCK_PACKET_SIMPLE) {
        out->whole_len = read_u32(r, &body);
        len = i->snap > 0 && i->snap < out->whole_len ? i->snap : out->whole_len;
    } else {
        ticks = (uint64_t)read_u32(r, &body) << 32;
        ticks |= read_u32(r, &body);
        len = read_u32(r, &body);
        out->whole_len = read_u32(r, &body);
    }
    out->offset = began + 8 + (uint64_t)(body.at - base);
    out->at_ns = time_ns(i, ticks);
    out->link = i->link;
    out->bytes = rd_bytes(&body, len);
    if (body.bad)
        return broken(r, "byte %" PRIu64 ": a packet of %zu octets does not fit in its block",
                      began, len);
    return READ_PACKET;
}

/* Blocks that say nothing of packets are read past. */
static bool pass(struct results_reader *r, size_t len)
{
    while (len > 0) {
        const size_t part = len < ROOM_LEN ? len : ROOM_LEN;
        if (!bring(r, 0, part))
            return false;
        len -= part;
    }
    return true;
}

/* A section has the byte order of what follows as its first word. */
static bool section_order(struct results_reader *r, uint64_t began)
{
    if (!bring(r, 8, 4)) {
        (void)cut_short(r, "a section's header", began);
        return false;
    }
    struct ike_reader order = rd_open((struct ike_bytes){.at = r->room + 8, .len = 4});
    const uint32_t magic = rd_u32(&order);
    r->swapped = magic != order_magic;
    r->interface_count = 0;
    if (magic != order_magic && magic != __builtin_bswap32(order_magic)) {
        (void)broken(
            r, "byte %" PRIu64 ": a section of byte order %08" PRIx32 "; 1a2b3c4d would be right",
            began + 8, magic);
        return false;
    }
    return true;
}

/* The rest of a block whose first `have` octets are in the room. READ_END: it was no packet. */
static enum results_read block_read(struct results_reader *r, uint32_t type, size_t have,
                                    struct results_packet *out)
{
    const uint64_t began = out->offset;
    struct ike_reader head = rd_open((struct ike_bytes){.at = r->room, .len = 8});
    rd_skip(&head, 4);
    const uint32_t len = read_u32(r, &head);
    if (len < have + 4 || len % 4 != 0)
        return broken(r,
                      "byte %" PRIu64 ": a block of %" PRIu32 " octets; wanted is a multiple of 4, "
                      "at least %zu",
                      began + 4, len, have + 4);
    const bool kept = type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_PACKET_OLD ||
                      type == BLOCK_PACKET_SIMPLE;
    const size_t body_len = len - have - 4;
    if (kept && body_len > ROOM_LEN)
        return broken(r, "byte %" PRIu64 ": a block of %" PRIu32 " octets; at most %d are read",
                      began + 4, len, ROOM_LEN);
    if (kept ? !bring(r, 0, body_len) : !pass(r, body_len))
        return cut_short(r, "a block", began);
    uint8_t tail[4];
    const size_t got = fread(tail, 1, sizeof tail, r->file);
    r->offset += got;
    if (got != sizeof tail)
        return cut_short(r, "a block", began);
    struct ike_reader last = rd_open((struct ike_bytes){.at = tail, .len = sizeof tail});
    const uint32_t again = read_u32(r, &last);
    if (again != len)
        return broken(r, "byte %" PRIu64 ": a block of %" PRIu32 " octets ends saying %" PRIu32,
                      r->offset - 4, len, again);
    const struct ike_reader body = rd_open((struct ike_bytes){.at = r->room, .len = body_len});
    if (type == BLOCK_INTERFACE)
        return interface_read(r, body, began);
    return kept ? packet_read(r, type, body, out) : READ_END;
}

static enum results_read pcapng_next(struct results_reader *r, struct results_packet *out)
{
    for (;;) {
        const uint64_t began = r->offset;
        if (!bring(r, 0, 8)) {
            r->ended = true;
            return r->offset == began ? READ_END : cut_short(r, "a block's header", began);
        }
        struct ike_reader head = rd_open((struct ike_bytes){.at = r->room, .len = 8});
        const uint32_t type = read_u32(r, &head);
        const bool section = type == BLOCK_SECTION;
        if (section && !section_order(r, began))
            return READ_BROKEN;
        out->offset = began;
        const enum results_read got = block_read(r, type, section ? 12 : 8, out);
        if (got != READ_END)
            return got;
    }
}

/* The first section's type and length are in the room already when the file is opened. */
static bool pcapng_open(struct results_reader *r)
{
    struct results_packet none = {.offset = 0};
    r->blocks = true;
    if (!bring(r, 4, 4)) {
        (void)cut_short(r, "a block's header", 0);
        return false;
    }
    return section_order(r, 0) && block_read(r, BLOCK_SECTION, 12, &none) == READ_END;
}

/* ---- both ---- */

struct results_reader *results_reader_open(FILE *file, char *error)
{
    struct results_reader *const r = calloc(1, sizeof *r);
    if (r == NULL) {
        (void)snprintf(error, RESULTS_ERROR_MAX, "no memory");
        return NULL;
    }
    r->file = file;
    bool good = bring(r, 0, 4);
    struct ike_reader head = rd_open((struct ike_bytes){.at = r->room, .len = 4});
    const uint32_t magic = rd_u32(&head);
    if (!good)
        (void)broken(r, "byte %" PRIu64 ": the file ends; too short for a capture", r->offset);
    else
        good = magic == BLOCK_SECTION ? pcapng_open(r) : pcap_open(r, magic);
    if (good)
        return r;
    (void)snprintf(error, RESULTS_ERROR_MAX, "%s", r->error);
    free(r);
    return NULL;
}

enum results_read results_reader_next(struct results_reader *reader, struct results_packet *packet)
{
    if (reader->ended)
        return reader->error[0] != '\0' ? READ_BROKEN : READ_END;
    const enum results_read got =
        reader->blocks ? pcapng_next(reader, packet) : pcap_next(reader, packet);
    if (got != READ_PACKET)
        return got;
    packet->number = ++reader->number;
    if (packet->whole_len < packet->bytes.len)
        packet->whole_len = (uint32_t)packet->bytes.len;
    return READ_PACKET;
}

const char *results_reader_error(const struct results_reader *reader)
{
    return reader->error;
}

void results_reader_close(struct results_reader *reader)
{
    free(reader);
}
