/* SPDX-License-Identifier: MIT
 * What is asked beside what, where the window has room for many requests: nothing
 * of Child SAs beside the rekeying of their IKE SA, and nothing beside its end
 * (RFC 7296 1.3.2, 2.3, 2.8, 2.25). */
#include "ike/engine.h"
#include "tests/pair.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;
static uint32_t spis[2]; /* of A's Child SAs */

static void begin(void)
{
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    p.end[A].config.window = p.end[B].config.window = 5;
}

static void connect(void)
{
    pair_open(&p);
    pair_with_two_children(&p, spis);
    p.touch = pair_touch_lose;
}

/* The second of a kind is about the other Child SA. */
static bool ask(enum ike_task_kind kind, bool second)
{
    static const struct ike_inform nothing;
    struct ike_engine *const e = p.end[A].engine;
    const uint64_t sa = p.end[A].sa;
    if (kind == TASK_NEW_CHILD)
        return ike_create_child(e, p.now_ns, sa, 0, NULL);
    if (kind == TASK_REKEY_CHILD)
        return ike_rekey_child(e, p.now_ns, sa, spis[second]);
    if (kind == TASK_DELETE_CHILD)
        return ike_delete_child(e, p.now_ns, sa, spis[second]);
    if (kind == TASK_REKEY_IKE)
        return ike_rekey(e, p.now_ns, sa);
    if (kind == TASK_DELETE)
        return ike_delete(e, p.now_ns, sa);
    return ike_inform(e, p.now_ns, sa, &nothing);
}

static uint32_t under_way(void)
{
    pair_run_for(&p, 0);
    return ike_tasks_under_way(p.end[A].engine, ike_sa_numbered(p.end[A].engine, p.end[A].sa));
}

enum { KINDS = 6 };
static const enum ike_task_kind kinds[KINDS] = {TASK_INFORM,       TASK_NEW_CHILD, TASK_REKEY_CHILD,
                                                TASK_DELETE_CHILD, TASK_REKEY_IKE, TASK_DELETE};
/* clang-format off */
static const bool beside[KINDS][KINDS] = {
    /* under way          inform new    rekey  close  rekey IKE, close it */
    /* inform */         { true,  true,  true,  true,  true,     false },
    /* new Child SA */   { true,  true,  true,  true,  false,    false },
    /* rekey one */      { true,  true,  true,  true,  false,    false },
    /* close one */      { true,  true,  true,  true,  false,    false },
    /* rekey IKE SA */   { true,  false, false, false, false,    false },
};
/* clang-format on */

static void test_requests_go_beside_others_but_where_one_would_undo_the_other(void)
{
    for (size_t first = 0; first < KINDS - 1; first++)
        for (size_t then = 0; then < KINDS; then++) {
            if (kinds[first] == TASK_REKEY_IKE && kinds[then] == TASK_REKEY_IKE)
                continue; /* that is one and the same */
            begin();
            connect();
            EXPECT(ask(kinds[first], false));
            EXPECT_EQ(under_way(), 1);
            (void)ask(kinds[then], true);
            if (!EXPECT_EQ(under_way(), beside[first][then] ? 2 : 1))
                (void)printf("# kind %zu beside %zu\n", then, first);
            p.touch = NULL; /* all are done in the end, but after the last */
            pair_run(&p);
            EXPECT_EQ(p.end[A].engine->tasks.used, 0);
            EXPECT(pair_is_empty(&p) == (kinds[then] == TASK_DELETE));
            pair_close(&p);
        }
}

/* RFC 7296 2.8.3, RFC 4478 2: where the old IKE SA goes first, nothing of it is under way then. */
static void test_authentication_anew_waits_for_what_is_under_way(void)
{
    begin();
    p.end[A].policy.reauth = REAUTH_BREAK_FIRST;
    p.end[A].policy.reauth_ns = UINT64_C(20000000000);
    connect();
    pair_run_for(&p, UINT64_C(17000000000));
    EXPECT(ask(TASK_INFORM, false));
    p.trace_len = 0;
    p.trace[0] = '\0';
    pair_run_for(&p, UINT64_C(4000000000)); /* its time has come */
    EXPECT(strstr(p.trace, "SK{}") != NULL && strstr(p.trace, "D(IKE)") == NULL);
    p.touch = NULL;
    pair_run_for(&p, UINT64_C(10000000000));
    EXPECT(strstr(p.trace, "D(IKE)") != NULL && strstr(p.trace, "IKE_SA_INIT") != NULL);
    EXPECT(pair_agrees(&p, 2));
    pair_close(&p);
}

static bool lose_from_a(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                        int number)
{
    return from == B || pair_touch_lose(pair, from, bytes, len, number);
}

/* RFC 5685 5: the same, where the peer has sent us elsewhere. */
static void test_going_elsewhere_waits_for_what_is_under_way(void)
{
    const struct ike_gateway other = {.addr = ike_addr_v4(0xc0000263u, 0)};
    begin();
    p.end[A].policy.takes_redirects = true;
    connect();
    p.touch = lose_from_a;
    EXPECT(ask(TASK_INFORM, false));
    EXPECT_EQ(under_way(), 1);
    p.trace_len = 0;
    p.trace[0] = '\0';
    EXPECT(ike_redirect(p.end[B].engine, p.now_ns, p.end[B].sa, &other));
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT(strstr(p.trace, "N(REDIRECT)") != NULL && strstr(p.trace, "IKE_SA_INIT") == NULL);
    p.touch = NULL;
    pair_run_for(&p, UINT64_C(10000000000));
    EXPECT(strstr(p.trace, "IKE_SA_INIT") != NULL && strstr(p.trace, "D(IKE)") != NULL);
    pair_close(&p);
}

/* RFC 7296 2.3: the first of eight is lost, and what waits behind it is asked at once when it is
 * answered: eight more, and the rest as those are. */
static void test_a_window_that_opens_again_is_filled_at_once(void)
{
    enum { REQUESTS = 20 };
    static const struct ike_inform nothing;
    begin();
    p.end[A].config.window = p.end[B].config.window = IKE_WINDOW_MAX;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    p.options.lose = p.sent;
    for (int i = 0; i < REQUESTS; i++)
        EXPECT(ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa, &nothing));
    pair_run_for(&p, UINT64_C(500000000));
    EXPECT_EQ(pair_count(&p, A, IKE_INFORMED), IKE_WINDOW_MAX - 1);
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_INFORMED), REQUESTS);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_window_that_opens_again_is_filled_at_once),
        TEST(test_requests_go_beside_others_but_where_one_would_undo_the_other),
        TEST(test_authentication_anew_waits_for_what_is_under_way),
        TEST(test_going_elsewhere_waits_for_what_is_under_way),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
