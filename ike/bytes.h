/* SPDX-License-Identifier: MIT
 * Bounded reading and writing of wire bytes: the only pointer arithmetic on
 * them in the project. Both sides fail sticky: after one step too far the
 * reader is empty and yields zeros, the writer stores nothing more, and `bad`
 * stays set, so that a parse or put function is a straight line with one look
 * at the end. Integers are in network order. */
#ifndef IKE_BYTES_H
#define IKE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view of bytes that belong to someone else. */
struct ike_bytes {
    const uint8_t *at;
    size_t len;
};

struct ike_reader {
    const uint8_t *at;
    size_t left;
    bool bad;
};

struct ike_writer {
    uint8_t *base;
    size_t len; /* written so far */
    size_t max;
    bool bad;
};

static inline struct ike_reader rd_open(struct ike_bytes from)
{
    return (struct ike_reader){.at = from.at, .left = from.len, .bad = false};
}

static inline struct ike_bytes rd_bytes(struct ike_reader *r, size_t len)
{
    if (len > r->left) {
        *r = (struct ike_reader){.at = r->at, .left = 0, .bad = true};
        return (struct ike_bytes){.at = r->at, .len = 0};
    }
    const struct ike_bytes got = {.at = r->at, .len = len};
    if (len > 0)
        r->at += len;
    r->left -= len;
    return got;
}

static inline void rd_skip(struct ike_reader *r, size_t len)
{
    (void)rd_bytes(r, len);
}

/* What is left, taken whole. */
static inline struct ike_bytes rd_rest(struct ike_reader *r)
{
    return rd_bytes(r, r->left);
}

/* Numbers are 0 when they are not there whole. */
static inline uint64_t rd_uint(struct ike_reader *r, size_t width)
{
    const struct ike_bytes got = rd_bytes(r, width);
    uint64_t value = 0;
    for (size_t i = 0; i < got.len; i++)
        value = value << 8 | got.at[i];
    return value;
}

static inline uint8_t rd_u8(struct ike_reader *r)
{
    const struct ike_bytes got = rd_bytes(r, 1);
    return got.len == 0 ? 0 : got.at[0];
}

static inline uint16_t rd_u16(struct ike_reader *r)
{
    const struct ike_bytes got = rd_bytes(r, 2);
    return got.len == 0 ? 0 : (uint16_t)(got.at[0] << 8 | got.at[1]);
}

/* Spelled out, a word of memory is one instruction to the compilers. */
static inline uint32_t rd_u32(struct ike_reader *r)
{
    const struct ike_bytes got = rd_bytes(r, 4);
    const uint8_t *const at = got.at;
    return got.len == 0 || at == NULL
               ? 0
               : (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t rd_u64(struct ike_reader *r)
{
    const struct ike_bytes got = rd_bytes(r, 8);
    const uint8_t *const at = got.at;
    return got.len == 0 || at == NULL
               ? 0
               : (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 |
                     (uint64_t)at[3] << 32 | (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16 |
                     (uint64_t)at[6] << 8 | at[7];
}

/* Reads a 16-bit length that counts itself and what came before it, `used`
 * bytes in all, and gives what follows as a reader of its own: the form of
 * every IKEv2 payload, proposal and transform (RFC 7296 3.2, 3.3.1, 3.3.2). */
static inline struct ike_reader rd_counted(struct ike_reader *r, size_t used)
{
    const size_t length = rd_u16(r);
    const struct ike_bytes got = rd_bytes(r, length < used ? SIZE_MAX : length - used);
    return (struct ike_reader){.at = got.at, .left = got.len, .bad = r->bad};
}

static inline struct ike_writer wr_open(uint8_t *base, size_t max)
{
    return (struct ike_writer){.base = base, .len = 0, .max = max, .bad = false};
}

/* What has been written so far, as a view. */
static inline struct ike_bytes wr_done(const struct ike_writer *w)
{
    return (struct ike_bytes){.at = w->base, .len = w->len};
}

/* Room for `len` bytes that the caller fills; NULL when there is none. */
static inline uint8_t *put_room(struct ike_writer *w, size_t len)
{
    if (w->bad || len > w->max - w->len) {
        w->bad = true;
        return NULL;
    }
    uint8_t *const room = w->base + w->len;
    w->len += len;
    return room;
}

static inline void put_bytes(struct ike_writer *w, struct ike_bytes from)
{
    uint8_t *const room = put_room(w, from.len);
    if (room != NULL && from.at != NULL && from.len > 0)
        memcpy(room, from.at, from.len);
}

static inline void put_uint(struct ike_writer *w, uint64_t value, size_t width)
{
    uint8_t *const room = put_room(w, width);
    if (room == NULL)
        return;
    for (size_t i = 0; i < width; i++)
        room[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

static inline void put_u8(struct ike_writer *w, uint8_t value)
{
    put_uint(w, value, 1);
}

static inline void put_u16(struct ike_writer *w, uint16_t value)
{
    put_uint(w, value, 2);
}

static inline void put_u32(struct ike_writer *w, uint32_t value)
{
    put_uint(w, value, 4);
}

static inline void put_u64(struct ike_writer *w, uint64_t value)
{
    put_uint(w, value, 8);
}

/* Writes `value` over two bytes written earlier, at offset `where`. */
static inline void put_u16_at(struct ike_writer *w, size_t where, size_t value)
{
    if (w->bad || value > UINT16_MAX || where > w->len || w->len - where < 2) {
        w->bad = true;
        return;
    }
    w->base[where] = (uint8_t)(value >> 8);
    w->base[where + 1] = (uint8_t)value;
}

static inline bool ike_bytes_equal(struct ike_bytes a, struct ike_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

#endif
