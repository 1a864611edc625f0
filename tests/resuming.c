/* SPDX-License-Identifier: MIT
 * Ends with tickets, made ready and judged. */
#include "tests/resuming.h"

#include "tests/test.h"

struct pair p;
static const uint8_t secret[IKE_TICKET_SECRET] = {1, 2, 3};

const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

void by_value(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.tickets = true;
    pair->end[r].config.tickets =
        (struct ike_ticket_config){.kind = TICKET_VALUE, .secret = secret, .remembered = 16};
}

void by_reference(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_value(pair, i, r);
    pair->end[r].config.tickets.kind = TICKET_REFERENCE;
}

bool agree(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return pair_agrees(pair, 1) && pair->end[i].ticket_len > 0 &&
           pair->end[i].ticket_sa == pair->end[i].sa;
}

bool is_resumed(const struct pair *pair, enum pair_side side)
{
    bool resumed = false;
    for (int k = 0; k < pair->end[side].event_count; k++)
        if (pair->end[side].events[k].kind == IKE_UP)
            resumed = pair->end[side].events[k].resumed;
    return resumed;
}

bool agree_resumed(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return agree(pair, i, r) && is_resumed(pair, i) && is_resumed(pair, r) &&
           pair->end[r].ends[WHY_RESUMED] == 2; /* the old SA and its Child SA, no Delete */
}

void sleep_and_resume(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    ike_forget(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
    EXPECT(pair_resume(pair) != 0);
}

bool agree_anew(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return agree(pair, i, r) && !is_resumed(pair, i) && !is_resumed(pair, r);
}
