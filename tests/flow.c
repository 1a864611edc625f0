/* SPDX-License-Identifier: MIT
 * The variants of a flow. */
#include "tests/flow.h"

#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair pair;

static void run(const struct flow *flow, struct pair_options options)
{
    const enum pair_side i = options.initiator;
    const enum pair_side r = i == A ? B : A;
    pair_init(&pair, options);
    if (flow->prepare != NULL)
        flow->prepare(&pair, i, r);
    pair_open(&pair);
    EXPECT(pair_connect(&pair) != 0);
    pair_run(&pair);
    if (flow->act != NULL) {
        flow->act(&pair, i, r);
        pair_run(&pair);
    }
    pair_run_for(&pair, flow->settle_ns);
}

static void check_end(const struct flow *flow, struct pair_options options, const char *variant)
{
    const enum pair_side i = options.initiator;
    if (!EXPECT(flow->ended(&pair, i, i == A ? B : A)))
        (void)printf("# in variant: %s, message %d lost, %d twice\n%s", variant, options.lose,
                     options.twice, pair.trace);
}

static void exchange_roles(const char *trace, char *out)
{
    strncpy(out, trace, PAIR_TRACE_MAX - 1);
    out[PAIR_TRACE_MAX - 1] = '\0';
    for (char *line = out; line != NULL && *line != '\0';) {
        line[0] = line[0] == 'A' ? 'B' : 'A';
        line[2] = line[2] == 'A' ? 'B' : 'A';
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
}

void flow_check(const struct flow *flow)
{
    static char wanted[PAIR_TRACE_MAX];
    struct pair_options o = {
        .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};
    run(flow, o);
    EXPECT_STR(pair.trace, flow->trace);
    check_end(flow, o, "modelled");
    const int messages = pair.sent;
    pair_close(&pair);

    o.provider = PAIR_OPENSSL;
    run(flow, o);
    EXPECT_STR(pair.trace, flow->trace);
    check_end(flow, o, "openssl");
    pair_close(&pair);

    o.initiator = B;
    exchange_roles(flow->trace, wanted);
    run(flow, o);
    EXPECT_STR(pair.trace, flow->swapped != NULL ? flow->swapped : wanted);
    check_end(flow, o, "roles exchanged");
    pair_close(&pair);

    o = (struct pair_options){
        .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};
    for (int number = 0; number < messages; number++) {
        o.lose = number;
        o.twice = PAIR_NONE;
        run(flow, o);
        check_end(flow, o, "one lost");
        pair_close(&pair);
        o.lose = PAIR_NONE;
        o.twice = number;
        run(flow, o);
        check_end(flow, o, "one twice");
        pair_close(&pair);
    }
}
