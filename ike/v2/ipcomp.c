/* SPDX-License-Identifier: MIT
 * N(IPCOMP_SUPPORTED): a CPI of two octets and a transform id of one. */
#include "ike/v2/ipcomp.h"

#include "ike/v2/payload.h"

enum { CPI_FIRST = 256, CPI_COUNT = 61440 - CPI_FIRST };

uint16_t ike_ipcomp_cpi(uint32_t spi_in)
{
    return (uint16_t)(CPI_FIRST + spi_in % CPI_COUNT);
}

void ike_ipcomp_put(struct ike_turn *t, uint8_t transform, uint32_t spi_in)
{
    uint8_t data[3];
    struct ike_writer w = wr_open(data, sizeof data);
    if (transform == 0)
        return;
    put_u16(&w, ike_ipcomp_cpi(spi_in));
    put_u8(&w, transform);
    ike_put_status(&t->out, &t->link, N_IPCOMP_SUPPORTED, wr_done(&w));
}

/* The CPI that goes with `transform` in one of the notifies, 0 when none has it; in *others
 * whether there are any with another. An initiator lists several (RFC 7296 3.10.1). */
static enum ike_why find(const struct ike_turn *t, uint8_t transform, uint16_t *cpi, bool *others)
{
    *cpi = 0;
    *others = false;
    for (uint8_t i = 0; i < t->in.notify_count; i++) {
        const struct ike_notify *const n = &t->in.notifies[i];
        if (n->type != N_IPCOMP_SUPPORTED)
            continue;
        struct ike_reader r = rd_open(n->data);
        const uint16_t theirs = rd_u16(&r);
        const uint8_t which = rd_u8(&r);
        if (r.bad || r.left != 0)
            return WHY_SYNTAX;
        if (which == transform && *cpi == 0)
            *cpi = theirs;
        else
            *others = true;
    }
    return WHY_OK;
}

enum ike_why ike_ipcomp_judge(const struct ike_turn *t, uint8_t transform, uint16_t *cpi)
{
    bool others;
    const enum ike_why why = find(t, transform, cpi, &others);
    if (transform == 0)
        *cpi = 0;
    return why;
}

enum ike_why ike_ipcomp_accept(const struct ike_turn *t, uint8_t transform, uint16_t *cpi)
{
    bool others;
    const enum ike_why why = find(t, transform, cpi, &others);
    if (why != WHY_OK)
        return why;
    return others || (*cpi != 0 && transform == 0) ? WHY_CHOICE_NOT_OFFERED : WHY_OK;
}
