/* SPDX-License-Identifier: MIT
 * Exchanges that cross, of which messages are lost at the worst moment: what one
 * end knows already and the other does not, and what comes too late (RFC 7296
 * 2.8.2, 2.25). Crossing without losses is in flow_child.c. */
#include "ike/engine.h"
#include "tests/flow.h"
#include "tests/opened.h"
#include "tests/test.h"

#include <string.h>

#define MS UINT64_C(1000000)

static struct pair p;
static uint32_t lost; /* messages, by their number from 0 on */

static bool lose_some(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number >= 32 || (lost >> number & 1) == 0;
}

/* An IKE SA with a Child SA, made by four messages, 0 to 3. */
static void begin(enum pair_side initiator)
{
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                        .initiator = initiator,
                                        .lose = PAIR_NONE,
                                        .twice = PAIR_NONE});
    p.touch = lose_some;
    lost = 0;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    EXPECT_EQ(p.sent, 4);
    p.trace_len = 0;
}

static void rekey_ike(enum pair_side side)
{
    EXPECT(ike_rekey(p.end[side].engine, p.now_ns, p.end[side].sa));
}

static void probe(enum pair_side side)
{
    EXPECT(ike_probe(p.end[side].engine, p.now_ns, p.end[side].sa));
}

/* Both rekey the IKE SA; whoever connected, the lowest nonce is B's, and what A makes stays. */
static void cross(enum pair_side initiator, uint32_t losses)
{
    begin(initiator);
    lost = losses;
    rekey_ike(initiator);
    rekey_ike(initiator == A ? B : A);
    pair_run_for(&p, 100 * MS);
}

/* Nothing that comes late is out of place. */
static void expect_one_heir(void)
{
    pair_run_for(&p, 2 * IKE_GRACE_NS);
    EXPECT(pair_agrees(&p, 1));
    for (int i = 0; i < 2; i++) {
        const enum pair_side side = i == 0 ? A : B;
        EXPECT_EQ(pair_count(&p, side, IKE_REKEYED), 1);
        EXPECT_EQ(pair_count(&p, side, IKE_CHILD_DOWN), 0);
        EXPECT_EQ(p.end[side].reasons[WHY_EXCHANGE_TYPE], 0);
    }
}

#define IKE_REQ(way, id) way "  CREATE_CHILD_SA req " id "  SK{SA Ni KEi}"
#define IKE_RSP(way, id) way "  CREATE_CHILD_SA rsp " id "  SK{SA Nr KEr}"
#define LATE(way, id)    way "  CREATE_CHILD_SA rsp " id "  SK{N(TEMPORARY_FAILURE)}\n"
#define DEL_REQ(way, id) way "  INFORMATIONAL   req " id "  SK{D(IKE)}"
#define REQ(way, id)     way "  INFORMATIONAL   req " id "  SK{}\n"
#define RSP(way, id)     way "  INFORMATIONAL   rsp " id "  SK{}\n"
#define LOST             "  (lost)\n"

/* ---- both rekey the IKE SA ---- */

/* RFC 7296 2.8.2: the winner speaks on the new IKE SA before the loser has its answer, which comes
 * when the old one is replaced already. The loser deletes what it made all the same. */
static void test_an_answer_to_a_rekey_that_has_lost_makes_what_is_deleted_at_once(void)
{
    cross(A, 1u << 7 | 1u << 8); /* the answer to B, and A's Delete */
    probe(A);
    expect_one_heir();
    EXPECT_STR(p.trace,
               IKE_REQ("A>B", "2") "\n" IKE_REQ("B>A", "0") "\n" IKE_RSP("B>A", "2") "\n" IKE_RSP(
                   "A>B", "0") LOST DEL_REQ("A>B", "3") LOST REQ("A>B", "0") RSP("B>A", "0")
                   IKE_REQ("B>A", "0") "\n" IKE_RSP("A>B", "0") "\n" DEL_REQ(
                       "B>A", "0") "\n" DEL_REQ("A>B", "3") "\n" RSP("A>B", "0") RSP("B>A", "3"));
    pair_close(&p);
}

/* The loser knows first, and deletes what it made while the winner does not know yet which stays.
 */
static void test_a_rival_is_deleted_before_it_is_known_to_be_one_too_many(void)
{
    cross(B, 1u << 7); /* the answer to A */
    expect_one_heir();
    EXPECT_STR(p.trace,
               IKE_REQ("B>A", "2") "\n" IKE_REQ("A>B", "0") "\n" IKE_RSP("A>B", "2") "\n" IKE_RSP(
                   "B>A", "0") LOST DEL_REQ("B>A", "0") "\n" RSP("A>B", "0")
                   IKE_REQ("A>B", "0") "\n" IKE_RSP("B>A", "0") "\n" DEL_REQ("A>B", "1") "\n" RSP(
                       "B>A", "1"));
    pair_close(&p);
}

/* RFC 7296 2.25: A never heard of B's rekeying before its own was done, and B hears of that before
 * its request is refused. */
static void test_a_rekey_of_what_is_replaced_is_put_off_and_forgotten(void)
{
    cross(A, 1u << 5 | 1u << 7); /* B's request, and A's Delete */
    probe(A);
    expect_one_heir();
    EXPECT_STR(p.trace, IKE_REQ("A>B", "2") "\n" IKE_REQ("B>A", "0")
                            LOST IKE_RSP("B>A", "2") "\n" DEL_REQ("A>B", "3") LOST REQ("A>B", "0")
                                RSP("B>A", "0") IKE_REQ("B>A", "0") "\n" LATE("A>B", "0")
                                    DEL_REQ("A>B", "3") "\n" RSP("B>A", "3"));
    pair_close(&p);
}

/* ---- an IKE SA that is on its way out ---- */

/* RFC 7296 2.25.2: it is being closed. */
static void test_what_is_asked_of_an_ike_sa_being_closed_is_put_off(void)
{
    begin(A);
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    EXPECT(ike_create_child(p.end[B].engine, p.now_ns, p.end[B].sa, 0, NULL));
    pair_run(&p);
    EXPECT_STR(p.trace,
               DEL_REQ("A>B", "2") "\n"
                                   "B>A  CREATE_CHILD_SA req 0  SK{SA Ni TSi TSr}\n" RSP("B>A", "2")
                                       LATE("A>B", "0"));
    EXPECT_EQ(p.end[A].reasons[WHY_TEMPORARY_FAILURE], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* A peer that does not mind what it has been told: what it sends in message `number` is turned into
 * a request of this exchange. */
static struct {
    int number;
    uint8_t exchange;
} other;

static bool turn_into_other(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                            int number)
{
    static struct opened message;
    static uint8_t out[IKE_MESSAGE_MAX];
    if (number != other.number)
        return lose_some(pair, from, bytes, len, number);
    EXPECT(opened_read(pair, (struct ike_bytes){.at = bytes, .len = *len}, &message));
    EXPECT_EQ(message.head.flags & FLAG_RESPONSE, 0);
    const uint8_t first = other.exchange == IKE_FOLLOWUP_KE ? PAYLOAD_KE : PAYLOAD_SA;
    message.head.exchange = other.exchange;
    message.part_count = first == PAYLOAD_SA ? 2 : 1;
    message.parts[0] = (struct opened_part){.type = first, .len = 40};
    message.parts[1] = (struct opened_part){.type = PAYLOAD_NONCE, .len = 32};
    *len = opened_write(pair, &message, out);
    memcpy(bytes, out, *len);
    return true;
}

/* RFC 7296 2.25, RFC 9370 2.2.4: the IKE SA that stays is not touched. */
static void test_a_peer_that_goes_on_with_an_ike_sa_that_has_lost_is_told_so(void)
{
    static const struct {
        uint32_t losses;
        int number; /* of B's, which comes on an IKE SA that is replaced, or has lost */
        uint8_t exchange;
        const char *answer;
    } rows[] = {
        {1u << 5 | 1u << 7, 10, IKE_FOLLOWUP_KE,
         "A>B  IKE_FOLLOWUP_KE rsp 0  SK{N(STATE_NOT_FOUND)}\n"},
        {0, 9, IKE_FOLLOWUP_KE, "A>B  IKE_FOLLOWUP_KE rsp 0  SK{N(STATE_NOT_FOUND)}\n"},
        {0, 9, CREATE_CHILD_SA, LATE("A>B", "0")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(A);
        p.touch = turn_into_other;
        other.number = rows[i].number;
        other.exchange = rows[i].exchange;
        lost = rows[i].losses;
        rekey_ike(A);
        rekey_ike(B);
        pair_run_for(&p, 100 * MS);
        if (rows[i].losses != 0)
            probe(A);
        expect_one_heir();
        EXPECT(strstr(p.trace, rows[i].answer) != NULL);
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_an_answer_to_a_rekey_that_has_lost_makes_what_is_deleted_at_once),
        TEST(test_a_rival_is_deleted_before_it_is_known_to_be_one_too_many),
        TEST(test_a_rekey_of_what_is_replaced_is_put_off_and_forgotten),
        TEST(test_what_is_asked_of_an_ike_sa_being_closed_is_put_off),
        TEST(test_a_peer_that_goes_on_with_an_ike_sa_that_has_lost_is_told_so),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
