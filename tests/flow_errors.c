/* SPDX-License-Identifier: MIT
 * Errors, and what both ends make of them: in responses, in requests, after
 * IKE_AUTH and before (RFC 7296 2.5, 2.21, 3.10.1). A hand on the wire that has
 * the keys puts into real messages what no engine of ours would. */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/flow.h"
#include "tests/mangle.h"
#include "tests/opened.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;

static const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

/* A notify without SPI. */
static void add_notify(uint16_t type)
{
    const uint8_t body[] = {0, 0, (uint8_t)(type >> 8), (uint8_t)type};
    mangle_add(PAYLOAD_NOTIFY, body, sizeof body);
}

enum { UNKNOWN_ERROR = 8200, UNKNOWN_STATUS = 40990 };

static void begin_up(void)
{
    pair_init(&p, plain);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
}

/* The connection, with message `number` changed on its way. */
static void connect_with(int number, mangle_edit_fn *edit)
{
    pair_init(&p, plain);
    pair_open(&p);
    mangle_edit(&p, number, edit);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(mangle_done());
}

static bool child_failed_with(enum pair_side side, uint16_t notify)
{
    for (int i = 0; i < p.end[side].event_count; i++)
        if (p.end[side].events[i].kind == IKE_CHILD_FAILED &&
            p.end[side].events[i].notify == notify)
            return true;
    return false;
}

static bool ended_with(enum pair_side side, enum ike_why why, uint16_t notify)
{
    const struct ike_event *const last = &p.end[side].events[p.end[side].event_count - 1];
    return (last->kind == IKE_FAILED || last->kind == IKE_DOWN) && last->why == why &&
           last->notify == notify;
}

/* ---- responses ---- */

static void add_nonce(void)
{
    static const uint8_t nonce[16] = {1};
    mangle_add(PAYLOAD_NONCE, nonce, sizeof nonce);
}

/* RFC 7296 2.21.3: "such errors SHOULD NOT be sent" in an exchange of their own; 2.21: an SA that
 * has gone bad is closed by a Delete. */
static void test_a_bad_response_after_ike_auth_is_followed_by_a_delete(void)
{
    begin_up();
    mangle_edit(&p, 5, add_nonce);
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT_STR(p.trace, ARROWS_PLAIN "A>B  INFORMATIONAL   req 2  SK{}\n"
                                     "B>A  INFORMATIONAL   rsp 2  SK{Nr}\n"
                                     "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n"
                                     "B>A  INFORMATIONAL   rsp 3  SK{}\n");
    EXPECT(ended_with(A, WHY_UNEXPECTED_PAYLOAD, 0));
    EXPECT(ended_with(B, WHY_PEER_DELETED, 0));
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_a_bad_response_to_a_delete_is_followed_by_nothing(void)
{
    begin_up();
    mangle_edit(&p, 5, add_nonce);
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT_STR(p.trace, ARROWS_PLAIN "A>B  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                                     "B>A  INFORMATIONAL   rsp 2  SK{Nr}\n");
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void answer_invalid_syntax(void)
{
    add_notify(N_INVALID_SYNTAX);
}

/* RFC 7296 2.21.3: "considered fatal in both peers", whatever was asked. */
static void test_invalid_syntax_in_any_response_ends_the_ike_sa(void)
{
    for (int i = 0; i < 3; i++) {
        begin_up();
        struct ike_engine *const a = p.end[A].engine;
        mangle_edit(&p, 5, answer_invalid_syntax);
        if (i == 0)
            EXPECT(ike_probe(a, p.now_ns, p.end[A].sa));
        if (i == 1)
            EXPECT(ike_delete_child(a, p.now_ns, p.end[A].sa, p.end[A].child));
        if (i == 2)
            EXPECT(ike_inform(a, p.now_ns, p.end[A].sa, &(struct ike_inform){.note_count = 0}));
        pair_run(&p);
        EXPECT_EQ(p.sent, 6);
        EXPECT(ended_with(A, WHY_PEER_REFUSED, N_INVALID_SYNTAX));
        EXPECT_EQ(ike_stats(a).established, 0);
        pair_close(&p);
    }
}

static void add_unknown_error(void)
{
    add_notify(UNKNOWN_STATUS);
    add_notify(UNKNOWN_ERROR);
}

/* RFC 7296 3.10.1: "MUST assume that the corresponding request has failed entirely". */
static void test_an_unknown_error_in_the_answer_to_ike_auth_means_there_is_no_ike_sa(void)
{
    connect_with(3, add_unknown_error);
    EXPECT(strstr(p.trace, "SK{IDr AUTH SAr2 TSi TSr N(40990) N(8200)}") != NULL);
    EXPECT(ended_with(A, WHY_PEER_REFUSED, UNKNOWN_ERROR));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 0);
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_UP), 0);
    pair_close(&p);
}

static void refuse_child_by_unknown_error(void)
{
    mangle_drop(PAYLOAD_SA);
    mangle_drop(PAYLOAD_TSI);
    mangle_drop(PAYLOAD_TSR);
    add_notify(UNKNOWN_ERROR);
}

/* RFC 7296 2.21.2: those that refuse a Child SA alone are known. */
static void test_an_unknown_error_instead_of_the_child_means_the_same(void)
{
    connect_with(3, refuse_child_by_unknown_error);
    EXPECT(strstr(p.trace, "SK{IDr AUTH N(8200)}") != NULL);
    EXPECT(ended_with(A, WHY_PEER_REFUSED, UNKNOWN_ERROR));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 0);
    pair_close(&p);
}

static void refuse_child_by_authentication_failed(void)
{
    mangle_drop(PAYLOAD_SA);
    mangle_drop(PAYLOAD_TSI);
    mangle_drop(PAYLOAD_TSR);
    add_notify(N_AUTHENTICATION_FAILED);
}

/* RFC 7296 2.21.2: it is one of three that let no IKE SA be made, AUTH beside it or not. */
static void test_authentication_failed_beside_auth_leaves_no_ike_sa(void)
{
    connect_with(3, refuse_child_by_authentication_failed);
    EXPECT(strstr(p.trace, "SK{IDr AUTH N(AUTHENTICATION_FAILED)}") != NULL);
    EXPECT(ended_with(A, WHY_PEER_REFUSED, N_AUTHENTICATION_FAILED));
    EXPECT_EQ(pair_count(&p, A, IKE_UP), 0);
    pair_close(&p);
}

static void test_an_unknown_error_in_the_answer_to_create_child_sa_means_there_is_no_child(void)
{
    begin_up();
    mangle_edit(&p, 5, add_unknown_error);
    EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL));
    pair_run(&p);
    EXPECT(child_failed_with(A, UNKNOWN_ERROR));
    EXPECT_EQ(pair_count(&p, A, IKE_CHILD_UP), 1);
    EXPECT_EQ(ike_stats(p.end[A].engine).children, 1);
    pair_close(&p);
}

static void add_unknown_status(void)
{
    add_notify(UNKNOWN_STATUS);
}

/* RFC 7296 3.10.1: in a request both are ignored, in a response those that are no errors. */
static void test_unknown_notifies_change_nothing_elsewhere(void)
{
    for (int number = 2; number < 6; number++) {
        pair_init(&p, plain);
        pair_open(&p);
        mangle_edit(&p, number, number % 2 == 0 ? add_unknown_error : add_unknown_status);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL));
        pair_run(&p);
        EXPECT(pair_agrees(&p, 2));
        EXPECT(mangle_done());
        EXPECT_EQ(p.sent, 6);
        pair_close(&p);
    }
}

/* RFC 7296 2.21.1: nobody vouches for it there, so that a better answer has its time to come. */
static void test_an_unknown_error_in_ike_sa_init_is_not_acted_on_at_once(void)
{
    pair_init(&p, plain);
    pair_open(&p);
    mangle_edit(&p, 1, add_unknown_error);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(900000000));
    EXPECT(mangle_done());
    EXPECT_EQ(pair_count(&p, A, IKE_FAILED), 0);
    pair_run(&p);
    EXPECT(ended_with(A, WHY_PEER_REFUSED, UNKNOWN_ERROR));
    EXPECT_EQ(ike_stats(p.end[A].engine).memory, 0);
    pair_close(&p);
}

/* ---- payloads that must be understood ---- */

static void make_critical(void)
{
    mangle_add_critical(200);
}

/* RFC 7296 2.21.2: in IKE_AUTH it lets no IKE SA be made, and the half-open one is gone at once. */
static void test_a_critical_payload_in_ike_auth_leaves_no_ike_sa_at_either_end(void)
{
    connect_with(2, make_critical);
    EXPECT_STR(p.trace, ARROW_INIT_REQ ARROW_INIT_RSP
               "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr ?200}\n"
               "B>A  IKE_AUTH        rsp 1  SK{N(UNSUPPORTED_CRITICAL_PAYLOAD)}\n");
    EXPECT(ended_with(A, WHY_PEER_REFUSED, N_UNSUPPORTED_CRITICAL_PAYLOAD));
    EXPECT(ended_with(B, WHY_CRITICAL_PAYLOAD, 0));
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* RFC 7296 2.5, 2.21.2: the response is rejected, and the responder told why. */
static void test_a_critical_payload_in_the_answer_to_ike_auth_is_told_to_the_responder(void)
{
    connect_with(3, make_critical);
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 2  SK{N(UNSUPPORTED_CRITICAL_PAYLOAD)}\n"
                           "B>A  INFORMATIONAL   rsp 2  SK{}\n") != NULL);
    EXPECT(ended_with(A, WHY_CRITICAL_PAYLOAD, 0));
    EXPECT(ended_with(B, WHY_PEER_REFUSED, N_UNSUPPORTED_CRITICAL_PAYLOAD));
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_a_critical_payload_in_a_later_response_closes_the_ike_sa(void)
{
    begin_up();
    mangle_edit(&p, 5, make_critical);
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n") != NULL);
    EXPECT(ended_with(A, WHY_CRITICAL_PAYLOAD, 0));
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* ---- Delete payloads ---- */

/* RFC 7296 3.11: all SPIs of a protocol stand in one payload, in the answer, too. */
static void delete_all_of_a(void)
{
    static uint8_t body[4 + 4 * 8];
    const struct ike_engine *const a = p.end[A].engine;
    const struct ike_sa *const sa = ike_sa_numbered(a, p.end[A].sa);
    struct ike_writer w = wr_open(body, sizeof body);
    uint16_t count = 0;
    put_u8(&w, PROTOCOL_ESP);
    put_u8(&w, 4);
    put_u16(&w, 0);
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(a, place)->next, count++)
        put_u32(&w, ike_child_at(a, place)->spi_in);
    put_u16_at(&w, 2, count);
    EXPECT(!w.bad);
    mangle_add(PAYLOAD_DELETE, body, w.len);
}

static void test_many_child_sas_are_deleted_and_answered_in_one_payload(void)
{
    begin_up();
    for (int i = 0; i < 5; i++)
        EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL));
    pair_run(&p);
    EXPECT(pair_agrees(&p, 6));
    mangle_edit(&p, p.sent, delete_all_of_a);
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 7  SK{D(ESP 6)}\n"
                           "B>A  INFORMATIONAL   rsp 7  SK{D(ESP 6)}\n") != NULL);
    EXPECT_EQ(ike_stats(p.end[B].engine).children, 0);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 1); /* it can read the answer */
    pair_close(&p);
}

/* ---- identities and SPIs nobody has ---- */

static void long_name(void)
{
    static uint8_t body[4 + 200] = {ID_DER_ASN1_DN};
    mangle_drop(PAYLOAD_IDI);
    mangle_add(PAYLOAD_IDI, body, sizeof body);
}

/* RFC 7296 2.21.2: any reason for which authentication fails is told. */
static void test_an_identity_longer_than_any_of_ours_is_answered(void)
{
    connect_with(2, long_name);
    EXPECT(strstr(p.trace, "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n") != NULL);
    EXPECT_EQ(p.end[B].ends[WHY_PEER_UNKNOWN], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static uint8_t said[8];

static void of_ah(void)
{
    size_t len = 0;
    uint8_t *const rekey = mangle_body(PAYLOAD_NOTIFY, &len);
    EXPECT(rekey != NULL && len == sizeof said);
    rekey[0] = PROTOCOL_AH;
    memcpy(said, rekey, len);
}

static void look_at_answer(void)
{
    size_t len = 0;
    const uint8_t *const notify = mangle_body(PAYLOAD_NOTIFY, &len);
    EXPECT(notify != NULL && len == sizeof said);
    EXPECT(notify[0] == PROTOCOL_AH && notify[1] == 4 && notify[3] == N_CHILD_SA_NOT_FOUND);
    EXPECT(memcmp(notify + 4, said + 4, 4) == 0);
}

/* RFC 7296 2.25, 3.10: of the protocol and with the SPI that were asked for. */
static void test_a_child_of_another_protocol_is_not_found_by_that_protocol(void)
{
    begin_up();
    mangle_edit(&p, 4, of_ah);
    EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
    pair_run_for(&p, 5000000);
    EXPECT(mangle_done());
    mangle_edit(&p, 5, look_at_answer);
    pair_run(&p);
    EXPECT(mangle_done());
    pair_close(&p);
}

/* ---- no room ---- */

/* RFC 7296 2.21.3: "all requests having errors MUST result in a response" */
static void test_a_rekeying_there_is_no_room_for_is_put_off(void)
{
    pair_init(&p, plain);
    p.end[B].config.sa_max = 1;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, UINT64_C(500000000));
    EXPECT(strstr(p.trace, "B>A  CREATE_CHILD_SA rsp 2  SK{N(TEMPORARY_FAILURE)}\n") != NULL);
    EXPECT_EQ(p.end[B].reasons[WHY_SA_TABLE_FULL], 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 1);
    pair_close(&p);
}

/* ---- nonsense within an IKE SA ---- */

static void shorten_nonce(void)
{
    static const uint8_t nonce[15] = {1};
    mangle_drop(PAYLOAD_NONCE);
    mangle_add(PAYLOAD_NONCE, nonce, sizeof nonce);
}

static void clear_share(void)
{
    size_t len;
    uint8_t *const body = mangle_body(PAYLOAD_KE, &len);
    if (EXPECT(body != NULL && len > 4))
        memset(body + 4, 0, len - 4);
}

/* RFC 7296 2.10, RFC 6989 2.5, 5: what no honest peer sends ends the IKE SA, whoever sent it; a
 * responder that has sent it finds out by itself that nobody knows the new one. */
static void test_nonces_and_public_values_that_are_none_end_the_ike_sa(void)
{
    static const struct {
        mangle_edit_fn *edit;
        enum ike_why why;
    } rows[] = {{shorten_nonce, WHY_NONCE_LENGTH}, {clear_share, WHY_KEY_EXCHANGE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_up();
        mangle_edit(&p, 4, rows[i].edit);
        EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
        pair_run(&p);
        EXPECT(strstr(p.trace, "B>A  CREATE_CHILD_SA rsp 2  SK{N(INVALID_SYNTAX)}\n") != NULL);
        EXPECT(ended_with(B, rows[i].why, 0));
        EXPECT(ended_with(A, WHY_PEER_REFUSED, N_INVALID_SYNTAX));
        EXPECT(pair_is_empty(&p));
        pair_close(&p);

        begin_up();
        mangle_edit(&p, 5, rows[i].edit);
        EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
        pair_run(&p);
        EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n") != NULL);
        EXPECT(ended_with(A, rows[i].why, 0));
        EXPECT_EQ(p.end[A].engine->sas.used, 0);
        pair_close(&p);
    }
}

/* The second transform is the PRF, of which another is chosen than was offered. */
static void choose_another(void)
{
    enum { PRF_ID_AT = 8 + 8 + 12 + 7 };
    size_t len;
    uint8_t *const body = mangle_body(PAYLOAD_SA, &len);
    if (EXPECT(body != NULL && len > PRF_ID_AT && body[PRF_ID_AT] == 5))
        body[PRF_ID_AT] = 6;
}

/* RFC 7296 2.7: "the initiator MUST terminate" what was accepted wrongly. */
static void test_a_choice_that_was_never_offered_closes_the_ike_sa(void)
{
    begin_up();
    mangle_edit(&p, 5, choose_another);
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n") != NULL);
    EXPECT(ended_with(A, WHY_CHOICE_NOT_OFFERED, 0));
    EXPECT_EQ(p.end[A].engine->sas.used, 0);
    pair_close(&p);
}

/* ---- CREATE_CHILD_SA refused ---- */

static struct {
    uint16_t type;
    size_t len; /* octets of data */
    int asked;  /* how often a refusal has come */
} refusal;

static bool refuse(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    static struct opened m;
    (void)number;
    if (from != B || bytes[18] != CREATE_CHILD_SA)
        return true;
    if (!EXPECT(opened_read(pair, (struct ike_bytes){bytes, *len}, &m)))
        return true;
    refusal.asked++;
    m.part_count = 1;
    m.parts[0] = (struct opened_part){.type = PAYLOAD_NOTIFY, .len = 4 + refusal.len};
    m.parts[0].body[2] = (uint8_t)(refusal.type >> 8);
    m.parts[0].body[3] = (uint8_t)refusal.type;
    m.parts[0].body[5] = 31; /* of INVALID_KE_PAYLOAD: x25519 */
    *len = opened_write(pair, &m, bytes);
    return true;
}

/* RFC 7296 1.3, 2.25: what makes sense of one request makes none of another. Then it has failed,
 * once, and the IKE SA goes on. */
static void test_a_refusal_that_does_not_fit_the_request_is_taken_for_a_refusal(void)
{
    static const struct {
        uint16_t type;
        size_t len;
        bool rekeys; /* the Child SA that is there */
        int asked;
        uint32_t children;
    } rows[] = {
        {N_CHILD_SA_NOT_FOUND, 0, false, 1, 1},  {N_SINGLE_PAIR_REQUIRED, 0, false, 1, 1},
        {N_SINGLE_PAIR_REQUIRED, 0, true, 1, 1}, {N_NO_ADDITIONAL_SAS, 0, false, 1, 1},
        {N_INVALID_KE_PAYLOAD, 2, false, 1, 1},  {N_INVALID_KE_PAYLOAD, 1, false, 1, 1},
        {N_INVALID_KE_PAYLOAD, 3, true, 1, 1},   {N_INVALID_KE_PAYLOAD, 0, true, 1, 1},
        {N_CHILD_SA_NOT_FOUND, 0, true, 2, 0}, /* gone over there: another, which is not had */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_up();
        refusal.type = rows[i].type;
        refusal.len = rows[i].len;
        refusal.asked = 0;
        p.touch = refuse;
        if (rows[i].rekeys)
            EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
        else
            EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL));
        pair_run_for(&p, UINT64_C(1000000000));
        EXPECT_EQ(refusal.asked, rows[i].asked);
        if (!EXPECT_EQ(p.end[A].engine->children.used, rows[i].children))
            EXPECT_EQ(i, -1); /* says which */
        EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
        EXPECT(rows[i].rekeys || child_failed_with(A, rows[i].type));
        pair_close(&p);
    }
}

/* RFC 7296 2.25: "SHOULD NOT be retried indefinitely": after minutes the two are out of step. */
static void test_whoever_is_put_off_for_minutes_closes_the_ike_sa(void)
{
    begin_up();
    refusal.type = N_TEMPORARY_FAILURE;
    refusal.len = 0;
    refusal.asked = 0;
    p.touch = refuse;
    EXPECT(ike_create_child(p.end[A].engine, p.now_ns, p.end[A].sa, 0, NULL));
    pair_run_for(&p, UINT64_C(3600000000000));
    EXPECT_EQ(refusal.asked, IKE_TEMPORARY_MAX + 1);
    EXPECT(child_failed_with(A, N_TEMPORARY_FAILURE));
    EXPECT(ended_with(A, WHY_DELETED, 0));
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* The second transform is of sequence numbers: extended ones were not offered. */
static void extend_numbers(void)
{
    enum { ESN_AT = 8 + 4 + 12 + 7 };
    size_t len;
    uint8_t *const body = mangle_body(PAYLOAD_SA, &len);
    if (EXPECT(body != NULL && len > ESN_AT && body[ESN_AT] == 0))
        body[ESN_AT] = 1;
}

/* RFC 7296 2.21.2: the responder is told, in an exchange of its own. */
static void test_a_child_that_was_never_offered_ends_what_ike_auth_made(void)
{
    connect_with(3, extend_numbers);
    EXPECT(strstr(p.trace, "A>B  INFORMATIONAL   req 2  SK{N(INVALID_SYNTAX)}\n") != NULL);
    EXPECT(ended_with(A, WHY_CHOICE_NOT_OFFERED, 0));
    EXPECT(ended_with(B, WHY_PEER_REFUSED, N_INVALID_SYNTAX));
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_bad_response_after_ike_auth_is_followed_by_a_delete),
        TEST(test_a_bad_response_to_a_delete_is_followed_by_nothing),
        TEST(test_invalid_syntax_in_any_response_ends_the_ike_sa),
        TEST(test_an_unknown_error_in_the_answer_to_ike_auth_means_there_is_no_ike_sa),
        TEST(test_an_unknown_error_instead_of_the_child_means_the_same),
        TEST(test_authentication_failed_beside_auth_leaves_no_ike_sa),
        TEST(test_an_unknown_error_in_the_answer_to_create_child_sa_means_there_is_no_child),
        TEST(test_unknown_notifies_change_nothing_elsewhere),
        TEST(test_an_unknown_error_in_ike_sa_init_is_not_acted_on_at_once),
        TEST(test_a_critical_payload_in_ike_auth_leaves_no_ike_sa_at_either_end),
        TEST(test_a_critical_payload_in_the_answer_to_ike_auth_is_told_to_the_responder),
        TEST(test_a_critical_payload_in_a_later_response_closes_the_ike_sa),
        TEST(test_many_child_sas_are_deleted_and_answered_in_one_payload),
        TEST(test_an_identity_longer_than_any_of_ours_is_answered),
        TEST(test_a_child_of_another_protocol_is_not_found_by_that_protocol),
        TEST(test_a_rekeying_there_is_no_room_for_is_put_off),
        TEST(test_nonces_and_public_values_that_are_none_end_the_ike_sa),
        TEST(test_a_choice_that_was_never_offered_closes_the_ike_sa),
        TEST(test_a_refusal_that_does_not_fit_the_request_is_taken_for_a_refusal),
        TEST(test_whoever_is_put_off_for_minutes_closes_the_ike_sa),
        TEST(test_a_child_that_was_never_offered_ends_what_ike_auth_made),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
