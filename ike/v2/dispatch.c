/* SPDX-License-Identifier: MIT
 * The way of a version 2 datagram to the handler that a rule names: whose it
 * is, whether it was there before, what is sealed opened. */
#include "ike/v2/dispatch.h"

#include "ike/engine.h"
#include "ike/v2/fragment.h"
#include "ike/v2/late.h"
#include "ike/v2/nat.h"
#include "ike/v2/path.h"
#include "ike/v2/protect.h"
#include "ike/v2/qcd.h"
#include "ike/v2/resume.h"
#include "ike/v2/rules.h"
#include "ike/v2/sync.h"
#include "ike/v2/tcp.h"
#include "ike/v2/window.h"

#include <assert.h>
#include <string.h>

/* Opens what is sealed into a copy that lasts as long as the turn. */
static enum ike_why open_sealed(struct ike_turn *turn)
{
    if ((turn->in.there & P(PAYLOAD_SKF)) != 0)
        return ike_fragment_take(turn);
    if ((turn->in.there & P(PAYLOAD_SK)) == 0)
        return WHY_MISSING_PAYLOAD; /* after IKE_SA_INIT everything is sealed */
    if (turn->in.whole.len > IKE_MESSAGE_MAX)
        return WHY_TOO_LONG;
    uint8_t *const copy = ike_turn_scratch(turn, turn->in.whole.len);
    memcpy(copy, turn->in.whole.at, turn->in.whole.len);
    const struct ike_seal_keys keys = ike_keys_of(&turn->keys, !turn->sa->initiator);
    const enum ike_why why = ike_open_sealed(&turn->in, &keys, turn->engine->crypto, copy);
    if (why != WHY_BAD_ICV)
        turn->sealed_open = true;
    return why;
}

/* RFC 7296 2.8.2: the peer uses its new SA, so it knows that this is the one that stays. */
static void adopt_rival(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    const bool request = (turn->in.head.flags & FLAG_RESPONSE) == 0;
    if (sa->state != S_RIVAL || !request || ike_message_deletes_ike(&turn->in))
        return;
    ike_turn_inherit_now(turn, sa->rekeyed_from);
}

static enum ike_why run_rule(struct ike_turn *turn)
{
    enum ike_why why;
    if (turn->sealed_open)
        ike_nat_follow(turn);
    if (turn->in.unknown_critical != 0)
        return WHY_CRITICAL_PAYLOAD;
    if ((why = ike_rule_find(turn)) != WHY_OK)
        return why;
    if ((why = turn->rule->run(turn)) != WHY_OK)
        return why;
    assert(turn->sa != NULL); /* a rule has one, or makes one */
    if (turn->sa->state == (turn->added ? S_NONE : turn->before.state))
        turn->sa->state = turn->rule->then;
    if (turn->sealed_open) {
        assert(turn->sa != NULL); /* its keys opened the message */
        turn->sa->heard_ns = turn->now_ns;
        ike_qcd_heard(turn);
        return ike_path_heard(turn);
    }
    return WHY_OK;
}

/* A request that would make an SA has no SPI of ours (RFC 7296 2.6, 3.1). */
static enum ike_why init_request(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    struct ike_sa *known;
    enum ike_why why;

    if (turn->in.head.spi_r != 0 || turn->in.head.id != 0)
        return WHY_UNKNOWN_SPI;
    if (turn->bytes.len > IKE_MESSAGE_MAX)
        return WHY_TOO_LONG;
    turn->request_digest = ike_digest(engine, turn->bytes, ike_addr_ip(&turn->datagram->remote));
    known = ike_sa_by_request(engine, turn->datagram, turn->bytes, turn->request_digest);
    if (known != NULL) { /* RFC 7296 2.1: by content, not by SPI alone */
        if (known->init_response.number != 0)
            ike_window_put(engine, known->init_response, &turn->datagram->local,
                           &turn->datagram->remote, turn->datagram->stream);
        return WHY_RETRANSMITTED;
    }
    if ((why = ike_message_parse(turn->bytes, &turn->in)) != WHY_OK)
        return why;
    return run_rule(turn);
}

static enum ike_why init_response(struct ike_turn *turn)
{
    enum ike_why why;
    if (!ike_sa_is_asking(turn->sa) || ike_window_response(turn) != WHY_OK)
        return WHY_NOT_AWAITED;
    if (!ike_path_take_init(turn))
        return WHY_NOT_AWAITED;
    if (turn->sa->tcp && turn->datagram->stream != ike_tcp_stream(turn->engine, turn->sa))
        return WHY_NOT_AWAITED;
    if ((why = ike_message_parse(turn->bytes, &turn->in)) != WHY_OK)
        return why;
    return run_rule(turn);
}

/* Everything after IKE_SA_INIT: known SPIs, the window, the seal, the rules. */
static enum ike_why sealed_message(struct ike_turn *turn)
{
    const struct ike_header *const head = &turn->in.head;
    const struct ike_sa *const sa = turn->sa;
    enum ike_why why;

    if ((sa->keys.number == 0 && !ike_late_awaits(turn)) || head->spi_i != sa->spi_i ||
        head->spi_r != sa->spi_r)
        return WHY_UNKNOWN_SPI;
    bool later; /* RFC 6311 5: what is sealed tells which message it is */
    if ((why = ike_sync_look(turn, &later)) != WHY_OK)
        return why;
    if (sa->initiator && sa->state < S_ESTABLISHED && turn->task == NULL)
        return WHY_TOO_EARLY; /* the peer sends it again */
    if ((why = ike_message_parse(turn->bytes, &turn->in)) != WHY_OK)
        return why;
    if (ike_message_notify(&turn->in, N_INVALID_IKE_SPI) != NULL)
        return ike_qcd_judge(turn);
    if ((why = ike_puzzle_check_auth(turn)) != WHY_OK)
        return why;
    if (sa->keys.number == 0 && (why = ike_late_derive(turn)) != WHY_OK)
        return why;
    if ((why = ike_puzzle_opened(turn, open_sealed(turn))) != WHY_OK)
        return why;
    if (later && (why = ike_sync_sort(turn)) != WHY_OK)
        return why;
    if (sa->tcp)
        ike_tcp_heard(turn);
    adopt_rival(turn);
    return run_rule(turn);
}

static enum ike_why dispatch(struct ike_turn *turn)
{
    const struct ike_header *const head = &turn->in.head;
    const bool from_initiator = (head->flags & FLAG_INITIATOR) != 0;
    const bool is_response = (head->flags & FLAG_RESPONSE) != 0;

    if (head->spi_i == 0)
        return WHY_SPI_ZERO;
    if (ike_resume_is_taken(turn->engine, head->exchange) && from_initiator && !is_response)
        return init_request(turn);

    struct ike_sa *const sa =
        ike_sa_by_spi(turn->engine, from_initiator ? head->spi_r : head->spi_i);
    if (sa == NULL || sa->initiator == from_initiator)
        return WHY_UNKNOWN_SPI;
    if (sa->tcp != (turn->datagram->stream != 0))
        return WHY_OTHER_TRANSPORT;
    turn->sa = sa;
    turn->before = *sa;
    turn->keys = ike_sa_view_keys(turn->engine, sa);
    if (ike_exchange_makes_sa(head->exchange))
        return is_response ? init_response(turn) : WHY_UNKNOWN_SPI;
    return sealed_message(turn);
}

enum ike_why ike_v2_input(struct ike_engine *engine, uint64_t now_ns, const struct ike_datagram *in,
                          struct ike_bytes message)
{
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, NULL);
    turn->datagram = in;
    turn->bytes = message;
    turn->in.whole = message;
    ike_cookies_update(&engine->cookies, &engine->config.cookies, engine->half_open, now_ns);
    enum ike_why why = ike_header_parse(message, &turn->in.head);
    if (why == WHY_OK)
        why = dispatch(turn);
    return ike_turn_end(turn, why);
}
