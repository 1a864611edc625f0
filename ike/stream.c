/* SPDX-License-Identifier: MIT
 * Frames of a stream: put, and found again. */
#include "ike/stream.h"

#include <assert.h>
#include <string.h>

static const uint8_t prefix[IKE_STREAM_PREFIX] = {'I', 'K', 'E', 'T', 'C', 'P'};

void ike_put_stream_prefix(struct ike_writer *w)
{
    put_bytes(w, (struct ike_bytes){.at = prefix, .len = sizeof prefix});
}

void ike_put_frame(struct ike_writer *w, struct ike_bytes message)
{
    const size_t begin = w->len;
    put_u16(w, 0);
    put_bytes(w, message);
    put_u16_at(w, begin, w->len - begin);
}

void ike_deframer_open(struct ike_deframer *d, uint8_t *room, size_t max, bool expects_prefix)
{
    assert(max >= IKE_FRAME_MAX);
    *d = (struct ike_deframer){.max = max, .prefix = expects_prefix};
    d->room = room;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t ike_deframer_push(struct ike_deframer *d, struct ike_bytes octets)
{
    struct ike_reader r = rd_open(octets);
    if (d->broken)
        return 0;
    if (d->begin > 0) {
        memmove(d->room, d->room + d->begin, d->len - d->begin);
        d->len -= d->begin;
        d->begin = 0;
    }
    const size_t passed = least(d->skip, octets.len);
    rd_skip(&r, passed);
    d->skip -= passed;
    struct ike_writer w = {.base = d->room, .len = d->len, .max = d->max};
    const struct ike_bytes fit = rd_bytes(&r, least(r.left, d->max - d->len));
    put_bytes(&w, fit);
    d->len = w.len;
    return passed + fit.len;
}

static struct ike_reader untaken(const struct ike_deframer *d)
{
    struct ike_reader r = rd_open((struct ike_bytes){.at = d->room, .len = d->len});
    rd_skip(&r, d->begin);
    return r;
}

static void count_odd(struct ike_deframer *d)
{
    if (++d->odd >= IKE_STREAM_ODD_MAX)
        d->broken = true;
}

/* RFC 9329 4, 6.1: nothing is a message before the whole prefix is there. */
static bool prefix_came(struct ike_deframer *d)
{
    struct ike_reader r = untaken(d);
    const size_t there = least(r.left, sizeof prefix);
    if (!d->prefix)
        return true;
    d->broken = !ike_bytes_equal((struct ike_bytes){.at = r.at, .len = there},
                                 (struct ike_bytes){.at = prefix, .len = there});
    if (d->broken || there < sizeof prefix)
        return false;
    d->begin += sizeof prefix;
    d->prefix = false;
    return true;
}

/* What of a message longer than any of ours is there, and what is still to come of it. */
static void pass_over(struct ike_deframer *d, size_t length)
{
    const size_t there = least(length, d->len - d->begin);
    d->begin += there;
    d->skip = length - there;
    count_odd(d);
}

bool ike_deframer_take(struct ike_deframer *d, struct ike_bytes *message)
{
    while (!d->broken && prefix_came(d)) {
        struct ike_reader r = untaken(d);
        const size_t length = rd_u16(&r);
        if (r.bad)
            return false;
        d->broken = length < IKE_FRAME_HEAD; /* RFC 9329 3.1 */
        if (d->broken)
            return false;
        if (length > IKE_FRAME_MAX) {
            pass_over(d, length);
            continue;
        }
        *message = rd_bytes(&r, length - IKE_FRAME_HEAD);
        if (r.bad)
            return false;
        d->begin += length;
        if (message->len > 0) /* RFC 9329 3: empty ones are passed over in silence */
            return true;
    }
    return false;
}

/* RFC 9329 6.1, 10: so many in a row that are of nobody, or one that is forged, and the stream is
 * out of step, or not what it was taken for. */
void ike_deframer_judge(struct ike_deframer *d, enum ike_why why)
{
    static const enum ike_why senseless[] = {
        WHY_ESP,      WHY_SYNTAX,        WHY_TOO_MANY,    WHY_EXCHANGE_TYPE,
        WHY_SPI_ZERO, WHY_MAJOR_VERSION, WHY_UNKNOWN_SPI,
    };
    if (why == WHY_NAT_KEEPALIVE) /* RFC 9329 6.6 */
        return;
    bool odd = false;
    for (size_t i = 0; i < sizeof senseless / sizeof senseless[0]; i++)
        odd = odd || why == senseless[i];
    if (odd)
        count_odd(d);
    else
        d->odd = 0;
    d->broken = d->broken || why == WHY_BAD_ICV;
}
