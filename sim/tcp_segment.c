/* SPDX-License-Identifier: MIT
 * Segments, put and parsed. */
#include "sim/tcp_segment.h"

enum {
    PORTS_LEN = 4,
    HEADER_LEN = 20,
    OPTION_END = 0,
    OPTION_NONE = 1,
    OPTION_MSS = 2,
    MSS_LEN = 4
};

uint32_t sim_segment_taken(const struct sim_segment *segment)
{
    const uint32_t syn = (segment->flags & SIM_SYN) != 0 ? 1 : 0;
    const uint32_t fin = (segment->flags & SIM_FIN) != 0 ? 1 : 0;
    return (uint32_t)segment->data.len + syn + fin;
}

void sim_segment_put(struct ike_writer *w, const struct sim_segment *segment)
{
    const unsigned words = (HEADER_LEN + (segment->mss != 0 ? MSS_LEN : 0)) / 4;
    put_u32(w, segment->seq);
    put_u32(w, segment->ack);
    put_u16(w, (uint16_t)(words << 12 | segment->flags));
    put_u16(w, segment->window);
    put_u32(w, 0); /* checksum and urgent pointer */
    if (segment->mss != 0) {
        put_u8(w, OPTION_MSS);
        put_u8(w, MSS_LEN);
        put_u16(w, segment->mss);
    }
    put_bytes(w, segment->data);
}

/* The MSS option; others are passed over (RFC 9293 3.2). */
static uint16_t mss_of(struct ike_bytes options)
{
    struct ike_reader r = rd_open(options);
    while (r.left > 0) {
        const uint8_t kind = rd_u8(&r);
        if (kind == OPTION_END)
            break;
        if (kind == OPTION_NONE)
            continue;
        const uint8_t len = rd_u8(&r);
        if (kind == OPTION_MSS && len == MSS_LEN)
            return rd_u16(&r);
        rd_skip(&r, len < 2 ? r.left : len - 2U);
    }
    return 0;
}

bool sim_segment_parse(struct ike_bytes bytes, struct sim_segment *out)
{
    struct ike_reader r = rd_open(bytes);
    out->seq = rd_u32(&r);
    out->ack = rd_u32(&r);
    const uint16_t bits = rd_u16(&r);
    out->window = rd_u16(&r);
    rd_skip(&r, 4);
    const size_t header = (size_t)(bits >> 12) * 4;
    const struct ike_bytes options =
        rd_bytes(&r, header < HEADER_LEN ? SIZE_MAX : header - HEADER_LEN);
    out->flags = (uint8_t)(bits & 0xff);
    out->mss = mss_of(options);
    out->data = rd_rest(&r);
    return !r.bad;
}
