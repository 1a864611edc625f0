/* SPDX-License-Identifier: MIT
 * Bundles of certificates: tags and lengths, and nothing more of DER. */
#include "ike/v2/bundle.h"

#include <assert.h>

enum { DER_SEQUENCE = 0x30, DER_CONTEXT = 0xa0, DER_LONG = 0x80, ROOM = 4 };

/* Tag and length, and then what they stand before (X.690 8.1.3). */
static struct ike_bytes take(struct ike_reader *r, uint8_t *tag)
{
    *tag = rd_u8(r);
    size_t len = rd_u8(r);
    const size_t octets = len - DER_LONG;
    if (len >= DER_LONG)
        len = octets >= 1 && octets <= 3 ? (size_t)rd_uint(r, octets) : SIZE_MAX;
    return rd_bytes(r, len);
}

bool ike_bundle_open(struct ike_bytes bundle, struct ike_reader *items)
{
    struct ike_reader r = rd_open(bundle);
    uint8_t tag;
    *items = rd_open(take(&r, &tag));
    return !r.bad && r.left == 0 && tag == DER_SEQUENCE;
}

bool ike_bundle_take(struct ike_reader *items, enum ike_bundle_kind *kind, struct ike_bytes *out)
{
    uint8_t tag;
    *out = take(items, &tag);
    *kind = tag == (DER_CONTEXT | BUNDLE_CRL) ? BUNDLE_CRL : BUNDLE_CERT;
    return !items->bad && tag == (DER_CONTEXT | *kind);
}

/* The shortest form of a length, as DER wants it. */
static void put_head(struct ike_writer *w, uint8_t tag, size_t len)
{
    put_u8(w, tag);
    if (len < DER_LONG) {
        put_u8(w, (uint8_t)len);
    } else if (len <= UINT8_MAX) {
        put_u8(w, DER_LONG | 1);
        put_u8(w, (uint8_t)len);
    } else {
        put_u8(w, DER_LONG | 2);
        put_u16(w, (uint16_t)len);
    }
    w->bad = w->bad || len > UINT16_MAX;
}

size_t ike_bundle_begin(struct ike_writer *w)
{
    const size_t begin = w->len;
    (void)put_room(w, ROOM);
    return begin;
}

void ike_bundle_put(struct ike_writer *w, enum ike_bundle_kind kind, struct ike_bytes item)
{
    put_head(w, (uint8_t)(DER_CONTEXT | kind), item.len);
    put_bytes(w, item);
}

void ike_bundle_end(struct ike_writer *w, size_t begin)
{
    uint8_t room[ROOM];
    struct ike_writer head = wr_open(room, sizeof room);
    if (w->bad)
        return;
    const size_t len = w->len - begin - ROOM;
    put_head(&head, DER_SEQUENCE, len);
    w->bad = head.bad;
    assert(head.len <= ROOM);
    memmove(w->base + begin + head.len, w->base + begin + ROOM, len);
    memcpy(w->base + begin, room, head.len);
    w->len = begin + head.len + len;
}
