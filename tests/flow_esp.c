/* SPDX-License-Identifier: MIT
 * Does a rekey lose traffic? Packets go both ways by ESP while Child SAs and
 * their IKE SA are made, rekeyed and closed (RFC 7296 2.8), and octets that were
 * carried make them be rekeyed. What breaks before it makes loses some: the same
 * count tells. */
#include "ike/engine.h"
#include "tests/carry.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;
static struct carry c;
static const uint64_t second_ns = UINT64_C(1000000000);
static const enum pair_provider providers[] = {PAIR_OPENSSL, PAIR_MODELLED};

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

/* Up, with packets on their way for 50 ms. */
static void begin(struct pair_options options, void (*prepare)(void))
{
    pair_init(&p, options);
    carry_begin(&c, &p);
    if (prepare != NULL)
        prepare();
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    carry_run(&c, 50);
    EXPECT_EQ(c.end[A].made, 1);
    EXPECT_EQ(c.end[B].made, 1);
}

static void end(void)
{
    pair_close(&p);
}

static bool none_lost(void)
{
    carry_rest(&c);
    bool none = true;
    for (int side = A; side <= B; side++) {
        none = EXPECT_EQ(carry_lost(&c, (enum pair_side)side), 0) && none;
        none = EXPECT_EQ(c.end[side].twice, 0) && none;
    }
    return none;
}

/* ---- what the engine tells makes SAs that fit each other ---- */

static void offer(const char *esp)
{
    for (int side = A; side <= B; side++)
        pair_offer(&p, (enum pair_side)side, "aes256gcm16-prfsha256-x25519", esp);
}

/* Both ends' exchange: their keys are the other way round (RFC 7296 2.17). */
static void carried_by(const char *esp, enum pair_provider provider, enum pair_side initiator)
{
    struct pair_options options = plain;
    options.provider = provider;
    options.initiator = initiator;
    pair_init(&p, options);
    offer(esp);
    carry_begin(&c, &p);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, second_ns);
    carry_run(&c, 5);
    for (int side = A; side <= B; side++) {
        const uint32_t old = p.end[side].child;
        EXPECT(ike_rekey_child(p.end[side].engine, p.now_ns, p.end[side].sa, old));
        carry_run(&c, 60);
        EXPECT(p.end[side].child != old);
        carry_run(&c, 5);
    }
    EXPECT_EQ(c.end[A].made, 3);
    if (!none_lost())
        (void)printf("# %s\n", esp);
    end();
}

static void test_all_suites_carry_packets_both_ways(void)
{
    unsigned tried = 0;
    for (uint8_t encr = 1; encr < ike_algo_count; encr++) {
        for (uint8_t integ = 0; integ < ike_algo_count; integ++) {
            const struct ike_algo *const e = &ike_algos[encr], *const i = &ike_algos[integ];
            char esp[64];
            if (e->type != TRANSFORM_ENCR || ike_algo_is_aead(e) != (integ == 0) ||
                (integ != 0 && i->type != TRANSFORM_INTEG))
                continue;
            (void)snprintf(esp, sizeof esp, "%s%s%s%s", e->name, integ != 0 ? "-" : "",
                           integ != 0 ? i->name : "", tried % 2 != 0 ? "-esn" : "");
            carried_by(esp, providers[tried % 2], tried % 4 < 2 ? A : B);
            tried++;
        }
    }
    EXPECT_EQ(tried, 19 + 8 * 7);
}

static void test_esn_with_either_provider(void)
{
    for (int i = 0; i < 4; i++)
        carried_by("aes128gcm16-esn", providers[i % 2], i / 2 != 0 ? A : B);
}

/* What one end asked, the other did not; nothing is told of what is not there. */
static void test_what_is_told_of_a_child_sa(void)
{
    struct ike_child_sa a, b;
    begin(plain, NULL);
    EXPECT(ike_child_sa(p.end[A].engine, p.end[A].sa, p.end[A].child, &a));
    EXPECT(ike_child_sa(p.end[B].engine, p.end[B].sa, p.end[B].child, &b));
    EXPECT(a.spi_in == b.spi_out && a.spi_out == b.spi_in && a.spi_in != a.spi_out);
    EXPECT(a.asked && !b.asked && !a.transport && !a.no_tfc);
    EXPECT(ike_bytes_equal(a.encr_in, b.encr_out) && ike_bytes_equal(a.encr_out, b.encr_in));
    EXPECT(!ike_bytes_equal(a.encr_in, a.encr_out));
    EXPECT(!ike_child_sa(p.end[A].engine, p.end[A].sa, p.end[A].child + 1, &a));
    EXPECT(!ike_child_sa(p.end[A].engine, p.end[A].sa + 1, p.end[A].child, &a));
    end();
}

static void transport(void)
{
    c.transport = true;
    for (int side = A; side <= B; side++) {
        struct ike_child_policy *const child = &p.end[side].policy.child[0];
        child->transport_mode = true;
        child->local_count = child->remote_count = 0;
    }
    p.end[B].policy.child[0].no_tfc = true;
}

static void test_transport_mode(void)
{
    struct ike_child_sa child;
    begin(plain, transport);
    EXPECT(ike_child_sa(p.end[A].engine, p.end[A].sa, p.end[A].child, &child));
    EXPECT(child.transport && child.no_tfc);
    EXPECT(none_lost());
    end();
}

/* ---- rekeys ---- */

enum { REKEY_MESSAGES = 4, FIRST = 4 };

/* A rekey in the midst of traffic, until all is quiet again; an IKE message that is lost comes
 * again after a second. */
static void rekeyed_by(enum pair_side who, struct pair_options options)
{
    begin(options, NULL);
    EXPECT(ike_rekey_child(p.end[who].engine, p.now_ns, p.end[who].sa, p.end[who].child));
    carry_run(&c, 1300);
    EXPECT_EQ(c.end[A].made, 2);
    EXPECT_EQ(c.end[B].replaced, 1);
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_DOWN), 1);
    EXPECT_EQ(pair_count(&p, B, IKE_CHILD_DOWN), 1);
    if (!none_lost())
        (void)printf("# lost %d, twice %d, rekeyed by %d\n", options.lose, options.twice, who);
    for (int side = A; side <= B; side++)
        for (int why = ESP_WHY_UNKNOWN_SPI; why < ESP_WHY_COUNT; why++)
            EXPECT_EQ(c.end[side].reasons[why], 0);
    end();
}

static void test_a_rekey_loses_nothing_whoever_begins_it_whatever_is_lost_of_it(void)
{
    for (int side = A; side <= B; side++) {
        struct pair_options options = plain;
        rekeyed_by((enum pair_side)side, options);
        for (int i = 0; i < REKEY_MESSAGES; i++) {
            options = plain;
            options.lose = FIRST + i;
            rekeyed_by((enum pair_side)side, options);
            options = plain;
            options.twice = FIRST + i;
            rekeyed_by((enum pair_side)side, options);
        }
        options = plain;
        options.provider = PAIR_OPENSSL;
        rekeyed_by((enum pair_side)side, options);
    }
}

/* While the answer that makes the new Child SA is lost, the responder stays with the old one. */
static void test_a_responder_waits_to_hear_on_the_new_one(void)
{
    struct pair_options options = plain;
    options.lose = FIRST + 1;
    begin(options, NULL);
    const struct ike_packet packet = {
        .from = ike_addr_v4(0x0a020001, 0), .to = ike_addr_v4(0x0a010001, 0), .protocol = 17};
    const uint32_t old = p.end[B].child;
    uint32_t spi;
    EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
    carry_run(&c, 500);
    EXPECT(p.end[B].child != old);
    EXPECT_EQ(ike_packet_out(p.end[B].engine, p.now_ns, p.end[B].sa, &packet, &spi),
              TRAFFIC_PASSES);
    EXPECT_EQ(spi, old);
    carry_run(&c, 600);
    EXPECT_EQ(ike_packet_out(p.end[B].engine, p.now_ns, p.end[B].sa, &packet, &spi),
              TRAFFIC_PASSES);
    EXPECT_EQ(spi, p.end[B].child);
    EXPECT(none_lost());
    end();
}

/* With nothing to hear, it goes over when the old one is closed. */
static void test_a_responder_goes_over_when_the_old_one_is_closed(void)
{
    begin(plain, NULL);
    c.silent[A] = true;
    EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
    carry_run(&c, 300);
    EXPECT_EQ(pair_count(&p, B, IKE_CHILD_DOWN), 1);
    EXPECT(none_lost());
    end();
}

static void test_crossing_rekeys_lose_nothing(void)
{
    for (unsigned seed = 0; seed < 6; seed++) {
        for (int lost = PAIR_NONE; lost < FIRST + 8; lost = lost < 0 ? FIRST : lost + 1) {
            struct pair_options options = plain;
            uint8_t other_nonces[8];
            options.lose = lost;
            begin(options, NULL);
            for (unsigned i = 0; i < seed; i++)
                p.end[A].crypto->ops->random(p.end[A].crypto, other_nonces, sizeof other_nonces);
            for (int side = A; side <= B; side++)
                EXPECT(ike_rekey_child(p.end[side].engine, p.now_ns, p.end[side].sa,
                                       p.end[side].child));
            carry_run(&c, 3000);
            EXPECT(pair_agrees(&p, 1));
            if (!none_lost())
                (void)printf("# seed %u, message %d lost\n", seed, lost);
            end();
        }
    }
}

static void test_a_rekey_of_the_ike_sa_loses_nothing(void)
{
    for (int side = A; side <= B; side++) {
        begin(plain, NULL);
        const uint64_t old = p.end[side].sa;
        EXPECT(ike_rekey(p.end[side].engine, p.now_ns, p.end[side].sa));
        carry_run(&c, 200);
        EXPECT(p.end[side].sa != old);
        EXPECT(ike_rekey_child(p.end[B].engine, p.now_ns, p.end[B].sa, p.end[B].child));
        carry_run(&c, 200);
        EXPECT_EQ(c.end[A].made, 2);
        EXPECT(none_lost());
        end();
    }
}

/* ---- controls: what does lose, and what is refused ---- */

static void test_breaking_before_making_loses_packets(void)
{
    begin(plain, NULL);
    EXPECT(ike_delete_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
    carry_run(&c, 300);
    carry_rest(&c);
    EXPECT_EQ(c.end[A].made, 2);
    EXPECT(carry_lost(&c, A) >= 20); /* a round trip: what went to an end that had closed it, */
    EXPECT(carry_lost(&c, B) >= 20 && c.end[B].held >= 20); /* and what waited for another */
    end();
}

/* Packets that overtake each other: the last ones by the old SA come after its end, and are lost
 * but for a host that keeps the inbound SA a little longer. */
static void test_packets_late_by_the_old_one_are_taken_for_a_while(void)
{
    for (int lingers = 0; lingers < 2; lingers++) {
        begin(plain, NULL);
        c.late_percent = 40;
        c.linger_ns = lingers != 0 ? second_ns / 10 : 0;
        for (int i = 0; i < 6; i++) {
            const enum pair_side who = i % 2 != 0 ? A : B;
            EXPECT(ike_rekey_child(p.end[who].engine, p.now_ns, p.end[who].sa, p.end[who].child));
            carry_run(&c, 200);
        }
        carry_rest(&c);
        const uint32_t lost = carry_lost(&c, A) + carry_lost(&c, B);
        const uint64_t unknown =
            c.end[A].reasons[ESP_WHY_UNKNOWN_SPI] + c.end[B].reasons[ESP_WHY_UNKNOWN_SPI];
        EXPECT(lingers != 0 ? lost == 0 : lost > 0);
        EXPECT_EQ(lost, unknown);
        end();
    }
}

/* All that comes twice is refused once; and in a window too small what was overtaken, too. */
static void test_replays_and_what_a_small_window_costs(void)
{
    for (int small = 0; small < 2; small++) {
        begin(plain, NULL);
        c.late_percent = 30;
        c.twice_percent = 25;
        c.linger_ns = second_ns;
        c.window = small != 0 ? 4 : IKE_ESP_WINDOW;
        EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
        carry_run(&c, 1000);
        carry_rest(&c);
        EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
        c.linger_ns = 0;
        carry_rest(&c);
        const uint32_t lost = carry_lost(&c, A) + carry_lost(&c, B);
        const uint64_t replays =
            c.end[A].reasons[ESP_WHY_REPLAYED] + c.end[B].reasons[ESP_WHY_REPLAYED];
        const uint64_t old = c.end[A].reasons[ESP_WHY_TOO_OLD] + c.end[B].reasons[ESP_WHY_TOO_OLD];
        EXPECT(replays > 100);
        EXPECT(small != 0 ? lost > 50 && old >= lost : lost == 0 && old == 0);
        EXPECT_EQ(c.end[A].twice + c.end[B].twice, 0);
        end();
    }
}

/* ---- octets that were carried wear a Child SA out ---- */

enum { PACKET_OCTETS = 104 }; /* of text around 100 octets */

static void worn_by_octets(void)
{
    p.end[A].policy.child[0].lifetime =
        (struct ike_lifetime){.rekey_bytes = 20000, .life_bytes = 40000};
}

static void worn_at_both_ends(void)
{
    worn_by_octets();
    p.end[B].policy.child[0].lifetime = p.end[A].policy.child[0].lifetime;
}

static void worn_by_packets(void)
{
    p.end[A].policy.child[0].lifetime =
        (struct ike_lifetime){.rekey_packets = 200, .life_packets = 400};
}

/* 208 octets a millisecond: a Child SA carries 20,000 in 97 ms, or 200 packets in 100 ms, and a
 * rekey takes 20 to 40 ms more. */
static void test_octets_and_packets_make_it_be_rekeyed_and_none_is_lost(void)
{
    static void (*const wears[])(void) = {worn_by_octets, worn_at_both_ends, worn_by_packets};
    for (size_t i = 0; i < sizeof wears / sizeof wears[0]; i++) {
        begin(plain, wears[i]);
        carry_run(&c, 3000);
        EXPECT(none_lost());
        EXPECT(c.end[A].replaced >= 20 && c.end[A].replaced <= 64);
        EXPECT_EQ(p.end[A].ends[WHY_LIFETIME] + p.end[B].ends[WHY_LIFETIME], 0);
        EXPECT(c.end[A].octets_most >= 20000 && c.end[A].octets_most < 32000);
        end();
    }
}

static bool lose_rekeys(struct pair *of, enum pair_side from, uint8_t *bytes, size_t *len,
                        int number)
{
    (void)of;
    (void)from;
    (void)len;
    (void)number;
    return bytes[18] != CREATE_CHILD_SA;
}

/* No rekey comes through: at the second limit no octet more is sent by it, though it cannot be
 * closed, for the answer to the rekey is awaited first (RFC 7296 2.3). */
static void test_a_child_that_cannot_be_rekeyed_carries_no_more_at_its_limit(void)
{
    begin(plain, worn_at_both_ends);
    p.touch = lose_rekeys;
    carry_run(&c, 600);
    carry_rest(&c);
    for (int side = A; side <= B; side++) {
        const struct carry_end *const e = &c.end[side];
        const uint64_t octets = e->sas[0].in.sa.octets + e->sas[0].out.sa.octets;
        EXPECT(octets >= 40000 && octets <= 40000 + 20 * PACKET_OCTETS); /* those on their way */
        EXPECT(e->held > 300);
    }
    end();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_all_suites_carry_packets_both_ways),
        TEST(test_esn_with_either_provider),
        TEST(test_what_is_told_of_a_child_sa),
        TEST(test_transport_mode),
        TEST(test_a_rekey_loses_nothing_whoever_begins_it_whatever_is_lost_of_it),
        TEST(test_a_responder_waits_to_hear_on_the_new_one),
        TEST(test_a_responder_goes_over_when_the_old_one_is_closed),
        TEST(test_crossing_rekeys_lose_nothing),
        TEST(test_a_rekey_of_the_ike_sa_loses_nothing),
        TEST(test_breaking_before_making_loses_packets),
        TEST(test_packets_late_by_the_old_one_are_taken_for_a_while),
        TEST(test_replays_and_what_a_small_window_costs),
        TEST(test_octets_and_packets_make_it_be_rekeyed_and_none_is_lost),
        TEST(test_a_child_that_cannot_be_rekeyed_carries_no_more_at_its_limit),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
