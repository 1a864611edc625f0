/* SPDX-License-Identifier: MIT
 * What becomes of a ticket (RFC 5723): used twice, too old, of another gateway, of an
 * SA that is closed, rekeyed or forgotten, and what a resumed session costs. */
#include "ike/v2/beside.h"
#include "ike/v2/mobike.h"
#include "ike/v2/payload.h"
#include "ike/v2/resume.h"
#include "tests/mangle.h"
#include "tests/resuming.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

/* ---- what happens meanwhile ---- */

static void connected(void (*prepare)(struct pair *pair, enum pair_side i, enum pair_side r))
{
    pair_init(&p, plain);
    prepare(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
    EXPECT(pair_agrees(&p, p.end[A].policy.childless ? 0 : 1));
    EXPECT(p.end[A].ticket_len > 0);
}

static void restart(enum pair_side side)
{
    struct pair_end *const end = &p.end[side];
    ike_close(end->engine);
    end->engine = ike_open(&end->config, end->crypto);
}

/* RFC 5723 3, RFC 6290 7: the gateway comes back with its secret and without its table. */
static void test_only_a_ticket_by_value_outlives_a_crash_of_the_gateway(void)
{
    for (int variant = 0; variant < 4; variant++) {
        const bool value = variant % 2 != 0;
        connected(value ? by_value : by_reference);
        if (variant < 2)
            restart(B);
        else
            ike_crash(p.end[B].engine, p.now_ns);
        sleep_and_resume(&p, A, B);
        pair_run(&p);
        EXPECT(pair_agrees(&p, 1));
        EXPECT(is_resumed(&p, A) == value);
        EXPECT_EQ(p.end[B].reasons[WHY_TICKET_UNKNOWN], value ? 0 : 1);
        pair_close(&p);
    }
}

/* RFC 5723 3: dead peer detection has ended the SA at the gateway, and the session goes on. */
static void test_a_ticket_outlives_an_sa_whose_client_was_out_of_reach(void)
{
    for (int value = 0; value < 2; value++) {
        connected(value != 0 ? by_value : by_reference);
        ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
        EXPECT(ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa));
        pair_run(&p);
        EXPECT_EQ(p.end[B].ends[WHY_NO_ANSWER], 2);
        EXPECT(pair_resume(&p) != 0);
        pair_run(&p);
        EXPECT(agree(&p, A, B) && is_resumed(&p, A));
        pair_close(&p);
    }
}

/* RFC 5723 6.2, 9.8: a client that keeps a ticket it should have thrown away. */
static void test_a_closed_or_rekeyed_sa_takes_its_ticket_along(void)
{
    for (int variant = 0; variant < 6; variant++) {
        const bool value = variant % 2 == 0;
        uint8_t kept[IKE_RESUME_MAX];
        connected(value ? by_value : by_reference);
        const size_t len = p.end[A].ticket_len;
        memcpy(kept, p.end[A].ticket, len);
        if (variant < 2)
            EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
        else if (variant < 4)
            EXPECT(ike_delete(p.end[B].engine, p.now_ns, p.end[B].sa));
        else
            EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
        pair_run_for(&p, SECOND);
        EXPECT(variant >= 4 || p.end[A].ticket_len == 0);
        ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
        ike_forget(p.end[B].engine, p.now_ns, p.end[B].sa);
        memcpy(p.end[A].ticket, kept, len);
        p.end[A].ticket_len = len;
        EXPECT(pair_resume(&p) != 0);
        pair_run(&p);
        EXPECT_EQ(p.end[B].reasons[value ? WHY_TICKET_USED : WHY_TICKET_UNKNOWN], 1);
        if (!EXPECT(agree_anew(&p, A, B)))
            (void)printf("# variant %d\n%s", variant, p.trace);
        pair_close(&p);
    }
}

static void resume_with(const uint8_t *octets, size_t len)
{
    memcpy(p.end[A].ticket, octets, len);
    p.end[A].ticket_len = len;
    EXPECT(pair_resume(&p) != 0);
}

/* RFC 5723 4.3.1: "A reused ticket SHOULD be rejected". By value only if it is remembered. */
static void test_a_ticket_is_good_once(void)
{
    for (int variant = 0; variant < 3; variant++) {
        uint8_t kept[IKE_RESUME_MAX];
        pair_init(&p, plain);
        (variant == 1 ? by_reference : by_value)(&p, A, B);
        if (variant == 2)
            p.end[B].config.tickets.remembered = 0;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, SECOND);
        const size_t len = p.end[A].ticket_len;
        memcpy(kept, p.end[A].ticket, len);
        sleep_and_resume(&p, A, B);
        pair_run_for(&p, SECOND);
        EXPECT(agree_resumed(&p, A, B));
        ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
        ike_forget(p.end[B].engine, p.now_ns, p.end[B].sa);
        resume_with(kept, len);
        pair_run(&p);
        EXPECT(is_resumed(&p, A) == (variant == 2));
        EXPECT_EQ(p.end[B].reasons[WHY_TICKET_USED], variant == 0 ? 1 : 0);
        EXPECT_EQ(p.end[B].reasons[WHY_TICKET_UNKNOWN], variant == 1 ? 1 : 0);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
}

/* Two attempts at once with one ticket: it is used when the first has proved to be its client. */
static void test_of_two_attempts_with_one_ticket_one_comes_up(void)
{
    for (int value = 0; value < 2; value++) {
        uint8_t kept[IKE_RESUME_MAX];
        connected(value != 0 ? by_value : by_reference);
        const size_t len = p.end[A].ticket_len;
        memcpy(kept, p.end[A].ticket, len);
        sleep_and_resume(&p, A, B);
        resume_with(kept, len);
        pair_run_for(&p, 15000000); /* both are half-open at the gateway */
        EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 2);
        pair_run(&p);
        EXPECT_EQ(p.end[B].reasons[WHY_TICKET_SPENT], 1);
        EXPECT_EQ(p.end[B].ends[WHY_TICKET_SPENT], 1); /* that one is gone at once */
        EXPECT(strstr(p.trace, "SK{N(AUTHENTICATION_FAILED)}") != NULL);
        EXPECT_EQ(p.end[A].ends[WHY_PEER_REFUSED], 1);
        EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
        EXPECT_EQ(ike_stats(p.end[B].engine).established, 1);
        pair_close(&p);
    }
}

/* RFC 5723 4.3.3: IDi and IDr are the ticket's. */
static void test_nobody_else_is_resumed_with_a_ticket(void)
{
    for (int variant = 0; variant < 2; variant++) {
        pair_init(&p, plain);
        by_value(&p, A, B);
        p.end[A].policy.remote_id = p.end[B].policy.local_id;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, SECOND);
        ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
        struct ike_engine *const a = p.end[A].engine;
        struct ike_sa *const sa = ike_sa_numbered(a, pair_resume(&p));
        if (variant == 0)
            ike_setup_of(a, sa)->id.data[0] ^= 1;
        else
            p.end[A].policy.remote_id.data[0] ^= 1;
        pair_run(&p);
        EXPECT_EQ(p.end[B].reasons[WHY_TICKET_IDENTITY], 1);
        EXPECT(strstr(p.trace, "SK{N(AUTHENTICATION_FAILED)}") != NULL);
        EXPECT_EQ(p.end[A].ends[WHY_PEER_REFUSED], 1);
        EXPECT_EQ(ike_stats(p.end[B].engine).established, 1); /* the old one stays */
        pair_close(&p);
    }
}

/* And the gateway is who it was, or the client says that it cannot have it so. */
static void test_another_gateway_is_not_taken_for_the_one_of_the_ticket(void)
{
    connected(by_value);
    sleep_and_resume(&p, A, B);
    pair_run_for(&p, 15000000);
    struct ike_engine *const b = p.end[B].engine;
    const struct ike_sa *const sa = ike_sa_numbered(b, p.end[B].sa);
    const struct ike_resumable *const record = ike_beside_of(b, sa, BESIDE_TICKET);
    uint8_t *const who = ike_store_at(&b->store, record->who);
    for (size_t k = 0; k + 6 <= record->who.len; k++)
        if (memcmp(who + k, "b.test", 6) == 0)
            who[k] = 'c';
    pair_run(&p);
    EXPECT_EQ(p.end[A].reasons[WHY_TICKET_IDENTITY], 1);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 0);
    pair_close(&p);
}

/* RFC 5723 6.2, 9.6: the client does not present it; one that does is refused. */
static void test_a_ticket_is_no_good_after_its_lifetime(void)
{
    for (int variant = 0; variant < 3; variant++) {
        pair_init(&p, plain);
        (variant == 2 ? by_reference : by_value)(&p, A, B);
        p.end[B].config.tickets.lifetime_ns = 30 * SECOND;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, 40 * SECOND);
        ike_forget(p.end[B].engine, p.now_ns, p.end[B].sa);
        if (variant > 0) /* until_s, after version and SPIs */
            p.end[A].ticket[1 + 16 + 4] = 1;
        p.trace_len = 0;
        sleep_and_resume(&p, A, B);
        pair_run(&p);
        EXPECT(agree_anew(&p, A, B));
        EXPECT_EQ(p.end[B].reasons[WHY_TICKET_EXPIRED], variant > 0 ? 1 : 0);
        EXPECT((strstr(p.trace, "IKE_SESSION_RESUME") != NULL) == (variant > 0));
        pair_close(&p);
    }
}

/* RFC 5723 4.1: "or when the ticket lifetime is about to expire" */
static void test_the_client_asks_again_before_its_ticket_expires(void)
{
    pair_init(&p, plain);
    by_reference(&p, A, B);
    p.end[B].config.tickets.lifetime_ns = 100 * SECOND;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 89 * SECOND);
    EXPECT_EQ(pair_count(&p, A, IKE_TICKET), 1);
    pair_run_for(&p, 2 * SECOND);
    EXPECT_EQ(pair_count(&p, A, IKE_TICKET), 2);
    pair_run_for(&p, 20 * SECOND); /* the first one's time is over */
    sleep_and_resume(&p, A, B);
    pair_run_for(&p, SECOND);
    EXPECT(agree_resumed(&p, A, B));
    pair_close(&p);
}

/* Crossing rekeyings, and key exchanges that follow: which SA stays, or with which keys, is not
 * known yet. */
static void test_a_ticket_asked_for_too_early_is_promised_and_asked_for_again(void)
{
    for (int variant = 0; variant < 2; variant++) {
        pair_init(&p, plain);
        by_value(&p, A, B);
        if (variant == 1)
            for (int side = 0; side < 2; side++)
                pair_offer(&p, (enum pair_side)side, "aes256gcm16-prfsha256-x25519-ke1_ecp256",
                           "aes256gcm16");
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, SECOND);
        EXPECT(agree(&p, A, B));
        EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
        if (variant == 0)
            EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
        pair_run(&p);
        EXPECT(strstr(p.trace, "N(TICKET_ACK)") != NULL);
        if (!EXPECT(agree(&p, A, B)))
            (void)printf("# variant %d\n%s", variant, p.trace);
        sleep_and_resume(&p, A, B);
        pair_run(&p);
        EXPECT(agree_resumed(&p, A, B));
        pair_close(&p);
    }
}

/* The session goes on in an SA like any other. */
static void test_a_resumed_sa_is_rekeyed_and_resumed_and_closed_as_any_other(void)
{
    connected(by_value);
    for (int k = 0; k < 3; k++) {
        sleep_and_resume(&p, A, B);
        pair_run_for(&p, SECOND);
        EXPECT(agree(&p, A, B) && is_resumed(&p, A));
        EXPECT(ike_rekey(p.end[k % 2].engine, p.now_ns, p.end[k % 2].sa));
        pair_run_for(&p, SECOND);
        EXPECT(agree(&p, A, B));
    }
    EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
    pair_run_for(&p, SECOND);
    EXPECT(agree(&p, A, B));
    EXPECT(ike_delete(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run(&p);
    EXPECT(pair_is_empty(&p));
    EXPECT_EQ(p.end[A].ticket_len, 0);
    pair_close(&p);
}

/* RFC 5723 4.3.2: NAT is found out anew, and so is the way. */
static void test_a_client_comes_back_from_behind_a_nat(void)
{
    connected(by_value);
    ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
    p.options.nat[A] = true;
    EXPECT(pair_resume(&p) != 0);
    pair_run(&p);
    EXPECT(agree_resumed(&p, A, B));
    const struct ike_sa *const sa = ike_sa_numbered(p.end[B].engine, p.end[B].sa);
    EXPECT(sa->nat != 0 && sa->local.port == IKE_PORT_NAT);
    pair_close(&p);
}

/* RFC 5723 4.3.2: as in IKE_SA_INIT; the other gateway knows nothing of the ticket. */
static void test_a_client_sent_elsewhere_begins_anew_there(void)
{
    connected(by_value);
    p.end[A].policy.takes_redirects = true;
    p.end[B].engine->config.redirect_to.addr = ike_addr_v4(0xc0000263u, 0);
    ike_forget(p.end[B].engine, p.now_ns, p.end[B].sa);
    p.trace_len = 0;
    sleep_and_resume(&p, A, B);
    pair_run(&p);
    EXPECT(strstr(p.trace, "B>A  IKE_SESSION_RESUME rsp 0  N(REDIRECT)\n"
                           "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D
                           " N(REDIRECTED_FROM)\n") != NULL);
    EXPECT(agree_anew(&p, A, B));
    pair_close(&p);
}

/* RFC 8019 4.5: who was authenticated before is preferred, and shows its address all the same. */
static void test_who_has_a_ticket_gives_a_cookie_and_does_no_work(void)
{
    connected(by_value);
    p.end[B].engine->config.puzzles = (struct ike_puzzle_config){.bits = 10, .bits_max = 16};
    p.trace_len = 0;
    sleep_and_resume(&p, A, B);
    pair_run(&p);
    EXPECT(strstr(p.trace, "B>A  IKE_SESSION_RESUME rsp 0  N(COOKIE)\n"
                           "A>B  IKE_SESSION_RESUME req 0  N(COOKIE) Ni N(TICKET_OPAQUE)") != NULL);
    EXPECT_EQ(p.end[B].reasons[WHY_COOKIE_WANTED], 1);
    EXPECT(agree_resumed(&p, A, B));
    pair_close(&p);
}

/* RFC 5723 4.3.4: at the client's end too, should it still be there. */
static void test_the_old_sa_goes_at_both_ends(void)
{
    connected(by_value);
    p.end[A].policy.initial_contact = true; /* no other than that one */
    EXPECT(pair_resume(&p) != 0);
    pair_run(&p);
    EXPECT(agree_resumed(&p, A, B));
    EXPECT_EQ(p.end[A].ends[WHY_RESUMED], 2);
    EXPECT_EQ(p.end[B].ends[WHY_INITIAL_CONTACT], 0);
    EXPECT(strstr(p.trace, "D(IKE)") == NULL);
    pair_close(&p);
}

static void anonymous(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_value(pair, i, r);
    pair->end[i].policy.initial_contact = true;
    pair->end[i].policy.proof = PROOF_NULL;
    pair->end[i].policy.local_id = (struct ike_id){.type = 0};
    pair->end[r].policy.accepts = 1 << PROOF_NULL;
}

/* RFC 7619 2.3: who came without authentication is no more for having come before. */
static void test_nobody_in_particular_is_resumed_as_nobody(void)
{
    connected(anonymous);
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
    sleep_and_resume(&p, A, B);
    pair_run_for(&p, SECOND);
    EXPECT(is_resumed(&p, B));
    EXPECT_EQ(p.end[B].ends[WHY_INITIAL_CONTACT], 0);
    EXPECT(ike_sa_numbered(p.end[B].engine, p.end[B].sa)->nobody);
    EXPECT(!ike_sa_numbered(p.end[A].engine, p.end[A].sa)->nobody);
    pair_close(&p);
}

/* ---- addresses ---- */

static void no_nats(struct pair *pair, enum pair_side i, enum pair_side r)
{
    by_value(pair, i, r);
    for (int side = A; side <= B; side++)
        pair->end[side].policy.mobike.on = pair->end[side].policy.mobike.no_nats = true;
}

/* RFC 4555 3.9: who allows no NAT looks for none when the session goes on either, and the addresses
 * stand in the message: a NAT that has come in between is found out by that. */
static void test_where_no_nat_is_allowed_none_is_looked_for_when_resumed(void)
{
    for (int nat = 0; nat < 2; nat++) {
        connected(no_nats);
        p.options.nat[A] = nat == 1;
        p.trace_len = 0;
        sleep_and_resume(&p, A, B);
        pair_run_for(&p, SECOND);
        EXPECT(strstr(p.trace, "NAT_DETECTION") == NULL);
        EXPECT(strstr(p.trace, "N(NO_NATS_ALLOWED)") != NULL || nat == 0);
        EXPECT_EQ(p.end[B].reasons[WHY_NAT_FORBIDDEN], nat);
        EXPECT(nat == 1 || agree_resumed(&p, A, B));
        pair_close(&p);
    }
}

/* ---- what a peer may say ---- */

static bool first_spi_zero(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                           int number)
{
    static int last = -1;
    (void)len;
    (void)pair;
    if (from == B && bytes[18] == IKE_SESSION_RESUME && last < 0) {
        last = number;
        memset(bytes + 8, 0, 8);
    }
    return true;
}

/* RFC 7296 2.6: it is not the responder's; the true answer comes when it is asked for again. */
static void test_an_answer_with_no_spi_of_the_gateway_is_none(void)
{
    connected(by_value);
    p.touch = first_spi_zero;
    sleep_and_resume(&p, A, B);
    pair_run(&p);
    EXPECT_EQ(p.end[A].reasons[WHY_SPI_ZERO], 1);
    EXPECT(agree_resumed(&p, A, B));
    pair_close(&p);
}

static uint64_t trying;

static void connected_and_trying(void)
{
    connected(by_value);
    p.end[A].policy.takes_redirects = true;
    ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
    trying = pair_resume(&p);
}

/* An answer to the request with a ticket, of one notification, by whoever is quicker than B. */
static enum ike_why answered(uint16_t type, struct ike_bytes data)
{
    const struct ike_sa *const sa = ike_sa_numbered(p.end[A].engine, trying);
    uint8_t room[512];
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 16;
    ike_put_header(&w, &(struct ike_header){.spi_i = sa->spi_i,
                                            .version = IKE_VERSION_2,
                                            .exchange = IKE_SESSION_RESUME,
                                            .flags = FLAG_RESPONSE});
    ike_put_status(&w, &link, type, data);
    ike_end_message(&w);
    return pair_inject(&p, A, room, w.len);
}

/* RFC 5723 4.3.2, RFC 7296 2.6: each is sent back, so many times; then a better answer is awaited.
 */
static void test_so_many_cookies_are_sent_back_with_a_ticket(void)
{
    connected_and_trying();
    const int sent = p.sent;
    EXPECT_EQ(answered(N_COOKIE, (struct ike_bytes){.len = 0}), WHY_SYNTAX);
    for (uint8_t i = 0; i <= p.end[A].engine->config.cookies_max; i++)
        EXPECT_EQ(answered(N_COOKIE, (struct ike_bytes){&i, 1}), WHY_OK);
    EXPECT_EQ(p.sent - sent, p.end[A].engine->config.cookies_max);
    p.touch = pair_touch_lose;
    memset(p.flight, 0, sizeof p.flight);
    pair_run(&p);
    EXPECT_EQ(p.end[A].ends[WHY_COOKIE_LOOP], 1);
    pair_close(&p);
}

static void test_a_client_with_a_ticket_is_not_sent_nowhere(void)
{
    uint8_t data[6 + IKE_NONCE_OURS] = {4, 4, 192, 0, 2, 99};
    connected_and_trying();
    const struct ike_sa *const sa = ike_sa_numbered(p.end[A].engine, trying);
    memcpy(data + 6, ike_setup_of(p.end[A].engine, sa)->nonce, IKE_NONCE_OURS);
    EXPECT_EQ(answered(N_REDIRECT, (struct ike_bytes){data, sizeof data}), WHY_REDIRECT_GATEWAY);
    data[0] = 1;
    data[6] ^= 1;
    EXPECT_EQ(answered(N_REDIRECT, (struct ike_bytes){data, sizeof data}), WHY_REDIRECT_NONCE);
    pair_run(&p);
    EXPECT(agree_resumed(&p, A, B));
    pair_close(&p);
}

static void without_child(void)
{
    mangle_drop(PAYLOAD_SA);
    mangle_drop(PAYLOAD_TSI);
    mangle_drop(PAYLOAD_TSR);
}

/* RFC 6023 3: only where the gateway has said that it may be. */
static void test_a_session_is_not_resumed_without_a_child_where_that_is_not_said(void)
{
    connected(by_value);
    mangle_edit(&p, p.sent + 2, without_child);
    sleep_and_resume(&p, A, B);
    pair_run(&p);
    EXPECT(mangle_done());
    EXPECT_EQ(p.end[B].reasons[WHY_MISSING_PAYLOAD], 1);
    EXPECT(!is_resumed(&p, B));
    pair_close(&p);
}

static void longer_ticket(void)
{
    static uint8_t body[4 + 4 + IKE_TICKET_MAX + 1] = {
        0, 0, N_TICKET_LT_OPAQUE >> 8, N_TICKET_LT_OPAQUE & 0xff, 0, 0, 1};
    mangle_drop(PAYLOAD_NOTIFY);
    mangle_add(PAYLOAD_NOTIFY, body, sizeof body);
}

static void ticket(void)
{
    static const uint8_t body[4 + 4 + 9] = {
        0, 0, N_TICKET_LT_OPAQUE >> 8, N_TICKET_LT_OPAQUE & 0xff, 0, 0, 1};
    mangle_add(PAYLOAD_NOTIFY, body, sizeof body);
}

/* RFC 5723 4.2: what is longer than is kept is passed over, and so is what nobody asked for: by a
 * client that wants none, or by a gateway that rekeys. */
static void test_tickets_too_long_or_not_asked_for_are_passed_over(void)
{
    pair_init(&p, plain);
    by_value(&p, A, B);
    pair_open(&p);
    mangle_edit(&p, 3, longer_ticket);
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
    EXPECT(mangle_done() && pair_agrees(&p, 1));
    EXPECT_EQ(pair_count(&p, A, IKE_TICKET), 0);
    pair_close(&p);

    pair_init(&p, plain);
    pair_open(&p);
    mangle_edit(&p, 3, ticket);
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
    EXPECT(mangle_done() && pair_agrees(&p, 1));
    EXPECT_EQ(pair_count(&p, A, IKE_TICKET), 0);
    pair_close(&p);

    connected(by_value);
    mangle_edit(&p, p.sent + 1, ticket);
    EXPECT(ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa));
    pair_run_for(&p, SECOND);
    EXPECT(mangle_done() && pair_agrees(&p, 1));
    EXPECT_EQ(pair_count(&p, B, IKE_TICKET), 0);
    pair_close(&p);
}

/* The ticket's time is short, so that none is asked for by itself. */
static void test_no_ticket_is_asked_for_where_so_much_waits_already(void)
{
    pair_init(&p, plain);
    by_value(&p, A, B);
    p.end[B].config.tickets.lifetime_ns = 30 * SECOND;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
    p.touch = pair_touch_lose;
    while (ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa, &(struct ike_inform){.ask = false}))
        ;
    EXPECT(!ike_want_ticket(p.end[A].engine, p.now_ns, p.end[A].sa));
    EXPECT_EQ(p.end[A].engine->tasks.used, IKE_TASKS_MAX);
    p.touch = NULL;
    pair_run(&p);
    EXPECT(ike_want_ticket(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, SECOND);
    EXPECT_EQ(pair_count(&p, A, IKE_TICKET), 2);
    pair_close(&p);
}

/* A client that is a gateway to others gives none to its own gateway. */
static void test_a_client_gives_no_tickets(void)
{
    const struct ike_note ask = {.type = N_TICKET_REQUEST};
    pair_init(&p, plain);
    by_value(&p, A, B);
    p.end[A].config.tickets = p.end[B].config.tickets;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
    p.trace_len = 0;
    EXPECT(ike_inform(p.end[B].engine, p.now_ns, p.end[B].sa,
                      &(struct ike_inform){.notes = &ask, .note_count = 1}));
    pair_run_for(&p, SECOND);
    EXPECT_STR(p.trace, "B>A  INFORMATIONAL   req 0  SK{N(TICKET_REQUEST)}\n"
                        "A>B  INFORMATIONAL   rsp 0  SK{N(TICKET_NACK)}\n");
    pair_close(&p);
}

/* ---- what policy says now ---- */

/* RFC 5723 4.3.2: the policy has become another since. */
static void test_a_ticket_is_judged_by_the_policy_of_today(void)
{
    static struct ike_policy policies[2];
    for (int variant = 0; variant < 4; variant++) {
        pair_init(&p, plain);
        by_value(&p, A, B);
        policies[0] = policies[1] = p.end[B].policy;
        if (variant == 3) /* the first is another's */
            (void)ike_id_from_text("nobody.test", &policies[0].remote_id);
        p.end[B].config.policies = policies;
        p.end[B].config.policy_count = 2;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run_for(&p, SECOND);
        EXPECT(agree(&p, A, B));
        if (variant == 0) /* by EAP from now on */
            policies[0].eap.methods[policies[0].eap.method_count++] = EAP_MD5;
        if (variant == 1)
            (void)ike_id_from_text("c.test", &policies[0].local_id);
        if (variant == 2)
            policies[0].local_id = (struct ike_id){.type = 0}; /* whoever it is asked for */
        sleep_and_resume(&p, A, B);
        pair_run_for(&p, SECOND);
        EXPECT_EQ(p.end[B].reasons[WHY_TICKET_POLICY], variant < 2 ? 1 : 0);
        EXPECT(is_resumed(&p, A) == (variant >= 2));
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_only_a_ticket_by_value_outlives_a_crash_of_the_gateway),
        TEST(test_a_ticket_outlives_an_sa_whose_client_was_out_of_reach),
        TEST(test_a_closed_or_rekeyed_sa_takes_its_ticket_along),
        TEST(test_a_ticket_is_good_once),
        TEST(test_of_two_attempts_with_one_ticket_one_comes_up),
        TEST(test_nobody_else_is_resumed_with_a_ticket),
        TEST(test_another_gateway_is_not_taken_for_the_one_of_the_ticket),
        TEST(test_a_ticket_is_no_good_after_its_lifetime),
        TEST(test_the_client_asks_again_before_its_ticket_expires),
        TEST(test_a_ticket_asked_for_too_early_is_promised_and_asked_for_again),
        TEST(test_a_resumed_sa_is_rekeyed_and_resumed_and_closed_as_any_other),
        TEST(test_a_client_comes_back_from_behind_a_nat),
        TEST(test_a_client_sent_elsewhere_begins_anew_there),
        TEST(test_who_has_a_ticket_gives_a_cookie_and_does_no_work),
        TEST(test_the_old_sa_goes_at_both_ends),
        TEST(test_nobody_in_particular_is_resumed_as_nobody),
        TEST(test_where_no_nat_is_allowed_none_is_looked_for_when_resumed),
        TEST(test_an_answer_with_no_spi_of_the_gateway_is_none),
        TEST(test_so_many_cookies_are_sent_back_with_a_ticket),
        TEST(test_a_client_with_a_ticket_is_not_sent_nowhere),
        TEST(test_a_session_is_not_resumed_without_a_child_where_that_is_not_said),
        TEST(test_tickets_too_long_or_not_asked_for_are_passed_over),
        TEST(test_no_ticket_is_asked_for_where_so_much_waits_already),
        TEST(test_a_client_gives_no_tickets),
        TEST(test_a_ticket_is_judged_by_the_policy_of_today),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
