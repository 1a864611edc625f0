/* SPDX-License-Identifier: MIT
 * The variants of a flow. */
#include "tests/flow.h"

#include "tests/faults.h"
#include "tests/mangle.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pair pair;

static void prepare(const struct flow *flow, struct pair_options options)
{
    const enum pair_side i = options.initiator;
    pair_init(&pair, options);
    if (flow->prepare != NULL)
        flow->prepare(&pair, i, i == A ? B : A);
}

static void go(const struct flow *flow)
{
    const enum pair_side i = pair.options.initiator;
    const enum pair_side r = i == A ? B : A;
    pair_open(&pair);
    EXPECT(pair_connect(&pair) != 0);
    pair_run(&pair);
    if (flow->act != NULL) {
        flow->act(&pair, i, r);
        pair_run(&pair);
    }
    pair_run_for(&pair, flow->settle_ns);
}

static void run(const struct flow *flow, struct pair_options options)
{
    prepare(flow, options);
    go(flow);
}

static void check_end(const struct flow *flow, struct pair_options options, const char *variant)
{
    const enum pair_side i = options.initiator;
    if (!EXPECT(flow->ended(&pair, i, i == A ? B : A)))
        (void)printf("# in variant: %s, message %d lost, %d twice\n%s", variant, options.lose,
                     options.twice, pair.trace);
}

/* RFC 7296 2.4 leaves it to each end when to give up; whatever it holds then goes. */
static void check_faults(const struct flow *flow)
{
    enum { FAULTS_MAX = 3000 };
    int number = 0;
    for (bool more = true; more && number < FAULTS_MAX; number++) {
        struct pair_options o = {.provider = PAIR_MODELLED,
                                 .initiator = number % 2 == 0 ? A : B,
                                 .lose = PAIR_NONE,
                                 .twice = PAIR_NONE,
                                 .faults = true};
        test_mute(true);
        faults_arm(number / 2);
        run(flow, o);
        more = faults_seen() > number / 2;
        faults_arm(-1);
        test_mute(false);
        pair_forget(&pair);
        if (!EXPECT(pair_is_empty(&pair)))
            (void)printf("# after fault %d\n%s", number / 2, pair.trace);
        pair_close(&pair);
    }
    EXPECT(number < FAULTS_MAX);
}

static void check_mangled(const struct flow *flow, int messages)
{
    const struct pair_options o = {
        .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};
    int number = 0;
    for (int variant = 0; number < messages; variant++) {
        prepare(flow, o);
        if (pair.touch != NULL)
            return; /* the flow has a hand of its own */
        mangle_arm(&pair, number, variant);
        test_mute(true);
        go(flow);
        test_mute(false);
        pair_forget(&pair);
        if (!EXPECT(pair_is_empty(&pair)))
            (void)printf("# after message %d, variant %d\n%s", number, variant, pair.trace);
        pair_close(&pair);
        if (!mangle_done()) {
            number++;
            variant = -1;
        }
    }
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
    if (getenv("IKELAB_QUICK") != NULL)
        return;

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
    check_faults(flow);
    check_mangled(flow, messages);
}
