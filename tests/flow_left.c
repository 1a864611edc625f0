/* SPDX-License-Identifier: MIT
 * IKE_AUTH of many messages broken off in its middle: the initiator takes its
 * leave, or the responder refuses, or says nothing that can be understood
 * (RFC 7296 2.16, 2.21.2; RFC 4739 2.2). */
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "tests/eap_talk.h"
#include "tests/faults.h"
#include "tests/opened.h"
#include "tests/pair.h"
#include "tests/test.h"

#include <string.h>

static struct pair p;
static struct ike_policy more[2];

static void by_eap(void)
{
    for (int side = A; side <= B; side++) {
        struct ike_eap_config *const eap = &p.end[side].policy.eap;
        eap->methods[0] = EAP_MD5;
        eap->method_count = 1;
        talk_text(eap->user, &eap->user_len, "User");
        talk_text(eap->password, &eap->password_len, "clientPass");
    }
}

static void by_two_keys(void)
{
    for (int side = A; side <= B; side++) {
        more[side] = (struct ike_policy){.name = "second", .psk_len = 6, .psk = "second"};
        (void)ike_id_from_text("user@a.test",
                               side == A ? &more[side].local_id : &more[side].remote_id);
        p.end[side].policy.next_auth = &more[side];
    }
}

/* Message `number` becomes one of this exchange and with this payload alone, sealed as its sender
 * would; type 0: with none; SA: as it is, but without a Child SA. */
static struct {
    int number;
    uint8_t exchange;
    uint8_t type;
    size_t len;
    uint8_t body[8];
} instead;

static bool replace(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    static struct opened m;
    if (instead.number == PAIR_NONE)
        return true;
    (void)from;
    if (number != instead.number)
        return number <
               instead.number + 3; /* that, what comes of it, and its answer; then nothing */
    if (!EXPECT(opened_read(pair, (struct ike_bytes){bytes, *len}, &m)))
        return true;
    if (instead.type == PAYLOAD_SA) { /* but for the Child SA the same */
        for (size_t i = m.part_count; i > 0; i--)
            if (m.parts[i - 1].type == PAYLOAD_SA || m.parts[i - 1].type == PAYLOAD_TSI ||
                m.parts[i - 1].type == PAYLOAD_TSR)
                opened_drop(&m, i - 1);
        *len = opened_write(pair, &m, bytes);
        return true;
    }
    m.head.exchange = instead.exchange;
    m.part_count = instead.type == 0 ? 0 : 1;
    m.parts[0] = (struct opened_part){.type = instead.type, .len = instead.len};
    memcpy(m.parts[0].body, instead.body, instead.len);
    *len = opened_write(pair, &m, bytes);
    return true;
}

enum { SUCCESS = 254 }; /* of EAP */

static void run(void (*prepare)(void), int number, uint8_t exchange, uint8_t type)
{
    static const uint8_t failed[] = {0, 0, 0, N_AUTHENTICATION_FAILED};
    static const uint8_t status[] = {0, 0, 0xa0, 0};
    static const uint8_t success[] = {EAP_SUCCESS, 0, 0, 4};
    static const uint8_t deleted[] = {PROTOCOL_IKE, 0, 0, 0};
    memset(&instead, 0, sizeof instead);
    instead.number = number;
    instead.exchange = exchange;
    instead.type = type == 255 ? PAYLOAD_NOTIFY : type == SUCCESS ? PAYLOAD_EAP : type;
    instead.len = type == 0 ? 0 : 4;
    if (type == SUCCESS)
        memcpy(instead.body, success, 4);
    else
        memcpy(instead.body, type == 255 ? status : type == PAYLOAD_DELETE ? deleted : failed, 4);
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    prepare();
    p.touch = replace;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
}

/* Requests of the initiator: of EAP's messages, and between two keys. */
static const struct {
    void (*prepare)(void);
    int number;
    uint8_t state; /* of the responder then */
} requests[] = {{by_eap, 4, S_EAP}, {by_eap, 6, S_EAP_DONE}, {by_two_keys, 4, S_AGAIN}};

/* RFC 7296 2.21.2: one that cannot go on says so in an INFORMATIONAL exchange, or deletes what is
 * half made; both ends it at once, and the responder's owner hears which it was. */
static void test_a_responder_hears_that_the_initiator_gives_up(void)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        run(requests[i].prepare, requests[i].number, INFORMATIONAL, PAYLOAD_NOTIFY);
        EXPECT_EQ(p.end[B].ends[WHY_PEER_REFUSED], 1);
        EXPECT_EQ(p.end[B].events[p.end[B].event_count - 1].notify, N_AUTHENTICATION_FAILED);
        EXPECT_EQ(p.end[B].engine->sas.used, 0);
        pair_close(&p);

        run(requests[i].prepare, requests[i].number, INFORMATIONAL, PAYLOAD_DELETE);
        EXPECT_EQ(p.end[B].ends[WHY_PEER_DELETED], 1);
        EXPECT_EQ(p.end[B].engine->sas.used, 0);
        pair_close(&p);
    }
}

/* RFC 7296 1.4: an empty one, or of what we do not know, is answered, and that is all. */
static void test_other_informational_requests_amid_ike_auth_are_answered(void)
{
    static const uint8_t types[] = {0, 255};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        for (size_t k = 0; k < sizeof types; k++) {
            run(requests[i].prepare, requests[i].number, INFORMATIONAL, types[k]);
            EXPECT(strstr(p.trace, "INFORMATIONAL   rsp ") != NULL);
            const struct ike_sa *const sa = ike_sa_numbered(p.end[B].engine, p.end[B].sa);
            EXPECT(sa != NULL && sa->state == requests[i].state);
            EXPECT_EQ(p.end[B].engine->sas.used, 1);
            pair_close(&p);
        }
}

/* Responses of the responder: in EAP, to the last AUTH, and between two keys. */
static const struct {
    void (*prepare)(void);
    int number;
} responses[] = {{by_eap, 5}, {by_eap, 7}, {by_two_keys, 5}};

/* RFC 7296 2.21.2: an error notify instead of what was to come; its owner hears which. */
static void test_an_initiator_refused_amid_ike_auth_is_told(void)
{
    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++) {
        run(responses[i].prepare, responses[i].number, IKE_AUTH, PAYLOAD_NOTIFY);
        EXPECT_EQ(p.end[A].ends[WHY_PEER_REFUSED], 1);
        EXPECT_EQ(p.end[A].events[p.end[A].event_count - 1].notify, N_AUTHENTICATION_FAILED);
        EXPECT_EQ(p.end[A].engine->sas.used, 0);
        EXPECT(strstr(p.trace, "INFORMATIONAL") == NULL); /* there is nobody to be told */
        pair_close(&p);
    }
}

/* Nothing at all, or only what is no error: nobody can go on with that. */
static void test_an_answer_without_what_was_to_come_is_fatal(void)
{
    static const uint8_t types[] = {0, 255};
    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++)
        for (size_t k = 0; k < sizeof types; k++) {
            run(responses[i].prepare, responses[i].number, IKE_AUTH, types[k]);
            EXPECT_EQ(p.end[A].ends[WHY_MISSING_PAYLOAD], 1);
            EXPECT_EQ(p.end[A].engine->sas.used, 0);
            EXPECT(strstr(p.trace, "INFORMATIONAL   req ") != NULL);
            pair_close(&p);
        }
}

static void by_many_packets(void)
{
    by_eap();
    for (int side = A; side <= B; side++)
        p.end[side].policy.eap.methods[0] = EAP_MSCHAPV2;
}

static void by_few_packets(void)
{
    by_many_packets();
    p.end[A].policy.eap.rounds_max = 1;
}

static bool told(enum ike_why why)
{
    return p.end[A].ends[why] == 1 && p.end[A].engine->sas.used == 0 &&
           p.end[B].ends[WHY_PEER_REFUSED] == 1 &&
           strstr(p.trace, "INFORMATIONAL   req 3  SK{N(AUTHENTICATION_FAILED)}") != NULL;
}

/* RFC 3748 4.2: success before the method has come to its end is none; RFC 7296 2.21.2: what ends
 * EAP at the initiator is told to the responder, which waits for more. */
static void test_an_initiator_for_which_eap_has_failed_says_so(void)
{
    run(by_many_packets, 5, IKE_AUTH, SUCCESS);
    EXPECT(told(WHY_EAP_FAILED));
    pair_close(&p);
    run(by_few_packets, PAIR_NONE, IKE_AUTH, 0);
    EXPECT(told(WHY_EAP_ROUNDS));
    pair_close(&p);
    bool found = false;
    for (int fault = 0; fault < 100 && !found; fault++) {
        pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE,
                                            .faults = true});
        by_many_packets();
        faults_arm(fault);
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, UINT64_C(1000000000));
        found = p.end[A].ends[WHY_EAP_PRIMITIVE] > 0;
        EXPECT(!found || strstr(p.trace, "SK{N(AUTHENTICATION_FAILED)}") != NULL);
        faults_arm(-1);
        pair_close(&p);
    }
    EXPECT(found);
}

/* RFC 3748 4.1: neither request nor response, nor success nor failure. */
static void test_a_packet_that_is_none_of_eap_ends_it_for_both(void)
{
    run(by_eap, 4, IKE_AUTH, PAYLOAD_EAP);
    EXPECT_EQ(p.end[B].ends[WHY_EAP_SYNTAX], 1);
    EXPECT_EQ(p.end[B].engine->sas.used, 0);
    EXPECT(strstr(p.trace, "rsp 2  SK{EAP(failure)}\n") != NULL);
    pair_close(&p);

    run(by_eap, 5, IKE_AUTH, PAYLOAD_EAP);
    EXPECT_EQ(p.end[A].ends[WHY_EAP_SYNTAX], 1);
    EXPECT_EQ(p.end[A].engine->sas.used, 0);
    EXPECT(strstr(p.trace, "INFORMATIONAL   req 3  SK{N(AUTHENTICATION_FAILED)}") != NULL);
    pair_close(&p);
}

static void by_one_key(void)
{
}

/* RFC 6023 3: a responder that does not say so takes no request without a Child SA, whoever asks.
 */
static void test_a_request_without_a_child_is_none_where_that_is_not_allowed(void)
{
    static void (*const ways[])(void) = {by_one_key, by_eap, by_two_keys};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        run(ways[i], 2, IKE_AUTH, PAYLOAD_SA);
        EXPECT(strstr(p.trace, "rsp 1  SK{N(INVALID_SYNTAX)}") != NULL);
        EXPECT_EQ(p.end[B].ends[WHY_MISSING_PAYLOAD], 1);
        EXPECT_EQ(p.end[B].engine->sas.used, 0);
        EXPECT_EQ(p.end[A].ends[WHY_PEER_REFUSED], 1);
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_responder_hears_that_the_initiator_gives_up),
        TEST(test_other_informational_requests_amid_ike_auth_are_answered),
        TEST(test_an_initiator_refused_amid_ike_auth_is_told),
        TEST(test_an_answer_without_what_was_to_come_is_fatal),
        TEST(test_an_initiator_for_which_eap_has_failed_says_so),
        TEST(test_a_packet_that_is_none_of_eap_ends_it_for_both),
        TEST(test_a_request_without_a_child_is_none_where_that_is_not_allowed),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
