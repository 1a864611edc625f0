/* SPDX-License-Identifier: MIT
 * Worlds whose gateways ask others: an AAA server, a server of revocation lists.
 * What waiting for them does to clients. */
#include "models/backend.h"
#include "tests/test.h"
#include "tests/world.h"

#include <stdio.h>
#include <string.h>

enum { TIMES_MAX = 64, MS = 1000000 };

/* What clients felt, and what the gateway asked. */
struct felt {
    int64_t of[SIM_METRIC_COUNT]; /* the gateway's */
    bool told[SIM_METRIC_COUNT];
    uint64_t setup_ns[TIMES_MAX]; /* of those that succeeded, in the order of their clients */
    uint64_t rounds[TIMES_MAX];
    int succeeded, failed, patience_over;
    char fingerprint[33];
};
static struct felt felt;

static void on_handshake(const struct sim_handshake *h)
{
    struct felt *const f = &felt;
    f->failed += h->outcome == SIM_FAILED ? 1 : 0;
    f->patience_over += h->patience_over ? 1 : 0;
    if (h->outcome != SIM_SUCCEEDED || !EXPECT(f->succeeded < TIMES_MAX))
        return;
    f->setup_ns[f->succeeded] = h->end_ns - h->start_ns;
    f->rounds[f->succeeded++] = h->round_trips;
}

/* One client every two seconds: none waits for another. */
static void plain(const char *auth)
{
    world_begin("people");
    set("for", "60s");
    set("links.wan.mtu", "9000B");
    set("gateways.vpn.sa_max", "1024");
    set("clients.people.arrivals", "uniform 0.5/s");
    set("clients.people.patience", "10s");
    set("clients.people.auth", auth);
    set("clients.people.eap.identity", "no");
}

static struct felt run_by(model_provider_fn *provider)
{
    static const struct world_ear ear = {.handshake = on_handshake};
    memset(&felt, 0, sizeof felt);
    world_run_by(provider, &ear);
    memcpy(felt.fingerprint, fingerprint, sizeof felt.fingerprint);
    for (int i = 0; i < SIM_METRIC_COUNT; i++) {
        felt.told[i] = was_told("vpn", (enum sim_metric)i);
        felt.of[i] = felt.told[i] ? metric("vpn", (enum sim_metric)i) : 0;
    }
    return felt;
}

static struct felt run(void)
{
    return run_by(ike_crypto_modelled);
}

/* Of each client, by so much more than with a back-end that answers at once. */
static void expect_longer(const struct felt *now, const struct felt *before, uint64_t by_ns)
{
    EXPECT_EQ(now->failed, 0);
    EXPECT_EQ(now->succeeded, before->succeeded);
    EXPECT(now->succeeded > 20);
    for (int i = 0; i < now->succeeded; i++)
        EXPECT_EQ(now->setup_ns[i] - before->setup_ns[i], by_ns);
}

/* ---- an AAA server ---- */

/* RFC 7296 2.16: the request that asks for EAP waits, and each that brings a packet. */
static void test_setup_grows_by_rounds_times_the_latency_of_the_server(void)
{
    static const struct {
        const char *auth;
        const char *identity;
        uint64_t questions;
    } rows[] = {{"eap-md5", "no", 2},
                {"eap-gtc", "no", 2},
                {"eap-mschapv2", "no", 3},
                {"eap-mschapv2", "yes", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        plain(rows[i].auth);
        set("clients.people.eap.identity", rows[i].identity);
        const struct felt local = run();
        set("gateways.vpn.aaa.latency", "0s");
        const struct felt at_once = run();
        EXPECT_EQ(at_once.rounds[0], rows[i].questions + 2); /* and IKE_SA_INIT, and AUTH */
        EXPECT(at_once.setup_ns[0] > local.setup_ns[0]);     /* what waited is opened twice */
        EXPECT(at_once.of[SIM_METRIC_CPU_BUSY] > local.of[SIM_METRIC_CPU_BUSY]);
        set("gateways.vpn.aaa.latency", "10ms");
        const struct felt later = run();
        expect_longer(&later, &at_once, rows[i].questions * 10 * MS);
        EXPECT_EQ(later.of[SIM_METRIC_BACKEND_ASKED], (int64_t)rows[i].questions * later.succeeded);
        EXPECT_EQ(later.of[SIM_METRIC_BACKEND_LATE], 0);
        EXPECT_EQ(remarks.warnings, 0);
    }
}

static void test_each_piece_of_tls_waits_for_the_server(void)
{
    plain("eap-tls");
    set("gateways.vpn.aaa.latency", "0s");
    const struct felt at_once = run();
    set("gateways.vpn.aaa.latency", "25ms");
    const struct felt later = run();
    EXPECT(later.rounds[0] > 6);
    expect_longer(&later, &at_once, (later.rounds[0] - 2) * 25 * MS);
}

static void test_jitter_is_drawn_for_each_answer_by_itself(void)
{
    plain("eap-mschapv2");
    set("gateways.vpn.aaa.latency", "0s");
    const struct felt at_once = run();
    set("gateways.vpn.aaa.latency", "10ms");
    set("gateways.vpn.aaa.jitter", "30ms");
    const struct felt later = run();
    const struct felt again = run();
    int differ = 0;
    for (int i = 0; i < later.succeeded; i++) {
        const uint64_t more_ns = later.setup_ns[i] - at_once.setup_ns[i];
        EXPECT(more_ns >= 3 * UINT64_C(10) * MS && more_ns <= 3 * UINT64_C(40) * MS);
        differ += i > 0 && later.setup_ns[i] != later.setup_ns[i - 1] ? 1 : 0;
    }
    EXPECT_EQ(later.succeeded, at_once.succeeded);
    EXPECT_EQ(differ, later.succeeded - 1);
    EXPECT_STR(again.fingerprint, later.fingerprint);
}

static void test_patience_runs_out_when_the_server_is_too_slow(void)
{
    plain("eap-mschapv2"); /* three answers */
    set("clients.people.patience", "2s");
    set("gateways.vpn.aaa.latency", "550ms");
    const struct felt slow = run();
    EXPECT_EQ(slow.failed, 0);
    EXPECT(slow.succeeded > 20);
    set("gateways.vpn.aaa.latency", "650ms");
    const struct felt slower = run();
    EXPECT_EQ(slower.succeeded, 0);
    EXPECT_EQ(slower.failed, slow.succeeded);
    EXPECT_EQ(slower.patience_over, slower.failed);
}

static void test_an_answer_after_its_sa_has_ended_is_for_nobody(void)
{
    plain("eap-mschapv2");
    set("gateways.vpn.half_open.timeout", "1s");
    set("gateways.vpn.aaa.latency", "3s");
    set("clients.people.count", "10");
    const struct felt f = run();
    EXPECT_EQ(f.succeeded, 0);
    EXPECT_EQ(f.of[SIM_METRIC_BACKEND_ASKED], 10); /* the first question of each */
    EXPECT_EQ(f.of[SIM_METRIC_BACKEND_LATE], 10);
    EXPECT_EQ(f.of[SIM_METRIC_HALF_OPEN_EXPIRED], 10);
    EXPECT_EQ(f.of[SIM_METRIC_HALF_OPEN], 0);
}

static void test_questions_on_their_way_when_the_run_ends_go_with_it(void)
{
    plain("eap-mschapv2");
    set("gateways.vpn.aaa.latency", "1h");
    const struct felt f = run();
    EXPECT(f.of[SIM_METRIC_BACKEND_ASKED] > 20);
    EXPECT_EQ(f.of[SIM_METRIC_BACKEND_LATE], 0);
    EXPECT_EQ(f.succeeded, 0);
}

static void test_a_server_without_an_answer_lets_nobody_in(void)
{
    plain("eap-mschapv2");
    set("gateways.vpn.aaa.latency", "10ms");
    set("gateways.vpn.aaa.fails", "100%");
    const struct felt none = run();
    EXPECT_EQ(none.succeeded, 0);
    EXPECT(none.failed > 20);
    EXPECT_EQ(none.patience_over, 0); /* they are refused */
    EXPECT_EQ(none.of[SIM_METRIC_BACKEND_ASKED], none.failed);
}

/* ---- revocation lists ---- */

/* An authority each, all lists at once (RFC 5280 6.3). */
static void test_setup_grows_by_one_fetch_however_many_lists_there_are(void)
{
    for (int links = 0; links <= 1; links++) {
        plain("ecdsa256");
        set("clients.people.certificate_chain", links == 0 ? "0" : "1");
        set("gateways.vpn.crl.latency", "0s");
        set("gateways.vpn.crl.strict", "yes");
        const struct felt at_once = run();
        set("gateways.vpn.crl.latency", "150ms");
        const struct felt later = run();
        expect_longer(&later, &at_once, UINT64_C(150) * MS);
        EXPECT_EQ(later.of[SIM_METRIC_BACKEND_ASKED], (links + 1) * later.succeeded);
        EXPECT_EQ(later.rounds[0], 2);
    }
}

static void test_real_cryptography_takes_the_same_lists(void)
{
    for (int links = 0; links <= 1; links++) {
        plain("ecdsa256");
        set("clients.people.count", "3");
        set("clients.people.certificate_chain", links == 0 ? "0" : "1");
        set("gateways.vpn.crl.latency", "150ms");
        set("gateways.vpn.crl.strict", "yes");
        const struct felt f = run_by(ike_crypto_openssl);
        EXPECT_EQ(f.succeeded, 3);
        EXPECT_EQ(f.of[SIM_METRIC_BACKEND_ASKED], (links + 1) * 3);
    }
}

static void test_a_list_not_to_be_had_refuses_only_where_that_is_strict(void)
{
    plain("ecdsa256");
    set("gateways.vpn.crl.latency", "10ms");
    set("gateways.vpn.crl.fails", "100%");
    const struct felt lenient = run();
    EXPECT_EQ(lenient.failed, 0);
    EXPECT(lenient.succeeded > 20);
    set("gateways.vpn.crl.strict", "yes");
    const struct felt strict = run();
    EXPECT_EQ(strict.succeeded, 0);
    EXPECT_EQ(strict.failed, lenient.succeeded);
}

/* ---- certificates by hash and URL ---- */

/* Of clients with so many intermediates. */
static void by_urls(const char *urls, const char *links)
{
    plain("ecdsa256");
    set("clients.people.certificate_chain", links);
    set("clients.people.certificate_urls", urls);
    set("gateways.vpn.lookup.latency", "0s");
}

static void test_setup_grows_by_one_fetch_however_many_certificates_there_are(void)
{
    static const struct {
        const char *urls, *links;
        int64_t questions;
    } rows[] = {{"each", "0", 1}, {"each", "4", 5}, {"bundle", "0", 1}, {"bundle", "4", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        by_urls(rows[i].urls, rows[i].links);
        const struct felt at_once = run();
        set("gateways.vpn.lookup.latency", "150ms");
        const struct felt later = run();
        expect_longer(&later, &at_once, UINT64_C(150) * MS);
        EXPECT_EQ(later.of[SIM_METRIC_BACKEND_ASKED], rows[i].questions * later.succeeded);
        EXPECT_EQ(later.of[SIM_METRIC_BACKEND_LATE], 0);
        EXPECT_EQ(later.rounds[0], 2);
        EXPECT_EQ(remarks.warnings, 0);
    }
}

/* A client waits for its gateway's certificates when all else is done. */
static void test_each_end_waits_for_certificates_of_the_other(void)
{
    for (int real = 0; real <= 1; real++) {
        by_urls("each", "1");
        set("clients.people.arrivals", "uniform 0.5/s");
        set("gateways.vpn.certificate_chain", "2");
        set("gateways.vpn.certificate_urls", real == 0 ? "each" : "bundle");
        set("clients.people.lookup.latency", "0s");
        model_provider_fn *const provider = real == 0 ? ike_crypto_modelled : ike_crypto_openssl;
        const struct felt at_once = run_by(provider);
        set("gateways.vpn.lookup.latency", "30ms");
        set("clients.people.lookup.latency", "500ms");
        const struct felt later = run_by(provider);
        expect_longer(&later, &at_once, UINT64_C(530) * MS);
        EXPECT_EQ(later.of[SIM_METRIC_BACKEND_ASKED], 2 * later.succeeded);
        EXPECT_EQ(metric("people", SIM_METRIC_BACKEND_ASKED),
                  (real == 0 ? 3 : 1) * later.succeeded);
    }
}

static void test_lists_are_fetched_together_with_certificates(void)
{
    by_urls("each", "1");
    set("gateways.vpn.crl.latency", "150ms");
    set("gateways.vpn.crl.strict", "yes");
    set("gateways.vpn.lookup.latency", "100ms");
    const struct felt f = run();
    set("gateways.vpn.lookup.latency", "0s");
    const struct felt lists = run();
    expect_longer(&f, &lists, 0);
    EXPECT_EQ(f.of[SIM_METRIC_BACKEND_ASKED], 4 * f.succeeded);
}

static void test_certificates_not_to_be_had_let_nobody_in(void)
{
    by_urls("each", "0");
    set("gateways.vpn.lookup.fails", "100%");
    const struct felt none = run();
    EXPECT_EQ(none.succeeded, 0);
    EXPECT(none.failed > 20);
    EXPECT_EQ(none.patience_over, 0);
    set("gateways.vpn.lookup.fails", "0%");
    EXPECT_EQ(run().succeeded, none.failed);
}

/* RFC 7296 3.6: only to who has said that it looks them up. */
static void test_certificates_go_whole_to_who_looks_up_none(void)
{
    plain("ecdsa256");
    const struct felt whole = run();
    set("clients.people.certificate_urls", "each");
    set("gateways.vpn.certificate_urls", "each");
    EXPECT_STR(run().fingerprint, whole.fingerprint);
    set("gateways.vpn.lookup.jitter", "5ms");
    set("gateways.vpn.lookup.fails", "100%");
    EXPECT_STR(run().fingerprint, whole.fingerprint);
    EXPECT_EQ(remarks.warnings, 0);
}

static void test_look_ups_without_anything_to_fetch_or_with_too_much_are_told(void)
{
    by_urls("none", "0");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 1);
    plain("psk");
    set("clients.people.certificate_urls", "each");
    set("gateways.vpn.lookup.latency", "1ms");
    set("clients.people.lookup.latency", "1ms");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 2);
    by_urls("each", "4");
    set("gateways.vpn.crl.latency", "1ms");
    EXPECT_EQ(judge(), 2); /* five lists are too many as well */
    by_urls("each", "1");
    set("gateways.vpn.crl.latency", "1ms");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 0);
}

static struct ike_bytes fetched(const struct model_passports *passports, const char *url)
{
    return model_passports_fetch(
        passports, (struct ike_bytes){.at = (const uint8_t *)url, .len = strlen(url)});
}

static void test_a_url_leads_to_what_is_kept_and_to_nothing_else(void)
{
    static const char *const nowhere[] = {
        "http://people.test/8",   "http://people.test/",          "http://people.test/7x",
        "http://people.test/ca-", "http://people.test/ca-3",      "http://others.test/7",
        "http://people.test/0",   "http://people.test/4294967303"};
    static struct model_papers papers;
    struct model_passports passports;
    struct sim_rng rng;
    const struct ike_id id = {.type = ID_FQDN, .len = 1, .data = "a"};
    sim_rng_open(&rng, 1, "passports");
    struct ike_crypto *const crypto = ike_crypto_modelled(sim_rng_random(&rng));
    EXPECT(model_papers_open(
        &papers, crypto,
        &(struct model_papers_spec){.name = "people", .type = KEY_TYPE_ED25519, .links = 2}));
    EXPECT(model_passports_open(&passports, &papers, MODEL_URL_EACH, 4));
    const struct ike_credential *const one = model_passports_of(&passports, 7, &id);
    EXPECT(one == model_passports_of(&passports, 7, &id));
    EXPECT_STR(one->urls[0], "http://people.test/7");
    for (uint8_t i = 0; i < 3; i++)
        EXPECT(ike_bytes_equal(fetched(&passports, one->urls[i]), one->chain[i]));
    EXPECT(!ike_bytes_equal(one->chain[1], one->chain[2]));
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
        if (!EXPECT_EQ(fetched(&passports, nowhere[i]).len, 0))
            printf("# %s\n", nowhere[i]);
    EXPECT(model_passports_of(&passports, 11, &id) == one); /* it has the same place */
    EXPECT_EQ(fetched(&passports, "http://people.test/7").len, 0);
    EXPECT(fetched(&passports, "http://people.test/11").len > 0);
    model_passports_close(&passports);
    model_papers_close(&papers);
    crypto->ops->close(crypto);
}

/* ---- neither, and too much ---- */

static void test_who_asks_nobody_runs_as_if_there_were_nobody(void)
{
    plain("eap-mschapv2");
    const struct felt before = run();
    set("gateways.vpn.aaa.jitter", "5ms");
    set("gateways.vpn.aaa.fails", "100%");
    set("gateways.vpn.crl.strict", "yes");
    const struct felt none = run();
    EXPECT_STR(none.fingerprint, before.fingerprint);
    EXPECT(!none.told[SIM_METRIC_BACKEND_ASKED]);
    set("gateways.vpn.aaa.fails", "0%");
    set("gateways.vpn.aaa.latency", "0s");
    const struct felt some = run();
    EXPECT(strcmp(some.fingerprint, before.fingerprint) != 0);
    EXPECT(some.told[SIM_METRIC_BACKEND_ASKED]);
}

static void test_back_ends_that_nobody_needs_are_warned_of(void)
{
    plain("psk");
    set("gateways.vpn.aaa.latency", "10ms");
    const struct felt f = run();
    EXPECT_EQ(remarks.warnings, 1);
    EXPECT_EQ(f.of[SIM_METRIC_BACKEND_ASKED], 0);
    set("gateways.vpn.crl.latency", "10ms");
    (void)run();
    EXPECT_EQ(remarks.warnings, 2);
    plain("ecdsa256");
    set("gateways.vpn.crl.latency", "10ms");
    set("clients.people.certificate_chain", "2");
    EXPECT_EQ(judge(), 1);
}

static void test_questions_beyond_the_room_for_them_are_counted(void)
{
    static const struct model_behind behind = {.latency_ns = MS};
    const struct ike_event event = {.kind = IKE_ASK, .what = {(const uint8_t *)"aaa", 3}};
    plain("psk");
    const struct model_scene scene = {.config = &config, .loop = sim_loop_open()};
    struct model_backend *const b = model_backend_open(&scene, NULL, "test");
    if (!EXPECT(b != NULL))
        return;
    model_backend_serve(b, &(struct model_service){.what = "aaa", .behind = &behind});
    for (uint32_t i = 0; i < 65536 + 5; i++)
        model_backend_hear(b, 0, &event);
    EXPECT_EQ(model_backend_counts(b)->asked, 65541);
    EXPECT_EQ(model_backend_counts(b)->dropped, 5);
    model_backend_close(b);
    sim_loop_run(scene.loop, 10 * MS);
    EXPECT_EQ(sim_loop_count(scene.loop), 0); /* none is left in the loop */
    sim_loop_close(scene.loop);
}

static const struct test_case cases[] = {
    TEST(test_setup_grows_by_rounds_times_the_latency_of_the_server),
    TEST(test_each_piece_of_tls_waits_for_the_server),
    TEST(test_jitter_is_drawn_for_each_answer_by_itself),
    TEST(test_patience_runs_out_when_the_server_is_too_slow),
    TEST(test_an_answer_after_its_sa_has_ended_is_for_nobody),
    TEST(test_questions_on_their_way_when_the_run_ends_go_with_it),
    TEST(test_a_server_without_an_answer_lets_nobody_in),
    TEST(test_setup_grows_by_one_fetch_however_many_lists_there_are),
    TEST(test_real_cryptography_takes_the_same_lists),
    TEST(test_a_list_not_to_be_had_refuses_only_where_that_is_strict),
    TEST(test_setup_grows_by_one_fetch_however_many_certificates_there_are),
    TEST(test_each_end_waits_for_certificates_of_the_other),
    TEST(test_lists_are_fetched_together_with_certificates),
    TEST(test_certificates_not_to_be_had_let_nobody_in),
    TEST(test_certificates_go_whole_to_who_looks_up_none),
    TEST(test_look_ups_without_anything_to_fetch_or_with_too_much_are_told),
    TEST(test_a_url_leads_to_what_is_kept_and_to_nothing_else),
    TEST(test_who_asks_nobody_runs_as_if_there_were_nobody),
    TEST(test_back_ends_that_nobody_needs_are_warned_of),
    TEST(test_questions_beyond_the_room_for_them_are_counted),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
