/* SPDX-License-Identifier: MIT
 * Tickets under fuzzing (RFC 5723 6, 9.2): what an owner gives back, what anybody
 * presents, and sessions as octets. Nothing may crash; nothing that the gateway
 * did not make is taken; whatever an owner gives, the client comes up.
 *
 * Input: which of the three (1 octet), and the octets. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "ike/v2/resume.h"
#include "tests/pair.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

enum operation { OWNERS, PRESENTED, SESSION, OPERATIONS };

static struct pair p;

static void demand(bool held)
{
    if (!held)
        abort();
}

static void begin(uint8_t kind)
{
    static const uint8_t secret[32] = {1};
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    p.end[A].config.sa_max = p.end[B].config.sa_max = 8;
    p.end[A].policy.tickets = true;
    p.end[B].config.tickets =
        (struct ike_ticket_config){.kind = kind, .secret = secret, .remembered = 4};
    pair_open(&p);
}

static void owners(struct ike_bytes octets)
{
    begin(TICKET_VALUE);
    p.end[A].ticket_len = octets.len < IKE_RESUME_MAX ? octets.len : IKE_RESUME_MAX;
    if (octets.len > 0)
        memcpy(p.end[A].ticket, octets.at, p.end[A].ticket_len);
    (void)pair_resume(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    demand(pair_agrees(&p, 1));
    pair_close(&p);
}

static void presented(struct ike_bytes octets)
{
    static uint8_t room[IKE_MESSAGE_MAX];
    const uint8_t nonce[32] = {1};
    for (uint8_t kind = TICKET_VALUE; kind <= TICKET_REFERENCE; kind++) {
        struct ike_writer w = wr_open(room, sizeof room);
        size_t link = 16;
        begin(kind);
        ike_put_header(&w, &(struct ike_header){.spi_i = 77,
                                                .version = IKE_VERSION_2,
                                                .exchange = IKE_SESSION_RESUME,
                                                .flags = FLAG_INITIATOR});
        ike_put_nonce(&w, &link, (struct ike_bytes){nonce, sizeof nonce});
        ike_put_status(&w, &link, N_TICKET_OPAQUE, octets);
        ike_end_message(&w);
        if (!w.bad)
            demand(pair_inject(&p, B, room, w.len) != WHY_OK);
        demand(p.end[B].engine->sas.used == 0);
        pair_close(&p);
    }
}

static void session(struct ike_bytes octets)
{
    static struct ike_session s;
    uint8_t again[IKE_SESSION_MAX];
    struct ike_reader r = rd_open(octets);
    struct ike_writer w = wr_open(again, sizeof again);
    if (ike_session_parse(&r, &s) != WHY_OK)
        return;
    ike_put_session(&w, &s);
    const struct ike_bytes taken = {octets.at, octets.len - r.left};
    demand(!w.bad && ike_bytes_equal(wr_done(&w), taken));
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static void (*const operations[OPERATIONS])(struct ike_bytes octets) = {
        [OWNERS] = owners, [PRESENTED] = presented, [SESSION] = session};
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = len});
    const uint8_t which = rd_u8(&r);
    operations[which % OPERATIONS](rd_rest(&r));
    return 0;
}
