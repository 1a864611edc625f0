/* SPDX-License-Identifier: MIT
 * A peer that lost its state: INVALID_IKE_SPI outside an IKE SA (RFC 7296 1.5,
 * 2.21.4), and quick crash detection (RFC 6290). */
#include "ike/engine.h"
#include "ike/v2/qcd.h"
#include "tests/flow.h"
#include "tests/opened.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;
static uint8_t secrets[2][32];

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

/* Both make tokens, take them, and answer for SAs they do not have. */
static void with_tokens(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    for (int side = A; side <= B; side++) {
        memset(secrets[side], side + 1, sizeof secrets[side]);
        pair->end[side].config.qcd_secret = secrets[side];
        pair->end[side].config.tell_unknown = true;
        pair->end[side].policy.takes_tokens = true;
    }
}

static void restart(enum pair_side side)
{
    struct pair_end *const end = &p.end[side];
    ike_close(end->engine);
    end->engine = ike_open(&end->config, end->crypto);
}

static void connected(void (*prepare)(struct pair *pair, enum pair_side i, enum pair_side r))
{
    pair_init(&p, plain);
    prepare(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    EXPECT(pair_agrees(&p, 1));
}

static bool agree(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(pair, 1);
}

#define N_TOKEN "N(QUICK_CRASH_DETECTION)"

static void test_tokens_are_exchanged_with_authentication(void)
{
    flow_check(&(struct flow){
        .prepare = with_tokens,
        .trace = ARROW_INIT_REQ ARROW_INIT_RSP
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH " N_TOKEN " SAi2 TSi TSr}\n"
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH " N_TOKEN " SAr2 TSi TSr}\n",
        .ended = agree,
    });
}

static void rekey(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa));
}

/* RFC 6290 4.3 */
static void test_a_rekeyed_sa_has_tokens_of_its_own(void)
{
    flow_check(&(struct flow){
        .prepare = with_tokens,
        .act = rekey,
        .trace = ARROW_INIT_REQ ARROW_INIT_RSP
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH " N_TOKEN " SAi2 TSi TSr}\n"
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH " N_TOKEN " SAr2 TSi TSr}\n"
        "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi}\n"
        "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr " N_TOKEN "}\n"
        "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n"
        "A>B  INFORMATIONAL   req 0  SK{" N_TOKEN "}\n"
        "B>A  INFORMATIONAL   rsp 3  SK{}\n"
        "B>A  INFORMATIONAL   rsp 0  SK{}\n",
        .ended = agree,
    });
}

/* One round trip, not half a minute of retransmission; whoever crashed, and after a rekey too. */
static void test_a_crashed_peer_is_known_by_its_token_at_once(void)
{
    for (int variant = 0; variant < 4; variant++) {
        const enum pair_side crashes = variant % 2 == 0 ? B : A;
        const enum pair_side other = crashes == A ? B : A;
        connected(with_tokens);
        if (variant >= 2) {
            rekey(&p, A, B);
            pair_run_for(&p, UINT64_C(1000000000));
        }
        restart(crashes);
        EXPECT(ike_probe(p.end[other].engine, p.now_ns, p.end[other].sa));
        pair_run_for(&p, UINT64_C(500000000));
        if (!EXPECT_EQ(p.end[other].ends[WHY_PEER_CRASHED], 2)) /* the child, the SA */
            (void)printf("# variant %d\n%s", variant, p.trace);
        EXPECT_EQ(p.end[crashes].reasons[WHY_UNKNOWN_SPI], 1);
        EXPECT(pair_is_empty(&p));
        pair_close(&p);
    }
}

/* The token in an answer in the clear loses its last octet. */
static bool cut_token(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    static struct opened m;
    (void)number;
    if (from == A)
        return true;
    EXPECT(opened_read(pair, (struct ike_bytes){.at = bytes, .len = *len}, &m) && !m.is_sealed);
    for (size_t i = 0; i < m.part_count; i++)
        if ((m.parts[i].body[2] << 8 | m.parts[i].body[3]) == N_QUICK_CRASH_DETECTION)
            m.parts[i].len--;
    const size_t cut = opened_write(pair, &m, bytes);
    EXPECT_EQ(cut, *len - 1);
    *len = cut;
    return true;
}

static void test_a_wrong_token_and_a_missing_one_change_nothing(void)
{
    for (int variant = 0; variant < 5; variant++) {
        pair_init(&p, plain);
        with_tokens(&p, A, B);
        p.end[A].policy.takes_tokens = variant != 2;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(1000000000));
        if (variant == 0)
            secrets[B][0] ^= 1;
        if (variant == 1)
            p.end[B].config.qcd_secret = NULL;
        if (variant == 3)
            p.end[B].config.tell_unknown = false;
        if (variant == 4)
            p.touch = cut_token;
        restart(B);
        EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
        pair_run_for(&p, UINT64_C(500000000));
        EXPECT_EQ(p.end[A].reasons[WHY_CRASH_HINT], variant == 3 ? 0 : 1);
        EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
        pair_run(&p);
        EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 2); /* found out the slow way */
        pair_close(&p);
    }
}

/* One that there was no room to keep: nothing is not the same as nothing. */
static void test_a_token_that_was_not_kept_is_none(void)
{
    connected(with_tokens);
    struct ike_engine *const a = p.end[A].engine;
    const struct ike_sa *const sa = ike_sa_numbered(a, p.end[A].sa);
    struct ike_token *const token = ike_beside_of(a, sa, BESIDE_TOKEN);
    ike_store_give(&a->store, token->octets);
    token->octets = (struct ike_blob){0};
    p.touch = cut_token;
    restart(B);
    EXPECT(ike_probe(a, p.now_ns, p.end[A].sa));
    pair_run_for(&p, UINT64_C(500000000));
    EXPECT_EQ(p.end[A].reasons[WHY_CRASH_HINT], 1);
    EXPECT_EQ(ike_stats(a).established, 1);
    pair_close(&p);
}

/* RFC 6290 4.1: 16 to 128 octets; another notify of that number is no token. */
static void test_a_token_of_another_length_is_not_kept(void)
{
    static const uint8_t octets[129] = {7};
    static const size_t lens[] = {0, 15, 16, 128, 129};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        const struct ike_note note = {.type = N_QUICK_CRASH_DETECTION,
                                      .data = {.at = octets, .len = lens[i]}};
        pair_init(&p, plain);
        p.end[A].policy.takes_tokens = true;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(1000000000));
        EXPECT(ike_inform(p.end[B].engine, p.now_ns, p.end[B].sa,
                          &(struct ike_inform){.notes = &note, .note_count = 1}));
        pair_run_for(&p, UINT64_C(1000000000));
        const struct ike_sa *const sa = ike_sa_numbered(p.end[A].engine, p.end[A].sa);
        const bool kept = ike_beside_of(p.end[A].engine, sa, BESIDE_TOKEN) != NULL;
        EXPECT(kept == (lens[i] == 16 || lens[i] == 128));
        pair_close(&p);
    }
}

/* Header with a sealed payload of `more` octets, of an SA that is not there or that is. */
static size_t sealed_request(uint8_t *out, uint64_t spi_i, uint64_t spi_r, size_t more)
{
    struct ike_writer w = wr_open(out, 512);
    ike_put_header(&w, &(struct ike_header){.spi_i = spi_i,
                                            .spi_r = spi_r,
                                            .version = IKE_VERSION_2,
                                            .exchange = INFORMATIONAL,
                                            .flags = FLAG_INITIATOR,
                                            .id = 3});
    size_t link = 16;
    const size_t begin = ike_begin_payload(&w, &link, PAYLOAD_SK);
    memset(put_room(&w, more), 7, more);
    ike_end_payload(&w, begin);
    ike_end_message(&w);
    return w.len;
}

static bool says_token(const char *trace)
{
    const char *last = trace;
    for (const char *at = trace; (at = strchr(at, '\n')) != NULL && at[1] != '\0';)
        last = ++at;
    return strstr(last, N_TOKEN) != NULL;
}

/* RFC 6290 9.2: else anyone could collect tokens of SAs that live, and end them. */
static void test_who_holds_the_sa_never_shows_its_token(void)
{
    uint8_t room[512];
    connected(with_tokens);
    const struct ike_sa *const sa = ike_sa_numbered(p.end[B].engine, p.end[B].sa);
    const uint64_t spis[][2] = {{sa->spi_i, sa->spi_r}, {1, sa->spi_r}, {sa->spi_i, 1},
                                {sa->spi_r, sa->spi_i}, {sa->spi_r, 1}, {1, 2}};
    for (size_t i = 0; i < sizeof spis / sizeof spis[0]; i++)
        for (int flag = 0; flag < 2; flag++) {
            const size_t len = sealed_request(room, spis[i][0], spis[i][1], 100);
            room[19] = flag == 0 ? FLAG_INITIATOR : 0;
            p.trace_len = 0;
            p.trace[0] = '\0';
            (void)pair_inject(&p, B, room, len);
            pair_run_for(&p, 0);
            const bool of_sa = i < 5 && i != 2; /* names the SPI that B gave */
            EXPECT(says_token(p.trace) == !of_sa);
        }
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static void test_answers_outside_an_sa_are_few(void)
{
    uint8_t room[512];
    pair_init(&p, plain);
    with_tokens(&p, A, B);
    pair_open(&p);
    for (int i = 0; i < 30; i++) {
        const size_t len = sealed_request(room, 1, 2 + (uint64_t)i, 100);
        EXPECT_EQ(pair_inject(&p, B, room, len), WHY_UNKNOWN_SPI);
    }
    EXPECT_EQ(p.sent, 10); /* a second */
    pair_run_for(&p, UINT64_C(1000000000));
    (void)pair_inject(&p, B, room, sealed_request(room, 1, 2, 100));
    EXPECT_EQ(p.sent, 11);
    pair_run_for(&p, UINT64_C(1000000000));
    (void)pair_inject(&p, B, room, sealed_request(room, 1, 2, 100) - 100); /* cut short */
    size_t len = sealed_request(room, 1, 2, 100);
    room[19] |= FLAG_RESPONSE;
    (void)pair_inject(&p, B, room, len);
    room[19] = FLAG_INITIATOR;
    room[16] = PAYLOAD_NOTIFY; /* nothing sealed */
    (void)pair_inject(&p, B, room, len);
    room[16] = PAYLOAD_SK;
    room[18] = IKE_SA_INIT; /* of no IKE SA */
    EXPECT_EQ(pair_inject(&p, B, room, len), WHY_UNKNOWN_SPI);
    EXPECT_EQ(p.sent, 11);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_tokens_are_exchanged_with_authentication),
        TEST(test_a_rekeyed_sa_has_tokens_of_its_own),
        TEST(test_a_crashed_peer_is_known_by_its_token_at_once),
        TEST(test_a_wrong_token_and_a_missing_one_change_nothing),
        TEST(test_a_token_that_was_not_kept_is_none),
        TEST(test_a_token_of_another_length_is_not_kept),
        TEST(test_who_holds_the_sa_never_shows_its_token),
        TEST(test_answers_outside_an_sa_are_few),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
