/* SPDX-License-Identifier: MIT
 * More key exchanges than one as arrows: IKE_INTERMEDIATE between IKE_SA_INIT and
 * IKE_AUTH (RFC 9242, RFC 9370 2.2), how they are agreed on, and what AUTH covers
 * of them. */
#include "ike/engine.h"
#include "ike/v2/intermediate.h"
#include "ike/v2/message.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#define INT_D    " N(INTERMEDIATE_EXCHANGE_SUPPORTED)\n"
#define INIT_REQ "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D INT_D
#define INIT_RSP "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D INT_D
#define MORE(id)                                  \
    "A>B  IKE_INTERMEDIATE req " id "  SK{KEi}\n" \
    "B>A  IKE_INTERMEDIATE rsp " id "  SK{KEr}\n"
#define AUTH(id)                                                   \
    "A>B  IKE_AUTH        req " id "  SK{IDi AUTH SAi2 TSi TSr}\n" \
    "B>A  IKE_AUTH        rsp " id "  SK{IDr AUTH SAr2 TSi TSr}\n"

static struct pair p;

static void offers(struct pair *pair, enum pair_side i, const char *theirs, const char *ours)
{
    pair_offer(pair, i, theirs, "aes256gcm16");
    pair_offer(pair, i == A ? B : A, ours, "aes256gcm16");
}

static bool both_up(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1) && pair->end[A].engine->mixes.used == 0 &&
           pair->end[B].engine->mixes.used == 0 && pair->end[B].engine->setups.used == 0;
}

static void one_more(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    offers(pair, i, "aes256gcm16-prfsha384-x25519-ke1_ecp256",
           "aes256gcm16-prfsha384-x25519-ke1_ecp256");
}

static void test_one_more_key_exchange_takes_one_more_round(void)
{
    flow_check(&(struct flow){
        .prepare = one_more, .trace = INIT_REQ INIT_RSP MORE("1") AUTH("2"), .ended = both_up});
}

static void seven_more(struct pair *pair, enum pair_side i, enum pair_side r)
{
    static const char all[] = "aes256-sha256-x25519-ke1_ecp256-ke2_ecp384-ke3_ecp521-ke4_x448-"
                              "ke5_modp2048-ke6_modp3072-ke7_ecp256bp";
    (void)r;
    offers(pair, i, all, all);
}

static void test_seven_more_take_seven_rounds(void)
{
    flow_check(&(struct flow){.prepare = seven_more,
                              .trace = INIT_REQ INIT_RSP MORE("1") MORE("2") MORE("3") MORE("4")
                                  MORE("5") MORE("6") MORE("7") AUTH("8"),
                              .ended = both_up});
}

static void in_fragments(struct pair *pair, enum pair_side i, enum pair_side r)
{
    offers(pair, i, "aes256gcm16-prfsha256-x25519-ke1_modp3072",
           "aes256gcm16-prfsha256-x25519-ke1_modp3072");
    pair->end[i].policy.fragment = 300;
    pair->end[r].policy.fragment = 400;
}

#define FRAG_D " N(IKEV2_FRAGMENTATION_SUPPORTED)"
/* RFC 9242 3.3.2: AUTH covers the message as it was before it was cut. */
static void test_what_was_cut_is_covered_as_if_it_had_not_been(void)
{
    flow_check(&(struct flow){.prepare = in_fragments,
                              .trace = "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D FRAG_D INT_D
                                       "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D FRAG_D INT_D
                                       "A>B  IKE_INTERMEDIATE req 1  SKF(1/2)\n"
                                       "A>B  IKE_INTERMEDIATE req 1  SKF(2/2)\n"
                                       "B>A  IKE_INTERMEDIATE rsp 1  SKF(1/2)\n"
                                       "B>A  IKE_INTERMEDIATE rsp 1  SKF(2/2)\n" AUTH("2"),
                              .settle_ns = UINT64_C(40000000000),
                              .ended = both_up});
}

/* ---- what is agreed on ---- */

static bool connects(enum pair_provider provider, const char *theirs, const char *ours)
{
    pair_init(&p, (struct pair_options){
                      .provider = provider, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    offers(&p, A, theirs, ours);
    pair_open(&p);
    const bool began = pair_connect(&p) != 0;
    pair_run(&p);
    return began;
}

static size_t rounds(void)
{
    size_t count = 0;
    for (const char *at = p.trace; (at = strstr(at, "A>B  IKE_INTERMEDIATE")) != NULL; at++)
        count++;
    return count;
}

#define SUITE "aes256gcm16-prfsha256-x25519"
static void test_both_agree_on_what_both_would_do(void)
{
    static const struct {
        const char *theirs, *ours;
        int rounds; /* -1: no proposal chosen */
    } rows[] = {
        {SUITE, SUITE, 0},
        {SUITE "-ke1_ecp256", SUITE, -1},
        {SUITE, SUITE "-ke1_ecp256", -1},
        {SUITE "-ke1_ecp256-ke1_none", SUITE, 0},
        {SUITE, SUITE "-ke1_ecp256-ke1_none", 0},
        {SUITE "-ke1_ecp256-ke1_none", SUITE "-ke1_ecp256-ke1_none", 1},
        {SUITE "-ke1_ecp256-ke1_none", SUITE "-ke1_none-ke1_ecp256", 0},
        {SUITE "-ke1_ecp256", SUITE "-ke1_ecp384-ke1_ecp256", 1},
        {SUITE "-ke1_ecp256", SUITE "-ke1_ecp384", -1},
        {SUITE "-ke1_ecp256", SUITE "-ke1_ecp384-ke1_none", -1},
        {SUITE "-ke1_ecp256", SUITE "-ke2_ecp256", -1},
        {SUITE "-ke2_ecp256-ke5_ecp384", SUITE "-ke2_ecp256-ke5_ecp384", 2},
        {SUITE "-ke2_ecp256-ke5_ecp384-ke5_none", SUITE "-ke2_ecp256", 1},
        /* RFC 9370 2.2.1: none twice, so the other one comes first */
        {SUITE "-ke2_ecp256-ke2_ecp384-ke3_ecp256", SUITE "-ke2_ecp256-ke2_ecp384-ke3_ecp256", 2},
        {SUITE "-ke2_ecp256-ke3_ecp256", SUITE "-ke2_ecp256-ke3_ecp256", -1},
        {SUITE "-ke2_ecp256-ke3_ecp256-ke3_none", SUITE "-ke2_ecp256-ke3_ecp256-ke3_none", 1},
        {SUITE "-ke1_x25519", SUITE "-ke1_x25519", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool good = EXPECT(connects(PAIR_OPENSSL, rows[i].theirs, rows[i].ours));
        good = EXPECT_EQ(pair_agrees(&p, 1), rows[i].rounds >= 0) && good;
        good = EXPECT_EQ(rounds(), rows[i].rounds >= 0 ? (size_t)rows[i].rounds : 0) && good;
        if (!good)
            (void)printf("# with %s and %s\n%s", rows[i].theirs, rows[i].ours, p.trace);
        pair_close(&p);
    }
}

/* A library that has no ML-KEM says so when its turn comes; the stand-in has it. */
static void test_a_kem_comes_after_a_group(void)
{
    char text[64];
    for (uint8_t i = ALGO_MLKEM512; i <= ALGO_MLKEM1024; i++) {
        (void)snprintf(text, sizeof text, SUITE "-ke1_%s", ike_algos[i].name);
        EXPECT(connects(PAIR_MODELLED, text, text));
        EXPECT(pair_agrees(&p, 1));
        EXPECT_STR(p.trace, INIT_REQ INIT_RSP MORE("1") AUTH("2"));
        const uint64_t now_ns = p.now_ns;
        EXPECT(now_ns > 0);
        pair_close(&p);
        (void)connects(PAIR_OPENSSL, text, text);
        EXPECT_EQ(pair_agrees(&p, 1), ike_crypto_has(p.end[A].crypto, i));
        pair_close(&p);
    }
}

static void test_what_is_no_such_key_exchange_is_not_read(void)
{
    static const char *const words[] = {"ke0_x25519",   "ke8_x25519", "ke1_sha256", "ke1_",
                                        "ke1_nonesuch", "ke1_nones",  "ke1x25519",  "ke_x25519"};
    struct ike_offer offer;
    const char *bad;
    char text[64];
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        (void)snprintf(text, sizeof text, SUITE "-%s", words[i]);
        EXPECT(!ike_offer_parse(text, &offer, &bad));
        EXPECT(bad == text + sizeof SUITE);
    }
    EXPECT(!ike_offer_parse(SUITE "-ke1_ecp256-ke1_ecp256", &offer, &bad)); /* said twice */
    EXPECT(ike_offer_parse(SUITE "-ke1_ecp256-ke2_ecp256-ke2_none", &offer, &bad));
    EXPECT_EQ(offer.count, 6);
    EXPECT_EQ(ike_offer_type(&offer, 3), TRANSFORM_ADDKE1);
    EXPECT_EQ(ike_offer_type(&offer, 5), TRANSFORM_ADDKE1 + 1);
}

/* ---- what cannot be ---- */

static void begin(const char *theirs, const char *ours)
{
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    offers(&p, A, theirs, ours);
    p.end[A].config.retransmit.sends = 2;
}

/* The half that SK_pi and SK_pr cover: another octet in what one end believes was said. */
static bool spoil(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)len;
    (void)bytes;
    (void)number;
    (void)from;
    if (pair->sent != 5) /* IKE_AUTH is on its way */
        return true;
    struct ike_engine *const engine = pair->end[B].engine;
    const struct ike_sa *const sa = ike_sa_numbered(engine, pair->end[B].sa);
    struct ike_mix *const mix = ike_pool_at(&engine->mixes, ike_setup_of(engine, sa)->mix);
    mix->now.int_i[0] ^= 1;
    return true;
}

static void test_auth_covers_every_intermediate_message(void)
{
    begin(SUITE "-ke1_ecp256", SUITE "-ke1_ecp256");
    p.touch = spoil;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_AUTHENTICATION], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* B forgets that more was agreed on, and asks nothing less of A: A's policy is changed under its
 * hands, so that it asks the exchanges in another order. */
static bool other_order(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                        int number)
{
    (void)bytes;
    (void)len;
    if (from != B || number != 1)
        return true;
    struct ike_engine *const engine = pair->end[B].engine;
    const struct ike_sa *const sa = ike_sa_numbered(engine, pair->end[B].sa);
    struct ike_mix *const mix = ike_pool_at(&engine->mixes, ike_setup_of(engine, sa)->mix);
    mix->addke[0] = ALGO_ECP384;
    return true;
}

static void test_another_method_than_agreed_on_is_refused(void)
{
    begin(SUITE "-ke1_ecp256", SUITE "-ke1_ecp256");
    p.touch = other_order;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_ADDKE_METHOD], 1);
    EXPECT_EQ(p.end[A].ends[WHY_PEER_REFUSED], 1); /* RFC 7296 2.21.2: it is told */
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* IKE_AUTH instead of the exchange agreed on. */
static bool auth_too_soon(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                          int number)
{
    (void)bytes;
    (void)len;
    if (from != B || number != 1)
        return true;
    struct ike_engine *const engine = pair->end[B].engine;
    struct ike_sa *const sa = ike_sa_numbered(engine, pair->end[B].sa);
    sa->state = S_KEYED; /* what B would be if nothing more had been agreed on */
    return true;
}

static void test_an_exchange_nobody_agreed_on_is_refused(void)
{
    begin(SUITE "-ke1_ecp256", SUITE "-ke1_ecp256");
    p.touch = auth_too_soon;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_EXCHANGE_TYPE], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static bool part_keyed_again(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                             int number)
{
    (void)bytes;
    (void)len;
    if (from == A && number == 4) /* as if A asked for IKE_AUTH with one more to come */
        ike_sa_numbered(pair->end[B].engine, pair->end[B].sa)->state = S_PART_KEYED;
    return true;
}

static void test_ike_auth_before_all_key_exchanges_is_refused(void)
{
    begin(SUITE "-ke1_ecp256", SUITE "-ke1_ecp256");
    p.touch = part_keyed_again;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(p.end[B].reasons[WHY_EXCHANGE_TYPE], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* ---- IntAuth by hand, from the octets on the wire ---- */

static uint8_t sums[2][IKE_PRF_MAX]; /* of A's and B's message */

/*  prf(SK_p, header with adjusted length | SK header with adjusted length | inner payloads)
 *  RFC 9242 3.3.2, with the keys of IKE_SA_INIT, which are the first there were. */
static bool sum_up(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    enum { SEALED_AT = 32, IV = 8, ICV = 16 };
    uint8_t copy[512], covered[512];
    const struct ike_sa_keys *const keys = &pair->all_keys[0].keys;
    struct ike_crypto *const crypto = pair->end[from].crypto;
    if (number != 2 && number != 3)
        return true;
    const struct ike_seal_keys seal = {.encr = &ike_algos[ALGO_AES256GCM16],
                                       .encr_key = from == A ? keys->sk_ei : keys->sk_er};
    memcpy(copy, bytes, *len);
    const size_t text_len = *len - SEALED_AT - IV - ICV;
    EXPECT(crypto->ops->open(crypto, &seal, copy, SEALED_AT, text_len));
    const size_t inner = text_len - 1 - copy[SEALED_AT + IV + text_len - 1];
    memcpy(covered, bytes, SEALED_AT);
    memcpy(covered + SEALED_AT, copy + SEALED_AT + IV, inner);
    covered[26] = (uint8_t)((SEALED_AT + inner) >> 8);
    covered[27] = (uint8_t)(SEALED_AT + inner);
    covered[30] = (uint8_t)((4 + inner) >> 8);
    covered[31] = (uint8_t)(4 + inner);
    const struct ike_bytes part = {covered, SEALED_AT + inner};
    crypto->ops->prf(crypto, &ike_algos[ALGO_PRFSHA256], from == A ? keys->sk_pi : keys->sk_pr,
                     &part, 1, sums[from]);
    return true;
}

static bool compare(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)sum_up(pair, from, bytes, len, number);
    if (number != 4)
        return true;
    for (int side = A; side <= B; side++) {
        const struct ike_engine *const engine = pair->end[side].engine;
        const struct ike_sa *const sa = ike_sa_numbered(engine, pair->end[side].events[0].sa);
        const struct ike_mix *const mix =
            ike_pool_at(&engine->mixes, ike_setup_of(engine, sa)->mix);
        EXPECT(memcmp(mix->now.int_i, sums[A], 32) == 0);
        EXPECT(memcmp(mix->now.int_r, sums[B], 32) == 0);
        EXPECT_EQ(mix->now.done, 1);
    }
    return true;
}

static void test_intauth_is_what_the_octets_on_the_wire_give(void)
{
    begin(SUITE "-ke1_ecp256", SUITE "-ke1_ecp256");
    p.touch = compare;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(p.sent, 6);
    pair_close(&p);
}

/* Half-open all the while, and gone in time. */
static bool lose_after_init(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                            int number)
{
    (void)pair;
    (void)bytes;
    (void)len;
    (void)from;
    return number < 2;
}

static void test_a_responder_that_waits_for_more_is_half_open(void)
{
    begin(SUITE "-ke1_ecp256", SUITE "-ke1_ecp256");
    p.touch = lose_after_init;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000));
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_run_for(&p, UINT64_C(60000000000));
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 0);
    EXPECT_EQ(p.end[B].ends[WHY_HALF_OPEN_EXPIRED], 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).memory, 0);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_one_more_key_exchange_takes_one_more_round),
        TEST(test_seven_more_take_seven_rounds),
        TEST(test_what_was_cut_is_covered_as_if_it_had_not_been),
        TEST(test_both_agree_on_what_both_would_do),
        TEST(test_a_kem_comes_after_a_group),
        TEST(test_what_is_no_such_key_exchange_is_not_read),
        TEST(test_auth_covers_every_intermediate_message),
        TEST(test_another_method_than_agreed_on_is_refused),
        TEST(test_an_exchange_nobody_agreed_on_is_refused),
        TEST(test_ike_auth_before_all_key_exchanges_is_refused),
        TEST(test_intauth_is_what_the_octets_on_the_wire_give),
        TEST(test_a_responder_that_waits_for_more_is_half_open),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
