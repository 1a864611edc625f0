/* SPDX-License-Identifier: MIT
 * Clusters made ready, failed over, and judged. */
#include "tests/syncing.h"

#include "tests/test.h"

struct pair p;

const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

void both_can(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    for (int side = A; side <= B; side++)
        pair->end[side].policy.sync_ids = pair->end[side].policy.sync_replay = true;
}

struct ike_sa *sa_of(const struct pair *pair, enum pair_side side)
{
    return ike_sa_numbered(pair->end[side].engine, pair->end[side].sa);
}

bool fail_over(struct pair *pair, enum pair_side side, struct ike_standby known)
{
    return ike_failed_over(pair->end[side].engine, pair->now_ns, pair->end[side].sa, &known);
}

void probe(struct pair *pair, enum pair_side side)
{
    (void)ike_probe(pair->end[side].engine, pair->now_ns, pair->end[side].sa);
    pair_run(pair);
}

bool ids_agree(const struct pair *pair)
{
    return sa_of(pair, A) != NULL && sa_of(pair, B) != NULL &&
           sa_of(pair, A)->send_id == sa_of(pair, B)->take_id &&
           sa_of(pair, B)->send_id == sa_of(pair, A)->take_id;
}

struct ike_event synced(const struct pair *pair, enum pair_side side)
{
    const struct pair_end *const end = &pair->end[side];
    for (int i = end->event_count; i > 0; i--)
        if (end->events[i - 1].kind == IKE_SYNCED)
            return end->events[i - 1];
    return (struct ike_event){.kind = IKE_EVENT_KINDS};
}

void connected(void (*prepare)(struct pair *pair, enum pair_side i, enum pair_side r))
{
    pair_init(&p, plain);
    prepare(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
}

bool lose_request_three(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                        int number)
{
    (void)pair;
    (void)len;
    (void)number;
    (void)from;
    return bytes[18] == IKE_AUTH || (bytes[19] & FLAG_RESPONSE) != 0 || bytes[23] != 3;
}
