/* SPDX-License-Identifier: MIT
 * INFORMATIONAL with every combination of notifies, Deletes and Configuration
 * payloads, each answered; what the owner has it say; vendor ids and IPComp
 * (RFC 7296 1.4, 2.22, 3.10.1, 3.12, 3.15). */
#include "ike/engine.h"
#include "ike/v2/ipcomp.h"
#include "ike/v2/payload.h"
#include "ike/v2/protect.h"
#include "tests/flow.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct pair p;
static struct ike_wants wants;
static struct ike_gives gives;

static void gateway(struct pair *pair, enum pair_side i, enum pair_side r)
{
    wants = (struct ike_wants){.ip4 = true, .dns = true};
    gives = (struct ike_gives){.pool_count = 1, .dns_count = 1, .version = "ikelab"};
    EXPECT(ike_prefix_parse("10.9.0.0/24", &gives.pools[0]));
    EXPECT(ike_addr_parse("10.2.0.53", &gives.dns[0]));
    pair->end[i].policy.wants = &wants;
    pair->end[r].policy.gives = &gives;
    pair->end[i].policy.child[0].local_count = 0;
    pair->end[r].policy.child[0].remote_count = 0;
    pair->end[r].policy.settable = UINT64_C(1) << APPLICATION_VERSION;
}

/* ---- any combination, each answered ---- */

enum part { PART_NOTIFY, PART_DELETE, PART_ASK, PART_SET, PARTS };

/* What A's engine has to say is said by us, with its keys. */
static void put_part(struct ike_writer *w, size_t *link, enum part part, uint32_t child)
{
    static const struct ike_bytes none = {.at = NULL, .len = 0};
    static const struct ike_bytes text = {.at = (const uint8_t *)"x", .len = 1};
    size_t begin;
    switch (part) {
    case PART_NOTIFY:
        ike_put_status(w, link, 40960, text); /* private use: nobody knows it */
        break;
    case PART_DELETE:
        ike_put_delete(w, link, child);
        break;
    case PART_ASK:
        begin = ike_begin_cp(w, link, CFG_REQUEST);
        ike_put_attribute(w, INTERNAL_IP4_DNS, none);
        ike_put_attribute(w, APPLICATION_VERSION, none);
        ike_end_payload(w, begin);
        break;
    case PART_SET:
        begin = ike_begin_cp(w, link, CFG_SET);
        ike_put_attribute(w, APPLICATION_VERSION, text);
        ike_put_attribute(w, INTERNAL_IP4_DNS, none);
        ike_end_payload(w, begin);
        break;
    case PARTS:
        break;
    }
}

static enum ike_why say_parts(const enum part *parts, size_t count, uint32_t id)
{
    uint8_t room[1024];
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 16;
    ike_put_header(&w, &(struct ike_header){.spi_i = p.keys.spi_i,
                                            .spi_r = p.keys.spi_r,
                                            .version = IKE_VERSION_2,
                                            .exchange = INFORMATIONAL,
                                            .flags = FLAG_INITIATOR,
                                            .id = id});
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, true);
    const size_t begin = ike_begin_sealed(&w, &link, &keys);
    for (size_t i = 0; i < count; i++)
        put_part(&w, &link, parts[i], p.end[A].child);
    ike_end_sealed(&w, begin, &keys, p.end[A].crypto, 1000 + id);
    EXPECT(!w.bad);
    return pair_inject(&p, B, room, w.len);
}

static void begin(void)
{
    pair_init(&p, (struct pair_options){
                      .provider = PAIR_MODELLED, .initiator = A, .lose = -1, .twice = -1});
    gateway(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
    p.trace_len = 0;
}

/* Deletes are answered after configuration: the order of an answer's payloads says nothing. */
static void expected(const enum part *parts, size_t count, char *out, size_t max)
{
    size_t len = (size_t)snprintf(out, max, "B>A  INFORMATIONAL   rsp 2  SK{");
    const size_t empty = len;
    bool deletes = false;
    for (size_t i = 0; i < count; i++) {
        const char *const answer = parts[i] == PART_ASK   ? "CP(CFG_REPLY)"
                                   : parts[i] == PART_SET ? "CP(CFG_ACK)"
                                                          : NULL;
        deletes = deletes || parts[i] == PART_DELETE;
        if (answer != NULL)
            len += (size_t)snprintf(out + len, max - len, "%s%s", len > empty ? " " : "", answer);
    }
    if (deletes)
        len += (size_t)snprintf(out + len, max - len, "%sD(ESP 1)", len > empty ? " " : "");
    (void)snprintf(out + len, max - len, "}\n");
}

static void test_every_combination_in_every_order_is_answered(void)
{
    size_t count = 0;
    for (size_t length = 0; length <= PARTS; length++) {
        size_t orders = 1;
        for (size_t i = 0; i < length; i++)
            orders *= PARTS;
        for (size_t order = 0; order < orders; order++, count++) {
            enum part parts[PARTS];
            char line[128];
            size_t rest = order;
            for (size_t i = 0; i < length; i++, rest /= PARTS)
                parts[i] = (enum part)(rest % PARTS);
            begin();
            EXPECT_EQ(say_parts(parts, length, 2), WHY_OK);
            expected(parts, length, line, sizeof line);
            p.trace[p.trace_len] = '\0';
            EXPECT_STR(p.trace, line);
            EXPECT_EQ(ike_stats(p.end[B].engine).established, 1);
            pair_close(&p);
        }
    }
    EXPECT_EQ(count, 1 + 4 + 16 + 64 + 256);
}

static void test_more_configuration_payloads_than_there_is_room_for_are_refused(void)
{
    enum part parts[IKE_CPS_MAX + 1];
    for (size_t i = 0; i <= IKE_CPS_MAX; i++)
        parts[i] = PART_ASK;
    begin();
    EXPECT_EQ(say_parts(parts, IKE_CPS_MAX + 1, 2), WHY_TOO_MANY);
    pair_close(&p);
}

/* ---- what the owner has said ---- */

#define CONFIG_ARROWS                                                             \
    ARROW_INIT_REQ ARROW_INIT_RSP                                                 \
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH CP(CFG_REQUEST) SAi2 TSi TSr}\n" \
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH CP(CFG_REPLY) SAr2 TSi TSr}\n"

static void informs(struct pair *pair, enum pair_side i, enum pair_side r)
{
    static const struct ike_note note = {.type = 40961,
                                         .data = {.at = (const uint8_t *)"abc", .len = 3}};
    static const struct ike_note setting = {.type = APPLICATION_VERSION,
                                            .data = {.at = (const uint8_t *)"1", .len = 1}};
    (void)r;
    EXPECT(ike_inform(pair->end[i].engine, pair->now_ns, pair->end[i].sa,
                      &(struct ike_inform){.notes = &note,
                                           .note_count = 1,
                                           .settings = &setting,
                                           .setting_count = 1,
                                           .ask = true}));
}

static bool informed(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_INFORMED) == 1;
}

static void test_an_owner_says_notifies_asks_and_sets_in_one_message(void)
{
    flow_check(
        &(struct flow){.prepare = gateway,
                       .act = informs,
                       .trace = CONFIG_ARROWS
                       "A>B  INFORMATIONAL   req 2  SK{N(40961) CP(CFG_REQUEST) CP(CFG_SET)}\n"
                       "B>A  INFORMATIONAL   rsp 2  SK{CP(CFG_REPLY) CP(CFG_ACK)}\n",
                       .ended = informed});
}

/* RFC 7296 3.15.4: it failed in IKE_AUTH, the IKE SA was kept, and it may be tried again. */
static void no_address_left(struct pair *pair, enum pair_side i, enum pair_side r)
{
    gateway(pair, i, r);
    EXPECT(ike_prefix_parse("10.9.0.1/32", &gives.pools[0]));
}

static void test_an_address_that_failed_is_had_later_by_informational(void)
{
    static const struct ike_inform ask = {.ask = true};
    pair_init(&p, (struct pair_options){
                      .provider = PAIR_MODELLED, .initiator = A, .lose = -1, .twice = -1});
    no_address_left(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    const uint64_t first = p.end[A].sa;
    (void)ike_id_from_text("another.test", &p.end[A].policy.local_id);
    (void)pair_connect(&p);
    pair_run(&p);
    const uint64_t second = p.end[A].sa;
    EXPECT_EQ(pair_count(&p, A, IKE_ADDRESS), 1);
    EXPECT(ike_inform(p.end[A].engine, p.now_ns, second, &ask));
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_ADDRESS), 1); /* INTERNAL_ADDRESS_FAILURE again */
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, first));
    pair_run(&p);
    EXPECT(ike_inform(p.end[A].engine, p.now_ns, second, &ask));
    EXPECT(!ike_inform(p.end[A].engine, p.now_ns, first, &ask));
    pair_run(&p);
    EXPECT_EQ(pair_count(&p, A, IKE_ADDRESS), 2);
    EXPECT(ike_create_child(p.end[A].engine, p.now_ns, second, 0, NULL));
    pair_run(&p);
    EXPECT_EQ(ike_stats(p.end[B].engine).children, 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).leases, 1);
    pair_close(&p);
}

/* ---- vendor ids ---- */

static const struct ike_vendor vendors[] = {
    {.id = {.at = (const uint8_t *)"ikelab", .len = 6}, .send = true},
    {.id = {.at = (const uint8_t *)"someone", .len = 7}, .send = false},
    {.id = {.at = (const uint8_t *)"ikelab 2", .len = 8}, .send = true},
};

static void both_have_vendors(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].config.vendors = pair->end[r].config.vendors = vendors;
    pair->end[i].config.vendor_count = 3;
    pair->end[r].config.vendor_count = 2;
}

static bool knew_each_other(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_VENDOR) == 1 &&
           pair_count(pair, r, IKE_VENDOR) >= 1;
}

static void test_vendor_ids_are_sent_and_known_again(void)
{
    flow_check(&(struct flow){.prepare = both_have_vendors,
                              .trace = "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D " V V\n"
                                       "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D
                                       " V\n" ARROW_AUTH_REQ ARROW_AUTH_RSP,
                              .ended = knew_each_other});
}

/* ---- IPComp ---- */

static void both_compress(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.child[0].ipcomp = IPCOMP_DEFLATE;
    pair->end[r].policy.child[0].ipcomp = IPCOMP_DEFLATE;
}

static void initiator_compresses(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both_compress(pair, i, r);
    pair->end[r].policy.child[0].ipcomp = 0;
}

static void other_transform(struct pair *pair, enum pair_side i, enum pair_side r)
{
    both_compress(pair, i, r);
    pair->end[r].policy.child[0].ipcomp = IPCOMP_LZS;
}

static const struct ike_child *child_of(const struct pair *pair, enum pair_side side)
{
    const struct ike_engine *const e = pair->end[side].engine;
    return ike_child_at(e, ike_sa_numbered(e, pair->end[side].sa)->child);
}

static bool compressed(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    if (!pair_agrees(pair, 1))
        return false;
    const struct ike_child *const a = child_of(pair, i);
    const struct ike_child *const b = child_of(pair, r);
    return a->cpi_out == ike_ipcomp_cpi(b->spi_in) && b->cpi_out == ike_ipcomp_cpi(a->spi_in) &&
           a->cpi_out >= 256 && a->cpi_out < 61440;
}

static bool not_compressed(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && child_of(pair, i)->cpi_out == 0 &&
           child_of(pair, r)->cpi_out == 0;
}

#define ASKS_IPCOMP               \
    ARROW_INIT_REQ ARROW_INIT_RSP \
        "A>B  IKE_AUTH        req 1  SK{IDi AUTH N(IPCOMP_SUPPORTED) SAi2 TSi TSr}\n"
#define GRANTS_IPCOMP "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(IPCOMP_SUPPORTED) SAr2 TSi TSr}\n"

static void test_ipcomp_is_agreed_when_both_want_it(void)
{
    flow_check(&(struct flow){
        .prepare = both_compress, .trace = ASKS_IPCOMP GRANTS_IPCOMP, .ended = compressed});
}

static void test_ipcomp_that_is_not_wanted_is_passed_over(void)
{
    flow_check(&(struct flow){.prepare = initiator_compresses,
                              .trace = ASKS_IPCOMP ARROW_AUTH_RSP,
                              .ended = not_compressed});
    flow_check(&(struct flow){
        .prepare = other_transform, .trace = ASKS_IPCOMP ARROW_AUTH_RSP, .ended = not_compressed});
}

static void rekeys_child(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_rekey_child(pair->end[i].engine, pair->now_ns, pair->end[i].sa, pair->end[i].child));
}

static void test_ipcomp_is_agreed_in_create_child_sa_too(void)
{
    flow_check(&(struct flow){
        .prepare = both_compress,
        .act = rekeys_child,
        .trace = ASKS_IPCOMP GRANTS_IPCOMP
        "A>B  CREATE_CHILD_SA req 2  SK{N(REKEY_SA) N(IPCOMP_SUPPORTED) SA Ni TSi TSr}\n"
        "B>A  CREATE_CHILD_SA rsp 2  SK{N(IPCOMP_SUPPORTED) SA Nr TSi TSr}\n"
        "A>B  INFORMATIONAL   req 3  SK{D(ESP 1)}\n"
        "B>A  INFORMATIONAL   rsp 3  SK{D(ESP 1)}\n",
        .ended = compressed});
}

/* The judgements apart, on messages a peer of ours would never send. */
static void test_ipcomp_answers_are_judged(void)
{
    static const uint8_t deflate[] = {0x10, 0, IPCOMP_DEFLATE, 0};
    static const struct {
        uint8_t transform;
        size_t len;
        enum ike_why why;
        uint16_t cpi;
    } rows[] = {
        {IPCOMP_DEFLATE, 3, WHY_OK, 0x1000}, {IPCOMP_LZS, 3, WHY_CHOICE_NOT_OFFERED, 0},
        {0, 3, WHY_CHOICE_NOT_OFFERED, 0},   {IPCOMP_DEFLATE, 2, WHY_SYNTAX, 0},
        {IPCOMP_DEFLATE, 4, WHY_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct ike_turn t;
        uint16_t cpi;
        t.in.notify_count = 1;
        t.in.notifies[0] = (struct ike_notify){.type = N_IPCOMP_SUPPORTED,
                                               .data = {.at = deflate, .len = rows[i].len}};
        EXPECT_EQ(ike_ipcomp_accept(&t, rows[i].transform, &cpi), rows[i].why);
        if (rows[i].why == WHY_OK)
            EXPECT_EQ(cpi, rows[i].cpi);
    }
}

/* ---- amid the rekeying of the IKE SA ---- */

static uint8_t first_spi[8]; /* the initiator's, of the IKE SA that is replaced */
static bool deaf;            /* to what the initiator says by it, but for its answers */

static bool hear_no_request(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len,
                            int number)
{
    (void)len;
    if (number == 0)
        memcpy(first_spi, bytes, sizeof first_spi);
    return !deaf || from != pair->options.initiator || bytes[18] != INFORMATIONAL ||
           (bytes[19] & FLAG_RESPONSE) != 0 || memcmp(bytes, first_spi, sizeof first_spi) != 0;
}

static void deaf_gateway(struct pair *pair, enum pair_side i, enum pair_side r)
{
    gateway(pair, i, r);
    pair->touch = hear_no_request;
    deaf = true;
}

static void informs_while_rekeyed(struct pair *pair, enum pair_side i, enum pair_side r)
{
    if (ike_stats(pair->end[i].engine).established == 0)
        return; /* spoilt before */
    informs(pair, i, r);
    (void)ike_rekey(pair->end[r].engine, pair->now_ns, pair->end[r].sa);
}

/* Of the IKE SA that is there. */
static bool informed_by_the_new_one(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    const struct pair_end *const e = &pair->end[i];
    uint64_t last = 0;
    (void)r;
    for (int k = 0; k < e->event_count; k++)
        if (e->events[k].kind == IKE_INFORMED && e->events[k].why == WHY_OK)
            last = e->events[k].sa;
    return pair_agrees(pair, 1) && pair_count(pair, i, IKE_INFORMED) == 1 &&
           ike_sa_numbered(e->engine, last) != NULL;
}

#define SAID "N(40961) CP(CFG_REQUEST) CP(CFG_SET)"

/* RFC 7296 2.8: the old IKE SA is closed with the request unheard; the new one takes it over. */
static void test_what_was_asked_on_an_ike_sa_that_is_replaced_is_asked_again(void)
{
    flow_check(
        &(struct flow){.prepare = deaf_gateway,
                       .act = informs_while_rekeyed,
                       .trace = ARROW_INIT_REQ ARROW_INIT_RSP
                       "A>B  IKE_AUTH        req 1  SK{IDi AUTH CP(CFG_REQUEST) SAi2 TSi TSr}\n"
                       "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH CP(CFG_REPLY) SAr2 TSi TSr}\n"
                       "A>B  INFORMATIONAL   req 2  SK{" SAID "}  (lost)\n"
                       "B>A  CREATE_CHILD_SA req 0  SK{SA Ni KEi}\n"
                       "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr KEr}\n"
                       "B>A  INFORMATIONAL   req 1  SK{D(IKE)}\n"
                       "A>B  INFORMATIONAL   rsp 1  SK{}\n"
                       "A>B  INFORMATIONAL   req 0  SK{" SAID "}\n"
                       "B>A  INFORMATIONAL   rsp 0  SK{CP(CFG_REPLY) CP(CFG_ACK)}\n",
                       .ended = informed_by_the_new_one});
}

/* Where that one goes too before it is answered, nobody will: the owner is told. */
static void test_what_was_asked_and_will_not_be_answered_is_told_of(void)
{
    static const struct ike_note note = {.type = 40961};
    pair_init(
        &p, (struct pair_options){
                .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    p.touch = hear_no_request;
    deaf = true;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, 1000000000);
    EXPECT(ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa,
                      &(struct ike_inform){.notes = &note, .note_count = 1}));
    (void)ike_rekey(p.end[B].engine, p.now_ns, p.end[B].sa);
    while (pair_count(&p, A, IKE_REKEYED) == 0)
        pair_run_for(&p, 1000000);
    ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa); /* the new one */
    pair_run_for(&p, UINT64_C(10000000000));
    EXPECT_EQ(pair_count(&p, A, IKE_INFORMED), 1);
    EXPECT_EQ(p.end[A].ends[WHY_NO_ANSWER], 1);
    EXPECT_EQ(ike_stats(p.end[A].engine).established, 0);
    EXPECT_EQ(p.end[A].engine->tasks.used, 0);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_was_asked_on_an_ike_sa_that_is_replaced_is_asked_again),
        TEST(test_what_was_asked_and_will_not_be_answered_is_told_of),
        TEST(test_every_combination_in_every_order_is_answered),
        TEST(test_more_configuration_payloads_than_there_is_room_for_are_refused),
        TEST(test_an_owner_says_notifies_asks_and_sets_in_one_message),
        TEST(test_an_address_that_failed_is_had_later_by_informational),
        TEST(test_vendor_ids_are_sent_and_known_again),
        TEST(test_ipcomp_is_agreed_when_both_want_it),
        TEST(test_ipcomp_that_is_not_wanted_is_passed_over),
        TEST(test_ipcomp_is_agreed_in_create_child_sa_too),
        TEST(test_ipcomp_answers_are_judged),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
