/* SPDX-License-Identifier: MIT
 * IKE_AUTH as arrows: identities, keys, the first Child SA, NAT
 * (RFC 7296 1.2, 1.3.1, 2.4, 2.9, 2.15, 2.21.2, 2.23). */
#include "ike/v2/payload.h"
#include "ike/v2/selector.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <string.h>

static bool both_up(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(p, 1);
}

static bool ended_with(const struct pair *p, enum pair_side side, enum ike_why why, uint16_t notify)
{
    const struct pair_end *const e = &p->end[side];
    const struct ike_event *const last = &e->events[e->event_count - 1];
    return e->event_count > 0 && last->kind == IKE_FAILED && last->why == why &&
           last->notify == notify;
}

/* ---- authentication ---- */

#define ARROW_AUTH_FAILED "B>A  IKE_AUTH        rsp 1  SK{N(AUTHENTICATION_FAILED)}\n"

static void other_psk(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    p->end[r].policy.psk[0] = 'S';
}

/* When the answer is lost, the responder has forgotten the SA already and the initiator gives up.
 */
static bool refused_by_key(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_is_empty(p) && p->end[r].ends[WHY_AUTHENTICATION] == 1 &&
           (ended_with(p, i, WHY_PEER_REFUSED, 24) || ended_with(p, i, WHY_NO_ANSWER, 0));
}

static void test_a_wrong_key_is_answered_with_authentication_failed(void)
{
    flow_check(
        &(struct flow){.prepare = other_psk,
                       .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_FAILED,
                       .ended = refused_by_key});
}

static void unknown_to_responder(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)ike_id_from_text("someone.else.test", &p->end[r].policy.remote_id);
}

static bool refused_by_id(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_is_empty(p) && p->end[r].ends[WHY_PEER_UNKNOWN] == 1;
}

static void test_an_identity_without_policy_is_answered_with_authentication_failed(void)
{
    flow_check(
        &(struct flow){.prepare = unknown_to_responder,
                       .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_FAILED,
                       .ended = refused_by_id});
}

/* The initiator finds that the responder is not whom it wanted: RFC 7296 2.21.2. */
static void responder_is_another(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    (void)ike_id_from_text("b.other.test", &p->end[i].policy.remote_id);
}

static void test_an_initiator_says_so_when_the_responder_is_another(void)
{
    static struct pair p;
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    responder_is_another(&p, A, B);
    (void)ike_id_from_text("b.other.test", &p.end[B].policy.local_id);
    p.end[B].policy.local_id.data[0] = 'B'; /* names compare without case */
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);

    pair_init(&p, p.options);
    pair_open(&p);
    (void)ike_id_from_text("x.other.test", &p.end[A].policy.remote_id);
    p.end[B].policy.local_id.type = 0; /* B is its address, and does not look at IDr */
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(p.end[B].ends[WHY_PEER_UNKNOWN] == 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static bool corrupt_psk_of_b;

/* B learns its key from a policy that changes under way, so that its AUTH is wrong and A's is
 * right. */
static bool change_key(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)bytes;
    (void)len;
    if (from == A && number == 2 && corrupt_psk_of_b)
        p->end[A].policy.psk[1] = 'E';
    return true;
}

static void test_an_initiator_that_cannot_verify_the_responder_informs_it(void)
{
    static struct pair p;
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    p.touch = change_key;
    corrupt_psk_of_b = true;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_STR(p.trace, ARROWS_PLAIN "A>B  INFORMATIONAL   req 2  SK{N(AUTHENTICATION_FAILED)}\n"
                                     "B>A  INFORMATIONAL   rsp 2  SK{}\n");
    EXPECT_EQ(p.end[A].ends[WHY_AUTHENTICATION], 1);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

static void test_every_type_of_identity_authenticates(void)
{
    static const char *const texts[] = {"192.0.2.1", "2001:db8::1", "gw.example", "user@example",
                                        "keyid:00ff10"};
    static const uint8_t dn[] = {0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03,
                                 0x55, 0x04, 0x03, 0x0c, 0x02, 0x67, 0x77};
    static struct pair p;
    for (size_t i = 0; i < 7; i++) {
        pair_init(&p, (struct pair_options){.provider = PAIR_OPENSSL,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE});
        struct ike_id id = {.type = i == 5 ? ID_DER_ASN1_DN : ID_DER_ASN1_GN, .len = sizeof dn};
        memcpy(id.data, dn, sizeof dn);
        if (i < 5)
            EXPECT(ike_id_from_text(texts[i], &id));
        p.end[A].policy.local_id = id;
        p.end[B].policy.remote_id = id;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT_STR(p.trace, ARROWS_PLAIN);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
}

/* ---- the first Child SA ---- */

#define ARROW_AUTH_NO_TS "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(TS_UNACCEPTABLE)}\n"

static void other_nets(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)ike_selector_from_text("10.99.0.0/16", &p->end[r].policy.child[0].local[0]);
}

static bool ike_sa_alone(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 0) && pair_count(p, i, IKE_CHILD_FAILED) == 1 &&
           p->end[r].ends[WHY_TS_UNACCEPTABLE] == 1;
}

static void test_ts_unacceptable_keeps_the_ike_sa(void)
{
    flow_check(
        &(struct flow){.prepare = other_nets,
                       .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ ARROW_AUTH_NO_TS,
                       .ended = ike_sa_alone});
}

static void other_esp(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    pair_offer(p, r, "aes256gcm16-prfsha256-x25519", "aes128-sha512");
}

static bool no_child_proposal(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_agrees(p, 0) && p->end[r].ends[WHY_CHILD_NO_PROPOSAL] == 1;
}

static void test_no_proposal_for_the_child_keeps_the_ike_sa(void)
{
    flow_check(&(struct flow){.prepare = other_esp,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(NO_PROPOSAL_CHOSEN)}\n",
                              .ended = no_child_proposal});
}

static void transport(struct pair *p, enum pair_side i, enum pair_side r)
{
    for (int side = 0; side < 2; side++) {
        p->end[side].policy.child[0].transport_mode = true;
        p->end[side].policy.child[0].local_count = 0; /* the ends themselves */
        p->end[side].policy.child[0].remote_count = 0;
    }
    (void)i;
    (void)r;
}

static void test_transport_mode_is_asked_for_and_granted(void)
{
    flow_check(&(struct flow){
        .prepare = transport,
        .trace = ARROW_INIT_REQ ARROW_INIT_RSP
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(USE_TRANSPORT_MODE) SAi2 TSi TSr}\n"
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(USE_TRANSPORT_MODE) SAr2 TSi TSr}\n",
        .ended = both_up});
}

static void transport_asked_only(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    p->end[i].policy.child[0].transport_mode = true;
}

static void test_transport_mode_that_is_not_granted_becomes_tunnel_mode(void)
{
    flow_check(&(struct flow){
        .prepare = transport_asked_only,
        .trace = ARROW_INIT_REQ ARROW_INIT_RSP
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(USE_TRANSPORT_MODE) SAi2 TSi TSr}\n"
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n",
        .ended = both_up});
}

/* ---- INITIAL_CONTACT ---- */

static void first_contact(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    p->end[i].policy.initial_contact = true;
}

static void comes_back_after_a_crash(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    ike_forget(p->end[i].engine, p->now_ns, p->end[i].sa);
    (void)pair_connect(p);
}

#define ARROW_AUTH_IC "A>B  IKE_AUTH        req 1  SK{IDi N(INITIAL_CONTACT) AUTH SAi2 TSi TSr}\n"

static bool only_the_new_sa(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_agrees(p, 1) && p->end[r].ends[WHY_INITIAL_CONTACT] == 2; /* child, then SA */
}

static void test_initial_contact_ends_the_older_sa(void)
{
    flow_check(&(struct flow){.prepare = first_contact,
                              .act = comes_back_after_a_crash,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_IC ARROW_AUTH_RSP
                                  ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_IC ARROW_AUTH_RSP,
                              .ended = only_the_new_sa});
}

/* RFC 7296 2.4: between the two authenticated identities, and ours is another one here. */
static void test_initial_contact_with_another_identity_of_ours_ends_nothing(void)
{
    static struct pair p;
    static struct ike_policy faces[2];
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    for (int i = 0; i < 2; i++) {
        faces[i] = p.end[B].policy;
        faces[i].local_id.data[0] = (uint8_t)(i == 0 ? 'b' : 'c');
    }
    p.end[B].config.policies = faces;
    p.end[B].config.policy_count = 2;
    pair_open(&p);
    for (int i = 0; i < 3; i++) { /* to the first, to the second, and to that again */
        p.end[A].policy.initial_contact = true;
        p.end[A].policy.remote_id = faces[i > 0].local_id;
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT_EQ(ike_stats(p.end[B].engine).established, i == 0 ? 1 : 2);
    }
    EXPECT_EQ(p.end[B].ends[WHY_INITIAL_CONTACT], 2); /* child, then SA: of the second */
    pair_close(&p);
}

/* ---- NAT ---- */

/* RFC 7296 2.11, 2.23 */
static void test_a_nat_moves_both_to_port_4500(void)
{
    static struct pair p;
    pair_init(&p, (struct pair_options){.provider = PAIR_OPENSSL,
                                        .initiator = A,
                                        .lose = PAIR_NONE,
                                        .twice = PAIR_NONE,
                                        .nat = {true}});
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_STR(p.trace, ARROWS_PLAIN);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

static int marked;

static bool count_markers(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len,
                          int number)
{
    static const uint8_t marker[4] = {0};
    (void)p;
    (void)from;
    (void)number;
    marked += *len > 4 && memcmp(bytes, marker, 4) == 0 ? 1 : 0;
    return true;
}

static void forced(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    p->end[i].policy.force_encapsulation = true;
    p->touch = count_markers;
    marked = 0;
}

static bool up_with_markers(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    (void)r;
    return pair_agrees(p, 1) && marked >= 2;
}

static void test_forced_encapsulation_puts_the_marker_before_ike_auth(void)
{
    flow_check(&(struct flow){.prepare = forced, .trace = ARROWS_PLAIN, .ended = up_with_markers});
}

/* ---- an address that changes in between ---- */

static uint8_t auth_bytes[1024];
static size_t auth_len;

static bool take_auth(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)p;
    (void)number;
    if (from != A || bytes[18] != IKE_AUTH || *len > sizeof auth_bytes)
        return true;
    memcpy(auth_bytes, bytes, *len);
    auth_len = *len;
    return false;
}

/* RFC 7296 2.23: the mapping of a NAT may change between IKE_SA_INIT and IKE_AUTH. Half-open SAs
 * are counted by address, and it was the old one that had this. */
static void test_an_address_may_change_before_ike_auth_where_they_are_counted(void)
{
    static struct pair p;
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    p.end[B].config.half_open.per_address = 1;
    p.end[A].config.retransmit.sends = 1;
    p.touch = take_auth;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(100000000));
    const struct ike_datagram moved = {.local = p.end[B].addr,
                                       .remote = ike_addr_v4(0xcb007133u, IKE_PORT),
                                       .bytes = {.at = auth_bytes, .len = auth_len}};
    EXPECT_EQ(ike_input(p.end[B].engine, p.now_ns, &moved), WHY_OK);
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 0);
    (void)pair_connect(&p); /* the old address has room again */
    pair_run_for(&p, UINT64_C(100000000));
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    pair_close(&p);
}

static void transport_only(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    p->end[i].policy.child[0].transport_mode = p->end[i].policy.child[0].transport_only = true;
}

static bool closed_again(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 0) && p->end[i].ends[WHY_TRANSPORT_DECLINED] == 1 &&
           pair_count(p, r, IKE_CHILD_DOWN) == 1;
}

/* RFC 7296 1.3.1: "If this is unacceptable to the initiator, the initiator MUST delete the SA." */
static void test_a_tunnel_is_closed_where_only_transport_mode_will_do(void)
{
    flow_check(&(struct flow){
        .prepare = transport_only,
        .trace = ARROW_INIT_REQ ARROW_INIT_RSP
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(USE_TRANSPORT_MODE) SAi2 TSi TSr}\n"
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n"
        "A>B  INFORMATIONAL   req 2  SK{D(ESP 1)}\n"
        "B>A  INFORMATIONAL   rsp 2  SK{D(ESP 1)}\n",
        .ended = closed_again});
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_wrong_key_is_answered_with_authentication_failed),
        TEST(test_an_identity_without_policy_is_answered_with_authentication_failed),
        TEST(test_an_initiator_says_so_when_the_responder_is_another),
        TEST(test_an_initiator_that_cannot_verify_the_responder_informs_it),
        TEST(test_every_type_of_identity_authenticates),
        TEST(test_ts_unacceptable_keeps_the_ike_sa),
        TEST(test_no_proposal_for_the_child_keeps_the_ike_sa),
        TEST(test_transport_mode_is_asked_for_and_granted),
        TEST(test_transport_mode_that_is_not_granted_becomes_tunnel_mode),
        TEST(test_initial_contact_ends_the_older_sa),
        TEST(test_initial_contact_with_another_identity_of_ours_ends_nothing),
        TEST(test_a_nat_moves_both_to_port_4500),
        TEST(test_forced_encapsulation_puts_the_marker_before_ike_auth),
        TEST(test_an_address_may_change_before_ike_auth_where_they_are_counted),
        TEST(test_a_tunnel_is_closed_where_only_transport_mode_will_do),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
