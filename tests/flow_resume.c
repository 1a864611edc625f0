/* SPDX-License-Identifier: MIT
 * Session resumption (RFC 5723) as arrows: tickets by value and by reference,
 * asked for and given at every occasion, presented, and refused. */
#include "ike/v2/beside.h"
#include "ike/v2/resume.h"
#include "ike/v2/selector.h"
#include "tests/resuming.h"
#include "tests/test.h"

#include <string.h>

static const uint8_t other_secret[IKE_TICKET_SECRET] = {3, 2, 1};

/* RFC 5723 4.1, 4.2, figures 2 and 3 */
static void test_a_ticket_is_asked_for_and_given_with_authentication(void)
{
    flow_check(&(struct flow){.prepare = by_value, .trace = ARROWS_TICKET, .ended = agree});
    flow_check(&(struct flow){.prepare = by_reference, .trace = ARROWS_TICKET, .ended = agree});
}

static bool agree_without(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return pair_agrees(pair, 1) && pair->end[i].ticket_len == 0;
}

static void asking_in_vain(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    pair->end[i].policy.tickets = true;
}

static void test_a_gateway_without_tickets_passes_over_the_question(void)
{
    flow_check(&(struct flow){.prepare = asking_in_vain,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr " N_ASK
                              "}\n" ARROW_AUTH_RSP,
                              .ended = agree_without});
}

/* RFC 5723 4.3, figures 4 and 5 */
static void test_a_session_is_resumed_and_the_old_sa_goes_without_a_word(void)
{
    flow_check(&(struct flow){.prepare = by_value,
                              .act = sleep_and_resume,
                              .trace = ARROWS_TICKET ARROWS_RESUMED,
                              .ended = agree_resumed});
    flow_check(&(struct flow){.prepare = by_reference,
                              .act = sleep_and_resume,
                              .trace = ARROWS_TICKET ARROWS_RESUMED,
                              .ended = agree_resumed});
}

/* Another key at the gateway, and it has forgotten the SA. */
static void lose_the_secret(struct pair *pair, enum pair_side i, enum pair_side r)
{
    ike_forget(pair->end[r].engine, pair->now_ns, pair->end[r].sa);
    pair->end[r].engine->config.tickets.secret = other_secret;
    sleep_and_resume(pair, i, r);
}

/* RFC 5723 4.3.2: "the initiator should re-initiate a regular IKE exchange" */
static void test_a_ticket_refused_leads_to_a_whole_handshake(void)
{
    flow_check(&(struct flow){.prepare = by_value,
                              .act = lose_the_secret,
                              .trace = ARROWS_TICKET ARROW_RESUME_REQ
                              "B>A  IKE_SESSION_RESUME rsp 0  N(TICKET_NACK)\n" ARROWS_TICKET,
                              .ended = agree_anew});
}

static void with_cookies(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_value(pair, i, r);
    pair->end[r].config.cookies.on_at = 0;
}

/* RFC 5723 4.3.2, 9.3, and figure 4 for its place. */
static void test_a_cookie_comes_before_the_ticket(void)
{
    flow_check(&(struct flow){.prepare = with_cookies,
                              .act = sleep_and_resume,
                              .trace = ARROW_INIT_REQ
                              "B>A  IKE_SA_INIT     rsp 0  N(COOKIE)\n"
                              "A>B  IKE_SA_INIT     req 0  N(COOKIE) SAi1 KEi Ni " NAT_D
                              "\n" ARROW_INIT_RSP ARROWS_PROOF ARROW_RESUME_REQ
                              "B>A  IKE_SESSION_RESUME rsp 0  N(COOKIE)\n"
                              "A>B  IKE_SESSION_RESUME req 0  N(COOKIE) Ni N(TICKET_OPAQUE) " NAT_D
                              "\n" ARROW_RESUME_RSP ARROWS_PROOF,
                              .ended = agree_resumed});
}

/* ---- tickets at other occasions ---- */

static void rekey_by_client(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_rekey(pair->end[i].engine, pair->now_ns, pair->end[i].sa));
}

#define ARROWS_REKEY                                          \
    "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi " N_ASK "}\n"   \
    "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr " N_GIVEN "}\n" \
    "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n"                \
    "B>A  INFORMATIONAL   rsp 3  SK{}\n"

/* RFC 5723 4.1, 6.2 */
static void test_the_client_asks_for_another_ticket_when_it_rekeys(void)
{
    flow_check(&(struct flow){.prepare = by_value,
                              .act = rekey_by_client,
                              .trace = ARROWS_TICKET ARROWS_REKEY,
                              .ended = agree});
    flow_check(&(struct flow){.prepare = by_reference,
                              .act = rekey_by_client,
                              .trace = ARROWS_TICKET ARROWS_REKEY,
                              .ended = agree});
}

static void rekey_by_gateway(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)i;
    EXPECT(ike_rekey(pair->end[r].engine, pair->now_ns, pair->end[r].sa));
}

/* RFC 5723 4.1: "or following a gateway-initiated IKE rekey" */
static void test_after_the_gateway_rekeyed_the_client_asks_by_itself(void)
{
    flow_check(&(struct flow){.prepare = by_reference,
                              .act = rekey_by_gateway,
                              .trace = ARROWS_TICKET "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                                                     "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}\n"
                                                     "A>B  INFORMATIONAL   req 0  SK{" N_ASK "}\n"
                                                     "B>A  INFORMATIONAL   req 1  SK{D(IKE)}\n"
                                                     "B>A  INFORMATIONAL   rsp 0  SK{" N_GIVEN "}\n"
                                                     "A>B  INFORMATIONAL   rsp 1  SK{}\n",
                              .ended = agree});
}

static void short_answers(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_value(pair, i, r);
    pair->end[r].config.tickets.answer_max = 300;
}

/* RFC 5723 4.1: "if it cannot grant a ticket immediately, e.g., due to packet size limitations" */
static void test_a_ticket_too_long_for_the_answer_comes_later(void)
{
    flow_check(
        &(struct flow){.prepare = short_answers,
                       .trace = ARROW_INIT_REQ ARROW_INIT_RSP
                       "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr " N_ASK "}\n"
                       "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr N(TICKET_ACK)}\n"
                       "A>B  INFORMATIONAL   req 2  SK{" N_ASK "}\n"
                       "B>A  INFORMATIONAL   rsp 2  SK{" N_GIVEN "}\n",
                       .ended = agree});
}

static void short_references(struct pair *pair, enum pair_side i, enum pair_side r)
{
    short_answers(pair, i, r);
    pair->end[r].config.tickets.kind = TICKET_REFERENCE;
}

static void test_a_reference_has_room_where_a_value_has_not(void)
{
    flow_check(&(struct flow){.prepare = short_references, .trace = ARROWS_TICKET, .ended = agree});
}

static void ask_again(struct pair *pair, enum pair_side i, enum pair_side r)
{
    EXPECT(ike_want_ticket(pair->end[i].engine, pair->now_ns, pair->end[i].sa));
    EXPECT(!ike_want_ticket(pair->end[r].engine, pair->now_ns, pair->end[r].sa));
}

static bool agree_on_one(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return agree(pair, i, r) && ike_stats(pair->end[r].engine).tickets == 1;
}

/* Whenever it likes; the one before is no good any more. */
static void test_a_ticket_may_be_asked_for_at_any_time(void)
{
    flow_check(&(struct flow){.prepare = by_reference,
                              .act = ask_again,
                              .trace =
                                  ARROWS_TICKET "A>B  INFORMATIONAL   req 2  SK{" N_ASK "}\n"
                                                "B>A  INFORMATIONAL   rsp 2  SK{" N_GIVEN "}\n",
                              .ended = agree_on_one});
}

/* ---- what else IKE_AUTH may be ---- */

static void both_childless(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_value(pair, i, r);
    pair->end[i].policy.childless = pair->end[r].policy.childless = true;
}

static bool agree_childless(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 0) && is_resumed(pair, i) && is_resumed(pair, r) &&
           pair->end[i].ticket_len > 0;
}

#define N_MAY "N(CHILDLESS_IKEV2_SUPPORTED)"
#define ARROWS_CHILDLESS                                   \
    "A>B  IKE_AUTH        req 1  SK{IDi AUTH " N_ASK "}\n" \
    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH " N_GIVEN "}\n"

static void test_a_session_is_resumed_without_a_child(void)
{
    flow_check(&(struct flow){.prepare = both_childless,
                              .act = sleep_and_resume,
                              .trace =
                                  ARROW_INIT_REQ "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D
                                                 " " N_MAY "\n" ARROWS_CHILDLESS ARROW_RESUME_REQ
                                                 "B>A  IKE_SESSION_RESUME rsp 0  Nr " NAT_D
                                                 " " N_MAY "\n" ARROWS_CHILDLESS,
                              .ended = agree_childless});
}

static void other_selectors(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)ike_selector_from_text("10.77.0.0/16", &pair->end[r].policy.child[0].local[0]);
    sleep_and_resume(pair, i, r);
}

static bool agree_without_child(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 0) && is_resumed(pair, i) && is_resumed(pair, r) &&
           pair_count(pair, i, IKE_CHILD_FAILED) == 1 && pair->end[i].ticket_len > 0;
}

/* RFC 5723 5, Note 6: Child SAs are as they are agreed on now. */
static void test_the_child_may_be_refused_and_the_session_goes_on(void)
{
    flow_check(&(struct flow){.prepare = by_value,
                              .act = other_selectors,
                              .trace = ARROWS_TICKET ARROW_RESUME_REQ ARROW_RESUME_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr " N_ASK "}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(TS_UNACCEPTABLE) " N_GIVEN
                              "}\n",
                              .ended = agree_without_child});
}

static struct ike_wants wants;
static struct ike_gives gives;

static void with_addresses(struct pair *pair, enum pair_side i, enum pair_side r)
{
    struct ike_policy *const client = &pair->end[i].policy;
    struct ike_policy *const gateway = &pair->end[r].policy;
    by_value(pair, i, r);
    wants = (struct ike_wants){.ip4 = true};
    gives = (struct ike_gives){.pool_count = 1};
    EXPECT(ike_prefix_parse("10.9.0.0/29", &gives.pools[0]));
    client->wants = &wants;
    gateway->gives = &gives;
    client->child[0].local_count = gateway->child[0].remote_count = 0;
    gateway->child[0].local[0] = client->child[0].remote[0];
    gateway->child[0].local_count = 1;
}

static bool agree_on_the_address(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    struct ike_addr wanted, last = {.family = 0};
    (void)ike_addr_parse("10.9.0.1", &wanted);
    for (int k = 0; k < pair->end[i].event_count; k++)
        if (pair->end[i].events[k].kind == IKE_ADDRESS)
            last = pair->end[i].events[k].inner;
    return agree_resumed(pair, i, r) && ike_addr_same_ip(&last, &wanted) &&
           ike_stats(pair->end[r].engine).leases == 1;
}

/* RFC 5723 5, Note 5 */
static void test_a_client_gets_its_inner_address_again(void)
{
#define ARROWS_ADDRESS                                                                  \
    "A>B  IKE_AUTH        req 1  SK{IDi AUTH CP(CFG_REQUEST) SAi2 TSi TSr " N_ASK "}\n" \
    "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH CP(CFG_REPLY) SAr2 TSi TSr " N_GIVEN "}\n"
    flow_check(&(struct flow){.prepare = with_addresses,
                              .act = sleep_and_resume,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROWS_ADDRESS ARROW_RESUME_REQ
                                  ARROW_RESUME_RSP ARROWS_ADDRESS,
                              .ended = agree_on_the_address});
}

static void by_eap(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_value(pair, i, r);
    for (int side = 0; side < 2; side++) {
        struct ike_eap_config *const eap = &pair->end[side].policy.eap;
        eap->methods[0] = EAP_MD5;
        eap->method_count = 1;
        eap->user_len = 4;
        eap->password_len = 6;
        memcpy(eap->user, "User", 4);
        memcpy(eap->password, "secret", 6);
    }
}

static bool agree_as_user(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    const struct ike_engine *const engine = pair->end[r].engine;
    const struct ike_sa *const sa = ike_sa_numbered(engine, pair->end[r].sa);
    if (sa == NULL || !agree_resumed(pair, i, r))
        return false;
    const struct ike_bytes id = ike_store_view(&engine->store, sa->peer_id);
    return id.len == 5 && id.at[0] == ID_KEY_ID && memcmp(id.at + 1, "User", 4) == 0;
}

/* RFC 5723 4.1: the ticket comes with the last answer; 5, Note 1: as whom EAP knows the client is
 * in the ticket, beside IDi; and there is no EAP any more. */
static void test_whom_eap_authenticated_is_resumed_as_the_same(void)
{
    flow_check(&(struct flow){.prepare = by_eap,
                              .act = sleep_and_resume,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi SAi2 TSi TSr " N_ASK "}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH EAP(req MD5)}\n"
                              "A>B  IKE_AUTH        req 2  SK{EAP(rsp MD5)}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{EAP(success)}\n"
                              "A>B  IKE_AUTH        req 3  SK{AUTH}\n"
                              "B>A  IKE_AUTH        rsp 3  SK{AUTH SAr2 TSi TSr " N_GIVEN
                              "}\n" ARROWS_RESUMED,
                              .ended = agree_as_user});
}

static void to_whom(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_value(pair, i, r);
    pair->end[i].policy.remote_id = pair->end[r].policy.local_id;
}

/* RFC 5723 4.3.3: with IDr, should the gateway be several. */
static void test_a_client_says_to_whom_it_resumes(void)
{
    flow_check(&(struct flow){.prepare = to_whom,
                              .act = sleep_and_resume,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi IDr AUTH SAi2 TSi TSr " N_ASK
                              "}\nB>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr " N_GIVEN
                              "}\n" ARROW_RESUME_REQ ARROW_RESUME_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi IDr AUTH SAi2 TSi TSr " N_ASK
                              "}\nB>A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr " N_GIVEN
                              "}\n",
                              .ended = agree_resumed});
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_ticket_is_asked_for_and_given_with_authentication),
        TEST(test_a_gateway_without_tickets_passes_over_the_question),
        TEST(test_a_session_is_resumed_and_the_old_sa_goes_without_a_word),
        TEST(test_a_ticket_refused_leads_to_a_whole_handshake),
        TEST(test_a_cookie_comes_before_the_ticket),
        TEST(test_the_client_asks_for_another_ticket_when_it_rekeys),
        TEST(test_after_the_gateway_rekeyed_the_client_asks_by_itself),
        TEST(test_a_ticket_too_long_for_the_answer_comes_later),
        TEST(test_a_reference_has_room_where_a_value_has_not),
        TEST(test_a_ticket_may_be_asked_for_at_any_time),
        TEST(test_a_session_is_resumed_without_a_child),
        TEST(test_the_child_may_be_refused_and_the_session_goes_on),
        TEST(test_a_client_gets_its_inner_address_again),
        TEST(test_whom_eap_authenticated_is_resumed_as_the_same),
        TEST(test_a_client_says_to_whom_it_resumes),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
