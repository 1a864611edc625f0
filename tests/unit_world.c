/* SPDX-License-Identifier: MIT
 * One world built in C, without a file, a database or OpenSSL: two gateways,
 * a population and a flood, 20 seconds. It must keep its books, and repeat. */
#include "tests/test.h"
#include "tests/world.h"

#include <stdio.h>
#include <string.h>

/* What a run told, kept beside its sums. */
struct tally {
    uint64_t rows[SIM_CENSORED + 1];
    uint64_t phases[SIM_AFTER + 1];
    uint64_t series;
    uint64_t half_open_top;
    uint64_t messages, keys;
    uint64_t with_cookie, patience_over, resent;
    uint64_t sealed_unread;
    char ladder[16][128];
};
static struct tally tally;
enum { ANY = -1 };
static int more_rounds; /* exchanges of an attempt beyond IKE_SA_INIT and IKE_AUTH */

static void on_series(enum sim_series series, int64_t value)
{
    tally.series++;
    if (series == SIM_SERIES_HALF_OPEN && (uint64_t)value > tally.half_open_top)
        tally.half_open_top = (uint64_t)value;
}

static void on_handshake(const struct sim_handshake *h)
{
    struct tally *const t = &tally;
    t->rows[h->outcome]++;
    t->phases[h->phase]++;
    t->with_cookie += h->cookies > 0 ? 1 : 0;
    t->patience_over += h->patience_over ? 1 : 0;
    t->resent += h->retransmissions;
    EXPECT(h->outcome == SIM_CENSORED ? h->end_ns == SIM_NEVER : h->end_ns >= h->start_ns);
    EXPECT((h->outcome == SIM_FAILED) == (h->why != WHY_OK));
    if (h->outcome == SIM_SUCCEEDED && more_rounds != ANY)
        EXPECT_EQ(h->round_trips, 2 + h->cookies + h->groups + more_rounds);
}

static void on_message(const struct sim_message *m)
{
    struct tally *const t = &tally;
    if (t->messages < 16)
        (void)snprintf(t->ladder[t->messages], sizeof t->ladder[0], "%s", m->text);
    t->sealed_unread += strstr(m->text, "SK{…}") != NULL ? 1 : 0;
    t->messages++;
}

static void on_keys(void)
{
    tally.keys++;
}

static void plain(void)
{
    world_begin("honest");
    EXPECT(model_config_add(&config, "gateways", "spare"));
    EXPECT(model_config_add(&config, "attackers", "flood"));
    set("for", "20s");
    set("links.wan.rate", "100Mbit/s");
    set("links.wan.jitter", "2ms");
    set("links.wan.loss", "0.1%");
    set("links.wan.queue", "256");
    set("gateways.vpn.sa_max", "16384");
    set("gateways.spare.sa_max", "1024");
    set("gateways.vpn.cookies.at", "100");
    set("gateways.vpn.half_open.timeout", "5s");
    set("clients.honest.arrivals", "poisson 20/s");
    set("clients.honest.patience", "5s");
    set("clients.honest.retransmit.first", "1s");
    set("attackers.flood.to", "vpn");
    set("attackers.flood.via", "wan");
    set("attackers.flood.rate", "1000/s");
    set("attackers.flood.from", "5s");
    set("attackers.flood.until", "12s");
}

/* The fingerprint. */
static const char *run(void)
{
    static const struct world_ear ear = {on_series, on_handshake, on_message, on_keys};
    memset(&tally, 0, sizeof tally);
    world_run(&ear);
    return fingerprint;
}

/* By the gateway. */
static uint64_t refused(enum ike_why why)
{
    return refusals("vpn", ike_why_row(why)->name);
}

static void expect_books_in_order(void)
{
    const int64_t attempts = metric("honest", SIM_METRIC_ATTEMPTS);
    EXPECT_EQ(attempts, metric("honest", SIM_METRIC_SUCCESSES) +
                            metric("honest", SIM_METRIC_FAILURES) +
                            metric("honest", SIM_METRIC_CENSORED));
    EXPECT_EQ(attempts,
              tally.rows[SIM_SUCCEEDED] + tally.rows[SIM_FAILED] + tally.rows[SIM_CENSORED]);
    EXPECT_EQ(metric("honest", SIM_METRIC_SUCCESSES), tally.rows[SIM_SUCCEEDED]);
    EXPECT_EQ(metric("honest", SIM_METRIC_CENSORED), tally.rows[SIM_CENSORED]);
    EXPECT_EQ(metric("honest", SIM_METRIC_IKE_RETRANSMISSIONS), tally.resent);
    EXPECT_EQ(attempts,
              tally.phases[SIM_BEFORE] + tally.phases[SIM_DURING] + tally.phases[SIM_AFTER]);
    EXPECT_EQ(metric("vpn", SIM_METRIC_COOKIES_SENT),
              refused(WHY_COOKIE_WANTED) + refused(WHY_COOKIE_WRONG));
    /* made = what became of them */
    EXPECT(metric("vpn", SIM_METRIC_HALF_OPEN_MADE) >=
           metric("vpn", SIM_METRIC_HALF_OPEN_EXPIRED) + metric("vpn", SIM_METRIC_HALF_OPEN));
    EXPECT(metric("flood", SIM_METRIC_FLOOD_ANSWERED) <= metric("flood", SIM_METRIC_FLOOD_SENT));
}

static void test_a_world_with_a_flood_keeps_its_books(void)
{
    plain();
    printf("# fingerprint %s\n", run());
    expect_books_in_order();
    EXPECT(metric("honest", SIM_METRIC_ATTEMPTS) > 200);
    EXPECT(metric("honest", SIM_METRIC_SUCCESS_SHARE) > 950000);     /* cookies keep them alive */
    EXPECT(metric("honest", SIM_METRIC_SETUP_TIME_P50) >= 80000000); /* two round trips of 40 ms */
    EXPECT(tally.with_cookie > 50);
    EXPECT(metric("flood", SIM_METRIC_FLOOD_SENT) > 6600);
    EXPECT(metric("flood", SIM_METRIC_FLOOD_SENT) < 7400);
    EXPECT(metric("vpn", SIM_METRIC_COOKIES_SENT) > 5000);
    EXPECT(tally.half_open_top >= 90);
    EXPECT(tally.half_open_top < 200);
    EXPECT_EQ(tally.series, 2 * 20 * SIM_SERIES_COUNT);
    EXPECT_EQ(metric("spare", SIM_METRIC_SERVED), 0);
    EXPECT_EQ(metric("network", SIM_METRIC_NO_ROUTE), 0);
}

/* Nothing is lost unseen: on a network that loses nothing, and after the last has come in. */
static void test_every_datagram_of_a_flood_is_served_or_counted_as_dropped(void)
{
    static const char *const thresholds[] = {"never", "0", "50"};
    for (size_t i = 0; i < 3; i++) {
        plain();
        set("links.wan.loss", "0%");
        set("clients.honest.arrivals", "poisson 0/s");
        set("attackers.flood.rate", "[[0s, 0/s], [6s, 9000/s], [7s, 500/s]]");
        set("gateways.vpn.implementation", "strongswan-5.9");
        set("gateways.vpn.half_open.limit", "3000");
        set("gateways.vpn.half_open.lists", "64"); /* short ones: who times out does so in time */
        set("gateways.vpn.cookies.at", thresholds[i]);
        (void)run();
        const int64_t sent = metric("flood", SIM_METRIC_FLOOD_SENT);
        const int64_t made = metric("vpn", SIM_METRIC_HALF_OPEN_MADE);
        EXPECT(sent > 8000);
        EXPECT_EQ(sent, metric("vpn", SIM_METRIC_SERVED) + metric("vpn", SIM_METRIC_INBOX_DROPS) +
                            metric("network", SIM_METRIC_QUEUE_DROPS));
        EXPECT_EQ(metric("vpn", SIM_METRIC_SERVED), made + metric("vpn", SIM_METRIC_COOKIES_SENT) +
                                                        (int64_t)refused(WHY_HALF_OPEN_LIMIT));
        EXPECT_EQ(metric("flood", SIM_METRIC_FLOOD_ANSWERED),
                  made + metric("vpn", SIM_METRIC_COOKIES_SENT));
        EXPECT_EQ(made, metric("vpn", SIM_METRIC_HALF_OPEN_EXPIRED));
        EXPECT_EQ(metric("vpn", SIM_METRIC_HALF_OPEN), 0);
        EXPECT(metric("honest", SIM_METRIC_ATTEMPTS) == 0);
        /* each lived for 5 s of 20: so many on average (Little) */
        const int64_t mean = made * 1000 * 5 / 20;
        EXPECT(metric("vpn", SIM_METRIC_HALF_OPEN_MEAN) >= mean - mean / 100);
        EXPECT(metric("vpn", SIM_METRIC_HALF_OPEN_MEAN) <= mean + mean / 100);
    }
}

static void test_the_same_world_twice_leaves_the_same_fingerprint(void)
{
    char first[33];
    plain();
    memcpy(first, run(), sizeof first);
    EXPECT(strlen(first) == 32);
    plain();
    EXPECT_STR(run(), first);
}

static void test_tracing_changes_nothing(void)
{
    char first[33];
    plain();
    memcpy(first, run(), sizeof first);
    config.trace_messages = 500;
    EXPECT_STR(run(), first);
    EXPECT_EQ(tally.messages, 500);
    EXPECT(tally.keys > 0);
    EXPECT_EQ(tally.sealed_unread, 0); /* keys are there before what they open */
    EXPECT_STR(tally.ladder[0], "IKE_SA_INIT     req 0  SAi1 KEi Ni N(NAT_DETECTION_SOURCE_IP) "
                                "N(NAT_DETECTION_DESTINATION_IP)");
}

static void test_another_seed_or_one_small_change_leaves_another_fingerprint(void)
{
    static const char *const changes[][2] = {
        {"links.wan.delay", "20000001ns"},
        {"attackers.flood.templates", "63"},
        {"clients.honest.psk", "another key"},
        {"gateways.vpn.cookies.secret", "3s"},
        {"links.wan.loss", "0.2%"},
        {"attackers.flood.source_count", "1000"},
    };
    char first[33];
    plain();
    memcpy(first, run(), sizeof first);
    config.seed = 2;
    EXPECT(strcmp(run(), first) != 0);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        plain();
        set(changes[i][0], changes[i][1]);
        if (strcmp(changes[i][0], "clients.honest.psk") == 0)
            set("gateways.vpn.psk", changes[i][1]);
        if (!EXPECT(strcmp(run(), first) != 0))
            printf("# %s\n", changes[i][0]);
    }
}

static void test_without_cookies_a_full_table_locks_clients_out(void)
{
    plain();
    set("gateways.vpn.cookies.at", "never");
    set("gateways.vpn.half_open.limit", "100");
    (void)run();
    expect_books_in_order();
    EXPECT(metric("honest", SIM_METRIC_SUCCESS_SHARE_DURING) < 300000);
    EXPECT(refused(WHY_HALF_OPEN_LIMIT) > 5000);
    EXPECT(tally.patience_over > 50);
    EXPECT_EQ(tally.half_open_top, 100);
    EXPECT(metric("honest", SIM_METRIC_IKE_RETRANSMISSIONS) > 100);
}

static void test_retries_are_further_attempts_of_the_same_clients(void)
{
    plain();
    set("gateways.vpn.cookies.at", "never");
    set("gateways.vpn.half_open.limit", "100");
    (void)run();
    const int64_t once = metric("honest", SIM_METRIC_ATTEMPTS);
    set("clients.honest.refused", "retry");
    set("clients.honest.retry.wait", "1s");
    (void)run();
    expect_books_in_order();
    EXPECT(metric("honest", SIM_METRIC_ATTEMPTS) > once + 20);
}

static void test_clients_that_leave_are_forgotten_by_the_gateway(void)
{
    plain();
    set("attackers.flood.rate", "0/s");
    set("clients.honest.stay", "2s");
    set("links.wan.loss", "0%");
    (void)run();
    EXPECT_EQ(tally.rows[SIM_FAILED], 0);
    EXPECT_EQ(tally.phases[SIM_BEFORE], metric("honest", SIM_METRIC_ATTEMPTS));
    EXPECT(metric("vpn", SIM_METRIC_TUNNEL_CAPACITY) > 20); /* 20/s x 2 s */
    EXPECT(metric("vpn", SIM_METRIC_TUNNEL_CAPACITY) < 80);
    EXPECT_EQ(metric("honest", SIM_METRIC_CONNECTION_PACKETS), 4000); /* RFC 7296 1.2 */
}

static void test_a_wrong_key_fails_every_attempt_and_is_warned_of(void)
{
    plain();
    set("attackers.flood.rate", "0/s");
    set("clients.honest.psk", "guess");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 1);
    (void)run();
    EXPECT_EQ(tally.rows[SIM_SUCCEEDED], 0);
    EXPECT(tally.rows[SIM_FAILED] > 200);
}

static void with_papers(const char *clients, const char *gateway)
{
    plain();
    set("for", "8s");
    set("links.wan.mtu", "65535B");
    set("attackers.flood.from", "2s");
    set("attackers.flood.until", "3s");
    set("attackers.flood.rate", "0/s");
    set("clients.honest.patience", "3s");
    set("clients.honest.auth", clients);
    set("gateways.vpn.auth", gateway);
}

static void test_every_way_to_authenticate_brings_clients_up(void)
{
    static const char *const words[] = {"psk",      "rsa2048",  "rsa3072", "rsa4096", "ecdsa256",
                                        "ecdsa384", "ecdsa521", "ed25519", "ed448",   "null"};
    int64_t busy = -1;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (size_t k = 0; k < 4; k++) {
            static const char *const gateways[] = {"auto", "auto", "psk", "rsa2048"};
            with_papers(words[i], gateways[k]);
            set("clients.honest.certificate_chain", k == 1 ? "4" : "0");
            set("gateways.vpn.certificate_chain", k == 1 ? "4" : "1");
            (void)run();
            EXPECT(tally.rows[SIM_SUCCEEDED] > 50);
            EXPECT(metric("honest", SIM_METRIC_SUCCESS_SHARE) == 1000000);
            EXPECT_EQ(metric("honest", SIM_METRIC_CONNECTION_PACKETS) / 1000, 4);
            if (i == 0 && k == 0)
                busy = metric("vpn", SIM_METRIC_CPU_BUSY);
            else if (i > 0 && i < 9)
                EXPECT(metric("vpn", SIM_METRIC_CPU_BUSY) > busy);
        }
}

/* RFC 7296 2.16; the counts are of its arrows, and of OpenSSL's flights with TLS. */
static void test_clients_that_do_eap_take_the_packets_of_their_method(void)
{
    static const struct {
        const char *auth, *identity, *only, *within;
        int64_t packets;
    } rows[] = {{"eap-md5", "no", "no", "mschapv2", 8},
                {"eap-md5", "yes", "no", "mschapv2", 10},
                {"eap-gtc", "yes", "no", "mschapv2", 10},
                {"eap-mschapv2", "no", "no", "mschapv2", 10},
                {"eap-mschapv2", "yes", "no", "mschapv2", 12},
                {"eap-mschapv2", "yes", "yes", "mschapv2", 12},
                {"eap-ttls", "yes", "no", "mschapv2", 16},
                {"eap-ttls", "yes", "no", "eap-md5", 16},
                {"eap-ttls", "yes", "no", "eap-mschapv2", 18},
                {"eap-tls", "yes", "no", "mschapv2", 18},
                {"eap-tls", "no", "yes", "mschapv2", 16}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        with_papers(rows[i].auth, "auto");
        set("clients.honest.eap.identity", rows[i].identity);
        set("clients.honest.eap.only", rows[i].only);
        set("clients.honest.eap.within", rows[i].within);
        set("links.wan.loss", "0%");
        EXPECT_EQ(judge(), 0);
        EXPECT_EQ(remarks.warnings, 0);
        more_rounds = (int)rows[i].packets / 2 - 2;
        (void)run();
        EXPECT(metric("honest", SIM_METRIC_SUCCESS_SHARE) == 1000000);
        EXPECT_EQ(metric("honest", SIM_METRIC_CONNECTION_PACKETS), 1000 * rows[i].packets);
    }
    more_rounds = 0;
}

/* RFC 8019 7.1: 4 x 2^bits calls of the PRF, each of 20 octets and the cookie's 41. */
static void test_clients_pay_for_puzzles_with_their_time(void)
{
    int64_t before = 0;
    for (int bits = 12; bits <= 16; bits += 2) {
        plain();
        char text[8];
        (void)snprintf(text, sizeof text, "%d", bits);
        set("attackers.flood.rate", "0/s");
        set("links.wan.loss", "0%");
        set("gateways.vpn.puzzles.at", "0");
        set("gateways.vpn.puzzles.bits", text);
        set("clients.honest.puzzles", "16");
        set("clients.honest.cookies_max", "3");
        more_rounds = 0;
        (void)run();
        const int64_t time = metric("honest", SIM_METRIC_SETUP_TIME_P50);
        EXPECT(metric("honest", SIM_METRIC_SUCCESS_SHARE) == 1000000);
        EXPECT_EQ(metric("honest", SIM_METRIC_CONNECTION_PACKETS), 6000);
        if (before != 0) { /* four times the calls; what else there is stays the same */
            const int64_t call_ns = (time - before) / (3 * ((int64_t)4 << (bits - 2)));
            EXPECT(call_ns > 200 && call_ns < 1000);
        }
        before = time;
    }
}

/* RFC 8019 7.2: and 4 x 2^14 more calls for IKE_AUTH, in the same packets. */
static void test_clients_pay_for_a_second_puzzle_too(void)
{
    int64_t times[2];
    for (int second = 0; second <= 1; second++) {
        plain();
        set("attackers.flood.rate", "0/s");
        set("links.wan.loss", "0%");
        set("gateways.vpn.puzzles.at", "0");
        set("gateways.vpn.puzzles.bits", "10");
        set("gateways.vpn.puzzles.auth_bits", second == 1 ? "14" : "none");
        set("clients.honest.puzzles", "16");
        set("clients.honest.cookies_max", "3");
        more_rounds = 0;
        (void)run();
        times[second] = metric("honest", SIM_METRIC_SETUP_TIME_P50);
        EXPECT(metric("honest", SIM_METRIC_SUCCESS_SHARE) == 1000000);
        EXPECT_EQ(metric("honest", SIM_METRIC_CONNECTION_PACKETS), 6000);
    }
    const int64_t call_ns = (times[1] - times[0]) / ((int64_t)4 << 14);
    EXPECT(call_ns > 200 && call_ns < 1000);
}

static void test_what_of_eap_cannot_be_together_is_told(void)
{
    static const struct {
        const char *key, *value, *path, *says;
    } rows[] = {
        {"clients.honest.eap.only", "yes", "clients.honest.eap.only", "eap-mschapv2"},
        {"gateways.vpn.auth", "psk", "gateways.vpn.auth", "RFC 7296 2.16"},
        {"clients.honest.psk", "guess", "clients.honest.psk", "every attempt will fail"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        with_papers("eap-md5", "auto");
        set(rows[i].key, rows[i].value);
        const size_t wrong = judge();
        EXPECT_EQ(wrong + remarks.warnings, 1);
        EXPECT_STR(remarks.path, rows[i].path);
        EXPECT(strstr(remarks.text, rows[i].says) != NULL);
    }
    with_papers("eap-md5", "auto");
    config.clients[1] = config.clients[0];
    config.client_count = 2;
    (void)snprintf(config.clients[1].name, sizeof config.clients[1].name, "others");
    config.clients[1].auth = MODEL_PSK;
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, "clients.others.auth");
}

static void test_certificates_longer_than_the_link_takes_are_warned_of(void)
{
    with_papers("rsa4096", "auto");
    set("links.wan.mtu", "1500B");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 1);
    EXPECT_STR(remarks.path, "links.wan.mtu");
    set("clients.honest.auth", "ed25519");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 0);
}

/* 4 messages for the first Child SA and 2 for each further one, whoever counts (RFC 7296 1.3.1). */
static void test_clients_with_several_children_take_two_messages_for_each_more(void)
{
    for (unsigned children = 1; children <= 5; children++) {
        plain();
        char text[8];
        (void)snprintf(text, sizeof text, "%u", children);
        set("clients.honest.children", text);
        set("attackers.flood.rate", "0/s");
        set("links.wan.loss", "0%");
        more_rounds = (int)children - 1;
        (void)run();
        more_rounds = 0;
        EXPECT(tally.rows[SIM_SUCCEEDED] > 100);
        EXPECT_EQ(tally.rows[SIM_FAILED], 0);
        EXPECT_EQ(metric("honest", SIM_METRIC_CONNECTION_PACKETS), (4 + 2 * (children - 1)) * 1000);
    }
}

/* RFC 7296 2.8: both ends rekey at their own times, and no client is lost by it. */
static void test_clients_that_rekey_stay_connected(void)
{
    plain();
    set("attackers.flood.rate", "0/s");
    set("clients.honest.rekey.child", "3s");
    set("clients.honest.rekey.ike", "5s");
    set("gateways.vpn.rekey.ike", "4s");
    set("gateways.vpn.rekey.child", "3s");
    set("clients.honest.arrivals", "poisson 5/s");
    set("clients.honest.until", "10s");
    (void)run();
    EXPECT_EQ(tally.rows[SIM_FAILED], 0);
    EXPECT_EQ(metric("vpn", SIM_METRIC_TUNNEL_CAPACITY), tally.rows[SIM_SUCCEEDED]);
    EXPECT_EQ(refused(WHY_NO_PROPOSAL) + refused(WHY_BAD_ICV), 0);
    EXPECT(metric("vpn", SIM_METRIC_SERVED) > (int64_t)(10 * tally.rows[SIM_SUCCEEDED]));
}

static void test_ipv6_worlds_work_too(void)
{
    plain();
    set("gateways.vpn.address", "2001:db8::1");
    set("gateways.vpn.selectors", "2001:db8:ff::/48");
    set("clients.honest.selectors", "::/0");
    (void)run();
    expect_books_in_order();
    EXPECT(metric("honest", SIM_METRIC_SUCCESS_SHARE) > 950000);
    EXPECT(metric("flood", SIM_METRIC_FLOOD_ANSWERED) > 5000);
}

static bool has_no_kem(const struct ike_crypto *c, const struct ike_algo *algo)
{
    (void)c;
    return !algo->kem;
}

/* As an OpenSSL before 3.5. */
static struct ike_crypto *older(struct ike_random random)
{
    static struct ike_crypto_ops ops;
    struct ike_crypto *const c = ike_crypto_modelled(random);
    ops = *c->ops;
    ops.has = has_no_kem;
    c->ops = &ops;
    return c;
}

static void test_what_the_provider_lacks_is_said_before_the_run(void)
{
    static const char *const lists[] = {"gateways.vpn.proposals", "clients.honest.proposals",
                                        "clients.honest.esp", "attackers.flood.proposals"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        plain();
        char error[512];
        const bool esp = strstr(lists[i], "esp") != NULL;
        set(lists[i], esp ? "aes128gcm16-mlkem768" : "aes128gcm16-prfsha256-x25519-mlkem768");
        EXPECT(model_world_open(&config, older, NULL, error, sizeof error) == NULL);
        EXPECT(strstr(error, "has no mlkem768") != NULL);
        struct model_world *const world =
            model_world_open(&config, ike_crypto_modelled, NULL, error, sizeof error);
        if (EXPECT(world != NULL))
            model_world_close(world);
    }
}

static void test_contradictions_are_told_with_what_would_be_right(void)
{
    static const struct {
        const char *path, *text, *about, *says;
    } rows[] = {
        {"clients.honest.to", "vnp", "clients.honest.to",
         "there is no gateway \"vnp\": did you mean vpn?"},
        {"attackers.flood.via", "lan", "attackers.flood.via",
         "there is no link \"lan\": did you mean wan?"},
        {"clients.honest.via", "moon", "clients.honest.via",
         "there is no link \"moon\"; there is: wan"},
        {"clients.honest.prefix", "192.0.2.0/31", "clients.honest.prefix",
         "overlaps with gateways.vpn.address: give addresses of its own"},
        {"clients.honest.prefix", "2001:db8:5::/48", "clients.honest.prefix",
         "is IPv6 and the gateway's address is IPv4: they cannot talk"},
        {"clients.honest.first_group", "modp2048", "clients.honest.first_group",
         "modp2048 is in none of the proposals: add it there"},
        {"clients.honest.arrivals", "poisson 1000000/s", "clients.honest.arrivals",
         "could make more than 4000000 attempts; give fewer, or a `count`"},
        {"clients.honest.from", "16s", "clients.honest.from",
         "no client is left to come: the run ends at 20s and they are patient for 5s; make the run "
         "longer, or `until` later than `from`"},
        {"gateways.vpn.machine", "/nowhere/profile", "gateways.vpn.machine", NULL},
        {"gateways.vpn.cookies.off", "101", "gateways.vpn.cookies.off",
         "is above cookies.at: give at most that"},
        {"clients.honest.ppk", "0123456789012345678901234567890123456789012345678901234567890123x",
         "clients.honest.ppk", "has 65 octets: give at most 64"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        plain();
        set(rows[i].path, rows[i].text);
        EXPECT(judge() >= 1);
        EXPECT_STR(remarks.path, rows[i].about);
        if (rows[i].says != NULL)
            EXPECT_STR(remarks.text, rows[i].says);
    }
}

/* Twenty clients come, fourteen addresses are there; all are told to come again after 6 seconds. */
/* Each at its most, and one step beyond it, which in virtual time is as good as any other. */
static void test_rates_of_live_runs_are_bounded(void)
{
    static const struct {
        const char *path, *most, *more, *says;
    } rows[] = {
        {"attackers.flood.rate", "100000/s", "100001/s",
         "is more than a live run sends: give at most 100000/s"},
        {"attackers.flood.rate", "[[0s, 5/s], [1s, 100000/s]]", "[[0s, 5/s], [1s, 100001/s]]",
         "is more than a live run sends: give at most 100000/s"},
        {"clients.honest.arrivals", "poisson 100000/s", "uniform 100001/s",
         "makes 100001 clients in one second, more than a live run sends: give at most 100000/s"},
        {"clients.honest.arrivals", "burst 50000 every 500ms", "burst 50000 every 499ms",
         "makes 150000 clients in one second, more than a live run sends: give at most 100000/s"},
        {"clients.honest.traffic.rate", "1000/s", "1001/s",
         "makes 100100 packets a second with the 100 clients that may be up at once, more than a "
         "live run sends: give at most 100000 in all"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        plain();
        set("gateways.vpn.selectors", "10.9.0.0/16");
        set("clients.honest.selectors", "10.9.0.0/16");
        set("clients.honest.count", "150000");
        set("crypto", "openssl");
        if (strstr(rows[i].path, "traffic") != NULL) {
            set("clients.honest.arrivals", "uniform 10/s");
            set("clients.honest.stay", "5s");
            set("clients.honest.patience", "5s");
        }
        set(rows[i].path, rows[i].more);
        EXPECT_EQ(judge(), 0);
        set("network.kind", "live");
        EXPECT_EQ(judge(), 1);
        EXPECT_STR(remarks.path, rows[i].path);
        EXPECT_STR(remarks.text, rows[i].says);
        set(rows[i].path, rows[i].most);
        EXPECT_EQ(judge(), 0);
    }
}

static void test_clients_get_inner_addresses_as_long_as_there_are_any(void)
{
    static const char *const ways[] = {"never", "make-first", "break-first"};
    for (size_t i = 0; i < 3; i++) {
        plain();
        set("links.wan.loss", "0%");
        set("attackers.flood.rate", "0/s");
        set("clients.honest.count", "20");
        set("clients.honest.address", "ipv4");
        set("clients.honest.reauth", ways[i]);
        set("gateways.vpn.pool", "10.64.0.0/28, 2001:db8:64::/64");
        set("gateways.vpn.dns", "2");
        if (i > 0)
            set("gateways.vpn.auth_lifetime", "6s");
        (void)run();
        EXPECT_EQ(metric("honest", SIM_METRIC_ATTEMPTS), 20);
        EXPECT_EQ(metric("honest", SIM_METRIC_SUCCESSES), 14);
        EXPECT_EQ(metric("vpn", SIM_METRIC_ADDRESSES_GIVEN), 14);
        EXPECT_EQ(metric("vpn", SIM_METRIC_HALF_OPEN), 0);
        EXPECT(metric("vpn", SIM_METRIC_HALF_OPEN_MADE) >= (i == 0 ? 20 : 20 + 2 * 14));
    }
}

static void test_what_lies_beyond_the_end_is_clipped_with_a_warning(void)
{
    plain();
    set("attackers.flood.until", "40s");
    set("clients.honest.until", "50s");
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(remarks.warnings, 2);
    EXPECT_EQ(config.clients[0].until_ns, 15000000000);
    EXPECT_EQ(config.attackers[0].until_ns, 20000000000);
    EXPECT_EQ(judge(), 0); /* judged again: nothing new */
    EXPECT_EQ(remarks.warnings, 0);
}

/* Ten clients that sleep and wake, again and again. */
static void sleepers(const char *tickets, const char *resume)
{
    with_papers("eap-mschapv2", "rsa2048");
    set("for", "30s");
    set("links.wan.loss", "0%");
    set("clients.honest.arrivals", "uniform 10/s");
    set("clients.honest.count", "10");
    set("clients.honest.stay", "2s");
    set("clients.honest.leave", "silent");
    set("clients.honest.reconnect", "1s");
    set("clients.honest.resume", resume);
    set("gateways.vpn.tickets.kind", tickets);
    more_rounds = ANY;
}

/* RFC 5723 1: without key exchange, signature and EAP. Counted by hand: EAP takes 12 messages, a
 * resumption four. */
static void test_who_resumes_takes_four_packets_and_little_of_the_gateways_time(void)
{
    sleepers("none", "no");
    (void)run();
    expect_books_in_order();
    const int64_t all = metric("honest", SIM_METRIC_SUCCESSES);
    const int64_t busy = metric("vpn", SIM_METRIC_CPU_BUSY);
    EXPECT(all >= 80);
    EXPECT_EQ(metric("honest", SIM_METRIC_CONNECTION_PACKETS), 12000);
    EXPECT(!was_told("honest", SIM_METRIC_RESUMED));
    for (int value = 0; value < 2; value++) {
        sleepers(value != 0 ? "value" : "reference", "yes");
        (void)run();
        expect_books_in_order();
        EXPECT_EQ(metric("honest", SIM_METRIC_SUCCESSES), all);
        EXPECT_EQ(metric("honest", SIM_METRIC_RESUMED), all - 10); /* but for the first time */
        EXPECT_EQ(metric("honest", SIM_METRIC_CONNECTION_PACKETS),
                  (10 * 12 + (all - 10) * 4) * 1000 / all);
        EXPECT(metric("vpn", SIM_METRIC_CPU_BUSY) * 4 < busy);
        EXPECT(metric("vpn", SIM_METRIC_TUNNEL_CAPACITY) <= 10); /* none is left behind */
    }
    more_rounds = 0;
}

/* RFC 5723 6.2, 9.6: whose SA was closed, and whose ticket is too old, begins anew. */
static void test_who_closed_its_sa_or_slept_too_long_begins_anew(void)
{
    sleepers("value", "yes");
    set("clients.honest.leave", "delete");
    (void)run();
    EXPECT_EQ(metric("honest", SIM_METRIC_RESUMED), 0);
    EXPECT_EQ(metric("honest", SIM_METRIC_CONNECTION_PACKETS), 12000);
    EXPECT_EQ(refused(WHY_TICKET_USED), 0);
    sleepers("value", "yes");
    set("gateways.vpn.tickets.lifetime", "2s");
    (void)run();
    EXPECT_EQ(metric("honest", SIM_METRIC_RESUMED), 0);
    EXPECT(metric("honest", SIM_METRIC_SUCCESSES) >= 80);
    more_rounds = 0;
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_world_with_a_flood_keeps_its_books),
        TEST(test_every_datagram_of_a_flood_is_served_or_counted_as_dropped),
        TEST(test_the_same_world_twice_leaves_the_same_fingerprint),
        TEST(test_tracing_changes_nothing),
        TEST(test_another_seed_or_one_small_change_leaves_another_fingerprint),
        TEST(test_without_cookies_a_full_table_locks_clients_out),
        TEST(test_retries_are_further_attempts_of_the_same_clients),
        TEST(test_clients_that_leave_are_forgotten_by_the_gateway),
        TEST(test_a_wrong_key_fails_every_attempt_and_is_warned_of),
        TEST(test_every_way_to_authenticate_brings_clients_up),
        TEST(test_clients_that_do_eap_take_the_packets_of_their_method),
        TEST(test_clients_pay_for_puzzles_with_their_time),
        TEST(test_clients_pay_for_a_second_puzzle_too),
        TEST(test_what_of_eap_cannot_be_together_is_told),
        TEST(test_certificates_longer_than_the_link_takes_are_warned_of),
        TEST(test_clients_with_several_children_take_two_messages_for_each_more),
        TEST(test_clients_that_rekey_stay_connected),
        TEST(test_ipv6_worlds_work_too),
        TEST(test_what_the_provider_lacks_is_said_before_the_run),
        TEST(test_contradictions_are_told_with_what_would_be_right),
        TEST(test_rates_of_live_runs_are_bounded),
        TEST(test_clients_get_inner_addresses_as_long_as_there_are_any),
        TEST(test_what_lies_beyond_the_end_is_clipped_with_a_warning),
        TEST(test_who_resumes_takes_four_packets_and_little_of_the_gateways_time),
        TEST(test_who_closed_its_sa_or_slept_too_long_begins_anew),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
