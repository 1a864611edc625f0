/* SPDX-License-Identifier: MIT
 * Keys derived when the first message under them comes: the arrows are those of
 * a responder who derives at once, whatever that message is; who never comes
 * back costs no secret of a key exchange, who sends what the keys do not open
 * costs one. */
#include "ike/engine.h"
#include "ike/v2/message.h"
#include "ike/v2/payload.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static void late(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    pair->end[r].config.derive_late = true;
}

/* And nothing is left of what was kept for that. */
static bool both_up(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    const struct ike_engine *const e = pair->end[r].engine;
    return pair_agrees(pair, 1) && e->besides[BESIDE_LATE].pool.used == 0 &&
           e->pairs.used == (e->config.reuse_ns != 0 ? 1 : 0);
}

/* ---- the arrows ---- */

static void test_the_arrows_are_the_same(void)
{
    flow_check(&(struct flow){.prepare = late, .trace = ARROWS_PLAIN, .ended = both_up});
}

static void both_ends(struct pair *pair, enum pair_side i, enum pair_side r)
{
    late(pair, i, r);
    late(pair, r, i);
}

static void test_an_initiator_derives_as_ever(void)
{
    flow_check(&(struct flow){.prepare = both_ends, .trace = ARROWS_PLAIN, .ended = both_up});
}

static void untold(struct pair *pair, enum pair_side i, enum pair_side r)
{
    late(pair, i, r);
    pair->end[r].config.tell_keys = false;
}

static bool nobody_told(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    return ike_stats(pair->end[r].engine).established == 1 && pair_count(pair, r, IKE_KEYED) == 0;
}

static void test_nobody_is_told_of_keys_where_nobody_wants_them(void)
{
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    untold(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(nobody_told(&p, A, B));
    pair_close(&p);
}

static void reused(struct pair *pair, enum pair_side i, enum pair_side r)
{
    late(pair, i, r);
    pair->end[r].config.reuse_ns = UINT64_C(10000000000);
}

static void test_a_key_pair_used_again_is_kept_for_them(void)
{
    flow_check(&(struct flow){.prepare = reused, .trace = ARROWS_PLAIN, .ended = both_up});
}

static void with_group(struct pair *pair, enum pair_side i, enum pair_side r, const char *ike)
{
    late(pair, i, r);
    pair_offer(pair, i, ike, "aes256gcm16");
    pair_offer(pair, r, ike, "aes256gcm16");
}

static void with_one_more(struct pair *pair, enum pair_side i, enum pair_side r)
{
    with_group(pair, i, r, "aes256gcm16-prfsha384-x25519-ke1_ecp256");
}

#define INT_D    " N(INTERMEDIATE_EXCHANGE_SUPPORTED)"
#define FRAG_D   " N(IKEV2_FRAGMENTATION_SUPPORTED)"
#define INIT_REQ "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D
#define INIT_RSP "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D

/* RFC 9242 3.2: it is the first message under SK then. */
static void test_they_come_of_ike_intermediate_when_that_is_first(void)
{
    flow_check(&(struct flow){.prepare = with_one_more,
                              .trace = INIT_REQ INT_D
                              "\n" INIT_RSP INT_D "\n"
                              "A>B  IKE_INTERMEDIATE req 1  SK{KEi}\n"
                              "B>A  IKE_INTERMEDIATE rsp 1  SK{KEr}\n"
                              "A>B  IKE_AUTH        req 2  SK{IDi AUTH SAi2 TSi TSr}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{IDr AUTH SAr2 TSi TSr}\n",
                              .ended = both_up});
}

static void in_fragments(struct pair *pair, enum pair_side i, enum pair_side r)
{
    late(pair, i, r);
    pair->end[i].policy.fragment = pair->end[r].policy.fragment = 200;
}

static void test_they_come_of_the_first_fragment(void)
{
    flow_check(&(struct flow){.prepare = in_fragments,
                              .trace = INIT_REQ FRAG_D "\n" INIT_RSP FRAG_D "\n"
                                                       "A>B  IKE_AUTH        req 1  SKF(1/2)\n"
                                                       "A>B  IKE_AUTH        req 1  SKF(2/2)\n"
                                                       "B>A  IKE_AUTH        rsp 1  SKF(1/2)\n"
                                                       "B>A  IKE_AUTH        rsp 1  SKF(2/2)\n",
                              .settle_ns = UINT64_C(40000000000),
                              .ended = both_up});
}

static void with_cookie(struct pair *pair, enum pair_side i, enum pair_side r)
{
    late(pair, i, r);
    pair->end[r].config.cookies.on_at = 0;
}

static void test_a_cookie_comes_before_all_that(void)
{
    flow_check(&(struct flow){.prepare = with_cookie,
                              .trace = ARROW_INIT_REQ
                              "B>A  IKE_SA_INIT     rsp 0  N(COOKIE)\n"
                              "A>B  IKE_SA_INIT     req 0  N(COOKIE) SAi1 KEi Ni " NAT_D
                              "\n" ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP,
                              .ended = both_up});
}

static const uint8_t secret[32] = {1, 2, 3};

static void resumable(struct pair *pair, enum pair_side i, enum pair_side r)
{
    late(pair, i, r);
    pair->end[i].policy.tickets = true;
    pair->end[r].config.tickets =
        (struct ike_ticket_config){.kind = TICKET_VALUE, .secret = secret};
}

static void resume(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    if (pair->end[i].ticket_len == 0)
        return;
    pair_forget(pair);
    (void)pair_resume(pair);
}

#define ARROWS_TICKET                                                           \
    "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr N(TICKET_REQUEST)}\n" \
    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr N(TICKET_LT_OPAQUE)}\n"

/* RFC 5723 5.1: a ticket has no key exchange to be put off. */
static void test_a_session_is_resumed(void)
{
    flow_check(&(struct flow){.prepare = resumable,
                              .act = resume,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROWS_TICKET
                              "A>B  IKE_SESSION_RESUME req 0  Ni N(TICKET_OPAQUE) " NAT_D "\n"
                              "B>A  IKE_SESSION_RESUME rsp 0  Nr " NAT_D "\n" ARROWS_TICKET,
                              .ended = both_up});
}

/* ---- what it costs ---- */

enum { GENERATE = 1, DERIVE = 1000 };
static struct ike_costs costs;

static void meter(struct pair *pair, enum pair_side side)
{
    for (size_t i = 0; i < IKE_ALGOS_MAX; i++) {
        costs.kex_generate_ns[i] = GENERATE;
        costs.kex_derive_ns[i] = DERIVE;
    }
    if (side == B)
        pair->end[B].crypto = ike_crypto_meter(pair->end[B].crypto, &costs);
}

static uint64_t spent(void)
{
    const uint64_t ns = p.end[B].crypto->spent_ns;
    p.end[B].crypto->spent_ns = 0;
    return ns;
}

static bool to_lose; /* IKE_AUTH of A's */
static uint8_t taken[2048];
static size_t taken_len;

static bool take(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)pair;
    (void)number;
    if (from != A || bytes[18] == IKE_SA_INIT || *len > sizeof taken)
        return true;
    memcpy(taken, bytes, *len);
    taken_len = *len;
    return !to_lose;
}

static void begin(enum pair_provider provider)
{
    pair_init(&p, (struct pair_options){
                      .provider = provider, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    p.furnish = meter;
    p.touch = take;
    to_lose = true;
    taken_len = 0;
}

/* Until IKE_AUTH is asked, and lost. */
static void half_open(void)
{
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(500000000));
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    EXPECT(taken_len > 0);
}

static void come_up(void)
{
    to_lose = false;
    pair_run_for(&p, UINT64_C(20000000000));
    EXPECT(pair_agrees(&p, 1));
}

static void test_a_half_open_sa_costs_no_secret_and_less_memory(void)
{
    for (int provider = PAIR_OPENSSL; provider <= PAIR_MODELLED; provider++) {
        begin((enum pair_provider)provider);
        half_open();
        const uint64_t memory = ike_stats(p.end[B].engine).memory;
        EXPECT_EQ(spent(), GENERATE + DERIVE);
        come_up();
        const uint64_t memory_up = ike_stats(p.end[B].engine).memory;
        EXPECT_EQ(spent(), 0);
        pair_close(&p);
        begin((enum pair_provider)provider);
        late(&p, A, B);
        half_open();
        EXPECT(ike_stats(p.end[B].engine).memory < memory);
        EXPECT_EQ(spent(), GENERATE);
        come_up();
        EXPECT_EQ(spent(), DERIVE);
        EXPECT_EQ(ike_stats(p.end[B].engine).memory, memory_up);
        pair_close(&p);
    }
}

static void test_with_a_key_pair_kept_a_flood_costs_no_key_exchange_at_all(void)
{
    begin(PAIR_OPENSSL);
    reused(&p, A, B);
    half_open();
    EXPECT_EQ(spent(), GENERATE);
    for (int i = 0; i < 5; i++) {
        taken_len = 0;
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(500000000));
        EXPECT(taken_len > 0);
    }
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 6);
    EXPECT_EQ(p.end[B].engine->pairs.used, 1);
    EXPECT_EQ(spent(), 0);
    pair_close(&p);
}

/* One that is replaced meanwhile stays for those who got it. */
static void test_a_key_pair_outlasts_its_time_while_it_is_waited_for(void)
{
    begin(PAIR_OPENSSL);
    reused(&p, A, B);
    p.end[B].config.reuse_ns = 1000;
    half_open();
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(500000000));
    EXPECT_EQ(p.end[B].engine->pairs.used, 2);
    to_lose = false;
    pair_run_for(&p, UINT64_C(20000000000));
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 2);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 2);
    EXPECT_EQ(p.end[B].engine->pairs.used, 1);
    pair_close(&p);
}

static void test_who_does_not_come_back_leaves_nothing(void)
{
    begin(PAIR_OPENSSL);
    late(&p, A, B);
    half_open();
    EXPECT_EQ(p.end[B].engine->pairs.used, 1);
    pair_run_for(&p, UINT64_C(600000000000));
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(p.end[B].engine->pairs.used, 0);
    EXPECT_EQ(p.end[B].engine->besides[BESIDE_LATE].pool.used, 0);
    EXPECT_EQ(spent(), GENERATE);
    pair_close(&p);
}

/* ---- what is not the peer's ---- */

static void test_forged_messages_cost_one_derivation_together(void)
{
    for (int provider = PAIR_OPENSSL; provider <= PAIR_MODELLED; provider++) {
        begin((enum pair_provider)provider);
        late(&p, A, B);
        half_open();
        (void)spent();
        for (uint8_t i = 0; i < 5; i++) {
            uint8_t forged[sizeof taken];
            memcpy(forged, taken, taken_len);
            forged[taken_len - 1 - i] ^= 1;
            EXPECT_EQ(pair_inject(&p, B, forged, taken_len), WHY_BAD_ICV);
            EXPECT_EQ(spent(), i == 0 ? DERIVE : 0);
        }
        EXPECT_EQ(p.end[B].engine->pairs.used, 0);
        come_up();
        EXPECT_EQ(spent(), 0);
        pair_close(&p);
    }
}

/* RFC 7296 2.3, 3.14: what could not be the first message costs nothing. */
static void test_what_cannot_be_the_first_message_costs_none(void)
{
    static const struct {
        size_t at;
        uint8_t octet;
        enum ike_why why;
    } rows[] = {
        {3, 0x55, WHY_UNKNOWN_SPI}, /* of the initiator's SPI */
        {23, 7, WHY_MESSAGE_ID},    /* not 1 */
    };
    begin(PAIR_MODELLED);
    late(&p, A, B);
    half_open();
    (void)spent();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t forged[sizeof taken];
        memcpy(forged, taken, taken_len);
        forged[rows[i].at] = rows[i].octet;
        EXPECT_EQ(pair_inject(&p, B, forged, taken_len), rows[i].why);
        EXPECT_EQ(spent(), 0);
    }
    taken[16] = PAYLOAD_NONE; /* nothing is sealed: a header alone */
    taken[27] = IKE_HEADER_LEN;
    taken[26] = 0;
    EXPECT_EQ(pair_inject(&p, B, taken, IKE_HEADER_LEN), WHY_MISSING_PAYLOAD);
    EXPECT_EQ(spent(), 0);
    come_up();
    pair_close(&p);
}

/* RFC 8019 7.2: work is shown before keys are looked for. */
static void test_a_puzzle_for_ike_auth_comes_before_the_derivation(void)
{
    begin(PAIR_MODELLED);
    late(&p, A, B);
    p.end[B].config.puzzles = (struct ike_puzzle_config){.bits = 4, .bits_max = 16, .auth_bits = 9};
    p.end[A].config.puzzle_bits = 12;
    half_open();
    (void)spent();
    uint8_t forged[sizeof taken];
    memcpy(forged, taken, taken_len);
    forged[40] ^= 1; /* of its solution */
    EXPECT_EQ(pair_inject(&p, B, forged, taken_len), WHY_WORK_WRONG);
    EXPECT_EQ(spent(), 0);
    come_up();
    EXPECT_EQ(spent(), DERIVE);
    pair_close(&p);
}

/* ---- public values ---- */

/* RFC 6989 2.5: it is found out when it is to be used, and there is nothing more to be done. */
static void test_a_value_of_no_group_ends_the_sa_when_keys_are_wanted(void)
{
    for (int provider = PAIR_OPENSSL; provider <= PAIR_MODELLED; provider++) {
        begin((enum pair_provider)provider);
        late(&p, A, B);
        p.touch = pair_touch_value;
        to_lose = false;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(500000000));
        EXPECT_EQ(p.end[B].reasons[WHY_KEY_EXCHANGE], 1);
        EXPECT_EQ(p.end[B].ends[WHY_KEY_EXCHANGE], 1);
        EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 0);
        EXPECT_EQ(p.end[B].engine->sas.used, 0);
        EXPECT_EQ(p.end[B].engine->pairs.used, 0);
        pair_run_for(&p, UINT64_C(5000000000));
        EXPECT_EQ(p.end[B].reasons[WHY_KEY_EXCHANGE], 1); /* the next one knows no SA */
        EXPECT(p.end[B].reasons[WHY_UNKNOWN_SPI] > 0);
        pair_close(&p);
    }
}

/* A KEM's answer is made of its secret (RFC 9370 2.2.1), which is there then. */
static void test_a_kem_derives_at_once(void)
{
    begin(PAIR_MODELLED);
    with_group(&p, A, B, "aes256gcm16-prfsha256-mlkem768");
    half_open();
    EXPECT_EQ(p.end[B].engine->besides[BESIDE_LATE].pool.used, 0);
    EXPECT_EQ(spent(), DERIVE);
    come_up();
    EXPECT_EQ(spent(), 0);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_arrows_are_the_same),
        TEST(test_an_initiator_derives_as_ever),
        TEST(test_nobody_is_told_of_keys_where_nobody_wants_them),
        TEST(test_a_key_pair_used_again_is_kept_for_them),
        TEST(test_they_come_of_ike_intermediate_when_that_is_first),
        TEST(test_they_come_of_the_first_fragment),
        TEST(test_a_cookie_comes_before_all_that),
        TEST(test_a_session_is_resumed),
        TEST(test_a_half_open_sa_costs_no_secret_and_less_memory),
        TEST(test_with_a_key_pair_kept_a_flood_costs_no_key_exchange_at_all),
        TEST(test_a_key_pair_outlasts_its_time_while_it_is_waited_for),
        TEST(test_who_does_not_come_back_leaves_nothing),
        TEST(test_forged_messages_cost_one_derivation_together),
        TEST(test_what_cannot_be_the_first_message_costs_none),
        TEST(test_a_puzzle_for_ike_auth_comes_before_the_derivation),
        TEST(test_a_value_of_no_group_ends_the_sa_when_keys_are_wanted),
        TEST(test_a_kem_derives_at_once),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
