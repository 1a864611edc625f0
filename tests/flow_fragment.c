/* SPDX-License-Identifier: MIT
 * Messages in fragments as arrows (RFC 7383): cut at the policy's length, each
 * lost, doubled, out of order; and what a peer, or one who is none, may make us
 * keep. */
#include "ike/engine.h"
#include "ike/v2/protect.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

#define N_FRAG   " N(IKEV2_FRAGMENTATION_SUPPORTED)\n"
#define INIT_REQ "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D N_FRAG
#define INIT_RSP "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D N_FRAG
#define REQ(n)   "A>B  IKE_AUTH        req 1  SKF(" n ")\n"
#define RSP(n)   "B>A  IKE_AUTH        rsp 1  SKF(" n ")\n"

static struct pair p;

static void allowed(struct pair *pair, uint16_t i_octets, uint16_t r_octets)
{
    const enum pair_side i = pair->options.initiator;
    pair->end[i].policy.fragment = i_octets;
    pair->end[1 - i].policy.fragment = r_octets;
}

static bool both_up(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1) && pair->end[A].engine->fragments.pool.used == 0 &&
           pair->end[B].engine->fragments.pool.used == 0 &&
           pair->end[A].engine->fragments.octets == 0;
}

static void small(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    allowed(pair, 200, 200);
}

static void test_long_messages_go_in_fragments_both_ways(void)
{
    flow_check(
        &(struct flow){.prepare = small,
                       .trace = INIT_REQ INIT_RSP REQ("1/2") REQ("2/2") RSP("1/2") RSP("2/2"),
                       .settle_ns = UINT64_C(40000000000),
                       .ended = both_up});
}

static void smaller_here(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    allowed(pair, 1280, 150);
}

static void test_each_side_cuts_at_its_own_length(void)
{
    flow_check(
        &(struct flow){.prepare = smaller_here,
                       .trace = INIT_REQ INIT_RSP ARROW_AUTH_REQ RSP("1/3") RSP("2/3") RSP("3/3"),
                       .settle_ns = UINT64_C(40000000000),
                       .ended = both_up});
}

static void cbc(struct pair *pair, enum pair_side i, enum pair_side r)
{
    small(pair, i, r);
    for (int side = A; side <= B; side++)
        pair_offer(pair, (enum pair_side)side, "aes256-sha512-prfsha512-x25519", "aes256gcm16");
}

static void test_fragments_are_sealed_with_every_kind_of_cipher(void)
{
    flow_check(&(struct flow){.prepare = cbc,
                              .trace = INIT_REQ INIT_RSP REQ("1/3") REQ("2/3") REQ("3/3") RSP("1/3")
                                  RSP("2/3") RSP("3/3"),
                              .settle_ns = UINT64_C(40000000000),
                              .ended = both_up});
}

static void one_side_only(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.fragment = 200;
    (void)r;
}

static void test_without_the_consent_of_both_nothing_is_cut(void)
{
    flow_check(&(struct flow){.prepare = one_side_only,
                              .trace = INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_RSP,
                              .ended = both_up});
}

static void rekey(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
    pair_run(pair);
    (void)ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa);
}

static bool rekeyed(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return both_up(pair, i, r) && pair_count(pair, i, IKE_REKEYED) == 2;
}

#define CREATE_REQ(id, n) "A>B  CREATE_CHILD_SA req " id "  SKF(" n ")\n"
#define CREATE_RSP(id, n) "B>A  CREATE_CHILD_SA rsp " id "  SKF(" n ")\n"
#define DELETED(id)                                 \
    "A>B  INFORMATIONAL   req " id "  SK{D(IKE)}\n" \
    "B>A  INFORMATIONAL   rsp " id "  SK{}\n"

static void test_the_ike_sa_that_takes_over_takes_fragments_too(void)
{
    flow_check(&(struct flow){
        .prepare = small,
        .act = rekey,
        .trace = INIT_REQ INIT_RSP REQ("1/2") REQ("2/2") RSP("1/2") RSP("2/2")
            CREATE_REQ("2", "1/2") CREATE_REQ("2", "2/2") CREATE_RSP("2", "1/2")
                CREATE_RSP("2", "2/2") DELETED("3") CREATE_REQ("0", "1/2") CREATE_REQ("0", "2/2")
                    CREATE_RSP("0", "1/2") CREATE_RSP("0", "2/2") DELETED("1"),
        .settle_ns = UINT64_C(40000000000),
        .ended = rekeyed});
}

/* ---- by hand: what comes to B ---- */

enum { KEPT_MAX = 16 };
static uint8_t kept[KEPT_MAX][2048];
static size_t kept_len[KEPT_MAX];
static int kept_count;

/* A's fragments are taken off the wire, to be given in another order or shape. */
static bool take_off(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                     int number)
{
    (void)pair;
    (void)number;
    if (from == B || bytes[16] != PAYLOAD_SKF || kept_count == KEPT_MAX)
        return true;
    memcpy(kept[kept_count], bytes, *len);
    kept_len[kept_count++] = *len;
    return false;
}

/* Up to B's IKE_SA_INIT answer and A's fragments, which are in `kept`. */
static void begin(uint16_t octets)
{
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    allowed(&p, octets, 1280);
    p.touch = take_off;
    kept_count = 0;
}

static void connect_now(void)
{
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000));
}

static enum ike_why give(int which)
{
    return pair_inject(&p, B, kept[which], kept_len[which]);
}

static void test_fragments_in_any_order_make_the_message(void)
{
    begin(150);
    connect_now();
    EXPECT_EQ(kept_count, 3);
    EXPECT_EQ(give(2), WHY_FRAGMENT);
    EXPECT_EQ(give(0), WHY_FRAGMENT);
    EXPECT_EQ(give(1), WHY_OK);
    pair_run_for(&p, UINT64_C(100000000));
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void test_a_fragment_that_is_there_already_is_dropped(void)
{
    begin(150);
    connect_now();
    EXPECT_EQ(give(0), WHY_FRAGMENT);
    EXPECT_EQ(give(0), WHY_FRAGMENT_TWICE);
    EXPECT_EQ(give(1), WHY_FRAGMENT);
    EXPECT_EQ(give(2), WHY_OK);
    pair_close(&p);
}

/* RFC 7383 2.6.1: once answered, one of them alone calls for the answer again. */
static void test_only_the_first_fragment_brings_the_answer_again(void)
{
    begin(150);
    connect_now();
    for (int i = 0; i < 3; i++)
        (void)give(i);
    const int sent = p.sent;
    EXPECT_EQ(give(1), WHY_RETRANSMITTED);
    EXPECT_EQ(give(2), WHY_RETRANSMITTED);
    EXPECT_EQ(p.sent, sent);
    EXPECT_EQ(give(0), WHY_RETRANSMITTED);
    EXPECT_EQ(p.sent, sent + 1);
    pair_close(&p);
}

/* One changed octet spoils that fragment and no other. */
static void test_a_forged_fragment_is_dropped_alone(void)
{
    begin(150);
    connect_now();
    EXPECT_EQ(give(0), WHY_FRAGMENT);
    for (size_t i = IKE_HEADER_LEN + IKE_FRAGMENT_HEAD; i < kept_len[1]; i++) {
        kept[1][i] ^= 1;
        EXPECT_EQ(give(1), WHY_BAD_ICV);
        kept[1][i] ^= 1;
    }
    kept[1][IKE_HEADER_LEN] = PAYLOAD_IDI; /* "next payload" is authentic, too */
    EXPECT_EQ(give(1), WHY_BAD_ICV);
    kept[1][IKE_HEADER_LEN] = 0;
    EXPECT_EQ(give(1), WHY_FRAGMENT);
    EXPECT_EQ(give(2), WHY_OK);
    pair_close(&p);
}

static void number(int which, uint16_t fragment, uint16_t total)
{
    uint8_t *const at = kept[which] + IKE_HEADER_LEN + IKE_PAYLOAD_HEAD;
    at[0] = (uint8_t)(fragment >> 8);
    at[1] = (uint8_t)fragment;
    at[2] = (uint8_t)(total >> 8);
    at[3] = (uint8_t)total;
}

static void test_numbers_that_cannot_be_are_refused_before_the_seal(void)
{
    static const struct {
        uint16_t fragment, total;
        enum ike_why why;
    } rows[] = {
        {0, 3, WHY_FRAGMENT_NUMBER},
        {0, 0, WHY_FRAGMENT_NUMBER},
        {4, 3, WHY_FRAGMENT_NUMBER},
        {1, 0, WHY_FRAGMENT_NUMBER},
        {65535, 3, WHY_FRAGMENT_NUMBER},
        {1, IKE_FRAGMENTS_MAX + 1, WHY_FRAGMENT_LIMIT},
        {65535, 65535, WHY_FRAGMENT_LIMIT},
        {2, 2, WHY_FRAGMENT_NUMBER},
        {2, 4, WHY_BAD_ICV},
        {3, 3, WHY_BAD_ICV},
    };
    begin(150);
    connect_now();
    EXPECT_EQ(give(0), WHY_FRAGMENT); /* 1/3 */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        number(1, rows[i].fragment, rows[i].total);
        EXPECT_EQ(give(1), rows[i].why);
    }
    number(1, 2, 3);
    EXPECT_EQ(give(1), WHY_FRAGMENT);
    EXPECT_EQ(give(2), WHY_OK);
    pair_close(&p);
}

/* As A cuts it, with other numbers and lengths; the text is what came in fragments 1 to 3. */
static void cut_anew(int which, const struct ike_fragment_head *head, struct ike_bytes text)
{
    struct ike_writer w = wr_open(kept[which], sizeof kept[which]);
    struct ike_sa_keys keys;
    EXPECT(ike_sa_keys(p.end[A].engine, p.end[A].sa, &keys));
    const struct ike_seal_keys seal = ike_keys_of(&keys, true);
    put_bytes(&w, (struct ike_bytes){.at = kept[0], .len = IKE_HEADER_LEN});
    const size_t at = ike_begin_fragment(&w, &seal, head);
    put_bytes(&w, text);
    ike_end_fragment(&w, at, &seal, p.end[A].crypto, 1000 + (uint64_t)which);
    kept_len[which] = w.len;
}

/* What A sealed in the fragments kept. */
static size_t open_kept(uint8_t *out)
{
    static struct ike_message m;
    static uint8_t copy[2048];
    struct ike_sa_keys keys;
    struct ike_bytes text;
    size_t len = 0;
    EXPECT(ike_sa_keys(p.end[A].engine, p.end[A].events[0].sa, &keys));
    p.end[A].sa = p.end[A].events[0].sa;
    const struct ike_seal_keys seal = ike_keys_of(&keys, true);
    for (int i = 0; i < kept_count; i++) {
        memcpy(copy, kept[i], kept_len[i]);
        EXPECT_EQ(ike_message_parse((struct ike_bytes){kept[i], kept_len[i]}, &m), WHY_OK);
        EXPECT_EQ(ike_open_text(&m, &seal, p.end[A].crypto, copy, &text), WHY_OK);
        memcpy(out + len, text.at, text.len);
        len += text.len;
    }
    return len;
}

/* RFC 7383 2.5.2, 2.6: a sender that looks for the path's MTU cuts again, into more. */
static void test_more_and_smaller_fragments_take_the_place_of_what_came(void)
{
    static uint8_t text[2048];
    begin(150);
    connect_now();
    const size_t len = open_kept(text);
    EXPECT_EQ(give(0), WHY_FRAGMENT);
    EXPECT_EQ(give(1), WHY_FRAGMENT);
    for (uint16_t i = 0; i < 4; i++) {
        const size_t from = len * i / 4;
        const struct ike_fragment_head head = {
            .number = (uint16_t)(i + 1), .total = 4, .next = PAYLOAD_IDI};
        cut_anew(4 + i, &head, (struct ike_bytes){text + from, len * (i + 1U) / 4 - from});
    }
    EXPECT_EQ(give(4), WHY_FRAGMENT);
    EXPECT_EQ(p.end[B].engine->fragments.octets, len / 4);
    EXPECT_EQ(give(2), WHY_FRAGMENT_NUMBER); /* of the old set */
    EXPECT_EQ(give(5), WHY_FRAGMENT);
    EXPECT_EQ(give(7), WHY_FRAGMENT);
    EXPECT_EQ(give(6), WHY_OK);
    pair_close(&p);
}

static void test_one_fragment_may_be_all_there_is(void)
{
    static uint8_t text[2048];
    begin(150);
    connect_now();
    const size_t len = open_kept(text);
    const struct ike_fragment_head head = {.number = 1, .total = 1, .next = PAYLOAD_IDI};
    cut_anew(4, &head, (struct ike_bytes){text, len});
    EXPECT_EQ(give(4), WHY_OK);
    pair_close(&p);
}

/* Authentic fragments of nothing would let a count grow and no message come. */
static void test_empty_fragments_are_not_kept(void)
{
    begin(150);
    connect_now();
    static uint8_t text[2048];
    (void)open_kept(text);
    const struct ike_fragment_head head = {.number = 2, .total = 60, .next = 0};
    cut_anew(4, &head, (struct ike_bytes){text, 0});
    EXPECT_EQ(give(4), WHY_FRAGMENT_LIMIT);
    EXPECT_EQ(p.end[B].engine->fragments.pool.used, 0);
    pair_close(&p);
}

static void test_no_message_grows_beyond_the_longest(void)
{
    static uint8_t text[1900];
    begin(150);
    connect_now();
    static uint8_t ignored[2048];
    (void)open_kept(ignored);
    uint16_t i = 1;
    for (; i < 20; i++) {
        const struct ike_fragment_head head = {.number = i, .total = 40, .next = PAYLOAD_IDI};
        cut_anew(4, &head, (struct ike_bytes){text, sizeof text});
        const enum ike_why why = give(4);
        EXPECT(why == (i * sizeof text <= IKE_MESSAGE_MAX ? WHY_FRAGMENT : WHY_FRAGMENT_LIMIT));
    }
    EXPECT_EQ(p.end[B].engine->fragments.octets, IKE_MESSAGE_MAX / sizeof text * sizeof text);
    pair_close(&p);
}

/* The last makes it too long, or is by itself. */
static void test_a_message_that_is_too_long_when_it_is_whole_is_none(void)
{
    static uint8_t text[1900];
    static uint8_t ignored[2048];
    static uint8_t bytes[IKE_MESSAGE_MAX + 4];
    begin(150);
    connect_now();
    (void)open_kept(ignored);
    for (uint16_t i = 1; i <= 9; i++) {
        const struct ike_fragment_head head = {.number = i, .total = 9, .next = PAYLOAD_IDI};
        cut_anew(4, &head, (struct ike_bytes){text, sizeof text});
        EXPECT_EQ(give(4), i < 9 ? WHY_FRAGMENT : WHY_TOO_LONG);
    }
    EXPECT_EQ(p.end[B].engine->fragments.octets, 0);
    memcpy(bytes, kept[0], kept_len[0]);
    struct ike_writer w = wr_open(bytes, sizeof bytes);
    size_t link = 16;
    w.len = IKE_HEADER_LEN;
    const size_t begins = ike_begin_payload(&w, &link, PAYLOAD_SKF);
    EXPECT(put_room(&w, sizeof bytes - w.len) != NULL);
    bytes[begins + 5] = bytes[begins + 7] = 1; /* of one */
    ike_end_payload(&w, begins);
    ike_end_message(&w);
    EXPECT_EQ(pair_inject(&p, B, bytes, w.len), WHY_TOO_LONG);
    pair_close(&p);
}

/* RFC 8019 8.3: the solution stands before the first fragment and before no other. */
static void test_a_solution_before_another_fragment_is_refused(void)
{
    static const uint8_t solution[20] = {PAYLOAD_SKF, 0, 0, sizeof solution, 7};
    begin(150);
    connect_now();
    uint8_t *const at = kept[1] + IKE_HEADER_LEN;
    memmove(at + sizeof solution, at, kept_len[1] - IKE_HEADER_LEN);
    memcpy(at, solution, sizeof solution);
    kept[1][16] = PAYLOAD_PS;
    kept[1][27] = (uint8_t)(kept[1][27] + sizeof solution);
    kept_len[1] += sizeof solution;
    EXPECT_EQ(give(1), WHY_UNEXPECTED_PAYLOAD);
    pair_close(&p);
}

/* Fragments of B's request wait for the last, while those of its answer, with the same message id,
 * come and make a message of their own. */
static void test_a_request_and_an_answer_of_one_id_are_two_messages(void)
{
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    allowed(&p, 150, 150);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000));
    for (int i = 0; i < 2; i++) {
        EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
        pair_run_for(&p, UINT64_C(100000000));
    }
    EXPECT_EQ(ike_sa_numbered(p.end[A].engine, p.end[A].sa)->send_id, 2);
    EXPECT_EQ(ike_sa_numbered(p.end[B].engine, p.end[B].sa)->send_id, 2);
    p.options.lose = p.sent + 3;
    p.trace_len = 0;
    for (int side = A; side <= B; side++)
        EXPECT(ike_create_child(p.end[side].engine, p.now_ns, p.end[side].sa, 0, NULL));
    pair_run(&p);
    EXPECT(strstr(p.trace, "B>A  CREATE_CHILD_SA req 2  SKF(2/2)  (lost)") != NULL ||
           strstr(p.trace, "(lost)") != NULL);
    EXPECT(pair_agrees(&p, 3));
    EXPECT_EQ(p.end[A].engine->fragments.pool.used, 0);
    pair_close(&p);
}

static void test_fragments_without_consent_are_dropped(void)
{
    begin(150);
    connect_now();
    ike_sa_numbered(p.end[B].engine, p.end[B].sa)->fragments = false;
    EXPECT_EQ(give(0), WHY_FRAGMENT_UNWANTED);
    pair_close(&p);
}

/* RFC 7383 2.5: the Encrypted Fragment payload is the only one, and all are of one exchange; told
 * before anything is opened. */
static void test_what_does_not_go_with_the_other_fragments_is_refused_before_the_seal(void)
{
    begin(150);
    connect_now();
    EXPECT_EQ(give(0), WHY_FRAGMENT);
    kept[1][18] = IKE_INTERMEDIATE;
    EXPECT_EQ(give(1), WHY_FRAGMENT_NUMBER);
    kept[1][18] = IKE_AUTH;

    static const uint8_t vendor[] = {PAYLOAD_SKF, 0, 0, 5, 7};
    uint8_t *const at = kept[1] + IKE_HEADER_LEN;
    memmove(at + sizeof vendor, at, kept_len[1] - IKE_HEADER_LEN);
    memcpy(at, vendor, sizeof vendor);
    kept[1][16] = PAYLOAD_VENDOR;
    kept[1][27] = (uint8_t)(kept[1][27] + sizeof vendor);
    kept_len[1] += sizeof vendor;
    EXPECT_EQ(give(1), WHY_UNEXPECTED_PAYLOAD);

    kept_len[1] -= sizeof vendor;
    memmove(at, at + sizeof vendor, kept_len[1] - IKE_HEADER_LEN);
    kept[1][16] = PAYLOAD_SKF;
    kept[1][27] = (uint8_t)(kept[1][27] - sizeof vendor);
    EXPECT_EQ(give(1), WHY_FRAGMENT);
    EXPECT_EQ(give(2), WHY_OK);
    pair_close(&p);
}

static void test_what_is_not_whole_in_time_is_forgotten(void)
{
    begin(150);
    p.end[B].config.reassembly.timeout_ns = UINT64_C(2000000000);
    p.end[A].config.retransmit.sends = 1;
    connect_now();
    EXPECT_EQ(give(0), WHY_FRAGMENT);
    EXPECT_EQ(give(1), WHY_FRAGMENT);
    EXPECT_EQ(p.end[B].engine->fragments.pool.used, 1);
    const uint64_t due_ns = p.now_ns + UINT64_C(2000000000);
    EXPECT_EQ(ike_deadline(p.end[B].engine), due_ns);
    ike_tick(p.end[B].engine, due_ns - 1);
    EXPECT_EQ(p.end[B].engine->fragments.pool.used, 1);
    ike_tick(p.end[B].engine, due_ns);
    EXPECT_EQ(p.end[B].engine->fragments.pool.used, 0);
    EXPECT_EQ(p.end[B].engine->fragments.octets, 0);
    EXPECT(ike_sa_numbered(p.end[B].engine, p.end[B].sa) != NULL);
    EXPECT_EQ(give(2), WHY_FRAGMENT);
    pair_close(&p);
}

static void test_octets_that_wait_are_limited(void)
{
    begin(150);
    p.end[B].config.reassembly.octets = 100;
    connect_now();
    EXPECT_EQ(give(0), WHY_FRAGMENT);
    EXPECT_EQ(give(1), WHY_FRAGMENT_LIMIT);
    EXPECT(p.end[B].engine->fragments.octets <= 100);
    pair_close(&p);
}

static uint64_t connect_another(void)
{
    const uint64_t sa = pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000));
    return sa;
}

static void test_messages_that_wait_are_limited(void)
{
    begin(150);
    p.end[B].config.reassembly.limit = 1;
    p.end[A].config.retransmit.sends = 1;
    connect_now();
    (void)connect_another();
    EXPECT_EQ(kept_count, 6);
    EXPECT_EQ(give(0), WHY_FRAGMENT);
    EXPECT_EQ(give(3), WHY_FRAGMENT_LIMIT);
    EXPECT_EQ(give(1), WHY_FRAGMENT);
    EXPECT_EQ(give(2), WHY_OK);
    EXPECT_EQ(give(3), WHY_FRAGMENT);
    pair_close(&p);
}

/* What waits goes with the SA, half-open as it is. */
static void test_an_sa_that_ends_takes_its_fragments_along(void)
{
    begin(150);
    p.end[B].config.reassembly.timeout_ns = UINT64_C(1000000000000);
    p.end[A].config.retransmit.sends = 1;
    connect_now();
    EXPECT_EQ(give(0), WHY_FRAGMENT);
    pair_run_for(&p, UINT64_C(60000000000));
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(p.end[B].engine->fragments.pool.used, 0);
    EXPECT_EQ(ike_stats(p.end[B].engine).memory, 0);
    pair_close(&p);
}

/* With padding and all: no datagram is longer than was asked for. */
static size_t longest;
static bool measure(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                    int number_)
{
    (void)pair;
    (void)from;
    (void)number_;
    if (bytes[18] == IKE_AUTH && *len > longest)
        longest = *len;
    return true;
}

static void test_no_datagram_is_longer_than_the_policy_says(void)
{
    for (uint16_t octets = 157; octets < 220; octets += 7) {
        begin(octets);
        p.end[B].policy.fragment = octets;
        p.touch = measure;
        longest = 0;
        connect_now();
        EXPECT(pair_agrees(&p, 1));
        EXPECT_EQ(longest + 28, octets); /* of a cipher without padding */
        pair_close(&p);
    }
}

/* However short the policy has them: else a message would never end. */
static void test_each_fragment_carries_the_least(void)
{
    begin(1);
    p.end[B].policy.fragment = 1;
    p.touch = measure;
    longest = 0;
    connect_now();
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(longest, IKE_HEADER_LEN + IKE_FRAGMENT_HEAD + 8 + IKE_FRAGMENT_LEAST + 1 + 16);
    pair_close(&p);
}

/* Of more than IKE_FRAGMENTS_MAX none goes out; the IKE SA goes on. */
static void test_a_message_of_too_many_fragments_is_not_sent(void)
{
    static uint8_t octets[6000];
    struct ike_note note = {.type = 40960, .data = {.at = octets, .len = sizeof octets}};
    const struct ike_inform inform = {.notes = &note, .note_count = 1};
    begin(1);
    p.touch = NULL;
    connect_now();
    const int sent = p.sent;
    (void)ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa, &inform);
    pair_run_for(&p, UINT64_C(100000000));
    EXPECT_EQ(p.sent, sent);
    EXPECT_EQ(pair_count(&p, A, IKE_INFORMED), 0);
    note.data.len = 100;
    EXPECT(ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa, &inform));
    pair_run_for(&p, UINT64_C(100000000));
    EXPECT_EQ(pair_count(&p, A, IKE_INFORMED), 1);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_long_messages_go_in_fragments_both_ways),
        TEST(test_each_side_cuts_at_its_own_length),
        TEST(test_fragments_are_sealed_with_every_kind_of_cipher),
        TEST(test_without_the_consent_of_both_nothing_is_cut),
        TEST(test_the_ike_sa_that_takes_over_takes_fragments_too),
        TEST(test_fragments_in_any_order_make_the_message),
        TEST(test_a_fragment_that_is_there_already_is_dropped),
        TEST(test_only_the_first_fragment_brings_the_answer_again),
        TEST(test_a_forged_fragment_is_dropped_alone),
        TEST(test_numbers_that_cannot_be_are_refused_before_the_seal),
        TEST(test_more_and_smaller_fragments_take_the_place_of_what_came),
        TEST(test_one_fragment_may_be_all_there_is),
        TEST(test_empty_fragments_are_not_kept),
        TEST(test_no_message_grows_beyond_the_longest),
        TEST(test_a_message_that_is_too_long_when_it_is_whole_is_none),
        TEST(test_a_solution_before_another_fragment_is_refused),
        TEST(test_a_request_and_an_answer_of_one_id_are_two_messages),
        TEST(test_fragments_without_consent_are_dropped),
        TEST(test_what_does_not_go_with_the_other_fragments_is_refused_before_the_seal),
        TEST(test_each_fragment_carries_the_least),
        TEST(test_a_message_of_too_many_fragments_is_not_sent),
        TEST(test_what_is_not_whole_in_time_is_forgotten),
        TEST(test_octets_that_wait_are_limited),
        TEST(test_messages_that_wait_are_limited),
        TEST(test_an_sa_that_ends_takes_its_fragments_along),
        TEST(test_no_datagram_is_longer_than_the_policy_says),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
