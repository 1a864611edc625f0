/* SPDX-License-Identifier: MIT
 * Holding a message, asking, and taking it again. */
#include "ike/v2/hold.h"

#include "ike/engine.h"
#include "ike/v2/dispatch.h"
#include "ike/v2/redirect.h"
#include "ike/v2/rules.h"

#include <assert.h>
#include <string.h>

static struct ike_hold *hold_of(const struct ike_engine *engine, const struct ike_sa *sa)
{
    const struct ike_setup *const setup = sa->setup != 0 ? ike_setup_of(engine, sa) : NULL;
    if (setup == NULL || setup->hold == 0)
        return NULL;
    return ike_pool_at(&engine->holds, setup->hold);
}

enum ike_why ike_hold_need(struct ike_turn *turn, struct ike_bytes what, struct ike_bytes *answer)
{
    const struct ike_store *const store = &turn->engine->store;
    const struct ike_hold *const hold = hold_of(turn->engine, turn->sa);
    for (uint8_t i = 0; hold != NULL && i < hold->count; i++)
        if (ike_bytes_equal(ike_store_view(store, hold->asks[i].what), what)) {
            *answer = ike_store_view(store, hold->asks[i].answer);
            return WHY_OK;
        }
    if (hold != NULL || turn->ask_count == IKE_ASKS_MAX)
        return WHY_TOO_MANY; /* it was asked for all it may want */
    turn->asks[turn->ask_count++] = what;
    return WHY_ANSWER_AWAITED;
}

/* A copy that outlives the turn; none of what is empty. */
static bool keep(struct ike_engine *engine, struct ike_bytes bytes, struct ike_blob *out)
{
    *out = ike_store_take(&engine->store, bytes.len);
    if (out->number == 0)
        return false;
    memcpy(ike_store_at(&engine->store, *out), bytes.at, bytes.len);
    return true;
}

static bool fill(struct ike_turn *turn, struct ike_hold *hold)
{
    struct ike_engine *const engine = turn->engine;
    *hold = (struct ike_hold){.local = turn->datagram->local,
                              .remote = turn->datagram->remote,
                              .stream = turn->datagram->stream,
                              .before = turn->sa->state};
    if (!keep(engine, turn->bytes, &hold->message))
        return false;
    for (uint8_t i = 0; i < turn->ask_count; i++, hold->count++)
        if (!keep(engine, turn->asks[i], &hold->asks[i].what))
            return false;
    return true;
}

static void ask(struct ike_engine *engine, const struct ike_sa *sa, const struct ike_hold *hold)
{
    for (uint8_t i = 0; i < hold->count; i++) {
        struct ike_event event = ike_sa_event(sa, IKE_ASK, WHY_OK);
        event.question = i + 1U;
        event.what = ike_store_view(&engine->store, hold->asks[i].what);
        ike_event_add(engine, &event);
    }
}

/* Where there is no room, the message has simply not come: its sender sends it again. */
void ike_hold_begin(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    struct ike_sa *const sa = turn->sa;
    const uint8_t before = sa->state;
    if (sa->setup == 0) {
        sa->setup = ike_pool_take(&engine->setups);
        if (sa->setup == 0)
            return;
        ike_setup_clear(ike_setup_of(engine, sa));
    }
    struct ike_setup *const setup = ike_setup_of(engine, sa);
    assert(setup->hold == 0);
    setup->hold = ike_pool_take(&engine->holds);
    if (setup->hold == 0)
        return;
    struct ike_hold *const hold = ike_pool_at(&engine->holds, setup->hold);
    if (!fill(turn, hold)) {
        ike_hold_give(engine, &setup->hold);
        return;
    }
    sa->state = S_HELD;
    ike_sa_entered(engine, sa, before);
    ike_timers_set(&engine->timers, ike_sa_place(sa), ike_sa_deadline(engine, sa));
    ask(engine, sa, hold);
}

void ike_hold_give(struct ike_engine *engine, uint32_t *place)
{
    if (*place == 0)
        return;
    struct ike_hold *const hold = ike_pool_at(&engine->holds, *place);
    ike_store_give(&engine->store, hold->message);
    for (unsigned i = 0; i < IKE_ASKS_MAX; i++) {
        ike_store_give(&engine->store, hold->asks[i].what);
        ike_store_give(&engine->store, hold->asks[i].answer);
    }
    *hold = (struct ike_hold){.count = 0};
    ike_pool_give(&engine->holds, *place);
    *place = 0;
}

static bool is_complete(const struct ike_hold *hold)
{
    for (uint8_t i = 0; i < hold->count; i++)
        if (!hold->asks[i].answered)
            return false;
    return true;
}

/* The message as if it came now, from where it came. */
static void take_again(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa,
                       const struct ike_hold *hold)
{
    const struct ike_bytes message = ike_store_view(&engine->store, hold->message);
    const struct ike_datagram datagram = {
        .local = hold->local, .remote = hold->remote, .stream = hold->stream, .bytes = message};
    const uint64_t number = sa->number;
    sa->state = hold->before;
    ike_sa_entered(engine, sa, S_HELD);
    (void)ike_v2_input(engine, now_ns, &datagram, message);
    struct ike_sa *const still = ike_sa_numbered(engine, number);
    if (still != NULL && still->setup != 0)
        ike_hold_give(engine, &ike_setup_of(engine, still)->hold);
}

bool ike_answer(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t question,
                struct ike_bytes bytes)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    if (found != NULL && question > IKE_ASKS_MAX)
        return ike_redirect_answer(engine, now_ns, found, bytes);
    struct ike_hold *const hold = found != NULL ? hold_of(engine, found) : NULL;
    if (hold == NULL || question == 0 || question > hold->count ||
        hold->asks[question - 1].answered)
        return false;
    assert(found->state == S_HELD); /* take_again gives it back */
    struct ike_hold_ask *const one = &hold->asks[question - 1];
    if (bytes.len > 0 && bytes.len <= IKE_MESSAGE_MAX)
        (void)keep(engine, bytes, &one->answer);
    one->answered = true;
    if (is_complete(hold))
        take_again(engine, now_ns, found, hold);
    return true;
}

/* A copy of what is held, or anything else before it was taken. */
static enum ike_why held_already(struct ike_turn *t)
{
    (void)t;
    return WHY_RETRANSMITTED;
}

/* clang-format off */
#define MAY_ALL (~UINT32_C(0))
const struct ike_rule ike_hold_rules[] = {
    /* exchange  from      state   must  may      run           then    */
    { IKE_AUTH,  REQUEST,  S_HELD, 0,    MAY_ALL, held_already, S_HELD, "held_request"  },
    { IKE_AUTH,  RESPONSE, S_HELD, 0,    MAY_ALL, held_already, S_HELD, "held_response" },
};
/* clang-format on */
const size_t ike_hold_rule_count = sizeof ike_hold_rules / sizeof ike_hold_rules[0];
