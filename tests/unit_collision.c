/* SPDX-License-Identifier: MIT
 * Who is put off while what of ours is going on: RFC 7296 2.25.1 and 2.25.2 as
 * one square, each kind of request against each of ours, asked already or
 * waiting behind another. */
#include "ike/engine.h"
#include "ike/v2/collision.h"
#include "tests/pair.h"
#include "tests/test.h"

#include <stdio.h>

static struct pair p;
static uint32_t spis[2]; /* of A's Child SAs */

static void begin_up(void)
{
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    pair_open(&p);
    pair_with_two_children(&p, spis);
    p.touch = pair_touch_lose;
}

static bool ask(enum ike_task_kind ours)
{
    struct ike_engine *const e = p.end[A].engine;
    const uint64_t sa = p.end[A].sa;
    if (ours == TASK_NEW_CHILD)
        return ike_create_child(e, p.now_ns, sa, 0, NULL);
    if (ours == TASK_REKEY_CHILD)
        return ike_rekey_child(e, p.now_ns, sa, spis[0]);
    if (ours == TASK_DELETE_CHILD)
        return ike_delete_child(e, p.now_ns, sa, spis[0]);
    if (ours == TASK_REKEY_IKE)
        return ike_rekey(e, p.now_ns, sa);
    return ours == TASK_DELETE ? ike_delete(e, p.now_ns, sa) : true;
}

enum what { NEW, REKEY_SAME, REKEY_OTHER, REKEY_IKE, WHATS };
enum put_off { NEVER, ASKED, ALWAYS }; /* ALWAYS: also while ours waits to be asked */

/* clang-format off */
static const struct {
    enum ike_task_kind ours;
    enum put_off peer[WHATS];
} square[] = {
    /* while we           the peer asks for   another, rekeys the same, another, or the IKE SA */
    { TASK_INFORM,       { NEVER, NEVER,  NEVER, NEVER  } },
    { TASK_NEW_CHILD,    { NEVER, NEVER,  NEVER, ASKED  } }, /* 2.25.1, 2.25.2: finished first */
    { TASK_REKEY_CHILD,  { NEVER, NEVER,  NEVER, ASKED  } }, /* 2.8.1: both are answered */
    { TASK_DELETE_CHILD, { NEVER, ALWAYS, NEVER, ASKED  } }, /* 2.25.1 */
    { TASK_REKEY_IKE,    { ASKED, ASKED,  ASKED, NEVER  } }, /* 2.25.2; 2.8.2: both are answered */
    { TASK_DELETE,       { NEVER, NEVER,  NEVER, ALWAYS } }, /* 2.25.2; the first are the state's */
};
/* clang-format on */

static void check(size_t row, bool waiting)
{
    static const enum ike_request_kind requests[] = {ASKS_NEW_CHILD, ASKS_REKEY_CHILD,
                                                     ASKS_REKEY_CHILD, ASKS_REKEY_IKE};
    static struct ike_turn turn;
    const uint32_t about[] = {0, spis[0], spis[1], 0};
    turn.engine = p.end[A].engine;
    turn.sa = ike_sa_numbered(turn.engine, p.end[A].sa);
    for (size_t what = 0; what < WHATS; what++) {
        const enum put_off off = square[row].peer[what];
        const bool put_off = off == ALWAYS || (off == ASKED && !waiting);
        if (!EXPECT_EQ(ike_collision_judge(&turn, requests[what], about[what]),
                       put_off ? WHY_TEMPORARY_FAILURE : WHY_OK))
            (void)printf("# row %zu, request %zu, %s\n", row, what, waiting ? "waiting" : "asked");
    }
}

static void test_the_peer_is_put_off_while_what_would_be_in_its_way_is_asked(void)
{
    for (size_t i = 0; i < sizeof square / sizeof square[0]; i++) {
        begin_up();
        EXPECT(ask(square[i].ours));
        pair_run_for(&p, 0);
        check(i, false);
        pair_close(&p);
    }
}

/* What waits may still be given up, but not what is to end the very thing. */
static void test_the_peer_is_put_off_for_what_waits_only_when_that_is_an_end(void)
{
    for (size_t i = 0; i < sizeof square / sizeof square[0]; i++) {
        begin_up();
        EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa)); /* the window is full */
        pair_run_for(&p, 0);
        EXPECT(ask(square[i].ours));
        pair_run_for(&p, 0);
        check(i, true);
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_peer_is_put_off_while_what_would_be_in_its_way_is_asked),
        TEST(test_the_peer_is_put_off_for_what_waits_only_when_that_is_an_end),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
