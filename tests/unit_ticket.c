/* SPDX-License-Identifier: MIT
 * Tickets and the keys of resumed sessions, looked at one by one (RFC 5723 5.1,
 * 6, 9): what a gateway takes for its own, how long, how many it keeps, what a
 * resumption costs both ends, and that it derives what the RFC says. */
#include "ike/engine.h"
#include "ike/v2/keymat.h"
#include "ike/v2/payload.h"
#include "ike/v2/protect.h"
#include "ike/v2/resume.h"
#include "ike/v2/ticket.h"
#include "tests/pair.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static struct pair p;
static const uint8_t secret[IKE_TICKET_SECRET] = {1, 2, 3};
static const uint8_t other_secret[IKE_TICKET_SECRET] = {3, 2, 1};

static void begin(enum pair_provider provider, enum ike_ticket_kind kind)
{
    pair_init(&p, (struct pair_options){
                      .provider = provider, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    p.end[A].policy.tickets = true;
    p.end[B].config.tickets = (struct ike_ticket_config){
        .kind = (uint8_t)kind, .secret = secret, .remembered = 16, .lifetime_ns = 60 * SECOND};
}

static void connect(void)
{
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
}

static void connected(enum ike_ticket_kind kind)
{
    begin(PAIR_MODELLED, kind);
    pair_open(&p);
    connect();
    EXPECT(p.end[A].ticket_len > 0);
}

/* The gateway's ticket within what the client's owner has. */
static struct ike_bytes ticket(void)
{
    static struct ike_resume resume;
    EXPECT_EQ(ike_resume_parse((struct ike_bytes){p.end[A].ticket, p.end[A].ticket_len}, &resume),
              WHY_OK);
    return resume.ticket;
}

/* A request with a ticket, of nobody's engine; `nonce` tells one from another. */
static size_t craft(uint8_t *room, struct ike_bytes presented, uint8_t nonce)
{
    const uint8_t octets[32] = {nonce, 1};
    struct ike_writer w = wr_open(room, IKE_MESSAGE_MAX);
    size_t link = 16;
    ike_put_header(&w, &(struct ike_header){.spi_i = 77,
                                            .version = IKE_VERSION_2,
                                            .exchange = IKE_SESSION_RESUME,
                                            .flags = FLAG_INITIATOR});
    ike_put_nonce(&w, &link, (struct ike_bytes){octets, sizeof octets});
    ike_put_status(&w, &link, N_TICKET_OPAQUE, presented);
    ike_end_message(&w);
    EXPECT(!w.bad);
    return w.len;
}

static enum ike_why present(struct ike_bytes presented, uint8_t nonce)
{
    static uint8_t room[IKE_MESSAGE_MAX];
    const size_t len = craft(room, presented, nonce);
    p.trace_len = 0;
    p.trace[0] = '\0';
    const enum ike_why why = pair_inject(&p, B, room, len);
    if (why >= WHY_TICKET_SYNTAX && why <= WHY_TICKET_POLICY) /* RFC 5723 4.3.2 */
        EXPECT_STR(p.trace, "B>A  IKE_SESSION_RESUME rsp 0  N(TICKET_NACK)\n");
    memset(p.flight, 0, sizeof p.flight); /* nobody waits for the answer */
    return why;
}

/* ---- what is derived ---- */

static struct seen {
    uint8_t bytes[IKE_MESSAGE_MAX];
    size_t len;
} seen[8];

static bool watch(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)pair;
    (void)from;
    if (number < 8) {
        memcpy(seen[number].bytes, bytes, *len);
        seen[number].len = *len;
    }
    return true;
}

static struct ike_bytes bytes_of(int number)
{
    return (struct ike_bytes){seen[number].bytes, seen[number].len};
}

static struct ike_bytes nonce_of(int number)
{
    static struct ike_message m[2];
    EXPECT_EQ(ike_message_parse(bytes_of(number), &m[number % 2]), WHY_OK);
    return ike_message_body(&m[number % 2], PAYLOAD_NONCE);
}

/* AUTH of a side, out of its sealed message, and what RFC 5723 4.3.3 says that it is. */
static void check_auth(int number, bool initiator, const struct ike_sa_keys *keys)
{
    static struct ike_message m;
    static uint8_t copy[IKE_MESSAGE_MAX];
    struct ike_crypto *const c = p.end[A].crypto;
    const struct ike_algo *const prf = &ike_algos[ALGO_PRFSHA256];
    const struct ike_seal_keys seal = ike_keys_of(keys, initiator);
    uint8_t maced[IKE_PRF_MAX], wanted[IKE_PRF_MAX];
    struct ike_auth auth;
    EXPECT_EQ(ike_message_parse(bytes_of(number), &m), WHY_OK);
    memcpy(copy, seen[number].bytes, seen[number].len);
    EXPECT_EQ(ike_open_sealed(&m, &seal, c, copy), WHY_OK);
    const struct ike_bytes sk_p = initiator ? keys->sk_pi : keys->sk_pr;
    const struct ike_bytes id = ike_message_body(&m, initiator ? PAYLOAD_IDI : PAYLOAD_IDR);
    c->ops->prf(c, prf, sk_p, &id, 1, maced);
    const struct ike_bytes octets[] = {
        bytes_of(initiator ? 4 : 5), nonce_of(initiator ? 5 : 4), {maced, prf->out_len}};
    c->ops->prf(c, prf, sk_p, octets, 3, wanted);
    EXPECT_EQ(ike_auth_parse(ike_message_body(&m, PAYLOAD_AUTH), &auth), WHY_OK);
    EXPECT_EQ(auth.method, AUTH_PSK);
    EXPECT(auth.data.len == prf->out_len && memcmp(auth.data.at, wanted, auth.data.len) == 0);
}

/* RFC 5723 5.1: SKEYSEED = prf(SK_d_old, "Resumption" | Ni | Nr); 4.3.3: prf(SK_px, octets). */
static void test_keys_and_proofs_are_as_the_rfc_has_them(void)
{
    begin(PAIR_OPENSSL, TICKET_VALUE);
    p.touch = watch;
    pair_open(&p);
    connect();
    uint8_t old_sk_d[32], skeyseed[IKE_PRF_MAX], wanted[32], spis[16];
    memcpy(old_sk_d, p.keys.sk_d.at, sizeof old_sk_d);
    ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
    (void)pair_resume(&p);
    pair_run_for(&p, SECOND);
    EXPECT(pair_agrees(&p, 1));
    struct ike_crypto *const c = p.end[A].crypto;
    const struct ike_algo *const prf = &ike_algos[ALGO_PRFSHA256];
    struct ike_writer w = wr_open(spis, sizeof spis);
    put_u64(&w, p.keys.spi_i);
    put_u64(&w, p.keys.spi_r);
    const struct ike_bytes ni = nonce_of(4), nr = nonce_of(5);
    const struct ike_bytes seed[] = {{(const uint8_t *)"Resumption", 10}, ni, nr};
    c->ops->prf(c, prf, (struct ike_bytes){old_sk_d, 32}, seed, 3, skeyseed);
    const struct ike_bytes plus[] = {ni, nr, {spis, 16}};
    ike_prf_plus(c, &(struct ike_prf_plus_input){prf, {skeyseed, 32}, plus, 3}, wanted, 32);
    EXPECT(memcmp(wanted, p.keys.sk_d.at, 32) == 0);
    check_auth(6, true, &p.keys);
    check_auth(7, false, &p.keys);
    pair_close(&p);
}

/* ---- what it costs ---- */

/* Spent by both ends, when only what `costs` has costs anything: of a handshake, or of a
 * resumption after one. */
static uint64_t spent(const struct ike_costs *costs, bool resumed)
{
    begin(PAIR_MODELLED, TICKET_VALUE);
    pair_open(&p);
    for (int side = 0; side < 2; side++) {
        ike_close(p.end[side].engine);
        p.end[side].crypto = ike_crypto_meter(p.end[side].crypto, costs);
        p.end[side].engine = ike_open(&p.end[side].config, p.end[side].crypto);
    }
    if (resumed) {
        connect();
        ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
        p.end[A].crypto->spent_ns = p.end[B].crypto->spent_ns = 0;
    }
    (void)pair_resume(&p);
    pair_run_for(&p, SECOND);
    EXPECT(pair_agrees(&p, 1));
    const uint64_t sum = p.end[A].crypto->spent_ns + p.end[B].crypto->spent_ns;
    pair_close(&p);
    return sum;
}

static void test_a_resumption_exchanges_no_keys_and_signs_nothing(void)
{
    struct ike_costs dear = {.certificate_ns = 1000};
    struct ike_costs cheap = {.sha1_call_ns = 1};
    for (size_t i = 0; i < IKE_ALGOS_MAX; i++) {
        dear.kex_generate_ns[i] = dear.kex_derive_ns[i] = 1000;
        cheap.call_ns[i] = 1;
    }
    for (size_t i = 0; i < KEY_TYPE_COUNT; i++)
        dear.sign_ns[i] = dear.verify_ns[i] = 1000;
    EXPECT_EQ(spent(&dear, false), 4000); /* a key pair and a secret each */
    EXPECT_EQ(spent(&dear, true), 0);
    EXPECT(spent(&cheap, true) > 0); /* only PRF and cipher */
}

/* ---- whose tickets are taken ---- */

static void test_a_ticket_changed_anywhere_is_refused(void)
{
    for (int kind = TICKET_VALUE; kind <= TICKET_REFERENCE; kind++) {
        uint8_t copy[IKE_TICKET_MAX + 1] = {0};
        connected((enum ike_ticket_kind)kind);
        const struct ike_bytes good = ticket();
        for (size_t i = 0; i < good.len; i++) {
            memcpy(copy, good.at, good.len);
            copy[i] ^= 0x10;
            const enum ike_why why = present((struct ike_bytes){copy, good.len}, (uint8_t)i);
            const bool refused = why == WHY_TICKET_SYNTAX || why == WHY_TICKET_KEY ||
                                 why == WHY_TICKET_EXPIRED || why == WHY_TICKET_FORGED;
            if (!EXPECT(refused))
                (void)printf("# kind %d, octet %zu\n", kind, i);
            EXPECT(i < 12 || why == WHY_TICKET_FORGED);
        }
        for (size_t len = 0; len < good.len; len++) {
            const enum ike_why why = present((struct ike_bytes){good.at, len}, 1);
            EXPECT(why == WHY_TICKET_SYNTAX || why == WHY_TICKET_FORGED);
        }
        memcpy(copy, good.at, good.len);
        EXPECT_EQ(present((struct ike_bytes){copy, good.len + 1}, 1),
                  kind == TICKET_VALUE ? WHY_TICKET_FORGED : WHY_TICKET_SYNTAX);
        EXPECT_EQ(present((struct ike_bytes){copy, IKE_TICKET_MAX}, 1),
                  kind == TICKET_VALUE ? WHY_TICKET_FORGED : WHY_TICKET_SYNTAX);
        EXPECT_EQ(present((struct ike_bytes){copy, sizeof copy}, 1), WHY_TICKET_SYNTAX);
        EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 0);
        EXPECT(strstr(p.trace, "B>A  IKE_SESSION_RESUME rsp 0  N(TICKET_NACK)") != NULL);
        EXPECT_EQ(present(good, 2), WHY_OK);
        pair_close(&p);
    }
}

/* RFC 5723 6.1, 9.5: keys change, and may be replaced; a key is known by its id. */
static void test_a_ticket_is_opened_by_the_key_it_names_as_long_as_that_may_be_out(void)
{
    connected(TICKET_VALUE);
    struct ike_ticket_config *const tickets = &p.end[B].engine->config.tickets;
    tickets->secret = other_secret;
    EXPECT_EQ(present(ticket(), 1), WHY_TICKET_KEY);
    tickets->before = secret;
    EXPECT_EQ(present(ticket(), 2), WHY_OK);
    tickets->secret = secret;
    tickets->before = NULL;
    EXPECT_EQ(present(ticket(), 3), WHY_OK);
    pair_close(&p);

    begin(PAIR_MODELLED, TICKET_VALUE);
    p.end[B].config.tickets.key_ns = 7 * SECOND;
    pair_open(&p);
    connect();
    uint8_t first[IKE_TICKET_MAX];
    const size_t len = ticket().len;
    memcpy(first, ticket().at, len);
    const struct ike_bytes old = {first, len};
    pair_run_for(&p, 50 * SECOND);
    EXPECT_EQ(present(old, 1), WHY_OK);
    (void)ike_want_ticket(p.end[A].engine, p.now_ns, p.end[A].sa);
    pair_run_for(&p, SECOND);
    EXPECT(memcmp(ticket().at + 4, first + 4, 8) != 0); /* key ids */
    EXPECT_EQ(present(ticket(), 2), WHY_OK);
    EXPECT_EQ(present(old, 3), WHY_TICKET_USED); /* it was replaced */
    pair_run_for(&p, 20 * SECOND);
    EXPECT_EQ(present(old, 4), WHY_TICKET_EXPIRED);
    memset(first + 4, 0xff, 4); /* of a time to come */
    EXPECT_EQ(present(old, 5), WHY_TICKET_KEY);
    pair_close(&p);
}

/* RFC 5723 4.3.2: "if it rejects the ticket for any reason" */
static void test_what_the_policy_allows_no_more_is_not_resumed(void)
{
    const char *bad;
    connected(TICKET_VALUE);
    struct ike_policy *const policy = &p.end[B].policy;
    const struct ike_policy before = *policy;
    policy->remote_id = policy->local_id;
    EXPECT_EQ(present(ticket(), 1), WHY_TICKET_POLICY);
    *policy = before;
    policy->local_id.data[0] = 'z';
    EXPECT_EQ(present(ticket(), 2), WHY_TICKET_POLICY);
    *policy = before;
    policy->accepts = 1 << PROOF_SIGNATURE;
    EXPECT_EQ(present(ticket(), 3), WHY_TICKET_POLICY);
    *policy = before;
    policy->eap.method_count = 1;
    EXPECT_EQ(present(ticket(), 4), WHY_TICKET_POLICY);
    *policy = before;
    policy->next_auth = &before;
    EXPECT_EQ(present(ticket(), 5), WHY_TICKET_POLICY);
    *policy = before;
    EXPECT(ike_offer_parse("aes128-sha256-x25519", &policy->ike[0], &bad));
    EXPECT_EQ(present(ticket(), 6), WHY_TICKET_POLICY);
    *policy = before;
    p.end[B].engine->config.policy_count = 0;
    EXPECT_EQ(present(ticket(), 7), WHY_TICKET_POLICY);
    p.end[B].engine->config.policy_count = 1;
    EXPECT_EQ(present(ticket(), 8), WHY_OK);
    pair_close(&p);
}

/* Whom EAP authenticated, or several rounds, is not resumed where a key is wanted now. */
static void test_how_one_was_authenticated_must_be_allowed_still(void)
{
    begin(PAIR_MODELLED, TICKET_VALUE);
    for (int side = A; side <= B; side++) {
        struct ike_eap_config *const eap = &p.end[side].policy.eap;
        *eap = (struct ike_eap_config){.methods = {EAP_MD5}, .method_count = 1, .user_len = 1};
        eap->password_len = 1;
    }
    pair_open(&p);
    connect();
    EXPECT(p.end[A].ticket_len > 0);
    p.end[B].policy.eap.method_count = 0;
    EXPECT_EQ(present(ticket(), 1), WHY_TICKET_POLICY);
    p.end[B].policy.eap.method_count = 1;
    EXPECT_EQ(present(ticket(), 2), WHY_OK);
    pair_close(&p);
}

/* RFC 4555 3.9: where NATs are not to be found out nobody looks for one, and one that is there all
 * the same ends the attempt; or the gateway alone does not. */
static void test_a_session_is_resumed_without_looking_for_nats(void)
{
    static const struct {
        bool client, nat;
        const char *trace;
    } rows[] = {
        {true, false,
         "A>B  IKE_SESSION_RESUME req 0  Ni N(TICKET_OPAQUE)\n"
         "B>A  IKE_SESSION_RESUME rsp 0  Nr\n"},
        {true, true,
         "A>B  IKE_SESSION_RESUME req 0  Ni N(TICKET_OPAQUE)\n"
         "B>A  IKE_SESSION_RESUME rsp 0  Nr\n"},
        {false, false,
         "A>B  IKE_SESSION_RESUME req 0  Ni N(TICKET_OPAQUE) N(NAT_DETECTION_SOURCE_IP) "
         "N(NAT_DETECTION_DESTINATION_IP)\nB>A  IKE_SESSION_RESUME rsp 0  Nr\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(PAIR_MODELLED, TICKET_VALUE);
        p.end[A].policy.mobike.on = p.end[B].policy.mobike.on = true;
        p.end[A].policy.mobike.no_nats = rows[i].client;
        p.end[B].policy.mobike.no_nats = true;
        pair_open(&p);
        connect();
        EXPECT(p.end[A].ticket_len > 0);
        ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
        p.options.nat[A] = rows[i].nat;
        p.trace_len = 0;
        EXPECT(pair_resume(&p) != 0);
        pair_run_for(&p, SECOND);
        if (!EXPECT(strncmp(p.trace, rows[i].trace, strlen(rows[i].trace)) == 0))
            (void)printf("%s", p.trace);
        EXPECT_EQ(p.end[B].reasons[WHY_NAT_FORBIDDEN], rows[i].nat ? 1 : 0);
        EXPECT_EQ(p.end[B].ends[WHY_RESUMED], rows[i].nat ? 0 : 2);
        EXPECT_EQ(pair_count(&p, A, IKE_FAILED), rows[i].nat ? 1 : 0);
        pair_close(&p);
    }
}

/* What an owner gives back is looked at, too. */
static void test_a_client_resumes_nothing_that_is_not_a_ticket_of_its_own(void)
{
    const char *bad;
    for (int variant = 0; variant < 6; variant++) {
        connected(TICKET_VALUE);
        struct ike_policy *const policy = &p.end[A].policy;
        if (variant == 0)
            p.end[A].ticket[0] = 9;
        if (variant == 1)
            p.end[A].ticket_len = 100;
        if (variant == 2)
            memset(p.end[A].ticket, 0xff, p.end[A].ticket_len);
        if (variant == 3)
            policy->local_id.data[0] = 'z';
        if (variant == 4) {
            policy->remote_id = p.end[B].policy.local_id;
            policy->remote_id.data[0] = 'z';
        }
        if (variant == 5)
            EXPECT(ike_offer_parse("aes128-sha256-x25519", &policy->ike[0], &bad));
        p.trace_len = 0;
        (void)pair_resume(&p);
        EXPECT(strncmp(p.trace, "A>B  IKE_SA_INIT ", 17) == 0);
        pair_close(&p);
    }
}

static void test_a_ticket_is_fetched_once(void)
{
    uint8_t room[IKE_RESUME_MAX];
    connected(TICKET_VALUE);
    EXPECT_EQ(ike_sa_ticket(p.end[A].engine, p.end[A].sa, room), 0); /* the bench has it */
    EXPECT_EQ(ike_sa_ticket(p.end[A].engine, 1, room), 0);
    EXPECT(!ike_want_ticket(p.end[A].engine, p.now_ns, 1));
    EXPECT(!ike_want_ticket(p.end[B].engine, p.now_ns, p.end[B].sa)); /* it gives them */
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    EXPECT(!ike_want_ticket(p.end[A].engine, p.now_ns, p.end[A].sa));
    EXPECT_EQ(ike_sa_ticket(p.end[B].engine, p.end[B].sa, room), 0);
    pair_close(&p);
}

/* ---- how much is kept ---- */

/* RFC 5723 9.3 and 4.1: a table of its size, places of what has expired given anew. */
static void test_the_table_is_bounded_and_refuses_what_it_has_no_room_for(void)
{
    begin(PAIR_MODELLED, TICKET_REFERENCE);
    p.end[B].config.tickets.stored = 2;
    pair_open(&p);
    for (int i = 0; i < 3; i++)
        connect();
    EXPECT_EQ(pair_count(&p, A, IKE_TICKET), 2);
    EXPECT(strstr(p.trace, "N(TICKET_NACK)}") != NULL);
    EXPECT_EQ(ike_stats(p.end[B].engine).tickets, 2);
    EXPECT(ike_stats(p.end[B].engine).memory > 2 * IKE_SESSION_MAX);
    pair_run_for(&p, 115 * SECOND / 2); /* the first has expired */
    connect();
    EXPECT_EQ(pair_count(&p, A, IKE_TICKET), 3);
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, SECOND);
    EXPECT_EQ(ike_stats(p.end[B].engine).tickets, 1); /* of the second SA, which is over soon */
    pair_close(&p);
}

/* RFC 5723 9.8: a list of its size; what comes in pushes the oldest out. */
static void test_of_used_tickets_so_many_are_remembered(void)
{
    uint8_t kept[3][IKE_TICKET_MAX];
    size_t len[3];
    begin(PAIR_MODELLED, TICKET_VALUE);
    p.end[B].config.tickets.remembered = 2;
    pair_open(&p);
    for (int i = 0; i < 3; i++) {
        connect();
        len[i] = ticket().len;
        memcpy(kept[i], ticket().at, len[i]);
        EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
        pair_run_for(&p, SECOND);
        EXPECT_EQ(present((struct ike_bytes){kept[i], len[i]}, 1), WHY_TICKET_USED);
    }
    EXPECT_EQ(present((struct ike_bytes){kept[0], len[0]}, 2), WHY_OK);
    EXPECT_EQ(present((struct ike_bytes){kept[1], len[1]}, 3), WHY_TICKET_USED);
    EXPECT_EQ(present((struct ike_bytes){kept[2], len[2]}, 4), WHY_TICKET_USED);
    ike_crash(p.end[B].engine, p.now_ns); /* and that only in memory */
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3; i++)
            EXPECT_EQ(present((struct ike_bytes){kept[i], len[i]}, (uint8_t)(5 + 3 * round + i)),
                      WHY_OK);
    pair_close(&p);
}

/* RFC 5723 4.3.2, RFC 8019 4.2: half-open as any other, and only one for copies of one request. */
static void test_resumed_sas_count_as_half_open_until_their_time_is_over(void)
{
    begin(PAIR_MODELLED, TICKET_VALUE);
    p.end[B].config.half_open.limit = 2;
    pair_open(&p);
    connect();
    EXPECT_EQ(present(ticket(), 1), WHY_OK);
    EXPECT_EQ(present(ticket(), 1), WHY_RETRANSMITTED);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
    EXPECT_EQ(present(ticket(), 2), WHY_OK);
    EXPECT_EQ(present(ticket(), 3), WHY_HALF_OPEN_LIMIT);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 2);
    pair_run_for(&p, 31 * SECOND);
    EXPECT_EQ(p.end[B].ends[WHY_HALF_OPEN_EXPIRED], 2);
    EXPECT_EQ(present(ticket(), 4), WHY_OK); /* nothing was used up */
    pair_close(&p);
}

/* ---- how long ---- */

static uint64_t lifetime_given(void)
{
    static struct ike_resume resume;
    pair_open(&p);
    connect();
    EXPECT_EQ(ike_resume_parse((struct ike_bytes){p.end[A].ticket, p.end[A].ticket_len}, &resume),
              WHY_OK);
    return resume.session.until_s; /* the clocks of both began at 0 */
}

/* RFC 5723 6.2: "the minimum of the IKE SA lifetime and its re-authentication time" */
static void test_a_ticket_lasts_no_longer_than_what_it_is_of(void)
{
    begin(PAIR_MODELLED, TICKET_VALUE);
    EXPECT_EQ(lifetime_given(), 60);
    pair_close(&p);
    begin(PAIR_MODELLED, TICKET_VALUE);
    p.end[B].config.tickets.lifetime_ns = 0;
    EXPECT_EQ(lifetime_given(), 3600);
    pair_close(&p);
    begin(PAIR_MODELLED, TICKET_VALUE);
    p.end[B].policy.lifetime =
        (struct ike_lifetime){.rekey_ns = 40 * SECOND, .over_ns = 4 * SECOND};
    EXPECT_EQ(lifetime_given(), 44);
    pair_close(&p);
    begin(PAIR_MODELLED, TICKET_VALUE);
    p.end[B].policy.auth_lifetime_s = 50;
    EXPECT_EQ(lifetime_given(), 50);
    pair_run_for(&p, 19 * SECOND);
    EXPECT(ike_want_ticket(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, SECOND);
    struct ike_resume resume;
    EXPECT_EQ(ike_resume_parse((struct ike_bytes){p.end[A].ticket, p.end[A].ticket_len}, &resume),
              WHY_OK);
    EXPECT(resume.session.until_s >= 49 && resume.session.until_s <= 50);
    EXPECT(strstr(p.trace, "N(TICKET_NACK)") == NULL);
    pair_run_for(&p, 31 * SECOND); /* it should have authenticated anew by now */
    EXPECT(ike_want_ticket(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run_for(&p, SECOND);
    EXPECT(strstr(p.trace, "SK{N(TICKET_NACK)}") != NULL);
    pair_close(&p);
}

/* RFC 5723 4.1: without SA of its own as a responder there is nothing to give. */
static void test_a_gateway_gives_no_ticket_to_whom_it_connected_to_itself(void)
{
    const struct ike_note ask = {.type = N_TICKET_REQUEST};
    connected(TICKET_VALUE);
    p.options.initiator = B;
    (void)pair_connect(&p);
    pair_run_for(&p, SECOND);
    EXPECT(ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa,
                      &(struct ike_inform){.notes = &ask, .note_count = 1}));
    pair_run_for(&p, SECOND);
    EXPECT(strstr(p.trace, "SK{N(TICKET_NACK)}") != NULL);
    pair_close(&p);
}

/* RFC 5723 7.1: four octets at least, and a ticket. */
static void test_a_ticket_that_cannot_be_read_or_kept_is_not_taken(void)
{
    static const struct {
        size_t len;
        uint32_t seconds;
        enum ike_why why;
    } rows[] = {{0, 60, WHY_SYNTAX},
                {4, 60, WHY_SYNTAX},
                {5, 0, WHY_OK},
                {5, 60, WHY_OK},
                {1100, 60, WHY_OK}};
    static uint8_t data[1200], room[IKE_MESSAGE_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        connected(TICKET_VALUE);
        EXPECT(ike_want_ticket(p.end[A].engine, p.now_ns, p.end[A].sa));
        memset(p.flight, 0, sizeof p.flight);
        struct ike_writer d = wr_open(data, sizeof data);
        put_u32(&d, rows[i].seconds);
        struct ike_writer w = wr_open(room, sizeof room);
        size_t link = 16;
        ike_put_header(&w, &(struct ike_header){.spi_i = p.keys.spi_i,
                                                .spi_r = p.keys.spi_r,
                                                .version = IKE_VERSION_2,
                                                .exchange = INFORMATIONAL,
                                                .flags = FLAG_RESPONSE,
                                                .id = 2});
        const struct ike_seal_keys keys = ike_keys_of(&p.keys, false);
        const size_t begin = ike_begin_sealed(&w, &link, &keys);
        ike_put_status(&w, &link, N_TICKET_LT_OPAQUE, (struct ike_bytes){data, rows[i].len});
        ike_end_sealed(&w, begin, &keys, p.end[B].crypto, 1000);
        EXPECT_EQ(pair_inject(&p, A, room, w.len), rows[i].why);
        EXPECT_EQ(pair_count(&p, A, IKE_TICKET), i == 3 ? 2 : 1);
        pair_close(&p);
    }
}

/* RFC 9329 5.1, 6: the exchange goes the way that IKE_SA_INIT would. */
static void test_a_session_is_resumed_or_refused_by_tcp_as_well(void)
{
    for (int variant = 0; variant < 3; variant++) {
        begin(PAIR_MODELLED, TICKET_VALUE);
        p.end[A].policy.tcp = variant == 1 ? TCP_FALLBACK : TCP_ALWAYS;
        p.end[A].policy.udp_sends = 2;
        pair_open(&p);
        connect();
        if (variant == 2)
            p.end[B].engine->config.tickets.secret = other_secret;
        p.options.udp_blocked = true;
        ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
        if (variant == 2)
            ike_forget(p.end[B].engine, p.now_ns, p.end[B].sa);
        p.trace_len = 0;
        (void)pair_resume(&p);
        pair_run_for(&p, 20 * SECOND);
        EXPECT(pair_agrees(&p, 1) && pair_open_streams(&p, A) == 1);
        EXPECT(strstr(p.trace, variant == 2 ? "B=A  IKE_SESSION_RESUME rsp 0  N(TICKET_NACK)\n"
                                              "A=B  IKE_SA_INIT "
                                            : "B=A  IKE_SESSION_RESUME rsp 0  Nr ") != NULL);
        if (!EXPECT_EQ(p.end[B].ends[WHY_RESUMED], variant == 2 ? 0 : 2))
            (void)printf("# variant %d\n%s", variant, p.trace);
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_keys_and_proofs_are_as_the_rfc_has_them),
        TEST(test_a_resumption_exchanges_no_keys_and_signs_nothing),
        TEST(test_a_ticket_changed_anywhere_is_refused),
        TEST(test_a_ticket_is_opened_by_the_key_it_names_as_long_as_that_may_be_out),
        TEST(test_what_the_policy_allows_no_more_is_not_resumed),
        TEST(test_how_one_was_authenticated_must_be_allowed_still),
        TEST(test_a_session_is_resumed_without_looking_for_nats),
        TEST(test_a_client_resumes_nothing_that_is_not_a_ticket_of_its_own),
        TEST(test_a_ticket_is_fetched_once),
        TEST(test_the_table_is_bounded_and_refuses_what_it_has_no_room_for),
        TEST(test_of_used_tickets_so_many_are_remembered),
        TEST(test_resumed_sas_count_as_half_open_until_their_time_is_over),
        TEST(test_a_ticket_lasts_no_longer_than_what_it_is_of),
        TEST(test_a_gateway_gives_no_ticket_to_whom_it_connected_to_itself),
        TEST(test_a_ticket_that_cannot_be_read_or_kept_is_not_taken),
        TEST(test_a_session_is_resumed_or_refused_by_tcp_as_well),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
