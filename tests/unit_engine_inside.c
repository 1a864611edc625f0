/* SPDX-License-Identifier: MIT
 * What an engine refuses of a peer that has the keys, or answers in its stead, and
 * why: one crafted message for each reason. After each refusal the SA is what it was
 * before, or ended as the reason's row says. */
#include "ike/engine.h"
#include "ike/v2/proposal.h"
#include "ike/v2/protect.h"
#include "ike/v2/selector.h"
#include "tests/craft.h"
#include "tests/test.h"

#include <string.h>

/* ---- inside an SA ---- */

/* B's SA is what it was: same keys, same ids awaited. */
static void expect_untouched(void)
{
    static struct craft c;
    EXPECT(pair_agrees(&p, 1));
    craft_sealed(&c, INFORMATIONAL, 2);
    EXPECT_EQ(give(&c, B), WHY_OK);
}

static void test_nothing_unauthenticated_touches_an_sa(void)
{
    static struct craft c;
    begin_up();
    craft_sealed(&c, INFORMATIONAL, 3);
    EXPECT_EQ(give(&c, B), WHY_MESSAGE_ID);
    craft_sealed(&c, INFORMATIONAL, 2);
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, true);
    ike_end_sealed(&c.w, c.sealed, &keys, p.end[A].crypto, 9999);
    for (size_t i = IKE_HEADER_LEN + 4; i < c.w.len; i++) {
        c.bytes[i] ^= 0x10;
        EXPECT_EQ(pair_inject(&p, B, c.bytes, c.w.len), WHY_BAD_ICV);
        c.bytes[i] ^= 0x10;
    }
    craft_head(&c, &(struct ike_header){.spi_i = p.keys.spi_i,
                                        .spi_r = p.keys.spi_r,
                                        .version = IKE_VERSION_2,
                                        .exchange = INFORMATIONAL,
                                        .flags = FLAG_INITIATOR,
                                        .id = 2});
    ike_put_delete(&c.w, &c.link, 0); /* in the clear */
    EXPECT_EQ(give(&c, B), WHY_MISSING_PAYLOAD);
    craft_head(&c, &(struct ike_header){.spi_i = p.keys.spi_i,
                                        .spi_r = p.keys.spi_r,
                                        .version = IKE_VERSION_2,
                                        .exchange = INFORMATIONAL,
                                        .flags = FLAG_INITIATOR | FLAG_RESPONSE,
                                        .id = 0});
    EXPECT_EQ(give(&c, B), WHY_NOT_AWAITED);
    expect_untouched();
    pair_close(&p);
}

/* Longer than is opened, by right SPIs and with the id that is awaited: nobody knows who says it.
 */
static void test_what_is_longer_than_a_message_is_not_opened(void)
{
    static uint8_t bytes[IKE_MESSAGE_MAX + 4];
    struct ike_writer w = wr_open(bytes, sizeof bytes);
    size_t link = 16;
    begin_up();
    ike_put_header(&w, &(struct ike_header){.spi_i = p.keys.spi_i,
                                            .spi_r = p.keys.spi_r,
                                            .version = IKE_VERSION_2,
                                            .exchange = INFORMATIONAL,
                                            .flags = FLAG_INITIATOR,
                                            .id = 2});
    const size_t begins = ike_begin_payload(&w, &link, PAYLOAD_SK);
    EXPECT(put_room(&w, sizeof bytes - w.len) != NULL);
    ike_end_payload(&w, begins);
    ike_end_message(&w);
    EXPECT_EQ(pair_inject(&p, B, bytes, w.len), WHY_TOO_LONG);
    expect_untouched();
    pair_close(&p);
}

static void test_an_unknown_critical_payload_inside_is_refused_and_the_sa_stays(void)
{
    static struct craft c;
    begin_up();
    craft_sealed(&c, INFORMATIONAL, 2);
    unknown_payload(&c, 201, true);
    EXPECT_EQ(give(&c, B), WHY_CRITICAL_PAYLOAD);
    EXPECT(strstr(p.trace, "INFORMATIONAL   rsp 2  SK{N(UNSUPPORTED_CRITICAL_PAYLOAD)}") != NULL);
    EXPECT(pair_agrees(&p, 1));
    craft_sealed(&c, INFORMATIONAL, 3);
    EXPECT_EQ(give(&c, B), WHY_OK);
    pair_close(&p);
}

/* RFC 7296 2.21.3: authenticated nonsense ends the SA. */
static void test_authenticated_nonsense_is_fatal(void)
{
    static const enum ike_why wanted[] = {WHY_EXCHANGE_TYPE, WHY_UNEXPECTED_PAYLOAD, WHY_SYNTAX,
                                          WHY_TOO_MANY};
    static struct craft c;
    for (int i = 0; i < 4; i++) {
        begin_up();
        craft_sealed(&c, i == 0 ? 250 : INFORMATIONAL, 2);
        if (i == 1)
            ike_put_nonce(&c.w, &c.link, (struct ike_bytes){.at = c.bytes, .len = 20});
        if (i == 2) { /* a Delete that says two SPIs and holds one */
            ike_put_delete(&c.w, &c.link, 0x11223344);
            c.bytes[c.w.len - 5] = 2;
        }
        for (int k = 0; i == 3 && k <= IKE_GONE_MAX; k++)
            if (k == 0) {
                const size_t begin = ike_begin_payload(&c.w, &c.link, PAYLOAD_DELETE);
                put_u32(&c.w, (uint32_t)PROTOCOL_ESP << 24 | 4u << 16 | (IKE_GONE_MAX + 1));
                for (uint32_t spi = 0; spi <= IKE_GONE_MAX; spi++)
                    put_u32(&c.w, 1000 + spi);
                ike_end_payload(&c.w, begin);
            }
        EXPECT_EQ(give(&c, B), wanted[i]);
        EXPECT(strstr(p.trace, "rsp 2  SK{N(INVALID_SYNTAX)}") != NULL);
        EXPECT_EQ(ike_stats(p.end[B].engine).established, 0);
        EXPECT_EQ(p.end[B].ends[wanted[i]], 2); /* its child, then itself */
        pair_close(&p);
    }
}

/* ---- IKE_AUTH crafted by a hostile initiator that has the keys ---- */

static bool lose_auth(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                      int number)
{
    (void)pair;
    (void)from;
    (void)bytes;
    (void)len;
    return number != 2;
}

static void begin_keyed(void)
{
    pair_init(&p, plain);
    p.touch = lose_auth;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 100000000);
    EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 1);
}

static void craft_auth(struct craft *c, uint8_t method)
{
    static const uint8_t proof[32] = {0};
    const struct ike_policy *const policy = &p.end[A].policy;
    const struct ike_wish wish = {.protocol = PROTOCOL_ESP,
                                  .spi_size = 4,
                                  .offers = policy->child[0].esp,
                                  .offer_count = 1,
                                  .no_ke = true};
    struct ike_selectors ts = {.at = {policy->child[0].local[0]}, .count = 1};
    craft_sealed(c, IKE_AUTH, 1);
    ike_put_id(&c->w, &c->link, PAYLOAD_IDI, &policy->local_id);
    ike_put_auth(&c->w, &c->link, method, (struct ike_bytes){.at = proof, .len = sizeof proof});
    ike_put_offers(&c->w, &c->link, &wish, (struct ike_bytes){.at = proof, .len = 4});
    ike_put_selectors(&c->w, &c->link, PAYLOAD_TSI, &ts);
    ts.at[0] = policy->child[0].remote[0];
    ike_put_selectors(&c->w, &c->link, PAYLOAD_TSR, &ts);
}

static void test_another_method_and_a_wrong_proof_end_the_half_open_sa(void)
{
    static struct craft c;
    for (int i = 0; i < 2; i++) {
        begin_keyed();
        craft_auth(&c, i == 0 ? AUTH_RSA : AUTH_PSK);
        EXPECT_EQ(give(&c, B), i == 0 ? WHY_AUTH_METHOD : WHY_AUTHENTICATION);
        EXPECT_EQ(ike_stats(p.end[B].engine).half_open, 0);
        EXPECT_EQ(p.end[B].engine->store.used, 0);
        pair_close(&p);
    }
}

static void test_a_full_table_of_children_keeps_the_ike_sa(void)
{
    pair_init(&p, plain);
    pair_open(&p);
    struct ike_pool *const children = &p.end[B].engine->children;
    while (ike_pool_take(children) != 0)
        ;
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(strstr(p.trace, "SK{IDr AUTH N(NO_ADDITIONAL_SAS)}") != NULL);
    EXPECT_EQ(p.end[B].ends[WHY_CHILD_TABLE_FULL], 1);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
    pair_close(&p);
}

/* ---- a hostile responder ---- */

/* Answers A's request itself, and B hears nothing. */
static bool deaf(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)pair;
    (void)bytes;
    (void)len;
    (void)number;
    return from == B;
}

static void craft_answer(struct craft *c)
{
    struct ike_engine *const engine = p.end[A].engine;
    craft_head(c, &(struct ike_header){.spi_i = ike_sa_at(engine, 1)->spi_i,
                                       .spi_r = 9,
                                       .version = IKE_VERSION_2,
                                       .exchange = IKE_SA_INIT,
                                       .flags = FLAG_RESPONSE});
}

static void test_an_initiator_takes_only_what_it_offered(void)
{
    static struct craft c;
    static const uint8_t group[2] = {0, 14}; /* MODP-2048 */
    pair_init(&p, plain);
    p.touch = deaf;
    pair_open(&p);
    (void)pair_connect(&p);
    const struct ike_engine *const a = p.end[A].engine;

    craft_answer(&c);
    ike_put_status(&c.w, &c.link, N_INVALID_KE_PAYLOAD, (struct ike_bytes){.at = group, .len = 2});
    EXPECT_EQ(give(&c, A), WHY_GROUP_NOT_OFFERED);

    struct ike_choice choice = {.number = 1};
    choice.suite.encr = ike_algo_named("aes128gcm16");
    choice.suite.prf = ike_algo_named("prfsha256");
    choice.suite.ke = ike_algo_named("x25519");
    const struct ike_wish wish = {.protocol = PROTOCOL_IKE};
    craft_answer(&c);
    ike_put_choice(&c.w, &c.link, &wish, &choice, (struct ike_bytes){.at = NULL, .len = 0});
    craft_ke(&c, "x25519", -1);
    craft_nonce(&c, 32);
    EXPECT_EQ(give(&c, A), WHY_CHOICE_NOT_OFFERED);

    choice.suite.encr = ike_algo_named("aes256gcm16");
    craft_answer(&c);
    ike_put_choice(&c.w, &c.link, &wish, &choice, (struct ike_bytes){.at = NULL, .len = 0});
    craft_ke(&c, "x25519", 0);
    craft_nonce(&c, 32);
    EXPECT_EQ(give(&c, A), WHY_KEY_EXCHANGE);

    EXPECT_EQ(ike_sa_at(a, 1)->state, S_INIT_SENT); /* still waiting for a good one */
    p.touch = NULL;
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    pair_close(&p);
}

/* ---- selectors of the packet that wants to go out ---- */

static void connect_for(const struct ike_packet *packet)
{
    const struct ike_attempt attempt = {.local = p.end[A].addr,
                                        .remote = p.end[B].addr,
                                        .policy = &p.end[A].policy,
                                        .trigger = packet};
    EXPECT(ike_connect(p.end[A].engine, 0, &attempt) != 0);
    pair_run(&p);
}

/* The one selector of B's side of its child. */
static void expect_local_of_b(const char *wanted)
{
    const struct ike_engine *const b = p.end[B].engine;
    const struct ike_child *const child = ike_child_at(b, ike_sa_numbered(b, p.end[B].sa)->child);
    struct ike_selector s;
    char text[IKE_SELECTOR_TEXT];
    memcpy(&s, ike_store_at(&b->store, child->selectors), sizeof s);
    ike_selector_format(&s, text);
    EXPECT_EQ(child->local_count, 1);
    EXPECT_STR(text, wanted);
}

static void test_the_trigger_packet_stands_first_and_is_covered(void)
{
    struct ike_packet packet = {.protocol = 6};
    pair_init(&p, plain);
    EXPECT(ike_selector_from_text("10.2.3.0/24", &p.end[B].policy.child[0].local[0]));
    pair_open(&p);
    EXPECT(ike_addr_parse("10.1.0.9", &packet.from));
    EXPECT(ike_addr_parse("10.2.3.4", &packet.to));
    packet.from.port = 40000;
    packet.to.port = 443;
    connect_for(&packet);
    EXPECT(pair_agrees(&p, 1));
    expect_local_of_b("10.2.3.0/24"); /* narrowed to what B allows, the packet within */
    pair_close(&p);
}

/* RFC 7296 2.9: where policy refuses the packet itself, what else it allows is answered. */
static void test_a_trigger_packet_outside_policy_leaves_what_policy_allows(void)
{
    struct ike_packet packet = {.protocol = 6};
    pair_init(&p, plain);
    EXPECT(ike_selector_from_text("10.2.3.0/24", &p.end[B].policy.child[0].local[0]));
    pair_open(&p);
    EXPECT(ike_addr_parse("10.1.0.9", &packet.from));
    EXPECT(ike_addr_parse("10.2.99.4", &packet.to));
    connect_for(&packet);
    EXPECT(pair_agrees(&p, 1));
    expect_local_of_b("10.2.3.0/24");
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_nothing_unauthenticated_touches_an_sa),
        TEST(test_what_is_longer_than_a_message_is_not_opened),
        TEST(test_an_unknown_critical_payload_inside_is_refused_and_the_sa_stays),
        TEST(test_authenticated_nonsense_is_fatal),
        TEST(test_another_method_and_a_wrong_proof_end_the_half_open_sa),
        TEST(test_a_full_table_of_children_keeps_the_ike_sa),
        TEST(test_an_initiator_takes_only_what_it_offered),
        TEST(test_the_trigger_packet_stands_first_and_is_covered),
        TEST(test_a_trigger_packet_outside_policy_leaves_what_policy_allows),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
