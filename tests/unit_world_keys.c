/* SPDX-License-Identifier: MIT
 * Keys of features that either end of a world may have: each leaves its mark in the messages that
 * pass the gateway, and none when it is not set. */
#include "models/theory.h"
#include "tests/test.h"
#include "tests/world.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGES = 64, TEXT = 400 };

/* The first messages of a run. */
struct seen {
    char text[MESSAGES][TEXT];
    bool inbound[MESSAGES];
    size_t octets[MESSAGES];
    size_t count;
    uint16_t notify; /* the last that ended an attempt */
};
static struct seen seen;

static void on_handshake(const struct sim_handshake *h)
{
    seen.notify = h->notify;
}

static void on_message(const struct sim_message *m)
{
    struct seen *const s = &seen;
    if (s->count == MESSAGES)
        return;
    (void)snprintf(s->text[s->count], TEXT, "%s", m->text);
    s->inbound[s->count] = m->inbound;
    s->octets[s->count++] = m->bytes.len;
}

/* One client. */
static void plain(void)
{
    world_begin("people");
    set("for", "60s");
    set("clients.people.arrivals", "uniform 1/s");
    set("clients.people.count", "1");
    config.trace_messages = MESSAGES;
}

static void both(const char *key, const char *text)
{
    char path[64];
    (void)snprintf(path, sizeof path, "gateways.vpn.%s", key);
    set(path, text);
    (void)snprintf(path, sizeof path, "clients.people.%s", key);
    set(path, text);
}

static void run(void)
{
    static const struct world_ear ear = {.handshake = on_handshake, .message = on_message};
    memset(&seen, 0, sizeof seen);
    world_run(&ear);
}

/* How many messages that way have both parts in their text. */
static size_t told(bool inbound, const char *exchange, const char *part)
{
    size_t count = 0;
    for (size_t i = 0; i < seen.count; i++)
        count += seen.inbound[i] == inbound && strstr(seen.text[i], exchange) == seen.text[i] &&
                         strstr(seen.text[i], part) != NULL
                     ? 1
                     : 0;
    return count;
}

static bool succeeded(void)
{
    return metric("people", SIM_METRIC_SUCCESSES) == 1 &&
           metric("people", SIM_METRIC_FAILURES) == 0;
}

static void test_without_these_keys_nothing_of_them_is_said(void)
{
    plain();
    run();
    EXPECT(succeeded());
    EXPECT_EQ(seen.count, 4);
    EXPECT_STR(seen.text[0], "IKE_SA_INIT     req 0  SAi1 KEi Ni N(NAT_DETECTION_SOURCE_IP) "
                             "N(NAT_DETECTION_DESTINATION_IP)");
    EXPECT_STR(seen.text[2], "IKE_AUTH        req 1  SK{IDi N(INITIAL_CONTACT) IDr AUTH SAi2 TSi "
                             "TSr}");
    EXPECT_STR(seen.text[3], "IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}");
}

static void test_both_ends_without_a_child_sa_in_ike_auth_make_it_after(void)
{
    plain();
    both("childless", "yes");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(metric("people", SIM_METRIC_CONNECTION_PACKETS), 6000);
    EXPECT_EQ(told(false, "IKE_SA_INIT", "N(CHILDLESS_IKEV2_SUPPORTED)"), 1);
    EXPECT_EQ(told(true, "IKE_AUTH", "SAi2"), 0);
    EXPECT_EQ(told(true, "IKE_AUTH", "TSi"), 0);
    EXPECT_EQ(told(true, "CREATE_CHILD_SA", "TSi"), 1);
    set("clients.people.children", "3");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(told(true, "CREATE_CHILD_SA", "TSi"), 3);
}

/* An exchange of its own for each IKE SA, however it came to be. */
static void test_who_resumes_or_authenticates_anew_asks_for_its_child_sa_too(void)
{
    plain();
    both("childless", "yes");
    set("gateways.vpn.tickets.kind", "value");
    set("clients.people.resume", "yes");
    set("clients.people.stay", "2s");
    set("clients.people.leave", "silent");
    set("clients.people.reconnect", "20s");
    run();
    EXPECT_EQ(metric("people", SIM_METRIC_SUCCESSES), 3);
    EXPECT_EQ(metric("people", SIM_METRIC_RESUMED), 2);
    EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 0);
    EXPECT_EQ(told(false, "CREATE_CHILD_SA rsp", "TSr"), 3);
    plain();
    both("childless", "yes");
    set("gateways.vpn.auth_lifetime", "20s");
    set("clients.people.reauth", "make-first");
    run();
    EXPECT(succeeded());
    EXPECT(told(false, "IKE_AUTH        rsp", "AUTH") > 2);
    EXPECT_EQ(told(false, "CREATE_CHILD_SA rsp", "TSr"),
              told(false, "IKE_AUTH        rsp", "AUTH"));
}

static void test_one_end_alone_without_a_child_sa_changes_nothing(void)
{
    static const char *const ends[] = {"gateways.vpn.childless", "clients.people.childless"};
    for (size_t i = 0; i < 2; i++) {
        plain();
        set(ends[i], "yes");
        run();
        EXPECT(succeeded());
        EXPECT_EQ(metric("people", SIM_METRIC_CONNECTION_PACKETS), 4000);
        EXPECT_EQ(told(true, "IKE_AUTH", "SAi2"), 1);
    }
}

static void test_who_asks_for_no_child_sa_asks_for_no_address(void)
{
    plain();
    both("childless", "yes");
    set("gateways.vpn.pool", "10.64.0.0/24");
    set("clients.people.address", "ipv4");
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, "clients.people.childless");
}

static void test_gateways_that_clients_are_sent_between_are_childless_alike(void)
{
    plain();
    both("childless", "yes");
    EXPECT(model_config_add(&config, "gateways", "second"));
    set("gateways.vpn.redirect.to", "second");
    EXPECT_EQ(judge(), 0); /* they would not go */
    set("clients.people.redirects", "yes");
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, "clients.people.childless");
    set("gateways.second.childless", "yes");
    EXPECT_EQ(judge(), 0);
}

static void test_each_end_tells_its_window_when_it_is_more_than_one(void)
{
    plain();
    set("gateways.vpn.window", "4");
    run();
    EXPECT_EQ(told(false, "INFORMATIONAL   req", "N(SET_WINDOW_SIZE)"), 1);
    EXPECT_EQ(told(true, "INFORMATIONAL   req", "N(SET_WINDOW_SIZE)"), 0);
    set("gateways.vpn.window", "1");
    set("clients.people.window", "8");
    run();
    EXPECT_EQ(told(false, "INFORMATIONAL   req", "N(SET_WINDOW_SIZE)"), 0);
    EXPECT_EQ(told(true, "INFORMATIONAL   req", "N(SET_WINDOW_SIZE)"), 1);
}

static void test_a_gateway_refuses_more_child_sas_than_its_key_says(void)
{
    plain();
    set("clients.people.children", "3");
    set("gateways.vpn.children_max", "3");
    run();
    EXPECT(succeeded());
    set("gateways.vpn.children_max", "2");
    run();
    EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 1);
    EXPECT_EQ(seen.notify, 35); /* NO_ADDITIONAL_SAS */
    EXPECT_EQ(told(false, "CREATE_CHILD_SA", "N(NO_ADDITIONAL_SAS)"), 1);
}

/* Clients go without a word; the gateway asks whether they are there. */
static void gone(void)
{
    plain();
    set("clients.people.stay", "2s");
    set("clients.people.leave", "silent");
    set("gateways.vpn.liveness", "5s");
}

static void test_a_token_ends_the_sa_of_who_has_forgotten_it(void)
{
    gone();
    both("crash_tokens", "yes");
    both("tell_unknown", "yes");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(told(true, "IKE_AUTH", "N(QUICK_CRASH_DETECTION)"), 1);
    EXPECT_EQ(told(false, "IKE_AUTH", "N(QUICK_CRASH_DETECTION)"), 1);
    EXPECT_EQ(told(true, "INFORMATIONAL   rsp", "N(INVALID_IKE_SPI) N(QUICK_CRASH_DETECTION)"), 1);
    EXPECT_EQ(told(false, "INFORMATIONAL   req", ""), 1); /* and no second one */
    EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), 0);
    EXPECT_EQ(metric("vpn", SIM_METRIC_PEERS_LOST), 0);
    set("gateways.vpn.crash_tokens", "no"); /* then it believes nobody */
    run();
    EXPECT_EQ(told(true, "INFORMATIONAL   rsp", "N(INVALID_IKE_SPI)"),
              told(false, "INFORMATIONAL   req", ""));
    EXPECT(told(false, "INFORMATIONAL   req", "") > 1);
}

static void test_requests_of_unknown_sas_are_answered_when_the_key_says_so(void)
{
    gone();
    run();
    EXPECT(told(false, "INFORMATIONAL   req", "") > 1);
    EXPECT_EQ(told(true, "INFORMATIONAL   rsp", ""), 0);
    plain();
    set("gateways.vpn.half_open.timeout", "10ms"); /* IKE_AUTH comes after 40 */
    run();
    EXPECT_EQ(told(false, "IKE_AUTH", ""), 0);
    set("gateways.vpn.tell_unknown", "yes");
    run();
    EXPECT(told(false, "IKE_AUTH        rsp 1  N(INVALID_IKE_SPI)", "") > 0);
}

static void test_a_gateway_may_grant_single_pairs_alone(void)
{
    plain();
    set("gateways.vpn.single_pair", "yes");
    run();
    EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 1);
    EXPECT_EQ(seen.notify, 34); /* SINGLE_PAIR_REQUIRED */
    set("clients.people.selectors", "192.168.7.7/32");
    run();
    EXPECT(succeeded());
}

/* RFC 7427 3: before the signature stand its algorithm, 72 octets for RSASSA-PSS, and their count.
 */
static void test_old_signatures_go_without_the_name_of_their_algorithm(void)
{
    plain();
    both("auth", "rsa2048");
    run();
    EXPECT(succeeded());
    const size_t request = seen.octets[2];
    const size_t answer = seen.octets[3];
    set("clients.people.old_signatures", "yes");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(seen.octets[2] + 73, request);
    EXPECT_EQ(seen.octets[3], answer);
    set("clients.people.old_signatures", "no");
    set("gateways.vpn.old_signatures", "yes");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(seen.octets[2], request);
    EXPECT_EQ(seen.octets[3] + 73, answer);
}

static void test_each_end_says_which_methods_it_takes(void)
{
    plain();
    set("gateways.vpn.tell_methods", "yes");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(told(false, "IKE_SA_INIT", "N(SUPPORTED_AUTH_METHODS)"), 1);
    EXPECT_EQ(told(true, "IKE_AUTH", "N(SUPPORTED_AUTH_METHODS)"), 0);
    plain();
    set("clients.people.tell_methods", "yes");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(told(false, "IKE_SA_INIT", "N(SUPPORTED_AUTH_METHODS)"), 0);
    EXPECT_EQ(told(true, "IKE_AUTH", "N(SUPPORTED_AUTH_METHODS)"), 1);
}

/* RFC 7427 4: four hashes of two octets are one of them less three. */
static void test_the_one_hash_to_be_signed_with_is_told_and_kept(void)
{
    plain();
    both("auth", "ecdsa256");
    run();
    EXPECT(succeeded());
    const size_t all = seen.octets[1];
    set("gateways.vpn.hash", "sha256");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(seen.octets[1] + 6, all);
    both("auth", "ed25519"); /* signs with IDENTITY alone, RFC 8420 2 */
    run();
    EXPECT(!succeeded());
    set("gateways.vpn.hash", "identity");
    run();
    EXPECT(succeeded());
}

/* RFC 7296 3.6: instead of a certificate its hash, of 20 octets, and a URL. */
static void test_certificates_by_hash_and_url_make_ike_auth_shorter(void)
{
    plain();
    both("auth", "rsa2048");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(told(false, "IKE_SA_INIT", "N(HTTP_CERT_LOOKUP_SUPPORTED)"), 0);
    EXPECT_EQ(told(true, "IKE_AUTH", "N(HTTP_CERT_LOOKUP_SUPPORTED)"), 0);
    const size_t request = seen.octets[2];
    const size_t answer = seen.octets[3];
    both("certificate_urls", "each");
    set("gateways.vpn.lookup.latency", "5ms");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(told(false, "IKE_SA_INIT", "N(HTTP_CERT_LOOKUP_SUPPORTED)"), 1);
    EXPECT_EQ(told(true, "IKE_AUTH", "N(HTTP_CERT_LOOKUP_SUPPORTED)"), 0);
    EXPECT(seen.octets[2] + 500 < request);
    EXPECT_EQ(seen.octets[3], answer);
    both("lookup.latency", "5ms");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(told(true, "IKE_AUTH", "N(HTTP_CERT_LOOKUP_SUPPORTED)"), 1);
    EXPECT(seen.octets[3] + 500 < answer);
}

/* RFC 7296 3.15.1: a CFG_SET, and its CFG_ACK with what was accepted. */
static void test_each_end_sets_its_version_at_the_other(void)
{
    static const char *const ends[] = {"gateways.vpn", "clients.people"};
    for (size_t i = 0; i < 2; i++) {
        const bool inbound = i == 1;
        char path[64];
        plain();
        (void)snprintf(path, sizeof path, "%s.sets", ends[i]);
        set(path, "yes");
        run();
        EXPECT(succeeded());
        EXPECT_EQ(seen.count, 6);
        EXPECT_EQ(told(inbound, "INFORMATIONAL   req", "CP(CFG_SET)"), 1);
        EXPECT_EQ(told(!inbound, "INFORMATIONAL   rsp", "CP(CFG_ACK)"), 1);
        const size_t refused = seen.octets[5];
        (void)snprintf(path, sizeof path, "%s.settable", ends[1 - i]);
        set(path, "yes");
        run();
        EXPECT_EQ(seen.octets[5], refused + 4); /* the attribute, without a value */
    }
}

/* The same messages at the same times, but for what the gateway's core does when. */
static void test_keys_derived_with_ike_auth_change_no_message(void)
{
    static const char *const auths[] = {"psk", "ecdsa256", "eap-mschapv2", "eap-tls"};
    for (size_t i = 0; i < sizeof auths / sizeof auths[0]; i++) {
        plain();
        set("links.wan.mtu", "9000B");
        set("clients.people.auth", auths[i]);
        both("fragment", i == 1 ? "500" : "off");
        run();
        EXPECT(succeeded());
        const struct seen before = seen;
        const int64_t busy = metric("vpn", SIM_METRIC_CPU_BUSY);
        set("gateways.vpn.derive", "auth");
        run();
        EXPECT(succeeded());
        EXPECT_EQ(metric("vpn", SIM_METRIC_CPU_BUSY), busy);
        EXPECT_EQ(seen.count, before.count);
        for (size_t k = 0; k < seen.count; k++)
            EXPECT_STR(seen.text[k], before.text[k]);
    }
}

/* RFC 8019 5, of whichever end rekeys. */
static void test_who_rekeys_more_often_than_the_key_says_is_told_to_wait(void)
{
    for (int i = 0; i < 2; i++) {
        const bool inbound = i == 0;
        plain();
        set(inbound ? "clients.people.rekey.child" : "gateways.vpn.rekey.child", "5s");
        set(inbound ? "clients.people.rekey.jitter" : "gateways.vpn.rekey.jitter", "0%");
        run();
        EXPECT_EQ(told(inbound, "CREATE_CHILD_SA req", "N(REKEY_SA)"), 11);
        EXPECT_EQ(told(!inbound, "CREATE_CHILD_SA rsp", "TSr"), 11);
        set(inbound ? "gateways.vpn.rekeys.most" : "clients.people.rekeys.most", "2");
        set(inbound ? "gateways.vpn.rekeys.per" : "clients.people.rekeys.per", "1h");
        run();
        EXPECT_EQ(told(!inbound, "CREATE_CHILD_SA rsp", "TSr"), 2);
        EXPECT(told(!inbound, "CREATE_CHILD_SA rsp", "N(TEMPORARY_FAILURE)") > 0);
    }
}

static void rounds(const char *first, const char *second, const char *third)
{
    plain();
    set("clients.people.count", "3");
    set("links.wan.mtu", "9000B");
    set("clients.people.auth", first);
    set("clients.people.second_auth", second);
    set("clients.people.third_auth", third);
    set("clients.people.eap.identity", "no");
}

/* RFC 4739 2.2, 2.3: each is known by its first name, so that none takes another's place. */
static void test_clients_authenticate_round_after_round(void)
{
    static const struct {
        const char *first, *second, *third;
        int64_t exchanges; /* 0: TLS takes many */
        size_t more;       /* ANOTHER_AUTH_FOLLOWS, by each */
    } rows[] = {
        {"psk", "none", "none", 2, 0},
        {"psk", "psk", "none", 3, 1},
        {"psk", "null", "psk", 4, 2},
        {"psk", "eap-md5", "none", 5, 1},
        {"eap-gtc", "psk", "none", 5, 1},
        {"rsa2048", "eap-mschapv2", "none", 6, 1},
        {"ecdsa256", "psk", "ecdsa256", 4, 2},
        {"psk", "ed25519", "none", 3, 1},
        {"eap-mschapv2", "ecdsa256", "eap-md5", 5 + 1 + 3, 2},
        {"rsa2048", "eap-tls", "none", 0, 1},
        {"psk", "eap-ttls", "psk", 0, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double counted = 0;
        char error[256];
        rounds(rows[i].first, rows[i].second, rows[i].third);
        run();
        EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 0);
        if (!EXPECT_EQ(metric("people", SIM_METRIC_SUCCESSES), 3))
            printf("# %s %s %s: %u\n", rows[i].first, rows[i].second, rows[i].third, seen.notify);
        EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), 3);
        EXPECT_EQ(told(true, "IKE_AUTH", "N(ANOTHER_AUTH_FOLLOWS)"),
                  seen.count < MESSAGES ? 3 * rows[i].more : rows[i].more);
        EXPECT_EQ(told(false, "IKE_SA_INIT", "N(MULTIPLE_AUTH_SUPPORTED)"),
                  rows[i].more > 0 ? (seen.count < MESSAGES ? 3 : 1) : 0);
        if (rows[i].exchanges == 0)
            continue;
        EXPECT_EQ(metric("people", SIM_METRIC_CONNECTION_PACKETS), 2000 * rows[i].exchanges);
        EXPECT(model_theory_named("packet-count")->predict(&config, &counted, error, sizeof error));
        EXPECT_EQ((int64_t)counted, 2000 * rows[i].exchanges);
    }
}

static void test_a_later_round_that_proves_nothing_lets_nobody_in(void)
{
    static const char *const second[] = {"psk", "eap-mschapv2"};
    for (size_t i = 0; i < 2; i++) {
        rounds("ecdsa256", second[i], "none");
        set("gateways.vpn.psk", "another");
        run();
        EXPECT_EQ(metric("people", SIM_METRIC_SUCCESSES), 0);
        EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 3);
        EXPECT_EQ(metric("vpn", SIM_METRIC_ESTABLISHED), 0);
    }
}

static void expect_complaint(const char *path)
{
    EXPECT(judge() > 0);
    EXPECT_STR(remarks.path, path);
}

static void test_rounds_that_cannot_be_are_told(void)
{
    rounds("psk", "none", "psk");
    expect_complaint("clients.people.third_auth");
    rounds("rsa2048", "ecdsa256", "none");
    expect_complaint("clients.people.second_auth");
    rounds("ecdsa256", "eap-tls", "none"); /* whose certificates are rsa2048 */
    expect_complaint("clients.people.second_auth");
    set("clients.people.eap.certificates", "ecdsa256");
    EXPECT_EQ(judge(), 0);
    rounds("psk", "psk", "none");
    EXPECT(model_config_add(&config, "clients", "others"));
    set("clients.others.to", "vpn");
    expect_complaint("clients.others.second_auth");
    set("clients.others.second_auth", "psk");
    EXPECT_EQ(judge(), 0);
}

/* What both ends want of a Child SA is said by both. */
static void test_wishes_for_child_sas_are_asked_for_and_agreed_to(void)
{
    static const struct {
        const char *key, *value, *notify;
    } rows[] = {
        {"ipcomp", "deflate", "N(IPCOMP_SUPPORTED)"},
        {"non_first_fragments", "yes", "N(NON_FIRST_FRAGMENTS_ALSO)"},
        {"no_tfc", "yes", "N(ESP_TFC_PADDING_NOT_SUPPORTED)"},
        {"sync.ids", "yes", "N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED)"},
        {"sync.replay", "yes", "N(IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[64];
        plain();
        both(rows[i].key, rows[i].value);
        run();
        EXPECT(succeeded());
        if (!EXPECT_EQ(told(true, "IKE_AUTH", rows[i].notify), 1) ||
            !EXPECT_EQ(told(false, "IKE_AUTH", rows[i].notify), 1))
            printf("# %s\n", rows[i].key);
        plain();
        (void)snprintf(path, sizeof path, "clients.people.%s", rows[i].key);
        set(path, rows[i].value);
        run();
        EXPECT(succeeded());
        EXPECT_EQ(told(true, "IKE_AUTH", rows[i].notify), 1);
        EXPECT_EQ(told(false, "IKE_AUTH", rows[i].notify), 0);
    }
}

static void test_vendor_ids_make_ike_sa_init_longer(void)
{
    plain();
    run();
    const size_t request = seen.octets[0];
    const size_t answer = seen.octets[1];
    set("gateways.vpn.vendor_ids", "3");
    set("clients.people.vendor_ids", "16");
    run();
    EXPECT(succeeded());
    EXPECT_EQ(seen.octets[0], request + 16 * (4 + 16));
    EXPECT_EQ(seen.octets[1], answer + 3 * (4 + 16));
}

static const struct test_case cases[] = {
    TEST(test_without_these_keys_nothing_of_them_is_said),
    TEST(test_both_ends_without_a_child_sa_in_ike_auth_make_it_after),
    TEST(test_who_resumes_or_authenticates_anew_asks_for_its_child_sa_too),
    TEST(test_one_end_alone_without_a_child_sa_changes_nothing),
    TEST(test_who_asks_for_no_child_sa_asks_for_no_address),
    TEST(test_gateways_that_clients_are_sent_between_are_childless_alike),
    TEST(test_each_end_tells_its_window_when_it_is_more_than_one),
    TEST(test_a_gateway_refuses_more_child_sas_than_its_key_says),
    TEST(test_a_token_ends_the_sa_of_who_has_forgotten_it),
    TEST(test_requests_of_unknown_sas_are_answered_when_the_key_says_so),
    TEST(test_a_gateway_may_grant_single_pairs_alone),
    TEST(test_old_signatures_go_without_the_name_of_their_algorithm),
    TEST(test_each_end_says_which_methods_it_takes),
    TEST(test_the_one_hash_to_be_signed_with_is_told_and_kept),
    TEST(test_wishes_for_child_sas_are_asked_for_and_agreed_to),
    TEST(test_certificates_by_hash_and_url_make_ike_auth_shorter),
    TEST(test_each_end_sets_its_version_at_the_other),
    TEST(test_keys_derived_with_ike_auth_change_no_message),
    TEST(test_who_rekeys_more_often_than_the_key_says_is_told_to_wait),
    TEST(test_clients_authenticate_round_after_round),
    TEST(test_a_later_round_that_proves_nothing_lets_nobody_in),
    TEST(test_rounds_that_cannot_be_are_told),
    TEST(test_vendor_ids_make_ike_sa_init_longer),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
