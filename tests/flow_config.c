/* SPDX-License-Identifier: MIT
 * Configuration payloads as arrows: addresses leased, narrowed to, kept through
 * rekeying, returned; what else a gateway tells; what it refuses
 * (RFC 7296 2.19, 3.15, RFC 8598, RFC 8983). */
#include "ike/engine.h"
#include "ike/v2/config.h"
#include "ike/v2/payload.h"
#include "tests/eap_talk.h"
#include "tests/flow.h"
#include "tests/mangle.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#define ASKS          "A>B  IKE_AUTH        req 1  SK{IDi AUTH CP(CFG_REQUEST) SAi2 TSi TSr}\n"
#define GRANTS        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH CP(CFG_REPLY) SAr2 TSi TSr}\n"
#define FAILS         "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(INTERNAL_ADDRESS_FAILURE)}\n"
#define ARROWS_CONFIG ARROW_INIT_REQ ARROW_INIT_RSP ASKS GRANTS

static struct ike_wants wants;
static struct ike_gives gives;

/* RFC 7296 2.19: neither end says in advance which address the initiator will have. */
static void one_gateway(struct pair *p, enum pair_side i, enum pair_side r)
{
    struct ike_policy *const client = &p->end[i].policy;
    struct ike_policy *const gateway = &p->end[r].policy;
    wants = (struct ike_wants){.ip4 = true};
    gives = (struct ike_gives){.pool_count = 1};
    EXPECT(ike_prefix_parse("10.9.0.0/29", &gives.pools[0]));
    client->wants = &wants;
    gateway->gives = &gives;
    client->child[0].local_count = 0;
    gateway->child[0].remote_count = 0;
    gateway->child[0].local[0] = client->child[0].remote[0];
    gateway->child[0].local_count = 1;
}

/* Selectors of the Child SA of an end: ours first. */
static const struct ike_selector *selectors(const struct pair *p, enum pair_side side)
{
    const struct ike_engine *const e = p->end[side].engine;
    const struct ike_sa *const sa = ike_sa_numbered(e, p->end[side].sa);
    const struct ike_child *const child = ike_child_at(e, sa->child);
    return (const struct ike_selector *)(const void *)ike_store_at(&e->store, child->selectors);
}

static bool is_one(const struct ike_selector *selector, const char *text)
{
    struct ike_addr addr;
    return ike_addr_parse(text, &addr) && ike_addr_same_ip(&selector->from, &addr) &&
           ike_addr_same_ip(&selector->to, &addr) && selector->from.port == 0 &&
           selector->to.port == UINT16_MAX && selector->protocol == 0;
}

static bool narrowed_to(const struct pair *p, enum pair_side i, enum pair_side r, const char *text)
{
    return is_one(&selectors(p, i)[0], text) && is_one(&selectors(p, r)[1], text);
}

static bool has_first(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return pair_agrees(p, 1) && narrowed_to(p, i, r, "10.9.0.1") &&
           pair_count(p, i, IKE_ADDRESS) == 1 && pair_count(p, r, IKE_ADDRESS) == 1 &&
           ike_stats(p->end[r].engine).leases == 1 && ike_stats(p->end[i].engine).leases == 0;
}

static void test_the_address_given_becomes_the_initiators_selector(void)
{
    flow_check(&(struct flow){.prepare = one_gateway, .trace = ARROWS_CONFIG, .ended = has_first});
}

static void by_eap(struct pair *p, enum pair_side i, enum pair_side r)
{
    one_gateway(p, i, r);
    for (int side = 0; side < 2; side++) {
        struct ike_eap_config *const eap = &p->end[side].policy.eap;
        eap->methods[0] = EAP_MD5;
        eap->method_count = 1;
        talk_text(eap->user, &eap->user_len, "User");
        talk_text(eap->password, &eap->password_len, "clientPass");
    }
}

static void test_after_eap_the_last_answer_brings_it(void)
{
    flow_check(&(struct flow){.prepare = by_eap,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP
                              "A>B  IKE_AUTH        req 1  SK{IDi CP(CFG_REQUEST) SAi2 TSi TSr}\n"
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH EAP(req MD5)}\n"
                              "A>B  IKE_AUTH        req 2  SK{EAP(rsp MD5)}\n"
                              "B>A  IKE_AUTH        rsp 2  SK{EAP(success)}\n"
                              "A>B  IKE_AUTH        req 3  SK{AUTH}\n"
                              "B>A  IKE_AUTH        rsp 3  SK{AUTH CP(CFG_REPLY) SAr2 TSi TSr}\n",
                              .ended = has_first});
}

/* ---- as long as the IKE SA and its heirs (RFC 7296 3.15.1) ---- */

static void deletes(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_delete(p->end[i].engine, p->now_ns, p->end[i].sa));
}

static bool returned(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    return pair_is_empty(p) && ike_stats(p->end[r].engine).leases == 0;
}

static void test_the_address_returns_when_the_sa_ends(void)
{
    flow_check(&(struct flow){.prepare = one_gateway,
                              .act = deletes,
                              .trace = ARROWS_CONFIG "A>B  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                                                     "B>A  INFORMATIONAL   rsp 2  SK{}\n",
                              .ended = returned});
}

static void rekeys(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(ike_rekey(p->end[i].engine, p->now_ns, p->end[i].sa));
}

#define REKEYED                                   \
    "A>B  CREATE_CHILD_SA req 2  SK{SA Ni KEi}\n" \
    "B>A  CREATE_CHILD_SA rsp 2  SK{SA Nr KEr}\n" \
    "A>B  INFORMATIONAL   req 3  SK{D(IKE)}\n"    \
    "B>A  INFORMATIONAL   rsp 3  SK{}\n"

static void test_the_heir_of_an_ike_sa_inherits_the_address(void)
{
    flow_check(&(struct flow){
        .prepare = one_gateway, .act = rekeys, .trace = ARROWS_CONFIG REKEYED, .ended = has_first});
}

static void rekeys_child_from_the_gateway(struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)i;
    EXPECT(ike_rekey_child(p->end[r].engine, p->now_ns, p->end[r].sa, p->end[r].child));
}

static void test_a_child_rekeyed_by_the_gateway_has_the_same_address(void)
{
    flow_check(&(struct flow){.prepare = one_gateway,
                              .act = rekeys_child_from_the_gateway,
                              .trace = ARROWS_CONFIG
                              "B>A  CREATE_CHILD_SA req 0  SK{N(REKEY_SA) SA Ni TSi TSr}\n"
                              "A>B  CREATE_CHILD_SA rsp 0  SK{SA Nr TSi TSr}\n"
                              "B>A  INFORMATIONAL   req 1  SK{D(ESP 1)}\n"
                              "A>B  INFORMATIONAL   rsp 1  SK{D(ESP 1)}\n",
                              .ended = has_first});
}

static void connects_again(struct pair *p, enum pair_side i, enum pair_side r)
{
    struct ike_addr first;
    (void)r;
    (void)ike_addr_parse("10.9.0.1", &first);
    wants.last4 = first;
    p->end[i].policy.initial_contact = true;
    (void)pair_connect(p);
}

/* RFC 7296 2.8.3: the new SA is there before the old one goes, and they share the address. */
static void test_the_same_peer_comes_again_and_keeps_its_address(void)
{
    static struct pair p;
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED, .lose = -1, .twice = -1});
    one_gateway(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    connects_again(&p, A, B);
    pair_run(&p);
    EXPECT(narrowed_to(&p, A, B, "10.9.0.1"));
    EXPECT_EQ(ike_stats(p.end[B].engine).leases, 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 1);
    pair_close(&p);
}

/* The address is the heir's then: whoever comes again is known by it. */
static void test_the_same_peer_comes_again_after_its_ike_sa_was_rekeyed(void)
{
    static struct pair p;
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED, .lose = -1, .twice = -1});
    one_gateway(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    rekeys(&p, A, B);
    pair_run(&p);
    connects_again(&p, A, B);
    pair_run(&p);
    EXPECT(narrowed_to(&p, A, B, "10.9.0.1"));
    EXPECT_EQ(ike_stats(p.end[B].engine).leases, 1);
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 1);
    pair_close(&p);
}

/* Of three SAs that share an address the one in the middle goes, and then a fourth comes. */
static void test_an_address_is_shared_with_whoever_of_the_peer_is_left(void)
{
    static struct pair p;
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED, .lose = -1, .twice = -1});
    one_gateway(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(ike_addr_parse("10.9.0.1", &wants.last4));
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 2);
    EXPECT(ike_delete(p.end[A].engine, p.now_ns, p.end[A].sa));
    pair_run(&p);
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 1);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(narrowed_to(&p, A, B, "10.9.0.1"));
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 2);
    EXPECT_EQ(ike_stats(p.end[B].engine).leases, 1);
    pair_close(&p);
}

/* RFC 7619 2.3: nobody is not the same as nobody, who asks for the same address. */
static void test_nobody_shares_an_address_with_nobody(void)
{
    static struct pair p;
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED, .lose = -1, .twice = -1});
    one_gateway(&p, A, B);
    p.end[A].policy.proof = PROOF_NULL;
    p.end[A].policy.local_id = (struct ike_id){.type = 0};
    p.end[B].policy.accepts = 1 << PROOF_NULL;
    p.end[B].policy.remote_id = (struct ike_id){.type = 0};
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(narrowed_to(&p, A, B, "10.9.0.1"));
    EXPECT(ike_addr_parse("10.9.0.1", &wants.last4));
    for (int again = 0; again < 2; again++) {
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT(narrowed_to(&p, A, B, again == 0 ? "10.9.0.2" : "10.9.0.3"));
    }
    EXPECT_EQ(ike_stats(p.end[B].engine).leases, 3);
    pair_close(&p);
}

/* ---- refusals ---- */

static bool up_without_child(const struct pair *p, enum pair_side i, enum pair_side r,
                             enum ike_why why)
{
    const int answered = pair_count(p, i, IKE_CHILD_FAILED);
    return pair_agrees(p, 0) && answered == 1 && p->end[i].ends[WHY_PEER_REFUSED] == 1 &&
           p->end[r].ends[why] == 1 && ike_stats(p->end[r].engine).leases == 0;
}

static void all_held(struct pair *p, enum pair_side i, enum pair_side r)
{
    one_gateway(p, i, r);
    (void)ike_prefix_parse("10.9.0.1/32", &gives.pools[0]);
}

static bool one_each(const struct pair *p)
{
    return ike_stats(p->end[B].engine).leases == 1 && p->end[B].ends[WHY_LEASES_EXHAUSTED] == 1 &&
           p->end[A].events[p->end[A].event_count - 1].notify == N_INTERNAL_ADDRESS_FAILURE;
}

/* RFC 7296 3.15.4: the IKE SA is made, no Child SA is. */
static void test_an_exhausted_pool_is_internal_address_failure(void)
{
    static struct pair p;
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED, .lose = -1, .twice = -1});
    all_held(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
    (void)ike_id_from_text("another.test", &p.end[A].policy.local_id);
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(one_each(&p));
    EXPECT_EQ(ike_stats(p.end[B].engine).established, 2);
    EXPECT_EQ(ike_stats(p.end[B].engine).children, 1);
    pair_close(&p);
}

static void other_family(struct pair *p, enum pair_side i, enum pair_side r)
{
    one_gateway(p, i, r);
    gives.tell_families = true;
    (void)ike_prefix_parse("2001:db8::/64", &gives.pools[0]);
}

static bool told_of_ip6(const struct pair *p, enum pair_side i, enum pair_side r)
{
    const struct ike_engine *const e = p->end[i].engine;
    struct ike_given given;
    if (!up_without_child(p, i, r, WHY_ADDRESS_FAMILY) || ike_sa_given(e, p->end[i].sa, &given))
        return false;
    const struct ike_inner *const inner = ike_inner_of(e, ike_sa_numbered(e, p->end[i].sa));
    return inner != NULL && inner->told && !inner->allowed[0] && inner->allowed[1];
}

/* RFC 8983 5, Table 1, first row. */
static void test_a_family_without_a_pool_is_told_which_there_is(void)
{
    flow_check(&(struct flow){
        .prepare = other_family,
        .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASKS
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(INTERNAL_ADDRESS_FAILURE) N(IP6_ALLOWED)}\n",
        .ended = told_of_ip6});
}

static void does_not_ask(struct pair *p, enum pair_side i, enum pair_side r)
{
    one_gateway(p, i, r);
    gives.required = gives.tell_families = true; /* of which nothing was asked either */
    p->end[i].policy.wants = NULL;
}

static bool must_ask(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return up_without_child(p, i, r, WHY_CONFIG_REQUIRED);
}

static void test_who_must_ask_and_does_not_fails_with_failed_cp_required(void)
{
    flow_check(&(struct flow){.prepare = does_not_ask,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ARROW_AUTH_REQ
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(FAILED_CP_REQUIRED)}\n",
                              .ended = must_ask});
}

static void child_refused(struct pair *p, enum pair_side i, enum pair_side r)
{
    one_gateway(p, i, r);
    EXPECT(ike_selector_from_text("10.77.0.0/16", &p->end[i].policy.child[0].remote[0]));
}

static bool no_child_no_lease(const struct pair *p, enum pair_side i, enum pair_side r)
{
    return up_without_child(p, i, r, WHY_TS_UNACCEPTABLE) && pair_count(p, r, IKE_ADDRESS) == 0;
}

static void test_a_child_refused_for_other_reasons_leaves_no_lease(void)
{
    flow_check(&(struct flow){.prepare = child_refused,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASKS
                              "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH N(TS_UNACCEPTABLE)}\n",
                              .ended = no_child_no_lease});
}

static void no_gateway(struct pair *p, enum pair_side i, enum pair_side r)
{
    one_gateway(p, i, r);
    p->end[r].policy.gives = NULL;
    EXPECT(ike_selector_from_text("0.0.0.0/0", &p->end[r].policy.child[0].remote[0]));
    p->end[r].policy.child[0].remote_count = 1;
}

static bool closed_for_want_of_it(const struct pair *p, enum pair_side i, enum pair_side r)
{
    (void)r;
    return pair_is_empty(p) && p->end[i].ends[WHY_ADDRESS_MISSING] == 2;
}

/* RFC 7296 3.15.4: it may tear the IKE SA down, and does. */
static void test_an_initiator_without_its_address_closes_the_ike_sa(void)
{
    flow_check(&(struct flow){.prepare = no_gateway,
                              .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASKS ARROW_AUTH_RSP
                              "A>B  INFORMATIONAL   req 2  SK{D(IKE)}\n"
                              "B>A  INFORMATIONAL   rsp 2  SK{}\n",
                              .ended = closed_for_want_of_it});
}

/* ---- both families, and all the rest ---- */

static void everything(struct pair *p, enum pair_side i, enum pair_side r)
{
    static const uint8_t anchor[] = {0x4a, 0x5c, 8, 1, 1, 2, 3, 4};
    one_gateway(p, i, r);
    wants = (struct ike_wants){.ip4 = true,
                               .ip6 = true,
                               .netmask = true,
                               .dns = true,
                               .subnets = true,
                               .domains = true,
                               .version = true,
                               .supported = true};
    gives.tell_families = true;
    (void)ike_prefix_parse("2001:db8:9::/64", &gives.pools[gives.pool_count++]);
    (void)ike_addr_parse("10.2.0.53", &gives.dns[gives.dns_count++]);
    (void)ike_addr_parse("2001:db8:2::53", &gives.dns[gives.dns_count++]);
    (void)ike_prefix_parse("10.2.0.0/16", &gives.subnets[gives.subnet_count++]);
    (void)ike_prefix_parse("2001:db8:2::/48", &gives.subnets[gives.subnet_count++]);
    gives.domains[gives.domain_count++] =
        (struct ike_domain){.name = "corp.test", .anchor = {.at = anchor, .len = sizeof anchor}};
    gives.domains[gives.domain_count++] = (struct ike_domain){.name = "lab.test"};
    gives.version = "ikelab";
}

static bool says(struct ike_bytes value, const char *text)
{
    return value.len == strlen(text) && memcmp(value.at, text, value.len) == 0;
}

static bool is_addr(const struct ike_addr *addr, const char *text)
{
    struct ike_addr wanted;
    return ike_addr_parse(text, &wanted) && ike_addr_same_ip(addr, &wanted);
}

static bool has_all(const struct pair *p, enum pair_side i, enum pair_side r)
{
    struct ike_given given;
    if (!pair_agrees(p, 1) || !ike_sa_given(p->end[i].engine, p->end[i].sa, &given))
        return false;
    return is_addr(&given.ip4, "10.9.0.1") && given.bits4 == 29 &&
           is_addr(&given.ip6, "2001:db8:9::1") && given.bits6 == 64 && given.dns_count == 2 &&
           is_addr(&given.dns[0], "10.2.0.53") && is_addr(&given.dns[1], "2001:db8:2::53") &&
           given.subnet_count == 2 && given.subnets[0].bits == 16 && given.subnets[1].bits == 48 &&
           is_addr(&given.subnets[0].base, "10.2.0.0") && given.domain_count == 2 &&
           says(given.domains[0], "corp.test") && given.anchors[0].len == 8 &&
           says(given.domains[1], "lab.test") && given.anchors[1].len == 0 &&
           says(given.version, "ikelab") && given.supported.len == 28 &&
           is_one(&selectors(p, i)[0], "10.9.0.1") &&
           is_one(&selectors(p, i)[1], "2001:db8:9::1") &&
           ike_stats(p->end[r].engine).leases == 2 && !ike_sa_given(p->end[r].engine, 99, &given);
}

/* RFC 7296 2.20, 3.15.2, 3.15.3 */
static void test_everything_asked_for_is_told(void)
{
    flow_check(&(struct flow){
        .prepare = everything,
        .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASKS
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH CP(CFG_REPLY) N(IP4_ALLOWED) N(IP6_ALLOWED) SAr2 "
        "TSi TSr}\n",
        .ended = has_all});
}

/* RFC 8598 3.1: domains are of no use without a server that knows them. */
static void no_servers(struct pair *p, enum pair_side i, enum pair_side r)
{
    everything(p, i, r);
    gives.dns_count = 0;
}

static bool no_domains(const struct pair *p, enum pair_side i, enum pair_side r)
{
    struct ike_given given;
    (void)r;
    return pair_agrees(p, 1) && ike_sa_given(p->end[i].engine, p->end[i].sa, &given) &&
           given.domain_count == 0 && given.dns_count == 0;
}

static void test_domains_without_a_server_are_not_told(void)
{
    flow_check(&(struct flow){
        .prepare = no_servers,
        .trace = ARROW_INIT_REQ ARROW_INIT_RSP ASKS
        "B>A  IKE_AUTH        rsp 1  SK{IDr AUTH CP(CFG_REPLY) N(IP4_ALLOWED) N(IP6_ALLOWED) SAr2 "
        "TSi TSr}\n",
        .ended = no_domains});
}

/* One of both pools is empty, or there is but one: the other family will do, and none will not
 * (RFC 7296 3.15.4, RFC 8983 5). The address that the first client has is not to be had. */
static void test_one_family_of_two_will_do(void)
{
    static const struct {
        const char *pools[2];
        bool asks[2];
        uint32_t leases;  /* in all, of two clients */
        enum ike_why why; /* of the second */
    } rows[] = {
        {{"10.9.0.1/32", "2001:db8:9::/64"}, {true, true}, 3, WHY_OK},
        {{"10.9.0.0/29", "2001:db8:9::1/128"}, {true, true}, 3, WHY_OK},
        {{"10.9.0.1/32", "2001:db8:9::1/128"}, {true, true}, 2, WHY_LEASES_EXHAUSTED},
        {{"10.9.0.1/32", NULL}, {true, true}, 1, WHY_LEASES_EXHAUSTED},
        {{"2001:db8:9::1/128", NULL}, {true, true}, 1, WHY_LEASES_EXHAUSTED},
        {{"2001:db8:9::/64", NULL}, {false, true}, 2, WHY_OK},
        {{"2001:db8:9::/64", NULL}, {true, false}, 0, WHY_ADDRESS_FAMILY},
    };
    static struct pair p;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED, .lose = -1, .twice = -1});
        one_gateway(&p, A, B);
        gives.tell_families = true;
        for (uint8_t k = 0; k < 2 && rows[i].pools[k] != NULL; k++) {
            EXPECT(ike_prefix_parse(rows[i].pools[k], &gives.pools[k]));
            gives.pool_count = k + 1;
        }
        wants.ip4 = rows[i].asks[0];
        wants.ip6 = rows[i].asks[1];
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        (void)ike_id_from_text("another.test", &p.end[A].policy.local_id);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT_EQ(ike_stats(p.end[B].engine).leases, rows[i].leases);
        EXPECT(rows[i].why == WHY_OK ? pair_count(&p, A, IKE_CHILD_FAILED) == 0
                                     : p.end[B].ends[rows[i].why] > 0);
        /* RFC 8983 5: whoever is told asks anew for what there is alone. */
        p.trace_len = 0;
        p.trace[0] = '\0';
        EXPECT(
            ike_inform(p.end[A].engine, p.now_ns, p.end[A].sa, &(struct ike_inform){.ask = true}));
        pair_run(&p);
        EXPECT(strstr(p.trace, "CP(CFG_REPLY)") != NULL);
        EXPECT_EQ(ike_stats(p.end[B].engine).leases, rows[i].leases);
        pair_close(&p);
    }
}

/* No address: what is told is not tied to one. And who asks for nothing is told of no families. */
static void test_a_client_that_wants_no_address_is_told_the_rest(void)
{
    static struct pair p;
    for (int asks = 0; asks < 2; asks++) {
        struct ike_given given;
        pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED, .lose = -1, .twice = -1});
        everything(&p, A, B);
        wants = (struct ike_wants){.version = true};
        if (asks == 0)
            p.end[A].policy.wants = NULL;
        EXPECT(ike_selector_from_text("10.1.0.0/16", &p.end[B].policy.child[0].remote[0]));
        p.end[B].policy.child[0].remote_count = 1;
        p.end[A].policy.child[0].local_count = 1;
        pair_open(&p);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT(pair_agrees(&p, 1));
        EXPECT(strstr(p.trace, "ALLOWED") == NULL);
        EXPECT(ike_sa_given(p.end[A].engine, p.end[A].sa, &given) == (asks == 1));
        EXPECT(asks == 0 || says(given.version, "ikelab"));
        EXPECT_EQ(pair_count(&p, A, IKE_ADDRESS) + pair_count(&p, B, IKE_ADDRESS), 0);
        EXPECT_EQ(ike_stats(p.end[B].engine).leases, 0);
        pair_close(&p);
    }
}

/* ---- a version that is not told ---- */

static bool empty_version;

static void look_at_reply(void)
{
    static const uint8_t wanted[] = {0, APPLICATION_VERSION, 0, 0};
    size_t len = 0;
    const uint8_t *const cp = mangle_body(PAYLOAD_CP, &len);
    EXPECT(cp != NULL && len >= 4 + sizeof wanted);
    empty_version = memcmp(cp + len - sizeof wanted, wanted, sizeof wanted) == 0;
}

/* RFC 7296 2.20: "it MUST either return an empty string or no CP payload if CP is not supported" */
static void test_a_version_that_is_not_told_is_an_empty_one(void)
{
    static struct pair p;
    for (int i = 0; i < 2; i++) {
        pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE});
        one_gateway(&p, A, B);
        wants.version = i == 0;
        empty_version = false;
        pair_open(&p);
        mangle_edit(&p, 3, look_at_reply);
        (void)pair_connect(&p);
        pair_run(&p);
        EXPECT_EQ(empty_version, i == 0);
        EXPECT(pair_agrees(&p, 1));
        pair_close(&p);
    }
}

/* ---- an address without a Child SA ---- */

/* As strongSwan answers whose kernel takes no policy. */
static void keep_the_address_only(void)
{
    static const uint8_t unacceptable[] = {0, 0, 0, N_TS_UNACCEPTABLE};
    mangle_drop(PAYLOAD_SA);
    mangle_drop(PAYLOAD_TSI);
    mangle_drop(PAYLOAD_TSR);
    mangle_add(PAYLOAD_NOTIFY, unacceptable, sizeof unacceptable);
}

/* RFC 7296 1.2: "the IKE SA is still created as usual", whatever else the answer brings; resumed
 * too. */
static void test_a_child_refused_with_an_address_given_leaves_the_ike_sa(void)
{
    static const uint8_t secret[IKE_TICKET_SECRET] = {1};
    static struct pair p;
    for (int resumed = 0; resumed < 2; resumed++) {
        pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                            .initiator = A,
                                            .lose = PAIR_NONE,
                                            .twice = PAIR_NONE});
        one_gateway(&p, A, B);
        p.end[A].policy.tickets = resumed == 1;
        p.end[B].config.tickets =
            (struct ike_ticket_config){.kind = TICKET_VALUE, .secret = secret, .remembered = 16};
        pair_open(&p);
        mangle_edit(&p, resumed == 1 ? 7 : 3, keep_the_address_only);
        (void)pair_connect(&p);
        pair_run(&p);
        if (resumed == 1) {
            EXPECT(pair_agrees(&p, 1));
            ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
            EXPECT(pair_resume(&p) != 0);
            pair_run(&p);
        }
        EXPECT_EQ(pair_count(&p, A, IKE_UP), 1 + resumed);
        EXPECT_EQ(pair_count(&p, A, IKE_CHILD_FAILED), 1);
        EXPECT_EQ(pair_count(&p, A, IKE_FAILED), 0);
        EXPECT_EQ(ike_stats(p.end[A].engine).established, 1);
        EXPECT_EQ(ike_stats(p.end[A].engine).children, 0);
        pair_close(&p);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_the_address_given_becomes_the_initiators_selector),
        TEST(test_after_eap_the_last_answer_brings_it),
        TEST(test_the_address_returns_when_the_sa_ends),
        TEST(test_the_heir_of_an_ike_sa_inherits_the_address),
        TEST(test_a_child_rekeyed_by_the_gateway_has_the_same_address),
        TEST(test_the_same_peer_comes_again_and_keeps_its_address),
        TEST(test_the_same_peer_comes_again_after_its_ike_sa_was_rekeyed),
        TEST(test_an_address_is_shared_with_whoever_of_the_peer_is_left),
        TEST(test_nobody_shares_an_address_with_nobody),
        TEST(test_an_exhausted_pool_is_internal_address_failure),
        TEST(test_a_family_without_a_pool_is_told_which_there_is),
        TEST(test_who_must_ask_and_does_not_fails_with_failed_cp_required),
        TEST(test_a_child_refused_for_other_reasons_leaves_no_lease),
        TEST(test_an_initiator_without_its_address_closes_the_ike_sa),
        TEST(test_everything_asked_for_is_told),
        TEST(test_domains_without_a_server_are_not_told),
        TEST(test_one_family_of_two_will_do),
        TEST(test_a_client_that_wants_no_address_is_told_the_rest),
        TEST(test_a_version_that_is_not_told_is_an_empty_one),
        TEST(test_a_child_refused_with_an_address_given_leaves_the_ike_sa),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
