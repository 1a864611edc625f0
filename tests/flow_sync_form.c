/* SPDX-License-Identifier: MIT
 * What is said of message ids and replay counters (RFC 6311), form by form: what
 * is played back, of another form, or takes back what was said changes nothing. */
#include "ike/v2/payload.h"
#include "ike/v2/protect.h"
#include "tests/syncing.h"
#include "tests/test.h"

#include <string.h>

/* ---- id 0 is also an ordinary one ---- */

static uint8_t kept[8][IKE_MESSAGE_MAX];
static size_t kept_len[8];
static int kept_count;

static bool keep_all(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                     int number)
{
    (void)pair;
    (void)number;
    (void)from;
    if (kept_count < 8) {
        memcpy(kept[kept_count], bytes, *len);
        kept_len[kept_count++] = *len;
    }
    return true;
}

static void test_an_ordinary_request_with_id_0_is_told_by_what_is_in_it(void)
{
    connected(both_can);
    p.touch = keep_all;
    kept_count = 0;
    probe(&p, B);
    EXPECT_EQ(pair_inject(&p, A, kept[0], kept_len[0]), WHY_RETRANSMITTED);
    kept[0][kept_len[0] - 1] ^= 1;
    EXPECT_EQ(pair_inject(&p, A, kept[0], kept_len[0]), WHY_BAD_ICV);
    kept[0][kept_len[0] - 1] ^= 1;
    (void)fail_over(&p, B, (struct ike_standby){.take_id = 2, .missed = 3, .ids = true});
    pair_run(&p);
    EXPECT(ids_agree(&p));
    EXPECT_EQ(sa_of(&p, A)->take_id, 3);
    EXPECT_EQ(pair_inject(&p, A, kept[0], kept_len[0]), WHY_MESSAGE_ID); /* 8.1 */
    pair_close(&p);
}

/* ---- hostile ---- */

/* RFC 6311 5.1, 11: the request, and then the answer, played back. */
static void test_messages_played_back_change_nothing(void)
{
    for (int low = 0; low <= 1; low++) {
        connected(both_can);
        p.end[A].policy.sync_low = low == 1;
        p.touch = keep_all;
        kept_count = 0;
        for (uint32_t time = 0; time < 2; time++) {
            (void)fail_over(
                &p, B,
                (struct ike_standby){.send_id = 10 * time, .take_id = 2, .missed = 3, .ids = true});
            pair_run(&p);
        }
        EXPECT_EQ(kept_count, 4);
        EXPECT_EQ(pair_inject(&p, A, kept[0], kept_len[0]), WHY_SYNC_STALE);
        EXPECT_EQ(pair_inject(&p, A, kept[2], kept_len[2]), WHY_RETRANSMITTED);
        EXPECT_EQ(pair_inject(&p, B, kept[1], kept_len[1]), WHY_NOT_AWAITED);
        EXPECT_EQ(pair_inject(&p, B, kept[3], kept_len[3]), WHY_NOT_AWAITED);
        probe(&p, A);
        probe(&p, B);
        EXPECT(pair_agrees(&p, 1) && ids_agree(&p));

        /* An old answer, while another is awaited. */
        p.touch = lose_request_three; /* which is the mark of nothing here but of our will */
        (void)fail_over(
            &p, B, (struct ike_standby){.send_id = 30, .take_id = 2, .missed = 3, .ids = true});
        EXPECT_EQ(pair_inject(&p, B, kept[1], kept_len[1]), WHY_SYNC_NONCE);
        pair_run(&p);
        EXPECT(pair_agrees(&p, 1) && ids_agree(&p));
        pair_close(&p);
    }
}

/* A message of B's own make, sealed with the keys of the SA. */
struct craft {
    uint8_t bytes[IKE_MESSAGE_MAX];
    struct ike_writer w;
    size_t link, sealed;
    enum pair_side from;
};

static void begin(struct craft *c, enum pair_side from, uint8_t flags, uint32_t id)
{
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, from == A);
    *c = (struct craft){.link = 16, .from = from};
    c->w = wr_open(c->bytes, sizeof c->bytes);
    ike_put_header(
        &c->w, &(struct ike_header){.spi_i = p.keys.spi_i,
                                    .spi_r = p.keys.spi_r,
                                    .version = IKE_VERSION_2,
                                    .exchange = INFORMATIONAL,
                                    .flags = (uint8_t)(flags | (from == A ? FLAG_INITIATOR : 0)),
                                    .id = id});
    c->sealed = ike_begin_sealed(&c->w, &c->link, &keys);
}

static enum ike_why give(struct craft *c)
{
    static uint64_t count = 1000;
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, c->from == A);
    ike_end_sealed(&c->w, c->sealed, &keys, p.end[c->from].crypto, count++);
    return pair_inject(&p, c->from == A ? B : A, c->bytes, c->w.len);
}

static void put_note(struct craft *c, uint16_t type, size_t len)
{
    static const uint8_t data[16] = {1, 2, 3, 4, 0, 0, 0, 9, 0, 0, 0, 1};
    ike_put_status(&c->w, &c->link, type, (struct ike_bytes){.at = data, .len = len});
}

/* RFC 6311 5.1, 6.3, 6.4 */
static void test_requests_of_another_form_are_dropped(void)
{
    static const struct {
        uint16_t types[3];
        uint8_t lens[3];
        enum ike_why why;
    } rows[] = {
        {{N_IKEV2_MESSAGE_ID_SYNC}, {11}, WHY_SYNC_FORM},
        {{N_IKEV2_MESSAGE_ID_SYNC}, {13}, WHY_SYNC_FORM},
        {{N_IKEV2_MESSAGE_ID_SYNC, N_INITIAL_CONTACT}, {12, 0}, WHY_SYNC_FORM},
        {{N_IKEV2_MESSAGE_ID_SYNC, N_IPSEC_REPLAY_COUNTER_SYNC, N_INITIAL_CONTACT},
         {12, 4, 0},
         WHY_SYNC_FORM},
        {{N_IKEV2_MESSAGE_ID_SYNC, N_IPSEC_REPLAY_COUNTER_SYNC}, {12, 8}, WHY_SYNC_FORM},
        {{N_IKEV2_MESSAGE_ID_SYNC, N_IPSEC_REPLAY_COUNTER_SYNC}, {12, 3}, WHY_SYNC_FORM},
        {{N_IKEV2_MESSAGE_ID_SYNC, N_IPSEC_REPLAY_COUNTER_SYNC}, {12, 4}, WHY_OK},
        {{N_IPSEC_REPLAY_COUNTER_SYNC}, {4}, WHY_OK},
        {{N_IPSEC_REPLAY_COUNTER_SYNC}, {8}, WHY_SYNTAX}, /* an ordinary one: RFC 7296 2.21.3 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct craft c;
        connected(both_can);
        begin(&c, B, 0, 0);
        for (size_t k = 0; k < 3 && rows[i].types[k] != 0; k++)
            put_note(&c, rows[i].types[k], rows[i].lens[k]);
        EXPECT_EQ(give(&c), rows[i].why);
        EXPECT_EQ(pair_count(&p, A, IKE_SYNCED), rows[i].why == WHY_OK ? 1 : 0);
        EXPECT_EQ(p.sent, rows[i].why == WHY_SYNC_FORM ? 4 : 5);
        pair_close(&p);
    }
}

/* RFC 6311 6.4: eight octets with extended sequence numbers. */
static void test_the_delta_is_as_long_as_the_sequence_numbers(void)
{
    pair_init(&p, plain);
    both_can(&p, A, B);
    pair_offer(&p, A, "aes256gcm16-prfsha256-x25519", "aes256gcm16-esn");
    pair_offer(&p, B, "aes256gcm16-prfsha256-x25519", "aes256gcm16-esn");
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    (void)fail_over(&p, B, (struct ike_standby){.replay = UINT64_C(1) << 40});
    pair_run(&p);
    EXPECT(synced(&p, A).kind == IKE_SYNCED && synced(&p, A).skip == UINT64_C(1) << 40);
    pair_close(&p);
}

/* RFC 6311 6.4: what four octets cannot hold is said as their most; and of Child SAs that are not
 * alike nothing can be said that is right for both. */
static void test_a_delta_that_does_not_fit_is_the_most_or_is_not_said(void)
{
    for (int mixed = 0; mixed <= 1; mixed++) {
        pair_init(&p, plain);
        both_can(&p, A, B);
        for (int side = A; side <= B; side++) {
            struct ike_policy *const policy = &p.end[side].policy;
            const char *bad;
            policy->child[1] = policy->child[0];
            policy->child_count = 2;
            if (mixed == 1)
                EXPECT(ike_offer_parse("aes256gcm16-esn", &policy->child[1].esp[0], &bad));
        }
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 1, NULL));
        pair_run(&p);
        p.trace_len = 0;
        EXPECT(fail_over(&p, B, (struct ike_standby){.replay = UINT64_C(1) << 40}));
        pair_run(&p);
        EXPECT_EQ(synced(&p, A).skip, mixed == 1 ? 0 : UINT32_MAX);
        EXPECT_EQ(pair_count(&p, A, IKE_SYNCED), mixed == 1 ? 0 : 1);
        EXPECT(pair_agrees(&p, 2));
        pair_close(&p);
    }
}

/* RFC 6311 5.1, 11: only the very same request is answered from memory, and beside its notifies
 * there is nothing else. */
static void test_a_request_that_resembles_the_last_one_is_stale(void)
{
    for (int variant = 0; variant < 5; variant++) {
        struct craft c;
        connected(both_can);
        (void)fail_over(&p, B, (struct ike_standby){.take_id = 2, .missed = 8, .ids = true});
        pair_run(&p);
        const struct ike_sync *const sync =
            ike_beside_of(p.end[A].engine, sa_of(&p, A), BESIDE_SYNC);
        uint8_t data[12];
        struct ike_writer w = wr_open(data, sizeof data);
        put_bytes(&w, (struct ike_bytes){.at = sync->heard_nonce, .len = 4});
        put_u32(&w, sync->heard_m1 - (variant == 1));
        put_u32(&w, sync->heard_p1 + (variant == 2));
        data[0] ^= variant == 3;
        begin(&c, B, 0, 0);
        ike_put_status(&c.w, &c.link, N_IKEV2_MESSAGE_ID_SYNC, wr_done(&w));
        if (variant == 4)
            ike_end_payload(&c.w, ike_begin_payload(&c.w, &c.link, PAYLOAD_VENDOR));
        EXPECT_EQ(give(&c), variant == 0   ? WHY_RETRANSMITTED
                            : variant == 4 ? WHY_SYNC_FORM
                                           : WHY_SYNC_STALE);
        EXPECT_EQ(pair_count(&p, A, IKE_SYNCED), 1);
        pair_close(&p);
    }
}

/* RFC 6311 5.1: M2 and P2 are not below M1 and P1. The answer has nothing else in it. */
static void test_answers_that_take_back_what_was_asked_are_dropped(void)
{
    for (int variant = 0; variant < 5; variant++) {
        struct craft c;
        connected(both_can);
        (void)fail_over(&p, B,
                        (struct ike_standby){.send_id = 0, .take_id = 2, .missed = 8, .ids = true});
        const struct ike_sync *const sync =
            ike_beside_of(p.end[B].engine, sa_of(&p, B), BESIDE_SYNC);
        uint8_t data[12];
        struct ike_writer w = wr_open(data, sizeof data);
        put_bytes(&w, (struct ike_bytes){.at = sync->nonce, .len = 4});
        put_u32(&w, variant == 0 ? 1 : 2); /* P2, and P1 is 2 */
        put_u32(&w, variant == 1 ? 7 : 8); /* M2, and M1 is 8 */
        begin(&c, A, FLAG_RESPONSE, 0);
        if (variant != 2)
            ike_put_status(&c.w, &c.link, N_IKEV2_MESSAGE_ID_SYNC,
                           (struct ike_bytes){.at = data, .len = variant == 3 ? 8 : 12});
        if (variant == 4)
            put_note(&c, N_IPSEC_REPLAY_COUNTER_SYNC, 4);
        EXPECT_EQ(give(&c), variant < 2 ? WHY_SYNC_STALE : WHY_SYNC_FORM);
        EXPECT_EQ(pair_count(&p, B, IKE_SYNCED), 0);
        pair_run(&p); /* the true one comes */
        EXPECT(pair_agrees(&p, 1) && ids_agree(&p));
        EXPECT_EQ(pair_count(&p, B, IKE_SYNCED), 1);
        pair_close(&p);
    }
}

/* ---- amid other requests ---- */

/* RFC 6311 8.1: an ordinary request with id 0 waits as any other. */
static void test_an_ordinary_request_with_id_0_waits_too(void)
{
    connected(both_can);
    EXPECT(fail_over(&p, A, (struct ike_standby){.send_id = 2, .missed = 3, .ids = true}));
    EXPECT_EQ(sa_of(&p, B)->send_id, 0);
    EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run_for(&p, 15000000);
    EXPECT_EQ(p.end[A].reasons[WHY_SYNC_AWAITED], 1);
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, B, IKE_ALIVE), 1);
    EXPECT(pair_agrees(&p, 1) && ids_agree(&p));
    pair_close(&p);
}

/* RFC 6311 6.4: a Child SA that is being made has no counter yet. */
static void test_the_delta_is_of_child_sas_that_are_there(void)
{
    connected(both_can);
    EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL));
    EXPECT(fail_over(&p, B, (struct ike_standby){.send_id = 9, .take_id = 9, .replay = 1000}));
    pair_run(&p);
    EXPECT(synced(&p, A).kind == IKE_SYNCED && synced(&p, A).skip == 1000);
    EXPECT(pair_agrees(&p, 2) && ids_agree(&p));
    pair_close(&p);
}

/* Of each SA that the end was told of: while it was not replaced yet. */
static bool synced_in_time(const struct pair_end *end)
{
    for (int i = 0; i < end->event_count; i++)
        for (int k = i + 1; end->events[i].kind == IKE_REKEYED && k < end->event_count; k++)
            if (end->events[k].kind == IKE_SYNCED && end->events[k].sa == end->events[i].was)
                return false;
    return true;
}

/* Both ends are told by the number of the IKE SA that has the Child SAs then, whatever is lost: the
 * one that failed over once, the other at least once, so that its counters skip. */
static void test_who_was_rekeyed_meanwhile_is_told_of_replay_counters(void)
{
    for (int lost = PAIR_NONE; lost < 8; lost++)
        for (int extended = 0; extended <= 1; extended++) {
            const char *const esp_suite = extended == 1 ? "aes256gcm16-esn" : "aes256gcm16";
            pair_init(&p, plain);
            both_can(&p, A, B);
            pair_offer(&p, A, "aes256gcm16-prfsha256-x25519", esp_suite);
            pair_offer(&p, B, "aes256gcm16-prfsha256-x25519", esp_suite);
            pair_open(&p);
            (void)pair_connect(&p);
            pair_run(&p);
            p.options.lose = lost == PAIR_NONE ? PAIR_NONE : p.sent + lost;
            EXPECT(
                fail_over(&p, B, (struct ike_standby){.send_id = 9, .take_id = 9, .replay = 1000}));
            EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
            pair_run(&p);
            EXPECT_EQ(pair_count(&p, B, IKE_REKEYED), 1);
            EXPECT_EQ(pair_count(&p, B, IKE_SYNCED), 1);
            EXPECT_EQ(synced(&p, B).skip, 1000);
            EXPECT(lost != PAIR_NONE || synced(&p, B).sa == p.end[B].sa);
            EXPECT(synced_in_time(&p.end[B]));
            EXPECT_EQ(synced(&p, A).skip, 1000);
            EXPECT(synced_in_time(&p.end[A]));
            EXPECT(pair_agrees(&p, 1) && ids_agree(&p));
            pair_close(&p);
        }
}

/* What was said and answered before is not said again. */
static void test_what_was_said_of_replay_counters_is_not_said_again(void)
{
    connected(both_can);
    EXPECT(fail_over(&p, B, (struct ike_standby){.send_id = 9, .take_id = 9, .replay = 1000}));
    pair_run(&p);
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_SYNCED), 1);
    EXPECT_EQ(pair_count(&p, B, IKE_SYNCED), 1);
    EXPECT(pair_agrees(&p, 1) && ids_agree(&p));
    pair_close(&p);
}

/* The IKE SA is rekeyed by the peer while replay counters are spoken of; they are heard all the
 * same, and what was agreed on goes on with the new one. */
static void test_replay_counters_cross_with_a_rekeying(void)
{
    connected(both_can);
    EXPECT(fail_over(&p, B, (struct ike_standby){.send_id = 9, .take_id = 9, .replay = 1000}));
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT(synced(&p, A).kind == IKE_SYNCED && synced(&p, A).skip == 1000);
    EXPECT(fail_over(&p, B, (struct ike_standby){.missed = 2, .ids = true}));
    pair_run(&p);
    EXPECT(synced(&p, B).kind == IKE_SYNCED && ids_agree(&p));
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_ordinary_request_with_id_0_is_told_by_what_is_in_it),
        TEST(test_messages_played_back_change_nothing),
        TEST(test_requests_of_another_form_are_dropped),
        TEST(test_the_delta_is_as_long_as_the_sequence_numbers),
        TEST(test_a_delta_that_does_not_fit_is_the_most_or_is_not_said),
        TEST(test_a_request_that_resembles_the_last_one_is_stale),
        TEST(test_answers_that_take_back_what_was_asked_are_dropped),
        TEST(test_an_ordinary_request_with_id_0_waits_too),
        TEST(test_the_delta_is_of_child_sas_that_are_there),
        TEST(test_who_was_rekeyed_meanwhile_is_told_of_replay_counters),
        TEST(test_what_was_said_of_replay_counters_is_not_said_again),
        TEST(test_replay_counters_cross_with_a_rekeying),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
