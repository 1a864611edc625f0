/* SPDX-License-Identifier: MIT
 * Puzzles of IKE_SA_INIT and of IKE_AUTH (RFC 8019 7.1, 7.2): given, solved,
 * ignored, wrong, and no good a second time. */
#include "ike/engine.h"
#include "ike/puzzle.h"
#include "ike/v2/payload.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

/* The responder gives puzzles always; the initiator solves those of 12 bits. */
static void with_puzzles(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[r].config.puzzles = (struct ike_puzzle_config){.bits = 10, .bits_max = 16};
    pair->end[i].config.puzzle_bits = 12;
}

static bool agree(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1);
}

#define ARROW_PUZZLE   "B>A  IKE_SA_INIT     rsp 0  N(COOKIE) N(PUZZLE)\n"
#define ARROW_SOLVED   "A>B  IKE_SA_INIT     req 0  N(COOKIE) PS SAi1 KEi Ni " NAT_D "\n"
#define ARROW_UNSOLVED "A>B  IKE_SA_INIT     req 0  N(COOKIE) SAi1 KEi Ni " NAT_D "\n"

static void test_a_puzzle_is_solved_and_the_solution_comes_with_its_cookie(void)
{
    flow_check(&(struct flow){
        .prepare = with_puzzles,
        .trace =
            ARROW_INIT_REQ ARROW_PUZZLE ARROW_SOLVED ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP,
        .ended = agree});
}

/* RFC 8019 7.1.1.1: difficulty 0, and the initiator does what it can: here all there is. */
static void with_free_choice(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_puzzles(pair, i, r);
    pair->end[r].config.puzzles = (struct ike_puzzle_config){.bits = 0, .bits_max = 12};
}

static void test_difficulty_nought_leaves_the_work_to_the_initiator(void)
{
    flow_check(&(struct flow){
        .prepare = with_free_choice,
        .trace =
            ARROW_INIT_REQ ARROW_PUZZLE ARROW_SOLVED ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP,
        .ended = agree});
}

static void run(void (*prepare)(struct pair *pair, enum pair_side i, enum pair_side r))
{
    pair_init(&p, plain);
    prepare(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
}

/* Who does half the work is served half the time, and after another puzzle otherwise. */
static void test_who_does_less_is_served_less_often(void)
{
    int at_once = 0;
    for (int round = 0; round < 200; round++) {
        pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE});
        with_puzzles(&p, A, B);
        p.end[B].config.puzzles = (struct ike_puzzle_config){.bits = 0, .bits_max = 24};
        p.end[B].random += 1000 + (uint64_t)round;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(100000000));
        at_once += p.end[B].reasons[WHY_PUZZLE_WANTED] == 1;
        pair_close(&p);
    }
    EXPECT(at_once > 70 && at_once < 130);
}

static void unwilling(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_puzzles(pair, i, r);
    pair->end[i].config.puzzle_bits = 0;
}

static void too_hard(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_puzzles(pair, i, r);
    pair->end[r].config.puzzles.bits = 13;
}

static void lucky(struct pair *pair, enum pair_side i, enum pair_side r)
{
    unwilling(pair, i, r);
    pair->end[r].config.puzzles.legacy_ppm = 1000000;
}

/* RFC 8019 7.1.2: it brings the cookie alone, and has the lowest priority. */
static void test_who_solves_none_is_asked_again_until_it_gives_up(void)
{
    run(unwilling);
    EXPECT_EQ(p.end[A].ends[WHY_COOKIE_LOOP], 1);
    EXPECT_EQ(p.end[A].events[0].notify, N_COOKIE);
    EXPECT_EQ(p.end[B].engine->sas.used, 0);
    pair_close(&p);
    run(too_hard);
    EXPECT_EQ(p.end[A].ends[WHY_COOKIE_LOOP], 1);
    pair_close(&p);
}

static void test_some_who_solve_none_are_served_all_the_same(void)
{
    flow_check(&(struct flow){
        .prepare = lucky,
        .trace =
            ARROW_INIT_REQ ARROW_PUZZLE ARROW_UNSOLVED ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP,
        .ended = agree});
}

static void with_another_group(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_puzzles(pair, i, r);
    pair_offer(pair, i, "aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16");
    pair_offer(pair, r, "aes256gcm16-prfsha256-ecp256", "aes256gcm16");
}

/* RFC 7296 2.6.1 for puzzles: nobody works twice for a group that was wrong. */
static void test_the_solution_stays_good_when_the_group_changes(void)
{
    flow_check(&(struct flow){.prepare = with_another_group,
                              .trace = ARROW_INIT_REQ ARROW_PUZZLE ARROW_SOLVED
                              "B>A  IKE_SA_INIT     rsp 0  N(INVALID_KE_PAYLOAD)\n" ARROW_SOLVED
                                  ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP,
                              .ended = agree});
}

/* RFC 8019 6: the more half-open SAs, the harder. */
static void test_each_doubling_of_half_open_sas_costs_a_bit(void)
{
    static const struct {
        uint32_t half_open;
        uint8_t bits;
    } rows[] = {{0, 0},    {99, 0},   {100, 10}, {199, 10},
                {200, 11}, {400, 12}, {799, 12}, {1000000, 16}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pair_init(&p, plain);
        with_puzzles(&p, A, B);
        p.end[B].config.puzzles.on_at = 100;
        p.end[A].config.puzzle_bits = 0;
        pair_open(&p);
        p.end[B].engine->half_open = rows[i].half_open;
        (void)pair_connect(&p);
        pair_run_for(&p, 15000000);
        EXPECT_EQ(p.end[B].reasons[WHY_PUZZLE_WANTED], rows[i].bits == 0 ? 0 : 1);
        if (rows[i].bits != 0) { /* the answer on its way: header, COOKIE of 8 + 41, PUZZLE */
            struct ike_reader r = rd_open((struct ike_bytes){p.flight[0].bytes, p.flight[0].len});
            rd_skip(&r, 28 + 8 + 41 + 8 + 2);
            EXPECT_EQ(rd_u8(&r), rows[i].bits);
        }
        p.end[B].engine->half_open = ike_stats(p.end[B].engine).half_open % 2;
        p.end[B].engine->half_open = rows[i].bits == 0 ? 1 : 0;
        pair_close(&p);
    }
}

/* ---- hostile ---- */

static uint8_t solved[IKE_MESSAGE_MAX];
static size_t solved_len;
static uint8_t spoil; /* octet of the solution, from 1 */

/* Keeps the first request with a solution, and may spoil it. */
static bool catch_solved(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                         int number)
{
    (void)pair;
    if (from != A || number != 2)
        return true;
    const size_t ps = 28 + 8 + 41;
    if (spoil == 17) /* the same key four times */
        for (size_t i = 4; i < 16; i++)
            bytes[ps + 4 + i] = bytes[ps + 4 + i % 4];
    else if (spoil != 0)
        bytes[ps + 4 + spoil - 1] ^= 0x10;
    memcpy(solved, bytes, *len);
    solved_len = *len;
    return true;
}

/* RFC 8019 7.1.4: all four are looked at. */
static void test_a_wrong_key_among_the_four_is_found(void)
{
    static const uint8_t spoilt[] = {1, 8, 12, 16, 17};
    for (size_t i = 0; i < sizeof spoilt; i++) {
        pair_init(&p, plain);
        with_puzzles(&p, A, B);
        p.touch = catch_solved;
        spoil = spoilt[i];
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT_EQ(p.end[B].reasons[WHY_PUZZLE_WRONG], 1);
        EXPECT(pair_agrees(&p, 1)); /* the next puzzle is solved well */
        pair_close(&p);
    }
    spoil = 0;
}

/* The request kept, with so many octets of solution. */
static enum ike_why inject_solution(size_t len)
{
    static uint8_t room[IKE_MESSAGE_MAX];
    const size_t ps = 28 + 8 + 41;
    const size_t after = ps + 4 + IKE_PUZZLE_SOLUTION;
    memset(room, 7, sizeof room);
    memcpy(room, solved, ps + 4);
    memcpy(room + ps + 4, solved + ps + 4, len < IKE_PUZZLE_SOLUTION ? len : IKE_PUZZLE_SOLUTION);
    memcpy(room + ps + 4 + len, solved + after, solved_len - after);
    const size_t whole = solved_len - IKE_PUZZLE_SOLUTION + len;
    room[ps + 2] = (uint8_t)((4 + len) >> 8);
    room[ps + 3] = (uint8_t)(4 + len);
    room[26] = (uint8_t)(whole >> 8);
    room[27] = (uint8_t)whole;
    return pair_inject(&p, B, room, whole);
}

static bool catch_and_lose(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                           int number)
{
    (void)catch_solved(pair, from, bytes, len, number);
    return number < 2;
}

/* RFC 8019 7.1.3, 7.1.4: four keys of one length, none longer than the PRF's. */
static void test_a_solution_of_another_length_is_none(void)
{
    static const size_t lens[] = {0, 1, 3, 15, 17, 4 * 32, 4 * 33};
    pair_init(&p, plain);
    with_puzzles(&p, A, B);
    p.touch = catch_and_lose;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000));
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        p.trace_len = 0;
        p.trace[0] = '\0';
        if (!EXPECT_EQ(inject_solution(lens[i]), i == 0 ? WHY_PUZZLE_WANTED : WHY_PUZZLE_WRONG))
            EXPECT_EQ(lens[i], -1);                             /* says which */
        EXPECT(strstr(p.trace, "N(COOKIE) N(PUZZLE)") != NULL); /* the next one */
    }
    EXPECT_EQ(p.end[B].engine->sas.used, 0);
    EXPECT_EQ(inject_solution(IKE_PUZZLE_SOLUTION), WHY_OK);
    pair_close(&p);
}

/* RFC 8019 10: work done once makes one SA. */
static void test_a_solution_is_good_for_one_sa(void)
{
    pair_init(&p, plain);
    with_puzzles(&p, A, B);
    p.touch = catch_solved;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(pair_inject(&p, B, solved, solved_len), WHY_RETRANSMITTED);
    solved[solved_len - 1] ^= 1; /* another message with the same cookie and solution */
    p.trace_len = 0;
    p.trace[0] = '\0';
    EXPECT_EQ(pair_inject(&p, B, solved, solved_len), WHY_PUZZLE_SPENT);
    EXPECT_STR(p.trace, ARROW_PUZZLE); /* another one */
    solved[28 + 8 + 3] ^= 1;           /* a time of one's own choice */
    EXPECT_EQ(pair_inject(&p, B, solved, solved_len), WHY_COOKIE_WRONG);
    EXPECT_EQ(p.end[B].engine->sas.used, 1);
    pair_close(&p);
}

/* RFC 8019 7.1.2, 8.1 */
static void test_a_puzzle_that_cannot_be_read_is_passed_over(void)
{
    for (int variant = 0; variant < 2; variant++) {
        uint8_t room[128];
        struct ike_writer w = wr_open(room, sizeof room);
        size_t link = 16;
        pair_init(&p, plain);
        with_puzzles(&p, A, B);
        pair_open(&p);
        (void)pair_connect(&p);
        const struct ike_sa *const sa =
            ike_sa_numbered(p.end[A].engine, p.end[A].engine->serial << 24 | 1);
        ike_put_header(&w, &(struct ike_header){.spi_i = sa->spi_i,
                                                .version = IKE_VERSION_2,
                                                .exchange = IKE_SA_INIT,
                                                .flags = FLAG_RESPONSE});
        if (variant == 1)
            ike_put_status(&w, &link, N_COOKIE, (struct ike_bytes){(const uint8_t *)"cookie", 6});
        ike_put_status(&w, &link, N_PUZZLE, (struct ike_bytes){(const uint8_t *)"\0\5\12x", 4});
        ike_end_message(&w);
        EXPECT_EQ(pair_inject(&p, A, room, w.len), WHY_PUZZLE_SYNTAX);
        pair_run(&p);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
}

/* ---- IKE_AUTH ---- */

static void with_two_puzzles(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_puzzles(pair, i, r);
    pair->end[r].config.puzzles.auth_bits = 9;
}

#define ARROW_INIT_RSP_PUZZLE "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr N(PUZZLE) " NAT_D "\n"
#define ARROW_AUTH_REQ_PS     "A>B  IKE_AUTH        req 1  PS SK{IDi AUTH SAi2 TSi TSr}\n"
#define ARROWS_FIRST          ARROW_INIT_REQ ARROW_PUZZLE ARROW_SOLVED

/* RFC 8019 7.2.1, figure 4; 7.2.2, figure 5 */
static void test_another_puzzle_is_solved_in_front_of_what_is_sealed(void)
{
    flow_check(
        &(struct flow){.prepare = with_two_puzzles,
                       .trace = ARROWS_FIRST ARROW_INIT_RSP_PUZZLE ARROW_AUTH_REQ_PS ARROW_AUTH_RSP,
                       .ended = agree});
}

static void in_fragments(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_two_puzzles(pair, i, r);
    pair->end[i].policy.fragment = 200;
    pair->end[r].policy.fragment = 200;
}

/* RFC 8019 7.2.2: PS in the first fragment, and nowhere else. */
static void test_the_solution_stands_in_the_first_fragment_alone(void)
{
    flow_check(&(struct flow){.prepare = in_fragments,
                              .trace = "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D
                                       " N(IKEV2_FRAGMENTATION_SUPPORTED)\n" ARROW_PUZZLE
                                       "A>B  IKE_SA_INIT     req 0  N(COOKIE) PS SAi1 KEi Ni " NAT_D
                                       " N(IKEV2_FRAGMENTATION_SUPPORTED)\n"
                                       "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr N(PUZZLE) " NAT_D
                                       " N(IKEV2_FRAGMENTATION_SUPPORTED)\n"
                                       "A>B  IKE_AUTH        req 1  PS SKF(1/2)\n"
                                       "A>B  IKE_AUTH        req 1  SKF(2/2)\n"
                                       "B>A  IKE_AUTH        rsp 1  SKF(1/2)\n"
                                       "B>A  IKE_AUTH        rsp 1  SKF(2/2)\n",
                              .ended = agree});
}

/* What A's messages are to look like; `number` is the pair's. */
static int touched;
static uint8_t kept[IKE_MESSAGE_MAX];
static size_t kept_len;

enum { AUTH_REQUEST = 4, AT_PS = 28, PS_LEN = 4 + IKE_PUZZLE_SOLUTION };

static void open_with(bool (*touch)(struct pair *pair, enum pair_side from, uint8_t *bytes,
                                    size_t *len, int number))
{
    pair_init(&p, plain);
    with_two_puzzles(&p, A, B);
    p.touch = touch;
    touched = 0;
    pair_open(&p);
    (void)pair_connect(&p);
}

/* The first IKE_AUTH goes out with one wrong octet: of key 1 to 4, or of what is sealed. */
static bool spoil_auth(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                       int number)
{
    (void)pair;
    if (from != A || number != AUTH_REQUEST)
        return true;
    bytes[spoil == 0 ? *len - 1 : AT_PS + 4 + 4 * (size_t)(spoil - 1) + 3] ^= 0x10;
    return true;
}

/* RFC 8019 7.2.4: all four are looked at; the SA waits for a better message. */
static void test_a_wrong_solution_in_ike_auth_is_dropped_and_the_next_copy_is_taken(void)
{
    for (spoil = 1; spoil <= 4; spoil++) {
        open_with(spoil_auth);
        pair_run(&p);
        EXPECT_EQ(p.end[B].reasons[WHY_WORK_WRONG], 1);
        EXPECT_EQ(p.end[B].reasons[WHY_BAD_ICV], 0);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
    spoil = 0;
}

/* Cuts PS out of every IKE_AUTH. */
static bool cut_solution(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                         int number)
{
    (void)pair;
    if (from != A || number < AUTH_REQUEST)
        return true;
    bytes[16] = bytes[AT_PS];
    memmove(bytes + AT_PS, bytes + AT_PS + PS_LEN, *len - AT_PS - PS_LEN);
    *len -= PS_LEN;
    bytes[26] = (uint8_t)(*len >> 8);
    bytes[27] = (uint8_t)*len;
    touched++;
    return true;
}

/* RFC 8019 7.2.4: silently, each of them; 4.1: until the half-open SA has had its time. */
static void test_ike_auth_without_the_solution_is_dropped_until_the_sa_expires(void)
{
    open_with(cut_solution);
    pair_run(&p);
    EXPECT_EQ(touched, 5);
    EXPECT_EQ(p.end[B].reasons[WHY_WORK_WANTED], 5);
    EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_run(&p);
    EXPECT_EQ(p.end[B].ends[WHY_HALF_OPEN_EXPIRED], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* The first IKE_AUTH is kept back. */
static bool keep_auth(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)pair;
    (void)number;
    if (from != A || bytes[18] != IKE_AUTH || touched++ > 0)
        return true;
    memcpy(kept, bytes, *len);
    kept_len = *len;
    return false;
}

/* RFC 8019 7.2.4: nothing sealed is looked at before; and after that no solution is. */
static void test_the_solution_comes_before_the_keys_and_is_looked_at_once(void)
{
    open_with(keep_auth);
    pair_run_for(&p, 100000000);
    EXPECT(kept_len > 0);
    kept[kept_len - 1] ^= 1;
    kept[AT_PS + 7] ^= 1;
    EXPECT_EQ(pair_inject(&p, B, kept, kept_len), WHY_WORK_WRONG);
    kept[AT_PS + 7] ^= 1;
    EXPECT_EQ(pair_inject(&p, B, kept, kept_len), WHY_BAD_ICV);
    kept[AT_PS + 7] ^= 1; /* still under the checksum, but no longer the door */
    EXPECT_EQ(pair_inject(&p, B, kept, kept_len), WHY_BAD_ICV);
    EXPECT_EQ(p.end[B].engine->puzzles.spoilt, 1);
    kept[AT_PS + 7] ^= 1;
    kept[kept_len - 1] ^= 1;
    EXPECT_EQ(pair_inject(&p, B, kept, kept_len), WHY_OK);
    EXPECT_EQ(p.end[B].engine->puzzles.spoilt, 0);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* RFC 7296 3.2: the critical bit is for those who do not know the payload. */
static void test_a_solution_may_be_marked_critical(void)
{
    pair_init(&p, plain);
    with_puzzles(&p, A, B);
    p.touch = catch_solved;
    p.options.lose = 2;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 100000000);
    solved[28 + 8 + 41 + 1] = 0x80;
    EXPECT_EQ(pair_inject(&p, B, solved, solved_len), WHY_OK);
    pair_close(&p);
}

/* Fragment 1 comes last: what overtook it was dropped, and comes again. */
static bool first_last(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                       int number)
{
    (void)pair;
    (void)bytes;
    (void)len;
    return from != A || number != AUTH_REQUEST;
}

static void test_fragments_that_come_before_the_solution_are_not_opened(void)
{
    pair_init(&p, plain);
    in_fragments(&p, A, B);
    p.touch = first_last;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_WORK_WANTED], 1);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static const char puzzled[] = ARROW_INIT_RSP_PUZZLE;

/* RFC 8019 7.2.1: MUST NOT, unless one was solved in IKE_SA_INIT. */
static void test_who_solved_none_in_ike_sa_init_gets_none_in_ike_auth(void)
{
    pair_init(&p, plain);
    lucky(&p, A, B);
    p.end[B].config.puzzles.auth_bits = 9;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(strstr(p.trace, puzzled) == NULL);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* RFC 8019 7.2: half of the half-open SAs had messages that their keys do not open. */
static void test_puzzles_for_ike_auth_begin_with_messages_that_cannot_be_opened(void)
{
    for (int spoilt = 0; spoilt <= 1; spoilt++) {
        pair_init(&p, plain);
        with_two_puzzles(&p, A, B);
        p.end[B].config.puzzles.auth_ppm = 500000;
        p.touch = keep_auth;
        touched = 0;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, 100000000); /* one is half-open */
        EXPECT(strstr(p.trace, puzzled) == NULL);
        EXPECT(kept[16] == PAYLOAD_SK);
        kept[kept_len - 1] ^= 1;
        for (int i = 0; i < 2 * spoilt; i++)
            EXPECT_EQ(pair_inject(&p, B, kept, kept_len), WHY_BAD_ICV);
        EXPECT_EQ(p.end[B].engine->puzzles.spoilt, spoilt);
        (void)pair_connect(&p);
        pair_run_for(&p, 100000000);
        EXPECT((strstr(p.trace, puzzled) != NULL) == (spoilt == 1));
        pair_run(&p);
        EXPECT_EQ(ike_stats(p.end[B].engine).established, 2);
        EXPECT_EQ(p.end[B].engine->puzzles.spoilt, 0);
        pair_close(&p);
    }
}

static void another_too_hard(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_puzzles(pair, i, r);
    pair->end[r].config.puzzles.auth_bits = 13;
}

/* RFC 8019 9: and the owner is told. */
static void test_a_puzzle_for_ike_auth_that_is_too_hard_ends_the_attempt(void)
{
    run(another_too_hard);
    EXPECT_EQ(p.end[A].reasons[WHY_PUZZLE_HARD], 1);
    EXPECT_EQ(p.end[A].ends[WHY_PUZZLE_HARD], 1);
    EXPECT_EQ(p.end[A].events[p.end[A].event_count - 1].notify, N_PUZZLE);
    EXPECT_EQ(p.end[A].engine->sas.used, 0);
    pair_close(&p);
}

static size_t blurred; /* which octet of the notification, 8: how hard it is */
static uint8_t blurred_to;

static bool blur_puzzle(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                        int number)
{
    static const uint8_t notify[] = {0, 11, 0, 0, N_PUZZLE >> 8, N_PUZZLE & 0xff};
    (void)pair;
    if (from != B || number != 3)
        return true;
    for (size_t i = 0; i + sizeof notify + 3 <= *len; i++)
        if (memcmp(bytes + i, notify, sizeof notify) == 0) {
            bytes[i + blurred] = blurred_to;
            touched++;
        }
    return true;
}

/* RFC 8019 7.2.1.1: MUST NOT be 0. */
static void test_a_puzzle_for_ike_auth_without_difficulty_is_passed_over(void)
{
    blurred = 8;
    blurred_to = 0;
    open_with(blur_puzzle);
    pair_run(&p);
    EXPECT_EQ(touched, 1);
    EXPECT_EQ(p.end[A].reasons[WHY_PUZZLE_SYNTAX], 1);
    EXPECT(pair_agrees(&p, 1)); /* with the next copy */
    pair_close(&p);
}

static void test_a_puzzle_for_ike_auth_of_a_prf_nobody_has_is_as_one_too_hard(void)
{
    blurred = 6;
    blurred_to = 0xff;
    open_with(blur_puzzle);
    pair_run(&p);
    EXPECT_EQ(touched, 1);
    EXPECT_EQ(p.end[A].reasons[WHY_PUZZLE_HARD], 1);
    EXPECT_EQ(p.end[A].ends[WHY_PUZZLE_HARD], 1); /* nothing better came in its time */
    pair_close(&p);
}

static void with_more_key_exchanges(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_two_puzzles(pair, i, r);
    pair_offer(pair, i, "aes256gcm16-prfsha256-x25519-ke1_ecp256", "aes256gcm16");
    pair_offer(pair, r, "aes256gcm16-prfsha256-x25519-ke1_ecp256", "aes256gcm16");
}

/* Keys are needed before IKE_AUTH then, and its puzzle would guard nothing. */
static void test_before_ike_intermediate_there_is_one_puzzle(void)
{
    run(with_more_key_exchanges);
    EXPECT(strstr(p.trace, "IKE_INTERMEDIATE") != NULL && strstr(p.trace, " PS SK") == NULL);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* RFC 8019 4.6: the keys stay, however often somebody sends what they do not open: each costs its
 * decryption, and no key exchange or derivation. */
static void test_keys_are_not_derived_again_for_what_they_do_not_open(void)
{
    struct ike_costs costs = {0};
    struct ike_crypto *meter;
    pair_init(&p, plain);
    p.touch = keep_auth;
    touched = 0;
    pair_open(&p);
    for (size_t row = 1; row < ike_algo_count; row++) {
        costs.kex_generate_ns[row] = costs.kex_derive_ns[row] = 1000;
        if (ike_algos[row].type != TRANSFORM_ENCR)
            costs.call_ns[row] = 1000;
    }
    meter = ike_crypto_meter(p.end[B].crypto, &costs);
    EXPECT(meter != NULL);
    p.end[B].crypto = meter;
    p.end[B].engine->crypto = meter;
    (void)pair_connect(&p);
    pair_run_for(&p, 100000000);
    EXPECT(meter->spent_ns > 0);
    meter->spent_ns = 0;
    for (int i = 0; i < 5; i++) {
        kept[kept_len - 1]++;
        EXPECT_EQ(pair_inject(&p, B, kept, kept_len), WHY_BAD_ICV);
    }
    EXPECT_EQ(meter->spent_ns, 0);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_puzzle_is_solved_and_the_solution_comes_with_its_cookie),
        TEST(test_difficulty_nought_leaves_the_work_to_the_initiator),
        TEST(test_who_does_less_is_served_less_often),
        TEST(test_who_solves_none_is_asked_again_until_it_gives_up),
        TEST(test_some_who_solve_none_are_served_all_the_same),
        TEST(test_the_solution_stays_good_when_the_group_changes),
        TEST(test_each_doubling_of_half_open_sas_costs_a_bit),
        TEST(test_a_wrong_key_among_the_four_is_found),
        TEST(test_a_solution_of_another_length_is_none),
        TEST(test_a_solution_is_good_for_one_sa),
        TEST(test_a_puzzle_that_cannot_be_read_is_passed_over),
        TEST(test_another_puzzle_is_solved_in_front_of_what_is_sealed),
        TEST(test_the_solution_stands_in_the_first_fragment_alone),
        TEST(test_a_wrong_solution_in_ike_auth_is_dropped_and_the_next_copy_is_taken),
        TEST(test_ike_auth_without_the_solution_is_dropped_until_the_sa_expires),
        TEST(test_the_solution_comes_before_the_keys_and_is_looked_at_once),
        TEST(test_a_solution_may_be_marked_critical),
        TEST(test_fragments_that_come_before_the_solution_are_not_opened),
        TEST(test_who_solved_none_in_ike_sa_init_gets_none_in_ike_auth),
        TEST(test_puzzles_for_ike_auth_begin_with_messages_that_cannot_be_opened),
        TEST(test_a_puzzle_for_ike_auth_that_is_too_hard_ends_the_attempt),
        TEST(test_a_puzzle_for_ike_auth_without_difficulty_is_passed_over),
        TEST(test_a_puzzle_for_ike_auth_of_a_prf_nobody_has_is_as_one_too_hard),
        TEST(test_before_ike_intermediate_there_is_one_puzzle),
        TEST(test_keys_are_not_derived_again_for_what_they_do_not_open),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
