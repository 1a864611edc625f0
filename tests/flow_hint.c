/* SPDX-License-Identifier: MIT
 * ICMP as a hint and no more (RFC 7296 2.4): whom it is about, when it is worth a
 * question, and that nothing ever ends by it. Crashes, of which it hints. */
#include "ike/engine.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;

static const uint64_t second_ns = 1000000000;
static const uint64_t span_ns = UINT64_C(5000000000); /* of ike_config.hint_ns */

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

/* What each end has sent last. */
static struct {
    uint8_t octets[IKE_FRAME_MAX];
    size_t len;
} last[2];

static bool remember(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                     int number)
{
    (void)pair;
    (void)number;
    memcpy(last[from].octets, bytes, *len);
    last[from].len = *len;
    return true;
}

static bool dead; /* B is no more */

static bool remember_until_dead(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                                int number)
{
    return remember(pair, from, bytes, len, number) && !dead;
}

static void heeding(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].config.hint_ns = pair->end[r].config.hint_ns = span_ns;
}

/* A hint to an end about the last thing it sent, as much of it as `len` octets. */
static struct ike_datagram about_last(const struct pair *pair, enum pair_side side, size_t len)
{
    const enum pair_side other = side == A ? B : A;
    return (struct ike_datagram){
        .local = pair->end[side].addr,
        .remote = pair_address(pair, other),
        .bytes = {.at = last[side].octets, .len = len < last[side].len ? len : last[side].len}};
}

static enum ike_why hint(enum pair_side side, const struct ike_datagram *about)
{
    return ike_hint(p.end[side].engine, p.now_ns, about);
}

static void connected_and_silent(uint64_t for_ns)
{
    pair_init(&p, plain);
    heeding(&p, A, B);
    p.touch = remember_until_dead;
    dead = false;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(p.sent, 4);
    pair_run_for(&p, for_ns);
}

/* ---- as arrows ---- */

static void hear_of_silence(struct pair *pair, enum pair_side i, enum pair_side r)
{
    const struct ike_datagram about = {.local = pair->end[i].addr, .remote = pair->end[r].addr};
    pair_run_for(pair, 120 * second_ns);
    EXPECT_EQ(ike_hint(pair->end[i].engine, pair->now_ns, &about), WHY_OK);
}

static bool alive(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_ALIVE) == 1;
}

static void test_a_hint_makes_an_end_ask(void)
{
    flow_check(&(struct flow){.prepare = heeding,
                              .act = hear_of_silence,
                              .trace = ARROWS_PLAIN "A>B  INFORMATIONAL   req 2  SK{}\n"
                                                    "B>A  INFORMATIONAL   rsp 2  SK{}\n",
                              .ended = alive});
}

static void responder_hears(struct pair *pair, enum pair_side i, enum pair_side r)
{
    hear_of_silence(pair, r, i);
}

static bool alive_at_responder(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return alive(pair, r, i);
}

static void test_a_responder_asks_too(void)
{
    flow_check(&(struct flow){.prepare = heeding,
                              .act = responder_hears,
                              .trace = ARROWS_PLAIN "B>A  INFORMATIONAL   req 0  SK{}\n"
                                                    "A>B  INFORMATIONAL   rsp 0  SK{}\n",
                              .ended = alive_at_responder});
}

/* ---- how often ---- */

static void test_who_was_heard_lately_is_not_asked(void)
{
    connected_and_silent(0);
    const struct ike_datagram about = about_last(&p, A, 28);
    EXPECT_EQ(hint(A, &about), WHY_HINT_EARLY);
    const struct ike_sa *const sa = ike_sa_numbered(p.end[A].engine, p.end[A].sa);
    pair_run_for(&p, sa->heard_ns + span_ns - 1 - p.now_ns);
    EXPECT_EQ(hint(A, &about), WHY_HINT_EARLY);
    pair_run_for(&p, 1);
    EXPECT_EQ(hint(A, &about), WHY_OK);
    EXPECT_EQ(hint(A, &about), WHY_HINT_BUSY);
    pair_run_for(&p, second_ns);
    EXPECT_EQ(hint(A, &about), WHY_HINT_EARLY);
    EXPECT_EQ(p.sent, 6);
    pair_close(&p);
}

static void test_what_a_child_sa_brings_is_heard_too(void)
{
    static const struct ike_use use = {.bytes = 100, .packets = 1, .heard = true};
    connected_and_silent(20 * second_ns);
    const struct ike_datagram about = about_last(&p, A, 28);
    EXPECT(ike_child_used(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child, &use));
    EXPECT_EQ(hint(A, &about), WHY_HINT_EARLY);
    pair_close(&p);
}

/* RFC 7296 2.4: "Implementations MUST limit the rate". Ten thousand a second, for a minute. */
static void test_a_storm_of_hints_is_a_question_now_and_then(void)
{
    uint64_t counts[IKE_WHY_COUNT] = {0};
    connected_and_silent(20 * second_ns);
    const struct ike_datagram about = about_last(&p, A, 0);
    for (int i = 0; i < 60 * 1000; i++) {
        pair_run_for(&p, second_ns / 1000);
        for (int k = 0; k < 10; k++)
            counts[hint(A, &about)]++;
    }
    EXPECT_EQ(counts[WHY_OK] + counts[WHY_HINT_BUSY] + counts[WHY_HINT_EARLY], 600000);
    EXPECT(counts[WHY_OK] >= 11 && counts[WHY_OK] <= 12);
    EXPECT_EQ(p.sent, 4 + 2 * (int)counts[WHY_OK]);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* ---- what it does not do ---- */

static bool lose_three(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                       int number)
{
    (void)remember(pair, from, bytes, len, number);
    return number >= 3;
}

/* The request goes out as often, and at the same times, with and without. */
static void test_a_setup_is_not_ended_nor_hurried(void)
{
    uint64_t up_ns[2];
    for (int with = 0; with < 2; with++) {
        pair_init(&p, plain);
        heeding(&p, A, B);
        p.touch = lose_three;
        pair_open(&p);
        (void)pair_connect(&p);
        up_ns[with] = 0;
        while (pair_count(&p, A, IKE_UP) == 0 && p.now_ns < 60 * second_ns) {
            pair_run_for(&p, second_ns / 100);
            const struct ike_datagram about = about_last(&p, A, 548);
            if (with == 1 && pair_count(&p, A, IKE_UP) == 0)
                EXPECT_EQ(hint(A, &about), WHY_HINT_BUSY);
        }
        up_ns[with] = p.now_ns;
        EXPECT(pair_agrees(&p, 1));
        EXPECT_EQ(p.sent, 3 + 4);
        pair_close(&p);
    }
    EXPECT_EQ(up_ns[0], up_ns[1]);
}

static bool lose_auth(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)remember(pair, from, bytes, len, number);
    return number < 2;
}

static void test_half_open_and_closing_ones_are_left_alone(void)
{
    pair_init(&p, plain);
    heeding(&p, A, B);
    p.touch = lose_auth;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns / 2);
    const struct ike_datagram answer = about_last(&p, B, 28);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    EXPECT_EQ(hint(B, &answer), WHY_HINT_BUSY);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_close(&p);

    connected_and_silent(20 * second_ns);
    dead = true;
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, second_ns / 2);
    const struct ike_datagram about = about_last(&p, A, 28);
    EXPECT_EQ(hint(A, &about), WHY_HINT_BUSY);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
    pair_close(&p);
}

static void test_without_the_setting_none_is_heeded(void)
{
    pair_init(&p, plain);
    p.touch = remember;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 100 * second_ns);
    const struct ike_datagram about = about_last(&p, A, 28);
    EXPECT_EQ(hint(A, &about), WHY_HINT_UNHEEDED);
    pair_run_for(&p, second_ns);
    EXPECT_EQ(p.sent, 4);
    pair_close(&p);
}

/* ---- whom it is about ---- */

/* The header of A's IKE_AUTH, changed. */
struct change {
    size_t at;
    uint8_t to; /* exclusive or */
    enum ike_why why;
};

static void test_what_is_quoted_is_ours(void)
{
    static const struct change changes[] = {
        {0, 0x00, WHY_OK},            /* nothing */
        {20, 0xff, WHY_OK},           /* what is not looked at: the message id */
        {3, 0x01, WHY_HINT_UNKNOWN},  /* our SPI */
        {11, 0x80, WHY_HINT_UNKNOWN}, /* the peer's */
        {17, 0x30, WHY_HINT_SYNTAX},  /* version 1 */
        {19, 0x08, WHY_HINT_UNKNOWN}, /* as if we had been the responder */
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        connected_and_silent(20 * second_ns);
        const struct ike_datagram about = about_last(&p, A, 28);
        EXPECT_EQ(last[A].octets[17], 0x20);
        last[A].octets[changes[i].at] ^= changes[i].to;
        if (!EXPECT_EQ(hint(A, &about), changes[i].why))
            (void)printf("# change %zu\n", i);
        pair_run_for(&p, second_ns);
        EXPECT_EQ(p.sent, changes[i].why == WHY_OK ? 6 : 4);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
    connected_and_silent(20 * second_ns);
    const struct ike_datagram about = about_last(&p, A, 28);
    memset(last[A].octets, 0, 8); /* never of an IKE SA (RFC 7296 3.1) */
    EXPECT_EQ(hint(A, &about), WHY_HINT_SYNTAX);
    pair_close(&p);
}

static void test_a_responders_quote_is_its_own_too(void)
{
    connected_and_silent(20 * second_ns);
    const struct ike_datagram about = about_last(&p, B, 28);
    last[B].octets[3] ^= 1; /* the initiator's SPI */
    EXPECT_EQ(hint(B, &about), WHY_HINT_UNKNOWN);
    last[B].octets[3] ^= 1;
    EXPECT_EQ(hint(B, &about), WHY_OK);
    pair_close(&p);
}

/* What was said of IKE_SA_INIT comes when all is done. */
static void test_a_first_message_names_no_responder(void)
{
    connected_and_silent(20 * second_ns);
    const struct ike_datagram about = about_last(&p, A, 28);
    memset(last[A].octets + 8, 0, 8);
    EXPECT_EQ(hint(A, &about), WHY_OK);
    pair_close(&p);
}

/* A cookie that was sent: the message is ours, and of no IKE SA. */
static void test_a_message_of_no_sa_is_about_none(void)
{
    connected_and_silent(20 * second_ns);
    const struct ike_datagram about = about_last(&p, B, 28);
    memset(last[B].octets + 8, 0, 8);
    last[B].octets[19] = FLAG_RESPONSE;
    EXPECT_EQ(hint(B, &about), WHY_HINT_UNKNOWN);
    pair_close(&p);
}

/* A router may quote no more than eight octets of what IP carries (RFC 792). */
static void test_a_short_quote_goes_by_the_addresses(void)
{
    static const size_t lens[] = {0, 1, 8, 16, 19, 20, 28};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        connected_and_silent(20 * second_ns);
        struct ike_datagram about = about_last(&p, A, lens[i]);
        about.remote = pair_addr(B, 2);
        EXPECT_EQ(hint(A, &about), WHY_HINT_UNKNOWN);
        about = about_last(&p, A, lens[i]);
        about.local = pair_addr(A, 2);
        EXPECT_EQ(hint(A, &about), WHY_HINT_UNKNOWN);
        about = about_last(&p, A, lens[i]);
        about.remote.port++;
        EXPECT_EQ(hint(A, &about), WHY_HINT_UNKNOWN);
        about = about_last(&p, A, lens[i]);
        about.local.port++;
        EXPECT_EQ(hint(A, &about), WHY_HINT_UNKNOWN);
        about = about_last(&p, A, lens[i]);
        EXPECT_EQ(hint(A, &about), WHY_OK);
        pair_close(&p);
    }
}

static void test_esp_goes_by_the_addresses(void)
{
    static const uint8_t esp[40] = {0xc0, 1, 2, 3, 0, 0, 0, 1};
    static const uint8_t keepalive[1] = {0xff};
    for (int nat = 0; nat < 4; nat++) {
        struct pair_options options = plain;
        options.nat[A] = nat > 0;
        pair_init(&p, options);
        heeding(&p, A, B);
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, 20 * second_ns);
        const struct ike_sa *const sa = ike_sa_numbered(p.end[A].engine, p.end[A].sa);
        struct ike_datagram about = {.local = sa->local, .remote = sa->remote};
        about.bytes = nat == 2 ? (struct ike_bytes){.at = keepalive, .len = sizeof keepalive}
                               : (struct ike_bytes){.at = esp, .len = sizeof esp};
        EXPECT_EQ(sa->local.port, nat > 0 ? IKE_PORT_NAT : IKE_PORT);
        if (nat == 0 || nat == 3)
            about.local.port = about.remote.port = 0; /* not in UDP */
        EXPECT_EQ(hint(A, &about), WHY_OK);
        EXPECT_EQ(hint(A, &about), WHY_HINT_BUSY);
        pair_run_for(&p, second_ns);
        EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 1);
        pair_close(&p);
    }
}

/* By port 4500 a marker stands before what is ours (RFC 3948 2.2). */
static void test_what_is_quoted_behind_a_nat_is_ours_too(void)
{
    struct pair_options options = plain;
    options.nat[A] = true;
    pair_init(&p, options);
    heeding(&p, A, B);
    p.touch = remember_until_dead;
    dead = false;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 15 * second_ns);
    const struct ike_sa *const sa = ike_sa_numbered(p.end[A].engine, p.end[A].sa);
    struct ike_datagram about = {.local = sa->local,
                                 .remote = sa->remote,
                                 .bytes = {.at = last[A].octets, .len = last[A].len}};
    EXPECT_EQ(sa->local.port, IKE_PORT_NAT);
    last[A].octets[4] ^= 1; /* of the SPI */
    EXPECT_EQ(hint(A, &about), WHY_HINT_UNKNOWN);
    last[A].octets[4] ^= 1;
    EXPECT_EQ(hint(A, &about), WHY_OK);
    pair_close(&p);
}

/* Nobody is made to look through all the SAs of two ends. */
static void test_one_hint_is_weighed_for_so_many_and_no_more(void)
{
    for (int more = IKE_HINT_LOOKS - 1; more <= IKE_HINT_LOOKS; more++) {
        connected_and_silent(20 * second_ns);
        for (int i = 0; i < more; i++)
            (void)pair_connect(&p);
        pair_run_for(&p, second_ns);
        EXPECT_EQ(ike_stats(p.end[A].engine).established, more + 1);
        const struct ike_datagram about = about_last(&p, A, 0);
        EXPECT_EQ(hint(A, &about), more < IKE_HINT_LOOKS ? WHY_OK : WHY_HINT_EARLY);
        pair_close(&p);
    }
}

/* With several between the same ends, one that may be asked is. */
static void test_of_several_one_that_was_silent_is_asked(void)
{
    connected_and_silent(20 * second_ns);
    const uint64_t first = p.end[A].sa;
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 2);
    const struct ike_datagram about = about_last(&p, A, 0);
    EXPECT_EQ(hint(A, &about), WHY_OK);
    pair_run_for(&p, second_ns);
    EXPECT_EQ(pair_count(&p, A, IKE_ALIVE), 1);
    EXPECT_EQ(p.end[A].events[p.end[A].event_count - 1].sa, first);
    EXPECT_EQ(hint(A, &about), WHY_HINT_EARLY);
    pair_close(&p);
}

/* The NAT before A lends another port, and B learns of it: hints about the old one are stale. */
static void test_it_is_found_where_it_is_now(void)
{
    struct pair_options options = plain;
    options.nat[A] = true;
    pair_init(&p, options);
    heeding(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    const struct ike_sa *const sa = ike_sa_numbered(p.end[B].engine, p.end[B].sa);
    const struct ike_datagram old = {.local = sa->local, .remote = sa->remote};
    pair_rebind(&p, A);
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, 20 * second_ns);
    const struct ike_datagram now = {.local = sa->local, .remote = sa->remote};
    EXPECT(!ike_addr_equal(&old.remote, &now.remote));
    EXPECT_EQ(hint(B, &old), WHY_HINT_UNKNOWN);
    EXPECT_EQ(hint(B, &now), WHY_OK);
    pair_run_for(&p, second_ns);
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, second_ns);
    for (uint32_t i = 0; i <= p.end[B].engine->peers.index.mask; i++)
        EXPECT_EQ(p.end[B].engine->peers.index.heads[i], 0);
    pair_close(&p);
}

static void test_who_is_gone_is_not_found(void)
{
    connected_and_silent(20 * second_ns);
    const struct ike_datagram about = about_last(&p, A, 0);
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, second_ns);
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(hint(A, &about), WHY_HINT_UNKNOWN);
    pair_close(&p);
}

static void test_an_sa_by_tcp_hears_of_its_connection_instead(void)
{
    connected_and_silent(20 * second_ns);
    struct ike_sa *const sa = ike_sa_numbered(p.end[A].engine, p.end[A].sa);
    struct ike_datagram about = about_last(&p, A, 28);
    sa->tcp = true;
    EXPECT_EQ(hint(A, &about), WHY_HINT_UNKNOWN);
    about.bytes.len = 0;
    EXPECT_EQ(hint(A, &about), WHY_HINT_UNKNOWN);
    sa->tcp = false;
    pair_close(&p);
}

/* ---- what it is good for ---- */

static void test_a_dead_peer_is_found_sooner(void)
{
    uint64_t found_ns[2];
    for (int with = 0; with < 2; with++) {
        pair_init(&p, plain);
        heeding(&p, A, B);
        p.end[A].config.liveness_ns = 30 * second_ns;
        p.touch = remember_until_dead;
        dead = false;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, second_ns);
        dead = true;
        pair_run_for(&p, 6 * second_ns);
        const struct ike_datagram about = about_last(&p, A, 0);
        if (with == 1)
            EXPECT_EQ(hint(A, &about), WHY_OK);
        while (pair_count(&p, A, IKE_DOWN) == 0 && p.now_ns < 200 * second_ns) {
            pair_run_for(&p, second_ns / 10);
            if (with == 1 && pair_count(&p, A, IKE_DOWN) == 0) /* and no sooner for it */
                EXPECT_EQ(hint(A, &about), WHY_HINT_BUSY);
        }
        found_ns[with] = p.now_ns;
        EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 2);
        pair_close(&p);
    }
    EXPECT(found_ns[1] + 22 * second_ns < found_ns[0]);
    EXPECT(found_ns[1] > 20 * second_ns); /* five sends, unanswered */
}

/* ---- crashes ---- */

static void test_a_crash_leaves_nothing_and_tells_the_owner_alone(void)
{
    connected_and_silent(second_ns);
    EXPECT(ike_create_child(p.end[B].engine, p.now_ns, p.end[B].sa, 0, NULL));
    pair_run_for(&p, second_ns);
    EXPECT_EQ(ike_stats(p.end[B].engine).children, 2);
    const int sent = p.sent;
    ike_crash(p.end[B].engine, p.now_ns);
    pair_run_for(&p, second_ns);
    EXPECT_EQ(p.sent, sent);
    EXPECT_EQ(p.end[B].ends[WHY_CRASHED], 3);
    EXPECT_EQ(ike_memory(p.end[B].engine), 0);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, 60 * second_ns);
    EXPECT_EQ(p.end[B].reasons[WHY_UNKNOWN_SPI], 5);
    EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 3);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* With a rekey under way at both ends, and half-open: all states at once. */
static void test_a_crash_in_the_midst_of_things_leaves_nothing(void)
{
    for (uint64_t after_ns = 0; after_ns < 200000000; after_ns += 3000000) {
        connected_and_silent(second_ns);
        EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
        EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
        (void)pair_connect(&p);
        pair_run_for(&p, after_ns);
        ike_crash(p.end[A].engine, p.now_ns);
        ike_crash(p.end[B].engine, p.now_ns);
        EXPECT(pair_is_empty(&p));
        EXPECT_EQ(ike_memory(p.end[A].engine), 0);
        EXPECT_EQ(ike_memory(p.end[B].engine), 0);
        pair_run_for(&p, second_ns);
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_hint_makes_an_end_ask),
        TEST(test_a_responder_asks_too),
        TEST(test_who_was_heard_lately_is_not_asked),
        TEST(test_what_a_child_sa_brings_is_heard_too),
        TEST(test_a_storm_of_hints_is_a_question_now_and_then),
        TEST(test_a_setup_is_not_ended_nor_hurried),
        TEST(test_half_open_and_closing_ones_are_left_alone),
        TEST(test_without_the_setting_none_is_heeded),
        TEST(test_what_is_quoted_is_ours),
        TEST(test_a_responders_quote_is_its_own_too),
        TEST(test_a_first_message_names_no_responder),
        TEST(test_a_message_of_no_sa_is_about_none),
        TEST(test_a_short_quote_goes_by_the_addresses),
        TEST(test_esp_goes_by_the_addresses),
        TEST(test_what_is_quoted_behind_a_nat_is_ours_too),
        TEST(test_one_hint_is_weighed_for_so_many_and_no_more),
        TEST(test_of_several_one_that_was_silent_is_asked),
        TEST(test_it_is_found_where_it_is_now),
        TEST(test_who_is_gone_is_not_found),
        TEST(test_an_sa_by_tcp_hears_of_its_connection_instead),
        TEST(test_a_dead_peer_is_found_sooner),
        TEST(test_a_crash_leaves_nothing_and_tells_the_owner_alone),
        TEST(test_a_crash_in_the_midst_of_things_leaves_nothing),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
