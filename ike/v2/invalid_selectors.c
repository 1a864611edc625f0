/* SPDX-License-Identifier: MIT
 * INVALID_SELECTORS, an INFORMATIONAL exchange of its own:
 *
 *     HDR, SK {N(INVALID_SELECTORS)}  -->
 *                                    <--   HDR, SK {}
 *
 * Who sends much of it is told little: one at a time of each Child SA, in a span of time. */
#include "ike/v2/invalid_selectors.h"

#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/payload.h"

enum { ESP_SPI_LEN = 4 };

/* ---- telling ---- */

/* The Child SA whose packet it was, if the peer may be told of it now; its place, or 0. */
static uint32_t to_be_told(const struct ike_engine *engine, const struct ike_sa *sa,
                           uint64_t now_ns, uint32_t child_spi)
{
    if (engine->config.invalid_selectors_ns == 0 || sa == NULL || sa->state != S_ESTABLISHED)
        return 0;
    const uint32_t place = ike_child_find(engine, sa, child_spi, true);
    if (place == 0 || now_ns < ike_child_at(engine, place)->stray_ns)
        return 0;
    return ike_task_find(engine, sa, TASK_INVALID_SELECTORS, child_spi) == NULL ? place : 0;
}

/* "The Notification Data contains the start of the offending packet (as in ICMP messages) and the
 * SPI field of the notification is set to match the SPI of the Child SA" (RFC 7296 3.10.1): the one
 * that it came by. */
static bool keep(struct ike_turn *t, struct ike_task *task, struct ike_bytes packet)
{
    const size_t room = IKE_PAYLOAD_HEAD + 8 + IKE_STRAY_MAX + 1;
    struct ike_writer w = wr_open(ike_turn_scratch(t, room), room);
    uint8_t octets[ESP_SPI_LEN];
    struct ike_writer spi = wr_open(octets, sizeof octets);
    struct ike_reader start = rd_open(packet);
    size_t link = 0;
    put_u32(&spi, task->spi);
    put_u8(&w, PAYLOAD_NONE);
    ike_put_notify(
        &w, &link,
        &(struct ike_notify){
            .protocol = PROTOCOL_ESP,
            .type = N_INVALID_SELECTORS,
            .spi = wr_done(&spi),
            .data = rd_bytes(&start, packet.len < IKE_STRAY_MAX ? packet.len : IKE_STRAY_MAX)});
    return ike_turn_keep(t, &task->nonce, wr_done(&w));
}

bool ike_tell_invalid_selectors(struct ike_engine *engine, uint64_t now_ns, uint64_t sa,
                                uint32_t child_spi, struct ike_bytes packet)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    const uint32_t place = to_be_told(engine, found, now_ns, child_spi);
    if (place == 0)
        return false;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    struct ike_task *const task = ike_task_add(turn, TASK_INVALID_SELECTORS, child_spi, now_ns);
    const bool good = task != NULL && keep(turn, task, packet);
    if (good)
        ike_child_at(engine, place)->stray_ns = now_ns + engine->config.invalid_selectors_ns;
    return ike_turn_end(turn, good ? WHY_OK : WHY_SA_TABLE_FULL) == WHY_OK;
}

enum ike_why ike_ask_invalid_selectors(struct ike_turn *turn)
{
    if (ike_child_find(turn->engine, turn->sa, turn->task->spi, true) == 0)
        return WHY_CHILD_NOT_FOUND; /* nobody would know what it is about */
    return ike_ask_inform(turn);
}

/* ---- hearing ---- */

static void hear_one(struct ike_turn *t, const struct ike_notify *notify)
{
    struct ike_reader r = rd_open(notify->spi);
    const uint32_t spi = rd_u32(&r);
    if (notify->protocol != PROTOCOL_ESP || r.bad || r.left > 0)
        return;
    const uint32_t place = ike_child_find(t->engine, t->sa, spi, false);
    if (place == 0)
        return;
    struct ike_event event = ike_sa_event(t->sa, IKE_INVALID_SELECTORS_HEARD, WHY_OK);
    event.notify = notify->type;
    event.child_spi = ike_child_at(t->engine, place)->spi_in;
    ike_event_add(t->engine, &event);
}

void ike_invalid_selectors_hear(struct ike_turn *turn)
{
    for (uint8_t i = 0; i < turn->in.notify_count; i++)
        if (turn->in.notifies[i].type == N_INVALID_SELECTORS)
            hear_one(turn, &turn->in.notifies[i]);
}
