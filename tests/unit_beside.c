/* SPDX-License-Identifier: MIT
 * Records beside SAs, and turns that fail when they have changed them: each call
 * that may fail does, one after another, and then the record, and what hangs on
 * it elsewhere, is as it was. */
#include "ike/engine.h"
#include "tests/by_tcp.h"
#include "tests/faults.h"
#include "tests/test.h"

#include <stdio.h>

enum { FAULTS_MAX = 500 };

#define SECOND UINT64_C(1000000000)

static struct pair p;

static const struct pair_options options = {.provider = PAIR_MODELLED,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE,
                                            .faults = true};

struct change {
    void (*prepare)(void);
    void (*before)(void); /* nothing fails here */
    void (*act)(void);
    bool (*is_whole)(void);
};

static void check(const struct change *change)
{
    int number = 0;
    for (bool more = true; more && number < FAULTS_MAX; number++) {
        pair_init(&p, options);
        change->prepare();
        pair_open(&p);
        change->before();
        faults_arm(number);
        change->act();
        more = faults_seen() > number;
        faults_arm(-1);
        if (!EXPECT(change->is_whole()))
            (void)printf("# after fault %d\n%s", number, p.trace);
        pair_forget(&p);
        EXPECT(pair_is_empty(&p));
        pair_close(&p);
    }
    EXPECT(number > 1 && number < FAULTS_MAX);
}

static void nothing(void)
{
}

static void connect(void)
{
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND / 2);
}

/* ---- TCP ---- */

static void by_tcp(void)
{
    at_once(&p, A, B);
}

/* A connection is in use exactly when an SA goes by it. */
static bool connections_are_of_sas(void)
{
    for (int i = 0; i < 2; i++) {
        const struct ike_engine *const e = p.end[i].engine;
        const bool used = e->besides[BESIDE_TCP].pool.used > 0;
        if (p.stream_count > 0 && !used && ike_stream_in_use(e, p.streams[0].number[i]))
            return false;
    }
    return true;
}

static void test_an_attempt_that_fails_leaves_its_connection_to_others(void)
{
    check(&(struct change){by_tcp, nothing, connect, connections_are_of_sas});
}

/* ---- tickets ---- */

static void with_tickets(void)
{
    static const uint8_t secret[] = {1, 2, 3, [IKE_TICKET_SECRET - 1] = 4};
    p.end[A].policy.tickets = true;
    p.end[B].config.tickets = (struct ike_ticket_config){
        .kind = TICKET_REFERENCE, .secret = secret, .stored = 8, .lifetime_ns = 600 * SECOND};
}

static void ask_for_another(void)
{
    EXPECT(ike_stats(p.end[B].engine).tickets == 1);
    (void)ike_want_ticket(p.end[A].engine, p.now_ns, p.end[A].sa);
    pair_run_for(&p, 5 * SECOND);
}

static bool one_ticket_is_out(void)
{
    return pair_agrees(&p, 1) && ike_stats(p.end[B].engine).tickets == 1;
}

/* RFC 5723 6.2: one that could not be given away is none, and the one before is good still. */
static void test_a_ticket_whose_answer_fails_is_taken_back(void)
{
    check(&(struct change){with_tickets, connect, ask_for_another, one_ticket_is_out});
}

/* ---- keys that are derived later ---- */

static void derived_late(void)
{
    p.end[B].config.derive_late = true;
}

/* Each pair of keys is of an SA that still waits for it. */
static bool pairs_are_of_sas(void)
{
    const struct ike_engine *const e = p.end[B].engine;
    return e->pairs.used == e->besides[BESIDE_LATE].pool.used;
}

static void test_a_key_pair_goes_with_the_attempt_that_fails(void)
{
    check(&(struct change){derived_late, nothing, connect, pairs_are_of_sas});
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_attempt_that_fails_leaves_its_connection_to_others),
        TEST(test_a_ticket_whose_answer_fails_is_taken_back),
        TEST(test_a_key_pair_goes_with_the_attempt_that_fails),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
