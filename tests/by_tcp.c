/* SPDX-License-Identifier: MIT
 * Ends that go by TCP, made ready and judged. */
#include "tests/by_tcp.h"

#include "tests/test.h"

void at_once(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair->end[i].policy.tcp = TCP_ALWAYS;
}

bool agree(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_open_streams(pair, i) == 1 &&
           pair_open_streams(pair, r) == 1;
}

void begin_up(struct pair *pair)
{
    const struct pair_options plain = {
        .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};
    pair_init(pair, plain);
    at_once(pair, A, B);
    pair_open(pair);
    (void)pair_connect(pair);
    pair_run(pair);
    EXPECT(pair_agrees(pair, 1));
    pair->trace_len = 0;
}
