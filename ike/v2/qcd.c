/* SPDX-License-Identifier: MIT
 * Token = prf(secret, SPIi | SPIr), RFC 6290 5.1. */
#include "ike/v2/qcd.h"

#include "ike/engine.h"
#include "ike/v2/beside.h"
#include "ike/v2/payload.h"

static void compute(struct ike_engine *engine, uint64_t spi_i, uint64_t spi_r, uint8_t *out)
{
    static const char prf_name[] = "prfsha256"; /* IKE_QCD_TOKEN octets */
    uint8_t spis[16];
    struct ike_writer w = wr_open(spis, sizeof spis);
    put_u64(&w, spi_i);
    put_u64(&w, spi_r);
    const struct ike_bytes part = wr_done(&w);
    const struct ike_bytes secret = {.at = engine->config.qcd_secret, .len = IKE_QCD_SECRET};
    engine->crypto->ops->prf(engine->crypto, &ike_algos[ike_algo_named(prf_name)], secret, &part, 1,
                             out);
}

/* RFC 6290 4.1: protocol 1, without SPI. */
static void put_token(struct ike_turn *t, uint64_t spi_i, uint64_t spi_r)
{
    uint8_t token[IKE_QCD_TOKEN];
    compute(t->engine, spi_i, spi_r, token);
    ike_put_notify(&t->out, &t->link,
                   &(struct ike_notify){.protocol = PROTOCOL_IKE,
                                        .type = N_QUICK_CRASH_DETECTION,
                                        .data = {.at = token, .len = sizeof token}});
}

void ike_qcd_put(struct ike_turn *turn, const struct ike_sa *sa)
{
    if (turn->engine->config.qcd_secret != NULL)
        put_token(turn, sa->spi_i, sa->spi_r);
}

void ike_qcd_heard(struct ike_turn *turn)
{
    const struct ike_sa *const heir =
        turn->heir != 0 ? ike_sa_numbered(turn->engine, turn->heir) : NULL;
    const struct ike_sa *const sa = heir != NULL ? heir : turn->sa;
    if (!sa->policy->takes_tokens)
        return;
    const struct ike_notify *const notify = ike_message_notify(&turn->in, N_QUICK_CRASH_DETECTION);
    if (notify == NULL || notify->data.len < IKE_QCD_TOKEN_MIN ||
        notify->data.len > IKE_QCD_TOKEN_MAX)
        return;
    struct ike_token *const token = ike_beside_edit(turn, sa, BESIDE_TOKEN);
    if (token != NULL)
        (void)ike_turn_keep(turn, &token->octets, notify->data);
}

enum ike_why ike_ask_token(struct ike_turn *turn)
{
    ike_turn_ask(turn, INFORMATIONAL);
    ike_qcd_put(turn, turn->sa);
    return WHY_OK;
}

enum ike_why ike_qcd_judge(struct ike_turn *turn)
{
    const struct ike_engine *const engine = turn->engine;
    const struct ike_token *const kept = ike_beside_of(engine, turn->sa, BESIDE_TOKEN);
    if (kept == NULL)
        return WHY_CRASH_HINT;
    const struct ike_bytes token = ike_store_view(&engine->store, kept->octets);
    for (uint8_t i = 0; token.len > 0 && i < turn->in.notify_count; i++) {
        const struct ike_notify *const notify = &turn->in.notifies[i];
        if (notify->type == N_QUICK_CRASH_DETECTION && notify->data.len == token.len &&
            ike_secret_equal(notify->data.at, token.at, token.len)) {
            turn->end = WHY_PEER_CRASHED;
            return WHY_OK;
        }
    }
    return WHY_CRASH_HINT;
}

void ike_qcd_put_unknown(struct ike_turn *turn)
{
    const struct ike_header *const head = &turn->in.head;
    const struct ike_bytes nothing = {.at = NULL, .len = 0};
    ike_put_status(&turn->out, &turn->link, N_INVALID_IKE_SPI, nothing);
    if (turn->engine->config.qcd_secret != NULL &&
        ike_sa_by_spi(turn->engine, head->spi_i) == NULL &&
        ike_sa_by_spi(turn->engine, head->spi_r) == NULL)
        put_token(turn, head->spi_i, head->spi_r);
}

void ike_qcd_give(struct ike_engine *engine, void *record)
{
    const struct ike_token *const token = record;
    ike_store_give(&engine->store, token->octets);
}
